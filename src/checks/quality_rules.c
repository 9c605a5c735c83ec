/*-------------------------------------------------------------------------
 *
 * quality_rules.c
 *	  The quality rules of a scheme over the values of firms: who violates
 *	  which, and the medians that they ask for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "checks/quality_rules.h"
#include "numbers/float_key.h"
#include "numbers/quantile.h"
#include "support/compat.h"
#include "support/function_glue.h"
#include "support/number_array.h"

/* ---------------- reading and compiling ---------------- */

static ValueSource
value_source(const ConditionName *name)
{
	return name->relation == RELATION_PREVIOUS ? PREVIOUS_VALUES :
		name->relation == RELATION_MEDIAN ? MEDIAN_VALUES : OWN_VALUES;
}

static int
resolve_indicator(ConditionName *name, void *context)
{
	QualityRules *rules = context;

	for (int i = 0; i < rules->nindicators; i++)
	{
		if (name->relation == RELATION_SCORE ||
			strcmp(rules->indicators[i], name->name) != 0)
			continue;
		name->slot = value_source(name) * rules->nindicators + i;
		rules->used[value_source(name)] = true;
		return CONDITION_NUMBER;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("a quality rule holds %s, which is no indicator", condition_name_text(name))));
}

/* A text of an object, or NULL. */
static char *
text_field(JsonbContainer *object, const char *name)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	if (value == NULL || value->type != jbvString)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", what)));
}

static void
read_rule(QualityRules *rules, QualityRule *rule, JsonbValue *element)
{
	JsonbContainer *object = element->val.binary.data;
	const char *condition;

	if (element->type != jbvBinary || !JsonContainerIsObject(object))
		refuse("a quality rule is not an object");
	rule->rule = text_field(object, "rule");
	rule->severity = text_field(object, "severity");
	rule->message = text_field(object, "message");
	condition = text_field(object, "condition");
	if (rule->rule == NULL || rule->severity == NULL || condition == NULL)
		refuse("a quality rule lacks its code, severity or condition");
	rule->condition = condition_compile(condition, resolve_indicator, rules);
}

static QualityRules *
read_rules(Jsonb *document, ArrayType *indicators)
{
	QualityRules *rules = palloc0(sizeof(QualityRules));
	Datum	   *codes;
	int			depth = 0;

	if (!JB_ROOT_IS_ARRAY(document))
		refuse("quality rules are not an array");
	deconstruct_array(indicators, TEXTOID, -1, false, TYPALIGN_INT, &codes, NULL,
					  &rules->nindicators);
	rules->indicators = palloc(rules->nindicators * sizeof(char *));
	for (int i = 0; i < rules->nindicators; i++)
		rules->indicators[i] = TextDatumGetCString(codes[i]);
	rules->count = JB_ROOT_COUNT(document);
	rules->rules = palloc0(rules->count * sizeof(QualityRule));
	for (int i = 0; i < rules->count; i++)
	{
		read_rule(rules, &rules->rules[i], getIthJsonbValueFromContainer(&document->root, i));
		depth = Max(depth, rules->rules[i].condition->depth);
	}
	rules->values = palloc0(VALUE_SOURCES * rules->nindicators * sizeof(ConditionValue));
	rules->stack = palloc0(depth * sizeof(ConditionValue));
	return rules;
}

/* What was compiled last, and of what. */
typedef struct KeptRules
{
	MemoryContext context;
	struct varlena *document;
	struct varlena *indicators;
	QualityRules *rules;
	bool		stable;			/* both are the same in all of a query */
} KeptRules;

static bool
same_bytes(const struct varlena *a, const struct varlena *b)
{
	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

static struct varlena *
copy_bytes(const struct varlena *value)
{
	return memcpy(palloc(VARSIZE(value)), value, VARSIZE(value));
}

QualityRules *
quality_rules_argument(FunctionCallInfo fcinfo, int argument)
{
	KeptRules  *kept = fcinfo->flinfo->fn_extra;
	struct varlena *document;
	struct varlena *indicators;
	MemoryContext old;

	if (kept != NULL && kept->rules != NULL && kept->stable)
		return kept->rules;
	document = PG_DETOAST_DATUM(PG_GETARG_DATUM(argument));
	indicators = PG_DETOAST_DATUM(PG_GETARG_DATUM(argument + 1));
	if (kept == NULL)
	{
		kept = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(KeptRules));
		kept->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "quality rules",
											  ALLOCSET_DEFAULT_SIZES);
		kept->stable = get_fn_expr_arg_stable(fcinfo->flinfo, argument) &&
			get_fn_expr_arg_stable(fcinfo->flinfo, argument + 1);
		fcinfo->flinfo->fn_extra = kept;
	}
	if (kept->rules != NULL && same_bytes(document, kept->document) &&
		same_bytes(indicators, kept->indicators))
		return kept->rules;
	kept->rules = NULL;
	MemoryContextReset(kept->context);
	old = MemoryContextSwitchTo(kept->context);
	kept->document = copy_bytes(document);
	kept->indicators = copy_bytes(indicators);
	kept->rules = read_rules((Jsonb *) kept->document, (ArrayType *) kept->indicators);
	MemoryContextSwitchTo(old);
	return kept->rules;
}

