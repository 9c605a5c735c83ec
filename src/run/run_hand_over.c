/*-------------------------------------------------------------------------
 *
 * run_hand_over.c
 *	  The rows of a run go to its sink.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/numeric_value.h"
#include "run/run_state.h"

static void
prepare_scores(Run *run)
{
	const RunPlan *plan = run->plan;
	const ScoreModel *model = plan->model;

	run->shown = palloc0(plan->nitems * sizeof(ShownScore));
	for (int i = 0; i < plan->nitems; i++)
	{
		ShownScore *shown = &run->shown[i];
		int			number = plan->items[i].number;

		if (plan->items[i].kind != ITEM_SCORE)
			continue;
		shown->count = number > 3 ? decimals_count(&model_categories(model)[number - 4].shown) :
			model->decimals == DECIMALS_NONE ? model->places : model->decimals;
		decimals_init(&shown->decimals, shown->count, shown->count);
		shown->typmod = TupleDescAttr(run->sink->tupdesc, i)->atttypmod;
	}
}

static Datum
show_score(const ShownScore *shown, double score)
{
	double		units = decimal_units(&shown->decimals, score);
	char	   *room;

	/* Also true for NaN. */
	if (!(fabs(units) < DECIMAL_LIMIT))
		return DirectFunctionCall2(numeric, DirectFunctionCall1(float8_numeric, Float8GetDatum(score)),
								   Int32GetDatum(shown->typmod));
	room = palloc(NUMERIC_UNITS_ROOM);
	numeric_from_units((int64) units, shown->count, room);
	return PointerGetDatum(room);
}

/* Numbers as an array, NULL for NaN. */
static Datum
show_numbers(const double *numbers, int n)
{
	Datum	   *values = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	int			lower = 1;

	for (int i = 0; i < n; i++)
		set_number(&values[i], &nulls[i], numbers[i]);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower, FLOAT8OID, sizeof(double),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
show_reasons(Run *run, int rule, const Outcome *outcome)
{
	StringInfoData reasons;
	Bytes		known;

	initStringInfo(&reasons);
	outcome_reasons(&reasons, run->plan->rules[rule], &run->facts, &run->of_rule[rule], outcome);
	known.bytes = reasons.data;
	known.length = reasons.len;
	return reasons_sentences(known, DatumGetTextPP(run->plan->languages[rule]));
}

/* The values as the source has them, NULL for NaN. */
static Datum
show_values(Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *next = (const double *) ARR_DATA_PTR(array);
	const uint8 *bitmap = ARR_NULLBITMAP(array);
	double	   *numbers = palloc(Max(n, 1) * sizeof(double));
	bool		nan = false;

	for (int i = 0; i < n; i++)
	{
		bool		there = bitmap == NULL || (bitmap[i / 8] & (1 << (i % 8))) != 0;

		numbers[i] = there ? *next++ : NAN;
		nan |= there && isnan(numbers[i]);
	}
	return nan ? show_numbers(numbers, n) : value;
}

static Datum
show_item(Run *run, int i, const RowBlock *block, int row, int64 place, bool *null)
{
	const RunItem *item = &run->plan->items[i];
	const ScoreModel *model = run->plan->model;
	const double *numbers = block->numbers + (Size) row * (3 + model->ncategories);
	const RunPlaces *places = run->places;
	uint32		rank = places->ranks[place].rank;
	bool		of_rule = item->kind >= ITEM_DECISION;
	const Outcome *outcome = of_rule ? &places->outcome[item->number - 1][place] : NULL;
	const ListRule *rule = of_rule ? run->plan->rules[item->number - 1] : NULL;

	*null = false;
	switch (item->kind)
	{
		case ITEM_NONE:
			*null = true;
			return (Datum) 0;
		case ITEM_COLUMN:
			*null = run->null[item->number - 1];
			return run->value[item->number - 1];
		case ITEM_VALUES:
			*null = run->null[run->plan->values - 1];
			return *null ? (Datum) 0 : show_values(run->value[run->plan->values - 1]);
		case ITEM_NUMBER:
			*null = isnan(numbers[item->number - 1]);
			return Float8GetDatum(numbers[item->number - 1]);
		case ITEM_CATEGORIES:
			*null = isnan(numbers[2]);
			return *null ? (Datum) 0 : show_numbers(numbers + 3, model->ncategories);
		case ITEM_SCORE:
			*null = isnan(numbers[item->number - 1]);
			return *null ? (Datum) 0 : show_score(&run->shown[i], numbers[item->number - 1]);
		case ITEM_COVERAGE:
			*null = isnan(numbers[1]);
			return Float8GetDatum(numbers[1]);
		case ITEM_RANK:
			*null = rank == 0;
			return Int64GetDatum(rank);
		case ITEM_STAGE_RANK:
			*null = rank == 0;
			return Int64GetDatum(places->ranks[place].stage_rank);
		case ITEM_PERCENTILE:
			{
				double		scored = places->scored_in[places->period[place]];

				*null = rank == 0;
				return Float8GetDatum(100.0 * (scored - rank + 1) / scored);
			}
		case ITEM_TIER:
			*null = places->tier == NULL || places->tier[place] == 0;
			return *null ? (Datum) 0 : CStringGetTextDatum(run->plan->tiers->tiers[places->tier[place] - 1]);
		case ITEM_DECISION:
			return CStringGetTextDatum(decision_names[outcome_code(rule, outcome)]);
		case ITEM_REASONS:
			return show_reasons(run, item->number - 1, outcome);
		case ITEM_BARRED:
			return BoolGetDatum(rule_bars(rule, &run->facts, &run->asked[item->number - 1]));
		case ITEM_DIRECT:
			return BoolGetDatum(rule != NULL && rule->qualifies_condition != NULL ?
								run->asked[item->number - 1].qualifies : outcome->standing == STANDING_DIRECT);
		case ITEM_ELIGIBLE:
			return BoolGetDatum(outcome->standing == STANDING_ELIGIBLE);
		case ITEM_ADMITTED:
			return BoolGetDatum(outcome_is_admitted(rule, outcome));
		case ITEM_QUOTA:
			*null = outcome->quota.place == 0;
			return *null ? (Datum) 0 :
				run->value[run->plan->facts - 1 + FACTS_OF_RULES + (item->number - 1) * FACTS_OF_RULE + RULE_QUOTA];
		case ITEM_TOP:
			*null = outcome->top.place == 0;
			return *null ? (Datum) 0 : CStringGetTextDatum("");
		case ITEM_RESERVE:
			*null = outcome->reserve.place == 0 || !place_is_within(outcome->reserve, rule->reserve_n);
			return *null ? (Datum) 0 : CStringGetTextDatum("");
	}
	return (Datum) 0;			/* not reached */
}

static void
hand_over_row(Run *run, const RowBlock *block, int row, int64 place)
{
	RowSink    *sink = run->sink;
	TupleTableSlot *slot;

	if (run->left_out != NULL && run->left_out[block->period[row]])
		return;
	row_blocks_columns(run->blocks, block, row, run->value, run->null);
	if (run->plan->nrules > 0)
		row_facts(run, block, row);
	slot = sink->slot(sink);
	for (int i = 0; i < run->plan->nitems; i++)
		slot->tts_values[i] = show_item(run, i, block, row, place, &slot->tts_isnull[i]);
	ExecStoreVirtualTuple(slot);
	sink->put(sink);
}

/* The places of the rows by ascending scores, those without one last: the last rank comes first. */
static uint32 *
order_by_score(const RunPlaces *places)
{
	uint32	   *order = MemoryContextAllocHuge(CurrentMemoryContext, Max(places->rows, 1) * sizeof(uint32));
	int64	   *next = MemoryContextAllocExtended(CurrentMemoryContext, (places->rows + 2) * sizeof(int64),
												  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 i = 0; i < places->rows; i++)
		next[places->ranks[i].rank]++;
	for (int64 rank = places->rows, start = 0; rank >= 0; rank--)
	{
		int64		n = next[rank];

		next[rank] = start;
		start += n;
	}
	for (int64 i = 0; i < places->rows; i++)
		order[next[places->ranks[i].rank]++] = i;
	pfree(next);
	return order;
}

static void
hand_over_by_score(Run *run)
{
	uint32	   *order = order_by_score(run->places);

	for (int64 i = 0; i < run->places->rows; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);
		uint32		place = order[i];

		hand_over_row(run, row_blocks_at(run->blocks, place / BLOCK_ROWS), place % BLOCK_ROWS, place);
		MemoryContextSwitchTo(old);
		if (i % BLOCK_ROWS == BLOCK_ROWS - 1 || i == run->places->rows - 1)
		{
			CHECK_FOR_INTERRUPTS();
			run->sink->flush(run->sink);
			MemoryContextReset(run->row_context);
		}
	}
	pfree(order);
}

