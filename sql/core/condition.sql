-- condition: the value type condition (src/condition)

CREATE TYPE condition;

CREATE FUNCTION _innovation_score.condition_in(cstring) RETURNS condition
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_in(cstring) IS 'input function of condition';

CREATE FUNCTION _innovation_score.condition_out(condition) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_out(condition) IS 'output function of condition';

CREATE FUNCTION _innovation_score.condition_recv(internal) RETURNS condition
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_recv(internal) IS 'binary input function of condition';

CREATE FUNCTION _innovation_score.condition_send(condition) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_send(condition) IS 'binary output function of condition';

CREATE TYPE condition (
    INPUT = _innovation_score.condition_in,
    OUTPUT = _innovation_score.condition_out,
    RECEIVE = _innovation_score.condition_recv,
    SEND = _innovation_score.condition_send,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended
);

COMMENT ON TYPE condition IS
'a condition over the values of one firm, such as revenue > 0 AND rd_expense <= revenue; text form: as it was written';

CREATE FUNCTION _innovation_score.condition_eq(condition, condition) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_eq(condition, condition) IS 'implementation of = operator';

CREATE OPERATOR = (
    LEFTARG = condition,
    RIGHTARG = condition,
    FUNCTION = _innovation_score.condition_eq,
    COMMUTATOR = =,
    NEGATOR = <>,
    RESTRICT = eqsel,
    JOIN = eqjoinsel,
    HASHES,
    MERGES
);

COMMENT ON OPERATOR = (condition, condition) IS 'the same text';

CREATE FUNCTION _innovation_score.condition_ne(condition, condition) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_ne(condition, condition) IS 'implementation of <> operator';

CREATE OPERATOR <> (
    LEFTARG = condition,
    RIGHTARG = condition,
    FUNCTION = _innovation_score.condition_ne,
    COMMUTATOR = <>,
    NEGATOR = =,
    RESTRICT = neqsel,
    JOIN = neqjoinsel
);

COMMENT ON OPERATOR <> (condition, condition) IS 'another text';

CREATE FUNCTION _innovation_score.condition_lt(condition, condition) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_lt(condition, condition) IS 'implementation of < operator';

