/*-------------------------------------------------------------------------
 *
 * extreme_method.h
 *	  Extreme-value methods: their grammar and the bounds that they give.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXTREME_METHOD_H
#define EXTREME_METHOD_H

#include <float.h>
#include <math.h>

#include "numbers/exact_moments.h"
#include "numbers/exact_sum.h"
#include "method/method_text.h"
#include "numbers/quantile.h"

typedef enum ExtremeKind
{
	EXTREME_NONE,
	EXTREME_PERCENTILE,
	EXTREME_IQR,
	EXTREME_SIGMA,
	EXTREME_MAD,
	EXTREME_FIXED,
	EXTREME_JRC
} ExtremeKind;

typedef struct ExtremeMethod
{
	ExtremeKind kind;
	double		parameter[METHOD_MAX_ARGUMENTS];
} ExtremeMethod;

#define EXTREME_METHOD_SYNTAX \
	"none, percentile(p,q), iqr(k), sigma(k), mad(k), fixed(a,b), jrc(winmax,skew,kurt)"

/* The most points that method jrc can be told to winsorize. */
#define JRC_MAX_POINTS	1000

/* The bounds of the normal range. */
typedef struct ExtremeBounds
{
	double		lower;
	double		upper;
	bool		fell_back;		/* collapsed, so those of "none" */
} ExtremeBounds;

/*
 * Returns NULL, or what is wrong with the text (see method_text.h; the values
 * of the parameters are checked too).
 */
extern const char *extreme_method_parse(const char *text, int length,
										ExtremeMethod *method);
extern void extreme_method_print(const ExtremeMethod *method, char *text);
extern bool extreme_method_equal(const ExtremeMethod *a,
								 const ExtremeMethod *b);

/*
 * The quantiles that a method needs of the sample (for mad: its median), as
 * probabilities; returns how many, at most two.
 */
extern int	extreme_method_quantiles(const ExtremeMethod *method,
									 double *probabilities);

/* |value - center|, kept in the range of a double. */
static inline double
deviation_from(double value, double center)
{
	return Min(fabs(value - center), DBL_MAX);
}

/*
 * Bounds from what a method needs: its quantiles, in order (mad: the median
 * and the median deviation; jrc: its bounds); sigma: the exact sums.  Minimum and maximum are
 * those of the sample, which must not be empty, except for fixed bounds.
 */
extern ExtremeBounds extreme_bounds_from(const ExtremeMethod *method,
										 const double *quantiles,
										 const ExactSum *sum,
										 double minimum, double maximum);

/*
 * Bounds of a sample held in memory: n > 0 values as sample_value() gives
 * them; scratch has room for 2 * n values (mad; n for the others).
 */
extern ExtremeBounds extreme_bounds_of_sample(const ExtremeMethod *method,
											  const double *values, int64 n,
											  double minimum, double maximum,
											  double *scratch);

/*
 * jrc.c: lower and upper bound of method jrc, before they are found to have
 * collapsed.  It wants the exact moments of a sample and its lowest values in
 * ascending, its highest in descending order: winmax + 1 of each, or all.
 */
extern void jrc_bounds(const ExtremeMethod *method, const ExactMoments *moments,
					   const double *lowest, const double *highest, int count,
					   double *bounds);
extern void jrc_bounds_of_sample(const ExtremeMethod *method,
								 const double *values, int64 n,
								 double *scratch, double *bounds);

#endif							/* EXTREME_METHOD_H */
