-- scoreboards over every kind of source, column and name
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
\set plain 'SELECT firm AS entity, year AS period, year AS grp, stage, a, b, c, d, e FROM firm'

-- ---------------------------------------------------------------- kinds of relations

CREATE VIEW firm_view AS SELECT * FROM firm;
CREATE MATERIALIZED VIEW firm_matview AS SELECT * FROM firm;
CREATE TABLE firm_parted (LIKE firm) PARTITION BY LIST (year);
CREATE TABLE firm_2022 PARTITION OF firm_parted FOR VALUES IN (2022);
CREATE TABLE firm_2023 PARTITION OF firm_parted FOR VALUES IN (2023) PARTITION BY HASH (firm);
CREATE TABLE firm_2023_0 PARTITION OF firm_2023 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE firm_2023_1 PARTITION OF firm_2023 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE firm_rest PARTITION OF firm_parted DEFAULT;
INSERT INTO firm_parted SELECT * FROM firm ORDER BY a DESC;
CREATE TABLE firm_parent (LIKE firm);
CREATE TABLE firm_child () INHERITS (firm_parent);
INSERT INTO firm_parent SELECT * FROM firm WHERE c = 0;
INSERT INTO firm_child SELECT * FROM firm WHERE c > 0;
SELECT create_scoreboard('plain', 'board', 'firm', 'firm', 'stage', 'year');
SELECT create_scoreboard('viewed', 'board', 'firm_view', 'firm', 'stage', 'year');
SELECT create_scoreboard('stored', 'board', 'firm_matview', 'firm', 'stage', 'year');
SELECT create_scoreboard('parted', 'board', 'firm_parted', 'firm', 'stage', 'year');
SELECT create_scoreboard('inherited', 'board', 'firm_parent', 'firm', 'stage', 'year');
SELECT source, c.* FROM (VALUES ('plain'), ('viewed'), ('stored'), ('parted'), ('inherited')) v(source), compare(source, 'firm', 'year', :'plain') c;
-- bit by bit, models and scores, however the rows are spread and read
CREATE FUNCTION same(scoreboard text) RETURNS TABLE (models bigint, other_models bigint, scores bigint, other_scores bigint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT (SELECT count(*) FROM %1$s_model), (SELECT count(*) FROM %1$s_model m FULL JOIN plain_model p USING (year)
                                                   WHERE m.model::text IS DISTINCT FROM p.model::text),
               (SELECT count(*) FROM %1$s_score), (SELECT count(*) FROM %1$s_score s FULL JOIN plain_score p USING (firm, year)
                   WHERE (float8send(s.score), float8send(s.x_score), float8send(s.y_score), s.stage)
                         IS DISTINCT FROM (float8send(p.score), float8send(p.x_score), float8send(p.y_score), p.stage))
        $query$, scoreboard);
END
$$;
SELECT source, s.* FROM (VALUES ('viewed'), ('stored'), ('parted'), ('inherited')) v(source), same(source) s;
SET enable_partitionwise_aggregate = on;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
SELECT source, s.* FROM (VALUES ('plain'), ('viewed'), ('stored'), ('parted'), ('inherited')) v(source), same(source) s;
RESET enable_partitionwise_aggregate;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- empty, and one firm
CREATE TABLE nobody (LIKE firm);
SELECT create_scoreboard('nobody', 'board', 'nobody', 'firm', 'stage');
SELECT create_scoreboard('nobody_year', 'board', 'nobody', 'firm', 'stage', 'year');
SELECT is_fitted(model), model::jsonb -> 'indicators' -> 0 -> 'bounds' ->> 'n' AS n FROM nobody_model;
SELECT count(*) FROM nobody_year_model;
SELECT (SELECT count(*) FROM nobody_score), (SELECT count(*) FROM nobody_ranking), (SELECT count(*) FROM nobody_detail),
       (SELECT count(*) FROM nobody_whitelist), (SELECT count(*) FROM nobody_year_ranking);
INSERT INTO nobody SELECT * FROM firm WHERE firm = 'F002' AND year = 2022;
SELECT r.firm, r.year, r.score, r.rank, r.stage_rank, r.percentile, d.indicator, d.status, d.points
FROM nobody_year_ranking r JOIN nobody_year_detail d USING (firm, year) ORDER BY d.indicator;

-- ---------------------------------------------------------------- a long source: a row a firm, year and indicator

CREATE TABLE long_firm AS
SELECT firm, year, stage, city, v.name AS item, v.value
FROM firm, LATERAL (VALUES ('a', a::text::numeric), ('b', b), ('指标c', c), ('d', d), ('e', e::text::numeric), ('unknown', 4711)) v(name, value)
WHERE v.value IS NOT NULL OR v.name = 'a';
SELECT create_scoreboard('tall', 'board', 'long_firm', 'firm', 'stage', 'year', attributes => '{city}', mapping => '{"c": "指标c"}',
                         long => '{"indicator": "item", "value": "value"}');
SELECT * FROM view_columns('tall');
SELECT * FROM compare('tall', 'firm', 'year', :'plain');
SELECT * FROM same('tall');
SELECT count(*) FROM tall_ranking JOIN firm USING (firm, year, city);
-- expressions, an indicator that is not available, peers
SELECT create_scoreboard('tall2', 'board', 'long_firm', 'upper(firm)', 'stage', 'year', peers => '{city}', mapping => '{"c": "指标c", "b": null}',
                         long => '{"indicator": "lower(item)", "value": "value * 2"}');
