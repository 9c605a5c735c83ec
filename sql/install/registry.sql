-- registry: who may see and change what is kept of scoreboards.
--
-- The tables lie in _innovation_score, and nobody has privileges on them. Under their names
-- innovation_score has views of the rows of one's own scoreboards, which take changes; what views
-- and functions show to readers goes through those named shown_….

-- Once the library is loaded, errors leave the functions without the lines of their insides (src/support/error_context.c).
CREATE FUNCTION _innovation_score.load_library() RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.load_library() IS
    'internal: does nothing, for functions that may fail before another one in C is called';

CREATE FUNCTION _innovation_score.owns(scoreboard text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'owns_scoreboard' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.owns(scoreboard text, rights text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'owns_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.owns_view(name text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'owns_view' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.reads(scoreboard text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'reads_scoreboard' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.reads(scoreboard text, rights text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'reads_row' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.rights_identity(view oid) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.has_right(scoreboard text, right_name text, role oid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'has_right' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.has_any_right(scoreboard text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'has_any_right' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.scoreboard_owner(scoreboard text) RETURNS oid
    AS 'MODULE_PATHNAME', 'scoreboard_owner' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.hidden_below(scoreboard text) RETURNS integer
    AS 'MODULE_PATHNAME', 'hidden_below' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.hidden_below(text) IS
    'internal: the size below which groups of a scoreboard are not shown to the caller; 0: all are';
COMMENT ON FUNCTION _innovation_score.owns(text) IS
    'internal: whether the caller has the privileges of the owner of a scoreboard, or of the database if it is gone';
COMMENT ON FUNCTION _innovation_score.owns(text, text) IS 'internal: the same, given the view of its rights';
COMMENT ON FUNCTION _innovation_score.owns_view(text) IS 'internal: the same of what is known by the name of its view';
COMMENT ON FUNCTION _innovation_score.reads(text) IS
    'internal: whether the caller owns a scoreboard, has a right on it, or reads its scores';
COMMENT ON FUNCTION _innovation_score.reads(text, text) IS 'internal: the same, given the view of its rights';
COMMENT ON FUNCTION _innovation_score.rights_identity(oid) IS
    'internal: a view of rights as the registry keeps it: in another database the text means nothing';
COMMENT ON FUNCTION _innovation_score.has_right(text, text, oid) IS 'internal: whether a role owns a scoreboard or has a right on it';
COMMENT ON FUNCTION _innovation_score.has_any_right(text) IS 'internal: whether the caller owns a scoreboard or has some right on it';
COMMENT ON FUNCTION _innovation_score.scoreboard_owner(text) IS
    'internal: the owner of a scoreboard; that of the database if it is gone';

-- The views of a table, with the comments of its columns.
CREATE FUNCTION _innovation_score.show_table(relation text, owner text DEFAULT '_innovation_score.owns(scoreboard)',
                                             reader text DEFAULT '_innovation_score.reads(scoreboard)',
                                             hidden text[] DEFAULT '{row_id}', masked jsonb DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored regclass := format('_innovation_score.%I', relation)::regclass;
    shown record;
    due record;
BEGIN
    FOR shown IN
        SELECT v.* FROM (VALUES
            (format('innovation_score.%I', relation), owner, ' WITH CASCADED CHECK OPTION', '', '{}'::jsonb),
            (format('_innovation_score.%I', 'shown_' || relation), reader, '', 'internal: for readers: ', masked))
            AS v(name, condition, checked, prefix, masked)
        WHERE v.condition IS NOT NULL
    LOOP
        EXECUTE format('CREATE VIEW %s WITH (security_barrier) AS SELECT %s FROM %s WHERE %s%s', shown.name,
                       (SELECT string_agg(COALESCE(shown.masked ->> a.attname || ' AS ', '') || quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                        WHERE a.attrelid = stored AND a.attnum > 0 AND a.attname <> ALL (hidden)),
                       stored, shown.condition, shown.checked);
        EXECUTE format('COMMENT ON VIEW %s IS %L', shown.name, shown.prefix || obj_description(stored, 'pg_class'));
        FOR due IN
            SELECT a.attname AS name, col_description(stored, a.attnum) AS comment FROM pg_attribute a
            WHERE a.attrelid = stored AND a.attnum > 0 AND a.attname <> ALL (hidden)
        LOOP
            EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', shown.name, due.name, due.comment);
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.show_table(text, text, text, text[], jsonb) IS
    'internal: for install and upgrade scripts: the views of a table for owners and for readers, each with its condition; what '
    'readers are shown in place of some columns';

-- What nobody has privileges to write is written by functions do_…, as the owner of the tables
-- (src/registry/keeper.c). They are called through functions of the same name without the prefix, and
-- are told by whom.

CREATE FUNCTION _innovation_score.caller_name() RETURNS text
    AS 'MODULE_PATHNAME', 'caller_name' LANGUAGE C STABLE PARALLEL RESTRICTED;

CREATE FUNCTION _innovation_score.fetch_as_owner(scoreboard text, query text) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'fetch_as_owner' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1000000;

CREATE FUNCTION _innovation_score.run_as_relation_owner(name text, command text) RETURNS void
    AS 'MODULE_PATHNAME', 'run_as_relation_owner' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.run_as_relation_owner(text, text) IS
    'internal: runs a command with the privileges of the owner of a table or view, for those who have them';
COMMENT ON FUNCTION _innovation_score.caller_name() IS 'internal: the role that a function do_… works for, else the current user';
COMMENT ON FUNCTION _innovation_score.fetch_as_owner(text, text) IS
    'internal: rows of a query that is run with the privileges of the owner of a scoreboard, for those who have them';
