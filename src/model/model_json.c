/*-------------------------------------------------------------------------
 *
 * model_json.c
 *	  score_model as JSON.
 *
 * Reading goes through jsonb, so that PostgreSQL's parser decides what is
 * JSON.  Every key must be known and every value of its kind: a misspelled key
 * must not turn into a default.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "support/compat.h"
#include "method/method_argument.h"
#include "model/model.h"

/* Code of the one stage or category of a model that names none. */
#define ONLY_CODE	"all"

static const char *const absent_names[] = {"missing", "zero", NULL};

/* Counts in JSON are exact up to here. */
#define MAX_COUNT	9007199254740992.0

/* Words of keys that have two; the first one is the default. */
static const char *const weights_names[] = {"relative", "points", NULL};
static const char *const coverage_names[] = {"weight", "count", NULL};
static const char *const incomplete_names[] = {"null", "drop", NULL};

/* ---------------- reading ---------------- */

/* An object and where it stands in the document, for messages. */
typedef struct JsonObject
{
	JsonbContainer *container;
	const char *where;
} JsonObject;

#define bad_json(...) \
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), __VA_ARGS__))

static const char *
kind_name(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "a string";
		case jbvNumeric:
			return "a number";
		case jbvBool:
			return "a boolean";
		case jbvBinary:
			return JsonContainerIsArray(value->val.binary.data) ? "an array" : "an object";
		default:
			return "something else";
	}
}

static void
wrong_kind(const char *where, const char *key, const char *wanted,
		   const JsonbValue *value)
{
	bad_json(errmsg("key \"%s\" in %s of a score model must be %s, not %s",
					key, where, wanted, kind_name(value)));
}

/* The value of a key, or NULL where the key is absent. */
static JsonbValue *
find_key(const JsonObject *object, const char *key)
{
	return getKeyJsonValueFromContainer(object->container, key, strlen(key), NULL);
}

static JsonbValue *
require_key(const JsonObject *object, const char *key)
{
	JsonbValue *value = find_key(object, key);

	if (value == NULL)
		bad_json(errmsg("key \"%s\" is missing in %s of a score model",
						key, object->where));
	return value;
}

static void
refuse_unknown_keys(const JsonObject *object, const char *const *known)
{
	JsonbIterator *iterator = JsonbIteratorInit(object->container);
	JsonbValue	value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		if (find_word(known, key) < 0)
			bad_json(errmsg("unknown key \"%s\" in %s of a score model",
							key, object->where));
	}
}

static JsonObject
to_object(const JsonbValue *value, const char *where)
{
	JsonObject	object;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		bad_json(errmsg("%s of a score model must be an object, not %s",
						where, kind_name(value)));
	object.container = value->val.binary.data;
	object.where = where;
	return object;
}

static JsonbContainer *
to_array(const JsonObject *object, const char *key, JsonbValue *value)
{
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		wrong_kind(object->where, key, "an array", value);
	return value->val.binary.data;
}

static char *
to_string(const char *where, const char *key, const JsonbValue *value)
{
	if (value->type != jbvString)
		wrong_kind(where, key, "a string", value);
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static double
to_number(const char *where, const char *key, const JsonbValue *value)
{
	if (value->type != jbvNumeric)
		wrong_kind(where, key, "a number", value);
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  NumericGetDatum(value->val.numeric))) + 0.0;
}

static char *
get_string(const JsonObject *object, const char *key, const char *otherwise)
{
	JsonbValue *value = find_key(object, key);

	return value == NULL ? pstrdup(otherwise) :
		to_string(object->where, key, value);
}

static double
get_number(const JsonObject *object, const char *key, double otherwise)
{
	JsonbValue *value = find_key(object, key);

	return value == NULL ? otherwise : to_number(object->where, key, value);
}

static bool
get_boolean(const JsonObject *object, const char *key)
{
	JsonbValue *value = find_key(object, key);

	if (value != NULL && value->type != jbvBool)
		wrong_kind(object->where, key, "a boolean", value);
	return value != NULL && value->val.boolean;
}

