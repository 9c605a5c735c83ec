/*-------------------------------------------------------------------------
 *
 * run_facts.c
 *	  What rules ask about a row of a run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"

#include "support/number_array.h"
#include "decide/reason.h"
#include "decide/rule_condition.h"
#include "decide/veto.h"
#include "run/run_state.h"

Bytes
varlena_bytes(Datum value, bool null)
{
	Bytes		result = {0};

	if (!null)
	{
		struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);

		result.bytes = VARDATA_ANY(packed);
		result.length = VARSIZE_ANY_EXHDR(packed);
	}
	return result;
}

/* Why a row has no score. */
static Bytes
row_gap(Run *run, const RowBlock *block, int row)
{
	int			column = run->plan->facts - 1 + FACT_GAP;
	Bytes		gap = {0};
	StringInfoData reasons;

	if (!run->null[column])
		return reasons_get(run->value[column]);
	if (!isnan(run->facts.score))
		return gap;
	initStringInfo(&reasons);
	if ((run->plan->ngroups > 0 || run->plan->given > 0) && run->model[block->group[row]] == NULL)
		reason_add(&reasons, REASON_GROUP_UNFITTED);
	else if ((block->flags[row] & ROW_HAS_VALUES) == 0 ||
			 !add_veto(&reasons, run->plan->model, block->values + (Size) row * run->plan->model->nindicators))
		coverage_gap(&reasons, run->facts.coverage, run->plan->model->min_coverage);
	gap.bytes = reasons.data;
	gap.length = reasons.len;
	return gap;
}

/* Those of indicators as the source has them, whatever the model takes for them. */
static void
asked_values(const Run *run, const ListRule *rule, double *values)
{
	int			column = run->plan->values - 1;

	for (int i = 0; i < rule->nvalues; i++)
	{
		if (rule->values[i].kind != VALUE_INDICATOR)
			continue;
		if (run->null[column] || !number_at(run->value[column], rule->values[i].place, values))
			*values = NAN;
		values++;
	}
}

/* What is known of a row whose columns have been read. */
void
row_facts(Run *run, const RowBlock *block, int row)
{
	const RunPlan *plan = run->plan;
	const double *numbers = block->numbers + (Size) row * (3 + plan->model->ncategories);
	int			column = plan->facts - 1 + FACTS_OF_RULES;

	run->facts.score = numbers[0];
	run->facts.coverage = numbers[1];
	run->facts.stage = isnan(numbers[2]) ? -1 : (int32) numbers[2];
	run->facts.nrules = plan->nrules;
	run->facts.gap = row_gap(run, block, row);
	run->facts.excluded = (Bytes)
	{
		0
	};
	if (!run->null[plan->facts - 1 + FACT_EXCLUDED])
		run->facts.excluded = reasons_get(run->value[plan->facts - 1 + FACT_EXCLUDED]);
	for (int i = 0; i < plan->nrules; i++, column += FACTS_OF_RULE)
	{
		RuleFacts  *of_rule = &run->of_rule[i];

		of_rule->required = run->null[column + RULE_REQUIRED] ? FACT_UNKNOWN :
			DatumGetBool(run->value[column + RULE_REQUIRED]) ? FACT_TRUE : FACT_FALSE;
		of_rule->qualifies = !run->null[column + RULE_QUALIFIES] &&
			DatumGetBool(run->value[column + RULE_QUALIFIES]);
		of_rule->batch = run->null[column + RULE_BATCH] ? 0 :
			DatumGetInt32(run->value[column + RULE_BATCH]);
		of_rule->quota = varlena_bytes(run->value[column + RULE_QUOTA], run->null[column + RULE_QUOTA]);
		of_rule->ncategories = plan->rules[i] == NULL ? 0 : rule_category_count(plan->rules[i]);
		for (int k = 0; k < of_rule->ncategories; k++)
			run->categories[i][k] = numbers[3 + run->category[i][k]];
		of_rule->categories = (const char *) run->categories[i];
		run->asked[i] = *of_rule;
		if (rule_has_conditions(plan->rules[i]))
		{
			RowPlaces	places = {0};

			asked_values(run, plan->rules[i], run->values[i]);
			of_rule->nvalues = rule_count_kind(plan->rules[i], VALUE_INDICATOR, VALUE_INDICATOR);
			of_rule->values = (const char *) run->values[i];
			rule_conditions_apply(plan->rules[i], &run->facts, of_rule, &places);
		}
	}
}

/* Ranks and columns of the source are not at hand where conditions are asked. */
static void
prepare_conditions(Run *run, int i)
{
	ListRule   *rule = run->plan->rules[i];
	int			n = rule->nminima;

	rule_conditions_compile(rule);
	if (rule->needs_places || rule_column_count(rule) > 0)
		elog(ERROR, "a run cannot decide by conditions that name ranks or columns");
	for (int k = 0; k < rule->nvalues; k++)
	{
		if (rule->values[k].kind != VALUE_SCORE)
			continue;
		if (rule->values[k].place < 1 || rule->values[k].place > run->plan->model->ncategories)
			elog(ERROR, "a condition names a category that is not there");
		run->category[i][n++] = rule->values[k].place - 1;
	}
	run->values[i] = palloc0(Max(rule->nvalues, 1) * sizeof(double));
}

void
prepare_facts(Run *run)
{
	const RunPlan *plan = run->plan;

	run->of_rule = palloc0(Max(plan->nrules, 1) * sizeof(RuleFacts));
	run->asked = palloc0(Max(plan->nrules, 1) * sizeof(RuleFacts));
	run->values = palloc0(Max(plan->nrules, 1) * sizeof(double *));
	run->categories = palloc0(Max(plan->nrules, 1) * sizeof(double *));
	run->category = palloc0(Max(plan->nrules, 1) * sizeof(int *));
	for (int i = 0; i < plan->nrules; i++)
	{
		const ListRule *rule = plan->rules[i];

		if (rule == NULL)
			continue;
		run->categories[i] = palloc0(Max(rule_category_count(rule), 1) * sizeof(double));
		run->category[i] = palloc0(Max(rule_category_count(rule), 1) * sizeof(int));
		for (int k = 0; k < rule->nminima; k++)
			run->category[i][k] = model_find_category(plan->model, cstring_to_text(rule->minima[k].category));
		prepare_conditions(run, i);
	}
}
