-- fit: bounds of all indicators in one pass over the rows (src/fit.c)

CREATE TYPE fit_state;

CREATE FUNCTION _innovation_score.fit_state_in(cstring) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.fit_state_in(cstring) IS 'input function of fit_state';

CREATE FUNCTION _innovation_score.fit_state_out(fit_state) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.fit_state_out(fit_state) IS 'output function of fit_state';

CREATE FUNCTION _innovation_score.fit_state_recv(internal) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.fit_state_recv(internal) IS 'binary input function of fit_state';

CREATE FUNCTION _innovation_score.fit_state_send(fit_state) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.fit_state_send(fit_state) IS 'binary output function of fit_state';

CREATE TYPE fit_state (
    INPUT = _innovation_score.fit_state_in,
    OUTPUT = _innovation_score.fit_state_out,
    RECEIVE = _innovation_score.fit_state_recv,
    SEND = _innovation_score.fit_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);

COMMENT ON TYPE fit_state IS
'a pass of fit() over some rows, to be merged with others and turned into a model by fit_model(); the state of a small group holds its values';

SELECT _innovation_score.order_by_bytes('fit_state');

CREATE FUNCTION _innovation_score.fit_accumulate(state fit_state, model score_model, VARIADIC vals float8[]) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;

COMMENT ON FUNCTION _innovation_score.fit_accumulate(fit_state, score_model, float8[]) IS
'transition function of fit and fit_partial';

CREATE FUNCTION _innovation_score.fit_combine(state fit_state, other fit_state) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION _innovation_score.fit_combine(fit_state, fit_state) IS
'combine function of fit and fit_partial, transition function of fit_merge';

CREATE FUNCTION fit_model(state fit_state) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION fit_model(fit_state) IS
'the model with the bounds that a state gives; not fitted yet (is_fitted) where a large sample needs another pass';

CREATE AGGREGATE fit(model score_model, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.fit_accumulate,
    STYPE = fit_state,
    SSPACE = 16384,
    FINALFUNC = fit_model,
    COMBINEFUNC = _innovation_score.fit_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE fit(score_model, float8[]) IS
'the model with its bounds fitted on the rows, values in the order of model_indicators(); applied to a model that is not finished it goes on with the next pass';

CREATE AGGREGATE fit_partial(model score_model, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.fit_accumulate,
    STYPE = fit_state,
    SSPACE = 16384,
    COMBINEFUNC = _innovation_score.fit_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE fit_partial(score_model, float8[]) IS
'the state of a pass of fit() over the rows, to be merged with those of other places';

CREATE AGGREGATE fit_merge(state fit_state) (
    SFUNC = _innovation_score.fit_combine,
    STYPE = fit_state,
    SSPACE = 16384,
    COMBINEFUNC = _innovation_score.fit_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE fit_merge(fit_state) IS
'one state of many: the same as if all their rows had been in one table';
