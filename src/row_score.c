/*-------------------------------------------------------------------------
 *
 * row_score.c
 *	  The score of one row of values under a fitted model.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "float_key.h"
#include "row_score.h"
#include "tree_score.h"

const char *const value_status_names[] =
{"ok", "below", "above", "missing", "constant"};

ValueStatus
value_status(const ModelIndicator *indicator, double value)
{
	const IndicatorBounds *bounds = &indicator->bounds;

	if (!value_is_present(value))
		return VALUE_MISSING;
	if (!(bounds->lower < bounds->upper))
		return VALUE_CONSTANT;
	return value < bounds->lower ? VALUE_BELOW :
		value > bounds->upper ? VALUE_ABOVE : VALUE_OK;
}

static inline double
normalized(const ModelIndicator *indicator, double value)
{
	const IndicatorBounds *bounds = &indicator->bounds;

	if (!value_is_present(value))
		return NAN;
	/* Clamping first: the transformed bounds are exact for values at them. */
	value = clamp_value(value, bounds->lower, bounds->upper);
	if (indicator->transform != TRANSFORM_NONE)
		value = transform_value((Transform) indicator->transform, value);
	return normalize_value(&indicator->scaled_direction, value,
						   indicator->scaled_lower, indicator->scaled_upper);
}

void
row_normalize(const ScoreModel *model, const double *values, double *result)
{
	const ModelIndicator *indicators = model_indicators(model);

	for (int i = 0; i < model->nindicators; i++)
		result[i] = normalized(&indicators[i], values[i]);
}

/* Fill in the normalized values; is the row complete? */
static bool
normalize_row(const ScoreModel *model, const double *values, ValueScore *parts)
{
	const ModelIndicator *indicators = model_indicators(model);
	bool		complete = true;

	for (int i = 0; i < model->nindicators; i++)
	{
		double		value = normalized(&indicators[i], values[i]);

		parts[i].normalized = value;
		complete &= !isnan(value);
	}
	return complete;
}

static void
sum_categories(const ScoreModel *model, int stage, const ValueScore *parts,
			   bool complete, CategorySums *sums)
{
	const ModelIndicator *indicators = model_indicators(model);
	const double *weights = model_effective_weights(model, stage);
	int			category = 0;
	CategorySums current = {0, 0};

	memset(sums, 0, model->ncategories * sizeof(CategorySums));

	/* Sums stay in registers while the category is the same. */
	for (int i = 0; i < model->nindicators; i++)
	{
		if (indicators[i].category != category)
		{
			sums[category] = current;
			category = indicators[i].category;
			current = sums[category];
		}
		if (!complete && isnan(parts[i].normalized))
			continue;
		current.weight += weights[i];
		current.weighted += weights[i] * parts[i].normalized;
	}
	sums[category] = current;
}

/* What is in a category is in those above it. */
static void
roll_up(const ScoreModel *model, CategorySums *sums)
{
	const ModelCategory *categories = model_categories(model);
	const int32 *visits = model_visits(model);

	for (int visit = 0; visit < model->ncategories; visit++)
	{
		int			category = visits[visit];
		int			parent = categories[category].parent;

		if (parent == model->ncategories)
			return;
		sums[parent].weight += sums[category].weight;
		sums[parent].weighted += sums[category].weighted;
	}
}

/* Is a category's total beyond its limit?  Then points shrink to fit. */
static double
limit_factor(const ModelCategory *category, double total)
{
	return total > category->max_points ? category->max_points / total : 1;
}

static double
category_result(const ScoreModel *model, const CategorySums *sums,
				double weight)
{
	if (sums->weight != weight)
	{
		if (model->missing == MISSING_NULL)
			return NAN;
		if (model->missing == MISSING_REWEIGHT)
			weight = sums->weight;
	}
	return weight > 0 ? 100 * sums->weighted / weight : NAN;
}

