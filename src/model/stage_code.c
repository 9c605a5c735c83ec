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

/* The stages of a scheme, read once a query. */
typedef struct StageNames
{
	int			count;
	Datum	   *codes;
	Datum	   *titles;
	bool	   *untitled;
} StageNames;

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
	deconstruct_array(PG_GETARG_ARRAYTYPE_P_COPY(1), TEXTOID, -1, false, TYPALIGN_INT,
					  &names->codes, NULL, &names->count);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P_COPY(2), TEXTOID, -1, false, TYPALIGN_INT,
					  &names->titles, &names->untitled, &titles);
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
same_text(const text *a, Datum b)
{
	const struct varlena *other = (const struct varlena *) DatumGetPointer(b);

	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(other) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(other), VARSIZE_ANY_EXHDR(a)) == 0;
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
	int			found = -1;

	for (int i = 0; i < names->count; i++)
		if (same_text(stage, names->codes[i]))
			PG_RETURN_TEXT_P(stage);
	for (int i = 0; i < names->count; i++)
	{
		if (names->untitled[i] || !same_text(stage, names->titles[i]))
			continue;
		if (found >= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is the title of several stages: %s, %s", text_to_cstring(stage),
							TextDatumGetCString(names->codes[found]), TextDatumGetCString(names->codes[i])),
					 errhint("Give the code of the stage.")));
		found = i;
	}
	PG_RETURN_DATUM(found < 0 ? PointerGetDatum(stage) : names->codes[found]);
}
