-- scoreboard, the views _score, _detail and _ranking.

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
