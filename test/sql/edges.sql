-- every statistic on what is hard for one: one firm, two, none, constant columns, ties, gaps, values far apart; each against plain SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA edges;
SET search_path = edges, innovation_score, public;
\pset format unaligned
\pset null '(null)'
SET extra_float_digits = 1;

-- The period is what is hard. Fits are of all firms of a period.
CREATE TABLE firm (firm text, kind text, stage text, a float8, b float8, c float8, d float8, PRIMARY KEY (firm, kind));
INSERT INTO firm VALUES
    ('F1', '1 one', 's', 3, 5, NULL, 1),
    ('F1', '2 two', 's', 3, 5, 1, 0), ('F2', '2 two', 'l', 4, 5, 2, NULL),
    ('F1', '4 unknown', NULL, 1, 2, 3, 4), ('F2', '4 unknown', NULL, 2, 3, 4, 5),
    ('F1', '6 gaps', 's', NULL, 1, NULL, 0), ('F2', '6 gaps', 's', 'NaN', 2, NULL, NULL), ('F3', '6 gaps', 'l', 'Infinity', NULL, NULL, 3), ('F4', '6 gaps', 'l', 7, NULL, NULL, 4),
    ('F5', '6 gaps', 's', 8, '-Infinity', NULL, 2), ('F6', '6 gaps', 's', 9, 9, NULL, NULL), ('F7', '6 gaps', 's', NULL, NULL, NULL, NULL);
INSERT INTO firm SELECT 'F' || i, '3 same', 's', 7, -2.5, 0, 1 FROM generate_series(1, 5) i;
INSERT INTO firm SELECT 'F' || i, '5 ties', (ARRAY['s', 'l'])[1 + i % 2], i % 2, i % 3, 4, i / 4 FROM generate_series(1, 12) i;
INSERT INTO firm SELECT 'F' || i, '7 far', 's', (ARRAY[1e300, -1e300, 1e-300, 0, 5e-324, 1.7e308])[i], (-1) ^ i * 10 ^ (i * 40), i, -i FROM generate_series(1, 6) i;
INSERT INTO firm SELECT 'F' || i, '8 close', 's', 1e9 + i * 1e-6, 1 + i * 2 ^ -52, i % 5, 10 - i % 5 FROM generate_series(1, 20) i;

INSERT INTO scheme (scheme, extreme, missing) VALUES ('edges', 'none', 'reweight');
INSERT INTO category (scheme, category, role) VALUES ('edges', 'x', 'base'), ('edges', 'y', 'base'), ('edges', 'z', 'bonus');
INSERT INTO indicator (scheme, indicator, category, direction) VALUES ('edges', 'a', 'x', 'benefit'), ('edges', 'b', 'x', 'cost'), ('edges', 'c', 'y', 'benefit'), ('edges', 'd', 'z', 'benefit');
INSERT INTO stage (scheme, stage) VALUES ('edges', 's'), ('edges', 'l');
INSERT INTO weight SELECT 'edges', s, i, w FROM unnest('{s,l}'::text[]) s, (VALUES ('a', 30), ('b', 20), ('c', 50), ('d', 5)) v(i, w);
INSERT INTO category_weight VALUES ('edges', 's', 'x', 80), ('edges', 's', 'y', 20);
SELECT create_scoreboard('e', 'edges', 'firm', 'firm', 'stage', 'kind');

-- relative, since values here are of every size; NULL differs from everything but NULL
CREATE FUNCTION differs(x float8, y float8) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN x IS NULL OR y IS NULL THEN (x IS NULL) <> (y IS NULL) ELSE NOT (x = y OR abs(x - y) <= 1e-9 * greatest(1, abs(y))) END;
-- the values that count; those that are close together are differences from here without rounding
CREATE VIEW item AS SELECT firm, kind, stage, i, CASE WHEN v NOT IN ('NaN', 'Infinity', '-Infinity') THEN v END AS v, CASE WHEN kind <> '8 close' THEN 0 WHEN i = 'a' THEN 1e9 ELSE 1 END::float8 AS shift, CASE WHEN kind = '8 close' THEN 2 ^ 52 ELSE 1 END AS stretch FROM firm, LATERAL (VALUES ('a', a), ('b', b), ('c', c), ('d', d)) x(i, v);

