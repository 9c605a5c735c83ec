-- The states of a publication: draft, public notice, final; retracted. Who may read it, and who may change its state.

-- A publication keeps the time zone of its scoreboard, whose day counts for its notice.
CREATE FUNCTION _innovation_score.publication_today(number bigint) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT timezone(p.board_document ->> 'time_zone', now())::date FROM publication p WHERE p.publication = number
$$;

COMMENT ON FUNCTION _innovation_score.publication_today(bigint) IS
    'internal: the day in the time zone of the scoreboard of a publication';

-- What is missing is told all at once.
CREATE FUNCTION _innovation_score.require_publications(names text[] DEFAULT '{publication,publication_event,published_model,published_firm}') RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text := (SELECT string_agg(format('innovation_score.%s', t.name), ', ' ORDER BY t.place)
                     FROM unnest(names) WITH ORDINALITY AS t(name, place)
                     WHERE NOT has_table_privilege('innovation_score.' || t.name, 'SELECT'));
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'permission denied for publications'
            USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT SELECT ON %s TO %I;', missing, current_user);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_publications(text[]) IS
    'internal: an error that names the GRANT which helps, if the caller may not read publications';

CREATE FUNCTION _innovation_score.publication_state(number bigint, OUT state text, OUT notice_from date, OUT notice_to date,
                                   OUT reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM publication p WHERE p.publication = number) THEN
        RAISE EXCEPTION 'there is no publication %', number
            USING ERRCODE = 'undefined_object', HINT = 'See the view innovation_score.publication_list.';
    END IF;
    SELECT e.state, e.notice_from, e.notice_to, e.reason INTO state, notice_from, notice_to, reason
    FROM publication_event e WHERE e.publication = number ORDER BY e.event DESC LIMIT 1;
    state := COALESCE(state, 'draft');
END
$$;

COMMENT ON FUNCTION _innovation_score.publication_state(bigint) IS 'internal: the state of a publication';

