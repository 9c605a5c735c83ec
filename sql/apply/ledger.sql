-- ledger: points and vouchers that are granted, spent, moved between regions and taken back (积分兑换, 创新券通用通兑).
--
-- Entries are only ever added, one after the other, and chained by their heads as publications are. What a grant has
-- left is the sum over its entries, so that nothing is kept twice; what has expired follows from the day.

CREATE TABLE ledger (
    ledger    text NOT NULL,
    title     text,
    region    text,
    unit      numeric(20,2) NOT NULL DEFAULT 0.01,
    valid_for interval,
    CONSTRAINT ledger_pkey PRIMARY KEY (ledger),
    CONSTRAINT ledger_ledger_check CHECK (ledger <> ''),
    CONSTRAINT ledger_unit_check CHECK (unit > 0 AND unit < 'Infinity'),
    CONSTRAINT ledger_valid_for_check CHECK (valid_for >= '1 day')
);

CREATE TABLE ledger_rate (
    from_ledger text NOT NULL,
    to_ledger   text NOT NULL,
    valid_from  date NOT NULL,
    rate        numeric NOT NULL,
    CONSTRAINT ledger_rate_pkey PRIMARY KEY (from_ledger, to_ledger, valid_from),
    CONSTRAINT ledger_rate_from_ledger_fkey FOREIGN KEY (from_ledger) REFERENCES ledger ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT ledger_rate_to_ledger_fkey FOREIGN KEY (to_ledger) REFERENCES ledger ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT ledger_rate_to_ledger_check CHECK (from_ledger <> to_ledger),
    CONSTRAINT ledger_rate_rate_check CHECK (rate >= 0 AND rate < 'Infinity')
);

CREATE TABLE ledger_entry (
    entry        bigint NOT NULL,
    operation    bigint NOT NULL,
    kind         text NOT NULL,
    ledger       text NOT NULL,
    entity       text COLLATE "C" NOT NULL,
    amount       numeric NOT NULL,
    day          date NOT NULL,
    lot          bigint NOT NULL,
    granted_on   date NOT NULL,
    expires_on   date,
    rate         numeric,
    reverses     bigint,
    reference    text,
    logged_at    timestamptz NOT NULL,
    session_role text NOT NULL,
    role         text NOT NULL,
    head         bytea NOT NULL,
    CONSTRAINT ledger_entry_pkey PRIMARY KEY (entry),
    CONSTRAINT ledger_entry_reverses_key UNIQUE (reverses),
    CONSTRAINT ledger_entry_kind_check CHECK (kind IN ('grant', 'redemption', 'transfer_out', 'transfer_in', 'reversal'))
);

CREATE INDEX ledger_entry_account_idx ON ledger_entry (ledger, entity, entry);
CREATE INDEX ledger_entry_operation_idx ON ledger_entry (operation);

-- Has no rows: who adds entries locks it. A lock on ledger_entry itself would take more rights than adding to it.
CREATE TABLE _innovation_score.ledger_turn (
    turn boolean NOT NULL,
    CONSTRAINT ledger_turn_pkey PRIMARY KEY (turn)
);

COMMENT ON TABLE ledger IS '账簿 ledgers: one for each kind of points or vouchers and region';
COMMENT ON COLUMN ledger.ledger IS '账簿代码 code';
COMMENT ON COLUMN ledger.title IS '名称 title';
COMMENT ON COLUMN ledger.region IS '地区 region that honours it';
COMMENT ON COLUMN ledger.unit IS '最小单位 amounts are multiples of it';
COMMENT ON COLUMN ledger.valid_for IS '有效期 how long what is granted can be spent; NULL: for ever';
COMMENT ON TABLE ledger_rate IS '兑换比例 rates at which ledgers take what another one has granted';
COMMENT ON COLUMN ledger_rate.from_ledger IS '转出账簿 ledger that is left';
COMMENT ON COLUMN ledger_rate.to_ledger IS '转入账簿 ledger that is entered';
COMMENT ON COLUMN ledger_rate.valid_from IS '起始日 first day; the rate holds until the next one of the same two ledgers';
COMMENT ON COLUMN ledger_rate.rate IS '比例 what one of the first is in the second; 0: nothing is taken';
COMMENT ON TABLE ledger_entry IS '账目 entries of all ledgers, in one chain of digests; added to and never changed';
COMMENT ON COLUMN ledger_entry.entry IS '序号 number of the entry, 1, 2, 3 …';
COMMENT ON COLUMN ledger_entry.operation IS '业务号 number of the first entry of what was done at once';
COMMENT ON COLUMN ledger_entry.kind IS
    '类别 grant（发放）, redemption（兑换）, transfer_out（转出）, transfer_in（转入）, reversal（冲正）';
