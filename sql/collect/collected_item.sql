-- The indicators of a collection: what the caller wrote of them, bound to registers.

CREATE FUNCTION _innovation_score.aggregate_type(path text, source text, expression text) RETURNS regtype
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    type oid;
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE format('SELECT pg_catalog.pg_typeof(x.v)::pg_catalog.oid FROM (SELECT) d LEFT JOIN '
                   '(SELECT %s AS v FROM %s WHERE false) x ON true', expression, source) INTO type;
    RETURN type;
END
$$;

COMMENT ON FUNCTION _innovation_score.aggregate_type(text, text, text) IS 'internal: the type of an aggregate over a source';

CREATE FUNCTION _innovation_score.refuse_value(name text, columns text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.refuse_collection(
        format('value of "%s" must be an aggregate such as %s', name,
               COALESCE('sum(' || CASE WHEN columns[1] ~ '[ -@A-Z[-^`{-~]' THEN quote_ident(columns[1]) ELSE columns[1] END || ')', 'count(*)')),
        'The rows of a firm and period are aggregated into one value.');
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_value(text, text[]) IS 'internal: the error of a value that is no aggregate';

-- In WHERE, where an aggregate cannot stand, everything else can.
CREATE FUNCTION _innovation_score.bind_value(INOUT item collected_item, path text, source text, columns text[], given text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    what text := format('value of "%s"', item.name);
    aggregate boolean := false;
BEGIN
    item.uses := _innovation_score.expression_columns(given, what, columns);
    BEGIN
        PERFORM _innovation_score.bind_expression(path, source, columns, given, what);
    EXCEPTION WHEN grouping_error THEN
        aggregate := true;
    WHEN windowing_error THEN
        NULL;
    END;
    IF aggregate THEN
        BEGIN
            item.value := format('(%s)', given);
            item.type := _innovation_score.aggregate_type(path, source, item.value);
        EXCEPTION WHEN grouping_error THEN
            aggregate := false;
        END;
    END IF;
    IF NOT aggregate THEN
        PERFORM _innovation_score.refuse_value(item.name, item.uses);
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.require_number(INOUT item collected_item, INOUT expression text, what text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    base regtype := (_innovation_score.base_type(item.type)).oid;
BEGIN
    IF NOT _innovation_score.is_number(base) THEN
        RAISE EXCEPTION '% of "%" is of type %, which is not a number', what, item.name, format_type(item.type, NULL)
            USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', expression),
                  HINT = 'Texts that hold numbers are read where the register names their columns: "numbers": {"column": "万元"}.';
    END IF;
    IF base <> item.type THEN
        expression := format('CAST(%s AS %s)', expression, _innovation_score.type_name(base));
        item.type := base;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_value(collected_item, text, text, text[], text) IS
    'internal: an aggregate over the rows of a register, or an error';
COMMENT ON FUNCTION _innovation_score.require_number(collected_item, text, text) IS
    'internal: refuses an expression that gives no number, and casts one of a domain';

CREATE FUNCTION _innovation_score.bind_item(c collection, registers collected_register[], name text, given json) RETURNS collected_item
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    item collected_item;
    checked record;
    what text := format('indicator "%s"', name);
    source text;
BEGIN
    item.name := name;
    item.previous := '{}';
    IF json_typeof(given) = 'string' THEN
        item.formula := given #>> '{}';
        RETURN item;
    END IF;
    PERFORM _innovation_score.check_object(given, what, '{from,value,absent}');
    IF _innovation_score.json_text(given, 'value', what) IS NULL THEN
        PERFORM _innovation_score.refuse_collection(format('%s has no "value"', what));
    END IF;
    IF _innovation_score.json_text(given, 'from', what) IS NULL THEN
        IF given -> 'absent' IS NOT NULL THEN
            PERFORM _innovation_score.refuse_collection(format('%s is a formula, which has no "absent"', what),
                                                        '"absent" belongs to values that come "from" a register.');
        END IF;
        item.formula := given ->> 'value';
        RETURN item;
    END IF;
    IF json_typeof(given -> 'absent') NOT IN ('number', 'null') THEN
        PERFORM _innovation_score.refuse_collection(format('"absent" of %s must be a number or null', what));
    END IF;
    item.absent := given ->> 'absent';
    item.register := (SELECT g FROM generate_subscripts(registers, 1) g WHERE (registers[g]).name = given ->> 'from');
    IF item.register IS NULL THEN
        PERFORM _innovation_score.refuse_collection(
            format('%s comes from the register "%s", which is not there', what, given ->> 'from'),
            format('The registers are %s.', (SELECT string_agg(format('"%s"', (registers[g]).name), ', ' ORDER BY g)
                                             FROM generate_subscripts(registers, 1) g)));
    END IF;
    source := format('(%s) r', _innovation_score.read_rows(registers[item.register]));
    item := _innovation_score.bind_value(item, c.search_path, source, (registers[item.register]).columns, given ->> 'value');
    checked := _innovation_score.require_number(item, item.value, 'value');
    item := checked.item;
    item.value := checked.expression;
    RETURN item;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_item(collection, collected_register[], text, json) IS
    'internal: an indicator as given; formulas are bound when all values are';

-- Collected values of nobody, whose names and types the formulas need.
CREATE FUNCTION _innovation_score.value_row(items collected_item[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'SELECT ' || COALESCE(string_agg(format('CAST(NULL AS %s) AS %I', _innovation_score.type_name(u.type), u.name), ', '), '')
    FROM unnest(items) u WHERE u.formula IS NULL
$$;

-- Names without qualifier are looked up in the innermost query first: previous does not make them ambiguous.
CREATE FUNCTION _innovation_score.formula_type(path text, collected text, formula text) RETURNS regtype
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    type oid;
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE format('SELECT pg_catalog.pg_typeof(x.v)::pg_catalog.oid FROM (SELECT) d LEFT JOIN (%1$s) AS previous ON true '
                   'LEFT JOIN LATERAL (SELECT %2$s AS v FROM (%1$s) AS _collected WHERE %2$s IS NULL AND false) x ON true',
                   collected, formula) INTO type;
    RETURN type;
END
$$;

COMMENT ON FUNCTION _innovation_score.value_row(collected_item[]) IS 'internal: query of a row of collected values, all NULL';
COMMENT ON FUNCTION _innovation_score.formula_type(text, text, text) IS 'internal: the type of a formula over collected values';

CREATE FUNCTION _innovation_score.bind_formula(c collection, items collected_item[], item collected_item) RETURNS collected_item
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    what text := format('formula of "%s"', item.name);
    given text := item.formula;
    checked record;
    used record;
    state text;
    message text;
BEGIN
    item.formula := CASE WHEN EXISTS (SELECT FROM unnest(items) u WHERE u.name = given) THEN quote_ident(given)
                         ELSE format('(%s)', given) END;
    FOR used IN SELECT n.qualifier, n.name, u.formula, u.name IS NOT NULL AS known
                FROM _innovation_score.expression_names(item.formula, what) n LEFT JOIN unnest(items) u ON u.name = n.name
                WHERE COALESCE(n.qualifier, 'previous') = 'previous' LOOP
        IF NOT used.known THEN
            RAISE EXCEPTION '% names "%", which is not collected', what, used.name
                USING ERRCODE = 'undefined_column',
                      HINT = format('Collected are %s.', (SELECT string_agg(format('"%s"', u.name), ', ')
                                                          FROM unnest(items) u WHERE u.formula IS NULL));
        END IF;
        IF used.formula IS NOT NULL THEN
            PERFORM _innovation_score.refuse_collection(
                format('%s names "%s", which is a formula, too', what, used.name),
                'Formulas see collected values, and those of the year before as previous.name.');
        END IF;
        IF used.qualifier IS NOT NULL AND used.name <> ALL (item.previous) THEN
            item.previous := item.previous || used.name;
        END IF;
    END LOOP;
    BEGIN
        item.type := _innovation_score.formula_type(c.search_path, _innovation_score.value_row(items), item.formula);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
        RAISE EXCEPTION USING ERRCODE = state,
            MESSAGE = CASE WHEN state IN ('42803', '42P20') OR state = '0A000' AND message ~ 'WHERE'
                           THEN 'a formula cannot hold aggregate, window or set-returning functions' ELSE message END,
            DETAIL = format('This was given as %s: %s', what, given),
            HINT = CASE WHEN state = '42883'
                        THEN 'No function or operator of that name takes such arguments: perhaps a cast is missing.'
                        ELSE 'Give an SQL expression over collected values, such as growth_rate(revenue, previous.revenue).' END;
    END;
    checked := _innovation_score.require_number(item, item.formula, 'formula');
    item := checked.item;
    item.formula := checked.expression;
    RETURN item;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_formula(collection, collected_item[], collected_item) IS
    'internal: a formula over collected values, or an error';

CREATE FUNCTION _innovation_score.bind_items(c collection, registers collected_register[]) RETURNS collected_item[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    items collected_item[] := '{}';
    clash text;
BEGIN
    FOR given IN SELECT e.key, e.value FROM json_each(c.indicators) WITH ORDINALITY AS e(key, value, place) ORDER BY e.place LOOP
        items := items || _innovation_score.bind_item(c, registers, given.key, given.value);
    END LOOP;
    IF NOT EXISTS (SELECT FROM unnest(items) u WHERE u.formula IS NULL) THEN
        PERFORM _innovation_score.refuse_collection('no indicator comes from a register',
                                                    'For example {"revenue": {"from": "tax", "value": "sum(income)"}}.');
    END IF;
    FOR i IN 1 .. cardinality(items) LOOP
        IF (items[i]).formula IS NOT NULL THEN
            items[i] := _innovation_score.bind_formula(c, items, items[i]);
        END IF;
    END LOOP;
    SELECT n INTO clash
    FROM unnest('{firm,period}'::text[] || c.attributes || ARRAY(SELECT u.name FROM unnest(items) u)) n
    GROUP BY n HAVING count(*) > 1 ORDER BY n COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" would stand twice in the collection', clash
            USING ERRCODE = 'duplicate_column', HINT = 'Give the indicator another name, or leave the attribute out.';
    END IF;
    RETURN items;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_items(collection, collected_register[]) IS 'internal: the indicators of a collection, in their order';
