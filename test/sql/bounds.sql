-- extreme_bounds: grammar, samples that break naive code, grouping, windows, parallel plans.
-- (test/sql/twin.sql compares every method with plain SQL.)
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

-- each method on 1..1001, where the quantiles are round numbers
SELECT m AS asked, (b).*
FROM unnest(ARRAY['none', 'percentile(0.01,0.99)', 'iqr(0.5)', 'sigma(1)', 'mad(0.5)', 'fixed(10,500)']) AS m,
     LATERAL (SELECT extreme_bounds(x, m) AS b FROM generate_series(1, 1001) AS x) AS s;

-- methods are read with blanks, and come back without
SELECT (extreme_bounds(x, ' percentile( .01 , 9.9e-1 ) ')).method FROM generate_series(1, 3) AS x;

-- what is no method
\set VERBOSITY default
SELECT extreme_bounds(1, '');
SELECT extreme_bounds(1, 'percentil(0.01,0.99)');
SELECT extreme_bounds(1, 'percentile(0.01)');
SELECT extreme_bounds(1, 'percentile(0.01,0.5,0.99)');
SELECT extreme_bounds(1, 'percentile(0.99,0.01)');
SELECT extreme_bounds(1, 'percentile(-0.01,0.99)');
SELECT extreme_bounds(1, 'percentile(0.01,1.01)');
SELECT extreme_bounds(1, 'percentile(0.01,0.99');
SELECT extreme_bounds(1, 'percentile(0.01,0.99) ');
SELECT extreme_bounds(1, 'percentile(0.01,0.99)x');
SELECT extreme_bounds(1, 'percentile(0x1,1)');
SELECT extreme_bounds(1, 'iqr(nan)');
SELECT extreme_bounds(1, 'iqr(1e999)');
SELECT extreme_bounds(1, 'iqr(-1)');
SELECT extreme_bounds(1, 'sigma(-1)');
SELECT extreme_bounds(1, 'mad()');
SELECT extreme_bounds(1, 'fixed(1,1)');
SELECT extreme_bounds(1, NULL);
SELECT extreme_bounds(x, CASE x WHEN 1 THEN 'none' ELSE 'iqr(1)' END) FROM generate_series(1, 2) AS x;
SELECT _innovation_score.valid_extreme_method('sigma(3)');
SELECT _innovation_score.valid_extreme_method('sigma');

-- no rows; no values; one value; constants
SELECT extreme_bounds(x, 'sigma(3)') FROM generate_series(1, 0) AS x;
CREATE TEMP TABLE method (method text);
INSERT INTO method VALUES ('none'), ('percentile(0.01,0.99)'), ('iqr(1.5)'), ('sigma(3)'), ('mad(3)'), ('fixed(0,1)');
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{NULL,NaN,Infinity,-Infinity}'::float8[]) AS x) FROM method AS m;
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{5}'::float8[]) AS x) FROM method AS m;
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{7,7,NULL,7}'::float8[]) AS x) FROM method AS m;
-- -0 and 0 are one value, and it prints as 0
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{-0,0,-0}'::float8[]) AS x) FROM method AS m;

-- zero-inflated: methods that collapse fall back and say so
SELECT (SELECT extreme_bounds(CASE WHEN x > 995 THEN x ELSE 0 END, m.method) FROM generate_series(1, 1000) AS x) FROM method AS m;

-- the ends of the range: no overflow, no bound outside the sample
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{-1.7976931348623157e308,0,1.7976931348623157e308}'::float8[]) AS x) FROM method AS m;
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{-1.7976931348623157e308,1.7976931348623157e308}'::float8[]) AS x) FROM method AS m;
SELECT (SELECT extreme_bounds(x, m.method) FROM unnest('{5e-324,1e-323,1.5e-323,2e-323}'::float8[]) AS x) FROM method AS m;
-- a factor of 0 leaves quartiles, mean or median
SELECT (extreme_bounds(x, 'iqr(0)')), (extreme_bounds(x, 'sigma(0)')), (extreme_bounds(x, 'mad(0)')) FROM generate_series(1, 5) AS x;

