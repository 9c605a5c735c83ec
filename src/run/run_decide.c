/*-------------------------------------------------------------------------
 *
 * run_decide.c
 *	  The rows of a run take their ranks, tiers and places in lists.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "run/run_state.h"

/* What a row is before places are taken. */
static void
begin_outcomes(Run *run, int64 place)
{
	for (int i = 0; i < run->plan->nrules; i++)
	{
		const ListRule *rule = run->plan->rules[i];
		const RuleFacts *of_rule = &run->of_rule[i];
		Outcome    *outcome = &run->places->outcome[i][place];

		outcome->standing = rule_standing(rule, &run->facts, of_rule);
		if (outcome->standing == STANDING_ELIGIBLE && rule->quota_n > 0)
			outcome->group = field_number(run->places->quotas[i], of_rule->quota.bytes,
										  of_rule->quota.length);
	}
}

static void
begin_tier(Run *run, int64 place)
{
	int			within = run->plan->within - 1;
	Bytes		name;

	if (within < 0)
		return;
	name = varlena_bytes(run->value[within], run->null[within]);
	run->places->field[place] = run->null[within] ? NOT_IN_CUT :
		field_number(run->places->fields, name.bytes, name.length);
}

void
begin_places(Run *run)
{
	RunPlaces  *places = run->places = run_places_create(run->plan, row_blocks_count(run->blocks));
	RowBlock   *block;
	int64		place = 0;
	bool		columns = run->plan->nrules > 0 || run->plan->within > 0;

	places->nperiods = key_numbers_count(run->periods, 0) + 1;
	row_blocks_rewind(run->blocks);
	while ((block = row_blocks_read(run->blocks)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);

		MemoryContextReset(run->row_context);
		score_block(run, block);
		for (int row = 0; row < block->n; row++, place++)
		{
			double		score = block->numbers[(Size) row * (3 + run->plan->model->ncategories)];

			run_places_add(places, place, block->period[row], block->stage[row], score);
			if (!columns)
				continue;
			row_blocks_columns(run->blocks, block, row, run->value, run->null);
			if (places->tier != NULL)
				begin_tier(run, place);
			if (run->plan->nrules > 0)
			{
				row_facts(run, block, row);
				begin_outcomes(run, place);
			}
		}
		MemoryContextSwitchTo(old);
	}
}
