-- allocate: budgets shared by weight, within floors and caps, to the last unit
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;
\pset null '(null)'

-- shares known beforehand: by weight, with a floor, with a cap, in units
SELECT w, allocate(1000, w) OVER () AS plain, allocate(1000, w, floor => 200) OVER () AS floor,
       allocate(1000, w, cap => 350) OVER () AS cap, allocate(1000, w, 150, 450) OVER () AS both,
       allocate(1000, w, unit => 7) OVER () AS sevens, unallocated(1000, w, unit => 7) OVER () AS rest
FROM unnest('{1,2,3,4}'::float8[]) AS w ORDER BY w;
-- indivisible goods, by hand: quotas 4.16, 3.35 and 2.49 of 10; of 11 they are 4.576, 3.685 and 2.739
SELECT w, allocate(10, w, unit => 1) OVER () AS of_10, allocate(11, w, unit => 1) OVER () AS of_11 FROM unnest('{416,335,249}'::float8[]) AS w ORDER BY w DESC;

-- who has no weight gets the floor, in every way of having none
SELECT w, f, allocate(100, w, f, 60) OVER (), unallocated(100, w, f, 60) OVER ()
FROM (VALUES (NULL::float8, 10::numeric), (0, NULL), (-0.0, 5), (-1, NULL), ('NaN', 1.5), ('Infinity', 2), ('-Infinity', NULL), (2, NULL), (1, 3)) AS v(w, f) ORDER BY w, f;
-- nobody has one; nobody at all
SELECT allocate(100, w) OVER (), unallocated(100, w) OVER () FROM unnest('{0,NULL,-1}'::float8[]) AS w;
SELECT allocate(100, w) OVER () FROM unnest('{}'::float8[]) AS w;
-- one; a budget of nothing; a budget smaller than the unit; no budget
SELECT allocate(100, 5e-324) OVER (), allocate(0, 1) OVER (), allocate(0.009, 1) OVER (), unallocated(0.009, 1) OVER (), allocate(NULL, 1) OVER (), unallocated(NULL, 1) OVER ();
-- the unit: NULL is 0.01; finer, coarser, not a power of ten
SELECT w, allocate(10, w, unit => NULL) OVER (), allocate(10, w, unit => 1e-9) OVER (), allocate(10, w, unit => 2.5) OVER (), unallocated(10, w, unit => 4) OVER ()
FROM unnest('{1,2}'::float8[]) AS w ORDER BY w;
-- floors are rounded up to whole units, caps down
SELECT w, allocate(100, w, f, c, 1) OVER (), unallocated(100, w, f, c, 1) OVER ()
FROM (VALUES (1::float8, 10.2, NULL::numeric), (1, NULL, 10.8), (1, 0.0001, 11), (0, 2.5, NULL), (5, NULL, 59.99)) AS v(w, f, c) ORDER BY w, f, c;
-- caps reached by all; an infinite cap is none; floors that use the budget up; bounds that leave no choice
SELECT w, allocate(100, w, 0, 20) OVER (), unallocated(100, w, 0, 20) OVER (), allocate(100, w, cap => 'Infinity') OVER () AS no_cap,
       allocate(99, w, 33) OVER () AS floors, allocate(100, w, 30, 30) OVER () AS fixed, unallocated(100, w, 30, 30) OVER ()
FROM unnest('{1,2,5}'::float8[]) AS w ORDER BY w;
-- weights far apart: the largest are capped, the rest is for the others
SELECT w, allocate(100, w, cap => CASE WHEN w > 1e15 THEN 10 END) OVER () FROM unnest('{1e308,1.7e308,1,3,1e16}'::float8[]) AS w ORDER BY w;
SELECT w, allocate(100, w) OVER () FROM unnest('{5e-324,1.5e-323,1e-322}'::float8[]) AS w ORDER BY w;
-- as many units as there can be; numbers beyond bigint come in another unit
SELECT sum(a), min(a), max(a) FROM (SELECT allocate(4611686018427387904, w, unit => 1) OVER (ORDER BY w) AS a FROM generate_series(1, 7) AS w) AS s;
SELECT w, allocate(1e30, w, 1e28, NULL, 1e20) OVER () FROM unnest('{1,2}'::float8[]) AS w ORDER BY w;

