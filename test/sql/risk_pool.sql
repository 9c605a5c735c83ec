-- risk pools: shares, caps, order of liability, lines; against a twin that counts cents one loan after the other
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\set ECHO none
\i :draw
\set ECHO all
CREATE SCHEMA pool;
SET search_path = pool, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- 重庆 (80 %, city : district 4 : 6), 湖北 (1 : 1, lines at 5 and 8 %), a pool of 200 million (half, 30 million a firm), 政银保
INSERT INTO risk_pool (pool, title, amount, share, loan_cap, firm_cap, leverage, warning_rate, stop_rate) VALUES
    ('cq', '重庆', 5000, 0.8, NULL, NULL, 10, NULL, 0.1), ('hb', '湖北', 10000, 0.6, 500, NULL, NULL, 0.05, 0.08), ('city', '两亿元资金池', 20000, 0.5, NULL, 3000, NULL, NULL, NULL), ('zyb', '政银保', 300, 0.7, NULL, NULL, NULL, NULL, NULL);
INSERT INTO risk_pool_partner VALUES ('cq', 1, '市级', 0.4, NULL), ('cq', 1, '区级', 0.6, NULL), ('hb', 1, '省级', 0.5, NULL), ('hb', 1, '市级', 0.5, NULL), ('city', 1, '市财政', 1, NULL), ('zyb', 1, '保险公司', 1, 100), ('zyb', 2, '政府', 0.5, NULL), ('zyb', 2, '担保公司', 0.5, NULL);
CREATE TABLE loan (pool text, loan text, bank text, entity text, amount numeric, granted_on date, repaid_on date, overdue_on date, overdue_amount numeric, recovered_on date, recovered numeric);
INSERT INTO loan VALUES
    ('cq', 'C1', '甲行', 'F1', 300, '2023-01-10', NULL, '2024-01-10', 250.01, NULL, NULL), ('cq', 'C2', '乙行', 'F2', 2000, '2023-02-01', NULL, NULL, NULL, NULL, NULL), ('cq', 'C3', '甲行', 'F3', 800, '2023-03-01', '2024-02-01', NULL, NULL, NULL, NULL),
    ('hb', 'H1', '甲行', 'F1', 1000, '2023-01-10', NULL, '2024-03-01', 1000, '2024-09-01', 333.33), ('hb', 'H2', '乙行', 'F2', 9000, '2023-02-01', NULL, NULL, NULL, NULL, NULL), ('hb', 'H3', '乙行', 'F3', 400, '2023-02-01', NULL, '2024-04-01', 99.99, NULL, NULL),
    ('hb', 'H4', '甲行', 'F4', 600, '2024-04-02', NULL, '2024-12-01', 600, NULL, NULL), ('hb', 'H5', '甲行', 'F5', 15000, '2022-01-01', '2024-02-29', NULL, NULL, NULL, NULL),
    ('city', 'S1', '甲行', 'F9', 5000, '2023-01-01', NULL, '2024-01-01', 5000, NULL, NULL), ('city', 'S2', '乙行', 'F9', 4000, '2023-01-01', NULL, '2024-01-01', 4000, NULL, NULL), ('city', 'S3', '乙行', 'F8', 40000, '2023-01-01', NULL, '2024-02-01', 36000, '2024-05-01', 9000), ('city', 'S4', '乙行', 'F7', 3000, '2023-01-01', NULL, '2024-06-01', 3000, NULL, NULL),
    ('zyb', 'Z1', '丙行', 'F1', 100, '2023-01-01', NULL, '2024-01-01', 100, NULL, NULL), ('zyb', 'Z2', '丙行', 'F2', 100, '2023-01-01', NULL, '2024-02-01', 100, NULL, NULL), ('zyb', 'Z3', '丙行', 'F3', 500, '2023-01-01', NULL, '2024-03-01', 500, '2024-04-01', 100), ('zyb', 'Z4', '丙行', 'F4', 100, '2023-01-01', NULL, '2024-05-01', 100, NULL, NULL);
SELECT pool, loan, overdue_amount, due, paid, borne, returned, status, reason FROM pool_compensations('loan');
SELECT * FROM pool_liabilities('loan') ORDER BY pool COLLATE "C", loan, place, partner COLLATE "C";
-- a pool without partners pays itself
BEGIN;
DELETE FROM risk_pool_partner WHERE pool = 'hb';
SELECT * FROM pool_liabilities('loan', '{hb}') ORDER BY loan, place;
ROLLBACK;
SELECT * FROM pool_history('loan', '{hb,zyb}') ORDER BY pool, day;
SELECT * FROM pool_standing('loan', '2024-12-31');
SELECT pool, bank, outstanding, bad_rate, balance, warned_on, stopped_on FROM pool_standing('loan', '2024-03-31', '{hb}');

