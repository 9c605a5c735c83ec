-- scoreboards: what is refused, how it is said, and that nothing is left behind
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
RESET client_min_messages;
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never

-- create_scoreboard('x', 'board', 'firm', 'firm', 'stage', 'year') with something changed
CREATE FUNCTION try(changed text) RETURNS text LANGUAGE sql AS $$
    SELECT attempt(format('SELECT create_scoreboard(%s)', string_agg(format('%I => %s', key, value), ', ')))
    FROM jsonb_each_text('{"name": "''x''", "scheme": "''board''", "source": "''firm''", "entity": "''firm''", "stage": "''stage''",
                           "period": "''year''"}'::jsonb
                         || jsonb_build_object(split_part(changed, '=', 1), substr(changed, strpos(changed, '=') + 1)))
$$;

-- ---------------------------------------------------------------- names

SELECT try(n) FROM unnest(ARRAY['name=NULL', $$name=''$$, $$name='a.b.c'$$, $$name='a b'$$, $$name='"x'$$, $$name='nowhere.x'$$, $$name='1x'$$]) n;
SELECT try(format('name=%L', repeat('x', 54)));
SELECT try(format('name=%L', '"' || repeat('榜', 18) || '"'));
SET search_path = '';
SELECT board.attempt($$SELECT innovation_score.create_scoreboard('x', 'board', 'board.firm', 'firm', 'stage')$$);
SET search_path = board, innovation_score, public;
SELECT try('name=''x''');
SELECT try('name=''X''');
SELECT try('name=''board.x''');
SELECT drop_scoreboard('x');
-- a relation of one of the names is in the way
CREATE TABLE x_ranking (i int);
SELECT try('name=''x''');
DROP TABLE x_ranking;

-- ---------------------------------------------------------------- scheme and source

SELECT split_part(try(s), E'\n', 1) FROM unnest(ARRAY['scheme=NULL', $$scheme='nobody'$$]) s;
INSERT INTO scheme (scheme) VALUES ('board-empty');
SELECT try($$scheme='board-empty'$$);
DELETE FROM scheme WHERE scheme = 'board-empty';
CREATE SEQUENCE numbers;
CREATE TYPE pair AS (firm text, year int);
CREATE TEMP TABLE passing AS SELECT * FROM firm;
SELECT try(s) FROM unnest(ARRAY['source=NULL', $$source='nowhere'$$, $$source='numbers'$$, $$source='firm_pkey'$$, $$source='pair'$$, $$source='passing'$$, 'source=4711']) s;

-- ---------------------------------------------------------------- columns and expressions

SELECT try(s) FROM unnest(ARRAY['entity=NULL', $$entity=''$$, $$entity='firmm'$$, $$entity='firm || nix'$$, $$entity='"Firm"'$$, $$entity='firm, year'$$,
    $$entity='firm; DROP TABLE firm'$$, $$entity='firm FROM firm --'$$, $$entity='firm) --'$$, $$entity='(firm'$$, $$entity='max(firm)'$$,
    $$entity='generate_series(1, 2)'$$, $$entity='row_number() OVER ()'$$, $$entity='$1'$$, $$entity='nofunction(firm)'$$, $$entity='firm + 1'$$,
    $$entity='m.firm'$$, $$entity='s.firm'$$, $$entity='*'$$, $$entity='firm.*'$$]) s;
