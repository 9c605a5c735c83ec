-- scheme, locks: a scheme that frozen scoreboards or publications use is what their
-- readers were told. Versions are made by derive_scheme(); whoever changes such a scheme
-- all the same has to say so, by unlock_scheme(), for one transaction. That is a safety
-- catch, not a privilege: who may change schemes is for GRANT to say.

-- whoever changes a scheme must be able to see that it is in use, if not by what
CREATE VIEW _innovation_score.frozen_scheme WITH (security_barrier) AS
SELECT b.scheme, CASE WHEN _innovation_score.reads(b.scoreboard, b.rights) THEN b.scoreboard END AS scoreboard
FROM _innovation_score.scoreboard b WHERE b.frozen_at IS NOT NULL;

COMMENT ON VIEW _innovation_score.frozen_scheme IS 'internal: schemes of frozen scoreboards';
COMMENT ON COLUMN _innovation_score.frozen_scheme.scheme IS 'scheme';
COMMENT ON COLUMN _innovation_score.frozen_scheme.scoreboard IS 'scoreboard; NULL: one that the caller does not see';

-- Publications are built above scoreboards: where there are any, _innovation_score.publication_users(codes)
-- gives their schemes and names.
CREATE FUNCTION _innovation_score.scheme_users(codes text[]) RETURNS TABLE (scheme text, kind text, name text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT b.scheme, 'frozen scoreboard', b.scoreboard FROM frozen_scheme b
                 WHERE b.scheme = ANY (codes) AND b.scoreboard IS NOT NULL;
    RETURN QUERY SELECT b.scheme, 'frozen scoreboards', 'of others' FROM frozen_scheme b
                 WHERE b.scheme = ANY (codes) AND b.scoreboard IS NULL
                 GROUP BY b.scheme;
    IF to_regprocedure('_innovation_score.publication_users(text[])') IS NOT NULL THEN
        RETURN QUERY SELECT u.scheme, 'publication', u.name FROM _innovation_score.publication_users(codes) u;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.scheme_users(text[]) IS 'internal: what schemes must not change under';

CREATE FUNCTION _innovation_score.list_users(code text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format('%s %s', u.kind, u.name), ', ' ORDER BY u.kind, u.name COLLATE "C")
    FROM _innovation_score.scheme_users(ARRAY[code]) u
$$;

COMMENT ON FUNCTION _innovation_score.list_users(text) IS 'internal: what a scheme must not change under, in words; NULL: nothing';

-- The setting holds the text of an array.
CREATE FUNCTION _innovation_score.is_unlocked(code text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(code = ANY (NULLIF(current_setting('innovation_score.unlocked_schemes', true), '')::text[]), false)
$$;

CREATE FUNCTION _innovation_score.unlock(code text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT set_config('innovation_score.unlocked_schemes', array_append(
        NULLIF(current_setting('innovation_score.unlocked_schemes', true), '')::text[], code)::text, true)
$$;

COMMENT ON FUNCTION _innovation_score.is_unlocked(text) IS 'internal: whether this transaction has unlocked a scheme';
COMMENT ON FUNCTION _innovation_score.unlock(text) IS 'internal: unlocks a scheme to the end of the transaction';

CREATE FUNCTION unlock_scheme(scheme text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    code text := (_innovation_score.require_scheme($1)).scheme;
    users text := _innovation_score.list_users(code);
BEGIN
    PERFORM _innovation_score.unlock(code);
    IF users IS NULL THEN
        RAISE NOTICE 'scheme "%" is not used by frozen scoreboards or publications', code;
    ELSE
        RAISE NOTICE 'scheme "%" may be changed in this transaction, although it is used by %', code, users;
    END IF;
END
$$;

COMMENT ON FUNCTION unlock_scheme(text) IS
    'allows the rest of the transaction to change a scheme that frozen scoreboards or publications use';

CREATE FUNCTION _innovation_score.require_unlocked(codes text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    code text;
BEGIN
    IF _innovation_score.is_restored() THEN
        RETURN;
    END IF;
    SELECT u.scheme INTO code FROM _innovation_score.scheme_users(codes) u
    WHERE NOT _innovation_score.is_unlocked(u.scheme) ORDER BY u.scheme COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scheme "%" is in use and cannot be changed', code
            USING ERRCODE = 'object_in_use',
                  DETAIL = format('It is used by %s.', _innovation_score.list_users(code)),
                  HINT = format('Make a new version with innovation_score.derive_scheme(), or, to change this one all '
                                'the same, call innovation_score.unlock_scheme(%L) in the same transaction.', code);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_unlocked(text[]) IS 'internal: an error if one of the schemes is in use and not unlocked';

CREATE FUNCTION _innovation_score.lock_scheme() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.require_unlocked(ARRAY[OLD.scheme]);
    -- who may change it may rename it: its parts follow
    IF NEW.scheme <> OLD.scheme AND _innovation_score.is_unlocked(OLD.scheme) THEN
        PERFORM _innovation_score.unlock(NEW.scheme);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION _innovation_score.lock_scheme_part() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    -- a row can be moved from one scheme to another
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        PERFORM _innovation_score.require_unlocked(ARRAY(SELECT DISTINCT o.scheme FROM old_rows o));
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        PERFORM _innovation_score.require_unlocked(ARRAY(SELECT DISTINCT n.scheme FROM new_rows n));
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM _innovation_score.require_unlocked(ARRAY(SELECT s.scheme FROM scheme s));
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.lock_scheme() IS 'internal: a scheme in use does not change unless it is unlocked';
COMMENT ON FUNCTION _innovation_score.lock_scheme_part() IS 'internal: the rows of a scheme in use do not change unless it is unlocked';

-- Neither column says anything about scores; both change when other rows do.
CREATE TRIGGER scheme_lock BEFORE UPDATE ON scheme
    FOR EACH ROW WHEN (to_jsonb(OLD) - '{origin,parent}'::text[] <> to_jsonb(NEW) - '{origin,parent}'::text[])
    EXECUTE FUNCTION _innovation_score.lock_scheme();

-- named to run before those that tell which scoreboards a change concerns
CREATE FUNCTION _innovation_score.create_lock_triggers() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT p.stored AS part, e.event, e.transition, format('%s_lock_%s', p.stored, e.name) AS name
        FROM _innovation_score.scheme_parts() p CROSS JOIN (VALUES
            ('insert', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'),
            ('update', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
            ('delete', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'),
            ('truncate', 'BEFORE TRUNCATE', '')) AS e(name, event, transition)
        WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = _innovation_score.stored_table(p.stored)::regclass
                          AND t.tgname = format('%s_lock_%s', p.stored, e.name))
        ORDER BY p.place
    LOOP
        EXECUTE format('CREATE TRIGGER %I %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.lock_scheme_part()',
                       due.name, due.event, _innovation_score.stored_table(due.part), due.transition);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.create_lock_triggers() IS
    'internal: for install and upgrade scripts: the locks of the parts of a scheme that have none yet';

SELECT _innovation_score.create_lock_triggers();
