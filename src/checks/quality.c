/*-------------------------------------------------------------------------
 *
 * quality.c
 *	  What a column must be checked for that SQL would say at length.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "numbers/derived.h"

PG_FUNCTION_INFO_V1(same_unit);
/*
 * same_unit(value float8, peers float8, previous float8) → boolean
 *
 * False if the value is 3,000 to 30,000 times that of its peers or its own
 * previous one, in the same unit; NULL if it is missing or neither is positive.
 */
Datum
same_unit(PG_FUNCTION_ARGS)
{
	bool		same;

	if (PG_ARGISNULL(0) ||
		!unit_is_same(PG_GETARG_FLOAT8(0), PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1),
					  PG_ARGISNULL(2) ? NAN : PG_GETARG_FLOAT8(2), &same))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(same);
}