SELECT try(s) FROM unnest(ARRAY[$$period='yearr'$$, $$period='count(*)'$$, $$stage='stagee'$$, $$stage='stage /*'$$, 'stage=NULL']) s;
-- comments and line ends inside an expression do no harm, at its end they would
SELECT try($$entity=E'firm -- the firm'$$);
SELECT try($$entity=E'firm -- the firm\n /* , */ || ''''::text'$$);
SELECT count(*), count(score) FROM x_score;
SELECT drop_scoreboard('x');

-- no scalars
CREATE DOMAIN tags AS text[];
CREATE TABLE odd AS SELECT f.*, ARRAY[city] AS list, ARRAY[city]::tags AS tags, f AS record, numrange(0, a::numeric) AS range, '{}'::jsonb AS doc FROM firm f;
SELECT try(format('source=''odd'', %s', s)) FROM unnest(ARRAY[$$attributes => '{list}'$$, $$attributes => '{tags}'$$, $$attributes => '{record}'$$,
    $$attributes => '{city,range}'$$, $$peers => '{list}'$$]) s;
SELECT attempt($$SELECT create_scoreboard('x', 'board', 'odd', 'record', 'stage')$$), attempt($$SELECT create_scoreboard('x', 'board', 'odd', 'firm', 'stage', 'range')$$),
       attempt($$SELECT create_scoreboard('x', 'board', 'odd', 'firm', 'list')$$);
-- peers and attributes are columns
SELECT try(format('source=''firm'', %s', s)) FROM unnest(ARRAY[$$attributes => '{"upper(city)"}'$$, $$attributes => '{nix}'$$, $$attributes => '{NULL}'$$,
    $$peers => '{"left(city, 1)"}'$$, $$peers => '{nix}'$$]) s;

-- ---------------------------------------------------------------- indicators

SELECT try(format('source=''firm'', mapping => %L', m)) FROM unnest(ARRAY['[]', '"a"', '{"f": "a", "g": null, "a": "a"}', '{"a": 1, "b": {}, "c": []}', '{"a": "nix"}', '{"a": ""}',
    '{"a": "city"}', '{"a": "year > 2022"}', '{"a": "now()"}', '{"a": "sum(a)"}', '{"a": "a; SELECT 1"}', '{"A": "a"}']) m;
CREATE TABLE bare AS SELECT firm, year, stage, a FROM firm;
SELECT try('source=''bare''');
SELECT try('source=''bare'', mapping => ''{"c": "a", "e": null}''');
SELECT try(format('source=''firm'', long => %L', l)) FROM unnest(ARRAY['[]', '{}', '{"indicator": "city"}', '{"indicator": "city", "value": 1}', '{"indicator": "city", "value": "a", "unit": "x"}',
    '{"indicator": "nix", "value": "a"}', '{"indicator": "city", "value": "nix"}', '{"indicator": "city", "value": "city"}']) l;

-- ---------------------------------------------------------------- names that would clash

