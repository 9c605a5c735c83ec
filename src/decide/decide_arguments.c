/*-------------------------------------------------------------------------
 *
 * decide_arguments.c
 *	  What decide() and decide_kept() are given: rules, tiers, facts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "support/compat.h"
#include "decide/decide_arguments.h"
#include "decide/rule_condition.h"

ListRule **
read_rules(Datum array, bool null, int *count)
{
	Datum	   *values;
	bool	   *nulls;
	ListRule  **rules;
	ArrayType  *elements;

	*count = 0;
	if (null)
		return NULL;
	elements = DatumGetArrayTypeP(array);
	deconstruct_array(elements, ARR_ELEMTYPE(elements), -1, false, TYPALIGN_INT,
					  &values, &nulls, count);
	rules = palloc0(Max(*count, 1) * sizeof(ListRule *));
	for (int i = 0; i < *count; i++)
		if (!nulls[i])
		{
			rules[i] = list_rule_from_datum(values[i]);
			rule_conditions_compile(rules[i]);
		}
	return rules;
}

const TierRule *
read_tiers(Datum tiers, bool null, ListRule **rules, int nrules)
{
	for (int i = 0; null && i < nrules; i++)
		if (rules[i] != NULL && rules[i]->tiers != NULL)
		{
			tiers = DirectFunctionCall1(jsonb_in, CStringGetDatum(rules[i]->tiers));
			null = false;
		}
	return null ? NULL : tier_rule_from_datum(tiers);
}

void
read_facts(Datum value, bool null, Facts *facts)
{
	if (null)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("facts must not be null")));
	facts_read(value, facts);
}

void
check_rule_count(const Facts *facts, int nrules)
{
	if (facts->nrules != nrules)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts are of %d rules, not of %d", facts->nrules, nrules)));
}

void
check_rule_facts(const ListRule *rule, const RuleFacts *row)
{
	if (rule == NULL)
		return;
	if (rule_category_count(rule) != row->ncategories)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts have %d category scores, but the rule asks for %d",
						row->ncategories, rule_category_count(rule))));
	if (rule_column_count(rule) > row->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts have %d columns, but the rule asks for %d",
						row->ncolumns, rule_column_count(rule))));
}
