-- suggested credit limits: steps, tiers, revenue, existing credit; monotone; in words
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

SELECT attempt($$SELECT credit_limit(80, 'icbc')$$);
INSERT INTO credit_rule (bank, title, revenue_share, unit) VALUES ('icbc', '工商银行', 0.3, 10), ('boc', '中国银行', NULL, 1), ('line', '线性', NULL, 0.01);
UPDATE credit_rule SET interpolate = true, deduct_existing = false WHERE bank = 'line';
INSERT INTO credit_step (bank, min_score, amount) VALUES ('icbc', 60, 200), ('icbc', 70, 500), ('icbc', 85, 1000), ('line', 50, 100), ('line', 60, 200), ('line', 90, 1100);
INSERT INTO credit_step VALUES ('boc', 'A', 70, 800), ('boc', 'A', 0, 300), ('boc', 'B', 0, 50);

-- steps: below the first one nothing, at a step its amount, beyond the last one no more
SELECT s, credit_limit(s, 'icbc', revenue => 1e6) AS icbc, credit_limit(s, 'line') AS line, credit_limit(s, 'boc', 'A') AS boc_a, credit_limit(s, 'boc', 'B') AS boc_b, credit_limit(s, 'boc') AS boc
FROM unnest('{-5,0,49.99999,50,55,59.999999,60,66.6,70,84.9,85,90,200,NULL,NaN}'::float8[]) AS s;
-- a tier without steps of its own takes those for all
SELECT credit_limit(70, 'icbc', 'A', 1e6), credit_limit(70, 'boc', 'C');
-- the revenue bounds, and must be known; existing credit is subtracted, or not; whole units
SELECT r, e, credit_limit(75, 'icbc', NULL, r, e) AS icbc, credit_limit(55, 'line', NULL, r, e) AS line
FROM (VALUES (NULL::numeric, NULL::numeric), (1000, NULL), (1000, 123.45), (1000, 400), (0, 0), (-50, NULL), (1e9, 100), (1e9, -100), ('NaN', 0), ('Infinity', 'Infinity'), (1000, 'NaN')) AS v(r, e);
-- monotone in score and revenue, falling in existing credit
SELECT b, count(*), count(*) FILTER (WHERE higher_score < l) AS score, count(*) FILTER (WHERE higher_revenue < l) AS revenue, count(*) FILTER (WHERE more_credit > l) AS existing, count(DISTINCT l) > 10 AS varied
FROM unnest('{icbc,line,boc}'::text[]) b, generate_series(1, 400) i,
     LATERAL (SELECT i * 7919 % 1200 / 10.0::float8 AS s, i * 31 % 5000 AS r, i * 17 % 600 AS e) v,
     LATERAL (SELECT credit_limit(s, b, 'A', r, e) AS l, credit_limit(s + i % 30, b, 'A', r, e) AS higher_score, credit_limit(s, b, 'A', r + i, e) AS higher_revenue, credit_limit(s, b, 'A', r, e + i) AS more_credit) x
GROUP BY b ORDER BY b;

-- what is refused
SELECT attempt($$INSERT INTO credit_step VALUES ('icbc', '', 75, 400)$$);
SELECT attempt($$UPDATE credit_step SET amount = 2000 WHERE bank = 'icbc' AND min_score = 60$$);
SELECT attempt($$UPDATE credit_step SET min_score = 1 WHERE bank = 'boc' AND min_score = 70; UPDATE credit_step SET min_score = -1 WHERE bank = 'boc' AND min_score = 1 AND tier = 'A'$$);
UPDATE credit_step SET amount = amount * 2;
UPDATE credit_step SET amount = amount / 2;
DELETE FROM credit_step WHERE bank = 'icbc' AND min_score = 70;
INSERT INTO credit_step VALUES ('icbc', '', 70, 500);
SELECT attempt(x) ~ y AS refused FROM (VALUES ($$INSERT INTO credit_step VALUES ('nix', '', 0, 0)$$, '^23503'), ($$INSERT INTO credit_step VALUES ('icbc', '', 'NaN', 0)$$, '^23514'), ($$INSERT INTO credit_step VALUES ('icbc', '', 0, -1)$$, '^23514'),
    ($$INSERT INTO credit_step VALUES ('icbc', '', 0, 'NaN')$$, '^23514'), ($$UPDATE credit_rule SET unit = 0$$, '^23514'), ($$UPDATE credit_rule SET revenue_share = -1$$, '^23514'), ($$UPDATE credit_rule SET revenue_share = 'NaN'$$, '^23514'), ($$INSERT INTO credit_rule VALUES ('')$$, '^23514')) v(x, y);
SELECT attempt($$SELECT credit_limit(80, 'ccb')$$), attempt($$SELECT credit_limit(80, NULL)$$);

