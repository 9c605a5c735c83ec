-- the bounds: fit, as many passes as the scoreboard's view nests
\ir lists.sql
\o /dev/null
\timing on
SELECT model FROM bench.:scoreboard_model;
