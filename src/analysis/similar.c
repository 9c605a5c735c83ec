/*-------------------------------------------------------------------------
 *
 * similar.c
 *	  The firms nearest to one: the aggregate behind similar_firms.
 *
 * The n nearest so far are kept in a heap, the farthest of them on top.  A row
 * whose sum of squares passes what the farthest allows is left where it stands,
 * mostly after a few indicators.  Which firms are found does not depend on the
 * order of rows: ties are settled by the code of the firm.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "model/model.h"
#include "numbers/decimal.h"
#include "numbers/float_key.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "model/value_row.h"

typedef struct Neighbour
{
	double		distance;
	double		shared;			/* of the weight */
	double		score;			/* NaN: none */
	int			entity_length;
	int			stage_length;
	char		codes[FLEXIBLE_ARRAY_MEMBER];	/* entity, then stage */
} Neighbour;

typedef struct NearestState
{
	MemoryContext context;
	int64		wanted;
	int64		n;
	int64		room;
	Neighbour **heap;

	/* the firm that others are compared with; not in a state that was sent */
	int			nindicators;
	double	   *normalized;
	double	   *weights;
	double		total;			/* weight */
} NearestState;

static int
compare_bytes(const char *a, int a_length, const char *b, int b_length)
{
	int			order = memcmp(a, b, Min(a_length, b_length));

	return order != 0 ? order : a_length - b_length;
}

/* The order of the result: by distance, then by code as COLLATE "C" has it. */
static int
compare_neighbours(const Neighbour *a, const Neighbour *b)
{
	int			order;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	order = compare_bytes(a->codes, a->entity_length, b->codes, b->entity_length);
	if (order != 0)
		return order;

	/* Rows of one firm that are alike in this much are one and the same. */
	order = compare_bytes(a->codes + a->entity_length, a->stage_length,
						  b->codes + b->entity_length, b->stage_length);
	if (order != 0)
		return order;
	if (a->shared != b->shared)
		return a->shared < b->shared ? -1 : 1;
	if (isnan(a->score) || isnan(b->score))
		return isnan(a->score) - isnan(b->score);
	return a->score < b->score ? -1 : a->score > b->score;
}

static int
compare_pointers(const void *a, const void *b)
{
	return compare_neighbours(*(Neighbour *const *) a, *(Neighbour *const *) b);
}

static void
sift_up(NearestState *state, int64 place)
{
	while (place > 0)
	{
		int64		parent = (place - 1) / 2;
		Neighbour  *above = state->heap[parent];

		if (compare_neighbours(state->heap[place], above) <= 0)
			return;
		state->heap[parent] = state->heap[place];
		state->heap[place] = above;
		place = parent;
	}
}

static void
sift_down(NearestState *state)
{
	int64		place = 0;

	for (;;)
	{
		int64		child = 2 * place + 1;
		Neighbour  *above = state->heap[place];

		if (child >= state->n)
			return;
		if (child + 1 < state->n &&
			compare_neighbours(state->heap[child + 1], state->heap[child]) > 0)
			child++;
		if (compare_neighbours(state->heap[child], above) <= 0)
			return;
		state->heap[place] = state->heap[child];
		state->heap[child] = above;
		place = child;
	}
}

/* Keep it, which is in the state's context, if it is among the nearest. */
static void
add_neighbour(NearestState *state, Neighbour *neighbour)
{
	if (state->n < state->wanted)
	{
		state->heap = make_room(state->heap, &state->room, state->n + 1,
								sizeof(Neighbour *), state->context);
		state->heap[state->n++] = neighbour;
		sift_up(state, state->n - 1);
	}
	else if (state->n > 0 && compare_neighbours(neighbour, state->heap[0]) < 0)
	{
		pfree(state->heap[0]);
		state->heap[0] = neighbour;
		sift_down(state);
	}
	else
		pfree(neighbour);
}

static NearestState *
create_state(int64 wanted, MemoryContext context)
{
	NearestState *state = MemoryContextAllocZero(context, sizeof(NearestState));

	state->context = context;
	state->wanted = wanted;
	return state;
}

static double *
copy_numbers(ArrayType *array, const ScoreModel *model, MemoryContext context)
{
	double	   *numbers = MemoryContextAlloc(context, model->nindicators * sizeof(double));

	value_row_read(array, model, numbers);
	return numbers;
}

/*
 * A sum of squares that no firm has which is as near as the farthest that is
 * kept.  A distance is the root of squares / shared weight, and that weight is
 * at most the total; the margin is more than rounding can make.
 */
