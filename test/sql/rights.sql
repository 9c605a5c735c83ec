-- rights: one call gives a role what its work takes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
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
SELECT drop_scoreboard('dash.hz');
DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board, dash CASCADE;
DROP OWNED BY rights_owner, rights_reader, "rights ""reader"" 2", rights_analyst;
DROP ROLE rights_owner, rights_reader, "rights ""reader"" 2", rights_analyst;
