-- Schemes of points: weights that are points, limits, the best of several, categories left out, vetoes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
SET extra_float_digits = 1;
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ----- a twin in numeric: what a category gives, straight from the words of the scheme; rules, vetoes, the best as full marks
CREATE TABLE twin_category (scheme int, category int, parent int, role text, aggregation text, max_points numeric, own numeric, min_coverage numeric, drops boolean);
CREATE TABLE twin_indicator (scheme int, indicator int, category int, weight numeric, missing text, value numeric);
CREATE TABLE twin_scheme (scheme int, in_points boolean, aggregation text, by_count boolean, min_score numeric, max_score numeric, min_coverage numeric, best numeric, vetoed boolean);
SELECT setseed(0.125);
INSERT INTO twin_scheme
SELECT k, k % 3 > 0, (ARRAY['arithmetic', 'arithmetic', 'arithmetic', 'max', 'min'])[1 + floor(random() * 5)::int], random() < 0.3,
       CASE WHEN random() < 0.2 THEN 5 + floor(random() * 20)::int END, CASE WHEN random() < 0.3 THEN 30 + floor(random() * 60)::int END,
       CASE WHEN random() < 0.2 THEN 0.25 * floor(random() * 4)::int ELSE 0 END, CASE WHEN k % 5 = 0 THEN floor(random() * 90)::int END, CASE WHEN k % 11 = 0 THEN k % 4 = 0 END
FROM generate_series(1, 5100) k;
INSERT INTO twin_category
SELECT scheme, c, CASE WHEN c > 2 AND random() < 0.6 THEN 1 + floor(random() * (c - 1))::int END, NULL,
       CASE WHEN random() < 0.4 THEN (ARRAY['arithmetic', 'max', 'max', 'min'])[1 + floor(random() * 4)::int] END,
       CASE WHEN random() < 0.3 THEN 2 + floor(random() * 30)::int END, CASE WHEN NOT in_points AND random() < 0.2 THEN 1 + floor(random() * 50)::int END,
       CASE WHEN random() < 0.3 THEN 0.25 * floor(random() * 5)::int ELSE 0 END, random() < 0.3
FROM twin_scheme, generate_series(1, 2 + scheme % 5) c;
-- limits are compared with what own weights make of the others only in what the extension works out
UPDATE twin_category c SET own = NULL WHERE EXISTS (SELECT FROM twin_category d WHERE d.scheme = c.scheme AND d.max_points IS NOT NULL);
-- and so is the coverage that own weights make
UPDATE twin_category c SET min_coverage = 0 WHERE EXISTS (SELECT FROM twin_category d WHERE d.scheme = c.scheme AND d.own IS NOT NULL);
UPDATE twin_scheme s SET min_coverage = 0 WHERE EXISTS (SELECT FROM twin_category d WHERE d.scheme = s.scheme AND d.own IS NOT NULL);
-- the first is of the base; roles come from the top, and what they rule out goes
UPDATE twin_category SET role = CASE WHEN category = 1 OR random() < 0.65 THEN 'base' ELSE (ARRAY['bonus', 'penalty'])[1 + floor(random() * 2)::int] END WHERE parent IS NULL;
WITH RECURSIVE top AS (
    SELECT scheme, category, role FROM twin_category WHERE parent IS NULL
    UNION ALL SELECT c.scheme, c.category, t.role FROM twin_category c JOIN top t ON t.scheme = c.scheme AND t.category = c.parent
) UPDATE twin_category c SET role = t.role FROM top t WHERE t.scheme = c.scheme AND t.category = c.category AND c.role IS NULL;
UPDATE twin_category SET own = NULL, min_coverage = 0, drops = false, aggregation = NULLIF(aggregation, 'arithmetic'),
       max_points = CASE WHEN parent IS NULL THEN max_points END WHERE role <> 'base';
INSERT INTO twin_indicator
SELECT c.scheme, row_number() OVER (PARTITION BY c.scheme ORDER BY category, i), category, (ARRAY[0, 1, 2, 4, 5, 10, 10, 15, 20, 30])[CASE WHEN i = 1 THEN 2 ELSE 1 END + floor(random() * CASE WHEN i = 1 THEN 9 ELSE 10 END)::int],
       (ARRAY['zero', 'zero', 'reweight', 'null'])[1 + floor(random() * CASE WHEN random() < 0.2 THEN 4 ELSE 3 END)::int], CASE WHEN random() < 0.8 THEN round((floor(random() * 21) / 20)::numeric, 2) END
