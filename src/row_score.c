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
{"ok", "below", "above", "missing", "constant", "imputed"};

ValueStatus
value_status(const ModelIndicator *indicator, double value)
{
	const IndicatorBounds *bounds = &indicator->bounds;

	if (!value_is_present(value))
		return isnan(indicator->imputed) ? VALUE_MISSING : VALUE_IMPUTED;
	if (!(bounds->lower < bounds->upper))
		return VALUE_CONSTANT;
	return value < bounds->lower ? VALUE_BELOW :
		value > bounds->upper ? VALUE_ABOVE : VALUE_OK;
}

static inline double
normalized(const ModelIndicator *indicator, double value)
{
	if (!value_is_present(value))
	{
		if (isnan(indicator->imputed))
			return NAN;
		value = indicator->imputed;
	}
	/* Clamping first: the ends of the scale are exact for values at them. */
	value = clamp_value(value, indicator->floor, indicator->ceiling);
	if (indicator->curved)
		value = clamp_value(model_scale_value(indicator, value),
							indicator->scaled_lower, indicator->scaled_upper);
	return normalize_value(&indicator->scaled_direction, value,
						   indicator->scaled_lower, indicator->scaled_upper);
}

void
row_normalize(const ScoreModel *model, const double *values, double *result)
{
	const ModelIndicator *indicators = model_indicators(model);

	for (int i = 0; i < model->nindicators; i++)
	{
		double		value = values[i];

		if (!value_is_present(value))
			value = indicators[i].imputed;
		result[i] = isnan(value) ? NAN : normalized(&indicators[i], value);
	}
}

/* Sums over the indicators of a category. */
typedef struct CategorySums
{
	double		weight;			/* of those that count: not of missing ones whose
								 * weight goes to the others */
	double		weighted;		/* sum of weight * normalized value */
	double		unknown;		/* weight of missing ones that void the score */
} CategorySums;

/* Fill in the normalized values; are all values of the row present? */
static bool
normalize_row(const ScoreModel *model, const double *values, ValueScore *parts)
{
	const ModelIndicator *indicators = model_indicators(model);
	bool		complete = true;

	for (int i = 0; i < model->nindicators; i++)
	{
		double		value = normalized(&indicators[i], values[i]);

		parts[i].normalized = value;
		complete &= value_is_present(values[i]);
	}
	return complete;
}

static void
sum_categories(const ScoreModel *model, int stage, const ValueScore *parts,
			   bool complete, CategorySums *sums)
{
	const ModelIndicator *indicators = model_indicators(model);
	const double *weights = model_weights(model, stage);
	int			category = 0;
	CategorySums current = {0};

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
		{
			if (indicators[i].missing != MISSING_REWEIGHT)
				current.weight += weights[i];
			if (indicators[i].missing == MISSING_NULL)
				current.unknown += weights[i];
			continue;
		}
		current.weight += weights[i];
		current.weighted += weights[i] * parts[i].normalized;
	}
	sums[category] = current;
}

/* Is a category's total beyond its limit?  Then points shrink to fit. */
static double
limit_factor(const ModelCategory *category, double total)
{
	return total > category->max_points ? category->max_points / total : 1;
}

static double
category_result(const CategorySums *sums)
{
	if (sums->unknown > 0 || !(sums->weight > 0))
		return NAN;
	return 100 * sums->weighted / sums->weight;
}

/* The most points that a value can give, and those that it gives. */
static inline void
score_value(const ScoreModel *model, const ModelCategory *category,
			MissingPolicy missing, double weight, double points,
			const CategorySums *sums, double counted, bool complete,
			ValueScore *part)
{
	part->weight = points;
	if (!complete && model->reweights && category->role == ROLE_BASE &&
		counted > 0)
		part->weight = model->full_marks * weight / counted;
	if (isnan(part->normalized))
	{
		part->points = 0;
		if (category->role != ROLE_BASE)
			return;
		if (missing == MISSING_REWEIGHT)
			part->weight = 0;
		if (missing == MISSING_NULL && weight > 0)
			part->points = NAN;
		return;
	}
	if (category->role != ROLE_BASE)
		part->weight *= limit_factor(category, sums->weighted);

	/* Adding zero turns the -0 of a penalty of nothing into 0. */
	part->points = part->weight * part->normalized + 0.0;
}

/* The weight of the base indicators whose values are present. */
static double
present_weight(const ScoreModel *model, int stage, const double *values)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_weights(model, stage);
	double		present = 0;

	for (int i = 0; i < model->nindicators; i++)
		if (value_is_present(values[i]) &&
			categories[indicators[i].category].role == ROLE_BASE)
			present += weights[i];
	return present;
}

/* The weight of the base indicators that share the full marks of a row. */
static double
counted_weight(const ScoreModel *model, int stage, const ValueScore *parts)
{
	const ModelIndicator *indicators = model_indicators(model);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_weights(model, stage);
	double		counted = 0;

	for (int i = 0; i < model->nindicators; i++)
		if (categories[indicators[i].category].role == ROLE_BASE &&
			(!isnan(parts[i].normalized) ||
			 indicators[i].missing != MISSING_REWEIGHT))
			counted += weights[i];
	return counted;
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
	double		present = base_weight;
	double		counted = base_weight;
	double		score = 0;
	bool		complete = normalize_row(model, values, parts);
	CategorySums sums[MODEL_MAX_CATEGORIES];

	sum_categories(model, stage, parts, complete, sums);
	if (!complete)
	{
		present = present_weight(model, stage, values);
		if (model->reweights)
			counted = counted_weight(model, stage, parts);
	}

	for (int i = 0; i < model->nindicators; i++)
	{
		int			category = indicators[i].category;

		score_value(model, &categories[category],
					(MissingPolicy) indicators[i].missing, weights[i],
					points[i], &sums[category], counted, complete, &parts[i]);
		score += parts[i].points;
	}

	result->coverage = present / base_weight;
	if (result->coverage < model->min_coverage ||
		!(counted > 0))
		score = NAN;
	result->score = score;
	for (int i = 0; i < model->ncategories; i++)
		result->category[i] = category_result(&sums[i]);
}

double
row_coverage(const ScoreModel *model, int stage, const double *values)
{
	return present_weight(model, stage, values) /
		model_stages(model)[stage].base_weight;
}
