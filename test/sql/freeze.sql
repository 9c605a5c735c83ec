-- freezing: fitted once, kept, the same scores; thawing; rebuilding what is frozen
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

-- what two scoreboards say, compared bit by bit (models have no order: as jsonb)
CREATE FUNCTION same(one text, other text) RETURNS TABLE (models bigint, other_models bigint, scores bigint, other_scores bigint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT (SELECT count(*) FROM %1$s_model),
               (SELECT count(*) FROM (SELECT to_jsonb(a) FROM %1$s_model a EXCEPT ALL SELECT to_jsonb(b) FROM %2$s_model b) d)
               + (SELECT count(*) FROM (SELECT to_jsonb(b) FROM %2$s_model b EXCEPT ALL SELECT to_jsonb(a) FROM %1$s_model a) d),
               (SELECT count(*) FROM %1$s_score),
               (SELECT count(*) FROM (TABLE %1$s_score EXCEPT ALL TABLE %2$s_score) d) + (SELECT count(*) FROM (TABLE %2$s_score EXCEPT ALL TABLE %1$s_score) d)
        $query$, one, other);
END
$$;

SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}');
SELECT create_scoreboard('cold', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}');
SELECT set_whitelist_rule('cold', top_n => 100);
SELECT freeze_scoreboard('cold');
SELECT * FROM view_columns('cold') WHERE view = 'cold_model';
SELECT scoreboard, period, peers, is_fitted(model) FROM fitted_model ORDER BY period, peers COLLATE "C";
SELECT * FROM same('live', 'cold');
SELECT scoreboard, frozen_at IS NOT NULL AS frozen FROM scoreboard ORDER BY 1;
SELECT obj_description('cold_model'::regclass), obj_description('live_model'::regclass);

-- new rows move the bounds of a live scoreboard, not of a frozen one
CREATE TABLE before AS SELECT firm, year, score FROM cold_score;
INSERT INTO firm SELECT 'G' || i, 2024, '杭州', 's', 1e6 * i, -i, 100, i, 0 FROM generate_series(1, 30) i;
INSERT INTO firm VALUES ('N1', 2025, '杭州', 's', 1, 1, 1, 1, 1), ('N2', 2024, '新城', 's', 1, 1, 1, 1, 1);
SELECT count(*), count(*) FILTER (WHERE b.score IS DISTINCT FROM c.score) AS cold, count(*) FILTER (WHERE b.score IS DISTINCT FROM l.score) > 0 AS live
FROM before b JOIN cold_score c USING (firm, year) JOIN live_score l USING (firm, year);
-- a group that was not there when the scoreboard was frozen
SELECT s.firm, s.score AS live, c.score AS cold, w.reasons FROM live_score s JOIN cold_score c USING (firm) JOIN cold_whitelist w USING (firm) WHERE firm LIKE 'N%' ORDER BY 1;
SELECT count(*) FROM cold_detail WHERE firm LIKE 'N%';
-- freezing again fits again
SELECT freeze_scoreboard('cold');
SELECT * FROM same('live', 'cold');
SELECT thaw_scoreboard('cold');
SELECT * FROM same('live', 'cold');
SELECT count(*) FROM fitted_model;
SELECT obj_description('cold_model'::regclass);
SELECT thaw_scoreboard('cold');

-- ---------------------------------------------------------------- rebuilding

SELECT freeze_scoreboard('cold');
DELETE FROM firm WHERE firm ~ '^[GN]';
-- the scheme is as it was: so are the models
SELECT rebuild_scoreboard('cold');
SELECT other_models > 0 AS kept FROM same('live', 'cold');
-- the scheme has changed: fitted again
BEGIN;
SELECT unlock_scheme('board');
UPDATE weight SET weight = weight + 1 WHERE scheme = 'board';
COMMIT;
SELECT rebuild_scoreboard('live');
SELECT rebuild_scoreboard('cold');
SELECT * FROM same('live', 'cold');
SELECT scoreboard, frozen_at IS NOT NULL AS frozen FROM scoreboard ORDER BY 1;
-- views that somebody dropped
SET client_min_messages = warning;
DROP VIEW cold_model CASCADE;
SELECT rebuild_scoreboard('cold');
SELECT * FROM same('live', 'cold');
DROP VIEW cold_model CASCADE;
SELECT attempt($$SELECT freeze_scoreboard('cold')$$);
RESET client_min_messages;
SELECT drop_scoreboard('cold'), drop_scoreboard('live');
SELECT count(*) FROM fitted_model;

