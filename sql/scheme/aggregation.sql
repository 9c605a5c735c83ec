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

-- What the base weights of each stage sum to, also where they make no model: each weight
-- goes up from its indicator or category until it meets a category with a weight of its own.
CREATE FUNCTION _innovation_score.base_weights(code text) RETURNS TABLE (stage text, total float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE climbing(stage, category, weight, steps) AS (
        SELECT w.stage, i.category, w.weight, 0
        FROM weight w JOIN indicator i USING (scheme, indicator) JOIN category c USING (scheme, category)
        WHERE w.scheme = code AND c.role = 'base'
        UNION ALL
        SELECT w.stage, c.parent, w.weight, 0
        FROM category_weight w JOIN category c USING (scheme, category)
        WHERE w.scheme = code AND c.role = 'base'
        UNION ALL
        SELECT b.stage, c.parent, b.weight, b.steps + 1
        FROM climbing b JOIN category c ON c.scheme = code AND c.category = b.category
        WHERE b.steps < 100     -- more categories than a model can have
          AND NOT EXISTS (SELECT FROM category_weight w
                          WHERE w.scheme = code AND w.stage = b.stage AND w.category = b.category)
    )
    SELECT t.stage, COALESCE(round(sum(b.weight)::numeric, 9), 0)::float8
    FROM _innovation_score.scheme_stages(code) t LEFT JOIN climbing b ON b.stage = t.stage AND b.category IS NULL
    GROUP BY t.stage
$$;

COMMENT ON FUNCTION _innovation_score.base_weights(text) IS
    'internal: what the base weights of each stage of a scheme sum to, to nine decimals';

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
    '有效权重 share of the whole, 0 to 1; the shares of a stage sum to 1 (NULL where the scheme gives no scores)';

GRANT SELECT ON effective_weight TO PUBLIC;
