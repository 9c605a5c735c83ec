-- scoreboard, binding: what the caller wrote (columns, expressions, a mapping), checked and
-- as SQL text. It stands in the view <name>_input (input.sql) and nowhere else; everything
-- that reads firms takes the names of that view's columns from _innovation_score.bind().

CREATE TYPE _innovation_score.scoreboard_binding AS (
    entity     text,
    period     text,
    peers      text[],
    shown      text[],
    attributes text[],
    groups     text[],
    rows       text,
    sample     text,
    names      text[],
    types      oid[],
    only_period text
);

COMMENT ON TYPE _innovation_score.scoreboard_binding IS 'internal: columns of the input of a scoreboard, and how its rows are read';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.entity IS 'name of the entity column';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.period IS 'name of the period column, or NULL';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.peers IS 'names of the columns of the peer groups';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.shown IS 'peers and attributes as the scores show them, each once';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.attributes IS 'attributes as the whitelist shows them';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.groups IS 'names of the columns whose values make the groups that are fitted';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.rows IS 'FROM item s: the rows of the input with the values that count';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.sample IS 'condition that the rows s of the fits meet, or NULL';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.names IS 'names of entity, period, stage, peers and attributes, each once';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.types IS 'types of these';
COMMENT ON COLUMN _innovation_score.scoreboard_binding.only_period IS 'key text of the one period whose rows are read; NULL: all';

-- A column that a condition of a scheme names, or what it is mapped to; the type is one that
-- firm_condition_holds() takes.
CREATE FUNCTION _innovation_score.bind_fact(path text, source text, columns text[], item text, what text) RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _innovation_score.bind_scalar(path, source, columns, item, what);
    wanted regtype := CASE (_innovation_score.base_type(bound.type)).typcategory
                          WHEN 'N' THEN 'double precision'::regtype WHEN 'B' THEN 'boolean'::regtype ELSE 'text'::regtype END;
BEGIN
    IF bound.type <> wanted THEN
        bound.expression := format('%s::%s', bound.expression, wanted);
        bound.type := wanted;
    END IF;
    RETURN bound;
END
$$;

-- A condition of a scheme over a source, or over the rows "pivot" of a long one. An indicator comes
-- before a column of the same name: the scheme is written for any source. What nobody has is unknown
-- where that is allowed for.
CREATE FUNCTION _innovation_score.bind_firm_condition(board scoreboard, source text, columns text[], condition condition,
                                                      what text, lenient boolean)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    asked record;
    bound bound_expression;
    names text[] := '{}';
    items text[] := '{}';
    types text[] := '{}';
    message text;
BEGIN
    FOR asked IN SELECT * FROM _innovation_score.condition_names(condition) n LOOP
        bound := NULL;
        IF board.mapping -> asked.name = 'null' THEN
            bound.expression := CASE WHEN asked.name = ANY (codes) THEN 'NULL::double precision' END;
        ELSIF asked.name = ANY (codes) THEN
            bound.expression := CASE WHEN board.long IS NOT NULL
                                     THEN format('pivot._values[%s]', array_position(codes, asked.name))
                                     ELSE _innovation_score.bind_number(board.search_path, source, columns,
                                              COALESCE(board.mapping ->> asked.name, asked.name),
                                              format('indicator "%s"', asked.name)) || '::double precision' END;
        ELSIF board.mapping ? asked.name OR asked.name = ANY (columns) THEN
            bound := _innovation_score.bind_fact(board.search_path, source, columns,
                                                 COALESCE(board.mapping ->> asked.name, quote_ident(asked.name)),
                                                 format('"%s" of %s', asked.name, what));
        ELSIF NOT lenient THEN
            RAISE EXCEPTION '% names "%", which is neither mapped nor a column of the source', what, asked.name
                USING ERRCODE = 'undefined_column', DETAIL = format('It is %s', condition),
                      HINT = 'Map it to a column, an expression or null (not available): '
                             'mapping => ''{"name": "column or expression"}''.';
        END IF;
        types := types || CASE WHEN asked.name = ANY (codes) THEN 'number'
                               ELSE CASE bound.type WHEN 'double precision'::regtype THEN 'number'
                                                    WHEN 'boolean'::regtype THEN 'boolean'
                                                    WHEN 'text'::regtype THEN 'text' END END;
        names := names || asked.name;
        items := items || bound.expression;
    END LOOP;
    BEGIN
        PERFORM FROM _innovation_score.bind_condition_names(
            condition, names, ARRAY(SELECT CASE WHEN n = ANY (codes) THEN 'indicator' ELSE 'column' END
                                    FROM unnest(names) WITH ORDINALITY AS u(n, place) ORDER BY place), types);
    EXCEPTION WHEN datatype_mismatch THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch', MESSAGE = message,
            DETAIL = format('This is %s: %s', what, condition),
            HINT = 'Map the name to an expression of the type that the condition needs.';
    END;
    -- one value at least: a function that takes any number of them takes one
    RETURN (SELECT format('_innovation_score.firm_condition_holds(%L::innovation_score.condition, %L::text[], %s)', condition,
                          COALESCE(array_agg(k.name ORDER BY k.place), '{""}'),
                          COALESCE(string_agg(k.item, ', ' ORDER BY k.place), 'NULL::text'))
            FROM unnest(names, items) WITH ORDINALITY AS k(name, item, place) WHERE k.item IS NOT NULL);
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_fact(text, text, text[], text, text) IS
    'internal: as bind_scalar, as a number, text or boolean';
