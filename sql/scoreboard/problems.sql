-- scoreboard, problems: what is wrong with a scoreboard and the data that it reads. What takes one reading of the
-- input at most is also told when a scoreboard is created, frozen or published.

-- ----- indicators

-- The query gives the models and the names of their groups. What concerns some groups only is not worth a warning.
CREATE FUNCTION _innovation_score.model_problems(board scoreboard, query text) RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH bound AS MATERIALIZED (
        SELECT m.label, i.* FROM _innovation_score.fetch(query) AS m(label text, model score_model)
        CROSS JOIN LATERAL model_indicators(m.model) i
    ), found AS (
        SELECT b.indicator, b.position, count(*) AS groups,
               count(*) FILTER (WHERE b.n = 0) AS without, min(b.label) FILTER (WHERE b.n = 0) AS without_in,
               count(*) FILTER (WHERE b.minimum = b.maximum) AS same, min(b.label) FILTER (WHERE b.minimum = b.maximum) AS same_in,
               count(*) FILTER (WHERE b.minimum < b.maximum AND b.method ~ ' → ') AS collapsed,
               min(b.label) FILTER (WHERE b.minimum < b.maximum AND b.method ~ ' → ') AS collapsed_in,
               min(b.method) FILTER (WHERE b.minimum < b.maximum AND b.method ~ ' → ') AS method,
               count(*) FILTER (WHERE b.small) AS small, min(b.label) FILTER (WHERE b.small) AS small_in
        FROM (SELECT b.*, b.transform = 'log' AND greatest(abs(b.lower), abs(b.upper)) < 1 AND b.method !~ '^fixed[(].+,.+[)]$' AS small FROM bound b) b GROUP BY b.indicator, b.position
    )
    SELECT CASE WHEN f.without < f.groups OR board.mapping -> f.indicator = 'null' THEN 'notice' ELSE 'warning' END,
           format('indicator %s', f.indicator),
           'has no value' || _innovation_score.in_groups(f.without, f.groups, f.without_in),
           CASE WHEN board.mapping -> f.indicator = 'null' THEN 'It is mapped to null.'
                WHEN board.long IS NOT NULL THEN 'See whether the source has this label, or map the indicator to another one.'
                ELSE 'Load its values, or map the indicator to another column or expression.' END
    FROM found f WHERE f.without > 0
    UNION ALL
    SELECT CASE WHEN f.same < f.groups THEN 'notice' ELSE 'warning' END, format('indicator %s', f.indicator),
           'has one value only' || _innovation_score.in_groups(f.same, f.groups, f.same_in),
           'It tells no firm from another: see whether its values were loaded.'
    FROM found f WHERE f.same > 0
    UNION ALL
    SELECT CASE WHEN f.collapsed < f.groups THEN 'notice' ELSE 'warning' END, format('indicator %s', f.indicator),
           format('has bounds that collapsed (%s)', f.method) || _innovation_score.in_groups(f.collapsed, f.groups, f.collapsed_in),
           'Most firms have one value: choose another method of extreme values for it.'
    FROM found f WHERE f.collapsed > 0
    UNION ALL   -- where both bounds are fixed, the scheme says it
    SELECT 'warning', format('indicator %s', f.indicator),
           'is transformed by log, but its bounds lie below 1' || _innovation_score.in_groups(f.small, f.groups, f.small_in),
           'Below 1 ln(1 + x) is nearly x: use ln, or a smaller unit.'
    FROM found f WHERE f.small > 0
$$;

COMMENT ON FUNCTION _innovation_score.model_problems(scoreboard, text) IS
    'internal: indicators whose values or bounds tell nothing, by the models that a query gives';

CREATE FUNCTION _innovation_score.model_labels(board scoreboard, binding scoreboard_binding, period text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, m.model FROM %s m WHERE m.model IS NOT NULL AND %s',
                  COALESCE((SELECT 'concat_ws('', '', ' || string_agg(format('innovation_score.key_text(m.%I)', g.name), ', ' ORDER BY g.place) || ')'
                            FROM unnest(_innovation_score.groups(binding)) WITH ORDINALITY AS g(name, place)), 'NULL::text'),
                  _innovation_score.view_name(board.scoreboard, 'model'),
                  CASE WHEN period IS NOT NULL AND binding.period = ANY (_innovation_score.groups(binding))
                       THEN _innovation_score.period_condition(board, binding, 'm', period) ELSE 'true' END)
