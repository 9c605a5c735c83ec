-- load_weights: official weights from a sheet
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
CREATE SCHEMA sheet;
SELECT derive_scheme('official', 'national-2024');

-- ----- a sheet as people have it: titles, a column for each stage, numbers as text, some in per cent, a note and an empty line
CREATE TABLE sheet.annex ("序号" text, "二级指标" text, "初创期" text, "成长期" text, "稳定期" text);
INSERT INTO sheet.annex
SELECT i.position, i.title, w.startup + d, w.growth || CASE WHEN i.position % 2 = 0 THEN '%' ELSE '' END, ' ' || w.stable || '.0 '
FROM indicator i JOIN LATERAL (SELECT max(w.weight) FILTER (WHERE stage = 'startup') AS startup, max(w.weight) FILTER (WHERE stage = 'growth') AS growth,
                                      max(w.weight) FILTER (WHERE stage = 'stable') AS stable FROM weight w WHERE w.scheme = 'official' AND w.indicator = i.indicator) w ON true
CROSS JOIN LATERAL (SELECT CASE i.indicator WHEN 'rd_expense' THEN 1 WHEN 'revenue' THEN -1 ELSE 0 END) d(d)
WHERE i.scheme = 'official';
INSERT INTO sheet.annex VALUES (NULL, NULL, NULL, NULL, '  ');
SELECT provisional FROM scheme WHERE scheme = 'official';
SELECT load_weights('official', 'sheet.annex');
SELECT provisional FROM scheme WHERE scheme = 'official';
SELECT * FROM scheme_diff('official');
SELECT stage, sum(weight) FROM weight WHERE scheme = 'official' GROUP BY stage ORDER BY stage;
SELECT * FROM scheme_problems('official');
-- the long form, with codes and titles as they come
CREATE TABLE sheet.long AS
SELECT CASE WHEN i.position % 2 = 0 THEN i.title ELSE i.indicator END AS indicator, CASE w.stage WHEN 'growth' THEN '成长期' ELSE w.stage END AS "阶段", w.weight / 100 AS "权重"
FROM weight w JOIN indicator i USING (scheme, indicator) WHERE w.scheme = 'national-2024';
UPDATE scheme SET provisional = true WHERE scheme = 'official';
SELECT load_weights('official', 'sheet.long');
SELECT count(*) AS weights, count(*) FILTER (WHERE a.weight <> b.weight / 100) AS different FROM weight a JOIN weight b USING (stage, indicator) WHERE a.scheme = 'official' AND b.scheme = 'national-2024';
SELECT provisional FROM scheme WHERE scheme = 'official';

