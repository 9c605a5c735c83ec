-- scheme_rule: pass rules of schemes as list rules of their scoreboards
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET client_min_messages = notice;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
CREATE SCHEMA pass;
INSERT INTO scheme (scheme, title, weights, decimals) VALUES ('pass', '评', 'points', 0);
INSERT INTO category (scheme, category, title) VALUES ('pass', 'c', '甲类'), ('pass', 'd', '乙类');
INSERT INTO indicator (scheme, indicator, category, title, scoring, position) VALUES ('pass', 'i', 'c', '一', 'per(1,10,50)', 1), ('pass', 'j', 'd', '二', 'per(1,10,50)', 2);
INSERT INTO weight VALUES ('pass', 'all', 'i', 50), ('pass', 'all', 'j', 50);

-- ----- what is refused when it is written
SELECT attempt(format($$INSERT INTO scheme_rule (scheme, rule, %s) VALUES ('pass', 'x', %s)$$, c, v)) FROM (VALUES
    ('qualifies', $$'median.i > 3'$$), ('required', $$'score.rank < 3'$$), ('required', $$'i > ''many'''$$), ('required', $$'ln(i) > 1'$$), ('required', $$'i + 1'$$)) AS a(c, v);
SELECT attempt($$INSERT INTO scheme_rule (scheme, rule, min_coverage) VALUES ('pass', 'x', 80)$$) ~ 'scheme_rule_min_coverage_check' AS coverage,
       attempt($$INSERT INTO scheme_rule (scheme, rule, category_minimum) VALUES ('pass', 'x', '5')$$) ~ 'scheme_rule_category_minimum_check' AS minimum,
       attempt($$INSERT INTO scheme_rule (scheme, rule) VALUES ('pass', repeat('x', 41))$$) ~ 'scheme_rule_code_check' AS code;

-- ----- a rule without a name and another one; names are indicators first, then keys of the mapping, then columns
INSERT INTO scheme_rule (scheme, rule, title, min_score, category_minimum, required, qualifies) VALUES
    ('pass', '', '通过', 40, '{"c": 20}', NULL, 'cert OR grade IN (''A'', ''B'')'),
    ('pass', 'small', '小企业', 10, NULL, 'staff <= 300 AND i IS NOT NULL', NULL);
CREATE TABLE pass.firm (firm text PRIMARY KEY, x int, i int, j numeric, cert boolean, grade varchar(3), staff bigint);
INSERT INTO pass.firm VALUES
    ('40 in all', 1, 99, 3, false, 'C', 10), ('none in c', 0, 99, 5, false, NULL, 300), ('certificate', 0, 99, 0, true, NULL, 301),
    ('grade', 0, 99, 0, NULL, 'B', NULL), ('39 would do', 1, 99, 2.9, NULL, NULL, 1), ('no i', NULL, 1, 5, NULL, 'C', 5);
SELECT create_scoreboard('pass.board', 'pass', 'pass.firm', 'firm', mapping => '{"i": "x"}');
SELECT firm, score, decision, reasons FROM pass.board_whitelist ORDER BY firm COLLATE "C";
SELECT firm, score, decision, reasons FROM pass.board_whitelist_small ORDER BY firm COLLATE "C";
-- against plain SQL
SELECT count(*) AS firms, count(*) FILTER (WHERE w.decision <> CASE WHEN f.cert OR f.grade IN ('A', 'B') OR w.score >= 40 AND f.x >= 1 THEN 'listed' ELSE 'rejected' END) AS different
FROM pass.board_whitelist w JOIN pass.firm f USING (firm);
SELECT rule, min_score, min_coverage, category_minimum, required, qualifies, reserve_n, of_scheme FROM whitelist_rule WHERE scoreboard = 'pass.board' ORDER BY rule;
SELECT rule, firm, decision FROM pass.board_standing WHERE firm = 'grade' ORDER BY rule;

