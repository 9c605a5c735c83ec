/*-------------------------------------------------------------------------
 *
 * exact_moments.c
 *	  Sums of the first four powers of doubles without any rounding.
 *
 * Central moments from sums of powers are worthless in floating point once the
 * mean is large against the deviations.  With exact sums they are exact, need
 * one pass, can be merged, and follow a value that is replaced by another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/big_integer.h"
#include "numbers/exact_moments.h"

/* Digits of a mantissa and of its powers. */
#define MANTISSA_DIGITS		2
#define SQUARE_DIGITS		4
#define CUBE_DIGITS			6
#define FOURTH_DIGITS		8

void
exact_moments_init(ExactMoments *moments)
{
	memset(moments, 0, sizeof(*moments));
}

void
exact_moments_canonicalize(ExactMoments *moments)
{
	exact_sum_canonicalize(&moments->sum);
	digits_carry(moments->cubes, CUBE_SUM_DIGITS);
	digits_carry(moments->fourths, FOURTH_SUM_DIGITS);
}

static void
multiply_digits(const uint32 *a, int na, const uint32 *b, int nb,
				uint32 *result)
{
	memset(result, 0, (na + nb) * sizeof(uint32));
	for (int i = 0; i < na; i++)
	{
		uint64		carry = 0;

		for (int j = 0; j < nb; j++)
		{
			carry += (uint64) a[i] * b[j] + result[i + j];
			result[i + j] = (uint32) carry;
			carry >>= BIG_DIGIT_BITS;
		}
		result[i + nb] = (uint32) carry;
	}
}

/* Add an integer times 2^shift; sign is 1 or -1. */
static void
add_digits(int64 *sum, const uint32 *integer, int ndigits, int shift, int sign)
{
	int64	   *digit = sum + shift / BIG_DIGIT_BITS;
	int			bits = shift % BIG_DIGIT_BITS;
	uint64		carry = 0;

	for (int i = 0; i < ndigits; i++)
	{
		carry |= (uint64) integer[i] << bits;
		digit[i] += sign * (int64) (carry & BIG_DIGIT_MASK);
		carry >>= BIG_DIGIT_BITS;
	}

	/* Without a carry the next digit may lie beyond the end. */
	if (carry != 0)
		digit[ndigits] += sign * (int64) carry;
}

static void
add_powers(ExactMoments *moments, double value, int sign)
{
	uint32		mantissa[MANTISSA_DIGITS];
	uint32		square[SQUARE_DIGITS];
	uint32		cube[CUBE_DIGITS];
	uint32		fourth[FOURTH_DIGITS];
	uint64		bits;
	uint64		integer;
	int			exponent;
	int			shift;

	memcpy(&bits, &value, sizeof(bits));
	exponent = (int) ((bits >> 52) & 0x7FF);
	integer = bits & ((UINT64CONST(1) << 52) - 1);
	if (exponent == 0)
		exponent = 1;			/* denormals have no hidden bit */
	else
		integer |= UINT64CONST(1) << 52;
	mantissa[0] = (uint32) integer;
	mantissa[1] = (uint32) (integer >> BIG_DIGIT_BITS);
	multiply_digits(mantissa, MANTISSA_DIGITS, mantissa, MANTISSA_DIGITS, square);
	multiply_digits(square, SQUARE_DIGITS, mantissa, MANTISSA_DIGITS, cube);
	multiply_digits(square, SQUARE_DIGITS, square, SQUARE_DIGITS, fourth);

	/* value = integer * 2^(exponent - 1075); the top digit of x^4 is 0 */
	shift = exponent - 1075 + VALUE_SCALE;
	add_digits(moments->cubes, cube, CUBE_DIGITS, 3 * shift,
			   (bits >> 63) ? -sign : sign);
	add_digits(moments->fourths, fourth, FOURTH_DIGITS - 1, 4 * shift, sign);
	if (moments->sum.pending == 0)
		exact_moments_canonicalize(moments);
}

void
exact_moments_add(ExactMoments *moments, double value)
{
	exact_sum_add(&moments->sum, value);
	add_powers(moments, value, 1);
}

void
exact_moments_subtract(ExactMoments *moments, double value)
{
	exact_sum_subtract(&moments->sum, value);
	add_powers(moments, value, -1);
}

void
exact_moments_merge(ExactMoments *moments, const ExactMoments *other)
{
	ExactMoments carried = *other;

	exact_moments_canonicalize(&carried);
	exact_moments_canonicalize(moments);
	exact_sum_merge(&moments->sum, &carried.sum);
	for (int i = 0; i < CUBE_SUM_DIGITS; i++)
		moments->cubes[i] += carried.cubes[i];
	for (int i = 0; i < FOURTH_SUM_DIGITS; i++)
		moments->fourths[i] += carried.fourths[i];
	exact_moments_canonicalize(moments);
}

/* Terms of either sign, added up apart. */
typedef struct SignedTerms
{
	BigInteger	positive;
	BigInteger	negative;
} SignedTerms;

static void
add_term(SignedTerms *terms, int sign, const BigInteger *a, const BigInteger *b,
		 uint64 factor)
{
	BigInteger	term;

	big_product(a, b, &term);
	big_multiply(&term, factor);
	big_add(sign > 0 ? &terms->positive : &terms->negative, &term);
}

/* What the terms add up to: the magnitude goes to "result"; returns the sign. */
static int
total_of_terms(const SignedTerms *terms, BigInteger *result)
{
	if (big_compare(&terms->positive, &terms->negative) >= 0)
	{
		*result = terms->positive;
		big_subtract(result, &terms->negative);
		return 1;
	}
	*result = terms->negative;
	big_subtract(result, &terms->positive);
	return -1;
}

