-- a budget with caps of groups, and tranches released by progress; against twins
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\set ECHO none
\i :draw
\set ECHO all
CREATE SCHEMA fund;
SET search_path = fund, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- caps of groups, known beforehand: 1000 by 3 : 2 : 4 : 1, the first two together at most 300, a row at most 500
CREATE TABLE claim (entity text, weight float8, floor numeric, cap numeric, group_name text, group_cap numeric);
INSERT INTO claim VALUES ('A', 3, NULL, NULL, '杭州', 300), ('B', 2, NULL, NULL, '杭州', 300), ('C', 4, NULL, 500, '宁波', NULL), ('D', 1, NULL, NULL, NULL, NULL), ('E', NULL, 10, NULL, '宁波', NULL);
SELECT * FROM allocate_groups('claim', 1000) ORDER BY entity;
SELECT sum(amount) FROM allocate_groups('claim', 1000, 7);
SELECT attempt(x) FROM unnest(ARRAY[$$SELECT * FROM allocate_groups(NULL, 5)$$, $$SELECT * FROM allocate_groups('pg_class', 5)$$, $$SELECT * FROM allocate_groups('claim', -5)$$, $$SELECT * FROM allocate_groups('claim', 1000, 0)$$, $$UPDATE claim SET group_cap = 5 WHERE entity = 'A'; SELECT * FROM allocate_groups('claim', 1000)$$,
    $$UPDATE claim SET group_cap = 'NaN' WHERE group_name = '杭州'; SELECT * FROM allocate_groups('claim', 1000)$$, $$UPDATE claim SET floor = 200 WHERE group_name = '杭州'; SELECT * FROM allocate_groups('claim', 1000)$$, $$UPDATE claim SET floor = 9, cap = 5 WHERE entity = 'C'; SELECT * FROM allocate_groups('claim', 1000)$$]) x;

