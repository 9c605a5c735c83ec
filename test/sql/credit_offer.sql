-- offers by several bases, budgets in rank order, early warnings; against a twin in plain SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :draw
\set ECHO all
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- by class and stage; by revenue, R&D, equity and an invoice, the greatest or the least; without revenue, too
CREATE TABLE firm (entity text PRIMARY KEY, class text, stage text, score numeric, revenue float8, rd numeric, equity numeric, invoice numeric, loans numeric, wants numeric, first boolean, decision text);
INSERT INTO firm VALUES ('F1', '重点支持', '成长', 92.5, 8000, 900, NULL, NULL, 300, 2000, false, 'listed'), ('F2', '优先支持', '初创', 81, NULL, 120, 500, NULL, 0, 300, true, 'listed'), ('F3', '重点支持', '初创', 81, 'NaN', 60, 0, 200, NULL, NULL, true, 'listed'),
    ('F4', NULL, '成长', 70, 500, 10, NULL, NULL, 0, 900, false, 'listed'), ('F5', '重点支持', '成长', 60, 100, 10, NULL, NULL, 0, 50, NULL, 'rejected'), ('F6', '优先支持', '成长', 55, 9000, 10, NULL, NULL, 0, 0, false, 'listed'), ('F7', '优先支持', '成长', 50, 9000, NULL, NULL, NULL, 5000, 10, false, NULL);
INSERT INTO credit_product VALUES ('hk', '汉口银行', '汉口银行', 'decision = ''listed'' AND class IN (''重点支持'', ''优先支持'')', 'greatest', 10, 'wants', 'loans', 'first', 2000, 'score', NULL), ('inv', '设备贷', '甲银行', 'true', 'least', 0.01, NULL, NULL, NULL, NULL, 'score', NULL);
INSERT INTO credit_basis VALUES ('hk', '重点初创', 'class = ''重点支持'' AND stage = ''初创''', 'gives', NULL, NULL, 500), ('hk', '重点成长', 'class = ''重点支持'' AND stage = ''成长''', 'gives', NULL, NULL, 1500), ('hk', '优先初创', 'class = ''优先支持'' AND stage = ''初创''', 'gives', NULL, NULL, 400), ('hk', '优先成长', 'class = ''优先支持'' AND stage = ''成长''', 'gives', NULL, NULL, 1200),
    ('hk', '研发费用', 'rd > 100', 'gives', 'rd', 2, NULL), ('hk', '营业收入', 'revenue IS NOT NULL', 'bounds', 'revenue', 0.3, NULL), ('inv', '发票', 'invoice IS NOT NULL', 'gives', 'invoice', 0.8, NULL), ('inv', '股权融资', 'equity IS NOT NULL', 'gives', 'equity', 0.5, NULL), ('inv', '上限', 'true', 'bounds', NULL, NULL, 333.335);
INSERT INTO credit_term VALUES ('hk', 1, 'first', 0.031, 12), ('hk', 2, 'score >= 80', 0.0345, 36), ('hk', 3, 'true', 0.04, 24);
SELECT entity, product, status, credit_limit, first_loan, demand, amount, place, granted, rate, months, reason FROM credit_offers('firm') ORDER BY product, place, entity;
SELECT * FROM credit_offers_of('firm', 'F2');
SELECT status, count(*) FROM credit_offers('firm', '{inv}') GROUP BY 1 ORDER BY 1;
-- a product without bounds, without any that gives, without a basis
INSERT INTO credit_product (product, condition) VALUES ('free', 'true'), ('bound', 'true'), ('bare', 'true');
INSERT INTO credit_basis (product, basis, use, amount) VALUES ('free', '定额', 'gives', 100), ('bound', '上限', 'bounds', 100);
SELECT product, credit_limit, amount, reason FROM credit_offers_of('firm', 'F1', '{free,bound,bare}');
DELETE FROM credit_product WHERE product IN ('free', 'bound', 'bare');

