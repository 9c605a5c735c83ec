-- what is wrong with a scoreboard: asked for, told when it is made, frozen and published, and refused
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set VERBOSITY terse
\set SHOW_CONTEXT never
\pset format unaligned
\pset null '(null)'
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

INSERT INTO scheme (scheme, title, provisional) VALUES ('checked', '检查', true);
INSERT INTO category (scheme, category, title) VALUES ('checked', 'all', '全部');
INSERT INTO indicator (scheme, indicator, category, title, extreme, position)
SELECT 'checked', i, 'all', i, CASE i WHEN 'rare' THEN 'percentile(0,0.94)' WHEN 'mostly' THEN 'iqr(1.5)' ELSE 'none' END, n
FROM unnest('{good,absent,lost,same,mostly,rare,infinite}'::text[]) WITH ORDINALITY AS u(i, n);
INSERT INTO stage (scheme, stage, title) VALUES ('checked', 's', '小'), ('checked', 'l', '大');
INSERT INTO weight SELECT 'checked', s, indicator, 100 / 7.0 FROM indicator, unnest('{s,l}'::text[]) s WHERE scheme = 'checked';

-- Twenty firms and two years, sound but for what the columns are called after.
CREATE TABLE firm (firm text, year int, city text, stage text, good float8, lost float8, same float8, mostly float8, rare float8, infinite float8);
INSERT INTO firm SELECT 'F' || i, y, CASE WHEN i > 1 THEN 'x' END, CASE WHEN i % 2 = 0 THEN 's' ELSE 'l' END, i + y, CASE WHEN y = 2023 THEN i END, 7,
    CASE i WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 5 END, CASE WHEN i > 18 THEN 100 ELSE 0 END, i
FROM generate_series(1, 20) i, generate_series(2023, 2024) y;
CREATE VIEW v AS TABLE firm;
UPDATE firm SET infinite = 'Infinity' WHERE firm IN ('F3', 'F4') AND year = 2024;

-- ----- when it is made
SET client_min_messages = notice;
SELECT create_scoreboard('sound', 'checked', 'firm', 'firm', 'stage', 'year', mapping => '{"absent": null, "lost": "good", "same": "good", "mostly": "good", "rare": "good"}');
SELECT create_scoreboard('p', 'checked', 'v', 'firm', 'stage', 'year', attributes => '{city}', mapping => '{"absent": null}');
SELECT create_scoreboard('daily', 'checked', 'v', 'firm', 'stage', 'year', mapping => '{"absent": "extract(year FROM now())", "lost": "good", "same": "abs(good)", "mostly": "good", "rare": "good"}');
SET client_min_messages = warning;

-- ----- when it is asked for
SELECT * FROM scoreboard_problems('sound') WHERE severity <> 'notice';
SELECT * FROM scoreboard_problems('p');
SELECT * FROM scoreboard_problems('p', '2023') WHERE severity <> 'notice';
SELECT * FROM scoreboard_problems('daily') WHERE object LIKE 'indicator absent';
SELECT attempt($$SELECT scoreboard_problems('p', 'x')$$), attempt($$SELECT scoreboard_problems('elsewhere.p')$$);

-- what can be wrong with rows
INSERT INTO firm (firm, year, stage, good) VALUES ('F5', 2024, 's', 1), ('F7', 2023, 's', 1), ('F7', 2023, 's', 1), (NULL, 2024, 's', 1), ('new', NULL, 's', 1), ('odd', 2024, ' s', 1), ('none', 2024, NULL, 1);
SELECT severity, object, problem FROM scoreboard_problems('p') WHERE object ~ 'firm|source|stage';
SELECT severity, object, problem FROM scoreboard_problems('p', '2023') WHERE object ~ 'firm|source|stage';

-- the twin in plain SQL of what the text says about duplicates
SELECT count(*), sum((regexp_match(problem, 'has (\d+) rows'))[1]::int) FROM scoreboard_problems('p') WHERE object LIKE 'firm %';
SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM firm WHERE firm IS NOT NULL AND year IS NOT NULL GROUP BY firm, year HAVING count(*) > 1) d;

-- ----- what is refused, and by what
SELECT set_whitelist_rule('p', top_n => 3, quota_by => 'city', quota_n => 2);
SELECT attempt($$SELECT freeze_scoreboard('p')$$);
SELECT attempt($$SELECT publish('p', '2024', 'x')$$), attempt($$SELECT publish('p', '2023', 'x')$$);
SELECT attempt($$SELECT record_whitelist_batch('p', '2023')$$);
DELETE FROM firm WHERE firm = 'F5' AND year = 2024 AND good = 1;
SELECT attempt($$SELECT freeze_scoreboard('p')$$);
SELECT attempt($$SELECT publish('p', '2024', 'x')$$);
DELETE FROM firm WHERE firm = 'F7' AND year = 2023 AND good = 1;
SELECT attempt($$SELECT freeze_scoreboard('p')$$);
DELETE FROM firm WHERE firm IS NULL;
SELECT attempt($$SELECT freeze_scoreboard('p')$$);
DELETE FROM firm WHERE stage = ' s';
SET client_min_messages = notice;
SELECT freeze_scoreboard('p');
SELECT publish('p', '2024', 'x') IS NOT NULL;
SET client_min_messages = warning;

