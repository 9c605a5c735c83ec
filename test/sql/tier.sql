-- tiers: cut-off scores, shares, quotas; per stage or region; ties; reasons; migration; a scheme whose score is the value
-- itself makes every tier known beforehand
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

INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('plain', 128, 'fixed(0,128)', 'null');
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'only');
INSERT INTO stage VALUES ('plain', 's'), ('plain', 'l');
INSERT INTO weight VALUES ('plain', 's', 'value', 1), ('plain', 'l', 'value', 7);
CREATE TABLE result (firm text, year int, city text, stage text, value float8);
INSERT INTO result VALUES
    ('A', 2023, '杭州', 's', 90), ('B', 2023, '杭州', 'l', 80), ('C', 2023, '宁波', 's', 80), ('D', 2023, '杭州', 'l', 80), ('E', 2023, '温州', 's', 70),
    ('F', 2023, NULL, 'l', 65), ('G', 2023, '宁波', 's', 60), ('H', 2023, '杭州', 's', 59.99999), ('I', 2023, '宁波', 'l', 10), ('J', 2023, '杭州', 's', NULL), ('K', 2023, '杭州', NULL, 90),
    ('A', 2024, '杭州', 's', 50), ('B', 2024, '杭州', 'l', 85), ('C', 2024, '宁波', 's', 80), ('E', 2024, '温州', 's', NULL), ('G', 2024, '宁波', 's', 81), ('L', 2024, '宁波', 'l', 60),
    ('A', 2025, '杭州', 's', 95), ('L', 2025, '宁波', 'l', 40), ('Z', NULL, '杭州', 's', 99);
SELECT create_scoreboard('t', 'plain', 'result', 'firm', 'stage', 'year', attributes => '{city}');

-- no tiers
SELECT tier, place, reason, count(*) FROM t_tier GROUP BY 1, 2, 3;
SELECT tier, count(*) FROM t_ranking GROUP BY 1;
SELECT count(*) FROM t_migration;

\set show 'SELECT firm, stage, city, score, place, tier, reason FROM t_tier WHERE year = 2023 ORDER BY score DESC NULLS LAST, firm;'
\set same 'SELECT count(*) AS firms, count(r.tier) AS with_tier, count(*) FILTER (WHERE r.tier IS DISTINCT FROM t.tier OR r.score IS DISTINCT FROM t.score) AS other_in_ranking FROM t_ranking r FULL JOIN t_tier t USING (firm, year);'
-- cut-off scores, compared before rounding
SELECT set_tiers('t', 'score', '{甲,乙,丙}', '[80, 60]');
:show
:same
-- other cut-offs for each stage
SELECT set_tiers('t', 'score', '{A,B}', '{"s": [60], "l": [80]}', within => 'stage');
:show
:same
-- shares: 10 % of 9 firms is one, 50 % are five, and three are tied at the second place
SELECT set_tiers('t', 'quantile', '{A,B,C}', '[0.1, 0.5]');
:show
:same
SELECT set_tiers('t', 'quantile', '{A,B,C}', '[0.3, 0.6]', within => 'stage');
:show
:same
-- places; of three tied at the second of two places all have it
SELECT set_tiers('t', 'quota', '{A,B,C}', '[2, 3]');
:show
:same
SELECT set_tiers('t', 'quota', '{A,B,C}', '[1, 1]', within => 'stage');
:show
:same
-- per region, each with its own number of places; who has no region, or whose region has none, has no tier
SELECT set_tiers('t', 'quota', '{A,B,C}', '{"杭州": [1, 2], "宁波": [0, 1]}', within => 'city');
:show
:same
SELECT set_tiers('t', 'quota', '{A,B,C}', '[1, 1]', within => 'CITY');
SELECT firm, year, place, tier, reason FROM t_tier WHERE year IS DISTINCT FROM 2023 ORDER BY year, firm;
:same

-- migration
SELECT set_tiers('t', 'score', '{A,B,C}', '[80, 60]');
SELECT * FROM t_migration ORDER BY from_period, to_period, from_tier, to_tier;
SELECT from_tier, to_tier, movement, firms FROM t_migration WHERE from_period = 2023 AND to_period = 2025 ORDER BY 1, 2;
-- every firm with a tier in one of the two periods is counted once
SELECT m.from_period, m.to_period, sum(firms) AS firms,
       (SELECT count(DISTINCT firm) FROM t_tier t WHERE t.year IN (m.from_period, m.to_period) AND t.tier IS NOT NULL) AS twin
FROM t_migration m GROUP BY 1, 2 ORDER BY 1, 2;

-- comments
SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a WHERE a.attrelid = 't_tier'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT obj_description('t_migration'::regclass, 'pg_class'), col_description('t_ranking'::regclass, (SELECT attnum FROM pg_attribute WHERE attrelid = 't_ranking'::regclass AND attname = 'tier'));

