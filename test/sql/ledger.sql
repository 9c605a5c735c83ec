-- ledgers of points and vouchers: grants, expiry, redemption, transfer, reversal, the chain; random operations against a twin
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\set ECHO none
\i :draw
\set ECHO all
CREATE SCHEMA book;
SET search_path = book, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

SELECT attempt($$SELECT grant_points('nowhere', 'F1', 5)$$);
INSERT INTO ledger (ledger, title, region, unit, valid_for) VALUES ('hn', '深海科创积分', '三亚', 1, '2 years'), ('sh', '上海创新券', '上海', 0.01, NULL), ('js', '江苏创新券', '苏州', 10, NULL);
INSERT INTO ledger_rate VALUES ('hn', 'sh', '2012-01-01', 0.333), ('sh', 'js', '2012-01-01', 1), ('hn', 'sh', '2012-07-01', 0.5), ('sh', 'hn', '2012-01-01', 2), ('hn', 'js', '2012-01-01', 0);

-- two years, the day included; the oldest first, over several grants
SELECT grant_points('hn', 'F1', 100, '2012-01-31', '第一批'), grant_points('hn', 'F1', 50, '2012-03-01', '第二批'), grant_points('hn', 'F1', 30, '2012-03-01', '限时', '2012-03-31'), grant_points('sh', 'F1', 20.5, '2012-02-01');
SELECT redeem_points('hn', 'F1', 120, '2012-03-31', '检测费');
SELECT lot, granted_on, expires_on, remains FROM ledger_lot WHERE ledger = 'hn' ORDER BY lot;
-- what has expired is not spent
SELECT attempt($$SELECT redeem_points('hn', 'F1', 31, '2012-04-01')$$);
SELECT redeem_points('hn', 'F1', 10, '2014-02-28', '咨询');
SELECT attempt($$SELECT redeem_points('hn', 'F1', 1, '2014-03-01')$$);
-- the rate of the day, rounded down once; days stay with the points
SELECT grant_points('hn', 'F2', 7, '2012-05-01'), grant_points('hn', 'F2', 8, '2012-05-02'), transfer_points('hn', 'sh', 'F2', 10, '2012-06-30', '跨区'), transfer_points('hn', 'sh', 'F2', 4, '2012-07-01');
SELECT entry, operation, kind, ledger, amount, lot, granted_on, expires_on, rate FROM ledger_entry WHERE entity = 'F2' ORDER BY entry;
SELECT attempt(x) FROM unnest(ARRAY[$$SELECT transfer_points('hn', 'js', 'F2', 1, '2012-07-01')$$, $$SELECT transfer_points('js', 'hn', 'F2', 1, '2012-07-01')$$, $$SELECT transfer_points('sh', 'js', 'F2', 5, '2012-07-01')$$,
    $$SELECT transfer_points('hn', 'sh', 'F2', 2, '2012-07-01')$$, $$SELECT transfer_points('hn', 'sh', 'F2', NULL, '2012-07-01')$$, $$SELECT transfer_points('hn', 'hn', 'F2', 1, '2012-07-01')$$]) x;
-- taken back as a whole, and only while nothing of it is spent
SELECT attempt($$SELECT reverse_points(11, '2012-07-01')$$);
SELECT reverse_points(operation, '2012-07-02', '退回') FROM ledger_entry WHERE entity = 'F2' AND day = '2012-07-01' GROUP BY operation;
SELECT redeem_points('sh', 'F2', 3, '2012-07-03');
SELECT attempt(format('SELECT reverse_points(%s, ''2012-07-03'')', min(operation))) FROM ledger_entry WHERE entity = 'F2' AND kind = 'transfer_out';
SELECT attempt(x) FROM unnest(ARRAY['SELECT reverse_points(1, ''2014-03-01'')', 'SELECT reverse_points(999)', 'SELECT reverse_points(NULL)']) x;
SELECT attempt(format('SELECT reverse_points(%s, ''2012-07-03'')', operation)) FROM ledger_entry WHERE kind = 'reversal' GROUP BY operation;
-- what comes back to a grant that has expired expires at once
SELECT reverse_points(5, '2014-03-05');
SELECT ledger, day, entry, kind, amount, balance, lot, reference FROM ledger_statement WHERE entity = 'F1' ORDER BY ledger, day, entry NULLS LAST, lot;
SELECT ledger, day, entry, kind, amount, balance FROM ledger_statement WHERE entity = 'F2' AND ledger = 'sh' ORDER BY day, entry;
SELECT * FROM ledger_clearing;
SELECT * FROM verify_ledger();

