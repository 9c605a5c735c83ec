--
-- The demo: what a province's table becomes.  Run by demo/run.sh in a database of its own.
--
\set QUIET on
SET client_min_messages = warning;
\pset border 2
\pset linestyle unicode
\pset footer off
\pset null '—'
\pset numericlocale on
\pset pager off

\echo
\echo '═══════════════════════════════════════════════════════════════════════════════════════════════════════════'
\echo '  innovation_score · 创新积分制 · the innovation points system inside PostgreSQL'
\echo '═══════════════════════════════════════════════════════════════════════════════════════════════════════════'
\echo
\echo '1 · 数据 The data'
\echo
\echo '  An invented province: 20,000 firms, 11 cities, 2022 to 2024, a table of 60,000 rows with the 18 indicators'
\echo '  of the 2024 national scheme. Like real ones: money with heavy tails, hardly any patents or awards, values'
\echo '  missing, and a few revenues filed in yuan instead of 10,000 yuan (万元). No firm in it exists.'
\echo

\ir ../test/data/province.sql
CREATE TABLE enterprise AS
SELECT credit_code, name, city, industry, founded, year, stage,
       rd_expense::numeric(20,2), rd_expense_growth, rd_intensity, rd_staff_share,
       invention_patents::int, pct_patents::int, tech_contract_value::numeric(20,2),
       hitech_revenue::numeric(20,2), revenue::numeric(20,2), revenue_growth, postgraduate_share,
       rd_tax_relief::numeric(20,2), net_asset_margin,
       graduates_hired::int, rd_platforms::int, science_awards::int, science_projects::int,
       venture_capital::numeric(20,2)
FROM province.firms(20000);
ALTER TABLE enterprise ADD PRIMARY KEY (credit_code, year);
ANALYZE enterprise;

SELECT CASE stage WHEN 'startup' THEN '初创期 startup' WHEN 'growth' THEN '成长期 growth' ELSE '稳定期 stable' END AS "阶段 stage",
       count(*) FILTER (WHERE year = 2022) AS "2022",
       count(*) FILTER (WHERE year = 2023) AS "2023",
       count(*) FILTER (WHERE year = 2024) AS "2024",
       percentile_disc(0.5) WITHIN GROUP (ORDER BY revenue) AS "营业收入 median revenue, 万元",
       max(revenue) AS "最大 largest",
       round(100.0 * avg((invention_patents = 0)::int), 1) AS "无专利 no patent, %"
FROM enterprise
GROUP BY stage
ORDER BY array_position('{startup,growth,stable}', stage);

\echo '2 · 绑定 Binding the scheme to the table'
\echo
\echo '  Two statements. Nothing is copied: what comes out are views over the table.'
\echo
\echo '    CREATE EXTENSION innovation_score;'
\echo '    SELECT innovation_score.create_scoreboard('
\echo '               \'innovation\', \'national-2024\', \'enterprise\', entity => \'credit_code\', period => \'year\','
\echo '               stage => \'stage\', attributes => \'{name,city,industry}\');'
\echo

CREATE EXTENSION innovation_score;
\o /dev/null
SELECT innovation_score.create_scoreboard('innovation', 'national-2024', 'enterprise', entity => 'credit_code',
                                          period => 'year', stage => 'stage', attributes => '{name,city,industry}');
\o

-- The comments on the views, without the titles of the schemes: every scoreboard's views say what they show.
SELECT relname AS "视图 view", split_part(shows, ' ', 1) AS "内容", substr(shows, strpos(shows, ' ') + 1) AS "what it shows"
FROM (SELECT oid, relname, regexp_replace(obj_description(oid), '^[^：]*：|（scheme [^（]*$', '', 'g') AS shows
      FROM pg_class
      WHERE relkind = 'v' AND relname LIKE 'innovation\_%' AND relnamespace = 'public'::regnamespace) v
ORDER BY oid;

