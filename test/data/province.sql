--
-- An invented province: firms, years and the 18 indicators of the 2024 national scheme.
--
-- Included by the demo, the benchmark and the twin tests.  Needs no extension.  Creates schema "province" with
--
--     province.firms(firms, first_year, years, seed)   one row a firm and year
--
-- Every value is a pure function of (firm, year, indicator, seed): no random(), no setseed(), no dependence on the
-- order of rows, so a row is the same whatever the number of rows made.  The uniforms come from hashint8extended(),
-- which hash partitioning and pg_upgrade keep the same in every version and on every platform; they are turned into
-- heavy tails with + - * / and sqrt() only, which IEEE 754 rounds the same everywhere, never with exp() or ln().
--
-- Firms, cities and credit codes (division 99 does not exist) are made up; any likeness to a real firm is chance.
--
CREATE SCHEMA province;

-- A uniform number in the open interval (0, 1), 52 bits.
CREATE FUNCTION province.uniform(key bigint, stream bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((hashint8extended(key, stream) & 4503599627370495)::float8 + 0.5) / 4503599627370496;

-- u/(1-u), written so that the argument is used once: log-logistic, median 1, no mean.  Its square root looks much
-- like a lognormal with sigma 0.9 and a fatter tail; its fourth root like one with sigma 0.45.
CREATE FUNCTION province.heavy(u float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 1 / (1 / u - 1);

-- A number of patents, awards, ...: zero in all but a share of the cases, then 1 and up with a heavy tail.
CREATE FUNCTION province.count(u float8, share float8, spread float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN u >= share THEN 0
            ELSE least(1 + floor(spread * sqrt(1 / ((u + 0.000001) / (share + 0.000001)) - 1)), 999) END;

-- Money in 10,000 yuan (万元), to the hundred yuan.
CREATE FUNCTION province.money(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(x * 100) / 100;

CREATE FUNCTION province.firms(firms bigint, first_year int DEFAULT 2022, years int DEFAULT 3, seed bigint DEFAULT 1)
RETURNS TABLE (
    firm bigint, credit_code text, name text, city text, industry text, founded int, year int, stage text,
    rd_expense float8, rd_expense_growth float8, rd_intensity float8, rd_staff_share float8,
    invention_patents float8, pct_patents float8, tech_contract_value float8,
    hitech_revenue float8, revenue float8, revenue_growth float8, postgraduate_share float8, rd_tax_relief float8,
    net_asset_margin float8,
    graduates_hired float8, rd_platforms float8, science_awards float8, science_projects float8,
    venture_capital float8)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- 4. what was reported: some of it is missing, and indicators that need a missing value are missing too
    SELECT firm, credit_code, name, city, industry, founded, year, stage,
           rd_expense,
           CASE WHEN age > 0 AND rd_before > 0 THEN (rd_expense - rd_before) / rd_before END,
           CASE WHEN revenue > 0 THEN rd_expense / revenue END,
           CASE WHEN province.uniform(k, s + 34) > 0.05 THEN rd_staff / staff END,
           CASE WHEN province.uniform(k, s + 35) > 0.01 THEN invention_patents END,
           CASE WHEN province.uniform(k, s + 36) > 0.02 THEN pct_patents END,
           CASE WHEN province.uniform(k, s + 37) > 0.10 THEN tech_contract_value END,
           CASE WHEN province.uniform(k, s + 38) > 0.08 THEN hitech_revenue END,
           revenue,
           CASE WHEN age > 0 AND revenue_before > 0 THEN (revenue - revenue_before) / revenue_before END,
           CASE WHEN province.uniform(k, s + 41) > 0.12 THEN postgraduates / staff END,
           CASE WHEN province.uniform(k, s + 42) > 0.15 THEN province.money(0.15 * rd_expense) END,
           CASE WHEN province.uniform(k, s + 43) > 0.04 THEN net_asset_margin END,
           CASE WHEN province.uniform(k, s + 44) > 0.06 THEN graduates_hired END,
           rd_platforms, science_awards, science_projects,
           CASE WHEN province.uniform(k, s + 48) > 0.25 THEN venture_capital END
    FROM (
        -- 3. the books: two years of money, people, and what good firms (talent near 1) have more of.  One revenue in
        --    2,500 was filed in yuan instead of 10,000 yuan; next year's growth inherits it.
        SELECT firm, credit_code, name, city, industry, founded, year, stage, k, s, age,
               CASE WHEN province.uniform(k, s + 31) > 0.03 THEN province.money(sales * effort) END AS rd_expense,
               CASE WHEN province.uniform(k - 1, s + 31) > 0.03
                    THEN province.money(sales_before * effort_before) END AS rd_before,
               CASE WHEN province.uniform(k, s + 39) > 0.01
                    THEN province.money(sales * CASE WHEN province.uniform(k, s + 50) < 0.0004 THEN 10000 ELSE 1 END)
                    END AS revenue,
               CASE WHEN province.uniform(k - 1, s + 39) > 0.01
                    THEN province.money(sales_before
                                        * CASE WHEN province.uniform(k - 1, s + 50) < 0.0004 THEN 10000 ELSE 1 END)
                    END AS revenue_before,
               staff,
               floor(staff * (0.1 + 0.6 * talent * province.uniform(firm, s + 4))) AS rd_staff,
               floor(staff * 0.4 * talent * province.uniform(firm, s + 11)) AS postgraduates,
               province.count(province.uniform(k, s + 5), 0.3 * talent * talent, 3 * talent) AS invention_patents,
               province.count(province.uniform(k, s + 6), 0.06 * talent * talent, 1.5) AS pct_patents,
               CASE WHEN province.uniform(k, s + 7) < 0.35
                    THEN province.money(0.2 * sales * province.uniform(k, s + 17)) ELSE 0 END AS tech_contract_value,
               province.money(sales * sqrt(province.uniform(k, s + 8))) AS hitech_revenue,
               0.08 + 0.1 * (sqrt(sqrt(province.heavy(province.uniform(k, s + 13)))) - 1)
                    + 0.1 * (province.uniform(firm, s + 23) - 0.5) AS net_asset_margin,
               floor(staff * 0.08 * province.uniform(k, s + 14)) AS graduates_hired,
               province.count(province.uniform(firm, s + 15), 0.15 * talent, 0.7) AS rd_platforms,
               province.count(province.uniform(k, s + 16), 0.12 * talent, 0.4) AS science_awards,
               province.count(province.uniform(k, s + 18), 0.2 * talent, 0.6) AS science_projects,
               CASE WHEN province.uniform(k, s + 19) < CASE stage WHEN 'startup' THEN 0.12 ELSE 0.04 END
                    THEN province.money(800 * province.heavy(province.uniform(k, s + 20))) ELSE 0 END AS venture_capital
        FROM (
            -- 2. a year of a firm: sales grow with age by the firm's own pace, with good and bad years
            SELECT firm, credit_code, name, city, industry, founded, year, k, s, age, talent,
                   CASE WHEN age <= 4 THEN 'startup' WHEN age <= 12 THEN 'growth' ELSE 'stable' END AS stage,
                   size * (100 + 40 * age * age) * (1 + pace * age)
                        * sqrt(sqrt(sqrt(province.heavy(province.uniform(k, s + 1))))) AS sales,
                   size * (100 + 40 * (age - 1) * (age - 1)) * (1 + pace * (age - 1))
                        * sqrt(sqrt(sqrt(province.heavy(province.uniform(k - 1, s + 1))))) AS sales_before,
                   intensity / (1 + 0.1 * age)
                        * sqrt(sqrt(sqrt(province.heavy(province.uniform(k, s + 2))))) AS effort,
                   intensity / (1 + 0.1 * (age - 1))
                        * sqrt(sqrt(sqrt(province.heavy(province.uniform(k - 1, s + 2))))) AS effort_before,
                   5 + floor(sqrt(size * (100 + 40 * age * age)) * (0.5 + province.uniform(firm, s + 3))) AS staff
            FROM (
                -- 1. a firm: who, where, since when, how big, how able.  Brand, second brand and suffix enumerate
                --    24,576 different names.
                SELECT f AS firm,
                       '9199' || lpad((c.n + 1)::text, 2, '0') || '00MA'
                           || upper(lpad(to_hex(f * 6700417 % 268435399), 7, '0')) || f % 10 AS credit_code,
                       (c.cities)[c.n + 1] || (c.brand)[f * 27 % 64 + 1] || (c.brand2)[f * 2731 % 4096 / 64 + 1]
                           || (c.trades)[c.i + 1] || (c.suffix)[(f / 4096 + f) % 6 + 1] AS name,
                       (c.cities)[c.n + 1] || '市' AS city,
                       (c.industries)[c.i + 1] AS industry,
                       y AS year, c.s, f * 4096 + y AS k,
                       c.founded, y - c.founded AS age,
                       province.uniform(f, c.s + 104) AS talent,
                       sqrt(province.heavy(province.uniform(f, c.s + 105))) AS size,
                       0.1 * province.uniform(f, c.s + 106) AS pace,
                       0.12 * (0.3 + province.uniform(f, c.s + 104))
                            * sqrt(sqrt(province.heavy(province.uniform(f, c.s + 107)))) AS intensity
                FROM generate_series(1, firms) f
                CROSS JOIN LATERAL (
                    SELECT seed * 1000 AS s,
                           floor(11 * province.uniform(f, seed * 1000 + 101)
                                    * province.uniform(f, seed * 1000 + 111))::int AS n,
                           floor(9 * province.uniform(f, seed * 1000 + 102))::int AS i,
                           first_year - floor(25 * province.uniform(f, seed * 1000 + 103)
                                                    * province.uniform(f, seed * 1000 + 103))::int AS founded,
                           '{云江,澜州,清湖,望川,雁桥,松陵,汀海,岚山,柏溪,青屿,云麓}'::text[] AS cities,
                           '{云,星,智,恒,瑞,启,元,博,创,新,华,天,宇,辰,光,海,锐,凌,远,信,中,汇,万,佳,德,嘉,明,泰,鼎,盛,众,联,'
                           '宏,永,安,同,金,蓝,青,弘,卓,拓,腾,飞,翔,思,睿,慧,融,科,东,南,西,北,景,康,和,润,晶,微,量,极,超,灵}'::text[]
                               AS brand,
                           '{图,迈,诺,维,达,讯,芯,联,康,能,源,通,创,方,川,峰,泽,景,澜,舟,岳,林,原,野,石,泉,虹,霖,帆,桥,塔,禾,'
                           '越,驰,跃,行,航,舰,轮,轩,格,致,知,正,衡,度,量,算,析,象,形,界,域,境,合,和,同,众,群,力,为,成,志,益}'::text[]
                               AS brand2,
                           '{软件,智能装备,新材料,生物医药,新能源,环保,数字文化,汽车电子,检测}'::text[] AS trades,
                           '{新一代信息技术,高端装备制造,新材料,生物,新能源,节能环保,数字创意,新能源汽车,相关服务}'::text[]
                               AS industries,
                           '{科技有限公司,技术有限公司,股份有限公司,有限公司,技术股份有限公司,科技股份有限公司}'::text[] AS suffix
                    OFFSET 0) c
                CROSS JOIN generate_series(first_year, first_year + years - 1) y
                OFFSET 0) firm
            OFFSET 0) firm_year
        OFFSET 0) books
$$;
