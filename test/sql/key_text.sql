-- Keys: equal values have equal texts, different ones different texts, under any settings.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
CREATE TYPE key_enum AS ENUM ('b', 'a');
CREATE DOMAIN key_code AS char(6);

-- All values of a type that an array holds: pairs whose equality and whose texts' equality differ, and texts that cannot be read back.
CREATE FUNCTION key_faults(vals anyarray) RETURNS TABLE (pairs bigint, unlike bigint, unreadable bigint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT count(*), count(*) FILTER (WHERE (a = b) <> (key_text(a) = key_text(b))), '
        'count(*) FILTER (WHERE key_text(a)::%s <> a) FROM unnest($1) a CROSS JOIN unnest($1) b',
        (SELECT format_type(t.typelem, NULL) FROM pg_type t WHERE t.oid = pg_typeof(vals))) USING vals;
END
$$;

CREATE VIEW key_test AS
SELECT 'numeric' AS type, f.*, key_text(2024.0) || key_text(numeric 'NaN') || key_text(1e20::numeric) AS texts
FROM key_faults('{2024,2024.0,2024.00,2024.1,-0.10,0,0.000,NaN,1e30,1200}'::numeric[]) f
UNION ALL SELECT 'float8', f.*, key_text(float8 '-0') || ' ' || key_text(0.1::float8 + 0.2)
FROM key_faults('{0,-0,0.1,0.30000000000000004,0.3,NaN,Infinity,-Infinity,1e300}'::float8[]) f
UNION ALL SELECT 'float4', f.*, key_text(0.1::float4) FROM key_faults('{0,-0,0.1,16777216,NaN}'::real[]) f
UNION ALL SELECT 'int8', f.*, key_text(-5::int8) FROM key_faults('{1,2,-3,1}'::int8[]) f
UNION ALL SELECT 'bool', f.*, key_text(true) FROM key_faults('{t,f,t}'::bool[]) f
UNION ALL SELECT 'text', f.*, key_text('a '::text) FROM key_faults('{a,"a ",A,"",ａ}'::text[]) f
UNION ALL SELECT 'char', f.*, key_text('a '::char(9)) FROM key_faults('{a,"a ",A,""}'::char(4)[]) f
UNION ALL SELECT 'domain', f.*, key_text('x'::key_code) FROM key_faults('{a,b}'::key_enum[]) f
UNION ALL SELECT 'bytea', f.*, key_text('\x00ff'::bytea) FROM key_faults(ARRAY['\x00', '\xff', '']::bytea[]) f
UNION ALL SELECT 'date', f.*, key_text(date '2024-02-29')
FROM key_faults(ARRAY[date '2024-01-02', date '2024-02-01', date '0044-03-15 BC', 'infinity']) f
UNION ALL SELECT 'timestamp', f.*, key_text(timestamp '2024-02-29 12:00:00.5')
FROM key_faults(ARRAY[timestamp '2024-01-02', timestamp '2024-02-01 00:00:00.000001', '-infinity']) f
UNION ALL SELECT 'timestamptz', f.*, key_text(timestamptz '2024-01-01 08:00+08')
FROM key_faults(ARRAY[timestamptz '2024-01-01 08:00+08', timestamptz '2024-01-01 00:00+00', timestamptz '2024-01-01 12:00-12']) f
UNION ALL SELECT 'interval', f.*, key_text(interval '1 mon 1 day')
FROM key_faults(ARRAY[interval '1 mon', interval '30 days', interval '720 hours', interval '-1 mon', interval '-30 days 1 s']) f
UNION ALL SELECT 'uuid', f.*, key_text(uuid 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')
FROM key_faults('{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'::uuid[]) f
UNION ALL SELECT 'inet', f.*, key_text(inet '10.0.0.1/32') FROM key_faults('{10.0.0.1,10.0.0.1/32,10.0.0.1/24}'::inet[]) f;

SELECT * FROM key_test;
CREATE TABLE key_plain AS SELECT * FROM key_test;

-- Settings do not matter.
CREATE FUNCTION key_differences(VARIADIC settings text[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(settings) BY 2 LOOP
        PERFORM set_config(settings[i], settings[i + 1], true);
    END LOOP;
    RETURN (SELECT count(*) FROM (TABLE key_test EXCEPT ALL TABLE key_plain) d);
END
$$;
SELECT key_differences('datestyle', 'SQL, DMY', 'timezone', '<+12>+12') AS dates,
       key_differences('datestyle', 'German', 'timezone', '<-14>-14') AS far_east,
       key_differences('intervalstyle', 'sql_standard') AS sql_standard,
       key_differences('intervalstyle', 'iso_8601', 'extra_float_digits', '-15', 'bytea_output', 'escape') AS others;

-- What has no such text is refused.
RESET client_min_messages;
DO $$
DECLARE
    value text;
BEGIN
    FOREACH value IN ARRAY ARRAY['ARRAY[1]', 'ROW(1, 2)', '''{}''::json', '''{}''::jsonb', '''1''::money',
                                 '''pg_class''::regclass', '''int4''::regtype', 'int4range(1, 2)', '''(1,2)''::point',
                                 'B''1''', '''a''::tsvector', '''x'''] LOOP
        BEGIN
            EXECUTE format('SELECT innovation_score.key_text(%s)', value);
            RAISE NOTICE '% is taken', value;
        EXCEPTION WHEN datatype_mismatch THEN
            RAISE NOTICE '% is refused', value;
        END;
    END LOOP;
END
$$;

