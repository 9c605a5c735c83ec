-- allocate: a budget shared by weight (src/allocate.c, src/sharing.c)

CREATE FUNCTION allocate(budget numeric, weight float8, floor numeric DEFAULT NULL, cap numeric DEFAULT NULL,
                         unit numeric DEFAULT 0.01) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION allocate(numeric, float8, numeric, numeric, numeric) IS
'share of the budget of the partition, by weight, within floor and cap, in whole units; ORDER BY decides ties';

CREATE FUNCTION unallocated(budget numeric, weight float8, floor numeric DEFAULT NULL, cap numeric DEFAULT NULL,
                            unit numeric DEFAULT 0.01) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION unallocated(numeric, float8, numeric, numeric, numeric) IS
'what allocate() leaves of the budget of the partition';