static double
squares_allowed(const NearestState *state)
{
	double		farthest;

	if (state->n < state->wanted)
		return INFINITY;
	if (state->n == 0)
		return -INFINITY;
	farthest = state->heap[0]->distance;
	return farthest * farthest * state->total * (1 + 1e-9) + 1e-290;
}

static Neighbour *
make_neighbour(const NearestState *state, const ScoreModel *model,
			   const double *values, const text *entity, const text *stage)
{
	int			entity_length = VARSIZE_ANY_EXHDR(entity);
	int			stage_length = VARSIZE_ANY_EXHDR(stage);
	Neighbour  *neighbour;
	int			stage_number = model_stage_number(model, stage);

	neighbour = MemoryContextAlloc(state->context, offsetof(Neighbour, codes) +
								   entity_length + stage_length);
	neighbour->entity_length = entity_length;
	neighbour->stage_length = stage_length;
	memcpy(neighbour->codes, VARDATA_ANY(entity), entity_length);
	memcpy(neighbour->codes + entity_length, VARDATA_ANY(stage), stage_length);

	/* An unknown stage is an error of who asks for this firm in the end. */
	neighbour->score = stage_number < 0 ? NAN : row_total(model, stage_number, values);
	return neighbour;
}

PG_FUNCTION_INFO_V1(nearest_accumulate);
/*
 * _innovation_score.nearest_accumulate(internal, n integer, min_shared float8,
 *					   entity text, stage text, normalized float8[], max_points float8[],
 *					   model score_model, VARIADIC vals float8[]) → internal
 *
 * Transition function of _nearest: the n rows whose normalized values are
 * nearest to these.  The distance is the root of the weighted mean of the
 * squared differences over the indicators that both have, 0 to 1.  Rows that
 * share none or less than min_shared of the weight, and rows with a NULL
 * argument, are passed over.
 */
Datum
nearest_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	NearestState *state = PG_ARGISNULL(0) ? NULL : (NearestState *) PG_GETARG_POINTER(0);
	const ScoreModel *model;
	double		buffer[MODEL_MAX_INDICATORS];
	const double *values;
	double		squares;
	double		shared;
	Neighbour  *neighbour;

	for (int i = 1; i < 9; i++)
		if (PG_ARGISNULL(i))
		{
			if (state == NULL)
				PG_RETURN_NULL();
			PG_RETURN_POINTER(state);
		}
	model = model_argument(fcinfo, 7);
	check_fitted(model);
	if (state == NULL)
	{
		state = create_state(PG_GETARG_INT32(1), context);
		state->nindicators = model->nindicators;
		state->normalized = copy_numbers(PG_GETARG_ARRAYTYPE_P(5), model, context);
		state->weights = copy_numbers(PG_GETARG_ARRAYTYPE_P(6), model, context);
		for (int i = 0; i < model->nindicators; i++)
			state->total += state->weights[i];
	}
	if (model->nindicators != state->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score models of a group must have the same indicators")));
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(8), model, buffer);
	if (!row_squares(model, values, state->normalized, state->weights,
					 squares_allowed(state), &squares, &shared) ||
		!(shared > 0) || decimal_units(&share_decimals, shared / state->total) <
		decimal_units(&share_decimals, PG_GETARG_FLOAT8(2)))
		PG_RETURN_POINTER(state);

	neighbour = make_neighbour(state, model, values, PG_GETARG_TEXT_PP(3), PG_GETARG_TEXT_PP(4));
	neighbour->distance = sqrt(squares / shared);
	neighbour->shared = shared / state->total;
	add_neighbour(state, neighbour);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(own_normalized_row);
/*
 * _innovation_score.own_normalized_row(model score_model, VARIADIC vals float8[])
 *	→ float8[]
 *
 * What normalized_row() gives, but NULL where a value is missing, imputed or
 * not: what nearest_accumulate() compares others with.
 */
Datum
own_normalized_row(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	double		buffer[MODEL_MAX_INDICATORS];
	double		result[MODEL_MAX_INDICATORS];
	const double *values = value_row_get(PG_GETARG_ARRAYTYPE_P(1), model, buffer);

	check_fitted(model);
	row_normalize(model, -1, values, result);
	for (int i = 0; i < model->nindicators; i++)
		if (!value_is_present(values[i]))
			result[i] = NAN;
	PG_RETURN_ARRAYTYPE_P(numbers_make_nullable(result, model->nindicators));
}

/* ---------------- between processes ---------------- */

PG_FUNCTION_INFO_V1(nearest_serialize);
/*
 * _innovation_score.nearest_serialize(internal) → bytea
 *
 * Also the final function of _nearest; _innovation_score.nearest_rows() shows what it gives.
 */
