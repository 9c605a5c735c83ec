/*-------------------------------------------------------------------------
 *
 * order_statistic.c
 *	  Exact selection by rank.
 *
 * Selection by digits of the order-preserving integer image: count the
 * leading digit of every value, keep the values that share the digit of the
 * wanted rank, go on with the next digit.  The work is linear in the number of
 * values whatever their order and distribution; no input is a bad one, as
 * sorted or adversarial ones are for selection by pivots.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "numbers/float_key.h"
#include "numbers/order_statistic.h"

#define DIGIT_BITS		12
#define DIGIT_VALUES	(1 << DIGIT_BITS)

/* Below this many values, sorting them costs less than counting digits. */
#define FEW_VALUES		48

/* How many values are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	(INT64CONST(1) << 18)

static void
insertion_sort(double *values, int64 n)
{
	for (int64 i = 1; i < n; i++)
	{
		double		value = values[i];
		int64		j = i;

		for (; j > 0 && values[j - 1] > value; j--)
			values[j] = values[j - 1];
		values[j] = value;
	}
}

double
order_statistic(const double *values, int64 n, int64 rank, double *scratch)
{
	const double *candidates = values;
	int64		remaining = n;
	int			shift = 64 - DIGIT_BITS;

	Assert(rank >= 0 && rank < n);

	while (remaining > FEW_VALUES)
	{
		int64		count[DIGIT_VALUES];
		int64		below = 0;
		int64		kept = 0;
		uint64		digit;

		memset(count, 0, sizeof(count));
		for (int64 start = 0; start < remaining; start += INTERRUPT_STRIDE)
		{
			int64		end = Min(start + INTERRUPT_STRIDE, remaining);

			CHECK_FOR_INTERRUPTS();
			for (int64 i = start; i < end; i++)
				count[(float_key(candidates[i]) >> shift) & (DIGIT_VALUES - 1)]++;
		}

		for (digit = 0; below + count[digit] <= rank; digit++)
			below += count[digit];
		rank -= below;

		/* The scratch may hold the candidates already: it only shrinks. */
		for (int64 start = 0; start < remaining; start += INTERRUPT_STRIDE)
		{
			int64		end = Min(start + INTERRUPT_STRIDE, remaining);

			CHECK_FOR_INTERRUPTS();
			for (int64 i = start; i < end; i++)
			{
				double		value = candidates[i];

				/* Writing always and advancing rarely spares a branch. */
				scratch[kept] = value;
				kept += ((float_key(value) >> shift) & (DIGIT_VALUES - 1)) == digit;
			}
		}
		candidates = scratch;
		remaining = kept;

		/* All digits used: what is left are equal values. */
		if (shift == 0)
			return candidates[0];
		shift = Max(shift - DIGIT_BITS, 0);
	}

	if (candidates != scratch)
		memcpy(scratch, candidates, remaining * sizeof(double));
	insertion_sort(scratch, remaining);
	return scratch[rank];
}

void
order_statistic_pair(const double *values, int64 n, int64 rank,
					 double *scratch, double *at, double *next)
{
	int64		at_or_below = 0;
	double		above = INFINITY;
	double		value = order_statistic(values, n, rank, scratch);

	*at = value;
	for (int64 start = 0; start < n; start += INTERRUPT_STRIDE)
	{
		int64		end = Min(start + INTERRUPT_STRIDE, n);

		CHECK_FOR_INTERRUPTS();
		for (int64 i = start; i < end; i++)
		{
			if (values[i] <= value)
				at_or_below++;
			else if (values[i] < above)
				above = values[i];
		}
	}
	*next = (at_or_below > rank + 1 || at_or_below == n) ? value : above;
}

static int
compare_doubles(const void *a, const void *b)
{
	double		left = *(const double *) a;
	double		right = *(const double *) b;

	return (left > right) - (left < right);
}

void
sort_doubles(double *values, int64 n)
{
	qsort(values, n, sizeof(double), compare_doubles);
}

void
lowest_values(const double *values, int64 n, int64 count, double *scratch,
			  double *lowest)
{
	double		cut = order_statistic(values, n, count - 1, scratch);
	int64		found = 0;

	for (int64 i = 0; i < n; i++)
		if (values[i] < cut)
			lowest[found++] = values[i];
	while (found < count)
		lowest[found++] = cut;
	sort_doubles(lowest, count);
}

void
highest_values(const double *values, int64 n, int64 count, double *scratch,
			   double *highest)
{
	double		cut = order_statistic(values, n, n - count, scratch);
	int64		found = 0;

	for (int64 i = 0; i < n; i++)
		if (values[i] > cut)
			highest[found++] = values[i];
	while (found < count)
		highest[found++] = cut;
	sort_doubles(highest, count);
	for (int64 i = 0, j = count - 1; i < j; i++, j--)
	{
		double		value = highest[i];

		highest[i] = highest[j];
		highest[j] = value;
	}
}