-- ties: equal rows get the same, and what they cannot share remains ...
SELECT i, allocate(100, 1, unit => 1) OVER (), unallocated(100, 1, unit => 1) OVER () FROM generate_series(1, 3) AS i;
-- ... unless the window has an order
SELECT i, allocate(101, 1, unit => 1) OVER w AS first, unallocated(101, 1, unit => 1) OVER w AS rest, allocate(101, 1, unit => 1) OVER (ORDER BY i DESC) AS last
FROM generate_series(1, 3) AS i WINDOW w AS (ORDER BY i) ORDER BY i;
-- the order counts among ties only; peers within it are served alike
SELECT w, place, allocate(12, w, unit => 1) OVER (ORDER BY place), unallocated(12, w, unit => 1) OVER (ORDER BY place)
FROM (VALUES (1::float8, 'a'), (1, 'b'), (1, 'b'), (1, 'c'), (1, 'd'), (3, 'e')) AS v(w, place) ORDER BY place, w;
SELECT place, allocate(b, 2, unit => 1) OVER o, unallocated(b, 2, unit => 1) OVER o
FROM (VALUES ('a'), ('b'), ('b'), ('c'), ('d'), ('d'), ('d')) AS v(place), unnest('{36,37,38,39,40,41}'::numeric[]) AS b WHERE b IN (36, 37, 39) WINDOW o AS (PARTITION BY b ORDER BY place) ORDER BY b, place;
-- of equal parts the larger weight goes first, whatever the order: quotas 2.5 and 0.5
SELECT w, allocate(3, w, unit => 1) OVER (), allocate(3, w, unit => 1) OVER (ORDER BY w) FROM unnest('{1,5}'::float8[]) AS w ORDER BY w;

-- ---------------------------------------------------------------- what is refused
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
SELECT attempt(format('SELECT allocate(%s) OVER () FROM (VALUES (1, 1), (2, 2)) AS v(a, b)', x)) FROM unnest(ARRAY[
    '-1, 1', '''NaN'', 1', '''Infinity'', 1', 'a, 1', 'nullif(a, 1), 1', 'nullif(a, 2), 1', '10, 1, unit => a', '10, 1, unit => 0', '10, 1, unit => -1', '10, 1, unit => ''NaN''', '10, 1, unit => ''Infinity''',
    '10, 1, floor => -1', '10, 1, floor => ''NaN''', '10, 1, floor => ''Infinity''', '10, 1, cap => -0.01', '10, 1, cap => ''NaN''', '10, 1, cap => ''-Infinity''',
    '10, 1, floor => 5.01', '10, 1, 3, 2', '10, 1, 2.3, 2.7, 1', '10, 1, 20', '1e30, 1', '10, 1, 1e300', '10, 1, 0, 1e300', '10, 1, unit => 1e-20', '10.0, 1, unit => a * 0 + 1']) AS x;
-- not without a window
SELECT attempt('SELECT allocate(1, 1)') , attempt('SELECT allocate(DISTINCT 1, 1) OVER ()') ~ '^0A000';

-- ---------------------------------------------------------------- properties over random cases, and a twin
-- 600 budgets of 1 to 40 rows: weights of many, few or 100,000 different values, with floors, caps, and none of them
CREATE FUNCTION pg_temp.dice(sides int, VARIADIC key int[]) RETURNS int LANGUAGE sql IMMUTABLE AS
'SELECT (abs(hashtextextended(array_to_string(key, '',''), 7) % sides))::int';
CREATE TEMP TABLE budget AS
SELECT g, (ARRAY[1, 1, 0.01, 0.1, 5, 0.25])[1 + g % 6] AS unit, 1 + pg_temp.dice(40, g, 1) AS n, pg_temp.dice(10000000, g, 2) / 100.0 AS budget
FROM generate_series(1, 600) AS g;
CREATE TEMP TABLE recipient AS
SELECT b.*, i, k, CASE WHEN k >= 0 THEN k / 8.0::float8 END AS w, f,
       CASE WHEN pg_temp.dice(10, g, i, 5) < 4 THEN ceil(f / unit) * unit + pg_temp.dice(1000, g, i, 6) / 500.0 * budget / n END AS c, pg_temp.dice(5, g, i, 7) AS place
FROM budget AS b, generate_series(1, b.n) AS i,
     LATERAL (SELECT CASE pg_temp.dice(12, g, i, 3) WHEN 0 THEN 0 WHEN 1 THEN -1 ELSE 1 + pg_temp.dice((ARRAY[3, 40, 900, 100000])[1 + g % 4], g, i, 4) END AS k) AS weight,
     LATERAL (SELECT CASE WHEN pg_temp.dice(10, g, i, 8) < 4 THEN round(pg_temp.dice(1000, g, i, 9) / 1010.0 * greatest(budget / n - unit, 0), 3) END AS f) AS floor;