COMMENT ON COLUMN ledger_entry.ledger IS '账簿 ledger';
COMMENT ON COLUMN ledger_entry.entity IS '企业 firm';
COMMENT ON COLUMN ledger_entry.amount IS '金额 what comes in, negative: what goes out';
COMMENT ON COLUMN ledger_entry.day IS '日期 day on which it counts';
COMMENT ON COLUMN ledger_entry.lot IS '批次 entry of the grant or transfer that the amount belongs to';
COMMENT ON COLUMN ledger_entry.granted_on IS '发放日 day on which the lot was first granted';
COMMENT ON COLUMN ledger_entry.expires_on IS '到期日 last day on which the lot can be spent; NULL: never expires';
COMMENT ON COLUMN ledger_entry.rate IS '比例 rate of a transfer, in what comes in';
COMMENT ON COLUMN ledger_entry.reverses IS '冲正对象 entry that is taken back';
COMMENT ON COLUMN ledger_entry.reference IS '事由 what it was for';
COMMENT ON COLUMN ledger_entry.logged_at IS '时间 when it was written; later than the entry before';
COMMENT ON COLUMN ledger_entry.session_role IS '登录角色 role that logged in';
COMMENT ON COLUMN ledger_entry.role IS '执行角色 role with whose rights it was done';
COMMENT ON COLUMN ledger_entry.head IS '链首 SHA-256 over the head of the entry before and all other columns';
COMMENT ON TABLE _innovation_score.ledger_turn IS 'internal: what is locked while entries are added';
COMMENT ON COLUMN _innovation_score.ledger_turn.turn IS 'never filled';

SELECT _innovation_score.dump_table('ledger', 33, 'true');
SELECT _innovation_score.dump_table('ledger_rate', 34, 'n.from_ledger IN (SELECT l.ledger FROM ledger l) AND n.to_ledger IN (SELECT l.ledger FROM ledger l)');
SELECT pg_catalog.pg_extension_config_dump('ledger_entry', '');

CREATE FUNCTION _innovation_score.ledger_head(before bytea, e ledger_entry) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
    SELECT _innovation_score.next_head(before, 'ledger', sha256(_innovation_score.canonical(
               e.entry, e.operation, e.kind, e.ledger, e.entity, e.amount, e.day, e.lot, e.granted_on, e.expires_on, e.rate, e.reverses,
               e.reference, _innovation_score.instant(e.logged_at), e.session_role, e.role)))
$$;

COMMENT ON FUNCTION _innovation_score.ledger_head(bytea, ledger_entry) IS 'internal: the head of an entry from that of the one before';

CREATE FUNCTION _innovation_score.get_ledger(name text) RETURNS ledger
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    book ledger;
BEGIN
    SELECT * INTO book FROM ledger l WHERE l.ledger = name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown ledger "%"', name
            USING ERRCODE = 'undefined_object',
                  HINT = COALESCE((SELECT 'The ledgers are ' || string_agg(format('"%s"', l.ledger), ', ' ORDER BY l.ledger COLLATE "C") || '.' FROM ledger l),
                                  'There is none yet: see the table innovation_score.ledger.');
    END IF;
    RETURN book;
END
$$;

COMMENT ON FUNCTION _innovation_score.get_ledger(text) IS 'internal: a ledger by its code, or an error';

CREATE FUNCTION _innovation_score.last_ledger_entry() RETURNS bigint
    AS 'MODULE_PATHNAME', 'last_ledger_entry' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.last_ledger_entry() IS 'internal: the number of the last entry that has been committed, also since this transaction began';

