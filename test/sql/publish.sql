-- publications: what is kept equals what the views say, nothing can be changed afterwards, states, views for BI
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
\set VERBOSITY default

-- ---------------------------------------------------------------- canonical form

SELECT convert_from(_innovation_score.canonical('a', NULL::text, '', '杭州', 1.5::float8, 0.1::float8 + 0.2, '{1,NULL,NaN}'::float8[], '{"a,b",NULL}'::text[], true, 7::bigint,
                               '{"a":  1}'::json), 'UTF8') AS canonical;
-- arrays of numbers and texts, which go without their output functions, are printed like all else
SELECT count(*), count(*) FILTER (WHERE convert_from(_innovation_score.canonical(a, a::text, t), 'UTF8')
                                        IS DISTINCT FROM format('%s:%s,%1$s:%2$s,%s:%s,', octet_length(a::text), a::text, octet_length(t), t)) AS different
FROM (SELECT ARRAY[x, NULL, y] AS a, repeat('创', n) AS t FROM generate_series(1, 100) n, LATERAL (SELECT sin(n) * 10.0 ^ (n - 50) AS x, n::float8 / 8 AS y) v
      UNION ALL SELECT a::float8[], repeat('x', 100000) FROM unnest(ARRAY['{}', '{NULL}', '{NaN,Infinity,-Infinity,-0,0,5e-324,1.7976931348623157e308}', '{{1,2},{3,NULL}}', '[0:1]={1,2}', '[2:2]={3}']) a) v;
SELECT convert_from(_innovation_score.canonical('{1.1,NULL}'::numeric[], '{}'::float8[], ''::varchar(3), 'ab'::char(4), '{0.1}'::float4[]), 'UTF8') AS others;
BEGIN;
SET LOCAL extra_float_digits = -5;
SELECT convert_from(_innovation_score.canonical('{0.1234567890123456789,NULL}'::float8[], 0.1234567890123456789::float8), 'UTF8') AS short;
COMMIT;
-- what looks alike when it is put together differs
SELECT _innovation_score.canonical('ab', 'c') <> _innovation_score.canonical('a', 'bc') AND _innovation_score.canonical('a', NULL::text) <> _innovation_score.canonical('a', '')
   AND _innovation_score.canonical('-,') <> _innovation_score.canonical(NULL::text) AND _innovation_score.canonical('a,1:b') <> _innovation_score.canonical('a', 'b') AS unambiguous;
SELECT attempt($$SELECT _innovation_score.canonical(VARIADIC '{a,b}'::text[])$$);

-- ---------------------------------------------------------------- publishing

SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city,c}');
SELECT set_whitelist_rule('live', min_score => 20, min_coverage => 0.5, top_n => 50, quota_by => 'city', quota_n => 20, reserve_n => 10, required => 'd > 1');
INSERT INTO exclusion VALUES ('live', 'F264', 'tax', NULL, NULL), ('live', 'F001', 'past', '2000-01-01', '2000-12-31');
SELECT publish('live', '2024', '二〇二四年度');
-- one without periods, peers, attributes and rule, over a long table; a frozen one; dates as periods
CREATE TABLE tall AS SELECT firm, stage, i, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c::float8)) x(i, v) WHERE year = 2023 AND v IS NOT NULL;
SELECT create_scoreboard('tall', 'board', 'tall', 'firm', 'stage', mapping => '{"d": null, "e": null}', long => '{"indicator": "i", "value": "v"}');
SELECT publish('tall', NULL, NULL);
CREATE VIEW dated AS SELECT *, make_date(year, 12, 31) AS day FROM firm;
SELECT create_scoreboard('dated', 'board', 'dated', 'firm', 'stage', 'day', peers => '{stage}');
SELECT set_whitelist_rule('dated', top_n => 10);
SELECT freeze_scoreboard('dated');
SET datestyle = 'German';
SET extra_float_digits = -3;
SELECT publish('dated', '2022-12-31', 'frozen');
RESET datestyle;
RESET extra_float_digits;
SELECT publish('live', '2023', 'the year before');

