-- review: trimmed means and Kendall's W against base R and plain SQL; expert ratings as far as the whitelist
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- ---------- trimmed_mean

-- R 4.2.2: mean(x, trim = )
CREATE TABLE sample AS SELECT 1 AS k, x::float8 FROM unnest('{97.1,5,3.25,88,61,45.5,70,12,66,1e3,-40,7}'::float8[]) x
UNION ALL SELECT 2, (i * 7919 % 503) / 7.0::float8 FROM generate_series(1, 101) i;
SELECT k, share, abs(trimmed_mean(x, share) - r) <= 4e-16 * abs(r) AS as_r
FROM sample JOIN (VALUES (1, 0::float8, 117.90416666666667::float8), (1, 0.05, 117.90416666666667), (1, 0.1, 45.484999999999999), (1, 0.2, 44.3125),
                  (1, 0.25, 43.583333333333336), (1, 0.3, 43.583333333333336), (1, 0.4, 46.125), (1, 0.49, 53.25), (1, 0.5, 53.25),
                  (2, 0.05, 36.987441130298272), (2, 0.1, 36.959435626102291), (2, 0.29, 37.046511627906973), (2, 0.333, 37.028571428571425),
                  (2, 0.5, 36.571428571428569)) v(k, share, r) USING (k)
GROUP BY k, share, r ORDER BY k, share;
-- a number at each end, against plain SQL; too many leave the median
SELECT k, n, trimmed_mean(x, n) = t.r AS as_sql, n < 6 OR trimmed_mean(x, n) = percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS median
FROM sample CROSS JOIN unnest('{0,1,2,5,50,1000,2147483647}'::int[]) n
CROSS JOIN LATERAL (SELECT avg(o.x::numeric)::float8 AS r
                    FROM (SELECT s.x, row_number() OVER (ORDER BY s.x) AS i, count(*) OVER () AS all_of_them FROM sample s WHERE s.k = sample.k) o
                    WHERE o.i > least(n, (o.all_of_them - 1) / 2) AND o.i <= o.all_of_them - least(n, (o.all_of_them - 1) / 2)) t
WHERE k = 1 GROUP BY k, n, t.r ORDER BY k, n;
-- few values: one, two, three
SELECT n, trimmed_mean(i * i, 0.2) AS share, trimmed_mean(i * i, 0.4) AS more, trimmed_mean(i * i, 1) AS one, trimmed_mean(i * i, 2) AS two
FROM generate_series(1, 6) n, generate_series(1, n) i GROUP BY n ORDER BY n;
-- NULL, NaN and infinities are missing; -0, denormals and the largest numbers are not
SELECT trimmed_mean(x, 0.0), trimmed_mean(x, 0.25), trimmed_mean(x, 1) FROM unnest('{NULL,NaN,Infinity,-Infinity,1,2,4,9}'::float8[]) x;
SELECT trimmed_mean(x, 0.0), trimmed_mean(x, 1) FROM unnest('{-0,-0}'::float8[]) x;
SELECT trimmed_mean(x, 0.0), trimmed_mean(x, 1) FROM unnest('{1.7e308,1.7e308,1.7e308}'::float8[]) x;
SELECT trimmed_mean(x, 0.0) = 5e-324, trimmed_mean(x, 1) FROM unnest('{5e-324,5e-324,0}'::float8[]) x;
SELECT trimmed_mean(x, 0.0) FROM unnest('{1e308,1,-1e308}'::float8[]) x;
SELECT trimmed_mean(x, 0.1) FROM unnest('{}'::float8[]) x;
SELECT trimmed_mean(x, 0.1) FROM unnest('{NULL,NaN}'::float8[]) x;
SELECT trimmed_mean(x, 0.2), trimmed_mean(x, 1) FROM unnest('{7,7,7,7,7}'::float8[]) x;
-- the same bits in whatever order; numeric and integer columns; windows grow
SELECT count(DISTINCT m) FROM (SELECT trimmed_mean(x, 0.1 ORDER BY x) AS m FROM sample UNION ALL SELECT trimmed_mean(x, 0.1 ORDER BY x DESC) FROM sample
                               UNION ALL SELECT trimmed_mean(x, 0.1 ORDER BY md5(x::text)) FROM sample) t;
