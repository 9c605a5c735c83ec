-- progress of targets, evaluation, sealed ratings; against twins
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\set ECHO none
\i :draw
\set ECHO all
CREATE SCHEMA track;
SET search_path = track, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- two years, half-yearly; a target that falls (days of approval), one that is not reported, one without evidence
CREATE TABLE target (region text, task text, measure text, baseline numeric, target numeric, weight numeric, starts_on date, due_on date);
CREATE TABLE report (region text, task text, measure text, day date, value numeric, evidence text);
INSERT INTO target VALUES ('沈阳', '联盟', '技术合同额', 100, 200, 60, '2023-01-01', '2025-01-01'), ('沈阳', '联盟', '审批天数', 30, 10, 40, '2023-01-01', '2025-01-01'), ('沈阳', '平台', '平台数', 2, 6, 1, '2023-01-01', '2025-01-01'), ('大连', '联盟', '技术合同额', 50, 150, 1, '2023-01-01', '2025-01-01');
INSERT INTO report VALUES ('沈阳', '联盟', '技术合同额', '2023-06-30', 120, 'A-1'), ('沈阳', '联盟', '技术合同额', '2023-12-31', 160, 'A-2'), ('沈阳', '联盟', '审批天数', '2023-12-31', 22, 'B-1'), ('沈阳', '平台', '平台数', '2023-12-31', 7, ''), ('沈阳', '平台', '平台数', '2024-06-30', 7, 'C-1');
SELECT * FROM target_progress('target', 'report', '2024-01-01') ORDER BY region, task, measure;
SELECT * FROM target_evaluation('target', 'report', '2024-01-01');
SELECT region, task, reached_all, green, score FROM target_evaluation('target', 'report', '2025-01-01');
SELECT light, count(*) FROM target_progress('target', 'report', '2023-01-01') GROUP BY 1;
SELECT measure, light FROM target_progress('target', 'report', '2024-01-01', 0.2) WHERE region = '沈阳' ORDER BY measure;

