-- 40 random rules over 80 firms, with tiers, conditions and decimals: the list, _standing, a frozen scoreboard, publications, batches and what_if
-- against plain SQL
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
INSERT INTO scheme (scheme, full_marks, extreme, missing, decimals) VALUES ('plain', 100, 'fixed(0,100)', 'reweight', 1);
INSERT INTO category (scheme, category) VALUES ('plain', 'one'), ('plain', 'two');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'x', 'one'), ('plain', 'g', 'two'), ('plain', 'z', 'two');
INSERT INTO stage VALUES ('plain', 's'), ('plain', 'l');
INSERT INTO weight VALUES ('plain', 's', 'x', 60), ('plain', 's', 'g', 25), ('plain', 's', 'z', 15), ('plain', 'l', 'x', 40), ('plain', 'l', 'g', 30), ('plain', 'l', 'z', 30);
CREATE TABLE source AS
SELECT 'F' || lpad(i::text, 2, '0') AS firm, CASE WHEN h(i, 1) % 9 > 0 THEN (ARRAY['杭州', '宁波', '温州'])[h(i, 2) % 3 + 1] END AS city, CASE WHEN h(i, 3) % 20 > 0 THEN (ARRAY['s', 'l'])[h(i, 4) % 2 + 1] END AS stage,
       CASE WHEN h(i, 5) % 9 > 0 THEN (h(i, 6) % 12) * 8.3 END::numeric AS x, CASE WHEN h(i, 7) % 9 > 0 THEN h(i, 8) % 6 * 11 END::numeric AS y, (h(i, 9) % 5 * 10)::int AS other, (h(i, 10) % 4)::int AS n
FROM generate_series(1, 80) i;
SELECT create_scoreboard(b, 'plain', 'source', 'firm', 'stage', attributes => '{city}', mapping => '{"g": "y + 0.5 * n", "z": "other"}') FROM unnest('{live,cold}'::text[]) b;
SELECT set_tiers(b, 'quantile', '{A,B,C}', '[0.15, 0.5]', within => 'city') FROM unnest('{live,cold}'::text[]) b;
SELECT freeze_scoreboard('cold');
INSERT INTO exclusion SELECT b, firm, 'x' FROM source, unnest('{live,cold}'::text[]) b WHERE abs(hashtext(firm)) % 11 = 0;
CREATE TABLE rule AS
SELECT r, CASE WHEN h(r, 1) % 3 = 0 THEN (h(r, 2) % 50)::float8 END AS min_score, CASE WHEN h(r, 3) % 3 > 0 THEN h(r, 4)::int % 20 + 1 END AS top_n, CASE WHEN h(r, 5) % 2 = 0 THEN h(r, 6)::int % 8 + 1 END AS quota_n,
       CASE WHEN h(r, 7) % 2 = 0 THEN h(r, 8)::int % 6 + 1 ELSE 0 END AS reserve_n, CASE WHEN h(r, 9) % 4 = 0 THEN jsonb_build_object('one', h(r, 10) % 40) END AS minimum, CASE WHEN h(r, 11) % 3 = 0 THEN 0.5::float8 END AS min_coverage,
       CASE WHEN r % 8 > 0 THEN (ARRAY['g > 10', 'rank <= 30', 'tier <> ''C''', 'percentile > 20 AND upper(city) = city', 'stage_rank < 15 OR g IS NULL', 'x >= 24.9', 'z BETWEEN 10 AND 30 AND n < 3', 'two_score > 20 OR city = ''宁波''',
                     'coverage = 1 AND tier IN (''A'', ''B'')', 'NOT (tier = ''A'' AND rank > 3)', 'n > 0', 'length(city) = 2 AND score > 15.5', 'coalesce(g, 100) > score'])[h(r, 12) % 13 + 1] END AS required,
       CASE WHEN h(r, 13) % 2 = 0 THEN (ARRAY['tier = ''A'' AND n = 2', 'g > 50', 'x IS NULL AND n > 1', 'stage = ''l'' AND stage_rank <= 2', 'city = ''温州'' AND z = 40', 'rank IN (2, 5, 9)'])[h(r, 14) % 6 + 1] END AS qualifies
FROM generate_series(1, 40) r;
-- what rules ask, in plain SQL over the scores
CREATE VIEW known AS
WITH scored AS (SELECT firm, f.city, f.stage, score::numeric, one_score, two_score, coverage, x, y + 0.5 * n AS g, other AS z, n FROM live_score JOIN source f USING (firm)),
placed AS (SELECT *, CASE WHEN score IS NOT NULL THEN rank() OVER (ORDER BY score DESC NULLS LAST) END AS rank, CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY stage ORDER BY score DESC NULLS LAST) END AS stage_rank,
                  count(score) OVER () AS scored, rank() OVER (PARTITION BY city ORDER BY score DESC NULLS LAST) AS place, count(score) OVER (PARTITION BY city) AS in_city FROM scored)
SELECT *, 100.0 * (scored - rank + 1) / scored AS percentile,
       CASE WHEN score IS NULL OR city IS NULL THEN NULL WHEN place <= ceil(0.15 * in_city) THEN 'A' WHEN place <= ceil(0.5 * in_city) THEN 'B' ELSE 'C' END AS tier,
       EXISTS (SELECT FROM exclusion e WHERE e.scoreboard = 'board.live' AND e.entity = firm) AS excluded
