-- compare: rank correlations against base R and brute force; two schemes over one source side by side; a scheme against
-- its parent
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- R 4.2.2: cor(x, y, method = "spearman"), cor(x, y, method = "kendall")
CREATE TABLE mtcars (mpg float8, wt float8, cyl float8, gear float8);
INSERT INTO mtcars SELECT * FROM unnest(
    '{21,21,22.8,21.4,18.7,18.1,14.3,24.4,22.8,19.2,17.8,16.4,17.3,15.2,10.4,10.4,14.7,32.4,30.4,33.9,21.5,15.5,15.2,13.3,19.2,27.3,26,30.4,15.8,19.7,15,21.4}'::float8[],
    '{2.62,2.875,2.32,3.215,3.44,3.46,3.57,3.19,3.15,3.44,3.44,4.07,3.73,3.78,5.25,5.424,5.345,2.2,1.615,1.835,2.465,3.52,3.435,3.84,3.845,1.935,2.14,1.513,3.17,2.77,3.57,2.78}'::float8[],
    '{6,6,4,6,8,6,8,4,4,6,6,8,8,8,8,8,8,4,4,4,4,8,8,8,8,4,4,4,8,6,8,4}'::float8[],
    '{4,4,4,3,3,3,3,4,4,4,4,3,3,3,3,3,3,4,4,4,3,3,3,3,3,4,5,5,5,5,5,4}'::float8[]);
SELECT what, abs(rho - r_rho) < 1e-15 AS spearman, abs(tau - r_tau) < 1e-15 AS kendall FROM (
    SELECT 'mpg, wt' AS what, spearman(mpg, wt) AS rho, kendall(mpg, wt) AS tau, -0.88642203327029789 AS r_rho, -0.727832149528431 AS r_tau FROM mtcars
    UNION ALL SELECT 'cyl, gear', spearman(cyl, gear), kendall(cyl, gear), -0.56431047470171647, -0.51254348597056176 FROM mtcars
    UNION ALL SELECT 'many ties', spearman(i * i * 7 % 23, i * i * i % 11), kendall(i * i * 7 % 23, i * i * i % 11), -0.040963976358145797, -0.031620702781003311
              FROM generate_series(1, 50) i
    UNION ALL SELECT '2000 pairs', spearman(x, y), kendall(x, y), 0.28782912934108773, 0.19575038501468675
              FROM (SELECT i * 7919 % 503 AS x, i * 104729 % 401 + i * 7919 % 503 / 4.0 AS y FROM generate_series(1, 2000) i) s
    UNION ALL SELECT 'infinities', spearman(x, y), kendall(x, y), 0.92105263157894757, 0.88888888888888906
              FROM (VALUES ('-Infinity'::float8, 1), (1, 2), (2, 2), (2, 3), ('Infinity', 5)) s(x, y)) t ORDER BY what COLLATE "C";

-- against PostgreSQL's corr() of the ranks and all pairs one by one
CREATE FUNCTION signum(a float8, b float8) RETURNS int LANGUAGE sql IMMUTABLE RETURN (a > b)::int - (a < b)::int;
CREATE TABLE pair AS
SELECT k, i, floor(i * 7919 % 997 / k)::float8 AS x, floor((i * 104729 % 499 + i * 7919 % 997 / 3) / k)::float8 AS y
FROM generate_series(1, 200) i, unnest('{1,7,40,300}'::int[]) k;
SELECT k, abs(rho - twin_rho) < 1e-14 AS spearman, abs(tau - twin_tau) < 1e-14 AS kendall, round(rho::numeric, 3) AS rho, round(tau::numeric, 3) AS tau
FROM (SELECT k, spearman(x, y) AS rho, kendall(x, y) AS tau FROM pair GROUP BY k) ours
JOIN (SELECT k, corr(rx, ry) AS twin_rho FROM (
          SELECT k, rank() OVER (PARTITION BY k ORDER BY x) + count(*) OVER (PARTITION BY k, x) / 2.0 AS rx,
                 rank() OVER (PARTITION BY k ORDER BY y) + count(*) OVER (PARTITION BY k, y) / 2.0 AS ry FROM pair) r GROUP BY k) s USING (k)
JOIN (SELECT a.k, sum(signum(a.x, b.x) * signum(a.y, b.y)) / sqrt(sum(abs(signum(a.x, b.x))) * sum(abs(signum(a.y, b.y)))::float8) AS twin_tau
      FROM pair a JOIN pair b USING (k) GROUP BY a.k) t USING (k) ORDER BY k;

