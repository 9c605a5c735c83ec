-- schemes as documents: exported, imported, and what is refused
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
CREATE SCHEMA document;
SET search_path = document, innovation_score, public;
\pset format unaligned
\pset tuples_only on
\pset null '(null)'
\set SHOW_CONTEXT never

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- a scheme with something in every column, odd codes and weights that need all their digits
INSERT INTO scheme (scheme, title, parent, extreme, missing, min_coverage, full_marks, provisional, source)
VALUES ('区 "域"', '区域特色指标体系', 'national-2024', 'iqr(1.5)', 'reweight', 0.1 + 0.2::float8, 1000, true, E'文件\t\\ ''2024''');
INSERT INTO category (scheme, category, title, role, max_points, position) VALUES
    ('区 "域"', '投入', '投入', 'base', NULL, 2), ('区 "域"', 'out', NULL, 'base', NULL, 1), ('区 "域"', 'plus', '加分项', 'bonus', 100.5, NULL);
INSERT INTO stage (scheme, stage, title, position) VALUES ('区 "域"', '初创期', '初创期', 1), ('区 "域"', 'b', NULL, NULL);
INSERT INTO indicator (scheme, indicator, category, title, unit, definition, direction, extreme, transform, position) VALUES
    ('区 "域"', 'x', 'out', '甲', '件', 'x', 'interval(1,2)', 'fixed(0,10)', 'log', 3),
    ('区 "域"', 'y', '投入', NULL, NULL, NULL, 'cost', NULL, 'none', NULL), ('区 "域"', 'z', 'plus', '丙', '项', NULL, 'benefit', NULL, 'sqrt', 1);
INSERT INTO weight VALUES ('区 "域"', '初创期', 'x', 1 / 3.0::float8), ('区 "域"', '初创期', 'y', 1e22), ('区 "域"', 'b', 'x', 1e-307),
    ('区 "域"', 'b', 'y', 2.5), ('区 "域"', 'b', 'z', 0.1);
SET extra_float_digits = 0;
CREATE TABLE sent AS SELECT scheme_export('区 "域"') AS document;
RESET extra_float_digits;
SELECT jsonb_pretty(document) FROM sent;

-- loaded under another code, and in its own place: the same model, the same document, the same rows
SELECT scheme_import(document, 'copy') FROM sent;
SELECT scheme_export('copy') #- '{scheme,scheme}' = document #- '{scheme,scheme}' AS same_document,
       scheme_model('copy')::jsonb - 'scheme' = scheme_model('区 "域"')::jsonb - 'scheme' AS same_model FROM sent;
CREATE TABLE before AS
SELECT 'scheme' AS part, to_jsonb(t) AS content FROM scheme t WHERE scheme = '区 "域"' UNION ALL SELECT 'category', to_jsonb(t) FROM category t WHERE scheme = '区 "域"'
UNION ALL SELECT 'stage', to_jsonb(t) FROM stage t WHERE scheme = '区 "域"' UNION ALL SELECT 'indicator', to_jsonb(t) FROM indicator t WHERE scheme = '区 "域"'
UNION ALL SELECT 'weight', to_jsonb(t) FROM weight t WHERE scheme = '区 "域"';
DELETE FROM scheme WHERE scheme = '区 "域"';
SELECT scheme_import(document) FROM sent;
SELECT scheme_export('区 "域"') = document AS same_document FROM sent;
SELECT count(*) AS rows, count(*) FILTER (WHERE b.content IS DISTINCT FROM a.content) AS different
FROM before b FULL JOIN (
    SELECT 'scheme' AS part, to_jsonb(t) AS content FROM scheme t WHERE scheme = '区 "域"' UNION ALL SELECT 'category', to_jsonb(t) FROM category t WHERE scheme = '区 "域"'
    UNION ALL SELECT 'stage', to_jsonb(t) FROM stage t WHERE scheme = '区 "域"' UNION ALL SELECT 'indicator', to_jsonb(t) FROM indicator t WHERE scheme = '区 "域"'
    UNION ALL SELECT 'weight', to_jsonb(t) FROM weight t WHERE scheme = '区 "域"') a USING (part, content);
DELETE FROM scheme WHERE scheme IN ('copy', '区 "域"');

-- the shipped ones
CREATE TABLE shipped AS SELECT scheme, scheme_export(scheme) AS document FROM scheme WHERE origin = 'shipped';
SELECT scheme, scheme_import(document, scheme || '-2') FROM shipped ORDER BY scheme COLLATE "C";
SELECT scheme, scheme_export(scheme || '-2') #- '{scheme,scheme}' = document #- '{scheme,scheme}' AS same_document,
       scheme_model(scheme || '-2')::jsonb - 'scheme' = scheme_model(scheme)::jsonb - 'scheme' AS same_model
