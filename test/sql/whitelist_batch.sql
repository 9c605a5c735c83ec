-- named whitelist rules, each with its view; batches; files with manifest and digest
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('plain', 128, 'fixed(0,128)', 'null');
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'only');
INSERT INTO weight VALUES ('plain', 'all', 'value', 1);
CREATE TABLE result (firm text, "年" int, city text, note text, first_loan boolean, loan_demand boolean, value float8);
INSERT INTO result VALUES
    ('A', 2023, '杭州', 'plain', true, true, 90), ('B', 2023, '杭州', 'a "quoted" name', true, false, 80), ('C', 2023, '宁波', 'comma, and', true, true, 80), ('D', 2023, '杭州', NULL, false, true, 75),
    ('E', 2023, '温州', '', true, true, 70), ('F', 2023, NULL, E'two\nlines', true, true, 65), ('G', 2023, '宁波', E'back\\slash\ttab', true, NULL, 60), ('H', 2023, '宁波', ' spaces ', true, true, NULL),
    ('A', 2024, '杭州', 'again', true, true, 95), ('I', 2024, '杭州', 'new', true, true, 50);
SELECT create_scoreboard('w', 'plain', 'result', 'firm', period => '"年"', attributes => '{city,note}');

-- ---------------------------------------------------------------- several rules

SELECT set_whitelist_rule('w', min_score => 70);
SELECT set_whitelist_rule('w', rule => 'bank', required => 'first_loan AND loan_demand', top_n => 2, reserve_n => 1);
SELECT set_whitelist_rule('w', rule => '担保基金', quota_by => 'city', quota_n => 1);
SELECT rule, min_score, top_n, quota_by, required FROM whitelist_rule ORDER BY rule COLLATE "C";
SELECT firm, decision, reasons FROM w_whitelist WHERE "年" = 2023 ORDER BY rank, firm;
SELECT firm, decision, reasons, batch FROM w_whitelist_bank WHERE "年" = 2023 ORDER BY rank, firm;
SELECT firm, decision FROM "w_whitelist_担保基金" WHERE "年" = 2023 ORDER BY rank, firm;
-- a rule is replaced, the others stay; privileges and comments of users stay, too
COMMENT ON VIEW w_whitelist_bank IS 'our own';
SELECT set_whitelist_rule('w', rule => 'bank', required => 'first_loan AND loan_demand', top_n => 3);
SELECT count(*) FILTER (WHERE decision = 'listed') AS bank, (SELECT count(*) FROM w_whitelist WHERE decision = 'listed') AS unnamed FROM w_whitelist_bank;
SELECT obj_description('w_whitelist_bank'::regclass, 'pg_class'), obj_description('"w_whitelist_担保基金"'::regclass, 'pg_class'),
       col_description('"w_whitelist_担保基金"'::regclass, (SELECT attnum FROM pg_attribute WHERE attrelid = '"w_whitelist_担保基金"'::regclass AND attname = 'batch'));
