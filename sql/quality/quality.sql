-- quality: rules that a scheme has for the values of one firm (quality_rule.sql),
-- checked when they are written and put into views when a scoreboard is made.
--
-- A condition sees relations of one row each: the firm's values, whose columns need no
-- prefix, and around it "median", the medians of the firm's group, and "previous", the
-- firm's values of the period before. Views nest them so that the condition sees nothing
-- else by an unqualified name.

-- Numbers are divided by zero in every warehouse. In conditions that gives NULL, as it
-- does in ratio(): this operator stands before PostgreSQL's where they are parsed, in a
-- schema of its own so that nothing else is.
CREATE SCHEMA innovation_score_rule;

COMMENT ON SCHEMA innovation_score_rule IS 'operators that the conditions of quality rules see first';

GRANT USAGE ON SCHEMA innovation_score_rule TO PUBLIC;

CREATE OPERATOR innovation_score_rule./ (
    LEFTARG = float8,
    RIGHTARG = float8,
    FUNCTION = ratio
);

COMMENT ON OPERATOR innovation_score_rule./ (float8, float8) IS
    'quotient in conditions of quality rules; NULL where the divisor is 0';

CREATE FUNCTION same_unit(value float8, peers float8, previous float8) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION same_unit(float8, float8, float8) IS
    'false if a value is 3,000 to 30,000 times that of its peers or its own previous one, as amounts in yuan are among '
    'amounts in ten thousand yuan; NULL if there is nothing to compare it with';

-- Conditions.

