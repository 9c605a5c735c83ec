-- publish(): what has been collected is checked and kept.

-- What the owner of the scoreboard reads, run as that: what there is to publish, and what is wrong with it.
CREATE FUNCTION _innovation_score.prepare_publication(known text, period text, number bigint, accepted jsonb) RETURNS publication_parts
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
BEGIN
    SELECT * INTO STRICT board FROM shown_scoreboard b WHERE b.scoreboard = known;
    PERFORM _innovation_score.check_period(board, _innovation_score.bind(board), period);
    RETURN _innovation_score.collect(board, period, number, accepted);
END
$$;

CREATE FUNCTION _innovation_score.check_published_rows(known text, period text, complete boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    condition text;
BEGIN
    SELECT * INTO STRICT board FROM shown_scoreboard b WHERE b.scoreboard = known;
    binding := _innovation_score.bind(board);
    condition := _innovation_score.period_condition(board, binding, 's', period);
    IF NOT complete THEN
        PERFORM _innovation_score.refuse_duplicates(board, binding, condition);
    END IF;
    PERFORM _innovation_score.tell_row_problems(board, binding, condition, period, complete);
END
$$;

COMMENT ON FUNCTION _innovation_score.prepare_publication(text, text, bigint, jsonb) IS 'internal: what a publication is made of';
COMMENT ON FUNCTION _innovation_score.check_published_rows(text, text, boolean) IS
    'internal: tells what is wrong with the rows that are published, or refuses them; complete: with the exclusions alone';

CREATE FUNCTION _innovation_score.prepare_as_owner(known text, period text, number bigint, accepted jsonb) RETURNS publication_parts
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT f.parts FROM _innovation_score.fetch_as_owner(known, format(
        'SELECT _innovation_score.prepare_publication(%L, %L, %L, %L)', known, period, number, accepted)) AS f(parts publication_parts)
$$;

CREATE FUNCTION _innovation_score.check_published_as_owner(known text, period text, complete boolean) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT FROM _innovation_score.fetch_as_owner(known, format(
        'SELECT true FROM _innovation_score.check_published_rows(%L, %L, %L)', known, period, complete)) AS f(done boolean)
$$;

COMMENT ON FUNCTION _innovation_score.prepare_as_owner(text, text, bigint, jsonb) IS
    'internal: prepare_publication, run by the keeper as the owner of the scoreboard';
COMMENT ON FUNCTION _innovation_score.check_published_as_owner(text, text, boolean) IS
    'internal: check_published_rows, run by the keeper as the owner of the scoreboard';

-- Where a run does not do it, models, firms and corrections are read by one query, so that they come from one snapshot.
-- The best lie together: what_if reads them down to a cut.
-- enable_nestloop = off, here and in verify.sql: firms are joined with firms. A planner that
-- takes a source without statistics, or a period, for one row would compare each with each. The
-- costs that this adds where there is no other way would switch compiling (jit) on.
CREATE FUNCTION _innovation_score.insert_publication(known text, number bigint, parts publication_parts) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_nestloop = off SET jit = off AS $$
DECLARE
    columns text := 'entity, stage, peers, attributes, vals, score, coverage, category_scores, rank, stage_rank, '
                    'barred, qualifies, quota, eligible, admitted, decision, reasons';
    blank text := (SELECT string_agg('NULL::' || t, ', ')
                   FROM unnest('{text,text[],text[],float8[],float8,float8,float8[],bigint,bigint,boolean,boolean,text,boolean,boolean,'
                               'text,text}'::text[]) t);
    query text := format(
        'WITH _publication_model AS MATERIALIZED (%1$s) '
        'SELECT %2$s, m.model::text, NULL::text, %4$s, NULL::bigint, NULL::float8, NULL::float8 FROM _publication_model m '
        'UNION ALL SELECT NULL, NULL, %5$s, NULL, NULL, NULL FROM (%3$s) f', parts.models,
        _innovation_score.key_texts('m', (parts.binding).peers), parts.firms, blank, columns)
        || CASE WHEN parts.corrections IS NULL THEN ''
                ELSE format(' UNION ALL SELECT NULL, c.indicator, c.entity, %s, c.objection, c.source_value, c.used_value FROM (%s) c',
                            blank, parts.corrections) END;
BEGIN
    WITH found AS MATERIALIZED (
        SELECT * FROM _innovation_score.fetch_as_owner(known, query) AS f(
            model_peers text[], model_text text, entity text, stage text, peers text[], attributes text[], vals float8[], score float8,
            coverage float8, category_scores float8[], rank bigint, stage_rank bigint, barred boolean, qualifies boolean, quota text,
            eligible boolean, admitted boolean, decision text, reasons text, objection bigint, source_value float8, used_value float8)
    ), kept_model AS (
        INSERT INTO published_model (publication, peers, model)
        SELECT number, f.model_peers, f.model_text::json FROM found f WHERE f.model_peers IS NOT NULL
    ), kept_correction AS (
        INSERT INTO published_correction (publication, entity, indicator, objection, source_value, used_value)
        SELECT number, f.entity, f.model_text, f.objection, f.source_value, f.used_value FROM found f WHERE f.objection IS NOT NULL
    )
    INSERT INTO published_firm (publication, entity, stage, peers, attributes, vals, score, coverage, category_scores, rank,
                                stage_rank, barred, qualifies, quota, eligible, admitted, decision, reasons)
    SELECT number, f.entity, f.stage, f.peers, f.attributes, f.vals, f.score, f.coverage, f.category_scores, f.rank, f.stage_rank,
           f.barred, f.qualifies, f.quota, f.eligible, f.admitted, f.decision, f.reasons
    FROM found f WHERE f.model_peers IS NULL AND f.objection IS NULL
    ORDER BY f.score DESC NULLS LAST;
END
$$;

COMMENT ON FUNCTION _innovation_score.insert_publication(text, bigint, publication_parts) IS
    'internal: reads models, corrections and firms of a publication as the owner of its scoreboard, and inserts them';

-- Models, corrections and firms; what there is to say of these, the digest apart.
CREATE FUNCTION _innovation_score.keep_publication(known text, period text, number bigint, parts publication_parts,
                                                   OUT firms bigint, OUT scored bigint, OUT listed bigint, OUT content_digest bytea)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    told record;
    period_keys integer := cardinality((parts.binding).groups) - cardinality((parts.binding).peers);
BEGIN
    PERFORM _innovation_score.keep_secret(number);
    IF parts.firm_plan IS NULL THEN
        PERFORM _innovation_score.check_published_as_owner(known, period, false);
        PERFORM _innovation_score.insert_publication(known, number, parts);
        SELECT count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed')
        INTO firms, scored, listed FROM published_firm f WHERE f.publication = number;
        content_digest := _innovation_score.content_digest(number);
        RETURN;
    END IF;
    BEGIN
        SELECT * INTO told FROM _innovation_score.publish_run(number, parts.firm_plan, parts.correction_plan);
    EXCEPTION WHEN not_null_violation OR unique_violation OR invalid_parameter_value THEN
        -- which firm has two rows, which stage is not one
        PERFORM _innovation_score.check_published_as_owner(known, period, false);
        RAISE;
    END;
    PERFORM _innovation_score.check_published_as_owner(known, period, told.complete);
    INSERT INTO published_model (publication, peers, model)
    SELECT number, g.peers::text[], g.model::text::json FROM unnest(parts.groups, (parts.firm_plan).models) AS g(peers, model)
    UNION ALL
    SELECT number, (g.keys::text[])[period_keys + 1:], g.model::text::json FROM unnest(told.groups, told.models) AS g(keys, model);
    firms := told.firms;
    scored := told.scored;
    listed := told.listed;
    content_digest := told.content_digest;
END
$$;

COMMENT ON FUNCTION _innovation_score.keep_publication(text, text, bigint, publication_parts) IS
    'internal: adds models, corrections and firms of a publication; the numbers and the digest of the firms';

-- A name that has publications is for those who have made them, and for the owner of the database.
CREATE FUNCTION _innovation_score.do_may_take_name(caller oid, scoreboard text) RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT pg_has_role(caller, 'pg_database_owner', 'USAGE')
           OR NOT EXISTS (SELECT FROM publication p
                          WHERE p.scoreboard = do_may_take_name.scoreboard
                            AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = p.published_by AND pg_has_role(caller, r.oid, 'USAGE')))
