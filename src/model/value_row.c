/*-------------------------------------------------------------------------
 *
 * value_row.c
 *	  The values of one row, as the functions on whole rows take them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "model/value_row.h"

static void
check_count(ArrayType *array, const ScoreModel *model)
{
	if (likely(ARR_NDIM(array) == 1 && ARR_DIMS(array)[0] == model->nindicators))
		return;
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("values must be a one-dimensional array")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("number of values (%d) differs from the number of indicators (%d) of score model \"%s\"",
					ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0],
					model->nindicators, model_string(model, model->scheme)),
			 errhint("Pass one value an indicator, in the order that model_indicators() lists.")));
}

static void
read_with_nulls(ArrayType *array, int count, double *values)
{
	const uint8 *bitmap = ARR_NULLBITMAP(array);
	const double *present = (const double *) ARR_DATA_PTR(array);

	for (int i = 0; i < count; i++)
		values[i] = (bitmap[i / 8] & (1 << (i % 8))) ? *present++ : NAN;
}

/* Values that are absent are 0 where their indicators say so. */
static void
fill_absent(const ScoreModel *model, double *values)
{
	const ModelIndicator *indicators = model_indicators(model);

	for (int i = 0; i < model->nindicators; i++)
		if (indicators[i].absent_is_zero && isnan(values[i]))
			values[i] = 0;
}

void
value_row_read(ArrayType *array, const ScoreModel *model, double *values)
{
	check_count(array, model);
	if (ARR_HASNULL(array))
		read_with_nulls(array, model->nindicators, values);
	else
		memcpy(values, ARR_DATA_PTR(array), model->nindicators * sizeof(double));
	if (unlikely(model->absents))
		fill_absent(model, values);
}

/* Most rows have all values: nothing to fill in, whatever the model says. */
static bool
has_nan(const double *values, int count)
{
	bool		found = false;

	for (int i = 0; i < count; i++)
		found |= isnan(values[i]);
	return found;
}

const double *
value_row_get(ArrayType *array, const ScoreModel *model, double *buffer)
{
	const double *values = (const double *) ARR_DATA_PTR(array);

	check_count(array, model);
	if (!ARR_HASNULL(array) && !(model->absents && has_nan(values, model->nindicators)))
		return values;
	value_row_read(array, model, buffer);
	return buffer;
}
