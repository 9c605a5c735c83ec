/*-------------------------------------------------------------------------
 *
 * table_sink.c
 *	  Rows that become the new contents of a table.
 *
 * They go to a new heap, which then takes the place of the old one, as REFRESH
 * MATERIALIZED VIEW has it: nobody waits while rows are worked out, indexes are
 * built from sorted rows, and an error leaves the table as it was.  Rows are
 * frozen, so that a snapshot from before sees the new ones, not none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "support/compat.h"
#include "support/key_text.h"
#include "run/table_sink.h"

/* Rows that are written together, and bytes after which no more are waited for. */
#define ROWS_AT_ONCE	512

/* Room for the rows of a usual size, which stays when the context is reset. */
#define ROWS_CONTEXT_SIZES	256 * 1024, 256 * 1024, ALLOCSET_DEFAULT_MAXSIZE

#define WRITE_OPTIONS	(TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN)

typedef struct TableSink
{
	RowSink		sink;
	Relation	table;
	Relation	heap;			/* the new one */
	BulkInsertState state;
	CommandId	command;
	TupleTableSlot *slot[ROWS_AT_ONCE];
	int			n;				/* rows that wait */
	int			nrequired;		/* columns that must not be null */
	int		   *required;
	MemoryContext context;		/* of what writing them takes */
} TableSink;

static TupleTableSlot *
next_slot(RowSink *sink)
{
	TableSink  *table = (TableSink *) sink;

	if (table->n == ROWS_AT_ONCE)
		sink->flush(sink);
	return ExecClearTuple(table->slot[table->n]);
}

static void
put_row(RowSink *sink)
{
	TableSink  *table = (TableSink *) sink;
	TupleTableSlot *slot = table->slot[table->n++];

	for (int i = 0; i < table->nrequired; i++)
		if (slot->tts_isnull[table->required[i]])
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("a row has no \"%s\", so it cannot be stored",
							NameStr(TupleDescAttr(RelationGetDescr(table->table), table->required[i])->attname)),
					 errhint("Bind a view that leaves such rows out, or gives them one.")));
	sink->rows++;
}

static void
flush_rows(RowSink *sink)
{
	TableSink  *table = (TableSink *) sink;
	MemoryContext old;

	if (table->n == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	old = MemoryContextSwitchTo(table->context);
	table_multi_insert(table->heap, table->slot, table->n, table->command, WRITE_OPTIONS, table->state);
	MemoryContextSwitchTo(old);
	MemoryContextReset(table->context);
	for (int i = 0; i < table->n; i++)
		ExecClearTuple(table->slot[i]);
	table->n = 0;
}

static void
find_required(TableSink *sink)
{
	TupleDesc	tupdesc = RelationGetDescr(sink->table);

	sink->required = palloc(tupdesc->natts * sizeof(int));
	for (int i = 0; i < tupdesc->natts; i++)
		if (TupleDescAttr(tupdesc, i)->attnotnull)
			sink->required[sink->nrequired++] = i;
}

RowSink *
table_sink_open(Oid table_oid)
{
	TableSink  *sink = palloc0(sizeof(TableSink));
	Relation	table = table_open(table_oid, NoLock);
	Oid			heap;

	if (table->rd_rel->relkind != RELKIND_RELATION || IsSystemRelation(table))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(table))));
	CheckTableNotInUse(table, "store_ranking()");
	sink->table = table;
	find_required(sink);
	heap = make_heap(table, ExclusiveLock);
	sink->heap = table_open(heap, NoLock);
	sink->state = GetBulkInsertState();
	sink->command = GetCurrentCommandId(true);
	sink->context = AllocSetContextCreate(CurrentMemoryContext, "rows to be written",
										  ROWS_CONTEXT_SIZES);
	for (int i = 0; i < ROWS_AT_ONCE; i++)
		sink->slot[i] = MakeSingleTupleTableSlot(RelationGetDescr(sink->heap), &TTSOpsVirtual);
	sink->sink.tupdesc = RelationGetDescr(sink->heap);
	sink->sink.slot = next_slot;
	sink->sink.put = put_row;
	sink->sink.flush = flush_rows;
	return &sink->sink;
}

static bool
has_key(KeyType *type, TupleTableSlot *slot, int column, const text *key)
{
	bool		null;
	Datum		value = slot_getattr(slot, column, &null);
	text	   *of_row;

	if (null)
		return false;
	of_row = key_of(type, value);
	return VARSIZE_ANY_EXHDR(of_row) == VARSIZE_ANY_EXHDR(key) &&
		memcmp(VARDATA_ANY(of_row), VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)) == 0;
}

void
table_sink_keep(RowSink *sink, int column, const text *key)
{
	TableSink  *table = (TableSink *) sink;
	Form_pg_attribute attribute = TupleDescAttr(sink->tupdesc, column - 1);
	KeyType    *type = key_type_create(attribute->atttypid, attribute->attcollation, CurrentMemoryContext);
	TupleTableSlot *slot = table_slot_create(table->table, NULL);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = begin_scan(table->table, snapshot);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "keys of kept rows",
												  ALLOCSET_DEFAULT_SIZES);
	int64		rows = sink->rows;
	MemoryContext old = MemoryContextSwitchTo(context);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(context);
		if (has_key(type, slot, column, key))
			continue;
		ExecCopySlot(sink->slot(sink), slot);
		sink->put(sink);
	}
	sink->flush(sink);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);

	/* They have been counted before. */
	sink->rows = rows;
}

/*
 * Indexes are built in the memory that the rows of the run had, if that is more
 * than the server gives them.
 */
static void
allow_memory(void)
{
	int			kilobytes = (int) Min(get_hash_memory_limit() / 1024, MAX_KILOBYTES);
	char		value[32];

	if (kilobytes <= maintenance_work_mem)
		return;
	snprintf(value, sizeof(value), "%d", kilobytes);
	(void) set_config_option("maintenance_work_mem", value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
table_sink_close(RowSink *sink)
{
	int			nest_level;

	TableSink  *table = (TableSink *) sink;
	Oid			table_oid = RelationGetRelid(table->table);
	Oid			heap_oid = RelationGetRelid(table->heap);
	char		persistence = table->table->rd_rel->relpersistence;

	sink->flush(sink);
	for (int i = 0; i < ROWS_AT_ONCE; i++)
		ExecDropSingleTupleTableSlot(table->slot[i]);
	FreeBulkInsertState(table->state);
	table_finish_bulk_insert(table->heap, WRITE_OPTIONS);
	table_close(table->heap, NoLock);
	table_close(table->table, NoLock);

	/* Whoever reads the table may go on until here, and waits from now on. */
	LockRelationOid(table_oid, AccessExclusiveLock);
	nest_level = NewGUCNestLevel();
	allow_memory();
	swap_heaps(table_oid, heap_oid, RecentXmin, ReadNextMultiXactId(), persistence);
	AtEOXact_GUC(false, nest_level);
	MemoryContextDelete(table->context);
	pfree(table);
}
