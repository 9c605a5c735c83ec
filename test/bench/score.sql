-- the scores alone, with a model that is fitted already
\ir lists.sql
\o /dev/null
\timing on
SELECT sum(innovation_score.score((SELECT model FROM bench.:model), stage,
                                  VARIADIC _innovation_score.row_values(:columns))) FROM bench.:table;
