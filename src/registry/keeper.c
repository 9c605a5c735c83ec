/*-------------------------------------------------------------------------
 *
 * keeper.c
 *	  Writing what nobody has privileges to write.
 *
 * Publications, their states, objections and batches are written by functions
 * alone.  The public function is keeper_call(); what it does stands in the
 * function _innovation_score.do_<its name>(caller, its arguments), which runs
 * as the owner of the tables, whom it belongs to, and asks what the caller
 * may.  Nobody else may call that one, and it runs nothing of any user's: what
 * must be read of a scoreboard is read by fetch_as_owner(), as the scoreboard's
 * owner.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "tcop/dest.h"
#include "executor/tstoreReceiver.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "support/compat.h"
#include "registry/keeper.h"
#include "registry/rights.h"

typedef struct Keeper
{
	FmgrInfo	function;
	Oid			owner;
} Keeper;

static Oid	caller = InvalidOid;

Oid
calling_role(void)
{
	return OidIsValid(caller) ? caller : GetUserId();
}

/* The function that does what the one that is called promises. */
static Keeper *
find_keeper(FunctionCallInfo fcinfo)
{
	Keeper	   *keeper = fcinfo->flinfo->fn_extra;
	Oid			types[FUNC_MAX_ARGS];
	Oid		   *own_types;
	int			n;
	char	   *name;
	Oid			function;
	HeapTuple	tuple;

	if (keeper != NULL)
		return keeper;
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &own_types, &n);
	types[0] = OIDOID;
	memcpy(types + 1, own_types, n * sizeof(Oid));
	name = psprintf("do_%s", get_func_name(fcinfo->flinfo->fn_oid));
	function = LookupFuncName(list_make2(makeString(pstrdup("_innovation_score")), makeString(name)),
							  n + 1, types, false);
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	keeper = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Keeper));
	keeper->owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	fmgr_info_cxt(function, &keeper->function, fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = keeper;
	return keeper;
}

/* How a restore is recognized.  The settings are anybody's, and must not count for the keeper. */
static const char *const no_restore[][2] = {
	{"check_function_bodies", "on"},
	{"application_name", ""},
	{"innovation_score.restoring", ""}
};

/* Settings that what is read must not depend on; a policy that hides rows is an error. */
static const char *const reading[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"row_security", "off"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"}
};

static void
put_settings(const char *const settings[][2], int n)
{
	for (int i = 0; i < n; i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

PG_FUNCTION_INFO_V1(keeper_call);
/*
 * name(arguments) → what _innovation_score.do_name(caller oid, arguments) gives
 */
Datum
keeper_call(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	Keeper	   *keeper = find_keeper(fcinfo);
	Oid			user;
	Oid			before = caller;
	int			context;
	int			nest_level = NewGUCNestLevel();
	Datum		result = 0;

	put_settings(no_restore, lengthof(no_restore));
	GetUserIdAndSecContext(&user, &context);
	InitFunctionCallInfoData(*call, &keeper->function, PG_NARGS() + 1, InvalidOid, NULL, NULL);
	call->args[0].value = ObjectIdGetDatum(user);
	call->args[0].isnull = false;
	for (int i = 0; i < PG_NARGS(); i++)
		call->args[i + 1] = fcinfo->args[i];
	SetUserIdAndSecContext(keeper->owner,
						   context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	PG_TRY();
	{
		caller = user;
		result = FunctionCallInvoke(call);
	}
	PG_FINALLY();
	{
		caller = before;
	}
	PG_END_TRY();
	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(user, context);
	fcinfo->isnull = call->isnull;
	return result;
}

PG_FUNCTION_INFO_V1(caller_name);
/*
 * _innovation_score.caller_name() → text
 */
Datum
caller_name(PG_FUNCTION_ARGS pg_attribute_unused())
{
	PG_RETURN_TEXT_P(cstring_to_text(GetUserNameFromId(calling_role(), false)));
}

PG_FUNCTION_INFO_V1(fetch_as_owner);
/*
 * _innovation_score.fetch_as_owner(scoreboard text, query text) → set of records
 *
 * The rows of a query that is run with the privileges of the owner of a
 * scoreboard and in its time zone, for those who have these privileges.  What
 * the query calls cannot change the caller's session.
 */
Datum
fetch_as_owner(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	text	   *scoreboard = PG_GETARG_TEXT_PP(0);
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Registered	found = find_registered(scoreboard);
	SPIExecuteOptions options;
	Oid			user;
	int			context;
	int			nest_level;
	int			code;

	if (!has_privs_of_role(GetUserId(), found.owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for scoreboard %s", text_to_cstring(scoreboard))));
	init_materialized_srf(fcinfo);
	SPI_connect();
	memset(&options, 0, sizeof(options));
	options.dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(options.dest, result->setResult,
									result->econtext->ecxt_per_query_memory, false,
									result->setDesc,
									"the query does not give the columns that were announced");
	GetUserIdAndSecContext(&user, &context);
	nest_level = NewGUCNestLevel();
	put_settings(reading, lengthof(reading));
	if (found.time_zone != NULL)
		put_settings((const char *const[][2]){{"TimeZone", found.time_zone}}, 1);
	SetUserIdAndSecContext(found.owner,
						   context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	code = SPI_execute_extended(query, &options);
	if (code < 0)
		elog(ERROR, "query cannot be run: %s", SPI_result_code_string(code));
	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(user, context);
	SPI_finish();
	return (Datum) 0;
}
