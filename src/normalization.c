/*-------------------------------------------------------------------------
 *
 * normalization.c
 *	  Directions, transforms and min-max normalization.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "normalization.h"

static const MethodForm direction_forms[] = {
	{"benefit", DIRECTION_BENEFIT, 0},
	{"cost", DIRECTION_COST, 0},
	{"target", DIRECTION_TARGET, 1},
	{"interval", DIRECTION_INTERVAL, 2},
	{NULL, 0, 0}
};

static const MethodForm transform_forms[] = {
	{"none", TRANSFORM_NONE, 0},
	{"log", TRANSFORM_LOG, 0},
	{"sqrt", TRANSFORM_SQRT, 0},
	{NULL, 0, 0}
};

const char *
direction_parse(const char *text, int length, Direction *direction)
{
	const char *problem;
	int			kind;

	problem = method_text_parse(text, length, direction_forms, &kind,
								direction->parameter);
	if (problem != NULL)
		return problem;
	direction->kind = (DirectionKind) kind;
	if (direction->kind == DIRECTION_INTERVAL &&
		direction->parameter[0] > direction->parameter[1])
		return "its parameters must satisfy a <= b";
	return NULL;
}

void
direction_print(const Direction *direction, char *text)
{
	method_text_print(direction_forms, direction->kind, direction->parameter,
					  text);
}

const char *
transform_parse(const char *text, int length, Transform *transform)
{
	const char *problem;
	double		unused[METHOD_MAX_ARGUMENTS];
	int			kind;

	problem = method_text_parse(text, length, transform_forms, &kind, unused);
	if (problem == NULL)
		*transform = (Transform) kind;
	return problem;
}

void
transform_print(Transform transform, char *text)
{
	method_text_print(transform_forms, transform, NULL, text);
}

double
transform_value(Transform transform, double value)
{
	switch (transform)
	{
		case TRANSFORM_NONE:
			break;
		case TRANSFORM_LOG:
			return copysign(log1p(fabs(value)), value);
		case TRANSFORM_SQRT:
			return copysign(sqrt(fabs(value)), value);
	}
	return value;
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

double
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
			if (value < parameter[0])
				return difference_ratio(value, lower, parameter[0], lower);
			if (value > parameter[1])
				return difference_ratio(upper, value, upper, parameter[1]);
			return 1;
	}
	return 0;
}
