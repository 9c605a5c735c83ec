-- the rank and the rank within the stage, of scores that are in a table
\ir lists.sql
\o /dev/null
\timing on
SELECT max(r), max(s)
FROM (SELECT innovation_score.score_rank(score) OVER w AS r, innovation_score.score_rank(score, stage) OVER w AS s
      FROM bench.:scores WINDOW w AS ()) ranks;
