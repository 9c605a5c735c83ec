-- the models as they are now
\set QUIET 1
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
\o /dev/null
SELECT innovation_score.freeze_scoreboard('bench.float8');