-- they are rebuilt, frozen and dropped with their scoreboard
SELECT rebuild_scoreboard('w'), freeze_scoreboard('w');
SELECT firm, decision FROM w_whitelist_bank WHERE "年" = 2024 ORDER BY firm;
SELECT thaw_scoreboard('w');
-- dropping one
SELECT drop_whitelist_rule('w', '担保基金');
SELECT to_regclass('"w_whitelist_担保基金"'), to_regclass('w_whitelist_bank') IS NOT NULL AS bank;
SELECT attempt($$SELECT drop_whitelist_rule('w', '担保基金')$$), attempt($$SELECT drop_whitelist_rule('w', 'score')$$);
SELECT drop_whitelist_rule('w');
SELECT reasons, count(*) FROM w_whitelist GROUP BY 1;
SELECT set_whitelist_rule('w', top_n => 1);
-- what is refused
CREATE VIEW w_whitelist_taken AS SELECT 1 AS x;
SELECT attempt(format('SELECT set_whitelist_rule(''w'', rule => %s)', x)) FROM unnest(ARRAY['''taken''', quote_literal(repeat('r', 60)), '''bank'', top_n => 0', '''new'', required => ''nix''']) x;
SELECT rule, top_n FROM whitelist_rule ORDER BY 1;
SELECT to_regclass('w_whitelist_new');

-- ---------------------------------------------------------------- batches

SELECT attempt($$SELECT record_whitelist_batch('w')$$), attempt($$SELECT record_whitelist_batch('w', '2022')$$), attempt($$SELECT record_whitelist_batch('w', '2023', 'nix')$$), attempt($$SELECT record_whitelist_batch('nobody', '2023')$$);
SELECT record_whitelist_batch('w', '2023', 'bank', note => '再贷款第一批');
SELECT firm, decision, reasons, batch FROM w_whitelist_bank ORDER BY "年", rank, firm;
-- the other rule knows nothing of it
SELECT firm, decision, batch FROM w_whitelist WHERE decision <> 'rejected' ORDER BY "年", firm;
-- who is listed in batch 1 is not listed in batch 2, though the score has changed
UPDATE result SET value = value + 1, note = 'changed' WHERE firm IN ('A', 'C');
SELECT record_whitelist_batch('w', '2023', 'bank'), record_whitelist_batch('w', '2024', 'bank');
SELECT attempt($$SELECT record_whitelist_batch('w', '2024', 'bank')$$);
SELECT record_whitelist_batch('w', '2023');
SELECT rule, batch, firm, "年", city, note, score, rank FROM w_batch ORDER BY rule, batch, rank, firm;
SELECT a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum) FROM pg_attribute a WHERE a.attrelid = 'w_batch'::regclass AND a.attnum > 0 ORDER BY a.attnum;

-- ---------------------------------------------------------------- files

SELECT whitelist_manifest('w', 1, 'bank') - 'recorded_at' - 'sha256';
SELECT whitelist_manifest('w', 1, 'bank') ->> 'recorded_at' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$';
SELECT whitelist_copy('w', 1, 'bank');
SELECT whitelist_copy('w', 1, 'bank') \gexec
-- with a byte order mark
\o | head -c 8 | od -An -tx1
SELECT whitelist_copy('w', 1, 'bank', bom => true) \gexec
\o
-- everything that CSV has to quote
SELECT set_whitelist_rule('w', rule => 'all');
SELECT record_whitelist_batch('w', '2023', 'all');
SELECT whitelist_copy('w', 1, 'all') \gexec
-- the digest is the one of the file that COPY writes, whatever tool computes it
\o | sha256sum
SELECT whitelist_copy('w', 1, 'all') \gexec
\o
SELECT whitelist_manifest('w', 1, 'all') ->> 'sha256' AS sha256;
\o | wc -c
SELECT whitelist_copy('w', 1, 'all') \gexec
\o
SELECT whitelist_manifest('w', 1, 'all') -> 'bytes' AS bytes, whitelist_manifest('w', 1, 'all') -> 'rows' AS rows;
-- in any session
SET datestyle = 'German'; SET extra_float_digits = 0; SET bytea_output = 'escape'; SET search_path = pg_catalog;
SELECT innovation_score.whitelist_manifest('board.w', 1, 'all') -> 'unchanged' AS unchanged;
RESET datestyle; RESET extra_float_digits; RESET bytea_output; SET search_path = board, innovation_score, public;
-- a change of what was handed over shows
UPDATE whitelist_batch_firm SET score = 99 WHERE rule = 'all' AND entity = 'F';
SELECT whitelist_manifest('w', 1, 'all') -> 'unchanged' AS unchanged;
SELECT attempt($$SELECT whitelist_copy('w', 9)$$), attempt($$SELECT whitelist_manifest('w', NULL, 'bank')$$), attempt($$SELECT whitelist_manifest('nobody', 1)$$);
-- batches outlive other attributes, and keep the scoreboard
SELECT attempt($$SELECT drop_scoreboard('w')$$) ~ '^23503: scoreboard board.w has batches .*DELETE FROM';
DELETE FROM whitelist_batch;
SELECT count(*) FROM whitelist_batch_firm;
SELECT firm, decision, batch FROM w_whitelist_bank WHERE "年" = 2023 AND decision <> 'rejected' ORDER BY firm;
SELECT drop_scoreboard('w');
SELECT to_regclass('w_whitelist_bank'), to_regclass('w_batch'), (SELECT count(*) FROM whitelist_rule);

-- a scoreboard without periods and attributes
SELECT create_scoreboard('plain', 'plain', 'result', 'firm || "年"');
SELECT set_whitelist_rule('plain', top_n => 2);
SELECT attempt($$SELECT record_whitelist_batch('plain', '2023')$$);
SELECT record_whitelist_batch('plain'), record_whitelist_batch('plain');
SELECT whitelist_copy('plain', 2) \gexec
SELECT entity, decision, batch FROM plain_whitelist WHERE decision <> 'rejected' ORDER BY entity;
DELETE FROM whitelist_batch;
SELECT drop_scoreboard('plain');

DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board CASCADE;
