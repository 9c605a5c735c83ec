--
-- Proposals: which column of a source is which indicator, in what unit, and the call that binds them.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA proposal;
SET search_path = proposal, innovation_score, public;

-- ---------------------------------------------------------------- formulas are part of a scheme

SELECT indicator, formula FROM indicator WHERE scheme = 'national-2024' AND formula IS NOT NULL ORDER BY position;
SELECT derive_scheme('mine', 'national-2024', 'mine');
SELECT count(formula) FROM indicator WHERE scheme = 'mine';
UPDATE indicator SET formula = 'rd_expense / revenue' WHERE scheme = 'mine' AND indicator = 'rd_intensity';
SELECT d.* FROM scheme_diff('national-2024', 'mine') d WHERE d::text ~ 'formula';
CREATE TABLE document AS SELECT scheme_export('mine') AS document;
SELECT jsonb_path_query_array(document, '$.indicator[*].formula') FROM document;
DELETE FROM scheme WHERE scheme = 'mine';
SELECT scheme_import(document) FROM document;
SELECT count(formula), max(formula) FILTER (WHERE indicator = 'rd_intensity') FROM indicator WHERE scheme = 'mine';
UPDATE indicator SET formula = 'a; DROP TABLE document' WHERE scheme = 'mine' AND indicator = 'revenue';
UPDATE indicator SET formula = '' WHERE scheme = 'mine' AND indicator = 'revenue';
DELETE FROM scheme WHERE scheme = 'mine';

-- ---------------------------------------------------------------- a source with Chinese names

CREATE TABLE 企业年度 (统一社会信用代码 text, 年度 int, 发展阶段 text, 研发费用 numeric, 加计扣除额 numeric, "主营业务收入（万元）" numeric, 主营业务收入 numeric,
    高新收入 text, 科技人员数 int, 职工总数 int, 硕士及以上占比 text, 发明专利授权量 int, 发明专利申请数 int, pct_patents int, 成交额 numeric,
    净利润 numeric, 净资产收益率 numeric, 应届生人数 text, 风险投资_亿元 numeric, 备注 text);
COMMENT ON COLUMN 企业年度.研发费用 IS '当年研发费用，单位：元';
COMMENT ON COLUMN 企业年度.净资产收益率 IS '（%）';
COMMENT ON COLUMN 企业年度.加计扣除额 IS '研发费用加计扣除减免税额';
COMMENT ON COLUMN 企业年度.成交额 IS '认定登记的技术合同 (千元)';
INSERT INTO 企业年度 VALUES
    ('A', 2023, 'startup', 1000000, 1, 500, 480, '1,200万元', 12, 40, '12.5%', 1, 2, 0, 300, 5, 12, '3', 0.5, 'x'),
    ('B', 2023, 'growth', NULL, 2, 700, 650, '约500', 20, 50, '5‰', 0, 1, 1, NULL, 7, 8, '—', NULL, 'y');

SELECT indicator, unit, kind, proposal, why, unit_found, factor FROM propose_mapping('national-2024', '企业年度');
SELECT indicator, null_share, unreadable_share, samples, runner_up FROM propose_mapping('national-2024', '企业年度') WHERE samples IS NOT NULL;
-- nothing below a likeness; a word more, and one that excludes
SELECT count(proposal) FROM propose_mapping('national-2024', '企业年度', 1);
INSERT INTO indicator_synonym VALUES ('science_awards', '备注', false), ('revenue', '主营', true);
SELECT indicator, proposal FROM propose_mapping('national-2024', '企业年度') WHERE indicator IN ('science_awards', 'revenue');
DELETE FROM indicator_synonym WHERE NOT shipped;

-- ---------------------------------------------------------------- the call, which runs as it is

SELECT mapping_call('national-2024', '企业年度', '榜');
SELECT mapping_call('national-2024', '企业年度', '榜') AS call \gset
:call
SELECT 统一社会信用代码, stage, score IS NOT NULL AS scored FROM 榜_ranking ORDER BY 1;
SELECT indicator, value FROM 榜_detail WHERE 统一社会信用代码 = 'A' AND indicator IN
    ('rd_expense', 'rd_staff_share', 'hitech_revenue', 'venture_capital', 'tech_contract_value', 'postgraduate_share') ORDER BY 1;
SELECT drop_scoreboard('榜');

-- parts of a component, and a column for both, which goes before them
CREATE TABLE 学历 (职工总数 int, 博士 int, 硕士人数 int, 硕士及以上占营收 int, 博士后 int);
SELECT proposal FROM propose_mapping('national-2024', '学历') WHERE indicator = 'postgraduate_share';
ALTER TABLE 学历 ADD "博士+硕士" int;
SELECT proposal FROM propose_mapping('national-2024', '学历') WHERE indicator = 'postgraduate_share';

-- names in English, formulas over them, a name that must be quoted
CREATE TABLE firm ("Code" text, year int, rd_expense numeric, "revenue" numeric, rd_staff int, "staff" int, net_profit float8, net_assets float8,
    revenue_before numeric, 上年研发投入 numeric, 营业收入增速 numeric);
SELECT indicator, proposal, why FROM propose_mapping('national-2024', 'firm') WHERE proposal IS NOT NULL OR why ~ 'formula';
SELECT substring(mapping_call('national-2024', 'firm') FOR 180);

SELECT propose_mapping('nowhere', 'firm');
CREATE SEQUENCE s;
SELECT propose_mapping('national-2024', 's');

SET client_min_messages = warning;
DROP SCHEMA proposal CASCADE;
