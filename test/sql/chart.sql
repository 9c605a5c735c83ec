-- charts as Vega-Lite specifications: their numbers against plain SQL over the source, what is missing, extreme values,
-- groups, and who may not draw
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

-- normalized is v/128, exactly; the second indicator is adjusted at its quartiles' fences, the third is a cost
INSERT INTO scheme (scheme, title, extreme, provisional) VALUES ('plain', '图表', 'fixed(0,128)', true);
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category, title, extreme, direction) VALUES
    ('plain', 'v', 'only', '值', NULL, 'benefit'), ('plain', 'w', 'only', NULL, 'iqr(1.5)', 'benefit'), ('plain', 'c', 'only', '成本', 'fixed(0,128)', 'cost');
INSERT INTO stage (scheme, stage, title) VALUES ('plain', 's', '初创期'), ('plain', 'l', NULL);
INSERT INTO weight SELECT 'plain', s, i, 1 FROM unnest('{s,l}'::text[]) s, unnest('{v,w,c}'::text[]) i;
CREATE TABLE result (firm text, year int, city text, stage text, v float8, w float8, c int);
INSERT INTO result
SELECT 'F' || i, y, (ARRAY['杭州', '宁波', NULL])[1 + i % 3], (ARRAY['s', 'l', 's', NULL])[1 + i % 4],
       CASE WHEN i % 11 <> 3 THEN (i * 37 + y) % 129 END, CASE i WHEN 5 THEN 1e6 WHEN 6 THEN 'NaN' WHEN 7 THEN '-Infinity' ELSE i * i % 83 END, (i * 53) % 128
FROM generate_series(1, 200) i, generate_series(2023, 2024) y;
SELECT create_scoreboard('r', 'plain', 'result', 'firm', 'stage', 'year');
SELECT create_scoreboard('g', 'plain', 'result', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT create_scoreboard('bare', 'plain', 'result', 'firm || ''-'' || year', 'stage', mapping => '{"c": null}');

-- ----- radar

-- its numbers: v, and the peers' median of v, straight from the table
CREATE FUNCTION radar_v(spec jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT d FROM jsonb_array_elements(spec -> 'data' -> 'values') d WHERE d ->> 'indicator' = 'v'
$$;
SELECT count(*) AS firms,
       count(*) FILTER (WHERE (d ->> 'normalized')::float8 IS DISTINCT FROM t.v / 128) AS other_normalized,
       count(*) FILTER (WHERE (d ->> 'value')::float8 IS DISTINCT FROM t.v) AS other_value,
       count(*) FILTER (WHERE (d ->> 'peer_median')::float8 IS DISTINCT FROM p.median) AS other_median,
       count(*) FILTER (WHERE (d ->> 'peers')::bigint IS DISTINCT FROM p.n) AS other_peers
FROM result t
CROSS JOIN LATERAL radar_v(radar_chart('r', t.year::text, t.firm)) d
CROSS JOIN LATERAL (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY q.v / 128) AS median, count(q.v) AS n
                    FROM result q WHERE q.year = t.year AND q.stage = t.stage) p
WHERE t.stage IS NOT NULL AND substr(t.firm, 2)::int <= 12;
-- peers are of the same group, too
SELECT count(*) AS firms,
       count(*) FILTER (WHERE (d ->> 'normalized')::float8 IS DISTINCT FROM t.v / 128) AS other_normalized,
       count(*) FILTER (WHERE (d ->> 'peer_median')::float8 IS DISTINCT FROM p.median) AS other_median,
       count(*) FILTER (WHERE (d ->> 'peers')::bigint IS DISTINCT FROM p.n) AS other_peers
FROM result t
CROSS JOIN LATERAL radar_v(radar_chart('g', t.year::text, t.firm)) d
CROSS JOIN LATERAL (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY q.v / 128) AS median, count(q.v) AS n
                    FROM result q WHERE q.year = t.year AND q.stage = t.stage AND q.city = t.city) p
