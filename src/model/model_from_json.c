/*-------------------------------------------------------------------------
 *
 * model_from_json.c
 *	  score_model from JSON.
 *
 * Reading goes through jsonb, so that PostgreSQL's parser decides what is
 * JSON.  Every key must be known and every value of its kind: a misspelled key
 * must not turn into a default.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "support/compat.h"
#include "method/method_argument.h"
#include "model/json_object.h"
#include "model/model.h"

/* Code of the one stage or category of a model that names none. */
#define ONLY_CODE	"all"

static int
get_decimals(const JsonObject *object)
{
	double		number = get_number(object, "decimals", DECIMALS_NONE);

	if (find_key(object, "decimals") != NULL &&
		!(number == floor(number) && number >= 0 && number <= DECIMAL_MAX_PLACES))
		bad_model(errmsg("key \"decimals\" in %s of a score model must be an integer between 0 and %d",
						 object->where, DECIMAL_MAX_PLACES));
	return (int) number;
}

/* How many there are in a list, refused before any is read if these are too many. */
static int
list_size(JsonbContainer *array, const char *what, int maximum)
{
	int			size = JsonContainerSize(array);

	if (size > maximum)
		bad_model(errmsg("score model has %d %s, more than %d", size, what, maximum));
	return size;
}

/* The list of stages ends with a NULL, as lists of words do. */
static void
read_stages(const JsonObject *root, ModelSpec *spec)
{
	JsonbValue *value = find_key(root, "stages");
	JsonbContainer *array;

	if (value == NULL)
	{
		spec->nstages = 1;
		spec->stages = palloc0(2 * sizeof(char *));
		spec->stages[0] = pstrdup(ONLY_CODE);
		return;
	}
	array = to_array(root, "stages", value);
	spec->nstages = list_size(array, "stages", MODEL_MAX_STAGES);
	spec->stages = palloc0((spec->nstages + 1) * sizeof(char *));
	for (int i = 0; i < spec->nstages; i++)
		spec->stages[i] = to_string("the document", "stages",
									getIthJsonbValueFromContainer(array, i));
}

static Aggregation
get_aggregation(const JsonObject *object)
{
	char	   *word = get_string(object, "aggregation", "arithmetic");
	Aggregation aggregation;
	const char *problem = aggregation_parse(word, strlen(word), &aggregation);

	if (problem != NULL)
		bad_aggregation(word, strlen(word), problem);
	return aggregation;
}

/*
 * Weights by stage: an object, in which absent stages have the weight
 * "otherwise", or one number for all stages.
 */
static double *
get_weights(const JsonObject *object, const ModelSpec *spec, double otherwise)
{
	JsonbValue *value = require_key(object, "weights");
	double	   *weights = palloc0(spec->nstages * sizeof(double) + 1);
	JsonObject	by_stage;

	if (value->type == jbvNumeric)
	{
		for (int i = 0; i < spec->nstages; i++)
			weights[i] = to_number(object->where, "weights", value);
		return weights;
	}
	by_stage = to_object(value, "weights");
	refuse_unknown_keys(&by_stage, (const char *const *) spec->stages);
	for (int i = 0; i < spec->nstages; i++)
		weights[i] = get_number(&by_stage, spec->stages[i], otherwise);
	return weights;
}

/* The parents of categories, of which any may come first. */
static void
read_parents(JsonbContainer *array, ModelSpec *spec)
{
	for (int i = 0; i < spec->ncategories; i++)
	{
		CategorySpec *category = &spec->categories[i];
		JsonObject	object = to_object(getIthJsonbValueFromContainer(array, i),
									   "a category");
		char	   *name;

		category->parent = -1;
		if (find_key(&object, "parent") == NULL)
			continue;
		name = get_string(&object, "parent", "");
		for (int j = 0; j < spec->ncategories; j++)
			if (strcmp(spec->categories[j].name, name) == 0)
				category->parent = j;
		if (category->parent < 0)
			bad_model(errmsg("category \"%s\" has unknown parent \"%s\"",
							 category->name, name));
		if (find_key(&object, "role") == NULL)
			category->role = ROLE_OF_PARENT;
	}
}

