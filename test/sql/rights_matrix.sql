-- Every right of grant_scoreboard against every call that asks for one: a role that has just this right does what it is for, and is
-- refused the rest; where a right would do, the hint is the grant of it.
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = innovation_score, public;
\pset format unaligned
\pset footer off
\set SHOW_CONTEXT never

CREATE ROLE matrix_owner;
CREATE SCHEMA matrix AUTHORIZATION matrix_owner;
GRANT INSERT, UPDATE, DELETE ON scheme, category, category_weight, indicator, stage, weight, stage_rule, scheme_rule, scheme_tier TO matrix_owner;
GRANT SELECT ON credit_rule, credit_step, credit_curve TO matrix_owner WITH GRANT OPTION;
SET ROLE matrix_owner;
CREATE TABLE matrix.firm AS SELECT 'F' || i AS firm, i::float8 AS a, i % 3 AS b FROM generate_series(1, 6) i;
INSERT INTO scheme (scheme) VALUES ('matrix');
INSERT INTO category (scheme, category) VALUES ('matrix', 'x');
INSERT INTO indicator (scheme, indicator, category, extreme, position) VALUES ('matrix', 'a', 'x', 'none', 1), ('matrix', 'b', 'x', 'none', 2);
INSERT INTO weight VALUES ('matrix', 'all', 'a', 50), ('matrix', 'all', 'b', 50);
SELECT create_scoreboard('matrix.m', 'matrix', 'matrix.firm', 'firm');
SELECT set_whitelist_rule('matrix.m', top_n => 2);
SELECT publish('matrix.m', NULL, 'first') AS number \gset
SELECT file_objection(:number, 'F3', 'a', 9, 'of the owner') AS objection \gset
RESET ROLE;

-- What a role gets of a call, which leaves nothing: what is missing, or that it may. A state that forbids the call is no lack of a right.
CREATE FUNCTION public.may(asked text, role text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
    hint text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    BEGIN
        EXECUTE asked;
        RAISE EXCEPTION 'may' USING ERRCODE = 'ZZ001';
    EXCEPTION WHEN insufficient_privilege OR with_check_option_violation THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        found := COALESCE('no, ' || substring(hint from '''(reader|analyst|bank|clerk|reviewer|publisher)''\);$'), 'no');
    WHEN SQLSTATE 'ZZ001' OR object_not_in_prerequisite_state OR no_data_found THEN
        found := 'yes';
    END;
    RESET ROLE;
    RETURN found;
END
$$;

-- A right each, and a role without any; "owner" of the scoreboard.
CREATE TEMP TABLE holder AS SELECT r AS right_name, 'matrix_' || r AS role, place
FROM unnest('{reader,analyst,bank,clerk,reviewer,publisher,nobody,owner}'::text[]) WITH ORDINALITY AS u(r, place);
SELECT format('CREATE ROLE %I', role) FROM holder WHERE right_name <> 'owner' ORDER BY place \gexec
SET ROLE matrix_owner;
SELECT count(grant_scoreboard('matrix.m', 'matrix_' || r, r)) FROM unnest('{reader,analyst,bank,clerk,reviewer,publisher}'::text[]) r;
RESET ROLE;
CREATE TEMP TABLE asked (place int GENERATED ALWAYS AS IDENTITY, name text, call text);
INSERT INTO asked (name, call) VALUES
    ('read scores', 'SELECT FROM matrix.m_score'), ('read the ranking', 'SELECT FROM matrix.m_ranking'), ('read the list', 'SELECT FROM matrix.m_whitelist'),
    ('read models', 'SELECT FROM matrix.m_model'), ('read credit curves', 'SELECT FROM credit_curve'),
    ('gap_to', 'SELECT FROM gap_to(''matrix.m'', NULL, ''F1'')'),
    ('read published lists', 'SELECT FROM published_whitelist'), ('read published firms', 'SELECT FROM published_firm'),
    ('publish', 'SELECT publish(''matrix.m'', NULL, ''x'')'),
    ('start_public_notice', format('SELECT start_public_notice(%s, ''2999-01-01'', ''2999-01-02'')', :number)),
    ('finalize_publication', format('SELECT finalize_publication(%s)', :number)),
    ('retract', format('SELECT retract(%s, ''x'')', :number)),
    ('file_objection', format('SELECT file_objection(%s, ''F4'', ''a'', 9, ''x'')', :number)),
    ('withdraw_objection', format('SELECT withdraw_objection(%s, ''x'')', :objection)),
    ('accept_objection', format('SELECT accept_objection(%s, ''x'')', :objection)),
    ('reject_objection', format('SELECT reject_objection(%s, ''x'')', :objection)),
    ('record_whitelist_batch', 'SELECT record_whitelist_batch(''matrix.m'')'),
    ('freeze_scoreboard', 'SELECT freeze_scoreboard(''matrix.m'')'), ('rebuild_scoreboard', 'SELECT rebuild_scoreboard(''matrix.m'')'),
    ('set_whitelist_rule', 'SELECT set_whitelist_rule(''matrix.m'', top_n => 6)'), ('store_ranking', 'SELECT store_ranking(''matrix.m'', ''matrix.stored'')'),
    ('grant_scoreboard', 'SELECT grant_scoreboard(''matrix.m'', ''public'', ''reader'')'),
    ('drop_scoreboard', 'SELECT drop_scoreboard(''matrix.m'')'),
    ('write the registry', 'INSERT INTO exclusion (scoreboard, entity, reason) VALUES (''matrix.m'', ''F1'', ''x'')'),
    ('write publications', 'DELETE FROM published_firm'), ('write objections', 'UPDATE objection SET status = ''accepted''');
SELECT format('SELECT a.name AS call, %s FROM asked a ORDER BY a.place',
              string_agg(format('public.may(a.call, %L) AS %I', role, right_name), ', ' ORDER BY place)) FROM holder \gexec
DROP FUNCTION public.may(text, text);
SELECT drop_scoreboard('matrix.m');
DROP SCHEMA matrix CASCADE;
\set ECHO none
CREATE SCHEMA board;
\i :forget
\set ECHO all
DROP OWNED BY matrix_owner, matrix_reader, matrix_analyst, matrix_bank, matrix_clerk, matrix_reviewer, matrix_publisher, matrix_nobody;
DROP ROLE matrix_owner, matrix_reader, matrix_analyst, matrix_bank, matrix_clerk, matrix_reviewer, matrix_publisher, matrix_nobody;
