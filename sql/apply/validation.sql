-- validation: whether scores tell beforehand which firms will default, be listed or grow
-- (src/validate).

CREATE TYPE discrimination AS (
    firms     bigint,
    events    bigint,
    auc       float8,
    auc_lower float8,
    auc_upper float8,
    ks        float8,
    gini      float8
);

COMMENT ON TYPE discrimination IS '区分度 how well scores tell firms with an event from those without';
COMMENT ON COLUMN discrimination.firms IS '企业数 firms with a score and an outcome';
COMMENT ON COLUMN discrimination.events IS '事件数 firms that had the event';
COMMENT ON COLUMN discrimination.auc IS
    'AUC area under the ROC curve: share of pairs that the scores put in the right order, ties counting one half';
COMMENT ON COLUMN discrimination.auc_lower IS 'AUC 下限 lower end of the 95 % interval after DeLong';
COMMENT ON COLUMN discrimination.auc_upper IS 'AUC 上限 upper end of the 95 % interval after DeLong';
COMMENT ON COLUMN discrimination.ks IS 'KS 值 largest distance between the distributions of both';
COMMENT ON COLUMN discrimination.gini IS '基尼系数 accuracy ratio, 2 AUC - 1';

CREATE FUNCTION _innovation_score.outcome_accumulate(state internal, score float8, event boolean) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.outcome_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.outcome_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.outcome_deserialize(state bytea, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.discrimination_final(state internal) RETURNS discrimination
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;

CREATE FUNCTION _innovation_score.outcome_steps_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;

CREATE AGGREGATE discrimination(score float8, event boolean) (
    SFUNC = _innovation_score.outcome_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.discrimination_final,
    COMBINEFUNC = _innovation_score.outcome_combine,
    SERIALFUNC = _innovation_score.outcome_serialize,
    DESERIALFUNC = _innovation_score.outcome_deserialize,
    PARALLEL = SAFE
);

CREATE AGGREGATE _innovation_score.outcome_steps(score float8, event boolean) (
    SFUNC = _innovation_score.outcome_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.outcome_steps_final,
    COMBINEFUNC = _innovation_score.outcome_combine,
    SERIALFUNC = _innovation_score.outcome_serialize,
    DESERIALFUNC = _innovation_score.outcome_deserialize,
    PARALLEL = SAFE
);

CREATE FUNCTION _innovation_score.pooled_steps(steps float8[], rising boolean) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION _innovation_score.outcome_accumulate(internal, float8, boolean) IS
    'internal: transition function of discrimination and outcome_steps';
COMMENT ON FUNCTION _innovation_score.outcome_combine(internal, internal) IS
    'internal: combine function of discrimination and outcome_steps';
COMMENT ON FUNCTION _innovation_score.outcome_serialize(internal) IS
    'internal: serialization function of discrimination and outcome_steps';
COMMENT ON FUNCTION _innovation_score.outcome_deserialize(bytea, internal) IS
    'internal: deserialization function of discrimination and outcome_steps';
COMMENT ON FUNCTION _innovation_score.discrimination_final(internal) IS 'internal: final function of discrimination';
COMMENT ON FUNCTION _innovation_score.outcome_steps_final(internal) IS 'internal: final function of outcome_steps';
COMMENT ON AGGREGATE discrimination(float8, boolean) IS
    'AUC with its interval, KS and Gini of scores that should be higher where there is an event; rows with NULL or NaN are ignored';
COMMENT ON AGGREGATE _innovation_score.outcome_steps(float8, boolean) IS
    'internal: for each distinct score, ascending, the score, the number of firms and that of events';
COMMENT ON FUNCTION _innovation_score.pooled_steps(float8[], boolean) IS
    'internal: steps pooled until their rates rise, or fall, with the score: lowest and highest score, firms, events of each block';

CREATE FUNCTION wilson_interval(events bigint, firms bigint, OUT lower float8, OUT upper float8)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT ROW(CASE WHEN events = 0 THEN 0 ELSE (t.centre - t.margin) / t.divisor END,
                   CASE WHEN events = firms THEN 1 ELSE (t.centre + t.margin) / t.divisor END)
        FROM (SELECT p + z2 / (2 * firms) AS centre, sqrt(z2 * (p * (1 - p) + z2 / (4 * firms)) / firms) AS margin,
                     1 + z2 / firms AS divisor
              FROM (SELECT events::float8 / firms AS p, 1.959963984540054::float8 ^ 2 AS z2 WHERE firms > 0) s) t);

