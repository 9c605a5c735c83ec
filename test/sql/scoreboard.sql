-- scoreboards: creating, reading, several side by side, rebuilding, dropping; numbers against plain SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
RESET client_min_messages;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

-- ---------------------------------------------------------------- what a scoreboard is

SELECT create_scoreboard('hz', 'board', 'firm', entity => 'firm', stage => 'stage', period => 'year', attributes => '{city}');
SELECT * FROM view_columns('hz');
SELECT relname, relkind, reloptions = '{security_invoker=true}' OR current_setting('server_version_num')::int < 150000 AS invoker
FROM pg_class WHERE relnamespace = 'board'::regnamespace AND relname LIKE 'hz\_%' AND relname <> 'hz_rights' ORDER BY 1;
-- only scalars, and a comment on every column of ours
SELECT count(*), count(*) FILTER (WHERE t.typtype <> 'b' OR t.typcategory IN ('A', 'R', 'C') ) AS no_scalar
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'board'::regnamespace AND c.relname LIKE 'hz\_%' AND a.attnum > 0 AND a.attname NOT IN ('model', '_values');
SELECT obj_description(c.oid, 'pg_class') FROM pg_class c
WHERE c.relnamespace = 'board'::regnamespace AND c.relname LIKE 'hz\_%' ORDER BY c.relname;
SELECT a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0
WHERE c.oid IN ('hz_ranking'::regclass, 'hz_model'::regclass) ORDER BY c.relname DESC, a.attnum;
SELECT a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0
WHERE c.oid IN ('hz_detail'::regclass, 'hz_whitelist'::regclass) ORDER BY c.relname, a.attnum;
SELECT scoreboard, scheme, source, entity, stage, period, peers, attributes, mapping, long, search_path, frozen_at,
       model = scheme_model('board') AS model
FROM scoreboard;

-- one model a year, every firm-year scored as plain SQL scores it
SELECT year, is_fitted(model) FROM hz_model ORDER BY 1;
SELECT * FROM compare('hz', 'firm', 'year', 'SELECT firm AS entity, year AS period, year AS grp, stage, a, b, c, d, e FROM firm');
SELECT count(*), count(*) FILTER (WHERE differs(t.x, r.x_score::float8) AND abs(t.x - r.x_score) > 0.00005001
                                     OR abs(t.score - r.score) > 0.00005001 OR t.rank IS DISTINCT FROM r.rank
                                     OR t.stage_rank IS DISTINCT FROM r.stage_rank OR differs(t.percentile, r.percentile)) AS different
FROM hz_ranking r JOIN twin('SELECT firm AS entity, year AS period, year AS grp, stage, a, b, c, d, e FROM firm') t
    ON t.entity = r.firm AND t.period = r.year::text;
-- attributes are the source's
SELECT count(*) FROM firm f JOIN hz_ranking r USING (firm, year, city) JOIN hz_whitelist w USING (firm, year, city)
WHERE f.stage IS NOT DISTINCT FROM r.stage;
-- details add up to the score, have a title and the indicators' order of values
SELECT count(*), count(DISTINCT (firm, year)) AS firms,
       count(*) FILTER (WHERE title IS DISTINCT FROM (ARRAY['甲', '乙', '丙', '丁', '戊'])[ascii(indicator) - 96]) AS wrong_title
FROM hz_detail;
SELECT count(*), count(*) FILTER (WHERE differs(d.points, s.score)) AS different
FROM hz_score s LEFT JOIN (SELECT firm, year, sum(points) AS points FROM hz_detail GROUP BY 1, 2) d USING (firm, year);
SELECT indicator, category, value, lower, upper, normalized, max_points, points, status, title
FROM hz_detail WHERE firm = 'F010' AND year = 2023;

-- ---------------------------------------------------------------- groups, expressions, names

-- no period: one model for all; a second scheme beside the first
SELECT derive_scheme('board-b', 'board', 'B');
UPDATE weight SET weight = CASE indicator WHEN 'a' THEN 100 ELSE 0 END WHERE scheme = 'board-b';
SELECT create_scoreboard('allyears', 'board', 'firm', 'firm || ''/'' || year', 'stage');
SELECT create_scoreboard('only_a', 'board-b', 'firm', 'firm', 'stage', 'year');
SELECT * FROM view_columns('allyears');
SELECT count(*), bool_and(is_fitted(model)) FROM allyears_model;
SELECT * FROM compare('allyears', 'entity', 'NULL', 'SELECT firm || ''/'' || year AS entity, NULL::text AS period, 1 AS grp, stage, a, b, c, d, e FROM firm');
SELECT count(*), count(*) FILTER (WHERE differs(o.score, 100 * d.normalized) AND d.normalized IS NOT NULL) AS different
FROM only_a_score o JOIN hz_detail d USING (firm, year) WHERE d.indicator = 'a';

