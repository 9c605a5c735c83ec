/*-------------------------------------------------------------------------
 *
 * score.c
 *	  score, category_score, coverage, score_row, normalized_row and
 *	  score_detail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "model/value_row.h"

/* What the functions on a row have in common: model, stage, values. */
typedef struct RowArguments
{
	const ScoreModel *model;
	int			stage;
	const double *values;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
} RowArguments;

static void
get_row(FunctionCallInfo fcinfo, int values_argument, RowArguments *row)
{
	row->model = model_argument(fcinfo, 0);
	row->stage = model_find_stage(row->model, PG_GETARG_TEXT_PP(1));
	row->values = value_row_get(PG_GETARG_ARRAYTYPE_P(values_argument),
								row->model, row->buffer);
}

void
check_fitted(const ScoreModel *model)
{
	if (likely(model->fitted))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("score model \"%s\" is not fitted",
					model_string(model, model->scheme)),
			 model->searching ?
			 errhint("Its sample needs another pass: apply the aggregate fit() to this model and the same rows again.") :
			 errhint("Fit it with the aggregate fit() over the rows to compare.")));
}

PG_FUNCTION_INFO_V1(score);
/*
 * score(model score_model, stage text, VARIADIC vals float8[]) → float8
 *
 * Total score: 0 to full marks, plus bonus and minus penalty points.  NULL
 * where the model's policy for missing values or its minimum coverage says so.
 */
Datum
score(PG_FUNCTION_ARGS)
{
	RowArguments row;
	double		total;

	get_row(fcinfo, 2, &row);
	check_fitted(row.model);
	total = row_total(row.model, row.stage, row.values);
	if (isnan(total))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(total);
}

PG_FUNCTION_INFO_V1(category_score);
/*
 * category_score(model score_model, stage text, category text,
 *				  VARIADIC vals float8[]) → float8
 *
 * Score inside one category, 0 to full marks; NULL where the category has no weight in
 * the stage, or the policy for missing values says so.
 */
Datum
category_score(PG_FUNCTION_ARGS)
{
	RowArguments row;
	RowScore	result;
	int			category;

	get_row(fcinfo, 3, &row);
	check_fitted(row.model);
	category = model_find_category(row.model, PG_GETARG_TEXT_PP(2));
	row_score(row.model, row.stage, row.values, row.parts, &result);
	if (isnan(result.category[category]))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result.category[category]);
}

PG_FUNCTION_INFO_V1(coverage);
/*
 * coverage(model score_model, stage text, VARIADIC vals float8[]) → float8
 *
 * Share, 0 to 1, of the weight of the stage's base indicators whose values are
 * present.  The model need not be fitted.
 */
Datum
coverage(PG_FUNCTION_ARGS)
{
	RowArguments row;

	get_row(fcinfo, 2, &row);
	PG_RETURN_FLOAT8(row_coverage(row.model, row.stage, row.values));
}

PG_FUNCTION_INFO_V1(score_row);
/*
 * score_row(model score_model, stage text, VARIADIC vals float8[])
 *	→ SETOF float8[]
 *
 * Everything that a view shows of a row, worked out once: score, coverage, the
 * stage's number (for ranked_row) and the category scores in the model's order.
 * One row always, NULL where an argument is NULL.  It is declared to return a
 * set because that makes the planner evaluate it once a row, in a node of its
 * own, and still lets conditions on other columns reach the table, also in
 * parallel plans.
 */
Datum
score_row(PG_FUNCTION_ARGS)
{
	RowArguments row;
	double		numbers[ROW_NUMBERS_MAX];

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	get_row(fcinfo, 2, &row);
	check_fitted(row.model);
	PG_RETURN_ARRAYTYPE_P(numbers_make_nullable(numbers, row_numbers(row.model, row.stage,
																	 row.values, numbers)));
}

PG_FUNCTION_INFO_V1(normalized_row);
/*
 * normalized_row(model score_model, VARIADIC vals float8[]) → float8[]
 *
 * The normalized values of a row, 0 to 1, in the model's order; NULL where a
 * value is missing and not imputed; without the rules of stages.
 */