FROM twin_category c, generate_series(1, 1 + (c.scheme + category) % 3) i;
CREATE INDEX ON twin_category (scheme);
CREATE INDEX ON twin_indicator (scheme);
ANALYZE twin_category, twin_indicator;
CREATE FUNCTION twin_sample() RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('bounds', jsonb_build_object('n', 21, 'missing', 0, 'minimum', 0, 'maximum', 20, 'method', 'none',
        'values', (SELECT jsonb_agg(t ORDER BY t) FROM generate_series(0, 20) t), 'counts', (SELECT jsonb_agg(1) FROM generate_series(0, 20)))) $$;
-- Every rule gives the same for what stands for the same value: 0 to 20 for 0 to 1. That of percent_rank has a sample of
-- the numbers from 0 to 20.
CREATE FUNCTION twin_rule(scheme int, indicator int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE (scheme + indicator) % 8
               WHEN 2 THEN '{"scoring": "per(1,1,20)"}'
               WHEN 3 THEN '{"scoring": "linear(0:0,20:5)"}'
               WHEN 4 THEN jsonb_build_object('scoring', (SELECT format('steps(%s)', string_agg(t || ':' || t, ',' ORDER BY t)) FROM generate_series(1, 20) t))
               WHEN 5 THEN jsonb_build_object('scoring', (SELECT format('steps_above(%s)', string_agg(t - 0.5 || ':' || t, ',' ORDER BY t)) FROM generate_series(1, 20) t))
               WHEN 6 THEN '{"scoring": "percent_rank"}'::jsonb || twin_sample()
               WHEN 7 THEN '{"scoring": "percent_rank", "direction": "cost"}'::jsonb || twin_sample()
               ELSE '{"extreme": "fixed(0,1)"}' END $$;
CREATE TABLE twin AS
SELECT scheme, in_points, replace(jsonb_strip_nulls(jsonb_build_object('weights', CASE WHEN in_points THEN 'points' END, 'aggregation', aggregation, 'coverage_by', CASE WHEN by_count THEN 'count' END,
           'min_score', min_score, 'max_score', max_score, 'min_coverage', min_coverage, 'rescale_best', best IS NOT NULL, 'best', best,
           'categories', (SELECT jsonb_agg(jsonb_build_object('category', 'c' || category, 'parent', 'c' || parent, 'role', role, 'aggregation', c.aggregation, 'max_points', max_points,
                                                              'min_coverage', c.min_coverage, 'weights', own, 'incomplete', CASE WHEN drops THEN 'drop' END) ORDER BY category)
                          FROM twin_category c WHERE c.scheme = s.scheme) || CASE WHEN vetoed IS NULL THEN '[]' ELSE '[{"category": "bar", "role": "veto"}]'::jsonb END,
           'indicators', (SELECT jsonb_agg(jsonb_build_object('indicator', 'i' || indicator, 'category', 'c' || category, 'weights', weight, 'missing', missing) || twin_rule(scheme, indicator) ORDER BY indicator)
                          FROM twin_indicator i WHERE i.scheme = s.scheme) || CASE WHEN vetoed IS NULL THEN '[]' ELSE '[{"indicator": "barred", "category": "bar", "weights": 0}]'::jsonb END))::text, '"n": 21', '"n": 21, "lower": null, "upper": null')::score_model AS model,
       (SELECT array_agg(CASE (scheme + indicator) % 8 WHEN 0 THEN value WHEN 1 THEN value WHEN 7 THEN 20 - 20 * value ELSE 20 * value END::float8 ORDER BY indicator) FROM twin_indicator i WHERE i.scheme = s.scheme) || CASE WHEN vetoed IS NULL THEN '{}' ELSE ARRAY[vetoed::int::float8] END AS vals
FROM twin_scheme s;

CREATE TYPE twin_node AS (
    weight numeric,     -- among its siblings, in this row; NULL: it does not count
    value  numeric,     -- of its weight, 0 to 1; NULL: unknown
    most   numeric,     -- the greatest value that it can have
    peak   numeric,     -- the same where nothing is missing
    still  numeric,     -- its weight where nothing is missing
    lacks  boolean      -- has too few values, itself or below
);
CREATE FUNCTION twin_node(s twin_scheme, at int, scores INOUT jsonb, node OUT twin_node, share OUT numeric, whole OUT numeric) LANGUAGE plpgsql AS $$
DECLARE
    c twin_category;
    part record;
    aggregation text := s.aggregation;
    points numeric[] := '{}';
    weights numeric[] := '{}';
    best numeric[] := '{}';
    mosts numeric[] := '{}';
    stills numeric[] := '{}';
    child twin_node;
    below record;
    factor numeric := 1;
BEGIN
    SELECT * INTO c FROM twin_category t WHERE t.scheme = s.scheme AND t.category = at;
    IF at IS NOT NULL THEN
        aggregation := COALESCE(c.aggregation, CASE WHEN c.role = 'base' THEN s.aggregation ELSE 'arithmetic' END);
    END IF;
    share := 0;
    whole := 0;
    node.lacks := false;
    FOR part IN SELECT * FROM twin_indicator i WHERE i.scheme = s.scheme AND i.category = at AND i.weight > 0 ORDER BY i.indicator LOOP
        stills := stills || part.weight;
        best := best || part.weight;
        whole := whole + CASE WHEN s.by_count THEN 1 ELSE part.weight END;
        share := share + CASE WHEN part.value IS NULL THEN 0 WHEN s.by_count THEN 1 ELSE part.weight END;
        CONTINUE WHEN part.value IS NULL AND part.missing = 'reweight' AND c.role = 'base';
        weights := weights || part.weight;
        mosts := mosts || part.weight;
        points := points || part.weight * CASE WHEN part.value IS NULL AND (part.missing = 'zero' OR c.role <> 'base') THEN 0 ELSE part.value END;
    END LOOP;
    FOR part IN SELECT t.category, t.role FROM twin_category t WHERE t.scheme = s.scheme AND t.parent IS NOT DISTINCT FROM at AND (at IS NOT NULL OR t.role = 'base') ORDER BY 1 LOOP
        SELECT t.* INTO below FROM twin_node(s, part.category, scores) t;
        scores := below.scores;
        child := below.node;
        share := share + below.share;
        whole := whole + below.whole;
        CONTINUE WHEN child.still = 0;
        stills := stills || child.still;
        best := best || child.still * child.peak;
        node.lacks := node.lacks OR child.lacks;
        CONTINUE WHEN child.weight IS NULL;
        weights := weights || child.weight;
        mosts := mosts || child.weight * child.most;
        points := points || child.weight * child.value;
    END LOOP;
    node.still := COALESCE((SELECT CASE aggregation WHEN 'max' THEN max(w) WHEN 'min' THEN min(w) ELSE sum(w) END FROM unnest(stills) w), 0);
    IF node.still = 0 THEN
        RETURN;
    END IF;
    node.peak := (SELECT CASE aggregation WHEN 'max' THEN max(w) WHEN 'min' THEN min(w) ELSE sum(w) END FROM unnest(best) w) / node.still;
    node.most := node.peak;
    -- its own weight changes what is below by one factor
    IF c.own IS NOT NULL AND c.role = 'base' THEN
        factor := c.own / node.still;
        node.still := c.own;
    END IF;
    IF aggregation IN ('max', 'min') THEN
        IF cardinality(points) > 0 OR s.in_points OR c.role <> 'base' THEN
            node.weight := node.still;
            node.value := CASE WHEN cardinality(points) = 0 THEN 0 WHEN array_position(points, NULL) IS NULL
                               THEN least(factor * (SELECT CASE aggregation WHEN 'max' THEN max(p) ELSE min(p) END FROM unnest(points) p) / node.still, node.peak) END;
        END IF;
    ELSIF s.in_points OR c.role <> 'base' THEN
        node.weight := node.still;
        node.value := CASE WHEN array_position(points, NULL) IS NULL THEN COALESCE((SELECT sum(p) FROM unnest(points) p), 0) / node.still END;
    ELSIF cardinality(points) > 0 THEN
        node.weight := CASE WHEN c.own IS NULL THEN (SELECT sum(w) FROM unnest(weights) w) ELSE c.own END;
        node.value := CASE WHEN array_position(points, NULL) IS NULL THEN (SELECT sum(p) FROM unnest(points) p) / (SELECT sum(w) FROM unnest(weights) w) END;
        node.most := (SELECT sum(p) FROM unnest(mosts) p) / (SELECT sum(w) FROM unnest(weights) w);
    END IF;
    -- the limit, as a share of what it gives where nothing is missing
    factor := CASE WHEN s.in_points OR c.role <> 'base' THEN node.still ELSE 100 * node.still / s.base END;
    node.peak := least(node.peak, c.max_points / factor);
    IF c.max_points < node.most * factor THEN
        node.most := c.max_points / factor;
        node.value := CASE WHEN node.value IS NOT NULL THEN least(node.value, node.most) END;
    END IF;
    IF at IS NULL THEN
        RETURN;
    END IF;
    node.lacks := node.lacks OR share / whole < c.min_coverage;
    IF NOT node.lacks THEN
        scores := scores || jsonb_build_object(at, 100 * node.value / node.most);
    END IF;
    IF c.drops AND (node.lacks OR node.value IS NULL) THEN
        node.weight := NULL;
        node.lacks := false;
    END IF;
END
$$;
-- the weight of the base, with which the limits of relative schemes are compared
CREATE FUNCTION still_weight(s int, scheme_aggregation text, at int) RETURNS numeric LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (
    SELECT CASE COALESCE((SELECT c.aggregation FROM twin_category c WHERE c.scheme = s AND c.category = at), scheme_aggregation)
               WHEN 'max' THEN max(w) WHEN 'min' THEN min(w) ELSE sum(w) END
    FROM (SELECT i.weight FROM twin_indicator i WHERE i.scheme = s AND i.category = at
          UNION ALL
          SELECT COALESCE(c.own, still_weight(s, scheme_aggregation, c.category)) FROM twin_category c
          WHERE c.scheme = s AND c.parent IS NOT DISTINCT FROM at AND c.role = 'base') p(w) WHERE w > 0);
END $$;
ALTER TABLE twin_scheme ADD base numeric;
UPDATE twin_scheme SET base = still_weight(scheme, aggregation, NULL) 
WHERE NOT in_points AND scheme IN (SELECT c.scheme FROM twin_category c WHERE role = 'base' AND max_points IS NOT NULL);

CREATE TABLE twin_result AS
SELECT t.scheme, t.in_points, t.model, t.vals, r.score, r.scores,
       CASE WHEN NOT (root.node).lacks AND root.share / root.whole >= s.min_coverage AND (root.node).weight > 0 AND vetoed IS NOT TRUE
            THEN (root.node).value * CASE WHEN s.in_points THEN (root.node).still ELSE 100 END + added.points END AS raw, s.min_score, s.max_score, s.best,
       root.scores || replace(replace(added.scores, '{} ', ''), '} {', ', ')::jsonb AS twin_scores
FROM twin t JOIN twin_scheme s USING (scheme) CROSS JOIN LATERAL twin_node(s, NULL, '{}') root
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(CASE c.role WHEN 'bonus' THEN 1 ELSE -1 END * (n.node).still * COALESCE((n.node).value, 0)), 0) AS points,
           COALESCE(string_agg(n.scores::text, ' '), '{}') AS scores
    FROM twin_category c CROSS JOIN LATERAL twin_node(s, c.category, '{}') n
    WHERE c.scheme = s.scheme AND c.role <> 'base' AND c.parent IS NULL) added
