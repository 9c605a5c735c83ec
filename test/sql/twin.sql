--
-- The numeric twin: everything that scores, computed a second time in plain SQL (percentile_cont, stddev_samp, CASE,
-- rank() OVER) on a generated province, and compared.  Each check prints how many values it compared and how many
-- differ; NULL differs from everything but NULL, so neither an empty comparison nor NULLs can pass for equality.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set province `echo "${PG_ABS_SRCDIR:-test}/data/province.sql"`
\set ECHO none
\i :province
\set ECHO all
RESET client_min_messages;
CREATE SCHEMA twin;
SET search_path = twin, innovation_score, public;
SET work_mem = '256MB';

-- ---------------------------------------------------------------- how two numbers are compared

-- other bits
CREATE FUNCTION bits_differ(a float8, b float8) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN float8send(a) IS DISTINCT FROM float8send(b);
-- farther apart than 1e-12, relative to the larger of both or to the scale that they were computed on
CREATE FUNCTION differs(a float8, b float8, scale float8 DEFAULT 0) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN a IS NULL OR b IS NULL THEN (a IS NULL) <> (b IS NULL)
            WHEN a = b THEN false
            ELSE NOT abs(a - b) <= 1e-12 * greatest(abs(a), abs(b), scale) END;
SELECT bits_differ(1, 1), bits_differ(1, 1 + 2.3e-16), bits_differ(0, '-0'), bits_differ(NULL, 0),
       bits_differ(NULL, NULL);
SELECT differs(1, 1 + 1e-13), differs(1, 1 + 2e-12), differs('NaN', 1), differs('NaN', 'NaN'), differs('inf', 1),
       differs('inf', 'inf'), differs(NULL, 0), differs(0, 1e-300), differs(0, 1e-13, 1);

-- ---------------------------------------------------------------- the data: 1,500 firms, two years, three stages

CREATE TABLE firm AS SELECT * FROM province.firms(1500, 2023, 2);
ALTER TABLE firm ADD PRIMARY KEY (year, firm);
-- an indicator that is the same for all, one that nobody has; firms without any value, with some, with absurd ones
UPDATE firm SET rd_platforms = 1 WHERE year = 2024;
UPDATE firm SET venture_capital = NULL WHERE year = 2023;
INSERT INTO firm (firm, year, stage, city, industry)
SELECT 9001, year, 'growth', '云江市', '生物' FROM generate_series(2023, 2024) year;
INSERT INTO firm (firm, year, stage, city, industry, science_awards, net_asset_margin)
SELECT 9002, year, 'startup', '云江市', '生物', 99, -99 FROM generate_series(2023, 2024) year;
INSERT INTO firm (firm, year, stage, city, industry, rd_expense, revenue, rd_expense_growth, revenue_growth,
                  invention_patents, science_projects, venture_capital, graduates_hired)
SELECT 9003, year, 'stable', '云江市', '生物', 'NaN', 'Infinity', '-Infinity', '-0', 1e12, -1e12, 1e-12, 'NaN'
FROM generate_series(2023, 2024) year;
SELECT year, stage, count(*) FROM firm GROUP BY 1, 2 ORDER BY 1, 2;

-- the same with the values as an array, as fit and score take them
CREATE TABLE firm_values AS
SELECT firm, year, stage,
       ARRAY[rd_expense, rd_expense_growth, rd_intensity, rd_staff_share, invention_patents, pct_patents,
             tech_contract_value, hitech_revenue, revenue, revenue_growth, postgraduate_share, rd_tax_relief,
             net_asset_margin, graduates_hired, rd_platforms, science_awards, science_projects, venture_capital] AS vals
FROM firm;
-- and a value a row, as the twin takes them: what is not finite is missing
CREATE TABLE firm_value AS
SELECT firm, year, stage, position::int, CASE WHEN abs(value) < 'Infinity' THEN value END AS value
FROM firm_values, unnest(vals) WITH ORDINALITY u(value, position);
ANALYZE firm, firm_values, firm_value;

-- ---------------------------------------------------------------- one indicator at a time: bounds by every method

CREATE TABLE method (method text, kind text, a float8, b float8);
INSERT INTO method VALUES
    ('none', 'none', NULL, NULL),
    ('percentile(0,1)', 'percentile', 0, 1),
    ('percentile(0.01,0.99)', 'percentile', 0.01, 0.99),
    ('percentile(0.05,0.9)', 'percentile', 0.05, 0.9),
    ('percentile(0.123456789,0.987654321)', 'percentile', 0.123456789, 0.987654321),
    ('iqr(1.5)', 'iqr', 1.5, NULL),
    ('iqr(3)', 'iqr', 3, NULL),
    ('iqr(0)', 'iqr', 0, NULL),
    ('sigma(3)', 'sigma', 3, NULL),
    ('sigma(0.5)', 'sigma', 0.5, NULL),
    ('mad(3)', 'mad', 3, NULL),
    ('mad(0.5)', 'mad', 0.5, NULL),
    ('fixed(0,100)', 'fixed', 0, 100),
    ('fixed(-0.25,1000000)', 'fixed', -0.25, 1000000);

