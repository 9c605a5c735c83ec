--
-- The twin of the methods by indicator: jrc winsorized point by point in arrays of numeric, compressed values by the
-- formula as it stands in the manual, imputed values by percentile_cont and avg; and what must hold of all scores.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;
SET extra_float_digits = 1;
CREATE SCHEMA twin_methods;
SET search_path = twin_methods, innovation_score, public;

-- numbers that are the same in every version of PostgreSQL
CREATE FUNCTION uniform(i bigint, k bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN ((i * 7919 + k * 104729) % 65521 * 2654435761 % 4294967296)::float8 / 4294967296;
CREATE FUNCTION other_bits(a float8, b float8) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN float8send(a) IS DISTINCT FROM float8send(b);

-- ---------------------------------------------------------------- jrc

-- skewness and kurtosis in numeric; NULL where they do not exist
CREATE FUNCTION shape(x numeric[], OUT skewness numeric, OUT kurtosis numeric) LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN n > 2 AND m2 > 0 THEN sqrt(n * (n - 1)) / (n - 2) * m3 / (m2 * sqrt(m2)) END,
           CASE WHEN n > 3 AND m2 > 0 THEN (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * m4 / (m2 * m2) - 3 * (n - 1)) END
    FROM (SELECT count(*)::numeric AS n, avg((v - mean) ^ 2) AS m2, avg((v - mean) ^ 3) AS m3, avg((v - mean) ^ 4) AS m4
          FROM unnest(x) AS v, (SELECT avg(v) AS mean FROM unnest(x) AS v) AS a) AS m
$$;
-- As winsorise() of COINr goes about it: the array itself is changed, all ties at once, and points are counted.
CREATE FUNCTION winsorized(given float8[], winmax int, skew numeric, kurt numeric, OUT lower float8, OUT upper float8)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    original numeric[] := ARRAY(SELECT v::text::numeric FROM unnest(given) AS v);
    x numeric[] := original;
    tried numeric[];
    found record;
BEGIN
    LOOP
        SELECT * INTO found FROM shape(x);
        EXIT WHEN NOT coalesce(abs(found.skewness) >= skew AND found.kurtosis >= kurt, false);
        IF found.skewness >= 0 THEN
            SELECT array_agg(least(v, (SELECT max(w) FROM unnest(x) AS w WHERE w < (SELECT max(u) FROM unnest(x) AS u)))
                             ORDER BY place)
            INTO tried FROM unnest(x) WITH ORDINALITY AS t(v, place);
        ELSE
            SELECT array_agg(greatest(v, (SELECT min(w) FROM unnest(x) AS w WHERE w > (SELECT min(u) FROM unnest(x) AS u)))
                             ORDER BY place)
            INTO tried FROM unnest(x) WITH ORDINALITY AS t(v, place);
        END IF;
        EXIT WHEN (SELECT count(*) FROM unnest(tried, original) AS t(v, o) WHERE v <> o) > winmax;
        x := tried;
    END LOOP;
    SELECT min(v)::float8, max(v)::float8 INTO lower, upper FROM unnest(x) AS v;
    IF lower = upper THEN           -- collapsed: all of the range again
        SELECT min(v), max(v) INTO lower, upper FROM unnest(given) AS v;
    END IF;
END
$$;

-- Samples of 1 to 60 values: heavy tails at either end or both, ties in the tails, mostly zeros, all equal.
CREATE TABLE sample AS
SELECT s AS sample, i,
       CASE s % 8 WHEN 0 THEN round(exp(6 * uniform(i, s))::numeric, 2)::float8
                  WHEN 1 THEN -round(exp(7 * uniform(i, s))::numeric, 2)::float8
                  WHEN 2 THEN CASE WHEN uniform(i, s) < 0.85 THEN 0 ELSE floor(20 * uniform(i, s + 1)) END
                  WHEN 3 THEN floor(exp(5 * uniform(i, s)) / 10)
                  WHEN 4 THEN round(((uniform(i, s) - 0.5) * exp(8 * uniform(i, s + 7)))::numeric, 3)::float8
                  WHEN 5 THEN 10 - CASE WHEN i <= 4 THEN 1000 ELSE floor(5 * uniform(i, s)) END
                  WHEN 6 THEN CASE WHEN i <= s % 7 THEN 500 + i ELSE i END
                  ELSE 7 + (s % 16) * CASE WHEN uniform(i, s) < 0.1 THEN floor(100 * uniform(i, s + 3)) ELSE 0 END END AS x
FROM generate_series(1, 240) AS s, generate_series(1, 1 + s % 60) AS i;
CREATE TABLE jrc AS
SELECT sample, winmax, skew, kurt, values, format('jrc(%s,%s,%s)', winmax, skew, kurt) AS method,
       (SELECT extreme_bounds(x, format('jrc(%s,%s,%s)', winmax, skew, kurt)) FROM unnest(values) AS x) AS found
FROM (SELECT sample, array_agg(x ORDER BY i) AS values FROM sample GROUP BY sample) AS s,
     (VALUES (5, 2, 3.5), (1, 2, 3.5), (0, 2, 3.5), (12, 1, 0.5), (3, 0, -5)) AS m(winmax, skew, kurt);
SELECT winmax, skew, kurt, count(*) AS compared, count((found).lower) AS bounded,
       count(*) FILTER (WHERE (found).below > 0) AS "pulled up", count(*) FILTER (WHERE (found).above > 0) AS "pulled down",
       count(*) FILTER (WHERE (found).below + (found).above > winmax) AS "too many",
       count(*) FILTER (WHERE (found).method = method || ' → none') AS "fell back",
       count(*) FILTER (WHERE other_bits((found).lower, w.lower) OR other_bits((found).upper, w.upper)) AS differ
FROM jrc, winsorized(values, winmax, skew, kurt) AS w
GROUP BY winmax, skew, kurt ORDER BY winmax DESC, skew;

-- 70,000 values, more than fit() keeps of an indicator: the same rule over all of them, serial, merged, through states.
CREATE TABLE many AS
SELECT i, CASE WHEN i % 9 > 0 THEN 1e6 + round((exp(3 * uniform(i, 1)) + (i % 10007 = 0)::int * 5000)::numeric, 3)::float8 END AS x,
       -- one firm above all others, then two, then ties of three
       CASE WHEN i = 17 THEN 1e9 WHEN i IN (18, 19) THEN 1e7 WHEN i IN (20, 21, 22) THEN 1e6 ELSE i % 1000 END AS y
FROM generate_series(1, 75000) AS i;
ANALYZE many;
CREATE FUNCTION model(method text, missing text DEFAULT 'zero') RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('missing', missing, 'indicators',
        jsonb_build_array(jsonb_build_object('indicator', 'x', 'extreme', method, 'weights', 1),
                          jsonb_build_object('indicator', 'y', 'extreme', method, 'weights', 1)))::score_model
$$;
-- all passes, each model by way of its text or its binary form
CREATE FUNCTION fit_all(unfitted score_model, OUT model score_model, OUT passes int) LANGUAGE plpgsql AS $$
BEGIN
    model := unfitted;
    passes := 0;
    LOOP
        SELECT fit_model(fit_merge(state::text::fit_state)) INTO model
        FROM (SELECT fit_partial(fit_all.model, x, y) AS state FROM many GROUP BY i % 3) AS parts;
        passes := passes + 1;
        model := model::text::score_model;
        EXIT WHEN is_fitted(model);
    END LOOP;
END
$$;
CREATE TABLE far AS
SELECT method, indicator, extreme_bounds(CASE indicator WHEN 'x' THEN x ELSE y END, method) AS e
FROM many, unnest('{jrc,"jrc(300,1,1)",none,sigma(2),"percentile(0.2,0.7)",mad(2),"fixed(5,10)"}'::text[]) AS method,
     unnest('{x,y}'::text[]) AS indicator
GROUP BY method, indicator;
CREATE TABLE middle AS
SELECT indicator, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS median, avg(v::text::numeric(60,30))::float8 AS mean
FROM many, LATERAL (VALUES ('x', x), ('y', y)) AS t(indicator, v) GROUP BY indicator;
SELECT f.method, f.missing, passes, count(*) AS compared,
       count(*) FILTER (WHERE (b.lower, b.upper, b.n, b.missing, b.minimum, b.maximum, b.method)
                              = ((e).lower, (e).upper, (e).n, (e).missing, (e).minimum, (e).maximum, (e).method)) AS same_bounds,
       count(*) FILTER (WHERE NOT other_bits(b.imputed, CASE f.missing WHEN 'median' THEN median WHEN 'mean' THEN mean
                                                                       WHEN 'lower' THEN b.lower END)) AS same_imputed
FROM (SELECT method, missing, (fitted).*
      FROM (SELECT DISTINCT method FROM far) AS m, unnest('{zero,median,mean,lower}'::text[]) AS missing,
           LATERAL (SELECT fit_all(model(method, missing)) AS fitted OFFSET 0) AS f
      WHERE missing IN ('median', 'mean') OR method LIKE 'jrc%') AS f,
     model_indicators(model) AS b JOIN middle USING (indicator), far
WHERE (far.method, far.indicator) = (f.method, b.indicator)
GROUP BY f.method, f.missing, passes ORDER BY f.method COLLATE "C", f.missing COLLATE "C";
-- What jrc does there: of 75,000 values one or a few far ones are pulled in, one after the other; many are left alone.
SELECT (extreme_bounds(x, 'jrc')).*, round(skewness(x)::numeric, 6) AS skewness, round(kurtosis(x)::numeric, 6) AS kurtosis
FROM many;
SELECT (extreme_bounds(y, 'jrc')).* FROM many;
SELECT (extreme_bounds(y, 'jrc(6,2,3.5)')).* FROM many;
SELECT lower, upper FROM (SELECT array_agg(y) AS ys FROM many) AS a, winsorized(ys, 5, 2, 3.5);

-- ---------------------------------------------------------------- compressed values

CREATE FUNCTION compressed(x float8, l float8, u float8, a float8) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE WHEN x > u THEN u + a * (u - l) * ln(1 + (x - u) / (a * (u - l)))
            WHEN x < l THEN l - a * (u - l) * ln(1 + (l - x) / (a * (u - l))) ELSE x END;
CREATE FUNCTION transformed(x float8, transform text) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE transform WHEN 'none' THEN x WHEN 'sqrt' THEN sign(x) * sqrt(abs(x)) ELSE sign(x) * ln(1 + abs(x)) END;
CREATE TABLE combination AS
SELECT row_number() OVER (ORDER BY m, a, d, t) AS place, m AS method, a, d AS direction, t AS transform
FROM unnest('{"percentile(0.1,0.8)",iqr(1),sigma(1),mad(1),"fixed(-3,40)",jrc,none}'::text[]) AS m, unnest('{0.1,1,30}'::float8[]) AS a,
     unnest('{benefit,cost,target(12),target(90),"interval(2,60)"}'::text[]) AS d, unnest('{none,log,sqrt}'::text[]) AS t;
CREATE TABLE value AS
SELECT i, round((exp(5 * uniform(i, 3)) - exp(4 * uniform(i, 5)))::numeric, 4)::float8 AS x FROM generate_series(1, 150) AS i;
CREATE TABLE fitted AS
SELECT place, fit(jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', 'x', 'weights', 1,
                      'extreme', method, 'adjust', format('compress(%s)', a), 'direction', direction,
                      'transform', transform)))::text::score_model, x) AS model
