/*-------------------------------------------------------------------------
 *
 * stage_code.c
 *	  Stages by their titles: 初创期 in place of startup.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "support/compat.h"

typedef struct StageName
{
	const char *bytes;
	int			length;			/* -1 for none */
} StageName;

/* The stages of a scheme, read once a query. */
typedef struct StageNames
{
	int			count;
	StageName  *codes;
	StageName  *titles;
} StageNames;

/* How many names there are. */
static int
read_names(ArrayType *array, StageName **names)
{
	Datum	   *values;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	*names = palloc(count * sizeof(StageName));
	for (int i = 0; i < count; i++)
	{
		struct varlena *value = (struct varlena *) DatumGetPointer(values[i]);

		(*names)[i].bytes = nulls[i] ? NULL : VARDATA_ANY(value);
		(*names)[i].length = nulls[i] ? -1 : (int) VARSIZE_ANY_EXHDR(value);
	}
	return count;
}

static StageNames *
stage_names(FunctionCallInfo fcinfo)
{
	StageNames *names = fcinfo->flinfo->fn_extra;
	bool		stable;
	MemoryContext old;
	int			titles;

	if (names != NULL)
		return names;
	stable = get_fn_expr_arg_stable(fcinfo->flinfo, 1) && get_fn_expr_arg_stable(fcinfo->flinfo, 2);
	old = MemoryContextSwitchTo(stable ? fcinfo->flinfo->fn_mcxt : CurrentMemoryContext);
	names = palloc0(sizeof(StageNames));
	names->count = read_names(PG_GETARG_ARRAYTYPE_P_COPY(1), &names->codes);
	titles = read_names(PG_GETARG_ARRAYTYPE_P_COPY(2), &names->titles);
	MemoryContextSwitchTo(old);
	if (titles != names->count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%d stages have %d titles", names->count, titles)));
	if (stable)
		fcinfo->flinfo->fn_extra = names;
	return names;
}

static bool
is_name(const char *bytes, int length, const StageName *name)
{
	return length == name->length && memcmp(bytes, name->bytes, length) == 0;
}

PG_FUNCTION_INFO_V1(stage_code);
/*
 * _innovation_score.stage_code(stage text, codes text[], titles text[]) → text
 *
 * The code of the stage that has this title; what is a code, or neither, as it
 * is; an error for a title of several stages.
 */
Datum
stage_code(PG_FUNCTION_ARGS)
{
	text	   *stage = PG_GETARG_TEXT_PP(0);
	StageNames *names = stage_names(fcinfo);
	const char *bytes = VARDATA_ANY(stage);
	int			length = VARSIZE_ANY_EXHDR(stage);
	const StageName *found = NULL;

	for (int i = 0; i < names->count; i++)
		if (is_name(bytes, length, &names->codes[i]))
			PG_RETURN_TEXT_P(stage);
	for (int i = 0; i < names->count; i++)
	{
		const StageName *code = &names->codes[i];

		if (!is_name(bytes, length, &names->titles[i]))
			continue;
		if (found != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is the title of several stages: %.*s, %.*s", text_to_cstring(stage),
							found->length, found->bytes, code->length, code->bytes),
					 errhint("Give the code of the stage.")));
		found = code;
	}
	if (found == NULL)
		PG_RETURN_TEXT_P(stage);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(found->bytes, found->length));
}
