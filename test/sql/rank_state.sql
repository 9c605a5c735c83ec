-- rank_state: ranks looked up in scores that were gathered before, against rank() and against the window functions
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'

-- ties, extremes and whatever is no number; some without field, some without score
CREATE TABLE rated AS
SELECT i, (ARRAY['startup', 'growth', 'stable', '', '企业'])[1 + i * 7919 % 5] AS stage,
       CASE i % 11 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' WHEN 3 THEN 'Infinity' WHEN 4 THEN -0.0
                   WHEN 5 THEN 0 WHEN 6 THEN 5e-324 WHEN 7 THEN 1e308 WHEN 8 THEN -1e308
                   ELSE (i * 104729 % 1009) / 8.0 END::float8 AS score
FROM generate_series(1, 8000) i;
UPDATE rated SET stage = NULL WHERE i % 97 = 0;

CREATE TABLE wanted AS
SELECT i, CASE WHEN score IS NOT NULL THEN rank() OVER (ORDER BY score DESC NULLS LAST) END AS rank,
       CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY stage ORDER BY score DESC NULLS LAST) END AS stage_rank
FROM rated WHERE stage IS NOT NULL;
SELECT count(*), count(rank) AS ranked, count(DISTINCT rank) AS ranks, max(rank) AS last FROM wanted;

CREATE TABLE gathered AS SELECT rank_partial(score, stage) AS state, rank_partial(score) AS plain FROM rated;
SELECT rank_count(state) = (SELECT count(score) FROM rated WHERE stage IS NOT NULL) AS all_of_a_stage,
       rank_count(plain) = (SELECT count(score) FROM rated) AS all,
       rank_count(state, 'growth') = (SELECT count(score) FROM rated WHERE stage = 'growth') AS growth,
       rank_count(state, 'nobody') AS nobody, rank_count(plain, '') = rank_count(plain) AS plain
FROM gathered;

-- every row; the state is read from its TOAST table, from memory, and as it comes out of the aggregate
CREATE FUNCTION differences(state rank_state) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM rated r JOIN wanted w USING (i)
    WHERE rank_of(state, r.score) IS DISTINCT FROM w.rank OR rank_of(state, r.score, r.stage) IS DISTINCT FROM w.stage_rank
$$;
SELECT differences(state) AS from_toast FROM gathered;
SELECT count(*) AS from_toast FROM gathered, rated r JOIN wanted w USING (i)
WHERE rank_of(state, r.score) IS DISTINCT FROM w.rank OR rank_of(state, r.score, r.stage) IS DISTINCT FROM w.stage_rank;
SELECT differences((SELECT rank_partial(score, stage) FROM rated)) AS from_memory;
SELECT rank_of(rank_partial(score), 0) = 1 + count(*) FILTER (WHERE score > 0) AS at_once FROM rated;
SELECT count(*) FILTER (WHERE rank_of(plain, r.score) IS DISTINCT FROM w.rank) AS plain
FROM gathered, (SELECT i, score FROM rated) r
JOIN (SELECT i, CASE WHEN score IS NOT NULL THEN rank() OVER (ORDER BY score DESC NULLS LAST) END AS rank FROM rated) w USING (i);

-- scores that are not among them: one more than there are higher ones
SELECT count(*) AS tried,
       count(*) FILTER (WHERE rank_of(state, x) IS DISTINCT FROM 1 + (SELECT count(*) FROM rated WHERE score > x AND stage IS NOT NULL)) AS wrong,
       count(*) FILTER (WHERE rank_of(state, x, 'stable') IS DISTINCT FROM 1 + (SELECT count(*) FROM rated WHERE score > x AND stage = 'stable')) AS wrong_in_stage,
       count(*) FILTER (WHERE rank_of(state, x, 'nobody') <> 1) AS wrong_in_none
FROM gathered, (SELECT i / 7.0 - 3 AS x FROM generate_series(1, 400) i UNION ALL VALUES ('Infinity'::float8), ('-Infinity'), ('NaN'), (1e-323), (-5e-324), (1.7e308)) v;

-- a state in every row: many at a time, each read once it comes
CREATE TABLE by_stage AS SELECT stage, rank_partial(score) AS state FROM rated WHERE stage IS NOT NULL GROUP BY stage;
SELECT count(*) AS different FROM rated r JOIN by_stage b USING (stage) JOIN wanted w USING (i)
WHERE rank_of(b.state, r.score) IS DISTINCT FROM w.stage_rank;

