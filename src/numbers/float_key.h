/*-------------------------------------------------------------------------
 *
 * float_key.h
 *	  The order-preserving integer image of a double.
 *
 * For finite a and b: a < b exactly if float_key(a) < float_key(b).  Equal
 * values have equal keys once -0 has been turned into +0, which everything
 * that enters a sample goes through (see sample_value()).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FLOAT_KEY_H
#define FLOAT_KEY_H

#include <math.h>

static inline uint64
float_key(double value)
{
	uint64		bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits ^ ((bits >> 63) ? ~UINT64CONST(0) : UINT64CONST(1) << 63);
}

static inline double
key_float(uint64 key)
{
	uint64		bits = key ^ ((key >> 63) ? UINT64CONST(1) << 63 : ~UINT64CONST(0));
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * Is this value part of a sample?  NULL, NaN and the infinities are missing;
 * callers hand NULL over as NaN.
 */
static inline bool
value_is_present(double value)
{
	return isfinite(value);
}

/*
 * A present value as it enters a sample: adding +0 turns -0 into +0, so that
 * equal values have equal bits and no order of rows can show in a result.
 */
static inline double
sample_value(double value)
{
	return value + 0.0;
}

/* As PostgreSQL's ORDER BY has it: NaN is above all, -0 equals 0. */
static inline uint64
score_key(double score)
{
	return float_key(isnan(score) ? NAN : sample_value(score));
}

#endif							/* FLOAT_KEY_H */