SELECT clock_timestamp() AS start \gset
SELECT to_char(count(*), 'FM999,999') AS firm_years, count(rank) AS ranked FROM innovation_ranking \gset
SELECT round(1000 * extract(epoch FROM clock_timestamp() - :'start'))::int AS ms \gset
\echo '  All' :firm_years 'firm-years fitted, scored and ranked from scratch in' :ms 'ms.'
\echo
\echo '  The weights of the scheme, by stage. They are provisional (暂定权重): the official ones are published as a picture'
\echo '  only; one statement loads them.'
\echo
SELECT c.title AS "一级指标 category", count(DISTINCT i.indicator) AS "二级指标 indicators",
       sum(w.weight) FILTER (WHERE w.stage = 'startup') AS "初创期 startup",
       sum(w.weight) FILTER (WHERE w.stage = 'growth') AS "成长期 growth",
       sum(w.weight) FILTER (WHERE w.stage = 'stable') AS "稳定期 stable"
FROM innovation_score.category c
JOIN innovation_score.indicator i USING (scheme, category)
JOIN innovation_score.weight w USING (scheme, indicator)
WHERE c.scheme = 'national-2024'
GROUP BY c.title, c.position
ORDER BY c.position;

\echo '3 · 极端值调整 What the adjustment does to an extreme value'
\echo
\echo '  The largest revenue of 2024 was filed in yuan. Min–max scaling (极值法) alone would let this one typing error'
\echo '  push everybody else to zero. The scheme pulls values beyond the 1st and 99th percentile back to them first'
\echo '  (“基于极端值调整的极值法”); the raw value stays as it is in the table.'
\echo

WITH bounds AS (
    SELECT innovation_score.extreme_bounds(revenue::float8, 'none') AS unadjusted,
           innovation_score.extreme_bounds(revenue::float8, 'percentile(0.01,0.99)') AS adjusted,
           percentile_disc(ARRAY[0.5, 0.9, 0.98, 1]) WITHIN GROUP (ORDER BY revenue) AS revenue
    FROM enterprise
    WHERE year = 2024
)
SELECT label AS "企业 firm", v AS "营业收入 revenue, 万元",
       innovation_score.winsorize(v::float8, adjusted)::numeric(20,2) AS "调整后 adjusted",
       round(innovation_score.minmax(v::float8, unadjusted)::numeric, 6) AS "0–1, 未调整 unadjusted",
       round(innovation_score.minmax(v::float8, adjusted)::numeric, 6) AS "0–1, 调整后 adjusted"
FROM bounds,
     unnest(revenue, ARRAY['中位企业 the median firm', '前百分之十 better than 90 %', '前百分之二 better than 98 %',
                           '录入错误 the typing error']) WITH ORDINALITY u(v, label, n)
ORDER BY n;

\echo '4 · 排名 The ten best firms of each stage, 2024'
\echo

PREPARE ten (text) AS
SELECT stage_rank AS "名次 rank", name AS "企业 firm", city AS "城市 city", score AS "积分 score",
       technology_score AS "技术创新 technology", growth_score AS "成长经营 growth", auxiliary_score AS "辅助 auxiliary",
       rank AS "全省 overall"
FROM innovation_ranking
WHERE year = 2024 AND stage = $1 AND stage_rank <= 10
ORDER BY stage_rank, credit_code;
\echo '  初创期 startup'
EXECUTE ten('startup');
\echo '  成长期 growth'
EXECUTE ten('growth');
\echo '  稳定期 stable'
EXECUTE ten('stable');

\echo '5 · 白名单 The whitelist'
\echo
\echo '  At least 30 points and values for 80 % of the weight; the best 60 firms of a city and the best 300 of the'
\echo '  province; revenue known and growing; the next 50 are held in reserve; two firms are on the negative list.'
\echo
\echo '    SELECT innovation_score.set_whitelist_rule('
\echo '               \'innovation\', min_score => 30, min_coverage => 0.8, top_n => 300, quota_by => \'city\','
\echo '               quota_n => 60, required => \'revenue_growth > 0\', reserve_n => 50);'
\echo

