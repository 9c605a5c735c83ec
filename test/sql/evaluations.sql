-- evaluations: half-yearly progress, alliances and financing, each from its own tables to a decision, against plain SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- ---------- progress: four half-years, each with its own baseline and target; reports as they came in

CREATE TABLE milestone (project text, half_year int, measure text, baseline numeric, target numeric, PRIMARY KEY (project, half_year));
CREATE TABLE report (project text, half_year int, reported_in int, actual numeric, PRIMARY KEY (project, half_year, reported_in));
INSERT INTO milestone VALUES
    ('punctual', 1, '样机', 0, 10), ('punctual', 2, '良品率', 0.5, 0.9), ('punctual', 3, '单位成本', 120, 80), ('punctual', 4, '销售收入', 0, 500),
    ('late', 1, '样机', 0, 10), ('late', 2, '良品率', 0.5, 0.9), ('late', 3, '单位成本', 120, 80), ('late', 4, '销售收入', 0, 500),
    ('over', 1, '样机', 0, 10), ('over', 2, '良品率', 0.5, 0.9), ('over', 3, '单位成本', 120, 80), ('over', 4, '销售收入', 0, 500),
    ('worse', 1, '良品率', 0.5, 0.9), ('worse', 2, '单位成本', 120, 80);
INSERT INTO report VALUES
    ('punctual', 1, 1, 10), ('punctual', 2, 2, 0.9), ('punctual', 3, 3, 80), ('punctual', 4, 4, 500),
    -- the first target reached half a year late, the second never reported, the third half way
    ('late', 1, 1, 4), ('late', 1, 2, 10), ('late', 3, 3, 100), ('late', 4, 4, 500),
    -- far more than asked for
    ('over', 1, 1, 25), ('over', 2, 2, 0.98), ('over', 3, 3, 60), ('over', 4, 4, 250),
    -- below the baseline
    ('worse', 1, 1, 0.4), ('worse', 2, 2, 130);
-- a row a milestone and report: what had been reached by then, the baseline where nothing was reported
CREATE VIEW standing AS
SELECT m.project, r.half_year AS report, m.half_year, m.baseline, m.target,
       COALESCE((SELECT p.actual FROM report p WHERE p.project = m.project AND p.half_year = m.half_year AND p.reported_in <= r.half_year
                 ORDER BY p.reported_in DESC LIMIT 1), m.baseline) AS actual
FROM milestone m JOIN generate_series(1, 4) r(half_year) ON m.half_year <= r.half_year;
SELECT create_scoreboard('steps', 'progress', 'standing', 'project', period => 'report',
                         long => '{"indicator": "''half_year_'' || half_year", "value": "innovation_score.minmax(actual, baseline, target)"}');
SELECT set_tiers('steps', 'score', '{正常,滞后,预警}', '[80, 60]');
SELECT report, project, score, coverage, tier, rank FROM steps_ranking ORDER BY report, project COLLATE "C";
SELECT count(*) AS compared, count(*) FILTER (WHERE NOT abs(s.score - 100 * t.share) <= 1e-12 * 100) AS different
FROM steps_score s FULL JOIN (SELECT project, report, avg(least(greatest((actual - baseline) / (target - baseline), 0), 1)) AS share FROM standing GROUP BY 1, 2) t USING (project, report);
-- over-fulfilment is not counted beyond the target, and does not make up for another half-year
SELECT project, indicator, value, normalized, points, status FROM steps_detail WHERE report = 4 AND project IN ('over', 'late', 'worse') ORDER BY project COLLATE "C", indicator COLLATE "C";
SELECT from_tier, to_tier, movement, firms FROM steps_migration WHERE from_period = 1 AND to_period = 4 ORDER BY from_tier COLLATE "C", to_tier COLLATE "C";
-- with the share unclamped the detail shows by how much, and the score is the same
SELECT create_scoreboard('open', 'progress', 'standing', 'project', period => 'report',
                         long => '{"indicator": "''half_year_'' || half_year", "value": "innovation_score.ratio(actual - baseline, target - baseline)"}');
