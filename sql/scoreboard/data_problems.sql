-- scoreboard, problems of the data: what is wrong with the values that a scoreboard reads, and with the registers that they
-- were collected from.

CREATE TYPE _innovation_score.problem AS (severity text, object text, problem text, advice text);

COMMENT ON TYPE _innovation_score.problem IS 'internal: a row of scoreboard_problems()';
COMMENT ON COLUMN _innovation_score.problem.severity IS '严重程度 error, warning or notice';
COMMENT ON COLUMN _innovation_score.problem.object IS '对象 what has the problem';
COMMENT ON COLUMN _innovation_score.problem.problem IS '问题 what is wrong';
COMMENT ON COLUMN _innovation_score.problem.advice IS '建议 what to do about it';

-- One reading of the input. Geometric means tell units apart, and need no sorting.
CREATE FUNCTION _innovation_score.value_statistics(board scoreboard, binding scoreboard_binding, condition text)
RETURNS TABLE (indicator text, "position" bigint, period text, n bigint, missing bigint, zero bigint, positive bigint, mean float8)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.code, c.place, v.period, v.n, v.missing, v.zero, v.positive, v.mean
    FROM _innovation_score.fetch(format(
        'SELECT u.place, %s, count(*), count(*) FILTER (WHERE u.value = ''NaN'' OR u.value IS NULL), count(*) FILTER (WHERE u.value = 0), '
        'count(*) FILTER (WHERE u.value > 0 AND u.value < ''Infinity''), exp(avg(ln(u.value)) FILTER (WHERE u.value > 0 AND u.value < ''Infinity'')) '
        'FROM %s CROSS JOIN LATERAL unnest(s._values) WITH ORDINALITY AS u(value, place) WHERE %s GROUP BY 1, 2',
        COALESCE('innovation_score.key_text(s.' || quote_ident(binding.period) || ')', 'NULL::text'), binding.rows, condition))
        AS v(place bigint, period text, n bigint, missing bigint, zero bigint, positive bigint, mean float8)
    JOIN unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place) USING (place)
$$;

COMMENT ON FUNCTION _innovation_score.value_statistics(scoreboard, scoreboard_binding, text) IS
    'internal: how many values of every indicator and period are missing, 0 and more, and the geometric mean of the last';

CREATE FUNCTION _innovation_score.statistics_problems(board scoreboard, binding scoreboard_binding, condition text)
RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH found AS MATERIALIZED (
        SELECT v.*, i.unit, lag(v.period) OVER w AS period_before, lag(v.mean) OVER w AS mean_before, lag(v.positive) OVER w AS positive_before,
               model.item ->> 'absent' AS absent
        FROM _innovation_score.value_statistics(board, binding, condition) v
        JOIN jsonb_array_elements(board.model::jsonb -> 'indicators') AS model(item) ON model.item ->> 'indicator' = v.indicator
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = v.indicator
        WINDOW w AS (PARTITION BY v.indicator ORDER BY v.period COLLATE "C")
    )
    SELECT 'warning', format('indicator %s', f.indicator),
           format('counts %s, is missing for %s of %s firms and 0 for none', f.unit, sum(f.missing), sum(f.n)),
           'If those firms have none, map it to COALESCE(…, 0), or let the scheme say so: indicator.absent = ''zero''.'
    FROM found f WHERE f.unit IN ('件', '项', '个', '人', '名', '家', '次', '篇', '台', '套') AND f.absent IS NULL
    GROUP BY f.indicator, f.unit HAVING sum(f.missing) > 0 AND sum(f.zero) = 0 AND sum(f.positive) > 0
    UNION ALL
    SELECT 'notice', format('indicator %s', f.indicator),
           format('is 0 for %s %% of the firms', floor(100 * sum(f.zero) / sum(f.zero + f.positive))),
           'Few firms decide its bounds: a method "of nonzero" measures among those that have any.'
    FROM found f GROUP BY f.indicator HAVING sum(f.zero) >= 0.95 * sum(f.zero + f.positive) AND sum(f.positive) > 0
    UNION ALL
    SELECT 'warning', format('indicator %s', f.indicator),
           format('is about %s times as %s in period %s as in %s', round(greatest(f.mean / f.mean_before, f.mean_before / f.mean)),
                  CASE WHEN f.mean > f.mean_before THEN 'great' ELSE 'small' END, f.period, f.period_before),
           'Perhaps its unit has changed (元, 万元): divide it in the mapping.'
    FROM found f WHERE f.positive >= 5 AND f.positive_before >= 5 AND greatest(f.mean / f.mean_before, f.mean_before / f.mean) >= 300
    UNION ALL
    -- 10 billion yuan, or 200 %, as the usual value of a firm
    SELECT 'warning', format('indicator %s', f.indicator),
           format(CASE WHEN f.unit = '万元' THEN 'is about %s 万元 for a firm: perhaps it is in 元'
                       ELSE 'is about %s for a firm, where 1 means 100 %%: perhaps it is in percent' END, round(exp(avg(ln(f.mean)))::numeric, 1)),
           format(CASE WHEN f.unit = '万元' THEN 'If so, divide it by 10000 in the mapping: {"%1$s": "%1$s / 10000"}.'
                       ELSE 'If so, divide it by 100 in the mapping: {"%1$s": "%1$s / 100"}.' END, f.indicator)
    FROM found f WHERE f.positive >= 5 AND f.mean >= CASE WHEN f.unit = '万元' THEN 1e6 WHEN f.unit ~ '^(比率|ratio)' THEN 2 END
    GROUP BY f.indicator, f.unit
