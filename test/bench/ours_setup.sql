--
-- A scoreboard of a table (bench.float8_score, ...; bench.numeric_score, ...), its fitted model and its scores in
-- tables of their own, so that each step can be measured alone.  Variable: table, float8 or numeric.
--
\set QUIET 1
\set ON_ERROR_STOP 1
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;
SELECT 'bench.' || :'table' AS board, 'bench.firm_' || :'table' AS source,
       'model_firm_' || :'table' AS model, 'score_firm_' || :'table' AS scores,
       :'table' || '_model' AS model_view, :'table' || '_score' AS score_view \gset
\o /dev/null
-- setup.sql drops the schema with its views, but not what is known of them
SELECT innovation_score.drop_scoreboard(scoreboard) FROM innovation_score.scoreboard WHERE scoreboard = :'board';
SELECT innovation_score.create_scoreboard(:'board', 'bench', :'source', entity => 'firm', stage => 'stage');
CREATE TABLE bench.:model AS SELECT model FROM bench.:model_view;
CREATE UNLOGGED TABLE bench.:scores AS SELECT firm, stage, score FROM bench.:score_view;
VACUUM (FREEZE, ANALYZE) bench.:scores;
