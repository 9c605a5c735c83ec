-- keys of every kind, in every view and function: a scoreboard over values that are written in two ways gives what one over their key texts gives
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
CREATE SCHEMA board;
SET search_path = board, innovation_score;
INSERT INTO scheme (scheme, full_marks, extreme, missing, decimals) VALUES ('keys', 100, 'percentile(0,1)', 'null', 4);
INSERT INTO category (scheme, category) VALUES ('keys', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('keys', 'a', 'only'), ('keys', 'b', 'only');
INSERT INTO stage VALUES ('keys', 's');
INSERT INTO weight VALUES ('keys', 's', 'a', 60), ('keys', 's', 'b', 40);
INSERT INTO quality_rule (scheme, rule, severity, condition, message) VALUES
    ('keys', 'falls', 'warning', 'a >= previous.a', 'falls'), ('keys', 'far', 'warning', 'b < 1.9 * median.b', 'far');

-- What the types are called, and the two ways in which a number is written as a value of each.
CREATE DOMAIN code AS char(8);
CREATE DOMAIN amount AS numeric;
CREATE DOMAIN small_amount AS amount;
CREATE DOMAIN moment AS timestamptz;
CREATE TABLE kind (kind text PRIMARY KEY, type text, one text, other text);
INSERT INTO kind VALUES
    ('number', 'numeric', '%s', '%s.00'), ('domain', 'small_amount', '%s.0', '%s'), ('code', 'code', 'K%s', 'K%s '),
    ('whole', 'bigint', '%s', ' 0%s '), ('zone', 'moment', '2024-01-%s 08:00+08', '2024-01-%s 00:00Z'),
    ('span', 'interval', '%s days', '%2$s hours');
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') THEN
        CREATE SCHEMA letters;
        CREATE EXTENSION IF NOT EXISTS citext SCHEMA letters;
        INSERT INTO kind VALUES ('citext', 'letters.citext', 'Ka%s', 'kA%s');
    END IF;
END
$$;

-- Two digits for everybody, so that dates and codes can be made of them; sorted as text like the values.
CREATE FUNCTION written(k kind, n integer, way integer) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$ SELECT format(CASE way % 2 WHEN 0 THEN k.one ELSE k.other END, n, 24 * n) $$;

-- Twelve firms in three periods, in two groups of peers and three of a quota.
CREATE FUNCTION make_tables(k kind) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (firm %s, year %2$s, sector %2$s, city %2$s, a float8, b float8)', k.kind || '_firm', k.type);
    EXECUTE format('INSERT INTO %I SELECT written($1, 10 + i, i + y)::%s, written($1, 20 + y, i)::%2$s, written($1, 11 + i %% 2, i / 2)::%2$s, '
                   'written($1, 11 + i %% 3, i / 3 + y)::%2$s, i * 7 %% 13, CASE WHEN i <> 4 THEN (i * y * 5) %% 11 END '
                   'FROM generate_series(1, 12) i, generate_series(0, 2) y', k.kind || '_firm', k.type) USING k;
    EXECUTE format('CREATE TABLE %I AS SELECT key_text(firm) AS firm, key_text(year) AS year, key_text(sector) AS sector, key_text(city) AS city, a, b FROM %I',
                   k.kind || '_text_firm', k.kind || '_firm');
END
$$;
SELECT make_tables(k) FROM kind k \g /dev/null

-- The boards: alike, but for the type of the keys.
CREATE FUNCTION make_board(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    cuts jsonb;
BEGIN
    PERFORM create_scoreboard(name, 'keys', format('%I', name || '_firm')::regclass, 'firm', NULL, 'year', peers => '{sector}', attributes => '{city}');
    PERFORM set_whitelist_rule(name, min_score => 5, top_n => 5, quota_by => 'city', quota_n => 2, reserve_n => 2);
    EXECUTE format('SELECT jsonb_object_agg(key_text(f.city), ''[1, 1]''::jsonb) FROM %I f', name || '_firm') INTO cuts;
    PERFORM set_tiers(name, 'quota', '{A,B,C}', cuts, within => 'city');
END
$$;
SELECT make_board(b) FROM kind k, unnest(ARRAY[k.kind, k.kind || '_text']) b \g /dev/null

-- The rows of a view, its keys as their texts.
CREATE FUNCTION view_rows(board text, view text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE (
        SELECT format('SELECT concat_ws(''|'', %s) FROM %I', string_agg(CASE
                   -- batches keep attributes as they were shown
                   WHEN a.attname = 'recorded_at' OR view = 'batch' AND a.attname = 'city' THEN 'NULL'
                   WHEN a.attname IN ('firm', 'year', 'sector', 'city', 'previous_period', 'from_period', 'to_period')
                   THEN format('%L || COALESCE(key_text(v.%I), ''-'')', a.attname || '=', a.attname)
                   ELSE format('%L || COALESCE(v.%I::text, ''-'')', a.attname || '=', a.attname) END, ', ' ORDER BY a.attnum), board || '_' || view) || ' v'
        FROM pg_attribute a WHERE a.attrelid = format('%I', board || '_' || view)::regclass AND a.attnum > 0);
END
$$;
CREATE FUNCTION view_faults(k text) RETURNS TABLE (view text, rows bigint, faults bigint) LANGUAGE plpgsql AS $$
DECLARE
    typed text[];
    plain text[];
BEGIN
    FOR view IN SELECT substr(c.relname, length(k) + 2) FROM pg_class c WHERE c.relnamespace = 'board'::regnamespace AND c.relkind = 'v'
                AND c.relname LIKE k || '\_%' AND c.relname NOT LIKE k || '\_text\_%' LOOP
        typed := ARRAY(SELECT view_rows(k, view));
        plain := ARRAY(SELECT view_rows(k || '_text', view));
        rows := cardinality(plain);
        SELECT count(*) INTO faults FROM ((SELECT unnest(typed) EXCEPT ALL SELECT unnest(plain)) UNION ALL (SELECT unnest(plain) EXCEPT ALL SELECT unnest(typed))) d;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE FUNCTION all_view_faults() RETURNS TABLE (views bigint, empty text, faults text) LANGUAGE sql AS $$
    SELECT count(*) / count(DISTINCT k.kind), string_agg(DISTINCT f.view, ' ') FILTER (WHERE f.rows = 0),
           string_agg(k.kind || '_' || f.view || ' ' || f.faults, ', ') FILTER (WHERE f.faults > 0)
    FROM kind k, view_faults(k.kind) f
$$;
SELECT * FROM all_view_faults();

-- Functions that take an entity or a period: whichever way the caller writes it, the answer is that about the texts.
CREATE FUNCTION answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT count(*) || '' '' || md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM (%s) t', query) INTO result;
    RETURN result;
END
$$;
CREATE TABLE call (call text, query text);
INSERT INTO call VALUES
    ('gap_to', 'SELECT * FROM gap_to(%1$L, %3$L, %2$L)'), ('gap_to last', 'SELECT * FROM gap_to(%1$L, entity => %2$L)'),
    ('gap_to target', 'SELECT * FROM gap_to(%1$L, %3$L, %2$L, 90)'),
    ('similar', 'SELECT * FROM similar_firms(%1$L, %3$L, %2$L, 5)'), ('radar', 'SELECT radar_chart(%1$L, %3$L, %2$L) -> ''data'''),
    ('histogram', 'SELECT histogram_chart(%1$L, %3$L, ''a'', 5) - ''usermeta'''), ('histogram last', 'SELECT histogram_chart(%1$L, NULL, ''b'', 5)'),
    ('distribution', 'SELECT * FROM score_distribution(%1$L, %3$L, ''city'')'), ('distributions', 'SELECT * FROM score_distribution(%1$L, NULL, ''sector'')'),
    ('contributions', 'SELECT * FROM score_contributions(%1$L, %3$L)'), ('contributions last', 'SELECT * FROM score_contributions(%1$L)'),
    ('correlations', 'SELECT * FROM indicator_correlations(%1$L, %3$L, ''spearman'')'), ('drift', 'SELECT * FROM indicator_drift(%1$L, %3$L, %4$L)'),
    ('drift last', 'SELECT * FROM indicator_drift(%1$L)'), ('drift to', 'SELECT * FROM indicator_drift(%1$L, %3$L)'),
    ('proposal', 'SELECT * FROM propose_weights(%1$L, %3$L, ''s'', ''entropy'')'), ('stability', 'SELECT * FROM rank_stability(%1$L, %3$L, 5)'),
    ('influence', 'SELECT * FROM indicator_influence(%1$L, %3$L)'),
    ('methods', 'SELECT * FROM method_stability(%1$L, %3$L, ''{"x": {"extreme": "fixed(0,9)"}}'')'),
    ('comparison', 'SELECT * FROM compare_scoreboards(%1$L, %1$L, %3$L)'), ('comparisons', 'SELECT * FROM compare_scoreboards(%1$L, %1$L)'),
    ('summary', 'SELECT * FROM compare_summary(%1$L, %1$L, %3$L)'),
    ('what_if', 'SELECT score_before, score_after, rank_before, rank_after, decision_before, decision_after FROM what_if(%1$L, %3$L, %2$L, ''{"a": 12.5}'')');
-- Firm 17 in the period 21, before which there is 20.
CREATE FUNCTION key_texts(k kind, VARIADIC texts text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    keys text[];
BEGIN
    EXECUTE format('SELECT array_agg(key_text(t.text::%s) ORDER BY t.place) FROM unnest($1) WITH ORDINALITY AS t(text, place)', k.type) INTO keys USING texts;
    RETURN keys;
END
$$;
CREATE FUNCTION call_faults(k kind, calls text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT concat_ws(' ', k.kind, c.call, p.plain, a.typed)
    FROM call c
    CROSS JOIN LATERAL (SELECT key_texts(k, written(k, 17, 0), written(k, 21, 0), written(k, 20, 0)) AS keys) t
    CROSS JOIN LATERAL (SELECT answer(format(c.query, k.kind || '_text', t.keys[1], t.keys[2], t.keys[3])) AS plain) p
    CROSS JOIN LATERAL (SELECT array_agg(answer(format(c.query, k.kind, written(k, 17, way), written(k, 21, way), written(k, 20, way + 1)))) AS typed
                        FROM generate_series(CASE WHEN c.query ~ '%[23]' THEN 0 ELSE 1 END, 1) way) a
    WHERE c.call ~ calls AND (p.plain <> ALL (a.typed) OR p.plain ~ '^0 ' OR array_position(a.typed, NULL) > 0)
$$;
SELECT f FROM kind k, call_faults(k, '') f;
-- a text that the type cannot read is an error that names it
CREATE FUNCTION refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ': ' || sqlerrm;
END
$$;
SELECT refusal(format(query, 'whole', 'soon', 'soon', 'soon')), count(*) FROM call WHERE query ~ '%[23]' GROUP BY 1 ORDER BY 1;

-- Exclusions and batches, each written in the other way.
INSERT INTO exclusion SELECT 'board.' || k.kind, written(k, 10 + n, n + 1), 'tax' FROM kind k, generate_series(1, 3) n;
INSERT INTO exclusion SELECT x.scoreboard || '_text', x.entity, x.reason FROM exclusion x WHERE x.scoreboard LIKE 'board.%';
SELECT refusal($$INSERT INTO exclusion VALUES ('board.whole', 'A1', 'tax')$$);
SELECT count(*) FILTER (WHERE r LIKE '%tier=-%') AS "without tier" FROM kind k, view_rows(k.kind, 'tier') r;
SELECT decision, count(*) / (SELECT count(*) FROM kind) FROM (SELECT substring(r FROM 'decision=(\w+)') AS decision FROM kind k, view_rows(k.kind, 'whitelist') r) r GROUP BY 1 ORDER BY 1;
SELECT DISTINCT record_whitelist_batch(k.kind, written(k, 21, 1)), record_whitelist_batch(k.kind || '_text', (key_texts(k, written(k, 21, 0)))[1]) FROM kind k;
SELECT * FROM all_view_faults();

-- Publications, verified and corrected, and what_if under them.
CREATE TABLE published AS
SELECT k AS kind, publish(k.kind, written(k, 21, 1), 'typed') AS typed, publish(k.kind || '_text', (key_texts(k, written(k, 21, 0)))[1], 'plain') AS plain FROM kind k;
CREATE FUNCTION published_faults() RETURNS TABLE (firms bigint, faults bigint, broken bigint) LANGUAGE sql AS $$
    SELECT count(*) / count(DISTINCT p.typed), count(*) FILTER (WHERE ROW(t.entity, t.stage, t.peers, t.vals, t.score, t.rank, t.quota, t.decision, t.reasons)
                                      IS DISTINCT FROM ROW(o.entity, o.stage, o.peers, o.vals, o.score, o.rank, o.quota, o.decision, o.reasons)),
           (SELECT count(*) FROM published p, verify_publication(p.typed) v WHERE v.ok IS NOT TRUE)
    FROM (published p JOIN published_firm t ON t.publication = p.typed)
    FULL JOIN (published q JOIN published_firm o ON o.publication = q.plain) ON q.typed = p.typed AND o.entity = t.entity
$$;
SELECT * FROM published_faults();
SELECT f FROM kind k, call_faults(k, 'what_if') f;
SELECT DISTINCT accept_objection(file_objection(p.typed, written(p.kind, 18, 0), 'a', 1, 'letter'), 'seen') IS NULL AND accept_objection(file_objection(p.plain, (key_texts(p.kind, written(p.kind, 18, 1)))[1], 'a', 1, 'letter'), 'seen') IS NULL
FROM published p;
UPDATE published p SET typed = publish((p.kind).kind, written(p.kind, 21, 0), 'typed'), plain = publish((p.kind).kind || '_text', (key_texts(p.kind, written(p.kind, 21, 0)))[1], 'plain');
SELECT * FROM published_faults();

-- Frozen: models, profiles and scores are kept by key text.
SELECT freeze_scoreboard(b) FROM kind k, unnest(ARRAY[k.kind, k.kind || '_text']) b \g /dev/null
SELECT * FROM all_view_faults();
SELECT f FROM kind k, call_faults(k, 'gap_to|similar|radar|histogram|what_if') f;

-- What has no key text is refused when the scoreboard is made, with what to do about it.
DO $$
BEGIN
    CREATE COLLATION alike (provider = icu, locale = 'und', deterministic = false);
    CREATE TABLE refused (firm int, j jsonb, m money, c regclass, n text COLLATE alike, a float8, b float8);
EXCEPTION WHEN OTHERS THEN  -- a server without ICU has none
    CREATE TABLE refused (firm int, j jsonb, m money, c regclass, n jsonb, a float8, b float8);
END
$$;
CREATE FUNCTION refusal_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE query;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN sqlstate || CASE WHEN hint <> '' THEN ' with a hint' ELSE '' END;
END
$$;
SELECT r, count(*) FROM unnest('{j,m,c,n}'::text[]) c, unnest(ARRAY[
    format($$SELECT create_scoreboard('q', 'keys', 'refused', %L)$$, c), format($$SELECT create_scoreboard('q', 'keys', 'refused', 'firm', NULL, %L)$$, c),
    format($$SELECT create_scoreboard('q', 'keys', 'refused', 'firm', peers => ARRAY[%L])$$, c)]) query, refusal_of(query) r GROUP BY 1;
SELECT create_scoreboard('q', 'keys', 'refused', 'firm', attributes => '{j,m,n}');
SELECT r, count(*) FROM unnest('{j,m,c,n}'::text[]) c, refusal_of(format($$SELECT set_whitelist_rule('q', quota_by => %L, quota_n => 1)$$, c)) r GROUP BY 1;

-- An operator that somebody has planted where the path looks first is not found.
CREATE FUNCTION never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION never(numeric, numeric) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION never(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR = (FUNCTION = never, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR = (FUNCTION = never, LEFTARG = numeric, RIGHTARG = numeric);
CREATE OPERATOR = (FUNCTION = never, LEFTARG = varchar, RIGHTARG = varchar);
CREATE TABLE lured AS SELECT firm, year, sector::varchar AS sector, city, a, b FROM number_firm;
SET search_path = board, pg_catalog, innovation_score;
SELECT create_scoreboard('lured', 'keys', 'lured', 'firm', NULL, 'year', peers => '{sector}');
SELECT count(score) FROM lured_score;
SET search_path = board, innovation_score;

DELETE FROM whitelist_batch WHERE scoreboard LIKE 'board.%';
\set ECHO none
\i :forget
DROP SCHEMA IF EXISTS letters CASCADE;
