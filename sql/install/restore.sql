-- restore: loading a dump in any order.
--
-- pg_restore with several jobs loads the tables of an extension side by side, although
-- rows of one refer to rows of another, and pg_dump --inserts takes rows as they lie.
-- So what a restore loads is set aside row by row, and at the end of each statement
-- every row moves to its place whose parents are there by then; the last statement
-- finds all of them. The lock lets each session see what the others have set aside.
--
-- This file comes after all shipped rows: the triggers must not be there when they are
-- inserted, since CREATE EXTENSION may itself be part of a restore.

CREATE TABLE _innovation_score.restored (
    relation text NOT NULL,
    content  text NOT NULL,
    row_id   uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT restored_pkey PRIMARY KEY (row_id)
);

COMMENT ON TABLE _innovation_score.restored IS
    'internal: rows of a dump that is being loaded, until the rows that they refer to are there';
COMMENT ON COLUMN _innovation_score.restored.relation IS 'table of the extension';
COMMENT ON COLUMN _innovation_score.restored.content IS 'the row in text form';
COMMENT ON COLUMN _innovation_score.restored.row_id IS '行标识 identity of the row, for replication';

-- How a session of pg_restore, one that runs pg_dump's script, or pgcopydb, which sets nothing but its name, is
-- recognized. Settings are anybody's, so that they count for nobody but the owner of the database (and superusers),
-- and not where a function works as one for somebody else.
CREATE FUNCTION _innovation_score.restoring() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (current_setting('check_function_bodies') = 'off' OR current_setting('application_name') = 'pgcopydb')
       AND pg_has_role('pg_database_owner', 'USAGE') AND pg_has_role(session_user, 'pg_database_owner', 'USAGE');

CREATE FUNCTION _innovation_score.set_aside() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO restored VALUES (TG_TABLE_NAME, NEW::text);
    RETURN NULL;
END
$$;

-- Neither setting: what is inserted here is not set aside again. See _innovation_score.is_restored() for the other setting.
CREATE FUNCTION _innovation_score.put_in_place() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET check_function_bodies = on SET application_name = ''
SET innovation_score.restoring = on AS $function$
DECLARE
    step record;
BEGIN
    PERFORM pg_advisory_xact_lock('restored'::regclass::oid::bigint);
    FOR step IN
        SELECT r.relation, r.ready FROM restore_step r ORDER BY r.place
    LOOP
        EXECUTE format(
            'WITH due AS (DELETE FROM restored WHERE ctid = ANY (ARRAY('
            'SELECT r.ctid FROM restored r CROSS JOIN LATERAL (SELECT (r.content::%1$s).*) n '
            'WHERE r.relation = %3$L AND (%2$s))) RETURNING content) '
            'INSERT INTO %1$s SELECT (due.content::%1$s).* FROM due', _innovation_score.stored_table(step.relation), step.ready,
            step.relation);
    END LOOP;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION _innovation_score.restoring() IS 'internal: whether the session restores a dump';
COMMENT ON FUNCTION _innovation_score.set_aside() IS 'internal: sets a restored row aside';
COMMENT ON FUNCTION _innovation_score.put_in_place() IS 'internal: puts rows in place that were set aside and whose parents are there';

-- Named to run before the other triggers of these tables.
CREATE FUNCTION _innovation_score.create_restore_triggers() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    step record;
BEGIN
    FOR step IN
        SELECT r.relation FROM restore_step r
        WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = _innovation_score.stored_table(r.relation)::regclass AND t.tgname = '_set_aside')
        ORDER BY r.place
    LOOP
        EXECUTE format('CREATE TRIGGER _set_aside BEFORE INSERT ON %s '
                       'FOR EACH ROW WHEN (_innovation_score.restoring()) EXECUTE FUNCTION _innovation_score.set_aside()',
                       _innovation_score.stored_table(step.relation));
        EXECUTE format('CREATE TRIGGER _put_in_place AFTER INSERT ON %s '
                       'FOR EACH STATEMENT WHEN (_innovation_score.restoring()) EXECUTE FUNCTION _innovation_score.put_in_place()',
                       _innovation_score.stored_table(step.relation));
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.create_restore_triggers() IS
    'internal: for install and upgrade scripts: the triggers of the tables that are dumped and have none yet';

SELECT _innovation_score.create_restore_triggers();
