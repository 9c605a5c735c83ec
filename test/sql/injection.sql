-- SQL text of others: what stands in names, titles and texts is never run, and what is run has the caller's rights
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
\set SHOW_CONTEXT never
SET log_error_verbosity = verbose;        -- which function has failed is asked below

-- ---------------------------------------------------------------- declarations

-- nothing runs with the rights of its owner
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND p.prosecdef;
-- every function has a search_path of its own, unless its names were looked up when it was created, or it
-- calls a function by its full name and does nothing else; but one trigger, all of whose names have their schema, looks the
-- name of a source up as its owner does
SELECT p.oid::regprocedure
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND l.lanname NOT IN ('c', 'internal')
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=(innovation_score, _innovation_score, )?pg_catalog, pg_temp$')
  AND p.prosqlbody IS NULL
  AND NOT (l.lanname = 'sql' AND EXISTS (
               SELECT FROM regexp_replace(regexp_replace(p.prosrc, '(_?innovation_score|pg_catalog)\.(\w+|[~=<>|+*/-]+)', 'full_name', 'g'), '''[^'']*''', 'NULL', 'g') AS body
               WHERE body ~ '^[][\w,\s():*"]*$' AND body !~ '\m(?!full_name\(|ROW\(|OPERATOR\()\w+\('));
-- its own schema stands before pg_catalog: nobody else may put anything there
SELECT has_schema_privilege('public', 'innovation_score', 'CREATE');

-- ---------------------------------------------------------------- every text argument of every function

