/*-------------------------------------------------------------------------
 *
 * review_statistics.c
 *	  Trimmed means, and how far judges agree on what they rank.
 *
 * Ranks are integers and stay so until the last division: the order in which
 * judges came cannot show.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "numbers/exact_sum.h"
#include "numbers/float_key.h"
#include "numbers/order_statistic.h"
#include "review/review_statistics.h"

/* How many values are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	65536

int64
trimmed_by_share(int64 n, double share)
{
	return Min((int64) floor((double) n * share), (n - 1) / 2);
}

int64
trimmed_by_count(int64 n, int64 count)
{
	return Min(count, (n - 1) / 2);
}

double
trimmed_mean(double *values, int64 n, int64 dropped)
{
	ExactSum	sum;

	if (dropped > 0)
		sort_doubles(values, n);
	exact_sum_init(&sum);
	for (int64 i = dropped; i < n - dropped; i++)
	{
		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		exact_sum_add(&sum, values[i]);
	}
	return exact_sum_mean(&sum);
}

/* A rating as an order-preserving integer, and whose it is. */
typedef struct RatedItem
{
	uint64		key;
	int64		item;
} RatedItem;

static int
compare_rated_items(const void *a, const void *b)
{
	const RatedItem *x = a;
	const RatedItem *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/*
 * Add what a judge's ranks differ from the mean rank, doubled so that they are
 * integers, to those of each item; return the sum of t^3 - t.  Sorts "rated".
 */
static int128
add_ranks(RatedItem *rated, int64 n, int64 *sums)
{
	int128		ties = 0;

	qsort(rated, n, sizeof(RatedItem), compare_rated_items);
	for (int64 first = 0, next; first < n; first = next)
	{
		int64		tied;

		for (next = first; next < n && rated[next].key == rated[first].key; next++)
			;
		for (int64 i = first; i < next; i++)
			sums[rated[i].item] += first + next - n;
		tied = next - first;
		ties += (int128) tied * tied * tied - tied;
	}
	return ties;
}

void
find_concordance(const double *ratings, int64 judges, int64 items,
				 Concordance *result)
{
	bool	   *present = palloc_extended(Max(items, 1), MCXT_ALLOC_HUGE);
	RatedItem  *rated = palloc_extended(Max(items, 1) * sizeof(RatedItem), MCXT_ALLOC_HUGE);
	int64	   *sums = palloc_extended(Max(items, 1) * sizeof(int64),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int64		m = 0;
	int64		n = 0;
	int128		ties = 0;
	int128		squares = 0;
	int128		most;

	memset(present, true, items);
	for (int64 judge = 0; judge < judges; judge++)
	{
		const double *row = ratings + judge * items;
		bool		any = false;

		CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i < items; i++)
			any |= !isnan(row[i]);
		if (!any)
			continue;
		m++;
		for (int64 i = 0; i < items; i++)
			present[i] &= !isnan(row[i]);
	}
	for (int64 i = 0; m > 0 && i < items; i++)
		n += present[i];

	/* An item that all who count have rated leaves none of these out. */
	for (int64 judge = 0; n > 0 && judge < judges; judge++)
	{
		const double *row = ratings + judge * items;
		int64		known = 0;

		CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i < items; i++)
			if (present[i] && !isnan(row[i]))
			{
				rated[known].key = float_key(sample_value(row[i]));
				rated[known++].item = i;
			}
		if (known > 0)
			ties += add_ranks(rated, n, sums);
	}
	for (int64 i = 0; i < items; i++)
		squares += (int128) sums[i] * sums[i];

	/* The squares are those of doubled ranks: 12 S = 3 squares. */
	most = (int128) m * m * ((int128) n * n * n - n) - m * ties;
	result->judges = m;
	result->items = n;
	result->df = Max(n - 1, 0);
	result->w = result->chi_square = result->p_value = NAN;
	if (m > 1 && most > 0)
	{
		result->w = (double) (3 * squares) / (double) most;
		result->chi_square = (double) (m * result->df) * result->w;
		result->p_value = chi_square_upper_tail(result->chi_square, result->df);
	}
	pfree(sums);
	pfree(rated);
	pfree(present);
}

/*
 * Closed forms of the incomplete gamma function for a whole number of degrees
 * of freedom (Abramowitz & Stegun 1964, 26.4.4 and 26.4.5), with h = x / 2:
 *
 *	 df even: exp(-h) (1 + h / 1 + h^2 / (1 * 2) + ...), df / 2 terms
 *	 df odd: erfc(sqrt(h)) + exp(-h) (h^0.5 / (0.5)! + h^1.5 / (1.5)! + ...),
 *	 (df - 1) / 2 terms
 *
 * Terms are kept as logarithms, since exp(-h) may well be 0 where they are not.
 */
double
chi_square_upper_tail(double x, int64 df)
{
	double		h = x / 2;
	double		power = df % 2 == 0 ? 0 : 0.5;
	double		tail = df % 2 == 0 ? 0 : erfc(sqrt(h));
	double		log_term;

	if (!(x > 0))
		return 1;
	log_term = -h + (df % 2 == 0 ? 0 : 0.5 * log(h) - log(0.5 * sqrt(M_PI)));
	for (; power < df / 2.0; power++)
	{
		tail += exp(log_term);
		log_term += log(h / (power + 1));
	}
	return Min(tail, 1);
}
