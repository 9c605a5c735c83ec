/*-------------------------------------------------------------------------
 *
 * validation.c
 *	  The aggregates discrimination and outcome_steps, and what is made of the
 *	  latter.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "support/number_array.h"
#include "support/wire_format.h"
#include "validate/discrimination.h"

#define OUTCOME_STATE_VERSION	1

/* Numbers of a step, and of a block, as arrays have them. */
#define STEP_NUMBERS	3
#define BLOCK_NUMBERS	4

/* The scores of those with the event, or of those without, as keys. */
typedef struct ScoreKeys
{
	int64		n;
	int64		room;
	uint64	   *key;
} ScoreKeys;

/* Indexed by whether there was the event. */
typedef struct OutcomeState
{
	ScoreKeys	side[2];
} OutcomeState;

static uint64 *
add_keys(OutcomeState *state, int side, int64 more, MemoryContext context)
{
	ScoreKeys  *keys = &state->side[side];

	if (state->side[0].n + state->side[1].n + more > OUTCOMES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot compare more than %lld scores with their outcomes",
						(long long) OUTCOMES_MAX)));
	keys->key = make_room(keys->key, &keys->room, keys->n + more, sizeof(uint64), context);
	keys->n += more;
	return keys->key + keys->n - more;
}

PG_FUNCTION_INFO_V1(outcome_accumulate);
/*
 * _innovation_score.outcome_accumulate(internal, score float8, event boolean)
 *	→ internal
 *
 * Transition function: keeps a score, 8 bytes.  Rows with NULL or NaN are
 * ignored.
 */
Datum
outcome_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	OutcomeState *state;

	if (PG_ARGISNULL(0))
		state = MemoryContextAllocZero(context, sizeof(OutcomeState));
	else
		state = (OutcomeState *) PG_GETARG_POINTER(0);
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !isnan(PG_GETARG_FLOAT8(1)))
		*add_keys(state, PG_GETARG_BOOL(2), 1, context) =
			float_key(sample_value(PG_GETARG_FLOAT8(1)));
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(outcome_combine);
/* _innovation_score.outcome_combine(internal, internal) → internal */
Datum
outcome_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	OutcomeState *state;
	const OutcomeState *other;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	if (PG_ARGISNULL(0))
		state = MemoryContextAllocZero(context, sizeof(OutcomeState));
	else
		state = (OutcomeState *) PG_GETARG_POINTER(0);
	other = (const OutcomeState *) PG_GETARG_POINTER(1);
	for (int side = 0; side < 2; side++)
		if (other->side[side].n > 0)
			memcpy(add_keys(state, side, other->side[side].n, context),
				   other->side[side].key, other->side[side].n * sizeof(uint64));
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(outcome_serialize);
/* _innovation_score.outcome_serialize(internal) → bytea */
Datum
outcome_serialize(PG_FUNCTION_ARGS)
{
	const OutcomeState *state = (const OutcomeState *) PG_GETARG_POINTER(0);
	StringInfoData buffer;

	(void) aggregate_context(fcinfo);
	pq_begintypsend(&buffer);
	pq_sendbyte(&buffer, OUTCOME_STATE_VERSION);
	for (int side = 0; side < 2; side++)
	{
		pq_sendint64(&buffer, state->side[side].n);
		for (int64 i = 0; i < state->side[side].n; i++)
			pq_sendint64(&buffer, state->side[side].key[i]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(outcome_deserialize);
/* _innovation_score.outcome_deserialize(bytea, internal) → internal */
Datum
outcome_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *serialized = PG_GETARG_BYTEA_PP(0);
	OutcomeState *state = palloc0(sizeof(OutcomeState));
	StringInfoData buffer = {
		.data = VARDATA_ANY(serialized),
		.len = VARSIZE_ANY_EXHDR(serialized)
	};

	(void) aggregate_context(fcinfo);
	(void) wire_version_read(&buffer, "state of outcomes", OUTCOME_STATE_VERSION);
	for (int side = 0; side < 2; side++)
	{
		int64		n = pq_getmsgint64(&buffer);
		uint64	   *key;

		if (n < 0 || n > (buffer.len - buffer.cursor) / (int64) sizeof(uint64))
			wire_damaged("state of outcomes");
		key = add_keys(state, side, n, CurrentMemoryContext);
		for (int64 i = 0; i < n; i++)
			key[i] = pq_getmsgint64(&buffer);
	}
	pq_getmsgend(&buffer);
	PG_RETURN_POINTER(state);
}

/*
 * The distinct scores of a state, which is left as it is: aggregates share it,
 * windows go on with it.
 */
static OutcomeStep *
steps_of(const OutcomeState *state, int64 *nsteps)
{
	int64		total = state->side[0].n + state->side[1].n;
	OutcomeStep *steps;
	uint64	   *key[2];

	for (int side = 0; side < 2; side++)
	{
		Size		bytes = state->side[side].n * sizeof(uint64);

		key[side] = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
		if (bytes > 0)
			memcpy(key[side], state->side[side].key, bytes);
		sort_keys(key[side], state->side[side].n);
		CHECK_FOR_INTERRUPTS();
	}
	steps = MemoryContextAllocHuge(CurrentMemoryContext, total * sizeof(OutcomeStep));
	*nsteps = outcome_steps(key[1], state->side[1].n, key[0], state->side[0].n, steps);
	pfree(key[0]);
	pfree(key[1]);
	return steps;
}

PG_FUNCTION_INFO_V1(discrimination_final);
/*
 * _innovation_score.discrimination_final(internal)
 *	→ (firms, events, auc, auc_lower, auc_upper, ks, gini): discrimination
 *
 * Final function of discrimination; see discrimination.h.
 */
Datum
discrimination_final(PG_FUNCTION_ARGS)
{
	const OutcomeState none = {0};
	OutcomeStep *steps;
	int64		nsteps;
	Discrimination found;
	TupleDesc	tupdesc;
	Datum		values[7];
	bool		nulls[7] = {false};

	(void) aggregate_context(fcinfo);
	steps = steps_of(PG_ARGISNULL(0) ? &none :
					 (const OutcomeState *) PG_GETARG_POINTER(0), &nsteps);
	find_discrimination(steps, nsteps, &found);
	pfree(steps);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum(found.firms);
	values[1] = Int64GetDatum(found.events);
	set_number(&values[2], &nulls[2], found.auc);
	set_number(&values[3], &nulls[3], found.auc_lower);
	set_number(&values[4], &nulls[4], found.auc_upper);
	set_number(&values[5], &nulls[5], found.ks);
	set_number(&values[6], &nulls[6], 2 * found.auc - 1);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
													  values, nulls)));
}

