/*-------------------------------------------------------------------------
 *
 * compare.c
 *	  The aggregates spearman and kendall.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "numbers/rank_correlation.h"

/* The state of both: the pairs seen so far. */
typedef struct PairState
{
	int64		n;
	int64		room;
	RankPair   *pairs;
} PairState;

PG_FUNCTION_INFO_V1(rank_pairs_accumulate);
/*
 * _innovation_score.rank_pairs_accumulate(internal, float8, float8) → internal
 *
 * Transition function: keeps a pair, 16 bytes.  Pairs with NULL or NaN are
 * passed over; infinities are the largest and smallest numbers.
 */
Datum
rank_pairs_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	PairState  *state;
	double		x;
	double		y;

	if (PG_ARGISNULL(0))
		state = MemoryContextAllocZero(context, sizeof(PairState));
	else
		state = (PairState *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	x = PG_GETARG_FLOAT8(1);
	y = PG_GETARG_FLOAT8(2);
	if (isnan(x) || isnan(y))
		PG_RETURN_POINTER(state);

	if (state->n >= RANK_PAIRS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot correlate more than %u pairs",
						(unsigned) RANK_PAIRS_MAX)));
	state->pairs = make_room(state->pairs, &state->room, state->n + 1,
							 sizeof(RankPair), context);
	state->pairs[state->n].x = float_key(sample_value(x));
	state->pairs[state->n].y = float_key(sample_value(y));
	state->n++;
	PG_RETURN_POINTER(state);
}

/* The state is left as it is: aggregates share it, windows go on with it. */
static Datum
finish(FunctionCallInfo fcinfo,
	   double (*correlation) (RankPair *pairs, RankPair *buffer, int64 n))
{
	const PairState *state;
	RankPair   *work;
	double		result;

	state = (const PairState *) PG_GETARG_POINTER(0);
	if (state->n == 0)
		PG_RETURN_NULL();
	work = MemoryContextAllocHuge(CurrentMemoryContext,
								  2 * state->n * sizeof(RankPair));
	memcpy(work, state->pairs, state->n * sizeof(RankPair));
	result = correlation(work, work + state->n, state->n);
	pfree(work);
	if (isnan(result))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

PG_FUNCTION_INFO_V1(spearman_final);
/*
 * _innovation_score.spearman_final(internal) → float8
 *
 * Final function of spearman(x, y): Spearman's rho, ties having the mean of
 * their ranks; NULL with fewer than two pairs or where x or y is constant.
 * What cor(x, y, method = "spearman") gives in R.
 */
Datum
spearman_final(PG_FUNCTION_ARGS)
{
	return finish(fcinfo, spearman_rho);
}

PG_FUNCTION_INFO_V1(kendall_final);
/*
 * _innovation_score.kendall_final(internal) → float8
 *
 * Final function of kendall(x, y): Kendall's tau-b; NULL as above.  What
 * cor(x, y, method = "kendall") gives in R.
 */
Datum
kendall_final(PG_FUNCTION_ARGS)
{
	return finish(fcinfo, kendall_tau_b);
}