-- sigma is rounded once from exact sums: where sums in floating point cancel, and where squares overflow
SELECT (extreme_bounds(x, 'sigma(1)')).lower - 1e15 AS lower, (extreme_bounds(x, 'sigma(1)')).upper - 1e15 AS upper
FROM unnest('{1000000000000000,1000000000000001,1000000000000002,1000000000000003,1000000000000004}'::float8[]) AS x;
SELECT (extreme_bounds(x, 'sigma(0.5)')).* FROM unnest('{1e300,2e300,3e300,4e300,5e300}'::float8[]) AS x;
-- ... compared, bit for bit, with numeric, which adds exactly: samples over many magnitudes
WITH sample AS (
    -- k * 2^e, in numeric without rounding: 2^-e is 5^e / 10^e
    SELECT g, k * 2::float8 ^ e AS x, k * CASE WHEN e < 0 THEN 5::numeric ^ -e * ('1e' || e)::numeric ELSE 2::numeric ^ e END AS exact
    FROM generate_series(1, 100) AS g, generate_series(1, 10 + g % 40) AS i,
         LATERAL (SELECT ('x' || substr(md5(g || ':' || i), 1, 8))::bit(32)::int AS k, g % 25 * 8 - 96 AS e) AS s
), sums AS (
    SELECT g, count(*)::numeric AS n, sum(exact) + 0e-400 AS sum, sum(exact * exact) + 0e-400 AS squares, extreme_bounds(x, 'sigma(0.5)') AS b
    FROM sample GROUP BY g
), twin AS (
    SELECT b, (sum / n)::float8 AS mean, sqrt((n * squares - sum * sum) / (n * (n - 1)))::float8 AS deviation FROM sums
)
SELECT count(*) AS samples, count(*) FILTER (WHERE (b).lower IS DISTINCT FROM mean - 0.5 * deviation) AS lower_differs,
       count(*) FILTER (WHERE (b).upper IS DISTINCT FROM mean + 0.5 * deviation) AS upper_differs
FROM twin;

-- jrc: what is refused, its defaults, and the 12 numbers that the manual of COINr's winsorise() treats. R, with f of
-- test/sql/moments.sql: f(c(1:10, 30, 100)) is 3.063241 9.741391; f(c(1:10, 30, 30)) is 1.712038 1.815781: it ends there
SELECT extreme_bounds(1, 'jrc(5)');
SELECT extreme_bounds(1, 'jrc(5,2,3.5,1)');
SELECT extreme_bounds(1, 'jrc(0.5,2,3.5)');
SELECT extreme_bounds(1, 'jrc(-1,2,3.5)');
SELECT extreme_bounds(1, 'jrc(1001,2,3.5)');
SELECT extreme_bounds(1, 'jrc(5,-2,3.5)');
SELECT round(skewness(x)::numeric, 6) AS skewness, round(kurtosis(x)::numeric, 6) AS kurtosis,
       round(skewness(least(x, 30))::numeric, 6) AS then_skewness, round(kurtosis(least(x, 30))::numeric, 6) AS then_kurtosis
FROM unnest('{1,2,3,4,5,6,7,8,9,10,30,100}'::float8[]) AS x;
SELECT m, b.* FROM unnest('{jrc,"jrc( 5, 2, 3.5 )","jrc(5,1.5,3)","jrc(1,1.5,3)","jrc(0,2,3.5)"}'::text[]) AS m,
    LATERAL (SELECT (extreme_bounds(x, m)).* FROM unnest('{1,2,3,4,5,6,7,8,9,10,30,100}'::float8[]) AS x) AS b;
-- the low end; ties go together or not at all; too few values, no spread, mostly zeros
SELECT v, (extreme_bounds(x, 'jrc(2,2,3.5)')).* FROM unnest(ARRAY['{-1,-2,-3,-4,-5,-6,-7,-8,-9,-10,-30,-100}',
    '{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,99,99}', '{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,99,99,99}',
    '{1,1,100}', '{1,1,1,1,100}', '{4,4,4,4,4}', '{0,0,0,0,0,0,0,0,0,7}', '{NaN,NULL,Infinity}']) AS v, unnest(v::float8[]) AS x
