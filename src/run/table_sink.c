/*-------------------------------------------------------------------------
 *
 * table_sink.c
 *	  Rows that become the new contents of a table, or of its partitions.
 *
 * They go to a new heap, which then takes the place of the old one, as REFRESH
 * MATERIALIZED VIEW has it: nobody waits while rows are worked out, indexes are
 * built from sorted rows, and an error leaves the table as it was.  Rows are
 * frozen, so that a snapshot from before sees the new ones, not none.
 *
 * A table of several periods has a partition for each, and those that get no rows
 * and are not asked for stay as they are.
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
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "support/compat.h"
#include "support/growing.h"
#include "run/key_numbers.h"
#include "run/table_sink.h"

/* Rows that are written together, and bytes after which no more are waited for. */
#define ROWS_AT_ONCE	512

/* Room for the rows of a usual size, which stays when the context is reset. */
#define ROWS_CONTEXT_SIZES	256 * 1024, 256 * 1024, ALLOCSET_DEFAULT_MAXSIZE

#define WRITE_OPTIONS	(TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN)

/* A table whose contents are replaced: the target, or a partition of it. */
typedef struct TablePart
{
	Relation	table;
	Relation	heap;			/* the new one */
	BulkInsertState state;
	int		   *column;			/* of the target, from 0, that each column is;
								 * -1 for one that has been dropped */
	TupleTableSlot *slot[ROWS_AT_ONCE]; /* made when they are needed */
	int			n;				/* rows that wait */
} TablePart;

typedef struct TableSink
{
	RowSink		sink;
	Oid			table;
	MemoryContext lasting;
	TupleTableSlot *row;		/* to be filled in */
	int			nrequired;		/* columns that must not be null */
	int		   *required;
	List	   *parts;
	TablePart  *whole;			/* the target, where there are no periods */

	/* where there are */
	int			period;			/* their column, from 1; 0 for none */
	KeyNumbers *periods;
	TablePart **part;			/* by the number of a period */
	int64		room;
	MemoryContext context;		/* of what writing rows takes */
} TableSink;

/* ---------------- the parts ---------------- */

static int
column_of_name(TupleDesc tupdesc, const FormData_pg_attribute *wanted)
{
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i);

		if (!attribute->attisdropped && attribute->atttypid == wanted->atttypid &&
			strcmp(NameStr(attribute->attname), NameStr(wanted->attname)) == 0)
			return i;
	}
	elog(ERROR, "a stored ranking has no column \"%s\"", NameStr(wanted->attname));
}

/* A partition may have been made after columns were dropped from the target. */
static int *
map_columns(TupleDesc target, TupleDesc part)
{
	int		   *column = palloc(part->natts * sizeof(int));

	for (int i = 0; i < part->natts; i++)
		column[i] = TupleDescAttr(part, i)->attisdropped ? -1 : column_of_name(target, TupleDescAttr(part, i));
	return column;
}

static TablePart *
opened_part(const TableSink *sink, Oid oid)
{
	ListCell   *cell;

	foreach(cell, sink->parts)
		if (RelationGetRelid(((TablePart *) lfirst(cell))->table) == oid)
			return lfirst(cell);
	return NULL;
}

static TablePart *
open_part(TableSink *sink, Oid oid)
{
	TablePart  *part = opened_part(sink, oid);
	MemoryContext old;

	if (part != NULL)
		return part;
	old = MemoryContextSwitchTo(sink->lasting);
	part = palloc0(sizeof(TablePart));
	LockRelationOid(oid, ExclusiveLock);
	part->table = table_open(oid, NoLock);
	if (part->table->rd_rel->relkind != RELKIND_RELATION || IsSystemRelation(part->table))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(part->table))));
	CheckTableNotInUse(part->table, "store_ranking()");
	part->heap = table_open(make_heap(part->table, ExclusiveLock), NoLock);
	part->state = GetBulkInsertState();
	part->column = map_columns(sink->sink.tupdesc, RelationGetDescr(part->heap));
	sink->parts = lappend(sink->parts, part);
	MemoryContextSwitchTo(old);
	return part;
}

