/*-------------------------------------------------------------------------
 *
 * publish_run.c
 *	  Runs whose rows are published, or compared with what was published.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "decide/decision.h"
#include "run/run.h"
#include "publish/append_sink.h"
#include "publish/firm_digest.h"

/* Rows are written below what asks for privileges, so this asks. */
static Relation
open_published(const char *name, LOCKMODE lock, AclMode right)
{
	Oid			relation = get_relname_relid(name, get_namespace_oid("innovation_score", false));

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"innovation_score.%s\" does not exist", name)));
	if (pg_class_aclcheck(relation, GetUserId(), right) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, name);
	return table_open(relation, lock);
}

static TupleDesc
result_row(FunctionCallInfo fcinfo)
{
	TupleDesc	tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return tupdesc;
}

/* ---------------- publishing ---------------- */

typedef struct PublishSink
{
	RowSink		sink;
	RowSink    *table;
	TupleTableSlot *row;
	FirmDigest *digest;
} PublishSink;

static TupleTableSlot *
publish_slot(RowSink *sink)
{
	PublishSink *publish = (PublishSink *) sink;

	return publish->row = publish->table->slot(publish->table);
}

static void
publish_put(RowSink *sink)
{
	PublishSink *publish = (PublishSink *) sink;

	publish->table->put(publish->table);
	firm_digest_add(publish->digest, publish->row->tts_values, publish->row->tts_isnull);
}

static void
publish_flush(RowSink *sink)
{
	RowSink    *table = ((PublishSink *) sink)->table;

	table->flush(table);
}

/* The rows of a query, which is the whole of a plan, added to a table. */
static void
append_rows(Datum plan, const char *name)
{
	Relation	table = open_published(name, RowExclusiveLock, ACL_INSERT);
	RowSink    *sink = append_sink_open(table);
	RunReport	report = {0};

	run(run_plan_read(DatumGetHeapTupleHeader(plan)), sink, &report);
	append_sink_close(sink);
	table_close(table, NoLock);
}

PG_FUNCTION_INFO_V1(publish_run);
/*
 * _innovation_score.publish_run(publication bigint, firms run_plan, corrections run_plan,
 *		OUT firms bigint, OUT scored bigint, OUT listed bigint, OUT content_digest bytea,
 *		OUT complete boolean, OUT groups text[], OUT models score_model[])
 *
 * Adds the firms of a run to published_firm, and corrections to
 * published_correction, if there are any: both from one snapshot.  "groups" are
 * the texts of arrays.
 */
