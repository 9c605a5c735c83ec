/*-------------------------------------------------------------------------
 *
 * rank_draws.c
 *	  Ranks of the same rows under many sets of weights.
 *
 * The rows are normalized values, so that a row is normalized once for all
 * draws and yet scored as ever.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "numbers/quantile.h"
#include "support/compat.h"
#include "numbers/distribution.h"
#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "numbers/rank_correlation.h"
#include "robustness/rank_draws.h"
#include "score/row_score.h"
#include "numbers/sorted_scores.h"

/* How many rows are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	16384

/* The key of a row without a score; that of no number. */
#define NO_KEY		PG_UINT64_MAX

StaticAssertDecl(MODEL_MAX_STAGES <= PG_UINT8_MAX, "stages fit a byte");

RankDraws *
rank_draws_create(const ScoreModel *model)
{
	RankDraws  *draws = palloc0(sizeof(RankDraws));

	draws->model = model_copy(model, CurrentMemoryContext);
	draws->drawn = model_of_normalized(model);
	draws->ndraws = 1;
	return draws;
}

void
rank_draws_reserve(RankDraws *draws, int64 rows)
{
	MemoryContext context = GetMemoryChunkContext(draws);
	Size		row = draws->model->nindicators * sizeof(double);

	if (rows >= PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot rank more than %u rows",
						(unsigned) PG_UINT32_MAX - 1)));
	draws->room = rows;
	if (draws->values != NULL)
	{
		draws->values = repalloc_huge(draws->values, rows * row);
		draws->stage = repalloc_huge(draws->stage, rows);
		return;
	}
	draws->values = MemoryContextAllocHuge(context, rows * row);
	draws->stage = MemoryContextAllocHuge(context, rows);
}

void
rank_draws_add(RankDraws *draws, int stage, const double *values)
{
	int			count = draws->model->nindicators;

	memcpy(draws->values + draws->n * count, values, count * sizeof(double));
	draws->stage[draws->n++] = (uint8) stage;
}

/* Weigh as a draw does; false where it leaves some stage nothing to score. */
static bool
begin_draw(RankDraws *draws, int draw)
{
	double		factors[MODEL_MAX_INDICATORS];

	CHECK_FOR_INTERRUPTS();
	if (draw > 0)
		draws->factors(draws->plan, draw, factors);
	else
		for (int i = 0; i < draws->model->nindicators; i++)
			factors[i] = 1;
	return model_reweigh(draws->drawn, draws->model, factors);
}

static inline double
drawn_score(const RankDraws *draws, int64 row)
{
	return row_total_normalized(draws->drawn, draws->stage[row],
								draws->values + row * draws->model->nindicators);
}

