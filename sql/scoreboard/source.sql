-- scoreboard, sources: the relation that a scoreboard reads.

CREATE FUNCTION _innovation_score.source_name(source regclass) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    class pg_class;
    full_name text;
BEGIN
    IF source IS NULL THEN
        RAISE EXCEPTION 'the scoreboard needs a source'
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Give the table or view that has a row per firm (and period).';
    END IF;
    SELECT * INTO class FROM pg_class c WHERE c.oid = source;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the source of the scoreboard does not exist'
            USING ERRCODE = 'undefined_table', DETAIL = format('There is no relation with OID %s.', source::oid),
                  HINT = 'If it was dropped: innovation_score.drop_scoreboard() forgets the scoreboard, too.';
    END IF;
    full_name := format('%I.%I', (SELECT n.nspname FROM pg_namespace n WHERE n.oid = class.relnamespace),
                        class.relname);
    IF class.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
        RAISE EXCEPTION '% is no source', full_name
            USING ERRCODE = 'wrong_object_type',
                  HINT = 'Give a table, view, materialized view, foreign table or partitioned table.';
    END IF;
    IF class.relpersistence = 't' THEN
        RAISE EXCEPTION '% is temporary, so it cannot be the source of views that last', class.relname
            USING ERRCODE = 'wrong_object_type', HINT = 'Give a permanent table or view.';
    END IF;
    IF NOT has_any_column_privilege(source, 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for source %', full_name
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT SELECT ON %s TO %I;', full_name, current_user);
    END IF;
    RETURN full_name;
END
$$;

-- What takes a relation hands its OID on as text, and what is kept is the name.
CREATE FUNCTION _innovation_score.kept_source(given text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN given ~ '^[0-9]+$' THEN _innovation_score.source_name(given::oid::regclass) ELSE given END
$$;

COMMENT ON FUNCTION _innovation_score.kept_source(text) IS 'internal: the full name of a relation that was given by its OID';

-- Kept by its name, which is another one after ALTER … RENAME: the view _input tells which.
CREATE FUNCTION _innovation_score.source_of(board scoreboard) RETURNS regclass
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := parse_ident(board.source);
    board_parts text[] := parse_ident(board.scoreboard);
    found oid[];
BEGIN
    found := ARRAY(SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = parts[1] AND c.relname = parts[2]);
    IF found = '{}' THEN
        found := ARRAY(SELECT DISTINCT d.refobjid
                       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_rewrite r ON r.ev_class = c.oid
                       JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
                       WHERE n.nspname = board_parts[1] AND c.relname = board_parts[2] || '_input' AND c.relkind = 'v');
    END IF;
    RETURN CASE WHEN cardinality(found) = 1 THEN found[1]::regclass END;
END
$$;

COMMENT ON FUNCTION _innovation_score.source_of(scoreboard) IS 'internal: the source of a scoreboard; NULL: it does not exist any more';

CREATE FUNCTION _innovation_score.source_columns(source regclass) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(array_agg(a.attname::text ORDER BY a.attnum), '{}')
    FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
$$;

COMMENT ON FUNCTION _innovation_score.source_name(regclass) IS 'internal: the full name of a source that the caller can read';
COMMENT ON FUNCTION _innovation_score.source_columns(regclass) IS 'internal: the names of the columns of a source';

-- Citus has catalogs of its own; a source may be a view over distributed tables.
CREATE FUNCTION _innovation_score.is_distributed(source regclass) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    distributed boolean := false;
BEGIN
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        EXECUTE 'WITH RECURSIVE used(oid) AS ('
                'SELECT $1::oid UNION '
                'SELECT d.refobjid FROM used u JOIN pg_rewrite r ON r.ev_class = u.oid '
                'JOIN pg_depend d ON d.classid = ''pg_rewrite''::regclass AND d.objid = r.oid '
                'AND d.refclassid = ''pg_class''::regclass) '
                'SELECT EXISTS (SELECT FROM used u JOIN pg_dist_partition p ON p.logicalrelid = u.oid)'
            INTO distributed USING source;
    END IF;
    RETURN distributed;
END
$$;

COMMENT ON FUNCTION _innovation_score.is_distributed(regclass) IS
    'internal: whether a source is a distributed table of Citus, or a view that reads one';
