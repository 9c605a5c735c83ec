--
-- What views.sql asks about: the frozen scoreboard of the float8 table with a whitelist rule, tiers, two banks and a
-- publication; another scoreboard over the same firms, under a scheme with other weights; one over a tenth of them; a
-- reconciliation with another table; a review of bids.
-- Variable rows: how many firms.
--
\set QUIET 1
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET search_path = bench, innovation_score, public;
\o /dev/null
SELECT derive_scheme('bench-weights', 'bench', 'other weights');
UPDATE weight SET weight = weight * 1.5
WHERE scheme = 'bench-weights' AND indicator IN ('rd_expense', 'revenue_growth');
SELECT create_scoreboard('newer', 'bench-weights', 'firm_float8', entity => 'firm', stage => 'stage');
CREATE VIEW firm_tenth AS SELECT * FROM firm_float8 WHERE firm % 10 = 0;
SELECT create_scoreboard('tenth', 'bench', 'firm_tenth', entity => 'firm', stage => 'stage');
SELECT set_whitelist_rule(board, min_score => 20, top_n => :rows / 20 + 1, quota_by => 'stage',
                          quota_n => :rows / 40 + 1, required => 'revenue > 0', min_coverage => 0.5,
                          reserve_n => :rows / 200 + 1)
FROM unnest('{float8,newer}'::text[]) board;
SELECT set_tiers('float8', 'score', '{A,B,C,D}', '[40, 25, 15]');
SELECT set_tiers('newer', 'quantile', '{A,B,C,D}', '[0.05, 0.2, 0.5]');
SELECT set_tiers('float8', 'quota', '{A,B,C}', jsonb_build_array(:rows / 20, :rows / 5), within => 'stage', tiering => 'bank');
INSERT INTO credit_rule (bank, interpolate, revenue_share, unit) VALUES ('steps', false, NULL, 1), ('line', true, 0.3, 10);
INSERT INTO credit_step (bank, tier, min_score, amount)
VALUES ('steps', '', 10, 100), ('steps', '', 20, 300), ('steps', 'A', 0, 500), ('steps', 'A', 50, 1000),
       ('line', '', 5, 50), ('line', '', 15, 200), ('line', '', 30, 1000);
SELECT set_credit('float8', revenue => 'revenue', existing => 'venture_capital');
SELECT freeze_scoreboard(board) FROM unnest('{newer,tenth}'::text[]) board;
-- another office's figures: one in a hundred differs, one in fifty is missing
CREATE UNLOGGED TABLE tax AS
SELECT firm, CASE WHEN firm % 100 = 0 THEN revenue * 2 ELSE revenue END AS revenue, rd_expense
FROM firm_float8 WHERE firm % 50 <> 1;
ALTER TABLE tax ADD PRIMARY KEY (firm);
ANALYZE tax;
SELECT create_reconciliation('books', 'firm_float8', 'tax', 'firm',
                             '{"revenue": {"authority": "left"}, "rd_expense": {"authority": "right"}}', 0.01);
-- a tenth as many ratings as there are firms: five experts out of a hundred rate each proposal by five criteria
CREATE UNLOGGED TABLE rating AS
SELECT p AS proposal, 'E' || (p * 7 + j * 13) % 100 AS expert, c.criterion,
       (60 + (p * 31 + j * 17 + c.place * 7) % 40)::numeric(4,1) AS rating
FROM generate_series(1, :rows / 250) p, generate_series(1, 5) j,
     (SELECT indicator AS criterion, row_number() OVER (ORDER BY position) AS place
      FROM indicator WHERE scheme = 'bid-review') c;
ALTER TABLE rating ADD PRIMARY KEY (proposal, expert, criterion);
ANALYZE rating;
SELECT create_review('bid', 'rating', drop_n => 1, min_experts => 3);
SELECT create_scoreboard('bids', 'bid-review', 'bid_proposal', entity => 'proposal');
SELECT set_whitelist_rule('bids', min_score => 70, top_n => 100, reserve_n => 10);
-- what a bank offers, what pools pay, what is shared, what is left of points: a bank's product of four bases, a tenth as many
-- loans as firms, of which one in fifteen is bad, and a hundredth as many grants
CREATE UNLOGGED TABLE applicant AS
SELECT f.firm AS entity, s.score, f.revenue, f.rd_expense, 'G' || f.firm % 50 AS group_name, s.score AS weight, NULL::numeric AS floor, 50 AS cap,
       :rows / 10 AS group_cap
