-- input: the view <name>_input, a row a firm (and period) with named columns. Every
-- expression of a user stands here, evaluated under the schemas that were the user's, and
-- nowhere else: the other views read this one by name.

-- Concepts that ask more about a firm than its scheme does (whitelist rules, credit) insert
-- the function that gives their columns here.
CREATE TYPE _innovation_score.input_column AS (name text, expression text, type regtype);

COMMENT ON TYPE _innovation_score.input_column IS 'internal: a column of the input';
COMMENT ON COLUMN _innovation_score.input_column.name IS 'name, which begins with an underscore';
COMMENT ON COLUMN _innovation_score.input_column.expression IS 'SQL text over the source';
COMMENT ON COLUMN _innovation_score.input_column.type IS 'type, which stays the same whatever the expression is';

CREATE TABLE _innovation_score.input_part (
    place   numeric NOT NULL,
    columns text NOT NULL,
    CONSTRAINT input_part_pkey PRIMARY KEY (place)
);

COMMENT ON TABLE _innovation_score.input_part IS 'internal: what gives columns of the input beside those of the scoreboard itself';
COMMENT ON COLUMN _innovation_score.input_part.place IS 'order';
COMMENT ON COLUMN _innovation_score.input_part.columns IS
    'function (board scoreboard, source text, columns text[]) that gives rows of input_column';

