-- national-2024, quality rules: what its 18 indicators mean rules these values out
-- (error) or makes them unlikely (warning). The guideline gives none; they are this
-- product's. NaN and infinities are greater than or equal to Infinity: no sound value.
--
-- An update of the extension adds them to a scheme that nobody has changed.

INSERT INTO quality_rule (scheme, rule, severity, condition, message)
SELECT s.scheme, r.* FROM scheme s CROSS JOIN (VALUES
    -- shares and rates
    ('rd_intensity_negative', 'error', 'rd_intensity >= 0',
     '研发费用占营业收入的比例不应为负 the share of R&D expense in revenue cannot be negative'),
    ('rd_intensity_range', 'warning', 'rd_intensity BETWEEN 0 AND 1',
     '研发费用占营业收入的比例应在 0 至 1 之间，是否按百分数填写？ expected between 0 and 1: typed as a percentage?'),
    ('rd_intensity_consistent', 'error', 'abs(rd_intensity - rd_expense / revenue) <= 0.01',
     '研发费用占比与研发费用÷营业收入不一致 differs from R&D expense / revenue by more than 0.01'),
    ('rd_staff_share_range', 'error', 'rd_staff_share BETWEEN 0 AND 1',
     '科技人员占比应在 0 至 1 之间，是否按百分数填写？ must be between 0 and 1: typed as a percentage?'),
    ('postgraduate_share_range', 'error', 'postgraduate_share BETWEEN 0 AND 1',
     '研究生以上人员占比应在 0 至 1 之间，是否按百分数填写？ must be between 0 and 1: typed as a percentage?'),
    ('net_asset_margin_range', 'warning', 'net_asset_margin BETWEEN -10 AND 10',
     '净资产利润率超出 ±1000%，是否按百分数填写？ beyond ±1000 %: typed as a percentage?'),
    -- growth
    ('rd_expense_growth_floor', 'error', 'rd_expense_growth >= -1',
     '研发费用增速不应低于 -1 growth cannot be below -1 (-100 %)'),
    ('rd_expense_growth_plausible', 'warning', 'rd_expense_growth <= 100',
     '研发费用增速超过 100 倍，请核实 growth above 100 times: check it, or typed as a percentage?'),
    ('rd_expense_growth_consistent', 'warning',
     'abs(rd_expense_growth - growth_rate(rd_expense, previous.rd_expense)) <= 0.05',
     '研发费用增速与上期研发费用推算值不一致 differs from the growth since the previous period by more than 0.05'),
    ('revenue_growth_floor', 'error', 'revenue_growth >= -1',
     '营业收入增长率不应低于 -1 growth cannot be below -1 (-100 %)'),
    ('revenue_growth_plausible', 'warning', 'revenue_growth <= 100',
     '营业收入增长率超过 100 倍，请核实 growth above 100 times: check it, or typed as a percentage?'),
    ('revenue_growth_consistent', 'warning',
     'abs(revenue_growth - growth_rate(revenue, previous.revenue)) <= 0.05',
     '营业收入增长率与上期营业收入推算值不一致 differs from the growth since the previous period by more than 0.05'),
    -- amounts against each other
    ('hitech_revenue_total', 'error', 'hitech_revenue <= revenue',
     '高新技术产品收入不应超过营业收入 revenue of high-technology products cannot exceed revenue'),
    ('rd_tax_relief_total', 'warning', 'rd_tax_relief <= rd_expense',
     '研发费用加计扣除减免税额超过研发费用 the tax relief for R&D expense exceeds the expense'),
    ('pct_patents_total', 'warning', 'pct_patents <= invention_patents',
     'PCT专利申请量超过发明专利申请量，请核实 more PCT applications than invention patent applications: check'),
    ('patents_without_rd', 'warning', 'rd_expense > 0 OR invention_patents + pct_patents = 0',
     '有专利申请但无研发费用，请核实 patent applications without R&D expense: check')
) AS r(rule, severity, condition, message)
WHERE s.scheme = 'national-2024' AND s.origin = 'shipped'
UNION ALL
-- amounts of money
SELECT 'national-2024', i.indicator || '_amount', 'error', format('%1$I >= 0 AND %1$I < ''Infinity''', i.indicator),
       format('%s应为非负金额 must be an amount of 0 or more', i.title)
FROM indicator i JOIN scheme s USING (scheme)
WHERE i.scheme = 'national-2024' AND s.origin = 'shipped' AND i.unit = '万元'
UNION ALL
SELECT 'national-2024', i.indicator || '_unit', 'warning',
       format('same_unit(%1$I, median.%1$I, previous.%1$I)', i.indicator),
       format('%s疑似单位错误（元/万元） looks typed in yuan instead of ten thousand yuan', i.title)
FROM indicator i JOIN scheme s USING (scheme)
WHERE i.scheme = 'national-2024' AND s.origin = 'shipped' AND i.unit = '万元'
UNION ALL
-- counts
SELECT 'national-2024', i.indicator || '_count', 'error',
       format('%1$I >= 0 AND %1$I < ''Infinity'' AND %1$I = floor(%1$I)', i.indicator),
       format('%s应为非负整数 must be a whole number, 0 or more', i.title)
FROM indicator i JOIN scheme s USING (scheme)
WHERE i.scheme = 'national-2024' AND s.origin = 'shipped' AND i.unit IN ('件', '人', '个', '项');

-- not before: what is shipped changes nothing
CREATE TRIGGER quality_rule_changed AFTER INSERT OR UPDATE OR DELETE ON quality_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