-- The twin's bounds of every sample by every method.  "+ 0" makes -0 an ordinary zero: they are one value, of which a
-- sample has no first.
CREATE FUNCTION twin_bounds(value_table regclass)
RETURNS TABLE (sample text, method text, kind text, lower float8, upper float8, n bigint, missing bigint,
               below bigint, above bigint, minimum float8, maximum float8, used text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
    WITH value AS (
        SELECT s.sample, s.value AS given,
               CASE WHEN s.value NOT IN ('NaN', 'Infinity', '-Infinity') THEN s.value + 0 END AS x
        FROM %s s
    ), base AS (
        SELECT sample, count(x) AS n, count(*) - count(x) AS missing, min(x) AS minimum, max(x) AS maximum,
               percentile_cont(0.25) WITHIN GROUP (ORDER BY x) AS q1,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS median,
               percentile_cont(0.75) WITHIN GROUP (ORDER BY x) AS q3,
               avg(x) AS mean, coalesce(stddev_samp(x), 0) AS s
        FROM value
        GROUP BY sample
    ), deviation AS (
        SELECT v.sample, percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(v.x - b.median)) AS mad
        FROM value v JOIN base b USING (sample)
        GROUP BY v.sample
    ), quantile AS (
        SELECT v.sample, m.method,
               percentile_cont(m.a) WITHIN GROUP (ORDER BY v.x) AS p,
               percentile_cont(m.b) WITHIN GROUP (ORDER BY v.x) AS q
        FROM value v CROSS JOIN method m
        WHERE m.kind = 'percentile'
        GROUP BY v.sample, m.method, m.a, m.b
    ), raw AS (
        SELECT b.*, m.method, m.kind,
               CASE m.kind WHEN 'none' THEN b.minimum
                           WHEN 'percentile' THEN q.p
                           WHEN 'iqr' THEN b.q1 - m.a * (b.q3 - b.q1)
                           WHEN 'sigma' THEN b.mean - m.a * b.s
                           WHEN 'mad' THEN b.median - m.a * 1.4826 * d.mad
                           WHEN 'fixed' THEN m.a END AS lower,
               CASE m.kind WHEN 'none' THEN b.maximum
                           WHEN 'percentile' THEN q.q
                           WHEN 'iqr' THEN b.q3 + m.a * (b.q3 - b.q1)
                           WHEN 'sigma' THEN b.mean + m.a * b.s
                           WHEN 'mad' THEN b.median + m.a * 1.4826 * d.mad
                           WHEN 'fixed' THEN m.b END AS upper
        FROM base b JOIN deviation d USING (sample) CROSS JOIN method m LEFT JOIN quantile q USING (sample, method)
    ), clamped AS (
        SELECT sample, method, kind, n, missing, minimum, maximum,
               CASE WHEN kind = 'fixed' THEN lower WHEN n > 0 THEN greatest(lower, minimum) END AS lower,
               CASE WHEN kind = 'fixed' THEN upper WHEN n > 0 THEN least(upper, maximum) END AS upper
        FROM raw
    ), bounds AS (
        SELECT sample, method, kind, n, missing, minimum, maximum, collapsed,
               CASE WHEN collapsed THEN minimum ELSE lower END AS lower,
               CASE WHEN collapsed THEN maximum ELSE upper END AS upper
        FROM (SELECT *, coalesce(lower >= upper AND minimum < maximum, false) AS collapsed FROM clamped) c
    )
    SELECT b.sample, b.method, b.kind, b.lower, b.upper, b.n, b.missing,
           count(*) FILTER (WHERE v.x < b.lower), count(*) FILTER (WHERE v.x > b.upper), b.minimum, b.maximum,
           b.method || CASE WHEN b.collapsed THEN ' → none' ELSE '' END
    FROM bounds b JOIN value v USING (sample)
    GROUP BY b.sample, b.method, b.kind, b.lower, b.upper, b.n, b.missing, b.minimum, b.maximum, b.collapsed
    $sql$, value_table);
END
$$;

-- What the aggregate finds, and how it compares: percentile, iqr, none and fixed to the last bit, sigma and mad to
-- 1e-12, counts, extremes and the text that tells of a fallback exactly.
CREATE FUNCTION found_bounds(value_table regclass)
RETURNS TABLE (sample text, method text, found indicator_bounds)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT s.sample, m.method, extreme_bounds(s.value, m.method)
                                 FROM %s s CROSS JOIN method m GROUP BY s.sample, m.method', value_table);
END
$$;
CREATE FUNCTION compare_bounds(value_table regclass)
RETURNS TABLE (kind text, samples bigint, bounded bigint, fell_back bigint, bounds_differ bigint, others_differ bigint)
LANGUAGE sql AS $$
    SELECT kind, count(*), count((found).lower), count(*) FILTER (WHERE used LIKE '% → none'),
           count(*) FILTER (WHERE CASE WHEN kind IN ('sigma', 'mad')
                                       THEN differs(lower, (found).lower) OR differs(upper, (found).upper)
                                       ELSE bits_differ(lower, (found).lower) OR bits_differ(upper, (found).upper) END),
           count(*) FILTER (WHERE (n, missing, below, above, minimum, maximum, used)
                                  IS DISTINCT FROM ((found).n, (found).missing, (found).below, (found).above,
                                                    (found).minimum, (found).maximum, (found).method))
    FROM twin_bounds(value_table) FULL JOIN found_bounds(value_table) USING (sample, method)
    GROUP BY kind ORDER BY kind
$$;

CREATE VIEW indicator_sample AS SELECT year || '/' || position AS sample, value FROM firm_value;
SELECT * FROM compare_bounds('indicator_sample');
CREATE TABLE indicator_bounds_twin AS
SELECT split_part(sample, '/', 1)::int AS year, split_part(sample, '/', 2)::int AS position, b.*
FROM twin_bounds('indicator_sample') b;

-- ---------------------------------------------------------------- the same for samples that break things

CREATE TABLE hard_sample (sample text, value float8);
INSERT INTO hard_sample
    SELECT 'one row', 42
    UNION ALL SELECT 'one NULL', NULL
    UNION ALL SELECT 'all NULL', NULL FROM generate_series(1, 100)
    UNION ALL SELECT 'nothing finite', v FROM unnest('{NaN,Infinity,-Infinity,NULL}'::float8[]) v
    UNION ALL SELECT 'constant', 7.25 FROM generate_series(1, 100)
    UNION ALL SELECT 'constant zero of both signs', v FROM unnest('{0,-0,0,-0,-0}'::float8[]) v
    UNION ALL SELECT 'two values', v FROM unnest('{-3,11}'::float8[]) v
    UNION ALL SELECT 'two values, uneven', CASE WHEN i <= 3 THEN 1e6 ELSE -1 END FROM generate_series(1, 1000) i
    UNION ALL SELECT '99.5 % zeros', CASE WHEN i % 200 = 0 THEN i ELSE 0 END FROM generate_series(1, 10000) i
    UNION ALL SELECT '99.5 % NULL', CASE WHEN i % 200 = 0 THEN i END FROM generate_series(1, 10000) i
    UNION ALL SELECT 'one out of 5000', CASE WHEN i = 4711 THEN 1 ELSE 0 END FROM generate_series(1, 5000) i
    UNION ALL SELECT 'NaN and infinities among numbers',
                     CASE i % 5 WHEN 0 THEN float8 'NaN' WHEN 1 THEN 'Infinity' WHEN 2 THEN '-Infinity' ELSE i END
              FROM generate_series(1, 1000) i
    UNION ALL SELECT 'heavy ties', round(5 * province.uniform(i, 77)) FROM generate_series(1, 3000) i
    UNION ALL SELECT 'negative', -1000 * province.heavy(province.uniform(i, 78)) FROM generate_series(1, 3000) i
    UNION ALL SELECT 'many sizes', CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END * (2::float8 ^ (i % 200 - 100))
              FROM generate_series(1, 2999) i
    UNION ALL SELECT 'two rows of years', v FROM unnest('{2023,2024}'::float8[]) v;
SELECT * FROM compare_bounds('hard_sample');
-- no rows at all
SELECT m.method, extreme_bounds(value, m.method) FROM hard_sample RIGHT JOIN method m ON false
GROUP BY m.method ORDER BY m.method COLLATE "C";
SELECT extreme_bounds(value, 'sigma(3)') FROM hard_sample WHERE false;

