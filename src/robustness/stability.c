/*-------------------------------------------------------------------------
 *
 * stability.c
 *	  How firm a ranking is: functions that rank under many sets of weights.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/number_array.h"
#include "robustness/rank_draws.h"
#include "model/value_row.h"
#include "robustness/weight_noise.h"

/* What rank_stability() and rank_sensitivity() take at most. */
#define MOST_DRAWS		10000

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

/* Random weights. */
typedef struct NoisePlan
{
	int			nindicators;
	double		noise;
	uint64		seed;
} NoisePlan;

static void
noise_factors(const void *argument, int draw, double *factors)
{
	const NoisePlan *plan = (const NoisePlan *) argument;

	for (int i = 0; i < plan->nindicators; i++)
		factors[i] = weight_factor(plan->seed, draw, i + 1, plan->noise);
}

/* Draw i leaves out indicator i. */
static void
factors_without(const void *argument, int draw, double *factors)
{
	const ScoreModel *model = (const ScoreModel *) argument;

	for (int i = 0; i < model->nindicators; i++)
		factors[i] = i != draw - 1;
}

/* Of one partition. */
typedef struct PartitionDraws
{
	bool		ready;
	uint32	   *place;			/* of a row among those ranked, from 1 */
	uint32	   *nominal;		/* of a ranked row: its rank in draw 0 */
	RankSpread *spread;			/* and those in the others */
} PartitionDraws;

static Datum
partition_argument(WindowObject window, int argument, int64 row, bool *null)
{
	bool		outside;

	return WinGetFuncArgInPartition(window, argument, row, WINDOW_SEEK_HEAD,
									false, null, &outside);
}

static void
no_model(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("model must not be null")));
}

static void
check_number(int number, const char *what)
{
	if (number < 1 || number > MOST_DRAWS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 1 and %d, not %d", what, MOST_DRAWS, number)));
}

static void
check_noise(double noise)
{
	if (!(noise >= 0 && noise < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("noise must be at least 0 and below 1, not %g", noise)));
}

/* The model and the draws that the first row asks for. */
static RankDraws *
read_plan(WindowObject window)
{
	Datum		arguments[4];
	NoisePlan  *plan = palloc(sizeof(NoisePlan));
	RankDraws  *draws;
	void	   *kept = NULL;
	int			ndraws;

	for (int i = 0; i < 4; i++)
	{
		bool		null;

		arguments[i] = partition_argument(window, i, 0, &null);
		if (null && i == 0)
			no_model();
		if (null)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("draws, noise and seed must not be null")));
	}
	draws = rank_draws_create(model_kept(arguments[0], &kept, CurrentMemoryContext));
	ndraws = DatumGetInt32(arguments[1]);
	plan->nindicators = draws->model->nindicators;
	plan->noise = DatumGetFloat8(arguments[2]);
	plan->seed = (uint64) DatumGetInt64(arguments[3]);
	check_number(ndraws, "draws");
	check_noise(plan->noise);
	draws->ndraws = 1 + ndraws;
	draws->factors = noise_factors;
	draws->plan = plan;
	return draws;
}

/* Rows without stage or normalized values are not ranked. */
static void
read_rows(PartitionDraws *partition, RankDraws *draws, WindowObject window)
{
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
		datum = partition_argument(window, 4, row, &null);
		if (null)
			continue;
		stage = model_find_stage(draws->model, DatumGetTextPP(datum));
		datum = partition_argument(window, 5, row, &null);
		if (null)
			continue;
		rank_draws_add(draws, stage, value_row_get(DatumGetArrayTypeP(datum),
												   draws->drawn, buffer));
		partition->place[row] = (uint32) draws->n;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row_context);
}

/* Mean and quantiles of the ranks in all draws but the first. */
static void
find_spreads(PartitionDraws *partition, RankDraws *draws, Size memory,
			 MemoryContext context)
{
	int64		block = Max((int64) (memory / (draws->ndraws * sizeof(uint32))),
							FEWEST_ROWS);
	uint32	   *ranks;

	block = Min(block, draws->n);
	ranks = MemoryContextAllocHuge(CurrentMemoryContext,
								   block * draws->ndraws * sizeof(uint32));
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
			uint32	   *row = ranks + i * draws->ndraws;

			if (i % FEWEST_ROWS == 0)
				CHECK_FOR_INTERRUPTS();
			partition->nominal[first + i] = row[0];
			rank_spread(row + 1, draws->ndraws - 1,
						&partition->spread[first + i]);
		}
	}
	pfree(ranks);
}

