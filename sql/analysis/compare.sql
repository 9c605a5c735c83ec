-- compare: two scoreboards over the same firms, side by side; a scheme against its
-- parent; rank correlations (src/robustness/compare.c).

CREATE FUNCTION _innovation_score.rank_pairs_accumulate(state internal, x float8, y float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'rank_pairs_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.spearman_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'spearman_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;

CREATE FUNCTION _innovation_score.kendall_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'kendall_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;

COMMENT ON FUNCTION _innovation_score.rank_pairs_accumulate(internal, float8, float8) IS
    'internal: transition function of spearman and kendall';
COMMENT ON FUNCTION _innovation_score.spearman_final(internal) IS 'internal: final function of spearman';
COMMENT ON FUNCTION _innovation_score.kendall_final(internal) IS 'internal: final function of kendall';

-- A state is all of its pairs and the work is done in the end, so workers would gain
-- nothing by states of their own; they may well read the rows.
CREATE AGGREGATE spearman(x float8, y float8) (
    SFUNC = _innovation_score.rank_pairs_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.spearman_final,
    PARALLEL = RESTRICTED
);

CREATE AGGREGATE kendall(x float8, y float8) (
    SFUNC = _innovation_score.rank_pairs_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.kendall_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE spearman(float8, float8) IS
    'Spearman''s rank correlation, ties having the mean of their ranks; pairs with NULL or NaN are passed over';
COMMENT ON AGGREGATE kendall(float8, float8) IS
    'Kendall''s rank correlation tau-b; pairs with NULL or NaN are passed over';

CREATE FUNCTION _innovation_score.top_counts_accumulate(state internal, rank_a bigint, rank_b bigint, tops integer[])
RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.top_counts_final(state internal) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.top_counts(rank_a bigint, rank_b bigint, tops integer[]) (
    SFUNC = _innovation_score.top_counts_accumulate,
    STYPE = internal,
    FINALFUNC = _innovation_score.top_counts_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _innovation_score.top_counts_accumulate(internal, bigint, bigint, integer[]) IS
    'internal: transition function of top_counts';
COMMENT ON FUNCTION _innovation_score.top_counts_final(internal) IS 'internal: final function of top_counts';
COMMENT ON AGGREGATE _innovation_score.top_counts(bigint, bigint, integer[]) IS
    'internal: for each n how many are among the first n of the one ranking, of the other, of both';

-- Reading scoreboards. What is compared is what the views show, so that whoever may
-- read the views may compare.

CREATE FUNCTION _innovation_score.path_text(path name[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(string_agg(quote_ident(p.name), ', ' ORDER BY p.place), '')
    FROM unnest(path) WITH ORDINALITY AS p(name, place)
$$;

COMMENT ON FUNCTION _innovation_score.path_text(name[]) IS 'internal: schemas as a setting of search_path';

-- The entity is the first column of a view that has it, the period the second.
CREATE FUNCTION _innovation_score.view_column(view text, place integer) RETURNS pg_attribute
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known pg_attribute;
BEGIN
    SELECT * INTO known FROM pg_attribute a WHERE a.attrelid = to_regclass(view) AND a.attnum = place;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'view % does not exist', view
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    RETURN known;
END
$$;

COMMENT ON FUNCTION _innovation_score.view_column(text, integer) IS 'internal: a column of a view of a scoreboard';

-- Rows of one of the views with entity and period as text.
CREATE FUNCTION _innovation_score.view_rows(board scoreboard, view text, columns text, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    name text := _innovation_score.view_name(board.scoreboard, view);
    entity_column pg_attribute := _innovation_score.view_column(name, 1);
    period_column pg_attribute;
BEGIN
    IF board.period IS NOT NULL THEN
        period_column := _innovation_score.view_column(name, 2);
    END IF;
    RETURN format('(SELECT innovation_score.key_text(v.%I) AS entity, %s AS period, %s FROM %s v WHERE %s)',
                  entity_column.attname,
                  COALESCE('innovation_score.key_text(v.' || quote_ident(period_column.attname) || ')', 'NULL::text'), columns, name,
                  CASE WHEN period IS NULL OR board.period IS NULL THEN 'true'
                       ELSE _innovation_score.key_condition(
                                'v.' || quote_ident(period_column.attname), period_column.atttypid,
                                _innovation_score.shown_key(board.scoreboard, 'period', period)) END);
END
$$;

-- As check_period(), for those who may read views and not the source: the scores, which are had for less, or the ranking.
CREATE FUNCTION _innovation_score.check_shown_period(board scoreboard, period text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    name text := _innovation_score.view_name(board.scoreboard, 'score');
    period_column pg_attribute;
BEGIN
    IF period IS NULL THEN
        RETURN;
    END IF;
    IF board.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave the period out.';
    END IF;
    IF NOT has_table_privilege(name, 'SELECT') THEN
        name := _innovation_score.view_name(board.scoreboard, 'ranking');
    END IF;
    period_column := _innovation_score.view_column(name, 2);
    PERFORM _innovation_score.find_period(board, name || ' s', period_column.attname, period_column.atttypid, period);
END
$$;

COMMENT ON FUNCTION _innovation_score.check_shown_period(scoreboard, text) IS
    'internal: an error if a period is given that the views of a scoreboard have no rows of';
COMMENT ON FUNCTION _innovation_score.view_rows(scoreboard, text, text, text) IS
    'internal: FROM item of the rows of a view, entity and period in their text forms';

CREATE FUNCTION _innovation_score.has_rule(board scoreboard) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = '')
$$;

COMMENT ON FUNCTION _innovation_score.has_rule(scoreboard) IS 'internal: whether a scoreboard has a whitelist rule without a name';

-- Firms meet by their key texts. Whole numbers are joined faster, and with better
-- estimates: their columns have statistics.
CREATE FUNCTION _innovation_score.meet_by_number(a scoreboard, b scoreboard) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT count(DISTINCT t.type) = 1 AND bool_and(t.type IN ('bigint'::regtype, 'integer'::regtype))
    FROM (VALUES ((_innovation_score.view_column(_innovation_score.view_name(a.scoreboard, 'ranking'), 1)).atttypid),
                 ((_innovation_score.view_column(_innovation_score.view_name(b.scoreboard, 'ranking'), 1)).atttypid)) AS t(type)
$$;

COMMENT ON FUNCTION _innovation_score.meet_by_number(scoreboard, scoreboard) IS
    'internal: whether the entities of both scoreboards are whole numbers of one type';

-- The whitelist shows all that a ranking does here, so one of them is read.
CREATE FUNCTION _innovation_score.decided_rows(board scoreboard, period text, by_number boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.has_rule(board)
                THEN _innovation_score.view_rows(board, 'whitelist', 'v.score, v.rank, v.decision, ' || key, period)
                ELSE _innovation_score.view_rows(board, 'ranking', 'v.score, v.rank, NULL::text AS decision, ' || key, period) END
    FROM (SELECT format(CASE WHEN by_number THEN 'v.%I AS key' ELSE 'innovation_score.key_text(v.%I) AS key' END,
                        (_innovation_score.view_column(_innovation_score.view_name(board.scoreboard, 'ranking'), 1)).attname)) AS k(key)
$$;

COMMENT ON FUNCTION _innovation_score.decided_rows(scoreboard, text, boolean) IS
    'internal: FROM item of scores, ranks and decisions of a scoreboard, and the key to join them by';

-- A scoreboard without periods meets one period of the other; two that have periods
-- meet period by period.
CREATE FUNCTION _innovation_score.side_by_side(a scoreboard, b scoreboard, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    without scoreboard := CASE WHEN a.period IS NULL THEN a ELSE b END;
    by_number boolean := _innovation_score.meet_by_number(a, b);
BEGIN
    IF (a.period IS NULL) <> (b.period IS NULL) AND period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods, the other one has', without.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the period to compare.';
    END IF;
    IF a.period IS NULL AND b.period IS NULL AND period IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboards % and % have no periods', a.scoreboard, b.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave the period out.';
    END IF;
    RETURN format(
        'SELECT COALESCE(a.entity, b.entity) AS entity, %s AS period, '
        'a.score AS score_a, b.score AS score_b, a.rank AS rank_a, b.rank AS rank_b, '
        'a.decision AS decision_a, b.decision AS decision_b FROM %s a FULL JOIN %s b ON a.key = b.key%s',
        COALESCE(quote_literal(_innovation_score.shown_key(CASE WHEN a.period IS NULL THEN b.scoreboard ELSE a.scoreboard END, 'period', period))
                 || '::text', 'COALESCE(a.period, b.period)'),
        _innovation_score.decided_rows(a, period, by_number), _innovation_score.decided_rows(b, period, by_number),
        CASE WHEN a.period IS NOT NULL AND b.period IS NOT NULL
             THEN ' AND COALESCE(a.period, '''') = COALESCE(b.period, '''') '
                  'AND (a.period IS NULL) = (b.period IS NULL)'
             ELSE '' END);
END
$$;

COMMENT ON FUNCTION _innovation_score.side_by_side(scoreboard, scoreboard, text) IS
    'internal: query of the firms of two scoreboards, each once';

CREATE TYPE scoreboard_comparison AS (
    entity         text,
    period         text,
    score_a        numeric,
    score_b        numeric,
    rank_a         bigint,
    rank_b         bigint,
    movement       bigint,
    decision_a     text,
    decision_b     text,
    change         text,
    main_indicator text,
    main_title     text,
    main_change    float8
);

COMMENT ON TYPE scoreboard_comparison IS '积分榜对比 a firm in two scoreboards';
COMMENT ON COLUMN scoreboard_comparison.entity IS '企业 entity in its text form';
COMMENT ON COLUMN scoreboard_comparison.period IS '期间 period in its text form';
COMMENT ON COLUMN scoreboard_comparison.score_a IS '得分 score in the first scoreboard';
COMMENT ON COLUMN scoreboard_comparison.score_b IS '得分 score in the second scoreboard';
COMMENT ON COLUMN scoreboard_comparison.rank_a IS '名次 rank in the first scoreboard';
COMMENT ON COLUMN scoreboard_comparison.rank_b IS '名次 rank in the second scoreboard';
COMMENT ON COLUMN scoreboard_comparison.movement IS '名次变动 places gained from the first to the second';
COMMENT ON COLUMN scoreboard_comparison.decision_a IS '入选结论 decision in the first scoreboard';
COMMENT ON COLUMN scoreboard_comparison.decision_b IS '入选结论 decision in the second scoreboard';
COMMENT ON COLUMN scoreboard_comparison.change IS '白名单变动 gained（新入选）or lost（退出）';
COMMENT ON COLUMN scoreboard_comparison.main_indicator IS '主要指标 the indicator mainly responsible for the change';
COMMENT ON COLUMN scoreboard_comparison.main_title IS '指标名称 title of that indicator';
COMMENT ON COLUMN scoreboard_comparison.main_change IS '分差 its points in the second less those in the first, of 100';

-- Points of the firms whose decision changed, of 100. What rounding and limits add has rows in _detail, too, and is no
-- indicator.
CREATE FUNCTION _innovation_score.points_of_changed(board scoreboard, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT c.entity, c.period, c.change, d.indicator, d.title, d.points * (100 / %L::float8) AS points '
                  'FROM (SELECT pg_catalog.array_agg(e.entity) AS entities, '
                  'pg_catalog.array_agg(e.period) AS periods, pg_catalog.array_agg(e.change) AS changes '
                  'FROM (SELECT DISTINCT e.entity, e.period, e.change FROM changed e) e) es '
                  'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(es.entities), pg_catalog.unnest(es.periods), '
                  'pg_catalog.unnest(es.changes)) AS c(entity, period, change) JOIN %s d ON d.entity = c.entity '
                  'AND d.status <> ALL (''{rounding,limit,rescaled}'')%s',
                  board.model::jsonb ->> 'full_marks',
                  _innovation_score.view_rows(board, 'detail', 'v.indicator, v.title, v.status, v.points', period),
                  CASE WHEN board.period IS NULL THEN ''
                       ELSE ' AND COALESCE(d.period, '''') = COALESCE(c.period, '''')' END)
$$;

COMMENT ON FUNCTION _innovation_score.points_of_changed(scoreboard, text) IS
    'internal: query of the points of firms that a whitelist gained or lost';

-- The indicator mainly responsible is looked for among those firms only that a whitelist
-- gained or lost: details of all would be a row an indicator. That they are few the
-- planner learns from an equality and from arrays, of which it expects that.
CREATE FUNCTION _innovation_score.comparison_query(a scoreboard, b scoreboard, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'WITH pairs AS MATERIALIZED (SELECT p.*, CASE '
        'WHEN p.decision_b = ''listed'' AND p.decision_a IS DISTINCT FROM ''listed'' THEN ''gained'' '
        'WHEN p.decision_a = ''listed'' AND p.decision_b IS DISTINCT FROM ''listed'' THEN ''lost'' END AS change '
        'FROM (%s) p), '
        'changed AS MATERIALIZED (SELECT * FROM pairs p WHERE p.change = ANY (''{gained,lost}'')), '
        'moved AS (SELECT u.entity, u.period, u.change, u.indicator, max(u.title) AS title, '
        'sum(u.b) - sum(u.a) AS points '
        'FROM (SELECT entity, period, change, indicator, title, COALESCE(points, 0) AS a, 0 AS b FROM (%s) a '
        'UNION ALL SELECT entity, period, change, indicator, title, 0, COALESCE(points, 0) FROM (%s) b) u '
        'GROUP BY u.entity, u.period, u.change, u.indicator), '
        'main AS (SELECT DISTINCT ON (m.entity, m.period) m.entity, m.period, m.indicator, m.title, m.points '
        'FROM moved m ORDER BY m.entity, m.period, '
        'CASE WHEN m.change = ''gained'' THEN - m.points ELSE m.points END, m.indicator COLLATE "C") '
        'SELECT p.entity, p.period, p.score_a, p.score_b, p.rank_a, p.rank_b, p.rank_a - p.rank_b, p.decision_a, '
        'p.decision_b, NULL::text, NULL::text, NULL::text, NULL::float8 FROM pairs p WHERE p.change IS NULL '
        'UNION ALL SELECT c.entity, c.period, c.score_a, c.score_b, c.rank_a, c.rank_b, c.rank_a - c.rank_b, '
        'c.decision_a, c.decision_b, c.change, m.indicator, m.title, m.points FROM changed c '
        'LEFT JOIN main m ON m.entity = c.entity AND COALESCE(m.period, '''') = COALESCE(c.period, '''')',
        _innovation_score.side_by_side(a, b, period), _innovation_score.points_of_changed(a, period), _innovation_score.points_of_changed(b, period))
$$;

COMMENT ON FUNCTION _innovation_score.comparison_query(scoreboard, scoreboard, text) IS
    'internal: query of what compare_scoreboards gives where both scoreboards have whitelist rules';

CREATE FUNCTION _innovation_score.compare_scoreboards(a text, b text, period text, path name[]) RETURNS SETOF scoreboard_comparison
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    first scoreboard := _innovation_score.get_scoreboard(a, path);
    second scoreboard := _innovation_score.get_scoreboard(b, path);
    query text := CASE
        WHEN _innovation_score.has_rule(first) AND _innovation_score.has_rule(second) THEN _innovation_score.comparison_query(first, second, period)
        ELSE format('SELECT p.entity, p.period, p.score_a, p.score_b, p.rank_a, p.rank_b, p.rank_a - p.rank_b, '
                    'p.decision_a, p.decision_b, NULL::text, NULL::text, NULL::text, NULL::float8 FROM (%s) p',
                    _innovation_score.side_by_side(first, second, period)) END;
BEGIN
    PERFORM set_config('search_path', _innovation_score.path_text(path), true);
    RETURN QUERY EXECUTE query;
    IF NOT FOUND THEN
        PERFORM _innovation_score.check_period(first, _innovation_score.bind(first), period);
    END IF;
END
$$;

CREATE FUNCTION compare_scoreboards(a text, b text, period text DEFAULT NULL) RETURNS SETOF scoreboard_comparison
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100000 AS $$
    SELECT * FROM _innovation_score.compare_scoreboards(a, b, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.compare_scoreboards(text, text, text, name[]) IS
    'internal: compare_scoreboards with the caller''s schemas';
COMMENT ON FUNCTION compare_scoreboards(text, text, text) IS
    'the firms of two scoreboards side by side: scores, ranks, movement, decisions, and what they gained or lost by';

CREATE TYPE comparison_summary AS (
    period        text,
    firms_a       bigint,
    firms_b       bigint,
    firms_both    bigint,
    spearman      float8,
    kendall       float8,
    mean_movement float8,
    max_movement  bigint,
    listed_a      bigint,
    listed_b      bigint,
    gained        bigint,
    lost          bigint,
    top_n         integer,
    top_a         bigint,
    top_b         bigint,
    top_both      bigint,
    overlap       float8
);

COMMENT ON TYPE comparison_summary IS '积分榜对比汇总 how alike two scoreboards are in a period';
COMMENT ON COLUMN comparison_summary.period IS '期间 period in its text form';
COMMENT ON COLUMN comparison_summary.firms_a IS '企业数 firms that the first scoreboard ranks';
COMMENT ON COLUMN comparison_summary.firms_b IS '企业数 firms that the second scoreboard ranks';
COMMENT ON COLUMN comparison_summary.firms_both IS '共同企业数 firms that both rank';
COMMENT ON COLUMN comparison_summary.spearman IS '斯皮尔曼相关 rank correlation of the firms that both rank';
COMMENT ON COLUMN comparison_summary.kendall IS '肯德尔相关 rank correlation tau-b of the same firms';
COMMENT ON COLUMN comparison_summary.mean_movement IS '平均名次变动 mean of the absolute movements';
COMMENT ON COLUMN comparison_summary.max_movement IS '最大名次变动 largest absolute movement';
COMMENT ON COLUMN comparison_summary.listed_a IS '入选数 firms that the first whitelist lists';
COMMENT ON COLUMN comparison_summary.listed_b IS '入选数 firms that the second whitelist lists';
COMMENT ON COLUMN comparison_summary.gained IS '新入选数 firms that only the second lists';
COMMENT ON COLUMN comparison_summary.lost IS '退出数 firms that only the first lists';
COMMENT ON COLUMN comparison_summary.top_n IS '前 n 名 the n of the columns that follow';
COMMENT ON COLUMN comparison_summary.top_a IS '前 n 名企业数 firms of rank n or better in the first, ties included';
COMMENT ON COLUMN comparison_summary.top_b IS '前 n 名企业数 firms of rank n or better in the second';
COMMENT ON COLUMN comparison_summary.top_both IS '重合数 firms of rank n or better in both';
COMMENT ON COLUMN comparison_summary.overlap IS '重合率 top_both as a share of the smaller of top_a and top_b';

CREATE FUNCTION _innovation_score.compare_summary(a text, b text, period text, top_n integer[], path name[])
RETURNS SETOF comparison_summary
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    first scoreboard := _innovation_score.get_scoreboard(a, path);
    second scoreboard := _innovation_score.get_scoreboard(b, path);
    tops integer[] := ARRAY(SELECT DISTINCT n FROM unnest(top_n) n ORDER BY n);
    listed boolean := _innovation_score.has_rule(first) AND _innovation_score.has_rule(second);
    query text;
BEGIN
    IF EXISTS (SELECT FROM unnest(tops) n WHERE n IS NULL OR n <= 0) THEN
        RAISE EXCEPTION 'top_n must hold positive numbers' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- what ranks say of the order, scores would; and a rank is read anyway
    query := format(
        'SELECT s.period, s.firms_a, s.firms_b, s.firms_both, s.spearman, s.kendall, s.mean_movement, '
        's.max_movement, %1$s, t.n, t.a, t.b, t.ab, t.ab::float8 / NULLIF(least(t.a, t.b), 0) '
        'FROM (SELECT p.period, pg_catalog.count(p.rank_a) AS firms_a, '
        'pg_catalog.count(p.rank_b) AS firms_b, '
        'pg_catalog.count(p.rank_a + p.rank_b) AS firms_both, '
        'innovation_score.spearman(p.rank_a, p.rank_b) AS spearman, '
        'innovation_score.kendall(p.rank_a, p.rank_b) AS kendall, '
        'avg(abs(p.rank_a - p.rank_b)::float8) AS mean_movement, max(abs(p.rank_a - p.rank_b)) AS max_movement, '
        'pg_catalog.count(*) FILTER (WHERE p.decision_a = ''listed'') AS listed_a, '
        'pg_catalog.count(*) FILTER (WHERE p.decision_b = ''listed'') AS listed_b, '
        'pg_catalog.count(*) FILTER (WHERE p.decision_a = ''listed'' AND p.decision_b = ''listed'') AS listed_both, '
        '_innovation_score.top_counts(p.rank_a, p.rank_b, %2$L::integer[]) AS tops FROM (%3$s) p GROUP BY p.period) s '
        'LEFT JOIN LATERAL (SELECT u.n, s.tops[3 * u.place - 2], s.tops[3 * u.place - 1], s.tops[3 * u.place] '
        'FROM pg_catalog.unnest(%2$L::integer[]) WITH ORDINALITY AS u(n, place)) AS t(n, a, b, ab) ON true '
        'ORDER BY s.period COLLATE "C", t.n',
        CASE WHEN listed THEN 's.listed_a, s.listed_b, s.listed_b - s.listed_both, s.listed_a - s.listed_both'
             ELSE format('%s, %s, NULL::bigint, NULL::bigint',
                         CASE WHEN _innovation_score.has_rule(first) THEN 's.listed_a' ELSE 'NULL::bigint' END,
                         CASE WHEN _innovation_score.has_rule(second) THEN 's.listed_b' ELSE 'NULL::bigint' END) END,
        tops, _innovation_score.side_by_side(first, second, period));
    PERFORM set_config('search_path', _innovation_score.path_text(path), true);
    RETURN QUERY EXECUTE query;
    IF NOT FOUND THEN
        PERFORM _innovation_score.check_period(first, _innovation_score.bind(first), period);
    END IF;
END
$$;

CREATE FUNCTION compare_summary(a text, b text, period text DEFAULT NULL,
                                top_n integer[] DEFAULT '{10,100,1000}') RETURNS SETOF comparison_summary
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 AS $$
    SELECT * FROM _innovation_score.compare_summary(a, b, period, top_n, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.compare_summary(text, text, text, integer[], name[]) IS
    'internal: compare_summary with the caller''s schemas';
COMMENT ON FUNCTION compare_summary(text, text, text, integer[]) IS
    'how alike two scoreboards are: rank correlations, movements, gains and losses of the whitelist, overlap of the '
    'first n; a row for each period and n';

-- A scheme against another one. Properties are whatever columns the tables have.

CREATE FUNCTION _innovation_score.scheme_properties(code text)
RETURNS TABLE (object text, part text, property text, value text, place integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT p.object, p.part, e.key, e.value, p.place
    FROM (SELECT 'scheme' AS object, '' AS part, to_jsonb(s) - '{scheme,parent,origin}'::text[] AS properties,
                 NULL::integer AS place
          FROM scheme s WHERE s.scheme = code
          UNION ALL
          SELECT 'category', c.category, to_jsonb(c) - '{scheme,category}'::text[], c.position
          FROM category c WHERE c.scheme = code
          UNION ALL
          SELECT 'indicator', i.indicator, to_jsonb(i) - '{scheme,indicator}'::text[], i.position
          FROM indicator i WHERE i.scheme = code
          UNION ALL
          SELECT 'stage', t.stage, to_jsonb(t) - '{scheme,stage}'::text[], t.position
          FROM stage t WHERE t.scheme = code
          UNION ALL
          SELECT 'quality_rule', q.rule, to_jsonb(q) - '{scheme,rule}'::text[], NULL
          FROM quality_rule q WHERE q.scheme = code
          UNION ALL
          SELECT 'scheme_rule', r.rule, to_jsonb(r) - '{scheme,rule}'::text[], NULL
          FROM scheme_rule r WHERE r.scheme = code
          UNION ALL
          SELECT 'scheme_tier', '', to_jsonb(r) - 'scheme', NULL
          FROM scheme_tier r WHERE r.scheme = code) p
    CROSS JOIN LATERAL jsonb_each_text(p.properties) e
    WHERE e.value IS NOT NULL
    UNION ALL
    -- that it is there at all: a property of no name
    SELECT p.object, p.part, '', p.title, p.place
    FROM (SELECT 'category' AS object, c.category AS part, c.title, c.position AS place
          FROM category c WHERE c.scheme = code
          UNION ALL
          SELECT 'indicator', i.indicator, i.title, i.position FROM indicator i WHERE i.scheme = code
          UNION ALL
          SELECT 'stage', t.stage, t.title, t.position FROM stage t WHERE t.scheme = code
          UNION ALL
          SELECT 'quality_rule', q.rule, q.message, NULL FROM quality_rule q WHERE q.scheme = code
          UNION ALL
          SELECT 'scheme_rule', r.rule, r.title, NULL FROM scheme_rule r WHERE r.scheme = code) p
    UNION ALL
    -- no weight is weight 0
    SELECT 'weight', w.indicator, w.stage, w.weight::text, i.position
    FROM weight w JOIN indicator i USING (scheme, indicator)
    WHERE w.scheme = code AND w.weight <> 0
    UNION ALL
    SELECT 'category_weight', w.category, w.stage, w.weight::text, c.position
    FROM category_weight w JOIN category c USING (scheme, category)
    WHERE w.scheme = code
    UNION ALL
    SELECT 'stage_rule', r.indicator, format('%s: %s', r.stage, e.key), e.value, i.position
    FROM stage_rule r JOIN indicator i USING (scheme, indicator)
    CROSS JOIN LATERAL jsonb_each_text(to_jsonb(r) - '{scheme,stage,indicator}'::text[]) e
    WHERE r.scheme = code AND e.value IS NOT NULL
$$;

COMMENT ON FUNCTION _innovation_score.scheme_properties(text) IS 'internal: all that a scheme says, a row a property';

CREATE FUNCTION scheme_diff(scheme text, parent text DEFAULT NULL)
RETURNS TABLE (object text, code text, property text, old text, new text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    newer scheme := _innovation_score.require_scheme($1);
    older text := COALESCE($2, newer.parent);
BEGIN
    IF older IS NULL THEN
        RAISE EXCEPTION 'scheme "%" has no parent', newer.scheme
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the scheme to compare it with.';
    END IF;
    older := (_innovation_score.require_scheme(older)).scheme;
    RETURN QUERY
        WITH difference AS (
            SELECT object, part, property, COALESCE(n.place, o.place) AS place,
                   o.value AS old, n.value AS new, o.object IS NOT NULL AS was, n.object IS NOT NULL AS "is"
            FROM _innovation_score.scheme_properties(newer.scheme) n FULL JOIN _innovation_score.scheme_properties(older) o
                USING (object, part, property)
        ), marked AS (
            SELECT d.*, bool_or(d.property = '' AND d.was <> d."is") OVER (PARTITION BY d.object, d.part) AS whole,
                   min(d.place) OVER (PARTITION BY d.object, d.part) AS part_place
            FROM difference d
        )
        SELECT m.object, CASE m.object WHEN 'scheme' THEN newer.scheme ELSE m.part END,
               CASE WHEN m.property <> '' THEN m.property WHEN m."is" THEN 'added' ELSE 'removed' END,
               CASE WHEN m.object = 'weight' THEN COALESCE(m.old, '0') ELSE m.old END,
               CASE WHEN m.object = 'weight' THEN COALESCE(m.new, '0') ELSE m.new END
        FROM marked m
        WHERE CASE WHEN m.property = '' THEN m.was <> m."is"
                   WHEN m.property IN ('title', 'message') AND m.whole THEN false      -- the row above says it
                   ELSE m.old IS DISTINCT FROM m.new END
        ORDER BY array_position('{scheme,category,category_weight,indicator,stage,weight,stage_rule,quality_rule,scheme_rule,scheme_tier}', m.object), m.part_place,
                 m.part COLLATE "C", m.property COLLATE "C";
END
$$;

COMMENT ON FUNCTION scheme_diff(text, text) IS
    'what a scheme changes in its parent (or in another scheme): settings, categories, indicators, stages, weights, tiers and '
    'rules that were added, removed or given other properties';