SELECT project, indicator, value, normalized, status FROM open_detail WHERE report = 4 AND project IN ('over', 'worse') ORDER BY project COLLATE "C", indicator COLLATE "C";
SELECT count(*), count(*) FILTER (WHERE differs(s.score, o.score)) AS different FROM steps_score s JOIN open_score o USING (project, report);
-- a target that equals its baseline: nothing to do counts as not done with minmax, and is left out with ratio
UPDATE milestone SET target = baseline WHERE project = 'punctual' AND half_year = 4;
SELECT s.score, o.score AS open_score, o.coverage FROM steps_score s JOIN open_score o USING (project, report) WHERE report = 4 AND project = 'punctual';
-- two milestones of one half-year are one too many
ALTER TABLE milestone DROP CONSTRAINT milestone_pkey;
INSERT INTO milestone VALUES ('late', 1, '专利', 0, 40);
SELECT attempt('SELECT count(score) FROM steps_score');

-- ---------- alliance: ten dimensions, rated by experts

CREATE TABLE alliance_rating (alliance text, expert text, dimension text, rating int);
INSERT INTO alliance_rating
SELECT a, e, c.title, 50 + (ascii(a) * 7 + ascii(e) * 11 + c.position * c.position * 5 + ascii(a) * c.position) % 46
FROM unnest('{光电,生物,农业,材料}'::text[]) a, unnest('{A,B,C,D,E}'::text[]) e, category c WHERE c.scheme = 'alliance';
CREATE TABLE partner (expert text, proposal text);
INSERT INTO partner VALUES ('A', '光电'), ('B', '光电'), ('C', '光电'), ('A', '农业');
CREATE VIEW partner_of AS SELECT expert, proposal AS alliance, '所在单位为联盟成员'::text AS reason FROM partner;
SELECT create_review('un', 'alliance_rating', 'alliance', 'expert', 'dimension', conflicts => 'partner_of', drop_n => 1, min_experts => 3, scheme => 'alliance');
SELECT create_scoreboard('un', 'alliance', 'un_proposal', 'alliance', attributes => '{experts,left_out}');
SELECT set_tiers('un', 'score', '{优秀,良好,合格,不合格}', '[85, 70, 60]');
SELECT alliance, experts, left_out, score, rank, tier, construction_direction_score, overall_strength_score FROM un_ranking ORDER BY alliance COLLATE "C";
SELECT count(*) AS compared, count(*) FILTER (WHERE differs(s.score, t.score)) AS different FROM un_score s JOIN (
    SELECT alliance, CASE WHEN min(n) >= 3 THEN avg(r) END AS score
    FROM (SELECT alliance, dimension, count(*) AS n, (sum(rating) - max(rating) - min(rating)) / NULLIF(count(*) - 2, 0)::float8 AS r
          FROM alliance_rating WHERE (expert, alliance) NOT IN (SELECT expert, proposal FROM partner) GROUP BY 1, 2) d GROUP BY 1) t USING (alliance);
-- 光电 has two experts left, fewer than three: no score, and the whitelist says so
SELECT set_whitelist_rule('un', min_score => 60);
SELECT alliance, decision, reasons FROM un_whitelist ORDER BY alliance COLLATE "C";
SELECT count(*) AS dimensions, count(w) AS measured FROM un_agreement WHERE criterion <> 'total';

-- ---------- financing: the innovation score of another scoreboard beside bank, credit record and guarantee

CREATE TABLE enterprise (code text PRIMARY KEY, stage text, rd_expense numeric, invention_patents int, revenue numeric, loans numeric,
                         debts numeric, assets numeric, bureau_score numeric, overdue int, guarantees numeric, asked numeric);
INSERT INTO enterprise
SELECT 'E' || lpad(i::text, 2, '0'), 'growth', i * 7919 % 1009, i * 31 % 17, 100 + i * 104729 % 9001, i * 37 % 300, i * 53 % 997, CASE WHEN i <> 9 THEN 600 ELSE 0 END,
       CASE WHEN i % 11 <> 3 THEN 30 + i * 29 % 71 END, i % 8, i * 41 % 700, 200 + i * 17 % 600
