-- objection: what a firm says against a published value, and how it was decided. An
-- accepted one takes effect in the next publication (publication_parts.sql).

CREATE TABLE objection (
    objection       bigint NOT NULL,
    publication     bigint NOT NULL,
    entity          text COLLATE "C" NOT NULL,
    indicator       text COLLATE "C" NOT NULL,
    published_value float8,
    claimed_value   float8,
    evidence        text NOT NULL,
    filed_at        timestamptz NOT NULL,
    filed_by        text NOT NULL,
    status          text NOT NULL,
    decision        text,
    decided_at      timestamptz,
    decided_by      text,
    CONSTRAINT objection_pkey PRIMARY KEY (objection),
    CONSTRAINT objection_status_check CHECK (status IN ('filed', 'accepted', 'rejected', 'withdrawn'))
);

CREATE INDEX objection_publication_idx ON objection (publication, entity);

COMMENT ON TABLE objection IS '异议 objections to published values, kept by the functions of this extension';
COMMENT ON COLUMN objection.objection IS '异议编号 number, 1, 2, 3 … in the order of filing';
COMMENT ON COLUMN objection.publication IS '批次号 publication';
COMMENT ON COLUMN objection.entity IS '企业 entity, as key text';
COMMENT ON COLUMN objection.indicator IS '指标 indicator';
COMMENT ON COLUMN objection.published_value IS '公布值 the value that was published';
COMMENT ON COLUMN objection.claimed_value IS '主张值 the value that the firm says is right; NULL: there is none';
COMMENT ON COLUMN objection.evidence IS '证明材料 evidence';
COMMENT ON COLUMN objection.filed_at IS '提出时间 when it was filed';
COMMENT ON COLUMN objection.filed_by IS '登记人 role that filed it';
COMMENT ON COLUMN objection.status IS '状态 filed（已受理）, accepted（成立）, rejected（不成立）, withdrawn（已撤回）';
COMMENT ON COLUMN objection.decision IS '处理意见 reasons of the decision';
COMMENT ON COLUMN objection.decided_at IS '处理时间 when it was decided or withdrawn';
COMMENT ON COLUMN objection.decided_by IS '处理人 role that decided or withdrew it';

SELECT pg_catalog.pg_extension_config_dump('objection', '');