-- peers: bounds within year and city; peers and attributes may name a column twice
SELECT create_scoreboard('peer', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city,c,stage,year,c}');
SELECT * FROM view_columns('peer');
SELECT count(*), count(DISTINCT city) FROM peer_model;
SELECT * FROM compare('peer', 'firm', 'year', 'SELECT firm AS entity, year AS period, year || city AS grp, stage, a, b, c, d, e FROM firm');
-- the stage may be a peer: groups of like with like
SELECT create_scoreboard('alike', 'board', 'firm', 'firm', 'stage', 'year', peers => '{stage}');
SELECT * FROM view_columns('alike');
SELECT * FROM compare('alike', 'firm', 'year', 'SELECT firm AS entity, year AS period, year || stage AS grp, stage, a, b, c, d, e FROM firm');

-- every column as an expression; what is unknown or in no group has no score
SELECT create_scoreboard('expr', 'board', 'firm', entity => 'lower(firm) || year', stage => 'CASE WHEN c > 0 THEN ''s'' ELSE ''l'' END',
                         period => 'NULLIF(year, 2023) - 2000', mapping => '{"a": "a * 2", "b": null, "c": "c + 0.5", "e": "(SELECT 1 - 0.5)"}');
SELECT * FROM view_columns('expr');
SELECT period, is_fitted(model) FROM expr_model ORDER BY 1;
SELECT * FROM compare('expr', 'entity', 'period', $$
    SELECT lower(firm) || year AS entity, NULLIF(year, 2023) - 2000 AS period, NULLIF(year, 2023) AS grp,
           CASE WHEN c > 0 THEN 's' ELSE 'l' END AS stage, a * 2 AS a, NULL::float8 AS b, c + 0.5::float8 AS c, d, 0.5 AS e FROM firm$$);

-- names: with a schema, quoted, Chinese, to the full length; the same name in two schemas
CREATE SCHEMA "Dash board";
SELECT create_scoreboard('"Dash board".hz', 'board', 'firm', 'firm', 'stage', 'year');
SELECT create_scoreboard('"Dash board"."A ""quoted"" %s; name"', 'board', 'firm', 'firm', 'stage', 'year');
SELECT create_scoreboard('杭州', 'board', 'firm', 'firm', 'stage', 'year');
SELECT create_scoreboard('HZ_Upper', 'board', 'firm', 'firm', 'stage', 'year');
SELECT create_scoreboard(repeat('x', 47), 'board', 'firm', 'firm', 'stage', 'year');
SELECT scoreboard FROM scoreboard ORDER BY scoreboard COLLATE "C";
SELECT relname FROM pg_class WHERE relnamespace = '"Dash board"'::regnamespace ORDER BY relname COLLATE "C";
SELECT count(*), sum(score) = (SELECT sum(score) FROM hz_score) AS same FROM "Dash board"."A ""quoted"" %s; name_score";
-- without a schema: the first of the search_path that has it
SET search_path = "Dash board", board, innovation_score, public;
SELECT drop_scoreboard('hz');
SELECT drop_scoreboard('hz_upper');
SELECT scoreboard FROM scoreboard ORDER BY scoreboard COLLATE "C";
SELECT drop_scoreboard('"A ""quoted"" %s; name"');
SET search_path = board, innovation_score, public;
SELECT drop_scoreboard('杭州'), drop_scoreboard(repeat('X', 47)), drop_scoreboard('expr'), drop_scoreboard('board.allyears'),
       drop_scoreboard('alike');
DROP SCHEMA "Dash board";

