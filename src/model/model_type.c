/*-------------------------------------------------------------------------
 *
 * model_type.c
 *	  The type score_model as SQL sees it: input, output, casts, comparison
 *	  and inspection.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "method/method_argument.h"
#include "model/model.h"

INNOVATION_SCORE_MODULE;

/*
 * A model's text may be long, since it may hold the values of a field, but what
 * jsonb cannot hold, or has more words than a model of 1,000 indicators with rules
 * of 100 stages, is refused before it is parsed.
 */
static void
refuse_hostile_text(const char *text)
{
	const Size	most = 256 * 1024 * 1024;
	const int	most_words = 900000;
	Size		length = strlen(text);
	int64		quotes = 0;

	if (length > most)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("score model of %zu bytes is too long", length),
				 errdetail("At most %zu bytes are read.", most)));
	for (const char *next = text; (next = strchr(next, '"')) != NULL; next++)
		quotes++;
	if (quotes / 2 > most_words)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("score model of " INT64_FORMAT " words is too long", quotes / 2),
				 errdetail("At most %d are read.", most_words)));
}

PG_FUNCTION_INFO_V1(score_model_in);
/* score_model_in(cstring) → score_model */
Datum
score_model_in(PG_FUNCTION_ARGS)
{
	Datum		document;

	refuse_hostile_text(PG_GETARG_CSTRING(0));
	document = DirectFunctionCall1(jsonb_in, PG_GETARG_DATUM(0));
	PG_RETURN_POINTER(model_from_json(document));
}

PG_FUNCTION_INFO_V1(score_model_out);
/* score_model_out(score_model) → cstring */
Datum
score_model_out(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	StringInfoData json;

	initStringInfo(&json);
	model_to_json(model, &json);
	PG_RETURN_CSTRING(json.data);
}

PG_FUNCTION_INFO_V1(score_model_recv);
/* score_model_recv(internal) → score_model */
Datum
score_model_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(model_read((StringInfo) PG_GETARG_POINTER(0)));
}

