-- gini, distributions of scores, contributions, correlations, Cronbach's alpha, drift: against PostgreSQL's own aggregates, brute force and
-- base R 4.2.2 (the calls are given)
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- ---------------------------------------------------------------- gini

-- R: g <- function(x) { x <- sort(x); n <- length(x); sum((2 * seq_len(n) - n - 1) * x) / (n * sum(x)) }
SELECT gini(x) AS g1 FROM unnest('{1,2,3,4,10}'::float8[]) x;           -- 0.4
SELECT gini(x) AS g2 FROM unnest('{0,0,0,7}'::float8[]) x;              -- 0.75
SELECT gini(x) AS g3 FROM unnest('{5,5,5}'::float8[]) x;                -- 0
SELECT gini(x) AS g4 FROM unnest('{0.5,1.25,8,8,3.75,0}'::float8[]) x;  -- 0.503875968992248
-- the mean difference of all pairs over twice the mean
SELECT NOT differs(gini(x), (SELECT sum(abs(f.a - g.a)) FROM firm f, firm g WHERE f.year = 2022 AND g.year = 2022) / (2 * count(x) ^ 2 * avg(x))) AS pairs
FROM (SELECT a FROM firm WHERE year = 2022 AND a IS NOT NULL) t(x);
-- missing values are no values; without any, with a negative one, with nothing but zeros there is none
SELECT gini(x) FROM unnest('{1,NULL,3,NaN,Infinity,-Infinity}'::float8[]) x;
SELECT gini(x) AS nothing FROM unnest('{}'::float8[]) x;
SELECT gini(x) AS missing FROM unnest('{NULL,NaN}'::float8[]) x;
SELECT gini(x) AS negative FROM unnest('{-1,5,5}'::float8[]) x;
SELECT gini(x) AS zeros FROM unnest('{0,-0,0}'::float8[]) x;
SELECT gini(x) AS one FROM unnest('{3}'::float8[]) x;
SELECT gini(x) AS large FROM unnest('{1e308,1.5e308,0}'::float8[]) x;
SELECT gini(x) AS small FROM unnest('{5e-324,1e-323,0}'::float8[]) x;
-- the order of rows does not show; windows, filters and groups
SELECT count(DISTINCT g) FROM (SELECT gini(a ORDER BY CASE k WHEN 1 THEN a WHEN 2 THEN -a WHEN 3 THEN hashtext(firm || year)::float8 END) AS g FROM firm, generate_series(1, 3) k GROUP BY k) g;
SELECT x, gini(x) OVER (ORDER BY x) FROM unnest('{1,2,3}'::float8[]) x;

-- ---------------------------------------------------------------- distribution of scores

SELECT create_scoreboard('p', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}');
CREATE FUNCTION twin_distribution(by_what text) RETURNS TABLE (score_period text, label text, firms bigint, scored bigint, mean float8, stddev float8, minimum float8, lower_quartile float8,
    median float8, upper_quartile float8, maximum float8, gini float8) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT year::text, (%s)::text, count(*), count(score), avg(score), stddev_samp(score), min(score), percentile_cont(0.25) WITHIN GROUP (ORDER BY score),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY score), percentile_cont(0.75) WITHIN GROUP (ORDER BY score), max(score),
        CASE WHEN min(score) >= 0 THEN (SELECT sum(abs(a - b)) FROM unnest(array_agg(score)) a, unnest(array_agg(score)) b) / (2 * count(score) * sum(score)) END
        FROM p_score s GROUP BY 1, 2', by_what);
END
$$;
SELECT count(*), count(*) FILTER (WHERE t.firms IS NULL OR d.firms IS NULL OR (d.firms, d.scored, d.minimum, d.maximum, d.lower_quartile, d.median, d.upper_quartile) IS DISTINCT FROM
                                           (t.firms, t.scored, t.minimum, t.maximum, t.lower_quartile, t.median, t.upper_quartile)) AS different,
       count(*) FILTER (WHERE differs(d.mean, t.mean) OR differs(d.stddev, t.stddev) OR differs(d.gini, t.gini)) AS sums, count(d.gini) > 0 AS ginis
