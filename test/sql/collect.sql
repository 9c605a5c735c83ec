--
-- Collections: readers of cells, registers collected into a row per firm and period, what could not be used, errors.
--
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA collect;
SET search_path = collect, innovation_score, public;
SET DateStyle = 'SQL, DMY';

-- ---------------------------------------------------------------- readers

-- every form, without a unit, in 万元 and in percent; * stands for a reason
SELECT c AS cell, COALESCE(parse_number(c)::text, '* ' || number_problem(c), '') AS plain,
       COALESCE(parse_number(c, '万元')::text, '* ' || number_problem(c, '万元'), '') AS wan,
       COALESCE(parse_number(c, '%')::text, '* ' || number_problem(c, '%'), '') AS percent
FROM unnest(ARRAY['1,234.00', '１，２００', '007', '.5', '5.', '+500', '－500', '−500', '(500)', '（500）', '-¥1,200.50', '0元', '￥1,200.00',
    '人民币1200元整', '1200万元人民币', '1e3', '1.2E+05', '3.5亿', '1,200万元', '500 万元', '3亿5000万元', '3千万', '12.5%', '１２．５％', '5‰', '12人', '3件',
    '', '—', '－', '--', '/', '.', '…', '*', 'N/A', '#N/A', 'null', '无', '无数据', '未披露', '不适用', '暂无',
    '约500', '近500', '500+', '≥500', '500以上', '500左右', '500余', '数千万元', '1~2',
    '1-2', '1200-1800万元', '2023-05-03', '500-', '1.234,5', '12,5', '1,23,456', '1,2000', '1.2.3',
    '350万美元', '$500', 'USD 3.5 million', '1万2', '1 200', '1万20000元', '壹佰', '壹佰万元整', '二十',
    '5¹', '10²', '①', 'Ⅲ', 'NaN', 'Infinity', '1e999', '0x1F', '1_000', '是', '2023年', '12.5个百分点', '500(含税)', '500元/人',
    '***', '#REF!', '20k', '1.5w', '1200萬', '(-500)', '-', '+', '(', '()', '1e', '¥', '5-%']) WITH ORDINALITY AS u(c, n) ORDER BY n;
-- blanks of all kinds around it; units of persons and shares; digits beyond every float
SELECT parse_number(chr(160) || chr(8239) || '7' || chr(12288) || chr(65279)), parse_number('1.2万', '人'), number_problem('12件', '人'),
       parse_number('12.5%', '‰'), parse_number('350万美元', '美元'), parse_number(repeat('9', 60) || '.10');
SELECT parse_number(NULL), number_problem(NULL), parse_number('5', NULL), parse_date(NULL);
-- a plain number is read as numeric reads it
SELECT count(*) FROM (SELECT (((hashint4(g)::bigint * 7919) % 100000000000)::numeric / 10 ^ (g % 5))::numeric(20, 4) AS v FROM generate_series(1, 2000) g) s
WHERE parse_number(v::text) IS DISTINCT FROM v OR number_problem(v::text) IS NOT NULL
   OR parse_number(btrim(to_char(abs(v), '999,999,999,999,990.0000'))) IS DISTINCT FROM abs(v)
   OR parse_number(v || '元', '万元') IS DISTINCT FROM v / 10000;

SELECT c AS cell, to_char(parse_date(c), 'YYYY-MM-DD') AS date
FROM unnest('{20230503,2023-05-03,2023.5.3,2023/5/3,２０２３年５月３日,2023年5月,2023-05,202305,2023-05-03 23:59:59.5,2023-05-03T08:00,
    2024-02-29,2023-02-29,2023-13-01,2023-05-32,2023,23-05-03,03/05/2023,2023-05/03,2023-05-03 24:00,"2023年5月3",20230503x,—,是}'::text[])
    WITH ORDINALITY AS u(c, n) ORDER BY n;

SELECT c AS cell, company_key(c), credit_code_kind(c), credit_code_valid(c)
FROM unnest(ARRAY['91350100M000100Y43', '91350100M000100Y44', ' 91350100m000100y43　', '９１350100M000100Y43', '110108000000016', '110108000000017',
    'D2143569-X', 'D2143569X', 'D21435691', 'I1350100M000100Y43', '杭州 云图（集团）有限公司', 'Abc-D co.', '', ' 　', '-']) WITH ORDINALITY AS u(c, n) ORDER BY n;
SELECT normalize_company_name('　Ａcme （中国）有限公司 '), normalize_company_name('　') IS NULL AS nothing;

