-- winsorize, minmax
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

CREATE TEMP TABLE b AS SELECT extreme_bounds(x, 'fixed(10,50)') AS b FROM generate_series(0, 60) AS x;
SELECT v, winsorize(v, b), minmax(v, b) AS benefit, minmax(v, b, 'cost') AS cost,
       minmax(v, b, 'target(20)') AS target, minmax(v, b, 'interval(20,30)') AS interval
FROM b, unnest('{-Infinity,-5,10,15,20,25,30,40,50,99,Infinity,NaN,NULL}'::float8[]) AS v;
-- targets and intervals at and beyond the bounds
SELECT v, minmax(v, b, 'target(10)') AS lower, minmax(v, b, 'target(60)') AS beyond,
       minmax(v, b, 'interval(0,20)') AS from_below, minmax(v, b, 'interval(60,70)') AS above,
       minmax(v, b, 'interval(30,30)') AS point
FROM b, unnest('{10,20,30,50}'::float8[]) AS v;

-- bounds of an empty and of a constant sample
SELECT winsorize(3, e), minmax(3, e), winsorize(3, c), minmax(3, c), minmax(3, c, 'cost')
FROM (SELECT extreme_bounds(NULL, 'iqr(1)') AS e, extreme_bounds(5, 'iqr(1)') AS c) AS s;

-- between goalposts, either way round
SELECT v, minmax(v, 0, 200) AS up, minmax(v, 200, 0) AS down, minmax(v, 5, 5) AS none
FROM unnest('{-1,0,50,200,300,Infinity,NaN,NULL}'::float8[]) AS v;
SELECT minmax(1, 'NaN', 2), minmax(1, 0, 'Infinity'), minmax(1, NULL, 2);
-- ranges beyond a double
SELECT minmax(0, -1.7e308, 1.7e308), minmax(-1.7e308, -1.7e308, 1.7e308), minmax(8.5e307, 1.7e308, -1.7e308),
       minmax(5e-324, 0, 1e-323);

SELECT minmax(1, b, 'sideways') FROM b;
SELECT minmax(1, b, 'target()') FROM b;
SELECT minmax(1, b, 'interval(3,2)') FROM b;
SELECT _innovation_score.valid_direction('interval(2,3)'), _innovation_score.valid_transform('log');
SELECT _innovation_score.valid_transform('exp');

-- compress: within the bounds as it is, beyond them drawn together; the log of 2 is 0.693147
WITH b AS (SELECT extreme_bounds(x, 'percentile(0.1,0.9)') AS b FROM generate_series(0, 10) AS x)
SELECT v, round(compress(v, b, 1)::numeric, 9) AS a_1, compress(v, b, 1e-300) AS almost_clamp, compress(v, b, 1e300) AS almost_nothing,
       round(compress(v, ROW(1, 9, NULL, NULL, NULL, NULL, NULL, NULL, NULL), 1)::numeric, 9) AS no_extremes
FROM b, unnest('{-8,0,1,5,9,10,17,1e308,-1e308,NaN,Infinity,NULL}'::float8[]) AS v;
SELECT compress(3, extreme_bounds(NULL, 'none'), 1) AS empty, compress(7, extreme_bounds(5, 'none'), 1) AS constant,
       compress(50, extreme_bounds(5, 'fixed(0,10)'), 1) AS within_goalposts;
-- differences beyond the range of a double, and denormal ones
SELECT round((compress(v, ROW(-1.5e308, 1.5e308, NULL, NULL, NULL, NULL, -1.7e308, 1.7e308, NULL), 1) / 1e308)::numeric, 9) AS wide,
       round((compress(v, ROW(-1.7e308, -1.6e308, NULL, NULL, NULL, NULL, -1.7e308, 1.7e308, NULL), 1) / 1e308)::numeric, 9) AS far
FROM unnest('{-1.7e308,-1.6e308,0,1.6e308,1.7e308}'::float8[]) AS v;
SELECT compress(1, ROW(0, 5e-324, NULL, NULL, NULL, NULL, 0, 1, NULL), 1) > 0 AS denormal;
-- in order, whatever the parameter
SELECT a, count(*) AS steps, count(*) FILTER (WHERE c < before) AS falling, count(DISTINCT c) AS different
FROM (SELECT a, c, lag(c) OVER (PARTITION BY a ORDER BY v) AS before
      FROM unnest('{0.01,1,100}'::float8[]) AS a, generate_series(-5000, 5000) AS v,
           LATERAL (SELECT compress(v, ROW(-10, 10, NULL, NULL, NULL, NULL, NULL, NULL, NULL), a) AS c) AS c) AS t
GROUP BY a ORDER BY a;
SELECT compress(1, b, 0) FROM b;
SELECT compress(1, b, -1) FROM b;
SELECT compress(1, b, 'NaN') FROM b;
SELECT _innovation_score.valid_adjust('clamp'), _innovation_score.valid_adjust('compress( 0.5 )');
SELECT _innovation_score.valid_adjust('compress');
SELECT _innovation_score.valid_adjust('compress(0)');
SELECT _innovation_score.valid_adjust('squeeze(1)');
