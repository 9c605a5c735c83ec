--
-- What goes on inside the functions of the extension is no context of an error; what the user's own functions do is.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
\set SHOW_CONTEXT always
CREATE TABLE firm (code text, year int, rd_expense numeric, revenue text);
INSERT INTO firm VALUES ('A', 2024, 1, '5'), ('B', 2024, 3, '约500');
SELECT derive_scheme('two', 'national-2024') \g /dev/null
DELETE FROM indicator WHERE scheme = 'two' AND indicator NOT IN ('rd_expense', 'revenue');
-- the first statement of a session, which loads the library
\c -
SET search_path = board, innovation_score, public;
SELECT * FROM gap_to('nobody', '2024', 'A');
\c -
SET search_path = board, innovation_score, public;
SELECT create_scoreboard('a b', 'two', 'firm', 'code');
\c -
SET search_path = board, innovation_score, public;
SELECT derive_scheme('x', 'nowhere');
SELECT create_scoreboard('town', 'two', 'firm', 'kode');
SELECT create_scoreboard('town', 'two', 'firm', 'code', stage => '''growth''', period => 'year +');
SET client_min_messages = error;
SELECT create_scoreboard('town', 'two', 'firm', 'code', stage => '''growth''', period => 'year', mapping => '{"revenue": "revenue::numeric"}') \g /dev/null
SET client_min_messages = warning;
SELECT freeze_scoreboard('town');
SELECT publish('town', '2024', 'x');
SELECT store_ranking('town', 'stored');
SELECT * FROM similar_firms('town', '2042', 'A');
SELECT set_whitelist_rule('town', required => 'a b');
SELECT publish('town', '2042', 'x');
SELECT * FROM publication_changes(9);
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('nobody', 'A', 'x');
UPDATE scheme SET extreme = 'sigma(3' WHERE scheme = 'two';
SELECT * FROM scoreboard_problems('nobody');
-- errors are caught as they were
DO $$
BEGIN
    PERFORM freeze_scoreboard('nobody');
EXCEPTION WHEN undefined_object THEN
    RAISE WARNING 'caught: %', SQLERRM;
END
$$;
-- the user's own functions, around ours and below
CREATE FUNCTION ours() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM * FROM gap_to('nobody', '2024', 'A');
END
$$;
SELECT ours();
CREATE FUNCTION scoreboard_of(x text) RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM gap_to(x, '2024', 'A')$$;
SELECT scoreboard_of('nobody');
CREATE FUNCTION failing() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'mine';
END
$$;
SELECT failing();
-- for developers
CREATE FUNCTION context_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    context text;
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
    RETURN context;
END
$$;
SELECT context_of('SELECT rebuild_scoreboard(''nobody'')') ~ 'find_scoreboard' AS usual;
SET log_error_verbosity = verbose;
SELECT context_of('SELECT rebuild_scoreboard(''nobody'')') ~ 'find_scoreboard' AS verbose;
RESET log_error_verbosity;

SET client_min_messages = error;
SELECT drop_scoreboard('town') \g /dev/null
DROP SCHEMA board CASCADE;
DELETE FROM scheme WHERE scheme = 'two';