-- ----- lists, quotas, tiers
SELECT set_tiers('p', 'score', '{A,B,C}', '[99, 40]');
SELECT * FROM scoreboard_problems('p', '2023') WHERE object ~ 'rule|tier' OR problem ~ 'quota';
SELECT set_whitelist_rule('p', min_score => 99);
SELECT * FROM scoreboard_problems('p') WHERE object ~ 'rule|tier' OR problem ~ 'quota';

-- ----- exclusions
SET client_min_messages = notice;
INSERT INTO exclusion (scoreboard, entity, reason, valid_to) VALUES ('p', 'F1', 'x', NULL), ('p', 'f2', 'x', NULL), ('p', ' F 3', 'x', NULL), ('p', 'Ｆ４', 'x', NULL), ('p', 'F99', 'x', NULL), ('p', 'F98', 'over', '2000-01-01');
UPDATE exclusion SET entity = 'F4' WHERE entity = 'Ｆ４';
UPDATE exclusion SET entity = 'Ｆ４' WHERE entity = 'F4';
SET client_min_messages = warning;
SELECT * FROM scoreboard_problems('p') WHERE object LIKE 'exclusion %';

-- ----- a unique index answers for the rows: none is read
CREATE TABLE keyed (code text, year int, good float8, PRIMARY KEY (year, code));
INSERT INTO keyed VALUES ('a', 2023, 1), ('b', 2023, 2);
INSERT INTO scheme (scheme) VALUES ('one');
INSERT INTO category (scheme, category) VALUES ('one', 'all');
INSERT INTO indicator (scheme, indicator, category) VALUES ('one', 'good', 'all');
INSERT INTO weight VALUES ('one', 'all', 'good', 100);
SELECT create_scoreboard('keyed', 'one', 'keyed', 'code', period => 'year'), create_scoreboard('part', 'one', 'keyed', 'code'), create_scoreboard('lower', 'one', 'keyed', 'lower(code)', period => 'year');
SELECT s.scoreboard, _innovation_score.unique_key(s) FROM scoreboard s WHERE s.scoreboard ~ '^board.(keyed|part|lower|p)$' ORDER BY 1;
INSERT INTO keyed VALUES ('A', 2023, 3), ('a', 2024, 4);
SELECT severity, object, problem FROM unnest('{keyed,part,lower}'::text[]) b CROSS JOIN LATERAL scoreboard_problems(b) WHERE severity = 'error';

-- ----- conditions of rules: names of indicators are values, and what is SQL over the source may depend on the day
CREATE TABLE asked AS SELECT k.code, k.year, k.good AS amount FROM keyed k WHERE k.year = 2023;
SELECT create_scoreboard('asked', 'one', 'asked', 'code', period => 'year', mapping => '{"good": "amount * 2"}') \g /dev/null
SELECT set_whitelist_rule('asked', top_n => 1, required => 'good > 0') \g /dev/null
SELECT severity, object, problem, advice FROM scoreboard_problems('asked') WHERE severity <> 'notice';
SELECT set_whitelist_rule('asked', required => 'good > 0 AND year < extract(year FROM now())', qualifies => $$score > 90 OR now() < '2020-01-01'$$) \g /dev/null
SELECT severity, object, problem FROM scoreboard_problems('asked') WHERE severity <> 'notice' ORDER BY problem COLLATE "C";
-- a period that it does not have
SELECT problem, advice FROM scoreboard_problems('asked', '2042') WHERE object = 'source';
SELECT set_whitelist_rule('asked', top_n => 1, language => 'zh') \g /dev/null
SELECT problem, advice FROM scoreboard_problems('asked', '2042') WHERE object = '数据源';
SELECT drop_scoreboard('asked') \g /dev/null

