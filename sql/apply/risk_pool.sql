-- risk_pool: who bears how much of loans that go bad (风险缓释资金池, 政银保联动). Pools and what their partners bear are rows;
-- loans are a table or view of the caller's.

CREATE TABLE risk_pool (
    pool         text NOT NULL,
    title        text,
    amount       numeric NOT NULL,
    share        numeric NOT NULL,
    loan_cap     numeric,
    firm_cap     numeric,
    leverage     numeric,
    warning_rate numeric,
    stop_rate    numeric,
    unit         numeric NOT NULL DEFAULT 0.01,
    source       text,
    CONSTRAINT risk_pool_pkey PRIMARY KEY (pool),
    CONSTRAINT risk_pool_pool_check CHECK (pool <> ''),
    CONSTRAINT risk_pool_amount_check CHECK (amount > 0 AND amount < 'Infinity'),
    CONSTRAINT risk_pool_share_check CHECK (share > 0 AND share <= 1),
    CONSTRAINT risk_pool_caps_check CHECK (loan_cap >= 0 AND loan_cap < 'Infinity' AND firm_cap >= 0 AND firm_cap < 'Infinity'),
    CONSTRAINT risk_pool_leverage_check CHECK (leverage > 0 AND leverage < 'Infinity'),
    CONSTRAINT risk_pool_rates_check CHECK (warning_rate > 0 AND warning_rate <= 1 AND stop_rate > 0 AND stop_rate <= 1 AND warning_rate <= stop_rate),
    CONSTRAINT risk_pool_unit_check CHECK (unit > 0 AND unit < 'Infinity')
);

CREATE TABLE risk_pool_partner (
    pool    text NOT NULL,
    place   smallint NOT NULL DEFAULT 1,
    partner text NOT NULL,
    share   numeric NOT NULL,
    cap     numeric,
    CONSTRAINT risk_pool_partner_pkey PRIMARY KEY (pool, place, partner),
    CONSTRAINT risk_pool_partner_pool_fkey FOREIGN KEY (pool) REFERENCES risk_pool ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT risk_pool_partner_place_check CHECK (place > 0),
    CONSTRAINT risk_pool_partner_partner_check CHECK (partner <> ''),
    CONSTRAINT risk_pool_partner_share_check CHECK (share > 0 AND share <= 1),
    CONSTRAINT risk_pool_partner_cap_check CHECK (cap > 0 AND cap < 'Infinity')
);

COMMENT ON TABLE risk_pool IS '风险缓释资金池 pools that compensate banks for loans that go bad';
COMMENT ON COLUMN risk_pool.pool IS '资金池代码 code';
COMMENT ON COLUMN risk_pool.title IS '名称 title';
COMMENT ON COLUMN risk_pool.amount IS '规模 what was paid in';
COMMENT ON COLUMN risk_pool.share IS '补偿比例 share of the overdue principal that the pool pays; the bank bears the rest';
COMMENT ON COLUMN risk_pool.loan_cap IS '单笔上限 most that is paid for a loan; NULL: no bound';
COMMENT ON COLUMN risk_pool.firm_cap IS '单户上限 most that is paid for all loans of a firm; NULL: no bound';
COMMENT ON COLUMN risk_pool.leverage IS '放大倍数 most that may be lent, as a multiple of the amount; NULL: no bound';
COMMENT ON COLUMN risk_pool.warning_rate IS '预警线 bad-loan rate that warns; NULL: none';
COMMENT ON COLUMN risk_pool.stop_rate IS '熔断线 bad-loan rate after which new loans are not covered; NULL: none';
COMMENT ON COLUMN risk_pool.unit IS '取整单位 payments are rounded down to a multiple of it';
COMMENT ON COLUMN risk_pool.source IS '依据 where the rule stands';
COMMENT ON TABLE risk_pool_partner IS '出资方 who bears what the pool pays, in which order';
COMMENT ON COLUMN risk_pool_partner.pool IS '资金池代码 pool';
COMMENT ON COLUMN risk_pool_partner.place IS '责任次序 order of liability: the next place pays when the cap of the one before is used up';
COMMENT ON COLUMN risk_pool_partner.partner IS '出资方 partner';
COMMENT ON COLUMN risk_pool_partner.share IS '分担比例 share of what its place pays; those of a place add up to 1';
COMMENT ON COLUMN risk_pool_partner.cap IS '责任上限 most that the place pays in all, the same for all of the place; the last place has none';

