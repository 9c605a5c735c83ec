-- scoreboard, views: the text of each view, and the functions that make, remake
-- and drop them.
--
-- The views read the rows of the view _input by name. Functions, operators and types are
-- found in pg_catalog, or written with their schema.

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
        EXECUTE format('SELECT pg_catalog.string_agg(p.key, '', '' ORDER BY p.period) FROM (SELECT s.%1$I AS period, '
                       'innovation_score.key_text(s.%1$I) AS key FROM %2$s WHERE s.%1$I IS NOT NULL '
                       'GROUP BY s.%1$I ORDER BY s.%1$I DESC LIMIT 10) p', period_column, rows)
            INTO periods;
        periods := COALESCE('The last periods that it has rows of are ' || periods || '.', 'Its source has no rows.');
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

CREATE FUNCTION _innovation_score.known_groups(groups text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(string_agg(format('s.%I IS NOT NULL', g.name), ' AND ' ORDER BY g.place), 'true')
    FROM unnest(groups) WITH ORDINALITY AS g(name, place)
$$;

COMMENT ON FUNCTION _innovation_score.known_groups(text[]) IS 'internal: condition that a row belongs to a group';

-- Which bounds a group has is told where they need not be those of all its rows.
CREATE FUNCTION _innovation_score.tells_reference(board scoreboard) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT board.sample IS NOT NULL OR board.pooled OR board.min_peers IS NOT NULL
$$;

CREATE FUNCTION _innovation_score.counts_rows(board scoreboard) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.tells_reference(board) OR board.small_group IS NOT NULL
$$;

COMMENT ON FUNCTION _innovation_score.counts_rows(scoreboard) IS
    'internal: whether the rows are counted on which a model is fitted';
COMMENT ON FUNCTION _innovation_score.tells_reference(scoreboard) IS
    'internal: whether the view _model has the columns fitted_level, fitted_on and fitted_rows';

CREATE FUNCTION _innovation_score.level_name(binding scoreboard_binding, level integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(NULLIF(array_to_string(_innovation_score.level_groups(binding, level), ', '), ''), 'all')
$$;

COMMENT ON FUNCTION _innovation_score.level_name(scoreboard_binding, integer) IS 'internal: the groups of a level in words';

-- Citus has catalogs of its own; a source may be a view over distributed tables.
CREATE FUNCTION _innovation_score.is_distributed(source regclass) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    distributed boolean := false;
BEGIN
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        EXECUTE 'WITH RECURSIVE used(oid) AS ('
                'SELECT $1::oid UNION '
                'SELECT d.refobjid FROM used u JOIN pg_rewrite r ON r.ev_class = u.oid '
                'JOIN pg_depend d ON d.classid = ''pg_rewrite''::regclass AND d.objid = r.oid '
                'AND d.refclassid = ''pg_class''::regclass) '
                'SELECT EXISTS (SELECT FROM used u JOIN pg_dist_partition p ON p.logicalrelid = u.oid)'
            INTO distributed USING source;
    END IF;
    RETURN distributed;
END
$$;

COMMENT ON FUNCTION _innovation_score.is_distributed(regclass) IS
    'internal: whether a source is a distributed table of Citus, or a view that reads one';

-- Fits. Over a distributed table of Citus neither a recursive query nor a correlated
-- subquery can span shards: as many passes as the methods can ever need, one
-- after the other. Citus carries out every one; the condition that a model is unfinished,
-- which depends on no row, lets the workers answer without reading when none is. Without
-- groups FILTER leaves the values alone instead: there, in PostgreSQL 15 and 16, Citus
-- refuses such a condition below outer joins. The last pass is not filtered: an unfinished
-- model is an error where it is used, not a row less.
CREATE FUNCTION _innovation_score.distributed_fit_query(board scoreboard, binding scoreboard_binding, groups text[], first_pass text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('WITH pass1 AS MATERIALIZED (%s), %s SELECT %s FROM (%s) f WHERE f.model IS NOT NULL '
                  'ORDER BY innovation_score.is_fitted(f.model)',
                  first_pass,
                  string_agg(format(
                      CASE WHEN groups = '{}'
                           THEN 'pass%1$s AS MATERIALIZED (SELECT '
                                '%7$sinnovation_score.fit((SELECT p.model FROM pass%3$s p), VARIADIC s._values) '
                                'FILTER (WHERE (SELECT NOT innovation_score.is_fitted(q.model) '
                                'FROM pass%3$s q)) AS model FROM %4$s)'
                           ELSE 'pass%1$s AS MATERIALIZED (SELECT %2$s FROM pass%3$s p JOIN %4$s ON %5$s '
                                'AND NOT innovation_score.is_fitted(p.model) WHERE EXISTS '
                                '(SELECT 1 FROM pass%3$s q WHERE NOT innovation_score.is_fitted(q.model)) '
                                'GROUP BY %6$s)' END,
                      pass, concat_ws(', ', _innovation_score.columns_of('s', groups),
                                      counted.rows || 'innovation_score.fit(p.model, VARIADIC s._values) AS model'),
                      pass - 1, _innovation_score.sample_rows(binding), _innovation_score.same_group(binding, groups, 's', 'p'),
                      _innovation_score.columns_of('s', groups), counted.rows), ', ' ORDER BY pass),
                  _innovation_score.columns_of('f', groups || counted.name || 'model'::text),
                  'SELECT * FROM pass1 WHERE innovation_score.is_fitted(model)'
                  || string_agg(format(' UNION ALL SELECT * FROM pass%s%s', pass,
                                       CASE WHEN pass < most.passes
                                            THEN ' WHERE innovation_score.is_fitted(model)' ELSE '' END),
                                '' ORDER BY pass))
    FROM (SELECT CASE WHEN _innovation_score.counts_rows(board) THEN 'pg_catalog.count(*) AS fitted_rows, ' ELSE '' END,
                 CASE WHEN _innovation_score.counts_rows(board) THEN 'fitted_rows' END) AS counted(rows, name)
    CROSS JOIN (SELECT CASE WHEN bool_or(concat(i ->> 'extreme', i ->> 'stages') ~ 'mad') THEN 10
                            WHEN bool_or(concat(i ->> 'extreme', i ->> 'stages') ~ 'inside') THEN 6 ELSE 5 END
                        + CASE WHEN board.model::jsonb ? 'rescale_best' THEN 1 ELSE 0 END AS passes
                FROM jsonb_array_elements(board.model::jsonb -> 'indicators') i) most
    CROSS JOIN LATERAL generate_series(2, most.passes) pass
    GROUP BY counted.rows, counted.name, most.passes
$$;

COMMENT ON FUNCTION _innovation_score.distributed_fit_query(scoreboard, scoreboard_binding, text[], text) IS
    'internal: query that fits the groups of a distributed table';

CREATE FUNCTION _innovation_score.model_not_known(scoreboard text) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.model_not_known(text) IS 'internal: the error of views of a scoreboard whose row is not there';

-- The model without bounds, looked up once a query. The workers of Citus cannot look into the registry, which
-- has no other model either that a scoreboard is tried with.
CREATE FUNCTION _innovation_score.unfitted_model(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.is_distributed(_innovation_score.source_of(board))
                     OR EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = board.scoreboard AND b.model <> board.model)
                THEN format('%L::innovation_score.score_model', board.model::text)
                ELSE format('(SELECT COALESCE((SELECT b.model FROM _innovation_score.shown_scoreboard b WHERE b.scoreboard = %1$L), '
                            '_innovation_score.model_not_known(%1$L)))', board.scoreboard) END
$$;

COMMENT ON FUNCTION _innovation_score.unfitted_model(scoreboard) IS
    'internal: SQL text of the model of a scoreboard before it is fitted';

-- Methods that need order statistics may leave a large group unfinished; it
-- is passed over the source again, it alone, until it is finished. LIMIT 1 lets the
-- usual case, one pass, end before the others begin; the planner sees that, too, and
-- does not take the query for so costly that compiling it (jit) would pay.
-- ORDER BY puts a Sort on top: a plan that reads the groups again and again, row by row
-- of a join, reads the sorted rows and fits nothing twice.
CREATE FUNCTION _innovation_score.live_fit_query(board scoreboard, binding scoreboard_binding, level integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    groups text[] := _innovation_score.level_groups(binding, level);
    counted text := CASE WHEN _innovation_score.counts_rows(board) THEN 'fitted_rows' END;
    first_pass text;
BEGIN
    first_pass := format('SELECT %s AS model FROM %s%s%s%s',
                         concat_ws(', ', _innovation_score.columns_of('s', groups), 'pg_catalog.count(*) AS ' || counted,
                                   format('innovation_score.fit(%s, VARIADIC s._values)', _innovation_score.unfitted_model(board))),
                         _innovation_score.sample_rows(binding), ' WHERE ' || NULLIF(_innovation_score.known_groups(groups), 'true'),
                         ' GROUP BY ' || _innovation_score.columns_of('s', groups),
                         CASE WHEN level > 0 THEN ' HAVING pg_catalog.count(*) >= ' || board.min_peers END);
    IF NOT EXISTS (SELECT FROM jsonb_array_elements(board.model::jsonb -> 'indicators') i
                   WHERE concat(i ->> 'extreme', i ->> 'stages') ~ 'percentile|iqr|mad'
                      OR board.model::jsonb ? 'rescale_best'
                      OR COALESCE(i ->> 'missing', board.model::jsonb ->> 'missing') = 'median') THEN
        RETURN format('SELECT %s FROM (%s) m WHERE m.model IS NOT NULL ORDER BY innovation_score.is_fitted(m.model)',
                      _innovation_score.columns_of('m', groups || counted || 'model'::text), first_pass);
    END IF;
    IF _innovation_score.is_distributed(_innovation_score.source_of(board)) THEN
        RETURN _innovation_score.distributed_fit_query(board, binding, groups, first_pass);
    END IF;
    RETURN format(
        'SELECT %s FROM (%s) m CROSS JOIN LATERAL ('
        'SELECT m.model WHERE innovation_score.is_fitted(m.model) UNION ALL ('
        'WITH RECURSIVE pass(model) AS (SELECT m.model UNION ALL '
        'SELECT (SELECT innovation_score.fit(pass.model, VARIADIC s._values) FROM %s WHERE %s) '
        'FROM pass WHERE NOT innovation_score.is_fitted(pass.model)) '
        'SELECT pass.model FROM pass WHERE innovation_score.is_fitted(pass.model)) LIMIT 1) f '
        'ORDER BY innovation_score.is_fitted(f.model)',
        concat_ws(', ', _innovation_score.columns_of('m', groups || counted), 'f.model'), first_pass, _innovation_score.sample_rows(binding),
        _innovation_score.same_group(binding, groups, 's', 'm'));
END
$$;

COMMENT ON FUNCTION _innovation_score.live_fit_query(scoreboard, scoreboard_binding, integer) IS
    'internal: query that fits the groups that so many of the peers make';

-- With a minimum size every level is fitted, each by a reading of its own (grouping sets
-- would keep filters from the table and the work from parallel workers), and a group takes
-- the finest bounds that there are for it. The groups are read apart from the bounds, since
-- the sample may hold no row of a group.
CREATE FUNCTION _innovation_score.live_levels_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    groups text[] := _innovation_score.groups(binding);
    joins text := '';
    levels text[] := '{}';
BEGIN
    FOR level IN REVERSE cardinality(binding.peers) .. 0 LOOP
        levels := levels || format('level%s', level);
        joins := joins || format(
            ' LEFT JOIN (SELECT %s AS fitted_level, %L::text AS fitted_on, f.* FROM (%s) f) level%1$s ON %4$s',
            level, _innovation_score.level_name(binding, level), _innovation_score.live_fit_query(board, binding, level),
            _innovation_score.same_group(binding, _innovation_score.level_groups(binding, level), format('level%s', level), 'g'));
    END LOOP;
    RETURN format(
        'SELECT %1$s FROM (SELECT %2$s, %3$s FROM (SELECT %4$s FROM %5$s WHERE %6$s GROUP BY %4$s) g%7$s) m '
        'WHERE m.model IS NOT NULL ORDER BY innovation_score.is_fitted(m.model)',
        _innovation_score.columns_of('m', groups || '{fitted_level,fitted_on,fitted_rows,model}'::text[]), _innovation_score.columns_of('g', groups),
        (SELECT string_agg(format('COALESCE(%s) AS %I',
                                  (SELECT string_agg(format('%I.%I', l.name, c.name), ', ' ORDER BY l.place)
                                   FROM unnest(levels) WITH ORDINALITY AS l(name, place)), c.name),
                           ', ' ORDER BY c.place)
         FROM unnest('{fitted_level,fitted_on,fitted_rows,model}'::text[]) WITH ORDINALITY AS c(name, place)),
        _innovation_score.columns_of('s', groups), _innovation_score.rows(binding), _innovation_score.known_groups(groups), joins);
END
$$;

COMMENT ON FUNCTION _innovation_score.live_levels_query(scoreboard, scoreboard_binding) IS
    'internal: query that fits groups of every level and gives each group the finest bounds';

CREATE FUNCTION _innovation_score.live_model_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN board.min_peers IS NOT NULL THEN _innovation_score.live_levels_query(board, binding)
        WHEN _innovation_score.tells_reference(board) THEN
            format('SELECT %s, f.model FROM (%s) f',
                   concat_ws(', ', _innovation_score.columns_of('f', _innovation_score.groups(binding)), finest || ' AS fitted_level',
                             format('%L::text AS fitted_on, f.fitted_rows', _innovation_score.level_name(binding, finest))),
                   _innovation_score.live_fit_query(board, binding, finest))
        ELSE _innovation_score.live_fit_query(board, binding, finest) END
    FROM cardinality(binding.peers) finest
$$;

COMMENT ON FUNCTION _innovation_score.live_model_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _model that fits the groups when it is read';

-- Frozen models, cast to the types that the live view had. The offset keeps the casts
-- away from the rows of other scoreboards; quoted, it is a constant from the start,
-- and the planner knows in time that it does not stand in the way of parallel plans.
CREATE FUNCTION _innovation_score.frozen_model_query(board scoreboard, binding scoreboard_binding, item text DEFAULT 'f.model AS model')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM _innovation_score.shown_fitted_model f WHERE f.scoreboard = %L OFFSET ''0''',
                  string_agg(CASE WHEN a.attname = 'model' AND a.attname <> ALL (_innovation_score.groups(binding)) THEN item
                                  WHEN a.attname <> ALL (_innovation_score.groups(binding)) THEN kept.name || ' AS ' || a.attname
                                  ELSE format('%s::%s%s AS %I', kept.name, format_type(a.atttypid, a.atttypmod),
                                              CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                                   THEN ' COLLATE ' || a.attcollation::regcollation END,
                                              a.attname) END, ', ' ORDER BY a.attnum),
                  board.scoreboard)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    CROSS JOIN LATERAL (SELECT CASE
        WHEN a.attname = ANY (binding.peers) THEN format('f.peers[%s]', array_position(binding.peers, a.attname::text))
        WHEN a.attname = binding.period THEN 'f.period'
        WHEN a.attname = 'fitted_on'
        THEN (SELECT format('CASE f.fitted_level %s END',
                            string_agg(format('WHEN %s THEN %L::text', l, _innovation_score.level_name(binding, l)), ' ' ORDER BY l))
              FROM generate_series(0, cardinality(binding.peers)) l)
        ELSE 'f.' || a.attname END) AS kept(name)
    WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'model')::regclass AND a.attnum > 0
$$;

COMMENT ON FUNCTION _innovation_score.frozen_model_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _model that reads the fitted models, or something kept with them, of a frozen scoreboard';

-- A row's model: with groups by a join, without by a subquery that runs once.
CREATE FUNCTION _innovation_score.rows_with_model(board scoreboard, binding scoreboard_binding, more text DEFAULT '') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.rows(binding, more)
           || CASE WHEN _innovation_score.groups(binding) <> '{}'
                   THEN format(' LEFT JOIN %s m ON %s', _innovation_score.view_name(board.scoreboard, 'model'),
                               _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 's'))
                   ELSE '' END
$$;

CREATE FUNCTION _innovation_score.row_model(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.groups(binding) <> '{}' THEN 'm.model'
                ELSE format('(SELECT m.model FROM %s m)', _innovation_score.view_name(board.scoreboard, 'model')) END
$$;

COMMENT ON FUNCTION _innovation_score.rows_with_model(scoreboard, scoreboard_binding, text) IS
    'internal: FROM item of the source''s rows and the models of their groups';
COMMENT ON FUNCTION _innovation_score.row_model(scoreboard, scoreboard_binding) IS 'internal: the model of such a row';

CREATE FUNCTION _innovation_score.score_row(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('innovation_score.score_row(%s, s.stage, VARIADIC s._values) AS _row', _innovation_score.row_model(board, binding))
$$;

COMMENT ON FUNCTION _innovation_score.score_row(scoreboard, scoreboard_binding) IS
    'internal: score, coverage and category scores of a row, evaluated once';

-- The names of the scores in what score_row() gives, and where they stand.
CREATE FUNCTION _innovation_score.score_columns(model score_model, form text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format(form, c.place, p.digits, p.decimals) || format(' AS %I', c.name), ', '
                      ORDER BY c.place)
    FROM (SELECT 1 AS place, 'score' AS name
          UNION ALL
          SELECT u.place + 3, u.code || '_score'
          FROM unnest(_innovation_score.model_codes(model, 'categories')) WITH ORDINALITY AS u(code, place)) c
    JOIN _innovation_score.score_places(model) p USING (place)
$$;

COMMENT ON FUNCTION _innovation_score.score_columns(score_model, text) IS
    'internal: select list of the score and the category scores, each in the form given, which takes the place in '
    'score_row(), the digits and the decimals';

CREATE FUNCTION _innovation_score.score_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s, _innovation_score.element(t._row, 2) AS coverage FROM (SELECT %s, %s FROM %s) t',
                  _innovation_score.columns_of('t', names.list), _innovation_score.score_columns(board.model, '_innovation_score.element(t._row, %s)'),
                  _innovation_score.columns_of('s', names.list), _innovation_score.score_row(board, binding), _innovation_score.rows_with_model(board, binding))
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text || _innovation_score.flag_columns(board) AS list)
        names
$$;

COMMENT ON FUNCTION _innovation_score.score_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _score';

CREATE FUNCTION _innovation_score.detail_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, d.indicator, d.category, d.value, d.lower, d.upper, d.normalized, d.max_points, d.points, '
                  'd.status, i.title FROM %s '
                  'CROSS JOIN LATERAL innovation_score.score_detail(%s, s.stage, VARIADIC s._values) d '
                  'LEFT JOIN (VALUES %s) i(indicator, title) ON i.indicator = d.indicator',
                  _innovation_score.columns_of('s', ARRAY[binding.entity, binding.period, 'stage']),
                  _innovation_score.rows_with_model(board, binding), _innovation_score.row_model(board, binding),
                  (SELECT string_agg(format('(%L::text, %L::text)', c.code, i.title), ', ' ORDER BY c.place)
                   FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                   LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code))
$$;

COMMENT ON FUNCTION _innovation_score.detail_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _detail';

-- Where the ranks stand in what _innovation_score.ranked_row() gives: rank, stage rank, number scored.
CREATE FUNCTION _innovation_score.rank_place(model score_model) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 4 + cardinality(_innovation_score.model_codes(model, 'categories'))
$$;

COMMENT ON FUNCTION _innovation_score.rank_place(score_model) IS 'internal: the first of the ranks in what _innovation_score.ranked_row() gives';

-- Whether a unique index says that there is one row of each firm and period, so that no row has to be read to know.
CREATE FUNCTION _innovation_score.has_unique_index(source regclass, columns text[]) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (
    SELECT FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
    WHERE c.oid = source AND (c.relkind IN ('p', 'm') OR c.relkind = 'r' AND NOT c.relhassubclass)
      AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      AND (SELECT array_agg(a.attname::text)
           FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k(attnum)
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) <@ columns);

-- The columns of the source that tell firm and period; NULL where these are no columns, or more than one row makes a row.
CREATE FUNCTION _innovation_score.key_columns(board scoreboard) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_remove(ARRAY[key.entity, key.period], NULL)
    FROM (SELECT _innovation_score.bound_name(s.columns, board.entity), _innovation_score.bound_name(s.columns, board.period)
          FROM _innovation_score.source_columns(_innovation_score.source_of(board)) AS s(columns)) AS key(entity, period)
    WHERE board.long IS NULL AND key.entity IS NOT NULL
$$;

CREATE FUNCTION _innovation_score.unique_key(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.key_columns(board) IS NULL THEN 'false'
                ELSE format('_innovation_score.has_unique_index(%L::regclass, %L::text[])',
                            _innovation_score.source_name(_innovation_score.source_of(board)), _innovation_score.key_columns(board)) END
$$;

-- How many rows a firm has in the period of a row s, as an item of a select list, where a frozen scoreboard's source may have
-- more than one: the places of one firm are looked up without reading others, so that nothing else would tell. A condition on
-- the firm reaches the table below.
CREATE FUNCTION _innovation_score.count_rows(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(', pg_catalog.count(s.%I) OVER (PARTITION BY %s) AS _rows', binding.entity,
                  _innovation_score.columns_of('s', ARRAY[binding.entity, binding.period]))
    WHERE COALESCE(NOT _innovation_score.has_unique_index(_innovation_score.source_of(board), _innovation_score.key_columns(board)), true)
$$;

COMMENT ON FUNCTION _innovation_score.has_unique_index(regclass, text[]) IS
    'internal: whether a relation has a unique index on some of these columns';
COMMENT ON FUNCTION _innovation_score.key_columns(scoreboard) IS
    'internal: the columns of the source that tell firm and period, NULL if expressions do';
COMMENT ON FUNCTION _innovation_score.count_rows(scoreboard, scoreboard_binding) IS
    'internal: SQL text of how many rows a firm has in a period, NULL where a unique index says so';
COMMENT ON FUNCTION _innovation_score.unique_key(scoreboard) IS
    'internal: SQL text of whether the source of a scoreboard cannot have two rows of a firm and period';

-- Rows with these columns and items, scored and ranked. Ranks are taken within a period. They come from one reading of the
-- period, like the scores from one evaluation a row; what is not read is not worked out.
CREATE FUNCTION _innovation_score.ranked_rows(board scoreboard, binding scoreboard_binding, names text[], items text DEFAULT '',
                                              item_names text[] DEFAULT '{}')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, _innovation_score.ranked_row(t._row, t.%I, %s) OVER w AS _row '
                  'FROM (SELECT %s%s, %s FROM %s) t WINDOW w AS (%s)',
                  _innovation_score.columns_of('t', names || item_names), binding.entity, _innovation_score.unique_key(board),
                  _innovation_score.columns_of('s', names), items, _innovation_score.score_row(board, binding),
                  _innovation_score.rows_with_model(board, binding),
                  'PARTITION BY ' || _innovation_score.columns_of('t', ARRAY[binding.period]))
$$;

COMMENT ON FUNCTION _innovation_score.ranked_rows(scoreboard, scoreboard_binding, text[], text, text[]) IS
    'internal: query of rows with what ranked_row() gives';

CREATE FUNCTION _innovation_score.ranking_query(board scoreboard, binding scoreboard_binding, more text DEFAULT '') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, %2$s, _innovation_score.element(u._row, 2) AS coverage, _innovation_score.element(u._row, %3$s)::bigint AS rank, '
                  '_innovation_score.element(u._row, %4$s)::bigint AS stage_rank, '
                  '_innovation_score.percentile(u._row, %3$s) AS percentile%5$s FROM (%6$s) u',
                  _innovation_score.columns_of('u', names.list),
                  _innovation_score.score_columns(board.model, 'innovation_score.score_numeric(_innovation_score.element(u._row, %1$s), %3$s)::numeric(%2$s,%3$s)'),
                  place.ranks, place.ranks + 1, more, _innovation_score.ranked_rows(board, binding, names.list))
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text || _innovation_score.flag_columns(board) AS list)
        names
    CROSS JOIN (SELECT _innovation_score.rank_place(board.model) AS ranks) place
$$;

COMMENT ON FUNCTION _innovation_score.ranking_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _ranking, with more columns over its rows u';

CREATE FUNCTION _innovation_score.model_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NOT NULL THEN _innovation_score.frozen_model_query(board, binding)
                WHEN board.small_group IS NOT NULL
                THEN format('SELECT %s FROM (%s) f', concat_ws(', ', _innovation_score.columns_of('f', _innovation_score.groups(binding)),
                                CASE WHEN _innovation_score.tells_reference(board) THEN 'f.fitted_level, f.fitted_on, f.fitted_rows' END,
                                format('CASE WHEN f.fitted_rows >= _innovation_score.hidden_below(%L) THEN f.model END AS model', board.scoreboard)),
                            _innovation_score.live_model_query(board, binding))
                ELSE _innovation_score.live_model_query(board, binding) END
$$;

COMMENT ON FUNCTION _innovation_score.model_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _model';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('model', 10, 'model_query', 'group', false, '{fitted_level,fitted_on,fitted_rows,model,_values}', '各组拟合模型 fitted models'),
    ('score', 20, 'score_query', 'all', true, '{quality_errors}', '得分 scores'),
    ('detail', 30, 'detail_query', 'key', false,
     '{stage,indicator,category,value,lower,upper,normalized,max_points,points,status,title,_values}',
     '得分明细 points of every indicator'),
    ('ranking', 40, 'ranking_query', 'all', true, '{rank,stage_rank,percentile,quality_errors}', '排名 ranking');

CREATE FUNCTION _innovation_score.view_query(board scoreboard, binding scoreboard_binding, view text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known record;
    result text;
BEGIN
    SELECT k.query, v.instance, k.instances IS NOT NULL AS several INTO STRICT known
    FROM _innovation_score.views_of(board.scoreboard) v JOIN scoreboard_view k USING (kind)
    WHERE v.suffix = view;
    IF known.several THEN
        EXECUTE format('SELECT _innovation_score.%I($1, $2, $3)', known.query) INTO result
            USING board, binding, known.instance;
    ELSE
        EXECUTE format('SELECT _innovation_score.%I($1, $2)', known.query) INTO result USING board, binding;
    END IF;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.view_query(scoreboard, scoreboard_binding, text) IS 'internal: text of a view';

-- Making and remaking views.

-- the views that are there (a user may have dropped some)
CREATE FUNCTION _innovation_score.existing_views(scoreboard text) RETURNS regclass[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(array_agg(c.oid::regclass), '{}')
    FROM unnest(_innovation_score.view_suffixes(existing_views.scoreboard)) AS u(suffix)
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(existing_views.scoreboard, u.suffix)) AND c.relkind = 'v'
$$;

COMMENT ON FUNCTION _innovation_score.existing_views(text) IS 'internal: those views of a scoreboard that are there';

CREATE FUNCTION _innovation_score.view_options(view text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    options text := (SELECT array_to_string(c.reloptions, ', ') FROM pg_class c WHERE c.oid = to_regclass(view));
BEGIN
    IF options IS NULL AND to_regclass(view) IS NULL AND current_setting('server_version_num')::integer >= 150000 THEN
        options := 'security_invoker=true';
    END IF;
    RETURN COALESCE(' WITH (' || NULLIF(options, '') || ')', '');
END
$$;

COMMENT ON FUNCTION _innovation_score.view_options(text) IS
    'internal: WITH clause of a view: the options that it has; a new one runs with the rights of its reader';

-- The input is made under its maker's schemas, since it holds what they wrote; the views over
-- it, which hold nothing of the kind, under the server's alone.
CREATE FUNCTION _innovation_score.create_views(board scoreboard, views text[], create_command text, keep boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    view text;
    name text;
    command text;
    binding scoreboard_binding;
BEGIN
    FOREACH view IN ARRAY views LOOP
        name := _innovation_score.view_name(board.scoreboard, view);
        command := format('%s %s%s AS ', create_command, name, _innovation_score.view_options(name));
        IF view = 'input' THEN
            PERFORM _innovation_score.run(board.search_path, command || _innovation_score.input_query(board, keep));
        ELSE
            binding := COALESCE(binding, _innovation_score.bind(board));
            PERFORM _innovation_score.run('pg_catalog, pg_temp', command || _innovation_score.view_query(board, binding, view));
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.create_views(scoreboard, text[], text, boolean) IS
    'internal: creates or replaces views';

CREATE FUNCTION _innovation_score.lock_view(view regclass) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.lock_view(regclass) IS
    'internal: locks a view of one''s own, not what it reads, against readers and changes';

-- Readers lock a view before those that it reads, so who changes several must do the same.
CREATE FUNCTION _innovation_score.lock_views(scoreboard text, views text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT to_regclass(_innovation_score.view_name(lock_views.scoreboard, v.suffix)) AS view
        FROM (SELECT k.suffix, k.place, min(k.place) FILTER (WHERE k.suffix = ANY (views)) OVER () AS lowest
              FROM _innovation_score.views_of(lock_views.scoreboard) k) v
        WHERE v.place >= v.lowest ORDER BY v.place DESC
    LOOP
        PERFORM _innovation_score.lock_view(due.view);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.lock_views(text, text[]) IS
    'internal: locks views that are about to change, and those that may read them, from the top down';

CREATE FUNCTION _innovation_score.drop_views(scoreboard text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    views regclass[] := _innovation_score.existing_views(scoreboard);
    dependent text;
BEGIN
    PERFORM _innovation_score.lock_views(scoreboard, _innovation_score.view_suffixes(scoreboard));
    IF views <> '{}' THEN
        EXECUTE format('DROP VIEW %s', array_to_string(views, ', '));
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of scoreboard % cannot be dropped because other objects depend on them', scoreboard
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent,
              HINT = 'Drop those objects first; after a rebuild they can be created again.';
END
$$;

COMMENT ON FUNCTION _innovation_score.drop_views(text) IS 'internal: drops the views of a scoreboard, not what depends on them';

-- Privileges and options of views, so that others of their names can be given them: values, not commands, since they
-- may be kept in the row of a suspended scoreboard, which its owner may change.
CREATE FUNCTION _innovation_score.view_privileges(scoreboard text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(jsonb_object_agg(v.suffix, jsonb_build_object(
        'options', (SELECT COALESCE(jsonb_object_agg(o.option_name, o.option_value), '{}') FROM pg_options_to_table(c.reloptions) o),
        'grants', (SELECT COALESCE(jsonb_agg(jsonb_build_object(
                                       'grantee', CASE WHEN g.grantee <> 0 THEN pg_get_userbyid(g.grantee) END, 'privilege', g.privilege_type,
                                       'column', g.name, 'grantable', g.is_grantable)), '[]')
                   FROM (SELECT a.*, NULL::name AS name FROM aclexplode(c.relacl) a
                         UNION ALL
                         SELECT x.*, t.attname FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) x
                         WHERE t.attrelid = c.oid AND NOT t.attisdropped) g
                   WHERE g.grantee <> c.relowner))), '{}')
    FROM _innovation_score.views_of(view_privileges.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_innovation_score.view_name(view_privileges.scoreboard, v.suffix)) AND c.relkind = 'v'
$$;

COMMENT ON FUNCTION _innovation_score.view_privileges(text) IS 'internal: options and privileges of the views of a scoreboard';

-- Views belong to the owner of their scoreboard, whoever has made them. A column grant whose column is gone is left out.
CREATE FUNCTION _innovation_score.restore_privileges(scoreboard text, kept jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    owner oid := _innovation_score.scoreboard_owner(scoreboard);
    due record;
    command text;
BEGIN
    FOR due IN
        SELECT format('ALTER VIEW %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(owner)) AS command
        FROM pg_class c WHERE c.oid = ANY (_innovation_score.existing_views(restore_privileges.scoreboard)) AND c.relowner <> owner
        UNION ALL
        SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', c.oid::regclass,       -- default privileges; what counts is what the views had
                               CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = ANY (_innovation_score.existing_views(restore_privileges.scoreboard)) AND a.grantee <> c.relowner
        UNION ALL
        SELECT format('ALTER VIEW %s RESET (%I)', c.oid::regclass, o.option_name)
        FROM pg_class c CROSS JOIN LATERAL pg_options_to_table(c.reloptions) o
        JOIN jsonb_each(kept) v ON to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) = c.oid
        WHERE c.oid = ANY (_innovation_score.existing_views(restore_privileges.scoreboard)) AND NOT (v.value -> 'options') ? o.option_name
        UNION ALL
        SELECT format('ALTER VIEW %s SET (%I = %L)', to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)), o.key, o.value)
        FROM jsonb_each(kept) v CROSS JOIN LATERAL jsonb_each_text(v.value -> 'options') o
        WHERE to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) = ANY (_innovation_score.existing_views(restore_privileges.scoreboard))
    LOOP
        EXECUTE due.command;
    END LOOP;
    FOR due IN
        SELECT to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) AS view, g.*
        FROM jsonb_each(kept) v
        CROSS JOIN LATERAL jsonb_to_recordset(v.value -> 'grants') AS g(grantee text, privilege text, "column" text, grantable boolean)
        WHERE to_regclass(_innovation_score.view_name(restore_privileges.scoreboard, v.key)) = ANY (_innovation_score.existing_views(restore_privileges.scoreboard))
          AND g.privilege IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
        ORDER BY v.key COLLATE "C", g."column" COLLATE "C" NULLS FIRST, g.grantee COLLATE "C", g.privilege
    LOOP
        command := format('GRANT %s%s ON %s TO %s%s', due.privilege, ' (' || quote_ident(due."column") || ')', due.view,
                          COALESCE(quote_ident(due.grantee), 'PUBLIC'), CASE WHEN due.grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        BEGIN
            EXECUTE command;
        EXCEPTION WHEN undefined_column THEN
            RAISE NOTICE 'not granted again, the column is gone: %', command;
        WHEN undefined_object THEN
            RAISE NOTICE 'not granted again, the role is gone: %', command;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.restore_privileges(text, jsonb) IS
    'internal: gives recreated views their owner, and the options and privileges that they had';

-- In place where the columns still fit, otherwise dropped and created.
CREATE FUNCTION _innovation_score.replace_views(board scoreboard, views text[], keep boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept jsonb;
BEGIN
    PERFORM _innovation_score.lock_views(board.scoreboard, views);
    BEGIN
        PERFORM _innovation_score.create_views(board, views, 'CREATE OR REPLACE VIEW', keep);
        RETURN;
    EXCEPTION WHEN invalid_table_definition OR feature_not_supported THEN
        NULL;   -- columns have changed, or Citus keeps the view on all nodes and the new text reads a local table
    END;
    kept := _innovation_score.view_privileges(board.scoreboard);
    PERFORM _innovation_score.drop_views(board.scoreboard);
    PERFORM _innovation_score.create_views(board, _innovation_score.view_suffixes(board.scoreboard), 'CREATE VIEW', false);
    PERFORM _innovation_score.restore_privileges(board.scoreboard, kept);
END
$$;

COMMENT ON FUNCTION _innovation_score.replace_views(scoreboard, text[], boolean) IS
    'internal: remakes views, keeping their privileges and, if asked for, the columns of the input that nothing uses';
