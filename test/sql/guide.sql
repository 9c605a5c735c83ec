--
-- The guide: every statement runs as it stands, where there are tables of these names.
--
\set SHOW_CONTEXT never
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA board;
SET search_path = board;

SELECT format('CREATE TABLE firm (code text PRIMARY KEY, stage text, year int, %s)', string_agg(format('%I float8', indicator), ', ' ORDER BY position))
FROM innovation_score.indicator WHERE scheme = 'national-2024' \gexec
SELECT format('INSERT INTO firm SELECT ''F'' || g, (ARRAY[''startup'', ''growth'', ''stable''])[1 + g %% 3], 2024, %s FROM generate_series(1, 60) g',
              string_agg(format('(g * %s) %% 53', position + 1), ', ' ORDER BY position))
FROM innovation_score.indicator WHERE scheme = 'national-2024' \gexec
UPDATE firm SET code = 'A' WHERE code = 'F7';
CREATE TABLE tax_return (code text, year int, income numeric);
INSERT INTO tax_return VALUES ('A', 2024, 1000000), ('X', 2024, 1);

CREATE FUNCTION follow(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN CASE WHEN n > 0 THEN 'rows' ELSE 'none' END;
END
$$;
SELECT g.place, g.title, g.task, follow(g.statement) FROM innovation_score.guide g ORDER BY g.place;
SELECT scheme FROM innovation_score.scheme WHERE origin = 'user';
SELECT count(*) FROM board_ranking;
SELECT firm, revenue FROM collected WHERE revenue IS NOT NULL;
-- what create_scoreboard says
SET client_min_messages = notice;
SET innovation_score.next_steps = on;
SELECT innovation_score.create_scoreboard('told', 'national-2024', 'firm', entity => 'code', stage => 'stage', period => 'year');
SET innovation_score.next_steps = off;
SELECT innovation_score.create_scoreboard('"Not told"', 'national-2024', 'firm', entity => 'code', stage => 'stage', period => 'year');
SET client_min_messages = warning;
SELECT obj_description('innovation_score'::regnamespace) LIKE '%innovation_score.guide%' AS says_so;

SELECT innovation_score.drop_collection('collected');
SET search_path = board, innovation_score;
\set ECHO none
\i :forget
