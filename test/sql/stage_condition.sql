-- stage.condition: which stage a firm is in, where the scoreboard is not told; and titles in place of codes
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
CREATE SCHEMA stages;
INSERT INTO scheme (scheme, title) VALUES ('life', '生命周期');
INSERT INTO category (scheme, category, title) VALUES ('life', 'c', '类');
INSERT INTO stage (scheme, stage, title, position) VALUES ('life', 'startup', '初创期', 1), ('life', 'growth', '成长期', 2), ('life', 'stable', '稳定期', 3);
INSERT INTO indicator (scheme, indicator, category, title, extreme, position) VALUES
    ('life', 'revenue', 'c', '营业收入', 'fixed(0,1000)', 1), ('life', 'staff', 'c', '职工总数', 'fixed(0,100)', 2);
INSERT INTO weight SELECT 'life', s, i, w FROM (VALUES ('startup', 'revenue', 20), ('startup', 'staff', 80), ('growth', 'revenue', 50), ('growth', 'staff', 50),
    ('stable', 'revenue', 90), ('stable', 'staff', 10)) w(s, i, w);
CREATE TABLE stages.firm (firm text PRIMARY KEY, turnover numeric, revenue int, staff int, founded int, kind text);
INSERT INTO stages.firm
SELECT 'F' || lpad(i::text, 3, '0'), CASE WHEN i % 13 <> 5 THEN i * 37 % 1001 END, -1, i * 31 % 101, CASE WHEN i % 17 <> 3 THEN 2000 + i * 7 % 25 END, (ARRAY['民营', '国有'])[1 + i % 2]
FROM generate_series(1, 300) i;

-- ----- without conditions a stage is needed
SELECT attempt($$SELECT create_scoreboard('stages.board', 'life', 'stages.firm', 'firm', mapping => '{"revenue": "turnover"}')$$);
-- ----- conditions are values
SELECT attempt($$UPDATE stage SET condition = 'revenue <' WHERE scheme = 'life'$$);
SELECT attempt($$UPDATE stage SET condition = 'previous.revenue < revenue' WHERE scheme = 'life'$$);
SELECT attempt($$UPDATE stage SET condition = 'revenue + 1' WHERE scheme = 'life'$$);
UPDATE stage SET condition = CASE stage WHEN 'startup' THEN 'founded >= 2020 AND revenue < 500' WHEN 'growth' THEN 'revenue < 800 OR kind = ''民营'' AND staff < 50' END::condition WHERE scheme = 'life';
SELECT * FROM scheme_problems('life');
UPDATE stage SET condition = 'revenue >= 800' WHERE scheme = 'life' AND stage = 'stable';
SELECT * FROM scheme_problems('life');

-- ----- the first that holds, by position; NULL is not true; an indicator comes before a column of its name
SELECT create_scoreboard('stages.board', 'life', 'stages.firm', 'firm', mapping => '{"revenue": "turnover"}', attributes => '{kind}');
CREATE VIEW stages.twin AS
SELECT f.*, CASE WHEN founded >= 2020 AND turnover < 500 THEN 'startup' WHEN turnover < 800 OR kind = '民营' AND staff < 50 THEN 'growth' WHEN turnover >= 800 THEN 'stable' END AS stage FROM stages.firm f;
SELECT t.stage, count(*) AS firms, count(*) FILTER (WHERE s.stage IS DISTINCT FROM t.stage) AS different, count(s.score) AS scored,
       count(*) FILTER (WHERE abs(s.score - CASE t.stage WHEN 'startup' THEN 0.2 WHEN 'growth' THEN 0.5 ELSE 0.9 END * least(COALESCE(turnover, 0), 1000) / 10
                                  - CASE t.stage WHEN 'startup' THEN 0.8 WHEN 'growth' THEN 0.5 ELSE 0.1 END * least(staff, 100)) > 1e-9) AS scored_differently
FROM stages.board_score s JOIN stages.twin t USING (firm) GROUP BY t.stage ORDER BY t.stage COLLATE "C";
-- where none holds there is no stage and no score, and everybody says so
SELECT firm, stage, score, rank FROM stages.board_ranking WHERE stage IS NULL ORDER BY firm LIMIT 1;
SELECT set_whitelist_rule('stages.board', min_score => 50);
SELECT DISTINCT decision, reasons FROM stages.board_whitelist WHERE stage IS NULL;
SELECT severity, object, problem FROM scoreboard_problems('stages.board');
SELECT stage_conditions FROM scoreboard WHERE scoreboard = 'stages.board';