-- ---------------------------------------------------------------- what is refused
SELECT attempt(x) FROM unnest(ARRAY[$$INSERT INTO credit_product (product, condition, combine) VALUES ('q', 'true', 'sum')$$, $$INSERT INTO credit_product (product, condition, unit) VALUES ('q', 'true', 0)$$, $$INSERT INTO credit_product (product, condition, budget) VALUES ('q', 'true', -1)$$, $$INSERT INTO credit_product (product, condition) VALUES ('q', 'ln(x) > 1')$$,
    $$INSERT INTO credit_basis VALUES ('hk', 'q', 'true', 'gives', 'rd', NULL, NULL)$$, $$INSERT INTO credit_basis VALUES ('hk', 'q', 'true', 'gives', 'rd', 0.5, 5)$$, $$INSERT INTO credit_basis VALUES ('hk', 'q', 'true', 'gives', NULL, NULL, -5)$$, $$INSERT INTO credit_basis VALUES ('hk', 'q', 'true', 'gives', 'rd', 'Infinity', NULL)$$, $$INSERT INTO credit_basis VALUES ('nix', 'q', 'true', 'gives', NULL, NULL, 5)$$,
    $$INSERT INTO credit_term VALUES ('hk', 9, 'true', 3.45, 12)$$, $$INSERT INTO credit_term VALUES ('hk', 9, 'true', 0.03, 0)$$, $$SELECT * FROM credit_offers(NULL)$$, $$SELECT * FROM credit_offers('firm', '{hk,nix}')$$, $$SELECT * FROM credit_offers('credit_product')$$]) x;
BEGIN;
UPDATE credit_basis SET base = 'nix' WHERE basis = '营业收入';
SELECT attempt('SELECT * FROM credit_offers(''firm'')');
UPDATE credit_basis SET base = 'stage' WHERE basis = '营业收入';
SELECT attempt('SELECT * FROM credit_offers(''firm'')');
UPDATE credit_basis SET base = 'revenue' WHERE basis = '营业收入';
UPDATE firm SET wants = -5 WHERE entity = 'F6';
SELECT attempt('SELECT * FROM credit_offers(''firm'')'), attempt('SELECT * FROM credit_offers_of(''firm'', ''F6'')');
UPDATE firm SET wants = 5, loans = -1 WHERE entity = 'F6';
SELECT attempt('SELECT * FROM credit_offers(''firm'')');
UPDATE credit_product SET demand = 'nix';
SELECT attempt('SELECT * FROM credit_offers(''firm'', ''{hk}'')');
UPDATE credit_product SET demand = NULL, condition = 'nothing > 5' WHERE product = 'hk';
SELECT attempt('SELECT * FROM credit_offers(''firm'', ''{hk}'')');
UPDATE credit_product SET condition = 'class > 5' WHERE product = 'hk';
SELECT attempt('SELECT * FROM credit_offers(''firm'', ''{hk}'')'), attempt('SELECT * FROM credit_offers_of(''firm'', ''F1'', ''{hk}'')');
ROLLBACK;
ALTER TABLE firm DROP CONSTRAINT firm_pkey;
INSERT INTO firm SELECT * FROM firm WHERE entity = 'F3';
SELECT attempt('SELECT * FROM credit_offers(''firm'')');

-- ---------------------------------------------------------------- random products against plain SQL
DELETE FROM credit_product;
CREATE TABLE applicant AS SELECT i AS entity, floor(draw() * 100)::int AS x, CASE WHEN draw() < 0.9 THEN floor(draw() * 100000)::numeric / 100 END AS y, CASE WHEN draw() < 0.8 THEN (draw() * 500 - 50)::numeric(9,3) END AS z, floor(draw() * 120)::int AS score, CASE WHEN draw() < 0.8 THEN floor(draw() * 200)::numeric END AS owed, CASE WHEN draw() < 0.9 THEN floor(greatest(draw() * 900 - 20, 0))::numeric END AS wants FROM generate_series(1, 250) i;
INSERT INTO credit_product (product, condition, combine, unit, demand, existing, budget) SELECT 'p' || k, format('x >= %s OR y < %s', floor(draw() * 60), floor(draw() * 300))::condition, CASE WHEN draw() < 0.5 THEN 'least' ELSE 'greatest' END, (ARRAY[1, 0.01, 7])[1 + k % 3], CASE WHEN draw() < 0.5 THEN 'wants' END, CASE WHEN draw() < 0.5 THEN 'owed' END, CASE WHEN draw() < 0.7 THEN floor(draw() * 20000) END FROM generate_series(1, 20) k;
INSERT INTO credit_basis SELECT 'p' || k, 'b' || n, (CASE WHEN f < 0.3 THEN 'true' ELSE format('x > %s AND y IS NOT NULL', floor(draw() * 100)) END)::condition, CASE WHEN n % 3 = 0 THEN 'bounds' ELSE 'gives' END, CASE WHEN g < 0.7 THEN CASE WHEN g < 0.4 THEN 'y' ELSE 'z' END END, CASE WHEN g < 0.7 THEN (1 + floor(draw() * 150)) / 100 END, CASE WHEN g >= 0.7 THEN floor(draw() * 50000) / 100 END
FROM (SELECT k, n, draw() AS f, draw() AS g FROM generate_series(1, 20) k, generate_series(1, 5) n) s;
CREATE TABLE twin (product text, entity int, met boolean, missing boolean DEFAULT false, gave numeric, bound numeric, amount numeric, granted numeric, PRIMARY KEY (product, entity));
CREATE FUNCTION twin_run() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p credit_product;
    b credit_basis;
    rest numeric;
    one record;
