-- rank: competition ranks without a sort of rows (src/rank.c)

CREATE FUNCTION score_rank(score float8) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION score_rank(float8) IS
'competition rank within the partition, 1 = highest, ties share; NULL for NULL; needs no ORDER BY';

CREATE FUNCTION score_rank(score float8, field text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'score_rank_field' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION score_rank(float8, text) IS
'competition rank among the rows of the partition with the same field';

CREATE FUNCTION _innovation_score.ranked_row("row" float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.ranked_row(float8[]) IS
'what score_row() gives, followed by rank, rank within the stage and number of rows scored; for rankings, from one reading of the partition';

CREATE FUNCTION _innovation_score.ranked_row("row" float8[], key "any", is_unique boolean) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.ranked_row(float8[], "any", boolean) IS
'the same, but rows that have the key of another row have no rank and do not count; where keys are unique, they are not read';

CREATE FUNCTION _innovation_score.percentile("row" float8[], place integer) RETURNS float8
    AS 'MODULE_PATHNAME', 'row_percentile' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.percentile(float8[], integer) IS
'internal: the percentile of a row by what ranked_row() added to it from this place on, NULL without a rank';
