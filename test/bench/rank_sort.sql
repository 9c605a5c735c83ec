-- the same with rank() OVER (ORDER BY ...)
\ir lists.sql
\o /dev/null
\timing on
SELECT max(r), max(s)
FROM (SELECT rank() OVER (ORDER BY score DESC NULLS LAST) AS r,
             rank() OVER (PARTITION BY stage ORDER BY score DESC NULLS LAST) AS s
      FROM bench.:scores) ranks;