-- ---------------------------------------------------------------- what is refused
SELECT attempt(x) FROM unnest(ARRAY[$$SELECT grant_points('hn', '', 5)$$, $$SELECT grant_points('hn', NULL, 5)$$, $$SELECT grant_points('hn', 'F1', 0)$$, $$SELECT grant_points('hn', 'F1', -5)$$, $$SELECT grant_points('hn', 'F1', 'NaN')$$, $$SELECT grant_points('hn', 'F1', 'Infinity')$$,
    $$SELECT grant_points('hn', 'F1', NULL)$$, $$SELECT grant_points('hn', 'F1', 1.5, '2014-03-05')$$, $$SELECT grant_points('hn', 'F1', 5, '2012-01-01')$$, $$SELECT grant_points('hn', 'F1', 5, NULL)$$, $$SELECT grant_points('hn', 'F3', 5, 'infinity')$$, $$SELECT grant_points('hn', 'F1', 5, '2014-04-01', NULL, '2014-03-31')$$,
    $$SELECT redeem_points('hn', 'F1', -3, '2014-03-05')$$, $$SELECT redeem_points('hx', 'F1', 3)$$, $$SELECT redeem_points('sh', 'F1', 0.001, '2012-03-01')$$,
    $$UPDATE ledger_entry SET amount = 1$$, $$DELETE FROM ledger_entry$$, $$TRUNCATE ledger_entry$$, $$TRUNCATE ledger CASCADE$$, $$DELETE FROM ledger WHERE ledger = 'hn'$$, $$UPDATE ledger SET ledger = 'x' WHERE ledger = 'sh'$$,
    $$INSERT INTO ledger (ledger, unit) VALUES ('q', 0)$$, $$INSERT INTO ledger (ledger, valid_for) VALUES ('q', '0 days')$$, $$INSERT INTO ledger_rate VALUES ('hn', 'hn', '2012-01-01', 1)$$, $$INSERT INTO ledger_rate VALUES ('hn', 'sh', '2012-02-01', -1)$$, $$INSERT INTO ledger_rate VALUES ('hn', 'sh', '2012-01-01', 3)$$]) x;
-- what does not come from the functions is judged as well: nobody mints, overdraws, or writes somebody else's lot
SELECT attempt(format('INSERT INTO ledger_entry (operation, kind, ledger, entity, amount, day, lot, reverses) VALUES (%s)', x)) FROM unnest(ARRAY[$$NULL, 'redemption', 'sh', 'F1', -20.51, '2012-02-01', 4, NULL$$, $$NULL, 'redemption', 'sh', 'F2', -1, '2012-07-03', 4, NULL$$, $$NULL, 'redemption', 'sh', 'F1', 5, '2012-02-01', 4, NULL$$,
    $$2, 'redemption', 'sh', 'F1', -5, '2012-02-01', 4, NULL$$, $$NULL, 'reversal', 'hn', 'F1', -99, '2014-03-05', 1, 1$$, $$NULL, 'grant', 'hn', 'F1', 9, '2014-03-05', NULL, 1$$, $$NULL, 'gift', 'sh', 'F1', -5, '2012-02-01', 4, NULL$$, $$NULL, 'redemption', 'hn', 'F1', -1, '2014-03-05', 1, NULL$$]) x;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT attempt($$SELECT grant_points('hn', 'F1', 5, '2014-03-05')$$);
COMMIT;
SELECT count(*), max(entry) FROM ledger_entry;

-- ---------------------------------------------------------------- random operations against a twin that keeps lots in a loop
CREATE TABLE twin (lot bigint, ledger text, entity text, granted date, expires date, remains numeric);
CREATE TABLE tally (what text, done boolean);
CREATE FUNCTION twin_take(book text, firm text, wanted numeric, at date) RETURNS TABLE (granted date, expires date, taken numeric, lot bigint) LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM twin t WHERE t.ledger = book AND t.entity = firm AND t.remains > 0 AND (t.expires IS NULL OR t.expires >= at) ORDER BY t.granted, t.lot LOOP
        EXIT WHEN wanted = 0;
        UPDATE twin t SET remains = t.remains - least(one.remains, wanted) WHERE t.lot = one.lot;
        RETURN QUERY SELECT one.granted, one.expires, least(one.remains, wanted), one.lot;
        wanted := wanted - least(one.remains, wanted);
    END LOOP;
    IF wanted > 0 THEN
        RAISE EXCEPTION 'not enough';
    END IF;