CROSS JOIN LATERAL (SELECT score(t.model, 'all', VARIADIC t.vals) AS score, (SELECT jsonb_strip_nulls(jsonb_object_agg(substr(m.category, 2), a[3 + m.position]))
                           FROM score_row(t.model, 'all', VARIADIC t.vals) a, model_categories(t.model) m) AS scores) r;
-- rounded and limited as totals are
CREATE VIEW twin_verdict AS
SELECT *, round(CASE WHEN best > 0 AND limited > 0 THEN least(limited * 100 / best, 100) ELSE limited END, 10) AS wanted
FROM (SELECT *, raw IS NOT NULL AS known, greatest(least(raw, max_score), min_score) AS limited FROM twin_result) r;
SELECT in_points, count(*) AS schemes, count(score) > 1000 AS scored, count(*) FILTER (WHERE known AND abs(score::numeric - wanted) < 1e-9 OR NOT known AND score IS NULL) AS same,
       count(DISTINCT round(wanted, 3)) > 500 AS varied
FROM twin_verdict GROUP BY 1 ORDER BY 1;
SELECT in_points, count(given) > 5000 AS scored, count(*) FILTER (WHERE (abs(given - wanted) < 1e-9 OR given IS NULL AND wanted IS NULL) IS NOT TRUE) AS differ
FROM (SELECT in_points, (scores ->> c::text)::numeric AS given, (twin_scores ->> c::text)::numeric AS wanted FROM twin_result, generate_series(1, 6) c WHERE scores ? c::text OR twin_scores ? c::text) d
GROUP BY 1 ORDER BY 1;
-- the rows of score_detail, limit and rounding among them, add up to the score, and so do those of decimals
SELECT count(*) > 3000 AS scored, count(*) FILTER (WHERE (abs(score - points) < 1e-9) IS NOT TRUE) AS differ
FROM twin_result t CROSS JOIN LATERAL (SELECT sum(d.points) AS points FROM score_detail(model, 'all', VARIADIC vals) d) d WHERE score IS NOT NULL;
SELECT count(*) > 3000 AS scored, count(*) FILTER (WHERE (abs(s.score - d.points) < 1e-9) IS NOT TRUE) AS differ, count(*) FILTER (WHERE s.score <> t.score) > 500 AS rounded
FROM twin_result t CROSS JOIN LATERAL (SELECT (jsonb_set(model::jsonb, '{decimals}', '1') || jsonb_build_object('categories', (
    SELECT jsonb_agg(c || '{"decimals": 0}') FROM jsonb_array_elements(model::jsonb -> 'categories') c)))::score_model AS coarse) m
