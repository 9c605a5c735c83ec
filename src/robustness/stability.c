/*-------------------------------------------------------------------------
 *
 * stability.c
 *	  How firm a ranking is: functions that rank under many models.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/number_array.h"
#include "robustness/rank_draws.h"
#include "model/value_row.h"
#include "robustness/weight_noise.h"

/* Rows whose ranks are brought together at a time, at the least. */
#define FEWEST_ROWS		64

PG_FUNCTION_INFO_V1(weight_noise_factor);
/*
 * _innovation_score.weight_factor(seed bigint, draw integer, indicator integer, noise float8)
 *	→ float8
 *
 * What a draw multiplies the weight of an indicator with; see weight_noise.c.
 */
Datum
weight_noise_factor(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(weight_factor((uint64) PG_GETARG_INT64(0),
								   (uint64) PG_GETARG_INT32(1),
								   (uint64) PG_GETARG_INT32(2),
								   PG_GETARG_FLOAT8(3)));
}

/* Of one partition. */
typedef struct PartitionDraws
{
	bool		ready;
	uint32	   *place;			/* of a row among those ranked, from 1 */
	RankDraws	draws;
	uint32	   *nominal;		/* of a ranked row: its rank under the first
								 * model */
	RankSpread *spread;			/* and those under the others */
} PartitionDraws;

static Datum
partition_argument(WindowObject window, int argument, int64 row, bool *null)
{
	bool		outside;

	return WinGetFuncArgInPartition(window, argument, row, WINDOW_SEEK_HEAD,
									false, null, &outside);
}

static void
no_models(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("models must not be null")));
}

/* The models, copied: they outlive the row that they were read with. */
static void
read_models(RankDraws *draws, Datum array, MemoryContext context)
{
	ArrayType  *models = DatumGetArrayTypePCopy(array);
	int16		length;
	bool		by_value;
	char		align;
	Datum	   *elements;
	bool	   *nulls;
	const ScoreModel *first = NULL;

	get_typlenbyvalalign(ARR_ELEMTYPE(models), &length, &by_value, &align);
	deconstruct_array(models, ARR_ELEMTYPE(models), length, by_value, align,
					  &elements, &nulls, &draws->nmodels);
	draws->models = MemoryContextAlloc(context,
									   (draws->nmodels + 1) * sizeof(ScoreModel *));
	for (int i = 0; i < draws->nmodels; i++)
	{
		draws->models[i] = nulls[i] ? NULL :
			model_copy((ScoreModel *) PG_DETOAST_DATUM(elements[i]), context);
		if (draws->models[i] == NULL)
			continue;
		if (first == NULL)
			first = draws->models[i];
		if (draws->models[i]->version != MODEL_VERSION ||
			draws->models[i]->nindicators != first->nindicators ||
			draws->models[i]->nstages != first->nstages)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("models must have the same indicators and stages")));
	}
	if (draws->nmodels < 2 || draws->models[0] == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be two models at least, and the first must score")));
	draws->nindicators = first->nindicators;
}

/* Rows without stage or normalized values are not ranked. */
static void
read_rows(PartitionDraws *partition, WindowObject window)
{
	RankDraws  *draws = &partition->draws;
	int64		rows = WinGetPartitionRowCount(window);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "rank draws row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	double		buffer[MODEL_MAX_INDICATORS];

	rank_draws_reserve(draws, rows);
	old = MemoryContextSwitchTo(row_context);
	for (int64 row = 0; row < rows; row++)
	{
		Datum		datum;
		bool		null;
		int			stage;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(row_context);
		partition->place[row] = 0;
		datum = partition_argument(window, 1, row, &null);
		if (null)
			continue;
		stage = model_find_stage(draws->models[0], DatumGetTextPP(datum));
		datum = partition_argument(window, 2, row, &null);
		if (null)
			continue;
		rank_draws_add(draws, stage, value_row_get(DatumGetArrayTypeP(datum),
												   draws->models[0], buffer));
		partition->place[row] = (uint32) draws->n;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row_context);
}

