-- row_values: numbers of any type as double precision, numeric with the bits of PostgreSQL's own cast
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

SELECT _innovation_score.row_values(1::float8, 0.1::float4, 7::int2, -7::int4, 9223372036854775807::int8, 123.45::numeric(20,2), NULL::numeric, NULL::int) AS all_types;
CREATE DOMAIN wanyuan AS numeric(20,2);
SELECT _innovation_score.row_values(12.5::wanyuan, NULL::wanyuan);
DROP DOMAIN wanyuan;
SELECT _innovation_score.row_values('x'::text);
SELECT _innovation_score.row_values(1, true);
SELECT _innovation_score.row_values(VARIADIC ARRAY[1.0, 2.0]);
\set VERBOSITY sqlstate
SELECT _innovation_score.row_values();
\set VERBOSITY default

CREATE FUNCTION values_differ(n numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
SELECT float8send((_innovation_score.row_values(n))[1]) IS DISTINCT FROM float8send(n::float8) $$;
-- one by one: special values, exact and inexact powers, halfway cases, the ends of the range, trailing zeros, many digits
SELECT count(*) AS numbers, count(*) FILTER (WHERE values_differ(n) OR values_differ(-n)) AS differing
FROM unnest(ARRAY['NaN', 'Infinity', '0', '0.00', '1', '10000', '9999', '0.0001', '0.00010000', '1e22', '1e23', '1e-22', '1e-23', '1e19', '1e20', '1e-19', '1e-20',
    '9007199254740991', '9007199254740992', '9007199254740993', '9007199254740994', '9007199254740995', '18014398509481985', '18014398509481986.99999999',
    '9007199254740992.5', '9007199254740993.0000000000000000000000000001', '4503599627370496.5', '4503599627370497.5', '4503599627370497.49999999999999999999',
    '18446744073709551615', '18446744073709551616', '99999999999999999999', '9999999999999999999', '10000000000000000001', '0.33333333333333333333', '0.66666666666666666667',
    '1.7976931348623157e308', '1.7976931348623158e308', '4.9406564584124654e-324', '2.4703282292062328e-324', '2.2250738585072014e-308', '2.2250738585072011e-308',
    '123456789.123456789123456789123456789', '0.1000000000000000055511151231257827021181583404541015625', '0.10000000000000000277555756156289135105907917022705078125',
    '12345678901234567.890', '99999999999999999999999999999999.99', '5e-5', '8.5', '0.5e-16']::numeric[]) AS n;
SELECT _innovation_score.row_values(n) FROM unnest('{1e309,-1e309}'::numeric[]) AS n;
-- (an overflowing numeric is an error in the cast, too)
SELECT 1e309::numeric::float8;
-- many, of ten shapes; the pseudo-random digits come from md5, so that every run tests the same ones
WITH digits AS (
    SELECT i, abs(('x' || substr(h, 1, 15))::bit(60)::bigint)::numeric AS a, abs(('x' || substr(h, 16, 15))::bit(60)::bigint)::numeric AS b
    FROM (SELECT i, md5(i::text) AS h FROM generate_series(1, 200000) AS i) AS s
), shaped AS (
    SELECT i % 10 AS shape, CASE i % 10
        WHEN 0 THEN (a % 1000000000000 / 100)::numeric(20,2)
        WHEN 1 THEN a % 10000000
        WHEN 2 THEN a % 1000000 / (b % 1000000 + 1)
        WHEN 3 THEN a / 1e18 * ('1e' || (b % 40 - 20))::numeric
        WHEN 4 THEN (a * 1000000000000000000 + b) / ('1e' || (i % 37))::numeric
        WHEN 5 THEN (9007199254740992 + a % 9007199254740992) * 2 + 1
        WHEN 6 THEN (4503599627370496 + a % 4503599627370496) + 0.5 + CASE b % 3 WHEN 0 THEN 0 WHEN 1 THEN 1e-20 ELSE -1e-20 END
        WHEN 7 THEN -(a % 100000000000 / 1000000)::numeric(12,6)
        WHEN 8 THEN a * ('1e' || (b % 600 - 318))::numeric
        ELSE (a::float8 / 1e18)::numeric END AS n
    FROM digits
)
SELECT shape, count(*) AS numbers, count(DISTINCT n) > 15000 AS varied, count(*) FILTER (WHERE values_differ(n)) AS differing FROM shaped GROUP BY shape ORDER BY shape;
-- from a table: short, long and compressed headers
CREATE TABLE values_stored (n numeric);
INSERT INTO values_stored SELECT 1.5 + i FROM generate_series(1, 1000) AS i;
INSERT INTO values_stored SELECT ('1' || repeat('0', 300) || '.' || repeat(i::text, 3000))::numeric FROM generate_series(1, 9) AS i;
SELECT count(*), max(pg_column_size(n)) > 100 AS long, count(*) FILTER (WHERE values_differ(n)) AS differing FROM values_stored;

-- what it is for: NaN counts as missing, in fit and in score
SELECT fit('{"indicators": [{"indicator": "x", "weights": 1}]}'::score_model, VARIADIC _innovation_score.row_values(n)) = fit('{"indicators": [{"indicator": "x", "weights": 1}]}'::score_model, n::float8) AS same
FROM (VALUES (1.5), (NULL), (7.25)) AS v(n);
DROP TABLE values_stored;
DROP FUNCTION values_differ(numeric);