CREATE OPERATOR < (
    LEFTARG = condition,
    RIGHTARG = condition,
    FUNCTION = _innovation_score.condition_lt,
    COMMUTATOR = >,
    NEGATOR = >=,
    RESTRICT = scalarltsel,
    JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR < (condition, condition) IS 'before in the order of the bytes';

CREATE FUNCTION _innovation_score.condition_le(condition, condition) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_le(condition, condition) IS 'implementation of <= operator';

CREATE OPERATOR <= (
    LEFTARG = condition,
    RIGHTARG = condition,
    FUNCTION = _innovation_score.condition_le,
    COMMUTATOR = >=,
    NEGATOR = >,
    RESTRICT = scalarlesel,
    JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR <= (condition, condition) IS 'before in the order of the bytes, or the same';

CREATE FUNCTION _innovation_score.condition_gt(condition, condition) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_gt(condition, condition) IS 'implementation of > operator';

CREATE OPERATOR > (
    LEFTARG = condition,
    RIGHTARG = condition,
    FUNCTION = _innovation_score.condition_gt,
    COMMUTATOR = <,
    NEGATOR = <=,
    RESTRICT = scalargtsel,
    JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR > (condition, condition) IS 'after in the order of the bytes';

CREATE FUNCTION _innovation_score.condition_ge(condition, condition) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_ge(condition, condition) IS 'implementation of >= operator';

CREATE OPERATOR >= (
    LEFTARG = condition,
    RIGHTARG = condition,
    FUNCTION = _innovation_score.condition_ge,
    COMMUTATOR = <=,
    NEGATOR = <,
    RESTRICT = scalargesel,
    JOIN = scalargejoinsel
);

COMMENT ON OPERATOR >= (condition, condition) IS 'after in the order of the bytes, or the same';

CREATE FUNCTION _innovation_score.condition_cmp(condition, condition) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_cmp(condition, condition) IS 'order of conditions for btree indexes';

CREATE OPERATOR CLASS condition_ops DEFAULT FOR TYPE condition USING btree AS
    OPERATOR 1 <,
    OPERATOR 2 <=,
    OPERATOR 3 =,
    OPERATOR 4 >=,
    OPERATOR 5 >,
    FUNCTION 1 _innovation_score.condition_cmp(condition, condition);

COMMENT ON OPERATOR FAMILY condition_ops USING btree IS 'order of conditions: their texts as bytes';
COMMENT ON OPERATOR CLASS condition_ops USING btree IS 'order of conditions: their texts as bytes';

CREATE FUNCTION _innovation_score.condition_hash(condition) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_hash(condition) IS 'hash of a condition';

CREATE FUNCTION _innovation_score.condition_hash_extended(condition, seed bigint) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.condition_hash_extended(condition, bigint) IS 'seeded hash of a condition';

CREATE OPERATOR CLASS condition_ops DEFAULT FOR TYPE condition USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 _innovation_score.condition_hash(condition),
    FUNCTION 2 _innovation_score.condition_hash_extended(condition, bigint);

COMMENT ON OPERATOR FAMILY condition_ops USING hash IS 'equality of conditions: that of their texts';
COMMENT ON OPERATOR CLASS condition_ops USING hash IS 'equality of conditions: that of their texts';

CREATE FUNCTION _innovation_score.condition_names(condition) RETURNS TABLE (relation text, name text, type text)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;

COMMENT ON FUNCTION _innovation_score.condition_names(condition) IS
    'the names that a condition holds: what stands before each, and its type, NULL where the condition leaves several';

CREATE FUNCTION _innovation_score.bind_condition_names(condition, names text[], kinds text[], types text[])
RETURNS TABLE (relation text, name text, kind text, type text)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;

COMMENT ON FUNCTION _innovation_score.bind_condition_names(condition, text[], text[], text[]) IS
    'the names that a condition holds and what they mean: the first of that name among those given, which are columns, '
    'indicators and computed columns, each with its type (number, text, boolean, NULL: any); an error for other names and types';

CREATE FUNCTION _innovation_score.evaluate(condition, names text[], vals float8[], previous float8[] DEFAULT NULL,
                                           medians float8[] DEFAULT NULL) RETURNS boolean
    AS 'MODULE_PATHNAME', 'condition_evaluate_values' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.evaluate(condition, text[], float8[], float8[], float8[]) IS
    'the truth of a condition over numbers under these names, those of the period before and the medians';

CREATE FUNCTION _innovation_score.same_expression(a text, b text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.same_expression(text, text) IS 'internal: whether two expressions are the same to the parser';

CREATE FUNCTION _innovation_score.firm_condition_holds(condition condition, names text[], VARIADIC vals "any") RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.firm_condition_holds(condition, text[], "any") IS
    'the truth of a condition given values (double precision, text or boolean) of these names; a name without one is NULL';

-- For CHECK constraints on conditions of schemes: they may name indicators, and columns of sources.
CREATE FUNCTION _innovation_score.valid_firm_condition(condition condition) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    odd text := (SELECT format('%s.%s', n.relation, n.name) FROM _innovation_score.condition_names(condition) n
                 WHERE n.relation NOT IN ('', 'indicator') LIMIT 1);
BEGIN
    IF odd IS NOT NULL THEN
        RAISE EXCEPTION 'this condition looks at one firm and its indicators, so it cannot hold %', odd
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s', condition),
                  HINT = 'It may name indicators of the scheme and columns of the source of a scoreboard.';
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION _innovation_score.valid_firm_condition(condition) IS
    'internal: true, or an error for a condition that looks at more than the values of one firm';
