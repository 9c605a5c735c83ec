-- reconcile: two sources matched, compared with a plain FULL JOIN; authoritative values, chains, and what is refused
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA reconcile;
SET search_path = reconcile, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- numbers

SELECT relative_difference(100, 99), relative_difference(-100, -99), relative_difference(0, -0.0), relative_difference(0, 5), relative_difference(1, -1),
       relative_difference(1, -0.5), relative_difference(1e308, -1e308), relative_difference(5e-324, 1e308), relative_difference(5e-324, 1e-323),
       relative_difference('NaN', 'NaN'), relative_difference('NaN', 1), relative_difference('Infinity', 'Infinity'), relative_difference('Infinity', '-Infinity'),
       relative_difference(1, 'Infinity'), relative_difference(NULL, 1);

-- ---------------------------------------------------------------- every status and type

CREATE TABLE tax (code text, year int, revenue numeric, rd real, city text, ok boolean, founded date, stage text);
CREATE TABLE "统计 ""局""" ("企业代码" varchar(20), year bigint, "营业 ""收入""" float8, rd float8, city char(10), ok boolean, founded timestamp, note text);
INSERT INTO tax VALUES
    ('A', 2024, 100, 0.1, '杭州', true, '2020-01-31', 's'), ('B', 2024, 0.3, 5, '宁波', false, '2020-01-31', 's'), ('C', 2024, NULL, 5, 'x', NULL, NULL, 's'),
    ('D', 2024, 7, 5, 'x', NULL, NULL, 's'), ('D', 2024, 8, 5, 'x', NULL, NULL, 's'), ('E', 2024, 200, 1, 'a', true, NULL, NULL),
    ('G', 2024, 1, 1, 'a', true, NULL, 's'), (NULL, 2024, 200, 1, 'a', true, NULL, 's'), ('A', 2023, 0, 'NaN', '', NULL, NULL, 's');
INSERT INTO "统计 ""局""" VALUES
    ('A', 2024, 100.5, 0.1, '杭州', true, '2020-01-31', 'n'), ('B', 2024, 0.1 + 0.2::float8, 6, '宁波', true, '2020-01-30', 'n'), ('C', 2024, 3, NULL, 'x', NULL, NULL, 'n'),
    ('D', 2024, 7, 5, 'x', NULL, NULL, 'n'), ('F', 2024, 5, 5, 'x', NULL, NULL, 'n'), ('G', 2024, 1, 1, 'A', true, NULL, 'n'), ('G', 2024, 1, 1, 'A', true, NULL, 'n'),
    (NULL, 2024, 1, 1, 'A', true, NULL, 'n'), ('A', 2023, -0.0, 'NaN', NULL, NULL, NULL, 'n');
SELECT create_reconciliation('r', 'tax', '"统计 ""局"""', ARRAY['code = 企业代码', 'year'],
    '{"revenue": {"right": "营业 \"收入\"", "tolerance": 0.01}, "rd": {"authority": "right"}, "city": {}, "ok": {}, "founded": {"right": "founded::date"},
      "stage": {"right": null}, "note": {"left": null}, "twice": {"left": "revenue * 2", "right": "rd"}}');
SELECT * FROM r ORDER BY code COLLATE "C", year, left_value IS NULL, column_name COLLATE "C", status;
SELECT * FROM r_summary ORDER BY column_name COLLATE "C";
SELECT * FROM r_resolved ORDER BY code COLLATE "C", year;
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a WHERE attrelid = 'r_resolved'::regclass ORDER BY attnum;
SELECT name, left_source, right_source, key, columns, tolerance FROM reconciliation;
SELECT obj_description('r'::regclass), col_description('r'::regclass, 4), obj_description('r_resolved'::regclass);
SELECT count(*) FROM pg_class WHERE oid IN ('r'::regclass, 'r_summary'::regclass, 'r_resolved'::regclass)
    AND (reloptions = '{security_invoker=true}' OR current_setting('server_version_num')::int < 150000);

-- ---------------------------------------------------------------- 20,000 firms against a plain FULL JOIN

CREATE TABLE one AS SELECT i AS id, CASE WHEN i % 17 <> 0 THEN (i * 7919 % 10007 / 7.0)::float8 END AS v, CASE WHEN i % 13 <> 0 THEN (i % 5)::text END AS w
FROM generate_series(1, 20000) i WHERE i % 10 <> 1;
CREATE TABLE two AS SELECT i::bigint AS id, CASE WHEN i % 19 <> 0 THEN (i * 7919 % 10007 / 7.0 * CASE WHEN i % 23 = 0 THEN 1.02 WHEN i % 29 = 0 THEN 1.005 ELSE 1 END)::float8 END AS v,
       CASE WHEN i % 11 <> 0 THEN (i % 5 + (i % 100 = 0)::int)::text END AS w