FROM combination, value GROUP BY place;
CREATE TABLE probe AS SELECT x FROM value UNION ALL SELECT unnest('{-1e9,-1000,0,12,90,1000,1e9,1e308,-1e308}'::float8[]);
-- The ends of the scale are the compressed extremes of the sample; values beyond them get what the extremes get.
WITH scale AS (
    SELECT c.place, c.a, c.transform, f.model, b.lower, b.upper, least(b.minimum, b.lower) AS minimum, greatest(b.maximum, b.upper) AS maximum,
           split_part(c.direction, '(', 1) AS kind,
           nullif((string_to_array(rtrim(split_part(c.direction, '(', 2), ')'), ','))[1], '')::float8 AS p,
           nullif((string_to_array(rtrim(split_part(c.direction, '(', 2), ')'), ','))[2], '')::float8 AS q
    FROM combination AS c JOIN fitted AS f USING (place), model_indicators(model) AS b
), point AS (
    SELECT place, kind, model, x,
           transformed(compressed(least(greatest(x, minimum), maximum), lower, upper, a), transform) AS w,
           transformed(compressed(minimum, lower, upper, a), transform) AS lo,
           transformed(compressed(maximum, lower, upper, a), transform) AS hi,
           transformed(compressed(p, lower, upper, a), transform) AS p,
           transformed(compressed(q, lower, upper, a), transform) AS q,
           lower, upper
    FROM scale, probe
), expected AS (
    SELECT *, CASE kind WHEN 'benefit' THEN (w - lo) / (hi - lo) WHEN 'cost' THEN (hi - w) / (hi - lo)
                        WHEN 'target' THEN 1 - abs(w - p) / greatest(abs(hi - p), abs(p - lo))
                        ELSE CASE WHEN w < p THEN (w - lo) / (p - lo) WHEN w > q THEN (hi - w) / (hi - q) ELSE 1 END
           END AS normalized
    FROM point
)
SELECT kind, count(*) AS compared,
       count(*) FILTER (WHERE abs(d.normalized - e.normalized) < 1e-12) AS agree,
       count(*) FILTER (WHERE d.normalized BETWEEN 0 AND 1) AS "0 to 1",
       count(*) FILTER (WHERE (d.lower, d.upper) = (e.lower, e.upper)) AS "bounds as fitted",
       count(*) FILTER (WHERE d.status = CASE WHEN x < e.lower THEN 'below' WHEN x > e.upper THEN 'above' ELSE 'ok' END) AS statuses
