-- what moved between two publications, split into values, bounds and scheme: against brute force, and sums that are exact
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

SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT set_whitelist_rule('live', min_score => 20, top_n => 50, reserve_n => 10);
SELECT publish('live', '2023', 'year 2023'), publish('live', '2024', 'year 2024');
-- the scheme changes: other weights and methods, an indicator less, one more, a category less; firms come and go, move and change
CREATE TABLE kept AS TABLE firm;
BEGIN;
SELECT unlock_scheme('board');
UPDATE weight SET weight = weight + 7 WHERE scheme = 'board' AND indicator = 'a';
UPDATE indicator SET extreme = 'sigma(2)' WHERE scheme = 'board' AND indicator = 'b';
DELETE FROM weight WHERE scheme = 'board' AND indicator IN ('d', 'e');
DELETE FROM indicator WHERE scheme = 'board' AND indicator IN ('d', 'e');
DELETE FROM category WHERE scheme = 'board' AND category IN ('z', 'p');
INSERT INTO indicator (scheme, indicator, category, direction, extreme, position) VALUES ('board', 'f', 'y', 'cost', 'none', 9);
INSERT INTO weight VALUES ('board', 's', 'f', 10), ('board', 'l', 'f', 5);
COMMIT;
ALTER TABLE firm ADD COLUMN f float8;
UPDATE firm SET f = c * 3 + length(city);
DELETE FROM firm WHERE firm BETWEEN 'F290' AND 'F299' AND year = 2024;
INSERT INTO firm SELECT 'N' || i, 2024, '宁波', 's', i * 500, -i, i, i, 0, i FROM generate_series(1, 5) i;
UPDATE firm SET city = '湖州' WHERE firm BETWEEN 'F010' AND 'F020' AND year = 2024;
UPDATE firm SET city = '新城' WHERE firm BETWEEN 'F030' AND 'F040' AND year = 2024;
UPDATE firm SET stage = CASE stage WHEN 's' THEN 'l' ELSE 's' END WHERE firm BETWEEN 'F050' AND 'F060' AND year = 2024;
UPDATE firm SET a = a * 1.5, b = NULL WHERE firm BETWEEN 'F070' AND 'F090' AND year = 2024;
SELECT rebuild_scoreboard('live');
SELECT publish('live', '2024', 'another scheme');

-- ---------------------------------------------------------------- sums

CREATE FUNCTION sums(before bigint, after bigint)
RETURNS TABLE (firms bigint, split bigint, scores bigint, published bigint, ranks bigint, own bigint, bounds bigint, scheme bigint, rank_own bigint, rank_bounds bigint, rank_scheme bigint)
LANGUAGE sql AS $$
    SELECT count(*), count(by_values), count(*) FILTER (WHERE by_values + by_bounds + by_scheme <> score_after - score_before),
           count(*) FILTER (WHERE float8send(o.score) IS DISTINCT FROM float8send(c.score_before::float8) OR float8send(n.score) IS DISTINCT FROM float8send(c.score_after::float8)),
           count(*) FILTER (WHERE rank_by_values + rank_by_bounds + rank_by_scheme <> rank_after - rank_before OR (o.rank, n.rank) IS DISTINCT FROM (rank_before, rank_after)),
           count(*) FILTER (WHERE by_values <> 0), count(*) FILTER (WHERE by_bounds <> 0), count(*) FILTER (WHERE by_scheme <> 0),
           count(*) FILTER (WHERE rank_by_values <> 0), count(*) FILTER (WHERE rank_by_bounds <> 0), count(*) FILTER (WHERE rank_by_scheme <> 0)
    FROM score_changes(before, after) c
    LEFT JOIN published_firm o ON o.publication = before AND o.entity = c.entity LEFT JOIN published_firm n ON n.publication = after AND n.entity = c.entity
