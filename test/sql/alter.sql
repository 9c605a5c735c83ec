--
-- Another mapping, source or scheme for a scoreboard that is there, and a source that is changed while it is suspended.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set SHOW_CONTEXT never
\pset format unaligned
\pset null '(null)'
CREATE ROLE alter_owner;
CREATE ROLE alter_reader;
CREATE ROLE alter_analyst;
CREATE ROLE alter_gone;
CREATE SCHEMA board AUTHORIZATION alter_owner;
GRANT CREATE, USAGE ON SCHEMA board TO alter_owner;
SELECT innovation_score.derive_scheme('altered', 'national-2024') \g /dev/null
DELETE FROM innovation_score.indicator WHERE scheme = 'altered' AND indicator NOT IN ('rd_expense', 'revenue');
SELECT innovation_score.derive_scheme('altered-2', 'altered') \g /dev/null
INSERT INTO innovation_score.indicator (scheme, indicator, category, title) VALUES ('altered-2', 'employees', 'growth', '职工数');
INSERT INTO innovation_score.weight SELECT 'altered-2', s, 'employees', 10 FROM unnest('{startup,growth,stable}'::text[]) s;
SET search_path = board, innovation_score, public;
SET ROLE alter_owner;
CREATE TABLE firm (code text, year int, city text, rd numeric, income text, employees int, loss numeric);
INSERT INTO firm SELECT 'F' || i, 2023 + i % 2, 'C' || i % 3, i * 7 % 41, i * 13 % 37, i % 9, i % 5 FROM generate_series(1, 30) i;
RESET client_min_messages;

SELECT create_scoreboard('town', 'altered', 'firm', 'code', $$'growth'$$, 'year', attributes => '{city}',
                         mapping => '{"rd_expense": "rd", "revenue": "income::numeric"}');
SELECT set_whitelist_rule('town', top_n => 3, required => $$city <> 'C0'$$);
SELECT set_whitelist_rule('town', rule => 'cities', quota_by => 'city', quota_n => 1);
SELECT set_tiers('town', 'score', '{A,B}', '[50]') \g /dev/null
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('town', 'F3', '环保处罚');
SELECT grant_scoreboard('town', 'alter_analyst', 'analyst');
GRANT SELECT ON town_ranking TO alter_reader WITH GRANT OPTION;
GRANT SELECT (code, city, score), REFERENCES (code) ON town_score TO alter_reader;
GRANT SELECT ON town_whitelist_cities TO PUBLIC;
GRANT SELECT ON town_detail TO alter_gone;
ALTER VIEW town_whitelist SET (security_barrier = true);
COMMENT ON VIEW town_ranking IS 'ours';
COMMENT ON COLUMN town_score.city IS '地市';

-- what is to be the same afterwards: who may do what, whose the views are, comments and options (security_invoker is there
-- from 15 on, the owner's own privileges are more from 17 on)
CREATE FUNCTION state() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s|%s|%s|%s|%s', c.relname, c.relowner::regrole, (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(c.reloptions) o WHERE o <> 'security_invoker=true'), obj_description(c.oid),
                  (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(c.relacl) x WHERE x::text NOT LIKE c.relowner::regrole || '=%'))
    FROM pg_class c WHERE c.relnamespace = 'board'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'town\_%'
    UNION ALL
    SELECT format('%s.%s|%s|%s', c.relname, a.attname, col_description(c.oid, a.attnum),
                  (SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(a.attacl) x))
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'board'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'town\_%' AND a.attname !~ '^_(required|quota)'
$$;
CREATE TABLE state_before AS SELECT * FROM state() AS s(line);
CREATE VIEW state_changes AS
    (SELECT '-' AS side, line FROM state_before EXCEPT ALL SELECT '-', line FROM state() AS s(line))
    UNION ALL (SELECT '+', line FROM state() AS s(line) EXCEPT ALL SELECT '+', line FROM state_before)
    ORDER BY 2, 1;