SELECT _innovation_score.dump_table('risk_pool', 35, 'true');
SELECT _innovation_score.dump_table('risk_pool_partner', 36, 'n.pool IN (SELECT p.pool FROM risk_pool p)');

CREATE FUNCTION _innovation_score.check_pool_partners(pools text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    place record;
BEGIN
    SELECT p.*, lead(p.place) OVER (PARTITION BY p.pool ORDER BY p.place) IS NULL AS last INTO place
    FROM (SELECT q.pool, q.place, sum(q.share) AS share, min(q.cap) AS cap, count(DISTINCT q.cap) > 1 OR count(q.cap) NOT IN (0, count(*)) AS torn
          FROM risk_pool_partner q WHERE q.pool = ANY (pools) GROUP BY q.pool, q.place) p
    ORDER BY p.share = 1, NOT p.torn, (lead(p.place) OVER (PARTITION BY p.pool ORDER BY p.place) IS NULL) <> (p.cap IS NOT NULL), p.pool COLLATE "C", p.place LIMIT 1;
    IF place.share <> 1 THEN
        RAISE EXCEPTION 'shares of pool "%" at place % add up to %, not to 1', place.pool, place.place, trim_scale(place.share)
            USING ERRCODE = 'check_violation', HINT = 'Change all partners of a place in one statement.';
    ELSIF place.torn THEN
        RAISE EXCEPTION 'partners of pool "%" at place % have different caps', place.pool, place.place
            USING ERRCODE = 'check_violation', HINT = 'The cap is that of the place: state the same for all of them.';
    ELSIF place.last AND place.cap IS NOT NULL THEN
        RAISE EXCEPTION 'the last place of pool "%" has a cap', place.pool
            USING ERRCODE = 'check_violation', HINT = 'What the pool pays beyond it would be nobody''s: leave it NULL.';
    ELSIF NOT place.last AND place.cap IS NULL THEN
        RAISE EXCEPTION 'place % of pool "%" has no cap, and others come after it', place.place, place.pool
            USING ERRCODE = 'check_violation', HINT = 'State what it pays in all at most.';
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.check_changed_partners() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT _innovation_score.is_restored() THEN
        PERFORM _innovation_score.check_pool_partners(ARRAY(SELECT DISTINCT c.pool FROM changed c));
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_pool_partners(text[]) IS 'internal: partners of each place bear the whole, and every place but the last has a cap';
COMMENT ON FUNCTION _innovation_score.check_changed_partners() IS 'internal: check_pool_partners for what was changed';

CREATE TRIGGER risk_pool_partner_insert AFTER INSERT ON risk_pool_partner
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_changed_partners();
CREATE TRIGGER risk_pool_partner_update AFTER UPDATE ON risk_pool_partner
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_changed_partners();
CREATE TRIGGER risk_pool_partner_delete AFTER DELETE ON risk_pool_partner
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_changed_partners();

-- ---------------------------------------------------------------- loans

CREATE TYPE _innovation_score.pool_loan AS (
    pool           text,
    loan           text,
    bank           text,
    entity         text,
    amount         numeric,
    granted_on     date,
    repaid_on      date,
    overdue_on     date,
    overdue_amount numeric,
    recovered_on   date,
    recovered      numeric
);

COMMENT ON TYPE _innovation_score.pool_loan IS 'internal: a loan that a pool covers';
COMMENT ON COLUMN _innovation_score.pool_loan.pool IS '资金池代码 pool';
COMMENT ON COLUMN _innovation_score.pool_loan.loan IS '贷款编号 number of the loan';
COMMENT ON COLUMN _innovation_score.pool_loan.bank IS '银行 bank';
COMMENT ON COLUMN _innovation_score.pool_loan.entity IS '企业 firm';
COMMENT ON COLUMN _innovation_score.pool_loan.amount IS '本金 principal';
COMMENT ON COLUMN _innovation_score.pool_loan.granted_on IS '放款日 day on which it was granted';
COMMENT ON COLUMN _innovation_score.pool_loan.repaid_on IS '还清日 day on which it was repaid';
COMMENT ON COLUMN _innovation_score.pool_loan.overdue_on IS '逾期日 day on which it went bad';
COMMENT ON COLUMN _innovation_score.pool_loan.overdue_amount IS '逾期本金 principal that was overdue then';
COMMENT ON COLUMN _innovation_score.pool_loan.recovered_on IS '追回日 day on which part of it was recovered';
COMMENT ON COLUMN _innovation_score.pool_loan.recovered IS '追回金额 what was recovered';

-- They are checked once, where compensation is worked out, which every function asks for.
CREATE FUNCTION _innovation_score.pool_loans(loans regclass, pools text[], checked boolean DEFAULT false) RETURNS SETOF _innovation_score.pool_loan
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    missing text := (SELECT w.name FROM unnest('{pool,loan,bank,entity,amount,granted_on,repaid_on,overdue_on,overdue_amount,recovered_on,recovered}'::text[])
                         WITH ORDINALITY w(name, place)
                     WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = loans AND a.attname = w.name AND a.attnum > 0
                                                                        AND NOT a.attisdropped)
                     ORDER BY w.place LIMIT 1);
    unknown text := (SELECT min(u COLLATE "C") FROM unnest(pools) u WHERE u NOT IN (SELECT p.pool FROM risk_pool p));
    culprit record;
    query text;
