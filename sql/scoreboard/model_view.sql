-- scoreboard, the view _model: bounds fitted when it is read, or those of a frozen scoreboard.

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
