-- Categories in categories and means that do not add: against published examples, base R, a twin in plain SQL for
-- random trees, and the properties that they must have.  Errors of schemes are in scheme.sql, of models in model.sql.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA aggregation;
SET search_path = aggregation, innovation_score, public;
-- a fraction of 0 to 1 from a key, the same on every machine
CREATE FUNCTION chance(VARIADIC key text[]) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashtextextended(array_to_string(key, '/'), 7) & 1048575) / 1048576.0::float8;
-- farther apart than rounding explains; NULL differs from everything but NULL
CREATE FUNCTION differs(a float8, b float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN a IS NULL OR b IS NULL THEN (a IS NULL) <> (b IS NULL) ELSE NOT abs(a - b) <= tolerance END;
RESET client_min_messages;

-- ---------------------------------------------------------------- the grammar

SELECT a, _innovation_score.valid_aggregation(a) FROM unnest('{arithmetic," geometric ",harmonic,generalized(0.5),"generalized( -1e3 )"}'::text[]) a;
SELECT _innovation_score.valid_aggregation(NULL);
\set VERBOSITY default
SELECT _innovation_score.valid_aggregation('generalised(2)');
SELECT _innovation_score.valid_aggregation('generalized');
SELECT _innovation_score.valid_aggregation('generalized(NaN)');
SELECT _innovation_score.valid_aggregation('geometric(1)');

-- ---------------------------------------------------------------- published examples

-- A model over indicators a, b, ... of category "all", between 0 and 1.
CREATE FUNCTION plain(aggregation text, weights float8[], floor float8 DEFAULT 1, missing text DEFAULT 'zero') RETURNS score_model
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('aggregation', aggregation, 'floor', floor, 'missing', missing, 'indicators',
                              jsonb_agg(jsonb_build_object('indicator', chr(96 + n::int), 'weights', w, 'extreme', 'fixed(0,1)') ORDER BY n))::score_model
    FROM unnest(weights) WITH ORDINALITY u(w, n)
$$;

-- OECD and JRC, Handbook on Constructing Composite Indicators (2008): countries of values 21, 1, 1, 1 and 6, 6, 6, 6 are
-- equal if added, 2.14 and 6 if multiplied. With bounds 1 and 21 and a floor of 1/21, the scale is theirs divided by 21.
SELECT a, round((1 + score(m, 'all', 21, 1, 1, 1) / 5)::numeric, 2) AS first, round((1 + score(m, 'all', 6, 6, 6, 6) / 5)::numeric, 2) AS second
FROM unnest('{arithmetic,geometric}'::text[]) a,
     LATERAL (SELECT replace(jsonb_set(plain(a, '{1,1,1,1}', 100 / 21.0)::jsonb, '{scheme}', '"handbook"')::text, 'fixed(0,1)', 'fixed(1,21)')::score_model AS m) s;
-- UNDP, Human Development Report 2014, technical note 1, Costa Rica: indices 0.922, 0.654 (the arithmetic mean of 0.558
-- and 0.750) and 0.735, their geometric mean 0.763. Its scale starts at 0, ours next to it.
SELECT round((r[1] / 100)::numeric, 3) AS hdi, round((r[4] / 100)::numeric, 3) AS health, round((r[5] / 100)::numeric, 3) AS education, round((r[6] / 100)::numeric, 3) AS income
FROM score_row('{"scheme": "hdi", "aggregation": "geometric", "floor": 1e-9,
    "categories": [{"category": "health", "weights": 1}, {"category": "education", "aggregation": "arithmetic", "weights": 1}, {"category": "income", "weights": 1}],
    "indicators": [{"indicator": "life_expectancy", "category": "health", "extreme": "fixed(20,85)", "weights": 1},
                   {"indicator": "mean_years", "category": "education", "extreme": "fixed(0,15)", "weights": 1},
                   {"indicator": "expected_years", "category": "education", "extreme": "fixed(0,18)", "weights": 1},
                   {"indicator": "ln_income", "category": "income", "extreme": "fixed(4.605170185988092,11.225243392518447)", "weights": 1}]}',
    'all', 79.93, 8.37, 13.50, ln(13011.7::float8)) AS r;
-- base R 4.2.2: v <- 0.01 + 0.99 * x; 100 * (m - 0.01) / 0.99 of the means m
--   weighted.mean(x, w), exp(weighted.mean(log(v), w)), 1 / weighted.mean(1 / v, w), weighted.mean(v^p, w)^(1 / p)
SELECT a, differs(score(plain(a, '{3,1,2.5,0.5,4}'), 'all', 0.7, 0.2, 0.95, 0.05, 0.4), r) AS differs
FROM (VALUES ('arithmetic', 57.272727272727273), ('geometric', 48.828091220858887), ('harmonic', 36.075282565914208), ('generalized(2)', 63.204702308196495),
             ('generalized(-3)', 15.419847708347548), ('generalized(0.5)', 53.483203290082336), ('generalized(17.25)', 87.131500287278470)) v(a, r);