FROM shipped ORDER BY scheme COLLATE "C";
SELECT scheme, origin FROM scheme WHERE scheme LIKE '%-2' ORDER BY scheme COLLATE "C";
DELETE FROM scheme WHERE scheme LIKE '%-2';

-- a document as text, written by hand: what is left out takes its default
SELECT scheme_import('{"format": "innovation_score.scheme", "version": 1, "scheme": {"scheme": "hand", "title": null},
    "category": [{"category": "c"}], "indicator": [{"indicator": "i", "category": "c"}],
    "weight": [{"indicator": "i", "stage": "all", "weight": 100}], "stage": []}');
SELECT * FROM scheme WHERE scheme = 'hand';
SELECT direction, extreme, transform, i.position, role FROM indicator i JOIN category USING (scheme, category) WHERE scheme = 'hand';
SELECT scheme_export('hand');

-- tables and columns that later versions add go along
BEGIN;
ALTER TABLE innovation_score.indicator ADD COLUMN later text NOT NULL DEFAULT 'clamp' CHECK (later <> 'bad');
ALTER TABLE innovation_score.stage ADD COLUMN later float8[];
UPDATE indicator SET later = 'compress(0.1)' WHERE scheme = 'hand';
SELECT scheme_export('hand') -> 'indicator';
SELECT scheme_import(scheme_export('hand'), 'hand2'), scheme_import(jsonb_set(scheme_export('hand'), '{indicator,0}', '{"indicator": "i", "category": "c"}'), 'hand3'),
       scheme_import(jsonb_set(scheme_export('hand'), '{stage}', '[{"stage": "all", "later": [1, 2.5]}]'), 'hand4');
SELECT scheme, later FROM indicator WHERE scheme LIKE 'hand%' ORDER BY 1;
SELECT later, scheme_export('hand4') -> 'stage' FROM stage WHERE scheme = 'hand4';
SELECT attempt($$SELECT scheme_import(jsonb_set(scheme_export('hand'), '{indicator,0,later}', '"bad"'), 'hand5')$$);
ROLLBACK;
-- a NULL is left out, so no column may have both a default and NULLs
SELECT p.part, c.name FROM (SELECT part FROM _innovation_score.scheme_parts() UNION ALL SELECT 'scheme') p, _innovation_score.part_columns(p.part) c
JOIN pg_attribute a ON a.attname = c.name WHERE a.attrelid = format('innovation_score.%I', p.part)::regclass AND c.initial <> 'NULL' AND NOT a.attnotnull;

-- ---------------------------------------------------------------- parents

SELECT scheme_import(jsonb_set(scheme_export('hand'), '{scheme,parent}', '"national-2024"'), 'child');
SELECT scheme_import(jsonb_set(scheme_export('hand'), '{scheme,parent}', '"zhejiang"'), 'orphan');
-- its own parent's code
SELECT scheme_import(jsonb_set(scheme_export('hand'), '{scheme,parent}', '"taken"'), 'taken');
SELECT scheme, parent FROM scheme WHERE scheme IN ('child', 'orphan', 'taken') ORDER BY 1;
DELETE FROM scheme WHERE scheme IN ('child', 'orphan', 'taken');

-- ---------------------------------------------------------------- what is refused

CREATE TABLE doc AS SELECT scheme_export('national-2024') AS d;
CREATE FUNCTION load(change text) RETURNS text LANGUAGE sql AS $$
    SELECT attempt(format('SELECT scheme_import(%s, ''new'') FROM doc', change))
$$;
SELECT attempt($$SELECT scheme_import(d) FROM doc$$);
SELECT attempt($$SELECT scheme_import(d, 'alliance') FROM doc$$);
SELECT DISTINCT load(d) FROM unnest(ARRAY['NULL', $$'null'$$, $$'[]'$$, $$'"x"'$$, $$'{}'$$, $$'{"version": 1, "scheme": {}}'$$, $$d - 'format'$$, $$d - 'scheme'$$,
    $$jsonb_set(d, '{scheme}', '[]')$$, $$jsonb_set(d, '{format}', '"other"')$$]) d;
