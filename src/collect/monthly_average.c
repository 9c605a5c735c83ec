/*-------------------------------------------------------------------------
 *
 * monthly_average.c
 *	  monthly_average(value, date): a sum over the number of months it is of.
 *
 * count(DISTINCT month) sorts the rows; here a bit stands for a month.  Counts,
 * as of persons, are summed as integers; the sum of other values is that of
 * PostgreSQL's own avg(numeric), whose state takes twenty times the room.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "support/function_glue.h"

#define MAX_MONTHS	64

typedef struct MonthlySum
{
	int64		whole;			/* sum of the values that are counts */
	Datum		sum;			/* state of avg(numeric) for all others; 0
								 * before the first */
	int32		first;			/* month of the lowest bit, counted from year
								 * 0 */
	uint64		months;
} MonthlySum;

/* Call a function of another aggregate as if it were this one that is called for it. */
static Datum
call_as_aggregate(PGFunction function, FunctionCallInfo caller, int nargs, Datum one, Datum other)
{
	LOCAL_FCINFO(fcinfo, 2);
	Datum		result;

	InitFunctionCallInfoData(*fcinfo, caller->flinfo, nargs, InvalidOid, caller->context, NULL);
	fcinfo->args[0].value = one;
	fcinfo->args[0].isnull = one == (Datum) 0;
	fcinfo->args[1].value = other;
	fcinfo->args[1].isnull = false;
	result = function(fcinfo);
	return fcinfo->isnull ? (Datum) 0 : result;
}

/* Bits of months that begin at "first". */
static void
add_months(MonthlySum *state, int32 first, uint64 months)
{
	int32		lowest;
	int32		highest;

	if (state->months == 0)
	{
		state->first = first;
		state->months = months;
		return;
	}
	lowest = Min(state->first, first);
	highest = Max(state->first + pg_leftmost_one_pos64(state->months),
				  first + pg_leftmost_one_pos64(months));
	if (highest - lowest >= MAX_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("monthly_average() takes at most %d months from the first to the last",
						MAX_MONTHS)));
	state->months = state->months << (state->first - lowest) | months << (first - lowest);
	state->first = lowest;
}

static int32
month_of(DateADT date)
{
	int			year;
	int			month;
	int			day;

	if (DATE_NOT_FINITE(date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("an infinite date is in no month")));
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return year * MONTHS_PER_YEAR + month;
}

/* Whether a value is a whole number from 0 to a billion, written without decimals. */
static bool
is_count(Datum value, FmgrInfo *flinfo)
{
	Datum	   *limits = flinfo->fn_extra;

	if (limits == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(flinfo->fn_mcxt);

		limits = palloc(2 * sizeof(Datum));
		limits[0] = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
		limits[1] = DirectFunctionCall1(int4_numeric, Int32GetDatum(1000000000));
		flinfo->fn_extra = limits;
		MemoryContextSwitchTo(old);
	}
	/* NaN and infinity are above the limit, and have no scale */
	return DatumGetBool(DirectFunctionCall2(numeric_le, limits[0], value)) &&
		DatumGetBool(DirectFunctionCall2(numeric_le, value, limits[1])) &&
		DatumGetInt32(DirectFunctionCall1(numeric_scale, value)) == 0;
}

PG_FUNCTION_INFO_V1(monthly_accumulate);
/*
 * _innovation_score.monthly_accumulate(internal, numeric, date) → internal
 */
Datum
monthly_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	MonthlySum *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged_state(fcinfo);
	if (PG_ARGISNULL(0))
		state = MemoryContextAllocZero(context, sizeof(MonthlySum));
	else
		state = (MonthlySum *) PG_GETARG_POINTER(0);
	add_months(state, month_of(PG_GETARG_DATEADT(2)), 1);
	if (state->whole < PG_INT64_MAX / 2 && is_count(PG_GETARG_DATUM(1), fcinfo->flinfo))
		state->whole += DatumGetInt64(DirectFunctionCall1(numeric_int8, PG_GETARG_DATUM(1)));
	else
		state->sum = call_as_aggregate(numeric_avg_accum, fcinfo, 2, state->sum, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(monthly_combine);
/*
 * _innovation_score.monthly_combine(internal, internal) → internal
 */
Datum
monthly_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	MonthlySum *state;
	MonthlySum *other;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	if (PG_ARGISNULL(0))
		state = MemoryContextAllocZero(context, sizeof(MonthlySum));
	else
		state = (MonthlySum *) PG_GETARG_POINTER(0);
	other = (MonthlySum *) PG_GETARG_POINTER(1);
	add_months(state, other->first, other->months);
	state->whole += other->whole;	/* below half of the greatest number each */
	if (other->sum != (Datum) 0)
		state->sum = call_as_aggregate(numeric_avg_combine, fcinfo, 2, state->sum, other->sum);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(monthly_serialize);
/*
 * _innovation_score.monthly_serialize(internal) → bytea
 */
Datum
monthly_serialize(PG_FUNCTION_ARGS)
{
	MonthlySum *state;
	bytea	   *sum;
	StringInfoData buffer;

	(void) aggregate_context(fcinfo);
	state = (MonthlySum *) PG_GETARG_POINTER(0);
	pq_begintypsend(&buffer);
	pq_sendint32(&buffer, state->first);
	pq_sendint64(&buffer, state->months);
	pq_sendint64(&buffer, state->whole);
	if (state->sum != (Datum) 0)
	{
		sum = DatumGetByteaPP(call_as_aggregate(numeric_avg_serialize, fcinfo, 1, state->sum, 0));
		pq_sendbytes(&buffer, VARDATA_ANY(sum), VARSIZE_ANY_EXHDR(sum));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(monthly_deserialize);
/*
 * _innovation_score.monthly_deserialize(bytea, internal) → internal
 */
Datum
monthly_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *serialized;
	bytea	   *sum;
	StringInfoData buffer;
	MonthlySum *state;
	int			length;

	(void) aggregate_context(fcinfo);
	serialized = PG_GETARG_BYTEA_PP(0);
	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, VARDATA_ANY(serialized), VARSIZE_ANY_EXHDR(serialized));
	state = palloc0(sizeof(MonthlySum));
	state->first = pq_getmsgint(&buffer, 4);
	state->months = pq_getmsgint64(&buffer);
	state->whole = pq_getmsgint64(&buffer);
	length = buffer.len - buffer.cursor;
	if (length > 0)
	{
		sum = palloc(VARHDRSZ + length);
		SET_VARSIZE(sum, VARHDRSZ + length);
		pq_copymsgbytes(&buffer, VARDATA(sum), length);
		state->sum = call_as_aggregate(numeric_avg_deserialize, fcinfo, 2, PointerGetDatum(sum), 0);
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(monthly_finish);
/*
 * _innovation_score.monthly_finish(internal) → numeric
 */
Datum
monthly_finish(PG_FUNCTION_ARGS)
{
	MonthlySum *state;
	Datum		months;
	Datum		sum;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (MonthlySum *) PG_GETARG_POINTER(0);
	months = DirectFunctionCall1(int4_numeric, Int32GetDatum(pg_popcount64(state->months)));
	sum = NumericGetDatum(int64_to_numeric(state->whole));
	if (state->sum != (Datum) 0)
		sum = DirectFunctionCall2(numeric_add, sum, call_as_aggregate(numeric_sum, fcinfo, 1, state->sum, 0));
	PG_RETURN_DATUM(DirectFunctionCall1(numeric_trim_scale,
										DirectFunctionCall2(numeric_div, sum, months)));
}