-- ----- what the source does not have: unknown in qualifies, an error in required; and keys of the mapping
CREATE VIEW pass.bare AS SELECT firm, x AS i, j, staff FROM pass.firm;
SELECT create_scoreboard('pass.other', 'pass', 'pass.bare', 'firm');
SELECT firm, decision FROM pass.other_whitelist WHERE decision = 'listed' ORDER BY firm;
SELECT drop_scoreboard('pass.other');
CREATE VIEW pass.barest AS SELECT firm, x AS i, j FROM pass.firm;
SELECT attempt($$SELECT create_scoreboard('pass.other', 'pass', 'pass.barest', 'firm', mapping => '{"cert": null, "grade": null}')$$);
SELECT attempt($$SELECT create_scoreboard('pass.other', 'pass', 'pass.bare', 'firm', mapping => '{"certificate": null}')$$);
SELECT attempt($$SELECT create_scoreboard('pass.other', 'pass', 'pass.bare', 'firm', mapping => '{"cert": "staff", "grade": null}')$$);
SELECT attempt($$SELECT create_scoreboard('pass.other', 'pass', 'pass.bare', 'firm', mapping => '{"cert": "staf = 5", "grade": null}')$$);
SELECT create_scoreboard('pass.other', 'pass', 'pass.bare', 'firm', mapping => '{"cert": "staff = 300", "grade": null}');
SELECT firm, decision FROM pass.other_whitelist WHERE decision = 'listed' ORDER BY firm;
SELECT drop_scoreboard('pass.other');

-- ----- a long source: names are attributes
CREATE VIEW pass.long AS SELECT f.firm, f.cert, f.grade, f.staff, v.code, v.value FROM pass.firm f, LATERAL (VALUES ('i', x), ('j', j)) v(code, value);
SELECT create_scoreboard('pass.other', 'pass', 'pass.long', 'firm', attributes => '{staff,grade,cert}', long => '{"indicator": "code", "value": "value"}');
SELECT count(*) AS firms, count(*) FILTER (WHERE (a.decision, a.reasons) IS DISTINCT FROM (b.decision, b.reasons)) AS different
FROM pass.other_whitelist a FULL JOIN pass.board_whitelist b USING (firm);
SELECT count(*) AS firms, count(*) FILTER (WHERE (a.decision, a.reasons) IS DISTINCT FROM (b.decision, b.reasons)) AS different
FROM pass.other_whitelist_small a FULL JOIN pass.board_whitelist_small b USING (firm);
SELECT drop_scoreboard('pass.other');

-- ----- a rule of one's own takes the place of the scheme's, until it is dropped and the scoreboard rebuilt
SELECT set_whitelist_rule('pass.board', min_score => 50);
UPDATE scheme_rule SET min_score = 20 WHERE scheme = 'pass' AND rule = 'small';
SELECT * FROM scheme_problems('pass');
SELECT rebuild_scoreboard('pass.board');
SELECT rule, min_score, of_scheme FROM whitelist_rule WHERE scoreboard = 'pass.board' ORDER BY rule;
SELECT drop_whitelist_rule('pass.board');
SELECT rebuild_scoreboard('pass.board');
SELECT rule, min_score, of_scheme FROM whitelist_rule WHERE scoreboard = 'pass.board' ORDER BY rule;
-- another rule leaves those of the scheme alone
SELECT set_whitelist_rule('pass.board', top_n => 1, rule => 'best');
SELECT firm, decision FROM pass.board_whitelist WHERE decision = 'listed' ORDER BY firm;
-- one that the scheme no longer has goes with the next rebuild, and so does its view
DELETE FROM scheme_rule WHERE scheme = 'pass' AND rule = 'small';
SELECT rebuild_scoreboard('pass.board');
SELECT rule, min_score, of_scheme FROM whitelist_rule WHERE scoreboard = 'pass.board' ORDER BY rule;
SELECT to_regclass('pass.board_whitelist_small');
-- frozen: rules of the scheme are looked up as others are
SELECT freeze_scoreboard('pass.board');
SELECT firm, decision FROM pass.board_whitelist WHERE decision = 'listed' ORDER BY firm;
SELECT attempt($$UPDATE scheme_rule SET min_score = 1 WHERE scheme = 'pass'$$);
SELECT drop_scoreboard('pass.board');

-- ----- what is wrong with a rule
INSERT INTO scheme_rule (scheme, rule, category_minimum) VALUES ('pass', 'odd', '{"e": 20}');
SELECT * FROM scheme_problems('pass');
SELECT attempt($$SELECT create_scoreboard('pass.board', 'pass', 'pass.bare', 'firm', mapping => '{"cert": null, "grade": null}')$$);
UPDATE scheme_rule SET category_minimum = NULL, min_score = 50.5 WHERE scheme = 'pass' AND rule = 'odd';
SELECT attempt($$SELECT create_scoreboard('pass.board', 'pass', 'pass.bare', 'firm', mapping => '{"cert": null, "grade": null}')$$);
SET client_min_messages = warning;
DROP SCHEMA pass CASCADE;
DELETE FROM scheme WHERE scheme = 'pass';
DROP FUNCTION attempt(text);
