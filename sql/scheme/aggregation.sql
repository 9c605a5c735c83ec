-- scheme, effective weights: what each indicator weighs in the whole, down the tree of
-- categories; the same in SQL as src/model_tree.c works out for a model.

-- What is in a category (NULL: the top level) weighs, by stage: each weight goes up from
-- its indicator or category until it meets a category with a weight of its own.
CREATE FUNCTION _innovation_score.category_sums(code text) RETURNS TABLE (stage text, category text, role text, total float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE climbing(stage, category, role, weight, steps) AS (
        SELECT w.stage, i.category, c.role, w.weight, 0
        FROM weight w JOIN indicator i USING (scheme, indicator) JOIN category c USING (scheme, category)
        WHERE w.scheme = code
        UNION ALL
        SELECT w.stage, c.parent, c.role, w.weight, 0
        FROM category_weight w JOIN category c USING (scheme, category)
        WHERE w.scheme = code
        UNION ALL
        SELECT b.stage, c.parent, b.role, b.weight, b.steps + 1
        FROM climbing b JOIN category c ON c.scheme = code AND c.category = b.category
        WHERE b.steps < 100     -- more categories than a model can have
          AND NOT EXISTS (SELECT FROM category_weight w
                          WHERE w.scheme = code AND w.stage = b.stage AND w.category = b.category)
    )
    SELECT b.stage, b.category, b.role, sum(b.weight)
    FROM climbing b WHERE b.stage IN (SELECT t.stage FROM _innovation_score.scheme_stages(code) t)
    GROUP BY b.stage, b.category, b.role
$$;

COMMENT ON FUNCTION _innovation_score.category_sums(text) IS
    'internal: the sums of the weights of what is in each category, and at the top level (category NULL) by role';

CREATE FUNCTION _innovation_score.effective_weights(code text)
RETURNS TABLE (stage text, indicator text, category text, path text, weight float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE sums AS (
        SELECT s.stage, s.category, s.total FROM _innovation_score.category_sums(code) s WHERE s.role = 'base'
    ), factors AS (
        SELECT t.stage, c.category, c.parent, COALESCE(w.weight / NULLIF(s.total, 0), 1) AS factor
        FROM category c CROSS JOIN _innovation_score.scheme_stages(code) t
        LEFT JOIN category_weight w ON w.scheme = c.scheme AND w.stage = t.stage AND w.category = c.category
        LEFT JOIN sums s ON s.stage = t.stage AND s.category = c.category
        WHERE c.scheme = code AND c.role = 'base'
    ), tree(stage, category, path, factor) AS (
        SELECT f.stage, f.category, f.category, f.factor FROM factors f WHERE f.parent IS NULL
        UNION ALL
        SELECT f.stage, f.category, p.path || ' / ' || f.category, p.factor * f.factor
        FROM tree p JOIN factors f ON f.stage = p.stage AND f.parent = p.category
    )
    SELECT p.stage, i.indicator, i.category, p.path, COALESCE(w.weight, 0) * p.factor / NULLIF(s.total, 0)
    FROM tree p
    JOIN indicator i ON i.scheme = code AND i.category = p.category
    LEFT JOIN weight w ON w.scheme = code AND w.stage = p.stage AND w.indicator = i.indicator
    LEFT JOIN sums s ON s.stage = p.stage AND s.category IS NULL
$$;

COMMENT ON FUNCTION _innovation_score.effective_weights(text) IS 'internal: the rows of view effective_weight for one scheme';

CREATE VIEW effective_weight AS
SELECT s.scheme, e.stage, e.indicator, e.category, e.path, e.weight
FROM scheme s CROSS JOIN LATERAL _innovation_score.effective_weights(s.scheme) e;

COMMENT ON VIEW effective_weight IS
    '有效权重 what each base indicator weighs in the whole: the product of the shares down the tree of categories';
COMMENT ON COLUMN effective_weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN effective_weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN effective_weight.indicator IS '二级指标 indicator';
COMMENT ON COLUMN effective_weight.category IS '一级指标 category that the indicator belongs to';
COMMENT ON COLUMN effective_weight.path IS '指标路径 codes of the categories from the top level down';
COMMENT ON COLUMN effective_weight.weight IS
    '有效权重 share of the whole, 0 to 1; the shares of a stage sum to 1 (NULL where all weights are 0)';

GRANT SELECT ON effective_weight TO PUBLIC;