static void
read_categories(const JsonObject *root, ModelSpec *spec)
{
	static const char *const keys[] =
	{"category", "role", "max_points", "parent", "aggregation", "min_coverage",
	"weights", "decimals", "incomplete", "floor", NULL};
	JsonbValue *value = find_key(root, "categories");
	JsonbContainer *array;

	if (value == NULL)
	{
		spec->ncategories = 1;
		spec->categories = palloc0(sizeof(CategorySpec));
		spec->categories[0].name = pstrdup(ONLY_CODE);
		spec->categories[0].max_points = NAN;
		spec->categories[0].floor = NAN;
		spec->categories[0].parent = -1;
		spec->categories[0].decimals = DECIMALS_NONE;
		return;
	}
	array = to_array(root, "categories", value);
	spec->ncategories = list_size(array, "categories", MODEL_MAX_CATEGORIES);
	spec->categories = palloc0((spec->ncategories + 1) * sizeof(CategorySpec));
	for (int i = 0; i < spec->ncategories; i++)
	{
		CategorySpec *category = &spec->categories[i];
		JsonObject	object = to_object(getIthJsonbValueFromContainer(array, i),
									   "a category");

		refuse_unknown_keys(&object, keys);
		category->name = to_string(object.where, "category",
								   require_key(&object, "category"));
		category->role = get_word(&object, "role", category_role_names);
		category->max_points = find_key(&object, "max_points") == NULL ? NAN :
			get_number_or_null(&object, "max_points");
		category->aggregates = find_key(&object, "aggregation") != NULL;
		category->aggregation = get_aggregation(&object);
		category->min_coverage = get_number(&object, "min_coverage", 0);
		category->floor = get_number(&object, "floor", NAN);
		if (find_key(&object, "weights") != NULL)
			category->weights = get_weights(&object, spec, NAN);
		category->decimals = get_decimals(&object);
		category->drops = get_word(&object, "incomplete", incomplete_names) > 0;
	}
	read_parents(array, spec);
}

static void
read_fences(const JsonObject *object, BoundsSearch *search)
{
	JsonbContainer *array = to_array(object, "fences",
									 require_key(object, "fences"));

	search->step = STEP_INSIDE;
	if (JsonContainerSize(array) != 2)
		bad_model(errmsg("key \"fences\" in %s of a score model must have two elements",
						 object->where));
	for (int i = 0; i < 2; i++)
		search->about[i] = to_number(object->where, "fences",
									 getIthJsonbValueFromContainer(array, i));
}

static void
read_search(const JsonObject *object, IndicatorSpec *indicator)
{
	static const char *const keys[] =
	{"rank", "below", "inside", "low", "high", NULL};
	BoundsSearch *search = &indicator->search;
	JsonbContainer *array = to_array(object, "search",
									 require_key(object, "search"));

	indicator->bounds.status = BOUNDS_SEARCHED;
	search->ntargets = JsonContainerSize(array);
	if (search->ntargets > MAX_SEARCH_TARGETS)
		bad_model(errmsg("search for the bounds of indicator \"%s\" is damaged",
						 indicator->name));
	if (find_key(object, "center") != NULL)
	{
		search->step = STEP_DEVIATIONS;
		search->about[0] = to_number(object->where, "center",
									 require_key(object, "center"));
	}
	else if (find_key(object, "fences") != NULL)
		read_fences(object, search);
	for (int i = 0; i < search->ntargets; i++)
	{
		SearchTarget *target = &search->target[i];
		JsonObject	entry = to_object(getIthJsonbValueFromContainer(array, i),
									  "a search");

		refuse_unknown_keys(&entry, keys);
		target->rank = get_count(&entry, "rank");
		target->below = get_count(&entry, "below");
		target->inside = get_count(&entry, "inside");
		target->low = to_number(entry.where, "low", require_key(&entry, "low"));
		target->high = to_number(entry.where, "high", require_key(&entry, "high"));
	}
}

/* Lower, upper and the method that gave them. */
static void
read_limits(const JsonObject *object, IndicatorSpec *indicator)
{
	IndicatorBounds *bounds = &indicator->bounds;
	char		as_given[METHOD_TEXT_SIZE];
	char		fell_back[METHOD_TEXT_SIZE];
	char	   *method;

	bounds->lower = get_number_or_null(object, "lower");
	bounds->upper = get_number_or_null(object, "upper");
	method = to_string(object->where, "method", require_key(object, "method"));
	effective_method_print(&indicator->extreme, false, as_given);
	effective_method_print(&indicator->extreme, true, fell_back);
	bounds->fell_back = strcmp(method, fell_back) == 0;
	if (!bounds->fell_back && strcmp(method, as_given) != 0)
		bad_model(errmsg("bounds of indicator \"%s\" are those of method \"%s\", not of \"%s\"",
						 indicator->name, method, as_given));
}