-- ---------------------------------------------------------------- what is refused
SELECT attempt(x) FROM unnest(ARRAY[$$INSERT INTO risk_pool (pool, amount, share) VALUES ('x', -1, 0.5)$$, $$INSERT INTO risk_pool (pool, amount, share) VALUES ('x', 1, 1.1)$$, $$INSERT INTO risk_pool (pool, amount, share, warning_rate, stop_rate) VALUES ('x', 1, 1, 0.08, 0.05)$$, $$INSERT INTO risk_pool (pool, amount, share, firm_cap) VALUES ('x', 1, 1, 'NaN')$$,
    $$INSERT INTO risk_pool_partner VALUES ('cq', 1, '县级', 0.1)$$, $$UPDATE risk_pool_partner SET share = 0.3 WHERE pool = 'cq' AND partner = '市级'$$, $$DELETE FROM risk_pool_partner WHERE partner = '省级'$$, $$INSERT INTO risk_pool_partner VALUES ('cq', 2, '县级', 1)$$, $$UPDATE risk_pool_partner SET cap = 5 WHERE pool = 'zyb'$$,
    $$UPDATE risk_pool_partner SET cap = 5 WHERE pool = 'cq' AND partner = '市级'$$, $$INSERT INTO risk_pool_partner VALUES ('nix', 1, '县级', 1)$$, $$SELECT * FROM pool_compensations(NULL)$$, $$SELECT * FROM pool_compensations('risk_pool')$$, $$SELECT * FROM pool_compensations('loan', '{cq,nix}')$$]) x;
