-- collection, functions: creating, altering, refreshing and dropping.

CREATE FUNCTION _innovation_score.new_collection_name(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _innovation_score.new_name('collection', name, '_collected', path);
BEGIN
    IF EXISTS (SELECT FROM collection c WHERE c.name = known) THEN
        RAISE EXCEPTION 'collection % already exists', known USING ERRCODE = 'duplicate_object',
            HINT = 'Drop it first with innovation_score.drop_collection(), or change it with alter_collection().';
    END IF;
    IF to_regclass(known) IS NOT NULL THEN
        RAISE EXCEPTION 'relation % already exists', known USING ERRCODE = 'duplicate_object',
            HINT = 'Give the collection another name.';
    END IF;
    RETURN known;
END
$$;

CREATE FUNCTION _innovation_score.lock_collection(name text, path name[]) RETURNS collection
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    parts text[] := parse_ident(name);
    locked collection;
BEGIN
    SELECT c.* INTO locked
    FROM unnest(CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
         WITH ORDINALITY AS p(schema_name, place)
    JOIN collection c ON c.name = format('%I.%I', p.schema_name, parts[cardinality(parts)])
    ORDER BY p.place LIMIT 1 FOR UPDATE OF c;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'collection "%" does not exist', name USING ERRCODE = 'undefined_object',
            HINT = COALESCE((SELECT 'The collections are ' || string_agg(c.name, ', ' ORDER BY c.name COLLATE "C") || '.'
                             FROM collection c), 'There is none yet: see innovation_score.create_collection().');
    END IF;
    RETURN locked;
END
$$;

COMMENT ON FUNCTION _innovation_score.new_collection_name(text, name[]) IS 'internal: the full name for a new collection, checked';
COMMENT ON FUNCTION _innovation_score.lock_collection(text, name[]) IS 'internal: the locked row of a collection';

CREATE FUNCTION _innovation_score.comment_collection(c collection) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT format('%s %s', CASE r.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, r.oid::regclass) AS target, v.comment
        FROM (VALUES ('', '归集 registers collected, one row per firm and period'),
                     ('_collected', '归集 what the stored collection is refreshed from'),
                     ('_problems', '归集问题 rows of no firm, cells that cannot be read, rows that contradict each other'),
                     ('_sources', '归集来源 what the registers hold of each period, and how much of it matches firms'),
                     ('_rows', '归集明细 the rows of the registers that count for a firm')) AS v(suffix, comment)
        JOIN pg_class r ON r.oid = to_regclass(_innovation_score.relation_name(c.name, v.suffix))
        UNION ALL
        SELECT format('COLUMN %s.%I', r.oid::regclass, a.attname), v.comment
        FROM (VALUES
            ('', 'firm', '企业 key of the firm'), ('', 'period', '期间 year'),
            ('_problems', 'register', '登记簿 register; NULL: the firms or the aliases'), ('_problems', 'table', '数据表 table'),
            ('_problems', 'firm', '企业 firm, if it is known'), ('_problems', 'key', '主键 key as it is written'),
            ('_problems', 'column', '字段 column of a cell'), ('_problems', 'text', '原文 cell, or what is latest'),
            ('_problems', 'reason', '原因 no key, no firm, alias of several firms, firm stands twice, no date, latest row stands twice, '
                                    'latest rows differ, or what number_problem() says'),
            ('_sources', 'register', '登记簿 register'), ('_sources', 'table', '数据表 table'), ('_sources', 'period', '期间 year'),
            ('_sources', 'rows', '行数 rows of the period'), ('_sources', 'firms', '企业数 firms that have one'),
            ('_sources', 'unmatched', '未匹配 rows of no firm'), ('_sources', 'unreadable', '无法识别 rows with a cell that cannot be read'),
            ('_sources', 'latest', '最新 the greatest value of "latest", else of the date'),
            ('_rows', 'register', '登记簿 register'), ('_rows', 'firm', '企业 firm'), ('_rows', 'period', '期间 year'),
            ('_rows', 'row', '原始记录 the row as the register has it')) AS v(suffix, name, comment)
        JOIN pg_class r ON r.oid = to_regclass(_innovation_score.relation_name(c.name, v.suffix))
        JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = v.name
        UNION ALL
        SELECT format('COLUMN %s.%I', r.oid::regclass, n.name), n.comment
        FROM to_regclass(c.name) AS r(oid)
        CROSS JOIN (SELECT a.name, (SELECT col_description(o.attrelid, o.attnum) FROM pg_attribute o
                                    WHERE o.attrelid = c.firms::regclass AND o.attname = a.name) AS comment FROM unnest(c.attributes) AS a(name)
                    UNION ALL
                    SELECT e.key, COALESCE('归集 ' || (e.value ->> 'value') || COALESCE(' of ' || (e.value ->> 'from'), ''), '归集 ' || (e.value #>> '{}'))
                    FROM json_each(c.indicators) e) AS n
        WHERE n.comment IS NOT NULL
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', due.target, due.comment);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.comment_collection(collection) IS 'internal: comments on the views of a collection';

CREATE FUNCTION _innovation_score.make_collection_views(c collection, command text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    registers collected_register[];
    items collected_item[];
    view record;
BEGIN
    PERFORM _innovation_score.check_object(c.indicators, 'indicators');
    registers := _innovation_score.bind_registers(c);
    items := _innovation_score.bind_items(c, registers);
    FOR view IN
        SELECT _innovation_score.relation_name(c.name, v.suffix) AS name, v.query FROM (VALUES
            (1, CASE WHEN c.stored THEN '_collected' ELSE '' END, _innovation_score.collection_query(c, registers, items)),
            (2, '_problems', _innovation_score.problems_query(c, registers)),
            (3, '_sources', _innovation_score.sources_query(c, registers)),
            (4, '_rows', _innovation_score.rows_query(c, registers))) AS v(place, suffix, query)
        ORDER BY v.place
    LOOP
        PERFORM _innovation_score.run(c.search_path, format('%s %s%s AS %s', command, view.name, _innovation_score.view_options(view.name),
                                                            view.query));
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.make_collection_views(collection, text) IS 'internal: creates or replaces the views of a collection';

CREATE FUNCTION _innovation_score.store_collection(c collection) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
BEGIN
    PERFORM _innovation_score.run('pg_catalog, pg_temp', format('CREATE MATERIALIZED VIEW %s AS SELECT * FROM %s', c.name,
                                                                _innovation_score.relation_name(c.name, '_collected')));
    PERFORM _innovation_score.run('pg_catalog, pg_temp', format('CREATE UNIQUE INDEX ON %s (firm, period)', c.name));
    PERFORM _innovation_score.run('pg_catalog, pg_temp', format('ANALYZE %s', c.name));
END
$$;

COMMENT ON FUNCTION _innovation_score.store_collection(collection) IS 'internal: the materialized view of a stored collection';

CREATE FUNCTION _innovation_score.check_collection(INOUT c collection)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    missing text := CASE WHEN c.firms IS NULL THEN 'firms' WHEN c.key IS NULL THEN 'key' WHEN c.periods IS NULL THEN 'periods'
                         WHEN c.registers IS NULL THEN 'registers' WHEN c.indicators IS NULL THEN 'indicators' END;
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the collection needs %', missing USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF cardinality(c.periods) = 0 OR array_position(c.periods, NULL) IS NOT NULL THEN
        PERFORM _innovation_score.refuse_collection('periods must be years', 'For example ''{2023,2024}''.');
    END IF;
    c.periods := ARRAY(SELECT DISTINCT y FROM unnest(c.periods) y ORDER BY y);
    c.firms := _innovation_score.kept_source(c.firms);
    c.aliases := _innovation_score.kept_source(c.aliases);
    c.attributes := COALESCE(c.attributes, '{}');
    c.stored := COALESCE(c.stored, false);
END
$$;

COMMENT ON FUNCTION _innovation_score.check_collection(collection) IS 'internal: refuses a collection that lacks something';

-- Where our functions are not in the caller's schemas, they are found last.
CREATE FUNCTION _innovation_score.create_collection(c collection, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
BEGIN
    c.name := _innovation_score.new_collection_name(c.name, path);
    c := _innovation_score.check_collection(c);
    c.search_path := (SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                      FROM unnest(path || 'innovation_score'::name) WITH ORDINALITY AS p(name, place));
    PERFORM _innovation_score.make_collection_views(c, 'CREATE VIEW');
    IF c.stored THEN
        PERFORM _innovation_score.store_collection(c);
    END IF;
    INSERT INTO collection SELECT c.*;
    PERFORM _innovation_score.comment_collection(c);
    RAISE NOTICE 'collection % has a row per firm and period', c.name
        USING HINT = format('See %s for what the registers hold and match, %s for what could not be used.',
                            _innovation_score.relation_name(c.name, '_sources'), _innovation_score.relation_name(c.name, '_problems'));
END
$$;

CREATE FUNCTION create_collection(name text, firms regclass, key text, periods integer[], registers json, indicators json,
                                  aliases regclass DEFAULT NULL, attributes text[] DEFAULT '{}', condition text DEFAULT NULL,
                                  stored boolean DEFAULT false)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.create_collection(
        ROW(name, firms::pg_catalog.oid, key, periods, registers, indicators, aliases::pg_catalog.oid, attributes, condition, stored, '')::innovation_score.collection,
        pg_catalog.current_schemas(false))
$$;

-- Run as the owner of the collection, whoever has asked for it. Views can gain columns, not lose them; the materialized view is
-- made anew where it has others.
CREATE FUNCTION _innovation_score.change_collection(c collection) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
BEGIN
    PERFORM _innovation_score.make_collection_views(c, 'CREATE OR REPLACE VIEW');
    IF c.stored THEN
        IF _innovation_score.source_columns(c.name::regclass)
           = _innovation_score.source_columns(_innovation_score.relation_name(c.name, '_collected')::regclass) THEN
            PERFORM _innovation_score.refill_collection(c);
        ELSE
            EXECUTE format('DROP MATERIALIZED VIEW %s', c.name);
            PERFORM _innovation_score.store_collection(c);
        END IF;
    END IF;
    UPDATE collection k SET periods = c.periods, registers = c.registers, indicators = c.indicators, aliases = c.aliases,
                            attributes = c.attributes, condition = c.condition WHERE k.name = c.name;
    PERFORM _innovation_score.comment_collection(c);
END
$$;

CREATE FUNCTION _innovation_score.alter_collection(name text, path name[], change collection) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    c collection := _innovation_score.lock_collection(name, path);
BEGIN
    c.periods := COALESCE(change.periods, c.periods);
    c.registers := COALESCE(change.registers, c.registers);
    c.indicators := COALESCE(change.indicators, c.indicators);
    c.aliases := COALESCE(change.aliases, c.aliases);
    c.attributes := COALESCE(change.attributes, c.attributes);
    c.condition := COALESCE(change.condition, c.condition);
    c := _innovation_score.check_collection(c);
    PERFORM _innovation_score.run_as_relation_owner(c.name, format('SELECT _innovation_score.change_collection(%L::innovation_score.collection)', c));
END
$$;

CREATE FUNCTION alter_collection(name text, periods integer[] DEFAULT NULL, registers json DEFAULT NULL, indicators json DEFAULT NULL,
                                 aliases regclass DEFAULT NULL, attributes text[] DEFAULT NULL, condition text DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.alter_collection(name, pg_catalog.current_schemas(false),
        ROW(NULL, NULL, NULL, periods, registers, indicators, aliases::pg_catalog.oid, attributes, condition, NULL, NULL)::innovation_score.collection)
$$;

CREATE FUNCTION _innovation_score.refill_collection(c collection) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    rows bigint;
BEGIN
    IF NOT c.stored THEN
        RAISE EXCEPTION 'collection % is not stored', c.name USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Its view reads the registers at each query. create_collection(…, stored => true) stores one.';
    END IF;
    PERFORM _innovation_score.run('pg_catalog, pg_temp', format('REFRESH MATERIALIZED VIEW %s', c.name));
    PERFORM _innovation_score.run('pg_catalog, pg_temp', format('ANALYZE %s', c.name));
    EXECUTE format('SELECT count(*) FROM %s', c.name) INTO rows;
    RETURN rows;
END
$$;

CREATE FUNCTION refresh_collection(name text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.refill_collection(_innovation_score.lock_collection(name, pg_catalog.current_schemas(false)))
$$;

CREATE FUNCTION _innovation_score.drop_collection(c collection) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    due record;
    dependent text;
BEGIN
    -- first, since it is the owner of the view who may
    DELETE FROM collection k WHERE k.name = c.name;
    FOR due IN
        SELECT format('DROP %s %s', CASE r.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, r.oid::regclass) AS command
        FROM unnest('{"",_collected,_problems,_sources,_rows}'::text[]) WITH ORDINALITY AS s(suffix, place)
        JOIN pg_class r ON r.oid = to_regclass(_innovation_score.relation_name(c.name, s.suffix)) AND r.relkind IN ('v', 'm')
        WHERE s.suffix <> '_collected' OR c.stored
        ORDER BY s.place
    LOOP
        EXECUTE due.command;
    END LOOP;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of collection % cannot be dropped because other objects depend on them', c.name
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent, HINT = 'Drop those objects first.';
END
$$;

CREATE FUNCTION drop_collection(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.drop_collection(_innovation_score.lock_collection(name, pg_catalog.current_schemas(false)))
$$;

COMMENT ON FUNCTION _innovation_score.create_collection(collection, name[]) IS 'internal: create_collection with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.change_collection(collection) IS 'internal: changes what is kept of a collection, and its views';
COMMENT ON FUNCTION _innovation_score.alter_collection(text, name[], collection) IS 'internal: alter_collection with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.refill_collection(collection) IS 'internal: refreshes a stored collection';
COMMENT ON FUNCTION _innovation_score.drop_collection(collection) IS 'internal: drops a collection';
COMMENT ON FUNCTION create_collection(text, regclass, text, integer[], json, json, regclass, text[], text, boolean) IS
    'collects registers into a row per firm and period: creates the views <name>, <name>_problems, _sources and _rows';
COMMENT ON FUNCTION alter_collection(text, integer[], json, json, regclass, text[], text) IS
    'changes periods, registers, indicators, aliases, attributes or condition of a collection; NULL: as it is';
COMMENT ON FUNCTION refresh_collection(text) IS 'reads the registers of a stored collection again, and tells how many rows it has';
COMMENT ON FUNCTION drop_collection(text) IS 'drops a collection and its views; not the registers';
