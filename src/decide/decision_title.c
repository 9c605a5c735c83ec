/*-------------------------------------------------------------------------
 *
 * decision_title.c
 *	  Decisions as they are printed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "decide/decision.h"
#include "decide/reason.h"

static const char *const titles[][NUM_LANGUAGES] = {
	[DECISION_REJECTED] = {"not listed", "未入选"},
	[DECISION_EARLIER] = {"listed before", "此前批次已入选"},
	[DECISION_RESERVE] = {"in reserve", "候补"},
	[DECISION_LISTED] = {"listed", "入选"},
};

PG_FUNCTION_INFO_V1(decision_title);
/* decision_title(decision text, language text) → text; NULL for a word that is no decision */
Datum
decision_title(PG_FUNCTION_ARGS)
{
	const text *decision = PG_GETARG_TEXT_PP(0);
	Language	language = language_argument(PG_GETARG_TEXT_PP(1));

	for (size_t code = 0; code < lengthof(titles); code++)
		if (strlen(decision_names[code]) == VARSIZE_ANY_EXHDR(decision) &&
			memcmp(decision_names[code], VARDATA_ANY(decision), VARSIZE_ANY_EXHDR(decision)) == 0)
			PG_RETURN_TEXT_P(cstring_to_text(server_text(titles[code][language])));
	PG_RETURN_NULL();
}
