/*-------------------------------------------------------------------------
 *
 * rank_state.c
 *	  The aggregates rank_partial and rank_merge, the functions that look a
 *	  score up, and the type rank_state as SQL sees it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "rank/score_lists.h"
#include "model/value_row.h"

static Datum
accumulate(FunctionCallInfo fcinfo, const char *field, int length)
{
	MemoryContext context = aggregate_context(fcinfo);
	ScoreLists *lists = PG_ARGISNULL(0) ? score_lists_create(context) :
	(ScoreLists *) expanded_state_writable(PG_GETARG_DATUM(0), &rank_state_type, context);

	if (field != NULL && !PG_ARGISNULL(1))
		score_lists_add(lists, field, length, PG_GETARG_FLOAT8(1));
	return expanded_state_result(&lists->expanded);
}

PG_FUNCTION_INFO_V1(rank_accumulate);
/*
 * rank_accumulate(rank_state, score float8) → rank_state
 *
 * Transition function of rank_partial.  NULL is no score.
 */
Datum
rank_accumulate(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, "", 0);
}

PG_FUNCTION_INFO_V1(rank_accumulate_field);
/*
 * rank_accumulate(rank_state, score float8, field text) → rank_state
 *
 * The same with the field, such as the stage, that the row is ranked in, too.
 * As with score_rank(), a row without field has no rank, nor does it count.
 */
Datum
rank_accumulate_field(PG_FUNCTION_ARGS)
{
	text	   *field;

	if (PG_ARGISNULL(2))
		return accumulate(fcinfo, NULL, 0);
	field = PG_GETARG_TEXT_PP(2);
	return accumulate(fcinfo, VARDATA_ANY(field), VARSIZE_ANY_EXHDR(field));
}

PG_FUNCTION_INFO_V1(rank_combine);
/*
 * rank_combine(rank_state, rank_state) → rank_state
 *
 * Combine function of rank_partial, transition function of rank_merge.
 */
Datum
rank_combine(PG_FUNCTION_ARGS)
{
	return expanded_state_combine(fcinfo, &rank_state_type);
}

/* ---------------- looking up ---------------- */

/* The state of the rows before, which mostly is that of this row, too. */
typedef struct KeptState
{
	ScoreLists *lists;
	struct varatt_external toast;	/* where it was read from, or ... */
	uint64		fingerprint;	/* ... what it was */
	Size		size;
} KeptState;

static ScoreLists *
state_kept(Datum datum, KeptState *kept, MemoryContext context)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);
	KeptState	now = {0};

	if (VARATT_IS_EXTERNAL_EXPANDED(value))
		return (ScoreLists *) expanded_state_get(datum, &rank_state_type, CurrentMemoryContext);
	if (VARATT_IS_EXTERNAL_ONDISK(value))
		VARATT_EXTERNAL_GET_POINTER(now.toast, value);
	else
	{
		datum = PointerGetDatum(PG_DETOAST_DATUM_PACKED(datum));
		now.fingerprint = score_lists_fingerprint(datum);
		now.size = VARSIZE_ANY_EXHDR(DatumGetPointer(datum));
	}
	if (kept->lists != NULL)
	{
		ScoreLists *before = kept->lists;

		if (kept->fingerprint == now.fingerprint && kept->size == now.size &&
			memcmp(&kept->toast, &now.toast, sizeof(now.toast)) == 0)
			return before;
		kept->lists = NULL;
		MemoryContextDelete(before->expanded.header.eoh_context);
	}
	now.lists = (ScoreLists *) expanded_state_get(datum, &rank_state_type, context);
	*kept = now;
	return kept->lists;
}

static ScoreLists *
state_argument(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
														  sizeof(KeptState));
	return state_kept(PG_GETARG_DATUM(0), fcinfo->flinfo->fn_extra,
					  fcinfo->flinfo->fn_mcxt);
}

PG_FUNCTION_INFO_V1(rank_of);
/*
 * rank_of(state rank_state, score float8) → bigint
 *
 * Competition rank of a score among all that the state has: 1 more than there
 * are higher ones.  The score need not be one of them.
 */
Datum
rank_of(PG_FUNCTION_ARGS)
{
	int64		in_field;

	PG_RETURN_INT64(score_lists_above(state_argument(fcinfo), "", 0,
									  PG_GETARG_FLOAT8(1), &in_field) + 1);
}

