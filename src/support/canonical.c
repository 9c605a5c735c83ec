/*-------------------------------------------------------------------------
 *
 * canonical.c
 *	  _innovation_score.canonical(VARIADIC "any"): values as bytes of which there is one form only.
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

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"

#include "support/canonical.h"
#include "support/compat.h"
#include "support/put_bytes.h"

struct CanonicalRow
{
	int			first;			/* the first argument that belongs to the row */
	int			count;			/* of values */
	StringInfoData scratch;
	Oid		   *type;
	FmgrInfo	output[FLEXIBLE_ARRAY_MEMBER];
};

/* Lives in the current context. */
CanonicalRow *
describe_canonical_types(const Oid *type, int count)
{
	CanonicalRow *row = palloc0(offsetof(CanonicalRow, output) + count * sizeof(FmgrInfo));

	row->count = count;
	initStringInfo(&row->scratch);
	row->type = palloc(count * sizeof(Oid));
	for (int i = 0; i < count; i++)
	{
		Oid			function;
		bool		varlena;

		row->type[i] = type[i];
		getTypeOutputInfo(type[i], &function, &varlena);
		fmgr_info_cxt(function, &row->output[i], CurrentMemoryContext);
	}
	return row;
}

/*
 * What is printed of the arguments from the given one on.  Looked up once a
 * query: the result lives as long as the call's FmgrInfo.
 */
CanonicalRow *
describe_canonical_row(FunctionCallInfo fcinfo, int first)
{
	MemoryContext old;
	Oid			type[FUNC_MAX_ARGS];
	CanonicalRow *row;

	/*
	 * VARIADIC with an array would make a row depend on how the call is
	 * written.
	 */
	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("_canonical takes single values, not a VARIADIC array")));
	for (int i = first; i < PG_NARGS(); i++)
		type[i - first] = get_fn_expr_argtype(fcinfo->flinfo, i);
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	row = describe_canonical_types(type, PG_NARGS() - first);
	row->first = first;
	MemoryContextSwitchTo(old);
	return row;
}

static void
append_bytes(StringInfo result, const char *bytes, int length)
{
	char		digits[12];
	int			ndigits = pg_ltoa(length, digits);

	enlargeStringInfo(result, ndigits + length + 2);
	appendBinaryStringInfo(result, digits, ndigits);
	appendStringInfoChar(result, ':');
	appendBinaryStringInfo(result, bytes, length);
	appendStringInfoChar(result, ',');
}

static void
append_text(StringInfo result, const char *text, int length)
{
	char	   *utf8 = pg_server_to_any(text, length, PG_UTF8);

	append_bytes(result, utf8, utf8 == text ? length : (int) strlen(utf8));
	if (utf8 != text)
		pfree(utf8);
}

/*
 * What array_out() prints of an array that has one dimension and starts at 1;
 * false for others, and where numbers are not printed as short as they can be.
 */
static bool
append_numbers(StringInfo result, StringInfo scratch, Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	const uint8 *nulls = ARR_NULLBITMAP(array);
	const float8 *number = (const float8 *) ARR_DATA_PTR(array);

	if (ARR_NDIM(array) != 1 || ARR_LBOUND(array)[0] != 1 || extra_float_digits <= 0)
		return false;
	resetStringInfo(scratch);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
	{
		enlargeStringInfo(scratch, DOUBLE_SHORTEST_DECIMAL_LEN + 1);
		appendStringInfoChar(scratch, i == 0 ? '{' : ',');
		if (nulls != NULL && (nulls[i / 8] & (1 << (i % 8))) == 0)
			appendBinaryStringInfo(scratch, "NULL", 4);
		else
			scratch->len += double_to_shortest_decimal_bufn(*number++, scratch->data + scratch->len);
	}
	appendStringInfoChar(scratch, '}');
	append_bytes(result, scratch->data, scratch->len);
	return true;
}

/* What is the most of a row goes without output functions. */
static void
append_value(StringInfo result, CanonicalRow *row, int place, Datum value)
{
	char		number[MAXINT8LEN + 1];
	char	   *text;

	switch (row->type[place])
	{
		case TEXTOID:
			{
				struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);

				append_text(result, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
				return;
			}
		case BOOLOID:
			append_bytes(result, DatumGetBool(value) ? "t" : "f", 1);
			return;
		case INT8OID:
			append_bytes(result, number, pg_lltoa(DatumGetInt64(value), number));
			return;
		case FLOAT8OID:
			if (extra_float_digits <= 0)
				break;
			append_bytes(result, row->scratch.data,
						 double_to_shortest_decimal_bufn(DatumGetFloat8(value), row->scratch.data));
			return;
		case FLOAT8ARRAYOID:
			if (append_numbers(result, &row->scratch, value))
				return;
			break;
		case TEXTARRAYOID:
			if (ARR_NDIM(DatumGetArrayTypeP(value)) > 0)
				break;
			append_bytes(result, "{}", 2);
			return;
	}
	text = OutputFunctionCall(&row->output[place], value);
	append_text(result, text, strlen(text));
	pfree(text);
}

void
append_canonical_values(StringInfo result, CanonicalRow *row, const Datum *value, const bool *null)
{
	for (int i = 0; i < row->count; i++)
	{
		if (null[i])
			appendBinaryStringInfo(result, "-,", 2);
		else
			append_value(result, row, i, value[i]);
	}
}

void
append_canonical_row(StringInfo result, CanonicalRow *row, FunctionCallInfo fcinfo)
{
	Datum		value[FUNC_MAX_ARGS];
	bool		null[FUNC_MAX_ARGS];

	for (int i = 0; i < row->count; i++)
	{
		value[i] = PG_GETARG_DATUM(row->first + i);
		null[i] = PG_ARGISNULL(row->first + i);
	}
	append_canonical_values(result, row, value, null);
}

PG_FUNCTION_INFO_V1(canonical);
/*
 * _innovation_score.canonical(VARIADIC "any") → bytea
 *
 * The canonical form of a row.  Text forms of dates and numbers follow the
 * settings of the session: who calls this sets them.
 */
Datum
canonical(PG_FUNCTION_ARGS)
{
	StringInfoData result;

	if (unlikely(fcinfo->flinfo->fn_extra == NULL))
		fcinfo->flinfo->fn_extra = describe_canonical_row(fcinfo, 0);
	value_begin(&result);
	append_canonical_row(&result, fcinfo->flinfo->fn_extra, fcinfo);
	return value_end(&result);
}
