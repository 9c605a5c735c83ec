-- quality, rules of a scoreboard: conditions over the columns of its source, beside those of its scheme over indicators. What they
-- name are columns of the input; the condition is evaluated by C (src/condition), also over the period before.

CREATE TABLE _innovation_score.scoreboard_quality_rule (
    scoreboard text NOT NULL,
    rule       text NOT NULL,
    severity   text NOT NULL,
    condition  condition NOT NULL,
    message    text,
    CONSTRAINT scoreboard_quality_rule_pkey PRIMARY KEY (scoreboard, rule),
    CONSTRAINT scoreboard_quality_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT scoreboard_quality_rule_code_check CHECK (rule <> ''),
    CONSTRAINT scoreboard_quality_rule_severity_check CHECK (severity IN ('error', 'warning'))
);

COMMENT ON TABLE scoreboard_quality_rule IS '积分榜的数据质量规则 quality rules of scoreboards, kept by set_quality_rule() and drop_quality_rule()';
COMMENT ON COLUMN scoreboard_quality_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN scoreboard_quality_rule.rule IS '规则代码 code of the rule';
COMMENT ON COLUMN scoreboard_quality_rule.severity IS '严重程度 error (错误: cannot be true), warning (警告: to be looked at)';
COMMENT ON COLUMN scoreboard_quality_rule.condition IS
    '条件 condition over columns of the source and indicators; violated if it is false, not if it is NULL';
COMMENT ON COLUMN scoreboard_quality_rule.message IS '提示 what is wrong where the condition is false';

