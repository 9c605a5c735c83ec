--
-- The results as Markdown tables for the README: medians, then ratios taken under the same settings.
--
\set QUIET 1
\set ON_ERROR_STOP 1
CREATE TEMP TABLE result (source text, step text, mode text, ms float8);
SELECT format('\copy result FROM %L', :'file') AS copy \gset
:copy
CREATE TEMP TABLE median AS
SELECT source, step, mode, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms FROM result GROUP BY 1, 2, 3;

-- fit and score one after the other, DuckDB with the way out and the way back
INSERT INTO median SELECT source, 'fit + score', mode, sum(ms) FROM median WHERE step IN ('fit', 'score') GROUP BY 1, 3;
INSERT INTO median
SELECT source, 'round trip', mode, sum(ms)
FROM median
WHERE source = 'duckdb' AND step IN ('round trip out', 'import', 'whole', 'export', 'round trip in')
GROUP BY 1, 3;
-- the faster of the two roads to ranks
INSERT INTO median
SELECT source, 'ours', mode, min(ms) FROM median WHERE step IN ('whole', 'whole_state') GROUP BY 1, 3;

CREATE FUNCTION pg_temp.ms(source text, step text, mode text) RETURNS float8 LANGUAGE sql AS
    'SELECT ms FROM pg_temp.median m WHERE (m.source, m.step, m.mode) = ($1, $2, $3)';
-- seconds, and how many times the floor
CREATE FUNCTION pg_temp.cell(source text, step text, mode text) RETURNS text LANGUAGE sql AS
    $$ SELECT format('%s (%s)', round((pg_temp.ms($1, $2, $3) / 1000)::numeric, 2),
                     round((pg_temp.ms($1, $2, $3) / pg_temp.ms($1, 'floor', $3))::numeric, 1)) $$;
CREATE FUNCTION pg_temp.times(a float8, b float8) RETURNS text LANGUAGE sql AS
    'SELECT round((a / b)::numeric, 2)::text';

\pset format unaligned
\pset tuples_only on
SELECT format(E'\n%s firms x 18 indicators in 3 stages; %s, %s cores; medians of %s runs; work_mem %s,\n'
              'shared_buffers %s, jit off; parallel: max_parallel_workers_per_gather = %s. Seconds (times the floor).',
              trim(to_char(:rows, '999,999,999')), split_part(version(), ' (', 1), :cores, :runs, :'work_mem',
              current_setting('shared_buffers'), :workers);
\echo
\echo '| step | float8 | float8, parallel | numeric | numeric, parallel |'
\echo '|---|--:|--:|--:|--:|'
SELECT format('| %s | %s | %s | %s | %s |', title, pg_temp.cell('float8', step, 'serial'),
              pg_temp.cell('float8', step, 'parallel'), pg_temp.cell('numeric', step, 'serial'),
              pg_temp.cell('numeric', step, 'parallel'))
FROM (VALUES ('floor', 'floor: read the table, sum 18 columns'),
             ('percentile_cont', 'bounds by `percentile_cont`'),
             ('fit', '**bounds by `fit`**'),
             ('score', '**scores by `score`**'),
             ('fit + score', '**`fit` and `score`**'),
             ('rank_sort', 'rank and stage rank by `rank() OVER (ORDER BY ...)`'),
             ('rank', '**rank and stage rank by `score_rank`**'),
             ('twin', 'the whole in plain SQL, stored'),
             ('whole', '**the whole by `fit`, `score_row`, `ranked_row`, stored**'),
             ('whole_state', '**the whole by `fit`, `rank_partial`, `ranked_score_row`, stored**'),
             ('ranking', '**the view `_ranking` (rounded scores, percentile), stored**'),
             ('ranking_indexed', 'the same, logged, with primary key, index and ANALYZE'),
             ('store', '**the same by `store_ranking`**'),
             ('whitelist', '**the view `_whitelist` (quota, required condition, reserve), stored**'),
             ('store_bare', '**`store_ranking` into a table without indexes, logged, with ANALYZE**')) step(step, title);

\echo
\echo '| ratio | float8 | float8, parallel | numeric | numeric, parallel |'
\echo '|---|--:|--:|--:|--:|'
SELECT format('| %s | %s | %s | %s | %s |', title,
              pg_temp.times(pg_temp.ms('float8', a, 'serial'), pg_temp.ms('float8', b, 'serial')),
              pg_temp.times(pg_temp.ms('float8', a, 'parallel'), pg_temp.ms('float8', b, 'parallel')),
              pg_temp.times(pg_temp.ms('numeric', a, 'serial'), pg_temp.ms('numeric', b, 'serial')),
              pg_temp.times(pg_temp.ms('numeric', a, 'parallel'), pg_temp.ms('numeric', b, 'parallel')))
