/*-------------------------------------------------------------------------
 *
 * run_columns.c
 *	  What a plan asks of the columns of its query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "decide/rule_condition.h"
#include "run/run_state.h"

/* Plans are made by SQL, but anybody may hand one over: a column must be there, and of its type. */
static void
check_column(TupleDesc tupdesc, int number, Oid type)
{
	if (number < 1 || number > tupdesc->natts ||
		(type != InvalidOid && TupleDescAttr(tupdesc, number - 1)->atttypid != type))
		elog(ERROR, "column %d of a run is missing or of another type", number);
}

/* Values are read and results written at the places that the plan's own model has for them. */
static void
check_models(const RunPlan *plan)
{
	const ScoreModel *own = plan->model;

	for (int i = 0; i < plan->nmodels; i++)
	{
		const ScoreModel *model = plan->models[i];

		if (model->nindicators != own->nindicators || model->ncategories != own->ncategories ||
			model->nstages != own->nstages)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a kept score model has %d indicators, %d categories and %d stages, that of the scoreboard has %d, %d and %d",
							model->nindicators, model->ncategories, model->nstages,
							own->nindicators, own->ncategories, own->nstages),
					 errhint("Freeze the scoreboard again.")));
	}
}

void
check_columns(const RunPlan *plan, TupleDesc tupdesc)
{
	Oid			reasons = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("decision_reasons"),
										  ObjectIdGetDatum(get_namespace_oid("innovation_score", false)));
	int			column = plan->facts + FACTS_OF_RULES;

	check_column(tupdesc, plan->values, FLOAT8ARRAYOID);
	check_column(tupdesc, plan->stage, TEXTOID);
	if (plan->sample != 0)
		check_column(tupdesc, plan->sample, BOOLOID);
	if (plan->period != 0)
		check_column(tupdesc, plan->period, InvalidOid);
	if (plan->coarsest < 0 || plan->coarsest > plan->ngroups)
		elog(ERROR, "a run has no groups of %d columns", plan->coarsest);
	for (int i = 0; i < plan->ngroups; i++)
		check_column(tupdesc, plan->groups[i] + 1, InvalidOid);
	if (plan->given > 0)
		check_column(tupdesc, plan->given, INT4OID);
	check_models(plan);
	if (plan->within != 0)
		check_column(tupdesc, plan->within, TEXTOID);
	if (plan->nrules == 0)
		return;
	check_column(tupdesc, plan->facts + FACT_GAP, reasons);
	check_column(tupdesc, plan->facts + FACT_EXCLUDED, reasons);
	for (int i = 0; i < plan->nrules; i++, column += FACTS_OF_RULE)
	{
		check_column(tupdesc, column + RULE_REQUIRED, BOOLOID);
		check_column(tupdesc, column + RULE_QUALIFIES, BOOLOID);
		check_column(tupdesc, column + RULE_BATCH, INT4OID);
		check_column(tupdesc, column + RULE_QUOTA, TEXTOID);
	}
}

/* What an item shows must be there, and be what the column of the result holds. */
void
check_items(const RunPlan *plan, TupleDesc tupdesc, TupleDesc result)
{
	static const Oid types[] = {
		[ITEM_VALUES] = FLOAT8ARRAYOID,
		[ITEM_SCORE] = NUMERICOID,
		[ITEM_NUMBER] = FLOAT8OID,
		[ITEM_CATEGORIES] = FLOAT8ARRAYOID,
		[ITEM_COVERAGE] = FLOAT8OID,
		[ITEM_RANK] = INT8OID,
		[ITEM_STAGE_RANK] = INT8OID,
		[ITEM_PERCENTILE] = FLOAT8OID,
		[ITEM_TIER] = TEXTOID,
		[ITEM_DECISION] = TEXTOID,
		[ITEM_REASONS] = TEXTOID,
		[ITEM_BARRED] = BOOLOID,
		[ITEM_DIRECT] = BOOLOID,
		[ITEM_ELIGIBLE] = BOOLOID,
		[ITEM_ADMITTED] = BOOLOID,
		[ITEM_QUOTA] = TEXTOID,
		[ITEM_TOP] = TEXTOID,
		[ITEM_RESERVE] = TEXTOID
	};

	for (int i = 0; i < plan->nitems; i++)
	{
		const RunItem *item = &plan->items[i];

		if (item->kind == ITEM_NONE)
			continue;
		if (item->kind == ITEM_COLUMN)
		{
			check_column(tupdesc, item->number, TupleDescAttr(result, i)->atttypid);
			continue;
		}
		check_column(result, i + 1, types[item->kind]);
		if (plan->model == NULL ||
			((item->kind == ITEM_SCORE || item->kind == ITEM_NUMBER) && (item->number < 1 || item->number > 3 + plan->model->ncategories)) ||
			(item->kind >= ITEM_DECISION &&
			 (item->number < 1 || item->number > plan->nrules)))
			elog(ERROR, "a run has no item %d", i + 1);
	}
}

void
check_read_columns(const RowSink *sink, TupleDesc tupdesc)
{
	for (int i = 0; i < sink->nread; i++)
		check_column(tupdesc, i + 1, TupleDescAttr(sink->tupdesc, i)->atttypid);
}

bool *
kept_columns(const RunPlan *plan, int ncolumns)
{
	bool	   *kept = palloc0(ncolumns * sizeof(bool));

	for (int i = 0; i < plan->nitems; i++)
	{
		if (plan->items[i].kind == ITEM_COLUMN)
			kept[plan->items[i].number - 1] = true;
		if (plan->items[i].kind == ITEM_VALUES)
			kept[plan->values - 1] = true;
	}
	if (plan->within > 0)
		kept[plan->within - 1] = true;
	for (int i = 0; plan->nrules > 0 && i < FACTS_OF_RULES + plan->nrules * FACTS_OF_RULE; i++)
		kept[plan->facts - 1 + i] = true;
	for (int i = 0; i < plan->nrules; i++)
		kept[plan->values - 1] |= rule_has_conditions(plan->rules[i]);
	return kept;
}