FROM (SELECT b, d.* FROM unnest('{all,stage,city,city || stage}'::text[]) b, score_distribution('p', by => NULLIF(b, 'all')) d) d
FULL JOIN (SELECT b, t.* FROM unnest('{all,stage,city,city || stage}'::text[]) b, twin_distribution(CASE b WHEN 'all' THEN 'NULL' ELSE b END) t) t
ON (d.b, d.score_period, COALESCE(d.label, '')) = (t.b, t.score_period, COALESCE(t.label, ''));
SELECT score_period, label, firms, scored, round(mean::numeric, 4) AS mean, round(stddev::numeric, 4) AS stddev, round(median::numeric, 4) AS median, round(gini::numeric, 6) AS gini
FROM score_distribution('p', by => 'stage');
SELECT score_period, label, firms FROM score_distribution('p', '2024', 'left(firm, 2)');
SELECT attempt($$SELECT score_distribution('p', '1999')$$);

-- ---------------------------------------------------------------- contributions

CREATE FUNCTION contribution_check(period text, stage text) RETURNS TABLE (rows bigint, total numeric, lacking bigint, shares bigint, correlations bigint, means bigint) LANGUAGE sql AS $$
    SELECT count(*), round(sum(c.share)::numeric, 10), count(*) FILTER (WHERE c.n <> t.n OR c.scored <> t.scored OR t.n IS NULL), count(*) FILTER (WHERE differs(c.share, t.share)),
           count(*) FILTER (WHERE differs(c.correlation, t.correlation)), count(*) FILTER (WHERE differs(c.mean_points, t.mean))
    FROM score_contributions('p', period, stage) c FULL JOIN (
        SELECT d.indicator, count(*) AS scored, count(d.value) AS n, avg(d.points) AS mean, covar_samp(d.points, s.score) / var_samp(s.score) AS share,
               corr(d.normalized, s.score) AS correlation
        FROM p_detail d JOIN p_score s USING (firm, year)
        WHERE s.score IS NOT NULL AND year::text = COALESCE($1, '2024') AND COALESCE(d.stage = $2, true) GROUP BY 1) t USING (indicator)
$$;
SELECT * FROM contribution_check(NULL, NULL);
SELECT * FROM contribution_check('2022', 's');
SELECT indicator, title, scored, n, round(mean_points::numeric, 6) AS mean_points, round(share::numeric, 6) AS share, round(correlation::numeric, 6) AS correlation FROM score_contributions('p');
SELECT attempt($$SELECT score_contributions('p', '1999')$$);

-- ---------------------------------------------------------------- correlations

SELECT count(*), count(*) FILTER (WHERE differs(c.correlation, t.corr)) AS different, count(*) FILTER (WHERE c.n <> t.n) AS n FROM indicator_correlations('p') c
FULL JOIN (SELECT a.indicator, b.indicator AS other, corr(a.value, b.value), regr_count(a.value, b.value) AS n
           FROM (SELECT firm, i AS indicator, v AS value FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year = 2024) a
           JOIN (SELECT firm, i AS indicator, v AS value FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year = 2024) b USING (firm)
           WHERE a.indicator <> b.indicator GROUP BY 1, 2) t USING (indicator, other);
-- Spearman's is Pearson's of ranks among the firms that have both, ties having the mean of theirs
SELECT count(*), count(*) FILTER (WHERE differs(c.correlation, t.corr)) AS different, count(*) FILTER (WHERE c.n <> t.n) AS n FROM indicator_correlations('p', '2023', 'spearman', 's') c
FULL JOIN (SELECT i AS indicator, j AS other, corr(ri, rj), count(*) AS n
           FROM (SELECT a.i, b.i AS j, rank() OVER (PARTITION BY a.i, b.i ORDER BY a.v) + (count(*) OVER (PARTITION BY a.i, b.i, a.v) - 1) / 2.0 AS ri,
                        rank() OVER (PARTITION BY a.i, b.i ORDER BY b.v) + (count(*) OVER (PARTITION BY a.i, b.i, b.v) - 1) / 2.0 AS rj
                 FROM (SELECT firm, i, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year = 2023 AND stage = 's') a
                 JOIN (SELECT firm, i, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year = 2023 AND stage = 's') b USING (firm)
                 WHERE a.i <> b.i AND a.v IS NOT NULL AND b.v IS NOT NULL) r GROUP BY 1, 2) t USING (indicator, other);
