--
-- The view for readers in a table as store_ranking() makes it: logged, with its indexes, analyzed.
--
\ir lists.sql
\timing off
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.ranking;
\ir cpu.sql
\set start :cpu
\timing on
CREATE TABLE bench.ranking AS SELECT * FROM bench.:scoreboard_ranking;
ALTER TABLE bench.ranking ADD PRIMARY KEY (firm);
CREATE INDEX ON bench.ranking (rank);
ANALYZE bench.ranking;
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
