/*-------------------------------------------------------------------------
 *
 * condition_row.c
 *	  A condition over the columns of a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "condition/condition.h"
#include "support/compat.h"
#include "support/number_array.h"

/* What stands before the values: condition and names. */
#define FIRST_VALUE		2

/* A condition whose names are arguments of a call, compiled once a query. */
typedef struct BoundCondition
{
	int			count;			/* of arguments that are values */
	Datum	   *names;
	int		   *types;
	Condition  *condition;
	ConditionValue *values;		/* the last one is NULL */
	ConditionText *texts;
	ConditionValue *stack;
} BoundCondition;

static int
type_of_argument(FunctionCallInfo fcinfo, int argument)
{
	switch (get_fn_expr_argtype(fcinfo->flinfo, argument))
	{
		case FLOAT8OID:
			return CONDITION_NUMBER;
		case TEXTOID:
			return CONDITION_TEXT;
		case BOOLOID:
			return CONDITION_BOOLEAN;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("value %d of a condition is not of type double precision, text or boolean",
							argument - FIRST_VALUE + 1)));
	}
}

/*
 * The place of the value of a name: that of the whole of previous.x or
 * indicator.x, or of x itself, which an indicator may be called by; -1: none.
 */
static int
find_argument(const BoundCondition *bound, const ConditionName *name)
{
	const char *relation = name->relation == RELATION_PREVIOUS ? "previous." :
	name->relation == RELATION_INDICATOR ? "indicator." : "";

	for (int i = 0; i < bound->count; i++)
	{
		const char *given = TextDatumGetCString(bound->names[i]);

		if (strncmp(given, relation, strlen(relation)) == 0 &&
			strcmp(given + strlen(relation), name->name) == 0)
			return i;
	}
	if (name->relation == RELATION_INDICATOR)
		for (int i = 0; i < bound->count; i++)
			if (strcmp(TextDatumGetCString(bound->names[i]), name->name) == 0)
				return i;
	return -1;
}

/* A name without a value is NULL. */
static int
resolve_argument(ConditionName *name, void *context)
{
	const BoundCondition *bound = context;
	int			place = find_argument(bound, name);

	if (place < 0 && name->relation != RELATION_NONE && name->relation != RELATION_INDICATOR)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("unknown name in a condition: %s", condition_name_text(name))));
	name->slot = place < 0 ? bound->count : place;
	return place < 0 ? CONDITION_ANY : bound->types[place];
}

static BoundCondition *
bind_arguments(FunctionCallInfo fcinfo)
{
	BoundCondition *bound = fcinfo->flinfo->fn_extra;
	bool		stable = get_fn_expr_arg_stable(fcinfo->flinfo, 0) &&
	get_fn_expr_arg_stable(fcinfo->flinfo, 1);
	MemoryContext old;
	int			names;

	if (bound != NULL)
		return bound;
	old = MemoryContextSwitchTo(stable ? fcinfo->flinfo->fn_mcxt : CurrentMemoryContext);
	bound = palloc0(sizeof(BoundCondition));
	bound->count = PG_NARGS() - FIRST_VALUE;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P_COPY(1), TEXTOID, -1, false, TYPALIGN_INT,
					  &bound->names, NULL, &names);
	if (names != bound->count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a condition over %d names is given %d values", names, bound->count)));
	bound->types = palloc0(bound->count * sizeof(int));
	for (int i = 0; i < bound->count; i++)
		bound->types[i] = type_of_argument(fcinfo, FIRST_VALUE + i);
	bound->condition = condition_of_datum(PG_GETARG_DATUM(0), resolve_argument, bound);
	bound->values = palloc0((bound->count + 1) * sizeof(ConditionValue));
	bound->values[bound->count].is_null = true;
	bound->texts = palloc0(bound->count * sizeof(ConditionText));
	bound->stack = palloc0(bound->condition->depth * sizeof(ConditionValue));
	MemoryContextSwitchTo(old);
	if (stable)
		fcinfo->flinfo->fn_extra = bound;
	return bound;
}

PG_FUNCTION_INFO_V1(firm_condition_holds);
/*
 * _innovation_score.firm_condition_holds(condition, names text[], VARIADIC "any")
 *		→ boolean
 *
 * The truth of a condition, given a value for each of the names: double
 * precision, text or boolean.
 */
Datum
firm_condition_holds(PG_FUNCTION_ARGS)
{
	BoundCondition *bound;
	ConditionValue result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	bound = bind_arguments(fcinfo);
	for (int i = 0; i < bound->count; i++)
	{
		ConditionValue *value = &bound->values[i];
		int			argument = FIRST_VALUE + i;

		value->is_null = PG_ARGISNULL(argument);
		if (value->is_null)
			continue;
		switch (bound->types[i])
		{
			case CONDITION_NUMBER:
				value->as.number = PG_GETARG_FLOAT8(argument);
				value->is_null = is_missing(value->as.number);
				break;
			case CONDITION_BOOLEAN:
				value->as.truth = PG_GETARG_BOOL(argument);
				break;
			default:
				{
					text	   *words = PG_GETARG_TEXT_PP(argument);

					bound->texts[i].length = VARSIZE_ANY_EXHDR(words);
					bound->texts[i].bytes = VARDATA_ANY(words);
					value->as.text = &bound->texts[i];
				}
		}
	}
	result = condition_evaluate(bound->condition, bound->values, bound->stack);
	if (result.is_null)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(result.as.truth);
}
