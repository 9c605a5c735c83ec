-- A twin in exact decimals: scores, ranks and coverage of 5,000 random schemes; whitelists, tiers and credit limits of
-- 24 scoreboards of 20 periods, decided by plain SQL over numeric.
\set ECHO all
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA board;
SET search_path = board, innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
CREATE FUNCTION one_of(VARIADIC vals numeric[]) RETURNS numeric LANGUAGE sql VOLATILE AS $$ SELECT vals[1 + floor(draw() * cardinality(vals))::int] $$;

-- ----- 5,000 schemes: whole and decimal weights, half of them with a bonus that has a limit, some with a penalty
CREATE TABLE scheme_twin AS
SELECT k, full_marks, (12 - floor(log(full_marks)))::int AS places, CASE WHEN k % 4 > 0 THEN one_of(0, 1, 2, 3, 4, 5)::int END AS decimals,
       CASE WHEN k % 3 = 0 THEN one_of(0.25, 0.5, 0.75) ELSE 0 END AS min_coverage, CASE WHEN k % 2 = 0 THEN one_of(3, 5, 2.5) END AS bonus, CASE WHEN k % 5 = 0 THEN one_of(4, 1.25) END AS penalty
FROM generate_series(1, 5000) k, LATERAL (SELECT (ARRAY[100, 100, 130, 1000, 1, 10000, 0.5, 120])[1 + k % 8]::numeric AS full_marks) f;
CREATE TABLE indicator_twin AS
SELECT k, i, CASE WHEN i <= 2 + k % 4 THEN 'base' WHEN i = 8 THEN 'bonus' ELSE 'penalty' END AS category, one_of(1, 2, 4, 5, 8, 10, 50, 100) AS upper,
       CASE WHEN k % 3 = 0 THEN one_of(5, 10, 20, 25) WHEN k % 3 = 1 THEN one_of(0.5, 7.5, 12.25, 8) ELSE round((0.1 + draw() * 30)::numeric, 2) END AS weight
FROM scheme_twin, generate_series(1, 9) i WHERE i <= 2 + k % 4 OR i = 8 AND bonus IS NOT NULL OR i = 9 AND penalty IS NOT NULL;
CREATE INDEX ON indicator_twin (k);
ANALYZE indicator_twin;
CREATE TABLE value_twin AS
SELECT k, firm, i, category, weight, upper, CASE WHEN draw() < 0.85 THEN round(upper * floor(draw() * 41)::numeric / 40, 3) END AS value FROM indicator_twin, generate_series(1, 10) firm;
CREATE TABLE model_twin AS
SELECT k, jsonb_strip_nulls(jsonb_build_object('full_marks', full_marks, 'decimals', decimals, 'min_coverage', min_coverage, 'missing', 'zero',
           'categories', jsonb_build_array(jsonb_build_object('category', 'base'))
               || CASE WHEN bonus IS NOT NULL THEN jsonb_build_array(jsonb_build_object('category', 'bonus', 'role', 'bonus', 'max_points', bonus)) ELSE '[]' END
               || CASE WHEN penalty IS NOT NULL THEN jsonb_build_array(jsonb_build_object('category', 'penalty', 'role', 'penalty', 'max_points', penalty)) ELSE '[]' END,
           'indicators', (SELECT jsonb_agg(jsonb_build_object('indicator', 'i' || i, 'category', category, 'extreme', format('fixed(0,%s)', upper), 'weights', weight) ORDER BY i)
                          FROM indicator_twin t WHERE t.k = s.k)))::score_model AS model
FROM scheme_twin s;
ANALYZE value_twin, scheme_twin, model_twin;
CREATE TABLE result AS
SELECT t.*, score(m.model, 'all', VARIADIC t.vals) AS score, coverage(m.model, 'all', VARIADIC t.vals) AS counted
FROM (SELECT v.k, v.firm, s.places, s.decimals, s.min_coverage,
             s.full_marks * sum(v.weight * COALESCE(v.value, 0) * (1.000000 / v.upper)) FILTER (WHERE category = 'base') * 1.0000000000000000000000000000000000000000 / sum(v.weight) FILTER (WHERE category = 'base')
                 + COALESCE(least(sum(v.weight * COALESCE(v.value, 0) * (1.000000 / v.upper)) FILTER (WHERE category = 'bonus'), s.bonus), 0)
                 - COALESCE(least(sum(v.weight * COALESCE(v.value, 0) * (1.000000 / v.upper)) FILTER (WHERE category = 'penalty'), s.penalty), 0) AS exact,
             round(COALESCE(sum(v.weight) FILTER (WHERE v.value IS NOT NULL AND category = 'base'), 0) * 1.0000000000000000000000000 / sum(v.weight) FILTER (WHERE category = 'base'), 12) AS coverage,
             array_agg(v.value::float8 ORDER BY v.i) AS vals
      FROM value_twin v JOIN scheme_twin s USING (k) GROUP BY v.k, v.firm, s.full_marks, s.places, s.decimals, s.min_coverage, s.bonus, s.penalty) t JOIN model_twin m USING (k);
