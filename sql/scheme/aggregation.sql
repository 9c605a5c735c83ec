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
-- Where weights are points, a category gives no more than its max_points. From the
-- deepest categories up; what is below itself is left out. Also of schemes that make no
-- model.
CREATE FUNCTION _innovation_score.category_sums(code text) RETURNS TABLE (stage text, category text, role text, total float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    node record;
    part float8;
    sums float8[];
    mosts float8[];
    leasts float8[];
BEGIN
    FOR node IN
        WITH RECURSIVE tree(category, role, depth) AS (
            SELECT c.category, c.role, 1 FROM category c WHERE c.scheme = code AND c.parent IS NULL
            UNION ALL
            SELECT c.category, c.role, t.depth + 1 FROM tree t JOIN category c ON c.scheme = code AND c.parent = t.category AND c.role = t.role
        ), place AS (
            SELECT t.category, t.role, t.depth, row_number() OVER (ORDER BY t.depth DESC, t.category) AS place
            FROM (SELECT * FROM tree UNION ALL SELECT DISTINCT NULL, t.role, 0 FROM tree t) t
        ), given AS (
            SELECT w.stage, i.category, sum(w.weight) AS total, max(w.weight) AS most, min(w.weight) AS least
            FROM weight w JOIN indicator i USING (scheme, indicator)
            WHERE w.scheme = code AND w.weight > 0 GROUP BY w.stage, i.category
        )
        SELECT t.stage, p.category, p.role, p.place, above.place AS parent, g.total, g.most, g.least, own.weight,
               btrim(COALESCE(c.aggregation, CASE p.role WHEN 'base' THEN s.aggregation END)) AS aggregation,
               CASE s.weights WHEN 'points' THEN c.max_points END AS max_points
        FROM scheme s
        CROSS JOIN _innovation_score.scheme_stages(code) t
        CROSS JOIN place p
        LEFT JOIN category c ON c.scheme = code AND c.category = p.category
        LEFT JOIN place above ON above.role = p.role AND above.depth = p.depth - 1 AND above.category IS NOT DISTINCT FROM c.parent
        LEFT JOIN given g ON g.stage = t.stage AND g.category = p.category
        LEFT JOIN category_weight own ON own.scheme = code AND own.stage = t.stage AND own.category = p.category
        WHERE s.scheme = code
        ORDER BY t.place, p.place
    LOOP
        IF node.place = 1 THEN
            sums := '{}';
            mosts := '{}';
            leasts := '{}';
        END IF;
        total := CASE node.aggregation
                     WHEN 'max' THEN greatest(node.most, mosts[node.place])
                     WHEN 'min' THEN least(node.least, leasts[node.place])
                     ELSE COALESCE(node.total + sums[node.place], node.total, sums[node.place]) END;
        IF total IS NOT NULL THEN
            stage := node.stage;
            category := node.category;
            role := node.role;
            RETURN NEXT;
        END IF;
        part := least(COALESCE(node.weight, total), node.max_points);
        IF part > 0 AND node.parent IS NOT NULL THEN
            sums[node.parent] := COALESCE(sums[node.parent], 0) + part;
            mosts[node.parent] := greatest(mosts[node.parent], part);
            leasts[node.parent] := least(leasts[node.parent], part);
        END IF;
    END LOOP;
END
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

