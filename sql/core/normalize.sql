-- normalize: one value at a time (src/normalize.c)

CREATE FUNCTION _innovation_score.valid_direction(direction text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.valid_direction(text) IS
'true, or an error that tells what is wrong with the text of a direction; for CHECK constraints';

CREATE FUNCTION _innovation_score.valid_transform(transform text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.valid_transform(text) IS
'true, or an error that tells what is wrong with the text of a transform; for CHECK constraints';

CREATE FUNCTION _innovation_score.valid_adjust(adjust text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.valid_adjust(text) IS
'true, or an error that tells what is wrong with the text of an adjustment of values beyond the bounds; for CHECK constraints';

CREATE FUNCTION winsorize(value float8, bounds indicator_bounds) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION winsorize(float8, indicator_bounds) IS
'the value pulled into the bounds; NULL for a missing value';

CREATE FUNCTION compress(value float8, bounds indicator_bounds, a float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION compress(float8, indicator_bounds, float8) IS
'the value, beyond the bounds drawn together by a logarithm that keeps the order; the smaller a is above zero, the more; NULL for a missing value';

CREATE FUNCTION minmax(value float8, bounds indicator_bounds, direction text DEFAULT 'benefit') RETURNS float8
    AS 'MODULE_PATHNAME', 'minmax_bounds' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION minmax(float8, indicator_bounds, text) IS
'the winsorized value on a scale from 0 (worst) to 1 (best); directions benefit, cost, target(t), interval(a,b)';

CREATE FUNCTION minmax(value float8, worst float8, best float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'minmax_goalposts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION minmax(float8, float8, float8) IS
'the value on a scale from 0 at worst to 1 at best, values beyond pulled in; worst > best makes a cost indicator';
