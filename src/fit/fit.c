/*-------------------------------------------------------------------------
 *
 * fit.c
 *	  The aggregates fit, fit_partial and fit_merge, and the type fit_state as
 *	  SQL sees it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/array.h"

#include "support/compat.h"
#include "fit/fit_state.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "model/value_row.h"

PG_FUNCTION_INFO_V1(fit_accumulate);
/*
 * fit_accumulate(fit_state, model score_model, VARIADIC vals float8[]) → fit_state
 *
 * Transition function of fit and fit_partial.  A NULL array is no row.
 */
Datum
fit_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	const ScoreModel *model;
	FitState   *state;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("score model must not be null")));
	model = model_argument(fcinfo, 1);
	if (PG_ARGISNULL(0))
		state = fit_state_create(model, context);
	else
		state = (FitState *) expanded_state_writable(PG_GETARG_DATUM(0), &fit_state_type, context);

	if (!fit_state_has_model(state, model))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score model must be the same for all rows of a group")));
	if (!PG_ARGISNULL(2))
		value_row_read(PG_GETARG_ARRAYTYPE_P(2), model,
					   fit_state_next_row(state));
	return expanded_state_result(&state->expanded);
}

PG_FUNCTION_INFO_V1(fit_combine);
/*
 * fit_combine(fit_state, fit_state) → fit_state
 *
 * Combine function of fit and fit_partial, transition function of fit_merge.
 */
Datum
fit_combine(PG_FUNCTION_ARGS)
{
	return expanded_state_combine(fcinfo, &fit_state_type);
}

PG_FUNCTION_INFO_V1(fit_model);
/*
 * fit_model(fit_state) → score_model
 *
 * The model with the bounds, or the search for them, that the rows give.
 */
Datum
fit_model(PG_FUNCTION_ARGS)
{
	ExpandedState *state = expanded_state_get(PG_GETARG_DATUM(0), &fit_state_type,
											  CurrentMemoryContext);

	PG_RETURN_POINTER(fit_state_model((FitState *) state));
}

PG_FUNCTION_INFO_V1(fit_state_send);
/* fit_state_send(fit_state) → bytea */
Datum
fit_state_send(PG_FUNCTION_ARGS)
{
	return expanded_state_send(fcinfo, &fit_state_type);
}

PG_FUNCTION_INFO_V1(fit_state_recv);
/* fit_state_recv(internal) → fit_state */
Datum
fit_state_recv(PG_FUNCTION_ARGS)
{
	return expanded_state_recv(fcinfo, &fit_state_type);
}

PG_FUNCTION_INFO_V1(fit_state_out);
/* fit_state_out(fit_state) → cstring: the binary form, as bytea's hex text */
Datum
fit_state_out(PG_FUNCTION_ARGS)
{
	return expanded_state_out(fcinfo, &fit_state_type);
}

PG_FUNCTION_INFO_V1(fit_state_in);
/* fit_state_in(cstring) → fit_state */
Datum
fit_state_in(PG_FUNCTION_ARGS)
{
	return expanded_state_in(fcinfo, &fit_state_type);
}
