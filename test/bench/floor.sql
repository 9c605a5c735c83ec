-- the floor: read the table and sum every column
\ir lists.sql
\o /dev/null
\ir cpu.sql
\set start :cpu
\timing on
SELECT :sums FROM bench.:table;
\o
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