-- What a role may do with a publication is what it may do with its scoreboard.
CREATE FUNCTION _innovation_score.require_publication_right(number bigint, right_name text, role oid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.publication_state(number);
    PERFORM _innovation_score.require_right(p.scoreboard, right_name, role) FROM publication p WHERE p.publication = number;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_publication_right(bigint, text, oid) IS
    'internal: an error if a role lacks a right on the scoreboard of a publication';

-- The rules stand in the trigger, so that an INSERT goes no other way than the functions.
CREATE FUNCTION _innovation_score.check_event() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    old record;
    waiting text;
BEGIN
    IF _innovation_score.restoring() THEN
        RETURN NEW;
    END IF;
    NEW.changed_at := _innovation_score.log_turn('state');
    old := _innovation_score.publication_state(NEW.publication);
    IF NEW.state IS NULL OR (old.state, NEW.state) NOT IN (
           ('draft', 'public_notice'), ('public_notice', 'public_notice'), ('public_notice', 'final'),
           ('draft', 'retracted'), ('public_notice', 'retracted'), ('final', 'retracted')) THEN
        RAISE EXCEPTION 'publication % is % and cannot become %', NEW.publication, old.state, NEW.state
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'A draft is put on public notice, and after that it becomes final; the owner may retract it.';
    END IF;
    IF NEW.state = 'public_notice' THEN
        IF NEW.notice_from IS NULL OR NEW.notice_to IS NULL OR NOT isfinite(NEW.notice_from)
           OR NOT isfinite(NEW.notice_to) OR NEW.notice_from > NEW.notice_to THEN
            RAISE EXCEPTION 'the public notice needs a first and a last day in this order'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('They are %s and %s.', COALESCE(NEW.notice_from::text, 'NULL'),
                                      COALESCE(NEW.notice_to::text, 'NULL')),
                      HINT = 'For example start_public_notice(1, current_date + 1, current_date + 7).';
        END IF;
        -- what has begun keeps its first day
        IF NEW.notice_from <> COALESCE(old.notice_from, 'infinity') AND NEW.notice_from < _innovation_score.publication_today(NEW.publication) THEN
            RAISE EXCEPTION 'the public notice of publication % cannot begin in the past', NEW.publication
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('It is %s in the time zone of the scoreboard.', _innovation_score.publication_today(NEW.publication)),
                      HINT = 'Give today or a later day as the first one.';
        END IF;
        IF NEW.notice_to < old.notice_to THEN
            RAISE EXCEPTION 'the public notice of publication % cannot be shortened', NEW.publication
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('It was announced until %s.', old.notice_to),
                      HINT = 'Give that day or a later one as the last one.';
        END IF;
        NEW.reason := NULL;
    ELSE
        NEW.notice_from := old.notice_from;
        NEW.notice_to := old.notice_to;
    END IF;
    IF NEW.state = 'final' THEN
        NEW.reason := NULL;
        IF _innovation_score.publication_today(NEW.publication) <= old.notice_to THEN
            RAISE EXCEPTION 'publication % is on public notice until %', NEW.publication, old.notice_to
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Make it final when that day is over.';
        END IF;
        waiting := (SELECT string_agg(o.objection::text, ', ' ORDER BY o.objection) FROM objection o
                    WHERE o.publication = NEW.publication AND o.status = 'filed');
        IF waiting IS NOT NULL THEN
            RAISE EXCEPTION 'publication % has objections that have not been decided: %', NEW.publication, waiting
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Accept or reject them first.';
        END IF;
    ELSIF NEW.state = 'retracted' THEN
        IF NEW.reason IS NULL OR NEW.reason ~ '^[[:space:]]*$' THEN
            RAISE EXCEPTION 'the retraction of publication % needs a reason', NEW.publication
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Say in a few words why it is taken back.';
        END IF;
    END IF;
    SELECT COALESCE(max(e.event), 0) + 1 INTO NEW.event FROM publication_event e;
    NEW.changed_by := _innovation_score.caller_name();
    PERFORM _innovation_score.log_append('state', NEW.event, NEW.changed_at, _innovation_score.event_digest(NEW, session_user));
    RAISE LOG 'innovation_score: publication %, change of state %, head %', NEW.publication, NEW.event, publication_head();
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_event() IS 'internal: checks and completes a change of the state of a publication';

CREATE TRIGGER publication_event_check BEFORE INSERT ON publication_event
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.check_event();

CREATE FUNCTION _innovation_score.do_start_public_notice(caller oid, publication bigint, notice_from date, notice_to date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.require_publication_right(publication, 'publisher', caller);
    INSERT INTO publication_event (publication, state, notice_from, notice_to)
    VALUES (publication, 'public_notice', notice_from, notice_to)
$$;

CREATE FUNCTION _innovation_score.do_finalize_publication(caller oid, publication bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.require_publication_right(publication, 'publisher', caller);
    INSERT INTO publication_event (publication, state) VALUES (publication, 'final')
$$;

-- The owner of the scoreboard, or of the extension.
CREATE FUNCTION _innovation_score.do_retract(caller oid, publication bigint, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    owner oid;
BEGIN
    PERFORM _innovation_score.publication_state(publication);
    owner := (SELECT _innovation_score.scoreboard_owner(p.scoreboard) FROM publication p WHERE p.publication = do_retract.publication);
    IF NOT pg_has_role(caller, owner, 'USAGE')
       AND NOT pg_has_role(caller, (SELECT e.extowner FROM pg_extension e WHERE e.extname = 'innovation_score'), 'USAGE') THEN
        RAISE EXCEPTION 'only the owner of publication % can retract it', publication
            USING ERRCODE = 'insufficient_privilege', HINT = format('The owner is %s.', pg_get_userbyid(owner));
    END IF;
    INSERT INTO publication_event (publication, state, reason) VALUES (publication, 'retracted', reason);
END
$$;

COMMENT ON FUNCTION _innovation_score.do_start_public_notice(oid, bigint, date, date) IS 'internal: start_public_notice, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_finalize_publication(oid, bigint) IS 'internal: finalize_publication, by the keeper';
COMMENT ON FUNCTION _innovation_score.do_retract(oid, bigint, text) IS 'internal: retract, by the keeper';

CREATE FUNCTION start_public_notice(publication bigint, notice_from date, notice_to date) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION finalize_publication(publication bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION retract(publication bigint, reason text) RETURNS void
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION start_public_notice(bigint, date, date) IS
    'puts a publication on public notice from one day to another, or gives the notice other days';
COMMENT ON FUNCTION finalize_publication(bigint) IS
    'makes a publication final when its public notice is over and its objections are decided';
COMMENT ON FUNCTION retract(bigint, text) IS
    'takes a publication back: the views show it no more, what was published is kept, and so is the reason';
