-- what an indicator counts: over every kind of scheme, weights, points and scores of all views and functions that show any hold together
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA effective;
SET search_path = effective, innovation_score, public;
\pset format unaligned
\pset null '(null)'
SET extra_float_digits = 1;

CREATE TABLE firm AS
SELECT 'F' || lpad(f::text, 2, '0') AS firm, CASE WHEN f <> 11 THEN (ARRAY['s', 'l'])[1 + f % 2] END AS stage,
       CASE WHEN f % 7 <> 3 THEN f * 37 % 101 END::float8 AS a, CASE WHEN f % 5 <> 2 THEN f * f % 67 END::float8 AS b, CASE WHEN f % 11 <> 4 THEN f * 53 % 97 END::float8 AS c,
       CASE WHEN f % 9 <> 5 THEN f * 29 % 83 END::float8 AS d, CASE WHEN f % 4 <> 1 THEN f * 17 % 71 END::float8 AS e, CASE WHEN f % 3 = 0 THEN f * 11 % 13 END::float8 AS g,
       CASE WHEN f % 6 <> 0 THEN f * 7 % 9 END::float8 AS h, CASE WHEN f % 8 = 0 THEN f % 5 END::float8 AS p
FROM generate_series(1, 40) f;
-- a row without gaps in each stage, and one without values
INSERT INTO firm VALUES ('S', 's', 50, 20, 70, 60, 30, 5, 3, 1), ('L', 'l', 20, 50, 30, 10, 60, 2, 8, 2);
INSERT INTO firm VALUES ('void', 's');

-- Base categories x (a, b), y with y1 (c) and y2 (d, e); a bonus category z (g, h), a penalty category q (p).
CREATE FUNCTION variant(missing text, aggregation text, nested boolean, weighted boolean, capped boolean, rounded boolean) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM scoreboard WHERE scoreboard = 'effective.v') THEN
        PERFORM drop_scoreboard('v');
        DELETE FROM scheme WHERE scheme = 'v';
    END IF;
    INSERT INTO scheme (scheme, extreme, missing, aggregation, full_marks, decimals) VALUES ('v', 'percentile(0.05,0.95)', missing, aggregation, CASE WHEN capped THEN 130 ELSE 100 END, CASE WHEN rounded THEN 2 END);
    INSERT INTO stage (scheme, stage) VALUES ('v', 's'), ('v', 'l');
    INSERT INTO category (scheme, category, role, parent, max_points, decimals)
    SELECT 'v', c, r, t, m, CASE WHEN rounded THEN d END
    FROM (VALUES ('x', 'base', NULL, NULL::float8, 1), ('y', 'base', NULL, NULL, NULL::int), ('y1', 'base', CASE WHEN nested THEN 'y' END, NULL, NULL),
                 ('y2', 'base', CASE WHEN nested THEN 'y' END, NULL, 2), ('z', 'bonus', NULL, CASE WHEN capped THEN 3 END, 0), ('q', 'penalty', NULL, CASE WHEN capped THEN 2.5 END, NULL)) v(c, r, t, m, d);
    INSERT INTO indicator (scheme, indicator, category, direction, decimals, position)
    SELECT 'v', i, c, r, CASE WHEN rounded THEN d END, strpos('abocdeghp', i)
    FROM (VALUES ('a', 'x', 'benefit', 1), ('b', 'x', 'cost', NULL::int), ('o', 'y', 'benefit', NULL), ('c', 'y1', 'benefit', NULL), ('d', 'y2', 'target(40)', 0), ('e', 'y2', 'benefit', NULL),
                 ('g', 'z', 'benefit', 1), ('h', 'z', 'benefit', NULL), ('p', 'q', 'benefit', NULL)) v(i, c, r, d);
    INSERT INTO weight
    SELECT 'v', s, i, CASE s WHEN 's' THEN ws ELSE wl END
    FROM unnest('{s,l}'::text[]) s, (VALUES ('a', 30, 11), ('b', 15, 7.5), ('o', 10, 3), ('c', 20, 0), ('d', 5, 9.25), ('e', 20, 13), ('g', 4, 2), ('h', 2, 5), ('p', 3, 4)) v(i, ws, wl);
    IF weighted THEN
        INSERT INTO category_weight VALUES ('v', 's', 'x', 90), ('v', 's', 'y', 10), ('v', 'l', 'x', 1), ('v', 's', 'y2', 44);
    END IF;
    PERFORM create_scoreboard('v', 'v', 'firm', 'firm', 'stage', mapping => '{"o": "c"}');
    RETURN 'v';