/* The values of percent_rank, and how many there are of each. */
static void
read_ranked(const JsonObject *object, IndicatorSpec *indicator)
{
	JsonbContainer *array = to_array(object, "values", require_key(object, "values"));
	JsonbContainer *counts = to_array(object, "counts", require_key(object, "counts"));
	RankedValue *values;
	int64		below = 0;

	indicator->nranked = JsonContainerSize(array);
	if ((int) JsonContainerSize(counts) != indicator->nranked)
		bad_model(errmsg("keys \"values\" and \"counts\" in %s of a score model must have the same number of elements",
						 object->where));
	indicator->ranked = values = palloc(indicator->nranked * sizeof(RankedValue) + 1);
	for (int i = 0; i < indicator->nranked; i++)
	{
		double		count = to_number(object->where, "counts",
									  getIthJsonbValueFromContainer(counts, i));

		if (!(count >= 1 && count <= MAX_COUNT && count == floor(count)))
			bad_model(errmsg("key \"counts\" in %s of a score model must hold counts", object->where));
		values[i].value = to_number(object->where, "values",
									getIthJsonbValueFromContainer(array, i));
		values[i].below = below;
		if (below > PG_INT64_MAX - (int64) count)
			bad_model(errmsg("key \"counts\" in %s of a score model must hold counts", object->where));
		below += (int64) count;
	}
	if (below != indicator->bounds.n)
		bad_model(errmsg("values of indicator \"%s\" are not those of its bounds", indicator->name));
}

static void
read_bounds(const JsonObject *owner, IndicatorSpec *indicator)
{
	static const char *const exact_keys[] =
	{"lower", "upper", "n", "missing", "minimum", "maximum", "imputed", "method", NULL};
	static const char *const ranked_keys[] =
	{"lower", "upper", "n", "missing", "minimum", "maximum", "imputed", "method",
	"values", "counts", NULL};
	static const char *const search_keys[] =
	{"lower", "upper", "n", "missing", "minimum", "maximum", "imputed", "method",
	"center", "fences", "search", NULL};
	IndicatorBounds *bounds = &indicator->bounds;
	JsonbValue *value = find_key(owner, "bounds");
	JsonObject	object;
	bool		searched;
	bool		ranked = indicator->scoring.kind == SCORING_PERCENT_RANK;

	bounds->status = BOUNDS_UNKNOWN;
	bounds->lower = bounds->upper = NAN;
	bounds->minimum = bounds->maximum = NAN;
	bounds->imputed = NAN;
	if (value == NULL)
		return;

	object = to_object(value, "bounds");
	bounds->n = get_count(&object, "n");
	bounds->missing = get_count(&object, "missing");
	bounds->minimum = get_number_or_null(&object, "minimum");
	bounds->maximum = get_number_or_null(&object, "maximum");
	searched = find_key(&object, "search") != NULL;
	refuse_unknown_keys(&object, searched ? search_keys : ranked ? ranked_keys : exact_keys);
	if (ranked && !searched && bounds->n > 0)
		read_ranked(&object, indicator);
	if (find_key(&object, "imputed") != NULL)
		bounds->imputed = get_number_or_null(&object, "imputed");
	bounds->status = BOUNDS_EXACT;
	if (searched)
		read_search(&object, indicator);

	/* A search for the median may have been left by a method that needs none. */
	if (!searched || find_key(&object, "lower") != NULL ||
		find_key(&object, "upper") != NULL || find_key(&object, "method") != NULL)
		read_limits(&object, indicator);
}

static int
find_category(const ModelSpec *spec, const JsonObject *object,
			  const char *indicator)
{
	char	   *name;

	if (find_key(object, "category") == NULL && spec->ncategories == 1)
		return 0;
	name = to_string(object->where, "category", require_key(object, "category"));
	for (int i = 0; i < spec->ncategories; i++)
		if (strcmp(spec->categories[i].name, name) == 0)
			return i;
	bad_model(errmsg("indicator \"%s\" belongs to unknown category \"%s\"",
					 indicator, name));
}

/* How values are normalized: what the object says of it. */
static void
read_definition(const JsonObject *object, IndicatorSpec *indicator)
{
	char	   *word;
	const char *problem;

	if (find_key(object, "direction") != NULL)
	{
		word = get_string(object, "direction", "");
		problem = direction_parse(word, strlen(word), &indicator->direction);
		if (problem != NULL)
			bad_direction(word, strlen(word), problem);
	}
	if (find_key(object, "extreme") != NULL)
	{
		word = get_string(object, "extreme", "");
		problem = extreme_method_parse(word, strlen(word), &indicator->extreme);
		if (problem != NULL)
			bad_extreme_method(word, strlen(word), problem);
	}
	if (find_key(object, "adjust") != NULL)
	{
		word = get_string(object, "adjust", "");
		problem = adjust_parse(word, strlen(word), &indicator->adjust);
		if (problem != NULL)
			bad_adjust(word, strlen(word), problem);
	}
	if (find_key(object, "transform") != NULL)
	{
		word = get_string(object, "transform", "");
		problem = transform_parse(word, strlen(word), &indicator->transform);
		if (problem != NULL)
			bad_transform(word, strlen(word), problem);
	}
	if (find_key(object, "scoring") != NULL)
	{
		word = get_string(object, "scoring", "");
		problem = scoring_parse(word, strlen(word), &indicator->scoring);
		if (problem != NULL)
			bad_scoring(word, strlen(word), problem);
	}
}

