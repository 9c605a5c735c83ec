/*-------------------------------------------------------------------------
 *
 * big_integer.h
 *	  Integers without rounding: running sums, and what is computed from them.
 *
 * A running sum is an array of digits of 32 bits in words of 64, least
 * significant first, the last one carrying the sign: the room in the words lets
 * many numbers be added before carries must be passed on.  A BigInteger is a
 * magnitude, large enough for the products that the moments of a sample need.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BIG_INTEGER_H
#define BIG_INTEGER_H

#define BIG_DIGIT_BITS		32
#define BIG_DIGIT_MASK		UINT64CONST(0xFFFFFFFF)

/* The most that exact_moments.c needs is 276: five counts of 63 bits times x^4. */
#define BIG_DIGITS			288

/* Additions that cannot overflow the words of a running sum. */
#define DIGITS_MAX_PENDING	(1 << 28)

typedef struct BigInteger
{
	uint32		digit[BIG_DIGITS];	/* least significant first */
} BigInteger;

/*
 * Pass carries on, which brings digits into their one canonical form: all but
 * the last in [0, 2^32).
 */
extern void digits_carry(int64 *digits, int ndigits);

/* The magnitude of a canonical running sum; returns its sign, 1 for zero. */
extern int	digits_magnitude(const int64 *digits, int ndigits,
							 BigInteger *result);

extern void big_add(BigInteger *number, const BigInteger *other);

/* "other" must not be the larger one. */
extern void big_subtract(BigInteger *number, const BigInteger *other);
extern void big_shift_left(BigInteger *number, int shift);
extern void big_multiply(BigInteger *number, uint64 factor);
extern void big_product(const BigInteger *a, const BigInteger *b,
						BigInteger *result);
extern int	big_compare(const BigInteger *a, const BigInteger *b);

/* number ~ fraction * 2^exponent, 0.5 <= fraction < 1 (0 for zero). */
extern double big_approximate(const BigInteger *number, int *exponent);

#endif							/* BIG_INTEGER_H */
