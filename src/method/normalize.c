/*-------------------------------------------------------------------------
 *
 * normalize.c
 *	  winsorize, minmax, growth_rate, ratio: one value at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "executor/executor.h"
#include "fmgr.h"

#include "support/compat.h"
#include "numbers/derived.h"
#include "numbers/float_key.h"
#include "method/method_argument.h"
#include "method/normalization.h"

/* Read lower and upper of an indicator_bounds; false if there are none. */
static bool
read_bounds(HeapTupleHeader bounds, double *lower, double *upper)
{
	bool		lower_null;
	bool		upper_null;
	Datum		lower_datum = GetAttributeByNum(bounds, 1, &lower_null);
	Datum		upper_datum = GetAttributeByNum(bounds, 2, &upper_null);

	if (lower_null || upper_null)
		return false;
	*lower = DatumGetFloat8(lower_datum);
	*upper = DatumGetFloat8(upper_datum);
	return true;
}

PG_FUNCTION_INFO_V1(winsorize);
/*
 * winsorize(value float8, bounds indicator_bounds) → float8
 *
 * The value pulled into the bounds.  NULL for a missing value (NULL, NaN,
 * infinite) and for bounds of an empty sample.
 */
Datum
winsorize(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	double		lower;
	double		upper;

	if (!value_is_present(value) ||
		!read_bounds(PG_GETARG_HEAPTUPLEHEADER(1), &lower, &upper))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(clamp_value(value, lower, upper));
}

PG_FUNCTION_INFO_V1(compress);
/*
 * compress(value float8, bounds indicator_bounds, a float8) → float8
 *
 * The value, beyond the bounds drawn together in its order (see
 * compress_value()), after values beyond the minimum and maximum of the sample
 * have been pulled in to them.  NULL as for winsorize; a must be above zero.
 */
Datum
compress(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	HeapTupleHeader bounds = PG_GETARG_HEAPTUPLEHEADER(1);
	double		a = PG_GETARG_FLOAT8(2);
	double		lower;
	double		upper;
	Datum		extreme;
	bool		is_null;

	if (!(a > 0 && isfinite(a)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("compression must be finite and above zero")));
	if (!value_is_present(value) || !read_bounds(bounds, &lower, &upper))
		PG_RETURN_NULL();

	/* Fixed bounds may lie beyond the sample: then they are the ends. */
	extreme = GetAttributeByNum(bounds, 7, &is_null);
	if (!is_null)
		value = Max(value, Min(lower, DatumGetFloat8(extreme)));
	extreme = GetAttributeByNum(bounds, 8, &is_null);
	if (!is_null)
		value = Min(value, Max(upper, DatumGetFloat8(extreme)));
	PG_RETURN_FLOAT8(compress_value(value, lower, upper, a));
}

PG_FUNCTION_INFO_V1(minmax_bounds);
/*
 * minmax(value float8, bounds indicator_bounds, direction text) → float8
 *
 * The winsorized value on a scale from 0 (worst) to 1 (best); 0 where the
 * bounds leave no range.  NULL as for winsorize.
 */
Datum
minmax_bounds(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	Direction	direction = direction_argument(PG_GETARG_TEXT_PP(2));
	double		lower;
	double		upper;

	if (!value_is_present(value) ||
		!read_bounds(PG_GETARG_HEAPTUPLEHEADER(1), &lower, &upper))
		PG_RETURN_NULL();
	value = clamp_value(value, lower, upper);
	PG_RETURN_FLOAT8(normalize_value(&direction, value, lower, upper));
}

PG_FUNCTION_INFO_V1(minmax_goalposts);
/*
 * minmax(value float8, worst float8, best float8) → float8
 *
 * The value on a scale from 0 at "worst" to 1 at "best", values beyond pulled
 * in; worst > best makes a cost indicator; 0 where they are equal.  NULL if
 * one of the three is missing.
 */
Datum
minmax_goalposts(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	double		worst = PG_GETARG_FLOAT8(1);
	double		best = PG_GETARG_FLOAT8(2);
	Direction	direction = {worst <= best ? DIRECTION_BENEFIT : DIRECTION_COST, {0}};
	double		lower = Min(worst, best);
	double		upper = Max(worst, best);

	if (!value_is_present(value) || !value_is_present(worst) ||
		!value_is_present(best))
		PG_RETURN_NULL();
	value = clamp_value(value, lower, upper);
	PG_RETURN_FLOAT8(normalize_value(&direction, value, lower, upper));
}

PG_FUNCTION_INFO_V1(growth_rate);
/*
 * growth_rate(current float8, previous float8) → float8
 *
 * NULL where the base is 0.
 */
Datum
growth_rate(PG_FUNCTION_ARGS)
{
	double		growth;

	if (!growth_of(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), &growth))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(growth);
}

PG_FUNCTION_INFO_V1(ratio);
/*
 * ratio(part float8, whole float8) → float8
 *
 * NULL where the whole is 0.
 */
Datum
ratio(PG_FUNCTION_ARGS)
{
	double		share;

	if (!ratio_of(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), &share))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(share);
}
