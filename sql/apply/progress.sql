-- progress: targets that are tracked against baseline and due date (半年度进展目标), and ratings that stay sealed until they are
-- opened (评分密封). Targets, reports, seals and openings are tables or views of the caller's.

CREATE TYPE target_state AS (
    region      text,
    task        text,
    measure     text,
    baseline    numeric,
    target      numeric,
    weight      numeric,
    due_on      date,
    value       numeric,
    reported_on date,
    reached     numeric,
    expected    numeric,
    light       text,
    reason      text
);

COMMENT ON TYPE target_state IS '目标进展 where a target stands on a day';
COMMENT ON COLUMN target_state.region IS '地区 region';
COMMENT ON COLUMN target_state.task IS '任务 task';
COMMENT ON COLUMN target_state.measure IS '指标 what is measured';
COMMENT ON COLUMN target_state.baseline IS '基期值 value at the start';
COMMENT ON COLUMN target_state.target IS '目标值 value to be reached; below the baseline where less is better';
COMMENT ON COLUMN target_state.weight IS '权重 weight in the evaluation';
COMMENT ON COLUMN target_state.due_on IS '完成期限 day by which it is to be reached';
COMMENT ON COLUMN target_state.value IS '最新值 value of the last report';
COMMENT ON COLUMN target_state.reported_on IS '报告日 day of the last report';
COMMENT ON COLUMN target_state.reached IS '完成率 share of the way from baseline to target';
COMMENT ON COLUMN target_state.expected IS '时序进度 share of the time that has gone by';
COMMENT ON COLUMN target_state.light IS '亮灯 green（绿）, yellow（黄）, red（红）';
COMMENT ON COLUMN target_state.reason IS '理由 why';