SELECT load(d) FROM unnest(ARRAY[$$d - 'version'$$, $$jsonb_set(d, '{version}', '2')$$, $$jsonb_set(d, '{version}', '"1"')$$]) d;
SELECT load($$d || '{"weights": []}'$$);
SELECT attempt($$SELECT scheme_import(d #- '{scheme,scheme}') FROM doc$$), load($$d #- '{scheme,scheme}'$$);
DELETE FROM scheme WHERE scheme = 'new';
SELECT attempt($$SELECT scheme_import(d, '') FROM doc$$);
-- the shape
SELECT load(d) FROM unnest(ARRAY[$$jsonb_set(d, '{weight}', '{}')$$, $$jsonb_set(d, '{weight}', 'null')$$, $$jsonb_set(d, '{weight,3}', '5')$$]) d;
-- keys
SELECT load(d) FROM unnest(ARRAY[
    $$jsonb_set(d, '{scheme,colour}', '1')$$, $$jsonb_set(d, '{scheme,origin}', '"shipped"')$$, $$jsonb_set(d, '{indicator,2,scheme}', '"x"')$$,
    $$jsonb_set(d, '{indicator,2,Title}', '"x"')$$, $$jsonb_set(d, '{weight,7,wieght}', '1')$$, $$jsonb_set(d, '{stage,1}', '{"stages": "x"}')$$]) d;
-- kinds of values
SELECT load(d) FROM unnest(ARRAY[
    $$jsonb_set(d, '{scheme,title}', '5')$$, $$jsonb_set(d, '{scheme,scheme}', '[]')$$, $$jsonb_set(d, '{scheme,provisional}', '"yes"')$$,
    $$jsonb_set(d, '{weight,0,weight}', '"8"')$$, $$jsonb_set(d, '{indicator,0,position}', 'true')$$, $$jsonb_set(d, '{category,0,title}', '{"zh": "x"}')$$]) d;
-- values
SELECT load(d) FROM unnest(ARRAY[
    $$jsonb_set(d, '{weight,0,weight}', '-1')$$, $$jsonb_set(d, '{weight,0,weight}', '1e400')$$, $$jsonb_set(d, '{weight,0,weight}', 'null')$$,
    $$d #- '{weight,0,weight}'$$, $$d #- '{weight,0,stage}'$$, $$jsonb_set(d, '{weight,0,indicator}', '"nobody"')$$, $$jsonb_set(d, '{weight,1}', d #> '{weight,0}')$$,
    $$jsonb_set(d, '{indicator,3,category}', '"nowhere"')$$, $$jsonb_set(d, '{indicator,3,direction}', '"up"')$$, $$jsonb_set(d, '{indicator,3,extreme}', '"iqr()"')$$,
    $$jsonb_set(d, '{indicator,3,position}', '1.5')$$, $$jsonb_set(d, '{indicator,3,indicator}', '""')$$, $$jsonb_set(d, '{category,0,role}', '"extra"')$$,
    $$jsonb_set(d, '{category,0,max_points}', '0')$$, $$jsonb_set(d, '{scheme,full_marks}', '0')$$, $$jsonb_set(d, '{scheme,missing}', '"ignore"')$$,
    $$jsonb_set(d, '{scheme,extreme}', '"percentil(1)"')$$, $$jsonb_set(d, '{scheme,extreme}', 'null')$$]) d;
-- what gives no scores
SELECT load(d) FROM unnest(ARRAY[$$d - 'indicator' - 'weight' - 'quality_rule'$$, $$d - 'weight'$$, $$d #- '{indicator,0,category}'$$, $$replace((d - 'quality_rule')::text, '"rd_expense"', to_jsonb(repeat('x', 300))::text)::jsonb$$]) d;
-- nothing is left of any of them
SELECT (SELECT count(*) FROM scheme WHERE scheme = 'new') + (SELECT count(*) FROM category WHERE scheme = 'new') + (SELECT count(*) FROM stage WHERE scheme = 'new')
     + (SELECT count(*) FROM indicator WHERE scheme = 'new') + (SELECT count(*) FROM weight WHERE scheme = 'new') AS rows;
-- warnings do not keep a scheme out
SELECT load($$jsonb_set(d, '{weight,0,weight}', '1')$$);
SELECT count(*) FROM scheme_problems('new') WHERE severity = 'warning';
DELETE FROM scheme WHERE scheme = 'new';
SELECT attempt($$SELECT scheme_export('nobody')$$) ~ '^22023: unknown scheme "nobody"', attempt($$SELECT scheme_export(NULL)$$) ~ '^22023';

-- whoever reads schemes may export them; who may not insert may not import
CREATE ROLE document_reader;
GRANT USAGE ON SCHEMA document TO document_reader;
GRANT SELECT ON doc TO document_reader;
SET ROLE document_reader;
SELECT scheme_export('national-2024') = d FROM doc;
SELECT load('d');
RESET ROLE;

SET client_min_messages = warning;
DELETE FROM scheme WHERE scheme = 'hand';
DROP SCHEMA document CASCADE;
DROP ROLE document_reader;
