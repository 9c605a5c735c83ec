/*-------------------------------------------------------------------------
 *
 * scheme.c
 *	  scheme_model(text): the model of a scheme, made once a query.
 *
 * The model is put together in SQL (_scheme_model).  As an argument of fit() or
 * score() the function is called for every row, which PostgreSQL does with
 * STABLE functions; so the last model is kept for as long as it cannot have
 * become another one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/snapshot.h"

#include "support/compat.h"

typedef struct KnownScheme
{
	FmgrInfo	maker;			/* _innovation_score.scheme_model(text) */
	MemoryContext context;		/* of what follows */
	text	   *code;			/* NULL: no model is kept */
	Datum		model;

	/* what could be seen when it was made */
	SubTransactionId subtransaction;
	CommandId	command;
	TransactionId xmin;
	TransactionId xmax;
	uint32		nrunning;
	int32		nsubrunning;
	TransactionId *running;		/* both kinds, one after the other */
} KnownScheme;

PG_FUNCTION_INFO_V1(scheme_model);

static KnownScheme *
begin_scheme(FunctionCallInfo fcinfo)
{
	Oid			argument = TEXTOID;
	KnownScheme *known = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
												sizeof(KnownScheme));

	fmgr_info_cxt(LookupFuncName(list_make2(makeString("_innovation_score"),
											makeString("scheme_model")),
								 1, &argument, false),
				  &known->maker, fcinfo->flinfo->fn_mcxt);
	known->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt,
										   "model of a scheme",
										   ALLOCSET_SMALL_SIZES);
	return known;
}

/* Lists of no length may have no address. */
static bool
same_ids(const TransactionId *a, const TransactionId *b, uint32 n)
{
	return n == 0 || memcmp(a, b, n * sizeof(TransactionId)) == 0;
}

static void
copy_ids(TransactionId *to, const TransactionId *from, uint32 n)
{
	if (n > 0)
		memcpy(to, from, n * sizeof(TransactionId));
}

/*
 * Would the tables show the same?  They do throughout a query.  But PL/pgSQL
 * keeps what it calls from one statement to the next, and there our own changes
 * and those of others come between.
 */
static bool
sees_the_same(const KnownScheme *known, Snapshot now)
{
	return known->subtransaction == GetCurrentSubTransactionId() &&
		known->command == now->curcid &&
		known->xmin == now->xmin && known->xmax == now->xmax &&
		known->nrunning == now->xcnt && known->nsubrunning == now->subxcnt &&
		same_ids(known->running, now->xip, now->xcnt) &&
		same_ids(known->running + now->xcnt, now->subxip, now->subxcnt);
}

static void
keep_model(KnownScheme *known, text *code, Datum model, Snapshot now)
{
	MemoryContext old = MemoryContextSwitchTo(known->context);

	known->subtransaction = GetCurrentSubTransactionId();
	known->command = now->curcid;
	known->xmin = now->xmin;
	known->xmax = now->xmax;
	known->nrunning = now->xcnt;
	known->nsubrunning = now->subxcnt;
	known->running = palloc((now->xcnt + now->subxcnt + 1) *
							sizeof(TransactionId));
	copy_ids(known->running, now->xip, now->xcnt);
	copy_ids(known->running + now->xcnt, now->subxip, now->subxcnt);
	known->model = datumCopy(model, false, -1);
	known->code = (text *) DatumGetPointer(datumCopy(PointerGetDatum(code),
													 false, -1));
	MemoryContextSwitchTo(old);
}

/*
 * scheme_model(scheme text) → score_model
 *
 * Errors are those of _scheme_model.  A snapshot of another kind than those of
 * queries, or none, keeps nothing.
 */
Datum
scheme_model(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, 1);
	KnownScheme *known = fcinfo->flinfo->fn_extra;
	text	   *code = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	Snapshot	now = ActiveSnapshotSet() ? GetActiveSnapshot() : NULL;
	bool		keeps = code != NULL && now != NULL && IsMVCCSnapshot(now);
	Datum		model;

	if (known == NULL)
		fcinfo->flinfo->fn_extra = known = begin_scheme(fcinfo);

	if (keeps && known->code != NULL &&
		VARSIZE_ANY_EXHDR(known->code) == VARSIZE_ANY_EXHDR(code) &&
		memcmp(VARDATA_ANY(known->code), VARDATA_ANY(code),
			   VARSIZE_ANY_EXHDR(code)) == 0 &&
		sees_the_same(known, now))
		PG_RETURN_DATUM(known->model);

	known->code = NULL;
	MemoryContextReset(known->context);
	InitFunctionCallInfoData(*call, &known->maker, 1, PG_GET_COLLATION(),
							 NULL, NULL);
	call->args[0].value = PointerGetDatum(code);
	call->args[0].isnull = code == NULL;
	model = FunctionCallInvoke(call);
	if (call->isnull)
		PG_RETURN_NULL();
	if (!keeps)
		PG_RETURN_DATUM(model);
	keep_model(known, code, model, now);
	PG_RETURN_DATUM(known->model);
}