-- what is refused
SELECT attempt(x) FROM unnest(ARRAY[$$SELECT * FROM target_progress(NULL, 'report')$$, $$SELECT * FROM target_progress('report', 'target')$$, $$SELECT * FROM target_progress('target', 'report', NULL)$$, $$SELECT * FROM target_progress('target', 'report', '2024-01-01', -1)$$]) x;
CREATE FUNCTION broken(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE change;
    result := attempt('SELECT * FROM target_progress(''target'', ''report'', ''2024-01-01'')');
    RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
    RETURN result;
END
$$;
SELECT broken(x) FROM unnest(ARRAY['UPDATE target SET target = baseline WHERE measure = ''平台数''', 'UPDATE target SET weight = 0 WHERE measure = ''平台数''', 'UPDATE target SET due_on = ''2022-01-01'' WHERE region = ''大连''', 'UPDATE target SET baseline = ''NaN'' WHERE region = ''大连''', 'UPDATE target SET task = NULL WHERE region = ''大连''',
    'INSERT INTO target SELECT * FROM target WHERE region = ''大连''', 'UPDATE report SET measure = ''平台'' WHERE evidence = ''C-1''', 'INSERT INTO report SELECT * FROM report WHERE evidence = ''A-2''', 'UPDATE report SET value = ''NaN'' WHERE evidence = ''A-2''', 'UPDATE report SET day = NULL WHERE evidence = ''A-2''']) x;
-- columns of other types
CREATE TABLE target_of_integers AS SELECT region::varchar, task::varchar, measure::varchar, baseline::int, target::int, weight::int, starts_on::timestamp, due_on::timestamp FROM target;
CREATE TABLE report_of_floats AS SELECT region::varchar, task::varchar, measure::varchar, day::timestamp, value::float8, evidence::varchar FROM report;
SELECT count(*) AS other FROM (SELECT * FROM target_progress('target_of_integers', 'report_of_floats', '2024-01-01') EXCEPT ALL SELECT * FROM target_progress('target', 'report', '2024-01-01')) x;

-- random targets and reports; the twin walks through the reports in fractions of whole numbers
CREATE TABLE many_target AS SELECT 'R' || r AS region, 'T' || t AS task, 'M' || m AS measure, b AS baseline, b + CASE WHEN draw() < 0.3 THEN -1 ELSE 1 END * (1 + floor(draw() * 90))::numeric AS target, (1 + floor(draw() * 9))::numeric AS weight, '2022-01-01'::date + floor(draw() * 100)::int AS starts_on, '2023-06-01'::date + floor(draw() * 400)::int AS due_on
FROM (SELECT r, t, m, floor(draw() * 100)::numeric AS b FROM generate_series(1, 6) r, generate_series(1, 3) t, generate_series(1, 4) m) s;
CREATE TABLE many_report AS SELECT region, task, measure, '2022-06-30'::date + 181 * n AS day, CASE WHEN draw() < 0.95 THEN baseline + (target - baseline) * floor(draw() * 14)::numeric / 10 END AS value, CASE WHEN draw() < 0.8 THEN 'doc' END AS evidence FROM many_target, generate_series(0, 3) n WHERE draw() < 0.7;
CREATE FUNCTION twin_light(t many_target, at date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r many_report;
    last many_report;
    ahead numeric;
    gone numeric := least(greatest(at - t.starts_on, 0), t.due_on - t.starts_on);
    total numeric := t.due_on - t.starts_on;
BEGIN
    FOR r IN SELECT * FROM many_report m WHERE (m.region, m.task, m.measure) = (t.region, t.task, t.measure) ORDER BY day LOOP
        IF r.day <= at AND r.value IS NOT NULL THEN
            last := r;
        END IF;
    END LOOP;
    IF gone = 0 THEN
        RETURN 'green';
    ELSIF last.value IS NULL THEN
        RETURN 'red';
    END IF;
    -- reached less expected, times total
    ahead := (last.value - t.baseline) / (t.target - t.baseline) * total - gone;
    RETURN CASE WHEN (last.value - t.baseline) / (t.target - t.baseline) >= 1 AND last.evidence = 'doc' THEN 'green' WHEN ahead < -0.1 * total - 0.001 THEN 'red' WHEN ahead < -0.001 OR last.evidence IS NULL THEN 'yellow' ELSE 'green' END;
END
$$;
SELECT d, count(*), count(*) FILTER (WHERE p.light <> twin_light(t, d)) AS other, count(DISTINCT p.light) AS lights FROM unnest('{2022-05-01,2022-12-31,2023-06-30,2024-08-31}'::date[]) d CROSS JOIN LATERAL target_progress('many_target', 'many_report', d) p JOIN many_target t USING (region, task, measure) GROUP BY 1 ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE e.score <> t.score OR e.targets <> t.n) AS other FROM target_evaluation('many_target', 'many_report', '2023-06-30') e JOIN (SELECT region, task, count(*) AS n, round(100 * sum(weight * least(greatest(coalesce(reached, 0), 0), 1)) / sum(weight), 2) AS score FROM target_progress('many_target', 'many_report', '2023-06-30') GROUP BY 1, 2
UNION ALL SELECT region, NULL, count(*), round(100 * sum(weight * least(greatest(coalesce(reached, 0), 0), 1)) / sum(weight), 2) FROM target_progress('many_target', 'many_report', '2023-06-30') GROUP BY 1) t ON (e.region, coalesce(e.task, '')) = (t.region, coalesce(t.task, ''));

-- sealed ratings: opened, changed, still sealed, never sealed; a seal is of one rating of one expert
CREATE TABLE seal (proposal text, expert text, criterion text, seal bytea);
CREATE TABLE opening (proposal text, expert text, criterion text, rating numeric, secret text);
INSERT INTO opening VALUES ('P1', 'E1', 'feasibility', 88, 's1'), ('P1', 'E2', 'feasibility', 75.50, 's2'), ('P2', 'E1', 'feasibility', 60, 's3'), ('P3', 'E1', 'feasibility', 61, 's4');
INSERT INTO seal SELECT proposal, expert, criterion, rating_seal(proposal, expert, criterion, rating, secret) FROM opening WHERE proposal <> 'P3';
INSERT INTO seal VALUES ('P2', 'E2', 'feasibility', rating_seal('P2', 'E2', 'feasibility', 10, 's5'));
UPDATE opening SET rating = 95 WHERE proposal = 'P2';
UPDATE opening SET rating = 75.5 WHERE expert = 'E2';
SELECT * FROM opened_ratings('seal', 'opening') ORDER BY proposal, expert;
SELECT count(DISTINCT s) FROM (VALUES (rating_seal('a', 'b', 'c', 1, 'd')), (rating_seal('ab', '', 'c', 1, 'd')), (rating_seal('a', 'b', 'c', 10, 'd')), (rating_seal('a', 'b', 'c', 1, 'e')), (rating_seal('a', 'b', 'c', 1.0, 'd'))) v(s);
SELECT encode(rating_seal('P1', 'E1', 'feasibility', 88.0, 's1'), 'hex') = encode(sha256('["P1", "E1", "feasibility", 88, "s1"]'), 'hex') AS as_documented;
SELECT attempt($$SELECT * FROM opened_ratings(NULL, 'opening')$$), attempt($$SELECT * FROM opened_ratings('opening', 'seal')$$);
SET client_min_messages = warning;
DROP SCHEMA track CASCADE;