SELECT * FROM compare('tall2', 'entity', 'year', 'SELECT firm AS entity, year AS period, year || city AS grp, stage, a * 2 AS a, NULL::float8 AS b, c * 2 AS c, d * 2 AS d, e * 2 AS e FROM firm');
-- the same value twice is one value, two values are an error
INSERT INTO long_firm SELECT * FROM long_firm WHERE firm = 'F002' AND year = 2022;
SELECT * FROM compare('tall', 'firm', 'year', :'plain');
INSERT INTO long_firm SELECT firm, year, stage, city, item, value + 1 FROM long_firm WHERE firm = 'F002' AND year = 2022 AND item = 'd' LIMIT 1;
SELECT attempt('SELECT sum(score) FROM tall_score') ~ '^21000:';
SELECT attempt('SELECT sum(score) FROM tall_score WHERE year = 2023');

-- ---------------------------------------------------------------- names: Chinese, mixed case, quotes, keywords

CREATE TABLE "企业 表; DROP" ("企业名称" text, "Year" int, "阶段" varchar(10), "所在 城市" char(6), "研发""费用" float8, "B%s" numeric,
                              "select" smallint, "d'd" bigint, "E\e" real, "order" int);
COMMENT ON COLUMN "企业 表; DROP"."企业名称" IS '统一社会信用代码';
COMMENT ON COLUMN "企业 表; DROP"."所在 城市" IS '注册地';
INSERT INTO "企业 表; DROP" SELECT firm, year, stage, city, a, b, c, d, e, 1 FROM firm;
SELECT create_scoreboard('"榜 1"', 'board', '"企业 表; DROP"', '企业名称', '阶段', 'Year', attributes => '{所在 城市,order}',
                         mapping => '{"a": "研发\"费用", "b": "B%s", "c": "\"select\"", "d": "d''d", "e": "E\\e"}');
SELECT * FROM view_columns('"榜 1"');
SELECT * FROM compare('"榜 1"', '"企业名称"', '"Year"', :'plain');
SELECT col_description('"榜 1_ranking"'::regclass, 1), col_description('"榜 1_ranking"'::regclass, 3);
SELECT "企业名称", "Year", "所在 城市", "order", stage, rank FROM "榜 1_ranking" ORDER BY rank, "Year" LIMIT 3;
-- an identifier finds its column as it would in SQL
SELECT create_scoreboard('folded', 'board', 'firm', 'FIRM', '"stage"', 'Year');
SELECT * FROM compare('folded', 'firm', 'year', :'plain');

-- 63 bytes
CREATE TABLE long_names AS SELECT firm AS f23456789012345678901234567890123456789012345678901234567890123, year, stage, a, b, c, d, e FROM firm;
SELECT create_scoreboard('longest', 'board', 'long_names', 'f23456789012345678901234567890123456789012345678901234567890123', 'stage', 'year');
SELECT * FROM compare('longest', 'f23456789012345678901234567890123456789012345678901234567890123', 'year', :'plain');

-- ---------------------------------------------------------------- types

CREATE DOMAIN code AS varchar(8) CHECK (VALUE ~ '^F');
CREATE DOMAIN strict_code AS code;
CREATE DOMAIN money_amount AS numeric(14, 2);
CREATE TYPE phase AS ENUM ('s', 'l');
CREATE TABLE typed (firm strict_code, day date, stage phase, id uuid, flag boolean, at timestamptz, a money_amount, b float4, c smallint, d numeric, e int);
INSERT INTO typed SELECT firm, make_date(year, 12, 31), stage::phase, NULL, true, '2024-01-01', a, b, c, d, e * 2 FROM firm;
SELECT create_scoreboard('typed', 'board', 'typed', 'firm', 'stage', 'day', attributes => '{id,flag,at}', mapping => '{"e": "e / 2.0"}');
SELECT * FROM view_columns('typed');
SELECT count(*), count(t.score), count(DISTINCT m.day) FROM typed_score t JOIN typed_model m USING (day);
SELECT * FROM compare('typed', 'firm', 'extract(year FROM day)', 'SELECT firm AS entity, year AS period, year AS grp, stage, a::numeric(14, 2) AS a, b::float4 AS b, c, d, e FROM firm');

-- scores as exact as the columns: a view that casts gives the same bits
CREATE VIEW casted AS SELECT firm, year, stage, a, b::float8, c::float8, d::float8, e::float8 FROM firm;
SELECT create_scoreboard('casted', 'board', 'casted', 'firm', 'stage', 'year');
SELECT * FROM same('casted');

-- no row belongs to a group without its period or peer; the others are not touched
CREATE TABLE gaps AS SELECT firm || year AS id, NULLIF(year, 2022) AS year, CASE WHEN city <> '宁波' THEN city END AS city, stage, a, b, c, d, e FROM firm;
SELECT create_scoreboard('gaps', 'board', 'gaps', 'id', 'stage', 'year', peers => '{city}');
SELECT count(*), count(*) FILTER (WHERE year IS NULL OR city IS NULL) FROM gaps_model;
SELECT count(*), count(score), count(*) FILTER (WHERE (score IS NOT NULL) <> (year IS NOT NULL AND city IS NOT NULL AND stage IS NOT NULL)) AS wrong FROM gaps_score;
SELECT * FROM compare('gaps', 'id', 'year', $$SELECT id AS entity, year AS period, year || city AS grp, stage, a, b, c, d, e FROM gaps$$);

SET client_min_messages = warning;
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
SELECT count(*) FROM pg_class WHERE relnamespace = 'board'::regnamespace AND relname ~ '_(model|score|detail|ranking|whitelist)$';
DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board CASCADE;