SELECT publication, scoreboard, scheme, period, title, state, firms, scored, listed, published_at > now() AS later, published_by = current_user AS me
FROM publication_list ORDER BY publication;
SELECT publication, indicators, categories, peers, attributes, rule FROM publication ORDER BY publication;
SELECT publication, (SELECT jsonb_object_agg(key, value) FROM jsonb_each(board_document::jsonb) WHERE value NOT IN ('null', 'false') AND key NOT IN ('frozen_at', 'time_zone')) AS settings
FROM publication ORDER BY publication;
SELECT p.publication, p.scheme_document -> 'scheme' ->> 'title' AS title, p.scheme_document::jsonb = scheme_export(p.scheme) AS exported, count(m.*) AS models, bool_and(is_fitted(m.model::text::score_model)) AS fitted,
       (SELECT array_agg(k ORDER BY k) FROM json_object_keys(p.scheme_document) k) AS parts
FROM publication p LEFT JOIN published_model m USING (publication) GROUP BY p.publication ORDER BY 1;
-- a chain
SELECT publication, encode(previous_digest, 'hex') IS NOT DISTINCT FROM lag(encode(digest, 'hex')) OVER (ORDER BY publication) AS linked, octet_length(digest) FROM publication;

-- what is kept is what the views say: bits of scores, ranks, decisions, reasons, values, models
CREATE FUNCTION kept(number bigint, board text, entity text, period text, vals text)
RETURNS TABLE (firms bigint, scores bigint, ranks bigint, decisions bigint, "values" bigint, models bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH kept AS (SELECT * FROM published_firm WHERE publication = %1$s)
        SELECT (SELECT count(*) FROM kept),
               (SELECT count(*) FROM (SELECT entity, stage, float8send(score), float8send(coverage), array_send(category_scores) FROM kept
                                      EXCEPT ALL
                                      SELECT %3$s, stage, float8send(score), float8send(coverage),
                                             CASE WHEN coverage IS NOT NULL THEN array_send(ARRAY[x_score, y_score, z_score, p_score]) END
                                      FROM %2$s_score WHERE %4$s) d),
               (SELECT count(*) FROM (SELECT entity, rank, stage_rank FROM kept EXCEPT ALL SELECT %3$s, rank, stage_rank FROM %2$s_ranking WHERE %4$s) d),
               (SELECT count(*) FROM (SELECT entity, decision, reasons FROM kept EXCEPT ALL SELECT %3$s, decision, reasons FROM %2$s_whitelist WHERE %4$s) d),
               (SELECT count(*) FROM (SELECT entity, vals FROM kept EXCEPT ALL SELECT %3$s, %5$s FROM firm WHERE %6$s) d),
               (SELECT count(*) FROM (SELECT model::jsonb FROM published_model WHERE publication = %1$s
                                      EXCEPT ALL SELECT model::jsonb FROM %2$s_model WHERE %4$s) d)
        $query$, number, board, entity, period, vals, CASE board WHEN 'tall' THEN 'year = 2023' WHEN 'dated' THEN 'year = 2022' ELSE period END);
END
$$;
SELECT * FROM kept(1, 'live', 'firm', 'year = 2024', 'ARRAY[a, b, c, d, e]::float8[]');
SELECT * FROM kept(2, 'tall', 'firm', 'true', 'ARRAY[a, b, c, NULL, NULL]::float8[]');
SELECT * FROM kept(3, 'dated', 'firm', $$day = '2022-12-31'$$, 'ARRAY[a, b, c, d, e]::float8[]');
SELECT * FROM kept(4, 'live', 'firm', 'year = 2023', 'ARRAY[a, b, c, d, e]::float8[]');
-- and the scores are those of the twin in plain SQL
SELECT count(*) AS compared, count(*) FILTER (WHERE differs(f.score, t.score) OR differs(f.category_scores[1], t.x) OR f.rank IS DISTINCT FROM t.rank
           OR f.stage_rank IS DISTINCT FROM t.stage_rank) AS different
