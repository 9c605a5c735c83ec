/*-------------------------------------------------------------------------
 *
 * quantile.c
 *	  Quantiles by linear interpolation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/order_statistic.h"
#include "numbers/quantile.h"

/* The same arithmetic as percentile_cont, hence the same bits. */
QuantilePosition
quantile_position(double probability, int64 n)
{
	double		position = probability * (n - 1);
	QuantilePosition result;

	result.rank = (int64) floor(position);
	result.fraction = position - floor(position);
	return result;
}

double
quantile_interpolate(double at, double next, double fraction)
{
	double		difference = next - at;

	if (fraction == 0)
		return at;

	/* Values of opposite sign near the end of the range: half the step. */
	if (isinf(difference))
		return 2 * (at / 2 + fraction * (next / 2 - at / 2));
	return at + fraction * difference;
}

double
quantile_of_sample(double probability, const double *values, int64 n,
				   double *scratch)
{
	QuantilePosition position = quantile_position(probability, n);
	double		at;
	double		next;

	if (position.fraction == 0)
		return order_statistic(values, n, position.rank, scratch);
	order_statistic_pair(values, n, position.rank, scratch, &at, &next);
	return quantile_interpolate(at, next, position.fraction);
}