-- ---------- distribution of scores
SELECT kind, d.firms, d.scored, differs(d.mean, t.mean) OR differs(d.stddev, t.stddev) OR differs(d.gini, t.gini) OR (d.firms, d.scored, d.minimum, d.lower_quartile, d.median, d.upper_quartile, d.maximum) IS DISTINCT FROM
       (t.firms, t.scored, t.low, t.q[1], t.q[2], t.q[3], t.high) AS different, d.stddev IS NULL AS "no deviation", d.gini IS NULL AS "no gini"
FROM score_distribution('e') d
FULL JOIN (SELECT kind, count(*) AS firms, count(score) AS scored, avg(score) AS mean, stddev_samp(score) AS stddev, min(score) AS low, max(score) AS high,
                  percentile_cont('{0.25,0.5,0.75}'::float8[]) WITHIN GROUP (ORDER BY score) AS q,
                  (SELECT sum(abs(x - y)) FROM unnest(array_agg(score)) x, unnest(array_agg(score)) y) / NULLIF(2 * count(score) * sum(score), 0) AS gini
           FROM e_score GROUP BY 1) t ON t.kind = d.score_period ORDER BY kind;

-- ---------- contributions
SELECT kind, count(*), count(*) FILTER (WHERE differs(c.share, t.share) OR differs(c.correlation, t.corr) OR differs(c.mean_points, t.mean) OR (c.scored, c.n) IS DISTINCT FROM (t.scored, t.n)) AS different,
       count(c.share) AS shares, count(c.correlation) AS correlations
FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN LATERAL score_contributions('e', kind) c
LEFT JOIN LATERAL (SELECT count(*) AS scored, count(*) FILTER (WHERE d.status <> 'missing') AS n, avg(d.points) AS mean, covar_samp(d.points, s.score) / NULLIF(var_samp(s.score), 0) AS share, corr(d.normalized, s.score) AS corr
                   FROM e_detail d JOIN e_score s USING (firm, kind) WHERE s.score IS NOT NULL AND d.kind = k.kind AND d.indicator = c.indicator) t ON true
GROUP BY 1 ORDER BY 1;

-- ---------- correlations; values that are far apart are compared in decimals
SELECT kind, method, count(*), count(*) FILTER (WHERE c.n <> t.n OR differs(c.correlation, t.r)) AS different, count(c.correlation) AS "not null"
FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN unnest('{pearson,spearman}'::text[]) method CROSS JOIN LATERAL indicator_correlations('e', kind, method) c
CROSS JOIN LATERAL (
    SELECT count(*) AS n, CASE WHEN count(DISTINCT x) > 1 AND count(DISTINCT y) > 1
                               THEN ((count(*) * sum(x * y) - sum(x) * sum(y)) / sqrt((count(*) * sum(x * x) - sum(x) ^ 2) * (count(*) * sum(y * y) - sum(y) ^ 2)))::float8 END AS r
    FROM (SELECT CASE method WHEN 'spearman' THEN (rank() OVER (ORDER BY x.v) + count(*) OVER (PARTITION BY x.v) / 2.0) ELSE ((x.v - x.shift) * x.stretch)::text::numeric END::numeric AS x,
                 CASE method WHEN 'spearman' THEN (rank() OVER (ORDER BY y.v) + count(*) OVER (PARTITION BY y.v) / 2.0) ELSE ((y.v - y.shift) * y.stretch)::text::numeric END::numeric AS y
          FROM item x JOIN item y USING (firm, kind) WHERE kind = k.kind AND x.i = c.indicator AND y.i = c.other AND x.v IS NOT NULL AND y.v IS NOT NULL) p) t
GROUP BY 1, 2 ORDER BY 1, 2;

-- ---------- Cronbach's alpha
SELECT kind, count(*), count(*) FILTER (WHERE differs(c.alpha, t.alpha) OR c.n <> COALESCE(t.n, 0)) AS different, count(c.alpha) AS "not null"
FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN LATERAL cronbach_alpha('e', kind) c
LEFT JOIN LATERAL (
    SELECT max(n) AS n, CASE WHEN sum(cov) > 1e-12 * sum(cov) FILTER (WHERE i = j) AND max(n) > 1 AND c.indicators > 1 THEN c.indicators / (c.indicators - 1.0) * (1 - sum(cov) FILTER (WHERE i = j) / sum(cov)) END AS alpha
    FROM (SELECT p.indicator AS i, q.indicator AS j, count(*) AS n, covar_samp(p.normalized, q.normalized) AS cov
          FROM e_detail p JOIN e_detail q USING (firm, kind) JOIN e_score s USING (firm, kind)
          WHERE kind = k.kind AND s.score IS NOT NULL AND p.category = ANY (CASE WHEN c.category IS NULL THEN '{x,y}' ELSE ARRAY[c.category] END) AND q.category = ANY (CASE WHEN c.category IS NULL THEN '{x,y}' ELSE ARRAY[c.category] END)
            AND NOT EXISTS (SELECT FROM e_detail m WHERE m.firm = p.firm AND m.kind = k.kind AND m.category = ANY (CASE WHEN c.category IS NULL THEN '{x,y}' ELSE ARRAY[c.category] END) AND m.normalized IS NULL)
          GROUP BY 1, 2) v) t ON true
