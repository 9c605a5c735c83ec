-- export: everything about a scoreboard as one document.

CREATE FUNCTION _innovation_score.rows_of_view(board scoreboard, suffix text, period text, columns text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(_innovation_score.chart_query(format(
        'SELECT pg_catalog.jsonb_agg(%s ORDER BY %s) FROM %s v WHERE %s', columns,
        (SELECT COALESCE(string_agg(format('v.%I', a.attname), ', ' ORDER BY a.attnum), 'true') FROM pg_attribute a
         WHERE a.attrelid = v.name::regclass AND a.attnum > 0 AND a.atttypid <> 'score_model'::regtype
           AND a.attnum <= CASE WHEN board.period IS NULL THEN 1 ELSE 2 END),
        v.name, CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = v.name::regclass AND a.attname = c.period)
                     THEN _innovation_score.chart_key(board, 'v', 'period', rows_of_view.period) ELSE 'true' END)), '[]')
    FROM (SELECT _innovation_score.view_name(board.scoreboard, suffix) AS name) v
    CROSS JOIN LATERAL _innovation_score.chart_columns(board) c
$$;

COMMENT ON FUNCTION _innovation_score.rows_of_view(scoreboard, text, text, text) IS
    'internal: the rows that one of the views of a scoreboard has of a period';

CREATE FUNCTION _innovation_score.scoreboard_export(name text, period text, path name[]) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _innovation_score.get_built_scoreboard(name, path);
    columns record;
    keys text;
BEGIN
    columns := _innovation_score.chart_columns(board);
    PERFORM _innovation_score.check_period(board, _innovation_score.bind(board), scoreboard_export.period);
    keys := format('%L, pg_catalog.to_jsonb(v.%I)', columns.entity, columns.entity)
            || CASE WHEN board.period IS NULL THEN ''
                    ELSE format(', %L, pg_catalog.to_jsonb(v.%I)', columns.period, columns.period) END;
    RETURN jsonb_build_object(
        'format', 'innovation_score.scoreboard', 'version', 1,
        'scoreboard', jsonb_strip_nulls(to_jsonb(board)) - '{model,comments,quality,stage_conditions}'::text[],
        'mapping', board.mapping,
        'scheme', scheme_export(board.scheme),
        'model', board.model::text::jsonb,
        'rules', (SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(to_jsonb(r)) - 'scoreboard' ORDER BY r.rule COLLATE "C"), '[]')
                  FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard),
        'quality_rules', (SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('rule', r.rule, 'severity', r.severity, 'condition', r.condition::text,
                                                                                        'message', r.message)) ORDER BY r.n), '[]')
                          FROM _innovation_score.own_rules(board) r),
        'tiers', (SELECT jsonb_strip_nulls(to_jsonb(t)) - '{scoreboard,tiering,row_id}'::text[] FROM tier_rule t
                  WHERE (t.scoreboard = board.scoreboard OR t.scheme = board.scheme) AND t.tiering = ''
                  ORDER BY t.scoreboard NULLS LAST LIMIT 1),
        'tierings', (SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(to_jsonb(t)) - '{scoreboard,row_id}'::text[] ORDER BY t.tiering COLLATE "C"), '[]')
                     FROM tier_rule t WHERE t.scoreboard = board.scoreboard AND t.tiering <> ''),
        'exclusions', (SELECT COALESCE(jsonb_agg(to_jsonb(e) - '{scoreboard,row_id}'::text[] ORDER BY e.entity COLLATE "C", e.valid_from), '[]')
                       FROM exclusion e WHERE e.scoreboard = board.scoreboard),
        'models', _innovation_score.rows_of_view(board, 'model', period,
            '(pg_catalog.to_jsonb(v) - ''model'') || pg_catalog.jsonb_build_object(''model'', v.model::text::jsonb)'),
        'results', _innovation_score.rows_of_view(board, 'ranking', period, 'pg_catalog.to_jsonb(v)'),
        'decisions', (SELECT COALESCE(jsonb_object_agg(r.rule, _innovation_score.rows_of_view(board,
                          'whitelist' || CASE WHEN r.rule <> '' THEN '_' || r.rule ELSE '' END, period,
                          format('pg_catalog.jsonb_build_object(%s, ''decision'', v.decision, ''reasons'', v.reasons, ''batch'', v.batch)', keys))), '{}')
                      FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard));
END
$$;

CREATE FUNCTION scoreboard_export(scoreboard text, period text DEFAULT NULL) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.scoreboard_export(text, text, name[]) IS
    'internal: scoreboard_export with the caller''s schemas';
COMMENT ON FUNCTION scoreboard_export(text, text) IS
    'everything about a scoreboard as a document: scheme, mapping, rules, tiers, exclusions, models and results';
