-- national-2024: the scheme of the work guideline of August 2024. Indicators,
-- categories and stages are the guideline's. The weights are not: its annex of
-- weights is published as a picture only, so these are provisional ones that follow
-- its stated emphasis. The guideline does not say how extreme values are adjusted
-- either; the choices made here are in the scheme and show in every model.

INSERT INTO scheme (scheme, title, extreme, missing, provisional, decimals, source) VALUES
    ('national-2024', '《“创新积分制”工作指引（全国试行版）》（2024）', 'percentile(0.01,0.99)', 'zero', true, 4,
     '科学技术部《“创新积分制”工作指引（全国试行版）》，国科办资〔2024〕84号，2024年8月：'
     '指标、一级指标和阶段依据该指引；权重为本产品暂定（provisional），非官方权重；'
     '极端值调整方法（percentile(0.01,0.99)；多数企业没有的数量和金额为 percentile(,0.95) of nonzero，金额取对数 ln(1)，有完整登记者无记录即为 0）为本产品选定');

INSERT INTO category (scheme, category, title, position) VALUES
    ('national-2024', 'technology', '技术创新指标', 1),
    ('national-2024', 'growth', '成长经营指标', 2),
    ('national-2024', 'auxiliary', '辅助指标', 3);

INSERT INTO stage (scheme, stage, title, position) VALUES
    ('national-2024', 'startup', '初创期', 1),
    ('national-2024', 'growth', '成长期', 2),
    ('national-2024', 'stable', '稳定期', 3);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'national-2024', i.* FROM (VALUES
    ('rd_expense', 'technology', '研发费用金额', '万元', '当年研发费用总额', 1),
    ('rd_expense_growth', 'technology', '研发费用增速', '比率（1 = 100%）', '（当年研发费用 － 上年研发费用）÷ |上年研发费用|', 2),
    ('rd_intensity', 'technology', '研发费用占营业收入的比例', '比率（1 = 100%）', '当年研发费用 ÷ 当年营业收入', 3),
    ('rd_staff_share', 'technology', '科技人员占职工总数的比重', '比率（1 = 100%）', '科技人员数 ÷ 职工总数', 4),
    ('invention_patents', 'technology', '与主营业务相关的发明专利申请量', '件', '当年与主营业务相关的发明专利申请件数', 5),
    ('pct_patents', 'technology', '与主营业务相关的PCT专利申请量', '件', '当年与主营业务相关的PCT专利申请件数', 6),
    ('tech_contract_value', 'technology', '企业技术合同成交额', '万元', '当年认定登记的技术合同成交额', 7),
    ('hitech_revenue', 'growth', '高新技术产品收入', '万元', '当年高新技术产品（服务）收入', 8),
    ('revenue', 'growth', '营业收入', '万元', '当年营业收入', 9),
    ('revenue_growth', 'growth', '营业收入增长率', '比率（1 = 100%）', '（当年营业收入 － 上年营业收入）÷ |上年营业收入|', 10),
    ('postgraduate_share', 'growth', '研究生以上人员占比', '比率（1 = 100%）', '研究生以上学历人员数 ÷ 职工总数', 11),
    ('rd_tax_relief', 'growth', '研发费用加计扣除所得税减免额', '万元', '当年研发费用加计扣除所得税减免额', 12),
    ('net_asset_margin', 'growth', '净资产利润率', '比率（1 = 100%）', '当年净利润 ÷ 净资产；净资产不为正时无值（margin）', 13),
    ('graduates_hired', 'auxiliary', '吸纳应届毕业生人数', '人', '当年吸纳应届毕业生人数', 14),
    ('rd_platforms', 'auxiliary', '承担建设省级及以上研发或创新平台数量', '个', '承担建设的省级及以上研发或创新平台数', 15),
    ('science_awards', 'auxiliary', '获得省级及以上科技奖励数量', '项', '获得的省级及以上科技奖励数', 16),
    ('science_projects', 'auxiliary', '承担省级及以上科技计划项目数量', '项', '承担的省级及以上科技计划项目数', 17),
    ('venture_capital', 'auxiliary', '获得风险投资金额', '万元', '当年获得的风险投资金额', 18)
) AS i(indicator, category, title, unit, definition, position);

-- What most firms lack is measured among those who have some, and counted from 0;
-- see doc/scheme.md for why, and why 0.95.
UPDATE indicator SET extreme = 'percentile(,0.95) of nonzero'
WHERE scheme = 'national-2024'
  AND indicator IN ('invention_patents', 'pct_patents', 'tech_contract_value', 'graduates_hired', 'rd_platforms',
                    'science_awards', 'science_projects', 'venture_capital');

-- A quantile of 100 amounts is as uncertain as they are unequal, its logarithm is not.
UPDATE indicator SET transform = 'ln(1)'
WHERE scheme = 'national-2024' AND indicator IN ('tech_contract_value', 'venture_capital');

-- Whom a register of all patents, contracts, platforms, awards, projects or jobs does not name has none. Nobody keeps a
-- register of all investments.
UPDATE indicator SET absent = 'zero'
WHERE scheme = 'national-2024'
  AND indicator IN ('invention_patents', 'pct_patents', 'tech_contract_value', 'graduates_hired', 'rd_platforms',
                    'science_awards', 'science_projects');

-- Over components that registers have: 科技人员数, 职工总数, 研究生以上人员数, 净利润, 净资产.
UPDATE indicator i SET formula = f.formula
FROM (VALUES ('rd_expense_growth', 'growth_rate(rd_expense, previous.rd_expense)'),
             ('rd_intensity', 'ratio(rd_expense, revenue)'),
             ('rd_staff_share', 'ratio(rd_staff, staff)'),
             ('revenue_growth', 'growth_rate(revenue, previous.revenue)'),
             ('postgraduate_share', 'ratio(postgraduates, staff)'),
             ('net_asset_margin', 'margin(net_profit, net_assets)')) AS f(indicator, formula)
WHERE i.scheme = 'national-2024' AND i.indicator = f.indicator;

INSERT INTO weight (scheme, stage, indicator, weight)
SELECT 'national-2024', s.stage, w.indicator, s.weight
FROM (VALUES
    -- indicator, startup, growth, stable
    ('rd_expense', 8, 10, 11),
    ('rd_expense_growth', 9, 7, 5),
    ('rd_intensity', 12, 9, 7),
    ('rd_staff_share', 12, 8, 6),
    ('invention_patents', 9, 9, 8),
    ('pct_patents', 5, 5, 6),
    ('tech_contract_value', 5, 7, 7),
    ('hitech_revenue', 5, 8, 10),
    ('revenue', 3, 6, 9),
    ('revenue_growth', 7, 8, 5),
    ('postgraduate_share', 5, 4, 4),
    ('rd_tax_relief', 3, 4, 5),
    ('net_asset_margin', 2, 3, 5),
    ('graduates_hired', 3, 3, 3),
    ('rd_platforms', 2, 3, 3),
    ('science_awards', 2, 2, 2),
    ('science_projects', 3, 2, 2),
    ('venture_capital', 5, 2, 2)
) AS w(indicator, startup, growth, stable)
CROSS JOIN LATERAL (VALUES ('startup', w.startup), ('growth', w.growth), ('stable', w.stable)) AS s(stage, weight);

-- last: from here on a change marks the scheme as changed
UPDATE scheme SET origin = 'shipped' WHERE scheme = 'national-2024';
