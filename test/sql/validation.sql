-- validation: whether scores tell what becomes of firms: against base R, against brute force, on scoreboards and publications
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- R 4.2.2:
--   i <- 1:400; s <- floor((i*7919) %% 503 / 4); e <- ((i*104729) %% 401 + 2*s) > 420; x <- s[e]; y <- s[!e]; m <- length(x); n <- length(y)
--   auc <- wilcox.test(x, y, exact=FALSE)$statistic/(m*n); psi <- outer(x, y, ">") + outer(x, y, "==")/2
--   v <- var(rowMeans(psi))/m + var(colMeans(psi))/n; auc + c(-1,1)*qnorm(.975)*sqrt(v); ks.test(x, y)$statistic; 2*auc-1
--   f <- isoreg(ave(as.numeric(e), s)[order(s)])$yf
CREATE TABLE sampled AS
SELECT i, floor(i * 7919 % 503 / 4.0)::float8 AS score, i * 104729 % 401 + 2 * floor(i * 7919 % 503 / 4.0) > 420 AS event FROM generate_series(1, 400) i;
SELECT firms, events, abs(auc - 0.76186913557155767) < 1e-12 AS auc, abs(auc_lower - 0.71383053828381193) < 1e-12 AS lower,
       abs(auc_upper - 0.8099077328593034) < 1e-12 AS upper, abs(ks - 0.39689516506125505) < 1e-12 AS ks, abs(gini - 0.52373827114311533) < 1e-12 AS gini
FROM (SELECT (discrimination(score, event)).* FROM sampled) d;
-- sum(f^2), f[c(1, 100, 200, 300, 400)]
CREATE TABLE calibrated AS SELECT * FROM _innovation_score.calibrate_outcomes('SELECT score, event FROM board.sampled', true);
SELECT count(*) AS blocks, sum(firms) AS firms, sum(events) AS events, abs(sum(firms * rate ^ 2) - 45.078036000420184) < 1e-12 AS squares FROM calibrated;
SELECT place, abs(rate - r) < 1e-12 AS same FROM (VALUES (1, 0), (100, 0.15789473684210525), (200, 0.26315789473684192), (300, 0.39583333333333365), (400, 0.6666666666666714)) v(place, r)
JOIN (SELECT *, row_number() OVER (ORDER BY score, i) AS place FROM sampled) s USING (place) JOIN calibrated c ON s.score BETWEEN c.lowest AND c.highest ORDER BY place;
-- prop.test(events, firms, correct=FALSE)$conf.int
SELECT events, firms, abs(lower - l) < 1e-12 AS lower, abs(upper - u) < 1e-12 AS upper
FROM (VALUES (7, 40, 0.087454137460359196, 0.319499903317877032), (0, 10, 0, 0.27753279986288915), (10, 10, 0.72246720013711085, 1)) v(events, firms, l, u), wilson_interval(events, firms) ORDER BY 1;
SELECT * FROM wilson_interval(0, 0);
-- Published credit data: 1,000 loans of a German bank (H. Hofmann, Statlog German Credit Data, UCI Machine Learning Repository, 1994,
-- CC BY 4.0), here good and bad loans by months of duration. In R, with good loans as the events of a score of -months: as above, and
-- o <- order(months, -bad); isoreg(months[o], bad[o])$yf
CREATE TABLE german (months float8, good int, bad int);
INSERT INTO german VALUES (4,6,0), (5,1,0), (6,66,9), (7,5,0), (8,6,1), (9,35,14), (10,25,3), (11,9,0), (12,130,49), (13,4,0), (14,3,1), (15,52,12), (16,1,1), (18,71,42), (20,7,1), (21,21,9), (22,2,0), (24,128,56), (26,1,0), (27,8,5), (28,2,1), (30,27,13), (33,2,1), (36,46,37), (39,4,1), (40,0,1), (42,8,3), (45,1,4), (47,1,0), (48,20,28), (54,1,1), (60,7,6), (72,0,1);
CREATE TABLE german_loan AS SELECT - months AS score, n <= good AS event FROM german, LATERAL generate_series(1, good + bad) n;
SELECT firms, events, abs(auc - 0.62859285714285718) < 1e-12 AS auc, abs(auc_lower - 0.59153223960707002) < 1e-12 AS lower,
       abs(auc_upper - 0.66565347467864433) < 1e-12 AS upper, abs(ks - 0.19190476190476194) < 1e-12 AS ks, abs(gini - 0.25718571428571436) < 1e-12 AS gini
