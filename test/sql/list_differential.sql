-- 40 random rules over 80 rows of firms in two periods and two peer groups, with tiers, conditions and all decimals: lists, _standing, frozen
-- scoreboards, readers under a policy, publications, batches, what_if and a firm that stands twice, against plain SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

CREATE FUNCTION h(VARIADIC k int[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$SELECT abs(hashtext(k::text)::bigint)$$;
-- a scheme for each number of decimals: 0, 1, 2, 4 and as many as there are
INSERT INTO scheme (scheme, full_marks, extreme, missing, decimals) SELECT 'plain' || n, 100, 'fixed(0,100)', 'reweight', d FROM unnest('{0,1,2,4,NULL}'::int[]) WITH ORDINALITY d(d, place), LATERAL (SELECT place - 1 AS n) p;
INSERT INTO category (scheme, category) SELECT scheme, c FROM scheme, unnest('{one,two}'::text[]) c WHERE scheme LIKE 'plain_';
INSERT INTO indicator (scheme, indicator, category, extreme) SELECT scheme, i, CASE i WHEN 'x' THEN 'one' ELSE 'two' END, CASE i WHEN 'z' THEN 'none' END FROM scheme, unnest('{x,g,z}'::text[]) i WHERE scheme LIKE 'plain_';
INSERT INTO stage SELECT scheme, s FROM scheme, unnest('{s,l}'::text[]) s WHERE scheme LIKE 'plain_';
INSERT INTO weight SELECT scheme, w.* FROM scheme, (VALUES ('s', 'x', 60), ('s', 'g', 25), ('s', 'z', 15), ('l', 'x', 40), ('l', 'g', 30), ('l', 'z', 30)) w WHERE scheme LIKE 'plain_';
CREATE TABLE source AS
SELECT 'F' || lpad((1 + i % 40)::text, 2, '0') AS firm, 2023 + i / 40 AS year, CASE WHEN h(i, 1) % 9 > 0 THEN (ARRAY['杭州', '宁波', '温州'])[h(i, 2) % 3 + 1] END AS city,
       CASE WHEN h(i, 3) % 20 > 0 THEN (ARRAY['s', 'l'])[h(i, 4) % 2 + 1] END AS stage, (ARRAY['a', 'b'])[h(i, 11) % 2 + 1] AS branch,
       CASE WHEN h(i, 5) % 9 > 0 THEN (h(i, 6) % 12) * 8.3 END::numeric AS x, CASE WHEN h(i, 7) % 9 > 0 THEN h(i, 8) % 6 * 11 END::numeric AS y, (h(i, 9) % 5 * 10 + h(i, 11) % 2 * 7)::int AS other, (h(i, 10) % 4)::int AS n
FROM generate_series(0, 79) i;
CREATE TABLE board AS SELECT kind || n AS name, 'plain' || n AS scheme FROM unnest('{live,cold}'::text[]) kind, generate_series(0, 4) n;
SELECT count(create_scoreboard(name, scheme, 'source', 'firm', 'stage', 'year', peers => '{branch}', attributes => '{city}', mapping => '{"g": "y + 0.5 * n", "z": "other"}')) FROM board;
SELECT count(set_tiers(name, 'quantile', '{A,B,C}', '[0.15, 0.5]', within => 'city')) FROM board;
SELECT count(freeze_scoreboard(name)) FROM board WHERE name LIKE 'cold_';
-- on the negative list always, these days, from some day on, until some day
INSERT INTO exclusion
SELECT b.name, f.firm, 'x', CASE f.kind WHEN 1 THEN current_date - 3 WHEN 2 THEN current_date + 3 END, CASE f.kind WHEN 1 THEN current_date + 3 WHEN 3 THEN current_date - 3 END
FROM board b, (SELECT DISTINCT firm, abs(hashtext(firm)) % 11 AS kind FROM source) f WHERE f.kind <= 3;
-- who sees one city only
CREATE ROLE regress_list_reader;
ALTER TABLE source ENABLE ROW LEVEL SECURITY;
CREATE POLICY reads ON source FOR SELECT TO regress_list_reader USING (city = '宁波');
GRANT USAGE ON SCHEMA board TO regress_list_reader;
SELECT count(grant_scoreboard(name, 'regress_list_reader', 'reader')) FROM board WHERE name LIKE 'cold_';
CREATE TABLE rule AS
SELECT r, CASE WHEN h(r, 1) % 3 = 0 THEN (h(r, 2) % 50)::float8 END AS min_score, CASE WHEN h(r, 3) % 3 > 0 THEN h(r, 4)::int % 20 + 1 END AS top_n, CASE WHEN h(r, 5) % 2 = 0 THEN h(r, 6)::int % 8 + 1 END AS quota_n,
       CASE WHEN h(r, 7) % 2 = 0 THEN h(r, 8)::int % 6 + 1 ELSE 0 END AS reserve_n, CASE WHEN h(r, 9) % 4 = 0 THEN jsonb_build_object('one', h(r, 10) % 40) END AS minimum, CASE WHEN h(r, 11) % 3 = 0 THEN 0.5::float8 END AS min_coverage,
       CASE WHEN r % 8 > 0 THEN (ARRAY['g > 10', 'rank <= 30', 'tier <> ''C''', 'percentile > 20 AND upper(city) = city', 'stage_rank < 15 OR g IS NULL', 'x >= 24.9', 'z BETWEEN 10 AND 30 AND n < 3', 'two_score > 20 OR city = ''宁波''',
                     'coverage = 1 AND tier IN (''A'', ''B'')', 'NOT (tier = ''A'' AND rank > 3)', 'n > 0', 'length(city) = 2 AND score > 15.5', 'coalesce(g, 100) > score'])[h(r, 12) % 13 + 1] END AS required,
       CASE WHEN h(r, 13) % 2 = 0 THEN (ARRAY['tier = ''A'' AND n = 2', 'g > 50', 'x IS NULL AND n > 1', 'stage = ''l'' AND stage_rank <= 2', 'city = ''温州'' AND z = 40', 'rank IN (2, 5, 9)'])[h(r, 14) % 6 + 1] END AS qualifies
FROM generate_series(1, 40) r;
-- what rules ask, in plain SQL over the scores
DO $do$
BEGIN
    FOR n IN 0..4 LOOP
        EXECUTE format($query$
            CREATE VIEW known%1$s AS
            WITH scored AS (SELECT f.firm, f.year, f.city, f.stage, score::numeric, one_score, two_score, coverage, x, y + 0.5 * n AS g, other AS z, n FROM live%1$s_score JOIN source f USING (firm, year)),
            placed AS (SELECT *, CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY year ORDER BY score DESC NULLS LAST) END AS rank,
                              CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY year, stage ORDER BY score DESC NULLS LAST) END AS stage_rank, count(score) OVER (PARTITION BY year) AS scored,
                              rank() OVER (PARTITION BY year, city ORDER BY score DESC NULLS LAST) AS place, count(score) OVER (PARTITION BY year, city) AS in_city FROM scored)
            SELECT *, 100.0 * (scored - rank + 1) / scored AS percentile,
                   CASE WHEN score IS NULL OR city IS NULL THEN NULL WHEN place <= ceil(0.15 * in_city) THEN 'A' WHEN place <= ceil(0.5 * in_city) THEN 'B' ELSE 'C' END AS tier,
                   abs(hashtext(firm)) %% 11 <= 1 AS excluded
            FROM placed$query$, n);
    END LOOP;