$$;
-- from year to year: no part of the scheme's
SELECT * FROM sums(1, 2);
-- itself: nothing
SELECT * FROM sums(2, 2);
-- forth and back
SELECT * FROM sums(2, 3);
SELECT * FROM sums(3, 2);
SELECT * FROM sums(1, 3);
-- whatever the settings of the session
SET extra_float_digits = -5;
SELECT * FROM sums(1, 3);
RESET extra_float_digits;

-- ---------------------------------------------------------------- each step by hand

-- one firm's score with one model: the old one (o), or the old one with the new bounds where the method is the same (m)
CREATE FUNCTION steps(before bigint, after bigint) RETURNS TABLE (entity text, s0 float8, s1 float8, s2 float8, s3 float8) LANGUAGE sql AS $$
    WITH kept AS (
        SELECT m.peers, i.value ->> 'indicator' AS indicator, i.value ->> 'extreme' AS extreme, i.value -> 'bounds' AS bounds
        FROM published_model m, json_array_elements(m.model -> 'indicators') i WHERE m.publication = after
    ), firm AS (
        SELECT n.entity, o.score AS s0, n.score AS s3, n.stage AS stage, n.peers,
               (SELECT array_agg(CASE WHEN k.place IS NOT NULL THEN n.vals[k.place] ELSE o.vals[i.place] END ORDER BY i.place)
                FROM publication p, unnest(p.indicators) WITH ORDINALITY i(code, place)
                LEFT JOIN (SELECT u.* FROM publication q, unnest(q.indicators) WITH ORDINALITY u(code, place) WHERE q.publication = after) k USING (code)
                WHERE p.publication = before) AS vals,
               COALESCE((SELECT m.model FROM published_model m WHERE m.publication = before AND m.peers = n.peers),
                        (SELECT m.model FROM published_model m WHERE m.publication = before AND m.peers = o.peers)) AS model
        FROM published_firm n JOIN published_firm o ON o.publication = before AND o.entity = n.entity WHERE n.publication = after
    )
    SELECT f.entity, f.s0, score(f.model::text::score_model, f.stage, VARIADIC f.vals),
           score((SELECT json_build_object('scheme', 'x', 'full_marks', f.model -> 'full_marks', 'missing', f.model -> 'missing', 'stages', f.model -> 'stages', 'categories', f.model -> 'categories',
                      'indicators', json_agg((i.value::jsonb || jsonb_build_object('bounds', COALESCE(k.bounds, i.value -> 'bounds'))) ORDER BY i.place))
                  FROM json_array_elements(f.model -> 'indicators') WITH ORDINALITY i(value, place)
                  LEFT JOIN kept k ON k.peers = f.peers AND k.indicator = i.value ->> 'indicator' AND k.extreme = i.value ->> 'extreme')::text::score_model, f.stage, VARIADIC f.vals), f.s3
    FROM firm f
$$;
CREATE FUNCTION by_hand(before bigint, after bigint) RETURNS TABLE (compared bigint, split bigint, own bigint, bounds bigint, scheme bigint) LANGUAGE sql AS $$
    SELECT count(*), count(by_values), count(*) FILTER (WHERE by_values::float8 IS DISTINCT FROM (s1::text::numeric - s0::text::numeric)::float8),
           count(*) FILTER (WHERE by_bounds::float8 IS DISTINCT FROM (s2::text::numeric - s1::text::numeric)::float8),
           count(*) FILTER (WHERE by_scheme::float8 IS DISTINCT FROM (s3::text::numeric - s2::text::numeric)::float8)
    FROM steps(before, after) s JOIN score_changes(before, after) c USING (entity) WHERE s0 IS NOT NULL AND s3 IS NOT NULL
$$;
SELECT * FROM by_hand(1, 2);
SELECT * FROM by_hand(2, 3);
SELECT * FROM by_hand(1, 3);
-- ranks: with its own new values among the old scores; all with the new values and bounds
SELECT count(*), count(*) FILTER (WHERE c.rank_by_values <> 1 + (SELECT count(*) FROM published_firm o WHERE o.publication = 2 AND o.entity <> s.entity AND o.score > s.s1) - c.rank_before) AS own,
       count(*) FILTER (WHERE c.rank_by_scheme <> c.rank_after - r.rank) AS scheme
