-- key_text: the text by which keys of users' tables (entity, period, peers, quota) are compared.

CREATE FUNCTION key_text(value "any") RETURNS text
    AS 'MODULE_PATHNAME', 'key_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

CREATE FUNCTION _innovation_score.check_key_type(type oid, key_collation oid) RETURNS void
    AS 'MODULE_PATHNAME', 'check_key_type' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION key_text("any") IS
    'the text by which an entity, period, peer group or quota is compared: the same exactly for equal values';
COMMENT ON FUNCTION _innovation_score.check_key_type(oid, oid) IS
    'internal: an error if values of a type and collation cannot be used as keys';
