-- bounds of transformed values, "of transformed" and "of transformed nonzero": found in the logarithms and put back as values,
-- against extreme_bounds() over the logarithms (which bounds_twin.sql and twin.sql hold against plain SQL) and percentile_cont;
-- in one pass and in several, merged, through every form of a model, and as far as a scoreboard's scores
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse

CREATE FUNCTION transformed(transform text, x float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE transform WHEN 'none' THEN x WHEN 'sqrt' THEN sign(x) * sqrt(abs(x)) WHEN 'log' THEN sign(x) * ln(1 + abs(x))
                          ELSE CASE WHEN x + shift > 0 THEN ln(x + shift) END END
    FROM COALESCE(substring(transform FROM '\((.*)\)')::float8, 0) shift $$;
CREATE FUNCTION one_model(transform text, method text, more jsonb DEFAULT '{}') RETURNS score_model LANGUAGE sql AS $$
    SELECT jsonb_build_object('stages', '["all"]'::jsonb, 'indicators', jsonb_build_array(
        jsonb_build_object('indicator', 'x', 'weights', 1, 'transform', transform, 'extreme', method) || more))::score_model $$;
CREATE FUNCTION fit_fully(model score_model, source text) RETURNS score_model LANGUAGE plpgsql AS $$
BEGIN
    FOR pass IN 1..12 LOOP
        EXECUTE format('SELECT fit($1, x)::text::score_model FROM %s', source) INTO model USING model;
        EXIT WHEN is_fitted(model);
    END LOOP;
    RETURN model;
END $$;

-- samples: skewed, with zeros, with negative values, with what no logarithm has, few, one
CREATE TABLE sample (kind text, i int, x float8);
INSERT INTO sample SELECT 'skewed', i, round(exp(2 + 3 * (draw() + draw() + draw() - 1.5))::numeric, 3) FROM generate_series(1, 900) i;
INSERT INTO sample SELECT 'zeros', i, CASE WHEN draw() < 0.6 THEN 0 ELSE floor(exp(6 * draw())) END FROM generate_series(1, 700) i;
INSERT INTO sample SELECT 'mixed', i, floor((draw() - 0.4) * exp(8 * draw())) / 4 FROM generate_series(1, 600) i;
INSERT INTO sample SELECT 'few', i, x FROM unnest('{1,10,100,1000,NULL}'::float8[]) WITH ORDINALITY v(x, i);
INSERT INTO sample VALUES ('one', 1, 7), ('nothing', 1, NULL), ('zero', 1, 0), ('zero', 2, 0);
CREATE TABLE method (method text, nonzero boolean);
INSERT INTO method SELECT m, n FROM unnest('{none,"percentile(0.05,0.95)","percentile(0.333,)","percentile(,0.9)","iqr(1.5)","iqr(0.2,inside)",sigma(1.5),zscore(2),mad(1),"jrc(4,0.5,1)"}'::text[]) m, unnest('{f,t}'::bool[]) n;
CREATE TABLE transform (transform text);
INSERT INTO transform VALUES ('ln'), ('ln(1)'), ('ln(12.5)'), ('log'), ('sqrt'), ('none');

-- what they are to be: of the logarithms, and where those are of values other than zero, counted from the zero's
CREATE VIEW expected AS
SELECT s.kind, t.transform, m.method, m.nonzero, b.lower, b.upper
FROM (SELECT DISTINCT kind FROM sample) s, transform t, method m
CROSS JOIN LATERAL (
    SELECT min(transformed(t.transform, x)) AS least, max(transformed(t.transform, x)) AS most, count(x) AS n,
           count(x) FILTER (WHERE x <> 0) AS others, transformed(t.transform, 0) AS zero, min(x) AS least_value,
           extreme_bounds(transformed(t.transform, x), m.method) FILTER (WHERE NOT m.nonzero OR x <> 0) AS found
    FROM sample v WHERE v.kind = s.kind AND transformed(t.transform, x) IS NOT NULL) f
CROSS JOIN LATERAL (SELECT m.nonzero AND (f.others = 0 OR f.least_value >= 0) AND f.zero IS NOT NULL AS from_zero) z
CROSS JOIN LATERAL (
    SELECT CASE WHEN f.others = 0 AND m.nonzero THEN f.zero WHEN z.from_zero THEN f.zero ELSE (f.found).lower END AS lower,
           CASE WHEN f.others = 0 AND m.nonzero THEN f.zero ELSE (f.found).upper END AS upper) b
WHERE f.n > 0;
CREATE VIEW given AS
SELECT e.*, i.lower AS given_lower, i.upper AS given_upper, fitted.model,
       transformed(e.transform, i.lower) AS lower_again, transformed(e.transform, i.upper) AS upper_again
FROM expected e
CROSS JOIN LATERAL (SELECT fit(one_model(e.transform, e.method || ' of transformed' || CASE WHEN e.nonzero THEN ' nonzero' ELSE '' END), v.x) AS model
                    FROM sample v WHERE v.kind = e.kind) fitted
CROSS JOIN LATERAL model_indicators(fitted.model) i;
CREATE FUNCTION is_near(a float8, b float8) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT COALESCE(abs(a - b) <= 1e-12 * greatest(1, abs(b)), false) $$;
-- where they leave no range there is nothing to compare but that
SELECT count(*) AS bounds, count(*) FILTER (WHERE lower < upper) AS ranges,
       count(*) FILTER (WHERE lower < upper AND NOT (is_near(lower_again, lower) AND is_near(upper_again, upper)) OR NOT lower < upper AND given_lower < given_upper) AS differ,
       count(*) FILTER (WHERE model::text::score_model IS DISTINCT FROM model OR model::jsonb::score_model IS DISTINCT FROM model) AS forms_differ
FROM given;
-- a bound that is a value is that value, to the last digit where it has few
SELECT t.transform, m.method, i.lower, i.upper
FROM transform t CROSS JOIN unnest('{none,"percentile(0.25,0.75)","fixed(3,) + percentile(,0.75)"}'::text[]) m(method)
CROSS JOIN LATERAL (SELECT fit(one_model(t.transform, m.method || ' of transformed'), x) AS model FROM unnest('{0.1,1.7,29.3,1234.56,98765.43}'::float8[]) x) f
CROSS JOIN LATERAL model_indicators(model) i ORDER BY 1, 2;

-- groups too large for one pass, whole, shuffled and merged: the bounds of the logarithms, and the same bits
CREATE TABLE large AS SELECT i, CASE WHEN i % 3 = 0 THEN 0 ELSE round(exp(12 * ((i::bigint * 7919 % 90001) / 90001.0 - 0.3))::numeric, 4) END::float8 AS x FROM generate_series(1, 90000) i;
CREATE TABLE large_fit AS
SELECT t.transform, m.method, m.nonzero, fit_fully(first, 'large') AS model, first
FROM unnest('{ln(1),log}'::text[]) t(transform), method m
CROSS JOIN LATERAL (SELECT one_model(t.transform, m.method || ' of transformed' || CASE WHEN m.nonzero THEN ' nonzero' ELSE '' END, '{"missing": "mean"}') AS first) f;
SELECT count(*) AS models, count(*) FILTER (WHERE is_fitted(model)) AS fitted,
       count(*) FILTER (WHERE NOT (is_near(transformed(l.transform, i.lower), CASE WHEN l.nonzero THEN 0 ELSE (found).lower END)
                                   AND is_near(transformed(l.transform, i.upper), (found).upper))) AS differ
FROM large_fit l CROSS JOIN LATERAL model_indicators(model) i
CROSS JOIN LATERAL (SELECT extreme_bounds(transformed(l.transform, x), l.method) FILTER (WHERE NOT l.nonzero OR x <> 0) AS found FROM large) f;
CREATE FUNCTION fit_merged(model score_model) RETURNS score_model LANGUAGE plpgsql AS $$
BEGIN
    FOR pass IN 1..12 LOOP
        model := (SELECT fit_model(fit_merge(s::text::fit_state)) FROM (SELECT fit_partial(model, x) AS s FROM large GROUP BY i % 4) p);
        EXIT WHEN is_fitted(model);
    END LOOP;
    RETURN model;
END $$;
SELECT count(*) FILTER (WHERE fit_fully(first, '(SELECT x FROM large ORDER BY md5(i::text)) r') IS DISTINCT FROM model) AS shuffled_differ,
       count(*) FILTER (WHERE fit_merged(first) IS DISTINCT FROM model) AS merged_differ
FROM large_fit WHERE transform = 'ln(1)';
-- a mean that takes the place of missing values is that of the values
SELECT DISTINCT round((model::jsonb #>> '{indicators,0,bounds,imputed}')::numeric, 6) = (SELECT round(avg(x)::numeric, 6) FROM large) AS mean_of_values FROM large_fit;

-- binary form
CREATE TABLE received (LIKE large_fit);
\copy large_fit TO 'results/bounds_transformed.bytes' (FORMAT binary)
\copy received FROM 'results/bounds_transformed.bytes' (FORMAT binary)
SELECT count(*) AS received, count(*) FILTER (WHERE r.model = l.model) AS same FROM received r JOIN large_fit l USING (transform, method, nonzero);

-- The Environmental Performance Index's order in one scoreboard: ln(x + a), the logarithms winsorized at 5 and 95 %, a tree of
-- weights, scores of one decimal; against the same in plain SQL.
CREATE TABLE land AS
SELECT i AS land, exp(i::bigint * 15485863 % 1009 / 90.0) AS soot, CASE WHEN i % 11 > 0 THEN (i::bigint * 999983 % 9973) / 40.0 END AS germs,
       CASE WHEN i % 3 = 0 THEN 0 ELSE (i::bigint * 32452843 % 877) / 9.0 END AS forest
FROM generate_series(1, 400) i;
INSERT INTO scheme (scheme, missing, extreme, decimals) VALUES ('order', 'reweight', 'percentile(0.05,0.95) of transformed', 1);
INSERT INTO category (scheme, category, parent, position) VALUES ('order', 'health', NULL, 1), ('order', 'air', 'health', 2), ('order', 'water', 'health', 3), ('order', 'nature', NULL, 4);
INSERT INTO category_weight VALUES ('order', 'all', 'health', 40), ('order', 'all', 'nature', 60), ('order', 'all', 'air', 70), ('order', 'all', 'water', 30);
INSERT INTO indicator (scheme, indicator, category, direction, transform, extreme, position) VALUES
    ('order', 'soot', 'air', 'cost', 'ln', NULL, 1), ('order', 'germs', 'water', 'cost', 'ln(0.5)', NULL, 2), ('order', 'forest', 'nature', 'benefit', 'ln(1)', 'iqr(0.5) of transformed nonzero', 3);
INSERT INTO weight SELECT scheme, 'all', indicator, 1 FROM indicator WHERE scheme = 'order';
SELECT object, problem FROM scheme_problems('order') WHERE problem !~ 'title';
SELECT create_scoreboard('lands', 'order', 'land', 'land');
CREATE TABLE twin AS
WITH logarithm AS (
    SELECT land, ln(soot) AS soot, ln(germs + 0.5) AS germs, ln(forest + 1) AS forest FROM land
), bound AS (
    SELECT percentile_cont(0.05) WITHIN GROUP (ORDER BY soot) AS a, percentile_cont(0.95) WITHIN GROUP (ORDER BY soot) AS b,
           percentile_cont(0.05) WITHIN GROUP (ORDER BY germs) AS c, percentile_cont(0.95) WITHIN GROUP (ORDER BY germs) AS d,
           percentile_cont(0.25) WITHIN GROUP (ORDER BY forest) FILTER (WHERE forest <> 0) AS q, percentile_cont(0.75) WITHIN GROUP (ORDER BY forest) FILTER (WHERE forest <> 0) AS r, max(forest) AS most FROM logarithm
), part AS (
    SELECT land, (b - least(greatest(soot, a), b)) / (b - a) AS air, CASE WHEN germs IS NOT NULL THEN (d - least(greatest(germs, c), d)) / (d - c) END AS water, least(forest, e) / e AS nature
    FROM logarithm, bound, LATERAL (SELECT least(r + 0.5 * (r - q), most) AS e) e
)
SELECT land, round((40 * CASE WHEN water IS NULL THEN air ELSE 0.7 * air + 0.3 * water END + 60 * nature)::numeric, 1) AS score FROM part;
SELECT count(*) AS lands, count(s.score) AS scored, count(*) FILTER (WHERE s.score IS DISTINCT FROM t.score) AS differ FROM lands_score s JOIN twin t USING (land);
-- what is shown are values, live, frozen, published and looked up one by one
SELECT indicator, extreme, transform, round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper, round(minimum::numeric, 4) AS minimum, round(maximum::numeric, 4) AS maximum FROM lands_model m, model_indicators(m.model);
SELECT indicator, round(value::numeric, 4) AS value, round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper, status, round(normalized::numeric, 6) AS normalized, round(points::numeric, 6) AS points FROM lands_detail WHERE land = 33 AND status <> 'rounding' ORDER BY indicator;
CREATE TABLE live AS SELECT * FROM lands_ranking;
SELECT freeze_scoreboard('lands');
SELECT count(*) AS frozen_differ FROM ((TABLE live EXCEPT ALL SELECT * FROM lands_ranking) UNION ALL (SELECT * FROM lands_ranking EXCEPT ALL TABLE live)) d;
SELECT store_ranking('lands', 'lands_kept');
SELECT count(*) AS stored_differ FROM live l FULL JOIN lands_kept k USING (land) WHERE (l.score, l.rank) IS DISTINCT FROM (k.score, k.rank);
SELECT publish('lands', NULL, 'Lands') AS publication \gset
SELECT "check", ok FROM verify_publication(:publication) WHERE NOT ok;
-- the document of the scheme says it, too
SELECT scheme_import(scheme_export('order'), 'again');
SELECT count(*) AS different FROM scheme_diff('order', 'again');

-- A bound of zscore far below the least value keeps its digits, whatever the logarithm: the normalized values against numeric.
SELECT k, shift, count(*) AS values, count(*) FILTER (WHERE abs(given - twin) > 1e-10) AS differ
FROM unnest('{1,3,10,20}'::float8[]) k CROSS JOIN unnest('{0,1,100}'::float8[]) shift
CROSS JOIN LATERAL (SELECT fit(one_model(format('ln(%s)', shift), format('zscore(%s) of transformed', k)), x) AS model, avg(ln((x + shift)::numeric)) AS mean, stddev_samp(ln((x + shift)::numeric)) AS sd
                    FROM sample WHERE kind = 'skewed') f
CROSS JOIN LATERAL (SELECT (_innovation_score.normalized_row(model, x))[1]::numeric AS given, least(greatest(((ln((x + shift)::numeric) - mean) / sd / k::numeric + 1) / 2, 0), 1) AS twin FROM sample WHERE kind = 'skewed') v
WHERE shift = 0 OR k = 1 GROUP BY 1, 2 ORDER BY 1, 2;

-- A unit is no matter under ln: its factor moves all logarithms by the same.
SELECT count(*) AS values, count(*) FILTER (WHERE abs(score(a, 'all', x) - score(b, 'all', 1000 * x)) > 1e-9) AS differ
FROM (SELECT fit(one_model('ln', 'iqr(1.5) of transformed'), x) AS a, fit(one_model('ln', 'iqr(1.5) of transformed'), 1000 * x) AS b FROM sample WHERE kind = 'skewed') f, sample WHERE kind = 'skewed';

-- what is refused: words that are none, and the function that knows no transform
SELECT m, one_model('ln', m)::jsonb #>> '{indicators,0,extreme}' AS read FROM unnest('{"iqr(1.5) of transformed nonzero"," iqr( 1.5 )  of  transformed "}'::text[]) m;
SELECT one_model('ln', 'iqr(1.5) of nonzero transformed');
SELECT one_model('ln', 'iqr(1.5) of');
SELECT one_model('ln', 'iqr(1.5) of transformednonzero');
SELECT extreme_bounds(x, 'iqr(1.5) of transformed') FROM sample;
SELECT one_model('ln', 'fixed(0,) + percentile(,0.9) of transformed');
SELECT derive_scheme('plain', 'order', 'Plain');
UPDATE indicator SET transform = 'none' WHERE scheme = 'plain' AND indicator = 'soot';
SELECT severity, object, problem FROM scheme_problems('plain') WHERE problem ~ 'transform';


\set ECHO none
\i :forget