PG_FUNCTION_INFO_V1(score_model_send);
/* score_model_send(score_model) → bytea */
Datum
score_model_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	model_write(model_argument(fcinfo, 0), &buffer);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(score_model_from_jsonb);
/* score_model(jsonb) → score_model */
Datum
score_model_from_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(model_from_json(PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(score_model_to_jsonb);
/* jsonb(score_model) → jsonb */
Datum
score_model_to_jsonb(PG_FUNCTION_ARGS)
{
	StringInfoData json;

	initStringInfo(&json);
	model_to_json(model_argument(fcinfo, 0), &json);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}

PG_FUNCTION_INFO_V1(is_fitted);
/*
 * is_fitted(model score_model) → boolean
 *
 * Whether every bound is exact, so that score() can use the model.
 */
Datum
is_fitted(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(model_argument(fcinfo, 0)->fitted);
}

static Datum
name_datum(const ScoreModel *model, ModelName name)
{
	return CStringGetTextDatum(model_string(model, name));
}

PG_FUNCTION_INFO_V1(score_model_indicators);
/*
 * model_indicators(model score_model) → SETOF (position, indicator, category,
 * role, direction, extreme, transform, lower, upper, n, missing, minimum,
 * maximum, method, adjust, missing_policy, imputed, scoring)
 *
 * A model as rows, in the order in which it takes values.  What is not fitted
 * yet is NULL.
 */
Datum
score_model_indicators(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	init_materialized_srf(fcinfo);
	for (int i = 0; i < model->nindicators; i++)
	{
		const ModelIndicator *indicator = &model_indicators(model)[i];
		const ModelCategory *category = &model_categories(model)[indicator->category];
		const IndicatorBounds *bounds = &indicator->bounds;
		bool		known = bounds->status != BOUNDS_UNKNOWN;
		char		printed[METHOD_TEXT_SIZE];
		Scoring		scoring = model_scoring(indicator);
		StringInfoData rule;
		Datum		values[18];
		bool		nulls[18] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = name_datum(model, indicator->name);
		values[2] = name_datum(model, category->name);
		values[3] = CStringGetTextDatum(category_role_names[category->role]);
		direction_print(&indicator->direction, printed);
		values[4] = CStringGetTextDatum(printed);
		extreme_method_print(&indicator->extreme, printed);
		values[5] = CStringGetTextDatum(printed);
		transform_print(&indicator->transform, printed);
		values[6] = CStringGetTextDatum(printed);
		set_number(&values[7], &nulls[7], bounds->lower);
		set_number(&values[8], &nulls[8], bounds->upper);
		values[9] = Int64GetDatum(bounds->n);
		values[10] = Int64GetDatum(bounds->missing);
		nulls[9] = nulls[10] = !known;
		set_number(&values[11], &nulls[11], bounds->minimum);
		set_number(&values[12], &nulls[12], bounds->maximum);
		effective_method_print(&indicator->extreme, bounds->fell_back, printed);
		values[13] = CStringGetTextDatum(printed);
		nulls[13] = bounds->status != BOUNDS_EXACT;
		adjust_print(&indicator->adjust, printed);
		values[14] = CStringGetTextDatum(printed);
		values[15] = CStringGetTextDatum(missing_policy_names[indicator->missing]);
		set_number(&values[16], &nulls[16], indicator->imputed);
		initStringInfo(&rule);
		scoring_print(&scoring, &rule);
		values[17] = CStringGetTextDatum(rule.data);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(score_model_categories);
/*
 * model_categories(model score_model) → SETOF (position, category, parent,
 * role, max_points, aggregation, min_coverage)
 *
 * The categories in the order of their scores, each with the aggregation that
 * it has, its own or the scheme's; NULL for bonus and penalty categories whose
 * points are added up.
 */
Datum
score_model_categories(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	init_materialized_srf(fcinfo);
	for (int i = 0; i < model->ncategories; i++)
	{
		const ModelCategory *category = &model_categories(model)[i];
		char		printed[METHOD_TEXT_SIZE];
		Datum		values[7];
		bool		nulls[7] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = name_datum(model, category->name);
		nulls[2] = category->parent == model->ncategories;
		if (!nulls[2])
			values[2] = name_datum(model, model_categories(model)[category->parent].name);
		values[3] = CStringGetTextDatum(category_role_names[category->role]);
		set_number(&values[4], &nulls[4], category->max_points);
		aggregation_print(&category->aggregation, printed);
		values[5] = CStringGetTextDatum(printed);
		nulls[5] = category->role != ROLE_BASE && !category->aggregates;
		values[6] = Float8GetDatum(category->min_coverage);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(score_model_weights);
/*
 * model_weights(model score_model)
 *	→ SETOF (stage, indicator, weight, effective_weight, max_points)
 *
 * What each indicator counts: the weight as the scheme states it, its share of
 * the whole (of base indicators only), and the most points that it can give,
 * all other values being there; see weigh_stage().
 */
Datum
score_model_weights(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	init_materialized_srf(fcinfo);
	for (int stage = 0; stage < model->nstages; stage++)
		for (int i = 0; i < model->nindicators; i++)
		{
			const ModelCategory *category =
			&model_categories(model)[model_indicators(model)[i].category];
			Datum		values[5];
			bool		nulls[5] = {false};

			values[0] = name_datum(model, model_stages(model)[stage].name);
			values[1] = name_datum(model, model_indicators(model)[i].name);
			values[2] = Float8GetDatum(model_weights(model, stage)[i]);
			values[3] = Float8GetDatum(model_effective_weights(model, stage)[i] /
									   model_stages(model)[stage].base_weight);
			nulls[3] = category->role != ROLE_BASE;
			values[4] = Float8GetDatum(model_points(model, stage)[i]);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	return (Datum) 0;
}