ALTER TABLE result ADD ends boolean, ADD expected numeric;
UPDATE result SET ends = round(exact, 28) = round(exact, places), expected = CASE WHEN coverage >= min_coverage THEN round(round(exact, places), COALESCE(decimals, places)) END;
SELECT count(DISTINCT k) AS schemes, count(*) AS firms, count(*) FILTER (WHERE ends) > 10000 AS "many end", count(*) FILTER (WHERE NOT ends AND decimals IS NULL) > 2000 AS "many do not",
       count(*) FILTER (WHERE (ends OR decimals IS NOT NULL) AND score IS DISTINCT FROM expected::float8) AS "scores differ",
       count(*) FILTER (WHERE (score IS NULL) <> (expected IS NULL) OR abs(score::numeric - expected) > 10.0 ^ -places) AS "by more than a unit",
       count(*) FILTER (WHERE counted <> coverage::float8) AS "coverage differs", count(*) FILTER (WHERE score IS NULL) > 1000 AS "some have none"
FROM result;
SELECT count(*), count(*) FILTER (WHERE rank IS DISTINCT FROM expected_rank) AS "ranks differ", count(*) - count(DISTINCT (k, rank)) > 1000 AS "many ties"
FROM (SELECT k, score_rank(score) OVER (PARTITION BY k) AS rank, CASE WHEN expected IS NOT NULL THEN rank() OVER (PARTITION BY k ORDER BY expected DESC NULLS LAST) END AS expected_rank
      FROM result WHERE ends OR decimals IS NOT NULL) r;

-- ----- 24 scoreboards, each with a scheme and rules of its own, in 20 periods of 14 firms
CREATE TABLE rule_twin AS
SELECT b, (ARRAY[0, 1, 2, 4, NULL])[1 + b % 5] AS decimals, CASE WHEN b % 3 > 0 THEN one_of(30, 45, 50, 60)::float8 END AS min_score, CASE WHEN b % 4 = 0 THEN one_of(0.5, 0.75, 0.8)::float8 END AS min_coverage,
       CASE WHEN b % 2 = 0 THEN one_of(1, 2, 3)::int END AS quota_n, CASE WHEN b % 3 <> 1 THEN one_of(2, 4, 6)::int END AS top_n, one_of(0, 1, 3)::int AS reserve_n, b % 5 = 3 AS asks,
       (ARRAY['score', 'quantile', 'quota'])[1 + b % 3] AS method, CASE WHEN b % 4 > 1 THEN 'city' END AS within,
       CASE b % 3 WHEN 0 THEN ARRAY[one_of(70, 80), one_of(40, 55)] WHEN 1 THEN ARRAY[one_of(0.1, 0.25), one_of(0.5, 0.65)] ELSE ARRAY[one_of(1, 2), one_of(0, 3)] END AS cuts
FROM generate_series(1, 24) b;
CREATE TABLE firm AS
SELECT b, year, firm, CASE WHEN draw() < 0.95 THEN (ARRAY['hz', 'nb', 'wz'])[one_of(1, 2, 3)::int] END AS city, draw() < 0.9 AS fit,
       CASE WHEN draw() < 0.9 THEN one_of(0, 10, 20, 30, 40) END AS x, CASE WHEN draw() < 0.9 THEN one_of(0, 1, 2, 3, 4, 5) END AS y, CASE WHEN draw() < 0.9 THEN round((draw() * 8)::numeric, 1) END AS z,
       one_of(0, 0, 0, 1, 2) AS p, one_of(0, 0, 0, 1) AS m, one_of(50, 100, 1000.5) AS revenue