CROSS JOIN LATERAL score(coarse, 'all', VARIADIC vals) AS s(score)
CROSS JOIN LATERAL (SELECT sum(d.points) AS points FROM score_detail(coarse, 'all', VARIADIC vals) d) d WHERE s.score IS NOT NULL;
-- more of anything gives no less, and of a deduction no more
SELECT c.role, count(*) > 1000 AS many, count(*) FILTER (WHERE moved <> score) > 300 AS moved, count(*) FILTER (WHERE (CASE c.role WHEN 'penalty' THEN score - moved ELSE moved - score END > -1e-9) IS NOT TRUE) AS wrong
FROM twin_result t JOIN twin_indicator i USING (scheme) JOIN twin_category c USING (scheme, category)
CROSS JOIN LATERAL (SELECT least(i.value + 0.3, 1) AS more) m
CROSS JOIN LATERAL (SELECT CASE (scheme + indicator) % 8 WHEN 0 THEN more WHEN 1 THEN more WHEN 7 THEN 20 - 20 * more ELSE 20 * more END::float8 AS value) v
CROSS JOIN LATERAL score(t.model, 'all', VARIADIC t.vals[:i.indicator - 1] || v.value || t.vals[i.indicator + 1:]) AS s(moved)
WHERE i.value < 1 AND score IS NOT NULL GROUP BY c.role ORDER BY 1;
-- text and binary forms read back as the same models
CREATE TABLE received (scheme int, model score_model);
\copy (SELECT scheme, model FROM twin) TO 'results/points.bytes' (FORMAT binary)
\copy received FROM 'results/points.bytes' (FORMAT binary)
SELECT count(*), count(*) FILTER (WHERE r.model = t.model AND t.model::text::score_model = t.model) AS same FROM received r JOIN twin t USING (scheme);