-- Who writes waits for those who are writing, and must see what they wrote. What the caller lacks is told all at once.
CREATE FUNCTION _innovation_score.take_ledger_turn() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    missing text := (SELECT string_agg(format('GRANT %s ON %s TO %I;', p.privilege, p.name, current_user), ' ' ORDER BY p.place)
                     FROM (VALUES (1, 'innovation_score.ledger', 'SELECT'), (2, 'innovation_score.ledger_rate', 'SELECT'),
                                  (3, 'innovation_score.ledger_lot', 'SELECT'), (4, 'innovation_score.ledger_entry', 'SELECT'),
                                  (5, 'innovation_score.ledger_entry', 'INSERT'), (6, '_innovation_score.ledger_turn', 'UPDATE')) AS p(place, name, privilege)
                     WHERE NOT has_table_privilege(p.name, p.privilege));
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'permission denied for ledgers' USING ERRCODE = 'insufficient_privilege', HINT = missing;
    END IF;
    LOCK TABLE _innovation_score.ledger_turn IN SHARE UPDATE EXCLUSIVE MODE;
    IF current_setting('transaction_isolation') <> 'read committed'
       AND _innovation_score.last_ledger_entry() IS DISTINCT FROM (SELECT max(e.entry) FROM ledger_entry e) THEN
        RAISE EXCEPTION 'another entry has been made since this transaction began'
            USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction again.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.take_ledger_turn() IS 'internal: to the end of the transaction nobody else adds entries';

-- What makes a chain and what keeps every lot at 0 or above stands here, so that an INSERT goes no other way than the functions.
-- A plan is kept for the session, and was made when the table was small: without the setting it reads all entries for each.
CREATE FUNCTION _innovation_score.check_ledger_entry() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET enable_seqscan = off AS $$
DECLARE
    book ledger;
    last ledger_entry;
    lot ledger_entry;
    undone ledger_entry;
    latest date;
    remains numeric;