const double *
indicator_numbers(FunctionCallInfo fcinfo, int argument, const QualityRules *rules)
{
	int			count;
	const double *numbers;

	if (PG_ARGISNULL(argument))
		return NULL;
	numbers = numbers_get(PG_GETARG_ARRAYTYPE_P(argument), &count);
	if (count != rules->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("quality rules over %d indicators are given %d values",
						rules->nindicators, count)));
	return numbers;
}

/* ---------------- evaluation ---------------- */

void
quality_rules_set_firm(QualityRules *rules, FunctionCallInfo fcinfo, int argument, int sources)
{
	for (int source = 0; source < sources; source++)
	{
		ConditionValue *values = &rules->values[source * rules->nindicators];
		const double *numbers = indicator_numbers(fcinfo, argument + source, rules);

		for (int i = 0; i < rules->nindicators && rules->used[source]; i++)
		{
			values[i].is_null = numbers == NULL || is_missing(numbers[i]);
			values[i].as.number = numbers == NULL ? 0 : numbers[i];
		}
	}
}

int
rule_indicator(const QualityRules *rules, const ConditionName *name)
{
	return name->slot % rules->nindicators;
}

ConditionValue
quality_rule_holds(const QualityRules *rules, int rule)
{
	return condition_evaluate(rules->rules[rule].condition, rules->values, rules->stack);
}

static bool
is_violated(const QualityRules *rules, int rule)
{
	ConditionValue holds = quality_rule_holds(rules, rule);

	return !holds.is_null && !holds.as.truth;
}

/* "revenue = 5, previous.revenue = NULL", whatever the settings of the session. */
static char *
observed_text(const QualityRules *rules, const Condition *condition)
{
	StringInfoData text = {0};
	char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

	initStringInfo(&text);
	for (int i = 0; i < condition->nnames; i++)
	{
		ConditionValue value = rules->values[condition->names[i].slot];

		if (!value.is_null)
			double_to_shortest_decimal_buf(value.as.number, number);
		appendStringInfo(&text, "%s%s = %s", i > 0 ? ", " : "",
						 condition_name_text(&condition->names[i]),
						 value.is_null ? "NULL" : number);
	}
	return text.data;
}

PG_FUNCTION_INFO_V1(findings);
/*
 * _innovation_score.findings(rules jsonb, indicators text[], vals float8[],
 *		previous float8[], medians float8[]) → SETOF finding
 *
 * The rules that a firm violates, in their order, with the values that they name.
 */
Datum
findings(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	QualityRules *rules;
	bool		found = false;

	if (!PG_ARGISNULL(0) && !PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		rules = quality_rules_argument(fcinfo, 0);
		quality_rules_set_firm(rules, fcinfo, 2, VALUE_SOURCES);
		for (int i = 0; i < rules->count; i++)
		{
			QualityRule *rule = &rules->rules[i];
			Datum		columns[4];
			bool		nulls[4] = {false};

			if (!is_violated(rules, i))
				continue;
			if (!found)
				init_materialized_srf(fcinfo);
			found = true;
			columns[0] = CStringGetTextDatum(rule->rule);
			columns[1] = CStringGetTextDatum(rule->severity);
			set_text(&columns[2], &nulls[2], rule->message);
			columns[3] = CStringGetTextDatum(observed_text(rules, rule->condition));
			tuplestore_putvalues(result->setResult, result->setDesc, columns, nulls);
		}
	}
	/* Most firms violate none, and need no place to put rows in. */
	if (!found)
	{
		if (result == NULL || !IsA(result, ReturnSetInfo))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("set-valued function called in context that cannot accept a set")));
		result->isDone = ExprEndResult;
	}
	PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(quality_errors);
