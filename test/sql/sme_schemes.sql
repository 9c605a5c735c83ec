-- tech-sme (科技型中小企业) and innovative-sme (创新型中小企业): every combination of steps against the published tables
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
SELECT scheme, title, weights, full_marks, provisional, origin FROM scheme WHERE scheme IN ('tech-sme', 'innovative-sme') ORDER BY scheme DESC;
SELECT scheme, category, indicator, title, scoring, weight FROM indicator JOIN weight USING (scheme, indicator) WHERE scheme IN ('tech-sme', 'innovative-sme') ORDER BY scheme DESC, position;
SELECT s.scheme, p.* FROM scheme s, scheme_problems(s.scheme) p WHERE s.scheme IN ('tech-sme', 'innovative-sme');

-- a level of a table: the points of the values from "least" to just below "next"
CREATE TABLE level (item text, least numeric, next numeric, points numeric);
INSERT INTO level VALUES
    ('staff', 0, 10, 0), ('staff', 10, 15, 4), ('staff', 15, 20, 8), ('staff', 20, 25, 12), ('staff', 25, 30, 16), ('staff', 30, 100, 20),
    ('sales', 0, 2, 0), ('sales', 2, 3, 10), ('sales', 3, 4, 20), ('sales', 4, 5, 30), ('sales', 5, 6, 40), ('sales', 6, 900, 50),
    ('costs', 0, 10, 0), ('costs', 10, 15, 10), ('costs', 15, 20, 20), ('costs', 20, 25, 30), ('costs', 25, 30, 40), ('costs', 30, 100, 50);
-- both ends of each level; a percentage as it is computed, in double precision
CREATE TABLE edge AS
SELECT item, points, value::float8 / 100 AS value FROM level, unnest(ARRAY[least, next - 0.000001]) AS value;
CREATE TABLE tech AS
SELECT a.value AS staff, b.value AS sales, c.value AS costs, class1, class2, a.points AS staff_points, greatest(b.points, c.points) AS rd_points,
       greatest(CASE WHEN class1 >= 1 THEN 30 ELSE 0 END, CASE WHEN class2 >= 4 THEN 24 WHEN class2 = 3 THEN 18 WHEN class2 = 2 THEN 12 WHEN class2 = 1 THEN 6 ELSE 0 END) AS result_points
FROM edge a, edge b, edge c, unnest('{0,1,3,NULL}'::float8[]) class1, unnest('{0,1,2,3,4,9}'::float8[]) class2
WHERE a.item = 'staff' AND b.item = 'sales' AND c.item = 'costs';
SELECT count(*) AS firms, count(DISTINCT s.row[1]) AS scores, min(s.row[1]) AS least, max(s.row[1]) AS most,
       count(*) FILTER (WHERE s.row[1] = staff_points + rd_points + result_points) AS same_score,
       count(*) FILTER (WHERE s.row[4:6] = ARRAY[staff_points * 5, rd_points * 2, round(result_points * 100 / 30.0, 4)]::float8[]) AS same_categories
FROM tech, score_row(scheme_model('tech-sme'), 'all', staff, sales, costs, class1, class2) AS s(row);

CREATE TABLE innovative AS
SELECT high, own, class1, class2, rd.value AS rd, growth.value AS growth, debt.value AS debt, emerging, main.value AS main,
       CASE WHEN high >= 1 THEN 20 WHEN own >= 1 THEN 15 WHEN class1 >= 1 THEN 10 WHEN class2 >= 1 THEN 5 ELSE 0 END + rd.points AS innovation_points,
       growth.points + debt.points AS growth_points, CASE emerging WHEN 1 THEN 10 WHEN 0 THEN 5 ELSE 0 END + main.points AS special_points
