-- schemes in use: not to be changed without saying so
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never

SELECT derive_scheme('free', 'board'), derive_scheme('child', 'board');
UPDATE scheme SET parent = NULL WHERE scheme = 'free';
SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year'), create_scoreboard('cold', 'board', 'firm', 'firm', 'stage', 'year');

-- live scoreboards lock nothing
UPDATE weight SET weight = weight + 1 WHERE scheme = 'board';
SELECT rebuild_scoreboard('cold'), rebuild_scoreboard('live'), freeze_scoreboard('cold');
CREATE TABLE before AS TABLE cold_score;
SET client_min_messages = notice;

-- every kind of change, in every table; rows may also come from elsewhere and leave
CREATE TABLE edit (command text);
INSERT INTO edit VALUES
    ($$UPDATE weight SET weight = 1 WHERE scheme = 'board' AND stage = 's' AND indicator = 'a'$$),
    ($$DELETE FROM weight WHERE scheme = 'board' AND stage = 's' AND indicator = 'a'$$),
    ($$INSERT INTO weight VALUES ('board', 'extra', 'a', 1)$$),
    ($$UPDATE weight SET scheme = 'board', stage = 'extra' WHERE scheme = 'free' AND stage = 's' AND indicator = 'a'$$),
    ($$UPDATE weight SET scheme = 'free', stage = 'extra' WHERE scheme = 'board' AND stage = 's' AND indicator = 'a'$$),
    ($$INSERT INTO category VALUES ('board', 'new')$$),
    ($$UPDATE category SET title = 'X' WHERE scheme = 'board' AND category = 'x'$$),
    ($$DELETE FROM category WHERE scheme = 'board' AND category = 'x'$$),
    ($$INSERT INTO indicator (scheme, indicator, category) VALUES ('board', 'new', 'x')$$),
    ($$UPDATE indicator SET direction = 'cost' WHERE scheme = 'board' AND indicator = 'a'$$),
    ($$DELETE FROM indicator WHERE scheme = 'board' AND indicator = 'a'$$),
    ($$INSERT INTO stage VALUES ('board', 'new')$$),
    ($$UPDATE stage SET stage = 'small' WHERE scheme = 'board' AND stage = 's'$$),
    ($$DELETE FROM stage WHERE scheme = 'board' AND stage = 's'$$),
    ($$UPDATE scheme SET extreme = 'none' WHERE scheme = 'board'$$),
    ($$UPDATE scheme SET source = 'elsewhere' WHERE scheme = 'board'$$),
    ($$UPDATE scheme SET scheme = 'renamed' WHERE scheme = 'board'$$),
    ($$DELETE FROM scheme WHERE scheme = 'board'$$),
    ($$TRUNCATE weight$$);
SELECT DISTINCT attempt(command) FROM edit WHERE command NOT LIKE 'DELETE FROM category%' ORDER BY 1;
-- what changes nothing, other schemes, and what says nothing about scores
SELECT command, attempt(command) FROM (VALUES
    ($$UPDATE weight SET weight = 1 WHERE scheme = 'nobody'$$), ($$UPDATE weight SET weight = weight + 1 WHERE scheme = 'free'$$),
    ($$UPDATE scheme SET title = title WHERE scheme = 'board'$$), ($$UPDATE scheme SET parent = 'free' WHERE scheme = 'board'$$),
    ($$DELETE FROM scheme WHERE scheme = 'free'$$), ($$SELECT derive_scheme('free', 'board')$$),
    ($$SELECT scheme_import(scheme_export('board'), 'copy')$$)) v(command);
SELECT scheme, parent FROM scheme WHERE scheme = 'board';