$$;

COMMENT ON FUNCTION _innovation_score.statistics_problems(scoreboard, scoreboard_binding, text) IS
    'internal: counts without zeros, rare indicators, units that change from period to period';

-- ----- the source

CREATE FUNCTION _innovation_score.label_problems(board scoreboard) RETURNS SETOF _innovation_score.problem
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source regclass := _innovation_score.source_of(board);
    label text := _innovation_score.bound_name(_innovation_score.source_columns(source), board.long ->> 'indicator');
BEGIN
    IF label IS NOT NULL THEN
        RETURN QUERY
        WITH taken AS (
            SELECT _innovation_score.mapped_label(board.mapping, c.code) AS label, c.code
            FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) AS c(code)
            WHERE board.mapping -> c.code IS DISTINCT FROM 'null'
        ), there AS MATERIALIZED (
            SELECT f.* FROM _innovation_score.fetch(format('SELECT s.%1$I::text, count(*) FROM %2$s s WHERE s.%1$I IS NOT NULL GROUP BY 1', label,
                                                           _innovation_score.source_name(source))) AS f(label text, n bigint)
        )
        SELECT 'error', 'mapping', 'has no label that is in the source, so that nobody has a value',
               format('The labels of the source are %s.', (SELECT string_agg(format('"%s"', l.label), ', ' ORDER BY l.label COLLATE "C")
                                                          FROM (SELECT h.label FROM there h ORDER BY h.n DESC, h.label COLLATE "C" LIMIT 20) l))
        WHERE EXISTS (SELECT FROM there) AND NOT EXISTS (SELECT FROM taken t JOIN there h USING (label))
        UNION ALL
        SELECT 'warning', format('label "%s"', t.label), format('of indicator %s is that of no row', t.code),
               'Correct the mapping, or map the indicator to null: it is missing for everybody, or 0.'::text
        FROM taken t WHERE t.label NOT IN (SELECT h.label FROM there h) AND EXISTS (SELECT FROM there)
        UNION ALL
        (SELECT 'warning', format('label "%s"', h.label), format('of %s is taken by no indicator', CASE h.n WHEN 1 THEN '1 row' ELSE h.n || ' rows' END),
                'Map an indicator to it, or leave these rows out in a view.'
         FROM there h WHERE h.label NOT IN (SELECT t.label FROM taken t) ORDER BY h.label COLLATE "C" LIMIT 10);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.label_problems(scoreboard) IS 'internal: labels of a long source that no row has, or no indicator takes';

-- Of another table under the name of the source the views know nothing until they are made again.
CREATE FUNCTION _innovation_score.binding_problems(board scoreboard) RETURNS SETOF _innovation_score.problem
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source regclass := _innovation_score.source_of(board);
    input regclass := to_regclass(_innovation_score.view_name(board.scoreboard, 'input'));
    message text;
    hint text;
    replaced regclass;
