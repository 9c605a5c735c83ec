/*-------------------------------------------------------------------------
 *
 * quantile.h
 *	  Quantiles by linear interpolation: type 7, as percentile_cont.
 *
 *-------------------------------------------------------------------------
 */
#ifndef QUANTILE_H
#define QUANTILE_H

/* Where a quantile lies among n sorted values: type 7, as percentile_cont. */
typedef struct QuantilePosition
{
	int64		rank;			/* 0-based rank of the value at or below */
	double		fraction;		/* share of the way to the next value */
} QuantilePosition;

extern QuantilePosition quantile_position(double probability, int64 n);
extern double quantile_interpolate(double at, double next, double fraction);

/* The quantile of a sample; scratch has room for n values. */
extern double quantile_of_sample(double probability, const double *values,
								 int64 n, double *scratch);

#endif
