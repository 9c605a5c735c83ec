-- rank_state: ranks in rows that are scored elsewhere, or later (src/rank_state.c)

CREATE TYPE rank_state;

CREATE FUNCTION _innovation_score.rank_state_in(cstring) RETURNS rank_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rank_state_in(cstring) IS 'input function of rank_state';

CREATE FUNCTION _innovation_score.rank_state_out(rank_state) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rank_state_out(rank_state) IS 'output function of rank_state';

CREATE FUNCTION _innovation_score.rank_state_recv(internal) RETURNS rank_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rank_state_recv(internal) IS 'binary input function of rank_state';

CREATE FUNCTION _innovation_score.rank_state_send(rank_state) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rank_state_send(rank_state) IS 'binary output function of rank_state';

-- Scores do not compress, and a look-up reads all of them.
CREATE TYPE rank_state (
    INPUT = _innovation_score.rank_state_in,
    OUTPUT = _innovation_score.rank_state_out,
    RECEIVE = _innovation_score.rank_state_recv,
    SEND = _innovation_score.rank_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = external
);

COMMENT ON TYPE rank_state IS
'the scores of some rows by field, to be merged with those of other places, and to look ranks up in; 8 bytes a score';

SELECT _innovation_score.order_by_bytes('rank_state');

CREATE FUNCTION _innovation_score.rank_accumulate(state rank_state, score float8) RETURNS rank_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rank_accumulate(rank_state, float8) IS 'transition function of rank_partial';

CREATE FUNCTION _innovation_score.rank_accumulate(state rank_state, score float8, field text) RETURNS rank_state
    AS 'MODULE_PATHNAME', 'rank_accumulate_field' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.rank_accumulate(rank_state, float8, text) IS 'transition function of rank_partial';

CREATE FUNCTION _innovation_score.rank_combine(state rank_state, other rank_state) RETURNS rank_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION _innovation_score.rank_combine(rank_state, rank_state) IS
'combine function of rank_partial, transition function of rank_merge';

CREATE AGGREGATE rank_partial(score float8) (
    SFUNC = _innovation_score.rank_accumulate,
    STYPE = rank_state,
    COMBINEFUNC = _innovation_score.rank_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE rank_partial(float8) IS
'the scores of the rows, to look ranks up in with rank_of() or to be merged with those of other places';

CREATE AGGREGATE rank_partial(score float8, field text) (
    SFUNC = _innovation_score.rank_accumulate,
    STYPE = rank_state,
    COMBINEFUNC = _innovation_score.rank_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE rank_partial(float8, text) IS
'the scores of the rows by field, such as the stage; rows without field do not count';

CREATE AGGREGATE rank_merge(state rank_state) (
    SFUNC = _innovation_score.rank_combine,
    STYPE = rank_state,
    COMBINEFUNC = _innovation_score.rank_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE rank_merge(rank_state) IS
'one state of many: the same as if all their rows had been in one table';

-- The first look-up of a query reads the state, so parallel plans pay for many rows only.
CREATE FUNCTION rank_of(state rank_state, score float8) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION rank_of(rank_state, float8) IS
'competition rank of a score among those of the state, 1 = highest; the score need not be one of them';

CREATE FUNCTION rank_of(state rank_state, score float8, field text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'rank_of_field' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION rank_of(rank_state, float8, text) IS
'competition rank of a score among those that the state has of the field';

CREATE FUNCTION rank_count(state rank_state) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION rank_count(rank_state) IS 'how many scores the state has';

CREATE FUNCTION rank_count(state rank_state, field text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'rank_count_field' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION rank_count(rank_state, text) IS 'how many scores the state has of the field';

CREATE FUNCTION _innovation_score.ranked_score_row(model score_model, state rank_state, stage text, VARIADIC vals float8[])
RETURNS SETOF float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 120 ROWS 1;

COMMENT ON FUNCTION _innovation_score.ranked_score_row(score_model, rank_state, text, float8[]) IS
'what score_row() gives, followed by rank, rank within the stage and number of scores in the state; one row always';