$$;

COMMENT ON FUNCTION _innovation_score.model_labels(scoreboard, scoreboard_binding, text) IS
    'internal: query of the models of a scoreboard with the names of their groups';

-- An upper bound between 0 and the least other value: whoever has any has everything.
CREATE FUNCTION _innovation_score.value_problems(board scoreboard, binding scoreboard_binding, condition text, period text)
RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', format('indicator %s', f.indicator),
           format('upper bound %s lies below its least value other than 0, %s', min(f.upper), min(f.least)),
           'Whoever has any of it has full marks: choose another method of extreme values for it.'
    FROM _innovation_score.fetch(format(
        'SELECT i.indicator, i.upper, v.least FROM (SELECT %1$s u.place, min(u.value) FILTER (WHERE u.value > 0) AS least '
        'FROM %2$s CROSS JOIN LATERAL unnest(s._values) WITH ORDINALITY AS u(value, place) '
        'WHERE %3$s AND u.value < ''Infinity'' GROUP BY %1$s u.place) v '
        'JOIN %4$s m ON %5$s CROSS JOIN LATERAL innovation_score.model_indicators(m.model) i '
        'WHERE i.position = v.place AND i.transform = ''none'' AND i.minimum >= 0 AND i.upper < v.least',
        _innovation_score.columns_of('s', _innovation_score.groups(binding)) || ', ', binding.rows, condition,
        _innovation_score.view_name(board.scoreboard, 'model'),
        _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 'v')))
        AS f(indicator text, upper float8, least float8)
    GROUP BY f.indicator
    UNION ALL
    SELECT 'warning', format('indicator %s', f.indicator),
           CASE WHEN f.n = 1 THEN '1 value is' ELSE f.n || ' values are' END || ' infinite: counted as missing',
           'Correct the source, or map the indicator to an expression that gives NULL there.'
    FROM _innovation_score.fetch(format(
        'SELECT q.indicator, sum(q.non_finite)::bigint FROM %s q WHERE q.rule IS NULL AND q.non_finite > 0 AND %s GROUP BY q.indicator',
        _innovation_score.view_name(board.scoreboard, 'quality_summary'),
        CASE WHEN period IS NULL THEN 'true' ELSE _innovation_score.period_condition(board, binding, 'q', period) END))
        AS f(indicator text, n bigint)
$$;

COMMENT ON FUNCTION _innovation_score.value_problems(scoreboard, scoreboard_binding, text, text) IS
    'internal: what is wrong with values, one by one: infinite ones, and bounds that let no difference through';

-- ----- lists and tiers

CREATE FUNCTION _innovation_score.list_problems(board scoreboard, binding scoreboard_binding, period text)
RETURNS SETOF _innovation_score.problem
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    tiers tier_rule := _innovation_score.tiers_of(board, binding);
    condition text := CASE WHEN period IS NULL THEN 'true' ELSE _innovation_score.period_condition(board, binding, 's', period) END;
