-- scoreboard, rows: the rows of the view _input as the views over it and the functions read them, by name: groups, keys,
-- periods.

CREATE FUNCTION _innovation_score.rows(binding scoreboard_binding, more text DEFAULT '') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN more = '' THEN binding.rows ELSE format('(SELECT s.*%s FROM %s) s', more, binding.rows) END
$$;

COMMENT ON FUNCTION _innovation_score.rows(scoreboard_binding, text) IS
    'internal: FROM item of the rows as the views read them, with more columns';

CREATE FUNCTION _innovation_score.columns_of(alias text, names text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format('%s.%I', alias, n.name), ', ' ORDER BY n.place)
    FROM unnest(array_remove(names, NULL)) WITH ORDINALITY AS n(name, place)
$$;

COMMENT ON FUNCTION _innovation_score.columns_of(text, text[]) IS 'internal: a list of columns, each with the alias of its table';

-- The rows that bounds are fitted on.
CREATE FUNCTION _innovation_score.sample_rows(binding scoreboard_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(format('(SELECT s.* FROM %s', binding.rows) || ' WHERE ' || binding.sample || ') s', binding.rows)
$$;

COMMENT ON FUNCTION _innovation_score.sample_rows(scoreboard_binding) IS
    'internal: FROM item of those rows that the bounds are fitted on';

CREATE FUNCTION _innovation_score.groups(binding scoreboard_binding) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT binding.groups
$$;

-- Peers are ordered from coarse to fine: a group of a level is made by the first ones.
CREATE FUNCTION _innovation_score.level_groups(binding scoreboard_binding, level integer) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT binding.groups[1:cardinality(binding.groups) - cardinality(binding.peers) + level]
$$;

COMMENT ON FUNCTION _innovation_score.groups(scoreboard_binding) IS
    'internal: the columns whose values make the groups that are fitted';
COMMENT ON FUNCTION _innovation_score.level_groups(scoreboard_binding, integer) IS
    'internal: the columns of the groups that so many of the peers make';

-- Columns are compared as GROUP BY compares them: by the operators of their types, which are
-- equality of key texts, and cost less.
CREATE FUNCTION _innovation_score.key_columns(binding scoreboard_binding, names text[], form text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format(form, n.name, _innovation_score.key_operator(
                                 binding.types[array_position(binding.names, n.name)])), ' AND ' ORDER BY n.place)
    FROM unnest(names) WITH ORDINALITY AS n(name, place)
$$;

CREATE FUNCTION _innovation_score.same_group(binding scoreboard_binding, groups text[], a text, b text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(_innovation_score.key_columns(binding, groups, a || '.%1$I %2$s ' || b || '.%1$I'), 'true')
$$;

COMMENT ON FUNCTION _innovation_score.key_columns(scoreboard_binding, text[], text) IS
    'internal: SQL text of a condition on each of some keys, in a form that takes the column and its operator of equality';
COMMENT ON FUNCTION _innovation_score.same_group(scoreboard_binding, text[], text, text) IS
    'internal: condition that two rows are of one group';

-- Keys of which the caller gave the text; "what" is entity or period.
CREATE FUNCTION _innovation_score.key_type(binding scoreboard_binding, what text) RETURNS oid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT binding.types[array_position(binding.names, CASE what WHEN 'entity' THEN binding.entity ELSE binding.period END)]
$$;

CREATE FUNCTION _innovation_score.given_key(board scoreboard, binding scoreboard_binding, what text, value text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.key_of_text(value, _innovation_score.key_type(binding, what), board.scoreboard, what)
$$;

CREATE FUNCTION _innovation_score.row_key(board scoreboard, binding scoreboard_binding, alias text, what text, value text)
RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.key_condition(
        alias || '.' || quote_ident(CASE what WHEN 'entity' THEN binding.entity ELSE binding.period END),
        _innovation_score.key_type(binding, what), _innovation_score.given_key(board, binding, what, value))
$$;

CREATE FUNCTION _innovation_score.last_periods(rows text, period_column text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    periods text;
BEGIN
    EXECUTE format('SELECT pg_catalog.string_agg(p.key, '', '' ORDER BY p.period) FROM (SELECT s.%1$I AS period, '
                   'innovation_score.key_text(s.%1$I) AS key FROM %2$s WHERE s.%1$I IS NOT NULL '
                   'GROUP BY s.%1$I ORDER BY s.%1$I DESC LIMIT 10) p', period_column, rows)
        INTO periods;
    RETURN COALESCE('The last periods that it has rows of are ' || periods || '.', 'Its source has no rows.');
END
$$;

COMMENT ON FUNCTION _innovation_score.last_periods(text, text) IS 'internal: a sentence that lists the periods that there are rows of';

-- A mistyped period gives nothing anywhere, which looks like an answer.
CREATE FUNCTION _innovation_score.find_period(board scoreboard, rows text, period_column text, type oid, period text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    found boolean := false;
    state text := 'P0002';
    problem text := format('scoreboard %s has no rows of period "%s"', board.scoreboard, period);
    detail text;
    periods text;
BEGIN
    BEGIN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %s)', rows,
                       _innovation_score.key_condition('s.' || quote_ident(period_column), type,
                                                       _innovation_score.key_of_text(period, type, board.scoreboard, 'period')))
            INTO found;
    EXCEPTION WHEN invalid_parameter_value THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, problem = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    END;
    IF NOT found THEN
        periods := _innovation_score.last_periods(rows, period_column);
        IF detail IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = state, MESSAGE = problem, HINT = periods;
        END IF;
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = problem, DETAIL = detail, HINT = periods;
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.check_period(board scoreboard, binding scoreboard_binding, period text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF period IS NULL THEN
        RETURN;
    END IF;
    IF binding.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave the period out.';
    END IF;
    PERFORM _innovation_score.find_period(board, _innovation_score.rows(binding), binding.period,
                                          _innovation_score.key_type(binding, 'period'), period);
END
$$;

COMMENT ON FUNCTION _innovation_score.find_period(scoreboard, text, text, oid, text) IS
    'internal: an error, which lists the periods, if a FROM item "s" has no rows of one';
COMMENT ON FUNCTION _innovation_score.check_period(scoreboard, scoreboard_binding, text) IS
    'internal: an error if a period is given that the source has no rows of';

-- The binding of one period's rows; as it is where none is given.
CREATE FUNCTION _innovation_score.bind_period(board scoreboard, binding scoreboard_binding, period text) RETURNS scoreboard_binding
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF period IS NOT NULL THEN
        binding.rows := format('(SELECT s.* FROM %s WHERE %s) s', binding.rows,
                               _innovation_score.row_key(board, binding, 's', 'period', period));
        binding.only_period := _innovation_score.given_key(board, binding, 'period', period);
    END IF;
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_period(scoreboard, scoreboard_binding, text) IS
    'internal: how the rows of one period of a scoreboard are read';

-- For those who may not read the source: as the view _score has it; as it is where there is no such view.
CREATE FUNCTION _innovation_score.shown_key(scoreboard text, what text, value text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT _innovation_score.key_of_text(value, a.atttypid, shown_key.scoreboard, what)
                     -- looked up in the catalogs: a caller need not see the schema
                     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = (parse_ident(shown_key.scoreboard))[1]
                       AND c.relname = (parse_ident(shown_key.scoreboard))[2] || '_score'
                       AND a.attnum = CASE what WHEN 'entity' THEN 1 ELSE 2 END), value)
$$;

COMMENT ON FUNCTION _innovation_score.shown_key(text, text, text) IS
    'internal: the key text of an entity or a period that a reader of the views gave';
COMMENT ON FUNCTION _innovation_score.key_type(scoreboard_binding, text) IS
    'internal: the type of the entity or the period, NULL if there is none';
COMMENT ON FUNCTION _innovation_score.given_key(scoreboard, scoreboard_binding, text, text) IS
    'internal: the key text of an entity or a period that the caller gave';
COMMENT ON FUNCTION _innovation_score.row_key(scoreboard, scoreboard_binding, text, text, text) IS
    'internal: SQL text of the condition that a row of an alias has an entity or a period; NULL if none is given';
