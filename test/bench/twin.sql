-- The whole in plain SQL: bounds, normalized values, scores, ranks, stored.  OFFSET 0 keeps the planner from casting
-- a value three times and from computing a category's sum twice; without it the twin takes almost twice as long.
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.twin;
\ir cpu.sql
\set start :cpu
\timing on
CREATE UNLOGGED TABLE bench.twin AS
WITH q AS MATERIALIZED (SELECT :quantiles FROM bench.:table),
b AS MATERIALIZED (SELECT :bounds FROM q),
:weight_names AS (VALUES :weight_rows),
s AS (
    SELECT t.firm, t.stage, :category_sums, :weight_columns
    FROM (SELECT firm, stage, :values FROM bench.:table OFFSET 0) t JOIN w USING (stage) CROSS JOIN b
    OFFSET 0)
SELECT firm, stage, score, :category_columns,
       CASE WHEN score IS NOT NULL THEN rank() OVER (ORDER BY score DESC NULLS LAST) END AS rank,
       CASE WHEN score IS NOT NULL
            THEN rank() OVER (PARTITION BY stage ORDER BY score DESC NULLS LAST) END AS stage_rank
FROM (SELECT firm, stage, 100 * (:total) / (:total_weight) AS score, :category_scores FROM s) s;
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