-- the same values in two levels: geometric of the first two, harmonic of the others, generalized(0.5) of both
SELECT differs(r[4], 51.361654637238580) AS first, differs(r[5], 32.844078880147137) AS second, differs(r[1], 39.112189550295156) AS whole
FROM score_row('{"aggregation": "generalized(0.5)",
    "categories": [{"category": "first", "aggregation": "geometric"}, {"category": "second", "aggregation": "harmonic"}],
    "indicators": [{"indicator": "a", "category": "first", "weights": 3, "extreme": "fixed(0,1)"}, {"indicator": "b", "category": "first", "weights": 1, "extreme": "fixed(0,1)"},
                   {"indicator": "c", "category": "second", "weights": 2.5, "extreme": "fixed(0,1)"}, {"indicator": "d", "category": "second", "weights": 0.5, "extreme": "fixed(0,1)"},
                   {"indicator": "e", "category": "second", "weights": 4, "extreme": "fixed(0,1)"}]}', 'all', 0.7, 0.2, 0.95, 0.05, 0.4) r;

-- ---------------------------------------------------------------- the means themselves

-- names for exponents: the same bits; beyond all exponents the best and the worst value, next to 0 the geometric mean
SELECT count(*) AS rows,
       count(*) FILTER (WHERE score(plain('generalized(1)', w), 'all', VARIADIC v) <> score(plain('arithmetic', w), 'all', VARIADIC v)) AS arithmetic,
       count(*) FILTER (WHERE score(plain('generalized(0)', w), 'all', VARIADIC v) <> score(plain('geometric', w), 'all', VARIADIC v)) AS geometric,
       count(*) FILTER (WHERE score(plain('generalized(-1)', w), 'all', VARIADIC v) <> score(plain('harmonic', w), 'all', VARIADIC v)) AS harmonic,
       count(*) FILTER (WHERE differs(score(plain('generalized(1e300)', w), 'all', VARIADIC v), 100 * (SELECT max(x) FROM unnest(v) x))) AS maximum,
       count(*) FILTER (WHERE differs(score(plain('generalized(-1e300)', w), 'all', VARIADIC v), 100 * (SELECT min(x) FROM unnest(v) x))) AS minimum,
       count(*) FILTER (WHERE differs(score(plain('generalized(1e-9)', w), 'all', VARIADIC v), score(plain('geometric', w), 'all', VARIADIC v), 1e-6)
                           OR differs(score(plain('generalized(-1e-14)', w), 'all', VARIADIC v), score(plain('geometric', w), 'all', VARIADIC v))
                           OR differs(score(plain('generalized(5e-324)', w), 'all', VARIADIC v), score(plain('geometric', w), 'all', VARIADIC v))) AS near_zero
FROM (SELECT i, array_agg(chance('w', i::text, j::text) + 0.01) AS w, array_agg(chance('v', i::text, j::text)) AS v
      FROM generate_series(1, 300) i, generate_series(1, 5) j GROUP BY i) r;
-- the larger the exponent, the larger the mean; whatever the floor. One value of 0 does not void the others, none does all.
SELECT floor, count(*) AS rows,
       count(*) FILTER (WHERE NOT (minimum <= harmonic + e AND harmonic <= geometric + e AND geometric <= root + e AND root <= arithmetic + e
                                   AND arithmetic <= square + e AND square <= maximum + e)) AS unordered,
       count(*) FILTER (WHERE geometric <= 0 OR harmonic <= 0) AS voided
FROM (SELECT floor, 1e-11 AS e, 100 * (SELECT min(x) FROM unnest(v) x) AS minimum, score(plain('harmonic', w, floor), 'all', VARIADIC v) AS harmonic,
             score(plain('geometric', w, floor), 'all', VARIADIC v) AS geometric, score(plain('generalized(0.5)', w, floor), 'all', VARIADIC v) AS root,
             score(plain('arithmetic', w, floor), 'all', VARIADIC v) AS arithmetic, score(plain('generalized(2)', w, floor), 'all', VARIADIC v) AS square,
             100 * (SELECT max(x) FROM unnest(v) x) AS maximum
      FROM (SELECT i, array_agg(chance('w', i::text, j::text) + 0.01) AS w, array_agg(CASE WHEN j = i % 9 THEN 0 ELSE chance('v', i::text, j::text) END) AS v
            FROM generate_series(1, 300) i, generate_series(1, 6) j GROUP BY i) r, unnest('{0.001,1,10,99}'::float8[]) floor) m
GROUP BY floor ORDER BY floor;
-- equal values are their mean, all 0 is 0, all 1 is full marks
SELECT a, x, count(*) AS floors, count(*) FILTER (WHERE differs(score(plain(a, '{0.3,1e-5,7,1e5}', floor), 'all', x, x, x, x), 100 * x, 1e-12)) AS differ
FROM unnest('{geometric,harmonic,generalized(-20),generalized(3)}'::text[]) a, unnest('{0,1,0.3}'::float8[]) x, unnest('{1e-12,0.5,1,99}'::float8[]) floor
GROUP BY a, x ORDER BY a COLLATE "C", x;
-- the ends of the scale: a tiny floor makes a 0 count for almost everything
SELECT floor, round(score(plain('geometric', '{1,1}', floor), 'all', 0, 1)::numeric, 6) AS geometric, round(score(plain('harmonic', '{1,1}', floor), 'all', 0, 1)::numeric, 6) AS harmonic,
       round(score(plain('generalized(-400)', '{1,1}', floor), 'all', 0, 1)::numeric, 6) AS generalized
FROM unnest('{1e-12,1e-4,1,4,25,99}'::float8[]) floor;

-- ---------------------------------------------------------------- a tree by hand

