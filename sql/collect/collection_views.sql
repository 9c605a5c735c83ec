-- collection, views: <name>, and beside it <name>_problems, _sources and _rows.
--
-- What users wrote stands in these views under their maker's schemas; every operator, function and
-- type of ours is written with its schema, and keys are compared as texts under COLLATE "C".

-- Firms and other names of theirs.

-- A text is its own key text; left as it is, the planner knows its statistics and indexes.
CREATE FUNCTION _innovation_score.key_expression(expression text, type oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN (_innovation_score.base_type(type)).oid IN ('text'::regtype, 'varchar'::regtype)
                THEN format('CAST(%s AS pg_catalog.text) COLLATE "C"', expression)
                ELSE format('innovation_score.key_text(%s) COLLATE "C"', expression) END
$$;

COMMENT ON FUNCTION _innovation_score.key_expression(text, oid) IS 'internal: SQL text of the key text of a value of a type';

-- A firm that stands twice is one firm, with the attributes of one of its rows.
CREATE FUNCTION _innovation_score.firms_query(c collection) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source text := _innovation_score.source_name(c.firms::regclass);
    columns text[] := _innovation_score.source_columns(c.firms::regclass);
    key bound_expression := _innovation_score.bind_key(c.search_path, c.firms::regclass, columns, c.key, 'key');
    item text;
    names text[] := '{}';
    condition text;
    rows text;
BEGIN
    FOREACH item IN ARRAY c.attributes LOOP
        names := names || (_innovation_score.bind_column(c.search_path, source, columns, item, format('attribute "%s"', item))).name;
    END LOOP;
    IF c.condition IS NOT NULL THEN
        condition := _innovation_score.bind_condition(c.search_path, source, columns, c.condition, 'condition');
    END IF;
    rows := format('SELECT %s AS _firm%s FROM %s t WHERE (%s) IS NOT NULL%s', _innovation_score.key_expression(key.expression, key.type),
                    COALESCE(', ' || _innovation_score.columns_of('t', names), ''), source, key.expression,
                    COALESCE(' AND (' || condition || ')', ''));
    IF key.name IS NOT NULL AND _innovation_score.has_unique_index(c.firms::regclass, ARRAY[key.name]) THEN
        RETURN rows;
    END IF;
    RETURN format('SELECT DISTINCT ON (t._firm) t._firm%s FROM (%s) t ORDER BY t._firm%s',
                  COALESCE(', ' || _innovation_score.columns_of('t', names), ''), rows,
                  (SELECT string_agg(format(', CAST(t.%I AS pg_catalog.text) COLLATE "C"', n), '') FROM unnest(names) n));
END
$$;

-- An alias that two firms have is nobody's, and one that is the firm's own key says nothing.
CREATE FUNCTION _innovation_score.aliases_query(c collection) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source text;
    columns text[];
    alias bound_expression;
    firm bound_expression;
    rows text;
BEGIN
    IF c.aliases IS NULL THEN
        RETURN NULL;
    END IF;
    source := _innovation_score.source_name(c.aliases::regclass);
    columns := _innovation_score.source_columns(c.aliases::regclass);
    IF NOT columns @> '{alias,firm}' THEN
        RAISE EXCEPTION '% lacks the column alias or firm', source USING ERRCODE = 'undefined_column',
            HINT = 'A table of aliases has the columns alias (another code or name of a firm) and firm (its key).';
    END IF;
    alias := _innovation_score.bind_key(c.search_path, c.aliases::regclass, columns, 'alias', 'column of the aliases');
    firm := _innovation_score.bind_key(c.search_path, c.aliases::regclass, columns, 'firm', 'column of the aliases');
    rows := format('SELECT %s AS _alias, %s AS _owner FROM %s t', _innovation_score.key_expression('t.alias', alias.type),
                   _innovation_score.key_expression('t.firm', firm.type), source);
    IF _innovation_score.has_unique_index(c.aliases::regclass, '{alias}') THEN
        RETURN format('SELECT * FROM (%s) a WHERE (a._alias OPERATOR(pg_catalog.=) a._owner) IS NOT TRUE', rows);
    END IF;
    RETURN format('SELECT a._alias, CASE WHEN pg_catalog.min(a._owner) OPERATOR(pg_catalog.=) pg_catalog.max(a._owner) '
                  'THEN pg_catalog.min(a._owner) END AS _owner FROM (%s) a '
                  'WHERE a._alias OPERATOR(pg_catalog.<>) a._owner GROUP BY a._alias', rows);
END
$$;

COMMENT ON FUNCTION _innovation_score.firms_query(collection) IS 'internal: query of the firms of a collection, each once';
COMMENT ON FUNCTION _innovation_score.aliases_query(collection) IS
    'internal: query of the aliases of a collection, each once; NULL if it has none';

-- Rows of a register: conditions and years first, then the latest of each key, then the firm, then what counts once.

CREATE FUNCTION _innovation_score.bad_columns(r collected_register, uses text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(array_agg('_bad_' || u.place ORDER BY u.place), '{}')
    FROM unnest(r.cells) WITH ORDINALITY AS u(name, place) WHERE u.name = ANY (uses)
$$;

COMMENT ON FUNCTION _innovation_score.bad_columns(collected_register, text[]) IS
    'internal: columns that say whether one of these cells cannot be read';

CREATE FUNCTION _innovation_score.year_list(years integer[], shift integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('CAST(%L AS pg_catalog.int4[])', array_agg(y - shift ORDER BY y)) FROM unnest(years) y
$$;

COMMENT ON FUNCTION _innovation_score.year_list(integer[], integer) IS 'internal: SQL text of years that lie so much earlier';

-- A row per key and year, as registered.
CREATE FUNCTION _innovation_score.dated_rows(r collected_register, years integer[], shift integer, carried text[] DEFAULT '{}')
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept text := concat_ws(', ', VARIADIC ARRAY[_innovation_score.columns_of('s', r.kept
        || ARRAY(SELECT '_bad_' || g FROM generate_subscripts(r.cells, 1) g) || carried), 's._latest', 's._told', 's._once']);
    list text := _innovation_score.year_list(years, shift);
    rows text;
    year text := 's._low';
    condition text;
BEGIN
    rows := format('SELECT %s, %s AS _key, %s AS _low, %s AS _high, %s AS _latest, %s AS _told, %s AS _once FROM (%s) r%s',
                    COALESCE(_innovation_score.columns_of('r', r.kept || ARRAY(SELECT '_bad_' || g FROM generate_subscripts(r.cells, 1) g)
                                                               || carried), 'NULL AS _nothing'),
                    r.key, r.low, COALESCE(r.high, 'NULL'), COALESCE(r.latest, 'NULL'), COALESCE(r.told, 'NULL'), COALESCE(r.once, 'NULL'),
                    _innovation_score.read_rows(r, CASE WHEN '_row' = ANY (carried) THEN ', pg_catalog.to_jsonb(t) AS _row' ELSE '' END),
                    COALESCE(' WHERE ' || r.condition, ''));
    IF r.several THEN
        rows := format('SELECT %s, pg_catalog.unnest(s._key) AS _key, s._low, s._high FROM (%s) s', kept, rows);
    END IF;
    IF r.high IS NOT NULL THEN
        condition := CASE WHEN r.open IS NULL THEN 's._low IS NOT NULL'
                          ELSE (SELECT string_agg(format('NOT s.%I', b), ' AND ')
                                FROM unnest(_innovation_score.bad_columns(r, r.open)) b) END;
        -- by a join and not by generate_series(), of which the planner expects a thousand years
        rows := format('SELECT %s, s._key, y._year FROM (%s) s CROSS JOIN pg_catalog.unnest(%s) AS y(_year) '
                       'WHERE (s._low OPERATOR(pg_catalog.<=) y._year) IS NOT FALSE AND (s._high OPERATOR(pg_catalog.>=) y._year) IS NOT FALSE%s',
                        kept, rows, list, COALESCE(' AND ' || condition, ''));
        year := 's._year';
    END IF;
    RETURN format('SELECT %s, %s AS _key, %s AS _period FROM (%s) s WHERE %s',
                  kept, _innovation_score.key_expression('s._key', r.key_type),
                  year || CASE WHEN shift > 0 THEN format(' OPERATOR(pg_catalog.+) %s', shift) ELSE '' END, rows,
                  CASE WHEN r.high IS NOT NULL THEN 'true' ELSE format('%s OPERATOR(pg_catalog.=) ANY (%s)', year, list) END);
END
$$;

COMMENT ON FUNCTION _innovation_score.dated_rows(collected_register, integer[], integer, text[]) IS
    'internal: query of the rows of a register with key and period, those of so many years before as of the period';

-- With the firm, where it is known by another name, else with the key.
CREATE FUNCTION _innovation_score.matched_rows_of(rows text, aliases text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN aliases IS NULL THEN format('SELECT s.*, s._key AS _firm FROM (%s) s', rows)
                ELSE format('SELECT s.*, CASE WHEN a._alias IS NULL THEN s._key ELSE a._owner END AS _firm FROM (%s) s '
                            'LEFT JOIN (%s) a ON a._alias OPERATOR(pg_catalog.=) s._key', rows, aliases) END
$$;

COMMENT ON FUNCTION _innovation_score.matched_rows_of(text, text) IS 'internal: query of rows with the key of their firm';

-- The rows that count. The firm comes first in every order, so that rows that are sorted need not be hashed to be aggregated.
CREATE FUNCTION _innovation_score.counted_rows(r collected_register, aliases text, years integer[], shift integer,
                                               carried text[] DEFAULT '{}')
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rows text := _innovation_score.matched_rows_of(_innovation_score.dated_rows(r, years, shift, carried) || ' AND s._key IS NOT NULL', aliases);
BEGIN
    IF r.latest IS NOT NULL THEN
        rows := format('SELECT DISTINCT ON (s._firm, s._period, s._key) s.* FROM (%s) s '
                       'ORDER BY s._firm, s._period, s._key, s._latest DESC NULLS LAST%s', rows, array_to_string(r.ties, ''));
    END IF;
    IF r.once IS NOT NULL THEN
        rows := format('SELECT DISTINCT ON (s._firm, s._period, s._once) s.* FROM (%s) s ORDER BY s._firm, s._period, s._once%s',
                        rows, array_to_string(r.ties, ''));
    END IF;
    RETURN rows;
END
$$;

COMMENT ON FUNCTION _innovation_score.counted_rows(collected_register, text, integer[], integer, text[]) IS
    'internal: query of the rows of a register that count, with firm and period';

-- The collection itself. A slot is a value of this year or of the year before; a branch gives the
-- slots of one register and year, and all branches are grouped once.

CREATE TYPE _innovation_score.collected_slot AS (name text, shift integer, branch integer, register integer, item collected_item);

COMMENT ON TYPE _innovation_score.collected_slot IS 'internal: a collected value of this year or of the year before';
COMMENT ON COLUMN _innovation_score.collected_slot.name IS 'name of the value';
COMMENT ON COLUMN _innovation_score.collected_slot.shift IS '0 for this year, 1 for the year before';
COMMENT ON COLUMN _innovation_score.collected_slot.branch IS 'number of the register and shift, from 1';
COMMENT ON COLUMN _innovation_score.collected_slot.register IS 'place of the register';
COMMENT ON COLUMN _innovation_score.collected_slot.item IS 'the value';

CREATE FUNCTION _innovation_score.collected_slots(items collected_item[]) RETURNS collected_slot[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(ROW(v.name, v.shift, v.branch, v.register, items[v.place])::collected_slot ORDER BY v.shift, v.place)
    FROM (SELECT (items[g]).name, s.shift, (items[g]).register, g AS place,
                 dense_rank() OVER (ORDER BY s.shift, (items[g]).register) AS branch
          FROM generate_subscripts(items, 1) g CROSS JOIN (VALUES (0), (1)) AS s(shift)
          WHERE (items[g]).formula IS NULL
            AND (s.shift = 0 OR EXISTS (SELECT FROM unnest(items) u WHERE (items[g]).name = ANY (u.previous)))) v
$$;

-- A value where every cell that it names could be read.
CREATE FUNCTION _innovation_score.guarded_value(r collected_register, item collected_item) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN b.bad IS NULL THEN item.value
                ELSE format('CASE WHEN pg_catalog.bool_or(%s) THEN NULL ELSE %s END', b.bad, item.value) END
    FROM (SELECT string_agg('s.' || c, ' OR ') AS bad FROM unnest(_innovation_score.bad_columns(r, item.uses)) c) b
$$;

CREATE FUNCTION _innovation_score.branch_query(registers collected_register[], slots collected_slot[], branch integer, aliases text,
                                               years integer[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT s._firm, s._period, %s%s FROM (%s) s GROUP BY s._firm, s._period',
                  string_agg(format('%s AS _value_%s',
                                    CASE WHEN u.branch = branch_query.branch
                                         THEN _innovation_score.guarded_value(registers[u.register], u.item)
                                         ELSE format('CAST(NULL AS %s)', _innovation_score.type_name((u.item).type)) END, u.place), ', ' ORDER BY u.place),
                  (SELECT string_agg(CASE WHEN b = branch_query.branch THEN ', true' ELSE ', CAST(NULL AS pg_catalog.bool)' END || ' AS _there_' || b, '' ORDER BY b)
                   FROM (SELECT DISTINCT o.branch FROM unnest(slots) o WHERE (o.item).absent IS NOT NULL) t(b)),
                  (SELECT _innovation_score.counted_rows(registers[o.register], aliases, years, o.shift)
                   FROM unnest(slots) o WHERE o.branch = branch_query.branch LIMIT 1))
    FROM unnest(slots) WITH ORDINALITY AS u(name, shift, branch, register, item, place)
$$;

-- Absence means the number only where the register has been delivered for the year.
CREATE FUNCTION _innovation_score.period_query(registers collected_register[], slots collected_slot[], years integer[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT p._period%s FROM pg_catalog.unnest(%s) AS p(_period)%s',
                  COALESCE(string_agg(format(', EXISTS (SELECT FROM (%s) d WHERE d._period OPERATOR(pg_catalog.=) p._period) AS _delivered_%s',
                                             _innovation_score.dated_rows(registers[b.register], years, b.shift), b.branch), '' ORDER BY b.branch), ''),
                  _innovation_score.year_list(years, 0),
                  -- asked once per period, and not once per firm
                  CASE WHEN count(*) > 0 THEN ' OFFSET 0' ELSE '' END)
    FROM (SELECT DISTINCT u.branch, u.register, u.shift FROM unnest(slots) u WHERE (u.item).absent IS NOT NULL) b
$$;

COMMENT ON FUNCTION _innovation_score.collected_slots(collected_item[]) IS 'internal: the values that are collected, of this year and of the year before';
COMMENT ON FUNCTION _innovation_score.guarded_value(collected_register, collected_item) IS 'internal: SQL text of a value, NULL where a cell cannot be read';
COMMENT ON FUNCTION _innovation_score.branch_query(collected_register[], collected_slot[], integer, text, integer[]) IS
    'internal: query of the values of one register and year';
COMMENT ON FUNCTION _innovation_score.period_query(collected_register[], collected_slot[], integer[]) IS
    'internal: query of the periods, and of which registers have rows of them';

CREATE FUNCTION _innovation_score.collection_query(c collection, registers collected_register[], items collected_item[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    slots collected_slot[] := _innovation_score.collected_slots(items);
    aliases text := _innovation_score.aliases_query(c);
    branches integer := (SELECT max(u.branch) FROM unnest(slots) u);
    collected text;
    now text;
    previous text;
    formulas text;
BEGIN
    SELECT string_agg(_innovation_score.branch_query(registers, slots, b, aliases, c.periods), ' UNION ALL ' ORDER BY b) INTO collected
    FROM generate_series(1, branches) b;
    IF branches > 1 THEN
        collected := format('SELECT u._firm, u._period, %s%s FROM (%s) u GROUP BY u._firm, u._period',
            (SELECT string_agg(format('pg_catalog.max(u._value_%1$s) AS _value_%1$s', g), ', ' ORDER BY g) FROM generate_subscripts(slots, 1) g),
            (SELECT string_agg(format(', pg_catalog.bool_or(u._there_%1$s) AS _there_%1$s', b), '' ORDER BY b)
             FROM (SELECT DISTINCT o.branch FROM unnest(slots) o WHERE (o.item).absent IS NOT NULL) t(b)),
            collected);
    END IF;
    SELECT string_agg(v.text, ', ' ORDER BY v.place) FILTER (WHERE v.shift = 0),
           string_agg(v.text, ', ' ORDER BY v.place) FILTER (WHERE v.shift = 1)
    INTO now, previous
    FROM (SELECT u.shift, u.place,
                 format(CASE WHEN (u.item).absent IS NULL THEN 'c._value_%1$s AS %2$I'
                             ELSE 'CASE WHEN c._there_%3$s IS NULL THEN CASE WHEN p._delivered_%3$s THEN %4$s END '
                                  'ELSE c._value_%1$s END AS %2$I' END, u.place, u.name, u.branch, (u.item).absent) AS text
          FROM unnest(slots) WITH ORDINALITY AS u(name, shift, branch, register, item, place)) v;
    SELECT string_agg(format('%s AS %I', u.formula, u.name), ', ') INTO formulas FROM unnest(items) u WHERE u.formula IS NOT NULL;
    RETURN format('SELECT f._firm AS firm, p._period AS period%s, %s FROM (%s) f CROSS JOIN (%s) p LEFT JOIN (%s) c '
                  'ON c._firm OPERATOR(pg_catalog.=) f._firm AND c._period OPERATOR(pg_catalog.=) p._period '
                  'CROSS JOIN LATERAL (SELECT %s) AS _now%s%s',
                  (SELECT string_agg(format(', f.%I', a), '' ORDER BY place) FROM unnest(c.attributes) WITH ORDINALITY AS t(a, place)),
                  (SELECT string_agg(format('%s.%I', CASE WHEN u.formula IS NULL THEN '_now' ELSE '_formula' END, u.name), ', ' ORDER BY u.place)
                   FROM unnest(items) WITH ORDINALITY AS u(name, register, value, type, absent, uses, formula, previous, place)),
                  _innovation_score.firms_query(c), _innovation_score.period_query(registers, slots, c.periods), collected, now,
                  COALESCE(' CROSS JOIN LATERAL (SELECT ' || previous || ') AS previous', ''),
                  COALESCE(' CROSS JOIN LATERAL (SELECT ' || formulas || ' FROM (SELECT '
                           || _innovation_score.columns_of('_now', ARRAY(SELECT u.name FROM unnest(items) u WHERE u.formula IS NULL))
                           || ') AS _collected) AS _formula', ''));
END
$$;

COMMENT ON FUNCTION _innovation_score.collection_query(collection, collected_register[], collected_item[]) IS 'internal: text of the view of a collection';

-- What cannot be used, or not for certain.

-- Rows of the years, and those whose year is not known, with their cells as they are written.
CREATE FUNCTION _innovation_score.written_rows(r collected_register, years integer[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    cells text;
    list text;
    rows text;
BEGIN
    SELECT string_agg(format(', CAST(t.%I AS pg_catalog.text) AS _text_%s, %s AS _why_%2$s', u.name, u.place, u.problem), '' ORDER BY u.place),
           string_agg(format(', s._text_%1$s, s._why_%1$s', u.place), '' ORDER BY u.place)
    INTO cells, list FROM unnest(r.cells, r.problems) WITH ORDINALITY AS u(name, problem, place);
    rows := format('SELECT s._key, %s AS _low, %s AS _high%s FROM (%s) s', 's._low', 's._high', list,
                    format('SELECT r.*, %s AS _key, %s AS _low, %s AS _high FROM (%s) r%s', r.key, r.low, COALESCE(r.high, r.low),
                           _innovation_score.read_rows(r, cells), COALESCE(' WHERE ' || r.condition, '')));
    IF r.several THEN
        rows := format('SELECT pg_catalog.unnest(s._key) AS _key, s._low, s._high%s FROM (%s) s', list, rows);
    END IF;
    RETURN format('SELECT %s AS _key%s FROM (%s) s '
                  'WHERE (s._low OPERATOR(pg_catalog.<=) %s) IS NOT FALSE AND (s._high OPERATOR(pg_catalog.>=) %s) IS NOT FALSE',
                  _innovation_score.key_expression('s._key', r.key_type), list, rows, (SELECT max(y) FROM unnest(years) y), (SELECT min(y) FROM unnest(years) y));
END
$$;

CREATE FUNCTION _innovation_score.with_firm(rows text, aliases text, firms text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT m.*, f._firm AS _known FROM (%s) m LEFT JOIN (%s) f ON f._firm OPERATOR(pg_catalog.=) m._firm',
                  _innovation_score.matched_rows_of(rows, aliases), firms)
$$;

CREATE FUNCTION _innovation_score.problem_head(register text, source text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT CAST(%L AS pg_catalog.text) AS register, CAST(%L AS pg_catalog.text) AS "table", ', register, source)
$$;

CREATE FUNCTION _innovation_score.register_problems(r collected_register, aliases text, firms text, years integer[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    head text := _innovation_score.problem_head(r.name, r.source);
    dated text := _innovation_score.dated_rows(r, years, 0);
    parts text[];
BEGIN
    parts := ARRAY[format(
        '%s CAST(NULL AS pg_catalog.text) COLLATE "C" AS firm, x._key AS key, CAST(NULL AS pg_catalog.text) AS "column", '
        'CAST(NULL AS pg_catalog.text) AS text, CASE WHEN x._key IS NULL THEN ''no key'' '
        'WHEN x._firm IS NULL THEN ''alias of several firms'' ELSE ''no firm'' END AS reason FROM (%s) x WHERE x._known IS NULL',
        head, _innovation_score.with_firm(format('SELECT DISTINCT s._key FROM (%s) s', dated), aliases, firms))];
    IF r.cells <> '{}' THEN
        parts := parts || format(
            '%s x._known, x._key, v.name, v.cell, v.reason FROM (%s) x CROSS JOIN LATERAL (VALUES %s) AS v(name, cell, reason) '
            'WHERE v.reason IS NOT NULL',
            head, _innovation_score.with_firm(_innovation_score.written_rows(r, years), aliases, firms),
            (SELECT string_agg(format('(CAST(%L AS pg_catalog.text), x._text_%s, x._why_%2$s)', u.name, u.place), ', ' ORDER BY u.place)
             FROM unnest(r.cells) WITH ORDINALITY AS u(name, place)));
    END IF;
    IF r.latest IS NOT NULL THEN
        parts := parts || format(
            '%s x._known, x._key, NULL, innovation_score.key_text(x._latest), '
            'CASE WHEN x._same THEN ''latest row stands twice'' ELSE ''latest rows differ'' END FROM (%s) x',
            head, _innovation_score.with_firm(format(
                'SELECT s._key, s._latest, pg_catalog.min(s._all) OPERATOR(pg_catalog.=) pg_catalog.max(s._all) AS _same '
                'FROM (SELECT s._key, s._period, s._latest, CAST(ROW(%s) AS pg_catalog.text) COLLATE "C" AS _all, '
                'pg_catalog.rank() OVER (PARTITION BY s._key, s._period ORDER BY s._latest DESC NULLS LAST) AS _place '
                'FROM (%s AND s._key IS NOT NULL) s) s WHERE s._place OPERATOR(pg_catalog.=) 1 '
                'GROUP BY s._key, s._period, s._latest HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1',
                _innovation_score.columns_of('s', r.kept), dated), aliases, firms));
    END IF;
    RETURN array_to_string(parts, ' UNION ALL ');
END
$$;

CREATE FUNCTION _innovation_score.problems_query(c collection, registers collected_register[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    aliases text := _innovation_score.aliases_query(c);
    firms text := _innovation_score.firms_query(c);
    source text := _innovation_score.source_name(c.firms::regclass);
    key bound_expression := _innovation_score.bind_key(c.search_path, c.firms::regclass, _innovation_score.source_columns(c.firms::regclass), c.key, 'key');
BEGIN
    RETURN (SELECT string_agg(_innovation_score.register_problems(registers[g], aliases, firms, c.periods), ' UNION ALL ' ORDER BY g)
            FROM generate_subscripts(registers, 1) g)
        || format(' UNION ALL %s t._firm, t._firm, NULL, NULL, ''firm stands twice'' '
                  'FROM (SELECT %s AS _firm FROM %s t%s) t '
                  'WHERE t._firm IS NOT NULL GROUP BY t._firm HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1',
                  _innovation_score.problem_head(NULL, source), _innovation_score.key_expression(key.expression, key.type), source,
                  COALESCE(' WHERE (' || c.condition || ')', ''))
        || CASE WHEN aliases IS NULL THEN ''
                ELSE format(' UNION ALL %s NULL, a._alias, NULL, NULL, ''alias of several firms'' FROM (%s) a WHERE a._owner IS NULL',
                            _innovation_score.problem_head(NULL, _innovation_score.source_name(c.aliases::regclass)), aliases) END;
END
$$;

COMMENT ON FUNCTION _innovation_score.written_rows(collected_register, integer[]) IS
    'internal: query of the rows of a register with their cells as written, and why they cannot be read';
COMMENT ON FUNCTION _innovation_score.with_firm(text, text, text) IS
    'internal: query of rows with their firm, NULL where it is none of the firms';
COMMENT ON FUNCTION _innovation_score.problem_head(text, text) IS 'internal: how the queries of problems begin';
COMMENT ON FUNCTION _innovation_score.register_problems(collected_register, text, text, integer[]) IS
    'internal: query of the problems of a register';
COMMENT ON FUNCTION _innovation_score.problems_query(collection, collected_register[]) IS 'internal: text of the view <name>_problems';

CREATE FUNCTION _innovation_score.sources_query(c collection, registers collected_register[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    aliases text := _innovation_score.aliases_query(c);
    firms text := _innovation_score.firms_query(c);
BEGIN
    RETURN (SELECT string_agg(format(
        '%s p._period AS period, COALESCE(n._rows, 0) AS rows, COALESCE(n._firms, 0) AS firms, COALESCE(n._unmatched, 0) AS unmatched, '
        'COALESCE(n._unreadable, 0) AS unreadable, innovation_score.key_text(n._told) AS latest '
        'FROM pg_catalog.unnest(%s) AS p(_period) LEFT JOIN (SELECT x._period, pg_catalog.count(*) AS _rows, '
        'pg_catalog.count(DISTINCT x._known) AS _firms, pg_catalog.count(*) FILTER (WHERE x._known IS NULL) AS _unmatched, '
        'pg_catalog.count(*) FILTER (WHERE %s) AS _unreadable, pg_catalog.max(x._told) AS _told FROM (%s) x GROUP BY x._period) n '
        'ON n._period OPERATOR(pg_catalog.=) p._period',
        _innovation_score.problem_head(r.name, r.source), _innovation_score.year_list(c.periods, 0),
        COALESCE((SELECT string_agg('x._bad_' || b, ' OR ') FROM generate_subscripts(r.cells, 1) b), 'false'),
        _innovation_score.with_firm(_innovation_score.dated_rows(r, c.periods, 0), aliases, firms)), ' UNION ALL ' ORDER BY g)
        FROM generate_subscripts(registers, 1) g CROSS JOIN LATERAL (SELECT (registers[g]).*) r);
END
$$;

CREATE FUNCTION _innovation_score.rows_query(c collection, registers collected_register[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    aliases text := _innovation_score.aliases_query(c);
    firms text := _innovation_score.firms_query(c);
BEGIN
    RETURN (SELECT string_agg(format(
        'SELECT CAST(%L AS pg_catalog.text) AS register, f._firm AS firm, x._period AS period, x._row AS "row" '
        'FROM (%s) x JOIN (%s) f ON f._firm OPERATOR(pg_catalog.=) x._firm',
        (registers[g]).name, _innovation_score.counted_rows(registers[g], aliases, c.periods, 0, '{_row}'), firms), ' UNION ALL ' ORDER BY g)
        FROM generate_subscripts(registers, 1) g);
END
$$;

COMMENT ON FUNCTION _innovation_score.sources_query(collection, collected_register[]) IS 'internal: text of the view <name>_sources';
COMMENT ON FUNCTION _innovation_score.rows_query(collection, collected_register[]) IS 'internal: text of the view <name>_rows';
