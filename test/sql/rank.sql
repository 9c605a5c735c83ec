-- score_rank: competition ranks without ORDER BY, against rank() OVER (ORDER BY … DESC)
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

SELECT s, score_rank(s) OVER () AS rank
FROM unnest('{10,30,20,30,NULL,-5,0,-0,10,10}'::float8[]) WITH ORDINALITY AS u(s, i) ORDER BY s DESC NULLS LAST, i;
-- nothing to rank
SELECT score_rank(s) OVER () FROM unnest('{}'::float8[]) AS s;
SELECT s, score_rank(s) OVER (), score_rank(s, 'x') OVER () FROM unnest('{NULL,NULL}'::float8[]) AS s;
-- NaN and infinities in PostgreSQL's order
SELECT s, score_rank(s) OVER () AS rank FROM unnest('{1,NaN,-Infinity,Infinity,-NaN}'::float8[]) AS s ORDER BY s DESC;
-- a field that is NULL has no rank
SELECT s, f, score_rank(s, f) OVER () AS rank FROM (VALUES (1::float8, 'a'), (2, 'a'), (3, NULL), (2, 'b'), (NULL, 'b'), (2, '')) AS v(s, f) ORDER BY f, s;

-- against rank(), over partitions and fields of many sizes, with ties and NULLs
CREATE TEMP TABLE scored AS
SELECT i, i % 7 AS year, 'stage ' || (i * 31 % 4) AS stage,
       CASE WHEN i % 13 = 0 THEN NULL WHEN i % 3 = 0 THEN (i * 7919 % 50)::float8 ELSE sin(i) * 1000 END AS s
FROM generate_series(1, 20000) AS i ORDER BY md5(i::text);
CREATE TEMP VIEW rank_comparison AS
WITH ours AS (
    SELECT i, s, score_rank(s) OVER () AS overall, score_rank(s) OVER (PARTITION BY year) AS in_year,
           score_rank(s, stage) OVER (PARTITION BY year) AS in_stage,
           _innovation_score.ranked_row(ARRAY[s, 1, i * 31 % 4, 7]) OVER (PARTITION BY year) AS r
    FROM scored
), twin AS (
    SELECT i, rank() OVER (ORDER BY s DESC NULLS LAST) AS overall,
           rank() OVER (PARTITION BY year ORDER BY s DESC NULLS LAST) AS in_year,
           rank() OVER (PARTITION BY year, stage ORDER BY s DESC NULLS LAST) AS in_stage,
           count(s) OVER (PARTITION BY year) AS scored
    FROM scored
)
SELECT count(*) AS rows, count(s) AS scored,
       count(*) FILTER (WHERE o.overall IS DISTINCT FROM CASE WHEN s IS NOT NULL THEN t.overall END) AS overall,
       count(*) FILTER (WHERE o.in_year IS DISTINCT FROM CASE WHEN s IS NOT NULL THEN t.in_year END) AS in_year,
       count(*) FILTER (WHERE o.in_stage IS DISTINCT FROM CASE WHEN s IS NOT NULL THEN t.in_stage END) AS in_stage,
       count(*) FILTER (WHERE o.r IS DISTINCT FROM ARRAY[s, 1, i * 31 % 4, 7] || CASE WHEN s IS NOT NULL THEN ARRAY[t.in_year, t.in_stage, t.scored]::float8[]
                                                                                           ELSE '{NULL,NULL,NULL}' END) AS ranked_row
FROM ours AS o JOIN twin AS t USING (i);
SELECT * FROM rank_comparison;
-- the same where the scores do not fit work_mem, and go through temporary files
SET work_mem = '64kB';
SELECT * FROM rank_comparison;
SELECT count(*) FROM (SELECT score_rank(s) OVER (), score_rank(s, stage) OVER () FROM scored LIMIT 10) AS l;
SELECT count(*), count(r) FROM (SELECT score_rank(NULL::float8) OVER () AS r FROM scored) AS n;
SELECT count(*), min(r), max(r) FROM (SELECT score_rank(1.0) OVER () AS r FROM scored) AS n;
RESET work_mem;