BEGIN
    FOR rule IN SELECT * FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard ORDER BY r.rule COLLATE "C" LOOP
        RETURN QUERY SELECT 'warning', format('whitelist rule "%s"', rule.rule),
                            'lists nobody' || COALESCE(' in period ' || f.period, ''),
                            format('See the reasons in %s.', _innovation_score.view_name(board.scoreboard, concat_ws('_', 'whitelist', NULLIF(rule.rule, ''))))
            FROM _innovation_score.fetch(format(
                'SELECT %s FROM %s s WHERE %s AND %s GROUP BY 1 HAVING count(*) FILTER (WHERE s.decision IN (''listed'', ''earlier'')) = 0 ORDER BY 1',
                COALESCE('innovation_score.key_text(s.' || quote_ident(binding.period) || ')', 'NULL::text'),
                _innovation_score.view_name(board.scoreboard, concat_ws('_', 'whitelist', NULLIF(rule.rule, ''))), condition,
                COALESCE('s.' || quote_ident(binding.period) || ' IS NOT NULL', 'true'))) AS f(period text);
        IF rule.quota_by IS NOT NULL THEN
            RETURN QUERY SELECT 'warning', 'source',
                                _innovation_score.rows_without(f.n, rule.quota_by || ', and so without a quota'),
                                'Such firms cannot be listed: complete the source.'::text
                FROM _innovation_score.fetch(format(
                    'SELECT count(*) FROM %s WHERE s.%I IS NULL AND %s', binding.rows, _innovation_score.rule_column('quota', rule.rule), condition))
                    AS f(n bigint)
                WHERE f.n > 0;
        END IF;
    END LOOP;
    IF tiers.tiers IS NOT NULL THEN
        RETURN QUERY SELECT 'warning', format('tier "%s"', t.name), 'is reached by no firm', 'Set other cuts with set_tiers().'::text
            FROM unnest(tiers.tiers[1:cardinality(tiers.tiers) - 1]) AS t(name)
            WHERE t.name NOT IN (SELECT f.tier FROM _innovation_score.fetch(format(
                'SELECT DISTINCT s.tier FROM %s s WHERE s.tier IS NOT NULL AND %s',
                _innovation_score.view_name(board.scoreboard, 'tier'), condition)) AS f(tier text));
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.list_problems(scoreboard, scoreboard_binding, text) IS
    'internal: whitelist rules that list nobody, firms without a quota, tiers that nobody reaches';

-- ----- all of them

CREATE FUNCTION _innovation_score.scheme_findings(board scoreboard) RETURNS SETOF _innovation_score.problem
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT p.severity, p.object, p.problem,
           CASE WHEN p.object LIKE 'scoreboard %' THEN 'Run innovation_score.rebuild_scoreboard().'
                ELSE 'Correct the scheme, then run innovation_score.rebuild_scoreboard().' END
    FROM scheme_problems(board.scheme) p
    WHERE p.object NOT LIKE 'scoreboard %' OR p.object = 'scoreboard ' || board.scoreboard
$$;

COMMENT ON FUNCTION _innovation_score.scheme_findings(scoreboard) IS 'internal: scheme_problems() as it concerns a scoreboard';

