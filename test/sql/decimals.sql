-- Decimals: what is shown decides. Scores, coverage and ranks against a twin in exact
-- decimals, and what decisions are made of.
\set ECHO all
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

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

-- ----- 60, 59.99997 and 59.99996 under four decimals: two are 60.0000, and so is everything that is decided about them
CREATE SCHEMA edge;
SET search_path = edge, public, innovation_score;
INSERT INTO scheme (scheme, full_marks, extreme, missing, decimals) VALUES ('edge', 100, 'fixed(0,100)', 'zero', 4);
INSERT INTO category (scheme, category, role, max_points, decimals) VALUES ('edge', 'base', 'base', NULL, NULL), ('edge', 'plus', 'bonus', 5, 1), ('edge', 'minus', 'penalty', 5, 1);
INSERT INTO indicator (scheme, indicator, category, decimals) VALUES ('edge', 'x', 'base', NULL), ('edge', 'p', 'plus', 0), ('edge', 'm', 'minus', NULL);
INSERT INTO stage VALUES ('edge', 'all');
INSERT INTO weight VALUES ('edge', 'all', 'x', 100), ('edge', 'all', 'p', 5), ('edge', 'all', 'm', 5);
CREATE TABLE firm (firm text, city text, x float8, p float8, m float8);
INSERT INTO firm VALUES ('a', 'hz', 60, 0, 0), ('b', 'hz', 59.99997, 0, 0), ('c', 'hz', 59.99994, 0, 0), ('d', 'nb', 59.99996, 0, 0), ('e', 'nb', 59.99995, 0, 0), ('f', 'nb', 59.9999, 0, 0), ('g', 'wz', 58, 39, 0), ('h', 'wz', 61, 0, 19.9);
SELECT create_scoreboard('edge', 'edge', 'firm', 'firm', attributes => '{city}');
SELECT attempt(c) FROM unnest(ARRAY['SELECT set_whitelist_rule(''edge'', min_score => 59.99997)', 'SELECT set_tiers(''edge'', ''score'', ''{A,B}'', ''[59.99997]'')',
    'SELECT set_tiers(''edge'', ''score'', ''{A,B}'', ''{"hz": [60], "nb": [59.99996]}'', ''city'')', 'SELECT set_tiers(scheme => ''edge'', method => ''score'', tiers => ''{A,B}'', cuts => ''[59.99997]'')']) c;
INSERT INTO credit_rule (bank) VALUES ('edge'), ('fine');
INSERT INTO credit_step (bank, min_score, amount) VALUES ('edge', 0, 10), ('edge', 60, 100), ('fine', 59.99997, 1);
SELECT attempt('SELECT set_credit(''edge'')');
SELECT set_credit('edge', banks => '{edge}');
SELECT attempt($$INSERT INTO credit_step (bank, min_score, amount) VALUES ('edge', 59.99997, 50)$$);
SELECT set_whitelist_rule('edge', min_score => 60, reserve_n => 9);
SELECT set_tiers('edge', 'score', '{A,B}', '[60]');
SELECT r.firm, r.score, r.rank, s.score = 60 AS sixty, w.decision, w.reasons, t.tier, t.reason, c.suggested_limit, c.reason
FROM edge_ranking r JOIN edge_score s USING (firm) JOIN edge_whitelist w USING (firm) JOIN edge_tier t USING (firm) JOIN edge_credit c USING (firm) ORDER BY r.rank, firm;
-- the standing, live and frozen, and every function say the same
SELECT publish('edge', NULL, 'x') > 0;
CREATE FUNCTION edge_views() RETURNS SETOF record LANGUAGE sql AS $$
    SELECT w.firm, w.score, w.rank, w.decision, t.tier, s.score, s.rank, s.decision, s.tier, p.score, p.rank, p.decision, (SELECT min(target) FROM gap_to('edge', entity => w.firm)),
           f.score_before, f.score_after, f.rank_before, f.rank_after, f.decision_before, f.decision_after, y.nominal
    FROM edge_whitelist w JOIN edge_tier t USING (firm) JOIN edge_standing s USING (firm) JOIN published_score p ON p.scoreboard = 'edge.edge' AND p.entity = w.firm
    JOIN LATERAL what_if('edge', NULL, w.firm, '{}') f ON true JOIN rank_stability('edge', draws => 1, noise => 0) y ON y.entity = w.firm