-- Values at the ends of the range of a double, where PostgreSQL's operators overflow or underflow, and values that
-- differ in their last digits only: the twin computes in numeric. A standard deviation beyond the range is infinite.
CREATE TABLE edge_sample (sample text, value float8);
INSERT INTO edge_sample
    SELECT 'the whole range', v FROM unnest('{-1.7976931348623157e308,1.7976931348623157e308}'::float8[]) v
    UNION ALL SELECT 'positive', (1 + i % 100) * 1e306 FROM generate_series(1, 1000) i
    UNION ALL SELECT 'both signs', (i % 201 - 100) * 1.7e306 FROM generate_series(1, 1007) i
    UNION ALL SELECT 'huge and tiny', CASE WHEN i % 3 = 0 THEN 1e308 WHEN i % 3 = 1 THEN 1e-308 ELSE -1e308 END
              FROM generate_series(1, 100) i
    UNION ALL SELECT 'denormals', i * float8 '5e-324' FROM generate_series(-300, 700) i
    UNION ALL SELECT 'neighbours', 1 + i % 7 * 2.220446049250313e-16 FROM generate_series(1, 500) i
    UNION ALL SELECT 'large integers', 9007199254740992 + 2 * (i % 1000) FROM generate_series(1, 2001) i
    UNION ALL SELECT 'both zeros and denormals', v FROM unnest('{-0,0,-0,2e-320,-3e-320,0,1e-319,-0}'::float8[]) v;
-- by way of text, since a cast from float8 to numeric keeps 15 digits only
CREATE FUNCTION exactly(x float8) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN x::text::numeric;
CREATE FUNCTION exact_quantile(sorted numeric[], p float8) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT sorted[at + 1] + (p::numeric * (n - 1) - at) * (sorted[least(at + 2, n)] - sorted[at + 1])
    FROM (SELECT cardinality(sorted) AS n, floor(p::numeric * (cardinality(sorted) - 1))::int AS at) q
$$;
WITH value AS (
    SELECT sample, exactly(value) AS x FROM edge_sample
), base AS (
    SELECT sample, array_agg(x ORDER BY x) AS xs, min(x) AS minimum, max(x) AS maximum, avg(x) AS mean,
           CASE WHEN stddev_samp(x) > 1.8e308 THEN 1e400 ELSE stddev_samp(x) END AS s
    FROM value GROUP BY sample
), center AS (
    SELECT *, exact_quantile(xs, 0.25) AS q1, exact_quantile(xs, 0.5) AS median, exact_quantile(xs, 0.75) AS q3
    FROM base
), mad AS (
    SELECT sample, exact_quantile(array_agg(abs(x - median) ORDER BY abs(x - median)), 0.5) AS mad
    FROM value JOIN center USING (sample) GROUP BY sample
), raw AS (
    SELECT sample, method, minimum, maximum,
           CASE kind WHEN 'none' THEN minimum
                     WHEN 'percentile' THEN exact_quantile(xs, a)
                     WHEN 'iqr' THEN q1 - a::numeric * (q3 - q1)
                     WHEN 'sigma' THEN mean - a::numeric * s
                     WHEN 'mad' THEN median - a::numeric * 1.4826 * mad END AS lower,
           CASE kind WHEN 'none' THEN maximum
                     WHEN 'percentile' THEN exact_quantile(xs, b)
                     WHEN 'iqr' THEN q3 + a::numeric * (q3 - q1)
                     WHEN 'sigma' THEN mean + a::numeric * s
                     WHEN 'mad' THEN median + a::numeric * 1.4826 * mad END AS upper
    FROM center JOIN mad USING (sample) CROSS JOIN method
    WHERE kind <> 'fixed'
), expected AS (
    SELECT sample, method,
           CASE WHEN collapsed THEN minimum ELSE greatest(lower, minimum) END AS lower,
           CASE WHEN collapsed THEN maximum ELSE least(upper, maximum) END AS upper,
           -- some steps of the grid of denormals for what was rounded on the way
           1e-12 * greatest(abs(minimum), abs(maximum)) + 8 * 4.95e-324 AS tolerance
    FROM (SELECT *, greatest(lower, minimum) >= least(upper, maximum) AND minimum < maximum AS collapsed FROM raw) r
)
SELECT sample, count(*) AS methods, count(tolerance) AS expected, count((found).lower) AS bounded,
       count(*) FILTER (WHERE (abs(lower - exactly((found).lower)) <= tolerance
                               AND abs(upper - exactly((found).upper)) <= tolerance) IS NOT TRUE) AS differ
FROM expected
FULL JOIN (SELECT * FROM found_bounds('edge_sample') WHERE method NOT LIKE 'fixed%') f USING (sample, method)
GROUP BY sample ORDER BY sample COLLATE "C";

-- Normalized values of all of them lie in 0..1, whatever the bounds.
SELECT count(*) AS values, count(*) FILTER (WHERE n IS NULL OR NOT n BETWEEN 0 AND 1) AS outside,
       count(*) FILTER (WHERE n IS NULL AND value NOT IN ('NaN', 'Infinity', '-Infinity')) AS lost
FROM (SELECT s.value, minmax(s.value, f.found, d) AS n
      FROM (SELECT * FROM hard_sample UNION ALL SELECT * FROM edge_sample) s
      JOIN (SELECT * FROM found_bounds('hard_sample')
            UNION ALL SELECT * FROM found_bounds('edge_sample')) f USING (sample)
      CROSS JOIN unnest('{benefit,cost,target(3),"interval(-2,5)"}'::text[]) d
      WHERE s.value NOT IN ('NaN', 'Infinity', '-Infinity')
        AND f.method IN ('none', 'percentile(0.05,0.9)', 'iqr(1.5)', 'sigma(0.5)', 'fixed(0,100)')) n;

-- ---------------------------------------------------------------- normalized values, by minmax and winsorize

-- Direction parameters that lie inside, at the edge of and outside the sample.
CREATE TABLE direction (direction text, kind text, a float8, b float8);
INSERT INTO direction VALUES
    ('benefit', 'benefit', NULL, NULL), ('cost', 'cost', NULL, NULL),
    ('target(0.2)', 'target', 0.2, NULL), ('target(0)', 'target', 0, NULL), ('target(500)', 'target', 500, NULL),
    ('target(-1000000)', 'target', -1000000, NULL), ('target(1e12)', 'target', 1e12, NULL),
    ('interval(0.05,0.3)', 'interval', 0.05, 0.3), ('interval(0,0)', 'interval', 0, 0),
    ('interval(100,2000)', 'interval', 100, 2000), ('interval(-1e12,0.1)', 'interval', -1e12, 0.1),
    ('interval(0.1,1e12)', 'interval', 0.1, 1e12), ('interval(1e11,1e12)', 'interval', 1e11, 1e12);