END
$$;
CREATE FUNCTION differs(a float8, b float8, most float8 DEFAULT 1e-9) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN a IS NULL OR b IS NULL THEN (a IS NULL) <> (b IS NULL) ELSE NOT abs(a - b) <= most END;

-- the shares down the tree in plain SQL: what is in a category weighs what it is given, a category without a weight what is in it
CREATE FUNCTION inside(at text, s text) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT COALESCE(sum(w.weight::numeric), 0) FROM weight w JOIN indicator i USING (scheme, indicator) WHERE w.scheme = 'v' AND w.stage = s AND i.category = at)
           + (SELECT COALESCE(sum(weighs(c.category, s)), 0) FROM category c WHERE c.scheme = 'v' AND c.role = 'base' AND c.parent IS NOT DISTINCT FROM at);
END
$$;
CREATE FUNCTION weighs(at text, s text) RETURNS numeric LANGUAGE sql AS $$
    SELECT COALESCE((SELECT w.weight::numeric FROM category_weight w WHERE w.scheme = 'v' AND w.stage = s AND w.category = at), inside(at, s))
$$;
CREATE FUNCTION share(at text, s text) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE WHEN at IS NULL THEN 1 ELSE (SELECT share(c.parent, s) * weighs(at, s) / inside(c.parent, s) FROM category c WHERE c.scheme = 'v' AND c.category = at) END;
END
$$;
CREATE FUNCTION weight_twin() RETURNS TABLE (stage text, indicator text, role text, weight numeric, effective_weight numeric, max_points numeric) LANGUAGE sql AS $$
    SELECT w.stage, w.indicator, c.role, w.weight::numeric, e.weight, CASE c.role WHEN 'base' THEN s.full_marks::numeric * e.weight WHEN 'bonus' THEN w.weight ELSE -w.weight END
    FROM weight w JOIN indicator i USING (scheme, indicator) JOIN category c USING (scheme, category) JOIN scheme s USING (scheme)
    CROSS JOIN LATERAL (SELECT CASE WHEN c.role = 'base' THEN COALESCE(share(c.category, w.stage) * w.weight::numeric / NULLIF(inside(c.category, w.stage), 0), 0) END AS weight) e
    WHERE scheme = 'v'
$$;

