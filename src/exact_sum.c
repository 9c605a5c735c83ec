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

#include "exact_sum.h"

#define DIGIT_BITS		32
#define DIGIT_MASK		UINT64CONST(0xFFFFFFFF)

/* The unit of the sum of values is 2^-VALUE_SCALE; of squares, its square. */
#define VALUE_SCALE		1088

/* Additions that cannot overflow a 64-bit word of 32-bit digits. */
#define MAX_PENDING		(1 << 28)

/* Digits of the integers in the final comparisons. */
#define BIG_DIGITS		160

typedef struct BigInteger
{
	uint32		digit[BIG_DIGITS];	/* least significant first */
} BigInteger;

void
exact_sum_init(ExactSum *sum)
{
	memset(sum, 0, sizeof(*sum));
}

/* Pass carries on; the last digit keeps the sign. */
static void
carry_digits(int64 *digits, int ndigits)
{
	for (int i = 0; i < ndigits - 1; i++)
	{
		int64		low = digits[i] & DIGIT_MASK;
		int64		carry = (digits[i] - low) / (INT64CONST(1) << DIGIT_BITS);

		digits[i] = low;
		digits[i + 1] += carry;
	}
}

void
exact_sum_canonicalize(ExactSum *sum)
{
	carry_digits(sum->values, VALUE_SUM_DIGITS);
	carry_digits(sum->squares, SQUARE_SUM_DIGITS);
	sum->pending = 0;
}

/* Add an integer times 2^shift; sign is 1 or -1. */
static inline void
add_shifted(int64 *digits, uint64 integer, int shift, int sign)
{
	int64	   *digit = digits + shift / DIGIT_BITS;
	int			bits = shift % DIGIT_BITS;
	uint64		low = (integer & DIGIT_MASK) << bits;
	uint64		high = ((integer >> DIGIT_BITS) << bits) + (low >> DIGIT_BITS);

	digit[0] += sign * (int64) (low & DIGIT_MASK);
	digit[1] += sign * (int64) (high & DIGIT_MASK);
	digit[2] += sign * (int64) (high >> DIGIT_BITS);
}

void
exact_sum_add(ExactSum *sum, double value)
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
	add_shifted(sum->values, mantissa, shift, (bits >> 63) ? -1 : 1);

	/* The square in three parts, since 106 bits do not fit one word. */
	high = mantissa >> 27;
	low = mantissa & ((UINT64CONST(1) << 27) - 1);
	shift *= 2;
	add_shifted(sum->squares, low * low, shift, 1);
	add_shifted(sum->squares, high * low, shift + 28, 1);
	add_shifted(sum->squares, high * high, shift + 54, 1);

	sum->count++;
	if (++sum->pending >= MAX_PENDING)
		exact_sum_canonicalize(sum);
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
 * The magnitude of a canonical sum as an integer; returns its sign.
 */
static int
magnitude(const int64 *digits, int ndigits, BigInteger *result)
{
	bool		negative = digits[ndigits - 1] < 0;
	uint64		carry = negative ? 1 : 0;

	memset(result, 0, sizeof(*result));
	for (int i = 0; i < ndigits; i++)
	{
		/* two's complement negation, digit by digit */
		uint64		digit = (uint64) digits[i] & DIGIT_MASK;

		if (negative)
		{
			digit = (~digit & DIGIT_MASK) + carry;
			carry = digit >> DIGIT_BITS;
		}
		result->digit[i] = (uint32) digit;
	}
	/* the sign digit may hold more than 32 bits */
	{
		int64		top = digits[ndigits - 1] >> DIGIT_BITS;

		if (negative)
			top = (int64) (~(uint64) top + carry);
		result->digit[ndigits] = (uint32) top;
	}
	return negative ? -1 : 1;
}

static void
multiply_small(BigInteger *number, uint32 factor)
{
	uint64		carry = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		uint64		product = (uint64) number->digit[i] * factor + carry;

		number->digit[i] = (uint32) product;
		carry = product >> DIGIT_BITS;
	}
	Assert(carry == 0);
}

static void
add_to(BigInteger *number, const BigInteger *other)
{
	uint64		carry = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		uint64		total = (uint64) number->digit[i] + other->digit[i] + carry;

		number->digit[i] = (uint32) total;
		carry = total >> DIGIT_BITS;
	}
}

