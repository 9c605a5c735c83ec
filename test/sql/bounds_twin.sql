-- one-sided and mixed methods, "of nonzero", whiskers and z-scores against a twin in plain SQL: over random samples that
-- break naive code; and fit() against extreme_bounds() where samples are too large for one pass
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse

-- A part of a method, without its sides: lower and upper as its definition has them, of the values that it looks at.
CREATE FUNCTION twin_part(part text, xs float8[], OUT lower float8, OUT upper float8) LANGUAGE plpgsql AS $$
DECLARE
    name text := split_part(part, '(', 1);
    args text[] := string_to_array(rtrim(split_part(part, '(', 2), ')'), ',');
    q float8[];
    n numeric := cardinality(xs);
    middle float8;
    deviation float8;
BEGIN
    CASE
        WHEN name = 'percentile' THEN
            SELECT percentile_cont(NULLIF(args[1], '')::float8) WITHIN GROUP (ORDER BY x), percentile_cont(NULLIF(args[2], '')::float8) WITHIN GROUP (ORDER BY x)
            INTO lower, upper FROM unnest(xs) x;
        WHEN name = 'fixed' THEN
            lower := NULLIF(args[1], '');
            upper := NULLIF(args[2], '');
        WHEN name = 'iqr' THEN
            SELECT percentile_cont('{0.25,0.75}'::float8[]) WITHIN GROUP (ORDER BY x) INTO q FROM unnest(xs) x;
            lower := q[1] - args[1]::float8 * (q[2] - q[1]);
            upper := q[2] + args[1]::float8 * (q[2] - q[1]);
            IF args[2] = 'inside' THEN
                SELECT min(x) FILTER (WHERE x >= lower), max(x) FILTER (WHERE x <= upper) INTO lower, upper FROM unnest(xs) x;
            END IF;
        WHEN name = 'mad' THEN
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) INTO middle FROM unnest(xs) x;
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(x - middle)) INTO deviation FROM unnest(xs) x;
            lower := middle - args[1]::float8 * 1.4826 * deviation;
            upper := middle + args[1]::float8 * 1.4826 * deviation;
        WHEN name IN ('sigma', 'zscore') THEN
            -- the samples are multiples of 1/4, which numeric has exactly
            SELECT ((sum(x::numeric) + 0e-100) / n)::float8, CASE WHEN n = 1 THEN 0 ELSE
                sqrt((n * sum(x::numeric ^ 2) - sum(x::numeric) ^ 2 + 0e-100) / (n * (n - 1)))::float8 END
            INTO middle, deviation FROM unnest(xs) x;
            lower := middle - args[1]::float8 * deviation;
            upper := middle + args[1]::float8 * deviation;
        ELSE
            SELECT min(x), max(x) INTO lower, upper FROM unnest(xs) x;
    END CASE;
END $$;

CREATE FUNCTION twin_bounds(method text, sample float8[], OUT lower float8, OUT upper float8, OUT fell_back boolean) LANGUAGE plpgsql AS $$
DECLARE
    nonzero boolean := method LIKE '% of nonzero';
    parts text[] := string_to_array(replace(method, ' of nonzero', ''), ' + ');
    present float8[] := ARRAY(SELECT x + 0 FROM unnest(sample) x WHERE x NOT IN ('NaN', 'Infinity', '-Infinity'));
    xs float8[] := ARRAY(SELECT x FROM unnest(present) x WHERE NOT nonzero OR x <> 0);
    from_zero boolean := nonzero AND 0 <= ALL (present);
    side record;
    end_lower float8;
    end_upper float8;
    part text;
    beyond boolean;
    fixed_lower boolean := false;