FROM unnest('{0,1}'::float8[]) high, unnest('{0,2}'::float8[]) own, unnest('{NULL,0,1}'::float8[]) class1, unnest('{0,1}'::float8[]) class2,
     (VALUES (0, 0), (0.009999999, 0), (0.01, 5), (0.019999999, 5), (0.02, 10), (0.03, 15), (0.049999999, 15), (0.05, 20), (3, 20)) rd(value, points),
     (VALUES (-0.2, 0), (-0.000000001, 0), (0, 5), (0.05, 10), (0.1, 15), (0.149999999, 15), (0.15, 20), (NULL, 0)) growth(value, points),
     (VALUES (0, 10), (0.55, 10), (0.550000001, 5), (0.75, 5), (0.750000001, 0), (1.4, 0), (NULL, 0)) debt(value, points),
     unnest('{0,1}'::float8[]) emerging,
     (VALUES (0.2, 0), (0.5, 5), (0.55, 10), (0.6, 15), (0.7, 20), (1, 20)) main(value, points);
SELECT count(*) AS firms, count(DISTINCT s.row[1]) AS scores, min(s.row[1]) AS least, max(s.row[1]) AS most,
       count(*) FILTER (WHERE s.row[1] = innovation_points + growth_points + special_points) AS same_score,
       count(*) FILTER (WHERE ARRAY[s.row[4], s.row[6], s.row[7]] = ARRAY[round(innovation_points * 100 / 40.0, 4), round(growth_points * 100 / 30.0, 4), round(special_points * 100 / 30.0, 4)]::float8[]) AS same_parts
FROM innovative, score_row(scheme_model('innovative-sme'), 'all', high, own, class1, class2, rd, growth, debt, emerging, main) AS s(row);

-- ----- who passes: the rules of the schemes against CASE, for every combination of steps, with certificates that are true, false or unknown
SELECT scheme, rule, title, min_score, category_minimum, required, qualifies FROM scheme_rule ORDER BY scheme DESC;
CREATE SCHEMA sme;
CREATE TABLE sme.tech AS
SELECT row_number() OVER () AS firm, staff AS rd_staff_share, sales AS rd_sales_ratio, costs AS rd_cost_ratio, class1 AS class1_property, class2 AS class2_property,
       staff_points, staff_points + rd_points + result_points AS points FROM tech;
-- every other firm has one of the 81 combinations of certificates, in turn; the others' are unknown
ALTER TABLE sme.tech ADD hitech_certificate boolean, ADD national_award boolean, ADD research_institution boolean, ADD led_standard boolean;
UPDATE sme.tech SET hitech_certificate = (ARRAY[false, true, NULL])[1 + firm % 3], national_award = (ARRAY[false, true, NULL])[1 + firm / 3 % 3],
                    research_institution = (ARRAY[false, true, NULL])[1 + firm / 9 % 3], led_standard = (ARRAY[false, true, NULL])[1 + firm / 27 % 3]
WHERE firm % 2 = 0;
SELECT create_scoreboard('sme.pass', 'tech-sme', 'sme.tech', 'firm', attributes => '{points,staff_points,hitech_certificate,national_award,research_institution,led_standard}');
SELECT count(*) AS firms, count(*) FILTER (WHERE decision = 'listed') AS listed,
       count(*) FILTER (WHERE decision = 'listed' AND (points < 60 OR staff_points = 0)) AS by_certificate,
       count(*) FILTER (WHERE decision <> CASE WHEN hitech_certificate OR national_award OR research_institution OR led_standard THEN 'listed'
                                               WHEN points >= 60 AND staff_points > 0 THEN 'listed' ELSE 'rejected' END) AS different
FROM sme.pass_whitelist;
SELECT drop_scoreboard('sme.pass');
CREATE TABLE sme.innovative AS
SELECT row_number() OVER () AS firm, high AS high_value_property, own AS own_class1_property, class1 AS class1_property, class2 AS class2_property, rd AS rd_sales_ratio,
       growth AS revenue_growth, debt AS debt_ratio, emerging AS emerging_industry, main AS main_revenue_share, innovation_points, growth_points, special_points FROM innovative;
