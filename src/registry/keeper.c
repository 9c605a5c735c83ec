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
 * owner.  Functions that change a scoreboard or read its views for those who
 * have its owner's privileges are called as the owner, too, by owner_call().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
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
#include "utils/catcache.h"
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

/* What a call for another role calls, and with which arguments. */
typedef struct Inner
{
	FmgrInfo	function;
	short		outer[FUNC_MAX_ARGS];	/* place of each argument among the caller's, -1 for the path */
} Inner;

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

/* From here on as the owner of a scoreboard, in its time zone; the level of settings that this ends with. */
static int
become_owner(const Registered *found, int context)
{
	int			nest_level = NewGUCNestLevel();

	put_settings(reading, lengthof(reading));
	if (found->time_zone != NULL)
		put_settings((const char *const[][2]){{"TimeZone", found->time_zone}}, 1);
	SetUserIdAndSecContext(found->owner,
						   context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	return nest_level;
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

/* The names of a function's arguments. */
static char **
argument_names(Oid function, Oid **types, int *n)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	char	  **names;
	char	   *modes;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	(void) get_func_arg_info(tuple, types, &names, &modes);
	*n = ((Form_pg_proc) GETSTRUCT(tuple))->pronargs;
	ReleaseSysCache(tuple);
	return names;
}

/*
 * The function of the same name in our internal schema that takes the same
 * arguments, by their names in an order of its own: first the scoreboard, last
 * the schemas in which the caller's names are looked up.
 */
static Inner *
find_inner(FunctionCallInfo fcinfo)
{
	Inner	   *inner = fcinfo->flinfo->fn_extra;
	Oid			schema = get_namespace_oid("_innovation_score", false);
	Oid			found = InvalidOid;
	char	  **names;
	char	  **outer_names;
	Oid		   *types;
	int			n;
	int			n_outer;
	CatCList   *candidates;

	if (inner != NULL)
		return inner;
	outer_names = argument_names(fcinfo->flinfo->fn_oid, &types, &n_outer);
	candidates = SearchSysCacheList1(PROCNAMEARGSNSP,
									 CStringGetDatum(get_func_name(fcinfo->flinfo->fn_oid)));
	for (int i = 0; i < candidates->n_members; i++)
	{
		Form_pg_proc candidate = (Form_pg_proc) GETSTRUCT(&candidates->members[i]->tuple);

		if (candidate->pronamespace == schema && candidate->pronargs == n_outer + 1 &&
			candidate->proargtypes.values[n_outer] == NAMEARRAYOID)
			found = candidate->oid;
	}
	ReleaseSysCacheList(candidates);
	if (!OidIsValid(found))
		elog(ERROR, "function %u has no inner one", fcinfo->flinfo->fn_oid);
	inner = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Inner));
	names = argument_names(found, &types, &n);
	for (int i = 1; i < n_outer; i++)
	{
		while (inner->outer[i] < n_outer && strcmp(names[i], outer_names[inner->outer[i]]) != 0)
			inner->outer[i]++;
		if (inner->outer[i] == n_outer)
			elog(ERROR, "function %u has no argument \"%s\"", fcinfo->flinfo->fn_oid, names[i]);
	}
	inner->outer[n_outer] = -1;
	fmgr_info_cxt(found, &inner->function, fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = inner;
	return inner;
}

/* The full name of a scoreboard, NULL if there is none that the caller may know of. */
static text *
known_scoreboard(Datum name, Datum path)
{
	LOCAL_FCINFO(call, 2);
	FmgrInfo	function;
	Oid			types[] = {TEXTOID, NAMEARRAYOID};
	Datum		known;

	fmgr_info(LookupFuncName(list_make2(makeString("_innovation_score"), makeString("known_scoreboard")),
							 lengthof(types), types, false), &function);
	InitFunctionCallInfoData(*call, &function, 2, DEFAULT_COLLATION_OID, NULL, NULL);
	call->args[0].value = name;
	call->args[0].isnull = false;
	call->args[1].value = path;
	call->args[1].isnull = false;
	known = FunctionCallInvoke(call);
	return call->isnull ? NULL : DatumGetTextPP(known);
}

PG_FUNCTION_INFO_V1(owner_call);
/*
 * name(scoreboard, arguments) → what _innovation_score.name(scoreboard, arguments, path) gives
 *
 * Views hold expressions of the scoreboard's owner, which must not run with
 * the privileges of a superuser who looks after the scoreboard, nor of anybody
 * else who has the owner's: these calls are made as the owner.
 */
Datum
owner_call(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	Inner	   *inner = find_inner(fcinfo);
	Datum		path = DirectFunctionCall1(current_schemas, BoolGetDatum(false));
	Oid			user = GetUserId();
	int			context;
	text	   *known;
	Registered	found = {0};
	int			nest_level;
	Datum		result;

	InitFunctionCallInfoData(*call, &inner->function, PG_NARGS() + 1, DEFAULT_COLLATION_OID, NULL,
							 fcinfo->resultinfo);
	for (int i = 0; i <= PG_NARGS(); i++)
		if (inner->outer[i] < 0)
			call->args[i] = (NullableDatum) {.value = path};
		else
			call->args[i] = fcinfo->args[inner->outer[i]];
	if (fcinfo->resultinfo != NULL && IsA(fcinfo->resultinfo, ReturnSetInfo))
		((ReturnSetInfo *) fcinfo->resultinfo)->allowedModes |= SFRM_Materialize_Preferred;
	if (!PG_ARGISNULL(0) && (known = known_scoreboard(PG_GETARG_DATUM(0), path)) != NULL)
	{
		found = find_registered(known);
		call->args[0].value = PointerGetDatum(known);
	}
	if (!OidIsValid(found.owner) || found.owner == user || !has_privs_of_role(user, found.owner))
	{
		result = FunctionCallInvoke(call);
		fcinfo->isnull = call->isnull;
		return result;
	}
	GetUserIdAndSecContext(&user, &context);
	nest_level = become_owner(&found, context);
	result = FunctionCallInvoke(call);
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

PG_FUNCTION_INFO_V1(run_as_relation_owner);
/*
 * _innovation_score.run_as_relation_owner(name text, command text) → void
 */
Datum
run_as_relation_owner(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	char	   *command = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Registered	found = find_relation(name);
	Oid			user;
	int			context;
	int			nest_level;
	int			code;

	if (!has_privs_of_role(GetUserId(), found.owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for relation %s", text_to_cstring(name))));
	SPI_connect();
	GetUserIdAndSecContext(&user, &context);
	nest_level = become_owner(&found, context);
	code = SPI_execute(command, false, 0);
	if (code < 0)
		elog(ERROR, "command cannot be run: %s", SPI_result_code_string(code));
	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(user, context);
	SPI_finish();
	PG_RETURN_VOID();
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
	nest_level = become_owner(&found, context);
	code = SPI_execute_extended(query, &options);
	if (code < 0)
		elog(ERROR, "query cannot be run: %s", SPI_result_code_string(code));
	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(user, context);
	SPI_finish();
	return (Datum) 0;
}
