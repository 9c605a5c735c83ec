-- portraits, trends, gaps and firms alike: every number against the same in plain SQL, live and frozen
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- ---------------------------------------------------------------- the portrait

SELECT create_scoreboard('p', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}');
-- the same from _detail: peers are the firms of the year, the city and the stage
CREATE VIEW twin AS
SELECT v.*, x.peer_median, x.peer_upper_quartile,
       greatest(v.max_points, 0) - v.points AS points_lost,
       b.value AS previous_value, v.value - b.value AS value_change, v.points - o.points AS points_change, o.year AS previous_period
FROM (SELECT d.*, f.city, count(d.value) OVER (PARTITION BY d.year, f.city, d.stage, d.indicator) AS peers,
             CASE WHEN d.value IS NOT NULL THEN 100 * count(d.value) OVER (PARTITION BY d.year, f.city, d.stage, d.indicator ORDER BY d.value)::float8
                  / count(d.value) OVER (PARTITION BY d.year, f.city, d.stage, d.indicator) END AS percentile
      FROM p_detail d JOIN firm f USING (firm, year)) v
JOIN (SELECT year, city, d.stage, indicator, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS peer_median,
             percentile_cont(0.75) WITHIN GROUP (ORDER BY value) AS peer_upper_quartile
      FROM p_detail d JOIN firm f USING (firm, year) GROUP BY 1, 2, 3, 4) x USING (year, city, stage, indicator)
-- the year before that the firm has: all have all years, but not a stage in all, and points only with a stage
LEFT JOIN firm f ON f.firm = v.firm AND f.year = v.year - 1
CROSS JOIN LATERAL (SELECT NULLIF((to_jsonb(f) ->> v.indicator)::float8, 'NaN') AS value) b
LEFT JOIN p_detail o ON o.firm = v.firm AND o.year = v.year - 1 AND o.indicator = v.indicator;
CREATE FUNCTION portrait_check() RETURNS TABLE (rows bigint, lacking bigint, different bigint) LANGUAGE sql AS $$
    SELECT count(*), count(*) FILTER (WHERE t.firm IS NULL OR p.firm IS NULL),
           count(*) FILTER (WHERE (p.stage, p.title, p.category, p.value, p.normalized, p.max_points, p.points, p.status, p.peers, p.percentile, p.peer_median,
                                   p.peer_upper_quartile, p.points_lost, p.previous_value, p.value_change, p.points_change)
                    IS DISTINCT FROM (t.stage, t.title, t.category, t.value, t.normalized, t.max_points, t.points, t.status, t.peers, t.percentile, t.peer_median,
                                      t.peer_upper_quartile, t.points_lost, t.previous_value, t.value_change, t.points_change))
    FROM p_portrait p FULL JOIN twin t USING (firm, year, indicator)
$$;
SELECT * FROM portrait_check();
-- the year before is there also where the firm had no stage then, and so no points
SELECT firm, year, stage, previous_period, previous_value IS NULL AS no_value, points_change FROM p_portrait WHERE firm = 'F001' AND indicator = 'd' ORDER BY year;
-- peers' median on the scale of the score; advantage and ranks from it
SELECT count(*), count(*) FILTER (WHERE differs(p.peer_normalized, minmax(p.peer_median, d.lower, d.upper))) AS different
FROM p_portrait p JOIN p_detail d USING (firm, year, indicator) WHERE p.indicator IN ('a', 'd', 'e') AND d.status <> 'constant';
SELECT count(*), count(*) FILTER (WHERE differs(p.peer_normalized, minmax(p.peer_median, d.upper, d.lower))) AS different
FROM p_portrait p JOIN p_detail d USING (firm, year, indicator) WHERE p.indicator = 'b';
SELECT count(*), count(*) FILTER (WHERE differs(advantage, points - max_points * peer_normalized)) AS different,
       count(*) FILTER (WHERE strength_rank IS DISTINCT FROM CASE WHEN advantage IS NOT NULL THEN strong END) AS strong, count(*) FILTER (WHERE weakness_rank IS DISTINCT FROM weak) AS weak