FROM generate_series(1, 20000) i WHERE i % 10 <> 2;
INSERT INTO one SELECT * FROM one WHERE id % 1000 = 3;
INSERT INTO two SELECT * FROM two WHERE id % 1000 = 4;
SELECT create_reconciliation('big', 'one', 'two', 'id', '{"v": {"tolerance": 0.01, "authority": "right"}, "w": {}}');
CREATE TABLE expected AS
SELECT COALESCE(a.id, b.id) AS id, c, CASE WHEN COALESCE(a.id, b.id) % 1000 IN (3, 4) THEN 'duplicate_key' WHEN x IS NULL AND y IS NULL THEN 'missing' WHEN y IS NULL THEN 'only_left'
           WHEN x IS NULL THEN 'only_right' WHEN c = 'v' AND abs(x::float8 - y::float8) <= 0.01 * greatest(x::float8, y::float8) OR c = 'w' AND x = y THEN 'matched' ELSE 'conflict' END AS status,
       CASE WHEN COALESCE(a.id, b.id) % 1000 <> 3 THEN x END AS x, CASE WHEN COALESCE(a.id, b.id) % 1000 <> 4 THEN y END AS y
FROM (SELECT DISTINCT * FROM one) a FULL JOIN (SELECT DISTINCT * FROM two) b ON a.id = b.id, LATERAL (VALUES ('v', a.v::text, b.v::text), ('w', a.w, b.w)) u(c, x, y);
CREATE INDEX ON expected (id);
SELECT count(*) AS compared, count(*) FILTER (WHERE (e.status, e.x, e.y) IS DISTINCT FROM (b.status, b.left_value, b.right_value)) AS different
FROM expected e FULL JOIN big b ON b.id = e.id AND b.column_name = e.c;
SELECT status, count(*) FROM expected WHERE c = 'v' GROUP BY 1 ORDER BY 1;
SELECT * FROM big_summary ORDER BY 1;
SELECT count(*) AS keys, count(DISTINCT id) AS distinct_keys,
       count(*) FILTER (WHERE v IS DISTINCT FROM (SELECT COALESCE(y, x)::float8 FROM expected e WHERE e.id = r.id AND c = 'v')
                           OR w IS DISTINCT FROM (SELECT COALESCE(x, y) FROM expected e WHERE e.id = r.id AND c = 'w')) AS different
