-- tech-sme and innovative-sme: the two national evaluations of small and medium-sized
-- enterprises. Their tables are published in full, so that points and steps are official.
-- A lower end belongs to its step. Missing values give no points.

INSERT INTO scheme (scheme, title, weights, missing, decimals, source) VALUES
    ('tech-sme', '科技型中小企业评价', 'points', 'zero', 4,
     '科技部、财政部、国家税务总局《科技型中小企业评价办法》，国科发政〔2017〕115号：指标、分档和分值为官方规定。'
     '综合评价所得分值不低于60分且科技人员指标得分不为0分，或者符合直接确认条件'),
    ('innovative-sme', '创新型中小企业评价', 'points', 'zero', 4,
     '工业和信息化部《优质中小企业梯度培育管理暂行办法》，工信部企业〔2022〕63号：指标、分档和分值为官方规定。'
     '评价得分达到60分以上（其中创新能力不低于20分、成长性及专业化均不低于15分），或者符合直接认定条件');

INSERT INTO category (scheme, category, title, parent, aggregation, position) VALUES
    ('tech-sme', 'staff', '科技人员指标', NULL, NULL, 1),
    ('tech-sme', 'rd', '研发投入指标（两项中择优）', NULL, 'max', 2),
    ('tech-sme', 'results', '科技成果指标（取最高项）', NULL, 'max', 3),
    ('innovative-sme', 'innovation', '创新能力指标', NULL, NULL, 1),
    ('innovative-sme', 'property', '与主导产品相关的有效知识产权（取最高项）', 'innovation', 'max', 2),
    ('innovative-sme', 'growth', '成长性指标', NULL, NULL, 3),
    ('innovative-sme', 'specialization', '专业化指标', NULL, NULL, 4);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, scoring, position)
SELECT i.* FROM (VALUES
    ('tech-sme', 'rd_staff_share', 'staff', '科技人员数占职工总数的比例', '比率（1 = 100%）', '科技人员数 ÷ 职工总数',
     'steps(0.1:4,0.15:8,0.2:12,0.25:16,0.3:20)', 1),
    ('tech-sme', 'rd_sales_ratio', 'rd', '研发费用总额占销售收入总额的比例', '比率（1 = 100%）', '研发费用总额 ÷ 销售收入总额',
     'steps(0.02:10,0.03:20,0.04:30,0.05:40,0.06:50)', 2),
    ('tech-sme', 'rd_cost_ratio', 'rd', '研发费用总额占成本费用支出总额的比例', '比率（1 = 100%）', '研发费用总额 ÷ 成本费用支出总额',
     'steps(0.1:10,0.15:20,0.2:30,0.25:40,0.3:50)', 3),
    ('tech-sme', 'class1_property', 'results', 'Ⅰ类知识产权数量', '项', '在有效期内的与主要产品（或服务）相关的Ⅰ类知识产权',
     'steps(1:30)', 4),
    ('tech-sme', 'class2_property', 'results', 'Ⅱ类知识产权数量', '项', '在有效期内的与主要产品（或服务）相关的Ⅱ类知识产权',
     'steps(1:6,2:12,3:18,4:24)', 5),
    ('innovative-sme', 'high_value_property', 'property', 'Ⅰ类高价值知识产权数量', '项', '与主导产品相关的有效Ⅰ类高价值知识产权',
     'steps(1:20)', 1),
    ('innovative-sme', 'own_class1_property', 'property', '自主研发的Ⅰ类知识产权数量', '项', '与主导产品相关的有效的自主研发Ⅰ类知识产权',
     'steps(1:15)', 2),
    ('innovative-sme', 'class1_property', 'property', 'Ⅰ类知识产权数量', '项', '与主导产品相关的有效Ⅰ类知识产权',
     'steps(1:10)', 3),
    ('innovative-sme', 'class2_property', 'property', 'Ⅱ类知识产权数量', '项', '与主导产品相关的有效Ⅱ类知识产权',
     'steps(1:5)', 4),
    ('innovative-sme', 'rd_sales_ratio', 'innovation', '上年度研发费用总额占营业收入总额比重', '比率（1 = 100%）',
     '上年度研发费用总额 ÷ 营业收入总额', 'steps(0.01:5,0.02:10,0.03:15,0.05:20)', 5),
    ('innovative-sme', 'revenue_growth', 'growth', '上年度主营业务收入增长率', '比率（1 = 100%）',
     '（上年度主营业务收入 － 前一年度主营业务收入）÷ 前一年度主营业务收入', 'steps(0:5,0.05:10,0.1:15,0.15:20)', 6),
    ('innovative-sme', 'debt_ratio', 'growth', '上年度资产负债率', '比率（1 = 100%）', '负债总额 ÷ 资产总额',
     'steps_above(-1:10,0.55:5,0.75:0)', 7),
    ('innovative-sme', 'emerging_industry', 'specialization', '主导产品所属领域', '1 = 是，0 = 否',
     '主导产品是否属于战略性新兴产业：1 属于，0 属于其他领域', 'steps(0:5,1:10)', 8),
    ('innovative-sme', 'main_revenue_share', 'specialization', '上年度主营业务收入总额占营业收入总额比重', '比率（1 = 100%）',
     '上年度主营业务收入总额 ÷ 营业收入总额', 'steps(0.5:5,0.55:10,0.6:15,0.7:20)', 9)
) AS i(scheme, indicator, category, title, unit, definition, scoring, position);

