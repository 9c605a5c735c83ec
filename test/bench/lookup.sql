\set firm random(1, :rows)
SELECT * FROM bench.float8_score WHERE firm = :firm;