-- ---------------------------------------------------------------- periods and peers of every type, in every session

CREATE TABLE typed AS
SELECT firm, stage, a, b, c, d, e, make_date(year, 3, 4) AS day, make_timestamptz(year, 3, 4, 5, 6, 7.125, 'UTC') AS moment,
       make_interval(year - 2021, 2, 0, 3) AS since, year / 3.0::float8 AS third, (year - 2020)::numeric(8, 2) AS amount, year % 2 = 0 AS even,
       year::text::char(6) AS padded, (year || ',"{}\ é')::varchar(20) COLLATE "C" AS odd, city COLLATE "C" AS city
FROM firm;
SET datestyle = 'German';
SET intervalstyle = 'sql_standard';
SET timezone = 'Asia/Shanghai';
SET extra_float_digits = 0;
CREATE TABLE kind (kind text);
INSERT INTO kind VALUES ('day'), ('moment'), ('since'), ('third'), ('amount'), ('even'), ('padded'), ('odd');
SELECT count(create_scoreboard('live_' || kind, 'board', 'typed', 'firm || day', 'stage', kind, peers => '{city,even}', attributes => '{day}')) FROM kind WHERE kind <> 'even';
SELECT count(create_scoreboard('cold_' || kind, 'board', 'typed', 'firm || day', 'stage', kind, peers => '{city,even}', attributes => '{day}')) FROM kind WHERE kind <> 'even';
SET client_min_messages = warning;
SELECT count(freeze_scoreboard('cold_' || kind)) FROM kind WHERE kind <> 'even';
RESET client_min_messages;
RESET datestyle;
RESET intervalstyle;
RESET timezone;
RESET extra_float_digits;
SELECT DISTINCT scoreboard, period FROM fitted_model WHERE scoreboard <> 'board.cold_padded' ORDER BY 1, 2;
SELECT kind, s.* FROM kind, same('live_' || kind, 'cold_' || kind) s WHERE kind <> 'even' ORDER BY kind;
SELECT count(drop_scoreboard(x || kind)) FROM kind, unnest('{live_,cold_}'::text[]) x WHERE kind <> 'even';

-- ---------------------------------------------------------------- without groups, without rows, long

CREATE TABLE nobody (LIKE firm);
CREATE VIEW tall AS SELECT firm, year, stage, v.* FROM firm, LATERAL (VALUES ('a', a), ('b', b), ('c', c), ('d', d), ('e', e)) v(item, value);
SELECT create_scoreboard('flat', 'board', 'firm', 'firm || year', 'stage'), create_scoreboard('flat2', 'board', 'firm', 'firm || year', 'stage'),
       create_scoreboard('empty', 'board', 'nobody', 'firm', 'stage'), create_scoreboard('empty_years', 'board', 'nobody', 'firm', 'stage', 'year'),
       create_scoreboard('tall', 'board', 'tall', 'firm', 'stage', 'year', long => '{"indicator": "item", "value": "value"}'),
       create_scoreboard('tall2', 'board', 'tall', 'firm', 'stage', 'year', long => '{"indicator": "item", "value": "value"}');
SELECT freeze_scoreboard('flat'), freeze_scoreboard('tall');
-- a source that has just been emptied must not take the kept models along
SELECT attempt($$SELECT freeze_scoreboard('empty')$$), attempt($$SELECT freeze_scoreboard('empty_years')$$);
SELECT scoreboard, period, peers FROM fitted_model ORDER BY 1, 2;
SELECT * FROM same('flat', 'flat2');
SELECT * FROM same('tall', 'tall2');
INSERT INTO nobody SELECT * FROM firm WHERE firm < 'F003';
UPDATE nobody SET firm = firm || '-' || year;
SELECT count(*), count(score) FROM empty_score;
SELECT freeze_scoreboard('empty');
SELECT count(*), count(score) FROM empty_score;

