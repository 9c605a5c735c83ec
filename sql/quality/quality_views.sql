-- quality, views: violations one by one, and a summary of rules and indicators.

-- Medians leave zeros out: most firms have no patents and no contracts, and a median of
-- zero would say nothing about those that have.
CREATE FUNCTION _innovation_score.medians(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN bool_or(used.by_rule) THEN format('ARRAY[%s]', string_agg(
               CASE WHEN used.by_rule
                    THEN format('pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN s._value_%1$s <> 0 '
                                'AND s._value_%1$s > ''-Infinity'' AND s._value_%1$s < ''Infinity'' '
                                'THEN s._value_%1$s END)', c.place)
                    ELSE 'NULL::double precision' END, ', ' ORDER BY c.place)) END
    FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM _innovation_score.board_rules(board) r, _innovation_score.rule_names(r.condition) n
                                       WHERE n.relation = 'median' AND n.name = c.code)) AS used(by_rule)
$$;

CREATE FUNCTION _innovation_score.value_items(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format(', _innovation_score.known_value(s.%s[%s]) AS _value_%2$s',
                             CASE WHEN board.quality ->> 'on_error' = 'score' THEN '_values' ELSE '_raw' END, place), ''
                      ORDER BY place)
    FROM generate_series(1, jsonb_array_length(board.model::jsonb -> 'indicators')) place
$$;

CREATE FUNCTION _innovation_score.median_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NOT NULL THEN _innovation_score.frozen_model_query(board, binding, 'f.medians AS _medians')
                ELSE format('SELECT %s FROM %s%s%s',
                            concat_ws(', ', _innovation_score.columns_of('s', _innovation_score.groups(binding)), _innovation_score.medians(board) || ' AS _medians'),
                            _innovation_score.rows(binding, _innovation_score.value_items(board)),
                            ' WHERE ' || _innovation_score.known_groups(_innovation_score.groups(binding)),
                            ' GROUP BY ' || _innovation_score.columns_of('s', _innovation_score.groups(binding))) END
$$;

COMMENT ON FUNCTION _innovation_score.medians(scoreboard) IS
    'internal: array of the medians that rules name, NULL if none does';
COMMENT ON FUNCTION _innovation_score.value_items(scoreboard) IS 'internal: the values one by one, for a select list';
COMMENT ON FUNCTION _innovation_score.median_query(scoreboard, scoreboard_binding) IS
    'internal: query of the medians of each group, of a frozen scoreboard those kept with its models';

-- Where a frozen scoreboard keeps them.
CREATE FUNCTION _innovation_score.fit_medians(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    key record := _innovation_score.group_texts(board, binding);
BEGIN
    UPDATE fitted_model f SET medians = NULL WHERE f.scoreboard = board.scoreboard AND f.medians IS NOT NULL;
    IF _innovation_score.medians(board) IS NOT NULL THEN
        PERFORM _innovation_score.run('pg_catalog, pg_temp', format(
            'UPDATE innovation_score.fitted_model f SET medians = g.medians '
            'FROM (SELECT %s AS period, %s AS peers, %s AS medians FROM %s GROUP BY 1, 2) g '
            'WHERE f.scoreboard = %L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
            key.period, format('ARRAY[%s]::text[]', array_to_string(key.peers, ', ')), _innovation_score.medians(board),
            _innovation_score.rows(binding, _innovation_score.value_items(board)), board.scoreboard));
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

-- FROM items of the source's rows, medians and previous values, as the conditions of some
-- rules need them. The window finds the period before in one pass; conditions on the
-- entity still reach the source.
CREATE FUNCTION _innovation_score.rule_rows(board scoreboard, binding scoreboard_binding, relations text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    from_items text := _innovation_score.rows(binding, _innovation_score.value_items(board));
    previous text;
BEGIN
    IF 'previous' = ANY (relations) THEN
        previous := _innovation_score.named_values(codes, ARRAY(SELECT CASE WHEN binding.period IS NULL THEN 'NULL::double precision'
                                                           ELSE format('s._previous_%s', n) END
                                               FROM generate_subscripts(codes, 1) n ORDER BY n));
        IF binding.period IS NOT NULL THEN
            from_items := format('(SELECT s.*%s FROM %s WINDOW w AS (PARTITION BY s.%I ORDER BY s.%I)) s',
                            (SELECT string_agg(format(', pg_catalog.lag(s._value_%1$s) OVER w AS _previous_%1$s', n), ''
                                               ORDER BY n)
                             FROM generate_subscripts(codes, 1) n), from_items, binding.entity, binding.period);
        END IF;
    END IF;
    IF 'median' = ANY (relations) THEN
        from_items := format('%s LEFT JOIN (%s) m ON %s CROSS JOIN LATERAL (%s) median',
                        from_items, _innovation_score.median_query(board, binding), _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 's'),
                        _innovation_score.named_values(codes, ARRAY(SELECT format('m._medians[%s]', n)
                                                   FROM generate_subscripts(codes, 1) n ORDER BY n)));
    END IF;
    RETURN from_items || COALESCE(' CROSS JOIN LATERAL (' || previous || ') previous', '');
END
$$;

-- The scope in which such conditions stand.
CREATE FUNCTION _innovation_score.firm(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(%s) firm', _innovation_score.named_values(codes.list, ARRAY(SELECT format('s._value_%s', n)
                                                               FROM generate_subscripts(codes.list, 1) n ORDER BY n)))
    FROM (SELECT _innovation_score.model_codes(board.model, 'indicators') AS list) codes