FROM (SELECT (discrimination(score, event)).* FROM german_loan) d;
SELECT - highest AS months_from, - lowest AS months_to, firms, firms - events AS bad, round((1 - rate)::numeric, 12) AS rate_bad
FROM _innovation_score.calibrate_outcomes('SELECT score, event FROM board.german_loan', true) ORDER BY 1;
-- q <- quantile(s, (1:9)/10, type=7); g <- c(-Inf, unique(q), Inf); s2 <- floor((i*104729) %% 401 / 3)
-- p <- table(cut(s, g))/400; r <- table(cut(s2, g))/400; sum((r-p)*log(r/p))
SELECT base_firms, firms, abs(stability_index - 0.023083868697492241) < 1e-12 AS index, shift
FROM _innovation_score.score_shift('SELECT true AS base, score FROM board.sampled UNION ALL SELECT false, floor(i * 104729 % 401 / 3) FROM board.sampled') s;

-- brute force over all pairs, in 60 samples: few and many ties, rare events, events that score low
CREATE TABLE random AS
SELECT g, i, (abs(hashtextextended(g || ',' || i, 1)) % (2 + g * g % 97))::float8 - g AS score, abs(hashtextextended(g || ',' || i, 2)) % (2 + g % 11) = 0 AS event
FROM generate_series(1, 60) g, generate_series(1, 3 + g * 7 % 90) i;
ANALYZE random;
CREATE TABLE ours AS SELECT g, (discrimination(score, event)).* FROM random GROUP BY g;
WITH pair AS (
    SELECT a.g, a.i, b.i AS j, CASE WHEN a.score > b.score THEN 1 WHEN a.score = b.score THEN 0.5 ELSE 0 END AS psi
    FROM random a JOIN random b ON b.g = a.g AND a.event AND NOT b.event),
     twin AS (
    SELECT p.g, p.auc, sqrt(v.v / v.m + w.v / w.n) AS error
    FROM (SELECT g, avg(psi) AS auc FROM pair GROUP BY g) p
    LEFT JOIN (SELECT g, var_samp(a) AS v, count(*) AS m FROM (SELECT g, i, avg(psi) AS a FROM pair GROUP BY g, i) x GROUP BY g) v USING (g)
    LEFT JOIN (SELECT g, var_samp(a) AS v, count(*) AS n FROM (SELECT g, j, avg(psi) AS a FROM pair GROUP BY g, j) x GROUP BY g) w USING (g)),
     distance AS (
    SELECT s.g, max(abs(s.f / nullif(s.m, 0) - s.o / nullif(s.n, 0))) AS ks
    FROM (SELECT t.g, t.score, count(*) FILTER (WHERE r.event AND r.score <= t.score)::numeric AS f, count(*) FILTER (WHERE NOT r.event AND r.score <= t.score)::numeric AS o,
                 count(*) FILTER (WHERE r.event) AS m, count(*) FILTER (WHERE NOT r.event) AS n
          FROM (SELECT DISTINCT g, score FROM random) t JOIN random r USING (g) GROUP BY 1, 2) s GROUP BY 1)
SELECT count(*) AS samples, count(o.auc) AS with_auc, count(o.auc_lower) AS with_interval,
       count(*) FILTER (WHERE NOT abs(o.auc - t.auc) <= 1e-12 OR (o.auc IS NULL) <> (t.auc IS NULL)) AS other_auc,
       count(*) FILTER (WHERE NOT abs(o.auc_lower - greatest(t.auc - 1.959963984540054 * t.error, 0)) <= 1e-12 OR NOT abs(o.auc_upper - least(t.auc + 1.959963984540054 * t.error, 1)) <= 1e-12
                            OR (o.auc_lower IS NULL) <> (t.error IS NULL)) AS other_interval,
       count(*) FILTER (WHERE NOT abs(o.ks - d.ks) <= 1e-12 OR (o.ks IS NULL) <> (d.ks IS NULL)) AS other_ks
FROM ours o LEFT JOIN twin t USING (g) JOIN distance d USING (g);
-- the least squares among rising rates: the largest, over where a run begins, of the smallest mean over where it ends
WITH step AS MATERIALIZED (SELECT g, score, count(*)::numeric AS n, count(*) FILTER (WHERE event)::numeric AS e FROM random WHERE g % 8 = 1 GROUP BY 1, 2),
     run AS MATERIALIZED (SELECT a.g, a.score AS first, b.score AS last, (SELECT sum(e) / sum(n) FROM step s WHERE s.g = a.g AND s.score BETWEEN a.score AND b.score) AS mean
             FROM step a JOIN step b ON b.g = a.g AND b.score >= a.score),
     twin AS (SELECT s.g, s.score, max(least) AS rate
              FROM step s JOIN LATERAL (SELECT r.first, min(r.mean) AS least FROM run r WHERE r.g = s.g AND r.first <= s.score AND r.last >= s.score GROUP BY 1) l ON true GROUP BY 1, 2)
