/*-------------------------------------------------------------------------
 *
 * chart.c
 *	  Aggregates behind histogram_chart: where the values of an indicator lie,
 *	  and how many of them lie in which bin, before and after they are pulled
 *	  into or towards their bounds.
 *
 * Their states are arrays of numbers that are changed in place; counts are
 * exact up to 2^53.  What is found does not depend on the order of rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/array.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "method/normalization.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "model/value_row.h"

/* What the view _detail shows of a value. */
typedef struct ShownValue
{
	double		raw;
	double		adjusted;
	double		lower;
	double		upper;
} ShownValue;

/*
 * The arguments model, stage, place and values, from the given one on, none of
 * them NULL.  False where the value is not a finite number, or the sample had
 * none.
 */
static bool
get_value(FunctionCallInfo fcinfo, int first, ShownValue *shown)
{
	const ScoreModel *model = model_argument(fcinfo, first);
	int			place = PG_GETARG_INT32(first + 2);
	double		buffer[MODEL_MAX_INDICATORS];
	const double *values;
	const ModelIndicator *indicator;
	int			stage;

	check_fitted(model);
	if (place < 1 || place > model->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the model has no indicator %d", place)));
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(first + 3), model, buffer);

	/*
	 * A stage that the scheme does not know is an error, as it is in the
	 * view.
	 */
	stage = model_find_stage(model, PG_GETARG_TEXT_PP(first + 1));
	indicator = &model_stage_indicators(model, stage)[place - 1];
	shown->raw = shown_value(indicator, values[place - 1]);
	shown->lower = indicator->bounds.lower;
	shown->upper = indicator->bounds.upper;
	if (!isfinite(shown->raw) || isnan(shown->lower))
		return false;
	shown->adjusted = clamp_value(shown->raw, indicator->floor, indicator->ceiling);
	if (indicator->adjust.kind == ADJUST_COMPRESS)
		shown->adjusted = compress_value(shown->adjusted, shown->lower, shown->upper,
										 indicator->adjust.parameter[0]);
	return true;
}

/* Is an argument from this one on NULL?  Then the row has no model or stage. */
static bool
lacks_argument(FunctionCallInfo fcinfo, int first)
{
	for (int i = first; i < first + 4; i++)
		if (PG_ARGISNULL(i))
			return true;
	return false;
}

/* ---------------- where values lie ---------------- */

enum
{
	SPAN_FIRMS,
	SPAN_ADJUSTED,				/* of these, adjusted */
	SPAN_LOWER,					/* lowest of the lower bounds */
	SPAN_UPPER,					/* highest of the upper ones */
	SPAN_LEAST,
	SPAN_GREATEST,
	SPAN_ADJUSTED_LEAST,
	SPAN_ADJUSTED_GREATEST,
	SPAN_NUMBERS
};

static void
widen(double *span, int least, int greatest, double low, double high)
{
	/* Adding zero makes -0 and 0 one number. */
	span[least] = Min(span[least], low + 0.0);
	span[greatest] = Max(span[greatest], high + 0.0);
}

PG_FUNCTION_INFO_V1(value_span_accumulate);
/*
 * _innovation_score.value_span_accumulate(float8[], model score_model, stage text,
 *						  place integer, VARIADIC vals float8[]) → float8[]
 *
 * Transition function of _value_span: number of firms with a finite value of
 * the indicator at this place, from 1; how many of these are adjusted; lowest
 * and highest bound, value, and adjusted value.  NULL: no firm yet.
 */
Datum
value_span_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ShownValue	shown;
	ArrayType  *state = NULL;
	double	   *span;

	if (!PG_ARGISNULL(0))
		state = PG_GETARG_ARRAYTYPE_P(0);
	if (lacks_argument(fcinfo, 1) || !get_value(fcinfo, 1, &shown))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_ARRAYTYPE_P(state);
	}
	if (state == NULL)
	{
		static const double empty[SPAN_NUMBERS] = {
			0, 0, INFINITY, -INFINITY, INFINITY, -INFINITY, INFINITY, -INFINITY
		};
		MemoryContext old = MemoryContextSwitchTo(context);

		state = numbers_make(empty, SPAN_NUMBERS);
		MemoryContextSwitchTo(old);
	}
	span = (double *) ARR_DATA_PTR(state);
	span[SPAN_FIRMS]++;
	span[SPAN_ADJUSTED] += shown.raw != shown.adjusted;
	widen(span, SPAN_LOWER, SPAN_UPPER, shown.lower, shown.upper);
	widen(span, SPAN_LEAST, SPAN_GREATEST, shown.raw, shown.raw);
	widen(span, SPAN_ADJUSTED_LEAST, SPAN_ADJUSTED_GREATEST, shown.adjusted, shown.adjusted);
	PG_RETURN_ARRAYTYPE_P(state);
}

