-- whitelist, conditions: what the rules of lists ask about a firm.

-- What a rule asks about a firm. Parts of its conditions that name columns of the source only
-- are SQL and stand in the input, as does its quota as key text. Parts that name indicators, or
-- what is computed, are values of the type condition and stand in the rule.
CREATE FUNCTION _innovation_score.rule_column(question text, rule text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('_', '_' || question, NULLIF(rule, ''))
$$;

-- The columns that a condition may name: of the source, or what a long source is pivoted to.
CREATE FUNCTION _innovation_score.nameable_columns(board scoreboard) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.long IS NULL THEN source.columns
                ELSE array_remove(ARRAY[b.entity, b.period], NULL) || 'stage'::text || b.shown END
    FROM (SELECT _innovation_score.source_columns(_innovation_score.source_of(board))) AS source(columns),
         LATERAL _innovation_score.bind_names(board, source.columns) b
$$;

-- What names in conditions mean, in the order in which they are looked for. A column that is the
-- whole mapping of an indicator is the indicator, whose place it has.
CREATE FUNCTION _innovation_score.condition_scope(board scoreboard)
RETURNS TABLE (number bigint, name text, kind text, type text, place integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH columns AS (
        SELECT _innovation_score.nameable_columns(board) AS names
    ), indicators AS (
        SELECT i.code, i.place::integer AS place,
               CASE WHEN board.long IS NULL THEN _innovation_score.bound_name(c.names, COALESCE(board.mapping ->> i.code, i.code)) END AS mapped
        FROM columns c, unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS i(code, place)
        WHERE board.mapping -> i.code IS DISTINCT FROM 'null'
    )
    SELECT row_number() OVER (ORDER BY n.part, n.place), n.name, n.kind, n.type, n.position
    FROM (SELECT 1 AS part, u.place, u.name, 'column' AS kind,
                 CASE WHEN m.position IS NOT NULL OR t.typcategory = 'N' THEN 'number'
                      WHEN t.typcategory = 'B' THEN 'boolean' ELSE 'text' END AS type, m.position
          FROM columns c CROSS JOIN unnest(c.names) WITH ORDINALITY AS u(name, place)
          LEFT JOIN pg_attribute a ON a.attrelid = _innovation_score.source_of(board) AND a.attname = u.name AND NOT a.attisdropped
          LEFT JOIN LATERAL _innovation_score.base_type(a.atttypid) t ON true
          LEFT JOIN LATERAL (SELECT min(i.place) FROM indicators i WHERE i.mapped = u.name) AS m(position) ON true
          UNION ALL
          SELECT 2, i.place, i.code, 'indicator', 'number', i.place FROM indicators i
          UNION ALL
          SELECT 3, c.place, c.code || '_score', 'computed', 'number', c.place::integer
          FROM unnest(_innovation_score.model_codes(board.model, 'categories')) WITH ORDINALITY AS c(code, place)
          UNION ALL
          SELECT 4, v.place, v.name, 'computed', CASE WHEN v.name IN ('stage', 'tier') THEN 'text' ELSE 'number' END, NULL
          FROM unnest('{score,coverage,rank,stage_rank,percentile,stage,tier}'::text[]) WITH ORDINALITY AS v(name, place)) n
$$;

-- The parts of a condition that AND, or OR, joins, or the whole. Where a part ends is tried out, and the
-- parser says whether the parts are the whole.
CREATE FUNCTION _innovation_score.operands(item text, joiner text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    words text[] := regexp_split_to_array(item, format('\m%s\M', joiner), 'i');
    joiners text[] := ARRAY(SELECT m[1] FROM regexp_matches(item, format('(\m%s\M)', joiner), 'gi') m);
    part text;
    parts text[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(words) LOOP
        part := concat(part || joiners[i - 1], words[i]);
        BEGIN
            PERFORM _innovation_score.check_expression(part, 'condition');
            parts := parts || btrim(part, E' \t\n\r');
            part := NULL;
        EXCEPTION WHEN OTHERS THEN
            NULL;       -- it goes on
        END;
    END LOOP;
    IF part IS NULL AND cardinality(parts) > 1
        AND _innovation_score.same_expression(item, _innovation_score.joined(parts, joiner)) THEN
        RETURN parts;
    END IF;
    RETURN ARRAY[item];
END
$$;

CREATE FUNCTION _innovation_score.joined(parts text[], joiner text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN cardinality(parts) = 1 THEN parts[1]
                ELSE string_agg(format('(%s)', p.part), format(' %s ', upper(joiner)) ORDER BY p.place) END
    FROM unnest(parts) WITH ORDINALITY AS p(part, place)
$$;

-- What the names of a part mean; an error that says what is wrong with it.
CREATE FUNCTION _innovation_score.bound_names(board scoreboard, part text, answered text[] DEFAULT '{}')
RETURNS TABLE (relation text, name text, kind text, type text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT n.*
    FROM (SELECT array_agg(s.name ORDER BY s.number) || answered AS names,
                 array_agg(s.kind ORDER BY s.number) || array_fill('column'::text, ARRAY[cardinality(answered)]) AS kinds,
                 array_agg(s.type ORDER BY s.number) || array_fill('boolean'::text, ARRAY[cardinality(answered)]) AS types
          FROM _innovation_score.condition_scope(board) s) scope
    CROSS JOIN LATERAL _innovation_score.bind_condition_names(part::condition, scope.names, scope.kinds, scope.types) n
$$;

-- SQL text of a part over the source. One that fails there and names what is no column was meant as
-- a condition: what is wrong with that is told.
CREATE FUNCTION _innovation_score.bind_part(board scoreboard, source text, columns text[], part text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
BEGIN
    RETURN _innovation_score.bind_condition(board.search_path, source, columns, part, what);
EXCEPTION WHEN undefined_column OR undefined_table THEN
    IF EXISTS (SELECT FROM _innovation_score.condition_scope(board) s
               WHERE s.kind <> 'column' AND part ~ concat('\m', regexp_replace(s.name, '([^[:alnum:]_])', '\\\1', 'g'), '\M')) THEN
        PERFORM _innovation_score.bound_names(board, c) FROM unnest(_innovation_score.operands(part, 'and')) c;
    END IF;
    RAISE;
END
$$;

-- What a part names, as a rule lists it (src/decide/list_rule.h); NULL for a part that is SQL:
-- one that names columns only, or that a condition cannot be.
CREATE FUNCTION _innovation_score.condition_values(board scoreboard, part text, answered text[] DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    asked jsonb;
    foreign_name text;
BEGIN
    BEGIN
        SELECT CASE WHEN bool_or(n.kind <> 'column' OR k.place IS NOT NULL)
                    THEN COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                             'name', concat_ws('.', NULLIF(n.relation, ''), n.name),
                             'kind', CASE WHEN k.kind = 'computed' AND k.place IS NOT NULL THEN 'score'
                                          WHEN k.place IS NOT NULL THEN 'indicator' ELSE n.type END,
                             'place', k.place)))
                         FILTER (WHERE n.kind <> 'computed' OR k.place IS NOT NULL OR n.name = 'stage'), '[]') END,
               min(n.relation) FILTER (WHERE n.relation IN ('previous', 'median'))
        INTO asked, foreign_name
        FROM _innovation_score.bound_names(board, part, answered) n
        LEFT JOIN _innovation_score.condition_scope(board) k ON k.name = n.name AND k.kind = n.kind;
    EXCEPTION WHEN syntax_error OR feature_not_supported OR undefined_column OR undefined_function OR datatype_mismatch
                   OR numeric_value_out_of_range OR program_limit_exceeded OR invalid_text_representation THEN
        RETURN NULL;
    END;
    IF foreign_name IS NOT NULL THEN
        RAISE EXCEPTION 'a condition of a list cannot name "%" values', foreign_name
            USING ERRCODE = 'feature_not_supported', DETAIL = format('It is %s.', part);
    END IF;
    RETURN asked;
END
$$;

-- Where a part is neither, its largest parts that a condition cannot be are SQL, asked under names of their own.
CREATE FUNCTION _innovation_score.split_part(board scoreboard, prefix text, INOUT part text, INOUT asked text[])
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    joiner text;
    operands text[];
    whole text := part;
    within text;
    inner_part record;
BEGIN
    FOREACH joiner IN ARRAY '{and,or}'::text[] LOOP
        operands := _innovation_score.operands(whole, joiner);
        IF cardinality(operands) > 1 THEN
            FOR i IN 1 .. cardinality(operands) LOOP
                inner_part := _innovation_score.split_part(board, prefix, operands[i], asked);
                operands[i] := inner_part.part;
                asked := inner_part.asked;
            END LOOP;
            part := _innovation_score.joined(operands, joiner);
            RETURN;
        END IF;
    END LOOP;
    within := substring(whole FROM '(?i)^\s*(?:not\M)?\s*\((.*)\)\s*$');
    joiner := CASE WHEN whole ~* '^\s*not\M' THEN 'NOT ' ELSE '' END;
    BEGIN
        IF _innovation_score.same_expression(whole, format('%s(%s)', joiner, _innovation_score.check_expression(within, 'condition'))) THEN
            inner_part := _innovation_score.split_part(board, prefix, within, asked);
            part := format('%s(%s)', joiner, inner_part.part);
            asked := inner_part.asked;
            RETURN;
        END IF;
    EXCEPTION WHEN syntax_error THEN
        NULL;       -- the parentheses do not belong together
    END;
    BEGIN
        PERFORM _innovation_score.bound_names(board, part);
    EXCEPTION WHEN syntax_error OR feature_not_supported OR undefined_column OR undefined_function OR datatype_mismatch THEN
        asked := asked || part;
        part := format('%s_%s', prefix, cardinality(asked));
    END;
END
$$;

COMMENT ON FUNCTION _innovation_score.split_part(scoreboard, text, text, text[]) IS
    'internal: a condition with names in place of those of its parts that are SQL over the source, which are added to "asked"';

CREATE TYPE _innovation_score.rule_parts AS (
    required            text,
    qualifies           text,
    required_condition  text,
    qualifies_condition text,
    vals                jsonb,
    asked               jsonb
);

COMMENT ON TYPE _innovation_score.rule_parts IS 'internal: the conditions of a whitelist rule, by who evaluates them';
COMMENT ON COLUMN _innovation_score.rule_parts.required IS 'SQL text over the source';
COMMENT ON COLUMN _innovation_score.rule_parts.qualifies IS 'SQL text over the source';
COMMENT ON COLUMN _innovation_score.rule_parts.required_condition IS 'text of a condition';
COMMENT ON COLUMN _innovation_score.rule_parts.qualifies_condition IS 'text of a condition';
COMMENT ON COLUMN _innovation_score.rule_parts.vals IS 'what the conditions name, columns of the source in the order of the input';
COMMENT ON COLUMN _innovation_score.rule_parts.asked IS 'SQL text over the source of what conditions ask by names of their own';

CREATE FUNCTION _innovation_score.rule_part(board scoreboard, rule whitelist_rule, prefix text, INOUT part text, OUT vals jsonb,
                                            OUT asked jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    split record;
    names text[];
BEGIN
    IF rule.of_scheme THEN      -- those are conditions, and look at the source only
        RETURN;
    END IF;
    vals := _innovation_score.condition_values(board, part);
    IF vals IS NULL THEN
        split := _innovation_score.split_part(board, prefix, part, '{}');
        names := ARRAY(SELECT format('%s_%s', prefix, n) FROM generate_series(1, cardinality(split.asked)) n);
        IF split.part <> ALL (names) THEN
            vals := _innovation_score.condition_values(board, split.part, names);
        END IF;
        IF vals IS NOT NULL THEN
            part := split.part;
            asked := jsonb_object(names, split.asked);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.rule_part(scoreboard, whitelist_rule, text, text) IS
    'internal: a part of a condition of a rule as it is evaluated, with what it names; NULL for SQL over the source';

CREATE FUNCTION _innovation_score.rule_parts(board scoreboard, rule whitelist_rule) RETURNS rule_parts
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH part AS (
        SELECT q.question, q.item, p.place, v.part, v.vals, v.asked
        FROM (VALUES ('required', rule.required), ('qualifies', rule.qualifies)) q(question, item)
        CROSS JOIN LATERAL unnest(_innovation_score.operands(q.item, 'and')) WITH ORDINALITY AS p(part, place)
        CROSS JOIN LATERAL _innovation_score.rule_part(board, rule, format('_%s%s', q.question, p.place), p.part) v
        WHERE q.item IS NOT NULL
    ), joined AS (
        SELECT p.question, p.vals IS NULL AS of_source,
               CASE WHEN count(*) = (SELECT count(*) FROM part o WHERE o.question = p.question AND o.asked IS NULL) THEN min(p.item)
                    ELSE _innovation_score.joined(array_agg(p.part ORDER BY p.place), 'and') END AS text
        FROM part p GROUP BY p.question, p.vals IS NULL
    )
    SELECT ROW((SELECT j.text FROM joined j WHERE j.question = 'required' AND j.of_source),
               (SELECT j.text FROM joined j WHERE j.question = 'qualifies' AND j.of_source),
               (SELECT j.text FROM joined j WHERE j.question = 'required' AND NOT j.of_source),
               (SELECT j.text FROM joined j WHERE j.question = 'qualifies' AND NOT j.of_source),
               (SELECT jsonb_agg(v.val ORDER BY v.val ->> 'name' IN ('stage', 'score.stage'), v.val ->> 'name' COLLATE "C")
                FROM (SELECT DISTINCT e.value AS val FROM part p CROSS JOIN LATERAL jsonb_array_elements(p.vals) e) v),
               (SELECT jsonb_object_agg(a.key, a.value) FROM part p CROSS JOIN LATERAL jsonb_each(p.asked) a))::rule_parts
$$;

-- The names of the columns that conditions name, in their order.
CREATE FUNCTION _innovation_score.asked_columns(parts rule_parts) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT e.value ->> 'name' FROM jsonb_array_elements(parts.vals) WITH ORDINALITY AS e(value, place)
                 WHERE e.value ->> 'kind' IN ('number', 'text', 'boolean') ORDER BY e.place)
$$;

CREATE FUNCTION _innovation_score.rule_columns(board scoreboard, source text, columns text[]) RETURNS SETOF input_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    parts rule_parts;
    asked record;
    quota bound_expression;
    asked_columns text[];
BEGIN
    FOR rule IN SELECT * FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard ORDER BY r.rule COLLATE "C" LOOP
        parts := _innovation_score.rule_parts(board, rule);
        FOR asked IN SELECT * FROM (VALUES ('required', parts.required, 'required condition'),
                                           ('qualifies', parts.qualifies, 'qualifying condition')) v(question, condition, what)
                     WHERE v.condition IS NOT NULL LOOP
            RETURN NEXT ROW(_innovation_score.rule_column(asked.question, rule.rule),
                            CASE WHEN rule.of_scheme
                                 THEN _innovation_score.bind_firm_condition(
                                          board, source, columns, asked.condition::condition,
                                          format('%s of rule "%s" of the scheme', asked.what, rule.rule), asked.question = 'qualifies')
                                 ELSE _innovation_score.bind_part(board, source, columns, asked.condition, asked.what) END,
                            'boolean'::regtype)::input_column;
        END LOOP;
        IF rule.quota_by IS NOT NULL THEN
            quota := _innovation_score.bind_scalar(board.search_path, source, columns, rule.quota_by, 'quota');
            PERFORM _innovation_score.check_key_type(quota.type, _innovation_score.column_collation(_innovation_score.source_of(board), quota.name));
            RETURN NEXT ROW(_innovation_score.rule_column('quota', rule.rule),
                            format('innovation_score.key_text(%s)', quota.expression), 'text'::regtype)::input_column;
        END IF;
        asked_columns := array_remove(_innovation_score.asked_columns(parts),
                                      CASE WHEN 'stage' = ANY (columns) THEN NULL ELSE 'stage' END);
        asked_columns := array_remove(asked_columns, 'score.stage');
        IF asked_columns <> '{}' THEN
            RETURN NEXT ROW(_innovation_score.rule_column('columns', rule.rule),
                            (SELECT format('ARRAY[%s]', string_agg(
                                        CASE WHEN parts.asked ? c.name
                                             THEN format('innovation_score.key_text(%s)', _innovation_score.bind_part(
                                                             board, source, columns, parts.asked ->> c.name, 'part of a condition'))
                                             ELSE _innovation_score.field_text(
                                                      quote_ident(c.name),
                                                      _innovation_score.expression_type(board.search_path, source, quote_ident(c.name))) END,
                                        ', ' ORDER BY c.place))
                             FROM unnest(asked_columns) WITH ORDINALITY AS c(name, place)),
                            'text[]'::regtype)::input_column;
        END IF;
    END LOOP;
END
$$;

INSERT INTO _innovation_score.input_part (place, columns) VALUES (10, 'rule_columns');

-- The values of the indicators that conditions name.
CREATE FUNCTION _innovation_score.asked_values(vals jsonb, "values" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN count(*) = 0 THEN 'NULL::double precision[]'
                ELSE format('_innovation_score.elements(%s, %L)', "values", array_agg((e.value ->> 'place')::integer ORDER BY e.place)) END
    FROM jsonb_array_elements(vals) WITH ORDINALITY AS e(value, place) WHERE e.value ->> 'kind' = 'indicator'
$$;

CREATE FUNCTION _innovation_score.rule_questions(board scoreboard, rule whitelist_rule, OUT required text, OUT qualifies text,
                                                 OUT quota text, OUT columns text, OUT vals text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN parts.required IS NULL THEN 'true'
                ELSE format('s.%I', _innovation_score.rule_column('required', rule.rule)) END,
           CASE WHEN parts.qualifies IS NOT NULL THEN format('s.%I', _innovation_score.rule_column('qualifies', rule.rule))
                ELSE (parts.qualifies_condition IS NOT NULL)::text END,
           CASE WHEN rule.quota_by IS NULL THEN 'NULL::text'
                ELSE format('s.%I', _innovation_score.rule_column('quota', rule.rule)) END,
           CASE WHEN asked.names = '{}' THEN 'NULL::text[]'
                WHEN asked.of_input = '{}' THEN 'ARRAY[s.stage]'
                ELSE format(CASE WHEN asked.names = asked.of_input THEN 's.%I' ELSE 'pg_catalog.array_append(s.%I, s.stage)' END,
                            _innovation_score.rule_column('columns', rule.rule)) END,
           _innovation_score.asked_values(parts.vals, _innovation_score.source_values(board))
    FROM (SELECT (p).*, p AS whole FROM _innovation_score.rule_parts(board, rule) p OFFSET 0) parts
    CROSS JOIN LATERAL (SELECT a.names, array_remove(array_remove(a.names, 'score.stage'),
                                   CASE WHEN 'stage' = ANY (_innovation_score.nameable_columns(board)) THEN NULL ELSE 'stage' END)
                        FROM _innovation_score.asked_columns(parts.whole) AS a(names)) AS asked(names, of_input)
$$;

-- A constant is written where it is used, so that the view stays short.
CREATE FUNCTION _innovation_score.asked_item(expression text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN expression IN ('true', 'false', 'NULL::text[]', 'NULL::double precision[]') THEN expression ELSE 't.' || name END
$$;

COMMENT ON FUNCTION _innovation_score.asked_item(text, text) IS
    'internal: SQL text of what a rule asks about a row, which is a column of this name of the row t, or a constant';

-- The columns are numbered as the rules are.
CREATE FUNCTION _innovation_score.rule_inputs(board scoreboard, rules whitelist_rule[]) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format(', %s AS _quota%s', q.quota, n)
                      || COALESCE((SELECT string_agg(format(', %s AS %s%s', i.expression, i.name, n), '' ORDER BY i.name)
                                   FROM (VALUES (q.required, '_required'), (q.qualifies, '_qualifies'), (q.columns, '_columns'),
                                                (q.vals, '_vals')) i(expression, name)
                                   WHERE _innovation_score.asked_item(i.expression, i.name) <> i.expression), ''), '' ORDER BY n)
    FROM generate_series(1, cardinality(rules)) n CROSS JOIN LATERAL _innovation_score.rule_questions(board, rules[n]) q
$$;

COMMENT ON FUNCTION _innovation_score.rule_inputs(scoreboard, whitelist_rule[]) IS
    'internal: select list of what rules ask about a row s of the input';
COMMENT ON FUNCTION _innovation_score.rule_column(text, text) IS
    'internal: the column of the input that answers a question of a whitelist rule';
COMMENT ON FUNCTION _innovation_score.nameable_columns(scoreboard) IS 'internal: the columns that conditions may name';
COMMENT ON FUNCTION _innovation_score.condition_scope(scoreboard) IS 'internal: what names in the conditions of rules mean';
COMMENT ON FUNCTION _innovation_score.operands(text, text) IS 'internal: the parts of a condition that AND, or OR, joins';
COMMENT ON FUNCTION _innovation_score.joined(text[], text) IS 'internal: conditions joined by AND, or OR';
COMMENT ON FUNCTION _innovation_score.bound_names(scoreboard, text, text[]) IS 'internal: what the names of a condition of a list mean';
COMMENT ON FUNCTION _innovation_score.bind_part(scoreboard, text, text[], text, text) IS
    'internal: SQL text of a condition of a list over the source';
COMMENT ON FUNCTION _innovation_score.condition_values(scoreboard, text, text[]) IS
    'internal: what a part of a condition names, NULL for a part that is SQL over the source';
COMMENT ON FUNCTION _innovation_score.rule_parts(scoreboard, whitelist_rule) IS
    'internal: the conditions of a whitelist rule, apart by who evaluates them';
COMMENT ON FUNCTION _innovation_score.asked_columns(rule_parts) IS 'internal: the columns that conditions of a rule name';
COMMENT ON FUNCTION _innovation_score.rule_columns(scoreboard, text, text[]) IS
    'internal: the columns of the input that the whitelist rules of a scoreboard ask for';
COMMENT ON FUNCTION _innovation_score.rule_questions(scoreboard, whitelist_rule) IS
    'internal: SQL text of what a rule asks about a row s of the input';
COMMENT ON FUNCTION _innovation_score.asked_values(jsonb, text) IS
    'internal: SQL text of the values of indicators that a rule asks for, out of all';