-- ----- a scoreboard keeps them until it is rebuilt, whatever else is made anew
UPDATE stage SET condition = 'true' WHERE scheme = 'life' AND stage = 'stable';
SELECT set_whitelist_rule('stages.board', min_score => 60);
SELECT count(*) FILTER (WHERE stage IS NULL) AS without FROM stages.board_score;
SELECT * FROM scheme_problems('life');
SELECT rebuild_scoreboard('stages.board');
SELECT count(*) FILTER (WHERE stage IS NULL) AS without FROM stages.board_score;
SELECT * FROM scheme_problems('life');
-- a stage that is given counts, and conditions do not
SELECT create_scoreboard('stages.given', 'life', 'stages.firm', 'firm', stage => $$'growth'$$, mapping => '{"revenue": "turnover"}');
SELECT stage, count(*) FROM stages.given_score GROUP BY stage;
-- frozen: in use, so locked
SELECT freeze_scoreboard('stages.board');
SELECT attempt($$UPDATE stage SET condition = 'staff > 3' WHERE scheme = 'life'$$);
SELECT drop_scoreboard('stages.board');

-- ----- a long source: values are pivoted, columns are those that the scoreboard shows
CREATE VIEW stages.long AS SELECT f.firm, f.founded, f.kind, v.item, v.amount FROM stages.firm f, LATERAL (VALUES ('revenue', turnover), ('staff', staff)) v(item, amount);
SELECT attempt($$SELECT create_scoreboard('stages.board', 'life', 'stages.long', 'firm', attributes => '{kind}', long => '{"indicator": "item", "value": "amount"}')$$);
SELECT create_scoreboard('stages.board', 'life', 'stages.long', 'firm', attributes => '{kind,founded}', long => '{"indicator": "item", "value": "amount"}');
SELECT count(*) AS firms, count(*) FILTER (WHERE s.stage IS DISTINCT FROM COALESCE(t.stage, 'stable')) AS different FROM stages.board_score s FULL JOIN stages.twin t USING (firm);
SELECT set_whitelist_rule('stages.board', required => 'stage = ''growth'' AND kind = ''国有''');
SELECT count(*) FILTER (WHERE decision = 'listed') AS listed, (SELECT count(*) FROM stages.twin WHERE stage = 'growth' AND kind = '国有') AS growing FROM stages.board_whitelist;
SELECT drop_scoreboard('stages.board');

-- ----- what conditions ask is mapped as indicators are
SELECT create_scoreboard('stages.board', 'life', 'stages.firm', 'firm', mapping => '{"revenue": "turnover", "founded": "2030 - founded", "kind": null}');
SELECT count(*) AS firms, count(*) FILTER (WHERE s.stage IS DISTINCT FROM CASE WHEN 2030 - founded >= 2020 AND turnover < 500 THEN 'startup' WHEN turnover < 800 THEN 'growth' ELSE 'stable' END) AS different
FROM stages.board_score s JOIN stages.firm USING (firm);
SELECT drop_scoreboard('stages.board');
SELECT attempt($$SELECT create_scoreboard('stages.board', 'life', 'stages.firm', 'firm', mapping => '{"revenue": "turnover", "founded": "kind"}')$$);
-- a copy and a document have them
SELECT derive_scheme('lives', 'life');
SELECT scheme_import(scheme_export('life'), 'loaded');
SELECT scheme, stage, condition FROM stage WHERE scheme IN ('lives', 'loaded') ORDER BY scheme, position;
UPDATE stage SET condition = 'staff < 9' WHERE scheme = 'lives' AND stage = 'startup';
SELECT * FROM scheme_diff('lives');

