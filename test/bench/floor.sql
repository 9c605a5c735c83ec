-- the floor: read the table and sum every column
\ir lists.sql
\o /dev/null
\timing on
SELECT :sums FROM bench.:table;