/* What holds for one stage only: the indicator's definition, and what differs. */
static void
read_rules(const JsonObject *object, ModelSpec *spec, int indicator,
		   const IndicatorSpec *unsettled)
{
	static const char *const keys[] =
	{"direction", "extreme", "adjust", "transform", "scoring", "bounds", NULL};
	JsonObject	by_stage = to_object(require_key(object, "stages"), "stages");

	refuse_unknown_keys(&by_stage, (const char *const *) spec->stages);
	if (spec->rules == NULL)
		spec->rules = palloc0(spec->nindicators * spec->nstages * sizeof(RuleSpec));
	for (int i = 0; i < spec->nstages; i++)
	{
		JsonbValue *value = find_key(&by_stage, spec->stages[i]);
		RuleSpec   *rule;
		JsonObject	own;

		if (value == NULL)
			continue;
		own = to_object(value, "a stage");
		refuse_unknown_keys(&own, keys);
		rule = &spec->rules[spec->nrules++];
		rule->stage = i;
		rule->indicator = indicator;
		rule->own = *unsettled;
		read_definition(&own, &rule->own);
		settle_scoring(spec, &rule->own);
		read_bounds(&own, &rule->own);
	}
}

static void
read_indicators(const JsonObject *root, ModelSpec *spec)
{
	static const char *const keys[] =
	{"indicator", "category", "direction", "extreme", "adjust", "transform",
	"missing", "weights", "bounds", "decimals", "scoring", "absent", "stages", NULL};
	JsonbContainer *array = to_array(root, "indicators",
									 require_key(root, "indicators"));

	spec->nindicators = list_size(array, "indicators", MODEL_MAX_INDICATORS);
	spec->indicators = palloc0((spec->nindicators + 1) * sizeof(IndicatorSpec));
	for (int i = 0; i < spec->nindicators; i++)
	{
		IndicatorSpec *indicator = &spec->indicators[i];
		JsonObject	object = to_object(getIthJsonbValueFromContainer(array, i),
									   "an indicator");
		IndicatorSpec unsettled;

		CHECK_FOR_INTERRUPTS();
		refuse_unknown_keys(&object, keys);
		indicator->name = to_string(object.where, "indicator",
									require_key(&object, "indicator"));
		indicator->category = find_category(spec, &object, indicator->name);
		indicator->extreme = extreme_method_none;
		read_definition(&object, indicator);
		indicator->missing = find_key(&object, "missing") == NULL ? spec->missing :
			(MissingPolicy) get_word(&object, "missing", missing_policy_names);
		indicator->absent_is_zero = get_word(&object, "absent", absent_names);
		indicator->weights = get_weights(&object, spec, 0);
		indicator->decimals = get_decimals(&object);
		unsettled = *indicator;
		settle_scoring(spec, indicator);
		read_bounds(&object, indicator);
		if (find_key(&object, "stages") != NULL)
			read_rules(&object, spec, i, &unsettled);
	}
}

ScoreModel *
model_from_json(Datum jsonb)
{
	static const char *const keys[] =
	{"scheme", "full_marks", "missing", "aggregation", "floor",
		"min_coverage", "stages", "categories", "indicators", "decimals",
	"weights", "min_score", "max_score", "coverage_by", "rescale_best", "best", NULL};
	Jsonb	   *document = DatumGetJsonbP(jsonb);
	JsonObject	root;
	ModelSpec	spec = {0};

	if (!JB_ROOT_IS_OBJECT(document))
		bad_model(errmsg("score model must be a JSON object"));
	root.container = &document->root;
	root.where = "the document";
	refuse_unknown_keys(&root, keys);

	spec.scheme = get_string(&root, "scheme", "");
	spec.full_marks = get_number(&root, "full_marks", 100);
	spec.min_coverage = get_number(&root, "min_coverage", 0);
	spec.missing = get_word(&root, "missing", missing_policy_names);
	spec.aggregation = get_aggregation(&root);
	spec.floor = get_number(&root, "floor", MODEL_DEFAULT_FLOOR);
	spec.decimals = get_decimals(&root);
	spec.in_points = get_word(&root, "weights", weights_names) > 0;
	spec.min_score = get_number(&root, "min_score", NAN);
	spec.max_score = get_number(&root, "max_score", NAN);
	spec.counts = get_word(&root, "coverage_by", coverage_names) > 0;
	spec.rescales = get_boolean(&root, "rescale_best");
	spec.best = get_number(&root, "best", NAN);
	read_stages(&root, &spec);
	read_categories(&root, &spec);
	read_indicators(&root, &spec);
	return model_pack(&spec);
}
