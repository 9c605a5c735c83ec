-- key_text: the text by which keys of users' tables (entity, period, peers, quota) are compared.

CREATE FUNCTION key_text(value "any") RETURNS text
    AS 'MODULE_PATHNAME', 'key_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;

CREATE FUNCTION _innovation_score.check_key_type(type oid, key_collation oid) RETURNS void
    AS 'MODULE_PATHNAME', 'check_key_type' LANGUAGE C STABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.has_key_text(type oid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'has_key_text' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.has_key_text(oid) IS 'internal: whether values of a type have a key text';
COMMENT ON FUNCTION key_text("any") IS
    'the text by which an entity, period, peer group or quota is compared: the same exactly for equal values';
COMMENT ON FUNCTION _innovation_score.check_key_type(oid, oid) IS
    'internal: an error if values of a type and collation cannot be used as keys';

CREATE FUNCTION _innovation_score.key_operator(type oid, less boolean DEFAULT false) RETURNS text
    AS 'MODULE_PATHNAME', 'key_operator' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.key_operator(oid, boolean) IS
    'internal: SQL text of the operator that says whether two values of a type are equal (or the first is less), with '
    'its schema';

-- The type with its schema and without a modifier, which would cut or round a value.
CREATE FUNCTION _innovation_score.type_name(type oid) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s.%I', t.typnamespace::regnamespace, t.typname) FROM pg_type t WHERE t.oid = type
$$;

COMMENT ON FUNCTION _innovation_score.type_name(oid) IS 'internal: the name of a type with its schema';

CREATE FUNCTION _innovation_score.base_type(type oid) RETURNS pg_type
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE base(type) AS (
        SELECT t FROM pg_type t WHERE t.oid = base_type.type
        UNION ALL
        SELECT t FROM base b JOIN pg_type t ON t.oid = (b.type).typbasetype WHERE (b.type).typtype = 'd'
    )
    SELECT (b.type).* FROM base b WHERE (b.type).typtype <> 'd'
$$;

COMMENT ON FUNCTION _innovation_score.base_type(oid) IS 'internal: the type below a domain';

-- A key as a caller writes it: 2024.0 is the number 2024. A form that depends on the session is read as ISO in UTC.
-- Of a type that has key texts, never of a domain: this runs for others, too, and the column whose type it is may be
-- that of a view that somebody has put in the place of ours.
CREATE FUNCTION _innovation_score.key_of_text(value text, type oid, scoreboard text, what text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' AS $$
DECLARE
    key text;
BEGIN
    PERFORM _innovation_score.check_key_type(type, 0::oid);
    EXECUTE format('SELECT innovation_score.key_text(CAST(%L AS %s))', value,
                   _innovation_score.type_name((_innovation_score.base_type(type)).oid)) INTO key;
    RETURN key;
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION 'scoreboard % cannot have % "%"', scoreboard,
            CASE what WHEN 'entity' THEN 'an entity' ELSE 'a period' END, value
        USING ERRCODE = 'invalid_parameter_value',
              DETAIL = format('Its %s are of type %s.', CASE what WHEN 'entity' THEN 'entities' ELSE 'periods' END,
                              format_type(type, NULL)),
              HINT = format('Give the %s in its text form (dates as YYYY-MM-DD).', what);
END
$$;

COMMENT ON FUNCTION _innovation_score.key_of_text(text, oid, text, text) IS
    'internal: the key text of an entity or a period that a caller gave as text';

-- By the type, so that indexes and partitions of the source are found.
CREATE FUNCTION _innovation_score.key_condition(item text, type oid, key text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s %s CAST(%L AS %s)', item, _innovation_score.key_operator(type), key, _innovation_score.type_name(type))
$$;

COMMENT ON FUNCTION _innovation_score.key_condition(text, oid, text) IS
    'internal: SQL text of the condition that a value has a key text; NULL if there is none';
