/*-------------------------------------------------------------------------
 *
 * run_places.c
 *	  The ranks, tiers and outcomes of all rows of a run.
 *
 * Scores are sorted once, and then stand in order in each period.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "support/large_memory.h"
#include "numbers/decimal.h"
#include "run/run_places.h"

#define allocate_rows(rows, type) \
	((type *) allocate_large(CurrentMemoryContext, Max(rows, 1) * sizeof(type)))

#define allocate_zeroed_rows(rows, type) \
	((type *) MemoryContextAllocExtended(CurrentMemoryContext, \
										 Max(rows, 1) * sizeof(type), \
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO))

RunPlaces *
run_places_create(const RunPlan *plan, int64 rows)
{
	RunPlaces  *places = palloc0(sizeof(RunPlaces));

	if (rows >= NOT_IN_CUT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows in one run")));
	places->rows = rows;
	places->unit = plan->model->rounding.unit;
	places->period = allocate_rows(rows, uint32);
	places->stage = allocate_rows(rows, int16);
	places->item = allocate_rows(rows, SortItem);
	places->ranks = allocate_rows(rows, ScoreRanks);
	if (plan->tiers != NULL)
	{
		places->tier = allocate_zeroed_rows(rows, uint16);
		places->field = allocate_zeroed_rows(rows, uint32);
		places->fields = field_numbers_create(CurrentMemoryContext);
	}
	places->quotas = palloc0(Max(plan->nrules, 1) * sizeof(FieldNumbers *));
	places->outcome = palloc0(Max(plan->nrules, 1) * sizeof(Outcome *));
	for (int i = 0; i < plan->nrules; i++)
	{
		places->quotas[i] = field_numbers_create(CurrentMemoryContext);
		places->outcome[i] = allocate_zeroed_rows(rows, Outcome);
	}
	return places;
}

/* ---------------- keys ---------------- */

/*
 * Ascending order of keys is descending order of scores.  Models see to it that a
 * score is a whole number of units below the limit, whose digits are fewer to sort
 * by than those of a double.
 */
static uint64
score_units_key(double score, double unit)
{
	return (uint64) ((int64) DECIMAL_LIMIT - llrint(score * unit));
}

static double
units_key_score(uint64 key, double unit)
{
	return (double) ((int64) DECIMAL_LIMIT - (int64) key) / unit;
}

void
run_places_add(RunPlaces *places, int64 place, uint32 period, int16 stage, double score)
{
	places->period[place] = period;
	places->stage[place] = stage;
	places->ranks[place].rank = places->ranks[place].stage_rank = 0;
	if (isnan(score))
		return;
	places->item[places->scored].key = score_units_key(score, places->unit);
	places->item[places->scored++].place = place;
}

/* ---------------- tiers ---------------- */

/* The number of a tier by its name, from 1; 0 for none. */
static uint16
tier_number(const TierRule *rule, const char *name)
{
	for (int i = 0; i < rule->ntiers; i++)
		if (rule->tiers[i] == name)
			return i + 1;
	return 0;
}

static void
take_tiers(const RunPlan *plan, RunPlaces *places, const SortItem *item, CutRow *row, int64 n)
{
	uint32		nfields = Max(field_numbers_count(places->fields), 1);
	uint32	   *scored = palloc0(nfields * sizeof(uint32));

	for (int64 i = 0; i < n; i++)
	{
		row[i].group = places->field[item[i].place];
		if (row[i].group != NOT_IN_CUT)
			scored[row[i].group]++;
	}
	cut_places(item, row, n, nfields);
	for (int64 i = 0; i < n; i++)
	{
		TierRow		of_row = {0};

		of_row.score = units_key_score(item[i].key, places->unit);
		if (row[i].group != NOT_IN_CUT)
		{
			of_row.place = row[i].place.place;
			of_row.scored = scored[row[i].group];
			if (plan->within > 0)
				of_row.group.bytes = field_name(places->fields, row[i].group, &of_row.group.length);
		}
		places->tier[item[i].place] = tier_number(plan->tiers, row_tier(plan->tiers, &of_row));
	}
	pfree(scored);
}

/* ---------------- all ---------------- */

/* The items by period, in their order; returns where each period begins. */
static int64 *
split_periods(RunPlaces *places, SortItem *buffer)
{
	int64	   *start = palloc0((places->nperiods + 1) * sizeof(int64));
	int64	   *next = palloc(Max(places->nperiods, 1) * sizeof(int64));
	bool		all_in_one = false;

	for (int64 i = 0; i < places->scored; i++)
		start[places->period[places->item[i].place] + 1]++;
	for (uint32 period = 0; period < places->nperiods; period++)
	{
		places->scored_in[period] = (uint32) start[period + 1];
		all_in_one |= start[period + 1] == places->scored;
		start[period + 1] += start[period];
		next[period] = start[period];
	}
	if (all_in_one)
		return start;
	for (int64 i = 0; i < places->scored; i++)
		buffer[next[places->period[places->item[i].place]]++] = places->item[i];
	memcpy(places->item, buffer, places->scored * sizeof(SortItem));
	return start;
}

void
run_places_take(const RunPlan *plan, RunPlaces *places)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "places being taken",
												  ALLOCSET_DEFAULT_SIZES);
	SortItem   *buffer = allocate_large(scratch, Max(places->scored, 1) * sizeof(SortItem));
	CutRow	   *row = NULL;
	int64	   *start;

	places->scored_in = palloc0(Max(places->nperiods, 1) * sizeof(uint32));
	sort_items(places->item, buffer, places->scored);
	start = split_periods(places, buffer);
	MemoryContextReset(scratch);
	if (places->tier != NULL)
		row = allocate_large(scratch, Max(places->scored, 1) * sizeof(CutRow));
	for (uint32 period = 0; period < places->nperiods; period++)
	{
		const SortItem *item = places->item + start[period];
		int64		n = start[period + 1] - start[period];

		CHECK_FOR_INTERRUPTS();
		rank_items(item, n, places->stage, plan->model->nstages, places->ranks);
		if (places->tier != NULL)
			take_tiers(plan, places, item, row, n);
		for (int i = 0; i < plan->nrules; i++)
			cut_rows(plan->rules[i], item, places->outcome[i], n,
					 field_numbers_count(places->quotas[i]));
	}
	MemoryContextDelete(scratch);
}
