--
-- The answers as a Markdown table: medians of the runs, in the order of the questions.
--
\set QUIET 1
\set ON_ERROR_STOP 1
CREATE TEMP TABLE answer (n int GENERATED ALWAYS AS IDENTITY, question text, ms float8, rows bigint);
CREATE TEMP TABLE result (source text, step text, mode text, ms float8);
SELECT format('\copy answer (question, ms, rows) FROM %L', :'file') AS copy \gset
:copy
SELECT format('\copy result FROM %L', :'results') AS copy \gset
:copy
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS floor FROM result WHERE source = 'views' \gset

\pset format unaligned
\pset tuples_only on
\echo
\echo '| question, on frozen scoreboards, parallel | rows | seconds (times the floor) |'
\echo '|---|--:|--:|'
SELECT format('| %s | %s | %s (%s) |', regexp_replace(question, '\((\w+)\)$', '(`\1`)'),
              trim(to_char(rows, '999,999,999')),
              CASE WHEN ms < 100 THEN round((ms / 1000)::numeric, 4) ELSE round((ms / 1000)::numeric, 2) END,
              CASE WHEN ms < 100 THEN round((ms / :floor)::numeric, 3) ELSE round((ms / :floor)::numeric, 1) END)
FROM (SELECT question, min(n) AS n, max(rows) AS rows, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms
      FROM answer GROUP BY question) a
ORDER BY n;