$$;
CREATE VIEW edge_fault AS
SELECT (standing_score::text, published_score, before, after, target) IS DISTINCT FROM (score::text, score, score::float8, score::float8, 60)
    OR (standing_rank, published_rank, rank_before, rank_after, nominal) IS DISTINCT FROM (rank, rank, rank, rank, rank)
    OR (standing_decision, published_decision, decision_before, decision_after, standing_tier) IS DISTINCT FROM (decision, decision, decision, decision, tier) AS fault
FROM edge_views() AS v(firm text, score numeric, rank bigint, decision text, tier text, standing_score numeric, standing_rank bigint, standing_decision text, standing_tier text,
    published_score numeric, published_rank bigint, published_decision text, target float8, before float8, after float8, rank_before bigint, rank_after bigint, decision_before text, decision_after text, nominal bigint);
SELECT count(*), count(*) FILTER (WHERE fault) AS faults FROM edge_fault;
SELECT freeze_scoreboard('edge');
SELECT count(*), count(*) FILTER (WHERE fault) AS faults FROM edge_fault;
SELECT thaw_scoreboard('edge');
-- a quota, a top and a reserve: those tied at a cut stand on one side of it
SELECT set_whitelist_rule('edge', quota_by => 'city', quota_n => 1, top_n => 3, reserve_n => 1);
SELECT string_agg(firm, '' ORDER BY firm) FILTER (WHERE decision = 'listed') AS listed, string_agg(firm, '' ORDER BY firm) FILTER (WHERE decision = 'reserve') AS reserve FROM edge_whitelist;
SELECT set_whitelist_rule('edge', min_score => 60);
SELECT record_whitelist_batch('edge');
SELECT string_agg(firm || ' ' || score, ', ' ORDER BY firm) FROM edge_batch;
SELECT DISTINCT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = ANY ('{edge_ranking,edge_whitelist,edge_standing,edge_tier,edge_credit,edge_batch}'::regclass[]) AND attname = 'score';
-- batches keep the decimals that their scores had
BEGIN;
SELECT unlock_scheme('edge');
UPDATE scheme SET decimals = 1 WHERE scheme = 'edge';
COMMIT;
SELECT rebuild_scoreboard('edge');
SELECT (SELECT min(score) FROM edge_ranking), (SELECT min(score) FROM edge_batch);

-- ----- decimals travel: derived, exported, imported, compared
SELECT derive_scheme('edge_child', 'edge');
UPDATE scheme SET decimals = 2 WHERE scheme = 'edge_child';
UPDATE category SET decimals = NULL WHERE scheme = 'edge_child' AND category = 'plus';
UPDATE indicator SET decimals = 3 WHERE scheme = 'edge_child' AND indicator = 'm';
SELECT * FROM scheme_diff('edge_child');
SELECT d #> '{scheme,decimals}', jsonb_path_query_array(d, '$.category[*].decimals'), jsonb_path_query_array(d, '$.indicator[*].decimals') FROM scheme_export('edge_child') d;
SELECT scheme_import(scheme_export('edge_child'), 'edge_copy');
SELECT count(*) FROM scheme_diff('edge_copy', 'edge_child');
SELECT scheme_model('edge_copy')::jsonb - 'scheme' = scheme_model('edge_child')::jsonb - 'scheme';

DROP EXTENSION innovation_score CASCADE;
DROP SCHEMA edge CASCADE;
SET search_path = public;
DROP TABLE bid, level, twin, twin_result, twin_scheme, twin_indicator, twin_model, twin_value;
DROP FUNCTION attempt(text), rounded(float8, int);
