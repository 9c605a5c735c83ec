-- quality: rules that a scheme has for the values of one firm (quality_rule.sql),
-- checked when they are written. Views hand them, as values, to functions that
-- evaluate them (src/checks): no text of a rule is SQL.

CREATE FUNCTION same_unit(value float8, peers float8, previous float8) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION same_unit(float8, float8, float8) IS
    'false if a value is 3,000 to 30,000 times that of its peers or its own previous one, as amounts in yuan are among '
    'amounts in ten thousand yuan; NULL if there is nothing to compare it with';

-- Conditions.

CREATE FUNCTION _innovation_score.check_rule() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := ARRAY(SELECT i.indicator FROM indicator i WHERE i.scheme = NEW.scheme
                          ORDER BY i.position, i.indicator COLLATE "C");
    checked condition;
    culprit text;
    state text;
    message text;
    hint text;
BEGIN
    IF _innovation_score.is_restored() OR NEW.condition IS NULL OR NOT EXISTS (SELECT FROM scheme s WHERE s.scheme = NEW.scheme) THEN
        RETURN NEW;     -- others refuse it, or it has been checked before
    END IF;
    BEGIN
        checked := NEW.condition;
        SELECT concat_ws('.', NULLIF(n.relation, ''), n.name) INTO culprit
        FROM _innovation_score.condition_names(checked) WITH ORDINALITY AS n
        WHERE n.relation = 'score' OR n.name <> ALL (codes)
        ORDER BY n.ordinality LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'scheme "%" has no indicator "%"', NEW.scheme, culprit
                USING ERRCODE = 'undefined_column',
                      HINT = format('The indicators are %s; "median" and "previous" may stand before them.',
                                    array_to_string(codes, ', '));
        END IF;
        PERFORM _innovation_score.bind_condition_names(checked, codes, array_fill('indicator'::text, ARRAY[cardinality(codes)]),
                                                       array_fill('number'::text, ARRAY[cardinality(codes)]));
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint,
            DETAIL = format('This was given as condition of quality rule "%s": %s', NEW.rule, NEW.condition);
    END;
    IF NEW.severity = 'error' AND EXISTS (SELECT FROM _innovation_score.condition_names(checked) n
                                          WHERE n.relation IN ('median', 'previous')) THEN
        RAISE EXCEPTION 'quality rule "%" looks at other rows, so it can only be a warning', NEW.rule
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Errors decide who is scored, which must not depend on the values of others.',
                  HINT = 'Set severity to ''warning''.';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_rule() IS 'internal: refuses what is no condition over the indicators of the scheme';

CREATE TRIGGER quality_rule_check BEFORE INSERT OR UPDATE OF rule, severity, condition ON quality_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.check_rule();

-- as weights do
CREATE FUNCTION _innovation_score.delete_rules() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM quality_rule q
    WHERE EXISTS (SELECT FROM gone g
                  WHERE g.scheme = q.scheme AND g.indicator IN (SELECT n.name FROM _innovation_score.condition_names(q.condition::condition) n));
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
    FROM _innovation_score.condition_names(q.condition::condition) n
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
COMMENT ON FUNCTION _innovation_score.scheme_quality(text) IS
    'internal: the rules of a scheme, and what becomes of errors, as a scoreboard keeps them';
COMMENT ON FUNCTION _innovation_score.fits_differently(jsonb, jsonb) IS
    'internal: whether a frozen scoreboard whose rules change must be fitted again';
COMMENT ON FUNCTION _innovation_score.needs_medians(jsonb, jsonb) IS
    'internal: whether a frozen scoreboard whose rules change must have its medians taken again';

-- Rules over values.

CREATE TYPE _innovation_score.finding AS (rule text, severity text, message text, observed text);

COMMENT ON TYPE _innovation_score.finding IS 'a quality rule that a firm violates';
COMMENT ON COLUMN _innovation_score.finding.rule IS 'code of the rule';
COMMENT ON COLUMN _innovation_score.finding.severity IS 'error or warning';
COMMENT ON COLUMN _innovation_score.finding.message IS 'what is wrong';
COMMENT ON COLUMN _innovation_score.finding.observed IS 'values that the rule names';

CREATE FUNCTION _innovation_score.findings(rules jsonb, indicators text[], vals float8[], previous float8[], medians float8[])
RETURNS SETOF _innovation_score.finding
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 1;

COMMENT ON FUNCTION _innovation_score.findings(jsonb, text[], float8[], float8[], float8[]) IS
    'the rules that a firm violates, given its values in the order of the indicators, those of the period before and the medians of its group';