BEGIN
    SELECT COALESCE(min(x), 0), COALESCE(max(x), 0) INTO end_lower, end_upper FROM unnest(xs) x;
    IF from_zero THEN
        end_lower := 0;
    END IF;
    FOREACH part IN ARRAY parts LOOP
        side := twin_part(part, xs);
        IF part LIKE 'fixed%' THEN
            fixed_lower := fixed_lower OR lower IS NULL AND side.lower IS NOT NULL;
            end_lower := CASE WHEN lower IS NULL THEN COALESCE(side.lower, end_lower) ELSE end_lower END;
            end_upper := CASE WHEN upper IS NULL THEN COALESCE(side.upper, end_upper) ELSE end_upper END;
        END IF;
        beyond := part ~ '^(fixed|zscore)';
        lower := COALESCE(lower, CASE WHEN beyond THEN side.lower ELSE greatest(side.lower, CASE WHEN side.lower IS NOT NULL THEN end_lower END) END);
        upper := COALESCE(upper, CASE WHEN beyond THEN side.upper ELSE least(side.upper, CASE WHEN side.upper IS NOT NULL THEN end_upper END) END);
    END LOOP;
    IF cardinality(present) = 0 THEN
        fell_back := false;
        IF method !~ '^fixed\([^,]+,[^,)]+\)' AND method !~ '^fixed.*\+ fixed' THEN
            lower := NULL;
            upper := NULL;
        END IF;
        RETURN;
    END IF;
    IF from_zero AND NOT fixed_lower THEN
        lower := 0;
    END IF;
    lower := COALESCE(lower, end_lower);
    upper := COALESCE(upper, end_upper);
    fell_back := lower >= upper AND end_lower < end_upper;
    IF fell_back THEN
        lower := end_lower;
        upper := end_upper;
    END IF;
    IF lower > upper AND fixed_lower THEN
        upper := lower;
    ELSIF lower > upper THEN
        lower := upper;
    END IF;
END $$;

CREATE TABLE twin_method (method text);
INSERT INTO twin_method
SELECT m || suffix FROM unnest(ARRAY['none', 'percentile(0.05,0.95)', 'percentile(0.1,)', 'percentile(,0.99)', 'percentile(,1)', 'percentile(0,)', 'iqr(1.5)', 'iqr(0)', 'iqr(1.5,inside)',
    'iqr(0,inside)', 'sigma(1)', 'zscore(2)', 'zscore(0)', 'mad(2)', 'fixed(0,10)', 'fixed(0,)', 'fixed(,5)', 'fixed(0,) + percentile(,0.9)', 'percentile(0.1,) + fixed(,5)', 'percentile(0.2,) + iqr(1)',
    'percentile(,0.8) + iqr(1,inside)', 'percentile(0.3,) + mad(1)', 'fixed(-1,) + zscore(1)', 'fixed(,2) + sigma(1)', 'fixed(0,) + fixed(,3)', 'percentile(0.9,) + percentile(,0.1)', 'fixed(3,) + percentile(0.1,0.9)'
    ]) m, unnest('{"", " of nonzero"}'::text[]) suffix;

-- samples: how many values, how many of them zeros, from where to where, how many different ones, now and then nothing
CREATE TABLE twin_sample (id int, xs float8[]);
INSERT INTO twin_sample
SELECT id, ARRAY(SELECT CASE WHEN draw() < missing THEN (ARRAY[NULL, 'NaN', 'Infinity', '-Infinity']::float8[])[1 + floor(draw() * 4)::int]
                             WHEN draw() < zeros THEN (ARRAY[0, '-0']::float8[])[1 + floor(draw() * 2)::int]
                             ELSE floor((least_value + draw() * width) * 4) / 4 END
                 FROM generate_series(1, n))
FROM (SELECT id, (ARRAY[0, 1, 2, 3, 5, 10, 40])[1 + floor(draw() * 7)::int] AS n, (ARRAY[0, 0, 0.3])[1 + floor(draw() * 3)::int] AS missing,
             (ARRAY[0, 0.5, 0.9, 1])[1 + floor(draw() * 4)::int] AS zeros, (ARRAY[-20, -3, 0.25, 0.25, 5])[1 + floor(draw() * 5)::int] AS least_value,
             (ARRAY[0, 2, 12, 100])[1 + floor(draw() * 4)::int] AS width FROM generate_series(1, 150) id) p;
SELECT count(*) AS samples, count(*) FILTER (WHERE xs = '{}') AS empty, count(*) FILTER (WHERE 0 = ALL (xs)) AS zeros, count(*) FILTER (WHERE 0 > ANY (xs)) AS negative FROM twin_sample;

