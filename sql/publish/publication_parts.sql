-- What a publication is made of: collected of a scoreboard, with the corrections of accepted objections.
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
