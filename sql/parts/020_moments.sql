-- moments: skewness and kurtosis of a sample (src/moments.c)

CREATE FUNCTION moments_accumulate(state internal, value float8) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION moments_accumulate(internal, float8) IS
'transition function of skewness and kurtosis';

CREATE FUNCTION moments_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION moments_combine(internal, internal) IS
'combine function of skewness and kurtosis';

CREATE FUNCTION moments_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION moments_serialize(internal) IS
'serialization function of skewness and kurtosis';

CREATE FUNCTION moments_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION moments_deserialize(bytea, internal) IS
'deserialization function of skewness and kurtosis';

CREATE FUNCTION skewness_finish(state internal) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION skewness_finish(internal) IS
'final function of skewness';

CREATE FUNCTION kurtosis_finish(state internal) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION kurtosis_finish(internal) IS
'final function of kurtosis';

CREATE AGGREGATE skewness(value float8) (
    SFUNC = moments_accumulate,
    STYPE = internal,
    SSPACE = 6144,
    FINALFUNC = skewness_finish,
    COMBINEFUNC = moments_combine,
    SERIALFUNC = moments_serialize,
    DESERIALFUNC = moments_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE skewness(float8) IS
'sample skewness with the correction for small samples that SKEW of spreadsheets has, from exact sums; NULL for fewer than 3 values or no spread';

CREATE AGGREGATE kurtosis(value float8) (
    SFUNC = moments_accumulate,
    STYPE = internal,
    SSPACE = 6144,
    FINALFUNC = kurtosis_finish,
    COMBINEFUNC = moments_combine,
    SERIALFUNC = moments_serialize,
    DESERIALFUNC = moments_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE kurtosis(float8) IS
'sample excess kurtosis with the correction for small samples that KURT of spreadsheets has, from exact sums; NULL for fewer than 4 values or no spread';