-- ---------------------------------------------------------------- the view

INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('plain', 128, 'fixed(0,128)', 'null');
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'only');
INSERT INTO weight VALUES ('plain', 'all', 'value', 1);
CREATE TABLE result (firm text, year int, city text, value float8, revenue numeric(12, 2), loans float8);
INSERT INTO result VALUES ('A', 2023, '杭州', 90, 5000, 100), ('B', 2023, '杭州', 75.5, 1000, NULL), ('C', 2023, '宁波', 69.99999, 800, 'NaN'), ('D', 2023, '宁波', 55, NULL, 20), ('E', 2023, NULL, NULL, 900, 0), ('A', 2024, '杭州', 20, 5000, 0);
SELECT create_scoreboard('w', 'plain', 'result', 'firm', period => 'year', attributes => '{city}');
-- without revenue and tiers
SELECT firm, score, tier, bank, suggested_limit, reason FROM w_credit WHERE year = 2023 ORDER BY bank, firm;
SELECT set_tiers('w', 'score', '{A,B,C}', '[70, 60]');
SELECT set_credit('w', revenue => 'revenue', existing => 'loans', banks => '{icbc,boc}');
SELECT firm, year, score, tier, bank, suggested_limit, reason FROM w_credit ORDER BY bank, year, firm;
-- expressions; tiers by places
SELECT set_tiers('w', 'quota', '{A,B,C}', '[1, 1]', within => 'city');
SELECT set_credit('w', revenue => 'revenue / 2', existing => 'COALESCE(loans, 0) + 1');
SELECT firm, score, tier, bank, suggested_limit, reason FROM w_credit WHERE year = 2023 ORDER BY bank, firm;
-- the view and the function agree
SELECT count(*), count(*) FILTER (WHERE c.suggested_limit IS DISTINCT FROM credit_limit(s.score, c.bank, c.tier, r.revenue / 2, NULLIF((COALESCE(loans, 0) + 1)::numeric, 'NaN'))) AS other
FROM w_credit c JOIN w_score s USING (firm, year) JOIN result r USING (firm, year);
-- a bank's rule counts at once
UPDATE credit_rule SET revenue_share = 0.01 WHERE bank = 'boc';
SELECT firm, suggested_limit FROM w_credit WHERE year = 2023 AND bank = 'boc' ORDER BY firm;
SELECT a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum) FROM pg_attribute a WHERE a.attrelid = 'w_credit'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT freeze_scoreboard('w'), rebuild_scoreboard('w');
SELECT count(*), count(suggested_limit) FROM w_credit;
SELECT attempt(format('SELECT set_credit(''w'', %s)', x)) FROM unnest(ARRAY['revenue => ''city''', 'existing => ''nix''', 'revenue => ''sum(revenue)''', 'banks => ''{icbc,ccb}''']) x;
SELECT attempt($$SELECT set_credit('nobody')$$);
-- ---------------------------------------------------------------- negative list and whitelist

CREATE TABLE pool AS
SELECT 'F' || i AS firm, CASE WHEN i % 50 > 0 THEN i * 7919 % 1283 / 10.0 END AS value, CASE WHEN i % 23 > 0 THEN (i * 131 % 4001 - 100)::numeric END AS revenue, CASE WHEN i % 5 > 0 THEN (i * 17 % 300)::numeric END AS loans
FROM generate_series(1, 600) i;
SELECT create_scoreboard('p', 'plain', 'pool', 'firm');
-- on the negative list without end, today, until yesterday, from tomorrow
INSERT INTO exclusion (scoreboard, entity, reason, valid_from, valid_to)
SELECT 'p', 'F' || i, (ARRAY['失信', 'tax, unpaid'])[1 + i % 2], v.valid_from, v.valid_to
FROM scoreboard b, LATERAL (SELECT (now() AT TIME ZONE b.time_zone)::date) d(today), generate_series(1, 600) i,
     LATERAL (SELECT (ARRAY[NULL, d.today, NULL, d.today + 1])[1 + i % 4], (ARRAY[NULL, d.today, d.today - 1, NULL])[1 + i % 4]) v(valid_from, valid_to) WHERE b.scoreboard = 'board.p' AND i % 7 = 0;