Datum
nearest_serialize(PG_FUNCTION_ARGS)
{
	const NearestState *state = (const NearestState *) PG_GETARG_POINTER(0);
	StringInfoData buffer;

	(void) aggregate_context(fcinfo);
	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, state->wanted);
	pq_sendint64(&buffer, state->n);
	for (int64 i = 0; i < state->n; i++)
	{
		const Neighbour *neighbour = state->heap[i];

		pq_sendfloat8(&buffer, neighbour->distance);
		pq_sendfloat8(&buffer, neighbour->shared);
		pq_sendfloat8(&buffer, neighbour->score);
		pq_sendint32(&buffer, neighbour->entity_length);
		pq_sendint32(&buffer, neighbour->stage_length);
		pq_sendbytes(&buffer, neighbour->codes,
					 neighbour->entity_length + neighbour->stage_length);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

static int
read_length(StringInfo buffer)
{
	int			length = (int) pq_getmsgint(buffer, 4);

	if (length < 0 || length > buffer->len - buffer->cursor)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid length %d in a list of nearest firms", length)));
	return length;
}

static NearestState *
read_state(bytea *bytes, MemoryContext context)
{
	StringInfoData buffer;
	NearestState *state;
	int64		n;

	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	state = create_state(pq_getmsgint64(&buffer), context);
	n = pq_getmsgint64(&buffer);
	for (int64 i = 0; i < n; i++)
	{
		Neighbour	head;
		Neighbour  *neighbour;
		int			length;
		const char *codes;

		head.distance = pq_getmsgfloat8(&buffer);
		head.shared = pq_getmsgfloat8(&buffer);
		head.score = pq_getmsgfloat8(&buffer);
		head.entity_length = read_length(&buffer);
		head.stage_length = read_length(&buffer);
		length = head.entity_length + head.stage_length;
		codes = pq_getmsgbytes(&buffer, length);
		(void) pg_verifymbstr(codes, length, false);
		neighbour = MemoryContextAlloc(context, offsetof(Neighbour, codes) + length);
		memcpy(neighbour, &head, offsetof(Neighbour, codes));
		memcpy(neighbour->codes, codes, length);
		add_neighbour(state, neighbour);
	}
	pq_getmsgend(&buffer);
	pfree(buffer.data);
	return state;
}

PG_FUNCTION_INFO_V1(nearest_deserialize);
/* _innovation_score.nearest_deserialize(bytea, internal) → internal */
Datum
nearest_deserialize(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);
	PG_RETURN_POINTER(read_state(PG_GETARG_BYTEA_PP(0), CurrentMemoryContext));
}

PG_FUNCTION_INFO_V1(nearest_combine);
/* _innovation_score.nearest_combine(internal, internal) → internal */
Datum
nearest_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	NearestState *state;
	const NearestState *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_POINTER(PG_GETARG_POINTER(0));
	}
	other = (const NearestState *) PG_GETARG_POINTER(1);
	state = PG_ARGISNULL(0) ? create_state(other->wanted, context) :
		(NearestState *) PG_GETARG_POINTER(0);
	for (int64 i = 0; i < other->n; i++)
	{
		const Neighbour *theirs = other->heap[i];
		Size		size = offsetof(Neighbour, codes) + theirs->entity_length + theirs->stage_length;
		Neighbour  *neighbour = MemoryContextAlloc(context, size);

		memcpy(neighbour, theirs, size);
		add_neighbour(state, neighbour);
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(nearest_rows);
/*
 * _innovation_score.nearest_rows(nearest bytea, model score_model)
 *	→ SETOF (similar_entity, stage, distance, shared, score)
 *
 * What _nearest found, the nearest first.  The model is one of those that it
 * was given.
 */
Datum
nearest_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const ScoreModel *model = model_argument(fcinfo, 1);
	NearestState *state = read_state(PG_GETARG_BYTEA_PP(0), CurrentMemoryContext);

	init_materialized_srf(fcinfo);
	if (state->n > 1)
		qsort(state->heap, state->n, sizeof(Neighbour *), compare_pointers);
	for (int64 i = 0; i < state->n; i++)
	{
		const Neighbour *neighbour = state->heap[i];
		text	   *stage = cstring_to_text_with_len(neighbour->codes + neighbour->entity_length,
													 neighbour->stage_length);
		Datum		values[5];
		bool		nulls[5] = {false};

		(void) model_find_stage(model, stage);
		values[0] = PointerGetDatum(cstring_to_text_with_len(neighbour->codes,
															 neighbour->entity_length));
		values[1] = PointerGetDatum(stage);
		values[2] = Float8GetDatum(neighbour->distance);
		values[3] = Float8GetDatum(neighbour->shared);
		set_number(&values[4], &nulls[4], neighbour->score);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
