-- The sources and columns of a reconciliation: what the caller wrote of them, bound to relations.

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
