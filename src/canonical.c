/*-------------------------------------------------------------------------
 *
 * canonical.c
 *	  _canonical(VARIADIC "any"): values as bytes of which there is one form only.
 *
 * A digest is worth what its canonical form is worth: two rows must never give
 * the same bytes, and the same row must give the same bytes on every server,
 * in every version, and in a script that somebody else writes.  So a value is
 * its text in UTF-8 with its length before it, as in D. J. Bernstein's
 * netstrings (1997): "5:hello,"; NULL is "-,".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"

/* How the arguments of a call are printed, looked up once a query. */
typedef struct OutputFunctions
{
	int			count;
	FmgrInfo	output[FLEXIBLE_ARRAY_MEMBER];
} OutputFunctions;

static OutputFunctions *
look_up_outputs(FunctionCallInfo fcinfo)
{
	int			count = PG_NARGS();
	OutputFunctions *functions;

	/* VARIADIC with an array would make a row depend on how the call is written. */
	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("_canonical takes single values, not a VARIADIC array")));
	functions = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt,
								   offsetof(OutputFunctions, output) + count * sizeof(FmgrInfo));
	functions->count = count;
	for (int i = 0; i < count; i++)
	{
		Oid			function;
		bool		varlena;

		getTypeOutputInfo(get_fn_expr_argtype(fcinfo->flinfo, i), &function, &varlena);
		fmgr_info_cxt(function, &functions->output[i], fcinfo->flinfo->fn_mcxt);
	}
	fcinfo->flinfo->fn_extra = functions;
	return functions;
}

static void
append_value(StringInfo result, FmgrInfo *output, Datum value)
{
	char	   *text = OutputFunctionCall(output, value);
	char	   *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);
	int			length = strlen(utf8);

	appendStringInfo(result, "%d:", length);
	appendBinaryStringInfo(result, utf8, length);
	appendStringInfoChar(result, ',');
	if (utf8 != text)
		pfree(utf8);
	pfree(text);
}

PG_FUNCTION_INFO_V1(canonical);
/*
 * _canonical(VARIADIC "any") → bytea
 *
 * The canonical form of a row.  Text forms of dates and numbers follow the
 * settings of the session: who calls this sets them.
 */
Datum
canonical(PG_FUNCTION_ARGS)
{
	OutputFunctions *functions = fcinfo->flinfo->fn_extra;
	StringInfoData result;

	if (unlikely(functions == NULL))
		functions = look_up_outputs(fcinfo);
	initStringInfo(&result);
	/* The header of a varlena comes first. */
	appendStringInfoSpaces(&result, VARHDRSZ);
	for (int i = 0; i < functions->count; i++)
	{
		if (PG_ARGISNULL(i))
			appendBinaryStringInfo(&result, "-,", 2);
		else
			append_value(&result, &functions->output[i], PG_GETARG_DATUM(i));
	}
	SET_VARSIZE(result.data, result.len);
	PG_RETURN_BYTEA_P((bytea *) result.data);
}