-- The twin: another algorithm (pin who is beyond a bound, share the rest anew, until nobody is) in exact integers; then
-- the largest remainders, one unit after the other in SQL's order.
CREATE FUNCTION pg_temp.twin(budget_of int, ordered boolean) RETURNS TABLE (i int, share numeric) LANGUAGE plpgsql AS $$
DECLARE
    units numeric;
    target numeric;
    rest numeric;
    weight numeric;
    too_much numeric;
BEGIN
    CREATE TEMP TABLE r ON COMMIT DROP AS
    SELECT x.i, x.unit, x.k::numeric AS k, x.place, ceil(COALESCE(x.f, 0) / x.unit) AS f, floor(x.c / x.unit) AS c, NULL::numeric AS share, 0::numeric AS part
    FROM recipient AS x WHERE x.g = budget_of;
    SELECT floor(b.budget / b.unit) INTO units FROM budget AS b WHERE b.g = budget_of;
    UPDATE r SET share = r.f WHERE r.k <= 0;
    SELECT least(units, sum(CASE WHEN r.k <= 0 THEN r.f ELSE COALESCE(r.c, units) END)) INTO target FROM r;
    LOOP
        SELECT target - COALESCE(sum(r.share), 0), sum(r.k) FILTER (WHERE r.share IS NULL) INTO rest, weight FROM r;
        EXIT WHEN weight IS NULL;
        SELECT sum(greatest(r.f * weight, least(COALESCE(r.c * weight, rest * r.k), rest * r.k)) - rest * r.k) INTO too_much FROM r WHERE r.share IS NULL;
        UPDATE r SET share = r.f WHERE r.share IS NULL AND too_much >= 0 AND r.f * weight > rest * r.k;
        IF NOT FOUND THEN
            UPDATE r SET share = r.c WHERE r.share IS NULL AND too_much <= 0 AND r.c * weight < rest * r.k;
            IF NOT FOUND THEN
                UPDATE r SET share = div(rest * r.k, weight), part = mod(rest * r.k, weight) WHERE r.share IS NULL;
            END IF;
        END IF;
    END LOOP;
    SELECT target - sum(r.share) INTO rest FROM r;
    RETURN QUERY
        SELECT q.i, (q.share + CASE WHEN q.part > 0 AND q.last <= rest THEN 1 ELSE 0 END) * q.unit
        FROM (SELECT r.*, CASE WHEN ordered THEN count(*) OVER (ORDER BY r.part DESC, r.k DESC, r.place)
                               ELSE count(*) OVER (ORDER BY r.part DESC, r.k DESC) END AS last FROM r) AS q;
    DROP TABLE r;
END
$$;
SET client_min_messages = warning;
CREATE TEMP TABLE ours AS
SELECT *, allocate(budget, w, f, c, unit) OVER (PARTITION BY g) AS share, unallocated(budget, w, f, c, unit) OVER (PARTITION BY g) AS rest,
       allocate(budget, w, f, c, unit) OVER (PARTITION BY g ORDER BY place) AS placed, allocate(budget, w, f, c, unit) OVER (PARTITION BY g ORDER BY i) AS served,
       unallocated(budget, w, f, c, unit) OVER (PARTITION BY g ORDER BY i) AS unserved
FROM recipient;
SELECT count(*) AS rows, count(*) FILTER (WHERE o.share IS DISTINCT FROM t.share) AS other_share, count(*) FILTER (WHERE o.placed IS DISTINCT FROM p.share) AS other_in_order
FROM ours AS o LEFT JOIN (SELECT b.g, x.* FROM budget AS b, pg_temp.twin(b.g, false) AS x) AS t USING (g, i) LEFT JOIN (SELECT b.g, x.* FROM budget AS b, pg_temp.twin(b.g, true) AS x) AS p USING (g, i);
-- exact sums: with an order that tells all rows apart nothing remains but what caps and the unit leave; the rest is reported
SELECT count(*) AS budgets, count(*) FILTER (WHERE given + rest <> budget) AS rest_wrong, count(*) FILTER (WHERE served + unserved <> budget) AS unserved_wrong,
       count(*) FILTER (WHERE served <> least(trunc(budget / unit) * unit, room)) AS sum_wrong, count(*) FILTER (WHERE rest >= unit) AS with_rest, count(*) FILTER (WHERE unserved >= unit) AS capped
