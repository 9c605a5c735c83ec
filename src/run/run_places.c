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

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "numbers/float_key.h"
#include "run/run_places.h"

#define allocate_rows(rows, type) \
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
	places->period = allocate_rows(rows, uint32);
	places->stage = allocate_rows(rows, int16);
	places->item = allocate_rows(rows, SortItem);
	places->rank = allocate_rows(rows, uint32);
	places->stage_rank = allocate_rows(rows, uint32);
	if (plan->tier.method != TIER_NONE)
	{
		places->tier = allocate_rows(rows, uint16);
		places->field = allocate_rows(rows, uint32);
		places->fields = field_numbers_create(CurrentMemoryContext);
	}
	places->quotas = palloc0(Max(plan->nrules, 1) * sizeof(FieldNumbers *));
	places->outcome = palloc0(Max(plan->nrules, 1) * sizeof(Outcome *));
	for (int i = 0; i < plan->nrules; i++)
	{
		places->quotas[i] = field_numbers_create(CurrentMemoryContext);
		places->outcome[i] = allocate_rows(rows, Outcome);
	}
	return places;
}

/* ---------------- tiers ---------------- */

/* The cuts that hold for a field; NULL if there are none. */
static const Datum *
field_cuts(const TierPlan *tier, const FieldNumbers *fields, uint32 field)
{
	const char *name;
	int			length;

	if (tier->nfields == 0)
		return tier->cuts;
	name = field_name(fields, field, &length);
	for (int i = 0; i < tier->nfields; i++)
	{
		text	   *known = DatumGetTextPP(tier->fields[i]);

		if (VARSIZE_ANY_EXHDR(known) == (Size) length &&
			memcmp(VARDATA_ANY(known), name, length) == 0)
			return tier->cuts + i * (tier->ntiers - 1);
	}
	return NULL;
}

/* What a score must reach, or the last place of each tier, but for the last tier. */
static void
cut_bounds(const TierPlan *tier, const Datum *cuts, uint32 scored, double *bound)
{
	double		sum = 0;

	for (int i = 0; i < tier->ntiers - 1; i++)
	{
		Datum		cut = cuts[i];

		if (tier->method == TIER_QUANTILE)
			cut = DirectFunctionCall1(numeric_ceil,
									  DirectFunctionCall2(numeric_mul, cut,
														  NumericGetDatum(int64_to_numeric(scored))));
		else if (tier->method == TIER_QUOTA)
			cut = DirectFunctionCall2(numeric_trunc, cut, Int32GetDatum(0));
		bound[i] = DatumGetFloat8(DirectFunctionCall1(numeric_float8, cut));
		if (tier->method == TIER_QUOTA)
			bound[i] = sum += bound[i];
	}
}

/* Rows of a field, counted for its cuts. */
typedef struct TierField
{
	uint32		scored;
	bool		cut;			/* have the bounds been worked out? */
	double	   *bound;			/* NULL: there are no cuts for this field */
} TierField;

static uint16
tier_of(const TierPlan *tier, const TierField *field, double score, uint32 place)
{
	int			number = 0;

	while (number < tier->ntiers - 1 &&
		   (tier->method == TIER_SCORE ? score < field->bound[number] : place > field->bound[number]))
		number++;
	return number + 1;
}

static void
take_tiers(const RunPlan *plan, RunPlaces *places, const SortItem *item, CutRow *row, int64 n)
{
	const TierPlan *tier = &plan->tier;
	uint32		nfields = tier->within == 0 ? 1 : Max(field_numbers_count(places->fields), 1);
	TierField  *fields = palloc0(nfields * sizeof(TierField));

	for (int64 i = 0; i < n; i++)
	{
		row[i].group = places->field[item[i].place];
		if (row[i].group != NOT_IN_CUT)
			fields[row[i].group].scored++;
	}
	cut_places(item, row, n, nfields);
	for (int64 i = 0; i < n; i++)
	{
		TierField  *field = &fields[row[i].group];

		if (row[i].group == NOT_IN_CUT)
			continue;
		if (!field->cut)
		{
			const Datum *cuts = field_cuts(tier, places->fields, row[i].group);

			field->cut = true;
			if (cuts != NULL)
			{
				field->bound = palloc(tier->ntiers * sizeof(double));
				cut_bounds(tier, cuts, field->scored, field->bound);
			}
		}
		if (field->bound != NULL)
			places->tier[item[i].place] = tier_of(tier, field, key_float(~item[i].key),
												  row[i].place.place);
	}
	pfree(fields);
}

/* ---------------- all ---------------- */

/* The items by period, in their order; returns where each period begins. */
static int64 *
split_periods(RunPlaces *places, SortItem *buffer)
{
	int64	   *start = palloc0((places->nperiods + 1) * sizeof(int64));
	int64	   *next = palloc(Max(places->nperiods, 1) * sizeof(int64));

	for (int64 i = 0; i < places->scored; i++)
		start[places->period[places->item[i].place] + 1]++;
	for (uint32 period = 0; period < places->nperiods; period++)
	{
		places->scored_in[period] = (uint32) start[period + 1];
		start[period + 1] += start[period];
		next[period] = start[period];
	}
	for (int64 i = 0; i < places->scored; i++)
		buffer[next[places->period[places->item[i].place]]++] = places->item[i];
	memcpy(places->item, buffer, places->scored * sizeof(SortItem));
	return start;
}

static void
take_period(const RunPlan *plan, RunPlaces *places, const SortItem *item, CutRow *row, int64 n)
{
	for (int64 i = 0; i < n; i++)
		row[i].group = 0;
	cut_places(item, row, n, 1);
	for (int64 i = 0; i < n; i++)
		places->rank[item[i].place] = row[i].place.place;
	for (int64 i = 0; i < n; i++)
		row[i].group = (uint32) places->stage[item[i].place];
	cut_places(item, row, n, plan->model->nstages);
	for (int64 i = 0; i < n; i++)
		places->stage_rank[item[i].place] = row[i].place.place;
	if (places->tier != NULL)
		take_tiers(plan, places, item, row, n);
	for (int i = 0; i < plan->nrules; i++)
		cut_rows(plan->rules[i], item, places->outcome[i], n,
				 field_numbers_count(places->quotas[i]));
}

void
run_places_take(const RunPlan *plan, RunPlaces *places)
{
	SortItem   *buffer = allocate_rows(places->scored, SortItem);
	CutRow	   *row = allocate_rows(places->scored, CutRow);
	int64	   *start;

	places->scored_in = palloc0(Max(places->nperiods, 1) * sizeof(uint32));
	sort_items(places->item, buffer, places->scored);
	start = split_periods(places, buffer);
	pfree(buffer);
	for (uint32 period = 0; period < places->nperiods; period++)
	{
		CHECK_FOR_INTERRUPTS();
		take_period(plan, places, places->item + start[period], row + start[period],
					start[period + 1] - start[period]);
	}
	pfree(row);
	pfree(places->item);
}
