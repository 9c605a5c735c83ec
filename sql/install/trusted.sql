-- trusted: what belongs to whom where a plain user installs the extension.
--
-- PostgreSQL runs the script of a trusted extension as a superuser, whom the objects then
-- belong to, the schemas included; the extension belongs to the user. The tables must not: whoever
-- owns a table can put triggers on it, which an upgrade script, run as a superuser,
-- would set off. So the owner of the extension has privileges on what holds data, with
-- the right to pass them on, and no more than a look at what steers the functions.

CREATE FUNCTION _innovation_score.grant_to_owner() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    ours pg_extension;
    due record;
BEGIN
    SELECT * INTO STRICT ours FROM pg_extension e WHERE e.extname = 'innovation_score';
    FOR due IN
        SELECT c.oid::regclass AS relation,
               CASE WHEN c.relkind = 'S' THEN 'SELECT, USAGE'
                    WHEN c.relname = 'scheme_tier' THEN 'SELECT, INSERT, UPDATE, DELETE'
                    WHEN c.relkind IN ('r', 'p') AND (c.relname = 'restored' OR c.oid = ANY (ours.extconfig))
                    THEN 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'
                    ELSE 'SELECT' END AS privileges
        FROM pg_class c
        WHERE c.relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'S')
          AND c.relowner <> ours.extowner
          AND EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('GRANT %s ON %s TO %I WITH GRANT OPTION', due.privileges, due.relation, pg_get_userbyid(ours.extowner));
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.grant_to_owner() IS
    'internal: for install and upgrade scripts: privileges for the owner of the extension, where it is not a superuser';

SELECT _innovation_score.grant_to_owner();
