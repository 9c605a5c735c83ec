-- growth_rate, ratio, margin, average_growth
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

SELECT c, p, growth_rate(c, p), ratio(c, p), margin(c, p)
FROM (VALUES (120::float8, 100::float8), (80, 100), (-50, -100), (-150, -100), (50, -100), (0, 100), (5, 0), (0, 0),
             (NULL, 1), (1, NULL), ('Infinity', 1), (1, 'Infinity'), ('NaN', 1), (1e308, 1e-308), (1, -0.0)) AS v(c, p);
SELECT c, p, growth_rate(c, p), ratio(c, p), margin(c, p)
FROM (VALUES (120::numeric, 100::numeric), (80, 100), (-50, -100), (-150, -100), (50, -100), (0, 100), (5, 0), (0, 0.00),
             (NULL, 1), (1, NULL), ('NaN', 1), (1, 3), (1e30, 1e-30), (-5, -1), (-5, 2)) AS v(c, p);
-- which form a call takes
SELECT pg_typeof(growth_rate(1, 2)) AS integers, pg_typeof(growth_rate(1.5, 2)) AS numerics, pg_typeof(growth_rate(1.5::numeric(20,2), 2::bigint)) AS money,
       pg_typeof(ratio(1::float8, 2.5)) AS mixed, pg_typeof(margin(1, 2.5)) AS margin, pg_typeof(average_growth(1, 2, 3.0)) AS average;
-- every growth of exactly 15 %, from 10.00 to 200.00, is 0.15; doubles of the same figures miss it often
SELECT count(*) AS growths, count(*) FILTER (WHERE growth_rate(base * 1.15, base) = 0.15) AS exact,
       count(*) FILTER (WHERE growth_rate(base * 1.15, base)::float8 = 0.15::float8) AS as_double,
       count(*) FILTER (WHERE growth_rate((base * 1.15)::float8, base::float8) = 0.15::float8) BETWEEN 1 AND 19000 AS doubles_miss
FROM (SELECT i / 100.0 AS base FROM generate_series(1000, 20000) i) b;
-- a loss over negative equity is no margin
SELECT ratio(-5.0, -1) AS ratio, margin(-5.0, -1) AS margin, margin(-5::float8, -1::float8) AS of_doubles, margin(-5.0, 0) AS no_equity;

-- 高新技术企业: each case of the guideline
SELECT y1, y2, y3, average_growth(y1, y2, y3), average_growth(y1::float8, y2::float8, y3::float8) AS of_doubles
FROM (VALUES (100.0, 120, 150), (100, 100, 100), (0, 120, 150), (0, 120, 60), (100, 0, 150), (0, 0, 150), (100, 80, 40), (-10, 20, 40), (10, -20, 40),
             (10, 20, -5), (NULL, 20, 40), (-10, NULL, 40), (-10, 20, NULL), (10, -20, NULL)) v(y1, y2, y3);
-- against the guideline's own formula, with fractions that do not end compared at twelve places
SELECT count(*) AS compared,
       count(*) FILTER (WHERE round(average_growth(a, b, c), 12)
                              <> greatest(round((b / a::numeric(60,40) + c / b::numeric(60,40)) / 2 - 1, 12), 0)) AS different
FROM generate_series(1.0, 40) a, generate_series(1.0, 40) b, generate_series(-5.0, 40) c;