CREATE FUNCTION broken(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    BEGIN
        EXECUTE format('UPDATE loan SET %s', change);
        result := regexp_replace(attempt('SELECT * FROM pool_compensations(''loan'')'), '\n.*', '');
        RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN
        RETURN result;
    END;
END
$$;
SELECT broken(x) FROM unnest(ARRAY['amount = -5 WHERE loan = ''H2''', 'amount = ''NaN'' WHERE loan = ''H2''', 'bank = NULL WHERE loan = ''H2''', 'pool = ''nix'' WHERE loan = ''H2''', 'loan = ''H1'' WHERE loan = ''H2''', 'overdue_on = NULL WHERE loan = ''H1''', 'overdue_amount = 1000.01 WHERE loan = ''H1''', 'overdue_amount = 0 WHERE loan = ''H1''', 'recovered = 1001 WHERE loan = ''H1''',
    'recovered_on = NULL WHERE loan = ''H1''', 'repaid_on = ''2024-12-31'' WHERE loan = ''H1''', 'overdue_on = ''2022-12-31'' WHERE loan = ''H3''', 'recovered_on = ''2024-02-28'' WHERE loan = ''H1''', 'repaid_on = ''2021-12-31'' WHERE loan = ''H5''']) x;
SELECT attempt('SELECT * FROM pool_history(''loan'')');

-- ---------------------------------------------------------------- random pools
DELETE FROM risk_pool;
INSERT INTO risk_pool (pool, amount, share, loan_cap, firm_cap, leverage, warning_rate, stop_rate, unit)
SELECT 'r' || k, 100 + floor(draw() * 1500), (1 + floor(draw() * 100)) / 100, CASE WHEN draw() < 0.4 THEN floor(draw() * 10000) / 100 END, CASE WHEN draw() < 0.5 THEN floor(draw() * 20000) / 100 END, 5, 0.05, CASE WHEN draw() < 0.6 THEN 0.05 + floor(draw() * 50) / 100 END, (ARRAY[0.01, 1, 0.03])[1 + k % 3]
FROM generate_series(1, 24) k;
INSERT INTO risk_pool_partner
SELECT 'r' || k, place, 'P' || n, CASE WHEN n < 3 THEN (ARRAY[0.333, 0.25, 0.1])[1 + (k + place) % 3] ELSE 1 - 2 * (ARRAY[0.333, 0.25, 0.1])[1 + (k + place) % 3] END, CASE WHEN place < 1 + k % 3 THEN 50 + 17 * k + place END
FROM generate_series(1, 24) k, LATERAL generate_series(1, 1 + k % 3) place, generate_series(1, 3) n;
TRUNCATE loan;
INSERT INTO loan SELECT 'r' || 1 + floor(draw() * 24)::int, i, 'B' || floor(draw() * 4)::int, 'F' || floor(draw() * 60)::int, 20 + floor(draw() * 30000) / 100, '2022-01-01'::date + floor(draw() * 700)::int FROM generate_series(1, 1500) i;
UPDATE loan SET overdue_on = granted_on + floor(draw() * 500)::int, overdue_amount = ceil(amount * 100 * (0.1 + 0.9 * draw())::numeric) / 100 WHERE draw() < 0.4;
UPDATE loan SET recovered_on = overdue_on + floor(draw() * 300)::int, recovered = floor(overdue_amount * 100 * draw()::numeric) / 100 WHERE overdue_on IS NOT NULL AND draw() < 0.4;
UPDATE loan SET repaid_on = granted_on + floor(draw() * 600)::int WHERE overdue_on IS NULL AND draw() < 0.5;
-- the twin: a day after the other, in whole units
CREATE TABLE twin_pool AS SELECT pool, amount AS balance, NULL::date AS stopped FROM risk_pool;
CREATE TABLE twin_firm AS SELECT DISTINCT pool, entity, 0::numeric AS had FROM loan;
CREATE TABLE twin_place AS SELECT pool, place, floor(min(cap) / min(unit)) * min(unit) AS has FROM risk_pool_partner JOIN risk_pool USING (pool) GROUP BY 1, 2;
CREATE TABLE twin (pool text, loan text, paid numeric, returned numeric DEFAULT 0, PRIMARY KEY (pool, loan));
CREATE TABLE twin_part (pool text, loan text, place int, partner text, amount numeric);
CREATE TABLE twin_day (pool text, day date, outstanding numeric, bad numeric, balance numeric);
CREATE FUNCTION twin_run() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r risk_pool;
    d date;
    l loan;
    pay numeric;
    slice numeric;
    rest numeric;
    one record;
    outstanding numeric;
    bad numeric;
    p record;
BEGIN
    FOR r IN SELECT * FROM risk_pool LOOP
        -- the day of the stop needs no payments
        FOR d IN SELECT DISTINCT e FROM loan, unnest(ARRAY[granted_on, repaid_on, overdue_on, recovered_on]) e WHERE pool = r.pool AND e IS NOT NULL ORDER BY e LOOP
            outstanding := 0;
            bad := 0;
            FOR l IN SELECT * FROM loan WHERE pool = r.pool AND granted_on <= d LOOP
                IF l.overdue_on <= d THEN
                    outstanding := outstanding + l.overdue_amount - CASE WHEN l.recovered_on <= d THEN l.recovered ELSE 0 END;
                    bad := bad + l.overdue_amount - CASE WHEN l.recovered_on <= d THEN l.recovered ELSE 0 END;
                ELSIF l.repaid_on IS NULL OR l.repaid_on > d THEN
                    outstanding := outstanding + l.amount;
                END IF;
            END LOOP;
            IF bad > 0 AND bad / outstanding >= r.stop_rate THEN
                UPDATE twin_pool t SET stopped = d WHERE t.pool = r.pool AND t.stopped IS NULL;
            END IF;
            INSERT INTO twin_day VALUES (r.pool, d, outstanding, bad);
        END LOOP;
        FOR d IN SELECT day FROM twin_day WHERE pool = r.pool ORDER BY day LOOP
            FOR l IN SELECT * FROM loan WHERE pool = r.pool AND overdue_on = d ORDER BY loan COLLATE "C" LOOP
                pay := least(l.overdue_amount * r.share, COALESCE(r.loan_cap, 1e9), (SELECT COALESCE(r.firm_cap, 1e9) - had FROM twin_firm t WHERE t.pool = r.pool AND t.entity = l.entity), (SELECT balance FROM twin_pool t WHERE t.pool = r.pool));
                pay := floor(pay / r.unit) * r.unit;
                IF l.granted_on > (SELECT stopped FROM twin_pool t WHERE t.pool = r.pool) THEN
                    pay := 0;
                END IF;
                UPDATE twin_pool t SET balance = balance - pay WHERE t.pool = r.pool;
                UPDATE twin_firm t SET had = had + pay WHERE t.pool = r.pool AND t.entity = l.entity;
                INSERT INTO twin VALUES (r.pool, l.loan, pay);
                -- place after place, cent after cent to whoever is furthest below the share
                FOR p IN SELECT * FROM twin_place t WHERE t.pool = r.pool ORDER BY t.place LOOP
                    slice := least(pay, COALESCE(p.has, 1e9));
                    CONTINUE WHEN slice = 0;
                    UPDATE twin_place t SET has = t.has - slice WHERE t.pool = r.pool AND t.place = p.place;
                    INSERT INTO twin_part SELECT r.pool, l.loan, p.place, q.partner, floor(slice * q.share / r.unit) * r.unit FROM risk_pool_partner q WHERE q.pool = r.pool AND q.place = p.place;
                    LOOP
                        rest := slice - (SELECT sum(t.amount) FROM twin_part t WHERE t.pool = r.pool AND t.loan = l.loan AND t.place = p.place);
                        EXIT WHEN rest <= 0;
                        UPDATE twin_part t SET amount = t.amount + r.unit WHERE t.pool = r.pool AND t.loan = l.loan AND t.place = p.place AND t.partner =
                            (SELECT q.partner FROM risk_pool_partner q JOIN twin_part u USING (pool, place, partner) WHERE q.pool = r.pool AND q.place = p.place AND u.loan = l.loan ORDER BY slice * q.share - u.amount DESC, q.partner COLLATE "C" LIMIT 1);
                    END LOOP;
                    pay := pay - slice;
                END LOOP;
                INSERT INTO twin_part SELECT r.pool, l.loan, NULL, l.bank, l.overdue_amount - t.paid FROM twin t WHERE t.pool = r.pool AND t.loan = l.loan AND l.overdue_amount > t.paid;
            END LOOP;
            FOR l IN SELECT * FROM loan WHERE pool = r.pool AND recovered_on = d LOOP
                SELECT floor(l.recovered * t.paid / l.overdue_amount / r.unit) * r.unit AS back INTO one FROM twin t WHERE t.pool = r.pool AND t.loan = l.loan;
                UPDATE twin t SET returned = one.back WHERE t.pool = r.pool AND t.loan = l.loan;
                UPDATE twin_pool t SET balance = balance + one.back WHERE t.pool = r.pool;
            END LOOP;
            UPDATE twin_day t SET balance = (SELECT u.balance FROM twin_pool u WHERE u.pool = r.pool) WHERE t.pool = r.pool AND t.day = d;
        END LOOP;
    END LOOP;
END
$$;
SELECT twin_run();
CREATE TABLE paid AS SELECT * FROM pool_compensations('loan');
SELECT count(*) > 500 AS many, count(*) FILTER (WHERE c.paid IS DISTINCT FROM t.paid OR c.returned IS DISTINCT FROM t.returned) AS other FROM paid c FULL JOIN twin t USING (pool, loan);
SELECT status, count(*) > 20 AS often FROM paid GROUP BY 1 ORDER BY 1;
SELECT count(*) > 1500 AS many, count(*) FILTER (WHERE l.amount IS DISTINCT FROM t.amount) AS other FROM pool_liabilities('loan') l FULL JOIN twin_part t ON (l.pool, l.loan, COALESCE(l.place, 0), l.partner) = (t.pool, t.loan, COALESCE(t.place, 0), t.partner);
SELECT count(*) > 1500 AS many, count(*) FILTER (WHERE h.outstanding IS DISTINCT FROM t.outstanding OR h.bad IS DISTINCT FROM t.bad OR h.balance IS DISTINCT FROM t.balance) AS other, min(h.balance) >= 0 AS covered FROM pool_history('loan') h FULL JOIN twin_day t USING (pool, day);
SELECT count(*) FILTER (WHERE s.stopped_on IS DISTINCT FROM t.stopped) AS other, count(t.stopped) > 5 AS stopped, count(*) FILTER (WHERE s.balance <> t.balance) AS other_balance FROM pool_standing('loan', '2029-12-31') s JOIN twin_pool t USING (pool) WHERE s.bank IS NULL;
-- the parts of a loan are the whole of it, those of the banks are the pool's; to the cent
SELECT count(*) FILTER (WHERE s.amount <> l.overdue_amount) AS other FROM (SELECT pool, loan, sum(amount) AS amount FROM pool_liabilities('loan') GROUP BY 1, 2) s JOIN loan l USING (pool, loan);
SELECT count(*) FILTER (WHERE (p.outstanding, p.bad, p.paid, p.loans) IS DISTINCT FROM (b.outstanding, b.bad, b.paid, b.loans)) AS other FROM pool_standing('loan', '2023-06-30') p JOIN (SELECT pool, sum(outstanding) AS outstanding, sum(bad) AS bad, sum(paid) AS paid, sum(loans) AS loans FROM pool_standing('loan', '2023-06-30') WHERE bank IS NOT NULL GROUP BY 1) b USING (pool) WHERE p.bank IS NULL;
SELECT count(*) FILTER (WHERE (s.outstanding, s.bad) IS DISTINCT FROM (h.outstanding, h.bad)) AS other FROM pool_standing('loan', '2023-06-30') s JOIN LATERAL (SELECT * FROM pool_history('loan') h WHERE h.pool = s.pool AND h.day <= '2023-06-30' ORDER BY h.day DESC LIMIT 1) h ON true WHERE s.bank IS NULL;
DELETE FROM risk_pool;
SET client_min_messages = warning;
DROP SCHEMA pool CASCADE;