WHERE t.stage IS NOT NULL AND t.city IS NOT NULL AND substr(t.firm, 2)::int <= 12;
-- the last period by default
SELECT radar_chart('r', entity => 'F8') = radar_chart('r', '2024', 'F8') AS last, radar_chart('r', entity => 'F8') = radar_chart('r', '2023', 'F8') AS first;
-- the whole of one: structure, titles, a value that is missing
SELECT jsonb_pretty(radar_chart('r', entity => 'F14') - 'layer');
SELECT l.place, l.layer ->> 'description' AS description, l.layer -> 'mark' ->> 'type' AS mark, jsonb_object_agg(e.key, e.value -> 'field') AS fields
FROM jsonb_array_elements(radar_chart('r', entity => 'F14') -> 'layer') WITH ORDINALITY AS l(layer, place)
CROSS JOIN LATERAL jsonb_each(l.layer -> 'encoding') e WHERE jsonb_typeof(e.value) = 'object'
GROUP BY l.place, l.layer ORDER BY l.place;
-- without periods, an entity that is an expression, an indicator that is not available
SELECT d ->> 'indicator' AS indicator, d -> 'value' AS value, d -> 'status' AS status, d -> 'normalized' AS normalized, d -> 'peer_median' AS median, d -> 'peers' AS peers
FROM jsonb_array_elements(radar_chart('bare', entity => 'F8-2023') -> 'data' -> 'values') d;
-- names that need quotes in expressions
INSERT INTO result VALUES ('O''Neil "A" \ é', 2024, '杭州', 's', 64, 1, 1);
SELECT radar_chart('r', entity => 'O''Neil "A" \ é') -> 'layer' -> 3 -> 'transform' -> 2 ->> 'calculate' AS who;
DELETE FROM result WHERE firm LIKE 'O%';
-- frozen: the same picture
CREATE TEMP TABLE live AS SELECT radar_chart('g', '2023', 'F9') AS radar, histogram_chart('g', '2023', 'w', 7) AS histogram;
SELECT freeze_scoreboard('g');
SELECT radar = radar_chart('g', '2023', 'F9') AS radar, histogram = histogram_chart('g', '2023', 'w', 7) AS histogram FROM live;

-- ----- histogram

-- bins counted one by one
CREATE FUNCTION other_bins(spec jsonb, y int, bins int) RETURNS TABLE (shown text, rows bigint, other bigint, firms bigint) LANGUAGE sql AS $$
    WITH b AS MATERIALIZED (SELECT (extreme_bounds(r.w, 'iqr(1.5)')).lower AS lo, (extreme_bounds(r.w, 'iqr(1.5)')).upper AS hi FROM result r WHERE r.year = y),
    x AS MATERIALIZED (SELECT 'before' AS shown, r.w AS value FROM result r WHERE r.year = y AND r.w BETWEEN -1e308 AND 1e308 AND r.stage IS NOT NULL
          UNION ALL SELECT 'after', CASE WHEN r.w < b.lo THEN b.lo WHEN r.w > b.hi THEN b.hi ELSE r.w END
          FROM result r, b WHERE r.year = y AND r.w BETWEEN -1e308 AND 1e308 AND r.stage IS NOT NULL)
    SELECT d.shown, count(*), count(*) FILTER (WHERE d.firms <> (SELECT count(*) FROM x WHERE x.shown = d.shown AND x.value >= d."from"
                                                                AND (x.value < d."to" OR d.bin = bins AND x.value <= d."to"))), sum(d.firms)::bigint
    FROM jsonb_to_recordset(spec -> 'data' -> 'values') AS d(shown text, bin int, "from" float8, "to" float8, firms bigint)
    GROUP BY d.shown