-- and what the aggregate spearman() gives for each pair
SELECT count(*), count(*) FILTER (WHERE differs(c.correlation, t.spearman)) AS different FROM indicator_correlations('p', method => 'spearman') c
JOIN (SELECT a.i AS indicator, b.i AS other, spearman(a.v, b.v)
      FROM (SELECT firm, i, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year = 2024) a
      JOIN (SELECT firm, i, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year = 2024) b USING (firm) GROUP BY 1, 2) t USING (indicator, other);
-- R: x <- c(1,5,2,2,9,NA,4,7); y <- c(2,1,NA,4,8,6,6,3); z <- c(10,20,30,40,50,60,70,1000)
-- cor(cbind(x,y,z), use = "pairwise.complete.obs"): xy 0.509426708108493, xz 0.429553016515499, yz -0.179710853334849
-- the same with method = "spearman": xy 0.371428571428571, xz 0.630656223886891, yz 0.486506229855602
CREATE TABLE small AS SELECT * FROM (VALUES (1, 2, 10), (5, 1, 20), (2, NULL, 30), (2, 4, 40), (9, 8, 50), (NULL, 6, 60), (4, 6, 70), (7, 3, 1000)) v(x, y, z);
SELECT _innovation_score.pearson_matrix(x, y, z), _innovation_score.spearman_matrix(x, y, z) FROM small;
SELECT count(DISTINCT (p, s)) FROM (SELECT _innovation_score.pearson_matrix(VARIADIC ARRAY[a, b, c, d, e]::float8[] ORDER BY o) AS p, _innovation_score.spearman_matrix(VARIADIC ARRAY[a, b, c, d, e]::float8[] ORDER BY o) AS s
    FROM firm, LATERAL (VALUES (1, a), (2, -a), (3, hashtext(firm || year))) v(k, o) GROUP BY k) o;
-- no pair, one pair, a constant, ends of the range, an outlier that dwarfs the others
SELECT _innovation_score.pearson_matrix(x, y), _innovation_score.spearman_matrix(x, y) FROM (VALUES (1::float8, NULL::float8), (NULL, 2)) v(x, y);
SELECT _innovation_score.pearson_matrix(x, y), _innovation_score.spearman_matrix(x, y) FROM (VALUES (1::float8, 2::float8)) v(x, y);
SELECT _innovation_score.pearson_matrix(x, y), _innovation_score.spearman_matrix(x, y) FROM (VALUES (1::float8, 2::float8), (1, 3), (NULL, 4), (2, NULL)) v(x, y);
SELECT _innovation_score.pearson_matrix(x, y), _innovation_score.spearman_matrix(x, y) FROM (VALUES (-1.7e308::float8, 5e-324::float8), (0, 1e-323), (1.7e308, 1.5e-323)) v(x, y);
SELECT _innovation_score.pearson_matrix(x, y), _innovation_score.spearman_matrix(x, y) FROM (VALUES (0.0::float8, 0.0::float8), (-0.0, 0), (1e300, 1)) v(x, y);
SELECT _innovation_score.pearson_matrix(x), _innovation_score.pearson_matrix(VARIADIC NULL::float8[]) FROM small;
SELECT attempt($$SELECT indicator_correlations('p', '1999', 'pearson')$$);

-- ---------------------------------------------------------------- Cronbach's alpha

-- from the matrix of covariances, as R's psych::alpha and COINr have it, over the firms that are scored and have all of a category
CREATE FUNCTION twin_alpha(board text, y int, only_stage text, missing text) RETURNS TABLE (category text, indicators bigint, n bigint, alpha float8) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        WITH item AS (SELECT d.firm, g.category, d.indicator, CASE WHEN %4$L = 'zero' THEN COALESCE(d.normalized, 0) ELSE d.normalized END AS v
                      FROM %1$s_detail d JOIN %1$s_score s USING (firm, year) CROSS JOIN LATERAL (VALUES (d.category), (NULL)) g(category)
                      WHERE year = %2$L AND d.category IN ('x', 'y') AND s.score IS NOT NULL AND COALESCE(d.stage = %3$L, true)),
        whole AS (SELECT i.* FROM item i WHERE NOT EXISTS (SELECT FROM item m WHERE m.firm = i.firm AND m.category IS NOT DISTINCT FROM i.category AND m.v IS NULL)),
        pair AS (SELECT a.category, a.indicator AS i, b.indicator AS j, covar_samp(a.v, b.v) AS c, count(*) AS n
                 FROM whole a JOIN whole b ON b.firm = a.firm AND b.category IS NOT DISTINCT FROM a.category GROUP BY 1, 2, 3)
        SELECT category, count(*) FILTER (WHERE i = j), max(n), CASE WHEN count(*) > 1 THEN sqrt(count(*)) / (sqrt(count(*)) - 1) * (1 - sum(c) FILTER (WHERE i = j) / sum(c)) END
        FROM pair GROUP BY 1$q$, board, y, only_stage, missing);
