-- forms of score_model, fit_state, rank_state, list_rule and decision_reasons that a release wrote are read ever after; newer and damaged ones are refused
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse
SET extra_float_digits = 1;

-- what 2.0.0 writes; until it is released, SELECT * FROM store_forms() tells the bytes anew (and list_rule_send, decision_reasons_send)
CREATE TABLE form (release text, type text, bytes bytea);
CREATE TABLE fitted (model score_model, state fit_state, ranks rank_state);
INSERT INTO fitted
SELECT fit(m, v, w), fit_partial(m, v, w), (SELECT rank_partial(s, f) FROM (VALUES (1.5, 'a'), (2, 'b'), (2, 'b'), (-3, '')) r(s, f))
FROM (VALUES ('{"scheme": "kept", "stages": ["s", "t"], "categories": [{"category": "base"}, {"category": "extra", "role": "bonus", "max_points": 5}],
               "indicators": [{"indicator": "v", "category": "base", "weights": {"s": 60, "t": 40}, "extreme": "iqr(1.5)", "missing": "median"},
                              {"indicator": "w", "category": "extra", "weights": 3, "extreme": "percentile(0.1,0.9)"}]}'::score_model)) c(m),
     (VALUES (1, 10), (2, NULL), (3.5, 30), (4, 20), (50, 25), (NULL, 5)) d(v, w);
CREATE FUNCTION store_forms() RETURNS TABLE (type text, bytes bytea) LANGUAGE sql AS $$
    SELECT 'score_model', _innovation_score.score_model_send(model) FROM fitted
    UNION ALL SELECT 'fit_state', _innovation_score.fit_state_send(state) FROM fitted
    UNION ALL SELECT 'rank_state', _innovation_score.rank_state_send(ranks) FROM fitted
$$;
INSERT INTO form VALUES ('2.0.0', 'score_model', '\x016b657074004059000000000000000000000000000000000000000000000000000000000000000000000000000000003ff000000000000000007ff80000000000007ff8000000000000007ff8000000000000000000000273007400000000026261736500007ff8000000000000000000020000000000000000000000007ff8000000000000657874726100014014000000000000000000020000000000000000000000007ff800000000000000000002760000000000030000000000000000000000000000000000000000000000000000000000000000000000010003023ff8000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000404e00000000000040440000000000000200000000000000000500000000000000013ff000000000000040490000000000003ff0000000000000401c000000000000400c0000000000000000000000770000000001000000000000000000000000000000000000000000000000000000000000000000000000010003013fb999999999999a3feccccccccccccd00000000000000000000000000000000000000000000000000000000000000000000400800000000000040080000000000000200000000000000000500000000000000014014000000000000403e000000000000401c000000000000403c0000000000007ff8000000000000000000000000000000');
INSERT INTO form VALUES ('2.0.0', 'fit_state', '\x01c77a3d31016b657074004059000000000000000000000000000000000000000000000000000000000000000000000000000000003ff000000000000000007ff80000000000007ff8000000000000007ff8000000000000000000000273007400000000026261736500007ff8000000000000000000020000000000000000000000007ff8000000000000657874726100014014000000000000000000020000000000000000000000007ff800000000000000000002760000000000030000000000000000000000000000000000000000000000000000000000000000000000010003023ff8000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000404e00000000000040440000000000000000770000000001000000000000000000000000000000000000000000000000000000000000000000000000010003013fb999999999999a3feccccccccccccd0000000000000000000000000000000000000000000000000000000000000000000040080000000000004008000000000000000000000000000000000000000600000000000000053ff000000000000040490000000000000000000000000000053ff00000000000004000000000000000400c000000000000401000000000000040490000000000007ff000000000000000000000000000054014000000000000403e0000000000000000000000000000054014000000000000402400000000000040340000000000004039000000000000403e0000000000007ff0000000000000');
INSERT INTO form VALUES ('2.0.0', 'rank_state', '\x016833e5ade54cf5633214ed3a000000030000000000000000000000013ff7ffffffffffff00000001610000000000000001bff800000000000000000001620000000000000002c000000000000000c000000000000000');

-- bytea is sent as its bytes are, so this file holds each form as a client sends it
CREATE TABLE received_model (release text, value score_model);
CREATE TABLE received_fit (release text, value fit_state);
CREATE TABLE received_rank (release text, value rank_state);
\copy (SELECT release, bytes FROM form WHERE type = 'score_model') TO 'results/formats.bytes' (FORMAT binary)
\copy received_model FROM 'results/formats.bytes' (FORMAT binary)
\copy (SELECT release, bytes FROM form WHERE type = 'fit_state') TO 'results/formats.bytes' (FORMAT binary)
\copy received_fit FROM 'results/formats.bytes' (FORMAT binary)
\copy (SELECT release, bytes FROM form WHERE type = 'rank_state') TO 'results/formats.bytes' (FORMAT binary)
\copy received_rank FROM 'results/formats.bytes' (FORMAT binary)
SELECT m.release, m.value = model AS same_model, fit_model(s.value) = model AS same_fit, s.value::text = state::text AS same_state,
       r.value::text = ranks::text AS same_ranks, rank_of(r.value, 1.75) AS rank
FROM received_model m JOIN received_fit s USING (release) JOIN received_rank r USING (release), fitted ORDER BY m.release;
-- their text forms
SELECT release, bytes::text::fit_state::text = state::text AS fit_state FROM form, fitted WHERE type = 'fit_state' ORDER BY release;
SELECT release, bytes::text::rank_state::text = ranks::text AS rank_state FROM form, fitted WHERE type = 'rank_state' ORDER BY release;

-- a newer format tells to update, what is no version is damaged
CREATE FUNCTION outcome(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF type = 'fit_state' THEN PERFORM bytes::text::fit_state; ELSE PERFORM bytes::text::rank_state; END IF;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT type, version, outcome(type, set_byte(bytes, 0, version)) FROM form, unnest('{0,1,2,255}'::int[]) version
WHERE type <> 'score_model' AND release = '2.0.0' ORDER BY type, version;
CREATE TABLE newer AS SELECT release, set_byte(bytes, 0, 2) AS bytes FROM form WHERE type = 'score_model' AND release = '2.0.0';
\set VERBOSITY sqlstate
\copy newer TO 'results/formats.bytes' (FORMAT binary)
\copy received_model FROM 'results/formats.bytes' (FORMAT binary)
UPDATE newer SET bytes = set_byte(bytes, 0, 0);
\copy newer TO 'results/formats.bytes' (FORMAT binary)
\copy received_model FROM 'results/formats.bytes' (FORMAT binary)
\set VERBOSITY terse

-- each hex digit, changed to each other one, and each end that is cut off: an error
SELECT type, count(*) = 2 * 15 * length(whole) AS all_tried, count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
       array_agg(DISTINCT left(outcome, 5)) AS states
FROM (SELECT type, bytes AS whole, outcome(type, set_byte(bytes, place, get_byte(bytes, place) # (change << shift))) AS outcome
      FROM form, generate_series(0, length(bytes) - 1) place, unnest('{0,4}'::int[]) shift, generate_series(1, 15) change
      WHERE type <> 'score_model' AND release = '2.0.0') d
GROUP BY type, whole ORDER BY type;
SELECT type, count(*) FILTER (WHERE outcome(type, substr(bytes, 1, cut)) = 'accepted') AS accepted
FROM form, generate_series(0, length(bytes) - 1) cut WHERE type <> 'score_model' AND release = '2.0.0' GROUP BY type ORDER BY type;

-- rules and reasons, whose text is JSON: the bytes as they are stored
CREATE FUNCTION as_rule(bytes bytea) RETURNS list_rule LANGUAGE internal STRICT AS 'byteasend';
CREATE FUNCTION as_reasons(bytes bytea) RETURNS decision_reasons LANGUAGE internal STRICT AS 'byteasend';
CREATE TABLE stored AS
SELECT '{"min_score": 30.5, "min_coverage": 0.8, "required": "甲", "qualifies": "乙", "quota_by": "city", "quota_n": 2, "top_n": 4, "reserve_n": 3, "category_minimum": {"b": 0, "rd": 12.5},
         "required_condition": "甲 > 1 AND rank < 9 AND rd_score > 1", "qualifies_condition": "city = ''x'' AND score.tier = ''A''", "values": [{"name": "甲", "kind": "indicator", "place": 2},
         {"name": "rd_score", "kind": "score", "place": 1}, {"name": "city", "kind": "text"}], "tiers": {"method": "score", "tiers": ["A", "B"], "cuts": [70]}}'::list_rule AS rule,
       '[{"code": "score_reached", "value": 57.8455, "minimum": 30}, {"code": "quota_tied", "place": 1, "n": 2, "key": "杭州", "ties": 3}]'::decision_reasons AS reasons;
INSERT INTO form VALUES ('2.0.0', 'list_rule', '\x014309f55a403e8000000000003fe999999999999a000000040000000200000003000000046369747900000003e794b200000003e4b99900000025e794b2203e203120414e442072616e6b203c203920414e442072645f73636f7265203e20310000001f63697479203d2027782720414e442073636f72652e74696572203d20274127000000367b2263757473223a205b37305d2c20227469657273223a205b2241222c202242225d2c20226d6574686f64223a202273636f7265227d000000020000000162000000000000000000000002726440290000000000000000000300000003e794b200000000020000000872645f73636f7265010000000100000004636974790300000000');
INSERT INTO form VALUES ('2.0.0', 'decision_reasons', '\x0109404cec395810624e403e00000000000017000000010000000200000006e69dade5b79e00000003');
SELECT release, as_rule(bytes) = rule AND as_rule(bytes)::text = rule::text AS same_rule FROM form, stored WHERE type = 'list_rule' ORDER BY release;
SELECT release, as_reasons(bytes)::text = reasons::text AS same_reasons FROM form, stored WHERE type = 'decision_reasons' ORDER BY release;
CREATE TABLE received_rule (release text, value list_rule);
CREATE TABLE received_reasons (release text, value decision_reasons);
\copy (SELECT release, bytes FROM form WHERE type = 'list_rule') TO 'results/formats.bytes' (FORMAT binary)
\copy received_rule FROM 'results/formats.bytes' (FORMAT binary)
\copy (SELECT release, bytes FROM form WHERE type = 'decision_reasons') TO 'results/formats.bytes' (FORMAT binary)
\copy received_reasons FROM 'results/formats.bytes' (FORMAT binary)
SELECT release, r.value = rule AS same_rule, s.value::text = reasons::text AS same_reasons FROM received_rule r JOIN received_reasons s USING (release), stored ORDER BY release;
CREATE OR REPLACE FUNCTION outcome(type text, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF type = 'list_rule' THEN PERFORM as_rule(bytes)::text; ELSE PERFORM as_reasons(bytes)::text; END IF;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT type, version, outcome(type, set_byte(bytes, 0, version)) FROM form, unnest('{0,1,2,255}'::int[]) version
WHERE type IN ('list_rule', 'decision_reasons') AND release = '2.0.0' ORDER BY type, version;
SELECT count(*) = 2 * 15 * length(whole) AS all_tried, count(*) FILTER (WHERE outcome = 'accepted') AS accepted, array_agg(DISTINCT left(outcome, 5)) AS states
FROM (SELECT bytes AS whole, outcome(type, set_byte(bytes, place, get_byte(bytes, place) # (change << shift))) AS outcome
      FROM form, generate_series(0, length(bytes) - 1) place, unnest('{0,4}'::int[]) shift, generate_series(1, 15) change
      WHERE type = 'list_rule' AND release = '2.0.0') d
GROUP BY whole;
-- reasons may end behind each of them
SELECT type, count(*) FILTER (WHERE outcome(type, substr(bytes, 1, cut)) = 'accepted') AS accepted
FROM form, generate_series(0, length(bytes) - 1) cut WHERE type IN ('list_rule', 'decision_reasons') AND release = '2.0.0' GROUP BY type ORDER BY type;

DROP TABLE stored, received_rule, received_reasons;
DROP FUNCTION as_rule(bytea), as_reasons(bytea);
DROP TABLE form, fitted, received_model, received_fit, received_rank, newer;
DROP FUNCTION store_forms(), outcome(text, bytea);
