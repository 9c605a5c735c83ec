/*-------------------------------------------------------------------------
 *
 * sorted_scores.c
 *	  Ranks by looking a score up among the sorted ones.
 *
 * The keys alone are sorted; a row learns its rank from its score.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "numbers/sorted_scores.h"

/* Scores that a slice of the index holds, on the average. */
#define SLICE_SCORES	4

/* How many keys are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	65536

/*
 * The slice of a score: never lower for a higher score, NaN being the highest.
 */
static inline int64
slice_of(const SortedScores *scores, uint64 key)
{
	double		slice = (key_float(key) - scores->minimum) * scores->slices_per_point;

	if (!(slice < scores->slices))
		return scores->slices - 1;
	return slice > 0 ? (int64) slice : 0;
}

void
sorted_scores_index(SortedScores *scores)
{
	int64		slice = 0;
	double		maximum;

	if (scores->n == 0)
		return;

	/* Infinite scores leave one slice, which all are in. */
	scores->minimum = key_float(scores->key[0]);
	maximum = key_float(scores->key[scores->n - 1]);
	scores->slices = scores->n / SLICE_SCORES + 1;
	scores->slices_per_point = scores->slices / (maximum - scores->minimum);
	if (!isfinite(scores->minimum) || !isfinite(scores->slices_per_point))
	{
		scores->slices = 1;
		scores->slices_per_point = 0;
	}
	scores->slice_start = MemoryContextAllocHuge(CurrentMemoryContext,
												 (scores->slices + 1) * sizeof(uint32));
	for (int64 i = 0; i < scores->n; i++)
	{
		int64		last = slice_of(scores, scores->key[i]);

		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		while (slice <= last)
			scores->slice_start[slice++] = (uint32) i;
	}
	while (slice <= scores->slices)
		scores->slice_start[slice++] = (uint32) scores->n;
}

void
sorted_scores_prepare(SortedScores *scores)
{
	sort_keys(scores->key, scores->n);
	sorted_scores_index(scores);
}

void
sorted_scores_free_index(SortedScores *scores)
{
	if (scores->slice_start != NULL)
		pfree(scores->slice_start);
	if (scores->above != NULL)
		pfree(scores->above);
	scores->slice_start = NULL;
	scores->above = NULL;
}

void
sorted_scores_compare(SortedScores *lists, int nlists)
{
	for (int i = 0; i < nlists; i++)
	{
		SortedScores *scores = &lists[i];

		if (scores->n == 0)
			continue;
		scores->above = MemoryContextAllocExtended(CurrentMemoryContext,
												   scores->n * sizeof(uint32),
												   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		for (int j = 0; j < nlists; j++)
		{
			const SortedScores *other = &lists[j];
			int64		behind = other->n;

			/* Both from the top: each is walked through once. */
			for (int64 k = scores->n - 1; k >= 0; k--)
			{
				if (k % INTERRUPT_STRIDE == 0)
					CHECK_FOR_INTERRUPTS();
				while (behind > 0 && other->key[behind - 1] > scores->key[k])
					behind--;
				scores->above[k] += (uint32) (other->n - behind);
			}
		}
	}
}

int64
sorted_scores_behind(const SortedScores *scores, uint64 key)
{
	int64		slice;
	const uint64 *at;
	int64		remaining;

	if (scores->n == 0)
		return 0;
	slice = slice_of(scores, key);
	at = scores->key + scores->slice_start[slice];
	remaining = scores->slice_start[slice + 1] - scores->slice_start[slice];

	/* Callers go on to what stands beside the key: have it read meanwhile. */
	if (scores->above != NULL)
		__builtin_prefetch(&scores->above[scores->slice_start[slice]]);

	/* Go behind those that are not higher, halving, without branches. */
	while (remaining > 1)
	{
		int64		half = remaining / 2;

		at += at[half - 1] <= key ? half : 0;
		remaining -= half;
	}
	if (remaining == 1 && *at <= key)
		at++;
	return at - scores->key;
}
