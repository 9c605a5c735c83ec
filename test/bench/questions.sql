--
-- Questions about one firm and about all of them, on the frozen scoreboard: a line with what is asked, then its time.
--
\set QUIET 1
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET search_path = bench, innovation_score, public;
\o /dev/null
SELECT set_whitelist_rule('float8', top_n => 1000);
-- what a session does once
SELECT count(*) FROM float8_portrait WHERE firm = 1;
SELECT count(*) FROM float8_trend WHERE firm = 1;
SELECT count(*) FROM gap_to('float8', '1', 60);
\timing on
\echo portrait of one firm
SELECT * FROM float8_portrait WHERE firm = 7;
\echo trend of one firm
SELECT * FROM float8_trend WHERE firm = 7;
\echo gap of one firm to a score
SELECT * FROM gap_to('float8', '7', 60);
\echo gap of one firm to the whitelist
SELECT * FROM gap_to('float8', '7');
\echo ten firms like one
SELECT * FROM similar_firms('float8', '7');
\echo weakest indicator of every firm
SELECT indicator, count(*) FROM float8_portrait WHERE weakness_rank = 1 GROUP BY indicator;
\echo trend of every firm
SELECT count(percentile) FROM float8_trend;
\echo distribution of scores by stage
SELECT * FROM score_distribution('float8', 'stage');
\echo contributions to the variance
SELECT * FROM score_contributions('float8');
\echo correlations of Pearson
SELECT * FROM indicator_correlations('float8');
\echo correlations of Spearman
SELECT * FROM indicator_correlations('float8', 'spearman');