BEGIN
    RETURN QUERY SELECT 'error', CASE count(*) WHEN 1 THEN 'view ' || min(v.name) ELSE 'views' END,
                        CASE count(*) WHEN 1 THEN 'does not exist any more'
                                      ELSE 'do not exist any more: ' || string_agg(v.name, ', ' ORDER BY v.place) END,
                        'Run innovation_score.rebuild_scoreboard().'
        FROM (SELECT _innovation_score.view_name(board.scoreboard, s.suffix) AS name, s.place
              FROM unnest(_innovation_score.view_suffixes(board.scoreboard)) WITH ORDINALITY AS s(suffix, place)) v
        WHERE to_regclass(v.name) IS NULL HAVING count(*) > 0;
    replaced := (SELECT d.refobjid FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                 WHERE r.ev_class = input AND d.refclassid = 'pg_class'::regclass AND d.refobjid NOT IN (input, source)
                   AND NOT EXISTS (SELECT FROM pg_depend s WHERE s.classid = d.classid AND s.objid = d.objid
                                   AND s.refclassid = d.refclassid AND s.refobjid = source) LIMIT 1);
    IF replaced IS NOT NULL THEN
        RETURN NEXT ROW('error', 'source', format('is another relation now: the views still read %s', replaced),
                        'Run innovation_score.rebuild_scoreboard() to read the new one.')::_innovation_score.problem;
    END IF;
    BEGIN
        PERFORM _innovation_score.input_query(board, true);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        RETURN NEXT ROW(CASE WHEN replaced IS NULL THEN 'warning' ELSE 'error' END, 'source',
                        format('cannot be bound again: %s', message),
                        'Tell the scoreboard the new names with alter_scoreboard(). ' || hint)::_innovation_score.problem;
    END;
END
$$;

COMMENT ON FUNCTION _innovation_score.binding_problems(scoreboard) IS
    'internal: views that are gone, and a source or columns that are others than when they were made';

CREATE FUNCTION _innovation_score.source_problems(board scoreboard, binding scoreboard_binding, condition text, period text)
RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', 'source', 'has row-level security: each reader''s ranks are among the rows that he may see',
           'Show readers a stored ranking, and let the owner of the scoreboard read all rows.'
    FROM pg_class c WHERE c.oid = _innovation_score.source_of(board) AND c.relrowsecurity
    UNION ALL
    SELECT 'warning', 'source',
           CASE WHEN kept.n IS NULL THEN format('has %s rows%s and no kept model for them', f.n, ' of period ' || f.period)
                ELSE format('has %s rows%s now, and had %s when it was frozen', f.n, ' of period ' || f.period, kept.n) END,
           format('Freeze it (again), if these data are to count: SELECT innovation_score.freeze_scoreboard(%L%s);', board.scoreboard,
                  COALESCE(', ' || quote_literal(f.period), ''))
    FROM _innovation_score.fetch(format(
        'SELECT %s, count(*) FROM %s WHERE %s GROUP BY 1',
        COALESCE('innovation_score.key_text(s.' || quote_ident(binding.period) || ')', 'NULL::text'), binding.rows, condition)) AS f(period text, n bigint)
    LEFT JOIN LATERAL (SELECT sum(m.fitted_rows) AS n FROM shown_fitted_model m
                       WHERE m.scoreboard = board.scoreboard AND m.period IS NOT DISTINCT FROM f.period) kept ON true
    WHERE board.frozen_at IS NOT NULL AND NOT board.pooled AND board.sample IS NULL AND board.min_peers IS NULL AND board.peers = '{}'
      AND kept.n IS DISTINCT FROM f.n AND (f.period IS NOT NULL OR binding.period IS NULL)
$$;

-- Models that are fitted in one pass are fitted again; they depend on the values, and on nothing else.
CREATE FUNCTION _innovation_score.aged_problems(board scoreboard, binding scoreboard_binding, period text) RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', 'source', 'gives other bounds now than when it was frozen' || _innovation_score.in_groups(f.n, f.groups, f.example),
           format('Freeze it again, if these data are to count: SELECT innovation_score.freeze_scoreboard(%L%s);', board.scoreboard,
                  COALESCE(', ' || quote_literal(period), ''))
    FROM _innovation_score.fetch(format(
        'SELECT count(*) FILTER (WHERE k.changed), count(*), min(k.label) FILTER (WHERE k.changed) FROM ('
        'SELECT %1$s AS label, m.model::text OPERATOR(pg_catalog.<>) n.model::text AS changed FROM (SELECT %2$s, '
        'innovation_score.fit(%3$L::innovation_score.score_model, VARIADIC s._values) AS model FROM %4$s WHERE %5$s GROUP BY %2$s) n '
        'JOIN %6$s m ON %7$s WHERE innovation_score.is_fitted(n.model) AND %8$s) k',
        COALESCE((SELECT 'concat_ws('', '', ' || string_agg(format('innovation_score.key_text(m.%I)', g.name), ', ' ORDER BY g.place) || ')'
                  FROM unnest(_innovation_score.groups(binding)) WITH ORDINALITY AS g(name, place)), 'NULL::text'),
        _innovation_score.columns_of('s', _innovation_score.groups(binding)), board.model::text, _innovation_score.sample_rows(binding),
        _innovation_score.known_groups(_innovation_score.groups(binding)), _innovation_score.view_name(board.scoreboard, 'model'),
        _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 'n'),
        CASE WHEN period IS NOT NULL AND binding.period = ANY (_innovation_score.groups(binding))
             THEN _innovation_score.period_condition(board, binding, 'm', period) ELSE 'true' END)) AS f(n bigint, groups bigint, example text)
    WHERE board.frozen_at IS NOT NULL AND board.min_peers IS NULL AND f.n > 0