/* The partition that holds a period; invalid if there is none. */
static Oid
existing_partition(Oid table_oid, char *period)
{
	Relation	table = table_open(table_oid, AccessShareLock);
	Oid			partition = InvalidOid;
	Oid			input;
	Oid			parameter;
	PartitionKey key;
	PartitionDesc parts;
	bool		equal = false;
	int			at = -1;

	if (table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" has no partitions", RelationGetRelationName(table))));
	key = RelationGetPartitionKey(table);
	parts = RelationGetPartitionDesc(table, true);

	/* Refilling one of several periods would empty the others. */
	if (key->strategy != PARTITION_STRATEGY_LIST ||
		(parts->nparts > 0 && (parts->nparts != parts->boundinfo->ndatums ||
							   partition_bound_has_default(parts->boundinfo))))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" has a partition that is not of one period", RelationGetRelationName(table)),
				 errhint("Drop the table and store the ranking again.")));
	getTypeInputInfo(key->parttypid[0], &input, &parameter);
	if (parts->nparts > 0)
		at = partition_list_bsearch(key->partsupfunc, key->partcollation, parts->boundinfo,
									OidInputFunctionCall(input, period, parameter, key->parttypmod[0]),
									&equal);
	if (at >= 0 && equal)
		partition = parts->oids[parts->boundinfo->indexes[at]];
	table_close(table, NoLock);
	return partition;
}

PG_FUNCTION_INFO_V1(period_partition);
/*
 * _innovation_score.period_partition(target regclass, period text) → regclass
 *
 * The partition of a stored ranking that holds a period, NULL if there is none.
 */
Datum
period_partition(PG_FUNCTION_ARGS)
{
	Oid			partition = existing_partition(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));

	if (!OidIsValid(partition))
		PG_RETURN_NULL();
	PG_RETURN_OID(partition);
}

/* The partition of a period, which is made if it is not there. */
static Oid
find_partition(TableSink *sink, text *period)
{
	Oid			types[] = {REGCLASSOID, TEXTOID};
	Datum		values[] = {ObjectIdGetDatum(sink->table), PointerGetDatum(period)};
	bool		null;
	Oid			partition;

	SPI_connect();
	if (SPI_execute_with_args("SELECT _innovation_score.stored_partition($1, $2)", 2, types, values, NULL, false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not find the partition of a period");
	partition = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	SPI_finish();
	return partition;
}

static TablePart *
part_of_period(TableSink *sink, const Datum *values, const bool *nulls)
{
	uint32		number;

	number = key_number(sink->periods, key_image(sink->periods, values, nulls), 0);
	if (number >= sink->room)
	{
		int64		room = sink->room;

		sink->part = make_room(sink->part, &sink->room, (int64) number + 1, sizeof(TablePart *), sink->lasting);
		memset(sink->part + room, 0, (sink->room - room) * sizeof(TablePart *));
	}
	if (sink->part[number] == NULL)
		sink->part[number] = open_part(sink, find_partition(sink, key_text_of(sink->periods, values, nulls)));
	return sink->part[number];
}

/* ---------------- rows ---------------- */

static void
flush_part(TableSink *sink, TablePart *part)
{
	MemoryContext old;

	if (part->n == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	old = MemoryContextSwitchTo(sink->context);
	table_multi_insert(part->heap, part->slot, part->n, GetCurrentCommandId(true), WRITE_OPTIONS, part->state);
	MemoryContextSwitchTo(old);
	MemoryContextReset(sink->context);
	for (int i = 0; i < part->n; i++)
		ExecClearTuple(part->slot[i]);
	part->n = 0;
}

static void
flush_rows(RowSink *sink)
{
	ListCell   *cell;

	foreach(cell, ((TableSink *) sink)->parts)
		flush_part((TableSink *) sink, lfirst(cell));
}

static TupleTableSlot *
part_slot(TableSink *sink, TablePart *part)
{
	if (part->n == ROWS_AT_ONCE)
		flush_part(sink, part);
	if (part->slot[part->n] == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(sink->lasting);

		part->slot[part->n] = MakeSingleTupleTableSlot(RelationGetDescr(part->heap), &TTSOpsVirtual);
		MemoryContextSwitchTo(old);
	}
	return part->slot[part->n++];
}

/* Where all rows go to one table, they are filled in where they wait. */
static TupleTableSlot *
next_slot(RowSink *sink)
{
	TableSink  *table = (TableSink *) sink;

	if (table->whole != NULL)
		table->row = part_slot(table, table->whole);
	return ExecClearTuple(table->row);
}

static void
copy_row(TableSink *table)
{
	const Datum *values = table->row->tts_values;
	const bool *nulls = table->row->tts_isnull;
	TablePart  *part = part_of_period(table, values, nulls);
	TupleTableSlot *slot = part_slot(table, part);

	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		int			column = part->column[i];

		slot->tts_isnull[i] = column < 0 || nulls[column];
		slot->tts_values[i] = slot->tts_isnull[i] ? (Datum) 0 : values[column];
	}
	ExecStoreVirtualTuple(slot);
}

static void
put_row(RowSink *sink)
{
	TableSink  *table = (TableSink *) sink;
	const bool *nulls = table->row->tts_isnull;

	for (int i = 0; i < table->nrequired; i++)
		if (nulls[table->required[i]])
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("a row has no \"%s\", so it cannot be stored",
							NameStr(TupleDescAttr(sink->tupdesc, table->required[i])->attname)),
					 errhint("Bind a view that leaves such rows out, or gives them one.")));
	if (table->whole == NULL)
		copy_row(table);
	sink->rows++;
}

