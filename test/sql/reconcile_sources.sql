-- Any number of sources reconciled: against plain SQL over numeric, at the exact edges of tolerances, through aliases and keys that are
-- expressions; what decides; and what is refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA sources;
SET search_path = sources, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- three departments by hand

CREATE TABLE tax (code text, name text, revenue numeric(12,2), staff int, filed date);
CREATE TABLE stat (org text, year text, income numeric, staff bigint, filed date);
CREATE TABLE bank (company text, turnover float8, city text, seen timestamp);
CREATE TABLE crosswalk (alias text, firm text);
COMMENT ON COLUMN tax.revenue IS '营业收入';
INSERT INTO tax VALUES ('A', '启明', 100, 10, '2024-03-01'), ('B', '蓝湖', 200, 20, '2024-03-01'), ('C', '北岸', 300, 30, '2024-03-01'), ('D', '远山', 400, 40, '2024-03-01'),
    ('D', '远山', 401, 40, '2024-04-01'), ('E', '孤', 5, NULL, '2024-03-01'), (NULL, '无', 1, 1, '2024-01-01');
INSERT INTO stat VALUES ('a-1', '2024', 990000, 10, '2024-05-01'), ('b-1', '2024', 2500000, 20, '2024-05-01'), ('c-1', '2024', 3000000, 33, '2024-02-01'), ('d-1', '2024', 4000000, 40, '2024-05-01'),
    ('a-1', '2023', 1, 1, '2024-05-01'), ('zz', '2024', 1, 1, '2024-05-01'), ('both', '2024', 1, 1, '2024-05-01');
INSERT INTO bank VALUES ('启明公司', 100, '杭州', '2024-06-01'), ('蓝湖公司', 250, '宁波', '2024-06-01'), ('北岸公司', 100, '温州', '2024-01-01'), ('F', 9, 'x', '2024-01-01'), ('启明公司', 101, '杭州', '2024-07-01');
INSERT INTO crosswalk VALUES ('a-1', 'A'), ('b-1', 'B'), ('c-1', 'C'), ('d-1', 'D'), ('启明公司', 'A'), ('蓝湖公司', 'B'), ('北岸公司', 'C'), ('both', 'A'), ('both', 'B');
SELECT create_reconciliation('m',
    '{"税务": {"table": "tax", "key": "code", "latest": "filed"}, "统计": {"table": "stat", "key": "org", "where": "year = ''2024''", "latest": "filed"},
      "银行": {"table": "bank", "key": "company", "latest": "seen"}}',
    '{"revenue": {"values": {"统计": "income / 10000", "银行": "turnover::numeric"}, "tolerance": 0.01, "decision": "majority"},
      "newest": {"values": {"税务": "revenue", "统计": "income / 10000", "银行": "turnover"}, "decision": "latest"},
      "staff": {"authority": "统计"}, "city": {}, "名称": {"values": {"税务": "name"}}}', 'crosswalk');
SELECT code, column_name, status, value::numeric + 0 AS value, source, agreeing, sources, round(difference::numeric, 6) AS difference FROM m ORDER BY code, column_name COLLATE "C";
SELECT by_source FROM m WHERE code IN ('A', 'E') AND column_name IN ('newest', 'staff') ORDER BY code, column_name;
SELECT column_name, keys, matched, conflict, single, missing, duplicate_key, conflict_share, round(greatest_difference::numeric, 6) AS greatest FROM m_summary ORDER BY 1;
SELECT * FROM m_sources ORDER BY priority;
SELECT code, round(revenue, 4) AS revenue, newest, staff, city, 名称 FROM m_resolved ORDER BY code;
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, col_description(a.attrelid, a.attnum) AS comment FROM pg_attribute a WHERE attrelid = 'm_resolved'::regclass ORDER BY attnum;
SELECT name, left_source, key, aliases, columns -> 'revenue' ->> 'decision' AS decision, sources -> '银行' ->> 'key' AS key FROM reconciliation;
SELECT count(*) FROM pg_class c WHERE relnamespace = 'sources'::regnamespace AND relname ~ '^m(_|$)' AND obj_description(oid) IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL);
SELECT drop_reconciliation('m');
SELECT count(*) FROM pg_class WHERE relnamespace = 'sources'::regnamespace AND relname ~ '^m(_|$)';

