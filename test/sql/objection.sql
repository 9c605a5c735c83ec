-- objections: filing and deciding, what they change in the next publication; what_if against brute force
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set day `echo "${PG_ABS_SRCDIR:-test}/data/day_of_notice.sql"`
\set ECHO none
\i :common
\i :day
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
-- batches of other tests are in the log, too
SET session_replication_role = replica;
TRUNCATE publication_log;
RESET session_replication_role;
SET datestyle = 'ISO, YMD';

SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT set_whitelist_rule('live', min_score => 20, min_coverage => 0.5, top_n => 50, quota_by => 'city', quota_n => 20, reserve_n => 10, required => 'd > 1');
SELECT publish('live', '2024', 'first');

-- ---------------------------------------------------------------- filing

SELECT file_objection(1, 'F001', 'a', 12345.678, '审计报告 §3'), file_objection(1, 'F002', 'b', NULL, 'never had any'), file_objection(1, 'F003', 'c', 5, 'x'), file_objection(1, 'F003', 'c', 6, 'x');
SELECT objection, publication, entity, indicator, published_value, claimed_value, evidence, status, decision, filed_by = current_user AS me, decided_by FROM objection ORDER BY 1;
SELECT attempt($$SELECT innovation_score.file_objection(9, 'F001', 'a', 1, 'x')$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'nobody', 'a', 1, 'x')$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'z', 1, 'x')$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'a', 'NaN', 'x')$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'a', '-Infinity', 'x')$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'a', 1, E'\t')$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'a', 1, NULL)$$);
SELECT attempt($$SELECT innovation_score.file_objection(1, NULL, 'a', 1, 'x')$$);
-- titles count as codes, those that were published: now b has the title of a, too
BEGIN;
SELECT unlock_scheme('board');
UPDATE indicator SET title = '甲' WHERE scheme = 'board' AND indicator = 'b';
SELECT file_objection(1, 'F005', title, 1, 'x') > 0 AS filed, (SELECT w = innovation_score.what_if('live', entity => 'F005', changes => '{"a": 7}') FROM innovation_score.what_if('live', entity => 'F005', changes => jsonb_build_object(title, 7)) w) AS same
FROM indicator WHERE scheme = 'board' AND indicator = 'a';
SELECT indicator FROM objection WHERE entity = 'F005';
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F005', '甲', 1, 'x')$$), attempt($$SELECT innovation_score.what_if('live', entity => 'F005', changes => '{"甲": 1}')$$);
ROLLBACK;
-- an INSERT is completed and checked in the same way
INSERT INTO objection (publication, entity, indicator, claimed_value, evidence, status, decided_by, published_value, objection)
VALUES (1, 'F004', 'a', 1, 'x', 'accepted', 'me', 99, 77);
SELECT objection, published_value, status, decided_by FROM objection WHERE entity = 'F004';

-- ---------------------------------------------------------------- deciding

SELECT accept_objection(1, 'the report shows it'), accept_objection(2, 'no such expense'), reject_objection(3, 'no'), withdraw_objection(4, 'by letter');
SELECT attempt($$SELECT innovation_score.reject_objection(1, 'after all')$$) ~ '^55000: objection 1 is already accepted' AS refused;
SELECT attempt($$SELECT innovation_score.accept_objection(5, ' ')$$), attempt($$SELECT innovation_score.accept_objection(5, NULL)$$), attempt($$SELECT innovation_score.accept_objection(99, 'x')$$);
SELECT attempt($$UPDATE objection SET claimed_value = 2 WHERE objection = 5$$);
SELECT attempt($$UPDATE objection SET status = 'accepted', decision = 'x', decided_by = 'someone else' WHERE objection = 5$$);
SELECT attempt($$UPDATE objection SET status = 'filed', decision = 'x' WHERE objection = 5$$);
SELECT attempt($$UPDATE objection SET decision = 'x' WHERE objection = 1$$) ~ '^55000: objection 1 is already accepted' AS refused;
SELECT attempt('DELETE FROM objection'), attempt('TRUNCATE objection');
SELECT objection, status, decision, decided_by = current_user AS me, decided_at >= filed_at AS later FROM objection ORDER BY 1;
-- a publication whose objections are not decided does not become final, one that is takes none
SET test.today = '2020-01-01';
SELECT start_public_notice(1, '2020-01-01', '2020-01-07');
SET test.today = '2020-01-08';
SELECT attempt('SELECT innovation_score.finalize_publication(1)');
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'a', 1, 'x')$$);
SELECT reject_objection(5, 'no');
SELECT finalize_publication(1);
SELECT attempt($$SELECT innovation_score.file_objection(1, 'F001', 'a', 1, 'x')$$);

-- ---------------------------------------------------------------- the next publication

