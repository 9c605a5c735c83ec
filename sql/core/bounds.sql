-- bounds: extreme-value methods, one indicator at a time (src/method/bounds.c)

CREATE TYPE indicator_bounds AS (
    lower float8,
    upper float8,
    n bigint,
    missing bigint,
    below bigint,
    above bigint,
    minimum float8,
    maximum float8,
    method text
);

COMMENT ON TYPE indicator_bounds IS
'bounds of the normal range of an indicator and what was found in the sample: values present, missing, below and above the bounds, minimum, maximum, effective method';
COMMENT ON COLUMN indicator_bounds.lower IS '下界 lower bound';
COMMENT ON COLUMN indicator_bounds.upper IS '上界 upper bound';
COMMENT ON COLUMN indicator_bounds.n IS '样本数 values present';
COMMENT ON COLUMN indicator_bounds.missing IS '缺失数 missing values';
COMMENT ON COLUMN indicator_bounds.below IS 'values below the lower bound';
COMMENT ON COLUMN indicator_bounds.above IS 'values above the upper bound';
COMMENT ON COLUMN indicator_bounds.minimum IS '最小值 least value';
COMMENT ON COLUMN indicator_bounds.maximum IS '最大值 greatest value';
COMMENT ON COLUMN indicator_bounds.method IS '方法 method in its canonical form, and the one that it fell back on';

CREATE FUNCTION _innovation_score.valid_extreme_method(method text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.valid_extreme_method(text) IS
'true, or an error that tells what is wrong with the text of an extreme-value method; for CHECK constraints';

CREATE FUNCTION _innovation_score.extreme_bounds_accumulate(state internal, value float8, method text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.extreme_bounds_accumulate(internal, float8, text) IS
'transition function of extreme_bounds';

CREATE FUNCTION _innovation_score.extreme_bounds_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.extreme_bounds_combine(internal, internal) IS
'combine function of extreme_bounds';

CREATE FUNCTION _innovation_score.extreme_bounds_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.extreme_bounds_serialize(internal) IS
'serialization function of extreme_bounds';

CREATE FUNCTION _innovation_score.extreme_bounds_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.extreme_bounds_deserialize(bytea, internal) IS
'deserialization function of extreme_bounds';

CREATE FUNCTION _innovation_score.extreme_bounds_finish(state internal) RETURNS indicator_bounds
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.extreme_bounds_finish(internal) IS
'final function of extreme_bounds';

CREATE AGGREGATE extreme_bounds(value float8, method text) (
    SFUNC = _innovation_score.extreme_bounds_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _innovation_score.extreme_bounds_finish,
    COMBINEFUNC = _innovation_score.extreme_bounds_combine,
    SERIALFUNC = _innovation_score.extreme_bounds_serialize,
    DESERIALFUNC = _innovation_score.extreme_bounds_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE extreme_bounds(float8, text) IS
'bounds of the normal range of an indicator by none, percentile(p,q), iqr(k), iqr(k,inside), sigma(k), zscore(k), mad(k), fixed(a,b) or jrc(winmax,skew,kurt), one-sided, joined by "+" or "of nonzero"; exact, in one pass; keeps the values of the group in memory (8 to 16 bytes each, none for none and fixed)';
