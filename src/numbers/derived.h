/*-------------------------------------------------------------------------
 *
 * derived.h
 *	  Figures that are made of two others, or compared with them.
 *
 * Each is false where there is no result.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DERIVED_H
#define DERIVED_H

#include <math.h>

/* part / whole; none where the whole is 0. */
static inline bool
ratio_of(double part, double whole, double *result)
{
	*result = part / whole;
	return whole != 0;
}

/*
 * (current - previous) / |previous|: positive when the value rose, also from a
 * negative base (a loss that shrank).  None where the base is 0.
 */
static inline bool
growth_of(double current, double previous, double *result)
{
	*result = (current - previous) / fabs(previous);
	return previous != 0;
}

/* profit / base; none where the base is 0 or negative. */
static inline bool
margin_of(double profit, double base, double *result)
{
	*result = profit / base;
	return !(base <= 0);
}

/*
 * Amounts in yuan among amounts in ten thousand yuan are 10,000 times too
 * large, give or take what a firm differs from its peers or from last year.
 */
#define LEAST_UNIT_RATIO 3000.0
#define GREATEST_UNIT_RATIO 30000.0

/*
 * Whether a value is not 3,000 to 30,000 times that of its peers or its own
 * previous one.  None where neither is positive; NaN stands for a missing one.
 */
static inline bool
unit_is_same(double value, double peers, double previous, bool *result)
{
	double		of_peers = value / peers;
	double		of_previous = value / previous;

	*result = !(peers > 0 && of_peers >= LEAST_UNIT_RATIO && of_peers <= GREATEST_UNIT_RATIO) &&
		!(previous > 0 && of_previous >= LEAST_UNIT_RATIO && of_previous <= GREATEST_UNIT_RATIO);
	return peers > 0 || previous > 0;
}

#endif							/* DERIVED_H */