SELECT trimmed_mean(v, 0.2), trimmed_mean(v::int, 0.2::real) FROM (VALUES (1.0), (2), (3), (4), (90)) t(v);
SELECT i, trimmed_mean(i * i, 1) OVER (ORDER BY i) FROM generate_series(1, 6) i;
SELECT attempt($$SELECT trimmed_mean(1, 0.6)$$);
SELECT attempt($$SELECT trimmed_mean(1, -0.1)$$);
SELECT attempt($$SELECT trimmed_mean(1, 'NaN'::float8)$$);
SELECT attempt($$SELECT trimmed_mean(1, NULL::float8)$$);
SELECT attempt($$SELECT trimmed_mean(1, -1)$$);
SELECT attempt($$SELECT trimmed_mean(1, NULL::int)$$);
SELECT attempt($$SELECT trimmed_mean(1, i / 10.0) FROM generate_series(1, 2) i$$);
SELECT attempt($$SELECT trimmed_mean(1, i) FROM generate_series(1, 2) i$$);

-- ---------- kendall_w

-- the textbook's example: S. Siegel 1956, Nonparametric Statistics, chapter 9: three executives, six applicants, W = .16
SELECT (k).judges, (k).items, (k).w = 306 / 1890.0 AS exact, round((k).w::numeric, 2) AS w, (k).df FROM (
    SELECT kendall_w(r) AS k FROM (VALUES ('{1,6,3,2,5,4}'::float8[]), ('{1,5,6,4,2,3}'), ('{6,3,2,5,4,1}')) v(r)) t;
-- R 4.2.2: friedman.test(), statistic = m (n - 1) W. The first is the example on its page (Hollander & Wolfe 1973, pp. 140: times to round
-- first base), with ties
CREATE TABLE judge (example text, r float8[]);
INSERT INTO judge SELECT 'first base', v::float8[] FROM unnest('{"{5.40,5.50,5.55}","{5.85,5.70,5.75}","{5.20,5.60,5.50}","{5.55,5.50,5.40}","{5.90,5.85,5.70}",
    "{5.45,5.55,5.60}","{5.40,5.40,5.35}","{5.45,5.50,5.35}","{5.25,5.15,5.00}","{5.85,5.80,5.70}","{5.25,5.20,5.10}","{5.65,5.55,5.45}","{5.60,5.35,5.45}",
    "{5.05,5.00,4.95}","{5.50,5.50,5.40}","{5.45,5.55,5.50}","{5.55,5.55,5.35}","{5.45,5.50,5.55}","{5.50,5.45,5.25}","{5.65,5.60,5.40}","{5.70,5.65,5.55}",
    "{6.30,6.30,6.25}"}'::text[]) v;
INSERT INTO judge SELECT 'many ties', array_agg((i * (j * j + 3) * 7919 + j * i * i) % 13 ORDER BY i) FROM generate_series(1, 6) j, generate_series(1, 12) i GROUP BY j;
INSERT INTO judge SELECT '200 items', array_agg((i * 7 + j * (i * i % 31)) % 97 ORDER BY i) FROM generate_series(1, 5) j, generate_series(1, 200) i GROUP BY j;
INSERT INTO judge SELECT 'nearly one', array_agg(CASE WHEN j = 2 AND i <= 2 THEN 3 - i ELSE i END ORDER BY i) FROM generate_series(1, 4) j, generate_series(1, 20) i GROUP BY j;
SELECT example, (k).judges, (k).items, abs((k).w - w) < 1e-15 AS w, abs((k).chi_square - chi_square) < 1e-14 * chi_square AS chi_square, (k).df = df AS df,
       abs((k).p_value - p) < 1e-12 * p AS p_value
FROM (SELECT example, kendall_w(r) AS k FROM judge GROUP BY example) t JOIN (VALUES
    ('first base', 0.25324675324675322::float8, 11.14285714285714235::float8, 2, 0.003805040775511363::float8),
    ('many ties', 0.11236399604352126, 7.41602373887240329, 11, 0.76446220020412947),
    ('200 items', 3.4891121938777425e-01, 347.1666632908354, 199, 3.8946724188831330e-10),
    ('nearly one', 0.99943609022556390, 75.957142857142856, 19, 9.1560447854257911e-09)) r(example, w, chi_square, df, p) USING (example)