CREATE TABLE ranking_before AS SELECT code, year, score, rank, tier FROM town_ranking;
CREATE FUNCTION ranking_changes(OUT firms bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
BEGIN
    SELECT count(*), count(*) FILTER (WHERE (b.score, b.rank, b.tier) IS DISTINCT FROM (r.score, r.rank, r.tier)) INTO firms, differ
    FROM town_ranking r FULL JOIN ranking_before b USING (code, year);
END
$$;

-- ---------------------------------------------------------------- a suspended scoreboard

SELECT suspend_scoreboard('town');
SELECT suspend_scoreboard('town');
SELECT count(*) FILTER (WHERE relname LIKE 'town\_%'), count(*) FILTER (WHERE relname = 'town_rights') FROM pg_class WHERE relnamespace = 'board'::regnamespace AND relkind = 'v';
SELECT freeze_scoreboard('town');
SELECT set_whitelist_rule('town', top_n => 4);
SELECT * FROM gap_to('town', '2024', 'F1');
SELECT severity, object, problem, advice FROM scoreboard_problems('town') WHERE severity = 'error';
-- nothing holds the table: a column gets another type, one goes, the table is swapped
ALTER TABLE firm ALTER employees TYPE numeric, ALTER year TYPE bigint, DROP loss;
ALTER TABLE firm RENAME TO firm_old;
CREATE TABLE firm AS SELECT * FROM firm_old ORDER BY rd DESC;
DROP TABLE firm_old;
RESET ROLE;
DROP OWNED BY alter_gone;
DROP ROLE alter_gone;
SET ROLE alter_owner;
SELECT rebuild_scoreboard('town');
SELECT * FROM state_changes;
SELECT * FROM ranking_changes();
SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'town_ranking'::regclass AND attname = 'year';
SELECT rule, count(*) FILTER (WHERE decision = 'listed') AS listed FROM town_standing WHERE year = 2024 GROUP BY 1 ORDER BY 1;
SELECT suspended FROM scoreboard;
-- default privileges do not add to what the views had; and a superuser who rebuilds leaves them to the owner
UPDATE state_before SET line = s.line FROM state() AS s(line) WHERE s.line LIKE 'town_detail|%' AND state_before.line LIKE 'town_detail|%';
SELECT suspend_scoreboard('town');
ALTER DEFAULT PRIVILEGES IN SCHEMA board GRANT SELECT, INSERT ON TABLES TO alter_reader;
RESET ROLE;
ALTER DEFAULT PRIVILEGES IN SCHEMA board GRANT SELECT, INSERT ON TABLES TO alter_reader;
SELECT rebuild_scoreboard('town');
SELECT * FROM state_changes;
SELECT * FROM ranking_changes();
ALTER DEFAULT PRIVILEGES IN SCHEMA board REVOKE ALL ON TABLES FROM alter_reader;
SET ROLE alter_owner;
ALTER DEFAULT PRIVILEGES IN SCHEMA board REVOKE ALL ON TABLES FROM alter_reader;
-- what an owner writes there is no command, and no view becomes another's
SELECT suspend_scoreboard('town');
UPDATE scoreboard SET suspended = jsonb_set(jsonb_set(suspended, '{views,score,grants}', '[{"grantee": "x; DROP TABLE firm", "privilege": "SELECT"},
    {"grantee": "alter_reader", "privilege": "SELECT ON firm TO PUBLIC; --"}, {"grantee": "alter_reader", "privilege": "SELECT", "column": "a) ON firm TO PUBLIC; --"}]'),
    '{views,score,owner}', '"postgres"');
RESET ROLE;
SELECT rebuild_scoreboard('town');
SET ROLE alter_owner;
SELECT * FROM state_changes;
-- dropped while it is suspended
SELECT suspend_scoreboard('town');
BEGIN;
SELECT drop_scoreboard('town');
SELECT count(*) FROM pg_class WHERE relnamespace = 'board'::regnamespace AND relname LIKE 'town\_%';
ROLLBACK;
SELECT rebuild_scoreboard('town');
-- what depends on the views
CREATE VIEW best AS SELECT code, score FROM town_ranking WHERE rank <= 3;
SELECT suspend_scoreboard('town');
SELECT suspended IS NULL AS is_there FROM scoreboard;
DROP VIEW best;

-- ---------------------------------------------------------------- another mapping, source, scheme

DELETE FROM state_before;
INSERT INTO state_before SELECT * FROM state();
SELECT alter_scoreboard('town', mapping => '{"rd_expense": "rd * 10", "revenue": "parse_number(income)"}');
SELECT * FROM ranking_changes();        -- the unit of an indicator does not matter to the ranks
SELECT alter_scoreboard('town', mapping => '{"rd_expense": "-rd", "revenue": "income::numeric"}');
SELECT * FROM ranking_changes();
SELECT * FROM state_changes;
SELECT alter_scoreboard('town', mapping => '{"rd_expense": "rd", "研发": null}');
SELECT alter_scoreboard('town', mapping => '{"rd_expense": "rdd", "revenue": null}');
SELECT alter_scoreboard('town', sample => 'rd > 5', mapping => '{"rd_expense": "rd", "revenue": "income::numeric"}');
SELECT fitted_on, sum(fitted_rows) FROM town_model GROUP BY 1;
SELECT alter_scoreboard('town', sample => '');
SELECT * FROM ranking_changes();
-- another table, which may have other columns
CREATE TABLE firm_2 AS SELECT code, year, city, rd, income, employees, 'x' AS note FROM firm;
SELECT alter_scoreboard('town', source => 'firm_2', attributes => '{city,note}');
DROP TABLE firm;
SELECT source, attributes FROM scoreboard;
SELECT * FROM ranking_changes();
SELECT * FROM state_changes;
CREATE VIEW best AS SELECT code, score FROM town_ranking WHERE rank <= 3;
SELECT alter_scoreboard('town', attributes => '{city}');
SELECT attributes FROM scoreboard;
SELECT alter_scoreboard('town', mapping => '{"rd_expense": "rd * 2", "revenue": "income::numeric"}');   -- the columns stay, and what depends on them
DROP VIEW best;
-- a rule that asks a column which the new table does not have; nothing is changed then
CREATE TABLE firm_3 AS SELECT code, year, rd, income, employees FROM firm_2;
SELECT alter_scoreboard('town', source => 'firm_3', attributes => '{}');
SELECT source FROM scoreboard;
-- another scheme
SELECT alter_scoreboard('town', scheme => 'altered-2', stage => 'CASE WHEN employees > 4 THEN ''stable'' ELSE ''startup'' END', attributes => '{city}');
SELECT scheme, mapping, stage FROM scoreboard;
SELECT indicator, count(*) FROM town_detail WHERE indicator <> 'rounding' GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM exclusion;
SELECT line FROM state_changes WHERE side = '-' AND line !~ 'score$|scheme altered';
SELECT alter_scoreboard('town', scheme => 'altered-3');
SELECT alter_scoreboard('tawn', sample => 'true');
SELECT alter_scoreboard('town', peers => '{ctiy}');
SELECT alter_scoreboard('town', peers => '{city}', min_peers => 4);
SELECT fitted_on, count(*) FROM town_model GROUP BY 1 ORDER BY 1;
SELECT alter_scoreboard('town', peers => '{}', min_peers => 0);
SELECT peers, min_peers FROM scoreboard;
-- of a frozen scoreboard the bounds stay
SELECT freeze_scoreboard('town');
DELETE FROM ranking_before;
INSERT INTO ranking_before SELECT code, year, score, rank, tier FROM town_ranking;
SELECT alter_scoreboard('town', mapping => '{"rd_expense": "rd", "revenue": null}', sample => 'rd > 5');
SELECT alter_scoreboard('town', scheme => 'altered');
CREATE TABLE firm_4 AS SELECT * FROM firm_2;
SELECT alter_scoreboard('town', source => 'firm_4', attributes => '{note}');
DROP TABLE firm_2;
SELECT frozen_at IS NOT NULL AS frozen, source FROM scoreboard;
SELECT * FROM ranking_changes();
SELECT suspend_scoreboard('town');
SELECT rebuild_scoreboard('town');
SELECT frozen_at IS NOT NULL AS frozen FROM scoreboard;
SELECT * FROM ranking_changes();
-- an empty source cannot be frozen, and what is kept stays
BEGIN;
TRUNCATE firm_4;
SAVEPOINT loaded;
SELECT freeze_scoreboard('town');
ROLLBACK TO loaded;
SELECT count(*) FROM fitted_model;
ROLLBACK;
SET ROLE alter_reader;
SELECT alter_scoreboard('board.town', sample => 'true');
SELECT suspend_scoreboard('board.town');

SET ROLE alter_owner;
SET client_min_messages = warning;
SELECT drop_scoreboard('town') \g /dev/null
RESET ROLE;
DROP SCHEMA board CASCADE;
DELETE FROM scheme WHERE scheme LIKE 'altered%';
DROP OWNED BY alter_owner, alter_reader, alter_analyst;
DROP ROLE alter_owner, alter_reader, alter_analyst;
