-- model: the value type score_model (src/model.c and its neighbours)

CREATE FUNCTION _innovation_score.valid_aggregation(aggregation text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.valid_aggregation(text) IS
'true, or an error that tells what is wrong with the text of an aggregation; for CHECK constraints';

CREATE FUNCTION _innovation_score.valid_scoring(scoring text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.valid_scoring(text) IS
'true, or an error that tells what is wrong with the text of a scoring rule; for CHECK constraints';

CREATE FUNCTION _innovation_score.scoring_points(scoring text) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.scoring_points(text) IS
'internal: the most points that a scoring rule gives, NULL for minmax and percent_rank';

CREATE TYPE score_model;

CREATE FUNCTION _innovation_score.score_model_in(cstring) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.score_model_in(cstring) IS 'input function of score_model';

CREATE FUNCTION _innovation_score.score_model_out(score_model) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.score_model_out(score_model) IS 'output function of score_model';

CREATE FUNCTION _innovation_score.score_model_recv(internal) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.score_model_recv(internal) IS 'binary input function of score_model';

CREATE FUNCTION _innovation_score.score_model_send(score_model) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.score_model_send(score_model) IS 'binary output function of score_model';

-- Storage external: a compressed model would have to be unpacked for each row
-- that is scored with it.
CREATE TYPE score_model (
    INPUT = _innovation_score.score_model_in,
    OUTPUT = _innovation_score.score_model_out,
    RECEIVE = _innovation_score.score_model_recv,
    SEND = _innovation_score.score_model_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = external
);

COMMENT ON TYPE score_model IS
'everything that defines a score: indicators, categories, methods, weights by stage, fitted bounds; text form JSON';

CREATE FUNCTION score_model(jsonb) RETURNS score_model
    AS 'MODULE_PATHNAME', 'score_model_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model(jsonb) IS 'a score model from its JSON form';

CREATE FUNCTION to_jsonb(model score_model) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'score_model_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION to_jsonb(score_model) IS 'the JSON form of a score model';

CREATE CAST (jsonb AS score_model) WITH FUNCTION score_model(jsonb);
CREATE CAST (score_model AS jsonb) WITH FUNCTION to_jsonb(score_model);

COMMENT ON CAST (jsonb AS score_model) IS 'a score model from its JSON form';
COMMENT ON CAST (score_model AS jsonb) IS 'the JSON form of a score model';

-- Equal: the same definition and the same bounds, to the last bit.
SELECT _innovation_score.order_by_bytes('score_model');

CREATE FUNCTION is_fitted(model score_model) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION is_fitted(score_model) IS
'whether every bound is exact, so that score() can use the model';

CREATE FUNCTION model_indicators(
    model score_model,
    OUT "position" integer,
    OUT indicator text,
    OUT category text,
    OUT role text,
    OUT direction text,
    OUT extreme text,
    OUT transform text,
    OUT lower float8,
    OUT upper float8,
    OUT n bigint,
    OUT missing bigint,
    OUT minimum float8,
    OUT maximum float8,
    OUT method text,
    OUT adjust text,
    OUT missing_policy text,
    OUT imputed float8,
    OUT scoring text
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'score_model_indicators' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION model_indicators(score_model) IS
'the indicators of a model as rows, in the order in which it takes values, with their fitted bounds and the value that takes the place of a missing one';

CREATE FUNCTION model_categories(
    model score_model,
    OUT "position" integer,
    OUT category text,
    OUT parent text,
    OUT role text,
    OUT max_points float8,
    OUT aggregation text,
    OUT min_coverage float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'score_model_categories' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;

COMMENT ON FUNCTION model_categories(score_model) IS
'the categories of a model as rows, in the order in which their scores are given';

CREATE FUNCTION model_weights(
    model score_model,
    OUT stage text,
    OUT indicator text,
    OUT weight float8,
    OUT effective_weight float8,
    OUT max_points float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'score_model_weights' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 60;

COMMENT ON FUNCTION model_weights(score_model) IS
'what each indicator counts in each stage: its weight as the scheme states it, its share of the whole (NULL outside of the base categories), and the most points that it can give, negative in penalty categories';

CREATE FUNCTION _innovation_score.stage_code(stage text, codes text[], titles text[]) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.stage_code(text, text[], text[]) IS
    'the code of the stage that has this title; what is a code, or neither, as it is';