GROUP BY v ORDER BY v COLLATE "C";

-- grouped, filtered, over partitions and moving frames: as computed one by one
CREATE TEMP TABLE firm AS
SELECT i, i % 3 AS region, CASE WHEN i % 11 = 0 THEN NULL ELSE (i * 7919 % 1009)::float8 END AS x FROM generate_series(1, 2000) AS i;
SELECT region, (extreme_bounds(x, 'percentile(0.05,0.95)')).*, extreme_bounds(x, 'iqr(1.5)') FILTER (WHERE i <= 100) AS first_hundred
FROM firm GROUP BY region ORDER BY region;
SELECT count(*) AS firms, count(*) FILTER (WHERE w IS DISTINCT FROM g.b) AS differing
FROM (SELECT region, extreme_bounds(x, 'mad(2)') OVER (PARTITION BY region) AS w FROM firm) AS f
JOIN (SELECT region, extreme_bounds(x, 'mad(2)') AS b FROM firm GROUP BY region) AS g USING (region);
SELECT count(*) AS frames, count(*) FILTER (WHERE w IS DISTINCT FROM b) AS differing
FROM (SELECT i, extreme_bounds(x, 'percentile(0.1,0.9)') OVER (ORDER BY i) AS w FROM firm WHERE i <= 200) AS f
CROSS JOIN LATERAL (SELECT extreme_bounds(x, 'percentile(0.1,0.9)') AS b FROM firm AS o WHERE o.i <= f.i) AS g;

-- shuffled, in parallel, from partitions: the same bits
CREATE TABLE bounds_shuffled AS SELECT i, i % 2 AS half, exp(sin(i) * 10) * CASE WHEN i % 5 = 0 THEN -1 ELSE 1 END AS x
FROM generate_series(1, 40000) AS i ORDER BY md5(i::text);
CREATE TABLE bounds_parted (i int, half int, x float8) PARTITION BY LIST (half);
CREATE TABLE bounds_parted_0 PARTITION OF bounds_parted FOR VALUES IN (0);
CREATE TABLE bounds_parted_1 PARTITION OF bounds_parted FOR VALUES IN (1);
INSERT INTO bounds_parted SELECT * FROM bounds_shuffled ORDER BY i DESC;
ALTER TABLE bounds_shuffled SET (parallel_workers = 2);
ANALYZE bounds_shuffled, bounds_parted;
CREATE FUNCTION plan_has(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found OR line LIKE '%' || node || '%';
    END LOOP;
    RETURN found;
END $$;
\set methods 'extreme_bounds(x, \'none\'), extreme_bounds(x, \'percentile(0.01,0.99)\'), extreme_bounds(x, \'iqr(1.5)\'), extreme_bounds(x, \'sigma(3)\'), extreme_bounds(x, \'mad(3)\'), extreme_bounds(x, \'jrc(9,1,0)\'), extreme_bounds(x, \'fixed(0,1)\')'
SET max_parallel_workers_per_gather = 0;
SELECT ROW(:methods) AS serial FROM bounds_shuffled \gset
SET enable_partitionwise_aggregate = on;
SELECT ROW(:methods) AS partitions FROM bounds_parted \gset
RESET enable_partitionwise_aggregate;
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT plan_has($$SELECT extreme_bounds(x, 'iqr(1)'), extreme_bounds(x, 'sigma(1)') FROM bounds_shuffled$$, 'Partial Aggregate') AS parallel;
SELECT ROW(:methods) AS parallel FROM bounds_shuffled \gset
-- the text of a double is exact, and shows a sign of zero
SELECT :'serial' = :'parallel' AS parallel, :'serial' = :'partitions' AS partitions, length(:'serial') > 500 AS something;
-- workers that see no row
SELECT extreme_bounds(x, 'iqr(1)') FROM bounds_shuffled WHERE i = 7;
SELECT extreme_bounds(x, 'iqr(1)') FROM bounds_shuffled WHERE i < 0;
DROP TABLE bounds_shuffled, bounds_parted;
DROP FUNCTION plan_has(text, text);