BEGIN
    FOR p IN SELECT * FROM credit_product LOOP
        EXECUTE format('INSERT INTO twin (product, entity, met) SELECT %L, entity, %s FROM applicant', p.product, p.condition);
        FOR b IN SELECT * FROM credit_basis c WHERE c.product = p.product LOOP
            EXECUTE format('UPDATE twin t SET missing = t.missing OR v.value IS NULL, %1$I = %2$s(t.%1$I, v.value) FROM (SELECT a.entity, %3$s AS value FROM applicant a WHERE %4$s) v WHERE t.product = %5$L AND t.entity = v.entity',
                CASE b.use WHEN 'gives' THEN 'gave' ELSE 'bound' END, CASE WHEN b.use = 'bounds' THEN 'least' ELSE p.combine END,
                CASE WHEN b.base IS NULL THEN b.amount::text ELSE format('CASE WHEN %1$s < 0 THEN 0 ELSE %1$s * %2$s END', b.base, b.share) END, b.condition, p.product);
        END LOOP;
        UPDATE twin t SET amount = floor(greatest(least(t.gave, t.bound) - CASE WHEN p.existing IS NULL OR a.owed IS NULL THEN 0 ELSE a.owed END, 0) / p.unit) * p.unit
        FROM applicant a WHERE a.entity = t.entity AND t.product = p.product AND t.met AND NOT t.missing AND t.gave IS NOT NULL;
        UPDATE twin t SET amount = floor(least(t.amount, a.wants) / p.unit) * p.unit FROM applicant a WHERE a.entity = t.entity AND t.product = p.product AND t.amount IS NOT NULL AND p.demand IS NOT NULL;
        rest := p.budget;
        FOR one IN SELECT a.score, array_agg(a.entity) AS who, sum(t.amount) AS total FROM twin t JOIN applicant a USING (entity) WHERE t.product = p.product AND t.amount > 0 GROUP BY a.score ORDER BY a.score DESC LOOP
            UPDATE twin t SET granted = CASE WHEN rest IS NULL OR one.total <= rest THEN t.amount ELSE floor(rest * t.amount / one.total / p.unit) * p.unit END WHERE t.product = p.product AND t.entity = ANY (one.who) AND t.amount > 0;
            rest := CASE WHEN rest > one.total THEN rest - one.total WHEN rest IS NOT NULL THEN 0 END;
        END LOOP;
    END LOOP;
END
$$;
SELECT twin_run();
CREATE TABLE offered AS SELECT * FROM credit_offers('applicant');
SELECT count(*), count(*) FILTER (WHERE o.amount IS DISTINCT FROM t.amount) AS other_amount, count(*) FILTER (WHERE o.granted IS DISTINCT FROM t.granted) AS other_granted, count(*) FILTER (WHERE (o.status = 'refused') IS DISTINCT FROM (t.met IS FALSE)) AS other_refused FROM offered o FULL JOIN twin t ON t.product = o.product AND t.entity::text = o.entity;
SELECT status, count(*) > 10 AS often FROM offered GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE s.granted > p.budget) AS over FROM (SELECT product, sum(granted) AS granted FROM offered GROUP BY 1) s JOIN credit_product p USING (product);
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE f.amount IS DISTINCT FROM o.amount OR f.credit_limit IS DISTINCT FROM o.credit_limit) AS other FROM unnest('{7,77,177}'::text[]) u(e) CROSS JOIN LATERAL credit_offers_of('applicant', u.e) f JOIN offered o ON o.product = f.product AND o.entity = u.e;
DELETE FROM credit_product;

