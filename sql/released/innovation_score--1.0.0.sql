\echo Use "CREATE EXTENSION innovation_score" to load this file. \quit
-- bounds: extreme-value methods, one indicator at a time (src/bounds.c)

CREATE TYPE indicator_bounds AS (
    lower float8,
    upper float8,
    n bigint,
    missing bigint,
    below bigint,
    above bigint,
    minimum float8,
    maximum float8,
    method text
);

COMMENT ON TYPE indicator_bounds IS
'bounds of the normal range of an indicator and what was found in the sample: values present, missing, below and above the bounds, minimum, maximum, effective method';

CREATE FUNCTION valid_extreme_method(method text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION valid_extreme_method(text) IS
'true, or an error that tells what is wrong with the text of an extreme-value method; for CHECK constraints';

CREATE FUNCTION extreme_bounds_accumulate(state internal, value float8, method text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION extreme_bounds_accumulate(internal, float8, text) IS
'transition function of extreme_bounds';

CREATE FUNCTION extreme_bounds_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION extreme_bounds_combine(internal, internal) IS
'combine function of extreme_bounds';

CREATE FUNCTION extreme_bounds_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION extreme_bounds_serialize(internal) IS
'serialization function of extreme_bounds';

CREATE FUNCTION extreme_bounds_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION extreme_bounds_deserialize(bytea, internal) IS
'deserialization function of extreme_bounds';

CREATE FUNCTION extreme_bounds_finish(state internal) RETURNS indicator_bounds
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION extreme_bounds_finish(internal) IS
'final function of extreme_bounds';

CREATE AGGREGATE extreme_bounds(value float8, method text) (
    SFUNC = extreme_bounds_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = extreme_bounds_finish,
    COMBINEFUNC = extreme_bounds_combine,
    SERIALFUNC = extreme_bounds_serialize,
    DESERIALFUNC = extreme_bounds_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE extreme_bounds(float8, text) IS
'bounds of the normal range of an indicator by none, percentile(p,q), iqr(k), sigma(k), mad(k), fixed(a,b) or jrc(winmax,skew,kurt); exact, in one pass; keeps the values of the group in memory (8 to 16 bytes each, none for none and fixed)';
-- moments: skewness and kurtosis of a sample (src/moments.c)

CREATE FUNCTION moments_accumulate(state internal, value float8) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION moments_accumulate(internal, float8) IS
'transition function of skewness and kurtosis';

CREATE FUNCTION moments_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION moments_combine(internal, internal) IS
'combine function of skewness and kurtosis';

CREATE FUNCTION moments_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION moments_serialize(internal) IS
'serialization function of skewness and kurtosis';

CREATE FUNCTION moments_deserialize(serialized bytea, state internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION moments_deserialize(bytea, internal) IS
'deserialization function of skewness and kurtosis';

CREATE FUNCTION skewness_finish(state internal) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION skewness_finish(internal) IS
'final function of skewness';

CREATE FUNCTION kurtosis_finish(state internal) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION kurtosis_finish(internal) IS
'final function of kurtosis';

CREATE AGGREGATE skewness(value float8) (
    SFUNC = moments_accumulate,
    STYPE = internal,
    SSPACE = 6144,
    FINALFUNC = skewness_finish,
    COMBINEFUNC = moments_combine,
    SERIALFUNC = moments_serialize,
    DESERIALFUNC = moments_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE skewness(float8) IS
'sample skewness with the correction for small samples that SKEW of spreadsheets has, from exact sums; NULL for fewer than 3 values or no spread';

CREATE AGGREGATE kurtosis(value float8) (
    SFUNC = moments_accumulate,
    STYPE = internal,
    SSPACE = 6144,
    FINALFUNC = kurtosis_finish,
    COMBINEFUNC = moments_combine,
    SERIALFUNC = moments_serialize,
    DESERIALFUNC = moments_deserialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE kurtosis(float8) IS
'sample excess kurtosis with the correction for small samples that KURT of spreadsheets has, from exact sums; NULL for fewer than 4 values or no spread';
-- normalize: one value at a time (src/normalize.c)

CREATE FUNCTION valid_direction(direction text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION valid_direction(text) IS
'true, or an error that tells what is wrong with the text of a direction; for CHECK constraints';

CREATE FUNCTION valid_transform(transform text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION valid_transform(text) IS
'true, or an error that tells what is wrong with the text of a transform; for CHECK constraints';

CREATE FUNCTION valid_adjust(adjust text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION valid_adjust(text) IS
'true, or an error that tells what is wrong with the text of an adjustment of values beyond the bounds; for CHECK constraints';

CREATE FUNCTION winsorize(value float8, bounds indicator_bounds) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION winsorize(float8, indicator_bounds) IS
'the value pulled into the bounds; NULL for a missing value';

CREATE FUNCTION compress(value float8, bounds indicator_bounds, a float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION compress(float8, indicator_bounds, float8) IS
'the value, beyond the bounds drawn together by a logarithm that keeps the order; the smaller a is above zero, the more; NULL for a missing value';

CREATE FUNCTION minmax(value float8, bounds indicator_bounds, direction text DEFAULT 'benefit') RETURNS float8
    AS 'MODULE_PATHNAME', 'minmax_bounds' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION minmax(float8, indicator_bounds, text) IS
'the winsorized value on a scale from 0 (worst) to 1 (best); directions benefit, cost, target(t), interval(a,b)';

CREATE FUNCTION minmax(value float8, worst float8, best float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'minmax_goalposts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION minmax(float8, float8, float8) IS
'the value on a scale from 0 at worst to 1 at best, values beyond pulled in; worst > best makes a cost indicator';

CREATE FUNCTION growth_rate(current float8, previous float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION growth_rate(float8, float8) IS
'(current - previous) / |previous|; NULL where the previous value is 0';

CREATE FUNCTION ratio(part float8, whole float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ratio(float8, float8) IS
'part / whole; NULL where the whole is 0';
-- model: the value type score_model (src/model.c and its neighbours)

CREATE FUNCTION valid_aggregation(aggregation text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION valid_aggregation(text) IS
'true, or an error that tells what is wrong with the text of an aggregation; for CHECK constraints';

CREATE TYPE score_model;

CREATE FUNCTION score_model_in(cstring) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model_in(cstring) IS 'input function of score_model';

CREATE FUNCTION score_model_out(score_model) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model_out(score_model) IS 'output function of score_model';

CREATE FUNCTION score_model_recv(internal) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model_recv(internal) IS 'binary input function of score_model';

CREATE FUNCTION score_model_send(score_model) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model_send(score_model) IS 'binary output function of score_model';

-- Storage external: a compressed model would have to be unpacked for each row
-- that is scored with it.
CREATE TYPE score_model (
    INPUT = score_model_in,
    OUTPUT = score_model_out,
    RECEIVE = score_model_recv,
    SEND = score_model_send,
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

CREATE FUNCTION score_model_eq(score_model, score_model) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model_eq(score_model, score_model) IS 'implementation of = operator';

CREATE FUNCTION score_model_ne(score_model, score_model) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_model_ne(score_model, score_model) IS 'implementation of <> operator';

CREATE OPERATOR = (
    LEFTARG = score_model,
    RIGHTARG = score_model,
    FUNCTION = score_model_eq,
    COMMUTATOR = =,
    NEGATOR = <>,
    RESTRICT = eqsel,
    JOIN = eqjoinsel
);

COMMENT ON OPERATOR = (score_model, score_model) IS 'same definition and same bounds, to the last bit';

CREATE OPERATOR <> (
    LEFTARG = score_model,
    RIGHTARG = score_model,
    FUNCTION = score_model_ne,
    COMMUTATOR = <>,
    NEGATOR = =,
    RESTRICT = neqsel,
    JOIN = neqjoinsel
);

COMMENT ON OPERATOR <> (score_model, score_model) IS 'another definition or other bounds';

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
    OUT imputed float8
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
    OUT weight float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'score_model_weights' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 60;

COMMENT ON FUNCTION model_weights(score_model) IS
'the weights of a model as rows, as its scheme states them';
-- fit: bounds of all indicators in one pass over the rows (src/fit.c)

CREATE TYPE fit_state;

CREATE FUNCTION fit_state_in(cstring) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION fit_state_in(cstring) IS 'input function of fit_state';

CREATE FUNCTION fit_state_out(fit_state) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION fit_state_out(fit_state) IS 'output function of fit_state';

CREATE FUNCTION fit_state_recv(internal) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION fit_state_recv(internal) IS 'binary input function of fit_state';

CREATE FUNCTION fit_state_send(fit_state) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION fit_state_send(fit_state) IS 'binary output function of fit_state';

CREATE TYPE fit_state (
    INPUT = fit_state_in,
    OUTPUT = fit_state_out,
    RECEIVE = fit_state_recv,
    SEND = fit_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);

COMMENT ON TYPE fit_state IS
'a pass of fit() over some rows, to be merged with others and turned into a model by fit_model(); the state of a small group holds its values';

CREATE FUNCTION fit_accumulate(state fit_state, model score_model, VARIADIC vals float8[]) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;

COMMENT ON FUNCTION fit_accumulate(fit_state, score_model, float8[]) IS
'transition function of fit and fit_partial';

CREATE FUNCTION fit_combine(state fit_state, other fit_state) RETURNS fit_state
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION fit_combine(fit_state, fit_state) IS
'combine function of fit and fit_partial, transition function of fit_merge';

CREATE FUNCTION fit_model(state fit_state) RETURNS score_model
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION fit_model(fit_state) IS
'the model with the bounds that a state gives; not fitted yet (is_fitted) where a large sample needs another pass';

CREATE AGGREGATE fit(model score_model, VARIADIC vals float8[]) (
    SFUNC = fit_accumulate,
    STYPE = fit_state,
    SSPACE = 16384,
    FINALFUNC = fit_model,
    COMBINEFUNC = fit_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE fit(score_model, float8[]) IS
'the model with its bounds fitted on the rows, values in the order of model_indicators(); applied to a model that is not finished it goes on with the next pass';

CREATE AGGREGATE fit_partial(model score_model, VARIADIC vals float8[]) (
    SFUNC = fit_accumulate,
    STYPE = fit_state,
    SSPACE = 16384,
    COMBINEFUNC = fit_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE fit_partial(score_model, float8[]) IS
'the state of a pass of fit() over the rows, to be merged with those of other places';

CREATE AGGREGATE fit_merge(state fit_state) (
    SFUNC = fit_combine,
    STYPE = fit_state,
    SSPACE = 16384,
    COMBINEFUNC = fit_combine,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE fit_merge(fit_state) IS
'one state of many: the same as if all their rows had been in one table';
-- score: rows of values under a fitted model (src/score.c)

CREATE FUNCTION score(model score_model, stage text, VARIADIC vals float8[]) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;

COMMENT ON FUNCTION score(score_model, text, float8[]) IS
'total score of a row: 0 to full marks, plus bonus and minus penalty points';

CREATE FUNCTION category_score(model score_model, stage text, category text, VARIADIC vals float8[]) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;

COMMENT ON FUNCTION category_score(score_model, text, text, float8[]) IS
'score of a row inside one category, 0 to 100';

CREATE FUNCTION coverage(model score_model, stage text, VARIADIC vals float8[]) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION coverage(score_model, text, float8[]) IS
'share, 0 to 1, of the weight of the stage''s base indicators whose values are present';

CREATE FUNCTION score_row(model score_model, stage text, VARIADIC vals float8[]) RETURNS SETOF float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 40 ROWS 1;

COMMENT ON FUNCTION score_row(score_model, text, float8[]) IS
'score, coverage, number of the stage (from 0) and the category scores of a row as one array, for views: evaluated once a row however many columns are read';

CREATE FUNCTION normalized_row(model score_model, VARIADIC vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;

COMMENT ON FUNCTION normalized_row(score_model, float8[]) IS
'normalized values of a row, 0 to 1, in the order of the model''s indicators, NULL where a value is missing and not imputed';

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
    OUT weight float8,
    OUT points float8,
    OUT status text
) RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION score_detail(score_model, text, float8[]) IS
'why a row scores what it does: for each indicator value, bounds, normalized value, the most points it can give, points, and status ok, below, above, missing, constant or imputed; the points add up to the score';

CREATE FUNCTION score_numeric(score float8) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION score_numeric(float8) IS
'a score as numeric for a cast to numeric(9,4) that follows: the same result at about a ninth of the cost';

CREATE FUNCTION single_value_accumulate(known float8, value float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION single_value_accumulate(float8, float8) IS
'transition and combine function of single_value';

CREATE AGGREGATE single_value(value float8) (
    SFUNC = single_value_accumulate,
    STYPE = float8,
    COMBINEFUNC = single_value_accumulate,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE single_value(float8) IS
'the one value of a group, NULL if there is none, an error if there are two different ones; pivots long tables';

CREATE FUNCTION check_expression(expression text, what text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION check_expression(text, text) IS
'the text as given if it is one SQL expression and nothing else, otherwise a syntax error that says what it was meant for';

CREATE FUNCTION row_values(VARIADIC vals "any") RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

COMMENT ON FUNCTION row_values("any") IS
'numbers of any type as double precision in one array, NULL as NaN (missing): the values of a row, as generated views pass them to fit and score_row';
-- rank: competition ranks without a sort of rows (src/rank.c)

CREATE FUNCTION score_rank(score float8) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION score_rank(float8) IS
'competition rank within the partition, 1 = highest, ties share; NULL for NULL; needs no ORDER BY';

CREATE FUNCTION score_rank(score float8, field text) RETURNS bigint
    AS 'MODULE_PATHNAME', 'score_rank_field' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION score_rank(float8, text) IS
'competition rank among the rows of the partition with the same field';

CREATE FUNCTION ranked_row("row" float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ranked_row(float8[]) IS
'what score_row() gives, followed by rank, rank within the stage and number of rows scored; for rankings, from one reading of the partition';
-- dump: which tables pg_dump takes, and how their rows find their place when they are
-- restored (99_restore.sql).

CREATE TABLE restore_step (
    relation text NOT NULL,
    place    numeric NOT NULL,
    ready    text NOT NULL,
    CONSTRAINT restore_step_pkey PRIMARY KEY (relation)
);

COMMENT ON TABLE restore_step IS 'internal: the tables that are dumped, in the order in which their rows are restored';
COMMENT ON COLUMN restore_step.relation IS 'table of the extension';
COMMENT ON COLUMN restore_step.place IS 'order: a table comes after those that its rows refer to';
COMMENT ON COLUMN restore_step.ready IS 'condition over a row n: the rows that it refers to are there';

CREATE FUNCTION _dump_table(relation text, place numeric, ready text, filter text DEFAULT '') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_extension_config_dump(relation::regclass, filter);
    INSERT INTO restore_step VALUES (relation, place, ready);
END
$$;

COMMENT ON FUNCTION _dump_table(text, numeric, text, text) IS
    'internal: for the install script: the rows of a table that pass the filter are dumped and restored';
-- scheme: indicator systems as rows. Everything that defines a score stands in
-- these tables; scheme_model() in 72_scheme_model.sql turns a scheme into the one
-- value that scores.
--
-- Codes are keys and go into column names; titles are what people read.

-- No foreign key on parent: pg_dump warns of circular constraints in every dump of a
-- table that refers to itself. Trigger scheme_parent does what one would.
CREATE TABLE scheme (
    scheme       text NOT NULL,
    title        text,
    parent       text,
    extreme      text NOT NULL DEFAULT 'percentile(0.01,0.99)',
    adjust       text NOT NULL DEFAULT 'clamp',
    missing      text NOT NULL DEFAULT 'zero',
    aggregation  text NOT NULL DEFAULT 'arithmetic',
    floor        float8 NOT NULL DEFAULT 1,
    min_coverage float8 NOT NULL DEFAULT 0,
    full_marks   float8 NOT NULL DEFAULT 100,
    provisional  boolean NOT NULL DEFAULT false,
    source       text,
    origin       text NOT NULL DEFAULT 'user',
    CONSTRAINT scheme_pkey PRIMARY KEY (scheme),
    CONSTRAINT scheme_code_check CHECK (scheme <> ''),
    CONSTRAINT scheme_parent_check CHECK (parent <> scheme),
    CONSTRAINT scheme_extreme_check CHECK (valid_extreme_method(extreme)),
    CONSTRAINT scheme_adjust_check CHECK (valid_adjust(adjust)),
    CONSTRAINT scheme_missing_check CHECK (missing IN ('zero', 'reweight', 'null', 'median', 'mean', 'lower')),
    CONSTRAINT scheme_aggregation_check CHECK (valid_aggregation(aggregation)),
    CONSTRAINT scheme_floor_check CHECK (floor BETWEEN 1e-12 AND 99),
    CONSTRAINT scheme_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT scheme_full_marks_check CHECK (full_marks > 0 AND full_marks <= 10000),
    CONSTRAINT scheme_origin_check CHECK (origin IN ('user', 'shipped', 'changed'))
);

COMMENT ON TABLE scheme IS '积分体系 scoring schemes: one row for each indicator system';
COMMENT ON COLUMN scheme.scheme IS '代码 code of the scheme';
COMMENT ON COLUMN scheme.title IS '名称 title';
COMMENT ON COLUMN scheme.parent IS '上级体系 the scheme that this one was derived from';
COMMENT ON COLUMN scheme.extreme IS
    '极端值调整方法 extreme-value method of every indicator that names none of its own';
COMMENT ON COLUMN scheme.adjust IS
    '超限值处理 values beyond the bounds: clamp (pulled in) or compress(a) (drawn together in their order), '
    'of every indicator that names none of its own';
COMMENT ON COLUMN scheme.missing IS
    '缺失值处理 missing values: zero (no points), reweight (present weights are scaled up), null (no score), '
    'or imputed by the median or mean of the group or the lower bound; of every indicator that names none of its own';
COMMENT ON COLUMN scheme.aggregation IS
    '合成方法 how parts are combined: arithmetic, geometric, harmonic, generalized(p); '
    'of the top level, and of every category that names none of its own';
COMMENT ON COLUMN scheme.floor IS
    '下限 where the scale of means other than the arithmetic one starts, of 100: a value of 0 does not void the others';
COMMENT ON COLUMN scheme.min_coverage IS
    '最低覆盖率 share of the weight that must be present for a score, 0 to 1';
COMMENT ON COLUMN scheme.full_marks IS '满分 full marks of the base categories';
COMMENT ON COLUMN scheme.provisional IS '暂定 whether the weights are provisional, not official ones';
COMMENT ON COLUMN scheme.source IS '来源 the document that the scheme follows';
COMMENT ON COLUMN scheme.origin IS
    'user: yours; shipped: comes with the extension, not dumped; changed: shipped and then changed here, '
    'dumped, and put in the place of the shipped one when it is restored';

-- No foreign key on parent, as in table scheme: trigger category_parent.
CREATE TABLE category (
    scheme       text NOT NULL,
    category     text NOT NULL,
    title        text,
    role         text NOT NULL DEFAULT 'base',
    max_points   float8,
    position     integer,
    parent       text,
    aggregation  text,
    min_coverage float8 NOT NULL DEFAULT 0,
    CONSTRAINT category_pkey PRIMARY KEY (scheme, category),
    CONSTRAINT category_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT category_code_check CHECK (octet_length(category) BETWEEN 1 AND 57),
    CONSTRAINT category_role_check CHECK (role IN ('base', 'bonus', 'penalty')),
    CONSTRAINT category_max_points_check CHECK (max_points > 0 AND max_points <= 10000),
    CONSTRAINT category_base_check CHECK (role <> 'base' OR max_points IS NULL),
    CONSTRAINT category_parent_check CHECK (parent <> category),
    CONSTRAINT category_top_check CHECK (parent IS NULL OR max_points IS NULL),
    CONSTRAINT category_aggregation_check CHECK (valid_aggregation(aggregation)),
    CONSTRAINT category_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT category_points_check CHECK (role = 'base' OR (aggregation IS NULL AND min_coverage = 0))
);

CREATE INDEX category_parent_idx ON category (scheme, parent);

COMMENT ON TABLE category IS '一级指标 categories of the schemes, which may have categories below them';
COMMENT ON COLUMN category.scheme IS '积分体系 scheme';
COMMENT ON COLUMN category.category IS
    '代码 code, at most 57 bytes: "<category>_score" is a column of the scoreboards';
COMMENT ON COLUMN category.title IS '名称 title';
COMMENT ON COLUMN category.role IS
    '性质 base: shares the full marks; bonus (加分): adds points; penalty (扣分): subtracts points; '
    'below another category, the role of that one';
COMMENT ON COLUMN category.max_points IS
    '封顶分 the most points that a bonus or penalty category of the top level can give';
COMMENT ON COLUMN category.position IS '序号 order of the categories';
COMMENT ON COLUMN category.parent IS '上级指标 the category that this one is part of; NULL: top level';
COMMENT ON COLUMN category.aggregation IS
    '合成方法 how the indicators and categories in it are combined; NULL: as the scheme says';
COMMENT ON COLUMN category.min_coverage IS
    '最低覆盖率 share of its weight that must be present for its score, and for that of all above it, 0 to 1';

CREATE TABLE category_weight (
    scheme   text NOT NULL,
    stage    text NOT NULL,
    category text NOT NULL,
    weight   float8 NOT NULL,
    CONSTRAINT category_weight_pkey PRIMARY KEY (scheme, stage, category),
    CONSTRAINT category_weight_category_fkey FOREIGN KEY (scheme, category) REFERENCES category
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT category_weight_stage_check CHECK (stage <> ''),
    CONSTRAINT category_weight_weight_check CHECK (weight >= 0 AND weight < 'Infinity')
);

CREATE INDEX category_weight_category_idx ON category_weight (scheme, category);

COMMENT ON TABLE category_weight IS
    '一级指标权重 weights of base categories; no row: the sum of the weights of what is in the category';
COMMENT ON COLUMN category_weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN category_weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN category_weight.category IS '一级指标 category';
COMMENT ON COLUMN category_weight.weight IS
    '权重 weight, relative to the weights of the categories and indicators beside it';

CREATE TABLE indicator (
    scheme     text NOT NULL,
    indicator  text NOT NULL,
    category   text,
    title      text,
    unit       text,
    definition text,
    direction  text NOT NULL DEFAULT 'benefit',
    extreme    text,
    adjust     text,
    transform  text NOT NULL DEFAULT 'none',
    missing    text,
    position   integer,
    CONSTRAINT indicator_pkey PRIMARY KEY (scheme, indicator),
    CONSTRAINT indicator_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT indicator_category_fkey FOREIGN KEY (scheme, category) REFERENCES category
        ON UPDATE CASCADE,
    CONSTRAINT indicator_code_check CHECK (indicator <> ''),
    CONSTRAINT indicator_direction_check CHECK (valid_direction(direction)),
    CONSTRAINT indicator_extreme_check CHECK (valid_extreme_method(extreme)),
    CONSTRAINT indicator_adjust_check CHECK (valid_adjust(adjust)),
    CONSTRAINT indicator_transform_check CHECK (valid_transform(transform)),
    CONSTRAINT indicator_missing_check CHECK (missing IN ('zero', 'reweight', 'null', 'median', 'mean', 'lower'))
);

CREATE INDEX indicator_category_idx ON indicator (scheme, category);

COMMENT ON TABLE indicator IS '二级指标 indicators of the schemes';
COMMENT ON COLUMN indicator.scheme IS '积分体系 scheme';
COMMENT ON COLUMN indicator.indicator IS
    '代码 code; a scoreboard takes the column of this name unless its mapping says otherwise';
COMMENT ON COLUMN indicator.category IS '一级指标 category';
COMMENT ON COLUMN indicator.title IS '名称 title';
COMMENT ON COLUMN indicator.unit IS '计量单位 unit';
COMMENT ON COLUMN indicator.definition IS '指标说明 definition';
COMMENT ON COLUMN indicator.direction IS
    '方向 benefit (越大越好), cost (越小越好), target(t) (越近越好), interval(a,b) (区间内最好)';
COMMENT ON COLUMN indicator.extreme IS '极端值调整方法 extreme-value method; NULL: that of the scheme';
COMMENT ON COLUMN indicator.adjust IS
    '超限值处理 values beyond the bounds: clamp or compress(a); NULL: as the scheme has it';
COMMENT ON COLUMN indicator.transform IS '变换 none, log or sqrt, before normalization';
COMMENT ON COLUMN indicator.missing IS
    '缺失值处理 zero, reweight, null, median, mean or lower; NULL: as the scheme has it';
COMMENT ON COLUMN indicator.position IS '序号 order of the indicators';

CREATE TABLE stage (
    scheme   text NOT NULL,
    stage    text NOT NULL,
    title    text,
    position integer,
    CONSTRAINT stage_pkey PRIMARY KEY (scheme, stage),
    CONSTRAINT stage_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT stage_code_check CHECK (stage <> '')
);

COMMENT ON TABLE stage IS '企业发展阶段 stages, each with weights of its own; a scheme without any has the one stage "all"';
COMMENT ON COLUMN stage.scheme IS '积分体系 scheme';
COMMENT ON COLUMN stage.stage IS '代码 code, the value that a firm''s row carries';
COMMENT ON COLUMN stage.title IS '名称 title';
COMMENT ON COLUMN stage.position IS '序号 order of the stages';

-- No foreign key to stage: a scheme without stages has weights of stage "all".
-- Trigger stage_weights renames and deletes in its place.
CREATE TABLE weight (
    scheme    text NOT NULL,
    stage     text NOT NULL,
    indicator text NOT NULL,
    weight    float8 NOT NULL,
    CONSTRAINT weight_pkey PRIMARY KEY (scheme, stage, indicator),
    CONSTRAINT weight_indicator_fkey FOREIGN KEY (scheme, indicator) REFERENCES indicator
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT weight_stage_check CHECK (stage <> ''),
    CONSTRAINT weight_weight_check CHECK (weight >= 0 AND weight < 'Infinity')
);

CREATE INDEX weight_indicator_idx ON weight (scheme, indicator);

COMMENT ON TABLE weight IS '指标权重 weights of the indicators in each stage; no row means weight 0';
COMMENT ON COLUMN weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN weight.indicator IS '二级指标 indicator';
COMMENT ON COLUMN weight.weight IS
    '权重 weight: relative in base categories, points in bonus and penalty categories';

-- Dump and restore.
-- A scheme is dumped whole or not at all: shipped ones come with the extension;
-- once a user has touched one of its rows, its origin is 'changed' and all of its
-- rows are dumped. When such a scheme is loaded into a database where CREATE
-- EXTENSION has just put the shipped one, it takes that one's place (rows that the
-- user had deleted do not come back), and so does a scheme of the user's that got the
-- code of a deleted one. An ordinary INSERT of an existing code still fails as a
-- duplicate key. 99_restore.sql makes the order of tables and rows
-- indifferent.

-- Set where 99_restore.sql puts rows in their places, which they had before: a frozen
-- scoreboard may come earlier than the rows of its scheme.
CREATE FUNCTION _is_restored() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(current_setting('innovation_score.restoring', true), '') = 'on'
$$;

COMMENT ON FUNCTION _is_restored() IS 'internal: whether the rows that are being inserted come from a dump';

CREATE FUNCTION _scheme_before_insert() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.origin = 'shipped' OR NEW.origin = 'user' AND NOT _is_restored() THEN
        NEW.origin := 'user';
        RETURN NEW;
    END IF;
    -- updated in place, not replaced: other rows may refer to it already
    UPDATE scheme s
    SET title = NEW.title, parent = NEW.parent, extreme = NEW.extreme, adjust = NEW.adjust, missing = NEW.missing,
        aggregation = NEW.aggregation, floor = NEW.floor, min_coverage = NEW.min_coverage,
        full_marks = NEW.full_marks, provisional = NEW.provisional, source = NEW.source, origin = NEW.origin
    WHERE s.scheme = NEW.scheme AND s.origin = 'shipped';
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    DELETE FROM indicator i WHERE i.scheme = NEW.scheme;
    DELETE FROM category c WHERE c.scheme = NEW.scheme;
    DELETE FROM stage t WHERE t.scheme = NEW.scheme;
    RETURN NULL;
END
$$;

CREATE FUNCTION _scheme_before_update() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    -- only the install script sets 'shipped', in a statement that changes nothing else
    IF OLD.origin = 'shipped' AND NEW.origin = 'shipped' THEN
        NEW.origin := 'changed';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION _scheme_parent() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.scheme <> OLD.scheme) THEN
        UPDATE scheme s SET parent = CASE WHEN TG_OP = 'UPDATE' THEN NEW.scheme END WHERE s.parent = OLD.scheme;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.parent IS NOT NULL THEN
        PERFORM FROM scheme s WHERE s.scheme = NEW.parent FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'scheme "%" cannot have parent "%", which does not exist', NEW.scheme, NEW.parent
                USING ERRCODE = 'foreign_key_violation', TABLE = 'scheme', SCHEMA = 'innovation_score';
        END IF;
    END IF;
    RETURN NULL;
END
$$;

-- What a foreign key on (scheme, parent) would do, and roles that follow the top level.
-- The rows above are locked, so that no two changes at a time can close a circle.
CREATE FUNCTION _category_parent() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    orphan text;
    top category;
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.scheme <> OLD.scheme) THEN
        SELECT c.category INTO orphan FROM category c WHERE c.scheme = OLD.scheme AND c.parent = OLD.category;
        IF FOUND THEN
            RAISE EXCEPTION 'category "%" of scheme "%" has category "%" below it', OLD.category, OLD.scheme, orphan
                USING ERRCODE = 'foreign_key_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                      HINT = 'Delete the categories below it first, or give them another parent.';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.category <> OLD.category OR NEW.role <> OLD.role) THEN
        UPDATE category c SET parent = NEW.category, role = NEW.role
        WHERE c.scheme = NEW.scheme AND c.parent = OLD.category;
    END IF;
    IF NEW.parent IS NULL THEN
        RETURN NULL;
    END IF;
    top.parent := NEW.parent;
    WHILE top.parent IS NOT NULL LOOP
        IF top.parent = NEW.category THEN
            RAISE EXCEPTION 'category "%" of scheme "%" would be below itself', NEW.category, NEW.scheme
                USING ERRCODE = 'check_violation', TABLE = 'category', SCHEMA = 'innovation_score';
        END IF;
        orphan := COALESCE(top.category, NEW.category);
        SELECT * INTO top FROM category c WHERE c.scheme = NEW.scheme AND c.category = top.parent FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'category "%" of scheme "%" cannot have a parent that does not exist', orphan, NEW.scheme
                USING ERRCODE = 'foreign_key_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                      HINT = 'A parent is a category of the same scheme, inserted before or in the same statement.';
        END IF;
    END LOOP;
    IF NEW.role = top.role THEN
        RETURN NULL;
    END IF;
    IF NEW.role <> 'base' AND (TG_OP = 'INSERT' OR NEW.role <> OLD.role) THEN
        RAISE EXCEPTION 'category "%" of scheme "%" cannot have role "%" below category "%" of role "%"',
            NEW.category, NEW.scheme, NEW.role, top.category, top.role
            USING ERRCODE = 'check_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                  HINT = 'Roles belong to the top level; the categories below share them.';
    END IF;
    UPDATE category c SET role = top.role WHERE c.scheme = NEW.scheme AND c.category = NEW.category;
    RETURN NULL;
END
$$;

CREATE FUNCTION _scheme_part_changed() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE scheme s SET origin = 'changed' WHERE s.scheme = OLD.scheme AND s.origin = 'shipped';
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE scheme s SET origin = 'changed' WHERE s.scheme = NEW.scheme AND s.origin = 'shipped';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION _stage_weights() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM weight w WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
        DELETE FROM category_weight w WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
    ELSIF NEW.scheme = OLD.scheme THEN
        UPDATE weight w SET stage = NEW.stage WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
        UPDATE category_weight w SET stage = NEW.stage WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _scheme_before_insert() IS 'internal: a restored scheme takes the place of the shipped one';
COMMENT ON FUNCTION _scheme_before_update() IS 'internal: marks a shipped scheme as changed';
COMMENT ON FUNCTION _scheme_parent() IS 'internal: the parent of a scheme exists and follows its name';
COMMENT ON FUNCTION _category_parent() IS
    'internal: the parent of a category exists, is not below it, follows its name and gives its role';
COMMENT ON FUNCTION _scheme_part_changed() IS 'internal: marks a shipped scheme as changed';
COMMENT ON FUNCTION _stage_weights() IS 'internal: weights follow their stage';

CREATE TRIGGER scheme_before_insert BEFORE INSERT ON scheme
    FOR EACH ROW EXECUTE FUNCTION _scheme_before_insert();
CREATE TRIGGER scheme_before_update BEFORE UPDATE ON scheme
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION _scheme_before_update();
CREATE TRIGGER scheme_parent AFTER INSERT OR UPDATE OF scheme, parent OR DELETE ON scheme
    FOR EACH ROW EXECUTE FUNCTION _scheme_parent();
CREATE TRIGGER category_parent AFTER INSERT OR UPDATE OF scheme, category, parent, role OR DELETE ON category
    FOR EACH ROW EXECUTE FUNCTION _category_parent();
CREATE TRIGGER category_changed AFTER INSERT OR UPDATE OR DELETE ON category
    FOR EACH ROW EXECUTE FUNCTION _scheme_part_changed();
CREATE TRIGGER indicator_changed AFTER INSERT OR UPDATE OR DELETE ON indicator
    FOR EACH ROW EXECUTE FUNCTION _scheme_part_changed();
CREATE TRIGGER stage_changed AFTER INSERT OR UPDATE OR DELETE ON stage
    FOR EACH ROW EXECUTE FUNCTION _scheme_part_changed();
CREATE TRIGGER weight_changed AFTER INSERT OR UPDATE OR DELETE ON weight
    FOR EACH ROW EXECUTE FUNCTION _scheme_part_changed();
CREATE TRIGGER category_weight_changed AFTER INSERT OR UPDATE OR DELETE ON category_weight
    FOR EACH ROW EXECUTE FUNCTION _scheme_part_changed();
CREATE TRIGGER stage_weights AFTER UPDATE OF stage OR DELETE ON stage
    FOR EACH ROW EXECUTE FUNCTION _stage_weights();

-- A row is due when its parent is there, or is due as well.
SELECT _dump_table('scheme', 1,
    $$n.parent IS NULL OR n.parent IN (
        WITH RECURSIVE known(scheme) AS (
            SELECT s.scheme FROM scheme s UNION SELECT w.scheme FROM waiting w WHERE w.parent IS NULL
            UNION SELECT w.scheme FROM known k JOIN waiting w ON w.parent = k.scheme),
        waiting AS (SELECT (r.content::scheme).* FROM restored r WHERE r.relation = 'scheme')
        SELECT k.scheme FROM known k)$$,
    $$WHERE origin <> 'shipped'$$);
SELECT _dump_table('category', 2,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.parent IS NULL OR (n.scheme, n.parent) IN (
        WITH RECURSIVE known(scheme, category) AS (
            SELECT c.scheme, c.category FROM category c
            UNION SELECT w.scheme, w.category FROM waiting w WHERE w.parent IS NULL
            UNION SELECT w.scheme, w.category FROM known k JOIN waiting w
                ON w.scheme = k.scheme AND w.parent = k.category),
        waiting AS (SELECT (r.content::category).* FROM restored r WHERE r.relation = 'category')
        SELECT k.scheme, k.category FROM known k))$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _dump_table('stage', 3,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _dump_table('indicator', 4,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.category IS NULL OR (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c))$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _dump_table('weight', 5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.indicator) IN (SELECT i.scheme, i.indicator FROM indicator i)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _dump_table('category_weight', 5.5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

-- Schemes are public policy.
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;
GRANT SELECT ON scheme, category, category_weight, indicator, stage, weight TO PUBLIC;
-- scheme, models: a scheme as the value that scores, its copies, and what is amiss in it.

CREATE FUNCTION _require_scheme(code text) RETURNS scheme
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known scheme;
BEGIN
    SELECT * INTO known FROM scheme s WHERE s.scheme = code;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown scheme "%"', code
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = COALESCE((SELECT 'The schemes are ' || string_agg(format('"%s"', s.scheme), ', '
                                                                             ORDER BY s.scheme COLLATE "C") || '.'
                                   FROM scheme s),
                                  'There is no scheme yet: insert one into innovation_score.scheme.');
    END IF;
    RETURN known;
END
$$;

COMMENT ON FUNCTION _require_scheme(text) IS 'internal: the row of a scheme, or an error that lists the schemes';

CREATE FUNCTION _scheme_stages(code text) RETURNS TABLE (stage text, title text, place bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT t.stage, t.title, row_number() OVER (ORDER BY t.position, t.stage COLLATE "C")
    FROM stage t WHERE t.scheme = code
    UNION ALL
    SELECT 'all', NULL, 1 WHERE NOT EXISTS (SELECT FROM stage t WHERE t.scheme = code)
$$;

COMMENT ON FUNCTION _scheme_stages(text) IS 'internal: the stages of a scheme in their order, or "all"';

CREATE FUNCTION scheme_model(scheme text) RETURNS score_model
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET extra_float_digits = 1 AS $$
#variable_conflict use_column
DECLARE
    s scheme := _require_scheme($1);
    homeless text;
    categories jsonb;
    indicators jsonb;
BEGIN
    SELECT string_agg(format('"%s"', i.indicator), ', ' ORDER BY i.position, i.indicator COLLATE "C")
        FILTER (WHERE i.category IS NULL)
    INTO homeless FROM indicator i WHERE i.scheme = s.scheme;
    IF homeless IS NOT NULL THEN
        RAISE EXCEPTION 'scheme "%" has indicators without a category: %', s.scheme, homeless
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Set indicator.category; innovation_score.scheme_problems() shows everything that is amiss.';
    END IF;

    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                         'category', c.category, 'role', c.role, 'max_points', c.max_points, 'parent', c.parent,
                         'aggregation', c.aggregation, 'min_coverage', NULLIF(c.min_coverage, 0),
                         'weights', (SELECT jsonb_object_agg(w.stage, w.weight)
                                     FROM _scheme_stages(s.scheme) t JOIN category_weight w USING (stage)
                                     WHERE w.scheme = s.scheme AND w.category = c.category)))
                     ORDER BY c.position, c.category COLLATE "C")
    INTO categories FROM category c WHERE c.scheme = s.scheme;

    SELECT jsonb_agg(jsonb_build_object(
                         'indicator', i.indicator, 'category', i.category,
                         'direction', i.direction, 'extreme', COALESCE(i.extreme, s.extreme),
                         'adjust', COALESCE(i.adjust, s.adjust), 'transform', i.transform,
                         'missing', COALESCE(i.missing, s.missing),
                         'weights', (SELECT jsonb_object_agg(t.stage, COALESCE(w.weight, 0))
                                     FROM _scheme_stages(s.scheme) t
                                     LEFT JOIN weight w ON w.scheme = s.scheme AND w.stage = t.stage
                                                       AND w.indicator = i.indicator))
                     ORDER BY i.position, i.indicator COLLATE "C")
    INTO indicators FROM indicator i WHERE i.scheme = s.scheme;
    IF indicators IS NULL THEN
        RAISE EXCEPTION 'scheme "%" has no indicators', s.scheme
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Insert into innovation_score.category, indicator and weight, '
                         'or start from a copy with innovation_score.derive_scheme().';
    END IF;

    RETURN jsonb_build_object(
        'scheme', s.scheme, 'full_marks', s.full_marks, 'missing', s.missing,
        'aggregation', s.aggregation, 'floor', s.floor, 'min_coverage', s.min_coverage,
        'stages', (SELECT jsonb_agg(t.stage ORDER BY t.place) FROM _scheme_stages(s.scheme) t),
        'categories', categories, 'indicators', indicators)::score_model;
END
$$;

COMMENT ON FUNCTION scheme_model(text) IS
    'a scheme as a score_model that is not fitted yet: indicators in their order, weights of every stage';

CREATE FUNCTION derive_scheme(new text, parent text, title text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    p scheme := _require_scheme($2);
BEGIN
    IF $1 IS NULL OR $1 = '' THEN
        RAISE EXCEPTION 'the new scheme needs a code' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM scheme s WHERE s.scheme = $1) THEN
        RAISE EXCEPTION 'scheme "%" exists already', $1 USING ERRCODE = 'duplicate_object';
    END IF;
    INSERT INTO scheme (scheme, title, parent, extreme, adjust, missing, aggregation, floor, min_coverage,
                        full_marks, provisional, source)
    VALUES ($1, COALESCE($3, p.title), p.scheme, p.extreme, p.adjust, p.missing, p.aggregation, p.floor, p.min_coverage,
            p.full_marks, p.provisional, p.source);
    INSERT INTO category (scheme, category, title, role, max_points, position, parent, aggregation, min_coverage)
    SELECT $1, c.category, c.title, c.role, c.max_points, c.position, c.parent, c.aggregation, c.min_coverage
    FROM category c WHERE c.scheme = p.scheme;
    INSERT INTO indicator (scheme, indicator, category, title, unit, definition, direction, extreme,
                           adjust, transform, missing, position)
    SELECT $1, i.indicator, i.category, i.title, i.unit, i.definition, i.direction, i.extreme,
           i.adjust, i.transform, i.missing, i.position
    FROM indicator i WHERE i.scheme = p.scheme;
    INSERT INTO stage (scheme, stage, title, position)
    SELECT $1, t.stage, t.title, t.position FROM stage t WHERE t.scheme = p.scheme;
    INSERT INTO weight (scheme, stage, indicator, weight)
    SELECT $1, w.stage, w.indicator, w.weight FROM weight w WHERE w.scheme = p.scheme;
    INSERT INTO category_weight (scheme, stage, category, weight)
    SELECT $1, w.stage, w.category, w.weight FROM category_weight w WHERE w.scheme = p.scheme;
END
$$;

COMMENT ON FUNCTION derive_scheme(text, text, text) IS
    'copies a scheme under a new code, to be changed afterwards; it stays linked to its parent';

-- What is amiss in a scheme.

CREATE FUNCTION _weight_problems(code text) RETURNS TABLE (severity text, object text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', format('indicator %s', i.indicator),
           format('no weight in stage %s: counts as 0', t.stage)
    FROM indicator i CROSS JOIN _scheme_stages(code) t
    WHERE i.scheme = code
      AND NOT EXISTS (SELECT FROM weight w
                      WHERE w.scheme = code AND w.stage = t.stage AND w.indicator = i.indicator)
    UNION ALL
    SELECT 'warning', format('stage %s', w.stage),
           'has weights, but the scheme has no such stage: they are ignored'
    FROM (SELECT w.stage FROM weight w WHERE w.scheme = code
          UNION
          SELECT w.stage FROM category_weight w WHERE w.scheme = code) w
    WHERE w.stage NOT IN (SELECT t.stage FROM _scheme_stages(code) t)
    UNION ALL
    SELECT 'warning', format('category %s', c.category),
           format('no weight of its own in stage %s, unlike others beside it: weighs the sum of what is in it', t.stage)
    FROM category c CROSS JOIN _scheme_stages(code) t
    WHERE c.scheme = code AND c.role = 'base'
      AND NOT EXISTS (SELECT FROM category_weight w
                      WHERE w.scheme = code AND w.stage = t.stage AND w.category = c.category)
      AND EXISTS (SELECT FROM category_weight w JOIN category b USING (scheme, category)
                  WHERE w.scheme = code AND w.stage = t.stage AND b.parent IS NOT DISTINCT FROM c.parent)
    UNION ALL
    SELECT CASE WHEN b.total > 0 THEN 'warning' ELSE 'error' END, format('stage %s', b.stage),
           CASE WHEN b.total > 0 THEN format('base weights sum to %s, not 100', b.total)
                ELSE 'base weights sum to 0: nothing to score' END
    FROM (SELECT t.stage, COALESCE(round(w.total::numeric, 9), 0)::float8 AS total
          FROM _scheme_stages(code) t
          LEFT JOIN _category_sums(code) w
              ON w.stage = t.stage AND w.category IS NULL AND w.role = 'base') b
    JOIN scheme s ON s.scheme = code
    WHERE b.total NOT IN (100, s.full_marks)
    UNION ALL
    SELECT 'warning', format('stage %s', e.stage),
           format('up to %s points: scores above 99999.9999 do not fit into rankings', e.most)
    FROM (SELECT b.stage, s.full_marks + sum(least(b.total, c.max_points)) AS most
          FROM _category_sums(code) b
          JOIN category c ON c.scheme = code AND c.category = b.category AND c.role = 'bonus' AND c.parent IS NULL
          JOIN scheme s ON s.scheme = code
          GROUP BY b.stage, s.full_marks) e
    WHERE e.most >= 100000
$$;

COMMENT ON FUNCTION _weight_problems(text) IS 'internal: what is amiss in the weights of a scheme';

CREATE FUNCTION _structure_problems(code text) RETURNS TABLE (severity text, object text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'error', format('scheme %s', code), 'has no indicators'
    WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.scheme = code)
    UNION ALL
    SELECT 'error', format('indicator %s', i.indicator), 'belongs to no category'
    FROM indicator i WHERE i.scheme = code AND i.category IS NULL
    UNION ALL
    SELECT 'warning', format('category %s', c.category), 'has no indicators'
    FROM category c
    WHERE c.scheme = code
      AND NOT EXISTS (WITH RECURSIVE below(category) AS (
                          SELECT c.category
                          UNION
                          SELECT d.category FROM below b JOIN category d ON d.scheme = code AND d.parent = b.category)
                      SELECT FROM indicator i JOIN below b USING (category) WHERE i.scheme = code)
    UNION ALL
    SELECT 'notice', format('category %s', c.category),
           format('%s points without an upper limit (max_points)', c.role)
    FROM category c WHERE c.scheme = code AND c.role <> 'base' AND c.max_points IS NULL AND c.parent IS NULL
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator),
           format('adjust %s changes nothing: the bounds of method none are the extremes', COALESCE(i.adjust, s.adjust))
    FROM indicator i JOIN scheme s USING (scheme)
    WHERE i.scheme = code AND COALESCE(i.extreme, s.extreme) ~ '^\s*none' AND COALESCE(i.adjust, s.adjust) ~ '^\s*compress'
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator),
           format('missing %s changes nothing: in %s categories a missing value gives 0 points or is imputed',
                  i.missing, c.role)
    FROM indicator i JOIN category c USING (scheme, category)
    WHERE i.scheme = code AND c.role <> 'base' AND i.missing IN ('reweight', 'null')
    UNION ALL
    SELECT 'notice', format('indicator %s', i.indicator), 'has no title'
    FROM indicator i WHERE i.scheme = code AND i.title IS NULL
    UNION ALL
    SELECT 'notice', format('category %s', c.category), 'has no title'
    FROM category c WHERE c.scheme = code AND c.title IS NULL
    UNION ALL
    SELECT 'notice', format('scheme %s', code), '暂定权重 provisional weights, not official ones'
    FROM scheme s WHERE s.scheme = code AND s.provisional
$$;

COMMENT ON FUNCTION _structure_problems(text) IS 'internal: what is amiss in the parts of a scheme';

CREATE FUNCTION scheme_problems(scheme text)
RETURNS TABLE (severity text, object text, problem text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    code text := (_require_scheme($1)).scheme;
    model score_model;
BEGIN
    RETURN QUERY
        SELECT p.severity, p.object, p.problem
        FROM (SELECT * FROM _structure_problems(code)
              UNION ALL
              SELECT * FROM _weight_problems(code)) p
        ORDER BY array_position(ARRAY['error', 'warning', 'notice'], p.severity),
                 p.object COLLATE "C", p.problem COLLATE "C";
    BEGIN
        model := scheme_model(code);
    EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
        -- what the checks above have not said, the model's own checks say
        IF NOT EXISTS (SELECT FROM _structure_problems(code) p WHERE p.severity = 'error'
                       UNION ALL
                       SELECT FROM _weight_problems(code) p WHERE p.severity = 'error') THEN
            RETURN QUERY SELECT 'error', format('scheme %s', code), SQLERRM;
        END IF;
        RETURN;
    END;
    -- scoreboards are built above schemes; they say themselves which of them lag behind
    RETURN QUERY
        SELECT 'warning', format('scoreboard %s', b.scoreboard),
               'was built before the scheme was changed: run innovation_score.rebuild_scoreboard()'
        FROM _stale_scoreboards(code, model) b;
END
$$;

COMMENT ON FUNCTION scheme_problems(text) IS
    'what is amiss in a scheme: error (it gives no scores), warning (it scores, but hardly as meant), '
    'notice (good to know)';
-- scheme, effective weights: what each indicator weighs in the whole, down the tree of
-- categories; the same in SQL as src/model_tree.c works out for a model.

-- What is in a category (NULL: the top level) weighs, by stage: each weight goes up from
-- its indicator or category until it meets a category with a weight of its own.
CREATE FUNCTION _category_sums(code text) RETURNS TABLE (stage text, category text, role text, total float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE climbing(stage, category, role, weight, steps) AS (
        SELECT w.stage, i.category, c.role, w.weight, 0
        FROM weight w JOIN indicator i USING (scheme, indicator) JOIN category c USING (scheme, category)
        WHERE w.scheme = code
        UNION ALL
        SELECT w.stage, c.parent, c.role, w.weight, 0
        FROM category_weight w JOIN category c USING (scheme, category)
        WHERE w.scheme = code
        UNION ALL
        SELECT b.stage, c.parent, b.role, b.weight, b.steps + 1
        FROM climbing b JOIN category c ON c.scheme = code AND c.category = b.category
        WHERE b.steps < 100     -- more categories than a model can have
          AND NOT EXISTS (SELECT FROM category_weight w
                          WHERE w.scheme = code AND w.stage = b.stage AND w.category = b.category)
    )
    SELECT b.stage, b.category, b.role, sum(b.weight)
    FROM climbing b WHERE b.stage IN (SELECT t.stage FROM _scheme_stages(code) t)
    GROUP BY b.stage, b.category, b.role
$$;

COMMENT ON FUNCTION _category_sums(text) IS
    'internal: the sums of the weights of what is in each category, and at the top level (category NULL) by role';

CREATE FUNCTION _effective_weights(code text)
RETURNS TABLE (stage text, indicator text, category text, path text, weight float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE sums AS (
        SELECT s.stage, s.category, s.total FROM _category_sums(code) s WHERE s.role = 'base'
    ), factors AS (
        SELECT t.stage, c.category, c.parent, COALESCE(w.weight / NULLIF(s.total, 0), 1) AS factor
        FROM category c CROSS JOIN _scheme_stages(code) t
        LEFT JOIN category_weight w ON w.scheme = c.scheme AND w.stage = t.stage AND w.category = c.category
        LEFT JOIN sums s ON s.stage = t.stage AND s.category = c.category
        WHERE c.scheme = code AND c.role = 'base'
    ), tree(stage, category, path, factor) AS (
        SELECT f.stage, f.category, f.category, f.factor FROM factors f WHERE f.parent IS NULL
        UNION ALL
        SELECT f.stage, f.category, p.path || ' / ' || f.category, p.factor * f.factor
        FROM tree p JOIN factors f ON f.stage = p.stage AND f.parent = p.category
    )
    SELECT p.stage, i.indicator, i.category, p.path, COALESCE(w.weight, 0) * p.factor / NULLIF(s.total, 0)
    FROM tree p
    JOIN indicator i ON i.scheme = code AND i.category = p.category
    LEFT JOIN weight w ON w.scheme = code AND w.stage = p.stage AND w.indicator = i.indicator
    LEFT JOIN sums s ON s.stage = p.stage AND s.category IS NULL
$$;

COMMENT ON FUNCTION _effective_weights(text) IS 'internal: the rows of view effective_weight for one scheme';

CREATE VIEW effective_weight AS
SELECT s.scheme, e.stage, e.indicator, e.category, e.path, e.weight
FROM scheme s CROSS JOIN LATERAL _effective_weights(s.scheme) e;

COMMENT ON VIEW effective_weight IS
    '有效权重 what each base indicator weighs in the whole: the product of the shares down the tree of categories';
COMMENT ON COLUMN effective_weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN effective_weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN effective_weight.indicator IS '二级指标 indicator';
COMMENT ON COLUMN effective_weight.category IS '一级指标 category that the indicator belongs to';
COMMENT ON COLUMN effective_weight.path IS '指标路径 codes of the categories from the top level down';
COMMENT ON COLUMN effective_weight.weight IS
    '有效权重 share of the whole, 0 to 1; the shares of a stage sum to 1 (NULL where all weights are 0)';

GRANT SELECT ON effective_weight TO PUBLIC;
-- scheme, documents: a scheme as one jsonb value, to be published by one region and
-- loaded by another.
--
-- {"format": "innovation_score.scheme", "version": 1, "scheme": {…}, "category": […], …}:
-- a key is a table, an element a row, a key of that a column. What is NULL is left out,
-- what is left out takes the column's default. Tables and columns are read from the
-- catalogs, so that none is forgotten here.

CREATE FUNCTION _scheme_parts() RETURNS TABLE (part name, place bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.relname, p.place
    FROM unnest('{stage,category,category_weight,indicator,weight}'::name[]) WITH ORDINALITY AS p(part, place)
    JOIN pg_class c ON c.relname = p.part AND c.relnamespace = 'innovation_score'::regnamespace
$$;

COMMENT ON FUNCTION _scheme_parts() IS
    'internal: the tables whose rows make up a scheme, in the order of their references';

-- the key without the scheme, which is the same in all rows of a document
CREATE FUNCTION _part_key(part name) RETURNS name[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(a.attname ORDER BY k.place)
    FROM pg_class r JOIN pg_index i ON i.indrelid = r.oid AND i.indisprimary
    CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum AND (a.attname <> 'scheme' OR part = 'scheme')
    WHERE r.relname = part AND r.relnamespace = 'innovation_score'::regnamespace
$$;

COMMENT ON FUNCTION _part_key(name) IS 'internal: the columns that tell the rows of one scheme apart';

-- What a row of a document can hold; kind is that of the JSON value.
CREATE FUNCTION _part_columns(part name) RETURNS TABLE (name name, kind text, initial text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT a.attname,
           CASE t.typcategory WHEN 'S' THEN 'string' WHEN 'N' THEN 'number' WHEN 'B' THEN 'boolean' END,
           COALESCE(pg_get_expr(d.adbin, d.adrelid), 'NULL')
    FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relname = part AND r.relnamespace = 'innovation_score'::regnamespace
      AND a.attname <> CASE WHEN part = 'scheme' THEN 'origin' ELSE 'scheme' END
    ORDER BY a.attnum
$$;

COMMENT ON FUNCTION _part_columns(name) IS 'internal: the columns of a table that stand in the document of a scheme';

CREATE FUNCTION scheme_export(scheme text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET extra_float_digits = 1 AS $$
DECLARE
    document jsonb := jsonb_build_object(
        'format', 'innovation_score.scheme', 'version', 1,
        'scheme', jsonb_strip_nulls(to_jsonb(_require_scheme($1)) - 'origin'));
    part name;
    elements jsonb;
BEGIN
    FOR part IN SELECT p.part FROM _scheme_parts() p ORDER BY p.place LOOP
        EXECUTE format(
            'SELECT jsonb_agg(jsonb_strip_nulls(r.content) ORDER BY (r.content ->> ''position'')::integer, %s) '
            'FROM (SELECT to_jsonb(t) - ''scheme'' AS content FROM %I t WHERE t.scheme = $1) r',
            (SELECT string_agg(format('r.content ->> %L COLLATE "C"', k.name), ', ' ORDER BY k.place)
             FROM unnest(_part_key(part)) WITH ORDINALITY AS k(name, place)), part)
        INTO elements USING $1;
        IF elements IS NOT NULL THEN
            document := document || jsonb_build_object(part, elements);
        END IF;
    END LOOP;
    RETURN document;
END
$$;

COMMENT ON FUNCTION scheme_export(text) IS
    'a scheme as a document: its rows in all tables, for scheme_import() in another database';

CREATE FUNCTION _refuse_document(message text, hint text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = message, HINT = hint;
END
$$;

COMMENT ON FUNCTION _refuse_document(text, text) IS 'internal: the error of a document that is no scheme';

CREATE FUNCTION _element_label(part name, element jsonb, place bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN jsonb_strip_nulls(element) ?& _part_key(part)::text[]
                THEN (SELECT part || ' ' || string_agg(format('"%s"', element ->> k.name), ', ' ORDER BY k.place)
                      FROM unnest(_part_key(part)) WITH ORDINALITY AS k(name, place))
                ELSE format('%s number %s', part, place) END
$$;

COMMENT ON FUNCTION _element_label(name, jsonb, bigint) IS 'internal: how an error names an element of a document';

-- The elements as rows of their table: every column is there, with its default where the document says nothing.
CREATE FUNCTION _document_rows(part name, elements jsonb, known jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    odd record;
    initial jsonb;
BEGIN
    IF jsonb_typeof(elements) <> 'array' THEN
        PERFORM _refuse_document(format('"%s" of the document is not an array', part),
                                 'It holds one object for each row of the table.');
    END IF;
    SELECT e.element, e.place INTO odd
    FROM jsonb_array_elements(elements) WITH ORDINALITY AS e(element, place)
    WHERE jsonb_typeof(e.element) <> 'object' ORDER BY e.place LIMIT 1;
    IF FOUND THEN
        PERFORM _refuse_document(format('%s number %s of the document is not an object', part, odd.place),
                                 'Its keys are the columns of the table.');
    END IF;
    SELECT e.element, e.place, v.key, c.name, c.kind INTO odd
    FROM jsonb_array_elements(elements) WITH ORDINALITY AS e(element, place)
    CROSS JOIN LATERAL jsonb_each(e.element) AS v
    LEFT JOIN _part_columns(part) c ON c.name = v.key
    WHERE c.name IS NULL OR jsonb_typeof(v.value) NOT IN (c.kind, 'null')
    ORDER BY e.place, v.key COLLATE "C" LIMIT 1;
    IF odd.key IS NOT NULL AND odd.name IS NULL THEN
        PERFORM _refuse_document(
            format('%s of the document has the unknown key "%s"',
                   _element_label(part, odd.element, odd.place), odd.key),
            format('The keys are %s.', (SELECT string_agg(format('"%s"', c.name), ', ') FROM _part_columns(part) c)));
    ELSIF odd.key IS NOT NULL THEN
        PERFORM _refuse_document(
            format('"%s" of %s of the document is not a %s',
                   odd.key, _element_label(part, odd.element, odd.place), odd.kind),
            format('It is %s.', left((odd.element -> odd.key)::text, 100)));
    END IF;
    EXECUTE (SELECT format('SELECT to_jsonb(d) FROM (SELECT %s) d',
                           string_agg(format('%s AS %I', c.initial, c.name), ', ')) FROM _part_columns(part) c)
    INTO initial;
    RETURN (SELECT COALESCE(jsonb_agg(initial || e.element || known ORDER BY e.place), '[]')
            FROM jsonb_array_elements(elements) WITH ORDINALITY AS e(element, place));
END
$$;

COMMENT ON FUNCTION _document_rows(name, jsonb, jsonb) IS
    'internal: the rows of a table that a document holds, checked but for the constraints of the table';

-- All rows at once, since they may refer to each other; one by one only to find the one that was refused.
CREATE FUNCTION _insert_part(part name, contents jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    command text := format('INSERT INTO %1$I SELECT * FROM jsonb_populate_recordset(NULL::%1$I, $1)', part);
    message text;
    detail text;
    hint text;
    element record;
BEGIN
    EXECUTE command USING contents;
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    FOR element IN
        SELECT e.content, e.place FROM jsonb_array_elements(contents) WITH ORDINALITY AS e(content, place)
        ORDER BY e.place
    LOOP
        DECLARE
            same_message text;
            same_detail text;
        BEGIN
            EXECUTE command USING jsonb_build_array(element.content);
        EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
            GET STACKED DIAGNOSTICS same_message = MESSAGE_TEXT, same_detail = PG_EXCEPTION_DETAIL;
            IF (same_message, same_detail) = (message, detail) THEN
                message := format('%s of the document: %s',
                                  _element_label(part, element.content, element.place), message);
                EXIT;
            END IF;
        END;
    END LOOP;
    RAISE EXCEPTION USING
        ERRCODE = 'invalid_parameter_value', MESSAGE = left(message, 500),      -- it may quote a number of any length
        DETAIL = COALESCE(NULLIF(detail, ''), 'The row does not fit into the table.'),
        HINT = COALESCE(NULLIF(hint, ''), 'Correct the document; nothing of it has been loaded.');
END
$$;

COMMENT ON FUNCTION _insert_part(name, jsonb) IS 'internal: inserts what a document holds for one table';

CREATE FUNCTION scheme_import(document jsonb, scheme text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    code text;
    ancestor text;
    part name;
    problems text;
BEGIN
    IF jsonb_typeof(document) IS DISTINCT FROM 'object'
       OR document ->> 'format' IS DISTINCT FROM 'innovation_score.scheme'
       OR jsonb_typeof(document -> 'scheme') IS DISTINCT FROM 'object' THEN
        PERFORM _refuse_document('this is not the document of a scheme',
                                 'Documents of schemes are made by innovation_score.scheme_export().');
    END IF;
    IF document -> 'version' IS DISTINCT FROM '1' THEN
        PERFORM _refuse_document(format('the document has version %s', COALESCE(document -> 'version', 'null')),
                                 'This version of the extension reads version 1.');
    END IF;
    SELECT k.key INTO part FROM jsonb_object_keys(document) AS k(key)
    WHERE k.key NOT IN ('format', 'version', 'scheme') AND k.key NOT IN (SELECT p.part FROM _scheme_parts() p)
    ORDER BY k.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _refuse_document(format('the document has the unknown key "%s"', part),
                                 format('The keys are "format", "version", "scheme", %s.',
                                        (SELECT string_agg(format('"%s"', p.part), ', ' ORDER BY p.place)
                                         FROM _scheme_parts() p)));
    END IF;

    code := COALESCE($2, document -> 'scheme' ->> 'scheme');
    IF code IS NULL THEN
        PERFORM _refuse_document('the scheme of the document has no code', 'Give one as the second argument.');
    END IF;
    IF EXISTS (SELECT FROM scheme s WHERE s.scheme = code) THEN
        RAISE EXCEPTION 'scheme "%" exists already', code
            USING ERRCODE = 'duplicate_object',
                  HINT = 'Give another code as the second argument, or delete the scheme that is there. '
                         'To change that one into a new version, start with innovation_score.derive_scheme().';
    END IF;
    ancestor := document -> 'scheme' ->> 'parent';
    IF ancestor IS NOT NULL AND NOT EXISTS (SELECT FROM scheme s WHERE s.scheme = ancestor) THEN
        RAISE NOTICE 'scheme "%" was derived from "%", which is not here: it is loaded without a parent',
            code, ancestor;
        ancestor := NULL;
    END IF;

    PERFORM _insert_part('scheme', _document_rows(
        'scheme', jsonb_build_array(document -> 'scheme'),
        jsonb_build_object('scheme', code, 'parent', ancestor, 'origin', 'user')));
    FOR part IN SELECT p.part FROM _scheme_parts() p WHERE document ? p.part ORDER BY p.place LOOP
        PERFORM _insert_part(part, _document_rows(part, document -> part::text, jsonb_build_object('scheme', code)));
    END LOOP;

    SELECT string_agg(format('%s %s', p.object, p.problem), '; ') INTO problems
    FROM scheme_problems(code) p WHERE p.severity = 'error';
    IF problems IS NOT NULL THEN
        PERFORM _refuse_document(format('scheme "%s" of the document gives no scores: %s', code, problems),
                                 'Nothing has been loaded.');
    END IF;
    RETURN code;
END
$$;

COMMENT ON FUNCTION scheme_import(jsonb, text) IS
    'loads a document of scheme_export(), under another code if one is given; all of it or nothing';
-- national-2024: the scheme of the work guideline of August 2024. Indicators,
-- categories and stages are the guideline's. The weights are not: its annex of
-- weights is published as a picture only, so these are provisional ones that follow
-- its stated emphasis. The guideline does not say how extreme values are adjusted
-- either; the choice made here is in the scheme and shows in every model.

INSERT INTO scheme (scheme, title, extreme, missing, provisional, source) VALUES
    ('national-2024', '《“创新积分制”工作指引（全国试行版）》（2024）', 'percentile(0.01,0.99)', 'zero', true,
     '科学技术部《“创新积分制”工作指引（全国试行版）》，国科办资〔2024〕84号，2024年8月：'
     '指标、一级指标和阶段依据该指引；权重为本产品暂定（provisional），非官方权重；'
     '极端值调整方法（percentile(0.01,0.99)）为本产品选定');

INSERT INTO category (scheme, category, title, position) VALUES
    ('national-2024', 'technology', '技术创新指标', 1),
    ('national-2024', 'growth', '成长经营指标', 2),
    ('national-2024', 'auxiliary', '辅助指标', 3);

INSERT INTO stage (scheme, stage, title, position) VALUES
    ('national-2024', 'startup', '初创期', 1),
    ('national-2024', 'growth', '成长期', 2),
    ('national-2024', 'stable', '稳定期', 3);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'national-2024', i.* FROM (VALUES
    ('rd_expense', 'technology', '研发费用金额', '万元', '当年研发费用总额', 1),
    ('rd_expense_growth', 'technology', '研发费用增速', '比率（1 = 100%）', '（当年研发费用 − 上年研发费用）÷ |上年研发费用|', 2),
    ('rd_intensity', 'technology', '研发费用占营业收入的比例', '比率（1 = 100%）', '当年研发费用 ÷ 当年营业收入', 3),
    ('rd_staff_share', 'technology', '科技人员占职工总数的比重', '比率（1 = 100%）', '科技人员数 ÷ 职工总数', 4),
    ('invention_patents', 'technology', '与主营业务相关的发明专利申请量', '件', '当年与主营业务相关的发明专利申请件数', 5),
    ('pct_patents', 'technology', '与主营业务相关的PCT专利申请量', '件', '当年与主营业务相关的PCT专利申请件数', 6),
    ('tech_contract_value', 'technology', '企业技术合同成交额', '万元', '当年认定登记的技术合同成交额', 7),
    ('hitech_revenue', 'growth', '高新技术产品收入', '万元', '当年高新技术产品（服务）收入', 8),
    ('revenue', 'growth', '营业收入', '万元', '当年营业收入', 9),
    ('revenue_growth', 'growth', '营业收入增长率', '比率（1 = 100%）', '（当年营业收入 − 上年营业收入）÷ |上年营业收入|', 10),
    ('postgraduate_share', 'growth', '研究生以上人员占比', '比率（1 = 100%）', '研究生以上学历人员数 ÷ 职工总数', 11),
    ('rd_tax_relief', 'growth', '研发费用加计扣除所得税减免额', '万元', '当年研发费用加计扣除所得税减免额', 12),
    ('net_asset_margin', 'growth', '净资产利润率', '比率（1 = 100%）', '当年净利润 ÷ 净资产', 13),
    ('graduates_hired', 'auxiliary', '吸纳应届毕业生人数', '人', '当年吸纳应届毕业生人数', 14),
    ('rd_platforms', 'auxiliary', '承担建设省级及以上研发或创新平台数量', '个', '承担建设的省级及以上研发或创新平台数', 15),
    ('science_awards', 'auxiliary', '获得省级及以上科技奖励数量', '项', '获得的省级及以上科技奖励数', 16),
    ('science_projects', 'auxiliary', '承担省级及以上科技计划项目数量', '项', '承担的省级及以上科技计划项目数', 17),
    ('venture_capital', 'auxiliary', '获得风险投资金额', '万元', '当年获得的风险投资金额', 18)
) AS i(indicator, category, title, unit, definition, position);

INSERT INTO weight (scheme, stage, indicator, weight)
SELECT 'national-2024', s.stage, w.indicator, s.weight
FROM (VALUES
    -- indicator, startup, growth, stable
    ('rd_expense', 8, 10, 11),
    ('rd_expense_growth', 9, 7, 5),
    ('rd_intensity', 12, 9, 7),
    ('rd_staff_share', 12, 8, 6),
    ('invention_patents', 9, 9, 8),
    ('pct_patents', 5, 5, 6),
    ('tech_contract_value', 5, 7, 7),
    ('hitech_revenue', 5, 8, 10),
    ('revenue', 3, 6, 9),
    ('revenue_growth', 7, 8, 5),
    ('postgraduate_share', 5, 4, 4),
    ('rd_tax_relief', 3, 4, 5),
    ('net_asset_margin', 2, 3, 5),
    ('graduates_hired', 3, 3, 3),
    ('rd_platforms', 2, 3, 3),
    ('science_awards', 2, 2, 2),
    ('science_projects', 3, 2, 2),
    ('venture_capital', 5, 2, 2)
) AS w(indicator, startup, growth, stable)
CROSS JOIN LATERAL (VALUES ('startup', w.startup), ('growth', w.growth), ('stable', w.stable)) AS s(stage, weight);

-- last: from here on a change marks the scheme as changed
UPDATE scheme SET origin = 'shipped' WHERE scheme = 'national-2024';
-- Shipped beside national-2024: the other evaluations that the policies prescribe. What
-- is judged is theirs. They give no weights, so weights are equal and provisional; scales,
-- reference values and the treatment of missing values are chosen here, and said so.
-- All bounds are fixed: nobody's score depends on who else is evaluated.

INSERT INTO scheme (scheme, title, extreme, missing, provisional, source) VALUES
    ('bid-review', '揭榜方案评估论证', 'fixed(0,100)', 'null', true,
     '揭榜方案评估论证：五项评审准则依据政策文件；权重相等，为本产品暂定（provisional），非官方权重；'
     '百分制评分、未评全者不计分为本产品选定'),
    ('alliance', '实质性产学研联盟评估评价', 'fixed(0,100)', 'null', true,
     '实质性产学研联盟评估评价：十个维度依据政策文件；权重相等，为本产品暂定（provisional），非官方权重；'
     '百分制评分、未评全者不计分为本产品选定'),
    ('financing', '以企业创新能力为核心指标的融资评价', 'fixed(0,100)', 'zero', true,
     '以企业创新能力为核心指标的融资评价体系（银行+征信+担保）：政策文件未列具体指标与权重；'
     '指标和参考值为本产品选定；权重相等，为本产品暂定（provisional），非官方权重；缺失值从严，不得分'),
    ('progress', '揭榜项目半年度进展', 'fixed(0,1)', 'reweight', true,
     '揭榜项目两年内每半年按基期值和目标值跟踪（半年度进展目标）；权重相等，为本产品暂定（provisional），非官方权重；'
     '尚未到期的目标不计入');

INSERT INTO category (scheme, category, title, position) VALUES
    ('bid-review', 'proposal', '揭榜方案', 1),
    ('financing', 'innovation', '创新能力', 1),
    ('financing', 'bank', '银行', 2),
    ('financing', 'credit', '征信', 3),
    ('financing', 'guarantee', '担保', 4),
    ('progress', 'progress', '半年度进展目标', 1);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'bid-review', i.indicator, 'proposal', i.title, '分', i.definition, i.position FROM (VALUES
    ('feasibility', '可行性', '技术路线、团队和条件能否完成任务；专家评分，0 至 100', 1),
    ('innovation', '创新性', '方案相对现有技术的突破；专家评分，0 至 100', 2),
    ('practicality', '实操性', '进度、预算和分工能否照做；专家评分，0 至 100', 3),
    ('policy_consistency', '政策一致性', '与榜单任务和政策导向的一致程度；专家评分，0 至 100', 4),
    ('risk_control', '防风险', '对技术、资金和安全风险的识别与预案；专家评分，0 至 100，越高越好', 5)
) AS i(indicator, title, definition, position);

-- A dimension is a category with one rating: indicators of one's own can be put beside it.
INSERT INTO category (scheme, category, title, position)
SELECT 'alliance', d.code, d.title, d.position FROM (VALUES
    ('construction_direction', '建设方向', 1),
    ('benefit_mechanism', '利益机制', 2),
    ('innovation_goals', '创新目标', 3),
    ('innovation_capability', '创新能力', 4),
    ('talent', '人才团队引进', 5),
    ('resources', '资源集聚', 6),
    ('commercialization', '成果转化', 7),
    ('rd_investment', '研发投入', 8),
    ('platform_support', '平台支撑', 9),
    ('overall_strength', '综合实力', 10)
) AS d(code, title, position);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'alliance', c.category, c.category, c.title, '分', format('评估专家对%s的评分，0 至 100', c.title), c.position
FROM category c WHERE c.scheme = 'alliance';

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, direction, extreme, position)
SELECT 'financing', i.* FROM (VALUES
    ('innovation_score', 'innovation', '创新积分', '分',
     '企业的创新积分，满分 100；千分制的积分先除以 10', 'benefit', 'fixed(0,100)', 1),
    ('debt_ratio', 'bank', '资产负债率', '比率（1 = 100%）',
     '负债总额 ÷ 资产总额；1 及以上不得分', 'cost', 'fixed(0,1)', 2),
    ('credit_score', 'credit', '征信评分', '分',
     '征信机构的企业信用评分，换算为 0 至 100', 'benefit', 'fixed(0,100)', 3),
    ('overdue_count', 'credit', '逾期次数', '次',
     '近 24 个月贷款逾期次数；6 次及以上不得分', 'cost', 'fixed(0,6)', 4),
    ('guarantee_coverage', 'guarantee', '担保覆盖率', '比率（1 = 100%）',
     '（保证担保额 + 抵质押物评估值）÷ 申请授信额；1 及以上为满分', 'benefit', 'fixed(0,1)', 5)
) AS i(indicator, category, title, unit, definition, direction, extreme, position);

INSERT INTO indicator (scheme, indicator, category, title, unit, definition, position)
SELECT 'progress', 'half_year_' || h.number, 'progress', format('第%s个半年度进展目标', h.chinese), '比率（1 = 100%）',
       format('第%s个半年末的目标完成率：（实际值 − 基期值）÷（目标值 − 基期值），0 至 1；尚未到期为空', h.chinese),
       h.number
FROM (VALUES (1, '一'), (2, '二'), (3, '三'), (4, '四')) AS h(number, chinese);

INSERT INTO weight (scheme, stage, indicator, weight)
SELECT i.scheme, 'all', i.indicator, 100.0 / count(*) OVER (PARTITION BY i.scheme)
FROM indicator i WHERE i.scheme IN ('bid-review', 'alliance', 'financing', 'progress');

-- last: from here on a change marks a scheme as changed
UPDATE scheme SET origin = 'shipped' WHERE scheme IN ('bid-review', 'alliance', 'financing', 'progress');
-- scoreboard, kinds of views: which views a scoreboard has, which function writes each,
-- and what their columns are called. A concept that adds a view inserts its row here.

CREATE TABLE scoreboard_view (
    kind         text NOT NULL,
    place        numeric NOT NULL,
    query        text NOT NULL,
    instances    text,
    source_names text NOT NULL,
    score_names  boolean NOT NULL DEFAULT false,
    names        text[] NOT NULL,
    title        text NOT NULL,
    CONSTRAINT scoreboard_view_pkey PRIMARY KEY (kind),
    CONSTRAINT scoreboard_view_place_key UNIQUE (place),
    CONSTRAINT scoreboard_view_source_names_check CHECK (source_names IN ('group', 'key', 'attributes', 'all'))
);

COMMENT ON TABLE scoreboard_view IS 'internal: the views that every scoreboard has';
COMMENT ON COLUMN scoreboard_view.kind IS 'what follows the name of the scoreboard and "_"';
COMMENT ON COLUMN scoreboard_view.place IS 'order: a view comes after those that it reads';
COMMENT ON COLUMN scoreboard_view.query IS
    'function (board scoreboard, binding scoreboard_binding) that gives the text of the view; with instances '
    '(board, binding, instance text)';
COMMENT ON COLUMN scoreboard_view.instances IS
    'function (scoreboard text) → text[]: there is a view <kind>_<instance> for each; NULL: the one view <kind>';
COMMENT ON COLUMN scoreboard_view.source_names IS
    'columns that it has from the source: group (period, peers), key (entity, period), attributes (key and '
    'attributes), all (key, peers and attributes)';
COMMENT ON COLUMN scoreboard_view.score_names IS 'whether it has stage, score, coverage and the category scores';
COMMENT ON COLUMN scoreboard_view.names IS 'other columns of ours, and names used inside the view';
COMMENT ON COLUMN scoreboard_view.title IS 'what the comment on the view says that it shows';

CREATE TABLE scoreboard_column (
    name    text NOT NULL,
    kind    text NOT NULL DEFAULT '',
    comment text NOT NULL,
    CONSTRAINT scoreboard_column_pkey PRIMARY KEY (name, kind)
);

COMMENT ON TABLE scoreboard_column IS 'internal: comments on the columns of the views of scoreboards';
COMMENT ON COLUMN scoreboard_column.name IS 'column';
COMMENT ON COLUMN scoreboard_column.kind IS 'kind of view in which this comment counts; empty: in every other';
COMMENT ON COLUMN scoreboard_column.comment IS 'comment, Chinese first';

GRANT SELECT ON scoreboard_view, scoreboard_column TO PUBLIC;

INSERT INTO scoreboard_column (name, comment) VALUES
    ('stage', '企业发展阶段 stage'),
    ('coverage', '覆盖率 share of the weight whose values are present, 0 to 1'),
    ('rank', '名次 rank, 1 = highest, ties share'),
    ('stage_rank', '阶段内名次 rank within the stage'),
    ('percentile', '百分位 share of the scored firms at or below, 0 to 100'),
    ('model', '模型 model with the bounds of the group'),
    ('fitted_level', '拟合层级 number of peers that make the group whose bounds these are'),
    ('fitted_on', '拟合分组 columns that make the group whose bounds these are'),
    ('fitted_rows', '拟合样本数 rows of the source that the bounds were fitted on'),
    ('indicator', '二级指标代码 indicator'),
    ('title', '二级指标 title of the indicator'),
    ('category', '一级指标代码 category'),
    ('value', '指标值 value'),
    ('lower', '下界 lower bound of the normal range'),
    ('upper', '上界 upper bound of the normal range'),
    ('normalized', '标准化值 normalized value, 0 to 1'),
    ('weight', '满分值 the most points that the indicator can give'),
    ('points', '得分 points'),
    ('status', '状态 ok, below / above（极端值已调整）, missing（缺失）, imputed（已填补）, constant（无差异）');

CREATE FUNCTION _views_of(scoreboard text)
RETURNS TABLE (suffix text, kind text, instance text, place bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known scoreboard_view;
    instances text[];
BEGIN
    place := 0;
    FOR known IN SELECT * FROM scoreboard_view v ORDER BY v.place LOOP
        kind := known.kind;
        IF known.instances IS NULL THEN
            instances := ARRAY[NULL::text];
        ELSE
            EXECUTE format('SELECT innovation_score.%I($1)', known.instances) INTO instances USING scoreboard;
        END IF;
        FOREACH instance IN ARRAY COALESCE(instances, '{}') LOOP
            suffix := concat_ws('_', kind, instance);
            place := place + 1;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _views_of(text) IS 'internal: the views of a scoreboard, each after those that it reads';

CREATE FUNCTION _view_suffixes(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(v.suffix ORDER BY v.place) FROM _views_of(scoreboard) v
$$;

COMMENT ON FUNCTION _view_suffixes(text) IS 'internal: the endings of the names of the views of a scoreboard';
-- scoreboard: a scheme bound to a source. This file holds the registry;
-- 81_scoreboard_binding.sql turns the caller's columns and expressions into SQL text,
-- 82_scoreboard_views.sql composes the views from it, 85_freeze.sql freezes them.

CREATE TABLE scoreboard (
    scoreboard  text NOT NULL,
    scheme      text NOT NULL,
    source      regclass NOT NULL,
    entity      text NOT NULL,
    stage       text,
    period      text,
    peers       text[] NOT NULL DEFAULT '{}',
    attributes  text[] NOT NULL DEFAULT '{}',
    mapping     jsonb NOT NULL DEFAULT '{}',
    long        jsonb,
    search_path text NOT NULL DEFAULT '',
    model       score_model NOT NULL,
    frozen_at   timestamptz,
    comments    jsonb NOT NULL DEFAULT '{}',
    sample      text,
    pooled      boolean NOT NULL DEFAULT false,
    min_peers   integer,
    CONSTRAINT scoreboard_pkey PRIMARY KEY (scoreboard),
    CONSTRAINT scoreboard_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme ON UPDATE CASCADE,
    CONSTRAINT scoreboard_min_peers_check CHECK (min_peers > 0)
);

CREATE INDEX scoreboard_scheme_idx ON scoreboard (scheme);

COMMENT ON TABLE scoreboard IS '积分榜 scoreboards: schemes bound to sources, kept by the functions of this extension';
COMMENT ON COLUMN scoreboard.scoreboard IS '名称 name, always with its schema; its views carry it as their prefix';
COMMENT ON COLUMN scoreboard.scheme IS '积分体系 scheme';
COMMENT ON COLUMN scoreboard.source IS '数据来源 table, view, materialized view, foreign or partitioned table';
COMMENT ON COLUMN scoreboard.entity IS '企业 column or expression that tells the firms apart';
COMMENT ON COLUMN scoreboard.stage IS '阶段 column or expression of the stage; NULL if the scheme has one stage only';
COMMENT ON COLUMN scoreboard.period IS '期间 column or expression of the period, if there are several';
COMMENT ON COLUMN scoreboard.peers IS '组别 columns within whose groups the bounds are fitted, from coarse to fine';
COMMENT ON COLUMN scoreboard.attributes IS '属性 columns that the views show beside the scores';
COMMENT ON COLUMN scoreboard.mapping IS
    '指标对照 indicator: column or expression, JSON null where it is not available (in a long source: its label)';
COMMENT ON COLUMN scoreboard.long IS '长表 the indicator and the value column of a long source';
COMMENT ON COLUMN scoreboard.search_path IS 'schemas in which the names in its expressions are looked up';
COMMENT ON COLUMN scoreboard.model IS '模型 the scheme as it was when the views were built, not fitted';
COMMENT ON COLUMN scoreboard.frozen_at IS '冻结时间 when it was frozen; NULL: its models are fitted at each query';
COMMENT ON COLUMN scoreboard.comments IS 'comments that were put on the views, so that those of users are kept';
COMMENT ON COLUMN scoreboard.sample IS
    '参照样本 SQL condition over the source: the rows that the bounds are fitted on; NULL: all';
COMMENT ON COLUMN scoreboard.pooled IS '跨期合并 whether the bounds are fitted over all periods together';
COMMENT ON COLUMN scoreboard.min_peers IS
    '组别最小样本数 a group with fewer rows takes the bounds of the next coarser one; NULL: never';

SELECT _dump_table('scoreboard', 6, 'n.scheme IN (SELECT s.scheme FROM scheme s)');

-- Names. The functions that users call are one-line wrappers that take down the
-- caller's schemas; everything else runs with a search_path of its own.

CREATE FUNCTION _name_parts(name text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[];
BEGIN
    BEGIN
        parts := parse_ident(name);
    EXCEPTION WHEN invalid_parameter_value THEN
        NULL;
    END;
    IF name IS NOT NULL AND cardinality(parts) IN (1, 2) IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid scoreboard name: %', name
            USING ERRCODE = 'invalid_name',
                  HINT = 'Give a name, or a schema and a name, as in SQL: in double quotes if it is not made of '
                         'lower-case letters, digits and underscores.';
    END IF;
    RETURN parts;
END
$$;

CREATE FUNCTION _new_scoreboard_name(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[];
    schema_name text;
    base text;
    known text;
    longest text := (SELECT '_' || v.kind FROM scoreboard_view v ORDER BY octet_length(v.kind) DESC, v.place LIMIT 1);
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'the scoreboard needs a name' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    parts := _name_parts(name);
    base := parts[cardinality(parts)];
    schema_name := CASE WHEN cardinality(parts) = 2 THEN parts[1] ELSE path[1] END;
    IF schema_name IS NULL THEN
        RAISE EXCEPTION 'no schema has been selected to create scoreboard "%" in', base
            USING ERRCODE = 'invalid_schema_name';
    END IF;
    IF to_regnamespace(quote_ident(schema_name)) IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', schema_name USING ERRCODE = 'invalid_schema_name';
    END IF;
    IF octet_length(base || longest) > current_setting('max_identifier_length')::integer THEN
        RAISE EXCEPTION 'scoreboard name "%" is too long', base
            USING ERRCODE = 'name_too_long',
                  DETAIL = format('Its views carry it as a prefix: "%s" must still fit into a name.', longest),
                  HINT = format('Use at most %s bytes.',
                                current_setting('max_identifier_length')::integer - octet_length(longest));
    END IF;
    known := format('%I.%I', schema_name, base);
    IF EXISTS (SELECT FROM scoreboard b WHERE b.scoreboard = known) THEN
        RAISE EXCEPTION 'scoreboard "%" exists already', known
            USING ERRCODE = 'duplicate_object',
                  HINT = 'Drop it first with innovation_score.drop_scoreboard().';
    END IF;
    RETURN known;
END
$$;

CREATE FUNCTION _find_scoreboard(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := _name_parts(name);
    known text;
BEGIN
    SELECT b.scoreboard INTO known
    FROM unnest(CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
         WITH ORDINALITY AS p(schema_name, place)
    JOIN scoreboard b ON b.scoreboard = format('%I.%I', p.schema_name, parts[cardinality(parts)])
    ORDER BY p.place
    LIMIT 1;
    IF known IS NULL THEN
        RAISE EXCEPTION 'scoreboard "%" does not exist', name
            USING ERRCODE = 'undefined_object',
                  HINT = COALESCE((SELECT 'The scoreboards are '
                                          || string_agg(b.scoreboard, ', ' ORDER BY b.scoreboard COLLATE "C") || '.'
                                   FROM scoreboard b),
                                  'There is none yet: see innovation_score.create_scoreboard().');
    END IF;
    RETURN known;
END
$$;

-- the row of a scoreboard, locked against another session's change of it
CREATE FUNCTION _lock_scoreboard(name text, path name[]) RETURNS scoreboard
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _find_scoreboard(name, path);
    board scoreboard;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known FOR UPDATE;
    RETURN board;
END
$$;

CREATE FUNCTION _view_name(scoreboard text, suffix text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%I.%I', (parse_ident(scoreboard))[1], (parse_ident(scoreboard))[2] || '_' || suffix)
$$;

COMMENT ON FUNCTION _name_parts(text) IS 'internal: schema, if given, and name of a scoreboard';
COMMENT ON FUNCTION _new_scoreboard_name(text, name[]) IS 'internal: the full name for a new scoreboard, checked';
COMMENT ON FUNCTION _find_scoreboard(text, name[]) IS 'internal: the full name of a scoreboard, or an error';
COMMENT ON FUNCTION _lock_scoreboard(text, name[]) IS 'internal: the locked row of a scoreboard';
COMMENT ON FUNCTION _view_name(text, text) IS 'internal: the name of one of the views of a scoreboard';
-- scoreboard, binding: what the caller wrote (columns, expressions, a mapping) as SQL
-- text over the source, checked. Everything that reads a source's rows takes it from
-- _bind().

-- What a binding comes to: names of columns, and the text of the query that
-- gives a row a firm with these columns and its values in the model's order.
CREATE TYPE scoreboard_binding AS (
    entity     text,
    period     text,
    peers      text[],
    shown      text[],
    attributes text[],
    groups     text[],
    columns    text[],
    items      text,
    source     text,
    sample     text
);

COMMENT ON TYPE scoreboard_binding IS 'internal: names and SQL text that the views of a scoreboard are composed of';
COMMENT ON COLUMN scoreboard_binding.entity IS 'name of the entity column';
COMMENT ON COLUMN scoreboard_binding.period IS 'name of the period column, or NULL';
COMMENT ON COLUMN scoreboard_binding.peers IS 'names of the columns of the peer groups';
COMMENT ON COLUMN scoreboard_binding.shown IS 'peers and attributes as the scores show them, each once';
COMMENT ON COLUMN scoreboard_binding.attributes IS 'attributes as the whitelist shows them';
COMMENT ON COLUMN scoreboard_binding.groups IS 'names of the columns whose values make the groups that are fitted';
COMMENT ON COLUMN scoreboard_binding.columns IS 'names that further expressions over the source may use';
COMMENT ON COLUMN scoreboard_binding.items IS 'select list: the columns, stage and _values';
COMMENT ON COLUMN scoreboard_binding.source IS 'FROM item';
COMMENT ON COLUMN scoreboard_binding.sample IS 'condition that the rows of the fits meet, or NULL';

CREATE TYPE bound_expression AS (name text, expression text, type regtype);

COMMENT ON TYPE bound_expression IS 'internal: a column or expression of a source';
COMMENT ON COLUMN bound_expression.name IS 'the name, if it is a column';
COMMENT ON COLUMN bound_expression.expression IS 'SQL text';
COMMENT ON COLUMN bound_expression.type IS 'type of its values';

-- SQL text of users runs here and nowhere else: with their rights, and with the
-- schemas that were theirs when the scoreboard was created.

CREATE FUNCTION _run(path text, command text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE command;
END
$$;

COMMENT ON FUNCTION _run(text, text) IS 'internal: runs a command under a search_path';

-- Nothing is read: the false condition leaves the planner an empty relation.
-- Standing in WHERE, the expression can hold no aggregate, window or set function.
CREATE FUNCTION _expression_type(path text, source text, expression text) RETURNS regtype
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    query text := format('SELECT pg_catalog.pg_typeof(x.v)::pg_catalog.oid FROM (SELECT) d LEFT JOIN '
                         '(SELECT %1$s AS v FROM %2$s WHERE %1$s IS NULL AND false) x ON true',
                         expression, source);
    type oid;
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE query INTO type;
    RETURN type;
END
$$;

COMMENT ON FUNCTION _expression_type(text, text, text) IS 'internal: the type of an expression over a source';

CREATE FUNCTION _bind_expression(path text, source text, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression;
    identifier text[];
    state text;
    message text;
    hint text;
BEGIN
    IF item ~ '^\s*$' THEN
        RAISE EXCEPTION '% is empty', what
            USING ERRCODE = 'syntax_error',
                  HINT = 'Give the name of a column of the source, or an SQL expression over its columns.';
    END IF;
    BEGIN
        identifier := parse_ident(item);
    EXCEPTION WHEN invalid_parameter_value THEN
        identifier := NULL;     -- no identifier, so an expression
    END;
    bound.name := CASE WHEN item = ANY (columns) THEN item
                       WHEN cardinality(identifier) = 1 AND identifier[1] = ANY (columns) THEN identifier[1] END;
    BEGIN
        bound.expression := COALESCE(quote_ident(bound.name), format('(%s)', check_expression(item, what)));
        bound.type := _expression_type(path, source, bound.expression);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        RAISE EXCEPTION USING ERRCODE = state,
            -- says WHERE, perhaps in another language; the caller never wrote one
            MESSAGE = CASE WHEN state IN ('42803', '42P20') OR state = '0A000' AND message ~ 'WHERE'
                           THEN 'an expression over a source cannot hold aggregate, window or set-returning functions'
                           ELSE message END,
            DETAIL = format('This was given as %s: %s', what, item),
            HINT = CASE WHEN hint <> '' THEN hint
                        WHEN state = '42703'
                        THEN format('The columns of the source are %s.',
                                    (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c))
                        WHEN state = '42501' THEN 'The caller needs SELECT on every column that is used.'
                        ELSE 'Give the name of a column of the source, or an SQL expression over its columns.' END;
    END;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _bind_expression(text, text, text[], text, text) IS
    'internal: a column of the source, else an expression over it, with its type';

CREATE FUNCTION _base_type(type oid) RETURNS pg_type
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH RECURSIVE base(type) AS (
        SELECT t FROM pg_type t WHERE t.oid = _base_type.type
        UNION ALL
        SELECT t FROM base b JOIN pg_type t ON t.oid = (b.type).typbasetype WHERE (b.type).typtype = 'd'
    )
    SELECT (b.type).* FROM base b WHERE (b.type).typtype <> 'd'
$$;

COMMENT ON FUNCTION _base_type(oid) IS 'internal: the type below a domain';

CREATE FUNCTION _bind_scalar(path text, source text, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _bind_expression(path, source, columns, item, what);
    base pg_type := _base_type(bound.type);
BEGIN
    IF base.typtype NOT IN ('b', 'e') OR base.typcategory = 'A' THEN
        RAISE EXCEPTION '% is of type %, not a scalar', what, format_type(bound.type, NULL)
            USING ERRCODE = 'datatype_mismatch',
                  DETAIL = format('It was given as %s.', item),
                  HINT = 'BI tools read scalars only: no array, composite or range.';
    END IF;
    IF base.oid <> bound.type THEN      -- a domain
        bound.expression := format('%s::%s', bound.expression, format_type(base.oid, NULL));
        bound.type := base.oid;
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _bind_scalar(text, text, text[], text, text) IS
    'internal: as _bind_expression, scalar and no domain';

CREATE FUNCTION _bind_column(path text, source text, columns text[], item text, what text)
RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression;
BEGIN
    IF item IS NULL THEN
        RAISE EXCEPTION 'a column among peers and attributes is NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    bound := _bind_scalar(path, source, columns, item, what);
    IF bound.name IS NULL THEN
        RAISE EXCEPTION '% must be a column of the source, not an expression', what
            USING ERRCODE = 'undefined_column',
                  HINT = 'Bind a view over the source that computes it.';
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _bind_column(text, text, text[], text, text) IS
    'internal: as _bind_scalar, and a column, since it keeps its name';

CREATE FUNCTION _bind_number(path text, source text, columns text[], item text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _bind_expression(path, source, columns, item, what);
    base oid := (_base_type(bound.type)).oid;
BEGIN
    IF base IN ('float8'::regtype, 'float4'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype,
                'numeric'::regtype) THEN
        RETURN bound.expression;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_cast c WHERE c.castsource = base AND c.casttarget = 'float8'::regtype) THEN
        RAISE EXCEPTION '% is of type %, which is not a number', what, format_type(bound.type, NULL)
            USING ERRCODE = 'cannot_coerce',
                  DETAIL = format('It was given as %s.', item),
                  HINT = 'Map it to an expression that gives a number, such as nullif(x, '''')::numeric.';
    END IF;
    RETURN bound.expression || '::double precision';
END
$$;

COMMENT ON FUNCTION _bind_number(text, text, text[], text, text) IS
    'internal: SQL text of an expression whose value row_values() takes';

CREATE FUNCTION _bind_condition(path text, source text, columns text[], item text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression := _bind_expression(path, source, columns, item, what);
BEGIN
    IF (_base_type(bound.type)).oid <> 'boolean'::regtype THEN
        RAISE EXCEPTION '% is of type %, not boolean', what, format_type(bound.type, NULL)
            USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', item);
    END IF;
    RETURN bound.expression;
END
$$;

COMMENT ON FUNCTION _bind_condition(text, text, text[], text, text) IS
    'internal: SQL text of a condition over the source';

-- Sources.

CREATE FUNCTION _source_name(source regclass) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    class pg_class;
    full_name text;
BEGIN
    IF source IS NULL THEN
        RAISE EXCEPTION 'the scoreboard needs a source' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT * INTO class FROM pg_class c WHERE c.oid = source;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the source of the scoreboard does not exist'
            USING ERRCODE = 'undefined_table', DETAIL = format('There is no relation with OID %s.', source::oid);
    END IF;
    full_name := format('%I.%I', (SELECT n.nspname FROM pg_namespace n WHERE n.oid = class.relnamespace),
                        class.relname);
    IF class.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
        RAISE EXCEPTION '% is no source', full_name
            USING ERRCODE = 'wrong_object_type',
                  HINT = 'Give a table, view, materialized view, foreign table or partitioned table.';
    END IF;
    IF class.relpersistence = 't' THEN
        RAISE EXCEPTION '% is temporary, so it cannot be the source of views that last', class.relname
            USING ERRCODE = 'wrong_object_type', HINT = 'Give a permanent table or view.';
    END IF;
    IF NOT has_any_column_privilege(source, 'SELECT') THEN
        RAISE EXCEPTION 'permission denied for source %', full_name
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('GRANT SELECT ON %s TO %I;', full_name, current_user);
    END IF;
    RETURN full_name;
END
$$;

CREATE FUNCTION _source_columns(source regclass) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(array_agg(a.attname::text ORDER BY a.attnum), '{}')
    FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
$$;

COMMENT ON FUNCTION _source_name(regclass) IS 'internal: the full name of a source that the caller can read';
COMMENT ON FUNCTION _source_columns(regclass) IS 'internal: the names of the columns of a source';

-- Values in the order of the model.

CREATE FUNCTION _model_codes(model score_model, part text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE part WHEN 'indicators' THEN p.element ->> 'indicator'
                               WHEN 'categories' THEN p.element ->> 'category'
                               ELSE p.element #>> '{}' END ORDER BY p.place)
    FROM jsonb_array_elements(model::jsonb -> part) WITH ORDINALITY AS p(element, place)
$$;

COMMENT ON FUNCTION _model_codes(score_model, text) IS
    'internal: codes of the indicators, categories or stages of a model, in its order';

CREATE FUNCTION _check_mapping(board scoreboard, columns text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _model_codes(board.model, 'indicators');
    culprits text;
BEGIN
    IF jsonb_typeof(board.mapping) <> 'object' THEN
        RAISE EXCEPTION 'the mapping must be a JSON object'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.mapping),
                  HINT = 'For example {"rd_expense": "column or expression", "pct_patents": null}.';
    END IF;
    SELECT string_agg(format('"%s"', m.key), ', ' ORDER BY m.key COLLATE "C") INTO culprits
    FROM jsonb_each(board.mapping) m WHERE m.key <> ALL (codes);
    IF culprits IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping names indicators that scheme "%" does not have: %', board.scheme, culprits
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The indicators are %s.', array_to_string(codes, ', '));
    END IF;
    SELECT string_agg(format('"%s": %s', m.key, m.value), ', ' ORDER BY m.key COLLATE "C") INTO culprits
    FROM jsonb_each(board.mapping) m WHERE jsonb_typeof(m.value) NOT IN ('string', 'null');
    IF culprits IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping has values that are neither a string nor null: %', culprits
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give a column or an expression as a string, or null for an indicator that is not available.';
    END IF;
    SELECT string_agg(format('"%s"', c.code), ', ' ORDER BY c.place) INTO culprits
    FROM unnest(codes) WITH ORDINALITY AS c(code, place)
    WHERE board.long IS NULL AND NOT board.mapping ? c.code AND c.code <> ALL (columns);
    IF culprits IS NOT NULL THEN
        RAISE EXCEPTION 'indicators are neither mapped nor columns of the source: %', culprits
            USING ERRCODE = 'undefined_column',
                  HINT = 'Map each to a column, an expression or null (not available): '
                         'mapping => ''{"indicator": "column or expression", "other_indicator": null}''.';
    END IF;
END
$$;

COMMENT ON FUNCTION _check_mapping(scoreboard, text[]) IS 'internal: refuses a mapping that leaves questions open';

CREATE FUNCTION _bind_values(board scoreboard, source text, columns text[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    label text;
    value text;
    code text;
    elements text[] := '{}';
BEGIN
    PERFORM _check_mapping(board, columns);
    IF board.long IS NOT NULL THEN
        IF jsonb_typeof(board.long) <> 'object'
           OR jsonb_typeof(board.long -> 'indicator') IS DISTINCT FROM 'string'
           OR jsonb_typeof(board.long -> 'value') IS DISTINCT FROM 'string'
           OR EXISTS (SELECT FROM jsonb_object_keys(board.long) k WHERE k NOT IN ('indicator', 'value')) THEN
            RAISE EXCEPTION 'long must name the indicator and the value column of the source'
                USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.long),
                      HINT = 'For example long => ''{"indicator": "code", "value": "amount"}''.';
        END IF;
        label := (_bind_scalar(board.search_path, source, columns, board.long ->> 'indicator',
                               'indicator column')).expression;
        value := _bind_number(board.search_path, source, columns, board.long ->> 'value', 'value column')
                 || '::double precision';
    END IF;
    FOREACH code IN ARRAY _model_codes(board.model, 'indicators') LOOP
        elements := elements || CASE
            WHEN board.mapping -> code = 'null' THEN 'NULL::double precision'
            WHEN board.long IS NOT NULL THEN
                format('innovation_score.single_value(%s) FILTER (WHERE %s::text = %L)',
                       value, label, COALESCE(board.mapping ->> code, code))
            ELSE _bind_number(board.search_path, source, columns, COALESCE(board.mapping ->> code, code),
                              format('indicator "%s"', code))
            END;
    END LOOP;

    -- A function takes at most 100 arguments.
    IF cardinality(elements) > 100 THEN
        RETURN (SELECT format('ARRAY[%s]', string_agg(e.text || '::double precision', ', ' ORDER BY e.place))
                FROM unnest(elements) WITH ORDINALITY AS e(text, place));
    END IF;
    RETURN format('innovation_score.row_values(%s)', array_to_string(elements, ', '));
END
$$;

COMMENT ON FUNCTION _bind_values(scoreboard, text, text[]) IS
    'internal: SQL text of the values of a row (of a firm''s rows in a long source) as an array';

CREATE FUNCTION _bind_stage(board scoreboard, source text, columns text[]) RETURNS bound_expression
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    stages text[] := _model_codes(board.model, 'stages');
    bound bound_expression;
BEGIN
    IF board.stage IS NULL THEN
        IF cardinality(stages) > 1 THEN
            RAISE EXCEPTION 'scheme "%" has several stages, so the scoreboard needs one for each firm', board.scheme
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Give a column or expression as stage; its values are %s.',
                                    array_to_string(stages, ', '));
        END IF;
        RETURN ROW(NULL, format('%L::text', stages[1]), 'text'::regtype)::bound_expression;
    END IF;
    bound := _bind_scalar(board.search_path, source, columns, board.stage, 'stage');
    IF bound.type <> 'text'::regtype THEN
        bound.expression := bound.expression || '::text';
    END IF;
    RETURN bound;
END
$$;

COMMENT ON FUNCTION _bind_stage(scoreboard, text, text[]) IS 'internal: the stage of a firm as text';

-- The names that the views use beside those of the source.
CREATE FUNCTION _view_columns(model score_model, kind text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT v.names || CASE WHEN v.score_names
                           THEN '{stage,score,coverage,_values,_row}'::text[]
                                || ARRAY(SELECT c || '_score' FROM unnest(_model_codes(model, 'categories')) c)
                           ELSE '{}' END
    FROM scoreboard_view v WHERE v.kind = _view_columns.kind
$$;

COMMENT ON FUNCTION _view_columns(score_model, text) IS
    'internal: names that columns of the source may not have in a view';

CREATE FUNCTION _check_names(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    clash record;
BEGIN
    SELECT v.view, n.name, count(*) FILTER (WHERE n.ours) > 0 AS with_ours INTO clash
    FROM (SELECT k.kind AS view,
                 CASE k.source_names
                     WHEN 'group' THEN array_remove(binding.groups, 'stage')
                     WHEN 'key' THEN ARRAY[binding.entity, binding.period]
                     WHEN 'attributes' THEN ARRAY[binding.entity, binding.period] || binding.attributes
                     ELSE ARRAY[binding.entity, binding.period] || binding.shown END AS names
          FROM scoreboard_view k) AS v
    CROSS JOIN LATERAL (SELECT u, false FROM unnest(v.names) u
                        UNION ALL
                        SELECT u, true FROM unnest(_view_columns(board.model, v.view)) u) AS n(name, ours)
    WHERE n.name IS NOT NULL
    GROUP BY v.view, n.name
    HAVING count(*) > 1
    ORDER BY v.view COLLATE "C", n.name COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of the source % view %', clash.name,
                CASE WHEN clash.with_ours THEN 'clashes with a column of' ELSE 'would stand twice in' END,
                _view_name(board.scoreboard, clash.view)
            USING ERRCODE = 'duplicate_column',
                  HINT = 'Bind a view over the source that gives the column another name; an entity or period may be '
                         'written as an expression, such as (x), and is then called entity or period.';
    END IF;
END
$$;

COMMENT ON FUNCTION _check_names(scoreboard, scoreboard_binding) IS
    'internal: refuses names of the source that are names of ours';

CREATE FUNCTION _check_reference(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF board.pooled AND board.period IS NULL THEN
        RAISE EXCEPTION 'pooled concerns scoreboards that have a period'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Without a period all rows of the source are fitted together anyway.';
    END IF;
    IF board.min_peers < 1 THEN
        RAISE EXCEPTION 'min_peers must be positive'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.min_peers);
    END IF;
    IF board.min_peers IS NOT NULL AND binding.peers = '{}' THEN
        RAISE EXCEPTION 'min_peers concerns scoreboards that have peers'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the columns of the peer groups, from coarse to fine, as peers.';
    END IF;
END
$$;

COMMENT ON FUNCTION _check_reference(scoreboard, scoreboard_binding) IS
    'internal: refuses settings of the reference sample that say nothing';

-- One place that turns what the caller wrote into SQL text.
CREATE FUNCTION _bind(board scoreboard) RETURNS scoreboard_binding
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    path text := board.search_path;
    source text := _source_name(board.source);
    columns text[] := _source_columns(board.source);
    binding scoreboard_binding;
    bound bound_expression;
    stage_column text;
    item text;
    names text[];
    items text[];
BEGIN
    IF board.entity IS NULL THEN
        RAISE EXCEPTION 'the scoreboard needs an entity' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Give the column or expression that tells the firms apart.';
    END IF;
    bound := _bind_scalar(path, source, columns, board.entity, 'entity');
    binding.entity := COALESCE(bound.name, 'entity');
    names := ARRAY[binding.entity];
    items := ARRAY[bound.expression];

    IF board.period IS NOT NULL THEN
        bound := _bind_scalar(path, source, columns, board.period, 'period');
        binding.period := COALESCE(bound.name, 'period');
        names := names || binding.period;
        items := items || bound.expression;
    END IF;

    bound := _bind_stage(board, source, columns);
    stage_column := CASE WHEN bound.name = 'stage' THEN bound.name END;
    names := names || 'stage'::text;
    items := items || bound.expression;

    -- a column that is asked for twice is shown once
    binding.peers := '{}';
    FOREACH item IN ARRAY COALESCE(board.peers, '{}') LOOP
        bound := _bind_column(path, source, columns, item, format('peer "%s"', item));
        CONTINUE WHEN bound.name = ANY (binding.peers)
                      OR bound.name IS NOT DISTINCT FROM binding.period AND NOT board.pooled;
        binding.peers := binding.peers || bound.name;
        CONTINUE WHEN bound.name = ANY (ARRAY[binding.period, stage_column]);
        names := names || bound.name;
        items := items || bound.expression;
    END LOOP;
    binding.attributes := '{}';
    FOREACH item IN ARRAY COALESCE(board.attributes, '{}') LOOP
        bound := _bind_column(path, source, columns, item, format('attribute "%s"', item));
        CONTINUE WHEN bound.name = ANY (ARRAY[binding.entity, binding.period, stage_column] || binding.attributes);
        binding.attributes := binding.attributes || bound.name;
        CONTINUE WHEN bound.name = ANY (binding.peers);
        names := names || bound.name;
        items := items || bound.expression;
    END LOOP;
    binding.groups := array_remove(CASE WHEN NOT board.pooled THEN binding.period END || binding.peers, NULL);
    binding.shown := array_remove(array_remove(binding.peers, stage_column), binding.period)
        || ARRAY(SELECT a FROM unnest(binding.attributes) WITH ORDINALITY AS u(a, place)
                 WHERE a <> ALL (binding.peers) ORDER BY place);
    PERFORM _check_reference(board, binding);
    PERFORM _check_names(board, binding);

    binding.items := (SELECT string_agg(format('%s AS %I', i.item, i.name), ', ' ORDER BY i.place)
                      FROM unnest(items, names) WITH ORDINALITY AS i(item, name, place))
        || format(', %s AS _values', _bind_values(board, source, columns));
    binding.source := source;
    binding.columns := columns;
    IF board.long IS NOT NULL THEN
        binding.source := format('(SELECT %s FROM %s GROUP BY %s) pivot', binding.items, source,
            (SELECT string_agg(g::text, ', ') FROM generate_series(1, cardinality(names)) g));
        binding.items := (SELECT string_agg(format('pivot.%I', n), ', ' ORDER BY place)
                          FROM unnest(names || '_values'::text) WITH ORDINALITY AS u(n, place));
        binding.columns := names;
    END IF;
    IF board.sample IS NOT NULL THEN
        binding.sample := _bind_condition(path, binding.source, binding.columns, board.sample, 'sample condition');
    END IF;
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _bind(scoreboard) IS
    'internal: a scoreboard''s columns and expressions as SQL text, or an error that says what is wrong with them';
-- scoreboard, views: the text of each view, and the functions that make, remake
-- and drop them.
--
-- The views read the source's rows through one subquery, so that the caller's
-- expressions see no names but the source's. Functions and types of the extension
-- are written with their schema: a view is created under the caller's search_path.

CREATE FUNCTION _rows(binding scoreboard_binding, more text DEFAULT '') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('(SELECT %s%s FROM %s) s', binding.items, more, binding.source)
$$;

COMMENT ON FUNCTION _rows(scoreboard_binding, text) IS
    'internal: FROM item of the source''s rows as the views read them';

CREATE FUNCTION _columns_of(alias text, names text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format('%s.%I', alias, n.name), ', ' ORDER BY n.place)
    FROM unnest(array_remove(names, NULL)) WITH ORDINALITY AS n(name, place)
$$;

COMMENT ON FUNCTION _columns_of(text, text[]) IS 'internal: a list of columns, each with the alias of its table';

-- The rows that bounds are fitted on. The condition stands beside the caller's other
-- expressions, so that it reaches the indexes and partitions of the source.
CREATE FUNCTION _sample_rows(binding scoreboard_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('(SELECT %s FROM %s%s) s', binding.items, binding.source, ' WHERE ' || binding.sample)
$$;

COMMENT ON FUNCTION _sample_rows(scoreboard_binding) IS
    'internal: FROM item of those rows of the source that the bounds are fitted on';

CREATE FUNCTION _groups(binding scoreboard_binding) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT binding.groups
$$;

-- Peers are ordered from coarse to fine: a group of a level is made by the first ones.
CREATE FUNCTION _level_groups(binding scoreboard_binding, level integer) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT binding.groups[1:cardinality(binding.groups) - cardinality(binding.peers) + level]
$$;

COMMENT ON FUNCTION _groups(scoreboard_binding) IS
    'internal: the columns whose values make the groups that are fitted';
COMMENT ON FUNCTION _level_groups(scoreboard_binding, integer) IS
    'internal: the columns of the groups that so many of the peers make';

CREATE FUNCTION _same_group(groups text[], a text, b text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(string_agg(format('%s.%I = %s.%I', a, g.name, b, g.name), ' AND ' ORDER BY g.place), 'true')
    FROM unnest(groups) WITH ORDINALITY AS g(name, place)
$$;

COMMENT ON FUNCTION _same_group(text[], text, text) IS
    'internal: condition that two rows are of one group';

CREATE FUNCTION _known_groups(groups text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(string_agg(format('s.%I IS NOT NULL', g.name), ' AND ' ORDER BY g.place), 'true')
    FROM unnest(groups) WITH ORDINALITY AS g(name, place)
$$;

COMMENT ON FUNCTION _known_groups(text[]) IS 'internal: condition that a row belongs to a group';

-- Which bounds a group has is told where they need not be those of all its rows.
CREATE FUNCTION _tells_reference(board scoreboard) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT board.sample IS NOT NULL OR board.pooled OR board.min_peers IS NOT NULL
$$;

COMMENT ON FUNCTION _tells_reference(scoreboard) IS
    'internal: whether the view _model has the columns fitted_level, fitted_on and fitted_rows';

CREATE FUNCTION _level_name(binding scoreboard_binding, level integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(NULLIF(array_to_string(_level_groups(binding, level), ', '), ''), 'all')
$$;

COMMENT ON FUNCTION _level_name(scoreboard_binding, integer) IS 'internal: the groups of a level in words';

-- Citus has catalogs of its own; a source may be a view over distributed tables.
CREATE FUNCTION _is_distributed(source regclass) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    distributed boolean := false;
BEGIN
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        EXECUTE 'WITH RECURSIVE used(oid) AS ('
                'SELECT $1::oid UNION '
                'SELECT d.refobjid FROM used u JOIN pg_rewrite r ON r.ev_class = u.oid '
                'JOIN pg_depend d ON d.classid = ''pg_rewrite''::regclass AND d.objid = r.oid '
                'AND d.refclassid = ''pg_class''::regclass) '
                'SELECT EXISTS (SELECT FROM used u JOIN pg_dist_partition p ON p.logicalrelid = u.oid)'
            INTO distributed USING source;
    END IF;
    RETURN distributed;
END
$$;

COMMENT ON FUNCTION _is_distributed(regclass) IS
    'internal: whether a source is a distributed table of Citus, or a view that reads one';

-- Fits. Over a distributed table of Citus neither a recursive query nor a correlated
-- subquery can span shards: as many passes as the methods can ever need, one
-- after the other. Citus carries out every one; the condition that a model is unfinished,
-- which depends on no row, lets the workers answer without reading when none is. Without
-- groups FILTER leaves the values alone instead: there, in PostgreSQL 15 and 16, Citus
-- refuses such a condition below outer joins. The last pass is not filtered: an unfinished
-- model is an error where it is used, not a row less.
CREATE FUNCTION _distributed_fit_query(board scoreboard, binding scoreboard_binding, groups text[], first_pass text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('WITH pass1 AS MATERIALIZED (%s), %s SELECT %s FROM (%s) f WHERE f.model IS NOT NULL '
                  'ORDER BY innovation_score.is_fitted(f.model)',
                  first_pass,
                  string_agg(format(
                      CASE WHEN groups = '{}'
                           THEN 'pass%1$s AS MATERIALIZED (SELECT '
                                '%7$sinnovation_score.fit((SELECT p.model FROM pass%3$s p), VARIADIC s._values) '
                                'FILTER (WHERE (SELECT NOT innovation_score.is_fitted(q.model) '
                                'FROM pass%3$s q)) AS model FROM %4$s)'
                           ELSE 'pass%1$s AS MATERIALIZED (SELECT %2$s FROM pass%3$s p JOIN %4$s ON %5$s '
                                'AND NOT innovation_score.is_fitted(p.model) WHERE EXISTS '
                                '(SELECT 1 FROM pass%3$s q WHERE NOT innovation_score.is_fitted(q.model)) '
                                'GROUP BY %6$s)' END,
                      pass, concat_ws(', ', _columns_of('s', groups),
                                      counted.rows || 'innovation_score.fit(p.model, VARIADIC s._values) AS model'),
                      pass - 1, _sample_rows(binding), _same_group(groups, 's', 'p'),
                      _columns_of('s', groups), counted.rows), ', ' ORDER BY pass),
                  _columns_of('f', groups || counted.name || 'model'::text),
                  'SELECT * FROM pass1 WHERE innovation_score.is_fitted(model)'
                  || string_agg(format(' UNION ALL SELECT * FROM pass%s%s', pass,
                                       CASE WHEN pass < most.passes
                                            THEN ' WHERE innovation_score.is_fitted(model)' ELSE '' END),
                                '' ORDER BY pass))
    FROM (SELECT CASE WHEN _tells_reference(board) THEN 'pg_catalog.count(*) AS fitted_rows, ' ELSE '' END,
                 CASE WHEN _tells_reference(board) THEN 'fitted_rows' END) AS counted(rows, name)
    CROSS JOIN (SELECT CASE WHEN bool_or(i ->> 'extreme' ~ 'mad') THEN 10 ELSE 5 END AS passes
                FROM jsonb_array_elements(board.model::jsonb -> 'indicators') i) most
    CROSS JOIN LATERAL generate_series(2, most.passes) pass
    GROUP BY counted.rows, counted.name, most.passes
$$;

COMMENT ON FUNCTION _distributed_fit_query(scoreboard, scoreboard_binding, text[], text) IS
    'internal: query that fits the groups of a distributed table';

-- Methods that need order statistics may leave a large group unfinished; it
-- is passed over the source again, it alone, until it is finished. LIMIT 1 lets the
-- usual case, one pass, end before the others begin; the planner sees that, too, and
-- does not take the query for so costly that compiling it (jit) would pay.
-- ORDER BY puts a Sort on top: a plan that reads the groups again and again, row by row
-- of a join, reads the sorted rows and fits nothing twice.
CREATE FUNCTION _live_fit_query(board scoreboard, binding scoreboard_binding, level integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    groups text[] := _level_groups(binding, level);
    counted text := CASE WHEN _tells_reference(board) THEN 'fitted_rows' END;
    first_pass text;
BEGIN
    first_pass := format('SELECT %s AS model FROM %s%s%s%s',
                         concat_ws(', ', _columns_of('s', groups), 'pg_catalog.count(*) AS ' || counted,
                                   format('innovation_score.fit(%L::innovation_score.score_model, VARIADIC s._values)',
                                          board.model::text)),
                         _sample_rows(binding), ' WHERE ' || NULLIF(_known_groups(groups), 'true'),
                         ' GROUP BY ' || _columns_of('s', groups),
                         CASE WHEN level > 0 THEN ' HAVING pg_catalog.count(*) >= ' || board.min_peers END);
    IF NOT EXISTS (SELECT FROM jsonb_array_elements(board.model::jsonb -> 'indicators') i
                   WHERE i ->> 'extreme' ~ 'percentile|iqr|mad'
                      OR COALESCE(i ->> 'missing', board.model::jsonb ->> 'missing') = 'median') THEN
        RETURN format('SELECT %s FROM (%s) m WHERE m.model IS NOT NULL ORDER BY innovation_score.is_fitted(m.model)',
                      _columns_of('m', groups || counted || 'model'::text), first_pass);
    END IF;
    IF _is_distributed(board.source) THEN
        RETURN _distributed_fit_query(board, binding, groups, first_pass);
    END IF;
    RETURN format(
        'SELECT %s FROM (%s) m CROSS JOIN LATERAL ('
        'SELECT m.model WHERE innovation_score.is_fitted(m.model) UNION ALL ('
        'WITH RECURSIVE pass(model) AS (SELECT m.model UNION ALL '
        'SELECT (SELECT innovation_score.fit(pass.model, VARIADIC s._values) FROM %s WHERE %s) '
        'FROM pass WHERE NOT innovation_score.is_fitted(pass.model)) '
        'SELECT pass.model FROM pass WHERE innovation_score.is_fitted(pass.model)) LIMIT 1) f '
        'ORDER BY innovation_score.is_fitted(f.model)',
        concat_ws(', ', _columns_of('m', groups || counted), 'f.model'), first_pass, _sample_rows(binding),
        _same_group(groups, 's', 'm'));
END
$$;

COMMENT ON FUNCTION _live_fit_query(scoreboard, scoreboard_binding, integer) IS
    'internal: query that fits the groups that so many of the peers make';

-- With a minimum size every level is fitted, each by a reading of its own (grouping sets
-- would keep filters from the table and the work from parallel workers), and a group takes
-- the finest bounds that there are for it. The groups are read apart from the bounds, since
-- the sample may hold no row of a group.
CREATE FUNCTION _live_levels_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    groups text[] := _groups(binding);
    joins text := '';
    levels text[] := '{}';
BEGIN
    FOR level IN REVERSE cardinality(binding.peers) .. 0 LOOP
        levels := levels || format('level%s', level);
        joins := joins || format(
            ' LEFT JOIN (SELECT %s AS fitted_level, %L::text AS fitted_on, f.* FROM (%s) f) level%1$s ON %4$s',
            level, _level_name(binding, level), _live_fit_query(board, binding, level),
            _same_group(_level_groups(binding, level), format('level%s', level), 'g'));
    END LOOP;
    RETURN format(
        'SELECT %1$s FROM (SELECT %2$s, %3$s FROM (SELECT %4$s FROM %5$s WHERE %6$s GROUP BY %4$s) g%7$s) m '
        'WHERE m.model IS NOT NULL ORDER BY innovation_score.is_fitted(m.model)',
        _columns_of('m', groups || '{fitted_level,fitted_on,fitted_rows,model}'::text[]), _columns_of('g', groups),
        (SELECT string_agg(format('COALESCE(%s) AS %I',
                                  (SELECT string_agg(format('%I.%I', l.name, c.name), ', ' ORDER BY l.place)
                                   FROM unnest(levels) WITH ORDINALITY AS l(name, place)), c.name),
                           ', ' ORDER BY c.place)
         FROM unnest('{fitted_level,fitted_on,fitted_rows,model}'::text[]) WITH ORDINALITY AS c(name, place)),
        _columns_of('s', groups), _rows(binding), _known_groups(groups), joins);
END
$$;

COMMENT ON FUNCTION _live_levels_query(scoreboard, scoreboard_binding) IS
    'internal: query that fits groups of every level and gives each group the finest bounds';

CREATE FUNCTION _live_model_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN board.min_peers IS NOT NULL THEN _live_levels_query(board, binding)
        WHEN _tells_reference(board) THEN
            format('SELECT %s, f.model FROM (%s) f',
                   concat_ws(', ', _columns_of('f', _groups(binding)), finest || ' AS fitted_level',
                             format('%L::text AS fitted_on, f.fitted_rows', _level_name(binding, finest))),
                   _live_fit_query(board, binding, finest))
        ELSE _live_fit_query(board, binding, finest) END
    FROM cardinality(binding.peers) finest
$$;

COMMENT ON FUNCTION _live_model_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _model that fits the groups when it is read';

-- Frozen models, cast to the types that the live view had. The offset keeps the casts
-- away from the rows of other scoreboards; quoted, it is a constant from the start,
-- and the planner knows in time that it does not stand in the way of parallel plans.
CREATE FUNCTION _frozen_model_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM innovation_score.fitted_model f WHERE f.scoreboard = %L OFFSET ''0''',
                  string_agg(CASE WHEN a.attname <> ALL (_groups(binding)) THEN kept.name || ' AS ' || a.attname
                                  ELSE format('%s::%s%s AS %I', kept.name, format_type(a.atttypid, a.atttypmod),
                                              CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                                   THEN ' COLLATE ' || a.attcollation::regcollation END,
                                              a.attname) END, ', ' ORDER BY a.attnum),
                  board.scoreboard)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    CROSS JOIN LATERAL (SELECT CASE
        WHEN a.attname = ANY (binding.peers) THEN format('f.peers[%s]', array_position(binding.peers, a.attname::text))
        WHEN a.attname = binding.period THEN 'f.period'
        WHEN a.attname = 'fitted_on'
        THEN (SELECT format('CASE f.fitted_level %s END',
                            string_agg(format('WHEN %s THEN %L::text', l, _level_name(binding, l)), ' ' ORDER BY l))
              FROM generate_series(0, cardinality(binding.peers)) l)
        ELSE 'f.' || a.attname END) AS kept(name)
    WHERE a.attrelid = _view_name(board.scoreboard, 'model')::regclass AND a.attnum > 0
$$;

COMMENT ON FUNCTION _frozen_model_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _model that reads the fitted models of a frozen scoreboard';

-- A row's model: with groups by a join, without by a subquery that runs once.
CREATE FUNCTION _rows_with_model(board scoreboard, binding scoreboard_binding, more text DEFAULT '') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT _rows(binding, more)
           || CASE WHEN _groups(binding) <> '{}'
                   THEN format(' LEFT JOIN %s m ON %s', _view_name(board.scoreboard, 'model'),
                               _same_group(_groups(binding), 'm', 's'))
                   ELSE '' END
$$;

CREATE FUNCTION _row_model(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _groups(binding) <> '{}' THEN 'm.model'
                ELSE format('(SELECT m.model FROM %s m)', _view_name(board.scoreboard, 'model')) END
$$;

COMMENT ON FUNCTION _rows_with_model(scoreboard, scoreboard_binding, text) IS
    'internal: FROM item of the source''s rows and the models of their groups';
COMMENT ON FUNCTION _row_model(scoreboard, scoreboard_binding) IS 'internal: the model of such a row';

CREATE FUNCTION _score_row(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('innovation_score.score_row(%s, s.stage, VARIADIC s._values) AS _row', _row_model(board, binding))
$$;

COMMENT ON FUNCTION _score_row(scoreboard, scoreboard_binding) IS
    'internal: score, coverage and category scores of a row, evaluated once';

-- The names of the scores in what score_row() gives, and where they stand.
CREATE FUNCTION _score_columns(model score_model, form text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format(form || ' AS %I', c.place, c.name), ', ' ORDER BY c.place)
    FROM (SELECT 1 AS place, 'score' AS name
          UNION ALL
          SELECT u.place + 3, u.code || '_score'
          FROM unnest(_model_codes(model, 'categories')) WITH ORDINALITY AS u(code, place)) c
$$;

COMMENT ON FUNCTION _score_columns(score_model, text) IS
    'internal: select list of the score and the category scores, each in the form given';

CREATE FUNCTION _score_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s, t._row[2] AS coverage FROM (SELECT %s, %s FROM %s) t',
                  _columns_of('t', names.list), _score_columns(board.model, 't._row[%s]'),
                  _columns_of('s', names.list), _score_row(board, binding), _rows_with_model(board, binding))
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text AS list) names
$$;

COMMENT ON FUNCTION _score_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _score';

CREATE FUNCTION _detail_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, d.indicator, d.category, d.value, d.lower, d.upper, d.normalized, d.weight, d.points, '
                  'd.status, i.title FROM %s '
                  'CROSS JOIN LATERAL innovation_score.score_detail(%s, s.stage, VARIADIC s._values) d '
                  'LEFT JOIN (VALUES %s) i(indicator, title) ON i.indicator = d.indicator',
                  _columns_of('s', ARRAY[binding.entity, binding.period, 'stage']),
                  _rows_with_model(board, binding), _row_model(board, binding),
                  (SELECT string_agg(format('(%L::text, %L::text)', c.code, i.title), ', ' ORDER BY c.place)
                   FROM unnest(_model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                   LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code))
$$;

COMMENT ON FUNCTION _detail_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _detail';

-- Ranks are taken within a period, before rounding. They come from one reading of the
-- period, like the scores from one evaluation a row; what is not read is not worked out.
CREATE FUNCTION _ranking_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, %2$s, u._row[2] AS coverage, u._row[%3$s]::bigint AS rank, '
                  'u._row[%4$s]::bigint AS stage_rank, '
                  '100.0::double precision * (u._row[%5$s] - u._row[%3$s] + 1) / u._row[%5$s] AS percentile '
                  'FROM (SELECT %6$s, innovation_score.ranked_row(t._row) OVER w AS _row '
                  'FROM (SELECT %7$s, %8$s FROM %9$s) t WINDOW w AS (%10$s)) u',
                  _columns_of('u', names.list),
                  _score_columns(board.model, 'innovation_score.score_numeric(u._row[%s])::numeric(9,4)'),
                  place.ranks, place.ranks + 1, place.ranks + 2,
                  _columns_of('t', names.list),
                  _columns_of('s', names.list), _score_row(board, binding), _rows_with_model(board, binding),
                  'PARTITION BY ' || _columns_of('t', ARRAY[binding.period]))
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text AS list) names
    CROSS JOIN (SELECT 4 + cardinality(_model_codes(board.model, 'categories')) AS ranks) place
$$;

COMMENT ON FUNCTION _ranking_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _ranking';

CREATE FUNCTION _model_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NULL THEN _live_model_query(board, binding)
                ELSE _frozen_model_query(board, binding) END
$$;

COMMENT ON FUNCTION _model_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _model';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('model', 10, '_model_query', 'group', false, '{fitted_level,fitted_on,fitted_rows,model,_values}', '各组拟合模型 fitted models'),
    ('score', 20, '_score_query', 'all', true, '{}', '得分 scores'),
    ('detail', 30, '_detail_query', 'key', false,
     '{stage,indicator,category,value,lower,upper,normalized,weight,points,status,title,_values}',
     '得分明细 points of every indicator'),
    ('ranking', 40, '_ranking_query', 'all', true, '{rank,stage_rank,percentile}', '排名 ranking');

CREATE FUNCTION _view_query(board scoreboard, binding scoreboard_binding, view text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known record;
    result text;
BEGIN
    SELECT k.query, v.instance, k.instances IS NOT NULL AS several INTO STRICT known
    FROM _views_of(board.scoreboard) v JOIN scoreboard_view k USING (kind)
    WHERE v.suffix = view;
    IF known.several THEN
        EXECUTE format('SELECT innovation_score.%I($1, $2, $3)', known.query) INTO result
            USING board, binding, known.instance;
    ELSE
        EXECUTE format('SELECT innovation_score.%I($1, $2)', known.query) INTO result USING board, binding;
    END IF;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _view_query(scoreboard, scoreboard_binding, text) IS 'internal: text of a view';

-- Making and remaking views.

-- the views that are there (a user may have dropped some)
CREATE FUNCTION _existing_views(scoreboard text) RETURNS regclass[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(array_agg(c.oid::regclass), '{}')
    FROM unnest(_view_suffixes(_existing_views.scoreboard)) AS u(suffix)
    JOIN pg_class c ON c.oid = to_regclass(_view_name(_existing_views.scoreboard, u.suffix)) AND c.relkind = 'v'
$$;

COMMENT ON FUNCTION _existing_views(text) IS 'internal: those views of a scoreboard that are there';

CREATE FUNCTION _view_options(view text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    options text := (SELECT array_to_string(c.reloptions, ', ') FROM pg_class c WHERE c.oid = to_regclass(view));
BEGIN
    IF options IS NULL AND to_regclass(view) IS NULL AND current_setting('server_version_num')::integer >= 150000 THEN
        options := 'security_invoker=true';
    END IF;
    RETURN COALESCE(' WITH (' || NULLIF(options, '') || ')', '');
END
$$;

COMMENT ON FUNCTION _view_options(text) IS
    'internal: WITH clause of a view: the options that it has; a new one runs with the rights of its reader';

CREATE FUNCTION _create_views(board scoreboard, binding scoreboard_binding, views text[], create_command text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    view text;
    name text;
BEGIN
    FOREACH view IN ARRAY views LOOP
        name := _view_name(board.scoreboard, view);
        PERFORM _run(board.search_path, format('%s %s%s AS %s', create_command, name, _view_options(name),
                                               _view_query(board, binding, view)));
    END LOOP;
END
$$;

COMMENT ON FUNCTION _create_views(scoreboard, scoreboard_binding, text[], text) IS
    'internal: creates or replaces views';

CREATE FUNCTION _drop_views(scoreboard text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    views regclass[] := innovation_score._existing_views(scoreboard);
    dependent text;
BEGIN
    IF views <> '{}' THEN
        EXECUTE format('DROP VIEW %s', array_to_string(views, ', '));
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of scoreboard % cannot be dropped because other objects depend on them', scoreboard
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent,
              HINT = 'Drop those objects first; after a rebuild they can be created again.';
END
$$;

COMMENT ON FUNCTION _drop_views(text) IS 'internal: drops the views of a scoreboard, not what depends on them';

-- Privileges, owner and options of views, as commands that put them back.
CREATE FUNCTION _view_privileges(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH grants AS (
        SELECT c.oid, 1 AS step, a.grantee, a.privilege_type AS privilege, a.is_grantable
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = ANY (_existing_views(_view_privileges.scoreboard)) AND a.grantee <> c.relowner
        UNION ALL
        SELECT c.oid, 2, x.grantee, format('%s (%I)', x.privilege_type, a.attname), x.is_grantable
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        CROSS JOIN LATERAL aclexplode(a.attacl) x
        WHERE c.oid = ANY (_existing_views(_view_privileges.scoreboard)) AND x.grantee <> c.relowner
    )
    SELECT COALESCE(array_agg(command ORDER BY step, command), '{}')
    FROM (SELECT 0 AS step,
                 format('ALTER VIEW %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(c.relowner)) AS command
          FROM pg_class c WHERE c.oid = ANY (_existing_views(_view_privileges.scoreboard))
          UNION ALL
          SELECT 0, format('ALTER VIEW %s SET (%s)', c.oid::regclass, array_to_string(c.reloptions, ', '))
          FROM pg_class c WHERE c.oid = ANY (_existing_views(_view_privileges.scoreboard)) AND c.reloptions <> '{}'
          UNION ALL
          SELECT g.step, format('GRANT %s ON %s TO %s%s', g.privilege, g.oid::regclass,
                                CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                                CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
          FROM grants g) commands
$$;

COMMENT ON FUNCTION _view_privileges(text) IS 'internal: commands that give the views their owner and privileges back';

-- A column grant whose column is gone is left out.
CREATE FUNCTION _restore_privileges(scoreboard text, commands text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    command text;
    given record;
BEGIN
    FOR given IN
        SELECT DISTINCT c.oid::regclass AS view, a.grantee
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = ANY (_existing_views(scoreboard)) AND a.grantee <> c.relowner
    LOOP    -- default privileges; what counts is what the views had
        EXECUTE format('REVOKE ALL ON %s FROM %s', given.view,
                       CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(given.grantee)) END);
    END LOOP;
    FOREACH command IN ARRAY commands LOOP
        BEGIN
            EXECUTE command;
        EXCEPTION WHEN undefined_column THEN
            RAISE NOTICE 'not granted again, the column is gone: %', command;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _restore_privileges(text, text[]) IS
    'internal: gives recreated views the privileges that they had';

-- In place where the columns still fit, otherwise dropped and created.
CREATE FUNCTION _replace_views(board scoreboard, binding scoreboard_binding, views text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    commands text[];
BEGIN
    BEGIN
        PERFORM _create_views(board, binding, views, 'CREATE OR REPLACE VIEW');
        RETURN;
    EXCEPTION WHEN invalid_table_definition OR feature_not_supported THEN
        NULL;   -- columns have changed, or Citus keeps the view on all nodes and the new text reads a local table
    END;
    commands := _view_privileges(board.scoreboard);
    PERFORM _drop_views(board.scoreboard);
    PERFORM _create_views(board, binding, _view_suffixes(board.scoreboard), 'CREATE VIEW');
    PERFORM _restore_privileges(board.scoreboard, commands);
END
$$;

COMMENT ON FUNCTION _replace_views(scoreboard, scoreboard_binding, text[]) IS
    'internal: remakes views, keeping their privileges';
-- scoreboard, comments and the functions that users call.

-- Every view and column of a scoreboard, with the comment that it has now.
CREATE FUNCTION _comment_targets(scoreboard text)
RETURNS TABLE (key text, kind text, name text, target text, comment text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT v.suffix, v.kind, NULL, format('VIEW %s', c.oid::regclass), obj_description(c.oid, 'pg_class')
    FROM _views_of(_comment_targets.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_view_name(_comment_targets.scoreboard, v.suffix)) AND c.relkind = 'v'
    UNION ALL
    SELECT v.suffix || '.' || a.attname, v.kind, a.attname,
           format('COLUMN %s.%I', c.oid::regclass, a.attname), col_description(c.oid, a.attnum)
    FROM _views_of(_comment_targets.scoreboard) v
    JOIN pg_class c ON c.oid = to_regclass(_view_name(_comment_targets.scoreboard, v.suffix)) AND c.relkind = 'v'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
$$;

COMMENT ON FUNCTION _comment_targets(text) IS 'internal: the views and columns of a scoreboard with their comments';

CREATE FUNCTION _view_comment(board scoreboard, kind text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%s · %s（scheme %s%s%s）', COALESCE(s.title, s.scheme), v.title, s.scheme,
                  CASE WHEN s.provisional THEN '，暂定权重 provisional weights' ELSE '' END,
                  CASE WHEN board.frozen_at IS NOT NULL THEN '，模型已冻结 frozen models' ELSE '' END)
    FROM scheme s, scoreboard_view v WHERE s.scheme = board.scheme AND v.kind = _view_comment.kind
$$;

COMMENT ON FUNCTION _view_comment(scoreboard, text) IS 'internal: the comment on a view';

-- The comment on a column of ours, which may depend on the view and on the scheme.
CREATE FUNCTION _column_comment(board scoreboard, kind text, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(
        (SELECT c.comment FROM scoreboard_column c
         WHERE c.name = _column_comment.name AND c.kind IN ('', _column_comment.kind)
         ORDER BY c.kind DESC LIMIT 1),
        (SELECT format('总得分 total score, full marks %s%s', s.full_marks,
                       CASE WHEN s.provisional THEN '（暂定权重 provisional weights）' ELSE '' END)
         FROM scheme s WHERE s.scheme = board.scheme AND _column_comment.name = 'score'),
        (SELECT format('%s得分 score inside %s, 0 to 100', COALESCE(c.title, c.category), c.category)
         FROM category c WHERE c.scheme = board.scheme AND c.category || '_score' = _column_comment.name))
$$;

COMMENT ON FUNCTION _column_comment(scoreboard, text, text) IS 'internal: the comment on a column that is ours';

-- Columns of the source keep its comments.
CREATE FUNCTION _generated_comments(board scoreboard, binding scoreboard_binding) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_object_agg(t.key,
        CASE WHEN t.name IS NULL THEN _view_comment(board, t.kind)
             WHEN t.name = ANY (ours.names) THEN _column_comment(board, t.kind, t.name)
             ELSE COALESCE((SELECT col_description(a.attrelid, a.attnum)
                            FROM pg_attribute a
                            WHERE a.attrelid = board.source AND a.attname = t.name AND NOT a.attisdropped),
                           CASE WHEN t.name = binding.entity THEN '企业 entity'
                                WHEN t.name = binding.period THEN '期间 period'
                                WHEN t.name = ANY (binding.peers) THEN '组别 peer group' END)
             END))
    FROM _comment_targets(board.scoreboard) t
    JOIN (SELECT v.kind, _view_columns(board.model, v.kind) AS names FROM scoreboard_view v) ours USING (kind)
$$;

COMMENT ON FUNCTION _generated_comments(scoreboard, scoreboard_binding) IS
    'internal: the comments that the views and columns of a scoreboard should have';

CREATE FUNCTION _user_comments(board scoreboard) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(jsonb_object_agg(t.key, t.comment), '{}')
    FROM _comment_targets(board.scoreboard) t
    WHERE t.comment IS NOT NULL AND t.comment IS DISTINCT FROM board.comments ->> t.key
$$;

COMMENT ON FUNCTION _user_comments(scoreboard) IS 'internal: comments that users put in the place of ours';

CREATE FUNCTION _put_comments(board scoreboard, binding scoreboard_binding, kept jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    generated jsonb := _generated_comments(board, binding);
    due record;
BEGIN
    FOR due IN
        SELECT t.target, w.value AS comment
        FROM _comment_targets(board.scoreboard) t JOIN jsonb_each_text(generated || kept) w USING (key)
        WHERE t.comment IS DISTINCT FROM w.value
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', due.target, due.comment);
    END LOOP;
    UPDATE scoreboard b SET comments = generated WHERE b.scoreboard = board.scoreboard;
END
$$;

COMMENT ON FUNCTION _put_comments(scoreboard, scoreboard_binding, jsonb) IS 'internal: comments on views and columns';

-- Creating, remaking, dropping.

CREATE FUNCTION _create_scoreboard(board scoreboard, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding;
BEGIN
    board.scoreboard := _new_scoreboard_name(board.scoreboard, path);
    board.scheme := (_require_scheme(board.scheme)).scheme;
    board.model := scheme_model(board.scheme);
    board.search_path := COALESCE((SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                                   FROM unnest(path) WITH ORDINALITY AS p(name, place)), '');
    board.mapping := COALESCE(board.mapping, '{}');
    board.peers := COALESCE(board.peers, '{}');
    board.attributes := COALESCE(board.attributes, '{}');
    board.pooled := COALESCE(board.pooled, false);
    board.comments := '{}';
    binding := _bind(board);
    INSERT INTO scoreboard SELECT board.*;
    PERFORM _create_views(board, binding, _view_suffixes(board.scoreboard), 'CREATE VIEW');
    PERFORM _put_comments(board, binding, '{}');
END
$$;

CREATE FUNCTION create_scoreboard(name text, scheme text, source regclass, entity text, stage text DEFAULT NULL,
                                  period text DEFAULT NULL, peers text[] DEFAULT '{}',
                                  attributes text[] DEFAULT '{}', mapping jsonb DEFAULT '{}',
                                  long jsonb DEFAULT NULL, sample text DEFAULT NULL,
                                  pooled boolean DEFAULT false, min_peers integer DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._create_scoreboard(
        ROW(name, scheme, source, entity, stage, period, peers, attributes, mapping, long, NULL, NULL, NULL, NULL,
            sample, pooled, min_peers)::innovation_score.scoreboard,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _rebuild_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    old scoreboard := _lock_scoreboard(name, path);
    board scoreboard := old;
    binding scoreboard_binding;
    kept jsonb := _user_comments(old);
BEGIN
    board.model := scheme_model(board.scheme);
    board.frozen_at := NULL;
    binding := _bind(board);
    UPDATE scoreboard b SET model = board.model WHERE b.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, _view_suffixes(board.scoreboard));
    IF old.frozen_at IS NOT NULL THEN
        IF board.model <> old.model THEN
            RAISE NOTICE 'scoreboard % is frozen and its scheme has changed: it is fitted again', board.scoreboard;
            PERFORM _fit_groups(board, binding);
            board.frozen_at := now();
        ELSE
            board.frozen_at := old.frozen_at;
        END IF;
        UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
        PERFORM _replace_views(board, binding, '{model}');
    END IF;
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION rebuild_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._rebuild_scoreboard(name, pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _drop_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
BEGIN
    PERFORM _drop_views(board.scoreboard);
    DELETE FROM scoreboard b WHERE b.scoreboard = board.scoreboard;
END
$$;

CREATE FUNCTION drop_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._drop_scoreboard(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _create_scoreboard(scoreboard, name[]) IS 'internal: create_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _rebuild_scoreboard(text, name[]) IS 'internal: rebuild_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _drop_scoreboard(text, name[]) IS 'internal: drop_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION create_scoreboard(text, text, regclass, text, text, text, text[], text[], jsonb, jsonb, text,
                                      boolean, integer) IS
    'binds a scheme to a source and creates the views <name>_model, _score, _detail, _ranking and _whitelist';
COMMENT ON FUNCTION rebuild_scoreboard(text) IS
    'remakes the views of a scoreboard from its scheme as it is now, keeping privileges and comments';
COMMENT ON FUNCTION drop_scoreboard(text) IS
    'drops a scoreboard: its views, whitelist rule, exclusions and fitted models';

-- Scoreboards keep the scheme that they were built from, until they are rebuilt.

CREATE FUNCTION _stale_scoreboards(code text, model score_model) RETURNS TABLE (scoreboard text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- schemes are for everyone to read, scoreboards are not
    IF has_table_privilege('innovation_score.scoreboard', 'SELECT') THEN
        RETURN QUERY SELECT b.scoreboard FROM scoreboard b WHERE b.scheme = $1 AND b.model <> $2
                     ORDER BY b.scoreboard COLLATE "C";
    END IF;
END
$$;

CREATE FUNCTION _notify_scoreboards() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[];
    used record;
BEGIN
    IF NOT has_table_privilege('innovation_score.scoreboard', 'SELECT') THEN
        RETURN NULL;
    END IF;
    IF TG_LEVEL = 'ROW' THEN
        codes := ARRAY[NEW.scheme];
    ELSE
        codes := ARRAY(SELECT DISTINCT c.scheme FROM changed c);
    END IF;
    FOR used IN
        SELECT b.scheme, string_agg(b.scoreboard, ', ' ORDER BY b.scoreboard COLLATE "C") AS boards
        FROM scoreboard b WHERE b.scheme = ANY (codes)
        GROUP BY b.scheme ORDER BY b.scheme COLLATE "C"
    LOOP
        RAISE NOTICE 'scheme "%" has changed; its scoreboards keep the old one until they are rebuilt: %',
            used.scheme, used.boards
            USING HINT = 'Run innovation_score.rebuild_scoreboard() when the scheme is complete.';
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _stale_scoreboards(text, score_model) IS
    'internal: scoreboards of a scheme that were built from another model than this';
COMMENT ON FUNCTION _notify_scoreboards() IS 'internal: tells which scoreboards a change of a scheme concerns';

CREATE TRIGGER scheme_notify AFTER UPDATE OF scheme, title, extreme, adjust, missing, aggregation, floor,
                                             min_coverage, full_marks, provisional ON scheme
    FOR EACH ROW EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER category_notify_insert AFTER INSERT ON category
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER category_notify_update AFTER UPDATE ON category
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER category_notify_delete AFTER DELETE ON category
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER category_weight_notify_insert AFTER INSERT ON category_weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER category_weight_notify_update AFTER UPDATE ON category_weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER category_weight_notify_delete AFTER DELETE ON category_weight
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER indicator_notify_insert AFTER INSERT ON indicator
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER indicator_notify_update AFTER UPDATE ON indicator
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER indicator_notify_delete AFTER DELETE ON indicator
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER stage_notify_insert AFTER INSERT ON stage
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER stage_notify_update AFTER UPDATE ON stage
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER stage_notify_delete AFTER DELETE ON stage
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER weight_notify_insert AFTER INSERT ON weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER weight_notify_update AFTER UPDATE ON weight
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER weight_notify_delete AFTER DELETE ON weight
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
-- scheme, locks: a scheme that frozen scoreboards or publications use is what their
-- readers were told. Versions are made by derive_scheme(); whoever changes such a scheme
-- all the same has to say so, by unlock_scheme(), for one transaction. That is a safety
-- catch, not a privilege: who may change schemes is for GRANT to say.

-- whoever changes a scheme must be able to see that it is in use, if not by what
GRANT SELECT (scheme, frozen_at) ON scoreboard TO PUBLIC;

-- Publications are built above scoreboards: where there are any, _publication_users(codes)
-- gives their schemes and names.
CREATE FUNCTION _scheme_users(codes text[]) RETURNS TABLE (scheme text, kind text, name text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF has_column_privilege('innovation_score.scoreboard', 'scoreboard', 'SELECT') THEN
        RETURN QUERY SELECT b.scheme, 'frozen scoreboard', b.scoreboard FROM scoreboard b
                     WHERE b.scheme = ANY (codes) AND b.frozen_at IS NOT NULL;
    ELSE
        RETURN QUERY SELECT b.scheme, 'frozen scoreboards', 'of others' FROM scoreboard b
                     WHERE b.scheme = ANY (codes) AND b.frozen_at IS NOT NULL
                     GROUP BY b.scheme;
    END IF;
    IF to_regprocedure('innovation_score._publication_users(text[])') IS NOT NULL THEN
        RETURN QUERY SELECT u.scheme, 'publication', u.name FROM _publication_users(codes) u;
    END IF;
END
$$;

COMMENT ON FUNCTION _scheme_users(text[]) IS 'internal: what schemes must not change under';

CREATE FUNCTION _list_users(code text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format('%s %s', u.kind, u.name), ', ' ORDER BY u.kind, u.name COLLATE "C")
    FROM _scheme_users(ARRAY[code]) u
$$;

COMMENT ON FUNCTION _list_users(text) IS 'internal: what a scheme must not change under, in words; NULL: nothing';

-- The setting holds the text of an array.
CREATE FUNCTION _is_unlocked(code text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(code = ANY (NULLIF(current_setting('innovation_score.unlocked_schemes', true), '')::text[]), false)
$$;

CREATE FUNCTION _unlock(code text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT set_config('innovation_score.unlocked_schemes', array_append(
        NULLIF(current_setting('innovation_score.unlocked_schemes', true), '')::text[], code)::text, true)
$$;

COMMENT ON FUNCTION _is_unlocked(text) IS 'internal: whether this transaction has unlocked a scheme';
COMMENT ON FUNCTION _unlock(text) IS 'internal: unlocks a scheme to the end of the transaction';

CREATE FUNCTION unlock_scheme(scheme text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    code text := (_require_scheme($1)).scheme;
    users text := _list_users(code);
BEGIN
    PERFORM _unlock(code);
    IF users IS NULL THEN
        RAISE NOTICE 'scheme "%" is not used by frozen scoreboards or publications', code;
    ELSE
        RAISE NOTICE 'scheme "%" may be changed in this transaction, although it is used by %', code, users;
    END IF;
END
$$;

COMMENT ON FUNCTION unlock_scheme(text) IS
    'allows the rest of the transaction to change a scheme that frozen scoreboards or publications use';

CREATE FUNCTION _require_unlocked(codes text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    code text;
BEGIN
    IF _is_restored() THEN
        RETURN;
    END IF;
    SELECT u.scheme INTO code FROM _scheme_users(codes) u
    WHERE NOT _is_unlocked(u.scheme) ORDER BY u.scheme COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scheme "%" is in use and cannot be changed', code
            USING ERRCODE = 'object_in_use',
                  DETAIL = format('It is used by %s.', _list_users(code)),
                  HINT = format('Make a new version with innovation_score.derive_scheme(), or, to change this one all '
                                'the same, call innovation_score.unlock_scheme(%L) in the same transaction.', code);
    END IF;
END
$$;

COMMENT ON FUNCTION _require_unlocked(text[]) IS 'internal: an error if one of the schemes is in use and not unlocked';

CREATE FUNCTION _lock_scheme() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _require_unlocked(ARRAY[OLD.scheme]);
    -- who may change it may rename it: its parts follow
    IF NEW.scheme <> OLD.scheme AND _is_unlocked(OLD.scheme) THEN
        PERFORM _unlock(NEW.scheme);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION _lock_scheme_part() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    -- a row can be moved from one scheme to another
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        PERFORM _require_unlocked(ARRAY(SELECT DISTINCT o.scheme FROM old_rows o));
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        PERFORM _require_unlocked(ARRAY(SELECT DISTINCT n.scheme FROM new_rows n));
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM _require_unlocked(ARRAY(SELECT s.scheme FROM scheme s));
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _lock_scheme() IS 'internal: a scheme in use does not change unless it is unlocked';
COMMENT ON FUNCTION _lock_scheme_part() IS 'internal: the rows of a scheme in use do not change unless it is unlocked';

-- Neither column says anything about scores; both change when other rows do.
CREATE TRIGGER scheme_lock BEFORE UPDATE ON scheme
    FOR EACH ROW WHEN (to_jsonb(OLD) - '{origin,parent}'::text[] <> to_jsonb(NEW) - '{origin,parent}'::text[])
    EXECUTE FUNCTION _lock_scheme();

-- named to run before those that tell which scoreboards a change concerns
DO $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT p.part, e.* FROM innovation_score._scheme_parts() p CROSS JOIN (VALUES
            ('insert', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'),
            ('update', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
            ('delete', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'),
            ('truncate', 'BEFORE TRUNCATE', '')) AS e(name, event, transition)
        ORDER BY p.place
    LOOP
        EXECUTE format('CREATE TRIGGER %I %s ON innovation_score.%I %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION innovation_score._lock_scheme_part()',
                       due.part || '_lock_' || due.name, due.event, due.part, due.transition);
    END LOOP;
END
$$;
-- freeze: models fitted once and kept, so that scores stay what they were and a
-- look-up of one firm reads that firm's row only.

CREATE TABLE fitted_model (
    scoreboard   text NOT NULL,
    period       text,
    peers        text[] NOT NULL DEFAULT '{}',
    model        score_model NOT NULL,
    fitted_level integer,
    fitted_rows  bigint,
    CONSTRAINT fitted_model_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

-- a scoreboard without periods has NULL there, which a unique constraint takes for distinct
CREATE UNIQUE INDEX fitted_model_group_key ON fitted_model (scoreboard, COALESCE(period, ''), peers);

COMMENT ON TABLE fitted_model IS '已冻结的模型 models of frozen scoreboards, one for each period and peer group';
COMMENT ON COLUMN fitted_model.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN fitted_model.period IS '期间 period as text; NULL if the scoreboard has none';
COMMENT ON COLUMN fitted_model.peers IS '组别 values of the peer columns as text';
COMMENT ON COLUMN fitted_model.model IS '模型 model with the bounds of the group';
COMMENT ON COLUMN fitted_model.fitted_level IS
    '拟合层级 number of peers that make the group whose bounds these are; fewer than it has: the group was too small';
COMMENT ON COLUMN fitted_model.fitted_rows IS '拟合样本数 rows of the source that the bounds were fitted on';

SELECT _dump_table('fitted_model', 7, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

-- Text forms of periods and peers do not depend on the session: see the SET clauses.
-- With a minimum size the coarser groups stand beside the others, with fewer peers, until
-- every group has its bounds.
CREATE FUNCTION _fit_groups(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    groups text[];
    period text := CASE WHEN board.pooled THEN 'NULL' ELSE COALESCE('s.' || quote_ident(binding.period), 'NULL') END
                   || '::text';
    peers text[] := ARRAY(SELECT format('s.%I::text', p)
                          FROM unnest(binding.peers) WITH ORDINALITY AS u(p, place) ORDER BY place);
    peer_values text;
    finest integer := cardinality(binding.peers);
    coarsest integer := CASE WHEN board.min_peers IS NULL THEN finest ELSE 0 END;
    pass integer := 1;
    fitted bigint;
    due bigint;
BEGIN
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    FOR level IN REVERSE finest .. coarsest LOOP        -- an empty source has no model
        groups := _level_groups(binding, level);
        peer_values := format('ARRAY[%s]::text[]', array_to_string(peers[1:level], ', '));
        PERFORM _run(board.search_path, format(
            'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model, fitted_level, fitted_rows) '
            'SELECT %L, %s, %s, innovation_score.fit(%L::innovation_score.score_model, VARIADIC s._values), '
            '%s, pg_catalog.count(*) FROM %s WHERE %s%s HAVING pg_catalog.count(*) >= %s',
            board.scoreboard, period, peer_values, board.model::text, level, _sample_rows(binding),
            _known_groups(groups), ' GROUP BY ' || _columns_of('s', groups),
            CASE WHEN level > coarsest THEN board.min_peers ELSE 1 END));
    END LOOP;
    LOOP
        SELECT count(*) FILTER (WHERE is_fitted(f.model)), count(*) FILTER (WHERE NOT is_fitted(f.model))
        INTO fitted, due FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
        RAISE NOTICE 'scoreboard %: pass % over the source, % of % groups fitted',
            board.scoreboard, pass, fitted, fitted + due;
        EXIT WHEN due = 0;
        IF pass >= 100 THEN
            RAISE EXCEPTION 'fitting scoreboard % does not come to an end', board.scoreboard
                USING ERRCODE = 'internal_error';
        END IF;
        pass := pass + 1;
        FOR level IN REVERSE finest .. coarsest LOOP
            CONTINUE WHEN NOT EXISTS (SELECT FROM fitted_model f WHERE f.scoreboard = board.scoreboard
                                      AND f.fitted_level = level AND NOT is_fitted(f.model));
            peer_values := format('ARRAY[%s]::text[]', array_to_string(peers[1:level], ', '));
            PERFORM _run(board.search_path, format(
                'UPDATE innovation_score.fitted_model f SET model = g.model '
                'FROM (SELECT %1$s AS period, %2$s AS peers, '
                'innovation_score.fit(f.model, VARIADIC s._values) AS model '
                'FROM %3$s JOIN innovation_score.fitted_model f ON f.scoreboard = %4$L '
                'AND f.period IS NOT DISTINCT FROM %1$s AND f.peers = %2$s '
                'AND NOT innovation_score.is_fitted(f.model) '
                'WHERE %5$s GROUP BY 1, 2) g '
                'WHERE f.scoreboard = %4$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
                period, peer_values, _sample_rows(binding), board.scoreboard,
                _known_groups(_level_groups(binding, level))));
        END LOOP;
    END LOOP;
    IF board.sample IS NOT NULL AND fitted = 0 THEN
        RAISE EXCEPTION 'no row of the source meets the sample condition of scoreboard %', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It is %s.', board.sample),
                  HINT = 'There is nothing to fit the bounds on: drop the scoreboard and create it with '
                         'another sample.';
    END IF;
    IF board.min_peers IS NOT NULL THEN
        PERFORM _run(board.search_path, format(
            'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model, fitted_level, fitted_rows) '
            'SELECT %1$L, b.* FROM (SELECT DISTINCT ON (g.period, g.peers) '
            'g.period, g.peers, f.model, f.fitted_level, f.fitted_rows '
            'FROM (SELECT %2$s AS period, %3$s AS peers FROM %4$s WHERE %5$s GROUP BY %6$s) g '
            'CROSS JOIN pg_catalog.generate_series(0, %7$s) level JOIN innovation_score.fitted_model f '
            'ON f.scoreboard = %1$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers[1:level] '
            'ORDER BY g.period, g.peers, f.fitted_level DESC) b WHERE b.fitted_level < %7$s',
            board.scoreboard, period, format('ARRAY[%s]::text[]', array_to_string(peers, ', ')), _rows(binding),
            _known_groups(_groups(binding)), _columns_of('s', _groups(binding)), finest));
        DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard AND cardinality(f.peers) < finest;
    END IF;
END
$$;

COMMENT ON FUNCTION _fit_groups(scoreboard, scoreboard_binding) IS
    'internal: fits every group of a scoreboard, in as many passes as it takes, into fitted_model';

CREATE FUNCTION _freeze_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    IF to_regclass(_view_name(board.scoreboard, 'model')) IS NULL THEN
        RAISE EXCEPTION 'view % does not exist', _view_name(board.scoreboard, 'model')
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    PERFORM _fit_groups(board, binding);
    board.frozen_at := now();
    UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, '{model}');
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION freeze_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._freeze_scoreboard(name, pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _thaw_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    IF board.frozen_at IS NULL THEN
        RAISE NOTICE 'scoreboard % is not frozen', board.scoreboard;
        RETURN;
    END IF;
    board.frozen_at := NULL;
    UPDATE scoreboard b SET frozen_at = NULL WHERE b.scoreboard = board.scoreboard;
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, '{model}');
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION thaw_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._thaw_scoreboard(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _freeze_scoreboard(text, name[]) IS 'internal: freeze_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _thaw_scoreboard(text, name[]) IS 'internal: thaw_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION freeze_scoreboard(text) IS
    'fits a scoreboard now, keeps the models in fitted_model and scores with them from then on';
COMMENT ON FUNCTION thaw_scoreboard(text) IS
    'forgets the kept models of a frozen scoreboard: it is fitted again whenever it is read';
-- weights: from experts (src/weights_ahp.c), from data (src/weights.c), and into a
-- scheme. Proposals change nothing; set_weights() does.

-- Experts.

CREATE FUNCTION ahp_weights(matrix float8[], OUT weights float8[], OUT lambda_max float8,
                            OUT consistency_ratio float8)
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION ahp_weights(float8[]) IS
'weights that sum to 1 from a matrix of pairwise comparisons (AHP, 层次分析法), with its largest eigenvalue and Saaty''s consistency ratio';

CREATE FUNCTION ahp_group_accumulate(state internal, matrix float8[]) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION ahp_group_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION ahp_group_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION ahp_group_deserialize(state bytea, context internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION ahp_group_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION ahp_group_accumulate(internal, float8[]) IS 'transition function of ahp_group';
COMMENT ON FUNCTION ahp_group_combine(internal, internal) IS 'combine function of ahp_group';
COMMENT ON FUNCTION ahp_group_serialize(internal) IS 'serialization function of ahp_group';
COMMENT ON FUNCTION ahp_group_deserialize(bytea, internal) IS 'deserialization function of ahp_group';
COMMENT ON FUNCTION ahp_group_final(internal) IS 'final function of ahp_group';

CREATE AGGREGATE ahp_group(matrix float8[]) (
    SFUNC = ahp_group_accumulate,
    STYPE = internal,
    COMBINEFUNC = ahp_group_combine,
    SERIALFUNC = ahp_group_serialize,
    DESERIALFUNC = ahp_group_deserialize,
    FINALFUNC = ahp_group_final,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE ahp_group(float8[]) IS
'matrix of pairwise comparisons of a group: the geometric mean of each element over its members'' matrices';

-- Data.

CREATE FUNCTION _weight_sums_accumulate(state internal, method text, model score_model, VARIADIC vals float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

CREATE FUNCTION _weight_sums_combine(state internal, other internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _weight_sums_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'weight_sums_serialize' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _weight_sums_deserialize(state bytea, context internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'weight_sums_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _weight_sums_accumulate(internal, text, score_model, float8[]) IS
'internal: transition function of _weight_sums';
COMMENT ON FUNCTION _weight_sums_combine(internal, internal) IS 'internal: combine function of _weight_sums';
COMMENT ON FUNCTION _weight_sums_serialize(internal) IS 'internal: serialization function, and final function, of _weight_sums';
COMMENT ON FUNCTION _weight_sums_deserialize(bytea, internal) IS 'internal: deserialization function of _weight_sums';

CREATE AGGREGATE _weight_sums(method text, model score_model, VARIADIC vals float8[]) (
    SFUNC = _weight_sums_accumulate,
    STYPE = internal,
    COMBINEFUNC = _weight_sums_combine,
    SERIALFUNC = _weight_sums_serialize,
    DESERIALFUNC = _weight_sums_deserialize,
    FINALFUNC = _weight_sums_serialize,
    PARALLEL = SAFE
);

COMMENT ON AGGREGATE _weight_sums(text, score_model, float8[]) IS
'internal: what a method of weighing must know of the normalized values of the base indicators';

CREATE FUNCTION _find_weights(
    sums bytea,
    OUT place integer,
    OUT share float8,
    OUT n bigint,
    OUT mean float8,
    OUT stddev float8,
    OUT entropy float8,
    OUT divergence float8,
    OUT conflict float8,
    OUT information float8,
    OUT loading float8,
    OUT explained float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'find_weights_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20;

COMMENT ON FUNCTION _find_weights(bytea) IS 'internal: the weights that follow from such sums';

CREATE FUNCTION _symmetric_eigen(matrix float8[], OUT eigenvalue float8, OUT eigenvector float8[])
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'symmetric_eigen_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20;

COMMENT ON FUNCTION _symmetric_eigen(float8[]) IS
'internal: eigenvalues, largest first, and eigenvectors of a symmetric matrix, to test the solver';

-- Like _run, for a query that gives sums.
CREATE FUNCTION _run_weight_sums(path text, query text) RETURNS bytea
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sums bytea;
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE query INTO sums;
    RETURN sums;
END
$$;

COMMENT ON FUNCTION _run_weight_sums(text, text) IS 'internal: runs a query under a search_path';

CREATE FUNCTION _check_stage(stages text[], stage text, owner text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (stage = ANY (stages)) IS NOT TRUE THEN
        RAISE EXCEPTION '% has no stage %', owner, COALESCE('"' || stage || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The stages are %s.', (SELECT string_agg(format('"%s"', u.s), ', ' ORDER BY u.place)
                                                       FROM unnest(stages) WITH ORDINALITY AS u(s, place)));
    END IF;
END
$$;

COMMENT ON FUNCTION _check_stage(text[], text, text) IS 'internal: an error unless the stage is one of these';

-- Text forms of periods do not depend on the session: see the SET clauses.
CREATE FUNCTION _stage_weight_sums(board scoreboard, stage text, method text, period text) RETURNS bytea
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    binding scoreboard_binding := _bind(board);
    sums bytea;
BEGIN
    IF period IS NOT NULL AND binding.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    sums := _run_weight_sums(board.search_path, format(
        'SELECT innovation_score._weight_sums(%L, %s, VARIADIC s._values) FROM %s WHERE s.stage = %L%s',
        method, _row_model(board, binding), _rows_with_model(board, binding), stage,
        CASE WHEN period IS NOT NULL THEN format(' AND s.%I::text = %L', binding.period, period) END));
    IF sums IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no firms of stage "%"%', board.scoreboard, stage,
                COALESCE(' in period ' || period, '')
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN sums;
END
$$;

COMMENT ON FUNCTION _stage_weight_sums(scoreboard, text, text, text) IS
    'internal: sums over the firms of a stage of a scoreboard';

CREATE FUNCTION _propose_weights(name text, stage text, method text, period text, path name[])
RETURNS TABLE (indicator text, weight float8, current_weight float8, n bigint, mean float8, stddev float8,
               entropy float8, divergence float8, conflict float8, information float8, loading float8,
               explained float8, note text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    sums bytea;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $5);
    PERFORM _check_stage(_model_codes(board.model, 'stages'), $2, format('scoreboard %s', board.scoreboard));
    IF ($3 = ANY ('{equal,stddev,entropy,critic,pca}')) IS NOT TRUE THEN
        RAISE EXCEPTION 'unknown method % of weights from data', COALESCE('"' || $3 || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'The methods are equal, stddev, entropy, critic and pca.';
    END IF;
    IF $3 <> 'equal' THEN
        sums := _stage_weight_sums(board, $2, $3, $4);
    END IF;
    RETURN QUERY
        WITH base AS (
            SELECT i.indicator, i.position, w.weight
            FROM model_indicators(board.model) i JOIN model_weights(board.model) w USING (indicator)
            WHERE i.role = 'base' AND w.stage = $2
        )
        SELECT b.indicator, 100 * CASE WHEN $3 = 'equal' THEN 1 / (count(*) OVER ())::float8 ELSE f.share END,
               b.weight, f.n, f.mean, f.stddev, f.entropy, f.divergence, f.conflict, f.information, f.loading,
               f.explained,
               CASE WHEN f.n = 0 THEN 'no values'
                    WHEN f.stddev = 0 THEN 'all values are the same'
                    WHEN f.loading < 0 THEN 'negative loading, weighed by its square' END
        FROM base b LEFT JOIN _find_weights(sums) f ON f.place = b.position
        ORDER BY b.position;
END
$$;

CREATE FUNCTION propose_weights(scoreboard text, stage text, method text, period text DEFAULT NULL)
RETURNS TABLE (indicator text, weight float8, current_weight float8, n bigint, mean float8, stddev float8,
               entropy float8, divergence float8, conflict float8, information float8, loading float8,
               explained float8, note text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM innovation_score._propose_weights(scoreboard, stage, method, period,
                                                    pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _propose_weights(text, text, text, text, name[]) IS
    'internal: propose_weights with the caller''s schemas';
COMMENT ON FUNCTION propose_weights(text, text, text, text) IS
    'weights, 100 in all, that a method (equal, stddev, entropy, critic, pca) finds in the normalized values of the '
    'firms of a stage, and why; changes nothing';

-- Into a scheme.

CREATE FUNCTION _check_weights(code text, weights jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
    wrong record;
BEGIN
    IF (jsonb_typeof(weights) = 'object' AND weights <> '{}') IS NOT TRUE THEN
        RAISE EXCEPTION 'weights must be a JSON object with a number for each of some indicators'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For example {"rd_expense": 8, "revenue": 4.5}.';
    END IF;
    SELECT string_agg(format('"%s"', k), ', ' ORDER BY k COLLATE "C") INTO unknown
    FROM jsonb_object_keys(weights) k
    WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.scheme = code AND i.indicator = k);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'scheme "%" has no indicators %', code, unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Insert them into innovation_score.indicator first, or correct their codes.';
    END IF;
    SELECT w.key, w.value INTO wrong
    FROM jsonb_each(weights) w
    WHERE CASE WHEN jsonb_typeof(w.value) <> 'number' THEN true
               ELSE w.value::numeric NOT BETWEEN 0 AND 1e300 END
    ORDER BY w.key COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'weight of indicator "%" is %', wrong.key, wrong.value
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Weights are numbers, 0 or more.';
    END IF;
END
$$;

COMMENT ON FUNCTION _check_weights(text, jsonb) IS 'internal: an error unless these can be weights of the scheme';

CREATE FUNCTION set_weights(scheme text, stage text, weights jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    code text := (_require_scheme($1)).scheme;
    amiss text;
BEGIN
    PERFORM _check_stage(ARRAY(SELECT t.stage FROM _scheme_stages(code) t ORDER BY t.place), $2,
                         format('scheme "%s"', code));
    PERFORM _check_weights(code, $3);
    INSERT INTO weight AS w (scheme, stage, indicator, weight)
    SELECT code, $2, g.key, g.value::float8 FROM jsonb_each_text($3) g
    ON CONFLICT (scheme, stage, indicator) DO UPDATE SET weight = EXCLUDED.weight
        WHERE w.weight <> EXCLUDED.weight;
    FOR amiss IN
        SELECT p.problem FROM _weight_problems(code) p WHERE p.object = format('stage %s', $2)
        ORDER BY p.problem COLLATE "C"
    LOOP
        RAISE NOTICE 'scheme "%", stage "%": %', code, $2, amiss;
    END LOOP;
END
$$;

COMMENT ON FUNCTION set_weights(text, text, jsonb) IS
    'sets the weights of the indicators that are named, leaves the others, and says what is amiss then';
-- whitelist: who is listed, and why. The rule is written into the view _whitelist,
-- step by step: conditions, quota, the first n, reserve. Every cut is a competition
-- rank, so that firms tied at a cut stand on the same side of it.

CREATE TABLE whitelist_rule (
    scoreboard   text NOT NULL,
    min_score    float8,
    top_n        integer,
    quota_by     text,
    quota_n      integer,
    required     text,
    min_coverage float8,
    reserve_n    integer NOT NULL DEFAULT 0,
    CONSTRAINT whitelist_rule_pkey PRIMARY KEY (scoreboard),
    CONSTRAINT whitelist_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT whitelist_rule_min_score_check CHECK (min_score > '-Infinity' AND min_score < 'Infinity'),
    CONSTRAINT whitelist_rule_top_n_check CHECK (top_n > 0),
    CONSTRAINT whitelist_rule_quota_n_check CHECK (quota_n > 0),
    CONSTRAINT whitelist_rule_quota_check CHECK ((quota_by IS NULL) = (quota_n IS NULL)),
    CONSTRAINT whitelist_rule_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT whitelist_rule_reserve_n_check CHECK (reserve_n >= 0)
);

COMMENT ON TABLE whitelist_rule IS '白名单规则 whitelist rules, kept by set_whitelist_rule()';
COMMENT ON COLUMN whitelist_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_rule.min_score IS '最低得分 lowest score, compared before rounding';
COMMENT ON COLUMN whitelist_rule.top_n IS '入选名额 the best n of each period';
COMMENT ON COLUMN whitelist_rule.quota_by IS '名额划分 column or expression whose values have a quota each';
COMMENT ON COLUMN whitelist_rule.quota_n IS '分组名额 the quota: the best n of each value';
COMMENT ON COLUMN whitelist_rule.required IS '必要条件 SQL condition over the source';
COMMENT ON COLUMN whitelist_rule.min_coverage IS '最低覆盖率 lowest share of the weight whose values are present';
COMMENT ON COLUMN whitelist_rule.reserve_n IS '候补名额 the best n of those who qualify and are not listed';

CREATE TABLE exclusion (
    scoreboard text NOT NULL,
    entity     text NOT NULL,
    reason     text NOT NULL,
    valid_from date,
    valid_to   date,
    CONSTRAINT exclusion_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT exclusion_reason_check CHECK (reason <> ''),
    CONSTRAINT exclusion_dates_check CHECK (valid_from <= valid_to)
);

CREATE INDEX exclusion_entity_idx ON exclusion (scoreboard, entity);

COMMENT ON TABLE exclusion IS '负面清单 negative list: firms that may not be listed, with the reason';
COMMENT ON COLUMN exclusion.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN exclusion.entity IS '企业 entity, in its text form';
COMMENT ON COLUMN exclusion.reason IS '理由 reason, shown in the whitelist';
COMMENT ON COLUMN exclusion.valid_from IS '起始日 first day; NULL: from ever';
COMMENT ON COLUMN exclusion.valid_to IS '截止日 last day; NULL: for ever';

SELECT _dump_table('whitelist_rule', 8, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');
SELECT _dump_table('exclusion', 9, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

-- Rows may name their scoreboard without its schema if there is one of that name only;
-- the full name is kept. (A trigger cannot tell the search_path of the session.)
CREATE FUNCTION _full_scoreboard_name() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := _name_parts(NEW.scoreboard);
    schemas name[];
BEGIN
    IF cardinality(parts) = 1 THEN
        schemas := ARRAY(SELECT (parse_ident(b.scoreboard))[1] FROM scoreboard b
                         WHERE (parse_ident(b.scoreboard))[2] = parts[1]);
        IF cardinality(schemas) > 1 THEN
            RAISE EXCEPTION 'there are several scoreboards "%"', NEW.scoreboard
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the schema, too.';
        END IF;
    END IF;
    NEW.scoreboard := _find_scoreboard(NEW.scoreboard, schemas);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _full_scoreboard_name() IS 'internal: puts the full name of a scoreboard';

CREATE TRIGGER whitelist_rule_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON whitelist_rule
    FOR EACH ROW EXECUTE FUNCTION _full_scoreboard_name();
CREATE TRIGGER exclusion_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON exclusion
    FOR EACH ROW EXECUTE FUNCTION _full_scoreboard_name();

-- Sentences. These functions are called for every row of a whitelist, so they must be
-- inlined: no SET clause (their bodies are parsed when they are created) and STABLE, as
-- format() is.

CREATE FUNCTION _figure(value float8, bound float8) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN round(value::numeric, 4) <> round(bound::numeric, 4)
            THEN trim_scale(round(value::numeric, 4))::text
            ELSE value::text END;

CREATE FUNCTION _no_score_reason(score float8, coverage float8, min_coverage float8, gap text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN score IS NOT NULL THEN NULL
            WHEN gap IS NOT NULL THEN gap
            WHEN coverage IS NULL THEN 'no score: no model has been fitted'
            WHEN coverage < min_coverage
            THEN format('no score: coverage %s is below the minimum %s of the scheme',
                        _figure(coverage, min_coverage), min_coverage)
            ELSE 'no score: values are missing' END;

CREATE FUNCTION _minimum_reason(what text, value float8, minimum float8, listed boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN value < minimum
            THEN format('%s %s is below the minimum %s', what, _figure(value, minimum), minimum)
            WHEN listed
            THEN format('%s %s reaches the minimum %s', what, _figure(value, minimum), minimum) END;

CREATE FUNCTION _required_reason(met boolean, condition text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN met IS NULL THEN format('required condition cannot be checked, a value is missing: %s', condition)
            WHEN NOT met THEN format('required condition not met: %s', condition) END;

CREATE FUNCTION _quota_reason(place bigint, ties bigint, n integer, quota text, quota_by text, listed boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN quota IS NULL THEN format('%s is missing, so there is no quota for it', quota_by)
            WHEN place > n THEN format('quota of %s for %s is used up (place %s)', n, quota, place)
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s in the quota of %s for %s is shared by %s firms, all admitted',
                        place, n, quota, ties)
            WHEN listed THEN format('place %s in the quota of %s for %s', place, n, quota) END;

CREATE FUNCTION _top_reason(place bigint, ties bigint, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN place > n THEN format('place %s is beyond the first %s', place, n)
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s of the first %s is shared by %s firms, all listed', place, n, ties)
            ELSE 'place ' || place || ' of the first ' || n END;

CREATE FUNCTION _reserve_reason(place bigint, ties bigint, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN place > n THEN NULL
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s of the reserve of %s is shared by %s firms, all kept in reserve',
                        place, n, ties)
            ELSE 'place ' || place || ' of the reserve of ' || n END;

COMMENT ON FUNCTION _figure(float8, float8) IS
    'internal: a number in words, with four places unless they hide that it differs from a bound';
COMMENT ON FUNCTION _no_score_reason(float8, float8, float8, text) IS 'internal: why a firm has no score';
COMMENT ON FUNCTION _minimum_reason(text, float8, float8, boolean) IS 'internal: a number against its minimum';
COMMENT ON FUNCTION _required_reason(boolean, text) IS 'internal: why the required condition is not met';
COMMENT ON FUNCTION _quota_reason(bigint, bigint, integer, text, text, boolean) IS 'internal: a place in a quota';
COMMENT ON FUNCTION _top_reason(bigint, bigint, integer) IS 'internal: a place among the first n';
COMMENT ON FUNCTION _reserve_reason(bigint, bigint, integer) IS 'internal: a place in the reserve';

-- A step that ranks a column among the rows of a period (and quota): place, and how
-- many share it: those neither above (rank) nor below (rank of the negative).
CREATE FUNCTION _ranking_step(query text, step text, partition text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT t.*, innovation_score.score_rank(t.%1$I) OVER w AS %2$I, '
                  'count(t.%1$I) OVER w - innovation_score.score_rank(t.%1$I) OVER w '
                  '- innovation_score.score_rank(- t.%1$I) OVER w + 2 AS %3$I FROM (%4$s) t WINDOW w AS (%5$s)',
                  r.ranked, r.place, r.ties, query, 'PARTITION BY ' || _columns_of('t', partition))
    FROM (VALUES ('quota', '_candidate', '_quota_place', '_quota_ties'),
                 ('top', '_finalist', '_place', '_ties'),
                 ('reserve', '_reserve', '_reserve_place', '_reserve_ties')) AS r(step, ranked, place, ties)
    WHERE r.step = _ranking_step.step
$$;

COMMENT ON FUNCTION _ranking_step(text, text, text[]) IS 'internal: a query with places and ties of one cut added';

-- Rows with scores and all that the rule asks about them.
CREATE FUNCTION _whitelist_rows(board scoreboard, binding scoreboard_binding, rule whitelist_rule) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text;
    required text;
    quota bound_expression;
    gap text;
BEGIN
    IF rule.required IS NOT NULL THEN
        required := _bind_condition(board.search_path, binding.source, binding.columns, rule.required,
                                    'required condition');
    END IF;
    IF rule.quota_by IS NOT NULL THEN
        quota := _bind_scalar(board.search_path, binding.source, binding.columns, rule.quota_by, 'quota');
    END IF;
    gap := format('CASE %s%s END',
        (SELECT string_agg(format('WHEN s.%I IS NULL THEN %L', g.name, format('no score: %s is missing', g.name)), ' '
                           ORDER BY g.place)
         FROM unnest('stage'::text || _groups(binding)) WITH ORDINALITY AS g(name, place)),
        CASE WHEN _groups(binding) <> '{}'
             THEN format(' WHEN m.model IS NULL THEN %L', 'no score: no model has been fitted for this group') END);
    RETURN format(
        'SELECT %s, t._row[1] AS score, t._row[2] AS coverage, t._gap, t._required, t._quota, x.reason AS _excluded '
        'FROM (SELECT %s, s._required, s._quota, %s AS _gap, %s FROM %s) t '
        'LEFT JOIN (SELECT e.entity, string_agg(''excluded: '' || e.reason '
        '|| COALESCE('' (until '' || to_char(e.valid_to, ''YYYY-MM-DD'') || '')'', ''''), ''; '' '
        'ORDER BY e.reason, e.valid_to) AS reason FROM innovation_score.exclusion e WHERE e.scoreboard = %L '
        'AND COALESCE(e.valid_from <= current_date, true) AND COALESCE(current_date <= e.valid_to, true) '
        'GROUP BY e.entity) x ON x.entity = t.%I::text',
        _columns_of('t', names), _columns_of('s', names), gap, _score_row(board, binding),
        _rows_with_model(board, binding, format(', %s AS _required, %s::text AS _quota',
                                                COALESCE(required, 'true'),
                                                COALESCE(quota.expression, 'NULL'))),
        board.scoreboard, binding.entity);
END
$$;

COMMENT ON FUNCTION _whitelist_rows(scoreboard, scoreboard_binding, whitelist_rule) IS
    'internal: query of the scored rows with what a rule asks about them';

-- Which rows are eligible, and the sentences about every part of the rule.
CREATE FUNCTION _whitelist_clauses(board scoreboard, rule whitelist_rule, OUT eligible text, OUT reasons text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT string_agg(c.condition, ' AND ' ORDER BY c.place), string_agg(c.sentence, ', ' ORDER BY c.place)
    FROM (VALUES
        (1, true, 't.score IS NOT NULL',
         format('innovation_score._no_score_reason(t.score, t.coverage, %L::float8, t._gap)',
                board.model::jsonb ->> 'min_coverage')),
        (2, rule.min_score IS NOT NULL, format('t.score >= %L::float8', rule.min_score),
         format('innovation_score._minimum_reason(''score'', t.score, %L::float8, t._listed)', rule.min_score)),
        (3, rule.min_coverage IS NOT NULL, format('t.coverage >= %L::float8', rule.min_coverage),
         format('innovation_score._minimum_reason(''coverage'', t.coverage, %L::float8, t._listed)',
                rule.min_coverage)),
        (4, rule.required IS NOT NULL, 't._required',
         format('innovation_score._required_reason(t._required, %L)', rule.required)),
        (5, true, 't._excluded IS NULL', 't._excluded'),
        (6, rule.quota_by IS NOT NULL, 't._quota IS NOT NULL',
         format('innovation_score._quota_reason(t._quota_place, t._quota_ties, %s, t._quota, %L, t._listed)',
                rule.quota_n, rule.quota_by)),
        (7, rule.top_n IS NOT NULL, NULL,
         format('innovation_score._top_reason(t._place, t._ties, %s)', rule.top_n)),
        (8, rule.reserve_n > 0, NULL,
         format('innovation_score._reserve_reason(t._reserve_place, t._reserve_ties, %s)', rule.reserve_n))
    ) AS c(place, applies, condition, sentence)
    WHERE c.applies
$$;

COMMENT ON FUNCTION _whitelist_clauses(scoreboard, whitelist_rule) IS
    'internal: condition and sentences of a rule';

CREATE FUNCTION _whitelist_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    clauses record;
    period text[] := array_remove(ARRAY[binding.period], NULL);
    query text;
BEGIN
    SELECT * INTO rule FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard;
    SELECT * INTO clauses FROM _whitelist_clauses(board, rule);
    IF rule.scoreboard IS NULL THEN
        clauses.eligible := 'false';
        clauses.reasons := quote_literal('no whitelist rule is set');
    END IF;

    query := _whitelist_rows(board, binding, rule);
    query := format('SELECT t.*, innovation_score.score_rank(t.score) OVER w AS rank, '
                    'CASE WHEN %s THEN t.score END AS _candidate FROM (%s) t WINDOW w AS (%s)',
                    clauses.eligible, query, 'PARTITION BY ' || _columns_of('t', period));
    IF rule.quota_n IS NOT NULL THEN
        query := _ranking_step(query, 'quota', period || '_quota'::text);
    END IF;
    query := format('SELECT t.*, %s AS _finalist FROM (%s) t',
                    CASE WHEN rule.quota_n IS NULL THEN 't._candidate'
                         ELSE format('CASE WHEN t._quota_place <= %s THEN t._candidate END', rule.quota_n) END, query);
    IF rule.top_n IS NOT NULL THEN
        query := _ranking_step(query, 'top', period);
    END IF;
    query := format('SELECT t.*, COALESCE(%s, false) AS _listed FROM (%s) t',
                    COALESCE('t._place <= ' || rule.top_n, 't._finalist IS NOT NULL'), query);
    IF rule.reserve_n > 0 THEN
        query := format('SELECT t.*, CASE WHEN NOT t._listed THEN t._candidate END AS _reserve FROM (%s) t', query);
        query := _ranking_step(query, 'reserve', period);
    END IF;
    RETURN format('SELECT %s, innovation_score.score_numeric(t.score)::numeric(9,4) AS score, t.rank, '
                  'CASE WHEN t._listed THEN ''listed'' %s ELSE ''rejected'' END AS decision, '
                  'COALESCE(NULLIF(concat_ws(''; '', %s), ''''), ''meets every condition'') AS reasons FROM (%s) t',
                  _columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text),
                  CASE WHEN rule.reserve_n > 0
                       THEN format('WHEN t._reserve_place <= %s THEN ''reserve''', rule.reserve_n) END,
                  clauses.reasons, query);
END
$$;

COMMENT ON FUNCTION _whitelist_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _whitelist';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('whitelist', 50, '_whitelist_query', 'attributes', true,
     '{rank,decision,reasons,_gap,_required,_quota,_excluded,_candidate,_quota_place,_quota_ties,_finalist,_place,'
     '_ties,_listed,_reserve,_reserve_place,_reserve_ties}',
     '白名单 whitelist');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('decision', '入选结论 listed（入选）, reserve（候补）, rejected（未入选）'),
    ('reasons', '理由 reasons for the decision');

CREATE FUNCTION _set_whitelist_rule(rule whitelist_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(rule.scoreboard, path);
    culprit text;
BEGIN
    culprit := CASE
        WHEN rule.min_score IN ('NaN', 'Infinity', '-Infinity') THEN 'min_score must be finite'
        WHEN rule.top_n <= 0 THEN 'top_n must be positive'
        WHEN rule.quota_n <= 0 THEN 'quota_n must be positive'
        WHEN (rule.quota_by IS NULL) <> (rule.quota_n IS NULL) THEN 'quota_by and quota_n go together'
        WHEN NOT rule.min_coverage BETWEEN 0 AND 1 THEN 'min_coverage must be between 0 and 1 (0.8 for 80 %)'
        WHEN rule.reserve_n < 0 THEN 'reserve_n must not be negative' END;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'whitelist rule of %: %', board.scoreboard, culprit USING ERRCODE = 'invalid_parameter_value';
    END IF;
    rule.scoreboard := board.scoreboard;
    rule.reserve_n := COALESCE(rule.reserve_n, 0);
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard;
    INSERT INTO whitelist_rule SELECT rule.*;
    PERFORM _replace_views(board, _bind(board), '{whitelist}');
END
$$;

CREATE FUNCTION set_whitelist_rule(scoreboard text, min_score float8 DEFAULT NULL, top_n integer DEFAULT NULL,
                                   quota_by text DEFAULT NULL, quota_n integer DEFAULT NULL,
                                   required text DEFAULT NULL, min_coverage float8 DEFAULT NULL,
                                   reserve_n integer DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._set_whitelist_rule(
        ROW(scoreboard, min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n)
            ::innovation_score.whitelist_rule,
        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _set_whitelist_rule(whitelist_rule, name[]) IS
    'internal: set_whitelist_rule with the caller''s schemas';
COMMENT ON FUNCTION set_whitelist_rule(text, float8, integer, text, integer, text, float8, integer) IS
    'says who is listed in the view <name>_whitelist; replaces the rule that the scoreboard had';
-- compare: two scoreboards over the same firms, side by side; a scheme against its
-- parent; rank correlations (src/compare.c).

CREATE FUNCTION _rank_pairs_accumulate(state internal, x float8, y float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'rank_pairs_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _spearman_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'spearman_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;

CREATE FUNCTION _kendall_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'kendall_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000;

COMMENT ON FUNCTION _rank_pairs_accumulate(internal, float8, float8) IS
    'internal: transition function of spearman and kendall';
COMMENT ON FUNCTION _spearman_final(internal) IS 'internal: final function of spearman';
COMMENT ON FUNCTION _kendall_final(internal) IS 'internal: final function of kendall';

-- A state is all of its pairs and the work is done in the end, so workers would gain
-- nothing by states of their own; they may well read the rows.
CREATE AGGREGATE spearman(x float8, y float8) (
    SFUNC = _rank_pairs_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _spearman_final,
    PARALLEL = RESTRICTED
);

CREATE AGGREGATE kendall(x float8, y float8) (
    SFUNC = _rank_pairs_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _kendall_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE spearman(float8, float8) IS
    'Spearman''s rank correlation, ties having the mean of their ranks; pairs with NULL or NaN are passed over';
COMMENT ON AGGREGATE kendall(float8, float8) IS
    'Kendall''s rank correlation tau-b; pairs with NULL or NaN are passed over';

-- Reading scoreboards. What is compared is what the views show, so that whoever may
-- read the views may compare.

CREATE FUNCTION _get_scoreboard(name text, path name[]) RETURNS scoreboard
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _find_scoreboard(name, path);
    board scoreboard;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known;
    RETURN board;
END
$$;

COMMENT ON FUNCTION _get_scoreboard(text, name[]) IS 'internal: the row of a scoreboard';

CREATE FUNCTION _path_text(path name[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(string_agg(quote_ident(p.name), ', ' ORDER BY p.place), '')
    FROM unnest(path) WITH ORDINALITY AS p(name, place)
$$;

COMMENT ON FUNCTION _path_text(name[]) IS 'internal: schemas as a setting of search_path';

-- The entity is the first column of a view that has it, the period the second.
CREATE FUNCTION _view_column(view text, place integer) RETURNS pg_attribute
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known pg_attribute;
BEGIN
    SELECT * INTO known FROM pg_attribute a WHERE a.attrelid = to_regclass(view) AND a.attnum = place;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'view % does not exist', view
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    RETURN known;
END
$$;

COMMENT ON FUNCTION _view_column(text, integer) IS 'internal: a column of a view of a scoreboard';

-- Of the period in its own type, so that indexes and the fit of other periods are
-- spared, and in its text form, so that 2024 does not mean 2024.0.
CREATE FUNCTION _period_text_condition(period_column text, type text, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('SELECT %L::%s', period, type);
    RETURN format('%s = %L::%s AND %1$s::text = %2$L', period_column, period, type);
EXCEPTION WHEN data_exception OR syntax_error THEN
    RETURN 'false';     -- no value of the type has this text form
END
$$;

COMMENT ON FUNCTION _period_text_condition(text, text, text) IS
    'internal: condition that a period has a text form';

-- Rows of one of the views with entity and period as text.
CREATE FUNCTION _view_rows(board scoreboard, view text, columns text, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    name text := _view_name(board.scoreboard, view);
    entity_column pg_attribute := _view_column(name, 1);
    period_column pg_attribute;
BEGIN
    IF board.period IS NOT NULL THEN
        period_column := _view_column(name, 2);
    END IF;
    RETURN format('(SELECT v.%I::text AS entity, %s::text AS period, %s FROM %s v WHERE %s)',
                  entity_column.attname, COALESCE('v.' || quote_ident(period_column.attname), 'NULL'), columns, name,
                  CASE WHEN period IS NULL OR board.period IS NULL THEN 'true'
                       ELSE _period_text_condition('v.' || quote_ident(period_column.attname),
                                                   format_type(period_column.atttypid, period_column.atttypmod),
                                                   period) END);
END
$$;

COMMENT ON FUNCTION _view_rows(scoreboard, text, text, text) IS
    'internal: FROM item of the rows of a view, entity and period in their text forms';

CREATE FUNCTION _has_rule(board scoreboard) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard)
$$;

COMMENT ON FUNCTION _has_rule(scoreboard) IS 'internal: whether a scoreboard has a whitelist rule';

-- The whitelist shows all that a ranking does here, so one of them is read.
CREATE FUNCTION _decided_rows(board scoreboard, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _has_rule(board)
                THEN _view_rows(board, 'whitelist', 'v.score, v.rank, v.decision', period)
                ELSE _view_rows(board, 'ranking', 'v.score, v.rank, NULL::text AS decision', period) END
$$;

COMMENT ON FUNCTION _decided_rows(scoreboard, text) IS
    'internal: FROM item of scores, ranks and decisions of a scoreboard';

-- A scoreboard without periods meets one period of the other; two that have periods
-- meet period by period.
CREATE FUNCTION _side_by_side(a scoreboard, b scoreboard, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    without scoreboard := CASE WHEN a.period IS NULL THEN a ELSE b END;
BEGIN
    IF (a.period IS NULL) <> (b.period IS NULL) AND period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods, the other one has', without.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the period to compare.';
    END IF;
    IF a.period IS NULL AND b.period IS NULL AND period IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboards % and % have no periods', a.scoreboard, b.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave the period away.';
    END IF;
    RETURN format(
        'SELECT COALESCE(a.entity, b.entity) AS entity, %s AS period, '
        'a.score AS score_a, b.score AS score_b, a.rank AS rank_a, b.rank AS rank_b, '
        'a.decision AS decision_a, b.decision AS decision_b FROM %s a FULL JOIN %s b ON a.entity = b.entity%s',
        COALESCE(quote_literal(period) || '::text', 'COALESCE(a.period, b.period)'),
        _decided_rows(a, period), _decided_rows(b, period),
        CASE WHEN a.period IS NOT NULL AND b.period IS NOT NULL
             THEN ' AND COALESCE(a.period, '''') = COALESCE(b.period, '''') '
                  'AND (a.period IS NULL) = (b.period IS NULL)'
             ELSE '' END);
END
$$;

COMMENT ON FUNCTION _side_by_side(scoreboard, scoreboard, text) IS
    'internal: query of the firms of two scoreboards, each once';

CREATE TYPE scoreboard_comparison AS (
    entity         text,
    period         text,
    score_a        numeric,
    score_b        numeric,
    rank_a         bigint,
    rank_b         bigint,
    movement       bigint,
    decision_a     text,
    decision_b     text,
    change         text,
    main_indicator text,
    main_title     text,
    main_change    float8
);

COMMENT ON TYPE scoreboard_comparison IS '积分榜对比 a firm in two scoreboards';
COMMENT ON COLUMN scoreboard_comparison.entity IS '企业 entity in its text form';
COMMENT ON COLUMN scoreboard_comparison.period IS '期间 period in its text form';
COMMENT ON COLUMN scoreboard_comparison.score_a IS '得分 score in the first scoreboard';
COMMENT ON COLUMN scoreboard_comparison.score_b IS '得分 score in the second scoreboard';
COMMENT ON COLUMN scoreboard_comparison.rank_a IS '名次 rank in the first scoreboard';
COMMENT ON COLUMN scoreboard_comparison.rank_b IS '名次 rank in the second scoreboard';
COMMENT ON COLUMN scoreboard_comparison.movement IS '名次变动 places gained from the first to the second';
COMMENT ON COLUMN scoreboard_comparison.decision_a IS '入选结论 decision in the first scoreboard';
COMMENT ON COLUMN scoreboard_comparison.decision_b IS '入选结论 decision in the second scoreboard';
COMMENT ON COLUMN scoreboard_comparison.change IS '白名单变动 gained（新入选）or lost（退出）';
COMMENT ON COLUMN scoreboard_comparison.main_indicator IS '主要指标 the indicator mainly responsible for the change';
COMMENT ON COLUMN scoreboard_comparison.main_title IS '指标名称 title of that indicator';
COMMENT ON COLUMN scoreboard_comparison.main_change IS '分差 its points in the second less those in the first, of 100';

-- Points of the firms whose decision changed, of 100.
CREATE FUNCTION _points_of_changed(board scoreboard, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT c.entity, c.period, c.change, d.indicator, d.title, d.points * (100 / %L::float8) AS points '
                  'FROM (SELECT DISTINCT e.entity, e.period, e.change FROM changed e) c '
                  'JOIN %s d ON d.entity = c.entity%s',
                  board.model::jsonb ->> 'full_marks',
                  _view_rows(board, 'detail', 'v.indicator, v.title, v.points', period),
                  CASE WHEN board.period IS NULL THEN ''
                       ELSE ' AND COALESCE(d.period, '''') = COALESCE(c.period, '''')' END)
$$;

COMMENT ON FUNCTION _points_of_changed(scoreboard, text) IS
    'internal: query of the points of firms that a whitelist gained or lost';

-- The indicator mainly responsible is looked for among those firms only that a whitelist
-- gained or lost: details of all would be a row an indicator. That they are few the
-- planner learns from an equality, of which it expects that.
CREATE FUNCTION _comparison_query(a scoreboard, b scoreboard, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'WITH pairs AS MATERIALIZED (SELECT p.*, CASE '
        'WHEN p.decision_b = ''listed'' AND p.decision_a IS DISTINCT FROM ''listed'' THEN ''gained'' '
        'WHEN p.decision_a = ''listed'' AND p.decision_b IS DISTINCT FROM ''listed'' THEN ''lost'' END AS change '
        'FROM (%s) p), '
        'changed AS MATERIALIZED (SELECT * FROM pairs p WHERE p.change = ANY (''{gained,lost}'')), '
        'moved AS (SELECT u.entity, u.period, u.change, u.indicator, max(u.title) AS title, '
        'sum(u.b) - sum(u.a) AS points '
        'FROM (SELECT entity, period, change, indicator, title, COALESCE(points, 0) AS a, 0 AS b FROM (%s) a '
        'UNION ALL SELECT entity, period, change, indicator, title, 0, COALESCE(points, 0) FROM (%s) b) u '
        'GROUP BY u.entity, u.period, u.change, u.indicator), '
        'main AS (SELECT DISTINCT ON (m.entity, m.period) m.entity, m.period, m.indicator, m.title, m.points '
        'FROM moved m ORDER BY m.entity, m.period, '
        'CASE WHEN m.change = ''gained'' THEN - m.points ELSE m.points END, m.indicator COLLATE "C") '
        'SELECT p.entity, p.period, p.score_a, p.score_b, p.rank_a, p.rank_b, p.rank_a - p.rank_b, p.decision_a, '
        'p.decision_b, NULL::text, NULL::text, NULL::text, NULL::float8 FROM pairs p WHERE p.change IS NULL '
        'UNION ALL SELECT c.entity, c.period, c.score_a, c.score_b, c.rank_a, c.rank_b, c.rank_a - c.rank_b, '
        'c.decision_a, c.decision_b, c.change, m.indicator, m.title, m.points FROM changed c '
        'LEFT JOIN main m ON m.entity = c.entity AND COALESCE(m.period, '''') = COALESCE(c.period, '''')',
        _side_by_side(a, b, period), _points_of_changed(a, period), _points_of_changed(b, period))
$$;

COMMENT ON FUNCTION _comparison_query(scoreboard, scoreboard, text) IS
    'internal: query of what compare_scoreboards gives where both scoreboards have whitelist rules';

CREATE FUNCTION _compare_scoreboards(a text, b text, period text, path name[]) RETURNS SETOF scoreboard_comparison
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    first scoreboard := _get_scoreboard(a, path);
    second scoreboard := _get_scoreboard(b, path);
    query text := CASE
        WHEN _has_rule(first) AND _has_rule(second) THEN _comparison_query(first, second, period)
        ELSE format('SELECT p.entity, p.period, p.score_a, p.score_b, p.rank_a, p.rank_b, p.rank_a - p.rank_b, '
                    'p.decision_a, p.decision_b, NULL::text, NULL::text, NULL::text, NULL::float8 FROM (%s) p',
                    _side_by_side(first, second, period)) END;
BEGIN
    PERFORM set_config('search_path', _path_text(path), true);
    RETURN QUERY EXECUTE query;
END
$$;

CREATE FUNCTION compare_scoreboards(a text, b text, period text DEFAULT NULL) RETURNS SETOF scoreboard_comparison
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100000 AS $$
    SELECT * FROM innovation_score._compare_scoreboards(a, b, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _compare_scoreboards(text, text, text, name[]) IS
    'internal: compare_scoreboards with the caller''s schemas';
COMMENT ON FUNCTION compare_scoreboards(text, text, text) IS
    'the firms of two scoreboards side by side: scores, ranks, movement, decisions, and what they gained or lost by';

CREATE TYPE comparison_summary AS (
    period        text,
    firms_a       bigint,
    firms_b       bigint,
    firms_both    bigint,
    spearman      float8,
    kendall       float8,
    mean_movement float8,
    max_movement  bigint,
    listed_a      bigint,
    listed_b      bigint,
    gained        bigint,
    lost          bigint,
    top_n         integer,
    top_a         bigint,
    top_b         bigint,
    top_both      bigint,
    overlap       float8
);

COMMENT ON TYPE comparison_summary IS '积分榜对比汇总 how alike two scoreboards are in a period';
COMMENT ON COLUMN comparison_summary.period IS '期间 period in its text form';
COMMENT ON COLUMN comparison_summary.firms_a IS '企业数 firms that the first scoreboard ranks';
COMMENT ON COLUMN comparison_summary.firms_b IS '企业数 firms that the second scoreboard ranks';
COMMENT ON COLUMN comparison_summary.firms_both IS '共同企业数 firms that both rank';
COMMENT ON COLUMN comparison_summary.spearman IS '斯皮尔曼相关 rank correlation of the firms that both rank';
COMMENT ON COLUMN comparison_summary.kendall IS '肯德尔相关 rank correlation tau-b of the same firms';
COMMENT ON COLUMN comparison_summary.mean_movement IS '平均名次变动 mean of the absolute movements';
COMMENT ON COLUMN comparison_summary.max_movement IS '最大名次变动 largest absolute movement';
COMMENT ON COLUMN comparison_summary.listed_a IS '入选数 firms that the first whitelist lists';
COMMENT ON COLUMN comparison_summary.listed_b IS '入选数 firms that the second whitelist lists';
COMMENT ON COLUMN comparison_summary.gained IS '新入选数 firms that only the second lists';
COMMENT ON COLUMN comparison_summary.lost IS '退出数 firms that only the first lists';
COMMENT ON COLUMN comparison_summary.top_n IS '前 n 名 the n of the columns that follow';
COMMENT ON COLUMN comparison_summary.top_a IS '前 n 名企业数 firms of rank n or better in the first, ties included';
COMMENT ON COLUMN comparison_summary.top_b IS '前 n 名企业数 firms of rank n or better in the second';
COMMENT ON COLUMN comparison_summary.top_both IS '重合数 firms of rank n or better in both';
COMMENT ON COLUMN comparison_summary.overlap IS '重合率 top_both as a share of the smaller of top_a and top_b';

CREATE FUNCTION _compare_summary(a text, b text, period text, top_n integer[], path name[])
RETURNS SETOF comparison_summary
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    first scoreboard := _get_scoreboard(a, path);
    second scoreboard := _get_scoreboard(b, path);
    tops integer[] := ARRAY(SELECT DISTINCT n FROM unnest(top_n) n ORDER BY n);
    listed boolean := _has_rule(first) AND _has_rule(second);
    query text;
BEGIN
    IF EXISTS (SELECT FROM unnest(tops) n WHERE n IS NULL OR n <= 0) THEN
        RAISE EXCEPTION 'top_n must hold positive numbers' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- what ranks say of the order, scores would; and a rank is read anyway
    query := format(
        'SELECT s.period, s.firms_a, s.firms_b, s.firms_both, s.spearman, s.kendall, s.mean_movement, '
        's.max_movement, %s, t.n, t.a, t.b, t.ab, t.ab::float8 / NULLIF(least(t.a, t.b), 0) '
        'FROM (SELECT p.period, pg_catalog.count(p.rank_a) AS firms_a, '
        'pg_catalog.count(p.rank_b) AS firms_b, '
        'pg_catalog.count(p.rank_a + p.rank_b) AS firms_both, '
        'innovation_score.spearman(p.rank_a, p.rank_b) AS spearman, '
        'innovation_score.kendall(p.rank_a, p.rank_b) AS kendall, '
        'avg(abs(p.rank_a - p.rank_b)::float8) AS mean_movement, max(abs(p.rank_a - p.rank_b)) AS max_movement, '
        'pg_catalog.count(*) FILTER (WHERE p.decision_a = ''listed'') AS listed_a, '
        'pg_catalog.count(*) FILTER (WHERE p.decision_b = ''listed'') AS listed_b, '
        'pg_catalog.count(*) FILTER (WHERE p.decision_a = ''listed'' AND p.decision_b = ''listed'') AS listed_both, '
        '%s AS tops_a, %s AS tops_b, %s AS tops_both FROM (%s) p GROUP BY p.period) s '
        'LEFT JOIN LATERAL ROWS FROM (pg_catalog.unnest(%L::integer[]), pg_catalog.unnest(s.tops_a), '
        'pg_catalog.unnest(s.tops_b), pg_catalog.unnest(s.tops_both)) AS t(n, a, b, ab) ON true '
        'ORDER BY s.period COLLATE "C", t.n',
        CASE WHEN listed THEN 's.listed_a, s.listed_b, s.listed_b - s.listed_both, s.listed_a - s.listed_both'
             ELSE format('%s, %s, NULL::bigint, NULL::bigint',
                         CASE WHEN _has_rule(first) THEN 's.listed_a' ELSE 'NULL::bigint' END,
                         CASE WHEN _has_rule(second) THEN 's.listed_b' ELSE 'NULL::bigint' END) END,
        _top_counts('p.rank_a <= %s', tops), _top_counts('p.rank_b <= %s', tops),
        _top_counts('p.rank_a <= %1$s AND p.rank_b <= %1$s', tops),
        _side_by_side(first, second, period), tops);
    PERFORM set_config('search_path', _path_text(path), true);
    RETURN QUERY EXECUTE query;
END
$$;

CREATE FUNCTION _top_counts(condition text, tops integer[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('ARRAY[%s]::bigint[]',
                  string_agg(format('pg_catalog.count(*) FILTER (WHERE ' || condition || ')', n), ', ' ORDER BY n))
    FROM unnest(tops) n
$$;

CREATE FUNCTION compare_summary(a text, b text, period text DEFAULT NULL,
                                top_n integer[] DEFAULT '{10,100,1000}') RETURNS SETOF comparison_summary
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10 AS $$
    SELECT * FROM innovation_score._compare_summary(a, b, period, top_n, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _top_counts(text, integer[]) IS 'internal: array of how many firms are among the first n';
COMMENT ON FUNCTION _compare_summary(text, text, text, integer[], name[]) IS
    'internal: compare_summary with the caller''s schemas';
COMMENT ON FUNCTION compare_summary(text, text, text, integer[]) IS
    'how alike two scoreboards are: rank correlations, movements, gains and losses of the whitelist, overlap of the '
    'first n; a row for each period and n';

-- A scheme against another one. Properties are whatever columns the tables have.

CREATE FUNCTION _scheme_properties(code text)
RETURNS TABLE (object text, part text, property text, value text, place integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT p.object, p.part, e.key, e.value, p.place
    FROM (SELECT 'scheme' AS object, '' AS part, to_jsonb(s) - '{scheme,parent,origin}'::text[] AS properties,
                 NULL::integer AS place
          FROM scheme s WHERE s.scheme = code
          UNION ALL
          SELECT 'category', c.category, to_jsonb(c) - '{scheme,category}'::text[], c.position
          FROM category c WHERE c.scheme = code
          UNION ALL
          SELECT 'indicator', i.indicator, to_jsonb(i) - '{scheme,indicator}'::text[], i.position
          FROM indicator i WHERE i.scheme = code
          UNION ALL
          SELECT 'stage', t.stage, to_jsonb(t) - '{scheme,stage}'::text[], t.position
          FROM stage t WHERE t.scheme = code) p
    CROSS JOIN LATERAL jsonb_each_text(p.properties) e
    WHERE e.value IS NOT NULL
    UNION ALL
    -- that it is there at all: a property of no name
    SELECT p.object, p.part, '', p.title, p.place
    FROM (SELECT 'category' AS object, c.category AS part, c.title, c.position AS place
          FROM category c WHERE c.scheme = code
          UNION ALL
          SELECT 'indicator', i.indicator, i.title, i.position FROM indicator i WHERE i.scheme = code
          UNION ALL
          SELECT 'stage', t.stage, t.title, t.position FROM stage t WHERE t.scheme = code) p
    UNION ALL
    -- no weight is weight 0
    SELECT 'weight', w.indicator, w.stage, w.weight::text, i.position
    FROM weight w JOIN indicator i USING (scheme, indicator)
    WHERE w.scheme = code AND w.weight <> 0
$$;

COMMENT ON FUNCTION _scheme_properties(text) IS 'internal: all that a scheme says, a row a property';

CREATE FUNCTION scheme_diff(scheme text, parent text DEFAULT NULL)
RETURNS TABLE (object text, code text, property text, old text, new text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    newer scheme := _require_scheme($1);
    older text := COALESCE($2, newer.parent);
BEGIN
    IF older IS NULL THEN
        RAISE EXCEPTION 'scheme "%" has no parent', newer.scheme
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the scheme to compare it with.';
    END IF;
    older := (_require_scheme(older)).scheme;
    RETURN QUERY
        WITH difference AS (
            SELECT object, part, property, COALESCE(n.place, o.place) AS place,
                   o.value AS old, n.value AS new, o.object IS NOT NULL AS was, n.object IS NOT NULL AS "is"
            FROM _scheme_properties(newer.scheme) n FULL JOIN _scheme_properties(older) o
                USING (object, part, property)
        ), marked AS (
            SELECT d.*, bool_or(d.property = '' AND d.was <> d."is") OVER (PARTITION BY d.object, d.part) AS whole,
                   min(d.place) OVER (PARTITION BY d.object, d.part) AS part_place
            FROM difference d
        )
        SELECT m.object, CASE m.object WHEN 'scheme' THEN newer.scheme ELSE m.part END,
               CASE WHEN m.property <> '' THEN m.property WHEN m."is" THEN 'added' ELSE 'removed' END,
               CASE WHEN m.object = 'weight' THEN COALESCE(m.old, '0') ELSE m.old END,
               CASE WHEN m.object = 'weight' THEN COALESCE(m.new, '0') ELSE m.new END
        FROM marked m
        WHERE CASE WHEN m.property = '' THEN m.was <> m."is"
                   WHEN m.property = 'title' AND m.whole THEN false      -- the row above says it
                   ELSE m.old IS DISTINCT FROM m.new END
        ORDER BY array_position('{scheme,category,indicator,stage,weight}', m.object), m.part_place,
                 m.part COLLATE "C", m.property COLLATE "C";
END
$$;

COMMENT ON FUNCTION scheme_diff(text, text) IS
    'what a scheme changes in its parent (or in another scheme): settings, categories, indicators, stages and weights '
    'that were added, removed or given other properties';
-- stability: how firm a ranking is when weights, methods and indicators are others
-- (src/stability.c).

CREATE FUNCTION _weight_factor(seed bigint, draw integer, indicator integer, noise float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'weight_noise_factor' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _rank_spread(models score_model[], stage text, normalized float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'rank_spread_row' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _ranks_under(models score_model[], stage text, normalized float8[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'ranks_under' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _weight_factor(bigint, integer, integer, float8) IS
    'internal: what a draw multiplies the weight of an indicator with; draws and indicators count from 1';
COMMENT ON FUNCTION _rank_spread(score_model[], text, float8[]) IS
    'internal: rank under the first model; mean, median, 5 % and 95 % quantile of those under the others';
COMMENT ON FUNCTION _ranks_under(score_model[], text, float8[]) IS 'internal: rank under each model';

-- Models made from models. They score normalized values, between fixed bounds of 0 and 1
-- that leave them as they are, so that a row is normalized once for all of them and yet
-- scored as ever. Who has a score is settled by the scheme as it is: minimum coverage is
-- a share of its weights, not of others.

CREATE FUNCTION _normalized_model(model score_model) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT model::jsonb || jsonb_build_object(
        'min_coverage', 0,
        'categories', (SELECT jsonb_agg(c.value - 'min_coverage' ORDER BY c.place)
                       FROM jsonb_array_elements(model::jsonb -> 'categories') WITH ORDINALITY AS c(value, place)),
        'indicators', (SELECT jsonb_agg(i.value - '{adjust,bounds}'::text[]
                                        || '{"direction": "benefit", "extreme": "fixed(0,1)", "transform": "none"}'
                                        ORDER BY i.place)
                       FROM jsonb_array_elements(model::jsonb -> 'indicators') WITH ORDINALITY AS i(value, place)))
$$;

COMMENT ON FUNCTION _normalized_model(score_model) IS
    'internal: a model that scores normalized values, whatever the coverage, as JSON';

CREATE FUNCTION _with_factors(model jsonb, factors float8[]) RETURNS score_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT jsonb_set(model, '{indicators}', (
        SELECT jsonb_agg(jsonb_set(i.value, '{weights}', (
                   SELECT jsonb_object_agg(w.key, w.value::float8 * factors[i.place])
                   FROM jsonb_each(i.value -> 'weights') w)) ORDER BY i.place)
        FROM jsonb_array_elements(model -> 'indicators') WITH ORDINALITY AS i(value, place)))::score_model
$$;

COMMENT ON FUNCTION _with_factors(jsonb, float8[]) IS
    'internal: a model with the weights of each indicator, in all stages, multiplied';

CREATE FUNCTION _noisy_models(model score_model, draws integer, noise float8, seed bigint) RETURNS score_model[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(_with_factors(base.model, ARRAY(
               SELECT CASE WHEN d = 0 THEN 1 ELSE _weight_factor(seed, d, i, noise) END
               FROM generate_series(1, jsonb_array_length(base.model -> 'indicators')) i ORDER BY i)) ORDER BY d)
    FROM (SELECT _normalized_model(_noisy_models.model) AS model OFFSET 0) base, generate_series(0, draws) d
$$;

COMMENT ON FUNCTION _noisy_models(score_model, integer, float8, bigint) IS
    'internal: the model, and one with random weights for each draw';

-- An indicator without which a stage has nothing to score cannot be left out: NULL.
CREATE FUNCTION _models_without(model score_model) RETURNS score_model[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    base jsonb := _normalized_model(model);
    n integer := jsonb_array_length(base -> 'indicators');
    models score_model[] := ARRAY[base::score_model];
BEGIN
    FOR place IN 1 .. n LOOP
        BEGIN
            models := models || _with_factors(base, ARRAY(SELECT (i <> place)::integer::float8
                                                          FROM generate_series(1, n) i ORDER BY i));
        EXCEPTION WHEN invalid_parameter_value THEN
            models := array_append(models, NULL);
        END;
    END LOOP;
    RETURN models;
END
$$;

COMMENT ON FUNCTION _models_without(score_model) IS
    'internal: the model, and one for each indicator in which that has no weight';

-- What the functions below read: the firms of a period with their normalized values,
-- NULL where the scoreboard gives no score.

CREATE FUNCTION _one_period(board scoreboard, binding scoreboard_binding, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    period_column pg_attribute;
BEGIN
    IF board.period IS NULL THEN
        IF period IS NOT NULL THEN
            RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give NULL as the period.';
        END IF;
        RETURN 'true';
    END IF;
    IF period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has periods: give one', board.scoreboard
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Firms are ranked within a period.';
    END IF;
    period_column := _view_column(_view_name(board.scoreboard, 'score'), 2);
    RETURN _period_text_condition('s.' || quote_ident(binding.period),
                                  format_type(period_column.atttypid, period_column.atttypmod), period);
END
$$;

COMMENT ON FUNCTION _one_period(scoreboard, scoreboard_binding, text) IS
    'internal: condition that a row is of the period asked for';

CREATE FUNCTION _normalized_rows(board scoreboard, binding scoreboard_binding, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(SELECT s.%1$I::text AS entity, s.stage, '
                  'CASE WHEN innovation_score.score(%2$s, s.stage, VARIADIC s._values) IS NOT NULL '
                  'THEN innovation_score.normalized_row(%2$s, VARIADIC s._values) END AS normalized '
                  'FROM %3$s WHERE %4$s OFFSET 0) t',
                  binding.entity, _row_model(board, binding), _rows_with_model(board, binding),
                  _one_period(board, binding, period))
$$;

COMMENT ON FUNCTION _normalized_rows(scoreboard, scoreboard_binding, text) IS
    'internal: FROM item of entity, stage and normalized values of the firms of a period';

CREATE FUNCTION _rank_stability(scoreboard text, period text, draws integer, noise float8, seed bigint, path name[])
RETURNS TABLE (entity text, nominal bigint, mean float8, median float8, rank_05 float8, rank_95 float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _get_scoreboard(scoreboard, path);
    query text;
BEGIN
    IF draws IS NULL OR draws NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'draws must be between 1 and 10000, not %', draws USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF noise IS NULL OR NOT (noise >= 0 AND noise < 1) THEN
        RAISE EXCEPTION 'noise must be at least 0 and below 1, not %', noise
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is a share of the weights: 0.25 for 25 %.';
    END IF;
    IF seed IS NULL THEN
        RAISE EXCEPTION 'seed must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    query := format('SELECT u.entity, u.spread[1]::bigint, u.spread[2], u.spread[3], u.spread[4], u.spread[5] '
                    'FROM (SELECT t.entity, innovation_score._rank_spread('
                    '(SELECT innovation_score._noisy_models(%L::innovation_score.score_model, %s, %L, %s)), '
                    't.stage, t.normalized) OVER () AS spread FROM %s) u',
                    board.model, draws, noise, seed, _normalized_rows(board, _bind(board), period));
    PERFORM set_config('search_path', board.search_path, true);
    RETURN QUERY EXECUTE query;
END
$$;

CREATE FUNCTION rank_stability(scoreboard text, period text DEFAULT NULL, draws integer DEFAULT 200,
                               noise float8 DEFAULT 0.25, seed bigint DEFAULT 0)
RETURNS TABLE (entity text, nominal bigint, mean float8, median float8, rank_05 float8, rank_95 float8)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100000 AS $$
    SELECT * FROM innovation_score._rank_stability(scoreboard, period, draws, noise, seed,
                                                   pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _rank_stability(text, text, integer, float8, bigint, name[]) IS
    'internal: rank_stability with the caller''s schemas';
COMMENT ON FUNCTION rank_stability(text, text, integer, float8, bigint) IS
    'the rank of each firm of a period and, under weights that are random within the noise, the mean, median, 5 % and '
    '95 % quantile of its ranks; the same for the same seed, everywhere';

CREATE FUNCTION _indicator_influence(scoreboard text, period text, path name[])
RETURNS TABLE (indicator text, title text, mean_movement float8, max_movement bigint, moved bigint, spearman float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _get_scoreboard(scoreboard, path);
    titles text := (SELECT string_agg(format('(%s, %L::text, %L::text)', c.place, c.code, i.title), ', '
                                      ORDER BY c.place)
                    FROM unnest(_model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                    LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code);
    query text := format(
        'SELECT i.code, i.title, m.mean_movement, m.max_movement, m.moved, m.spearman '
        'FROM (VALUES %s) i(place, code, title) LEFT JOIN (SELECT r.place - 1 AS place, '
        'avg(abs(r.rank - u.ranks[1])::float8) AS mean_movement, max(abs(r.rank - u.ranks[1])) AS max_movement, '
        'pg_catalog.count(*) FILTER (WHERE r.rank <> u.ranks[1]) AS moved, '
        'innovation_score.spearman(r.rank, u.ranks[1]) AS spearman '
        'FROM (SELECT innovation_score._ranks_under('
        '(SELECT innovation_score._models_without(%L::innovation_score.score_model)), t.stage, t.normalized) '
        'OVER () AS ranks FROM %s) u CROSS JOIN LATERAL pg_catalog.unnest(u.ranks) WITH ORDINALITY AS r(rank, place) '
        'WHERE r.rank IS NOT NULL GROUP BY r.place) m ON m.place = i.place '
        'ORDER BY m.mean_movement DESC NULLS LAST, i.place',
        titles, board.model, _normalized_rows(board, _bind(board), period));
BEGIN
    PERFORM set_config('search_path', board.search_path, true);
    RETURN QUERY EXECUTE query;
END
$$;

CREATE FUNCTION indicator_influence(scoreboard text, period text DEFAULT NULL)
RETURNS TABLE (indicator text, title text, mean_movement float8, max_movement bigint, moved bigint, spearman float8)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM innovation_score._indicator_influence(scoreboard, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _indicator_influence(text, text, name[]) IS
    'internal: indicator_influence with the caller''s schemas';
COMMENT ON FUNCTION indicator_influence(text, text) IS
    'how far the firms of a period move in the ranking when an indicator is left out, the most influential first';

-- Other methods: settings of the model changed, the bounds fitted anew on the same rows.

CREATE FUNCTION _alternative_model(model score_model, name text, change jsonb) RETURNS score_model
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    document jsonb := model::jsonb;
    general jsonb;
    particular jsonb;
    unknown text;
BEGIN
    IF jsonb_typeof(change) <> 'object' OR change ?| '{scheme,stages,categories}'
       OR jsonb_typeof(COALESCE(change -> 'indicators', '{}')) <> 'object' THEN
        RAISE EXCEPTION 'alternative "%" must be an object of settings', name
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', change),
                  HINT = 'For example {"extreme": "iqr(1.5)", "indicators": {"rd_expense": {"transform": "log"}}}.';
    END IF;
    SELECT min(k COLLATE "C") INTO unknown FROM jsonb_object_keys(change -> 'indicators') k
    WHERE k <> ALL (_model_codes(model, 'indicators'));
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'alternative "%" changes unknown indicator "%"', name, unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The indicators are %s.', array_to_string(_model_codes(model, 'indicators'), ', '));
    END IF;
    -- A setting of the scheme also takes the place of what single indicators say.
    SELECT COALESCE(jsonb_object_agg(s.key, s.value) FILTER (WHERE s.whole), '{}'),
           COALESCE(jsonb_object_agg(s.key, s.value) FILTER (WHERE NOT s.whole), '{}')
    INTO general, particular
    FROM (SELECT e.key, e.value, document ? e.key OR e.key = 'floor' AS whole
          FROM jsonb_each(change - 'indicators') e) s;
    document := document || general || jsonb_build_object('indicators', (
        SELECT jsonb_agg(i.value || particular
                         || COALESCE((SELECT jsonb_object_agg(g.key, g.value) FROM jsonb_each(general) g
                                      WHERE i.value ? g.key), '{}')
                         || COALESCE(change -> 'indicators' -> (i.value ->> 'indicator'), '{}') ORDER BY i.place)
        FROM jsonb_array_elements(document -> 'indicators') WITH ORDINALITY AS i(value, place)));
    RETURN document::score_model;
EXCEPTION WHEN invalid_parameter_value THEN
    IF SQLERRM LIKE 'alternative "%' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION 'alternative "%": %', name, SQLERRM USING ERRCODE = 'invalid_parameter_value';
END
$$;

COMMENT ON FUNCTION _alternative_model(score_model, text, jsonb) IS
    'internal: a model with other settings, or an error that names the alternative';

-- All alternatives score a row side by side, so that the source is read once for them.
CREATE FUNCTION _method_stability(scoreboard text, period text, alternatives jsonb, path name[])
RETURNS TABLE (entity text, nominal bigint, best bigint, worst bigint, spread bigint, ranks jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _get_scoreboard(scoreboard, path);
    other scoreboard := board;
    binding scoreboard_binding := _bind(board);
    grouped boolean := _groups(binding) <> '{}';
    alternative record;
    fitted text;
    scores text := format('innovation_score.score_row(%s, s.stage, VARIADIC s._values) AS row_0',
                          _row_model(board, binding));
    source text := _rows_with_model(board, binding);
    windows text := 'innovation_score.score_rank(t.row_0[1]) OVER () AS rank_0';
    all_ranks text := 'u.rank_0';
    named_ranks text := '';
BEGIN
    IF jsonb_typeof(alternatives) IS DISTINCT FROM 'object' OR alternatives = '{}' THEN
        RAISE EXCEPTION 'alternatives must be an object that gives each one its settings'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'For example {"quartiles": {"extreme": "iqr(1.5)"}, "logarithms": {"transform": "log"}}.';
    END IF;
    FOR alternative IN
        SELECT e.key, e.value, row_number() OVER (ORDER BY e.key COLLATE "C") AS n FROM jsonb_each(alternatives) e
    LOOP
        other.model := _alternative_model(board.model, alternative.key, alternative.value);
        fitted := _live_model_query(other, binding);
        IF grouped THEN
            source := format('%s LEFT JOIN (%s) m%s ON %s', source, fitted, alternative.n,
                             _same_group(_groups(binding), 'm' || alternative.n, 's'));
        END IF;
        scores := format('%s, innovation_score.score_row(%s, s.stage, VARIADIC s._values) AS row_%s', scores,
                         CASE WHEN grouped THEN format('m%s.model', alternative.n)
                              ELSE format('(SELECT m.model FROM (%s) m)', fitted) END, alternative.n);
        windows := format('%s, innovation_score.score_rank(t.row_%s[1]) OVER () AS rank_%2$s', windows, alternative.n);
        all_ranks := format('%s, u.rank_%s', all_ranks, alternative.n);
        named_ranks := format('%s || pg_catalog.jsonb_build_object(%L, u.rank_%s)', named_ranks, alternative.key,
                              alternative.n);
    END LOOP;
    fitted := format('SELECT u.entity, u.rank_0, least(%1$s), greatest(%1$s), greatest(%1$s) - least(%1$s), '
                     '''{}''%2$s FROM (SELECT t.entity, %3$s FROM (SELECT s.%4$I::text AS entity, %5$s '
                     'FROM %6$s WHERE %7$s) t) u',
                     all_ranks, named_ranks, windows, binding.entity, scores, source,
                     _one_period(board, binding, period));
    PERFORM set_config('search_path', board.search_path, true);
    RETURN QUERY EXECUTE fitted;
END
$$;

CREATE FUNCTION method_stability(scoreboard text, period text, alternatives jsonb)
RETURNS TABLE (entity text, nominal bigint, best bigint, worst bigint, spread bigint, ranks jsonb)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100000 AS $$
    SELECT * FROM innovation_score._method_stability(scoreboard, period, alternatives,
                                                     pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _method_stability(text, text, jsonb, name[]) IS
    'internal: method_stability with the caller''s schemas';
COMMENT ON FUNCTION method_stability(text, text, jsonb) IS
    'the rank of each firm of a period, and its ranks with other settings of the model, fitted on the same rows';
-- restore: loading a dump in any order.
--
-- pg_restore with several jobs loads the tables of an extension side by side, although
-- rows of one refer to rows of another, and pg_dump --inserts takes rows as they lie.
-- So what a restore loads is set aside row by row, and at the end of each statement
-- every row moves to its place whose parents are there by then; the last statement
-- finds all of them. The lock lets each session see what the others have set aside.
--
-- This file comes last: the triggers must not be there when the shipped rows are
-- inserted, since CREATE EXTENSION may itself be part of a restore.

CREATE TABLE restored (
    relation text NOT NULL,
    content  text NOT NULL
);

COMMENT ON TABLE restored IS
    'internal: rows of a dump that is being loaded, until the rows that they refer to are there';
COMMENT ON COLUMN restored.relation IS 'table of the extension';
COMMENT ON COLUMN restored.content IS 'the row in text form';

-- How a session of pg_restore, or one that runs pg_dump's script, is recognized.
CREATE FUNCTION _restoring() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('row_security') = 'off' AND current_setting('check_function_bodies') = 'off';

CREATE FUNCTION _set_aside() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO restored VALUES (TG_TABLE_NAME, NEW::text);
    RETURN NULL;
END
$$;

-- check_function_bodies = on: what is inserted here is not set aside again. See _is_restored() for the other setting.
CREATE FUNCTION _put_in_place() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET check_function_bodies = on
SET innovation_score.restoring = on AS $function$
DECLARE
    step record;
BEGIN
    PERFORM pg_advisory_xact_lock('restored'::regclass::oid::bigint);
    FOR step IN
        SELECT r.relation, r.ready FROM restore_step r ORDER BY r.place
    LOOP
        EXECUTE format(
            'WITH due AS (DELETE FROM restored WHERE ctid = ANY (ARRAY('
            'SELECT r.ctid FROM restored r CROSS JOIN LATERAL (SELECT (r.content::%1$I).*) n '
            'WHERE r.relation = %1$L AND (%2$s))) RETURNING content) '
            'INSERT INTO %1$I SELECT (due.content::%1$I).* FROM due', step.relation, step.ready);
    END LOOP;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION _restoring() IS 'internal: whether the session restores a dump';
COMMENT ON FUNCTION _set_aside() IS 'internal: sets a restored row aside';
COMMENT ON FUNCTION _put_in_place() IS 'internal: puts rows in place that were set aside and whose parents are there';

-- Named to run before the other triggers of these tables.
CREATE FUNCTION _create_restore_triggers() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    step record;
BEGIN
    FOR step IN
        SELECT r.relation FROM restore_step r
        WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = r.relation::regclass AND t.tgname = '_set_aside')
        ORDER BY r.place
    LOOP
        EXECUTE format('CREATE TRIGGER _set_aside BEFORE INSERT ON %I '
                       'FOR EACH ROW WHEN (_restoring()) EXECUTE FUNCTION _set_aside()', step.relation);
        EXECUTE format('CREATE TRIGGER _put_in_place AFTER INSERT ON %I '
                       'FOR EACH STATEMENT WHEN (_restoring()) EXECUTE FUNCTION _put_in_place()', step.relation);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _create_restore_triggers() IS
    'internal: for the install script: the triggers of the tables that are dumped and have none yet';

SELECT _create_restore_triggers();
