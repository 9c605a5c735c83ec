-- the weights for R: indicator, category, a column a stage
\pset footer off
SELECT i.indicator, i.category,
       max(w.weight) FILTER (WHERE stage = 'startup') AS startup,
       max(w.weight) FILTER (WHERE stage = 'growth') AS growth,
       max(w.weight) FILTER (WHERE stage = 'stable') AS stable
FROM innovation_score.indicator i
JOIN innovation_score.weight w USING (scheme, indicator)
WHERE scheme = 'bench'
GROUP BY i.indicator, i.category, i.position
ORDER BY i.position;
