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