SELECT publish('live', '2024', 'second');
SELECT * FROM published_correction;
SELECT p.entity, p.indicator, p.value, p.source_value, p.objection FROM published_value p WHERE publication = 2 AND (p.entity, p.indicator) IN (('F001', 'a'), ('F002', 'b'), ('F003', 'c')) ORDER BY 1, 2;
SELECT * FROM publication_changes(2);
SELECT "check", ok, CASE WHEN "check" <> 'digest' THEN detail END AS detail FROM verify_publication(2);
-- as if the source had been corrected: bounds are fitted to the claimed values, too
BEGIN;
UPDATE firm SET a = 12345.678 WHERE firm = 'F001' AND year = 2024;
UPDATE firm SET b = NULL WHERE firm = 'F002' AND year = 2024;
SELECT count(*), count(*) FILTER (WHERE f.score IS DISTINCT FROM s.score) AS scores, count(*) FILTER (WHERE f.rank IS DISTINCT FROM r.rank) AS ranks,
       count(*) FILTER (WHERE (f.decision, f.reasons) IS DISTINCT FROM (w.decision, w.reasons)) AS decisions, count(*) FILTER (WHERE f.score IS DISTINCT FROM o.score) > 10 AS moved
FROM published_firm f JOIN live_score s ON s.firm = f.entity AND s.year = 2024 JOIN live_ranking r ON r.firm = f.entity AND r.year = 2024
JOIN live_whitelist w ON w.firm = f.entity AND w.year = 2024 JOIN published_firm o ON o.publication = 1 AND o.entity = f.entity WHERE f.publication = 2;
ROLLBACK;
-- a later objection about the same value takes its place; other periods are left alone
SELECT file_objection(2, 'F001', 'a', 5, 'the report was wrong');
SELECT accept_objection(6, 'right');
SELECT publish('live', '2024', 'third'), publish('live', '2023', 'another year');
SELECT * FROM published_correction WHERE publication > 2 ORDER BY publication, entity;
SELECT * FROM publication_changes(3) WHERE item NOT IN ('decision');
SELECT bool_and(ok) FROM verify_publication(3);
SELECT count(*) FROM publication_changes(4);
SELECT attempt('SELECT * FROM innovation_score.publication_changes(9)');
-- long sources and frozen models
CREATE TABLE tall AS SELECT firm AS "the firm", stage, i, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c::float8)) x(i, v) WHERE year = 2023 AND v IS NOT NULL;
SELECT create_scoreboard('tall', 'board', 'tall', '"the firm"', 'stage', mapping => '{"d": null, "e": null}', long => '{"indicator": "i", "value": "v"}');
SELECT freeze_scoreboard('tall');
SELECT publish('tall', NULL, 'long') AS number \gset
SELECT file_objection(:number, 'F007', 'a', 99, 'x') AS objection \gset
SELECT accept_objection(:objection, 'y');
SELECT publish('tall', NULL, 'long again') AS number \gset
SELECT entity, indicator, source_value, used_value FROM published_correction WHERE publication = :number;
SELECT count(*) FILTER (WHERE n.score IS DISTINCT FROM o.score) AS moved FROM published_firm n JOIN published_firm o USING (entity) WHERE n.publication = :number AND o.publication = :number - 1;
SELECT bool_and(ok) FROM verify_publication(:number);
SELECT entity, item, reason FROM publication_changes(:number) WHERE item <> 'decision';

-- ---------------------------------------------------------------- what if

-- a field full of ties, and every part of a rule
INSERT INTO scheme (scheme, full_marks, extreme, missing, min_coverage) VALUES ('plain', 128, 'fixed(0,128)', 'zero', 0.4);
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category, position) VALUES ('plain', 'value', 'only', 1), ('plain', 'other', 'only', 2);
INSERT INTO weight VALUES ('plain', 'all', 'value', 1), ('plain', 'all', 'other', 1);
CREATE TABLE result AS
SELECT 'F' || i AS firm, CASE WHEN i % 11 <> 0 THEN (ARRAY['杭州', '宁波', '温州'])[1 + i % 3] END AS city, CASE WHEN i % 13 <> 5 THEN (i * 7 % 17 * 5)::float8 END AS value,
       CASE WHEN i % 10 NOT IN (5, 6) THEN (i * 7 % 17 * 5)::float8 END AS other, i % 9 <> 0 AS ok
FROM generate_series(1, 30) i;
SELECT create_scoreboard('w', 'plain', 'result', 'firm');
INSERT INTO exclusion VALUES ('w', 'F28', 'x', NULL, NULL);