FROM generate_series(1, 24) b, generate_series(2001, 2020) year, generate_series(1, 14) firm;
ANALYZE firm, rule_twin;
CREATE TABLE step (min_score numeric, amount numeric);
INSERT INTO step VALUES (20, 10), (40, 50), (60, 200.5), (80, 500);
INSERT INTO credit_rule (bank, revenue_share, unit, interpolate) VALUES ('twin', 0.4, 0.5, true);
INSERT INTO credit_step (bank, min_score, amount) SELECT 'twin', min_score, amount FROM step;
CREATE FUNCTION make(r rule_twin) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'b' || r.b;
BEGIN
    INSERT INTO scheme (scheme, full_marks, extreme, missing, decimals) VALUES (name, 100, 'fixed(0,40)', 'zero', r.decimals);
    INSERT INTO category (scheme, category, role, max_points) VALUES (name, 'base', 'base', NULL), (name, 'plus', 'bonus', 3), (name, 'minus', 'penalty', NULL);
    INSERT INTO indicator (scheme, indicator, category, extreme) VALUES (name, 'x', 'base', NULL), (name, 'y', 'base', 'fixed(0,5)'), (name, 'z', 'base', 'fixed(0,8)'), (name, 'p', 'plus', 'fixed(0,2)'), (name, 'm', 'minus', 'fixed(0,1)');
    INSERT INTO stage VALUES (name, 'all');
    INSERT INTO weight VALUES (name, 'all', 'x', 30 + r.b), (name, 'all', 'y', 30), (name, 'all', 'z', 40 - r.b), (name, 'all', 'p', 5), (name, 'all', 'm', 2.5);
    EXECUTE format('CREATE VIEW %I AS SELECT year, firm, city, fit, x, y, z, p, m, revenue FROM firm WHERE b = %s', 'f' || r.b, r.b);
    PERFORM create_scoreboard(name, name, ('f' || r.b)::regclass, 'firm', NULL, 'year', attributes => '{city}');
    PERFORM set_whitelist_rule(name, r.min_score, r.top_n, CASE WHEN r.quota_n > 0 THEN 'city' END, r.quota_n, CASE WHEN r.asks THEN 'fit' END, r.min_coverage, r.reserve_n);
    PERFORM set_tiers(name, r.method, '{A,B,C}', to_jsonb(r.cuts), r.within);
    PERFORM set_credit(name, 'revenue');
END
$$;
SELECT make(r) FROM rule_twin r \g /dev/null
INSERT INTO exclusion SELECT 'board.b' || b, (b % 14 + 1)::text, 'tax', NULL, NULL FROM rule_twin WHERE b % 6 = 0;