-- ---------------------------------------------------------------- one period

SET client_min_messages = warning;
CREATE FUNCTION kept() RETURNS TABLE (what text, period text, digest text) LANGUAGE sql AS $$
    SELECT 'model', f.period, md5(string_agg(f::text, ';' ORDER BY f::text)) FROM fitted_model f WHERE f.scoreboard = 'board.years' GROUP BY 2 UNION ALL
    SELECT 'score', p.period, md5(string_agg(p::text, ';' ORDER BY p::text)) FROM score_profile p WHERE p.scoreboard = 'board.years' GROUP BY 2 UNION ALL
    SELECT 'peers', p.period, md5(string_agg(p::text, ';' ORDER BY p::text)) FROM peer_profile p WHERE p.scoreboard = 'board.years' GROUP BY 2
$$;
SELECT create_scoreboard('years', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', min_peers => 5);
SELECT set_whitelist_rule('years', top_n => 20, quota_by => 'city', quota_n => 5, reserve_n => 3);
SELECT set_tiers('years', 'quantile', '{A,B,C}', '[0.2, 0.5]', 'city');
-- the first one that is frozen: the others have no scores until they are
SELECT freeze_scoreboard('years', '2023');
SELECT year, count(*) > 0 AS firms, count(score) > 0 AS scores FROM years_ranking GROUP BY 1 ORDER BY 1;
SELECT freeze_scoreboard('years');
CREATE TABLE kept_before AS SELECT * FROM kept();
-- all years change in the source; what is frozen anew is 2024
UPDATE firm SET a = a * a, b = b + a;
SELECT freeze_scoreboard('years', '2024');
SELECT k.period, k.what, k.digest = b.digest AS same FROM kept() k JOIN kept_before b USING (what, period) ORDER BY 1, 2;
-- and it is what freezing all would have kept of it
CREATE TABLE kept_2024 AS SELECT * FROM kept() WHERE period = '2024';
SELECT freeze_scoreboard('years');
SELECT count(*), count(*) FILTER (WHERE k.digest IS DISTINCT FROM t.digest) AS different FROM kept_2024 t LEFT JOIN kept() k USING (what, period);
SELECT attempt($$SELECT freeze_scoreboard('years', '1999')$$), attempt($$SELECT freeze_scoreboard('flat', '2024')$$);
SELECT create_scoreboard('pool', 'board', 'firm', 'firm', 'stage', 'year', pooled => true);
SELECT attempt($$SELECT freeze_scoreboard('pool', '2024')$$);

-- models of another shape, which an owner may enter and anybody may hand to a run: values would be read, and results written, beside the rows
SELECT create_scoreboard('other', 'board', 'firm', 'firm', 'stage', 'year'), freeze_scoreboard('other');
SELECT fit(scheme_model('national-2024'), VARIADIC array_fill(1::float8, '{18}')) AS shape \gset
UPDATE fitted_model SET model = :'shape' WHERE scoreboard = 'board.other';
SELECT attempt(c) FROM unnest(ARRAY[$$SELECT set_whitelist_rule('other', top_n => 3)$$, $$SELECT publish('other', '2024', 'x')$$]) c;
SELECT freeze_scoreboard('other'), set_whitelist_rule('other', top_n => 3);
CREATE ROLE freeze_nobody;
GRANT USAGE ON SCHEMA board TO freeze_nobody;
SET ROLE freeze_nobody;
SELECT * FROM _innovation_score.profile_run(ROW(NULL, 'UTC', $$SELECT '{1,2,3,4,5}'::float8[], 's'::text, 1$$, '{number 1,none}', scheme_model('board'), 1, 2, NULL, NULL, NULL, NULL, NULL, 3,
            ARRAY[:'shape'::score_model], NULL, NULL, NULL, NULL, NULL, NULL)::_innovation_score.run_plan);
RESET ROLE;
REVOKE USAGE ON SCHEMA board FROM freeze_nobody;
DROP ROLE freeze_nobody;

SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board CASCADE;