-- saying so: this scheme, this transaction
BEGIN;
SELECT unlock_scheme('board');
UPDATE weight SET weight = weight + 1 WHERE scheme = 'board' AND indicator = 'a';
SELECT unlock_scheme('copy');
UPDATE indicator SET title = '甲甲' WHERE scheme = 'board' AND indicator = 'a';
COMMIT;
SELECT attempt($$UPDATE weight SET weight = 2 WHERE scheme = 'board'$$);
-- the scoreboard is frozen as it was, and known to lag behind
SELECT count(*) FROM (TABLE cold_score EXCEPT TABLE before) d;
SELECT * FROM scheme_problems('board') WHERE object LIKE 'scoreboard%';
-- all edits pass, and are gone with the transaction
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT unlock_scheme('board');
CREATE FUNCTION undone(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RAISE EXCEPTION 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END
$$;
SELECT undone(command), command FROM edit;
-- a new name takes the permission along
UPDATE scheme SET scheme = 'renamed' WHERE scheme = 'board';
UPDATE weight SET weight = 3 WHERE scheme = 'renamed' AND indicator = 'a';
SELECT scoreboard, scheme FROM scoreboard ORDER BY 1;
ROLLBACK;
-- an error takes it back
BEGIN;
SAVEPOINT s;
SELECT unlock_scheme('board');
ROLLBACK TO s;
SELECT attempt($$UPDATE weight SET weight = 2 WHERE scheme = 'board'$$) ~ '^55006';
ROLLBACK;
SELECT attempt($$SELECT unlock_scheme('nobody')$$) ~ '^22023: unknown scheme "nobody"', attempt($$SELECT unlock_scheme(NULL)$$) ~ '^22023';
-- a code that needs quotes
UPDATE scheme SET scheme = '奇 "{怪,}'' \' WHERE scheme = 'copy';
SELECT create_scoreboard('odd', '奇 "{怪,}'' \', 'firm', 'firm', 'stage', 'year'), freeze_scoreboard('odd');
SELECT attempt($$UPDATE stage SET title = 'x' WHERE scheme LIKE '奇%'$$);
BEGIN;
SELECT unlock_scheme('奇 "{怪,}'' \'), unlock_scheme('board');
UPDATE stage SET title = 'x' WHERE scheme LIKE '奇%' OR scheme = 'board';
COMMIT;
SELECT attempt($$UPDATE stage SET title = 'x' WHERE scheme = 'board'$$);

-- whoever may change schemes is told, though scoreboards are not theirs to see
CREATE ROLE lock_editor;
GRANT SELECT, INSERT, UPDATE, DELETE ON scheme, category, indicator, stage, weight TO lock_editor;
GRANT USAGE ON SCHEMA board TO lock_editor;
GRANT EXECUTE ON FUNCTION attempt(text) TO lock_editor;
SET ROLE lock_editor;
SELECT attempt($$UPDATE weight SET weight = 2 WHERE scheme = 'board'$$);
SELECT count(*) FROM scoreboard;
BEGIN;
SELECT unlock_scheme('board');
SELECT attempt($$UPDATE weight SET weight = 2 WHERE scheme = 'board'$$);
ROLLBACK;
-- it is no privilege
RESET ROLE;
REVOKE ALL ON weight FROM lock_editor;
SET ROLE lock_editor;
BEGIN;
SELECT unlock_scheme('board');
SELECT attempt($$UPDATE weight SET weight = 2 WHERE scheme = 'board'$$);
ROLLBACK;
RESET ROLE;

-- thawed and dropped scoreboards lock nothing
SET client_min_messages = warning;
SELECT thaw_scoreboard('cold'), drop_scoreboard('odd');
SELECT attempt($$UPDATE weight SET weight = 2 WHERE scheme = 'board'$$);
SET client_min_messages = notice;
SELECT unlock_scheme('board');

-- publications lock like frozen scoreboards
SELECT create_scoreboard('announced', 'child', 'firm', 'firm', 'stage', 'year');
SELECT publish('announced', '2024', '公示') AS number \gset
SELECT drop_scoreboard('announced');
SELECT attempt($$UPDATE weight SET weight = 3 WHERE scheme IN ('board', 'child')$$);
SELECT attempt($$DELETE FROM scheme WHERE scheme = 'child'$$);
SET session_replication_role = replica;
TRUNCATE publication, published_model, published_firm;
RESET session_replication_role;

-- every table whose rows make up a scheme is locked
SELECT p.part, string_agg(t.tgname, ', ' ORDER BY t.tgname)
FROM _innovation_score.scheme_parts() p LEFT JOIN pg_trigger t ON t.tgrelid = _innovation_score.stored_table(p.stored)::regclass AND t.tgname LIKE '%\_lock\_%'
GROUP BY p.part, p.place HAVING count(t.tgname) <> 4;

SET client_min_messages = warning;
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
DELETE FROM scheme WHERE scheme IN ('board', 'free', 'child') OR scheme LIKE '奇%';
DROP SCHEMA board CASCADE;
DROP OWNED BY lock_editor;
DROP ROLE lock_editor;