FROM steps(2, 3) s JOIN score_changes(2, 3) c USING (entity)
JOIN (SELECT entity, rank() OVER (ORDER BY score DESC) FROM (
          SELECT entity, s2 AS score FROM steps(2, 3) WHERE s2 IS NOT NULL
          UNION ALL     -- those that were not there: the old scheme with the new bounds, d and e missing
          SELECT f.entity, score(m.model, f.stage, f.vals[1], f.vals[2], f.vals[3], NULL, NULL)
          FROM published_firm f JOIN (SELECT n.peers, jsonb_set(o.model::jsonb, '{indicators}', (
                  SELECT jsonb_agg(x.value || jsonb_build_object('bounds', COALESCE((SELECT y.value -> 'bounds' FROM jsonb_array_elements(n.model::jsonb -> 'indicators') y
                      WHERE y.value ->> 'indicator' = x.value ->> 'indicator' AND y.value ->> 'extreme' = x.value ->> 'extreme'), x.value -> 'bounds')) ORDER BY x.place)
                  FROM jsonb_array_elements(o.model::jsonb -> 'indicators') WITH ORDINALITY x(value, place)))::score_model AS model
              FROM published_model n JOIN published_model o ON o.publication = 2 AND o.peers = n.peers WHERE n.publication = 3) m ON m.peers = f.peers
          WHERE f.publication = 3 AND f.entity LIKE 'N%') u) r USING (entity)
WHERE c.by_values IS NOT NULL;
-- who came and who left
SELECT entity, score_before IS NOT NULL AS was, score_after IS NOT NULL AS is_now, by_values, rank_by_values FROM score_changes(2, 3) WHERE entity ~ '^N|F29[0-2]' ORDER BY 1;

-- ---------------------------------------------------------------- firms that lose their score