/* The ranks of all rows in the draw that has begun. */
static void
rank_rows(const RankDraws *draws, uint64 *keys, SortedScores *sorted, uint32 *ranks)
{
	sorted->n = 0;
	for (int64 i = 0; i < draws->n; i++)
	{
		double		score;

		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		score = drawn_score(draws, i);
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
	if (bytes * draws->ndraws <= memory)
		draws->ranks = MemoryContextAllocHuge(CurrentMemoryContext,
											  bytes * draws->ndraws);
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
	for (int i = 0; i < draws->ndraws; i++)
	{
		if (draws->file == NULL)
			ranks = draws->ranks + (Size) i * draws->n;
		if (begin_draw(draws, i))
			rank_rows(draws, keys, &sorted, ranks);
		else
			memset(ranks, 0, bytes);
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
	for (int draw = 0; draw < draws->ndraws; draw++)
	{
		int64		at = (int64) draw * draws->n + first;
		const uint32 *from = some;

		CHECK_FOR_INTERRUPTS();
		if (draws->file == NULL)
			from = draws->ranks + at;
		else
			read_temporary(draws->file, at * sizeof(uint32), some,
						   count * sizeof(uint32));
		for (int64 i = 0; i < count; i++)
			ranks[i * draws->ndraws + draw] = from[i];
	}
	if (some != NULL)
		pfree(some);
}

/* ---------------- movements ---------------- */

/* The ranks of one draw: rows from the best on, and the rank of each row. */
typedef struct Ranking
{
	int64		n;
	uint32	   *order;
	uint32	   *rank;			/* NO_RANK: none */
} Ranking;

static void
rank_in_order(const RankDraws *draws, SortItem *items, SortItem *buffer,
			  Ranking *ranking)
{
	int64		n = 0;

	for (int64 i = 0; i < draws->n; i++)
	{
		double		score;

		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		ranking->rank[i] = NO_RANK;
		score = drawn_score(draws, i);
		if (isnan(score))
			continue;
		/* The highest first. */
		items[n].key = ~float_key(sample_value(score));
		items[n].place = i;
		n++;
	}
	sort_items(items, buffer, n);
	for (int64 first = 0, next; first < n; first = next)
		for (next = first; next < n && items[next].key == items[first].key; next++)
		{
			ranking->order[next] = (uint32) items[next].place;
			ranking->rank[items[next].place] = (uint32) (first + 1);
		}
	ranking->n = n;
}

/* The centered ranks, by row, among the pairs, the rows that both rank. */
static void
center_ranks(const Ranking *ranking, const Ranking *other, int64 pairs,
			 int64 *centered)
{
	int64		place = 0;

	for (int64 first = 0, next; first < ranking->n; first = next)
	{
		uint32		rank = ranking->rank[ranking->order[first]];
		int64		start = place;

		for (next = first; next < ranking->n && ranking->rank[ranking->order[next]] == rank; next++)
			place += other->rank[ranking->order[next]] != NO_RANK;
		for (int64 i = first; i < next; i++)
			centered[ranking->order[i]] = centered_rank(start, place - 1, pairs);
	}
}

static void
compare_rankings(const Ranking *nominal, const Ranking *other, int64 rows,
				 int64 *centered[2], RankMovement *movement)
{
	RankProducts products = {0, 0, 0};
	int128		sum = 0;

	for (int64 row = 0; row < rows; row++)
		movement->pairs += nominal->rank[row] != NO_RANK && other->rank[row] != NO_RANK;
	center_ranks(nominal, other, movement->pairs, centered[0]);
	center_ranks(other, nominal, movement->pairs, centered[1]);
	for (int64 row = 0; row < rows; row++)
	{
		int64		difference;

		if (nominal->rank[row] == NO_RANK || other->rank[row] == NO_RANK)
			continue;
		difference = llabs((int64) nominal->rank[row] - (int64) other->rank[row]);
		movement->moved += difference != 0;
		movement->most = Max(movement->most, difference);
		sum += difference;
		rank_products_add(&products, centered[0][row], centered[1][row]);
	}
	if (movement->pairs == 0)
		return;
	movement->mean = (double) sum / (double) movement->pairs;
	movement->spearman = rank_products_correlation(&products);
}

void
rank_draws_compare(RankDraws *draws, RankMovement *movements)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "rank draws",
											   ALLOCSET_DEFAULT_SIZES);
	int64		n = Max(draws->n, 1);
	SortItem   *items = MemoryContextAllocHuge(work, n * sizeof(SortItem));
	SortItem   *buffer = MemoryContextAllocHuge(work, n * sizeof(SortItem));
	Ranking		rankings[2];
	int64	   *centered[2];

	for (int i = 0; i < 2; i++)
	{
		rankings[i].order = MemoryContextAllocHuge(work, n * sizeof(uint32));
		rankings[i].rank = MemoryContextAllocHuge(work, n * sizeof(uint32));
		centered[i] = MemoryContextAllocHuge(work, n * sizeof(int64));
	}
	(void) begin_draw(draws, 0);	/* as the model itself weighs */
	rank_in_order(draws, items, buffer, &rankings[0]);
	for (int i = 1; i < draws->ndraws; i++)
	{
		RankMovement *movement = &movements[i - 1];

		*movement = (RankMovement)
		{
			0, 0, 0, 0, NAN, NAN
		};
		if (!begin_draw(draws, i))
			continue;
		rank_in_order(draws, items, buffer, &rankings[1]);
		movement->ranked = rankings[1].n;
		compare_rankings(&rankings[0], &rankings[1], draws->n, centered, movement);
	}
	MemoryContextDelete(work);
}

static double
mean_shift(const uint32 *nominal, const uint32 *ranks, int64 rows)
{
	uint64		sum = 0;
	int64		pairs = 0;

	for (int64 row = 0; row < rows; row++)
	{
		if (nominal[row] == NO_RANK || ranks[row] == NO_RANK)
			continue;
		sum += llabs((int64) nominal[row] - (int64) ranks[row]);
		pairs++;
	}
	return pairs > 0 ? (double) sum / (double) pairs : NAN;
}

void
rank_draws_shifts(RankDraws *draws, double *shifts)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "rank draws",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext index = AllocSetContextCreate(work, "rank draws index",
												ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;
	int64		n = Max(draws->n, 1);
	uint64	   *keys = MemoryContextAllocHuge(work, n * sizeof(uint64));
	uint32	   *nominal = MemoryContextAllocHuge(work, n * sizeof(uint32));
	uint32	   *ranks = MemoryContextAllocHuge(work, n * sizeof(uint32));
	SortedScores sorted = {0};

	sorted.key = MemoryContextAllocHuge(work, n * sizeof(uint64));
	old = MemoryContextSwitchTo(index);
	(void) begin_draw(draws, 0);	/* as the model itself weighs */
	rank_rows(draws, keys, &sorted, nominal);
	for (int i = 1; i < draws->ndraws; i++)
	{
		MemoryContextReset(index);
		shifts[i - 1] = NAN;
		if (!begin_draw(draws, i))
			continue;
		rank_rows(draws, keys, &sorted, ranks);
		shifts[i - 1] = mean_shift(nominal, ranks, draws->n);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
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
	QuantilePosition position = quantile_position(p, n);

	if (position.fraction == 0)
		return sorted[position.rank];
	return quantile_interpolate(sorted[position.rank],
								sorted[position.rank + 1], position.fraction);
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