CREATE FUNCTION tree(missing text, more jsonb DEFAULT '{}') RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
SELECT ('{"scheme": "tree", "stages": ["s", "t"],
 "categories": [{"category": "leaf", "parent": "inner"}, {"category": "plus", "role": "bonus", "max_points": 5}, {"category": "other"},
                {"category": "inner", "parent": "outer", "aggregation": "geometric"}, {"category": "outer"}, {"category": "plus_in", "parent": "plus"}],
 "indicators": [
  {"indicator": "a", "category": "leaf", "extreme": "fixed(0,100)", "weights": {"s": 10, "t": 20}}, {"indicator": "b", "category": "leaf", "extreme": "fixed(0,100)", "weights": {"s": 30, "t": 20}},
  {"indicator": "c", "category": "inner", "extreme": "fixed(0,100)", "weights": {"s": 20}}, {"indicator": "d", "category": "outer", "extreme": "fixed(0,100)", "weights": {"s": 20, "t": 30}},
  {"indicator": "e", "category": "other", "extreme": "fixed(0,100)", "weights": {"s": 20, "t": 30}},
  {"indicator": "p", "category": "plus_in", "extreme": "fixed(0,100)", "weights": 6}, {"indicator": "q", "category": "plus", "extreme": "fixed(0,100)", "weights": 2}]}'::jsonb
 || jsonb_build_object('missing', missing) || more)::score_model
$$;
SELECT * FROM model_categories(tree('zero'));
-- 12 digits: the last ones of a logarithm are the C library's
SET extra_float_digits = -3;
SELECT * FROM score_detail(tree('zero'), 's', 40, 80, 10, 50, 90, 100, 50);
SELECT s, score_row(tree('zero'), s, 40, 80, 10, 50, 90, 100, 50) FROM unnest('{s,t}'::text[]) s;
SELECT c, category_score(tree('zero'), 's', c, 40, 80, 10, 50, 90, 100, 50) FROM unnest('{leaf,inner,outer,plus_in}'::text[]) c;
-- missing values under each policy, and a category without any
SELECT p AS missing, score_row(tree(p), 's', VARIADIC v) FROM unnest('{zero,reweight,"null"}'::text[]) p,
    (VALUES (1, '{40,NULL,10,50,90,NULL,50}'::float8[]), (2, '{NULL,NULL,10,50,90,100,50}'), (3, '{NULL,NULL,NULL,NULL,90,100,50}'), (4, '{NULL,NULL,NULL,NULL,NULL,NULL,NULL}')) v(i, v)
ORDER BY i, p DESC;
SELECT p AS missing, indicator, normalized, max_points, points FROM unnest('{zero,reweight,"null"}'::text[]) p, score_detail(tree(p), 's', 40, NULL, 10, 50, 90, NULL, 50) WHERE indicator IN ('a', 'b', 'c', 'd', 'p') ORDER BY p DESC, indicator;
-- minimum coverage of a category: below it no score for it and for all above it; a category of no weight is not asked
SELECT min, stage, score_row(tree('zero', jsonb_set(tree('zero')::jsonb, '{categories,3,min_coverage}', min)), stage, 40, NULL, NULL, 50, 90, 100, 50)
FROM unnest('{0.16,0.1667,1}'::jsonb[]) min, unnest('{s,t}'::text[]) stage;
SELECT score_row('{"categories": [{"category": "a"}, {"category": "b", "min_coverage": 1}], "indicators": [{"indicator": "x", "weights": 1, "category": "a", "extreme": "fixed(0,1)"},
    {"indicator": "y", "weights": 0, "category": "b", "extreme": "fixed(0,1)"}]}', 'all', 0.5, NULL);