-- rows that share their key with another have no rank, and do not count; against plain SQL, for keys of every kind, in memory and in files
CREATE FUNCTION doubled_differ(kind text, path text) RETURNS TABLE (rows bigint, doubled bigint, different bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('work_mem', CASE path WHEN 'files' THEN '64kB' ELSE '8MB' END, true);
    RETURN QUERY EXECUTE format($query$
        WITH keyed AS MATERIALIZED (SELECT i, CASE WHEN i %% 50 > 0 THEN %1$s END AS key, ARRAY[s, 1, i * 31 %% 4, 7] AS r FROM scored WHERE i <= 8000),
        ours AS (SELECT i, _innovation_score.ranked_row(r, key, false) OVER () AS r FROM keyed),
        others AS (SELECT i, count(*) OVER (PARTITION BY innovation_score.key_text(key)) > 1 AND key IS NOT NULL AS doubled, r FROM keyed),
        twin AS (SELECT o.*, CASE WHEN NOT doubled AND r[1] IS NOT NULL THEN ARRAY[rank() OVER w, rank() OVER v, count(r[1]) OVER d]::float8[] ELSE '{NULL,NULL,NULL}' END AS ranks
                 FROM others o WINDOW w AS (PARTITION BY doubled ORDER BY r[1] DESC NULLS LAST), v AS (PARTITION BY doubled, r[3] ORDER BY r[1] DESC NULLS LAST), d AS (PARTITION BY doubled))
        SELECT count(*), count(*) FILTER (WHERE t.doubled), count(*) FILTER (WHERE o.r IS DISTINCT FROM t.r || t.ranks)
        FROM ours o JOIN twin t USING (i)
        $query$, kind);
END
$$;
SELECT k.kind, p.path, d.* FROM (VALUES ('i'), ('i / 2'), ('0'), ('(i * 7919 % 6001)::text'), ('repeat(''x'', 300) || i % 3'), ('(i % 1000)::numeric * 1.0'), ('round(i / 3.0, i % 4)'),
    ('(i % 700)::float8 * (1 - 2 * (i % 2))'), ('(i % 9)::text::char(5)'), ('date ''2024-01-01'' + i % 5000'), ('(i % 5 = 0)'), ('CASE WHEN i < 3 THEN ''a'' ELSE i::text END')) AS k(kind)
CROSS JOIN (VALUES ('memory'), ('files')) AS p(path) CROSS JOIN LATERAL doubled_differ(k.kind, p.path) d;
-- what is known to be unique is not looked at
SELECT count(*), count(r[5]) FROM (SELECT _innovation_score.ranked_row(ARRAY[s, 1, 0, 7], 0, true) OVER () AS r FROM scored) AS t;

-- what is not a row of scores
SELECT _innovation_score.ranked_row(ARRAY[1.0, 1.0]) OVER ();
SELECT _innovation_score.ranked_row(ARRAY[1.0, 1.0, -1.0]) OVER ();
SELECT _innovation_score.ranked_row(ARRAY[1.0, 1.0, 1e300]) OVER ();
SELECT _innovation_score.ranked_row('{{1,1,1}}'::float8[]) OVER ();
SELECT _innovation_score.ranked_row('{1,1,NULL}'::float8[]) OVER ();
SELECT _innovation_score.ranked_row('{1,NULL,2}'::float8[]) OVER ();
SELECT _innovation_score.ranked_row(NULL) OVER (), _innovation_score.ranked_row(ARRAY[NULL, NULL, 2.0]) OVER (), _innovation_score.ranked_row(ARRAY[5, 1, 2, NULL]::float8[]) OVER ();
-- a score is read once, so one that is another each time is ranked as it was then
SELECT count(*), count(DISTINCT r), min(r), max(r) FROM (SELECT score_rank(random()) OVER () AS r FROM generate_series(1, 30)) AS t;
-- they are window functions
SELECT score_rank(1.0);