-- Columns of the caller's may be of any type that a cast makes of them what is needed.
CREATE FUNCTION target_progress(targets regclass, reports regclass, day date DEFAULT CURRENT_DATE, tolerance numeric DEFAULT 0.1)
RETURNS SETOF target_state
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    culprit record;
    target text := format(
        'SELECT t.region::text AS region, t.task::text AS task, t.measure::text AS measure, t.baseline::numeric AS baseline, t.target::numeric AS target, '
        't.weight::numeric AS weight, t.starts_on::date AS starts_on, t.due_on::date AS due_on FROM %s t', targets);
    report text := format(
        'SELECT r.region::text AS region, r.task::text AS task, r.measure::text AS measure, r.day::date AS day, r.value::numeric AS value, '
        'NULLIF(r.evidence::text, '''') AS proof FROM %s r', reports);
BEGIN
    PERFORM _innovation_score.require_columns(targets, 'targets', '{region,task,measure,baseline,target,weight,starts_on,due_on}'),
            _innovation_score.require_columns(reports, 'reports', '{region,task,measure,day,value,evidence}');
    IF day IS NULL THEN
        RAISE EXCEPTION 'day must not be null' USING ERRCODE = 'null_value_not_allowed';
    ELSIF (tolerance >= 0 AND tolerance <= 1) IS NOT TRUE THEN
        RAISE EXCEPTION 'tolerance must be between 0 and 1, not %', COALESCE(tolerance::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format(
        'SELECT * FROM (SELECT t.region, t.task, t.measure, CASE '
        'WHEN t.region IS NULL OR t.task IS NULL OR t.measure IS NULL THEN ''needs region, task and measure'' '
        'WHEN (abs(t.baseline) < ''Infinity'' AND abs(t.target) < ''Infinity'') IS NOT TRUE THEN ''needs a baseline and a target'' '
        'WHEN t.baseline = t.target THEN ''has a target that is its baseline'' '
        'WHEN (t.weight > 0 AND t.weight < ''Infinity'') IS NOT TRUE THEN ''needs a weight above 0'' '
        'WHEN t.starts_on < t.due_on IS NOT TRUE THEN ''is due before it starts'' '
        'WHEN pg_catalog.count(*) OVER (PARTITION BY t.region, t.task, t.measure) > 1 THEN ''has more than one row'' END AS problem '
        'FROM (%s) t) p WHERE p.problem IS NOT NULL ORDER BY p.region COLLATE "C", p.task COLLATE "C", p.measure COLLATE "C" LIMIT 1', target)
        INTO culprit;
    IF culprit.problem IS NOT NULL THEN
        RAISE EXCEPTION 'target "%" of task "%" in region "%" %', culprit.measure, culprit.task, culprit.region, culprit.problem
            USING ERRCODE = CASE culprit.problem WHEN 'has more than one row' THEN 'unique_violation' ELSE 'check_violation' END;
    END IF;
    EXECUTE format(
        'SELECT r.*, t.region IS NOT NULL AS known '
        'FROM (SELECT s.region, s.task, s.measure, s.day, pg_catalog.count(*) AS times, pg_catalog.bool_and(abs(s.value) < ''Infinity'') AS finite '
        'FROM (%2$s) s GROUP BY 1, 2, 3, 4) r '
        'LEFT JOIN (%1$s) t ON t.region = r.region AND t.task = r.task AND t.measure = r.measure '
        'WHERE r.times > 1 OR t.region IS NULL OR r.day IS NULL OR NOT r.finite '
        'ORDER BY r.region COLLATE "C", r.task COLLATE "C", r.measure COLLATE "C", r.day LIMIT 1', target, report) INTO culprit;
    IF NOT culprit.known THEN
        RAISE EXCEPTION 'report of % is of an unknown target: "%" of task "%" in region "%"', culprit.day, culprit.measure, culprit.task, culprit.region
            USING ERRCODE = 'foreign_key_violation', HINT = 'Its names must be those of a row of the targets.';
    ELSIF culprit.day IS NULL AND culprit.known THEN
        RAISE EXCEPTION 'a report of target "%" of task "%" in region "%" has no day', culprit.measure, culprit.task, culprit.region
            USING ERRCODE = 'check_violation';
    ELSIF culprit.times > 1 THEN
        RAISE EXCEPTION 'target "%" of task "%" in region "%" has two reports of %', culprit.measure, culprit.task, culprit.region, culprit.day
            USING ERRCODE = 'unique_violation';
    ELSIF culprit.known THEN
        RAISE EXCEPTION 'report of % of target "%" of task "%" in region "%" has a value that is not finite', culprit.day, culprit.measure, culprit.task, culprit.region
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT s.region, s.task, s.measure, s.baseline, s.target, s.weight, s.due_on, s.value, s.reported_on, s.reached, s.expected, s.light, '
        'CASE WHEN s.value IS NULL THEN ''未报告 | no report'' '
        'ELSE pg_catalog.concat(''完成率'', pg_catalog.trim_scale(pg_catalog.round(s.reached * 100, 2)), ''%%，时序进度'', pg_catalog.trim_scale(pg_catalog.round(s.expected * 100, 2)), ''%%'', '
        'CASE WHEN s.proof IS NULL THEN ''，缺少佐证'' END, '' | '', pg_catalog.trim_scale(pg_catalog.round(s.reached * 100, 2)), ''%% reached, '', '
        'pg_catalog.trim_scale(pg_catalog.round(s.expected * 100, 2)), ''%% of the time'', CASE WHEN s.proof IS NULL THEN '', no evidence'' END) END '
        'FROM (SELECT u.*, CASE WHEN u.expected = 0 OR u.reached >= 1 AND u.proof IS NOT NULL THEN ''green'' '
        'WHEN u.reached IS NULL OR u.reached < u.expected - $2 THEN ''red'' '
        'WHEN u.reached < u.expected OR u.proof IS NULL THEN ''yellow'' ELSE ''green'' END AS light '
        'FROM (SELECT t.*, l.value, l.day AS reported_on, l.proof, '
        'pg_catalog.round((l.value - t.baseline) / (t.target - t.baseline), 6) AS reached, '
        'pg_catalog.round(GREATEST(LEAST(($1 - t.starts_on)::numeric / (t.due_on - t.starts_on), 1), 0), 6) AS expected '
        'FROM (%1$s) t LEFT JOIN (SELECT DISTINCT ON (r.region, r.task, r.measure) r.* FROM (%2$s) r WHERE r.day <= $1 AND r.value IS NOT NULL '
        'ORDER BY r.region, r.task, r.measure, r.day DESC) l ON l.region = t.region AND l.task = t.task AND l.measure = t.measure) u) s', target, report)
        USING day, tolerance;
END
$$;

COMMENT ON FUNCTION target_progress(regclass, regclass, date, numeric) IS
    'where each target stands on a day: share reached, share of the time, and a light';

CREATE FUNCTION target_evaluation(targets regclass, reports regclass, day date DEFAULT CURRENT_DATE, tolerance numeric DEFAULT 0.1)
RETURNS TABLE (region text, task text, targets bigint, reached_all bigint, green bigint, yellow bigint, red bigint, unreported bigint, score numeric)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT s.region, s.task, count(*), count(*) FILTER (WHERE s.reached >= 1), count(*) FILTER (WHERE s.light = 'green'),
           count(*) FILTER (WHERE s.light = 'yellow'), count(*) FILTER (WHERE s.light = 'red'), count(*) FILTER (WHERE s.value IS NULL),
           round(100 * sum(s.weight * greatest(least(COALESCE(s.reached, 0), 1), 0)) / sum(s.weight), 2)
    FROM target_progress($1, $2, $3, $4) s
    GROUP BY GROUPING SETS ((s.region, s.task), (s.region))
    ORDER BY s.region COLLATE "C", s.task COLLATE "C" NULLS LAST
$$;

COMMENT ON FUNCTION target_evaluation(regclass, regclass, date, numeric) IS
    'evaluation of the targets of each region and task, and of each region: lights, and the weighted share reached, of 100';

-- ---------------------------------------------------------------- sealed ratings

CREATE FUNCTION rating_seal(proposal text, expert text, criterion text, rating numeric, secret text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(convert_to(jsonb_build_array(proposal, expert, criterion, trim_scale(rating), secret)::text, 'UTF8'))
$$;

COMMENT ON FUNCTION rating_seal(text, text, text, numeric, text) IS
    'seal of a rating: tells nothing of it as long as the secret is not known, and fits no other';

CREATE FUNCTION opened_ratings(seals regclass, openings regclass)
RETURNS TABLE (proposal text, expert text, criterion text, rating numeric, status text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.require_columns(seals, 'seals', '{proposal,expert,criterion,seal}'),
            _innovation_score.require_columns(openings, 'openings', '{proposal,expert,criterion,rating,secret}');
    RETURN QUERY EXECUTE format(
        'SELECT COALESCE(s.proposal, o.proposal)::text, COALESCE(s.expert, o.expert)::text, COALESCE(s.criterion, o.criterion)::text, '
        'CASE f.status WHEN ''opened'' THEN o.rating::numeric END, f.status '
        'FROM %s s FULL JOIN %s o ON o.proposal = s.proposal AND o.expert = s.expert AND o.criterion = s.criterion '
        'CROSS JOIN LATERAL (SELECT CASE WHEN o.proposal IS NULL THEN ''sealed'' WHEN s.proposal IS NULL THEN ''not_sealed'' '
        'WHEN innovation_score.rating_seal(o.proposal::text, o.expert::text, o.criterion::text, o.rating::numeric, o.secret::text) = s.seal THEN ''opened'' '
        'ELSE ''changed'' END AS status) f', seals, openings);
END
$$;

COMMENT ON FUNCTION opened_ratings(regclass, regclass) IS 'sealed ratings with those that were opened and fit their seals';
