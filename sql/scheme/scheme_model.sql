-- scheme, models: a scheme as the value that scores, its copies, and what is amiss in it.

CREATE FUNCTION _innovation_score.require_scheme(code text) RETURNS scheme
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known scheme;
BEGIN
    SELECT * INTO known FROM scheme s WHERE s.scheme = code;
    IF NOT FOUND THEN
        PERFORM _innovation_score.load_library();
        RAISE EXCEPTION 'unknown scheme "%"', code
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = COALESCE((SELECT 'The schemes are ' || string_agg(format('"%s"', s.scheme), ', '
                                                                             ORDER BY s.scheme COLLATE "C") || '.'
                                   FROM scheme s),
                                  'There is no scheme yet: insert one into innovation_score.scheme.');
    END IF;
    RETURN known;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_scheme(text) IS 'internal: the row of a scheme, or an error that lists the schemes';

CREATE FUNCTION _innovation_score.scheme_stages(code text) RETURNS TABLE (stage text, title text, place bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT t.stage, t.title, row_number() OVER (ORDER BY t.position, t.stage COLLATE "C")
    FROM stage t WHERE t.scheme = code
    UNION ALL
    SELECT 'all', NULL, 1 WHERE NOT EXISTS (SELECT FROM stage t WHERE t.scheme = code)
$$;

COMMENT ON FUNCTION _innovation_score.scheme_stages(text) IS 'internal: the stages of a scheme in their order, or "all"';

CREATE FUNCTION _innovation_score.scheme_stage_conditions(code text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_agg(jsonb_build_object('stage', t.stage, 'condition', t.condition::text)
                     ORDER BY t.position, t.stage COLLATE "C")
    FROM stage t WHERE t.scheme = code AND t.condition IS NOT NULL
$$;

COMMENT ON FUNCTION _innovation_score.scheme_stage_conditions(text) IS
    'internal: the conditions of the stages of a scheme in their order, as a scoreboard keeps them; NULL: there are none';

-- What a user wrote for a stage: a code, or the title of one.
CREATE FUNCTION _innovation_score.stage_named(code text, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.stage_code(name, array_agg(t.stage ORDER BY t.place), array_agg(t.title ORDER BY t.place))
    FROM _innovation_score.scheme_stages(code) t
$$;

COMMENT ON FUNCTION _innovation_score.stage_named(text, text) IS 'internal: the code of a stage, given it or its title';

-- Indicators and their titles, as a document of the scheme has them.
CREATE FUNCTION _innovation_score.titled_indicators(code text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_agg(jsonb_build_object('indicator', i.indicator, 'title', i.title) ORDER BY i.position, i.indicator COLLATE "C")
    FROM indicator i WHERE i.scheme = code
$$;

COMMENT ON FUNCTION _innovation_score.titled_indicators(text) IS 'internal: the indicators of a scheme with their titles';

-- What a user wrote for an indicator: a code, or the title of one. What is neither is returned as it is, for the caller to refuse.
CREATE FUNCTION _innovation_score.indicator_code(name text, titled jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    codes text[];
BEGIN
    IF name IS NULL OR titled @> jsonb_build_array(jsonb_build_object('indicator', name)) THEN
        RETURN name;
    END IF;
    codes := ARRAY(SELECT t.element ->> 'indicator' FROM jsonb_array_elements(titled) WITH ORDINALITY AS t(element, place)
                   WHERE t.element ->> 'title' = name ORDER BY t.place);
    IF cardinality(codes) > 1 THEN
        RAISE EXCEPTION '"%" is the title of several indicators: %', name, array_to_string(codes, ', ')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the code of the indicator.';
    END IF;
    RETURN COALESCE(codes[1], name);
END
$$;

COMMENT ON FUNCTION _innovation_score.indicator_code(text, jsonb) IS 'internal: the code of an indicator, given it or its title';

CREATE FUNCTION _innovation_score.keys_by_code(numbers jsonb, titled jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named record;
    by_code jsonb := '{}';
BEGIN
    IF jsonb_typeof(numbers) IS DISTINCT FROM 'object' THEN
        RETURN numbers;
    END IF;
    FOR named IN SELECT _innovation_score.indicator_code(n.key, titled) AS code, n.value FROM jsonb_each(numbers) n LOOP
        IF by_code ? named.code THEN
            RAISE EXCEPTION 'indicator "%" is named twice, by its code and by its title', named.code
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave one of the two out.';
        END IF;
        by_code := by_code || jsonb_build_object(named.code, named.value);
    END LOOP;
    RETURN by_code;
END
$$;

COMMENT ON FUNCTION _innovation_score.keys_by_code(jsonb, jsonb) IS
    'internal: a JSON object with codes of indicators as keys, given codes or titles; what is no object as it is';

-- The model of a scheme that is given as a document (scheme_document.sql), as publications keep it.
CREATE FUNCTION _innovation_score.document_model(document jsonb) RETURNS score_model
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET extra_float_digits = 1 AS $$
DECLARE
    s scheme := jsonb_populate_record(NULL::scheme, document -> 'scheme');
    homeless text;
    stages jsonb;
    categories jsonb;
    indicators jsonb;
BEGIN
    SELECT string_agg(format('"%s"', i.indicator), ', ' ORDER BY i.position, i.indicator COLLATE "C")
    INTO homeless FROM jsonb_populate_recordset(NULL::indicator, document -> 'indicator') i WHERE i.category IS NULL;
    IF homeless IS NOT NULL THEN
        RAISE EXCEPTION 'scheme "%" has indicators without a category: %', s.scheme, homeless
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Set indicator.category; innovation_score.scheme_problems() shows everything that is amiss.';
    END IF;

    WITH named AS (
        SELECT t.stage, row_number() OVER (ORDER BY t.position, t.stage COLLATE "C") AS place
        FROM jsonb_populate_recordset(NULL::stage, document -> 'stage') t
    ), due AS MATERIALIZED (
        SELECT * FROM named UNION ALL SELECT 'all', 1 WHERE NOT EXISTS (SELECT FROM named)
    ), entry AS MATERIALIZED (
        SELECT * FROM jsonb_populate_recordset(NULL::indicator, document -> 'indicator')
    ), category_weights AS (
        SELECT w.category, jsonb_object_agg(w.stage, w.weight) AS weights
        FROM due JOIN jsonb_populate_recordset(NULL::category_weight, document -> 'category_weight') w USING (stage)
        GROUP BY w.category
    ), weights AS (
        SELECT e.indicator, jsonb_object_agg(d.stage, COALESCE(w.weight, 0)) AS weights
        FROM entry e CROSS JOIN due d
        LEFT JOIN jsonb_populate_recordset(NULL::weight, document -> 'weight') w ON w.stage = d.stage AND w.indicator = e.indicator
        GROUP BY e.indicator
    ), rules AS (
        SELECT r.indicator, jsonb_object_agg(r.stage, jsonb_build_object('extreme', r.extreme, 'scoring', r.scoring)) AS stages
        FROM due JOIN jsonb_populate_recordset(NULL::stage_rule, document -> 'stage_rule') r USING (stage)
        GROUP BY r.indicator
    )
    SELECT (SELECT jsonb_agg(d.stage ORDER BY d.place) FROM due d),
           (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                 'category', c.category, 'role', c.role, 'max_points', c.max_points, 'parent', c.parent,
                                 'aggregation', c.aggregation, 'min_coverage', NULLIF(c.min_coverage, 0),
                                 'decimals', c.decimals, 'incomplete', NULLIF(c.incomplete, 'null'), 'floor', c.floor,
                                 'weights', w.weights))
                             ORDER BY c.position, c.category COLLATE "C")
            FROM jsonb_populate_recordset(NULL::category, document -> 'category') c LEFT JOIN category_weights w USING (category)),
           (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                 'indicator', e.indicator, 'category', e.category, 'decimals', e.decimals,
                                 'direction', e.direction, 'extreme', COALESCE(e.extreme, s.extreme),
                                 'adjust', COALESCE(e.adjust, s.adjust), 'transform', e.transform,
                                 'scoring', NULLIF(e.scoring, 'minmax'), 'absent', NULLIF(e.absent, 'missing'),
                                 'stages', r.stages, 'missing', COALESCE(e.missing, s.missing), 'weights', w.weights))
                             ORDER BY e.position, e.indicator COLLATE "C")
            FROM entry e LEFT JOIN rules r USING (indicator) LEFT JOIN weights w USING (indicator))
    INTO stages, categories, indicators;
    IF indicators IS NULL THEN
        RAISE EXCEPTION 'scheme "%" has no indicators', s.scheme
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Insert into innovation_score.category, indicator and weight, '
                         'or start from a copy with innovation_score.derive_scheme().';
    END IF;

    RETURN jsonb_strip_nulls(jsonb_build_object(
        'scheme', s.scheme, 'decimals', s.decimals, 'full_marks', s.full_marks, 'missing', s.missing,
        'aggregation', s.aggregation, 'floor', s.floor, 'min_coverage', s.min_coverage,
        'weights', NULLIF(s.weights, 'relative'), 'min_score', s.min_score, 'max_score', s.max_score,
        'coverage_by', NULLIF(s.coverage_by, 'weight'), 'rescale_best', NULLIF(s.rescale_best, false),
        'stages', stages, 'categories', categories, 'indicators', indicators))::score_model;