FROM (SELECT *, rank() OVER (PARTITION BY firm, year ORDER BY advantage DESC NULLS LAST) AS strong, rank() OVER (PARTITION BY firm, year ORDER BY points_lost DESC NULLS LAST) AS weak
      FROM p_portrait) r;
SELECT indicator, value, round(normalized::numeric, 4) AS normalized, round(percentile::numeric, 2) AS percentile, peers, peer_median, peer_upper_quartile,
       round(peer_normalized::numeric, 4) AS peer_normalized, max_points, round(points::numeric, 4) AS points, round(points_lost::numeric, 4) AS points_lost,
       round(advantage::numeric, 4) AS advantage, strength_rank, weakness_rank, round(value_change::numeric, 3) AS value_change, status
FROM p_portrait WHERE firm = 'F014' AND year = 2024;

-- frozen, the same to the last bit
CREATE TABLE live AS TABLE p_portrait;
CREATE TABLE live_trend AS TABLE p_trend;
SELECT freeze_scoreboard('p');
SELECT * FROM portrait_check();
SELECT count(*) FROM (TABLE p_portrait EXCEPT ALL TABLE live) d;
SELECT count(*), count(DISTINCT (period, peers)) FROM peer_profile WHERE stage IS NOT NULL;
SELECT period, name, field, profile[1] AS n, cardinality(profile) > 500 FROM score_profile WHERE kind = 'all' ORDER BY 1;

-- ---------------------------------------------------------------- the trend

SELECT count(*) FROM (TABLE p_trend EXCEPT ALL TABLE live_trend) d;
SELECT count(*), count(t.rank), count(*) FILTER (WHERE (t.stage, t.score, t.rank, t.percentile) IS DISTINCT FROM (r.stage, r.score, r.rank, r.percentile)
           OR (t.previous_period, t.score_change, t.rank_change, t.percentile_change)
              IS DISTINCT FROM (o.year, t.score - o.score, o.rank - t.rank, t.percentile - o.percentile)) AS different
FROM p_trend t FULL JOIN p_ranking r USING (firm, year) LEFT JOIN p_ranking o ON o.firm = r.firm AND o.year = r.year - 1;
SELECT * FROM p_trend WHERE firm = 'F014' ORDER BY year;

-- ---------------------------------------------------------------- what happens after the freeze