-- ----- a scheme in the tables: the best of two, a limit, a floor, a veto, deductions
INSERT INTO scheme (scheme, title, weights, full_marks, max_score, min_score, decimals, coverage_by) VALUES ('points', '累计计分', 'points', 100, 100, 0, 2, 'count');
INSERT INTO category (scheme, category, title, role, aggregation, max_points, position) VALUES
    ('points', 'rd', '研发投入', 'base', 'max', NULL, 1), ('points', 'patents', '专利', 'base', NULL, 40, 2), ('points', 'platforms', '平台', 'base', NULL, NULL, 3),
    ('points', 'honours', '荣誉（取最高项）', 'bonus', 'max', NULL, 4), ('points', 'deductions', '扣分', 'penalty', NULL, NULL, 5), ('points', 'bars', '一票否决', 'veto', NULL, NULL, 6);
INSERT INTO indicator (scheme, indicator, category, title, scoring, position) VALUES
    ('points', 'rd_sales', 'rd', '研发费用占销售收入', 'steps(0.02:10,0.03:20,0.04:30,0.05:40,0.06:50)', 1), ('points', 'rd_costs', 'rd', '研发费用占成本费用', 'steps(0.1:10,0.15:20,0.2:30,0.25:40,0.3:50)', 2),
    ('points', 'inventions', 'patents', '发明专利', 'per(1,5,30)', 3), ('points', 'designs', 'patents', '外观设计', 'per(2,1,20)', 4), ('points', 'labs', 'platforms', '研发平台', 'per(1,10,10)', 5),
    ('points', 'national', 'honours', '国家级', 'per(1,10,10)', 6), ('points', 'provincial', 'honours', '省级', 'per(1,6,6)', 7),
    ('points', 'accidents', 'deductions', '安全事故', 'per(1,20,60)', 8), ('points', 'dishonest', 'bars', '失信被执行人', 'minmax', 9);