SELECT count(*) AS scores, count(*) FILTER (WHERE NOT abs(t.rate - c.rate) <= 1e-12) AS other
FROM twin t JOIN (SELECT g, c.* FROM generate_series(1, 57, 8) g, _innovation_score.calibrate_outcomes('SELECT score, event FROM board.random WHERE g = ' || g, true) c) c
     ON c.g = t.g AND t.score BETWEEN c.lowest AND c.highest;
-- falling is rising of the scores turned round
SELECT count(*) AS blocks, count(*) FILTER (WHERE d.rate IS NULL) AS other
FROM _innovation_score.calibrate_outcomes('SELECT -score AS score, event FROM board.sampled', false) c
LEFT JOIN _innovation_score.calibrate_outcomes('SELECT score, event FROM board.sampled', true) d ON c.lowest = -d.highest AND c.highest = -d.lowest AND c.rate = d.rate;

-- workers and one process: the same bits, which no order of rows and no increasing transform changes
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
CREATE TABLE many AS SELECT (i * 7919 % 99991 / 8)::float8 AS score, i * 104729 % 49999 < 5000 AS event FROM generate_series(1, 20000) i;
ALTER TABLE many SET (parallel_workers = 2);
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT count(*) > 0 AS partial FROM plan('SELECT discrimination(score, event) FROM many') p WHERE p LIKE '%Partial Aggregate%';
CREATE TABLE result AS SELECT 1 AS n, discrimination(score, event) AS d FROM many;
SET max_parallel_workers_per_gather = 0;
INSERT INTO result SELECT 2, discrimination(score, event) FROM many;
INSERT INTO result SELECT 3, discrimination(score, event ORDER BY score DESC) FROM many;
INSERT INTO result SELECT 4, discrimination(exp(score / 2000), event) FROM many;
SELECT count(*), count(DISTINCT d) AS results FROM result;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- nobody; events only; one of each; NULL and NaN are ignored, infinities are scores, -0 is 0
SELECT n, (d).* FROM (
    SELECT 1 AS n, discrimination(score, event) AS d FROM sampled WHERE false
    UNION ALL SELECT 2, discrimination(score, true) FROM sampled
    UNION ALL SELECT 3, discrimination(s, e) FROM (VALUES (1, true), (0, false)) v(s, e)
    UNION ALL SELECT 4, discrimination(s, e) FROM (VALUES ('Infinity'::float8, true), ('-Infinity', false), ('NaN', true), (NULL, false), (5, NULL)) v(s, e)
    UNION ALL SELECT 5, discrimination(s, e) FROM (VALUES ('-0'::float8, true), (0, false), (0, true), ('-0', false)) v(s, e)
    UNION ALL SELECT 6, discrimination(s, e) FROM (VALUES (4, true), (3, true), (2, false), (1, false)) v(s, e)) t ORDER BY n;
-- a window goes on with its state
SELECT i, (discrimination(score, event) OVER (ORDER BY i)).auc FROM sampled WHERE i BETWEEN 40 AND 48 ORDER BY i;

-- ---------------------------------------------------------------- a scoreboard and its outcomes
SELECT create_scoreboard('risk', 'board', 'firm', 'firm', 'stage', 'year');
CREATE TABLE loan (entity text, date date, event boolean, bank text);
-- before the end of 2022 and beyond 2024 what happened would say something else
INSERT INTO loan
SELECT r.firm, d, CASE WHEN d BETWEEN '2023-01-01' AND '2023-12-31' THEN r.score + r.k < 60 ELSE r.score > 20 END, 'A'
FROM (SELECT *, abs(hashtextextended(firm, 3)) % 40 AS k FROM risk_ranking WHERE year = 2022 AND score IS NOT NULL) r,
     unnest('{2022-12-31,2023-01-01,2023-12-31,2025-06-30}'::date[]) d WHERE r.k <> 3;
INSERT INTO loan VALUES ('F999', '2023-05-01', true), (NULL, '2023-05-01', true), ('F001', NULL, true), ('F002', '2023-05-01', NULL);
CREATE TABLE known AS
SELECT r.firm, r.score, bool_or(l.event) AS event FROM risk_ranking r JOIN loan l ON l.entity = r.firm
WHERE r.year = 2022 AND l.date > '2022-12-31' AND l.date <= '2023-12-31' AND l.event IS NOT NULL AND r.score IS NOT NULL GROUP BY 1, 2;
SELECT v.firms, v.events, v.auc > 0.9 AS tells, v = d.d AS same FROM score_validation('risk', 'loan', '2022', false, '1 year') v,
    (SELECT ((discrimination(-score, event))).* FROM known) e, LATERAL (SELECT ROW(e.*)::discrimination AS d) d;
