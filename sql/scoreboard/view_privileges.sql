-- Privileges and options of views, so that others of their names can be given them: values, not commands, since they
-- may be kept in the row of a suspended scoreboard, which its owner may change.
CREATE FUNCTION _innovation_score.kept_privileges(scoreboard text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(jsonb_object_agg(v.suffix, jsonb_build_object(
        'options', (SELECT COALESCE(jsonb_object_agg(o.option_name, o.option_value), '{}') FROM pg_options_to_table(c.reloptions) o),
        'grants', (SELECT COALESCE(jsonb_agg(jsonb_build_object(
                                       'grantee', CASE WHEN g.grantee <> 0 THEN pg_get_userbyid(g.grantee) END, 'privilege', g.privilege_type,
                                       'column', g.name, 'grantable', g.is_grantable)), '[]')
                   FROM (SELECT a.*, NULL::name AS name FROM aclexplode(c.relacl) a
                         UNION ALL
                         SELECT x.*, t.attname FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) x
                         WHERE t.attrelid = c.oid AND NOT t.attisdropped) g
                   WHERE g.grantee <> c.relowner))), '{}')
    FROM _innovation_score.views_of(kept_privileges.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(kept_privileges.scoreboard, v.suffix)) AND c.relkind = 'v'
$$;

COMMENT ON FUNCTION _innovation_score.kept_privileges(text) IS 'internal: options and privileges of the views of a scoreboard';

-- Views belong to the owner of their scoreboard, whoever has made them. A column grant whose column is gone is left out.
CREATE FUNCTION _innovation_score.give_privileges(scoreboard text, kept jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    owner oid := _innovation_score.scoreboard_owner(scoreboard);
    due record;
    command text;
BEGIN
    FOR due IN
        SELECT format('ALTER VIEW %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(owner)) AS command
        FROM pg_class c WHERE c.oid = ANY (_innovation_score.existing_views(give_privileges.scoreboard)) AND c.relowner <> owner
        UNION ALL
        SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', c.oid::regclass,       -- default privileges; what counts is what the views had
                               CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = ANY (_innovation_score.existing_views(give_privileges.scoreboard)) AND a.grantee <> c.relowner
        UNION ALL
        SELECT format('ALTER VIEW %s RESET (%I)', c.oid::regclass, o.option_name)
        FROM pg_class c CROSS JOIN LATERAL pg_options_to_table(c.reloptions) o
        JOIN jsonb_each(kept) v ON to_regclass(_innovation_score.view_name(give_privileges.scoreboard, v.key)) = c.oid
        WHERE c.oid = ANY (_innovation_score.existing_views(give_privileges.scoreboard)) AND NOT (v.value -> 'options') ? o.option_name
        UNION ALL
        SELECT format('ALTER VIEW %s SET (%I = %L)', to_regclass(_innovation_score.view_name(give_privileges.scoreboard, v.key)), o.key, o.value)
        FROM jsonb_each(kept) v CROSS JOIN LATERAL jsonb_each_text(v.value -> 'options') o
        WHERE to_regclass(_innovation_score.view_name(give_privileges.scoreboard, v.key)) = ANY (_innovation_score.existing_views(give_privileges.scoreboard))
    LOOP
        EXECUTE due.command;
    END LOOP;
    FOR due IN
        SELECT to_regclass(_innovation_score.view_name(give_privileges.scoreboard, v.key)) AS view, g.*
        FROM jsonb_each(kept) v
        CROSS JOIN LATERAL jsonb_to_recordset(v.value -> 'grants') AS g(grantee text, privilege text, "column" text, grantable boolean)
        WHERE to_regclass(_innovation_score.view_name(give_privileges.scoreboard, v.key)) = ANY (_innovation_score.existing_views(give_privileges.scoreboard))
          AND g.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
        ORDER BY v.key COLLATE "C", g."column" COLLATE "C" NULLS FIRST, g.grantee COLLATE "C", g.privilege
    LOOP
        command := format('GRANT %s%s ON %s TO %s%s', due.privilege, ' (' || quote_ident(due."column") || ')', due.view,
                          COALESCE(quote_ident(due.grantee), 'PUBLIC'), CASE WHEN due.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        BEGIN
            EXECUTE command;
        EXCEPTION WHEN undefined_column THEN
            RAISE NOTICE 'not granted again, the column is gone: %', command;
        WHEN undefined_object THEN
            RAISE NOTICE 'not granted again, the role is gone: %', command;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.give_privileges(text, jsonb) IS
    'internal: gives recreated views their owner, and the options and privileges that they had';