FROM big_resolved r WHERE id <= 1500;
-- a condition on the key reaches the indexes of both sources
CREATE INDEX ON one (id);
CREATE INDEX ON two ((id));
CREATE FUNCTION reads_all(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Filter: .*id. = 77|Filter: \(id = 77|Index Cond' THEN RETURN false; END IF;
    END LOOP;
    RETURN true;
END
$$;
SELECT reads_all('SELECT * FROM big_resolved WHERE id = 77');

-- ---------------------------------------------------------------- three sources, and a scoreboard over the result

CREATE TABLE bank (id int, v numeric, loans numeric);
INSERT INTO bank SELECT i, 5, i FROM generate_series(1, 30) i;
SELECT create_reconciliation('three', 'big_resolved', 'bank', 'id', '{"v": {}, "loans": {"left": null}, "x": {"left": "v", "right": "loans"}}', tolerance => 0.5);
SELECT column_name, keys, matched + conflict AS both_sides FROM three_summary ORDER BY 1;
SELECT derive_scheme('two indicators', 'national-2024');
DELETE FROM indicator WHERE scheme = 'two indicators' AND indicator NOT IN ('revenue', 'venture_capital');
SELECT create_scoreboard('board', 'two indicators', 'three_resolved', 'id', stage => '''growth''', mapping => '{"revenue": "v", "venture_capital": "loans"}');
SELECT count(*), count(score) FROM board_score;
SELECT attempt($$SELECT drop_reconciliation('three')$$) ~ '^2BP01: the views of reconciliation reconcile.three cannot be dropped' AS kept;
SELECT drop_scoreboard('board');
SELECT drop_reconciliation('reconcile.three');
DELETE FROM scheme WHERE scheme = 'two indicators';

-- ---------------------------------------------------------------- what is refused leaves nothing behind

-- decimals at the very edge: b is a less a hundredth, as numeric, as whole numbers and as doubles; and the last digit of an account
CREATE TABLE edge_left AS SELECT i AS id, i::numeric AS n, (i * 100)::bigint AS w, i::float8 AS f, 900719925474099200 + i AS account, 1e300::numeric * i AS huge
    FROM generate_series(1, 120) i;
CREATE TABLE edge_right AS SELECT id, n * 0.99 AS n, w - w / 100 AS w, f - f / 100 AS f, account + CASE WHEN id % 3 = 0 THEN 1 ELSE 0 END AS account, huge FROM edge_left;
INSERT INTO edge_left VALUES (121, 'NaN', 0, 'Infinity', 1, 'Infinity'), (122, 'NaN', 0, '-Infinity', 1, 'Infinity'), (123, 0, 0, 0, 1, '-Infinity');
INSERT INTO edge_right VALUES (121, 'NaN', 0, 'Infinity', 1, 'Infinity'), (122, 1, 1, 1, 1, 5), (123, 0, 0, '-0', 1, 'Infinity');
SELECT create_reconciliation('edge', 'edge_left', 'edge_right', 'id', '{"n": {"tolerance": 0.01}, "w": {"tolerance": 0.01}, "f": {"tolerance": 0.01}, "account": {}, "huge": {"tolerance": 1}}');
SELECT column_name, matched, conflict, conflict_share FROM edge_summary ORDER BY 1;
SELECT id, column_name, difference FROM edge WHERE id > 120 AND status = 'conflict' ORDER BY 1, 2;
-- a twin in plain SQL
SELECT count(*) FILTER (WHERE (e.status = 'matched') <> (abs(l.n - r.n) <= 0.01 * l.n)) AS n_differs, count(*) FROM edge e JOIN edge_left l USING (id) JOIN edge_right r USING (id)
WHERE e.column_name = 'n' AND id <= 120;
UPDATE edge_right SET n = n - 0.0000000001 WHERE id <= 120;
SELECT column_name, matched, conflict FROM edge_summary WHERE column_name = 'n';
SELECT drop_reconciliation('edge');

CREATE FUNCTION refused(key text, columns text, tolerance text DEFAULT '0') RETURNS text LANGUAGE sql AS $$
    SELECT reconcile.attempt(format('SELECT create_reconciliation(''bad'', ''one'', ''two'', %s, %L::jsonb, %s)', key, columns, tolerance))
$$;
SELECT refused('''id''', c) FROM unnest(ARRAY[NULL, '{}', '[]', '{"v": 1}', '{"v": {"lefty": "v"}}', '{"v": {"authority": "middle"}}', '{"v": {"tolerance": -1}}', '{"v": {"tolerance": "1"}}',
    '{"v": {"tolerance": 1e400}}', '{"v": {"left": 1}}', '{"v": {"left": null, "right": null}}', '{"v": {"left": null}}', '{"nothing": {}}', '{"v": {"left": "sum(v)"}}', '{"v": {"left": "v) FROM one; --"}}',
    '{"v": {"left": "ARRAY[v]"}}', '{"id": {}}']) c;
SELECT refused(k, '{"v": {}}') FROM unnest(ARRAY['NULL::text', '''''', '''{}''', '''x''', '''id = x''', 'ARRAY[''id'', NULL]', 'ARRAY[''id'', ''id'']', '''id + 1''']) k;
SELECT refused('''id''', '{"v": {}}', t) FROM unnest(ARRAY['-1', '''NaN''', '3']) t;
SELECT attempt(format('SELECT create_reconciliation(%L, ''one'', ''two'', ''id'', ''{"v": {}}'')', n))
FROM unnest(ARRAY[NULL, '', 'a.b.c', 'no_schema.x', 'big', repeat('x', 55), 'x; DROP TABLE one']) n;
SELECT attempt($$SELECT create_reconciliation('one', 'one', 'two', 'id', '{"v": {}}')$$), attempt($$SELECT drop_reconciliation('bad')$$), attempt($$SELECT drop_reconciliation(NULL)$$);
SELECT name FROM reconciliation ORDER BY name COLLATE "C";
SELECT relname FROM pg_class WHERE relnamespace = 'reconcile'::regnamespace AND relkind = 'v' ORDER BY relname COLLATE "C";
SELECT create_reconciliation('"名称 ""x"""', 'one', 'two', '{id}', '{"v": {}}');
SELECT count(*) > 0 AS there FROM "名称 ""x""_resolved";
SELECT drop_reconciliation('"名称 ""x"""'), drop_reconciliation('big'), drop_reconciliation('r');
SELECT count(*) FROM reconciliation;
RESET search_path;
DROP SCHEMA reconcile CASCADE;
