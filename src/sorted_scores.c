/*-------------------------------------------------------------------------
 *
 * sorted_scores.c
 *	  Ranks by looking a score up among the sorted ones.
 *
 * Eight bytes a score are all that this takes: the keys are sorted in place by
 * their bytes, most significant first (McIlroy, Bostic & McIlroy 1993,
 * "Engineering radix sort"), and a row learns its rank from its score.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "sorted_scores.h"

#define DIGIT_BITS		8
#define DIGIT_VALUES	(1 << DIGIT_BITS)

/* Below this many keys, comparing costs less than counting. */
#define FEW_KEYS		64

/* Scores that a slice of the index holds, on the average. */
#define SLICE_SCORES	64

static void
insertion_sort(uint64 *keys, int64 n)
{
	for (int64 i = 1; i < n; i++)
	{
		uint64		key = keys[i];
		int64		j = i;

		for (; j > 0 && keys[j - 1] > key; j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
	}
}

static void
sort_keys(uint64 *keys, int64 n, int shift)
{
	int64		end[DIGIT_VALUES];
	int64		next[DIGIT_VALUES];
	int64		count[DIGIT_VALUES] = {0};
	int64		at = 0;

	if (n <= FEW_KEYS)
	{
		insertion_sort(keys, n);
		return;
	}
	CHECK_FOR_INTERRUPTS();
	for (int64 i = 0; i < n; i++)
		count[(keys[i] >> shift) % DIGIT_VALUES]++;
	for (int digit = 0; digit < DIGIT_VALUES; digit++)
	{
		next[digit] = at;
		at += count[digit];
		end[digit] = at;
	}

	/* Swap every key to where the keys with its digit go. */
	for (int digit = 0; digit < DIGIT_VALUES; digit++)
		while (next[digit] < end[digit])
		{
			uint64		key = keys[next[digit]];
			int			target = (key >> shift) % DIGIT_VALUES;

			while (target != digit)
			{
				uint64		moved = keys[next[target]];

				keys[next[target]++] = key;
				key = moved;
				target = (key >> shift) % DIGIT_VALUES;
			}
			keys[next[digit]++] = key;
		}

	if (shift == 0)
		return;
	for (int digit = 0; digit < DIGIT_VALUES; digit++)
		if (count[digit] > 1)
			sort_keys(keys + end[digit] - count[digit], count[digit],
					  shift - DIGIT_BITS);
}

void
sorted_scores_reserve(SortedScores *scores, int64 room, MemoryContext context)
{
	scores->key = scores->key == NULL ?
		MemoryContextAllocHuge(context, room * sizeof(uint64)) :
		repalloc_huge(scores->key, room * sizeof(uint64));
	scores->room = room;
}

void
sorted_scores_prepare(SortedScores *scores, MemoryContext context)
{
	/* At least two slices, since the range may need all 64 bits. */
	int64		slices = scores->n / SLICE_SCORES + 2;
	int64		slice = 0;
	uint64		width;

	if (scores->n == 0)
		return;
	sort_keys(scores->key, scores->n, 64 - DIGIT_BITS);
	scores->slice_start = MemoryContextAllocHuge(context,
												 (slices + 1) * sizeof(int64));
	width = scores->key[scores->n - 1] - scores->key[0];
	while (width >> scores->shift >= (uint64) slices)
		scores->shift++;
	scores->slices = (width >> scores->shift) + 1;
	for (int64 i = 0; i < scores->n; i++)
		while (slice <= (int64) ((scores->key[i] - scores->key[0]) >> scores->shift))
			scores->slice_start[slice++] = i;
	scores->slice_start[scores->slices] = scores->n;
}

int64
sorted_scores_above(const SortedScores *scores, uint64 key)
{
	int64		slice;
	int64		low;
	int64		high;

	if (scores->n == 0 || key >= scores->key[scores->n - 1])
		return 0;
	if (key < scores->key[0])
		return scores->n;
	slice = (key - scores->key[0]) >> scores->shift;
	low = scores->slice_start[slice];
	high = scores->slice_start[slice + 1];

	/* the first that is higher */
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (scores->key[middle] > key)
			high = middle;
		else
			low = middle + 1;
	}
	return scores->n - low;
}
