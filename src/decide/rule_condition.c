/*-------------------------------------------------------------------------
 *
 * rule_condition.c
 *	  The conditions of a rule over indicators and what is computed of a row.
 *
 * Names have slots: first those that the rule lists, then what is computed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "condition/condition.h"
#include "decide/cut.h"
#include "decide/rule_condition.h"
#include "rank/percentile.h"

enum
{
	COMPUTED_SCORE,
	COMPUTED_COVERAGE,
	COMPUTED_RANK,
	COMPUTED_STAGE_RANK,
	COMPUTED_PERCENTILE,
	COMPUTED_TIER,
	NUM_COMPUTED
};

static const char *const computed_names[NUM_COMPUTED] = {
	[COMPUTED_SCORE] = "score",
	[COMPUTED_COVERAGE] = "coverage",
	[COMPUTED_RANK] = "rank",
	[COMPUTED_STAGE_RANK] = "stage_rank",
	[COMPUTED_PERCENTILE] = "percentile",
	[COMPUTED_TIER] = "tier"
};

/* Room for the values of one row. */
typedef struct CompiledConditions
{
	Condition  *required;		/* NULL for none */
	Condition  *qualifies;
	ConditionValue *slots;
	ConditionText *texts;
	ConditionValue *stack;
} CompiledConditions;

static int
value_type(const RuleValue *value)
{
	return value->kind == VALUE_TEXT ? CONDITION_TEXT :
		value->kind == VALUE_BOOLEAN ? CONDITION_BOOLEAN : CONDITION_NUMBER;
}

static int
resolve(ConditionName *name, void *context)
{
	ListRule   *rule = context;
	const char *text = condition_name_text(name);

	for (int i = 0; i < rule->nvalues; i++)
		if (strcmp(rule->values[i].name, text) == 0)
		{
			name->slot = i;
			return value_type(&rule->values[i]);
		}
	for (int i = 0; i < NUM_COMPUTED; i++)
		if ((name->relation == RELATION_NONE || name->relation == RELATION_SCORE) &&
			strcmp(computed_names[i], name->name) == 0)
		{
			name->slot = rule->nvalues + i;
			rule->needs_places |= i != COMPUTED_SCORE && i != COMPUTED_COVERAGE;
			return i == COMPUTED_TIER ? CONDITION_TEXT : CONDITION_NUMBER;
		}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("unknown name in a condition: %s", text)));
}

void
rule_conditions_compile(ListRule *rule)
{
	CompiledConditions *compiled;
	int			nslots = rule->nvalues + NUM_COMPUTED;
	int			depth = 1;

	if (!rule_has_conditions(rule))
		return;
	compiled = palloc0(sizeof(CompiledConditions));
	if (rule->required_condition != NULL)
	{
		compiled->required = condition_compile(rule->required_condition, resolve, rule);
		depth = Max(depth, compiled->required->depth);
	}
	if (rule->qualifies_condition != NULL)
	{
		compiled->qualifies = condition_compile(rule->qualifies_condition, resolve, rule);
		depth = Max(depth, compiled->qualifies->depth);
	}
	compiled->slots = palloc0(nslots * sizeof(ConditionValue));
	compiled->texts = palloc0(nslots * sizeof(ConditionText));
	compiled->stack = palloc0(depth * sizeof(ConditionValue));
	rule->compiled = compiled;
}

static void
set_number(ConditionValue *slot, double number)
{
	slot->is_null = isnan(number);
	slot->as.number = number;
}

static void
set_text(CompiledConditions *compiled, int slot, Bytes text)
{
	compiled->texts[slot].bytes = text.bytes;
	compiled->texts[slot].length = text.length;
	compiled->slots[slot].is_null = text.bytes == NULL;

	compiled->slots[slot].as.text = &compiled->texts[slot];
}

/* Columns are known by their key texts. */
static double
number_of(Bytes text)
{
	return text.bytes == NULL ? NAN : strtod(pnstrdup(text.bytes, text.length), NULL);
}

/* The values that the rule lists. */
static void
fill_values(const ListRule *rule, const RuleFacts *row)
{
	CompiledConditions *compiled = rule->compiled;
	const char *columns = row->columns;
	int			category = rule->nminima;
	int			indicator = 0;

	for (int i = 0; i < rule->nvalues; i++)
	{
		const RuleValue *value = &rule->values[i];
		ConditionValue *slot = &compiled->slots[i];
		Bytes text;

		switch (value->kind)
		{
			case VALUE_INDICATOR:
				set_number(slot, rule_value(row, indicator++));
				break;
			case VALUE_SCORE:
				set_number(slot, rule_category(row, category++));
				break;
			case VALUE_NUMBER:
				set_number(slot, number_of(next_column(&columns)));
				break;
			case VALUE_TEXT:
				set_text(compiled, i, next_column(&columns));
				break;
			case VALUE_BOOLEAN:
				text = next_column(&columns);
				slot->is_null = text.bytes == NULL;
				slot->as.truth = text.length > 0 && text.bytes[0] == 't';
		}
	}
}

static void
fill_computed(const ListRule *rule, const Facts *facts, const RowPlaces *places)
{
	CompiledConditions *compiled = rule->compiled;
	ConditionValue *slots = compiled->slots + rule->nvalues;
	Bytes		tier = {places->tier, places->tier == NULL ? -1 : (int32) strlen(places->tier)};

	set_number(&slots[COMPUTED_SCORE], facts->score);
	set_number(&slots[COMPUTED_COVERAGE], facts->coverage);
	set_number(&slots[COMPUTED_RANK], places->rank > 0 ? places->rank : NAN);
	set_number(&slots[COMPUTED_STAGE_RANK], places->stage_rank > 0 ? places->stage_rank : NAN);
	set_number(&slots[COMPUTED_PERCENTILE], places->rank > 0 ?
			   rank_percentile(places->rank, places->scored) : NAN);
	set_text(compiled, rule->nvalues + COMPUTED_TIER, tier);
}

static Fact
truth_of(const Condition *condition, const CompiledConditions *compiled)
{
	ConditionValue truth = condition_evaluate(condition, compiled->slots, compiled->stack);

	return truth.is_null ? FACT_UNKNOWN : truth.as.truth ? FACT_TRUE : FACT_FALSE;
}

/* AND, as SQL has it. */
static Fact
both(Fact a, Fact b)
{
	if (a == FACT_FALSE || b == FACT_FALSE)
		return FACT_FALSE;
	return a == FACT_TRUE ? b : a;
}

void
rule_conditions_apply(const ListRule *rule, const Facts *facts, RuleFacts *row,
					  const RowPlaces *places)
{
	const CompiledConditions *compiled;

	if (!rule_has_conditions(rule))
		return;
	compiled = rule->compiled;
	fill_values(rule, row);
	fill_computed(rule, facts, places);
	if (compiled->required != NULL)
		row->required = both(row->required, truth_of(compiled->required, compiled));
	if (compiled->qualifies != NULL)
		row->qualifies &= truth_of(compiled->qualifies, compiled) == FACT_TRUE;
}