-- ----- titles: stages, keys, columns
CREATE TABLE stages."企业" ("企业名称" text PRIMARY KEY, "阶段" varchar(9), "营业收入" numeric, "人数" int);
INSERT INTO stages."企业" VALUES ('甲', '初创期', 500, 50), ('乙', '成长期', 500, 100), ('丙', 'stable', 1000, 0), ('丁', NULL, 1000, 100);
SELECT create_scoreboard('stages.board', 'life', 'stages."企业"', '企业名称', stage => '阶段', mapping => '{"职工总数": "人数"}');
SELECT "企业名称", stage, score FROM stages.board_score ORDER BY score;
SELECT mapping FROM scoreboard WHERE scoreboard = 'stages.board';
SELECT attempt($$INSERT INTO stages."企业" VALUES ('戊', '衰退期', 1, 1)$$), attempt('SELECT score FROM stages.board_score');
SELECT severity, object, problem, advice FROM scoreboard_problems('stages.board') WHERE severity = 'error';
DELETE FROM stages."企业" WHERE "企业名称" = '戊';
SELECT set_weights('life', '成长期', '{"revenue": 40, "staff": 60}');
SELECT weight FROM weight WHERE scheme = 'life' AND stage = 'growth' ORDER BY 1;
SELECT attempt($$SELECT set_weights('life', '衰退期', '{"revenue": 40}')$$);
-- titles that could mean two things are errors, codes come first
SELECT attempt($$SELECT create_scoreboard('stages.other', 'life', 'stages."企业"', '企业名称', stage => '阶段', mapping => '{"职工总数": "人数", "staff": "1"}')$$);
UPDATE stage SET title = '初创期' WHERE scheme = 'life' AND stage = 'growth';
UPDATE indicator SET title = '营业收入' WHERE scheme = 'life' AND indicator = 'staff';
SELECT attempt($$SELECT create_scoreboard('stages.other', 'life', 'stages."企业"', '企业名称', stage => '阶段', mapping => '{"营业收入": "人数"}')$$);
SELECT attempt($$SELECT create_scoreboard('stages.other', 'life', 'stages."企业"', '企业名称', stage => '阶段')$$);
SELECT attempt($$SELECT create_scoreboard('stages.other', 'life', 'stages."企业"', '企业名称', stage => '阶段', mapping => '{"revenue": "营业收入", "staff": "人数"}')$$);
SELECT attempt('SELECT score FROM stages.other_score');
-- 成长期 is a code, so it is not the title of another stage
UPDATE stage SET title = NULL WHERE scheme = 'life' AND stage IN ('startup', 'growth');
UPDATE stage SET stage = '成长期' WHERE scheme = 'life' AND stage = 'startup';
UPDATE stage SET title = '成长期' WHERE scheme = 'life' AND stage = 'growth';
UPDATE stages."企业" SET "阶段" = 'growth' WHERE "阶段" = '初创期';
SELECT rebuild_scoreboard('stages.other');
SELECT "企业名称", stage FROM stages.other_score ORDER BY 2, 1;
-- an indicator whose code is another's title
UPDATE indicator SET title = '职工总数' WHERE scheme = 'life' AND indicator = 'staff';
UPDATE indicator SET indicator = '营业收入', title = '收入' WHERE scheme = 'life' AND indicator = 'revenue';
UPDATE indicator SET title = '营业收入' WHERE scheme = 'life' AND indicator = 'staff';
SELECT attempt($$SELECT create_scoreboard('stages.third', 'life', 'stages."企业"', '企业名称', stage => '阶段')$$);
SELECT create_scoreboard('stages.third', 'life', 'stages."企业"', '企业名称', stage => '阶段', mapping => '{"staff": "人数"}');
SELECT mapping FROM scoreboard WHERE scoreboard = 'stages.third';
-- a title that is too long for a column's name is cut as the column's is
UPDATE indicator SET title = repeat('长', 30) WHERE scheme = 'life' AND indicator = 'staff';
SET client_min_messages = error;
ALTER TABLE stages."企业" RENAME "人数" TO "长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长";
SET client_min_messages = warning;
SELECT create_scoreboard('stages.fourth', 'life', 'stages."企业"', '企业名称', stage => '阶段');
SELECT mapping FROM scoreboard WHERE scoreboard = 'stages.fourth';
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard WHERE scheme = 'life';
DROP SCHEMA stages CASCADE;
DELETE FROM scheme WHERE scheme IN ('life', 'lives', 'loaded');
DROP FUNCTION attempt(text);
