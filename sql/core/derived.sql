-- derived: indicators that are made of two or three figures of a firm.
--
-- Overloads for numeric are exact where the quotient ends: a growth of 15 % is 0.15 and reaches a threshold of 0.15.
-- They are not STRICT, so that the planner inlines them; NULL arguments give NULL all the same.

CREATE FUNCTION growth_rate(current float8, previous float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION growth_rate(float8, float8) IS
'(current - previous) / |previous|; NULL where the previous value is 0';

CREATE FUNCTION ratio(part float8, whole float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ratio(float8, float8) IS
'part / whole; NULL where the whole is 0';

CREATE FUNCTION growth_rate(current numeric, previous numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN previous <> 0 THEN trim_scale((current - previous) / abs(previous)) END;

CREATE FUNCTION ratio(part numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN whole <> 0 THEN trim_scale(part / whole) END;

CREATE FUNCTION margin(profit numeric, base numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN base > 0 THEN trim_scale(profit / base) END;

CREATE FUNCTION margin(profit float8, base float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN base > 0 THEN ratio(profit, base) END;

-- One division only, so that a mean of growths that ends as a decimal is met exactly.
CREATE FUNCTION average_growth(first numeric, second numeric, third numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN first + second + third IS NULL THEN NULL
            WHEN first < 0 OR second <= 0 THEN 0
            WHEN first = 0 THEN greatest(growth_rate(third, second), 0)
            ELSE greatest(trim_scale((second * (second - first) + first * (third - second)) / (2 * first * second)), 0) END;

CREATE FUNCTION average_growth(first float8, second float8, third float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN first + second + third IS NULL THEN NULL
            WHEN first < 0 OR second <= 0 THEN 0
            WHEN first = 0 THEN greatest(growth_rate(third, second), 0)
            ELSE greatest((growth_rate(second, first) + growth_rate(third, second)) / 2, 0) END;

COMMENT ON FUNCTION growth_rate(numeric, numeric) IS
    '(current - previous) / |previous|, exact to the decimal; NULL where the previous value is 0';
COMMENT ON FUNCTION ratio(numeric, numeric) IS 'part / whole, exact to the decimal; NULL where the whole is 0';
COMMENT ON FUNCTION margin(numeric, numeric) IS
    'profit / base, exact to the decimal; NULL where the base is 0 or negative, so that a loss over negative equity is no margin';
COMMENT ON FUNCTION margin(float8, float8) IS
    'profit / base; NULL where the base is 0 or negative, so that a loss over negative equity is no margin';
COMMENT ON FUNCTION average_growth(numeric, numeric, numeric) IS
    'mean of two yearly growths as the certification of high-tech enterprises (高新技术企业认定) counts it, at least 0';
COMMENT ON FUNCTION average_growth(float8, float8, float8) IS
    'mean of two yearly growths as the certification of high-tech enterprises (高新技术企业认定) counts it, at least 0';