INSERT INTO weight (scheme, stage, indicator, weight)
SELECT 'points', 'all', i.indicator, _innovation_score.scoring_points(i.scoring) FROM indicator i WHERE i.scheme = 'points' AND i.category <> 'bars';
SELECT * FROM scheme_problems('points');
CREATE TABLE firm (firm text, vals float8[]);
INSERT INTO firm VALUES
    ('best of two', '{0.03,0.25,2,3,1,0,0,0,0}'), ('limit of patents', '{0.06,0,9,40,0,0,0,0,0}'), ('above the most', '{0.06,0,9,40,1,1,1,0,0}'), ('one honour counts', '{0,0,1,0,0,1,1,0,0}'),
    ('below the least', '{0,0,1,0,0,0,0,3,0}'), ('veto', '{0.06,0,9,40,1,1,1,0,1}'), ('nothing', '{NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}'), ('veto unknown', '{0.06,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL}');
SELECT firm, a[1] AS score, a[2] AS coverage, a[4:] AS categories FROM firm, score_row(scheme_model('points'), 'all', VARIADIC vals) a;
SELECT firm, indicator, value, lower, upper, round(normalized::numeric, 4) AS normalized, max_points, points, status
FROM firm, score_detail(scheme_model('points'), 'all', VARIADIC vals) WHERE firm IN ('best of two', 'above the most', 'veto') AND (points <> 0 OR status = 'veto' OR indicator LIKE 'rd%');
SELECT category, role, max_points, aggregation FROM model_categories(scheme_model('points'));

