-- names that departments know the firms by; what a merged firm had is that of the firm it went into
CREATE TABLE 省库.别名 (alias text PRIMARY KEY, firm text NOT NULL);
INSERT INTO 省库.别名
WITH RECURSIVE merged(code, owner) AS (
    SELECT 变更前, 变更后 FROM 省库.市场监管_变更登记 WHERE 变更类型 = '吸收合并'
    UNION ALL
    SELECT m.code, c.变更后 FROM merged m JOIN 省库.市场监管_变更登记 c ON c.变更类型 = '吸收合并' AND c.变更前 = m.owner
), final AS (
    SELECT m.code, m.owner FROM merged m WHERE NOT EXISTS (SELECT FROM merged n WHERE n.code = m.owner)
), firm AS (
    SELECT r.*, COALESCE(f.owner, r.统一社会信用代码) AS owner
    FROM 省库.市场监管_企业登记 r LEFT JOIN final f ON f.code = r.统一社会信用代码
), named AS (
    SELECT 统一社会信用代码 AS alias, owner FROM firm
    UNION ALL SELECT substr(统一社会信用代码, 9, 9), owner FROM firm
    UNION ALL SELECT 原注册号, owner FROM firm WHERE 原注册号 IS NOT NULL
    UNION ALL SELECT normalize_company_name(企业名称), owner FROM firm
    UNION ALL SELECT normalize_company_name(c.变更前), f.owner FROM 省库.市场监管_变更登记 c JOIN firm f USING (统一社会信用代码) WHERE c.变更类型 = '更名'
)
SELECT alias, min(owner) FROM named GROUP BY alias HAVING count(DISTINCT owner) = 1;
CREATE VIEW 省库.融资 AS
SELECT e.*, r.汇率 FROM 省库.金融_融资事件 e LEFT JOIN 省库.汇率 r ON r.币种 = e.币种 AND r.年度 = extract(year FROM parse_date(e.融资日期));

SELECT create_collection('省库.归集', '省库.市场监管_企业登记', '统一社会信用代码', '{2023,2024}', $json${
 "申报": {"table": "税务_年度申报", "key": "纳税人识别号", "period": "年度", "latest": "申报日期"},
 "加计": {"table": "税务_研发加计扣除", "key": "纳税人识别号", "period": "left(所属期, 4)::int", "distinct": "纳税人识别号"},
 "报表": {"table": "统计_企业报表", "key": "company_key(组织机构代码)", "period": "left(报告期, 4)::int", "latest": "报送日期",
          "numbers": {"高新技术产品收入": "万元", "科技人员": "人"}},
 "专利": {"table": "知识产权_专利", "key": "string_to_array(申请人代码, ';')", "date": "申请日", "distinct": "申请号", "dates": ["申请日"],
          "where": "主营业务相关 = ANY ('{是,Y,1}')"},
 "PCT": {"table": "知识产权_PCT", "key": "normalize_company_name(申请人)", "date": "国际申请日", "distinct": "国际申请号"},
 "合同": {"table": "科技_技术合同", "key": "company_key(卖方代码)", "date": "登记日期", "where": "状态 = '有效'"},
 "项目": {"table": "科技_科研项目", "key": "company_key(承担单位代码)", "from": "立项日期", "to": "计划完成日期", "during": "period",
          "where": "级别 IN ('国家级', '省级', '省部级')"},
 "平台": {"table": "科技_创新平台", "key": "company_key(依托单位代码)", "from": "认定日期", "to": "有效期至",
          "where": "级别 IN ('国家级', '省级') AND 状态 = '正常'"},
 "奖励": {"table": "科技_科技奖励", "key": "company_key(完成单位代码)", "period": "奖励年度", "years": 3, "where": "级别 IN ('国家级', '省级')"},
 "社保": {"table": "人社_社保参保", "key": "单位代码", "date": "月份", "dates": ["月份"]},
 "学历": {"table": "人社_学历", "key": "单位代码", "date": "统计时点", "latest": "统计时点"},
 "毕业": {"table": "教育_应届毕业生", "key": "就业单位代码", "period": "毕业年份", "distinct": "人员标识"},
 "融资": {"table": "融资", "key": "企业代码", "date": "融资日期", "dates": ["融资日期"], "numbers": {"金额": "万元"}, "where": "轮次 <> '债权融资'"}
}$json$, $json${
 "rd_expense": {"from": "申报", "value": "sum(研发费用) / 10000"},
 "rd_expense_growth": "growth_rate(rd_expense, previous.rd_expense)",
 "rd_intensity": "ratio(rd_expense, revenue)",
 "rd_staff_share": "ratio(rd_staff, staff)",
 "invention_patents": {"from": "专利", "value": "count(*) FILTER (WHERE 专利类型 = '发明')", "absent": 0},
 "pct_patents": {"from": "PCT", "value": "count(*)", "absent": 0},
 "tech_contract_value": {"from": "合同", "value": "sum(成交额)", "absent": 0},
 "hitech_revenue": {"from": "报表", "value": "sum(高新技术产品收入)"},
 "revenue": {"from": "申报", "value": "sum(营业收入) / 10000"},
 "revenue_growth": "growth_rate(revenue, previous.revenue)",
 "postgraduate_share": "ratio(postgraduates, staff)",
 "rd_tax_relief": {"from": "加计", "value": "sum(减免所得税额) / 10000", "absent": 0},
 "net_asset_margin": "margin(net_profit, net_assets)",
 "graduates_hired": {"from": "毕业", "value": "count(*)", "absent": 0},
 "rd_platforms": {"from": "平台", "value": "count(*)", "absent": 0},
 "science_awards": {"from": "奖励", "value": "count(*)", "absent": 0},
 "science_projects": {"from": "项目", "value": "count(*)", "absent": 0},
 "venture_capital": {"from": "融资", "value": "sum(金额 * 汇率)"},
 "rd_staff": {"from": "报表", "value": "sum(科技人员)"},
 "staff": {"from": "社保", "value": "monthly_average(参保人数, 月份)"},
 "postgraduates": {"from": "学历", "value": "sum(博士 + 硕士)"},
 "net_profit": {"from": "申报", "value": "sum(净利润)"},
 "net_assets": {"from": "申报", "value": "sum(净资产)"}
}$json$, aliases => '省库.别名', attributes => '{企业名称,区划代码}', condition => $$登记状态 = '存续'$$, stored => :stored);