FROM expected AS e, score_detail(model, 'all', x) AS d
GROUP BY kind ORDER BY kind;
-- The scalar: the same of one value.
SELECT count(*) AS compared,
       count(*) FILTER (WHERE abs(compress(x, b, a) - compressed(least(greatest(x, least((b).minimum, (b).lower)),
                                                                       greatest((b).maximum, (b).upper)), (b).lower, (b).upper, a))
                              <= 1e-12 * greatest(abs((b).lower), abs((b).upper))) AS agree
FROM probe, unnest('{0.01,1,100}'::float8[]) AS a,
     (SELECT extreme_bounds(x, m) AS b FROM value, unnest('{"percentile(0.1,0.8)",iqr(1),"fixed(-3,40)",none}'::text[]) AS m
      GROUP BY m) AS t;

-- ---------------------------------------------------------------- what must hold of every score

-- Six indicators of all directions, methods, adjustments, transforms and policies; 400 firms, some values missing, ties.
CREATE TABLE definition (position int, indicator text, category text, direction text, extreme text, adjust text,
                         transform text, missing text, weight float8);
INSERT INTO definition VALUES
    (1, 'a', 'base', 'benefit', 'percentile(0.05,0.95)', 'compress(0.5)', 'none', 'median', 3),
    (2, 'b', 'base', 'cost', 'jrc(3,1,1)', 'clamp', 'none', 'mean', 2),
    (3, 'c', 'base', 'benefit', 'iqr(1.5)', 'compress(2)', 'log', 'reweight', 2),
    (4, 'd', 'bonus', 'target(3)', 'sigma(2)', 'compress(1)', 'none', 'lower', 5),
    (5, 'e', 'base', 'interval(1,4)', 'mad(2)', 'clamp', 'sqrt', 'zero', 1),
    (6, 'f', 'base', 'benefit', 'fixed(0,10)', 'clamp', 'none', 'lower', 2);