-- merged in any order and grouping: the same bytes, the same as of all rows, shuffled ones and those of parallel workers
CREATE TABLE part AS SELECT i % 13 AS part, rank_partial(score, stage) AS state FROM rated GROUP BY 1;
SELECT count(DISTINCT merged::text) AS merged, bool_and(merged::text = state::text) AS as_all
FROM gathered, (SELECT rank_merge(state ORDER BY part) AS merged FROM part
                UNION ALL SELECT rank_merge(state ORDER BY part DESC) FROM part
                UNION ALL SELECT rank_merge(half) FROM (SELECT rank_merge(state::text::rank_state) AS half FROM part GROUP BY part % 2) h
                UNION ALL SELECT rank_partial(score, stage ORDER BY md5(i::text)) FROM rated) m;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION plan_has(query text, pattern text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ pattern THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
SELECT plan_has('SELECT rank_partial(score, stage) FROM rated', 'Partial Aggregate') AS parallel;
SELECT rank_partial(r.score, r.stage)::text = (SELECT state::text FROM gathered) AS same FROM rated r;
SELECT plan_has('SELECT rank_of((SELECT state FROM gathered), score) FROM rated', 'Gather') AS parallel;
SELECT count(*) AS different
FROM (SELECT i, rank_of((SELECT state FROM gathered), score) AS rank FROM rated WHERE stage IS NOT NULL) r JOIN wanted w USING (i)
WHERE r.rank IS DISTINCT FROM w.rank;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- behind a row's scores: what the window function gives
CREATE TABLE firm AS SELECT i, stage, CASE WHEN abs(score) < 1e300 THEN score END AS value FROM rated WHERE stage <> '';
CREATE TABLE model AS SELECT fit('{"stages": ["startup", "growth", "stable", "企业"], "missing": "null", "indicators": [{"indicator": "v", "weights": 1}]}', value) AS model FROM firm;
CREATE TABLE windowed AS
SELECT i, _innovation_score.ranked_row(r) OVER () AS r FROM (SELECT i, score_row(model, stage, value) AS r FROM firm, model) s;
WITH state AS MATERIALIZED (SELECT rank_partial(score(model, stage, value), stage) AS state FROM firm, model)
SELECT count(*) AS rows, count(*) FILTER (WHERE f.r[5] IS NULL) AS not_ranked, count(DISTINCT f.r[5]) AS ranks,
       count(*) FILTER (WHERE f.r::text IS DISTINCT FROM w.r::text) AS different
FROM (SELECT i, _innovation_score.ranked_score_row(model, (SELECT state FROM state), stage, value) AS r FROM firm, model) f JOIN windowed w USING (i);
-- among the scores of others, and of nobody
SELECT _innovation_score.ranked_score_row(model, state, 'stable', 60) AS among_others,
       _innovation_score.ranked_score_row(model, (SELECT rank_partial(NULL::float8)), 'stable', 60) AS alone
FROM gathered, model;
SELECT _innovation_score.ranked_score_row(NULL, state, 'stable', 1) IS NULL AS no_model, _innovation_score.ranked_score_row(model, NULL, 'stable', 1) IS NULL AS no_state,
       _innovation_score.ranked_score_row(model, state, NULL, 1) IS NULL AS no_stage, _innovation_score.ranked_score_row(model, state, 'stable', VARIADIC NULL) IS NULL AS no_row,
       _innovation_score.ranked_score_row(model, state, 'stable', NULL) AS no_value
FROM gathered, model;

-- nothing
SELECT rank_partial(score) IS NULL AS no_rows, rank_partial(score, stage) IS NULL AS no_rows_by_stage FROM rated WHERE false;
SELECT rank_partial(NULL::float8)::text AS nothing, rank_count(rank_partial(NULL::float8)) AS count, rank_of(rank_partial(NULL::float8), 1) AS first;
SELECT rank_partial(1, NULL)::text = rank_partial(NULL, 's')::text AS no_field_is_no_row FROM generate_series(1, 2);
SELECT rank_of(rank_partial(v), NULL) AS null_score, rank_of(NULL, 1) AS null_state, rank_of(rank_partial(v), -0.0) AS zero FROM unnest('{1,0,-0}'::float8[]) v;
SELECT rank_merge(state) IS NULL AS nothing_merged FROM (VALUES (NULL::rank_state), (NULL)) v(state);

-- many fields
SELECT rank_count(s) AS scores, count(*) AS fields, count(*) FILTER (WHERE rank_count(s, f::text) <> 3) AS wrong, sum(rank_of(s, 1, f::text)) AS ranks
FROM (SELECT rank_partial(i % 3, (i / 3)::text) AS s FROM generate_series(0, 5999) i) p, generate_series(0, 1999) f GROUP BY s::text, rank_count(s);

-- what does not fit is refused, every flipped bit of a state included
\set VERBOSITY sqlstate
SELECT _innovation_score.ranked_score_row(model, state, 'stable', 1, 2) FROM gathered, model;
SELECT _innovation_score.ranked_score_row(model, state, 'nobody', 1) FROM gathered, model;
SELECT _innovation_score.ranked_score_row('{"stages": ["s"], "indicators": [{"indicator": "v", "weights": 1}]}', state, 's', 1) FROM gathered;
SELECT ''::rank_state;
SELECT 'x'::rank_state;
SELECT '\x02'::rank_state;
SELECT (state::text || '00')::rank_state FROM gathered;
SELECT _innovation_score.rank_accumulate(NULL, 1);
SELECT _innovation_score.rank_combine(state, state) FROM gathered;
\set VERBOSITY default
CREATE FUNCTION refused(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM (bytes::text)::rank_state;
    RETURN false;
EXCEPTION WHEN invalid_binary_representation OR protocol_violation OR feature_not_supported THEN
    RETURN true;
END $$;
SELECT count(*) AS damaged, count(*) FILTER (WHERE NOT refused(bytes)) AS accepted
FROM (SELECT _innovation_score.rank_state_send(rank_partial(v, f)) AS whole FROM (VALUES (1.5, 'a'), (2, 'b'), (2, 'b'), (-3, ''), (0, '企')) p(v, f)) s,
     LATERAL (SELECT set_bit(whole, bit, 1 - get_bit(whole, bit)) AS bytes FROM generate_series(0, 8 * length(whole) - 1) bit
              UNION ALL SELECT substr(whole, 1, cut) FROM generate_series(0, length(whole) - 1) cut) d;

DROP TABLE rated, wanted, gathered, by_stage, part, firm, model, windowed;
DROP FUNCTION differences(rank_state);
DROP FUNCTION plan_has(text, text);
DROP FUNCTION refused(bytea);
