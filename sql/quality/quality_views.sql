-- quality, views: violations one by one, and a summary of rules and indicators.

-- What the rules of a scoreboard name: empty, indicator, median or previous.
CREATE FUNCTION _innovation_score.rule_relations(quality jsonb) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT n.relation
                 FROM jsonb_array_elements(quality -> 'rules') r, _innovation_score.condition_names((r ->> 'condition')::condition) n)
$$;

CREATE FUNCTION _innovation_score.board_rule_arguments(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.rule_arguments(board.quality -> 'rules', _innovation_score.model_codes(board.model, 'indicators'))
$$;

-- Also of firms that are left out of the scores.
CREATE FUNCTION _innovation_score.source_values(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'exclude' THEN 's._unchecked' ELSE 's._values' END
$$;

COMMENT ON FUNCTION _innovation_score.rule_relations(jsonb) IS 'internal: what stands before the names in the rules of a scoreboard';
COMMENT ON FUNCTION _innovation_score.board_rule_arguments(scoreboard) IS 'internal: SQL text of the rules and the indicators of a scoreboard';
COMMENT ON FUNCTION _innovation_score.source_values(scoreboard) IS 'internal: the values of a row as the source has them';

CREATE FUNCTION _innovation_score.medians(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN 'median' = ANY (_innovation_score.rule_relations(board.quality))
                THEN format('_innovation_score.rule_medians(%s, %s)', _innovation_score.board_rule_arguments(board),
                            _innovation_score.source_values(board)) END
$$;

CREATE FUNCTION _innovation_score.median_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NOT NULL THEN _innovation_score.frozen_model_query(board, binding, 'f.medians AS _medians')
                ELSE format('SELECT %s FROM %s%s%s',
                            concat_ws(', ', _innovation_score.columns_of('s', _innovation_score.groups(binding)), _innovation_score.medians(board) || ' AS _medians'),
                            _innovation_score.rows(binding),
                            ' WHERE ' || _innovation_score.known_groups(_innovation_score.groups(binding)),
                            ' GROUP BY ' || _innovation_score.columns_of('s', _innovation_score.groups(binding))) END
$$;

COMMENT ON FUNCTION _innovation_score.medians(scoreboard) IS
    'internal: SQL text of the medians of a group that rules name, NULL if none does';
COMMENT ON FUNCTION _innovation_score.median_query(scoreboard, scoreboard_binding) IS
    'internal: query of the medians of each group, of a frozen scoreboard those kept with its models';

-- Where a frozen scoreboard keeps them.
CREATE FUNCTION _innovation_score.fit_medians(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    key record := _innovation_score.group_texts(board, binding);
BEGIN
    UPDATE fitted_model f SET medians = NULL
    WHERE f.scoreboard = board.scoreboard AND f.medians IS NOT NULL AND f.period IS NOT DISTINCT FROM COALESCE(binding.only_period, f.period);
    IF _innovation_score.medians(board) IS NOT NULL THEN
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'UPDATE innovation_score.fitted_model f SET medians = g.medians '
            'FROM (SELECT %s AS period, %s AS peers, %s AS medians FROM %s GROUP BY 1, 2) g '
            'WHERE f.scoreboard = %L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
            key.period, format('ARRAY[%s]::text[]', array_to_string(key.peers, ', ')), _innovation_score.medians(board),
            _innovation_score.rows(binding), board.scoreboard));
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.fitted_views(board scoreboard) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.medians(board) IS NULL THEN '{model}' ELSE '{model,quality,quality_summary}' END::text[]
$$;

COMMENT ON FUNCTION _innovation_score.fit_medians(scoreboard, scoreboard_binding) IS
    'internal: keeps the medians that rules name with the fitted models';
COMMENT ON FUNCTION _innovation_score.fitted_views(scoreboard) IS 'internal: the views whose text depends on whether models are kept';

-- What rules are evaluated over: the source's rows s, with _values, those of the period
-- before and the medians m of the group. The window finds the period before in one pass;
-- conditions on the entity still reach the source.
CREATE FUNCTION _innovation_score.rule_rows(board scoreboard, binding scoreboard_binding, OUT arguments text, OUT from_items text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    relations text[] := _innovation_score.rule_relations(board.quality);
    looks_back boolean := 'previous' = ANY (relations) AND binding.period IS NOT NULL;
    keys text[] := array_remove(ARRAY[binding.entity, binding.period], NULL);
BEGIN
    arguments := format('%s, s._values, %s, %s', _innovation_score.board_rule_arguments(board),
                        CASE WHEN looks_back THEN 's._previous' ELSE 'NULL::double precision[]' END,
                        CASE WHEN 'median' = ANY (relations) THEN 'm._medians' ELSE 'NULL::double precision[]' END);
    from_items := format('(SELECT %s, %s AS _values%s FROM %s) s',
                         _innovation_score.columns_of('s', keys || ARRAY(SELECT g FROM unnest(_innovation_score.groups(binding)) g WHERE g <> ALL (keys))),
                         _innovation_score.source_values(board),
                         CASE WHEN looks_back
                              THEN format(', pg_catalog.lag(%s) OVER (PARTITION BY s.%I ORDER BY s.%I) AS _previous',
                                          _innovation_score.source_values(board), binding.entity, binding.period)
                              ELSE '' END,
                         _innovation_score.rows(binding));
    IF 'median' = ANY (relations) THEN
        from_items := format('%s LEFT JOIN (%s) m ON %s', from_items, _innovation_score.median_query(board, binding),
                             _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 's'));
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.rule_rows(scoreboard, scoreboard_binding) IS
    'internal: FROM items that rules are evaluated over, and the arguments of the functions that do so';

-- The set-returning function is in the select list: conditions on the entity pass it, and
-- most rows end there.
CREATE FUNCTION _innovation_score.quality_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, (t._finding).rule, (t._finding).severity, (t._finding).message, (t._finding).observed '
                  'FROM (SELECT %s, _innovation_score.findings(%s) AS _finding FROM %s%s) t',
                  _innovation_score.columns_of('t', keys), _innovation_score.columns_of('s', keys), r.arguments, r.from_items,
                  CASE WHEN board.quality -> 'rules' = '[]' THEN ' WHERE false' ELSE '' END)
        || COALESCE(' UNION ALL ' || _innovation_score.own_quality_query(board, binding), '')
    FROM _innovation_score.rule_rows(board, binding) r, (SELECT ARRAY[binding.entity, binding.period]) k(keys)
$$;

COMMENT ON FUNCTION _innovation_score.quality_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _quality';

-- One reading of the source, and all counts of a period in one array, which is unfolded at the end.

CREATE FUNCTION _innovation_score.quality_tally_accumulate(internal, rules jsonb, indicators text[], vals float8[], previous float8[],
                                                           medians float8[], lower float8[], upper float8[]) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

COMMENT ON FUNCTION _innovation_score.quality_tally_accumulate(internal, jsonb, text[], float8[], float8[], float8[], float8[], float8[]) IS
    'transition function of quality_tally';

CREATE FUNCTION _innovation_score.quality_tally_final(internal) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.quality_tally_final(internal) IS 'final function of quality_tally';

CREATE AGGREGATE _innovation_score.quality_tally(rules jsonb, indicators text[], vals float8[], previous float8[], medians float8[],
                                                 lower float8[], upper float8[]) (
    SFUNC = _innovation_score.quality_tally_accumulate,
    STYPE = internal,
    SSPACE = 16384,
    FINALFUNC = _innovation_score.quality_tally_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE _innovation_score.quality_tally(jsonb, text[], float8[], float8[], float8[], float8[], float8[]) IS
    'figures of rules and indicators, for quality_figures()';

CREATE TYPE _innovation_score.quality_figure AS (
    rule          text,
    severity      text,
    indicator     text,
    title         text,
    firms         bigint,
    checked       bigint,
    violations    bigint,
    missing_share float8,
    zero_share    float8,
    non_finite    bigint,
    below         bigint,
    above         bigint,
    minimum       float8,
    quartile1     float8,
    median        float8,
    quartile3     float8,
    maximum       float8,
    skewness      float8
);

COMMENT ON TYPE _innovation_score.quality_figure IS 'a quality rule or an indicator in figures, as the view _quality_summary has it';
COMMENT ON COLUMN _innovation_score.quality_figure.rule IS 'code of the rule; NULL: the row is about an indicator';
COMMENT ON COLUMN _innovation_score.quality_figure.severity IS 'error or warning';
COMMENT ON COLUMN _innovation_score.quality_figure.indicator IS 'code of the indicator; NULL: the row is about a rule';
COMMENT ON COLUMN _innovation_score.quality_figure.title IS 'title of the indicator, message of the rule';
COMMENT ON COLUMN _innovation_score.quality_figure.firms IS 'rows of the period';
COMMENT ON COLUMN _innovation_score.quality_figure.checked IS 'rows for which the rule can be checked, or which have a finite value of the indicator';
COMMENT ON COLUMN _innovation_score.quality_figure.violations IS 'rows that violate the rule, or any rule that names the indicator';
COMMENT ON COLUMN _innovation_score.quality_figure.missing_share IS 'share of the rows without a value';
COMMENT ON COLUMN _innovation_score.quality_figure.zero_share IS 'share of the rows whose value is 0';
COMMENT ON COLUMN _innovation_score.quality_figure.non_finite IS 'rows whose value is NaN or infinite';
COMMENT ON COLUMN _innovation_score.quality_figure.below IS 'values below the fitted bounds';
COMMENT ON COLUMN _innovation_score.quality_figure.above IS 'values above the fitted bounds';
COMMENT ON COLUMN _innovation_score.quality_figure.minimum IS 'lowest value';
COMMENT ON COLUMN _innovation_score.quality_figure.quartile1 IS 'first quartile';
COMMENT ON COLUMN _innovation_score.quality_figure.median IS 'median';
COMMENT ON COLUMN _innovation_score.quality_figure.quartile3 IS 'third quartile';
COMMENT ON COLUMN _innovation_score.quality_figure.maximum IS 'highest value';
COMMENT ON COLUMN _innovation_score.quality_figure.skewness IS 'skewness';

CREATE FUNCTION _innovation_score.quality_figures(rules jsonb, indicators text[], titles text[], tally float8[])
RETURNS SETOF _innovation_score.quality_figure
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 50;

COMMENT ON FUNCTION _innovation_score.quality_figures(jsonb, text[], text[], float8[]) IS 'what quality_tally() has counted, as rows';

CREATE FUNCTION _innovation_score.quality_summary_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %sf.rule, f.severity, f.indicator, f.title, f.firms, f.checked, f.violations, f.missing_share, f.zero_share, '
                  'f.non_finite, f.below, f.above, f.minimum, f.quartile1, f.median, f.quartile3, f.maximum, f.skewness '
                  'FROM (SELECT %s_innovation_score.quality_tally(%s, b._lower, b._upper) AS _tally FROM %s '
                  'LEFT JOIN (SELECT %sl._lower, l._upper FROM %s m CROSS JOIN LATERAL (SELECT '
                  'pg_catalog.array_agg(d.lower ORDER BY d."position") AS _lower, '
                  'pg_catalog.array_agg(d.upper ORDER BY d."position") AS _upper '
                  'FROM innovation_score.model_indicators(m.model) d) l) b ON %s%s) a '
                  'CROSS JOIN LATERAL _innovation_score.quality_figures(%s, ARRAY[%s]::text[], a._tally) f',
                  _innovation_score.columns_of('a', period) || ', ', _innovation_score.columns_of('s', period) || ', ', r.arguments, r.from_items,
                  _innovation_score.columns_of('m', _innovation_score.groups(binding)) || ', ', _innovation_score.view_name(board.scoreboard, 'model'),
                  _innovation_score.same_group(binding, _innovation_score.groups(binding), 'b', 's'),
                  ' GROUP BY ' || _innovation_score.columns_of('s', period), _innovation_score.board_rule_arguments(board),
                  (SELECT string_agg(quote_nullable(i.title), ', ' ORDER BY c.place)
                   FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                   LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code))
        || COALESCE(' UNION ALL ' || _innovation_score.own_summary_query(board, binding), '')
    FROM _innovation_score.rule_rows(board, binding) r, (SELECT array_remove(ARRAY[binding.period], NULL)) k(period)
$$;

COMMENT ON FUNCTION _innovation_score.quality_summary_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _quality_summary';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('quality', 70, 'quality_query', 'key', false, '{rule,severity,message,observed,_finding,_values,_unchecked,_previous,_medians,quality_errors}',
     '数据质量 violations of quality rules'),
    ('quality_summary', 71, 'quality_summary_query', 'group', false,
     '{rule,severity,indicator,title,firms,checked,violations,missing_share,zero_share,non_finite,below,above,minimum,'
     'quartile1,median,quartile3,maximum,skewness,_tally,_lower,_upper,_values,_unchecked,_previous,_medians,quality_errors}',
     '数据质量汇总 quality rules and indicators in figures');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('rule', 'quality', '规则代码 quality rule'),
    ('severity', 'quality', '严重程度 error（错误）, warning（警告）'),
    ('severity', 'quality_summary', '严重程度 error（错误）, warning（警告）; empty: the row is about an indicator'),
    ('message', 'quality', '提示 what is wrong'),
    ('observed', 'quality', '实际值 values that the rule refers to'),
    ('rule', 'quality_summary', '规则代码 quality rule; empty: the row is about an indicator'),
    ('indicator', 'quality_summary', '二级指标代码 indicator; empty: the row is about a rule'),
    ('title', 'quality_summary', '名称 title of the indicator, message of the rule'),
    ('firms', 'quality_summary', '企业数 rows of the period'),
    ('checked', 'quality_summary',
     '已检查数 rows for which the rule can be checked, or which have a finite value of the indicator'),
    ('violations', 'quality_summary', '违规数 rows that violate the rule, or any rule that names the indicator'),
    ('missing_share', 'quality_summary', '缺失率 share of the rows without a value, 0 to 1'),
    ('zero_share', 'quality_summary', '零值率 share of the rows whose value is 0, 0 to 1'),
    ('non_finite', 'quality_summary', '非有限值数 rows whose value is NaN or infinite'),
    ('below', 'quality_summary', '低于下界数 values below the fitted bounds'),
    ('above', 'quality_summary', '高于上界数 values above the fitted bounds'),
    ('minimum', 'quality_summary', '最小值 lowest value'),
    ('quartile1', 'quality_summary', '第一四分位数 first quartile'),
    ('median', 'quality_summary', '中位数 median'),
    ('quartile3', 'quality_summary', '第三四分位数 third quartile'),
    ('maximum', 'quality_summary', '最大值 highest value'),
    ('skewness', 'quality_summary', '偏度 skewness');