CREATE TABLE firm AS
SELECT i AS firm, ARRAY(SELECT CASE WHEN uniform(i * i + i * (k * k + 3), 20 + k) > 0.15 THEN round((exp(4 * uniform(i, k)) - 2)::numeric, 2)::float8 END
                        FROM generate_series(1, 6) AS k ORDER BY k) AS vals
FROM generate_series(1, 400) AS i;
CREATE TABLE system AS
SELECT jsonb_build_object('missing', 'null',
           'categories', '[{"category": "base"}, {"category": "bonus", "role": "bonus", "max_points": 4}]'::jsonb,
           'indicators', jsonb_agg(jsonb_build_object('indicator', indicator, 'category', category, 'direction', direction,
               'extreme', extreme, 'adjust', adjust, 'transform', transform, 'missing', missing, 'weights', weight)
               ORDER BY position)) AS unfitted
FROM definition;
CREATE TABLE scored AS SELECT fit(unfitted::text::score_model, VARIADIC vals) AS model FROM system, firm GROUP BY unfitted;

-- An imputed value is scored like a value: the row that has it in its place gets the same points; coverage knows better.
CREATE TABLE filled AS
SELECT firm, vals, ARRAY(SELECT coalesce(v, i.imputed) FROM unnest(vals) WITH ORDINALITY AS u(v, place)
                         JOIN model_indicators(model) AS i ON i.position = place ORDER BY place) AS full_vals
