-- Shipped beside national-2024: the other evaluations that the policies prescribe. What
-- is judged is theirs. They give no weights, so weights are equal and provisional; scales,
-- reference values and the treatment of missing values are chosen here, and said so.
-- All bounds are fixed: nobody's score depends on who else is evaluated.

INSERT INTO scheme (scheme, title, extreme, missing, provisional, decimals, source) VALUES
    ('bid-review', '揭榜方案评估论证', 'fixed(0,100)', 'null', true, 4,
     '揭榜方案评估论证：五项评审准则依据政策文件；权重相等，为本产品暂定（provisional），非官方权重；'
     '百分制评分、未评全者不计分为本产品选定'),
    ('alliance', '实质性产学研联盟评估评价', 'fixed(0,100)', 'null', true, 4,
     '实质性产学研联盟评估评价：十个维度依据政策文件；权重相等，为本产品暂定（provisional），非官方权重；'
     '百分制评分、未评全者不计分为本产品选定'),
    ('financing', '以企业创新能力为核心指标的融资评价', 'fixed(0,100)', 'zero', true, 4,
     '以企业创新能力为核心指标的融资评价体系（银行+征信+担保）：政策文件未列具体指标与权重；'
     '指标和参考值为本产品选定；权重相等，为本产品暂定（provisional），非官方权重；缺失值从严，不得分'),
    ('progress', '揭榜项目半年度进展', 'fixed(0,1)', 'reweight', true, 4,
     '揭榜项目两年内每半年按基期值和目标值跟踪（半年度进展目标）；权重相等，为本产品暂定（provisional），非官方权重；'
     '尚未到期的目标不计入');

INSERT INTO category (scheme, category, title, position) VALUES
    ('bid-review', 'proposal', '揭榜方案', 1),
    ('financing', 'innovation', '创新能力', 1),
    ('financing', 'bank', '银行', 2),
    ('financing', 'credit', '征信', 3),
    ('financing', 'guarantee', '担保', 4),
    ('progress', 'progress', '半年度进展目标', 1);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'bid-review', i.indicator, 'proposal', i.title, '分', i.definition, i.position FROM (VALUES
    ('feasibility', '可行性', '技术路线、团队和条件能否完成任务；专家评分，0 至 100', 1),
    ('innovation', '创新性', '方案相对现有技术的突破；专家评分，0 至 100', 2),
    ('practicality', '实操性', '进度、预算和分工能否照做；专家评分，0 至 100', 3),
    ('policy_consistency', '政策一致性', '与榜单任务和政策导向的一致程度；专家评分，0 至 100', 4),
    ('risk_control', '防风险', '对技术、资金和安全风险的识别与预案；专家评分，0 至 100，越高越好', 5)
) AS i(indicator, title, definition, position);

-- A dimension is a category with one rating: indicators of one's own can be put beside it.
INSERT INTO category (scheme, category, title, position)
SELECT 'alliance', d.code, d.title, d.position FROM (VALUES
    ('construction_direction', '建设方向', 1),
    ('benefit_mechanism', '利益机制', 2),
    ('innovation_goals', '创新目标', 3),
    ('innovation_capability', '创新能力', 4),
    ('talent', '人才团队引进', 5),
    ('resources', '资源集聚', 6),
    ('commercialization', '成果转化', 7),
    ('rd_investment', '研发投入', 8),
    ('platform_support', '平台支撑', 9),
    ('overall_strength', '综合实力', 10)
) AS d(code, title, position);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'alliance', c.category, c.category, c.title, '分', format('评估专家对%s的评分，0 至 100', c.title), c.position
FROM category c WHERE c.scheme = 'alliance';

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, direction, extreme, position)
SELECT 'financing', i.* FROM (VALUES
    ('innovation_score', 'innovation', '创新积分', '分',
     '企业的创新积分，满分 100；千分制的积分先除以 10', 'benefit', 'fixed(0,100)', 1),
    ('debt_ratio', 'bank', '资产负债率', '比率（1 = 100%）',
     '负债总额 ÷ 资产总额；1 及以上不得分', 'cost', 'fixed(0,1)', 2),
    ('credit_score', 'credit', '征信评分', '分',
     '征信机构的企业信用评分，换算为 0 至 100', 'benefit', 'fixed(0,100)', 3),
    ('overdue_count', 'credit', '逾期次数', '次',
     '近 24 个月贷款逾期次数；6 次及以上不得分', 'cost', 'fixed(0,6)', 4),
    ('guarantee_coverage', 'guarantee', '担保覆盖率', '比率（1 = 100%）',
     '（保证担保额 + 抵质押物评估值）÷ 申请授信额；1 及以上为满分', 'benefit', 'fixed(0,1)', 5)
) AS i(indicator, category, title, unit, definition, direction, extreme, position);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'progress', 'half_year_' || h.number, 'progress', format('第%s个半年度进展目标', h.chinese), '比率（1 = 100%）',
       format('第%s个半年末的目标完成率：（实际值 － 基期值）÷（目标值 － 基期值），0 至 1；尚未到期为空', h.chinese),
       h.number
FROM (VALUES (1, '一'), (2, '二'), (3, '三'), (4, '四')) AS h(number, chinese);

INSERT INTO weight (scheme, stage, indicator, weight)
SELECT i.scheme, 'all', i.indicator, 100.0 / count(*) OVER (PARTITION BY i.scheme)
FROM indicator i WHERE i.scheme IN ('bid-review', 'alliance', 'financing', 'progress');

-- last: from here on a change marks a scheme as changed
UPDATE scheme SET origin = 'shipped' WHERE scheme IN ('bid-review', 'alliance', 'financing', 'progress');
