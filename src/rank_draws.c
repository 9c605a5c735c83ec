/*-------------------------------------------------------------------------
 *
 * rank_draws.c
 *	  Ranks of the same rows under many models.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "float_key.h"
#include "rank_draws.h"
#include "row_score.h"
#include "sorted_scores.h"

/* How many rows are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	16384

/* The key of a row without a score; that of no number. */
#define NO_KEY		PG_UINT64_MAX

StaticAssertDecl(MODEL_MAX_STAGES <= PG_UINT8_MAX, "stages fit a byte");

void
rank_draws_reserve(RankDraws *draws, int64 rows)
{
	if (rows >= PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot rank more than %u rows",
						(unsigned) PG_UINT32_MAX - 1)));
	draws->values = MemoryContextAllocHuge(CurrentMemoryContext,
										   rows * draws->nindicators * sizeof(double));
	draws->stage = MemoryContextAllocHuge(CurrentMemoryContext, rows);
}

void
rank_draws_add(RankDraws *draws, int stage, const double *values)
{
	memcpy(draws->values + draws->n * draws->nindicators, values,
		   draws->nindicators * sizeof(double));
	draws->stage[draws->n++] = (uint8) stage;
}

/* The ranks of all rows under one model. */
static void
rank_under(const RankDraws *draws, const ScoreModel *model, uint64 *keys,
		   SortedScores *sorted, uint32 *ranks)
{
	sorted->n = 0;
	for (int64 i = 0; i < draws->n; i++)
	{
		double		score;

		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		score = row_total(model, draws->stage[i],
						  draws->values + i * draws->nindicators);
		keys[i] = isnan(score) ? NO_KEY : float_key(sample_value(score));
		if (keys[i] != NO_KEY)
			sorted->key[sorted->n++] = keys[i];
	}
	sorted_scores_prepare(sorted);
	for (int64 i = 0; i < draws->n; i++)
	{
		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		ranks[i] = keys[i] == NO_KEY ? NO_RANK :
			(uint32) (sorted->n - sorted_scores_behind(sorted, keys[i]) + 1);
	}
}

void
rank_draws_rank(RankDraws *draws, Size memory)
{
	MemoryContext work;
	MemoryContext index;
	MemoryContext old;
	SortedScores sorted = {0};
	uint64	   *keys;
	uint32	   *ranks = NULL;
	Size		bytes = draws->n * sizeof(uint32);

	if (draws->n == 0)
		return;
	if (bytes * draws->nmodels <= memory)
		draws->ranks = MemoryContextAllocHuge(CurrentMemoryContext,
											  bytes * draws->nmodels);
	else
		draws->file = BufFileCreateTemp(false);

	work = AllocSetContextCreate(CurrentMemoryContext, "rank draws",
								 ALLOCSET_DEFAULT_SIZES);
	index = AllocSetContextCreate(work, "rank draws index",
								  ALLOCSET_DEFAULT_SIZES);
	keys = MemoryContextAllocHuge(work, draws->n * sizeof(uint64));
	sorted.key = MemoryContextAllocHuge(work, draws->n * sizeof(uint64));
	if (draws->file != NULL)
		ranks = MemoryContextAllocHuge(work, bytes);
	old = MemoryContextSwitchTo(index);
	for (int i = 0; i < draws->nmodels; i++)
	{
		if (draws->file == NULL)
			ranks = draws->ranks + (Size) i * draws->n;
		if (draws->models[i] == NULL)
			memset(ranks, 0, bytes);
		else
			rank_under(draws, draws->models[i], keys, &sorted, ranks);
		if (draws->file != NULL)
			BufFileWrite(draws->file, ranks, bytes);
		MemoryContextReset(index);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

static void
read_temporary(BufFile *file, int64 offset, void *to, Size bytes)
{
	if (BufFileSeek(file, 0, offset, SEEK_SET) != 0 ||
		BufFileRead(file, to, bytes) != bytes)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read ranks from temporary file: %m")));
}

void
rank_draws_read(RankDraws *draws, int64 first, int64 count, uint32 *ranks)
{
	uint32	   *some = NULL;

	if (draws->file != NULL)
		some = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(uint32));
	for (int model = 0; model < draws->nmodels; model++)
	{
		int64		at = (int64) model * draws->n + first;
		const uint32 *from = some;

		CHECK_FOR_INTERRUPTS();
		if (draws->file == NULL)
			from = draws->ranks + at;
		else
			read_temporary(draws->file, at * sizeof(uint32), some,
						   count * sizeof(uint32));
		for (int64 i = 0; i < count; i++)
			ranks[i * draws->nmodels + model] = from[i];
	}
	if (some != NULL)
		pfree(some);
}

/* ---------------- what ranks come to ---------------- */

#define ST_SORT sort_ranks
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static double
quantile(const uint32 *sorted, int n, double p)
{
	double		place = p * (n - 1);
	int			below = (int) floor(place);
	double		value = sorted[below];

	if (place == below)
		return value;
	return value + (place - below) * ((double) sorted[below + 1] - value);
}

void
rank_spread(uint32 *ranks, int n, RankSpread *spread)
{
	uint64		sum = 0;

	sort_ranks(ranks, n);
	while (n > 0 && ranks[0] == NO_RANK)
	{
		ranks++;
		n--;
	}
	if (n == 0)
	{
		spread->mean = spread->median = spread->low = spread->high = NAN;
		return;
	}
	for (int i = 0; i < n; i++)
		sum += ranks[i];
	spread->mean = (double) sum / n;
	spread->median = quantile(ranks, n, 0.5);
	spread->low = quantile(ranks, n, 0.05);
	spread->high = quantile(ranks, n, 0.95);
}