CREATE TABLE twin_result AS
SELECT id, method, b, (t).*
FROM (SELECT id, method, (SELECT extreme_bounds(x, method) FROM unnest(CASE WHEN xs = '{}' THEN '{NULL}' ELSE xs END) x) AS b, twin_bounds(method, xs) AS t
      FROM twin_sample CROSS JOIN twin_method) s;
SELECT count(*) AS compared, count(DISTINCT method) AS methods, count(*) FILTER (WHERE fell_back) AS fell_back, count(*) FILTER (WHERE lower IS NULL) AS without,
       count(*) FILTER (WHERE (b).lower IS DISTINCT FROM lower OR (b).upper IS DISTINCT FROM upper OR (b).method IS DISTINCT FROM method || CASE WHEN fell_back THEN ' → none' ELSE '' END) AS differ
FROM twin_result;
SELECT t.id, t.method, (b).lower, (b).upper, (b).method, lower, upper, fell_back, xs FROM twin_result t JOIN twin_sample USING (id)
WHERE (b).lower IS DISTINCT FROM lower OR (b).upper IS DISTINCT FROM upper OR (b).method IS DISTINCT FROM method || CASE WHEN fell_back THEN ' → none' ELSE '' END ORDER BY cardinality(xs), t.method LIMIT 5;
-- ... and what lies outside
SELECT count(*) AS compared, count(*) FILTER (WHERE ((b).below, (b).above) IS DISTINCT FROM (o.below, o.above)) AS differ
FROM twin_result JOIN twin_sample USING (id)
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE x < lower) AS below, count(*) FILTER (WHERE x > upper) AS above FROM unnest(xs) x WHERE x NOT IN ('NaN', 'Infinity', '-Infinity')) o;

-- fit() of the same samples: as one group, as states that are merged, and through their text
SELECT jsonb_build_object('indicators', jsonb_agg(jsonb_build_object('indicator', method, 'weights', 1, 'extreme', method,
                                                                     'missing', (ARRAY['zero', 'median', 'mean'])[1 + place % 3]) ORDER BY method))::score_model AS model
FROM (SELECT method, row_number() OVER (ORDER BY method)::int AS place FROM twin_method) m \gset
SELECT cardinality(array_agg(indicator)) AS methods FROM model_indicators(:'model') \gset
CREATE TABLE twin_fit AS
SELECT id, fit(:'model', VARIADIC array_fill(x, ARRAY[:methods])) AS model, fit_partial(:'model', VARIADIC array_fill(x, ARRAY[:methods])) AS whole,
       fit_partial(:'model', VARIADIC array_fill(x, ARRAY[:methods])) FILTER (WHERE place % 3 = 0) AS a, fit_partial(:'model', VARIADIC array_fill(x, ARRAY[:methods])) FILTER (WHERE place % 3 > 0) AS b
FROM twin_sample CROSS JOIN LATERAL unnest(xs) WITH ORDINALITY AS v(x, place) GROUP BY id;
SELECT count(*) AS compared, count(*) FILTER (WHERE i.lower IS DISTINCT FROM r.lower OR i.upper IS DISTINCT FROM r.upper OR i.method IS DISTINCT FROM (r.b).method) AS differ
FROM twin_fit f CROSS JOIN LATERAL model_indicators(f.model) i JOIN twin_result r ON r.id = f.id AND r.method = i.indicator;
SELECT count(*) AS merged, count(*) FILTER (WHERE m IS DISTINCT FROM model) AS differ, count(*) FILTER (WHERE fit_model(whole::text::fit_state) <> model) AS text_differs,
       count(*) FILTER (WHERE model::text::score_model <> model) AS model_text_differs
FROM twin_fit f CROSS JOIN LATERAL (SELECT fit_model(fit_merge(s)) AS m FROM (VALUES (f.b::text::fit_state), (f.a)) v(s)) x;