GROUP BY 1 ORDER BY 1;

-- ---------- drift between any two of them
SELECT count(*), count(*) FILTER (WHERE differs(d.stability_index, t.psi) OR (d.base_n, d.n) IS DISTINCT FROM (t.base_n, t.n) OR differs(d.base_median, t.base_median) OR differs(d.median, t.median)) AS different,
       count(d.stability_index) AS "not null", count(DISTINCT d.shift) AS shifts
FROM (SELECT DISTINCT kind FROM firm) b CROSS JOIN (SELECT DISTINCT kind FROM firm) o CROSS JOIN LATERAL indicator_drift('e', o.kind, b.kind) d
CROSS JOIN LATERAL (
    SELECT base_n, n, base_median, median, psi
    FROM (SELECT count(v) FILTER (WHERE kind = b.kind) AS base_n, count(v) FILTER (WHERE kind = o.kind) AS n,
                 percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE kind = b.kind) AS base_median, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE kind = o.kind) AS median,
                 percentile_cont('{0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9}'::float8[]) WITHIN GROUP (ORDER BY v) FILTER (WHERE kind = b.kind) AS deciles
          FROM item WHERE i = d.indicator) s
    CROSS JOIN LATERAL (
        SELECT sum((q - p) * ln(q / p)) AS psi
        FROM (SELECT greatest(count(*) FILTER (WHERE kind = b.kind), 0.5) / base_n::float8 AS p, greatest(count(*) FILTER (WHERE kind = o.kind), 0.5) / n::float8 AS q
              FROM (SELECT kind, (SELECT count(DISTINCT e) FROM unnest(deciles) e WHERE e < v) AS cell FROM item WHERE i = d.indicator AND v IS NOT NULL AND kind IN (b.kind, o.kind)) x GROUP BY cell) y
        WHERE base_n > 0 AND n > 0) z) t
WHERE b.kind <> o.kind;

-- ---------- neighbours
SELECT kind, count(*), count(*) FILTER (WHERE differs(f.distance, t.distance) OR differs(f.shared, t.shared)) AS different
FROM (SELECT DISTINCT kind FROM e_score WHERE stage IS NOT NULL) k CROSS JOIN LATERAL similar_firms('e', kind, 'F1', 100, 0) f
FULL JOIN LATERAL (
    SELECT o.kind, o.firm AS similar_entity, sqrt(sum(w.most * (o.normalized - m.normalized) ^ 2) / sum(w.most)) AS distance, sum(w.most) / 105 AS shared
    FROM e_detail m JOIN e_detail o USING (kind, indicator) JOIN (SELECT DISTINCT kind AS k, stage, indicator, abs(max_points) AS most FROM e_model JOIN LATERAL model_weights(model) ON true) w
         ON w.k = m.kind AND w.stage = m.stage AND w.indicator = m.indicator
    WHERE m.firm = 'F1' AND o.firm <> 'F1' AND o.normalized IS NOT NULL AND m.normalized IS NOT NULL GROUP BY 1, 2 HAVING sum(w.most) > 0) t USING (kind, similar_entity)
GROUP BY 1 ORDER BY 1;

-- ---------- firmness: ranks stay within what is there, are all the same where scores are, and agree with the ranking without noise
SELECT kind, count(*), count(*) FILTER (WHERE s.nominal IS DISTINCT FROM r.rank OR z.mean IS DISTINCT FROM r.rank::float8 OR z.rank_95 IS DISTINCT FROM r.rank::float8 OR (s.mean IS NULL) <> (r.rank IS NULL)) AS different,
       count(*) FILTER (WHERE NOT (1 <= s.rank_05 AND s.rank_05 <= s.median AND s.median <= s.rank_95 AND s.rank_95 <= (SELECT count(rank) FROM e_ranking x WHERE x.kind = k.kind))) AS outside, count(DISTINCT s.mean) AS means
FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN LATERAL rank_stability('e', kind, 50, 0.5) s JOIN LATERAL rank_stability('e', kind, 3, 0) z USING (entity) JOIN (SELECT firm, kind AS of, rank FROM e_ranking) r ON r.firm = s.entity AND r.of = k.kind
GROUP BY 1 ORDER BY 1;
SELECT kind, count(*), count(*) FILTER (WHERE m.nominal IS DISTINCT FROM r.rank OR (m.ranks ->> 'same')::bigint IS DISTINCT FROM r.rank OR m.best IS DISTINCT FROM LEAST(r.rank, (m.ranks ->> 'iqr')::bigint)
                                               OR m.worst IS DISTINCT FROM GREATEST(r.rank, (m.ranks ->> 'iqr')::bigint)) AS different
FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN LATERAL method_stability('e', kind, '{"same": {}, "iqr": {"extreme": "iqr(1)"}}') m JOIN (SELECT firm, kind AS of, rank FROM e_ranking) r ON r.firm = m.entity AND r.of = k.kind
GROUP BY 1 ORDER BY 1;
-- without one indicator: scores of the other models by score()
SELECT kind, count(*), count(*) FILTER (WHERE differs(i.mean_movement, t.mean) OR i.max_movement IS DISTINCT FROM t.most OR i.moved IS DISTINCT FROM t.moved OR differs(i.spearman, t.rho)) AS different, count(i.spearman) AS rho
FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN LATERAL indicator_influence('e', kind) i
LEFT JOIN LATERAL (
    SELECT avg(abs(l.rank - r.rank))::float8 AS mean, max(abs(l.rank - r.rank)) AS most, CASE WHEN count(*) > 0 THEN count(*) FILTER (WHERE l.rank <> r.rank) END AS moved,
           corr(l.rank + l.ties / 2.0, r.rank + r.ties / 2.0) AS rho
    FROM (SELECT firm, rank() OVER o AS rank, count(*) OVER (PARTITION BY score) AS ties FROM (
              SELECT f.firm, CASE WHEN i.indicator <> 'c' THEN score(jsonb_set(m.model::jsonb, ARRAY['indicators', (strpos('abcd', i.indicator) - 1)::text, 'weights'], '{"s": 0, "l": 0}')::score_model, f.stage, a, b, c, d) END AS score
              FROM firm f JOIN e_model m USING (kind) JOIN e_score s USING (firm, kind) WHERE kind = k.kind AND s.score IS NOT NULL) x WHERE score IS NOT NULL WINDOW o AS (ORDER BY score DESC)) l
    JOIN (SELECT firm, rank() OVER o AS rank, count(*) OVER (PARTITION BY score) AS ties FROM e_score WHERE kind = k.kind AND score IS NOT NULL WINDOW o AS (ORDER BY score DESC)) r USING (firm)) t
ON true    -- without c stage "s" has a category that has a weight, but nothing in it has
GROUP BY 1 ORDER BY 1;
SELECT kind, count(*), count(total) AS "not null", bool_and(total >= 0) AS positive FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN LATERAL rank_sensitivity('e', kind, 20, 0.5) GROUP BY 1 ORDER BY 1;

-- ---------- one firm: what it lacks, what it would be
SELECT kind, count(*), count(*) FILTER (WHERE g.current_score IS DISTINCT FROM s.score OR differs(g.new_score, score(m.model, s.stage, VARIADIC n.vals)) OR g.reaches <> COALESCE(g.new_score >= 50, false)) AS different
FROM e_score s JOIN e_model m USING (kind) JOIN firm f USING (firm, kind) CROSS JOIN LATERAL gap_to('e', kind, s.firm, 50) g
CROSS JOIN LATERAL (SELECT array_agg(CASE WHEN i = g.indicator THEN COALESCE(g.needed_value, v) ELSE v END ORDER BY i) AS vals FROM (VALUES ('a', f.a), ('b', f.b), ('c', f.c), ('d', f.d)) x(i, v)) n
WHERE s.stage IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT kind, count(*), count(*) FILTER (WHERE (w.score_before, w.score_after, w.rank_before, w.rank_after) IS DISTINCT FROM (r.score, r.score, r.rank, r.rank)) AS different
FROM (SELECT firm, kind, score::float8, rank FROM e_ranking) r CROSS JOIN LATERAL what_if('e', kind, firm, '{}') w GROUP BY 1 ORDER BY 1;
SELECT kind, count(*), count(*) FILTER (WHERE p.peers IS DISTINCT FROM t.n OR differs(p.peer_median, t.median) OR differs(p.percentile, t.percentile)) AS different
FROM e_portrait p CROSS JOIN LATERAL (
    SELECT count(i.v) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY i.v) AS median, 100.0 * count(*) FILTER (WHERE i.v <= m.v) / NULLIF(count(i.v), 0) * CASE WHEN m.v IS NOT NULL THEN 1 END AS percentile
    FROM item i CROSS JOIN (SELECT v FROM item o WHERE o.firm = p.firm AND o.kind = p.kind AND o.i = p.indicator) m WHERE i.kind = p.kind AND i.stage = p.stage AND i.i = p.indicator GROUP BY m.v) t
