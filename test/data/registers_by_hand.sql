-- The 18 indicators of the registers, computed by hand: plain SQL without anything of the extension but three quotients.

-- whose a code is: a firm that merged belongs to the one that it went into, which may have merged, too
CREATE TABLE 省库.手算_归属 AS
SELECT r.统一社会信用代码 AS code, COALESCE(c.变更后, b.变更后, a.变更后, r.统一社会信用代码) AS firm
FROM 省库.市场监管_企业登记 r
LEFT JOIN 省库.市场监管_变更登记 a ON a.变更类型 = '吸收合并' AND a.变更前 = r.统一社会信用代码
LEFT JOIN 省库.市场监管_变更登记 b ON b.变更类型 = '吸收合并' AND b.变更前 = a.变更后
LEFT JOIN 省库.市场监管_变更登记 c ON c.变更类型 = '吸收合并' AND c.变更前 = b.变更后;

-- by which codes and names a firm is known; what two have is nobody's
CREATE TABLE 省库.手算_别名 AS
SELECT alias, min(firm) AS firm
FROM (SELECT code, firm FROM 省库.手算_归属
      UNION ALL SELECT substr(code, 9, 9), firm FROM 省库.手算_归属
      UNION ALL SELECT r.原注册号, o.firm FROM 省库.市场监管_企业登记 r JOIN 省库.手算_归属 o ON o.code = r.统一社会信用代码
      UNION ALL SELECT r.企业名称, o.firm FROM 省库.市场监管_企业登记 r JOIN 省库.手算_归属 o ON o.code = r.统一社会信用代码
      UNION ALL SELECT c.变更前, o.firm FROM 省库.市场监管_变更登记 c JOIN 省库.手算_归属 o ON o.code = c.统一社会信用代码 WHERE c.变更类型 = '更名') n(alias, firm)
WHERE alias IS NOT NULL GROUP BY alias HAVING count(DISTINCT firm) = 1;
CREATE UNIQUE INDEX ON 省库.手算_别名 (alias);
ANALYZE 省库.手算_别名;

