/*-------------------------------------------------------------------------
 *
 * row_score.c
 *	  The score of one row of values under a fitted model.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/decimal.h"
#include "numbers/float_key.h"
#include "score/row_score.h"
#include "score/tree_score.h"

const char *const value_status_names[] =
{"ok", "below", "above", "missing", "constant", "imputed", "undefined", "veto"};

ValueStatus
value_status(const ScoreModel *model, const ModelIndicator *indicator,
			 double value)
{
	const IndicatorBounds *bounds = &indicator->bounds;

	if (!value_is_present(value))
		return isnan(indicator->imputed) ? VALUE_MISSING : VALUE_IMPUTED;
	if (value_vetoes(model, indicator, value))
		return VALUE_VETO;
	if (indicator->scoring != SCORING_MINMAX)
		return VALUE_OK;
	if (!(value > transform_limit(&indicator->transform)))
		return VALUE_UNDEFINED;
	if (!(bounds->lower < bounds->upper))
		return VALUE_CONSTANT;
	return value < bounds->lower ? VALUE_BELOW :
		value > bounds->upper ? VALUE_ABOVE : VALUE_OK;
}

double
shown_value(const ModelIndicator *indicator, double value)
{
	return value_is_present(value) || isnan(indicator->imputed) ? value :
		indicator->imputed;
}

void
value_steps(const ModelIndicator *indicator, double value, double *reached,
			double *next)
{
	Scoring		scoring = model_scoring(indicator);

	*reached = *next = NAN;
	if (scoring.kind != SCORING_MINMAX && value_is_present(value))
		scoring_place(&scoring, value, reached, next);
}

void
row_normalize(const ScoreModel *model, int stage, const double *values,
			  double *result)
{
	const ModelIndicator *indicators = stage < 0 ? model_indicators(model) :
	model_stage_indicators(model, stage);

	for (int i = 0; i < model->nindicators; i++)
	{
		double		value = values[i];

		if (!value_is_present(value))
			value = indicators[i].imputed;
		result[i] = isnan(value) ? NAN : normalized_value(&indicators[i], value);
	}
}

bool
row_squares(const ScoreModel *model, const double *values,
			const double *others, const double *weights,
			double allowed, double *squares, double *shared)
{
	const ModelIndicator *indicators = model_indicators(model);

	*squares = *shared = 0;
	for (int i = 0; i < model->nindicators; i++)
	{
		double		value = values[i];
		double		difference;

		if (!value_is_present(value) || isnan(others[i]))
			continue;
		difference = normalized_value(&indicators[i], value) - others[i];
		*shared += weights[i];
		*squares += weights[i] * difference * difference;
		if (*squares > allowed)
			return false;
	}
	return true;
}

/*
 * Fill in the normalized values; are all values of the row present?  Where the
 * callers' constant "scaled" says so, those that are present are normalized
 * values under bounds of 0 and 1, which come out as they go in.
 */
static pg_always_inline bool
normalize_row(const ScoreModel *model, int stage, const double *values,
			  const bool scaled, ValueScore *parts)
{
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	bool		complete = true;

	for (int i = 0; i < model->nindicators; i++)
	{
		double		value = values[i];

		if (unlikely(!value_is_present(value)))
		{
			complete = false;
			value = indicators[i].imputed;
			if (isnan(value))
			{
				parts[i].normalized = NAN;
				continue;
			}
		}
		else if (scaled)
		{
			parts[i].normalized = value;
			continue;
		}
		parts[i].normalized = normalized_value(&indicators[i], value);
	}
	return complete;
}

/*
 * What a missing value adds to the weight that counts.  Points are added up as
 * they are: what cannot be given by one indicator is not given by others.
 */
static double
missing_weight(const ScoreModel *model, const ModelIndicator *indicator,
			   double weight)
{
	if (model_categories(model)[indicator->category].role != ROLE_BASE)
		return weight;
	if (model->in_points && indicator->missing == MISSING_REWEIGHT)
		return weight;
	switch ((MissingPolicy) indicator->missing)
	{
		case MISSING_REWEIGHT:
			return 0;
		case MISSING_NULL:
			return weight > 0 ? NAN : 0;
		default:
			return weight;
	}
}

/*
 * Always inline: each of the callers' constants makes a loop of its own, and
 * complete rows, the most by far, carry nothing of the others.
 */
