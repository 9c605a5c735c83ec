-- score: rows of values under a fitted model (src/score.c)

CREATE FUNCTION score(model score_model, stage text, VARIADIC vals float8[]) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;

COMMENT ON FUNCTION score(score_model, text, float8[]) IS
'total score of a row: 0 to full marks, plus bonus and minus penalty points';

CREATE FUNCTION category_score(model score_model, stage text, category text, VARIADIC vals float8[]) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;

COMMENT ON FUNCTION category_score(score_model, text, text, float8[]) IS
'score of a row inside one category, 0 to the full marks';

CREATE FUNCTION coverage(model score_model, stage text, VARIADIC vals float8[]) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION coverage(score_model, text, float8[]) IS
'share, 0 to 1, of the weight of the stage''s base indicators whose values are present';

CREATE FUNCTION score_row(model score_model, stage text, VARIADIC vals float8[]) RETURNS SETOF float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 40 ROWS 1;

COMMENT ON FUNCTION score_row(score_model, text, float8[]) IS
'score, coverage, number of the stage (from 0) and the category scores of a row as one array, for views: evaluated once a row however many columns are read';

CREATE FUNCTION _innovation_score.normalized_row(model score_model, VARIADIC vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;

COMMENT ON FUNCTION _innovation_score.normalized_row(score_model, float8[]) IS
'normalized values of a row, 0 to 1, in the order of the model''s indicators, NULL where a value is missing and not imputed';

CREATE FUNCTION _innovation_score.stage_normalized_row(model score_model, stage text, VARIADIC vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;

COMMENT ON FUNCTION _innovation_score.stage_normalized_row(score_model, text, float8[]) IS
'normalized values of a row under the rules of a stage, otherwise as normalized_row()';

CREATE FUNCTION score_detail(
    model score_model,
    stage text,
    VARIADIC vals float8[],
    OUT indicator text,
    OUT category text,
    OUT value float8,
    OUT lower float8,
    OUT upper float8,
    OUT normalized float8,
    OUT max_points float8,
    OUT points float8,
    OUT status text
) RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION score_detail(score_model, text, float8[]) IS
'why a row scores what it does: for each indicator value, bounds, normalized value, the most points it can give, points, and status ok, below, above, missing, constant or imputed; the points add up to the score';

CREATE FUNCTION score_numeric(score float8, decimals integer DEFAULT 4) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_numeric(float8, integer) IS
'a score with a number of decimals as numeric, at about a ninth of the cost of a cast to numeric(n, decimals)';

CREATE FUNCTION _innovation_score.score_places(model score_model, OUT place integer, OUT digits integer, OUT decimals integer)
RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;

COMMENT ON FUNCTION _innovation_score.score_places(score_model) IS
'internal: the numeric types of the score and the category scores, by their places in score_row()';

CREATE FUNCTION _innovation_score.score_type(model score_model) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('numeric(%s,%s)', p.digits, p.decimals) FROM score_places(model) p WHERE p.place = 1
$$;

COMMENT ON FUNCTION _innovation_score.score_type(score_model) IS 'internal: the type that views show scores in';

CREATE FUNCTION _innovation_score.has_score_decimals(model score_model, score float8) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT score_numeric(score, p.decimals)::float8 = score FROM score_places(model) p WHERE p.place = 1
$$;

COMMENT ON FUNCTION _innovation_score.has_score_decimals(score_model, float8) IS
'internal: whether a score has no more decimals than those of the model';

CREATE FUNCTION _innovation_score.shown_score(model score_model, item text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('innovation_score.score_numeric(%s, %s)::numeric(%s,%s)', item, p.decimals, p.digits, p.decimals)
    FROM score_places(model) p WHERE p.place = 1
$$;

COMMENT ON FUNCTION _innovation_score.shown_score(score_model, text) IS 'internal: text of a score as views show it';

CREATE FUNCTION _innovation_score.single_value_accumulate(known float8, value float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.single_value_accumulate(float8, float8) IS
'transition and combine function of single_value';

CREATE AGGREGATE _innovation_score.single_value(value float8) (
    SFUNC = _innovation_score.single_value_accumulate,
    STYPE = float8,
    COMBINEFUNC = _innovation_score.single_value_accumulate,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE _innovation_score.single_value(float8) IS
'the one value of a group, NULL if there is none, an error if there are two different ones; pivots long tables';

CREATE FUNCTION _innovation_score.check_expression(expression text, what text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.check_expression(text, text) IS
'the text as given if it is one SQL expression and nothing else, otherwise a syntax error that says what it was meant for';

CREATE FUNCTION _innovation_score.is_immutable(query text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'query_is_immutable' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.is_immutable(text) IS
'internal: whether a query, which is not run, calls immutable functions only';

CREATE FUNCTION _innovation_score.row_values(VARIADIC vals "any") RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION _innovation_score.row_values("any") IS
'numbers of any type as double precision in one array, NULL as NaN (missing): the values of a row, as generated views pass them to fit and score_row';

CREATE FUNCTION _innovation_score.element(numbers float8[], place integer) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.element(float8[], integer) IS
'internal: what numbers[place] gives, at a third of its cost; for the rows of score_row() and ranked_row()';

CREATE FUNCTION _innovation_score.elements_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.elements_support(internal) IS
'internal: planner support of elements()';

CREATE FUNCTION _innovation_score.elements(numbers float8[], places integer[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE SUPPORT _innovation_score.elements_support;

COMMENT ON FUNCTION _innovation_score.elements(float8[], integer[]) IS
'internal: the numbers at these places, missing (NaN) where there is none, all of them for NULL';

CREATE FUNCTION _innovation_score.known_values(vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.known_values(float8[]) IS
'internal: an array of row_values with NULL for missing values; a NaN that was entered is NaN';
