/*-------------------------------------------------------------------------
 *
 * binary_text.c
 *	  The text form of types that have no other than their binary form.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "binary_text.h"
#include "compat.h"

char *
binary_to_text(const bytea *binary)
{
	Size		length = VARSIZE_ANY_EXHDR(binary);
	char	   *text;

	if (length > (MaxAllocSize - 3) / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value is too large for its text form"),
				 errhint("Use the binary form, as COPY (FORMAT binary) does.")));
	text = palloc(2 * length + 3);

	strcpy(text, "\\x");
	hex_encode(VARDATA_ANY(binary), length, text +2);
	text[		2 * length + 2] = '\0';
	return text;
}

void
text_to_binary(char *string, StringInfo binary)
{
	bytea	   *bytes = DatumGetByteaPP(DirectFunctionCall1(byteain, CStringGetDatum(string)));

	initStringInfo(binary);
	appendBinaryStringInfo(binary, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	pfree(bytes);
}
