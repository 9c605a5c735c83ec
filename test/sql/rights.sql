-- rights: one call gives a role what its work takes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never

CREATE ROLE rights_owner;
CREATE ROLE rights_reader;
CREATE ROLE "rights ""reader"" 2";
CREATE ROLE rights_analyst;
CREATE SCHEMA dash AUTHORIZATION rights_owner;
GRANT USAGE ON SCHEMA board TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA board TO PUBLIC;
GRANT SELECT ON firm TO rights_owner WITH GRANT OPTION;
GRANT SELECT ON credit_rule, credit_step, credit_curve TO rights_owner;
SET ROLE rights_owner;
SELECT create_scoreboard('dash.hz', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT set_whitelist_rule('dash.hz', top_n => 10);
-- nobody else yet
SET ROLE rights_reader;
SELECT attempt('SELECT * FROM dash.hz_score'), attempt($$SELECT * FROM gap_to('dash.hz', '2024', 'F001')$$);
-- only the owner gives rights
SELECT attempt($$SELECT grant_scoreboard('dash.hz', 'rights_reader', 'publisher')$$);
SET ROLE rights_owner;
SELECT attempt(c) FROM unnest(ARRAY[
    $$SELECT grant_scoreboard('dash.hz', 'rights_reader', 'king')$$, $$SELECT grant_scoreboard('dash.hz', 'rights_reader', NULL)$$,
    $$SELECT grant_scoreboard('dash.hz', 'nobody there', 'reader')$$, $$SELECT grant_scoreboard('dash.nix', 'rights_reader', 'reader')$$]) c;
SELECT grant_scoreboard('dash.hz', 'rights_reader', 'reader');
SELECT grant_scoreboard('dash.hz', 'rights "reader" 2', 'reader');
SET ROLE rights_reader;
SELECT count(*) > 100 AS scores FROM dash.hz_score;
SELECT decision, count(*) FROM dash.hz_whitelist WHERE year = 2024 GROUP BY 1 ORDER BY 1;
SELECT count(*) > 0 AS gaps FROM gap_to('dash.hz', '2024', 'F001');
SELECT attempt('SELECT * FROM dash.hz_credit'), attempt($$SELECT freeze_scoreboard('dash.hz')$$);
-- kept for views that come later
SET ROLE rights_owner;
SELECT set_whitelist_rule('dash.hz', rule => 'bank', top_n => 5);
SELECT freeze_scoreboard('dash.hz');
SET ROLE "rights ""reader"" 2";
SELECT count(*) FROM dash.hz_whitelist_bank WHERE decision = 'listed' AND year = 2024;
SELECT count(*) > 100 AS standing FROM dash.hz_standing;
-- an analyst sees credit too; what the owner may not pass on is told at once
SET ROLE rights_owner;
SET client_min_messages = notice;
SELECT grant_scoreboard('dash.hz', 'rights_analyst', 'analyst');
SET client_min_messages = warning;
RESET ROLE;
GRANT SELECT ON credit_rule, credit_curve TO rights_analyst;
SET ROLE rights_analyst;
SELECT count(*) AS credit FROM dash.hz_credit;
SET ROLE rights_owner;
SELECT rebuild_scoreboard('dash.hz');
SELECT a.attname, a.attacl::text ~ 'rights_reader=r/' AS reader, a.attacl::text ~ 'rights_analyst=r/' AS analyst
FROM pg_attribute a WHERE a.attrelid = 'dash.hz_rights'::regclass AND a.attnum > 0 ORDER BY a.attnum;
-- taking back one leaves what another takes
SELECT grant_scoreboard('dash.hz', 'rights_analyst', 'reader');
SELECT revoke_scoreboard('dash.hz', 'rights_analyst', 'analyst');
SELECT revoke_scoreboard('dash.hz', 'rights_reader');
SET ROLE rights_analyst;
SELECT count(*) > 100 AS scores FROM dash.hz_score;
SELECT attempt('SELECT * FROM dash.hz_credit');
SET ROLE rights_reader;
SELECT attempt('SELECT * FROM dash.hz_score'), attempt($$SELECT * FROM gap_to('dash.hz', '2024', 'F001')$$);
-- a right alone, without privileges on views
SET ROLE rights_owner;
SELECT grant_scoreboard('dash.hz', 'public', 'clerk');
SET ROLE rights_reader;
SELECT r.name, _innovation_score.has_right('dash.hz', r.name, current_user::regrole) FROM _innovation_score.scoreboard_right r ORDER BY r.place;
SELECT attempt($$SELECT _innovation_score.require_right('dash.hz', 'publisher', current_user::regrole)$$);
-- nor by what is granted on all views of a schema
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA dash TO rights_reader;
SELECT r.name FROM _innovation_score.scoreboard_right r WHERE _innovation_score.has_right('dash.hz', r.name, 'rights_reader'::regrole);

-- ---------------------------------------------------------------- the owner of another scoreboard, who may create in the schema

CREATE ROLE rights_rival;
CREATE ROLE rights_publisher;
CREATE SCHEMA lair AUTHORIZATION rights_rival;
GRANT USAGE ON SCHEMA lair TO PUBLIC;
GRANT USAGE, CREATE ON SCHEMA dash TO rights_rival;
GRANT SELECT ON firm TO rights_rival;
GRANT SELECT, UPDATE ON scheme TO rights_rival;
CREATE SEQUENCE ran;     -- counts what runs for others, also where that fails
GRANT USAGE ON ran TO PUBLIC;
SET ROLE rights_owner;
SELECT publish('dash.hz', '2024', 'first'), grant_scoreboard('dash.hz', 'rights_publisher', 'publisher');
SET ROLE rights_rival;
SELECT create_scoreboard('lair.own', 'board', 'firm', 'firm', 'stage', 'year');
SELECT publish('lair.own', '2024', 'own');
CREATE FUNCTION lair.planted(x text) RETURNS text LANGUAGE plpgsql AS $$BEGIN
    IF current_user <> 'rights_rival' THEN PERFORM nextval('board.ran'); END IF;
    RETURN x;
END$$;
-- a column of another type in the place of ours, whose check the functions that write for others would run: as superuser
CREATE DOMAIN lair.key AS text CHECK (lair.planted(VALUE) IS NOT NULL);
CREATE DOMAIN lair.number AS int CHECK (lair.planted(VALUE::text) IS NOT NULL);
BEGIN;
DROP VIEW lair.own_score CASCADE;
CREATE VIEW lair.own_score AS SELECT NULL::lair.key AS firm, NULL::lair.number AS year;
SELECT file_objection(2, 'F001', 'a', 1, 'evidence') > 0 AS filed;
DROP VIEW lair.own_input CASCADE;
CREATE VIEW lair.own_input AS SELECT firm::lair.key, year::lair.number, stage, NULL::float8[] AS _values FROM board.firm WHERE firm = 'F001';
SELECT attempt($$SELECT publish('lair.own', '2024', 'x')$$);
ROLLBACK;
RESET ROLE;
SELECT is_called FROM ran;
SET ROLE rights_rival;
-- what there is of others is not told
SELECT attempt($$SELECT publish('lair.none', NULL, 'x')$$), attempt($$SELECT record_whitelist_batch('lair.none')$$);
-- views that are planted where the owner's were run nothing with the privileges of who publishes, stores or analyses
SET ROLE rights_owner;
BEGIN;
DROP VIEW dash.hz_input CASCADE;
SET ROLE rights_rival;
CREATE VIEW dash.hz_input AS SELECT lair.planted(firm) AS firm, year, stage, city, NULL::float8[] AS _values FROM board.firm;
CREATE VIEW dash.hz_score AS SELECT lair.planted(firm) AS firm, year FROM board.firm;
GRANT SELECT ON dash.hz_input, dash.hz_score TO PUBLIC;
SET ROLE rights_publisher;
SELECT attempt($$SELECT publish('dash.hz', '2024', 'x')$$);
SET ROLE rights_owner;
SELECT attempt(c) ~ '^55000: views of scoreboard dash.hz belong to others|^42501: must be owner of view hz_|^42P01: views dash.hz_' AS refused, c
FROM unnest(ARRAY[$$SELECT freeze_scoreboard('dash.hz')$$, $$SELECT rebuild_scoreboard('dash.hz')$$, $$SELECT store_ranking('dash.hz', 'dash.kept')$$,
    $$SELECT record_whitelist_batch('dash.hz', '2024')$$, $$SELECT * FROM gap_to('dash.hz', '2024', 'F001')$$,
    $$SELECT set_whitelist_rule('dash.hz', top_n => 3)$$]) c;
RESET ROLE;
SELECT attempt($$SELECT rebuild_scoreboard('dash.hz')$$) ~ '^55000: views of scoreboard dash.hz belong to others|^42501: must be owner of view hz_' AS refused;
ROLLBACK;
RESET ROLE;
SELECT is_called FROM ran;
-- tables of others as stored rankings, which a superuser's refresh would fill
SET ROLE rights_owner;
CREATE TABLE dash.precious (firm text);
SET ROLE rights_rival;
SELECT store_ranking('lair.own', 'lair.kept') > 100 AS stored;
SELECT attempt(c) FROM unnest(ARRAY[
    $$INSERT INTO stored_ranking SELECT 'dash.precious', scoreboard, periods, '{firm}', stored_at FROM stored_ranking$$,
    $$UPDATE stored_ranking SET target = 'dash.precious'$$, $$UPDATE stored_ranking SET target = 'dash.none'$$]) c;
CREATE TABLE dash.squat (firm text);
INSERT INTO stored_ranking SELECT 'dash.squat', scoreboard, periods, '{firm}', stored_at FROM stored_ranking;
DROP TABLE dash.squat;
SET ROLE rights_owner;
SELECT attempt($$SELECT store_ranking('dash.hz', 'dash.squat')$$);
CREATE TABLE dash.squat (firm text);
RESET ROLE;
SELECT attempt($$SELECT refresh_ranking('dash.squat')$$);
DROP TABLE dash.squat, dash.precious;
-- the name of a scoreboard that others have published under
SET ROLE rights_owner;
DELETE FROM whitelist_batch;
SELECT drop_scoreboard('dash.hz');
SET ROLE rights_rival;
SELECT attempt(c) FROM unnest(ARRAY[$$SELECT retract(1, 'x')$$,
    $$SELECT create_scoreboard('dash.hz', 'board', 'firm', 'firm', 'stage', 'year')$$,
    $$UPDATE scoreboard SET scoreboard = 'dash.hz' WHERE scoreboard = 'lair.own'$$,
    $$UPDATE scoreboard SET scoreboard = 'dash.new' WHERE scoreboard = 'lair.own'$$]) c;
BEGIN;
ALTER VIEW lair.own_rights RENAME TO hz_rights;
ALTER VIEW lair.hz_rights SET SCHEMA dash;
SELECT attempt($$UPDATE scoreboard SET scoreboard = 'dash.hz' WHERE scoreboard = 'lair.own'$$);
ROLLBACK;
SET ROLE rights_owner;
SELECT create_scoreboard('dash.hz', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT retract(1, 'mine');
-- what is left of a scoreboard, with a view of rights of another's, is not his by a change that a foreign key makes
DROP VIEW dash.hz_rights;
SET ROLE rights_rival;
CREATE VIEW dash.hz_rights AS SELECT NULL::boolean AS reader;
BEGIN;
SELECT unlock_scheme('board');
UPDATE scheme SET scheme = 'renamed' WHERE scheme = 'board';
SELECT scoreboard FROM scoreboard;
ROLLBACK;
DROP VIEW dash.hz_rights;
RESET ROLE;
SELECT drop_scoreboard(s) FROM unnest('{dash.hz,lair.own}'::text[]) s;
-- ---------------------------------------------------------------- views that are gone are named, with what makes them again

SELECT create_scoreboard('dash.hz', 'board', 'firm', 'firm', 'stage', 'year');
SELECT set_whitelist_rule('dash.hz', top_n => 10), freeze_scoreboard('dash.hz');
SELECT store_ranking('dash.hz', 'board.kept') > 100 AS stored;
CREATE TABLE asked AS SELECT u.c, u.place FROM unnest(ARRAY[
    $$set_whitelist_rule('dash.hz', top_n => 3)$$, $$freeze_scoreboard('dash.hz')$$, $$store_ranking('dash.hz', 'board.more')$$,
    $$refresh_ranking('board.kept')$$, $$record_whitelist_batch('dash.hz', '2024')$$, $$scoreboard_export('dash.hz', '2024')$$,
    $$radar_chart('dash.hz', '2024', 'F001')$$, $$histogram_chart('dash.hz', '2024')$$, $$thaw_scoreboard('dash.hz')$$,
    $$set_tiers('dash.hz', 'score', '{A,B}', '[50]')$$, $$publish('dash.hz', '2024', 'x')$$]) WITH ORDINALITY AS u(c, place);
BEGIN;
DROP VIEW dash.hz_ranking CASCADE;
SELECT c, attempt('SELECT ' || c) FROM asked WHERE c ~ 'freeze|store_|refresh|whitelist|export|radar' ORDER BY place;
ROLLBACK;
BEGIN;
DROP SCHEMA dash CASCADE;
SELECT split_part(attempt('SELECT ' || c), E'\n', 1) AS refused, count(*)
FROM (SELECT c FROM asked UNION ALL VALUES ($$grant_scoreboard('dash.hz', 'public', 'reader')$$), ($$revoke_scoreboard('dash.hz', 'public')$$)) a GROUP BY 1;
ROLLBACK;
SELECT drop_scoreboard('dash.hz');
DROP SCHEMA dash, lair CASCADE;
\set ECHO none
\i :forget
\set ECHO all
DROP OWNED BY rights_owner, rights_reader, "rights ""reader"" 2", rights_analyst, rights_rival, rights_publisher;
DROP ROLE rights_owner, rights_reader, "rights ""reader"" 2", rights_analyst, rights_rival, rights_publisher;