-- a value pulled into the bounds (least and greatest would make a bound of NULL)
CREATE FUNCTION pulled(x float8, lower float8, upper float8) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE WHEN x < lower THEN lower WHEN x > upper THEN upper ELSE x END;
-- w in [lower, upper]; all transformed already
CREATE FUNCTION twin_normalized(w float8, lower float8, upper float8, kind text, a float8, b float8) RETURNS float8
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN w IS NULL THEN NULL
            WHEN lower IS NULL OR lower = upper THEN 0
            ELSE CASE kind
                 WHEN 'benefit' THEN (w - lower) / (upper - lower)
                 WHEN 'cost' THEN (upper - w) / (upper - lower)
                 WHEN 'target' THEN 1 - abs(w - a) / greatest(abs(upper - a), abs(a - lower))
                 WHEN 'interval' THEN CASE WHEN w BETWEEN a AND b THEN 1
                                           WHEN w < a THEN (w - lower) / (a - lower)
                                           ELSE (upper - w) / (upper - b) END END END;
CREATE TABLE year_bounds AS
SELECT b.year, b.position, b.method, b.lower, b.upper, f.found
FROM indicator_bounds_twin b JOIN found_bounds('indicator_sample') f USING (sample, method)
WHERE b.method IN ('percentile(0.01,0.99)', 'iqr(1.5)', 'fixed(0,100)');
SELECT d.kind, count(*) AS compared, count(n) AS "not null",
       count(*) FILTER (WHERE differs(n, twin_normalized(pulled(v.value, b.lower, b.upper), b.lower, b.upper,
                                                         d.kind, d.a, d.b), 1)) AS differ,
       count(*) FILTER (WHERE bits_differ(winsorize(v.value, b.found), pulled(v.value, b.lower, b.upper)))
           AS "winsorized other bits"
FROM firm_value v JOIN year_bounds b USING (year, position) CROSS JOIN direction d
CROSS JOIN LATERAL (SELECT minmax(v.value, b.found, d.direction) AS n) n
WHERE v.firm % 10 = 0
GROUP BY d.kind ORDER BY d.kind;
-- between two goalposts; the worse may be the larger one
SELECT count(*) AS compared, count(n) AS "not null",
       count(*) FILTER (WHERE differs(n, CASE WHEN worst < best
                                              THEN (pulled(value, worst, best) - worst) / (best - worst)
                                              ELSE (worst - pulled(value, best, worst)) / (worst - best) END)) AS differ
FROM firm_value CROSS JOIN (VALUES (0, 100), (100, 0), (-1, 0.25), (0.25, -1e6)) g(worst, best)
CROSS JOIN LATERAL (SELECT minmax(value, worst::float8, best::float8) AS n) n;
-- the derived indicators
SELECT count(*) AS compared, count(growth_rate(c, p)) AS rates, count(ratio(c, p)) AS ratios,
       count(*) FILTER (WHERE bits_differ(growth_rate(c, p), CASE WHEN p <> 0 THEN (c - p) / abs(p) END)
                           OR bits_differ(ratio(c, p), CASE WHEN p <> 0 THEN c / p END)) AS "other bits"
FROM (SELECT value AS c, lag(value) OVER (ORDER BY position, year, firm) AS p FROM firm_value WHERE firm < 9000) v;

-- ---------------------------------------------------------------- a row at a time: four models, three missing policies

-- Categories of every role; indicators with weights, some of them 0, and numbers that directions and goalposts use.
CREATE TABLE model_category (category text, role text, max_points float8, position int);
INSERT INTO model_category VALUES
    ('technology', 'base', NULL, 1), ('growth', 'base', NULL, 2), ('penalty', 'penalty', 4, 3), ('auxiliary', 'base', NULL, 4), ('extra', 'bonus', 5, 5), ('more', 'bonus', NULL, 6), ('fine', 'penalty', NULL, 7);
CREATE TABLE base_indicator (position int, indicator text, category text, low float8, middle float8, high float8,
                        startup float8, growth float8, stable float8);
INSERT INTO base_indicator VALUES
    (1, 'rd_expense', 'technology', 30, 150, 600, 8, 10, 11),
    (2, 'rd_expense_growth', 'technology', -0.05, 0.2, 0.8, 9, 7, 5),
    (3, 'rd_intensity', 'technology', 0.02, 0.05, 0.1, 12, 9, 7),
    (4, 'rd_staff_share', 'technology', 0.1, 0.2, 0.4, 12, 8, 6),
    (5, 'invention_patents', 'technology', 0, 1, 3, 9, 9, 8),
    (6, 'pct_patents', 'technology', 0, 0.5, 2, 0, 5, 6),
    (7, 'tech_contract_value', 'technology', 0, 500, 5000, 5, 7, 7),
    (8, 'hitech_revenue', 'growth', 200, 2000, 10000, 5, 8, 10),
    (9, 'revenue', 'growth', 300, 2500, 14000, 3, 6, 9.5),
    (10, 'revenue_growth', 'growth', 0, 0.3, 0.8, 7, 8, 5),
    (11, 'postgraduate_share', 'fine', 0.02, 0.07, 0.15, 1, 2, 3),
    (12, 'rd_tax_relief', 'growth', 5, 20, 80, 3, 4, 5),
    (13, 'net_asset_margin', 'penalty', 0.05, 0.08, 0.12, 5, 3, 5),
    (14, 'graduates_hired', 'auxiliary', 0, 2, 5, 0, 3, 3),
    (15, 'rd_platforms', 'auxiliary', 0, 0.5, 1, 0, 3, 3),
    (16, 'science_awards', 'extra', 0, 0.5, 1, 4, 3, 2),
    (17, 'science_projects', 'extra', 0, 0.5, 2, 4, 3, 0),
    (18, 'venture_capital', 'more', 0, 100, 1000, 5, 2, 2);

-- The 72 combinations of method, direction and transform, each met by one indicator of one of four models.
CREATE TABLE model_indicator AS
SELECT model, i.*,
       (ARRAY['none', 'percentile(0.01,0.99)', 'iqr(1.5)', 'sigma(3)', 'mad(3)', format('fixed(%s,%s)', low, high)])
           [c % 6 + 1] AS method,
       (ARRAY['benefit', 'cost', format('target(%s)', middle), format('interval(%s,%s)', low, middle)])
           [c / 6 % 4 + 1] AS direction,
       (ARRAY['none', 'log', 'sqrt'])[c / 24 + 1] AS transform
FROM generate_series(1, 4) model, base_indicator i,
     LATERAL (SELECT ((position - 1) * 29 + 18 * (model - 1)) % 72 AS c) c;
SELECT count(*), count(DISTINCT (split_part(method, '(', 1), split_part(direction, '(', 1), transform)) AS combinations
FROM model_indicator;