-- ---------------------------------------------------------------- early warnings
INSERT INTO scheme (scheme, full_marks, extreme, missing, decimals) VALUES ('plain', 100, 'fixed(0,100)', 'reweight', 1);
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'a', 'only'), ('plain', 'b', 'only');
INSERT INTO stage (scheme, stage) VALUES ('plain', 's'), ('plain', 'g');
INSERT INTO weight SELECT 'plain', s, i, 50 FROM unnest('{s,g}'::text[]) s, unnest('{a,b}'::text[]) i;
CREATE TABLE watched (firm text, year int, stage text, a float8, b float8);
INSERT INTO watched SELECT 'F' || i, y, 's', 100 - 5 * i, 100 - 5 * i FROM generate_series(1, 9) i, unnest('{2023,2024}'::int[]) y;
UPDATE watched SET a = a - 12 WHERE firm = 'F1' AND year = 2024;
UPDATE watched SET stage = 'g' WHERE firm = 'F2' AND year = 2024;
UPDATE watched SET b = NULL WHERE firm = 'F3' AND year = 2024;
UPDATE watched SET a = NULL, b = NULL WHERE firm = 'F4' AND year = 2024;
DELETE FROM watched WHERE firm = 'F6' AND year = 2024;
UPDATE watched SET a = a + 3 WHERE firm = 'F7' AND year = 2024;
SELECT create_scoreboard('w', 'plain', 'watched', 'firm', 'stage', 'year');
SELECT set_whitelist_rule('w', top_n => 6, language => 'zh');
SELECT publish('w', '2023', 'before') AS before \gset
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('w', 'F5', '失信');
SELECT publish('w', '2024', 'after') AS after \gset
SELECT entity, warning, before, after, regexp_replace(reason, '\d{4}-\d\d-\d\d', '(day)', 'g') AS reason FROM credit_warnings(:after, :before, 5, '{60,80,90}') ORDER BY entity, warning;
SELECT count(*) FROM credit_warnings(:after, :before, 0.1);
SELECT count(*) FROM credit_warnings(:after, :after);
SELECT attempt('SELECT * FROM credit_warnings(999999, 1)'), attempt('SELECT * FROM credit_warnings(NULL, 1)'), attempt(format('SELECT * FROM credit_warnings(%s, %s, 0)', :after, :before));
-- the publication before is that of the scoreboard; tiers that fell are those of the views
SELECT set_tiers('w', 'score', '{A,B,C}', '[90, 70]'), set_tiers('w', 'quantile', '{甲,乙,丙}', '[0.1, 0.6]', tiering => '省级分层'), set_tiers('w', 'quota', '{1,2,3}', '[1, 2]', tiering => '行业分级'), set_tiers('w', 'score', '{X,Y,Z}', '{"s": [85, 70], "g": [95, 90]}', within => 'stage', tiering => '银行分档');
SELECT t.tiering, w.entity, w.before, w.after, w.reason FROM unnest('{"",省级分层,行业分级,银行分档}'::text[]) t(tiering) CROSS JOIN LATERAL credit_warnings(:after, tiering => t.tiering) w WHERE w.warning = 'tier' ORDER BY t.tiering COLLATE "C", w.entity;
CREATE VIEW tiered AS SELECT '' AS tiering, firm, year, tier FROM w_tier UNION ALL SELECT '省级分层' AS tiering, firm, year, tier FROM "w_tier_省级分层" UNION ALL SELECT '行业分级' AS tiering, firm, year, tier FROM "w_tier_行业分级" UNION ALL SELECT '银行分档' AS tiering, firm, year, tier FROM "w_tier_银行分档";
SELECT t.tiering, count(*) AS shared, count(*) FILTER (WHERE (p.before, p.after) IS DISTINCT FROM (v.tier, n.tier)) AS other
FROM unnest('{"",省级分层,行业分级,银行分档}'::text[]) t(tiering) JOIN tiered v ON v.tiering = t.tiering AND v.year = 2023 JOIN tiered n ON n.tiering = t.tiering AND n.year = 2024 AND n.firm = v.firm
LEFT JOIN LATERAL (SELECT b.tier AS before, a.tier AS after FROM _innovation_score.published_tiers(:before, t.tiering) b FULL JOIN _innovation_score.published_tiers(:after, t.tiering) a USING (entity) WHERE entity = v.firm) p ON true GROUP BY t.tiering ORDER BY t.tiering COLLATE "C";
DROP VIEW tiered;
SELECT attempt(format('SELECT * FROM credit_warnings(%s, tiering => ''x'')', :after)), attempt(format('SELECT * FROM credit_warnings(%s)', :before)) = format(E'42704: scoreboard board.w has no publication before %s\n  See the view innovation_score.publication_list.', :before) AS none_before;
\i :forget
