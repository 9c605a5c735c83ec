-- the type condition: against PostgreSQL's own evaluation, what is refused, names and their types, hostile input, forms
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA condition;
SET search_path = condition, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse
\set SHOW_CONTEXT never

CREATE FUNCTION outcome(text text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM text::condition;
    RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END
$$;

-- ---------------------------------------------------------------- the same as SQL over exact decimals

-- What divides is e, whose quotients end as decimals; the second text is what PostgreSQL is given.
CREATE FUNCTION random_element(elements text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT elements[1 + floor(random() * cardinality(elements))::int]
$$;
CREATE FUNCTION random_number(depth int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF depth <= 0 THEN
        RETURN random_element('{a,b,previous.a,median.b,indicator.a,0.1,0.3,2.0,-1.0,0.0,"nullif(1.0, 1.0)",1e2}');
    END IF;
    RETURN replace(replace(random_element('{X + Y,X - Y,(X) * (Y),(X) / e,abs(X),floor(X),"least(X, Y, 2)","greatest(X, Y)","coalesce(X, Y)","nullif(X, Y)",-(X),+(X),(X) / 0.5}'),
                           'X', random_number(depth - 1)), 'Y', random_number(depth - 2));
END
$$;
CREATE FUNCTION random_condition(depth int) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF depth <= 0 OR random() < 0.3 THEN
        RETURN replace(replace(random_element('{X < Y,X <= Y,X > Y,X >= Y,X = Y,X <> Y,X != Y,X BETWEEN Y AND 2,X NOT BETWEEN -1 AND Y,"X IN (Y, 2, NULL)","X NOT IN (Y, 0)",X IS NULL,X IS NOT NULL,'
                                              'X < ''Infinity'',true,false,"NULL","''a'' IN (''b'', ''a'')","nullif(''a'', ''a'') = ''a''","coalesce(NULL, ''b'') <> ''a''",(X < Y) = (Y > 0)}'),
                               'X', random_number(2)), 'Y', random_number(2));
    END IF;
    RETURN replace(replace(random_element('{(P) AND (Q),P AND Q AND a > 0,(P) OR (Q),P OR Q OR b > 0,NOT (P),NOT P,(P) IS NULL}'), 'P', random_condition(depth - 1)), 'Q', random_condition(depth - 1));
END
$$;
CREATE FUNCTION in_sql(condition text) RETURNS text LANGUAGE sql AS $$
    SELECT replace(replace(condition, '/ e', '/ nullif(e, 0)'), 'indicator.', 'own.')
$$;
CREATE TABLE compared (condition text, vals float8[], previous float8[], medians float8[], expected boolean);
DO $$
DECLARE
    list numeric[] := '{0.1,0.2,0.3,1,-2.5,7,0,NULL,NULL,0.7,Infinity,-Infinity,NaN,2,1000.1}';
    v numeric[];
    c text;
    expected boolean;
BEGIN
    PERFORM setseed(0.5);
    FOR i IN 1 .. 6000 LOOP
        c := random_condition(3);
        v := ARRAY(SELECT list[1 + floor(random() * 15)::int] FROM generate_series(1, 4)) || (ARRAY[1, 2, -2.5, 0.5, 0, NULL])[1 + floor(random() * 6)::int];
        EXECUTE format('SELECT (SELECT %s FROM (SELECT $1[1] AS a, $1[2] AS b, $1[5] AS e) own) '
                       'FROM (SELECT $1[3] AS a) previous, (SELECT $1[4] AS b) median', in_sql(c)) INTO expected USING v;
        INSERT INTO compared VALUES (c, ARRAY[v[1], v[2], v[5]], ARRAY[v[3], 0, 0], ARRAY[0, v[4], 0], expected);
    END LOOP;
END
$$;
SELECT count(*) AS compared, count(*) FILTER (WHERE expected) > 1000 AS often_true, count(*) FILTER (WHERE NOT expected) > 1000 AS often_false,
       count(*) FILTER (WHERE expected IS NULL) > 1000 AS often_null
FROM compared;
SELECT count(*) AS different FROM compared WHERE _innovation_score.evaluate(condition::condition, '{a,b,e}', vals, previous, medians) IS DISTINCT FROM expected;
-- the functions that SQL has, too
WITH pair AS (SELECT a, b FROM unnest('{0,1,-2,0.5,30000,3000,NULL,NaN,Infinity,1e300}'::float8[]) a, unnest('{0,1,-2,0.5,NULL,NaN,-Infinity,1e-300}'::float8[]) b),
called AS (SELECT a, b, f, CASE f WHEN 'ratio' THEN ratio(a, b) WHEN 'growth_rate' THEN growth_rate(a, b) ELSE margin(a, b) END AS result FROM pair, unnest('{ratio,growth_rate,margin}'::text[]) f)
SELECT f, count(*) AS calls, count(*) FILTER (WHERE _innovation_score.evaluate(
           (f || CASE WHEN result IS NULL OR result = 'Infinity' AND a < 'Infinity' THEN '(a, b) IS NULL' ELSE '(a, b) = c' END)::condition,
           '{a,b,c}', ARRAY[a, b, result]) IS NOT TRUE) AS different
FROM called GROUP BY f ORDER BY f;
SELECT count(*) AS calls, count(*) FILTER (WHERE _innovation_score.evaluate('same_unit(a, median.a, previous.a)', '{a}', ARRAY[a], ARRAY[c], ARRAY[b]) IS DISTINCT FROM same_unit(a, b, c)) AS different
FROM unnest('{NULL,1,2999,3000,30000,30001,NaN,-3000}'::float8[]) a, unnest('{NULL,0,1,-1,Infinity,10}'::float8[]) b, unnest('{NULL,0,1,10}'::float8[]) c;
-- decimals are decimals; division by zero and what is too large are NULL
SELECT c, _innovation_score.evaluate(c::condition, '{a}', '{0.3}') FROM unnest(ARRAY['0.1 + 0.2 = a', '0.1 + 0.2 > a', 'a - 0.2 - 0.1 = 0', 'floor(a * 10) = 3', 'a = 0.3000000001', 'a / 0 IS NULL', '0 / 0 > 1', '1e308 * 10 IS NULL',
    'a < ''Infinity''', '''NaN'' > ''Infinity'' AND a = ''0.3''']) c;

-- ---------------------------------------------------------------- what is refused, and the types of names

SELECT c, outcome(c) FROM unnest(ARRAY['', ' ', 'a >', 'a > 1, true', 'a > 1) OR (true', 'a > 1 --', 'a > 1; DROP TABLE x', 'a > 1 FROM pg_class',
    'a', 'a + 1', '1', '''x''', 'a > ''x''', 'a = true AND a > 1', 'a = 1 AND a = ''x''', 'a AND ''x''', '- true > 1', 'a = b AND b = c AND c = ''x'' AND a > 1', 'greatest(a, ''x'') > 1', 'coalesce(a, true) > 1', 'a IN (1, ''x'')', 'a > 1e400',
    'sum(a) > 1', 'count(*) > 1', 'abs(a) OVER () > 1', 'ln(a) > 1', 'random() > 0.5', 'pg_catalog.abs(a) > 1', 'abs(1, 2) > 1', 'abs(DISTINCT a) > 1', 'abs(x => 1) > 1', 'extract(year FROM a) = 1',
    'a > (SELECT 1)', 'EXISTS (SELECT FROM pg_class)', 'CASE WHEN a THEN b END', 'a::int > 1', 'CAST(a AS int) > 1', 'a ^ 2 > 1', 'a || b = c', 'a OPERATOR(pg_catalog.+) 1 > 2', '@ a > 1', 'a LIKE ''x''', 'a ILIKE ''x''', 'a SIMILAR TO ''x''', 'a ~ ''x''',
    'a IS TRUE', 'a IS NOT UNKNOWN', 'a IS DISTINCT FROM b', 'a = ANY (''{1}'')', 'a BETWEEN SYMMETRIC 1 AND 2', 'a IN (SELECT 1)', 'ARRAY[1] = a', '(1, 2) = a', 'ROW(a) IS NULL', 'a[1] > 2', '(a).b > 1', 'a COLLATE "C" = ''b''', 'current_date > a', 'current_user = ''x''', '$1 > 1', 'B''1'' = a', 'DEFAULT',
    'firm.a > 1', 'x.y.z > 1', 'median.*', '*']) c;
-- a name has the types that its surroundings leave it
SELECT c, (SELECT string_agg(concat_ws('.', NULLIF(n.relation, ''), n.name) || ' ' || COALESCE(n.type, 'any'), ', ' ORDER BY ordinality) FROM _innovation_score.condition_names(c::condition) WITH ORDINALITY n) AS names
FROM unnest(ARRAY['a', 'a > 1', 'a = ''x''', 'a = ''5''', 'a IS NULL', 'previous.a / b <= 0.01 AND c AND a > median.b', 'coalesce(a, b) = c AND c < 1', 'x IN (''a'', y) OR NOT z', 'a = b', '"Rä&D" > "select" + score.rank', 'A > a', 'true']) c;
CREATE FUNCTION bound(c text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    RETURN (SELECT COALESCE(string_agg(concat_ws('.', NULLIF(n.relation, ''), n.name) || ' ' || n.kind || ' ' || COALESCE(n.type, 'any'), ', ' ORDER BY ordinality), 'nothing')
            FROM _innovation_score.bind_condition_names(c::condition, '{city,revenue,open,other,revenue,rd,rank,stage}', '{column,column,column,column,indicator,indicator,computed,computed}',
                                                        '{text,text,boolean,NULL,number,number,number,text}') WITH ORDINALITY n);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' / ', sqlstate || ' ' || sqlerrm, NULLIF(hint, ''));
END
$$;
SELECT c, bound(c) FROM unnest(ARRAY['city = ''杭州''', 'revenue = ''high'' AND indicator.revenue > 5', 'revenue > 5', 'previous.revenue < median.rd', 'rd > 1 AND score.rank <= 10 AND rank <= 10', 'stage IN (''growth'')', 'open AND other IS NULL', 'other = ''x''',
    'city', 'nobody > 1', 'previous.city = 1', 'score.rd > 1', 'indicator.rank > 1', 'city = rd', 'true']) c;
SELECT _innovation_score.bind_condition_names('a', '{a,b}', '{column}', '{number}');
SELECT _innovation_score.bind_condition_names('a', '{a}', '{column}', '{date}');
SELECT _innovation_score.bind_condition_names('a', '{NULL}', '{column}', '{boolean}');
SELECT _innovation_score.evaluate('a > 1', '{a}', '{1,2}');
SELECT _innovation_score.evaluate('a > b', '{a}', '{1}');
SELECT _innovation_score.evaluate('a > 1', '{a}', NULL), _innovation_score.evaluate('a IS NULL', '{a}', NULL), _innovation_score.evaluate(NULL, '{a}', '{1}'), _innovation_score.evaluate('previous.a > 1', '{a}', '{7}');

-- ---------------------------------------------------------------- hostile input

SET max_stack_depth = '1MB';
SELECT what, left(outcome(c), 5) FROM (VALUES ('a chain of sums', repeat('a + ', 60000) || '1 > 0'), ('parentheses', repeat('(', 100000) || '1' || repeat(')', 100000)), ('signs', repeat('- ', 100000) || 'a > 0'),
    ('calls', repeat('abs(', 5000) || 'a' || repeat(')', 5000) || ' > 0'), ('a conjunction', repeat('a > 0 AND ', 20000) || 'true'), ('a list', 'a IN (' || repeat('1, ', 80000) || '2)'), ('sums that pass', repeat('a + ', 500) || '1 > 0'),
    ('names', (SELECT string_agg('x' || i || ' > 0', ' OR ') FROM generate_series(1, 10001) i)), ('a long text', 'a = ''' || repeat('企', 80000) || ''''), ('one that is too long', 'a = ''' || repeat('企', 100000) || ''''), ('a name cut at 63 bytes', '"' || repeat('x', 70) || '" > 1')) v(what, c);
RESET max_stack_depth;
SELECT _innovation_score.evaluate((repeat('a > 0 AND ', 20000) || 'b > 0')::condition, '{a,b}', '{1,NULL}'), _innovation_score.evaluate(('a IN (' || repeat('1, ', 80000) || '2)')::condition, '{a}', '{2}'),
       _innovation_score.evaluate((repeat('a + ', 500) || '0 = 500')::condition, '{a}', '{1}');

-- ---------------------------------------------------------------- forms, order, settings

CREATE TABLE kept (id int, c condition);
INSERT INTO kept VALUES (1, 'b  >  1 /* as written */'), (2, 'a > 1'), (3, 'a > 1 '), (4, $$a = '\x' OR a = 'it''s'$$), (5, 'a > 1'), (6, '"营业收入" > 0'), (7, NULL);
INSERT INTO kept SELECT 8, string_agg('a <> ' || i, ' AND ')::condition FROM generate_series(1, 2000) i;
SELECT id, c FROM kept WHERE id < 8 ORDER BY c, id;
SELECT count(DISTINCT c), count(*) FILTER (WHERE c = 'a > 1') AS same, count(*) FILTER (WHERE c <> 'a > 1') AS others, count(*) FILTER (WHERE c < 'a > 1 ') AS before, count(*) FILTER (WHERE c >= 'a > 1') AS not_before,
       count(*) FILTER (WHERE c <= 'a > 1') AS up_to, count(*) FILTER (WHERE c > 'a > 1') AS after FROM kept;
CREATE INDEX kept_order ON kept USING btree (c) WHERE id < 8;
CREATE INDEX kept_hash ON kept USING hash (c);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT id FROM kept WHERE c = 'a > 1' ORDER BY id;
DROP INDEX kept_hash;
SELECT id FROM kept WHERE id < 8 AND c > '"z" > 1' AND c <= 'a > 1 ' ORDER BY id;
RESET enable_seqscan;
RESET enable_bitmapscan;
CREATE TABLE parted (c condition) PARTITION BY HASH (c);
CREATE TABLE parted0 PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO parted SELECT c FROM kept WHERE c IS NOT NULL;
SELECT count(*) FROM kept JOIN parted USING (c);
-- binary: back as it was; the bytes of 2.0.0 are read, a newer format and damaged ones are not, nor is what only has a good check value
CREATE TABLE received (LIKE kept);
\copy kept TO 'results/condition.bytes' (FORMAT binary)
\copy received FROM 'results/condition.bytes' (FORMAT binary)
SELECT count(*) AS rows, count(*) FILTER (WHERE k.c::text IS DISTINCT FROM r.c::text) AS different FROM kept k JOIN received r USING (id);
SELECT _innovation_score.condition_send('a > 1');
CREATE TABLE form (n int, bytes bytea);
CREATE TABLE back (n int, c condition);
INSERT INTO form VALUES (1, '\x0143bab51761203e2031');
\copy form TO 'results/condition.bytes' (FORMAT binary)
\copy back FROM 'results/condition.bytes' (FORMAT binary)
SELECT * FROM back;
UPDATE form SET bytes = set_byte(bytes, 0, 2);
\copy form TO 'results/condition.bytes' (FORMAT binary)
\copy back FROM 'results/condition.bytes' (FORMAT binary)
UPDATE form SET bytes = set_byte(set_byte(bytes, 0, 1), 6, 98);
\copy form TO 'results/condition.bytes' (FORMAT binary)
\copy back FROM 'results/condition.bytes' (FORMAT binary)
\set VERBOSITY sqlstate
UPDATE form SET bytes = '\x01';
\copy form TO 'results/condition.bytes' (FORMAT binary)
\copy back FROM 'results/condition.bytes' (FORMAT binary)
UPDATE form SET bytes = substr(_innovation_score.condition_send('a > 1'), 1, 1) || '\x00000000'::bytea;
\copy form TO 'results/condition.bytes' (FORMAT binary)
\copy back FROM 'results/condition.bytes' (FORMAT binary)
\set VERBOSITY terse
-- settings of the session change no meaning
INSERT INTO kept VALUES (9, $$'\n' = E'\\n' AND a = 1$$);
DO $$BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; /* not since PostgreSQL 19 */ END$$;
SELECT _innovation_score.evaluate(c, '{a}', '{1}') FROM kept WHERE id = 9;
RESET standard_conforming_strings;

RESET search_path;
DROP SCHEMA condition CASCADE;