static void
subtract_from(BigInteger *number, const BigInteger *other)
{
	int64		borrow = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		int64		rest = (int64) number->digit[i] - other->digit[i] - borrow;

		borrow = rest < 0;
		number->digit[i] = (uint32) (rest + (borrow << DIGIT_BITS));
	}
	Assert(borrow == 0);
}

static void
shift_left(BigInteger *number, int shift)
{
	int			whole = shift / DIGIT_BITS;
	int			bits = shift % DIGIT_BITS;

	for (int i = BIG_DIGITS - 1; i >= 0; i--)
	{
		uint64		high = i - whole >= 0 ? number->digit[i - whole] : 0;
		uint64		low = i - whole >= 1 ? number->digit[i - whole - 1] : 0;

		number->digit[i] = (uint32) (((high << DIGIT_BITS | low) << bits) >> DIGIT_BITS);
	}
}

static void
multiply(BigInteger *number, uint64 factor)
{
	BigInteger	high = *number;

	multiply_small(number, (uint32) factor);
	if (factor >> DIGIT_BITS)
	{
		multiply_small(&high, (uint32) (factor >> DIGIT_BITS));
		shift_left(&high, DIGIT_BITS);
		add_to(number, &high);
	}
}

static void
square(const BigInteger *number, BigInteger *result)
{
	memset(result, 0, sizeof(*result));
	for (int i = 0; i < BIG_DIGITS; i++)
	{
		uint64		carry = 0;

		if (number->digit[i] == 0)
			continue;
		for (int j = 0; i + j < BIG_DIGITS; j++)
		{
			uint64		product = (uint64) number->digit[i] * number->digit[j] +
			result->digit[i + j] + carry;

			result->digit[i + j] = (uint32) product;
			carry = product >> DIGIT_BITS;
		}
	}
}

static int
compare(const BigInteger *a, const BigInteger *b)
{
	for (int i = BIG_DIGITS - 1; i >= 0; i--)
		if (a->digit[i] != b->digit[i])
			return a->digit[i] > b->digit[i] ? 1 : -1;
	return 0;
}

/* number ~ fraction * 2^exponent, 0.5 <= fraction < 1 (0 for zero). */
static double
approximate(const BigInteger *number, int *exponent)
{
	int			top = BIG_DIGITS - 1;
	double		value = 0;
	int			scale = 0;

	while (top > 0 && number->digit[top] == 0)
		top--;
	for (int i = top; i >= 0 && i > top - 3; i--)
	{
		value = value * 4294967296.0 + number->digit[i];
		scale = i * DIGIT_BITS;
	}
	value = frexp(value, exponent);
	*exponent += scale;
	return value;
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
	midpoint->digit[1] = (uint32) (mantissa >> DIGIT_BITS);
	shift_left(midpoint, exponent - 1076 + VALUE_SCALE);
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
	multiply(&midpoint, mean->count);
	return compare(&midpoint, &mean->sum);
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
	sign = magnitude(canonical.values, VALUE_SUM_DIGITS, &exact.sum);
	exact.count = (uint64) sum->count;
	fraction = approximate(&exact.sum, &exponent);
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
	square(&midpoint, &squared);
	multiply(&squared, variance->count);
	multiply(&squared, variance->count - 1);
	return compare(&squared, &variance->dispersion);
}

/* n * (sum of squares) and (sum of values)^2 of a canonical sum. */
static void
dispersion_terms(const ExactSum *sum, BigInteger *squares, BigInteger *square_of_sum)
{
	BigInteger	total;

	magnitude(sum->values, VALUE_SUM_DIGITS, &total);
	square(&total, square_of_sum);
	magnitude(sum->squares, SQUARE_SUM_DIGITS, squares);
	multiply(squares, (uint64) sum->count);
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
	magnitude(sum->values, VALUE_SUM_DIGITS, &total);
	midpoint_above(DBL_MAX, &largest);
	square(&largest, &squares);
	multiply(&largest, (uint64) sum->count);
	if (compare(&total, &largest) > 0)
		return false;

	/* ... likewise for the squares, ... */
	multiply(&squares, (uint64) sum->count);
	magnitude(sum->squares, SQUARE_SUM_DIGITS, &total);
	if (compare(&total, &squares) > 0)
		return false;

	/* ... and no variance is negative. */
	dispersion_terms(sum, &squares, &square_of_sum);
	return compare(&squares, &square_of_sum) >= 0;
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
	subtract_from(&exact.dispersion, &square_of_sum);
	fraction = approximate(&exact.dispersion, &exponent);
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
