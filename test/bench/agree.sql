-- that the table :reference in schema bench and ours hold the same scores and ranks, as far as ours are rounded, and ours by both
-- roads the same bits
\ir lists.sql
SELECT format('%s scores compared, largest difference %s, ranks that differ: %s; rows that differ between our two roads: %s',
              count(*) FILTER (WHERE o.score IS NOT NULL AND r.score IS NOT NULL),
              to_char(max(abs(o.score - r.score)), '9.9EEEE'),
              count(*) FILTER (WHERE o.rank IS DISTINCT FROM r.rank OR o.stage_rank IS DISTINCT FROM r.stage_rank),
              (SELECT count(*) FROM (TABLE bench.ours EXCEPT ALL TABLE bench.ours_by_state) d))
FROM bench.ours o
FULL JOIN (SELECT firm, score, rank() OVER (ORDER BY rounded DESC) AS rank, rank() OVER (PARTITION BY stage ORDER BY rounded DESC) AS stage_rank
           FROM (SELECT *, round(score::numeric, 10) AS rounded FROM bench.:reference) s WHERE score IS NOT NULL) r USING (firm);