ORDER BY example COLLATE "C";
-- against the definition in plain SQL; and mean Spearman correlation of the pairs = (m W - 1) / (m - 1) without ties
CREATE TABLE ranked AS
SELECT example, j, i, x, rank() OVER w + (count(*) OVER (PARTITION BY example, j, x) - 1) / 2.0 AS rank, count(*) OVER (PARTITION BY example, j, x) AS tied
FROM (SELECT example, row_number() OVER (PARTITION BY example) AS j, r FROM judge) s, unnest(r) WITH ORDINALITY u(x, i)
WINDOW w AS (PARTITION BY example, j ORDER BY x);
SELECT t.example, abs((k).w - twin) < 1e-15 AS same
FROM (SELECT example, kendall_w(r) AS k FROM judge GROUP BY example) t
JOIN (SELECT d.example, 12 * s / (m * m * (n ^ 3 - n) - m * ties) AS twin
      FROM (SELECT example, sum((total - mean) ^ 2) AS s FROM (SELECT example, i, sum(rank) AS total, avg(sum(rank)) OVER (PARTITION BY example) AS mean FROM ranked GROUP BY example, i) a GROUP BY example) d
      JOIN (SELECT example, max(j)::numeric AS m, max(i)::numeric AS n, sum(tied * tied - 1) AS ties FROM ranked GROUP BY example) e USING (example)) v USING (example)
ORDER BY t.example COLLATE "C";
SELECT abs((4 * (SELECT (kendall_w(r)).w FROM judge WHERE example = 'nearly one') - 1) / 3 - avg(rho)) < 1e-14 AS as_spearman FROM (
    SELECT spearman(a.x, b.x) AS rho FROM ranked a JOIN ranked b USING (example, i) WHERE example = 'nearly one' AND a.j < b.j GROUP BY a.j, b.j) p;
-- the same bits in whatever order of judges, and whatever each one's scale
SELECT count(DISTINCT k) AS results FROM (
    SELECT kendall_w(r ORDER BY r) AS k FROM judge WHERE example = 'many ties' UNION ALL SELECT kendall_w(r ORDER BY r DESC) FROM judge WHERE example = 'many ties'
    UNION ALL SELECT kendall_w(ARRAY(SELECT exp(x) * 3 - 7 FROM unnest(r) WITH ORDINALITY u(x, i) ORDER BY i)) FROM judge WHERE example = 'many ties') t;
-- full agreement is 1 to the last bit, opposites give 0; all ties of everybody give nothing; so does one judge, or one item
SELECT n, k.judges, k.items, k.w, k.chi_square, k.df, round(k.p_value::numeric, 12) AS p_value FROM (SELECT n, kendall_w(r) AS k FROM (VALUES ('perfect', '{1,2,3}'::float8[]), ('perfect', '{10,20,21}'), ('perfect with ties', '{1,1,3}'), ('perfect with ties', '{5,5,9}'),
    ('opposite', '{1,2,3}'), ('opposite', '{3,2,1}'), ('constant', '{4,4,4}'), ('constant', '{4,4,4}'), ('one constant', '{4,4,4}'), ('one constant', '{1,2,3}'),
    ('one judge', '{1,2,3}'), ('one item', '{1}'), ('one item', '{2}'), ('no item', '{}'), ('no item', '{}'), ('no judge', NULL), ('two items', '{1,2}'), ('two items', '{1,2}'), ('two items', '{1,2}'),
    ('specials', '{-Infinity,-0,0,5e-324,1e308,Infinity}'), ('specials', '{1,2,2,3,4,5}')) v(n, r) GROUP BY n) t, LATERAL (SELECT (t.k).*) k ORDER BY n COLLATE "C";