SELECT _innovation_score.dump_table('scoreboard_quality_rule', 12.5, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.show_table('scoreboard_quality_rule');

-- What a condition names, and the column of the input that has it.
CREATE TYPE _innovation_score.rule_fact AS (
    key   text,
    name  text,
    item  text
);

COMMENT ON TYPE _innovation_score.rule_fact IS 'internal: a value that quality rules of a scoreboard name';
COMMENT ON COLUMN _innovation_score.rule_fact.key IS 'name, with "indicator." before it where the rule says so';
COMMENT ON COLUMN _innovation_score.rule_fact.name IS 'name alone';
COMMENT ON COLUMN _innovation_score.rule_fact.item IS 'column of the input';

CREATE FUNCTION _innovation_score.rule_facts(condition condition) RETURNS SETOF rule_fact
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT f.key, f.name, '_quality_' || CASE WHEN octet_length(f.key) > 50 THEN md5(f.key) ELSE f.key END
    FROM (SELECT DISTINCT CASE WHEN n.relation = 'indicator' THEN 'indicator.' || n.name ELSE n.name END AS key, n.name
          FROM _innovation_score.condition_names(condition) n) f
    ORDER BY f.key COLLATE "C"
$$;

COMMENT ON FUNCTION _innovation_score.rule_facts(condition) IS 'internal: the values that a quality rule of a scoreboard names';

-- A column of the source comes first, then an indicator; entity and period are known by these names, too.
CREATE FUNCTION _innovation_score.bind_rule_fact(board scoreboard, source text, columns text[], fact rule_fact, what text) RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    given text := CASE WHEN fact.key = fact.name AND fact.name = ANY (columns) THEN quote_ident(fact.name)
                       WHEN fact.name = ANY (codes) THEN NULL
                       WHEN board.long IS NULL AND fact.key = 'entity' THEN board.entity
                       WHEN board.long IS NULL AND fact.key = 'period' THEN board.period END;
    place integer := array_position(codes, fact.name);
BEGIN
    IF given IS NOT NULL THEN
        RETURN _innovation_score.bind_fact(board.search_path, source, columns, given, format('"%s" of %s', fact.name, what));
    END IF;
    IF place IS NULL THEN
        RAISE EXCEPTION '% names "%", which is neither a column of the source nor an indicator', what, fact.key
            USING ERRCODE = 'undefined_column',
                  HINT = format('The columns of the source are %s. The indicators are %s.',
                                (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c), array_to_string(codes, ', '));
    END IF;
    RETURN ROW(NULL, CASE WHEN board.long IS NOT NULL THEN format('pivot._values[%s]', place)
                          WHEN board.mapping -> fact.name = 'null' THEN 'NULL::double precision'
                          ELSE _innovation_score.bind_number(board.search_path, source, columns, COALESCE(board.mapping ->> fact.name, fact.name),
                                                             format('indicator "%s"', fact.name)) || '::double precision' END,
               'double precision'::regtype)::bound_expression;
END
$$;

CREATE FUNCTION _innovation_score.rule_fact_columns(board scoreboard, source text, columns text[]) RETURNS SETOF input_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
    bound bound_expression;
BEGIN
    FOR due IN
        SELECT DISTINCT ON (f.item COLLATE "C") r.rule, f AS fact
        FROM shown_scoreboard_quality_rule r CROSS JOIN LATERAL _innovation_score.rule_facts(r.condition) f
        WHERE r.scoreboard = board.scoreboard ORDER BY f.item COLLATE "C", r.rule COLLATE "C"
    LOOP
        bound := _innovation_score.bind_rule_fact(board, source, columns, due.fact, format('quality rule "%s"', due.rule));
        RETURN NEXT ROW((due.fact).item, bound.expression, bound.type)::input_column;
    END LOOP;
END
$$;

INSERT INTO _innovation_score.input_part (place, columns) VALUES (15, 'rule_fact_columns');

COMMENT ON FUNCTION _innovation_score.bind_rule_fact(scoreboard, text, text[], rule_fact, text) IS
    'internal: a value that a quality rule of a scoreboard names, as SQL text';
COMMENT ON FUNCTION _innovation_score.rule_fact_columns(scoreboard, text, text[]) IS
    'internal: the columns of the input that quality rules of a scoreboard need';

-- The rules in their order, n being their number.
CREATE FUNCTION _innovation_score.own_rules(board scoreboard, OUT n bigint, OUT rule text, OUT severity text, OUT condition condition, OUT message text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT row_number() OVER (ORDER BY r.rule COLLATE "C"), r.rule, r.severity, r.condition, r.message
    FROM shown_scoreboard_quality_rule r WHERE r.scoreboard = board.scoreboard
$$;

-- What a rule names, of rows t: the columns of the input and, as _was_quality_…, those of the period before.
CREATE FUNCTION _innovation_score.rule_values(board scoreboard, condition condition, OUT key text, OUT item text, OUT type regtype, OUT place bigint)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN n.relation <> '' THEN n.relation || '.' ELSE '' END || n.name,
           format(CASE WHEN n.relation <> 'previous' THEN 't.%1$I' WHEN board.period IS NULL THEN 'NULL::%3$s' ELSE 't.%2$I' END,
                  f.item, '_was' || f.item, a.atttypid::regtype),
           a.atttypid, n.place
    FROM _innovation_score.condition_names(condition) WITH ORDINALITY AS n(relation, name, type, place)
    JOIN _innovation_score.rule_facts(condition) f ON f.key = CASE WHEN n.relation = 'indicator' THEN 'indicator.' ELSE '' END || n.name
    JOIN pg_attribute a ON a.attrelid = _innovation_score.view_name(board.scoreboard, 'input')::regclass AND a.attname = f.item
$$;

-- One value at least: a function that takes any number of them takes one.
CREATE FUNCTION _innovation_score.rule_call(board scoreboard, condition condition) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('_innovation_score.firm_condition_holds(%L::innovation_score.condition, %L::pg_catalog.text[], %s)', condition,
                  COALESCE(array_agg(v.key ORDER BY v.place), '{""}'), COALESCE(string_agg(v.item, ', ' ORDER BY v.place), 'NULL::pg_catalog.text'))
    FROM _innovation_score.rule_values(board, condition) v
$$;

CREATE FUNCTION _innovation_score.rule_observed(board scoreboard, condition condition) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE('pg_catalog.concat_ws('', '', '
                    || string_agg(format('%L || COALESCE(%s, ''NULL'')', v.key || ' = ', _innovation_score.field_text(v.item, v.type)), ', ' ORDER BY v.place)
                    || ')', 'NULL::pg_catalog.text')
    FROM _innovation_score.rule_values(board, condition) v
$$;

-- FROM items: rows t of the input, and q: the number of a rule and whether it holds. The source is read once for all rules.
CREATE FUNCTION _innovation_score.own_rule_rows(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(SELECT %s%s FROM %s) t CROSS JOIN LATERAL (VALUES %s) q(n, holds)',
                  _innovation_score.columns_of('s', ARRAY[binding.entity, binding.period] || f.items),
                  (SELECT string_agg(format(', pg_catalog.lag(s.%1$I) OVER (PARTITION BY s.%3$I ORDER BY s.%4$I) AS %2$I', i, '_was' || i,
                                            binding.entity, binding.period), '' ORDER BY i COLLATE "C")
                   FROM unnest(f.previous) i WHERE binding.period IS NOT NULL),
                  _innovation_score.rows(binding),
                  (SELECT string_agg(format('(%s, %s)', r.n, _innovation_score.rule_call(board, r.condition)), ', ' ORDER BY r.n)
                   FROM _innovation_score.own_rules(board) r))
    FROM (SELECT COALESCE(array_agg(DISTINCT f.item), '{}') AS items, COALESCE(array_agg(DISTINCT f.item) FILTER (WHERE n.relation = 'previous'), '{}') AS previous
          FROM _innovation_score.own_rules(board) r CROSS JOIN LATERAL _innovation_score.condition_names(r.condition) n
          JOIN LATERAL _innovation_score.rule_facts(r.condition) f ON f.key = CASE WHEN n.relation = 'indicator' THEN 'indicator.' ELSE '' END || n.name) f
$$;

COMMENT ON FUNCTION _innovation_score.own_rules(scoreboard) IS 'internal: the quality rules of a scoreboard, numbered';
COMMENT ON FUNCTION _innovation_score.rule_values(scoreboard, condition) IS 'internal: what a quality rule of a scoreboard names, as SQL text';
COMMENT ON FUNCTION _innovation_score.rule_call(scoreboard, condition) IS 'internal: SQL text that says whether a quality rule of a scoreboard holds';
COMMENT ON FUNCTION _innovation_score.rule_observed(scoreboard, condition) IS 'internal: SQL text of the values that a quality rule names';
COMMENT ON FUNCTION _innovation_score.own_rule_rows(scoreboard, scoreboard_binding) IS
    'internal: FROM items of a row per firm and quality rule of a scoreboard';

-- What the views of quality show of these rules, or NULL where there are none.
CREATE FUNCTION _innovation_score.own_quality_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, CASE q.n%s END AS rule, CASE q.n%s END AS severity, CASE q.n%s END AS message, CASE q.n%s END AS observed FROM %s WHERE NOT q.holds',
                  _innovation_score.columns_of('t', ARRAY[binding.entity, binding.period]),
                  string_agg(format(' WHEN %s THEN %L::pg_catalog.text', r.n, r.rule), '' ORDER BY r.n),
                  string_agg(format(' WHEN %s THEN %L::pg_catalog.text', r.n, r.severity), '' ORDER BY r.n),
                  string_agg(format(' WHEN %s THEN %L::pg_catalog.text', r.n, r.message), '' ORDER BY r.n),
                  string_agg(format(' WHEN %s THEN %s', r.n, _innovation_score.rule_observed(board, r.condition)), '' ORDER BY r.n),
                  _innovation_score.own_rule_rows(board, binding))
    FROM _innovation_score.own_rules(board) r HAVING count(*) > 0
$$;

CREATE FUNCTION _innovation_score.own_summary_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %sCASE q.n%s END, CASE q.n%s END, NULL::pg_catalog.text, CASE q.n%s END, count(*), count(q.holds), count(*) FILTER (WHERE NOT q.holds), '
                  'NULL::pg_catalog.float8, NULL::pg_catalog.float8, NULL::pg_catalog.int8, NULL::pg_catalog.int8, NULL::pg_catalog.int8, NULL::pg_catalog.float8, '
                  'NULL::pg_catalog.float8, NULL::pg_catalog.float8, NULL::pg_catalog.float8, NULL::pg_catalog.float8, NULL::pg_catalog.float8 FROM %s GROUP BY %sq.n',
                  COALESCE(format('t.%I, ', binding.period), ''),
                  string_agg(format(' WHEN %s THEN %L::pg_catalog.text', r.n, r.rule), '' ORDER BY r.n),
                  string_agg(format(' WHEN %s THEN %L::pg_catalog.text', r.n, r.severity), '' ORDER BY r.n),
                  string_agg(format(' WHEN %s THEN %L::pg_catalog.text', r.n, r.message), '' ORDER BY r.n),
                  _innovation_score.own_rule_rows(board, binding), COALESCE(format('t.%I, ', binding.period), ''))
    FROM _innovation_score.own_rules(board) r HAVING count(*) > 0