-- favourable or not: one minus the other, and the same counts
SELECT a.firms = b.firms AND a.events = b.events AND a.ks = b.ks AS same, abs(a.auc + b.auc - 1) < 1e-15 AS sum, abs(a.auc_lower + b.auc_upper - 1) < 1e-15 AS interval
FROM score_validation('risk', 'loan', '2022', true, '1 year') a, score_validation('risk', 'loan', '2022', false, '1 year') b;
-- without a horizon all that came later counts
SELECT firms, events FROM score_validation('risk', 'loan', '2022');
SELECT count(*), count(*) FILTER (WHERE event) FROM (SELECT bool_or(l.event) AS event FROM risk_ranking r JOIN loan l ON l.entity = r.firm
    WHERE r.year = 2022 AND l.date > '2022-12-31' AND l.event IS NOT NULL AND r.score IS NOT NULL GROUP BY r.firm) t;
-- all periods together, each with what came after it
SELECT (v.firms, v.events, v.auc) = ((e.d).firms, (e.d).events, (e.d).auc) AS same, v.firms > 500 AS many
FROM score_validation('risk', 'loan', horizon => '1 year') v,
     (SELECT discrimination(t.score, t.event) AS d FROM (SELECT r.score, bool_or(l.event) AS event FROM risk_ranking r JOIN loan l ON l.entity = r.firm
          WHERE l.date > make_date(r.year, 12, 31) AND l.date <= make_date(r.year + 1, 12, 31) AND l.event IS NOT NULL AND r.score IS NOT NULL GROUP BY r.firm, r.year, r.score) t) e;

-- bands: equal numbers as ties allow, each firm once, rates and lifts as a query has them, capture from the bottom
CREATE TABLE band AS SELECT * FROM score_bands('risk', 'loan', '2022', false, '1 year', 5);
SELECT band, firms, events, round(rate::numeric, 3) AS rate, round(rate_lower::numeric, 3) AS lower, round(rate_upper::numeric, 3) AS upper, round(lift::numeric, 3) AS lift,
       round(capture::numeric, 3) AS capture, round(capture_lower::numeric, 3) AS capture_lower, round(capture_upper::numeric, 3) AS capture_upper FROM band ORDER BY band;
SELECT count(*) AS bands, count(*) FILTER (WHERE b.firms <> k.firms OR b.events <> k.events OR abs(b.lift - k.events::numeric / k.firms / k.rate) > 1e-12) AS other,
       bool_and(b.lowest > below.highest) AS apart
FROM band b JOIN LATERAL (SELECT count(*) AS firms, count(*) FILTER (WHERE event) AS events, (SELECT avg(event::int) FROM known) AS rate FROM known WHERE score BETWEEN b.lowest AND b.highest) k ON true
LEFT JOIN band below ON below.band = b.band + 1;
SELECT c.band, c.capture = sum(b.events) / (SELECT sum(events) FROM band) AS top_down FROM score_bands('risk', 'loan', '2022', true, '1 year', 5) c JOIN band b ON b.band <= c.band GROUP BY 1, c.capture ORDER BY 1;
-- curves: the area under all points of the ROC curve is AUC, the largest distance KS; few points are some of them
CREATE TABLE point AS SELECT * FROM score_curve('risk', 'loan', '2022', false, '1 year', NULL);
SELECT abs(sum((other_share - before_other) * (event_share + before_event) / 2) - v.auc) < 1e-12 AS auc, abs(max(abs(distance)) - v.ks) < 1e-12 AS ks
FROM (SELECT *, lag(other_share, 1, 0) OVER w AS before_other, lag(event_share, 1, 0) OVER w AS before_event FROM point WINDOW w AS (ORDER BY firms_share)) p,
     score_validation('risk', 'loan', '2022', false, '1 year') v GROUP BY v.auc, v.ks;
SELECT count(*), count(p.score) AS known, max(f.firms_share), max(f.event_share), max(f.other_share)
FROM score_curve('risk', 'loan', '2022', false, '1 year', 10) f LEFT JOIN point p ON (p.*) = (f.*);
-- calibration falls with the score, where that is what an unfavourable event does, and keeps the sums
SELECT count(*) > 2 AS blocks, sum(firms) = (SELECT count(*) FROM known) AS firms, sum(events) = (SELECT count(*) FROM known WHERE event) AS events, bool_and(falls) AS falls, bool_and(rate BETWEEN rate_lower AND rate_upper) AS within
FROM (SELECT *, rate < lag(rate, 1, 2) OVER (ORDER BY lowest) AS falls FROM score_calibration('risk', 'loan', '2022', false, '1 year')) c;