FROM (VALUES ('percentile_cont', 'fit', '`percentile_cont` / `fit`'),
             ('rank_sort', 'rank', '`rank()` / `score_rank`'),
             ('twin', 'ours', 'the whole: plain SQL / the faster of ours'),
             ('whitelist CPU', 'ranking CPU', 'the view `_whitelist` / the view `_ranking`, CPU time of the session'),
             ('ranking_indexed', 'store', 'the view `_ranking`, stored and indexed / `store_ranking`'),
             ('ranking_indexed CPU', 'store CPU', '... CPU time of the session'),
             ('ranking', 'store_bare', 'the view `_ranking`, stored / `store_ranking` without indexes'),
             ('ranking CPU', 'store_bare CPU', '... CPU time of the session'),
             ('twin', 'store_bare', 'plain SQL, stored / `store_ranking` without indexes'),
             ('twin CPU', 'store_bare CPU', '... CPU time of the session'),
             ('store_bare CPU', 'floor CPU', '`store_ranking` without indexes / floor, CPU time of the session')) ratio(a, b, title);
SELECT format('| %s: serial / parallel | %s | | %s | |', title,
              pg_temp.times(pg_temp.ms('float8', step, 'serial'), pg_temp.ms('float8', step, 'parallel')),
              pg_temp.times(pg_temp.ms('numeric', step, 'serial'), pg_temp.ms('numeric', step, 'parallel')))
FROM (VALUES ('fit', '`fit`'), ('score', '`score`'), ('whole', 'the whole by `ranked_row`'),
             ('whole_state', 'the whole by `ranked_score_row`')) step(step, title);
SELECT format('| the whole: numeric / float8 | %s | %s | | |',
              pg_temp.times(pg_temp.ms('numeric', 'ours', 'serial'), pg_temp.ms('float8', 'ours', 'serial')),
              pg_temp.times(pg_temp.ms('numeric', 'ours', 'parallel'), pg_temp.ms('float8', 'ours', 'parallel')));

SELECT count(*) > 0 AS peers FROM median WHERE mode = 'peer' AND step = 'whole' \gset
\if :peers
\echo
-- against the run that stores without indexes, which does the same work and keeps it
\echo '| peer, float8 | seconds | CPU | seconds / ours | ... with workers | CPU / ours |'
\echo '|---|--:|--:|--:|--:|--:|'
SELECT format('| %s | %s | %s | %s | %s | %s |', title, round((m.ms / 1000)::numeric, 2),
              round((pg_temp.ms(t.source, t.step || ' CPU', 'peer') / 1000)::numeric, 2),
              pg_temp.times(m.ms, pg_temp.ms('float8', ours, 'serial')),
              pg_temp.times(m.ms, pg_temp.ms('float8', ours, 'parallel')),
              pg_temp.times(pg_temp.ms(t.source, t.step || ' CPU', 'peer'), pg_temp.ms('float8', ours || ' CPU', 'serial')))
FROM (VALUES (1, 'c', 'whole', 'store_bare', 'plain C over arrays, one thread, nothing stored'),
             (2, 'clickhouse', 'whole', 'store_bare', 'ClickHouse, Memory tables'),
             (3, 'data.table', 'whole', 'store_bare', 'data.table, in its memory, one thread'),
             (4, 'polars', 'whole', 'store_bare', 'Polars, in its memory'),
             (5, 'duckdb', 'whole', 'store_bare', 'DuckDB, data in its own format'),
             (6, 'duckdb', 'round trip', 'store_bare', 'DuckDB, with export and import'),
             (7, 'r', 'whole', 'store_bare', 'base R, in its memory'),
             (8, 'r', 'bounds', 'fit', 'base R: bounds'),
             (9, 'duckdb', 'bounds', 'fit', 'DuckDB: bounds'),
             (10, 'clickhouse', 'bounds', 'fit', 'ClickHouse: bounds')) t(n, source, step, ours, title)
JOIN median m ON (m.source, m.step, m.mode) = (t.source, t.step, 'peer')
ORDER BY n;
\endif