BEGIN;
-- a better value among peers that stay what they were; a new firm; a new year and a new group without models and peers
UPDATE firm SET a = 1e6 WHERE firm = 'F014' AND year = 2024;
INSERT INTO firm SELECT 'NEW', year, city, stage, a, b, c, d, e FROM firm WHERE firm = 'F014' AND year = 2023;
INSERT INTO firm SELECT firm, 2025, city, stage, a, b, c, d, e FROM firm WHERE firm IN ('F014', 'F015') AND year = 2024;
INSERT INTO firm SELECT 'ELSE', 2024, '舟山', stage, a, b, c, d, e FROM firm WHERE firm = 'F014' AND year = 2024;
SELECT value, percentile, peers, strength_rank FROM p_portrait WHERE firm = 'F014' AND year = 2024 AND indicator = 'a';
SELECT p.percentile = o.percentile, p.peers = o.peers, t.rank = u.rank + 1 AS after_its_equal, t.percentile = u.percentile, p.previous_period
FROM p_portrait p JOIN p_portrait o ON o.firm = 'F014' AND o.year = 2023 AND o.indicator = 'c'
JOIN p_trend t ON t.firm = 'NEW' JOIN p_trend u ON u.firm = 'F014' AND u.year = 2023
WHERE p.firm = 'NEW' AND p.indicator = 'c';
SELECT count(*) FROM p_portrait WHERE year = 2025 OR firm = 'ELSE';
SELECT firm, year, score, rank, percentile, score_change FROM p_trend WHERE year = 2025 OR firm = 'ELSE' ORDER BY 1;
-- rebuilt with the same scheme, peers stay as they were frozen
SELECT rebuild_scoreboard('p');
SELECT percentile, peers FROM p_portrait WHERE firm = 'F014' AND year = 2024 AND indicator = 'a';
SELECT thaw_scoreboard('p');
SELECT count(*) FROM peer_profile;
SELECT * FROM portrait_check() WHERE different > 0 OR lacking > 0;
SELECT freeze_scoreboard('p');
SELECT percentile, peers FROM p_portrait WHERE firm = 'F014' AND year = 2024 AND indicator = 'a';
ROLLBACK;
-- another session's ways to write numbers and dates change nothing
CREATE TABLE dated AS SELECT firm, make_date(year, 12, 31) AS day, stage, stage AS size, a, b, c, d, e FROM firm;
SELECT create_scoreboard('dated', 'board', 'dated', 'firm', 'stage', 'day', peers => '{size}'), create_scoreboard('undated', 'board', 'dated', 'firm || day', 'stage');
CREATE TABLE live_dated AS TABLE dated_portrait;
SET datestyle = 'German'; SET extra_float_digits = -10;
SELECT freeze_scoreboard('dated'), freeze_scoreboard('undated');
SELECT DISTINCT period, peers FROM peer_profile WHERE scoreboard = 'board.dated' AND stage IS NOT NULL ORDER BY 1, 2;
SELECT count(*) FROM (TABLE dated_portrait EXCEPT ALL TABLE live_dated) d;
RESET datestyle; RESET extra_float_digits;
SELECT count(*) FROM (TABLE dated_portrait EXCEPT ALL TABLE live_dated) d;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'dated_trend'::regclass AND attnum > 0 ORDER BY attnum;
-- without periods there is no year before
SELECT count(*), count(value_change), count(percentile) > 4000 AS percentiles FROM undated_portrait;
SELECT count(*), count(rank), count(score_change), min(rank), max(rank) FROM undated_trend;
SELECT count(*) FILTER (WHERE (t.score, t.rank, t.percentile) IS DISTINCT FROM (r.score, r.rank, r.percentile)) FROM undated_trend t JOIN undated_ranking r USING (entity);
-- bounds fitted over all years, over coarser groups, on a sample, with the year among the peers: peers are those of the year, whatever the bounds are of
SELECT create_scoreboard('pooled', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', pooled => true), create_scoreboard('coarse', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', min_peers => 70),
       create_scoreboard('sampled', 'board', 'firm', 'firm', 'stage', 'year', sample => 'c > 0'), create_scoreboard('yearly', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,year}', pooled => true);