END
$$;
-- one operation, done by both or refused by both
CREATE FUNCTION one(step int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    what int := floor(draw() * 10);
    book text := (ARRAY['hn', 'sh', 'js'])[1 + floor(draw() * 3)::int];
    other text := (ARRAY['hn', 'sh', 'js'])[1 + floor(draw() * 3)::int];
    firm text := 'T' || floor(draw() * 5)::int;
    units numeric := (SELECT unit FROM ledger WHERE ledger = book);
    wanted numeric := (1 + floor(draw() * 40)::int) * units;
    at date := '2010-01-01'::date + step * 3;
    number bigint;
    factor numeric;
    arrived numeric := 0;
    target numeric;
    due numeric;
    asked numeric := wanted;
    one record;
    ours text;
    twins text := 'done';
BEGIN
    BEGIN
        IF what < 4 THEN
            number := grant_points(book, firm, wanted, at, NULL, CASE WHEN what = 0 THEN at + step % 400 END);
        ELSIF what < 8 THEN
            number := redeem_points(book, firm, wanted, at);
        ELSIF book <> other THEN
            number := transfer_points(book, other, firm, wanted, at);
        END IF;
        ours := 'done';
    EXCEPTION WHEN check_violation OR invalid_parameter_value THEN
        ours := 'refused';
    END;
    BEGIN
        IF what < 4 THEN
            INSERT INTO twin VALUES (number, book, firm, at, CASE WHEN what = 0 THEN at + step % 400 WHEN book = 'hn' THEN (at + interval '2 years')::date - 1 END, wanted);
        ELSIF what < 8 THEN
            PERFORM twin_take(book, firm, wanted, at);
        ELSIF book <> other THEN
            factor := CASE book || other WHEN 'hnsh' THEN 1.25 WHEN 'shhn' THEN 0.7 WHEN 'shjs' THEN 300 END;
            target := CASE other WHEN 'hn' THEN 1 WHEN 'sh' THEN 0.01 ELSE 10 END;
            due := floor(wanted * factor / target) * target;
            IF due IS NULL OR due = 0 THEN
                RAISE EXCEPTION 'no rate';
            END IF;
            number := number + (SELECT count(*) FROM ledger_entry e WHERE e.operation = number AND e.kind = 'transfer_out');
            wanted := 0;
            FOR one IN SELECT * FROM twin_take(book, firm, asked, at) LOOP
                wanted := wanted + one.taken;
                IF floor(wanted * factor / target) * target > arrived THEN
                    INSERT INTO twin VALUES (number, other, firm, one.granted, one.expires, floor(wanted * factor / target) * target - arrived);
                    number := number + 1;
                    arrived := floor(wanted * factor / target) * target;
                END IF;
            END LOOP;
            IF arrived <> due THEN
                RAISE EXCEPTION 'arrived % of %', arrived, due;
            END IF;
        END IF;
    EXCEPTION WHEN raise_exception THEN
        twins := CASE WHEN SQLERRM IN ('not enough', 'no rate') THEN 'refused' ELSE SQLERRM END;
    END;
    INSERT INTO tally VALUES (CASE WHEN what < 4 THEN 'grant' WHEN what < 8 THEN 'redemption' WHEN book = other THEN 'nothing' ELSE 'transfer' END, ours = 'done');
    RETURN CASE WHEN ours = twins THEN 'same' ELSE format('step %s: %s, twin %s', step, ours, twins) END;
END
$$;
DELETE FROM ledger_rate;
INSERT INTO ledger_rate VALUES ('hn', 'sh', '2009-01-01', 1.25), ('sh', 'hn', '2009-01-01', 0.7), ('sh', 'js', '2009-01-01', 300);
SELECT result, count(*) FROM (SELECT one(i) AS result FROM generate_series(1, 700) i) r GROUP BY 1;
SELECT what, done, count(*) > 5 AS often FROM tally WHERE what <> 'nothing' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE l.remains IS DISTINCT FROM t.remains OR l.granted_on IS DISTINCT FROM t.granted OR l.expires_on IS DISTINCT FROM t.expires OR l.ledger <> t.ledger) AS other
FROM (SELECT * FROM ledger_lot WHERE entity ~ '^T') l FULL JOIN twin t USING (lot);
-- balances are never below 0 and end where the lots end; every ledger adds up
SELECT count(*) FILTER (WHERE balance < 0) AS below, count(*) FILTER (WHERE kind = 'expiry') > 10 AS expired FROM ledger_statement WHERE entity ~ '^T';
SELECT count(*), count(*) FILTER (WHERE s.balance <> b.balance) AS other FROM ledger_balance b CROSS JOIN LATERAL
    (SELECT s.balance FROM ledger_statement s WHERE s.ledger = b.ledger AND s.entity = b.entity ORDER BY s.day DESC, s.entry DESC NULLS FIRST, s.lot DESC LIMIT 1) s WHERE b.entity ~ '^T';