-- ----- a source that is gone, cannot be read, or has nothing
ALTER TABLE keyed RENAME TO other;
SELECT severity, object, problem FROM scoreboard_problems('keyed') WHERE severity <> 'notice';
CREATE TABLE words (code text, good text);
INSERT INTO words VALUES ('a', '1'), ('b', 'two');
SET client_min_messages = notice;
SELECT create_scoreboard('words', 'one', 'words', 'code', mapping => '{"good": "good::numeric"}');
TRUNCATE words;
SELECT create_scoreboard('empty', 'one', 'words', 'code', mapping => '{"good": "good::numeric"}');
SET client_min_messages = warning;
SELECT severity, object, problem, advice FROM scoreboard_problems('empty') WHERE severity <> 'notice';
INSERT INTO words VALUES ('b', 'two');
SELECT severity, object, problem, advice FROM scoreboard_problems('words') WHERE severity <> 'notice';
UPDATE words SET good = '12.5%' WHERE code = 'b';
SELECT object, problem, advice FROM scoreboard_problems('words') WHERE severity <> 'notice';
SELECT attempt('SELECT innovation_score.freeze_scoreboard(''words'')');
-- ... by whatever reads it: views, analyses, batches, and casts of every kind
SET client_min_messages = error;
SELECT attempt('SELECT count(*) FROM words_ranking');
SELECT attempt('SELECT * FROM rank_stability(''words'')');
SELECT attempt('SELECT * FROM compare_scoreboards(''words'', ''empty'')');
SELECT attempt('SELECT innovation_score.store_ranking(''words'', ''kept'')');
SELECT set_whitelist_rule('words', top_n => 1) \g /dev/null
SELECT attempt('SELECT innovation_score.record_whitelist_batch(''words'')');
UPDATE words SET good = '2.5';
SELECT alter_scoreboard('words', mapping => '{"good": "NULLIF(trim(words.good), '''')::int + (\"good\")::numeric(4,1) + CAST(good AS float8)"}') \g /dev/null
SELECT attempt('SELECT count(*) FROM words_ranking');
UPDATE words SET good = '99999999999';
SELECT attempt('SELECT count(*) FROM words_ranking');
UPDATE words SET good = ' 2 ';
SELECT _values FROM words_input;
UPDATE words SET good = '1,5';
SELECT alter_scoreboard('words', mapping => '{"good": "(good || ''0'')::numeric + CAST(good || ''1'' AS int) + (trim(good)::varchar(9))::numeric"}') \g /dev/null
SELECT attempt('SELECT count(*) FROM words_ranking');
UPDATE words SET good = '2';
SELECT _values FROM words_input;
-- what is cast, however it is written; what is not found is left to the server
SELECT e AS expression, c.place, c.cell, c.kind FROM unnest(ARRAY[
    'x::numeric', '(a||b)::numeric', 'CAST(a || b AS numeric)', 'cast(trim(a)as numeric)', 'trim(a)::float8', '(trim(a))::float8', '((a))::int',
    'COALESCE(a, '')'')::numeric', '(a || '')('')::numeric + 3', '1 + (CASE WHEN a = ''1'' THEN b ELSE ''(3'' END)::numeric', '"名称" :: numeric', '("名"||"称") :: numeric',
    'ln((a||b)::numeric) / (c)::int4', '(replace(a, '','', '''')||b)::numeric(10,2)', 'a::text::numeric', '(a)::text::numeric', '((a)::text)::numeric',
    'trim(a)::text::varchar(10)::numeric', '(a::varchar(10))::numeric', 'CAST(CAST(a AS text) AS numeric)', 'CAST(a AS text)::numeric', '(CAST(a AS text))::numeric',
    'CAST(CASE WHEN a ~ ''x as y'' THEN a END AS numeric)', 'CAST(a_as AS numeric)', '(SELECT max(a))::numeric', '''1''::numeric', '(x)[1]::numeric', 'a COLLATE "C"::numeric']) WITH ORDINALITY e(e, n)
LEFT JOIN LATERAL _innovation_score.number_casts(e) c ON true ORDER BY n, place;
CREATE TABLE lines (code text, item text, amount varchar);
INSERT INTO lines VALUES ('a', 'good', '1'), ('b', 'good', '约2');
SELECT create_scoreboard('lines', 'one', 'lines', 'code', mapping => '{"good": {"label": "good", "value": "abs(value)"}}', long => '{"indicator": "item", "value": "amount::numeric"}') \g /dev/null
SELECT attempt('SELECT count(*) FROM lines_ranking');
SELECT object, problem, advice FROM scoreboard_problems('lines') WHERE severity = 'error';
SELECT set_whitelist_rule('lines', top_n => 1, language => 'zh') \g /dev/null
SELECT object, problem, advice FROM scoreboard_problems('lines') WHERE severity = 'error';
SELECT drop_scoreboard('lines') \g /dev/null
DROP TABLE lines;
SET client_min_messages = warning;
DROP TABLE words CASCADE;
SELECT severity, object, problem FROM scoreboard_problems('words') WHERE severity <> 'notice';
-- a scheme that has moved on
UPDATE scheme SET missing = 'median' WHERE scheme = 'one';
SELECT severity, object, problem, advice FROM scoreboard_problems('keyed') WHERE severity <> 'notice';

\set ECHO none
\i :forget
