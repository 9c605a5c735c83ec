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
#include "libpq/pqformat.h"
#include "utils/array.h"

#include "binary_text.h"
#include "compat.h"
#include "fit_state.h"
#include "function_glue.h"
#include "model.h"
#include "value_row.h"

/* A state of one's own in the given context. */
static FitState *
copy_state(Datum datum, MemoryContext context)
{
	StringInfoData buffer;
	FitState   *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return fit_state_get(datum, context);
	initStringInfo(&buffer);
	fit_state_write(fit_state_get(datum, context), &buffer, false);
	state = fit_state_read(&buffer, context);
	pfree(buffer.data);
	return state;
}

/* A state that may be added to: the given one where it is the aggregate's. */
static FitState *
writable_state(Datum datum, MemoryContext context)
{
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)))
		return fit_state_get(datum, context);
	return copy_state(datum, context);
}

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
		state = writable_state(PG_GETARG_DATUM(0), context);

	if (!fit_state_has_model(state, model))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score model must be the same for all rows of a group")));
	if (!PG_ARGISNULL(2))
		value_row_read(PG_GETARG_ARRAYTYPE_P(2), model,
					   fit_state_next_row(state));
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
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
	MemoryContext context = aggregate_context(fcinfo);
	FitState   *state;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}

	/* The second state may be the caller's or short-lived: never keep it. */
	if (PG_ARGISNULL(0))
		state = copy_state(PG_GETARG_DATUM(1), context);
	else
	{
		FitState   *other = fit_state_get(PG_GETARG_DATUM(1), CurrentMemoryContext);

		state = writable_state(PG_GETARG_DATUM(0), context);
		fit_state_merge(state, other);
	}
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
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
	FitState   *state = fit_state_get(PG_GETARG_DATUM(0), CurrentMemoryContext);

	PG_RETURN_POINTER(fit_state_model(state));
}

PG_FUNCTION_INFO_V1(fit_state_send);
/* fit_state_send(fit_state) → bytea */
Datum
fit_state_send(PG_FUNCTION_ARGS)
{
	FitState   *state = fit_state_get(PG_GETARG_DATUM(0), CurrentMemoryContext);
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	fit_state_write(state, &buffer, true);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(fit_state_recv);
/* fit_state_recv(internal) → fit_state */
Datum
fit_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);
	FitState   *state = fit_state_read(buffer, CurrentMemoryContext);

	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}

PG_FUNCTION_INFO_V1(fit_state_out);
/* fit_state_out(fit_state) → cstring: the binary form, as bytea's hex text */
Datum
fit_state_out(PG_FUNCTION_ARGS)
{
	Datum		binary = DirectFunctionCall1(fit_state_send, PG_GETARG_DATUM(0));

	PG_RETURN_CSTRING(binary_to_text(DatumGetByteaPP(binary)));
}

PG_FUNCTION_INFO_V1(fit_state_in);
/* fit_state_in(cstring) → fit_state */
Datum
fit_state_in(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;
	FitState   *state;

	text_to_binary(PG_GETARG_CSTRING(0), &buffer);
	state = fit_state_read(&buffer, CurrentMemoryContext);
	pq_getmsgend(&buffer);
	PG_RETURN_DATUM(EOHPGetRWDatum(&state->header));
}