CREATE FUNCTION _innovation_score.check_not_suspended(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF board.suspended IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboard % is suspended', board.scoreboard
            USING ERRCODE = 'undefined_table',
                  HINT = format('Its source is being changed. SELECT innovation_score.rebuild_scoreboard(%L); makes its views again.',
                                board.scoreboard);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_not_suspended(scoreboard) IS 'internal: an error if a scoreboard is suspended';

CREATE FUNCTION _innovation_score.input_columns(board scoreboard) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    input text := _innovation_score.view_name(board.scoreboard, 'input');
BEGIN
    IF to_regclass(input) IS NULL THEN
        PERFORM _innovation_score.check_not_suspended(board);
        PERFORM _innovation_score.check_remains(board);
        RAISE EXCEPTION 'view % does not exist', input
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    RETURN _innovation_score.source_columns(input::regclass);
END
$$;

COMMENT ON FUNCTION _innovation_score.input_columns(scoreboard) IS 'internal: the columns of the input of a scoreboard';

-- For what reads more of the views than the input.
CREATE FUNCTION _innovation_score.require_views(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    missing text[] := ARRAY(SELECT v.name
                            FROM (SELECT _innovation_score.view_name(board.scoreboard, s.suffix) AS name, s.place
                                  FROM unnest(_innovation_score.view_suffixes(board.scoreboard)) WITH ORDINALITY AS s(suffix, place)) v
                            WHERE to_regclass(v.name) IS NULL ORDER BY v.place);
BEGIN
    IF missing <> '{}' THEN
        PERFORM _innovation_score.check_not_suspended(board);
        PERFORM _innovation_score.check_remains(board);
        RAISE EXCEPTION USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.',
            MESSAGE = format(CASE cardinality(missing) WHEN 1 THEN 'view %s does not exist' ELSE 'views %s do not exist' END,
                             array_to_string(missing, ', '));
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.get_built_scoreboard(name text, path name[]) RETURNS scoreboard
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(name, path);
BEGIN
    PERFORM _innovation_score.require_views(board);
    RETURN board;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_views(scoreboard) IS 'internal: an error if views of a scoreboard are missing';
COMMENT ON FUNCTION _innovation_score.get_built_scoreboard(text, name[]) IS
    'internal: the row of a scoreboard, or an error if views of it are missing';

-- What is asked about a firm beside its values.
CREATE FUNCTION _innovation_score.input_questions(board scoreboard, source text, columns text[]) RETURNS SETOF input_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    part input_part;
BEGIN
    IF board.sample IS NOT NULL THEN
        RETURN NEXT ROW('_sample', _innovation_score.bind_condition(board.search_path, source, columns, board.sample,
                                                                    'sample condition'), 'boolean'::regtype)::input_column;
    END IF;
    FOR part IN SELECT * FROM input_part p ORDER BY p.place LOOP
        RETURN QUERY EXECUTE format('SELECT c.* FROM _innovation_score.%I($1, $2, $3) c', part.columns)
            USING board, source, columns;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.input_questions(scoreboard, text, text[]) IS
    'internal: the columns of the input that rules need';

-- CREATE OR REPLACE VIEW can only append columns: what stands there keeps its place, and what
-- a rule that is gone has left is NULL until a rebuild.
CREATE FUNCTION _innovation_score.input_query(board scoreboard, keep boolean) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    path text := board.search_path;
    relation regclass := _innovation_score.source_of(board);
    source text;
    columns text[];
    binding scoreboard_binding;
    bound bound_expression;
    item text;
    names text[];
    items text[];
    vals text;
    from_item text;
    late boolean := board.long IS NOT NULL AND board.stage_conditions IS NOT NULL;     -- a stage that takes pivoted values
    questions input_column[];
BEGIN
    PERFORM _innovation_score.check_remains(board);
    source := _innovation_score.source_name(relation);
    columns := _innovation_score.source_columns(relation);
    IF board.entity IS NULL THEN
        RAISE EXCEPTION 'the scoreboard needs an entity' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Give the column or expression that tells the firms apart.';
    END IF;
    binding := _innovation_score.bind_names(board, columns);
    names := array_remove(ARRAY[binding.entity, binding.period], NULL) || 'stage'::text || binding.shown;
    items := ARRAY[(_innovation_score.bind_key(path, relation, columns, board.entity, 'entity')).expression];
    IF board.period IS NOT NULL THEN
        items := items || (_innovation_score.bind_key(path, relation, columns, board.period, 'period')).expression;
    END IF;
    items := items || CASE WHEN NOT late THEN (_innovation_score.bind_stage(board, source, columns)).expression END;
    FOREACH item IN ARRAY board.peers LOOP
        PERFORM _innovation_score.bind_column(path, source, columns, item, format('peer "%s"', item));
        PERFORM _innovation_score.bind_key(path, relation, columns, item, format('peer "%s"', item));
    END LOOP;
    FOREACH item IN ARRAY board.attributes LOOP
        PERFORM _innovation_score.bind_column(path, source, columns, item, format('attribute "%s"', item));
    END LOOP;
    FOREACH item IN ARRAY binding.shown LOOP
        items := items || (_innovation_score.bind_column(path, source, columns, item, item)).expression;
    END LOOP;
    PERFORM _innovation_score.check_reference(board, binding);
    PERFORM _innovation_score.check_names(board, binding);
    vals := _innovation_score.values_array(ARRAY(
        SELECT _innovation_score.name_cells(path, source, columns, e.item, items[1])
        FROM unnest(_innovation_score.bind_elements(board, source, columns)) WITH ORDINALITY AS e(item, place) ORDER BY e.place));
    from_item := source;
    IF board.long IS NOT NULL THEN
        from_item := format('(SELECT %s, %s AS _values FROM %s GROUP BY %s) pivot',
                            (SELECT string_agg(format('%s AS %I', i.item, i.name), ', ' ORDER BY i.place)
                             FROM unnest(items, names) WITH ORDINALITY AS i(item, name, place) WHERE i.item IS NOT NULL), vals, source,
                            (SELECT string_agg(g::text, ', ') FROM generate_series(1, cardinality(array_remove(items, NULL))) g));
        IF late THEN
            from_item := format('(SELECT pivot.*, %s AS stage FROM %s) pivot',
                                (_innovation_score.bind_stage(board, from_item, array_remove(names, 'stage'))).expression, from_item);
        END IF;
        items := ARRAY(SELECT format('pivot.%I', n.name) FROM unnest(names) WITH ORDINALITY AS n(name, place) ORDER BY place);
        columns := names;
        vals := 'pivot._values';
    END IF;
    questions := ARRAY(SELECT q FROM _innovation_score.input_questions(board, from_item, columns) q);
    RETURN format('SELECT %s FROM %s', (
        WITH wanted AS (
            SELECT i.name, i.item, i.place FROM unnest(names, items) WITH ORDINALITY AS i(name, item, place)
            UNION ALL
            SELECT '_values', vals, 10000
            UNION ALL
            SELECT q.name, format('CAST(%s AS %s)', _innovation_score.name_cells(path, from_item, columns, q.expression, items[1]), q.type),
                   10000 + q.place
            FROM unnest(questions) WITH ORDINALITY AS q(name, expression, type, place)
        ), there AS (
            SELECT a.attname::text AS name, a.attnum, format('NULL::%s', format_type(a.atttypid, a.atttypmod)) AS item
            FROM pg_attribute a WHERE a.attrelid = to_regclass(_innovation_score.view_name(board.scoreboard, 'input'))
        )
        SELECT string_agg(format('%s AS %I', COALESCE(w.item, t.item), name), ', ' ORDER BY t.attnum, w.place)
        FROM wanted w FULL JOIN there t USING (name) WHERE keep OR w.name IS NOT NULL), from_item);
END
$$;

COMMENT ON FUNCTION _innovation_score.input_query(scoreboard, boolean) IS
    'internal: text of the view _input, or an error that says what is wrong with what the user gave; keeps the columns '
    'that it has, if that is asked for';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('input', 5, 'input_query', 'all', false, '{stage,_values,_sample}', '指标数据 values of every firm');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('_values', '指标值 values in the order of the model; NaN: missing'),
    ('_sample', '拟合样本 whether the row belongs to the rows that bounds are fitted on');
