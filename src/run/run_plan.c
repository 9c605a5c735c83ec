/*-------------------------------------------------------------------------
 *
 * run_plan.c
 *	  What a run has to do: the type run_plan in C.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "support/compat.h"
#include "run/run_plan.h"

static const char *const item_names[] =
{"none", "column", "values", "score", "number", "categories", "coverage", "rank", "stage_rank", "percentile", "tier",
"decision", "reasons", "barred", "direct", "eligible", "admitted", "quota", "top", "reserve", NULL};

/* A field of the record; 0 and true for NULL. */
static Datum
field(HeapTupleHeader record, const char *name, bool *null)
{
	Datum		value = GetAttributeByName(record, name, null);

	return *null ? (Datum) 0 : value;
}

static int
integer_field(HeapTupleHeader record, const char *name)
{
	bool		null;

	return DatumGetInt32(field(record, name, &null));
}

static char *
text_field(HeapTupleHeader record, const char *name)
{
	bool		null;
	Datum		value = field(record, name, &null);

	return null ? NULL : TextDatumGetCString(value);
}

/* The elements of an array, of which only those may be NULL that "nulls" is given for; no elements for NULL. */
static int
array_field(HeapTupleHeader record, const char *name, Datum **elements, bool **nulls)
{
	bool		null;
	Datum		value = field(record, name, &null);
	ArrayType  *array;
	int16		length;
	bool		by_value;
	char		align;
	int			count;

	*elements = NULL;
	if (null)
		return 0;
	array = DatumGetArrayTypePCopy(value);
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, align, elements, nulls, &count);
	return count;
}

static void
read_items(HeapTupleHeader record, RunPlan *plan)
{
	Datum	   *texts;

	plan->nitems = array_field(record, "items", &texts, NULL);
	plan->items = palloc0(Max(plan->nitems, 1) * sizeof(RunItem));
	for (int i = 0; i < plan->nitems; i++)
	{
		char	   *word = TextDatumGetCString(texts[i]);
		char	   *number = strchr(word, ' ');
		int			kind;

		if (number != NULL)
		{
			*number = '\0';
			plan->items[i].number = atoi(number + 1);
		}
		kind = find_word(item_names, word);
		if (kind < 0)
			elog(ERROR, "unknown item of a run: %s", word);
		plan->items[i].kind = kind;
	}
}

RunPlan *
run_plan_read(HeapTupleHeader record)
{
	RunPlan    *plan = palloc0(sizeof(RunPlan));
	Datum	   *elements;
	bool	   *nulls;
	Datum		value;
	bool		null;

	plan->view = DatumGetObjectId(field(record, "view", &null));
	plan->time_zone = text_field(record, "time_zone");
	plan->query = text_field(record, "query");
	read_items(record, plan);
	value = field(record, "model", &null);
	if (!null)
		plan->model = model_copy((ScoreModel *) PG_DETOAST_DATUM(value), CurrentMemoryContext);
	plan->values = integer_field(record, "vals");
	plan->stage = integer_field(record, "stage");
	plan->sample = integer_field(record, "sample");
	plan->period = integer_field(record, "period");
	plan->ngroups = array_field(record, "groups", &elements, NULL);
	plan->groups = palloc0(Max(plan->ngroups, 1) * sizeof(int));
	for (int i = 0; i < plan->ngroups; i++)
		plan->groups[i] = DatumGetInt32(elements[i]) - 1;
	plan->coarsest = integer_field(record, "coarsest");
	plan->min_peers = integer_field(record, "min_peers");
	plan->given = integer_field(record, "given");
	plan->nmodels = array_field(record, "models", &elements, NULL);
	plan->models = palloc0(Max(plan->nmodels, 1) * sizeof(ScoreModel *));
	for (int i = 0; i < plan->nmodels; i++)
		plan->models[i] = model_copy((ScoreModel *) PG_DETOAST_DATUM(elements[i]), CurrentMemoryContext);
	value = field(record, "only_period", &null);
	plan->only = null ? NULL : DatumGetTextPCopy(value);
	plan->facts = integer_field(record, "facts");
	plan->nrules = array_field(record, "rules", &elements, &nulls);
	plan->rules = palloc0(Max(plan->nrules, 1) * sizeof(ListRule *));
	for (int i = 0; i < plan->nrules; i++)
		plan->rules[i] = nulls[i] ? NULL : list_rule_from_datum(elements[i]);
	if (array_field(record, "languages", &plan->languages, NULL) != plan->nrules)
		elog(ERROR, "wrong number of languages");
	value = field(record, "tiers", &null);
	plan->tiers = null ? NULL : tier_rule_from_datum(value);
	plan->within = integer_field(record, "within");
	return plan;
}