-- what is amiss
UPDATE weight SET weight = 20 WHERE scheme = 'points' AND indicator = 'inventions';
UPDATE category SET max_points = 45 WHERE scheme = 'points' AND category = 'patents';
UPDATE indicator SET missing = 'reweight', direction = 'cost', extreme = 'iqr(1.5)' WHERE scheme = 'points' AND indicator = 'labs';
INSERT INTO weight VALUES ('points', 'all', 'dishonest', 5);
SELECT * FROM scheme_problems('points');
UPDATE weight SET weight = 30 WHERE scheme = 'points' AND indicator = 'inventions';
UPDATE scheme SET max_score = NULL WHERE scheme = 'points';
SELECT problem FROM scheme_problems('points') WHERE object LIKE 'stage%';
-- weights that add up to 1, and equal ones, are as good as any
INSERT INTO scheme (scheme, title) VALUES ('shares', '比例');
INSERT INTO category (scheme, category, title) VALUES ('shares', 'c', '类');
INSERT INTO indicator (scheme, indicator, category, title) SELECT 'shares', i, 'c', i FROM unnest('{a,b,c}'::text[]) i;
INSERT INTO weight SELECT 'shares', 'all', i, w FROM unnest('{a,b,c}'::text[], '{0.4,0.6,0}'::float8[]) AS w(i, w);
SELECT * FROM scheme_problems('shares');
UPDATE weight SET weight = 7 WHERE scheme = 'shares';
SELECT * FROM scheme_problems('shares');
UPDATE weight SET weight = 8 WHERE scheme = 'shares' AND indicator = 'a';
SELECT * FROM scheme_problems('shares');
-- best of several in a relative scheme: it weighs as much as the greatest of what is in it
INSERT INTO category (scheme, category, title, aggregation) VALUES ('shares', 'best', '取最高项', 'max');
UPDATE indicator SET category = 'best' WHERE scheme = 'shares' AND indicator <> 'c';
UPDATE weight SET weight = CASE indicator WHEN 'a' THEN 75 WHEN 'b' THEN 50 ELSE 25 END WHERE scheme = 'shares';
UPDATE scheme SET extreme = 'fixed(0,1)' WHERE scheme = 'shares';
SELECT * FROM scheme_problems('shares');
SELECT score(scheme_model('shares'), 'all', a, b, 1) FROM (VALUES (1, 0), (0, 1), (0.6, 1), (0.7, 1)) v(a, b);
SELECT indicator, effective_weight FROM effective_weight WHERE scheme = 'shares' ORDER BY 1;

-- a category that is left out: the others scale up; in points they do not
SELECT mode, score(m, 'all', 0.5, NULL, 1) AS dropped, score(m, 'all', 0.5, 1, 1) AS whole, score(m, 'all', NULL, NULL, 1) AS one_left, score(m, 'all', NULL, NULL, NULL) AS none_left
FROM (VALUES ('relative', '{}'::jsonb), ('points', '{"weights": "points"}'), ('best', '{"aggregation": "max"}')) v(mode, model),
    LATERAL (SELECT (model || '{"missing": "null", "categories": [{"category": "a", "incomplete": "drop"}, {"category": "b", "incomplete": "drop"}],
        "indicators": [{"indicator": "x", "category": "a", "extreme": "fixed(0,1)", "weights": 30}, {"indicator": "y", "category": "a", "extreme": "fixed(0,1)", "weights": 30},
                       {"indicator": "z", "category": "b", "extreme": "fixed(0,1)", "weights": 40}]}')::score_model) s(m);
-- a limit that does not bind is none: what stays when a limited part is left out may give all that its category can
SELECT aggregation, max_points, score(s.m, 'all', NULL, 1, 1) AS whole, score(s.m, 'all', NULL, 0.9, 0.5) AS score, category_score(s.m, 'all', 'a', NULL, 0.9, 0.5) AS a
FROM unnest('{arithmetic,inverse_geometric,harmonic}'::text[]) aggregation, unnest('{NULL,45,50,60}'::float8[]) max_points,
    LATERAL (SELECT (jsonb_strip_nulls(jsonb_build_object('aggregation', aggregation, 'categories', jsonb_build_array(jsonb_build_object('category', 'a', 'max_points', max_points))))
        || '{"missing": "null"}')::jsonb AS m) v,
    LATERAL (SELECT (jsonb_set(v.m, '{categories}', v.m -> 'categories' || '[{"category": "b", "parent": "a", "max_points": 10, "incomplete": "drop"}, {"category": "c"}]')
        || '{"indicators": [{"indicator": "x", "category": "b", "extreme": "fixed(0,1)", "weights": 25}, {"indicator": "y", "category": "a", "extreme": "fixed(0,1)", "weights": 25},
                            {"indicator": "z", "category": "c", "extreme": "fixed(0,1)", "weights": 50}]}')::score_model AS m) s;
-- what a bonus gave of what it can give, missing values or not
SELECT category_score(m, 'all', 'b', 1, y, z) FROM (VALUES (1, NULL), (1, 0), (1, 1), (0.5, 0.25)) v(y, z),
    (SELECT '{"missing": "reweight", "categories": [{"category": "a"}, {"category": "b", "role": "bonus", "max_points": 8}], "indicators": [{"indicator": "x", "category": "a", "extreme": "fixed(0,1)", "weights": 1},
        {"indicator": "y", "category": "b", "extreme": "fixed(0,1)", "weights": 5}, {"indicator": "z", "category": "b", "extreme": "fixed(0,1)", "weights": 5}]}'::score_model) s(m);