static void
find_required(TableSink *sink)
{
	TupleDesc	tupdesc = sink->sink.tupdesc;

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
	int			period;

	sink->table = table_oid;
	sink->lasting = CurrentMemoryContext;
	sink->context = AllocSetContextCreate(CurrentMemoryContext, "rows to be written",
										  ROWS_CONTEXT_SIZES);
	sink->sink.tupdesc = CreateTupleDescCopyConstr(RelationGetDescr(table));
	sink->sink.slot = next_slot;
	sink->sink.put = put_row;
	sink->sink.flush = flush_rows;
	find_required(sink);
	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		sink->period = RelationGetPartitionKey(table)->partattrs[0];

	/* Partitions are attached to a table that nobody in this session has open. */
	table_close(table, NoLock);
	if (sink->period == 0)
	{
		sink->whole = open_part(sink, table_oid);
		return &sink->sink;
	}
	sink->row = MakeSingleTupleTableSlot(sink->sink.tupdesc, &TTSOpsVirtual);
	period = sink->period - 1;
	sink->periods = key_numbers_create(sink->sink.tupdesc, &period, 1, 1, sink->lasting);
	return &sink->sink;
}

/* ---------------- the end ---------------- */

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

/* The new heap takes the place of the old one. */
static void
finish_part(TablePart *part)
{
	Oid			table = RelationGetRelid(part->table);
	Oid			heap = RelationGetRelid(part->heap);
	char		persistence = part->table->rd_rel->relpersistence;

	for (int i = 0; i < ROWS_AT_ONCE && part->slot[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(part->slot[i]);
	FreeBulkInsertState(part->state);
	table_finish_bulk_insert(part->heap, WRITE_OPTIONS);
	table_close(part->heap, NoLock);
	table_close(part->table, NoLock);

	/* Whoever reads the table may go on until here, and waits from now on. */
	LockRelationOid(table, AccessExclusiveLock);
	swap_heaps(table, heap, RecentXmin, ReadNextMultiXactId(), persistence);
}

/* The partitions of a table in the order in which readers lock them. */
static List *
partitions(Oid table_oid)
{
	Relation	table = table_open(table_oid, NoLock);
	PartitionDesc parts = RelationGetPartitionDesc(table, true);
	List	   *result = NIL;

	for (int i = 0; i < parts->nparts; i++)
		result = lappend_oid(result, parts->oids[i]);
	table_close(table, NoLock);
	return result;
}

void
table_sink_close(RowSink *sink, const text *only)
{
	TableSink  *table = (TableSink *) sink;
	List	   *oids = table->period == 0 ? list_make1_oid(table->table) : NIL;
	List	   *parts = NIL;
	ListCell   *cell;
	int			nest_level = NewGUCNestLevel();

	sink->flush(sink);
	if (table->period != 0)
	{
		Oid			of_only = only == NULL ? InvalidOid : existing_partition(table->table, text_to_cstring(only));

		if (OidIsValid(of_only))
			(void) open_part(table, of_only);
		oids = partitions(table->table);
		ExecDropSingleTupleTableSlot(table->row);
	}
	foreach(cell, oids)
	{
		TablePart  *part = only == NULL ? open_part(table, lfirst_oid(cell)) : opened_part(table, lfirst_oid(cell));

		if (part != NULL)
			parts = lappend(parts, part);
	}
	allow_memory();
	foreach(cell, parts)
		finish_part(lfirst(cell));
	AtEOXact_GUC(false, nest_level);
	MemoryContextDelete(table->context);
	pfree(table);
}