-- the same bits in whatever order, one side or the other first; windows grow
SELECT count(DISTINCT (rho, tau)) AS results FROM (
    SELECT spearman(x, y ORDER BY i) AS rho, kendall(x, y ORDER BY i) AS tau FROM pair WHERE k = 7
    UNION ALL SELECT spearman(x, y ORDER BY i DESC), kendall(x, y ORDER BY i DESC) FROM pair WHERE k = 7
    UNION ALL SELECT spearman(y, x ORDER BY y, i * 13 % 17), kendall(y, x ORDER BY x, i) FROM pair WHERE k = 7
    UNION ALL SELECT -spearman(-x, y), -kendall(x, -y) FROM pair WHERE k = 7) r;
SELECT i, spearman(x, y) OVER w, kendall(x, y) OVER w FROM (VALUES (1, 1, 5), (2, 2, 7), (3, 3, 6), (4, NULL, 1), (5, 4, 9)) v(i, x, y) WINDOW w AS (ORDER BY i);
-- only the order counts: the same bits after any increasing transform
SELECT spearman(x, y) = spearman(exp(x / 100), y ^ 3) AND kendall(x, y) = kendall(exp(x / 100), y ^ 3) AS same FROM pair WHERE k = 7;
-- workers read, one process ranks: the same bits
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
CREATE TABLE many AS SELECT i * 7919 % 99991 AS x, i * 104729 % 49999 AS y FROM generate_series(1, 20000) i;
CREATE TABLE parallel_result AS SELECT spearman(x, y) AS rho, kendall(x, y) AS tau FROM many;
SET max_parallel_workers_per_gather = 0;
SELECT (rho, tau) = (SELECT spearman(x, y), kendall(x, y) FROM many) AS same FROM parallel_result;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- perfect is 1 to the last bit; -0 is 0; denormals and the largest numbers are ordered; NULL and NaN are passed over
SELECT n, spearman(i, i * 2), kendall(i, i * 2), spearman(i, -i), kendall(i, -i) FROM unnest('{2,3,10,1001}'::int[]) n, generate_series(1, n) i GROUP BY n ORDER BY n;
SELECT spearman(x, y), kendall(x, y) FROM (VALUES (-0.0::float8, 1::float8), (0, 1), (5e-324, 2), (1e308, 3), ('NaN', 0), (NULL, 7), (1, 'NaN'), (1, NULL)) v(x, y);
-- nothing to correlate
SELECT count(*), spearman(x, y), kendall(x, y) FROM (VALUES (1.0, 2.0)) v(x, y) WHERE false;
SELECT count(*), spearman(x, y), kendall(x, y) FROM (VALUES (1.0, 2.0)) v(x, y);
SELECT count(*), spearman(x, y), kendall(x, y) FROM (VALUES (1, 2), (2, 2), (3, 2)) v(x, y);
SELECT count(*), spearman(x, y), kendall(x, y) FROM (VALUES (1, NULL), (NULL, 2)) v(x, y);

