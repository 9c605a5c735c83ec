-- scoreboard, expressions: what a caller wrote, a column or an expression over a source, checked and as SQL text, and what
-- runs such text.

CREATE TYPE _innovation_score.bound_expression AS (name text, expression text, type regtype);

COMMENT ON TYPE _innovation_score.bound_expression IS 'internal: a column or expression of a source';
COMMENT ON COLUMN _innovation_score.bound_expression.name IS 'the name, if it is a column';
COMMENT ON COLUMN _innovation_score.bound_expression.expression IS 'SQL text';
COMMENT ON COLUMN _innovation_score.bound_expression.type IS 'type of its values';

-- Views are made here, and what is kept for others is computed: from all rows, so that a
-- policy that hides some is an error.

CREATE FUNCTION _innovation_score.run(path text, command text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE command;
END
$$;

COMMENT ON FUNCTION _innovation_score.run(text, text) IS 'internal: runs a command under a search_path';

-- What is kept of a source is read as the scoreboard's owner, whoever freezes: with all rows that there are, or an error.
CREATE FUNCTION _innovation_score.run_as_owner(scoreboard text, command text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT FROM _innovation_score.fetch_as_owner(scoreboard, command) AS f(done boolean)
$$;

COMMENT ON FUNCTION _innovation_score.run_as_owner(text, text) IS
    'internal: runs a command with the privileges and under the settings of the owner of a scoreboard';

-- Whoever changes the scoreboard of another role, a superuser for one, does so as that role: its expressions are looked at
-- and planned, and what is constant in them is run.
CREATE FUNCTION _innovation_score.is_of_other(scoreboard text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.scoreboard_owner(scoreboard) <> r.oid FROM pg_roles r WHERE r.rolname = current_user
$$;

COMMENT ON FUNCTION _innovation_score.is_of_other(text) IS 'internal: whether a scoreboard does not belong to the current user';

-- Nothing is read: the false condition leaves the planner an empty relation.
-- Standing in WHERE, the expression can hold no aggregate, window or set function.
CREATE FUNCTION _innovation_score.expression_type(path text, source text, expression text) RETURNS regtype
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    query text := format('SELECT pg_catalog.pg_typeof(x.v)::pg_catalog.oid FROM (SELECT) d LEFT JOIN '
                         '(SELECT %1$s AS v FROM %2$s WHERE %1$s IS NULL AND false) x ON true',
                         expression, source);
    type oid;
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE query INTO type;
    RETURN type;
END
$$;

COMMENT ON FUNCTION _innovation_score.expression_type(text, text, text) IS 'internal: the type of an expression over a source';

-- The name that an item is, if it is one and not an expression. Catching the error of parse_ident() would take a subtransaction,
-- which there is none of in parallel workers.
CREATE FUNCTION _innovation_score.identifier_of(item text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
    SELECT CASE WHEN item ~ '^[ \t\n\r]*("([^"]|"")+"|([A-Za-z_]|[^\x01-\x7f])([A-Za-z0-9_$]|[^\x01-\x7f])*)[ \t\n\r]*$'
                THEN (parse_ident(item))[1] END
$$;

-- An item is a column if it is written as one.
CREATE FUNCTION _innovation_score.bound_name(columns text[], item text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN item = ANY (columns) THEN item WHEN plain.name = ANY (columns) THEN plain.name END
    FROM _innovation_score.identifier_of(item) AS plain(name)
$$;

COMMENT ON FUNCTION _innovation_score.identifier_of(text) IS 'internal: the name that a text is in SQL, NULL if it is none';

COMMENT ON FUNCTION _innovation_score.bound_name(text[], text) IS
    'internal: the column that an item names, NULL if it is an expression';

CREATE FUNCTION _innovation_score.bind_expression(path text, source text, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression;
    state text;
    message text;
    hint text;
BEGIN
    IF item ~ '^[[:space:]]*$' THEN
        RAISE EXCEPTION '% is empty', what
            USING ERRCODE = 'syntax_error',
                  HINT = 'Give the name of a column of the source, or an SQL expression over its columns.';
    END IF;
    bound.name := _innovation_score.bound_name(columns, item);
    BEGIN
        bound.expression := COALESCE(quote_ident(bound.name), format('(%s)', _innovation_score.check_expression(item, what)));
        bound.type := _innovation_score.expression_type(path, source, bound.expression);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        RAISE EXCEPTION USING ERRCODE = state,
            -- says WHERE, perhaps in another language; the caller never wrote one
            MESSAGE = CASE WHEN state IN ('42803', '42P20') OR state = '0A000' AND message ~ 'WHERE'
                           THEN 'an expression over a source cannot hold aggregate, window or set-returning functions'
                           ELSE message END,
            DETAIL = format('This was given as %s: %s', what, item),
            HINT = CASE WHEN state = '42883'    -- the server's words differ by version
                        THEN 'No function or operator of that name takes such arguments: perhaps a cast is missing.'
                        WHEN hint <> '' THEN hint
                        WHEN state = '42703'
                        THEN format('The columns of the source are %s.',
                                    (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c))
                        WHEN state = '42501' THEN 'The caller needs SELECT on every column that is used.'
                        ELSE 'Give the name of a column of the source, or an SQL expression over its columns.' END;
    END;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_expression(text, text, text[], text, text) IS
    'internal: a column of the source, else an expression over it, with its type';

CREATE FUNCTION _innovation_score.bind_scalar(path text, source text, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_expression(path, source, columns, item, what);
    base pg_type := _innovation_score.base_type(bound.type);
BEGIN
    IF base.typtype NOT IN ('b', 'e') OR base.typcategory = 'A' THEN
        RAISE EXCEPTION '% is of type %, not a scalar', what, format_type(bound.type, NULL)
            USING ERRCODE = 'datatype_mismatch',
                  DETAIL = format('It was given as %s.', item),
                  HINT = 'BI tools read scalars only: no array, composite or range.';
    END IF;
    IF base.oid <> bound.type THEN      -- a domain
        bound.expression := format('%s::%s', bound.expression, _innovation_score.type_name(base.oid));
        bound.type := base.oid;
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_scalar(text, text, text[], text, text) IS
    'internal: as bind_expression, scalar and no domain';

-- An expression other than a column takes its collation from its type.
CREATE FUNCTION _innovation_score.column_collation(source regclass, name text) RETURNS oid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT a.attcollation FROM pg_attribute a
                     WHERE a.attrelid = source AND a.attname = name AND NOT a.attisdropped), 0)
$$;

COMMENT ON FUNCTION _innovation_score.column_collation(regclass, text) IS
    'internal: the collation of a column of a source; 0: it has none, or there is no such column';

CREATE FUNCTION _innovation_score.bind_key(path text, source regclass, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_scalar(path, _innovation_score.source_name(source), columns, item, what);
    message text;
    hint text;
BEGIN
    PERFORM _innovation_score.check_key_type(bound.type, _innovation_score.column_collation(source, bound.name));
    RETURN bound;
EXCEPTION WHEN datatype_mismatch THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch', MESSAGE = message, HINT = hint,
        DETAIL = format('This was given as %s: %s', what, item);
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_key(text, regclass, text[], text, text) IS
    'internal: as bind_scalar, and of a type that has a key text';

CREATE FUNCTION _innovation_score.bind_column(path text, source text, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression;
BEGIN
    IF item IS NULL THEN
        RAISE EXCEPTION 'a column among peers and attributes is NULL'
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Give names of columns of the source.';
    END IF;
    bound := _innovation_score.bind_scalar(path, source, columns, item, what);
    IF bound.name IS NULL THEN
        RAISE EXCEPTION '% must be a column of the source, not an expression', what
            USING ERRCODE = 'undefined_column',
                  HINT = 'Bind a view over the source that computes it.';
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_column(text, text, text[], text, text) IS
    'internal: as bind_scalar, and a column, since it keeps its name';

CREATE FUNCTION _innovation_score.bind_number(path text, source text, columns text[], item text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_expression(path, source, columns, item, what);
    base oid := (_innovation_score.base_type(bound.type)).oid;
BEGIN
    IF base IN ('float8'::regtype, 'float4'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype,
                'numeric'::regtype) THEN
        RETURN bound.expression;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_cast c WHERE c.castsource = base AND c.casttarget = 'float8'::regtype) THEN
        RAISE EXCEPTION '% is of type %, which is not a number', what, format_type(bound.type, NULL)
            USING ERRCODE = 'cannot_coerce',
                  DETAIL = format('It was given as %s.', item),
                  HINT = 'Map it to an expression that gives a number: innovation_score.parse_number(x) reads texts such as 12.5% and 1,200.';
    END IF;
    RETURN bound.expression || '::double precision';
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_number(text, text, text[], text, text) IS
    'internal: SQL text of an expression whose value _innovation_score.row_values() takes';

CREATE FUNCTION _innovation_score.bind_condition(path text, source text, columns text[], item text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_expression(path, source, columns, item, what);
BEGIN
    IF (_innovation_score.base_type(bound.type)).oid <> 'boolean'::regtype THEN
        RAISE EXCEPTION '% is of type %, not boolean', what, format_type(bound.type, NULL)
            USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', item),
                  HINT = 'Write a comparison, for example revenue > 100.';
    END IF;
    RETURN bound.expression;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_condition(text, text, text[], text, text) IS
    'internal: SQL text of a condition over the source';

-- Texts that an expression casts to numbers: one that is none is an error that names the firm.

CREATE FUNCTION _innovation_score.read_cell(cell text, what text, kind anyelement, firm "any") RETURNS anyelement
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.number_casts(expression text) RETURNS TABLE (place integer, cell text, kind text)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.name_cells(path text, source text, columns text[], expression text, firm text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    part record;
    type regtype;
BEGIN
    -- from the last on, so that places stay as they are
    FOR part IN SELECT c.* FROM _innovation_score.number_casts(expression) c ORDER BY c.place DESC LOOP
        BEGIN
            type := _innovation_score.expression_type(path, source, part.cell);
        EXCEPTION WHEN undefined_column OR undefined_table OR syntax_error THEN
            CONTINUE;       -- a name that the expression itself gives, or quotes of a rare kind
        END;
        IF (_innovation_score.base_type(type)).typcategory = 'S' THEN
            expression := overlay(expression PLACING format(
                '_innovation_score.read_cell(%s, %L, NULL::pg_catalog.%s, %s)', part.cell,
                COALESCE('column "' || _innovation_score.bound_name(columns, part.cell) || '"', btrim(part.cell)), part.kind, firm)
                FROM part.place FOR length(part.cell));
        END IF;
    END LOOP;
    RETURN expression;
END
$$;

COMMENT ON FUNCTION _innovation_score.read_cell(text, text, anyelement, "any") IS
    'internal: a text as a number of the type of "kind", or an error that names the firm and what was read';
COMMENT ON FUNCTION _innovation_score.number_casts(text) IS
    'internal: what an expression casts to numbers, where it stands in the text, and the type';
COMMENT ON FUNCTION _innovation_score.name_cells(text, text, text[], text, text) IS
    'internal: an expression whose casts of texts to numbers name the firm where they fail';