/* A number where the key is there and not null, NaN where it is null. */
static double
get_number_or_null(const JsonObject *object, const char *key)
{
	JsonbValue *value = require_key(object, key);

	return value->type == jbvNull ? NAN : to_number(object->where, key, value);
}

static int64
get_count(const JsonObject *object, const char *key)
{
	double		number = to_number(object->where, key, require_key(object, key));

	if (number != floor(number) || number < 0 || number > MAX_COUNT)
		bad_json(errmsg("key \"%s\" in %s of a score model must be a count",
						key, object->where));
	return (int64) number;
}

static int
get_decimals(const JsonObject *object)
{
	double		number = get_number(object, "decimals", DECIMALS_NONE);

	if (find_key(object, "decimals") != NULL &&
		!(number == floor(number) && number >= 0 && number <= DECIMAL_MAX_PLACES))
		bad_json(errmsg("key \"decimals\" in %s of a score model must be an integer between 0 and %d",
						object->where, DECIMAL_MAX_PLACES));
	return (int) number;
}

static int
get_word(const JsonObject *object, const char *key, const char *const *words)
{
	char	   *word = get_string(object, key, words[0]);
	int			index = find_word(words, word);

	if (index < 0)
	{
		StringInfoData known;

		initStringInfo(&known);
		for (int i = 0; words[i] != NULL; i++)
			appendStringInfo(&known, "%s\"%s\"", i == 0 ? "" :
							 words[i + 1] == NULL ? " and " : ", ", words[i]);
		bad_json(errmsg("key \"%s\" in %s of a score model is \"%s\"",
						key, object->where, word),
				 errhint("Known are %s.", known.data));
	}
	return index;
}

