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

CREATE FUNCTION _innovation_score.weight_sums_accumulate(state internal, method text, scored boolean, model score_model,
                                                          VARIADIC vals float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

CREATE FUNCTION _innovation_score.weight_sums_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.weight_sums_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'weight_sums_serialize' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.weight_sums_deserialize(state bytea, context internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.weight_sums_accumulate(internal, text, boolean, score_model, float8[]) IS
'internal: transition function of weight_sums';
COMMENT ON FUNCTION _innovation_score.weight_sums_combine(internal, internal) IS 'internal: combine function of weight_sums';
COMMENT ON FUNCTION _innovation_score.weight_sums_serialize(internal) IS 'internal: serialization function, and final function, of weight_sums';
COMMENT ON FUNCTION _innovation_score.weight_sums_deserialize(bytea, internal) IS 'internal: deserialization function of weight_sums';

CREATE AGGREGATE _innovation_score.weight_sums(method text, scored boolean, model score_model, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.weight_sums_accumulate,
    STYPE = internal,
    COMBINEFUNC = _innovation_score.weight_sums_combine,
    SERIALFUNC = _innovation_score.weight_sums_serialize,
    DESERIALFUNC = _innovation_score.weight_sums_deserialize,
    FINALFUNC = _innovation_score.weight_sums_serialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE _innovation_score.weight_sums(text, boolean, score_model, float8[]) IS
'internal: what a method of weighing must know of the normalized values of the base indicators, missing ones as they are scored or left out';

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

CREATE FUNCTION _innovation_score.weight_counts(sums bytea, OUT place integer, OUT n bigint) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'weight_counts_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.weight_counts(bytea) IS 'internal: how many values of each base indicator are in such sums';

CREATE FUNCTION _innovation_score.symmetric_eigen(matrix float8[], OUT eigenvalue float8, OUT eigenvector float8[])
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'symmetric_eigen_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20;

COMMENT ON FUNCTION _innovation_score.symmetric_eigen(float8[]) IS
'internal: eigenvalues, largest first, and eigenvectors of a symmetric matrix, to test the solver';

-- Like run, for a query that gives sums.
CREATE FUNCTION _innovation_score.run_weight_sums(query text) RETURNS bytea[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sums bytea[];
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
CREATE FUNCTION _innovation_score.stage_weight_sums(board scoreboard, stage text, method text, period text) RETURNS bytea[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    binding scoreboard_binding := _innovation_score.bind(board);
    sums bytea[];
BEGIN
    PERFORM _innovation_score.check_period(board, binding, period);
    sums := _innovation_score.run_weight_sums(format(
        'SELECT ARRAY[_innovation_score.weight_sums(%1$L, true, %2$s, VARIADIC s._values), '
        '_innovation_score.weight_sums(%1$L, false, %2$s, VARIADIC s._values)] FROM %3$s WHERE s.stage = %4$L%5$s',
        method, _innovation_score.row_model(board, binding), _innovation_score.rows_with_model(board, binding), stage,
        ' AND ' || _innovation_score.row_key(board, binding, 's', 'period', period)));
    IF sums[1] IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no firms of stage "%"%', board.scoreboard, stage,
                COALESCE(' in period ' || period, '')
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('The view %s shows which stages it has.', _innovation_score.view_name(board.scoreboard, 'score'));
    END IF;
    RETURN sums;
END
$$;

COMMENT ON FUNCTION _innovation_score.stage_weight_sums(scoreboard, text, text, text) IS
    'internal: sums over the firms of a stage of a scoreboard, missing values as they are scored, and left out';

-- Whether the method finds other weights in the values that are there.
CREATE FUNCTION _innovation_score.tell_other_weights(board scoreboard, stage text, sums bytea[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    SELECT i.indicator, round(100 * a.share::numeric, 2) AS scored, round(100 * b.share::numeric, 2) AS present INTO other
    FROM _innovation_score.find_weights(sums[1]) a JOIN _innovation_score.find_weights(sums[2]) b USING (place)
    JOIN model_indicators(board.model) i ON i.position = place
    WHERE round(100 * a.share::numeric, 2) <> round(100 * b.share::numeric, 2)
    ORDER BY abs(a.share - b.share) DESC, place LIMIT 1;
    IF FOUND THEN
        RAISE NOTICE 'scoreboard %, stage "%": missing values count as 0, as they are scored; without them the weights are others: '
                     '% in place of % for indicator "%"',
            board.scoreboard, stage, other.present, other.scored, other.indicator
            USING HINT = 'Where a missing value means that nothing is known, set missing to reweight or an imputation.';
    END IF;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    NULL;       -- the values that are there leave nothing to weigh
END
$$;

COMMENT ON FUNCTION _innovation_score.tell_other_weights(scoreboard, text, bytea[]) IS
    'internal: a NOTICE where weights would be others without the missing values';

CREATE FUNCTION _innovation_score.propose_weights(name text, stage text, method text, period text, path name[])
RETURNS TABLE (indicator text, weight float8, current_weight float8, n bigint, mean float8, stddev float8,
               entropy float8, divergence float8, conflict float8, information float8, loading float8,
               explained float8, note text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    stages text[];
    sums bytea[];
BEGIN
    board := _innovation_score.get_scoreboard($1, $5);
    stages := _innovation_score.model_codes(board.model, 'stages');
    -- the one stage of a scheme need not be named
    $2 := CASE WHEN $2 IS NULL AND cardinality(stages) = 1 THEN stages[1] ELSE _innovation_score.stage_named(board.scheme, $2) END;
    PERFORM _innovation_score.check_stage(stages, $2, format('scoreboard %s', board.scoreboard));
    IF ($3 = ANY ('{equal,stddev,entropy,critic,pca}')) IS NOT TRUE THEN
        RAISE EXCEPTION 'unknown method % of weights from data', COALESCE('"' || $3 || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'The methods are equal, stddev, entropy, critic and pca.';
    END IF;
    IF $3 <> 'equal' THEN
        sums := _innovation_score.stage_weight_sums(board, $2, $3, $4);
        PERFORM _innovation_score.tell_other_weights(board, $2, sums);
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
               NULLIF(concat_ws('; ', CASE WHEN there.n = 0 THEN 'no values'
                                           WHEN f.stddev = 0 THEN 'all values are the same'
                                           WHEN f.loading < 0 THEN 'negative loading, weighed by its square' END,
                                CASE WHEN there.n > 0 AND there.n < f.n
                                     THEN format('%s missing values count as 0', f.n - there.n) END), '')
        FROM base b LEFT JOIN _innovation_score.find_weights(sums[1]) f ON f.place = b.position
        LEFT JOIN _innovation_score.weight_counts(sums[2]) there ON there.place = b.position
        ORDER BY b.position;
END
$$;

CREATE FUNCTION propose_weights(scoreboard text, period text DEFAULT NULL, stage text DEFAULT NULL, method text DEFAULT NULL)
RETURNS TABLE (indicator text, weight float8, current_weight float8, n bigint, mean float8, stddev float8,
               entropy float8, divergence float8, conflict float8, information float8, loading float8,
               explained float8, note text)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

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
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Weights are numbers, 0 or more.';
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
    $2 := _innovation_score.stage_named(code, $2);
    PERFORM _innovation_score.check_stage(ARRAY(SELECT t.stage FROM _innovation_score.scheme_stages(code) t ORDER BY t.place), $2,
                         format('scheme "%s"', code));
    $3 := _innovation_score.keys_by_code($3, _innovation_score.titled_indicators(code));
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

-- A sheet: a table with a row for each indicator and a column for each stage, or a row for each of both.

CREATE TYPE _innovation_score.sheet_columns AS (name text, stage text, weight text, stages jsonb);

COMMENT ON TYPE _innovation_score.sheet_columns IS 'internal: what the columns of a sheet of weights hold';
COMMENT ON COLUMN _innovation_score.sheet_columns.name IS 'column of the indicators, by code or title';
COMMENT ON COLUMN _innovation_score.sheet_columns.stage IS 'column of the stages, of a sheet that has a row for each';
COMMENT ON COLUMN _innovation_score.sheet_columns.weight IS 'column of the weights, of such a sheet';
COMMENT ON COLUMN _innovation_score.sheet_columns.stages IS 'stage: column, of a sheet that has a column for each';

CREATE FUNCTION _innovation_score.find_sheet_columns(code text, sheet regclass) RETURNS _innovation_score.sheet_columns
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns text[] := _innovation_score.source_columns(sheet);
    listed text := (SELECT string_agg(format('"%s"', c.name), ', ' ORDER BY c.place)
                    FROM unnest(columns) WITH ORDINALITY AS c(name, place));
    layout sheet_columns;
    culprit record;
BEGIN
    SELECT c INTO layout.name
    FROM unnest('{indicator,code,指标代码,二级指标代码,代码,title,指标,二级指标,指标名称,二级指标名称,名称}'::text[]) WITH ORDINALITY AS k(name, place)
    JOIN unnest(columns) c ON lower(c) = k.name
    ORDER BY k.place LIMIT 1;
    IF layout.name IS NULL THEN
        RAISE EXCEPTION '% has no column of indicators', sheet
            USING ERRCODE = 'undefined_column', DETAIL = format('Its columns are %s.', listed),
                  HINT = 'Name it indicator or 指标; its values are codes or titles.';
    END IF;
    SELECT c INTO layout.stage FROM unnest(columns) c WHERE lower(c) IN ('stage', '阶段', '企业发展阶段') LIMIT 1;
    SELECT c INTO layout.weight FROM unnest(columns) c WHERE lower(c) IN ('weight', '权重') LIMIT 1;
    IF layout.stage IS NOT NULL AND layout.weight IS NOT NULL THEN
        RETURN layout;
    END IF;
    SELECT t.stage, array_agg(c) AS columns INTO culprit
    FROM _innovation_score.scheme_stages(code) t
    LEFT JOIN unnest(columns) c ON _innovation_score.stage_named(code, c) = t.stage
         -- of the one stage there may be nothing but weights
         OR c = layout.weight AND (SELECT count(*) FROM _innovation_score.scheme_stages(code)) = 1
    GROUP BY t.stage, t.place
    HAVING count(c) <> 1 ORDER BY t.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% has % for stage "%"', sheet,
                CASE WHEN culprit.columns = '{NULL}' THEN 'no column' ELSE 'several columns' END, culprit.stage
            USING ERRCODE = 'undefined_column', DETAIL = format('Its columns are %s.', listed),
                  HINT = format('A column for each stage has the code or title of the stage: %s. Or columns stage and weight have a row '
                                'for each indicator and stage.',
                                (SELECT string_agg(format(CASE WHEN t.title IS NULL THEN '"%s"' ELSE '"%s" or "%s"' END, t.stage, t.title),
                                                   ', ' ORDER BY t.place) FROM _innovation_score.scheme_stages(code) t));
    END IF;
    SELECT jsonb_object_agg(t.stage, c) INTO layout.stages
    FROM _innovation_score.scheme_stages(code) t
    JOIN unnest(columns) c ON _innovation_score.stage_named(code, c) = t.stage
         OR c = layout.weight AND (SELECT count(*) FROM _innovation_score.scheme_stages(code)) = 1;
    RETURN layout;
END
$$;

COMMENT ON FUNCTION _innovation_score.find_sheet_columns(text, regclass) IS
    'internal: the columns of a sheet of weights, or an error that says which is missing';

CREATE FUNCTION _innovation_score.indicator_named(code text, name text, place text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := ARRAY(SELECT i.indicator FROM indicator i WHERE i.scheme = code AND i.indicator = name);
BEGIN
    IF codes = '{}' THEN
        codes := ARRAY(SELECT i.indicator FROM indicator i WHERE i.scheme = code AND i.title = name
                       ORDER BY i.position, i.indicator COLLATE "C");
    END IF;
    IF cardinality(codes) = 1 THEN
        RETURN codes[1];
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
        MESSAGE = CASE WHEN codes = '{}' THEN format('%s: scheme "%s" has no indicator of this code or title', place, code)
                       ELSE format('%s: this is the title of several indicators: %s', place, array_to_string(codes, ', ')) END,
        HINT = CASE WHEN codes = '{}' THEN 'Correct it, or, if it is a heading or a total, load a view of the sheet without it.'
                    ELSE 'Give the code of the indicator.' END;
END
$$;

COMMENT ON FUNCTION _innovation_score.indicator_named(text, text, text) IS
    'internal: the code of an indicator, given it or its title, or an error about a place in a sheet';

CREATE FUNCTION load_weights(scheme text, sheet regclass) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
#variable_conflict use_column
DECLARE
    code text := (_innovation_score.require_scheme($1)).scheme;
    stages text[] := ARRAY(SELECT t.stage FROM _innovation_score.scheme_stages(code) t ORDER BY t.place);
    layout sheet_columns;
    cell record;
    known text;
    stage text;
    place text;
    loaded jsonb := '{}';
    amiss record;
    n bigint;
BEGIN
    IF $2 IS NULL THEN
        RAISE EXCEPTION 'the sheet must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM _innovation_score.source_name($2);
    layout := _innovation_score.find_sheet_columns(code, $2);
    FOR cell IN EXECUTE format(
        CASE WHEN layout.stages IS NULL
             THEN 'SELECT btrim(t.%1$I::text) AS name, btrim(t.%2$I::text) AS stage, btrim(t.%3$I::text) AS weight FROM %4$s t'
             ELSE 'SELECT btrim(t.%1$I::text) AS name, s.stage, btrim(s.weight) AS weight FROM %4$s t CROSS JOIN LATERAL (VALUES %5$s) AS s(stage, weight)' END,
        layout.name, layout.stage, layout.weight, $2,
        (SELECT string_agg(format('(%L, t.%I::text)', s.key, s.value), ', ') FROM jsonb_each_text(layout.stages) s))
    LOOP
        CONTINUE WHEN COALESCE(cell.name, '') = '' AND COALESCE(cell.weight, '') = '';     -- an empty line
        place := format('%s, row of "%s"', $2, cell.name);
        IF COALESCE(cell.name, '') = '' THEN
            RAISE EXCEPTION '%: a row without an indicator has weight %', $2, cell.weight USING ERRCODE = 'invalid_parameter_value';
        END IF;
        known := _innovation_score.indicator_named(code, cell.name, place);
        stage := _innovation_score.stage_named(code, cell.stage);
        PERFORM _innovation_score.check_stage(stages, stage, format('%s: scheme "%s"', place, code));
        IF COALESCE(cell.weight, '') = '' THEN
            RAISE EXCEPTION '%: no weight in stage "%"', place, stage
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Write 0 for an indicator that does not count in this stage.';
        END IF;
        IF (CASE WHEN cell.weight ~ '^([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,3})?[%％]?$'
                 THEN rtrim(cell.weight, '%％')::numeric > 1e300 ELSE true END) THEN
            RAISE EXCEPTION '%: weight "%" in stage "%" is not a number, 0 or more', place, cell.weight, stage
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF loaded -> known ? stage THEN
            RAISE EXCEPTION '%: indicator "%" has two rows%', place, known, CASE WHEN layout.stages IS NULL THEN format(' of stage "%s"', stage) ELSE '' END
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        loaded := jsonb_set(loaded || CASE WHEN loaded ? known THEN '{}' ELSE jsonb_build_object(known, '{}'::jsonb) END,
                            ARRAY[known, stage], to_jsonb(rtrim(cell.weight, '%％')::numeric));
    END LOOP;
    -- bonus and penalty points may stand elsewhere
    SELECT i.indicator, i.title, s.stage INTO amiss
    FROM indicator i JOIN category c USING (scheme, category) CROSS JOIN unnest(stages) WITH ORDINALITY AS s(stage, place)
    WHERE i.scheme = code AND (c.role = 'base' OR loaded ? i.indicator) AND NOT COALESCE(loaded -> i.indicator ? s.stage, false)
    ORDER BY i.position, i.indicator COLLATE "C", s.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% has no weight of indicator "%"% in stage "%"', $2, amiss.indicator, COALESCE(' (' || amiss.title || ')', ''), amiss.stage
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It has to name all indicators of the base categories, in every stage.';
    END IF;
    INSERT INTO weight AS w (scheme, stage, indicator, weight)
    SELECT code, s.key, i.key, s.value::float8 FROM jsonb_each(loaded) i CROSS JOIN LATERAL jsonb_each_text(i.value) s
    ON CONFLICT (scheme, stage, indicator) DO UPDATE SET weight = EXCLUDED.weight WHERE w.weight <> EXCLUDED.weight;
    SELECT p.object, p.problem INTO amiss FROM _innovation_score.weight_problems(code) p
    WHERE p.object = ANY (ARRAY(SELECT format('stage %s', s) FROM unnest(stages) s))
    ORDER BY array_position(stages, substr(p.object, 7)), p.problem COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: %: %', $2, amiss.object, amiss.problem
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Correct the sheet; nothing of it has been loaded.';
    END IF;
    -- what is in a category that has a weight of its own has a scale of its own
    SELECT o.category, o.stage, t.total INTO amiss
    FROM category_weight o JOIN scheme s USING (scheme)
    CROSS JOIN LATERAL (
        WITH RECURSIVE part(category, weight) AS (
            SELECT o.category, NULL::float8
            UNION ALL
            SELECT d.category, w.weight FROM part p JOIN category d ON d.scheme = code AND d.parent = p.category
            LEFT JOIN category_weight w ON w.scheme = code AND w.stage = o.stage AND w.category = d.category
            WHERE p.weight IS NULL
        )
        SELECT round(sum(e.weight)::numeric, 9)::float8 AS total, min(e.weight) = max(e.weight) AS alike
        FROM (SELECT p.weight FROM part p
              UNION ALL
              SELECT w.weight FROM part p JOIN indicator i ON i.scheme = code AND i.category = p.category
              JOIN weight w ON w.scheme = code AND w.stage = o.stage AND w.indicator = i.indicator
              WHERE p.weight IS NULL) e
        WHERE e.weight > 0) t
    WHERE o.scheme = code AND o.stage = ANY (stages) AND t.total NOT IN (1, 100, s.full_marks, o.weight) AND NOT t.alike
    ORDER BY array_position(stages, o.stage), o.category COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: weights of what is in category "%" sum to % in stage "%", not 100', $2, amiss.category, amiss.total, amiss.stage
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Correct the sheet; nothing of it has been loaded.';
    END IF;
    PERFORM scheme_model(code);     -- an error where nothing of weight is left
    UPDATE scheme s SET provisional = false WHERE s.scheme = code AND s.provisional;
    SELECT count(*) INTO n FROM jsonb_each(loaded) i CROSS JOIN LATERAL jsonb_object_keys(i.value);
    RETURN n;
END
$$;

COMMENT ON FUNCTION load_weights(text, regclass) IS
    'loads the official weights of a scheme from a sheet: a table with codes or titles of indicators and a column for each stage, or '
    'columns indicator, stage and weight; they are no longer provisional then. All of it or nothing';
