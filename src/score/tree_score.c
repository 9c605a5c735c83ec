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
	double		most;			/* the greatest value that it can have */
	double		factor;			/* of the points below it */
	double		share;			/* what missing values make of that */
	double		rounding;		/* what rounding has added to the value */
	bool		covered;		/* and so are those below it */
	int			chosen;			/* place of the part that alone counts */
} TreeNode;

static const TreeNode unscored = {0, NAN, 1, 1, 1, 0, true, CHOSEN_ALL};

/* What a category is the mean of. */
typedef struct NodeParts
{
	int			count;

	/* numbers of the indicators, then, beyond those, of the categories */
	int			places[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
	double		weights[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
	double		values[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
	double		mosts[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
} NodeParts;

static inline void
add_part(NodeParts *parts, int place, double weight, double value, double most)
{
	if (!(weight > 0))
		return;
	parts->places[parts->count] = place;
	parts->weights[parts->count] = weight;
	parts->mosts[parts->count] = most;
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
		int			member = members[i];
		double		value = values[member].normalized;
		int			missing = indicators[member].missing;

		/* What bonus and penalty categories lack gives no points. */
		if (category->role != ROLE_BASE && isnan(value))
			missing = MISSING_ZERO;
		if (!isnan(value) || missing == MISSING_NULL)
			add_part(parts, member, weights[member], value, 1);
		else if (missing != MISSING_REWEIGHT)
			add_part(parts, member, weights[member], 0, 1);
	}
	for (int i = 0; i < category->nchildren; i++)
		if (categories[children[i]].role == category->role)
			add_part(parts, model->nindicators + children[i],
					 nodes[children[i]].weight, nodes[children[i]].value,
					 nodes[children[i]].most);
}

/*
 * The points of the part that gives the most, or the least, the first one of
 * equals; NaN where one is unknown.
 */
static double
choose_part(const ModelCategory *category, const NodeParts *parts, int *chosen)
{
	double		best = 0;

	*chosen = CHOSEN_NONE;
	for (int i = 0; i < parts->count; i++)
	{
		double		points = parts->weights[i] * parts->values[i];

		if (isnan(points))
		{
			*chosen = CHOSEN_ALL;
			return NAN;
		}
		if (*chosen != CHOSEN_NONE &&
			(category->chooses > 0 ? points <= best : points >= best))
			continue;
		best = points;
		*chosen = parts->places[i];
	}
	return best;
}

/*
 * The value of a category and what its mean makes of the points below.  Where
 * missing values may be left out, a category of no weight of its own weighs
 * what counts in it; one that has a weight keeps it, and what counts shares it.
 */
static void
average_parts(const ScoreModel *model, const ModelCategory *category,
			  const NodeParts *parts, double weight, bool own_weight, TreeNode *node)
{
	double		counted = 0;
	double		weighted = 0;

	for (int i = 0; i < parts->count; i++)
	{
		counted += parts->weights[i];
		weighted += parts->weights[i] * parts->values[i];
	}
	if (model->in_points && weight > 0)
	{
		/* Nothing is scaled up: what is left out gives nothing. */
		node->weight = weight;
		node->value = weighted / weight;
		return;
	}
	if (!(counted > 0))
		return;
	node->weight = weight;
	if (model->reweights)
	{
		if (own_weight)
			node->factor = node->share = weight / counted;
		else
			node->weight = counted;
		node->most = Min(node->most,
						 aggregation_mean(&category->aggregation, category->start,
										  parts->weights, parts->mosts, parts->count));
	}
	node->value = aggregation_mean(&category->aggregation, category->start,
								   parts->weights, parts->values, parts->count);
	if (!category->additive && weighted != 0)
		node->factor *= node->value / (weighted / counted);
}

/*
 * The same of any category, within its limit and rounded.  "reach" is the
 * greatest value that it can have where nothing is left out, "limit" its own
 * max_points as such a value, NaN for none: where a part is left out that could
 * not give its whole weight, the others may give more than all did.
 */
static void
score_node(const ScoreModel *model, const ModelCategory *category,
		   const NodeParts *parts, double weight, bool own_weight, double reach,
		   double limit, TreeNode *node)
{
	node->most = reach;
	if (category->chooses == 0)
	{
		if (model->reweights && !model->in_points)
			node->most = limit < 1 ? limit : 1;
		average_parts(model, category, parts, weight, own_weight, node);
	}
	else if (weight > 0 && (parts->count > 0 || model->in_points))
	{
		node->weight = weight;
		node->value = choose_part(category, parts, &node->chosen) / weight;
		limit = reach;
	}
	if (node->value > limit)
	{
		node->factor *= limit / node->value;
		node->value = limit;
	}
	if (category->decimals != DECIMALS_NONE && !isnan(node->value))
	{
		double		rounded = decimal_round(&category->shown, model->full_marks * node->value / node->most) / model->full_marks * node->most;

		node->rounding = rounded - node->value;
		node->value = rounded;
	}
}

/* What counts, among what is in a category and below. */
static void
mark_chosen(const ScoreModel *model, int category, int place, TreeScore *result)
{
	const ModelCategory *known = &model_categories(model)[category];
	const int32 *children = model_visits(model) + known->first_child;

	result->chosen[category] = place < model->nindicators ? place : CHOSEN_NONE;
	for (int i = 0; place != CHOSEN_ALL && i < known->nchildren; i++)
		if (model_categories(model)[children[i]].role == known->role &&
			children[i] != place - model->nindicators)
			result->left_out[children[i]] = true;
}

double
points_limit(const ModelCategory *category, const CategorySums *sums)
{
	return sums->counted > category->max_points ? category->max_points : sums->counted;
}

double
round_points(const ScoreModel *model, const ModelCategory *category, CategorySums *sums)
{
	double		limit = points_limit(category, sums);
	double		rounded;
	double		added;

	if (category->decimals == DECIMALS_NONE || !(limit > 0) ||
		sums->weighted > category->max_points)
		return 0;
	rounded = decimal_round(&category->shown, model->full_marks * Min(sums->weighted, limit) / limit);
	added = rounded * limit / model->full_marks - sums->weighted;
	sums->weighted += added;
	return added;
}

void
choose_points(const ScoreModel *model, int stage, const ValueScore *parts,
			  CategorySums *sums, double *added, TreeScore *result)
{
	const ModelCategory *categories = model_categories(model);
	const int32 *visits = model_visits(model);
	const double *category_weights = model_category_weights(model, stage);
	TreeNode	nodes[MODEL_MAX_CATEGORIES + 1];
	NodeParts	gathered;

	for (int i = 0; i <= model->ncategories; i++)
	{
		result->left_out[i] = false;
		result->chosen[i] = CHOSEN_ALL;
	}
	for (int visit = 0; visit < model->ncategories; visit++)
	{
		int			i = visits[visit];
		int			chosen;

		added[i] = 0;
		if (categories[i].role != ROLE_BONUS && categories[i].role != ROLE_PENALTY)
			continue;
		gather_parts(model, &categories[i], model_effective_weights(model, stage),
					 parts, nodes, &gathered);
		if (categories[i].chooses != 0)
		{
			sums[i].weighted = choose_part(&categories[i], &gathered, &chosen);
			mark_chosen(model, i, chosen, result);
		}
		else
		{
			sums[i].weighted = 0;
			for (int j = 0; j < gathered.count; j++)
				sums[i].weighted += gathered.weights[j] * gathered.values[j];
		}
		sums[i].counted = nodes[i].weight = category_weights[i];
		added[i] = round_points(model, &categories[i], &sums[i]);
		nodes[i].value = category_weights[i] > 0 ? sums[i].weighted / category_weights[i] : 0;
	}
}

void
tree_score(const ScoreModel *model, int stage, const ValueScore *parts,
		   const CategorySums *sums, TreeScore *result, double *scores)
{
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *category_weights = model_category_weights(model, stage);
	const double *coverage = model_category_coverage(model, stage);
	const double *reach = model_reach(model, stage);
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
				   own != NULL && !isnan(own[i]), reach[i],
				   category_limit(model, category, category_weights[i], category_weights[root]),
				   &nodes[i]);
		mark_chosen(model, i, nodes[i].chosen, result);
		if (i == root)
			break;
		if (coverage[i] > 0 &&
			decimal_round(&share_decimals, sums[i].present / coverage[i]) <
			decimal_round(&share_decimals, category->min_coverage))
			nodes[i].covered = false;
		scores[i] = nodes[i].covered ? model->full_marks * nodes[i].value / nodes[i].most : NAN;
		if (category->drops && isnan(scores[i]))
		{
			nodes[i].weight = 0;
			result->left_out[i] = true;
		}
		else if (!nodes[i].covered)
			nodes[category->parent].covered = false;
	}

	result->weight = nodes[root].weight;
	result->covered = nodes[root].covered;
	result->factor[root] = nodes[root].factor;
	result->share[root] = nodes[root].share;
	for (int visit = root - 1; visit >= 0; visit--)
	{
		int			i = visits[visit];

		result->left_out[i] |= result->left_out[categories[i].parent];
		result->factor[i] = nodes[i].factor * result->factor[categories[i].parent];
		result->share[i] = nodes[i].share * result->share[categories[i].parent];
		result->rounding[i] = nodes[i].weight * nodes[i].rounding *
			result->factor[categories[i].parent];
	}
}
