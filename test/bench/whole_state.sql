-- the same as whole.sql without a window: the scores are gathered first, in a rank_state, then each row is scored and
-- ranked; all of it can run in parallel
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.ours_by_state;
\timing on
CREATE UNLOGGED TABLE bench.ours_by_state AS
WITH fitted AS MATERIALIZED (SELECT model FROM bench.:scoreboard_model),
scores AS MATERIALIZED (
    SELECT innovation_score.rank_partial(innovation_score.score((SELECT model FROM fitted), stage,
                                                                VARIADIC _innovation_score.row_values(:columns)), stage) AS state
    FROM bench.:table)
SELECT firm, stage, r[1] AS score, :row_scores, r[:row_rank]::bigint AS rank, r[:row_stage_rank]::bigint AS stage_rank
FROM (SELECT firm, stage, _innovation_score.ranked_score_row((SELECT model FROM fitted), (SELECT state FROM scores), stage,
                                                            VARIADIC _innovation_score.row_values(:columns)) AS r
      FROM bench.:table) t;
