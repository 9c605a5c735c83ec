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

static double
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

/* Sums over the indicators of a category. */
typedef struct CategorySums
{
	double		weight;
	double		present;		/* weight of the present ones */
	double		weighted;		/* sum of weight * normalized value */
} CategorySums;

/* Is a category's total beyond its limit?  Then points shrink to fit. */
static double
limit_factor(const ModelCategory *category, double total)
{
	return total > category->max_points ? category->max_points / total : 1;
}

static double
category_result(const ScoreModel *model, const CategorySums *sums)
{
	double		weight = sums->weight;

	if (sums->present != sums->weight)
	{
		if (model->missing == MISSING_NULL)
			return NAN;
		if (model->missing == MISSING_REWEIGHT)
			weight = sums->present;
	}
	return weight > 0 ? 100 * sums->weighted / weight : NAN;
}

void
row_score(const ScoreModel *model, int stage, const double *values,
		  ValueScore *parts, RowScore *result)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_weights(model, stage);
	const double *points = model_points(model, stage);
	double		base_weight = model_stages(model)[stage].base_weight;
	double		present_weight = 0;
	bool		complete = true;
	double		score = 0;
	CategorySums sums[MODEL_MAX_CATEGORIES];

	memset(sums, 0, model->ncategories * sizeof(CategorySums));
	for (int i = 0; i < model->nindicators; i++)
	{
		CategorySums *sum = &sums[indicators[i].category];
		double		weight = weights[i];
		double		value = normalized(&indicators[i], values[i]);

		parts[i].normalized = value;
		sum->weight += weight;
		if (isnan(value))
		{
			complete = false;
			continue;
		}
		sum->present += weight;
		sum->weighted += weight * value;
		if (categories[indicators[i].category].role == ROLE_BASE)
			present_weight += weight;
	}

	for (int i = 0; i < model->nindicators; i++)
	{
		int			category = indicators[i].category;
		CategoryRole role = categories[category].role;
		ValueScore *part = &parts[i];

		part->weight = points[i];
		if (isnan(part->normalized))
		{
			part->points = 0;
			if (role == ROLE_BASE && model->missing == MISSING_REWEIGHT)
				part->weight = 0;
			if (role == ROLE_BASE && model->missing == MISSING_NULL && weights[i] > 0)
				part->points = NAN;
		}
		else
		{
			if (role != ROLE_BASE)
				part->weight *= limit_factor(&categories[category],
											 sums[category].weighted);
			else if (!complete && model->missing == MISSING_REWEIGHT &&
					 present_weight > 0)
				part->weight = model->full_marks * weights[i] / present_weight;

			/* Adding zero turns the -0 of a penalty of nothing into 0. */
			part->points = part->weight * part->normalized + 0.0;
		}
		score += part->points;
	}

	result->coverage = present_weight / base_weight;
	if (result->coverage < model->min_coverage ||
		(model->missing == MISSING_REWEIGHT && !(present_weight > 0)))
		score = NAN;
	result->score = score;
	for (int i = 0; i < model->ncategories; i++)
		result->category[i] = category_result(model, &sums[i]);
}

double
row_coverage(const ScoreModel *model, int stage, const double *values)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_weights(model, stage);
	double		present = 0;

	for (int i = 0; i < model->nindicators; i++)
		if (value_is_present(values[i]) &&
			categories[indicators[i].category].role == ROLE_BASE)
			present += weights[i];
	return present / model_stages(model)[stage].base_weight;
}