-- weights of categories: within a category as given, among its siblings its own; also where nothing is aggregated otherwise
SELECT p AS missing, indicator, max_points, points
FROM unnest('{zero,reweight}'::text[]) p, LATERAL (SELECT tree(p, jsonb_set(jsonb_set(tree(p)::jsonb, '{categories,3,aggregation}', '"arithmetic"'), '{categories,3,weights}', '{"s": 180}')) AS m) t, score_detail(m, 's', 40, NULL, 10, 50, 90, 0, 0)
WHERE max_points <> 0 AND indicator < 'p' ORDER BY p DESC, indicator;
SELECT coverage(tree('zero', jsonb_set(tree('zero')::jsonb, '{categories,3,weights}', '{"s": 180}')), 's', 40, NULL, NULL, 50, 90, 0, 0);
RESET extra_float_digits;
-- as deep as a model can be, an indicator at every level; one level more is refused
CREATE FUNCTION chain(levels int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
SELECT jsonb_build_object('aggregation', 'harmonic', 'categories', jsonb_agg(jsonb_build_object('category', 'c' || i, 'parent', 'c' || i + 1) - CASE WHEN i = levels THEN 'parent' ELSE '' END ORDER BY i),
    'indicators', jsonb_agg(jsonb_build_object('indicator', 'x' || i, 'category', 'c' || i, 'weights', 1, 'extreme', 'fixed(0,1)') ORDER BY i)) FROM generate_series(1, levels) i
$$;
-- harmonic means of one floor at every level, with weights that are sums, are the harmonic mean of all
SELECT differs(score(chain(100)::score_model, 'all', VARIADIC v), 100 * (100 / total - 0.01) / 0.99)
FROM (SELECT array_agg(chance('deep', i::text)) AS v, sum(1 / (0.01 + 0.99 * chance('deep', i::text))) AS total FROM generate_series(1, 100) i) d;
SELECT chain(101)::score_model;

-- ---------------------------------------------------------------- random trees: the twin

-- 240 models of up to eight categories, nested at will and listed in any order, and six firms each. In every fourth
-- model the indicators have policies of their own for missing values.
CREATE TABLE random_category AS
SELECT i, k, 'c' || k AS category, CASE WHEN k > 1 AND chance('parent?', i::text, k::text) < 0.7 THEN 'c' || 1 + floor((k - 1) * chance('parent', i::text, k::text)) END AS parent,
       (ARRAY[NULL, NULL, 'arithmetic', 'geometric', 'harmonic', 'generalized(0.5)', 'generalized(2)', 'generalized(-1.75)', 'inverse_geometric'])[1 + floor(9 * chance('how', i::text, k::text))] AS aggregation,
       CASE WHEN chance('floor?', i::text, k::text) < 0.3 THEN (ARRAY[0, 5, 30])[1 + floor(3 * chance('floor', i::text, k::text))] END AS floor,
       CASE WHEN chance('own?', i::text, k::text) < 0.3 THEN 1 + floor(50 * chance('own', i::text, k::text)) END AS own,
       CASE WHEN chance('min?', i::text, k::text) < 0.15 THEN 0.437 ELSE 0 END AS min_coverage
FROM generate_series(1, 240) i, LATERAL generate_series(1, 1 + floor(8 * chance('categories', i::text))::int) k;
CREATE TABLE random_indicator AS
-- the first ones make sure that no category is empty
SELECT i, j, 'x' || j AS indicator, 'c' || CASE WHEN j <= n THEN j ELSE 1 + floor(n * chance('in', i::text, j::text)) END AS category,
       CASE WHEN j > n AND chance('zero?', i::text, j::text) < 0.1 THEN 0 ELSE 1 + floor(30 * chance('weight', i::text, j::text)) END AS weight
FROM (SELECT i, max(k) AS n FROM random_category GROUP BY i) c, generate_series(1, n + floor(2 * n * chance('indicators', i::text))::int) j;
CREATE TABLE random_model AS
SELECT i, m, m::score_model AS model
FROM (SELECT i, jsonb_build_object(
                 'scheme', 'r' || i, 'full_marks', CASE WHEN i % 3 = 0 THEN 1000 ELSE 100 END, 'missing', (ARRAY['zero', 'reweight', 'null'])[1 + i % 3],
                 'min_coverage', CASE WHEN i % 7 = 0 THEN 0.4321 ELSE 0 END, 'floor', (ARRAY[1, 0.1, 20, 0])[1 + i / 3 % 4],
                 'aggregation', (ARRAY['arithmetic', 'geometric', 'harmonic', 'generalized(0.3)'])[1 + i / 9 % 4],
                 'categories', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('category', category, 'parent', parent, 'aggregation', aggregation, 'floor', floor, 'weights', own,
                                                                                      'min_coverage', min_coverage)) ORDER BY chance('order', i::text, k::text))
                                FROM random_category c WHERE c.i = g.i),
                 'indicators', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('indicator', indicator, 'category', category, 'weights', weight, 'extreme', 'fixed(0,1)',
                                                                                       'missing', CASE WHEN i % 4 = 0 THEN (ARRAY['zero', 'reweight', 'null'])[1 + floor(2.2 * chance('policy', i::text, j::text))] END))
                                                 ORDER BY chance('indicator order', i::text, j::text))
                                FROM random_indicator x WHERE x.i = g.i)) AS m
      FROM generate_series(1, 240) g(i)) r;
-- values in the order of the model, and by name
CREATE TABLE random_row AS
SELECT i, f, array_agg(value ORDER BY place) AS v, jsonb_object_agg(indicator, value) AS named
FROM (SELECT i, f, place, indicator ->> 'indicator' AS indicator,
             CASE WHEN chance('missing?', i::text, f::text, place::text) < (ARRAY[0, 0.1, 0.3])[1 + f % 3] THEN NULL
                  WHEN chance('edge?', i::text, f::text, place::text) < 0.15 THEN round(chance('edge', i::text, f::text, place::text))
                  ELSE chance('value', i::text, f::text, place::text) END AS value
      FROM random_model, jsonb_array_elements(m -> 'indicators') WITH ORDINALITY e(indicator, place), generate_series(1, 6) f) r
GROUP BY i, f;
SELECT count(*) AS models, sum(jsonb_array_length(m -> 'categories')) AS categories, (SELECT count(*) FROM random_category WHERE parent IS NOT NULL) AS nested,
       sum(jsonb_array_length(m -> 'indicators')) AS indicators, count(*) FILTER (WHERE model::text::score_model = model) AS same_from_text
FROM random_model;

