/*-------------------------------------------------------------------------
 *
 * normalization.c
 *	  Directions, transforms and min-max normalization.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "method/normalization.h"

static const MethodForm direction_forms[] = {
	{"benefit", DIRECTION_BENEFIT, 0, false, NULL},
	{"cost", DIRECTION_COST, 0, false, NULL},
	{"target", DIRECTION_TARGET, 1, false, NULL},
	{"interval", DIRECTION_INTERVAL, 2, false, NULL},
	{NULL, 0, 0, false, NULL}
};

/* Kind of "ln" without a parameter, in the grammar only. */
#define LN_UNSHIFTED	(TRANSFORM_LN + 1)

static const MethodForm transform_forms[] = {
	{"none", TRANSFORM_NONE, 0, false, NULL},
	{"log", TRANSFORM_LOG, 0, false, NULL},
	{"sqrt", TRANSFORM_SQRT, 0, false, NULL},
	{"ln", TRANSFORM_LN, 1, false, NULL},
	{"ln", LN_UNSHIFTED, 0, false, NULL},
	{NULL, 0, 0, false, NULL}
};

static const MethodForm adjust_forms[] = {
	{"clamp", ADJUST_CLAMP, 0, false, NULL},
	{"compress", ADJUST_COMPRESS, 1, false, NULL},
	{NULL, 0, 0, false, NULL}
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
	double		parameter[METHOD_MAX_ARGUMENTS];
	int			kind;

	problem = method_text_parse(text, length, transform_forms, &kind, parameter);
	if (problem != NULL)
		return problem;
	memset(transform, 0, sizeof(*transform));
	transform->kind = kind == LN_UNSHIFTED ? TRANSFORM_LN : kind;
	transform->shift = parameter[0];
	return NULL;
}

void
transform_print(const Transform *transform, char *text)
{
	method_text_print(transform_forms,
					  transform->kind == TRANSFORM_LN && transform->shift == 0 ?
					  LN_UNSHIFTED : transform->kind, &transform->shift, text);
}

const char *
adjust_parse(const char *text, int length, Adjust *adjust)
{
	const char *problem;
	int			kind;

	problem = method_text_parse(text, length, adjust_forms, &kind,
								adjust->parameter);
	if (problem != NULL)
		return problem;
	adjust->kind = (AdjustKind) kind;
	if (adjust->kind == ADJUST_COMPRESS && !(adjust->parameter[0] > 0))
		return "its parameter must be above zero";
	return NULL;
}

void
adjust_print(const Adjust *adjust, char *text)
{
	method_text_print(adjust_forms, adjust->kind, adjust->parameter, text);
}

/*
 * width * ln(1 + excess / width) for excess >= 0: between 0, which it tends to
 * as the width does, and the excess, to which it tends as the width grows.
 */
static double
compress_excess(double excess, double width)
{
	double		ratio = excess / width;
	double		logarithm;

	if (!(width > 0))
		return 0;
	if (isinf(width))
		return excess;
	logarithm = isinf(ratio) ? log(excess) - log(width) : log1p(ratio);
	return Min(width * logarithm, excess);
}

double
compress_value(double value, double lower, double upper, double a)
{
	double		bound = value > upper ? upper : lower;
	double		sign = value > upper ? 1 : -1;
	double		excess = fabs(value - bound);
	double		width = a * (upper - lower);

	if (value >= lower && value <= upper)
		return value;
	if (!(lower < upper))
		return bound;

	/* Differences beyond the range of a double: half of everything. */
	if (isinf(excess) || isinf(upper - lower))
		return 2 * (bound / 2 + sign * compress_excess(fabs(value / 2 - bound / 2),
													   a * (upper / 2 - lower / 2)));
	return bound + sign * compress_excess(excess, width);
}

double
transform_value(const Transform *transform, double value)
{
	switch ((TransformKind) transform->kind)
	{
		case TRANSFORM_NONE:
			break;
		case TRANSFORM_LOG:
			return copysign(log1p(fabs(value)), value);
		case TRANSFORM_SQRT:
			return copysign(sqrt(fabs(value)), value);
		case TRANSFORM_LN:
			return value > transform_limit(transform) ? log(value + transform->shift) : -INFINITY;
	}
	return value;
}

static double
inverse(const Transform *transform, double value)
{
	switch ((TransformKind) transform->kind)
	{
		case TRANSFORM_NONE:
			break;
		case TRANSFORM_LOG:
			return copysign(expm1(fabs(value)), value);
		case TRANSFORM_SQRT:
			return copysign(value * value, value);
		case TRANSFORM_LN:
			/* Each keeps what lies next to zero: of x + 1, or of x itself. */
			return transform->shift == 1 ? expm1(value) : exp(value) - transform->shift;
	}
	return value;
}

double
transform_inverse(const Transform *transform, double transformed)
{
	double		value = Max(Min(inverse(transform, transformed), DBL_MAX), -DBL_MAX);
	char		digits[32];
	double		rounded;

	snprintf(digits, sizeof(digits), "%.15g", value);
	rounded = strtod(digits, NULL);
	return isfinite(rounded) && transform_value(transform, rounded) == transformed ? rounded : value;
}
