-- Settings of the session do not matter: views made and functions called under other ones give the same values.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset tuples_only on
-- dates, fractions, a backslash and text that says NULL
CREATE TABLE source AS
SELECT firm, make_date(year, 12, 31) AS day, city || CASE WHEN city = '温州' THEN '\' ELSE '' END AS city, CASE WHEN firm = 'F001' THEN 'NULL' ELSE 'it''s' END AS note,
       interval '1 day' * (1 + year % 2) AS span, a / 3::numeric AS share, sha256(convert_to(firm, 'UTF8')) AS seal, stage, a, b, c, d, e FROM firm WHERE firm <= 'F040';
UPDATE indicator SET title = NULL WHERE scheme = 'board' AND indicator = 'e';
INSERT INTO quality_rule (scheme, rule, severity, condition, message) VALUES
    ('board', 'high', 'warning', 'a <= 1000.1', 'high'), ('board', 'jump', 'warning', 'b <= previous.b * 3 AND b < median.b * 2', 'jump');
INSERT INTO credit_rule (bank, revenue_share, unit, interpolate) VALUES ('银行', 0.3, 0.1, true);
INSERT INTO credit_step (bank, min_score, amount) VALUES ('银行', 20.5, 100), ('银行', 60.25, 300.5);

-- All that can be made, in a schema of its own, live and frozen.
CREATE FUNCTION make(home text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    EXECUTE pg_catalog.format('CREATE SCHEMA %I', home);
    FOREACH name IN ARRAY ARRAY[home || '.live', home || '.cold'] LOOP
        PERFORM innovation_score.create_scoreboard(name, 'board', 'board.source', 'firm', 'stage', 'day', ARRAY['span'], ARRAY['city', 'note', 'share', 'seal'], min_peers => 3,
                                                   mapping => '{"c": "c + 0.1", "e": "e * CASE WHEN note = ''NULL'' THEN 0.5 ELSE 1 END"}');
        PERFORM innovation_score.set_whitelist_rule(name, min_score => 20.5, top_n => 30, quota_by => 'city', quota_n => 5, required => 'note <> ''NULL'' OR a > 0.1', min_coverage => 0.25, reserve_n => 5);
        PERFORM innovation_score.set_whitelist_rule(name, min_score => 30.125, rule => 'bank');
        PERFORM innovation_score.set_tiers(name, 'quantile', ARRAY['A', 'B', 'C'], '[0.1, 0.5]', 'city');
        PERFORM innovation_score.set_credit(name, 'share', NULL);
        INSERT INTO innovation_score.exclusion VALUES (name, 'F002', 'tax', NULL, '2999-12-31'), (name, 'F003', 'back\slash', '2000-01-01', NULL);
        PERFORM innovation_score.record_whitelist_batch(name, '2022-12-31', 'bank');
    END LOOP;
    PERFORM innovation_score.freeze_scoreboard(home || '.cold');
    PERFORM innovation_score.create_reconciliation(home || '.meet', 'board.source', 'board.source', ARRAY['firm', 'day'], '{"a": {}, "share": {"right": "share"}}');
    PERFORM innovation_score.publish(home || '.live', '2024-12-31', 'first');
    INSERT INTO innovation_score.exclusion VALUES (home || '.live', 'F005', 'late');
    PERFORM innovation_score.publish(home || '.live', '2024-12-31', 'second');
END
$$;

CREATE TABLE call (call text, query text);
INSERT INTO call VALUES
    ('gap_to', 'innovation_score.gap_to(''%1$s.live'', entity => ''F010'')'), ('gap_to cold', 'innovation_score.gap_to(''%1$s.cold'', ''2023-12-31'', ''F010'', 88.5)'),
    ('similar', 'innovation_score.similar_firms(''%1$s.live'', entity => ''F010'')'), ('similar cold', 'innovation_score.similar_firms(''%1$s.cold'', ''2023-12-31'', ''F011'', 5)'),
    ('radar', '(SELECT innovation_score.radar_chart(''%1$s.live'', NULL, ''F010''))'), ('histogram', '(SELECT innovation_score.histogram_chart(''%1$s.cold'', NULL, ''a''))'),
    ('distribution', 'innovation_score.score_distribution(''%1$s.live'', NULL, ''share'')'), ('contributions', 'innovation_score.score_contributions(''%1$s.live'')'),
    ('correlations', 'innovation_score.indicator_correlations(''%1$s.live'')'), ('drift', 'innovation_score.indicator_drift(''%1$s.cold'')'),
    ('weights', 'innovation_score.propose_weights(''%1$s.live'', ''2024-12-31'', ''s'', ''critic'')'), ('stability', 'innovation_score.rank_stability(''%1$s.live'', ''2024-12-31'', 10)'),
    ('influence', 'innovation_score.indicator_influence(''%1$s.live'', ''2024-12-31'')'), ('methods', 'innovation_score.method_stability(''%1$s.cold'', ''2024-12-31'', ''{"x": {"extreme": "iqr(1.5)"}}'')'),
    ('comparison', 'innovation_score.compare_scoreboards(''%1$s.live'', ''%1$s.cold'')'), ('summary', 'innovation_score.compare_summary(''%1$s.live'', ''%1$s.cold'')'),
    ('what_if', '(SELECT w.score_after, w.rank_after, w.category_scores_after, w.decision_after FROM innovation_score.what_if(''%1$s.live'', ''2024-12-31'', ''F010'', ''{"a": 123.456, "b": null}'') w)'),
    ('copy', '(SELECT pg_catalog.replace(innovation_score.whitelist_copy(''%1$s.live'', 1, ''bank''), ''%1$s'', ''home''))'),
    ('manifest', '(SELECT innovation_score.whitelist_manifest(''%1$s.live'', 1, ''bank'') - ''{scoreboard,recorded_at}''::text[])'),
    ('verification', '(SELECT v."check", v.ok FROM innovation_score.publication_list l, innovation_score.verify_publication(l.publication) v WHERE l.scoreboard = ''%1$s.live'')'),
    ('published', '(SELECT p.period, p.entity, p.score, p.coverage, p.rank, p.decision, p.reasons FROM innovation_score.published_score p WHERE p.scoreboard = ''%1$s.live'')'),
    ('published attributes', '(SELECT f.entity, f.attributes FROM innovation_score.published_firm f JOIN innovation_score.publication_list l USING (publication) WHERE l.scoreboard = ''%1$s.live'')'),
    ('batch', '(SELECT innovation_score.whitelist_manifest(''%1$s.live'', 1, ''bank'') -> ''sha256'')'),
    ('published values', '(SELECT v.entity, v.indicator, v.value FROM innovation_score.published_value v JOIN innovation_score.publication_list l USING (publication) WHERE l.scoreboard = ''%1$s.live'')'),
    ('changes', '(SELECT c.entity, c.item, c.before, c.after, c.reason FROM innovation_score.publication_list l, innovation_score.publication_changes(l.publication) c WHERE l.scoreboard = ''%1$s.live'')'),
    ('scheme', '(SELECT innovation_score.scheme_export(''board''))'), ('model', '(SELECT innovation_score.scheme_model(''board'')::jsonb)'), ('problems', 'innovation_score.scheme_problems(''board'')'),
    ('difference', 'innovation_score.scheme_diff(''board'', ''national-2024'')'), ('credit', '(SELECT innovation_score.credit_limit(s, ''银行'', NULL, 1000.5) FROM unnest(ARRAY[10, 33.3, 99::float8]) s)'),
    ('detail', 'innovation_score.score_detail(innovation_score.scheme_model(''bid-review''), ''all'', 1, 2, 3.3, 4, NULL)'),
    ('ahp', '(SELECT w.weight, a.consistency_ratio FROM innovation_score.ahp_weights(ARRAY[ARRAY[1, 3::float8], ARRAY[1 / 3.0::float8, 1]]) a, pg_catalog.unnest(a.weights) w(weight))');

-- Each value as what does not depend on settings: numbers and dates as key texts, arrays of numbers one by one.
CREATE FUNCTION digest(home text, source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    columns text;
    result text;
BEGIN
    EXECUTE pg_catalog.format('CREATE TEMP VIEW found AS SELECT * FROM %s AS t', source);
    SELECT pg_catalog.string_agg(CASE
               WHEN a.atttypid = 'innovation_score.score_model'::regtype THEN pg_catalog.format('pg_catalog.encode(pg_catalog.sha256(_innovation_score.score_model_send(f.%I)), ''hex'')', a.attname)
               WHEN a.atttypid IN ('jsonb'::regtype, 'text[]'::regtype) THEN pg_catalog.format('pg_catalog.to_jsonb(f.%I)::text', a.attname)
               WHEN a.atttypid = 'float8[]'::regtype THEN pg_catalog.format('(SELECT pg_catalog.string_agg(innovation_score.key_text(v.v), '' '' ORDER BY v.place) FROM pg_catalog.unnest(f.%I) WITH ORDINALITY v(v, place))', a.attname)
               WHEN a.attname = 'recorded_at' THEN 'NULL'
               ELSE pg_catalog.format('innovation_score.key_text(f.%I)', a.attname) END, ', ' ORDER BY a.attnum) INTO columns
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'pg_temp.found'::regclass AND a.attnum > 0;
    EXECUTE pg_catalog.format($q$SELECT pg_catalog.count(*) || ' ' || pg_catalog.md5(pg_catalog.string_agg(r.line, '/' ORDER BY r.line COLLATE "C")) FROM (SELECT pg_catalog.concat_ws('|', %s) AS line FROM pg_temp.found f) r$q$, columns)
        INTO result;
    DROP VIEW pg_temp.found;
    RETURN result;
END
$$;
CREATE TABLE base AS SELECT NULL::text AS what, NULL::text AS digest LIMIT 0;
CREATE FUNCTION digests(home text) RETURNS TABLE (what text, digest text) LANGUAGE sql AS $$
    SELECT c.relname::text, board.digest(home, pg_catalog.format('%I.%I', home, c.relname)) FROM pg_catalog.pg_class c WHERE c.relnamespace = home::regnamespace AND c.relkind = 'v'
    UNION ALL SELECT c.call, board.digest(home, pg_catalog.format(c.query, home)) FROM board.call c
$$;
SELECT make('plain');
INSERT INTO base SELECT * FROM digests('plain');
SELECT count(*), count(*) FILTER (WHERE what ~ '^(live|cold|meet)') AS views, string_agg(what, ' ' ORDER BY what) FILTER (WHERE digest IS NULL OR digest LIKE '0 %') AS empty FROM base;
CREATE FUNCTION faults(home text) RETURNS TABLE (compared bigint, faults bigint, which text) LANGUAGE sql AS $$
    SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE b.digest IS DISTINCT FROM d.digest), pg_catalog.string_agg(d.what, ', ' ORDER BY d.what COLLATE "C") FILTER (WHERE b.digest IS DISTINCT FROM d.digest)
    FROM board.digests(home) d LEFT JOIN board.base b ON b.what = d.what
$$;

-- What was made before, and what is made under these settings.
SET quote_all_identifiers = on; SET array_nulls = off; SET backslash_quote = on; DO $$BEGIN PERFORM set_config('escape_string_warning', 'off', false), set_config('standard_conforming_strings', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; /* not since PostgreSQL 19 */ END$$;
SET datestyle = 'SQL, DMY'; SET intervalstyle = 'sql_standard'; SET timezone = '<+12>+12'; SET extra_float_digits = -15; SET bytea_output = 'escape'; SET search_path = '';
SET default_transaction_isolation = 'serializable'; SET work_mem = '64kB';
SET transform_null_equals = on;
SELECT * FROM board.faults('plain');
SELECT board.make('strange');
SELECT * FROM board.faults('strange');
RESET ALL;
SET client_min_messages = warning;
SET datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET timezone = '<-14>-14'; SET extra_float_digits = 0; SET search_path = ''; SET enable_hashjoin = off; SET enable_hashagg = off; SET enable_nestloop = off;
SELECT * FROM board.faults('strange');
RESET ALL;
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET jit = on; SET jit_above_cost = 0;
SELECT count(*), count(*) FILTER (WHERE b.digest <> board.digest('strange', 'strange.' || b.what)) FROM board.base b WHERE b.what IN ('live_score', 'cold_whitelist');
-- what may run in a worker starts no subtransaction there
SELECT count(set_config(name, 'on', false)) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT innovation_score.rebuild_scoreboard('strange.live');
SELECT count(set_config(name, 'off', false)) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace::regnamespace::text IN ('innovation_score', '_innovation_score') AND l.lanname = 'plpgsql' AND p.proparallel <> 'u' AND p.prosrc ~ '\mEXCEPTION\s+WHEN';
-- a body is read under its caller's settings: a plain literal with a backslash needs its own
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace::regnamespace::text IN ('innovation_score', '_innovation_score') AND l.lanname IN ('sql', 'plpgsql')
  AND regexp_replace(p.prosrc, $$E'([^'\\]|\\.|'')*'$$, '', 'g') ~ '\\' AND 'standard_conforming_strings=on' <> ALL (COALESCE(p.proconfig, '{}'));
RESET ALL;

SET client_min_messages = warning;
SET search_path = board, innovation_score;
SELECT drop_reconciliation(n) FROM unnest('{plain.meet,strange.meet}'::text[]) n;
DELETE FROM whitelist_batch;
DELETE FROM credit_rule WHERE bank = '银行';
\set ECHO none
\i :forget
DROP SCHEMA plain, strange CASCADE;