$$;

CREATE FUNCTION _innovation_score.may_take_name(scoreboard text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.do_may_take_name(oid, text) IS 'internal: may_take_name, by the keeper';
COMMENT ON FUNCTION _innovation_score.may_take_name(text) IS
    'internal: whether the caller may make a scoreboard of a name: others have published nothing under it';

CREATE FUNCTION _innovation_score.board_version(name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT concat_ws(' ', b, r)
    FROM shown_scoreboard b LEFT JOIN shown_whitelist_rule r ON r.scoreboard = b.scoreboard AND r.rule = ''
    WHERE b.scoreboard = name
$$;

COMMENT ON FUNCTION _innovation_score.board_version(text) IS 'internal: differs after every change of a scoreboard or its rule';

CREATE FUNCTION _innovation_score.do_publish(caller oid, name text, period text, title text, path name[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    known text := _innovation_score.find_scoreboard(name, path);
    version text := _innovation_score.board_version(known);
    board scoreboard;
    accepted jsonb;
    parts publication_parts;
    p publication;
    sound boolean;
BEGIN
    PERFORM _innovation_score.require_right(known, 'publisher', caller);
    p.published_at := _innovation_score.log_turn('publication');
    SELECT * INTO STRICT board FROM shown_scoreboard b WHERE b.scoreboard = known;
    -- the document from the snapshot in which the scheme is the scoreboard's: somebody may change it meanwhile
    SELECT _innovation_score.bound_model(scheme_model(board.scheme), board.mapping) = board.model AND _innovation_score.scheme_quality(board.scheme) = board.quality,
           scheme_export(board.scheme)::json
    INTO sound, p.scheme_document;
    IF sound IS NOT TRUE THEN
        RAISE EXCEPTION 'scheme "%" has changed since scoreboard % was built', board.scheme, known
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'A publication keeps the scheme that its scores were made with.',
                  HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    SELECT COALESCE(max(o.publication), 0) + 1 INTO p.publication FROM publication o;
    SELECT o.digest INTO p.previous_digest FROM publication o WHERE o.publication = p.publication - 1;
    period := _innovation_score.period_key(board, _innovation_score.bind(board), period);
    accepted := (SELECT jsonb_agg(c) FROM _innovation_score.accepted_corrections(known, period) c);
    BEGIN
        parts := _innovation_score.prepare_as_owner(known, period, p.publication, accepted);
        SELECT k.* INTO p.firms, p.scored, p.listed, p.content_digest
        FROM _innovation_score.keep_publication(known, period, p.publication, parts) k;
    EXCEPTION WHEN undefined_table THEN
        PERFORM _innovation_score.check_still_there(known);
        RAISE;
    WHEN invalid_text_representation THEN
        PERFORM _innovation_score.refuse_unreadable(known, SQLSTATE, SQLERRM);
    END;
    IF version IS DISTINCT FROM _innovation_score.board_version(known) THEN
        RAISE EXCEPTION 'scoreboard % was changed while it was being published', known
            USING ERRCODE = 'serialization_failure', HINT = 'Publish it again.';
    END IF;
    IF p.firms = 0 THEN
        RAISE EXCEPTION 'scoreboard % has no firms%', known, COALESCE(' in period "' || period || '"', '')
            USING ERRCODE = 'no_data_found',
                  HINT = format('Load its source first, or give a period that it has: the view %s shows them.',
                                _innovation_score.view_name(known, 'score'));
    END IF;
    IF p.scored = 0 THEN
        RAISE EXCEPTION 'no firm of scoreboard % has a score%', known, COALESCE(' in period "' || period || '"', '')
            USING ERRCODE = 'no_data_found',
                  DETAIL = format('Of %s firms %s', p.firms, COALESCE(
                      (SELECT format('%s: %s.', count(*), f.reasons) FROM published_firm f
                       WHERE f.publication = p.publication AND f.reasons LIKE 'no score%'
                       GROUP BY f.reasons ORDER BY count(*) DESC, f.reasons COLLATE "C" LIMIT 1), 'none has one.')),
                  HINT = CASE WHEN board.frozen_at IS NOT NULL
                              THEN 'A frozen scoreboard has models for the periods and groups of then: freeze it again.'
                              ELSE format('The view %s shows what is missing.', _innovation_score.view_name(known, 'quality_summary')) END;
    END IF;
    p.scoreboard := known;
    p.scheme := board.scheme;
    p.period := period;
    p.title := title;
    p.published_by := _innovation_score.caller_name();
    p.indicators := _innovation_score.model_codes(board.model, 'indicators');
    p.categories := _innovation_score.model_codes(board.model, 'categories');
    p.peers := (parts.binding).peers;
    p.attributes := (parts.binding).attributes;
    p.board_document := (to_jsonb(board) - '{scoreboard,scheme,model,comments,source}'::text[]
                         || jsonb_build_object('source', _innovation_score.source_name(_innovation_score.source_of(board))))::json;
    p.rule := parts.rule::text::json;
    p.model_digest := _innovation_score.model_digest(p.publication);
    p.correction_digest := _innovation_score.correction_digest(p.publication);
    p.digest := _innovation_score.publication_digest(p, session_user);
    INSERT INTO publication SELECT p.*;
    PERFORM _innovation_score.log_append('publication', p.publication, p.published_at, p.digest);
    -- the server's log is out of reach of who can only write to the database
    RAISE LOG 'innovation_score: publication %, SHA-256 %, head %', p.publication, encode(p.digest, 'hex'), publication_head();
    PERFORM _innovation_score.tell_model_problems(board, format(
        'SELECT array_to_string(m.peers, '', ''), m.model::text::innovation_score.score_model '
               'FROM innovation_score.published_model m WHERE m.publication = %s', p.publication));
    RETURN p.publication;
END
$$;

CREATE FUNCTION _innovation_score.publish(name text, period text, title text, path name[]) RETURNS bigint
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.do_publish(oid, text, text, text, name[]) IS 'internal: publish, by the keeper';

CREATE FUNCTION publish(scoreboard text, period text, title text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.publish(scoreboard, period, title, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.publish(text, text, text, name[]) IS 'internal: publish with the caller''s schemas';
COMMENT ON FUNCTION publish(text, text, text) IS
    'keeps the scores of a scoreboard in a period with all that made them, and returns the number of the publication';
