/*-------------------------------------------------------------------------
 *
 * review.c
 *	  The aggregates trimmed_mean and kendall_w.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "review/review_statistics.h"

/* Numbers seen so far. */
typedef struct NumberList
{
	int64		n;
	int64		room;
	double	   *numbers;
} NumberList;

/* Make room for more numbers; return where they go. */
static double *
append_numbers(NumberList *list, MemoryContext context, int64 more)
{
	list->numbers = make_room(list->numbers, &list->room, list->n + more,
							  sizeof(double), context);
	list->n += more;
	return list->numbers + list->n - more;
}

/* What trimmed_mean knows: the values, and what is dropped at each end. */
typedef struct TrimState
{
	double		share;			/* of the values; NaN: a number of them */
	int64		count;
	NumberList	values;
} TrimState;

static Datum
trim_accumulate(FunctionCallInfo fcinfo, double share, int64 count)
{
	MemoryContext context = aggregate_context(fcinfo);
	TrimState  *state;

	if (PG_ARGISNULL(0))
	{
		state = MemoryContextAllocZero(context, sizeof(TrimState));
		state->share = share;
		state->count = count;
	}
	else
		state = (TrimState *) PG_GETARG_POINTER(0);
	if (state->count != count || (!isnan(share) && state->share != share))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("what a trimmed mean drops must be the same for all rows of a group")));
	if (!PG_ARGISNULL(1) && value_is_present(PG_GETARG_FLOAT8(1)))
		*append_numbers(&state->values, context, 1) = sample_value(PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(state);
}

static void
refuse_null(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("what a trimmed mean drops must not be null")));
}

PG_FUNCTION_INFO_V1(trim_share_accumulate);
/*
 * _innovation_score.trim_share_accumulate(internal, value float8, share float8) → internal
 *
 * Transition function; NULL, NaN and infinite values are passed over.
 */
Datum
trim_share_accumulate(PG_FUNCTION_ARGS)
{
	double		share;

	refuse_null(fcinfo);
	share = PG_GETARG_FLOAT8(2);
	if (!(share >= 0 && share <= 0.5))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the share that a trimmed mean drops at each end must lie between 0 and 0.5"),
				 errdetail("It is %g.", share)));
	return trim_accumulate(fcinfo, share, 0);
}

PG_FUNCTION_INFO_V1(trim_count_accumulate);
/* _innovation_score.trim_count_accumulate(internal, value float8, drop_n integer) → internal */
Datum
trim_count_accumulate(PG_FUNCTION_ARGS)
{
	int32		count;

	refuse_null(fcinfo);
	count = PG_GETARG_INT32(2);
	if (count < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of values that a trimmed mean drops at each end must not be negative"),
				 errdetail("It is %d.", count)));
	return trim_accumulate(fcinfo, NAN, count);
}

PG_FUNCTION_INFO_V1(trim_final);
/*
 * _innovation_score.trim_final(internal) → float8
 *
 * The mean of what is left, rounded once; NULL without values.  The state is left
 * as it is: aggregates share it, windows go on with it.
 */
Datum
trim_final(PG_FUNCTION_ARGS)
{
	const TrimState *state = (const TrimState *) PG_GETARG_POINTER(0);
	int64		n = state->values.n;
	double	   *work;
	double		result;

	if (n == 0)
		PG_RETURN_NULL();
	work = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(double));
	memcpy(work, state->values.numbers, n * sizeof(double));
	result = trimmed_mean(work, n, isnan(state->share) ?
						  trimmed_by_count(n, state->count) :
						  trimmed_by_share(n, state->share));
	pfree(work);
	PG_RETURN_FLOAT8(result);
}

/* What kendall_w knows: a row of numbers a judge, one after the other. */
typedef struct JudgesState
{
	int64		judges;
	int64		items;
	NumberList	ratings;
} JudgesState;

PG_FUNCTION_INFO_V1(kendall_w_accumulate);
/*
 * _innovation_score.kendall_w_accumulate(internal, ratings float8[]) → internal
 *
 * Transition function: the ratings of one judge, missing ones as NULL or NaN.
 * NULL for the array is no judge.
 */
Datum
kendall_w_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	JudgesState *state;
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	double	   *row;

	state = PG_ARGISNULL(0) ? NULL : (JudgesState *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	array = PG_GETARG_ARRAYTYPE_P(1);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the ratings of a judge must be an array of one dimension")));
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &n);
	if (state == NULL)
	{
		state = MemoryContextAllocZero(context, sizeof(JudgesState));
		state->items = n;
	}
	if (state->items != n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("all judges must have the same number of ratings"),
				 errdetail("One has %lld, another one %d.", (long long) state->items, n),
				 errhint("Let a NULL stand for an item that a judge has not rated.")));
	row = append_numbers(&state->ratings, context, n);
	for (int i = 0; i < n; i++)
		row[i] = nulls[i] ? NAN : DatumGetFloat8(elements[i]);
	state->judges++;
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(kendall_w_final);
/*
 * _innovation_score.kendall_w_final(internal)
 *	→ (judges, items, w, chi_square, df, p_value): kendall_agreement
 *
 * Final function of kendall_w; see review_statistics.h.  Base R has the same as
 * friedman.test() of the transposed ratings, statistic = m (n - 1) W.
 */
Datum
kendall_w_final(PG_FUNCTION_ARGS)
{
	const JudgesState *state = (const JudgesState *) PG_GETARG_POINTER(0);
	Concordance found;
	TupleDesc	tupdesc;
	Datum		values[6];
	bool		nulls[6] = {false};

	find_concordance(state->ratings.numbers, state->judges, state->items, &found);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum(found.judges);
	values[1] = Int64GetDatum(found.items);
	set_number(&values[2], &nulls[2], found.w);
	set_number(&values[3], &nulls[3], found.chi_square);
	values[4] = Int64GetDatum(found.df);
	set_number(&values[5], &nulls[5], found.p_value);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
													  values, nulls)));
}