static void
hand_over_result(Run *run, TupleTableSlot *row)
{
	const RunItem *items = run->plan->items;
	TupleTableSlot *slot = run->sink->slot(run->sink);

	slot_getallattrs(row);
	for (int i = 0; i < run->plan->nitems; i++)
	{
		slot->tts_isnull[i] = items[i].kind == ITEM_NONE || row->tts_isnull[items[i].number - 1];
		if (!slot->tts_isnull[i])
			slot->tts_values[i] = row->tts_values[items[i].number - 1];
	}
	ExecStoreVirtualTuple(slot);
	run->sink->put(run->sink);
}

void
hand_over_results(Run *run)
{
	TupleTableSlot *read = MakeSingleTupleTableSlot(run->result_desc, &TTSOpsMinimalTuple);
	TupleTableSlot *row = MakeSingleTupleTableSlot(run->result_desc, &TTSOpsMinimalTuple);

	/*
	 * What comes from a file is allocated here, and freed when the next row
	 * is read.
	 */
	for (int64 i = 1; tuplestore_gettupleslot(run->results, true, false, read); i++)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);

		/* A copy that stays until the rows are flushed. */
		ExecStoreMinimalTuple(ExecCopySlotMinimalTuple(read), row, false);
		hand_over_result(run, row);
		MemoryContextSwitchTo(old);
		if (i % BLOCK_ROWS == 0)
		{
			CHECK_FOR_INTERRUPTS();
			run->sink->flush(run->sink);
			MemoryContextReset(run->row_context);
		}
	}
	run->sink->flush(run->sink);
	ExecDropSingleTupleTableSlot(row);
	ExecDropSingleTupleTableSlot(read);
	tuplestore_end(run->results);
}

void
hand_over_rows(Run *run)
{
	RowBlock   *block;
	int64		place = 0;

	prepare_scores(run);
	row_blocks_rewind(run->blocks);
	if (run->sink->by_score && row_blocks_at(run->blocks, 0) != NULL)
	{
		hand_over_by_score(run);
		return;
	}
	while ((block = row_blocks_read(run->blocks)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);

		MemoryContextReset(run->row_context);
		score_block(run, block);
		for (int row = 0; row < block->n; row++, place++)
			hand_over_row(run, block, row, place);
		run->sink->flush(run->sink);
		MemoryContextSwitchTo(old);
	}
}
