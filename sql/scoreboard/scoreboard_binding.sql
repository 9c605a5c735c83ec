-- scoreboard, binding: what the caller wrote (columns, expressions, a mapping), checked and
-- as SQL text. It stands in the view <name>_input (input.sql) and nowhere else; everything
-- that reads firms takes the names of that view's columns from _innovation_score.bind().

CREATE TYPE _innovation_score.scoreboard_binding AS (
    entity     text,
    period     text,
    peers      text[],
    shown      text[],
    attributes text[],
    groups     text[],
    rows       text,
    sample     text,
    names      text[],
    types      oid[],
    only_period text
);

COMMENT ON TYPE _innovation_score.scoreboard_binding IS 'internal: columns of the input of a scoreboard, and how its rows are read';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.entity IS 'name of the entity column';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.period IS 'name of the period column, or NULL';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.peers IS 'names of the columns of the peer groups';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.shown IS 'peers and attributes as the scores show them, each once';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.attributes IS 'attributes as the whitelist shows them';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.groups IS 'names of the columns whose values make the groups that are fitted';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.rows IS 'FROM item s: the rows of the input with the values that count';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.sample IS 'condition that the rows s of the fits meet, or NULL';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.names IS 'names of entity, period, stage, peers and attributes, each once';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.types IS 'types of these';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.only_period IS 'key text of the one period whose rows are read; NULL: all';

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
SET search_path = pg_catalog, pg_temp AS $$
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

-- Sources.

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

-- Values in the order of the model.