-- ----- what is wrong, each by itself; nothing is loaded
CREATE FUNCTION broken(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE change;
    told := attempt($q$SELECT load_weights('official', 'sheet.annex')$q$);
    RAISE EXCEPTION USING MESSAGE = told, ERRCODE = 'P0099';
EXCEPTION WHEN SQLSTATE 'P0099' THEN
    RETURN SQLERRM;
END
$$;
SELECT broken(change) FROM unnest(ARRAY[
    $$UPDATE sheet.annex SET "二级指标" = '研发经费金额' WHERE "序号" = '1'$$,
    $$INSERT INTO sheet.annex VALUES ('', '合计', '100', '100', '100')$$,
    $$INSERT INTO sheet.annex VALUES ('', NULL, '100', '', '')$$,
    $$UPDATE sheet.annex SET "成长期" = NULL WHERE "序号" = '3'$$,
    $$UPDATE sheet.annex SET "成长期" = '八' WHERE "序号" = '3'$$,
    $$UPDATE sheet.annex SET "成长期" = '-8' WHERE "序号" = '3'$$,
    $$UPDATE sheet.annex SET "成长期" = 'NaN' WHERE "序号" = '3'$$,
    $$UPDATE sheet.annex SET "成长期" = '80' WHERE "序号" = '3'$$,
    $$DELETE FROM sheet.annex WHERE "序号" = '7'$$,
    $$INSERT INTO sheet.annex VALUES ('', 'rd_expense', '0', '0', '0')$$,
    $$UPDATE indicator SET title = '研发费用金额' WHERE scheme = 'official' AND indicator = 'revenue'; DELETE FROM sheet.annex WHERE "二级指标" = '营业收入'$$,
    $$ALTER TABLE sheet.annex RENAME "成长期" TO "发展期"$$,
    $$ALTER TABLE sheet.annex ADD growth text$$,
    $$ALTER TABLE sheet.annex RENAME "二级指标" TO "内容"$$]) AS change;
SELECT attempt($$SELECT load_weights('official', 'sheet.long')$$) AS as_it_is, attempt($$UPDATE sheet.long SET "阶段" = '衰退期' WHERE indicator = 'revenue' AND "阶段" = 'stable'$$), attempt($$SELECT load_weights('official', 'sheet.long')$$);
SELECT attempt($$SELECT load_weights('unofficial', 'sheet.long')$$) ~ '^22023: unknown scheme "unofficial"' AS unknown, attempt($$SELECT load_weights('official', 'sheet.nowhere')$$);
SELECT count(*) AS weights, count(*) FILTER (WHERE a.weight <> b.weight / 100) AS different FROM weight a JOIN weight b USING (stage, indicator) WHERE a.scheme = 'official' AND b.scheme = 'national-2024';

-- ----- one stage; bonus points may stand elsewhere, and where they stand here they are loaded
INSERT INTO scheme (scheme, title, provisional) VALUES ('one', '一', true);
INSERT INTO category (scheme, category, title, role, max_points) VALUES ('one', 'c', '类', 'base', NULL), ('one', 'b', '加分', 'bonus', 10);
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('one', 'i', 'c', '甲'), ('one', 'j', 'c', '乙'), ('one', 'k', 'b', '丙');
CREATE TABLE sheet.one ("指标" text, "权重" int);
INSERT INTO sheet.one VALUES ('甲', 70), ('乙', 30);
SELECT load_weights('one', 'sheet.one');
INSERT INTO sheet.one VALUES ('丙', 5);
SELECT load_weights('one', 'sheet.one');
SELECT stage, indicator, weight FROM weight WHERE scheme = 'one' ORDER BY indicator;
-- weights of categories stay as they are: what is in each has a scale of its own, and needs something of weight
INSERT INTO scheme (scheme, title) VALUES ('nested', '分层');
INSERT INTO category (scheme, category, title, parent) VALUES ('nested', 'a', '甲类', NULL), ('nested', 'a1', '甲一', 'a'), ('nested', 'a2', '甲二', 'a'), ('nested', 'b', '乙类', NULL);
INSERT INTO category_weight VALUES ('nested', 'all', 'a', 60), ('nested', 'all', 'b', 40), ('nested', 'all', 'a2', 45);
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('nested', 'i', 'a1', '子'), ('nested', 'j', 'a1', '丑'), ('nested', 'k', 'a2', '寅'), ('nested', 'l', 'a2', '卯'), ('nested', 'm', 'b', '辰');
CREATE TABLE sheet.nested (indicator text, weight text);
INSERT INTO sheet.nested VALUES ('i', '25'), ('j', '30'), ('k', '70'), ('l', '30'), ('m', '40');
SELECT load_weights('nested', 'sheet.nested');
SELECT indicator, round(effective_weight::numeric, 6) AS effective FROM effective_weight WHERE scheme = 'nested' ORDER BY 1;
SELECT change, attempt(format('UPDATE sheet.nested SET weight = %s', change)), attempt($$SELECT load_weights('nested', 'sheet.nested')$$)
FROM unnest(ARRAY[$$'35' WHERE indicator = 'l'$$, $$CASE indicator WHEN 'l' THEN '30' WHEN 'j' THEN '31' ELSE weight END$$, $$CASE indicator WHEN 'j' THEN '30' WHEN 'm' THEN '0' ELSE weight END$$,
    $$CASE indicator WHEN 'm' THEN '1e301' ELSE weight END$$, $$CASE indicator WHEN 'm' THEN '7' ELSE weight END$$]) AS change;
SELECT attempt($$SELECT load_weights('nested', NULL)$$);
-- a scheme that is in use is locked
CREATE TABLE sheet.firm (firm int, i int, j int, k int);
INSERT INTO sheet.firm VALUES (1, 1, 1, 1), (2, 3, 5, 0);
SELECT create_scoreboard('sheet.board', 'one', 'sheet.firm', 'firm');
SELECT freeze_scoreboard('sheet.board');
UPDATE sheet.one SET "权重" = 40 WHERE "指标" <> '丙';
SELECT attempt($$SELECT load_weights('one', 'sheet.one')$$);
SELECT drop_scoreboard('sheet.board');
DROP SCHEMA sheet CASCADE;
DELETE FROM scheme WHERE scheme IN ('official', 'one', 'nested');
DROP FUNCTION broken(text);
DROP FUNCTION attempt(text);
