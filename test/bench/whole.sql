-- the whole: fit, score, categories, rank, stage rank, stored; the same columns that the twin stores.  It is what the
-- view _ranking does, without its rounding, so that the results can be compared to the last digits.
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.ours;
\timing on
CREATE UNLOGGED TABLE bench.ours AS
SELECT firm, stage, r[1] AS score, :row_scores, r[:row_rank]::bigint AS rank, r[:row_stage_rank]::bigint AS stage_rank
FROM (SELECT firm, stage, _innovation_score.ranked_row(r) OVER () AS r
      FROM (SELECT firm, stage, innovation_score.score_row((SELECT model FROM bench.:scoreboard_model), stage,
                                                           VARIADIC _innovation_score.row_values(:columns)) AS r
            FROM bench.:table) s) t;
