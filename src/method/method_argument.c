/*-------------------------------------------------------------------------
 *
 * method_argument.c
 *	  Methods, directions, transforms and aggregations as arguments of SQL
 *	  functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "support/compat.h"
#include "method/method_argument.h"

static void
refuse(const char *kind, const char *word, const char *value, int length,
	   const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid %s \"%.*s\"", kind, length, value),
			 errdetail("The %s is not valid: %s.", word, problem),
			 errhint("%s", hint)));
}

void
bad_extreme_method(const char *value, int length, const char *problem)
{
	refuse("extreme-value method", "method", value, length, problem,
		   "Methods are " EXTREME_METHOD_SYNTAX ".");
}

void
bad_direction(const char *value, int length, const char *problem)
{
	refuse("direction", "direction", value, length, problem,
		   "Directions are " DIRECTION_SYNTAX ".");
}

void
bad_transform(const char *value, int length, const char *problem)
{
	refuse("transform", "transform", value, length, problem,
		   "Transforms are " TRANSFORM_SYNTAX ".");
}

void
bad_adjust(const char *value, int length, const char *problem)
{
	refuse("adjustment", "adjustment", value, length, problem,
		   "Adjustments are " ADJUST_SYNTAX ".");
}

void
bad_aggregation(const char *value, int length, const char *problem)
{
	refuse("aggregation", "aggregation", value, length, problem,
		   "Aggregations are " AGGREGATION_SYNTAX ".");
}

ExtremeMethod
extreme_method_argument(const text *argument)
{
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	ExtremeMethod method;
	const char *problem = extreme_method_parse(value, length, &method);

	if (problem != NULL)
		bad_extreme_method(value, length, problem);
	return method;
}

Direction
direction_argument(const text *argument)
{
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	Direction	direction;
	const char *problem = direction_parse(value, length, &direction);

	if (problem != NULL)
		bad_direction(value, length, problem);
	return direction;
}

Transform
transform_argument(const text *argument)
{
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	Transform	transform;
	const char *problem = transform_parse(value, length, &transform);

	if (problem != NULL)
		bad_transform(value, length, problem);
	return transform;
}

Adjust
adjust_argument(const text *argument)
{
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	Adjust		adjust;
	const char *problem = adjust_parse(value, length, &adjust);

	if (problem != NULL)
		bad_adjust(value, length, problem);
	return adjust;
}

void
effective_method_print(const ExtremeMethod *method, bool fell_back, char *text)
{
	extreme_method_print(method, text);
	if (fell_back)
		strcat(text, " → none");
}

PG_FUNCTION_INFO_V1(valid_extreme_method);
PG_FUNCTION_INFO_V1(valid_direction);
PG_FUNCTION_INFO_V1(valid_transform);
PG_FUNCTION_INFO_V1(valid_adjust);
PG_FUNCTION_INFO_V1(valid_aggregation);

/*
 * valid_extreme_method(text) → boolean, and its like for CHECK constraints:
 * true, or an error that says what is wrong and what is allowed.
 */
Datum
valid_extreme_method(PG_FUNCTION_ARGS)
{
	extreme_method_argument(PG_GETARG_TEXT_PP(0));
	PG_RETURN_BOOL(true);
}

Datum
valid_direction(PG_FUNCTION_ARGS)
{
	direction_argument(PG_GETARG_TEXT_PP(0));
	PG_RETURN_BOOL(true);
}

Datum
valid_transform(PG_FUNCTION_ARGS)
{
	transform_argument(PG_GETARG_TEXT_PP(0));
	PG_RETURN_BOOL(true);
}

Datum
valid_adjust(PG_FUNCTION_ARGS)
{
	adjust_argument(PG_GETARG_TEXT_PP(0));
	PG_RETURN_BOOL(true);
}

Datum
valid_aggregation(PG_FUNCTION_ARGS)
{
	const text *argument = PG_GETARG_TEXT_PP(0);
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	Aggregation aggregation;
	const char *problem = aggregation_parse(value, length, &aggregation);

	if (problem != NULL)
		bad_aggregation(value, length, problem);
	PG_RETURN_BOOL(true);
}
