-- skewness and kurtosis
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;
SET extra_float_digits = 1;

-- The examples in the documentation of SKEW and KURT of a spreadsheet: 0.359543 and -0.151799637.
SELECT skewness(x), kurtosis(x) FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x;

-- R 4.2.2, mtcars: f <- function(x) { n <- length(x); z <- x - mean(x); c(sqrt(n)*sum(z^3)/sum(z^2)^1.5*sqrt(n*(n-1))/(n-2),
-- ((n+1)*(n*sum(z^4)/sum(z^2)^2-3)+6)*(n-1)/((n-2)*(n-3))) }; print(round(f(mtcars$hp), 12), digits = 14):
-- 0.799406692596 0.275211587537; f(mtcars$wt): 0.465916106793 0.416594669635
CREATE TEMP TABLE mtcars AS
SELECT * FROM unnest('{110,110,93,110,175,105,245,62,95,123,123,180,180,180,205,215,230,66,52,65,97,150,150,245,175,66,91,113,264,175,335,109}'::float8[],
                     '{2.62,2.875,2.32,3.215,3.44,3.46,3.57,3.19,3.15,3.44,3.44,4.07,3.73,3.78,5.25,5.424,5.345,2.2,1.615,1.835,2.465,3.52,3.435,3.84,3.845,1.935,2.14,1.513,3.17,2.77,3.57,2.78}'::float8[])
     AS t(hp, wt);
SELECT round(skewness(hp)::numeric, 12) AS hp_skewness, round(kurtosis(hp)::numeric, 12) AS hp_kurtosis,
       round(skewness(wt)::numeric, 12) AS wt_skewness, round(kurtosis(wt)::numeric, 12) AS wt_kurtosis
FROM mtcars;

-- too few values, no spread, no rows, missing values
SELECT n, skewness(x), kurtosis(x)
FROM generate_series(0, 5) AS n LEFT JOIN LATERAL generate_series(1, n) AS i ON true, LATERAL (SELECT i * i::float8 AS x) AS v
GROUP BY n ORDER BY n;
SELECT skewness(7), kurtosis(7) FROM generate_series(1, 10);
SELECT skewness(x), kurtosis(x) FROM unnest('{0,-0,0,-0,0}'::float8[]) AS x;
SELECT skewness(x), kurtosis(x) FROM unnest('{NULL,NaN,Infinity,-Infinity}'::float8[]) AS x;
SELECT skewness(x), kurtosis(x)
FROM unnest('{NULL,3,4,5,NaN,2,3,4,Infinity,5,6,4,7,-Infinity}'::float8[]) AS x;

-- Exact sums: shifted by 1e9, scaled to either end of the range, mirrored, the results have the same bits.
SELECT count(DISTINCT s), count(DISTINCT k)
FROM (SELECT skewness(1e9 + x), kurtosis(1e9 + x) FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x
      UNION ALL SELECT skewness(-9007199254740984 + x), kurtosis(-9007199254740984 + x)
                FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x
      UNION ALL SELECT skewness(x * 2.0 ^ 1020), kurtosis(x * 2.0 ^ 1020)
                FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x
      UNION ALL SELECT skewness(x * float8 '5e-324'), kurtosis(x * float8 '5e-324')
                FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x
      UNION ALL SELECT -skewness(-x), kurtosis(-x) FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x
      UNION ALL SELECT skewness(x), kurtosis(x) FROM unnest('{3,4,5,2,3,4,5,6,4,7}'::float8[]) AS x) AS f(s, k);
SELECT skewness(x), kurtosis(x) FROM unnest('{-1.7976931348623157e308,1.7976931348623157e308,5e-324,1}'::float8[]) AS x;
SELECT skewness(x), kurtosis(x) FROM unnest('{1,1,1,1,1.0000000000000002}'::float8[]) AS x;

-- The numeric twin: mean 1e9 and deviations of the order of 1, in any order, serial and parallel.
CREATE FUNCTION pg_temp.uniform(i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (i * 2654435761 % 4294967296)::float8 / 4294967296;
CREATE TABLE moments_sample AS
SELECT i % 4 AS g, CASE i % 4 WHEN 0 THEN 1e9 + floor(128 * pg_temp.uniform(i) * pg_temp.uniform(i * 7)) / 64
                              WHEN 1 THEN exp(4 * pg_temp.uniform(i))
                              WHEN 2 THEN -floor(1e6 * exp(9 * pg_temp.uniform(i)))
                              ELSE 1e15 + (i % 13 = 0)::int END AS x
FROM generate_series(1, 40000) AS i;
ANALYZE moments_sample;
-- by way of text, since a cast from float8 to numeric keeps 15 digits only; of all values but the exponentials, whose
-- mean is no problem, the text is exact
CREATE TEMP TABLE twin AS
SELECT g, sqrt(n * (n - 1)) / (n - 2) * sum((x - mean) ^ 3) / n / power(sum((x - mean) ^ 2) / n, 1.5) AS skewness,
       (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * n * sum((x - mean) ^ 4) / sum((x - mean) ^ 2) ^ 2 - 3 * (n - 1)) AS kurtosis
FROM (SELECT g, x::text::numeric AS x, avg(x::text::numeric(60,30)) OVER (PARTITION BY g) AS mean,
             (count(*) OVER (PARTITION BY g))::numeric AS n FROM moments_sample) AS s
GROUP BY g, n;
SELECT count(*) AS compared,
       count(*) FILTER (WHERE abs(f.skewness::text::numeric / t.skewness - 1) < 1e-14
                          AND abs(f.kurtosis::text::numeric / t.kurtosis - 1) < 1e-14) AS agree
FROM twin AS t JOIN (SELECT g, skewness(x), kurtosis(x) FROM moments_sample GROUP BY g) AS f USING (g);
CREATE TEMP TABLE one_way AS SELECT g, skewness(x), kurtosis(x) FROM moments_sample GROUP BY g;
SELECT count(*) AS groups,
       count(*) FILTER (WHERE float8send(a.skewness) = float8send(b.skewness)
                          AND float8send(a.kurtosis) = float8send(b.kurtosis)) AS same_bits
FROM one_way AS a
JOIN (SELECT g, skewness(x ORDER BY md5(x::text)), kurtosis(x ORDER BY x DESC) FROM moments_sample GROUP BY g) AS b USING (g);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT skewness(x) FROM moments_sample;
SELECT count(*) AS groups,
       count(*) FILTER (WHERE float8send(a.skewness) = float8send(b.skewness)
                          AND float8send(a.kurtosis) = float8send(b.kurtosis)) AS same_bits
FROM one_way AS a JOIN (SELECT g, skewness(x), kurtosis(x) FROM moments_sample GROUP BY g) AS b USING (g);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
-- as a window function, too
SELECT i, round(skewness(i * i) OVER (ORDER BY i)::numeric, 6) AS running FROM generate_series(1, 5) AS i;
DROP TABLE moments_sample;