-- random cases: the twin finds the common level by halving, each group at its own where that is lower
CREATE TABLE random_case AS SELECT k, (floor(draw() * 2500000) / 100)::numeric AS budget, (ARRAY[0.01, 1, 0.5])[1 + k % 3] AS unit FROM generate_series(1, 120) k;
CREATE TABLE random_claim AS SELECT k, 'F' || i AS entity, (1 + draw() * 1000)::float8 AS weight, CASE WHEN draw() < 0.2 THEN floor(draw() * 20)::numeric END AS floor, CASE WHEN draw() < 0.4 THEN 20 + floor(draw() * 800)::numeric END AS cap, CASE WHEN draw() < 0.9 OR k % 4 = 0 THEN 'G' || floor(draw() * 5)::int END AS group_name FROM generate_series(1, 120) k, generate_series(1, 25) i;
CREATE TABLE random_group AS SELECT k, group_name, CASE WHEN draw() < 0.7 OR k % 4 = 0 THEN 400 + floor(draw() * 2000)::numeric END AS group_cap FROM (SELECT DISTINCT k, group_name FROM random_claim WHERE group_name IS NOT NULL ORDER BY 1, 2) g;
ALTER TABLE random_claim ADD PRIMARY KEY (k, entity);
ALTER TABLE random_group ADD PRIMARY KEY (k, group_name);
ANALYZE random_claim, random_group;
CREATE VIEW random_row AS SELECT c.*, g.group_cap FROM random_claim c LEFT JOIN random_group g USING (k, group_name);
UPDATE random_case r SET budget = greatest(budget, (SELECT sum(ceil(floor)) FROM random_claim c WHERE c.k = r.k));
CREATE FUNCTION share_at(level float8, weight float8, low numeric, high numeric) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT least(greatest(level * weight, coalesce(low, 0)), high)';
CREATE FUNCTION level_of(n int, want float8, only_group text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    low float8 := 0;
    high float8 := 1e6;
    middle float8;
    total float8;
BEGIN
    FOR i IN 1..60 LOOP
        middle := (low + high) / 2;
        IF only_group IS NOT NULL THEN
            SELECT sum(share_at(middle, weight, floor, cap)) INTO total FROM random_row WHERE k = n AND group_name = only_group;
        ELSE
            SELECT sum(least(s, group_cap)) INTO total FROM (SELECT coalesce(group_name, entity) AS g, sum(share_at(middle, weight, floor, cap)) AS s, min(group_cap) AS group_cap FROM random_row WHERE k = n GROUP BY 1) x;
        END IF;
        IF total < want THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN high;
END
$$;
CREATE TABLE twin AS
SELECT r.k, r.entity, share_at(least(c.level, g.level), r.weight, r.floor, r.cap) AS due
FROM (SELECT k, level_of(k, budget::float8, NULL) AS level FROM random_case OFFSET 0) c JOIN random_row r USING (k)
LEFT JOIN (SELECT k, group_name, level_of(k, group_cap::float8, group_name) AS level FROM random_group WHERE group_cap IS NOT NULL OFFSET 0) g USING (k, group_name);
CREATE TABLE shared (k int, entity text, group_name text, amount numeric, bound text);
DO $$
DECLARE
    c random_case;
BEGIN
    FOR c IN SELECT * FROM random_case LOOP
        EXECUTE format('CREATE OR REPLACE VIEW one_case AS SELECT * FROM random_row WHERE k = %s', c.k);
        INSERT INTO shared SELECT c.k, * FROM allocate_groups('one_case', c.budget, c.unit);
    END LOOP;
END
$$;
SELECT count(*), count(*) FILTER (WHERE mod(s.amount, c.unit) <> 0) AS broken, count(*) FILTER (WHERE s.amount > r.cap) AS over_cap, count(*) FILTER (WHERE s.amount < r.floor) AS below_floor, count(*) FILTER (WHERE abs(s.amount - t.due) > c.unit + 1e-6) AS far_from_twin
FROM shared s JOIN random_case c USING (k) JOIN random_row r USING (k, entity) JOIN twin t USING (k, entity);
SELECT count(*) > 200 AS groups, count(*) FILTER (WHERE s.amount > g.group_cap) AS over, count(*) FILTER (WHERE s.amount = g.group_cap) > 50 AS full_groups FROM (SELECT k, group_name, sum(amount) AS amount FROM shared GROUP BY 1, 2) s JOIN random_group g USING (k, group_name);
-- all is given out that caps allow
SELECT count(*), count(*) FILTER (WHERE s.amount <> floor(least(c.budget, m.most) / c.unit) * c.unit) AS other, count(*) FILTER (WHERE m.most < c.budget) > 10 AS bounded FROM random_case c JOIN (SELECT k, sum(amount) AS amount FROM shared GROUP BY 1) s USING (k)
JOIN (SELECT k, sum(most) AS most FROM (SELECT r.k, coalesce(r.group_name, r.entity) AS g, least(min(r.group_cap), CASE WHEN count(r.cap) = count(*) THEN sum(floor(r.cap / c.unit) * c.unit) END, CASE WHEN min(r.group_cap) IS NULL AND count(r.cap) < count(*) THEN 1e9 END) AS most FROM random_row r JOIN random_case c USING (k) GROUP BY 1, 2) x GROUP BY 1) m USING (k);

-- ---------------------------------------------------------------- tranches
CREATE TABLE tranche (entity text, tranche int, due_on date, amount numeric, needed numeric);
CREATE TABLE progress (entity text, day date, reached numeric);
INSERT INTO tranche VALUES ('P1', 1, '2023-01-01', 300, 0), ('P1', 2, '2024-01-01', 300, 0.5), ('P1', 3, '2025-01-01', 400, 1), ('P2', 1, '2023-01-01', 100, 0), ('P2', 2, '2023-06-30', 100, 0.4), ('P2', 3, '2023-12-31', 100, 0.2);
INSERT INTO progress VALUES ('P1', '2023-06-30', 0.3), ('P1', '2023-12-31', 0.55), ('P1', '2024-12-31', 0.9), ('P2', '2023-06-30', 0.35);
SELECT * FROM tranche_releases('tranche', 'progress', '2024-06-30') ORDER BY entity, tranche;
SELECT entity, tranche, status, released_on FROM tranche_releases('tranche', 'progress', '2023-06-29') ORDER BY entity, tranche;
INSERT INTO progress VALUES ('P2', '2024-02-01', 0.45);
SELECT entity, tranche, status, released_on FROM tranche_releases('tranche', 'progress', '2024-06-30') WHERE entity = 'P2' ORDER BY tranche;
SELECT extract(year FROM released_on)::int AS year, sum(released) FROM tranche_releases('tranche', 'progress', '2024-06-30') GROUP BY 1 ORDER BY 1;
SELECT attempt(x) FROM unnest(ARRAY[$$SELECT * FROM tranche_releases(NULL, 'progress')$$, $$SELECT * FROM tranche_releases('progress', 'tranche')$$, $$SELECT * FROM tranche_releases('tranche', 'progress', NULL)$$]) x;
CREATE FUNCTION broken(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE change;
    result := attempt('SELECT * FROM tranche_releases(''tranche'', ''progress'')');
    RAISE EXCEPTION 'undo';
EXCEPTION WHEN raise_exception THEN
    RETURN result;
END
$$;
SELECT broken(x) FROM unnest(ARRAY['UPDATE tranche SET amount = -1 WHERE entity = ''P1''', 'UPDATE tranche SET needed = NULL WHERE entity = ''P2''', 'INSERT INTO tranche SELECT * FROM tranche WHERE tranche = 2', 'UPDATE tranche SET due_on = ''2022-01-01'' WHERE tranche = 3 AND entity = ''P2''', 'UPDATE tranche SET tranche = NULL WHERE entity = ''P1'' AND tranche = 3', 'INSERT INTO progress SELECT * FROM progress', 'UPDATE progress SET reached = ''NaN''']) x;
-- columns of other types
CREATE TABLE tranche_of_integers AS SELECT right(entity, 1)::int AS entity, tranche::smallint, due_on::timestamp, amount::int, CASE WHEN needed > 0 THEN 1 ELSE 0 END AS needed FROM tranche;
CREATE TABLE progress_of_floats AS SELECT right(entity, 1)::bigint AS entity, day::timestamp, reached::float8 FROM progress;
SELECT entity, tranche, amount, reached, released_on, status FROM tranche_releases('tranche_of_integers', 'progress_of_floats', '2024-06-30') ORDER BY entity, tranche;
-- day after day, the twin releases what has become due
CREATE TABLE plan AS SELECT 'E' || e AS entity, n AS tranche, '2020-01-01'::date + n * 100 + floor(draw() * 90)::int AS due_on, 100 * n::numeric AS amount, floor(draw() * 10)::numeric / 10 AS needed FROM generate_series(1, 24) e, generate_series(1, 4) n;
CREATE TABLE report AS SELECT entity, day, max(reached) AS reached FROM (SELECT 'E' || e AS entity, '2020-01-01'::date + floor(draw() * 700)::int AS day, floor(draw() * 12)::numeric / 10 AS reached FROM generate_series(1, 24) e, generate_series(1, 5) n) r GROUP BY 1, 2;
CREATE INDEX ON report (entity);
CREATE TABLE twin_release (entity text, tranche int, released_on date, PRIMARY KEY (entity, tranche));
DO $$
DECLARE
    d date;
BEGIN
    FOR d IN SELECT '2020-01-01'::date + i FROM generate_series(0, 600) i LOOP
        LOOP
            INSERT INTO twin_release SELECT p.entity, p.tranche, d FROM plan p WHERE p.due_on <= d AND NOT EXISTS (SELECT FROM twin_release t WHERE t.entity = p.entity AND t.tranche = p.tranche)
                AND (p.tranche = 1 OR EXISTS (SELECT FROM twin_release t WHERE t.entity = p.entity AND t.tranche = p.tranche - 1)) AND (p.needed = 0 OR EXISTS (SELECT FROM report r WHERE r.entity = p.entity AND r.day <= d AND r.reached >= p.needed));
            EXIT WHEN NOT FOUND;
        END LOOP;
    END LOOP;
END
$$;
SELECT count(*) FILTER (WHERE r.released_on IS DISTINCT FROM t.released_on) AS other, count(t.released_on) > 20 AS released, count(*) FILTER (WHERE r.status = 'behind') > 5 AS behind, count(*) FILTER (WHERE r.status = 'waiting') > 5 AS waiting FROM tranche_releases('plan', 'report', '2021-08-23') r LEFT JOIN twin_release t USING (entity, tranche);
SET client_min_messages = warning;
DROP SCHEMA fund CASCADE;