-- the tiers of the scheme count where the scoreboard has none, from the next rebuild on
SET client_min_messages = notice;
SELECT set_tiers(scheme => 'plain', method => 'score', tiers => '{high,low}', cuts => '[70]');
SELECT create_scoreboard('u', 'plain', 'result', 'firm', 'stage', 'year');
SELECT set_tiers(scheme => 'plain', method => 'score', tiers => '{upper,lower}', cuts => '[75]');
SET client_min_messages = warning;
SELECT tier, count(*) FROM u_tier GROUP BY 1 ORDER BY 1;
SELECT rebuild_scoreboard('u'), rebuild_scoreboard('t');
SELECT tier, count(*) FROM u_tier GROUP BY 1 ORDER BY 1;
SELECT tier, count(*) FROM t_tier GROUP BY 1 ORDER BY 1;
SELECT drop_tiers('t');
SELECT tier, count(*) FROM t_tier GROUP BY 1 ORDER BY 1;
SELECT split_part(attempt($$SELECT set_tiers(scheme => 'nobody', method => 'score', tiers => '{a,b}', cuts => '[1]')$$), E'\n', 1) AS attempt;
-- freezing and thawing keep them
SELECT freeze_scoreboard('t'), freeze_scoreboard('u');
:same
SELECT thaw_scoreboard('t');
:same