PG_FUNCTION_INFO_V1(rank_of_field);
/*
 * rank_of(state rank_state, score float8, field text) → bigint
 *
 * The same among the scores of one field.
 */
Datum
rank_of_field(PG_FUNCTION_ARGS)
{
	text	   *field = PG_GETARG_TEXT_PP(2);
	int64		in_field;

	(void) score_lists_above(state_argument(fcinfo), VARDATA_ANY(field),
							 VARSIZE_ANY_EXHDR(field), PG_GETARG_FLOAT8(1), &in_field);
	PG_RETURN_INT64(in_field + 1);
}

PG_FUNCTION_INFO_V1(rank_count);
/*
 * rank_count(state rank_state) → bigint: how many scores the state has
 */
Datum
rank_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(state_argument(fcinfo)->n);
}

PG_FUNCTION_INFO_V1(rank_count_field);
/*
 * rank_count(state rank_state, field text) → bigint: how many its field has
 */
Datum
rank_count_field(PG_FUNCTION_ARGS)
{
	text	   *field = PG_GETARG_TEXT_PP(1);

	PG_RETURN_INT64(score_lists_count(state_argument(fcinfo), VARDATA_ANY(field),
									  VARSIZE_ANY_EXHDR(field)));
}

typedef struct RankedRowCache
{
	void	   *models;
	KeptState	state;
} RankedRowCache;

PG_FUNCTION_INFO_V1(ranked_score_row);
/*
 * ranked_score_row(model score_model, state rank_state, stage text,
 *					VARIADIC vals float8[]) → SETOF float8[]
 *
 * What score_row() gives, followed by rank and rank within the stage among the
 * scores of the state, and how many these are, as the window function
 * ranked_row() adds them; NULL where the score is NULL.  One row always, NULL
 * where an argument is NULL; a set for the reasons of score_row().
 */
Datum
ranked_score_row(PG_FUNCTION_ARGS)
{
	RankedRowCache *cache = fcinfo->flinfo->fn_extra;
	const ScoreModel *model;
	ScoreLists *lists;
	text	   *stage;
	double		buffer[MODEL_MAX_INDICATORS];
	double		numbers[ROW_NUMBERS_MAX + 3];
	int			count;
	int64		above;
	int64		in_stage;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	if (cache == NULL)
		fcinfo->flinfo->fn_extra = cache =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RankedRowCache));
	model = model_kept(PG_GETARG_DATUM(0), &cache->models, fcinfo->flinfo->fn_mcxt);
	check_fitted(model);
	lists = state_kept(PG_GETARG_DATUM(1), &cache->state, fcinfo->flinfo->fn_mcxt);
	stage = PG_GETARG_TEXT_PP(2);
	count = row_numbers(model, model_find_stage(model, stage),
						value_row_get(PG_GETARG_ARRAYTYPE_P(3), model, buffer), numbers);
	if (isnan(numbers[0]))
		numbers[count] = numbers[count + 1] = numbers[count + 2] = NAN;
	else
	{
		above = score_lists_above(lists, VARDATA_ANY(stage), VARSIZE_ANY_EXHDR(stage),
								  numbers[0], &in_stage);
		numbers[count] = above + 1;
		numbers[count + 1] = in_stage + 1;
		numbers[count + 2] = lists->n;
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make_nullable(numbers, count + 3));
}

/* ---------------- the type ---------------- */

PG_FUNCTION_INFO_V1(rank_state_send);
/* rank_state_send(rank_state) → bytea */
Datum
rank_state_send(PG_FUNCTION_ARGS)
{
	return expanded_state_send(fcinfo, &rank_state_type);
}

PG_FUNCTION_INFO_V1(rank_state_recv);
/* rank_state_recv(internal) → rank_state */
Datum
rank_state_recv(PG_FUNCTION_ARGS)
{
	return expanded_state_recv(fcinfo, &rank_state_type);
}

PG_FUNCTION_INFO_V1(rank_state_out);
/* rank_state_out(rank_state) → cstring: the binary form, as bytea's hex text */
Datum
rank_state_out(PG_FUNCTION_ARGS)
{
	return expanded_state_out(fcinfo, &rank_state_type);
}

PG_FUNCTION_INFO_V1(rank_state_in);
/* rank_state_in(cstring) → rank_state */
Datum
rank_state_in(PG_FUNCTION_ARGS)
{
	return expanded_state_in(fcinfo, &rank_state_type);
}