$$;
SELECT n AS bins, o.* FROM unnest('{1,4,30,1000}'::int[]) n CROSS JOIN LATERAL other_bins(histogram_chart('r', '2023', 'w', n), 2023, n) o ORDER BY n, o.shown COLLATE "C";
SELECT jsonb_pretty((histogram_chart('r', indicator => 'w', bins => 3) #- '{data,values}') - 'hconcat'::text);
SELECT d FROM jsonb_array_elements(histogram_chart('r', indicator => 'w', bins => 3) -> 'data' -> 'values') d;
-- two panels; the bounds are marked in the first
SELECT p ->> 'title' AS title, jsonb_path_query_array(p, '$.layer[*].mark.type') AS marks, jsonb_path_query_array(p, '$.layer[*].encoding.x.datum') AS bounds, p -> 'layer' -> 0 -> 'transform' AS transform
FROM jsonb_array_elements(histogram_chart('r', indicator => 'w') -> 'hconcat') p;
-- with workers the same
CREATE TEMP TABLE serial AS SELECT b, histogram_chart(b, y, 'w', 9) AS chart, y FROM unnest('{r,g}'::text[]) b, unnest('{2023,2024}'::text[]) y;
SELECT freeze_scoreboard('r');
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT count(*), bool_and(chart = histogram_chart(b, y, 'w', 9)) AS same FROM serial;
COMMIT;
SELECT thaw_scoreboard('r');
SELECT (extreme_bounds(w, 'iqr(1.5)')).lower, (extreme_bounds(w, 'iqr(1.5)')).upper FROM result WHERE year = 2024;
-- values beyond the bounds that are drawn together instead of pulled in, by the formula u + aR ln(1 + (x - u) / aR)
SELECT derive_scheme('drawn', 'plain');
UPDATE indicator SET adjust = 'compress(0.5)' WHERE scheme = 'drawn' AND indicator = 'w';
SELECT create_scoreboard('drawn', 'drawn', 'result', 'firm', 'stage', 'year');
SELECT s.shown, count(*) AS bins, sum(d.firms) AS firms, abs(max(d."to") - max(s.greatest)) < 1e-9 AS ends_there, max(d.firms) FILTER (WHERE d.bin = 5) AS in_the_last
FROM (SELECT b.upper, 1e6 AS raw, b.upper + 0.5 * (b.upper - b.lower) * ln(1 + (1e6 - b.upper) / (0.5 * (b.upper - b.lower))) AS drawn
      FROM (SELECT (extreme_bounds(w, 'iqr(1.5)')).* FROM result WHERE year = 2024) b) t
CROSS JOIN LATERAL (VALUES ('before', t.raw), ('after', t.drawn)) AS s(shown, greatest)
JOIN jsonb_to_recordset(histogram_chart('drawn', '2024', 'w', 5) -> 'data' -> 'values') AS d(shown text, bin int, "from" float8, "to" float8, firms bigint) USING (shown)
GROUP BY s.shown ORDER BY s.shown COLLATE "C";
SELECT drop_scoreboard('drawn');
DELETE FROM scheme WHERE scheme = 'drawn';
-- the last period by default, thirty bins
SELECT histogram_chart('r', indicator => 'w') = histogram_chart('r', '2024', 'w', 30) AS last, histogram_chart('r', indicator => 'w') = histogram_chart('r', '2023', 'w', 30) AS first;
SELECT DISTINCT d ->> 'shown' AS shown, count(*) OVER (PARTITION BY d ->> 'shown') AS bins, sum((d ->> 'firms')::int) OVER (PARTITION BY d ->> 'shown') AS firms
FROM jsonb_array_elements(histogram_chart('bare', NULL, 'v', 5) -> 'data' -> 'values') d ORDER BY 1;

-- values that break naive bins: all equal, one, none, tiny and huge spans, signed zeros
CREATE TABLE odd (kind text, firm int, v float8, w float8, c float8);
INSERT INTO odd SELECT 'equal', i, 3, 3, 3 FROM generate_series(1, 5) i;
INSERT INTO odd VALUES ('one', 1, -2.5, -2.5, 0), ('none', 1, NULL, 'NaN', 'Infinity'), ('huge', 1, 0, -1.7e308, 0), ('huge', 2, 0, 1.7e308, 0), ('huge', 3, 0, 1, 0), ('huge', 4, 0, 1e307, 0),
    ('tiny', 1, 0, 5e-324, 0), ('tiny', 2, 0, 1e-323, 0), ('zero', 1, 0, '-0', 0), ('zero', 2, 0, 0, 0), ('close', 1, 0, 1, 0), ('close', 2, 0, 1 + 2.220446049250313e-16, 0);
SELECT thaw_scoreboard('g');
UPDATE indicator SET extreme = 'none' WHERE scheme = 'plain' AND indicator = 'w';
SELECT create_scoreboard('odd', 'plain', 'odd', 'firm', '''s''', 'kind');
SELECT k AS kind, d -> 'bin' AS bin, (d ->> 'from')::float8 AS "from", (d ->> 'to')::float8 AS "to", d -> 'firms' AS firms FROM unnest('{close,equal,huge,none,one,tiny,zero}'::text[]) k
CROSS JOIN LATERAL jsonb_array_elements(histogram_chart('odd', k, 'w', 4) -> 'data' -> 'values') d WHERE d ->> 'shown' = 'before' ORDER BY k COLLATE "C", d -> 'bin';
SELECT k AS kind, histogram_chart('odd', k, 'w', 4) -> 'title' -> 'subtitle' ->> 0 AS subtitle FROM unnest('{huge,none}'::text[]) k;

-- ----- refused

SELECT attempt(c) FROM unnest(ARRAY[
    'SELECT radar_chart(''nobody'', entity => ''F1'')', 'SELECT radar_chart(NULL, entity => ''F1'')', 'SELECT radar_chart(''r'', entity => NULL)', 'SELECT radar_chart(''r'', entity => ''F999'')',
    'SELECT radar_chart(''r'', ''2025'', ''F1'')', 'SELECT radar_chart(''r'', '' 2024'', ''F1'')', 'SELECT radar_chart(''r'', ''x'', ''F1'')', 'SELECT radar_chart(''bare'', ''2023'', ''F1-2023'')',
    'SELECT radar_chart(''r'', entity => ''F3'')', 'SELECT radar_chart(''g'', entity => ''F2'')',
    'SELECT histogram_chart(''r'', indicator => ''x'')', 'SELECT histogram_chart(''r'', indicator => NULL)', 'SELECT histogram_chart(''r'', indicator => ''w'', bins => 0)', 'SELECT histogram_chart(''r'', indicator => ''w'', bins => 1001)',
    'SELECT histogram_chart(''r'', indicator => ''w'', bins => NULL)', 'SELECT histogram_chart(''bare'', ''2024'', ''w'')']) c;
-- a firm that is there twice
INSERT INTO result SELECT * FROM result WHERE firm = 'F9' AND year = 2024;
SELECT attempt('SELECT radar_chart(''r'', entity => ''F9'')');
-- who may read the views may draw them, and nobody else
CREATE ROLE regress_chart;
GRANT USAGE ON SCHEMA board TO regress_chart;
SET ROLE regress_chart;
SELECT split_part(attempt('SELECT histogram_chart(''r'', indicator => ''w'')'), E'\n', 1) AS attempt;
RESET ROLE;
GRANT SELECT ON result, r_input, r_model, r_score, r_portrait TO regress_chart;
SET ROLE regress_chart;
SELECT jsonb_array_length(histogram_chart('r', indicator => 'w') -> 'data' -> 'values'), jsonb_array_length(radar_chart('r', entity => 'F1') -> 'data' -> 'values');
RESET ROLE;
-- more indicators than have room around a circle: bars, the longest first
INSERT INTO scheme (scheme, title, extreme, provisional) SELECT 'wide' || n, '宽', 'fixed(0,128)', true FROM unnest('{20,21,60}'::int[]) n;
INSERT INTO category (scheme, category) SELECT 'wide' || n, 'only' FROM unnest('{20,21,60}'::int[]) n;
INSERT INTO indicator (scheme, indicator, category, position) SELECT 'wide' || n, 'v' || i, 'only', i FROM unnest('{20,21,60}'::int[]) n, generate_series(1, n) i;
INSERT INTO stage (scheme, stage) SELECT 'wide' || n, 's' FROM unnest('{20,21,60}'::int[]) n;
INSERT INTO weight SELECT 'wide' || n, 's', 'v' || i, 1 FROM unnest('{20,21,60}'::int[]) n, generate_series(1, n) i;
SELECT create_scoreboard('w' || n, 'wide' || n, 'result', 'firm', period => 'year', mapping => (SELECT jsonb_object_agg('v' || i, 'v + ' || i) FROM generate_series(1, n) i))
FROM unnest('{20,21,60}'::int[]) n;
SELECT n, jsonb_array_length(c -> 'data' -> 'values') AS rows, c -> 'params' AS params, c -> 'height' AS height, jsonb_path_query_array(c, '$.layer[*].mark.type') AS marks,
       c #> '{layer,0,encoding,y,sort}' AS sort, jsonb_path_query_array(c, '$.layer[*].encoding.x.field') AS x, jsonb_path_query_array(c, '$.layer[*].encoding.color.datum') AS colors
FROM unnest('{20,21,60}'::int[]) n CROSS JOIN LATERAL radar_chart('w' || n, '2024', 'F1') c ORDER BY n \gx
SELECT drop_scoreboard('w' || n) FROM unnest('{20,21,60}'::int[]) n;
DELETE FROM scheme WHERE scheme ~ '^wide';
SELECT drop_scoreboard('r'), drop_scoreboard('g'), drop_scoreboard('bare'), drop_scoreboard('odd');
DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board CASCADE;
DROP OWNED BY regress_chart;
DROP ROLE regress_chart;