FROM firm_float8 f JOIN float8_score s USING (firm);
ALTER TABLE applicant ADD PRIMARY KEY (entity);
ANALYZE applicant;
INSERT INTO credit_product (product, condition, budget) VALUES ('bench', 'score >= 10', 1000000);
INSERT INTO credit_basis (product, basis, condition, use, base, share, amount) VALUES
    ('bench', '60', 'score >= 60', 'gives', NULL, NULL, 500), ('bench', '10', 'score < 60', 'gives', NULL, NULL, 200),
    ('bench', 'rd', 'rd_expense > 100', 'gives', 'rd_expense', 0.5, NULL), ('bench', 'revenue', 'revenue > 0', 'bounds', 'revenue', 0.3, NULL);
INSERT INTO risk_pool (pool, amount, share, firm_cap, warning_rate, stop_rate) SELECT 'P' || k, 1e9, 0.8, 500, 0.2, 0.3 FROM generate_series(1, 20) k;
INSERT INTO risk_pool_partner (pool, partner, share) SELECT pool, p, 0.5 FROM risk_pool, unnest('{a,b}'::text[]) p;
CREATE UNLOGGED TABLE loan AS
SELECT 'P' || 1 + i % 20 AS pool, i AS loan, 'B' || i % 7 AS bank, i % 30000 AS entity, 100.5 AS amount, '2020-01-01'::date + i % 1000 AS granted_on,
       NULL::date AS repaid_on, CASE WHEN i % 15 = 0 THEN '2023-01-01'::date + i % 500 END AS overdue_on,
       CASE WHEN i % 15 = 0 THEN 77.77 END AS overdue_amount, NULL::date AS recovered_on, NULL::numeric AS recovered
FROM generate_series(1, :rows / 10) i;
ANALYZE loan;
INSERT INTO ledger (ledger, unit) VALUES ('points', 1);
SELECT count(grant_points('points', firm::text, 100, '2012-01-01')) FROM firm_float8 WHERE firm <= :rows / 100;
-- what firms are entitled to by policies of each form, and a hundredth as many targets, with a report of each half-year, and as
-- many tranches
INSERT INTO policy (policy, title, condition, form, amount, base, share, at_most, budget, cap_by, cap) VALUES
    ('bench-fixed', 'fixed', 'score >= 30', 'fixed', 5, NULL, NULL, NULL, NULL, NULL, NULL),
    ('bench-share', 'share', 'score >= 20 AND rd_expense > 0', 'share', NULL, 'rd_expense', 0.1, 50, :rows, NULL, NULL),
    ('bench-steps', 'steps', 'revenue > 10', 'steps', NULL, 'revenue', NULL, NULL, NULL, 'group_name', :rows / 100);
INSERT INTO policy_step VALUES ('bench-steps', 100, 10), ('bench-steps', 1000, 20);
CREATE UNLOGGED TABLE target AS
SELECT 'R' || i % 100 AS region, 'T' || i % 1000 AS task, 'M' || i AS measure, i % 50 AS baseline, i % 50 + 1 + i % 90 AS target, 1 + i % 9 AS weight,
       '2023-01-01'::date AS starts_on, '2025-01-01'::date AS due_on FROM generate_series(1, :rows / 100) i;
CREATE UNLOGGED TABLE report AS
SELECT region, task, measure, '2023-06-30'::date + 184 * n AS day, baseline + (target - baseline) * (n + 1) / 4 AS value, 'E' AS evidence
FROM target, generate_series(0, 3) n;
CREATE UNLOGGED TABLE tranche AS
SELECT measure AS entity, n AS tranche, '2023-01-01'::date + 365 * n AS due_on, 100 AS amount, 0.3 * n AS needed FROM target, generate_series(0, 2) n;
CREATE VIEW half_year AS SELECT measure AS entity, day, (value - 1) / 100.0 AS reached FROM report;
ANALYZE target, report, tranche;
\timing on
\echo asked: all firms: published, with digests (publish)
SELECT publish('float8', NULL, 'bench');
\echo rows: :ROW_COUNT
\echo asked: all firms: a publication verified (verify_publication)
SELECT * FROM verify_publication((SELECT max(publication) FROM publication));
\echo rows: :ROW_COUNT