END
$$;

CREATE FUNCTION _innovation_score.scheme_model(scheme text) RETURNS score_model
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET extra_float_digits = 1 AS $$
BEGIN
    RETURN _innovation_score.document_model(jsonb_strip_nulls(jsonb_build_object(
        'scheme', to_jsonb(_innovation_score.require_scheme($1)),
        'stage', (SELECT jsonb_agg(t) FROM stage t WHERE t.scheme = $1),
        'category', (SELECT jsonb_agg(t) FROM category t WHERE t.scheme = $1),
        'category_weight', (SELECT jsonb_agg(t) FROM category_weight t WHERE t.scheme = $1),
        'indicator', (SELECT jsonb_agg(t) FROM indicator t WHERE t.scheme = $1),
        'weight', (SELECT jsonb_agg(t) FROM weight t WHERE t.scheme = $1),
        'stage_rule', (SELECT jsonb_agg(t) FROM stage_rule t WHERE t.scheme = $1))));
END
$$;

COMMENT ON FUNCTION _innovation_score.document_model(jsonb) IS 'internal: the model of a scheme that is given as a document';
COMMENT ON FUNCTION _innovation_score.scheme_model(text) IS 'internal: puts the model of a scheme together';

CREATE FUNCTION scheme_model(scheme text) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION scheme_model(text) IS
    'a scheme as a score_model that is not fitted yet: indicators in their order, weights of every stage';

