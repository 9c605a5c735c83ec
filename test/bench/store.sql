--
-- The same by store_ranking(). 
--
\ir lists.sql
\timing off
SET client_min_messages = warning;
SELECT 'bench.' || substr(:'scoreboard_ranking', 1, length(:'scoreboard_ranking') - length('_ranking')) AS board \gset
SELECT format('DROP TABLE IF EXISTS %s_kept', :'board') AS command \gset
:command;
\ir cpu.sql
\set start :cpu
\timing on
SELECT innovation_score.store_ranking(:'board', :'board' || '_kept');
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