-- coverage by weight and by count
SELECT coverage('{"indicators": [{"indicator": "x", "weights": 9}, {"indicator": "y", "weights": 1}, {"indicator": "z", "weights": 0}]}', 'all', NULL, 1, 1) AS by_weight,
       coverage('{"coverage_by": "count", "indicators": [{"indicator": "x", "weights": 9}, {"indicator": "y", "weights": 1}, {"indicator": "z", "weights": 0}]}', 'all', NULL, 1, 1) AS by_count;

-- what cannot be
SELECT attempt(format('SELECT %L::score_model', model))
FROM (VALUES ('{"weights": "points", "aggregation": "geometric", "indicators": [{"indicator": "x", "weights": 1}]}'),
             ('{"weights": "points", "categories": [{"category": "a", "weights": 5}], "indicators": [{"indicator": "x", "weights": 1}]}'),
             ('{"weights": "points", "categories": [{"category": "a", "aggregation": "harmonic"}], "indicators": [{"indicator": "x", "weights": 1}]}'),
             ('{"weights": "shares", "indicators": [{"indicator": "x", "weights": 1}]}'),
             ('{"min_score": 10, "max_score": 5, "indicators": [{"indicator": "x", "weights": 1}]}'),
             ('{"categories": [{"category": "a"}, {"category": "v", "role": "veto", "max_points": 5}], "indicators": [{"indicator": "x", "category": "a", "weights": 1}]}'),
             ('{"categories": [{"category": "a"}, {"category": "v", "role": "bonus", "incomplete": "drop"}], "indicators": [{"indicator": "x", "category": "a", "weights": 1}]}'),
             ('{"categories": [{"category": "a"}, {"category": "v", "role": "bonus", "aggregation": "geometric"}], "indicators": [{"indicator": "x", "category": "a", "weights": 1}]}'),
             ('{"categories": [{"category": "v", "role": "veto"}], "indicators": [{"indicator": "x", "weights": 1}]}')) m(model);
SELECT attempt(command) FROM unnest(ARRAY[
    $$UPDATE scheme SET weights = 'shares' WHERE scheme = 'shares'$$, $$UPDATE scheme SET min_score = 5, max_score = 4 WHERE scheme = 'shares'$$, $$UPDATE scheme SET coverage_by = 'value' WHERE scheme = 'shares'$$,
    $$UPDATE category SET incomplete = 'drop' WHERE scheme = 'points' AND category = 'honours'$$, $$UPDATE category SET aggregation = 'geometric' WHERE scheme = 'points' AND category = 'honours'$$,
    $$UPDATE category SET max_points = 5 WHERE scheme = 'points' AND category = 'bars'$$, $$UPDATE indicator SET scoring = 'steps(2:1,1:2)' WHERE scheme = 'points'$$]) AS command;

-- what is exported is imported again, and a copy says the same
UPDATE category SET incomplete = 'drop' WHERE scheme = 'points' AND category = 'platforms';
SELECT scheme_import(scheme_export('points'), 'points2');
SELECT derive_scheme('points3', 'points');
SELECT count(*), count(DISTINCT regexp_replace(scheme_model(scheme)::text, '"points.?"', '"points"')) FROM scheme WHERE scheme LIKE 'points_' OR scheme = 'points';
SELECT scheme_export('points') - 'scheme' = scheme_export('points3') - 'scheme' AS same;

DELETE FROM scheme WHERE scheme LIKE 'points%' OR scheme = 'shares';
DROP TABLE twin_category, twin_indicator, twin_scheme, twin, twin_result, received, firm CASCADE;
DROP TYPE twin_node CASCADE;
DROP FUNCTION attempt(text), still_weight(int, text, int), twin_rule(int, int), twin_sample();
