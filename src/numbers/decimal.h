/*-------------------------------------------------------------------------
 *
 * decimal.h
 *	  Rounding of doubles as decimals, half away from zero.
 *
 * A number is rounded twice on purpose: to the places that its scale carries
 * without error (DECIMAL_DIGITS in all), which makes 60 of 59.99999999999999,
 * and from there, as an integer, to the decimals that were asked for.  The
 * result is the double nearest to the decimal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#include <float.h>
#include <math.h>

/* Digits of a number as large as the full marks, less one. */
#define DECIMAL_DIGITS		12

/* Powers of ten up to here are exact as doubles. */
#define DECIMAL_MAX_PLACES	22

/* Integers below are exact as doubles: 2^53. */
#define DECIMAL_LIMIT		9007199254740992.0

/* How to round: first to places, then to decimals. */
typedef struct Decimals
{
	double		scale;			/* 10^places */
	double		unit;			/* 10^decimals */
	int64		step;			/* 10^(places - decimals) */
} Decimals;

/* Shares, 0 to 1, such as coverage. */
static const Decimals share_decimals = {1e12, 1e12, 1};

/* The places of a scale with these full marks: 12 - floor(log10(full_marks)). */
extern int	decimal_places(double full_marks);

/* 0 <= decimals <= places <= DECIMAL_MAX_PLACES */
extern void decimals_init(Decimals *decimals, int places, int count);

/*
 * Is the exact product of value and scale at least "whole" and a half?  "scaled"
 * is the product as a double.
 */
extern bool decimal_reaches_half(double value, double scale, double scaled,
								 int64 whole);

/* The number of decimals. */
extern int	decimals_count(const Decimals *decimals);

/*
 * The whole part of n / d, by the division of doubles, which takes a fraction of
 * the time.  A quotient below a whole number k is at most k - 1/d; as k * d is
 * below 2^53, that is further from k than half the distance of doubles there, so
 * that it is not rounded up to k.
 */
static inline int64
decimal_quotient(int64 n, int64 d)
{
	return likely(n < (int64) DECIMAL_LIMIT - d) ? (int64) ((double) n / (double) d) : n / d;
}

/*
 * The rounded number as a whole number of units of the last decimal; NaN, or no
 * less than the limit, where it cannot be rounded.
 */
static inline double
decimal_units(const Decimals *decimals, double value)
{
	double		magnitude = fabs(value);
	double		scaled = magnitude * decimals->scale;
	double		rest;
	int64		whole;

	if (unlikely(!(scaled < DECIMAL_LIMIT)))
		return scaled;
	whole = (int64) scaled;
	rest = scaled - (double) whole;
	if (unlikely(fabs(rest - 0.5) <= scaled * DBL_EPSILON))
		whole += decimal_reaches_half(magnitude, decimals->scale, scaled, whole);
	else
		whole += rest > 0.5;
	if (decimals->step > 1)
		whole = decimal_quotient(whole + decimals->step / 2, decimals->step);
	return (double) (value < 0 ? -whole : whole);
}

/* NaN, and what is too large to be rounded, comes out as it goes in. */
static inline double
decimal_round(const Decimals *decimals, double value)
{
	double		units = decimal_units(decimals, value);

	/* Both are exact, so that the quotient is the nearest double. */
	return likely(fabs(units) < DECIMAL_LIMIT) ? units / decimals->unit : value;
}

#endif							/* DECIMAL_H */