-- two items: one degree of freedom; R: pchisq(3, 1, lower.tail = FALSE) = 0.08326451666355
SELECT abs((kendall_w(r)).p_value - 0.08326451666355039) < 1e-15 AS as_r FROM unnest('{1,1,1}'::int[]) u, LATERAL (SELECT '{1,2}'::float8[] AS r) r;
-- a p-value below the smallest double is 0
SELECT (k).w, (k).chi_square, (k).p_value FROM (SELECT kendall_w(r) AS k FROM generate_series(1, 2000) i, (SELECT array_agg(j::float8 ORDER BY j) AS r FROM generate_series(1, 5) j) a) t;
-- missing: an item that not all have rated is left out, and a judge who has rated nothing
SELECT (a.k).judges, (a.k).items, (a.k).w, (a.k).df, a.k = b.k AS same FROM
    (SELECT kendall_w(r) AS k FROM (VALUES ('{1,NULL,3,2,8}'::float8[]), ('{1,2,4,3,NaN}'), (NULL), ('{NULL,NULL,NULL,NULL,NaN}'), ('{2,5,1,3,9}')) v(r)) a,
    (SELECT kendall_w(r) AS k FROM (VALUES ('{1,3,2}'::float8[]), ('{1,4,3}'), ('{2,1,3}')) v(r)) b;
SELECT (kendall_w(r)).* FROM (VALUES ('{1,NULL}'::float8[]), ('{NULL,2}')) v(r);
SELECT attempt($$SELECT kendall_w(r) FROM (VALUES ('{1,2}'::float8[]), ('{1,2,3}')) v(r)$$);
SELECT attempt($$SELECT kendall_w('{{1,2},{3,4}}')$$);

-- ---------- a review: six proposals, five experts, the criteria of bid-review; conflicts, gaps, a severe expert

CREATE TABLE rating (方案 text NOT NULL, 专家 int, 准则 text, 评分 numeric(5, 1), 申报单位 text, 专家单位 text);
COMMENT ON COLUMN rating.方案 IS '揭榜方案编号';
INSERT INTO rating
SELECT p, e, c, 60 + (ascii(p) * 31 + n * 13) % 37 + (e * 17 + ascii(p) * e + n * e) % 7 - CASE e WHEN 5 THEN 10 ELSE 0 END, '单位' || p, CASE WHEN e = 4 THEN '单位乙' END
FROM unnest('{甲,乙,丙,丁,戊,己}'::text[]) p, generate_series(1, 5) e,
     unnest('{feasibility,创新性,practicality,policy_consistency,防风险}'::text[]) WITH ORDINALITY AS u(c, n);
UPDATE rating SET 评分 = NULL WHERE 方案 = '丙' AND 专家 = 2 AND 准则 = 'feasibility';
UPDATE rating SET 评分 = 'NaN' WHERE 方案 = '丙' AND 专家 = 3 AND 准则 = 'feasibility';
INSERT INTO rating VALUES ('丁', 1, '创新性', 100, '单位丁', NULL), ('丁', 1, '外观', 100, '单位丁', NULL), ('丁', 1, NULL, 100, '单位丁', NULL), ('丁', NULL, '创新性', 100, '单位丁', NULL);
DELETE FROM rating WHERE 方案 = '己' AND 准则 = '防风险';
CREATE TABLE conflict (专家 text, 方案 text, reason text);
INSERT INTO conflict VALUES ('1', '甲', '曾任项目顾问'), ('1', '甲', '持股'), ('1', '甲', '持股'), ('2', '庚', '无此方案'), (NULL, '乙', '未填专家');