CREATE TABLE variant AS
SELECT model, missing, CASE model WHEN 2 THEN 1000 ELSE 100 END::float8 AS full_marks,
       CASE model WHEN 3 THEN 0.85 WHEN 4 THEN 1 ELSE 0 END::float8 AS min_coverage
FROM generate_series(1, 4) model, unnest(ARRAY['zero', 'reweight', 'null']) missing;

CREATE TABLE unfitted AS
SELECT v.model, v.missing,
       jsonb_build_object(
           'scheme', 'twin', 'full_marks', v.full_marks, 'missing', v.missing, 'min_coverage', v.min_coverage,
           'stages', '["startup", "growth", "stable"]'::jsonb,
           'categories', (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(c) - 'position') ORDER BY position)
                          FROM model_category c),
           'indicators', jsonb_agg(jsonb_build_object(
               'indicator', indicator, 'category', category, 'direction', direction, 'extreme', method,
               'transform', transform,
               'weights', jsonb_build_object('startup', startup, 'growth', growth, 'stable', stable))
               ORDER BY position))::text::score_model AS unfitted
FROM variant v JOIN model_indicator USING (model)
GROUP BY v.model, v.missing, v.full_marks, v.min_coverage;
CREATE TABLE fitted AS
SELECT model, missing, year, fit(unfitted, VARIADIC vals) AS fitted
FROM unfitted CROSS JOIN firm_values
GROUP BY model, missing, year;
SELECT count(*), count(*) FILTER (WHERE is_fitted(fitted)) AS fitted FROM fitted;

-- The twin: bounds ...
CREATE TABLE twin_model_bounds AS
SELECT m.model, b.year, m.position,
       CASE WHEN m.method LIKE 'fixed%' THEN m.low ELSE b.lower END AS lower,
       CASE WHEN m.method LIKE 'fixed%' THEN m.high ELSE b.upper END AS upper
FROM model_indicator m
JOIN indicator_bounds_twin b
    ON b.position = m.position AND b.method = CASE WHEN m.method LIKE 'fixed%' THEN 'none' ELSE m.method END;
SELECT count(*) AS bounds, count(DISTINCT (model, missing, year)) AS models,
       count(b.lower) AS "not null", count(f.bounds ->> 'lower') AS "found not null",
       count(*) FILTER (WHERE differs(b.lower, (f.bounds ->> 'lower')::float8)
                           OR differs(b.upper, (f.bounds ->> 'upper')::float8)) AS differ
FROM twin_model_bounds b
FULL JOIN (SELECT model, missing, year, i.position::int, i.indicator -> 'bounds' AS bounds
           FROM fitted, jsonb_array_elements(fitted::jsonb -> 'indicators') WITH ORDINALITY i(indicator, position)) f
    USING (model, year, position);

-- ... normalized values; ln(1 + x) without the loss of the digits of a small x (Kahan)
CREATE FUNCTION transformed(x float8, transform text) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE transform
       WHEN 'none' THEN x
       WHEN 'sqrt' THEN sign(x) * sqrt(abs(x))
       WHEN 'log' THEN sign(x) * CASE WHEN 1 + abs(x) = 1 THEN abs(x)
                                      ELSE ln(1 + abs(x)) * (abs(x) / ((1 + abs(x)) - 1)) END END;
CREATE TABLE twin_normalized_value AS
SELECT m.model, v.year, v.firm, v.stage, m.position, m.category, v.value, b.lower, b.upper,
       twin_normalized(transformed(pulled(v.value, b.lower, b.upper), m.transform),
                       transformed(b.lower, m.transform), transformed(b.upper, m.transform),
                       split_part(m.direction, '(', 1),
                       transformed(CASE split_part(m.direction, '(', 1) WHEN 'target' THEN m.middle ELSE m.low END,
                                   m.transform),
                       transformed(m.middle, m.transform)) AS n,
       CASE WHEN v.value IS NULL THEN 'missing' WHEN b.lower = b.upper THEN 'constant'
            WHEN v.value < b.lower THEN 'below' WHEN v.value > b.upper THEN 'above' ELSE 'ok' END AS status,
       CASE v.stage WHEN 'startup' THEN m.startup WHEN 'growth' THEN m.growth ELSE m.stable END AS w
FROM firm_value v JOIN model_indicator m USING (position) JOIN twin_model_bounds b USING (model, year, position);
ANALYZE twin_normalized_value;

-- ... and points. A missing value gives none, or makes all unknown under the policy "null"; a bonus or penalty category
-- that goes beyond its limit shrinks to it.
CREATE TABLE twin_detail AS
SELECT *, CASE WHEN value IS NOT NULL THEN most * n
               WHEN missing = 'null' AND role = 'base' AND w > 0 THEN NULL
               ELSE 0 END AS points
FROM (SELECT *, CASE WHEN role = 'base' AND missing = 'reweight'
                     THEN CASE WHEN value IS NULL THEN 0 ELSE full_marks * w / base_present END
                     WHEN role = 'base' THEN full_marks * w / base_weight
                     ELSE CASE role WHEN 'bonus' THEN w ELSE -w END
                          * CASE WHEN value IS NOT NULL AND category_points > max_points
                                 THEN max_points / category_points ELSE 1 END END AS most
      FROM (SELECT v.missing, v.full_marks, v.min_coverage, n.*, c.role, c.max_points,
                   sum(w) FILTER (WHERE c.role = 'base') OVER firm AS base_weight,
                   sum(w) FILTER (WHERE c.role = 'base' AND value IS NOT NULL) OVER firm AS base_present,
                   sum(w * n) OVER (PARTITION BY v.model, v.missing, n.year, n.firm, n.category) AS category_points
            FROM twin_normalized_value n JOIN variant v USING (model) JOIN model_category c USING (category)
            WINDOW firm AS (PARTITION BY v.model, v.missing, n.year, n.firm)) a) b;
CREATE TABLE twin_score AS
SELECT model, missing, year, firm, stage,
       coalesce(base_present, 0) / base_weight AS coverage,
       CASE WHEN coalesce(base_present, 0) / base_weight < min_coverage THEN NULL
            WHEN count(points) < count(*) THEN NULL
            WHEN missing = 'reweight' AND base_present IS NULL THEN NULL    -- nothing to scale up
            ELSE sum(points ORDER BY position) END AS score
FROM twin_detail
GROUP BY model, missing, year, firm, stage, base_present, base_weight, min_coverage;

CREATE TABLE found_detail AS
SELECT f.model, f.missing, f.year, v.firm, d.ordinality::int AS position, d.*
FROM fitted f JOIN firm_values v USING (year)
CROSS JOIN LATERAL score_detail(f.fitted, v.stage, VARIADIC v.vals) WITH ORDINALITY d;
CREATE TABLE found_score AS
SELECT f.model, f.missing, f.year, v.firm, v.stage, score(f.fitted, v.stage, VARIADIC v.vals) AS score,
       coverage(f.fitted, v.stage, VARIADIC v.vals) AS coverage, score_row(f.fitted, v.stage, VARIADIC v.vals) AS row