-- One category with all that is in it (NULL: the whole): its weight, its weight in this row, value, coverage, and what
-- share of its points each indicator has.
CREATE FUNCTION twin(m jsonb, named jsonb, node text, OUT whole float8, OUT here float8, OUT value float8, OUT coverage float8, OUT covered boolean, OUT shares jsonb, OUT scores jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    reweights boolean := (SELECT bool_or(coalesce(x ->> 'missing', m ->> 'missing') = 'reweight') FROM jsonb_array_elements(m -> 'indicators') x);
    me jsonb := (SELECT c FROM jsonb_array_elements(m -> 'categories') c WHERE c ->> 'category' = node);
    how text := coalesce(me ->> 'aggregation', m ->> 'aggregation');
    own float8 := (me ->> 'weights')::float8;
    f float8 := coalesce(me ->> 'floor', m ->> 'floor')::float8 / 100;
    weights float8[] := '{}';
    vals float8[] := '{}';
    below jsonb[] := '{}';
    present float8 := 0;
    total float8;
    p float8;
    part record;
    child record;
BEGIN
    whole := 0; covered := true; scores := '{}';
    FOR part IN SELECT x ->> 'indicator' AS code, (x ->> 'weights')::float8 AS weight, coalesce(x ->> 'missing', m ->> 'missing') AS missing FROM jsonb_array_elements(m -> 'indicators') x WHERE x ->> 'category' = node LOOP
        p := (named ->> part.code)::float8;
        whole := whole + part.weight;
        present := present + CASE WHEN p IS NULL THEN 0 ELSE part.weight END;
        IF part.weight > 0 AND (p IS NOT NULL OR part.missing <> 'reweight') THEN
            weights := weights || part.weight;
            vals := vals || CASE WHEN p IS NULL AND part.missing = 'zero' THEN 0 ELSE p END;
            below := below || jsonb_build_object(part.code, 1);
        END IF;
    END LOOP;
    FOR part IN SELECT c ->> 'category' AS code FROM jsonb_array_elements(m -> 'categories') c WHERE c ->> 'parent' IS NOT DISTINCT FROM node LOOP
        SELECT * INTO child FROM twin(m, named, part.code);
        whole := whole + child.whole;
        present := present + child.whole * child.coverage;
        covered := covered AND child.covered;
        scores := scores || child.scores;
        IF child.here > 0 THEN
            weights := weights || child.here;
            vals := vals || child.value;
            below := below || child.shares;
        END IF;
    END LOOP;
    coverage := present / whole;
    covered := covered AND coverage >= coalesce((me ->> 'min_coverage')::float8, 0);
    whole := coalesce(own, whole);
    total := (SELECT sum(w) FROM unnest(weights) w);
    here := CASE WHEN total IS NULL THEN 0 WHEN reweights THEN coalesce(own, total) ELSE whole END;
    IF array_position(vals, NULL) IS NULL THEN
        p := CASE how WHEN 'arithmetic' THEN 1 WHEN 'harmonic' THEN -1 WHEN 'geometric' THEN 0 ELSE substring(how FROM '[(](.*)[)]')::float8 END;
        IF how = 'inverse_geometric' THEN
            value := 1;
            FOR n IN 1 .. cardinality(vals) LOOP
                value := value * power(f + (1 - f) * (1 - vals[n]), weights[n] / total);
            END LOOP;
        ELSIF p < 0 AND f = 0 AND 0 = ANY (vals) THEN
            value := 0;
        ELSIF p = 0 THEN
            value := 1;
            FOR n IN 1 .. cardinality(vals) LOOP
                value := value * power(f + (1 - f) * vals[n], weights[n] / total);
            END LOOP;
        ELSE
            value := power((SELECT sum(w / total * power(f + (1 - f) * v, p)) FROM unnest(weights, vals) u(w, v)), 1 / p);
        END IF;
        value := CASE WHEN total IS NOT NULL THEN greatest((value - f) / (1 - f), 0) END;
        IF how = 'inverse_geometric' THEN
            value := 1 - value;
        END IF;
        -- without a floor, a mean of zeros that rounding raises would go far
        IF total IS NOT NULL AND vals[1] = ALL (vals) THEN
            value := vals[1];
        END IF;
    END IF;
    total := (SELECT sum(w * v) FROM unnest(weights, vals) u(w, v));
    shares := coalesce((SELECT jsonb_object_agg(s.key, s.value::float8 * weights[n] * vals[n] / nullif(total, 0))
                        FROM generate_subscripts(below, 1) n, jsonb_each_text(below[n]) s), '{}');
    IF node IS NOT NULL THEN
        scores := scores || jsonb_build_object(node, CASE WHEN covered THEN (m ->> 'full_marks')::float8 * value END);
    END IF;
END
$$;
CREATE FUNCTION policy(m jsonb) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(m -> 'indicators') x WHERE x ? 'missing') THEN 'mixed' ELSE m ->> 'missing' END;
CREATE TABLE twin_row AS
SELECT i, f, t.coverage, t.shares, t.scores,
       CASE WHEN t.covered AND t.coverage >= (m ->> 'min_coverage')::float8 THEN (m ->> 'full_marks')::float8 * t.value END AS score
FROM random_row JOIN random_model USING (i), LATERAL twin(m, named, NULL) t;
CREATE TABLE found_row AS
SELECT i, f, m, s AS score, coverage(model, 'all', VARIADIC v) AS coverage, score_row(model, 'all', VARIADIC v) AS row, d.points, d.summed
FROM random_row JOIN random_model USING (i), LATERAL (SELECT score(model, 'all', VARIADIC v) AS s) s,
     LATERAL (SELECT jsonb_object_agg(indicator, points) AS points, sum(points) AS summed FROM score_detail(model, 'all', VARIADIC v)) d;
