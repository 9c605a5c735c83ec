/*-------------------------------------------------------------------------
 *
 * exact_moments.h
 *	  Sums of the first four powers of doubles without any rounding, and the
 *	  skewness and kurtosis that follow from them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXACT_MOMENTS_H
#define EXACT_MOMENTS_H

#include "numbers/exact_sum.h"

/* In units of 2^-(3 * VALUE_SCALE) and 2^-(4 * VALUE_SCALE); see exact_sum.h. */
#define CUBE_SUM_DIGITS		201
#define FOURTH_SUM_DIGITS	267

typedef struct ExactMoments
{
	ExactSum	sum;			/* count, values, squares */
	int64		cubes[CUBE_SUM_DIGITS];
	int64		fourths[FOURTH_SUM_DIGITS];
} ExactMoments;

extern void exact_moments_init(ExactMoments *moments);
extern void exact_moments_add(ExactMoments *moments, double value);
extern void exact_moments_subtract(ExactMoments *moments, double value);
extern void exact_moments_merge(ExactMoments *moments,
								const ExactMoments *other);

/* As exact_sum_canonicalize() and exact_sum_is_possible(). */
extern void exact_moments_canonicalize(ExactMoments *moments);
extern bool exact_moments_are_possible(const ExactMoments *moments);

/*
 * Skewness and (excess) kurtosis of a sample with the usual corrections for its
 * size, as SKEW and KURT of spreadsheets have them: with s the sample standard
 * deviation and z = (x - mean) / s
 *
 *	 skewness = n / ((n - 1) (n - 2)) * sum z^3
 *	 kurtosis = n (n + 1) / ((n - 1) (n - 2) (n - 3)) * sum z^4
 *				- 3 (n - 1)^2 / ((n - 2) (n - 3))
 *
 * (types 2 of Joanes & Gill 1998, "Comparing measures of sample skewness and
 * kurtosis").  NaN where n is below 3, resp. 4, or all values are equal.  The
 * sums are exact; only their ratio is rounded.
 */
extern void exact_moments_shape(const ExactMoments *moments, double *skewness,
								double *kurtosis);

#endif							/* EXACT_MOMENTS_H */