FROM published_firm f LEFT JOIN twin($$SELECT firm AS entity, year AS period, city AS grp, stage, a, b, c, d, e FROM firm WHERE year = 2024$$) t ON t.entity = f.entity
WHERE f.publication = 1;

-- bounds fitted on a sample, over all periods, or for small groups on more than the group
BEGIN;
SELECT create_scoreboard('few', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', sample => 'c > 2', min_peers => 40);
SELECT create_scoreboard('pooled', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', pooled => true);
SELECT set_whitelist_rule('few', top_n => 20), set_whitelist_rule('pooled', min_score => 30);
SELECT publish('few', '2024', 'few') AS few, publish('pooled', '2024', 'pooled') AS pooled \gset
SELECT * FROM kept(:few, 'few', 'firm', 'year = 2024', 'ARRAY[a, b, c, d, e]::float8[]');
CREATE VIEW both_model AS SELECT 2024 AS year, * FROM pooled_model;
CREATE VIEW both_score AS TABLE pooled_score;
CREATE VIEW both_ranking AS TABLE pooled_ranking;
CREATE VIEW both_whitelist AS TABLE pooled_whitelist;
SELECT * FROM kept(:pooled, 'both', 'firm', 'year = 2024', 'ARRAY[a, b, c, d, e]::float8[]');
SELECT p.publication = :few AS few, bool_and(v.ok) FROM publication p, verify_publication(p.publication) v WHERE p.publication IN (:few, :pooled) GROUP BY 1 ORDER BY 1;
-- a correction is one of its period, also where another period's values are fitted with it
SELECT file_objection(:pooled, 'F002', 'a', 1e6, 'x') AS objection \gset
SELECT accept_objection(:objection, 'y');
SELECT publish('pooled', '2024', 'corrected') AS corrected \gset
UPDATE firm SET a = 1e6 WHERE firm = 'F002' AND year = 2024;
SELECT * FROM kept(:corrected, 'both', 'firm', 'year = 2024', 'ARRAY[a, b, c, d, e]::float8[]');
ROLLBACK;

-- ---------------------------------------------------------------- views for BI

SELECT table_name, string_agg(format('%s %s', column_name, data_type), ', ' ORDER BY ordinal_position)
FROM information_schema.columns WHERE table_schema = 'innovation_score' AND table_name ~ '^(publication_|published_)(list|score|category_score|value|attribute|whitelist)$'
GROUP BY 1 ORDER BY 1;
SELECT entity, stage, score, rank, stage_rank, decision FROM published_score WHERE publication = 1 ORDER BY rank, entity LIMIT 4;
SELECT entity, category, score FROM published_category_score WHERE publication = 1 AND entity = 'F264';
SELECT entity, indicator, value, source_value, objection FROM published_value WHERE publication = 1 AND entity = 'F264';
SELECT entity, attribute, value FROM published_attribute WHERE publication = 1 AND entity = 'F264';
SELECT entity, attribute, value FROM published_attribute WHERE publication = 3 AND entity = 'F264';
SELECT decision, count(*) FROM published_whitelist WHERE publication = 1 GROUP BY 1 ORDER BY 1;
SELECT barred, eligible, admitted, decision, count(*) FROM published_firm WHERE publication = 1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- ---------------------------------------------------------------- nothing can be changed

SELECT attempt(format('%s', command))
FROM unnest(ARRAY[
    'UPDATE published_firm SET score = 100 WHERE entity = ''F001''', 'DELETE FROM published_firm WHERE entity = ''F001''', 'TRUNCATE published_firm',
    'INSERT INTO published_firm SELECT * FROM published_firm', 'UPDATE publication SET title = ''x''', 'DELETE FROM publication', 'TRUNCATE publication, published_model',
    'INSERT INTO publication SELECT * FROM publication', 'UPDATE published_model SET model = ''{}''', 'DELETE FROM published_correction',
    'INSERT INTO published_model VALUES (1, ''{x}'', ''{}'')', 'DELETE FROM publication_event', 'UPDATE publication_event SET state = ''final''']) command;
-- an INSERT among the changes of state goes through the same checks as the functions
SELECT attempt($$INSERT INTO publication_event (publication, state) VALUES (1, 'final')$$);
SELECT attempt($$INSERT INTO publication_event (publication, state) VALUES (1, 'listed')$$);
SELECT attempt($$INSERT INTO publication_event (publication, state) VALUES (1, NULL)$$);

-- ---------------------------------------------------------------- errors

SELECT attempt($$SELECT innovation_score.publish('nothing', '2024', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('live', NULL, 't')$$);
SELECT attempt($$SELECT innovation_score.publish('tall', '2024', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('live', '2024x', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('live', '2024x', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('live', '1999', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('dated', '31.12.2022', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('live', ''' OR true --', 't')$$);
CREATE VIEW twice AS SELECT * FROM firm UNION ALL SELECT * FROM firm WHERE firm IN ('F003', 'F004') AND year = 2024;
SELECT create_scoreboard('twice', 'board', 'twice', 'firm', 'stage', 'year');
SELECT attempt($$SELECT innovation_score.publish('twice', '2024', 't')$$);
SELECT attempt($$SELECT innovation_score.publish('twice', '2023', 't')$$);
CREATE VIEW unnamed AS SELECT NULLIF(firm, 'F003') AS firm, year, stage, a, b, c, d, e FROM firm;
SELECT create_scoreboard('unnamed', 'board', 'unnamed', 'firm', 'stage', 'year');
SELECT attempt($$SELECT innovation_score.publish('unnamed', '2024', 't')$$);
-- nothing is left of what failed
SELECT (SELECT count(*) FROM publication) AS publications, (SELECT max(publication) FROM published_firm) AS firms, (SELECT max(publication) FROM published_model) AS models;
-- a scheme that has changed since, although publications use it
SELECT attempt($$UPDATE weight SET weight = weight + 1 WHERE scheme = 'board' AND indicator = 'a'$$);
BEGIN;
SELECT unlock_scheme('board');
UPDATE weight SET weight = weight + 1 WHERE scheme = 'board' AND indicator = 'a';
SELECT attempt($$SELECT innovation_score.publish('live', '2024', 't')$$);
ROLLBACK;
BEGIN;
SELECT unlock_scheme('board');
UPDATE scheme SET on_error = 'exclude' WHERE scheme = 'board';
SELECT attempt($$SELECT innovation_score.publish('live', '2024', 't')$$);
ROLLBACK;
-- values that are no numbers are missing; what is published of infinities is what was there
BEGIN;
UPDATE firm SET a = 'NaN', e = 'Infinity' WHERE firm = 'F010' AND year = 2024;
SELECT publish('live', '2024', 'odd') > 0 AS published;
SELECT f.vals, s.score = f.score AS same FROM published_firm f JOIN live_score s ON s.firm = f.entity AND s.year = 2024 WHERE publication = (SELECT max(publication) FROM publication) AND entity = 'F010';
SELECT "check", ok FROM verify_publication((SELECT max(publication) FROM publication));
ROLLBACK;
-- texts with everything in them
BEGIN;
CREATE TABLE odd (name text, stage text, "group" text, a float8, b float8, c float8, d float8, e float8);
INSERT INTO odd SELECT n, 's', n || '"', 1 / i::float8, i, i, 0, -0.0::float8 FROM unnest(ARRAY['', ' ', 'a''b', 'a"b', '{a,b}', 'NULL', E'a\nb\t\\', '浙江"杭州"', ';DROP TABLE odd; --', '%s %I $1']) WITH ORDINALITY u(n, i);
INSERT INTO odd VALUES ('same', 's', NULL, 5e-324, -1.7976931348623157e308, 0, 1, 0);
SELECT create_scoreboard('"Odd; ""board"" %"', 'board', 'odd', 'name', 'stage', peers => '{group}', attributes => '{group}');
SELECT set_whitelist_rule('"Odd; ""board"" %"', quota_by => '"group" || ''%''', quota_n => 1, required => 'name <> ''%s''');
SELECT publish('"Odd; ""board"" %"', NULL, '''; DROP TABLE publication; --') AS number \gset
SELECT entity, peers, vals, decision FROM published_firm WHERE publication = :number ORDER BY entity;
SELECT "check", ok, CASE WHEN "check" <> 'digest' THEN detail END AS detail FROM verify_publication(:number);
SELECT rank_after FROM what_if('"Odd; ""board"" %"', entity => 'a''b', changes => '{"a": 2}');
ROLLBACK;

-- ---------------------------------------------------------------- states

SELECT attempt('SELECT innovation_score.finalize_publication(1)');
SELECT attempt('SELECT innovation_score.start_public_notice(1, NULL, ''2020-01-01'')');
SELECT attempt($$SELECT innovation_score.start_public_notice(1, '2020-01-02', '2020-01-01')$$);
SELECT attempt($$SELECT innovation_score.start_public_notice(1, '-infinity', 'infinity')$$);
SELECT attempt($$SELECT innovation_score.start_public_notice(99, '2020-01-01', '2020-01-02')$$);
-- a notice lies in the future when it is announced
SET test.today = '2020-01-01';
SELECT attempt($$SELECT innovation_score.start_public_notice(1, '2019-12-31', '2020-01-06')$$);
SELECT start_public_notice(1, '2020-01-01', '2020-01-06');
SET test.today = '2020-01-03';
-- what was announced is not shortened
BEGIN;
SELECT start_public_notice(1, '2020-01-01', '2999-12-31');
SELECT attempt('SELECT innovation_score.finalize_publication(1)');
SELECT attempt($$SELECT innovation_score.start_public_notice(1, '2020-01-01', '2020-01-07')$$);
ROLLBACK;
SELECT attempt($$SELECT innovation_score.start_public_notice(1, '2020-01-02', '2020-01-07')$$);
SELECT start_public_notice(1, '2020-01-01', '2020-01-07');
SET test.today = '2020-01-07';
SELECT attempt('SELECT innovation_score.finalize_publication(1)');
SET test.today = '2020-01-08';
SELECT finalize_publication(1);
SELECT attempt($$SELECT innovation_score.start_public_notice(1, '2020-01-01', '2020-01-02')$$);
SELECT attempt($$SELECT innovation_score.retract(3, ' ')$$);
SELECT attempt($$SELECT innovation_score.retract(3, NULL)$$);
SELECT retract(3, 'wrong year');
SELECT attempt($$SELECT innovation_score.retract(3, 'again')$$);
SET datestyle = 'ISO, YMD';
SELECT publication, event, state, notice_from, notice_to, reason, changed_at = now() AS now, changed_by = current_user AS me FROM publication_event ORDER BY 1, 2;
SELECT publication, state, notice_from, notice_to, retraction_reason FROM publication_list ORDER BY 1;
-- what has been retracted is kept, but the views show it no more
SELECT (SELECT count(*) FROM published_firm WHERE publication = 3) AS kept, (SELECT count(*) FROM published_score WHERE publication = 3) AS scores,
       (SELECT count(*) FROM published_value WHERE publication = 3) AS "values", (SELECT count(*) FROM published_whitelist WHERE publication = 3) AS whitelist,
       (SELECT count(*) FROM published_category_score WHERE publication = 3) AS categories, (SELECT count(*) FROM published_attribute WHERE publication = 3) AS attributes;

-- ---------------------------------------------------------------- roles

CREATE ROLE regress_publisher;
CREATE ROLE regress_bank;
CREATE ROLE regress_analyst;
CREATE ROLE regress_city;
GRANT USAGE ON SCHEMA board TO regress_publisher, regress_bank, regress_analyst, regress_city;
SELECT grant_scoreboard(b, 'regress_publisher', 'publisher'), grant_scoreboard(b, 'regress_bank', 'bank') FROM unnest('{live,twice}'::text[]) b;
GRANT SELECT ON publication, published_model, published_firm, published_correction, publication_event, objection, publication_list, published_score TO regress_analyst;
SET ROLE regress_publisher;
SELECT publish('live', '2022', 'by the publisher') > 0 AS published;
SELECT attempt('DELETE FROM published_firm');
SELECT start_public_notice(5, '2020-02-01', '2999-12-31');
SELECT attempt($$SELECT innovation_score.retract(5, 'mine')$$) ~ '^42501: only the owner of publication 5 can retract it' AS refused;
-- no way past the functions, by no setting, lock or call
SET row_security = off; SET check_function_bodies = off; SET application_name = 'pgcopydb'; SET innovation_score.restoring = on;
SELECT attempt(c) FROM unnest(ARRAY[
    $$INSERT INTO published_model VALUES (1, '{}', '{}')$$, $$INSERT INTO published_firm SELECT * FROM published_firm LIMIT 1$$,
    $$INSERT INTO publication_event (publication, state) VALUES (4, 'final')$$, $$INSERT INTO objection (publication) VALUES (1)$$,
    $$UPDATE objection SET status = 'accepted'$$, $$INSERT INTO publication_log SELECT * FROM publication_log LIMIT 1$$,
    $$INSERT INTO whitelist_batch (scoreboard, batch, columns, sha256) VALUES ('board.live', 1, '{}', '')$$,
    $$SELECT _innovation_score.do_publish(10::oid, 'live', '2024', 'x', '{board}')$$, $$SELECT _innovation_score.do_retract(10::oid, 5, 'x')$$,
    $$SELECT * FROM _innovation_score.fetch_as_owner('board.live', 'SELECT 1') AS f(n integer)$$, $$SELECT _innovation_score.log_turn('publication')$$,
    $$SELECT _innovation_score.log_append('publication', 9, now(), '')$$, $$SELECT _innovation_score.set_objection(1, 'accepted', 'x', 'clerk', 10::oid)$$,
    $$SELECT start_public_notice(4, '2020-01-02', '2020-01-01')$$, $$SELECT file_objection(1, 'F001', 'a', 1, 'x')$$,
    $$INSERT INTO _innovation_score.restored VALUES ('publication', '()')$$]) c;
SELECT start_public_notice(4, '2030-01-01', '2030-01-02');
RESET row_security; RESET check_function_bodies; RESET application_name; RESET innovation_score.restoring;
RESET ROLE;
SELECT count(*) FROM _innovation_score.restored;
SELECT state, changed_by FROM publication_event WHERE publication = 4;
-- what a policy hides from the publisher is published all the same
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON firm FOR SELECT TO regress_publisher USING (city = '宁波');
SET ROLE regress_publisher;
SELECT publish('live', '2023', 'under a policy') AS hidden \gset
RESET ROLE;
SELECT firms, published_by FROM publication WHERE publication = :hidden;
DROP POLICY few ON firm;
ALTER TABLE firm DISABLE ROW LEVEL SECURITY;
SET ROLE regress_bank;
SELECT publication, state, count(*), count(*) FILTER (WHERE decision = 'listed') AS listed FROM published_whitelist GROUP BY 1, 2 ORDER BY 1;
SELECT attempt('SELECT * FROM published_firm'), attempt('SELECT * FROM published_score'), attempt('SELECT title FROM publication');
-- whoever may not read what a function reads is told the GRANT, all of it at once
SELECT DISTINCT attempt('SELECT * FROM innovation_score.' || c) COLLATE "C" AS attempt
FROM unnest(ARRAY['verify_publication(1)', 'verify_publication_head(innovation_score.publication_head())', 'publication_changes(5)', 'score_changes(1, 5)', 'publication_receipt(1, ''F001'')',
                  'publication_receipts(1)', 'what_if(''board.live'', ''2024'', ''F001'', ''{"a": 1}'')']) c ORDER BY 1;
SET ROLE regress_analyst;
SELECT publication, count(*) FROM published_score GROUP BY 1 ORDER BY 1;
SELECT "check", ok, CASE WHEN "check" IN ('states', 'source') THEN detail END AS detail FROM verify_publication(1);
SELECT attempt($$SELECT innovation_score.publish('live', '2024', 't')$$), attempt($$SELECT innovation_score.start_public_notice(4, '2020-01-01', '2020-01-02')$$);
RESET ROLE;
-- a city sees its own firms
ALTER TABLE published_firm ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON published_firm USING (current_user <> 'regress_city');
CREATE POLICY city ON published_firm FOR SELECT TO regress_city USING (peers = '{宁波}');
GRANT SELECT ON publication, published_firm TO regress_city;
SET ROLE regress_city;
SELECT publication, peers, count(*) FROM published_firm GROUP BY 1, 2 ORDER BY 1;
RESET ROLE;
DROP POLICY everyone ON published_firm;
DROP POLICY city ON published_firm;
ALTER TABLE published_firm DISABLE ROW LEVEL SECURITY;

-- ---------------------------------------------------------------- nobody has a score
-- nor is there anybody, in a scoreboard without periods
BEGIN;
CREATE VIEW no_firms AS SELECT * FROM firm WHERE false;
SELECT create_scoreboard('board.nobody', 'board', 'no_firms', 'firm', 'stage');
SELECT attempt($$SELECT innovation_score.publish('board.nobody', NULL, 'x')$$);
ROLLBACK;

BEGIN;
CREATE VIEW nobody AS SELECT firm, CASE WHEN year < 2024 THEN stage END AS stage, CASE WHEN year < 2023 THEN 2022 WHEN year = 2024 THEN 2024 END AS year, city, a, b, c, d, e FROM firm;
SELECT create_scoreboard('nobody', 'board', 'nobody', 'firm', 'stage', 'year');
SELECT attempt($$SELECT innovation_score.publish('board.nobody', '2024', 'x')$$);
SELECT set_whitelist_rule('nobody', top_n => 3);
SELECT attempt($$SELECT innovation_score.publish('board.nobody', '2024', 'x')$$);
SELECT freeze_scoreboard('nobody');
DELETE FROM fitted_model WHERE scoreboard = 'board.nobody' AND period = '2022';
SELECT attempt($$SELECT innovation_score.publish('board.nobody', '2022', 'x')$$);
ROLLBACK;

-- ---------------------------------------------------------------- who qualifies directly, and minima of categories

BEGIN;
SELECT set_whitelist_rule('live', min_score => 20, top_n => 20, quota_by => 'city', quota_n => 8, reserve_n => 5, category_minimum => '{"x": 15, "y": 20}', qualifies => 'right(firm, 1) = ''7''', required => 'd > 1');
SELECT publish('live', '2024', 'direct') AS number \gset
SELECT * FROM kept(:number, 'live', 'firm', 'year = 2024', 'ARRAY[a, b, c, d, e]::float8[]');
SELECT qualifies, eligible, decision, count(*), count(*) FILTER (WHERE reasons LIKE '%of category%') AS by_category FROM published_firm WHERE publication = :number GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT "check", ok, detail FROM verify_publication(:number) WHERE "check" IN ('scores', 'ranks', 'decisions');
-- without the value that is required nobody is listed, not even directly; and without a change nothing changes
SELECT f.qualifies, w.decision_before, w.decision_after, count(*) FROM published_firm f, LATERAL what_if('live', '2024', f.entity, '{"a": 0, "b": 0, "c": 0, "d": 0, "e": 0}') w
WHERE f.publication = :number GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT count(*), count(*) FILTER (WHERE w.decision_after <> w.decision_before OR w.score_after <> w.score_before) AS changed
FROM published_firm f, LATERAL what_if('live', '2024', f.entity, '{}') w WHERE f.publication = :number;
ROLLBACK;

-- ---------------------------------------------------------------- publications outlive what they were made of

SELECT drop_scoreboard('tall');
DROP TABLE tall;
SELECT "check", ok, detail FROM verify_publication(2) WHERE "check" <> 'digest';
SELECT attempt('DROP TABLE firm CASCADE');
SELECT "check", ok, detail FROM verify_publication(1) WHERE "check" = 'source';

DROP OWNED BY regress_publisher, regress_bank, regress_analyst, regress_city;
DROP ROLE regress_publisher, regress_bank, regress_analyst, regress_city;
\set ECHO none
\i :forget
