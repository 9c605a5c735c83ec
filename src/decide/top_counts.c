/*-------------------------------------------------------------------------
 *
 * top_counts.c
 *	  The aggregate that counts who is among the first n of two rankings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "decide/cut.h"

/* Of each n: the first ranking, the second, both. */
#define COUNTS	3

typedef struct TopCounts
{
	int			ntops;
	int32	   *tops;
	int64	   *counts;			/* COUNTS of each n */
} TopCounts;

static TopCounts *
create_counts(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	TopCounts  *state = palloc0(sizeof(TopCounts));
	Datum	   *tops;
	bool	   *nulls;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), INT4OID, sizeof(int32), true,
					  TYPALIGN_INT, &tops, &nulls, &state->ntops);
	state->tops = palloc0(Max(state->ntops, 1) * sizeof(int32));
	state->counts = palloc0(Max(state->ntops, 1) * COUNTS * sizeof(int64));
	for (int i = 0; i < state->ntops; i++)
		if (!nulls[i])
			state->tops[i] = DatumGetInt32(tops[i]);
	MemoryContextSwitchTo(old);
	return state;
}

/* A rank that is NULL is among no first n. */
static bool
is_within(FunctionCallInfo fcinfo, int argument, int32 n)
{
	Place		place = {0};

	if (PG_ARGISNULL(argument))
		return false;
	place.place = PG_GETARG_INT64(argument);
	return place_is_within(place, n);
}

PG_FUNCTION_INFO_V1(top_counts_accumulate);
/*
 * _innovation_score.top_counts_accumulate(internal, rank_a bigint,
 *										   rank_b bigint, tops integer[]) → internal
 */
Datum
top_counts_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	TopCounts  *state;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(3))
		PG_RETURN_NULL();
	state = PG_ARGISNULL(0) ? create_counts(fcinfo, context) : (TopCounts *) PG_GETARG_POINTER(0);
	for (int i = 0; i < state->ntops; i++)
	{
		bool		a = is_within(fcinfo, 1, state->tops[i]);
		bool		b = is_within(fcinfo, 2, state->tops[i]);

		state->counts[i * COUNTS] += a;
		state->counts[i * COUNTS + 1] += b;
		state->counts[i * COUNTS + 2] += a && b;
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(top_counts_final);
/*
 * _innovation_score.top_counts_final(internal) → bigint[]
 *
 * For each n how many are among the first n of the one, of the other, of both.
 */
Datum
top_counts_final(PG_FUNCTION_ARGS)
{
	const TopCounts *state = (const TopCounts *) PG_GETARG_POINTER(0);
	int			count = state->ntops * COUNTS;
	Datum	   *counts = palloc0(Max(count, 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		counts[i] = Int64GetDatum(state->counts[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(counts, count, INT8OID, sizeof(int64),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
