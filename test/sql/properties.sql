-- What holds of every method and rule: scores do not change with the unit under min-max and ln, and better values give no less.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA properties;
SET search_path = properties, innovation_score, public;
\pset format unaligned

-- amounts of 500 firms, some of them nothing, some of them losses, some of them large
CREATE TABLE firm AS SELECT i, CASE WHEN i % 7 = 0 THEN 0 WHEN i % 11 = 0 THEN -(i * 7919 % 997) ELSE exp((i * 104729 % 1009) / 90.0) END::float8 AS x FROM generate_series(1, 500) i;
CREATE FUNCTION model(extreme text, direction text, adjust text, transform text, scoring text DEFAULT 'minmax') RETURNS score_model LANGUAGE sql
RETURN jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', 'x', 'weights', 1, 'extreme', extreme, 'direction', direction, 'adjust', adjust, 'transform', transform, 'scoring', scoring)))::score_model;
-- jrc and others take several passes
CREATE FUNCTION fitted(model score_model, unit float8) RETURNS score_model LANGUAGE plpgsql AS $$
BEGIN
    FOR pass IN 1 .. 10 LOOP
        SELECT fit(fitted.model, x * unit) INTO model FROM firm;
        EXIT WHEN is_fitted(model);
    END LOOP;
    RETURN model;
END $$;

-- ----- the unit: ten thousand yuan, yuan, and one that is no power of two or ten
CREATE TABLE form AS
SELECT row_number() OVER () AS form, m AS method, d AS direction, a AS adjust, t AS transform
FROM unnest('{none,"percentile(0.05,0.95)","percentile(,0.9)","iqr(1.5)","iqr(1,inside)",sigma(2),zscore(1),mad(3),jrc,"percentile(0.01,0.99) of nonzero","mad(2) of nonzero","fixed(%s,%s)","fixed(%s,) + percentile(,0.95)"}'::text[]) m,
     unnest('{benefit,cost,target(%s),"interval(%s,%s)"}'::text[]) d, unnest('{clamp,compress(0.5)}'::text[]) a, unnest('{none,ln}'::text[]) t;
CREATE TABLE unit AS
SELECT f.*, u AS unit, fitted(model(format(method, (3 * u)::text, (700 * u)::text), format(direction, (40 * u)::text, (300 * u)::text), adjust, transform), u) AS model FROM form f, unnest('{1,10000,0.37}'::float8[]) u;
-- ten places of 100: ln of a product is the sum of logarithms but for its last bits, which move a score that lies between two
-- places to either of them, some ten among 100,000
SELECT transform, count(DISTINCT form) AS forms, count(*) AS scores, count(DISTINCT s.score) > 1000 AS varied, count(*) FILTER (WHERE abs(s.score - t.score) > 1.01e-10 OR s.score IS NULL) AS differ,
       count(*) FILTER (WHERE transform = 'none' AND s.score <> t.score) AS of_values_differ, count(*) FILTER (WHERE s.score <> t.score) * 2000 > count(*) AS many_in_the_last_place,
       count(*) FILTER (WHERE round(s.score::numeric, 4) <> round(t.score::numeric, 4)) AS of_four_places_differ
FROM unit a JOIN unit b USING (form, transform) CROSS JOIN firm CROSS JOIN LATERAL score(a.model, 'all', x) AS s(score) CROSS JOIN LATERAL score(b.model, 'all', x * b.unit) AS t(score)
WHERE a.unit = 1 AND b.unit <> 1 GROUP BY transform ORDER BY transform;
-- not so under log, whose 1 has a unit
SELECT count(*) FILTER (WHERE abs(score(a.model, 'all', x) - score(b.model, 'all', x * 10000)) > 1) > 100 AS differ
FROM (SELECT fitted(model('none', 'benefit', 'clamp', 'log'), 1) AS model) a, (SELECT fitted(model('none', 'benefit', 'clamp', 'log'), 10000) AS model) b, firm;

-- ----- more is never worth less, or of a cost never more
CREATE TABLE rule AS
SELECT row_number() OVER () AS rule, extreme, direction, adjust, transform, scoring
FROM (SELECT method AS extreme, d AS direction, adjust, t AS transform, 'minmax' AS scoring FROM form, unnest('{none,ln,ln(5),log,sqrt}'::text[]) t, unnest('{benefit,cost}'::text[]) d WHERE form.direction = 'benefit' AND form.transform = 'none' AND NOT (method ~ 'fixed' AND t = 'ln')
      UNION ALL SELECT 'none', d, 'clamp', 'none', s FROM unnest('{"steps(-5:1,0:2,10:2,99.5:7)","steps_above(0:0,0.1:3,50:4)","linear(-9:0,3:1,80:1,81:6)","per(0.3,1,50)","per(7,2.5,20)",percent_rank}'::text[]) s, unnest('{benefit,cost}'::text[]) d
      WHERE d = 'benefit' OR s = 'percent_rank') r;
SELECT scoring <> 'minmax' AS by_rule, direction, count(DISTINCT rule) AS rules, count(*) AS steps, count(*) FILTER (WHERE n <> before) > 100 AS varied,
       count(*) FILTER (WHERE n IS NULL OR CASE direction WHEN 'benefit' THEN n < before ELSE n > before END) AS wrong
FROM (SELECT r.*, n, lag(n, 1, n) OVER (PARTITION BY rule ORDER BY v.x) AS before
      FROM (SELECT *, fitted(model(format(extreme, 3, 700), direction, adjust, transform, scoring), 1) AS model FROM rule) r,
           (SELECT x FROM firm UNION SELECT x + d FROM firm, unnest('{-0.5,1e-9,0.05}'::float8[]) d UNION SELECT unnest('{-1e12,1e12,-5,-5.0000001}'::float8[])) v,
           LATERAL (SELECT (_innovation_score.normalized_row(r.model, v.x))[1] AS n) s) s
GROUP BY 1, 2 ORDER BY 1, 2;
DROP SCHEMA properties CASCADE;
