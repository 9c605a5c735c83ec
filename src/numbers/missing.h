/*-------------------------------------------------------------------------
 *
 * missing.h
 *	  What stands in an array of values where there is none.
 *
 * A bitmap of NULLs would cost every reader of the array a copy, so a missing
 * value is a NaN.  It carries a payload, as R's NA does: scoring takes every
 * NaN for missing, but a rule about data quality must tell a NaN that somebody
 * has entered from a value that nobody has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MISSING_H
#define MISSING_H

#define MISSING_BITS	UINT64CONST(0x7FF80000000007A2)

static inline double
missing_value(void)
{
	uint64		bits = MISSING_BITS;
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline bool
is_missing_value(double value)
{
	uint64		bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits == MISSING_BITS;
}

#endif							/* MISSING_H */
