-- publish, functions: what is collected of a scoreboard, publish() and the changes of
-- state, and the views for BI.
--
-- Entities, periods and peers are key texts; text forms of attributes are those of the scoreboard's time zone
-- and of the settings of fetch_as_owner(), whatever the session has.

-- Accepted objections hold for all later publications of their scoreboard and period; of
-- several about the same value the last one that was accepted.
CREATE FUNCTION _innovation_score.accepted_corrections(scoreboard text, period text)
RETURNS TABLE (entity text, indicator text, objection bigint, used_value float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT DISTINCT ON (o.entity, o.indicator) o.entity, o.indicator, o.objection, o.claimed_value
    FROM objection o JOIN publication p USING (publication)
    WHERE o.status = 'accepted' AND p.scoreboard = accepted_corrections.scoreboard
      AND p.period IS NOT DISTINCT FROM accepted_corrections.period
    ORDER BY o.entity, o.indicator, o.decided_at DESC, o.objection DESC
$$;

-- {"entity": {"place of the indicator": value}}
CREATE FUNCTION _innovation_score.correction_document(accepted jsonb, indicators text[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT jsonb_object_agg(e.entity, e.vals)
    FROM (SELECT c.entity, jsonb_object_agg(i.place, c.used_value) AS vals
          FROM jsonb_to_recordset(accepted) AS c(entity text, indicator text, used_value float8)
          JOIN unnest(indicators) WITH ORDINALITY AS i(indicator, place) ON i.indicator = c.indicator
          GROUP BY c.entity) e
$$;

CREATE FUNCTION _innovation_score.corrected(vals float8[], entity text, corrections jsonb) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    correction record;
BEGIN
    FOR correction IN
        SELECT c.key::integer AS place, c.value::float8 AS used FROM jsonb_each_text(corrections -> entity) c
    LOOP
        vals[correction.place] := correction.used;
    END LOOP;
    RETURN vals;
END
$$;

COMMENT ON FUNCTION _innovation_score.accepted_corrections(text, text) IS 'internal: values that accepted objections put in place';
COMMENT ON FUNCTION _innovation_score.correction_document(jsonb, text[]) IS
    'internal: an array of such rows by firms and places of the indicators, NULL if there are none';
COMMENT ON FUNCTION _innovation_score.corrected(float8[], text, jsonb) IS 'internal: a firm''s values with its corrections';

-- A period as the caller wrote it, as the key text of its value.
CREATE FUNCTION _innovation_score.period_key(board scoreboard, binding scoreboard_binding, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF (binding.period IS NULL) <> (period IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format(CASE WHEN period IS NULL THEN 'scoreboard %s has periods, so one must be given'
                                  ELSE 'scoreboard %s has no periods' END, board.scoreboard),
            HINT = CASE WHEN period IS NULL THEN 'Give a period as text, for example ''2024''.'
                        ELSE 'Give NULL as the period.' END;
    END IF;
    RETURN _innovation_score.given_key(board, binding, 'period', period);
END
$$;

CREATE FUNCTION _innovation_score.period_condition(board scoreboard, binding scoreboard_binding, alias text, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(_innovation_score.row_key(board, binding, alias, 'period',
                                              _innovation_score.period_key(board, binding, period)), 'true')
$$;

COMMENT ON FUNCTION _innovation_score.period_key(scoreboard, scoreboard_binding, text) IS
    'internal: the key text of a period that the caller gave, which is checked';
COMMENT ON FUNCTION _innovation_score.period_condition(scoreboard, scoreboard_binding, text, text) IS
    'internal: condition that a row is of a period, which is checked';

-- ----- collecting

-- What a publication, or what would be one, is made of: models, firms and corrections come from one snapshot.
CREATE TYPE _innovation_score.publication_parts AS (
    binding         scoreboard_binding,
    rule            list_rule,
    firm_plan       run_plan,
    correction_plan run_plan,
    groups          text[],
    models          text,
    firms           text,
    corrections     text
);

COMMENT ON TYPE _innovation_score.publication_parts IS 'internal: what a publication is made of';
COMMENT ON COLUMN _innovation_score.publication_parts.binding IS 'the scoreboard''s columns and expressions, as they are';
COMMENT ON COLUMN _innovation_score.publication_parts.rule IS 'the whitelist rule, or NULL';
COMMENT ON COLUMN _innovation_score.publication_parts.firm_plan IS
    'plan of the run that gives the firms; NULL: its rule asks what a run cannot tell, so queries do';
COMMENT ON COLUMN _innovation_score.publication_parts.correction_plan IS 'plan of the run that gives the corrections; NULL: there are none';
COMMENT ON COLUMN _innovation_score.publication_parts.groups IS 'groups of the models that the plan holds, as texts';
COMMENT ON COLUMN _innovation_score.publication_parts.models IS 'query of the models, to stand in WITH as _publication_model';
COMMENT ON COLUMN _innovation_score.publication_parts.firms IS
    'query of the firms, with the columns of published_firm but the number';
COMMENT ON COLUMN _innovation_score.publication_parts.corrections IS
    'query of the corrections, with the columns of published_correction but the number; NULL: there are none';

CREATE FUNCTION _innovation_score.texts(alias text, names text[], form text DEFAULT '%s.%I::text') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('ARRAY[%s]::text[]', string_agg(format(form, alias, n.name), ', ' ORDER BY n.place))
    FROM unnest(names) WITH ORDINALITY AS n(name, place)
$$;

COMMENT ON FUNCTION _innovation_score.texts(text, text[], text) IS 'internal: SQL text of an array of columns as text';

CREATE FUNCTION _innovation_score.key_texts(alias text, names text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.texts(alias, names, 'innovation_score.key_text(%s.%I)')
$$;

COMMENT ON FUNCTION _innovation_score.key_texts(text, text[]) IS 'internal: SQL text of an array of columns as key texts';

CREATE FUNCTION _innovation_score.collect_firms(board scoreboard, binding scoreboard_binding, rule whitelist_rule, period text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    view text := format(' %s m', _innovation_score.view_name(board.scoreboard, 'model'));
    -- a firm that is left out has no values that count, and yet it has values
    raw text := split_part(_innovation_score.source_values(board), '.', 2);
    names text[] := array_remove(ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text, NULL);
    query text;
BEGIN
    query := _innovation_score.fact_rows(
        board, binding, ARRAY[rule], false, _innovation_score.tier_field(board, ARRAY[rule]),
        ARRAY(SELECT DISTINCT c FROM unnest(binding.peers || raw || '_row'::text) c WHERE c <> ALL (names)),
        _innovation_score.period_condition(board, binding, 's', period));
    query := format(
        'SELECT innovation_score.key_text(f.%I) COLLATE "C" AS entity, f.stage, %s AS peers, %s AS attributes, %s AS vals, f.score, '
        '_innovation_score.element(f._row, 2) AS coverage, f._row[4:%s] AS category_scores, _innovation_score.decision_rank(f._decision) AS rank, '
        '_innovation_score.decision_stage_rank(f._decision) AS stage_rank, f._marks[1] AS barred, f._marks[2] AS qualifies, '
        'f._quota1 AS quota, f._marks[3] AS eligible, f._marks[4] AS admitted, '
        '_innovation_score.decision_code(f._decision, 1) AS decision, '
        'innovation_score.reason_text(_innovation_score.decision_reasons(f._decision, 1), %L) AS reasons '
        'FROM (SELECT d.*, _innovation_score.decision_marks(d._decision, 1) AS _marks FROM (%s) d) f',
        binding.entity, _innovation_score.key_texts('f', binding.peers), _innovation_score.texts('f', binding.attributes),
        CASE WHEN board.quality ->> 'on_error' = 'exclude' THEN '_innovation_score.known_values(f._unchecked)'
             ELSE format('array_replace(f.%I, ''NaN'', NULL)', raw) END,
        3 + cardinality(_innovation_score.model_codes(board.model, 'categories')),
        COALESCE(rule.language, _innovation_score.default_language()),
        _innovation_score.decided_rows(board, binding, ARRAY[rule], query));
    -- The models are those that are published, fitted once.
    RETURN replace(query, view, ' _publication_model m');
END
$$;

COMMENT ON FUNCTION _innovation_score.collect_firms(scoreboard, scoreboard_binding, whitelist_rule, text) IS
    'internal: query of the firms of a publication';

CREATE FUNCTION _innovation_score.collect(board scoreboard, period text, number bigint, accepted jsonb) RETURNS publication_parts
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
    parts publication_parts;
    rule whitelist_rule;
    indicators text[] := _innovation_score.model_codes(board.model, 'indicators');
    corrections jsonb := _innovation_score.correction_document(accepted, indicators);
    binding scoreboard_binding := _innovation_score.bind(board, corrections, period);
    source scoreboard_binding;
BEGIN
    parts.binding := binding;
    SELECT * INTO rule FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = '';
    parts.rule := _innovation_score.rule_value(board, rule);
    IF number IS NOT NULL AND _innovation_score.run_decides(parts.rule, board.quality) THEN
        SELECT f.plan, f.groups INTO parts.firm_plan, parts.groups
        FROM _innovation_score.publication_plan(board, binding, rule, period, number) f;
    END IF;
    parts.models := format('SELECT * FROM (%s) m WHERE %s AND m.model IS NOT NULL',
                           _innovation_score.view_query(board, binding, 'model'),
                           CASE WHEN binding.period = ANY (_innovation_score.groups(binding))
                                THEN _innovation_score.period_condition(board, binding, 'm', period) ELSE 'true' END);
    parts.firms := _innovation_score.collect_firms(board, binding, rule, period);
    IF corrections IS NOT NULL THEN
        source := _innovation_score.bind(board);
        parts.corrections := format(
            'SELECT c.entity, c.indicator, c.objection, NULLIF((%s)[i.place], ''NaN'') AS source_value, '
            'c.used_value FROM jsonb_to_recordset(%L) AS c(entity text, indicator text, objection bigint, used_value double precision) '
            'JOIN unnest(%L::text[]) WITH ORDINALITY AS i(indicator, place) USING (indicator) '
            'JOIN %s ON innovation_score.key_text(s.%I) = c.entity AND %s',
            _innovation_score.source_values(board), accepted, indicators, _innovation_score.rows(source), source.entity, _innovation_score.period_condition(board, source, 's', period));
        parts.correction_plan := _innovation_score.rows_plan(
            board, format('SELECT %L::bigint, c.entity COLLATE "C", c.indicator COLLATE "C", c.objection, c.source_value, c.used_value FROM (%s) c',
                          number, parts.corrections), 6);
    END IF;
    RETURN parts;
END
$$;

COMMENT ON FUNCTION _innovation_score.collect(scoreboard, text, bigint, jsonb) IS
    'internal: what a publication of a scoreboard and period under a number would be made of, with accepted objections or without';

-- ----- publishing

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

-- ----- states: draft, public notice, final; retracted

-- A publication keeps the time zone of its scoreboard, whose day counts for its notice.
CREATE FUNCTION _innovation_score.publication_today(number bigint) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT timezone(p.board_document ->> 'time_zone', now())::date FROM publication p WHERE p.publication = number
$$;

COMMENT ON FUNCTION _innovation_score.publication_today(bigint) IS
    'internal: the day in the time zone of the scoreboard of a publication';

-- What is missing is told all at once.
CREATE FUNCTION _innovation_score.require_publications(names text[] DEFAULT '{publication,publication_event,published_model,published_firm}') RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text := (SELECT string_agg(format('innovation_score.%s', t.name), ', ' ORDER BY t.place)
                     FROM unnest(names) WITH ORDINALITY AS t(name, place)
                     WHERE NOT has_table_privilege('innovation_score.' || t.name, 'SELECT'));
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'permission denied for publications'
            USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT SELECT ON %s TO %I;', missing, current_user);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_publications(text[]) IS
    'internal: an error that names the GRANT which helps, if the caller may not read publications';

CREATE FUNCTION _innovation_score.publication_state(number bigint, OUT state text, OUT notice_from date, OUT notice_to date,
                                   OUT reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM publication p WHERE p.publication = number) THEN
        RAISE EXCEPTION 'there is no publication %', number
            USING ERRCODE = 'undefined_object', HINT = 'See the view innovation_score.publication_list.';
    END IF;
    SELECT e.state, e.notice_from, e.notice_to, e.reason INTO state, notice_from, notice_to, reason
    FROM publication_event e WHERE e.publication = number ORDER BY e.event DESC LIMIT 1;
    state := COALESCE(state, 'draft');
END
$$;

COMMENT ON FUNCTION _innovation_score.publication_state(bigint) IS 'internal: the state of a publication';

-- What a role may do with a publication is what it may do with its scoreboard.
CREATE FUNCTION _innovation_score.require_publication_right(number bigint, right_name text, role oid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.publication_state(number);
    PERFORM _innovation_score.require_right(p.scoreboard, right_name, role) FROM publication p WHERE p.publication = number;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_publication_right(bigint, text, oid) IS
    'internal: an error if a role lacks a right on the scoreboard of a publication';

-- The rules stand in the trigger, so that an INSERT goes no other way than the functions.
CREATE FUNCTION _innovation_score.check_event() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    old record;
    waiting text;
BEGIN
    IF _innovation_score.restoring() THEN
        RETURN NEW;
    END IF;
    NEW.changed_at := _innovation_score.log_turn('state');
    old := _innovation_score.publication_state(NEW.publication);
    IF NEW.state IS NULL OR (old.state, NEW.state) NOT IN (
           ('draft', 'public_notice'), ('public_notice', 'public_notice'), ('public_notice', 'final'),
           ('draft', 'retracted'), ('public_notice', 'retracted'), ('final', 'retracted')) THEN
        RAISE EXCEPTION 'publication % is % and cannot become %', NEW.publication, old.state, NEW.state
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'A draft is put on public notice, and after that it becomes final; the owner may retract it.';
    END IF;
    IF NEW.state = 'public_notice' THEN
        IF NEW.notice_from IS NULL OR NEW.notice_to IS NULL OR NOT isfinite(NEW.notice_from)
           OR NOT isfinite(NEW.notice_to) OR NEW.notice_from > NEW.notice_to THEN
            RAISE EXCEPTION 'the public notice needs a first and a last day in this order'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('They are %s and %s.', COALESCE(NEW.notice_from::text, 'NULL'),
                                      COALESCE(NEW.notice_to::text, 'NULL')),
                      HINT = 'For example start_public_notice(1, current_date + 1, current_date + 7).';
        END IF;
        -- what has begun keeps its first day
        IF NEW.notice_from <> COALESCE(old.notice_from, 'infinity') AND NEW.notice_from < _innovation_score.publication_today(NEW.publication) THEN
            RAISE EXCEPTION 'the public notice of publication % cannot begin in the past', NEW.publication
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('It is %s in the time zone of the scoreboard.', _innovation_score.publication_today(NEW.publication)),
                      HINT = 'Give today or a later day as the first one.';
        END IF;
        IF NEW.notice_to < old.notice_to THEN
            RAISE EXCEPTION 'the public notice of publication % cannot be shortened', NEW.publication
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('It was announced until %s.', old.notice_to),
                      HINT = 'Give that day or a later one as the last one.';
        END IF;
        NEW.reason := NULL;
    ELSE
        NEW.notice_from := old.notice_from;
        NEW.notice_to := old.notice_to;
    END IF;
    IF NEW.state = 'final' THEN
        NEW.reason := NULL;
        IF _innovation_score.publication_today(NEW.publication) <= old.notice_to THEN
            RAISE EXCEPTION 'publication % is on public notice until %', NEW.publication, old.notice_to
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Make it final when that day is over.';
        END IF;
        waiting := (SELECT string_agg(o.objection::text, ', ' ORDER BY o.objection) FROM objection o
                    WHERE o.publication = NEW.publication AND o.status = 'filed');
        IF waiting IS NOT NULL THEN
            RAISE EXCEPTION 'publication % has objections that have not been decided: %', NEW.publication, waiting
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Accept or reject them first.';
        END IF;
    ELSIF NEW.state = 'retracted' THEN
        IF NEW.reason IS NULL OR NEW.reason ~ '^[[:space:]]*$' THEN
            RAISE EXCEPTION 'the retraction of publication % needs a reason', NEW.publication
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Say in a few words why it is taken back.';
        END IF;
    END IF;
    SELECT COALESCE(max(e.event), 0) + 1 INTO NEW.event FROM publication_event e;
    NEW.changed_by := _innovation_score.caller_name();
    PERFORM _innovation_score.log_append('state', NEW.event, NEW.changed_at, _innovation_score.event_digest(NEW, session_user));
    RAISE LOG 'innovation_score: publication %, change of state %, head %', NEW.publication, NEW.event, publication_head();
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_event() IS 'internal: checks and completes a change of the state of a publication';

CREATE TRIGGER publication_event_check BEFORE INSERT ON publication_event
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.check_event();

CREATE FUNCTION _innovation_score.do_start_public_notice(caller oid, publication bigint, notice_from date, notice_to date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.require_publication_right(publication, 'publisher', caller);
    INSERT INTO publication_event (publication, state, notice_from, notice_to)
    VALUES (publication, 'public_notice', notice_from, notice_to)
$$;

CREATE FUNCTION _innovation_score.do_finalize_publication(caller oid, publication bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.require_publication_right(publication, 'publisher', caller);
    INSERT INTO publication_event (publication, state) VALUES (publication, 'final')
$$;

-- The owner of the scoreboard, or of the extension.
CREATE FUNCTION _innovation_score.do_retract(caller oid, publication bigint, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    owner oid;
BEGIN
    PERFORM _innovation_score.publication_state(publication);
    owner := (SELECT _innovation_score.scoreboard_owner(p.scoreboard) FROM publication p WHERE p.publication = do_retract.publication);
    IF NOT pg_has_role(caller, owner, 'USAGE')
       AND NOT pg_has_role(caller, (SELECT e.extowner FROM pg_extension e WHERE e.extname = 'innovation_score'), 'USAGE') THEN
        RAISE EXCEPTION 'only the owner of publication % can retract it', publication
            USING ERRCODE = 'insufficient_privilege', HINT = format('The owner is %s.', pg_get_userbyid(owner));
    END IF;
    INSERT INTO publication_event (publication, state, reason) VALUES (publication, 'retracted', reason);
END
$$;

COMMENT ON FUNCTION _innovation_score.do_start_public_notice(oid, bigint, date, date) IS 'internal: start_public_notice, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_finalize_publication(oid, bigint) IS 'internal: finalize_publication, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_retract(oid, bigint, text) IS 'internal: retract, by the keeper';

CREATE FUNCTION start_public_notice(publication bigint, notice_from date, notice_to date) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION finalize_publication(publication bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION retract(publication bigint, reason text) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION start_public_notice(bigint, date, date) IS
    'puts a publication on public notice from one day to another, or gives the notice other days';
COMMENT ON FUNCTION finalize_publication(bigint) IS
    'makes a publication final when its public notice is over and its objections are decided';
COMMENT ON FUNCTION retract(bigint, text) IS
    'takes a publication back: the views show it no more, what was published is kept, and so is the reason';

-- ----- views for BI: scalars only

CREATE VIEW publication_list AS
SELECT p.publication, p.scoreboard, p.scheme, p.period, p.title, COALESCE(e.state, 'draft') AS state, e.notice_from,
       e.notice_to, p.published_at, p.published_by, p.firms, p.scored, p.listed, e.reason AS retraction_reason,
       encode(p.digest, 'hex') AS digest, encode(p.previous_digest, 'hex') AS previous_digest
FROM publication p
LEFT JOIN LATERAL (SELECT * FROM publication_event e WHERE e.publication = p.publication
                   ORDER BY e.event DESC LIMIT 1) e ON true;

-- Publications of many schemes have scores of different decimals in one column, which therefore is the double nearest to
-- each; a double prints all decimals that decide.
CREATE VIEW published_score AS
SELECT p.publication, p.scoreboard, p.period, p.title, p.state, f.entity, f.stage,
       f.score, f.coverage, f.rank, f.stage_rank, f.decision,
       innovation_score.decision_title(f.decision, _innovation_score.reasons_language(f.reasons)) AS decision_title,
       f.reasons
FROM publication_list p
JOIN published_firm f USING (publication)
WHERE p.state <> 'retracted';

CREATE VIEW published_category_score AS
SELECT p.publication, f.entity, c.category, c.score
FROM publication p
CROSS JOIN LATERAL (SELECT array_agg(s.decimals ORDER BY s.place) AS shown
                    FROM (SELECT m.model FROM published_model m WHERE m.publication = p.publication LIMIT 1) m
                    CROSS JOIN LATERAL _innovation_score.score_places(m.model::text::score_model) s) d
JOIN published_firm f USING (publication)
CROSS JOIN LATERAL (SELECT u.category, score_numeric(u.score, u.decimals)::float8 AS score
                    FROM unnest(p.categories, f.category_scores, d.shown[2:]) AS u(category, score, decimals)) c
WHERE NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

CREATE VIEW published_value AS
SELECT p.publication, f.entity, u.indicator, u.value, c.source_value, c.objection
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL unnest(p.indicators, f.vals) AS u(indicator, value)
LEFT JOIN published_correction c
       ON c.publication = f.publication AND c.entity = f.entity AND c.indicator = u.indicator
WHERE NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

CREATE VIEW published_attribute AS
SELECT p.publication, f.entity, u.attribute, u.value
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL unnest(p.attributes || p.peers, f.attributes || f.peers) WITH ORDINALITY
    AS u(attribute, value, place)
WHERE u.attribute <> ALL ((p.attributes || p.peers)[:u.place - 1])
  AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

-- For readers who may see nothing else (a bank), so it runs with its owner's rights. Who has a right
-- on the scoreboard sees what is public, and no drafts.
CREATE VIEW published_whitelist WITH (security_barrier = true) AS
SELECT p.publication, p.scoreboard, p.period, p.title, COALESCE(e.state, 'draft') AS state, e.notice_from, e.notice_to,
       f.entity, f.stage, f.score, f.rank, f.decision,
       innovation_score.decision_title(f.decision, _innovation_score.reasons_language(f.reasons)) AS decision_title,
       f.reasons
FROM publication p
LEFT JOIN LATERAL (SELECT * FROM publication_event e WHERE e.publication = p.publication
                   ORDER BY e.event DESC LIMIT 1) e ON true
JOIN published_firm f ON f.publication = p.publication
WHERE e.state IS DISTINCT FROM 'retracted'
  AND (has_table_privilege('innovation_score.publication', 'SELECT')
       OR e.state IS NOT NULL AND _innovation_score.has_any_right(p.scoreboard));

COMMENT ON VIEW publication_list IS '公布批次一览 publications with their state';
COMMENT ON VIEW published_score IS '公布的得分 scores of publications that have not been retracted';
COMMENT ON VIEW published_category_score IS '公布的一级指标得分 scores inside the categories';
COMMENT ON VIEW published_value IS '公布的指标值 values that were scored; with an objection, what the source had, too';
COMMENT ON VIEW published_attribute IS '公布的属性 attributes and peer groups of the firms';
COMMENT ON VIEW published_whitelist IS
    '公布的白名单 decisions of publications on public notice or final; drafts for those who may read publication';

-- BI tools show these; a name means the same in every one of the views.
DO $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT a.attrelid::regclass AS view, a.attname AS name, n.comment
        FROM (VALUES
            ('publication', '批次号 number, 1, 2, 3 … in the order of publishing'),
            ('scoreboard', '积分榜 scoreboard'),
            ('scheme', '积分体系 scheme'),
            ('period', '期间 period as text; NULL if the scoreboard has none'),
            ('title', '标题 title'),
            ('state', '状态 draft（草稿）, public_notice（公示中）, final（正式公布）, retracted（已撤回）'),
            ('notice_from', '公示起始日 first day of the public notice'),
            ('notice_to', '公示截止日 last day of the public notice'),
            ('published_at', '公布时间 when'),
            ('published_by', '公布人 role that published'),
            ('firms', '企业数 number of firms'),
            ('scored', '有得分企业数 number of firms that have a score'),
            ('listed', '入选企业数 number of firms that are listed'),
            ('retraction_reason', '撤回理由 why it was taken back'),
            ('digest', '摘要 SHA-256 in hexadecimal'),
            ('previous_digest', '上一批次摘要 digest of the publication before this one; NULL for the first'),
            ('entity', '企业 entity as text'),
            ('stage', '企业发展阶段 stage'),
            ('score', '得分 score, rounded to four places'),
            ('coverage', '覆盖率 share of the weight whose values are present, 0 to 1'),
            ('rank', '名次 rank, 1 = highest, ties share'),
            ('stage_rank', '阶段内名次 rank within the stage'),
            ('decision', '入选结论 listed（入选）, reserve（候补）, rejected（未入选）'),
            ('decision_title', '入选结论 decision as it is printed'),
            ('reasons', '理由 reasons for the decision'),
            ('category', '一级指标代码 category'),
            ('indicator', '二级指标代码 indicator'),
            ('attribute', '属性 attribute or peer column'),
            ('value', '值 value'),
            ('source_value', '来源值 what the source had'),
            ('objection', '异议编号 the objection that was accepted')) AS n(name, comment)
        JOIN pg_catalog.pg_attribute a ON a.attname = n.name
        WHERE a.attrelid IN ('publication_list'::regclass, 'published_score'::regclass,
                             'published_category_score'::regclass, 'published_value'::regclass,
                             'published_attribute'::regclass, 'published_whitelist'::regclass)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', due.view, due.name, due.comment);
    END LOOP;
END
$$;

-- The others are read with their reader's rights where the server can: row-level security
-- on published_firm then holds for them.
DO $$
DECLARE
    view regclass;
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        FOREACH view IN ARRAY '{publication_list,published_score,published_category_score,published_value,'
                              'published_attribute}'::regclass[] LOOP
            EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', view);
        END LOOP;
    END IF;
END
$$;
