/*-------------------------------------------------------------------------
 *
 * model_tree.c
 *	  The tree of a model's categories, and what each indicator weighs in it.
 *
 * A category shares the weight of its parent with its siblings and with the
 * parent's own indicators, in proportion to their weights: an indicator's is
 * given; a category's is given or else the sum of what is below it.  So where
 * no category has a weight, the indicators weigh what they were given, however
 * they are grouped.  A category that has one changes the weights below it by
 * one factor: its own weight / the sum of what is below it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "model/model.h"

/* ---------------- checking ---------------- */

int
top_category(const ModelSpec *spec, int category)
{
	int			steps = 0;
	int			top = category;

	while (spec->categories[top].parent >= 0)
	{
		top = spec->categories[top].parent;
		if (++steps > spec->ncategories)
			bad_model(errmsg("category \"%s\" of a score model is below itself",
							 spec->categories[category].name));
	}
	return top;
}

/* What categories that do not share the full marks cannot have. */
static void
refuse_for_points(const CategorySpec *category, CategoryRole role,
				  const char *what)
{
	bad_model(errmsg("category \"%s\" is a %s category and cannot have %s",
					 category->name, category_role_names[role], what),
			  role == ROLE_VETO ? errhint("A veto gives no points.") :
			  errhint("The points of bonus and penalty categories are added up."));
}

bool
category_has_weights(const ModelSpec *spec, const CategorySpec *category)
{
	for (int i = 0; category->weights != NULL && i < spec->nstages; i++)
		if (!isnan(category->weights[i]))
			return true;
	return false;
}

static bool
adds_points(const Aggregation *aggregation)
{
	return aggregation_is_additive(aggregation) || aggregation_chooses(aggregation) != 0;
}

static void
refuse_mean(const char *name)
{
	bad_model(errmsg("points of \"%s\" cannot be combined by a mean", name),
			  errhint("Where weights are points, aggregations are arithmetic (points are added up), max and min."));
}

static void
check_node(const ModelSpec *spec, const CategorySpec *category,
		   const CategorySpec *top)
{
	if (category != top)
	{
		if (category->role != ROLE_OF_PARENT && category->role != top->role)
			bad_model(errmsg("category \"%s\" cannot have role \"%s\" below category \"%s\" of role \"%s\"",
							 category->name, category_role_names[category->role],
							 top->name, category_role_names[top->role]),
					  errhint("Roles belong to the top level; the categories below share them."));
		if (!isnan(category->max_points) && top->role != ROLE_BASE)
			bad_model(errmsg("category \"%s\" has a parent and cannot have max_points",
							 category->name),
					  errhint("Points of bonus and penalty categories are limited at the top level."));
	}
	if (!(category->min_coverage >= 0 && category->min_coverage <= 1))
		bad_model(errmsg("min_coverage of category \"%s\" must be between 0 and 1",
						 category->name));
	for (int i = 0; category->weights != NULL && i < spec->nstages; i++)
		if (isinf(category->weights[i]) || category->weights[i] < 0)
			bad_model(errmsg("weight of category \"%s\" in stage \"%s\" must be finite and not negative",
							 category->name, spec->stages[i]));
	if (top->role == ROLE_BASE && category->max_points == 0)
		bad_model(errmsg("max_points of base category \"%s\" must be above zero",
						 category->name));
	if (spec->in_points && category_has_weights(spec, category))
		bad_model(errmsg("category \"%s\" cannot have weights where weights are points",
						 category->name),
				  errhint("A category gives what is in it; limit it by max_points."));
	if (spec->in_points && category->aggregates && !adds_points(&category->aggregation))
		refuse_mean(category->name);
	if (top->role == ROLE_BASE)
		return;
	if (category->aggregates &&
		(top->role == ROLE_VETO || aggregation_chooses(&category->aggregation) == 0))
		refuse_for_points(category, top->role,
						  top->role == ROLE_VETO ? "an aggregation" :
						  "an aggregation other than max and min");
	if (top->role == ROLE_VETO && !isnan(category->max_points))
		refuse_for_points(category, top->role, "max_points");
	if (category->drops)
		refuse_for_points(category, top->role, "incomplete \"drop\"");
	if (!isnan(category->floor))
		refuse_for_points(category, top->role, "a floor");
	if (category->min_coverage > 0)
		refuse_for_points(category, top->role, "min_coverage");
	if (category_has_weights(spec, category))
		refuse_for_points(category, top->role, "weights");
}

void
check_tree(const ModelSpec *spec)
{
	if (spec->in_points && !adds_points(&spec->aggregation))
		refuse_mean(spec->scheme);
	for (int i = 0; i < spec->ncategories; i++)
		check_node(spec, &spec->categories[i],
				   &spec->categories[top_category(spec, i)]);
}

