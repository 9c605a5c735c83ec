/*-------------------------------------------------------------------------
 *
 * normalization.h
 *	  Directions, transforms and min-max normalization.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NORMALIZATION_H
#define NORMALIZATION_H

#include "method_text.h"

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

typedef enum Transform
{
	TRANSFORM_NONE,
	TRANSFORM_LOG,
	TRANSFORM_SQRT
} Transform;

#define TRANSFORM_SYNTAX	"none, log, sqrt"

/* As extreme_method_parse and extreme_method_print. */
extern const char *direction_parse(const char *text, int length,
								   Direction *direction);
extern void direction_print(const Direction *direction, char *text);
extern const char *transform_parse(const char *text, int length,
								   Transform *transform);
extern void transform_print(Transform transform, char *text);

/* log: sign(x) * ln(1 + |x|); sqrt: sign(x) * sqrt(|x|) */
extern double transform_value(Transform transform, double value);

/*
 * The normalized value, 0 to 1, of a finite value between lower <= upper; all
 * of value, bounds and parameters of the direction already transformed.  Where
 * the bounds leave no range, 0.
 */
extern double normalize_value(const Direction *direction, double value,
							  double lower, double upper);

static inline double
clamp_value(double value, double lower, double upper)
{
	return value < lower ? lower : value > upper ? upper : value;
}

#endif							/* NORMALIZATION_H */