-- over the months that there are; parallel states merge, whatever the order
SELECT monthly_average(v, d) FROM (VALUES (1, date '2023-01-05'), (2, '2023-01-20'), (NULL, '2023-02-01'), (3, NULL), (6, '2022-12-01')) x(v, d);
SELECT monthly_average(v, d) FROM (VALUES (1, NULL::date)) x(v, d);
SELECT monthly_average(1, d) FROM (VALUES (date '2020-01-01'), ('2025-05-01')) x(d);
-- counts, decimals, numbers beyond every integer and NaN in one sum
SELECT v.what, monthly_average(u.n, d) FROM (VALUES ('counts', '{1,3}'::numeric[]), ('both', '{1,2.50}'), ('less', '{-1,4}'), ('more', '{1e30,2}'), ('nan', '{NaN,2}'), ('written', '{1.00,3}')) v(what, numbers)
CROSS JOIN LATERAL unnest(v.numbers) u(n) CROSS JOIN LATERAL (SELECT date '2023-01-05' + 31 * (u.n = v.numbers[2])::int) d(d) GROUP BY 1 ORDER BY 1;
CREATE TABLE month (firm int, n int, d date);
INSERT INTO month SELECT g % 7, g, date '2022-01-01' + (g * 37 % 1000) FROM generate_series(1, 5000) g;
ALTER TABLE month SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*) AS firms, bool_and(round(average, 9) = round(twin, 9)) AS equal
FROM (SELECT firm, monthly_average(n, d) AS average, sum(n)::numeric / count(DISTINCT date_trunc('month', d)) AS twin FROM month GROUP BY firm) m;
SELECT round(average, 9) = round(twin, 9) AS equal
FROM (SELECT monthly_average(n, d) AS average FROM month) m,
     (SELECT sum(n)::numeric / count(DISTINCT date_trunc('month', d)) AS twin FROM month) t;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- ---------------------------------------------------------------- registers

CREATE TABLE 企业 (代码 text PRIMARY KEY, 名称 text, 城市 text, 状态 text);
COMMENT ON COLUMN 企业.城市 IS 'where it is';
INSERT INTO 企业 VALUES ('A', '甲公司', '杭州', '存续'), ('B', '乙公司', '杭州', '存续'), ('C', '丙公司', '宁波', '存续'), ('D', '丁公司', '宁波', '注销');
-- D went into A; 旧 is nobody's, since two had the name
CREATE TABLE 别名 (alias text, firm text);
INSERT INTO 别名 VALUES ('A', 'A'), ('D', 'D'), ('D', 'A'), ('甲公司', 'A'), ('乙公司', 'B'), ('旧', 'B'), ('旧', 'C'), ('x9', 'C');

CREATE TABLE 申报 (代码 text, 年度 int, 收入 numeric, 日期 date);
INSERT INTO 申报 VALUES
    ('A', 2022, 100, '2023-03-01'), ('D', 2022, 20, '2023-03-01'),
    ('A', 2023, 150, '2024-03-01'), ('A', 2023, 160, '2024-06-01'), ('D', 2023, 30, '2024-03-01'),     -- corrected; D files for itself
    ('B', 2023, 50, '2024-03-01'), ('B', 2023, 70, '2024-03-01'),                                      -- which of the two?
    ('B', 2022, 40, '2023-03-01'), ('B', 2022, 40, '2023-03-01'),
    ('E', 2023, 10, '2024-03-01'), (NULL, 2023, 1, '2024-03-01'), ('旧', 2023, 5, '2024-03-01');
CREATE TABLE 报表 (代码 varchar, 期 text, 高新 text, 人员 text);
INSERT INTO 报表 VALUES ('A', '202312', '1,200', '12人'), ('D', '202312', '约500', '3'), ('B', '202312', '￥12,000.00', '无'), ('x9', '202312', '—', '5');
CREATE TABLE 专利 (号 text, 人 text, 类 text, 日 text);
INSERT INTO 专利 VALUES ('1', '甲公司;乙公司', '发明', '20230105'), ('1', '甲公司;乙公司', '发明', '20230105'), ('2', 'D', '实用', '2023-02-01'),
    ('3', 'B', '发明', '未知'), ('4', 'C', '发明', '2021-01-01');
CREATE TABLE 平台 (代码 text, 起 date, 止 date);
INSERT INTO 平台 VALUES ('A', '2020-01-01', NULL), ('A', '2020-01-01', '2023-06-30'), ('B', '2023-12-31', '2023-12-31'), ('C', NULL, '2024-01-01'), ('C', '2025-01-01', NULL);
CREATE TABLE 奖励 (代码 text, 年 int);
INSERT INTO 奖励 VALUES ('A', 2021), ('A', 2023), ('B', 2020), ('C', NULL);

