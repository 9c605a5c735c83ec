/*-------------------------------------------------------------------------
 *
 * quality.c
 *	  What a column must be checked for that SQL would say at length.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

/*
 * Amounts in yuan among amounts in ten thousand yuan are 10,000 times too
 * large, give or take what a firm differs from its peers or from last year.
 */
#define LEAST_UNIT_RATIO 3000.0
#define GREATEST_UNIT_RATIO 30000.0

/* Whether there is something positive to compare the value with. */
static bool
comparable(FunctionCallInfo fcinfo, int argument)
{
	return !PG_ARGISNULL(argument) && PG_GETARG_FLOAT8(argument) > 0;
}

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
	bool		known = false;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	for (int argument = 1; argument <= 2; argument++)
	{
		double		ratio;

		if (!comparable(fcinfo, argument))
			continue;
		known = true;
		ratio = PG_GETARG_FLOAT8(0) / PG_GETARG_FLOAT8(argument);
		if (ratio >= LEAST_UNIT_RATIO && ratio <= GREATEST_UNIT_RATIO)
			PG_RETURN_BOOL(false);
	}
	if (!known)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(true);
}