/* ---------------- planting ---------------- */

/* The order of visits: the deepest first, siblings side by side. */
static void
order_visits(const ScoreModel *model, ModelCategory *categories, int32 *visits)
{
	int			root = model->ncategories;
	int			nvisits = 0;

	/* From the root down, the list filled from its end. */
	visits[root - nvisits++] = root;
	for (int done = 0; done < nvisits; done++)
	{
		ModelCategory *parent = &categories[visits[root - done]];

		for (int i = model->ncategories - 1; i >= 0; i--)
			if (categories[i].parent == visits[root - done])
			{
				visits[root - nvisits++] = i;
				parent->nchildren++;
			}
		parent->first_child = root - nvisits + 1;
	}
}

static void
order_members(const ScoreModel *model, ModelCategory *categories,
			  int32 *members)
{
	const ModelIndicator *indicators = model_indicators(model);
	int			nmembers = 0;

	for (int i = 0; i <= model->ncategories; i++)
	{
		categories[i].first_member = nmembers;
		for (int j = 0; j < model->nindicators; j++)
			if (indicators[j].category == i)
				members[nmembers++] = j;
		categories[i].nmembers = nmembers - categories[i].first_member;
	}
}

static void
set_aggregation(ModelCategory *category, const Aggregation *aggregation)
{
	/* Field by field, since the padding between them must stay 0. */
	category->aggregation.kind = aggregation->kind;
	memcpy(category->aggregation.parameter, aggregation->parameter,
		   sizeof(aggregation->parameter));
	category->additive = aggregation_is_additive(aggregation);
	category->chooses = aggregation_chooses(aggregation);
}

/* ---------------- weighing ---------------- */

/* The weight of what is in a category with one part more. */
static double
weight_with(const ModelCategory *category, double weight, double part)
{
	if (category->chooses == 0)
		return weight + part;
	if (!(part > 0))
		return weight;
	return category->chooses > 0 || weight == 0 ? Max(weight, part) : Min(weight, part);
}

/*
 * The factor of each category that its own weight, or one above it, makes.
 * Returns a category that has a weight, but nothing in it has; else -1.
 */
static int
find_factors(const ScoreModel *model, int stage, double *factors)
{
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_weights(model, stage);
	const double *own = model_own_weights(model, stage);
	const int32 *visits = model_visits(model);
	const int32 *members = model_members(model);
	double		sums[MODEL_MAX_CATEGORIES + 1];

	for (int visit = 0; visit <= model->ncategories; visit++)
	{
		int			i = visits[visit];
		const ModelCategory *category = &categories[i];
		double		sum = 0;

		for (int j = 0; j < category->nmembers; j++)
			sum = weight_with(category, sum, weights[members[category->first_member + j]]);
		for (int j = 0; j < category->nchildren; j++)
			sum = weight_with(category, sum, sums[visits[category->first_child + j]]);
		factors[i] = 1;
		sums[i] = sum;
		if (isnan(own[i]))
			continue;
		if (own[i] > 0 && !(sum > 0))
			return i;
		factors[i] = sum > 0 ? own[i] / sum : 0;
		sums[i] = own[i];
	}
	for (int visit = model->ncategories - 1; visit >= 0; visit--)
		factors[visits[visit]] *= factors[categories[visits[visit]].parent];
	return -1;
}

/* The greatest total, or its negative, must be exact as an integer of its places. */
static void
check_greatest(ScoreModel *model, int stage)
{
	const ModelCategory *categories = model_categories(model);
	const double *weights = model_category_weights(model, stage);
	double		total[ROLE_VETO + 1] = {0};
	double		greatest;

	total[ROLE_BASE] = model->in_points ? weights[model->ncategories] : model->full_marks;

	for (int i = 0; i < model->ncategories; i++)
		if (categories[i].role != ROLE_BASE && categories[i].parent == model->ncategories)
			total[categories[i].role] +=
				weights[i] > categories[i].max_points ? categories[i].max_points : weights[i];
	greatest = Max(Max(total[ROLE_BASE] + total[ROLE_BONUS], total[ROLE_PENALTY]),
				   model->bounded ? fmax(fabs(model->min_score), fabs(model->max_score)) : 0);
	if (model->rescales)
		greatest = Max(greatest, model->full_marks);
	if (!(greatest * model->exact.scale < DECIMAL_LIMIT))
		bad_model(errmsg("scores of up to %g points in stage \"%s\" cannot be rounded to %d decimals",
						 greatest, model_string(model, model_stages(model)[stage].name),
						 model->places),
				  errhint("Give bonus and penalty categories max_points, or raise full_marks."));
	model->greatest = Max(model->greatest, greatest);
}