COMMENT ON FUNCTION wilson_interval(bigint, bigint) IS
    'Wilson''s 95 % interval of a rate of events among firms; NULL where there are no firms';

-- ---------------------------------------------------------------- which firms, and what became of them

-- A score can only be held against what came after it. Of periods that are no day, month,
-- quarter or year the end is not known.
CREATE FUNCTION _innovation_score.period_end(period text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
    SELECT CASE
        WHEN period ~ '^[1-9]\d{3}$' THEN make_date(period::integer, 12, 31)
        WHEN period ~ '^[1-9]\d{3}-(0[1-9]|1[0-2])$'
        THEN (make_date(left(period, 4)::integer, right(period, 2)::integer, 1) + interval '1 month')::date - 1
        WHEN period ~ '^[1-9]\d{3}-?Q[1-4]$'
        THEN (make_date(left(period, 4)::integer, 3 * right(period, 1)::integer, 1) + interval '1 month')::date - 1
        WHEN period ~ '^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T.*)?$'
        -- not a cast: 31 February must not be an error here
        THEN (make_date(left(period, 4)::integer, substr(period, 6, 2)::integer, 1) + substr(period, 9, 2)::integer - 1) END
$$;

COMMENT ON FUNCTION _innovation_score.period_end(text) IS
    'internal: last day of a period that is written as a year, quarter, month or day; else NULL';

CREATE FUNCTION _innovation_score.check_outcome(outcome regclass, favourable boolean) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    wanted record;
BEGIN
    IF outcome IS NULL OR favourable IS NULL THEN
        RAISE EXCEPTION '% must not be null', CASE WHEN outcome IS NULL THEN 'outcome' ELSE 'favourable' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR wanted IN
        SELECT w.name, w.types, a.atttypid
        FROM (VALUES ('entity', NULL::regtype[]), ('date', '{date,timestamp}'), ('event', '{boolean}')) w(name, types)
        LEFT JOIN pg_attribute a ON a.attrelid = outcome AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        IF wanted.atttypid IS NULL THEN
            RAISE EXCEPTION 'outcome % has no column "%"', outcome, wanted.name
                USING ERRCODE = 'undefined_column',
                      HINT = 'It must have the columns entity, date and event (boolean): make a view with these names.';
        ELSIF wanted.atttypid <> ALL (wanted.types) THEN
            RAISE EXCEPTION 'column "%" of outcome % is of type %, not %', wanted.name, outcome,
                    format_type(wanted.atttypid, NULL), format_type(wanted.types[1], NULL)
                USING ERRCODE = 'datatype_mismatch';
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_outcome(regclass, boolean) IS 'internal: an error unless a table has the columns of outcomes';

-- Of a firm with several rows the event is what any of them says. Where all scores are of one
-- period outcomes are gathered before they meet the firms.
CREATE FUNCTION _innovation_score.outcome_query(rows text, outcome regclass, favourable boolean, one_period boolean,
                                                period text, horizon interval) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known text := 'o.event IS NOT NULL';
    ends date := _innovation_score.period_end(period);
BEGIN
    PERFORM _innovation_score.check_outcome(outcome, favourable);
    IF horizon IS NOT NULL THEN
        IF horizon <= interval '0' THEN
            RAISE EXCEPTION 'horizon must be positive, not %', horizon USING ERRCODE = 'invalid_parameter_value';
        ELSIF one_period AND ends IS NULL THEN
            RAISE EXCEPTION 'horizon needs a period with a known end'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Periods whose end is known are written as a year, a quarter, a month or a day.';
        END IF;
    END IF;
    IF one_period THEN
        RETURN format('SELECT r.score::float8 AS score, o.event FROM %s r JOIN ('
                      'SELECT innovation_score.key_text(o.entity) AS entity, pg_catalog.bool_or(o.event) AS event '
                      'FROM %s o WHERE %s GROUP BY 1) o ON o.entity = r.entity WHERE r.score IS NOT NULL',
                      rows, outcome, concat_ws(' AND ', known, 'o.date::date > ' || quote_literal(ends),
                                               'o.date::date <= ' || quote_literal((ends + horizon)::date)));
    END IF;
    RETURN format('SELECT r.score::float8 AS score, pg_catalog.bool_or(o.event) AS event '
                  'FROM (SELECT r.*, _innovation_score.period_end(r.period) AS ends FROM %s r) r '
                  'JOIN %s o ON innovation_score.key_text(o.entity) = r.entity AND %s AND %s '
                  'WHERE r.score IS NOT NULL GROUP BY r.entity, r.period, r.score',
                  rows, outcome, known,
                  CASE WHEN horizon IS NULL THEN '(r.ends IS NULL OR o.date::date > r.ends)'
                       ELSE format('o.date::date > r.ends AND o.date::date <= (r.ends + %L::interval)::date', horizon) END);
END
$$;

COMMENT ON FUNCTION _innovation_score.outcome_query(text, regclass, boolean, boolean, text, interval) IS
    'internal: query of the scores of firms and whether they had the event';

-- A firm that stands twice in a period has no rank.
CREATE FUNCTION _innovation_score.scoreboard_outcomes(name text, outcome regclass, favourable boolean, period text, horizon interval,
                                                      path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(name, path);
BEGIN
    PERFORM _innovation_score.check_shown_period(board, period);
    RETURN _innovation_score.outcome_query(
        format('(SELECT r.entity, r.period, r.score FROM %s r WHERE r.rank IS NOT NULL)',
               _innovation_score.view_rows(board, 'ranking', 'v.score, v.rank', period)),
        outcome, favourable, board.period IS NULL OR period IS NOT NULL,
        _innovation_score.shown_key(board.scoreboard, 'period', period), horizon);
END
$$;

CREATE FUNCTION _innovation_score.shown_publication(number bigint) RETURNS publication_list
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    found publication_list;
BEGIN
    SELECT * INTO found FROM publication_list p WHERE p.publication = number;
    IF found.publication IS NULL THEN
        RAISE EXCEPTION 'publication % does not exist', number USING ERRCODE = 'undefined_object';
    ELSIF found.state = 'retracted' THEN
        RAISE EXCEPTION 'publication % has been retracted', number USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN found;
END
$$;

CREATE FUNCTION _innovation_score.publication_outcomes(number bigint, outcome regclass, favourable boolean, horizon interval)
RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.outcome_query(
        format('(SELECT p.entity, p.period, p.score FROM innovation_score.published_score p WHERE p.publication = %s)', number),
        outcome, favourable, true, (_innovation_score.shown_publication(number)).period, horizon)
$$;

COMMENT ON FUNCTION _innovation_score.shown_publication(bigint) IS
    'internal: a publication; an error if there is none or it has been retracted';
COMMENT ON FUNCTION _innovation_score.scoreboard_outcomes(text, regclass, boolean, text, interval, name[]) IS
    'internal: query of the scores of a scoreboard and of their outcomes';
COMMENT ON FUNCTION _innovation_score.publication_outcomes(bigint, regclass, boolean, interval) IS
    'internal: query of the scores of a publication and of their outcomes';

-- ---------------------------------------------------------------- what is made of them

CREATE FUNCTION _innovation_score.outcome_discrimination(query text, favourable boolean) RETURNS discrimination
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    found innovation_score.discrimination;
BEGIN
    -- the side that should score higher is asked for, so that nothing is subtracted from 1
    EXECUTE format('SELECT (d.found).* FROM (SELECT innovation_score.discrimination(q.score, q.event = %L) AS found FROM (%s) q '
                   'OFFSET 0) d', favourable, query) INTO found;
    IF NOT favourable THEN
        found.events := found.firms - found.events;
    END IF;
    IF found.firms = 0 THEN
        RAISE NOTICE 'no firm with a score has an outcome that counts'
            USING HINT = 'Outcomes count after the end of the period, within the horizon, and where the entity is that of the scoreboard.';
    END IF;
    RETURN found;
END
$$;

CREATE FUNCTION _innovation_score.steps_of_outcomes(query text)
RETURNS TABLE (score float8, firms bigint, events bigint, total bigint, all_events bigint)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10000
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    steps float8[];
BEGIN
    EXECUTE format('SELECT _innovation_score.outcome_steps(q.score, q.event) FROM (%s) q', query) INTO steps;
    RETURN QUERY SELECT s.*, (sum(s.firms) OVER ())::bigint, (sum(s.events) OVER ())::bigint
                 FROM (SELECT steps[3 * i - 2] AS score, steps[3 * i - 1]::bigint AS firms, steps[3 * i]::bigint AS events
                       FROM generate_series(1, cardinality(steps) / 3) i) s;
END
$$;

COMMENT ON FUNCTION _innovation_score.outcome_discrimination(text, boolean) IS 'internal: discrimination of a query of outcomes';
COMMENT ON FUNCTION _innovation_score.steps_of_outcomes(text) IS
    'internal: the distinct scores of a query of outcomes, with numbers of firms and events';

CREATE TYPE outcome_band AS (
    band          integer,
    lowest        float8,
    highest       float8,
    firms         bigint,
    events        bigint,
    rate          float8,
    rate_lower    float8,
    rate_upper    float8,
    lift          float8,
    capture       float8,
    capture_lower float8,
    capture_upper float8
);

COMMENT ON TYPE outcome_band IS '分数段 what became of the firms of a band of scores';
COMMENT ON COLUMN outcome_band.band IS '分段 band, 1 = highest scores';
COMMENT ON COLUMN outcome_band.lowest IS '最低得分 lowest score in the band';
COMMENT ON COLUMN outcome_band.highest IS '最高得分 highest score in the band';
COMMENT ON COLUMN outcome_band.firms IS '企业数 firms';
COMMENT ON COLUMN outcome_band.events IS '事件数 firms that had the event';
COMMENT ON COLUMN outcome_band.rate IS '事件率 share of firms that had the event, such as 违约率';
COMMENT ON COLUMN outcome_band.rate_lower IS '事件率下限 lower end of Wilson''s 95 % interval';
COMMENT ON COLUMN outcome_band.rate_upper IS '事件率上限 upper end of Wilson''s 95 % interval';
COMMENT ON COLUMN outcome_band.lift IS '提升度 rate as a multiple of the rate of all firms';
COMMENT ON COLUMN outcome_band.capture IS
    '捕获率 share of all events in this band and those before it, counted from where events are expected';
COMMENT ON COLUMN outcome_band.capture_lower IS '捕获率下限 lower end of Wilson''s 95 % interval';
COMMENT ON COLUMN outcome_band.capture_upper IS '捕获率上限 upper end of Wilson''s 95 % interval';

CREATE FUNCTION _innovation_score.outcome_bands(query text, favourable boolean, bands integer) RETURNS SETOF outcome_band
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF bands IS NULL OR bands NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'bands must be between 1 and 1000, not %', bands USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT b.band::integer, b.lowest, b.highest, b.firms, b.events, b.events::float8 / b.firms, r.lower, r.upper,
               b.events::float8 * b.total / b.firms / NULLIF(b.all_events, 0),
               b.captured::float8 / NULLIF(b.all_events, 0), c.lower, c.upper
        FROM (SELECT s.band, min(s.score) AS lowest, max(s.score) AS highest, sum(s.firms)::bigint AS firms,
                     sum(s.events)::bigint AS events, s.total, s.all_events,
                     sum(sum(s.events)) OVER (ORDER BY CASE WHEN favourable THEN s.band ELSE -s.band END)::bigint AS captured
              FROM (SELECT s.*, 1 + div((sum(s.firms) OVER (ORDER BY s.score DESC) - s.firms) * bands, s.total) AS band
                    FROM _innovation_score.steps_of_outcomes(query) s) s
              GROUP BY s.band, s.total, s.all_events) b
        CROSS JOIN LATERAL wilson_interval(b.events, b.firms) r
        CROSS JOIN LATERAL wilson_interval(b.captured, b.all_events) c
        ORDER BY b.band;
END
$$;

COMMENT ON FUNCTION _innovation_score.outcome_bands(text, boolean, integer) IS 'internal: bands of a query of outcomes';

CREATE TYPE outcome_point AS (
    score        float8,
    firms_share  float8,
    event_share  float8,
    other_share  float8,
    distance     float8
);

COMMENT ON TYPE outcome_point IS '曲线点 a point of the ROC, CAP and KS curves';
COMMENT ON COLUMN outcome_point.score IS
    '得分 the threshold: firms count that reach it, or where the event is unfavourable do not exceed it';
COMMENT ON COLUMN outcome_point.firms_share IS '企业占比 share of all firms that count, the abscissa of the CAP curve';
COMMENT ON COLUMN outcome_point.event_share IS '命中率 share of the firms with the event, the ordinate of the ROC and CAP curves';
COMMENT ON COLUMN outcome_point.other_share IS '误报率 share of the firms without the event, the abscissa of the ROC curve';
COMMENT ON COLUMN outcome_point.distance IS '差距 event_share - other_share, whose largest absolute value is KS';

-- Of many points those are shown at which another share of the firms is reached.
CREATE FUNCTION _innovation_score.outcome_curve(query text, favourable boolean, points integer) RETURNS SETOF outcome_point
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF points < 1 THEN
        RAISE EXCEPTION 'points must be positive, not %', points USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT p.score, p.reached::float8 / p.total, p.hits::float8 / NULLIF(p.all_events, 0),
               (p.reached - p.hits)::float8 / NULLIF(p.total - p.all_events, 0),
               p.hits::float8 / NULLIF(p.all_events, 0) - (p.reached - p.hits)::float8 / NULLIF(p.total - p.all_events, 0)
        FROM (SELECT s.*, sum(s.firms) OVER w AS reached, sum(s.events) OVER w AS hits
              FROM _innovation_score.steps_of_outcomes(query) s
              WINDOW w AS (ORDER BY CASE WHEN favourable THEN -s.score ELSE s.score END)) p
        WHERE points IS NULL OR div(p.reached * points, p.total) > div((p.reached - p.firms) * points, p.total)
        ORDER BY p.reached;
END
$$;

COMMENT ON FUNCTION _innovation_score.outcome_curve(text, boolean, integer) IS 'internal: curves of a query of outcomes';

CREATE TYPE outcome_calibration AS (
    lowest     float8,
    highest    float8,
    firms      bigint,
    events     bigint,
    rate       float8,
    rate_lower float8,
    rate_upper float8
);

COMMENT ON TYPE outcome_calibration IS '校准 the rate that scores of a block stand for';
COMMENT ON COLUMN outcome_calibration.lowest IS '最低得分 lowest score of the block';
COMMENT ON COLUMN outcome_calibration.highest IS '最高得分 highest score of the block';
COMMENT ON COLUMN outcome_calibration.firms IS '企业数 firms';
COMMENT ON COLUMN outcome_calibration.events IS '事件数 firms that had the event';
COMMENT ON COLUMN outcome_calibration.rate IS '校准事件率 calibrated rate of events, monotone in the score';
COMMENT ON COLUMN outcome_calibration.rate_lower IS '事件率下限 lower end of Wilson''s 95 % interval';
COMMENT ON COLUMN outcome_calibration.rate_upper IS '事件率上限 upper end of Wilson''s 95 % interval';

CREATE FUNCTION _innovation_score.calibrate_outcomes(query text, favourable boolean) RETURNS SETOF outcome_calibration
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    blocks float8[];
BEGIN
    EXECUTE format('SELECT _innovation_score.pooled_steps(_innovation_score.outcome_steps(q.score, q.event), %L) FROM (%s) q',
                   favourable, query) INTO blocks;
    RETURN QUERY
        SELECT b.lowest, b.highest, b.firms, b.events, b.events::float8 / b.firms, r.lower, r.upper
        FROM (SELECT blocks[4 * i - 3] AS lowest, blocks[4 * i - 2] AS highest, blocks[4 * i - 1]::bigint AS firms,
                     blocks[4 * i]::bigint AS events
              FROM generate_series(1, cardinality(blocks) / 4) i) b
        CROSS JOIN LATERAL innovation_score.wilson_interval(b.events, b.firms) r
        ORDER BY b.lowest;
END
$$;

COMMENT ON FUNCTION _innovation_score.calibrate_outcomes(text, boolean) IS 'internal: calibration of a query of outcomes';

-- ---------------------------------------------------------------- of scoreboards

CREATE FUNCTION score_validation(scoreboard text, outcome regclass, period text DEFAULT NULL, favourable boolean DEFAULT true,
                                 horizon interval DEFAULT NULL) RETURNS discrimination
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT * FROM _innovation_score.outcome_discrimination(_innovation_score.scoreboard_outcomes(
        scoreboard, outcome, favourable, period, horizon, pg_catalog.current_schemas(false)), favourable)
$$;

CREATE FUNCTION score_bands(scoreboard text, outcome regclass, period text DEFAULT NULL, favourable boolean DEFAULT true,
                            horizon interval DEFAULT NULL, bands integer DEFAULT 10) RETURNS SETOF outcome_band
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 AS $$
    SELECT * FROM _innovation_score.outcome_bands(_innovation_score.scoreboard_outcomes(
        scoreboard, outcome, favourable, period, horizon, pg_catalog.current_schemas(false)), favourable, bands)
$$;

CREATE FUNCTION score_curve(scoreboard text, outcome regclass, period text DEFAULT NULL, favourable boolean DEFAULT true,
                            horizon interval DEFAULT NULL, points integer DEFAULT 100) RETURNS SETOF outcome_point
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 AS $$
    SELECT * FROM _innovation_score.outcome_curve(_innovation_score.scoreboard_outcomes(
        scoreboard, outcome, favourable, period, horizon, pg_catalog.current_schemas(false)), favourable, points)
$$;

CREATE FUNCTION score_calibration(scoreboard text, outcome regclass, period text DEFAULT NULL, favourable boolean DEFAULT true,
                                  horizon interval DEFAULT NULL) RETURNS SETOF outcome_calibration
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM _innovation_score.calibrate_outcomes(_innovation_score.scoreboard_outcomes(
        scoreboard, outcome, favourable, period, horizon, pg_catalog.current_schemas(false)), favourable)
$$;

COMMENT ON FUNCTION score_validation(text, regclass, text, boolean, interval) IS
    'AUC with its interval, KS and Gini of a scoreboard''s scores against what became of the firms';
COMMENT ON FUNCTION score_bands(text, regclass, text, boolean, interval, integer) IS
    'rate of events, lift and capture by bands of equal numbers of firms, with Wilson''s intervals';
COMMENT ON FUNCTION score_curve(text, regclass, text, boolean, interval, integer) IS 'points of the ROC, CAP and KS curves';
COMMENT ON FUNCTION score_calibration(text, regclass, text, boolean, interval) IS
    'the rate of events that each score stands for, monotone in the score (pool adjacent violators)';

-- ---------------------------------------------------------------- of publications

CREATE FUNCTION publication_validation(publication bigint, outcome regclass, favourable boolean DEFAULT true,
                                       horizon interval DEFAULT NULL) RETURNS discrimination
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT * FROM _innovation_score.outcome_discrimination(
        _innovation_score.publication_outcomes(publication, outcome, favourable, horizon), favourable)
$$;

CREATE FUNCTION publication_bands(publication bigint, outcome regclass, favourable boolean DEFAULT true,
                                  horizon interval DEFAULT NULL, bands integer DEFAULT 10) RETURNS SETOF outcome_band
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 AS $$
    SELECT * FROM _innovation_score.outcome_bands(
        _innovation_score.publication_outcomes(publication, outcome, favourable, horizon), favourable, bands)
$$;

CREATE FUNCTION publication_curve(publication bigint, outcome regclass, favourable boolean DEFAULT true,
                                  horizon interval DEFAULT NULL, points integer DEFAULT 100) RETURNS SETOF outcome_point
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 AS $$
    SELECT * FROM _innovation_score.outcome_curve(
        _innovation_score.publication_outcomes(publication, outcome, favourable, horizon), favourable, points)
$$;

CREATE FUNCTION publication_calibration(publication bigint, outcome regclass, favourable boolean DEFAULT true,
                                        horizon interval DEFAULT NULL) RETURNS SETOF outcome_calibration
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM _innovation_score.calibrate_outcomes(
        _innovation_score.publication_outcomes(publication, outcome, favourable, horizon), favourable)
$$;

COMMENT ON FUNCTION publication_validation(bigint, regclass, boolean, interval) IS
    'AUC with its interval, KS and Gini of published scores against what became of the firms';
COMMENT ON FUNCTION publication_bands(bigint, regclass, boolean, interval, integer) IS
    'rate of events, lift and capture by bands of published scores, with Wilson''s intervals';
COMMENT ON FUNCTION publication_curve(bigint, regclass, boolean, interval, integer) IS
    'points of the ROC, CAP and KS curves of published scores';
COMMENT ON FUNCTION publication_calibration(bigint, regclass, boolean, interval) IS
    'the rate of events that each published score stands for, monotone in the score';

-- ---------------------------------------------------------------- stability of the scores

CREATE TYPE score_shift AS (
    base_firms      bigint,
    firms           bigint,
    base_median     float8,
    median          float8,
    stability_index float8,
    shift           text
);

COMMENT ON TYPE score_shift IS '得分分布稳定性 how the distribution of scores moved';
COMMENT ON COLUMN score_shift.base_firms IS '基期企业数 firms with a score in the base period';
COMMENT ON COLUMN score_shift.firms IS '企业数 firms with a score in the other';
COMMENT ON COLUMN score_shift.base_median IS '基期中位数 median score in the base period';
COMMENT ON COLUMN score_shift.median IS '中位数 median score in the other';
COMMENT ON COLUMN score_shift.stability_index IS 'PSI population stability index over the deciles of the base period';
COMMENT ON COLUMN score_shift.shift IS '变动 small (below 0.1), moderate (below 0.25), large';

CREATE FUNCTION _innovation_score.score_shift(rows text) RETURNS score_shift
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found float8[];
BEGIN
    EXECUTE format('SELECT _innovation_score.drift(r.base, VARIADIC ARRAY[r.score::float8]) FROM (%s) r '
                   'WHERE r.score IS NOT NULL', rows) INTO found;
    RETURN ROW(COALESCE(found[1], 0), COALESCE(found[2], 0), NULLIF(found[3], 'NaN'), NULLIF(found[4], 'NaN'),
               NULLIF(found[5], 'NaN'),
               CASE WHEN found[5] < 0.1 THEN 'small' WHEN found[5] < 0.25 THEN 'moderate'
                    WHEN found[5] < 'NaN' THEN 'large' END)::innovation_score.score_shift;
END
$$;

CREATE FUNCTION _innovation_score.score_stability(name text, period text, base_period text, path name[]) RETURNS score_shift
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.get_scoreboard(name, path);
BEGIN
    IF board.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard USING ERRCODE = 'invalid_parameter_value';
    ELSIF period IS NULL OR base_period IS NULL THEN
        RAISE EXCEPTION 'period and base_period must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM _innovation_score.check_shown_period(board, base_period), _innovation_score.check_shown_period(board, period);
    RETURN _innovation_score.score_shift(format(
        'SELECT true AS base, b.score FROM %s b UNION ALL SELECT false, l.score FROM %s l',
        _innovation_score.view_rows(board, 'ranking', 'v.score', base_period),
        _innovation_score.view_rows(board, 'ranking', 'v.score', period)));
END
$$;

CREATE FUNCTION score_stability(scoreboard text, period text, base_period text) RETURNS score_shift
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE;

CREATE FUNCTION publication_stability(before bigint, after bigint) RETURNS score_shift
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT s.* FROM _innovation_score.score_shift((
        SELECT string_agg(format('SELECT %L::boolean AS base, p.score FROM innovation_score.published_score p WHERE p.publication = %s',
                                 g.base, (_innovation_score.shown_publication(g.number)).publication), ' UNION ALL ')
        FROM (VALUES (true, before), (false, after)) g(base, number))) AS s
$$;

COMMENT ON FUNCTION _innovation_score.score_shift(text) IS 'internal: shift of the scores of a query, told apart by its column base';
COMMENT ON FUNCTION _innovation_score.score_stability(text, text, text, name[]) IS
    'internal: score_stability with the caller''s schemas';
COMMENT ON FUNCTION score_stability(text, text, text) IS
    'population stability index of a scoreboard''s scores between two periods';
COMMENT ON FUNCTION publication_stability(bigint, bigint) IS
    'population stability index of the scores of two publications';
