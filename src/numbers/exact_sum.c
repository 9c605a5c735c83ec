/*-------------------------------------------------------------------------
 *
 * exact_sum.c
 *	  Sums of doubles and of their squares without any rounding.
 *
 * The accumulator is a fixed-point integer wide enough for every double (the
 * "long accumulator" of Kulisch).  Digits of 32 bits in words of 64 leave room
 * to add for a long time before carries must be passed on.  The results are
 * rounded by comparing exact integers: an approximation gives a double close
 * to the wanted one, and midpoints between neighbouring doubles decide.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "numbers/big_integer.h"
#include "numbers/exact_sum.h"

void
exact_sum_init(ExactSum *sum)
{
	memset(sum, 0, sizeof(*sum));
}

void
exact_sum_canonicalize(ExactSum *sum)
{
	digits_carry(sum->values, VALUE_SUM_DIGITS);
	digits_carry(sum->squares, SQUARE_SUM_DIGITS);
	sum->pending = 0;
}

/* Add an integer times 2^shift; sign is 1 or -1. */
static inline void
add_shifted(int64 *digits, uint64 integer, int shift, int sign)
{
	int64	   *digit = digits + shift / BIG_DIGIT_BITS;
	int			bits = shift % BIG_DIGIT_BITS;
	uint64		low = (integer & BIG_DIGIT_MASK) << bits;
	uint64		high = ((integer >> BIG_DIGIT_BITS) << bits) + (low >> BIG_DIGIT_BITS);

	digit[0] += sign * (int64) (low & BIG_DIGIT_MASK);
	digit[1] += sign * (int64) (high & BIG_DIGIT_MASK);
	digit[2] += sign * (int64) (high >> BIG_DIGIT_BITS);
}

/* Add a value and its square, or take them away again. */
static inline void
add_signed(ExactSum *sum, double value, int sign)
{
	uint64		bits;
	uint64		mantissa;
	uint64		high;
	uint64		low;
	int			exponent;
	int			shift;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int) ((bits >> 52) & 0x7FF);
	mantissa = bits & ((UINT64CONST(1) << 52) - 1);
	if (exponent == 0)
		exponent = 1;			/* denormals have no hidden bit */
	else
		mantissa |= UINT64CONST(1) << 52;

	/* value = mantissa * 2^(exponent - 1075) */
	shift = exponent - 1075 + VALUE_SCALE;
	add_shifted(sum->values, mantissa, shift, (bits >> 63) ? -sign : sign);

	/* The square in three parts, since 106 bits do not fit one word. */
	high = mantissa >> 27;
	low = mantissa & ((UINT64CONST(1) << 27) - 1);
	shift *= 2;
	add_shifted(sum->squares, low * low, shift, sign);
	add_shifted(sum->squares, high * low, shift + 28, sign);
	add_shifted(sum->squares, high * high, shift + 54, sign);

	sum->count += sign;
	if (++sum->pending >= DIGITS_MAX_PENDING)
		exact_sum_canonicalize(sum);
}

void
exact_sum_add(ExactSum *sum, double value)
{
	add_signed(sum, value, 1);
}

void
exact_sum_subtract(ExactSum *sum, double value)
{
	add_signed(sum, value, -1);
}

void
exact_sum_merge(ExactSum *sum, const ExactSum *other)
{
	ExactSum	carried = *other;

	exact_sum_canonicalize(&carried);
	exact_sum_canonicalize(sum);
	for (int i = 0; i < VALUE_SUM_DIGITS; i++)
		sum->values[i] += carried.values[i];
	for (int i = 0; i < SQUARE_SUM_DIGITS; i++)
		sum->squares[i] += carried.squares[i];
	sum->count += other->count;
	exact_sum_canonicalize(sum);
}

/*
 * How the midpoint between "value" (finite, >= 0) and the double after it
 * compares with the exact result: returns the sign of midpoint - result.
 */
typedef int (*MidpointCompare) (double value, const void *exact);

/*
 * Round to the nearest double, ties to even, from a close approximation.
 */
static double
round_to_nearest(double guess, MidpointCompare compare_midpoint,
				 const void *exact)
{
	for (;;)
	{
		uint64		bits;
		int			order = compare_midpoint(guess, exact);

		memcpy(&bits, &guess, sizeof(bits));
		if (order < 0 || (order == 0 && (bits & 1)))
		{
			guess = nextafter(guess, INFINITY);
			if (isinf(guess))
				return guess;
			continue;
		}
		if (guess > 0)
		{
			double		before = nextafter(guess, 0);

			order = compare_midpoint(before, exact);
			memcpy(&bits, &before, sizeof(bits));
			if (order > 0 || (order == 0 && !(bits & 1)))
			{
				guess = before;
				continue;
			}
		}
		return guess;
	}
}

/*
 * The midpoint above a finite double as integer * 2^-(VALUE_SCALE): the
 * midpoint of the two smallest denormals is 2^-1075, a multiple of the unit.
 */