-- whatever tables make up a scheme, and whatever columns they have
CREATE FUNCTION derive_scheme(new text, parent text, title text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
#variable_conflict use_column
DECLARE
    p scheme := _innovation_score.require_scheme($2);
    copy jsonb;
    part name;
    filled boolean;
BEGIN
    IF $1 IS NULL OR $1 = '' THEN
        RAISE EXCEPTION 'the new scheme needs a code' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give one, for example ''district-2026''.';
    END IF;
    IF EXISTS (SELECT FROM scheme s WHERE s.scheme = $1) THEN
        RAISE EXCEPTION 'scheme "%" already exists', $1 USING ERRCODE = 'duplicate_object',
            HINT = 'Give another code, or delete the scheme that is there.';
    END IF;
    copy := to_jsonb(p) || jsonb_build_object('scheme', $1, 'title', COALESCE($3, p.title), 'parent', p.scheme,
                                              'origin', 'user');
    INSERT INTO scheme SELECT * FROM jsonb_populate_record(NULL::scheme, copy);
    FOR part IN SELECT t.part FROM _innovation_score.scheme_parts() t ORDER BY t.place LOOP
        -- what the parent does not have needs no right to write it
        EXECUTE format('SELECT EXISTS (SELECT FROM %I t WHERE t.scheme = $1)', part) INTO filled USING p.scheme;
        CONTINUE WHEN NOT filled;
        EXECUTE format('INSERT INTO %1$I SELECT n.* FROM %1$I t CROSS JOIN LATERAL '
                       'jsonb_populate_record(NULL::%1$I, to_jsonb(t) || jsonb_build_object(''scheme'', $1)) n '
                       'WHERE t.scheme = $2', part) USING $1, p.scheme;
    END LOOP;
END
$$;

COMMENT ON FUNCTION derive_scheme(text, text, text) IS
    'copies a scheme under a new code, to be changed afterwards; it stays linked to its parent';

-- What is amiss in a scheme.

CREATE FUNCTION _innovation_score.weight_problems(code text) RETURNS TABLE (severity text, object text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', format('indicator %s', i.indicator),
           format('no weight in stage %s: counts as 0', t.stage)
    FROM indicator i CROSS JOIN _innovation_score.scheme_stages(code) t
    WHERE i.scheme = code
      AND NOT EXISTS (SELECT FROM category c WHERE c.scheme = code AND c.category = i.category AND c.role = 'veto')
      AND NOT EXISTS (SELECT FROM weight w
                      WHERE w.scheme = code AND w.stage = t.stage AND w.indicator = i.indicator)
    UNION ALL
    SELECT 'warning', format('stage %s', w.stage),
           'has weights, but the scheme has no such stage: they are ignored'
    FROM (SELECT w.stage FROM weight w WHERE w.scheme = code
          UNION
          SELECT w.stage FROM category_weight w WHERE w.scheme = code) w
    WHERE w.stage NOT IN (SELECT t.stage FROM _innovation_score.scheme_stages(code) t)
    UNION ALL
    SELECT DISTINCT 'warning', format('stage %s', r.stage),
           'has rules (stage_rule), but the scheme has no such stage: they are ignored'
    FROM stage_rule r
    WHERE r.scheme = code AND r.stage NOT IN (SELECT t.stage FROM _innovation_score.scheme_stages(code) t)
    UNION ALL
    SELECT 'warning', format('category %s', c.category),
           format('no weight of its own in stage %s, unlike others beside it: weighs the sum of what is in it', t.stage)
    FROM category c CROSS JOIN _innovation_score.scheme_stages(code) t
    WHERE c.scheme = code AND c.role = 'base'
      AND NOT EXISTS (SELECT FROM category_weight w
                      WHERE w.scheme = code AND w.stage = t.stage AND w.category = c.category)
      AND EXISTS (SELECT FROM category_weight w JOIN category b USING (scheme, category)
                  WHERE w.scheme = code AND w.stage = t.stage AND b.parent IS NOT DISTINCT FROM c.parent)
    UNION ALL
    SELECT CASE WHEN b.total > 0 THEN 'warning' ELSE 'error' END, format('stage %s', b.stage),
           CASE WHEN b.total = 0 THEN 'base weights sum to 0: nothing to score'
                WHEN s.weights = 'points' THEN format('base categories can give %s points, full_marks are %s', b.total, s.full_marks)
                ELSE format('base weights sum to %s, not 100', b.total) END
    FROM (SELECT t.stage, COALESCE(round(w.total::numeric, 9), 0)::float8 AS total,
                 -- equal weights have no scale
                 COALESCE((SELECT min(w.weight) = max(w.weight) AND count(*) = count(w.weight)
                           FROM category c LEFT JOIN category_weight w ON w.scheme = code AND w.stage = t.stage AND w.category = c.category
                           WHERE c.scheme = code AND c.parent IS NULL AND c.role = 'base'
                           HAVING EXISTS (SELECT FROM category_weight w WHERE w.scheme = code AND w.stage = t.stage)),
                          (SELECT min(w.weight) = max(w.weight) FROM weight w JOIN indicator i USING (scheme, indicator)
                           JOIN category c USING (scheme, category)
                           WHERE w.scheme = code AND w.stage = t.stage AND w.weight > 0 AND c.role = 'base')) AS alike
          FROM _innovation_score.scheme_stages(code) t
          LEFT JOIN _innovation_score.category_sums(code) w
              ON w.stage = t.stage AND w.category IS NULL AND w.role = 'base') b
    JOIN scheme s ON s.scheme = code
    WHERE CASE WHEN b.total = 0 THEN true
               WHEN s.weights = 'points' THEN b.total <> s.full_marks AND s.max_score IS DISTINCT FROM s.full_marks
               ELSE b.total NOT IN (1, 100, s.full_marks) AND NOT b.alike END
    UNION ALL
    SELECT 'warning', format('indicator %s', w.indicator),
           format('%s can give %s points, but the weight in stage %s is %s', i.scoring, p.most, w.stage, w.weight)
    FROM weight w JOIN scheme s USING (scheme) JOIN indicator i USING (scheme, indicator)
    CROSS JOIN LATERAL _innovation_score.scoring_points(i.scoring) AS p(most)
    WHERE w.scheme = code AND s.weights = 'points' AND w.weight > 0 AND w.weight <> p.most
      AND w.stage IN (SELECT t.stage FROM _innovation_score.scheme_stages(code) t)
    UNION ALL
    SELECT 'notice', format('category %s', c.category),
           format('max_points %s is out of reach in every stage: what is in it can give %s points', c.max_points, r.most)
    FROM category c JOIN scheme s USING (scheme)
    JOIN (SELECT w.category, max(w.total) AS most FROM _innovation_score.category_sums(code) w GROUP BY w.category) r
        USING (category)
    WHERE c.scheme = code AND (s.weights = 'points' OR c.role <> 'base') AND c.max_points > r.most
$$;

COMMENT ON FUNCTION _innovation_score.weight_problems(text) IS 'internal: what is amiss in the weights of a scheme';

CREATE FUNCTION _innovation_score.structure_problems(code text) RETURNS TABLE (severity text, object text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'error', format('scheme %s', code), 'has no indicators'
    WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.scheme = code)
    UNION ALL
    SELECT 'error', format('indicator %s', i.indicator), 'belongs to no category'
    FROM indicator i WHERE i.scheme = code AND i.category IS NULL
    UNION ALL
    SELECT 'warning', format('category %s', c.category), 'has no indicators'
    FROM category c
    WHERE c.scheme = code
      AND NOT EXISTS (WITH RECURSIVE below(category) AS (
                          SELECT c.category
                          UNION
                          SELECT d.category FROM below b JOIN category d ON d.scheme = code AND d.parent = b.category)
                      SELECT FROM indicator i JOIN below b USING (category) WHERE i.scheme = code)
    UNION ALL
    SELECT 'notice', format('category %s', c.category),
           format('%s points without an upper limit (max_points)', c.role)
    FROM category c WHERE c.scheme = code AND c.role IN ('bonus', 'penalty') AND c.max_points IS NULL AND c.parent IS NULL
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator),
           format('adjust %s changes nothing: the bounds of method none are the extremes', COALESCE(i.adjust, s.adjust))
    FROM indicator i JOIN scheme s USING (scheme)
    WHERE i.scheme = code AND i.scoring ~ '^[[:space:]]*minmax' AND COALESCE(i.extreme, s.extreme) ~ '^[[:space:]]*none' AND COALESCE(i.adjust, s.adjust) ~ '^[[:space:]]*compress'
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator),
           format('missing %s changes nothing: in %s categories a missing value gives 0 points or is imputed',
                  i.missing, c.role)
    FROM indicator i JOIN category c USING (scheme, category)
    WHERE i.scheme = code AND c.role IN ('bonus', 'penalty') AND i.missing IN ('reweight', 'null')
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator),
           format('%s changes nothing: %s gives points by itself', o.name, i.scoring)
    FROM indicator i
    CROSS JOIN LATERAL (VALUES ('direction ' || i.direction, i.direction !~ '^[[:space:]]*benefit' AND i.scoring !~ '^[[:space:]]*percent_rank'), ('extreme ' || i.extreme, true),
                               ('adjust ' || i.adjust, true), ('transform ' || i.transform, i.transform !~ '^[[:space:]]*none'))
        AS o(name, given)
    WHERE i.scheme = code AND i.scoring !~ '^[[:space:]]*minmax' AND o.given AND o.name IS NOT NULL
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator),
           'missing reweight changes nothing: points are not rescaled, a missing value gives none'
    FROM indicator i JOIN scheme s USING (scheme) JOIN category c USING (scheme, category)
    WHERE i.scheme = code AND s.weights = 'points' AND c.role = 'base' AND i.missing = 'reweight'
      AND COALESCE(c.aggregation, s.aggregation) !~ '^[[:space:]]*(max|min)'
    UNION ALL
    SELECT 'warning', format('indicator %s', i.indicator), 'has a weight, but a veto gives no points'
    FROM indicator i JOIN category c USING (scheme, category)
    WHERE i.scheme = code AND c.role = 'veto'
      AND EXISTS (SELECT FROM weight w WHERE w.scheme = code AND w.indicator = i.indicator AND w.weight > 0)
    UNION ALL
    SELECT 'warning', format('pass rule "%s"', r.rule),
           format('has a minimum of category %s, which the scheme does not have: no scoreboard can be made', m.category)
    FROM scheme_rule r CROSS JOIN LATERAL jsonb_object_keys(r.category_minimum) m(category)
    WHERE r.scheme = code AND m.category NOT IN (SELECT c.category FROM category c WHERE c.scheme = code)
    UNION ALL
    SELECT 'warning', format('stage %s', t.stage), 'has no condition, unlike others: no firm comes to be in it by them'
    FROM stage t
    WHERE t.scheme = code AND t.condition IS NULL AND EXISTS (SELECT FROM stage o WHERE o.scheme = code AND o.condition IS NOT NULL)
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator), 'has no title'
    FROM indicator i WHERE i.scheme = code AND i.title IS NULL
    UNION ALL
    SELECT 'notice', format('category %s', c.category), 'has no title'
    FROM category c WHERE c.scheme = code AND c.title IS NULL
    UNION ALL
    SELECT 'notice', format('scheme %s', code), '暂定权重 provisional weights, not official ones'
    FROM scheme s WHERE s.scheme = code AND s.provisional