-- large samples: what a pass keeps of them is bounded. Some are mostly zeros, with few others or many, some of them below zero.
CREATE TABLE twin_large AS
SELECT i, md5(i::text) AS random_order, s.*
FROM generate_series(1, 75000) i CROSS JOIN LATERAL (SELECT ('x' || md5(i || 'a'))::bit(20)::int AS r, ('x' || md5(i || 'b'))::bit(20)::int AS z) u
CROSS JOIN LATERAL (SELECT CASE WHEN z % 100 < 90 THEN 0 ELSE exp(r / 1e5) END AS rare,
                           CASE WHEN z % 1000 < 995 THEN 0 ELSE r % 7 + 1 END::float8 AS rarest,
                           CASE WHEN z % 100 < 30 THEN 0 ELSE r / 1e4 - 20 END AS mixed,
                           CASE WHEN z % 100 < 60 THEN 0 WHEN z % 100 < 75 THEN -exp(r / 3e5) ELSE NULL END AS negative) s;
CREATE FUNCTION fit_fully(model score_model, relation text, which text, sorted text, OUT result score_model, OUT passes int) LANGUAGE plpgsql AS $$
BEGIN
    result := model;
    passes := 0;
    LOOP
        EXECUTE format('SELECT fit($1, VARIADIC array_fill(%I, ARRAY[$2])) FROM (SELECT * FROM %I ORDER BY %s) s', which, relation, sorted)
            INTO result USING result, (SELECT count(*) FROM model_indicators(model))::int;
        passes := passes + 1;
        -- what is not finished comes through text and binary form
        result := result::text::score_model;
        EXIT WHEN is_fitted(result) OR passes > 12;
    END LOOP;
END $$;
CREATE TABLE twin_large_fit AS
SELECT which, (fit_fully(:'model', 'twin_large', which, 'i')).* FROM unnest('{rare,rarest,mixed,negative}'::text[]) which;
SELECT which, is_fitted(result) AS fitted, passes > 1 AS more_than_one FROM twin_large_fit ORDER BY which;
CREATE FUNCTION large_bounds(which text, method text) RETURNS indicator_bounds LANGUAGE plpgsql AS $$
DECLARE
    found indicator_bounds;
BEGIN
    EXECUTE format('SELECT (extreme_bounds(%I, $1)).* FROM twin_large', which) INTO found USING method;
    RETURN found;
END $$;
SELECT count(*) AS compared, count(*) FILTER (WHERE (i.lower, i.upper, i.n, i.missing, i.minimum, i.maximum, i.method) IS DISTINCT FROM (b.lower, b.upper, b.n, b.missing, b.minimum, b.maximum, b.method)) AS differ
FROM twin_large_fit f CROSS JOIN LATERAL model_indicators(f.result) i CROSS JOIN LATERAL large_bounds(f.which, i.indicator) b;
SELECT f.which, i.indicator, i.lower, i.upper, i.method, b.lower, b.upper, b.method
FROM twin_large_fit f CROSS JOIN LATERAL model_indicators(f.result) i CROSS JOIN LATERAL large_bounds(f.which, i.indicator) b
WHERE (i.lower, i.upper, i.n, i.missing, i.minimum, i.maximum, i.method) IS DISTINCT FROM (b.lower, b.upper, b.n, b.missing, b.minimum, b.maximum, b.method) LIMIT 5;
-- imputed values are those of all values, zeros included
SELECT count(*) AS compared, count(*) FILTER (WHERE i.imputed IS DISTINCT FROM CASE i.missing_policy WHEN 'median' THEN m.median WHEN 'mean' THEN m.mean END AND (i.missing_policy <> 'mean' OR abs(i.imputed - m.mean) > 1e-9 * abs(m.mean))) AS differ
FROM twin_large_fit f CROSS JOIN LATERAL model_indicators(f.result) i
JOIN (SELECT 'rare' AS which, percentile_cont(0.5) WITHIN GROUP (ORDER BY rare) AS median, avg(rare) AS mean FROM twin_large
      UNION ALL SELECT 'rarest', percentile_cont(0.5) WITHIN GROUP (ORDER BY rarest), avg(rarest) FROM twin_large
      UNION ALL SELECT 'mixed', percentile_cont(0.5) WITHIN GROUP (ORDER BY mixed), avg(mixed) FROM twin_large
      UNION ALL SELECT 'negative', percentile_cont(0.5) WITHIN GROUP (ORDER BY negative), avg(negative) FROM twin_large) m USING (which);
