-- weights: from experts (src/weights_ahp.c), from data (src/weights.c), and into a
-- scheme. Proposals change nothing; set_weights() does.

-- Experts.

CREATE FUNCTION ahp_weights(matrix float8[], OUT weights float8[], OUT lambda_max float8,
                            OUT consistency_ratio float8)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION ahp_weights(float8[]) IS
'weights that sum to 1 from a matrix of pairwise comparisons (AHP, 层次分析法), with its largest eigenvalue and Saaty''s consistency ratio';

CREATE FUNCTION _innovation_score.ahp_group_accumulate(state internal, matrix float8[]) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.ahp_group_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.ahp_group_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.ahp_group_deserialize(state bytea, context internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.ahp_group_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.ahp_group_accumulate(internal, float8[]) IS 'transition function of ahp_group';
COMMENT ON FUNCTION _innovation_score.ahp_group_combine(internal, internal) IS 'combine function of ahp_group';
COMMENT ON FUNCTION _innovation_score.ahp_group_serialize(internal) IS 'serialization function of ahp_group';
COMMENT ON FUNCTION _innovation_score.ahp_group_deserialize(bytea, internal) IS 'deserialization function of ahp_group';
COMMENT ON FUNCTION _innovation_score.ahp_group_final(internal) IS 'final function of ahp_group';

CREATE AGGREGATE ahp_group(matrix float8[]) (
    SFUNC = _innovation_score.ahp_group_accumulate,
    STYPE = internal,
    COMBINEFUNC = _innovation_score.ahp_group_combine,
    SERIALFUNC = _innovation_score.ahp_group_serialize,
    DESERIALFUNC = _innovation_score.ahp_group_deserialize,
    FINALFUNC = _innovation_score.ahp_group_final,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE ahp_group(float8[]) IS
'matrix of pairwise comparisons of a group: the geometric mean of each element over its members'' matrices';

-- Data.

CREATE FUNCTION _innovation_score.weight_sums_accumulate(state internal, method text, model score_model, VARIADIC vals float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

CREATE FUNCTION _innovation_score.weight_sums_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.weight_sums_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'weight_sums_serialize' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.weight_sums_deserialize(state bytea, context internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.weight_sums_accumulate(internal, text, score_model, float8[]) IS
'internal: transition function of weight_sums';
COMMENT ON FUNCTION _innovation_score.weight_sums_combine(internal, internal) IS 'internal: combine function of weight_sums';
COMMENT ON FUNCTION _innovation_score.weight_sums_serialize(internal) IS 'internal: serialization function, and final function, of weight_sums';
COMMENT ON FUNCTION _innovation_score.weight_sums_deserialize(bytea, internal) IS 'internal: deserialization function of weight_sums';

CREATE AGGREGATE _innovation_score.weight_sums(method text, model score_model, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.weight_sums_accumulate,
    STYPE = internal,
    COMBINEFUNC = _innovation_score.weight_sums_combine,
    SERIALFUNC = _innovation_score.weight_sums_serialize,
    DESERIALFUNC = _innovation_score.weight_sums_deserialize,
    FINALFUNC = _innovation_score.weight_sums_serialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE _innovation_score.weight_sums(text, score_model, float8[]) IS
'internal: what a method of weighing must know of the normalized values of the base indicators';

CREATE FUNCTION _innovation_score.find_weights(
    sums bytea,
    OUT place integer,
    OUT share float8,
    OUT n bigint,
    OUT mean float8,
    OUT stddev float8,
    OUT entropy float8,
    OUT divergence float8,
    OUT conflict float8,
    OUT information float8,
    OUT loading float8,
    OUT explained float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'find_weights_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20;

COMMENT ON FUNCTION _innovation_score.find_weights(bytea) IS 'internal: the weights that follow from such sums';

CREATE FUNCTION _innovation_score.symmetric_eigen(matrix float8[], OUT eigenvalue float8, OUT eigenvector float8[])
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'symmetric_eigen_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20;

COMMENT ON FUNCTION _innovation_score.symmetric_eigen(float8[]) IS
'internal: eigenvalues, largest first, and eigenvectors of a symmetric matrix, to test the solver';

-- Like run, for a query that gives sums.
CREATE FUNCTION _innovation_score.run_weight_sums(query text) RETURNS bytea
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sums bytea;
BEGIN
    EXECUTE query INTO sums;
    RETURN sums;
END
$$;

COMMENT ON FUNCTION _innovation_score.run_weight_sums(text) IS 'internal: the sums that a query gives';

CREATE FUNCTION _innovation_score.check_stage(stages text[], stage text, owner text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (stage = ANY (stages)) IS NOT TRUE THEN
        RAISE EXCEPTION '% has no stage %', owner, COALESCE('"' || stage || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The stages are %s.', (SELECT string_agg(format('"%s"', u.s), ', ' ORDER BY u.place)
                                                       FROM unnest(stages) WITH ORDINALITY AS u(s, place)));
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_stage(text[], text, text) IS 'internal: an error unless the stage is one of these';

-- Text forms of periods do not depend on the session: see the SET clauses.
CREATE FUNCTION _innovation_score.stage_weight_sums(board scoreboard, stage text, method text, period text) RETURNS bytea
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    binding scoreboard_binding := _innovation_score.bind(board);
    sums bytea;
BEGIN
    IF period IS NOT NULL AND binding.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    sums := _innovation_score.run_weight_sums(format(
        'SELECT _innovation_score.weight_sums(%L, %s, VARIADIC s._values) FROM %s WHERE s.stage = %L%s',
        method, _innovation_score.row_model(board, binding), _innovation_score.rows_with_model(board, binding), stage,
        ' AND ' || _innovation_score.row_key(board, binding, 's', 'period', period)));
    IF sums IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no firms of stage "%"%', board.scoreboard, stage,
                COALESCE(' in period ' || period, '')
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN sums;
END
$$;

COMMENT ON FUNCTION _innovation_score.stage_weight_sums(scoreboard, text, text, text) IS
    'internal: sums over the firms of a stage of a scoreboard';

CREATE FUNCTION _innovation_score.propose_weights(name text, stage text, method text, period text, path name[])
RETURNS TABLE (indicator text, weight float8, current_weight float8, n bigint, mean float8, stddev float8,
               entropy float8, divergence float8, conflict float8, information float8, loading float8,
               explained float8, note text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    sums bytea;
BEGIN
    board := _innovation_score.get_scoreboard($1, $5);
    PERFORM _innovation_score.check_stage(_innovation_score.model_codes(board.model, 'stages'), $2, format('scoreboard %s', board.scoreboard));
    IF ($3 = ANY ('{equal,stddev,entropy,critic,pca}')) IS NOT TRUE THEN
        RAISE EXCEPTION 'unknown method % of weights from data', COALESCE('"' || $3 || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'The methods are equal, stddev, entropy, critic and pca.';
    END IF;
    IF $3 <> 'equal' THEN
        sums := _innovation_score.stage_weight_sums(board, $2, $3, $4);
    END IF;
    RETURN QUERY
        WITH base AS (
            SELECT i.indicator, i.position, w.weight
            FROM model_indicators(board.model) i JOIN model_weights(board.model) w USING (indicator)
            WHERE i.role = 'base' AND w.stage = $2
        )
        SELECT b.indicator, 100 * CASE WHEN $3 = 'equal' THEN 1 / (count(*) OVER ())::float8 ELSE f.share END,
               b.weight, f.n, f.mean, f.stddev, f.entropy, f.divergence, f.conflict, f.information, f.loading,
               f.explained,
               CASE WHEN f.n = 0 THEN 'no values'
                    WHEN f.stddev = 0 THEN 'all values are the same'
                    WHEN f.loading < 0 THEN 'negative loading, weighed by its square' END
        FROM base b LEFT JOIN _innovation_score.find_weights(sums) f ON f.place = b.position
        ORDER BY b.position;
END
$$;

CREATE FUNCTION propose_weights(scoreboard text, period text DEFAULT NULL, stage text DEFAULT NULL, method text DEFAULT NULL)
RETURNS TABLE (indicator text, weight float8, current_weight float8, n bigint, mean float8, stddev float8,
               entropy float8, divergence float8, conflict float8, information float8, loading float8,
               explained float8, note text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM _innovation_score.propose_weights(scoreboard, stage, method, period,
                                                    pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.propose_weights(text, text, text, text, name[]) IS
    'internal: propose_weights with the caller''s schemas';
COMMENT ON FUNCTION propose_weights(text, text, text, text) IS
    'weights, 100 in all, that a method (equal, stddev, entropy, critic, pca) finds in the normalized values of the '
    'firms of a stage, and why; changes nothing';

-- Into a scheme.

CREATE FUNCTION _innovation_score.check_weights(code text, weights jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
    wrong record;
BEGIN
    IF (jsonb_typeof(weights) = 'object' AND weights <> '{}') IS NOT TRUE THEN
        RAISE EXCEPTION 'weights must be a JSON object with a number for each of some indicators'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For example {"rd_expense": 8, "revenue": 4.5}.';
    END IF;
    SELECT string_agg(format('"%s"', k), ', ' ORDER BY k COLLATE "C") INTO unknown
    FROM jsonb_object_keys(weights) k
    WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.scheme = code AND i.indicator = k);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'scheme "%" has no indicators %', code, unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Insert them into innovation_score.indicator first, or correct their codes.';
    END IF;
    SELECT w.key, w.value INTO wrong
    FROM jsonb_each(weights) w
    WHERE CASE WHEN jsonb_typeof(w.value) <> 'number' THEN true
               ELSE w.value::numeric NOT BETWEEN 0 AND 1e300 END
    ORDER BY w.key COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'weight of indicator "%" is %', wrong.key, wrong.value
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Weights are numbers, 0 or more.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_weights(text, jsonb) IS 'internal: an error unless these can be weights of the scheme';

CREATE FUNCTION set_weights(scheme text, stage text, weights jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    code text := (_innovation_score.require_scheme($1)).scheme;
    amiss text;
BEGIN
    PERFORM _innovation_score.check_stage(ARRAY(SELECT t.stage FROM _innovation_score.scheme_stages(code) t ORDER BY t.place), $2,
                         format('scheme "%s"', code));
    PERFORM _innovation_score.check_weights(code, $3);
    INSERT INTO weight AS w (scheme, stage, indicator, weight)
    SELECT code, $2, g.key, g.value::float8 FROM jsonb_each_text($3) g
    ON CONFLICT (scheme, stage, indicator) DO UPDATE SET weight = EXCLUDED.weight
        WHERE w.weight <> EXCLUDED.weight;
    FOR amiss IN
        SELECT p.problem FROM _innovation_score.weight_problems(code) p WHERE p.object = format('stage %s', $2)
        ORDER BY p.problem COLLATE "C"
    LOOP
        RAISE NOTICE 'scheme "%", stage "%": %', code, $2, amiss;
    END LOOP;
END
$$;

COMMENT ON FUNCTION set_weights(text, text, jsonb) IS
    'sets the weights of the indicators that are named, leaves the others, and says what is amiss then';