static PartitionDraws *
partition_draws(FunctionCallInfo fcinfo)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionDraws *partition = WinGetPartitionLocalMemory(window, sizeof(PartitionDraws));
	MemoryContext context = GetMemoryChunkContext(partition);
	MemoryContext work;
	MemoryContext old;
	Size		memory = get_hash_memory_limit();
	RankDraws  *draws;

	if (partition->ready)
		return partition;
	refuse_null_treatment(window, fcinfo);
	work = AllocSetContextCreate(CurrentMemoryContext, "rank draws",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	draws = read_plan(window);
	partition->place = MemoryContextAllocHuge(context,
											  WinGetPartitionRowCount(window) * sizeof(uint32));
	read_rows(partition, draws, window);
	rank_draws_rank(draws, memory);
	if (draws->n > 0)
		find_spreads(partition, draws, memory, context);
	if (draws->file != NULL)
		BufFileClose(draws->file);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	partition->ready = true;
	return partition;
}

PG_FUNCTION_INFO_V1(rank_spread_row);
/*
 * _innovation_score.rank_spread(model score_model, draws integer, noise float8,
 *	seed bigint, stage text, normalized float8[]) OVER () → float8[]
 *
 * Rank; mean, median, 5 % and 95 % quantile of the ranks in so many draws of
 * random weights, whatever the coverage.  NULL where stage or normalized values
 * are NULL.  What does not concern the row is read from the first one.
 *
 * Memory for each row: 40 bytes, and while it works 8 an indicator and 20 more;
 * ranks, 4 bytes a row and draw, are in memory up to work_mem *
 * hash_mem_multiplier, beyond that in a temporary file.
 */
Datum
rank_spread_row(PG_FUNCTION_ARGS)
{
	PartitionDraws *partition = partition_draws(fcinfo);
	uint32		place = partition->place[WinGetCurrentPosition(PG_WINDOW_OBJECT())];
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

/* ---------------- what single indicators change ---------------- */

#define FIRST_ROOM	1024

/*
 * Keep the row of an aggregate's transition function whose arguments are state,
 * model, stage and normalized values, and perhaps more.
 */
static RankDraws *
keep_row(FunctionCallInfo fcinfo)
{
	MemoryContext context = aggregate_context(fcinfo);
	RankDraws  *draws = PG_ARGISNULL(0) ? NULL : (RankDraws *) PG_GETARG_POINTER(0);
	double		buffer[MODEL_MAX_INDICATORS];
	int			stage;

	if (draws == NULL)
	{
		MemoryContext old;

		if (PG_ARGISNULL(1))
			no_model();
		old = MemoryContextSwitchTo(context);
		draws = rank_draws_create(model_argument(fcinfo, 1));
		MemoryContextSwitchTo(old);
	}
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return draws;
	if (draws->n == draws->room)
		rank_draws_reserve(draws, draws->room == 0 ? FIRST_ROOM : 2 * draws->room);
	stage = model_find_stage(draws->model, PG_GETARG_TEXT_PP(2));
	rank_draws_add(draws, stage, value_row_get(PG_GETARG_ARRAYTYPE_P(3),
											   draws->drawn, buffer));
	return draws;
}

PG_FUNCTION_INFO_V1(rank_influence_accumulate);
/*
 * _innovation_score.rank_influence_accumulate(internal, model score_model, stage text,
 *											   normalized float8[]) → internal
 *
 * Transition function of rank_influence: keeps the normalized values, 8 bytes
 * each.  Rows without stage or values are ignored; the model is that of the
 * first row.
 */
Datum
rank_influence_accumulate(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(keep_row(fcinfo));
}

PG_FUNCTION_INFO_V1(rank_influence_final);
/*
 * _innovation_score.rank_influence_final(internal) → float8[]
 *
 * Final function of rank_influence: for each indicator how many rows are ranked
 * without it; of those that are ranked with it, too, the mean and the greatest
 * of the differences between the two ranks, how many differ, and Spearman's rank
 * correlation.  NaN stands for NULL.  Memory: what the state has, and 64 bytes
 * a row.
 */
Datum
rank_influence_final(PG_FUNCTION_ARGS)
{
	RankDraws  *draws;
	RankMovement *movements;
	double	   *numbers;
	int			n;

	(void) aggregate_context(fcinfo);
	draws = (RankDraws *) PG_GETARG_POINTER(0);
	n = draws->model->nindicators;
	draws->ndraws = 1 + n;
	draws->factors = factors_without;
	draws->plan = draws->model;
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

/* ---------------- which weights matter ---------------- */

/*
 * Saltelli's scheme: for each sample two draws A and B of random weights, and
 * for each indicator A with the weight of this one from B.
 */
#define DRAWS_PER_SAMPLE(nindicators)	((nindicators) + 2)

static void
saltelli_factors(const void *argument, int draw, double *factors)
{
	const NoisePlan *plan = (const NoisePlan *) argument;
	int			per_sample = DRAWS_PER_SAMPLE(plan->nindicators);
	uint64		sample = (draw - 1) / per_sample;
	int			which = (draw - 1) % per_sample;

	for (int i = 0; i < plan->nindicators; i++)
	{
		bool		b = which == 1 || which == i + 2;

		factors[i] = weight_factor(plan->seed, 2 * sample + (b ? 2 : 1), i + 1,
								   plan->noise);
	}
}

PG_FUNCTION_INFO_V1(rank_sensitivity_accumulate);
/*
 * _innovation_score.rank_sensitivity_accumulate(internal, model score_model,
 *	stage text, normalized float8[], samples integer, noise float8, seed bigint)
 *	→ internal
 *
 * Transition function of rank_sensitivity: as that of rank_influence.
 */
Datum
rank_sensitivity_accumulate(PG_FUNCTION_ARGS)
{
	RankDraws  *draws = keep_row(fcinfo);
	NoisePlan  *plan;
	int			samples;

	if (draws->plan != NULL)
		PG_RETURN_POINTER(draws);
	if (PG_ARGISNULL(4) || PG_ARGISNULL(5) || PG_ARGISNULL(6))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("samples, noise and seed must not be null")));
	samples = PG_GETARG_INT32(4);
	plan = MemoryContextAlloc(GetMemoryChunkContext(draws), sizeof(NoisePlan));
	plan->nindicators = draws->model->nindicators;
	plan->noise = PG_GETARG_FLOAT8(5);
	plan->seed = (uint64) PG_GETARG_INT64(6);
	check_noise(plan->noise);
	check_number(samples, "samples");
	draws->ndraws = 1 + samples * DRAWS_PER_SAMPLE(plan->nindicators);
	draws->factors = saltelli_factors;
	draws->plan = plan;
	PG_RETURN_POINTER(draws);
}

