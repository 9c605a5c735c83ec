-- scoreboard, comments and the functions that users call.

-- Every view and column of a scoreboard, with the comment that it has now.
CREATE FUNCTION _innovation_score.comment_targets(scoreboard text)
RETURNS TABLE (key text, kind text, name text, target text, comment text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT v.suffix, v.kind, NULL, format('VIEW %s', c.oid::regclass), obj_description(c.oid, 'pg_class')
    FROM _innovation_score.views_of(comment_targets.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(comment_targets.scoreboard, v.suffix)) AND c.relkind = 'v'
    UNION ALL
    SELECT v.suffix || '.' || a.attname, v.kind, a.attname,
           format('COLUMN %s.%I', c.oid::regclass, a.attname), col_description(c.oid, a.attnum)
    FROM _innovation_score.views_of(comment_targets.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(comment_targets.scoreboard, v.suffix)) AND c.relkind = 'v'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
$$;

COMMENT ON FUNCTION _innovation_score.comment_targets(text) IS 'internal: the views and columns of a scoreboard with their comments';

CREATE FUNCTION _innovation_score.view_comment(board scoreboard, kind text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%s：%s（scheme %s%s%s）', COALESCE(s.title, s.scheme), v.title, s.scheme,
                  CASE WHEN s.provisional THEN '，暂定权重 provisional weights' ELSE '' END,
                  CASE WHEN board.frozen_at IS NOT NULL THEN '，模型已冻结 frozen models' ELSE '' END
                  || CASE WHEN board.frozen_at IS NOT NULL AND v.keep IS NOT NULL
                          THEN '，名次、分布与分界以冻结时为准 places, peers and cuts as of the freeze' ELSE '' END
                  || CASE WHEN board.frozen_at IS NULL AND v.keep IS NOT NULL
                          THEN '，名次在读者可见的行之内 places among the rows that the reader sees' ELSE '' END)
    FROM scheme s, scoreboard_view v WHERE s.scheme = board.scheme AND v.kind = view_comment.kind
$$;

COMMENT ON FUNCTION _innovation_score.view_comment(scoreboard, text) IS 'internal: the comment on a view';

-- The comment on a column of ours, which may depend on the view and on the scheme.
CREATE FUNCTION _innovation_score.column_comment(board scoreboard, kind text, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(
        (SELECT c.comment FROM scoreboard_column c
         WHERE c.name = column_comment.name AND c.kind IN ('', column_comment.kind)
         ORDER BY c.kind DESC LIMIT 1),
        (SELECT format('总得分 total score, full marks %s%s', s.full_marks,
                       CASE WHEN s.provisional THEN '（暂定权重 provisional weights）' ELSE '' END)
         FROM scheme s WHERE s.scheme = board.scheme AND column_comment.name = 'score'),
        (SELECT format('%s得分 score inside %s, 0 to %s', COALESCE(c.title, c.category), c.category, s.full_marks)
         FROM category c JOIN scheme s USING (scheme) WHERE c.scheme = board.scheme AND c.category || '_score' = column_comment.name))
$$;

COMMENT ON FUNCTION _innovation_score.column_comment(scoreboard, text, text) IS 'internal: the comment on a column that is ours';

-- Columns of the source keep its comments.
CREATE FUNCTION _innovation_score.generated_comments(board scoreboard, binding scoreboard_binding) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_object_agg(t.key,
        CASE WHEN t.name IS NULL THEN _innovation_score.view_comment(board, t.kind)
             WHEN t.name = ANY (ours.names) THEN _innovation_score.column_comment(board, t.kind, t.name)
             ELSE COALESCE((SELECT col_description(a.attrelid, a.attnum)
                            FROM pg_attribute a
                            WHERE a.attrelid = _innovation_score.source_of(board) AND a.attname = t.name AND NOT a.attisdropped),
                           CASE WHEN t.name = binding.entity THEN '企业 entity'
                                WHEN t.name = binding.period THEN '期间 period'
                                WHEN t.name = ANY (binding.peers) THEN '组别 peer group' END)
             END))
    FROM _innovation_score.comment_targets(board.scoreboard) t
    JOIN (SELECT v.kind, _innovation_score.view_columns(board.model, v.kind) AS names FROM scoreboard_view v) ours USING (kind)
$$;

COMMENT ON FUNCTION _innovation_score.generated_comments(scoreboard, scoreboard_binding) IS
    'internal: the comments that the views and columns of a scoreboard should have';

CREATE FUNCTION _innovation_score.user_comments(board scoreboard) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(jsonb_object_agg(t.key, t.comment), '{}')
    FROM _innovation_score.comment_targets(board.scoreboard) t
    WHERE t.comment IS NOT NULL AND t.comment IS DISTINCT FROM board.comments ->> t.key
$$;

COMMENT ON FUNCTION _innovation_score.user_comments(scoreboard) IS 'internal: comments that users put in the place of ours';

CREATE FUNCTION _innovation_score.put_comments(board scoreboard, binding scoreboard_binding, kept jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    generated jsonb := _innovation_score.generated_comments(board, binding);
    due record;
BEGIN
    FOR due IN
        SELECT t.target, w.value AS comment
        FROM _innovation_score.comment_targets(board.scoreboard) t JOIN jsonb_each_text(generated || kept) w USING (key)
        WHERE t.comment IS DISTINCT FROM w.value
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', due.target, due.comment);
    END LOOP;
    UPDATE scoreboard b SET comments = generated WHERE b.scoreboard = board.scoreboard;
END
$$;

COMMENT ON FUNCTION _innovation_score.put_comments(scoreboard, scoreboard_binding, jsonb) IS 'internal: comments on views and columns';

-- Creating, remaking, dropping.

-- An indicator that is mapped to null has no register that could say that a firm has nothing.
CREATE FUNCTION _innovation_score.bound_model(model score_model, mapping jsonb) RETURNS score_model
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN jsonb_path_exists(mapping, '$.* ? (@ == null)') AND jsonb_path_exists(model::jsonb, '$.indicators[*].absent')
                THEN (SELECT jsonb_set(model::jsonb, '{indicators}',
                                       jsonb_agg(CASE WHEN mapping -> (i.item ->> 'indicator') = 'null' THEN i.item - 'absent' ELSE i.item END
                                                 ORDER BY i.place))::score_model
                      FROM jsonb_array_elements(model::jsonb -> 'indicators') WITH ORDINALITY AS i(item, place))
                ELSE model END
$$;

COMMENT ON FUNCTION _innovation_score.bound_model(score_model, jsonb) IS
    'internal: the model of a scheme in a scoreboard, where values of indicators that are not available are missing, not 0';

CREATE FUNCTION _innovation_score.create_scoreboard(board scoreboard, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
BEGIN
    board.scoreboard := _innovation_score.new_scoreboard_name(board.scoreboard, path);
    board.scheme := (_innovation_score.require_scheme(board.scheme)).scheme;
    board.source := _innovation_score.kept_source(board.source);
    PERFORM _innovation_score.source_name(board.source::regclass);
    board.search_path := COALESCE((SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                                   FROM unnest(path) WITH ORDINALITY AS p(name, place)), '');
    board.mapping := COALESCE(board.mapping, '{}');
    board.mapping := _innovation_score.mapping_of_titles(board);
    board.model := _innovation_score.bound_model(scheme_model(board.scheme), board.mapping);
    board.stage_conditions := CASE WHEN board.stage IS NULL THEN _innovation_score.scheme_stage_conditions(board.scheme) END;
    board.peers := COALESCE(board.peers, '{}');
    board.attributes := COALESCE(board.attributes, '{}');
    board.pooled := COALESCE(board.pooled, false);
    board.comments := '{}';
    board.time_zone := _innovation_score.database_time_zone();
    board.quality := _innovation_score.scheme_quality(board.scheme);
    PERFORM _innovation_score.create_rights(board.scoreboard);
    PERFORM _innovation_score.create_views(board, _innovation_score.view_suffixes(board.scoreboard), 'CREATE VIEW', false);
    INSERT INTO scoreboard SELECT board.*;
    IF EXISTS (SELECT FROM scheme_rule r WHERE r.scheme = board.scheme) THEN
        PERFORM _innovation_score.take_scheme_rules(board);
        PERFORM _innovation_score.replace_views(board, _innovation_score.view_suffixes(board.scoreboard), false);
    END IF;
    PERFORM _innovation_score.put_comments(board, _innovation_score.bind(board), '{}');
    PERFORM _innovation_score.tell_new_problems(board);
    PERFORM _innovation_score.tell_next_steps(board);
END
$$;

CREATE FUNCTION create_scoreboard(name text, scheme text, source regclass, entity text, stage text DEFAULT NULL,
                                  period text DEFAULT NULL, peers text[] DEFAULT '{}',
                                  attributes text[] DEFAULT '{}', mapping jsonb DEFAULT '{}',
                                  long jsonb DEFAULT NULL, sample text DEFAULT NULL,
                                  pooled boolean DEFAULT false, min_peers integer DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.create_scoreboard(
        ROW(name, scheme, source::pg_catalog.oid, entity, stage, period, peers, attributes, mapping, long, NULL, NULL, NULL, NULL,
            sample, pooled, min_peers, NULL, NULL, NULL, NULL, NULL)::innovation_score.scoreboard,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _innovation_score.rebuild_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    old scoreboard := _innovation_score.lock_scoreboard(name, path);
    board scoreboard := old;
    binding scoreboard_binding;
    kept jsonb := COALESCE(old.suspended -> 'comments', '{}') || _innovation_score.user_comments(old);
    refitted boolean := false;
BEGIN
    board.suspended := NULL;
    board.quality := _innovation_score.scheme_quality(board.scheme);
    board.stage_conditions := CASE WHEN board.stage IS NULL THEN _innovation_score.scheme_stage_conditions(board.scheme) END;
    board.frozen_at := NULL;
    PERFORM _innovation_score.check_remains(board);
    PERFORM _innovation_score.create_rights(board.scoreboard);
    board.source := _innovation_score.source_name(_innovation_score.source_of(board));
    board.mapping := _innovation_score.mapping_of_titles(board);
    board.model := _innovation_score.bound_model(scheme_model(board.scheme), board.mapping);
    UPDATE scoreboard b
    SET model = board.model, quality = board.quality, mapping = board.mapping, stage_conditions = board.stage_conditions, source = board.source,
        suspended = NULL
    WHERE b.scoreboard = board.scoreboard;
    PERFORM _innovation_score.take_scheme_rules(board);
    PERFORM _innovation_score.replace_views(board, _innovation_score.view_suffixes(board.scoreboard), false);
    binding := _innovation_score.bind(board);
    IF old.frozen_at IS NOT NULL THEN
        IF board.model <> old.model OR board.stage_conditions IS DISTINCT FROM old.stage_conditions
            OR _innovation_score.fits_differently(board.quality, old.quality) THEN
            RAISE NOTICE 'scoreboard % is frozen and its scheme has changed: it is fitted again', board.scoreboard;
            PERFORM _innovation_score.fit_groups(board, binding);
            board.frozen_at := now();
            refitted := true;
        ELSE
            board.frozen_at := old.frozen_at;
            IF _innovation_score.needs_medians(board.quality, old.quality) THEN
                PERFORM _innovation_score.fit_medians(board, binding);
            END IF;
        END IF;
        UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
        PERFORM _innovation_score.replace_views(board, _innovation_score.fitted_views(board));
        PERFORM _innovation_score.keep_tier_scores(board, binding);
        PERFORM _innovation_score.keep_for_views(board, binding, refitted);
    END IF;
    IF old.suspended IS NOT NULL THEN
        PERFORM _innovation_score.restore_privileges(board.scoreboard, old.suspended -> 'views');
    END IF;
    PERFORM _innovation_score.grant_new_views(board.scoreboard);
    PERFORM _innovation_score.put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION rebuild_scoreboard(name text) RETURNS void
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _innovation_score.drop_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
BEGIN
    PERFORM _innovation_score.drop_views(board.scoreboard);
    DELETE FROM scoreboard b WHERE b.scoreboard = board.scoreboard;
    EXECUTE format('DROP VIEW IF EXISTS %s', _innovation_score.view_name(board.scoreboard, 'rights'));
EXCEPTION WHEN foreign_key_violation THEN
    RAISE EXCEPTION 'scoreboard % has batches of its whitelist and cannot be dropped', board.scoreboard
        USING ERRCODE = 'foreign_key_violation',
              HINT = format('Batches are kept until somebody deletes them: DELETE FROM innovation_score.whitelist_batch '
                            'WHERE scoreboard = %L;', board.scoreboard);
END
$$;

CREATE FUNCTION drop_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.drop_scoreboard(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.create_scoreboard(scoreboard, name[]) IS 'internal: create_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.rebuild_scoreboard(text, name[]) IS 'internal: rebuild_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.drop_scoreboard(text, name[]) IS 'internal: drop_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION create_scoreboard(text, text, regclass, text, text, text, text[], text[], jsonb, jsonb, text,
                                      boolean, integer) IS
    'binds a scheme to a source and creates the views <name>_model, _score, _detail, _ranking, _whitelist and others';
COMMENT ON FUNCTION rebuild_scoreboard(text) IS
    'remakes the views of a scoreboard from its scheme as it is now, keeping privileges and comments';
COMMENT ON FUNCTION drop_scoreboard(text) IS
    'drops a scoreboard: its views, whitelist rules, exclusions and fitted models; not its source';

-- Scoreboards keep the scheme that they were built from, until they are rebuilt.

-- asked apart, for those who may not read rules
CREATE FUNCTION _innovation_score.has_stale_rules(name text, code text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT has_table_privilege('innovation_score.whitelist_rule', 'SELECT') THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT r.rule, r.min_score, r.min_coverage, r.category_minimum, r.required, r.qualifies
                   FROM whitelist_rule r WHERE r.scoreboard = name AND r.of_scheme
                   EXCEPT
                   SELECT s.rule, s.min_score, s.min_coverage, s.category_minimum, s.required::text, s.qualifies::text
                   FROM scheme_rule s WHERE s.scheme = code);
END
$$;

COMMENT ON FUNCTION _innovation_score.has_stale_rules(text, text) IS
    'internal: whether a scoreboard has rules of its scheme that the scheme has no longer, or with other values';

CREATE FUNCTION _innovation_score.stale_scoreboards(code text, model score_model) RETURNS TABLE (scoreboard text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT b.scoreboard FROM shown_scoreboard b WHERE b.scheme = $1
                 AND (b.model <> _innovation_score.bound_model($2, b.mapping) OR b.quality <> _innovation_score.scheme_quality(b.scheme)
                      OR b.stage IS NULL AND b.stage_conditions IS DISTINCT FROM _innovation_score.scheme_stage_conditions(b.scheme)
                      OR _innovation_score.has_stale_rules(b.scoreboard, b.scheme))
                 ORDER BY b.scoreboard COLLATE "C";
END
$$;

CREATE FUNCTION _innovation_score.notify_scoreboards() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[];
    used record;
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        codes := ARRAY[NEW.scheme];
    ELSE
        codes := ARRAY(SELECT DISTINCT c.scheme FROM changed c);
    END IF;
    FOR used IN
        SELECT b.scheme, string_agg(b.scoreboard, ', ' ORDER BY b.scoreboard COLLATE "C") AS boards
        FROM scoreboard b WHERE b.scheme = ANY (codes)
        GROUP BY b.scheme ORDER BY b.scheme COLLATE "C"
    LOOP
        RAISE NOTICE 'scheme "%" has changed; its scoreboards keep the old one until they are rebuilt: %',
            used.scheme, used.boards
            USING HINT = 'Run innovation_score.rebuild_scoreboard() when the scheme is complete.';
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.stale_scoreboards(text, score_model) IS
    'internal: scoreboards of a scheme that were built from another model than this';
COMMENT ON FUNCTION _innovation_score.notify_scoreboards() IS 'internal: tells which scoreboards a change of a scheme concerns';

CREATE TRIGGER scheme_notify AFTER UPDATE OF scheme, title, extreme, adjust, missing, aggregation, floor,
                                             min_coverage, full_marks, provisional, on_error, decimals, weights,
                                             min_score, max_score, coverage_by, rescale_best ON scheme
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER category_notify_insert AFTER INSERT ON category
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER category_notify_update AFTER UPDATE ON category
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER category_notify_delete AFTER DELETE ON category
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER category_weight_notify_insert AFTER INSERT ON category_weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER category_weight_notify_update AFTER UPDATE ON category_weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER category_weight_notify_delete AFTER DELETE ON category_weight
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER indicator_notify_insert AFTER INSERT ON indicator
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER indicator_notify_update AFTER UPDATE ON indicator
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER indicator_notify_delete AFTER DELETE ON indicator
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER stage_notify_insert AFTER INSERT ON stage
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER stage_notify_update AFTER UPDATE ON stage
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER stage_notify_delete AFTER DELETE ON stage
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER weight_notify_insert AFTER INSERT ON weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER weight_notify_update AFTER UPDATE ON weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER weight_notify_delete AFTER DELETE ON weight
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER stage_rule_notify_insert AFTER INSERT ON stage_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER stage_rule_notify_update AFTER UPDATE ON stage_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER stage_rule_notify_delete AFTER DELETE ON stage_rule
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER scheme_rule_notify_insert AFTER INSERT ON scheme_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER scheme_rule_notify_update AFTER UPDATE ON scheme_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER scheme_rule_notify_delete AFTER DELETE ON scheme_rule
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
