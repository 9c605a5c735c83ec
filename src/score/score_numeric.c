/*-------------------------------------------------------------------------
 *
 * score_numeric.c
 *	  Rounded scores as numeric, as views show them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/numeric_value.h"
#include "model/model.h"

/* Digits before the decimal point that scores are shown with at least. */
#define LEAST_DIGITS	5

PG_FUNCTION_INFO_V1(score_numeric);
/*
 * score_numeric(score float8, decimals integer) → numeric
 *
 * A score with a number of decimals as numeric, at about a ninth of the cost of a
 * cast.  Scores that are too large to be exact are left to the cast that follows
 * in views.
 */
Datum
score_numeric(PG_FUNCTION_ARGS)
{
	double		score = PG_GETARG_FLOAT8(0);
	int32		count = PG_GETARG_INT32(1);
	Decimals	decimals;
	double		units;
	char	   *room;

	if (count < 0 || count > DECIMAL_MAX_PLACES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals must be between 0 and %d", DECIMAL_MAX_PLACES)));
	decimals_init(&decimals, count, count);
	units = decimal_units(&decimals, score);

	/* Also true for NaN. */
	if (!(fabs(units) < DECIMAL_LIMIT))
		return DirectFunctionCall1(float8_numeric, Float8GetDatum(score));
	room = palloc(NUMERIC_UNITS_ROOM);
	numeric_from_units((int64) units, count, room);
	PG_RETURN_POINTER(room);
}

static void
put_place(ReturnSetInfo *set, int place, int digits, int decimals)
{
	Datum		values[3];
	bool		nulls[3] = {false};

	values[0] = Int32GetDatum(place);
	values[1] = Int32GetDatum(Max(digits, LEAST_DIGITS) + decimals);
	values[2] = Int32GetDatum(decimals);
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

/* Of numbers up to this one, before the decimal point. */
static int
whole_digits(double greatest)
{
	int			digits = 1;

	for (; greatest >= 10; greatest /= 10)
		digits++;
	return digits;
}

PG_FUNCTION_INFO_V1(score_places);
/*
 * score_places(model score_model) → SETOF (place, digits, decimals)
 *
 * For the score and the scores of categories, by their places in what score_row()
 * gives: the numeric type that shows all that decides.
 */
Datum
score_places(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	int			digits = whole_digits(model->greatest);

	init_materialized_srf(fcinfo);
	put_place(set, 1, digits,
			  model->decimals == DECIMALS_NONE ? model->places : model->decimals);
	for (int i = 0; i < model->ncategories; i++)
		put_place(set, 4 + i, whole_digits(model->full_marks),
				  decimals_count(&model_categories(model)[i].shown));
	return (Datum) 0;
}
