/*-------------------------------------------------------------------------
 *
 * condition_holds.c
 *	  A condition over the values of a jsonb object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "condition/condition.h"

/* What is kept from row to row: most have the same condition. */
typedef struct KeptCondition
{
	MemoryContext context;		/* of all that follows */
	struct varlena *source;
	Condition  *condition;
	ConditionValue *values;
	ConditionValue *stack;
} KeptCondition;

typedef struct Member
{
	int			types;			/* that its value can have */
	ConditionValue value;
	ConditionText text;
} Member;

/* to_jsonb() writes numbers that JSON does not have as strings. */
static bool
number_beyond_json(const JsonbValue *found, double *number)
{
	static const char *const names[] = {"NaN", "Infinity", "-Infinity"};

	for (int i = 0; i < 3; i++)
		if (found->val.string.len == (int) strlen(names[i]) &&
			memcmp(found->val.string.val, names[i], found->val.string.len) == 0)
		{
			*number = i == 0 ? get_float8_nan() : i == 1 ? get_float8_infinity() : -get_float8_infinity();
			return true;
		}
	return false;
}

static void
read_member(Jsonb *firm, const ConditionName *name, Member *member)
{
	JsonbValue	room;
	JsonbValue *found = name->relation == RELATION_PREVIOUS || name->relation == RELATION_MEDIAN ? NULL :
	getKeyJsonValueFromContainer(&firm->root, name->name, strlen(name->name), &room);

	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("unknown name in a condition: %s", condition_name_text(name))));
	memset(member, 0, sizeof(Member));
	switch (found->type)
	{
		case jbvNull:
			member->types = CONDITION_ANY;
			member->value.is_null = true;
			break;
		case jbvNumeric:
			member->types = CONDITION_NUMBER;
			member->value.as.number =
				DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(found->val.numeric)));
			break;
		case jbvBool:
			member->types = CONDITION_BOOLEAN;
			member->value.as.truth = found->val.boolean;
			break;
		case jbvString:
			member->types = CONDITION_TEXT;
			if (number_beyond_json(found, &member->value.as.number))
			{
				member->types = CONDITION_TEXT | CONDITION_NUMBER;
				if (name->types == CONDITION_NUMBER)
					break;
			}
			member->text.length = found->val.string.len;
			member->text.bytes = found->val.string.val;
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("%s is neither a number nor a text nor a boolean", condition_name_text(name))));
	}
}

typedef struct Resolution
{
	Jsonb	   *firm;
	int			slots;
} Resolution;

static int
resolve_member(ConditionName *name, void *context)
{
	Resolution *resolution = context;
	Member		member;

	read_member(resolution->firm, name, &member);
	name->slot = resolution->slots++;
	return member.types;
}

static void
keep_condition(KeptCondition *kept, struct varlena *source, Jsonb *firm, MemoryContext parent)
{
	Resolution	resolution = {firm, 0};
	MemoryContext old;
	int			length;
	char	   *text;

	if (kept->context != NULL)
		MemoryContextDelete(kept->context);
	memset(kept, 0, sizeof(KeptCondition));
	kept->context = AllocSetContextCreate(parent, "condition", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(kept->context);
	text = condition_text(source, &length);

	kept->condition = condition_compile(pnstrdup(text, length), resolve_member, &resolution);
	kept->values = palloc0(Max(kept->condition->nnames, 1) * sizeof(ConditionValue));
	kept->stack = palloc0(kept->condition->depth * sizeof(ConditionValue));
	kept->source = palloc(VARSIZE_ANY(source));
	memcpy(kept->source, source, VARSIZE_ANY(source));
	MemoryContextSwitchTo(old);
}

/* False where a value has another type than the condition was compiled for. */
static bool
read_values(KeptCondition *kept, Jsonb *firm, Member *members)
{
	const Condition *condition = kept->condition;

	for (int i = 0; i < condition->nnames; i++)
	{
		const ConditionName *name = &condition->names[i];
		ConditionValue *value = &kept->values[name->slot];

		read_member(firm, name, &members[i]);
		if (!members[i].value.is_null && members[i].types != name->types &&
			(name->types & (name->types - 1) || (members[i].types & name->types) == 0))
			return false;
		*value = members[i].value;
		if (!value->is_null && members[i].types & CONDITION_TEXT && name->types != CONDITION_NUMBER)
			value->as.text = &members[i].text;
	}
	return true;
}

PG_FUNCTION_INFO_V1(condition_holds);
/*
 * condition_holds(condition, firm jsonb) → boolean
 *
 * The truth of a condition over the members of an object, such as to_jsonb() of
 * a row.  Compiled once as long as condition and types stay the same.
 */
Datum
condition_holds(PG_FUNCTION_ARGS)
{
	struct varlena *source = (struct varlena *) PG_GETARG_VARLENA_PP(0);
	Jsonb	   *firm = PG_GETARG_JSONB_P(1);
	KeptCondition *kept = fcinfo->flinfo->fn_extra;
	Member	   *members;
	ConditionValue result;

	if (!JB_ROOT_IS_OBJECT(firm))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the values of a condition must be a JSON object")));
	if (kept == NULL)
		fcinfo->flinfo->fn_extra = kept =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(KeptCondition));
	if (kept->source == NULL || VARSIZE_ANY(kept->source) != VARSIZE_ANY(source) ||
		memcmp(kept->source, source, VARSIZE_ANY(source)) != 0)
		keep_condition(kept, source, firm, fcinfo->flinfo->fn_mcxt);

	members = palloc(Max(kept->condition->nnames, 1) * sizeof(Member));
	if (!read_values(kept, firm, members))
	{
		keep_condition(kept, source, firm, fcinfo->flinfo->fn_mcxt);
		if (!read_values(kept, firm, members))
			elog(ERROR, "types of a condition's values are not settled");
	}
	result = condition_evaluate(kept->condition, kept->values, kept->stack);
	if (result.is_null)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(result.as.truth);
}
