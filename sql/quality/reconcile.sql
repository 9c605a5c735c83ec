-- reconcile: two sources of the same firms matched by a key and compared column by
-- column (多源匹配). A reconciliation is three views: <name>, one row a key and column;
-- <name>_summary, counts; <name>_resolved, one row a key with the authoritative values,
-- to which a scoreboard or a further reconciliation is bound.

CREATE TABLE _innovation_score.reconciliation (
    name         text NOT NULL,
    left_source  text,
    right_source text,
    key          text[],
    columns      json NOT NULL,
    tolerance    float8 NOT NULL DEFAULT 0,
    search_path  text NOT NULL DEFAULT '',
    sources      json,
    aliases      text,
    CONSTRAINT reconciliation_pkey PRIMARY KEY (name),
    CONSTRAINT reconciliation_sources_check CHECK (CASE WHEN sources IS NULL THEN left_source IS NOT NULL AND right_source IS NOT NULL AND key IS NOT NULL
                                                        ELSE left_source IS NULL AND right_source IS NULL AND key IS NULL END),
    CONSTRAINT reconciliation_tolerance_check CHECK (tolerance >= 0 AND tolerance < 'Infinity')
);

COMMENT ON TABLE reconciliation IS '多源匹配 reconciliations of sources, kept by the functions of this extension';
COMMENT ON COLUMN reconciliation.name IS '名称 name, always with its schema: that of its view';
COMMENT ON COLUMN reconciliation.left_source IS '左侧数据源 table or view; NULL where there are any number of sources';
COMMENT ON COLUMN reconciliation.right_source IS '右侧数据源 table or view; NULL as the left one';
COMMENT ON COLUMN reconciliation.key IS
    '匹配键 columns that tell the firms apart, as given: "code", or "left column = right column" where names differ';
COMMENT ON COLUMN reconciliation.columns IS
    '比对字段 compared columns, name: {"left": column or expression, "right": …, "tolerance": …, "authority": …}, or, of any number of '
    'sources, {"values": {source: column or expression}, "decision": …, "tolerance": …, "authority": …}';
COMMENT ON COLUMN reconciliation.tolerance IS '允许误差 relative difference up to which numbers agree';
COMMENT ON COLUMN reconciliation.search_path IS 'schemas in which the names in its expressions are looked up';
COMMENT ON COLUMN reconciliation.sources IS '数据源 any number of sources, name: {"table": …, "key": …, "where": …, "latest": …, "priority": …}';
COMMENT ON COLUMN reconciliation.aliases IS '对照表 columns alias and firm: other codes and names of the firms; NULL: there are none';

SELECT _innovation_score.dump_table('reconciliation', 11, 'true');
SELECT _innovation_score.show_table('reconciliation', '_innovation_score.owns_view(name)', NULL);

-- Comparing.

