-- scheme, documents: a scheme as one jsonb value, to be published by one region and
-- loaded by another.
--
-- {"format": "innovation_score.scheme", "version": 1, "scheme": {…}, "category": […], …}:
-- a key is a table, an element a row, a key of that a column. What is NULL is left out,
-- what is left out takes the column's default. Tables and columns are read from the
-- catalogs, so that none is forgotten here.

-- A part is a table, or a view of a table that holds other rows, too.
CREATE FUNCTION _innovation_score.scheme_parts() RETURNS TABLE (part name, place bigint, stored name)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 8
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.relname, p.place, CASE p.part WHEN 'scheme_tier' THEN 'tier_rule' ELSE p.part END
    FROM unnest('{stage,category,category_weight,indicator,weight,stage_rule,quality_rule,scheme_rule,scheme_tier}'::name[])
        WITH ORDINALITY AS p(part, place)
    JOIN pg_class c ON c.relname = p.part AND c.relnamespace = 'innovation_score'::regnamespace
$$;

COMMENT ON FUNCTION _innovation_score.scheme_parts() IS
    'internal: the tables whose rows make up a scheme, in the order of their references: those that copies, documents, '
    'comparisons, locks and publications know';

-- the key without the scheme, which is the same in all rows of a document; NULL where
-- a scheme has one row at most
CREATE FUNCTION _innovation_score.part_key(part name) RETURNS name[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(a.attname ORDER BY k.place)
    FROM pg_class r JOIN pg_index i ON i.indrelid = r.oid AND i.indisprimary
    CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum AND (a.attname <> 'scheme' OR part = 'scheme')
    WHERE r.relname = part AND r.relnamespace = 'innovation_score'::regnamespace
$$;

COMMENT ON FUNCTION _innovation_score.part_key(name) IS 'internal: the columns that tell the rows of one scheme apart';

-- What a row of a document can hold; kind is that of the JSON value.
CREATE FUNCTION _innovation_score.part_columns(part name) RETURNS TABLE (name name, kind text, initial text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT a.attname,
           CASE WHEN t.oid = 'condition'::regtype THEN 'string'
                ELSE CASE t.typcategory WHEN 'S' THEN 'string' WHEN 'N' THEN 'number' WHEN 'B' THEN 'boolean'
                                       WHEN 'A' THEN 'array' END END,
           COALESCE(pg_get_expr(d.adbin, d.adrelid), 'NULL')
    FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relname = part AND r.relnamespace = 'innovation_score'::regnamespace
      AND a.attname <> CASE WHEN part = 'scheme' THEN 'origin' ELSE 'scheme' END
    ORDER BY a.attnum
$$;

COMMENT ON FUNCTION _innovation_score.part_columns(name) IS 'internal: the columns of a table that stand in the document of a scheme';

CREATE FUNCTION scheme_export(scheme text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET extra_float_digits = 1 AS $$
DECLARE
    document jsonb := jsonb_build_object(
        'format', 'innovation_score.scheme', 'version', 1,
        'scheme', jsonb_strip_nulls(to_jsonb(_innovation_score.require_scheme($1)) - 'origin'));
    part name;
    elements jsonb;
BEGIN
    FOR part IN SELECT p.part FROM _innovation_score.scheme_parts() p ORDER BY p.place LOOP
        EXECUTE format(
            'SELECT jsonb_agg(jsonb_strip_nulls(r.content) ORDER BY (r.content ->> ''position'')::integer, %s) '
            'FROM (SELECT to_jsonb(t) - ''scheme'' AS content FROM %I t WHERE t.scheme = $1) r',
            COALESCE((SELECT string_agg(format('r.content ->> %L COLLATE "C"', k.name), ', ' ORDER BY k.place)
                      FROM unnest(_innovation_score.part_key(part)) WITH ORDINALITY AS k(name, place)), '1'), part)
        INTO elements USING $1;
        IF elements IS NOT NULL THEN
            document := document || jsonb_build_object(part, elements);
        END IF;
    END LOOP;
    RETURN document;
END
$$;

COMMENT ON FUNCTION scheme_export(text) IS
    'a scheme as a document: its rows in all tables, for scheme_import() in another database';

CREATE FUNCTION _innovation_score.refuse_document(message text, hint text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = message, HINT = hint;
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_document(text, text) IS 'internal: the error of a document that is no scheme';

CREATE FUNCTION _innovation_score.element_label(part name, element jsonb, place bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN jsonb_strip_nulls(element) ?& _innovation_score.part_key(part)::text[]
                THEN (SELECT part || ' ' || string_agg(format('"%s"', element ->> k.name), ', ' ORDER BY k.place)
                      FROM unnest(_innovation_score.part_key(part)) WITH ORDINALITY AS k(name, place))
                ELSE format('%s number %s', part, place) END
$$;

COMMENT ON FUNCTION _innovation_score.element_label(name, jsonb, bigint) IS 'internal: how an error names an element of a document';

-- The elements as rows of their table: every column is there, with its default where the document says nothing.
CREATE FUNCTION _innovation_score.document_rows(part name, elements jsonb, known jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    odd record;
    initial jsonb;
BEGIN
    IF jsonb_typeof(elements) <> 'array' THEN
        PERFORM _innovation_score.refuse_document(format('"%s" of the document is not an array', part),
                                 'It holds one object for each row of the table.');
    END IF;
    SELECT e.element, e.place INTO odd
    FROM jsonb_array_elements(elements) WITH ORDINALITY AS e(element, place)
    WHERE jsonb_typeof(e.element) <> 'object' ORDER BY e.place LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_document(format('%s number %s of the document is not an object', part, odd.place),
                                 'Its keys are the columns of the table.');
    END IF;
    SELECT e.element, e.place, v.key, c.name, c.kind INTO odd
    FROM jsonb_array_elements(elements) WITH ORDINALITY AS e(element, place)
    CROSS JOIN LATERAL jsonb_each(e.element) AS v
    LEFT JOIN _innovation_score.part_columns(part) c ON c.name = v.key
    WHERE c.name IS NULL OR jsonb_typeof(v.value) NOT IN (c.kind, 'null')
    ORDER BY e.place, v.key COLLATE "C" LIMIT 1;
    IF odd.key IS NOT NULL AND odd.name IS NULL THEN
        PERFORM _innovation_score.refuse_document(
            format('%s of the document has the unknown key "%s"',
                   _innovation_score.element_label(part, odd.element, odd.place), odd.key),
            format('The keys are %s.', (SELECT string_agg(format('"%s"', c.name), ', ') FROM _innovation_score.part_columns(part) c)));
    ELSIF odd.key IS NOT NULL THEN
        PERFORM _innovation_score.refuse_document(
            format('"%s" of %s of the document is not %s %s', odd.key, _innovation_score.element_label(part, odd.element, odd.place),
                   CASE odd.kind WHEN 'array' THEN 'an' ELSE 'a' END, odd.kind),
            format('It is %s.', left((odd.element -> odd.key)::text, 100)));
    END IF;
    EXECUTE (SELECT format('SELECT to_jsonb(d) FROM (SELECT %s) d',
                           string_agg(format('%s AS %I', c.initial, c.name), ', ')) FROM _innovation_score.part_columns(part) c)
    INTO initial;
    RETURN (SELECT COALESCE(jsonb_agg(initial || e.element || known ORDER BY e.place), '[]')
            FROM jsonb_array_elements(elements) WITH ORDINALITY AS e(element, place));
END
$$;

COMMENT ON FUNCTION _innovation_score.document_rows(name, jsonb, jsonb) IS
    'internal: the rows of a table that a document holds, checked but for the constraints of the table';

-- what a constraint allows, in words of the columns that it names
CREATE FUNCTION _innovation_score.allowed_by(part name, violated text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%s must satisfy %s', string_agg(a.attname, ', ' ORDER BY a.attnum), regexp_replace(pg_get_expr(c.conbin, c.conrelid, true), '::(double precision|text|integer|smallint)', '', 'g'))
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
    WHERE c.conrelid = format('innovation_score.%I', part)::regclass AND c.conname = violated AND c.contype = 'c'
    GROUP BY c.oid, c.conbin, c.conrelid
$$;

COMMENT ON FUNCTION _innovation_score.allowed_by(name, text) IS 'internal: what a check constraint of a table demands, NULL if it is none';

-- All rows at once, since they may refer to each other; one by one only to find the one that was refused.
CREATE FUNCTION _innovation_score.insert_part(part name, contents jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    command text := format('INSERT INTO %1$I SELECT * FROM jsonb_populate_recordset(NULL::%1$I, $1)', part);
    message text;
    detail text;
    hint text;
    violated text;
    element record;
BEGIN
    EXECUTE command USING contents;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR feature_not_supported OR syntax_error
    OR undefined_column OR undefined_function OR undefined_parameter OR datatype_mismatch OR grouping_error
    OR windowing_error OR invalid_object_definition THEN       -- what conditions are refused with, too
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
                            violated = CONSTRAINT_NAME;
    FOR element IN
        SELECT e.content, e.place FROM jsonb_array_elements(contents) WITH ORDINALITY AS e(content, place)
        ORDER BY e.place
    LOOP
        DECLARE
            same_message text;
            same_detail text;
        BEGIN
            EXECUTE command USING jsonb_build_array(element.content);
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR feature_not_supported OR syntax_error
    OR undefined_column OR undefined_function OR undefined_parameter OR datatype_mismatch OR grouping_error
    OR windowing_error OR invalid_object_definition THEN       -- what conditions are refused with, too
            GET STACKED DIAGNOSTICS same_message = MESSAGE_TEXT, same_detail = PG_EXCEPTION_DETAIL;
            IF (same_message, same_detail) = (message, detail) THEN
                message := format('%s of the document: %s', _innovation_score.element_label(part, element.content, element.place),
                                  COALESCE(_innovation_score.allowed_by(part, violated), message));
                EXIT;
            END IF;
        END;
    END LOOP;
    RAISE EXCEPTION USING
        ERRCODE = 'invalid_parameter_value', MESSAGE = left(message, 500),      -- it may quote a number of any length
        DETAIL = COALESCE(NULLIF(detail, ''), 'The row does not fit into the table.'),
        HINT = COALESCE(NULLIF(hint, ''), 'Correct the document; nothing of it has been loaded.');
END
$$;

COMMENT ON FUNCTION _innovation_score.insert_part(name, jsonb) IS 'internal: inserts what a document holds for one table';

CREATE FUNCTION scheme_import(document jsonb, scheme text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    code text;
    ancestor text;
    part name;
    problems text;
BEGIN
    IF jsonb_typeof(document) IS DISTINCT FROM 'object'
       OR document ->> 'format' IS DISTINCT FROM 'innovation_score.scheme'
       OR jsonb_typeof(document -> 'scheme') IS DISTINCT FROM 'object' THEN
        PERFORM _innovation_score.refuse_document('this is not the document of a scheme',
                                 'Documents of schemes are made by innovation_score.scheme_export().');
    END IF;
    IF document -> 'version' IS DISTINCT FROM '1' THEN
        PERFORM _innovation_score.refuse_document(format('the document has version %s', COALESCE(document -> 'version', 'null')),
                                 'This version of the extension reads version 1.');
    END IF;
    SELECT k.key INTO part FROM jsonb_object_keys(document) AS k(key)
    WHERE k.key NOT IN ('format', 'version', 'scheme') AND k.key NOT IN (SELECT p.part FROM _innovation_score.scheme_parts() p)
    ORDER BY k.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_document(format('the document has the unknown key "%s"', part),
                                 format('The keys are "format", "version", "scheme", %s.',
                                        (SELECT string_agg(format('"%s"', p.part), ', ' ORDER BY p.place)
                                         FROM _innovation_score.scheme_parts() p)));
    END IF;

    -- before anything is looked at row by row: no model takes more (src/model/model.h), and nobody writes as many rules
    SELECT format('the document has %s rows of "%s", more than the %s that a scheme may have', jsonb_array_length(e.value), e.key, l.most)
    INTO problems
    FROM jsonb_each(document) AS e
    JOIN (VALUES ('stage', 100), ('category', 100), ('indicator', 1000), ('weight', 100 * 1000), ('category_weight', 100 * 100),
                 ('stage_rule', 100 * 1000), ('quality_rule', 10000), ('scheme_rule', 1000), ('scheme_tier', 1000)) AS l(part, most) ON l.part = e.key
    WHERE CASE WHEN jsonb_typeof(e.value) = 'array' THEN jsonb_array_length(e.value) > l.most END
    ORDER BY e.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%', problems USING ERRCODE = 'program_limit_exceeded';
    END IF;

    code := COALESCE($2, document -> 'scheme' ->> 'scheme');
    IF code IS NULL THEN
        PERFORM _innovation_score.refuse_document('the scheme of the document has no code', 'Give one as the second argument.');
    END IF;
    IF EXISTS (SELECT FROM scheme s WHERE s.scheme = code) THEN
        RAISE EXCEPTION 'scheme "%" already exists', code
            USING ERRCODE = 'duplicate_object',
                  HINT = 'Give another code as the second argument, or delete the scheme that is there. '
                         'To change that one into a new version, start with innovation_score.derive_scheme().';
    END IF;
    ancestor := document -> 'scheme' ->> 'parent';
    IF ancestor IS NOT NULL AND NOT EXISTS (SELECT FROM scheme s WHERE s.scheme = ancestor) THEN
        RAISE NOTICE 'scheme "%" was derived from "%", which is not here: it is loaded without a parent',
            code, ancestor;
        ancestor := NULL;
    END IF;

    PERFORM _innovation_score.insert_part('scheme', _innovation_score.document_rows(
        'scheme', jsonb_build_array(document -> 'scheme'),
        jsonb_build_object('scheme', code, 'parent', ancestor, 'origin', 'user')));
    FOR part IN SELECT p.part FROM _innovation_score.scheme_parts() p WHERE document ? p.part ORDER BY p.place LOOP
        PERFORM _innovation_score.insert_part(part, _innovation_score.document_rows(part, document -> part::text, jsonb_build_object('scheme', code)));
    END LOOP;

    PERFORM _innovation_score.check_tier_rule(ROW(t.scheme, NULL, t.method, t.tiers, t.cuts, t.within, '')::tier_rule)
    FROM scheme_tier t WHERE t.scheme = code;
    SELECT format('%s of the document has a row of stage "%s", which the scheme has not', w.part, w.stage) INTO problems
    FROM (SELECT 'weight', w.stage FROM weight w WHERE w.scheme = code
          UNION ALL SELECT 'category_weight', w.stage FROM category_weight w WHERE w.scheme = code
          UNION ALL SELECT 'stage_rule', r.stage FROM stage_rule r WHERE r.scheme = code) AS w(part, stage)
    WHERE w.stage NOT IN (SELECT t.stage FROM _innovation_score.scheme_stages(code) t) ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_document(problems, format('The stages are %s.',
            (SELECT string_agg(format('"%s"', t.stage), ', ' ORDER BY t.place) FROM _innovation_score.scheme_stages(code) t)));
    END IF;
    SELECT format('scheme_rule "%s" of the document has a minimum of category "%s", which the scheme has not', r.rule, m.category)
    INTO problems
    FROM scheme_rule r CROSS JOIN LATERAL jsonb_object_keys(r.category_minimum) m(category)
    WHERE r.scheme = code AND m.category NOT IN (SELECT c.category FROM category c WHERE c.scheme = code) ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM _innovation_score.refuse_document(problems, format('The categories are %s.',
            (SELECT string_agg(format('"%s"', c.category), ', ' ORDER BY c.position, c.category COLLATE "C")
             FROM category c WHERE c.scheme = code)));
    END IF;
    SELECT string_agg(format('%s %s', p.object, p.problem), '; ') INTO problems
    FROM scheme_problems(code) p WHERE p.severity = 'error';
    IF problems IS NOT NULL THEN
        PERFORM _innovation_score.refuse_document(format('scheme "%s" of the document gives no scores: %s', code, problems),
                                 'Nothing has been loaded.');
    END IF;
    RETURN code;
END
$$;

COMMENT ON FUNCTION scheme_import(jsonb, text) IS
    'loads a document of scheme_export(), under another code if one is given; all of it or nothing';
