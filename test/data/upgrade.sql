--
-- A database with something of everything that is kept: what the upgrade test fills a released version with, from the
-- file that was released with it.  The extension is there.
--
CREATE SCHEMA dash;
CREATE TABLE firm AS
SELECT 'F' || lpad(i::text, 3, '0') AS firm, y AS year, (ARRAY['杭州', '宁波', '温州'])[1 + i % 3] AS city,
       (ARRAY['startup', 'growth', 'stable'])[1 + i / 3 % 3] AS stage,
       k * 7919 % 10007 AS rd_expense, k * 31 % 97 - 40.5 AS rd_expense_growth, k % 13 / 13.0 AS rd_intensity,
       k % 17 / 17.0::float8 AS rd_staff_share, greatest(k % 30 - 25, 0) AS invention_patents, k * 104729 % 5003 AS revenue
FROM generate_series(1, 100) i, generate_series(2023, 2024) y, LATERAL (SELECT i * 3 + y AS k) s;

-- a shipped scheme as a user changed it, one that derives from it, one with a tree of categories
UPDATE innovation_score.weight SET weight = weight + 1 WHERE scheme = 'national-2024' AND indicator = 'revenue';
SELECT innovation_score.derive_scheme('province', 'national-2024', '省级');
DELETE FROM innovation_score.indicator WHERE scheme = 'province'
    AND indicator NOT IN ('rd_expense', 'rd_expense_growth', 'rd_intensity', 'rd_staff_share', 'invention_patents', 'revenue');
DELETE FROM innovation_score.category WHERE scheme = 'province' AND category = 'auxiliary';
INSERT INTO innovation_score.scheme (scheme, aggregation, floor, extreme) VALUES ('deep', 'geometric', 2, 'none');
INSERT INTO innovation_score.category (scheme, category, parent, aggregation, min_coverage, role, position) VALUES
    ('deep', 'a', NULL, 'generalized(2)', 0, 'base', 1), ('deep', 'b', 'a', NULL, 0, 'base', 2), ('deep', 'p', NULL, NULL, 0, 'penalty', 3);
INSERT INTO innovation_score.indicator (scheme, indicator, category) VALUES
    ('deep', 'rd_expense', 'a'), ('deep', 'rd_intensity', 'b'), ('deep', 'invention_patents', 'p');
INSERT INTO innovation_score.weight SELECT 'deep', 'all', indicator, 25 FROM innovation_score.indicator WHERE scheme = 'deep';
INSERT INTO innovation_score.quality_rule VALUES ('deep', 'peers', 'warning', 'rd_expense < 2 * median.rd_expense', NULL);

SELECT innovation_score.create_scoreboard('dash.live', 'province', 'firm', 'firm', 'stage', 'year', '{city}', '{city}');
SELECT innovation_score.create_scoreboard('dash.cold', 'province', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT innovation_score.create_scoreboard('dash.deep', 'deep', 'firm', 'firm', period => 'year');
SELECT innovation_score.set_whitelist_rule('dash.live', top_n => 20, min_score => 5, reserve_n => 5);
SELECT innovation_score.set_whitelist_rule('dash.cold', top_n => 10);
SELECT innovation_score.set_whitelist_rule('dash.deep', top_n => 5);
INSERT INTO innovation_score.exclusion VALUES ('dash.cold', 'F001', '欠税', NULL, '2999-12-31');
SELECT innovation_score.set_tiers('dash.live', 'score', '{甲,乙}', '[40]');
INSERT INTO innovation_score.credit_rule (bank, title, revenue_share) VALUES ('icbc', '工商银行', 0.3);
INSERT INTO innovation_score.credit_step VALUES ('icbc', '', 20, 100), ('icbc', '', 50, 300);
SELECT innovation_score.set_credit('dash.live', revenue => 'revenue * 10', banks => '{icbc}');
SELECT innovation_score.record_whitelist_batch('dash.live', '2023', note => '第一批');
SELECT innovation_score.freeze_scoreboard('dash.cold');
SELECT innovation_score.publish('dash.cold', '2023', '公布');
SELECT innovation_score.file_objection(1, 'F002', 'revenue', 1234.5, 'x');
SELECT innovation_score.accept_objection(1, 'y');
UPDATE firm SET revenue = revenue * 3 WHERE year = 2024 AND firm < 'F050';
