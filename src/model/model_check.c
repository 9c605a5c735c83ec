/*-------------------------------------------------------------------------
 *
 * model_check.c
 *	  What a score model must be: checks of its specification.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"

#include "support/compat.h"
#include "model/model.h"

static void
check_count(const char *what, int count, int maximum)
{
	if (count < 1)
		bad_model(errmsg("score model has no %s", what));
	if (count > maximum)
		bad_model(errmsg("score model has %d %s, more than %d",
						 count, what, maximum));
}

static void
check_name(const char *what, const char *name)
{
	if (name[0] == '\0')
		bad_model(errmsg("score model has an empty code among its %s", what));
	if (strlen(name) > MODEL_MAX_NAME)
		bad_model(errmsg("code \"%s\" among the %s of a score model is longer than %d bytes",
						 name, what, MODEL_MAX_NAME));
}

static void
refuse_duplicate(const char *what, const char *name)
{
	bad_model(errmsg("score model names \"%s\" twice among its %s", name, what));
}

static void
check_category(const CategorySpec *category)
{
	check_name("categories", category->name);
	if (isnan(category->max_points))
		return;
	if (!isfinite(category->max_points) || category->max_points < 0)
		bad_model(errmsg("max_points of category \"%s\" must be finite and not negative",
						 category->name));
}

static void
refuse_search(const IndicatorSpec *indicator)
{
	bad_model(errmsg("search for the bounds of indicator \"%s\" is damaged",
					 indicator->name));
}

static void
check_target(const IndicatorSpec *indicator, const SearchTarget *target)
{
	if (!isfinite(target->low) || !isfinite(target->high) ||
		target->low > target->high || target->below < 0 ||
		target->inside < 1 || target->rank < target->below ||
		target->rank - target->below >= target->inside ||
		target->below > indicator->bounds.n ||
		target->inside > indicator->bounds.n - target->below)
		refuse_search(indicator);
}

int
needed_quantiles(const ExtremeMethod *method, MissingPolicy missing,
				 double probabilities[MAX_QUANTILES])
{
	int			count = extreme_method_quantiles(method, probabilities);

	if (missing == MISSING_MEDIAN)
		probabilities[count++] = 0.5;
	return count;
}

static void
check_imputed(const IndicatorSpec *indicator)
{
	const IndicatorBounds *bounds = &indicator->bounds;
	bool		known = bounds->n > 0 &&
	(indicator->missing == MISSING_MEAN ||
	 (indicator->missing == MISSING_MEDIAN && bounds->status == BOUNDS_EXACT));

	if (known ? !(bounds->imputed >= bounds->minimum &&
				  bounds->imputed <= bounds->maximum)
		: !isnan(bounds->imputed))
		bad_model(errmsg("bounds of indicator \"%s\" have no valid imputed value",
						 indicator->name));
}

static void
check_bounds(const IndicatorSpec *indicator)
{
	const IndicatorBounds *bounds = &indicator->bounds;
	const BoundsSearch *search = &indicator->search;
	double		unused[MAX_QUANTILES];
	double		lower;
	double		upper;
	bool		bounded = extreme_method_fixed(&indicator->extreme, &lower, &upper) || bounds->n > 0;

	/* A method without order statistics has bounds after the first pass. */
	if (bounds->status == BOUNDS_SEARCHED)
		bounded = extreme_method_quantiles(&indicator->extreme, unused) == 0;
	if (indicator->scoring.kind != SCORING_MINMAX)
		bounded = false;

	if (bounds->status == BOUNDS_UNKNOWN)
		return;
	if (bounds->n < 0 || bounds->missing < 0)
		bad_model(errmsg("bounds of indicator \"%s\" have a negative count",
						 indicator->name));
	if (bounds->n > 0 ? !(isfinite(bounds->minimum) && isfinite(bounds->maximum) &&
						  bounds->minimum <= bounds->maximum)
		: !(isnan(bounds->minimum) && isnan(bounds->maximum)))
		bad_model(errmsg("bounds of indicator \"%s\" have no valid minimum and maximum",
						 indicator->name));

	if (bounded ? !(isfinite(bounds->lower) && isfinite(bounds->upper) &&
					bounds->lower <= bounds->upper)
		: !(isnan(bounds->lower) && isnan(bounds->upper)))
		bad_model(errmsg("bounds of indicator \"%s\" have no valid lower and upper",
						 indicator->name));
	check_imputed(indicator);

	/* A search: only where order statistics are needed. */
	if (bounds->status == BOUNDS_SEARCHED)
	{
		int			wanted = 2 * needed_quantiles(&indicator->extreme,
												  indicator->missing, unused);

		if (wanted == 0 || bounds->n == 0 ||
			(search->ntargets != wanted &&
			 !(search->step == STEP_DEVIATIONS && search->ntargets == wanted + 2)) ||
			(search->step != STEP_QUANTILES &&
			 ((ExtremeStep) search->step != extreme_method_last_step(&indicator->extreme) ||
			  isnan(search->about[0]) || isnan(search->about[1]))))
			refuse_search(indicator);
		for (int i = 0; i < search->ntargets; i++)
		{
			check_target(indicator, &search->target[i]);
			if (search->step != STEP_QUANTILES && i < wanted &&
				search->target[i].low != search->target[i].high)
				refuse_search(indicator);
		}
	}
}