FROM fitted f JOIN firm_values v USING (year);
ANALYZE twin_detail, twin_score, found_detail, found_score;

SELECT missing, count(*) AS compared, count(f.normalized) AS "normalized not null",
       count(f.points) AS "points not null",
       count(*) FILTER (WHERE bits_differ(t.value, CASE WHEN abs(f.value) < 'Infinity' THEN f.value END)
                           OR differs(t.lower, f.lower) OR differs(t.upper, f.upper)
                           OR (t.status, t.category) IS DISTINCT FROM (f.status, f.category)) AS "values differ",
       count(*) FILTER (WHERE differs(t.n, f.normalized, 1)) AS "normalized differ",
       count(*) FILTER (WHERE differs(t.most, f.max_points)) AS "weights differ",
       count(*) FILTER (WHERE differs(t.points, f.points, t.full_marks)) AS "points differ"
FROM twin_detail t FULL JOIN found_detail f USING (model, missing, year, firm, position)
GROUP BY missing ORDER BY missing;
SELECT status, count(*) FROM found_detail GROUP BY status ORDER BY status;

SELECT model, missing, count(*) AS compared, count(f.score) AS "not null", count(t.score) AS "twin not null",
       count(*) FILTER (WHERE differs(t.score, f.score, 1000)) AS "scores differ",
       count(*) FILTER (WHERE differs(t.coverage, f.coverage, 1)) AS "coverages differ"
FROM twin_score t FULL JOIN found_score f USING (model, missing, year, firm)
GROUP BY model, missing ORDER BY model, missing;

-- The points of the detail add up to the score, which is rounded; score_row gives the same bits as score and coverage.
SELECT missing, count(*) AS compared, count(f.score) AS "not null",
       count(*) FILTER (WHERE f.score IS NOT NULL AND differs(f.score, d.points, 1000)) AS "sums differ",
       count(*) FILTER (WHERE bits_differ(f.score, row[1]) OR bits_differ(f.coverage, row[2])) AS "rows of other bits"
FROM found_score f
JOIN (SELECT model, missing, year, firm, sum(points ORDER BY position) AS points
      FROM found_detail GROUP BY model, missing, year, firm) d
    USING (model, missing, year, firm)
GROUP BY missing ORDER BY missing;

-- Category scores: the twin, category_score() and score_row(), and base categories that add up to the base points. Of bonus
-- and penalty categories what they gave of what they can give.
CREATE TABLE twin_category AS
SELECT model, missing, year, firm, stage, category,
       CASE WHEN min(role) <> 'base' THEN min(full_marks) * least(coalesce(sum(w * n), 0), min(max_points)) / nullif(least(sum(w), min(max_points)), 0)
            WHEN missing = 'null' AND count(*) FILTER (WHERE value IS NULL AND w > 0) > 0 THEN NULL
            ELSE min(full_marks) * coalesce(sum(w * n), 0)
                 / nullif(sum(w) FILTER (WHERE value IS NOT NULL OR missing <> 'reweight'), 0) END AS score
FROM twin_detail
GROUP BY model, missing, year, firm, stage, category;
SELECT missing, category, count(*) AS compared, count(found) AS "not null", count(t.score) AS "twin not null",
       count(*) FILTER (WHERE differs(t.score, found, 1000)) AS differ,
       count(*) FILTER (WHERE bits_differ(found, f.row[3 + c.position])) AS "rows of other bits"
FROM twin_category t JOIN model_category c USING (category) JOIN found_score f USING (model, missing, year, firm)
JOIN firm_values v USING (year, firm) JOIN fitted m USING (model, missing, year)
CROSS JOIN LATERAL (SELECT category_score(m.fitted, v.stage, t.category, VARIADIC v.vals) AS found) x
GROUP BY missing, category, c.position ORDER BY missing, c.position;

-- ---------------------------------------------------------------- ranks: as they are, and with heavy ties

CREATE VIEW ranked AS
SELECT model, missing, year, firm, stage, score, false AS rounded FROM found_score
UNION ALL SELECT model, missing, year, firm, stage, round(score / 5), true FROM found_score;
SELECT rounded, count(*) AS compared, count(ours) AS "not null", count(DISTINCT ours) AS "distinct ranks",
       count(*) FILTER (WHERE ours IS DISTINCT FROM twin OR ours_stage IS DISTINCT FROM twin_stage) AS differ,
       count(*) FILTER (WHERE differs(ours_percentile, twin_percentile)) AS "percentiles differ"
FROM (SELECT rounded, score_rank(score) OVER field AS ours, score_rank(score, stage) OVER field AS ours_stage,
             100::float8 * (count(score) OVER field - score_rank(score) OVER field + 1) / nullif(count(score) OVER field, 0)
             AS ours_percentile,
             CASE WHEN score IS NOT NULL THEN rank() OVER (field ORDER BY score DESC NULLS LAST) END AS twin,
             CASE WHEN score IS NOT NULL
                  THEN rank() OVER (PARTITION BY rounded, model, missing, year, stage
                                    ORDER BY score DESC NULLS LAST) END AS twin_stage,
             CASE WHEN score IS NOT NULL
                  THEN 100 * count(score) OVER (field ORDER BY score RANGE UNBOUNDED PRECEDING)::float8
                       / count(score) OVER field END AS twin_percentile
      FROM ranked WINDOW field AS (PARTITION BY rounded, model, missing, year)) r
GROUP BY rounded ORDER BY rounded;

-- ---------------------------------------------------------------- however the rows come: same text, same bits

-- 100,000 rows, more than fit() keeps of a group, in order, shuffled, in partitions; serial and parallel plans.
CREATE TABLE ordered AS
SELECT firm, stage,
       ARRAY[rd_expense, rd_expense_growth, rd_intensity, rd_staff_share, invention_patents, pct_patents,
             tech_contract_value, hitech_revenue, revenue, revenue_growth, postgraduate_share, rd_tax_relief,
             net_asset_margin, graduates_hired, rd_platforms, science_awards, science_projects, venture_capital] AS vals
FROM province.firms(100000, 2024, 1);
CREATE TABLE shuffled AS SELECT * FROM ordered ORDER BY hashint8extended(firm, 99);
CREATE TABLE parts (LIKE ordered) PARTITION BY HASH (firm);
SELECT format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER %s)', i, i)
FROM generate_series(0, 2) i \gexec
INSERT INTO parts SELECT * FROM ordered ORDER BY firm DESC;
ALTER TABLE ordered SET (parallel_workers = 2);
ALTER TABLE shuffled SET (parallel_workers = 2);
ANALYZE ordered, shuffled, parts;
CREATE TABLE way (source regclass, workers int, partitionwise boolean, gathers boolean, model text, scores bytea);

