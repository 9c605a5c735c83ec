-- What is kept is read as the scoreboard's owner, under the settings of the scoreboard, whoever keeps it: freeze, tiers and rules of
-- a frozen scoreboard, stored rankings, batches, publications and the check of their source
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never

-- the owner sees every row of a table of somebody else's; his deputy a city
CREATE ROLE regress_reads_owner BYPASSRLS;
CREATE ROLE regress_reads_deputy IN ROLE regress_reads_owner;
GRANT ALL ON SCHEMA board TO regress_reads_owner;
GRANT SELECT ON firm TO regress_reads_owner;
SET ROLE regress_reads_owner;
SELECT create_scoreboard('mine', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT create_scoreboard('deputys', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT set_whitelist_rule(b, top_n => 20, reserve_n => 5) FROM unnest('{mine,deputys}'::text[]) b;
SELECT freeze_scoreboard('mine');
SELECT set_tiers('mine', 'quantile', '{A,B}', '[0.1]');
SELECT store_ranking('mine', 'mine_kept') > 0;
RESET ROLE;
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_city ON firm FOR SELECT USING (city = '宁波');
SET ROLE regress_reads_deputy;
SELECT count(*), count(DISTINCT city) FROM firm;
SELECT freeze_scoreboard('deputys');
SELECT set_tiers('deputys', 'quantile', '{A,B}', '[0.1]');
SELECT store_ranking('deputys', 'deputys_kept') > 0;
SELECT publish('deputys', '2024', 'under a policy');
RESET ROLE;
SELECT (SELECT count(*) FROM (SELECT period, peers, model::text FROM fitted_model WHERE scoreboard = 'board.mine'
                              EXCEPT SELECT period, peers, model::text FROM fitted_model WHERE scoreboard = 'board.deputys') d) AS models,
       (SELECT count(*) FROM (SELECT kind, name, field, period, profile FROM score_profile WHERE scoreboard = 'board.mine'
                              EXCEPT SELECT kind, name, field, period, profile FROM score_profile WHERE scoreboard = 'board.deputys') d) AS scores,
       (SELECT count(*) FROM (SELECT period, peers, stage, profile FROM peer_profile WHERE scoreboard = 'board.mine'
                              EXCEPT SELECT period, peers, stage, profile FROM peer_profile WHERE scoreboard = 'board.deputys') d) AS peers,
       (SELECT count(*) FROM (TABLE mine_kept EXCEPT TABLE deputys_kept) d) AS rows,
       (SELECT count(*) > 0 FROM fitted_model WHERE scoreboard = 'board.mine') AND (SELECT count(*) > 0 FROM score_profile WHERE scoreboard = 'board.mine') AS some;
SET ROLE regress_reads_deputy;
SELECT record_whitelist_batch('deputys', '2023');
RESET ROLE;
SELECT count(*) FROM whitelist_batch_firm;
SELECT firms FROM publication WHERE publication = 1;
GRANT SELECT ON publication, published_model, published_firm, published_correction, publication_event, objection TO regress_reads_owner, regress_reads_deputy;
SET ROLE regress_reads_deputy;
SELECT "check", ok, detail FROM verify_publication(1) WHERE "check" IN ('scores', 'source');
RESET ROLE;
-- what is hidden from the owner is an error, and nothing is kept
ALTER ROLE regress_reads_owner NOBYPASSRLS;
SET ROLE regress_reads_owner;
SELECT attempt(c) FROM unnest(ARRAY[$$SELECT innovation_score.freeze_scoreboard('mine')$$, $$SELECT innovation_score.store_ranking('mine', 'mine_kept')$$,
    $$SELECT innovation_score.record_whitelist_batch('mine', '2024')$$, $$SELECT innovation_score.publish('mine', '2024', 'x')$$,
    $$SELECT innovation_score.set_whitelist_rule('mine', top_n => 10)$$, $$SELECT innovation_score.set_tiers('mine', 'quantile', '{A,B}', '[0.1]', within => 'city')$$]) c;
SELECT "check", ok, detail FROM verify_publication(1) WHERE "check" = 'source';
RESET ROLE;
DROP POLICY own_city ON firm;
ALTER TABLE firm DISABLE ROW LEVEL SECURITY;

-- ---------------------------------------------------------------- the scoreboard's time zone and forms of dates

CREATE TABLE visit AS SELECT 'V' || i AS firm, timestamptz '2024-03-01 16:00+00' + i * interval '1 hour' AS at FROM generate_series(1, 24) i;
INSERT INTO scheme (scheme, extreme) VALUES ('hours', 'none');
INSERT INTO category (scheme, category) VALUES ('hours', 'x');
INSERT INTO indicator (scheme, indicator, category) VALUES ('hours', 'hour', 'x');
INSERT INTO weight VALUES ('hours', 'all', 'hour', 1);
SELECT create_scoreboard('hours', 'hours', 'visit', 'firm', attributes => '{at}', mapping => '{"hour": "extract(hour FROM at) * length(at::text)"}');
SELECT set_whitelist_rule('hours', top_n => 3);
UPDATE scoreboard SET time_zone = 'Asia/Shanghai' WHERE scoreboard = 'board.hours';
CREATE FUNCTION kept() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM freeze_scoreboard('hours'), store_ranking('hours', 'hours_kept');
    number := publish('hours', NULL, 'x');
    RETURN concat_ws(' ', (SELECT md5(f.model::text) FROM fitted_model f WHERE f.scoreboard = 'board.hours'),
        (SELECT md5(string_agg(k.firm || k.score, ',' ORDER BY k.firm)) FROM hours_kept k),
        (SELECT md5(string_agg(p.entity || p.vals::text || p.attributes::text, ',' ORDER BY p.entity)) FROM published_firm p WHERE publication = number),
        (SELECT min(p.vals[1] || ' ' || p.attributes[1]) FROM published_firm p WHERE publication = number AND entity = 'V3'),
        (SELECT string_agg(v.detail, ',') FROM verify_publication(number) v WHERE v.ok IS NOT TRUE));
END
$$;
CREATE TABLE kept (zone text, style text, kept text);
SET timezone = 'UTC';
INSERT INTO kept SELECT 'UTC', 'ISO', kept();
SET timezone = 'America/New_York'; SET datestyle = 'German'; SET extra_float_digits = -5;
INSERT INTO kept SELECT 'New York', 'German', kept();
RESET timezone; RESET datestyle; RESET extra_float_digits;
SELECT count(DISTINCT kept), count(*), min(split_part(kept, ' ', 4) || ' ' || split_part(kept, ' ', 5) || ' ' || split_part(kept, ' ', 6)) FROM kept;

DELETE FROM whitelist_batch;
\set ECHO none
\i :forget
DROP OWNED BY regress_reads_deputy, regress_reads_owner;
DROP ROLE regress_reads_deputy, regress_reads_owner;