/* The values of percent_rank are those that the sample's numbers speak of. */
static void
check_ranked(const IndicatorSpec *indicator)
{
	const IndicatorBounds *bounds = &indicator->bounds;
	const RankedValue *ranked = indicator->ranked;
	int			n = indicator->nranked;
	bool		valid;

	if (indicator->scoring.kind != SCORING_PERCENT_RANK)
		return;
	if (indicator->direction.kind != DIRECTION_BENEFIT &&
		indicator->direction.kind != DIRECTION_COST)
		bad_model(errmsg("percent_rank of indicator \"%s\" needs direction \"benefit\" or \"cost\"",
						 indicator->name));
	valid = bounds->status != BOUNDS_SEARCHED;
	if (bounds->status == BOUNDS_UNKNOWN || bounds->n == 0)
		valid &= n == 0;
	else
		valid &= n > 0 && ranked[0].value == bounds->minimum && ranked[0].below == 0 &&
			ranked[n - 1].value == bounds->maximum && ranked[n - 1].below < bounds->n;
	for (int i = 1; valid && i < n; i++)
		valid = ranked[i - 1].value < ranked[i].value && ranked[i - 1].below < ranked[i].below;
	if (!valid)
		bad_model(errmsg("values of indicator \"%s\" are not those of its bounds",
						 indicator->name));
}

/* Bounds and the parameters of a direction lie where the transform is defined. */
static void
check_transform(const IndicatorSpec *indicator)
{
	double		limit = transform_limit(&indicator->transform);
	int			nparameters = indicator->direction.kind == DIRECTION_INTERVAL ? 2 :
	indicator->direction.kind == DIRECTION_TARGET ? 1 : 0;
	double		lower;
	double		upper;

	extreme_method_fixed(&indicator->extreme, &lower, &upper);
	if ((isfinite(lower) && !(lower > limit)) || !(upper > limit))
		bad_model(errmsg("transform of indicator \"%s\" is not defined at its fixed bound",
						 indicator->name),
				  errhint("ln(a) is defined above -a."));
	for (int i = 0; i < nparameters; i++)
		if (!(indicator->direction.parameter[i] > limit))
			bad_model(errmsg("transform of indicator \"%s\" is not defined at the parameter of its direction",
							 indicator->name),
					  errhint("ln(a) is defined above -a."));
	if (!isnan(indicator->bounds.lower) && !(indicator->bounds.lower > limit))
		bad_model(errmsg("transform of indicator \"%s\" is not defined at its bounds",
						 indicator->name));
}

static void
check_indicator(const ModelSpec *spec, const IndicatorSpec *indicator)
{
	check_name("indicators", indicator->name);
	for (int i = 0; i < spec->nstages; i++)
		if (!isfinite(indicator->weights[i]) || indicator->weights[i] < 0)
			bad_model(errmsg("weight of indicator \"%s\" in stage \"%s\" must be finite and not negative",
							 indicator->name, spec->stages[i]));
	check_bounds(indicator);
	check_ranked(indicator);
	check_transform(indicator);
}