$$;

COMMENT ON FUNCTION _innovation_score.rule_rows(scoreboard, scoreboard_binding, text[]) IS
    'internal: FROM items that conditions on these relations are evaluated over';
COMMENT ON FUNCTION _innovation_score.firm(scoreboard) IS 'internal: FROM item of the values of a row under the codes of the indicators';

-- Rules that look at the firm's own row only stand apart from the others, whose medians
-- and windows take longer. The set-returning function is in the select list: conditions
-- on the entity pass it, and most rows end there.
CREATE FUNCTION _innovation_score.violations_query(board scoreboard, binding scoreboard_binding, local boolean) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    keys text[] := ARRAY[binding.entity, binding.period];
    relations text[];
    violated text;
    rules text;
    observed text;
    passed text;
BEGIN
    SELECT array_agg(DISTINCT u.relation),
           string_agg(DISTINCT format(', %s AS _%s_%s',
                                      CASE n.relation WHEN '' THEN format('s._value_%s', c.place)
                                           ELSE format('%I.%I', n.relation, n.name) END,
                                      COALESCE(NULLIF(n.relation, ''), 'value'), c.place), '')
    INTO relations, passed
    FROM _innovation_score.board_rules(board) r CROSS JOIN LATERAL unnest(r.relations) AS u(relation)
    CROSS JOIN LATERAL _innovation_score.rule_names(r.condition) n
    JOIN unnest(codes) WITH ORDINALITY AS c(code, place) ON c.code = n.name
    WHERE (r.relations <@ '{""}') = local;
    SELECT string_agg(format('CASE WHEN (%s) IS FALSE THEN %s END', r.condition, r.number), ', ' ORDER BY r.number),
           string_agg(format('(%s, %L::text, %L::text, %L::text)', r.number, r.rule, r.severity, r.message), ', '
                      ORDER BY r.number),
           string_agg(format('WHEN %s THEN %s', r.number, o.text), ' ' ORDER BY r.number)
    INTO violated, rules, observed
    FROM _innovation_score.board_rules(board) r
    CROSS JOIN LATERAL (
        SELECT COALESCE(string_agg(format('%L || COALESCE(t._%s_%s::text, ''NULL'')',
                                 concat_ws('.', NULLIF(n.relation, ''), n.name) || ' = ',
                                 COALESCE(NULLIF(n.relation, ''), 'value'), c.place), ' || '', '' || '
                          ORDER BY n.place), '''''') AS text
        FROM _innovation_score.rule_names(r.condition) n
        JOIN unnest(codes) WITH ORDINALITY AS c(code, place) ON c.code = n.name) o
    WHERE (r.relations <@ '{""}') = local;
    RETURN format('SELECT %s, r.rule, r.severity, r.message, CASE t._number %s END AS observed '
                  'FROM (SELECT %s%s, pg_catalog.unnest(v.violated) AS _number FROM %s CROSS JOIN LATERAL '
                  '(SELECT pg_catalog.array_remove(ARRAY[%s], NULL) AS violated FROM %s) v) t '
                  'JOIN (VALUES %s) r(number, rule, severity, message) ON r.number = t._number',
                  _innovation_score.columns_of('t', keys), observed, _innovation_score.columns_of('s', keys), passed,
                  _innovation_score.rule_rows(board, binding, COALESCE(relations, '{}')), violated, _innovation_score.firm(board), rules);
