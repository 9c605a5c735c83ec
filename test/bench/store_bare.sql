--
-- store_ranking() into a table without indexes, as CREATE TABLE AS fills one.
--
\ir lists.sql
\timing off
SET client_min_messages = warning;
SELECT 'bench.' || substr(:'scoreboard_ranking', 1, length(:'scoreboard_ranking') - length('_ranking')) AS board \gset
SELECT format('ALTER TABLE %1$s_kept DROP CONSTRAINT %2$s_kept_pkey; DROP INDEX %1$s_kept_rank_idx;', :'board', split_part(:'board', '.', 2)) AS command \gset
:command
\ir cpu.sql
\set start :cpu
\timing on
SELECT innovation_score.store_ranking(:'board', :'board' || '_kept');
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