BEGIN
    IF loans IS NULL THEN
        RAISE EXCEPTION 'loans must not be null' USING ERRCODE = 'null_value_not_allowed';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION 'loans % have no column "%"', loans, missing
            USING ERRCODE = 'undefined_column',
                  HINT = 'They must have the columns pool, loan, bank, entity, amount, granted_on, repaid_on, overdue_on, overdue_amount, recovered_on and recovered.';
    ELSIF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown pool "%"', unknown
            USING ERRCODE = 'undefined_object', HINT = 'See the table innovation_score.risk_pool.';
    END IF;
    query := format('SELECT l.pool::text AS pool, innovation_score.key_text(l.loan) AS loan, l.bank::text AS bank, '
                    'innovation_score.key_text(l.entity) AS entity, l.amount::numeric AS amount, l.granted_on::date AS granted_on, '
                    'l.repaid_on::date AS repaid_on, l.overdue_on::date AS overdue_on, l.overdue_amount::numeric AS overdue_amount, '
                    'l.recovered_on::date AS recovered_on, l.recovered::numeric AS recovered '
                    'FROM %s l WHERE $1 IS NULL OR l.pool::text = ANY ($1)', loans);
    IF NOT checked THEN
        RETURN QUERY EXECUTE query USING pools;
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT l.*, p.problem FROM (SELECT q.*, pg_catalog.count(*) OVER (PARTITION BY q.pool, q.loan) AS times FROM (%s) q) l '
        'CROSS JOIN LATERAL (SELECT CASE '
        'WHEN l.pool IS NULL OR l.loan IS NULL OR l.bank IS NULL OR l.entity IS NULL OR l.granted_on IS NULL THEN ''lacks pool, loan, bank, entity or granted_on'' '
        'WHEN NOT EXISTS (SELECT FROM innovation_score.risk_pool r WHERE r.pool = l.pool) THEN ''is of an unknown pool'' '
        'WHEN l.times > 1 THEN ''has more than one row'' '
        'WHEN (l.amount > 0 AND l.amount < ''Infinity'') IS NOT TRUE THEN ''has no amount above 0'' '
        'WHEN (l.overdue_on IS NULL) <> (l.overdue_amount IS NULL) THEN ''needs both overdue_on and overdue_amount, or none'' '
        'WHEN (l.recovered_on IS NULL) <> (l.recovered IS NULL) THEN ''needs both recovered_on and recovered, or none'' '
        'WHEN NOT (l.overdue_amount > 0 AND l.overdue_amount <= l.amount) THEN ''has an overdue amount that is not between 0 and its principal'' '
        'WHEN l.recovered IS NOT NULL AND (l.recovered >= 0 AND l.recovered <= l.overdue_amount) IS NOT TRUE '
        'THEN ''has a recovered amount that is not between 0 and what was overdue'' '
        'WHEN l.repaid_on IS NOT NULL AND l.overdue_on IS NOT NULL THEN ''is repaid and overdue'' '
        'WHEN l.repaid_on < l.granted_on THEN ''was repaid before it was granted'' '
        'WHEN l.overdue_on < l.granted_on THEN ''was overdue before it was granted'' '
        'WHEN l.recovered_on < l.overdue_on THEN ''was recovered before it was overdue'' END AS problem) p '
        'WHERE p.problem IS NOT NULL ORDER BY l.pool COLLATE "C", l.loan COLLATE "C" LIMIT 1', query)
        INTO culprit USING pools;
    IF culprit.problem IS NOT NULL THEN
        RAISE EXCEPTION 'loan "%" of pool "%" %', culprit.loan, culprit.pool, culprit.problem
            USING ERRCODE = CASE WHEN culprit.times > 1 THEN 'unique_violation' ELSE 'check_violation' END,
                  DETAIL = format('Its row is %s.', to_jsonb(culprit) - 'problem' - 'times');
    END IF;
    PERFORM _innovation_score.check_pool_partners(ARRAY(SELECT p.pool FROM risk_pool p));
    RETURN QUERY EXECUTE query USING pools;