/* The most points that a value can give, and those that it gives. */
static inline void
score_value(const ScoreModel *model, const ModelCategory *categories,
			int index, double weight, double points, const CategorySums *sums,
			double present, bool complete, ValueScore *part)
{
	const ModelCategory *category = &categories[index];

	part->weight = points;
	if (isnan(part->normalized))
	{
		part->points = 0;
		if (category->role != ROLE_BASE)
			return;
		if (model->missing == MISSING_REWEIGHT)
			part->weight = 0;
		if (model->missing == MISSING_NULL && weight > 0)
			part->points = NAN;
		return;
	}
	if (category->role != ROLE_BASE)
		part->weight *= limit_factor(&categories[category->top],
									 sums[category->top].weighted);
	else if (!complete && model->missing == MISSING_REWEIGHT &&
			 present > 0)
		part->weight = model->full_marks * weight / present;

	/* Adding zero turns the -0 of a penalty of nothing into 0. */
	part->points = part->weight * part->normalized + 0.0;
}

/* The weight of the base indicators whose values are present. */
static double
present_weight(const ScoreModel *model, int stage, const double *values)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	double		present = 0;

	for (int i = 0; i < model->nindicators; i++)
		if (value_is_present(values[i]) &&
			categories[indicators[i].category].role == ROLE_BASE)
			present += weights[i];
	return present;
}

/* Points where all is added up: the score is one sum. */
static double
flat_points(const ScoreModel *model, int stage, const CategorySums *sums,
			double present, bool complete, ValueScore *parts)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *points = model_points(model, stage);
	double		score = 0;

	for (int i = 0; i < model->nindicators; i++)
	{
		score_value(model, categories, indicators[i].category, weights[i],
					points[i], sums, present, complete, &parts[i]);
		score += parts[i].points;
	}
	return score;
}

/* Points where the tree says what an indicator can give. */
static double
tree_points(const ScoreModel *model, int stage, const CategorySums *sums,
			const TreeScore *tree, ValueScore *parts)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *points = model_points(model, stage);
	double		score = 0;

	for (int i = 0; i < model->nindicators; i++)
	{
		int			category = indicators[i].category;
		double		most = points[i];

		if (categories[category].role == ROLE_BASE)
			most = tree->factor[category] *
				(model->missing == MISSING_REWEIGHT ?
				 model->full_marks * weights[i] / tree->weight : most);
		score_value(model, categories, category, weights[i], most, sums, 0,
					true, &parts[i]);
		score += parts[i].points;
	}
	return score;
}

void
row_score(const ScoreModel *model, int stage, const double *values,
		  ValueScore *parts, RowScore *result)
{
	const double *category_weights = model_category_weights(model, stage);
	double		base_weight = model_stages(model)[stage].base_weight;
	double		present = base_weight;
	double		score;
	bool		complete = normalize_row(model, values, parts);
	CategorySums sums[MODEL_MAX_CATEGORIES];

	sum_categories(model, stage, parts, complete, sums);
	if (model->nested)
		roll_up(model, sums);
	if (!complete)
		present = present_weight(model, stage, values);

	for (int i = 0; i < model->ncategories; i++)
		result->category[i] = category_result(model, &sums[i],
											  category_weights[i]);
	if (likely(!model->tree))
		score = flat_points(model, stage, sums, present, complete, parts);
	else
	{
		TreeScore	tree;

		tree_score(model, stage, parts, sums, &tree, result->category);
		score = tree_points(model, stage, sums, &tree, parts);
		if (!tree.covered)
			score = NAN;
	}

	result->coverage = present / base_weight;
	if (result->coverage < model->min_coverage ||
		(model->missing == MISSING_REWEIGHT && !(present > 0)))
		score = NAN;
	result->score = score;
}

double
row_coverage(const ScoreModel *model, int stage, const double *values)
{
	return present_weight(model, stage, values) /
		model_stages(model)[stage].base_weight;
}
