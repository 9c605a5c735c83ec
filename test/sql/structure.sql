-- structure: Herfindahl's index, concentration ratios and location quotients against queries that say the same
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
CREATE SCHEMA trade;
SET search_path = trade, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- by hand: shares of 0.5, 0.3 and 0.2
SELECT herfindahl(v), concentration(v, 1) AS cr1, concentration(v, 2) AS cr2, concentration(v, 5) AS cr5 FROM unnest('{3,NULL,5,2}'::numeric[]) v;
SELECT n, herfindahl(v), concentration(v, 4) FROM (VALUES (1, 7::numeric), (2, 0), (2, 0), (3, NULL), (4, 1), (4, 1), (4, 1), (4, 1), (4, 1)) t(n, v) GROUP BY n ORDER BY n;
SELECT herfindahl(v), concentration(v, 4), location_quotient(v, true, true) FROM unnest('{}'::numeric[]) v;
-- 4 of 10 in the region against 10 of 40 in all
SELECT location_quotient(v, r, i) FROM (VALUES (4, true, true), (6, true, false), (6, false, true), (24, false, false), (NULL, true, true), (0, NULL, NULL)) t(v, r, i);
SELECT attempt(format('SELECT %s FROM (VALUES (1), (%s)) t(v)', f, v)) FROM unnest(ARRAY['herfindahl(v)', 'concentration(v, 2)', 'location_quotient(v, true, true)']) f, unnest(ARRAY['-1', '''NaN''::numeric', '''Infinity''::numeric']) v;
SELECT attempt('SELECT concentration(1, ' || k || ')') FROM unnest(ARRAY['0', '1001', 'NULL']) k;
SELECT attempt('SELECT concentration(1, k) FROM generate_series(1, 2) k');

-- patents of 3,000 firms in 5 regions and 7 industries over two years
CREATE TABLE patents AS
SELECT (ARRAY['杭州', '宁波', '温州', '嘉兴', '湖州'])[1 + abs(hashtextextended(i::text, 1)) % 5] AS region, (ARRAY['新材料', '生物医药', '人工智能', '新能源', '装备', '船舶', '纺织'])[1 + abs(hashtextextended(i::text, 2)) % 7] AS industry,
       'F' || i AS entity, y AS period, CASE WHEN i % 41 > 0 THEN abs(hashtextextended(i || ',' || y, 3)) % 50 END AS value
FROM generate_series(1, 3000) i, generate_series(2022, 2023) y WHERE abs(hashtextextended(i || ',' || y, 4)) % 10 > 0;
CREATE TABLE position AS SELECT * FROM industry_positions('patents', '2023', '2022', 3);
WITH p AS (SELECT * FROM patents WHERE period = 2023 AND value IS NOT NULL), total AS (SELECT sum(value) AS v FROM p),
     cell AS (SELECT region, industry, sum(value)::numeric AS v, count(*) FILTER (WHERE value > 0) AS n FROM p GROUP BY 1, 2),
     twin AS (SELECT c.*, (SELECT sum((p.value / c.v) ^ 2) FROM p WHERE (p.region, p.industry) = (c.region, c.industry)) AS h,
                     (SELECT sum(t.value) / c.v FROM (SELECT p.value FROM p WHERE (p.region, p.industry) = (c.region, c.industry) ORDER BY 1 DESC LIMIT 3) t) AS top,
                     c.v / (SELECT sum(x.v) FROM cell x WHERE x.industry = c.industry) AS share,
                     (c.v / (SELECT sum(x.v) FROM cell x WHERE x.region = c.region)) / ((SELECT sum(x.v) FROM cell x WHERE x.industry = c.industry) / total.v) AS lq,
                     c.v / (SELECT sum(b.value) FROM patents b WHERE b.period = 2022 AND (b.region, b.industry) = (c.region, c.industry)) - 1 AS growth,
                     total.v::numeric / (SELECT sum(b.value) FROM patents b WHERE b.period = 2022) - 1 AS all_growth FROM cell c, total)
SELECT count(*) AS cells, count(*) FILTER (WHERE o.value <> t.v OR o.firms <> t.n) AS other_size, count(*) FILTER (WHERE NOT abs(o.herfindahl - t.h) <= 1e-12) AS other_herfindahl,
       count(*) FILTER (WHERE NOT abs(o.top_share - t.top) <= 1e-12) AS other_top, count(*) FILTER (WHERE NOT abs(o.share - t.share) <= 1e-12) AS other_share, count(*) FILTER (WHERE NOT abs(o.quotient - t.lq) <= 1e-11) AS other_quotient,
       count(*) FILTER (WHERE NOT abs(o.growth - t.growth) <= 1e-12) AS other_growth,
       count(*) FILTER (WHERE o.quadrant <> CASE WHEN t.growth >= t.all_growth THEN CASE WHEN t.lq >= 1 THEN 'leading' ELSE 'emerging' END ELSE CASE WHEN t.lq >= 1 THEN 'mature' ELSE 'weak' END END) AS other_quadrant
FROM position o FULL JOIN twin t USING (region, industry);
SELECT quadrant, count(*) FROM position GROUP BY 1 ORDER BY 1;
-- the aggregate says the same of each cell
SELECT count(*) FILTER (WHERE o.quotient <> q.lq) AS other FROM position o, LATERAL (SELECT location_quotient(p.value, p.region = o.region, p.industry = o.industry) AS lq FROM patents p WHERE p.period = 2023) q;
-- without an earlier period there is no growth; an industry that a region did not have has none, either
SELECT count(*), count(growth), count(quadrant), count(quotient) FROM industry_positions('patents', '2023');
DELETE FROM patents WHERE period = 2022 AND region = '湖州' AND industry = '纺织';
SELECT growth, quadrant, value > 0 AS there FROM industry_positions('patents', '2023', '2022') WHERE region = '湖州' AND industry = '纺织';
SELECT count(*) FROM industry_positions('patents', '1999');

-- workers and one process
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
ALTER TABLE patents SET (parallel_workers = 2);
CREATE TABLE result AS SELECT herfindahl(value), concentration(value, 20), location_quotient(value, region = '杭州', industry = '装备') FROM patents;
SET max_parallel_workers_per_gather = 0;
SELECT r = ROW(herfindahl(value), concentration(value, 20), location_quotient(value, region = '杭州', industry = '装备')) AS same FROM result r, patents GROUP BY r;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

CREATE VIEW nameless AS SELECT region, industry, entity AS firm, period, value FROM patents;
SELECT attempt('SELECT industry_positions(''nameless'', ''2023'')');
SELECT attempt('SELECT industry_positions(''patents'', NULL)');
SELECT attempt('SELECT industry_positions(NULL, ''2023'')');
SELECT attempt('SELECT industry_positions(''patents'', ''2023'', k => 0)');
SELECT attempt('SELECT industry_positions(''patents'', ''2023'', ''2023'')');
SET client_min_messages = warning;
DROP SCHEMA trade CASCADE;