$$;

COMMENT ON FUNCTION _innovation_score.aged_problems(scoreboard, scoreboard_binding, text) IS
    'internal: groups of a frozen scoreboard that would have other bounds now';
COMMENT ON FUNCTION _innovation_score.source_problems(scoreboard, scoreboard_binding, text, text) IS
    'internal: row-level security on the source, and rows that a frozen scoreboard does not know';

-- ----- registers

-- For those who own the collection that a scoreboard is bound to.
CREATE FUNCTION _innovation_score.register_findings(board scoreboard, period text) RETURNS SETOF _innovation_score.problem
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    sources regclass;
    problems regclass;
BEGIN
    SELECT to_regclass(_innovation_score.relation_name(c.name, '_sources')), to_regclass(_innovation_score.relation_name(c.name, '_problems'))
    INTO sources, problems FROM collection c WHERE c.name = board.source;
    IF sources IS NULL OR problems IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT CASE WHEN f.rows = 0 THEN 'error' ELSE 'warning' END, format('register %s', f.register),
                        CASE WHEN f.rows = 0 THEN format('has no row for period %s', f.period)
                             ELSE format('has %s of %s rows of period %s that match no firm', f.unmatched, f.rows, f.period) END,
                        CASE WHEN f.rows = 0 THEN format('Load %s, or leave the period out with alter_collection().', f."table")
                             ELSE format('Add them to the aliases, or correct the key; for example %s. See %s.', f.examples, problems) END
        FROM _innovation_score.fetch(format(
            'SELECT s.register, s."table", s.period, s.rows, s.unmatched, (SELECT string_agg(k.key, '', '' ORDER BY k.key) FROM ('
            'SELECT DISTINCT p.key FROM %s p WHERE p.register = s.register AND p.firm IS NULL AND p.key IS NOT NULL AND p."column" IS NULL '
            'ORDER BY 1 LIMIT 5) k) FROM %s s WHERE s.rows = 0 OR s.unmatched > 0.05 * s.rows', problems, sources))
            AS f(register text, "table" text, period integer, rows bigint, unmatched bigint, examples text)
        WHERE register_findings.period IS NULL OR f.period::text = register_findings.period
        ORDER BY f.register COLLATE "C", f.period;
    RETURN QUERY SELECT 'warning', format('register %s', f.register),
                        format('column "%s": %s cannot be read (%s), such as "%s"', f.name,
                               CASE f.n WHEN 1 THEN '1 cell' ELSE f.n || ' cells' END, f.reason, f.example),
                        format('Their firms have no value there: correct them. See %s.', problems)
        FROM _innovation_score.fetch(format(
            'SELECT p.register, p."column", p.reason, count(*), min(p.text) FROM %s p WHERE p."column" IS NOT NULL GROUP BY 1, 2, 3', problems))
            AS f(register text, name text, reason text, n bigint, example text)
        ORDER BY 2, 3;
    RETURN QUERY SELECT 'warning', format('firm "%s"', f.firm), 'stands twice in the register of firms'::text, 'Correct the register of firms.'::text
        FROM _innovation_score.fetch(format('SELECT DISTINCT p.firm FROM %s p WHERE p.reason = ''firm stands twice'' ORDER BY 1 LIMIT 10', problems))
            AS f(firm text);
END
$$;

COMMENT ON FUNCTION _innovation_score.register_findings(scoreboard, text) IS
    'internal: what is wrong with the registers that the source of a scoreboard is collected from';