FROM (SELECT g, budget, unit, sum(share) AS given, max(rest) AS rest, sum(served) AS served, max(unserved) AS unserved,
             sum(CASE WHEN w > 0 THEN COALESCE(trunc(c / unit) * unit, budget) ELSE ceil(COALESCE(f, 0) / unit) * unit END) AS room FROM ours GROUP BY 1, 2, 3) AS s;
-- bounds, whole units, and for who has no weight the floor
SELECT count(*) FILTER (WHERE served < COALESCE(f, 0)) AS below, count(*) FILTER (WHERE served > c) AS above, count(*) FILTER (WHERE mod(served, unit) <> 0) AS broken,
       count(*) FILTER (WHERE COALESCE(w, 0) <= 0 AND served <> ceil(COALESCE(f, 0) / unit) * unit) AS no_weight,
       count(*) FILTER (WHERE served = ceil(f / unit) * unit) AS at_floor, count(*) FILTER (WHERE served = trunc(c / unit) * unit) AS at_cap FROM ours;
-- monotone: the larger weight of two with the same bounds never has less, nor has a row whose weight alone grows
SELECT count(*) AS pairs, count(*) FILTER (WHERE a.served < b.served OR a.share < b.share) AS wrong
FROM ours AS a JOIN ours AS b USING (g) WHERE a.w > b.w AND a.f IS NOT DISTINCT FROM b.f AND a.c IS NOT DISTINCT FROM b.c;
SELECT count(*) AS grown, count(*) FILTER (WHERE o.share > n.share) AS wrong, count(*) FILTER (WHERE o.share < n.share) AS more
FROM ours AS o JOIN (SELECT g, i, grows, allocate(budget, CASE WHEN grows THEN w * (1 + g % 3 * 0.1) + g % 2 ELSE w END, f, c, unit) OVER (PARTITION BY g) AS share
                     FROM (SELECT *, i = 1 + g % n AS grows FROM recipient) AS x) AS n USING (g, i) WHERE n.grows;
-- no order of rows decides, nor does the scale of the weights
SELECT count(*) FILTER (WHERE o.share <> s.a) AS shuffled, count(*) FILTER (WHERE o.share <> s.b) AS scaled
FROM ours AS o JOIN (SELECT g, i, allocate(budget, w, f, c, unit) OVER (PARTITION BY g) AS a, allocate(budget, w * 2::float8 ^ -400, f, c, unit) OVER (PARTITION BY g) AS b
                     FROM (SELECT * FROM recipient ORDER BY md5(g::text || i) OFFSET 0) AS x) AS s USING (g, i);
-- among weights of any double
CREATE TEMP TABLE doubled AS SELECT i, exp(20 * sin(i)) * (1 + i / 7919.0) AS w, i % 5 * 10 AS f, CASE WHEN i % 3 = 0 THEN 50 + i % 700 END AS c FROM generate_series(1, 20000) AS i;
SELECT count(*), sum(a) = sum(b) AND sum(a) = 1000000 AS exact, count(*) FILTER (WHERE x.a <> y.b) AS shuffled, count(*) FILTER (WHERE a NOT BETWEEN f AND c) AS beyond,
       count(*) FILTER (WHERE a < less AND f = 0 AND c IS NULL) AS not_monotone
FROM (SELECT *, allocate(1000000, w, f, c, 1) OVER () AS a FROM doubled) AS x
JOIN (SELECT i, allocate(1000000, w, f, c, 1) OVER () AS b FROM (SELECT * FROM doubled ORDER BY md5(i::text) OFFSET 0) AS s) AS y USING (i)
JOIN (SELECT i, lag(a) OVER (PARTITION BY f, c ORDER BY w) AS less FROM (SELECT *, allocate(1000000, w, f, c, 1) OVER () AS a FROM doubled) AS s) AS z USING (i);
-- where the rows do not fit work_mem, and with budgets from columns
SET work_mem = '64kB';
SELECT count(*), count(*) FILTER (WHERE a.share <> o.served) AS other
FROM (SELECT g, i, allocate(budget, w, f, c, unit) OVER (PARTITION BY g ORDER BY i) AS share FROM recipient) AS a JOIN ours AS o USING (g, i);
SELECT sum(a), count(DISTINCT a) FROM (SELECT allocate(1000003, 1, unit => 1) OVER (ORDER BY i) AS a FROM generate_series(1, 30000) AS i) AS s;
RESET work_mem;
RESET client_min_messages;
RESET search_path;
