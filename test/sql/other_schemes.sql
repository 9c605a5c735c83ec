-- the schemes that are shipped beside national-2024: what they hold, and each scored end to end against plain SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
CREATE SCHEMA other;
SET search_path = other, innovation_score, public;
\pset format unaligned
\pset tuples_only on
\pset null '(null)'

CREATE VIEW shipped AS SELECT * FROM scheme WHERE origin = 'shipped' AND scheme <> 'national-2024';
SELECT scheme, title, extreme, missing, aggregation, min_coverage, full_marks, provisional FROM shipped ORDER BY scheme COLLATE "C";
SELECT scheme, source FROM shipped ORDER BY scheme COLLATE "C";
SELECT c.scheme, c.position, c.category, c.title, c.role FROM category c JOIN shipped USING (scheme)
ORDER BY c.scheme COLLATE "C", c.position;
SELECT i.scheme, i.position, i.indicator, i.title, i.category, i.unit, i.direction, i.extreme, w.stage, w.weight
FROM indicator i JOIN shipped USING (scheme) LEFT JOIN weight w USING (scheme, indicator)
ORDER BY i.scheme COLLATE "C", i.position;
SELECT i.scheme, i.indicator, i.definition FROM indicator i JOIN shipped USING (scheme)
ORDER BY i.scheme COLLATE "C", i.position;
-- nothing is amiss but that the weights are provisional
SELECT s.scheme, p.* FROM shipped s, scheme_problems(s.scheme) p ORDER BY s.scheme COLLATE "C";

-- ---------------------------------------------------------------- bid-review: ratings of several experts, a row each

CREATE TABLE rating (proposal text, expert text, criterion text, rating numeric(5, 1), PRIMARY KEY (proposal, expert, criterion));
INSERT INTO rating
SELECT p, e, c, (ascii(p) * 31 + ascii(e) * 17 + n * 13) % 101
FROM unnest('{甲,乙,丙,丁}'::text[]) p, unnest('{A,B,C}'::text[]) e,
     unnest('{feasibility,innovation,practicality,policy_consistency,risk_control}'::text[]) WITH ORDINALITY AS u(c, n);
DELETE FROM rating WHERE proposal = '丁' AND criterion = 'risk_control';
CREATE VIEW mean_rating AS SELECT proposal, criterion, avg(rating) AS rating FROM rating GROUP BY proposal, criterion;
SELECT create_scoreboard('bid', 'bid-review', 'mean_rating', 'proposal', long => '{"indicator": "criterion", "value": "rating"}');
SELECT set_whitelist_rule('bid', top_n => 1, reserve_n => 1);
SELECT count(*) AS compared,
       count(*) FILTER (WHERE b.score IS DISTINCT FROM t.score AND b.score <> round(t.score::numeric, 4)::float8) AS different,
       count(*) FILTER (WHERE b.score IS NULL) AS without_score
FROM bid_score b JOIN (SELECT proposal, CASE WHEN count(DISTINCT criterion) = 5 THEN avg(rating)::float8 END AS score
                       FROM rating GROUP BY proposal) t USING (proposal);
SELECT rank, proposal, decision FROM bid_whitelist ORDER BY rank;
-- the others do not matter, and ratings end at 100
CREATE TABLE alone AS SELECT 'p' AS proposal, 80 AS feasibility, 70 AS innovation, 60 AS practicality, 130 AS policy_consistency, -5 AS risk_control;
SELECT create_scoreboard('one', 'bid-review', 'alone', 'proposal');
SELECT score, coverage FROM one_score;
SELECT indicator, value, normalized, points, status, title FROM one_detail;

-- ---------------------------------------------------------------- alliance

CREATE TABLE alliance (name text PRIMARY KEY, construction_direction int, benefit_mechanism int, innovation_goals int, innovation_capability int,
                       talent int, resources int, commercialization int, rd_investment int, platform_support int, overall_strength int);
INSERT INTO alliance VALUES ('光电', 90, 80, 70, 60, 50, 40, 30, 20, 10, 0), ('生物', 88, 77, 66, 95, 44, 33, 91, 58, 72, 85), ('农业', 1, 2, 3, 4, 5, 6, 7, 8, NULL, 10);
SELECT create_scoreboard('un', 'alliance', 'alliance', 'name');
SELECT name, score, rank, construction_direction_score, overall_strength_score FROM un_ranking ORDER BY rank;
SELECT a.name, s.score = (SELECT avg(v::float8) FROM jsonb_each_text(to_jsonb(a) - 'name') e(k, v)) AS same
FROM alliance a JOIN un_score s USING (name) ORDER BY name COLLATE "C";
-- a dimension with an indicator of one's own beside the rating
SELECT derive_scheme('alliance-hz', 'alliance', '杭州');
INSERT INTO indicator (scheme, indicator, category, title, extreme, position) VALUES ('alliance-hz', 'contracts', 'commercialization', '技术合同', 'fixed(0,20)', 11);
INSERT INTO weight VALUES ('alliance-hz', 'all', 'contracts', 5);
UPDATE weight SET weight = 5 WHERE scheme = 'alliance-hz' AND indicator = 'commercialization';
SELECT create_scoreboard('hz', 'alliance-hz', 'alliance', 'name', mapping => '{"contracts": "10"}');
SELECT name, commercialization_score FROM hz_score ORDER BY name COLLATE "C";
SELECT * FROM scheme_problems('alliance-hz');