static double *
state_numbers(ArrayType *state, int expected)
{
	int			count = ArrayGetNItems(ARR_NDIM(state), ARR_DIMS(state));

	if (ARR_HASNULL(state) || count != expected)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("state must have %d numbers, not %d", expected, count)));
	return (double *) ARR_DATA_PTR(state);
}

PG_FUNCTION_INFO_V1(value_span_combine);
/* _innovation_score.value_span_combine(float8[], float8[]) → float8[]: STRICT */
Datum
value_span_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = PG_GETARG_ARRAYTYPE_P(0);
	double	   *span = state_numbers(state, SPAN_NUMBERS);
	const double *other = state_numbers(PG_GETARG_ARRAYTYPE_P(1), SPAN_NUMBERS);

	(void) aggregate_context(fcinfo);
	span[SPAN_FIRMS] += other[SPAN_FIRMS];
	span[SPAN_ADJUSTED] += other[SPAN_ADJUSTED];
	widen(span, SPAN_LOWER, SPAN_UPPER, other[SPAN_LOWER], other[SPAN_UPPER]);
	widen(span, SPAN_LEAST, SPAN_GREATEST, other[SPAN_LEAST], other[SPAN_GREATEST]);
	widen(span, SPAN_ADJUSTED_LEAST, SPAN_ADJUSTED_GREATEST,
		  other[SPAN_ADJUSTED_LEAST], other[SPAN_ADJUSTED_GREATEST]);
	PG_RETURN_ARRAYTYPE_P(state);
}

/* ---------------- how many lie where ---------------- */

/* How many of the sorted edges are not above the value? */
static int
edges_below(const double *edges, int count, double value)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (value < edges[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

PG_FUNCTION_INFO_V1(value_bins_accumulate);
/*
 * _innovation_score.value_bins_accumulate(float8[], before float8[], after float8[],
 *						  model score_model, stage text, place integer,
 *						  VARIADIC vals float8[]) → float8[]
 *
 * Transition function of _value_bins: how many values lie below the first of
 * the sorted edges, between it and the second, and so on; then the same of the
 * adjusted values and the other edges.  A value at an edge lies above it.
 */
Datum
value_bins_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ShownValue	shown;
	ArrayType  *state = NULL;
	const double *before;
	const double *after;
	int			nbefore;
	int			nafter;
	double	   *counts;

	if (!PG_ARGISNULL(0))
		state = PG_GETARG_ARRAYTYPE_P(0);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		lacks_argument(fcinfo, 3) || !get_value(fcinfo, 3, &shown))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_ARRAYTYPE_P(state);
	}
	before = numbers_get(PG_GETARG_ARRAYTYPE_P(1), &nbefore);
	after = numbers_get(PG_GETARG_ARRAYTYPE_P(2), &nafter);
	if (state == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		state = numbers_make(palloc0((nbefore + nafter + 2) * sizeof(double)),
							 nbefore + nafter + 2);
		MemoryContextSwitchTo(old);
	}
	counts = state_numbers(state, nbefore + nafter + 2);
	counts[edges_below(before, nbefore, shown.raw)]++;
	counts[nbefore + 1 + edges_below(after, nafter, shown.adjusted)]++;
	PG_RETURN_ARRAYTYPE_P(state);
}

PG_FUNCTION_INFO_V1(value_bins_combine);
/* _innovation_score.value_bins_combine(float8[], float8[]) → float8[]: STRICT */
Datum
value_bins_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = PG_GETARG_ARRAYTYPE_P(0);
	int			n = ArrayGetNItems(ARR_NDIM(state), ARR_DIMS(state));
	double	   *counts = state_numbers(state, n);
	const double *other = state_numbers(PG_GETARG_ARRAYTYPE_P(1), n);

	(void) aggregate_context(fcinfo);
	for (int i = 0; i < n; i++)
		counts[i] += other[i];
	PG_RETURN_ARRAYTYPE_P(state);
}