static pg_always_inline void
sum_categories(const ScoreModel *model, int stage, const double *values,
			   const ValueScore *parts, const bool complete, CategorySums *sums)
{
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	const double *weights = model_effective_weights(model, stage);
	const double *coverage = model_coverage_weights(model, stage);
	int			category = 0;
	CategorySums current = {0, 0, 0};

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
		if (!complete && value_is_present(values[i]))
			current.present += coverage[i];
		if (!complete && isnan(parts[i].normalized))
		{
			current.counted += missing_weight(model, &indicators[i], weights[i]);
			continue;
		}
		current.counted += weights[i];
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
		sums[parent].counted += sums[category].counted;
		sums[parent].present += sums[category].present;
		sums[parent].weighted += sums[category].weighted;
	}
}

/* Is a category's total beyond its limit?  Then points shrink to fit. */
static double
limit_factor(const ModelCategory *category, double total)
{
	return total > category->max_points ? category->max_points / total : 1;
}

/* What a category gave of what it can give, where all is added. */
static double
category_result(const ScoreModel *model, const ModelCategory *category,
				const CategorySums *sums)
{
	double		limit;

	if (likely(category->role == ROLE_BASE))
		return sums->counted > 0 ? model->full_marks * sums->weighted / sums->counted : NAN;
	limit = points_limit(category, sums);
	return category->role == ROLE_VETO || !(limit > 0) ? NAN :
		model->full_marks * Min(sums->weighted, limit) / limit;
}

/*
 * The most points that a base indicator can give in a row where weights of
 * missing values go to the others.
 */
static double
rescaled_points(const ScoreModel *model, const ModelIndicator *indicator,
				double weight, double points, double counted,
				const ValueScore *part)
{
	if (isnan(part->normalized) && indicator->missing == MISSING_REWEIGHT)
		return 0;
	return counted > 0 ? model->full_marks * weight / counted : points;
}

/*
 * What a value gives, of the most points that it can give; beyond the limit of
 * a bonus or penalty category these shrink.
 */
static inline void
score_value(const ModelIndicator *indicator, const ModelCategory *categories,
			double weight, const bool complete, const CategorySums *sums,
			ValueScore *part)
{
	const ModelCategory *category = &categories[indicator->category];

	if (!complete && isnan(part->normalized))
	{
		part->points = indicator->missing == MISSING_NULL &&
			category->role == ROLE_BASE && weight > 0 ? NAN : 0;
		return;
	}
	if (category->role != ROLE_BASE)
		part->max_points *= limit_factor(&categories[category->top],
										 sums[category->top].weighted);

	/* Adding zero turns the -0 of a penalty of nothing into 0. */
	part->points = part->max_points * part->normalized + 0.0;
}

/*
 * The points of each value where all is added up; returns their sum.  Always
 * inline as above.
 */
static pg_always_inline double
flat_points(const ScoreModel *model, int stage, const CategorySums *sums,
			double counted, const bool complete, const bool reweighted,
			ValueScore *parts)
{
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *points = model_points(model, stage);
	double		score = 0;

	for (int i = 0; i < model->nindicators; i++)
	{
		ValueScore *part = &parts[i];

		part->max_points = points[i];
		if (reweighted && categories[indicators[i].category].role == ROLE_BASE)
			part->max_points = rescaled_points(model, &indicators[i], weights[i],
											   points[i], counted, part);
		score_value(&indicators[i], categories, weights[i], complete, sums, part);
		score += part->points;
	}
	return score;
}

/* The same where the tree says what an indicator can give. */
static double
tree_points(const ScoreModel *model, int stage, const CategorySums *sums,
			const TreeScore *tree, ValueScore *parts)
{
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *points = model_points(model, stage);
	double		score = 0;

	for (int i = 0; i < model->nindicators; i++)
	{
		ValueScore *part = &parts[i];
		int			category = indicators[i].category;

		part->max_points = points[i];
		if (tree->left_out[category] ||
			(tree->chosen[category] != CHOSEN_ALL && tree->chosen[category] != i))
		{
			part->max_points = part->points = 0;
			continue;
		}
		if (categories[category].role == ROLE_BASE)
		{
			if (model->reweights)
				part->max_points = rescaled_points(model, &indicators[i], weights[i],
												   points[i], tree->weight, part);
			part->max_points *= tree->factor[category];
		}
		score_value(&indicators[i], categories, weights[i], false, sums, part);
		score += part->points;
	}
	return score;
}

/* The weight of the base indicators whose values are present. */
static double
present_weight(const ScoreModel *model, int stage, const double *values)
{
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_coverage_weights(model, stage);
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
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	double		counted = 0;

	for (int i = 0; i < model->nindicators; i++)
		if (categories[indicators[i].category].role == ROLE_BASE &&
			(!isnan(parts[i].normalized) ||
			 indicators[i].missing != MISSING_REWEIGHT))
			counted += weights[i];
	return counted;
}

/*
 * Round the points of indicators that have decimals, by way of their normalized
 * values: what an indicator gives of the most that it can give where all is
 * added up.  The weights of missing values, and of categories that they leave
 * without a score, go to the others before.
 */