FROM firm, scored;
SELECT count(*) AS compared, count(*) FILTER (WHERE vals <> full_vals) AS filled, count(score(model, 'all', VARIADIC vals)) AS scored,
       count(*) FILTER (WHERE other_bits(score(model, 'all', VARIADIC vals), score(model, 'all', VARIADIC full_vals))) AS differ,
       count(*) FILTER (WHERE other_bits(category_score(model, 'all', 'base', VARIADIC vals),
                                         category_score(model, 'all', 'base', VARIADIC full_vals))) AS base_differ,
       count(*) FILTER (WHERE other_bits(score(model, 'all', VARIADIC vals), row[1])) AS row_differ,
       count(*) FILTER (WHERE abs(coverage(model, 'all', VARIADIC vals)
                                  - (SELECT sum(weight) FROM definition
                                     WHERE category = 'base' AND vals[position] IS NOT NULL) / 10) > 1e-15) AS coverage_differs
FROM filled, scored, score_row(model, 'all', VARIADIC vals) AS row;
SELECT d.indicator, d.status, count(*), count(d.normalized) AS normalized, count(DISTINCT d.value) FILTER (WHERE d.status = 'imputed') AS one_value
FROM filled, scored, score_detail(model, 'all', VARIADIC vals) AS d
WHERE d.status IN ('imputed', 'missing') GROUP BY 1, 2 ORDER BY 1;
-- The rest in plain arithmetic: what is missing under reweight gives its weight to the others, under zero it keeps it.
WITH detail AS (
    SELECT firm, d.*, t.weight AS w, t.missing, t.category = 'base' AS base
    FROM filled, scored, score_detail(model, 'all', VARIADIC vals) AS d JOIN definition AS t USING (indicator)
), counted AS (
    SELECT *, sum(w) FILTER (WHERE base AND (normalized IS NOT NULL OR missing <> 'reweight')) OVER (PARTITION BY firm) AS total
    FROM detail
), expected AS (
    SELECT *, CASE WHEN NOT base THEN least(w * normalized, 4)
                   WHEN normalized IS NULL THEN 0 ELSE 100 * w / total * normalized END AS expected
    FROM counted
)
SELECT count(*) AS compared, count(*) FILTER (WHERE abs(points - expected) < 1e-12) AS agree,
       count(*) FILTER (WHERE base AND abs(max_points - CASE WHEN normalized IS NULL AND missing = 'reweight' THEN 0
                                                         ELSE 100 * w / total END) < 1e-12) AS weights_agree,
       count(*) FILTER (WHERE base) AS base
