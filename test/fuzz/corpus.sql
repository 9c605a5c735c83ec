-- Binary forms to begin with: a letter, then the value, in hexadecimal digits.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = innovation_score, public;

CREATE TEMP TABLE method AS
SELECT m AS extreme FROM unnest('{none,"percentile(0.1,0.9)",iqr(1.5),sigma(2),mad(3),"fixed(1,2)"}'::text[]) m;

CREATE TEMP TABLE seed AS
SELECT format('{"stages": ["s", "t"], "categories": [{"category": "x"}, {"category": "y", "role": "bonus", "max_points": 5}],
               "indicators": [{"indicator": "a", "category": "x", "extreme": "%1$s", "weights": {"s": 1, "t": 2}},
                              {"indicator": "b", "category": "x", "extreme": "%1$s", "transform": "log", "weights": {"s": 3}},
                              {"indicator": "c", "category": "y", "direction": "interval(1,2)", "weights": {"s": 3}}]}',
              extreme)::score_model AS model
FROM method
UNION ALL
SELECT scheme_model(s.scheme) FROM scheme s;

-- of a few rows, of more than a state keeps, and of a later pass over them
CREATE TEMP TABLE fitted AS
SELECT s.model, (SELECT fit_partial(s.model, VARIADIC ARRAY(
                     SELECT (i * j)::float8 FROM generate_series(1, (SELECT count(*) FROM model_indicators(s.model))) j))
                 FROM generate_series(1, 5) i) AS state
FROM seed s;

CREATE TEMP TABLE large AS
SELECT s.model, (SELECT fit_partial(s.model, sin(i), i % 100, exp(cos(i) * 20)) FROM generate_series(1, 60000) i) AS state
FROM seed s WHERE (SELECT string_agg(i.indicator, '') FROM model_indicators(s.model) i) = 'abc';

CREATE TEMP TABLE later AS
SELECT fit_model(l.state) AS model FROM large l WHERE NOT is_fitted(fit_model(l.state));

-- states without their version and check value, which no changed bytes would pass
\pset format unaligned
\pset tuples_only on
SELECT '6d' || encode(_innovation_score.score_model_send(model), 'hex') FROM seed
UNION ALL SELECT '6d' || encode(_innovation_score.score_model_send(fit_model(state)), 'hex') FROM fitted
UNION ALL SELECT '6d' || encode(_innovation_score.score_model_send(model), 'hex') FROM later
UNION ALL SELECT '73' || encode(substr(_innovation_score.fit_state_send(state), 6), 'hex') FROM fitted
UNION ALL SELECT '73' || encode(substr(_innovation_score.fit_state_send((SELECT fit_partial(l.model, sin(i), i % 100, exp(cos(i) * 20))
                                                           FROM generate_series(1, 30) i)), 6), 'hex') FROM later l
UNION ALL SELECT '73' || encode(substr(_innovation_score.fit_state_send(state), 6), 'hex') FROM large WHERE octet_length(_innovation_score.fit_state_send(state)) < 100000
UNION ALL SELECT '72' || encode(substr(_innovation_score.rank_state_send(rank_partial(i % 5 / 2.0 - 1, (ARRAY['a', 'b', '企'])[1 + i % 3])), 6), 'hex')
FROM generate_series(1, 20) i
UNION ALL SELECT '72' || encode(substr(_innovation_score.rank_state_send(rank_partial(NULL::float8)), 6), 'hex');
