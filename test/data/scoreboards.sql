--
-- What the tests of scoreboards share: small firms, a scheme with every role of category, and the same scores
-- computed in plain SQL.  Included by test/sql/scoreboard*.sql, freeze.sql, ranking.sql and whitelist.sql, each of
-- which works in a schema "board" and drops it in the end.
--
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;

-- What is verified is the whole log, which keeps what other tests have recorded.
SET session_replication_role = replica;
TRUNCATE publication, published_model, published_firm, published_correction, publication_event, objection, publication_log,
    publication_key, publication_signature, _innovation_score.publication_secret;
RESET session_replication_role;

\ir attempt.sql

-- NULL differs from everything but NULL.
CREATE FUNCTION differs(a float8, b float8) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN a IS NULL OR b IS NULL THEN (a IS NULL) <> (b IS NULL) ELSE NOT abs(a - b) <= 1e-10 END;

-- 300 firms, three years; two stages, a few without one; values missing, heavy tails, zeros.
CREATE TABLE firm (
    firm text, year int, city text, stage text, a float8, b numeric(12, 3), c int, d bigint, e real,
    PRIMARY KEY (firm, year));
INSERT INTO firm
SELECT 'F' || lpad(i::text, 3, '0'), y,
       (ARRAY['杭州', '宁波', '温州', '嘉兴', '湖州'])[1 + i * i % 5],
       CASE WHEN i % 60 <> 7 THEN (ARRAY['s', 'l'])[1 + (i / 7 + y) % 2] END,
       CASE WHEN k % 13 <> 5 THEN k * 7919 % 10007 / 7.0 * CASE WHEN k % 97 = 3 THEN 10000 ELSE 1 END END,
       CASE WHEN k % 17 <> 2 THEN k * 104729 % 5003 / 3.0 - 200 END,
       greatest(k * 31 % 97 - 60, 0),
       CASE WHEN k % 5 <> 4 THEN k * 17 % 14 - 1 END,
       CASE WHEN k % 11 = 1 THEN 0.5 ELSE 0 END
FROM generate_series(1, 300) i, generate_series(2022, 2024) y, LATERAL (SELECT i * 3 + y AS k) s;
ANALYZE firm;

INSERT INTO scheme (scheme, title) VALUES ('board', '测试体系');
INSERT INTO category (scheme, category, title, role, max_points, position) VALUES
    ('board', 'x', '投入', 'base', NULL, 1), ('board', 'y', '产出', 'base', NULL, 2),
    ('board', 'z', '加分', 'bonus', 5, 3), ('board', 'p', '扣分', 'penalty', NULL, 4);
INSERT INTO indicator (scheme, indicator, category, title, direction, extreme, transform, position) VALUES
    ('board', 'a', 'x', '甲', 'benefit', 'percentile(0.05,0.95)', 'none', 1),
    ('board', 'b', 'x', '乙', 'cost', 'iqr(0.5)', 'none', 2),
    ('board', 'c', 'y', '丙', 'benefit', 'none', 'log', 3),
    ('board', 'd', 'z', '丁', 'benefit', 'fixed(0,10)', 'none', 4),
    ('board', 'e', 'p', '戊', 'benefit', 'fixed(0,1)', 'none', 5);
INSERT INTO stage (scheme, stage, title, position) VALUES ('board', 's', '小', 1), ('board', 'l', '大', 2);
INSERT INTO weight
SELECT 'board', s.stage, i, s.weight
FROM (VALUES ('a', 40, 20), ('b', 20, 30), ('c', 40, 50), ('d', 4, 6), ('e', 3, 8)) v(i, s, l),
     LATERAL (VALUES ('s', s), ('l', l)) s(stage, weight);

