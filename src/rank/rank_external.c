/*-------------------------------------------------------------------------
 *
 * rank_external.c
 *	  Ranks of a partition whose scores do not fit in memory.
 *
 * PostgreSQL's external sort orders the scores, which gives the ranks, and then
 * the ranks by row, which the window asks for one after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"

#include "support/compat.h"
#include "rank/rank_external.h"

/* Ranks sorted by row, of which the next one is in the slot. */
struct ExternalRanks
{
	Tuplesortstate *by_row;
	TupleTableSlot *slot;
	int64		next_row;
	MemoryContext context;		/* of the sort; gone first after an error */
	MemoryContextCallback cleanup;
	MemoryContextCallback abandon;
};

/* Columns of the sorted tuples: a number to sort by, and two to carry. */
#define SORT_COLUMNS	3

static Tuplesortstate *
begin_sort(TupleDesc tupdesc)
{
	AttrNumber	column = 1;
	Oid			operator = Int8LessOperator;
	Oid			collation = InvalidOid;
	bool		nulls_first = false;

	return tuplesort_begin_heap(tupdesc, 1, &column, &operator, &collation,
								&nulls_first, work_mem / 2, NULL, false);
}

static void
put_tuple(Tuplesortstate *sort, TupleTableSlot *slot, int64 first, int64 second,
		  int64 third)
{
	ExecClearTuple(slot);
	slot->tts_values[0] = Int64GetDatum(first);
	slot->tts_values[1] = Int64GetDatum(second);
	slot->tts_values[2] = Int64GetDatum(third);
	memset(slot->tts_isnull, false, SORT_COLUMNS * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(sort, slot);
}

static bool
get_tuple(Tuplesortstate *sort, TupleTableSlot *slot, int64 *numbers)
{
	if (!tuplesort_gettupleslot(sort, true, false, slot, NULL))
		return false;
	slot_getallattrs(slot);
	for (int i = 0; i < SORT_COLUMNS; i++)
		numbers[i] = DatumGetInt64(slot->tts_values[i]);
	return true;
}

/* The partition is done with, perhaps before its last row. */
static void
end_sort(void *arg)
{
	ExternalRanks *ranks = arg;
	Tuplesortstate *by_row = ranks->by_row;

	ranks->by_row = NULL;
	if (by_row == NULL)
		return;
	tuplesort_end(by_row);
	MemoryContextDelete(ranks->context);
}

/*
 * After an error the query's contexts go without a word to the window, newest
 * first: the sort's memory before the partition's, its files even earlier.
 */
static void
abandon_sort(void *arg)
{
	((ExternalRanks *) arg)->by_row = NULL;
}

ExternalRanks *
rank_externally(ScoreReader *reader, MemoryContext partition,
				MemoryContext query, int64 *scored)
{
	ExternalRanks *ranks = MemoryContextAllocZero(partition, sizeof(ExternalRanks));
	MemoryContext context = AllocSetContextCreate(query, "score_rank sort",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	TupleDesc	tupdesc = CreateTemplateTupleDesc(SORT_COLUMNS);
	TupleTableSlot *virtual_slot;
	Tuplesortstate *by_score;
	FieldRank	overall = {0};
	FieldRank  *fields;
	ScoreKey	score;
	int64		numbers[SORT_COLUMNS];

	for (int i = 1; i <= SORT_COLUMNS; i++)
		TupleDescInitEntry(tupdesc, i, NULL, INT8OID, -1, 0);
	TupleDescFinalize(tupdesc);
	virtual_slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsVirtual);
	ranks->slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsMinimalTuple);
	by_score = begin_sort(tupdesc);
	MemoryContextSwitchTo(old);

	/* Descending scores are ascending complements, as signed integers. */
	for (int64 row = 0; row < reader->rows; row++)
		if (score_reader_row(reader, row, &score))
		{
			put_tuple(by_score, virtual_slot,
					  (int64) (~score.key ^ (UINT64CONST(1) << 63)), row,
					  score.field);
			(*scored)++;
		}
	tuplesort_performsort(by_score);

	/* The second sort lives as long as the partition, and ends with it. */
	MemoryContextSwitchTo(context);
	ranks->by_row = begin_sort(tupdesc);
	MemoryContextSwitchTo(old);
	ranks->context = context;
	ranks->cleanup.func = end_sort;
	ranks->cleanup.arg = ranks;
	MemoryContextRegisterResetCallback(partition, &ranks->cleanup);
	ranks->abandon.func = abandon_sort;
	ranks->abandon.arg = ranks;
	MemoryContextRegisterResetCallback(context, &ranks->abandon);

	fields = palloc0(reader->nfields * sizeof(FieldRank));
	while (get_tuple(by_score, ranks->slot, numbers))
	{
		CHECK_FOR_INTERRUPTS();
		put_tuple(ranks->by_row, virtual_slot, numbers[1],
				  next_rank(&overall, (uint64) numbers[0]),
				  next_rank(&fields[numbers[2]], (uint64) numbers[0]));
	}
	ExecDropSingleTupleTableSlot(virtual_slot);
	ExecClearTuple(ranks->slot);
	tuplesort_end(by_score);
	tuplesort_performsort(ranks->by_row);
	if (get_tuple(ranks->by_row, ranks->slot, numbers))
		ranks->next_row = numbers[0];
	return ranks;
}

RowRanks
external_ranks(ExternalRanks *ranks, int64 row)
{
	int64		numbers[SORT_COLUMNS];
	RowRanks	result = {0, 0};

	if (ranks->by_row == NULL || TTS_EMPTY(ranks->slot) || ranks->next_row != row)
		return result;
	result.overall = DatumGetInt64(ranks->slot->tts_values[1]);
	result.in_field = DatumGetInt64(ranks->slot->tts_values[2]);
	if (get_tuple(ranks->by_row, ranks->slot, numbers))
		ranks->next_row = numbers[0];
	else
		end_sort(ranks);
	return result;
}