-- the field with one firm's score replaced, ranked and cut by PostgreSQL's own functions
CREATE FUNCTION brute(number bigint, entity text, score float8, coverage float8) RETURNS TABLE (rank bigint, decision text) LANGUAGE sql AS $$
    WITH r AS (SELECT rule::jsonb AS r FROM publication WHERE publication = number),
    field AS (SELECT f.entity, f.barred, f.quota, CASE WHEN f.entity = $2 THEN $3 ELSE f.score END AS score, CASE WHEN f.entity = $2 THEN $4 ELSE f.coverage END AS coverage
              FROM published_firm f WHERE publication = number),
    eligible AS (SELECT f.*, r IS NOT NULL AND NOT barred AND score IS NOT NULL AND COALESCE(score >= (r ->> 'min_score')::float8, true)
                        AND COALESCE(coverage >= (r ->> 'min_coverage')::float8, true) AS eligible FROM field f, r),
    admitted AS (SELECT e.*, eligible AND COALESCE(rank() OVER (PARTITION BY eligible, quota ORDER BY score DESC) <= (r ->> 'quota_n')::int, true) AS admitted FROM eligible e, r),
    listed AS (SELECT a.*, admitted AND COALESCE(rank() OVER (PARTITION BY admitted ORDER BY score DESC) <= (r ->> 'top_n')::int, true) AS listed FROM admitted a, r),
    kept AS (SELECT l.*, eligible AND NOT listed AND rank() OVER (PARTITION BY eligible AND NOT listed ORDER BY score DESC) <= (r ->> 'reserve_n')::int AS kept,
                    CASE WHEN score IS NOT NULL THEN rank() OVER (ORDER BY score DESC NULLS LAST) END AS rank FROM listed l, r)
    SELECT rank, CASE WHEN listed THEN 'listed' WHEN kept THEN 'reserve' ELSE 'rejected' END FROM kept k WHERE k.entity = $2
$$;
-- every firm with eight other values each: rank and decision as the brute force finds them
CREATE FUNCTION check_what_if() RETURNS TABLE (compared bigint, ranks bigint, decisions bigint, changed bigint, listed bigint, reserve bigint) LANGUAGE sql AS $$
    SELECT count(*), count(*) FILTER (WHERE w.rank_after IS DISTINCT FROM b.rank), count(*) FILTER (WHERE w.decision_after IS DISTINCT FROM b.decision),
           count(*) FILTER (WHERE w.decision_after <> w.decision_before), count(*) FILTER (WHERE w.decision_after = 'listed'), count(*) FILTER (WHERE w.decision_after = 'reserve')
    FROM published_firm f
    CROSS JOIN (SELECT jsonb_build_object('value', i * 5, 'other', i * 5) AS changes FROM generate_series(1, 17, 3) i
                UNION ALL SELECT '{"value": null, "other": null}' UNION ALL SELECT '{"value": null, "other": 60}') c
    CROSS JOIN LATERAL what_if('w', entity => f.entity, changes => c.changes) w
    LEFT JOIN LATERAL brute(f.publication, f.entity, w.score_after,
        (SELECT (CASE WHEN c.changes -> 'value' = 'null' THEN 0 ELSE 0.5 END + CASE WHEN c.changes -> 'other' = 'null' THEN 0 ELSE 0.5 END)::float8)) b ON true
    WHERE f.publication = (SELECT max(publication) FROM publication WHERE scoreboard = 'board.w')
$$;
SELECT publish('w', NULL, 'no rule') > 0 AS published;
SELECT * FROM check_what_if();
SELECT set_whitelist_rule('w');
SELECT publish('w', NULL, 'all') > 0 AS published;
SELECT * FROM check_what_if();
SELECT set_whitelist_rule('w', min_score => 20, min_coverage => 0.75, top_n => 7, required => 'ok');
SELECT publish('w', NULL, 'top') > 0 AS published;
SELECT * FROM check_what_if();
SELECT set_whitelist_rule('w', quota_by => 'city', quota_n => 4, reserve_n => 3);
SELECT publish('w', NULL, 'quota') > 0 AS published;
SELECT * FROM check_what_if();
SELECT set_whitelist_rule('w', min_score => 8, top_n => 9, quota_by => 'city', quota_n => 4, reserve_n => 5, required => 'ok');
SELECT publish('w', NULL, 'everything') > 0 AS published;
SELECT * FROM check_what_if();
SELECT set_whitelist_rule('w', top_n => 100, quota_by => 'city', quota_n => 100, reserve_n => 100);
SELECT publish('w', NULL, 'more places than firms') > 0 AS published;
SELECT * FROM check_what_if();
SELECT set_whitelist_rule('w', top_n => 1, reserve_n => 4);
SELECT publish('w', NULL, 'one') > 0 AS published;
SELECT * FROM check_what_if();

-- no changes change nothing; scores are those of score()
SELECT count(*), count(*) FILTER (WHERE (score_before, rank_before, category_scores_before, decision_before) IS DISTINCT FROM (score_after, rank_after, category_scores_after, decision_after)) AS different,
       count(*) FILTER (WHERE (w.publication, w.score_before, w.rank_before, w.decision_before) IS DISTINCT FROM (f.publication, f.score, f.rank, f.decision)) AS not_published