CREATE FUNCTION _innovation_score.cell_advice(name text, cell text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN parse_number(cell) IS NOT NULL
                THEN format('Map the indicator to innovation_score.parse_number(%s), which reads it as %s.',
                            COALESCE(quote_ident(name), '...'), parse_number(cell))
                ELSE format('Correct it, or map the indicator to innovation_score.parse_number(%s), which takes what '
                            'it cannot read for missing.', COALESCE(quote_ident(name), '...')) END
$$;

COMMENT ON FUNCTION _innovation_score.cell_advice(text, text) IS 'internal: what to do about a text that is not a number';

-- Casts in a mapping name the firm (read_cell); of others, such as those in functions, the text that they failed on stands in
-- the source.
CREATE FUNCTION _innovation_score.unreadable_cell(board scoreboard, state text, message text) RETURNS _innovation_score.problem
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    told text[] := regexp_match(message, '^firm "(.*?)": ((?:column "(.*?)"|.*?) holds "(.*)", which is .*)$');
    cell text := COALESCE(told[4], (regexp_match(message, '"(.*)"$'))[1]);
    source regclass;
    columns text[];
    name text;
    firm text;
BEGIN
    IF told IS NOT NULL THEN
        RETURN ROW('error', format('firm "%s"', told[1]), told[2], _innovation_score.cell_advice(told[3], cell))::_innovation_score.problem;
    ELSIF state = '22P02' AND cell IS NOT NULL THEN        -- invalid_text_representation
        source := _innovation_score.source_of(board);
        columns := ARRAY(SELECT a.attname::text FROM pg_attribute a
                         WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum);
        FOR name IN
            SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = source AND a.attnum > 0 AND t.typcategory = 'S' ORDER BY a.attnum
        LOOP
            EXECUTE format('SELECT pg_catalog.concat(%s) FROM %s s WHERE s.%I::text = $1 LIMIT 1',
                           COALESCE('s.' || quote_ident(_innovation_score.bound_name(columns, board.entity)), quote_literal('?')),
                           _innovation_score.source_name(source), name)
                INTO firm USING cell;
            IF firm IS NOT NULL THEN
                RETURN ROW('error', format('firm "%s"', firm), format('column "%s" holds "%s", which is not a number', name, cell),
                           _innovation_score.cell_advice(name, cell))::_innovation_score.problem;
            END IF;
        END LOOP;
    END IF;
    RETURN ROW('error', 'source', format('cannot be read: %s', message),
               'Correct the source or the mapping; where a column has another name or type now, run '
               'innovation_score.rebuild_scoreboard().')::_innovation_score.problem;
END
$$;

COMMENT ON FUNCTION _innovation_score.unreadable_cell(scoreboard, text, text) IS
    'internal: why a source cannot be read, if possible with the firm, the column and the text';

-- For runs, which read as the owner of the scoreboard.
CREATE FUNCTION _innovation_score.refuse_unreadable(known text, state text, message text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    cell _innovation_score.problem;
BEGIN
    SELECT f.* INTO STRICT cell FROM _innovation_score.fetch_as_owner(known, format(
        'SELECT (x.cell).* FROM (SELECT _innovation_score.unreadable_cell(b, %L, %L) AS cell FROM innovation_score.scoreboard b '
        'WHERE b.scoreboard = %L) x', state, message, known)) AS f(severity text, object text, problem text, advice text);
    RAISE EXCEPTION 'scoreboard %: %: %', known, cell.object, cell.problem
        USING ERRCODE = 'invalid_text_representation', HINT = cell.advice;
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_unreadable(text, text, text) IS
    'internal: the error of a run that could not read its source, with the firm, the column and the text';

CREATE FUNCTION _innovation_score.find_problems(name text, period text, path name[]) RETURNS SETOF _innovation_score.problem
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    condition text := 'true';
    problems _innovation_score.problem[];
    doubled boolean;
    hint text;
BEGIN
    board := _innovation_score.get_scoreboard(name, path);
    RETURN QUERY SELECT * FROM _innovation_score.scheme_findings(board);
    IF board.suspended IS NOT NULL THEN
        RETURN NEXT ROW('error', 'views', 'are dropped while the scoreboard is suspended',
                        'Run innovation_score.rebuild_scoreboard().')::_innovation_score.problem;
        RETURN;
    END IF;
    BEGIN
        PERFORM _innovation_score.check_remains(board);
        binding := _innovation_score.bind(board);
        PERFORM _innovation_score.source_name(_innovation_score.source_of(board));
    EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        RETURN NEXT ROW('error', 'source', SQLERRM, hint)::_innovation_score.problem;
        RETURN;
    END;
    problems := ARRAY(SELECT p FROM _innovation_score.binding_problems(board) p);
    RETURN QUERY SELECT * FROM unnest(problems);
    IF EXISTS (SELECT FROM unnest(problems) p WHERE p.severity = 'error') THEN
        RETURN;
    END IF;
    IF period IS NOT NULL THEN
        condition := _innovation_score.period_condition(board, binding, 's', period);
    END IF;
    BEGIN
        RETURN QUERY SELECT * FROM _innovation_score.expression_problems(board);
        RETURN QUERY SELECT 'error', format('firm "%s"', d.entity), format('has %s rows%s', d.n, ' in period ' || d.period),
                            'Correct the source, or bind a view that has one row per firm (and period).'::text
            FROM _innovation_score.duplicates(board, binding, condition) d LIMIT 100;
        doubled := FOUND;
        problems := ARRAY(SELECT p FROM _innovation_score.row_problems(board, binding, condition) p);
        RETURN QUERY SELECT * FROM unnest(problems);
        RETURN QUERY SELECT * FROM _innovation_score.exclusion_problems(board, binding);
        RETURN QUERY SELECT * FROM _innovation_score.source_problems(board, binding, condition, period);
        RETURN QUERY SELECT * FROM _innovation_score.label_problems(board);
        RETURN QUERY SELECT * FROM _innovation_score.register_findings(board, period);
        IF EXISTS (SELECT FROM unnest(problems) p WHERE p.object LIKE 'stage %') THEN
            RETURN;     -- the views cannot be read
        END IF;
        RETURN QUERY SELECT * FROM _innovation_score.model_problems(board, _innovation_score.model_labels(board, binding, period));
        RETURN QUERY SELECT * FROM _innovation_score.aged_problems(board, binding, period);
        RETURN QUERY SELECT * FROM _innovation_score.value_problems(board, binding, condition, period);
        RETURN QUERY SELECT * FROM _innovation_score.statistics_problems(board, binding, condition);
        IF NOT doubled THEN     -- else no list can be read
            RETURN QUERY SELECT * FROM _innovation_score.list_problems(board, binding, period);
        END IF;
    EXCEPTION WHEN data_exception OR undefined_column OR undefined_table OR undefined_function THEN
        RETURN NEXT _innovation_score.unreadable_cell(board, SQLSTATE, SQLERRM);
    END;
END
$$;

CREATE FUNCTION _innovation_score.scoreboard_problems(name text, period text, path name[]) RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT p.severity, _innovation_score.in_language(p.object, b.language), _innovation_score.in_language(p.problem, b.language),
           _innovation_score.in_language(p.advice, b.language)
    FROM (SELECT _innovation_score.board_language((_innovation_score.get_scoreboard(name, path)).scoreboard)) AS b(language)
    CROSS JOIN _innovation_score.find_problems(name, period, path) p
    ORDER BY array_position(ARRAY['error', 'warning', 'notice'], p.severity), p.object COLLATE "C", p.problem COLLATE "C"
$$;

COMMENT ON FUNCTION _innovation_score.find_problems(text, text, name[]) IS 'internal: what scoreboard_problems() puts in order';
COMMENT ON FUNCTION _innovation_score.scoreboard_problems(text, text, name[]) IS
    'internal: scoreboard_problems with the caller''s schemas';

CREATE FUNCTION scoreboard_problems(name text, period text DEFAULT NULL)
RETURNS TABLE (severity text, object text, problem text, advice text)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION scoreboard_problems(text, text) IS
    'what is wrong with a scoreboard and its data, in a period or in all: error (it cannot be frozen or published), warning '
    '(probably not as intended), notice (good to know), each with what to do about it';

-- A few as NOTICEs, to who creates, freezes or publishes.
CREATE FUNCTION _innovation_score.tell_problems(board scoreboard, problems _innovation_score.problem[], refuse boolean)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    language text := _innovation_score.board_language(board.scoreboard);
    name text := format(CASE language WHEN 'zh' THEN '积分榜 %s：' ELSE 'scoreboard %s: ' END, board.scoreboard);
    found record;
    said text;
BEGIN
    FOR found IN
        SELECT p.*, row_number() OVER w AS place, count(*) OVER () AS n
        FROM unnest(problems) p WHERE p.severity <> 'notice'
        WINDOW w AS (ORDER BY p.severity, p.object COLLATE "C", p.problem COLLATE "C")
        ORDER BY place LIMIT 6
    LOOP
        said := name || concat_ws(CASE language WHEN 'zh' THEN '' ELSE ' ' END, _innovation_score.in_language(found.object, language),
                                  _innovation_score.in_language(found.problem, language));
        found.advice := _innovation_score.in_language(found.advice, language);
        IF refuse AND found.severity = 'error' THEN
            RAISE EXCEPTION '%', said
                USING ERRCODE = CASE WHEN found.object = 'source' AND found.problem LIKE 'has %' THEN 'not_null_violation'
                                     WHEN found.object = 'source' THEN 'object_not_in_prerequisite_state' ELSE 'invalid_parameter_value' END,
                      HINT = found.advice;
        ELSIF found.place < 6 THEN
            RAISE NOTICE '%', said USING HINT = found.advice;
        ELSE
            RAISE NOTICE 'scoreboard % has % further problems', board.scoreboard, found.n - 5
                USING HINT = 'See innovation_score.scoreboard_problems().';
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.tell_problems(scoreboard, _innovation_score.problem[], boolean) IS
    'internal: the first problems as NOTICEs, and how many there are besides; errors as such, if they are refused';

-- Before a scoreboard is frozen or published: its rows, and what they come from. Afterwards: the models of a query, which
-- are there then.
CREATE FUNCTION _innovation_score.tell_row_problems(board scoreboard, binding scoreboard_binding, condition text, period text, complete boolean)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.tell_problems(board, ARRAY(
        SELECT p FROM _innovation_score.binding_problems(board) p
        UNION ALL
        SELECT p FROM _innovation_score.row_problems(board, binding, condition) p WHERE NOT complete
        UNION ALL
        SELECT p FROM _innovation_score.label_problems(board) p
        UNION ALL
        SELECT p FROM _innovation_score.register_findings(board, period) p
        UNION ALL
        SELECT p FROM _innovation_score.exclusion_problems(board, _innovation_score.bind(board)) p), true)
$$;

CREATE FUNCTION _innovation_score.tell_model_problems(board scoreboard, models text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.tell_problems(board, ARRAY(SELECT p FROM _innovation_score.model_problems(board, models) p), true)
$$;

COMMENT ON FUNCTION _innovation_score.tell_row_problems(scoreboard, scoreboard_binding, text, text, boolean) IS
    'internal: tells what is wrong with the rows under a condition, unless these are complete, with what they are read from and with '
    'the exclusions, or refuses them';
COMMENT ON FUNCTION _innovation_score.tell_model_problems(scoreboard, text) IS
    'internal: tells what is wrong with the indicators by the models of a query';

-- What can be told about a new scoreboard, whose source may be anything.
CREATE FUNCTION _innovation_score.tell_new_problems(board scoreboard) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding := _innovation_score.bind(board);
    problems _innovation_score.problem[];
    cell _innovation_score.problem;
BEGIN
    problems := ARRAY(SELECT p FROM _innovation_score.expression_problems(board) p
                      UNION ALL
                      SELECT ROW('error', format('firm "%s"', d.entity), format('has %s rows%s', d.n, ' in period ' || d.period),
                                 'Correct the source, or bind a view that has one row per firm (and period).')::_innovation_score.problem
                      FROM _innovation_score.duplicates(board, binding, 'true') d
                      UNION ALL
                      SELECT p FROM _innovation_score.row_problems(board, binding, 'true') p
                      UNION ALL
                      SELECT p FROM _innovation_score.label_problems(board) p
                      UNION ALL
                      SELECT p FROM _innovation_score.model_problems(board, _innovation_score.model_labels(board, binding, NULL)) p);
    PERFORM _innovation_score.tell_problems(board, problems, false);
EXCEPTION WHEN OTHERS THEN
    cell := _innovation_score.unreadable_cell(board, SQLSTATE, SQLERRM);
    RAISE NOTICE 'scoreboard %: %: %', board.scoreboard, cell.object, cell.problem USING HINT = cell.advice;
END
$$;

COMMENT ON FUNCTION _innovation_score.tell_new_problems(scoreboard) IS
    'internal: tells what is wrong with a scoreboard that has just been created';

-- What has been made and what to look at next, for who makes a scoreboard by hand.
CREATE FUNCTION _innovation_score.tell_next_steps(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    chinese boolean := _innovation_score.default_language() = 'zh';
    views text := (SELECT string_agg((parse_ident(board.scoreboard))[2] || '_' || v.suffix, ', ' ORDER BY v.place)
                   FROM _innovation_score.views_of(board.scoreboard) v WHERE v.suffix <> 'input');
BEGIN
    IF current_setting('innovation_score.next_steps', true) = 'off' THEN
        RETURN;
    END IF;
    RAISE NOTICE USING
        MESSAGE = format(CASE WHEN chinese THEN '积分榜 %s 已建立：%s 个指标，视图 %s' ELSE 'scoreboard %s is made: %s indicators, views %s' END,
                         board.scoreboard, jsonb_array_length(board.model::jsonb -> 'indicators'), views),
        HINT = format(CASE WHEN chinese THEN '接下来：SELECT * FROM innovation_score.scoreboard_problems(%1$L); 检查问题；SELECT * FROM %2$s ORDER BY rank; '
                                             '查看排名；SELECT innovation_score.set_whitelist_rule(%1$L, top_n => 500); 设定名单；TABLE innovation_score.guide; 查看更多任务。'
                           ELSE 'Next: SELECT * FROM innovation_score.scoreboard_problems(%1$L); asks what is wrong; SELECT * FROM %2$s ORDER BY rank; '
                                'shows the ranking; SELECT innovation_score.set_whitelist_rule(%1$L, top_n => 500); makes a list; '
                                'TABLE innovation_score.guide; has more tasks.' END,
                      board.scoreboard, _innovation_score.view_name(board.scoreboard, 'ranking'));
END
$$;

COMMENT ON FUNCTION _innovation_score.tell_next_steps(scoreboard) IS
    'internal: tells what create_scoreboard() has made, unless innovation_score.next_steps is off';