-- total and coverage; the points add up to the score, which is rounded
SELECT policy(m) AS missing, count(*) AS compared, count(f.score) AS "not null", count(t.score) AS "twin not null", count(*) FILTER (WHERE differs(f.score, t.score)) AS "scores differ",
       count(*) FILTER (WHERE differs(f.coverage, t.coverage)) AS "coverages differ", count(*) FILTER (WHERE f.score IS NOT NULL AND NOT abs(f.score - f.summed) < 1e-8) AS "sums differ",
       count(*) FILTER (WHERE f.score IS DISTINCT FROM row[1] OR f.coverage IS DISTINCT FROM row[2]) AS "rows of other bits"
FROM found_row f FULL JOIN twin_row t USING (i, f) GROUP BY 1 ORDER BY 1;
-- categories, at every depth
SELECT policy(m) AS missing, count(*) AS compared, count(found) AS "not null", count(expected) AS "twin not null", count(*) FILTER (WHERE differs(found, expected)) AS differ,
       count(*) FILTER (WHERE found IS DISTINCT FROM single) AS "category_score differs"
FROM (SELECT m, row[3 + place] AS found, (scores ->> (c ->> 'category'))::float8 AS expected, category_score(model, 'all', c ->> 'category', VARIADIC v) AS single
      FROM found_row JOIN twin_row USING (i, f) JOIN random_row USING (i, f) JOIN (SELECT i, model FROM random_model) n USING (i),
           jsonb_array_elements(m -> 'categories') WITH ORDINALITY e(c, place)) r
GROUP BY 1 ORDER BY 1;
-- points: the score, shared out down the tree in proportion to weight * value
SELECT policy(m) AS missing, count(*) AS compared, count(*) FILTER (WHERE differs(points, score * share, 1e-8)) AS differ
FROM (SELECT m, t.score, p.value::float8 AS points, coalesce((t.shares ->> p.key)::float8, 0) AS share
      FROM found_row f JOIN twin_row t USING (i, f), jsonb_each_text(f.points) p WHERE t.score IS NOT NULL) r
GROUP BY 1 ORDER BY 1;

-- ---------------------------------------------------------------- random trees: properties

-- a better value never lowers a score, beyond rounding
SELECT policy(m) AS missing, count(*) AS compared, count(better) AS "not null", count(*) FILTER (WHERE better > score + 1e-9) AS higher, count(*) FILTER (WHERE NOT better >= score - 1e-10) AS lower
FROM (SELECT m, score(model, 'all', VARIADIC v) AS score, score(model, 'all', VARIADIC v[:at - 1] || v[at] + (1 - v[at]) * chance('step', i::text, f::text, at::text) || v[at + 1:]) AS better
      FROM random_row JOIN random_model USING (i), generate_subscripts(v, 1) at WHERE v[at] IS NOT NULL) r
GROUP BY 1 ORDER BY 1;
-- the order of indicators and categories does not matter, beyond rounding
SELECT count(*) AS compared, count(a) AS "not null", count(*) FILTER (WHERE differs(a, b, 1e-10)) AS differ
FROM (SELECT score(model, 'all', VARIADIC v) AS a,
             score((m || jsonb_build_object('categories', (SELECT jsonb_agg(c ORDER BY n DESC) FROM jsonb_array_elements(m -> 'categories') WITH ORDINALITY e(c, n)),
                                            'indicators', (SELECT jsonb_agg(c ORDER BY n DESC) FROM jsonb_array_elements(m -> 'indicators') WITH ORDINALITY e(c, n))))::score_model,
                   'all', VARIADIC ARRAY(SELECT x FROM unnest(v) WITH ORDINALITY u(x, n) ORDER BY n DESC)) AS b
      FROM random_row JOIN random_model USING (i)) r;
