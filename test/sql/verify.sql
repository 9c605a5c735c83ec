-- verification: what is sound is found sound, and one changed bit in any column of any table is found
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

-- two publications with everything that a row can have: events, objections of every status, corrections
SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city,c}');
SELECT set_whitelist_rule('live', min_score => 20, min_coverage => 0.5, top_n => 50, quota_by => 'city', quota_n => 20, reserve_n => 10, required => 'd > 1');
SELECT publish('live', '2024', 'first');
SELECT file_objection(1, 'F002', 'a', 4000.25, 'audit'), file_objection(1, 'F004', 'b', NULL, 'letter'), file_objection(1, 'F005', 'c', 7, 'none');
SELECT accept_objection(1, 'shown'), reject_objection(2, 'not shown'), withdraw_objection(3, 'by letter');
SET test.today = '2020-01-01';
SELECT start_public_notice(1, '2020-01-01', '2020-01-07');
SET test.today = '2020-01-08';
SELECT finalize_publication(1);
SELECT publish('live', '2024', 'second');
SELECT retract(1, 'replaced by the second');
SELECT file_objection(2, 'F006', 'd', 2, 'invoice');

SELECT "check", ok, CASE WHEN "check" <> 'digest' THEN detail END AS detail FROM verify_publication(1);
SELECT "check", ok, CASE WHEN "check" <> 'digest' THEN detail END AS detail FROM verify_publication(2);
SELECT attempt('SELECT * FROM innovation_score.verify_publication(3)'), attempt('SELECT * FROM innovation_score.verify_publication(NULL)');
-- whatever the settings of the session
SET extra_float_digits = -10;
SET datestyle = 'German';
SET timezone = 'Asia/Shanghai';
SELECT count(*), bool_and(ok) FROM verify_publication(2);
RESET extra_float_digits;
RESET datestyle;
RESET timezone;

