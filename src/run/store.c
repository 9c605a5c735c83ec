/*-------------------------------------------------------------------------
 *
 * store.c
 *	  A run whose rows become the contents of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "run/run.h"
#include "run/table_sink.h"

/* Only whose table it is may fill it. */
static void
check_owner(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", table);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	if (!has_privs_of_role(GetUserId(), owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(table));
}

PG_FUNCTION_INFO_V1(store_run);
/*
 * _innovation_score.store_run(target regclass, plan run_plan, period_column integer) → bigint
 *
 * Fills a table with what a run gives; where the plan says that one period is
 * stored, the rows of the others stay.  The number of rows that were stored.
 */
Datum
store_run(PG_FUNCTION_ARGS)
{
	Oid			target = PG_GETARG_OID(0);
	RunPlan    *plan = run_plan_read(PG_GETARG_HEAPTUPLEHEADER(1));
	RowSink    *sink;
	int64		rows;

	check_owner(target);
	LockRelationOid(target, ExclusiveLock);
	sink = table_sink_open(target);
	if (sink->tupdesc->natts != plan->nitems)
		elog(ERROR, "table has %d columns, a run gives %d", sink->tupdesc->natts, plan->nitems);
	run(plan, sink);
	if (plan->only != NULL)
		table_sink_keep(sink, PG_GETARG_INT32(2), plan->only);
	rows = sink->rows;
	table_sink_close(sink);
	PG_RETURN_INT64(rows);
}