SET client_min_messages = notice;
SELECT create_review('rev', 'rating', '方案', '专家', '准则', '评分', conflicts => 'conflict', excluded => '专家单位 = 申报单位', drop_n => 1, min_experts => 3);
SET client_min_messages = warning;
SELECT status, reason, count(*) FROM rev_rating GROUP BY 1, 2 ORDER BY status, reason COLLATE "C";
SELECT * FROM rev_rating WHERE status <> 'counted' ORDER BY 方案 COLLATE "C", 专家, criterion COLLATE "C", rating, reason COLLATE "C";
SELECT * FROM rev_criterion WHERE 方案 IN ('丙', '丁') ORDER BY 方案 COLLATE "C", criterion COLLATE "C";
SELECT * FROM rev_proposal ORDER BY 方案 COLLATE "C";
-- the same in plain SQL
CREATE VIEW plain AS
SELECT 方案, 专家, CASE 准则 WHEN '创新性' THEN 'innovation' WHEN '防风险' THEN 'risk_control' ELSE 准则 END AS criterion, 评分::float8 AS rating
FROM rating r WHERE 评分 <> 'NaN' AND 专家 IS NOT NULL AND 准则 <> '外观' AND (方案, 专家) NOT IN (('甲', 1), ('乙', 4)) AND (方案, 专家, 准则) <> ('丁', 1, '创新性');
SELECT count(*) AS compared, count(*) FILTER (WHERE differs(c.rating, t.rating) OR c.experts <> t.n) AS different, count(*) FILTER (WHERE c.rating IS NULL) AS too_few
FROM rev_criterion c FULL JOIN (
    SELECT 方案, criterion, count(*) AS n, CASE WHEN count(*) >= 3 THEN (sum(rating) - max(rating) - min(rating)) / (count(*) - 2) END AS rating
    FROM plain GROUP BY 1, 2) t USING (方案, criterion);
SELECT count(*) AS compared, count(*) FILTER (WHERE differs(v.consensus, t.consensus) OR differs(v.others, t.others) OR differs(v.leniency, t.leniency) OR v.counted_rating <> v.rating) AS different
FROM rev_rating v JOIN (
    SELECT s.*, avg(rating - consensus) OVER (PARTITION BY 专家, criterion) AS leniency
    FROM (SELECT a.*, avg(rating) OVER w AS consensus, (sum(rating) OVER w - rating) / nullif(count(*) OVER w - 1, 0) AS others
          FROM plain a WINDOW w AS (PARTITION BY 方案, criterion)) s) t USING (方案, 专家, criterion) WHERE v.status = 'counted';
SELECT 专家, ratings, counted, conflicts, proposals, round(mean::numeric, 4) AS mean, round(spread::numeric, 4) AS spread, round(leniency::numeric, 4) AS leniency, round(correlation::numeric, 4) AS correlation
FROM rev_expert ORDER BY 专家;
SELECT count(*) AS compared, count(*) FILTER (WHERE differs(e.mean, t.mean) OR differs(e.spread, t.spread) OR differs(e.leniency, t.leniency) OR differs(e.correlation, t.correlation) OR e.counted <> t.n) AS different
FROM rev_expert e JOIN (
    SELECT 专家, count(*) AS n, avg(rating) AS mean, stddev_samp(rating) AS spread, avg(rating - consensus) AS leniency, corr(rating_rank, others_rank) AS correlation
    FROM (SELECT v.*, rank() OVER (PARTITION BY 专家 ORDER BY rating) + count(*) OVER (PARTITION BY 专家, rating) / 2.0 AS rating_rank,
                 rank() OVER (PARTITION BY 专家 ORDER BY others) + count(*) OVER (PARTITION BY 专家, others) / 2.0 AS others_rank
          FROM rev_rating v WHERE status = 'counted') s GROUP BY 专家) t USING (专家);
-- agreement: of 方案 that all five rated, by criterion and in total
SELECT criterion, title, experts, proposals, left_out, round(w::numeric, 4) AS w, round(chi_square::numeric, 4) AS chi_square, df, round(p_value::numeric, 6) AS p_value FROM rev_agreement ORDER BY criterion COLLATE "C";
SELECT a.criterion, a.w = (t.k).w AS same FROM rev_agreement a JOIN (
    SELECT criterion, kendall_w(r) AS k FROM (SELECT criterion, 专家, array_agg(rating ORDER BY 方案) AS r FROM plain JOIN
        (SELECT 方案, criterion FROM plain GROUP BY 1, 2 HAVING count(*) = 5) complete USING (方案, criterion) GROUP BY 1, 2) s GROUP BY 1) t USING (criterion) ORDER BY 1;

-- ---------- severe and lenient experts: an additive model is undone exactly where everybody rated everything