-- the priority of sources, several rows of a key of which none is the latest, keys of two parts that are expressions, types that differ
CREATE TABLE one (id int, y int, v numeric, w text, ok boolean);
CREATE TABLE two (code text, period text, v int, w char(5), ok boolean);
INSERT INTO one VALUES (1, 2024, 5, 'x', true), (1, 2023, 6, 'y', false), (2, 2024, 7, 'z', true), (2, 2024, 7, 'z', true), (3, NULL, 1, 'q', true);
INSERT INTO two VALUES ('No1', 'y2024', 5, 'x', false), ('No2', 'y2024', 8, 'w', true), ('No1', 'y2023', 7, 'y', false);
SELECT create_reconciliation('parts',
    '{"one": {"table": "one", "key": {"firm": "id", "year": "y"}, "priority": 2}, "two": {"table": "two", "key": {"year": "substr(period, 2)::int", "firm": "substr(code, 3)::int"}, "priority": 1}}',
    '{"v": {}, "w": {}, "ok": {}}');
SELECT * FROM parts ORDER BY firm, year, column_name;
SELECT * FROM parts_resolved ORDER BY firm, year;
SELECT source, priority, rows, no_key, keys, duplicate_keys, shared, unmatched FROM parts_sources ORDER BY priority;

-- ---------------------------------------------------------------- the exact edges of tolerances, and equality of exact types

CREATE TABLE near AS SELECT k, 1.00 * k AS a, 0.99 * k AS b, 0.9899 * k AS c, 900000000000000000 + k AS account FROM generate_series(1, 40) k;
SELECT create_reconciliation('edge', '{"x": {"table": "near", "key": "k"}, "y": {"table": "near", "key": "k"}, "z": {"table": "near", "key": "k"}}',
    '{"reached": {"values": {"x": "a", "y": "b"}, "tolerance": 0.01}, "missed": {"values": {"x": "a", "y": "c"}, "tolerance": 0.01}, "binary": {"values": {"x": "a::float8", "y": "b::float8"}, "tolerance": 0.01},
      "account": {"values": {"x": "account", "y": "account", "z": "account + 1"}, "decision": "majority"}}');
SELECT column_name, matched, conflict, conflict_share FROM edge_summary ORDER BY 1;
SELECT count(*) FILTER (WHERE agreeing = 2 AND source = 'x' AND value = (900000000000000000 + k)::text) AS accounts FROM edge WHERE column_name = 'account';
SELECT (_innovation_score.agreement(v, t, NULL)).* FROM (VALUES (ARRAY[1, 0.99, NULL, 'NaN', 'NaN', 'Infinity']::numeric[], 0.01), (ARRAY[NULL]::numeric[], 0), ('{}', 0), (ARRAY[0, -0.0, 5], 2)) x(v, t);
SELECT (_innovation_score.agreement(v, 0.01, 2)).* FROM (VALUES (ARRAY[1, 0.99, NULL, 'NaN', 'NaN', 'Infinity']::float8[]), ('{1,NULL}')) x(v);

-- ---------------------------------------------------------------- four sources of 3,000 keys against plain SQL

CREATE TABLE said AS
SELECT k, s, CASE WHEN draw() < 0.85 THEN round((100 + k % 37) * (ARRAY[1, 1, 1, 0.99, 1.01, 0.98, 1.2])[1 + floor(draw() * 7)::int], 2) END AS v,
       CASE WHEN draw() < 0.85 THEN floor(draw() * 3)::int END AS w, CASE WHEN draw() < 0.9 THEN floor(draw() * 5)::int END AS day