Datum
normalized_row(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	double		buffer[MODEL_MAX_INDICATORS];
	double		result[MODEL_MAX_INDICATORS];
	const double *values = value_row_get(PG_GETARG_ARRAYTYPE_P(1), model, buffer);

	check_fitted(model);
	row_normalize(model, -1, values, result);
	PG_RETURN_ARRAYTYPE_P(numbers_make_nullable(result, model->nindicators));
}

PG_FUNCTION_INFO_V1(stage_normalized_row);
/*
 * stage_normalized_row(model score_model, stage text, VARIADIC vals float8[])
 *	→ float8[]
 *
 * The same under the rules of a stage.
 */
Datum
stage_normalized_row(PG_FUNCTION_ARGS)
{
	RowArguments row;
	double		result[MODEL_MAX_INDICATORS];

	get_row(fcinfo, 2, &row);
	check_fitted(row.model);
	row_normalize(row.model, row.stage, row.values, result);
	PG_RETURN_ARRAYTYPE_P(numbers_make_nullable(result, row.model->nindicators));
}

/*
 * A row of score_detail() for what "rounding" or a "limit" of the total adds, if
 * it adds anything.
 */
static void
put_addition(ReturnSetInfo *set, const ScoreModel *model, const char *name,
			 const char *category, double points)
{
	Datum		values[9] = {0};
	bool		nulls[9] = {false, false, true, true, true, true, true, false, false};

	points = decimal_round(&model->exact, points);
	if (points == 0 || isnan(points))
		return;
	values[0] = CStringGetTextDatum(name);
	nulls[1] = category == NULL;
	if (category != NULL)
		values[1] = CStringGetTextDatum(category);
	values[7] = Float8GetDatum(points);
	values[8] = CStringGetTextDatum(name);
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(score_detail);
/*
 * score_detail(model score_model, stage text, VARIADIC vals float8[])
 *	→ SETOF (indicator, category, value, lower, upper, normalized, max_points,
 *			 points, status)
 *
 * Why a row scores what it does.  max_points is the most that the indicator
 * can give here, points = max_points * normalized; points of all rows, added in
 * order, are the score (negative ones are penalties).  An imputed value is shown
 * as the value, and the status says so.  Where categories or totals have
 * decimals, rows "rounding" say what rounding them adds; a row "limit" says what
 * min_score or max_score does.
 */
Datum
score_detail(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	RowArguments row;
	RowScore	result;

	get_row(fcinfo, 2, &row);
	check_fitted(row.model);
	row_score(row.model, row.stage, row.values, row.parts, &result);
	init_materialized_srf(fcinfo);
	for (int i = 0; i < row.model->nindicators; i++)
	{
		const ModelIndicator *indicator = &model_stage_indicators(row.model, row.stage)[i];
		const ModelCategory *category = &model_categories(row.model)[indicator->category];
		ValueStatus status = value_status(row.model, indicator, row.values[i]);
		double		lower;
		double		upper;
		Datum		values[9];
		bool		nulls[9] = {false};

		values[0] = CStringGetTextDatum(model_string(row.model, indicator->name));
		values[1] = CStringGetTextDatum(model_string(row.model, category->name));
		set_number(&values[2], &nulls[2], shown_value(indicator, row.values[i]));
		value_steps(indicator, shown_value(indicator, row.values[i]), &lower, &upper);
		if (indicator->scoring == SCORING_MINMAX)
		{
			lower = indicator->bounds.lower;
			upper = indicator->bounds.upper;
		}
		set_number(&values[3], &nulls[3], lower);
		set_number(&values[4], &nulls[4], upper);
		set_number(&values[5], &nulls[5], row.parts[i].normalized);
		set_number(&values[6], &nulls[6], row.parts[i].max_points);
		set_number(&values[7], &nulls[7], row.parts[i].points);
		values[8] = CStringGetTextDatum(value_status_names[status]);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	for (int i = 0; row.model->rounds && i < row.model->ncategories; i++)
		put_addition(set, row.model, "rounding",
					 model_string(row.model, model_categories(row.model)[i].name),
					 result.rounding[i]);
	if (row.model->bounded)
	{
		put_addition(set, row.model, "limit", NULL, result.limit);
		put_addition(set, row.model, "rescaled", NULL, result.rescaled);
	}
	if (row.model->decimals != DECIMALS_NONE)
		put_addition(set, row.model, "rounding", NULL, result.score - result.unrounded);
	return (Datum) 0;
}
