-- the same by the view for readers: scores rounded to numeric(9,4), percentile, coverage
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.ranking;
\ir cpu.sql
\set start :cpu
\timing on
CREATE UNLOGGED TABLE bench.ranking AS SELECT * FROM bench.:scoreboard_ranking;
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
