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
SELECT derive_scheme('bench-weights', 'national-2024', 'other weights');
UPDATE weight SET weight = weight * 1.5
WHERE scheme = 'bench-weights' AND indicator IN ('rd_expense', 'revenue_growth');
SELECT create_scoreboard('newer', 'bench-weights', 'firm_float8', entity => 'firm', stage => 'stage');
CREATE VIEW firm_tenth AS SELECT * FROM firm_float8 WHERE firm % 10 = 0;
SELECT create_scoreboard('tenth', 'national-2024', 'firm_tenth', entity => 'firm', stage => 'stage');
SELECT set_whitelist_rule(board, min_score => 20, top_n => :rows / 20 + 1, quota_by => 'stage',
                          quota_n => :rows / 40 + 1, required => 'revenue > 0', min_coverage => 0.5,
                          reserve_n => :rows / 200 + 1)
FROM unnest('{float8,newer}'::text[]) board;
SELECT set_tiers('float8', 'score', '{A,B,C,D}', '[40, 25, 15]');
SELECT set_tiers('newer', 'quantile', '{A,B,C,D}', '[0.05, 0.2, 0.5]');
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
\timing on
\echo asked: all firms: published, with digests (publish)
SELECT publish('float8', NULL, 'bench');
\echo rows: :ROW_COUNT
\echo asked: all firms: a publication verified (verify_publication)
SELECT * FROM verify_publication((SELECT max(publication) FROM publication));
\echo rows: :ROW_COUNT