/* The sample variance of the shifts of all A and B, the first two of each. */
static double
shift_variance(const double *shifts, int samples, int per_sample)
{
	double		sum = 0;
	double		squares = 0;
	double		mean;

	for (int i = 0; i < samples; i++)
		sum += shifts[i * per_sample] + shifts[i * per_sample + 1];
	mean = sum / (2.0 * samples);
	for (int i = 0; i < samples; i++)
		for (int k = 0; k < 2; k++)
		{
			double		difference = shifts[i * per_sample + k] - mean;

			squares += difference * difference;
		}
	return squares / (2.0 * samples - 1);
}

PG_FUNCTION_INFO_V1(rank_sensitivity_final);
/*
 * _innovation_score.rank_sensitivity_final(internal) → float8[]
 *
 * Final function of rank_sensitivity: for each indicator the first-order and
 * the total index of the average shift in rank that its weight makes.  With
 * f the average shift,
 *
 *	 first-order = mean of f(B) (f(A with i from B) - f(A)) / variance of f
 *	 total = mean of (f(A) - f(A with i from B))^2 / 2 / variance of f
 *
 * the estimators of Saltelli et al. 2010 and of Jansen 1999.  NaN stands for
 * NULL: f does not vary.  Memory: what the state has, 8 bytes a draw, and 32
 * bytes a row.
 */
Datum
rank_sensitivity_final(PG_FUNCTION_ARGS)
{
	RankDraws  *draws;
	double	   *shifts;
	double	   *numbers;
	double		variance;
	int			per_sample;
	int			samples;
	int			n;

	(void) aggregate_context(fcinfo);
	draws = (RankDraws *) PG_GETARG_POINTER(0);
	n = draws->model->nindicators;
	per_sample = DRAWS_PER_SAMPLE(n);
	samples = (draws->ndraws - 1) / per_sample;
	shifts = MemoryContextAllocHuge(CurrentMemoryContext,
									(Size) (draws->ndraws - 1) * sizeof(double));
	numbers = palloc(2 * n * sizeof(double));
	rank_draws_shifts(draws, shifts);
	variance = shift_variance(shifts, samples, per_sample);
	for (int i = 0; i < n; i++)
	{
		double		first = 0;
		double		total = 0;

		for (int k = 0; k < samples; k++)
		{
			const double *sample = shifts + k * per_sample;
			double		change = sample[2 + i] - sample[0];

			first += sample[1] * change;
			total += change * change;
		}
		numbers[2 * i] = variance > 0 ? first / samples / variance : NAN;
		numbers[2 * i + 1] = variance > 0 ? total / samples / 2 / variance : NAN;
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, 2 * n));
}