-- Fits until no pass is missing, scores, and notes the text and a digest of the bits.
CREATE FUNCTION go(source regclass, workers int, partitionwise boolean, model score_model) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    plan json;
    passes int := 0;
BEGIN
    PERFORM set_config('max_parallel_workers_per_gather', workers::text, true),
            set_config('enable_partitionwise_aggregate', partitionwise::text, true),
            set_config('parallel_setup_cost', '0', true), set_config('parallel_tuple_cost', '0', true),
            set_config('min_parallel_table_scan_size', '0', true);
    EXECUTE format('EXPLAIN (FORMAT json) SELECT fit(%L::score_model, VARIADIC vals) FROM %s', model, source) INTO plan;
    LOOP
        EXECUTE format('SELECT fit($1, VARIADIC vals) FROM %s', source) INTO model USING model;
        passes := passes + 1;
        EXIT WHEN is_fitted(model) OR passes = 20;
    END LOOP;
    INSERT INTO way (source, workers, partitionwise, gathers, model)
    VALUES (source, workers, partitionwise, plan::text LIKE '%"Gather%', model::text);
    EXECUTE format('UPDATE way
                    SET scores = (SELECT sha256(string_agg(bits, '''' ORDER BY firm))
                                  FROM (SELECT firm, float8send(score($1, stage, VARIADIC vals)) AS bits FROM %s) s)
                    WHERE scores IS NULL', source) USING model;
END
$$;
SELECT go(source, workers, partitionwise, model)
FROM unnest('{ordered,shuffled,parts}'::regclass[]) source, unnest('{0,2}'::int[]) workers,
     unnest('{false,true}'::boolean[]) partitionwise,
     (SELECT unfitted AS model FROM unfitted WHERE model = 1 AND missing = 'reweight') m;
SELECT source, workers, count(*), bool_and(gathers) AS parallel, count(model) AS models, count(scores) AS scores
FROM way GROUP BY source, workers ORDER BY source::text, workers;
SELECT count(DISTINCT model) AS texts, count(DISTINCT scores) AS "digests of scores",
       bool_and(is_fitted(model::score_model)) AS fitted
FROM way;
-- And the bounds of a sample that large are those of percentile_cont, to the last bit.
CREATE FUNCTION fit_all(model score_model, source regclass) RETURNS score_model LANGUAGE plpgsql AS $$
BEGIN
    FOR pass IN 1 .. 20 LOOP
        EXECUTE format('SELECT fit($1, VARIADIC vals) FROM %s', source) INTO model USING model;
        EXIT WHEN is_fitted(model);
    END LOOP;
    RETURN model;
END
$$;
SELECT method, count(*) AS compared, count(lower) AS "not null", count(twin_lower) AS "twin not null",
       count(*) FILTER (WHERE bits_differ(lower, twin_lower) OR bits_differ(upper, twin_upper)) AS "other bits"
FROM (SELECT m.method, m.a, m.b, i.position, (i.indicator #>> '{bounds,lower}')::float8 AS lower,
             (i.indicator #>> '{bounds,upper}')::float8 AS upper
      FROM (VALUES ('percentile(0.01,0.99)', 0.01, 0.99), ('percentile(0.25,0.75)', 0.25, 0.75),
                   ('percentile(0.3333,1)', 0.3333, 1)) m(method, a, b)
      CROSS JOIN (SELECT unfitted::jsonb AS spec FROM unfitted WHERE model = 1 AND missing = 'zero') u
      CROSS JOIN LATERAL (SELECT jsonb_set(spec, '{indicators}', jsonb_agg(i || jsonb_build_object(
                                           'extreme', m.method)))::text::score_model AS model
                          FROM jsonb_array_elements(spec -> 'indicators') i) w
      CROSS JOIN LATERAL fit_all(w.model, 'shuffled') fitted
      CROSS JOIN LATERAL jsonb_array_elements(fitted::jsonb -> 'indicators') WITH ORDINALITY i(indicator, position)) f
FULL JOIN (SELECT position, p AS a, q AS b, x[CASE WHEN x[p_at] < x[q_at] THEN p_at ELSE 1 END] AS twin_lower,
                  x[CASE WHEN x[p_at] < x[q_at] THEN q_at ELSE 7 END] AS twin_upper
           FROM (SELECT position,
                        percentile_cont(ARRAY[0, 0.01, 0.25, 0.3333, 0.75, 0.99, 1])
                            WITHIN GROUP (ORDER BY value + 0) AS x
                 FROM ordered, unnest(vals) WITH ORDINALITY u(value, position) GROUP BY position) x
           CROSS JOIN (VALUES (0.01, 2, 0.99, 6), (0.25, 3, 0.75, 5), (0.3333, 4, 1, 7)) c(p, p_at, q, q_at)) t
    USING (position, a, b)
GROUP BY method ORDER BY method;

-- ---------------------------------------------------------------- scoreboards: views, functions and the twin

SET client_min_messages = warning;
SELECT create_scoreboard('twin.board', 'national-2024', 'twin.firm', entity => 'firm', stage => 'stage',
                         period => 'year', attributes => '{city,industry}');
SELECT create_scoreboard('twin.peer', 'national-2024', 'twin.firm', entity => 'firm', stage => 'stage',
                         period => 'year', peers => '{industry}');
-- one indicator of few values: heavy ties
INSERT INTO scheme (scheme, extreme) VALUES ('twin-ties', 'fixed(0,4)');
INSERT INTO category (scheme, category) VALUES ('twin-ties', 'all');
INSERT INTO stage (scheme, stage) VALUES ('twin-ties', 'all');
INSERT INTO indicator (scheme, indicator, category) VALUES ('twin-ties', 'science_projects', 'all');
INSERT INTO weight (scheme, stage, indicator, weight) VALUES ('twin-ties', 'all', 'science_projects', 100);
SELECT create_scoreboard('twin.tied', 'twin-ties', 'twin.firm', entity => 'firm', period => 'year',
                         attributes => '{city,industry}');
RESET client_min_messages;

-- Scores of the views have the bits of score() with models fitted by hand.
SELECT name, count(*) AS compared, count(score) AS "not null",
       count(*) FILTER (WHERE bits_differ(score, direct)) AS "other bits"
FROM (SELECT 'board' AS name, s.score, score(m.model, s.stage, VARIADIC v.vals) AS direct
      FROM board_score s
      FULL JOIN firm_values v USING (year, firm)
      JOIN (SELECT year, fit((SELECT scheme_model('national-2024')), VARIADIC vals) AS model
            FROM firm_values GROUP BY year) m USING (year)
      UNION ALL
      SELECT 'peer', s.score, score(m.model, s.stage, VARIADIC v.vals)
      FROM peer_score s
      FULL JOIN firm_values v USING (year, firm)
      JOIN (SELECT year, industry, fit((SELECT scheme_model('national-2024')), VARIADIC vals) AS model
            FROM firm_values JOIN firm USING (year, firm) GROUP BY year, industry) m
          ON (m.year, m.industry) = (s.year, s.industry)) b
GROUP BY name ORDER BY name;
-- The ranking: ranked before rounding.
SELECT count(*) AS compared, count(r.rank) AS "not null",
       count(*) FILTER (WHERE (r.rank, r.stage_rank) IS DISTINCT FROM (s.rank, s.stage_rank)
                           OR differs(r.percentile, s.percentile)) AS "ranks differ",
       count(*) FILTER (WHERE (r.score, r.technology_score, r.growth_score, r.auxiliary_score) IS DISTINCT FROM
                              (s.score::numeric(9,4), s.technology_score::numeric(9,4), s.growth_score::numeric(9,4),
                               s.auxiliary_score::numeric(9,4))) AS "scores differ"
FROM board_ranking r
FULL JOIN (SELECT *, rank() OVER (PARTITION BY year ORDER BY score DESC) AS rank,
                  rank() OVER (PARTITION BY year, stage ORDER BY score DESC) AS stage_rank,
                  100 * cume_dist() OVER (PARTITION BY year ORDER BY score) AS percentile
           FROM board_score) s USING (year, firm);

-- The whitelist by window functions, for rules of every kind, on few ties and on many.
CREATE TABLE negative AS
SELECT firm::text AS entity, reason, valid_from, valid_to
FROM (VALUES (3, 'for ever', NULL::date, NULL::date), (5, 'over', NULL, current_date - 1),
             (7, 'to come', current_date + 1, NULL), (9, 'today', current_date, current_date),
             (11, 'since', current_date - 9, NULL)) v(m, reason, valid_from, valid_to)
JOIN (SELECT DISTINCT firm FROM firm) f ON f.firm % 97 = v.m;
INSERT INTO exclusion (scoreboard, entity, reason, valid_from, valid_to)
SELECT board, n.* FROM unnest('{twin.board,twin.tied}'::text[]) board, negative n;
CREATE TABLE rule (n int, min_score float8, top_n int, quota_by text, quota_n int, required text, min_coverage float8,
                   reserve_n int);
INSERT INTO rule VALUES
    (1, 25, NULL, NULL, NULL, NULL, NULL, 0),
    (2, NULL, 100, NULL, NULL, NULL, NULL, 0),
    (3, NULL, NULL, 'industry', 4, NULL, NULL, 25),
    (4, 20, 60, 'city', 10, 'revenue > 500 AND NOT (rd_expense IS NULL)', 0.9, 40),
    (5, 50, 3, 'city', 1, 'industry <> ''生物''', 0.5, 1),
    (6, NULL, 5000, NULL, NULL, 'revenue_growth > 0.1', NULL, 7),
    (7, 99, 10, NULL, NULL, NULL, 1, 10);
CREATE FUNCTION twin_whitelist(board text, r rule) RETURNS TABLE (year int, firm bigint, decision text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
    WITH judged AS (
        SELECT f.year, f.firm, s.score, %2$s AS quota,
               s.score IS NOT NULL AND ($1 IS NULL OR s.score >= $1) AND ($4 IS NULL OR s.coverage >= $4)
               AND coalesce(%3$s, false)
               AND NOT EXISTS (SELECT FROM negative n
                               WHERE n.entity = f.firm::text
                                 AND current_date BETWEEN coalesce(valid_from, '-infinity')
                                                      AND coalesce(valid_to, 'infinity')) AS eligible
        FROM firm f JOIN (SELECT year, firm, score, coverage FROM %1$s_score) s USING (year, firm)
    ), quota AS (
        SELECT *, eligible
                  AND ($3 IS NULL OR rank() OVER (PARTITION BY year, quota, eligible ORDER BY score DESC) <= $3)
                      AS let_through
        FROM judged
    ), top AS (
        SELECT *, let_through
                  AND ($2 IS NULL OR rank() OVER (PARTITION BY year, let_through ORDER BY score DESC) <= $2) AS listed
        FROM quota
    ), reserve AS (
        SELECT *, eligible AND NOT listed
                  AND rank() OVER (PARTITION BY year, eligible AND NOT listed ORDER BY score DESC) <= $5 AS reserve
        FROM top
    )
    SELECT year, firm, CASE WHEN listed THEN 'listed' WHEN reserve THEN 'reserve' ELSE 'rejected' END FROM reserve
    $sql$, board, coalesce(r.quota_by, 'NULL::text'), coalesce(r.required, 'true'))
    USING r.min_score, r.top_n, r.quota_n, r.min_coverage, r.reserve_n;
END
$$;
CREATE TABLE decided (n int, board text, year int, firm bigint, decision text, expected text, rank bigint,
                      reasons text);
CREATE FUNCTION decide(board text, r rule) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_whitelist_rule(board, r.min_score, r.top_n, r.quota_by, r.quota_n, r.required, r.min_coverage,
                               r.reserve_n);
    EXECUTE format('INSERT INTO decided SELECT $2.n, $1, year, firm, w.decision, t.decision, w.rank, w.reasons
                    FROM %s_whitelist w FULL JOIN twin_whitelist($1, $2) t USING (year, firm)', board) USING board, r;
END
$$;
SET client_min_messages = warning;
SELECT count(decide(board, r)) FROM rule r CROSS JOIN unnest('{twin.board,twin.tied}'::text[]) board;
RESET client_min_messages;
SELECT n, board, count(*) AS compared, count(*) FILTER (WHERE decision = 'listed') AS listed,
       count(*) FILTER (WHERE decision = 'reserve') AS reserve,
       count(*) FILTER (WHERE decision = 'rejected') AS rejected,
       count(*) FILTER (WHERE decision IS DISTINCT FROM expected) AS differ,
       count(*) FILTER (WHERE reasons IS NULL OR reasons = '') AS "without a reason"
FROM decided GROUP BY n, board ORDER BY n, board;
SELECT count(*) AS compared, count(d.rank) AS "not null",
       count(*) FILTER (WHERE d.rank IS DISTINCT FROM r.rank) AS "ranks differ"
FROM decided d JOIN board_ranking r USING (year, firm) WHERE d.board = 'twin.board';

SELECT drop_scoreboard(board) FROM unnest('{twin.board,twin.peer,twin.tied}'::text[]) board;
DELETE FROM scheme WHERE scheme = 'twin-ties';
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA twin, province CASCADE;