-- ---------- the new national scheme beside the old one, on one source
SELECT derive_scheme('board2', 'board', '新体系');
UPDATE scheme SET full_marks = 1000, min_coverage = 0.5 WHERE scheme = 'board2';
DELETE FROM indicator WHERE scheme = 'board2' AND indicator = 'c';
INSERT INTO indicator (scheme, indicator, category, title, extreme, position) VALUES ('board2', 'f', 'y', '己', 'fixed(0,14)', 6);
INSERT INTO weight VALUES ('board2', 's', 'f', 30), ('board2', 'l', 'f', 60);
UPDATE weight SET weight = 35 WHERE scheme = 'board2' AND stage = 's' AND indicator = 'b';
SELECT create_scoreboard('old', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT create_scoreboard('new', 'board2', 'firm', 'firm', 'stage', 'year', attributes => '{city}', mapping => '{"f": "d"}');

-- without rules: no decisions
SELECT * FROM compare_scoreboards('old', 'new', '2024') WHERE entity IN ('F001', 'F007', 'F100') ORDER BY entity;
SELECT count(*), count(*) FILTER (WHERE row(c.score_a, c.score_b, c.rank_a, c.rank_b, c.movement) IS DISTINCT FROM row(o.score, n.score, o.rank, n.rank, o.rank - n.rank)) AS different,
       count(c.movement) AS moved, count(c.change) AS changes
FROM compare_scoreboards('old', 'new') c JOIN old_ranking o ON o.firm = c.entity AND o.year::text = c.period JOIN new_ranking n USING (firm, year);
SELECT * FROM compare_summary('old', 'new', '2024', '{50}') \gx

SELECT set_whitelist_rule('old', top_n => 40, min_coverage => 0.6), set_whitelist_rule('new', top_n => 40);
SELECT change, count(*), count(main_indicator) AS explained FROM compare_scoreboards('old', 'new') GROUP BY 1 ORDER BY 1;
SELECT entity, round(score_a, 2) AS score_a, round(score_b, 1) AS score_b, rank_a, rank_b, movement, decision_a, decision_b, change, main_indicator, main_title,
       round(main_change::numeric, 6) AS main_change
FROM compare_scoreboards('old', 'new', '2023') WHERE change IS NOT NULL ORDER BY change, rank_b, entity LIMIT 12;
-- the whole of it against the views: decisions, and the indicator whose points, of 100, moved most that way
WITH points AS (
    SELECT d.firm, d.year, d.indicator, sum(d.points) AS change FROM (
        SELECT firm, year, indicator, -points AS points FROM old_detail UNION ALL SELECT firm, year, indicator, points / 10 FROM new_detail) d
    GROUP BY 1, 2, 3
), twin AS (
    SELECT o.firm, o.year, o.decision AS decision_a, n.decision AS decision_b, CASE WHEN n.decision = 'listed' THEN 'gained' ELSE 'lost' END AS change,
           (SELECT p.indicator FROM points p WHERE p.firm = o.firm AND p.year = o.year
            ORDER BY CASE WHEN n.decision = 'listed' THEN -p.change ELSE p.change END LIMIT 1) AS main_indicator
    FROM old_whitelist o JOIN new_whitelist n USING (firm, year) WHERE (o.decision = 'listed') <> (n.decision = 'listed'))
SELECT count(*), count(*) FILTER (WHERE row(c.change, c.main_indicator, c.decision_a, c.decision_b) IS DISTINCT FROM row(t.change, t.main_indicator, t.decision_a, t.decision_b)) AS different,
       string_agg(DISTINCT c.main_indicator, ',') AS indicators
FROM twin t JOIN compare_scoreboards('old', 'new') c ON c.entity = t.firm AND c.period = t.year::text;

SELECT period, firms_a, firms_b, firms_both, round(spearman::numeric, 12) AS spearman, round(kendall::numeric, 12) AS kendall, round(mean_movement::numeric, 6) AS mean, max_movement,
       listed_a, listed_b, gained, lost, top_n, top_a, top_b, top_both, round(overlap::numeric, 4) AS overlap
FROM compare_summary('old', 'new', top_n => '{100,10,10}');
-- against the views
SELECT count(*), count(*) FILTER (WHERE s.firms_both <> t.n OR s.top_both <> t.both OR differs(s.spearman, t.rho) OR differs(s.mean_movement, t.mean) OR s.max_movement <> t.most) AS different
FROM compare_summary('old', 'new', top_n => '{10,20,150}') s JOIN LATERAL (
    SELECT count(*) AS n, corr(a, b) AS rho, avg(abs(rank_a - rank_b)) AS mean, max(abs(rank_a - rank_b)) AS most, count(*) FILTER (WHERE rank_a <= s.top_n AND rank_b <= s.top_n) AS both
    FROM (SELECT o.rank AS rank_a, n.rank AS rank_b, rank() OVER (ORDER BY o.score) + count(*) OVER (PARTITION BY o.score) / 2.0 AS a,
                 rank() OVER (ORDER BY n.score) + count(*) OVER (PARTITION BY n.score) / 2.0 AS b
          FROM old_ranking o JOIN new_ranking n USING (firm, year) WHERE year::text = s.period AND o.rank IS NOT NULL AND n.rank IS NOT NULL) r) t ON true;
SELECT count(*), count(*) FILTER (WHERE row(s.listed_a, s.listed_b, s.gained, s.lost) IS DISTINCT FROM row(t.a, t.b, t.gained, t.lost)) AS different
FROM compare_summary('old', 'new', top_n => '{}') s
JOIN (SELECT year::text AS period, count(*) FILTER (WHERE o.decision = 'listed') AS a, count(*) FILTER (WHERE n.decision = 'listed') AS b,
             count(*) FILTER (WHERE o.decision <> 'listed' AND n.decision = 'listed') AS gained, count(*) FILTER (WHERE o.decision = 'listed' AND n.decision <> 'listed') AS lost
      FROM old_whitelist o JOIN new_whitelist n USING (firm, year) GROUP BY 1) t USING (period);
-- no n: the periods; a scoreboard with itself: nothing moves
SELECT period, spearman, kendall, max_movement, gained, lost, top_n, overlap FROM compare_summary('old', 'old', top_n => '{}');
SELECT period, spearman, kendall, max_movement, top_n, overlap FROM compare_summary('new', 'new', '2022', NULL);
-- a mirror: what was gained is lost
SELECT count(*) AS firms, count(*) FILTER (WHERE c.movement <> -d.movement OR (c.change = 'gained') <> (d.change = 'lost') OR differs(c.main_change, -d.main_change)) AS different
FROM compare_scoreboards('old', 'new') c JOIN compare_scoreboards('new', 'old') d USING (entity, period);
-- frozen, the comparison is the same
CREATE TABLE live AS SELECT * FROM compare_scoreboards('old', 'new');
SELECT freeze_scoreboard('old'), freeze_scoreboard('new');
SELECT count(*) FROM (SELECT * FROM compare_scoreboards('old', 'new') EXCEPT ALL TABLE live) d;

-- firms that only one of them has; a scoreboard without periods meets one period
CREATE TABLE newer AS SELECT * FROM firm WHERE year = 2024 AND firm < 'F200';
INSERT INTO newer SELECT 'X' || i, 2024, '杭州', 's', 100000, -190 * i, 36, 10, 0 FROM generate_series(1, 3) i;
SELECT create_scoreboard('once', 'board', 'newer', 'firm', 'stage');
SELECT set_whitelist_rule('once', top_n => 5);
SELECT count(*) AS firms, count(score_a) AS in_a, count(score_b) AS in_b, count(movement) AS in_both, min(period), max(period), count(*) FILTER (WHERE change = 'gained') AS gained, count(*) FILTER (WHERE change = 'lost') AS lost
FROM compare_scoreboards('old', 'once', '2024');
SELECT entity, period, rank_a, rank_b, decision_a, decision_b, change, main_indicator FROM compare_scoreboards('old', 'once', '2024') WHERE change = 'gained' OR change = 'lost' AND rank_a <= 2 ORDER BY change, entity;
SELECT period, firms_a, firms_b, firms_both, listed_a, listed_b, gained, lost, top_n, top_a, top_b, top_both FROM compare_summary('once', 'old', '2024', '{10}');
SELECT period, count(*) FROM compare_scoreboards('once', 'once') GROUP BY 1;

-- periods are compared by their text form, whatever the session's settings
CREATE TABLE daily AS SELECT i AS id, d::date AS day, i * 3.0 AS a, i % 5 AS b, i AS c, i AS d, 0 AS e, 's'::text AS stage FROM generate_series(1, 20) i, generate_series('2024-12-31', '2025-01-01', interval '1 day') d;
INSERT INTO daily VALUES (21, NULL, 1, 1, 1, 1, 0, 's'), (22, NULL, 2, 2, 2, 2, 0, 's');
SELECT create_scoreboard('daily', 'board', 'daily', 'id', 'stage', 'day');
SET datestyle = 'German';
SELECT period, count(*), count(movement) FROM compare_scoreboards('daily', 'daily') GROUP BY 1 ORDER BY 1;
SELECT period, count(*) FROM compare_scoreboards('daily', 'daily', '2025-01-01') GROUP BY 1;
\set SHOW_CONTEXT never
SELECT count(*) FROM compare_scoreboards('daily', 'daily', '01.01.2025');
SELECT count(*) FROM compare_scoreboards('daily', 'daily', 'x'' OR true --');
\set SHOW_CONTEXT errors
RESET datestyle;

-- whoever may read the views may compare
CREATE ROLE regress_compare;
GRANT USAGE ON SCHEMA board TO regress_compare;
SET ROLE regress_compare;
SELECT attempt($$SELECT count(*) FROM compare_scoreboards('board.old', 'board.new', '2024')$$);
RESET ROLE;
GRANT SELECT ON firm, old_input, old_model, old_detail, old_whitelist, new_input, new_model, new_detail, new_whitelist TO regress_compare;
SET ROLE regress_compare;
SELECT count(*), count(main_indicator) FROM compare_scoreboards('board.old', 'board.new', '2024');
RESET ROLE;
DROP OWNED BY regress_compare;
DROP ROLE regress_compare;

-- a rule with a name lists nobody in the view that is compared
SELECT drop_whitelist_rule('once'), set_whitelist_rule('once', rule => 'bank', top_n => 3);
SELECT count(*) AS firms, count(decision_a) AS decisions, count(change) AS changes FROM compare_scoreboards('once', 'once');
SELECT listed_a, gained, lost FROM compare_summary('once', 'once', top_n => '{10}');
SELECT drop_whitelist_rule('once', 'bank');

-- refused
SELECT attempt($$SELECT compare_scoreboards('old', 'nowhere')$$);
SELECT attempt($$SELECT compare_scoreboards('old', 'once')$$);
SELECT attempt($$SELECT compare_summary('once', 'once', '2024')$$);
SELECT attempt($$SELECT compare_summary('old', 'new', '2024', '{10,0}')$$);
SELECT attempt($$SELECT compare_summary('old', 'new', '2024', '{10,NULL}')$$);
DROP VIEW old_whitelist;
SELECT attempt($$SELECT compare_summary('old', 'new')$$);

-- ---------- a scheme against its parent
SELECT * FROM scheme_diff('board2');
SELECT count(*) AS differences FROM scheme_diff('board2', 'board2');
SELECT derive_scheme('board3', 'board');
SELECT count(*) AS differences FROM scheme_diff('board3');
-- the other way round: what was added is removed
SELECT count(*), count(*) FILTER (WHERE b.object IS NULL) AS different FROM scheme_diff('board2', 'board') a LEFT JOIN scheme_diff('board', 'board2') b
    ON (b.object, b.property) = (a.object, replace(replace(replace(a.property, 'added', '-'), 'removed', 'added'), '-', 'removed'))
       AND CASE a.object WHEN 'scheme' THEN b.code = 'board' ELSE b.code = a.code END
       AND CASE WHEN a.property IN ('added', 'removed') THEN row(b.old, b.new) IS NOT DISTINCT FROM row(a.new, a.old) ELSE row(b.old, b.new) IS NOT DISTINCT FROM row(a.new, a.old) END;
-- stages and categories come and go; no weight is weight 0
INSERT INTO stage VALUES ('board3', 'm', '中', 3);
DELETE FROM stage WHERE scheme = 'board3' AND stage = 'l';
INSERT INTO category (scheme, category, title) VALUES ('board3', 'green', '绿色');
UPDATE indicator SET category = 'green', direction = 'cost', extreme = NULL WHERE scheme = 'board3' AND indicator = 'c';
INSERT INTO weight VALUES ('board3', 'm', 'a', 0), ('board3', 'm', 'c', 12.5);
UPDATE weight SET weight = 0.1 + 0.2 WHERE scheme = 'board3' AND stage = 's' AND indicator = 'a';
SELECT * FROM scheme_diff('board3', 'board') WHERE object <> 'category' OR property IN ('added', 'role');
SELECT attempt($$SELECT scheme_diff('board')$$);
SELECT split_part(attempt($$SELECT scheme_diff('nothing')$$), E'\n', 1) AS attempt;
SELECT split_part(attempt($$SELECT scheme_diff('board', 'nothing')$$), E'\n', 1) AS attempt;

-- ---------- what rounding adds is no indicator, though _detail has a row for it
SELECT derive_scheme('unrounded', 'national-2024');
DELETE FROM indicator WHERE scheme = 'unrounded' AND indicator NOT IN ('rd_expense', 'invention_patents');
DELETE FROM weight WHERE scheme = 'unrounded';
DELETE FROM stage WHERE scheme = 'unrounded' AND stage <> 'growth';
INSERT INTO weight VALUES ('unrounded', 'growth', 'rd_expense', 50), ('unrounded', 'growth', 'invention_patents', 50);
UPDATE scheme SET extreme = 'fixed(0,100)', decimals = NULL WHERE scheme = 'unrounded';
UPDATE indicator SET transform = 'none', extreme = NULL WHERE scheme = 'unrounded';
SELECT derive_scheme('rounded', 'unrounded');
UPDATE scheme SET decimals = 0 WHERE scheme = 'rounded';
CREATE TABLE close_by (code text PRIMARY KEY, stage text, rd_expense numeric, invention_patents numeric);
INSERT INTO close_by VALUES ('A', 'growth', 60.7, 60.7), ('B', 'growth', 60.6, 60.6);
SELECT create_scoreboard('fine', 'unrounded', 'close_by', 'code', 'stage'), set_whitelist_rule('fine', top_n => 1);
SELECT create_scoreboard('coarse', 'rounded', 'close_by', 'code', 'stage'), set_whitelist_rule('coarse', top_n => 1);
SELECT code, indicator, round(points::numeric, 4) AS points FROM coarse_detail WHERE status = 'rounding' ORDER BY code;
SELECT entity, score_a, score_b, change, main_indicator, main_change FROM compare_scoreboards('fine', 'coarse') ORDER BY entity;
SELECT drop_scoreboard('fine'), drop_scoreboard('coarse');
DELETE FROM scheme WHERE scheme IN ('rounded', 'unrounded');

SELECT drop_scoreboard('new'), drop_scoreboard('once'), drop_scoreboard('daily'), drop_scoreboard('old');
DELETE FROM scheme WHERE scheme IN ('board3', 'board2', 'board');
DROP SCHEMA board CASCADE;
