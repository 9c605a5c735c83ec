--
-- What a user of version 1.1.0 leaves beside what 1.0.0 had; see 1.0.0.sql.  The first two publications are of a whitelist
-- with batches, which 1.1.0 itself could not verify.
--
CREATE SCHEMA own;
-- firms alone to write to, with gross mistakes
CREATE TABLE record AS
SELECT firm, year, "城市", stage, rd_expense::numeric(12, 2) AS rd_expense, rd_expense_growth, rd_intensity, rd_staff_share,
       invention_patents, CASE WHEN firm IN ('F007', 'F008') AND year = 2024 THEN -1 ELSE revenue END AS revenue,
       revenue * 0.4::float8 AS debt, substr(firm, 3) BETWEEN '10' AND '30' AS first_loan
FROM firm WHERE firm <= 'F060';
ALTER TABLE record ADD PRIMARY KEY (firm, year);

-- rules of a scheme's own; errors flagged and left out; tiers of a scheme and of a scoreboard
SELECT innovation_score.derive_scheme('strict', 'zhejiang', '严格');
DELETE FROM innovation_score.quality_rule WHERE scheme = 'strict' AND rule IN ('rd_expense_growth_floor', 'rd_intensity_consistent');
INSERT INTO innovation_score.quality_rule VALUES
    ('strict', 'positive', 'error', 'revenue >= 0', '营业收入为负 negative revenue'),
    ('strict', 'busy', 'warning', 'invention_patents > 0 OR rd_expense / revenue < 1', NULL),
    ('strict', '单位', 'warning', 'same_unit(revenue, median.revenue, previous.revenue)', '单位 "错误"; unit');
UPDATE innovation_score.scheme SET on_error = 'exclude' WHERE scheme = 'strict';
SELECT innovation_score.set_scheme_tiers('strict', 'quantile', '{甲,乙,"丙 类"}', '[0.2, 0.55]');
SELECT innovation_score.derive_scheme('lenient', 'strict');
UPDATE innovation_score.scheme SET on_error = 'flag' WHERE scheme = 'lenient';
DELETE FROM innovation_score.quality_rule WHERE scheme = 'lenient' AND rule = 'busy';

SELECT innovation_score.create_scoreboard('dash.strict', 'strict', 'record', 'firm', 'stage', 'year', '{城市}', '{城市}');
SELECT innovation_score.create_scoreboard('dash.flag', 'lenient', 'record', 'firm', 'stage', 'year', attributes => '{城市}');
SELECT innovation_score.create_scoreboard('dash.flag_cold', 'lenient', 'record', 'firm', 'stage', 'year', '{城市}',
    min_peers => 10);
SELECT innovation_score.set_tiers('dash.flag', 'quota', '{A,B,C}', '{"杭州": [3, 5], "宁波": [1, 2]}', within => '城市');
SELECT innovation_score.set_tiers('dash.flag_cold', 'score', '{A,B}', '{"startup": [30], "growth": [40], "stable": [50]}',
    within => 'stage');
SELECT innovation_score.freeze_scoreboard('dash.flag_cold');

-- whitelists by name, two batches of one of them, banks
SELECT innovation_score.set_whitelist_rule('dash.flag', min_score => 20, reserve_n => 4);
SELECT innovation_score.set_named_whitelist_rule('dash.flag', 'bank', top_n => 5, required => 'first_loan AND debt < 1500');
SELECT innovation_score.set_named_whitelist_rule('dash.flag', '担保 "基金"', quota_by => '城市', quota_n => 2);
SELECT innovation_score.record_whitelist_batch('dash.flag', '2023', 'bank', '一');
SELECT innovation_score.record_whitelist_batch('dash.flag', '2024', 'bank');
SELECT innovation_score.record_whitelist_batch('dash.flag', '2024');
INSERT INTO innovation_score.credit_rule (bank, title, interpolate, revenue_share, unit) VALUES
    ('icbc', '工商银行', false, 0.3, 10), ('b "2"', NULL, true, NULL, 0.01);
INSERT INTO innovation_score.credit_step VALUES
    ('icbc', '', 10, 200), ('icbc', '', 30.5, 500), ('icbc', 'A', 0, 300), ('b "2"', '', 0, 0), ('b "2"', '', 100, 123.45);
SELECT innovation_score.set_credit('dash.flag', revenue => 'revenue', existing => 'debt / 3');
SELECT innovation_score.set_credit('dash.strict', banks => '{icbc}');

-- publications: one that objections were made to, the next one with what they changed, others in every state
SELECT innovation_score.set_whitelist_rule('dash.strict', min_score => 5, top_n => 20, quota_by => '城市', quota_n => 8,
    reserve_n => 3);