-- the twin says the same of some of the large ones
SELECT count(*) AS compared, count(*) FILTER (WHERE i.lower IS DISTINCT FROM t.lower OR i.upper IS DISTINCT FROM t.upper) AS differ
FROM twin_large_fit f CROSS JOIN LATERAL model_indicators(f.result) i
JOIN (SELECT 'rarest' AS which, array_agg(rarest) AS xs FROM twin_large UNION ALL SELECT 'negative', array_agg(negative) FROM twin_large) x USING (which)
CROSS JOIN LATERAL twin_bounds(i.indicator, x.xs) t
WHERE i.indicator ~ 'nonzero' AND i.indicator ~ '^(percentile|fixed|iqr)' AND i.indicator !~ 'sigma|zscore';
-- in another order, and of states of thirds that are merged: the same bits in every pass
SELECT which, (fit_fully(:'model', 'twin_large', which, 'random_order')).result = result AS shuffled FROM twin_large_fit WHERE which = 'mixed';
CREATE FUNCTION merge_fully(model score_model, which text) RETURNS score_model LANGUAGE plpgsql AS $$
DECLARE
    result score_model := model;
BEGIN
    FOR pass IN 1..12 LOOP
        EXECUTE format('SELECT fit_model(fit_merge(state::text::fit_state)) FROM (SELECT fit_partial($1, VARIADIC array_fill(%I, ARRAY[$2])) AS state FROM twin_large GROUP BY i %% 3) s', which)
            INTO result USING result, (SELECT count(*) FROM model_indicators(model))::int;
        EXIT WHEN is_fitted(result);
    END LOOP;
    RETURN result;
END $$;
SELECT which, merge_fully(:'model', which) = result AS merged FROM twin_large_fit WHERE which = 'rare';

-- quantiles of many values, in orders that tell much or nothing of where a rank lies: every hundredth value alone says
-- that all are high, or that half are below
SELECT s.shape, count(*) AS compared,
       count(*) FILTER (WHERE (b.b).lower IS DISTINCT FROM b.twin[1] OR (b.b).upper IS DISTINCT FROM b.twin[2]) AS differ,
       count(DISTINCT b.twin[1]) AS different
FROM unnest('{ascending,descending,equal,few,signs,shuffled,hundredth,halves}'::text[]) s(shape)
CROSS JOIN unnest('{0,0.0004,0.01,0.4999,0.7}'::float8[]) p
CROSS JOIN LATERAL (
    SELECT extreme_bounds(x, format('percentile(%s,%s)', p, 1 - p / 16) ORDER BY i) AS b,
           -- bounds that are the same fall back on all values
           CASE WHEN percentile_cont(p) WITHIN GROUP (ORDER BY x) = percentile_cont(1 - p / 16) WITHIN GROUP (ORDER BY x)
                THEN ARRAY[min(x), max(x)] ELSE percentile_cont(ARRAY[p, 1 - p / 16]) WITHIN GROUP (ORDER BY x) END AS twin
    FROM (SELECT i, CASE s.shape
                 WHEN 'ascending' THEN i / 7.0
                 WHEN 'descending' THEN -i / 7.0
                 WHEN 'equal' THEN 42
                 WHEN 'few' THEN i * 7919 % 25601 % 3
                 WHEN 'signs' THEN CASE i * 7919 % 3 WHEN 0 THEN -0.0::float8 WHEN 1 THEN 0 ELSE (i * 7919 % 25601 - 12800) / 3.0 END
                 WHEN 'shuffled' THEN (i * 7919 % 25601 - 12800) / 3.0
                 WHEN 'hundredth' THEN CASE WHEN i % 100 = 0 THEN 1e9 + i ELSE i * 7919 % 25601 END
                 WHEN 'halves' THEN CASE WHEN i % 100 <> 0 THEN i * 7919 % 25601 WHEN i % 200 = 0 THEN -1e9 + i ELSE 1e9 + i END
                 END::float8 AS x
          FROM generate_series(0, 25599) i) v) b
GROUP BY s.shape ORDER BY s.shape;

DROP TABLE twin_method, twin_sample, twin_result, twin_fit, twin_large, twin_large_fit;
DROP FUNCTION twin_part(text, float8[]), twin_bounds(text, float8[]), fit_fully(score_model, text, text, text), large_bounds(text, text), merge_fully(score_model, text);