BEGIN
    IF _innovation_score.restoring() THEN
        RETURN NEW;
    END IF;
    PERFORM _innovation_score.take_ledger_turn();
    book := _innovation_score.get_ledger(NEW.ledger);
    SELECT * INTO last FROM ledger_entry e ORDER BY e.entry DESC LIMIT 1;
    NEW.entry := COALESCE(last.entry, 0) + 1;
    NEW.operation := COALESCE(NEW.operation, NEW.entry);
    NEW.logged_at := greatest(clock_timestamp(), last.logged_at + interval '1 microsecond');
    NEW.session_role := session_user;
    NEW.role := current_user;
    IF NEW.entity IS NULL OR NEW.entity = '' THEN
        RAISE EXCEPTION 'an entry needs a firm' USING ERRCODE = 'not_null_violation';
    ELSIF NEW.operation NOT IN (NEW.entry, COALESCE(last.operation, 0)) THEN
        RAISE EXCEPTION 'operation % is not the last one', NEW.operation USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.day IS NULL OR NOT isfinite(NEW.day) THEN
        RAISE EXCEPTION 'an entry needs a day, not %', COALESCE(NEW.day::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    latest := (SELECT max(e.day) FROM ledger_entry e WHERE e.ledger = NEW.ledger AND e.entity = NEW.entity);
    IF NEW.day < latest THEN
        RAISE EXCEPTION 'day % is before the last entry of firm "%" in ledger "%"', NEW.day, NEW.entity, NEW.ledger
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('That is of %s.', latest),
                  HINT = 'Entries count in the order in which they are made.';
    END IF;
    IF NEW.kind = 'reversal' THEN
        SELECT * INTO undone FROM ledger_entry e WHERE e.entry = NEW.reverses;
        IF undone.entry IS NULL OR undone.kind = 'reversal' THEN
            RAISE EXCEPTION 'entry % cannot be reversed', COALESCE(NEW.reverses::text, 'NULL')
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = CASE WHEN undone.entry IS NULL THEN 'There is no such entry.' ELSE 'It is a reversal itself.' END;
        ELSIF EXISTS (SELECT FROM ledger_entry e WHERE e.reverses = NEW.reverses) THEN
            RAISE EXCEPTION 'entry % has already been reversed', NEW.reverses USING ERRCODE = 'object_not_in_prerequisite_state';
        ELSIF (NEW.ledger, NEW.entity, NEW.amount) IS DISTINCT FROM (undone.ledger, undone.entity, - undone.amount) THEN
            RAISE EXCEPTION 'a reversal of entry % takes back the whole of it', NEW.reverses
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('It is of firm "%s" in ledger "%s": %s.', undone.entity, undone.ledger, undone.amount);
        END IF;
        NEW.lot := undone.lot;
    ELSIF NEW.reverses IS NOT NULL THEN
        RAISE EXCEPTION 'only a reversal reverses an entry' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.amount IS NULL OR (NEW.kind IN ('grant', 'transfer_in')) <> (NEW.amount > 0) OR NEW.amount = 0
          OR abs(NEW.amount) >= 'Infinity' THEN
        RAISE EXCEPTION '% of firm "%" in ledger "%" must be an amount above 0, not %', NEW.kind, NEW.entity, NEW.ledger,
                COALESCE(abs(NEW.amount)::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF mod(NEW.amount, book.unit) <> 0 THEN
        RAISE EXCEPTION 'amount % of firm "%" is no multiple of %, the unit of ledger "%"', abs(NEW.amount), NEW.entity, book.unit, NEW.ledger
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NEW.kind IN ('grant', 'transfer_in') THEN
        NEW.lot := NEW.entry;
        IF NEW.kind = 'grant' THEN
            NEW.granted_on := NEW.day;
            NEW.expires_on := COALESCE(NEW.expires_on, (NEW.day + book.valid_for)::date - 1);
        END IF;
        IF NEW.expires_on < NEW.day OR NOT isfinite(NEW.expires_on) THEN
            RAISE EXCEPTION 'what firm "%" gets on % cannot expire on %', NEW.entity, NEW.day, NEW.expires_on
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    ELSE
        SELECT * INTO lot FROM ledger_entry e WHERE e.entry = NEW.lot AND e.lot = e.entry AND e.ledger = NEW.ledger AND e.entity = NEW.entity;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'firm "%" has no lot % in ledger "%"', NEW.entity, COALESCE(NEW.lot::text, 'NULL'), NEW.ledger
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        NEW.granted_on := lot.granted_on;
        NEW.expires_on := lot.expires_on;
        remains := (SELECT sum(e.amount) FROM ledger_entry e WHERE e.ledger = NEW.ledger AND e.entity = NEW.entity AND e.lot = NEW.lot);
        IF remains + NEW.amount < 0 THEN
            RAISE EXCEPTION 'lot % of firm "%" in ledger "%" has % left, not %', NEW.lot, NEW.entity, NEW.ledger, remains, - NEW.amount
                USING ERRCODE = 'check_violation',
                      HINT = CASE WHEN NEW.kind = 'reversal' THEN 'What was spent of it has to be reversed first.'
                                  ELSE 'See innovation_score.ledger_lot.' END;
        ELSIF NEW.day > NEW.expires_on AND NEW.kind <> 'reversal' THEN
            RAISE EXCEPTION 'lot % of firm "%" in ledger "%" expired on %', NEW.lot, NEW.entity, NEW.ledger, NEW.expires_on
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    NEW.head := _innovation_score.ledger_head(last.head, NEW);
    RETURN NEW;
END
$$;

CREATE FUNCTION _innovation_score.refuse_ledger_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'entries of a ledger cannot be changed'
        USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('%s on table %s was refused.', TG_OP, TG_TABLE_NAME),
              HINT = 'An operation is taken back by innovation_score.reverse_points(operation).';
END
$$;

CREATE FUNCTION _innovation_score.keep_ledger() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        IF EXISTS (SELECT FROM ledger_entry) THEN
            RAISE EXCEPTION 'ledgers that have entries cannot be deleted' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    ELSIF EXISTS (SELECT FROM ledger_entry e WHERE e.ledger = OLD.ledger) THEN
        RAISE EXCEPTION 'ledger "%" has entries: it can be neither renamed nor deleted', OLD.ledger
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_ledger_entry() IS 'internal: judges and chains what is added to ledgers';
COMMENT ON FUNCTION _innovation_score.refuse_ledger_change() IS 'internal: what stands in a ledger is not changed';
COMMENT ON FUNCTION _innovation_score.keep_ledger() IS 'internal: a ledger that has entries is kept';

CREATE TRIGGER ledger_entry_check BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION _innovation_score.check_ledger_entry();
CREATE TRIGGER ledger_entry_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_ledger_change();
CREATE TRIGGER ledger_kept AFTER DELETE OR UPDATE OF ledger ON ledger FOR EACH ROW EXECUTE FUNCTION _innovation_score.keep_ledger();
CREATE TRIGGER ledger_kept_whole BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.keep_ledger();

-- ---------------------------------------------------------------- views

CREATE VIEW ledger_lot AS
SELECT e.ledger, e.entity, e.lot, e.granted_on, e.expires_on, sum(e.amount)::numeric(20,2) AS remains
FROM ledger_entry e GROUP BY e.ledger, e.entity, e.lot, e.granted_on, e.expires_on;

COMMENT ON VIEW ledger_lot IS '批次余额 what each grant or transfer has left, expired or not';
COMMENT ON COLUMN ledger_lot.ledger IS '账簿 ledger';
COMMENT ON COLUMN ledger_lot.entity IS '企业 firm';
COMMENT ON COLUMN ledger_lot.lot IS '批次 entry of the grant or transfer';
COMMENT ON COLUMN ledger_lot.granted_on IS '发放日 day on which it was first granted';
COMMENT ON COLUMN ledger_lot.expires_on IS '到期日 last day on which it can be spent; NULL: never expires';
COMMENT ON COLUMN ledger_lot.remains IS '余额 what is left of it';

CREATE VIEW ledger_balance AS
SELECT l.ledger, l.entity, COALESCE(sum(l.remains) FILTER (WHERE NOT l.expires_on < CURRENT_DATE OR l.expires_on IS NULL), 0)::numeric(20,2) AS balance,
       COALESCE(sum(l.remains) FILTER (WHERE l.expires_on < CURRENT_DATE), 0)::numeric(20,2) AS expired,
       min(l.expires_on) FILTER (WHERE l.remains > 0 AND l.expires_on >= CURRENT_DATE) AS next_expiry
FROM ledger_lot l GROUP BY l.ledger, l.entity;

COMMENT ON VIEW ledger_balance IS '账户余额 what each firm can spend today';
COMMENT ON COLUMN ledger_balance.ledger IS '账簿 ledger';
COMMENT ON COLUMN ledger_balance.entity IS '企业 firm';
COMMENT ON COLUMN ledger_balance.balance IS '可用余额 what can be spent today';
COMMENT ON COLUMN ledger_balance.expired IS '已过期 what has expired';
COMMENT ON COLUMN ledger_balance.next_expiry IS '最近到期日 day after which the next part of the balance expires';

-- A lot expires at the end of its last day; what a reversal gives back later, at once.
CREATE VIEW ledger_statement AS
SELECT s.ledger, s.entity, s.day, s.entry, s.operation, s.kind, s.amount::numeric(20,2) AS amount,
       sum(s.amount) OVER (PARTITION BY s.ledger, s.entity ORDER BY s.day, s.entry NULLS LAST, s.lot)::numeric(20,2) AS balance, s.lot, s.reference
FROM (SELECT e.ledger, e.entity, e.day, e.entry, e.operation, e.kind, e.amount, e.lot, e.reference FROM ledger_entry e
      UNION ALL
      SELECT e.ledger, e.entity, greatest(e.expires_on, e.day), NULL, NULL, 'expiry', - sum(e.amount), e.lot, NULL
      FROM ledger_entry e WHERE e.expires_on < CURRENT_DATE
      GROUP BY e.ledger, e.entity, e.lot, greatest(e.expires_on, e.day) HAVING sum(e.amount) <> 0) s;

COMMENT ON VIEW ledger_statement IS '对账单 statement: the entries of each firm, and what expired, with the balance after each';
COMMENT ON COLUMN ledger_statement.ledger IS '账簿 ledger';
COMMENT ON COLUMN ledger_statement.entity IS '企业 firm';
COMMENT ON COLUMN ledger_statement.day IS '日期 day';
COMMENT ON COLUMN ledger_statement.entry IS '序号 entry; NULL: what expired at the end of the day';
COMMENT ON COLUMN ledger_statement.operation IS '业务号 operation';
COMMENT ON COLUMN ledger_statement.kind IS '类别 kind of the entry, or expiry（过期）';
COMMENT ON COLUMN ledger_statement.amount IS '金额 what came in, negative: what went out';
COMMENT ON COLUMN ledger_statement.balance IS '余额 balance afterwards';
COMMENT ON COLUMN ledger_statement.lot IS '批次 grant or transfer that it belongs to';
COMMENT ON COLUMN ledger_statement.reference IS '事由 what it was for';

CREATE VIEW ledger_reconciliation AS
SELECT b.ledger, b.region, COALESCE(m.granted, 0)::numeric(20,2) AS granted, COALESCE(m.received, 0)::numeric(20,2) AS received,
       COALESCE(m.redeemed, 0)::numeric(20,2) AS redeemed, COALESCE(m.sent, 0)::numeric(20,2) AS sent, COALESCE(a.expired, 0)::numeric(20,2) AS expired,
       COALESCE(a.balance, 0)::numeric(20,2) AS balance,
       COALESCE(m.granted + m.received - m.redeemed - m.sent - a.expired - a.balance, 0)::numeric(20,2) AS difference
FROM ledger b
LEFT JOIN (SELECT e.ledger, COALESCE(sum(e.amount) FILTER (WHERE COALESCE(u.kind, e.kind) = 'grant'), 0) AS granted,
                  COALESCE(sum(e.amount) FILTER (WHERE COALESCE(u.kind, e.kind) = 'transfer_in'), 0) AS received,
                  COALESCE(- sum(e.amount) FILTER (WHERE COALESCE(u.kind, e.kind) = 'redemption'), 0) AS redeemed,
                  COALESCE(- sum(e.amount) FILTER (WHERE COALESCE(u.kind, e.kind) = 'transfer_out'), 0) AS sent
           FROM ledger_entry e LEFT JOIN ledger_entry u ON u.entry = e.reverses GROUP BY e.ledger) m ON m.ledger = b.ledger
LEFT JOIN (SELECT a.ledger, sum(a.expired) AS expired, sum(a.balance) AS balance FROM ledger_balance a GROUP BY a.ledger) a ON a.ledger = b.ledger;

COMMENT ON VIEW ledger_reconciliation IS '账簿核对 reconciliation by ledger and region, without what was reversed';
COMMENT ON COLUMN ledger_reconciliation.ledger IS '账簿 ledger';
COMMENT ON COLUMN ledger_reconciliation.region IS '地区 region';
COMMENT ON COLUMN ledger_reconciliation.granted IS '发放 granted';
COMMENT ON COLUMN ledger_reconciliation.received IS '转入 received from other ledgers';
COMMENT ON COLUMN ledger_reconciliation.redeemed IS '兑换 redeemed';
COMMENT ON COLUMN ledger_reconciliation.sent IS '转出 sent to other ledgers';
COMMENT ON COLUMN ledger_reconciliation.expired IS '过期 expired';
COMMENT ON COLUMN ledger_reconciliation.balance IS '余额 what firms can spend';
COMMENT ON COLUMN ledger_reconciliation.difference IS '差额 what does not add up; 0';

CREATE VIEW ledger_clearing AS
SELECT t.from_ledger, t.to_ledger, count(*) AS transfers, sum(t.sent)::numeric(20,2) AS sent, sum(t.received)::numeric(20,2) AS received,
       sum(t.received - t.due)::numeric(20,2) AS difference
FROM (SELECT o.from_ledger, i.to_ledger, o.sent, i.received, div(o.sent * i.rate, b.unit) * b.unit AS due
      FROM (SELECT e.operation, min(e.ledger) AS from_ledger, - sum(e.amount) AS sent FROM ledger_entry e
            WHERE e.kind = 'transfer_out' AND NOT EXISTS (SELECT FROM ledger_entry r WHERE r.reverses = e.entry) GROUP BY e.operation) o
      LEFT JOIN (SELECT e.operation, min(e.ledger) AS to_ledger, sum(e.amount) AS received, min(e.rate) AS rate FROM ledger_entry e
                 WHERE e.kind = 'transfer_in' GROUP BY e.operation) i ON i.operation = o.operation
      LEFT JOIN ledger b ON b.ledger = i.to_ledger) t
GROUP BY t.from_ledger, t.to_ledger;

COMMENT ON VIEW ledger_clearing IS '地区间清算 what regions have taken of each other: the first owes the second what the second honours';
COMMENT ON COLUMN ledger_clearing.from_ledger IS '转出账簿 ledger that sent';
COMMENT ON COLUMN ledger_clearing.to_ledger IS '转入账簿 ledger that received';
COMMENT ON COLUMN ledger_clearing.transfers IS '笔数 number of transfers that were not reversed';
COMMENT ON COLUMN ledger_clearing.sent IS '转出 sum, in the unit of the first';
COMMENT ON COLUMN ledger_clearing.received IS '转入 sum, in the unit of the second';
COMMENT ON COLUMN ledger_clearing.difference IS '差额 received less what the rates make of what was sent; 0';

-- ---------------------------------------------------------------- functions

-- What is taken from which lot, the oldest first, with what is taken from those before it.
CREATE FUNCTION _innovation_score.ledger_take(book text, firm text, wanted numeric, at date)
RETURNS TABLE (lot bigint, granted_on date, expires_on date, taken numeric, before numeric)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    balance numeric := (SELECT COALESCE(sum(l.remains), 0) FROM ledger_lot l
                        WHERE l.ledger = book AND l.entity = firm AND (l.expires_on >= at OR l.expires_on IS NULL));
BEGIN
    IF wanted > balance THEN
        RAISE EXCEPTION 'firm "%" has % in ledger "%" on %, not %', firm, balance, book, to_char(at, 'YYYY-MM-DD'), wanted
            USING ERRCODE = 'check_violation', HINT = 'See innovation_score.ledger_statement.';
    ELSIF wanted > 0 IS NOT TRUE THEN
        RAISE EXCEPTION 'what firm "%" takes from ledger "%" must be an amount above 0, not %', firm, book, COALESCE(wanted::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT o.lot, o.granted_on, o.expires_on, least(o.remains, wanted - o.before), o.before
    FROM (SELECT l.*, sum(l.remains) OVER (ORDER BY l.granted_on, l.lot) - l.remains AS before FROM ledger_lot l
          WHERE l.ledger = book AND l.entity = firm AND l.remains > 0 AND (l.expires_on >= at OR l.expires_on IS NULL)) o
    WHERE o.before < wanted ORDER BY o.before;
END
$$;

COMMENT ON FUNCTION _innovation_score.ledger_take(text, text, numeric, date) IS
    'internal: from which lots an amount is taken, the oldest first; an error where there is not as much';

CREATE FUNCTION grant_points(ledger text, entity text, amount numeric, day date DEFAULT CURRENT_DATE, reference text DEFAULT NULL,
                             expires_on date DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    number bigint;
BEGIN
    PERFORM _innovation_score.take_ledger_turn();
    INSERT INTO ledger_entry (kind, ledger, entity, amount, day, reference, expires_on) VALUES ('grant', $1, $2, $3, $4, $5, $6)
    RETURNING operation INTO number;
    RETURN number;
END
$$;

CREATE FUNCTION redeem_points(ledger text, entity text, amount numeric, day date DEFAULT CURRENT_DATE, reference text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    taken record;
    number bigint;
BEGIN
    PERFORM _innovation_score.take_ledger_turn();
    PERFORM _innovation_score.get_ledger($1);
    FOR taken IN
        SELECT * FROM _innovation_score.ledger_take($1, $2, $3, $4)
    LOOP
        INSERT INTO ledger_entry (operation, kind, ledger, entity, amount, day, lot, reference)
        VALUES (number, 'redemption', $1, $2, - taken.taken, $4, taken.lot, $5) RETURNING operation INTO number;
    END LOOP;
    RETURN number;
END
$$;

-- Each lot arrives with its days. What has arrived is rounded down after each, so that the sum is that of one amount.
CREATE FUNCTION transfer_points(from_ledger text, to_ledger text, entity text, amount numeric, day date DEFAULT CURRENT_DATE,
                                reference text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    target ledger;
    factor numeric;
    taken record;
    number bigint;
BEGIN
    PERFORM _innovation_score.take_ledger_turn();
    target := _innovation_score.get_ledger($2);
    PERFORM _innovation_score.get_ledger($1);
    factor := (SELECT r.rate FROM ledger_rate r WHERE r.from_ledger = $1 AND r.to_ledger = $2 AND r.valid_from <= $5
               ORDER BY r.valid_from DESC LIMIT 1);
    IF COALESCE(factor, 0) = 0 THEN
        RAISE EXCEPTION 'ledger "%" takes nothing from ledger "%" on %', $2, $1, to_char($5, 'YYYY-MM-DD')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'See the table innovation_score.ledger_rate.';
    ELSIF div($4 * factor, target.unit) = 0 THEN
        RAISE EXCEPTION '% of ledger "%" is less than %, the unit of ledger "%"', $4, $1, target.unit, $2
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR taken IN
        SELECT * FROM _innovation_score.ledger_take($1, $3, $4, $5)
    LOOP
        INSERT INTO ledger_entry (operation, kind, ledger, entity, amount, day, lot, reference)
        VALUES (number, 'transfer_out', $1, $3, - taken.taken, $5, taken.lot, $6) RETURNING operation INTO number;
    END LOOP;
    FOR taken IN
        SELECT s.granted_on, s.expires_on, s.amount
        FROM (SELECT e.entry, e.granted_on, e.expires_on,
                     (div(- sum(e.amount) OVER w * factor, target.unit) - div((e.amount - sum(e.amount) OVER w) * factor, target.unit)) * target.unit AS amount
              FROM ledger_entry e WHERE e.operation = number WINDOW w AS (ORDER BY e.entry)) s
        WHERE s.amount > 0 ORDER BY s.entry
    LOOP
        INSERT INTO ledger_entry (operation, kind, ledger, entity, amount, day, granted_on, expires_on, rate, reference)
        VALUES (number, 'transfer_in', $2, $3, taken.amount, $5, taken.granted_on, taken.expires_on, factor, $6);
    END LOOP;
    RETURN number;
END
$$;

CREATE FUNCTION reverse_points(operation bigint, day date DEFAULT CURRENT_DATE, reference text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    undone ledger_entry;
    number bigint;
BEGIN
    PERFORM _innovation_score.take_ledger_turn();
    FOR undone IN
        SELECT * FROM ledger_entry e WHERE e.operation = $1 ORDER BY e.entry DESC
    LOOP
        INSERT INTO ledger_entry (operation, kind, ledger, entity, amount, day, reverses, reference)
        VALUES (number, 'reversal', undone.ledger, undone.entity, - undone.amount, $2, undone.entry, $3) RETURNING operation INTO number;
    END LOOP;
    IF number IS NULL THEN
        RAISE EXCEPTION 'there is no operation %', COALESCE($1::text, 'NULL')
            USING ERRCODE = 'undefined_object', HINT = 'See the column operation of innovation_score.ledger_statement.';
    END IF;
    RETURN number;
END
$$;

COMMENT ON FUNCTION grant_points(text, text, numeric, date, text, date) IS
    'grants points or vouchers to a firm, and returns the number of the operation';
COMMENT ON FUNCTION redeem_points(text, text, numeric, date, text) IS 'redeems points or vouchers of a firm, the oldest first';
COMMENT ON FUNCTION transfer_points(text, text, text, numeric, date, text) IS
    'moves points or vouchers of a firm to the ledger of another region, at its rate';
COMMENT ON FUNCTION reverse_points(bigint, date, text) IS 'takes a whole operation back';

CREATE FUNCTION verify_ledger() RETURNS TABLE (entry bigint, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.entry, c.problem
    FROM (SELECT e.entry, unnest(array_remove(ARRAY[
                     CASE WHEN e.entry <> COALESCE(lag(e.entry) OVER w, 0) + 1 THEN 'the numbers before it have a gap' END,
                     CASE WHEN e.head <> _innovation_score.ledger_head(lag(e.head) OVER w, e) THEN 'its head does not continue the one before' END,
                     CASE WHEN e.logged_at <= lag(e.logged_at) OVER w THEN 'it is not later than the one before' END,
                     CASE WHEN sum(e.amount) OVER (PARTITION BY e.ledger, e.entity, e.lot ORDER BY e.entry) < 0 THEN 'it takes more than its lot has' END,
                     CASE WHEN e.day > e.expires_on AND e.kind IN ('redemption', 'transfer_out') THEN 'its lot had expired' END], NULL)) AS problem
          FROM ledger_entry e WINDOW w AS (ORDER BY e.entry)) c
    UNION ALL
    SELECT t.operation, 'what arrived is not what was sent'
    FROM (SELECT e.operation, - sum(e.amount) FILTER (WHERE e.kind = 'transfer_out') AS sent,
                 sum(e.amount) FILTER (WHERE e.kind = 'transfer_in') AS received, min(e.rate) AS rate,
                 min(e.ledger) FILTER (WHERE e.kind = 'transfer_in') AS target
          FROM ledger_entry e WHERE e.kind IN ('transfer_out', 'transfer_in') GROUP BY e.operation) t
    LEFT JOIN ledger b ON b.ledger = t.target
    WHERE t.received IS DISTINCT FROM div(t.sent * t.rate, b.unit) * b.unit
    ORDER BY 1, 2
$$;

COMMENT ON FUNCTION verify_ledger() IS 'entries of ledgers that are not as they were written, or cannot be; no rows: all is well';