END
$$;

COMMENT ON FUNCTION _innovation_score.violations_query(scoreboard, scoreboard_binding, boolean) IS
    'internal: query of the violations of the rules over one row, or of the others';

CREATE FUNCTION _innovation_score.quality_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(NULLIF(concat_ws(' UNION ALL ',
                                     CASE WHEN kinds.own THEN _innovation_score.violations_query(board, binding, true) END,
                                     CASE WHEN kinds.other THEN _innovation_score.violations_query(board, binding, false) END), ''),
                    format('SELECT %s, NULL::text AS rule, NULL::text AS severity, NULL::text AS message, '
                           'NULL::text AS observed FROM %s WHERE false',
                           _innovation_score.columns_of('s', ARRAY[binding.entity, binding.period]), _innovation_score.rows(binding)))
    FROM (SELECT bool_or(r.relations <@ '{""}') AS own, bool_or(NOT r.relations <@ '{""}') AS other
          FROM _innovation_score.board_rules(board) r) kinds
$$;

COMMENT ON FUNCTION _innovation_score.quality_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _quality';

-- One reading of the source: all counts of a period in arrays, unfolded at the end. The
-- offset keeps conditions and values from being evaluated once for each count.
CREATE FUNCTION _innovation_score.quality_summary_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _innovation_score.model_codes(board.model, 'indicators');
    finite text;
    indicators text;
    indicator_counts text;
    rules text;
    rule_counts text;
    conditions text;
    period text[] := array_remove(ARRAY[binding.period], NULL);
    relations text[] := ARRAY(SELECT DISTINCT u.relation
                              FROM _innovation_score.board_rules(board) r, unnest(r.relations) AS u(relation));
