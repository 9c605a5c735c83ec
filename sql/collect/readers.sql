-- readers: what cells of registers say, as numbers, dates and keys of companies.

CREATE FUNCTION parse_number(cell text, unit text DEFAULT NULL) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION number_problem(cell text, unit text DEFAULT NULL) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION parse_date(cell text) RETURNS date
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.date_problem(cell text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.year_of(date date, later integer) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION company_key(cell text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION normalize_company_name(name text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION credit_code_kind(code text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION credit_code_valid(code text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION parse_number(text, text) IS
    'the number that a cell is, such as 1,234.00, ￥1,200.00, 3亿5000万元 or 12.5%, in the unit; NULL if it is none or says nothing';
COMMENT ON FUNCTION number_problem(text, text) IS
    'why a cell is no number; NULL if it is one, or says nothing';
COMMENT ON FUNCTION parse_date(text) IS
    'the date that a cell is, such as 20230503, 2023.5.3 or 2023年5月 (its first day); NULL if it is none';
COMMENT ON FUNCTION _innovation_score.date_problem(text) IS
    'internal: why a cell is no date; NULL if it is one, or says nothing';
COMMENT ON FUNCTION _innovation_score.year_of(date, integer) IS
    'internal: the year in which so many days later lie; the greatest or least integer for an infinite date';
COMMENT ON FUNCTION company_key(text) IS
    'a code or name of a company as it is compared: one width, capitals, without blanks and, in a code, hyphens';
COMMENT ON FUNCTION normalize_company_name(text) IS
    'a name of a company in one width, in capitals and without blanks';
COMMENT ON FUNCTION credit_code_kind(text) IS
    'credit (18 characters), registration (15) or organisation (9), by the form of a code; NULL if it is none';
COMMENT ON FUNCTION credit_code_valid(text) IS
    'whether the check character of a code of one of these kinds is right';

-- An average per month over the months that there are.

CREATE FUNCTION _innovation_score.monthly_accumulate(state internal, value numeric, date date) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.monthly_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.monthly_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.monthly_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.monthly_finish(state internal) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.monthly_accumulate(internal, numeric, date) IS 'transition function of monthly_average';
COMMENT ON FUNCTION _innovation_score.monthly_combine(internal, internal) IS 'combine function of monthly_average';
COMMENT ON FUNCTION _innovation_score.monthly_serialize(internal) IS 'serialization function of monthly_average';
COMMENT ON FUNCTION _innovation_score.monthly_deserialize(bytea, internal) IS 'deserialization function of monthly_average';
COMMENT ON FUNCTION _innovation_score.monthly_finish(internal) IS 'final function of monthly_average';

CREATE AGGREGATE monthly_average(value numeric, date date) (
    SFUNC = _innovation_score.monthly_accumulate,
    STYPE = internal,
    SSPACE = 192,
    FINALFUNC = _innovation_score.monthly_finish,
    COMBINEFUNC = _innovation_score.monthly_combine,
    SERIALFUNC = _innovation_score.monthly_serialize,
    DESERIALFUNC = _innovation_score.monthly_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE monthly_average(numeric, date) IS
    'the sum of the values over the number of different months of the dates, where both are given';

CREATE FUNCTION _innovation_score.expression_names(expression text, what text) RETURNS TABLE (qualifier text, name text)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.expression_names(text, text) IS
    'internal: the columns that an expression names, with what stands before the point';
