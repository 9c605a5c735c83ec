/*-------------------------------------------------------------------------
 *
 * consistency.c
 *	  Do the indicators of a category measure one thing?  Cronbach's alpha, by
 *	  an aggregate over the firms that are scored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "model/model.h"
#include "model/value_row.h"
#include "numbers/exact_sum.h"
#include "score/row_score.h"
#include "support/function_glue.h"
#include "support/number_array.h"

/*
 * The base indicators that are in and below a category, or all of them.  The
 * sums are over the firms that have a value of each.
 */
typedef struct ItemGroup
{
	int			nitems;
	int		   *place;			/* of each item in the model */
	ExactSum   *items;
	ExactSum	total;			/* sums of a firm's items */
} ItemGroup;

typedef struct ItemGroups
{
	int			nindicators;
	int			ngroups;
	ItemGroup	group[FLEXIBLE_ARRAY_MEMBER];	/* by category, then the whole */
} ItemGroups;

/* Of two variances: beyond it the smaller one is nothing but rounding. */
#define LEAST_VARIANCE_RATIO	1e-12

static bool
is_inside(const ModelCategory *categories, int category, int group, int root)
{
	while (category != group && category != root)
		category = categories[category].parent;
	return category == group;
}

/* Does the indicator weigh anything, in this stage or (-1) in any? */
static bool
weighs(const ScoreModel *model, int indicator, int stage)
{
	for (int i = 0; i < model->nstages; i++)
		if ((stage < 0 || i == stage) &&
			model_effective_weights(model, i)[indicator] > 0)
			return true;
	return false;
}

static ItemGroups *
create_groups(const ScoreModel *model, int stage, MemoryContext context)
{
	const ModelCategory *categories = model_categories(model);
	const ModelIndicator *indicators = model_indicators(model);
	int			root = model->ncategories;
	ItemGroups *groups;

	groups = MemoryContextAllocZero(context, offsetof(ItemGroups, group) +
									(root + 1) * sizeof(ItemGroup));
	groups->nindicators = model->nindicators;
	groups->ngroups = root + 1;
	for (int i = 0; i <= root; i++)
	{
		ItemGroup  *group = &groups->group[i];

		group->place = MemoryContextAlloc(context, model->nindicators * sizeof(int));
		for (int k = 0; k < model->nindicators; k++)
			if (categories[indicators[k].category].role == ROLE_BASE &&
				is_inside(categories, indicators[k].category, i, root) &&
				weighs(model, k, stage))
				group->place[group->nitems++] = k;
		group->items = MemoryContextAllocHuge(context, Max(group->nitems, 1) * sizeof(ExactSum));
		for (int k = 0; k < group->nitems; k++)
			exact_sum_init(&group->items[k]);
		exact_sum_init(&group->total);
	}
	return groups;
}

static void
add_firm(ItemGroup *group, const double *values)
{
	double		total = 0;

	for (int i = 0; i < group->nitems; i++)
		total += values[group->place[i]];
	if (isnan(total))
		return;
	for (int i = 0; i < group->nitems; i++)
		exact_sum_add(&group->items[i], values[group->place[i]]);
	exact_sum_add(&group->total, total);
}

PG_FUNCTION_INFO_V1(alpha_accumulate);
/*
 * _innovation_score.alpha_accumulate(internal, weighed_stage text, model score_model,
 *	stage text, VARIADIC vals float8[]) → internal
 *
 * Transition function of cronbach: indicators are those that weigh something in
 * that stage, or in any if it is NULL.  Values are normalized ones as the
 * scheme scores them, so that a missing one is 0 under the policy zero.
 */
Datum
alpha_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ItemGroups *groups = PG_ARGISNULL(0) ? NULL : (ItemGroups *) PG_GETARG_POINTER(0);
	const ScoreModel *model;
	double		buffer[MODEL_MAX_INDICATORS];
	double		values[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		return unchanged_state(fcinfo);
	model = model_argument(fcinfo, 2);
	check_fitted(model);
	if (groups == NULL)
		groups = create_groups(model, PG_ARGISNULL(1) ? -1 :
							   model_find_stage(model, PG_GETARG_TEXT_PP(1)), context);
	if (groups->nindicators != model->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score models of a group must have the same indicators")));
	row_score(model, model_find_stage(model, PG_GETARG_TEXT_PP(3)),
			  value_row_get(PG_GETARG_ARRAYTYPE_P(4), model, buffer), parts, &result);
	if (isnan(result.score))
		PG_RETURN_POINTER(groups);
	for (int i = 0; i < model->nindicators; i++)
	{
		values[i] = parts[i].normalized;
		if (isnan(values[i]) && model_indicators(model)[i].missing != MISSING_REWEIGHT &&
			model_indicators(model)[i].missing != MISSING_NULL)
			values[i] = 0;
	}
	for (int i = 0; i < groups->ngroups; i++)
		add_firm(&groups->group[i], values);
	PG_RETURN_POINTER(groups);
}

static double
variance_of(const ExactSum *sum)
{
	ExactSum	copy = *sum;
	double		deviation;

	exact_sum_canonicalize(&copy);
	deviation = exact_sum_stddev(&copy);
	return deviation * deviation;
}

static double
group_alpha(const ItemGroup *group)
{
	double		items = 0;
	double		total;

	if (group->nitems < 2 || group->total.count < 2)
		return NAN;
	for (int i = 0; i < group->nitems; i++)
		items += variance_of(&group->items[i]);
	total = variance_of(&group->total);
	if (!(total > items * LEAST_VARIANCE_RATIO))
		return NAN;
	return group->nitems / (group->nitems - 1.0) * (1 - items / total);
}

PG_FUNCTION_INFO_V1(alpha_final);
/*
 * _innovation_score.alpha_final(internal) → float8[]
 *
 * Final function of cronbach: for each category and then for the whole the
 * number of its indicators, that of the firms, and Cronbach's alpha, k / (k -
 * 1) * (1 - sum of the variances / variance of the sum); NaN stands for NULL.
 */
Datum
alpha_final(PG_FUNCTION_ARGS)
{
	const ItemGroups *groups;
	double	   *numbers;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	groups = (const ItemGroups *) PG_GETARG_POINTER(0);
	numbers = palloc(3 * groups->ngroups * sizeof(double));
	for (int i = 0; i < groups->ngroups; i++)
	{
		numbers[3 * i] = groups->group[i].nitems;
		numbers[3 * i + 1] = (double) groups->group[i].total.count;
		numbers[3 * i + 2] = group_alpha(&groups->group[i]);
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, 3 * groups->ngroups));
}
