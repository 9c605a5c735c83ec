-- scoreboard, mapping: what the mapping gives for the indicators of a scheme, as SQL text of values in the order of the model.

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
