-- similar: the firms nearest to one (src/similar.c).

CREATE FUNCTION _innovation_score.nearest_accumulate(state internal, n integer, min_shared float8, entity text, stage text, normalized float8[],
                                    max_points float8[], model score_model, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'nearest_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;

CREATE FUNCTION _innovation_score.nearest_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'nearest_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.nearest_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'nearest_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.nearest_deserialize(state bytea, unused internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'nearest_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.nearest(n integer, min_shared float8, entity text, stage text, normalized float8[], max_points float8[], model score_model,
                          VARIADIC vals float8[]) (
    SFUNC = _innovation_score.nearest_accumulate,
    STYPE = internal,
    FINALFUNC = _innovation_score.nearest_serialize,
    COMBINEFUNC = _innovation_score.nearest_combine,
    SERIALFUNC = _innovation_score.nearest_serialize,
    DESERIALFUNC = _innovation_score.nearest_deserialize,
    PARALLEL = SAFE
);

CREATE FUNCTION _innovation_score.nearest_rows(nearest bytea, model score_model, OUT similar_entity text, OUT stage text,
                              OUT distance float8, OUT shared float8, OUT score float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'nearest_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION _innovation_score.nearest_accumulate(internal, integer, float8, text, text, float8[], float8[], score_model, float8[]) IS
    'internal: transition function of nearest';
COMMENT ON FUNCTION _innovation_score.nearest_combine(internal, internal) IS 'internal: combine function of nearest';
COMMENT ON FUNCTION _innovation_score.nearest_serialize(internal) IS 'internal: final function of nearest, also between processes';
COMMENT ON FUNCTION _innovation_score.nearest_deserialize(bytea, internal) IS 'internal: what nearest_serialize wrote';
COMMENT ON AGGREGATE _innovation_score.nearest(integer, float8, text, text, float8[], float8[], score_model, float8[]) IS
    'internal: the n rows whose normalized values are nearest to these, for nearest_rows';
COMMENT ON FUNCTION _innovation_score.nearest_rows(bytea, score_model) IS
    'internal: what nearest found, the nearest first: distance, the share of the weight compared, and score';

CREATE FUNCTION _innovation_score.own_normalized_row(model score_model, VARIADIC vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.own_normalized_row(score_model, float8[]) IS
    'internal: the normalized values of a row in the order of the model, NULL where a value is missing, also if it is imputed';

CREATE FUNCTION _innovation_score.similar_firms(name text, entity text, n integer, period text, min_shared float8, path name[])
RETURNS TABLE (similar_entity text, stage text, distance float8, shared float8, score float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    firm scored_firm;
BEGIN
    board := _innovation_score.get_scoreboard($1, $6);
    binding := _innovation_score.bind(board);
    IF ($3 >= 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'n must be 0 or more' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (min_shared BETWEEN 0 AND 1) IS NOT TRUE THEN
        RAISE EXCEPTION 'min_shared must be between 0 and 1, not %', COALESCE(min_shared::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is a share of the weight: 0.5 for half of it.';
    END IF;
    firm := _innovation_score.scored_firm(board, binding, $2, $4, false);
    RETURN QUERY SELECT r.similar_entity, r.stage, r.distance, r.shared, r.score FROM _innovation_score.fetch(format(
        'SELECT _innovation_score.nearest(%1$s, %9$L, innovation_score.key_text(s.%2$I), s.stage, '
        'pg_catalog.array_replace(%3$L::double precision[], ''NaN'', NULL), %4$L, %5$s, VARIADIC s._values) '
        'FROM %6$s WHERE NOT %7$s%8$s',
        $3, binding.entity, array_replace(_innovation_score.own_normalized_row(firm.model, VARIADIC firm.vals), NULL, 'NaN'),
        ARRAY(SELECT abs(w.max_points) FROM model_weights(firm.model) w WHERE w.stage = firm.stage), _innovation_score.row_model(board, binding), _innovation_score.rows_with_model(board, binding),
        _innovation_score.row_key(board, binding, 's', 'entity', $2),
        ' AND ' || _innovation_score.row_key(board, binding, 's', 'period', firm.period), min_shared)) AS f(nearest bytea)
        CROSS JOIN LATERAL _innovation_score.nearest_rows(f.nearest, firm.model) WITH ORDINALITY
            AS r(similar_entity, stage, distance, shared, score, place)
        ORDER BY r.place;
END
$$;

CREATE FUNCTION similar_firms(scoreboard text, period text DEFAULT NULL, entity text DEFAULT NULL, n integer DEFAULT 10,
                              min_shared float8 DEFAULT 0.5)
RETURNS TABLE (similar_entity text, stage text, distance float8, shared float8, score float8)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION _innovation_score.similar_firms(text, text, integer, text, float8, name[]) IS
    'internal: similar_firms with the caller''s schemas';
COMMENT ON FUNCTION similar_firms(text, text, text, integer, float8) IS
    'the n firms of a period whose normalized values are nearest to those of a firm, weighted by its stage, '
    'among those that share at least half of the weight with it, or what min_shared says';
