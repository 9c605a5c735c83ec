/*-------------------------------------------------------------------------
 *
 * source_state.c
 *	  Whether a view can have other rows than before.
 *
 * Every version of a row says which transaction wrote it.  Transactions before
 * the oldest one that was running at some moment had ended by then: if a table has
 * as many rows as it had, and none that a later transaction wrote, it is the same.
 * Reading this of each row takes a small part of what a run does with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#include "support/compat.h"

/* ---------------- what a view reads ---------------- */

typedef struct Sources
{
	List	   *tables;
	List	   *views;
	StringInfoData definitions; /* of the views */
	bool		unknown;		/* what they give depends on something else,
								 * too */
} Sources;

static void add_relation(Sources *sources, Oid relation);

/* Users may give their functions other bodies. */
static bool
is_function_of_user(Oid function, void *unused pg_attribute_unused())
{
	return function >= FirstNormalObjectId &&
		getExtensionOfObject(ProcedureRelationId, function) != get_extension_oid("innovation_score", false);
}

static bool
find_tables(Node *node, Sources *sources)
{
	if (node == NULL || sources->unknown)
		return sources->unknown;
	if (check_functions_in_node(node, is_function_of_user, NULL))
		return sources->unknown = true;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;

		if (entry->rtekind == RTE_RELATION)
			add_relation(sources, entry->relid);
		sources->unknown |= entry->tablesample != NULL;
		return sources->unknown;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_tables, sources, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, find_tables, sources);
}

static void
add_view(Sources *sources, Relation view)
{
	Query	   *query = get_view_query(view);

	/* Before PostgreSQL 16, a view is among the relations of its own query. */
	if (list_member_oid(sources->views, RelationGetRelid(view)))
		return;
	sources->views = lappend_oid(sources->views, RelationGetRelid(view));
	appendStringInfoString(&sources->definitions, nodeToString(query));
	sources->unknown |= contain_mutable_functions((Node *) query);
	(void) find_tables((Node *) query, sources);
}

/* Tables whose rows tell nothing, or which show them to some only, make it unknown. */
static void
add_table(Sources *sources, Relation table)
{
	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		return;
	if ((table->rd_rel->relkind == RELKIND_RELATION || table->rd_rel->relkind == RELKIND_MATVIEW) &&
		table->rd_tableam == GetHeapamTableAmRoutine() && !table->rd_rel->relrowsecurity &&
		pg_class_aclcheck(RelationGetRelid(table), GetUserId(), ACL_SELECT) == ACLCHECK_OK)
	{
		sources->tables = list_append_unique_oid(sources->tables, RelationGetRelid(table));
		appendStringInfo(&sources->definitions, " %u", RelationGetRelid(table));
	}
	else
		sources->unknown = true;
}

static void
add_relation(Sources *sources, Oid relation)
{
	Relation	opened = table_open(relation, AccessShareLock);
	List	   *children;
	ListCell   *cell;

	check_stack_depth();
	if (opened->rd_rel->relkind == RELKIND_VIEW)
		add_view(sources, opened);
	else
	{
		children = find_all_inheritors(relation, AccessShareLock, NULL);
		foreach(cell, children)
		{
			Relation	child = table_open(lfirst_oid(cell), NoLock);

			add_table(sources, child);
			table_close(child, NoLock);
		}
	}
	table_close(opened, NoLock);
}

/* ---------------- what its tables hold ---------------- */

/* The transaction of this number among those that are not in the future. */
static FullTransactionId
full_transaction(TransactionId xid, FullTransactionId next)
{
	uint64		full = (U64FromFullTransactionId(next) & ~(uint64) PG_UINT32_MAX) | xid;

	if (full >= U64FromFullTransactionId(next) && full > PG_UINT32_MAX)
		full -= UINT64CONST(1) << 32;
	return FullTransactionIdFromU64(full);
}

/* As the transaction sees it, and the run that follows: what is deleted later is there. */
static void
read_table(Oid table_oid, int64 *rows, FullTransactionId *newest)
{
	Relation	table = table_open(table_oid, AccessShareLock);
	TableScanDesc scan = begin_scan(table, GetActiveSnapshot());
	FullTransactionId next = ReadNextFullTransactionId();
	TransactionId last = InvalidTransactionId;
	HeapTuple	tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		TransactionId xid = HeapTupleHeaderGetRawXmin(tuple->t_data);

		CHECK_FOR_INTERRUPTS();
		++*rows;

		/* Most rows were written together. */
		if (xid == last)
			continue;
		last = xid;
		if (FullTransactionIdPrecedes(*newest, full_transaction(xid, next)))
			*newest = full_transaction(xid, next);
	}
	table_endscan(scan);
	table_close(table, AccessShareLock);
}

PG_FUNCTION_INFO_V1(relation_state);
/*
 * _innovation_score.relation_state(relation regclass, OUT rows bigint, OUT newest xid8,
 *									OUT definition text)
 *
 * How many rows a table has, or those that a view reads, the newest transaction
 * that wrote one, and a digest of what the view makes of them; NULL where a
 * relation does not tell all that can change.
 */
Datum
relation_state(PG_FUNCTION_ARGS)
{
	Sources		sources = {0};
	FullTransactionId newest = FirstNormalFullTransactionId;
	int64		rows = 0;
	ListCell   *cell;
	TupleDesc	tupdesc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	initStringInfo(&sources.definitions);
	add_relation(&sources, PG_GETARG_OID(0));
	if (sources.unknown)
		nulls[0] = nulls[1] = nulls[2] = true;
	else
		foreach(cell, sources.tables)
			read_table(lfirst_oid(cell), &rows, &newest);
	values[0] = Int64GetDatum(rows);
	values[1] = FullTransactionIdGetDatum(newest);
	values[2] = DirectFunctionCall1(md5_text, CStringGetTextDatum(sources.definitions.data));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
