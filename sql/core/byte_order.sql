-- byte_order: operators of types whose values are equal where their bytes are (src/support/byte_order.c), so that
-- DISTINCT, GROUP BY, joins, indexes and REPLICA IDENTITY FULL work. The order has no meaning beyond that there is one.

CREATE FUNCTION _innovation_score.order_by_bytes(type text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    operand text := format('innovation_score.%I', type);
    due record;
BEGIN
    FOR due IN
        SELECT * FROM (VALUES
            ('cmp', '{%1$s,%1$s}', 'integer', 'order of %1$s for btree indexes'),
            ('hash', '{%1$s}', 'integer', 'hash of %1$s'),
            ('hash_extended', '{%1$s,bigint}', 'bigint', 'seeded hash of %1$s'),
            ('eq', '{%1$s,%1$s}', 'boolean', 'implementation of = operator'),
            ('ne', '{%1$s,%1$s}', 'boolean', 'implementation of <> operator'),
            ('lt', '{%1$s,%1$s}', 'boolean', 'implementation of < operator'),
            ('le', '{%1$s,%1$s}', 'boolean', 'implementation of <= operator'),
            ('gt', '{%1$s,%1$s}', 'boolean', 'implementation of > operator'),
            ('ge', '{%1$s,%1$s}', 'boolean', 'implementation of >= operator')) AS f(name, arguments, result, comment)
    LOOP
        EXECUTE format('CREATE FUNCTION _innovation_score.%I(%s) RETURNS %s AS %L, %L LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE',
                       format('%s_%s', type, due.name), array_to_string(format(due.arguments, operand)::text[], ', '), due.result,
                       'MODULE_PATHNAME', 'bytes_' || due.name);
        EXECUTE format('COMMENT ON FUNCTION _innovation_score.%I IS %L', format('%s_%s', type, due.name), 'internal: ' || format(due.comment, type));
    END LOOP;
    FOR due IN
        SELECT * FROM (VALUES
            ('=', 'eq', '=', '<>', 'eq', ', HASHES, MERGES', 'the same bytes'),
            ('<>', 'ne', '<>', '=', 'neq', '', 'other bytes'),
            ('<', 'lt', '>', '>=', 'scalarlt', '', 'before in the order of the bytes'),
            ('<=', 'le', '>=', '>', 'scalarle', '', 'before in the order of the bytes, or the same'),
            ('>', 'gt', '<', '<=', 'scalargt', '', 'after in the order of the bytes'),
            ('>=', 'ge', '<=', '<', 'scalarge', '', 'after in the order of the bytes, or the same'))
            AS o(name, function, commutator, negator, selectivity, rest, comment)
    LOOP
        EXECUTE format('CREATE OPERATOR innovation_score.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = _innovation_score.%3$I, '
                       'COMMUTATOR = OPERATOR(innovation_score.%4$s), NEGATOR = OPERATOR(innovation_score.%5$s), '
                       'RESTRICT = %6$ssel, JOIN = %6$sjoinsel%7$s)', due.name, operand, format('%s_%s', type, due.function),
                       due.commutator, due.negator, due.selectivity, due.rest);
        EXECUTE format('COMMENT ON OPERATOR innovation_score.%1$s (%2$s, %2$s) IS %3$L', due.name, operand, due.comment);
    END LOOP;
    EXECUTE format('CREATE OPERATOR CLASS innovation_score.%1$I DEFAULT FOR TYPE %2$s USING btree AS '
                   'OPERATOR 1 innovation_score.<, OPERATOR 2 innovation_score.<=, OPERATOR 3 innovation_score.=, '
                   'OPERATOR 4 innovation_score.>=, OPERATOR 5 innovation_score.>, '
                   'FUNCTION 1 _innovation_score.%3$I(%2$s, %2$s)', type || '_ops', operand, type || '_cmp');
    EXECUTE format('CREATE OPERATOR CLASS innovation_score.%1$I DEFAULT FOR TYPE %2$s USING hash AS '
                   'OPERATOR 1 innovation_score.=, FUNCTION 1 _innovation_score.%3$I(%2$s), '
                   'FUNCTION 2 _innovation_score.%4$I(%2$s, bigint)', type || '_ops', operand, type || '_hash', type || '_hash_extended');
    FOR due IN
        SELECT k.kind, m.method FROM unnest('{CLASS,FAMILY}'::text[]) k(kind), unnest('{btree,hash}'::text[]) m(method)
    LOOP
        EXECUTE format('COMMENT ON OPERATOR %s innovation_score.%I USING %s IS %L', due.kind, type || '_ops', due.method,
                       CASE due.method WHEN 'btree' THEN 'order of ' ELSE 'equality of ' END || type || ' by bytes');
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.order_by_bytes(text) IS
    'internal: for install and upgrade scripts: operators and operator classes of a type of the extension, by bytes';
