-- reconcile, any number of sources: what each says of the same firms, how many agree, and whose value counts. Views as
-- of two sources (reconcile.sql), and <name>_sources, which says what of each source was matched.

CREATE TYPE _innovation_score.agreed AS (
    place      integer,
    votes      integer,
    present    integer,
    agree      boolean,
    difference float8
);

COMMENT ON TYPE _innovation_score.agreed IS 'internal: how far several sources agree';
COMMENT ON COLUMN _innovation_score.agreed.place IS 'place of the value that counts, NULL: there is none';
COMMENT ON COLUMN _innovation_score.agreed.votes IS 'how many agree with it, its own source included';
COMMENT ON COLUMN _innovation_score.agreed.present IS 'how many have a value';
COMMENT ON COLUMN _innovation_score.agreed.agree IS 'whether all of these agree, each with each';
COMMENT ON COLUMN _innovation_score.agreed.difference IS 'greatest relative difference of two numbers';

CREATE FUNCTION _innovation_score.agreement(vals anyarray, tolerance numeric, chosen integer) RETURNS _innovation_score.agreed
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION _innovation_score.agreement(anyarray, numeric, integer) IS
    'internal: the value that most of these agree with, or the chosen one, how many do, and whether all do';

CREATE TYPE _innovation_score.reconciled_source AS (
    name        text,
    relation    regclass,
    keys        text[],
    key_types   regtype[],
    condition   text,
    latest      text,
    latest_type regtype
);

COMMENT ON TYPE _innovation_score.reconciled_source IS 'internal: a source of a reconciliation as SQL text';
COMMENT ON COLUMN _innovation_score.reconciled_source.name IS 'name';
COMMENT ON COLUMN _innovation_score.reconciled_source.relation IS 'table or view';
COMMENT ON COLUMN _innovation_score.reconciled_source.keys IS 'parts of the key';
COMMENT ON COLUMN _innovation_score.reconciled_source.key_types IS 'types of these';
COMMENT ON COLUMN _innovation_score.reconciled_source.condition IS 'which rows count, or NULL';
COMMENT ON COLUMN _innovation_score.reconciled_source.latest IS 'what is greatest in the row of a key that counts, or NULL';
COMMENT ON COLUMN _innovation_score.reconciled_source.latest_type IS 'type of that';

CREATE TYPE _innovation_score.reconciled_column AS (
    name      text,
    texts     text[],
    form      regtype,
    shown_as  text,
    tolerance numeric,
    decision  text,
    places    integer[]
);

COMMENT ON TYPE _innovation_score.reconciled_column IS 'internal: a column of a reconciliation as SQL text';
COMMENT ON COLUMN _innovation_score.reconciled_column.name IS 'name in the views';
COMMENT ON COLUMN _innovation_score.reconciled_column.texts IS 'SQL text over each source; NULL if it has no such column';
COMMENT ON COLUMN _innovation_score.reconciled_column.form IS 'type in which the values are resolved';
COMMENT ON COLUMN _innovation_score.reconciled_column.shown_as IS 'that type with its precision, where the columns have one';
COMMENT ON COLUMN _innovation_score.reconciled_column.tolerance IS 'relative difference up to which numbers agree';
COMMENT ON COLUMN _innovation_score.reconciled_column.decision IS 'source, majority or latest';
COMMENT ON COLUMN _innovation_score.reconciled_column.places IS 'the sources that have it, in order of authority';

-- What the caller wrote.