CREATE FUNCTION renamed(old text, new text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('ALTER TABLE firm RENAME COLUMN %I TO %I', old, new);
    result := CASE old WHEN 'firm' THEN try(format('entity=%L', new)) WHEN 'year' THEN try(format('period=%L', new))
                       ELSE try(format('source=''firm'', attributes => %L', ARRAY[new])) END;
    EXECUTE format('ALTER TABLE firm RENAME COLUMN %I TO %I', new, old);
    PERFORM drop_scoreboard('x') WHERE result = 'done';
    RETURN split_part(result, E'\n', 1);
END
$$;
SELECT renamed('firm', n) FROM unnest('{score,coverage,x_score,rank,stage_rank,percentile,decision,reasons,indicator,value,points,title,_values,model,entity}'::text[]) n;
SELECT renamed('year', n) FROM unnest('{score,rank,status,model,period}'::text[]) n;
SELECT renamed('city', n) FROM unnest('{score,z_score,rank,reasons,decision,_row,_decision,status,value,model,x}'::text[]) n;
SELECT try($$source='firm', peers => '{firm}'$$), try($$entity='year'$$), try($$period='stage'$$), try($$source='firm', attributes => '{firm,year,stage}'$$);
SELECT drop_scoreboard('x');
ALTER TABLE firm RENAME COLUMN firm TO score;
SELECT try($$entity='score'$$);
SELECT try($$entity='(score)'$$);
SELECT count(entity), count(score) FROM x_score;
SELECT drop_scoreboard('x');
ALTER TABLE firm RENAME COLUMN score TO firm;

-- ---------------------------------------------------------------- unknown scoreboards, sources that are gone

SELECT attempt(format('SELECT %s(''nobody'')', f)) FROM unnest('{drop_scoreboard,rebuild_scoreboard,freeze_scoreboard,thaw_scoreboard,set_whitelist_rule}'::text[]) f;
SELECT attempt('SELECT drop_scoreboard(NULL)'), attempt('SELECT drop_scoreboard('''')'), attempt('SELECT drop_scoreboard(''a.b.c'')');
SELECT try('name=''x''');
SELECT attempt('SELECT drop_scoreboard(''y'')'), attempt('SELECT drop_scoreboard(''public.x'')');
SET client_min_messages = warning;
DROP VIEW x_input CASCADE;
ALTER TABLE firm DROP COLUMN city, DROP COLUMN c;
SELECT attempt('SELECT rebuild_scoreboard(''x'')');
SELECT drop_scoreboard('x');

-- the schema of the views gets another name, another table takes the place of the source: the scoreboard is told
CREATE TABLE copy AS SELECT * FROM firm;
CREATE SCHEMA board_old;
SELECT create_scoreboard('board_old.x', 'board', 'copy', 'firm', 'stage', 'year', mapping => '{"c": null}');
SELECT set_whitelist_rule('board_old.x', top_n => 2);
INSERT INTO exclusion (scoreboard, entity, reason) SELECT 'board_old.x', min(firm), 'a reason' FROM copy;
SELECT freeze_scoreboard('board_old.x');
CREATE TABLE before AS SELECT * FROM board_old.x_whitelist;
ALTER SCHEMA board_old RENAME TO board_new;
SELECT attempt(format('SELECT %s(''board_old.x'')', f))
FROM unnest('{rebuild_scoreboard,freeze_scoreboard,thaw_scoreboard,set_whitelist_rule}'::text[]) f;
BEGIN;
UPDATE scoreboard SET scoreboard = 'board_new.x' WHERE scoreboard = 'board_old.x';
SELECT rebuild_scoreboard('board_new.x');
COMMIT;
TABLE before EXCEPT ALL TABLE board_new.x_whitelist;
SELECT count(*), count(score), count(*) FILTER (WHERE reasons LIKE '%a reason%') FROM board_new.x_whitelist;
DROP TABLE copy CASCADE;
SELECT attempt(format('SELECT %s(''board_new.x'')', f))
FROM unnest('{rebuild_scoreboard,freeze_scoreboard,thaw_scoreboard,set_whitelist_rule}'::text[]) f;
BEGIN;
UPDATE scoreboard SET source = 'firm' WHERE scoreboard = 'board_new.x';
SELECT rebuild_scoreboard('board_new.x');
COMMIT;
TABLE before EXCEPT ALL TABLE board_new.x_whitelist;
SELECT frozen_at IS NOT NULL FROM scoreboard;
DROP TABLE firm CASCADE;
SELECT drop_scoreboard('board_new.x');
-- without its schema, too
CREATE TABLE firm AS SELECT firm, year, stage, score AS a FROM before;
SELECT create_scoreboard('board_new.x', 'board', 'firm', 'firm', 'stage', 'year', mapping => '{"b": null, "c": null, "d": null, "e": null}');
DROP SCHEMA board_new CASCADE;
SELECT drop_scoreboard('board_new.x');

-- a schema that was dropped with the views: the scoreboard can be dropped, or made again
CREATE TABLE public.firm AS SELECT 'F' || i AS firm, 2024 AS year, 's' AS stage, i AS a, i AS b, i AS c, i AS d, i AS e FROM generate_series(1, 9) i;
CREATE SCHEMA other;
SELECT create_scoreboard('other.x', 'board', 'public.firm', 'firm', 'stage', 'year');
SELECT freeze_scoreboard('other.x');
SELECT set_whitelist_rule('other.x', top_n => 3);
DROP SCHEMA other CASCADE;
SELECT attempt('SELECT rebuild_scoreboard(''other.x'')'), attempt('SELECT thaw_scoreboard(''other.x'')');
CREATE SCHEMA other;
SELECT attempt($$SELECT create_scoreboard('other.x', 'board', 'public.firm', 'firm', 'stage', 'year')$$);
SELECT rebuild_scoreboard('other.x');
SELECT count(*) FILTER (WHERE decision = 'listed') FROM other.x_whitelist;
SELECT attempt($$SELECT create_scoreboard('other.x', 'board', 'public.firm', 'firm', 'stage', 'year')$$);
SELECT record_whitelist_batch('other.x', '2024');
DROP SCHEMA other CASCADE;
SELECT attempt('SELECT drop_scoreboard(''other.x'')');
DELETE FROM whitelist_batch WHERE scoreboard = 'other.x';
SELECT drop_scoreboard('other.x');
SELECT count(*) FROM whitelist_rule;
DROP TABLE public.firm;

-- nothing is left
SELECT count(*) FROM scoreboard;
SELECT relname FROM pg_class WHERE relnamespace = 'board'::regnamespace AND relkind = 'v';

SET client_min_messages = warning;
DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board CASCADE;
DROP TABLE passing;
