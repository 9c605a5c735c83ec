/*-------------------------------------------------------------------------
 *
 * rank_correlation.c
 *	  Spearman's and Kendall's rank correlation of pairs.
 *
 * Ranks and counts are integers and stay so until the last division, so that
 * the order in which pairs came cannot show.  Both take O(n log n): Kendall's
 * discordant pairs are the exchanges of a merge sort (W. R. Knight 1966, "A
 * Computer Method for Calculating Kendall's Tau with Ungrouped Data", JASA 61,
 * 436-439).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "numbers/rank_correlation.h"

/* How many pairs are merged between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	65536

typedef enum PairOrder
{
	BY_X_THEN_Y,
	BY_Y
} PairOrder;

static inline bool
stands_behind(const RankPair *a, const RankPair *b, PairOrder order)
{
	if (order == BY_X_THEN_Y && a->x != b->x)
		return a->x > b->x;
	return a->y > b->y;
}

/* Sort, stably; how many pairs of neighbours had to be exchanged for it? */
static uint64
merge_sort(RankPair *pairs, RankPair *buffer, int64 n, PairOrder order)
{
	RankPair   *from = pairs;
	RankPair   *to = buffer;
	uint64		exchanges = 0;
	int64		since_look = 0;

	for (int64 width = 1; width < n; width *= 2)
	{
		RankPair   *sorted = to;

		for (int64 start = 0; start < n; start += 2 * width)
		{
			int64		middle = Min(start + width, n);
			int64		end = Min(start + 2 * width, n);
			int64		left = start;
			int64		right = middle;

			for (int64 i = start; i < end; i++)
			{
				if (++since_look >= INTERRUPT_STRIDE)
				{
					CHECK_FOR_INTERRUPTS();
					since_look = 0;
				}
				if (right == end ||
					(left < middle && !stands_behind(&from[left], &from[right], order)))
					to[i] = from[left++];
				else
				{
					/* It overtakes all that is left of the first run. */
					exchanges += middle - left;
					to[i] = from[right++];
				}
			}
		}
		to = from;
		from = sorted;
	}
	if (from != pairs)
		memcpy(pairs, from, n * sizeof(RankPair));
	return exchanges;
}

static double
correlation(double covariance, double x_variance, double y_variance)
{
	double		result;

	if (!(x_variance > 0 && y_variance > 0))
		return NAN;

	/* The root of a rounded square is exact: perfect correlation gives 1. */
	result = covariance / sqrt(x_variance * y_variance);
	return result > 1 ? 1 : result < -1 ? -1 : result;
}

double
rank_products_correlation(const RankProducts *products)
{
	return correlation((double) products->xy, (double) products->xx,
					   (double) products->yy);
}

double
spearman_rho(RankPair *pairs, RankPair *buffer, int64 n)
{
	RankProducts products = {0, 0, 0};

	/* Ranks take the place of y ... */
	merge_sort(pairs, buffer, n, BY_Y);
	for (int64 first = 0, next; first < n; first = next)
	{
		uint64		y = pairs[first].y;
		int64		rank;

		for (next = first; next < n && pairs[next].y == y; next++)
			;
		rank = centered_rank(first, next - 1, n);
		for (int64 i = first; i < next; i++)
			pairs[i].y = (uint64) rank;
	}

	/* ... and those of x are met in order. */
	merge_sort(pairs, buffer, n, BY_X_THEN_Y);
	for (int64 first = 0, next; first < n; first = next)
	{
		uint64		x = pairs[first].x;
		int64		rank;

		for (next = first; next < n && pairs[next].x == x; next++)
			;
		rank = centered_rank(first, next - 1, n);
		for (int64 i = first; i < next; i++)
			rank_products_add(&products, rank, (int64) pairs[i].y);
	}
	return rank_products_correlation(&products);
}

/* The pairs that n tied ones make. */
static inline uint64
pairs_among(uint64 n)
{
	return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
}

double
kendall_tau_b(RankPair *pairs, RankPair *buffer, int64 n)
{
	uint64		all;
	uint64		x_tied = 0;
	uint64		y_tied = 0;
	uint64		both_tied = 0;
	uint64		discordant;
	int64		x_run = 0;
	int64		y_run = 0;
	int64		both_run = 0;

	if (n < 2)
		return NAN;
	all = pairs_among(n);
	merge_sort(pairs, buffer, n, BY_X_THEN_Y);
	for (int64 i = 1; i <= n; i++)
	{
		bool		same_x = i < n && pairs[i].x == pairs[i - 1].x;

		if (!same_x)
		{
			x_tied += pairs_among(i - x_run);
			x_run = i;
		}
		if (!same_x || pairs[i].y != pairs[i - 1].y)
		{
			both_tied += pairs_among(i - both_run);
			both_run = i;
		}
	}
	discordant = merge_sort(pairs, buffer, n, BY_Y);
	for (int64 i = 1; i <= n; i++)
		if (i == n || pairs[i].y != pairs[i - 1].y)
		{
			y_tied += pairs_among(i - y_run);
			y_run = i;
		}

	/* Concordant less discordant pairs; each of them fits 63 bits. */
	return correlation((double) ((int64) (all - x_tied - y_tied + both_tied) -
								 2 * (int64) discordant),
					   (double) (all - x_tied), (double) (all - y_tied));
}