-- firms of earlier batches are barred: they take no places from others, and no value brings them in
BEGIN;
SELECT create_scoreboard('batches', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT set_whitelist_rule('batches', top_n => 10, quota_by => 'city', quota_n => 5, reserve_n => 4);
SELECT record_whitelist_batch('batches', '2023');
SELECT publish('batches', '2024', 'after a batch') AS number \gset
SELECT decision, barred, eligible, count(*) FROM published_firm WHERE publication = :number GROUP BY 1, 2, 3 ORDER BY 1;
SELECT count(*) AS other_than_the_view FROM published_firm f JOIN batches_whitelist w ON w.firm = f.entity AND w.year = 2024
WHERE f.publication = :number AND (f.decision, f.reasons) IS DISTINCT FROM (w.decision, w.reasons);
SELECT * FROM verify_publication(:number) WHERE ok IS NOT true;
SELECT kind, number, (SELECT array_agg(b.batch) FROM whitelist_batch b WHERE b.entry = l.entry) AS batches FROM publication_log l ORDER BY entry DESC LIMIT 2;
SAVEPOINT batch;
UPDATE whitelist_batch_firm SET score = score + 1 WHERE scoreboard = 'board.batches' AND rank = 1;
UPDATE whitelist_batch SET note = 'x' WHERE scoreboard = 'board.batches';
SELECT "check", ok, detail FROM verify_publication(:number) WHERE ok IS NOT true;
DELETE FROM whitelist_batch WHERE scoreboard = 'board.batches';
SELECT "check", ok, regexp_replace(detail, 'entry \d+', 'entry n') AS detail FROM verify_publication(:number) WHERE "check" = 'batches';
ROLLBACK TO batch;
SELECT entity AS earlier FROM published_firm WHERE publication = :number AND decision = 'earlier' ORDER BY score DESC LIMIT 1 \gset
SELECT entity AS first FROM published_firm WHERE publication = :number AND decision = 'listed' ORDER BY score DESC LIMIT 1 \gset
SELECT decision_before, decision_after, score_after > score_before AS better FROM what_if('batches', '2024', :'earlier', '{"a": 1e6}');
SELECT decision_before, decision_after FROM what_if('batches', '2024', :'first', '{"a": 0, "b": 1e6, "c": 0}');
ROLLBACK;

-- ---------------------------------------------------------------- the source has changed

BEGIN;
UPDATE firm SET a = a + 1, stage = CASE stage WHEN 's' THEN 'l' ELSE 's' END WHERE firm = 'F010' AND year = 2024;
UPDATE firm SET city = '新城', b = NULL WHERE firm = 'F011' AND year = 2024;
UPDATE firm SET a = 4000.25 WHERE firm = 'F002' AND year = 2024;
UPDATE firm SET firm = 'G012' WHERE firm = 'F012' AND year = 2024;
UPDATE firm SET a = 0 WHERE year = 2023;
SELECT "check", ok, detail FROM verify_publication(2) WHERE NOT ok;
ROLLBACK;
BEGIN;
SELECT unlock_scheme('board');
DELETE FROM weight WHERE scheme = 'board' AND indicator = 'e';
DELETE FROM indicator WHERE scheme = 'board' AND indicator = 'e';
SELECT rebuild_scoreboard('live');
SELECT "check", ok, count(*), min(detail) AS first FROM verify_publication(2) WHERE ok IS NOT true GROUP BY 1, 2;
ROLLBACK;
BEGIN;
ALTER TABLE firm RENAME COLUMN a TO renamed;
SELECT "check", ok, detail FROM verify_publication(2) WHERE ok IS NOT true;
ROLLBACK;

-- ---------------------------------------------------------------- tampering: triggers do not fire

SET session_replication_role = replica;

-- the value next to a value of any type, the last bit of a double
CREATE FUNCTION tampered("column" text, type regtype) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN "column" = 'status' THEN quote_literal('rejected') ELSE CASE type
        WHEN 'text'::regtype THEN format('COALESCE(%1$I || ''x'', ''x'')', "column")
        WHEN 'bigint'::regtype THEN format('COALESCE(%1$I + 100, 1)', "column")
        WHEN 'integer'::regtype THEN format('%1$I + 100', "column")
        WHEN 'boolean'::regtype THEN format('NOT %1$I', "column")
        WHEN 'date'::regtype THEN format('COALESCE(%1$I + 1, ''2020-01-01'')', "column")
        WHEN 'timestamptz'::regtype THEN format('COALESCE(%1$I + interval ''1 microsecond'', ''2020-01-01'')', "column")
        WHEN 'bytea'::regtype THEN format('COALESCE(set_bit(%1$I, 77, 1 - get_bit(%1$I, 77)), ''\x00'')', "column")
        WHEN 'json'::regtype THEN format('COALESCE((%1$I::text || '' '')::json, ''{}'')', "column")
        WHEN 'text[]'::regtype THEN format('%1$I || ''x''::text', "column")
        WHEN 'float8'::regtype THEN format('COALESCE(board.next(%1$I), 0)', "column")
        WHEN 'float8[]'::regtype THEN format('(SELECT array_agg(CASE n WHEN 1 THEN COALESCE(board.next(u), 0) ELSE u END ORDER BY n) '
                                             'FROM unnest(%1$I) WITH ORDINALITY x(u, n))', "column")
        END END
$$;
CREATE FUNCTION next(v float8) RETURNS float8 LANGUAGE sql AS $$
    -- the double with the last bit flipped, or the nearest that SQL arithmetic reaches
    SELECT CASE WHEN v = 0 THEN 5e-324 ELSE v * (1 + 2.220446049250313e-16::float8) END
$$;
SELECT next(1), next(0), next(40.5) <> 40.5 AS differs;

CREATE FUNCTION find(relation text, command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
    changed bigint;
BEGIN
    BEGIN
        EXECUTE command;
        GET DIAGNOSTICS changed = ROW_COUNT;
        SELECT string_agg(DISTINCT v."check", ' ') INTO found
        FROM publication p CROSS JOIN LATERAL verify_publication(p.publication) v WHERE NOT v.ok AND v."check" <> 'source';
        RAISE EXCEPTION 'undo' USING ERRCODE = 'raise_exception', DETAIL = format('%s row: %s', changed, COALESCE(found, 'NOT FOUND'));
    EXCEPTION WHEN raise_exception THEN
        GET STACKED DIAGNOSTICS found = PG_EXCEPTION_DETAIL;
        RETURN found;
    END;
END
$$;
-- every column of every table, one row each
CREATE TABLE target (relation text, condition text);
INSERT INTO target VALUES
    ('publication', 'publication = 2'), ('published_model', 'publication = 2 AND peers = ''{宁波}'''), ('published_firm', 'publication = 2 AND entity = ''F002'''),
    ('published_correction', 'publication = 2'), ('publication_event', 'publication = 1 AND event = 3'), ('objection', 'objection = 1'), ('publication_log', 'entry = 7');
SELECT t.relation, a.attname, find(t.relation, format('UPDATE %s SET %I = %s WHERE %s', t.relation, a.attname, tampered(a.attname, a.atttypid), t.condition))
FROM target t JOIN pg_attribute a ON a.attrelid = t.relation::regclass AND a.attnum > 0 ORDER BY t.relation, a.attnum;
-- NULL in place of what is not NULL
SELECT t.relation, a.attname, find(t.relation, format('UPDATE %s SET %I = NULL WHERE %s AND %2$I IS NOT NULL', t.relation, a.attname, t.condition))
FROM target t JOIN pg_attribute a ON a.attrelid = t.relation::regclass AND a.attnum > 0 AND NOT a.attnotnull
ORDER BY t.relation, a.attnum;
-- rows that are gone (all of a publication but its first row), and rows that are new
SELECT t.relation, find(t.relation, format('DELETE FROM %s WHERE %s', t.relation, t.condition)) FROM target t WHERE t.relation <> 'publication_event' ORDER BY 1;
SELECT find('publication_event', 'DELETE FROM publication_event WHERE event = 1');
SELECT find('published_firm', 'INSERT INTO published_firm SELECT publication, ''X'', stage, peers, attributes, vals, score, coverage, category_scores, rank, stage_rank, barred,
    qualifies, quota, eligible, admitted, decision, reasons FROM published_firm WHERE publication = 2 AND entity = ''F003''');
SELECT find('published_model', 'INSERT INTO published_model SELECT publication, ''{X}'', model FROM published_model WHERE publication = 2 AND peers = ''{宁波}''');
-- digests that were made to fit: the chain, and the recomputation, find it all the same
SELECT find('published_firm', 'UPDATE published_firm SET score = 99 WHERE publication = 2 AND entity = ''F003''');
-- who is out by a condition over values stays out, barred or not; of who is listed it is told at once
SELECT find('published_firm', 'UPDATE published_firm SET barred = true WHERE publication = 2 AND entity = (SELECT min(entity) FROM published_firm WHERE publication = 2 AND decision = ''listed'')');
CREATE FUNCTION forge(number bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE publication p SET content_digest = _innovation_score.content_digest(number) WHERE publication = number;
    UPDATE publication p SET digest = _innovation_score.publication_digest(p, session_user) WHERE publication = number;
$$;
SELECT find('published_firm', 'WITH u AS (UPDATE published_firm SET decision = ''listed'' WHERE publication = 2 AND entity = ''F008'' RETURNING 1) SELECT board.forge(2) FROM u');
BEGIN;
UPDATE published_firm SET vals[1] = 1e9 WHERE publication = 1 AND entity = 'F003';
SELECT forge(1);
SELECT "check", ok, detail FROM verify_publication(1) WHERE NOT ok AND "check" <> 'source';
ROLLBACK;
-- what does not agree with the rest of the publication, with all digests made to fit: the document, the settings, the weights of the
-- models, a rule, a firm's reasons
CREATE FUNCTION found(change text) RETURNS TABLE ("check" text, detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    UPDATE publication SET model_digest = _innovation_score.model_digest(2) WHERE publication = 2;
    PERFORM forge(2);
    UPDATE publication_log l SET digest = p.digest FROM publication p WHERE l.kind = 'publication' AND l.number = p.publication;
    RETURN QUERY SELECT v."check", v.detail FROM verify_publication(2) v WHERE v.ok IS NOT TRUE AND v."check" NOT IN ('chain', 'source') ORDER BY 1, 2 LIMIT 2;
END
$$;
BEGIN;
SAVEPOINT sound;
SELECT * FROM found($$SELECT$$);
ROLLBACK TO sound;
SELECT * FROM found($$UPDATE publication SET scheme_document = jsonb_set(scheme_document::jsonb, '{weight,0,weight}', '90')::json WHERE publication = 2$$);
ROLLBACK TO sound;
SELECT * FROM found($$UPDATE publication SET scheme_document = jsonb_set(scheme_document::jsonb, '{scheme,full_marks}', '120')::json WHERE publication = 2$$);
ROLLBACK TO sound;
SELECT * FROM found($$UPDATE publication SET board_document = jsonb_set(board_document::jsonb, '{quality,on_error}', '"exclude"')::json WHERE publication = 2$$);
ROLLBACK TO sound;
SELECT * FROM found($$UPDATE publication SET rule = jsonb_set(rule::jsonb, '{min_score}', '21')::json WHERE publication = 2$$);
ROLLBACK TO sound;
SELECT * FROM found($$UPDATE published_model SET model = jsonb_set(model::jsonb, '{indicators,0,weights,s}', '39')::json WHERE publication = 2 AND peers = '{宁波}'$$);
ROLLBACK TO sound;
SELECT * FROM found($$UPDATE published_firm f SET reasons = o.reasons FROM published_firm o WHERE f.publication = 2 AND f.entity = 'F003' AND o.publication = 2 AND o.entity = 'F002'$$);
ROLLBACK;
-- the end cut off, with all that belonged to it: only what is kept elsewhere shows that
SELECT publication_head() AS head \gset
SELECT regexp_replace(:'head', '[0-9a-f]{64}', '…', 'g') AS head;
-- the head by its definition
SELECT :'head' = format('innovation_score log %s %s', count(*), max(encode(l.head, 'hex')) FILTER (WHERE l.entry = (SELECT max(entry) FROM publication_log))) AS same,
       bool_and(l.head = sha256('\x02' || COALESCE((SELECT b.head FROM publication_log b WHERE b.entry = l.entry - 1), decode(repeat('00', 32), 'hex')) || l.kind::bytea || l.digest)) AS heads,
       bool_and(l.session_role = session_user AND l.role = current_user AND l.logged_at <= clock_timestamp()) AS complete FROM publication_log l;
SELECT entry, kind, number FROM publication_log ORDER BY entry;
SELECT * FROM verify_publication_head(:'head');
CREATE FUNCTION cut(number bigint) RETURNS void LANGUAGE sql AS $$
    DELETE FROM publication_log l WHERE entry >= (SELECT min(o.entry) FROM publication_log o WHERE o.kind = 'publication' AND o.number >= cut.number);
    DELETE FROM publication WHERE publication >= number; DELETE FROM published_model WHERE publication >= number; DELETE FROM published_firm WHERE publication >= number;
    DELETE FROM published_correction WHERE publication >= number; DELETE FROM objection WHERE publication >= number;
    DELETE FROM publication_event e WHERE event >= (SELECT min(event) FROM publication_event o WHERE o.publication >= number OR o.state = 'retracted');
$$;
BEGIN;
SELECT cut(2);
SELECT bool_and(ok) FROM verify_publication(1) WHERE "check" <> 'source';
SELECT * FROM verify_publication_head(:'head');
RESET session_replication_role;
SELECT publish('live', '2024', 'another second'), publish('live', '2024', 'third');
SELECT * FROM verify_publication_head(:'head');
ROLLBACK;
SELECT * FROM verify_publication_head('innovation_score log 0') WHERE "check" = 'head';
SELECT attempt(format('SELECT innovation_score.verify_publication_head(%L)', h)) FROM unnest(ARRAY[NULL, '', 'innovation_score log 1', 'innovation_score log 0; x', 'innovation_score log 0 ' || repeat('0', 64)]) h;
-- who may do anything makes every digest fit: what remains sound in itself is found by a head that was kept
SET session_replication_role = replica;
BEGIN;
UPDATE publication SET title = 'forged' WHERE publication = 1;
UPDATE publication p SET digest = _innovation_score.publication_digest(p, session_user) WHERE publication = 1;
UPDATE publication p SET previous_digest = o.digest FROM publication o WHERE p.publication = 2 AND o.publication = 1;
UPDATE publication p SET digest = _innovation_score.publication_digest(p, session_user) WHERE publication = 2;
UPDATE publication_log l SET digest = p.digest FROM publication p WHERE l.kind = 'publication' AND l.number = p.publication;
WITH RECURSIVE chain AS (
    SELECT entry, _innovation_score.next_head(NULL, kind, digest) AS head FROM publication_log WHERE entry = 1
    UNION ALL
    SELECT l.entry, _innovation_score.next_head(c.head, l.kind, l.digest) FROM publication_log l JOIN chain c ON l.entry = c.entry + 1)
UPDATE publication_log l SET head = c.head FROM chain c WHERE c.entry = l.entry;
SELECT bool_and(v.ok) FROM publication p, verify_publication(p.publication) v WHERE v."check" <> 'source';
SELECT * FROM verify_publication_head(:'head') WHERE NOT ok;
ROLLBACK;
RESET session_replication_role;
SET session_replication_role = replica;
-- what a finding says
BEGIN;
UPDATE published_firm SET score = 1, rank = 7 WHERE publication = 2 AND entity = 'F003';
UPDATE published_firm SET decision = 'reserve' WHERE publication = 2 AND entity = 'F004';
UPDATE published_model SET model = '{"scheme": "x"}' WHERE publication = 2 AND peers = '{宁波}';
SELECT "check", ok, detail FROM verify_publication(2) WHERE NOT ok AND "check" NOT IN ('source', 'ranks', 'decisions');
ROLLBACK;
SELECT count(*), bool_and(ok) FROM verify_publication(2);
RESET session_replication_role;
\set ECHO none
\i :forget
