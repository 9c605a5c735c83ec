/*-------------------------------------------------------------------------
 *
 * model_to_json.c
 *	  score_model as JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "utils/json.h"

#include "support/compat.h"
#include "method/method_argument.h"
#include "model/model.h"

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