END
$$;
CREATE FUNCTION alphas(missing text) RETURNS TABLE (compared bigint, "not null" bigint, different bigint, other_n bigint) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE scheme SET missing = $1 WHERE scheme = 'board';
    PERFORM rebuild_scoreboard('p');
    RETURN QUERY SELECT count(*), count(a.alpha), count(*) FILTER (WHERE differs(a.alpha, t.alpha)), count(*) FILTER (WHERE (a.indicators, a.n) IS DISTINCT FROM (t.indicators, t.n))
                 FROM unnest('{2022,2024}'::int[]) y CROSS JOIN unnest('{s,l,NULL}'::text[]) only_stage CROSS JOIN LATERAL (
                     SELECT * FROM cronbach_alpha('p', y::text, only_stage) a FULL JOIN twin_alpha('p', y, only_stage, missing) t ON COALESCE(a.category, '') = COALESCE(t.category, ''))
                     AS u(category, title, indicators, n, alpha, t_category, t_indicators, t_n, t_alpha)
                     CROSS JOIN LATERAL (SELECT u.alpha, u.indicators, u.n) a CROSS JOIN LATERAL (SELECT u.t_alpha AS alpha, u.t_indicators AS indicators, u.t_n AS n) t;
END
$$;
SELECT m AS missing, a.* FROM unnest('{reweight,"null",median,zero}'::text[]) m CROSS JOIN LATERAL alphas(m) a;
SELECT category, title, indicators, n, round(alpha::numeric, 6) AS alpha FROM cronbach_alpha('p');
SELECT (SELECT array_agg(a ORDER BY n) FROM cronbach_alpha('p') a) = (SELECT array_agg(a ORDER BY n) FROM cronbach_alpha('p', '2024') a) AS last;
-- R: x <- c(2,4,4,5,1,3); y <- c(3,4,5,5,2,2); z <- c(1,5,3,4,1,4); d <- cbind(x,y,z); 3/2 * (1 - sum(diag(cov(d))) / sum(cov(d))): 0.8668032786885246
CREATE FUNCTION scales(transform jsonb) RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
    SELECT (jsonb_build_object('scheme', 's', 'indicators', jsonb_agg(jsonb_build_object('indicator', i, 'extreme', 'fixed(0,10)', 'weights', 1) || transform)))::score_model FROM unnest('{x,y,z}'::text[]) i
$$;
CREATE TABLE item (x float8, y float8, z float8);
INSERT INTO item VALUES (2, 3, 1), (4, 4, 5), (4, 5, 3), (5, 5, 4), (1, 2, 1), (3, 2, 4);
SELECT abs((_innovation_score.cronbach(NULL, scales('{}'), 'all', x, y, z))[6] - 0.8668032786885246) < 1e-15 AS "as R has it" FROM item;
-- the scale of the values and the order of the rows do not matter; a negative one, perfect consistency, sums that are all the same, one firm, one indicator, nothing
SELECT abs((_innovation_score.cronbach(NULL, scales('{"extreme": "fixed(-5,100)", "direction": "cost"}'), 'all', x, y, z))[6] - 0.8668032786885246) < 1e-14 AS same FROM item;
SELECT count(DISTINCT a) FROM (SELECT _innovation_score.cronbach(NULL, scales('{}'), 'all', x, y, z ORDER BY k * x, z * k) AS a FROM item, unnest('{-1,0,1}'::int[]) k GROUP BY k) o;
SELECT what, (_innovation_score.cronbach(NULL, scales('{}'), 'all', a, b, c))[4:6] AS alpha
FROM (SELECT 'opposed', x, 6 - x + y / 100, x FROM item UNION ALL SELECT 'equal', x, x, x FROM item UNION ALL SELECT 'constant', 3, 3, 3 FROM item UNION ALL SELECT 'one varies', x, 3, 3 FROM item UNION ALL
      SELECT 'the same sum', x, 10 - x / 2, 10 - x / 2 FROM item UNION ALL SELECT 'one firm', 1, 2, 3 UNION ALL SELECT 'two firms', x, y, z FROM item WHERE x IN (1, 3) UNION ALL
      SELECT 'missing', NULL, NULL, NULL FROM item UNION ALL SELECT 'infinite', 'Infinity', 'NaN', x FROM item) v(what, a, b, c) GROUP BY what ORDER BY what COLLATE "C";