-- The same scores in plain SQL. The query gives entity, period, grp (rows of one sample; NULL: of none), stage, a to e.
CREATE FUNCTION twin(query text)
RETURNS TABLE (entity text, period text, stage text, score float8, x float8, y float8, z float8, p float8, coverage float8,
               rank bigint, stage_rank bigint, percentile float8)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH source AS (
            SELECT entity, period, grp, stage, a::float8, b::float8, c::float8, d::float8, e::float8 FROM (%s) q),
        sample AS (
            SELECT grp, min(a) AS amin, max(a) AS amax, percentile_cont(0.05) WITHIN GROUP (ORDER BY a) AS alo,
                   percentile_cont(0.95) WITHIN GROUP (ORDER BY a) AS ahi,
                   min(b) AS bmin, max(b) AS bmax, percentile_cont(0.25) WITHIN GROUP (ORDER BY b) AS b1,
                   percentile_cont(0.75) WITHIN GROUP (ORDER BY b) AS b3,
                   ln(1 + min(c)) AS clo, ln(1 + max(c)) AS chi
            FROM source WHERE grp IS NOT NULL GROUP BY grp),
        bounds AS (
            SELECT *, greatest(bmin, b1 - 0.5 * (b3 - b1)) AS blo, least(bmax, b3 + 0.5 * (b3 - b1)) AS bhi FROM sample),
        normalized AS (
            SELECT s.entity, s.period, s.stage, s.a, s.b, s.c, grp IS NOT NULL AND s.stage IS NOT NULL AS scored,
                   COALESCE((least(greatest(a, alo), ahi) - alo) / NULLIF(ahi - alo, 0), 0) AS na,
                   COALESCE(CASE WHEN b IS NOT NULL THEN (bhi - least(greatest(b, blo), bhi)) / NULLIF(bhi - blo, 0) END, 0) AS nb,
                   COALESCE((ln(1 + c) - clo) / NULLIF(chi - clo, 0), 0) AS nc,
                   COALESCE(least(greatest(d, 0), 10) / 10, 0) AS nd, COALESCE(least(greatest(e, 0), 1), 0) AS ne
            FROM source s LEFT JOIN bounds USING (grp)),
        weighted AS (
            SELECT n.*, w.*, CASE WHEN scored THEN wa * na + wb * nb + wc * nc + least(5, wd * nd) - we * ne END AS total
            FROM normalized n
            LEFT JOIN (VALUES ('s', 40::float8, 20::float8, 40::float8, 4::float8, 3::float8), ('l', 20, 30, 50, 6, 8))
                w(wstage, wa, wb, wc, wd, we) ON w.wstage = n.stage)
        SELECT entity::text, period::text, stage::text, total,
               CASE WHEN scored THEN 100 * (wa * na + wb * nb) / (wa + wb) END, CASE WHEN scored THEN 100 * nc END,
               CASE WHEN scored THEN 100 * least(5, wd * nd) / least(5, wd) END, CASE WHEN scored THEN 100 * ne END,
               CASE WHEN scored THEN (CASE WHEN a IS NULL THEN 0 ELSE wa END + CASE WHEN b IS NULL THEN 0 ELSE wb END
                                      + CASE WHEN c IS NULL THEN 0 ELSE wc END) / 100 END,
               CASE WHEN total IS NOT NULL THEN rank() OVER (PARTITION BY period ORDER BY total DESC NULLS LAST) END,
               CASE WHEN total IS NOT NULL THEN rank() OVER (PARTITION BY period, stage ORDER BY total DESC NULLS LAST) END,
               CASE WHEN total IS NOT NULL THEN 100::float8 * (count(total) OVER (PARTITION BY period ORDER BY total))
                   / count(total) OVER (PARTITION BY period) END
        FROM weighted
        $query$, query);
END
$$;

CREATE FUNCTION view_of(scoreboard text, suffix text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN quote_ident((parse_ident(scoreboard))[cardinality(parse_ident(scoreboard))] || '_' || suffix);

-- Rows compared, rows that differ, scores that are NULL.
CREATE FUNCTION compare(scoreboard text, entity text, period text, query text)
RETURNS TABLE (compared bigint, different bigint, without_score bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT count(*),
               count(*) FILTER (WHERE differs(t.score, s.score) OR differs(t.x, s.x_score) OR differs(t.y, s.y_score)
                                   OR differs(t.z, s.z_score) OR differs(t.p, s.p_score) OR differs(t.coverage, s.coverage)
                                   OR t.stage IS DISTINCT FROM s.stage OR s.entity IS NULL OR t.entity IS NULL),
               count(*) FILTER (WHERE s.score IS NULL)
        FROM (SELECT (%s)::text AS entity, (%s)::text AS period, stage, score, x_score, y_score, z_score, p_score, coverage
              FROM %s) s
        FULL JOIN twin(%L) t ON t.entity = s.entity AND t.period IS NOT DISTINCT FROM s.period
        $query$, entity, period, view_of(scoreboard, 'score'), query);
END
$$;

-- Columns of the views of a scoreboard.
CREATE FUNCTION view_columns(scoreboard text) RETURNS TABLE (view text, columns text) LANGUAGE sql AS $$
    SELECT c.oid::regclass::text,
           string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
    FROM unnest(ARRAY['model', 'score', 'detail', 'ranking', 'whitelist']) WITH ORDINALITY v(suffix, place)
    JOIN pg_class c ON c.oid = to_regclass(view_of(scoreboard, v.suffix))
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    GROUP BY c.oid, place ORDER BY place
$$;
