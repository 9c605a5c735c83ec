-- scheme, effective weights: what each indicator weighs in the whole, as a model of the
-- scheme has it (src/model/model_tree.c).

CREATE FUNCTION _innovation_score.effective_weights(code text)
RETURNS TABLE (stage text, indicator text, category text, effective_weight float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    model score_model;
BEGIN
    BEGIN
        model := scheme_model(code);
    EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
        NULL;   -- scheme_problems() says what is wrong with it
    END;
    RETURN QUERY
        SELECT t.stage, i.indicator, i.category, w.effective_weight
        FROM _innovation_score.scheme_stages(code) t
        JOIN indicator i ON i.scheme = code
        JOIN category c ON c.scheme = code AND c.category = i.category AND c.role = 'base'
        LEFT JOIN model_weights(model) w ON w.stage = t.stage AND w.indicator = i.indicator;
END
$$;

COMMENT ON FUNCTION _innovation_score.effective_weights(text) IS
    'internal: the effective weights of a scheme, NULL where it gives no scores';

-- The codes of the categories from the top level down to each. What is below itself has
-- no path.
CREATE FUNCTION _innovation_score.category_paths(code text) RETURNS TABLE (category text, path text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE tree(category, path) AS (
        SELECT c.category, c.category FROM category c WHERE c.scheme = code AND c.parent IS NULL
        UNION ALL
        SELECT c.category, p.path || ' / ' || c.category
        FROM tree p JOIN category c ON c.scheme = code AND c.parent = p.category
    )
    SELECT t.category, t.path FROM tree t
$$;

COMMENT ON FUNCTION _innovation_score.category_paths(text) IS 'internal: the path of each category of a scheme';

-- What is in a category (NULL: the top level) weighs: the sum of the weights of its
-- indicators and categories, or the greatest or least of them where only one counts.
-- Where weights are points, a category gives no more than its max_points.
CREATE FUNCTION _innovation_score.inner_weight(code text, at_stage text, inside text, of_role text, steps integer DEFAULT 0)
RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF steps > 100 THEN     -- more categories than a model can have
        RETURN 0;
    END IF;
    RETURN (
        SELECT CASE btrim(COALESCE((SELECT c.aggregation FROM category c WHERE c.scheme = code AND c.category = inside),
                                   CASE of_role WHEN 'base' THEN (SELECT s.aggregation FROM scheme s WHERE s.scheme = code) END))
                   WHEN 'max' THEN max(p.weight) WHEN 'min' THEN min(p.weight) ELSE sum(p.weight) END
        FROM (SELECT w.weight FROM weight w JOIN indicator i USING (scheme, indicator)
              WHERE w.scheme = code AND w.stage = at_stage AND i.category = inside
              UNION ALL
              SELECT least(COALESCE((SELECT w.weight FROM category_weight w
                                     WHERE w.scheme = code AND w.stage = at_stage AND w.category = c.category),
                                    _innovation_score.inner_weight(code, at_stage, c.category, of_role, steps + 1)),
                           (SELECT c.max_points FROM scheme s WHERE s.scheme = code AND s.weights = 'points'))
              FROM category c
              WHERE c.scheme = code AND c.parent IS NOT DISTINCT FROM inside AND c.role = of_role) AS p(weight)
        WHERE p.weight > 0);
END
$$;

COMMENT ON FUNCTION _innovation_score.inner_weight(text, text, text, text, integer) IS
    'internal: what the parts of a category (NULL: of the top level) weigh together in a stage, NULL where none has a weight';

CREATE FUNCTION _innovation_score.category_sums(code text) RETURNS TABLE (stage text, category text, role text, total float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT t.stage, c.category, c.role, w.total
    FROM _innovation_score.scheme_stages(code) t
    CROSS JOIN (SELECT c.category, c.role FROM category c WHERE c.scheme = code
                UNION ALL
                SELECT DISTINCT NULL, c.role FROM category c WHERE c.scheme = code) c
    CROSS JOIN LATERAL _innovation_score.inner_weight(code, t.stage, c.category, c.role) AS w(total)
    WHERE w.total IS NOT NULL
$$;

COMMENT ON FUNCTION _innovation_score.category_sums(text) IS
    'internal: the sums of the weights of what is in each category, and at the top level (category NULL) by role';

CREATE VIEW effective_weight AS
SELECT s.scheme, e.stage, e.indicator, e.category, p.path, e.effective_weight
FROM scheme s
CROSS JOIN LATERAL _innovation_score.effective_weights(s.scheme) e
JOIN LATERAL _innovation_score.category_paths(s.scheme) p ON p.category = e.category;

COMMENT ON VIEW effective_weight IS
    '有效权重 what each base indicator weighs in the whole: the product of the shares down the tree of categories';
COMMENT ON COLUMN effective_weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN effective_weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN effective_weight.indicator IS '二级指标 indicator';
COMMENT ON COLUMN effective_weight.category IS '一级指标 category that the indicator belongs to';
COMMENT ON COLUMN effective_weight.path IS '指标路径 codes of the categories from the top level down';
COMMENT ON COLUMN effective_weight.effective_weight IS
    '有效权重 share of the whole, 0 to 1; the shares of a stage sum to 1 where no category takes the best of its parts (NULL where the scheme gives no scores)';

GRANT SELECT ON effective_weight TO PUBLIC;