PG_FUNCTION_INFO_V1(outcome_steps_final);
/*
 * _innovation_score.outcome_steps_final(internal) → float8[]
 *
 * Final function of outcome_steps: for each distinct score, ascending, the
 * score, how many firms have it, and how many of them had the event; NULL where
 * there is none.
 */
Datum
outcome_steps_final(PG_FUNCTION_ARGS)
{
	OutcomeStep *steps;
	double	   *numbers;
	int64		nsteps;
	ArrayType  *result;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	steps = steps_of((const OutcomeState *) PG_GETARG_POINTER(0), &nsteps);
	if (nsteps == 0)
		PG_RETURN_NULL();
	numbers = MemoryContextAllocHuge(CurrentMemoryContext,
									 nsteps * STEP_NUMBERS * sizeof(double));
	for (int64 i = 0; i < nsteps; i++)
	{
		numbers[STEP_NUMBERS * i] = steps[i].score;
		numbers[STEP_NUMBERS * i + 1] = (double) steps[i].firms;
		numbers[STEP_NUMBERS * i + 2] = (double) steps[i].events;
	}
	result = numbers_make(numbers, nsteps * STEP_NUMBERS);
	pfree(numbers);
	pfree(steps);
	PG_RETURN_ARRAYTYPE_P(result);
}

PG_FUNCTION_INFO_V1(pooled_steps);
/*
 * _innovation_score.pooled_steps(steps float8[], rising boolean) → float8[]
 *
 * The steps that outcome_steps gave, pooled into blocks whose rates rise (or
 * fall) with the score: for each the lowest and the highest score, how many
 * firms and how many events.
 */
Datum
pooled_steps(PG_FUNCTION_ARGS)
{
	int			count;
	const double *numbers = numbers_get(PG_GETARG_ARRAYTYPE_P(0), &count);
	int64		nsteps = count / STEP_NUMBERS;
	OutcomeStep *steps = MemoryContextAllocHuge(CurrentMemoryContext,
												nsteps * sizeof(OutcomeStep));
	OutcomeBlock *blocks = MemoryContextAllocHuge(CurrentMemoryContext,
												  nsteps * sizeof(OutcomeBlock));
	double	   *pooled;
	int64		nblocks;

	for (int64 i = 0; i < nsteps; i++)
	{
		steps[i].score = numbers[STEP_NUMBERS * i];
		steps[i].firms = (int64) numbers[STEP_NUMBERS * i + 1];
		steps[i].events = (int64) numbers[STEP_NUMBERS * i + 2];
	}
	nblocks = pool_violators(steps, nsteps, PG_GETARG_BOOL(1), blocks);
	pooled = MemoryContextAllocHuge(CurrentMemoryContext,
									nblocks * BLOCK_NUMBERS * sizeof(double));
	for (int64 i = 0; i < nblocks; i++)
	{
		pooled[BLOCK_NUMBERS * i] = blocks[i].lowest;
		pooled[BLOCK_NUMBERS * i + 1] = blocks[i].highest;
		pooled[BLOCK_NUMBERS * i + 2] = (double) blocks[i].firms;
		pooled[BLOCK_NUMBERS * i + 3] = (double) blocks[i].events;
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(pooled, nblocks * BLOCK_NUMBERS));
}
