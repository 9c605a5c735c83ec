-- restore: loading a dump in any order.
--
-- pg_restore with several jobs loads the tables of an extension side by side, although
-- rows of one refer to rows of another, and pg_dump --inserts takes rows as they lie.
-- So what a restore loads is set aside row by row, and at the end of each statement
-- every row moves to its place whose parents are there by then; the last statement
-- finds all of them. The lock lets each session see what the others have set aside.
--
-- This file comes last: the triggers must not be there when the shipped rows are
-- inserted, since CREATE EXTENSION may itself be part of a restore.

CREATE TABLE restored (
    relation text NOT NULL,
    content  text NOT NULL
);

COMMENT ON TABLE restored IS
    'internal: rows of a dump that is being loaded, until the rows that they refer to are there';
COMMENT ON COLUMN restored.relation IS 'table of the extension';
COMMENT ON COLUMN restored.content IS 'the row in text form';

-- How a session of pg_restore, or one that runs pg_dump's script, is recognized.
CREATE FUNCTION _restoring() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('row_security') = 'off' AND current_setting('check_function_bodies') = 'off';

CREATE FUNCTION _set_aside() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO restored VALUES (TG_TABLE_NAME, NEW::text);
    RETURN NULL;
END
$$;

-- check_function_bodies = on: what is inserted here is not set aside again.
CREATE FUNCTION _put_in_place() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET check_function_bodies = on AS $function$
DECLARE
    step record;
BEGIN
    PERFORM pg_advisory_xact_lock('restored'::regclass::oid::bigint);
    FOR step IN
        SELECT * FROM (VALUES
            (1, 'scheme', $$n.parent IS NULL OR n.parent IN (SELECT s.scheme FROM scheme s) OR n.parent IN
                (SELECT (p.content::scheme).scheme FROM restored p WHERE p.relation = 'scheme')$$),
            (2, 'category', $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$),
            (3, 'stage', $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$),
            (4, 'indicator', $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped') AND
                (n.category IS NULL OR (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c))$$),
            (5, 'weight', $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped') AND
                (n.scheme, n.indicator) IN (SELECT i.scheme, i.indicator FROM indicator i)$$),
            (6, 'scoreboard', $$n.scheme IN (SELECT s.scheme FROM scheme s)$$),
            (7, 'fitted_model', $$n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)$$),
            (8, 'whitelist_rule', $$n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)$$),
            (9, 'exclusion', $$n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)$$))
            AS s(place, relation, ready)
        ORDER BY s.place
    LOOP
        EXECUTE format(
            'WITH due AS (DELETE FROM restored WHERE ctid = ANY (ARRAY('
            'SELECT r.ctid FROM restored r CROSS JOIN LATERAL (SELECT (r.content::%1$I).*) n '
            'WHERE r.relation = %1$L AND (%2$s))) RETURNING content) '
            'INSERT INTO %1$I SELECT (due.content::%1$I).* FROM due', step.relation, step.ready);
    END LOOP;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION _restoring() IS 'internal: whether the session restores a dump';
COMMENT ON FUNCTION _set_aside() IS 'internal: sets a restored row aside';
COMMENT ON FUNCTION _put_in_place() IS 'internal: puts rows in place that were set aside and whose parents are there';

-- named to run before the other triggers of these tables
CREATE TRIGGER _set_aside BEFORE INSERT ON scheme
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON category
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON indicator
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON stage
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON weight
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON scoreboard
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON fitted_model
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON whitelist_rule
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();
CREATE TRIGGER _set_aside BEFORE INSERT ON exclusion
    FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside();

CREATE TRIGGER _put_in_place AFTER INSERT ON scheme
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON category
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON indicator
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON stage
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON weight
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON scoreboard
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON fitted_model
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON whitelist_rule
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
CREATE TRIGGER _put_in_place AFTER INSERT ON exclusion
    FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place();