-- by a value that the policy wants, by their stage, and by errors: it is not the scheme's doing that others move up
INSERT INTO scheme (scheme, full_marks, extreme, missing, on_error) VALUES ('strict', 100, 'none', 'null', 'exclude');
INSERT INTO category (scheme, category) VALUES ('strict', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('strict', 'x', 'only'), ('strict', 'y', 'only');
INSERT INTO stage (scheme, stage) VALUES ('strict', 's'), ('strict', 'l');
INSERT INTO weight SELECT 'strict', s, i, 1 FROM unnest('{s,l}'::text[]) s, unnest('{x,y}'::text[]) i;
INSERT INTO quality_rule (scheme, rule, severity, condition) VALUES ('strict', 'positive', 'error', 'x >= 0');
CREATE TABLE loser AS SELECT 'L' || lpad(i::text, 3, '0') AS firm, CASE WHEN i % 2 = 0 THEN 's' ELSE 'l' END AS stage,
                             (i * 7919 % 600)::float8 AS x, (i * 31 % 97)::float8 AS y FROM generate_series(1, 600) i;
SELECT create_scoreboard('strict', 'strict', 'loser', 'firm', 'stage');
SELECT publish('strict', NULL, 'all') AS everybody \gset
UPDATE loser SET x = NULL WHERE firm BETWEEN 'L100' AND 'L180';
UPDATE loser SET stage = NULL WHERE firm BETWEEN 'L200' AND 'L280';
UPDATE loser SET x = -1 WHERE firm BETWEEN 'L300' AND 'L350';
UPDATE loser SET y = y + 10 WHERE firm BETWEEN 'L400' AND 'L420';
SELECT publish('strict', NULL, 'some') AS some \gset
SELECT * FROM sums(:everybody, :some);
-- the ranks by hand: nobody's score depends on the scheme, so the new ranks are those of the step before
SELECT count(*), count(*) FILTER (WHERE rank_by_scheme <> 0) AS scheme,
       count(*) FILTER (WHERE c.rank_by_values <> 1 + (SELECT count(*) FROM published_firm o WHERE o.publication = :everybody AND o.entity <> s.entity AND o.score > s.s1) - c.rank_before) AS own,
       count(*) FILTER (WHERE c.rank_before + c.rank_by_values + c.rank_by_bounds <> n.rank) AS bounds
FROM steps(:everybody, :some) s JOIN score_changes(:everybody, :some) c USING (entity)
JOIN (SELECT entity, rank() OVER (ORDER BY score DESC) FROM published_firm WHERE publication = :some AND score IS NOT NULL) n USING (entity);
-- firms that the new scheme alone gives a score, or leaves without one, are the scheme's doing
BEGIN;
SELECT unlock_scheme('strict');
UPDATE indicator SET missing = 'zero' WHERE scheme = 'strict' AND indicator = 'x';
COMMIT;
SELECT rebuild_scoreboard('strict');
SELECT publish('strict', NULL, 'lenient') AS lenient \gset
SELECT count(*) FILTER (WHERE rank_by_scheme > 0) > 0 AS newcomers, count(*) FILTER (WHERE rank_by_bounds <> 0) AS bounds
FROM score_changes(:some, :lenient);
SELECT count(*) FILTER (WHERE rank_by_scheme < 0) > 0 AS losers, count(*) FILTER (WHERE rank_by_bounds <> 0) AS bounds
FROM score_changes(:lenient, :some);

-- ---------------------------------------------------------------- examples with numbers that are known

INSERT INTO scheme (scheme, full_marks, extreme) VALUES ('plain', 100, 'none');
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'x', 'only'), ('plain', 'y', 'only');
INSERT INTO weight VALUES ('plain', 'all', 'x', 1), ('plain', 'all', 'y', 1);
CREATE TABLE small (firm text, x float8, y float8);
INSERT INTO small VALUES ('A', 0, 0), ('B', 50, 20), ('C', 100, 100);
SELECT create_scoreboard('small', 'plain', 'small', 'firm');
SELECT publish('small', NULL, 'first') AS first \gset
-- B doubles its x, 25 points more; then C doubles its own, which halves B's points for x; then x counts three times
UPDATE small SET x = 100 WHERE firm = 'B';
SELECT publish('small', NULL, 'own value') AS second \gset
UPDATE small SET x = 200 WHERE firm = 'C';
SELECT publish('small', NULL, 'bounds') AS third \gset
BEGIN;
SELECT unlock_scheme('plain');
UPDATE weight SET weight = 3 WHERE scheme = 'plain' AND indicator = 'x';
COMMIT;
SELECT rebuild_scoreboard('small');
SELECT publish('small', NULL, 'weights') AS fourth \gset
SELECT * FROM score_changes(:first, :second);
SELECT * FROM score_changes(:second, :third);
SELECT * FROM score_changes(:third, :fourth);
SELECT * FROM score_changes(:first, :fourth);
SELECT entity, item, before, after, reason FROM publication_changes(:second);
SELECT entity, item, before, after, reason FROM publication_changes(:third);
SELECT entity, item, reason FROM publication_changes(:fourth);
-- scores that are missing: nothing is split
BEGIN;
SELECT unlock_scheme('plain');
UPDATE scheme SET missing = 'null' WHERE scheme = 'plain';
COMMIT;
SELECT rebuild_scoreboard('small');
UPDATE small SET y = NULL WHERE firm = 'C';
SELECT publish('small', NULL, 'missing') AS fifth \gset
SELECT * FROM score_changes(:fourth, :fifth);
SELECT attempt('SELECT * FROM innovation_score.score_changes(1, 99)'), attempt('SELECT * FROM innovation_score.score_changes(NULL, 1)');
\set ECHO none
\i :forget
