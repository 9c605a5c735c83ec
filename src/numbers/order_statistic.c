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
 * Of many values, most are never looked at by digit: some of them, taken at equal
 * distances, tell between which two values the wanted rank most likely lies, and
 * one pass counts what lies below and at them and keeps what lies between.  If the
 * rank is not there after all, the digits of all values find it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "numbers/float_key.h"
#include "numbers/order_statistic.h"

#define DIGIT_BITS		12
#define DIGIT_VALUES	(1 << DIGIT_BITS)

/* Below this many values, sorting them costs less than counting digits. */
#define FEW_VALUES		256

/* Below this many values, looking for a bracket costs more than it spares. */
#define MANY_VALUES		8192

/* The values that tell a bracket, and how many standard errors it reaches to either side. */
#define BRACKET_SAMPLE	256
#define BRACKET_ERRORS	3

/* How many values are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	(INT64CONST(1) << 18)

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

static double
select_by_digits(const double *values, int64 n, int64 rank, double *scratch)
{
	const double *candidates = values;
	int64		remaining = n;
	int			shift = 64 - DIGIT_BITS;

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
	sort_doubles(scratch, remaining);
	return scratch[rank];
}

static void
select_pair(const double *values, int64 n, int64 rank,
			double *scratch, double *at, double *next)
{
	int64		at_or_below = 0;
	double		above = INFINITY;
	double		value = select_by_digits(values, n, rank, scratch);

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

/* Where the values of a few ranks lie. */
typedef struct Bracket
{
	double		low;
	double		high;
	int64		below;			/* values below its lower end, ... */
	int64		at_low;			/* ... and at or below it */
	int64		at_high;		/* values at or below its upper end */
	int64		inside;			/* values between its ends, which are kept */
} Bracket;

/* A bracket of a rank; what lies inside it is kept. */
static Bracket
make_bracket(const double *values, int64 n, int64 rank, double *kept)
{
	double		sample[BRACKET_SAMPLE];
	double		share = (double) rank / n;
	int			at = (int) (share * BRACKET_SAMPLE);
	int			reach = (int) (BRACKET_ERRORS * sqrt(BRACKET_SAMPLE * share * (1 - share))) + 2;
	Bracket		bracket;
	double		low;
	double		high;
	int64		below = 0;
	int64		at_low = 0;
	int64		at_high = 0;
	int64		inside = 0;

	for (int i = 0; i < BRACKET_SAMPLE; i++)
		sample[i] = values[i * n / BRACKET_SAMPLE];
	sort_doubles(sample, BRACKET_SAMPLE);
	low = at < reach ? -INFINITY : sample[at - reach];
	high = at + reach >= BRACKET_SAMPLE ? INFINITY : sample[at + reach];
	for (int64 start = 0; start < n; start += INTERRUPT_STRIDE)
	{
		int64		end = Min(start + INTERRUPT_STRIDE, n);

		CHECK_FOR_INTERRUPTS();
		for (int64 i = start; i < end; i++)
		{
			double		value = values[i];

			kept[inside] = value;
			inside += (value > low) & (value < high);
			below += value < low;
			at_low += value <= low;
			at_high += value <= high;
		}
	}
	bracket.low = low;
	bracket.high = high;
	bracket.below = below;
	bracket.at_low = at_low;
	bracket.at_high = at_high;
	bracket.inside = inside;
	return bracket;
}

/* The value of a rank; "kept" is what the bracket has kept, and keeps. */
static double
find_rank(const double *values, int64 n, int64 rank, const Bracket *bracket,
		  const double *kept, double *scratch)
{
	if (rank < bracket->below || rank >= bracket->at_high)
		return select_by_digits(values, n, rank, scratch);
	if (rank < bracket->at_low)
		return bracket->low;
	if (rank < bracket->at_low + bracket->inside)
		return select_by_digits(kept, bracket->inside, rank - bracket->at_low, scratch);
	return bracket->high;
}

double
order_statistic(const double *values, int64 n, int64 rank, double *scratch)
{
	Bracket		bracket;

	Assert(rank >= 0 && rank < n);

	if (n < MANY_VALUES)
		return select_by_digits(values, n, rank, scratch);
	bracket = make_bracket(values, n, rank, scratch);
	return find_rank(values, n, rank, &bracket, scratch, scratch);
}

void
order_statistic_pair(const double *values, int64 n, int64 rank,
					 double *scratch, double *at, double *next)
{
	Bracket		bracket;
	double	   *room;

	Assert(rank >= 0 && rank < n);

	if (n >= MANY_VALUES && rank + 1 < n)
	{
		/* What has been kept is looked at twice, so it stays as it is. */
		bracket = make_bracket(values, n, rank, scratch);
		room = scratch + bracket.inside;
		if (rank >= bracket.below && rank + 1 < bracket.at_high && bracket.inside <= n / 2)
		{
			*at = find_rank(values, n, rank, &bracket, scratch, room);
			*next = find_rank(values, n, rank + 1, &bracket, scratch, room);
			return;
		}
	}
	select_pair(values, n, rank, scratch, at, next);
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
