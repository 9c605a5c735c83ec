-- the bounds alone, with PostgreSQL's own percentile_cont
\ir lists.sql
\o /dev/null
\timing on
SELECT :quantiles FROM bench.:table;
