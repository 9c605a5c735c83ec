-- A scheme is all of its tables: copies, documents, comparisons, locks and publications know each of them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
SET extra_float_digits = 1;
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ----- the list against the catalog: whatever refers to a scheme is a part of it, but for what uses schemes
SELECT stored, part FROM _innovation_score.scheme_parts() ORDER BY place;
WITH RECURSIVE referring(relation) AS (
    SELECT 'scheme'::regclass
    UNION
    SELECT c.conrelid::regclass FROM pg_constraint c JOIN referring r ON c.confrelid = r.relation
    WHERE c.contype = 'f' AND r.relation::text NOT IN ('_innovation_score.scoreboard', '_innovation_score.tier_rule')
)
SELECT relation FROM referring WHERE relation <> 'scheme'::regclass AND relation NOT IN (SELECT _innovation_score.stored_table(stored)::regclass FROM _innovation_score.scheme_parts()) ORDER BY 1;
-- and so is whatever names a scheme in a column, referring to it or not
SELECT c.oid::regclass AS relation FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'scheme' AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND c.oid <> 'scheme'::regclass
  AND c.oid NOT IN (SELECT _innovation_score.stored_table(stored)::regclass FROM _innovation_score.scheme_parts()) ORDER BY c.relname COLLATE "C";
-- each is locked
SELECT p.part, count(t.tgname) AS locks FROM _innovation_score.scheme_parts() p LEFT JOIN pg_trigger t ON t.tgrelid = _innovation_score.stored_table(p.stored)::regclass AND t.tgname LIKE '%\_lock\_%' GROUP BY p.part, p.place ORDER BY p.place;

-- ----- a scheme with a row in each
INSERT INTO scheme (scheme, title) VALUES ('whole', '全');
INSERT INTO stage VALUES ('whole', 's', '期', 1);
INSERT INTO category (scheme, category, title) VALUES ('whole', 'c', '类'), ('whole', 'd', '类二');
INSERT INTO category_weight VALUES ('whole', 's', 'c', 60), ('whole', 's', 'd', 40);
INSERT INTO indicator (scheme, indicator, category, title, scoring) VALUES ('whole', 'i', 'c', '指标', 'minmax'), ('whole', 'j', 'd', '指标二', 'per(1,2,8)');
INSERT INTO weight VALUES ('whole', 's', 'i', 1), ('whole', 's', 'j', 1);
INSERT INTO stage_rule (scheme, stage, indicator, extreme) VALUES ('whole', 's', 'i', 'fixed(0,5)');
INSERT INTO quality_rule (scheme, rule, condition, message) VALUES ('whole', 'r', 'i >= 0', '负');
INSERT INTO scheme_rule VALUES ('whole', '', '过', 60, 0.5, '{"c": 20, "d": 0}', 'i > 0', 'cert OR j >= 3', '说明'), ('whole', 'top', '优', 90, NULL, NULL, NULL, NULL, NULL);
SELECT set_tiers(scheme => 'whole', method => 'score', tiers => '{A,B}', cuts => '[80]');
-- a copy and a document have it all
SELECT derive_scheme('copy', 'whole');
SELECT scheme_import(scheme_export('whole'), 'loaded');
SELECT p.part, d.scheme, d.document -> p.part::text = scheme_export('whole') -> p.part::text AS same, jsonb_array_length(d.document -> p.part::text) AS rows
FROM _innovation_score.scheme_parts() p CROSS JOIN (VALUES ('copy', scheme_export('copy')), ('loaded', scheme_export('loaded'))) d(scheme, document) ORDER BY p.place, 2;
SELECT count(*) AS differences FROM scheme_diff('copy') UNION ALL SELECT count(*) FROM scheme_diff('loaded', 'whole');
-- what differs is told, whatever table it is in
UPDATE category_weight SET weight = 50 WHERE scheme = 'copy' AND category = 'c';
DELETE FROM category_weight WHERE scheme = 'copy' AND category = 'd';
UPDATE quality_rule SET severity = 'warning' WHERE scheme = 'copy';
INSERT INTO quality_rule (scheme, rule, condition, message) VALUES ('copy', 'q', 'j >= 0', '负');
UPDATE stage_rule SET extreme = 'fixed(0,9)' WHERE scheme = 'copy';
UPDATE scheme_rule SET min_score = 70, qualifies = 'cert' WHERE scheme = 'copy' AND rule = '';
DELETE FROM scheme_rule WHERE scheme = 'copy' AND rule = 'top';
UPDATE indicator SET scoring = 'per(1,2,10)' WHERE scheme = 'copy' AND indicator = 'j';
UPDATE scheme SET weights = 'points', max_score = 90 WHERE scheme = 'copy';
UPDATE category SET incomplete = 'drop' WHERE scheme = 'copy' AND category = 'c';
SELECT set_tiers(scheme => 'copy', method => 'score', tiers => '{A,B}', cuts => '[85]');
SELECT * FROM scheme_diff('copy');
SELECT bool_and(p.part::text IN (SELECT object FROM _innovation_score.scheme_properties('whole'))) AS compared FROM _innovation_score.scheme_parts() p;

