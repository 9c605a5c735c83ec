/*-------------------------------------------------------------------------
 *
 * store.c
 *	  A run whose rows become the contents of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "storage/lmgr.h"

#include "run/run.h"
#include "run/table_sink.h"

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

	require_owner(target, OBJECT_TABLE);
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