COMMENT ON FUNCTION _innovation_score.bind_firm_condition(scoreboard, text, text[], condition, text, boolean) IS
    'internal: SQL text of a condition of a scheme over a source';

CREATE FUNCTION _innovation_score.bind_stage(board scoreboard, source text, columns text[]) RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    stages text[] := _innovation_score.model_codes(board.model, 'stages');
    titles text[];
    asked record;
    branches text := '';
    bound bound_expression;
BEGIN
    IF board.stage_conditions IS NOT NULL THEN
        FOR asked IN
            SELECT c.item ->> 'stage' AS stage, c.item ->> 'condition' AS condition
            FROM jsonb_array_elements(board.stage_conditions) WITH ORDINALITY AS c(item, place) ORDER BY c.place
        LOOP
            branches := branches || format(' WHEN %s THEN %L',
                                           _innovation_score.bind_firm_condition(
                                               board, source, columns, asked.condition::condition,
                                               format('condition of stage "%s"', asked.stage), false), asked.stage);
        END LOOP;
        RETURN ROW(NULL, format('(CASE%s END)::text', branches), 'text'::regtype)::bound_expression;
    END IF;
    IF board.stage IS NULL THEN
        IF cardinality(stages) > 1 THEN
            RAISE EXCEPTION 'scheme "%" has several stages, so the scoreboard needs one for each firm', board.scheme
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Give a column or expression as stage; its values are %s. Or give the stages of the scheme '
                                    'conditions.', array_to_string(stages, ', '));
        END IF;
        RETURN ROW(NULL, format('%L::text', stages[1]), 'text'::regtype)::bound_expression;
    END IF;
    bound := _innovation_score.bind_scalar(board.search_path, source, columns, board.stage, 'stage');
    IF bound.type <> 'text'::regtype THEN
        bound.expression := bound.expression || '::text';
    END IF;
    titles := ARRAY(SELECT NULLIF(t.title, s.code)
                    FROM unnest(stages) WITH ORDINALITY AS s(code, place)
                    LEFT JOIN stage t ON t.scheme = board.scheme AND t.stage = s.code ORDER BY s.place);
    IF array_remove(titles, NULL) <> '{}' THEN
        bound.expression := format('_innovation_score.stage_code(%s, %L::text[], %L::text[])', bound.expression, stages, titles);
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_stage(scoreboard, text, text[]) IS 'internal: the stage of a firm as text';

