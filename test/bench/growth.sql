-- time a row by the number of rows, as a Markdown table
\set QUIET 1
\set ON_ERROR_STOP 1
CREATE TEMP TABLE result (rows bigint, step text, mode text, ms float8);
SELECT format('\copy result FROM %L', :'file') AS copy \gset
:copy
CREATE TEMP TABLE median AS
SELECT rows, step, mode, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) * 1000 / rows AS us
FROM result GROUP BY rows, step, mode;
\pset format unaligned
\pset tuples_only on
\echo
\echo 'Growth, float8: microseconds a row.'
\echo
\echo '| firms | floor | fit | score | the whole | floor, parallel | fit | score | the whole |'
\echo '|--:|--:|--:|--:|--:|--:|--:|--:|--:|'
SELECT format('| %s | %s |', trim(to_char(rows, '999,999,999')),
              string_agg(round(us::numeric, 3)::text, ' | '
                         ORDER BY mode DESC, array_position('{floor,fit,score,whole}', step)))
FROM median
GROUP BY rows
ORDER BY rows;
