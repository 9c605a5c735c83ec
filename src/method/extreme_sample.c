/*-------------------------------------------------------------------------
 *
 * extreme_sample.c
 *	  The bounds of an extreme-value method over a sample held in memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "method/extreme_sample.h"
#include "numbers/order_statistic.h"

/* The values other than zero; returns how many. */
static int64
take_nonzero(const double *values, int64 n, double *nonzero)
{
	int64		count = 0;

	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		nonzero[count] = values[i];
		count += values[i] != 0;
	}
	return count;
}

/* The transformed values; both may be in one place. */
static void
transform_values(const Transform *transform, const double *values, int64 n,
				 double *transformed)
{
	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		transformed[i] = transform_value(transform, values[i]);
	}
}

/* The median of the deviations from a center. */
static double
median_deviation(const double *values, int64 n, double center, double *scratch)
{
	double	   *deviations = scratch + n;

	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		deviations[i] = deviation_from(values[i], center);
	}
	return quantile_of_sample(0.5, deviations, n, scratch);
}

/* The least value that is not below a fence, the greatest not above another. */
static void
most_extreme_inside(const double *values, int64 n, const double fence[2],
					double inside[2])
{
	inside[0] = INFINITY;
	inside[1] = -INFINITY;
	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (values[i] >= fence[0] && values[i] < inside[0])
			inside[0] = values[i];
		if (values[i] <= fence[1] && values[i] > inside[1])
			inside[1] = values[i];
	}
}

static void
find_sum(const double *values, int64 n, ExactSum *sum)
{
	exact_sum_init(sum);
	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		exact_sum_add(sum, values[i]);
	}
}

static void
find_moments(const double *values, int64 n, ExactMoments *moments)
{
	exact_moments_init(moments);
	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		exact_moments_add(moments, values[i]);
	}
}

ExtremeBounds
extreme_bounds_of_sample(const ExtremeMethod *method, const double *values,
						 int64 n, double minimum, double maximum,
						 double limit, const Transform *transform,
						 double *scratch)
{
	ExtremeFindings findings = {.n = n,.minimum = minimum,.maximum = maximum,.limit = limit,.transform = transform};
	int			needs = extreme_method_needs(method);
	double		probabilities[EXTREME_MAX_QUANTILES];
	int			nquantiles = extreme_method_quantiles(method, probabilities);
	double		about[2];
	double		lowest[JRC_MAX_POINTS + 1];
	double		highest[JRC_MAX_POINTS + 1];
	ExactSum	sum;
	ExactMoments moments;

	if (method->nonzero)
	{
		findings.n = n = take_nonzero(values, n, scratch);
		values = scratch;
		findings.maximum = 0;
		for (int64 i = 0; i < n; i++)
			findings.maximum = i == 0 ? values[i] : Max(findings.maximum, values[i]);
		if (n == 0)
			return extreme_method_bounds(method, &findings);
	}
	if (transform != NULL)
	{
		transform_values(transform, values, n, scratch);
		values = scratch;
	}
	if (values == scratch)
		scratch += n;
	for (int i = 0; i < nquantiles; i++)
		findings.quantile[i] = quantile_of_sample(probabilities[i], values, n, scratch);
	switch (extreme_method_next(method, findings.quantile, about))
	{
		case STEP_QUANTILES:
			break;
		case STEP_DEVIATIONS:
			findings.second[0] = median_deviation(values, n, about[0], scratch);
			break;
		case STEP_INSIDE:
			most_extreme_inside(values, n, about, findings.second);
			break;
	}
	if (needs & NEEDS_SUMS)
	{
		find_sum(values, n, &sum);
		findings.sum = &sum;
	}
	if (needs & NEEDS_MOMENTS)
	{
		find_moments(values, n, &moments);
		findings.moments = &moments;
		findings.nends = (int) Min(n, (int64) extreme_method_ends(method));
		lowest_values(values, n, findings.nends, scratch, lowest);
		highest_values(values, n, findings.nends, scratch, highest);
		findings.lowest = lowest;
		findings.highest = highest;
	}
	return extreme_method_bounds(method, &findings);
}
