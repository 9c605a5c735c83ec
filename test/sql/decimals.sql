-- Decimals: what is shown decides. Scores, coverage and ranks against a twin in exact
-- decimals, and what decisions are made of.
\set ECHO all
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;

CREATE FUNCTION attempt(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 'accepted';
EXCEPTION WHEN others THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;

-- places of totals: 12 - floor(log10(full marks)), as the greatest number of decimals shows
SELECT full_marks, places, attempt(format(m, full_marks, places)), attempt(format(m, full_marks, places + 1))
FROM (VALUES (100, 10), (130, 10), (10000, 8), (9999.5, 9), (1, 12), (0.5, 13), (0.1, 13), (1e-10, 22)) AS v(full_marks, places),
     (SELECT 'SELECT ''{"full_marks": %s, "decimals": %s, "indicators": [{"indicator": "x", "weights": 1}]}''::score_model' AS m) AS s;

-- half away from zero, never from a neighbour of the half
CREATE FUNCTION rounded(x float8, decimals int) RETURNS float8 LANGUAGE sql AS $$
    SELECT score(format('{"decimals": %s, "indicators": [{"indicator": "x", "extreme": "fixed(0,100)", "weights": 1}]}', decimals)::score_model, 'all', x)
$$;
SELECT x, rounded(x, 4), rounded(x, 1), rounded(x, 0) FROM unnest('{72.25,72.35,72.249999999999986,0.5,2.5,1.00005,59.99999999999999,59.99997,59.99996,NULL}'::float8[]) AS x;
SELECT score(format('{"decimals": 1, "categories": [{"category": "b"}, {"category": "m", "role": "penalty"}], "indicators": [%s,
    {"indicator": "y", "category": "m", "extreme": "fixed(0,100)", "weights": 100}]}',
    '{"indicator": "x", "category": "b", "extreme": "fixed(0,100)", "weights": 1}')::score_model, 'all', 0, y)
FROM unnest('{0.25,72.25,72.35,0}'::float8[]) AS y;

-- text, JSON and binary carry decimals
SELECT '{"decimals": 2, "categories": [{"category": "a", "decimals": 1}], "indicators": [{"indicator": "x", "decimals": 3, "weights": 1}]}'::score_model::jsonb;
SELECT attempt(format('SELECT ''{"decimals": %s, "indicators": [{"indicator": "x", "weights": 1}]}''::score_model', d)) FROM unnest('{-1,0.5,null,"\"4\"",23,11}'::text[]) AS d;
SELECT attempt('SELECT ''{"categories": [{"category": "a"}, {"category": "b", "role": "bonus"}], "indicators": [{"indicator": "x", "category": "a", "weights": 1},
    {"indicator": "y", "category": "b", "weights": 1e6}]}''::score_model');

-- ----- a twin in numeric: 120 schemes, 6,000 firms
SELECT setseed(0.25);
CREATE TABLE twin_scheme AS
SELECT k AS scheme, full_marks, (12 - floor(log(full_marks)))::int AS places,
       CASE WHEN k % 3 > 0 THEN floor(random() * 5)::int END AS decimals, 2 + k % 6 AS n
FROM generate_series(1, 120) k, LATERAL (SELECT (ARRAY[100, 100, 130, 1000, 1, 10000, 0.5])[1 + k % 7]::numeric AS full_marks) f;
CREATE TABLE twin_indicator AS
SELECT scheme, i, (ARRAY[1, 2, 4, 10, 50, 100, 7])[1 + floor(random() * CASE WHEN scheme % 2 = 0 THEN 6 ELSE 7 END)::int]::numeric AS upper,
       CASE WHEN scheme % 2 = 0 THEN (ARRAY[5, 10, 20])[1 + floor(random() * 3)::int]::numeric ELSE round((0.1 + random() * 30)::numeric, 1) END AS weight
FROM twin_scheme, generate_series(1, n) i;
CREATE TABLE twin_model AS
SELECT scheme, jsonb_strip_nulls(jsonb_build_object('full_marks', full_marks, 'decimals', decimals, 'indicators',
           (SELECT jsonb_agg(jsonb_build_object('indicator', 'i' || i, 'extreme', format('fixed(0,%s)', upper), 'weights', weight) ORDER BY i)
            FROM twin_indicator t WHERE t.scheme = s.scheme)))::score_model AS model
FROM twin_scheme s;
CREATE TABLE twin_value AS
SELECT scheme, firm, i, CASE WHEN random() < 0.9 THEN round((upper * floor(random() * 21) / 20)::numeric, 2) END AS value
FROM twin_indicator, generate_series(1, 50) firm;
CREATE TABLE twin AS
SELECT v.scheme, v.firm, s.places, s.decimals,
       s.full_marks * sum(t.weight * COALESCE(v.value, 0) * (1.0000000000000000000000000000000000000000 / t.upper)) / sum(t.weight) AS near,
       COALESCE(sum(t.weight) FILTER (WHERE v.value IS NOT NULL), 0) * 1.000000000000000000000000000000 / sum(t.weight) AS coverage,
       array_agg(v.value::float8 ORDER BY v.i) AS vals
