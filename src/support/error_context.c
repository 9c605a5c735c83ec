/*-------------------------------------------------------------------------
 *
 * error_context.c
 *	  What goes on inside the functions of this extension is no context of an
 *	  error.
 *
 * An error that leaves one of them names the thing that is wrong.  The lines
 * below it, of functions in PL/pgSQL and SQL that called each other, tell the
 * user nothing.  Functions that have SET clauses are called through
 * fmgr_security_definer(), which calls fmgr_hook when an error passes: there
 * the error gets the context again that its caller gives, and nothing else.
 * Nothing is done while there is no error.  Where another module has taken
 * the hook, log_error_verbosity is verbose, or the server itself is in trouble,
 * contexts stay as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/catcache.h"
#include "utils/elog.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

void		_PG_init(void);

static bool
is_ours(Oid schema)
{
	char	   *name = get_namespace_name(schema);

	return name != NULL && (strcmp(name, "_innovation_score") == 0 || strcmp(name, "innovation_score") == 0);
}

/*
 * Whether a line is that of a function in SQL which hands its arguments on:
 * such functions have no SET clause.  The server may speak another language.
 */
static bool
is_wrapper(const char *line)
{
	const char *form = _("SQL function \"%s\" statement %d");
	int			before = strstr(form, "%s") != NULL ? strstr(form, "%s") - form : 0;
	const char *end = strncmp(line, form, before) == 0 ? strchr(line + before, form[before + 2]) : NULL;
	CatCList   *named;
	bool		found = false;

	if (before == 0 || end == NULL)
		return false;
	named = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(pnstrdup(line + before, end - line - before)));
	for (int i = 0; i < named->n_members; i++)
		found = found || is_ours(((Form_pg_proc) GETSTRUCT(&named->members[i]->tuple))->pronamespace);
	ReleaseSysCacheList(named);
	return found;
}

/* The context that those give who have called the function which an error leaves. */
static char *
callers_context(void)
{
	ErrorContextCallback *stack = error_context_stack;
	StringInfoData context;

	initStringInfo(&context);
	for (ErrorContextCallback *frame = stack; frame != NULL; frame = frame->previous)
	{
		ErrorContextCallback alone = *frame;
		char	   *line;

		alone.previous = NULL;
		error_context_stack = &alone;
		line = GetErrorContextStack();
		if (line == NULL || (context.len == 0 && is_wrapper(line)))
			continue;
		appendStringInfo(&context, "%s%s", context.len > 0 ? "\n" : "", line);
	}
	error_context_stack = stack;
	return context.len > 0 ? context.data : NULL;
}

/*
 * Whether catalogs may be looked into before the transaction is aborted: after
 * errors of the machine or of the server itself, locks may still be held.
 */
static bool
is_harmless(int code)
{
	int			category = ERRCODE_TO_CATEGORY(code);

	return category != ERRCODE_INTERNAL_ERROR && category != ERRCODE_SYSTEM_ERROR &&
		category != ERRCODE_INSUFFICIENT_RESOURCES && category != ERRCODE_OPERATOR_INTERVENTION;
}

static void
leave_function(FmgrHookEventType event, FmgrInfo *function, Datum *private pg_attribute_unused())
{
	ErrorData  *error;

	if (event != FHET_ABORT || Log_error_verbosity >= PGERROR_VERBOSE || !IsTransactionState() ||
		!is_harmless(geterrcode()) || !is_ours(get_func_namespace(function->fn_oid)))
		return;
	MemoryContextSwitchTo(function->fn_mcxt);
	error = CopyErrorData();
	FlushErrorState();
	error->context = callers_context();
	error->internalquery = NULL;
	error->internalpos = 0;
	ReThrowError(error);
}

void
_PG_init(void)
{
	if (fmgr_hook == NULL)
		fmgr_hook = leave_function;
}

PG_FUNCTION_INFO_V1(load_library);
/*
 * _innovation_score.load_library() → void
 *
 * For functions that may fail before another one in C is called.
 */
Datum
load_library(PG_FUNCTION_ARGS pg_attribute_unused())
{
	PG_RETURN_VOID();
}
