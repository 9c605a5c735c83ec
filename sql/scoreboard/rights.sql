-- rights: who may do what with a scoreboard, in one call per role. They are kept as privileges on
-- the columns of the view <name>_rights, so that dumps, restores and changes of roles keep them.

-- A column each, and no row.

CREATE TABLE _innovation_score.scoreboard_right (
    name    text NOT NULL,
    place   integer NOT NULL,
    comment text NOT NULL,
    CONSTRAINT scoreboard_right_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE _innovation_score.scoreboard_right IS 'internal: the rights that there are on a scoreboard';
COMMENT ON COLUMN _innovation_score.scoreboard_right.name IS 'right, a column of the view <name>_rights';
COMMENT ON COLUMN _innovation_score.scoreboard_right.place IS 'order';
COMMENT ON COLUMN _innovation_score.scoreboard_right.comment IS 'what it lets do, Chinese first';

INSERT INTO scoreboard_right (place, name, comment) VALUES
    (1, 'reader', '读者 reads the views'),
    (2, 'analyst', '分析员 reads the views, analyses, banks'' rules and publications'),
    (3, 'bank', '银行 reads what has been made public'),
    (4, 'clerk', '受理窗口 files and withdraws objections'),
    (5, 'reviewer', '异议审核人 decides objections'),
    (6, 'publisher', '公布人 publishes, and moves publications to public notice and final');

CREATE FUNCTION _innovation_score.create_rights(scoreboard text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    view text := _innovation_score.view_name(scoreboard, 'rights');
    due record;
BEGIN
    IF to_regclass(view) IS NULL THEN
        PERFORM _innovation_score.run('pg_catalog, pg_temp', format('CREATE VIEW %s AS SELECT %s WHERE false', view,
            (SELECT string_agg(format('NULL::boolean AS %I', r.name), ', ' ORDER BY r.place) FROM scoreboard_right r)));
        EXECUTE format('COMMENT ON VIEW %s IS %L', view, '权限 rights: who may SELECT a column has the right of its name');
        FOR due IN SELECT r.name, r.comment FROM scoreboard_right r LOOP
            EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view, due.name, due.comment);
        END LOOP;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.create_rights(text) IS 'internal: the view of the rights of a scoreboard, unless it is there';

-- Who lacks a right is told which, and how to get it.
CREATE FUNCTION _innovation_score.require_right(scoreboard text, right_name text, role oid) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT _innovation_score.has_right(scoreboard, right_name, role) THEN
        RAISE EXCEPTION 'permission denied for scoreboard %', scoreboard
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('This takes the right "%s".', right_name),
                  HINT = format('Its owner gives it: SELECT innovation_score.grant_scoreboard(%L, %L, %L);', scoreboard,
                                pg_get_userbyid(role), right_name);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_right(text, text, oid) IS
    'internal: an error that names the call which helps, if a role lacks a right on a scoreboard';

-- PUBLIC is a word, anything else a name.
CREATE FUNCTION _innovation_score.grantee(role text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lower(role) = 'public' THEN
        RETURN 'PUBLIC';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', COALESCE(role, 'NULL')
            USING ERRCODE = 'undefined_object', HINT = 'Give the name of the role as pg_roles has it, or public.';
    END IF;
    RETURN quote_ident(role);
END
$$;

COMMENT ON FUNCTION _innovation_score.grantee(text) IS 'internal: a role as GRANT writes it';

-- What a right takes beside itself: for those who read the views the views, and from PostgreSQL 15 on, where
-- they read with their own privileges, the columns of other owners' relations that the input reads.
CREATE FUNCTION _innovation_score.right_privileges(scoreboard text, right_name text)
RETURNS TABLE (privilege text, object text, columns name[], grantable boolean)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
    WITH board AS (
        SELECT (parse_ident(right_privileges.scoreboard))[1]::name AS schema_name,
               to_regclass(_innovation_score.view_name(right_privileges.scoreboard, 'input')) AS input
    ), used AS (
        SELECT DISTINCT d.refobjid, d.refobjsubid
        FROM board b JOIN pg_rewrite r ON r.ev_class = b.input
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
        WHERE d.refobjid <> b.input AND current_setting('server_version_num')::integer >= 150000
    )
    SELECT 'USAGE', format('SCHEMA %I', b.schema_name), NULL::name[], has_schema_privilege(b.schema_name, 'USAGE WITH GRANT OPTION')
    FROM board b WHERE right_name IN ('reader', 'analyst')
    UNION ALL
    SELECT 'SELECT', v.view::text, NULL, true
    FROM unnest(_innovation_score.existing_views(right_privileges.scoreboard)) AS v(view)
    WHERE right_name = 'analyst'
       OR right_name = 'reader' AND v.view IS DISTINCT FROM to_regclass(_innovation_score.view_name(right_privileges.scoreboard, 'credit'))
    UNION ALL
    SELECT format('SELECT (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)),
           format('%I.%I', n.nspname, c.relname), array_agg(a.attname), bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT WITH GRANT OPTION'))
    FROM used u JOIN pg_class c ON c.oid = u.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.refobjsubid AND a.attnum <> 0
    WHERE right_name IN ('reader', 'analyst')
    GROUP BY n.nspname, c.relname
    UNION ALL
    SELECT 'SELECT', t.name, NULL, has_table_privilege(t.name, 'SELECT WITH GRANT OPTION')
    FROM unnest('{innovation_score.credit_rule,innovation_score.credit_curve}'::text[]) AS t(name)
    WHERE right_name = 'analyst'
$$;

COMMENT ON FUNCTION _innovation_score.right_privileges(text, text) IS
    'internal: the privileges that a right on a scoreboard takes, and whether the caller may grant them';

-- What others must grant is told in one warning; when views are new, only what these read.
CREATE FUNCTION _innovation_score.grant_views(scoreboard text, right_name text, grantee text, new_views boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
    left_over text;
BEGIN
    FOR due IN SELECT p.* FROM _innovation_score.right_privileges(scoreboard, right_name) p WHERE p.grantable LOOP
        EXECUTE format('GRANT %s ON %s TO %s', due.privilege, due.object, grantee);
    END LOOP;
    SELECT string_agg(format('GRANT %s ON %s TO %s;', p.privilege, p.object, grantee), ' ' ORDER BY p.object) INTO left_over
    FROM _innovation_score.right_privileges(scoreboard, right_name) p
    WHERE NOT p.grantable AND NOT _innovation_score.has_privilege(grantee, p.object, p.columns) AND (p.columns IS NOT NULL OR NOT new_views);
    IF left_over IS NOT NULL THEN
        RAISE WARNING 'the right "%" on scoreboard % takes privileges that % may not grant', right_name, scoreboard, current_user
            USING HINT = 'Their owners do: ' || left_over;
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.has_privilege(grantee text, object text, columns name[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role text := CASE grantee WHEN 'PUBLIC' THEN 'public' ELSE (parse_ident(grantee))[1] END;
BEGIN
    RETURN CASE WHEN object LIKE 'SCHEMA %' THEN has_schema_privilege(role, (parse_ident(substr(object, 8)))[1], 'USAGE')
                WHEN columns IS NULL THEN has_table_privilege(role, object, 'SELECT')
                ELSE (SELECT bool_and(has_column_privilege(role, object, c, 'SELECT')) FROM unnest(columns) c) END;
END
$$;

COMMENT ON FUNCTION _innovation_score.grant_views(text, text, text, boolean) IS
    'internal: grants what a right takes, and tells what the caller may not grant';
COMMENT ON FUNCTION _innovation_score.has_privilege(text, text, name[]) IS
    'internal: whether a role has a privilege that right_privileges() names';

-- For views that come later: those of named rules, and of rebuilt scoreboards.
CREATE FUNCTION _innovation_score.grant_new_views(scoreboard text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT DISTINCT a.attname AS right_name,
               CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee
        FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
        WHERE a.attrelid = to_regclass(_innovation_score.view_name(grant_new_views.scoreboard, 'rights'))
          AND a.attname IN ('reader', 'analyst') AND x.privilege_type = 'SELECT'
    LOOP
        PERFORM _innovation_score.grant_views(scoreboard, due.right_name, due.grantee, true);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.grant_new_views(text) IS 'internal: gives readers and analysts what views that are new take';

CREATE FUNCTION _innovation_score.change_right(name text, role text, right_name text, given boolean, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
    given_to text := _innovation_score.grantee(role);
    view text := _innovation_score.view_name(board.scoreboard, 'rights');
    kept text[];
    due record;
BEGIN
    IF to_regclass(view) IS NULL THEN
        PERFORM _innovation_score.check_remains(board);
        RAISE EXCEPTION 'view % does not exist', view
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    IF given AND right_name IS NULL OR right_name NOT IN (SELECT r.name FROM scoreboard_right r) THEN
        RAISE EXCEPTION 'there is no right "%"', COALESCE(right_name, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The rights are %s.', (SELECT string_agg(r.name, ', ' ORDER BY r.place) FROM scoreboard_right r));
    END IF;
    IF given THEN
        EXECUTE format('GRANT SELECT (%I) ON %s TO %s', right_name, view, given_to);
        PERFORM _innovation_score.grant_views(board.scoreboard, right_name, given_to);
        RETURN;
    END IF;
    FOR due IN SELECT r.name FROM scoreboard_right r WHERE r.name = COALESCE(right_name, r.name) LOOP
        EXECUTE format('REVOKE SELECT (%I) ON %s FROM %s', due.name, view, given_to);
    END LOOP;
    -- views are left to who has another right that takes them
    kept := ARRAY(SELECT a.attname FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
                  WHERE a.attrelid = view::regclass
                    AND x.grantee = CASE given_to WHEN 'PUBLIC' THEN 0::oid ELSE given_to::regrole::oid END);
    FOR due IN
        SELECT p.privilege, p.object FROM scoreboard_right r CROSS JOIN LATERAL _innovation_score.right_privileges(board.scoreboard, r.name) p
        WHERE r.name = COALESCE(right_name, r.name) AND p.object = ANY (_innovation_score.existing_views(board.scoreboard)::text[])
        EXCEPT
        SELECT p.privilege, p.object FROM unnest(kept) AS k(name) CROSS JOIN LATERAL _innovation_score.right_privileges(board.scoreboard, k.name) p
    LOOP
        EXECUTE format('REVOKE %s ON %s FROM %s', due.privilege, due.object, given_to);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.change_right(text, text, text, boolean, name[]) IS
    'internal: grant_scoreboard and revoke_scoreboard with the caller''s schemas';

CREATE FUNCTION grant_scoreboard(name text, role text, right_name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.change_right(name, role, right_name, true, pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION revoke_scoreboard(name text, role text, right_name text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.change_right(name, role, right_name, false, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION grant_scoreboard(text, text, text) IS
    'lets a role be reader, analyst, bank, clerk, reviewer or publisher of a scoreboard, with all privileges that this takes';
COMMENT ON FUNCTION revoke_scoreboard(text, text, text) IS 'takes a right on a scoreboard back, or all of a role''s';