-- ---------------------------------------------------------------- financing: over the scores of another scoreboard

CREATE TABLE firm (code text PRIMARY KEY, feasibility int, innovation int, practicality int, policy_consistency int, risk_control int,
                   debts numeric, assets numeric, bureau_score numeric, overdue int, guarantees numeric, asked numeric);
INSERT INTO firm VALUES ('F1', 90, 90, 90, 90, 90, 30, 100, 80, 0, 50, 100), ('F2', 50, 60, 70, 80, 90, 120, 100, 60, 9, 300, 100),
                        ('F3', 10, 10, 10, 10, 10, 0, 100, 100, 3, 0, 100), ('F4', 20, 20, 20, 20, 20, 50, 0, NULL, 1, 10, 40);
SELECT create_scoreboard('points', 'bid-review', 'firm', 'code');
CREATE VIEW application AS SELECT f.*, p.score FROM firm f JOIN points_score p USING (code);
SELECT create_scoreboard('loan', 'financing', 'application', 'code', mapping => '{"innovation_score": "score",
    "debt_ratio": "innovation_score.ratio(debts, assets)", "credit_score": "bureau_score", "overdue_count": "overdue",
    "guarantee_coverage": "innovation_score.ratio(guarantees, asked)"}');
SELECT code, score, coverage, innovation_score, bank_score, credit_score, guarantee_score, rank FROM loan_ranking ORDER BY rank;
SELECT count(*) AS compared, count(*) FILTER (WHERE l.score IS DISTINCT FROM round(t.score::numeric, 4)::float8) AS different
FROM loan_score l JOIN (
    SELECT code, 20 * (score / 100 + COALESCE(1 - least(debts / nullif(assets, 0), 1), 0) + COALESCE(bureau_score / 100, 0)
                       + (1 - least(overdue, 6) / 6.0) + least(guarantees / asked, 1)) AS score FROM application) t USING (code);

-- ---------------------------------------------------------------- progress: baseline, target and what was reached

CREATE TABLE milestone (project text, half_year int, baseline float8, target float8, reached float8, PRIMARY KEY (project, half_year));
INSERT INTO milestone VALUES
    ('甲', 1, 0, 10, 5), ('甲', 2, 10, 20, 25), ('甲', 3, 20, 40, 10), ('甲', 4, 40, 80, NULL),    -- more than the target, less than the baseline, not due
    ('乙', 1, 50, 30, 35), ('乙', 2, 30, 20, 20),                                                   -- the less the better
    ('丙', 1, 3, 3, 3);                                                                             -- a target that asks for nothing
CREATE VIEW completion AS
SELECT project, 'half_year_' || half_year AS goal, minmax(reached, baseline, target) AS share FROM milestone;
SELECT create_scoreboard('steps', 'progress', 'completion', 'project', long => '{"indicator": "goal", "value": "share"}');
SELECT project, score, coverage FROM steps_score ORDER BY project COLLATE "C";
SELECT s.project, abs(s.score - 100 * t.share) <= 1e-12 AS same
FROM steps_score s JOIN (
    SELECT project, avg(least(greatest(COALESCE((reached - baseline) / nullif(target - baseline, 0), 0), 0), 1)) AS share
    FROM milestone WHERE reached IS NOT NULL GROUP BY project) t USING (project)
ORDER BY project COLLATE "C";
-- one row a project, by a mapping
CREATE TABLE project (name text, b1 int, t1 int, r1 int, b2 int, t2 int, r2 int);
INSERT INTO project VALUES ('甲', 0, 10, 5, 10, 20, 25), ('乙', 50, 30, 35, 30, 20, NULL);
SELECT create_scoreboard('wide', 'progress', 'project', 'name', mapping => '{"half_year_1": "innovation_score.minmax(r1, b1, t1)",
    "half_year_2": "innovation_score.minmax(r2, b2, t2)", "half_year_3": null, "half_year_4": null}');
SELECT name, score, coverage FROM wide_score ORDER BY name COLLATE "C";

-- the views say that the weights are provisional
SELECT obj_description(c::regclass) FROM unnest('{bid_ranking,un_ranking,loan_ranking,steps_ranking}'::text[]) c;

SET client_min_messages = warning;
SELECT drop_scoreboard('loan');
DROP VIEW application;
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
DELETE FROM scheme WHERE scheme = 'alliance-hz';
DROP SCHEMA other CASCADE;