CREATE TABLE additive AS
SELECT p AS proposal, e AS expert, c AS criterion, quality + leniency AS rating, quality, leniency
FROM generate_series(1, 8) p, generate_series(1, 4) e, unnest('{feasibility,innovation,practicality,policy_consistency,risk_control}'::text[]) WITH ORDINALITY u(c, n),
     LATERAL (SELECT 50 + (p * 7 + n * 3) % 19 AS quality, (ARRAY[-9, -2, 3, 8])[e] AS leniency) m;
SELECT create_review('fair', 'additive', correct_severity => true);
SELECT count(*) AS compared, count(*) FILTER (WHERE r.counted_rating <> a.quality OR r.leniency <> a.leniency) AS different FROM fair_rating r JOIN additive a USING (proposal, expert, criterion);
SELECT count(*) AS compared, count(*) FILTER (WHERE c.rating <> a.quality OR c.spread <> 0) AS different
FROM fair_criterion c JOIN (SELECT DISTINCT proposal, criterion, quality FROM additive) a USING (proposal, criterion);
SELECT * FROM fair_expert ORDER BY expert;
SELECT criterion, w, p_value < 0.001 AS significant FROM fair_agreement ORDER BY criterion COLLATE "C";
-- the severest expert missed the worst proposal: without the correction it would gain
DELETE FROM additive WHERE expert = 1 AND proposal = 1;
SELECT create_review('raw', 'additive', trim_share => 0);
SELECT proposal, round(r.feasibility::numeric, 3) AS raw, round(f.feasibility::numeric, 3) AS fair, f.experts FROM raw_proposal r JOIN fair_proposal f USING (proposal) WHERE proposal < 3 ORDER BY proposal;
SELECT count(*) AS compared, count(*) FILTER (WHERE counted_rating <> rating - leniency) AS different, count(DISTINCT leniency) FROM fair_rating WHERE expert = 1;
-- the order of the rows does not show
CREATE TABLE shuffled AS SELECT * FROM additive ORDER BY md5(proposal || criterion || expert);
SELECT create_review('raw2', 'shuffled', correct_severity => true);
SELECT count(*) AS different FROM (SELECT * FROM fair_proposal EXCEPT SELECT * FROM raw2_proposal) d;

-- ---------- from ratings to a selection

CREATE VIEW proposal AS SELECT p.*, CASE WHEN p.方案 IN ('甲', '丁', '己') THEN '榜一' ELSE '榜二' END AS 榜单 FROM rev_proposal p;
SELECT create_scoreboard('rev', 'bid-review', 'proposal', '方案', attributes => '{榜单,experts}');
SELECT set_whitelist_rule('rev', min_score => 60, quota_by => '榜单', quota_n => 1, required => 'experts >= 3', reserve_n => 1);
SELECT 方案, 榜单, score, rank, decision, reasons FROM rev_whitelist ORDER BY 方案 COLLATE "C";
SELECT s.方案, differs(s.score, (feasibility + innovation + practicality + policy_consistency + risk_control) / 5) AS different FROM rev_score s JOIN rev_proposal USING (方案) ORDER BY s.方案 COLLATE "C";
-- scalars with comments, run with the rights of the reader
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relname ~ '^rev_(rating|criterion|proposal|expert|agreement)$' AND relnamespace = 'board'::regnamespace AND attnum > 0 ORDER BY c.relname COLLATE "C", a.attnum;
SELECT relname, obj_description(oid), current_setting('server_version_num')::int < 150000 OR reloptions = '{security_invoker=true}' AS invoker FROM pg_class
WHERE relname ~ '^(rev|fair)_(rating|criterion|proposal|expert|agreement)$' AND relnamespace = 'board'::regnamespace ORDER BY relname COLLATE "C";

-- ---------- names, sources, errors