static void
round_values(const ScoreModel *model, int stage, const double *values,
			 bool complete, ValueScore *parts)
{
	const ModelIndicator *indicators = model_stage_indicators(model, stage);
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_effective_weights(model, stage);
	const double *points = model_points(model, stage);
	bool		rescales = model->reweights && !complete;
	bool		by_tree = rescales && model->tree;
	double		counted = 0;
	TreeScore	tree;

	if (by_tree)
	{
		CategorySums sums[MODEL_MAX_CATEGORIES];
		double		unused[MODEL_MAX_CATEGORIES];

		sum_categories(model, stage, values, parts, false, sums);
		roll_up(model, sums);
		choose_points(model, stage, parts, sums, unused, &tree);
		tree_score(model, stage, parts, sums, &tree, unused);
		counted = tree.weight;
	}
	else if (rescales)
		counted = counted_weight(model, stage, parts);

	for (int i = 0; i < model->nindicators; i++)
	{
		int			category = indicators[i].category;
		double		most = points[i];

		if (indicators[i].decimals == DECIMALS_NONE)
			continue;
		if (rescales && categories[category].role == ROLE_BASE)
			most = rescaled_points(model, &indicators[i], weights[i], most,
								   counted, &parts[i]) *
				(by_tree ? tree.share[category] : 1);
		if (most != 0)
			parts[i].normalized = decimal_round(&indicators[i].rounding,
												most * parts[i].normalized) / most;
	}
}

/* Show such points as the decimals that they are. */
static void
snap_points(const ScoreModel *model, ValueScore *parts)
{
	const ModelIndicator *indicators = model_indicators(model);

	for (int i = 0; i < model->nindicators; i++)
		if (indicators[i].decimals != DECIMALS_NONE)
			parts[i].points = decimal_round(&model->exact, parts[i].points);
}

/*
 * Round the scores of bonus and penalty categories that have decimals, where all
 * is added up; what it adds to their points, before a limit.
 */
static void
round_points_categories(const ScoreModel *model, CategorySums *sums, double *added)
{
	const ModelCategory *categories = model_categories(model);
	const int32 *visits = model_visits(model);

	for (int visit = 0; visit < model->ncategories; visit++)
	{
		int			i = visits[visit];

		added[i] = 0;
		if (categories[i].role != ROLE_BONUS && categories[i].role != ROLE_PENALTY)
			continue;
		added[i] = round_points(model, &categories[i], &sums[i]);
		for (int above = categories[i].parent; above != model->ncategories; above = categories[above].parent)
			sums[above].weighted += added[i];
	}
}

/*
 * What rounding adds to the score in each category, in points; returns the sum.
 * "result" has what it adds to those of bonus and penalty categories.
 */
static double
rounding_points(const ScoreModel *model, const CategorySums *sums,
				const TreeScore *tree, double base_weight, double *rounding)
{
	const ModelCategory *categories = model_categories(model);
	double		weight = model->reweights && model->tree ? tree->weight : base_weight;
	double		total = 0;

	for (int i = 0; i < model->ncategories; i++)
	{
		const ModelCategory *top = &categories[categories[i].top];

		if (categories[i].role != ROLE_BASE)
			rounding[i] *= limit_factor(top, sums[categories[i].top].weighted) *
				(categories[i].role == ROLE_PENALTY ? -1 : 1);
		else if (model->tree && weight > 0)
			rounding[i] = model->in_points ? tree->rounding[i] :
				model->full_marks * tree->rounding[i] / weight;
		if (model->tree && tree->left_out[i])
			rounding[i] = 0;
		total += rounding[i];
	}
	return total;
}

/* Does a value of the row leave it without a score? */
static bool
row_is_vetoed(const ScoreModel *model, const double *values)
{
	for (int i = 0; i < model->nindicators; i++)
		if (value_vetoes(model, &model_indicators(model)[i], values[i]))
			return true;
	return false;
}

/* Do the points of values depend on the sums of categories? */
static inline bool
points_need_sums(const ScoreModel *model)
{
	const ModelCategory *categories = model_categories(model);

	if (model->tree)
		return true;
	for (int i = 0; i < model->ncategories; i++)
		if (categories[i].role != ROLE_BASE)
			return true;
	return false;
}

/*
 * A total where the best of the sample is full marks.  One that is better than
 * it came later.  Negative ones stay as they are: they have no share of it.
 */
static double
rescaled_total(const ScoreModel *model, double total)
{
	double		scaled;

	if (!(model->best > 0) || !(total > 0))
		return total;

	/*
	 * Both are totals as they would be shown, so that the best one is full
	 * marks.
	 */
	scaled = decimal_round(&model->exact, total) * (model->full_marks / model->best);
	return Min(scaled, model->full_marks);
}

