/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  The differences between PostgreSQL 14 and 19 that the sources meet.
 *
 * Every test of PG_VERSION_NUM stands here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef INNOVATION_SCORE_COMPAT_H
#define INNOVATION_SCORE_COMPAT_H

#if PG_VERSION_NUM < 140000
#error "innovation_score needs PostgreSQL 14 or later"
#endif

/* Sums of products of ranks, for one, are beyond 64 bits. */
#ifndef HAVE_INT128
#error "innovation_score needs a compiler and a platform with integers of 128 bits"
#endif

/* PostgreSQL 16 moved the varlena macros out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* PostgreSQL 18 lets a module tell its name and version. */
#if PG_VERSION_NUM >= 180000
#define INNOVATION_SCORE_MODULE \
	PG_MODULE_MAGIC_EXT(.name = "innovation_score", .version = INNOVATION_SCORE_VERSION)
#else
#define INNOVATION_SCORE_MODULE PG_MODULE_MAGIC
#endif

/* PostgreSQL 15 renamed the call that prepares a materialized result set. */
#if PG_VERSION_NUM >= 150000
#define init_materialized_srf(fcinfo) InitMaterializedSRF(fcinfo, 0)
#else
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

static inline void
init_materialized_srf(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	TupleDesc	tupdesc;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		!(result->allowedModes & SFRM_Materialize))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result->setResult = tuplestore_begin_heap(result->allowedModes & SFRM_Materialize_Random,
											  false, work_mem);
	result->setDesc = BlessTupleDesc(tupdesc);
	result->returnMode = SFRM_Materialize;
	MemoryContextSwitchTo(old);
}
#endif

/* PostgreSQL 15 has unique indexes in which NULLs are equal, 17 lets an index keep something between insertions. */
#if PG_VERSION_NUM >= 150000
#define begin_index_sort(table, index, unique, memory) \
	tuplesort_begin_index_btree(table, index, unique, false, memory, NULL, TUPLESORT_NONE)
#else
#define begin_index_sort(table, index, unique, memory) \
	tuplesort_begin_index_btree(table, index, unique, memory, NULL, false)
#endif
#if PG_VERSION_NUM >= 170000
#define index_insert_done(index, info) index_insert_cleanup(index, info)
#else
#define index_insert_done(index, info) ((void) 0)
#endif

#if PG_VERSION_NUM < 150000
#define parse_analyze_fixedparams(statement, text, types, n, environment) \
	parse_analyze(statement, text, types, n, environment)
#endif

/* PostgreSQL 17 numbers processes where it numbered backends. */
#if PG_VERSION_NUM >= 170000
#define virtual_transaction_process(transaction) ProcNumberGetProc((transaction).procNumber)
#else
#include "storage/sinvaladt.h"
#define virtual_transaction_process(transaction) BackendIdGetProc((transaction).backendId)
#endif

/* PostgreSQL 19 renamed it, 20 no longer has the old name. */
#ifndef pg_always_inline
#define pg_always_inline pg_attribute_always_inline
#endif

/*
 * Versions of a function for processors with wider vectors, the best of which is
 * taken when the module is loaded.  Without fused operations, which our flags rule
 * out, all give the same bits.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && \
	!defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && __GNUC__ >= 12
#define by_processor __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define by_processor
#endif

/* PostgreSQL 18 put it in front of declarations, under another name. */
#ifndef pg_noreturn
#define pg_noreturn __attribute__((noreturn))
#endif

/* PostgreSQL 19 wants descriptors made by hand to be completed, and window functions to refuse IGNORE NULLS. */
#if PG_VERSION_NUM >= 190000
#define refuse_null_treatment(window, fcinfo) \
	WinCheckAndInitializeNullTreatment(window, false, fcinfo)
#else
#define TupleDescFinalize(tupdesc) ((void) 0)
#define refuse_null_treatment(window, fcinfo) ((void) 0)
#endif

/* PostgreSQL 15 gave the constants of the parser's tree node types, and true and false are among them. */
#include "nodes/parsenodes.h"
#if PG_VERSION_NUM >= 150000
#define constant_is_null(constant) ((constant)->isnull)
#define constant_value(constant) ((Node *) &(constant)->val)
#define constant_digits(constant) ((constant)->val.fval.fval)

static inline bool
is_truth_constant(Node *node, bool *truth)
{
	A_Const    *constant = (A_Const *) node;

	if (!IsA(node, A_Const) || constant->isnull || !IsA(&constant->val, Boolean))
		return false;
	*truth = boolVal(&constant->val);
	return true;
}
#else
#define constant_is_null(constant) (IsA(&(constant)->val, Null))
#define constant_value(constant) ((Node *) &(constant)->val)
#define constant_digits(constant) strVal(&(constant)->val)

/* There the parser writes 't'::pg_catalog.bool. */
static inline bool
is_truth_constant(Node *node, bool *truth)
{
	TypeCast   *cast = (TypeCast *) node;
	A_Const    *constant = IsA(node, TypeCast) ? (A_Const *) cast->arg : NULL;

	if (constant == NULL || !IsA(constant, A_Const) || !IsA(&constant->val, String) ||
		cast->location >= 0 || cast->typeName->location >= 0)
		return false;
	*truth = strcmp(strVal(&constant->val), "t") == 0;
	return true;
}
#endif

#if PG_VERSION_NUM < 150000
#define parse_analyze_fixedparams(statement, text, types, n, environment) \
	parse_analyze(statement, text, types, n, environment)
#endif

/* PostgreSQL 16 reads temporary files by calls that say what they do at the end. */
#include "storage/buffile.h"
#if PG_VERSION_NUM >= 160000
#define buffile_read(file, data, size) BufFileReadExact(file, data, size)
#else
static inline void
buffile_read(BufFile *file, void *data, size_t size)
{
	if (BufFileRead(file, data, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from temporary file: %m")));
}
#endif

/* PostgreSQL 19 wants scans to be told what they may do. */
#if PG_VERSION_NUM >= 190000
#define begin_scan(relation, snapshot) table_beginscan(relation, snapshot, 0, NULL, SO_NONE)
#else
#define begin_scan(relation, snapshot) table_beginscan(relation, snapshot, 0, NULL)
#endif

/* A heap for the new contents of a table, and its exchange for the old one. */
#if PG_VERSION_NUM >= 190000
#include "commands/repack.h"
#else
#include "commands/cluster.h"
#endif
#if PG_VERSION_NUM >= 150000
#define make_heap(table, lock) \
	make_new_heap(RelationGetRelid(table), (table)->rd_rel->reltablespace, \
				  (table)->rd_rel->relam, (table)->rd_rel->relpersistence, lock)
#else
#define make_heap(table, lock) \
	make_new_heap(RelationGetRelid(table), (table)->rd_rel->reltablespace, \
				  (table)->rd_rel->relpersistence, lock)
#endif
#if PG_VERSION_NUM >= 190000
#define swap_heaps(old, new, frozen_xid, multi_xact, persistence) \
	finish_heap_swap(old, new, false, false, true, true, true, frozen_xid, multi_xact, persistence)
#else
#define swap_heaps(old, new, frozen_xid, multi_xact, persistence) \
	finish_heap_swap(old, new, false, false, true, true, frozen_xid, multi_xact, persistence)
#endif

#endif							/* INNOVATION_SCORE_COMPAT_H */
