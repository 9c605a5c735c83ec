-- a peer's result back into PostgreSQL
\set QUIET 1
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench.peer;
CREATE UNLOGGED TABLE bench.peer (LIKE bench.twin);
SELECT format('\copy bench.peer FROM %L (FORMAT csv)', :'file') AS copy \gset
\timing on
:copy