CREATE FUNCTION variant_check(board text) RETURNS TABLE (variant text, rows bigint, lacking bigint, points bigint, peers bigint, previous bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT %1$L, count(*), count(*) FILTER (WHERE p.firm IS NULL OR d.firm IS NULL OR o.firm IS NULL),
        count(*) FILTER (WHERE (p.value, p.normalized, p.points, p.max_points) IS DISTINCT FROM (d.value, d.normalized, d.points, d.max_points)),
        count(*) FILTER (WHERE %2$L AND (p.peers, p.percentile, p.peer_median) IS DISTINCT FROM (o.peers, o.percentile, o.peer_median)),
        count(*) FILTER (WHERE p.previous_period IS DISTINCT FROM o.previous_period OR p.value_change IS DISTINCT FROM o.value_change
                               OR differs(p.points_change, p.points - b.points) AND b.firm IS NOT NULL)
        FROM %1$I_portrait p FULL JOIN %1$I_detail d USING (firm, year, indicator) FULL JOIN p_portrait o USING (firm, year, indicator)
        LEFT JOIN %1$I_detail b ON b.firm = d.firm AND b.year = d.year - 1 AND b.indicator = d.indicator', board, board <> 'sampled');
END
$$;
SELECT c.* FROM unnest('{pooled,coarse,sampled,yearly}'::text[]) b, variant_check(b) c;
SELECT freeze_scoreboard('pooled'), freeze_scoreboard('coarse'), freeze_scoreboard('sampled'), freeze_scoreboard('yearly');
SELECT c.* FROM unnest('{pooled,coarse,sampled,yearly}'::text[]) b, variant_check(b) c;
SELECT DISTINCT period, peers FROM peer_profile WHERE scoreboard = 'board.yearly' AND stage = 's' AND peers[1] = '宁波' ORDER BY 1;
SELECT b, count(g.needed_value) FROM unnest('{pooled,coarse,sampled,yearly}'::text[]) b, gap_to(b, entity => 'F014', target_score => 90) g GROUP BY 1 ORDER BY 1;
SELECT b, count(DISTINCT peers), count(base_lower), count(lower), count(stability_index) FROM unnest('{pooled,coarse,sampled,yearly}'::text[]) b, indicator_drift(b) GROUP BY 1 ORDER BY 1;
SELECT count(drop_scoreboard(b)) FROM unnest('{pooled,coarse,sampled,yearly}'::text[]) b;
-- a firm with two rows in a year: the year after cannot tell which came before; unequal steps of years
CREATE TABLE twice AS SELECT firm, year * 2 AS year, stage, a, b, c, d, e FROM firm WHERE firm < 'F020' UNION ALL SELECT firm, 4046, stage, 1, 1, 1, 1, 0 FROM firm WHERE firm = 'F001' AND year = 2023;
SELECT create_scoreboard('twice', 'board', 'twice', 'firm', 'stage', 'year');
SELECT firm, year, count(*), max(previous_period), count(value_change) > 0 AS changes FROM twice_portrait WHERE firm IN ('F001', 'F002') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT firm, year, previous_period, score_change IS NOT NULL AS changed FROM twice_trend WHERE firm IN ('F001', 'F002') ORDER BY firm, year, score;
SELECT attempt($$SELECT * FROM gap_to('twice', '4046', 'F001', 50)$$);

-- ---------------------------------------------------------------- distributions

-- more peers than points: never too high, never a tenth of a per cent too low; values that many share are exact
CREATE TABLE crowd AS SELECT i AS firm, (i * 7919 % 100003) ^ 2 AS x, greatest(i * 31 % 97 - 60, 0) AS few, NULLIF(i % 4, 0) AS some FROM generate_series(1, 7500) i;
INSERT INTO scheme (scheme) VALUES ('crowd');
INSERT INTO category (scheme, category) VALUES ('crowd', 'only');
INSERT INTO indicator (scheme, indicator, category, position) VALUES ('crowd', 'x', 'only', 1), ('crowd', 'few', 'only', 2), ('crowd', 'some', 'only', 3);
INSERT INTO weight SELECT 'crowd', 'all', i, 1 FROM unnest('{x,few,some}'::text[]) i;
SELECT create_scoreboard('crowd', 'crowd', 'crowd', 'firm');
SELECT freeze_scoreboard('crowd');
SELECT indicator, count(percentile), min(exact - percentile) >= 0 AS never_above, max(exact - percentile) < 0.1 AS close, bool_and(percentile = exact) AS all_exact,
       bool_and(peer_median = median) AS median, bool_and(peer_upper_quartile = upper) AS upper
FROM (SELECT *, 100 * count(value) OVER (PARTITION BY indicator ORDER BY value)::float8 / count(value) OVER (PARTITION BY indicator) AS exact FROM crowd_portrait) p
JOIN (SELECT indicator, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS median, percentile_cont(0.75) WITHIN GROUP (ORDER BY value) AS upper
      FROM crowd_detail GROUP BY 1) q USING (indicator)
GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE (t.rank, t.percentile) IS DISTINCT FROM (r.rank, r.percentile)) AS different FROM crowd_trend t JOIN crowd_ranking r USING (firm);
-- a value that is imputed is shown as in _detail, and has no place among those that there are
BEGIN;
SELECT unlock_scheme('crowd');
UPDATE scheme SET missing = 'median' WHERE scheme = 'crowd';
SELECT rebuild_scoreboard('crowd');
SELECT p.status, count(*), count(p.value), count(p.percentile), bool_and((p.value, p.points) IS NOT DISTINCT FROM (d.value, d.points)) FROM crowd_portrait p JOIN crowd_detail d USING (firm, indicator)
WHERE indicator = 'some' AND p.status IN ('imputed', 'missing') GROUP BY 1;
ROLLBACK;
-- the aggregate itself: nothing, one value, equal values, both zeros, what is missing
SELECT _innovation_score.peer_profile(10, v) FROM (VALUES (NULL::float8)) t(v);
SELECT _innovation_score.peer_profile(10, v) FROM (VALUES ('NaN'::float8), ('Infinity'), ('-Infinity')) t(v);
SELECT _innovation_score.peer_profile(10, v) FROM (VALUES (5e-324::float8)) t(v);
SELECT _innovation_score.peer_profile(10, v) FROM (VALUES (-0.0::float8), (0), (0)) t(v);
SELECT _innovation_score.peer_profile(10, v) FROM (VALUES (-1e308::float8), (1e308)) t(v);
SELECT _innovation_score.peer_profile(2, VARIADIC ARRAY[v, 10 - v]::float8[]) FROM generate_series(1, 9) v;
SELECT _innovation_score.peer_profile(0, VARIADIC v) FROM (VALUES (ARRAY[1, 2]::float8[]), (ARRAY[1]::float8[])) t(v);
SELECT _innovation_score.place_row('{3,1,2,3,3,1,2,3,1,2,3}', v) FROM unnest('{0,1,2.5,3,4}'::float8[]) v;
SELECT * FROM _innovation_score.profile_rows('{3,1,2,3,3,1,2,3,1,2,3}', 2);
SELECT * FROM _innovation_score.profile_rows('{3,1,2,3,NaN}', 1);
SELECT * FROM _innovation_score.profile_rows('{0,NaN,NaN,NaN,0}', 1);

