-- What is too large is refused before it is worked on, in far less than the second that each statement has here
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = innovation_score, public;
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
CREATE TEMP TABLE document AS
SELECT part, jsonb_build_object('format', 'innovation_score.scheme', 'version', 1, 'scheme', '{"scheme": "hostile"}'::jsonb, 'category', '[{"category": "c"}]'::jsonb,
                                part, (SELECT jsonb_agg(jsonb_build_object(part, 'x' || i)) FROM generate_series(1, 200000) i)) AS content
FROM unnest('{indicator,stage}'::text[]) part;
CREATE TEMP TABLE long AS SELECT repeat('x', 20000000) AS content;
-- some seconds for a busy machine: none of these takes a tenth of it
SET statement_timeout = '5s';
SELECT scheme_import(content) FROM document WHERE part = 'indicator';
SELECT scheme_import(content) FROM document WHERE part = 'stage';
SELECT content::condition FROM long;
SELECT ('''' || content || ''' = stage')::condition FROM long;
SELECT ('a > 1' || repeat(' AND a > 1', 100000))::condition;
SELECT format('{"required": "%s"}', content)::list_rule FROM long;
SELECT format('{"required": "%s"}', content)::jsonb::list_rule FROM long;
SELECT format('[{"code": "%s"}]', content)::decision_reasons FROM long;
SELECT ('{"stages": [' || repeat('"s", ', 1000000) || '"t"], "categories": [], "indicators": []}')::score_model;
SELECT ('{"stages": [' || repeat('"s", ', 20000) || '"t"], "categories": [], "indicators": []}')::score_model;
SELECT ('{"stages": [' || repeat('"s", ', 20000) || '"t"], "categories": [], "indicators": []}')::jsonb::score_model;
SELECT ('{"indicators": [' || repeat('{}, ', 20000) || '{}], "categories": [{"category": "c"}]}')::score_model;
-- a state says its version first
SELECT ('\x7f' || repeat('00', 20000000))::fit_state;
SELECT ('\x00' || repeat('00', 20000000))::rank_state;
SELECT content::fit_state FROM long;
-- deep ones
DO $$
BEGIN
    PERFORM (repeat('[', 100000) || repeat(']', 100000))::score_model;
EXCEPTION WHEN statement_too_complex THEN
    RAISE WARNING 'too deep';
END
$$;
SELECT (repeat('{"a": ', 4000) || '1' || repeat('}', 4000))::list_rule;
SELECT verify_receipt((repeat('[', 3000) || repeat(']', 3000))::jsonb);
RESET statement_timeout;
SELECT count(*) FROM scheme WHERE scheme = 'hostile';