static void
midpoint_above(double value, BigInteger *midpoint)
{
	uint64		bits;
	int			exponent;
	uint64		mantissa;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int) (bits >> 52);
	mantissa = bits & ((UINT64CONST(1) << 52) - 1);
	if (exponent == 0)
		exponent = 1;
	else
		mantissa |= UINT64CONST(1) << 52;
	mantissa = mantissa * 2 + 1;

	memset(midpoint, 0, sizeof(*midpoint));
	midpoint->digit[0] = (uint32) mantissa;
	midpoint->digit[1] = (uint32) (mantissa >> BIG_DIGIT_BITS);
	big_shift_left(midpoint, exponent - 1076 + VALUE_SCALE);
}

typedef struct ExactMean
{
	BigInteger	sum;			/* |sum of values| */
	uint64		count;
} ExactMean;

static int
compare_mean(double value, const void *exact)
{
	const ExactMean *mean = exact;
	BigInteger	midpoint;

	midpoint_above(value, &midpoint);
	big_multiply(&midpoint, mean->count);
	return big_compare(&midpoint, &mean->sum);
}

double
exact_sum_mean(const ExactSum *sum)
{
	ExactSum	canonical = *sum;
	ExactMean	exact;
	double		fraction;
	double		guess;
	int			exponent;
	int			sign;

	exact_sum_canonicalize(&canonical);
	sign = digits_magnitude(canonical.values, VALUE_SUM_DIGITS, &exact.sum);
	exact.count = (uint64) sum->count;
	fraction = big_approximate(&exact.sum, &exponent);
	if (fraction == 0)
		return 0;

	/* |mean| <= DBL_MAX, but rounding on the way might step over it */
	guess = ldexp(fraction / (double) sum->count, exponent - VALUE_SCALE);
	if (guess > DBL_MAX)
		guess = DBL_MAX;
	return sign * round_to_nearest(guess, compare_mean, &exact);
}

typedef struct ExactVariance
{
	BigInteger	dispersion;		/* n * (sum of squares) - (sum of values)^2 */
	uint64		count;
} ExactVariance;

static int
compare_stddev(double value, const void *exact)
{
	const ExactVariance *variance = exact;
	BigInteger	midpoint;
	BigInteger	squared;

	midpoint_above(value, &midpoint);
	big_product(&midpoint, &midpoint, &squared);
	big_multiply(&squared, variance->count);
	big_multiply(&squared, variance->count - 1);
	return big_compare(&squared, &variance->dispersion);
}

/* n * (sum of squares) and (sum of values)^2 of a canonical sum. */
static void
dispersion_terms(const ExactSum *sum, BigInteger *squares, BigInteger *square_of_sum)
{
	BigInteger	total;

	digits_magnitude(sum->values, VALUE_SUM_DIGITS, &total);
	big_product(&total, &total, square_of_sum);
	digits_magnitude(sum->squares, SQUARE_SUM_DIGITS, squares);
	big_multiply(squares, (uint64) sum->count);
}

bool
exact_sum_is_possible(const ExactSum *sum)
{
	BigInteger	total;
	BigInteger	largest;
	BigInteger	squares;
	BigInteger	square_of_sum;

	if (sum->count < 0 || sum->squares[SQUARE_SUM_DIGITS - 1] < 0)
		return false;

	/* |sum| <= n * DBL_MAX, hence the mean is a double ... */
	digits_magnitude(sum->values, VALUE_SUM_DIGITS, &total);
	midpoint_above(DBL_MAX, &largest);
	big_product(&largest, &largest, &squares);
	big_multiply(&largest, (uint64) sum->count);
	if (big_compare(&total, &largest) > 0)
		return false;

	/* ... likewise for the squares, ... */
	big_multiply(&squares, (uint64) sum->count);
	digits_magnitude(sum->squares, SQUARE_SUM_DIGITS, &total);
	if (big_compare(&total, &squares) > 0)
		return false;

	/* ... and no variance is negative. */
	dispersion_terms(sum, &squares, &square_of_sum);
	return big_compare(&squares, &square_of_sum) >= 0;
}

double
exact_sum_stddev(const ExactSum *sum)
{
	ExactSum	canonical = *sum;
	ExactVariance exact;
	BigInteger	square_of_sum;
	double		fraction;
	double		guess;
	int			exponent;

	if (sum->count < 2)
		return 0;

	exact_sum_canonicalize(&canonical);
	dispersion_terms(&canonical, &exact.dispersion, &square_of_sum);
	exact.count = (uint64) sum->count;
	big_subtract(&exact.dispersion, &square_of_sum);
	fraction = big_approximate(&exact.dispersion, &exponent);
	if (fraction == 0)
		return 0;

	fraction = fraction / ((double) sum->count * (double) (sum->count - 1));
	if (exponent % 2 != 0)
	{
		fraction *= 2;
		exponent--;
	}
	guess = ldexp(sqrt(fraction), exponent / 2 - VALUE_SCALE);
	if (guess > DBL_MAX)
		guess = DBL_MAX;
	return round_to_nearest(guess, compare_stddev, &exact);
}