/* Mean and quantiles of the ranks under all models but the first one. */
static void
find_spreads(PartitionDraws *partition, Size memory, MemoryContext context)
{
	RankDraws  *draws = &partition->draws;
	int64		block = Max((int64) (memory / (draws->nmodels * sizeof(uint32))),
							FEWEST_ROWS);
	uint32	   *ranks;

	block = Min(block, draws->n);
	ranks = MemoryContextAllocHuge(CurrentMemoryContext,
								   block * draws->nmodels * sizeof(uint32));
	partition->nominal = MemoryContextAllocHuge(context,
												draws->n * sizeof(uint32));
	partition->spread = MemoryContextAllocHuge(context,
											   draws->n * sizeof(RankSpread));
	for (int64 first = 0; first < draws->n; first += block)
	{
		int64		count = Min(block, draws->n - first);

		rank_draws_read(draws, first, count, ranks);
		for (int64 i = 0; i < count; i++)
		{
			uint32	   *row = ranks + i * draws->nmodels;

			if (i % FEWEST_ROWS == 0)
				CHECK_FOR_INTERRUPTS();
			partition->nominal[first + i] = row[0];
			rank_spread(row + 1, draws->nmodels - 1,
						&partition->spread[first + i]);
		}
	}
	pfree(ranks);
}

static PartitionDraws *
partition_draws(FunctionCallInfo fcinfo, bool spreads)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionDraws *partition = WinGetPartitionLocalMemory(window, sizeof(PartitionDraws));
	MemoryContext context = GetMemoryChunkContext(partition);
	MemoryContext work;
	MemoryContext old;
	Size		memory = get_hash_memory_limit();
	Datum		models;
	bool		null;

	if (partition->ready)
		return partition;
	refuse_null_treatment(window, fcinfo);
	work = AllocSetContextCreate(CurrentMemoryContext, "rank draws",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	models = partition_argument(window, 0, 0, &null);
	if (null)
		no_models();
	read_models(&partition->draws, models, work);
	partition->place = MemoryContextAllocHuge(context,
											  WinGetPartitionRowCount(window) * sizeof(uint32));
	read_rows(partition, window);

	/* Ranks that are read one row after the other must stay. */
	MemoryContextSwitchTo(spreads ? work : context);
	rank_draws_rank(&partition->draws, spreads ? memory : SIZE_MAX);
	MemoryContextSwitchTo(work);
	if (spreads && partition->draws.n > 0)
		find_spreads(partition, memory, context);
	if (partition->draws.file != NULL)
		BufFileClose(partition->draws.file);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	partition->ready = true;
	return partition;
}

/* Which of the ranked rows the current one is, from 1; 0 for none. */
static uint32
current_place(FunctionCallInfo fcinfo, const PartitionDraws *partition)
{
	return partition->place[WinGetCurrentPosition(PG_WINDOW_OBJECT())];
}

PG_FUNCTION_INFO_V1(rank_spread_row);
/*
 * _innovation_score.rank_spread(models score_model[], stage text, normalized float8[])
 *	OVER () → float8[]
 *
 * Rank under the first model; mean, median, 5 % and 95 % quantile of the ranks
 * under the others, which have the same indicators and stages.  NULL where
 * stage or normalized values are NULL.
 *
 * Memory for each row: 40 bytes, and while it works 8 an indicator and 20 more;
 * ranks, 4 bytes a row and model, are in memory up to work_mem *
 * hash_mem_multiplier, beyond that in a temporary file.
 */