CREATE FUNCTION _innovation_score.objection_digest(o objection, session_role text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT sha256(_innovation_score.canonical('innovation_score objection', o.objection, o.publication, o.entity, o.indicator,
                             o.published_value, o.claimed_value, o.evidence, _innovation_score.instant(o.filed_at), o.filed_by, o.status,
                             o.decision, _innovation_score.instant(o.decided_at), o.decided_by, session_role))
$$;

CREATE FUNCTION _innovation_score.as_filed(o objection) RETURNS objection
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT (o.objection, o.publication, o.entity, o.indicator, o.published_value, o.claimed_value, o.evidence, o.filed_at, o.filed_by,
            'filed', NULL, NULL, NULL)::objection
$$;

COMMENT ON FUNCTION _innovation_score.objection_digest(objection, text) IS
    'internal: digest of an objection, filed or decided by who had logged in as a role';
COMMENT ON FUNCTION _innovation_score.as_filed(objection) IS 'internal: an objection as it was before it was decided';

-- The rules stand in triggers, which whoever may write to every table passes, too.
CREATE FUNCTION _innovation_score.file_objection() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    current record;
    place integer;
    firm published_firm;
    key text;
BEGIN
    IF _innovation_score.restoring() THEN
        RETURN NEW;
    END IF;
    NEW.filed_at := _innovation_score.log_turn('objection');
    current := _innovation_score.publication_state(NEW.publication);
    IF current.state NOT IN ('draft', 'public_notice')
       OR _innovation_score.publication_today(NEW.publication) > current.notice_to THEN
        RAISE EXCEPTION 'publication % takes no objections any more', NEW.publication
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = CASE WHEN current.state = 'public_notice'
                                THEN format('Its public notice ended on %s.', current.notice_to)
                                ELSE format('It is %s.', current.state) END,
                  HINT = CASE WHEN current.state = 'public_notice'
                              THEN 'innovation_score.start_public_notice() can give it another last day.'
                              ELSE 'Objections are filed to drafts and to publications on public notice.' END;
    END IF;
    SELECT c.code, array_position(p.indicators, c.code) INTO NEW.indicator, place
    FROM publication p, _innovation_score.indicator_code(NEW.indicator, p.scheme_document::jsonb -> 'indicator') AS c(code)
    WHERE p.publication = NEW.publication;
    IF place IS NULL THEN
        RAISE EXCEPTION 'publication % has no indicator "%"', NEW.publication, NEW.indicator
            USING ERRCODE = 'undefined_object',
                  HINT = format('Its indicators are %s.', (SELECT array_to_string(p.indicators, ', ') FROM publication p
                                                           WHERE p.publication = NEW.publication));
    END IF;
    SELECT _innovation_score.shown_key(p.scoreboard, 'entity', NEW.entity) INTO key
    FROM publication p WHERE p.publication = NEW.publication;
    SELECT * INTO firm FROM published_firm f WHERE f.publication = NEW.publication AND f.entity = key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'publication % has no firm "%"', NEW.publication, NEW.entity
            USING ERRCODE = 'undefined_object', HINT = 'Its firms are in the view innovation_score.published_score.';
    END IF;
    NEW.entity := firm.entity;
    IF NEW.claimed_value IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION 'claimed value % is no number', NEW.claimed_value
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give NULL if the firm says that there is no value.';
    END IF;
    IF NEW.evidence IS NULL OR NEW.evidence ~ '^[[:space:]]*$' THEN
        RAISE EXCEPTION 'an objection needs evidence' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name the document that shows the claimed value.';
    END IF;
    SELECT COALESCE(max(o.objection), 0) + 1 INTO NEW.objection FROM objection o;
    NEW.published_value := firm.vals[place];
    NEW.filed_by := _innovation_score.caller_name();
    NEW.status := 'filed';
    NEW.decision := NULL;
    NEW.decided_at := NULL;
    NEW.decided_by := NULL;
    PERFORM _innovation_score.log_append('objection', NEW.objection, NEW.filed_at,
                                         _innovation_score.objection_digest(NEW, session_user));
    RETURN NEW;
END
$$;

CREATE FUNCTION _innovation_score.decide_objection() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.status <> 'filed' THEN
        RAISE EXCEPTION 'objection % is already %', OLD.objection, OLD.status
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('By %s on %s.', OLD.decided_by, to_char(OLD.decided_at, 'YYYY-MM-DD')),
                  HINT = 'File another objection.';
    END IF;
    IF to_jsonb(NEW) - '{status,decision}'::text[] <> to_jsonb(OLD) - '{status,decision}'::text[]
       OR NEW.status NOT IN ('accepted', 'rejected', 'withdrawn') THEN
        RAISE EXCEPTION 'an objection cannot be changed, only accepted, rejected or withdrawn'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Withdraw it, and file another one.';
    END IF;
    IF NEW.decision IS NULL OR NEW.decision ~ '^[[:space:]]*$' THEN
        RAISE EXCEPTION 'the decision on objection % needs a reason', OLD.objection
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Say in a few words why it is decided so.';
    END IF;
    NEW.decided_at := _innovation_score.log_turn('decision');
    NEW.decided_by := _innovation_score.caller_name();
    PERFORM _innovation_score.log_append('decision', NEW.objection, NEW.decided_at,
                                         _innovation_score.objection_digest(NEW, session_user));
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.file_objection() IS 'internal: checks and completes an objection';
COMMENT ON FUNCTION _innovation_score.decide_objection() IS 'internal: an objection is decided once, and not changed otherwise';

CREATE TRIGGER objection_file BEFORE INSERT ON objection FOR EACH ROW EXECUTE FUNCTION _innovation_score.file_objection();
CREATE TRIGGER objection_decide BEFORE UPDATE ON objection FOR EACH ROW EXECUTE FUNCTION _innovation_score.decide_objection();
CREATE TRIGGER objection_immutable BEFORE DELETE OR TRUNCATE ON objection
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();

CREATE FUNCTION _innovation_score.do_file_objection(caller oid, publication bigint, entity text, indicator text, claimed_value float8,
                                                    evidence text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.require_publication_right(publication, 'clerk', caller);
    INSERT INTO objection (publication, entity, indicator, claimed_value, evidence)
    VALUES (publication, entity, indicator, claimed_value, evidence)
    RETURNING objection
$$;

CREATE FUNCTION _innovation_score.set_objection(number bigint, status text, decision text, right_name text, caller oid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    about bigint := (SELECT o.publication FROM objection o WHERE o.objection = number);
BEGIN
    IF about IS NULL THEN
        RAISE EXCEPTION 'there is no objection %', number USING ERRCODE = 'undefined_object',
            HINT = 'See the table innovation_score.objection.';
    END IF;
    PERFORM _innovation_score.require_publication_right(about, right_name, caller);
    UPDATE objection o SET status = set_objection.status, decision = set_objection.decision WHERE o.objection = number;
END
$$;

CREATE FUNCTION _innovation_score.do_accept_objection(caller oid, objection bigint, decision text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.set_objection(objection, 'accepted', decision, 'reviewer', caller)
$$;

CREATE FUNCTION _innovation_score.do_reject_objection(caller oid, objection bigint, decision text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.set_objection(objection, 'rejected', decision, 'reviewer', caller)
$$;

CREATE FUNCTION _innovation_score.do_withdraw_objection(caller oid, objection bigint, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.set_objection(objection, 'withdrawn', reason, 'clerk', caller)
$$;

COMMENT ON FUNCTION _innovation_score.do_file_objection(oid, bigint, text, text, float8, text) IS 'internal: file_objection, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_accept_objection(oid, bigint, text) IS 'internal: accept_objection, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_reject_objection(oid, bigint, text) IS 'internal: reject_objection, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_withdraw_objection(oid, bigint, text) IS 'internal: withdraw_objection, by the keeper';

CREATE FUNCTION file_objection(publication bigint, entity text, indicator text, claimed_value float8, evidence text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION accept_objection(objection bigint, decision text) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION reject_objection(objection bigint, decision text) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION withdraw_objection(objection bigint, reason text) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.set_objection(bigint, text, text, text, oid) IS
    'internal: decides an objection, if a role has a right to';
COMMENT ON FUNCTION file_objection(bigint, text, text, float8, text) IS
    'files an objection of a firm to one of its published values, and returns its number';
COMMENT ON FUNCTION accept_objection(bigint, text) IS
    'accepts an objection: later publications of the scoreboard and period use the claimed value';
COMMENT ON FUNCTION reject_objection(bigint, text) IS 'rejects an objection: the published value stands';
COMMENT ON FUNCTION withdraw_objection(bigint, text) IS 'records that a firm has withdrawn its objection';