END
$$;

COMMENT ON FUNCTION _innovation_score.pool_loans(regclass, text[], boolean) IS 'internal: loans of pools, checked or not';

-- What is lent and what of it is bad, at the end of each day on which it changed.
CREATE FUNCTION _innovation_score.pool_days(loans regclass, pools text[])
RETURNS TABLE (pool text, day date, outstanding numeric, bad numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.pool, c.day, sum(c.outstanding) OVER w, sum(c.bad) OVER w
    FROM (SELECT l.pool, e.day, sum(e.outstanding) AS outstanding, sum(e.bad) AS bad
          FROM _innovation_score.pool_loans($1, $2) l
          CROSS JOIN LATERAL (VALUES (l.granted_on, l.amount, 0), (l.repaid_on, - l.amount, 0),
                                     (l.overdue_on, l.overdue_amount - l.amount, l.overdue_amount),
                                     (l.recovered_on, - l.recovered, - l.recovered)) e(day, outstanding, bad)
          WHERE e.day IS NOT NULL GROUP BY l.pool, e.day) c
    WINDOW w AS (PARTITION BY c.pool ORDER BY c.day)
$$;

CREATE FUNCTION _innovation_score.pool_lines(loans regclass, pools text[]) RETURNS TABLE (pool text, warned_on date, stopped_on date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT d.pool, min(d.day) FILTER (WHERE d.bad > 0 AND d.bad >= p.warning_rate * d.outstanding),
           min(d.day) FILTER (WHERE d.bad > 0 AND d.bad >= p.stop_rate * d.outstanding)
    FROM _innovation_score.pool_days($1, $2) d JOIN risk_pool p USING (pool) GROUP BY d.pool
$$;

COMMENT ON FUNCTION _innovation_score.pool_days(regclass, text[]) IS 'internal: outstanding and bad loans of pools, day by day';
COMMENT ON FUNCTION _innovation_score.pool_lines(regclass, text[]) IS 'internal: days on which pools crossed their lines';

-- ---------------------------------------------------------------- compensation

CREATE TYPE _innovation_score.pool_claim AS (
    pool           text,
    loan           text,
    bank           text,
    entity         text,
    overdue_on     date,
    overdue_amount numeric,
    recovered_on   date,
    recovered      numeric,
    stopped_on     date,
    stopped        boolean,
    due            numeric,
    firm           bigint
);

COMMENT ON TYPE _innovation_score.pool_claim IS 'internal: a loan that went bad, and what is due for it';
COMMENT ON COLUMN _innovation_score.pool_claim.pool IS '资金池代码 pool';
COMMENT ON COLUMN _innovation_score.pool_claim.loan IS '贷款编号 number of the loan';
COMMENT ON COLUMN _innovation_score.pool_claim.bank IS '银行 bank';
COMMENT ON COLUMN _innovation_score.pool_claim.entity IS '企业 firm';
COMMENT ON COLUMN _innovation_score.pool_claim.overdue_on IS '逾期日 day on which it went bad';
COMMENT ON COLUMN _innovation_score.pool_claim.overdue_amount IS '逾期本金 principal that was overdue then';
COMMENT ON COLUMN _innovation_score.pool_claim.recovered_on IS '追回日 day on which part of it was recovered';
COMMENT ON COLUMN _innovation_score.pool_claim.recovered IS '追回金额 what was recovered';
COMMENT ON COLUMN _innovation_score.pool_claim.stopped_on IS '熔断日 day on which the pool was stopped';
COMMENT ON COLUMN _innovation_score.pool_claim.stopped IS '熔断后发放 whether it was granted after that';
COMMENT ON COLUMN _innovation_score.pool_claim.due IS '应补偿 what the share of the pool and the cap of a loan give';
COMMENT ON COLUMN _innovation_score.pool_claim.firm IS '企业序号 number of the firm within its pool';

CREATE TYPE pool_compensation AS (
    pool           text,
    loan           text,
    bank           text,
    entity         text,
    overdue_on     date,
    overdue_amount numeric,
    due            numeric,
    paid           numeric,
    borne          numeric,
    returned       numeric,
    status         text,
    reason         text
);

COMMENT ON TYPE pool_compensation IS '风险补偿 what a pool pays for a loan that went bad';
COMMENT ON COLUMN pool_compensation.pool IS '资金池代码 pool';
COMMENT ON COLUMN pool_compensation.loan IS '贷款编号 loan';
COMMENT ON COLUMN pool_compensation.bank IS '银行 bank';
COMMENT ON COLUMN pool_compensation.entity IS '企业 firm';
COMMENT ON COLUMN pool_compensation.overdue_on IS '逾期日 day on which it went bad';
COMMENT ON COLUMN pool_compensation.overdue_amount IS '逾期本金 principal that was overdue';
COMMENT ON COLUMN pool_compensation.due IS '应补偿 what the share of the pool and the cap of a loan give';
COMMENT ON COLUMN pool_compensation.paid IS '实补偿 what the cap of the firm and the balance of the pool leave of it';
COMMENT ON COLUMN pool_compensation.borne IS '银行承担 what the bank bears';
COMMENT ON COLUMN pool_compensation.returned IS '追偿返还 what came back to the pool when part of the loan was recovered';
COMMENT ON COLUMN pool_compensation.status IS
    '状态 full（足额）, firm_cap（单户上限）, pool_cap（资金池不足）, stopped（熔断后发放，不予补偿）';
COMMENT ON COLUMN pool_compensation.reason IS '理由 how the amount came about';

-- Claims of a day before what is recovered on it. The caps of firms and the balance depend on what was paid before, so that
-- claims are paid one after the other; arrays of numbers are changed in place.
CREATE FUNCTION pool_compensations(loans regclass, pools text[] DEFAULT NULL) RETURNS SETOF pool_compensation
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
#variable_conflict use_column
DECLARE
    claims _innovation_score.pool_claim[];
    event record;
    balance numeric;
    current text;
    payment numeric;
    admitted numeric[];
    balances numeric[];
    paid numeric[];
    returned numeric[];
    had numeric[];      -- by firm
BEGIN
    claims := ARRAY(
        SELECT ROW(l.pool, l.loan, l.bank, l.entity, l.overdue_on, l.overdue_amount, l.recovered_on, l.recovered, s.stopped_on,
                   COALESCE(l.granted_on > s.stopped_on, false),
                   CASE WHEN l.granted_on > s.stopped_on THEN 0 ELSE div(least(l.overdue_amount * p.share, p.loan_cap), p.unit) * p.unit END,
                   dense_rank() OVER (ORDER BY l.pool, l.entity))::_innovation_score.pool_claim
        FROM _innovation_score.pool_loans($1, $2, true) l JOIN risk_pool p USING (pool) LEFT JOIN _innovation_score.pool_lines($1, $2) s USING (pool)
        WHERE l.overdue_on IS NOT NULL ORDER BY l.pool COLLATE "C", l.overdue_on, l.loan COLLATE "C");
    admitted := array_fill(NULL::numeric, ARRAY[cardinality(claims)]);
    balances := admitted;
    paid := admitted;
    returned := array_fill(0::numeric, ARRAY[cardinality(claims)]);
    had := returned;
    FOR event IN
        SELECT c.pool, c.number, c.firm, c.due, c.overdue_amount, c.recovered, p.amount, p.firm_cap, p.unit, e.back
        FROM unnest(claims) WITH ORDINALITY
            c(pool, loan, bank, entity, overdue_on, overdue_amount, recovered_on, recovered, stopped_on, stopped, due, firm, number)
        JOIN risk_pool p USING (pool) CROSS JOIN LATERAL (VALUES (c.overdue_on, false), (c.recovered_on, true)) e(day, back)
        WHERE e.day IS NOT NULL ORDER BY c.pool COLLATE "C", e.day, e.back, c.number
    LOOP
        IF event.pool IS DISTINCT FROM current THEN
            current := event.pool;
            balance := event.amount;
        END IF;
        IF event.back THEN
            payment := - div(event.recovered * paid[event.number], event.overdue_amount * event.unit) * event.unit;
            returned[event.number] := - payment;
        ELSE
            payment := least(event.due, div(event.firm_cap - had[event.firm], event.unit) * event.unit);
            admitted[event.number] := payment;
            balances[event.number] := balance;
            payment := least(payment, div(balance, event.unit) * event.unit);
            paid[event.number] := payment;
            had[event.firm] := had[event.firm] + payment;
        END IF;
        balance := balance - payment;
    END LOOP;
    RETURN QUERY
    SELECT r.pool, r.loan, r.bank, r.entity, r.overdue_on, r.overdue_amount, r.due, r.paid, r.overdue_amount - r.paid, r.returned,
           CASE WHEN r.stopped THEN 'stopped' WHEN r.paid < r.admitted THEN 'pool_cap' WHEN r.admitted < r.due THEN 'firm_cap' ELSE 'full' END,
           CASE WHEN r.stopped THEN format('%s熔断后发放，不予补偿 | granted after the stop of %s', r.stopped_on, r.stopped_on)
                ELSE concat('逾期本金', trim_scale(r.overdue_amount), '，按', trim_scale(p.share * 100), '%补偿',
                            CASE WHEN r.overdue_amount * p.share > p.loan_cap THEN concat('，单笔最高', trim_scale(p.loan_cap)) END,
                            CASE WHEN r.admitted < r.due THEN concat('，单户累计最高', trim_scale(p.firm_cap)) END,
                            CASE WHEN r.paid < r.admitted THEN concat('，资金池余额', trim_scale(r.balance)) END,
                            ' | ', trim_scale(p.share * 100), '% of ', trim_scale(r.overdue_amount),
                            CASE WHEN r.overdue_amount * p.share > p.loan_cap THEN concat(', at most ', trim_scale(p.loan_cap), ' a loan') END,
                            CASE WHEN r.admitted < r.due THEN concat(', at most ', trim_scale(p.firm_cap), ' a firm') END,
                            CASE WHEN r.paid < r.admitted THEN concat(', the pool has ', trim_scale(r.balance)) END) END
    FROM ROWS FROM (unnest(claims), unnest(admitted), unnest(balances), unnest(paid), unnest(returned)) WITH ORDINALITY
        AS r(pool, loan, bank, entity, overdue_on, overdue_amount, recovered_on, recovered, stopped_on, stopped, due, firm, admitted, balance, paid,
             returned, number)
    JOIN risk_pool p ON p.pool = r.pool
    ORDER BY r.number;
END
$$;

COMMENT ON FUNCTION pool_compensations(regclass, text[]) IS 'what pools pay for each loan that went bad, and why';

CREATE FUNCTION pool_liabilities(loans regclass, pools text[] DEFAULT NULL)
RETURNS TABLE (pool text, loan text, place smallint, partner text, amount numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 3000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH claim AS (
        SELECT c.*, sum(c.paid) OVER (PARTITION BY c.pool ORDER BY c.overdue_on, c.loan COLLATE "C") AS upto
        FROM pool_compensations($1, $2) c
    ), partner AS (     -- a pool without partners bears what it pays itself
        SELECT q.pool, q.place, q.partner, q.share, q.cap FROM risk_pool_partner q
        UNION ALL
        SELECT r.pool, 1, r.pool, 1, NULL FROM risk_pool r WHERE NOT EXISTS (SELECT FROM risk_pool_partner q WHERE q.pool = r.pool)
    ), place AS (   -- what each place pays before the next one does
        SELECT q.pool, q.place, sum(q.cap) OVER (PARTITION BY q.pool ORDER BY q.place) AS ends,
               COALESCE(sum(q.cap) OVER (PARTITION BY q.pool ORDER BY q.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS starts,
               lead(q.place) OVER (PARTITION BY q.pool ORDER BY q.place) IS NULL AS last
        FROM (SELECT p.pool, p.place, div(min(p.cap), r.unit) * r.unit AS cap FROM partner p JOIN risk_pool r USING (pool)
              GROUP BY p.pool, p.place, r.unit) q
    ), slice AS (
        SELECT c.pool, c.loan, w.place, greatest(least(c.upto, CASE WHEN NOT w.last THEN w.ends END) - greatest(c.upto - c.paid, w.starts), 0) AS amount
        FROM claim c JOIN place w USING (pool)
    ), part AS (    -- rounded down; what is left goes to the largest remainders
        SELECT s.pool, s.loan, s.place, q.partner, r.unit, div(s.amount * q.share, r.unit) AS units,
               div(s.amount, r.unit) - sum(div(s.amount * q.share, r.unit)) OVER all_parts AS left_over,
               row_number() OVER (PARTITION BY s.pool, s.loan, s.place ORDER BY mod(s.amount * q.share, r.unit) DESC, q.partner COLLATE "C") AS turn
        FROM slice s JOIN partner q USING (pool, place) JOIN risk_pool r USING (pool) WHERE s.amount > 0
        WINDOW all_parts AS (PARTITION BY s.pool, s.loan, s.place)
    )
    SELECT p.pool, p.loan, p.place, p.partner, (p.units + CASE WHEN p.turn <= p.left_over THEN 1 ELSE 0 END) * p.unit FROM part p
    UNION ALL
    SELECT c.pool, c.loan, NULL, c.bank, c.borne FROM claim c WHERE c.borne > 0
$$;

COMMENT ON FUNCTION pool_liabilities(regclass, text[]) IS 'who bears how much of each loan that went bad: the partners of the pool, and the bank';

CREATE FUNCTION pool_history(loans regclass, pools text[] DEFAULT NULL)
RETURNS TABLE (pool text, day date, outstanding numeric, bad numeric, bad_rate numeric, leverage numeric, paid numeric, returned numeric,
               balance numeric, state text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH compensation AS MATERIALIZED (
        SELECT * FROM pool_compensations($1, $2)
    ), money AS (
        SELECT m.pool, m.day, sum(m.paid) AS paid, sum(m.returned) AS returned
        FROM (SELECT c.pool, c.overdue_on AS day, c.paid, 0 AS returned FROM compensation c
              UNION ALL
              SELECT c.pool, l.recovered_on, 0, c.returned FROM compensation c JOIN _innovation_score.pool_loans($1, $2) l USING (pool, loan)
              WHERE l.recovered_on IS NOT NULL) m
        GROUP BY m.pool, m.day
    )
    SELECT d.pool, d.day, d.outstanding, d.bad, round(d.bad / NULLIF(d.outstanding, 0), 6), round(d.outstanding / p.amount, 6),
           COALESCE(m.paid, 0), COALESCE(m.returned, 0),
           p.amount + COALESCE(sum(m.returned) OVER w, 0) - COALESCE(sum(m.paid) OVER w, 0),
           CASE WHEN d.day >= s.stopped_on THEN 'stopped' WHEN d.bad > 0 AND d.bad >= p.warning_rate * d.outstanding THEN 'warning'
                WHEN d.outstanding > p.leverage * p.amount THEN 'leverage' ELSE 'normal' END
    FROM _innovation_score.pool_days($1, $2) d JOIN risk_pool p USING (pool) LEFT JOIN money m USING (pool, day)
    LEFT JOIN _innovation_score.pool_lines($1, $2) s USING (pool)
    WINDOW w AS (PARTITION BY d.pool ORDER BY d.day)
$$;

COMMENT ON FUNCTION pool_history(regclass, text[]) IS 'loans, bad loans, leverage and balance of pools, day by day';

CREATE FUNCTION pool_standing(loans regclass, day date DEFAULT CURRENT_DATE, pools text[] DEFAULT NULL)
RETURNS TABLE (pool text, bank text, loans bigint, outstanding numeric, bad numeric, bad_rate numeric, paid numeric, leverage numeric,
               room numeric, balance numeric, warned_on date, stopped_on date)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT l.pool, l.bank, count(*), sum(b.outstanding), sum(b.bad), round(sum(b.bad) / NULLIF(sum(b.outstanding), 0), 6),
           COALESCE(sum(c.paid) FILTER (WHERE l.overdue_on <= $2), 0),
           CASE WHEN l.bank IS NULL THEN round(sum(b.outstanding) / p.amount, 6) END,
           CASE WHEN l.bank IS NULL THEN p.leverage * p.amount - sum(b.outstanding) END,
           CASE WHEN l.bank IS NULL THEN p.amount - COALESCE(sum(c.paid) FILTER (WHERE l.overdue_on <= $2), 0)
                                         + COALESCE(sum(c.returned) FILTER (WHERE l.recovered_on <= $2), 0) END,
           CASE WHEN l.bank IS NULL AND s.warned_on <= $2 THEN s.warned_on END,
           CASE WHEN l.bank IS NULL AND s.stopped_on <= $2 THEN s.stopped_on END
    FROM _innovation_score.pool_loans($1, $3) l JOIN risk_pool p USING (pool)
    CROSS JOIN LATERAL (SELECT CASE WHEN l.overdue_on <= $2 THEN l.overdue_amount - COALESCE(CASE WHEN l.recovered_on <= $2 THEN l.recovered END, 0)
                                    WHEN l.repaid_on <= $2 THEN 0 ELSE l.amount END AS outstanding,
                               CASE WHEN l.overdue_on <= $2 THEN l.overdue_amount - COALESCE(CASE WHEN l.recovered_on <= $2 THEN l.recovered END, 0)
                                    ELSE 0 END AS bad) b
    LEFT JOIN pool_compensations($1, $3) c USING (pool, loan)
    LEFT JOIN _innovation_score.pool_lines($1, $3) s USING (pool)
    WHERE l.granted_on <= $2
    GROUP BY GROUPING SETS ((l.pool, p.amount, p.leverage, s.warned_on, s.stopped_on), (l.pool, p.amount, p.leverage, s.warned_on, s.stopped_on, l.bank))
    ORDER BY l.pool COLLATE "C", l.bank COLLATE "C" NULLS FIRST
$$;

COMMENT ON FUNCTION pool_standing(regclass, date, text[]) IS
    'loans, bad-loan rate, balance and lines of each pool on a day, and the rates of its banks';