-- what is refused; the rule is the one before
SELECT set_tiers('t', 'quota', '{A,B}', '[1]', 'city');
SELECT attempt(format('SELECT set_tiers(''t'', %s)', x)) FROM unnest(ARRAY['''nix'', ''{a,b}'', ''[1]''', 'NULL, ''{a,b}'', ''[1]''', '''score'', ''{a}'', ''[]''', '''score'', NULL, ''[1]''', '''score'', ''{a,a}'', ''[1]''',
    '''score'', ''{a,NULL}'', ''[1]''', '''score'', ''{a,""}'', ''[1]''', '''score'', ''{{a,b},{c,d}}'', ''[1]''', '''score'', ''{a,b}'', ''[1,2]''', '''score'', ''{a,b}'', NULL', '''score'', ''{a,b}'', ''3''', '''score'', ''{a,b}'', ''["1"]''', '''score'', ''{a,b}'', ''[null]''',
    '''score'', ''{a,b}'', ''[1e16]''', '''score'', ''{a,b,c}'', ''[1,1]''', '''quantile'', ''{a,b,c}'', ''[0.5,0.5]''', '''quantile'', ''{a,b}'', ''[1]''', '''quantile'', ''{a,b}'', ''[0]''', '''quota'', ''{a,b}'', ''[1.5]''', '''quota'', ''{a,b}'', ''[-1]''',
    '''score'', ''{a,b}'', ''{"s": [1]}''', '''score'', ''{a,b}'', ''{"s": [1, 2]}'', ''stage''', '''score'', ''{a,b}'', ''{"s": 1}'', ''stage''', '''score'', ''{a,b}'', ''[1]'', ''value''', '''score'', ''{a,b}'', ''[1]'', ''x.y''']) x;
SELECT attempt($$SELECT set_tiers('nobody', 'score', '{a,b}', '[1]')$$), attempt($$SELECT drop_tiers(NULL)$$);
SELECT scheme, scoreboard, method, tiers, cuts, within FROM tier_rule ORDER BY 1, 2;
SELECT tier, count(*) FROM t_tier GROUP BY 1 ORDER BY 1;
-- a scheme's tiers by a column that a scoreboard does not show
BEGIN;
SELECT unlock_scheme('plain');     -- a frozen scoreboard uses it
SELECT set_tiers(scheme => 'plain', method => 'quota', tiers => '{A,B}', cuts => '[1]', within => 'city');
COMMIT;
SELECT attempt($$SELECT rebuild_scoreboard('u')$$);
-- names that are ours
CREATE VIEW clash AS SELECT r.*, city AS tier FROM result r;
SELECT attempt($$SELECT create_scoreboard('c', 'plain', 'clash', 'firm', 'stage', 'year', attributes => '{tier}')$$);

-- ---------------------------------------------------------------- 900 firm-years against plain SQL
BEGIN;
SELECT unlock_scheme('plain');
DELETE FROM tier_rule;
COMMIT;
SELECT create_scoreboard('many', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
UPDATE firm SET a = floor(a / 400), b = 0, c = c / 12 * 12, d = 0, city = CASE WHEN firm NOT LIKE '%9' THEN city END;
CREATE FUNCTION compare_tiers(method text, by text) RETURNS TABLE (compared bigint, other bigint, in_ranking bigint, tiered text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_tiers('many', method, '{A,B,C,D}', CASE method WHEN 'score' THEN '[50.5, 40, 21]' WHEN 'quantile' THEN '[0.05, 0.3, 0.71]' ELSE '[7, 20, 55]' END::jsonb, by);
    RETURN QUERY EXECUTE format($query$
        WITH field AS (SELECT firm, year, score, %1$s AS field FROM many_score),
        places AS (SELECT *, rank() OVER (PARTITION BY year, field ORDER BY score DESC NULLS LAST) AS place, count(score) OVER (PARTITION BY year, field) AS n FROM field),
        tiers AS (SELECT *, CASE WHEN score IS NULL OR field IS NULL THEN NULL WHEN %2$s THEN 'A' WHEN %3$s THEN 'B' WHEN %4$s THEN 'C' ELSE 'D' END AS tier FROM places)
        SELECT count(*), count(*) FILTER (WHERE t.tier IS DISTINCT FROM w.tier OR w.place IS DISTINCT FROM CASE WHEN '%5$s' <> 'score' AND t.field IS NOT NULL AND t.score IS NOT NULL THEN t.place END OR w.reason IS NULL),
               count(*) FILTER (WHERE r.tier IS DISTINCT FROM w.tier OR r.score IS DISTINCT FROM w.score),
               (SELECT string_agg(x.tier || ' ' || x.n, ', ' ORDER BY x.tier) FROM (SELECT tier, count(*) AS n FROM tiers GROUP BY 1) x)
        FROM tiers t FULL JOIN many_tier w USING (firm, year) FULL JOIN many_ranking r USING (firm, year)$query$,
        COALESCE(by, '''x'''),
        CASE method WHEN 'score' THEN 'score >= 50.5' WHEN 'quantile' THEN 'place <= ceil(0.05 * n)' ELSE 'place <= 7' END,
        CASE method WHEN 'score' THEN 'score >= 40' WHEN 'quantile' THEN 'place <= ceil(0.3 * n)' ELSE 'place <= 27' END,
        CASE method WHEN 'score' THEN 'score >= 21' WHEN 'quantile' THEN 'place <= ceil(0.71 * n)' ELSE 'place <= 82' END, method);
END
$$;
SELECT m, b, c.* FROM unnest('{score,quantile,quota}'::text[]) m, unnest('{stage,city,NULL}'::text[]) b, LATERAL compare_tiers(m, b) c ORDER BY m, b;
SELECT count(*) AS cells, sum(m.firms) AS firms, count(*) FILTER (WHERE m.firms IS DISTINCT FROM t.firms) AS other, count(DISTINCT m.movement) AS movements
FROM many_migration m FULL JOIN (
    SELECT p.a, p.b, x.tier AS from_tier, y.tier AS to_tier, count(*) AS firms
    FROM (VALUES (2022, 2023), (2022, 2024), (2023, 2024)) p(a, b) CROSS JOIN (SELECT DISTINCT firm FROM firm) f
    LEFT JOIN LATERAL (SELECT tier FROM many_ranking r WHERE r.firm = f.firm AND r.year = p.a) x ON true
    LEFT JOIN LATERAL (SELECT tier FROM many_ranking r WHERE r.firm = f.firm AND r.year = p.b) y ON true
    WHERE COALESCE(x.tier, y.tier) IS NOT NULL GROUP BY 1, 2, 3, 4) t
ON (t.a, t.b) = (m.from_period, m.to_period) AND t.from_tier IS NOT DISTINCT FROM m.from_tier AND t.to_tier IS NOT DISTINCT FROM m.to_tier;

-- neither periods nor groups; a share of more digits than whole numbers hold is taken all the same
SELECT create_scoreboard('one', 'board', 'firm', 'firm || ''/'' || year', 'stage');
SELECT set_tiers('one', 'quantile', '{A,B,C}', '[0.25, 0.3333333333333333]');
SELECT count(*) AS firms, count(*) FILTER (WHERE t.tier IS DISTINCT FROM CASE WHEN t.score IS NULL THEN NULL WHEN e.place <= ceil(0.25 * e.n) THEN 'A' WHEN e.place <= ceil(0.3333333333333333 * e.n) THEN 'B' ELSE 'C' END) AS other,
       count(*) FILTER (WHERE t.tier IS DISTINCT FROM r.tier) AS other_in_ranking
FROM one_tier t JOIN one_ranking r USING (entity) JOIN (SELECT entity, rank() OVER (ORDER BY score DESC NULLS LAST) AS place, count(score) OVER () AS n FROM one_score) e USING (entity);

-- cuts of groups that nobody is in
SELECT attempt($$SELECT set_tiers('many', 'quota', '{A,B}', '{"杭州": [1], "杭洲": [2]}', within => 'city')$$);
SELECT attempt($$SELECT set_tiers('many', 'score', '{A,B}', '{"s": [60], "x": [80]}', within => 'stage')$$);
SELECT cuts FROM tier_rule WHERE scoreboard LIKE '%.many';
SELECT attempt($$SELECT set_tiers('many', 'quota', '{A,B}', '{"杭州": [1], "宁波": [2]}', within => 'city')$$);

-- ---------------------------------------------------------------- further tierings by name: the same as those without, beside them, live and frozen
SELECT set_tiers('many', 'score', '{A,B,C,D}', '[50.5, 40, 21]');
CREATE TABLE first AS SELECT firm, year, tier, place, reason FROM many_tier;
CREATE TABLE moves AS TABLE many_migration;
SELECT set_tiers('many', 'quota', '{重点,优先,一般}', '[7, 20]', within => 'city', tiering => '银行 分档'), set_tiers('many', 'quantile', '{甲,乙}', '[0.3]', within => 'stage', tiering => 'province');
SELECT count(*) FILTER (WHERE m.tier IS DISTINCT FROM f.tier) AS other FROM many_tier m JOIN first f USING (firm, year);
CREATE TABLE named AS SELECT firm, year, tier, place, reason FROM "many_tier_银行 分档";
CREATE TABLE named_moves AS SELECT * FROM "many_migration_银行 分档";
CREATE TABLE shares AS SELECT firm, year, tier, place FROM many_tier_province;
-- a firm's tiers side by side
SELECT t.tier AS tier, b.tier AS bank, p.tier AS province, count(*) > 0 AS some FROM many_tier t JOIN "many_tier_银行 分档" b USING (firm, year) JOIN many_tier_province p USING (firm, year) WHERE year = 2024 AND t.tier = 'A' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- alone, under no name, they are the same
BEGIN;
SELECT set_tiers('many', 'quota', '{重点,优先,一般}', '[7, 20]', within => 'city');
SELECT count(*) AS rows, count(*) FILTER (WHERE m IS DISTINCT FROM n) AS other FROM (SELECT firm, year, tier, place, reason FROM many_tier) m FULL JOIN named n USING (firm, year);
SELECT count(*) FILTER (WHERE m IS DISTINCT FROM n) AS other FROM many_migration m FULL JOIN named_moves n ON m = n;
ROLLBACK;
SELECT freeze_scoreboard('many');
SELECT count(*) FILTER (WHERE m.tier IS DISTINCT FROM n.tier OR m.place IS DISTINCT FROM n.place) AS other FROM "many_tier_银行 分档" m FULL JOIN named n USING (firm, year);
SELECT count(*) FILTER (WHERE m.tier IS DISTINCT FROM n.tier OR m.place IS DISTINCT FROM n.place) AS other FROM many_tier_province m FULL JOIN shares n USING (firm, year);
SELECT count(*) FILTER (WHERE m IS DISTINCT FROM n) AS other FROM many_migration m FULL JOIN moves n ON m = n;
SELECT rebuild_scoreboard('many'), thaw_scoreboard('many');
SELECT count(*) FILTER (WHERE m.tier IS DISTINCT FROM n.tier OR m.place IS DISTINCT FROM n.place) AS other FROM "many_tier_银行 分档" m FULL JOIN named n USING (firm, year);
SELECT tiering, method, tiers, within FROM tier_rule WHERE scoreboard LIKE '%.many' ORDER BY tiering COLLATE "C";
SELECT jsonb_path_query_array(scoreboard_export('many'), '$.tierings[*].tiering');
-- what is refused
CREATE VIEW many_migration_taken AS SELECT 1;
SELECT attempt(format('SELECT set_tiers(%s)', x)) FROM unnest(ARRAY[$$'many', 'score', '{A,B}', '[50]', tiering => 'taken'$$, $$'many', 'score', '{A,B}', '[50]', tiering => repeat('x', 60)$$, $$scheme => 'board', method => 'score', tiers => '{A,B}', cuts => '[50]', tiering => 'x'$$, $$'many', 'quota', '{A,B}', '{"杭洲": [2]}', within => 'city', tiering => 'x'$$]) x;
SELECT attempt($$SELECT drop_tiers('many', 'x')$$);
SELECT drop_tiers('many', '银行 分档'), to_regclass('"many_tier_银行 分档"'), to_regclass('"many_migration_银行 分档"');
SELECT count(*) FILTER (WHERE m.tier IS DISTINCT FROM n.tier) AS other FROM many_tier_province m FULL JOIN shares n USING (firm, year);
DROP VIEW many_migration_taken;

SELECT drop_scoreboard('t'), drop_scoreboard('u'), drop_scoreboard('many'), drop_scoreboard('one');
SELECT count(*) FROM tier_rule;
DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board CASCADE;
