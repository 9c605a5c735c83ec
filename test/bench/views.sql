--
-- Questions about one firm and about all, on frozen scoreboards: what is asked, the time that it takes, and the rows of
-- the answer.  Answers of many rows are stored in temporary tables.
--
\set QUIET 1
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET search_path = bench, innovation_score, public;
\o /dev/null
-- what a session does once: it loads the library, and catalogs into its caches
SELECT * FROM float8_score WHERE firm = 1;
SELECT * FROM float8_detail WHERE firm = 1;
SELECT * FROM float8_tier WHERE firm = 1;
SELECT * FROM float8_credit WHERE firm = 1;
SELECT * FROM float8_quality WHERE firm = 1;
SELECT * FROM books WHERE firm = 1;
SELECT * FROM float8_portrait WHERE firm = 1;
SELECT * FROM float8_trend WHERE firm = 1;
SELECT * FROM gap_to('float8', entity => '1', target_score => 60);
SELECT * FROM what_if('float8', entity => '1', changes => '{"rd_expense": 1000}');
SELECT radar_chart('float8', entity => '1');
SELECT * FROM bid_criterion WHERE proposal = 1;
-- places that are looked up
SELECT * FROM float8_standing WHERE firm = 1;
SELECT * FROM newer_tier WHERE firm = 1;
SELECT * FROM float8_tier_bank WHERE firm = 1;
SELECT * FROM gap_to('float8', entity => '1');
\timing on
\echo asked: one firm: score (_score)
SELECT * FROM float8_score WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: every indicator (_detail)
SELECT * FROM float8_detail WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: tier cut at scores (_tier)
SELECT * FROM float8_tier WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: tier cut at shares (_tier)
SELECT * FROM newer_tier WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: tier of a further tiering (_tier_bank)
SELECT * FROM float8_tier_bank WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: rank, tier, decision and reasons (_standing)
SELECT * FROM float8_standing WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: limits of two banks (_credit)
SELECT * FROM float8_credit WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: published score, rank and decision (published_firm)
SELECT f.* FROM publication p JOIN published_firm f USING (publication) WHERE p.scoreboard = 'bench.float8' AND f.entity = '7';
\echo rows: :ROW_COUNT
\echo asked: one firm: other values (what_if)
SELECT * FROM what_if('float8', entity => '7', changes => '{"rd_expense": 1000}');
\echo rows: :ROW_COUNT
\echo asked: one firm: quality rules (_quality)
SELECT * FROM float8_quality WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: two sources reconciled (create_reconciliation)
SELECT * FROM books WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: among its peers (_portrait)
SELECT * FROM float8_portrait WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: periods (_trend)
SELECT * FROM float8_trend WHERE firm = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: ways to a score (gap_to)
SELECT * FROM gap_to('float8', entity => '7', target_score => 60);
\echo rows: :ROW_COUNT
\echo asked: one firm: ways into the whitelist (gap_to)
SELECT * FROM gap_to('float8', entity => '7');
\echo rows: :ROW_COUNT
\echo asked: one firm: ten others like it (similar_firms)
SELECT * FROM similar_firms('float8', entity => '7');
\echo rows: :ROW_COUNT
\echo asked: one firm: its radar (radar_chart)
SELECT radar_chart('float8', entity => '7');
\echo rows: :ROW_COUNT
\echo asked: one of the bids: ratings brought together (_criterion)
SELECT * FROM bid_criterion WHERE proposal = 7;
\echo rows: :ROW_COUNT
\echo asked: one firm: offers by several bases (credit_offers_of)
SELECT * FROM credit_offers_of('applicant', '7');
\echo rows: :ROW_COUNT
\echo asked: one firm: what it is entitled to (entitlements_of)
SELECT * FROM entitlements_of('applicant', '7');
\echo rows: :ROW_COUNT
\echo asked: one firm: statement of its points (ledger_statement)
SELECT * FROM ledger_statement WHERE ledger = 'points' AND entity = '7';
\echo rows: :ROW_COUNT
\echo asked: all firms: ranking (_ranking)
CREATE TEMP TABLE answer AS SELECT * FROM float8_ranking;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: whitelist by conditions, quotas, places, reserve (_whitelist)
CREATE TEMP TABLE answer AS SELECT * FROM float8_whitelist;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: ranks, tiers, decisions and reasons (_standing)
CREATE TEMP TABLE answer AS SELECT * FROM float8_standing;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: tiers cut at shares (_tier)
CREATE TEMP TABLE answer AS SELECT * FROM newer_tier;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: tiers of a further tiering (_tier_bank)
CREATE TEMP TABLE answer AS SELECT * FROM float8_tier_bank;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: limits of two banks (_credit)
CREATE TEMP TABLE answer AS SELECT * FROM float8_credit;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: a budget shared by score (allocate)
CREATE TEMP TABLE answer AS SELECT firm, allocate(100000000, score, 10, 1000) OVER () AS share FROM float8_score;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: two schemes side by side (compare_scoreboards)
CREATE TEMP TABLE answer AS SELECT * FROM compare_scoreboards('float8', 'newer');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: two schemes in short (compare_summary)
SELECT * FROM compare_summary('float8', 'newer');
\echo rows: :ROW_COUNT
\echo asked: all firms: ranks by three other methods (method_stability)
CREATE TEMP TABLE answer AS SELECT *
FROM method_stability('float8', NULL, '{"iqr": {"extreme": "iqr(1.5)"}, "log": {"transform": "log"}, "none": {"extreme": "none"}}');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: each indicator left out (indicator_influence)
SELECT * FROM indicator_influence('float8');
\echo rows: :ROW_COUNT
\echo asked: a tenth of the firms: ranks under 200 random weights (rank_stability)
CREATE TEMP TABLE answer AS SELECT * FROM rank_stability('tenth');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: quality rules (_quality)
CREATE TEMP TABLE answer AS SELECT * FROM float8_quality;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: rules and indicators in short (_quality_summary)
SELECT * FROM float8_quality_summary;
\echo rows: :ROW_COUNT
\echo asked: all firms: two sources reconciled, in short (_summary)
SELECT * FROM books_summary;
\echo rows: :ROW_COUNT
\echo asked: all firms: weakest indicators (_portrait)
SELECT indicator, count(*) FROM float8_portrait WHERE weakness_rank = 1 GROUP BY indicator;
\echo rows: :ROW_COUNT
\echo asked: all firms: periods (_trend)
CREATE TEMP TABLE answer AS SELECT * FROM float8_trend;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: scores by stage (score_distribution)
SELECT * FROM score_distribution('float8', by => 'stage');
\echo rows: :ROW_COUNT
\echo asked: all firms: shares in the variance (score_contributions)
SELECT * FROM score_contributions('float8');
\echo rows: :ROW_COUNT
\echo asked: all firms: correlations of Pearson (indicator_correlations)
SELECT * FROM indicator_correlations('float8');
\echo rows: :ROW_COUNT
\echo asked: all firms: correlations of Spearman (indicator_correlations)
SELECT * FROM indicator_correlations('float8', method => 'spearman');
\echo rows: :ROW_COUNT
\echo asked: all firms: values of an indicator before and after the adjustment (histogram_chart)
SELECT histogram_chart('float8', indicator => 'rd_expense');
\echo rows: :ROW_COUNT
\echo asked: all bids: ratings counted or left out (_rating)
CREATE TEMP TABLE answer AS SELECT * FROM bid_rating;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all bids: trimmed means (_criterion)
CREATE TEMP TABLE answer AS SELECT * FROM bid_criterion;
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all bids: severity of the experts (_expert)
SELECT * FROM bid_expert;
\echo rows: :ROW_COUNT
\echo asked: all bids: agreement of the experts (_agreement)
SELECT * FROM bid_agreement;
\echo rows: :ROW_COUNT
\echo asked: all bids: who is selected (_whitelist)
SELECT * FROM bids_whitelist;
\echo rows: :ROW_COUNT
\echo asked: all firms: offers by several bases, from a quota (credit_offers)
CREATE TEMP TABLE answer AS SELECT * FROM credit_offers('applicant');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: what they are entitled to by three policies (entitlements)
CREATE TEMP TABLE answer AS SELECT * FROM entitlements('applicant');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all firms: a budget with caps of groups (allocate_groups)
CREATE TEMP TABLE answer AS SELECT * FROM allocate_groups('applicant', 1000000);
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all loans: what pools pay (pool_compensations)
CREATE TEMP TABLE answer AS SELECT * FROM pool_compensations('loan');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all loans: pools and banks on a day (pool_standing)
SELECT * FROM pool_standing('loan', '2024-12-31');
\echo rows: :ROW_COUNT
\echo asked: all loans: pools day by day (pool_history)
CREATE TEMP TABLE answer AS SELECT * FROM pool_history('loan');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all targets: progress and lights (target_progress)
CREATE TEMP TABLE answer AS SELECT * FROM target_progress('target', 'report', '2024-06-30');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all tranches: what is released (tranche_releases)
CREATE TEMP TABLE answer AS SELECT * FROM tranche_releases('tranche', 'half_year', '2024-12-31');
\echo rows: :ROW_COUNT
DROP TABLE answer;
\echo asked: all points: balances (ledger_balance)
CREATE TEMP TABLE answer AS SELECT * FROM ledger_balance;
\echo rows: :ROW_COUNT
DROP TABLE answer;
