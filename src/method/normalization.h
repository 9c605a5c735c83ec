/*-------------------------------------------------------------------------
 *
 * normalization.h
 *	  Directions, transforms and min-max normalization.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NORMALIZATION_H
#define NORMALIZATION_H

#include <float.h>
#include <math.h>

#include "method/method_text.h"

typedef enum DirectionKind
{
	DIRECTION_BENEFIT,
	DIRECTION_COST,
	DIRECTION_TARGET,
	DIRECTION_INTERVAL
} DirectionKind;

typedef struct Direction
{
	DirectionKind kind;
	double		parameter[METHOD_MAX_ARGUMENTS];
} Direction;

#define DIRECTION_SYNTAX	"benefit, cost, target(t), interval(a,b)"

typedef enum TransformKind
{
	TRANSFORM_NONE,
	TRANSFORM_LOG,
	TRANSFORM_SQRT,
	TRANSFORM_LN
} TransformKind;

typedef struct Transform
{
	int32		kind;			/* TransformKind */
	int32		reserved;
	double		shift;			/* of ln: added before */
} Transform;

#define TRANSFORM_SYNTAX	"none, log, sqrt, ln, ln(a)"

/*
 * What becomes of values beyond the bounds: pulled in, or drawn together in
 * their order.
 */
typedef enum AdjustKind
{
	ADJUST_CLAMP,
	ADJUST_COMPRESS
} AdjustKind;

typedef struct Adjust
{
	AdjustKind	kind;
	double		parameter[METHOD_MAX_ARGUMENTS];
} Adjust;

#define ADJUST_SYNTAX		"clamp, compress(a)"

/* As extreme_method_parse and extreme_method_print. */
extern const char *direction_parse(const char *text, int length,
								   Direction *direction);
extern void direction_print(const Direction *direction, char *text);
extern const char *transform_parse(const char *text, int length,
								   Transform *transform);
extern void transform_print(const Transform *transform, char *text);

extern const char *adjust_parse(const char *text, int length, Adjust *adjust);
extern void adjust_print(const Adjust *adjust, char *text);

/*
 * A value drawn together towards the bounds lower <= upper with a > 0: with R =
 * upper - lower and x above upper, upper + a R ln(1 + (x - upper) / (a R)), below
 * lower the mirror image of that, within the bounds x.  Increasing in x.  Where
 * the bounds leave no range, the value pulled into them.
 */
extern double compress_value(double value, double lower, double upper, double a);

/*
 * log: sign(x) * ln(1 + |x|); sqrt: sign(x) * sqrt(|x|); ln(a): ln(x + a), minus
 * infinity where that is not defined.
 */
extern double transform_value(const Transform *transform, double value);

/*
 * The value whose transform this is; of those that have it, one with at most 15
 * digits if there is one.
 */
extern double transform_inverse(const Transform *transform, double transformed);

/* The value that all must be above, or -INFINITY. */
static inline double
transform_limit(const Transform *transform)
{
	return transform->kind == TRANSFORM_LN ? 0 - transform->shift : -INFINITY;
}

static inline double
clamp_value(double value, double lower, double upper)
{
	return value < lower ? lower : value > upper ? upper : value;
}

/*
 * |part| / |whole| for two differences a - b and c - d, where the differences
 * themselves may be beyond the range of a double.
 */
static inline double
difference_ratio(double a, double b, double c, double d)
{
	double		whole = c - d;

	if (unlikely(isinf(whole)))
		return fabs(a / 2 - b / 2) / fabs(c / 2 - d / 2);
	return fabs(a - b) / fabs(whole);
}

/*
 * A bound that is the end of an interval as a decimal may miss it by the last
 * bits of a quantile: nothing lies beyond that end all the same.
 */
static inline bool
is_interval_end(double bound, double end)
{
	return fabs(bound - end) <= 4 * DBL_EPSILON * fabs(end);
}

/*
 * The normalized value, 0 to 1, of a finite value between lower <= upper; all
 * of value, bounds and parameters of the direction already transformed.  Where
 * the bounds leave no range, 0.
 */
static inline double
normalize_value(const Direction *direction, double value, double lower,
				double upper)
{
	const double *parameter = direction->parameter;

	/* Written so that bounds that do not exist (NaN) leave no range either. */
	if (!(lower < upper))
		return 0;

	switch (direction->kind)
	{
		case DIRECTION_BENEFIT:
			return difference_ratio(value, lower, upper, lower);
		case DIRECTION_COST:
			return difference_ratio(upper, value, upper, lower);
		case DIRECTION_TARGET:
			{
				double		target = parameter[0];
				double		farthest = upper / 2 - target / 2 > target / 2 - lower / 2 ? upper : lower;

				return 1 - difference_ratio(value, target, farthest, target);
			}
		case DIRECTION_INTERVAL:
			if (value < parameter[0] && !is_interval_end(lower, parameter[0]))
				return difference_ratio(value, lower, parameter[0], lower);
			if (value > parameter[1] && !is_interval_end(upper, parameter[1]))
				return difference_ratio(upper, value, upper, parameter[1]);
			return 1;
	}
	return 0;
}

#endif							/* NORMALIZATION_H */