CREATE FUNCTION _innovation_score.rule_names(condition text) RETURNS TABLE (relation text, name text, place integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.names[n][1], c.names[n][2], n
    FROM (SELECT _innovation_score.expression_columns(condition) AS names) c CROSS JOIN LATERAL generate_subscripts(c.names, 1) AS n
$$;

COMMENT ON FUNCTION _innovation_score.rule_names(text) IS
    'internal: the indicators that a condition names, with the relation (empty, median or previous)';

-- Conditions stand in views beside the caller's own expressions, which must not see the
-- operators of conditions: so these are bound first.
CREATE FUNCTION _innovation_score.bound_condition(condition text) RETURNS text
    AS 'MODULE_PATHNAME', 'bound_condition' LANGUAGE C STABLE STRICT PARALLEL SAFE
    SET search_path = innovation_score_rule, pg_catalog, innovation_score, pg_temp;

-- Version 1.1.0 parsed all expressions of some scoreboards as conditions are.
CREATE FUNCTION _innovation_score.plain_path(path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN path LIKE 'innovation\_score\_rule, pg\_catalog, %'
                THEN regexp_replace(path, '^innovation_score_rule, pg_catalog, (?:(.*), )?innovation_score$', '\1')
                ELSE path END
$$;

COMMENT ON FUNCTION _innovation_score.bound_condition(text) IS
    'internal: a condition as text that means the same whatever the search_path';
COMMENT ON FUNCTION _innovation_score.plain_path(text) IS 'internal: a search_path without the schemas that 1.1.0 added for conditions';

-- In WHERE a condition can hold no aggregate, window or set function.
CREATE FUNCTION _innovation_score.try_rule(codes text[], condition text, value text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    firm text := (SELECT string_agg(format('%s::double precision AS %I', value, c.code), ', ')
                  FROM unnest(codes) AS c(code)
                  WHERE octet_length(c.code) <= current_setting('max_identifier_length')::integer);
    query text := format('SELECT FROM (SELECT %1$s) median CROSS JOIN (SELECT %1$s) previous '
                         'WHERE (SELECT true FROM (SELECT %1$s) firm WHERE %2$s)', firm,
                         _innovation_score.bound_condition(condition));
BEGIN
    IF NOT _innovation_score.is_immutable(query) THEN
        RAISE EXCEPTION 'functions in a condition must be marked IMMUTABLE'
            USING ERRCODE = 'invalid_object_definition',
                  HINT = 'The same values must get the same verdict, and documents of others must do no harm.';
    END IF;
    EXECUTE query;
END
$$;

COMMENT ON FUNCTION _innovation_score.try_rule(text[], text, text) IS
    'internal: evaluates a condition where every indicator has the same value';

CREATE FUNCTION _innovation_score.check_rule() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := ARRAY(SELECT i.indicator FROM indicator i WHERE i.scheme = NEW.scheme
                          ORDER BY i.position, i.indicator COLLATE "C");
    what text := format('condition of quality rule "%s"', NEW.rule);
    culprit text;
    state text;
    message text;
    hint text;
BEGIN
    IF _innovation_score.is_restored() OR NEW.condition IS NULL OR NOT EXISTS (SELECT FROM scheme s WHERE s.scheme = NEW.scheme) THEN
        RETURN NEW;     -- others refuse it, or it has been checked before
    END IF;
    PERFORM _innovation_score.check_expression(NEW.condition, what);
    SELECT concat_ws('.', NULLIF(n.relation, ''), n.name) INTO culprit
    FROM _innovation_score.rule_names(NEW.condition) n
    WHERE n.relation NOT IN ('', 'median', 'previous') OR n.name <> ALL (codes)
    ORDER BY n.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scheme "%" has no indicator "%"', NEW.scheme, culprit
            USING ERRCODE = 'undefined_column', DETAIL = format('This was given as %s: %s', what, NEW.condition),
                  HINT = format('The indicators are %s; "median" and "previous" may stand before them.',
                                array_to_string(codes, ', '));
    END IF;
    IF NEW.severity = 'error' AND EXISTS (SELECT FROM _innovation_score.rule_names(NEW.condition) n WHERE n.relation <> '') THEN
        RAISE EXCEPTION 'quality rule "%" looks at other rows, so it can only be a warning', NEW.rule
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Errors decide who is scored, which must not depend on the values of others.',
                  HINT = 'Set severity to ''warning''.';
    END IF;
    BEGIN
        PERFORM _innovation_score.try_rule(codes, NEW.condition, 'NULL');
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        -- says WHERE, perhaps in another language; the author of the rule never wrote one
        RAISE EXCEPTION USING ERRCODE = state,
            MESSAGE = CASE WHEN state IN ('42803', '42P20') OR state = '0A000' AND message ~ 'WHERE'
                           THEN 'a condition cannot hold aggregate, window or set-returning functions'
                           WHEN state = '42804' AND message ~ 'WHERE' THEN 'a condition must be boolean'
                           ELSE message END,
            DETAIL = format('This was given as %s: %s', what, NEW.condition),
            HINT = CASE WHEN hint <> '' THEN hint
                        ELSE 'Give an SQL condition over the codes of indicators; functions of your own need their '
                             'schema.' END;
    END;
    BEGIN
        PERFORM _innovation_score.try_rule(codes, NEW.condition, '0');
        PERFORM _innovation_score.try_rule(codes, NEW.condition, '-1');
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = format('%s fails for values of 0 or -1: %s', what, message),
            DETAIL = format('This was given: %s', NEW.condition),
            HINT = 'One such firm would make the views fail: guard it with CASE WHEN … THEN … END.';
    END;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_rule() IS 'internal: refuses conditions that are none, or that could fail';

CREATE TRIGGER quality_rule_check BEFORE INSERT OR UPDATE OF rule, severity, condition ON quality_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.check_rule();

-- as weights do
CREATE FUNCTION _innovation_score.delete_rules() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM quality_rule q
    WHERE EXISTS (SELECT FROM _innovation_score.rule_names(q.condition) n JOIN gone g ON g.scheme = q.scheme AND g.indicator = n.name)
      AND q.scheme IN (SELECT g.scheme FROM gone g);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.delete_rules() IS 'internal: rules go with the indicators that they name';

CREATE TRIGGER indicator_rules AFTER DELETE ON indicator
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.delete_rules();

CREATE TRIGGER quality_rule_notify_insert AFTER INSERT ON quality_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER quality_rule_notify_update AFTER UPDATE ON quality_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();
CREATE TRIGGER quality_rule_notify_delete AFTER DELETE ON quality_rule
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.notify_scoreboards();

-- A rule outlives the old code of an indicator that was renamed.
CREATE FUNCTION _innovation_score.lost_names(q quality_rule) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(DISTINCT format('"%s"', n.name), ', ')
    FROM _innovation_score.rule_names(q.condition) n
    WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.scheme = q.scheme AND i.indicator = n.name)
$$;

CREATE FUNCTION _innovation_score.rule_problems(code text) RETURNS TABLE (severity text, object text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', format('quality rule %s', q.rule),
           format('refers to %s, which the scheme does not have: it is not checked', _innovation_score.lost_names(q))
    FROM quality_rule q WHERE q.scheme = code AND _innovation_score.lost_names(q) IS NOT NULL
$$;

COMMENT ON FUNCTION _innovation_score.lost_names(quality_rule) IS 'internal: what a rule names and its scheme does not have';
COMMENT ON FUNCTION _innovation_score.rule_problems(text) IS 'internal: what is amiss in the quality rules of a scheme';

-- The rules of a scoreboard are those that the scheme had when it was made.

CREATE FUNCTION _innovation_score.scheme_quality(code text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'on_error', s.on_error,
        'rules', (SELECT COALESCE(jsonb_agg(to_jsonb(q) - 'scheme' ORDER BY q.rule COLLATE "C"), '[]')
                  FROM quality_rule q WHERE q.scheme = code AND _innovation_score.lost_names(q) IS NULL))
    FROM scheme s WHERE s.scheme = code
$$;

CREATE FUNCTION _innovation_score.board_rules(board scoreboard)
RETURNS TABLE (number bigint, rule text, severity text, condition text, message text, relations text[])
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT e.number, e.rule ->> 'rule', e.rule ->> 'severity', _innovation_score.bound_condition(e.rule ->> 'condition'),
           e.rule ->> 'message',
           ARRAY(SELECT DISTINCT n.relation FROM _innovation_score.rule_names(e.rule ->> 'condition') n)
    FROM jsonb_array_elements(board.quality -> 'rules') WITH ORDINALITY AS e(rule, number)
$$;

CREATE FUNCTION _innovation_score.fits_differently(quality jsonb, other jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'exclude' IN (quality ->> 'on_error', other ->> 'on_error')
           AND (quality -> 'on_error' <> other -> 'on_error'
                OR jsonb_path_query_array(quality, kept.errors) <> jsonb_path_query_array(other, kept.errors))
    FROM (SELECT '$.rules[*] ? (@.severity == "error").condition'::jsonpath AS errors) kept
$$;

CREATE FUNCTION _innovation_score.needs_medians(quality jsonb, other jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_path_query_array(quality, kept.path) <> jsonb_path_query_array(other, kept.path)
    FROM (SELECT '$.rules[*].condition ? (@ like_regex "median")'::jsonpath AS path) kept
$$;

COMMENT ON FUNCTION _innovation_score.scheme_quality(text) IS
    'internal: the rules of a scheme, and what becomes of errors, as a scoreboard keeps them';
COMMENT ON FUNCTION _innovation_score.board_rules(scoreboard) IS
    'internal: the rules that a scoreboard was made with, their conditions bound';
COMMENT ON FUNCTION _innovation_score.fits_differently(jsonb, jsonb) IS
    'internal: whether a frozen scoreboard whose rules change must be fitted again';
COMMENT ON FUNCTION _innovation_score.needs_medians(jsonb, jsonb) IS
    'internal: whether a frozen scoreboard whose rules change must have its medians taken again';

-- What is scored.

CREATE FUNCTION _innovation_score.named_values(codes text[], expressions text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'SELECT ' || COALESCE(string_agg(format('%s AS %I', u.expression, u.code), ', ' ORDER BY u.place), '')
    FROM unnest(codes, expressions) WITH ORDINALITY AS u(code, expression, place)
    WHERE octet_length(u.code) <= current_setting('max_identifier_length')::integer     -- no condition can name others
$$;

COMMENT ON FUNCTION _innovation_score.named_values(text[], text[]) IS 'internal: query of one row, each expression under its code';

CREATE FUNCTION _innovation_score.flag_columns(board scoreboard) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'score' THEN '{}' ELSE '{quality_errors}' END::text[]
$$;

CREATE FUNCTION _innovation_score.error_gap(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'exclude'
                THEN 'WHEN s.quality_errors IS NOT NULL '
                     'THEN _innovation_score.reason(''quality_errors'', s.quality_errors) '
                ELSE '' END
$$;

-- What the rules of severity error say of a row s of the input: an expression over their conditions.
CREATE FUNCTION _innovation_score.judge_errors(board scoreboard, judgement text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(SELECT %s FROM (%s) firm)', judgement,
                  _innovation_score.named_values(array_agg(c.code ORDER BY c.place),
                                array_agg(format('_innovation_score.known_value(s._values[%s])', c.place) ORDER BY c.place)))
    FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
    WHERE c.code IN (SELECT n.name FROM _innovation_score.board_rules(board) r CROSS JOIN LATERAL _innovation_score.rule_names(r.condition) n
                     WHERE r.severity = 'error')
$$;

CREATE FUNCTION _innovation_score.excluded_rows(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.judge_errors(board, string_agg(format('(%s) IS FALSE', r.condition), ' OR ' ORDER BY r.number))
    FROM _innovation_score.board_rules(board) r WHERE r.severity = 'error' AND board.quality ->> 'on_error' = 'exclude'
    HAVING count(*) > 0
$$;

-- An excluded firm has no array of values, so score_row() gives it no score.
CREATE FUNCTION _innovation_score.checked_values(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT _innovation_score.judge_errors(board, format(
                             'NULLIF(array_to_string(ARRAY[%s], '', ''), '''')',
                             string_agg(format('CASE WHEN (%s) IS FALSE THEN %L END', r.condition, r.rule), ', '
                                        ORDER BY r.number)))
                         FROM _innovation_score.board_rules(board) r WHERE r.severity = 'error' HAVING count(*) > 0), 'NULL::text')
               || ' AS quality_errors, s._values AS _raw, '
               || COALESCE('CASE WHEN NOT ' || _innovation_score.excluded_rows(board) || ' THEN s._values END AS _values', 's._values')
    WHERE board.quality ->> 'on_error' <> 'score'
$$;

-- The same of values that were published, as elements of an array.
CREATE FUNCTION _innovation_score.left_out(quality jsonb, indicators text[], vals text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(
        (SELECT format('COALESCE((SELECT %s FROM (%s) firm), false)',
                       string_agg(format('%s IS FALSE', _innovation_score.bound_condition(r ->> 'condition')), ' OR ' ORDER BY n),
                       _innovation_score.named_values(indicators, ARRAY(SELECT format('(%s)[%s]', vals, i)
                                                       FROM generate_subscripts(indicators, 1) i ORDER BY i)))
         FROM jsonb_array_elements(quality -> 'rules') WITH ORDINALITY AS u(r, n)
         WHERE r ->> 'severity' = 'error' AND quality ->> 'on_error' = 'exclude' HAVING count(*) > 0), 'false')
$$;

COMMENT ON FUNCTION _innovation_score.flag_columns(scoreboard) IS 'internal: the columns of errors that the views of scores have';
COMMENT ON FUNCTION _innovation_score.error_gap(scoreboard) IS 'internal: the reason for which an excluded firm has no score';
COMMENT ON FUNCTION _innovation_score.judge_errors(scoreboard, text) IS
    'internal: SQL text of an expression over the conditions of severity error, for a row of the input';
COMMENT ON FUNCTION _innovation_score.excluded_rows(scoreboard) IS
    'internal: condition of the rows that are left out, NULL if none is';
COMMENT ON FUNCTION _innovation_score.left_out(jsonb, text[], text) IS
    'internal: condition that a firm with these values is left out';
COMMENT ON FUNCTION _innovation_score.checked_values(scoreboard) IS
    'internal: select list of the errors, the values as they are and those that count; NULL if the scheme does not ask '
    'for errors';

INSERT INTO scoreboard_column (name, comment) VALUES
    ('quality_errors', '数据质量错误 quality rules of severity error that the record violates; empty: none');