/*
 * The callers' constant "all" says whether categories and coverage are wanted,
 * too; otherwise they are worked out only where the score depends on them.
 */
static pg_always_inline void
score_values(const ScoreModel *model, int stage, const double *values,
			 const bool all, const bool scaled, ValueScore *parts,
			 RowScore *result)
{
	double		base_weight = model_stages(model)[stage].base_weight;
	double		coverage_weight = model_stages(model)[stage].coverage_weight;
	double		present = coverage_weight;
	double		counted = base_weight;
	double		score;
	TreeScore	tree;
	bool		complete = normalize_row(model, stage, values, scaled, parts);
	CategorySums sums[MODEL_MAX_CATEGORIES];

	if (unlikely(model->rounds))
		round_values(model, stage, values, complete, parts);
	if (!complete && (all || model->min_coverage > 0))
		present = present_weight(model, stage, values);
	if (all || points_need_sums(model))
	{
		if (complete)
			sum_categories(model, stage, values, parts, true, sums);
		else
			sum_categories(model, stage, values, parts, false, sums);
		if (model->nested)
			roll_up(model, sums);
		if (unlikely(model->tree))
		{
			for (int i = 0; complete && i < model->ncategories; i++)
				sums[i].present = model_category_coverage(model, stage)[i];
			choose_points(model, stage, parts, sums, result->rounding, &tree);
		}
		else if (unlikely(model->rounds))
			round_points_categories(model, sums, result->rounding);
	}
	if (all)
		for (int i = 0; i < model->ncategories; i++)
			result->category[i] = category_result(model, &model_categories(model)[i], &sums[i]);

	if (unlikely(model->tree))
	{
		tree_score(model, stage, parts, sums, &tree, result->category);
		counted = tree.weight;
		score = tree_points(model, stage, sums, &tree, parts);
		if (!tree.covered)
			score = NAN;
	}
	else if (complete)
		score = flat_points(model, stage, sums, counted, true, false, parts);
	else if (model->reweights)
	{
		counted = counted_weight(model, stage, parts);
		score = flat_points(model, stage, sums, counted, false, true, parts);
	}
	else
		score = flat_points(model, stage, sums, counted, false, false, parts);

	if (unlikely(model->rounds) && (all || points_need_sums(model)))
		score += rounding_points(model, sums, &tree, base_weight, result->rounding);
	if (unlikely(model->rounds))
		snap_points(model, parts);

	result->coverage = present / coverage_weight;
	if (unlikely(result->coverage != 1))
	{
		result->coverage = decimal_round(&share_decimals, result->coverage);
		if (result->coverage < decimal_round(&share_decimals, model->min_coverage))
			score = NAN;
	}
	if (!(counted > 0))
		score = NAN;
	if (unlikely(model->vetoes) && row_is_vetoed(model, values))
		score = NAN;
	if (unlikely(model->bounded))
	{
		double		limited = score < model->min_score ? model->min_score :
		score > model->max_score ? model->max_score : score;

		result->limit = limited - score;
		score = rescaled_total(model, limited);
		result->rescaled = score - limited;
	}
	result->unrounded = score;
	result->score = decimal_round(&model->rounding, score);
	if (all)
		for (int i = 0; i < model->ncategories; i++)
			result->category[i] = decimal_round(&model_categories(model)[i].shown,
												result->category[i]);
}

void
row_score(const ScoreModel *model, int stage, const double *values,
		  ValueScore *parts, RowScore *result)
{
	score_values(model, stage, values, true, false, parts, result);
}

double
row_total(const ScoreModel *model, int stage, const double *values)
{
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	score_values(model, stage, values, false, false, parts, &result);
	return result.score;
}

double
row_total_before_rescaling(const ScoreModel *model, const double *values)
{
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	score_values(model, 0, values, false, false, parts, &result);
	return decimal_round(&model->exact, result.unrounded);
}

double
row_total_normalized(const ScoreModel *model, int stage, const double *normalized)
{
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	score_values(model, stage, normalized, false, true, parts, &result);
	return result.score;
}

double
row_coverage(const ScoreModel *model, int stage, const double *values)
{
	return decimal_round(&share_decimals, present_weight(model, stage, values) /
						 model_stages(model)[stage].coverage_weight);
}

int
row_numbers(const ScoreModel *model, int stage, const double *values,
			double *numbers)
{
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	score_values(model, stage, values, true, false, parts, &result);
	numbers[0] = result.score;
	numbers[1] = result.coverage;
	numbers[2] = stage;
	memcpy(numbers + 3, result.category, model->ncategories * sizeof(double));
	return 3 + model->ncategories;
}