SET client_min_messages = notice;
SELECT create_collection('归集', '企业', '代码', '{2023,2022}', $$ {
    "tax": {"table": "申报", "key": "代码", "period": "年度", "latest": "日期"},
    "report": {"table": "报表", "key": "代码", "period": "left(期, 4)::int", "numbers": {"高新": "万元", "人员": "人"}},
    "patents": {"table": "专利", "key": "string_to_array(人, ';')", "date": "日", "dates": ["日"], "distinct": "号"},
    "platforms": {"table": "平台", "key": "代码", "from": "起", "to": "止"},
    "running": {"table": "平台", "key": "代码", "from": "起", "to": "止", "during": "period"},
    "awards": {"table": "奖励", "key": "代码", "period": "年", "years": 3}
} $$, $$ {
    "revenue": {"from": "tax", "value": "sum(收入)"},
    "growth": "growth_rate(revenue, previous.revenue)",
    "hitech": {"from": "report", "value": "sum(高新)"},
    "staff": {"from": "report", "value": "sum(人员)", "absent": 0},
    "share": {"value": "ratio(hitech, revenue)"},
    "inventions": {"from": "patents", "value": "count(*) FILTER (WHERE 类 = '发明')", "absent": 0},
    "platforms": {"from": "platforms", "value": "count(*)", "absent": 0},
    "running": {"from": "running", "value": "count(*)", "absent": null},
    "awards": {"from": "awards", "value": "count(*)", "absent": 0},
    "more_staff": "staff - previous.staff"
} $$, aliases => '别名', attributes => '{城市}', condition => '状态 = ''存续''');
SET client_min_messages = warning;
SELECT * FROM 归集 ORDER BY firm, period;
SELECT * FROM 归集_sources ORDER BY register, period;
SELECT register, "table", firm, key, "column", text, reason FROM 归集_problems ORDER BY 7, 1 NULLS FIRST, 4;
SELECT * FROM 归集_rows WHERE firm IN ('A', 'B') ORDER BY register, firm, period, "row"::text COLLATE "C";
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute a WHERE a.attrelid = '归集'::regclass AND a.attnum > 0 ORDER BY a.attnum;

-- the same in any order of the rows, and in parallel plans
CREATE TABLE before AS SELECT * FROM 归集;
CREATE TABLE 申报二 AS SELECT * FROM 申报 ORDER BY 收入 DESC;
TRUNCATE 申报; INSERT INTO 申报 SELECT * FROM 申报二;
ALTER TABLE 申报 SET (parallel_workers = 2); ALTER TABLE 报表 SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*) AS differing FROM ((TABLE 归集 EXCEPT ALL TABLE before) UNION ALL (TABLE before EXCEPT ALL TABLE 归集)) d;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- an alias that is unique is joined as it is; a path without innovation_score still finds its functions
CREATE TABLE 对照 (alias text PRIMARY KEY, firm text);
INSERT INTO 对照 VALUES ('D', 'A'), ('甲公司', 'A'), ('乙公司', 'B'), ('x9', 'C');
SET search_path = collect;
SELECT innovation_score.alter_collection('归集', aliases => '对照', periods => '{2022,2023,2024}');
SET search_path = collect, innovation_score, public;
SELECT count(*) AS rows, count(*) FILTER (WHERE period = 2024) AS of_2024 FROM 归集;
SELECT count(*) AS differing FROM ((SELECT * FROM 归集 WHERE period < 2024 EXCEPT ALL TABLE before) UNION ALL (TABLE before EXCEPT ALL SELECT * FROM 归集 WHERE period < 2024)) d;
-- nothing was delivered for 2024 but what lasts: absence is not 0
SELECT firm, staff, inventions, platforms, running, awards FROM 归集 WHERE period = 2024 ORDER BY firm;

-- keys that are no texts, a firm that stands twice, plain keys without aliases
CREATE TABLE firm_number (id int, city text);
INSERT INTO firm_number VALUES (1, 'x'), (2, 'y'), (2, 'z'), (NULL, 'n');
CREATE TABLE income (id bigint, y smallint, v float8);
INSERT INTO income VALUES (1, 2023, 1.5), (2, 2023, 2.5), (2, 2023, 4), (3, 2023, 1);
SELECT create_collection('numbers', 'firm_number', 'id', '{2023}', '{"income": {"table": "collect.income", "key": "id", "period": "y"}}',
                         '{"v": {"from": "income", "value": "sum(v)"}, "twice": "2 * v"}', attributes => '{city}');
SELECT * FROM numbers ORDER BY firm;
SELECT register, firm, key, reason FROM numbers_problems ORDER BY reason, key;

-- ---------------------------------------------------------------- stored

