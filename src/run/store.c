/*-------------------------------------------------------------------------
 *
 * store.c
 *	  A run whose rows become the contents of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "support/function_glue.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/table_sink.h"

/* What a run reports, as arrays of names and models. */
static void
put_groups(const RunReport *report, Oid model_type, Datum *values)
{
	int			n = report->ngroups;
	int			lower = 1;
	Datum	   *labels = palloc0(Max(n, 1) * sizeof(Datum));
	Datum	   *models = palloc0(Max(n, 1) * sizeof(Datum));
	bool	   *unnamed = palloc0(Max(n, 1) * sizeof(bool));

	for (int i = 0; i < n; i++)
	{
		set_text(&labels[i], &unnamed[i], report->labels[i]);
		models[i] = PointerGetDatum(report->models[i]);
	}
	values[0] = PointerGetDatum(construct_md_array(labels, unnamed, 1, &n, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	values[1] = PointerGetDatum(construct_array(models, n, model_type, -1, false, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(store_run);
/*
 * _innovation_score.store_run(target regclass, plan run_plan, OUT stored bigint, OUT complete boolean,
 *							   OUT labels text[], OUT models score_model[])
 *
 * Fills a table with what a run gives; where the plan says that one period is
 * stored, the partitions of the others stay.  The number of rows that were stored,
 * whether there is nothing to tell about the rows that were read, and the models
 * of the groups.
 */
Datum
store_run(PG_FUNCTION_ARGS)
{
	Oid			target = PG_GETARG_OID(0);
	RunPlan    *plan = run_plan_read(PG_GETARG_HEAPTUPLEHEADER(1));
	RunReport	report = {0};
	RowSink    *sink;
	Progress	progress;
	TupleDesc	tupdesc;
	Datum		values[4];
	bool		nulls[4] = {false, false, false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	require_owner(target, OBJECT_TABLE);
	LockRelationOid(target, ExclusiveLock);
	sink = table_sink_open(target);
	if (sink->tupdesc->natts != plan->nitems)
		elog(ERROR, "table has %d columns, a run gives %d", sink->tupdesc->natts, plan->nitems);
	run(plan, sink, &report);
	values[0] = Int64GetDatum(sink->rows);
	progress_begin(&progress);
	table_sink_close(sink, plan->only);
	progress_tell(&progress, "indexed", DatumGetInt64(values[0]), "rows");
	values[1] = BoolGetDatum(report.complete);
	put_groups(&report, get_element_type(TupleDescAttr(tupdesc, 3)->atttypid), values + 2);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