END
$do$;
CREATE TABLE found (r int, kind text, batch boolean, firm text, year int, rank bigint, decision text, reasons text);
CREATE TABLE twin (r int, batch boolean, firm text, year int, rank bigint, decision text);
CREATE TABLE trial (r int, firm text, before text, after text, twin text);
CREATE FUNCTION decide_twin(number int, earlier text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    u rule;
BEGIN
    SELECT * INTO u FROM rule WHERE rule.r = number;
    EXECUTE format($query$
        INSERT INTO twin
        WITH asked AS (SELECT *, firm = ANY ($8) AS earlier, NOT excluded AND firm <> ALL ($8) AND (%1$s) IS TRUE AS may, (%2$s) IS TRUE AS direct,
                              score IS NOT NULL AND COALESCE(score >= $1, $1 IS NULL) AND COALESCE(coverage >= $2, $2 IS NULL) AND COALESCE(one_score >= $3, $3 IS NULL) AND ($4 IS NULL OR city IS NOT NULL) AS fit FROM known%3$s),
        eligible AS (SELECT *, may AND NOT direct AND fit AS eligible FROM asked),
        quota AS (SELECT *, eligible AND ($4 IS NULL OR rank() OVER (PARTITION BY year, eligible, city ORDER BY score DESC) <= $4) AS admitted FROM eligible),
        top AS (SELECT *, may AND direct OR admitted AND ($5 IS NULL OR rank() OVER (PARTITION BY year, admitted ORDER BY score DESC) <= $5) AS listed FROM quota),
        reserve AS (SELECT *, eligible AND NOT listed AND rank() OVER (PARTITION BY year, eligible AND NOT listed ORDER BY score DESC) <= $6 AS reserve FROM top)
        SELECT $7, $8 <> '{}', firm, year, rank, CASE WHEN listed THEN 'listed' WHEN reserve THEN 'reserve' WHEN earlier THEN 'earlier' ELSE 'rejected' END FROM reserve$query$,
        COALESCE(u.required, 'true'), COALESCE(u.qualifies, 'false'), number % 5)
    USING u.min_score, u.min_coverage, (u.minimum ->> 'one')::float8, u.quota_n, u.top_n, u.reserve_n, number, earlier;
END
$$;
CREATE FUNCTION read_lists(number int, board text, batch boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kind text := left(board, 4);
    seen found[];
BEGIN
    EXECUTE format('INSERT INTO found SELECT $1, %L, $2, firm, year, rank, decision, reasons FROM %I', kind || ' list', board || '_whitelist') USING number, batch;
    EXECUTE format('INSERT INTO found SELECT $1, %L, $2, firm, year, rank, decision, reasons FROM %I', kind || ' standing', board || '_standing') USING number, batch;
    IF kind = 'cold' THEN
        SET LOCAL ROLE regress_list_reader;
        EXECUTE format('SELECT array_agg(($1, ''cold list under a policy'', $2, firm, year, rank, decision, reasons)::board.found) FROM %I', board || '_whitelist') INTO seen USING number, batch;
        RESET ROLE;
        INSERT INTO found SELECT * FROM unnest(seen);
    END IF;
END
$$;
-- every fourth rule on a frozen scoreboard, too
CREATE FUNCTION boards_of(number int) RETURNS text[] LANGUAGE sql RETURN array_remove(ARRAY['live' || number % 5, CASE WHEN number % 4 = 0 THEN 'cold' || number % 5 END], NULL);
CREATE FUNCTION set_rule(number int, board text) RETURNS void LANGUAGE sql AS $$
    SELECT set_whitelist_rule(board, min_score => u.min_score, top_n => u.top_n, quota_by => CASE WHEN u.quota_n > 0 THEN 'city' END, quota_n => u.quota_n, required => u.required, min_coverage => u.min_coverage,
                              reserve_n => u.reserve_n, category_minimum => u.minimum, qualifies => u.qualifies) FROM rule u WHERE u.r = number
$$;
CREATE FUNCTION decide_by(number int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    live text := 'live' || number % 5;
    published bigint;
    board text;
BEGIN
    FOREACH board IN ARRAY boards_of(number) LOOP
        PERFORM set_rule(number, board);
        PERFORM read_lists(number, board);
    END LOOP;
    IF number % 6 = 0 THEN
        published := publish(live, '2024', 'rule ' || number);
        INSERT INTO found SELECT number, 'published', false, entity, 2024, f.rank, decision, reasons FROM published_firm f WHERE publication = published;
        INSERT INTO found SELECT number, 'verified: ' || string_agg(v.check, ', '), false, NULL FROM verify_publication(published) v WHERE NOT v.ok HAVING count(*) > 0;
        PERFORM retract(published, 'test');
    END IF;
    -- what a firm would be, before it is
    IF number % 4 = 1 THEN
        INSERT INTO trial SELECT number, f.firm, w.decision_before, w.decision_after FROM (SELECT firm FROM source WHERE year = 2024 ORDER BY h(ascii(right(firm, 1)), ascii(substr(firm, 2, 1)), number) LIMIT 2) f,
               LATERAL what_if(live, '2024', f.firm, '{"x": 83, "g": 55}') w;
        UPDATE trial t SET twin = b.decision FROM twin b WHERE t.r = number AND (b.r, b.firm, b.year) = (number, t.firm, 2024);
    END IF;
    -- a firm that stands twice: no list of its year, that of the other one as ever
    IF number % 7 = 0 THEN
        INSERT INTO source SELECT * FROM source WHERE year = 2023 AND firm = 'F07';
        EXECUTE format('INSERT INTO found SELECT $1, ''beside a firm that stands twice'', false, firm, year, rank, decision, reasons FROM %I WHERE year = 2024', live || '_whitelist') USING number;
        BEGIN
            EXECUTE format('INSERT INTO found SELECT $1, ''of a firm that stands twice'', false, firm, year, rank, decision FROM %I WHERE year = 2023', live || '_whitelist') USING number;
        EXCEPTION WHEN cardinality_violation THEN
            INSERT INTO twice VALUES (number, SQLERRM);
        END;
        DELETE FROM source WHERE ctid = (SELECT max(ctid) FROM source WHERE year = 2023 AND firm = 'F07');
    END IF;
END
$$;
-- a batch of one year: its firms are out in both, and others move up
CREATE FUNCTION decide_after_batch(number int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    listed text[] := ARRAY(SELECT t.firm FROM twin t WHERE (t.r, t.batch, t.year, t.decision) = (number, false, 2023, 'listed'));
    board text;
BEGIN
    IF listed = '{}' THEN
        RETURN;
    END IF;
    PERFORM decide_twin(number, listed);
    FOREACH board IN ARRAY boards_of(number) LOOP
        PERFORM set_rule(number, board);
        PERFORM record_whitelist_batch(board, '2023');
        PERFORM read_lists(number, board, true);
    END LOOP;
    DELETE FROM whitelist_batch;
END
$$;
CREATE TABLE twice (r int, message text);
SELECT count(decide_twin(r)) FROM rule;
SELECT count(decide_by(r)) FROM rule;
SELECT count(decide_after_batch(r)) FROM rule WHERE r % 3 = 0;
-- before PostgreSQL 15 views read with their owner's rights, whom policies do not concern
SELECT kind, batch, count(DISTINCT r) AS rules, CASE WHEN kind LIKE '%policy' THEN sign(count(*)) ELSE count(*) END AS answers, count(*) FILTER (WHERE (f.rank, f.decision) IS DISTINCT FROM (t.rank, t.decision)) AS other FROM found f LEFT JOIN twin t USING (r, batch, firm, year) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM (SELECT r FROM twin EXCEPT SELECT r FROM found WHERE NOT batch GROUP BY r HAVING count(*) FILTER (WHERE kind = 'live list') = 80) f;
SELECT r, firm, year, array_agg(DISTINCT reasons) FROM found WHERE firm IS NOT NULL GROUP BY batch, r, firm, year HAVING count(DISTINCT reasons) > 1;
SELECT message, count(*) FROM twice GROUP BY 1;
SELECT decision, count(*) > 30 AS many, count(DISTINCT r) > 10 AS of_many_rules FROM twin GROUP BY 1 ORDER BY 1;
-- what_if says what would be, and is: the firm has these values now
CREATE FUNCTION try_values(number int, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    UPDATE source SET x = 83, y = 55 - 0.5 * n WHERE firm = name AND year = 2024;
    DELETE FROM twin;
    PERFORM decide_twin(number);
    SELECT decision INTO result FROM twin WHERE firm = name AND year = 2024;
    RAISE EXCEPTION 'undone' USING DETAIL = result;
EXCEPTION WHEN raise_exception THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN result;
END
$$;
SELECT count(*) AS trials, count(*) FILTER (WHERE before IS DISTINCT FROM twin) AS other_before, count(DISTINCT before || after) > 3 AS changes FROM trial;
SELECT t.r, u.required, u.qualifies, t.firm, t.before, t.after, n.decision AS twin FROM trial t JOIN rule u USING (r) CROSS JOIN LATERAL try_values(t.r, t.firm) AS n(decision)
WHERE t.after IS DISTINCT FROM n.decision;
DROP OWNED BY regress_list_reader;
DROP ROLE regress_list_reader;
DROP VIEW known0, known1, known2, known3, known4;
\set ECHO none
\i :forget