/*
 * Central moments as integers, in the units of their powers:
 *
 *	 second = n S2 - S1^2								= n sum (x - mean)^2
 *	 third	= n^2 S3 - 3 n S1 S2 + 2 S1^3				= n^2 sum (x - mean)^3
 *	 fourth = n^3 S4 - 4 n^2 S1 S3 + 6 n S1^2 S2 - 3 S1^4 = n^3 sum (x - mean)^4
 */
typedef struct CentralMoments
{
	BigInteger	second;
	BigInteger	third;
	BigInteger	fourth;
	int			third_sign;
	int			fourth_sign;	/* -1 only of sums that no sample has */
} CentralMoments;

static void
central_moments(const ExactMoments *moments, CentralMoments *central)
{
	ExactMoments canonical = *moments;
	uint64		n = (uint64) moments->sum.count;
	BigInteger	s1,
				s2,
				s3,
				s4;
	BigInteger	square;
	BigInteger	scale = {{0}};
	SignedTerms terms;
	int			sign1;
	int			sign3;

	exact_moments_canonicalize(&canonical);
	sign1 = digits_magnitude(canonical.sum.values, VALUE_SUM_DIGITS, &s1);
	digits_magnitude(canonical.sum.squares, SQUARE_SUM_DIGITS, &s2);
	sign3 = digits_magnitude(canonical.cubes, CUBE_SUM_DIGITS, &s3);
	digits_magnitude(canonical.fourths, FOURTH_SUM_DIGITS, &s4);
	big_product(&s1, &s1, &square);
	scale.digit[0] = 1;
	big_multiply(&scale, n);

	memset(&terms, 0, sizeof(terms));
	add_term(&terms, 1, &scale, &s2, 1);
	add_term(&terms, -1, &s1, &s1, 1);
	total_of_terms(&terms, &central->second);

	big_multiply(&scale, n);
	memset(&terms, 0, sizeof(terms));
	add_term(&terms, sign3, &scale, &s3, 1);
	big_multiply(&s2, n);
	add_term(&terms, -sign1, &s1, &s2, 3);
	add_term(&terms, sign1, &square, &s1, 2);
	central->third_sign = total_of_terms(&terms, &central->third);

	memset(&terms, 0, sizeof(terms));
	big_multiply(&s3, n);
	big_multiply(&s3, n);
	add_term(&terms, -sign1 * sign3, &s1, &s3, 4);
	add_term(&terms, 1, &square, &s2, 6);
	add_term(&terms, -1, &square, &square, 3);
	big_multiply(&scale, n);
	add_term(&terms, 1, &scale, &s4, 1);
	central->fourth_sign = total_of_terms(&terms, &central->fourth);
}

void
exact_moments_shape(const ExactMoments *moments, double *skewness,
					double *kurtosis)
{
	CentralMoments central;
	SignedTerms terms;
	BigInteger	square;
	BigInteger	rest;
	double		n = (double) moments->sum.count;
	double		second;
	double		other;
	int			second_exponent;
	int			other_exponent;
	int			sign;

	*skewness = *kurtosis = NAN;
	if (moments->sum.count < 3)
		return;
	central_moments(moments, &central);
	second = big_approximate(&central.second, &second_exponent);
	if (second == 0)
		return;

	/* sqrt(n (n - 1)) / (n - 2) * third / second^1.5: the units cancel */
	if (second_exponent % 2 != 0)
	{
		second *= 2;
		second_exponent--;
	}
	other = big_approximate(&central.third, &other_exponent);
	*skewness = central.third_sign *
		ldexp(other / (second * (n - 2)) * sqrt(n * (n - 1) / second),
			  other_exponent - 3 * (second_exponent / 2)) + 0.0;
	if (moments->sum.count < 4)
		return;

	/*-
	 * (n - 1) / ((n - 2) (n - 3))
	 *	 * ((n + 1) fourth - 3 (n - 1) second^2) / second^2
	 */
	big_product(&central.second, &central.second, &square);
	memset(&terms, 0, sizeof(terms));
	terms.positive = central.fourth;
	big_multiply(&terms.positive, (uint64) moments->sum.count + 1);
	terms.negative = square;
	big_multiply(&terms.negative, (uint64) moments->sum.count - 1);
	big_multiply(&terms.negative, 3);
	sign = total_of_terms(&terms, &rest);
	second = big_approximate(&square, &second_exponent);
	other = big_approximate(&rest, &other_exponent);
	*kurtosis = (n - 1) / ((n - 2) * (n - 3)) * sign *
		ldexp(other / second, other_exponent - second_exponent) + 0.0;
}

/* Are these digits at most the sum of so many powers of DBL_MAX? */
static bool
is_within_range(const int64 *digits, int ndigits, int power, int64 count)
{
	BigInteger	total;
	BigInteger	largest = {{0}};

	digits_magnitude(digits, ndigits, &total);
	largest.digit[0] = 1;
	big_shift_left(&largest, power * (1024 + VALUE_SCALE));
	big_multiply(&largest, (uint64) count);
	return big_compare(&total, &largest) <= 0;
}

bool
exact_moments_are_possible(const ExactMoments *moments)
{
	int64		count = moments->sum.count;
	CentralMoments central;

	if (!exact_sum_is_possible(&moments->sum) ||
		moments->fourths[FOURTH_SUM_DIGITS - 1] < 0 ||
		!is_within_range(moments->cubes, CUBE_SUM_DIGITS, 3, count) ||
		!is_within_range(moments->fourths, FOURTH_SUM_DIGITS, 4, count))
		return false;

	/* No sample has a negative fourth central moment. */
	central_moments(moments, &central);
	return central.fourth_sign > 0;
}