ALTER TABLE sme.innovative ADD award boolean, ADD certificates text, ADD institution boolean, ADD equity numeric;
UPDATE sme.innovative SET award = (ARRAY[false, true, NULL])[1 + firm % 3], certificates = (ARRAY['无', '高新技术企业', NULL])[1 + firm / 3 % 3],
                          institution = (ARRAY[false, true, NULL])[1 + firm / 9 % 3], equity = (ARRAY[0, 499.99, 500, NULL])[1 + firm / 27 % 4]
WHERE firm % 2 = 0;
-- what the conditions ask is mapped like indicators are
SELECT create_scoreboard('sme.pass', 'innovative-sme', 'sme.innovative', 'firm', attributes => '{award,certificates,institution,equity,innovation_points,growth_points,special_points}', mapping =>
    '{"science_award": "award", "hitech_certificate": "certificates = ''高新技术企业''", "research_institution": "institution", "equity_raised": "equity"}');
SELECT count(*) AS firms, count(*) FILTER (WHERE decision = 'listed') AS listed,
       count(*) FILTER (WHERE decision <> CASE WHEN award OR certificates = '高新技术企业' OR institution OR equity >= 500 THEN 'listed'
                                               WHEN innovation_points + growth_points + special_points >= 60 AND innovation_points >= 20 AND growth_points >= 15 AND special_points >= 15
                                               THEN 'listed' ELSE 'rejected' END) AS different
FROM sme.pass_whitelist;
SELECT drop_scoreboard('sme.pass');
DROP SCHEMA sme CASCADE;

-- the example of doc/scoring.md: firms on the edges, what they lack, what would change
CREATE SCHEMA sme;
CREATE TABLE sme.firm (firm text PRIMARY KEY, rd_staff_share float8, rd_sales_ratio float8, rd_cost_ratio float8, class1_property int, class2_property int);
INSERT INTO sme.firm VALUES ('甲', 0.3, 0.06, 0.1, 1, 0), ('乙', 0.1, 0.02, 0.25, 0, 3), ('丙', 0.25, 0.029, 0, 0, 2), ('丁', 0.09, 0.08, 0.4, 2, 5);
SELECT create_scoreboard('sme.tech', 'tech-sme', 'sme.firm', 'firm');
SELECT firm, score, staff_score, rd_score, results_score, rank FROM sme.tech_ranking ORDER BY firm;
SELECT indicator, value, lower AS reached, upper AS next, points FROM sme.tech_detail WHERE firm = '丙' ORDER BY indicator;
SELECT indicator, value, step, next_step, points, points_lost, status FROM sme.tech_portrait WHERE firm = '丙' ORDER BY indicator;
SELECT indicator, title, current_value, needed_value, change, points_gained, reaches FROM gap_to('sme.tech', entity => '丙', target_score => 60);
SELECT z.proposal, e.proposal FROM gap_to('sme.tech', entity => '丙', target_score => 60, language => 'zh') z JOIN gap_to('sme.tech', entity => '丙', target_score => 60, language => 'en') e USING (indicator);
SELECT score_before, score_after FROM what_if('sme.tech', entity => '丙', changes => '{"rd_sales_ratio": 0.03, "class2_property": 4}');
-- titles count as codes
SELECT score_before, score_after FROM what_if('sme.tech', entity => '丙', changes => '{"研发费用总额占销售收入总额的比例": 0.03, "class2_property": 4}');
SELECT histogram_chart('sme.tech', indicator => '研发费用总额占销售收入总额的比例') = histogram_chart('sme.tech', indicator => 'rd_sales_ratio') AS same;
\set VERBOSITY terse
SELECT what_if('sme.tech', entity => '丙', changes => '{"研发费用总额占销售收入总额的比例": 0.03, "rd_sales_ratio": 4}');
SELECT what_if('sme.tech', entity => '丙', changes => '{"研发费用": 0.03}');
\set VERBOSITY default
SELECT drop_scoreboard('sme.tech');
DROP SCHEMA sme CASCADE;
DROP TABLE level, edge, tech, innovative;
