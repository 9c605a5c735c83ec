-- the whole: fit, score, categories, rank, stage rank, stored; the same columns that the twin stores
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.ours;
\timing on
CREATE UNLOGGED TABLE bench.ours AS
SELECT firm, stage, score, :category_columns,
       innovation_score.score_rank(score) OVER w AS rank, innovation_score.score_rank(score, stage) OVER w AS stage_rank
FROM bench.:scoreboard_score
WINDOW w AS ();