CREATE FUNCTION _innovation_score.quality_errors(rules jsonb, indicators text[], vals float8[]) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION _innovation_score.quality_errors(jsonb, text[], float8[]) IS
    'the codes of the rules that a firm with these values violates, NULL if it violates none';

CREATE FUNCTION _innovation_score.sound_values(rules jsonb, indicators text[], vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;

COMMENT ON FUNCTION _innovation_score.sound_values(jsonb, text[], float8[]) IS
    'the values of a firm that violates none of the rules, NULL of others';

CREATE FUNCTION _innovation_score.rule_medians_accumulate(internal, rules jsonb, indicators text[], vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rule_medians_accumulate(internal, jsonb, text[], float8[]) IS 'transition function of rule_medians';

CREATE FUNCTION _innovation_score.rule_medians_final(internal) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rule_medians_final(internal) IS 'final function of rule_medians';

CREATE AGGREGATE _innovation_score.rule_medians(rules jsonb, indicators text[], vals float8[]) (
    SFUNC = _innovation_score.rule_medians_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _innovation_score.rule_medians_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE _innovation_score.rule_medians(jsonb, text[], float8[]) IS
    'medians of the finite values other than 0 of each indicator whose median a rule names, NULL of the others';

-- What is scored.

CREATE FUNCTION _innovation_score.flag_columns(board scoreboard) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'score' THEN '{}' ELSE '{quality_errors}' END::text[]
$$;

CREATE FUNCTION _innovation_score.error_gap(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'exclude'
                THEN 'CASE WHEN s.quality_errors IS NOT NULL THEN _innovation_score.reason(''quality_errors'', s.quality_errors) END' END
$$;

-- Functions over rules take them as jsonb, as a scoreboard keeps them, and the indicators that they may name.
CREATE FUNCTION _innovation_score.rule_arguments(rules jsonb, indicators text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%L::jsonb, %L::text[]', rules, indicators)
$$;

CREATE FUNCTION _innovation_score.error_arguments(quality jsonb, indicators text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.rule_arguments(jsonb_path_query_array(quality, '$.rules[*] ? (@.severity == "error")'), indicators)
$$;

-- The texts that follow are over the values of a row, given as SQL text.
CREATE FUNCTION _innovation_score.left_out(quality jsonb, indicators text[], vals text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN quality ->> 'on_error' = 'exclude' AND quality @? '$.rules[*] ? (@.severity == "error")'
                THEN format('(_innovation_score.quality_errors(%s, %s) IS NOT NULL)',
                            _innovation_score.error_arguments(quality, indicators), vals)
                ELSE 'false' END
$$;

CREATE FUNCTION _innovation_score.excluded_rows(board scoreboard, row_values text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT NULLIF(_innovation_score.left_out(board.quality, _innovation_score.model_codes(board.model, 'indicators'), row_values), 'false')
$$;

-- An excluded firm has no array of values, so score_row() gives it no score; _unchecked is what it has all the same.
CREATE FUNCTION _innovation_score.checked_values(board scoreboard, row_values text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(CASE board.quality ->> 'on_error'
                      WHEN 'score' THEN '%2$s AS _values'
                      WHEN 'flag' THEN '_innovation_score.quality_errors(%1$s, %2$s) AS quality_errors, %2$s AS _values'
                      ELSE '_innovation_score.quality_errors(%1$s, %2$s) AS quality_errors, '
                           '_innovation_score.sound_values(%1$s, %2$s) AS _values, %2$s AS _unchecked' END,
                  _innovation_score.error_arguments(board.quality, _innovation_score.model_codes(board.model, 'indicators')), row_values)
$$;

COMMENT ON FUNCTION _innovation_score.flag_columns(scoreboard) IS 'internal: the columns of errors that the views of scores have';
COMMENT ON FUNCTION _innovation_score.error_gap(scoreboard) IS 'internal: why an excluded firm has no score';
COMMENT ON FUNCTION _innovation_score.rule_arguments(jsonb, text[]) IS 'internal: SQL text of rules and indicators as arguments';
COMMENT ON FUNCTION _innovation_score.error_arguments(jsonb, text[]) IS 'internal: the same with the rules of severity error only';
COMMENT ON FUNCTION _innovation_score.left_out(jsonb, text[], text) IS
    'internal: condition that a firm with these values is left out';
COMMENT ON FUNCTION _innovation_score.excluded_rows(scoreboard, text) IS
    'internal: condition of the rows that are left out, NULL if none is';
COMMENT ON FUNCTION _innovation_score.checked_values(scoreboard, text) IS
    'internal: select list of the errors, if the scheme asks for them, and the values that count';

INSERT INTO scoreboard_column (name, comment) VALUES
    ('quality_errors', '数据质量错误 quality rules of severity error that the record violates; empty: none');
