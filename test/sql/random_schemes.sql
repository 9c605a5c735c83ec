-- Random schemes with rows in all of their tables: exported, imported, exported again, derived and compared. As many as
-- INNOVATION_SCORE_SCHEMES says, by default 60.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA random_schemes;
SET search_path = random_schemes, innovation_score, public;
\pset format unaligned
\set n `echo "${INNOVATION_SCORE_SCHEMES:-60}"`
SELECT setseed(0.7);
CREATE FUNCTION pick(list text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT list[1 + floor(random() * cardinality(list))::int] $$;
CREATE FUNCTION often(share float8, value anyelement) RETURNS anyelement LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < share THEN value END $$;
CREATE TABLE given AS SELECT k, 's' || k AS scheme, k % 3 = 0 AS points FROM generate_series(1, :n) k;
INSERT INTO scheme (scheme, title, extreme, adjust, missing, aggregation, floor, min_coverage, full_marks, decimals, provisional, source, on_error, weights, min_score, max_score, coverage_by)
SELECT scheme, often(0.5, '名 "' || k || E'"\t\\'), pick('{none,"percentile(0.01,0.99)","iqr(1.5,inside)","fixed(0,) + percentile(,0.9) of nonzero","zscore(3)","mad(2.5)","jrc(5,2,3.5)"}'),
       pick('{clamp,compress(0.1)}'), pick('{zero,reweight,"null",median,mean,lower}'), CASE WHEN points THEN pick('{arithmetic,max,min}') ELSE pick('{arithmetic,geometric,harmonic,inverse_geometric,generalized(0.3),max,min}') END,
       pick('{0,0.1,1,20}')::float8, pick('{0,0.25,0.3333333333333333}')::float8, pick('{100,1,10,1000,130,0.5}')::float8, pick('{NULL,0,2,4}')::int, random() < 0.5, often(0.3, '文' || k),
       pick('{score,flag,exclude}'), CASE WHEN points THEN 'points' ELSE 'relative' END, often(0.2, 0::float8), often(0.2, 1::float8), pick('{weight,count}') FROM given;
INSERT INTO stage (scheme, stage, title, position, condition)
SELECT scheme, 't' || s, often(0.7, '期' || s), often(0.8, s), often(0.3, format('x1 > %s OR founded IS NULL', s)::condition) FROM given, generate_series(1, 1 + k % 3) s WHERE k % 4 > 0;
INSERT INTO category (scheme, category, title, role, max_points, position, parent, aggregation, min_coverage, decimals, incomplete, floor)
SELECT scheme, 'c' || c, often(0.8, '类' || c), 'base', often(0.2, 3 + floor(random() * 30)), often(0.8, c), CASE WHEN c > 1 AND random() < 0.5 THEN 'c' || 1 + floor(random() * (c - 1))::int END,
       CASE WHEN random() < 0.5 THEN CASE WHEN points THEN pick('{arithmetic,max,min}') ELSE pick('{arithmetic,geometric,harmonic,inverse_geometric,generalized(-1.75),max,min}') END END,
       pick('{0,0,0.1,0.5}')::float8, pick('{NULL,NULL,0,1,3}')::int, pick('{"null","null",drop}'), pick('{NULL,NULL,0,5,30}')::float8
FROM given, generate_series(1, 1 + k % 5) c;
INSERT INTO category (scheme, category, role, max_points, aggregation) SELECT scheme, 'plus', 'bonus', often(0.7, 5::float8), pick('{NULL,max,min}') FROM given WHERE k % 5 = 1;
INSERT INTO category (scheme, category, role, max_points) SELECT scheme, 'minus', 'penalty', often(0.7, 5::float8) FROM given WHERE k % 5 = 2;
INSERT INTO category (scheme, category, role) SELECT scheme, 'bar', 'veto' FROM given WHERE k % 7 = 1;
INSERT INTO indicator (scheme, indicator, category, title, unit, definition, direction, extreme, adjust, transform, missing, position, decimals, scoring, absent, formula)
SELECT c.scheme, 'x' || row_number() OVER (PARTITION BY c.scheme), c.category, often(0.9, '标' || i), pick('{NULL,件}'), often(0.3, '说' || i), pick('{benefit,cost,target(5),"interval(2,6.5)"}'),
       pick('{NULL,NULL,none,"percentile(0.05,0.95)","fixed(1,20)","percentile(,0.95) of nonzero"}'), pick('{NULL,NULL,compress(0.2)}'), pick('{none,none,sqrt,log,ln(30)}'), pick('{NULL,NULL,zero,reweight,"null",median}'), often(0.8, i),
       pick('{NULL,NULL,0,2}')::int, pick('{minmax,minmax,"steps(1:2,3.5:4)","steps_above(0.1:3,0.7:1)","linear(0:0,10:7)","per(2,1,5)",percent_rank}'), pick('{missing,missing,zero}'), pick('{NULL,NULL,"ratio(x1, staff)"}')
FROM category c JOIN given USING (scheme), generate_series(1, 1 + (k + length(c.category)) % 3) i;
UPDATE indicator SET direction = 'benefit' WHERE scoring = 'percent_rank' AND scheme IN (SELECT g.scheme FROM given g);
INSERT INTO weight SELECT i.scheme, COALESCE(t.stage, 'all'), i.indicator, CASE WHEN c.role = 'veto' THEN 0 ELSE pick('{1,5,12.5,0.1,33.333333333333336,1e-7}')::float8 END
FROM indicator i JOIN given USING (scheme) JOIN category c USING (scheme, category) LEFT JOIN stage t USING (scheme);
INSERT INTO category_weight SELECT c.scheme, COALESCE(t.stage, 'all'), c.category, pick('{1,40,0.7}')::float8 FROM category c JOIN given USING (scheme) LEFT JOIN stage t USING (scheme) WHERE NOT points AND k % 6 = 1 AND c.role = 'base';
INSERT INTO stage_rule SELECT i.scheme, t.stage, i.indicator, pick('{NULL,none,"fixed(0,7)"}'), 'per(1,1,9)' FROM indicator i JOIN given USING (scheme) JOIN stage t USING (scheme) WHERE random() < 0.1;
INSERT INTO quality_rule (scheme, rule, severity, condition, message) SELECT scheme, 'r' || r, pick('{error,warning}'), format('x1 >= %s', -r), '负' FROM given, generate_series(1, 2) r WHERE k % 3 = 1;
INSERT INTO scheme_rule (scheme, rule, title, min_score, min_coverage, category_minimum, required, qualifies, definition)
SELECT scheme, r, '过', 0, often(0.5, 0.5::float8), often(0.5, '{"c1": 20}'::jsonb), often(0.5, 'x1 > 0'::condition), often(0.5, 'certificate OR x1 >= 3'::condition), '说' FROM given, unnest('{"",top}'::text[]) r WHERE k % 4 = 1;
SELECT count(set_tiers(scheme => scheme, method => 'score', tiers => '{A,B}', cuts => '[0]')) > 3 AS tiers FROM given WHERE k % 10 = 3;
ANALYZE scheme, stage, category, indicator, weight, category_weight, stage_rule, quality_rule, scheme_rule;

CREATE TABLE sent AS SELECT k, scheme, scheme_export(scheme) AS document FROM given;
CREATE FUNCTION load(document jsonb, code text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN scheme_import(document, code);
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN SQLERRM;
END
$$;
ALTER TABLE sent ADD loaded text;
UPDATE sent SET loaded = load(document, scheme || '-loaded');
-- only what cannot be scored is refused
SELECT count(*) = :n AS all, count(*) FILTER (WHERE loaded = scheme || '-loaded') > 0.8 * :n AS most,
       count(*) FILTER (WHERE loaded NOT IN (scheme || '-loaded') AND loaded !~ 'cannot be rounded to|gives no scores: .*points in stage') AS others FROM sent;
SELECT part, bool_or(document ? part::text) AS filled FROM sent, _innovation_score.scheme_parts() GROUP BY part, place ORDER BY place;
SELECT count(*) FILTER (WHERE jsonb_set(scheme_export(loaded), '{scheme,scheme}', document #> '{scheme,scheme}')::text <> document::text) AS other_bytes,
       count(*) FILTER (WHERE jsonb_set(scheme_model(loaded)::jsonb, '{scheme}', to_jsonb(scheme))::score_model <> scheme_model(scheme)) AS other_models,
       count(*) FILTER (WHERE scheme_model(scheme)::text::score_model <> scheme_model(scheme)) AS other_texts
FROM sent WHERE loaded = scheme || '-loaded';
-- a copy is the same
SELECT count(derive_scheme(scheme || '-copy', scheme)) > 0 AS derived FROM sent WHERE loaded = scheme || '-loaded';
SELECT count(*) FILTER (WHERE (scheme_export(scheme || '-copy') - 'scheme')::text <> (document - 'scheme')::text) AS other_bytes FROM sent WHERE loaded = scheme || '-loaded';
SELECT count(*) AS differences FROM (SELECT * FROM sent WHERE loaded = scheme || '-loaded' AND k <= 40) s CROSS JOIN LATERAL scheme_diff(scheme || '-copy') d;

DELETE FROM scheme s USING given g WHERE s.scheme IN (g.scheme, g.scheme || '-loaded', g.scheme || '-copy');
DROP SCHEMA random_schemes CASCADE;