-- ----- column by column: scheme_diff tells what was changed, a document holds it, and so does what is made of that
SELECT derive_scheme('wide', 'whole');
INSERT INTO stage VALUES ('wide', 't', '期二', 2);
INSERT INTO category (scheme, category, parent) VALUES ('wide', 'e', 'c');
INSERT INTO indicator (scheme, indicator, category) VALUES ('wide', 'k', 'e');
INSERT INTO weight VALUES ('wide', 's', 'k', 1), ('wide', 't', 'j', 1), ('wide', 't', 'k', 1);
INSERT INTO scheme (scheme) VALUES ('plain');
INSERT INTO category (scheme, category) VALUES ('plain', 'c'), ('plain', 'd');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'i', 'c');
INSERT INTO weight VALUES ('plain', 'all', 'i', 100);
CREATE TABLE change (part name, field name, value text, of text DEFAULT 'true', scheme text DEFAULT 'wide');
INSERT INTO change (part, field, value) VALUES
    ('scheme', 'title', '别'), ('scheme', 'extreme', 'none'), ('scheme', 'adjust', 'compress(1)'), ('scheme', 'missing', 'reweight'), ('scheme', 'aggregation', 'geometric'), ('scheme', 'floor', '0.5'), ('scheme', 'min_coverage', '0.25'),
    ('scheme', 'full_marks', '50'), ('scheme', 'provisional', 'true'), ('scheme', 'source', '文号'), ('scheme', 'on_error', 'exclude'), ('scheme', 'decimals', '3'), ('scheme', 'min_score', '1'),
    ('scheme', 'max_score', '99'), ('scheme', 'coverage_by', 'count'),
    ('stage', 'title', '别'), ('stage', 'position', '7'), ('stage', 'condition', 'i > 2'),
    ('category', 'title', '别'), ('category', 'max_points', '9'), ('category', 'position', '7'), ('category', 'aggregation', 'max'), ('category', 'min_coverage', '0.25'),
    ('category', 'decimals', '1'), ('category', 'incomplete', 'drop'), ('category', 'floor', '0.5'),
    ('category_weight', 'stage', 't'), ('category_weight', 'category', 'e'), ('category_weight', 'weight', '7'),
    ('indicator', 'title', '别'), ('indicator', 'unit', '件'), ('indicator', 'definition', '释'), ('indicator', 'direction', 'cost'), ('indicator', 'extreme', 'iqr(1.5)'),
    ('indicator', 'adjust', 'compress(2)'), ('indicator', 'transform', 'ln(1)'), ('indicator', 'missing', 'median'), ('indicator', 'position', '7'), ('indicator', 'decimals', '2'), ('indicator', 'scoring', 'steps(1:2)'), ('indicator', 'absent', 'zero'), ('indicator', 'formula', 'i / 2'),
    ('weight', 'weight', '7'),
    ('stage_rule', 'stage', 't'), ('stage_rule', 'indicator', 'k'), ('stage_rule', 'extreme', 'none'), ('stage_rule', 'scoring', 'steps(1:2)'),
    ('quality_rule', 'rule', 'q'), ('quality_rule', 'severity', 'warning'), ('quality_rule', 'condition', 'i >= 1'), ('quality_rule', 'message', '别'),
    ('scheme_rule', 'rule', 'low'), ('scheme_rule', 'title', '别'), ('scheme_rule', 'min_score', '7'), ('scheme_rule', 'min_coverage', '0.25'), ('scheme_rule', 'category_minimum', '{"c": 7}'), ('scheme_rule', 'required', 'i > 7'), ('scheme_rule', 'qualifies', 'j > 7'), ('scheme_rule', 'definition', '别'),
    ('scheme_tier', 'method', 'quota'), ('scheme_tier', 'tiers', '{A,C}'), ('scheme_tier', 'cuts', '[70]'), ('scheme_tier', 'within', 'peers');
INSERT INTO change VALUES
    ('scheme', 'weights', 'points', 'true', 'plain'), ('scheme', 'rescale_best', 'true', 'true', 'plain'), ('category', 'role', 'bonus', $$category = 'd'$$, 'plain');
INSERT INTO change (part, field, value, of) VALUES
    ('stage', 'stage', 'u', $$stage = 't'$$), ('category', 'category', 'f', $$category = 'e'$$), ('category', 'parent', 'd', $$category = 'e'$$), ('indicator', 'indicator', 'l', $$indicator = 'k'$$), ('indicator', 'category', 'd', $$indicator = 'k'$$), ('weight', 'stage', 't', $$indicator = 'i'$$), ('weight', 'indicator', 'i', $$stage = 't' AND indicator = 'k'$$);
-- the columns that have no change here: what names the scheme, what it was derived from and how it came here
SELECT t.part, a.attname FROM (SELECT part, _innovation_score.stored_table(stored)::regclass AS stored FROM _innovation_score.scheme_parts() UNION ALL SELECT 'scheme', 'scheme'::regclass) t
JOIN pg_attribute a ON a.attrelid = t.stored AND a.attnum > 0 AND NOT a.attisdropped
WHERE a.attname <> 'scheme' AND (t.part, a.attname) NOT IN (SELECT part, field FROM change) ORDER BY 1, 2;
SELECT part, field FROM change c WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = ('innovation_score.' || quote_ident(c.part))::regclass AND a.attname = c.field);
CREATE FUNCTION tried(change) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
    told bigint;
    kept boolean;