/*
 * _innovation_score.quality_errors(rules jsonb, indicators text[], vals float8[]) → text
 *
 * The codes of the rules that a firm violates, NULL if it violates none.
 */
Datum
quality_errors(PG_FUNCTION_ARGS)
{
	QualityRules *rules = quality_rules_argument(fcinfo, 0);
	StringInfoData text = {0};

	quality_rules_set_firm(rules, fcinfo, 2, 1);
	for (int i = 0; i < rules->count; i++)
	{
		if (!is_violated(rules, i))
			continue;
		if (text.data == NULL)
			initStringInfo(&text);
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", rules->rules[i].rule);
	}
	if (text.data == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text.data, text.len));
}

PG_FUNCTION_INFO_V1(sound_values);
/*
 * _innovation_score.sound_values(rules jsonb, indicators text[], vals float8[]) → float8[]
 *
 * The values of a firm that violates none of the rules, NULL of others.
 */
Datum
sound_values(PG_FUNCTION_ARGS)
{
	QualityRules *rules = quality_rules_argument(fcinfo, 0);

	quality_rules_set_firm(rules, fcinfo, 2, 1);
	for (int i = 0; i < rules->count; i++)
		if (is_violated(rules, i))
			PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(2));
}

/* ---------------- medians ---------------- */

/* The values of the indicators whose medians rules name. */
typedef struct MedianState
{
	int			count;
	bool	   *wanted;
	int64	   *used;
	int64	   *room;
	double	  **values;
} MedianState;

static MedianState *
make_median_state(const QualityRules *rules, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	MedianState *state = palloc(sizeof(MedianState));

	state->count = rules->nindicators;
	state->wanted = palloc0(state->count * sizeof(bool));
	state->used = palloc0(state->count * sizeof(int64));
	state->room = palloc0(state->count * sizeof(int64));
	state->values = palloc0(state->count * sizeof(double *));
	for (int i = 0; i < rules->count; i++)
	{
		const Condition *condition = rules->rules[i].condition;

		for (int n = 0; n < condition->nnames; n++)
			if (condition->names[n].relation == RELATION_MEDIAN)
				state->wanted[rule_indicator(rules, &condition->names[n])] = true;
	}
	MemoryContextSwitchTo(old);
	return state;
}

PG_FUNCTION_INFO_V1(rule_medians_accumulate);
/*
 * rule_medians_accumulate(internal, rules jsonb, indicators text[], vals float8[]) → internal
 *
 * Zeros are left out: most firms have no patents and no contracts, and a
 * median of zero would say nothing about those that have.
 */
Datum
rule_medians_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	QualityRules *rules;
	const double *numbers;
	MedianState *state;

	for (int i = 1; i <= 3; i++)
		if (PG_ARGISNULL(i))
			return unchanged_state(fcinfo);
	rules = quality_rules_argument(fcinfo, 1);
	numbers = indicator_numbers(fcinfo, 3, rules);
	state = PG_ARGISNULL(0) ? make_median_state(rules, context) : (MedianState *) PG_GETARG_POINTER(0);
	for (int i = 0; i < state->count; i++)
	{
		if (!state->wanted[i] || !value_is_present(numbers[i]) || numbers[i] == 0)
			continue;
		if (state->used[i] == state->room[i])
		{
			state->room[i] = Max(2 * state->room[i], 16);
			state->values[i] = state->values[i] == NULL ?
				MemoryContextAlloc(context, state->room[i] * sizeof(double)) :
				repalloc_huge(state->values[i], state->room[i] * sizeof(double));
		}
		state->values[i][state->used[i]++] = numbers[i];
	}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(rule_medians_final);
/* rule_medians_final(internal) → float8[]: NULL where no rule asks, or there is no value */
Datum
rule_medians_final(PG_FUNCTION_ARGS)
{
	const MedianState *state;
	double	   *medians;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (const MedianState *) PG_GETARG_POINTER(0);
	medians = palloc(state->count * sizeof(double));
	for (int i = 0; i < state->count; i++)
	{
		double	   *scratch;

		medians[i] = NAN;
		if (state->used[i] == 0)
			continue;
		scratch = MemoryContextAllocHuge(CurrentMemoryContext, state->used[i] * sizeof(double));
		medians[i] = quantile_of_sample(0.5, state->values[i], state->used[i], scratch);
		pfree(scratch);
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make_nullable(medians, state->count));
}
