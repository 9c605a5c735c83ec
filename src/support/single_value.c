/*-------------------------------------------------------------------------
 *
 * single_value.c
 *	  The aggregate single_value(float8), which pivots long tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "support/compat.h"

PG_FUNCTION_INFO_V1(single_value_accumulate);
/*
 * single_value_accumulate(float8, float8) → float8
 *
 * Transition and combine function: STRICT, so that both are values.  Taking any
 * of two different ones would let the order of rows decide.
 */
Datum
single_value_accumulate(PG_FUNCTION_ARGS)
{
	double		known = PG_GETARG_FLOAT8(0);
	double		value = PG_GETARG_FLOAT8(1);

	if (known != value && !(isnan(known) && isnan(value)))
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("more than one value where there must be one: %s and %s",
						float8out_internal(float8_min(known, value)),
						float8out_internal(float8_max(known, value))),
				 errhint("An entity has two different values of one indicator in one period; correct the source, or bind a view that picks one.")));
	PG_RETURN_FLOAT8(known);
}
