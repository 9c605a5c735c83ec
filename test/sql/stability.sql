-- stability: random weights against a twin in SQL that scores and ranks draw by draw, indicators left out, sensitivity, other methods
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- ---------- the generator
-- SplitMix64 in SQL, bit by bit: numeric for the products, modulo 2^64
CREATE FUNCTION wrapped(n numeric) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN (CASE WHEN mod(mod(n, 2^64::numeric) + 2^64::numeric, 2^64::numeric) >= 2^63::numeric
             THEN mod(mod(n, 2^64::numeric) + 2^64::numeric, 2^64::numeric) - 2^64::numeric
             ELSE mod(mod(n, 2^64::numeric) + 2^64::numeric, 2^64::numeric) END)::bigint;
CREATE FUNCTION shifted(n bigint, k int) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN (n >> k) & ((1::bigint << (64 - k)) - 1);
CREATE FUNCTION splitmix(seed bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    WITH a AS (SELECT wrapped(seed + 11400714819323198485::numeric) AS z),
         b AS (SELECT wrapped((z # shifted(z, 30)) * 13787848793156543929::numeric) AS z FROM a),
         c AS (SELECT wrapped((z # shifted(z, 27)) * 10723151780598845931::numeric) AS z FROM b)
    SELECT z # shifted(z, 31) FROM c
$$;
-- the first two numbers of seed 1234567, as published with the generator
SELECT splitmix(1234567) = 6457827717110365317 AS first, splitmix(wrapped(1234567 + 11400714819323198485::numeric)) = 3203168211198807973 AS second;
SELECT count(*), count(*) FILTER (WHERE _innovation_score.weight_factor(seed, draw, i, noise) <> 1 + noise * (2 * (shifted(splitmix(splitmix(splitmix(seed) # draw) # i), 11) / 2^53) - 1)) AS different
FROM unnest('{0,1,-1,42,9223372036854775807,-9223372036854775808}'::bigint[]) seed, generate_series(1, 5) draw, generate_series(1, 5) i, unnest('{0,0.1,0.25,0.999}'::float8[]) noise;
SELECT _innovation_score.weight_factor(0, 1, 1, 0.25), _innovation_score.weight_factor(0, 1, 2, 0.25), _innovation_score.weight_factor(0, 2, 1, 0.25), _innovation_score.weight_factor(1, 1, 1, 0.25);
-- uniform: mean, variance, range
SELECT abs(avg(f) - 1) < 0.003 AS mean, abs(var_samp(f) - 0.5^2 / 3) < 0.002 AS variance, min(f) >= 0.5 AND min(f) < 0.501 AS low, max(f) < 1.5 AND max(f) > 1.499 AS high,
       abs(corr(f, g)) < 0.02 AS independent
FROM (SELECT _innovation_score.weight_factor(7, d, 1 + d % 3, 0.5) AS f, _innovation_score.weight_factor(7, d + 1, 1 + d % 3, 0.5) AS g FROM generate_series(1, 20000) d) s;

-- ---------- random weights
CREATE TABLE few AS SELECT * FROM firm WHERE firm <= 'F060';
SELECT create_scoreboard('f', 'board', 'few', 'firm', 'stage', 'year');
-- a twin: each draw scores and ranks by itself
CREATE FUNCTION draws(y text, draws int, noise float8, seed bigint) RETURNS TABLE (firm text, draw int, rank bigint) LANGUAGE sql AS $$
    WITH weighted AS (
        SELECT d.firm, d.category, draw, w.weight * _innovation_score.weight_factor(seed, draw, x.place::int, noise) AS weight, COALESCE(d.normalized, 0) AS normalized
        FROM f_detail d JOIN weight w ON w.scheme = 'board' AND w.stage = d.stage AND w.indicator = d.indicator
        JOIN unnest('{a,b,c,d,e}'::text[]) WITH ORDINALITY x(indicator, place) ON x.indicator = d.indicator, generate_series(1, draws) draw
        WHERE d.year::text = y),
    scored AS (
        SELECT firm, draw, 100 * sum(weight * normalized) FILTER (WHERE category IN ('x', 'y')) / sum(weight) FILTER (WHERE category IN ('x', 'y'))
               + least(5, sum(weight * normalized) FILTER (WHERE category = 'z')) - sum(weight * normalized) FILTER (WHERE category = 'p') AS score
        FROM weighted GROUP BY 1, 2)
    SELECT firm, draw, rank() OVER (PARTITION BY draw ORDER BY round(score::numeric, 10) DESC) FROM scored
$$;
SELECT count(*), count(s.nominal) AS ranked, count(*) FILTER (WHERE s.nominal IS DISTINCT FROM r.rank) AS other_nominal,
       count(*) FILTER (WHERE row(s.mean, s.median, s.rank_05, s.rank_95) IS DISTINCT FROM row(t.mean, t.median, t.low, t.high)) AS different
FROM rank_stability('f', '2023', 20, 0.3, 99) s
LEFT JOIN (SELECT firm, avg(rank)::float8 AS mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY rank) AS median, percentile_cont(0.05) WITHIN GROUP (ORDER BY rank) AS low,
                  percentile_cont(0.95) WITHIN GROUP (ORDER BY rank) AS high FROM draws('2023', 20, 0.3, 99) GROUP BY 1) t ON t.firm = s.entity
JOIN f_ranking r ON r.firm = s.entity AND r.year = 2023;
SELECT * FROM rank_stability('f', '2023', 20, 0.3, 99) ORDER BY nominal, entity LIMIT 5;
SELECT * FROM rank_stability('f', '2023') WHERE nominal IS NULL;

-- the same for the same seed, another for another; in whatever order rows come, live or frozen, with little memory
CREATE TABLE stable AS SELECT * FROM rank_stability('f', '2024', seed => -5);
SELECT count(*) FROM (SELECT * FROM rank_stability('f', '2024', 200, 0.25, -5) EXCEPT ALL TABLE stable) d;
SELECT count(*) > 40 AS others FROM (SELECT * FROM rank_stability('f', '2024', 200, 0.25, 5) EXCEPT ALL TABLE stable) d;
CREATE TABLE kept AS TABLE few;
TRUNCATE few;
INSERT INTO few SELECT * FROM kept ORDER BY firm DESC, year;
SELECT count(*) FROM (SELECT * FROM rank_stability('f', '2024', seed => -5) EXCEPT ALL TABLE stable) d;
SELECT freeze_scoreboard('f');
SELECT count(*) FROM (SELECT * FROM rank_stability('f', '2024', seed => -5) EXCEPT ALL TABLE stable) d;
SELECT thaw_scoreboard('f');
-- beyond work_mem ranks go through a temporary file
SELECT create_scoreboard('all_firms', 'board', 'firm', '(firm || year)', 'stage');
SET work_mem = '16MB';
CREATE TABLE in_memory AS SELECT * FROM rank_stability('all_firms', NULL, 1000, 0.5);
SET work_mem = '64kB';
SELECT count(*) FROM (SELECT * FROM rank_stability('all_firms', NULL, 1000, 0.5) EXCEPT ALL TABLE in_memory) d;
RESET work_mem;
SELECT count(*), count(nominal) AS ranked, bool_and(rank_05 <= median AND median <= rank_95 AND mean BETWEEN 1 AND 900) AS ordered FROM in_memory;
-- noise 0 is the ranking itself; one draw is its own mean
SELECT count(*), count(*) FILTER (WHERE row(s.mean, s.median, s.rank_05, s.rank_95) IS DISTINCT FROM row(r.rank::float8, r.rank::float8, r.rank::float8, r.rank::float8) OR s.nominal IS DISTINCT FROM r.rank) AS different
FROM rank_stability('f', '2022', 7, 0, 3) s JOIN f_ranking r ON r.firm = s.entity AND r.year = 2022;
SELECT count(*), count(*) FILTER (WHERE mean <> median OR rank_05 <> rank_95 OR mean <> rank_05) AS different FROM rank_stability('f', '2022', 1);
-- the first draws are the same however many there are: of two the mean is that of both ends
SELECT count(*), count(*) FILTER (WHERE abs(abs(one.mean - two.mean) - (two.rank_95 - two.rank_05) / 1.8) > 1e-9) AS different, count(*) FILTER (WHERE one.mean <> two.mean) > 30 AS moved
FROM rank_stability('f', '2022', 1, 0.9, 5) one JOIN rank_stability('f', '2022', 2, 0.9, 5) two USING (entity);

-- weights are relative: four times each base weight, exactly, changes nothing
SELECT derive_scheme('fourfold', 'board');
UPDATE weight SET weight = weight * 4 WHERE scheme = 'fourfold' AND indicator IN ('a', 'b', 'c');
SELECT create_scoreboard('fourfold', 'fourfold', 'few', 'firm', 'stage', 'year');
SELECT count(*) FROM (SELECT * FROM rank_stability('fourfold', '2024', seed => -5) EXCEPT ALL TABLE stable) d;
SELECT drop_scoreboard('fourfold');
DELETE FROM scheme WHERE scheme = 'fourfold';
-- a long source, a stage by an expression: the same firms, the same ranks
CREATE TABLE long AS SELECT firm, year, stage, i AS item, v AS amount FROM few, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c::float8), ('d', d::float8), ('e', e::float8)) x(i, v);
SELECT create_scoreboard('long', 'board', 'long', 'firm', 'lower(upper(stage))', 'year', long => '{"indicator": "item", "value": "amount"}');
SELECT count(*) FROM (SELECT * FROM rank_stability('long', '2024', seed => -5) EXCEPT ALL TABLE stable) d;
SELECT drop_scoreboard('long');
-- who may read the source and the views
CREATE ROLE regress_stability;
GRANT USAGE ON SCHEMA board TO regress_stability;
GRANT SELECT ON few, f_input, f_model, f_score TO regress_stability;
SET ROLE regress_stability;
SELECT count(*) FROM rank_stability('board.f', '2024') WHERE rank_05 > 1;
SELECT count(*) FROM indicator_influence('board.f', '2024');
SELECT count(total) FROM rank_sensitivity('board.f', '2024', 2);
SELECT count(spread) FROM method_stability('board.f', '2024', '{"none": {"extreme": "none"}}');
RESET ROLE;
DROP OWNED BY regress_stability;
DROP ROLE regress_stability;

-- ---------- every policy and role, against score() itself, which scores the raw values under fitted models with such weights
-- a model with the weights of each indicator, in all stages, multiplied
CREATE FUNCTION with_factors(model jsonb, factors float8[]) RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_set(model, '{indicators}', (
        SELECT jsonb_agg(jsonb_set(i.value, '{weights}', (SELECT jsonb_object_agg(w.key, w.value::float8 * factors[i.place]) FROM jsonb_each(i.value -> 'weights') w)) ORDER BY i.place)
        FROM jsonb_array_elements(model -> 'indicators') WITH ORDINALITY AS i(value, place)))::score_model
$$;
CREATE FUNCTION policies(most float8) RETURNS TABLE (missing text, different bigint, firms bigint) LANGUAGE plpgsql AS $$
DECLARE
    policy text;
BEGIN
    FOREACH policy IN ARRAY '{zero,reweight,"null"}'::text[] LOOP
        UPDATE scheme SET missing = policy, min_coverage = 0.3 WHERE scheme = 'board';
        UPDATE category SET max_points = most WHERE scheme = 'board' AND category = 'z';
        PERFORM rebuild_scoreboard('f');
        RETURN QUERY
            WITH fitted AS (SELECT n, with_factors(jsonb_set(model::jsonb, '{min_coverage}', '0'),
                                                   ARRAY(SELECT CASE WHEN n = 0 THEN 1 ELSE _innovation_score.weight_factor(1, n, i, 0.4) END FROM generate_series(1, 5) i ORDER BY i)) AS model
                            FROM f_model, generate_series(0, 5) n WHERE year = 2023),
            scored AS (SELECT firm, n, score(model, stage, a, b, c, d, e) AS score FROM few, fitted WHERE year = 2023
                       AND (SELECT s.score FROM f_score s WHERE s.firm = few.firm AND s.year = few.year) IS NOT NULL),
            twin AS (SELECT firm, max(rank) FILTER (WHERE n = 0) AS nominal, avg(rank) FILTER (WHERE n > 0)::float8 AS mean,
                            percentile_cont(ARRAY[0.5, 0.05, 0.95]) WITHIN GROUP (ORDER BY rank) FILTER (WHERE n > 0) AS quantiles
                     FROM (SELECT firm, n, rank() OVER (PARTITION BY n ORDER BY score DESC) FROM scored) r GROUP BY 1),
            ours AS (SELECT firm, _innovation_score.rank_spread(scheme_model('board'), 5, 0.4, 1, stage, normalized) OVER () AS r
                     FROM (SELECT firm, stage, CASE WHEN score(m.model, stage, a, b, c, d, e) IS NOT NULL THEN _innovation_score.normalized_row(m.model, a, b, c, d, e) END AS normalized
                           FROM few, f_model m WHERE few.year = 2023 AND m.year = 2023 OFFSET 0) s)
            SELECT policy, count(*) FILTER (WHERE o.r IS DISTINCT FROM ARRAY[t.nominal::float8, t.mean] || t.quantiles), count(o.r) FROM ours o LEFT JOIN twin t USING (firm) WHERE t.firm IS NOT NULL OR o.r IS NOT NULL;
    END LOOP;
END
$$;
SELECT * FROM policies(5);
-- without a limit on bonus points scores are plain sums
SELECT * FROM policies(NULL);
UPDATE scheme SET missing = 'zero', min_coverage = 0 WHERE scheme = 'board';
UPDATE category SET max_points = 5 WHERE scheme = 'board' AND category = 'z';
SELECT rebuild_scoreboard('f');

-- ---------- ties, no score, few firms
CREATE TABLE tiny (id int, a float8, b float8, c int, d int, e int, stage text);
SELECT create_scoreboard('tiny', 'board', 'tiny', 'id', 'stage');
SELECT count(*) FROM rank_stability('tiny');
INSERT INTO tiny VALUES (1, 1, 1, 1, 1, 0, 's');
SELECT * FROM rank_stability('tiny', NULL, 3);
INSERT INTO tiny VALUES (2, 1, 1, 1, 1, 0, 's'), (3, 2, 1, 5, 1, 0, 'l'), (4, 2, 1, 5, 1, 0, NULL);
SELECT * FROM rank_stability('tiny', draws => 5, noise => 0.999) ORDER BY entity;
SELECT * FROM indicator_influence('tiny');
-- all equal
UPDATE tiny SET a = 1, c = 1, stage = 's';
SELECT entity, nominal, mean, rank_95 FROM rank_stability('tiny') ORDER BY entity;

-- ---------- an indicator left out, against a scheme in which it has no weight
SELECT * FROM indicator_influence('f', '2024');
CREATE FUNCTION without(code text) RETURNS TABLE (firm text, rank bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM derive_scheme('without', 'board');
    UPDATE weight SET weight = 0 WHERE scheme = 'without' AND indicator = code;
    PERFORM create_scoreboard('without', 'without', 'few', 'firm', 'stage', 'year');
    RETURN QUERY EXECUTE 'SELECT firm, rank FROM without_ranking WHERE year = 2024 AND rank IS NOT NULL';
    PERFORM drop_scoreboard('without');
    DELETE FROM scheme WHERE scheme = 'without';
END
$$;
SELECT count(*), count(*) FILTER (WHERE differs(i.mean_movement, t.mean) OR i.max_movement <> t.most OR i.moved <> t.moved OR differs(i.spearman, t.rho)) AS different
FROM indicator_influence('f', '2024') i, LATERAL (
    SELECT avg(abs(w.rank - r.rank)) AS mean, max(abs(w.rank - r.rank)) AS most, count(*) FILTER (WHERE w.rank <> r.rank) AS moved, spearman(w.rank, r.rank) AS rho
    FROM without(i.indicator) w JOIN f_ranking r ON r.firm = w.firm AND r.year = 2024) t;
-- rows that only some of the rankings have: values go missing together with the indicator
CREATE FUNCTION influences() RETURNS TABLE (missing text, indicators bigint, different bigint, pairs bigint) LANGUAGE plpgsql AS $$
DECLARE
    policy text;
BEGIN
    FOREACH policy IN ARRAY '{zero,reweight,"null"}'::text[] LOOP
        UPDATE scheme SET missing = policy WHERE scheme = 'board';
        PERFORM rebuild_scoreboard('f');
        RETURN QUERY SELECT policy, count(*), count(*) FILTER (WHERE differs(i.mean_movement, t.mean) OR i.max_movement <> t.most OR i.moved <> t.moved OR differs(i.spearman, t.rho)), sum(t.n)::bigint
            FROM indicator_influence('f', '2023') i, LATERAL (
                SELECT avg(abs(w.rank - r.rank)) AS mean, max(abs(w.rank - r.rank)) AS most, count(*) FILTER (WHERE w.rank <> r.rank) AS moved, spearman(w.rank, r.rank) AS rho, count(*) AS n
                FROM (SELECT firm, rank() OVER (ORDER BY score DESC) AS rank
                      FROM (SELECT firm, score(without.model, stage, a, b, c, d, e) AS score
                            FROM few, (SELECT with_factors(m.model::jsonb, ARRAY(SELECT (o.indicator <> i.indicator)::int::float8 FROM model_indicators(m.model) o ORDER BY o.position)) AS model
                                       FROM f_model m WHERE m.year = 2023 OFFSET 0) without
                            WHERE year = 2023 AND (SELECT s.score FROM f_score s WHERE s.firm = few.firm AND s.year = few.year) IS NOT NULL) x WHERE score IS NOT NULL) w
                JOIN (SELECT s.firm, rank() OVER (ORDER BY s.score DESC) AS rank FROM f_score s WHERE s.year = 2023 AND s.score IS NOT NULL) r USING (firm)) t;
    END LOOP;
    UPDATE scheme SET missing = 'zero' WHERE scheme = 'board';
    PERFORM rebuild_scoreboard('f');
END
$$;
BEGIN;
UPDATE few SET a = CASE i % 5 WHEN 0 THEN a END, b = CASE i % 5 WHEN 1 THEN b WHEN 0 THEN b END, c = CASE i % 5 WHEN 2 THEN c END, d = CASE i % 5 WHEN 3 THEN d END
FROM (SELECT firm AS f, row_number() OVER (ORDER BY firm) AS i FROM few WHERE year = 2023) n WHERE firm = f AND year = 2023 AND i % 3 = 0;
SELECT * FROM influences();
ROLLBACK;
-- what alone makes up a stage cannot be left out
INSERT INTO scheme (scheme, extreme) VALUES ('lone', 'none');
INSERT INTO category (scheme, category) VALUES ('lone', 'x');
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('lone', 'a', 'x', '甲'), ('lone', 'c', 'x', NULL);
INSERT INTO stage VALUES ('lone', 's'), ('lone', 'l');
INSERT INTO weight VALUES ('lone', 's', 'a', 1), ('lone', 'l', 'a', 1), ('lone', 'l', 'c', 1);
SELECT create_scoreboard('lone', 'lone', 'few', 'firm', 'stage', 'year', mapping => '{"a": "c"}');
SELECT * FROM indicator_influence('lone', '2024');

-- ---------- variance-based sensitivity, against a twin that ranks draw by draw and estimates as Saltelli (2010) and Jansen (1999) do
CREATE FUNCTION sensitivity(y text, samples int, noise float8, seed bigint) RETURNS TABLE (indicator text, first_order float8, total float8) LANGUAGE sql AS $$
    WITH place(indicator, place) AS (SELECT * FROM unnest('{a,b,c,d,e}'::text[]) WITH ORDINALITY),
    draw AS (SELECT j, which FROM generate_series(1, samples) j, generate_series(-1, 5) which),     -- -1: A, 0: B, else A with one weight from B
    weighted AS (
        SELECT d.firm, d.category, j, which, w.weight * _innovation_score.weight_factor(seed, 2 * j - CASE WHEN which IN (0, x.place) THEN 0 ELSE 1 END, x.place::int, noise) AS weight,
               COALESCE(d.normalized, 0) AS normalized
        FROM f_detail d JOIN weight w ON w.scheme = 'board' AND w.stage = d.stage AND w.indicator = d.indicator JOIN place x ON x.indicator = d.indicator, draw
        WHERE d.year::text = y),
    scored AS (
        SELECT firm, j, which, 100 * sum(weight * normalized) FILTER (WHERE category IN ('x', 'y')) / sum(weight) FILTER (WHERE category IN ('x', 'y'))
               + least(5, sum(weight * normalized) FILTER (WHERE category = 'z')) - sum(weight * normalized) FILTER (WHERE category = 'p') AS score
        FROM weighted GROUP BY 1, 2, 3),
    ranked AS (SELECT firm, j, which, rank() OVER (PARTITION BY j, which ORDER BY round(score::numeric, 10) DESC) FROM scored),
    shift AS (SELECT j, which, avg(abs(n.rank - r.rank)) AS f FROM ranked n JOIN f_ranking r ON r.firm = n.firm AND r.year::text = y GROUP BY 1, 2),
    variance AS (SELECT var_samp(f) AS v FROM shift WHERE which < 1)
    SELECT x.indicator, (avg(b.f * (c.f - a.f)) / v)::float8, (avg((a.f - c.f) ^ 2) / 2 / v)::float8
    FROM variance, place x JOIN shift c ON c.which = x.place JOIN shift a ON a.j = c.j AND a.which = -1 JOIN shift b ON b.j = c.j AND b.which = 0 GROUP BY x.indicator, v
$$;
SELECT n AS samples, noise, seed, count(*), count(*) FILTER (WHERE NOT abs(s.first_order - t.first_order) < 1e-9 OR NOT abs(s.total - t.total) < 1e-9 OR s.total IS NULL) AS different, count(DISTINCT s.total) AS totals
FROM (VALUES (1, 0.5, 3), (4, 0.3, 99), (7, 0.9, -1)) v(n, noise, seed) CROSS JOIN LATERAL rank_sensitivity('f', '2023', n, noise, seed) s JOIN LATERAL sensitivity('2023', n, noise, seed) t USING (indicator)
GROUP BY 1, 2, 3 ORDER BY 1;
SELECT indicator, title, round(first_order::numeric, 4) AS first_order, round(total::numeric, 4) AS total FROM rank_sensitivity('f', '2023', seed => 5);
-- with many samples the shares of the indicators alone are at most all, and with the others at least as much
SELECT round(sum(first_order)::numeric, 1) <= 1 AS alone, round(sum(total)::numeric, 1) >= 1 AS together, bool_and(total > first_order - 0.1) AS more FROM rank_sensitivity('f', '2023', 1000, 0.5);
-- one weight alone: all of the variance, the others none of it
CREATE TABLE pair (id text, a float8, c int, stage text);
INSERT INTO pair SELECT 'P' || i, i * 37 % 101, CASE WHEN i % 2 = 0 THEN i * 53 % 97 END, 's' FROM generate_series(1, 60) i;
INSERT INTO scheme (scheme, extreme) VALUES ('pair', 'none');
INSERT INTO category (scheme, category, role) VALUES ('pair', 'x', 'base'), ('pair', 'z', 'bonus');
INSERT INTO indicator (scheme, indicator, category) VALUES ('pair', 'a', 'x'), ('pair', 'c', 'z');
INSERT INTO stage VALUES ('pair', 's');
INSERT INTO weight VALUES ('pair', 's', 'a', 50), ('pair', 's', 'c', 50);
SELECT create_scoreboard('pair', 'pair', 'pair', 'id', 'stage');
SELECT indicator, total = 0 AS none, round(first_order::numeric, 1) AS first_order, round(total::numeric, 1) AS total FROM rank_sensitivity('pair', samples => 2000);
-- the same for the same seed, in whatever order rows come
CREATE TABLE sensitive AS SELECT * FROM rank_sensitivity('pair', samples => 20, seed => 4);
CREATE TABLE turned AS SELECT * FROM pair ORDER BY md5(id);
TRUNCATE pair;
INSERT INTO pair TABLE turned;
SELECT count(*) FROM (SELECT * FROM rank_sensitivity('pair', samples => 20, seed => 4) EXCEPT ALL TABLE sensitive) d;
SELECT count(*) > 0 AS others FROM (SELECT * FROM rank_sensitivity('pair', samples => 20, seed => 5) EXCEPT ALL TABLE sensitive) d;
-- nothing varies: no noise, no firm, one firm
SELECT * FROM rank_sensitivity('pair', noise => 0);
DELETE FROM pair WHERE id <> 'P1';
SELECT * FROM rank_sensitivity('pair');
DELETE FROM pair;
SELECT * FROM rank_sensitivity('pair');
SELECT drop_scoreboard('pair');
DELETE FROM scheme WHERE scheme = 'pair';

-- ---------- other methods, against schemes that have them
CREATE FUNCTION with_settings(statement text) RETURNS TABLE (firm text, rank bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM derive_scheme('other', 'board');
    EXECUTE statement;
    PERFORM create_scoreboard('other', 'other', 'few', 'firm', 'stage', 'year', '{city}');
    RETURN QUERY EXECUTE 'SELECT firm, rank FROM other_ranking WHERE year = 2024';
    PERFORM drop_scoreboard('other');
    DELETE FROM scheme WHERE scheme = 'other';
END
$$;
SELECT create_scoreboard('cities', 'board', 'few', 'firm', 'stage', 'year', '{city}');
CREATE TABLE alternative AS SELECT * FROM method_stability('cities', '2024', '{
    "quartiles": {"extreme": "iqr(1.5)"}, "reweight": {"missing": "reweight"}, "null": {"missing": "null"},
    "mad, logarithms": {"extreme": "mad(3)", "transform": "log"}, "a alone": {"indicators": {"a": {"extreme": "none", "transform": "sqrt"}}}, "same": {}}');
SELECT name, count(*), count(*) FILTER (WHERE (m.ranks ->> name)::bigint IS DISTINCT FROM t.rank) AS different, count(DISTINCT t.rank) AS ranks, sum(abs(t.rank - m.nominal)) AS moved
FROM (VALUES ('quartiles', $$UPDATE indicator SET extreme = 'iqr(1.5)' WHERE scheme = 'other'$$),
             ('reweight', $$UPDATE scheme SET missing = 'reweight' WHERE scheme = 'other'$$),
             ('null', $$UPDATE scheme SET missing = 'null' WHERE scheme = 'other'$$),
             ('mad, logarithms', $$UPDATE indicator SET extreme = 'mad(3)', transform = 'log' WHERE scheme = 'other'$$),
             ('a alone', $$UPDATE indicator SET extreme = 'none', transform = 'sqrt' WHERE scheme = 'other' AND indicator = 'a'$$),
             ('same', 'SELECT')) v(name, statement), LATERAL with_settings(statement) t JOIN alternative m ON m.entity = t.firm GROUP BY name ORDER BY name COLLATE "C";
SELECT count(*), count(*) FILTER (WHERE m.nominal IS DISTINCT FROM r.rank) AS other_nominal,
       count(*) FILTER (WHERE row(m.best, m.worst, m.spread) IS DISTINCT FROM row(t.low, t.high, t.high - t.low)) AS different
FROM alternative m JOIN cities_ranking r ON r.firm = m.entity AND r.year = 2024,
     LATERAL (SELECT min(x) AS low, max(x) AS high FROM (SELECT m.nominal UNION ALL SELECT value::bigint FROM jsonb_each_text(m.ranks)) u(x)) t;
SELECT * FROM alternative WHERE entity IN ('F001', 'F005', 'F007') ORDER BY entity;
-- without groups
SELECT entity, nominal, best, worst, spread, ranks FROM method_stability('tiny', NULL, '{"none": {"extreme": "none"}, "log": {"transform": "log"}}') ORDER BY entity;

-- ---------- refused
SELECT attempt($$SELECT rank_stability('nowhere', '2024')$$);
SELECT attempt($$SELECT rank_stability('f')$$);
SELECT attempt($$SELECT rank_stability('tiny', '2024')$$);
SELECT attempt($$SELECT rank_stability('f', '2024', 0)$$);
SELECT attempt($$SELECT rank_stability('f', '2024', 10001)$$);
SELECT attempt(format('SELECT rank_stability(''f'', ''2024'', noise => %L)', n)) FROM unnest('{-0.1,1,NaN,NULL}'::text[]) n;
SELECT attempt($$SELECT rank_stability('f', '2024', seed => NULL)$$);
SELECT attempt($$SELECT rank_sensitivity('f')$$);
SELECT attempt(format('SELECT rank_sensitivity(''f'', %s)', a)) FROM unnest('{"''2024'', 0","''2024'', 10001","''2024'', NULL","''2024'', noise => 1","''2024'', seed => NULL"}'::text[]) a;
SELECT attempt(format('SELECT _innovation_score.rank_sensitivity(%s) FROM tiny', a))
FROM unnest('{"NULL, stage, ARRAY[1.0], 1, 0, 0","scheme_model(''board''), stage, ARRAY[1.0], NULL, 0, 0","scheme_model(''board''), stage, ARRAY[1.0], 1, 0, 0","scheme_model(''board''), stage, NULL, 0, 0, 0",
    "scheme_model(''board''), stage, NULL, 1, -1, 0"}'::text[]) a;
SELECT attempt(format('SELECT method_stability(''f'', ''2024'', %L)', a)) FROM unnest(ARRAY['[]', '{}', NULL, '{"x": 1}', '{"x": {"stages": ["s"]}}', '{"x": {"extreme": "nonsense"}}', '{"x": {"extrem": "none"}}',
    '{"x": {"indicators": {"zz": {}}}}', '{"x": {"missing": "never"}}']) a;
SELECT attempt(format('SELECT _innovation_score.rank_spread(%s, stage, ARRAY[1.0]) OVER () FROM tiny', a))
FROM unnest('{"NULL, 1, 0, 0","scheme_model(''board''), NULL, 0, 0","scheme_model(''board''), 1, NULL, 0","scheme_model(''board''), 1, 0, NULL","scheme_model(''board''), 0, 0, 0",
    "scheme_model(''board''), 10001, 0, 0","scheme_model(''board''), 1, 1, 0","scheme_model(''board''), 1, ''NaN'', 0","scheme_model(''board''), 1, 0, 0"}'::text[]) a;
SELECT attempt('SELECT _innovation_score.rank_spread(scheme_model(''board''), 1, 0, 0, ''zz'', ARRAY[1.0]) OVER () FROM tiny');
SELECT attempt('SELECT _innovation_score.rank_influence(NULL, stage, ARRAY[1.0]) FROM tiny');
SELECT attempt('SELECT _innovation_score.rank_influence(scheme_model(''board''), stage, ARRAY[1.0]) FROM tiny');
-- no such period: no firms
SELECT attempt($$SELECT rank_stability('f', '1999')$$);
\set SHOW_CONTEXT never
SELECT count(*) FROM rank_stability('f', 'soon');
\set SHOW_CONTEXT errors

SELECT drop_scoreboard(n) FROM unnest('{f,all_firms,tiny,lone,cities}'::text[]) n;
DELETE FROM scheme WHERE scheme IN ('board', 'lone');
DROP SCHEMA board CASCADE;
