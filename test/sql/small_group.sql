-- Small groups: their bounds, medians, distributions and scores are the owner's, of live and of frozen scoreboards
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
\pset null '(null)'
\set SHOW_CONTEXT never

-- a city of one firm, one of four, one of five
INSERT INTO firm SELECT c.city || i, 2024, c.city, 's', i * 1000 + 7, i * 10, i, i, i FROM (VALUES ('一', 1), ('四', 4), ('五', 5)) c(city, n), generate_series(1, c.n) i;
CREATE ROLE regress_small_owner;
CREATE ROLE regress_small_reader;
GRANT ALL ON SCHEMA board TO regress_small_owner;
GRANT USAGE ON SCHEMA board TO regress_small_reader;
ALTER TABLE firm OWNER TO regress_small_owner;
SET ROLE regress_small_owner;
SELECT create_scoreboard(b, 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}') FROM unnest('{live,cold,levels,off}'::text[]) b;
SELECT create_scoreboard('whole', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT create_scoreboard('stepped', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}', min_peers => 5);
SELECT set_whitelist_rule(b, top_n => 400) FROM unnest('{live,cold,off,whole,stepped}'::text[]) b;
SELECT freeze_scoreboard('cold');
SELECT grant_scoreboard(b, 'regress_small_reader', 'reader') FROM unnest('{live,cold,off,whole,stepped}'::text[]) b;
SELECT attempt($$SELECT innovation_score.set_small_group('live', 0)$$);
SELECT set_small_group(b, 5) FROM unnest('{live,cold,whole,stepped}'::text[]) b;
SELECT scoreboard, small_group FROM scoreboard ORDER BY scoreboard COLLATE "C";
-- what a reader sees of the cities, and the owner
CREATE FUNCTION seen(board text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT concat_ws('' '', s.city, count(*), ''scores'', count(s.score), ''details'', (SELECT count(*) FROM %1$s_detail d JOIN %1$s_score c USING (firm, year) WHERE year = 2024 AND c.city = s.city), '
        '''medians'', (SELECT count(p.peer_median) FROM %1$s_portrait p JOIN %1$s_score c USING (firm, year) WHERE year = 2024 AND c.city = s.city), '
        '''ranks'', (SELECT count(r.rank) FROM %1$s_ranking r WHERE r.year = 2024 AND r.city = s.city), min(w.reasons) FILTER (WHERE s.score IS NULL)) '
        'FROM %1$s_score s JOIN %1$s_whitelist w USING (firm, year) WHERE year = 2024 AND s.city IN (''一'', ''四'', ''五'') GROUP BY s.city ORDER BY count(*)', board);
END
$$;
SELECT b, seen(b) FROM unnest('{live,cold,stepped}'::text[]) b;
SET ROLE regress_small_reader;
SELECT b, seen(b) FROM unnest('{live,cold,off,stepped,whole}'::text[]) b;
-- nor elsewhere
SELECT peers, model IS NULL AS hidden, medians FROM _innovation_score.shown_fitted_model WHERE scoreboard = 'board.cold' AND period = '2024' AND peers[1] IN ('一', '四', '五') ORDER BY fitted_rows;
SELECT peers, stage, profile FROM _innovation_score.shown_peer_profile WHERE scoreboard = 'board.cold' AND period = '2024' AND peers[1] = '一';
SELECT city, model IS NULL AS hidden FROM live_model WHERE year = 2024 AND city IN ('一', '四', '五') ORDER BY city COLLATE "C";
SELECT count(*) FROM fitted_model;
SELECT attempt($$SELECT innovation_score.set_small_group('live', NULL)$$) ~ '^42501' AS refused;
-- a group of no more rows is one of the whole scoreboard
RESET ROLE;
SET ROLE regress_small_owner;
SELECT set_small_group('whole', 1000);
SET ROLE regress_small_reader;
SELECT count(*) > 0 AS firms, count(score) AS scores FROM whole_score WHERE year = 2024;
SELECT DISTINCT reasons FROM whole_whitelist WHERE year = 2024 AND stage IS NOT NULL;
SET ROLE regress_small_owner;
-- runs see all: what is published and stored has every firm
SELECT store_ranking('live', 'live_kept') > 0;
SELECT city, count(score) FROM live_kept WHERE year = 2024 AND city IN ('一', '四', '五') GROUP BY 1 ORDER BY 2;
SELECT publish('live', '2024', 'all');
SELECT freeze_scoreboard('live');
SELECT rebuild_scoreboard('cold');
SET ROLE regress_small_reader;
SELECT b, seen(b) FROM unnest('{live,cold}'::text[]) b;
SET ROLE regress_small_owner;
SELECT set_small_group(b, NULL) FROM unnest('{live,cold}'::text[]) b;
SET ROLE regress_small_reader;
SELECT b, seen(b) FROM unnest('{live,cold}'::text[]) b;
RESET ROLE;
SELECT peers, count(score) FROM published_firm WHERE peers[1] IN ('一', '四', '五') GROUP BY 1 ORDER BY 2;
SELECT count(*) FROM verify_publication(1) WHERE NOT ok;

\set ECHO none
\i :forget
DROP OWNED BY regress_small_reader, regress_small_owner;
DROP ROLE regress_small_reader, regress_small_owner;