/* How many there are in a list, refused before any is read if these are too many. */
static int
list_size(JsonbContainer *array, const char *what, int maximum)
{
	int			size = JsonContainerSize(array);

	if (size > maximum)
		bad_json(errmsg("score model has %d %s, more than %d", size, what, maximum));
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
			bad_json(errmsg("category \"%s\" has unknown parent \"%s\"",
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
		bad_json(errmsg("key \"fences\" in %s of a score model must have two elements",
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
		bad_json(errmsg("search for the bounds of indicator \"%s\" is damaged",
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
		bad_json(errmsg("bounds of indicator \"%s\" are those of method \"%s\", not of \"%s\"",
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
		bad_json(errmsg("keys \"values\" and \"counts\" in %s of a score model must have the same number of elements",
						object->where));
	indicator->ranked = values = palloc(indicator->nranked * sizeof(RankedValue) + 1);
	for (int i = 0; i < indicator->nranked; i++)
	{
		double		count = to_number(object->where, "counts",
									  getIthJsonbValueFromContainer(counts, i));

		if (!(count >= 1 && count <= MAX_COUNT && count == floor(count)))
			bad_json(errmsg("key \"counts\" in %s of a score model must hold counts", object->where));
		values[i].value = to_number(object->where, "values",
									getIthJsonbValueFromContainer(array, i));
		values[i].below = below;
		if (below > PG_INT64_MAX - (int64) count)
			bad_json(errmsg("key \"counts\" in %s of a score model must hold counts", object->where));
		below += (int64) count;
	}
	if (below != indicator->bounds.n)
		bad_json(errmsg("values of indicator \"%s\" are not those of its bounds", indicator->name));
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
	bad_json(errmsg("indicator \"%s\" belongs to unknown category \"%s\"",
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
		bad_json(errmsg("score model must be a JSON object"));
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

/* ---------------- printing ---------------- */

static void
print_number(StringInfo json, double number)
{
	char		buffer[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isnan(number))
	{
		appendStringInfoString(json, "null");
		return;
	}
	double_to_shortest_decimal_buf(number, buffer);
	appendStringInfoString(json, buffer);
}

static void
print_decimals(StringInfo json, int decimals)
{
	if (decimals != DECIMALS_NONE)
		appendStringInfo(json, ", \"decimals\": %d", decimals);
}

static void
print_limit(StringInfo json, const char *key, double limit)
{
	if (isnan(limit))
		return;
	appendStringInfo(json, ", \"%s\": ", key);
	print_number(json, limit);
}

static void
print_search(StringInfo json, const BoundsSearch *search)
{
	if (search->step == STEP_DEVIATIONS)
	{
		appendStringInfoString(json, ", \"center\": ");
		print_number(json, search->about[0]);
	}
	else if (search->step == STEP_INSIDE)
	{
		appendStringInfoString(json, ", \"fences\": [");
		print_number(json, search->about[0]);
		appendStringInfoString(json, ", ");
		print_number(json, search->about[1]);
		appendStringInfoChar(json, ']');
	}
	appendStringInfoString(json, ", \"search\": [");
	for (int i = 0; i < search->ntargets; i++)
	{
		const SearchTarget *target = &search->target[i];

		appendStringInfo(json,
						 "%s{\"rank\": " INT64_FORMAT ", \"below\": " INT64_FORMAT ", \"inside\": " INT64_FORMAT ", \"low\": ",
						 i == 0 ? "" : ", ", target->rank, target->below,
						 target->inside);
		print_number(json, target->low);
		appendStringInfoString(json, ", \"high\": ");
		print_number(json, target->high);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

static void
print_ranked(StringInfo json, const ModelIndicator *indicator)
{
	RankedValues ranked = model_ranked(indicator);

	if (ranked.count == 0)
		return;
	appendStringInfoString(json, ", \"values\": [");
	for (int i = 0; i < ranked.count; i++)
	{
		appendStringInfoString(json, i == 0 ? "" : ", ");
		print_number(json, ranked.values[i].value);
	}
	appendStringInfoString(json, "], \"counts\": [");
	for (int i = 0; i < ranked.count; i++)
		appendStringInfo(json, "%s" INT64_FORMAT, i == 0 ? "" : ", ",
						 (i + 1 < ranked.count ? ranked.values[i + 1].below :
						  indicator->bounds.n) - ranked.values[i].below);
	appendStringInfoChar(json, ']');
}

static void
print_bounds(StringInfo json, const ScoreModel *model, int fit,
			 const char *separator)
{
	const ModelIndicator *indicator = model_fit_indicator(model, fit);
	const IndicatorBounds *bounds = &indicator->bounds;
	bool		has_limits = bounds->status == BOUNDS_EXACT || !isnan(bounds->lower);

	if (bounds->status == BOUNDS_UNKNOWN)
		return;
	appendStringInfo(json, "%s\"bounds\": {", separator);
	if (has_limits)
	{
		appendStringInfoString(json, "\"lower\": ");
		print_number(json, bounds->lower);
		appendStringInfoString(json, ", \"upper\": ");
		print_number(json, bounds->upper);
		appendStringInfoString(json, ", ");
	}
	appendStringInfo(json,
					 "\"n\": " INT64_FORMAT ", \"missing\": " INT64_FORMAT ", \"minimum\": ",
					 bounds->n, bounds->missing);
	print_number(json, bounds->minimum);
	appendStringInfoString(json, ", \"maximum\": ");
	print_number(json, bounds->maximum);
	if (!isnan(bounds->imputed))
	{
		appendStringInfoString(json, ", \"imputed\": ");
		print_number(json, bounds->imputed);
	}
	if (has_limits)
	{
		char		method[METHOD_TEXT_SIZE];

		effective_method_print(&indicator->extreme, bounds->fell_back, method);
		appendStringInfo(json, ", \"method\": \"%s\"", method);
	}
	print_ranked(json, indicator);
	if (bounds->status == BOUNDS_SEARCHED)
		print_search(json, &model_searches(model)[fit]);
	appendStringInfoChar(json, '}');
}

/* How an indicator's values are normalized, in words. */
typedef struct DefinitionText
{
	char		direction[METHOD_TEXT_SIZE];
	char		extreme[METHOD_TEXT_SIZE];
	char		adjust[METHOD_TEXT_SIZE];
	char		transform[METHOD_TEXT_SIZE];
	StringInfoData scoring;
} DefinitionText;

static void
tell_definition(const ModelIndicator *indicator, DefinitionText *text)
{
	Scoring		scoring = model_scoring(indicator);

	direction_print(&indicator->direction, text->direction);
	extreme_method_print(&indicator->extreme, text->extreme);
	adjust_print(&indicator->adjust, text->adjust);
	transform_print(&indicator->transform, text->transform);
	initStringInfo(&text->scoring);
	scoring_print(&scoring, &text->scoring);
}

static void
print_if_other(StringInfo json, const char *key, const char *word,
			   const char *known, const char **separator)
{
	if (strcmp(word, known) == 0)
		return;
	appendStringInfo(json, "%s\"%s\": \"%s\"", *separator, key, word);
	*separator = ", ";
}

/* What holds for one stage only. */
static void
print_rules(StringInfo json, const ScoreModel *model, int index,
			const DefinitionText *common)
{
	bool		found = false;

	for (int i = 0; i < model->nrules; i++)
	{
		const ModelRule *rule = &model_rules(model)[i];
		int			fit = model->nindicators + i;
		DefinitionText text;
		const char *separator = "";

		if (rule->indicator != index)
			continue;
		appendStringInfoString(json, found ? ", " : ", \"stages\": {");
		found = true;
		escape_json(json, model_string(model, model_stages(model)[rule->stage].name));
		appendStringInfoString(json, ": {");
		tell_definition(model_fit_indicator(model, fit), &text);
		print_if_other(json, "direction", text.direction, common->direction, &separator);
		print_if_other(json, "extreme", text.extreme, common->extreme, &separator);
		print_if_other(json, "adjust", text.adjust, common->adjust, &separator);
		print_if_other(json, "transform", text.transform, common->transform, &separator);
		print_if_other(json, "scoring", text.scoring.data, common->scoring.data, &separator);
		print_bounds(json, model, fit, separator);
		appendStringInfoChar(json, '}');
	}
	if (found)
		appendStringInfoChar(json, '}');
}

static void
print_indicator(StringInfo json, const ScoreModel *model, int index)
{
	const ModelIndicator *indicator = &model_indicators(model)[index];
	DefinitionText text;

	tell_definition(indicator, &text);
	appendStringInfoString(json, "{\"indicator\": ");
	escape_json(json, model_string(model, indicator->name));
	appendStringInfoString(json, ", \"category\": ");
	escape_json(json, model_string(model, model_categories(model)[indicator->category].name));
	appendStringInfo(json,
					 ", \"direction\": \"%s\", \"extreme\": \"%s\"",
					 text.direction, text.extreme);
	if (indicator->adjust.kind != ADJUST_CLAMP)
		appendStringInfo(json, ", \"adjust\": \"%s\"", text.adjust);
	appendStringInfo(json, ", \"transform\": \"%s\"", text.transform);
	if (indicator->scoring != SCORING_MINMAX)
		appendStringInfo(json, ", \"scoring\": \"%s\"", text.scoring.data);
	if (indicator->absent_is_zero)
		appendStringInfo(json, ", \"absent\": \"%s\"", absent_names[1]);
	if (indicator->missing != model->missing)
		appendStringInfo(json, ", \"missing\": \"%s\"",
						 missing_policy_names[indicator->missing]);
	appendStringInfoString(json, ", \"weights\": {");
	for (int i = 0; i < model->nstages; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		escape_json(json, model_string(model, model_stages(model)[i].name));
		appendStringInfoString(json, ": ");
		print_number(json, model_weights(model, i)[index]);
	}
	appendStringInfoChar(json, '}');
	print_decimals(json, indicator->decimals);
	print_bounds(json, model, index, ", ");
	print_rules(json, model, index, &text);
	appendStringInfoChar(json, '}');
}

static void
print_category(StringInfo json, const ScoreModel *model, int index)
{
	const ModelCategory *category = &model_categories(model)[index];
	bool		weighted = false;

	appendStringInfoString(json, "{\"category\": ");
	escape_json(json, model_string(model, category->name));
	appendStringInfo(json, ", \"role\": \"%s\"",
					 category_role_names[category->role]);
	print_limit(json, "max_points", category->max_points);
	if (category->parent != model->ncategories)
	{
		appendStringInfoString(json, ", \"parent\": ");
		escape_json(json, model_string(model, model_categories(model)[category->parent].name));
	}
	if (category->aggregates)
	{
		char		aggregation[METHOD_TEXT_SIZE];

		aggregation_print(&category->aggregation, aggregation);
		appendStringInfo(json, ", \"aggregation\": \"%s\"", aggregation);
	}
	if (category->min_coverage > 0)
	{
		appendStringInfoString(json, ", \"min_coverage\": ");
		print_number(json, category->min_coverage);
	}
	print_decimals(json, category->decimals);
	print_limit(json, "floor", category->floor);
	if (category->drops)
		appendStringInfo(json, ", \"incomplete\": \"%s\"", incomplete_names[1]);
	for (int i = 0; model->own_weights != 0 && i < model->nstages; i++)
	{
		double		weight = model_own_weights(model, i)[index];

		if (isnan(weight))
			continue;
		appendStringInfoString(json, weighted ? ", " : ", \"weights\": {");
		weighted = true;
		escape_json(json, model_string(model, model_stages(model)[i].name));
		appendStringInfoString(json, ": ");
		print_number(json, weight);
	}
	appendStringInfoString(json, weighted ? "}}" : "}");
}

void
model_to_json(const ScoreModel *model, StringInfo json)
{
	char		aggregation[METHOD_TEXT_SIZE];

	aggregation_print(&model_categories(model)[model->ncategories].aggregation,
					  aggregation);
	appendStringInfoString(json, "{\"scheme\": ");
	escape_json(json, model_string(model, model->scheme));
	appendStringInfoString(json, ", \"full_marks\": ");
	print_number(json, model->full_marks);
	appendStringInfo(json, ", \"missing\": \"%s\", \"aggregation\": \"%s\"",
					 missing_policy_names[model->missing], aggregation);
	if (model->floor != MODEL_DEFAULT_FLOOR)
	{
		appendStringInfoString(json, ", \"floor\": ");
		print_number(json, model->floor);
	}
	appendStringInfoString(json, ", \"min_coverage\": ");
	print_number(json, model->min_coverage);
	print_decimals(json, model->decimals);
	if (model->in_points)
		appendStringInfo(json, ", \"weights\": \"%s\"", weights_names[1]);
	print_limit(json, "min_score", model->min_score);
	print_limit(json, "max_score", model->max_score);
	if (model->rescales)
		appendStringInfoString(json, ", \"rescale_best\": true");
	print_limit(json, "best", model->best);
	if (model->counts)
		appendStringInfo(json, ", \"coverage_by\": \"%s\"", coverage_names[1]);
	appendStringInfoString(json, ", \"stages\": [");
	for (int i = 0; i < model->nstages; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		escape_json(json, model_string(model, model_stages(model)[i].name));
	}
	appendStringInfoString(json, "], \"categories\": [");
	for (int i = 0; i < model->ncategories; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		print_category(json, model, i);
	}
	appendStringInfoString(json, "], \"indicators\": [");
	for (int i = 0; i < model->nindicators; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		print_indicator(json, model, i);
	}
	appendStringInfoString(json, "]}");
}