CREATE FUNCTION 省库.手算_代码(code text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT upper(regexp_replace(translate(code, '０１２３４５６７８９　', '0123456789 '), '[ -]', '', 'g')) $$;

CREATE TABLE 省库.手算_申报 AS
SELECT n.firm, d.年度 AS period, sum(d.研发费用) / 10000 AS rd_expense, sum(d.营业收入) / 10000 AS revenue, sum(d.净利润) AS net_profit, sum(d.净资产) AS net_assets
FROM (SELECT DISTINCT ON (纳税人识别号, 年度) * FROM 省库.税务_年度申报 ORDER BY 纳税人识别号, 年度, 申报日期 DESC) d
JOIN 省库.手算_别名 n ON n.alias = d.纳税人识别号 GROUP BY 1, 2;

CREATE TABLE 省库.手算_报表 AS
SELECT n.firm, r.period, CASE WHEN bool_or(r.hitech ~ '约|\+') THEN NULL ELSE sum(r.value) END AS hitech_revenue, sum(r.staff) AS rd_staff
FROM (SELECT DISTINCT ON (1, 2) 省库.手算_代码(组织机构代码) AS org, left(报告期, 4)::int AS period, 高新技术产品收入 AS hitech,
             CASE WHEN 高新技术产品收入 ~ '约|\+' OR 高新技术产品收入 IN ('—', 'N/A') THEN NULL
                  WHEN 高新技术产品收入 LIKE '%万元' THEN replace(高新技术产品收入, '万元', '')::numeric
                  WHEN 高新技术产品收入 LIKE '%元' THEN replace(高新技术产品收入, '元', '')::numeric / 10000
                  ELSE translate(高新技术产品收入, '０１２３４５６７８９,' || chr(160), '0123456789')::numeric END AS value,
             NULLIF(replace(科技人员, '人', ''), '无')::numeric AS staff
      FROM 省库.统计_企业报表 ORDER BY 1, 2, 报送日期 DESC) r
JOIN 省库.手算_别名 n ON n.alias = r.org GROUP BY 1, 2;

CREATE TABLE 省库.手算_融资 AS
SELECT n.firm, r.年度 AS period,
       CASE WHEN bool_or(e.金额 ~ '数|约|-') THEN NULL
            ELSE sum(CASE WHEN e.金额 ~ '数|约|-|未披露' THEN NULL
                          WHEN e.金额 LIKE '￥%' THEN replace(substr(e.金额, 2), ',', '')::numeric / 10000
                          WHEN e.金额 LIKE '%亿元' THEN replace(e.金额, '亿元', '')::numeric * 10000
                          WHEN e.金额 LIKE '%万元' THEN replace(replace(e.金额, '万元', ''), ',', '')::numeric
                          WHEN e.金额 LIKE '%万' THEN replace(e.金额, '万', '')::numeric
                          ELSE replace(e.金额, '元', '')::numeric / 10000 END * r.汇率) END AS venture_capital
FROM 省库.金融_融资事件 e JOIN 省库.手算_别名 n ON n.alias = e.企业代码
JOIN 省库.汇率 r ON r.币种 = e.币种 AND r.年度 = left(e.融资日期, 4)::int
WHERE e.轮次 <> '债权融资' GROUP BY 1, 2;

CREATE TABLE 省库.手算_专利 AS
SELECT n.firm, left(p.申请日, 4)::int AS period, count(DISTINCT p.申请号) FILTER (WHERE p.专利类型 = '发明') AS invention_patents
FROM 省库.知识产权_专利 p CROSS JOIN LATERAL regexp_split_to_table(p.申请人代码, ';') code JOIN 省库.手算_别名 n ON n.alias = code
WHERE p.主营业务相关 IN ('是', 'Y', '1') GROUP BY 1, 2;

CREATE TABLE 省库.手算 AS
SELECT f.统一社会信用代码 AS firm, y.period, t.rd_expense, growth_rate(t.rd_expense, b.rd_expense) AS rd_expense_growth, ratio(t.rd_expense, t.revenue) AS rd_intensity,
       ratio(s.rd_staff, staff.n) AS rd_staff_share, COALESCE(z.invention_patents, 0) AS invention_patents, COALESCE(pct.n, 0) AS pct_patents,
       COALESCE(contract.n, 0) AS tech_contract_value, s.hitech_revenue, t.revenue, growth_rate(t.revenue, b.revenue) AS revenue_growth,
       ratio(degree.n, staff.n) AS postgraduate_share, COALESCE(relief.n, 0) AS rd_tax_relief, margin(t.net_profit, t.net_assets) AS net_asset_margin,
       COALESCE(graduate.n, 0) AS graduates_hired, COALESCE(platform.n, 0) AS rd_platforms, COALESCE(award.n, 0) AS science_awards,
       COALESCE(project.n, 0) AS science_projects, v.venture_capital
FROM 省库.市场监管_企业登记 f CROSS JOIN (VALUES (2023), (2024)) AS y(period)
LEFT JOIN 省库.手算_申报 t ON t.firm = f.统一社会信用代码 AND t.period = y.period
LEFT JOIN 省库.手算_申报 b ON b.firm = f.统一社会信用代码 AND b.period = y.period - 1
LEFT JOIN 省库.手算_报表 s ON s.firm = f.统一社会信用代码 AND s.period = y.period
LEFT JOIN 省库.手算_融资 v ON v.firm = f.统一社会信用代码 AND v.period = y.period
LEFT JOIN 省库.手算_专利 z ON z.firm = f.统一社会信用代码 AND z.period = y.period
LEFT JOIN (SELECT n.firm, left(月份, 4)::int AS period, sum(参保人数)::numeric / count(DISTINCT 月份) AS n
           FROM 省库.人社_社保参保 r JOIN 省库.手算_别名 n ON n.alias = r.单位代码 GROUP BY 1, 2) staff ON staff.firm = f.统一社会信用代码 AND staff.period = y.period
LEFT JOIN (SELECT n.firm, r.period, sum(r.n)::numeric AS n
           FROM (SELECT DISTINCT ON (1, 2) 单位代码, extract(year FROM 统计时点)::int AS period, 博士 + 硕士 AS n FROM 省库.人社_学历 ORDER BY 1, 2, 统计时点 DESC) r
           JOIN 省库.手算_别名 n ON n.alias = r.单位代码 GROUP BY 1, 2) degree ON degree.firm = f.统一社会信用代码 AND degree.period = y.period
LEFT JOIN (SELECT n.firm, extract(year FROM 国际申请日)::int AS period, count(DISTINCT 国际申请号) AS n
           FROM 省库.知识产权_PCT r JOIN 省库.手算_别名 n ON n.alias = r.申请人 GROUP BY 1, 2) pct ON pct.firm = f.统一社会信用代码 AND pct.period = y.period
LEFT JOIN (SELECT n.firm, extract(year FROM 登记日期)::int AS period, sum(成交额) AS n
           FROM 省库.科技_技术合同 r JOIN 省库.手算_别名 n ON n.alias = 省库.手算_代码(r.卖方代码) WHERE 状态 = '有效' GROUP BY 1, 2) contract ON contract.firm = f.统一社会信用代码 AND contract.period = y.period
LEFT JOIN (SELECT n.firm, r.period, sum(减免所得税额) / 10000 AS n
           FROM (SELECT DISTINCT 纳税人识别号, left(所属期, 4)::int AS period, 减免所得税额 FROM 省库.税务_研发加计扣除) r
           JOIN 省库.手算_别名 n ON n.alias = r.纳税人识别号 GROUP BY 1, 2) relief ON relief.firm = f.统一社会信用代码 AND relief.period = y.period
LEFT JOIN (SELECT n.firm, 毕业年份 AS period, count(DISTINCT 人员标识) AS n
           FROM 省库.教育_应届毕业生 r JOIN 省库.手算_别名 n ON n.alias = r.就业单位代码 GROUP BY 1, 2) graduate ON graduate.firm = f.统一社会信用代码 AND graduate.period = y.period
LEFT JOIN (SELECT n.firm, p.period, count(*) AS n
           FROM 省库.科技_创新平台 r JOIN 省库.手算_别名 n ON n.alias = 省库.手算_代码(r.依托单位代码) CROSS JOIN (VALUES (2023), (2024)) AS p(period)
           WHERE 级别 IN ('国家级', '省级') AND 状态 = '正常' AND 认定日期 <= make_date(p.period, 12, 31) AND COALESCE(有效期至 >= make_date(p.period, 12, 31), true)
           GROUP BY 1, 2) platform ON platform.firm = f.统一社会信用代码 AND platform.period = y.period
LEFT JOIN (SELECT n.firm, p.period, count(*) AS n
           FROM 省库.科技_科技奖励 r JOIN 省库.手算_别名 n ON n.alias = 省库.手算_代码(r.完成单位代码) CROSS JOIN (VALUES (2023), (2024)) AS p(period)
           WHERE 级别 IN ('国家级', '省级') AND 奖励年度 BETWEEN p.period - 2 AND p.period
           GROUP BY 1, 2) award ON award.firm = f.统一社会信用代码 AND award.period = y.period
LEFT JOIN (SELECT n.firm, p.period, count(*) AS n
           FROM 省库.科技_科研项目 r JOIN 省库.手算_别名 n ON n.alias = 省库.手算_代码(r.承担单位代码) CROSS JOIN (VALUES (2023), (2024)) AS p(period)
           WHERE 级别 IN ('国家级', '省级', '省部级') AND 立项日期 <= make_date(p.period, 12, 31) AND COALESCE(计划完成日期 >= make_date(p.period, 1, 1), true)
           GROUP BY 1, 2) project ON project.firm = f.统一社会信用代码 AND project.period = y.period
WHERE f.登记状态 = '存续';