-- what is arithmetic at every node is one sum: without weights of categories the nesting changes no bit
CREATE FUNCTION without(m jsonb, keys text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN m || jsonb_build_object('aggregation', 'arithmetic', 'categories', (SELECT jsonb_agg(c - keys ORDER BY n) FROM jsonb_array_elements(m -> 'categories') WITH ORDINALITY e(c, n)));
SELECT count(*) AS compared, count(flat) AS "not null", count(*) FILTER (WHERE flat IS DISTINCT FROM nested) AS "other bits", count(*) FILTER (WHERE differs(flat, forced)) AS "by the tree, differ"
FROM (SELECT score(without(m, '{parent,aggregation,min_coverage,weights}')::score_model, 'all', VARIADIC v) AS flat,
             score(without(m, '{aggregation,min_coverage,weights}')::score_model, 'all', VARIADIC v) AS nested,
             -- an empty category that is geometric: the score takes the road of the tree
             score(jsonb_insert(without(m, '{aggregation,min_coverage,weights}'), '{categories,0}', '{"category": "empty", "aggregation": "geometric"}')::score_model,
                   'all', VARIADIC v) AS forced
      FROM random_row JOIN random_model USING (i)) r;

-- ---------------------------------------------------------------- effective weights of schemes

INSERT INTO scheme (scheme, aggregation, floor, missing, extreme) SELECT 'r' || i, m ->> 'aggregation', (m ->> 'floor')::float8, m ->> 'missing', 'fixed(0,1)' FROM random_model WHERE i <= 60;
INSERT INTO category (scheme, category, parent, aggregation, floor, min_coverage, position)
SELECT 'r' || i, c ->> 'category', c ->> 'parent', c ->> 'aggregation', (c ->> 'floor')::float8, (c ->> 'min_coverage')::float8, n FROM random_model, jsonb_array_elements(m -> 'categories') WITH ORDINALITY e(c, n) WHERE i <= 60;
INSERT INTO indicator (scheme, indicator, category, missing, position)
SELECT 'r' || i, x ->> 'indicator', x ->> 'category', x ->> 'missing', n FROM random_model, jsonb_array_elements(m -> 'indicators') WITH ORDINALITY e(x, n) WHERE i <= 60;
INSERT INTO weight SELECT 'r' || i, 'all', x ->> 'indicator', (x ->> 'weights')::float8 FROM random_model, jsonb_array_elements(m -> 'indicators') x WHERE i <= 60;
INSERT INTO category_weight SELECT 'r' || i, 'all', c ->> 'category', (c ->> 'weights')::float8 FROM random_model, jsonb_array_elements(m -> 'categories') c WHERE i <= 60 AND c ? 'weights';
-- the scheme makes the model that its rows say
SELECT count(*) AS schemes, count(*) FILTER (WHERE (scheme_model('r' || i)::jsonb || jsonb_build_object('full_marks', m -> 'full_marks', 'min_coverage', m -> 'min_coverage'))::score_model <> model) AS differ
FROM random_model WHERE i <= 60;
-- so does the scheme that its document makes
SELECT count(scheme_import(scheme_export('r' || i), 'copy' || i)) FROM random_model WHERE i <= 60;
SELECT count(*) AS schemes, count(*) FILTER (WHERE scheme_model('copy' || i)::jsonb - 'scheme' <> scheme_model('r' || i)::jsonb - 'scheme') AS differ FROM random_model WHERE i <= 60;
DELETE FROM scheme WHERE scheme ~ '^copy\d';
-- they sum to 1, and are what a perfect value gives where all is added up
SELECT count(*) AS schemes, count(*) FILTER (WHERE differs(sum, 1, 1e-12)) AS "other sums" FROM (SELECT scheme, sum(effective_weight) FROM effective_weight WHERE scheme ~ '^r\d' GROUP BY scheme) s;
SELECT count(*) AS compared, count(w.effective_weight) AS "not null", count(*) FILTER (WHERE differs(w.effective_weight, d.max_points / 100, 1e-12)) AS differ
FROM (SELECT i, d.* FROM random_model, score_detail((without(m, '{aggregation,min_coverage}') || '{"full_marks": 100, "min_coverage": 0}')::score_model, 'all',
                                                     VARIADIC array_fill(1::float8, ARRAY[jsonb_array_length(m -> 'indicators')])) d WHERE i <= 60) d
FULL JOIN (SELECT * FROM effective_weight WHERE scheme ~ '^r\d') w ON w.scheme = 'r' || d.i AND w.indicator = d.indicator;
SELECT indicator, category, path, round(effective_weight::numeric, 6) AS effective_weight FROM effective_weight WHERE scheme = 'r1' ORDER BY path COLLATE "C", indicator COLLATE "C";
DELETE FROM scheme WHERE scheme ~ '^r\d';

-- ---------------------------------------------------------------- a scoreboard over three levels, live and frozen

CREATE TABLE firm AS
SELECT f AS firm, 2023 + f % 2 AS year, (ARRAY['early', 'late'])[1 + f % 3 % 2] AS stage,
       CASE WHEN f % 11 > 0 THEN chance('a', f::text) * 100 END AS a, chance('b', f::text) AS b, CASE WHEN f % 4 > 0 THEN f % 10 ELSE 0 END AS c, chance('d', f::text) ^ 3 AS d,
       f % 7 AS e, CASE WHEN f % 5 = 0 THEN 3 ELSE 0 END AS p
FROM generate_series(1, 120) f;
INSERT INTO scheme (scheme, title, extreme, aggregation) VALUES ('levels', '三级', 'none', 'geometric');
INSERT INTO stage VALUES ('levels', 'early', '早期', 1), ('levels', 'late', '后期', 2);
INSERT INTO category (scheme, category, title, parent, position, aggregation, min_coverage) VALUES
    ('levels', 'innovation', '创新', NULL, 1, NULL, 0), ('levels', 'input', '投入', 'innovation', 2, 'arithmetic', 0), ('levels', 'people', '人员', 'input', 3, 'harmonic', 0),
    ('levels', 'output', '产出', 'innovation', 4, NULL, 0.5), ('levels', 'growth', '成长', NULL, 5, NULL, 0);
INSERT INTO category (scheme, category, title, role, max_points, position) VALUES ('levels', 'plus', '加分', 'bonus', 4, 6);
INSERT INTO indicator (scheme, indicator, title, category, position) VALUES ('levels', 'a', '甲', 'output', 1), ('levels', 'b', '乙', 'people', 2), ('levels', 'c', '丙', 'people', 3),
    ('levels', 'd', '丁', 'input', 4), ('levels', 'e', '戊', 'growth', 5), ('levels', 'p', '己', 'plus', 6);
INSERT INTO weight SELECT 'levels', s, i, w FROM unnest('{early,late}'::text[]) s, (VALUES ('a', 30), ('b', 20), ('c', 10), ('d', 10), ('e', 30), ('p', 5)) v(i, w);
INSERT INTO category_weight VALUES ('levels', 'late', 'people', 10), ('levels', 'early', 'growth', 60), ('levels', 'early', 'innovation', 40);
SELECT severity, object, problem FROM scheme_problems('levels');
SELECT stage, indicator, category, path, round(effective_weight::numeric, 6) AS effective_weight FROM effective_weight WHERE scheme = 'levels' ORDER BY stage, indicator;
SELECT create_scoreboard('aggregation.board', 'levels', 'aggregation.firm', entity => 'firm', stage => 'stage', period => 'year');
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'board_ranking'::regclass AND attnum > 0 ORDER BY attnum;
SELECT firm, stage, score, innovation_score, input_score, people_score, output_score, growth_score, plus_score, coverage, rank, stage_rank FROM board_ranking WHERE year = 2024 AND (rank <= 5 OR firm = 33 OR firm = 55) ORDER BY rank, firm;
-- every score by hand from the ranges of the year; those without a value of "a" have no output score
WITH n AS (
    SELECT firm, year, stage, (a - min(a) OVER y) / (max(a) OVER y - min(a) OVER y) AS a, (b - min(b) OVER y) / (max(b) OVER y - min(b) OVER y) AS b,
           (c - min(c) OVER y) / (max(c) OVER y - min(c) OVER y)::float8 AS c, (d - min(d) OVER y) / (max(d) OVER y - min(d) OVER y) AS d,
           (e - min(e) OVER y) / (max(e) OVER y - min(e) OVER y)::float8 AS e, 5 * (p - min(p) OVER y) / (max(p) OVER y - min(p) OVER y)::float8 AS p
    FROM firm WINDOW y AS (PARTITION BY year)
), people AS (SELECT *, (3 / (2 / (0.01 + 0.99 * b) + 1 / (0.01 + 0.99 * c)) - 0.01) / 0.99 AS people, CASE stage WHEN 'late' THEN 10 ELSE 30 END AS wp FROM n
), input AS (SELECT *, (wp * people + 10 * d) / (wp + 10) AS input, wp + 10 AS wi FROM people
), innovation AS (SELECT *, exp((wi * ln(0.01 + 0.99 * input) + 30 * ln(0.01 + 0.99 * a)) / (wi + 30)) AS innovation, CASE stage WHEN 'late' THEN wi + 30 ELSE 40 END AS wn,
                         CASE stage WHEN 'late' THEN 30 ELSE 60 END AS wg FROM input
), whole AS (SELECT *, 100 * (exp((wn * ln(innovation) + wg * ln(0.01 + 0.99 * e)) / (wn + wg)) - 0.01) / 0.99 + least(p, 4) AS score FROM innovation)
SELECT count(*) AS compared, count(s.score) AS "not null", count(w.score) AS "twin not null", count(*) FILTER (WHERE differs(s.score, w.score)) AS "scores differ",
       count(*) FILTER (WHERE differs(s.people_score, 100 * w.people) OR differs(s.input_score, 100 * w.input) OR differs(s.innovation_score, 100 * (w.innovation - 0.01) / 0.99)) AS "categories differ"
FROM board_score s FULL JOIN whole w USING (firm, year);
SELECT count(*) AS compared, count(*) FILTER (WHERE NOT abs(d.points - s.score) < 1e-8) AS "sums differ"
FROM board_score s JOIN (SELECT firm, year, sum(points) AS points FROM board_detail GROUP BY firm, year) d USING (firm, year) WHERE s.score IS NOT NULL;
SELECT indicator, title, category, value, round(normalized::numeric, 4) AS normalized, round(max_points::numeric, 4) AS max_points, round(points::numeric, 4) AS points, status FROM board_detail WHERE firm = 25;
CREATE TABLE live AS SELECT * FROM board_ranking;
SELECT freeze_scoreboard('aggregation.board');
SELECT count(*) AS compared, count(*) FILTER (WHERE l IS DISTINCT FROM r) AS differ FROM live l FULL JOIN board_ranking r USING (firm);
SELECT (SELECT array_agg(DISTINCT f.model::jsonb -> 'categories' -> 3 -> 'min_coverage') FROM fitted_model f WHERE scoreboard = 'aggregation.board') AS kept;
-- weights of categories are locked with the rest of the scheme; a change is told, and only a rebuilding takes it
\set VERBOSITY terse
UPDATE category_weight SET weight = 50 WHERE scheme = 'levels' AND stage = 'early' AND category = 'growth';
UPDATE scheme SET floor = 10 WHERE scheme = 'levels';
\set VERBOSITY default
BEGIN;
SELECT unlock_scheme('levels');
UPDATE category_weight SET weight = 50 WHERE scheme = 'levels' AND stage = 'early' AND category = 'growth';
UPDATE scheme SET floor = 10 WHERE scheme = 'levels';
COMMIT;
SELECT count(*) FILTER (WHERE l IS DISTINCT FROM r) AS differ FROM live l FULL JOIN board_ranking r USING (firm);
SELECT problem FROM scheme_problems('levels') WHERE object LIKE 'scoreboard%';
SELECT thaw_scoreboard('aggregation.board');
SELECT rebuild_scoreboard('aggregation.board');
SELECT count(*) FILTER (WHERE l.score IS DISTINCT FROM r.score) > 50 AS changed FROM live l FULL JOIN board_ranking r USING (firm);

SELECT drop_scoreboard('aggregation.board');
DELETE FROM scheme WHERE scheme = 'levels';
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA aggregation CASCADE;