$$;

COMMENT ON FUNCTION _innovation_score.structure_problems(text) IS 'internal: what is amiss in the parts of a scheme';

CREATE FUNCTION scheme_problems(scheme text)
RETURNS TABLE (severity text, object text, problem text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    code text := (_innovation_score.require_scheme($1)).scheme;
    model score_model;
BEGIN
    RETURN QUERY
        SELECT p.severity, p.object, p.problem
        FROM (SELECT * FROM _innovation_score.structure_problems(code)
              UNION ALL
              SELECT * FROM _innovation_score.weight_problems(code)
              UNION ALL
              SELECT * FROM _innovation_score.rule_problems(code)) p
        ORDER BY array_position(ARRAY['error', 'warning', 'notice'], p.severity),
                 p.object COLLATE "C", p.problem COLLATE "C";
    BEGIN
        model := scheme_model(code);
    EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
        -- what the checks above have not said, the model's own checks say
        IF NOT EXISTS (SELECT FROM _innovation_score.structure_problems(code) p WHERE p.severity = 'error'
                       UNION ALL
                       SELECT FROM _innovation_score.weight_problems(code) p WHERE p.severity = 'error') THEN
            RETURN QUERY SELECT 'error', format('scheme %s', code), SQLERRM;
        END IF;
        RETURN;
    END;
    RETURN QUERY
        SELECT 'warning', format('indicator %s', m.indicator),
               'transform log does next to nothing to values below 1, where ln(1 + x) is nearly x: use ln, or a smaller unit'
        FROM model_indicators(model) m
        WHERE m.transform = 'log' AND greatest(abs(m.lower), abs(m.upper)) < 1
        ORDER BY m.position;
    RETURN QUERY
        SELECT 'warning', format('indicator %s', m.indicator), format('method %s looks at transformed values, but there is no transform', m.extreme)
        FROM model_indicators(model) m
        WHERE m.transform = 'none' AND m.extreme ~ ' of transformed'
        ORDER BY m.position;
    -- a share of 0.03 is not 3 %
    RETURN QUERY
        SELECT 'warning', format('indicator %s', i.indicator),
               format('unit is %s, but no step lies above %s: the unit of shares is written "1 = 100%%"', i.unit, t.greatest)
        FROM indicator i
        CROSS JOIN LATERAL (SELECT max(abs(m[1]::numeric)) AS greatest FROM regexp_matches(i.scoring, '(-?[0-9.]+(?:e-?[0-9]+)?):', 'gi') m) t
        WHERE i.scheme = code AND i.unit IN ('%', '％') AND t.greatest <= 1
        ORDER BY i.position;
    -- scoreboards are built above schemes; they say themselves which of them lag behind
    RETURN QUERY
        SELECT 'warning', format('scoreboard %s', b.scoreboard),
               'was built before the scheme was changed: run innovation_score.rebuild_scoreboard()'
        FROM _innovation_score.stale_scoreboards(code, model) b;
END
$$;

COMMENT ON FUNCTION scheme_problems(text) IS
    'what is amiss in a scheme: error (it gives no scores), warning (it scores, but hardly as meant), '
    'notice (good to know)';