/* The sums of the weights in each category, and of what coverage counts. */
static void
sum_weights(ScoreModel *model, int stage)
{
	const ModelCategory *categories = model_categories(model);
	const int32 *visits = model_visits(model);
	const int32 *members = model_members(model);
	const double *effective = model_effective_weights(model, stage);
	const double *coverage = model_coverage_weights(model, stage);
	double	   *sums = (double *) model_category_weights(model, stage);
	double	   *covered = (double *) model_category_coverage(model, stage);

	for (int visit = 0; visit <= model->ncategories; visit++)
	{
		int			i = visits[visit];
		const ModelCategory *category = &categories[i];

		for (int j = 0; j < category->nmembers; j++)
		{
			int			member = members[category->first_member + j];

			sums[i] = weight_with(category, sums[i], effective[member]);
			covered[i] += coverage[member];
		}
		for (int j = 0; j < category->nchildren; j++)
		{
			int			child = visits[category->first_child + j];

			if (i == model->ncategories && categories[child].role != ROLE_BASE)
				continue;
			sums[i] = weight_with(category, sums[i], sums[child]);
			covered[i] += covered[child];
		}
	}
}

/* The greatest values of base categories. */
static void
find_reach(ScoreModel *model, int stage)
{
	const ModelCategory *categories = model_categories(model);
	const int32 *visits = model_visits(model);
	const int32 *members = model_members(model);
	const double *effective = model_effective_weights(model, stage);
	const double *sums = model_category_weights(model, stage);
	double		base_weight = model_stages(model)[stage].base_weight;
	double	   *reach = (double *) model_reach(model, stage);
	double		weights[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];
	double		values[MODEL_MAX_INDICATORS + MODEL_MAX_CATEGORIES];

	for (int visit = 0; visit <= model->ncategories; visit++)
	{
		int			i = visits[visit];
		const ModelCategory *category = &categories[i];
		int			count = 0;

		for (int j = 0; j < category->nmembers; j++)
		{
			weights[count] = effective[members[category->first_member + j]];
			values[count++] = 1;
		}
		for (int j = 0; j < category->nchildren; j++)
		{
			int			child = visits[category->first_child + j];

			if (i == model->ncategories && categories[child].role != ROLE_BASE)
				continue;
			weights[count] = sums[child];
			values[count++] = reach[child];
		}
		if (category->chooses != 0)
		{
			double		chosen = 0;

			for (int j = 0; j < count; j++)
				chosen = weight_with(category, chosen, weights[j] * values[j]);
			reach[i] = sums[i] > 0 ? chosen / sums[i] : 1;
		}
		else
			reach[i] = aggregation_mean(&category->aggregation, category->start,
										weights, values, count);
		if (isnan(reach[i]))
			reach[i] = 1;
		if (category_limit(model, category, sums[i], base_weight) < reach[i])
			reach[i] = category_limit(model, category, sums[i], base_weight);
	}
}

/*
 * Effective weights, their sums and the points they can give.  This is the one
 * place that says what an indicator counts.  Where the stage has nothing to
 * score, an error if it "must" have; else false.
 */
static bool
weigh_stage(ScoreModel *model, int stage, bool must)
{
	const ModelCategory *categories = model_categories(model);
	const ModelIndicator *indicators = model_indicators(model);
	ModelStage *packed = (ModelStage *) model_stages(model) + stage;
	double	   *effective = (double *) model_effective_weights(model, stage);
	double	   *coverage = (double *) model_coverage_weights(model, stage);
	double	   *points = (double *) model_points(model, stage);
	double	   *sums = (double *) model_category_weights(model, stage);
	bool		chooses = false;
	double		base_weight = 0;
	double		coverage_weight = 0;

	memset(sums, 0, (model->ncategories + 1) * sizeof(double));
	memset((double *) model_category_coverage(model, stage), 0, (model->ncategories + 1) * sizeof(double));
	if (model->own_weights != 0)
	{
		const double *weights = model_weights(model, stage);
		double		factors[MODEL_MAX_CATEGORIES + 1];
		int			empty = find_factors(model, stage, factors);

		if (empty >= 0 && !must)
			return false;
		if (empty >= 0)
			bad_model(errmsg("category \"%s\" has a weight in stage \"%s\", but nothing in it has",
							 model_string(model, categories[empty].name),
							 model_string(model, packed->name)));
		for (int i = 0; i < model->nindicators; i++)
			effective[i] = weights[i] * factors[indicators[i].category];
	}

	for (int i = 0; i < model->nindicators; i++)
	{
		if (model->counts)
			coverage[i] = effective[i] > 0;
		if (categories[indicators[i].category].role != ROLE_BASE)
			continue;
		base_weight += effective[i];
		coverage_weight += coverage[i];
	}
	if (!(base_weight > 0) || !isfinite(base_weight))
	{
		if (!must)
			return false;
		bad_model(errmsg("weights of the base indicators in stage \"%s\" must have a finite sum above zero",
						 model_string(model, packed->name)));
	}
	sum_weights(model, stage);
	for (int i = 0; i <= model->ncategories; i++)
		chooses |= categories[i].chooses != 0;

	/* What is added up is added in the order of the indicators. */
	if (chooses)
		base_weight = sums[model->ncategories];
	sums[model->ncategories] = packed->base_weight = base_weight;
	packed->coverage_weight = coverage_weight;
	find_reach(model, stage);

	for (int i = 0; i < model->nindicators; i++)
	{
		int			role = categories[indicators[i].category].role;

		points[i] = (role == ROLE_BASE ?
					 (model->in_points ? effective[i] :
					  model->full_marks * effective[i] / base_weight) :
					 role == ROLE_BONUS ? effective[i] :
					 role == ROLE_PENALTY ? -effective[i] : 0) + 0.0;
	}
	check_greatest(model, stage);
	return true;
}