GROUP BY 1 ORDER BY 1;

-- ---------- a scoreboard beside itself
SELECT count(*), count(*) FILTER (WHERE movement <> 0 OR change IS NOT NULL OR score_a IS DISTINCT FROM score_b) AS different FROM compare_scoreboards('e', 'e');

-- ---------- charts count every value once
SELECT kind, i, (SELECT sum((b ->> 'firms')::bigint) FROM jsonb_array_elements(histogram_chart('e', kind, i, 7) -> 'data' -> 'values') b WHERE b ->> 'shown' = 'before') IS NOT DISTINCT FROM
       (SELECT NULLIF(count(v), 0) FROM item t WHERE t.kind = k.kind AND t.i = k.i AND t.stage IS NOT NULL) AS all_there
FROM (SELECT DISTINCT kind, i FROM item) k ORDER BY 1, 2;

-- ---------- weights from data
CREATE FUNCTION proposed(kind text, stage text, method text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    detail text;
BEGIN
    RETURN (SELECT string_agg(round(weight::numeric, 3)::text, ' ' ORDER BY indicator) || CASE WHEN abs(sum(weight) - 100) > 1e-9 THEN ' (sum)' ELSE '' END FROM propose_weights('e', kind, stage, method));
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN COALESCE(NULLIF(detail, ''), SQLERRM);
END
$$;
SELECT kind, method, proposed(kind, 's', method) FROM (SELECT DISTINCT kind FROM firm) k CROSS JOIN unnest('{equal,stddev,entropy,critic,pca}'::text[]) WITH ORDINALITY AS m(method, place) ORDER BY kind, place;
-- by hand: sample standard deviations, and entropy
SELECT kind, count(*), count(*) FILTER (WHERE differs(p.weight, 100 * t.s / t.total)) AS different
FROM unnest('{5 ties,7 far,8 close}'::text[]) kind CROSS JOIN LATERAL propose_weights('e', kind, 's', 'stddev') p
JOIN (SELECT kind, indicator, stddev_samp(normalized) AS s, sum(COALESCE(stddev_samp(normalized), 0)) OVER (PARTITION BY kind) AS total FROM e_detail WHERE stage = 's' AND category IN ('x', 'y') GROUP BY 1, 2) t USING (kind, indicator) GROUP BY 1 ORDER BY 1;
SELECT kind, count(*), count(*) FILTER (WHERE differs(p.weight, 100 * t.d / t.total)) AS different
FROM unnest('{5 ties,7 far,8 close}'::text[]) kind CROSS JOIN LATERAL propose_weights('e', kind, 's', 'entropy') p
JOIN (SELECT kind, indicator, d, sum(d) OVER (PARTITION BY kind) AS total
      FROM (SELECT kind, indicator, CASE WHEN stddev_samp(normalized) > 0 THEN 1 + sum(CASE WHEN normalized > 0 THEN normalized / s * ln(normalized / s) ELSE 0 END) / ln(count(*)) ELSE 0 END AS d
            FROM (SELECT *, sum(normalized) OVER (PARTITION BY kind, indicator) AS s FROM e_detail WHERE stage = 's' AND category IN ('x', 'y')) x GROUP BY 1, 2) y) t USING (kind, indicator) GROUP BY 1 ORDER BY 1;

SELECT drop_scoreboard('e');
DELETE FROM scheme WHERE scheme = 'edges';
DROP SCHEMA edges CASCADE;
