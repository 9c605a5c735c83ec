--
-- A whitelist of half a percent of the firms, with a quota by stage, a required condition and a reserve, in a table.
-- The rule is there for this step only: store_ranking() would decide by it, too.
--
\ir lists.sql
\timing off
SET client_min_messages = warning;
SELECT 'bench.' || substr(:'scoreboard_ranking', 1, length(:'scoreboard_ranking') - length('_ranking')) AS board \gset
DROP TABLE IF EXISTS bench.whitelist;
SELECT greatest(count(*) / 200, 1) AS places FROM bench.:table \gset
\o /dev/null
SELECT innovation_score.set_whitelist_rule(:'board', min_score => 10, top_n => :places, quota_by => 'stage',
    quota_n => (:places * 0.6)::integer + 1, required => 'revenue_growth > 0', reserve_n => (:places * 0.1)::integer + 1);
\o
SELECT format('CREATE UNLOGGED TABLE bench.whitelist AS SELECT * FROM %s_whitelist', :'board') AS command \gset
\ir cpu.sql
\set start :cpu
\timing on
:command;
\timing off
\ir cpu.sql
SELECT format('CPU: %s', :cpu - :start);
\o /dev/null
SELECT innovation_score.drop_whitelist_rule(:'board');
\o
