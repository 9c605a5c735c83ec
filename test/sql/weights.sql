-- weights: AHP against Saaty's examples and R, the eigen solvers, weights from data against R and a twin in SQL, set_weights
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
RESET client_min_messages;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

-- the largest difference of two lists of numbers
CREATE FUNCTION off(a float8[], b float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE WHEN cardinality(a) = cardinality(b) THEN (SELECT max(CASE WHEN x IS NULL AND y IS NULL THEN 0 ELSE abs(x - y) END) FROM unnest(a, b) u(x, y)) END;
CREATE FUNCTION rounded(a float8[], digits int) RETURNS numeric[] LANGUAGE sql IMMUTABLE
RETURN (SELECT array_agg(round(x::numeric, digits) ORDER BY i) FROM unnest(a) WITH ORDINALITY u(x, i));
-- a reciprocal matrix from what stands above its diagonal
CREATE FUNCTION reciprocal(VARIADIC above float8[]) RETURNS float8[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(line ORDER BY i)
    FROM (SELECT i, array_agg(CASE WHEN i = k THEN 1 WHEN i < k THEN above[(i - 1) * (2 * n - i) / 2 + k - i] ELSE 1 / above[(k - 1) * (2 * n - k) / 2 + i - k] END ORDER BY k) AS line
          FROM (SELECT round((1 + sqrt(1 + 8 * cardinality(above))) / 2)::int) s(n), generate_series(1, n) i, generate_series(1, n) k GROUP BY i) l $$;
-- A v - lambda v, relative to lambda times the largest element of v
CREATE FUNCTION residual(a float8[], v float8[], lambda float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT max(abs(r)) FROM (SELECT sum(a[i][k] * v[k]) / lambda - v[i] AS r FROM generate_subscripts(v, 1) i, generate_subscripts(v, 1) k GROUP BY i) s $$;
CREATE FUNCTION noise(i bigint) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN ('x' || substr(md5(i::text), 1, 13))::bit(52)::bigint / 2::float8 ^ 52;
CREATE FUNCTION plan_lines(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END
$$;

-- ---------------------------------------------------------------- AHP: published examples

-- Judgements above the diagonal, published weights and consistency ratio, and base R:
--   A <- reciprocal matrix; e <- eigen(A); v <- Re(e$vectors[,1]); v / sum(v); l <- Re(e$values[1]); (l - n) / (n - 1) / RI[n]
-- drinks: T. L. Saaty, Decision making with the analytic hierarchy process, Int. J. Services Sciences 1 (2008), consumption of drinks in the USA
-- house: T. L. Saaty, How to make a decision, European Journal of Operational Research 48 (1990), buying a house
-- wealth: T. L. Saaty, The Analytic Hierarchy Process (1980), wealth and world influence of seven nations
-- cycle: no example but a matrix that contradicts itself
CREATE TABLE published (name text, above float8[], weights numeric[], ratio numeric, r_weights float8[], r_lambda float8);
INSERT INTO published VALUES
('drinks', ARRAY[9,5,2,1,1,1/2.0, 1/3.0,1/9.0,1/9.0,1/9.0,1/9.0, 1/3.0,1/4.0,1/3.0,1/9.0, 1/2.0,1,1/3.0, 2,1/2.0, 1/3.0]::float8[], '{0.177,0.019,0.042,0.116,0.190,0.129,0.327}', 0.022,
 '{0.1774567474457168,0.0191494760243536,0.0418311816620979,0.1164170317348587,0.1895723753261762,0.1287805485387225,0.3267926392680742}', 7.17662903933035),
('house', ARRAY[5,3,7,6,6,1/3.0,1/4.0, 1/3.0,5,3,3,1/5.0,1/7.0, 6,3,4,6,1/5.0, 1/3.0,1/4.0,1/7.0,1/8.0, 1/2.0,1/5.0,1/6.0, 1/5.0,1/6.0, 1/2.0]::float8[], '{0.173,0.054,0.188,0.018,0.031,0.036,0.167,0.333}', 0.169,
 '{0.1730174746483477,0.0539757229990393,0.1881102988574409,0.0175079113081957,0.0310437364039023,0.0363222021546561,0.1668336736263479,0.3331889800020701}', 9.66888731711815),
('wealth', ARRAY[4,9,6,6,5,5, 7,5,5,3,4, 1/5.0,1/5.0,1/7.0,1/5.0, 1,1/3.0,1/3.0, 1/3.0,1/3.0, 2]::float8[], '{0.427,0.230,0.021,0.052,0.052,0.123,0.094}', 0.08,
 '{0.4271150217466270,0.2302931902615256,0.0208384108964802,0.0523856208691669,0.0523856208691669,0.1227194007603997,0.0942627345966337}', 7.6077202688596),
('cycle', ARRAY[3,1/3.0,9,1, 3,1/3.0,9, 3,1/3.0, 3]::float8[], NULL, NULL, '{0.295887657359654,0.237521320174465,0.190668235508202,0.153057317149921,0.122865469807759}', 8.69380305855771);
SELECT name, rounded(w.weights, 3) AS weights, rounded(w.weights, 3) = p.weights AS as_published, round(w.lambda_max::numeric, 3) AS lambda_max,
       round(w.consistency_ratio::numeric, scale(COALESCE(p.ratio, 0.123))) AS ratio, p.ratio AS published,
       off(w.weights, r_weights) < 1e-13 AND abs(w.lambda_max - r_lambda) < 1e-12 AS as_in_r
FROM published p, ahp_weights(reciprocal(VARIADIC above)) w ORDER BY name;

-- typed with two or three digits: of two mirror images the larger one counts
SELECT ahp_weights('{{1,9,5,2,1,1,.5},{.111,1,.333,.111,.111,.111,.111},{.2,3,1,.333,.25,.333,.111},{.5,9,3,1,.5,1,.333},{1,9,4,2,1,2,.5},{1,9,3,1,.5,1,.333},{2,9,9,3,2,3,1}}')
     = ahp_weights(reciprocal(VARIADIC above)) AS same FROM published WHERE name = 'drinks';
SELECT b, ahp_weights(ARRAY[[1, a], [b, 1]]) FROM (VALUES (3, .33), (3, .3333333333333333), (6, .17), (7, .14), (8, .13), (8, .12), (9, .11), (.33, 3), (1, 1.04)) v(a, b);

-- consistent judgements give back the weights that they come from, whatever the size; then the ratio is 0
SELECT n, off(w.weights, truth) < 1e-14 AS found, abs(w.lambda_max - n) < 1e-12 AS lambda, w.consistency_ratio < 1e-13 AS ratio
FROM unnest('{1,2,3,4,10,15,16,40,100}'::int[]) n,
     LATERAL (SELECT array_agg(x / total ORDER BY i) AS truth FROM (SELECT i, 0.05 + noise(i * 7 + n) AS x, sum(0.05 + noise(i * 7 + n)) OVER () AS total FROM generate_series(1, n) i) s) t,
     ahp_weights((SELECT array_agg(line ORDER BY i) FROM (SELECT i, array_agg(truth[i] / truth[k] ORDER BY k) AS line FROM generate_series(1, n) i, generate_series(1, n) k GROUP BY i) l)) w;

-- random judgements: eigenvector to the last digits, lambda at least n, permuting the criteria permutes the weights; Saaty's table and the rule beyond it
CREATE TABLE judged AS
SELECT n, s, (SELECT array_agg((ARRAY[1/9.0,1/7.0,1/5.0,1/3.0,1/2.0,1,2,3,5,7,9])[1 + floor(11 * noise(n * 100000 + s * 1000 + i))::int]::float8 ORDER BY i) FROM generate_series(1, n * (n - 1) / 2) i) AS above
FROM generate_series(2, 20) n, generate_series(1, 10) s;
SELECT count(*) AS matrices, max(residual(m, w.weights, w.lambda_max)) < 1e-15 AS residuals, min(w.lambda_max - n) >= 0 AS at_least_n,
       bool_and(abs(1 - (SELECT sum(x) FROM unnest(w.weights) x)) < 1e-15) AS sums, max(off(p.weights, (SELECT array_agg(w.weights[n + 1 - i] ORDER BY i) FROM generate_series(1, n) i))) < 1e-14 AS permuted
FROM judged, LATERAL (SELECT reciprocal(VARIADIC above) AS m) r, ahp_weights(m) w,
     LATERAL ahp_weights((SELECT array_agg(line ORDER BY i) FROM (SELECT i, array_agg(m[n + 1 - i][n + 1 - k] ORDER BY k) AS line FROM generate_series(1, n) i, generate_series(1, n) k GROUP BY i) l)) p;
SELECT n, array_agg(DISTINCT round(((w.lambda_max - n) / (n - 1) / w.consistency_ratio)::numeric, 4)) AS random_index
FROM judged, ahp_weights(reciprocal(VARIADIC above)) w WHERE n > 2 GROUP BY n ORDER BY n;
SELECT ahp_weights('{{1,9},{0.1111,1}}'), ahp_weights('{{1}}'), ahp_weights(NULL);
-- as contradictory as can be: circular at the limits, and two such circles that hardly know each other
SELECT w.weights, abs(w.lambda_max - (1 + 1e9 + 1e-9)) < 1e-6 AS lambda FROM ahp_weights(reciprocal(1e9, 1e-9, 1e9)) w;
SELECT residual(m, w.weights, w.lambda_max) < 1e-15 AS residual, w.weights[1] > w.weights[2] AS ordered FROM reciprocal(1e6,1e-6,1,1,1, 1e6,1,1,1, 2,1,1, 1e6,1e-6, 1e6) m, ahp_weights(m) w;

SELECT m, attempt(format('SELECT ahp_weights(%L)', m)) FROM unnest(ARRAY['{}', '{1,2}', '{{1,2}}', '{{{1}}}', '{{1,2},{0.5,NULL}}', '{{1,2},{0.5,NaN}}', '{{1,Infinity},{0,1}}', '{{1,0},{0,1}}',
    '{{1,-2},{-0.5,1}}', '{{1,2e9},{5e-10,1}}', '{{1,2},{2,1}}', '{{1,2},{0.47,1}}', '{{2,2},{0.5,1}}', '{{1,2,3},{0.5,1,2},{0.3333,0.6,1}}']) m;
SELECT attempt('SELECT ahp_weights(array_fill(1::float8, ARRAY[101, 101]))');

-- ---------------------------------------------------------------- AHP: groups

CREATE TABLE expert AS SELECT s, reciprocal(VARIADIC above) AS matrix FROM judged WHERE n = 6;
-- the geometric mean, in plain SQL; of reciprocal matrices it is reciprocal
SELECT max(abs(g.m[i][k] / t.mean - 1)) < 1e-14 AS means, bool_and(abs(g.m[i][k] * g.m[k][i] - 1) <= 2.3e-16) AS reciprocal, bool_and(i <> k OR g.m[i][k] = 1) AS diagonal
FROM (SELECT ahp_group(matrix) AS m FROM expert) g, (SELECT i, k, exp(avg(ln(matrix[i][k]))) AS mean FROM expert, generate_series(1, 6) i, generate_series(1, 6) k GROUP BY i, k) t;
-- the same bits in any order, also in parallel; a unanimous group is its members
SELECT count(DISTINCT ahp_group) FROM (SELECT o, ahp_group(matrix ORDER BY noise(o * 1000 + s)) FROM expert, generate_series(1, 20) o GROUP BY o) g;
CREATE TABLE many AS SELECT i, reciprocal(1 + noise(i), 1 / (1 + 8 * noise(i + 1)), 1 + floor(3 * noise(i + 2))) AS matrix FROM generate_series(1, 20000) i;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
CREATE TABLE grouped AS SELECT ahp_group(matrix) AS m FROM many;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT string_agg(line, ' ') ~ 'Partial Aggregate' AS parallel FROM plan_lines('SELECT ahp_group(matrix) FROM many') line;
SELECT (SELECT ahp_group(matrix) FROM many) = m AS same FROM grouped;
COMMIT;
SELECT ahp_group(matrix) = min(matrix) AS unanimous FROM (SELECT matrix FROM expert WHERE s = 3) e, generate_series(1, 7);
SELECT ahp_group(matrix) FROM (VALUES ('{{1,2},{0.5,1}}'::float8[]), (NULL), ('{{1,0.125},{8,1}}')) v(matrix);
SELECT ahp_group(matrix), ahp_group(matrix) FILTER (WHERE false) FROM (VALUES ('{{1,3},{0.33,1}}'::float8[]), ('{{1,0.33},{3,1}}')) v(matrix);
SELECT ahp_group(NULL::float8[]);
SELECT rounded(w.weights, 6) AS weights, round(w.lambda_max::numeric, 6) AS lambda_max, round(w.consistency_ratio::numeric, 6) AS ratio FROM (SELECT ahp_group(matrix) AS m FROM expert) g, ahp_weights(m) w;
SELECT attempt($$SELECT ahp_group(m) FROM unnest(ARRAY['{{1}}', '{{1,2},{0.5,1}}']::text[]) t, LATERAL (SELECT t::float8[] AS m) s$$);
SELECT attempt($$SELECT ahp_group('{{1,2},{3,1}}'::float8[])$$);

-- ---------------------------------------------------------------- the solver for symmetric matrices

-- Hilbert's matrix of 6 rows; R: h <- 1 / outer(1:6, 1:6, function(i, j) i + j - 1); eigen(h)
SELECT off(array_agg(eigenvalue), '{1.61889985892434e+00,2.42360870575209e-01,1.63215213198758e-02,6.15748354182633e-04,1.25707571226350e-05,1.08279948435927e-07}') < 1e-14 AS eigenvalues,
       off((SELECT array_agg(abs(x)) FROM unnest((array_agg(eigenvector ORDER BY eigenvalue DESC))[1:1]) x), '{0.748719218879095,0.440717503243512,0.320696869822252,0.254311386340474,0.211530840078965,0.181442976648769}') < 1e-14 AS first,
       off((SELECT array_agg(abs(x)) FROM unnest((array_agg(eigenvector ORDER BY eigenvalue))[1:1]) x), '{0.00124819408407231,0.03560664294412991,0.24067907958789206,0.62546038654883573,0.68980719929422529,0.27160545336671865}') < 1e-9 AS last
FROM _innovation_score.symmetric_eigen((SELECT array_agg(line ORDER BY i) FROM (SELECT i, array_agg(1.0::float8 / (i + k - 1) ORDER BY k) AS line FROM generate_series(1, 6) i, generate_series(1, 6) k GROUP BY i) l));
-- random matrices: residuals, orthonormal vectors, descending values, trace
CREATE TABLE mirrored AS
SELECT n, (SELECT array_agg(line ORDER BY i) FROM (SELECT i, array_agg(10 ^ (n % 5 * 4 - 8) * (noise(n * 10000 + least(i, k) * 100 + greatest(i, k)) - 0.5) ORDER BY k) AS line
                                                   FROM generate_series(1, n) i, generate_series(1, n) k GROUP BY i) l) AS m
FROM unnest('{1,2,3,4,5,8,13,18,30}'::int[]) n;
CREATE TABLE solved AS SELECT s.n, s.m, e.* FROM mirrored s, _innovation_score.symmetric_eigen(m) WITH ORDINALITY e(value, vector, place);
SELECT n, count(*), max((SELECT max(abs(r)) FROM (SELECT sum(m[i][k] * vector[k]) - value * vector[i] AS r FROM generate_series(1, n) i, generate_series(1, n) k GROUP BY i) s)) < 1e-15 * n * max(abs(value)) AS residuals,
       bool_and(abs((SELECT sum(x * x) FROM unnest(vector) x) - 1) < 1e-14) AS normal,
       abs(sum(value) - (SELECT sum(m[i][i]) FROM mirrored y, generate_series(1, y.n) i WHERE y.n = s.n)) < 1e-15 * n * max(abs(value)) AS trace,
       array_agg(value ORDER BY place) = array_agg(value ORDER BY value DESC) AS descending
FROM solved s GROUP BY n ORDER BY n;
SELECT max(abs((SELECT sum(x * y) FROM unnest(a.vector, b.vector) u(x, y)))) < 1e-14 AS orthogonal FROM solved a JOIN solved b ON a.n = b.n AND a.place < b.place;
SELECT * FROM _innovation_score.symmetric_eigen('{{2,0,0},{0,3,0},{0,0,2}}');
SELECT * FROM _innovation_score.symmetric_eigen('{{0,0},{0,0}}');
SELECT * FROM _innovation_score.symmetric_eigen('{{1,1},{1,1}}');
SELECT m, attempt(format('SELECT _innovation_score.symmetric_eigen(%L)', m)) FROM unnest(ARRAY['{}', '{1}', '{{1,2}}', '{{1,NULL},{1,1}}', '{{1,NaN},{1,1}}', '{{1,Infinity},{1,1}}']) m;

-- ---------------------------------------------------------------- weights from data: published examples and R

CREATE FUNCTION make_scheme(code text, indicators text[], extreme text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scheme (scheme, extreme, missing) VALUES (code, extreme, 'reweight');
    INSERT INTO category (scheme, category) VALUES (code, 'only');
    INSERT INTO indicator (scheme, indicator, category, position) SELECT code, i, 'only', place FROM unnest(indicators) WITH ORDINALITY u(i, place);
    INSERT INTO weight (scheme, stage, indicator, weight) SELECT code, 'all', i, 1 FROM unnest(indicators) i;
END
$$;
CREATE FUNCTION proposed(scoreboard text, stage text, method text) RETURNS float8[] LANGUAGE sql
RETURN (SELECT array_agg(p.weight) FROM propose_weights(scoreboard, stage => stage, method => method) p);

-- CRITIC: the eight firms of D. Diakoulaki, G. Mavrotas, L. Papayannakis, Determining objective weights in multiple criteria problems, Computers & Operations Research 22 (1995), 763-770
-- R: z <- apply(x, 2, function(c) (c - min(c)) / (max(c) - min(c))); C <- apply(z, 2, sd) * colSums(1 - cor(z)); 100 * C / sum(C)
CREATE TABLE diakoulaki (firm int, profitability float8, market_share float8, productivity float8);
INSERT INTO diakoulaki VALUES (1, 61, 1.08, 4.33), (2, 20.7, 0.26, 4.34), (3, 16.3, 1.98, 2.53), (4, 9, 3.29, 1.65), (5, 5.4, 2.77, 2.33), (6, 4, 4.12, 1.21), (7, -6.1, 3.52, 2.10), (8, -34.6, 3.31, 0.98);
SELECT make_scheme('diakoulaki', '{profitability,market_share,productivity}', 'none'), create_scoreboard('diakoulaki', 'diakoulaki', 'diakoulaki', 'firm');
SELECT * FROM propose_weights('diakoulaki', method => 'critic');
SELECT off(proposed('diakoulaki', 'all', 'critic'), '{20.2225539787780,48.0901729019719,31.6872731192501}') < 1e-11 AS critic,
       off(proposed('diakoulaki', 'all', 'entropy'), '{25.8241994422193,26.6697365209902,47.5060640367905}') < 1e-11 AS entropy,
       off(proposed('diakoulaki', 'all', 'stddev'), '{27.9083061761004,34.0926283973493,37.9990654265503}') < 1e-11 AS stddev,
       off(proposed('diakoulaki', 'all', 'pca'), '{29.5469557423293,33.2549957743225,37.1980484833482}') < 1e-11 AS pca;
SELECT indicator, weight, loading, explained, note FROM propose_weights('diakoulaki', stage => 'all', method => 'pca');

-- entropy: the four fighter aircraft of C. L. Hwang, K. Yoon, Multiple Attribute Decision Making, Springer 1981; goalposts that begin at 0 keep the shares
-- R: p <- sweep(x, 2, colSums(x), "/"); e <- -colSums(p * log(p)) / log(4); (1 - e) / sum(1 - e)
CREATE TABLE aircraft (code text, speed float8, ferry_range float8, payload float8, cost float8, reliability float8, maneuverability float8);
INSERT INTO aircraft VALUES ('A1', 2.0, 1500, 20000, 5.5, 5, 9), ('A2', 2.5, 2700, 18000, 6.5, 3, 5), ('A3', 1.8, 2000, 21000, 4.5, 7, 7), ('A4', 2.2, 1800, 20000, 5.0, 5, 5);
SELECT make_scheme('aircraft', '{speed,ferry_range,payload,cost,reliability,maneuverability}', 'fixed(0,30000)'), create_scoreboard('aircraft', 'aircraft', 'aircraft', 'code');
SELECT indicator, round(weight::numeric, 4) AS weight, round(entropy::numeric, 4) AS entropy, round(divergence::numeric, 4) AS divergence FROM propose_weights('aircraft', stage => 'all', method => 'entropy');
SELECT off(array_agg(entropy), '{0.994688925256513,0.982948213592117,0.998887591178361,0.993271097087108,0.970322724807673,0.977141197219437}') < 1e-13 AS entropy,
       off(array_agg(weight), '{6.4189734601502,20.6088164235623,1.3444590874365,8.1325628615457,35.8680024344811,27.6271857328242}') < 1e-11 AS weights FROM propose_weights('aircraft', stage => 'all', method => 'entropy');

-- R's data set USArrests after min-max: colMeans(x); apply(x, 2, sd); R <- cor(x); e <- eigen(R); the formulas of doc/weights.md
CREATE TABLE arrests AS SELECT i, v[1]::float8 AS murder, v[2]::float8 AS assault, v[3]::float8 AS urban, v[4]::float8 AS rape
FROM regexp_split_to_table('13.2,236,58,21.2 10,263,48,44.5 8.1,294,80,31 8.8,190,50,19.5 9,276,91,40.6 7.9,204,78,38.7 3.3,110,77,11.1 5.9,238,72,15.8 15.4,335,80,31.9
17.4,211,60,25.8 5.3,46,83,20.2 2.6,120,54,14.2 10.4,249,83,24 7.2,113,65,21 2.2,56,57,11.3 6,115,66,18 9.7,109,52,16.3 15.4,249,66,22.2 2.1,83,51,7.8
11.3,300,67,27.8 4.4,149,85,16.3 12.1,255,74,35.1 2.7,72,66,14.9 16.1,259,44,17.1 9,178,70,28.2 6,109,53,16.4 4.3,102,62,16.5 12.2,252,81,46
2.1,57,56,9.5 7.4,159,89,18.8 11.4,285,70,32.1 11.1,254,86,26.1 13,337,45,16.1 0.8,45,44,7.3 7.3,120,75,21.4 6.6,151,68,20 4.9,159,67,29.3
6.3,106,72,14.9 3.4,174,87,8.3 14.4,279,48,22.5 3.8,86,45,12.8 13.2,188,59,26.9 12.7,201,80,25.5 3.2,120,80,22.9 2.2,48,32,11.2 8.5,156,63,20.7
4,145,73,26.2 5.7,81,39,9.3 2.6,53,66,10.8 6.8,161,60,15.6', '\s+') WITH ORDINALITY AS t(line, i), string_to_array(line, ',') v;
SELECT make_scheme('arrests', '{murder,assault,urban,rape}', 'none'), create_scoreboard('arrests', 'arrests', 'arrests', 'i');
SELECT off(array_agg(mean), '{0.420963855421687,0.430684931506849,0.568474576271186,0.360000000000000}') < 1e-14 AS mean,
       off(array_agg(stddev), '{0.262380106277668,0.285402948082250,0.245334972895539,0.242025440079061}') < 1e-14 AS stddev,
       off(array_agg(conflict), '{1.56497523358135,1.27401375662165,2.26021444068691,1.35983870171777}') < 1e-13 AS conflict,
       off(array_agg(weight), '{24.7681126382486,21.9324482707831,33.4474989450268,19.8519401459415}') < 1e-11 AS weight FROM propose_weights('arrests', stage => 'all', method => 'critic');
SELECT off(array_agg(loading), '{0.843976440337767,0.918443236599746,0.438116764572038,0.855839394424793}') < 1e-13 AS loading, off(array_agg(explained), array_fill(0.620060394787373::float8, ARRAY[4])) < 1e-14 AS explained,
       off(array_agg(weight), '{28.71882472389906,34.01031520264559,7.73901627215248,29.53184380130288}') < 1e-11 AS weight FROM propose_weights('arrests', stage => 'all', method => 'pca');
SELECT off(array_agg(entropy), '{0.947687597770593,0.936520283636946,0.972829444454259,0.941167693606628}') < 1e-13 AS entropy,
       off(array_agg(weight), '{25.9235398678423,31.4575299127033,13.4644357724695,29.1544944469850}') < 1e-11 AS weight FROM propose_weights('arrests', stage => 'all', method => 'entropy');
SELECT off(proposed('arrests', 'all', 'stddev'), '{25.3472213811380,27.5713422427482,23.7005768415149,23.3808595345989}') < 1e-11 AS stddev, proposed('arrests', 'all', 'equal') AS equal;

-- values that are missing: R's data set airquality, cor(x, use = "pairwise.complete.obs"), the rest with na.rm = TRUE
CREATE TABLE air AS SELECT i, NULLIF(v[1], '')::float8 AS ozone, NULLIF(v[2], '')::float8 AS solar, v[3]::float8 AS wind, v[4]::float8 AS temp
FROM regexp_split_to_table('41,190,7.4,67 36,118,8,72 12,149,12.6,74 18,313,11.5,62 ,,14.3,56 28,,14.9,66 23,299,8.6,65 19,99,13.8,59 8,19,20.1,61 ,194,8.6,69 7,,6.9,74
16,256,9.7,69 11,290,9.2,66 14,274,10.9,68 18,65,13.2,58 14,334,11.5,64 34,307,12,66 6,78,18.4,57 30,322,11.5,68 11,44,9.7,62 1,8,9.7,59
11,320,16.6,73 4,25,9.7,61 32,92,12,61 ,66,16.6,57 ,266,14.9,58 ,,8,57 23,13,12,67 45,252,14.9,81 115,223,5.7,79 37,279,7.4,76 ,286,8.6,78 ,287,9.7,74
,242,16.1,67 ,186,9.2,84 ,220,8.6,85 ,264,14.3,79 29,127,9.7,82 ,273,6.9,87 71,291,13.8,90 39,323,11.5,87 ,259,10.9,93 ,250,9.2,92 23,148,8,82
,332,13.8,80 ,322,11.5,79 21,191,14.9,77 37,284,20.7,72 20,37,9.2,65 12,120,11.5,73 13,137,10.3,76 ,150,6.3,77 ,59,1.7,76 ,91,4.6,76 ,250,6.3,76
,135,8,75 ,127,8,78 ,47,10.3,73 ,98,11.5,80 ,31,14.9,77 ,138,8,83 135,269,4.1,84 49,248,9.2,85 32,236,9.2,81 ,101,10.9,84 64,175,4.6,83 40,314,10.9,83
77,276,5.1,88 97,267,6.3,92 97,272,5.7,92 85,175,7.4,89 ,139,8.6,82 10,264,14.3,73 27,175,14.9,81 ,291,14.9,91 7,48,14.3,80 48,260,6.9,81
35,274,10.3,82 61,285,6.3,84 79,187,5.1,87 63,220,11.5,85 16,7,6.9,74 ,258,9.7,81 ,295,11.5,82 80,294,8.6,86 108,223,8,85 20,81,8.6,82 52,82,12,86
82,213,7.4,88 50,275,7.4,86 64,253,7.4,83 59,254,9.2,81 39,83,6.9,81 9,24,13.8,81 16,77,7.4,82 78,,6.9,86 35,,7.4,85 66,,4.6,87 122,255,4,89
89,229,10.3,90 110,207,8,90 ,222,8.6,92 ,137,11.5,86 44,192,11.5,86 28,273,11.5,82 65,157,9.7,80 ,64,11.5,79 22,71,10.3,77 59,51,6.3,79 23,115,7.4,76
31,244,10.9,78 44,190,10.3,78 21,259,15.5,77 9,36,14.3,72 ,255,12.6,75 45,212,9.7,79 168,238,3.4,81 73,215,8,86 ,153,5.7,88 76,203,9.7,97
118,225,2.3,94 84,237,6.3,96 85,188,6.3,94 96,167,6.9,91 78,197,5.1,92 73,183,2.8,93 91,189,4.6,93 47,95,7.4,87 32,92,15.5,84 20,252,10.9,80
23,220,10.3,78 21,230,10.9,75 24,259,9.7,73 44,236,14.9,81 21,259,15.5,76 28,238,6.3,77 9,24,10.9,71 13,112,11.5,71 46,237,6.9,78 18,224,13.8,67
13,27,10.3,76 24,238,10.3,68 16,201,8,82 13,238,12.6,64 23,14,9.2,71 36,139,10.3,81 7,49,10.3,69 14,20,16.6,63 30,193,6.9,70 ,145,13.2,77
14,191,14.3,75 18,131,8,76 20,223,11.5,68', '\s+') WITH ORDINALITY AS t(line, i), string_to_array(line, ',') v;
SELECT make_scheme('air', '{ozone,solar,wind,temp}', 'none'), create_scoreboard('air', 'air', 'air', 'i');
SELECT array_agg(n) AS n, off(array_agg(mean), '{0.246283295478010,0.547191152444389,0.434606123151015,0.533715925394548}') < 1e-14 AS mean,
       off(array_agg(conflict), '{2.55484449474442,2.43260970143544,4.11632607476363,2.48378726561310}') < 1e-13 AS conflict,
       off(array_agg(weight), '{20.0958465636980,26.6779747082802,30.3929474831629,22.8332312448590}') < 1e-11 AS weight FROM propose_weights('air', stage => 'all', method => 'critic');
SELECT off(array_agg(loading), '{0.914828590361417,0.455254368955683,-0.738564835497676,0.845405936381068}') < 1e-13 AS loading, off(array_agg(explained), array_fill(0.576089275924489::float8, ARRAY[4])) < 1e-14 AS explained,
       off(array_agg(weight), '{36.31864819908381,8.99411554401177,23.67159219195432,31.01564406495013}') < 1e-11 AS weight, array_agg(note) AS notes FROM propose_weights('air', stage => 'all', method => 'pca');
-- as the scheme would score them with missing values as 0: those of the values with 0 in their place, and the difference is told
UPDATE scheme SET missing = 'zero' WHERE scheme = 'air';
CREATE TABLE air_zero AS SELECT i, COALESCE((ozone - 1) / 167, 0) AS ozone, COALESCE((solar - 7) / 327, 0) AS solar, (wind - 1.7) / 19 AS wind, (temp - 56) / 41 AS temp FROM air;
SELECT make_scheme('air_zero', '{ozone,solar,wind,temp}', 'fixed(0,1)'), create_scoreboard('air_zero', 'air_zero', 'air_zero', 'i'), create_scoreboard('air_scored', 'air', 'air', 'i');
SELECT * FROM (SELECT indicator, n, note FROM propose_weights('air_scored', stage => 'all', method => 'critic')) p;
SET client_min_messages = warning;
SELECT m, off(proposed('air_scored', 'all', m), proposed('air_zero', 'all', m)) < 1e-10 AS same, off(proposed('air_scored', 'all', m), proposed('air', 'all', m)) > 0.5 AS others FROM unnest('{stddev,entropy,critic,pca}'::text[]) m;
RESET client_min_messages;
SELECT off(proposed('air', 'all', 'entropy'), '{45.7585519932613,23.4063982393486,14.2096185855302,16.6254311818599}') < 1e-11 AS entropy,
       off(proposed('air', 'all', 'stddev'), '{22.2140619936205,30.9718085922635,20.8520709570758,25.9620584570402}') < 1e-11 AS stddev;

-- ---------------------------------------------------------------- weights from data: a twin in plain SQL

-- periods, peers, stages, missing values, which count as 0; of five indicators one is a bonus and one a penalty. The values come from the view _detail.
SELECT create_scoreboard('panel', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}');
SET client_min_messages = warning;
CREATE FUNCTION twin_weights(stage text, method text, period int DEFAULT NULL) RETURNS float8[] LANGUAGE sql AS $$
    WITH v AS (SELECT d.firm || ' ' || d.year AS row, d.indicator, COALESCE(d.normalized, 0) AS x FROM panel_detail d
               WHERE d.stage = $1 AND d.indicator IN ('a', 'b', 'c') AND ($3 IS NULL OR d.year = $3)),
    own AS (SELECT indicator, stddev_samp(x) AS s, avg(x) AS mean, sum(x) AS total, count(*) AS n FROM v GROUP BY indicator),
    information AS (
        SELECT o.indicator, CASE $2
            WHEN 'stddev' THEN o.s
            WHEN 'entropy' THEN 1 + (SELECT sum(x / o.total * ln(x / o.total)) FROM v WHERE v.indicator = o.indicator AND x > 0) / ln(o.n)
            WHEN 'critic' THEN o.s * (SELECT sum(1 - r) FROM (SELECT corr(p.x, q.x) AS r FROM v p JOIN v q USING (row) WHERE p.indicator = o.indicator AND q.indicator <> o.indicator GROUP BY q.indicator) c)
            END AS c
        FROM own o)
    SELECT array_agg(100 * c / (SELECT sum(c) FROM information) ORDER BY indicator) FROM information $$;
SELECT stage, method, off(proposed('panel', stage, method), twin_weights(stage, method)) < 1e-10 AS same FROM unnest('{s,l}'::text[]) stage, unnest('{stddev,entropy,critic}'::text[]) method ORDER BY 1, 2;
SELECT off(array_agg(weight), twin_weights('s', 'critic', 2023)) < 1e-10 AS same, array_agg(indicator) AS indicators, array_agg(current_weight) AS current, round(sum(weight)::numeric, 9) AS total FROM propose_weights('panel', '2023', 's', 'critic');
SELECT indicator, n, (SELECT format('%s missing', count(*) - count(normalized)) FROM panel_detail d WHERE d.indicator = p.indicator AND stage = 's') AS counted, note FROM propose_weights('panel', stage => 's', method => 'pca') p;

-- it changes nothing, and a frozen scoreboard proposes the same, to the last bit
CREATE TABLE before AS SELECT m, p.* FROM unnest('{equal,stddev,entropy,critic,pca}'::text[]) m, propose_weights('panel', stage => 'l', method => m) p;
SELECT count(*), (SELECT sum(weight) FROM weight WHERE scheme = 'board') AS weights FROM before;
SELECT freeze_scoreboard('panel');
SELECT count(*) FROM (SELECT m, p.* FROM unnest('{equal,stddev,entropy,critic,pca}'::text[]) m, propose_weights('panel', stage => 'l', method => m) p EXCEPT ALL TABLE before) d;
-- nor does the order of the rows matter, nor workers, nor partitions
CREATE TABLE shuffled (LIKE firm) PARTITION BY HASH (firm);
CREATE TABLE shuffled_1 PARTITION OF shuffled FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shuffled_2 PARTITION OF shuffled FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO shuffled SELECT * FROM firm ORDER BY md5(firm || year);
ALTER TABLE shuffled_1 SET (parallel_workers = 2);
ALTER TABLE shuffled_2 SET (parallel_workers = 2);
ANALYZE shuffled;
SELECT create_scoreboard('mixed', 'board', 'shuffled', 'firm', 'stage', 'year', peers => '{city}');
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT string_agg(line, ' ') ~ 'Partial Aggregate' AS parallel FROM plan_lines($$SELECT _innovation_score.weight_sums('pca', false, (SELECT model FROM panel_model LIMIT 1), a, b, c, d, e) FROM shuffled$$) line;
SELECT count(*) FROM (SELECT m, p.* FROM unnest('{equal,stddev,entropy,critic,pca}'::text[]) m, propose_weights('mixed', stage => 'l', method => m) p EXCEPT ALL TABLE before) d;
SELECT freeze_scoreboard('mixed');
SELECT count(*) FROM (SELECT m, p.* FROM unnest('{equal,stddev,entropy,critic,pca}'::text[]) m, propose_weights('mixed', stage => 'l', method => m) p EXCEPT ALL TABLE before) d;
COMMIT;
RESET client_min_messages;
-- the sums themselves are the same bytes: one in ten values missing, many zeros, tiny values
CREATE TABLE scattered AS
SELECT i, noise(i) AS a, CASE WHEN i % 10 <> 3 THEN noise(i + 1) ^ 40 END AS b, greatest(noise(i + 2) - 0.9, 0) * 10 AS c, CASE WHEN noise(i + 3) > 0.1 THEN round(noise(i + 4) * 3) / 3 END AS d, i % 2 AS e FROM generate_series(1, 20000) i;
ALTER TABLE scattered SET (parallel_workers = 2);
ANALYZE scattered;
CREATE FUNCTION unit_model() RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
    SELECT fit(m, 1, 1, 1, 1, 1) FROM (SELECT ('{"indicators": [' || string_agg(format('{"indicator": "%s", "weights": 1, "extreme": "fixed(0,1)"}', x), ',' ORDER BY x) || ']}')::score_model AS m FROM unnest('{a,b,c,d,e}'::text[]) x) s $$;
CREATE TABLE summed AS SELECT m, _innovation_score.weight_sums(m, false, unit_model(), a, b, c, d, e) AS sums FROM scattered, unnest('{entropy,pca}'::text[]) m GROUP BY m;
SELECT m, count(DISTINCT s.sums), bool_and(s.sums = summed.sums) AS same
FROM summed JOIN (SELECT m, o, _innovation_score.weight_sums(m, false, unit_model(), a, b, c, d, e ORDER BY noise(i + o)) AS sums FROM scattered, generate_series(1, 3) o, unnest('{entropy,pca}'::text[]) m GROUP BY m, o) s USING (m) GROUP BY m;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT _innovation_score.weight_sums('pca', false, unit_model(), a, b, c, d, e) = (SELECT sums FROM summed WHERE m = 'pca') AS same FROM scattered;
COMMIT;
-- and right: PostgreSQL's own aggregates over 20,000 rows
SELECT off(w.means, ARRAY[avg(a), avg(b), avg(c), avg(d), avg(e)]) < 1e-14 AS mean, off(w.deviations, ARRAY[stddev(a), stddev(b), stddev(c), stddev(d), stddev(e::float8)]) < 1e-13 AS stddev
FROM scattered, (SELECT array_agg(mean) AS means, array_agg(stddev) AS deviations FROM summed, _innovation_score.find_weights(sums) WHERE m = 'pca') w GROUP BY w.means, w.deviations;
SELECT max(abs(eigenvalue - 5 * explained)) < 1e-13 AS explained
FROM (SELECT eigenvalue FROM _innovation_score.symmetric_eigen((SELECT ARRAY[[1, corr(a,b), corr(a,c), corr(a,d), corr(a,e)], [0, 1, corr(b,c), corr(b,d), corr(b,e)], [0, 0, 1, corr(c,d), corr(c,e)], [0, 0, 0, 1, corr(d,e)], [0, 0, 0, 0, 1]] FROM scattered)) LIMIT 1) e,
     (SELECT (_innovation_score.find_weights(sums)).explained FROM summed WHERE m = 'pca') w;

-- ---------------------------------------------------------------- weights from data: properties

-- the same firms with the indicators in another order, on another scale, and reversed as cost indicators of minus the value
CREATE VIEW other AS SELECT i, murder * 1000 - 7 AS murder, -assault AS assault, urban, rape / 64 AS rape FROM arrests;
SELECT make_scheme('other', '{rape,urban,murder,assault}', 'none'), create_scoreboard('other', 'other', 'other', 'i');
UPDATE indicator SET direction = 'cost' WHERE scheme = 'other' AND indicator = 'assault';
SET client_min_messages = warning;
SELECT rebuild_scoreboard('other');
RESET client_min_messages;
SELECT m, max(abs(a.weight - o.weight)) < 1e-11 AS same FROM unnest('{equal,stddev,entropy,critic,pca}'::text[]) m, propose_weights('arrests', stage => 'all', method => m) a JOIN LATERAL propose_weights('other', stage => 'all', method => m) o USING (indicator) GROUP BY m ORDER BY m;

-- values that are tiny on the scale from 0 to 1
SELECT make_scheme('tiny', '{murder,assault,urban,rape}', 'fixed(0,1e9)'), create_scoreboard('tiny', 'tiny', 'arrests', 'i');
SELECT max(t.mean) < 2e-7 AS tiny, max(abs(a.conflict - t.conflict)) < 1e-9 AS same FROM propose_weights('arrests', stage => 'all', method => 'critic') a JOIN LATERAL propose_weights('tiny', stage => 'all', method => 'critic') t USING (indicator);

-- indicators that say nothing: the same for all, missing for all, known of one firm only; and one that repeats another
CREATE VIEW odd AS SELECT i, murder, assault, 5.0::float8 AS same, NULL::float8 AS nobody, CASE WHEN i = 7 THEN 1.0::float8 END AS single, -2 * assault AS again, rape FROM arrests;
SELECT make_scheme('odd', '{murder,assault,same,nobody,single,again,rape}', 'none'), create_scoreboard('odd', 'odd', 'odd', 'i');
SELECT m, indicator, round(weight::numeric, 6) AS weight, n, round(stddev::numeric, 6) AS stddev, round(conflict::numeric, 6) AS conflict, round(loading::numeric, 6) AS loading, note
FROM unnest('{stddev,entropy,critic,pca}'::text[]) m, propose_weights('odd', stage => 'all', method => m);
SELECT off(ARRAY(SELECT weight FROM propose_weights('odd', stage => 'all', method => 'stddev') WHERE weight > 0), (SELECT array_agg(100 * s / total) FROM (SELECT s, sum(s) OVER () AS total FROM unnest('{0.262380106277668,0.285402948082250,0.285402948082250,0.242025440079061}'::float8[]) s) t)) < 1e-11 AS stddev;

-- a pair that few firms have in common counts as uncorrelated
CREATE TABLE apart (i int, x float8, y float8, z float8);
INSERT INTO apart VALUES (1, 0, NULL, 0), (2, 1, NULL, 1), (3, 3, NULL, 5), (4, NULL, 0, 4), (5, NULL, 1, 2), (6, NULL, 5, 3);
SELECT make_scheme('apart', '{x,y,z}', 'none'), create_scoreboard('apart', 'apart', 'apart', 'i');
SELECT a.indicator, round(a.conflict::numeric, 12) AS conflict, round(c.conflict::numeric, 12) AS expected
FROM propose_weights('apart', stage => 'all', method => 'critic') a JOIN (SELECT 1 - xz + 1 - yz AS z, 1 + 1 - xz AS x, 1 + 1 - yz AS y FROM (SELECT corr(x, z) AS xz, corr(y, z) AS yz FROM apart) r) r ON true,
     LATERAL (SELECT CASE a.indicator WHEN 'x' THEN r.x WHEN 'y' THEN r.y ELSE r.z END AS conflict) c;

-- nothing to weigh by
CREATE TABLE few (i int, stage text, x float8, y float8, z float8);
INSERT INTO few VALUES (1, 'one', 1, 2, 3), (2, 'opposed', 0, 1, 5), (3, 'opposed', 1, 0, 5), (4, 'uncorrelated', 0, 0, 0), (5, 'uncorrelated', 0, 1, 0), (6, 'uncorrelated', 1, 0, 0), (7, 'uncorrelated', 1, 1, 0),
    (8, 'equal', 0, 0, 7), (9, 'equal', 1, 1, 7), (10, 'single', 0, 3, 2), (11, 'single', 1, 3, 2), (12, 'none', NULL, NULL, NULL);
SELECT make_scheme('few', '{x,y,z}', 'none');
INSERT INTO stage (scheme, stage) SELECT 'few', stage FROM few GROUP BY stage UNION ALL VALUES ('few', 'empty');
INSERT INTO weight SELECT 'few', t.stage, indicator, 1 FROM stage t JOIN indicator USING (scheme) WHERE scheme = 'few';
SELECT create_scoreboard('few', 'few', 'few', 'i', 'stage');
SELECT stage, m, attempt(format('SELECT propose_weights(%L, stage => %L, method => %L)', 'few', stage, m)) FROM unnest('{one,none,empty,single,equal,opposed,uncorrelated}'::text[]) WITH ORDINALITY s(stage, place), unnest('{stddev,critic,pca}'::text[]) m ORDER BY place, m;
SELECT stage, indicator, weight, loading, explained, note FROM unnest('{single,equal,opposed}'::text[]) stage, propose_weights('few', stage => stage, method => 'pca');
SELECT indicator, weight, conflict, note FROM propose_weights('few', stage => 'opposed', method => 'critic');

SELECT attempt($$SELECT propose_weights('nobody', stage => 's', method => 'pca')$$), attempt($$SELECT propose_weights('panel', stage => 'x', method => 'pca')$$), attempt($$SELECT propose_weights('panel', stage => NULL, method => 'pca')$$), attempt($$SELECT propose_weights('panel', stage => 's', method => 'PCA')$$),
       attempt($$SELECT propose_weights('panel', stage => 's', method => NULL)$$), attempt($$SELECT propose_weights('panel', '1999', 's', 'pca')$$), attempt($$SELECT propose_weights('arrests', '2024', 'all', 'pca')$$);
-- internal functions are for everyone to call
SELECT attempt($$SELECT _innovation_score.weight_sums('median', false, model, 1, 2, 3, 4, 5) FROM panel_model$$), attempt($$SELECT _innovation_score.find_weights('\x0102')$$), attempt($$SELECT _innovation_score.find_weights('\x0000000900000001000000010000000000')$$),
       attempt($$SELECT _innovation_score.weight_sums('pca', false, scheme_model('board'), 1, 2, 3, 4, 5)$$), attempt($$SELECT _innovation_score.weight_sums('pca', false, m, VARIADIC v) FROM (SELECT model, '{1,2,3,4,5}'::float8[] FROM panel_model UNION ALL SELECT model, '{1,2,3}' FROM few_model) t(m, v)$$);

-- ---------------------------------------------------------------- weights into a scheme

SELECT derive_scheme('local', 'national-2024', '地方');
SELECT set_weights('local', 'growth', '{"rd_expense": 12, "revenue": 4.5}');
SELECT stage, indicator, weight FROM weight w WHERE scheme = 'local' AND weight <> (SELECT p.weight FROM weight p WHERE p.scheme = 'national-2024' AND (p.stage, p.indicator) = (w.stage, w.indicator)) ORDER BY stage, indicator COLLATE "C";
SELECT set_weights('local', 'growth', '{"revenue": 4}');
SELECT set_weights('local', 'growth', '{"revenue": 4}');
-- an indicator that had none; bonus points are no part of the sum
INSERT INTO category (scheme, category, role) VALUES ('local', 'extra', 'bonus');
INSERT INTO indicator (scheme, indicator, category) VALUES ('local', 'standards', 'extra');
SELECT set_weights('local', 'growth', '{"standards": 5}');
SELECT set_weights('local', 'startup', '{"rd_expense": 0, "rd_expense_growth": 17}');
SELECT count(*), sum(weight) FROM weight WHERE scheme = 'local';
-- by title; not one indicator twice, and no title of two
BEGIN;
SELECT set_weights('local', 'growth', jsonb_build_object(title, 13)) FROM indicator WHERE scheme = 'local' AND indicator = 'rd_expense';
SELECT weight FROM weight WHERE (scheme, stage, indicator) = ('local', 'growth', 'rd_expense');
SELECT attempt(format('SELECT set_weights(%L, %L, %L)', 'local', 'growth', jsonb_build_object(title, 13, 'rd_expense', 12))) FROM indicator WHERE scheme = 'local' AND indicator = 'rd_expense';
UPDATE indicator SET title = '同名' WHERE scheme = 'local' AND indicator IN ('rd_expense', 'revenue');
SELECT attempt($$SELECT set_weights('local', 'growth', '{"同名": 12}')$$);
ROLLBACK;
-- a proposal, as the documentation has it; scoreboards are told
SELECT set_weights('arrests', 'all', (SELECT jsonb_object_agg(indicator, weight) FROM propose_weights('arrests', stage => 'all', method => 'critic')));
SELECT off(array_agg(weight ORDER BY i.position), proposed('arrests', 'all', 'critic')) AS off, round(sum(weight)::numeric, 9) AS sum FROM weight JOIN indicator i USING (scheme, indicator) WHERE scheme = 'arrests';
SELECT severity, problem FROM scheme_problems('arrests') WHERE problem ~ 'weight' OR severity = 'warning';
-- shipped schemes are marked as changed when a weight is another than it was
BEGIN;
SELECT set_weights('national-2024', 'stable', '{"revenue": 9}');
SELECT origin FROM scheme WHERE scheme = 'national-2024';
SELECT set_weights('national-2024', 'stable', '{"revenue": 10, "hitech_revenue": 9}');
SELECT origin FROM scheme WHERE scheme = 'national-2024';
ROLLBACK;
-- all of them or none
SELECT w, attempt(format('SELECT set_weights(%L, %L, %L)', 'local', 'growth', w)) FROM unnest(ARRAY['{"revenue": 1, "x": 1, "rd": 2}', '{"revenue": -1, "pct_patents": 3}', '{"revenue": "NaN"}', '{"revenue": "5"}', '{"revenue": null}',
    '{"revenue": [1]}', '{}', '[1]', '5', 'null']) w;
SELECT attempt($$SELECT set_weights('local', 'growth', NULL)$$), split_part(attempt($$SELECT set_weights('nowhere', 'growth', '{"revenue": 1}')$$), E'\n', 1), attempt($$SELECT set_weights('local', 'all', '{"revenue": 1}')$$), attempt($$SELECT set_weights('local', NULL, '{"revenue": 1}')$$);
SELECT left(attempt($$SELECT set_weights('local', 'growth', '{"revenue": 1e400}')$$), 50);
SELECT weight FROM weight WHERE scheme = 'local' AND stage = 'growth' AND indicator = 'revenue';
-- a scheme in use is locked
SET client_min_messages = warning;
SELECT freeze_scoreboard('arrests');
RESET client_min_messages;
SELECT attempt($$SELECT set_weights('arrests', 'all', '{"murder": 30}')$$);
BEGIN;
SELECT unlock_scheme('arrests');
SELECT set_weights('arrests', 'all', '{"murder": 30}');
COMMIT;
SELECT drop_scoreboard('arrests');
SELECT set_weights('arrests', 'all', '{"murder": 0, "assault": 0, "urban": 0, "rape": 0}');

DELETE FROM scoreboard;
DELETE FROM scheme WHERE origin = 'user';
SET client_min_messages = warning;
DROP SCHEMA board CASCADE;
