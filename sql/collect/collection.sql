-- collection: registers of departments collected into a row per firm and period (零填报). This
-- file holds the registry and reads what the caller wrote; collection_views.sql makes views of it.

CREATE TABLE _innovation_score.collection (
    name        text NOT NULL,
    firms       text NOT NULL,
    key         text NOT NULL,
    periods     integer[] NOT NULL,
    registers   json NOT NULL,
    indicators  json NOT NULL,
    aliases     text,
    attributes  text[] NOT NULL DEFAULT '{}',
    condition   text,
    stored      boolean NOT NULL DEFAULT false,
    search_path text NOT NULL DEFAULT '',
    CONSTRAINT collection_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE collection IS '归集 collections of registers, kept by the functions of this extension';
COMMENT ON COLUMN collection.name IS '名称 name, always with its schema: that of its view';
COMMENT ON COLUMN collection.firms IS '企业名录 table or view of the firms';
COMMENT ON COLUMN collection.key IS '企业主键 column or expression that tells the firms apart';
COMMENT ON COLUMN collection.periods IS '期间 years that are collected';
COMMENT ON COLUMN collection.registers IS '登记簿 the registers, as given';
COMMENT ON COLUMN collection.indicators IS '指标 the indicators, as given';
COMMENT ON COLUMN collection.aliases IS '对照表 columns alias and firm: other codes and names of the firms; NULL: there are none';
COMMENT ON COLUMN collection.attributes IS '属性 columns of the firms that the view shows';
COMMENT ON COLUMN collection.condition IS '条件 condition over the firms; NULL: all';
COMMENT ON COLUMN collection.stored IS '物化 whether the rows are stored, and refreshed by refresh_collection()';
COMMENT ON COLUMN collection.search_path IS 'schemas in which the names in its expressions are looked up';

SELECT _innovation_score.dump_table('collection', 11.5, 'true');
SELECT _innovation_score.show_table('collection', '_innovation_score.owns_view(name)', NULL);

CREATE TYPE _innovation_score.collected_register AS (
    name      text,
    source    text,
    columns   text[],
    cells     text[],
    reads     text[],
    problems  text[],
    kept      text[],
    ties      text[],
    key       text,
    key_type  regtype,
    several   boolean,
    low       text,
    high      text,
    open      text[],
    condition text,
    latest    text,
    told      text,
    once      text
);

COMMENT ON TYPE _innovation_score.collected_register IS 'internal: a register of a collection as SQL text';
COMMENT ON COLUMN _innovation_score.collected_register.name IS 'name';
COMMENT ON COLUMN _innovation_score.collected_register.source IS 'full name of the table';
COMMENT ON COLUMN _innovation_score.collected_register.columns IS 'columns that are read';
COMMENT ON COLUMN _innovation_score.collected_register.cells IS 'columns of text that hold numbers or dates';
COMMENT ON COLUMN _innovation_score.collected_register.reads IS 'SQL text that reads each of these';
COMMENT ON COLUMN _innovation_score.collected_register.problems IS 'SQL text that says why it cannot be read';
COMMENT ON COLUMN _innovation_score.collected_register.kept IS 'columns that values name';
COMMENT ON COLUMN _innovation_score.collected_register.ties IS
    'order by these of rows of which only one can count, so that the same one does whatever the plan';
COMMENT ON COLUMN _innovation_score.collected_register.key IS 'key of a row';
COMMENT ON COLUMN _innovation_score.collected_register.key_type IS 'type of a key';
COMMENT ON COLUMN _innovation_score.collected_register.several IS 'whether that is an array of keys';
COMMENT ON COLUMN _innovation_score.collected_register.low IS 'first year of a row';
COMMENT ON COLUMN _innovation_score.collected_register.high IS 'last year, NULL if a row has one year only';
COMMENT ON COLUMN _innovation_score.collected_register.open IS
    'columns of the dates of an interval, in which NULL is no end; NULL for any other register';
COMMENT ON COLUMN _innovation_score.collected_register.condition IS 'condition over the rows, or NULL';
COMMENT ON COLUMN _innovation_score.collected_register.latest IS 'what is greatest in the row that counts, or NULL';
COMMENT ON COLUMN _innovation_score.collected_register.told IS 'what tells how new the register is, or NULL';
COMMENT ON COLUMN _innovation_score.collected_register.once IS 'what counts once per firm and period, or NULL';

CREATE TYPE _innovation_score.collected_item AS (
    name     text,
    register integer,
    value    text,
    type     regtype,
    absent   text,
    uses     text[],
    formula  text,
    previous text[]
);

COMMENT ON TYPE _innovation_score.collected_item IS 'internal: an indicator or component of a collection as SQL text';
COMMENT ON COLUMN _innovation_score.collected_item.name IS 'name';
COMMENT ON COLUMN _innovation_score.collected_item.register IS 'place of its register; NULL for a formula';
COMMENT ON COLUMN _innovation_score.collected_item.value IS 'aggregate over the rows of the register';
COMMENT ON COLUMN _innovation_score.collected_item.type IS 'type of its values';
COMMENT ON COLUMN _innovation_score.collected_item.absent IS 'number where the register has no row of the firm, or NULL';
COMMENT ON COLUMN _innovation_score.collected_item.uses IS 'columns of the register that it names';
COMMENT ON COLUMN _innovation_score.collected_item.formula IS 'formula over collected values, or NULL';
COMMENT ON COLUMN _innovation_score.collected_item.previous IS 'values of the year before that the formula names';

-- What the caller wrote.

CREATE FUNCTION _innovation_score.refuse_collection(problem text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = problem,
        HINT = COALESCE(hint, 'doc/collect.md says what registers and indicators may hold.');
END
$$;

-- json and not jsonb: the order counts, and a key that stands twice is a mistake.
CREATE FUNCTION _innovation_score.check_object(value json, what text, allowed text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    culprit text;
BEGIN
    IF json_typeof(value) IS DISTINCT FROM 'object' THEN
        PERFORM _innovation_score.refuse_collection(format('%s must be a JSON object', what));
    END IF;
    SELECT k INTO culprit FROM json_object_keys(value) k GROUP BY k HAVING count(*) > 1 ORDER BY k COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_collection(format('%s has the key "%s" twice', what, culprit));
    END IF;
    SELECT k INTO culprit FROM json_object_keys(value) k WHERE k <> ALL (allowed) ORDER BY k COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_collection(format('%s has the unknown key "%s"', what, culprit),
                                                    format('The keys are %s.', array_to_string(allowed, ', ')));
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.json_text(value json, key text, what text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF json_typeof(value -> key) NOT IN ('string', 'null') THEN
        PERFORM _innovation_score.refuse_collection(format('"%s" of %s must be a string', key, what));
    END IF;
    RETURN value ->> key;
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_collection(text, text) IS 'internal: the error of a collection that is not described well';
COMMENT ON FUNCTION _innovation_score.check_object(json, text, text[]) IS
    'internal: refuses what is no object, a key that stands twice and one that is not allowed';
COMMENT ON FUNCTION _innovation_score.json_text(json, text, text) IS 'internal: a string of an object, NULL if it is not there';

-- Told by us, since the server's hints are about what the register is read through.
CREATE FUNCTION _innovation_score.expression_columns(expression text, what text, columns text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    names text[];
    unknown text;
BEGIN
    IF expression = ANY (columns) THEN      -- as a name that would have to be quoted
        RETURN ARRAY[expression];
    END IF;
    BEGIN
        SELECT COALESCE(array_agg(DISTINCT n.name) FILTER (WHERE n.name = ANY (columns)), '{}'),
               min(n.name) FILTER (WHERE n.qualifier IS NULL AND n.name <> ALL (columns))
        INTO names, unknown FROM _innovation_score.expression_names(expression, what) n;
    EXCEPTION WHEN syntax_error THEN
        RAISE EXCEPTION '% is not one SQL expression: %', what, expression
            USING ERRCODE = 'syntax_error', HINT = 'Give the name of a column of the source, or an SQL expression over its columns.';
    END;
    IF unknown IS NOT NULL AND expression !~* '\mselect\M' THEN
        RAISE EXCEPTION '% names the column "%", which does not exist', what, unknown
            USING ERRCODE = 'undefined_column', DETAIL = format('It was given as %s.', expression),
                  HINT = format('The columns of the source are %s.', (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c));
    END IF;
    RETURN names;
END
$$;

COMMENT ON FUNCTION _innovation_score.expression_columns(text, text, text[]) IS
    'internal: which of these columns an expression names, or an error';

-- The rows of a register with its cells read. What stands in "problems" tells apart a cell that says nothing.
CREATE FUNCTION _innovation_score.read_rows(r collected_register, extra text DEFAULT '') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s%s%s FROM %s t',
                  (SELECT string_agg(format('%s AS %I', COALESCE(r.reads[array_position(r.cells, u.name)], format('t.%I', u.name)),
                                            u.name), ', ' ORDER BY u.place)
                   FROM unnest(r.columns) WITH ORDINALITY AS u(name, place)),
                  (SELECT string_agg(format(', (%s IS NOT NULL) AS _bad_%s', p.problem, p.place), '' ORDER BY p.place)
                   FROM unnest(r.problems) WITH ORDINALITY AS p(problem, place)), extra, r.source)
$$;

COMMENT ON FUNCTION _innovation_score.read_rows(collected_register, text) IS
    'internal: query of the rows of a register, its cells as numbers and dates';

CREATE FUNCTION _innovation_score.bind_cells(INOUT r collected_register, source regclass, body json, what text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns text[] := _innovation_score.source_columns(source);
    cell record;
BEGIN
    IF body -> 'numbers' IS NOT NULL THEN
        PERFORM _innovation_score.check_object(body -> 'numbers', '"numbers" of ' || what);
    END IF;
    IF json_typeof(COALESCE(body -> 'dates', '[]')) <> 'array' THEN
        PERFORM _innovation_score.refuse_collection(format('"dates" of %s must be an array of columns', what));
    END IF;
    r.cells := '{}';
    r.reads := '{}';
    r.problems := '{}';
    FOR cell IN
        SELECT n.key AS name, true AS number, n.value AS unit, n.place
        FROM json_each(COALESCE(body -> 'numbers', '{}')) WITH ORDINALITY AS n(key, value, place)
        UNION ALL
        SELECT d.name, false, NULL, 10000 + d.place
        FROM json_array_elements_text(COALESCE(body -> 'dates', '[]')) WITH ORDINALITY AS d(name, place)
        ORDER BY place
    LOOP
        IF cell.name <> ALL (columns) THEN
            RAISE EXCEPTION 'column "%" of % does not exist', cell.name, what
                USING ERRCODE = 'undefined_column',
                      HINT = format('The columns of the source are %s.',
                                    (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c));
        END IF;
        IF cell.name = ANY (r.cells) THEN
            PERFORM _innovation_score.refuse_collection(format('column "%s" of %s is read twice', cell.name, what));
        END IF;
        IF (SELECT (_innovation_score.base_type(a.atttypid)).typcategory FROM pg_attribute a
            WHERE a.attrelid = source AND a.attname = cell.name) <> 'S' THEN
            RAISE EXCEPTION 'column "%" of % is no text', cell.name, what
                USING ERRCODE = 'datatype_mismatch',
                      HINT = '"numbers" and "dates" name columns of text that are to be read; others are used as they are.';
        END IF;
        IF json_typeof(cell.unit) NOT IN ('string', 'null') THEN
            PERFORM _innovation_score.refuse_collection(format('the unit of column "%s" of %s must be a string', cell.name, what),
                                                        'For example {"收入": "万元", "人数": ""}.');
        END IF;
        r.cells := r.cells || cell.name;
        r.reads := r.reads || CASE WHEN cell.number THEN format('innovation_score.parse_number(t.%I, %L)', cell.name,
                                                                NULLIF(cell.unit #>> '{}', ''))
                                   ELSE format('innovation_score.parse_date(t.%I)', cell.name) END;
        r.problems := r.problems || CASE WHEN cell.number THEN format('innovation_score.number_problem(t.%I, %L)', cell.name,
                                                                      NULLIF(cell.unit #>> '{}', ''))
                                         ELSE format('_innovation_score.date_problem(t.%I)', cell.name) END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_cells(collected_register, regclass, json, text) IS
    'internal: the columns of text of a register that are read as numbers and dates';

CREATE FUNCTION _innovation_score.bind_date(path text, source text, columns text[], item text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_expression(path, source, columns, item, what);
BEGIN
    IF (_innovation_score.base_type(bound.type)).oid NOT IN ('date'::regtype, 'timestamp'::regtype) THEN
        RAISE EXCEPTION '% is of type %, not a date', what, format_type(bound.type, NULL)
            USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', item),
                  HINT = 'Columns of text are read as dates if "dates" names them; a time with time zone needs AT TIME ZONE.';
    END IF;
    RETURN format('CAST(%s AS pg_catalog.date)', bound.expression);
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_date(text, text, text[], text, text) IS
    'internal: SQL text of an expression over a register that gives a date';

-- In which years a row counts.
CREATE FUNCTION _innovation_score.bind_years(INOUT r collected_register, path text, source text, body json, what text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kinds text[] := ARRAY(SELECT k FROM unnest('{period,date,from}'::text[]) k WHERE body ->> k IS NOT NULL);
    years integer;
    bound bound_expression;
    start text;
    finish text;
BEGIN
    IF cardinality(kinds) <> 1 THEN
        PERFORM _innovation_score.refuse_collection(
            format(CASE WHEN kinds = '{}' THEN '%s has neither "period" nor "date" nor "from"'
                        ELSE '%s has more than one of "period", "date" and "from"' END, what),
            'They say in which periods a row counts: {"period": "年度"}, {"date": "登记日期"} or {"from": "开始", "to": "结束"}.');
    END IF;
    IF kinds <> '{from}' AND (body -> 'to' IS NOT NULL OR body -> 'during' IS NOT NULL)
       OR kinds = '{from}' AND body -> 'years' IS NOT NULL THEN
        PERFORM _innovation_score.refuse_collection(
            format('"to" and "during" of %s belong to "from", and "years" to "period" and "date"', what));
    END IF;
    IF COALESCE(body ->> 'during', 'period') NOT IN ('last day', 'period') THEN
        PERFORM _innovation_score.refuse_collection(format('"during" of %s must be "last day" or "period"', what));
    END IF;
    IF body -> 'years' IS NOT NULL AND (body ->> 'years') !~ '^[1-9][0-9]{0,3}$' THEN
        PERFORM _innovation_score.refuse_collection(format('"years" of %s must be a whole number from 1', what));
    END IF;
    years := COALESCE((body ->> 'years')::integer, 1);
    CASE kinds[1]
    WHEN 'period' THEN
        bound := _innovation_score.bind_expression(path, source, r.columns, body ->> 'period', '"period" of ' || what);
        IF (_innovation_score.base_type(bound.type)).oid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN
            RAISE EXCEPTION '"period" of % is of type %, not an integer', what, format_type(bound.type, NULL)
                USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', body ->> 'period'),
                      HINT = 'For example left(报告期, 4)::integer.';
        END IF;
        r.low := format('CAST(%s AS pg_catalog.int4)', bound.expression);
    WHEN 'date' THEN
        r.told := _innovation_score.bind_date(path, source, r.columns, body ->> 'date', '"date" of ' || what);
        r.low := format('_innovation_score.year_of(%s, 0)', r.told);
    ELSE
        start := _innovation_score.bind_date(path, source, r.columns, body ->> 'from', '"from" of ' || what);
        r.low := format('_innovation_score.year_of(%s, 0)', start);
        finish := _innovation_score.bind_date(path, source, r.columns, COALESCE(body ->> 'to', 'NULL::date'), '"to" of ' || what);
        r.high := format(CASE WHEN body ->> 'during' = 'period' THEN '_innovation_score.year_of(%s, 0)'
                              ELSE '_innovation_score.year_of(%s, 1) OPERATOR(pg_catalog.-) 1' END, finish);
        r.told := start;
        r.open := _innovation_score.expression_columns(body ->> 'from', what, r.columns)
            || _innovation_score.expression_columns(COALESCE(body ->> 'to', 'NULL'), what, r.columns);
    END CASE;
    IF years > 1 THEN
        r.high := format('%s OPERATOR(pg_catalog.+) %s', r.low, years - 1);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_years(collected_register, text, text, json, text) IS
    'internal: SQL text of the first and last year in which a row counts';

CREATE FUNCTION _innovation_score.bind_register(c collection, name text, body json, used text[]) RETURNS collected_register
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    r collected_register;
    what text := format('register "%s"', name);
    relation regclass;
    columns text[];
    rows text;
    bound bound_expression;
    base pg_type;
    clash text;
BEGIN
    PERFORM _innovation_score.check_object(body, what, '{table,key,period,date,from,to,years,during,where,latest,distinct,numbers,dates}');
    IF _innovation_score.json_text(body, 'table', what) IS NULL OR _innovation_score.json_text(body, 'key', what) IS NULL THEN
        PERFORM _innovation_score.refuse_collection(format('%s needs a "table" and a "key"', what));
    END IF;
    PERFORM _innovation_score.json_text(body, k, what) FROM unnest('{period,date,from,to,during,where,latest,distinct}'::text[]) k;
    r.name := name;
    relation := _innovation_score.collected_relation(c.search_path, body ->> 'table', what);
    r.source := _innovation_score.source_name(relation);
    columns := _innovation_score.source_columns(relation);
    r := _innovation_score.bind_cells(r, relation, body, what);
    r.kept := ARRAY(SELECT DISTINCT u FROM unnest(used) v CROSS JOIN LATERAL
                    unnest(_innovation_score.expression_columns(v, 'a value from ' || what, columns)) u ORDER BY u);
    r.ties := ARRAY(
        SELECT format(CASE WHEN u = ANY (r.cells) OR _innovation_score.is_number(a.atttypid)
                                OR (_innovation_score.base_type(a.atttypid)).typcategory = 'D' THEN ', s.%I DESC NULLS LAST'
                           ELSE ', CAST(s.%I AS pg_catalog.text) COLLATE "C" DESC NULLS LAST' END, u)
        FROM unnest(r.kept) WITH ORDINALITY AS k(u, place) JOIN pg_attribute a ON a.attrelid = relation AND a.attname = u
        ORDER BY k.place);
    r.columns := ARRAY(
        SELECT DISTINCT u FROM unnest(r.kept || r.cells || ARRAY(
            SELECT e FROM unnest('{key,period,date,from,to,where,latest,distinct}'::text[]) k
            CROSS JOIN LATERAL unnest(_innovation_score.expression_columns(body ->> k, format('"%s" of %s', k, what), columns)) e
            WHERE body ->> k IS NOT NULL)) u ORDER BY u);
    SELECT u INTO clash FROM unnest(r.columns) u WHERE u ~ '^_(key|low|high|year|period|latest|told|once|row|firm|bad_[0-9]+|text_[0-9]+)$' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of % has a name of ours', clash, what
            USING ERRCODE = 'duplicate_column', HINT = 'Give a view that calls it otherwise as "table".';
    END IF;
    rows := format('(%s) r', _innovation_score.read_rows(r));

    bound := _innovation_score.bind_expression(c.search_path, rows, columns, body ->> 'key', '"key" of ' || what);
    base := _innovation_score.base_type(bound.type);
    r.several := base.typcategory = 'A';
    r.key_type := CASE WHEN r.several THEN base.typelem ELSE bound.type END;
    PERFORM _innovation_score.check_key_type(r.key_type, _innovation_score.column_collation(relation, bound.name));
    r.key := bound.expression;
    r := _innovation_score.bind_years(r, c.search_path, rows, body, what);
    IF body ->> 'where' IS NOT NULL THEN
        r.condition := _innovation_score.bind_condition(c.search_path, rows, columns, body ->> 'where', '"where" of ' || what);
    END IF;
    IF body ->> 'latest' IS NOT NULL THEN
        r.latest := (_innovation_score.bind_scalar(c.search_path, rows, columns, body ->> 'latest', '"latest" of ' || what)).expression;
        r.told := r.latest;
    END IF;
    IF body ->> 'distinct' IS NOT NULL THEN
        r.once := (_innovation_score.bind_scalar(c.search_path, rows, columns, body ->> 'distinct', '"distinct" of ' || what)).expression;
    END IF;
    RETURN r;
END
$$;

-- A name as the caller's schemas have it.
CREATE FUNCTION _innovation_score.collected_relation(path text, name text, what text) RETURNS regclass
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    relation regclass;
BEGIN
    PERFORM set_config('search_path', path, true);
    BEGIN
        relation := to_regclass(name);
    EXCEPTION WHEN OTHERS THEN
        NULL;       -- no name at all
    END;
    IF relation IS NULL THEN
        RAISE EXCEPTION 'table "%" of % does not exist', name, what
            USING ERRCODE = 'undefined_table', HINT = 'Give a table or view, with its schema where it is not in the search path.';
    END IF;
    RETURN relation;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_register(collection, text, json, text[]) IS 'internal: a register as SQL text, or an error';
COMMENT ON FUNCTION _innovation_score.collected_relation(text, text, text) IS 'internal: the relation of a name under a search_path';

CREATE FUNCTION _innovation_score.bind_registers(c collection) RETURNS collected_register[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    result collected_register[] := '{}';
BEGIN
    PERFORM _innovation_score.check_object(c.registers, 'registers');
    FOR given IN SELECT e.key, e.value FROM json_each(c.registers) WITH ORDINALITY AS e(key, value, place) ORDER BY e.place LOOP
        result := result || _innovation_score.bind_register(c, given.key, given.value, ARRAY(
            SELECT i.value ->> 'value' FROM json_each(c.indicators) i
            WHERE json_typeof(i.value) = 'object' AND i.value ->> 'from' = given.key AND i.value ->> 'value' IS NOT NULL));
    END LOOP;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_registers(collection) IS 'internal: the registers of a collection, in their order';