SET check_function_bodies = off;
-- each law with the number of rows that were looked at and of those that break it
CREATE FUNCTION laws(additive boolean, missing text, rounded boolean) RETURNS TABLE (law text, rows bigint, broken bigint) LANGUAGE sql AS $$
    SELECT 'stated, effective and most as plain SQL has them', count(*),
           count(*) FILTER (WHERE differs(m.weight, t.weight::float8) OR differs(m.effective_weight, t.effective_weight::float8) OR differs(m.max_points, t.max_points::float8))
    FROM weight_twin() t FULL JOIN (SELECT w.* FROM v_model CROSS JOIN LATERAL model_weights(model) w) m USING (stage, indicator)
    UNION ALL
    SELECT 'effective weights are the model''s', count(*), count(*) FILTER (WHERE e.effective_weight IS DISTINCT FROM w.effective_weight)
    FROM (SELECT * FROM effective_weight WHERE scheme = 'v') e
    FULL JOIN (SELECT w.* FROM v_model CROSS JOIN LATERAL model_weights(model) w WHERE w.effective_weight IS NOT NULL) w USING (stage, indicator)
    UNION ALL
    SELECT 'effective weights of a stage are 1', count(*), count(*) FILTER (WHERE differs(sum, 1, 1e-14)) FROM (SELECT sum(effective_weight) FROM effective_weight WHERE scheme = 'v' GROUP BY stage) s
    UNION ALL
    SELECT 'points and rounding are the score', count(*), count(*) FILTER (WHERE differs(d.sum, s.score) OR s.score <> round(r.score::float8::numeric, 10)::float8)
    FROM v_score s JOIN v_ranking r USING (firm) JOIN (SELECT firm, sum(points) AS sum FROM v_detail GROUP BY firm) d USING (firm) WHERE s.score IS NOT NULL
    UNION ALL
    SELECT 'base indicators can give full marks', count(*), count(*) FILTER (WHERE additive AND differs(d.sum, d.full_marks))
    FROM v_score s
    JOIN (SELECT firm, sum(d.max_points) AS sum, full_marks FROM v_detail d JOIN category c USING (category) JOIN scheme s USING (scheme) WHERE c.scheme = 'v' AND c.role = 'base' GROUP BY firm, full_marks) d USING (firm)
    WHERE s.score IS NOT NULL
    UNION ALL
    SELECT 'nobody has more than the most', count(*), count(*) FILTER (WHERE abs(points) > abs(max_points) + CASE WHEN rounded THEN 0.5 ELSE 1e-9 END OR points * max_points < 0) FROM v_detail WHERE status <> 'rounding'
    UNION ALL
    SELECT 'points are normalized times the most', count(*), count(*) FILTER (WHERE normalized IS NOT NULL AND NOT rounded AND differs(points, max_points * normalized)) FROM v_detail WHERE status <> 'rounding'
    UNION ALL
    SELECT 'complete rows can have the most', count(*), count(*) FILTER (WHERE additive AND differs(d.max_points, m.max_points))
    FROM v_detail d CROSS JOIN v_model CROSS JOIN LATERAL model_weights(model) m WHERE d.firm IN ('S', 'L') AND d.stage = m.stage AND d.indicator = m.indicator AND d.category NOT IN ('z', 'q')
    UNION ALL
    SELECT 'what is missing can have nothing under reweight', count(*), count(*) FILTER (WHERE d.max_points <> 0) FROM v_detail d
    WHERE missing = 'reweight' AND d.status = 'missing' AND d.category NOT IN ('z', 'q')
    UNION ALL
    SELECT 'the portrait is the detail', count(*), count(*) FILTER (WHERE (p.value, p.normalized, p.max_points, p.points, p.status, p.category) IS DISTINCT FROM (d.value, d.normalized, d.max_points, d.points, d.status, d.category))
    FROM v_portrait p FULL JOIN (SELECT * FROM v_detail WHERE status <> 'rounding') d USING (firm, indicator)
    UNION ALL
    SELECT 'category scores are shares of their most', count(*), count(*) FILTER (WHERE additive AND NOT rounded AND s.score IS NOT NULL AND differs(c.score, (SELECT full_marks FROM scheme WHERE scheme = 'v') * d.points / NULLIF(d.most, 0), 1e-7))
    FROM v_score s CROSS JOIN LATERAL (VALUES ('x', x_score), ('y', y_score)) c(category, score)
    JOIN (SELECT d.firm, split_part(e.path, ' / ', 1) AS category, sum(d.points) AS points, sum(d.max_points) AS most
          FROM v_detail d JOIN effective_weight e USING (stage, indicator) WHERE e.scheme = 'v' GROUP BY 1, 2) d USING (firm, category)
    UNION ALL
    SELECT 'gaps begin at the score', count(*), count(*) FILTER (WHERE g.current_score IS DISTINCT FROM s.score OR differs(g.points_gained, g.new_score - g.current_score))
    FROM v_score s CROSS JOIN LATERAL gap_to('v', NULL, s.firm, 60) g WHERE s.firm IN ('S', 'L', 'F07')
    UNION ALL
    SELECT 'mean points are those of the details', count(*), count(*) FILTER (WHERE differs(c.mean_points, d.mean, 1e-8))
    FROM score_contributions('v') c JOIN (SELECT indicator, avg(points) AS mean FROM v_detail JOIN v_score s USING (firm) WHERE s.score IS NOT NULL GROUP BY 1) d USING (indicator)
    UNION ALL
    SELECT 'neighbours are weighed by the most', count(*), count(*) FILTER (WHERE NOT rounded AND differs(n.distance, t.distance) OR differs(n.shared, t.shared))
    FROM similar_firms('v', NULL, 'F08', 1000, 0) n
    FULL JOIN (SELECT o.firm AS similar_entity, sqrt(sum(w.most * (o.normalized - m.normalized) ^ 2) / sum(w.most)) AS distance, sum(w.most) / w.total AS shared
               FROM v_detail o JOIN v_detail m USING (indicator)
               JOIN (SELECT stage, indicator, abs(max_points)::float8 AS most, sum(abs(max_points)) OVER (PARTITION BY stage)::float8 AS total FROM weight_twin()) w ON w.stage = m.stage AND w.indicator = m.indicator
               WHERE m.firm = 'F08' AND o.firm <> 'F08' AND o.status NOT IN ('missing', 'imputed') AND m.status NOT IN ('missing', 'imputed') GROUP BY o.firm, w.total HAVING sum(w.most) > 0) t USING (similar_entity)
    UNION ALL
    SELECT 'what is left out weighs nothing', count(*), count(*) FILTER (WHERE differs(i.mean_movement, t.mean) OR i.moved IS DISTINCT FROM t.moved)
    FROM indicator_influence('v') i
    JOIN (SELECT l.code, avg(abs(l.rank - r.rank))::float8 AS mean, count(*) FILTER (WHERE l.rank <> r.rank) AS moved
          FROM (SELECT code, firm, rank() OVER (PARTITION BY code ORDER BY score DESC) AS rank
                FROM (SELECT w.code, f.firm, score(w.model, f.stage, a, b, c, c, d, e, g, h, p) AS score
                      FROM firm f JOIN v_score s USING (firm)
                      CROSS JOIN (SELECT code, jsonb_set(model::jsonb, ARRAY['indicators', place::text, 'weights'], '{"s": 0, "l": 0}')::score_model AS model
                                  FROM v_model, (VALUES ('a', 0), ('b', 1), ('d', 4), ('g', 6), ('p', 8)) c(code, place) OFFSET 0) w
                      WHERE s.score IS NOT NULL) x WHERE score IS NOT NULL) l
          JOIN (SELECT firm, rank() OVER (ORDER BY score DESC) AS rank FROM v_score WHERE score IS NOT NULL) r USING (firm) GROUP BY l.code) t ON t.code = i.indicator
    UNION ALL
    SELECT 'the scheme''s weights are the current ones', count(*), count(*) FILTER (WHERE p.current_weight IS DISTINCT FROM w.weight)
    FROM unnest('{s,l}'::text[]) s CROSS JOIN LATERAL propose_weights('v', NULL, s, 'equal') p JOIN weight w ON w.scheme = 'v' AND w.stage = s AND w.indicator = p.indicator