Datum
rank_spread_row(PG_FUNCTION_ARGS)
{
	PartitionDraws *partition = partition_draws(fcinfo, true);
	uint32		place = current_place(fcinfo, partition);
	const RankSpread *spread;
	Datum		numbers[5];
	bool		nulls[5] = {false};
	int			count = lengthof(numbers);
	int			bound = 1;

	if (place == 0)
		PG_RETURN_NULL();
	spread = &partition->spread[place - 1];
	numbers[0] = Float8GetDatum(partition->nominal[place - 1]);
	nulls[0] = partition->nominal[place - 1] == NO_RANK;
	set_number(&numbers[1], &nulls[1], spread->mean);
	set_number(&numbers[2], &nulls[2], spread->median);
	set_number(&numbers[3], &nulls[3], spread->low);
	set_number(&numbers[4], &nulls[4], spread->high);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(numbers, nulls, 1, &count, &bound,
											 FLOAT8OID, sizeof(float8),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(ranks_under);
/*
 * _ranks_under(models score_model[], stage text, normalized float8[])
 *	OVER () → bigint[]
 *
 * Up to version 1.1.0, whose SQL may be installed beside this library.
 *
 * The rank under each model, NULL under one that is NULL.  NULL where stage or
 * normalized values are NULL.  Memory: 8 bytes an indicator, 4 a model, and 24
 * more for each row.
 */
Datum
ranks_under(PG_FUNCTION_ARGS)
{
	PartitionDraws *partition = partition_draws(fcinfo, false);
	const RankDraws *draws = &partition->draws;
	uint32		place = current_place(fcinfo, partition);
	Datum	   *numbers;
	bool	   *nulls;
	int			bound = 1;

	if (place == 0)
		PG_RETURN_NULL();
	numbers = palloc(draws->nmodels * sizeof(Datum));
	nulls = palloc(draws->nmodels * sizeof(bool));
	for (int i = 0; i < draws->nmodels; i++)
	{
		uint32		rank = draws->ranks[(int64) i * draws->n + place - 1];

		numbers[i] = Int64GetDatum(rank);
		nulls[i] = rank == NO_RANK;
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(numbers, nulls, 1,
											 (int *) &draws->nmodels, &bound,
											 INT8OID, sizeof(int64),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* ---------------- what single models change ---------------- */

#define FIRST_ROOM	1024

PG_FUNCTION_INFO_V1(rank_influence_accumulate);
/*
 * _innovation_score.rank_influence_accumulate(internal, models score_model[], stage text,
 *							  normalized float8[]) → internal
 *
 * Transition function of _rank_influence: keeps the normalized values, 8 bytes
 * each.  Rows without stage or values are passed over; the models are those of
 * the first row.
 */
Datum
rank_influence_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	RankDraws  *draws = PG_ARGISNULL(0) ? NULL : (RankDraws *) PG_GETARG_POINTER(0);
	double		buffer[MODEL_MAX_INDICATORS];
	int			stage;

	if (draws == NULL)
	{
		if (PG_ARGISNULL(1))
			no_models();
		draws = MemoryContextAllocZero(context, sizeof(RankDraws));
		read_models(draws, PG_GETARG_DATUM(1), context);
	}
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_POINTER(draws);
	if (draws->n == draws->room)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		rank_draws_reserve(draws, draws->room == 0 ? FIRST_ROOM : 2 * draws->room);
		MemoryContextSwitchTo(old);
	}
	stage = model_find_stage(draws->models[0], PG_GETARG_TEXT_PP(2));
	rank_draws_add(draws, stage, value_row_get(PG_GETARG_ARRAYTYPE_P(3),
											   draws->models[0], buffer));
	PG_RETURN_POINTER(draws);
}

PG_FUNCTION_INFO_V1(rank_influence_final);
/*
 * _innovation_score.rank_influence_final(internal) → float8[]
 *
 * Final function of _rank_influence: for each model after the first how many
 * rows it ranks; of those that the first ranks, too, the mean and the greatest
 * of the differences between the two ranks, how many differ, and Spearman's rank
 * correlation.  NaN stands for NULL.  Memory: what the state has, and 64 bytes
 * a row.
 */
Datum
rank_influence_final(PG_FUNCTION_ARGS)
{
	const RankDraws *draws;
	RankMovement *movements;
	double	   *numbers;
	int			n;

	(void) aggregate_context(fcinfo);
	draws = (const RankDraws *) PG_GETARG_POINTER(0);
	n = draws->nmodels - 1;
	movements = palloc(n * sizeof(RankMovement));
	numbers = palloc(5 * n * sizeof(double));
	rank_draws_compare(draws, movements);
	for (int i = 0; i < n; i++)
	{
		double	   *next = numbers + 5 * i;

		next[0] = (double) movements[i].ranked;
		next[1] = movements[i].mean;
		next[2] = movements[i].pairs > 0 ? (double) movements[i].most : NAN;
		next[3] = (double) movements[i].moved;
		next[4] = movements[i].spearman;
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, 5 * n));
}