INSERT INTO weight (scheme, stage, indicator, weight)
SELECT i.scheme, 'all', i.indicator, _innovation_score.scoring_points(i.scoring)
FROM indicator i WHERE i.scheme IN ('tech-sme', 'innovative-sme');

INSERT INTO quality_rule (scheme, rule, severity, condition, message)
SELECT i.scheme, i.indicator || CASE WHEN i.unit = '项' THEN '_count' ELSE '_range' END, 'error',
       CASE WHEN i.unit = '项' THEN format('%1$I >= 0 AND %1$I = floor(%1$I)', i.indicator)
            WHEN i.indicator = 'emerging_industry' THEN format('%I IN (0, 1)', i.indicator)
            ELSE format('%I BETWEEN 0 AND 1', i.indicator) END,
       CASE WHEN i.unit = '项' THEN format('%s应为非负整数 must be a whole number, 0 or more', i.title)
            WHEN i.indicator = 'emerging_industry' THEN format('%s应为 0 或 1 must be 0 or 1', i.title)
            ELSE format('%s应在 0 至 1 之间，是否按百分数填写？ must be between 0 and 1: typed as a percentage?', i.title) END
FROM indicator i
WHERE i.scheme IN ('tech-sme', 'innovative-sme')
  AND i.indicator NOT IN ('rd_sales_ratio', 'revenue_growth', 'debt_ratio');

-- A category's score is 0 to 100: 4 of the 20 points for staff, the least that is not 0, are 20.
INSERT INTO scheme_rule (scheme, rule, title, min_score, category_minimum, qualifies, definition) VALUES
    ('tech-sme', '', '科技型中小企业', 60, '{"staff": 20}',
     'hitech_certificate OR national_award OR research_institution OR led_standard',
     '综合评价所得分值不低于60分，且科技人员指标得分不为0分；或者符合下列条件之一：hitech_certificate 拥有有效期内高新技术企业资格证书；'
     'national_award 近五年内获得过国家级科技奖励，并在获奖单位中排在前三名；research_institution 拥有经认定的省部级以上研发机构；'
     'led_standard 近五年内主导制定过国际标准、国家标准或行业标准'),
    ('innovative-sme', '', '创新型中小企业', 60, '{"innovation": 50, "growth": 50, "specialization": 50}',
     'science_award OR hitech_certificate OR research_institution OR equity_raised >= 500',
     '评价得分达到60分以上，其中创新能力不低于20分、成长性及专业化均不低于15分；或者符合下列条件之一：science_award 近三年内获得过国家级、省级'
     '科技奖励；hitech_certificate 获得高新技术企业、国家级技术创新示范企业、知识产权优势企业和知识产权示范企业等荣誉（均为有效期内）；'
     'research_institution 拥有经认定的省部级以上研发机构；equity_raised 近三年内新增股权融资总额（合格机构投资者的实缴额），万元，500万元以上');

-- last: from here on a change marks a scheme as changed
UPDATE scheme SET origin = 'shipped' WHERE scheme IN ('tech-sme', 'innovative-sme');