-- The names that the views use beside those of the source.
CREATE FUNCTION _innovation_score.view_columns(model score_model, kind text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT v.names || CASE WHEN v.score_names
                           THEN '{stage,score,coverage,_values,_row}'::text[]
                                || ARRAY(SELECT c || '_score' FROM unnest(_innovation_score.model_codes(model, 'categories')) c)
                           ELSE '{}' END
    FROM scoreboard_view v WHERE v.kind = view_columns.kind
$$;

COMMENT ON FUNCTION _innovation_score.view_columns(score_model, text) IS
    'internal: names that columns of the source may not have in a view';

CREATE FUNCTION _innovation_score.check_names(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    clash record;
BEGIN
    SELECT v.view, n.name, count(*) FILTER (WHERE n.ours) > 0 AS with_ours INTO clash
    FROM (SELECT k.kind AS view, k.place,
                 CASE k.source_names
                     WHEN 'group' THEN array_remove(binding.groups, 'stage')
                     WHEN 'key' THEN ARRAY[binding.entity, binding.period]
                     WHEN 'attributes' THEN ARRAY[binding.entity, binding.period] || binding.attributes
                     ELSE ARRAY[binding.entity, binding.period] || binding.shown END AS names
          FROM scoreboard_view k) AS v
    CROSS JOIN LATERAL (SELECT u, false FROM unnest(v.names) u
                        UNION ALL
                        SELECT u, true FROM unnest(_innovation_score.view_columns(board.model, v.view)) u) AS n(name, ours)
    WHERE n.name IS NOT NULL
    GROUP BY v.view, v.place, n.name
    HAVING count(*) > 1
    ORDER BY v.place, n.name COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of the source % view %', clash.name,
                CASE WHEN clash.with_ours THEN 'clashes with a column of' ELSE 'would stand twice in' END,
                _innovation_score.view_name(board.scoreboard, clash.view)
            USING ERRCODE = 'duplicate_column',
                  HINT = 'Bind a view over the source that gives the column another name; an entity or period may be '
                         'written as an expression, such as (x), and is then called entity or period.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_names(scoreboard, scoreboard_binding) IS
    'internal: refuses names of the source that are names of ours';

CREATE FUNCTION _innovation_score.check_reference(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF board.pooled AND board.period IS NULL THEN
        RAISE EXCEPTION 'pooled concerns scoreboards that have a period'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Without a period all rows of the source are fitted together anyway.';
    END IF;
    IF board.min_peers < 1 THEN
        RAISE EXCEPTION 'min_peers must be positive'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.min_peers),
                  HINT = 'Give the least number of firms that bounds may be fitted on, or NULL.';
    END IF;
    IF board.min_peers IS NOT NULL AND binding.peers = '{}' THEN
        RAISE EXCEPTION 'min_peers concerns scoreboards that have peers'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the columns of the peer groups, from coarse to fine, as peers.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_reference(scoreboard, scoreboard_binding) IS
    'internal: refuses settings of the reference sample that say nothing';

-- What a scoreboard was made of may have been renamed or dropped since. Views do not mind a new name, their makers do.
CREATE FUNCTION _innovation_score.check_remains(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := parse_ident(board.scoreboard);
BEGIN
    IF NOT EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = board.scoreboard) THEN
        RETURN;
    END IF;
    IF to_regnamespace(quote_ident(parts[1])) IS NULL THEN
        RAISE EXCEPTION 'schema "%" of scoreboard % does not exist', parts[1], board.scoreboard
            USING ERRCODE = 'invalid_schema_name',
                  HINT = format('If it has another name now, tell the scoreboard, then rebuild it: UPDATE '
                                'innovation_score.scoreboard SET scoreboard = %L WHERE scoreboard = %L;',
                                format('new_schema.%I', parts[2]), board.scoreboard);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = _innovation_score.source_of(board)) THEN
        RAISE EXCEPTION 'the source of scoreboard % does not exist any more', board.scoreboard
            USING ERRCODE = 'undefined_table',
                  HINT = format('If another relation takes its place, tell the scoreboard: SELECT '
                                'innovation_score.alter_scoreboard(%L, source => ''schema.relation'');', board.scoreboard);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_remains(scoreboard) IS
    'internal: an error if the schema or the source of a scoreboard that was made earlier is gone';

-- What a view calls runs with the privileges of its reader: one that somebody else has put in the place of ours is not
-- read. (A rebuild by others than the owner makes views of its own, which it gives away in the end.)
CREATE FUNCTION _innovation_score.check_view_owners(board scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    owner oid := _innovation_score.scoreboard_owner(board.scoreboard);
    others text[];
BEGIN
    IF NOT EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = board.scoreboard) THEN
        RETURN;
    END IF;
    others := ARRAY(SELECT format('ALTER VIEW %s OWNER TO %I;', v.name, pg_get_userbyid(owner))
                    FROM (SELECT _innovation_score.view_name(board.scoreboard, s.suffix) AS name, s.place
                          FROM unnest(_innovation_score.view_suffixes(board.scoreboard)) WITH ORDINALITY AS s(suffix, place)) v
                    JOIN pg_class c ON c.oid = to_regclass(v.name)
                    WHERE c.relowner <> owner AND c.relowner <> current_user::regrole ORDER BY v.place);
    IF others <> '{}' THEN
        RAISE EXCEPTION 'views of scoreboard % belong to others', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('The scoreboard belongs to %s.', pg_get_userbyid(owner)),
                  HINT = 'If they are its views, give them to it, else drop them and rebuild it: ' || array_to_string(others, ' ');
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_view_owners(scoreboard) IS
    'internal: an error if views under the names of those of a scoreboard do not belong to its owner';

-- The names of the columns of the input. They are those of the columns that it was made from.
CREATE FUNCTION _innovation_score.bind_names(board scoreboard, columns text[]) RETURNS scoreboard_binding
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding;
    stage_column text := (SELECT n FROM _innovation_score.bound_name(columns, board.stage) n WHERE n = 'stage');
    item text;
    name text;
BEGIN
    binding.entity := COALESCE(_innovation_score.bound_name(columns, board.entity), 'entity');
    IF board.period IS NOT NULL THEN
        binding.period := COALESCE(_innovation_score.bound_name(columns, board.period), 'period');
    END IF;
    -- a column that is asked for twice is shown once
    binding.peers := '{}';
    FOREACH item IN ARRAY board.peers LOOP
        name := _innovation_score.bound_name(columns, item);
        IF name <> ALL (binding.peers) AND (name IS DISTINCT FROM binding.period OR board.pooled) THEN
            binding.peers := binding.peers || name;
        END IF;
    END LOOP;
    binding.attributes := '{}';
    FOREACH item IN ARRAY board.attributes LOOP
        name := _innovation_score.bound_name(columns, item);
        IF name <> ALL (binding.attributes || array_remove(ARRAY[binding.entity, binding.period, stage_column], NULL)) THEN
            binding.attributes := binding.attributes || name;
        END IF;
    END LOOP;
    binding.groups := array_remove(CASE WHEN NOT board.pooled THEN binding.period END || binding.peers, NULL);
    binding.shown := array_remove(array_remove(binding.peers, stage_column), binding.period)
        || ARRAY(SELECT a FROM unnest(binding.attributes) WITH ORDINALITY AS u(a, place)
                 WHERE a <> ALL (binding.peers) ORDER BY place);
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind_names(scoreboard, text[]) IS
    'internal: the names of the columns of the input of a scoreboard, given those of its source or its input';

-- How the rows of the input are read: with the corrections of accepted objections
-- (publication_parts.sql), and without the values of firms that quality rules leave out.
CREATE FUNCTION _innovation_score.bind(board scoreboard, corrections jsonb DEFAULT NULL, corrected_period text DEFAULT NULL)
RETURNS scoreboard_binding
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns text[] := _innovation_score.input_columns(board);
    names text[] := array_remove(columns, '_values');
    binding scoreboard_binding := _innovation_score.bind_names(board, columns);
BEGIN
    PERFORM _innovation_score.check_view_owners(board);
    SELECT array_agg(a.attname::text ORDER BY a.attnum), array_agg(a.atttypid ORDER BY a.attnum)
    INTO binding.names, binding.types
    FROM pg_attribute a
    WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'input')::regclass
      AND a.attname = ANY (ARRAY[binding.entity, binding.period] || 'stage'::text || binding.shown);
    binding.rows := _innovation_score.view_name(board.scoreboard, 'input') || ' s';
    IF corrections IS NOT NULL THEN
        binding.rows := format(
            '(SELECT %s, CASE WHEN innovation_score.key_text(s.%I) COLLATE "C" = ANY (%L::text[])%s '
            'THEN _innovation_score.corrected(s._values, innovation_score.key_text(s.%2$I), %5$L::jsonb) '
            'ELSE s._values END AS _values FROM %6$s) s',
            _innovation_score.columns_of('s', names), binding.entity,
            ARRAY(SELECT k FROM jsonb_object_keys(corrections) k ORDER BY k COLLATE "C"),
            format(' AND innovation_score.key_text(s.%I) = ', binding.period) || quote_literal(corrected_period),
            corrections, binding.rows);
    END IF;
    IF board.quality ->> 'on_error' <> 'score' THEN
        binding.rows := format('(SELECT %s, %s FROM %s) s', _innovation_score.columns_of('s', names),
                               _innovation_score.checked_values(board, 's._values'), binding.rows);
    END IF;
    binding.sample := NULLIF(concat_ws(' AND ', CASE WHEN board.sample IS NOT NULL THEN 's._sample' END,
                                       CASE WHEN _innovation_score.excluded_rows(board, 's._values') IS NOT NULL
                                            THEN 's._values IS NOT NULL' END), '');
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _innovation_score.bind(scoreboard, jsonb, text) IS
    'internal: the columns of the input of a scoreboard and how its rows are read';
