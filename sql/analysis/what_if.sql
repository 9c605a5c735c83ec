-- what_if: what a firm's score, rank and decision would be with other values, all else as
-- it was published.
--
-- Only the firm moves, so that nothing has to be ranked again: the field's scores give
-- each cut of the rule without the firm, and the firm's new score stands above or below
-- it. A cut is the score of the last place that is given; whoever reaches it is in. That
-- others move up where the firm leaves a place, and out where it takes one, changes no
-- cut that the firm meets: those that it pushes out stand below it.

CREATE FUNCTION _innovation_score.changed_values(vals float8[], indicators text[], changes jsonb) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    change record;
BEGIN
    IF jsonb_typeof(changes) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'the changes must be a JSON object'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('They are %s.', COALESCE(changes::text, 'NULL')),
                  HINT = 'For example {"rd_expense": 1200, "invention_patents": null}.';
    END IF;
    FOR change IN SELECT c.key, c.value, array_position(indicators, c.key) AS place FROM jsonb_each(changes) c LOOP
        IF change.place IS NULL THEN
            RAISE EXCEPTION 'there is no indicator "%"', change.key
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('The indicators are %s.', array_to_string(indicators, ', '));
        END IF;
        IF jsonb_typeof(change.value) NOT IN ('number', 'null') THEN
            RAISE EXCEPTION 'value % of indicator "%" is no number', change.value, change.key
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a number, or null for a missing value.';
        END IF;
        vals[change.place] := (change.value #>> '{}')::float8;
    END LOOP;
    RETURN vals;
END
$$;

COMMENT ON FUNCTION _innovation_score.changed_values(float8[], text[], jsonb) IS 'internal: values with changes given as JSON';

-- The place that the firm would have among all, or those of its group, as place_row() gives it.
CREATE FUNCTION _innovation_score.what_if_place(field text, "group" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat('(SELECT ARRAY[1 + count(*) FILTER (WHERE o.score > after.score), 0, 1, 1 + count(o.score)]::float8[] FROM ',
                  field, ' AND o.entity <> $1', ' AND ' || "group" || ' = (SELECT ' || "group" || ' FROM me o)', ')')
$$;

COMMENT ON FUNCTION _innovation_score.what_if_place(text, text) IS
    'internal: SQL text of the place that a firm would have, among all or in its group';

-- The query of what_if. field is a FROM item with the columns of published_firm and alias
-- o, with a WHERE clause; model a query of the firm's model, from me; left_out a condition
-- over c.vals; $1 entity, $2 indicators, $3 changes, $4 categories.
CREATE FUNCTION _innovation_score.what_if_query(prelude text, field text, model text, rule list_rule, categories text[], left_out text,
                                                tier_group text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format($query$
        WITH %1$s me AS MATERIALIZED (
            SELECT o.* FROM %2$s AND o.entity = $1
        ), changed AS MATERIALIZED (
            SELECT CASE WHEN me.vals IS NOT NULL THEN _innovation_score.changed_values(me.vals, $2, $3) END AS vals FROM me
        ), scored AS MATERIALIZED (
            SELECT innovation_score.score_row((%3$s), me.stage, VARIADIC CASE WHEN NOT %9$s THEN c.vals END) AS row
            FROM me CROSS JOIN changed c
        ), after AS MATERIALIZED (
            SELECT s.row[1] AS score, s.row[4:3 + cardinality($4)] AS category_scores, %7$s AS facts
            FROM scored s CROSS JOIN changed c CROSS JOIN me o
        ), quota AS MATERIALIZED (
            SELECT %4$s AS cut
        ), top AS MATERIALIZED (
            SELECT %5$s AS cut
        ), reserve AS MATERIALIZED (
            SELECT %6$s AS cut
        ), decided AS (
            SELECT after.*, _innovation_score.decision_code(_innovation_score.decide_kept(
                       ARRAY[%8$L]::innovation_score.list_rule[], after.facts, %13$s, %14$s,
                       ARRAY[CASE WHEN after.score < quota.cut THEN %10$s ELSE 1 END, 0, 1, 1]::float8[],
                       ARRAY[CASE WHEN after.score < top.cut THEN %11$s ELSE 1 END, 0, 1, 1]::float8[],
                       ARRAY[CASE WHEN after.score < reserve.cut THEN %12$s ELSE 1 END, 0, 1, 1]::float8[], %15$s, NULL), 1) AS decision
            FROM after CROSS JOIN quota CROSS JOIN top CROSS JOIN reserve
        )
        SELECT me.score, d.score, me.rank,
               CASE WHEN d.score IS NOT NULL THEN COALESCE(
                   (SELECT o.rank - CASE WHEN me.score > o.score THEN 1 ELSE 0 END
                    FROM %2$s AND o.score <= d.score AND o.entity <> me.entity ORDER BY o.score DESC LIMIT 1),
                   1 + (SELECT count(o.score) FROM %2$s AND o.entity <> me.entity)) END,
               (SELECT jsonb_object_agg(c.category, c.score) FROM unnest($4, me.category_scores) AS c(category, score)),
               (SELECT jsonb_object_agg(c.category, c.score) FROM unnest($4, d.category_scores) AS c(category, score)),
               me.decision,
               CASE WHEN me.decision = 'earlier' THEN 'earlier' ELSE d.decision END
        FROM me CROSS JOIN decided d
        $query$,
        prelude, field, model,
        COALESCE(format('(SELECT o.score FROM %s AND o.eligible AND o.score IS NOT NULL '
                        'AND o.quota = (SELECT me.quota FROM me) AND o.entity <> $1 ORDER BY o.score DESC OFFSET ',
                        field) || ((r.keys ->> 'quota_n')::integer - 1) || ' LIMIT 1)', 'NULL::float8'),
        COALESCE(format('(SELECT o.score FROM %s AND %s ORDER BY o.score DESC OFFSET ', field, finalist.condition)
                 || ((r.keys ->> 'top_n')::integer - 1) || ' LIMIT 1)', 'NULL::float8'),
        CASE WHEN (r.keys ->> 'reserve_n')::integer > 0
             THEN format('(SELECT o.score FROM %s AND o.eligible AND o.score IS NOT NULL AND o.entity <> $1 '
                         'AND NOT (%s AND COALESCE(o.score >= (SELECT top.cut FROM top), true)) '
                         'ORDER BY o.score DESC OFFSET %s LIMIT 1)', field, finalist.condition,
                         (r.keys ->> 'reserve_n')::integer - 1)
             ELSE 'NULL::float8' END,
        _innovation_score.published_facts('s.row', rule, categories, 'c.vals', tier_group), _innovation_score.published_rule(rule), left_out,
        COALESCE((r.keys ->> 'quota_n')::bigint, 0) + 1, COALESCE((r.keys ->> 'top_n')::bigint, 0) + 1,
        COALESCE((r.keys ->> 'reserve_n')::bigint, 0) + 1,
        CASE WHEN _innovation_score.names_computed(rule, 'rank|percentile') THEN _innovation_score.what_if_place(field, NULL)
             ELSE quote_literal('{1,100,1,1}') END,
        CASE WHEN _innovation_score.names_computed(rule, 'stage_rank') THEN _innovation_score.what_if_place(field, 'o.stage') ELSE 'NULL' END,
        CASE WHEN _innovation_score.names_computed(rule, 'tier') THEN _innovation_score.what_if_place(field, NULLIF(tier_group, 'NULL')) ELSE 'NULL' END)
    FROM (SELECT rule::jsonb) AS r(keys), LATERAL (SELECT 'o.eligible AND o.score IS NOT NULL AND o.entity <> $1'
                 || CASE WHEN r.keys ->> 'quota_n' IS NULL THEN ''
                         ELSE ' AND CASE WHEN o.quota IS NOT DISTINCT FROM (SELECT me.quota FROM me) '
                              'THEN COALESCE(o.score >= (SELECT quota.cut FROM quota), true) ELSE o.admitted END' END)
        AS finalist(condition)
$$;

COMMENT ON FUNCTION _innovation_score.what_if_query(text, text, text, list_rule, text[], text, text) IS 'internal: text of the query of what_if';

CREATE FUNCTION _innovation_score.what_if(name text, entity text, changes jsonb, period text, path name[])
RETURNS TABLE (publication bigint, score_before float8, score_after float8, rank_before bigint, rank_after bigint,
               category_scores_before jsonb, category_scores_after jsonb, decision_before text, decision_after text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC'
SET enable_nestloop = on SET enable_sort = on SET enable_seqscan = on SET enable_bitmapscan = on
SET jit = off AS $$
#variable_conflict use_column
DECLARE
    known text := _innovation_score.find_scoreboard(name, path);
    board scoreboard;
    p publication;
    parts publication_parts;
    query text;
    key text;
BEGIN
    SELECT * INTO STRICT board FROM shown_scoreboard b WHERE b.scoreboard = known;
    IF board.period IS NOT NULL THEN
        period := _innovation_score.shown_key(known, 'period', period);
    END IF;
    key := _innovation_score.shown_key(known, 'entity', entity);
    PERFORM _innovation_score.require_publications();
    SELECT * INTO p FROM publication o
    WHERE o.scoreboard = known AND (what_if.period IS NULL OR o.period = what_if.period)
      AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = o.publication AND e.state = 'retracted')
    ORDER BY o.publication DESC LIMIT 1;
    IF FOUND THEN
        publication := p.publication;
        changes := _innovation_score.keys_by_code(changes, p.scheme_document::jsonb -> 'indicator');
        -- Down the indexes to the cuts, also where the planner knows nothing yet of what has just been published.
        PERFORM set_config(s.name, 'off', true)
        FROM unnest('{enable_sort,enable_seqscan,enable_bitmapscan}'::text[]) AS s(name);
        query := _innovation_score.what_if_query('', format('innovation_score.published_firm o WHERE o.publication = %s', p.publication),
                                format('SELECT m.model::text::innovation_score.score_model '
                                       'FROM innovation_score.published_model m '
                                       'WHERE m.publication = %s AND m.peers = me.peers', p.publication),
                                p.rule::text::list_rule, p.categories, _innovation_score.left_out(p.board_document::jsonb -> 'quality', p.indicators, 'c.vals'),
                                _innovation_score.published_group(p.rule::text::list_rule, p.attributes, p.peers));
    ELSIF _innovation_score.owns(known) AND _innovation_score.is_of_other(known) THEN      -- nothing of the owner's runs with other rights
        RETURN QUERY
        SELECT * FROM _innovation_score.fetch_as_owner(known, format('SELECT * FROM _innovation_score.what_if(%L, %L, %L, %L, %L)',
                                                                     known, entity, changes, period, path))
            AS f(publication bigint, score_before float8, score_after float8, rank_before bigint, rank_after bigint,
                 category_scores_before jsonb, category_scores_after jsonb, decision_before text, decision_after text);
        RETURN;
    ELSE
        changes := _innovation_score.keys_by_code(changes, _innovation_score.titled_indicators(board.scheme));
        p.indicators := _innovation_score.model_codes(board.model, 'indicators');
        p.categories := _innovation_score.model_codes(board.model, 'categories');
        parts := _innovation_score.collect(board, period, NULL, NULL);
        query := _innovation_score.what_if_query(
            format('_publication_model AS MATERIALIZED (%s), _firm AS MATERIALIZED (%s),',
                   parts.models, parts.firms),
            '_firm o WHERE true',
            format('SELECT m.model FROM _publication_model m WHERE %s = me.peers', _innovation_score.key_texts('m', (parts.binding).peers)),
            parts.rule, p.categories, _innovation_score.left_out(board.quality, p.indicators, 'c.vals'),
            _innovation_score.published_group(parts.rule, (parts.binding).attributes, (parts.binding).peers));
        PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
        PERFORM set_config('enable_nestloop', 'off', true);     -- see _insert_publication
    END IF;
    IF entity IS NULL THEN
        RAISE EXCEPTION 'the entity must not be null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'The period stands before the entity: give it by name, entity => ''…''.';
    END IF;
    PERFORM _innovation_score.changed_values(NULL, p.indicators, changes);      -- says what is wrong with them
    EXECUTE query INTO score_before, score_after, rank_before, rank_after, category_scores_before,
                       category_scores_after, decision_before, decision_after
        USING key, p.indicators, changes, p.categories;
    IF decision_before IS NULL THEN
        IF p.publication IS NULL THEN
            PERFORM _innovation_score.check_period(board, _innovation_score.bind(board), period);
        END IF;
        RAISE EXCEPTION 'scoreboard % has no firm "%"', known, entity
            USING ERRCODE = 'undefined_object',
                  DETAIL = COALESCE('Publication ' || p.publication || ' was searched.', 'Its source was searched.'),
                  HINT = format('Its firms are in the view %s; letter case and blanks count.', _innovation_score.view_name(known, 'score'));
    END IF;
    RETURN NEXT;
END
$$;

CREATE FUNCTION what_if(scoreboard text, period text DEFAULT NULL, entity text DEFAULT NULL, changes jsonb DEFAULT NULL)
RETURNS TABLE (publication bigint, score_before float8, score_after float8, rank_before bigint, rank_after bigint,
               category_scores_before jsonb, category_scores_after jsonb, decision_before text, decision_after text)
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT * FROM _innovation_score.what_if(scoreboard, entity, changes, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.what_if(text, text, jsonb, text, name[]) IS 'internal: what_if with the caller''s schemas';
COMMENT ON FUNCTION what_if(text, text, text, jsonb) IS
    'score, rank, category scores and decision of a firm as they are and as they would be with other values, under the '
    'models of the latest publication (without one, of the scoreboard)';