static void
check_rules(const ModelSpec *spec)
{
	for (int i = 0; i < spec->nrules; i++)
	{
		const RuleSpec *rule = &spec->rules[i];
		const RuleSpec *last = &spec->rules[Max(i - 1, 0)];

		if (i > 0 && (rule->indicator < last->indicator ||
					  (rule->indicator == last->indicator && rule->stage <= last->stage)))
			bad_model(errmsg("rules of stages of a score model are not in their order"));
		check_bounds(&rule->own);
		check_ranked(&rule->own);
		check_transform(&rule->own);
	}
}

/* What is rounded to decimals has "places" places of its own. */
static void
check_decimals(const char *kind, const char *name, int decimals, int places)
{
	if (decimals == DECIMALS_NONE || (decimals >= 0 && decimals <= places))
		return;
	bad_model(errmsg("decimals of %s \"%s\" must be between 0 and %d",
					 kind, name, places));
}

/* Where the scale of means that do not add starts. */
static bool
is_floor(double floor)
{
	return floor >= 0 && floor <= MODEL_HIGHEST_FLOOR;
}

void
check_spec(const ModelSpec *spec)
{
	int			places;

	check_count("categories", spec->ncategories, MODEL_MAX_CATEGORIES);
	check_count("stages", spec->nstages, MODEL_MAX_STAGES);
	check_count("indicators", spec->nindicators, MODEL_MAX_INDICATORS);

	if (strlen(spec->scheme) > MODEL_MAX_NAME)
		bad_model(errmsg("code of the scheme of a score model is longer than %d bytes",
						 MODEL_MAX_NAME));
	if (!isfinite(spec->full_marks) || spec->full_marks <= 0)
		bad_model(errmsg("full_marks of a score model must be finite and above zero"));
	if (spec->full_marks < MODEL_LEAST_FULL_MARKS)
		bad_model(errmsg("full_marks of a score model must be at least %g",
						 MODEL_LEAST_FULL_MARKS));
	places = decimal_places(spec->full_marks);
	check_decimals("scheme", spec->scheme, spec->decimals, places);
	if (!(spec->min_coverage >= 0 && spec->min_coverage <= 1))
		bad_model(errmsg("min_coverage of a score model must be between 0 and 1"));
	if (!is_floor(spec->floor))
		bad_model(errmsg("floor of a score model must be between 0 and %g", MODEL_HIGHEST_FLOOR));
	if (spec->rescales && spec->nstages > 1)
		bad_model(errmsg("rescale_best needs a scheme without stages"),
				  errhint("The best total of a group would be that of one of its stages."));
	if (!isnan(spec->best) && !(spec->rescales && isfinite(spec->best) && spec->best >= 0))
		bad_model(errmsg("best total of a score model must be finite, not negative, and of a scheme that rescales"));

	if (isinf(spec->min_score) || isinf(spec->max_score) ||
		spec->min_score > spec->max_score)
		bad_model(errmsg("min_score of a score model must not be above max_score, and both must be finite"));

	for (int i = 0; i < spec->ncategories; i++)
	{
		check_category(&spec->categories[i]);
		if (!isnan(spec->categories[i].floor) && !is_floor(spec->categories[i].floor))
			bad_model(errmsg("floor of category \"%s\" must be between 0 and %g",
							 spec->categories[i].name, MODEL_HIGHEST_FLOOR));
		check_decimals("category", spec->categories[i].name,
					   spec->categories[i].decimals, places);
		for (int j = 0; j < i; j++)
			if (strcmp(spec->categories[i].name, spec->categories[j].name) == 0)
				refuse_duplicate("categories", spec->categories[i].name);
	}
	check_tree(spec);
	for (int i = 0; i < spec->nstages; i++)
	{
		check_name("stages", spec->stages[i]);
		for (int j = 0; j < i; j++)
			if (strcmp(spec->stages[i], spec->stages[j]) == 0)
				refuse_duplicate("stages", spec->stages[i]);
	}
	for (int i = 0; i < spec->nindicators; i++)
	{
		check_indicator(spec, &spec->indicators[i]);
		check_decimals("indicator", spec->indicators[i].name,
					   spec->indicators[i].decimals, places);
		for (int j = 0; j < i; j++)
			if (strcmp(spec->indicators[i].name, spec->indicators[j].name) == 0)
				refuse_duplicate("indicators", spec->indicators[i].name);
	}
	check_rules(spec);
}
