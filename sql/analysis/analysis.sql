-- analysis: what a population of firms looks like (src/analysis.c).

-- Aggregates.

CREATE FUNCTION _innovation_score.values_accumulate(state internal, value float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'values_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.gini_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'gini_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE gini(value float8) (
    SFUNC = _innovation_score.values_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _innovation_score.gini_final,
    PARALLEL = RESTRICTED
);

CREATE FUNCTION _innovation_score.summary_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'summary_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.summary(value float8) (
    SFUNC = _innovation_score.values_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _innovation_score.summary_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.values_accumulate(internal, float8) IS 'internal: transition function of gini and summary';
COMMENT ON FUNCTION _innovation_score.gini_final(internal) IS 'internal: final function of gini';
COMMENT ON FUNCTION _innovation_score.summary_final(internal) IS 'internal: final function of summary';
COMMENT ON AGGREGATE gini(float8) IS
'Gini coefficient, 0 (all equal) to 1; NULL where there is no value, a negative one, or nothing but zeros';
COMMENT ON AGGREGATE _innovation_score.summary(float8) IS
'internal: number, mean, standard deviation, minimum, quartiles, maximum and Gini coefficient of values';

CREATE FUNCTION _innovation_score.columns_accumulate(state internal, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'columns_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.pearson_matrix_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'pearson_matrix_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.spearman_matrix_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'spearman_matrix_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.pearson_matrix(VARIADIC vals float8[]) (
    SFUNC = _innovation_score.columns_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.pearson_matrix_final,
    PARALLEL = RESTRICTED
);

CREATE AGGREGATE _innovation_score.spearman_matrix(VARIADIC vals float8[]) (
    SFUNC = _innovation_score.columns_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.spearman_matrix_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.columns_accumulate(internal, float8[]) IS
    'internal: transition function of pearson_matrix and spearman_matrix';
COMMENT ON FUNCTION _innovation_score.pearson_matrix_final(internal) IS 'internal: final function of pearson_matrix';
COMMENT ON FUNCTION _innovation_score.spearman_matrix_final(internal) IS 'internal: final function of spearman_matrix';
COMMENT ON AGGREGATE _innovation_score.pearson_matrix(float8[]) IS
'internal: number of rows and Pearson''s correlation of each pair of columns, over the rows that have both';
COMMENT ON AGGREGATE _innovation_score.spearman_matrix(float8[]) IS
'internal: number of rows and Spearman''s correlation of each pair of columns, over the rows that have both';

CREATE FUNCTION _innovation_score.drift_accumulate(state internal, base boolean, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'drift_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.drift_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'drift_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.drift(base boolean, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.drift_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.drift_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.drift_accumulate(internal, boolean, float8[]) IS 'internal: transition function of drift';
COMMENT ON FUNCTION _innovation_score.drift_final(internal) IS 'internal: final function of drift';
COMMENT ON AGGREGATE _innovation_score.drift(boolean, float8[]) IS
'internal: numbers of values, medians and population stability index of each column between two samples';

CREATE FUNCTION _innovation_score.shares_accumulate(state internal, model score_model, stage text, VARIADIC vals float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'shares_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

CREATE FUNCTION _innovation_score.shares_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'shares_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.score_shares(model score_model, stage text, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.shares_accumulate,
    STYPE = internal,
    SSPACE = 200000,
    FINALFUNC = _innovation_score.shares_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.shares_accumulate(internal, score_model, text, float8[]) IS
    'internal: transition function of score_shares';
COMMENT ON FUNCTION _innovation_score.shares_final(internal) IS 'internal: final function of score_shares';
COMMENT ON AGGREGATE _innovation_score.score_shares(score_model, text, float8[]) IS
'internal: covariances of the points and correlations of the normalized values of each indicator with the score';

CREATE FUNCTION _innovation_score.alpha_accumulate(state internal, weighed_stage text, model score_model, stage text,
                                                   VARIADIC vals float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'alpha_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

CREATE FUNCTION _innovation_score.alpha_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'alpha_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.cronbach(weighed_stage text, model score_model, stage text, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.alpha_accumulate,
    STYPE = internal,
    SSPACE = 200000,
    FINALFUNC = _innovation_score.alpha_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.alpha_accumulate(internal, text, score_model, text, float8[]) IS
    'internal: transition function of cronbach';
COMMENT ON FUNCTION _innovation_score.alpha_final(internal) IS 'internal: final function of cronbach';
COMMENT ON AGGREGATE _innovation_score.cronbach(text, score_model, text, float8[]) IS
'internal: for each category and for the whole: number of indicators, of firms, and Cronbach''s alpha';

-- Which rows.

CREATE FUNCTION _innovation_score.last_period(board scoreboard, binding scoreboard_binding, before text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    type oid := _innovation_score.key_type(binding, 'period');
BEGIN
    IF binding.period IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT p.period FROM _innovation_score.fetch(format(
        'SELECT innovation_score.key_text(s.%1$I) FROM %2$s WHERE s.%1$I IS NOT NULL%3$s ORDER BY s.%1$I DESC LIMIT 1',
        binding.period, _innovation_score.rows(binding),
        CASE WHEN before IS NOT NULL
             THEN format(' AND s.%I %s CAST(%L AS %s)', binding.period, _innovation_score.key_operator(type, true), before,
                         _innovation_score.type_name(type)) END)) AS p(period text));
END
$$;

COMMENT ON FUNCTION _innovation_score.last_period(scoreboard, scoreboard_binding, text) IS
    'internal: the last period of a scoreboard, or the last before another, as key text; NULL if it has none';

-- A condition on the source's rows.
CREATE FUNCTION _innovation_score.rows_of(board scoreboard, binding scoreboard_binding, period text, stage text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF stage IS NOT NULL THEN
        PERFORM _innovation_score.check_stage(_innovation_score.model_codes(board.model, 'stages'), stage, format('scoreboard %s', board.scoreboard));
    END IF;
    RETURN concat_ws(' AND ', _innovation_score.row_key(board, binding, 's', 'period', period),
                     's.stage = ' || quote_literal(stage), 'true');
END
$$;

COMMENT ON FUNCTION _innovation_score.rows_of(scoreboard, scoreboard_binding, text, text) IS
    'internal: condition that rows are of a period and a stage, where these are given';

-- Distribution of scores.

CREATE FUNCTION _innovation_score.score_distribution(name text, "by" text, period text, path name[])
RETURNS TABLE (score_period text, label text, firms bigint, scored bigint, mean float8, stddev float8, minimum float8,
               lower_quartile float8, median float8, upper_quartile float8, maximum float8, gini float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    label text;
    label_key bound_expression;
BEGIN
    board := _innovation_score.get_scoreboard($1, $4);
    binding := _innovation_score.bind(board);
    PERFORM _innovation_score.check_period(board, binding, $3);
    label := CASE WHEN $2 = 'stage' THEN 's.stage'
                  WHEN $2 IS NOT NULL THEN 's._label' END;
    IF label = 's._label' THEN
        label_key := _innovation_score.bind_scalar(board.search_path, _innovation_score.view_name(board.scoreboard, 'input'),
                                                   binding.names, $2, 'by');
    END IF;
    RETURN QUERY
        SELECT d.score_period, d.label, d.firms, d.numbers[1]::bigint, NULLIF(d.numbers[2], 'NaN'),
               NULLIF(d.numbers[3], 'NaN'), NULLIF(d.numbers[4], 'NaN'), NULLIF(d.numbers[5], 'NaN'),
               NULLIF(d.numbers[6], 'NaN'), NULLIF(d.numbers[7], 'NaN'), NULLIF(d.numbers[8], 'NaN'),
               NULLIF(d.numbers[9], 'NaN')
        FROM _innovation_score.fetch(format(
            'SELECT innovation_score.key_text(g.period), g.label, pg_catalog.count(*), _innovation_score.summary(_innovation_score.element(g._row, 1)) '
            'FROM (SELECT %s AS period, %s AS label, %s FROM %s WHERE %s) g '
            'GROUP BY g.period, g.label ORDER BY g.period, g.label COLLATE "C"',
            COALESCE('s.' || quote_ident(binding.period), 'NULL::text'), COALESCE(label, 'NULL::text'),
            _innovation_score.score_row(board, binding),
            _innovation_score.rows_with_model(board, binding,
                             COALESCE(', ' || _innovation_score.field_text(label_key.expression, label_key.type)
                                      || ' AS _label', '')),
            _innovation_score.rows_of(board, binding, $3, NULL)),
            CASE WHEN label_key.expression IS NULL THEN 'pg_catalog, pg_temp' ELSE board.search_path END)
            AS d(score_period text, label text, firms bigint, numbers float8[]);
END
$$;

CREATE FUNCTION score_distribution(scoreboard text, period text DEFAULT NULL, "by" text DEFAULT NULL)
RETURNS TABLE (score_period text, label text, firms bigint, scored bigint, mean float8, stddev float8, minimum float8,
               lower_quartile float8, median float8, upper_quartile float8, maximum float8, gini float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.score_distribution(text, text, text, name[]) IS
    'internal: score_distribution with the caller''s schemas';
COMMENT ON FUNCTION score_distribution(text, text, text) IS
    'distribution of the scores of a scoreboard by period and by stage, another column that its views show, or an expression over these';

-- What makes scores differ.

CREATE FUNCTION _innovation_score.score_contributions(name text, period text, stage text, path name[])
RETURNS TABLE (indicator text, title text, scored bigint, n bigint, mean_points float8, share float8,
               correlation float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    numbers float8[];
BEGIN
    board := _innovation_score.get_scoreboard($1, $4);
    binding := _innovation_score.bind(board);
    PERFORM _innovation_score.check_period(board, binding, $2);
    SELECT f.numbers INTO numbers FROM _innovation_score.fetch(format(
        'SELECT _innovation_score.score_shares(%s, s.stage, VARIADIC s._values) FROM %s WHERE %s',
        _innovation_score.row_model(board, binding), _innovation_score.rows_with_model(board, binding),
        _innovation_score.rows_of(board, binding, COALESCE($2, _innovation_score.last_period(board, binding)), $3))) AS f(numbers float8[]);
    RETURN QUERY
        SELECT m.indicator, i.title, COALESCE(numbers[1], 0)::bigint, COALESCE(numbers[p + 1], 0)::bigint, NULLIF(numbers[p + 2], 'NaN'),
               NULLIF(numbers[p + 3], 'NaN') / NULLIF(NULLIF(sum(numbers[p + 3]) OVER (), 'NaN'), 0),
               NULLIF(numbers[p + 4], 'NaN')
        FROM (SELECT *, 4 * position - 2 AS p FROM model_indicators(board.model)) m
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY m.position;
END
$$;

CREATE FUNCTION score_contributions(scoreboard text, period text DEFAULT NULL, stage text DEFAULT NULL)
RETURNS TABLE (indicator text, title text, scored bigint, n bigint, mean_points float8, share float8,
               correlation float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.score_contributions(text, text, text, name[]) IS
    'internal: score_contributions with the caller''s schemas';
COMMENT ON FUNCTION score_contributions(text, text, text) IS
    'share of each indicator in the variance of the scores of a period, by default the last, and its correlation '
    'with them';

-- How indicators go together.

CREATE FUNCTION _innovation_score.indicator_correlations(name text, method text, period text, stage text, path name[])
RETURNS TABLE (indicator text, other text, n bigint, correlation float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    numbers float8[];
    codes text[];
BEGIN
    board := _innovation_score.get_scoreboard($1, $5);
    binding := _innovation_score.bind(board);
    PERFORM _innovation_score.check_period(board, binding, $3);
    IF ($2 = ANY ('{pearson,spearman}')) IS NOT TRUE THEN
        RAISE EXCEPTION 'unknown method % of correlation', COALESCE('"' || $2 || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The methods are pearson and spearman.';
    END IF;
    codes := _innovation_score.model_codes(board.model, 'indicators');
    SELECT f.numbers INTO numbers FROM _innovation_score.fetch(format(
        'SELECT _innovation_score.%s_matrix(VARIADIC s._values) FROM %s WHERE %s', $2, _innovation_score.rows(binding),
        _innovation_score.rows_of(board, binding, COALESCE($3, _innovation_score.last_period(board, binding)), $4))) AS f(numbers float8[]);
    RETURN QUERY
        WITH pair AS (
            SELECT a, b, row_number() OVER (ORDER BY a, b) AS place
            FROM generate_series(1, cardinality(codes)) a, generate_series(1, cardinality(codes)) b
            WHERE a < b
        ), both_ways AS (
            SELECT a, b, place FROM pair UNION ALL SELECT b, a, place FROM pair
        )
        SELECT codes[w.a], codes[w.b], COALESCE(numbers[2 * w.place - 1], 0)::bigint,
               NULLIF(numbers[2 * w.place], 'NaN')
        FROM both_ways w
        ORDER BY w.a, w.b;
END
$$;

CREATE FUNCTION indicator_correlations(scoreboard text, period text DEFAULT NULL, method text DEFAULT 'pearson',
                                       stage text DEFAULT NULL)
RETURNS TABLE (indicator text, other text, n bigint, correlation float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 300;

COMMENT ON FUNCTION _innovation_score.indicator_correlations(text, text, text, text, name[]) IS
    'internal: indicator_correlations with the caller''s schemas';
COMMENT ON FUNCTION indicator_correlations(text, text, text, text) IS
    'correlations (pearson, spearman) of the values of the indicators of a period, by default the last, over the firms '
    'that have both';

-- Do the indicators of a category measure one thing?

CREATE FUNCTION _innovation_score.cronbach_alpha(name text, period text, stage text, path name[])
RETURNS TABLE (category text, title text, indicators bigint, n bigint, alpha float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    numbers float8[];
BEGIN
    board := _innovation_score.get_scoreboard($1, $4);
    binding := _innovation_score.bind(board);
    PERFORM _innovation_score.check_period(board, binding, $2);
    SELECT f.numbers INTO numbers FROM _innovation_score.fetch(format(
        'SELECT _innovation_score.cronbach(%L, %s, s.stage, VARIADIC s._values) FROM %s WHERE %s', $3,
        _innovation_score.row_model(board, binding), _innovation_score.rows_with_model(board, binding),
        _innovation_score.rows_of(board, binding, COALESCE($2, _innovation_score.last_period(board, binding)), $3))) AS f(numbers float8[]);
    RETURN QUERY
        SELECT g.category, c.title, numbers[g.p]::bigint, numbers[g.p + 1]::bigint, NULLIF(numbers[g.p + 2], 'NaN')
        FROM (SELECT m.category, 3 * m.position - 2 AS p FROM model_categories(board.model) m WHERE m.role = 'base'
              UNION ALL
              SELECT NULL, 3 * count(*) + 1 FROM model_categories(board.model)) g
        LEFT JOIN category c ON c.scheme = board.scheme AND c.category = g.category
        WHERE numbers IS NOT NULL
        ORDER BY g.p;
END
$$;

CREATE FUNCTION cronbach_alpha(scoreboard text, period text DEFAULT NULL, stage text DEFAULT NULL)
RETURNS TABLE (category text, title text, indicators bigint, n bigint, alpha float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 5;

COMMENT ON FUNCTION _innovation_score.cronbach_alpha(text, text, text, name[]) IS
    'internal: cronbach_alpha with the caller''s schemas';
COMMENT ON FUNCTION cronbach_alpha(text, text, text) IS
    'Cronbach''s alpha of the normalized values in each base category and in the whole (category NULL) over the firms of '
    'a period, by default the last: whether the indicators measure one thing';

-- What has moved.

CREATE FUNCTION _innovation_score.indicator_drift(name text, base_period text, period text, path name[])
RETURNS TABLE (peers text, indicator text, title text, base_n bigint, n bigint, base_median float8, median float8,
               base_lower float8, lower float8, base_upper float8, upper float8, stability_index float8, shift text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    later text := $3;
    base text := $2;
    peer_list text;
BEGIN
    board := _innovation_score.get_scoreboard($1, $4);
    binding := _innovation_score.bind(board);
    IF binding.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave the period out.';
    END IF;
    PERFORM _innovation_score.check_period(board, binding, later), _innovation_score.check_period(board, binding, base);
    later := COALESCE(_innovation_score.given_key(board, binding, 'period', later), _innovation_score.last_period(board, binding));
    base := COALESCE(_innovation_score.given_key(board, binding, 'period', base),
                     _innovation_score.last_period(board, binding, later));
    peer_list := _innovation_score.key_texts('s', array_remove(binding.peers, binding.period));
    RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT * FROM _innovation_score.fetch(format(
                'SELECT %1$s, _innovation_score.drift(b.base, VARIADIC s._values) FROM %3$s '
                'CROSS JOIN LATERAL (SELECT true AS base WHERE %2$s UNION ALL SELECT false WHERE %4$s) b '
                'WHERE %2$s OR %4$s GROUP BY 1',
                peer_list, COALESCE(_innovation_score.row_key(board, binding, 's', 'period', base), 'false'),
                _innovation_score.rows(binding),
                COALESCE(_innovation_score.row_key(board, binding, 's', 'period', later), 'false')))
            AS f(peers text[], numbers float8[])
        ), model AS MATERIALIZED (
            SELECT * FROM _innovation_score.fetch(format(
                'SELECT %s, %s, s.model FROM %s s', peer_list,
                CASE WHEN binding.period = ANY (_innovation_score.groups(binding))
                     THEN format('innovation_score.key_text(s.%I)', binding.period)
                     ELSE 'NULL::text' END, _innovation_score.view_name(board.scoreboard, 'model')))
            AS m(peers text[], period text, model score_model)
        ), bound AS (
            SELECT m.peers, m.period, b.position, b.lower, b.upper
            FROM model m CROSS JOIN LATERAL model_indicators(m.model) b
            WHERE m.period IS NULL OR m.period IN (base, later)
        )
        SELECT CASE WHEN f.peers <> '{}' THEN substr(f.peers::text, 2, length(f.peers::text) - 2) END, m.indicator, i.title, f.numbers[p + 1]::bigint, f.numbers[p + 2]::bigint,
               NULLIF(f.numbers[p + 3], 'NaN'), NULLIF(f.numbers[p + 4], 'NaN'), b.lower, l.lower, b.upper, l.upper,
               NULLIF(f.numbers[p + 5], 'NaN'),
               CASE WHEN f.numbers[p + 5] < 0.1 THEN 'small' WHEN f.numbers[p + 5] < 0.25 THEN 'moderate'
                    WHEN f.numbers[p + 5] < 'NaN' THEN 'large' END
        FROM found f
        CROSS JOIN (SELECT *, 5 * (position - 1) AS p FROM model_indicators(board.model)) m
        LEFT JOIN bound b ON b.peers IS NOT DISTINCT FROM f.peers AND b.position = m.position
             AND (b.period IS NULL OR b.period = base)
        LEFT JOIN bound l ON l.peers IS NOT DISTINCT FROM f.peers AND l.position = m.position
             AND (l.period IS NULL OR l.period = later)
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY f.peers::text COLLATE "C", m.position;
END
$$;

CREATE FUNCTION indicator_drift(scoreboard text, period text DEFAULT NULL, base_period text DEFAULT NULL)
RETURNS TABLE (peers text, indicator text, title text, base_n bigint, n bigint, base_median float8, median float8,
               base_lower float8, lower float8, base_upper float8, upper float8, stability_index float8, shift text)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.indicator_drift(text, text, text, name[]) IS
    'internal: indicator_drift with the caller''s schemas';
COMMENT ON FUNCTION indicator_drift(text, text, text) IS
    'how the bounds and the distributions of the indicators have moved between two periods, by default the last two: '
    'population stability index over the deciles of the first';
