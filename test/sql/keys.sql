-- keys of users' tables: a value that is written in two ways is one period, one peer group, one firm and one quota
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
CREATE SCHEMA board;
SET search_path = board, innovation_score;
INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('keys', 100, 'fixed(0,100)', 'zero');
INSERT INTO category (scheme, category) VALUES ('keys', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('keys', 'value', 'only');
INSERT INTO stage VALUES ('keys', 's');
INSERT INTO weight VALUES ('keys', 's', 'value', 1);
CREATE TABLE firm (firm numeric, year numeric, sector numeric, city char(6), value float8, extra jsonb);
INSERT INTO firm SELECT CASE WHEN n % 2 = 0 THEN n ELSE n + 0.0 END, CASE WHEN n % 2 = 0 THEN 2024 ELSE 2024.0 END,
    CASE WHEN n % 3 = 0 THEN 39 ELSE 39.00 END, 'hz', n FROM generate_series(1, 6) n;
SELECT create_scoreboard('p', 'keys', 'firm', 'firm', NULL, 'year', peers => '{sector}', attributes => '{city}');
SELECT set_whitelist_rule('p', quota_by => 'sector', quota_n => 2);
-- one quota
SELECT string_agg(key_text(firm), ' ' ORDER BY firm) FROM p_whitelist WHERE decision = 'listed';
-- either spelling of the period publishes all, and the publication is sound
SELECT publish('p', '2024', 'a') - publish('p', '2024.0', 'b');
SELECT period, firms, listed FROM publication_list WHERE scoreboard = 'board.p' ORDER BY publication;
SELECT "check", ok FROM verify_publication((SELECT max(publication) FROM publication_list WHERE scoreboard = 'board.p')) WHERE ok IS NOT TRUE;
SELECT peers, count(*) FROM published_model JOIN publication_list l USING (publication) WHERE l.scoreboard = 'board.p' GROUP BY 1;
-- exclusions
INSERT INTO exclusion VALUES ('board.p', '5', 'tax');
SELECT string_agg(key_text(firm), ' ' ORDER BY firm) FROM p_whitelist WHERE decision = 'listed';
-- batches
SELECT record_whitelist_batch('p', '2024.00');
SELECT entity FROM whitelist_batch_firm WHERE scoreboard = 'board.p' ORDER BY 1;
-- a frozen scoreboard has the same
SELECT freeze_scoreboard('p');
SELECT period, peers FROM fitted_model WHERE scoreboard = 'board.p';
SELECT count(score) FROM p_score;
-- types without a key text
SELECT create_scoreboard('q', 'keys', 'firm', 'extra');
SELECT create_scoreboard('q', 'keys', 'firm', 'firm', NULL, 'extra');
SELECT create_scoreboard('q', 'keys', 'firm', 'firm', peers => '{extra}');
SELECT set_whitelist_rule('p', quota_by => 'extra', quota_n => 2);
DELETE FROM whitelist_batch WHERE scoreboard = 'board.p';
\set ECHO none
\i :forget
