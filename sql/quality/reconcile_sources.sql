-- reconcile, any number of sources: what each says of the same firms, how many agree, and whose value counts. Views as
-- of two sources (reconcile.sql), and <name>_sources, which says what of each source was matched.

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