SELECT create_collection('stored', '企业', '代码', '{2023}', '{"tax": {"table": "申报", "key": "代码", "period": "年度", "latest": "日期"}}',
                         '{"revenue": {"from": "tax", "value": "sum(收入)"}}', stored => true);
SELECT relkind FROM pg_class WHERE oid = 'stored'::regclass;
SELECT * FROM stored ORDER BY firm;
INSERT INTO 申报 VALUES ('C', 2023, 7, '2024-04-01');
SELECT count(revenue) FROM stored;
SELECT refresh_collection('stored');
SELECT count(revenue) FROM stored;
SELECT alter_collection('stored', indicators => '{"revenue": {"from": "tax", "value": "sum(收入)"}, "reports": {"from": "tax", "value": "count(*)", "absent": 0}}');
SELECT * FROM stored ORDER BY firm;
SELECT refresh_collection('numbers');
CREATE VIEW uses AS SELECT * FROM stored;
SELECT drop_collection('stored');
DROP VIEW uses;

-- ---------------------------------------------------------------- mistakes

CREATE FUNCTION try(registers json, indicators json DEFAULT '{"a": {"from": "r", "value": "sum(收入)"}}', periods int[] DEFAULT '{2023}', name text DEFAULT 'wrong')
RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    PERFORM create_collection(name, '企业', '代码', periods, registers, indicators);
    RETURN 'made';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, hint);
END $$;
SELECT try('[]');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "keys": "x"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "key": "代码"}}');
SELECT try('{"r": {"table": "申报", "key": "代码"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "date": "日期"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "to": "日期"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "years": 0}}');
SELECT try('{"r": {"table": "平台", "key": "代码", "from": "起", "during": "never"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "日期"}}');
SELECT try('{"r": {"table": "专利", "key": "人", "date": "日"}}');
SELECT try('{"r": {"table": "申报", "key": "代号", "period": "年度"}}');
SELECT try('{"r": {"table": "nowhere", "key": "代码", "period": "年度"}}');
SELECT try('{"r": {"table": "申报", "key": "代码) FROM 申报; DROP TABLE 申报; --", "period": "年度"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "where": "收入"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "numbers": {"收入": "元"}}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度", "numbers": {"收人": "元"}}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "s", "value": "sum(收入)"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"revenue": {"from": "r", "value": "收入"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入) + 收入"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "1"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "max(代码)"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收人)"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入)", "absent": "0"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入)"}, "a": "1"}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入)"}, "b": "2 * a", "c": "b + 1"}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入)"}, "b": "previous.z"}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入)"}, "b": "a || ''x''"}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"from": "r", "value": "sum(收入)"}, "b": "sum(a)"}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": {"value": "1", "absent": 0}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"a": "1"}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', '{"firm": {"from": "r", "value": "sum(收入)"}}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', periods => '{}');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', name => '归集');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', name => '企业');
SELECT try('{"r": {"table": "申报", "key": "代码", "period": "年度"}}', name => 'a.b.c');
SELECT drop_collection('nowhere');
SELECT count(*) FROM pg_class WHERE relname LIKE 'wrong%';

-- ---------------------------------------------------------------- names of the caller's schemas, not ours

-- an operator that stands in front of PostgreSQL's does not reach what is generated
CREATE SCHEMA trap;
CREATE FUNCTION trap.never(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never);
CREATE FUNCTION trap.never(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE OPERATOR trap.= (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.never);
CREATE FUNCTION trap.max(numeric) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;
SET search_path = trap, pg_catalog, collect, innovation_score;
SELECT create_collection('collect.trapped', '企业', '代码', '{2023}', '{"tax": {"table": "申报", "key": "代码", "period": "年度", "latest": "日期"},
    "report": {"table": "报表", "key": "代码", "period": "\"left\"(期, 4)::int", "numbers": {"高新": "万元"}}}',
    '{"revenue": {"from": "tax", "value": "sum(收入)"}, "hitech": {"from": "report", "value": "sum(高新)", "absent": 0}, "growth": "revenue - previous.revenue"}', aliases => '别名');
SET search_path = collect, innovation_score, public;
SELECT * FROM trapped ORDER BY firm;
SELECT (SELECT count(*) > 0 FROM trapped_problems) AS problems, (SELECT count(*) FROM trapped_sources) AS sources, (SELECT count(*) > 0 FROM trapped_rows) AS rows;

SELECT drop_collection(c) FROM unnest('{归集,numbers,stored,trapped}'::text[]) c;
SELECT count(*) AS collections FROM collection;
SELECT count(*) AS views FROM pg_class WHERE relnamespace = 'collect'::regnamespace AND relkind IN ('v', 'm');
SET client_min_messages = warning;
DROP SCHEMA trap CASCADE;
DROP SCHEMA collect CASCADE;
