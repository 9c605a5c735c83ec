-- What a superuser does with the scoreboard or collection of somebody else runs that one's expressions as that one: a mapping, a
-- condition and a source view call functions that refuse to be run as anybody else, one of them while it is planned.
SET client_min_messages = warning;
\set VERBOSITY terse
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
SET search_path = public, innovation_score;
\pset format unaligned
INSERT INTO scheme (scheme) VALUES ('owner_calls');
INSERT INTO category (scheme, category) VALUES ('owner_calls', 'x');
INSERT INTO indicator (scheme, indicator, category, position) VALUES ('owner_calls', 'a', 'x', 1), ('owner_calls', 'b', 'x', 2);
INSERT INTO weight VALUES ('owner_calls', 'all', 'a', 60), ('owner_calls', 'all', 'b', 40);
CREATE ROLE owner_calls_owner;
GRANT SELECT ON credit_rule, credit_step, credit_curve, publication, publication_event, published_model, published_firm TO owner_calls_owner;
CREATE SCHEMA owner_calls AUTHORIZATION owner_calls_owner;
SET ROLE owner_calls_owner;
SET search_path = owner_calls, innovation_score;
CREATE FUNCTION constant() RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    ASSERT current_user = 'owner_calls_owner', 'run as a superuser while it is planned';
    RETURN 0;
END $$;
CREATE FUNCTION variable(x anyelement) RETURNS anyelement LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    ASSERT current_user = 'owner_calls_owner', 'run as a superuser';
    RETURN x;
END $$;
CREATE TABLE firm (code text, city text, year int, a float8, b float8);
INSERT INTO firm SELECT 'F' || i, 'C' || i % 2, y, i, (i + y) % 5 FROM generate_series(1, 12) i, generate_series(2023, 2024) y;
CREATE VIEW source AS SELECT code, variable(city) AS city, year, a, variable(b) AS b FROM firm;
SELECT create_scoreboard('board', 'owner_calls', 'source', 'code', period => 'year', peers => '{city}', attributes => '{city}', mapping => '{"a": "a + owner_calls.constant()"}'),
       set_whitelist_rule('board', top_n => 3, required => 'city <> owner_calls.constant()::text'), set_whitelist_rule('board', top_n => 2, rule => 'second'),
       set_tiers('board', 'quantile', '{A,B}', '[0.5]', tiering => 'half');
CREATE TABLE register (code text, year int, amount numeric);
INSERT INTO register VALUES ('F1', 2024, 5);
SELECT create_collection('taken', 'firm', 'code', '{2024}', '{"r": {"table": "register", "key": "code", "period": "year"}}',
                         '{"amount": {"from": "r", "value": "sum(amount)"}}', condition => 'constant() = 0 AND year = 2024', stored => true);
RESET ROLE;
-- the functions do refuse
SET search_path = public, innovation_score;
SELECT count(_values) FROM owner_calls.board_input;
-- each of these by a superuser: what it says, if anything
CREATE PROCEDURE owner_calls_try(VARIADIC calls text[]) LANGUAGE plpgsql AS $$
DECLARE
    call text;
BEGIN
    FOREACH call IN ARRAY calls LOOP
        BEGIN
            EXECUTE 'SELECT * FROM ' || call;
        EXCEPTION WHEN OTHERS OR assert_failure THEN
            RAISE WARNING '%: %', call, SQLERRM;
        END;
    END LOOP;
END $$;
CALL owner_calls_try($$scoreboard_problems('owner_calls.board')$$, $$set_whitelist_rule('owner_calls.board', top_n => 4, reserve_n => 1)$$,
    $$set_whitelist_rule('owner_calls.board', rule => 'second', required => 'city IS NOT NULL')$$, $$drop_whitelist_rule('owner_calls.board', 'second')$$,
    $$rebuild_scoreboard('owner_calls.board')$$, $$alter_scoreboard('owner_calls.board', min_peers => 3)$$, $$set_small_group('owner_calls.board', 2)$$,
    $$set_tiers('owner_calls.board', 'quantile', '{A,B}', '[0.4]')$$, $$set_credit('owner_calls.board', revenue => 'a')$$, $$drop_tiers('owner_calls.board', 'half')$$,
    $$suspend_scoreboard('owner_calls.board')$$, $$rebuild_scoreboard('owner_calls.board')$$);