FROM generate_series(1, 40) i;
SELECT derive_scheme('two', 'national-2024', '两项指标');
DELETE FROM indicator WHERE scheme = 'two' AND indicator NOT IN ('rd_expense', 'invention_patents');
SELECT create_scoreboard('innovation', 'two', 'enterprise', 'code', stage => 'stage');
CREATE VIEW applicant AS SELECT e.*, i.score AS innovation FROM enterprise e JOIN board.innovation_score i USING (code);
SELECT create_scoreboard('loan', 'financing', 'applicant', 'code', attributes => '{revenue,loans}', mapping => '{"innovation_score": "innovation",
    "debt_ratio": "innovation_score.ratio(debts, assets)", "credit_score": "bureau_score", "overdue_count": "overdue",
    "guarantee_coverage": "innovation_score.ratio(guarantees, asked)"}');
SELECT count(*) AS compared, count(*) FILTER (WHERE differs(l.score, round(t.score::numeric, 4)::float8)) AS different
FROM loan_score l JOIN (
    SELECT code, 20 * (innovation / 100 + COALESCE(1 - least(debts / nullif(assets, 0), 1), 0) + COALESCE(bureau_score / 100, 0)
                       + (1 - least(overdue, 6) / 6.0) + least(guarantees / asked, 1)) AS score FROM applicant) t USING (code);
-- a rating by tiers
SELECT set_tiers('loan', 'score', '{AAA,AA,A,B}', '[70, 55, 40]');
SELECT tier, count(*), min(score) >= CASE tier WHEN 'AAA' THEN 70 WHEN 'AA' THEN 55 WHEN 'A' THEN 40 ELSE 0 END AS from_cut,
       max(score) < CASE tier WHEN 'AAA' THEN 101 WHEN 'AA' THEN 70 WHEN 'A' THEN 55 ELSE 40 END AS to_cut FROM loan_tier GROUP BY tier ORDER BY tier COLLATE "C";
-- and a suggested limit by the bank's rule, which has better steps for AAA
INSERT INTO credit_rule (bank, title, revenue_share, unit) VALUES ('评价银行', '创新能力贷', 0.3, 10);
INSERT INTO credit_step (bank, tier, min_score, amount) VALUES ('评价银行', '', 40, 100), ('评价银行', '', 55, 300), ('评价银行', 'AAA', 70, 800);
SELECT set_credit('loan', revenue => 'revenue', existing => 'loans', banks => '{评价银行}');
SELECT code, score, tier, suggested_limit, reason FROM loan_credit ORDER BY score DESC, code LIMIT 3;
SELECT count(*) AS compared, count(*) FILTER (WHERE c.suggested_limit IS DISTINCT FROM t.suggested) AS different, count(*) FILTER (WHERE t.suggested > 0) AS with_limit
FROM loan_credit c JOIN (
    SELECT s.code, floor(greatest(least(CASE WHEN s.score >= 70 THEN 800 WHEN s.score >= 55 THEN 300 WHEN s.score >= 40 THEN 100 ELSE 0 END, 0.3 * revenue)
                                  - loans, 0) / 10) * 10 AS suggested
    FROM loan_score s) t USING (code);
-- the chain holds when the first scoreboard is frozen: new firms change nobody's score
CREATE TABLE before AS SELECT code, score FROM loan_score;
SELECT freeze_scoreboard('innovation');
INSERT INTO enterprise VALUES ('E99', 'growth', 99999, 999, 100, 0, 0, 100, 100, 0, 100, 100);
SELECT count(*) AS compared, count(*) FILTER (WHERE b.score <> l.score) AS different FROM before b JOIN loan_score l USING (code);
SELECT code, innovation_score, score, tier FROM loan_ranking WHERE code = 'E99';
-- every evaluation says that its weights are provisional
SELECT obj_description(c::regclass) FROM unnest('{steps_ranking,un_ranking,loan_ranking}'::text[]) c;

DELETE FROM credit_rule WHERE bank = '评价银行';
SET client_min_messages = warning;
SELECT drop_scoreboard('loan');
DROP VIEW applicant;
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
DROP SCHEMA board CASCADE;
DELETE FROM scheme WHERE scheme IN ('board', 'two');