FROM twin_value v JOIN twin_indicator t USING (scheme, i) JOIN twin_scheme s USING (scheme)
GROUP BY v.scheme, v.firm, s.full_marks, s.places, s.decimals;
CREATE TABLE twin_result AS
SELECT t.*, round(t.near, 25) = round(t.near, t.places) AS ends,
       round(round(t.near, t.places), COALESCE(t.decimals, t.places)) AS expected,
       score(m.model, 'all', VARIADIC vals) AS score, innovation_score.coverage(m.model, 'all', VARIADIC vals) AS counted
FROM twin t JOIN twin_model m USING (scheme);
SELECT count(*), count(*) FILTER (WHERE ends) > 1000 AS "many end", count(*) FILTER (WHERE NOT ends AND decimals IS NULL) > 500 AS "many do not",
       count(*) FILTER (WHERE (ends OR decimals IS NOT NULL) AND score <> expected::float8) AS "scores differ",
       count(*) FILTER (WHERE abs(score::text::numeric - expected) > 10.0 ^ -places) AS "by more than a unit",
       count(*) FILTER (WHERE counted <> round(coverage, 12)::float8) AS "coverage differs"
FROM twin_result;
SELECT count(*) FILTER (WHERE rank <> expected_rank) AS "ranks differ", count(DISTINCT (scheme, rank)) < count(*) AS ties
FROM (SELECT scheme, score_rank(score) OVER (PARTITION BY scheme) AS rank, rank() OVER (PARTITION BY scheme ORDER BY expected DESC) AS expected_rank
      FROM twin_result WHERE decimals IS NOT NULL OR scheme % 2 = 0) r;

-- ----- categories and indicators: exact, and what rounding adds is shown
CREATE TABLE level AS SELECT '{"decimals": 2, "categories": [{"category": "a", "decimals": 1}, {"category": "b"}, {"category": "plus", "role": "bonus", "max_points": 5, "decimals": 0}],
    "indicators": [{"indicator": "x", "category": "a", "extreme": "fixed(0,3)", "weights": 30},
                   {"indicator": "y", "category": "a", "extreme": "fixed(0,7)", "weights": 20},
                   {"indicator": "z", "category": "b", "extreme": "fixed(0,9)", "weights": 50, "decimals": 1},
                   {"indicator": "p", "category": "plus", "extreme": "fixed(0,3)", "weights": 4}]}'::score_model AS model;
SELECT d.indicator, d.category, round(d.points::numeric, 8), d.status FROM level, score_detail(model, 'all', 1, 3, 4, 2) d;
SELECT score, round(score, 2) = round(twin, 2) AS same, round(a, 1) = a1 AS same_a
FROM (SELECT round(score(model, 'all', x, y, z, p)::numeric, 2) AS score, category_score(model, 'all', 'a', x, y, z, p)::numeric AS a1,
             (30 * x / 3.0 + 20 * y / 7.0) / 50 * 100 AS a,
             round((30 * x / 3.0 + 20 * y / 7.0) * 2, 1) / 2 + round(50 * z / 9.0, 1) + least(round(p / 3.0 * 100) / 100 * 4, 5) AS twin
      FROM level, (VALUES (1, 3, 4, 2), (2, 5, 1, 1), (0, 1, 8, 3), (3, 6, 7, 0)) v(x, y, z, p)) t;
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(d.points - s.score) > 1e-9) AS "points do not add up"
FROM level, generate_series(0, 3) x, generate_series(0, 7) y, generate_series(0, 9) z,
     LATERAL (SELECT sum(points) AS points FROM score_detail(model, 'all', x, y, z, x) d) d,
     LATERAL (SELECT score(model, 'all', x, y, z, x)) s;

-- ----- one score, one rank, one decision
CREATE TABLE bid (proposal text, feasibility int, innovation int, practicality int, policy_consistency int, risk_control int);
INSERT INTO bid VALUES ('甲', 60, 60, 60, 60, 60), ('乙', 40, 72, 42, 77, 69), ('丙', 41, 41, 72, 74, 72), ('丁', 59, 60, 60, 60, 60);
SELECT create_scoreboard('bid', 'bid-review', 'bid', 'proposal') IS NULL;
SELECT attempt('SELECT set_whitelist_rule(''bid'', min_score => 59.99996)');
SELECT set_whitelist_rule('bid', min_score => 60);
SELECT set_tiers('bid', 'score', '{A,B}', '[60]');
SELECT r.proposal, r.score, r.rank, s.score = 60 AS sixty, w.decision, t.tier
FROM bid_ranking r JOIN bid_score s USING (proposal) JOIN bid_whitelist w USING (proposal) JOIN bid_tier t USING (proposal) ORDER BY r.score DESC, proposal COLLATE "C";
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'bid_ranking'::regclass AND attname IN ('score', 'proposal_score');

-- half of six equal weights
SELECT score(m, 'all', 100, 100, 100, NULL, NULL, NULL), coverage(m, 'all', 100, 100, 100, NULL, NULL, NULL)
FROM (SELECT jsonb_build_object('min_coverage', 0.5, 'decimals', 4, 'indicators',
             jsonb_agg(jsonb_build_object('indicator', 'i' || i, 'extreme', 'fixed(0,100)', 'weights', (100 / 6.0::float8))))::score_model AS m
      FROM generate_series(1, 6) i) s;

DROP EXTENSION innovation_score CASCADE;
DROP TABLE bid, level, twin, twin_result, twin_scheme, twin_indicator, twin_model, twin_value;
DROP FUNCTION attempt(text), rounded(float8, int);