$$;

CREATE TABLE found (variant text, law text, rows bigint, broken bigint);
DO $$
DECLARE
    n int := 0;
    missing text;
    aggregation text;
    kind int;
BEGIN
    FOREACH missing IN ARRAY '{zero,reweight,"null",median}'::text[] LOOP
        FOREACH aggregation IN ARRAY '{arithmetic,geometric}'::text[] LOOP
            -- each of the 16 combinations of the other settings once, two opposite ones with each of these
            FOREACH kind IN ARRAY (ARRAY['{0,15}', '{3,12}', '{5,10}', '{6,9}', '{1,14}', '{2,13}', '{4,11}', '{7,8}'])[1 + n]::int[] LOOP
                PERFORM variant(missing, aggregation, kind & 1 > 0, kind & 2 > 0, kind & 4 > 0, kind & 8 > 0);
                INSERT INTO found SELECT concat_ws(' ', missing, aggregation, kind), l.* FROM laws(aggregation = 'arithmetic', missing, kind & 8 > 0) l;
            END LOOP;
            n := n + 1;
        END LOOP;
    END LOOP;
END
$$;
SELECT law, count(*) AS variants, sum(rows) AS rows, sum(broken) AS broken FROM found GROUP BY law ORDER BY law COLLATE "C";
SELECT * FROM found WHERE broken > 0;
-- frozen, they are the same
SELECT variant('reweight', 'arithmetic', true, true, true, true);
CREATE TABLE live AS SELECT * FROM v_detail;
SELECT freeze_scoreboard('v');
SELECT count(*) FROM (TABLE v_detail EXCEPT ALL TABLE live) d;
SELECT sum(rows) > 0 AS looked, sum(broken) AS broken FROM laws(true, 'reweight', true);
SELECT drop_scoreboard('v');
DELETE FROM scheme WHERE scheme = 'v';
DROP SCHEMA effective CASCADE;