-- a publication says what the scoreboard said
SELECT publish('risk', '2022', '二〇二二年') AS number \gset
SELECT publish('risk', '2023', '二〇二三年') AS later \gset
SELECT publication_validation(:number, 'loan', false, '1 year') = score_validation('risk', 'loan', '2022', false, '1 year') AS validation,
       (SELECT array_agg(b ORDER BY band) FROM publication_bands(:number, 'loan', false, '1 year', 5) b) = (SELECT array_agg(b::outcome_band ORDER BY band) FROM score_bands('risk', 'loan', '2022', false, '1 year', 5) b) AS bands,
       (SELECT array_agg(c ORDER BY firms_share) FROM publication_curve(:number, 'loan', false, '1 year') c) = (SELECT array_agg(c ORDER BY firms_share) FROM score_curve('risk', 'loan', '2022', false, '1 year') c) AS curve,
       (SELECT array_agg(c ORDER BY lowest) FROM publication_calibration(:number, 'loan', false, '1 year') c) = (SELECT array_agg(c ORDER BY lowest) FROM score_calibration('risk', 'loan', '2022', false, '1 year') c) AS calibration,
       publication_stability(:number, :later) = score_stability('risk', '2023', '2022') AS stability;
SELECT base_firms, firms, shift FROM score_stability('risk', '2023', '2022');
SELECT score_stability('risk', '2022', '2022');

-- periods of other kinds, and no period: what is known of their ends
SELECT p, _innovation_score.period_end(p) FROM unnest('{2024,2024-02,2024-12,2024Q1,2024-Q4,2023-02-31,2024-06-30,2024-06-30T08:00:00,2024H1,24,0000,一期,NULL}'::text[]) p;
CREATE VIEW latest AS SELECT firm, stage, a, b, c, d, e FROM firm WHERE year = 2022;
SELECT create_scoreboard('plain', 'board', 'latest', 'firm', 'stage');
SELECT firms, events FROM score_validation('plain', 'loan');
-- nothing happened within a day after the year, which is told
SET client_min_messages = notice;
SELECT firms, auc FROM score_validation('risk', 'loan', '2022', false, '1 hour');
SET client_min_messages = warning;
SELECT count(DISTINCT l.entity) AS firms, count(DISTINCT l.entity) FILTER (WHERE l.event) AS events FROM loan l JOIN plain_ranking r ON r.firm = l.entity WHERE r.score IS NOT NULL AND l.event IS NOT NULL;

-- ---------------------------------------------------------------- what is refused
CREATE VIEW nameless AS SELECT entity AS firm, date, event FROM loan;
CREATE VIEW counted AS SELECT entity, date, event::int AS event FROM loan;
CREATE VIEW dated AS SELECT entity, date::text, event FROM loan;
SELECT attempt('SELECT score_validation(''nobody'', ''loan'')');
SELECT attempt('SELECT score_validation(''risk'', NULL)');
SELECT attempt('SELECT score_validation(''risk'', ''loan'', favourable => NULL)');
SELECT attempt('SELECT score_validation(''risk'', ''nameless'')');
SELECT attempt('SELECT score_validation(''risk'', ''counted'')');
SELECT attempt('SELECT score_validation(''risk'', ''dated'')');
SELECT attempt('SELECT score_validation(''plain'', ''loan'', ''2022'')');
SELECT attempt('SELECT score_validation(''plain'', ''loan'', horizon => ''1 year'')');
SELECT attempt('SELECT score_validation(''risk'', ''loan'', ''2022'', true, ''-1 day'')');
SELECT attempt('SELECT * FROM score_bands(''risk'', ''loan'', ''2022'', bands => 0)');
SELECT attempt('SELECT * FROM score_curve(''risk'', ''loan'', ''2022'', points => 0)');
SELECT attempt('SELECT score_stability(''plain'', ''2023'', ''2022'')');
SELECT attempt('SELECT score_stability(''risk'', ''2023'', NULL)');
SELECT attempt('SELECT publication_validation(4711, ''loan'')');
SELECT retract(:later, '测试');
SELECT attempt(format('SELECT publication_bands(%s, ''loan'')', :later));
SELECT attempt(format('SELECT publication_stability(%s, %s)', :number, :later));
\set ECHO none
\i :forget