FROM expected;

-- The order of the rows shows in no bit of a model.
SELECT count(*) AS orders, count(DISTINCT m::text) AS models
FROM scored, LATERAL (SELECT model AS m
    UNION ALL SELECT fit(unfitted::text::score_model, VARIADIC vals ORDER BY vals[1] DESC, firm) FROM system, firm GROUP BY unfitted
    UNION ALL SELECT fit(unfitted::text::score_model, VARIADIC vals ORDER BY md5(firm::text)) FROM system, firm GROUP BY unfitted) AS t;
-- A better value never lowers a score: one value after the other raised or brought nearer, everything else the same.
-- A bonus category at its limit of points may waver in the last bit.
WITH step AS (
    SELECT k, firm, s, score(model, 'all', VARIADIC vals[1:k - 1] || (CASE k WHEN 2 THEN -1 ELSE 1 END
                           * CASE k WHEN 4 THEN 3 + (40 - s)
                                    ELSE s * 1.5 - 20 END)::float8 || vals[k + 1:6]) AS score
    FROM scored, firm, unnest('{1,2,3,4,6}'::int[]) AS k, generate_series(1, 40) AS s WHERE firm % 20 = 0
)
SELECT k AS indicator, count(*) AS steps, count(*) FILTER (WHERE score > before) AS higher,
       count(*) FILTER (WHERE score < before - 1e-12) AS lower
FROM (SELECT *, lag(score) OVER (PARTITION BY k, firm ORDER BY s) AS before FROM step) AS t
WHERE before IS NOT NULL GROUP BY k ORDER BY k;
-- Turned around, values and direction, nothing changes; in other units, by a power of two, not a bit.
CREATE FUNCTION one(method text, direction text, adjust text) RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', 'x', 'extreme', method,
        'direction', direction, 'adjust', adjust, 'weights', 1)))::score_model
$$;
SELECT method, adjust, count(*) AS compared, count(*) FILTER (WHERE abs(s - turned) > 1e-11) AS turned_differ,
       count(*) FILTER (WHERE other_bits(s, scaled)) AS scaled_differ, count(*) FILTER (WHERE other_bits(s, tiny)) AS tiny_differ
FROM (SELECT method, adjust, score(plain, 'all', x) AS s, score(turned, 'all', -x) AS turned,
             score(scaled, 'all', x * float8 '2' ^ 300) AS scaled, score(tiny, 'all', x * float8 '2' ^ -300) AS tiny
      FROM (SELECT method, adjust, fit(one(method, 'benefit', adjust), x) AS plain, fit(one(method, 'cost', adjust), -x) AS turned,
                   fit(one(method, 'benefit', adjust), x * float8 '2' ^ 300) AS scaled,
                   fit(one(method, 'benefit', adjust), x * float8 '2' ^ -300) AS tiny
            FROM unnest('{none,"percentile(0.125,0.875)",iqr(1.5),sigma(1),mad(1),"jrc(9,0.5,0)"}'::text[]) AS method,
                 unnest('{clamp,compress(0.25)}'::text[]) AS adjust, value
            GROUP BY method, adjust) AS m, value) AS t
GROUP BY method, adjust ORDER BY method COLLATE "C", adjust COLLATE "C";

SET client_min_messages = warning;
DROP SCHEMA twin_methods CASCADE;
