/*-------------------------------------------------------------------------
 *
 * model_words.c
 *	  The words that models and their parts are described with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model.h"

const char *const missing_policy_names[] = {"zero", "reweight", "null",
"median", "mean", "lower", NULL};
const char *const category_role_names[] = {"base", "bonus", "penalty", "veto", NULL};

/* Of keys that have two; the first one is the default. */
const char *const absent_names[] = {"missing", "zero", NULL};
const char *const weights_names[] = {"relative", "points", NULL};
const char *const coverage_names[] = {"weight", "count", NULL};
const char *const incomplete_names[] = {"null", "drop", NULL};

int
find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}