SELECT create_scoreboard('board.hz', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT set_whitelist_rule('board.hz', top_n => 5);
SELECT publish('board.hz', '2024', 'first') > 0;

-- the canary counts in a sequence, which no rollback takes back
CREATE SCHEMA canary;
CREATE SEQUENCE canary.songs;
CREATE TABLE canary.victim AS SELECT 1 AS i;
CREATE FUNCTION canary.sing() RETURNS text LANGUAGE sql AS $$SELECT nextval('canary.songs')::text$$;

CREATE TABLE payload (place serial, payload text);
INSERT INTO payload (payload) VALUES
    (''), ('x''; DROP TABLE canary.victim; --'), ('x"; DROP TABLE canary.victim; --'), ('x)); SELECT canary.sing(); --'),
    ('$$; SELECT canary.sing(); $$'), ('$query$; SELECT canary.sing(); $query$'), ('x'' || canary.sing() || '''),
    ('x" || canary.sing() || "'), ('\''; SELECT canary.sing(); --'), (E'x\\'), ('%I %s %L %1$s %2$I %%'), ('%'),
    ('x /*'), ('x */ , canary.sing() /*'), (E'x --\n; SELECT canary.sing();'), ('x; SELECT canary.sing()'), ('SELECT canary.sing()'),
    ('a, canary.sing()'), ('x FROM canary.victim'), ('"x'), ('a.b.c'), ('"a""b"."c;d"'), ('""'), ('企业“积分”’制'),
    (E'\u202Ex\u00A0＇; SELECT canary.sing(); －－'), (E'\x01\x02\x07\x08\x0b\x1b\x1f\x7f\t\r\n'), (repeat('x', 63)), (repeat('x', 64)), (repeat('企', 22)),
    (repeat('x', 100000)), (repeat('(', 20000)), (repeat('[', 20000)), ('"}], "x": [{"'), ('{}'), ('{{a},{b}}'), ('null'),
    ('1e999'), ('NaN'), ('(?=x)*[a-'), ('pg_catalog.now'), ('*'), ('ROW(1, 2)'), ('$1');

CREATE TABLE plain_value (type, value) AS VALUES
    ('float8', '1.5'), ('float8[]', '{1,2,3,4,5}'), ('integer', '1'), ('bigint', '1'), ('numeric', '1'), ('boolean', 'true'),
    ('text[]', '{a}'), ('name[]', '{board}'), ('jsonb', '{}'), ('json', '{}'), ('regclass', 'board.firm'), ('date', '2024-01-01'), ('name', 'x'),
    ('score_model', (SELECT model::text FROM hz_model WHERE year = 2024)),
    ('scoreboard', (SELECT s::text FROM scoreboard s WHERE s.scoreboard = 'board.hz')),
    ('scoreboard_binding', (SELECT _innovation_score.bind(s)::text FROM scoreboard s WHERE s.scoreboard = 'board.hz')),
    ('bytea', '\x00'), ('oid', '1'), ('indicator_bounds', '(0,1,2,0,0,0,0,1,none)');

-- what the other arguments have meanwhile: something that lets the function come as far as it can
CREATE FUNCTION plain(routine text, argument text, type regtype) RETURNS text LANGUAGE sql AS $$
    SELECT COALESCE(
        (SELECT v.value FROM (VALUES
            ('create_scoreboard', 'name', 'board.fresh'), ('create_scoreboard', 'entity', 'firm'), ('create_scoreboard', 'stage', 'stage'),
            ('create_scoreboard', 'period', 'year'), ('create_scoreboard', 'peers', '{}'), ('create_scoreboard', 'long', NULL),
            ('derive_scheme', 'new', 'fresh'), ('propose_weights', 'method', 'entropy'), ('set_whitelist_rule', 'required', 'a > 0'),
            ('set_whitelist_rule', 'quota_by', 'city')) AS v(routine, argument, value)
         WHERE v.routine = plain.routine AND v.argument = plain.argument),
        CASE WHEN type = 'text'::regtype
             THEN COALESCE((SELECT v.value FROM (VALUES
                 ('scoreboard', 'board.hz'), ('name', 'board.hz'), ('board', 'board.hz'), ('scheme', 'board'), ('code', 'board'), ('parent', 'board'), ('stage', 's'),
                 ('method', 'iqr(1.5)'), ('extreme', 'iqr(1.5)'), ('direction', 'benefit'), ('transform', 'none'), ('aggregation', 'geometric'),
                 ('category', 'x'), ('indicator', 'a'), ('period', '2024'), ('expression', 'a'), ('entity', 'F001'),
                 ('required', 'a > 0'), ('quota_by', 'city'), ('path', 'board'), ('source', 'board.firm')) AS v(argument, value)
                 WHERE v.argument = plain.argument), 'x')
             ELSE (SELECT v.value FROM plain_value v
                 WHERE to_regtype(v.type) = plain.type) END)
$$;

-- a payload as a value of a type that holds text, and only of such
CREATE FUNCTION wrapped(payload text, type regtype) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN type IN ('text'::regtype, 'cstring'::regtype, 'name'::regtype, 'regclass'::regtype) THEN payload
                WHEN type IN ('text[]'::regtype, 'name[]'::regtype) THEN ARRAY[payload]::text
                WHEN type IN ('jsonb'::regtype, 'json'::regtype) THEN jsonb_build_object(payload, payload, 'a', payload, 'scheme', payload, 'indicator', payload, 'value', payload)::text
           END
$$;

-- One call, undone; what it came to unless that is as it should be. Statements that the extension writes are
-- correct: a syntax error in one of them means that a quote was lost.
CREATE FUNCTION call(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
    context text;
BEGIN
    EXECUTE statement;
    PERFORM FROM canary.victim;
    RAISE EXCEPTION 'undo' USING ERRCODE = 'TT000';
EXCEPTION WHEN OTHERS OR assert_failure THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
    IF state !~ '^(TT000|08P01|0A|21|22|23|2B|3D|3F|42|54|55)' AND NOT (state = 'P0002' AND message ~ 'has no') OR message ~ 'canary\.victim" does not exist' THEN
        RETURN state || ' ' || message;
    ELSIF state = '42601' AND context !~ 'check_expression|_expression_type|_bind|bind_expression' AND message ~ 'at or near|unterminated|at end of input' THEN
        RETURN state || ' ' || message || ' / ' || split_part(context, E'\n', 1);
    END IF;
    RETURN NULL;
END
$$;

-- what a naive function comes to
CREATE FUNCTION naive(x text) RETURNS text LANGUAGE plpgsql AS $$BEGIN EXECUTE 'SELECT ''' || x || ''''; RETURN x; END$$;
SELECT payload, call(format('SELECT board.naive(%L)', payload)) FROM payload WHERE payload ~ '^x''|^\\''|^x; ' ORDER BY place;
SELECT is_called FROM canary.songs;
ALTER SEQUENCE canary.songs RESTART;

-- the type that a polymorphic argument takes from a text
CREATE FUNCTION concrete(type oid) RETURNS regtype LANGUAGE sql AS $$SELECT CASE WHEN type IN ('"any"'::regtype, 'anycompatible'::regtype) THEN 'text'::regtype ELSE type::regtype END$$;
CREATE TABLE argument AS
SELECT p.oid, p.proname::text AS routine, a.place, concrete(a.type) AS type,
       p.pronamespace = '_innovation_score'::regnamespace AS internal,
       CASE WHEN a.place = p.pronargs AND p.provariadic NOT IN (0, '"any"'::regtype) THEN 'VARIADIC ' ELSE '' END AS prefix,
       '::' || concrete(a.type) AS suffix, COALESCE(quote_literal(plain(p.proname, p.proargnames[a.place], concrete(a.type))), 'NULL') AS plain
FROM pg_proc p CROSS JOIN LATERAL unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, place)
WHERE p.pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND p.prokind = 'f'
  AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype) AND 'internal'::regtype::oid <> ALL (p.proargtypes);

-- Internal functions may be there to run SQL, with the rights of who calls them; they do not crash either.
CREATE TABLE tried AS
SELECT a.oid, a.routine, a.internal, a.place, q.place AS payload,
       format('SELECT %s %s.%I(%s)', CASE WHEN p.proretset THEN '* FROM' ELSE '' END, p.pronamespace::regnamespace, a.routine,
              (SELECT string_agg(b.prefix || CASE WHEN b.place = a.place THEN quote_literal(wrapped(q.payload, b.type)) ELSE b.plain END
                                 || b.suffix, ', ' ORDER BY b.place)
               FROM argument b WHERE b.oid = a.oid)) AS statement
FROM argument a JOIN pg_proc p ON p.oid = a.oid JOIN payload q ON NOT a.internal OR q.place % 13 = 3
WHERE wrapped('x', a.type) IS NOT NULL;
SELECT count(*) > 1500, count(DISTINCT oid) FILTER (WHERE NOT internal) > 20, count(DISTINCT oid) FILTER (WHERE internal) > 50,
       bool_and(statement IS NOT NULL) FROM tried;
-- the functions of users
CREATE TABLE found AS SELECT t.*, call(t.statement) AS finding FROM tried t WHERE NOT t.internal;
SELECT routine, place, payload, regexp_replace(finding, ' line \d+', '') AS finding FROM found WHERE finding IS NOT NULL ORDER BY routine COLLATE "C", place, payload;
SELECT is_called, (SELECT count(*) FROM canary.victim) FROM canary.songs;
-- the internal ones
CREATE TABLE found_inside AS SELECT t.*, call(t.statement) AS finding FROM tried t WHERE t.internal;
SELECT routine, place, payload, finding FROM found_inside WHERE finding ~ '^(XX000|XX002|57|58|25|40)' ORDER BY routine COLLATE "C", place, payload;
ALTER SEQUENCE canary.songs RESTART;

-- ---------------------------------------------------------------- functions that somebody plants where views are made

-- The views are made under the schemas of who makes them, for the sake of expressions. What they call themselves is
-- called by its full name: a function of the same name that fits better is not for their readers to run.
SELECT set_whitelist_rule('board.hz', min_score => 1, top_n => 5, quota_by => 'city', quota_n => 3, reserve_n => 2);
SELECT set_tiers('board.hz', 'quantile', '{甲,乙,丙}', '[0.2, 0.5]');
INSERT INTO credit_rule (bank) VALUES ('injected');
SELECT set_credit('board.hz', 'a');
SELECT DISTINCT v.suffix, m[1] AS called
FROM scoreboard b CROSS JOIN LATERAL _innovation_score.views_of(b.scoreboard) v
CROSS JOIN LATERAL _innovation_score.view_query(b, _innovation_score.bind(b), v.suffix) q
CROSS JOIN LATERAL regexp_matches(regexp_replace(q, '''[^'']*''', '''''', 'g'), '(?:^|[^.\w":])([a-z_]\w*)\s*\(', 'g') m
WHERE b.scoreboard = 'board.hz' AND v.kind <> 'input' AND EXISTS (SELECT FROM pg_proc p WHERE p.proname = m[1]);
DELETE FROM credit_rule WHERE bank = 'injected';

-- ---------------------------------------------------------------- names from end to end

-- Cut to as many bytes.
CREATE FUNCTION cut(name text, bytes integer) RETURNS text LANGUAGE sql AS $$
    SELECT left(name, max(n)) FROM generate_series(0, length(name)) n WHERE octet_length(left(name, n)) <= bytes
$$;

-- A scoreboard all of whose names are made from n, as long as they may be; what its views show, in words.
CREATE FUNCTION tour(n text, OUT created text, OUT frozen text, OUT rebuilt text, OUT dropped bigint, OUT published text) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    room integer := 62 - (SELECT max(octet_length(v.kind)) FROM _innovation_score.scoreboard_view v);
    space text := cut(n || ' space', 63);
    source text := cut(n || ' firms', 63);
    board text := cut(n, room);
    category text := cut(n, 56) || '1';
    columns text[] := ARRAY(SELECT cut(n, 61) || i FROM generate_series(1, 6) i);
    full_name text := format('%I.%I', space, board);
    document jsonb;
    number bigint;
    show text := format('SELECT md5(string_agg(concat_ws(''|'', to_jsonb(w) ->> %1$L, to_jsonb(w) ->> ''score'', rank, decision), '','' ORDER BY to_jsonb(w) ->> %1$L COLLATE "C")) || '' '' '
                        '|| count(*) FILTER (WHERE decision = ''listed'') || '' '' || (SELECT count(*) FROM %2$s d WHERE d.title = %4$L AND to_jsonb(d) ->> %1$L = ''F001'') FROM %3$s w',
                        columns[1], format('%I.%I', space, board || '_detail'), format('%I.%I', space, board || '_whitelist'), n);
BEGIN
    EXECUTE format('CREATE SCHEMA %I', space);
    EXECUTE format('CREATE TABLE %I.%I AS SELECT firm AS %I, %L::text AS %I, city AS %I, a AS %I, b AS %I, c AS %I FROM board.firm WHERE year = 2024',
                   space, source, columns[1], n, columns[2], columns[3], columns[4], columns[5], columns[6]);
    INSERT INTO scheme (scheme, title, source) VALUES (n, n, n);
    INSERT INTO category (scheme, category, title) VALUES (n, category, n);
    INSERT INTO indicator (scheme, indicator, category, title, unit, definition)
    SELECT n, columns[i], category, n, n, n FROM generate_series(4, 6) i;
    INSERT INTO stage VALUES (n, n, n);
    INSERT INTO weight SELECT n, n, columns[i], i FROM generate_series(4, 6) i;
    PERFORM set_weights(n, n, jsonb_build_object(columns[4], 8));
    PERFORM derive_scheme(n || ' derived', n, n);
    document := scheme_export(n || ' derived');
    DELETE FROM scheme s WHERE s.scheme = n || ' derived';
    PERFORM scheme_import(document);
    PERFORM create_scoreboard(full_name, n, format('%I.%I', space, source)::regclass, columns[1], columns[2],
                              attributes => columns[3:3], mapping => jsonb_build_object(columns[4], format('%I + 0', columns[4])));
    PERFORM set_whitelist_rule(full_name, top_n => 50, quota_by => quote_ident(columns[3]), quota_n => 20, reserve_n => 5,
                               required => format('%I IS NOT NULL AND %L <> ''''', columns[4], n));
    INSERT INTO exclusion (scoreboard, entity, reason) VALUES (full_name, 'F002', n);
    EXECUTE show INTO created;
    number := publish(full_name, NULL, n);
    PERFORM file_objection(number, 'F001', columns[4], 1, n || ' (1)');
    published := (SELECT string_agg(v.check, ' ') FROM verify_publication(number) v WHERE v.ok IS NOT TRUE);
    PERFORM count(*) FROM what_if(full_name, entity => 'F003', changes => jsonb_build_object(columns[4], 1e6));
    PERFORM unlock_scheme(n);
    PERFORM freeze_scoreboard(full_name);
    EXECUTE show INTO frozen;
    PERFORM thaw_scoreboard(full_name);
    PERFORM count(*) FROM propose_weights(full_name, stage => n, method => 'critic');
    PERFORM rebuild_scoreboard(full_name);
    EXECUTE show INTO rebuilt;
    PERFORM drop_scoreboard(full_name);
    SELECT count(*) INTO dropped FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = space AND c.relkind = 'v';
    EXECUTE format('DROP SCHEMA %I CASCADE', space);
    DELETE FROM scheme s WHERE s.scheme IN (n, n || ' derived');
END
$$;

SET client_min_messages = error;
-- the same for all of them: what the whitelist shows, how many are listed, rows of the detail of one firm
SELECT n.n, t.created = p.created, t.frozen = p.created, t.rebuilt = p.created, t.dropped, COALESCE(t.published, 'sound'), substr(t.created, 34)
FROM tour('plain') p, unnest(ARRAY['a"b', 'a''b', 'a;b--c', 'a/*b', '%I%s%1$s%', 'a\b', '$$a$$', 'A b.C', '"', '''', '{a,b}', 'select',
    E'企业“积分”\u202E榜', E'line\nfeed\t', 'x''; DROP TABLE canary.victim; --', 'x"; SELECT canary.sing(); --',
    repeat('企', 21), repeat('"', 63), repeat('''', 63)]) n CROSS JOIN LATERAL tour(n.n) t;
SET client_min_messages = warning;
SELECT is_called, (SELECT count(*) FROM canary.victim) FROM canary.songs;

-- ---------------------------------------------------------------- what is run has the rights of who calls

CREATE ROLE nobody_special;
GRANT USAGE ON SCHEMA board TO nobody_special;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA board TO nobody_special;
CREATE TABLE secret AS SELECT 4711 AS number;
CREATE FUNCTION secret_number() RETURNS integer LANGUAGE sql AS 'SELECT number FROM board.secret';
SET ROLE nobody_special;
-- every function of users, every expression that could be one: the secret stays one
SELECT count(*) > 20, count(*) FILTER (WHERE attempt(statement) ~ '4711') AS told
FROM (SELECT DISTINCT format('SELECT %s innovation_score.%I(%s)', CASE WHEN p.proretset THEN '* FROM' ELSE '' END, p.proname,
             (SELECT string_agg(CASE WHEN b.place = a.place THEN quote_literal(e.expression) ELSE 'NULL' END
                                || '::' || concrete(b.type), ', ' ORDER BY b.place)
              FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS b(type, place))) AS statement
      FROM pg_proc p CROSS JOIN LATERAL unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, place)
      CROSS JOIN unnest('{(SELECT number FROM board.secret),board.secret_number()}'::text[]) AS e(expression)
      WHERE p.pronamespace = 'innovation_score'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0
        AND concrete(a.type) = 'text'::regtype AND p.prorettype <> 'trigger'::regtype AND 'internal'::regtype::oid <> ALL (p.proargtypes)) t;
SELECT attempt(format('SELECT _innovation_score.run(%L, %L)', '', 'SELECT number FROM board.secret'));
SELECT attempt(format('SELECT _innovation_score.expression_type(%L, %L, %L)', '', 'board.secret', 'number'));
RESET ROLE;

DROP OWNED BY nobody_special;
DROP ROLE nobody_special;
DROP SCHEMA canary CASCADE;
\set ECHO none
\i :forget
