-- the whole: fit, score, categories, rank, stage rank, stored; the same columns that the twin stores.  It is what the
-- view _ranking does, without its rounding, so that the results can be compared to the last digits.
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.ours;
SELECT string_agg(format('r[%s] AS %I', position + 3, category || '_score'), ', ' ORDER BY position) AS scores, count(*) + 4 AS ranks
FROM (SELECT category, row_number() OVER (ORDER BY position) AS position FROM innovation_score.category WHERE scheme = 'national-2024') c \gset
\timing on
CREATE UNLOGGED TABLE bench.ours AS
SELECT firm, stage, r[1] AS score, :scores, r[:ranks]::bigint AS rank, r[:ranks + 1]::bigint AS stage_rank
FROM (SELECT firm, stage, innovation_score.ranked_row(r) OVER () AS r
      FROM (SELECT firm, stage, innovation_score.score_row((SELECT model FROM bench.:scoreboard_model), stage,
                                                           VARIADIC innovation_score.row_values(:columns)) AS r
            FROM bench.:table) s) t;