-- functions in expressions are found where they were when the scoreboard was made
CREATE SCHEMA tools;
CREATE FUNCTION tools.phase(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN COALESCE($1, 's');
SET search_path = board, tools, innovation_score, public;
SELECT create_scoreboard('phased', 'board', 'firm', 'firm', 'phase(stage)', 'year');
SET search_path = board, innovation_score, public;
SELECT rebuild_scoreboard('phased');
SELECT * FROM compare('phased', 'firm', 'year', 'SELECT firm AS entity, year AS period, year AS grp, COALESCE(stage, ''s'') AS stage, a, b, c, d, e FROM firm');
SELECT drop_scoreboard('phased');

-- ---------------------------------------------------------------- a scheme changes

CREATE ROLE board_reader;
GRANT SELECT ON hz_score, hz_ranking TO board_reader WITH GRANT OPTION;
GRANT SELECT (firm, decision) ON hz_whitelist TO board_reader;
GRANT SELECT ON hz_detail TO PUBLIC;
COMMENT ON VIEW hz_score IS 'our own words';
COMMENT ON COLUMN hz_ranking.city IS 'where';
CREATE FUNCTION privileges() RETURNS TABLE (what text, who text) LANGUAGE sql AS $$
    SELECT c.relname || ' ' || x.privilege_type, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END
           || CASE WHEN is_grantable THEN '*' ELSE '' END
    FROM pg_class c, aclexplode(relacl) x WHERE relnamespace = 'board'::regnamespace AND relname LIKE 'hz\_%' AND grantee <> relowner
    UNION ALL
    SELECT c.relname || '.' || a.attname || ' ' || x.privilege_type, x.grantee::regrole::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(attacl) x
    WHERE relnamespace = 'board'::regnamespace AND relname LIKE 'hz\_%'
    ORDER BY 1, 2
$$;
CREATE TABLE before AS SELECT firm, year, score FROM hz_score;

-- weights only: told, unchanged until it is rebuilt
UPDATE weight SET weight = 60 - weight WHERE scheme = 'board' AND indicator IN ('a', 'b');
SELECT object, problem FROM scheme_problems('board') WHERE object LIKE 'scoreboard%';
SELECT count(*), count(*) FILTER (WHERE b.score IS DISTINCT FROM s.score) AS changed FROM before b JOIN hz_score s USING (firm, year);
SELECT oid AS old_oid FROM pg_class WHERE oid = 'hz_score'::regclass \gset
SELECT rebuild_scoreboard('hz');
SELECT oid = :old_oid AS in_place FROM pg_class WHERE oid = 'hz_score'::regclass;
SELECT count(*), count(*) FILTER (WHERE b.score IS DISTINCT FROM s.score) > 700 AS changed FROM before b JOIN hz_score s USING (firm, year);
SELECT object, problem FROM scheme_problems('board') WHERE object = 'scoreboard board.hz';
SELECT * FROM privileges();
SELECT obj_description('hz_score'::regclass), obj_description('hz_ranking'::regclass), col_description('hz_ranking'::regclass, 3);
UPDATE weight SET weight = 60 - weight WHERE scheme = 'board' AND indicator IN ('a', 'b');

-- a category more, another title: views with other columns, made anew with all that they had
BEGIN;
ALTER VIEW hz_ranking SET (security_barrier = true);
INSERT INTO category (scheme, category, title, position) VALUES ('board', 'm', '中间', 1);
INSERT INTO indicator (scheme, indicator, category, position) VALUES ('board', 'm', 'm', 6);
UPDATE scheme SET title = '新标题', provisional = true WHERE scheme = 'board';
SELECT attempt($$SELECT rebuild_scoreboard('hz')$$);     -- no column m
ALTER TABLE firm ADD m float8 DEFAULT 1;
INSERT INTO weight VALUES ('board', 's', 'm', 1), ('board', 'l', 'm', 1);
SELECT rebuild_scoreboard('hz');
SELECT * FROM view_columns('hz');
SELECT * FROM privileges();
SELECT relname, COALESCE('security_barrier=true' = ANY (reloptions), false) AS barrier FROM pg_class
WHERE oid IN ('hz_model'::regclass, 'hz_ranking'::regclass) ORDER BY 1;
SELECT obj_description('hz_score'::regclass), obj_description('hz_ranking'::regclass), col_description('hz_ranking'::regclass, 3),
       col_description('hz_score'::regclass, 5);
SELECT count(*), count(score) FROM hz_score;
ROLLBACK;

-- a view of the user's on ours is not dropped
CREATE VIEW mine AS SELECT firm FROM hz_score;
SELECT attempt($$SELECT drop_scoreboard('hz')$$);
UPDATE category SET category = 'xx' WHERE scheme = 'board' AND category = 'x';
SELECT attempt($$SELECT rebuild_scoreboard('hz')$$);
DROP VIEW mine;
SELECT rebuild_scoreboard('hz');
SELECT columns FROM view_columns('hz') WHERE view = 'hz_score';
UPDATE category SET category = 'x' WHERE scheme = 'board' AND category = 'xx';
SELECT rebuild_scoreboard('hz');

-- views that are gone come back
DROP VIEW hz_score CASCADE;
SELECT view FROM view_columns('hz');
SELECT rebuild_scoreboard('hz');
SELECT view FROM view_columns('hz');
SELECT * FROM compare('hz', 'firm', 'year', 'SELECT firm AS entity, year AS period, year AS grp, stage, a, b, c, d, e FROM firm');
-- a scheme in use stays
SELECT attempt($$DELETE FROM scheme WHERE scheme = 'board'$$);
UPDATE scheme SET scheme = 'board2' WHERE scheme = 'board';
SELECT scoreboard, scheme FROM scoreboard ORDER BY 1;
UPDATE scheme SET scheme = 'board' WHERE scheme = 'board2';

-- ---------------------------------------------------------------- dropping

DROP VIEW peer_whitelist;
SELECT drop_scoreboard('peer'), drop_scoreboard('only_a'), drop_scoreboard('hz');
SELECT count(*) FROM scoreboard;
SELECT relname FROM pg_class WHERE relnamespace = 'board'::regnamespace AND relkind = 'v';

SET client_min_messages = warning;
DELETE FROM scheme WHERE scheme IN ('board', 'board-b');
DROP SCHEMA board, tools CASCADE;
DROP ROLE board_reader;