SELECT _innovation_score.cronbach(NULL, '{"scheme": "s", "indicators": [{"indicator": "x", "extreme": "fixed(0,10)", "weights": 1}]}', 'all', x) AS single FROM item;
SELECT _innovation_score.cronbach(NULL, scales('{}'), 'all', x, y, z) AS nothing FROM item WHERE false;
-- indicators that weigh nothing do not count
SELECT _innovation_score.cronbach(only_stage, '{"scheme": "s", "stages": ["s", "l"], "indicators": [{"indicator": "x", "extreme": "fixed(0,10)", "weights": 1},
           {"indicator": "y", "extreme": "fixed(0,10)", "weights": 1}, {"indicator": "z", "extreme": "fixed(0,10)", "weights": {"s": 0, "l": 2}}]}', 's', x, y, z) AS counted
FROM item CROSS JOIN unnest('{s,l,NULL}'::text[]) only_stage GROUP BY only_stage ORDER BY only_stage COLLATE "C";

-- ---------------------------------------------------------------- drift

-- R: b <- c(1:40)^1.5; o <- c(3:30, 50:60)^1.5; e <- unique(quantile(b, seq(0.1, 0.9, 0.1), type = 7))
-- p <- pmax(table(cut(b, c(-Inf, e, Inf))), 0.5) / length(b), q likewise of o; sum((q - p) * log(q / p)): 0.433309894993553
SELECT (_innovation_score.drift(base, x ^ 1.5))[5] FROM (SELECT true, x FROM generate_series(1, 40) x UNION ALL SELECT false, x FROM generate_series(1, 60) x WHERE x BETWEEN 3 AND 30 OR x >= 50) v(base, x);
-- the same with b <- c(rep(0, 12), 1:8); o <- c(rep(0, 5), 2:6), over the cells that have a value: 0.191518950819382
SELECT (_innovation_score.drift(base, x))[5] FROM (SELECT true, greatest(x, 0) FROM generate_series(-11, 8) x UNION ALL SELECT false, CASE WHEN x < 2 THEN 0 ELSE x END FROM generate_series(-3, 6) x) v(base, x);
-- nothing there, nothing moved, one value
SELECT _innovation_score.drift(base, x) FROM (VALUES (true, 1::float8), (true, 'NaN'), (false, NULL)) v(base, x);
SELECT _innovation_score.drift(base, x) FROM generate_series(1, 100) x, unnest('{t,f}'::boolean[]) base;
SELECT _innovation_score.drift(base, x) FROM (VALUES (true, 1::float8), (false, 1)) v(base, x);
SELECT _innovation_score.drift(base, x) FROM (VALUES (true, 1::float8), (false, 2)) v(base, x);
SELECT _innovation_score.drift(base, VARIADIC x) FROM (VALUES (true, ARRAY[1, 2]::float8[]), (false, ARRAY[1]::float8[])) v(base, x);
-- no more columns than a model may have indicators: the pairs of all of them are counted in an int
SELECT cardinality(_innovation_score.pearson_matrix(VARIADIC array_fill(1::float8, ARRAY[1000]))) AS numbers;
SELECT attempt(format('SELECT %s(VARIADIC array_fill(1::float8, ARRAY[65537]))', f)) FROM unnest('{_innovation_score.pearson_matrix,_innovation_score.spearman_matrix}'::text[]) f;
-- counts, medians and bounds, in every city; by default the last two years
SELECT count(*), count(*) FILTER (WHERE (d.base_n, d.n, d.base_median, d.median) IS DISTINCT FROM (t.base_n, t.n, t.base_median, t.median)) AS different,
       count(*) FILTER (WHERE (d.base_lower, d.base_upper, d.lower, d.upper) IS DISTINCT FROM (t.base_lower, t.base_upper, t.lower, t.upper)) AS bounds,
       count(*) FILTER (WHERE d.shift IS DISTINCT FROM CASE WHEN d.stability_index < 0.1 THEN 'small' WHEN d.stability_index < 0.25 THEN 'moderate' WHEN d.stability_index >= 0.25 THEN 'large' END) AS shift