CREATE TEMP TABLE owner_calls_analyses (call text);
INSERT INTO owner_calls_analyses VALUES
    ($$cronbach_alpha('owner_calls.board', '2024')$$), ($$gap_to('owner_calls.board', '2024', 'F4')$$), ($$histogram_chart('owner_calls.board', '2024', 'a')$$),
    ($$radar_chart('owner_calls.board', '2024', 'F4')$$), ($$indicator_correlations('owner_calls.board', '2024')$$),
    ($$indicator_drift('owner_calls.board', '2024', '2023')$$), ($$indicator_influence('owner_calls.board', '2024')$$),
    ($$method_stability('owner_calls.board', '2024', '{"x": {"indicators": {"a": {"extreme": "none"}}}}')$$),
    ($$propose_weights('owner_calls.board', '2024', NULL, 'entropy')$$), ($$rank_sensitivity('owner_calls.board', '2024', 4)$$),
    ($$rank_stability('owner_calls.board', '2024', 4)$$), ($$score_contributions('owner_calls.board', '2024')$$),
    ($$score_distribution('owner_calls.board', '2024', 'city')$$), ($$score_stability('owner_calls.board', '2024', '2023')$$),
    ($$scoreboard_export('owner_calls.board', '2024')$$), ($$similar_firms('owner_calls.board', '2024', 'F4')$$),
    ($$what_if('owner_calls.board', '2024', 'F4', '{"a": 100}')$$), ($$scoreboard_problems('owner_calls.board', '2024')$$);
SELECT format('CALL owner_calls_try(VARIADIC %L)', array_agg(call)) AS analyses FROM owner_calls_analyses \gset
:analyses;
CALL owner_calls_try($$store_ranking('owner_calls.board', 'owner_calls.stored', '2024')$$, $$refresh_ranking('owner_calls.stored')$$,
    $$freeze_scoreboard('owner_calls.board')$$, $$freeze_scoreboard('owner_calls.board', '2024')$$, $$record_whitelist_batch('owner_calls.board', '2024')$$,
    $$publish('owner_calls.board', '2024', 'list')$$);
-- what looks for a period that there is not
CALL owner_calls_try($$publish('owner_calls.board', '2042', 'list')$$, $$store_ranking('owner_calls.board', 'owner_calls.other', '2042')$$,
    $$freeze_scoreboard('owner_calls.board', '2042')$$, $$record_whitelist_batch('owner_calls.board', '2042')$$,
    $$scoreboard_problems('owner_calls.board', '2042')$$, $$score_distribution('owner_calls.board', '2042', 'city')$$);
-- of a frozen scoreboard, too
:analyses;
CALL owner_calls_try($$thaw_scoreboard('owner_calls.board')$$, $$alter_collection('owner_calls.taken', periods => '{2023,2024}')$$,
    $$alter_collection('owner_calls.taken', indicators => '{"amount": {"from": "r", "value": "sum(amount)"}, "rows": {"from": "r", "value": "count(*)"}}')$$,
    $$refresh_collection('owner_calls.taken')$$);
-- and what has been made belongs to the owner
SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'owner_calls'::regnamespace AND relkind IN ('v', 'm');
SELECT "check", ok FROM verify_publication((SELECT max(publication) FROM publication)) WHERE NOT ok;
DELETE FROM whitelist_batch WHERE scoreboard = 'owner_calls.board';
DROP TABLE owner_calls.stored;
SELECT drop_scoreboard('owner_calls.board'), drop_collection('owner_calls.taken');
DROP PROCEDURE owner_calls_try;
CREATE SCHEMA board;
\set ECHO none
\i :forget
\set ECHO all
DROP SCHEMA owner_calls CASCADE;
DROP OWNED BY owner_calls_owner;
DROP ROLE owner_calls_owner;
