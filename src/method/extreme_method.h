/*-------------------------------------------------------------------------
 *
 * extreme_method.h
 *	  Extreme-value methods: their grammar and the bounds that they give.
 *
 * A method has one part, or two that give one side each: "iqr(1.5)",
 * "fixed(0,) + percentile(,0.99)".  Each kind of part is a row of callbacks in
 * extreme_method.c.  Whoever fits a method asks what it needs of a sample,
 * gathers that, in one pass or several, and hands it over as ExtremeFindings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXTREME_METHOD_H
#define EXTREME_METHOD_H

#include <float.h>
#include <math.h>

#include "method/jrc.h"
#include "method/method_text.h"
#include "method/normalization.h"
#include "numbers/exact_moments.h"
#include "numbers/exact_sum.h"
#include "numbers/quantile.h"

/* Their numbers stand in binary forms. */
typedef enum ExtremeKind
{
	EXTREME_NONE,
	EXTREME_PERCENTILE,
	EXTREME_IQR,
	EXTREME_SIGMA,
	EXTREME_MAD,
	EXTREME_FIXED,
	EXTREME_JRC,
	EXTREME_INSIDE,				/* iqr(k,inside) */
	EXTREME_ZSCORE
}			ExtremeKind;

#define EXTREME_KINDS		(EXTREME_ZSCORE + 1)

/* The sides that a part gives. */
#define SIDE_LOWER			1
#define SIDE_UPPER			2
#define SIDE_BOTH			(SIDE_LOWER | SIDE_UPPER)

#define EXTREME_MAX_PARTS	2

/* A side that is left out has parameter 0. */
typedef struct ExtremePart
{
	int32		kind;
	int32		sides;			/* that it says something of */
	double		parameter[METHOD_MAX_ARGUMENTS];
} ExtremePart;

typedef struct ExtremeMethod
{
	int32		nparts;
	int16		nonzero;		/* looks at values other than zero */
	int16		transformed;	/* looks at what the transform makes of them */
	ExtremePart part[EXTREME_MAX_PARTS];
} ExtremeMethod;

#define EXTREME_METHOD_SYNTAX \
	"none, percentile(p,q), iqr(k), iqr(k,inside), sigma(k), zscore(k), mad(k), fixed(a,b), jrc(winmax,skew,kurt); " \
	"fixed and percentile may leave a side out, as in \"fixed(0,) + percentile(,0.99)\"; \" of nonzero\", \" of transformed\" or \" of transformed nonzero\" may follow"

/* The bounds of the normal range. */
typedef struct ExtremeBounds
{
	double		lower;
	double		upper;
	bool		fell_back;		/* collapsed, so those of "none" */
} ExtremeBounds;

/* What a method needs of a sample besides its extent. */
#define NEEDS_SUMS			1	/* exact sums */
#define NEEDS_MOMENTS		2	/* exact moments, and the values at the ends */
#define NEEDS_VALUES		4	/* to be kept where they are few */

/* The most quantiles that a method needs: one of a side, and two. */
#define EXTREME_MAX_QUANTILES	3

/*
 * What comes after the quantiles: the median of the deviations from a center,
 * or the most extreme values inside fences.
 */
typedef enum ExtremeStep
{
	STEP_QUANTILES,
	STEP_DEVIATIONS,
	STEP_INSIDE
} ExtremeStep;

/*
 * What has been found of a sample: that which its method needs.  All of it but
 * "minimum" is about the values that the method looks at.  Of a method that looks
 * at transformed values, the extent and the limit are of values as they are, and
 * the rest of transformed ones.
 */
typedef struct ExtremeFindings
{
	int64		n;
	double		minimum;		/* of all values */
	double		maximum;
	double		limit;			/* what no bound may reach, or -INFINITY */
	const Transform *transform; /* of the values that it looks at, or NULL */
	double		quantile[EXTREME_MAX_QUANTILES];
	double		second[2];		/* found in the second step */
	const ExactSum *sum;
	const ExactMoments *moments;
	const double *lowest;		/* ascending; see jrc.h */
	const double *highest;		/* descending */
	int			nends;
} ExtremeFindings;

extern const ExtremeMethod extreme_method_none;

/*
 * Returns NULL, or what is wrong with the text (see method_text.h; the values
 * of the parameters are checked too).
 */
extern const char *extreme_method_parse(const char *text, int length,
										ExtremeMethod *method);
extern void extreme_method_print(const ExtremeMethod *method, char *text);
extern bool extreme_method_equal(const ExtremeMethod *a,
								 const ExtremeMethod *b);

extern int	extreme_method_needs(const ExtremeMethod *method);

extern int	extreme_method_scratch(const ExtremeMethod *method);

/* For methods that need moments: how many values at either end. */
extern int	extreme_method_ends(const ExtremeMethod *method);

/*
 * The sides that are fixed, whatever the sample; -INFINITY and INFINITY for
 * those that are not.  True if both are.
 */
extern bool extreme_method_fixed(const ExtremeMethod *method,
								 double *lower, double *upper);

/*
 * The quantiles that a method needs of the values that it looks at, as
 * probabilities; returns how many.
 */
extern int	extreme_method_quantiles(const ExtremeMethod *method,
									 double probabilities[EXTREME_MAX_QUANTILES]);

/*
 * The step that follows when the quantiles are known, and what it is about: the
 * center, or the fences; STEP_QUANTILES if none does.
 */
extern ExtremeStep extreme_method_next(const ExtremeMethod *method,
									   const double *quantile,
									   double about[2]);

/* The same without the quantiles: which step follows? */
extern ExtremeStep extreme_method_last_step(const ExtremeMethod *method);

/* |value - center|, kept in the range of a double. */
static inline double
deviation_from(double value, double center)
{
	return Min(fabs(value - center), DBL_MAX);
}

/* The transform whose values a method looks at, or NULL. */
static inline const Transform *
extreme_method_transform(const ExtremeMethod *method, const Transform *transform)
{
	return method->transformed && transform->kind != TRANSFORM_NONE ? transform : NULL;
}

static inline double
value_looked_at(const Transform *transform, double value)
{
	return transform == NULL ? value : transform_value(transform, value);
}

/* Bounds from what a method needs, of a sample that is not empty. */
extern ExtremeBounds extreme_method_bounds(const ExtremeMethod *method,
										   const ExtremeFindings *findings);

#endif							/* EXTREME_METHOD_H */