FROM generate_series(1, 3000) k, generate_series(1, 4) s WHERE draw() < 0.9;
INSERT INTO said SELECT k, s, v + 1, w, day FROM said WHERE k % 50 = s;
CREATE VIEW said1 AS SELECT * FROM said WHERE s = 1; CREATE VIEW said2 AS SELECT * FROM said WHERE s = 2; CREATE VIEW said3 AS SELECT * FROM said WHERE s = 3; CREATE VIEW said4 AS SELECT * FROM said WHERE s = 4;
SELECT create_reconciliation('four', '{"a": {"table": "said1", "key": "k", "latest": "day"}, "b": {"table": "said2", "key": "k", "latest": "day"}, "c": {"table": "said3", "key": "k", "latest": "day"}, "d": {"table": "said4", "key": "k", "latest": "day"}}',
    '{"most": {"values": {"a": "v", "b": "v", "c": "v", "d": "v"}, "decision": "majority", "tolerance": 0.01}, "newest": {"values": {"a": "v", "b": "v", "c": "v", "d": "v"}, "decision": "latest"},
      "second": {"values": {"a": "v", "b": "v", "c": "v", "d": "v"}, "authority": "b"}, "word": {"values": {"a": "w::text", "b": "w::text", "c": "w::text", "d": "w::text"}, "decision": "majority"}}');
CREATE TABLE counted AS
SELECT k, s, CASE WHEN count(*) = 1 THEN min(v) END AS v, CASE WHEN count(*) = 1 THEN min(w) END AS w, max(day) AS day, count(*) > 1 AS doubled
FROM (SELECT *, rank() OVER (PARTITION BY k, s ORDER BY day DESC NULLS LAST) AS age FROM said) r WHERE age = 1 GROUP BY k, s;
CREATE INDEX ON counted (k);
ANALYZE counted;
CREATE TABLE voted AS
SELECT *, (SELECT count(*) FROM counted o WHERE o.k = c.k AND abs(o.v - c.v) <= 0.01 * greatest(o.v, c.v)) AS votes,
       (SELECT count(*) FROM counted o WHERE o.k = c.k AND o.w = c.w) AS words FROM counted c;
CREATE TABLE decided AS
SELECT k, (array_agg(v ORDER BY votes DESC, s) FILTER (WHERE v IS NOT NULL))[1] AS most, (array_agg(v ORDER BY day DESC NULLS LAST, s) FILTER (WHERE v IS NOT NULL))[1] AS newest,
       (array_agg(v ORDER BY s <> 2, s) FILTER (WHERE v IS NOT NULL))[1] AS second, (array_agg(w ORDER BY words DESC, s) FILTER (WHERE w IS NOT NULL))[1]::text AS word,
       CASE WHEN bool_or(doubled) THEN 'duplicate_key' WHEN count(v) = 0 THEN 'missing' WHEN count(v) = 1 THEN 'single' WHEN min(votes) FILTER (WHERE v IS NOT NULL) = count(v) THEN 'matched' ELSE 'conflict' END AS status