SELECT innovation_score.publish('dash.flag', '2024', '第一批');
SELECT innovation_score.file_objection(1, 'F011', 'revenue', 4321.5, '审计报告'),
       innovation_score.file_objection(1, 'F012', 'rd_intensity', NULL, 'none'),
       innovation_score.file_objection(1, 'F013', 'revenue', 1, 'x'),
       innovation_score.file_objection(1, 'F014', 'invention_patents', 3, 'y');
SELECT innovation_score.accept_objection(1, '属实'), innovation_score.accept_objection(2, 'so it is'),
       innovation_score.reject_objection(3, '不属实'), innovation_score.withdraw_objection(4, 'by letter');
SELECT innovation_score.start_public_notice(1, '2020-01-01', '2020-01-07'), innovation_score.finalize_publication(1);
SELECT innovation_score.publish('dash.flag', '2024', '第二批 "corrected"');
SELECT innovation_score.start_public_notice(2, '2020-01-01', '2999-12-31');
SELECT innovation_score.file_objection(2, 'F015', 'rd_expense', 12.5, 'not decided yet');
SELECT innovation_score.publish('dash.strict', '2024', NULL);
SELECT innovation_score.publish('dash.flag_cold', '2023', 'taken back');
SELECT innovation_score.retract(4, '有误');
SELECT innovation_score.publish('dash.bid', '2022', 'without stages');

-- two sources, and a scoreboard over what they come to
CREATE TABLE tax AS
SELECT firm AS code, year, "城市", stage, revenue * CASE WHEN firm LIKE '%7' THEN 1.05 ELSE 1 END AS turnover, rd_expense
FROM record WHERE firm NOT LIKE '%3';
INSERT INTO tax SELECT * FROM tax WHERE code = 'F020';
SELECT innovation_score.create_reconciliation('own.match', 'record', 'tax', '{firm = code,year}',
    '{"revenue": {"right": "turnover", "tolerance": 0.01, "authority": "right"}, "rd_expense": {}, "stage": {}, "rd_staff_share": {"right": null},
      "rd_intensity": {"right": null}}');
SELECT innovation_score.create_scoreboard('dash.matched', 'deep', 'own.match_resolved', 'firm', period => 'year',
    mapping => '{"invention_patents": null}');

-- experts
CREATE TABLE own.rating AS
SELECT 'P' || p AS proposal, 'E' || e AS expert, c AS criterion, (60 + (p * 7 + e * 13 + length(c) * p * e) % 40)::numeric AS rating, e = p AS kin
FROM generate_series(1, 6) p, generate_series(1, 5) e,
     unnest('{feasibility,innovation,practicality,policy_consistency,risk_control}'::text[]) c;
SELECT innovation_score.create_review('own.panel', 'own.rating', excluded => 'kin', drop_n => 1, min_experts => 2,
    correct_severity => true);
SELECT innovation_score.create_scoreboard('dash.panel', 'bid-review', 'own.panel_proposal', 'proposal');

-- the user's own views upon what this version has new
CREATE VIEW own.flags AS SELECT q.firm, q.year, q.rule, q.observed, t.tier, w.decision, w.batch
    FROM dash.flag_quality q JOIN dash.flag_tier t USING (firm, year) LEFT JOIN dash.flag_whitelist_bank w USING (firm, year);
CREATE VIEW own.weak AS SELECT p.firm, p.year, p.indicator, p.percentile, t.score_change, c.suggested_limit
    FROM dash.flag_portrait p JOIN dash.flag_trend t USING (firm, year) JOIN dash.flag_credit c USING (firm, year)
    WHERE p.weakness_rank = 1 AND c.bank = 'icbc';
CREATE VIEW own.published AS SELECT s.publication, s.entity, s.score, w.decision, w.reasons, l.state, v.source_value
    FROM innovation_score.published_score s JOIN innovation_score.published_whitelist w USING (publication, entity)
    JOIN innovation_score.publication_list l USING (publication)
    LEFT JOIN innovation_score.published_value v ON (v.publication, v.entity, v.indicator) = (s.publication, s.entity, 'revenue');
CREATE VIEW own.objections AS SELECT objection, entity, status, claimed_value, decision FROM innovation_score.objection;
CREATE VIEW own.sound AS SELECT p.publication, bool_and(v.ok) AS sound
    FROM innovation_score.publication p, innovation_score.verify_publication(p.publication) v
    WHERE v."check" <> 'source' AND p.publication > 2 GROUP BY 1;
CREATE VIEW own.what_if AS SELECT * FROM innovation_score.what_if('dash.strict', 'F011', '{"revenue": 5001}', '2024');
CREATE VIEW own.agreement AS SELECT a.* FROM own.panel_agreement a;
CREATE VIEW own.shares AS SELECT firm, year, innovation_score.allocate(100000, score::float8) OVER (PARTITION BY year) AS share
    FROM dash.flag_ranking;
COMMENT ON VIEW own.sound IS 'kept';
COMMENT ON VIEW dash.flag_tier IS 'our own';
GRANT SELECT ON dash.flag_whitelist_bank TO PUBLIC;
