-- moments: skewness and kurtosis of a sample (src/moments.c)

CREATE FUNCTION _innovation_score.moments_accumulate(state internal, value float8) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.moments_accumulate(internal, float8) IS
'transition function of skewness and kurtosis';

CREATE FUNCTION _innovation_score.moments_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.moments_combine(internal, internal) IS
'combine function of skewness and kurtosis';

CREATE FUNCTION _innovation_score.moments_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.moments_serialize(internal) IS
'serialization function of skewness and kurtosis';

CREATE FUNCTION _innovation_score.moments_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.moments_deserialize(bytea, internal) IS
'deserialization function of skewness and kurtosis';

CREATE FUNCTION _innovation_score.skewness_finish(state internal) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.skewness_finish(internal) IS
'final function of skewness';

CREATE FUNCTION _innovation_score.kurtosis_finish(state internal) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.kurtosis_finish(internal) IS
'final function of kurtosis';

CREATE AGGREGATE skewness(value float8) (
    SFUNC = _innovation_score.moments_accumulate,
    STYPE = internal,
    SSPACE = 6144,
    FINALFUNC = _innovation_score.skewness_finish,
    COMBINEFUNC = _innovation_score.moments_combine,
    SERIALFUNC = _innovation_score.moments_serialize,
    DESERIALFUNC = _innovation_score.moments_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE skewness(float8) IS
'sample skewness with the correction for small samples that SKEW of spreadsheets has, from exact sums; NULL for fewer than 3 values or no spread';

CREATE AGGREGATE kurtosis(value float8) (
    SFUNC = _innovation_score.moments_accumulate,
    STYPE = internal,
    SSPACE = 6144,
    FINALFUNC = _innovation_score.kurtosis_finish,
    COMBINEFUNC = _innovation_score.moments_combine,
    SERIALFUNC = _innovation_score.moments_serialize,
    DESERIALFUNC = _innovation_score.moments_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE kurtosis(float8) IS
'sample excess kurtosis with the correction for small samples that KURT of spreadsheets has, from exact sums; NULL for fewer than 4 values or no spread';
