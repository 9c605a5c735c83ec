/*-------------------------------------------------------------------------
 *
 * bounds.c
 *	  The aggregate extreme_bounds(value, method): one indicator at a time.
 *
 * One pass, exact, for any method.  The state keeps the values of the group (8
 * bytes each, doubling as it grows; methods none and fixed keep none), so that
 * it is meant for analysts' questions; fit() is the road for whole tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "method/extreme_sample.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "method/method_argument.h"

/* First byte of a serialized state. */
#define BOUNDS_STATE_VERSION	1

typedef struct BoundsState
{
	ExtremeMethod method;
	text	   *method_argument;	/* as last given, to spare parsing it
									 * again */
	int64		missing;
	int64		n;
	int64		below;			/* of fixed sides, else counted later */
	int64		above;
	double		fixed_lower;	/* -INFINITY where it is not fixed */
	double		fixed_upper;
	double		minimum;
	double		maximum;
	int64		capacity;
	double	   *values;			/* unused for methods none and fixed */
} BoundsState;

static BoundsState *
make_state(MemoryContext context)
{
	BoundsState *state = MemoryContextAllocZero(context, sizeof(BoundsState));

	state->minimum = INFINITY;
	state->maximum = -INFINITY;
	return state;
}

static bool
keeps_values(const BoundsState *state)
{
	return state->method.nonzero || extreme_method_needs(&state->method) != 0;
}

static void
reserve(BoundsState *state, MemoryContext context, int64 more)
{
	int64		wanted = state->n + more;

	if (wanted <= state->capacity)
		return;
	wanted = Max(Max(wanted, state->capacity * 2), 64);
	if (state->values == NULL)
		state->values = MemoryContextAllocHuge(context,
											   wanted * sizeof(double));
	else
		state->values = repalloc_huge(state->values, wanted * sizeof(double));
	state->capacity = wanted;
}

static void
add_value(BoundsState *state, MemoryContext context, double value)
{
	if (!value_is_present(value))
	{
		state->missing++;
		return;
	}
	value = sample_value(value);
	state->minimum = Min(state->minimum, value);
	state->maximum = Max(state->maximum, value);
	if (keeps_values(state))
	{
		reserve(state, context, 1);
		state->values[state->n] = value;
	}
	else
	{
		state->below += value < state->fixed_lower;
		state->above += value > state->fixed_upper;
	}
	state->n++;
}

static void
set_method(BoundsState *state, const ExtremeMethod *method)
{
	state->method = *method;
	extreme_method_fixed(method, &state->fixed_lower, &state->fixed_upper);
}

/* Note the method on the first row; on others make sure it is the same. */
static void
check_method(BoundsState *state, MemoryContext context, text *argument,
			 bool first)
{
	ExtremeMethod method;

	if (state->method_argument != NULL &&
		VARSIZE_ANY_EXHDR(argument) == VARSIZE_ANY_EXHDR(state->method_argument) &&
		memcmp(VARDATA_ANY(argument), VARDATA_ANY(state->method_argument),
			   VARSIZE_ANY_EXHDR(argument)) == 0)
		return;

	method = extreme_method_argument(argument);
	if (method.transformed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("extreme-value method \"%s\" looks at transformed values", text_to_cstring(argument)),
				 errhint("Only indicators of a scheme have a transform. Give the function the transformed values, without \" of transformed\".")));
	if (first)
		set_method(state, &method);
	else if (!extreme_method_equal(&method, &state->method))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("extreme-value method must be the same for all rows of a group"),
				 errhint("Group by the method, or aggregate with FILTER.")));
	if (state->method_argument == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		state->method_argument = (text *)
			DatumGetPointer(datumCopy(PointerGetDatum(argument), false, -1));
		MemoryContextSwitchTo(old);
	}
}

PG_FUNCTION_INFO_V1(extreme_bounds_accumulate);
/* extreme_bounds_accumulate(internal, value float8, method text) → internal */
Datum
extreme_bounds_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	BoundsState *state;
	bool		first = PG_ARGISNULL(0);

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("extreme-value method must not be null")));
	state = first ? make_state(context) : (BoundsState *) PG_GETARG_POINTER(0);
	check_method(state, context, PG_GETARG_TEXT_PP(2), first);
	add_value(state, context, PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1));
	PG_RETURN_POINTER(state);
}

static void
merge_state(BoundsState *state, MemoryContext context, const BoundsState *other)
{
	if (!extreme_method_equal(&state->method, &other->method))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("extreme-value method must be the same for all rows of a group")));
	if (keeps_values(state) && other->n > 0)
	{
		reserve(state, context, other->n);
		memcpy(state->values + state->n, other->values,
			   other->n * sizeof(double));
	}
	state->n += other->n;
	state->missing += other->missing;
	state->below += other->below;
	state->above += other->above;
	state->minimum = Min(state->minimum, other->minimum);
	state->maximum = Max(state->maximum, other->maximum);
}

PG_FUNCTION_INFO_V1(extreme_bounds_combine);
/* extreme_bounds_combine(internal, internal) → internal */
Datum
extreme_bounds_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	BoundsState *state;
	BoundsState *other;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	other = (BoundsState *) PG_GETARG_POINTER(1);
	if (PG_ARGISNULL(0))
	{
		/* The second state lives in a shorter-lived context: copy it. */
		state = make_state(context);
		set_method(state, &other->method);
	}
	else
		state = (BoundsState *) PG_GETARG_POINTER(0);
	merge_state(state, context, other);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(extreme_bounds_serialize);