/*
 * Can the score of a row not be had by adding up what its values give?  So it
 * is with means that do not add, with limits, coverage and decimals of
 * categories, and with a category that keeps its weight, which it shares anew
 * in every row.
 */
static bool
needs_tree(const ScoreModel *model)
{
	const ModelCategory *categories = model_categories(model);

	if ((model->own_weights != 0 && model->reweights) ||
		!categories[model->ncategories].additive)
		return true;
	for (int i = 0; i < model->ncategories; i++)
	{
		const ModelCategory *category = &categories[i];

		if (category->chooses != 0 ||
			(category->role == ROLE_BASE &&
			 (!category->additive || category->min_coverage > 0 || category->drops ||
			  category->decimals != DECIMALS_NONE || !isnan(category->max_points))))
			return true;
	}
	return false;
}

void
plant_tree(ScoreModel *model, const ModelSpec *spec)
{
	ModelCategory *categories = (ModelCategory *) model_categories(model);
	ModelCategory *root = &categories[model->ncategories];
	static const Aggregation adding = {AGGREGATION_ARITHMETIC, {0}};

	root->max_points = NAN;
	root->floor = spec->floor;
	root->start = spec->floor / 100;
	root->parent = root->top = model->ncategories;
	set_aggregation(root, &spec->aggregation);
	for (int i = 0; i < spec->ncategories; i++)
	{
		const CategorySpec *category = &spec->categories[i];

		categories[i].parent = category->parent >= 0 ? category->parent :
			model->ncategories;
		categories[i].top = top_category(spec, i);
		categories[i].role = spec->categories[categories[i].top].role;
		categories[i].aggregates = category->aggregates;
		set_aggregation(&categories[i], category->aggregates ?
						&category->aggregation :
						categories[i].role == ROLE_BASE ? &spec->aggregation : &adding);
		if (category->parent >= 0)
			model->nested = true;
		for (int stage = 0; model->own_weights != 0 && stage < spec->nstages; stage++)
			((double *) model_own_weights(model, stage))[i] =
				category->weights == NULL ? NAN : category->weights[stage];
	}
	for (int stage = 0; model->own_weights != 0 && stage < spec->nstages; stage++)
		((double *) model_own_weights(model, stage))[model->ncategories] = NAN;
	model->tree = needs_tree(model);
	order_visits(model, categories, (int32 *) model_visits(model));
	order_members(model, categories, (int32 *) model_members(model));
	for (int stage = 0; stage < spec->nstages; stage++)
		weigh_stage(model, stage, true);
}

/* ---------------- other weights ---------------- */

ScoreModel *
model_of_normalized(const ScoreModel *model)
{
	ScoreModel *result = model_copy(model, CurrentMemoryContext);
	ModelCategory *categories = (ModelCategory *) model_categories(result);

	result->min_coverage = 0;
	result->absents = false;

	/* Ranks of other weights than those that the best total is of. */
	result->best = NAN;
	for (int i = 0; i < result->ncategories; i++)
		categories[i].min_coverage = 0;
	for (int stage = 0; stage < result->nstages; stage++)
	{
		ModelIndicator *indicators = (ModelIndicator *) model_stage_indicators(result, stage);

		for (int i = 0; i < result->nindicators; i++)
			indicators[i].imputed = NAN;
	}
	result->tree = needs_tree(result);
	return result;
}

bool
model_reweigh(ScoreModel *model, const ScoreModel *stated, const double *factors)
{
	model->greatest = 0;
	for (int stage = 0; stage < model->nstages; stage++)
	{
		const double *weights = model_weights(stated, stage);
		double	   *changed = (double *) model_weights(model, stage);

		for (int i = 0; i < model->nindicators; i++)
			changed[i] = weights[i] * factors[i];
		if (!weigh_stage(model, stage, false))
			return false;
	}
	return true;
}