CREATE FUNCTION _innovation_score.refuse_sources(problem text, keys text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = problem,
        HINT = concat_ws(' ', keys,
            'For example sources {"tax": {"table": "tax", "key": "code"}, "statistics": {"table": "report", "key": "org_code", '
            '"latest": "filed"}} and columns {"revenue": {"values": {"statistics": "income / 10000"}, "tolerance": 0.01, '
            '"decision": "majority"}, "city": {}}.');
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_sources(text, text) IS 'internal: the error of sources that are not described well';

CREATE FUNCTION _innovation_score.check_sources(value json, what text, allowed text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    message text;
    hint text;
BEGIN
    PERFORM _innovation_score.check_object(value, what, allowed);
    IF value::text ~ '^\s*\{\s*\}\s*$' AND allowed IS NULL THEN
        PERFORM _innovation_score.refuse_sources(format('%s must not be empty', what));
    END IF;
EXCEPTION WHEN invalid_parameter_value THEN
    -- the keys that there are help here, too; where to read of collections does not
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    PERFORM _innovation_score.refuse_sources(message, substring(hint FROM '^The keys are .*'));
END
$$;

COMMENT ON FUNCTION _innovation_score.check_sources(json, text, text[]) IS
    'internal: refuses what is no object, a key that stands twice and one that is not allowed';

CREATE FUNCTION _innovation_score.source_text(value json, key text, what text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF json_typeof(value -> key) NOT IN ('string', 'null') THEN
        PERFORM _innovation_score.refuse_sources(format('"%s" of %s must be a string', key, what));
    END IF;
    RETURN value ->> key;
END
$$;

COMMENT ON FUNCTION _innovation_score.source_text(json, text, text) IS 'internal: a string of an object, NULL if it is not there';

-- The names of the parts of the key: those of the object, else that of the first source's column, else "firm".
CREATE FUNCTION _innovation_score.key_names(sources json) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    names text[];
    known text[];
    result text[];
BEGIN
    FOR given IN SELECT e.key, e.value -> 'key' AS parts FROM json_each(sources) WITH ORDINALITY AS e(key, value, place) ORDER BY e.place LOOP
        IF json_typeof(given.parts) = 'object' THEN
            PERFORM _innovation_score.check_sources(given.parts, format('"key" of source "%s"', given.key));
            names := ARRAY(SELECT k.name FROM json_object_keys(given.parts) WITH ORDINALITY AS k(name, place) ORDER BY k.place);
        ELSIF json_typeof(given.parts) = 'string' THEN
            names := NULL;
        ELSE
            PERFORM _innovation_score.refuse_sources(format('source "%s" has no "key": an expression, or an object of several', given.key));
        END IF;
        IF known IS NOT NULL AND (names IS NULL) <> (result IS NULL)
           OR names IS NOT NULL AND result IS NOT NULL AND NOT (names @> result AND names <@ result) THEN
            PERFORM _innovation_score.refuse_sources(format('the key of source "%s" has other parts than that of source "%s"', given.key, known[1]));
        END IF;
        known := known || given.key;
        result := COALESCE(result, names);
    END LOOP;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.key_names(json) IS 'internal: the names of the parts of the key, NULL where it is one expression';

CREATE FUNCTION _innovation_score.bind_source(r reconciliation, name text, body json, names text[]) RETURNS reconciled_source
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    what text := format('source "%s"', name);
    s reconciled_source;
    source text;
    columns text[];
    item text;
    bound bound_expression;
BEGIN
    s.name := name;
    IF _innovation_score.source_text(body, 'table', what) IS NULL THEN
        PERFORM _innovation_score.refuse_sources(format('%s has no "table"', what));
    END IF;
    s.relation := _innovation_score.collected_relation(r.search_path, body ->> 'table', what);
    source := _innovation_score.source_name(s.relation);
    columns := _innovation_score.source_columns(s.relation);
    FOREACH item IN ARRAY COALESCE(names, '{NULL}') LOOP
        bound := _innovation_score.bind_key(r.search_path, s.relation, columns,
                                            CASE WHEN names IS NULL THEN body ->> 'key'
                                                 ELSE _innovation_score.source_text(body -> 'key', item, format('"key" of %s', what)) END,
                                            format('"key" of %s', what));
        s.keys := s.keys || _innovation_score.as_type(bound, bound.type);
        s.key_types := s.key_types || bound.type;
    END LOOP;
    item := _innovation_score.source_text(body, 'where', what);
    IF item IS NOT NULL THEN
        s.condition := _innovation_score.bind_condition(r.search_path, source, columns, item, format('"where" of %s', what));
    END IF;
    item := _innovation_score.source_text(body, 'latest', what);
    IF item IS NOT NULL THEN
        bound := _innovation_score.bind_scalar(r.search_path, source, columns, item, format('"latest" of %s', what));
        s.latest := bound.expression;
        s.latest_type := bound.type;
    END IF;
    RETURN s;
END
$$;

CREATE FUNCTION _innovation_score.bind_sources(r reconciliation) RETURNS reconciled_source[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    names text[];
    result reconciled_source[] := '{}';
BEGIN
    PERFORM _innovation_score.check_sources(r.sources, 'sources');
    FOR given IN SELECT e.key, e.value FROM json_each(r.sources) e LOOP
        PERFORM _innovation_score.check_sources(given.value, format('source "%s"', given.key), '{table,key,where,latest,priority}');
        IF COALESCE(json_typeof(given.value -> 'priority'), 'number') <> 'number' THEN
            PERFORM _innovation_score.refuse_sources(format('"priority" of source "%s" must be a number', given.key));
        END IF;
    END LOOP;
    names := _innovation_score.key_names(r.sources);
    FOR given IN SELECT e.key, e.value FROM json_each(r.sources) WITH ORDINALITY AS e(key, value, place)
                 ORDER BY COALESCE((e.value ->> 'priority')::numeric, e.place), e.place LOOP
        result := result || _innovation_score.bind_source(r, given.key, given.value, names);
    END LOOP;
    IF cardinality(result) < 2 THEN
        PERFORM _innovation_score.refuse_sources('there is one source only: nothing to compare it with');
    END IF;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_source(reconciliation, text, json, text[]) IS 'internal: a source as SQL text, or an error';
COMMENT ON FUNCTION _innovation_score.bind_sources(reconciliation) IS 'internal: the sources in order of their priority';

-- With aliases the first part is compared as text, as in collections.
CREATE FUNCTION _innovation_score.source_keys(r reconciliation, INOUT sources reconciled_source[], OUT names text[], OUT forms regtype[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression;
    first json := (SELECT e.value -> 'key' FROM json_each(r.sources) e WHERE e.key = sources[1].name);
BEGIN
    names := COALESCE(_innovation_score.key_names(r.sources),
                      ARRAY[CASE WHEN first #>> '{}' = ANY (_innovation_score.source_columns(sources[1].relation)) THEN first #>> '{}' ELSE 'firm' END]);
    FOR part IN 1 .. cardinality(names) LOOP
        forms[part] := CASE WHEN part = 1 AND r.aliases IS NOT NULL THEN 'text'::regtype ELSE sources[1].key_types[part] END;
        FOR s IN 2 .. cardinality(sources) LOOP
            forms[part] := _innovation_score.common_type(forms[part], CASE WHEN forms[part] = 'text'::regtype THEN forms[part] ELSE sources[s].key_types[part] END);
        END LOOP;
        FOR s IN 1 .. cardinality(sources) LOOP
            bound.expression := sources[s].keys[part];
            bound.type := sources[s].key_types[part];
            sources[s].keys[part] := CASE WHEN part = 1 AND r.aliases IS NOT NULL
                                          THEN _innovation_score.key_expression(bound.expression, bound.type)
                                          ELSE _innovation_score.as_type(bound, forms[part]) END;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.source_keys(reconciliation, reconciled_source[]) IS
    'internal: the names and types of the parts of the key, and the sources with keys of these types';

CREATE FUNCTION _innovation_score.bind_reconciled(r reconciliation, sources reconciled_source[], name text, body json) RETURNS reconciled_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    what text := format('column "%s"', name);
    c reconciled_column;
    known text[] := ARRAY(SELECT s.name FROM unnest(sources) s);
    bound bound_expression[] := '{}';
    one bound_expression;
    columns text[];
    given text;
    unknown text;
    width integer[];
    fits boolean := true;
BEGIN
    PERFORM _innovation_score.check_sources(body, what, '{values,decision,tolerance,authority}');
    IF body -> 'values' IS NOT NULL THEN
        PERFORM _innovation_score.check_sources(body -> 'values', format('"values" of %s', what));
    END IF;
    SELECT k INTO unknown FROM (SELECT json_object_keys(body -> 'values') UNION ALL SELECT _innovation_score.source_text(body, 'authority', what)) u(k)
    WHERE k <> ALL (known) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% names the source "%", which there is not', what, unknown
            USING ERRCODE = 'invalid_parameter_value', HINT = format('The sources are %s.', array_to_string(known, ', '));
    END IF;
    c.name := name;
    c.decision := COALESCE(_innovation_score.source_text(body, 'decision', what), 'source');
    IF c.decision NOT IN ('source', 'majority', 'latest') THEN
        PERFORM _innovation_score.refuse_sources(format('decision of %s is "%s", not "source", "majority" or "latest"', what, c.decision));
    END IF;
    IF body -> 'tolerance' IS NOT NULL AND json_typeof(body -> 'tolerance') <> 'number' OR (body ->> 'tolerance')::numeric NOT BETWEEN 0 AND 2 THEN
        PERFORM _innovation_score.refuse_sources(format('tolerance of %s is %s, not a number from 0 to 2', what, left(body ->> 'tolerance', 50)));
    END IF;
    c.tolerance := COALESCE((body ->> 'tolerance')::numeric, 0);
    c.places := '{}';
    FOR s IN 1 .. cardinality(sources) LOOP
        columns := _innovation_score.source_columns(sources[s].relation);
        given := CASE WHEN body -> 'values' -> known[s] IS NOT NULL
                      THEN _innovation_score.source_text(body -> 'values', known[s], format('"values" of %s', what))
                      WHEN name = ANY (columns) THEN name END;
        one := NULL;
        IF given IS NOT NULL THEN
            one := _innovation_score.bind_scalar(r.search_path, _innovation_score.source_name(sources[s].relation), columns, given,
                                                 format('%s of source "%s"', what, known[s]));
            c.form := _innovation_score.common_type(COALESCE(c.form, one.type), one.type);
            width := CASE WHEN width IS NULL THEN _innovation_score.digits(sources[s].relation, one.name)
                          ELSE ARRAY[greatest(width[1], (_innovation_score.digits(sources[s].relation, one.name))[1]),
                                     greatest(width[2], (_innovation_score.digits(sources[s].relation, one.name))[2])] END;
            fits := fits AND _innovation_score.digits(sources[s].relation, one.name) IS NOT NULL;
            c.places := c.places || s;
        END IF;
        bound := bound || one;
    END LOOP;
    IF c.places = '{}' THEN
        PERFORM _innovation_score.refuse_sources(format('no source has %s: name an expression of one in "values"', what));
    END IF;
    FOR s IN 1 .. cardinality(sources) LOOP
        c.texts[s] := CASE WHEN s = ANY (c.places) THEN _innovation_score.as_type(bound[s], c.form) END;
    END LOOP;
    c.shown_as := CASE WHEN fits AND c.form = 'numeric'::regtype THEN _innovation_score.numeric_type(width, width) END;
    c.places := ARRAY(SELECT p FROM unnest(c.places) p ORDER BY known[p] IS DISTINCT FROM body ->> 'authority', p);
    IF c.decision = 'latest' THEN
        SELECT s.name INTO unknown FROM unnest(sources) WITH ORDINALITY AS s(name, relation, keys, key_types, condition, latest, latest_type, place)
        WHERE s.place = ANY (c.places) AND s.latest IS NULL ORDER BY s.place LIMIT 1;
        IF FOUND THEN
            PERFORM _innovation_score.refuse_sources(format('%s is decided by the latest value, but source "%s" has no "latest"', what, unknown));
        END IF;
    END IF;
    RETURN c;
END
$$;

CREATE FUNCTION _innovation_score.bind_reconciled_columns(r reconciliation, sources reconciled_source[]) RETURNS reconciled_column[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    result reconciled_column[] := '{}';
BEGIN
    PERFORM _innovation_score.check_sources(r.columns, 'columns');
    FOR given IN SELECT e.key, e.value FROM json_each(r.columns) WITH ORDINALITY AS e(key, value, place) ORDER BY e.place LOOP
        result := result || _innovation_score.bind_reconciled(r, sources, given.key, given.value);
    END LOOP;
    IF NOT EXISTS (SELECT FROM unnest(result) c WHERE cardinality(c.places) > 1) THEN
        PERFORM _innovation_score.refuse_sources('no column is to be compared: each has one source only');
    END IF;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_reconciled(reconciliation, reconciled_source[], text, json) IS
    'internal: a column as SQL text over the sources, or an error';
COMMENT ON FUNCTION _innovation_score.bind_reconciled_columns(reconciliation, reconciled_source[]) IS
    'internal: the columns of a reconciliation, in their order';

-- The one type in which sources say how new their rows are; NULL: no column asks.
CREATE FUNCTION _innovation_score.latest_form(sources reconciled_source[], columns reconciled_column[]) RETURNS regtype
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    types regtype[] := ARRAY(SELECT DISTINCT s.latest_type FROM unnest(sources) s WHERE s.latest IS NOT NULL ORDER BY 1);
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(columns) c WHERE c.decision = 'latest') THEN
        RETURN NULL;
    END IF;
    IF cardinality(types) = 1 THEN
        RETURN types[1];
    END IF;
    IF types <@ ARRAY['date', 'timestamp']::regtype[] THEN
        RETURN 'timestamp';
    END IF;
    IF (SELECT bool_and(_innovation_score.is_number(t)) FROM unnest(types) t) THEN
        RETURN (SELECT CASE WHEN 'float8'::regtype = ANY (types) OR 'float4'::regtype = ANY (types) THEN 'float8' ELSE 'numeric' END);
    END IF;
    RAISE EXCEPTION 'the sources say how new their rows are in types that cannot be compared: %',
        (SELECT string_agg(format_type(t, NULL), ', ') FROM unnest(types) t)
        USING ERRCODE = 'datatype_mismatch', HINT = 'Give expressions of one type as "latest": parse_date(x) reads dates from texts.';
END
$$;

COMMENT ON FUNCTION _innovation_score.latest_form(reconciled_source[], reconciled_column[]) IS
    'internal: the type in which sources say how new their rows are';

-- Queries. Numbers stand for names: source 2 has _n_2 rows of a key, and _v_2_3 is what it says of column 3.

CREATE FUNCTION _innovation_score.numbered(prefix text, count integer, alias text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(concat_ws('.', alias, prefix || n), ', ' ORDER BY n) FROM generate_series(1, count) n
$$;

COMMENT ON FUNCTION _innovation_score.numbered(text, integer, text) IS 'internal: SQL text of a list of numbered columns';

-- The rows of a source that count, with the key of their firm.
CREATE FUNCTION _innovation_score.source_rows(sources reconciled_source[], columns reconciled_column[], aliases text, place integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN aliases IS NULL THEN q.rows
                ELSE format('SELECT CASE WHEN a._alias IS NULL THEN s._key_1 ELSE a._owner END AS _key_1%s FROM (%s) s '
                            'LEFT JOIN (%s) a ON a._alias OPERATOR(pg_catalog.=) s._key_1',
                            (SELECT string_agg(', s.' || n, '' ORDER BY p)
                             FROM unnest(ARRAY(SELECT '_key_' || k FROM generate_series(2, cardinality(s.keys)) k)
                                         || ARRAY(SELECT '_value_' || c FROM generate_subscripts(columns, 1) c) || '{_latest}'::text[])
                                  WITH ORDINALITY AS u(n, p)), q.rows, aliases) END
    FROM unnest(sources) WITH ORDINALITY AS s(name, relation, keys, key_types, condition, latest, latest_type, number)
    CROSS JOIN LATERAL (
        SELECT format('SELECT %s, %s, %s AS _latest FROM %s%s',
                      (SELECT string_agg(format('%s AS _key_%s', k.expression, k.n), ', ' ORDER BY k.n)
                       FROM unnest(s.keys) WITH ORDINALITY AS k(expression, n)),
                      (SELECT string_agg(format('%s AS _value_%s', COALESCE(c.texts[place], 'NULL::' || _innovation_score.type_name(c.form)), c.n), ', ' ORDER BY c.n)
                       FROM unnest(columns) WITH ORDINALITY AS c(name, texts, form, shown_as, tolerance, decision, places, n)),
                      COALESCE(s.latest, 'NULL'), _innovation_score.source_name(s.relation), COALESCE(' WHERE ' || s.condition, '')) AS rows) q
    WHERE s.number = place
$$;

-- One row a key: of several the latest counts; where it does not say which, none.
CREATE FUNCTION _innovation_score.source_values_query(sources reconciled_source[], columns reconciled_column[], aliases text, latest regtype, place integer)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, %2$s AS _source, pg_catalog.count(*) AS _rows, %3$s%4$s FROM %5$s WHERE %6$s GROUP BY %1$s',
                  k.list, place,
                  (SELECT string_agg(format('%s AS _value_%s', _innovation_score.single_row('_value_' || c.n, c.form), c.n), ', ' ORDER BY c.n)
                   FROM unnest(columns) WITH ORDINALITY AS c(name, texts, form, shown_as, tolerance, decision, places, n)),
                  CASE WHEN latest IS NOT NULL THEN format(', CAST(pg_catalog.max(s._latest) AS %s) AS _latest', _innovation_score.type_name(latest)) ELSE '' END,
                  CASE WHEN sources[place].latest IS NULL THEN format('(%s) s', q.rows)
                       ELSE format('(SELECT r.*, pg_catalog.rank() OVER (PARTITION BY %s ORDER BY r._latest DESC NULLS LAST) AS _age FROM (%s) r) s',
                                   _innovation_score.numbered('_key_', k.parts, 'r'), q.rows) END,
                  (SELECT string_agg(format('s._key_%s IS NOT NULL', n), ' AND ' ORDER BY n) FROM generate_series(1, k.parts) n)
                  || CASE WHEN sources[place].latest IS NULL THEN '' ELSE ' AND s._age OPERATOR(pg_catalog.=) 1' END)
    FROM (SELECT cardinality(sources[place].keys) AS parts, _innovation_score.numbered('_key_', cardinality(sources[place].keys), 's') AS list) k,
         (SELECT _innovation_score.source_rows(sources, columns, aliases, place) AS rows) q
$$;

CREATE FUNCTION _innovation_score.all_sources_query(sources reconciled_source[], columns reconciled_column[], aliases text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(_innovation_score.source_values_query(sources, columns, aliases, _innovation_score.latest_form(sources, columns), n), ' UNION ALL ' ORDER BY n)
    FROM generate_subscripts(sources, 1) n
$$;

-- FROM item m: a row per key, the sources side by side. A condition on the key reaches all sources.
CREATE FUNCTION _innovation_score.side_by_side(sources reconciled_source[], columns reconciled_column[], aliases text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(SELECT %1$s, %2$s FROM (%3$s) s GROUP BY %1$s) m',
                  _innovation_score.numbered('_key_', cardinality(sources[1].keys), 's'),
                  (SELECT string_agg(x.item, ', ' ORDER BY x.c, x.n)
                   FROM (SELECT n, 0 AS c, format('COALESCE(pg_catalog.max(s._rows) FILTER (WHERE s._source OPERATOR(pg_catalog.=) %1$s), 0) AS _n_%1$s', n) AS item
                         FROM generate_subscripts(sources, 1) n
                         UNION ALL
                         SELECT n, 0, format('pg_catalog.max(s._latest) FILTER (WHERE s._source OPERATOR(pg_catalog.=) %1$s) AS _latest_%1$s', n)
                         FROM generate_subscripts(sources, 1) n WHERE _innovation_score.latest_form(sources, columns) IS NOT NULL
                         UNION ALL
                         SELECT p, c.n, format('(pg_catalog.array_agg(s._value_%2$s) FILTER (WHERE s._source OPERATOR(pg_catalog.=) %1$s))[1] AS _v_%1$s_%2$s', p, c.n)
                         FROM unnest(columns) WITH ORDINALITY AS c(name, texts, form, shown_as, tolerance, decision, places, n), unnest(c.places) p) x),
                  _innovation_score.all_sources_query(sources, columns, aliases))
$$;

COMMENT ON FUNCTION _innovation_score.source_rows(reconciled_source[], reconciled_column[], text, integer) IS
    'internal: query of the rows of a source, with the key of their firm';
COMMENT ON FUNCTION _innovation_score.source_values_query(reconciled_source[], reconciled_column[], text, regtype, integer) IS
    'internal: query of what a source says, one row a key';
COMMENT ON FUNCTION _innovation_score.all_sources_query(reconciled_source[], reconciled_column[], text) IS
    'internal: the same of all sources';
COMMENT ON FUNCTION _innovation_score.side_by_side(reconciled_source[], reconciled_column[], text) IS
    'internal: FROM item of one row a key with what each source says';

-- Whose value counts, as its place among those that have the column; NULL: that of the majority.
CREATE FUNCTION _innovation_score.chosen_place(c reconciled_column, number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE c.decision
               WHEN 'source' THEN format('CASE %s END', string_agg(format('WHEN m._v_%s_%s IS NOT NULL THEN %s', p, number, n), ' ' ORDER BY n))
               WHEN 'latest' THEN format('(SELECT u.place FROM (VALUES %s) u(place, given, latest) WHERE u.given ORDER BY u.latest DESC NULLS LAST, u.place LIMIT 1)',
                                         string_agg(format('(%1$s, m._v_%2$s_%3$s IS NOT NULL, m._latest_%2$s)', n, p, number), ', ' ORDER BY n))
               ELSE 'NULL::pg_catalog.int4' END
    FROM unnest(c.places) WITH ORDINALITY AS u(p, n)
$$;

-- What is compared: decimals, doubles or texts.
CREATE FUNCTION _innovation_score.compared_values(c reconciled_column, number bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT format('ARRAY[%s]', string_agg(
        CASE WHEN c.form IN ('float4'::regtype, 'float8'::regtype) THEN v.name || '::pg_catalog.float8'
             WHEN _innovation_score.is_number(c.form) THEN v.name || '::pg_catalog.numeric'
             ELSE _innovation_score.shown_text(v.name, c.form) END, ', ' ORDER BY u.n))
    FROM unnest(c.places) WITH ORDINALITY AS u(p, n) CROSS JOIN LATERAL (SELECT format('m._v_%s_%s', u.p, number)) AS v(name)
$$;

CREATE FUNCTION _innovation_score.agreement_call(c reconciled_column, number bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('_innovation_score.agreement(%s, %L::pg_catalog.numeric, %s)', _innovation_score.compared_values(c, number), c.tolerance,
                  _innovation_score.chosen_place(c, number))
$$;

COMMENT ON FUNCTION _innovation_score.chosen_place(reconciled_column, bigint) IS 'internal: SQL text that says whose value counts';
COMMENT ON FUNCTION _innovation_score.compared_values(reconciled_column, bigint) IS 'internal: SQL text of what the sources say of a column';
COMMENT ON FUNCTION _innovation_score.agreement_call(reconciled_column, bigint) IS 'internal: SQL text of how the sources agree in a column';

-- OFFSET 0: what is computed of a column is computed once.
CREATE FUNCTION _innovation_score.sources_query(sources reconciled_source[], names text[], columns reconciled_column[], aliases text, shown boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT format('SELECT %s, c.column_name, CASE WHEN c.doubled THEN ''duplicate_key'' WHEN (c.found).present OPERATOR(pg_catalog.=) 0 THEN ''missing'' '
                  'WHEN (c.found).present OPERATOR(pg_catalog.=) 1 THEN ''single'' WHEN (c.found).agree THEN ''matched'' ELSE ''conflict'' END AS status, '
                  '%s(c.found).votes AS agreeing, (c.found).present AS sources, (c.found).difference AS difference FROM %s CROSS JOIN LATERAL (VALUES %s OFFSET 0) '
                  'c(column_name, doubled, found%s)',
                  (SELECT string_agg(format('m._key_%s AS %I', k.n, k.name), ', ' ORDER BY k.n) FROM unnest(names) WITH ORDINALITY AS k(name, n)),
                  CASE WHEN shown THEN '(c.texts)[(c.found).place] AS value, (c.names)[(c.found).place] AS source, '
                                       'pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_object(c.names, c.texts)) AS by_source, ' ELSE '' END,
                  _innovation_score.side_by_side(sources, columns, aliases),
                  string_agg(format('(%L::pg_catalog.text, %s, %s%s)', c.name,
                                    (SELECT string_agg(format('m._n_%s OPERATOR(pg_catalog.>) 1', p), ' OR ') FROM unnest(c.places) p),
                                    _innovation_score.agreement_call(ROW(c.name, c.texts, c.form, c.shown_as, c.tolerance, c.decision, c.places)::reconciled_column, c.n),
                                    CASE WHEN shown
                                         THEN (SELECT format(', ARRAY[%s]::pg_catalog.text[], %L::pg_catalog.text[]',
                                                             string_agg(_innovation_score.shown_text(format('m._v_%s_%s', p.p, c.n), c.form), ', ' ORDER BY p.n),
                                                             array_agg(sources[p.p].name ORDER BY p.n))
                                               FROM unnest(c.places) WITH ORDINALITY AS p(p, n)) ELSE '' END), ', ' ORDER BY c.n),
                  CASE WHEN shown THEN ', texts, names' ELSE '' END)
    FROM unnest(columns) WITH ORDINALITY AS c(name, texts, form, shown_as, tolerance, decision, places, n)
    WHERE cardinality(c.places) > 1
$$;

CREATE FUNCTION _innovation_score.sources_resolved_query(sources reconciled_source[], names text[], columns reconciled_column[], aliases text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s FROM %s',
                  (SELECT string_agg(format('m._key_%s AS %I', k.n, k.name), ', ' ORDER BY k.n) FROM unnest(names) WITH ORDINALITY AS k(name, n)),
                  string_agg(format(CASE WHEN c.decision = 'source' OR cardinality(c.places) = 1 THEN 'COALESCE(%1$s)%4$s AS %3$I'
                                         ELSE '(CASE %2$s END)%4$s AS %3$I' END,
                                    (SELECT string_agg(format('m._v_%s_%s', p.p, c.n), ', ' ORDER BY p.n) FROM unnest(c.places) WITH ORDINALITY AS p(p, n)),
                                    (SELECT format(CASE c.decision WHEN 'majority' THEN '(%1$s).place %2$s' ELSE '%3$s %2$s' END,
                                                   _innovation_score.agreement_call(d.c, c.n),
                                                   string_agg(format('WHEN %s THEN m._v_%s_%s', p.n, p.p, c.n), ' ' ORDER BY p.n),
                                                   _innovation_score.chosen_place(d.c, c.n))
                                     FROM unnest(c.places) WITH ORDINALITY AS p(p, n)),
                                    c.name, '::' || c.shown_as), ', ' ORDER BY c.n),
                  _innovation_score.side_by_side(sources, columns, aliases))
    FROM unnest(columns) WITH ORDINALITY AS c(name, texts, form, shown_as, tolerance, decision, places, n)
    CROSS JOIN LATERAL (SELECT ROW(c.name, c.texts, c.form, c.shown_as, c.tolerance, c.decision, c.places)::reconciled_column AS c) d
$$;

CREATE FUNCTION _innovation_score.matched_sources_query(sources reconciled_source[], columns reconciled_column[], aliases text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT n.source, n.priority, n."table", r.rows, r.no_key, COALESCE(k.keys, 0) AS keys, COALESCE(k.duplicate_keys, 0) AS duplicate_keys, '
                  'COALESCE(k.shared, 0) AS shared, COALESCE(k.unmatched, 0) AS unmatched '
                  'FROM (VALUES %s) n(source, priority, "table") JOIN (%s) r ON r.place OPERATOR(pg_catalog.=) n.priority LEFT JOIN ('
                  'SELECT g._source, pg_catalog.count(*) AS keys, pg_catalog.count(*) FILTER (WHERE g._rows OPERATOR(pg_catalog.>) 1) AS duplicate_keys, '
                  'pg_catalog.count(*) FILTER (WHERE g._seen OPERATOR(pg_catalog.>) 1) AS shared, '
                  'pg_catalog.count(*) FILTER (WHERE g._seen OPERATOR(pg_catalog.=) 1) AS unmatched '
                  'FROM (SELECT s._source, s._rows, pg_catalog.count(*) OVER (PARTITION BY %s) AS _seen FROM (%s) s) g GROUP BY g._source) k '
                  'ON k._source OPERATOR(pg_catalog.=) n.priority',
                  string_agg(format('(%L::pg_catalog.text, %s, %L::pg_catalog.text)', s.name, s.n, s.relation), ', ' ORDER BY s.n),
                  string_agg(format('SELECT %s AS place, pg_catalog.count(*) AS rows, pg_catalog.count(*) FILTER (WHERE %s) AS no_key FROM (%s) s', s.n,
                                    (SELECT string_agg(format('s._key_%s IS NULL', k), ' OR ' ORDER BY k) FROM generate_subscripts(s.keys, 1) k),
                                    _innovation_score.source_rows(sources, columns, aliases, s.n::integer)), ' UNION ALL ' ORDER BY s.n),
                  _innovation_score.numbered('_key_', cardinality(sources[1].keys), 's'),
                  _innovation_score.all_sources_query(sources, columns, aliases))
    FROM unnest(sources) WITH ORDINALITY AS s(name, relation, keys, key_types, condition, latest, latest_type, n)
$$;

COMMENT ON FUNCTION _innovation_score.sources_query(reconciled_source[], text[], reconciled_column[], text, boolean) IS
    'internal: text of the view <name>, or the same without the values as text';
COMMENT ON FUNCTION _innovation_score.sources_resolved_query(reconciled_source[], text[], reconciled_column[], text) IS
    'internal: text of the view <name>_resolved';
COMMENT ON FUNCTION _innovation_score.matched_sources_query(reconciled_source[], reconciled_column[], text) IS
    'internal: text of the view <name>_sources';

-- Creating.

CREATE FUNCTION _innovation_score.comment_sources(r reconciliation, sources reconciled_source[], names text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT format('VIEW %s', _innovation_score.relation_name(r.name, v.suffix)) AS target,
               format('%s（%s）', v.comment, (SELECT string_agg(s.name, ', ') FROM unnest(sources) s)) AS comment
        FROM (VALUES ('', '多源匹配 sources compared, one row per key and column'), ('_summary', '多源匹配汇总 sources compared, in figures'),
                     ('_sources', '数据源 what of each source was matched'), ('_resolved', '多源匹配结果 values that count, one row per key')) AS v(suffix, comment)
        UNION ALL
        SELECT format('COLUMN %s.%I', _innovation_score.relation_name(r.name, c.suffix), c.name), c.comment
        FROM (VALUES
            ('', 'column_name', '字段 compared column'),
            ('', 'status', '状态 matched（一致）, conflict（冲突）, single（仅一个来源有值）, missing（均缺失）, duplicate_key（主键重复）'),
            ('', 'value', '采用值 value that counts'), ('', 'source', '来源 source of that value'),
            ('', 'by_source', '各来源的值 what each source says'),
            ('', 'agreeing', '一致来源数 sources that agree with the value that counts, its own included'),
            ('', 'sources', '有值来源数 sources that have a value'), ('', 'difference', '最大相对差异 greatest relative difference of two numbers'),
            ('_summary', 'column_name', '字段 compared column'), ('_summary', 'keys', '主键数 keys of all sources'),
            ('_summary', 'matched', '一致 keys of which all values agree'), ('_summary', 'conflict', '冲突 keys of which two values differ'),
            ('_summary', 'single', '仅一个来源有值 keys with one value'), ('_summary', 'missing', '均缺失 keys without a value'),
            ('_summary', 'duplicate_key', '主键重复 keys with several rows in a source'),
            ('_summary', 'conflict_share', '冲突率 share of conflicts among keys with several values, 0 to 1'),
            ('_summary', 'greatest_difference', '最大相对差异 greatest relative difference'),
            ('_sources', 'source', '数据源 source'), ('_sources', 'priority', '优先级 1: first'), ('_sources', 'table', '数据表 table or view'),
            ('_sources', 'rows', '行数 rows'), ('_sources', 'no_key', '无主键行数 rows without a key, or of an alias of several firms'),
            ('_sources', 'keys', '主键数 keys'), ('_sources', 'duplicate_keys', '重复主键数 keys with several rows'),
            ('_sources', 'shared', '已匹配 keys that another source has, too'), ('_sources', 'unmatched', '未匹配 keys that no other source has'))
            AS c(suffix, name, comment)
        UNION ALL   -- what comes from the sources
        SELECT format('COLUMN %s.%I', a.attrelid::regclass, a.attname),
               COALESCE((SELECT col_description(o.attrelid, o.attnum)
                         FROM unnest(sources) WITH ORDINALITY AS s(name, relation, keys, key_types, condition, latest, latest_type, n)
                         JOIN pg_attribute o ON o.attrelid = s.relation AND o.attname = a.attname
                         WHERE col_description(o.attrelid, o.attnum) IS NOT NULL ORDER BY s.n LIMIT 1),
                        CASE WHEN a.attnum <= cardinality(names) THEN '主键 key' ELSE '匹配结果 value that counts' END)
        FROM unnest('{"",_resolved}'::text[]) AS v(suffix)
        JOIN pg_attribute a ON a.attrelid = _innovation_score.relation_name(r.name, v.suffix)::regclass
        WHERE a.attnum > 0 AND (v.suffix <> '' OR a.attnum <= cardinality(names))
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', due.target, due.comment);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.comment_sources(reconciliation, reconciled_source[], text[]) IS
    'internal: comments on the views of a reconciliation';

-- Where our functions are not in the caller's schemas, they are found last, as in collections.
CREATE FUNCTION _innovation_score.create_sources_reconciliation(r reconciliation, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    missing text := CASE WHEN r.sources IS NULL THEN 'sources' WHEN r.columns IS NULL THEN 'columns' END;
    keys record;
    columns reconciled_column[];
    crosswalk collection;
    aliases text;
    view record;
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the reconciliation needs %', missing USING ERRCODE = 'null_value_not_allowed';
    END IF;
    r.name := _innovation_score.new_reconciliation_name(r.name, path);
    r.search_path := (SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                      FROM unnest(path || 'innovation_score'::name) WITH ORDINALITY AS p(name, place));
    r.aliases := _innovation_score.kept_source(r.aliases);
    crosswalk.search_path := r.search_path;
    crosswalk.aliases := r.aliases;
    aliases := _innovation_score.aliases_query(crosswalk);
    SELECT * INTO keys FROM _innovation_score.source_keys(r, _innovation_score.bind_sources(r));
    columns := _innovation_score.bind_reconciled_columns(r, keys.sources);
    FOR view IN
        SELECT v.suffix, v.query FROM (VALUES
            (1, '', _innovation_score.sources_query(keys.sources, keys.names, columns, aliases, true)),
            (2, '_summary', _innovation_score.reconciliation_summary_query(_innovation_score.sources_query(keys.sources, keys.names, columns, aliases, false),
                                                                             '{matched,conflict,single,missing,duplicate_key}')),
            (3, '_sources', _innovation_score.matched_sources_query(keys.sources, columns, aliases)),
            (4, '_resolved', _innovation_score.sources_resolved_query(keys.sources, keys.names, columns, aliases))) AS v(place, suffix, query)
        ORDER BY v.place
    LOOP
        PERFORM _innovation_score.run(r.search_path, format('CREATE VIEW %s%s AS %s', _innovation_score.relation_name(r.name, view.suffix),
                                           _innovation_score.view_options(_innovation_score.relation_name(r.name, view.suffix)), view.query));
    END LOOP;
    INSERT INTO reconciliation SELECT r.*;
    PERFORM _innovation_score.comment_sources(r, keys.sources, keys.names);
END
$$;

CREATE FUNCTION create_reconciliation(name text, sources json, columns json, aliases regclass DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.create_sources_reconciliation(
        ROW(name, NULL, NULL, NULL, columns, 0, '', sources, aliases::pg_catalog.oid)::innovation_score.reconciliation,
        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.create_sources_reconciliation(reconciliation, name[]) IS
    'internal: create_reconciliation of any number of sources with the caller''s schemas';
COMMENT ON FUNCTION create_reconciliation(text, json, json, regclass) IS
    'compares any number of sources and creates the views <name>, <name>_summary, <name>_sources and <name>_resolved';