/* extreme_bounds_serialize(internal) → bytea */
Datum
extreme_bounds_serialize(PG_FUNCTION_ARGS)
{
	BoundsState *state = (BoundsState *) PG_GETARG_POINTER(0);
	StringInfoData buffer;
	char		method[METHOD_TEXT_SIZE];

	aggregate_context(fcinfo);
	extreme_method_print(&state->method, method);
	pq_begintypsend(&buffer);
	pq_sendbyte(&buffer, BOUNDS_STATE_VERSION);
	pq_sendstring(&buffer, method);
	pq_sendint64(&buffer, state->missing);
	pq_sendint64(&buffer, state->n);
	pq_sendint64(&buffer, state->below);
	pq_sendint64(&buffer, state->above);
	pq_sendfloat8(&buffer, state->minimum);
	pq_sendfloat8(&buffer, state->maximum);
	if (keeps_values(state))
		for (int64 i = 0; i < state->n; i++)
		{
			if (i % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
			pq_sendfloat8(&buffer, state->values[i]);
		}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(extreme_bounds_deserialize);
/* extreme_bounds_deserialize(bytea, internal) → internal */
Datum
extreme_bounds_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *serialized = PG_GETARG_BYTEA_PP(0);
	BoundsState *state;
	StringInfoData buffer;
	const char *text;
	ExtremeMethod method;
	int64		n;

	aggregate_context(fcinfo);
	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, VARDATA_ANY(serialized),
						   VARSIZE_ANY_EXHDR(serialized));
	if (pq_getmsgbyte(&buffer) != BOUNDS_STATE_VERSION)
		elog(ERROR, "state of extreme_bounds has an unknown version");
	state = make_state(CurrentMemoryContext);
	text = pq_getmsgstring(&buffer);

	if (extreme_method_parse(text, strlen(text), &method) != NULL)
		elog(ERROR, "state of extreme_bounds has a damaged method");
	set_method(state, &method);
	state->missing = pq_getmsgint64(&buffer);
	n = pq_getmsgint64(&buffer);
	state->below = pq_getmsgint64(&buffer);
	state->above = pq_getmsgint64(&buffer);
	state->minimum = pq_getmsgfloat8(&buffer);
	state->maximum = pq_getmsgfloat8(&buffer);
	if (keeps_values(state))
	{
		reserve(state, CurrentMemoryContext, n);
		for (int64 i = 0; i < n; i++)
		{
			if (i % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
			state->values[i] = pq_getmsgfloat8(&buffer);
		}
	}
	state->n = n;
	pq_getmsgend(&buffer);
	PG_RETURN_POINTER(state);
}

static void
count_outside(BoundsState *state, const ExtremeBounds *bounds)
{
	state->below = 0;
	state->above = 0;
	for (int64 i = 0; i < state->n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		state->below += state->values[i] < bounds->lower;
		state->above += state->values[i] > bounds->upper;
	}
}

PG_FUNCTION_INFO_V1(extreme_bounds_finish);
/*
 * extreme_bounds_finish(internal) → indicator_bounds
 *
 * Repeatable: the values stay as they are.
 */
Datum
extreme_bounds_finish(PG_FUNCTION_ARGS)
{
	BoundsState *state = PG_ARGISNULL(0) ? NULL : (BoundsState *) PG_GETARG_POINTER(0);
	ExtremeBounds bounds = {0};
	bool		has_bounds;
	char		method[METHOD_TEXT_SIZE];
	TupleDesc	tupdesc;
	Datum		values[9];
	bool		nulls[9] = {false};

	if (state == NULL)
		PG_RETURN_NULL();

	/* Fixed bounds hold without a sample, the others need one. */
	has_bounds = state->n > 0 ||
		(isfinite(state->fixed_lower) && isfinite(state->fixed_upper));
	if (has_bounds)
	{
		double	   *scratch;

		scratch = MemoryContextAllocHuge(CurrentMemoryContext,
										 keeps_values(state) ?
										 extreme_method_scratch(&state->method) *
										 state->n * sizeof(double) : 0);
		bounds = extreme_bounds_of_sample(&state->method, state->values,
										  keeps_values(state) ? state->n : 0,
										  state->minimum, state->maximum,
										  -INFINITY, NULL, scratch);
		pfree(scratch);
	}
	if (keeps_values(state))
		count_outside(state, &bounds);

	effective_method_print(&state->method, bounds.fell_back, method);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	tupdesc = BlessTupleDesc(tupdesc);
	values[0] = Float8GetDatum(bounds.lower);
	values[1] = Float8GetDatum(bounds.upper);
	nulls[0] = nulls[1] = !has_bounds;
	values[2] = Int64GetDatum(state->n);
	values[3] = Int64GetDatum(state->missing);
	values[4] = Int64GetDatum(state->below);
	values[5] = Int64GetDatum(state->above);
	values[6] = Float8GetDatum(state->minimum);
	values[7] = Float8GetDatum(state->maximum);
	nulls[6] = nulls[7] = state->n == 0;
	values[8] = CStringGetTextDatum(method);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