BEGIN
    PERFORM derive_scheme('tried', $1.scheme);
    EXECUTE format('UPDATE %1$s t SET %2$I = %3$L WHERE scheme = ''tried'' AND ctid = (SELECT ctid FROM %1$s WHERE scheme = ''tried'' AND %2$I IS DISTINCT FROM %3$L AND %4$s LIMIT 1)',
                   _innovation_score.stored_table(COALESCE((SELECT p.stored FROM _innovation_score.scheme_parts() p WHERE p.part = $1.part), 'scheme')), $1.field, $1.value, $1.of);
    GET DIAGNOSTICS changed = ROW_COUNT;
    SELECT count(*) INTO told FROM scheme_diff('tried');
    PERFORM scheme_import(scheme_export('tried'), 'again');
    SELECT scheme_export('again') #- '{scheme,scheme}' = scheme_export('tried') #- '{scheme,scheme}' AND NOT EXISTS (SELECT FROM scheme_diff('again', 'tried')) INTO kept;
    RAISE EXCEPTION '% changed, %, %', changed, CASE WHEN told > 0 THEN 'told' ELSE 'not told' END, CASE WHEN kept THEN 'kept' ELSE 'not kept' END USING ERRCODE = 'ZZ000';
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM;
WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
SELECT t.tried, count(*), CASE WHEN t.tried <> '1 changed, told, kept' THEN array_agg(part || '.' || field ORDER BY part, field) END AS fields FROM change c, LATERAL (SELECT tried(c) OFFSET 0) t GROUP BY 1 ORDER BY 1;
DELETE FROM scheme WHERE scheme IN ('wide', 'plain');
DROP FUNCTION tried(change);
DROP TABLE change;

-- ----- what an import refuses, with what is allowed
CREATE TABLE document AS SELECT scheme_export('whole') AS d;
SELECT attempt(format('SELECT scheme_import(%s, ''new'') FROM document', change)) FROM unnest(ARRAY[
    $$jsonb_set(d, '{weight,0,stage}', '"growht"')$$, $$jsonb_set(d, '{category_weight,0,stage}', '"growht"')$$, $$jsonb_set(d, '{stage_rule,0,stage}', '"growht"')$$,
    $$jsonb_set(d, '{scheme_tier,0,cuts}', '[80, 90]')$$, $$jsonb_set(d, '{scheme_tier,0,tiers}', '"A"')$$, $$jsonb_set(d, '{scheme,full_marks}', '0')$$, $$jsonb_set(d, '{scheme,weights}', '"share"')$$,
    $$jsonb_set(d, '{scheme_rule,0,qualifies}', '"cert OR"')$$, $$jsonb_set(d, '{scheme_rule,0,qualifies}', '"previous.i > 1"')$$, $$jsonb_set(d, '{scheme_rule,1,required}', '3')$$,
    $$jsonb_set(d, '{scheme_rule,1,min_coverage}', '80')$$, $$jsonb_set(d, '{scheme_rule,0,category_minimum}', '[20]')$$, $$jsonb_set(d, '{scheme_rule,0,category_minimum}', '{"e": 20}')$$,
    $$jsonb_set(d, '{category,0,max_points}', '-1')$$, $$jsonb_set(d, '{category,1,min_coverage}', '2')$$, $$jsonb_set(d, '{weight,1,weight}', '-1')$$, $$jsonb_set(d, '{indicator,1,scoring}', '"per(1)"')$$]) AS change;
SELECT count(*) FROM scheme WHERE scheme = 'new';

-- ----- tiers are locked with the rest, and everybody may read those of schemes
CREATE SCHEMA whole;
CREATE TABLE whole.firm (firm text PRIMARY KEY, i float8, j float8);
INSERT INTO whole.firm VALUES ('甲', 1, 2), ('乙', 3, 4);
SELECT create_scoreboard('whole.board', 'loaded', 'whole.firm', 'firm', stage => $$'s'$$);
SELECT freeze_scoreboard('whole.board');
SELECT attempt($$SELECT set_tiers(scheme => 'loaded', method => 'score', tiers => '{A,B}', cuts => '[85]')$$);
SELECT attempt($$SELECT set_tiers(scoreboard => 'whole.board', method => 'score', tiers => '{A,B}', cuts => '[70]')$$);
CREATE ROLE whole_reader;
SET ROLE whole_reader;
SELECT * FROM scheme_tier ORDER BY scheme;
SELECT jsonb_array_length(scheme_export('whole') -> 'scheme_tier') AS exported;
SELECT count(*) FROM tier_rule;
RESET ROLE;
DROP ROLE whole_reader;
SELECT drop_scoreboard('whole.board');
DROP SCHEMA whole CASCADE;
DELETE FROM scheme WHERE scheme IN ('whole', 'copy', 'loaded');
DROP TABLE document;
DROP FUNCTION attempt(text);