CREATE SCHEMA "Other";
CREATE VIEW "Other"."x y" AS SELECT proposal AS "my Prop", expert AS "an""Expert", criterion, rating FROM additive;
CREATE TABLE expert_of (expert int, "my Prop" int);
INSERT INTO expert_of VALUES (2, 3);
-- keys are compared as keys: 2.00 is 2, and blanks that pad a char(n) are none
ALTER TABLE expert_of ALTER expert TYPE numeric USING expert + 0.00, ALTER "my Prop" TYPE char(4);
SELECT create_review('"Other"."R ü"', '"Other"."x y"', '"my Prop"', 'an"Expert', conflicts => 'expert_of', scheme => 'bid-review');
SELECT count(*), count(*) FILTER (WHERE status = 'conflict' AND reason = '利益回避 conflict of interest') FROM "Other"."R ü_rating";
SELECT "my Prop", experts, left_out FROM "Other"."R ü_proposal" ORDER BY 1 LIMIT 3;
-- expressions, another scheme
SELECT create_review('al', 'additive', '(proposal % 3)::text', '''E'' || expert', 'replace(criterion, ''practicality'', ''talent'')', 'rating::text::int', scheme => 'alliance');
SELECT proposal, expert, criterion, status FROM al_rating WHERE criterion IS NOT NULL ORDER BY 1, 2, 3 LIMIT 3;
SELECT count(*) FILTER (WHERE talent IS NULL), count(*), sum(left_out) FROM al_proposal;
SELECT drop_review('al');
SELECT drop_review('"Other"."R ü"');
SELECT to_regclass('al_rating'), to_regclass('"Other"."R ü_rating"');
-- nobody has rated
CREATE TABLE nothing (proposal text, expert text, criterion text, rating float8);
SELECT create_review('empty', 'nothing');
SELECT (SELECT count(*) FROM empty_rating), (SELECT count(*) FROM empty_proposal), (SELECT count(*) FROM empty_expert);
SELECT * FROM empty_agreement ORDER BY criterion COLLATE "C";

SELECT attempt($$SELECT create_review('fair', 'additive')$$);
SELECT attempt($$SELECT create_review('a.b.c', 'additive')$$);
SELECT attempt($$SELECT create_review(NULL, 'additive')$$);
SELECT attempt($$SELECT create_review('nowhere.x', 'additive')$$);
SELECT attempt(format('SELECT create_review(%L, ''additive'')', repeat('x', 54)));
SELECT attempt($$SELECT create_review('bad', 'additive', proposal => 'nix')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', rating => 'criterion')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', rating => 'sum(rating)')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', excluded => 'expert')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', scheme => 'nix')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', trim_share => 0.7)$$);
SELECT attempt($$SELECT create_review('bad', 'additive', trim_share => NULL)$$);
SELECT attempt($$SELECT create_review('bad', 'additive', drop_n => -1)$$);
SELECT attempt($$SELECT create_review('bad', 'additive', min_experts => 0)$$);
SELECT attempt($$SELECT create_review('bad', 'additive', conflicts => 'judge')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', proposal => 'criterion')$$);
SELECT attempt($$SELECT create_review('bad', 'additive', expert => 'proposal')$$);
SELECT attempt($$SELECT create_review('bad', NULL)$$);
SELECT attempt($$SELECT drop_review('bad')$$);
CREATE VIEW reader AS SELECT * FROM fair_proposal;
SELECT attempt($$SELECT drop_review('fair')$$);
DROP VIEW reader;
SELECT count(*) FROM pg_class WHERE relname LIKE 'bad%';

-- whoever may read the ratings and create views; a reader needs what the views read, where these run with the rights of the reader
CREATE ROLE review_secretary;
CREATE ROLE review_reader;
CREATE SCHEMA office AUTHORIZATION review_secretary;
GRANT USAGE ON SCHEMA board, office TO review_secretary, review_reader;
GRANT EXECUTE ON FUNCTION attempt(text) TO review_secretary, review_reader;
SET ROLE review_secretary;
SELECT attempt($$SELECT create_review('office.r', 'additive')$$);
RESET ROLE;
GRANT SELECT ON additive TO review_secretary;
SET ROLE review_secretary;
SELECT attempt($$SELECT create_review('office.r', 'additive')$$);
SELECT attempt($$SELECT create_review('board.r', 'additive')$$);
SELECT count(*) FROM office.r_proposal;
GRANT SELECT ON ALL TABLES IN SCHEMA office TO review_reader;
SET ROLE review_reader;
SELECT current_setting('server_version_num')::int < 150000 OR attempt('SELECT count(*) FROM office.r_proposal') = '42501: permission denied for table additive' AS refused;
RESET ROLE;
GRANT SELECT ON additive TO review_reader;
SET ROLE review_reader;
SELECT attempt('SELECT count(*) FROM office.r_agreement');
SELECT attempt($$SELECT drop_review('office.r')$$);
SET ROLE review_secretary;
SELECT drop_review('office.r');
RESET ROLE;
DROP SCHEMA office;
DROP OWNED BY review_secretary, review_reader;
DROP ROLE review_secretary, review_reader;

-- many proposals and experts
CREATE TABLE many AS SELECT p AS proposal, e AS expert, c AS criterion, ((p::bigint * 7919 + e * 104729 + n * 31) % 101)::int AS rating
FROM generate_series(1, 1000) p, generate_series(1, 7) e, unnest('{feasibility,innovation,practicality,policy_consistency,risk_control}'::text[]) WITH ORDINALITY u(c, n);
SELECT create_review('big', 'many', drop_n => 1);
SELECT count(*), count(*) FILTER (WHERE differs(b.feasibility, t.rating)) AS different
FROM big_proposal b JOIN (SELECT proposal, (sum(rating) - min(rating) - max(rating)) / 5.0::float8 AS rating FROM many WHERE criterion = 'feasibility' GROUP BY proposal) t USING (proposal);
SELECT criterion, proposals, abs(a.w - (t.k).w) < 1e-15 AS same FROM big_agreement a JOIN (
    SELECT criterion, kendall_w(r) AS k FROM (SELECT COALESCE(criterion, 'total') AS criterion, array_agg(total ORDER BY proposal) AS r
        FROM (SELECT proposal, expert, criterion, sum(rating)::float8 AS total FROM many GROUP BY proposal, expert, ROLLUP (criterion)) s GROUP BY s.criterion, expert) j GROUP BY 1) t USING (criterion)
ORDER BY criterion COLLATE "C";

SELECT drop_scoreboard('rev');
DROP VIEW proposal;
SELECT drop_review('rev');
DROP SCHEMA "Other" CASCADE;
-- a rating off the scale of its criterion, 880 for 88, is not averaged; the ends of the scale are on it
CREATE TABLE slip (proposal text, expert text, criterion text, rating numeric);
INSERT INTO slip VALUES ('甲', 'a', '创新性', 880), ('甲', 'b', '创新性', 60), ('甲', 'c', '创新性', 70), ('乙', 'a', '创新性', 90), ('乙', 'b', '创新性', 100), ('乙', 'c', 'innovation', 100.01), ('乙', 'd', '创新性', 0), ('乙', 'e', '创新性', -0.01);
SET client_min_messages = notice;
SELECT create_review('slip', 'slip', trim_share => 0);
SET client_min_messages = warning;
SELECT proposal, expert, rating, status, reason FROM slip_rating ORDER BY proposal COLLATE "C", expert;
SELECT proposal, experts, left_out, lowest, highest, rating FROM slip_criterion WHERE criterion = 'innovation' ORDER BY proposal COLLATE "C";
SELECT drop_review('slip');
-- a scheme whose bounds are open at an end, or fitted, has no scale there
SELECT derive_scheme('open', 'bid-review', '单侧');
UPDATE indicator SET extreme = 'fixed(0,)' WHERE scheme = 'open' AND indicator = 'innovation';
SELECT create_review('slip', 'slip', scheme => 'open');
SELECT status, array_agg(rating ORDER BY rating) FROM slip_rating GROUP BY 1 ORDER BY 1;
SELECT drop_review('slip');
UPDATE indicator SET extreme = 'none' WHERE scheme = 'open' AND indicator = 'innovation';
SELECT create_review('slip', 'slip', scheme => 'open');
SELECT status, count(*) FROM slip_rating GROUP BY 1 ORDER BY 1;
SELECT drop_review('slip');
DELETE FROM scheme WHERE scheme = 'open';

SET client_min_messages = warning;
DROP SCHEMA board CASCADE;
DELETE FROM scheme WHERE scheme = 'board';