-- What the definitions say, step by step.
CREATE TABLE decided AS
WITH scored AS (
    SELECT f.*, r.decimals, r.min_score, r.min_coverage, r.quota_n, r.top_n, r.reserve_n, r.asks, r.method, r.within, r.cuts,
           round(round(((30 + b) * COALESCE(x, 0) / 40 + 30 * COALESCE(y, 0) / 5 + (40 - b) * COALESCE(z, 0) / 8) + least(5 * p / 2, 3) - 2.5 * m, 10), COALESCE(r.decimals, 10)) AS score,
           (CASE WHEN x IS NULL THEN 0 ELSE 30 + b END + CASE WHEN y IS NULL THEN 0 ELSE 30 END + CASE WHEN z IS NULL THEN 0 ELSE 40 - b END) / 100.0 AS coverage
    FROM firm f JOIN rule_twin r USING (b)
), eligible AS (
    SELECT s.*, COALESCE(score >= min_score::numeric, true) AND COALESCE(coverage >= min_coverage::numeric, true) AND (fit OR NOT asks) AND (city IS NOT NULL OR quota_n IS NULL)
                AND NOT (b % 6 = 0 AND firm = b % 14 + 1) AS eligible,
           rank() OVER (PARTITION BY b, year ORDER BY score DESC) AS rank,
           rank() OVER (PARTITION BY b, year, CASE WHEN within = 'city' THEN city END ORDER BY score DESC) AS tier_place,
           count(*) OVER (PARTITION BY b, year, CASE WHEN within = 'city' THEN city END) AS tier_scored
    FROM scored s
), admitted AS (
    SELECT e.*, eligible AND (quota_n IS NULL OR rank() OVER (PARTITION BY b, year, city, eligible ORDER BY score DESC) <= quota_n) AS admitted FROM eligible e
), listed AS (
    SELECT a.*, admitted AND (top_n IS NULL OR rank() OVER (PARTITION BY b, year, admitted ORDER BY score DESC) <= top_n) AS listed FROM admitted a
), waiting AS (
    SELECT l.*, rank() OVER (PARTITION BY b, year, eligible AND NOT listed ORDER BY score DESC) AS reserve_place FROM listed l
)
SELECT l.b, l.year, l.firm, l.score, l.rank, l.method, l.within,
       CASE WHEN listed THEN 'listed' WHEN eligible AND reserve_place <= reserve_n THEN 'reserve' ELSE 'rejected' END AS decision,
       CASE WHEN within = 'city' AND city IS NULL THEN NULL
            ELSE CASE method WHEN 'score' THEN CASE WHEN score >= cuts[1] THEN 'A' WHEN score >= cuts[2] THEN 'B' ELSE 'C' END
                             WHEN 'quantile' THEN CASE WHEN tier_place <= ceil(cuts[1] * tier_scored) THEN 'A' WHEN tier_place <= ceil(cuts[2] * tier_scored) THEN 'B' ELSE 'C' END
                             ELSE CASE WHEN tier_place <= cuts[1] THEN 'A' WHEN tier_place <= cuts[1] + cuts[2] THEN 'B' ELSE 'C' END END END AS tier,
       CASE WHEN b % 6 = 0 AND firm = b % 14 + 1 THEN NULL ELSE floor(least(COALESCE((SELECT s.amount + COALESCE((n.amount - s.amount) * (l.score - s.min_score) / (n.min_score - s.min_score), 0)
                             FROM step s LEFT JOIN step n ON n.min_score = s.min_score + 20 WHERE s.min_score <= l.score ORDER BY s.min_score DESC LIMIT 1), 0), 0.4 * revenue) / 0.5) * 0.5 END AS suggested_limit
FROM waiting l;
CREATE FUNCTION shown(n int) RETURNS TABLE (b int, year int, firm int, score numeric, rank bigint, decision text, tier text, suggested_limit numeric, standing text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT $1, year, firm, r.score, r.rank, w.decision, t.tier, c.suggested_limit, concat_ws('' '', s.score, s.rank, s.decision, s.tier) FROM b%1$s_ranking r JOIN b%1$s_whitelist w USING (year, firm) '
                                'JOIN b%1$s_tier t USING (year, firm) JOIN b%1$s_credit c USING (year, firm) JOIN b%1$s_standing s USING (year, firm) WHERE c.bank = %2$L', n, 'twin') USING n;
END
$$;
CREATE VIEW fault AS
SELECT d.score IS DISTINCT FROM s.score AS score, d.rank IS DISTINCT FROM s.rank AS rank, d.decision IS DISTINCT FROM s.decision AS decision, d.tier IS DISTINCT FROM s.tier AS tier,
       d.suggested_limit IS DISTINCT FROM s.suggested_limit AS suggested_limit, concat_ws(' ', s.score, s.rank, s.decision, s.tier) IS DISTINCT FROM s.standing AS standing
FROM (SELECT s.* FROM rule_twin r CROSS JOIN LATERAL shown(r.b) s) s FULL JOIN decided d ON d.b = s.b AND d.year = s.year AND d.firm = s.firm;
SELECT count(*), count(*) FILTER (WHERE score) AS score, count(*) FILTER (WHERE rank) AS rank, count(*) FILTER (WHERE decision) AS decision, count(*) FILTER (WHERE tier) AS tier,
       count(*) FILTER (WHERE suggested_limit) AS suggested_limit, count(*) FILTER (WHERE standing) AS standing FROM fault;
SELECT decision, count(*) > 200 AS many FROM decided GROUP BY 1 ORDER BY 1;
SELECT method, count(DISTINCT tier), count(DISTINCT within) FROM decided GROUP BY 1 ORDER BY 1;
-- the same of some that are frozen, looked up
SELECT freeze_scoreboard('b' || b) FROM rule_twin WHERE b <= 8 \g /dev/null
DELETE FROM rule_twin WHERE b > 8;
DELETE FROM decided WHERE b > 8;
SELECT count(*), count(*) FILTER (WHERE score OR rank OR decision OR tier OR suggested_limit OR standing) AS faults FROM fault;

DROP EXTENSION innovation_score CASCADE;
DROP SCHEMA board CASCADE;