Datum
publish_run(PG_FUNCTION_ARGS)
{
	TupleDesc	tupdesc = result_row(fcinfo);
	Relation	table = open_published("published_firm", RowExclusiveLock, ACL_INSERT);
	RunReport	report = {0};
	PublishSink sink;
	Datum		values[FIRM_DIGEST_RESULTS + 3];
	bool		nulls[FIRM_DIGEST_RESULTS + 3] = {0};
	Datum	   *group;
	Datum	   *model;

	memset(&sink, 0, sizeof(sink));
	sink.table = append_sink_open(table);
	sink.digest = firm_digest_create(RelationGetDescr(table), PG_GETARG_INT64(0));
	sink.sink.tupdesc = sink.table->tupdesc;
	sink.sink.by_score = true;
	sink.sink.slot = publish_slot;
	sink.sink.put = publish_put;
	sink.sink.flush = publish_flush;
	run(run_plan_read(PG_GETARG_HEAPTUPLEHEADER(1)), &sink.sink, &report);
	append_sink_close(sink.table);
	if (!PG_ARGISNULL(2))
		append_rows(PG_GETARG_DATUM(2), "published_correction");

	firm_digest_result(sink.digest, values);
	group = palloc0(Max(report.ngroups, 1) * sizeof(Datum));
	model = palloc0(Max(report.ngroups, 1) * sizeof(Datum));
	for (int i = 0; i < report.ngroups; i++)
	{
		group[i] = CStringGetTextDatum(OidOutputFunctionCall(F_ARRAY_OUT, report.keys[i]));
		model[i] = PointerGetDatum(report.models[i]);
	}
	values[FIRM_DIGEST_RESULTS] = BoolGetDatum(report.complete);
	values[FIRM_DIGEST_RESULTS + 1] =
		PointerGetDatum(construct_array(group, report.ngroups, TEXTOID, -1, false, TYPALIGN_INT));
	values[FIRM_DIGEST_RESULTS + 2] =
		PointerGetDatum(construct_array(model, report.ngroups,
										get_element_type(TupleDescAttr(tupdesc, FIRM_DIGEST_RESULTS + 2)->atttypid),
										-1, false, TYPALIGN_DOUBLE));
	table_close(table, NoLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}

/* ---------------- comparing ---------------- */

/* What is recomputed stands before what was published. */
typedef struct CompareSink
{
	RowSink		sink;
	FirmDigest *digest;
	TupleTableSlot *row;
	bool		scores;			/* all the same so far? */
	bool		ranks;
	bool		decisions;
} CompareSink;

static TupleTableSlot *
compare_slot(RowSink *sink)
{
	return ExecClearTuple(((CompareSink *) sink)->row);
}

static bool
same_bytes(const void *a, Size a_length, const void *b, Size b_length)
{
	return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static bool
same_value(const CompareSink *compare, int column)
{
	Form_pg_attribute attribute = TupleDescAttr(compare->sink.tupdesc, column);
	Datum		found = compare->row->tts_values[column];
	Datum		published = compare->row->tts_values[FIRM_COLUMNS + column];
	struct varlena *a;
	struct varlena *b;
	bool		same;

	if (compare->row->tts_isnull[column] || compare->row->tts_isnull[FIRM_COLUMNS + column])
		return compare->row->tts_isnull[column] == compare->row->tts_isnull[FIRM_COLUMNS + column];
	if (attribute->attbyval)
		return found == published;
	a = PG_DETOAST_DATUM_PACKED(found);
	b = PG_DETOAST_DATUM_PACKED(published);
	same = same_bytes(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b));
	if ((Pointer) b != DatumGetPointer(published))
		pfree(b);
	return same;
}

static bool
is_true(const CompareSink *compare, int column)
{
	return !compare->row->tts_isnull[column] && DatumGetBool(compare->row->tts_values[column]);
}

/* Who was listed in an earlier batch is barred, and so is found to be rejected. */
static bool
same_code(const CompareSink *compare)
{
	Datum		published = compare->row->tts_values[FIRM_COLUMNS + FIRM_DECISION];

	if (!is_true(compare, FIRM_COLUMNS + FIRM_BARRED) || compare->row->tts_isnull[FIRM_COLUMNS + FIRM_DECISION] ||
		strcmp(TextDatumGetCString(published), decision_names[DECISION_EARLIER]) != 0)
		return same_value(compare, FIRM_DECISION);
	return strcmp(TextDatumGetCString(compare->row->tts_values[FIRM_DECISION]),
				  decision_names[DECISION_REJECTED]) == 0;
}

/*
 * What bars a firm or lists it directly is not kept in words, so the reasons of
 * those alone are compared whom their scores decide about.
 */
static bool
same_decision(const CompareSink *compare)
{
	static const int marks[] = {FIRM_QUALIFIES, FIRM_ELIGIBLE, FIRM_ADMITTED};

	for (size_t i = 0; i < lengthof(marks); i++)
		if (!same_value(compare, marks[i]))
			return false;
	return same_code(compare) &&
		(is_true(compare, FIRM_COLUMNS + FIRM_BARRED) || is_true(compare, FIRM_COLUMNS + FIRM_QUALIFIES) ||
		 compare->row->tts_isnull[FIRM_COLUMNS + FIRM_SCORE] || same_value(compare, FIRM_REASONS));
}

static void
compare_put(RowSink *sink)
{
	CompareSink *compare = (CompareSink *) sink;

	compare->scores = compare->scores && same_value(compare, FIRM_SCORE) &&
		same_value(compare, FIRM_COVERAGE) && same_value(compare, FIRM_CATEGORY_SCORES);
	compare->ranks = compare->ranks && same_value(compare, FIRM_RANK) &&
		same_value(compare, FIRM_STAGE_RANK);
	compare->decisions = compare->decisions && same_decision(compare);
	sink->rows++;
}

static void
compare_flush(RowSink *sink pg_attribute_unused())
{
}

static void
compare_read(RowSink *sink, const Datum *values, const bool *nulls)
{
	firm_digest_add(((CompareSink *) sink)->digest, values, nulls);
}

PG_FUNCTION_INFO_V1(verify_run);
/*
 * _innovation_score.verify_run(publication bigint, firms run_plan,
 *		OUT firms bigint, OUT scored bigint, OUT listed bigint, OUT content_digest bytea,
 *		OUT scores boolean, OUT ranks boolean, OUT decisions boolean)
 *
 * What a run over published firms counts and hashes, and whether what it computes
 * is what was published.  Its query begins with the columns of published_firm,
 * and its items are these twice: as they are recomputed, and as they are.
 */
Datum
verify_run(PG_FUNCTION_ARGS)
{
	TupleDesc	tupdesc = result_row(fcinfo);
	Relation	table = open_published("published_firm", AccessShareLock, ACL_SELECT);
	RunPlan    *plan = run_plan_read(PG_GETARG_HEAPTUPLEHEADER(1));
	CompareSink sink;
	RunReport	report = {0};
	Datum		values[FIRM_DIGEST_RESULTS + 3];
	bool		nulls[FIRM_DIGEST_RESULTS + 3] = {0};

	if (OidIsValid(plan->view) || plan->model == NULL || plan->nitems != 2 * FIRM_COLUMNS)
		elog(ERROR, "this is no plan to verify a publication");
	memset(&sink, 0, sizeof(sink));
	sink.sink.tupdesc = CreateTemplateTupleDesc(2 * FIRM_COLUMNS);
	for (int i = 0; i < 2 * FIRM_COLUMNS; i++)
		TupleDescCopyEntry(sink.sink.tupdesc, i + 1, RelationGetDescr(table), i % FIRM_COLUMNS + 1);
	TupleDescFinalize(sink.sink.tupdesc);
	sink.row = MakeSingleTupleTableSlot(sink.sink.tupdesc, &TTSOpsVirtual);
	sink.digest = firm_digest_create(RelationGetDescr(table), PG_GETARG_INT64(0));
	sink.scores = sink.ranks = sink.decisions = true;
	sink.sink.nread = FIRM_COLUMNS;
	sink.sink.read = compare_read;
	sink.sink.slot = compare_slot;
	sink.sink.put = compare_put;
	sink.sink.flush = compare_flush;
	run(plan, &sink.sink, &report);

	firm_digest_result(sink.digest, values);
	values[FIRM_DIGEST_RESULTS] = BoolGetDatum(sink.scores);
	values[FIRM_DIGEST_RESULTS + 1] = BoolGetDatum(sink.ranks);
	values[FIRM_DIGEST_RESULTS + 2] = BoolGetDatum(sink.decisions);
	ExecDropSingleTupleTableSlot(sink.row);
	table_close(table, AccessShareLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