FROM placed;
CREATE TABLE found (r int, kind text, firm text, rank bigint, decision text, reasons text);
CREATE TABLE twin (r int, firm text, rank bigint, decision text);
CREATE TABLE trial (r int, firm text, before text, after text, twin text);
CREATE FUNCTION decide_twin(number int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    u rule;
BEGIN
    SELECT * INTO u FROM rule WHERE rule.r = number;
    EXECUTE format($query$
        INSERT INTO twin
        WITH asked AS (SELECT *, NOT excluded AND (%1$s) IS TRUE AS may, (%2$s) IS TRUE AS direct,
                              score IS NOT NULL AND COALESCE(score >= $1, $1 IS NULL) AND COALESCE(coverage >= $2, $2 IS NULL) AND COALESCE(one_score >= $3, $3 IS NULL) AND ($4 IS NULL OR city IS NOT NULL) AS fit FROM known),
        eligible AS (SELECT *, may AND NOT direct AND fit AS eligible FROM asked),
        quota AS (SELECT *, eligible AND ($4 IS NULL OR rank() OVER (PARTITION BY eligible, city ORDER BY score DESC) <= $4) AS admitted FROM eligible),
        top AS (SELECT *, may AND direct OR admitted AND ($5 IS NULL OR rank() OVER (PARTITION BY admitted ORDER BY score DESC) <= $5) AS listed FROM quota),
        reserve AS (SELECT *, eligible AND NOT listed AND rank() OVER (PARTITION BY eligible AND NOT listed ORDER BY score DESC) <= $6 AS reserve FROM top)
        SELECT $7, firm, rank, CASE WHEN listed THEN 'listed' WHEN reserve THEN 'reserve' ELSE 'rejected' END FROM reserve$query$,
        COALESCE(u.required, 'true'), COALESCE(u.qualifies, 'false'))
    USING u.min_score, u.min_coverage, (u.minimum ->> 'one')::float8, u.quota_n, u.top_n, u.reserve_n, number;
END
$$;
CREATE FUNCTION decide_by(number int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    u rule;
    published bigint;
    board text;
BEGIN
    SELECT * INTO u FROM rule WHERE rule.r = number;
    -- every fifth rule on the frozen scoreboard, too
    FOREACH board IN ARRAY CASE WHEN number % 5 = 0 THEN '{live,cold}' ELSE '{live}' END::text[] LOOP
        PERFORM set_whitelist_rule(board, min_score => u.min_score, top_n => u.top_n, quota_by => CASE WHEN u.quota_n > 0 THEN 'city' END, quota_n => u.quota_n, required => u.required, min_coverage => u.min_coverage,
                                   reserve_n => u.reserve_n, category_minimum => u.minimum, qualifies => u.qualifies);
        EXECUTE format('INSERT INTO found SELECT $1, %L, firm, rank, decision, reasons FROM %I', board || ' list', board || '_whitelist') USING number;
        EXECUTE format('INSERT INTO found SELECT $1, %L, firm, rank, decision, reasons FROM %I', board || ' standing', board || '_standing') USING number;
    END LOOP;
    IF number % 5 = 0 THEN
        published := publish('live', NULL, 'rule ' || number);
        INSERT INTO found SELECT number, 'published', entity, f.rank, decision, reasons FROM published_firm f WHERE publication = published;
        INSERT INTO found SELECT number, 'verified: ' || string_agg(v.check, ', '), NULL FROM verify_publication(published) v WHERE NOT v.ok HAVING count(*) > 0;
        PERFORM retract(published, 'test');
    END IF;
    -- what a firm would be, before it is
    IF number % 4 = 1 THEN
        INSERT INTO trial SELECT number, f.firm, w.decision_before, w.decision_after FROM (SELECT firm FROM source ORDER BY h(ascii(right(firm, 1)), ascii(substr(firm, 2, 1)), number) LIMIT 2) f,
               LATERAL what_if('live', entity => f.firm, changes => '{"x": 83, "g": 55}') w;
        UPDATE trial t SET twin = b.decision FROM twin b WHERE t.r = number AND (b.r, b.firm) = (number, t.firm);
    END IF;
END
$$;
SELECT count(decide_twin(r)) FROM rule;
SELECT count(decide_by(r)) FROM rule;
SELECT kind, count(*) AS answers, count(*) FILTER (WHERE (f.rank, f.decision) IS DISTINCT FROM (t.rank, t.decision)) AS other FROM found f LEFT JOIN twin t USING (r, firm) GROUP BY 1 ORDER BY 1;
SELECT r, firm, array_agg(DISTINCT reasons) FROM found WHERE firm IS NOT NULL GROUP BY 1, 2 HAVING count(DISTINCT reasons) > 1;
SELECT decision, count(*) > 30 AS many, count(DISTINCT r) > 10 AS of_many_rules FROM twin GROUP BY 1 ORDER BY 1;
-- what_if says what would be, and is: the firm has these values now
CREATE FUNCTION try_values(number int, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    UPDATE source SET x = 83, y = 55 - 0.5 * n WHERE firm = name;
    DELETE FROM twin;
    PERFORM decide_twin(number);
    SELECT decision INTO result FROM twin WHERE firm = name;
    RAISE EXCEPTION 'undone' USING DETAIL = result;
EXCEPTION WHEN raise_exception THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN result;
END
$$;
SELECT count(*) AS trials, count(*) FILTER (WHERE before IS DISTINCT FROM twin) AS other_before, count(DISTINCT before || after) > 3 AS changes FROM trial;
SELECT t.r, u.required, u.qualifies, t.firm, t.before, t.after, n.decision AS twin FROM trial t JOIN rule u USING (r) CROSS JOIN LATERAL try_values(t.r, t.firm) AS n(decision)
WHERE t.after IS DISTINCT FROM n.decision;
DROP VIEW known;
\set ECHO none
\i :forget
