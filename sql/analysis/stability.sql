-- stability: how firm a ranking is when weights, methods and indicators are others
-- (src/stability.c).

CREATE FUNCTION _innovation_score.weight_factor(seed bigint, draw integer, indicator integer, noise float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'weight_noise_factor' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.rank_spread(model score_model, draws integer, noise float8, seed bigint, stage text,
                                              normalized float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'rank_spread_row' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.rank_influence_accumulate(state internal, model score_model, stage text, normalized float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'rank_influence_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.rank_influence_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'rank_influence_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.rank_influence(model score_model, stage text, normalized float8[]) (
    SFUNC = _innovation_score.rank_influence_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.rank_influence_final,
    PARALLEL = RESTRICTED
);

CREATE FUNCTION _innovation_score.rank_sensitivity_accumulate(state internal, model score_model, stage text, normalized float8[],
                                                              samples integer, noise float8, seed bigint)
RETURNS internal
    AS 'MODULE_PATHNAME', 'rank_sensitivity_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.rank_sensitivity_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'rank_sensitivity_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.rank_sensitivity(model score_model, stage text, normalized float8[], samples integer,
                                                    noise float8, seed bigint) (
    SFUNC = _innovation_score.rank_sensitivity_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.rank_sensitivity_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.weight_factor(bigint, integer, integer, float8) IS
    'internal: what a draw multiplies the weight of an indicator with; draws and indicators count from 1';
COMMENT ON FUNCTION _innovation_score.rank_spread(score_model, integer, float8, bigint, text, float8[]) IS
    'internal: rank of normalized values; mean, median, 5 % and 95 % quantile of the ranks in draws of random weights';
COMMENT ON FUNCTION _innovation_score.rank_influence_accumulate(internal, score_model, text, float8[]) IS
    'internal: transition function of rank_influence';
COMMENT ON FUNCTION _innovation_score.rank_influence_final(internal) IS 'internal: final function of rank_influence';
COMMENT ON AGGREGATE _innovation_score.rank_influence(score_model, text, float8[]) IS
    'internal: for each indicator: rows ranked without it, mean and greatest difference from the rank with it, '
    'rows whose rank differs, rank correlation';

COMMENT ON FUNCTION _innovation_score.rank_sensitivity_accumulate(internal, score_model, text, float8[], integer, float8, bigint) IS
    'internal: transition function of rank_sensitivity';
COMMENT ON FUNCTION _innovation_score.rank_sensitivity_final(internal) IS 'internal: final function of rank_sensitivity';
COMMENT ON AGGREGATE _innovation_score.rank_sensitivity(score_model, text, float8[], integer, float8, bigint) IS
    'internal: for each indicator the first-order and the total index of the average shift in rank under random weights';

-- What the functions below read: the firms of a period with their normalized values,
-- NULL where the scoreboard gives no score. Who has a score is settled by the scheme as it
-- is: minimum coverage is a share of its weights, not of others.

CREATE FUNCTION _innovation_score.one_period(board scoreboard, binding scoreboard_binding, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF board.period IS NOT NULL AND period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has periods: give one', board.scoreboard
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Firms are ranked within a period.';
    END IF;
    PERFORM _innovation_score.check_period(board, binding, period);
    RETURN COALESCE(_innovation_score.row_key(board, binding, 's', 'period', period), 'true');
END
$$;

COMMENT ON FUNCTION _innovation_score.one_period(scoreboard, scoreboard_binding, text) IS
    'internal: condition that a row is of the period asked for';

CREATE FUNCTION _innovation_score.normalized_rows(board scoreboard, binding scoreboard_binding, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(SELECT innovation_score.key_text(s.%1$I) AS entity, s.stage, '
                  'CASE WHEN innovation_score.score(%2$s, s.stage, VARIADIC s._values) IS NOT NULL '
                  'THEN _innovation_score.stage_normalized_row(%2$s, s.stage, VARIADIC s._values) END AS normalized '
                  'FROM %3$s WHERE %4$s OFFSET 0) t',
                  binding.entity, _innovation_score.row_model(board, binding), _innovation_score.rows_with_model(board, binding),
                  _innovation_score.one_period(board, binding, period))
$$;

COMMENT ON FUNCTION _innovation_score.normalized_rows(scoreboard, scoreboard_binding, text) IS
    'internal: FROM item of entity, stage and normalized values of the firms of a period';

CREATE FUNCTION _innovation_score.check_draws(what text, number integer, noise float8, seed bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF number IS NULL OR number NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION '% must be between 1 and 10000, not %', what, number USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF noise IS NULL OR NOT (noise >= 0 AND noise < 1) THEN
        RAISE EXCEPTION 'noise must be at least 0 and below 1, not %', noise
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is a share of the weights: 0.25 for 25 %.';
    END IF;
    IF seed IS NULL THEN
        RAISE EXCEPTION 'seed must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_draws(text, integer, float8, bigint) IS
    'internal: an error unless random weights can be drawn so';

CREATE FUNCTION _innovation_score.rank_stability(scoreboard text, period text, draws integer, noise float8, seed bigint, path name[])
RETURNS TABLE (entity text, nominal bigint, mean float8, median float8, rank_05 float8, rank_95 float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(scoreboard, path);
    query text;
BEGIN
    PERFORM _innovation_score.check_draws('draws', draws, noise, seed);
    query := format('SELECT u.entity, u.spread[1]::bigint, u.spread[2], u.spread[3], u.spread[4], u.spread[5] '
                    'FROM (SELECT t.entity, _innovation_score.rank_spread('
                    '(SELECT %L::innovation_score.score_model), %s, %L, %s, t.stage, t.normalized) OVER () AS spread FROM %s) u',
                    board.model, draws, noise, seed, _innovation_score.normalized_rows(board, _innovation_score.bind(board), period));
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN QUERY EXECUTE query;
END
$$;

CREATE FUNCTION rank_stability(scoreboard text, period text DEFAULT NULL, draws integer DEFAULT 200,
                               noise float8 DEFAULT 0.25, seed bigint DEFAULT 0)
RETURNS TABLE (entity text, nominal bigint, mean float8, median float8, rank_05 float8, rank_95 float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100000;

COMMENT ON FUNCTION _innovation_score.rank_stability(text, text, integer, float8, bigint, name[]) IS
    'internal: rank_stability with the caller''s schemas';
COMMENT ON FUNCTION rank_stability(text, text, integer, float8, bigint) IS
    'the rank of each firm of a period and, under weights that are random within the noise, the mean, median, 5 % and '
    '95 % quantile of its ranks; the same for the same seed, everywhere';

CREATE FUNCTION _innovation_score.indicator_influence(scoreboard text, period text, path name[])
RETURNS TABLE (indicator text, title text, mean_movement float8, max_movement bigint, moved bigint, spearman float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(scoreboard, path);
    titles text := (SELECT string_agg(format('(%s, %L::text, %L::text)', c.place, c.code, i.title), ', '
                                      ORDER BY c.place)
                    FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                    LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code);
    -- a model that ranks nobody tells nothing
    query text := format(
        'SELECT i.code, i.title, NULLIF(m.found[p + 2], ''NaN''), NULLIF(m.found[p + 3], ''NaN'')::bigint, '
        'CASE WHEN m.found[p + 1] > 0 THEN m.found[p + 4]::bigint END, NULLIF(m.found[p + 5], ''NaN'') '
        'FROM (VALUES %s) i(place, code, title) CROSS JOIN LATERAL (SELECT 5 * (i.place - 1)) AS o(p) '
        'CROSS JOIN (SELECT _innovation_score.rank_influence('
        '(SELECT %L::innovation_score.score_model), t.stage, t.normalized) AS found '
        'FROM %s) m ORDER BY NULLIF(m.found[p + 2], ''NaN'') DESC NULLS LAST, i.place',
        titles, board.model, _innovation_score.normalized_rows(board, _innovation_score.bind(board), period));
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN QUERY EXECUTE query;
END
$$;

CREATE FUNCTION indicator_influence(scoreboard text, period text DEFAULT NULL)
RETURNS TABLE (indicator text, title text, mean_movement float8, max_movement bigint, moved bigint, spearman float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.indicator_influence(text, text, name[]) IS
    'internal: indicator_influence with the caller''s schemas';
COMMENT ON FUNCTION indicator_influence(text, text) IS
    'how far the firms of a period move in the ranking when an indicator is left out, the most influential first';

CREATE FUNCTION _innovation_score.rank_sensitivity(scoreboard text, period text, samples integer, noise float8, seed bigint, path name[])
RETURNS TABLE (indicator text, title text, first_order float8, total float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
#variable_conflict use_column
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(scoreboard, path);
    query text;
    found float8[];
BEGIN
    PERFORM _innovation_score.check_draws('samples', samples, noise, seed);
    query := format('SELECT _innovation_score.rank_sensitivity((SELECT %L::innovation_score.score_model), t.stage, t.normalized, '
                    '%s, %L, %s) FROM %s',
                    board.model, samples, noise, seed, _innovation_score.normalized_rows(board, _innovation_score.bind(board), period));
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    EXECUTE query INTO found;
    PERFORM set_config('search_path', 'innovation_score, _innovation_score, pg_catalog, pg_temp', true);
    RETURN QUERY
        SELECT m.indicator, i.title, NULLIF(found[2 * m.position - 1], 'NaN'), NULLIF(found[2 * m.position], 'NaN')
        FROM model_indicators(board.model) m
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY NULLIF(found[2 * m.position], 'NaN') DESC NULLS LAST, m.position;
END
$$;

CREATE FUNCTION rank_sensitivity(scoreboard text, period text DEFAULT NULL, samples integer DEFAULT 200,
                                 noise float8 DEFAULT 0.25, seed bigint DEFAULT 0)
RETURNS TABLE (indicator text, title text, first_order float8, total float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.rank_sensitivity(text, text, integer, float8, bigint, name[]) IS
    'internal: rank_sensitivity with the caller''s schemas';
COMMENT ON FUNCTION rank_sensitivity(text, text, integer, float8, bigint) IS
    'how much of the variance of the average shift in rank, under weights that are random within the noise, comes from '
    'the weight of each indicator: alone (first order) and with others (total); the same for the same seed, everywhere';

-- Other methods: settings of the model changed, the bounds fitted anew on the same rows.

CREATE FUNCTION _innovation_score.alternative_model(model score_model, name text, change jsonb) RETURNS score_model
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    document jsonb := model::jsonb;
    general jsonb;
    particular jsonb;
    unknown text;
BEGIN
    IF jsonb_typeof(change) <> 'object' OR change ?| '{scheme,stages,categories}'
       OR jsonb_typeof(COALESCE(change -> 'indicators', '{}')) <> 'object' THEN
        RAISE EXCEPTION 'alternative "%" must be an object of settings', name
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', change),
                  HINT = 'For example {"extreme": "iqr(1.5)", "indicators": {"rd_expense": {"transform": "log"}}}.';
    END IF;
    SELECT min(k COLLATE "C") INTO unknown FROM jsonb_object_keys(change -> 'indicators') k
    WHERE k <> ALL (_innovation_score.model_codes(model, 'indicators'));
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'alternative "%" changes unknown indicator "%"', name, unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The indicators are %s.', array_to_string(_innovation_score.model_codes(model, 'indicators'), ', '));
    END IF;
    -- A setting of the scheme also takes the place of what single indicators say.
    SELECT COALESCE(jsonb_object_agg(s.key, s.value) FILTER (WHERE s.whole), '{}'),
           COALESCE(jsonb_object_agg(s.key, s.value) FILTER (WHERE NOT s.whole), '{}')
    INTO general, particular
    FROM (SELECT e.key, e.value, document ? e.key OR e.key = 'floor' AS whole
          FROM jsonb_each(change - 'indicators') e) s;
    document := document || general || jsonb_build_object('indicators', (
        SELECT jsonb_agg(i.value || particular
                         || COALESCE((SELECT jsonb_object_agg(g.key, g.value) FROM jsonb_each(general) g
                                      WHERE i.value ? g.key), '{}')
                         || COALESCE(change -> 'indicators' -> (i.value ->> 'indicator'), '{}') ORDER BY i.place)
        FROM jsonb_array_elements(document -> 'indicators') WITH ORDINALITY AS i(value, place)));
    RETURN document::score_model;
EXCEPTION WHEN invalid_parameter_value THEN
    IF SQLERRM LIKE 'alternative "%' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION 'alternative "%": %', name, SQLERRM USING ERRCODE = 'invalid_parameter_value';
END
$$;

COMMENT ON FUNCTION _innovation_score.alternative_model(score_model, text, jsonb) IS
    'internal: a model with other settings, or an error that names the alternative';

-- All alternatives score a row side by side, so that the source is read once for them.
CREATE FUNCTION _innovation_score.method_stability(scoreboard text, period text, alternatives jsonb, path name[])
RETURNS TABLE (entity text, nominal bigint, best bigint, worst bigint, spread bigint, ranks jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(scoreboard, path);
    other scoreboard := board;
    binding scoreboard_binding := _innovation_score.bind(board);
    grouped boolean := _innovation_score.groups(binding) <> '{}';
    alternative record;
    fitted text;
    scores text := format('innovation_score.score_row(%s, s.stage, VARIADIC s._values) AS row_0',
                          _innovation_score.row_model(board, binding));
    source text := _innovation_score.rows_with_model(board, binding);
    windows text := 'innovation_score.score_rank(t.row_0[1]) OVER () AS rank_0';
    all_ranks text := 'u.rank_0';
    named_ranks text := '';
BEGIN
    IF jsonb_typeof(alternatives) IS DISTINCT FROM 'object' OR alternatives = '{}' THEN
        RAISE EXCEPTION 'alternatives must be an object that gives each one its settings'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For example {"quartiles": {"extreme": "iqr(1.5)"}, "logarithms": {"transform": "log"}}.';
    END IF;
    FOR alternative IN
        SELECT e.key, e.value, row_number() OVER (ORDER BY e.key COLLATE "C") AS n FROM jsonb_each(alternatives) e
    LOOP
        other.model := _innovation_score.alternative_model(board.model, alternative.key, alternative.value);
        fitted := _innovation_score.live_model_query(other, binding);
        IF grouped THEN
            source := format('%s LEFT JOIN (%s) m%s ON %s', source, fitted, alternative.n,
                             _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm' || alternative.n, 's'));
        END IF;
        scores := format('%s, innovation_score.score_row(%s, s.stage, VARIADIC s._values) AS row_%s', scores,
                         CASE WHEN grouped THEN format('m%s.model', alternative.n)
                              ELSE format('(SELECT m.model FROM (%s) m)', fitted) END, alternative.n);
        windows := format('%s, innovation_score.score_rank(t.row_%s[1]) OVER () AS rank_%2$s', windows, alternative.n);
        all_ranks := format('%s, u.rank_%s', all_ranks, alternative.n);
        named_ranks := format('%s || pg_catalog.jsonb_build_object(%L, u.rank_%s)', named_ranks, alternative.key,
                              alternative.n);
    END LOOP;
    fitted := format('SELECT u.entity, u.rank_0, least(%1$s), greatest(%1$s), greatest(%1$s) - least(%1$s), '
                     '''{}''%2$s FROM (SELECT t.entity, %3$s FROM (SELECT innovation_score.key_text(s.%4$I) AS entity, %5$s '
                     'FROM %6$s WHERE %7$s) t) u',
                     all_ranks, named_ranks, windows, binding.entity, scores, source,
                     _innovation_score.one_period(board, binding, period));
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    RETURN QUERY EXECUTE fitted;
END
$$;

CREATE FUNCTION method_stability(scoreboard text, period text, alternatives jsonb)
RETURNS TABLE (entity text, nominal bigint, best bigint, worst bigint, spread bigint, ranks jsonb)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100000;

COMMENT ON FUNCTION _innovation_score.method_stability(text, text, jsonb, name[]) IS
    'internal: method_stability with the caller''s schemas';
COMMENT ON FUNCTION method_stability(text, text, jsonb) IS
    'the rank of each firm of a period, and its ranks with other settings of the model, fitted on the same rows';