SELECT r.ledger, r.region, r.difference, r.granted + r.received = r.redeemed + r.sent + r.expired + r.balance AS sums, r.granted > 0 AS used FROM ledger_reconciliation r ORDER BY 1;
SELECT from_ledger, to_ledger, transfers > 3 AS some, difference FROM ledger_clearing ORDER BY 1, 2;
SELECT * FROM verify_ledger();
-- all is taken back, the latest first, and nothing is left
SELECT count(*) > 300 AS reversed FROM (SELECT reverse_points(o.operation, '2020-01-01') FROM (SELECT DISTINCT e.operation FROM ledger_entry e WHERE e.entity ~ '^T' ORDER BY 1 DESC) o) r;
SELECT count(*) > 100 AS lots, sum(remains) FROM ledger_lot WHERE entity ~ '^T';
SELECT ledger, difference FROM ledger_reconciliation ORDER BY 1;
SELECT * FROM verify_ledger();
-- whoever gets past the triggers is found
BEGIN;
ALTER TABLE ledger_entry DISABLE TRIGGER USER;
UPDATE ledger_entry SET amount = 101 WHERE entry = 1;
UPDATE ledger_entry SET lot = 4 WHERE entry = (SELECT max(entry) FROM ledger_entry WHERE kind = 'redemption' AND ledger = 'sh' AND entity = 'F2');
DELETE FROM ledger_entry WHERE entry = 10;
SELECT entry, problem FROM verify_ledger() WHERE entry < 30;
ROLLBACK;
-- an officer's rights: to add, not to change
CREATE ROLE ledger_officer;
GRANT USAGE ON SCHEMA book TO ledger_officer;
SET ROLE ledger_officer;
SELECT attempt(c) FROM unnest(ARRAY[$$SELECT grant_points('hn', 'Z1', 5)$$, $$SELECT redeem_points('hn', 'Z1', 5)$$, $$SELECT transfer_points('hn', 'sh', 'Z1', 5)$$, $$SELECT reverse_points(1)$$]) c;
RESET ROLE;
GRANT SELECT ON ledger, ledger_rate, ledger_lot, ledger_balance TO ledger_officer;
GRANT SELECT, INSERT ON ledger_entry TO ledger_officer;
GRANT UPDATE ON _innovation_score.ledger_turn TO ledger_officer;
SET ROLE ledger_officer;
SELECT grant_points('hn', 'Z1', 5, '2014-03-05') > 0 AS granted, redeem_points('hn', 'Z1', 2, '2014-03-05') > 0 AS redeemed;
SELECT attempt('UPDATE ledger_entry SET amount = 7'), attempt('INSERT INTO ledger VALUES (''mine'')');
RESET ROLE;
SELECT DISTINCT role, session_role = session_user AS session FROM ledger_entry WHERE entity = 'Z1';
DROP OWNED BY ledger_officer;
DROP ROLE ledger_officer;
SET client_min_messages = warning;
ALTER TABLE ledger_entry DISABLE TRIGGER USER;
DELETE FROM ledger_entry;
ALTER TABLE ledger_entry ENABLE TRIGGER USER;
DELETE FROM ledger;
DROP SCHEMA book CASCADE;
