-- scoreboard, views: what makes, remakes, locks and drops them.
--
-- The views read the rows of the view _input by name. Functions, operators and types are
-- found in pg_catalog, or written with their schema.

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('model', 10, 'model_query', 'group', false, '{fitted_level,fitted_on,fitted_rows,model,_values}', '各组拟合模型 fitted models'),
    ('score', 20, 'score_query', 'all', true, '{quality_errors}', '得分 scores'),
    ('detail', 30, 'detail_query', 'key', false,
     '{stage,indicator,category,value,lower,upper,normalized,max_points,points,status,title,_values}',
     '得分明细 points of every indicator'),
    ('ranking', 40, 'ranking_query', 'all', true, '{rank,stage_rank,percentile,quality_errors}', '排名 ranking');

CREATE FUNCTION _innovation_score.view_query(board scoreboard, binding scoreboard_binding, view text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known record;
    result text;
BEGIN
    SELECT k.query, v.instance, k.instances IS NOT NULL AS several INTO STRICT known
    FROM _innovation_score.views_of(board.scoreboard) v JOIN scoreboard_view k USING (kind)
    WHERE v.suffix = view;
    IF known.several THEN
        EXECUTE format('SELECT _innovation_score.%I($1, $2, $3)', known.query) INTO result
            USING board, binding, known.instance;
    ELSE
        EXECUTE format('SELECT _innovation_score.%I($1, $2)', known.query) INTO result USING board, binding;
    END IF;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.view_query(scoreboard, scoreboard_binding, text) IS 'internal: text of a view';

-- Making and remaking views.

-- the views that are there (a user may have dropped some)
CREATE FUNCTION _innovation_score.existing_views(scoreboard text) RETURNS regclass[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(array_agg(c.oid::regclass), '{}')
    FROM unnest(_innovation_score.view_suffixes(existing_views.scoreboard)) AS u(suffix)
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(existing_views.scoreboard, u.suffix)) AND c.relkind = 'v'
$$;

COMMENT ON FUNCTION _innovation_score.existing_views(text) IS 'internal: those views of a scoreboard that are there';

CREATE FUNCTION _innovation_score.view_options(view text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    options text := (SELECT array_to_string(c.reloptions, ', ') FROM pg_class c WHERE c.oid = to_regclass(view));
BEGIN
    IF options IS NULL AND to_regclass(view) IS NULL AND current_setting('server_version_num')::integer >= 150000 THEN
        options := 'security_invoker=true';
    END IF;
    RETURN COALESCE(' WITH (' || NULLIF(options, '') || ')', '');
END
$$;

COMMENT ON FUNCTION _innovation_score.view_options(text) IS
    'internal: WITH clause of a view: the options that it has; a new one runs with the rights of its reader';

-- The input is made under its maker's schemas, since it holds what they wrote; the views over
-- it, which hold nothing of the kind, under the server's alone.
CREATE FUNCTION _innovation_score.create_views(board scoreboard, views text[], create_command text, keep boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    view text;
    name text;
    command text;
    binding scoreboard_binding;
BEGIN
    FOREACH view IN ARRAY views LOOP
        name := _innovation_score.view_name(board.scoreboard, view);
        command := format('%s %s%s AS ', create_command, name, _innovation_score.view_options(name));
        IF view = 'input' THEN
            PERFORM _innovation_score.run(board.search_path, command || _innovation_score.input_query(board, keep));
        ELSE
            binding := COALESCE(binding, _innovation_score.bind(board));
            PERFORM _innovation_score.run('pg_catalog, pg_temp', command || _innovation_score.view_query(board, binding, view));
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.create_views(scoreboard, text[], text, boolean) IS
    'internal: creates or replaces views';

CREATE FUNCTION _innovation_score.lock_view(view regclass) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.lock_view(regclass) IS
    'internal: locks a view of one''s own, not what it reads, against readers and changes';

-- Readers lock a view before those that it reads, so who changes several must do the same.
CREATE FUNCTION _innovation_score.lock_views(scoreboard text, views text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT to_regclass(_innovation_score.view_name(lock_views.scoreboard, v.suffix)) AS view
        FROM (SELECT k.suffix, k.place, min(k.place) FILTER (WHERE k.suffix = ANY (views)) OVER () AS lowest
              FROM _innovation_score.views_of(lock_views.scoreboard) k) v
        WHERE v.place >= v.lowest ORDER BY v.place DESC
    LOOP
        PERFORM _innovation_score.lock_view(due.view);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.lock_views(text, text[]) IS
    'internal: locks views that are about to change, and those that may read them, from the top down';

CREATE FUNCTION _innovation_score.drop_views(scoreboard text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    views regclass[] := _innovation_score.existing_views(scoreboard);
    dependent text;
BEGIN
    PERFORM _innovation_score.lock_views(scoreboard, _innovation_score.view_suffixes(scoreboard));
    IF views <> '{}' THEN
        EXECUTE format('DROP VIEW %s', array_to_string(views, ', '));
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of scoreboard % cannot be dropped because other objects depend on them', scoreboard
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent,
              HINT = 'Drop those objects first; after a rebuild they can be created again.';
END
$$;

COMMENT ON FUNCTION _innovation_score.drop_views(text) IS 'internal: drops the views of a scoreboard, not what depends on them';

-- Privileges and options of views, so that others of their names can be given them: values, not commands, since they
-- may be kept in the row of a suspended scoreboard, which its owner may change.
CREATE FUNCTION _innovation_score.view_privileges(scoreboard text) RETURNS jsonb
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
    FROM _innovation_score.views_of(view_privileges.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(view_privileges.scoreboard, v.suffix)) AND c.relkind = 'v'
$$;

COMMENT ON FUNCTION _innovation_score.view_privileges(text) IS 'internal: options and privileges of the views of a scoreboard';

-- Views belong to the owner of their scoreboard, whoever has made them. A column grant whose column is gone is left out.
CREATE FUNCTION _innovation_score.restore_privileges(scoreboard text, kept jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    owner oid := _innovation_score.scoreboard_owner(scoreboard);
    due record;
    command text;
BEGIN
    FOR due IN
        SELECT format('ALTER VIEW %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(owner)) AS command
        FROM pg_class c WHERE c.oid = ANY (_innovation_score.existing_views(restore_privileges.scoreboard)) AND c.relowner <> owner
        UNION ALL
        SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', c.oid::regclass,       -- default privileges; what counts is what the views had
                               CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = ANY (_innovation_score.existing_views(restore_privileges.scoreboard)) AND a.grantee <> c.relowner
        UNION ALL
        SELECT format('ALTER VIEW %s RESET (%I)', c.oid::regclass, o.option_name)
        FROM pg_class c CROSS JOIN LATERAL pg_options_to_table(c.reloptions) o
        JOIN jsonb_each(kept) v ON to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) = c.oid
        WHERE c.oid = ANY (_innovation_score.existing_views(restore_privileges.scoreboard)) AND NOT (v.value -> 'options') ? o.option_name
        UNION ALL
        SELECT format('ALTER VIEW %s SET (%I = %L)', to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)), o.key, o.value)
        FROM jsonb_each(kept) v CROSS JOIN LATERAL jsonb_each_text(v.value -> 'options') o
        WHERE to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) = ANY (_innovation_score.existing_views(restore_privileges.scoreboard))
    LOOP
        EXECUTE due.command;
    END LOOP;
    FOR due IN
        SELECT to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) AS view, g.*
        FROM jsonb_each(kept) v
        CROSS JOIN LATERAL jsonb_to_recordset(v.value -> 'grants') AS g(grantee text, privilege text, "column" text, grantable boolean)
        WHERE to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) = ANY (_innovation_score.existing_views(restore_privileges.scoreboard))
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

COMMENT ON FUNCTION _innovation_score.restore_privileges(text, jsonb) IS
    'internal: gives recreated views their owner, and the options and privileges that they had';

-- In place where the columns still fit, otherwise dropped and created.
CREATE FUNCTION _innovation_score.replace_views(board scoreboard, views text[], keep boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept jsonb;
BEGIN
    PERFORM _innovation_score.lock_views(board.scoreboard, views);
    BEGIN
        PERFORM _innovation_score.create_views(board, views, 'CREATE OR REPLACE VIEW', keep);
        RETURN;
    EXCEPTION WHEN invalid_table_definition OR feature_not_supported THEN
        NULL;   -- columns have changed, or Citus keeps the view on all nodes and the new text reads a local table
    END;
    kept := _innovation_score.view_privileges(board.scoreboard);
    PERFORM _innovation_score.drop_views(board.scoreboard);
    PERFORM _innovation_score.create_views(board, _innovation_score.view_suffixes(board.scoreboard), 'CREATE VIEW', false);
    PERFORM _innovation_score.restore_privileges(board.scoreboard, kept);
END
$$;

COMMENT ON FUNCTION _innovation_score.replace_views(scoreboard, text[], boolean) IS
    'internal: remakes views, keeping their privileges and, if asked for, the columns of the input that nothing uses';