FROM published_firm f CROSS JOIN LATERAL what_if('live', '2024', f.entity, '{}') w WHERE f.publication = 3;
SELECT count(*), count(*) FILTER (WHERE w.score_after IS DISTINCT FROM score(m.model::text::score_model, f.stage, VARIADIC ARRAY[500, f.vals[2], NULL, f.vals[4], f.vals[5]])) AS different
FROM published_firm f LEFT JOIN published_model m USING (publication, peers) CROSS JOIN LATERAL what_if('live', '2024', f.entity, '{"a": 500, "c": null}') w WHERE f.publication = 3;
SELECT * FROM what_if('live', '2024', 'F002', '{"a": 9000, "c": 30}');
-- the period may be left out: the latest publication; retracted ones do not count
SELECT publication FROM what_if('live', entity => 'F002', changes => '{}');
SELECT retract(4, 'x');
SELECT publication FROM what_if('live', entity => 'F002', changes => '{}');
-- without a publication the scoreboard itself, with the same result
CREATE FUNCTION without_publication(board text, entity text, changes jsonb, period text) RETURNS TABLE (same boolean, decision text) LANGUAGE plpgsql AS $$
DECLARE
    one record;
    other record;
BEGIN
    SELECT * INTO one FROM what_if(board, period, entity, changes);
    UPDATE publication SET scoreboard = 'other' WHERE scoreboard = 'board.' || board;
    SELECT * INTO other FROM what_if(board, period, entity, changes);
    UPDATE publication SET scoreboard = 'board.' || board WHERE scoreboard = 'other';
    one.publication := NULL;
    RETURN QUERY SELECT one IS NOT DISTINCT FROM other, other.decision_after;
END
$$;
SET session_replication_role = replica;
SELECT count(*), count(*) FILTER (WHERE NOT w.same) AS different, count(DISTINCT w.decision) AS decisions
FROM result r CROSS JOIN LATERAL without_publication('w', r.firm, '{"value": 80, "other": 80}', NULL) w;
RESET session_replication_role;
SELECT set_whitelist_rule('w', min_score => 8, top_n => 9, quota_by => 'city', quota_n => 4, reserve_n => 5, required => 'ok');
SELECT retract(publication, 'x') FROM publication WHERE scoreboard = 'board.w' AND title = 'one';
SELECT publish('w', NULL, 'everything') > 0 AS published;
SET session_replication_role = replica;
SELECT count(*), count(*) FILTER (WHERE NOT w.same) AS different, count(DISTINCT w.decision) AS decisions
FROM result r CROSS JOIN LATERAL without_publication('w', r.firm, '{"value": 80, "other": 80}', NULL) w;
RESET session_replication_role;
SELECT attempt($$SELECT innovation_score.what_if('live', '2024', 'nobody', '{}')$$);
SELECT attempt($$SELECT innovation_score.what_if('live', '1999', 'F001', '{}')$$);
SELECT attempt($$SELECT innovation_score.what_if('live', entity => 'F001', changes => '{"z": 1}')$$);
SELECT attempt($$SELECT innovation_score.what_if('live', entity => 'F001', changes => '{"a": "1"}')$$);
SELECT attempt($$SELECT innovation_score.what_if('live', entity => 'F001', changes => '[]')$$), attempt($$SELECT innovation_score.what_if('live', entity => 'F001', changes => NULL)$$);
SELECT attempt($$SELECT innovation_score.what_if('nothing', entity => 'F001', changes => '{}')$$);
SELECT attempt($$SELECT innovation_score.what_if('live', entity => 'F001', changes => '{"a": 1e400}')$$);

-- ---------------------------------------------------------------- roles

CREATE ROLE regress_window;
CREATE ROLE regress_reviewer;
GRANT USAGE ON SCHEMA board TO regress_window, regress_reviewer;
SELECT grant_scoreboard('live', 'regress_window', 'clerk'), grant_scoreboard('live', 'regress_reviewer', 'reviewer');
SET ROLE regress_window;
SELECT file_objection(3, 'F005', 'a', 4, 'at the window') AS objection \gset
SELECT attempt(format($$SELECT innovation_score.accept_objection(%s, 'myself')$$, :objection));
SET ROLE regress_reviewer;
SELECT attempt($$SELECT innovation_score.file_objection(3, 'F005', 'a', 4, 'x')$$);
SELECT accept_objection(:objection, 'checked');
SELECT attempt('DELETE FROM objection');
RESET ROLE;
SELECT filed_by, status, decided_by FROM objection WHERE objection = :objection;
DROP OWNED BY regress_window, regress_reviewer;
DROP ROLE regress_window, regress_reviewer;
\set ECHO none
\i :forget
