/*-------------------------------------------------------------------------
 *
 * function_glue.h
 *	  What several SQL-callable functions need of fmgr.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FUNCTION_GLUE_H
#define FUNCTION_GLUE_H

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"

/* The context of the aggregate that calls; an error for other callers. */
static inline MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function called in a context that is not an aggregate's")));
	return context;
}

/* What a transition function returns for a row that is none: its state. */
static inline Datum
unchanged_state(FunctionCallInfo fcinfo)
{
	fcinfo->isnull = PG_ARGISNULL(0);
	return PG_GETARG_DATUM(0);
}

/* A column of a result row, NULL for NaN. */
static inline void
set_number(Datum *value, bool *null, double number)
{
	*value = Float8GetDatum(number);
	*null = isnan(number);
}

/* The same, NULL for none. */
static inline void
set_text(Datum *value, bool *null, const char *text)
{
	*null = text == NULL;
	*value = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

#endif							/* FUNCTION_GLUE_H */