-- ---------------------------------------------------------------- gaps

-- neighbours of a double
CREATE FUNCTION next_double(x float8, up boolean) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN bits = 0 THEN CASE WHEN up THEN 5e-324 ELSE -5e-324 END
                ELSE (SELECT CASE WHEN m >= 0 THEN 1 ELSE -1 END * ((1 + (abs(m) % 4503599627370496)::float8 / 4503599627370496) * power(2::float8, abs(m) / 4503599627370496 - 1023))
                      FROM (SELECT bits + CASE WHEN up = (x > 0) THEN 1 ELSE -1 END * sign(bits)::bigint AS m) n) END
    FROM (SELECT CASE WHEN x >= 0 THEN 1 ELSE -1 END * ('x' || encode(float8send(abs(x)), 'hex'))::bit(64)::bigint AS bits) b
$$;
SELECT next_double(1, true) - 1 = 2 ^ -52, 1 - next_double(1, false) = 2 ^ -53, next_double(-1, true) + 1 = 2 ^ -53, next_double(0, true);
-- every firm of 2024, two points more: the value reaches, its neighbour on the firm's side does not, and none of 19 nearer ones does
CREATE FUNCTION gap_check(models regclass, gain float8, OUT policy text, OUT rows bigint, OUT reach bigint, OUT short bigint, OUT not_next bigint, OUT nearer bigint, OUT better bigint)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($q$
        WITH f AS (SELECT f.firm, m.model, f.stage, ARRAY[a, b, c, d, e]::float8[] AS v FROM firm f JOIN %s m USING (year, city) WHERE year = 2024 AND stage IS NOT NULL),
             g AS (SELECT f.*, g.*, i.lower, i.upper, s.score AS now, s.score + $1 AS target, i.lower < i.upper AS ranged,
                          COALESCE(g.value, CASE WHEN score(model, stage, VARIADIC v[:g.place - 1] || x.top || v[g.place + 1:]) < score(model, stage, VARIADIC v[:g.place - 1] || x.low || v[g.place + 1:])
                                                 THEN x.top ELSE x.low END) AS start
                   FROM f, LATERAL (SELECT score(model, stage, VARIADIC v)) s, LATERAL _innovation_score.gap_rows(model, stage, v, s.score + $1) g JOIN model_indicators(model) i ON i.position = g.place,
                        LATERAL (SELECT c, CASE WHEN c THEN i.minimum ELSE i.lower END AS low, CASE WHEN c THEN i.maximum ELSE i.upper END AS top
                                 FROM (SELECT COALESCE(model::jsonb #>> ARRAY['indicators', (g.place - 1)::text, 'adjust'] ~ 'compress', false) AS c) a) x)
        SELECT max(model::jsonb ->> 'missing'), count(*), count(*) FILTER (WHERE reaches),
               count(*) FILTER (WHERE reaches AND NOT (score >= target AND score = score(model, stage, VARIADIC v[:place - 1] || needed || v[place + 1:]))),
               count(*) FILTER (WHERE reaches AND needed <> start AND score(model, stage, VARIADIC v[:place - 1] || next_double(needed, needed < start) || v[place + 1:]) >= target),
               count(*) FILTER (WHERE reaches AND needed <> start AND EXISTS (
                   SELECT FROM generate_series(-9, 9) k
                   WHERE score(model, stage, VARIADIC v[:place - 1] || (start + abs(needed - start) * k / 10) || v[place + 1:]) >= target)),
               count(*) FILTER (WHERE NOT reaches AND ranged AND EXISTS (
                   SELECT FROM generate_series(0, 8) k
                   WHERE score(model, stage, VARIADIC v[:place - 1] || (lower + (upper - lower) * k / 8) || v[place + 1:]) > COALESCE(g.score, now) + 1e-9))
        FROM g$q$, models) INTO policy, rows, reach, short, not_next, nearer, better USING gain;
END
$$;
SELECT c.* FROM unnest('{0.001,2,15}'::float8[]) g, gap_check('p_model', g) c;
-- goals and intervals, also where they are penalties; both other policies
CREATE TABLE turning AS SELECT year, city, jsonb_set(jsonb_set(jsonb_set(model::jsonb, '{indicators,0,direction}', '"target(300)"'), '{indicators,1,direction}', '"interval(100,900)"'),
                                                     '{indicators,4,direction}', '"target(0.25)"')::score_model AS model FROM p_model;
SELECT c.* FROM unnest('{0.001,2,15}'::float8[]) g, gap_check('turning', g) c;
CREATE TABLE turning2 AS SELECT year, city, jsonb_set(model::jsonb, '{missing}', '"reweight"')::score_model AS model FROM turning;
SELECT c.* FROM unnest('{0.001,2,15}'::float8[]) g, gap_check('turning2', g) c;
-- values beyond the bounds that are compressed still count
CREATE TABLE turning3 AS SELECT year, city, jsonb_set(jsonb_set(model::jsonb, '{indicators,0,adjust}', '"compress(0.5)"'), '{indicators,1,adjust}', '"compress(2)"')::score_model AS model FROM p_model;
SELECT c.* FROM unnest('{0.001,2,15}'::float8[]) g, gap_check('turning3', g) c;
SELECT count(*) > 0 AS beyond FROM firm f JOIN turning3 m USING (year, city), _innovation_score.gap_rows(model, f.stage, ARRAY[a, b, c, d, e]::float8[], 60) g JOIN model_indicators(model) i ON i.position = g.place
WHERE i.indicator IN ('a', 'b') AND g.needed NOT BETWEEN i.lower AND i.upper AND g.needed <> g.value;
-- under the policy null a value must come first
SELECT place, value, needed, score, reaches
FROM (SELECT jsonb_set(model::jsonb, '{missing}', '"null"')::score_model AS model FROM p_model WHERE year = 2024 AND city = '杭州') m, _innovation_score.gap_rows(model, 's', ARRAY[NULL, 0, 30, 1, 0]::float8[], 30);
-- what gap_to adds: titles, change, effort in interquartile ranges of the peers (of the normal range where that is 0);
-- the easiest first, then what gains the most
SELECT indicator, title, round(current_value::numeric, 3) AS current_value, round(needed_value::numeric, 3) AS needed_value, round(change::numeric, 3) AS change,
       round(effort::numeric, 4) AS effort, round(current_score::numeric, 4) AS current_score, round(new_score::numeric, 4) AS new_score,
       round(points_gained::numeric, 4) AS points_gained, reaches, target FROM gap_to('p', entity => 'F014', target_score => 61.5);
SELECT count(*) FILTER (WHERE differs(g.effort, abs(change) / NULLIF(x.upper - x.lower, 0))) AS different, bool_and(new_score >= 61.5) FILTER (WHERE reaches), bool_and(g.current_value = x.v)
FROM gap_to('p', entity => 'F014', target_score => 61.5) g
JOIN (SELECT p.indicator, p.v, percentile_cont(0.25) WITHIN GROUP (ORDER BY q.value) AS lower, percentile_cont(0.75) WITHIN GROUP (ORDER BY q.value) AS upper
      FROM (SELECT indicator, f.city, d.stage, d.value AS v FROM p_detail d JOIN firm f USING (firm, year) WHERE firm = 'F014' AND year = 2024) p
      JOIN (SELECT indicator, f.city, d.stage, d.value FROM p_detail d JOIN firm f USING (firm, year) WHERE year = 2024) q USING (indicator, city, stage) GROUP BY 1, 2) x USING (indicator)
WHERE indicator IN ('a', 'b');
SELECT indicator, change, effort, points_gained, reaches FROM gap_to('p', entity => 'F014', target_score => -50) LIMIT 2;      -- there already
SELECT current_score = (SELECT score FROM p_score WHERE firm = 'F014' AND year = 2022) FROM gap_to('p', '2022', 'F014', 40) LIMIT 1;
-- live, the same
CREATE TABLE frozen_gap AS SELECT * FROM gap_to('p', entity => 'F014', target_score => 61.5);
CREATE TABLE frozen_similar AS SELECT * FROM similar_firms('p', entity => 'F014', n => 1000, min_shared => 0);
BEGIN;
SELECT thaw_scoreboard('p');
SELECT count(*) FROM (SELECT * FROM gap_to('p', entity => 'F014', target_score => 61.5) EXCEPT ALL TABLE frozen_gap) d;
SELECT count(*) FROM (SELECT * FROM similar_firms('p', entity => 'F014', n => 1000, min_shared => 0) EXCEPT ALL TABLE frozen_similar) d;
ROLLBACK;
-- the whitelist: the score of the last that is listed, before rounding; a quota's; the lowest score while there is room
SELECT attempt($$SELECT * FROM gap_to('p', entity => 'F014')$$);
SELECT set_whitelist_rule('p', top_n => 20);
SELECT DISTINCT target = (SELECT min(s.score) FROM p_score s JOIN p_whitelist w USING (firm, year) WHERE year = 2024 AND w.decision = 'listed') FROM gap_to('p', entity => 'F014');
SELECT set_whitelist_rule('p', quota_by => 'city', quota_n => 5);
SELECT DISTINCT target = (SELECT min(s.score) FROM p_score s JOIN p_whitelist w USING (firm, year) WHERE year = 2024 AND w.decision = 'listed' AND s.city = (SELECT DISTINCT city FROM firm WHERE firm = 'F014'))
FROM gap_to('p', entity => 'F014');
SELECT set_whitelist_rule('p', quota_by => 'city', quota_n => 5, top_n => 10);
SELECT DISTINCT target = (SELECT min(s.score) FROM p_score s JOIN p_whitelist w USING (firm, year) WHERE year = 2024 AND w.decision = 'listed') FROM gap_to('p', entity => 'F014');
SELECT set_whitelist_rule('p', min_score => 70, top_n => 200);
SELECT DISTINCT target FROM gap_to('p', entity => 'F014');
-- the change does put the firm on the list
SELECT set_whitelist_rule('p', top_n => 20);
BEGIN;
SELECT decision FROM p_whitelist WHERE firm = 'F014' AND year = 2024;
UPDATE firm SET c = (SELECT ceil(needed_value) FROM gap_to('p', '2024', 'F014') WHERE indicator = 'c' AND reaches) WHERE firm = 'F014' AND year = 2024;
SELECT decision, reasons FROM p_whitelist WHERE firm = 'F014' AND year = 2024;
ROLLBACK;
SELECT set_whitelist_rule('p', required => 'd > 0');
SELECT attempt($$SELECT * FROM gap_to('p', entity => 'F014')$$);

-- ---------------------------------------------------------------- firms alike

SELECT similar_entity, stage, round(distance::numeric, 6) AS distance, round(shared::numeric, 4) AS shared, round(score::numeric, 4) AS score FROM similar_firms('p', entity => 'F014', n => 5, min_shared => 0);
SELECT count(*), count(*) FILTER (WHERE differs(s.distance, t.distance) OR differs(s.shared, t.shared) OR s.stage <> t.stage OR s.score <> t.score) AS different
FROM similar_firms('p', entity => 'F014', n => 1000, min_shared => 0) s
FULL JOIN (SELECT o.firm AS similar_entity, o.stage, sqrt(sum(w.weight * (o.normalized - m.normalized) ^ 2) / sum(w.weight) FILTER (WHERE o.normalized IS NOT NULL AND m.normalized IS NOT NULL)) AS distance,
                  sum(w.weight) FILTER (WHERE o.normalized IS NOT NULL AND m.normalized IS NOT NULL) / sum(w.weight) AS shared,
                  (SELECT score FROM p_score s WHERE s.firm = o.firm AND s.year = 2024) AS score
           FROM p_detail m JOIN p_detail o USING (indicator, year) JOIN weight w ON w.scheme = 'board' AND w.stage = m.stage AND w.indicator = m.indicator
           WHERE m.firm = 'F014' AND m.year = 2024 AND o.firm <> m.firm GROUP BY 1, 2) t USING (similar_entity);
-- order, and ties in the order of their codes
SELECT bool_and(distance >= before) FROM (SELECT distance, lag(distance, 1, 0) OVER () AS before FROM similar_firms('p', entity => 'F014', n => 1000, min_shared => 0)) d;
CREATE TABLE alike AS SELECT firm, 's' AS stage, 1 AS a, 2 AS b, 3 AS c, 4 AS d, 0 AS e FROM unnest('{b,A,a,B}'::text[]) firm UNION ALL SELECT 'nothing', 's', NULL, NULL, NULL, NULL, NULL UNION ALL SELECT 'far', 's', 9, 9, 9, 9, 1;
SELECT create_scoreboard('alike', 'board', 'alike', 'firm', 'stage');
SELECT similar_entity, distance, shared FROM similar_firms('alike', entity => 'a', min_shared => 0);
SELECT count(*) FROM similar_firms('alike', entity => 'nothing');
SELECT count(*) FROM similar_firms('alike', entity => 'a', n => 0);

-- ---------------------------------------------------------------- mistakes

SELECT attempt(c) FROM unnest(ARRAY[
    $$SELECT * FROM gap_to('nowhere', entity => 'F014', target_score => 40)$$,
    $$SELECT * FROM gap_to('p', entity => 'F999', target_score => 40)$$,
    $$SELECT * FROM gap_to('p', '1999', 'F014', 40)$$,
    $$SELECT * FROM gap_to('p', entity => NULL, target_score => 40)$$,
    $$SELECT * FROM gap_to('p', entity => 'F014', target_score => 'NaN')$$,
    $$SELECT * FROM gap_to('p', entity => 'F007', target_score => 40)$$,
    $$SELECT * FROM gap_to('undated', '2024', 'F014', 40)$$,
    $$SELECT * FROM gap_to('crowd', entity => 'abc', target_score => 40)$$,
    $$SELECT * FROM similar_firms('p', entity => 'F014', n => -1)$$,
    $$SELECT * FROM similar_firms('p', entity => 'F014', n => NULL)$$,
    $$SELECT * FROM similar_firms('p', entity => 'F999')$$]) c;

DROP VIEW twin CASCADE;
SELECT count(drop_scoreboard(b)) FROM unnest('{p,dated,undated,twice,crowd,alike}'::text[]) b;
SELECT count(*) FROM peer_profile;
DELETE FROM scheme WHERE scheme IN ('board', 'crowd');
DROP SCHEMA board CASCADE;