$$;

COMMENT ON FUNCTION _innovation_score.own_quality_query(scoreboard, scoreboard_binding) IS
    'internal: query of the firms that violate quality rules of the scoreboard, NULL if it has none';
COMMENT ON FUNCTION _innovation_score.own_summary_query(scoreboard, scoreboard_binding) IS
    'internal: query of the quality rules of the scoreboard in figures, NULL if it has none';

-- Setting and dropping.

CREATE FUNCTION _innovation_score.set_quality_rule(rule scoreboard_quality_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(rule.scoreboard, path);
    missing text := CASE WHEN rule.rule IS NULL THEN 'code' WHEN rule.condition IS NULL THEN 'condition' END;
    odd text;
BEGIN
    rule.scoreboard := board.scoreboard;
    rule.severity := COALESCE(rule.severity, 'error');
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the quality rule needs a %', missing USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF rule.rule = '' OR rule.severity NOT IN ('error', 'warning') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = CASE WHEN rule.rule = '' THEN 'the code of a quality rule must not be empty'
                           ELSE format('severity of quality rule "%s" is "%s"', rule.rule, rule.severity) END,
            HINT = 'It is "error" (cannot be true) or "warning" (to be looked at).';
    END IF;
    IF jsonb_path_exists(board.quality, '$.rules[*] ? (@.rule == $code)', jsonb_build_object('code', rule.rule)) THEN
        RAISE EXCEPTION 'scheme "%" has a quality rule "%"', board.scheme, rule.rule USING ERRCODE = 'duplicate_object',
            HINT = 'Give that of the scoreboard another code.';
    END IF;
    SELECT format('%s.%s', n.relation, n.name) INTO odd FROM _innovation_score.condition_names(rule.condition) n
    WHERE n.relation NOT IN ('', 'indicator', 'previous') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'quality rule "%" of a scoreboard asks for %', rule.rule, odd USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is %s', rule.condition),
            HINT = 'It may name columns of the source, indicators, entity, period and values of the period before; medians are for rules of the scheme.';
    END IF;
    DELETE FROM scoreboard_quality_rule r WHERE r.scoreboard = rule.scoreboard AND r.rule = rule.rule;
    INSERT INTO scoreboard_quality_rule SELECT rule.*;
    PERFORM _innovation_score.remake_quality(board, rule);
END
$$;

-- The new text of the input comes first: the other views read its columns.
CREATE FUNCTION _innovation_score.remake_quality(board scoreboard, rule scoreboard_quality_rule DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept jsonb := _innovation_score.user_comments(board);
    message text;
BEGIN
    PERFORM _innovation_score.replace_views(board, '{input,quality,quality_summary}');
    PERFORM _innovation_score.put_comments(board, _innovation_score.bind(board), kept);
    IF EXISTS (SELECT FROM _innovation_score.condition_names(rule.condition)) THEN      -- types that do not go together are told now, not when the view is read
        PERFORM _innovation_score.run('pg_catalog, pg_temp', (
            SELECT format('SELECT _innovation_score.firm_condition_holds(%L::innovation_score.condition, %L::pg_catalog.text[], %s)', rule.condition,
                          array_agg(v.key ORDER BY v.place), string_agg('NULL::' || v.type, ', ' ORDER BY v.place))
            FROM _innovation_score.rule_values(board, rule.condition) v HAVING count(*) > 0));
    END IF;
EXCEPTION WHEN datatype_mismatch THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
    RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch', MESSAGE = message, DETAIL = format('This was given as quality rule "%s": %s', rule.rule, rule.condition);
END
$$;

CREATE FUNCTION set_quality_rule(scoreboard text, rule text, condition condition, severity text DEFAULT 'error', message text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.set_quality_rule(ROW(scoreboard, rule, severity, condition, message)::innovation_score.scoreboard_quality_rule,
                                              pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _innovation_score.drop_quality_rule(scoreboard text, rule text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(scoreboard, path);
BEGIN
    DELETE FROM scoreboard_quality_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = drop_quality_rule.rule;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard % has no quality rule "%" of its own', board.scoreboard, rule USING ERRCODE = 'undefined_object',
            HINT = COALESCE((SELECT format('Its rules are %s.', string_agg(r.rule, ', ' ORDER BY r.n)) FROM _innovation_score.own_rules(board) r),
                            'It has none: rules of its scheme are rows of innovation_score.quality_rule.');
    END IF;
    PERFORM _innovation_score.remake_quality(board);
END
$$;

CREATE FUNCTION drop_quality_rule(scoreboard text, rule text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.drop_quality_rule(scoreboard, rule, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.set_quality_rule(scoreboard_quality_rule, name[]) IS 'internal: set_quality_rule with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.remake_quality(scoreboard, scoreboard_quality_rule) IS
    'internal: remakes the views of quality, and refuses a rule whose types do not go together';
COMMENT ON FUNCTION _innovation_score.drop_quality_rule(text, text, name[]) IS 'internal: drop_quality_rule with the caller''s schemas';
COMMENT ON FUNCTION set_quality_rule(text, text, condition, text, text) IS
    'gives a scoreboard a quality rule of its own, over the columns of its source, or another condition for one that it has';
COMMENT ON FUNCTION drop_quality_rule(text, text) IS 'forgets a quality rule of a scoreboard';