BEGIN
    SELECT string_agg(format(', CASE WHEN s._value_%1$s > ''-Infinity'' AND s._value_%1$s < ''Infinity'' '
                             'THEN s._value_%1$s END AS _finite_%1$s, s._value_%1$s IS NULL AS _missing_%1$s',
                             c.place), '' ORDER BY c.place),
           string_agg(format('(%s, NULL::text, NULL::text, %L::text, %L::text)', c.place, c.code, i.title), ', '
                      ORDER BY c.place),
           concat_ws(', ',
               format('ARRAY[%s] AS _checked',
                      string_agg(format('pg_catalog.count(q._finite_%s)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _missing',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._missing_%s)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _zero',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._finite_%s = 0)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _below',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._finite_%1$s < q._lower[%1$s])', c.place), ', '
                                 ORDER BY c.place)),
               format('ARRAY[%s] AS _above',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._finite_%1$s > q._upper[%1$s])', c.place), ', '
                                 ORDER BY c.place)),
               format('ARRAY[%s] AS _quartiles',
                      string_agg(format('COALESCE('
                                        'pg_catalog.percentile_cont(''{0,0.25,0.5,0.75,1}''::double precision[]) '
                                        'WITHIN GROUP (ORDER BY q._finite_%s), '
                                        '''{NULL,NULL,NULL,NULL,NULL}''::double precision[])', c.place), ', '
                                 ORDER BY c.place)),
               format('ARRAY[%s] AS _skewness',
                      string_agg(format('innovation_score.skewness(q._finite_%s)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _violations',
                      string_agg(COALESCE((SELECT 'pg_catalog.count(*) FILTER (WHERE '
                                                  || string_agg(format('NOT q._rule_%s', r.number), ' OR '
                                                                ORDER BY r.number) || ')'
                                           FROM _innovation_score.board_rules(board) r
                                           WHERE c.code IN (SELECT n.name FROM _innovation_score.rule_names(r.condition) n)),
                                          '0::bigint'),
                                 ', ' ORDER BY c.place)))
    INTO finite, indicators, indicator_counts
    FROM unnest(codes) WITH ORDINALITY AS c(code, place)
    LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code;
    SELECT string_agg(format(', (%s)::boolean AS _rule_%s', r.condition, r.number), '' ORDER BY r.number),
           string_agg(format('(%s, %L::text, %L::text, NULL::text, %L::text)',
                             r.number, r.rule, r.severity, r.message), ', ' ORDER BY r.number),
           format('ARRAY[%s]::bigint[] AS _rule_checked, ARRAY[%s]::bigint[] AS _rule_violations',
                  string_agg(format('pg_catalog.count(q._rule_%s)', r.number), ', ' ORDER BY r.number),
                  string_agg(format('pg_catalog.count(*) FILTER (WHERE NOT q._rule_%s)', r.number), ', ' ORDER BY r.number))
    INTO conditions, rules, rule_counts
    FROM _innovation_score.board_rules(board) r;
    RETURN format(
        'SELECT %s r.rule, r.severity, r.indicator, r.title, a._firms AS firms, '
        'CASE WHEN r.rule IS NULL THEN a._checked[r.number] ELSE a._rule_checked[r.number] END AS checked, '
        'CASE WHEN r.rule IS NULL THEN a._violations[r.number] ELSE a._rule_violations[r.number] END AS violations, '
        'a._missing[i.number]::double precision / NULLIF(a._firms, 0) AS missing_share, '
        'a._zero[i.number]::double precision / NULLIF(a._firms, 0) AS zero_share, '
        'a._firms - a._missing[i.number] - a._checked[i.number] AS non_finite, '
        'a._below[i.number] AS below, a._above[i.number] AS above, a._quartiles[i.number][1] AS minimum, '
        'a._quartiles[i.number][2] AS quartile1, a._quartiles[i.number][3] AS median, '
        'a._quartiles[i.number][4] AS quartile3, a._quartiles[i.number][5] AS maximum, '
        'a._skewness[i.number] AS skewness '
        'FROM (SELECT %s pg_catalog.count(*) AS _firms, %s, %s FROM (SELECT %s b._lower, b._upper, v.* FROM %s '
        'LEFT JOIN (SELECT %s l._lower, l._upper FROM %s m CROSS JOIN LATERAL (SELECT '
        'pg_catalog.array_agg(d.lower ORDER BY d."position") AS _lower, '
        'pg_catalog.array_agg(d.upper ORDER BY d."position") AS _upper '
        'FROM innovation_score.model_indicators(m.model) d) l) b ON %s '
        'CROSS JOIN LATERAL (SELECT %s FROM %s) v OFFSET ''0'') q%s) a '
        'CROSS JOIN (VALUES %s) r(number, rule, severity, indicator, title) '
        'CROSS JOIN LATERAL (SELECT CASE WHEN r.rule IS NULL THEN r.number END AS number) i',
        _innovation_score.columns_of('a', period) || ',', _innovation_score.columns_of('q', period) || ',', indicator_counts, rule_counts,
        _innovation_score.columns_of('s', period) || ',', _innovation_score.rule_rows(board, binding, relations),
        _innovation_score.columns_of('m', _innovation_score.groups(binding)) || ',', _innovation_score.view_name(board.scoreboard, 'model'),
        _innovation_score.same_group(binding, _innovation_score.groups(binding), 'b', 's'), ltrim(concat(finite, conditions), ', '), _innovation_score.firm(board),
        ' GROUP BY ' || _innovation_score.columns_of('q', period), concat_ws(', ', indicators, rules));
END
$$;

COMMENT ON FUNCTION _innovation_score.quality_summary_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _quality_summary';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('quality', 70, 'quality_query', 'key', false, '{rule,severity,message,observed,_number,_values,quality_errors}',
     '数据质量 violations of quality rules'),
    ('quality_summary', 71, 'quality_summary_query', 'group', false,
     '{rule,severity,indicator,title,firms,checked,violations,missing_share,zero_share,non_finite,below,above,minimum,'
     'quartile1,median,quartile3,maximum,skewness,_lower,_upper,_medians,_values,quality_errors}',
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
