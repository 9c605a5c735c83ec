/*-------------------------------------------------------------------------
 *
 * append_sink.c
 *	  Rows that are added to a table, and to its indexes after them.
 *
 * Index entries are put in by their order, which finds each at the end of the
 * page before, and leaves pages full.  What tuplesort.c has no room for in memory
 * goes to temporary files.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/itup.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplesort.h"

#include "support/compat.h"
#include "publish/append_sink.h"

/* Rows that are written together. */
#define ROWS_AT_ONCE	512

/* Room for the rows of a usual size, which stays when the context is reset. */
#define ROWS_CONTEXT_SIZES	256 * 1024, 256 * 1024, ALLOCSET_DEFAULT_MAXSIZE

/* An index and its entries. */
typedef struct IndexEntries
{
	Relation	index;
	IndexInfo  *info;
	ExprState  *predicate;
	Tuplesortstate *sort;
} IndexEntries;

typedef struct AppendSink
{
	RowSink		sink;
	Relation	table;
	BulkInsertState state;
	CommandId	command;
	EState	   *estate;
	MemoryContext context;		/* of what writing rows takes */
	IndexEntries *index;
	int			nindexes;
	TupleTableSlot *slot[ROWS_AT_ONCE];
	int			n;				/* rows that wait */
} AppendSink;

/* ---------------- indexes ---------------- */

static void
open_indexes(AppendSink *append)
{
	List	   *indexes = RelationGetIndexList(append->table);
	ListCell   *cell;

	append->index = palloc0(Max(list_length(indexes), 1) * sizeof(IndexEntries));
	foreach(cell, indexes)
	{
		IndexEntries *entry = &append->index[append->nindexes++];

		entry->index = index_open(lfirst_oid(cell), RowExclusiveLock);
		entry->info = BuildIndexInfo(entry->index);
		entry->predicate = ExecPrepareQual(entry->info->ii_Predicate, append->estate);
		entry->sort = begin_index_sort(append->table, entry->index, entry->info->ii_Unique,
									   maintenance_work_mem / list_length(indexes));
	}
}

static void
add_entry(IndexEntries *entry, TupleTableSlot *slot, EState *estate)
{
	ExprContext *context = GetPerTupleExprContext(estate);
	Datum		values[INDEX_MAX_KEYS];
	bool		nulls[INDEX_MAX_KEYS];

	context->ecxt_scantuple = slot;
	if (!ExecQual(entry->predicate, context))
		return;
	FormIndexDatum(entry->info, slot, estate, values, nulls);
	tuplesort_putindextuplevalues(entry->sort, entry->index, &slot->tts_tid, values, nulls);
}

static void
insert_entries(IndexEntries *entry, Relation table)
{
	IndexTuple	tuple;

	tuplesort_performsort(entry->sort);
	while ((tuple = tuplesort_getindextuple(entry->sort, true)) != NULL)
	{
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		CHECK_FOR_INTERRUPTS();
		index_deform_tuple(tuple, RelationGetDescr(entry->index), values, nulls);
		(void) index_insert(entry->index, values, nulls, &tuple->t_tid, table,
							entry->info->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO,
							false, entry->info);
	}
	tuplesort_end(entry->sort);
	index_insert_done(entry->index, entry->info);
	index_close(entry->index, NoLock);
}

/* ---------------- rows ---------------- */

static TupleTableSlot *
next_slot(RowSink *sink)
{
	AppendSink *append = (AppendSink *) sink;

	if (append->n == ROWS_AT_ONCE)
		sink->flush(sink);
	return ExecClearTuple(append->slot[append->n]);
}

static void
put_row(RowSink *sink)
{
	AppendSink *append = (AppendSink *) sink;
	TupleTableSlot *slot = append->slot[append->n++];

	for (int i = 0; i < sink->tupdesc->natts; i++)
		if (slot->tts_isnull[i] && TupleDescAttr(sink->tupdesc, i)->attnotnull)
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("a row has no \"%s\"", NameStr(TupleDescAttr(sink->tupdesc, i)->attname))));
	sink->rows++;
}

static void
flush_rows(RowSink *sink)
{
	AppendSink *append = (AppendSink *) sink;
	MemoryContext old;

	if (append->n == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	old = MemoryContextSwitchTo(append->context);
	table_multi_insert(append->table, append->slot, append->n, append->command, 0, append->state);
	for (int i = 0; i < append->n; i++)
		for (int k = 0; k < append->nindexes; k++)
			add_entry(&append->index[k], append->slot[i], append->estate);
	ResetPerTupleExprContext(append->estate);
	MemoryContextSwitchTo(old);
	MemoryContextReset(append->context);
	for (int i = 0; i < append->n; i++)
		ExecClearTuple(append->slot[i]);
	append->n = 0;
}

RowSink *
append_sink_open(Relation table)
{
	AppendSink *append = palloc0(sizeof(AppendSink));

	append->table = table;
	append->state = GetBulkInsertState();
	append->command = GetCurrentCommandId(true);
	append->estate = CreateExecutorState();
	append->context = AllocSetContextCreate(CurrentMemoryContext, "rows to be added",
											ROWS_CONTEXT_SIZES);
	open_indexes(append);
	for (int i = 0; i < ROWS_AT_ONCE; i++)
		append->slot[i] = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsVirtual);
	append->sink.tupdesc = RelationGetDescr(table);
	append->sink.slot = next_slot;
	append->sink.put = put_row;
	append->sink.flush = flush_rows;
	return &append->sink;
}

void
append_sink_close(RowSink *sink)
{
	AppendSink *append = (AppendSink *) sink;

	sink->flush(sink);
	FreeBulkInsertState(append->state);
	for (int k = 0; k < append->nindexes; k++)
		insert_entries(&append->index[k], append->table);
	for (int i = 0; i < ROWS_AT_ONCE; i++)
		ExecDropSingleTupleTableSlot(append->slot[i]);
	FreeExecutorState(append->estate);
	MemoryContextDelete(append->context);
	pfree(append);
}
