/*-------------------------------------------------------------------------
 *
 * moments.c
 *	  The aggregates skewness and kurtosis.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "support/compat.h"
#include "numbers/exact_moments.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"

static ExactMoments *
make_state(MemoryContext context)
{
	ExactMoments *state = MemoryContextAlloc(context, sizeof(ExactMoments));

	exact_moments_init(state);
	return state;
}

PG_FUNCTION_INFO_V1(moments_accumulate);
/* moments_accumulate(internal, value float8) → internal */
Datum
moments_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ExactMoments *state = PG_ARGISNULL(0) ? make_state(context) :
	(ExactMoments *) PG_GETARG_POINTER(0);

	if (!PG_ARGISNULL(1) && value_is_present(PG_GETARG_FLOAT8(1)))
		exact_moments_add(state, PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(moments_combine);
/* moments_combine(internal, internal) → internal */
Datum
moments_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ExactMoments *state;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	/* The second state lives in a shorter-lived context: never keep it. */
	state = PG_ARGISNULL(0) ? make_state(context) :
		(ExactMoments *) PG_GETARG_POINTER(0);
	exact_moments_merge(state, (ExactMoments *) PG_GETARG_POINTER(1));
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(moments_serialize);
/* moments_serialize(internal) → bytea: for parallel workers, bytes as they are */
Datum
moments_serialize(PG_FUNCTION_ARGS)
{
	bytea	   *result = palloc(VARHDRSZ + sizeof(ExactMoments));

	aggregate_context(fcinfo);
	SET_VARSIZE(result, VARHDRSZ + sizeof(ExactMoments));
	memcpy(VARDATA(result), PG_GETARG_POINTER(0), sizeof(ExactMoments));
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(moments_deserialize);
/* moments_deserialize(bytea, internal) → internal */
Datum
moments_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *serialized = PG_GETARG_BYTEA_PP(0);
	ExactMoments *state;

	aggregate_context(fcinfo);
	if (VARSIZE_ANY_EXHDR(serialized) != sizeof(ExactMoments))
		elog(ERROR, "state of skewness or kurtosis is damaged");
	state = make_state(CurrentMemoryContext);
	memcpy(state, VARDATA_ANY(serialized), sizeof(ExactMoments));
	PG_RETURN_POINTER(state);
}

static Datum
number_or_null(FunctionCallInfo fcinfo, double number)
{
	if (isnan(number))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(number);
}

PG_FUNCTION_INFO_V1(skewness_finish);
/*
 * skewness_finish(internal) → float8
 *
 * Sample skewness as in SKEW of spreadsheets (see exact_moments.h); NULL for
 * fewer than 3 present values or no spread.
 */
Datum
skewness_finish(PG_FUNCTION_ARGS)
{
	double		skewness = NAN;
	double		kurtosis;

	if (!PG_ARGISNULL(0))
		exact_moments_shape((ExactMoments *) PG_GETARG_POINTER(0), &skewness,
							&kurtosis);
	return number_or_null(fcinfo, skewness);
}

PG_FUNCTION_INFO_V1(kurtosis_finish);
/*
 * kurtosis_finish(internal) → float8
 *
 * Sample excess kurtosis as in KURT of spreadsheets (see exact_moments.h); NULL
 * for fewer than 4 present values or no spread.
 */
Datum
kurtosis_finish(PG_FUNCTION_ARGS)
{
	double		skewness;
	double		kurtosis = NAN;

	if (!PG_ARGISNULL(0))
		exact_moments_shape((ExactMoments *) PG_GETARG_POINTER(0), &skewness,
							&kurtosis);
	return number_or_null(fcinfo, kurtosis);
}
