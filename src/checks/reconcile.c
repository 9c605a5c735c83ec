/*-------------------------------------------------------------------------
 *
 * reconcile.c
 *	  How far two numbers that should be the same are apart.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(relative_difference);
/*
 * relative_difference(one float8, other float8) → float8
 *
 * |one - other| / max(|one|, |other|): 0 for equal values, 2 at most; Infinity
 * where they differ and one is not finite.  Computed from the quotient of the
 * magnitudes, which no finite values overflow.
 */
Datum
relative_difference(PG_FUNCTION_ARGS)
{
	double		one = PG_GETARG_FLOAT8(0);
	double		other = PG_GETARG_FLOAT8(1);
	double		quotient;

	if (one == other || (isnan(one) && isnan(other)))
		PG_RETURN_FLOAT8(0);
	if (!isfinite(one) || !isfinite(other))
		PG_RETURN_FLOAT8(get_float8_infinity());
	quotient = Min(fabs(one), fabs(other)) / Max(fabs(one), fabs(other));
	PG_RETURN_FLOAT8((one < 0) == (other < 0) || quotient == 0
					 ? fabs(one - other) / Max(fabs(one), fabs(other))
					 : 1 + quotient);
}
