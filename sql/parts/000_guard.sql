-- guard: nothing that lies in the schema already may be taken for ours.
--
-- The functions of the extension look names up in its schema first, and some of them run
-- while it is being installed, with the rights of a superuser, also where a plain user
-- installs it. Whoever could put an operator or a function there beforehand, or from
-- another session meanwhile, would have it run with those rights (CVE-2022-2625 and its
-- like). So the schema must be empty, must belong to the owner of the extension, and
-- nobody else may create anything in it. Upgrade scripts begin with this, too: they leave
-- members of the extension aside, but for those of plain users, who may have added them.
DO $$
DECLARE
    script_path text := pg_catalog.current_setting('search_path');
    space record;
    culprit text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SELECT n.oid, n.nspname AS name, n.nspowner AS owner, n.nspacl AS acl, o.rolsuper AS safe,
           e.extowner AS installer INTO STRICT space
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_authid o ON o.oid = n.nspowner
    WHERE e.extname = 'innovation_score';

    SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', ')
    INTO culprit
    FROM aclexplode(space.acl) a
    WHERE a.privilege_type = 'CREATE' AND a.grantee NOT IN (space.owner, space.installer);
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" is open to others', space.name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('What they put there could be taken for objects of the extension: %s.', culprit),
                  HINT = format('REVOKE CREATE ON SCHEMA %I FROM %s;', space.name, culprit);
    END IF;

    -- Whoever may create objects waits until we are through; what they created before
    -- must be visible here.
    IF NOT space.safe THEN
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE EXCEPTION 'the extension cannot be installed in a transaction with isolation level %',
                current_setting('transaction_isolation')
                USING ERRCODE = 'invalid_transaction_state', HINT = 'Use READ COMMITTED.';
        END IF;
        LOCK TABLE pg_type, pg_proc, pg_operator IN SHARE ROW EXCLUSIVE MODE;
    END IF;
    SELECT string_agg(pg_describe_object(d.classid, d.objid, 0), ', ') INTO culprit
    FROM pg_depend d
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = space.oid
      AND d.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass,
                        'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
      AND (NOT EXISTS (SELECT FROM pg_depend m
                       WHERE m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e'
                         AND m.refclassid = 'pg_extension'::regclass)
           OR EXISTS (SELECT FROM pg_shdepend o JOIN pg_authid r ON r.oid = o.refobjid
                      WHERE o.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
                        AND o.classid = d.classid AND o.objid = d.objid AND o.deptype = 'o'
                        AND o.refclassid = 'pg_authid'::regclass AND NOT r.rolsuper));
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" is not empty', space.name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('What is there could be taken for objects of the extension: %s.', culprit),
                  HINT = 'Drop these objects, or move them to another schema, and install the extension again.';
    END IF;

    IF space.owner <> space.installer THEN
        RAISE NOTICE 'schema "%" belonged to %, and belongs to the owner of the extension now',
            space.name, pg_get_userbyid(space.owner);
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', space.name, pg_get_userbyid(space.installer));
    END IF;
    PERFORM set_config('search_path', script_path, true);
END
$$;