\o /dev/null
SELECT innovation_score.set_whitelist_rule('innovation', min_score => 30, min_coverage => 0.8, top_n => 300,
                                           quota_by => 'city', quota_n => 60, required => 'revenue_growth > 0',
                                           reserve_n => 50);
\o
INSERT INTO innovation_score.exclusion (scoreboard, entity, reason, valid_from, valid_to)
SELECT 'innovation', credit_code,
       CASE rank WHEN 2 THEN '科研失信 research misconduct' ELSE '重大安全事故 major accident' END, current_date - 100, current_date + 265
FROM innovation_ranking
WHERE year = 2024 AND rank IN (2, 5);

CREATE TEMP TABLE listed AS SELECT * FROM innovation_whitelist WHERE year = 2024;
SELECT CASE decision WHEN 'listed' THEN '入选 listed' WHEN 'reserve' THEN '候补 reserve' ELSE '未入选 rejected' END
           AS "结果 decision",
       count(*) AS "企业数 firms", min(score) AS "最低分 lowest score", max(score) AS "最高分 highest score",
       count(*) FILTER (WHERE stage = 'startup') AS "初创期 startup",
       count(*) FILTER (WHERE stage = 'growth') AS "成长期 growth",
       count(*) FILTER (WHERE stage = 'stable') AS "稳定期 stable"
FROM listed
GROUP BY decision
ORDER BY array_position('{listed,reserve,rejected}', decision);

\echo '  Every firm is told why:'
\echo
SELECT rank AS "全省 overall", name AS "企业 firm", score AS "积分 score",
       CASE decision WHEN 'listed' THEN '入选 listed' WHEN 'reserve' THEN '候补 reserve' ELSE '未入选 rejected' END
           AS "结果 decision",
       replace(reasons, '; ', E';\n') AS "理由 reasons"
FROM (SELECT *, row_number() OVER (PARTITION BY decision ORDER BY rank, credit_code) AS n,
             count(*) OVER (PARTITION BY decision) AS of,
             row_number() OVER (PARTITION BY decision, regexp_replace(reasons, ' for .*|[0-9.]+', '', 'g')
                                ORDER BY rank, credit_code) AS m
      FROM listed) l
WHERE decision = 'listed' AND n IN (1, of) OR decision = 'reserve' AND n = 1
   OR decision = 'rejected' AND m = 1 AND (reasons NOT LIKE '%;%' OR reasons LIKE 'excluded%')
ORDER BY rank NULLS LAST
LIMIT 8;

\echo '6 · 明细 One firm, point by point'
\echo
SELECT credit_code, name, stage, score, rank, stage_rank FROM innovation_ranking
WHERE year = 2024 AND stage = 'startup' AND coverage < 1 ORDER BY rank, credit_code LIMIT 1 \gset
\echo '  ':name' (':credit_code'): number ':stage_rank' of the start-ups of 2024, though a value is missing.'
\echo
SELECT title AS "指标 indicator", round(value::numeric, 4) AS "原值 value", round(lower::numeric, 4) AS "下限 lower",
       round(upper::numeric, 4) AS "上限 upper", status AS "状态 status", round(normalized::numeric, 4) AS "0–1",
       round(max_points::numeric, 2) AS "满分值 most", round(points::numeric, 4) AS "得分 points"
FROM innovation_detail d
JOIN (SELECT indicator, position FROM innovation_score.indicator WHERE scheme = 'national-2024') i USING (indicator)
WHERE credit_code = :'credit_code' AND year = 2024
ORDER BY i.position;
\echo '  Points are the most times 0–1, and their sum, rounded to four decimals, is the score:'
\echo

SELECT sum(points ORDER BY position) AS "得分合计 sum of points", s.score AS "积分 score",
       round(sum(points ORDER BY position)::numeric, 4) = s.score::numeric AS "相等 equal"
FROM innovation_detail d
JOIN (SELECT indicator, position FROM innovation_score.indicator WHERE scheme = 'national-2024') i USING (indicator)
JOIN innovation_score s USING (credit_code, year)
WHERE credit_code = :'credit_code' AND year = 2024
GROUP BY s.score;