CREATE FUNCTION _innovation_score.model_codes(model score_model, part text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE part WHEN 'indicators' THEN p.element ->> 'indicator'
                               WHEN 'categories' THEN p.element ->> 'category'
                               ELSE p.element #>> '{}' END ORDER BY p.place)
    FROM jsonb_array_elements(model::jsonb -> part) WITH ORDINALITY AS p(element, place)
$$;

COMMENT ON FUNCTION _innovation_score.model_codes(score_model, text) IS
    'internal: codes of the indicators, categories or stages of a model, in its order';

-- What conditions of a scheme ask about a firm beside its indicators.
CREATE FUNCTION _innovation_score.scheme_facts(code text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT n.name
                 FROM (SELECT t.condition FROM stage t WHERE t.scheme = code
                       UNION ALL
                       SELECT r.required FROM scheme_rule r WHERE r.scheme = code
                       UNION ALL
                       SELECT r.qualifies FROM scheme_rule r WHERE r.scheme = code) AS c(condition)
                 CROSS JOIN LATERAL _innovation_score.condition_names(c.condition) n
                 WHERE n.name NOT IN (SELECT i.indicator FROM indicator i WHERE i.scheme = code)
                 ORDER BY n.name)
$$;

COMMENT ON FUNCTION _innovation_score.scheme_facts(text) IS
    'internal: names in conditions of a scheme that are no indicators: columns of a source, or keys of a mapping';

-- A mapping whose keys are codes, where titles stand for codes: as keys, and as names of columns (which
-- may be cut, as names are). A code comes before a title.
CREATE FUNCTION _innovation_score.mapping_of_titles(board scoreboard) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns text[] := _innovation_score.source_columns(_innovation_score.source_of(board));
    facts text[] := _innovation_score.scheme_facts(board.scheme);
    mapping jsonb := '{}';
    titled record;
BEGIN
    IF jsonb_typeof(board.mapping) <> 'object' THEN
        RETURN board.mapping;       -- check_mapping() says so
    END IF;
    FOR titled IN
        SELECT m.key, m.value, array_agg(i.indicator ORDER BY i.position, i.indicator COLLATE "C") AS codes
        FROM jsonb_each(board.mapping) m
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.title = m.key AND m.key <> ALL (facts)
             AND NOT EXISTS (SELECT FROM indicator c WHERE c.scheme = board.scheme AND c.indicator = m.key)
        GROUP BY m.key, m.value
    LOOP
        IF cardinality(titled.codes) > 1 THEN
            RAISE EXCEPTION '"%" is the title of several indicators of scheme "%": %', titled.key, board.scheme,
                    array_to_string(titled.codes, ', ')
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Map them by their codes.';
        END IF;
        titled.key := COALESCE(titled.codes[1], titled.key);
        IF mapping ? titled.key THEN
            RAISE EXCEPTION 'the mapping names indicator "%" twice, by its code and by its title', titled.key
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave one of the two out.';
        END IF;
        mapping := mapping || jsonb_build_object(titled.key, titled.value);
    END LOOP;
    IF board.long IS NOT NULL THEN
        RETURN mapping;
    END IF;
    FOR titled IN
        SELECT i.title::name::text AS name, array_agg(i.indicator ORDER BY i.position, i.indicator COLLATE "C") AS codes
        FROM indicator i
        WHERE i.scheme = board.scheme AND i.title::name::text = ANY (columns)
          AND NOT EXISTS (SELECT FROM indicator c WHERE c.scheme = board.scheme AND c.indicator = i.title::name::text)
        GROUP BY 1
        HAVING bool_or(NOT mapping ? i.indicator AND i.indicator <> ALL (columns))
    LOOP
        IF cardinality(titled.codes) > 1 THEN
            RAISE EXCEPTION 'column "%" of the source has the title of several indicators of scheme "%": %', titled.name,
                    board.scheme, array_to_string(titled.codes, ', ')
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Map each of them to a column, an expression or null.';
        END IF;
        mapping := mapping || jsonb_build_object(titled.codes[1], quote_ident(titled.name));
    END LOOP;
    RETURN mapping;
END
$$;

COMMENT ON FUNCTION _innovation_score.mapping_of_titles(scoreboard) IS
    'internal: the mapping of a scoreboard by codes, given that titles of indicators stand for their codes';

CREATE FUNCTION _innovation_score.check_mapping(board scoreboard, columns text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    culprits text;
BEGIN
    IF jsonb_typeof(board.mapping) <> 'object' THEN
        RAISE EXCEPTION 'the mapping must be a JSON object'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.mapping),
                  HINT = 'For example {"rd_expense": "column or expression", "pct_patents": null}.';
    END IF;
    SELECT string_agg(format('"%s"', m.key), ', ' ORDER BY m.key COLLATE "C") INTO culprits
    FROM jsonb_each(board.mapping) m WHERE m.key <> ALL (codes || _innovation_score.scheme_facts(board.scheme));
    IF culprits IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping names indicators that scheme "%" does not have: %', board.scheme, culprits
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The indicators are %s.', array_to_string(codes, ', '));
    END IF;
    SELECT string_agg(format('"%s": %s', m.key, m.value), ', ' ORDER BY m.key COLLATE "C") INTO culprits
    FROM jsonb_each(board.mapping) m
    WHERE jsonb_typeof(m.value) NOT IN ('string', 'null')
      AND NOT (board.long IS NOT NULL AND jsonb_typeof(m.value) = 'object' AND m.value <> '{}'
               AND NOT jsonb_path_exists(m.value, '$.keyvalue() ? (@.key != "label" && @.key != "value")')
               AND NOT jsonb_path_exists(m.value, '$.* ? (@.type() != "string")'));
    IF culprits IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping has values that are neither a string nor null: %', culprits
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = CASE WHEN board.long IS NULL
                              THEN 'Give a column or an expression as a string, or null for an indicator that is not available.'
                              ELSE 'Give a label as a string, a label with an expression as {"label": "gdp", "value": "ln(value)"}, '
                                   'or null for an indicator that is not available.' END;
    END IF;
    SELECT string_agg(format('"%s"', c.code), ', ' ORDER BY c.place) INTO culprits
    FROM unnest(codes) WITH ORDINALITY AS c(code, place)
    WHERE board.long IS NULL AND NOT board.mapping ? c.code AND c.code <> ALL (columns);
    IF culprits IS NOT NULL THEN
        RAISE EXCEPTION 'indicators are neither mapped nor columns of the source: %', culprits
            USING ERRCODE = 'undefined_column',
                  HINT = 'Map each to a column, an expression or null (not available): '
                         'mapping => ''{"indicator": "column or expression", "other_indicator": null}''.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_mapping(scoreboard, text[]) IS 'internal: refuses a mapping that leaves questions open';

CREATE FUNCTION _innovation_score.mapped_label(mapping jsonb, code text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(CASE jsonb_typeof(mapping -> code) WHEN 'object' THEN mapping -> code ->> 'label' ELSE mapping ->> code END, code)
$$;

COMMENT ON FUNCTION _innovation_score.mapped_label(jsonb, text) IS 'internal: the label of an indicator in a long source';

-- An expression over the value may call it "value", whatever its column is called.
CREATE FUNCTION _innovation_score.bind_long_value(board scoreboard, source text, columns text[], code text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    value text := _innovation_score.bind_number(board.search_path, source, columns, board.long ->> 'value', 'value column');
    item text := CASE jsonb_typeof(board.mapping -> code) WHEN 'object' THEN board.mapping -> code ->> 'value' END;
    what text := format('value of indicator "%s"', code);
BEGIN
    IF item IS NULL THEN
        RETURN value || '::double precision';
    ELSIF 'value' = ANY (columns) THEN
        RETURN _innovation_score.bind_number(board.search_path, source, columns, item, what) || '::double precision';
    END IF;
    RETURN format('(SELECT %s::double precision FROM (SELECT %s AS value) AS _value)',
                  _innovation_score.bind_number(board.search_path, format('(SELECT s.*, %s AS value FROM %s s) AS _value', value, source),
                                                columns || 'value'::text, item, what), value);
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_long_value(scoreboard, text, text[], text) IS
    'internal: SQL text of the value of an indicator in a row of a long source that has its label';

CREATE FUNCTION _innovation_score.bind_elements(board scoreboard, source text, columns text[]) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    label text;
    code text;
    elements text[] := '{}';
BEGIN
    PERFORM _innovation_score.check_mapping(board, columns);
    IF board.long IS NOT NULL THEN
        IF jsonb_typeof(board.long) <> 'object'
           OR jsonb_typeof(board.long -> 'indicator') IS DISTINCT FROM 'string'
           OR jsonb_typeof(board.long -> 'value') IS DISTINCT FROM 'string'
           OR EXISTS (SELECT FROM jsonb_object_keys(board.long) k WHERE k NOT IN ('indicator', 'value')) THEN
            RAISE EXCEPTION 'long must name the indicator and the value column of the source'
                USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.long),
                      HINT = 'For example long => ''{"indicator": "code", "value": "amount"}''.';
        END IF;
        label := (_innovation_score.bind_scalar(board.search_path, source, columns, board.long ->> 'indicator',
                               'indicator column')).expression;
    END IF;
    FOREACH code IN ARRAY _innovation_score.model_codes(board.model, 'indicators') LOOP
        elements := elements || CASE
            WHEN board.mapping -> code = 'null' THEN 'NULL::double precision'
            WHEN board.long IS NOT NULL THEN
                format('NULLIF(_innovation_score.single_value(%s) FILTER (WHERE %s::text = %L), ''NaN''::double precision)',
                       _innovation_score.bind_long_value(board, source, columns, code), label,
                       _innovation_score.mapped_label(board.mapping, code))
            ELSE _innovation_score.bind_number(board.search_path, source, columns, COALESCE(board.mapping ->> code, code),
                              format('indicator "%s"', code))
            END;
    END LOOP;
    RETURN elements;
END
$$;

CREATE FUNCTION _innovation_score.values_array(elements text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    -- A function takes at most 100 arguments.
    SELECT CASE WHEN cardinality(elements) > 100
                THEN (SELECT format('ARRAY[%s]', string_agg(e.text || '::double precision', ', ' ORDER BY e.place))
                      FROM unnest(elements) WITH ORDINALITY AS e(text, place))
                ELSE format('_innovation_score.row_values(%s)', array_to_string(elements, ', ')) END
$$;

COMMENT ON FUNCTION _innovation_score.bind_elements(scoreboard, text, text[]) IS
    'internal: SQL text of the values of a row (of a firm''s rows in a long source), one by one';
COMMENT ON FUNCTION _innovation_score.values_array(text[]) IS 'internal: SQL text of such values as an array';

-- A column that a condition of a scheme names, or what it is mapped to; the type is one that
-- firm_condition_holds() takes.
CREATE FUNCTION _innovation_score.bind_fact(path text, source text, columns text[], item text, what text) RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_scalar(path, source, columns, item, what);
    wanted regtype := CASE (_innovation_score.base_type(bound.type)).typcategory
                          WHEN 'N' THEN 'double precision'::regtype WHEN 'B' THEN 'boolean'::regtype ELSE 'text'::regtype END;
BEGIN
    IF bound.type <> wanted THEN
        bound.expression := format('%s::%s', bound.expression, wanted);
        bound.type := wanted;
    END IF;
    RETURN bound;
END
$$;

-- A condition of a scheme over a source, or over the rows "pivot" of a long one. An indicator comes
-- before a column of the same name: the scheme is written for any source. What nobody has is unknown
-- where that is allowed for.
CREATE FUNCTION _innovation_score.bind_firm_condition(board scoreboard, source text, columns text[], condition condition,
                                                      what text, lenient boolean)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    asked record;
    bound bound_expression;
    names text[] := '{}';
    items text[] := '{}';
    types text[] := '{}';
    message text;
BEGIN
    FOR asked IN SELECT * FROM _innovation_score.condition_names(condition) n LOOP
        bound := NULL;
        IF board.mapping -> asked.name = 'null' THEN
            bound.expression := CASE WHEN asked.name = ANY (codes) THEN 'NULL::double precision' END;
        ELSIF asked.name = ANY (codes) THEN
            bound.expression := CASE WHEN board.long IS NOT NULL
                                     THEN format('pivot._values[%s]', array_position(codes, asked.name))
                                     ELSE _innovation_score.bind_number(board.search_path, source, columns,
                                              COALESCE(board.mapping ->> asked.name, asked.name),
                                              format('indicator "%s"', asked.name)) || '::double precision' END;
        ELSIF board.mapping ? asked.name OR asked.name = ANY (columns) THEN
            bound := _innovation_score.bind_fact(board.search_path, source, columns,
                                                 COALESCE(board.mapping ->> asked.name, quote_ident(asked.name)),
                                                 format('"%s" of %s', asked.name, what));
        ELSIF NOT lenient THEN
            RAISE EXCEPTION '% names "%", which is neither mapped nor a column of the source', what, asked.name
                USING ERRCODE = 'undefined_column', DETAIL = format('It is %s', condition),
                      HINT = 'Map it to a column, an expression or null (not available): '
                             'mapping => ''{"name": "column or expression"}''.';
        END IF;
        types := types || CASE WHEN asked.name = ANY (codes) THEN 'number'
                               ELSE CASE bound.type WHEN 'double precision'::regtype THEN 'number'
                                                    WHEN 'boolean'::regtype THEN 'boolean'
                                                    WHEN 'text'::regtype THEN 'text' END END;
        names := names || asked.name;
        items := items || bound.expression;
    END LOOP;
    BEGIN
        PERFORM FROM _innovation_score.bind_condition_names(
            condition, names, ARRAY(SELECT CASE WHEN n = ANY (codes) THEN 'indicator' ELSE 'column' END
                                    FROM unnest(names) WITH ORDINALITY AS u(n, place) ORDER BY place), types);
    EXCEPTION WHEN datatype_mismatch THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch', MESSAGE = message,
            DETAIL = format('This is %s: %s', what, condition),
            HINT = 'Map the name to an expression of the type that the condition needs.';
    END;
    -- one value at least: a function that takes any number of them takes one
    RETURN (SELECT format('_innovation_score.firm_condition_holds(%L::innovation_score.condition, %L::text[], %s)', condition,
                          COALESCE(array_agg(k.name ORDER BY k.place), '{""}'),
                          COALESCE(string_agg(k.item, ', ' ORDER BY k.place), 'NULL::text'))
            FROM unnest(names, items) WITH ORDINALITY AS k(name, item, place) WHERE k.item IS NOT NULL);
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_fact(text, text, text[], text, text) IS
    'internal: as bind_scalar, as a number, text or boolean';
COMMENT ON FUNCTION _innovation_score.bind_firm_condition(scoreboard, text, text[], condition, text, boolean) IS
    'internal: SQL text of a condition of a scheme over a source';

CREATE FUNCTION _innovation_score.bind_stage(board scoreboard, source text, columns text[]) RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    stages text[] := _innovation_score.model_codes(board.model, 'stages');
    titles text[];
    asked record;
    branches text := '';
    bound bound_expression;
BEGIN
    IF board.stage_conditions IS NOT NULL THEN
        FOR asked IN
            SELECT c.item ->> 'stage' AS stage, c.item ->> 'condition' AS condition
            FROM jsonb_array_elements(board.stage_conditions) WITH ORDINALITY AS c(item, place) ORDER BY c.place
        LOOP
            branches := branches || format(' WHEN %s THEN %L',
                                           _innovation_score.bind_firm_condition(
                                               board, source, columns, asked.condition::condition,
                                               format('condition of stage "%s"', asked.stage), false), asked.stage);
        END LOOP;
        RETURN ROW(NULL, format('(CASE%s END)::text', branches), 'text'::regtype)::bound_expression;
    END IF;
    IF board.stage IS NULL THEN
        IF cardinality(stages) > 1 THEN
            RAISE EXCEPTION 'scheme "%" has several stages, so the scoreboard needs one for each firm', board.scheme
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Give a column or expression as stage; its values are %s. Or give the stages of the scheme '
                                    'conditions.', array_to_string(stages, ', '));
        END IF;
        RETURN ROW(NULL, format('%L::text', stages[1]), 'text'::regtype)::bound_expression;
    END IF;
    bound := _innovation_score.bind_scalar(board.search_path, source, columns, board.stage, 'stage');
    IF bound.type <> 'text'::regtype THEN
        bound.expression := bound.expression || '::text';
    END IF;
    titles := ARRAY(SELECT NULLIF(t.title, s.code)
                    FROM unnest(stages) WITH ORDINALITY AS s(code, place)
                    LEFT JOIN stage t ON t.scheme = board.scheme AND t.stage = s.code ORDER BY s.place);
    IF array_remove(titles, NULL) <> '{}' THEN
        bound.expression := format('_innovation_score.stage_code(%s, %L::text[], %L::text[])', bound.expression, stages, titles);
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_stage(scoreboard, text, text[]) IS 'internal: the stage of a firm as text';

-- The names that the views use beside those of the source.
CREATE FUNCTION _innovation_score.view_columns(model score_model, kind text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT v.names || CASE WHEN v.score_names
                           THEN '{stage,score,coverage,_values,_row}'::text[]
                                || ARRAY(SELECT c || '_score' FROM unnest(_innovation_score.model_codes(model, 'categories')) c)
                           ELSE '{}' END
    FROM scoreboard_view v WHERE v.kind = view_columns.kind
$$;

COMMENT ON FUNCTION _innovation_score.view_columns(score_model, text) IS
    'internal: names that columns of the source may not have in a view';

CREATE FUNCTION _innovation_score.check_names(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    clash record;
BEGIN
    SELECT v.view, n.name, count(*) FILTER (WHERE n.ours) > 0 AS with_ours INTO clash
    FROM (SELECT k.kind AS view, k.place,
                 CASE k.source_names
                     WHEN 'group' THEN array_remove(binding.groups, 'stage')
                     WHEN 'key' THEN ARRAY[binding.entity, binding.period]
                     WHEN 'attributes' THEN ARRAY[binding.entity, binding.period] || binding.attributes
                     ELSE ARRAY[binding.entity, binding.period] || binding.shown END AS names
          FROM scoreboard_view k) AS v
    CROSS JOIN LATERAL (SELECT u, false FROM unnest(v.names) u
                        UNION ALL
                        SELECT u, true FROM unnest(_innovation_score.view_columns(board.model, v.view)) u) AS n(name, ours)
    WHERE n.name IS NOT NULL
    GROUP BY v.view, v.place, n.name
    HAVING count(*) > 1
    ORDER BY v.place, n.name COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of the source % view %', clash.name,
                CASE WHEN clash.with_ours THEN 'clashes with a column of' ELSE 'would stand twice in' END,
                _innovation_score.view_name(board.scoreboard, clash.view)
            USING ERRCODE = 'duplicate_column',
                  HINT = 'Bind a view over the source that gives the column another name; an entity or period may be '
                         'written as an expression, such as (x), and is then called entity or period.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_names(scoreboard, scoreboard_binding) IS
    'internal: refuses names of the source that are names of ours';

CREATE FUNCTION _innovation_score.check_reference(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF board.pooled AND board.period IS NULL THEN
        RAISE EXCEPTION 'pooled concerns scoreboards that have a period'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Without a period all rows of the source are fitted together anyway.';
    END IF;
    IF board.min_peers < 1 THEN
        RAISE EXCEPTION 'min_peers must be positive'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.min_peers),
                  HINT = 'Give the least number of firms that bounds may be fitted on, or NULL.';
    END IF;
    IF board.min_peers IS NOT NULL AND binding.peers = '{}' THEN
        RAISE EXCEPTION 'min_peers concerns scoreboards that have peers'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the columns of the peer groups, from coarse to fine, as peers.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_reference(scoreboard, scoreboard_binding) IS
    'internal: refuses settings of the reference sample that say nothing';

-- What a scoreboard was made of may have been renamed or dropped since. Views do not mind a new name, their makers do.
CREATE FUNCTION _innovation_score.check_remains(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := parse_ident(board.scoreboard);
BEGIN
    IF NOT EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = board.scoreboard) THEN
        RETURN;
    END IF;
    IF to_regnamespace(quote_ident(parts[1])) IS NULL THEN
        RAISE EXCEPTION 'schema "%" of scoreboard % does not exist', parts[1], board.scoreboard
            USING ERRCODE = 'invalid_schema_name',
                  HINT = format('If it has another name now, tell the scoreboard, then rebuild it: UPDATE '
                                'innovation_score.scoreboard SET scoreboard = %L WHERE scoreboard = %L;',
                                format('new_schema.%I', parts[2]), board.scoreboard);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = _innovation_score.source_of(board)) THEN
        RAISE EXCEPTION 'the source of scoreboard % does not exist any more', board.scoreboard
            USING ERRCODE = 'undefined_table',
                  HINT = format('If another relation takes its place, tell the scoreboard: SELECT '
                                'innovation_score.alter_scoreboard(%L, source => ''schema.relation'');', board.scoreboard);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_remains(scoreboard) IS
    'internal: an error if the schema or the source of a scoreboard that was made earlier is gone';

-- What a view calls runs with the privileges of its reader: one that somebody else has put in the place of ours is not
-- read. (A rebuild by others than the owner makes views of its own, which it gives away in the end.)
CREATE FUNCTION _innovation_score.check_view_owners(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    owner oid := _innovation_score.scoreboard_owner(board.scoreboard);
    others text[];
BEGIN
    IF NOT EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = board.scoreboard) THEN
        RETURN;
    END IF;
    others := ARRAY(SELECT format('ALTER VIEW %s OWNER TO %I;', v.name, pg_get_userbyid(owner))
                    FROM (SELECT _innovation_score.view_name(board.scoreboard, s.suffix) AS name, s.place
                          FROM unnest(_innovation_score.view_suffixes(board.scoreboard)) WITH ORDINALITY AS s(suffix, place)) v
                    JOIN pg_class c ON c.oid = to_regclass(v.name)
                    WHERE c.relowner <> owner AND c.relowner <> current_user::regrole ORDER BY v.place);
    IF others <> '{}' THEN
        RAISE EXCEPTION 'views of scoreboard % belong to others', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('The scoreboard belongs to %s.', pg_get_userbyid(owner)),
                  HINT = 'If they are its views, give them to it, else drop them and rebuild it: ' || array_to_string(others, ' ');
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_view_owners(scoreboard) IS
    'internal: an error if views under the names of those of a scoreboard do not belong to its owner';

-- The names of the columns of the input. They are those of the columns that it was made from.
CREATE FUNCTION _innovation_score.bind_names(board scoreboard, columns text[]) RETURNS scoreboard_binding
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding;
    stage_column text := (SELECT n FROM _innovation_score.bound_name(columns, board.stage) n WHERE n = 'stage');
    item text;
    name text;
BEGIN
    binding.entity := COALESCE(_innovation_score.bound_name(columns, board.entity), 'entity');
    IF board.period IS NOT NULL THEN
        binding.period := COALESCE(_innovation_score.bound_name(columns, board.period), 'period');
    END IF;
    -- a column that is asked for twice is shown once
    binding.peers := '{}';
    FOREACH item IN ARRAY board.peers LOOP
        name := _innovation_score.bound_name(columns, item);
        IF name <> ALL (binding.peers) AND (name IS DISTINCT FROM binding.period OR board.pooled) THEN
            binding.peers := binding.peers || name;
        END IF;
    END LOOP;
    binding.attributes := '{}';
    FOREACH item IN ARRAY board.attributes LOOP
        name := _innovation_score.bound_name(columns, item);
        IF name <> ALL (binding.attributes || array_remove(ARRAY[binding.entity, binding.period, stage_column], NULL)) THEN
            binding.attributes := binding.attributes || name;
        END IF;
    END LOOP;
    binding.groups := array_remove(CASE WHEN NOT board.pooled THEN binding.period END || binding.peers, NULL);
    binding.shown := array_remove(array_remove(binding.peers, stage_column), binding.period)
        || ARRAY(SELECT a FROM unnest(binding.attributes) WITH ORDINALITY AS u(a, place)
                 WHERE a <> ALL (binding.peers) ORDER BY place);
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_names(scoreboard, text[]) IS
    'internal: the names of the columns of the input of a scoreboard, given those of its source or its input';

-- How the rows of the input are read: with the corrections of accepted objections
-- (publish_functions.sql), and without the values of firms that quality rules leave out.
CREATE FUNCTION _innovation_score.bind(board scoreboard, corrections jsonb DEFAULT NULL, corrected_period text DEFAULT NULL)
RETURNS scoreboard_binding
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns text[] := _innovation_score.input_columns(board);
    names text[] := array_remove(columns, '_values');
    binding scoreboard_binding := _innovation_score.bind_names(board, columns);
BEGIN
    PERFORM _innovation_score.check_view_owners(board);
    SELECT array_agg(a.attname::text ORDER BY a.attnum), array_agg(a.atttypid ORDER BY a.attnum)
    INTO binding.names, binding.types
    FROM pg_attribute a
    WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'input')::regclass
      AND a.attname = ANY (ARRAY[binding.entity, binding.period] || 'stage'::text || binding.shown);
    binding.rows := _innovation_score.view_name(board.scoreboard, 'input') || ' s';
    IF corrections IS NOT NULL THEN
        binding.rows := format(
            '(SELECT %s, CASE WHEN innovation_score.key_text(s.%I) COLLATE "C" = ANY (%L::text[])%s '
            'THEN _innovation_score.corrected(s._values, innovation_score.key_text(s.%2$I), %5$L::jsonb) '
            'ELSE s._values END AS _values FROM %6$s) s',
            _innovation_score.columns_of('s', names), binding.entity,
            ARRAY(SELECT k FROM jsonb_object_keys(corrections) k ORDER BY k COLLATE "C"),
            format(' AND innovation_score.key_text(s.%I) = ', binding.period) || quote_literal(corrected_period),
            corrections, binding.rows);
    END IF;
    IF board.quality ->> 'on_error' <> 'score' THEN
        binding.rows := format('(SELECT %s, %s FROM %s) s', _innovation_score.columns_of('s', names),
                               _innovation_score.checked_values(board, 's._values'), binding.rows);
    END IF;
    binding.sample := NULLIF(concat_ws(' AND ', CASE WHEN board.sample IS NOT NULL THEN 's._sample' END,
                                       CASE WHEN _innovation_score.excluded_rows(board, 's._values') IS NOT NULL
                                            THEN 's._values IS NOT NULL' END), '');
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind(scoreboard, jsonb, text) IS
    'internal: the columns of the input of a scoreboard and how its rows are read';
