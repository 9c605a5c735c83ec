--
-- What the statements of the benchmark are built from: psql variables made from the shipped scheme, so that the plain
-- SQL, DuckDB and R do the same sums as the extension.
--
\set QUIET 1
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only on
SELECT string_agg(format('%I', indicator), ', ' ORDER BY position) AS columns,
       string_agg(format('sum(%I)', indicator), ', ' ORDER BY position) AS sums,
       string_agg(format('%1$I::float8', indicator), ', ' ORDER BY position) AS values,
       -- bounds, with the fallback that design section 4.1 asks for
       string_agg(format('percentile_cont(ARRAY[0.01, 0.99]) WITHIN GROUP (ORDER BY %1$I) AS %2$I, '
                         'min(%1$I)::float8 AS %3$I, max(%1$I)::float8 AS %4$I',
                         indicator, 'q' || position, 'min' || position, 'max' || position),
                  ', ' ORDER BY position) AS quantiles,
       string_agg(format('CASE WHEN %1$I[1] < %1$I[2] THEN %1$I[1] ELSE %2$I END AS %4$I, '
                         'CASE WHEN %1$I[1] < %1$I[2] THEN %1$I[2] ELSE %3$I END AS %5$I',
                         'q' || position, 'min' || position, 'max' || position, 'lo' || position, 'hi' || position),
                  ', ' ORDER BY position) AS bounds,
       -- DuckDB has the same function under another name
       string_agg(format('quantile_cont(%1$I, [0.01, 0.99]) AS %2$I, min(%1$I) AS %3$I, max(%1$I) AS %4$I',
                         indicator, 'q' || position, 'min' || position, 'max' || position),
                  ', ' ORDER BY position) AS duckdb_quantiles,
       count(*) AS indicators
FROM innovation_score.indicator
WHERE scheme = 'bench' \gset
-- weight times normalized value, summed in a category; a weight's column is the indicator's position in w
SELECT string_agg(sum, ', ' ORDER BY position) AS category_sums,
       string_agg(format('100 * %I / %I AS %I', 'sum_' || category, 'weight_' || category, category || '_score'),
                  ', ' ORDER BY position) AS category_scores,
       string_agg(format('sum_%s', category), ' + ' ORDER BY position) AS total,
       string_agg(format('weight_%s', category), ' + ' ORDER BY position) AS total_weight,
       string_agg(format('weight_%s', category), ', ' ORDER BY position) AS weight_columns,
       string_agg(category || '_score', ', ' ORDER BY position) AS category_columns
FROM (SELECT c.category, c.position,
             string_agg(format('CASE WHEN %1$I IS NULL OR %1$I <= %3$I THEN 0 WHEN %1$I >= %4$I THEN %2$I '
                               'ELSE %2$I * ((%1$I - %3$I) / (%4$I - %3$I)) END',
                               i.indicator, 'w' || i.position, 'lo' || i.position, 'hi' || i.position),
                        ' + ' ORDER BY i.position) || format(' AS %I', 'sum_' || c.category) AS sum
      FROM innovation_score.category c
      JOIN innovation_score.indicator i USING (scheme, category)
      WHERE scheme = 'bench'
      GROUP BY c.category, c.position) c \gset
-- the weights as a VALUES list: stage, a weight an indicator, a sum a category
SELECT string_agg(format('(%L, %s, %s)', stage, weights, sums), ', ') AS weight_rows
FROM (SELECT w.stage, string_agg(w.weight || '::float8', ', ' ORDER BY i.position) AS weights,
             (SELECT string_agg(s.sum || '::float8', ', ' ORDER BY s.position)
              FROM (SELECT c.position, sum(v.weight)
                    FROM innovation_score.weight v
                    JOIN innovation_score.indicator j USING (scheme, indicator)
                    JOIN innovation_score.category c USING (scheme, category)
                    WHERE scheme = 'bench' AND v.stage = w.stage
                    GROUP BY c.position) s) AS sums
      FROM innovation_score.weight w
      JOIN innovation_score.indicator i USING (scheme, indicator)
      WHERE scheme = 'bench'
      GROUP BY w.stage) w \gset
SELECT 'w(stage, ' || string_agg('w' || position, ', ' ORDER BY position) || ', ' || :'weight_columns' || ')'
           AS weight_names
FROM innovation_score.indicator
WHERE scheme = 'bench' \gset
-- what score_row() and its like give: the category scores, and where the ranks follow them
SELECT string_agg(format('r[%s] AS %I', position + 3, category || '_score'), ', ' ORDER BY position) AS row_scores,
       count(*) + 4 AS row_rank, count(*) + 5 AS row_stage_rank
FROM (SELECT category, row_number() OVER (ORDER BY position) AS position
      FROM innovation_score.category WHERE scheme = 'bench') c \gset
