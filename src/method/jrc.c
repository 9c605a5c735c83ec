/*-------------------------------------------------------------------------
 *
 * jrc.c
 *	  The extreme-value method jrc(winmax, skew, kurt): winsorize until
 *	  skewness or kurtosis is ordinary.
 *
 * The rule that the Joint Research Centre of the European Commission applies to
 * the indicators of composite indices: a skewness above 1 and a kurtosis above
 * 3.5 (Groeneveld & Meeden 1984) mark an indicator as extreme, relaxed to a
 * skewness of 2 for the small samples that indices of countries have.  It is
 * carried out as winsorise() of the R package COINr does it, with one difference:
 * ties never make the points winsorized more than winmax.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "method/jrc.h"

static bool
is_extreme(const double *parameter, const ExactMoments *moments,
		   double *skewness)
{
	double		kurtosis;

	/* Neither exists for few or equal values: NaN, and the answer is no. */
	exact_moments_shape(moments, skewness, &kurtosis);
	return fabs(*skewness) >= parameter[1] &&
		kurtosis >= parameter[2];
}

static void
replace(ExactMoments *moments, double value, double other, int times)
{
	for (int i = 0; i < times; i++)
	{
		exact_moments_subtract(moments, value);
		exact_moments_add(moments, other);
	}
}

void
jrc_bounds(const double *parameter, const ExactMoments *moments,
		   const double *lowest, const double *highest, int count,
		   double *bounds)
{
	int			most = (int) parameter[0];
	int			below = 0;		/* points winsorized so far */
	int			above = 0;
	double		lower = lowest[0];
	double		upper = highest[0];
	double		skewness;
	ExactMoments current = *moments;

	while (is_extreme(parameter, &current, &skewness))
	{
		CHECK_FOR_INTERRUPTS();
		if (skewness >= 0)
		{
			while (above < count && highest[above] >= upper)
				above++;
			if (above == count || below + above > most)
				break;
			bounds[1] = Max(highest[above], lower);
			replace(&current, upper, bounds[1], above);
			upper = bounds[1];
		}
		else
		{
			while (below < count && lowest[below] <= lower)
				below++;
			if (below == count || below + above > most)
				break;
			bounds[0] = Min(lowest[below], upper);
			replace(&current, lower, bounds[0], below);
			lower = bounds[0];
		}
	}
	bounds[0] = lower;
	bounds[1] = upper;
}
