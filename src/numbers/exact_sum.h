/*-------------------------------------------------------------------------
 *
 * exact_sum.h
 *	  Sums of doubles and of their squares without any rounding, and the
 *	  correctly rounded mean and standard deviation that follow from them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXACT_SUM_H
#define EXACT_SUM_H

/*
 * A sum is an integer in digits of 32 bits, least significant first; the last
 * digit carries the sign.  The sum of values counts in units of 2^-1088 (below
 * the smallest denormal, 2^-1074), the sum of squares in units of 2^-2176.
 * Both have room for 2^63 values of the largest magnitude.
 */
#define VALUE_SCALE			1088
#define VALUE_SUM_DIGITS	69
#define SQUARE_SUM_DIGITS	137

typedef struct ExactSum
{
	int64		count;			/* values added */
	int32		pending;		/* additions since digits were carried */
	int64		values[VALUE_SUM_DIGITS];
	int64		squares[SQUARE_SUM_DIGITS];
} ExactSum;

extern void exact_sum_init(ExactSum *sum);
extern void exact_sum_add(ExactSum *sum, double value);

/* Take a value away that was added. */
extern void exact_sum_subtract(ExactSum *sum, double value);
extern void exact_sum_merge(ExactSum *sum, const ExactSum *other);

/*
 * Bring the digits into their one canonical form: all but the last in
 * [0, 2^32).  Two sums of the same values are then equal byte for byte.
 */
extern void exact_sum_canonicalize(ExactSum *sum);

/*
 * Can these canonical digits be the sums of so many values?  For states that
 * come from outside: the computations below rely on it.
 */
extern bool exact_sum_is_possible(const ExactSum *sum);

/*
 * Mean, rounded once from the exact quotient; the sample standard deviation
 * (divisor n - 1; 0 for a single value), rounded once from the exact root.  The
 * latter can exceed the range of a double: Infinity.  Both want count > 0.
 */
extern double exact_sum_mean(const ExactSum *sum);
extern double exact_sum_stddev(const ExactSum *sum);

#endif							/* EXACT_SUM_H */
