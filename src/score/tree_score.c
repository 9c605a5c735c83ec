/*-------------------------------------------------------------------------
 *
 * tree_score.c
 *	  The values of a row's categories, up the tree of a model.
 *
 * From the leaves up, the value of a category is the mean, by its aggregation,
 * of what is in it.  From the root down, points are shared out: where a mean
 * is not the arithmetic one, all points below it shrink (or grow) by the ratio
 * of the two, so that the points of the indicators add up to the score and
 * stay proportional to weight * normalized value among the indicators of one
 * category.  One minus that ratio is Atkinson's measure of inequality
 * ("On the Measurement of Inequality", 1970), which the inequality-adjusted
 * human development index takes off in the same way (Alkire and Foster 2010).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "score/tree_score.h"

typedef struct TreeNode
{
	double		weight;			/* among its siblings, in this row */
	double		value;			/* 0 to 1, NaN where there is none */
	double		factor;			/* of the points below it */
	double		rounding;		/* what rounding has added to the value */
	bool		covered;		/* and so are those below it */
} TreeNode;

static const TreeNode unscored = {0, NAN, 1, 0, true};

/* What a category is the mean of. */
typedef struct NodeParts
{
	int			count;
	double		weights[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
	double		values[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
} NodeParts;

static inline void
add_part(NodeParts *parts, double weight, double value)
{
	if (!(weight > 0))
		return;
	parts->weights[parts->count] = weight;
	parts->values[parts->count++] = value;
}

static void
gather_parts(const ScoreModel *model, const ModelCategory *category,
			 const double *weights, const ValueScore *values,
			 const TreeNode *nodes, NodeParts *parts)
{
	const ModelCategory *categories = model_categories(model);
	const ModelIndicator *indicators = model_indicators(model);
	const int32 *members = model_members(model) + category->first_member;
	const int32 *children = model_visits(model) + category->first_child;

	parts->count = 0;
	for (int i = 0; i < category->nmembers; i++)
	{
		double		value = values[members[i]].normalized;
		int			missing = indicators[members[i]].missing;

		if (!isnan(value) || missing == MISSING_NULL)
			add_part(parts, weights[members[i]], value);
		else if (missing != MISSING_REWEIGHT)
			add_part(parts, weights[members[i]], 0);
	}
	for (int i = 0; i < category->nchildren; i++)
		if (categories[children[i]].role == ROLE_BASE)
			add_part(parts, nodes[children[i]].weight, nodes[children[i]].value);
}

/*
 * The value of a category and what its mean makes of the points below.  Where
 * missing values may be left out, a category of no weight of its own weighs
 * what counts in it; one that has a weight keeps it, and what counts shares it.
 */
static void
score_node(const ScoreModel *model, const ModelCategory *category,
		   const NodeParts *parts, double weight, bool own_weight, TreeNode *node)
{
	double		counted = 0;
	double		weighted = 0;

	for (int i = 0; i < parts->count; i++)
	{
		counted += parts->weights[i];
		weighted += parts->weights[i] * parts->values[i];
	}
	if (!(counted > 0))
		return;
	node->weight = weight;
	if (model->reweights)
	{
		if (own_weight)
			node->factor = weight / counted;
		else
			node->weight = counted;
	}
	node->value = aggregation_mean(&category->aggregation, model->floor / 100,
								   parts->weights, parts->values, parts->count);
	if (!category->additive && weighted != 0)
		node->factor *= node->value / (weighted / counted);
	if (category->decimals != DECIMALS_NONE)
	{
		double		rounded = decimal_round(&category->shown, 100 * node->value) / 100;

		node->rounding = rounded - node->value;
		node->value = rounded;
	}
}

void
tree_score(const ScoreModel *model, int stage, const ValueScore *parts,
		   const CategorySums *sums, TreeScore *result, double *scores)
{
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *category_weights = model_category_weights(model, stage);
	const double *own = model_own_weights(model, stage);
	const int32 *visits = model_visits(model);
	int			root = model->ncategories;
	TreeNode	nodes[MODEL_MAX_CATEGORIES + 1];
	NodeParts	gathered;

	for (int i = 0; i <= root; i++)
		nodes[i] = unscored;
	for (int visit = 0; visit <= root; visit++)
	{
		int			i = visits[visit];
		const ModelCategory *category = &categories[i];

		if (category->role != ROLE_BASE)
			continue;
		gather_parts(model, category, weights, parts, nodes, &gathered);
		score_node(model, category, &gathered, category_weights[i],
				   own != NULL && !isnan(own[i]), &nodes[i]);
		if (i == root)
			break;
		if (category_weights[i] > 0 &&
			decimal_round(&share_decimals, sums[i].present / category_weights[i]) <
			decimal_round(&share_decimals, category->min_coverage))
			nodes[i].covered = false;
		if (!nodes[i].covered)
			nodes[category->parent].covered = false;
		scores[i] = nodes[i].covered ? 100 * nodes[i].value : NAN;
	}

	result->weight = nodes[root].weight;
	result->covered = nodes[root].covered;
	result->factor[root] = nodes[root].factor;
	for (int visit = root - 1; visit >= 0; visit--)
	{
		int			i = visits[visit];

		result->factor[i] = nodes[i].factor * result->factor[categories[i].parent];
		result->rounding[i] = nodes[i].weight * nodes[i].rounding *
			result->factor[categories[i].parent];
	}
}