FROM indicator_drift('p') d FULL JOIN (
    SELECT m.city AS peers, i.indicator, count(v) FILTER (WHERE m.year = 2023) AS base_n, count(v) FILTER (WHERE m.year = 2024) AS n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE m.year = 2023) AS base_median, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE m.year = 2024) AS median,
           max(i.lower) FILTER (WHERE m.year = 2023) AS base_lower, max(i.upper) FILTER (WHERE m.year = 2023) AS base_upper,
           max(i.lower) FILTER (WHERE m.year = 2024) AS lower, max(i.upper) FILTER (WHERE m.year = 2024) AS upper
    FROM p_model m CROSS JOIN model_indicators(m.model) i JOIN firm f USING (city, year), LATERAL (SELECT (ARRAY[a, b, c, d, e]::float8[])[i.position]) x(v)
    WHERE year > 2022 GROUP BY 1, 2) t USING (peers, indicator);
-- the index by brute force
SELECT count(*), count(*) FILTER (WHERE differs(d.stability_index, t.psi)) AS different FROM indicator_drift('p', '2024', '2022') d FULL JOIN (
    WITH v AS (SELECT city AS peers, i AS indicator, year = 2022 AS base, v FROM firm, LATERAL (VALUES ('a', a), ('b', b::float8), ('c', c), ('d', d), ('e', e)) x(i, v) WHERE year <> 2023 AND v IS NOT NULL),
         e AS (SELECT peers, indicator, ARRAY(SELECT DISTINCT unnest(percentile_cont(ARRAY[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) WITHIN GROUP (ORDER BY v)) ORDER BY 1) AS edges
               FROM v WHERE base GROUP BY 1, 2),
         c AS (SELECT peers, indicator, cell, greatest(count(v) FILTER (WHERE base), 0.5) AS b, greatest(count(v) FILTER (WHERE NOT base), 0.5) AS o
               FROM e JOIN v USING (peers, indicator), LATERAL (SELECT (SELECT count(*) FROM unnest(edges) x WHERE x < v.v) AS cell) l GROUP BY 1, 2, 3),
         n AS (SELECT peers, indicator, count(v) FILTER (WHERE base)::float8 AS b, count(v) FILTER (WHERE NOT base)::float8 AS o FROM v GROUP BY 1, 2)
    SELECT peers, indicator, sum((c.o / NULLIF(n.o, 0) - c.b / NULLIF(n.b, 0)) * ln((c.o / NULLIF(n.o, 0)) / (c.b / NULLIF(n.b, 0)))) AS psi FROM c JOIN n USING (peers, indicator) GROUP BY 1, 2) t USING (peers, indicator);
SELECT peers, indicator, title, base_n, n, round(base_upper::numeric, 3) AS base_upper, round(upper::numeric, 3) AS upper, round(stability_index::numeric, 6) AS stability_index, shift
FROM indicator_drift('p') WHERE peers = '杭州';
SELECT max(base_n), max(n), count(base_upper), count(upper), count(shift) FROM indicator_drift('p', '2022');     -- none before
-- groups that read the same are not the same
CREATE TABLE twins AS
SELECT f.firm, f.year, f.stage, g.one, g.two, f.a + g.more AS a FROM firm f, (VALUES ('x', 'y, z', 0), ('x, y', 'z', 100), ('x, y, z', NULL, 200)) g(one, two, more);
SELECT create_scoreboard('alike', 'board', 'twins', 'firm', 'stage', 'year', '{one,two}', mapping => '{"b": null, "c": null, "d": null, "e": null}');
SELECT peers, base_n = (SELECT count(a) FROM firm WHERE year = 2023) AS counted, base_median - first_value(base_median) OVER (ORDER BY base_median) AS more
FROM indicator_drift('alike') WHERE indicator = 'a' ORDER BY base_median;
SELECT drop_scoreboard('alike');

-- without groups
SELECT create_scoreboard('q', 'board', 'firm', 'firm', 'stage', 'year'), create_scoreboard('once', 'board', 'firm', 'firm', 'stage');
SELECT peers, indicator, base_n, n, base_lower < base_upper, lower < upper, round(stability_index::numeric, 6) AS stability_index FROM indicator_drift('q');
SELECT score_period, label, firms FROM score_distribution('once', by => 'stage');
SELECT round(sum(share)::numeric, 10), max(scored) FROM score_contributions('once');
SELECT count(correlation) FROM indicator_correlations('once', stage => 's');

-- ---------------------------------------------------------------- mistakes

SELECT attempt(c) FROM unnest(ARRAY[
    $$SELECT * FROM score_distribution('nowhere')$$,
    $$SELECT * FROM score_distribution('p', by => 'nothing')$$,
    $$SELECT * FROM score_distribution('p', by => 'a) FROM firm --')$$,
    $$SELECT * FROM score_distribution('once', '2024')$$,
    $$SELECT * FROM score_contributions('p', stage => 'x')$$,
    $$SELECT * FROM indicator_correlations('p', method => 'kendall')$$,
    $$SELECT * FROM cronbach_alpha('nowhere')$$,
    $$SELECT * FROM cronbach_alpha('once', '2024')$$,
    $$SELECT * FROM cronbach_alpha('p', stage => 'x')$$,
    $$SELECT * FROM indicator_correlations('p', method => NULL)$$,
    $$SELECT * FROM indicator_drift('once')$$]) c;

-- ---------------------------------------------------------------- operators that somebody has put into the maker's schema are not run

CREATE SEQUENCE planted_calls;
CREATE FUNCTION planted(varchar, varchar) RETURNS boolean LANGUAGE sql AS $$SELECT nextval('board.planted_calls') > 0$$;
CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = planted);
CREATE OPERATOR <> (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = planted);
CREATE OPERATOR < (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = planted);
CREATE TABLE bait AS SELECT firm::varchar, year::text::varchar AS year, city::varchar, stage::varchar, a, b, c, d, e FROM firm WHERE city IS NOT NULL AND stage IS NOT NULL;
SELECT create_scoreboard('bait', 'board', 'bait', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT set_whitelist_rule('bait', top_n => 5, quota_by => 'city', quota_n => 3) \g /dev/null
SELECT count(*) FROM bait WHERE firm = 'F001'::varchar \g /dev/null
SELECT last_value > 1 AS "run where a user asks for it" FROM planted_calls;
SELECT setval('planted_calls', 1, false);
SELECT what, attempt(c) FROM (VALUES
    ('distribution', $$SELECT * FROM score_distribution('bait', '2024')$$), ('contributions', $$SELECT * FROM score_contributions('bait', '2024', 's')$$),
    ('correlations', $$SELECT * FROM indicator_correlations('bait', '2024', stage => 's')$$), ('alpha', $$SELECT * FROM cronbach_alpha('bait', '2024')$$),
    ('drift', $$SELECT * FROM indicator_drift('bait', '2024')$$), ('similar', $$SELECT * FROM similar_firms('bait', '2024', 'F002')$$),
    ('gap', $$SELECT * FROM gap_to('bait', '2024', 'F002')$$), ('stability', $$SELECT * FROM rank_stability('bait', '2024', 3)$$),
    ('influence', $$SELECT * FROM indicator_influence('bait', '2024')$$), ('sensitivity', $$SELECT * FROM rank_sensitivity('bait', '2024', 8)$$),
    ('weights', $$SELECT * FROM propose_weights('bait', '2024', 's', 'equal')$$), ('radar', $$SELECT radar_chart('bait', '2024', 'F002')$$),
    ('histogram', $$SELECT histogram_chart('bait', '2024', 'a')$$), ('freeze', $$SELECT freeze_scoreboard('bait')$$),
    ('views', $$SELECT count(*) FROM bait_ranking, LATERAL (SELECT 1 FROM bait_whitelist LIMIT 1) w$$), ('portrait', $$SELECT count(*) FROM bait_portrait$$)) v(what, c);
SELECT is_called AS "run otherwise" FROM planted_calls;

SELECT count(drop_scoreboard(b)) FROM unnest('{p,q,once,bait}'::text[]) b;
DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board CASCADE;