CREATE FUNCTION relative_difference(one float8, other float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION relative_difference(float8, float8) IS
    'the difference of two values relative to the greater of their magnitudes, 0 to 2; Infinity where only one is '
    'finite';

-- Exact types are compared as decimals: 1 and 0.99 agree at 1 %, and account numbers that differ in their last digit do not at 0.
CREATE FUNCTION _innovation_score.numbers_agree(one numeric, other numeric, tolerance numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN one = other
    OR abs(one - other) < 'Infinity' AND abs(one - other) <= tolerance * CASE WHEN abs(one) > abs(other) THEN abs(one) ELSE abs(other) END;

CREATE FUNCTION _innovation_score.exact_difference(one numeric, other numeric) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN one = other THEN 0::float8
            WHEN abs(one - other) < 'Infinity' THEN (abs(one - other) / CASE WHEN abs(one) > abs(other) THEN abs(one) ELSE abs(other) END)::float8
            ELSE 'Infinity'::float8 END;

COMMENT ON FUNCTION _innovation_score.numbers_agree(numeric, numeric, numeric) IS
    'internal: whether two values differ by a share of the greater of their magnitudes at most';
COMMENT ON FUNCTION _innovation_score.exact_difference(numeric, numeric) IS 'internal: relative_difference() of decimals';

CREATE FUNCTION _innovation_score.is_number(type oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT (_innovation_score.base_type(type)).oid IN ('float8'::regtype, 'float4'::regtype, 'int2'::regtype, 'int4'::regtype,
                                      'int8'::regtype, 'numeric'::regtype)
$$;

COMMENT ON FUNCTION _innovation_score.is_number(oid) IS 'internal: whether values of a type are compared as numbers';

-- A column, bound on both sides; one that only one source has is passed on, not compared.
CREATE TYPE _innovation_score.compared_column AS (
    name        text,
    left_value  text,
    right_value text,
    form        regtype,
    shown_as    text,
    tolerance   float8,
    authority   text
);

COMMENT ON TYPE _innovation_score.compared_column IS 'internal: a column of a reconciliation as SQL text';
COMMENT ON COLUMN _innovation_score.compared_column.name IS 'name in the views';
COMMENT ON COLUMN _innovation_score.compared_column.left_value IS 'SQL text over the left source; NULL if it has no such column';
COMMENT ON COLUMN _innovation_score.compared_column.right_value IS 'SQL text over the right source; NULL if it has no such column';
COMMENT ON COLUMN _innovation_score.compared_column.form IS 'type in which both are compared and resolved';
COMMENT ON COLUMN _innovation_score.compared_column.shown_as IS 'that type with its precision, where the columns have one';
COMMENT ON COLUMN _innovation_score.compared_column.tolerance IS 'relative difference up to which numbers agree';
COMMENT ON COLUMN _innovation_score.compared_column.authority IS 'left or right';

CREATE FUNCTION _innovation_score.common_type(one regtype, other regtype) RETURNS regtype
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN one = other THEN one
                WHEN one IN ('int2', 'int4', 'int8') AND other IN ('int2', 'int4', 'int8') THEN 'int8'::regtype
                WHEN NOT _innovation_score.is_number(one) OR NOT _innovation_score.is_number(other) THEN 'text'::regtype
                WHEN 'float8'::regtype IN (one, other) THEN 'float8'::regtype
                ELSE 'numeric'::regtype END
$$;

-- float4 0.1 is 0.1, not 0.100000001490116: as numeric it has the digits that it is shown with.
CREATE FUNCTION _innovation_score.as_type(bound bound_expression, form regtype) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT bound.expression
        || CASE WHEN bound.type = 'float4'::regtype AND form <> 'float4'::regtype THEN '::numeric' ELSE '' END
        || CASE WHEN bound.type <> form THEN '::' || _innovation_score.type_name(form) ELSE '' END
$$;

-- Digits before and after the point; NULL where a column does not say.
CREATE FUNCTION _innovation_score.digits(source regclass, name text) RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE a.atttypid
               WHEN 'int2'::regtype THEN '{5,0}'
               WHEN 'int4'::regtype THEN '{10,0}'
               WHEN 'int8'::regtype THEN '{19,0}'
               WHEN 'numeric'::regtype THEN
                   (SELECT ARRAY[m.fits[1]::integer - m.fits[2]::integer, m.fits[2]::integer]
                    FROM regexp_match(format_type(a.atttypid, a.atttypmod), '^numeric[(]([0-9]+),([0-9]+)[)]$') AS m(fits)
                    WHERE m.fits IS NOT NULL)
               END
    FROM pg_attribute a WHERE a.attrelid = source AND a.attname = name AND NOT a.attisdropped
$$;

CREATE FUNCTION _innovation_score.numeric_type(one integer[], other integer[]) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('numeric(%s,%s)', greatest(one[1], other[1]) + greatest(one[2], other[2]), greatest(one[2], other[2]))
$$;

COMMENT ON FUNCTION _innovation_score.digits(regclass, text) IS 'internal: how many digits the values of a column have';
COMMENT ON FUNCTION _innovation_score.numeric_type(integer[], integer[]) IS 'internal: the type that holds what two columns hold';
COMMENT ON FUNCTION _innovation_score.common_type(regtype, regtype) IS 'internal: the type in which values of two types are compared';
COMMENT ON FUNCTION _innovation_score.as_type(bound_expression, regtype) IS 'internal: SQL text of a value as a type';

CREATE FUNCTION _innovation_score.refuse_columns(problem text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = problem,
        HINT = 'For example {"revenue": {"left": "revenue", "right": "income / 10000", "tolerance": 0.01, '
               '"authority": "left"}, "city": {}, "stage": {"right": null}}.';
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_columns(text) IS 'internal: the error of columns that cannot be compared';

CREATE FUNCTION _innovation_score.check_compared(columns jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    problem text;
BEGIN
    IF jsonb_typeof(columns) IS DISTINCT FROM 'object' OR columns = '{}' THEN
        PERFORM _innovation_score.refuse_columns('columns must be a JSON object that names the columns to compare');
    END IF;
    SELECT format('column "%s" is not described by a JSON object', c.key) INTO problem
    FROM jsonb_each(columns) c WHERE jsonb_typeof(c.value) <> 'object' ORDER BY c.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_columns(problem);
    END IF;
    SELECT CASE WHEN v.key NOT IN ('left', 'right', 'tolerance', 'authority')
                THEN format('column "%s" has the unknown key "%s"', c.key, v.key)
                WHEN v.key = 'authority'
                THEN format('authority of column "%s" is %s, not "left" or "right"', c.key, v.value)
                WHEN v.key = 'tolerance'
                THEN format('tolerance of column "%s" is %s, not a number from 0 to 2', c.key, left(v.value::text, 50))
                ELSE format('%s side of column "%s" is %s, neither a string nor null', v.key, c.key, v.value) END
    INTO problem
    FROM jsonb_each(columns) c CROSS JOIN LATERAL jsonb_each(c.value) v
    WHERE CASE v.key WHEN 'authority' THEN v.value NOT IN ('"left"', '"right"')
                     WHEN 'tolerance'
                     THEN CASE WHEN jsonb_typeof(v.value) = 'number'
                               THEN (v.value #>> '{}')::numeric NOT BETWEEN 0 AND 2 ELSE true END
                     WHEN 'left' THEN jsonb_typeof(v.value) NOT IN ('string', 'null')
                     WHEN 'right' THEN jsonb_typeof(v.value) NOT IN ('string', 'null') ELSE true END
    ORDER BY c.key COLLATE "C", v.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_columns(problem);
    END IF;
    SELECT format('column "%s" has no side', c.key) INTO problem
    FROM jsonb_each(columns) c
    WHERE c.value -> 'left' = 'null' AND c.value -> 'right' = 'null' ORDER BY c.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_columns(problem);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_compared(jsonb) IS 'internal: refuses a description of columns that is none';

CREATE FUNCTION _innovation_score.bind_compared(r reconciliation) RETURNS compared_column[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    result compared_column[] := '{}';
    bound compared_column;
    one bound_expression;
    other bound_expression;
BEGIN
    PERFORM _innovation_score.check_compared(r.columns::jsonb);
    FOR given IN SELECT c.key, c.value FROM jsonb_each(r.columns::jsonb) c ORDER BY c.key COLLATE "C" LOOP
        one := NULL;
        other := NULL;
        IF given.value -> 'left' IS DISTINCT FROM 'null' THEN
            one := _innovation_score.bind_scalar(r.search_path, _innovation_score.source_name(r.left_source::regclass), _innovation_score.source_columns(r.left_source::regclass),
                                COALESCE(given.value ->> 'left', given.key),
                                format('left side of column "%s"', given.key));
        END IF;
        IF given.value -> 'right' IS DISTINCT FROM 'null' THEN
            other := _innovation_score.bind_scalar(r.search_path, _innovation_score.source_name(r.right_source::regclass), _innovation_score.source_columns(r.right_source::regclass),
                                  COALESCE(given.value ->> 'right', given.key),
                                  format('right side of column "%s"', given.key));
        END IF;
        bound.name := given.key;
        bound.form := _innovation_score.common_type(COALESCE(one.type, other.type), COALESCE(other.type, one.type));
        bound.shown_as := CASE bound.form WHEN 'numeric'::regtype
                               THEN _innovation_score.numeric_type(COALESCE(_innovation_score.digits(r.left_source::regclass, one.name),
                                                           CASE WHEN one IS NULL THEN '{0,0}'::integer[] END),
                                                  COALESCE(_innovation_score.digits(r.right_source::regclass, other.name),
                                                           CASE WHEN other IS NULL THEN '{0,0}'::integer[] END)) END;
        bound.left_value := _innovation_score.as_type(one, bound.form);
        bound.right_value := _innovation_score.as_type(other, bound.form);
        bound.tolerance := COALESCE((given.value ->> 'tolerance')::float8, r.tolerance);
        bound.authority := COALESCE(given.value ->> 'authority', 'left');
        result := result || bound;
    END LOOP;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_compared(reconciliation) IS 'internal: the columns to compare as SQL text, or an error';

-- The parts of the key; they keep the names that they have on the left.
CREATE FUNCTION _innovation_score.bind_keys(r reconciliation) RETURNS compared_column[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    item text;
    names text[];
    one bound_expression;
    other bound_expression;
    bound compared_column;
    result compared_column[] := '{}';
    left_columns text[] := _innovation_score.source_columns(r.left_source::regclass);
    right_columns text[] := _innovation_score.source_columns(r.right_source::regclass);
BEGIN
    IF COALESCE(cardinality(r.key), 0) = 0 OR array_position(r.key, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'the reconciliation needs a key' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Give the columns that tell the firms apart in both sources.';
    END IF;
    FOREACH item IN ARRAY r.key LOOP
        names := CASE WHEN item = ANY (left_columns) OR item !~ '=' THEN ARRAY[item, item]
                      ELSE regexp_match(item, '^[[:space:]]*(.*?)[[:space:]]*=[[:space:]]*(.*?)[[:space:]]*$') END;
        one := _innovation_score.bind_column(r.search_path, _innovation_score.source_name(r.left_source::regclass), left_columns, names[1],
                            format('left key "%s"', names[1]));
        other := _innovation_score.bind_column(r.search_path, _innovation_score.source_name(r.right_source::regclass), right_columns, names[2],
                              format('right key "%s"', names[2]));
        bound.name := one.name;
        bound.form := _innovation_score.common_type(one.type, other.type);
        bound.left_value := _innovation_score.as_type(one, bound.form);
        bound.right_value := _innovation_score.as_type(other, bound.form);
        result := result || bound;
    END LOOP;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_keys(reconciliation) IS 'internal: the key as SQL text on both sides, or an error';

-- The one value of a key that has one row; where it has several, none counts.
CREATE FUNCTION _innovation_score.single_row(name text, form regtype) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(CASE WHEN to_regprocedure(format('pg_catalog.min(%s)', form)) IS NOT NULL
                       THEN 'CASE WHEN count(*) = 1 THEN min(s.%s) END'
                       ELSE 'CASE WHEN count(*) = 1 THEN (array_agg(s.%s))[1] END' END, name)
$$;

CREATE FUNCTION _innovation_score.side(source regclass, keys compared_column[], columns compared_column[], side text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s%2$s, count(*) AS _rows FROM (SELECT %3$s%4$s FROM %5$s) s GROUP BY %1$s',
                  k.names, v.names, k.texts, v.texts, _innovation_score.source_name(source))
    FROM (SELECT string_agg(format('s._key_%s', u.place), ', ' ORDER BY u.place) AS names,
                 string_agg(format('%s AS _key_%s', CASE side WHEN 'left' THEN u.left_value ELSE u.right_value END,
                                   u.place), ', ' ORDER BY u.place) AS texts
          FROM unnest(keys) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)) k
    CROSS JOIN (
        SELECT string_agg(format(', %s AS _value_%s', _innovation_score.single_row('_value_' || u.place, u.form), u.place), ''
                          ORDER BY u.place) AS names,
               string_agg(format(', %s AS _value_%s',
                                 COALESCE(CASE side WHEN 'left' THEN u.left_value ELSE u.right_value END,
                                          'NULL::' || u.form), u.place), '' ORDER BY u.place) AS texts
        FROM unnest(columns) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)) v
$$;

-- One of the keys of a row; a condition on it reaches both sources.
CREATE FUNCTION _innovation_score.matched_key(place integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('COALESCE(l._key_%1$s, r._key_%1$s)', place)
$$;

-- FROM item of one row a key.
CREATE FUNCTION _innovation_score.matched_rows(r reconciliation, keys compared_column[], columns compared_column[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(%s) l FULL JOIN (%s) r ON %s', _innovation_score.side(r.left_source::regclass, keys, columns, 'left'),
                  _innovation_score.side(r.right_source::regclass, keys, columns, 'right'),
                  (SELECT string_agg(format('l._key_%1$s %2$s r._key_%1$s', n, _innovation_score.key_operator((keys[n]).form)),
                                     ' AND ' ORDER BY n) FROM generate_subscripts(keys, 1) n))
$$;

CREATE FUNCTION _innovation_score.key_items(keys compared_column[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format('%s AS %I', _innovation_score.matched_key(n), (keys[n]).name), ', ' ORDER BY n)
    FROM generate_subscripts(keys, 1) n
$$;

COMMENT ON FUNCTION _innovation_score.single_row(text, regtype) IS 'internal: SQL text of a value of a key that has one row';
COMMENT ON FUNCTION _innovation_score.side(regclass, compared_column[], compared_column[], text) IS
    'internal: query of one side, one row a key';
COMMENT ON FUNCTION _innovation_score.matched_key(integer) IS 'internal: SQL text of one of the keys of matched rows';
COMMENT ON FUNCTION _innovation_score.matched_rows(reconciliation, compared_column[], compared_column[]) IS
    'internal: FROM item of both sides, matched';
COMMENT ON FUNCTION _innovation_score.key_items(compared_column[]) IS 'internal: select list of the key';

-- Whatever the settings of the session.
CREATE FUNCTION _innovation_score.shown_text(expression text, form regtype) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN form IN ('float4'::regtype, 'float8'::regtype, 'bytea'::regtype) OR t.typcategory IN ('D', 'T')
                THEN _innovation_score.field_text(expression, form)
                ELSE expression || '::text' END
    FROM pg_type t WHERE t.oid = form
$$;

COMMENT ON FUNCTION _innovation_score.shown_text(text, regtype) IS
    'internal: SQL text of a value as text that does not depend on settings';

-- Numbers agree within the tolerance, and where they are binary fractions within what these differ by: 0.1 + 0.2 is 0.3.
CREATE FUNCTION _innovation_score.reconciliation_query(r reconciliation, keys compared_column[], columns compared_column[],
                                      texts boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT format('SELECT %s, c.column_name, c.status, c.left_value, c.right_value, c.difference FROM %s '
                  'CROSS JOIN LATERAL (VALUES %s) c(column_name, status, left_value, right_value, difference)',
                  _innovation_score.key_items(keys), _innovation_score.matched_rows(r, keys, columns),
                  string_agg(format(
                      '(%2$L::text, CASE WHEN l._rows > 1 OR r._rows > 1 THEN ''duplicate_key'' '
                      'WHEN l._value_%1$s IS NULL AND r._value_%1$s IS NULL THEN ''missing'' '
                      'WHEN r._value_%1$s IS NULL THEN ''only_left'' WHEN l._value_%1$s IS NULL THEN ''only_right'' '
                      'WHEN %3$s THEN ''matched'' ELSE ''conflict'' END, '
                      || CASE WHEN texts THEN _innovation_score.shown_text('l._value_%1$s', u.form) || ', '
                                              || _innovation_score.shown_text('r._value_%1$s', u.form)
                              ELSE 'NULL::text, NULL::text' END
                      || ', %4$s)', u.place, u.name,
                      CASE WHEN u.form IN ('float4'::regtype, 'float8'::regtype) THEN format('%s <= %L::double precision', d.difference, u.tolerance + 1e-12)
                           WHEN _innovation_score.is_number(u.form)
                           THEN format('_innovation_score.numbers_agree(%s, %L::numeric)', d.exact, u.tolerance)
                           WHEN t.typcategory = 'S'
                           THEN format('l._value_%1$s = r._value_%1$s COLLATE "C"', u.place)
                           ELSE format('l._value_%1$s::text = r._value_%1$s::text COLLATE "C"', u.place) END,
                      CASE WHEN _innovation_score.is_number(u.form) THEN d.difference ELSE 'NULL::double precision' END), ', '
                      ORDER BY u.place))
    FROM unnest(columns) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)
    JOIN pg_type t ON t.oid = u.form
    CROSS JOIN LATERAL (SELECT format('l._value_%1$s::numeric, r._value_%1$s::numeric', u.place)) AS e(exact)
    CROSS JOIN LATERAL (SELECT e.exact, CASE WHEN u.form IN ('float4'::regtype, 'float8'::regtype)
                            THEN format('innovation_score.relative_difference(l._value_%1$s::double precision, '
                                        'r._value_%1$s::double precision)', u.place)
                            ELSE format('_innovation_score.exact_difference(%s)', e.exact) END) AS d(exact, difference)
    WHERE u.left_value IS NOT NULL AND u.right_value IS NOT NULL
$$;

CREATE FUNCTION _innovation_score.resolved_query(r reconciliation, keys compared_column[], columns compared_column[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s FROM %s WHERE %s', _innovation_score.key_items(keys),
                  string_agg(format(CASE u.authority WHEN 'left' THEN 'COALESCE(l._value_%1$s, r._value_%1$s)%3$s AS %2$I'
                                                     ELSE 'COALESCE(r._value_%1$s, l._value_%1$s)%3$s AS %2$I' END,
                                    u.place, u.name, '::' || u.shown_as), ', ' ORDER BY u.place),
                  _innovation_score.matched_rows(r, keys, columns),
                  (SELECT string_agg(_innovation_score.matched_key(n) || ' IS NOT NULL', ' AND ') FROM generate_subscripts(keys, 1) n))
    FROM unnest(columns) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)
$$;

CREATE FUNCTION _innovation_score.reconciliation_summary_query(query text, statuses text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT v.column_name, count(*) AS keys, %s, '
                  'count(*) FILTER (WHERE v.status = ''conflict'')::double precision '
                  '/ NULLIF(count(*) FILTER (WHERE v.status IN (''matched'', ''conflict'')), 0) AS conflict_share, '
                  'max(v.difference) FILTER (WHERE v.status = ''conflict'') AS greatest_difference '
                  'FROM (%s) v GROUP BY v.column_name',
                  string_agg(format('count(*) FILTER (WHERE v.status = %1$L) AS %1$I', s.status), ', '
                             ORDER BY s.place),
                  query)
    FROM unnest(statuses) WITH ORDINALITY AS s(status, place)
$$;

COMMENT ON FUNCTION _innovation_score.reconciliation_query(reconciliation, compared_column[], compared_column[], boolean) IS
    'internal: text of the view <name>, or the same without the values as text, which take most of its time';
COMMENT ON FUNCTION _innovation_score.resolved_query(reconciliation, compared_column[], compared_column[]) IS
    'internal: text of the view <name>_resolved';
COMMENT ON FUNCTION _innovation_score.reconciliation_summary_query(text, text[]) IS 'internal: text of the view <name>_summary';

-- Creating and dropping.

CREATE FUNCTION _innovation_score.new_reconciliation_name(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _innovation_score.new_name('reconciliation', name, '_resolved', path);
BEGIN
    IF EXISTS (SELECT FROM reconciliation r WHERE r.name = known) THEN
        RAISE EXCEPTION 'reconciliation "%" already exists', known USING ERRCODE = 'duplicate_object',
            HINT = 'Drop it first with innovation_score.drop_reconciliation().';
    END IF;
    RETURN known;
END
$$;

COMMENT ON FUNCTION _innovation_score.new_reconciliation_name(text, name[]) IS
    'internal: the full name for a new reconciliation, checked';

CREATE FUNCTION _innovation_score.comment_reconciliation(r reconciliation) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT format('VIEW %s', _innovation_score.relation_name(r.name, v.suffix)) AS target,
               format('%s（%s, %s）', v.comment, r.left_source, r.right_source) AS comment
        FROM (VALUES ('', '多源匹配 two sources compared, one row a key and column'),
                     ('_summary', '多源匹配汇总 two sources compared, in figures'),
                     ('_resolved', '多源匹配结果 authoritative values of two sources, one row a key')) AS v(suffix, comment)
        UNION ALL
        SELECT format('COLUMN %s.%I', _innovation_score.relation_name(r.name, c.suffix), c.name), c.comment
        FROM (VALUES
            ('', 'column_name', '字段 compared column'),
            ('', 'status', '状态 matched（一致）, conflict（冲突）, only_left（仅左侧有值）, only_right（仅右侧有值）, '
                 'missing（两侧均缺失）, duplicate_key（主键重复）'),
            ('', 'left_value', '左侧值 value on the left'),
            ('', 'right_value', '右侧值 value on the right'),
            ('', 'difference', '相对差异 relative difference of two numbers'),
            ('_summary', 'column_name', '字段 compared column'),
            ('_summary', 'keys', '主键数 keys of both sources'),
            ('_summary', 'matched', '一致 keys whose values agree'),
            ('_summary', 'conflict', '冲突 keys whose values differ'),
            ('_summary', 'only_left', '仅左侧有值 keys with a value on the left only'),
            ('_summary', 'only_right', '仅右侧有值 keys with a value on the right only'),
            ('_summary', 'missing', '两侧均缺失 keys without a value'),
            ('_summary', 'duplicate_key', '主键重复 keys with several rows on a side'),
            ('_summary', 'conflict_share', '冲突率 share of conflicts among keys with both values, 0 to 1'),
            ('_summary', 'greatest_difference', '最大相对差异 greatest relative difference')) AS c(suffix, name, comment)
        UNION ALL   -- what comes from the sources
        SELECT format('COLUMN %s.%I', a.attrelid::regclass, a.attname),
               COALESCE((SELECT col_description(o.attrelid, o.attnum)
                         FROM unnest(ARRAY[r.left_source, r.right_source]::regclass[]) WITH ORDINALITY AS s(source, side)
                         JOIN pg_attribute o ON o.attrelid = s.source AND o.attname = a.attname
                         WHERE col_description(o.attrelid, o.attnum) IS NOT NULL ORDER BY s.side LIMIT 1),
                        CASE WHEN a.attnum <= cardinality(r.key) THEN '主键 key' ELSE '匹配结果 authoritative value' END)
        FROM unnest('{"",_resolved}'::text[]) AS v(suffix)
        JOIN pg_attribute a ON a.attrelid = _innovation_score.relation_name(r.name, v.suffix)::regclass
        WHERE a.attnum > 0 AND (v.suffix <> '' OR a.attnum <= cardinality(r.key))
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', due.target, due.comment);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.comment_reconciliation(reconciliation) IS 'internal: comments on the views of a reconciliation';

CREATE FUNCTION _innovation_score.create_reconciliation(r reconciliation, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    keys compared_column[];
    columns compared_column[];
    view record;
BEGIN
    r.name := _innovation_score.new_reconciliation_name(r.name, path);
    r.search_path := COALESCE((SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                               FROM unnest(path) WITH ORDINALITY AS p(name, place)), '');
    r.left_source := _innovation_score.kept_source(r.left_source);
    r.right_source := _innovation_score.kept_source(r.right_source);
    r.tolerance := COALESCE(r.tolerance, 0);
    IF NOT r.tolerance BETWEEN 0 AND 2 THEN
        RAISE EXCEPTION 'tolerance is %, not a number from 0 to 2', r.tolerance
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is relative: 0.01 for 1 %.';
    END IF;
    keys := _innovation_score.bind_keys(r);
    columns := _innovation_score.bind_compared(r);
    IF NOT EXISTS (SELECT FROM unnest(columns) c WHERE c.left_value IS NOT NULL AND c.right_value IS NOT NULL) THEN
        PERFORM _innovation_score.refuse_columns('no column is to be compared: each has one side only');
    END IF;
    FOR view IN
        SELECT v.suffix, v.query FROM (VALUES
            (1, '', _innovation_score.reconciliation_query(r, keys, columns, true)),
            (2, '_summary', _innovation_score.reconciliation_summary_query(_innovation_score.reconciliation_query(r, keys, columns, false),
                                                                             '{matched,conflict,only_left,only_right,missing,duplicate_key}')),
            (3, '_resolved', _innovation_score.resolved_query(r, keys, columns))) AS v(place, suffix, query)
        ORDER BY v.place
    LOOP
        PERFORM _innovation_score.run(r.search_path, format('CREATE VIEW %s%s AS %s', _innovation_score.relation_name(r.name, view.suffix),
                                           _innovation_score.view_options(_innovation_score.relation_name(r.name, view.suffix)), view.query));
    END LOOP;
    INSERT INTO reconciliation SELECT r.*;
    PERFORM _innovation_score.comment_reconciliation(r);
END
$$;

-- The key is one column or an array of them; a literal is a text to this type.
CREATE FUNCTION create_reconciliation(name text, left_source regclass, right_source regclass, key anycompatible, columns jsonb,
                                      tolerance float8 DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.create_reconciliation(
        ROW(name, left_source::pg_catalog.oid, right_source::pg_catalog.oid,
            CASE WHEN key::pg_catalog.text OPERATOR(pg_catalog.~~) '{%}' THEN key::pg_catalog.text::pg_catalog.text[]
                 ELSE ARRAY[key::pg_catalog.text] END, columns::pg_catalog.json, tolerance, NULL, NULL, NULL)::innovation_score.reconciliation,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _innovation_score.drop_reconciliation(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    parts text[] := parse_ident(name);
    known text;
    views text;
    dependent text;
BEGIN
    SELECT r.name INTO known
    FROM unnest(CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
         WITH ORDINALITY AS p(schema_name, place)
    JOIN reconciliation r ON r.name = format('%I.%I', p.schema_name, parts[cardinality(parts)])
    ORDER BY p.place LIMIT 1 FOR UPDATE OF r;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'reconciliation "%" does not exist', name USING ERRCODE = 'undefined_object',
            HINT = COALESCE((SELECT 'The reconciliations are ' || string_agg(r.name, ', ' ORDER BY r.name COLLATE "C") || '.'
                             FROM reconciliation r), 'There is none yet: see innovation_score.create_reconciliation().');
    END IF;
    DELETE FROM reconciliation r WHERE r.name = known;     -- first, since it is the owner of the view who may
    SELECT string_agg(c.oid::regclass::text, ', ') INTO views
    FROM unnest(ARRAY['', '_summary', '_sources', '_resolved']) AS s(suffix)
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.relation_name(known, s.suffix)) AND c.relkind = 'v';
    IF views IS NOT NULL THEN
        EXECUTE format('DROP VIEW %s', views);
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of reconciliation % cannot be dropped because other objects depend on them', known
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent, HINT = 'Drop those objects first.';
END
$$;

CREATE FUNCTION drop_reconciliation(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.drop_reconciliation(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.create_reconciliation(reconciliation, name[]) IS
    'internal: create_reconciliation with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.drop_reconciliation(text, name[]) IS 'internal: drop_reconciliation with the caller''s schemas';
COMMENT ON FUNCTION create_reconciliation(text, regclass, regclass, anycompatible, jsonb, float8) IS
    'compares two sources and creates the views <name>, <name>_summary and <name>_resolved';
COMMENT ON FUNCTION drop_reconciliation(text) IS 'drops a reconciliation and its views';