FROM voted GROUP BY k;
SELECT count(*) AS keys, count(*) FILTER (WHERE (r.most, r.newest, r.second, r.word) IS DISTINCT FROM (d.most, d.newest, d.second, d.word)) AS different
FROM four_resolved r FULL JOIN decided d USING (k);
SELECT d.status, count(*) > 20 AS many, count(*) FILTER (WHERE f.status IS DISTINCT FROM d.status OR f.value::numeric IS DISTINCT FROM d.most) AS different
FROM four f JOIN decided d USING (k) WHERE f.column_name = 'most' GROUP BY 1 ORDER BY 1;
SELECT s.matched = d.matched AND s.conflict = d.conflict AND s.duplicate_key = d.doubled AS same
FROM four_summary s, (SELECT count(*) FILTER (WHERE status = 'matched') AS matched, count(*) FILTER (WHERE status = 'conflict') AS conflict, count(*) FILTER (WHERE status = 'duplicate_key') AS doubled FROM decided) d
WHERE s.column_name = 'most';
-- a scoreboard over what is resolved
INSERT INTO scheme (scheme, title, extreme) VALUES ('resolved', '匹配', 'none');
INSERT INTO category (scheme, category) VALUES ('resolved', 'c');
INSERT INTO indicator (scheme, indicator, category) VALUES ('resolved', 'most', 'c');
INSERT INTO weight VALUES ('resolved', 'all', 'most', 1);
SELECT create_scoreboard('board', 'resolved', 'four_resolved', 'k');
SELECT count(*) > 2900 AS firms, max(score) AS best FROM board_ranking;
SELECT attempt($$SELECT drop_reconciliation('four')$$);
SELECT drop_scoreboard('board');
DELETE FROM scheme WHERE scheme = 'resolved';

-- ---------------------------------------------------------------- what is refused

\set s '''{"x": {"table": "one", "key": "id"}, "y": {"table": "two", "key": "code"}}'''
SELECT attempt(format('SELECT create_reconciliation(''bad'', %L, %L)', s, c)) FROM (VALUES
    ('{}', '{"v": {}}'), ('{"x": {"table": "one", "key": "id"}}', '{"v": {}}'), ('{"x": {"key": "id"}, "y": {"table": "two", "key": "code"}}', '{"v": {}}'),
    ('{"x": {"table": "none", "key": "id"}, "y": {"table": "two", "key": "code"}}', '{"v": {}}'), ('{"x": {"table": "one"}, "y": {"table": "two", "key": "code"}}', '{"v": {}}'),
    ('{"x": {"table": "one", "key": "nothing"}, "y": {"table": "two", "key": "code"}}', '{"v": {}}'), ('{"x": {"table": "one", "key": "id", "kee": 1}, "y": {"table": "two", "key": "code"}}', '{"v": {}}'),
    ('{"x": {"table": "one", "key": {"a": "id", "b": "y"}}, "y": {"table": "two", "key": "code"}}', '{"v": {}}'), ('{"x": {"table": "one", "key": "id"}, "x": {"table": "two", "key": "code"}}', '{"v": {}}'),
    (:s, '{}'), (:s, '{"v": 1}'), (:s, '{"v": {"decision": "vote"}}'), (:s, '{"v": {"tolerance": 3}}'), (:s, '{"v": {"values": {"q": "v"}}}'), (:s, '{"v": {"authority": "q"}}'),
    (:s, '{"v": {"decision": "latest"}}'), (:s, '{"nowhere": {}}'), (:s, '{"y": {}}'), (:s, '{"v": {"values": {"x": "v +"}}}'), (:s, '{"v": {"values": {"x": 5}}}'),
    ('{"x": {"table": "one", "key": "id", "latest": "y"}, "y": {"table": "two", "key": "code", "latest": "w"}}', '{"v": {"decision": "latest"}}'),
    ('{"x": {"table": "one", "key": "id", "where": "v"}, "y": {"table": "two", "key": "code"}}', '{"v": {}}')) AS x(s, c);
SELECT attempt('SELECT create_reconciliation(''parts'', ' || quote_literal(:s) || ', ''{"v": {}}'')'), attempt('SELECT create_reconciliation(''bad'', NULL, ''{"v": {}}'')'),
       attempt('SELECT create_reconciliation(''bad'', ' || quote_literal(:s) || ', ''{"v": {}}'', ''one'')');
SELECT count(*) FROM reconciliation WHERE name LIKE '%bad%';
SELECT drop_reconciliation(r) FROM unnest('{parts,edge,four}'::text[]) r;
DROP SCHEMA sources CASCADE;
