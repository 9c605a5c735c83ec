-- prints the statement for DuckDB that twin.sql is for PostgreSQL
\ir lists.sql
SELECT format($duckdb$
CREATE OR REPLACE TABLE result AS
WITH q AS MATERIALIZED (SELECT %s FROM firm),
b AS MATERIALIZED (SELECT %s FROM q),
%s AS (VALUES %s),
s AS MATERIALIZED (SELECT t.firm, t.stage, %s, %s FROM firm t JOIN w USING (stage) CROSS JOIN b)
SELECT firm, stage, score, %s,
       CASE WHEN score IS NOT NULL THEN rank() OVER (ORDER BY score DESC NULLS LAST) END AS rank,
       CASE WHEN score IS NOT NULL
            THEN rank() OVER (PARTITION BY stage ORDER BY score DESC NULLS LAST) END AS stage_rank
FROM (SELECT firm, stage, 100 * (%s) / (%s) AS score, %s FROM s) s
$duckdb$, :'duckdb_quantiles', :'bounds', :'weight_names', :'weight_rows', :'category_sums', :'weight_columns',
          :'category_columns', :'total', :'total_weight', :'category_scores');
