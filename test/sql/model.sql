-- score_model: reading, printing, comparing, inspecting; everything malformed is refused
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

-- the least that makes a model, and what the defaults are
SELECT '{"indicators": [{"indicator": "x", "weights": 1}]}'::score_model;

-- everything at once
CREATE TABLE model_sample (name text PRIMARY KEY, model score_model);
INSERT INTO model_sample VALUES ('full', '
{"scheme": "试点 \"A\"", "full_marks": 1000, "missing": "reweight", "aggregation": "arithmetic", "min_coverage": 0.6,
 "stages": ["初创期", "growth"],
 "categories": [{"category": "技术创新"}, {"category": "extra", "role": "bonus", "max_points": 30}, {"category": "fault", "role": "penalty"}],
 "indicators": [
  {"indicator": "研发费用", "category": "技术创新", "extreme": "percentile(0.01,0.99)", "transform": "log", "weights": {"初创期": 8.5, "growth": 10}},
  {"indicator": "debt", "category": "技术创新", "direction": "cost", "extreme": "iqr(1.5)", "weights": {"growth": 5e-324}},
  {"indicator": "age", "category": "extra", "direction": "target(7.25)", "extreme": "fixed(-1e-300,1.7976931348623157e308)", "transform": "sqrt", "weights": 3},
  {"indicator": "staff", "category": "fault", "direction": "interval( 0.1 , 2e1 )", "extreme": "mad(3)", "weights": {"初创期": 0, "growth": 0.1}}]}');
-- and a tree: parents that come later, means that do not add, weights of categories, in some stages
INSERT INTO model_sample VALUES ('tree', '
{"scheme": "t", "aggregation": "generalized( -0.5 )", "floor": 0.1, "stages": ["a", "b"],
 "categories": [{"category": "x", "parent": "y", "aggregation": "geometric", "min_coverage": 0.5}, {"category": "y", "weights": {"b": 0.1}},
                {"category": "p", "role": "penalty"}, {"category": "z", "aggregation": "arithmetic", "weights": 40}, {"category": "q", "parent": "p"}],
 "indicators": [{"indicator": "i", "category": "x", "weights": 1}, {"indicator": "j", "category": "z", "weights": 2}, {"indicator": "k", "category": "q", "weights": 3}]}');
SELECT model FROM model_sample ORDER BY name;
SELECT c.* FROM model_sample, model_categories(model) AS c ORDER BY name, "position";
SELECT "position", indicator, category, role, direction, extreme, transform, lower, upper, n, method FROM model_sample, model_indicators(model) ORDER BY name, "position";
SELECT w.* FROM model_sample, model_weights(model) AS w WHERE name = 'full';
SELECT is_fitted(model), is_fitted('{"indicators": [{"indicator": "x", "weights": 1, "extreme": "fixed(0,1)"}]}') AS only_fixed FROM model_sample WHERE name = 'full';

-- fitted, and in the middle of a search
INSERT INTO model_sample SELECT 'fitted', fit(model, i, CASE WHEN i > 990 THEN i ELSE 0 END, NULL, 1.0 / i) FROM model_sample, generate_series(1, 1000) AS i WHERE name = 'full' GROUP BY model::text;
INSERT INTO model_sample VALUES ('searching', '
{"indicators": [{"indicator": "x", "extreme": "iqr(1.5)", "weights": 1, "bounds": {"n": 100, "missing": 7, "minimum": -5, "maximum": 1e300,
   "search": [{"rank": 24, "below": 24, "inside": 1, "low": 0, "high": 0}, {"rank": 25, "below": 25, "inside": 10, "low": 1, "high": 1.5},
              {"rank": 74, "below": 60, "inside": 20, "low": 3, "high": 4}, {"rank": 75, "below": 60, "inside": 20, "low": 3, "high": 4}]}},
  {"indicator": "y", "extreme": "mad(3)", "weights": 1, "bounds": {"n": 100, "missing": 7, "minimum": -5, "maximum": 5, "center": 0.1, "search": [{"rank": 49, "below": 49, "inside": 1, "low": 0.1, "high": 0.1}, {"rank": 50, "below": 50, "inside": 1, "low": 0.1, "high": 0.1}]}},
  {"indicator": "z", "extreme": "none", "weights": 1, "bounds": {"lower": 0, "upper": 1, "n": 107, "missing": 0, "minimum": 0, "maximum": 1, "method": "none"}}]}');
-- every adjustment and policy; a search for the median alone
INSERT INTO model_sample VALUES ('methods', '
{"missing": "median", "indicators": [
  {"indicator": "a", "extreme": "jrc", "adjust": "compress( 0.5 )", "weights": 1},
  {"indicator": "b", "extreme": "jrc(7,1,2)", "adjust": "clamp", "missing": "mean", "weights": 1},
  {"indicator": "c", "missing": "lower", "weights": 1}, {"indicator": "d", "missing": "median", "weights": 1},
  {"indicator": "e", "missing": "null", "weights": 1}]}');
INSERT INTO model_sample SELECT 'methods fitted', fit(model, i * i, i, i, NULL, i) FROM model_sample, generate_series(1, 20) AS i WHERE name = 'methods' GROUP BY model::text;
INSERT INTO model_sample VALUES ('searching median', '
{"missing": "median", "indicators": [
  {"indicator": "x", "extreme": "none", "weights": 1, "bounds": {"lower": 1, "upper": 9, "n": 100, "missing": 7, "minimum": 1, "maximum": 9, "method": "none",
   "search": [{"rank": 49, "below": 40, "inside": 20, "low": 3, "high": 4}, {"rank": 50, "below": 40, "inside": 20, "low": 3, "high": 4}]}},
  {"indicator": "y", "extreme": "iqr(1)", "missing": "mean", "weights": 1, "bounds": {"n": 1, "missing": 106, "minimum": 1, "maximum": 1, "imputed": 1,
   "search": [{"rank": 0, "below": 0, "inside": 1, "low": 1, "high": 1}, {"rank": 0, "below": 0, "inside": 1, "low": 1, "high": 1},
              {"rank": 0, "below": 0, "inside": 1, "low": 1, "high": 1}, {"rank": 0, "below": 0, "inside": 1, "low": 1, "high": 1}]}}]}');
SELECT model FROM model_sample WHERE name IN ('methods fitted', 'searching median') ORDER BY name;
SELECT name, is_fitted(model), indicator, extreme, adjust, missing_policy, imputed FROM model_sample, model_indicators(model) WHERE name LIKE 'methods%' ORDER BY name, "position";
-- fixed bounds need no sample, but what is imputed from one does
SELECT policy, is_fitted(format('{"indicators": [{"indicator": "x", "weights": 1, "extreme": "fixed(0,1)", "missing": "%s"}]}', policy)::score_model)
FROM unnest('{zero,reweight,"null",median,mean,lower}'::text[]) AS policy;
SELECT name, is_fitted(model), indicator, lower, upper, n, missing, minimum, maximum, method FROM model_sample, model_indicators(model) WHERE name NOT IN ('full', 'tree');

-- round trips lose nothing: text, jsonb, and through a table's TOAST
SELECT name, model::text::score_model = model AS text, model::text::score_model::text = model::text AS text_twice,
       model::jsonb::score_model = model AS jsonb, (model::jsonb)::text::score_model = model AS jsonb_text,
       model::text::jsonb = model::jsonb AS same_jsonb, model <> model AS differs
FROM model_sample ORDER BY name;
SELECT a.name, b.name, a.model = b.model AS equal FROM model_sample AS a, model_sample AS b WHERE a.name < b.name ORDER BY 1, 2;
-- equal ones out of line, more of them than a query keeps
CREATE TEMPORARY TABLE model_copies AS SELECT i, model FROM (
    SELECT jsonb_build_object('indicators', jsonb_agg(jsonb_build_object('indicator', i::text, 'weights', i)))::score_model AS model
    FROM generate_series(1, 20) AS i) AS m, generate_series(1, 70) AS i;
SELECT pg_relation_size(reltoastrelid) > 0 AS out_of_line FROM pg_class WHERE oid = 'model_copies'::regclass;
SELECT count(*) FILTER (WHERE a.model = b.model) AS equal, count(*) FILTER (WHERE a.model <> b.model) AS differ FROM model_copies AS a, model_copies AS b;
DROP TABLE model_copies;
CREATE TABLE model_wide AS SELECT ('{"indicators": [' || string_agg(format('{"indicator": "i%s", "weights": %s, "extreme": "sigma(%s)"}', i, i, i), ',' ORDER BY i) || ']}')::score_model AS model
FROM generate_series(1, 1000) AS i;
SELECT model::text::score_model = model AS equal, (SELECT sum(weight) FROM model_weights(model)) AS weights FROM model_wide;
DROP TABLE model_wide;

-- what is malformed: SQLSTATE and message
CREATE FUNCTION model_outcome(document text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM document::score_model;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT d, model_outcome(d) FROM unnest(ARRAY[
    '', '{', 'null', '[]', '"x"', '7', '{}',
    '{"indicators": []}',
    '{"indicators": {}}',
    '{"indicators": [1]}',
    '{"indicators": [{"weights": 1}]}',
    '{"indicators": [{"indicator": "x"}]}',
    '{"indicators": [{"indicator": "", "weights": 1}]}',
    '{"indicators": [{"indicator": 5, "weights": 1}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}, {"indicator": "x", "weights": 1}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "wieght": 2}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "scheme": 7}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "colour": "red"}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "missing": "ignore"}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "aggregation": "median"}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "aggregation": 7}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "floor": 0}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "floor": 99.5}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "floor": null}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "parent": "b"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "parent": null}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "parent": "a"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a", "parent": "b"}, {"category": "c"}, {"category": "b", "parent": "a"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a", "role": "bonus", "parent": "b"}, {"category": "b"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "role": "base", "parent": "c"}, {"category": "c", "role": "penalty"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "parent": "c", "max_points": 5}, {"category": "c", "role": "penalty"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "role": "bonus", "aggregation": "geometric"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "role": "bonus", "min_coverage": 0.5}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "role": "bonus", "weights": 0.5}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "aggregation": "best"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "min_coverage": -1}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "weights": -1}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "weights": {"b": 1}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "weights": 0}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "weights": 1}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "a"}], "categories": [{"category": "a"}, {"category": "b", "weights": 0}]}',
    '{"indicators": [{"indicator": "x", "weights": 1e308, "category": "a"}], "categories": [{"category": "a", "weights": 1e308}, {"category": "b", "weights": {}}]}',
    '{"indicators": [{"indicator": "x", "weights": 5e-324, "category": "a"}], "categories": [{"category": "a", "weights": 1e308}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "full_marks": 0}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "full_marks": "100"}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "min_coverage": 1.5}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "stages": []}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "stages": ["a", "a"]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": []}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a"}, {"category": "b"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "category": "b"}], "categories": [{"category": "a"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "role": "malus"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "max_points": 0}]}',
    '{"indicators": [{"indicator": "x", "weights": 1}], "categories": [{"category": "a", "role": "bonus"}]}',
    '{"indicators": [{"indicator": "x", "weights": 0}]}',
    '{"indicators": [{"indicator": "x", "weights": -1}]}',
    '{"indicators": [{"indicator": "x", "weights": "NaN"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1e400}]}',
    '{"indicators": [{"indicator": "x", "weights": {"all": 1, "other": 2}}]}',
    '{"indicators": [{"indicator": "x", "weights": {"a": 1}}], "stages": ["a", "b"]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "direction": "up"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "extreme": "percentile(1)"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "transform": "exp"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "adjust": "compress(-1)"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "adjust": null}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "mode"}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "mean", "bounds": {"lower": 1, "upper": 2, "n": 5, "missing": 0, "minimum": 1, "maximum": 2, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "mean", "bounds": {"lower": 1, "upper": 2, "n": 5, "missing": 0, "minimum": 1, "maximum": 2, "imputed": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "lower", "bounds": {"lower": 1, "upper": 2, "n": 5, "missing": 0, "minimum": 1, "maximum": 2, "imputed": 1, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "mean", "bounds": {"lower": null, "upper": null, "n": 0, "missing": 5, "minimum": null, "maximum": null, "imputed": 1, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "median", "extreme": "none", "bounds": {"upper": 3, "n": 5, "missing": 0, "minimum": 1, "maximum": 3, "search": []}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "missing": "median", "extreme": "none", "bounds": {"lower": 1, "upper": 3, "n": 5, "missing": 0, "minimum": 1, "maximum": 3, "method": "none", "search": []}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"lower": 2, "upper": 1, "n": 1, "missing": 0, "minimum": 0, "maximum": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"lower": 1, "upper": 2, "n": -1, "missing": 0, "minimum": 0, "maximum": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"lower": 1, "upper": 2, "n": 1.5, "missing": 0, "minimum": 0, "maximum": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"lower": 1, "upper": 2, "n": 5, "missing": 0, "minimum": 4, "maximum": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"lower": null, "upper": 2, "n": 5, "missing": 0, "minimum": 1, "maximum": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"lower": 1, "upper": 2, "n": 5, "missing": 0, "minimum": 1, "maximum": 3, "method": "iqr(1)"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "bounds": {"upper": 2, "n": 5, "missing": 0, "minimum": 1, "maximum": 3, "method": "none"}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "extreme": "none", "bounds": {"n": 5, "missing": 0, "minimum": 1, "maximum": 3, "search": []}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "extreme": "mad(3)", "bounds": {"n": 5, "missing": 0, "minimum": 1, "maximum": 3, "search": [{"rank": 2, "below": 3, "inside": 1, "low": 1, "high": 2}, {"rank": 2, "below": 3, "inside": 1, "low": 1, "high": 2}]}}]}',
    '{"indicators": [{"indicator": "x", "weights": 1, "extreme": "mad(3)", "bounds": {"n": 5, "missing": 0, "minimum": 1, "maximum": 3, "search": [{"rank": 2, "below": 2, "inside": 1, "low": 2, "high": 1}, {"rank": 2, "below": 2, "inside": 1, "low": 2, "high": 1}]}}]}'
    ]) AS d;
SELECT model_outcome('{"indicators": [{"indicator": "' || repeat('x', 300) || '", "weights": 1}]}') LIKE '22023 code % longer than 255 bytes' AS long_code,
       model_outcome('{"indicators": [' || repeat('{"indicator": "x", "weights": 1},', 1000) || '{"indicator": "y", "weights": 1}]}') AS many;
SELECT '5'::jsonb::score_model;
DROP TABLE model_sample;
DROP FUNCTION model_outcome(text);