UPDATE credit_rule SET listed_only = bank = 'icbc';
UPDATE credit_rule SET revenue_share = NULL WHERE bank = 'boc';
SELECT set_whitelist_rule('p', min_score => 30, top_n => 120, rule => 'loan', language => 'zh');
SELECT set_credit('p', 'revenue', 'loans', '{icbc,line}', whitelist => 'loan');
-- what the two banks suggest, in plain SQL
CREATE VIEW twin AS
WITH firm AS (
    SELECT p.*, substr(p.firm, 2)::int % 7 = 0 AND substr(p.firm, 2)::int % 4 < 2 AS excluded FROM pool p
), listed AS (
    SELECT f.firm FROM (SELECT f.firm, rank() OVER (ORDER BY f.value DESC) AS place FROM firm f WHERE NOT f.excluded AND f.value >= 30) f WHERE f.place <= 120
)
SELECT f.firm, 'icbc' AS bank, f.excluded, l.firm IS NULL AS barred,
       CASE WHEN l.firm IS NOT NULL AND f.revenue IS NOT NULL
            THEN floor(greatest(least(CASE WHEN f.value >= 85 THEN 1000 WHEN f.value >= 70 THEN 500 WHEN f.value >= 60 THEN 200 ELSE 0 END, 0.3 * greatest(f.revenue, 0)) - COALESCE(f.loans, 0), 0) / 10) * 10 END AS due
FROM firm f LEFT JOIN listed l USING (firm)
UNION ALL
SELECT f.firm, 'line', f.excluded, f.excluded,
       CASE WHEN f.excluded OR f.value IS NULL THEN NULL
            ELSE floor(CASE WHEN f.value >= 90 THEN 1100 WHEN f.value >= 60 THEN 200 + 30 * (f.value - 60) WHEN f.value >= 50 THEN 100 + 10 * (f.value - 50) ELSE 0 END * 100) / 100 END
FROM firm f;
\set compare 'SELECT c.bank, count(*) AS firms, count(c.suggested_limit) AS limits, count(*) FILTER (WHERE t.excluded) AS excluded, count(*) FILTER (WHERE t.barred) AS barred, count(*) FILTER (WHERE c.suggested_limit IS DISTINCT FROM t.due) AS other, count(*) FILTER (WHERE t.barred IS DISTINCT FROM (c.reason ~ ''^(列入负面清单|未列入白名单)'')) AS other_reason, count(*) FILTER (WHERE t.excluded IS DISTINCT FROM (c.reason ~ ''^列入负面清单：'')) AS other_exclusion FROM p_credit c FULL JOIN twin t USING (firm, bank) GROUP BY 1 ORDER BY 1;'
:compare
-- and so it is when places are looked up
SELECT freeze_scoreboard('p');
:compare
SELECT bank, suggested_limit, regexp_replace(reason, '\d{4}-\d\d-\d\d', '(day)', 'g') AS reason FROM p_credit WHERE firm IN ('F28', 'F14', 'F21', 'F1') ORDER BY bank, firm COLLATE "C";
-- a bank's word counts at once; a negative list, too
UPDATE credit_rule SET listed_only = true WHERE bank = 'line';
SELECT reason FROM p_credit WHERE firm = 'F1' AND bank = 'line';
INSERT INTO exclusion VALUES ('p', 'F1', '拒不整改');
SELECT firm, bank, suggested_limit, reason FROM p_credit WHERE firm = 'F1' ORDER BY bank;
DELETE FROM exclusion WHERE entity = 'F1';
-- a rule that changes, is set again or is gone; a list without batches, and with one: who was listed before is on the whitelist
SELECT thaw_scoreboard('p'), set_whitelist_rule('p', top_n => 1, rule => 'loan');
SELECT bank, count(suggested_limit) FROM p_credit GROUP BY 1 ORDER BY 1;
SELECT record_whitelist_batch('p', rule => 'loan') IS NOT NULL AS recorded;
UPDATE pool SET value = 0 WHERE firm IN (SELECT entity FROM whitelist_batch_firm);
SELECT bank, count(suggested_limit) FROM p_credit GROUP BY 1 ORDER BY 1;
DELETE FROM whitelist_batch;
SELECT drop_whitelist_rule('p', 'loan');
SELECT DISTINCT reason FROM p_credit WHERE firm = 'F1';
SELECT set_credit('p', 'revenue', 'loans', '{icbc,line}');
SELECT DISTINCT reason FROM p_credit WHERE firm = 'F1';
SELECT attempt($$SELECT set_credit('p', whitelist => 'loan')$$), attempt($$SELECT set_credit('p', whitelist => '')$$);
-- whoever may see neither the model nor the negative list sees no limit
CREATE ROLE credit_reader;
GRANT USAGE ON SCHEMA board TO credit_reader;
GRANT SELECT ON p_credit, p_input, p_model, pool, credit_rule, credit_curve TO credit_reader;
SET ROLE credit_reader;
SELECT attempt('SELECT * FROM p_credit');
RESET ROLE;
DROP OWNED BY credit_reader;
DROP ROLE credit_reader;
SELECT drop_scoreboard('p');

SELECT revenue, existing, banks FROM credit_binding;
SELECT drop_scoreboard('w');
SELECT count(*) FROM credit_binding;
DELETE FROM credit_rule;
SELECT count(*) FROM credit_step;
DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board CASCADE;
