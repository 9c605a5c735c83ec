/*-------------------------------------------------------------------------
 *
 * portrait.c
 *	  A firm among its peers: what the view _portrait computes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "analysis/peer_profile.h"
#include "support/compat.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "model/value_row.h"
#include "model/model.h"

typedef struct PortraitCache
{
	void	   *models;
	void	   *previous_models;
	KeptArrays *profiles;
} PortraitCache;

/* What the portrait adds to the points; NaN is NULL. */
typedef struct PortraitValue
{
	double		percentile;
	double		peers;
	double		median;
	double		upper_quartile;
	double		peer_normalized;
	double		lost;
	double		advantage;
	double		strength;
	double		weakness;
	double		previous_value;
	double		previous_points;
} PortraitValue;

static void
compare_with_peers(const ScoreModel *model, int stage, const double *values,
				   ArrayType *profile, PortraitValue *portrait)
{
	int			n = model->nindicators;
	KeptColumn *columns = palloc(n * sizeof(KeptColumn));
	double	   *median = palloc(2 * n * sizeof(double));
	double	   *normalized = median + n;

	read_profile(profile, columns, n);
	for (int i = 0; i < n; i++)
		median[i] = columns[i].quartile[1];
	row_normalize(model, stage, median, normalized);
	for (int i = 0; i < n; i++)
	{
		portrait[i].peers = columns[i].n;
		portrait[i].median = median[i];
		portrait[i].upper_quartile = columns[i].quartile[2];
		portrait[i].peer_normalized = isnan(median[i]) ? NAN : normalized[i];
		if (value_is_present(values[i]) && columns[i].n > 0)
			portrait[i].percentile =
				100 * kept_column_at_or_below(&columns[i], values[i]) / columns[i].n;
	}
}

/* Competition ranks, 1 = largest. */
static double
rank_among(const double *numbers, int n, int place)
{
	int			above = 0;

	if (isnan(numbers[place]))
		return NAN;
	for (int i = 0; i < n; i++)
		above += numbers[i] > numbers[place];
	return above + 1;
}

static void
rank_indicators(const ScoreModel *model, const ValueScore *parts,
				PortraitValue *portrait)
{
	int			n = model->nindicators;
	double	   *lost = palloc(2 * n * sizeof(double));
	double	   *advantage = lost + n;

	for (int i = 0; i < n; i++)
	{
		/* What a penalty could give at best is nothing. */
		lost[i] = Max(parts[i].max_points, 0.0) - parts[i].points;
		advantage[i] = parts[i].points - parts[i].max_points * portrait[i].peer_normalized;
	}
	for (int i = 0; i < n; i++)
	{
		portrait[i].lost = lost[i];
		portrait[i].advantage = advantage[i];
		portrait[i].strength = rank_among(advantage, n, i);
		portrait[i].weakness = rank_among(lost, n, i);
	}
}

/*
 * What the row before had; its points where it had a stage and a model.
 */
static void
compare_with_previous(FunctionCallInfo fcinfo, PortraitCache *cache, const ScoreModel *model,
					  PortraitValue *portrait)
{
	const double *values;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	if (PG_ARGISNULL(6))
		return;
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(6), model, buffer);
	for (int i = 0; i < model->nindicators; i++)
		portrait[i].previous_value = value_is_present(values[i]) ? values[i] : NAN;
	if (PG_ARGISNULL(4) || PG_ARGISNULL(5))
		return;
	model = model_kept(PG_GETARG_DATUM(4), &cache->previous_models, fcinfo->flinfo->fn_mcxt);
	check_fitted(model);
	row_score(model, model_find_stage(model, PG_GETARG_TEXT_PP(5)), values, parts, &result);
	for (int i = 0; i < model->nindicators; i++)
		portrait[i].previous_points = parts[i].points;
}

static void
put_portrait(ReturnSetInfo *set, const ScoreModel *model, int stage, int i,
			 double value, const ValueScore *part, const PortraitValue *portrait)
{
	const ModelIndicator *indicator = &model_stage_indicators(model, stage)[i];
	const ModelCategory *category = &model_categories(model)[indicator->category];
	bool		present = value_is_present(value);
	double		step;
	double		next_step;
	Datum		values[21];
	bool		nulls[21] = {false};

	values[0] = CStringGetTextDatum(model_string(model, indicator->name));
	values[1] = CStringGetTextDatum(model_string(model, category->name));
	set_number(&values[2], &nulls[2], present ? value : indicator->imputed);
	set_number(&values[3], &nulls[3], part->normalized);
	set_number(&values[4], &nulls[4], portrait->percentile);
	values[5] = Int64GetDatum(isnan(portrait->peers) ? 0 : (int64) portrait->peers);
	nulls[5] = isnan(portrait->peers);
	set_number(&values[6], &nulls[6], portrait->median);
	set_number(&values[7], &nulls[7], portrait->upper_quartile);
	set_number(&values[8], &nulls[8], portrait->peer_normalized);
	set_number(&values[9], &nulls[9], part->max_points);
	set_number(&values[10], &nulls[10], part->points);
	set_number(&values[11], &nulls[11], portrait->lost);
	set_number(&values[12], &nulls[12], portrait->advantage);
	values[13] = Int32GetDatum(isnan(portrait->strength) ? 0 : (int32) portrait->strength);
	nulls[13] = isnan(portrait->strength);
	values[14] = Int32GetDatum(isnan(portrait->weakness) ? 0 : (int32) portrait->weakness);
	nulls[14] = isnan(portrait->weakness);
	set_number(&values[15], &nulls[15], portrait->previous_value);
	set_number(&values[16], &nulls[16], present ? value - portrait->previous_value : NAN);
	set_number(&values[17], &nulls[17], part->points - portrait->previous_points);
	values[18] = CStringGetTextDatum(value_status_names[value_status(model, indicator, value)]);
	value_steps(indicator, shown_value(indicator, value), &step, &next_step);
	set_number(&values[19], &nulls[19], step);
	set_number(&values[20], &nulls[20], next_step);
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(portrait_rows);
/*
 * _innovation_score.portrait_rows(model score_model, stage text, vals float8[],
 *				  profile float8[], previous_model score_model,
 *				  previous_stage text, previous_vals float8[])
 *	→ SETOF (indicator, category, value, normalized, percentile, peers,
 *			 peer_median, peer_upper_quartile, peer_normalized, max_points, points,
 *			 points_lost, advantage, strength_rank, weakness_rank,
 *			 previous_value, value_change, points_change, status, step, next_step)
 *
 * A row an indicator.  No rows where model, stage or values are NULL; without a
 * profile nothing about peers; without one of the last three no changes.
 */
Datum
portrait_rows(PG_FUNCTION_ARGS)
{
	PortraitCache *cache = (PortraitCache *) fcinfo->flinfo->fn_extra;
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const ScoreModel *model;
	const double *values;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;
	PortraitValue *portrait;
	int			stage;
	int			n;

	init_materialized_srf(fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return (Datum) 0;
	if (cache == NULL)
		fcinfo->flinfo->fn_extra = cache =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PortraitCache));
	model = model_kept(PG_GETARG_DATUM(0), &cache->models, fcinfo->flinfo->fn_mcxt);
	check_fitted(model);
	n = model->nindicators;
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(2), model, buffer);
	stage = model_find_stage(model, PG_GETARG_TEXT_PP(1));
	row_score(model, stage, values, parts, &result);

	portrait = palloc(n * sizeof(PortraitValue));
	for (int i = 0; i < n; i++)
		portrait[i] = (PortraitValue)
	{
		NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN
	};
	if (!PG_ARGISNULL(3))
		compare_with_peers(model, stage, values,
						   array_kept(PG_GETARG_DATUM(3), &cache->profiles,
									  fcinfo->flinfo->fn_mcxt),
						   portrait);
	rank_indicators(model, parts, portrait);
	compare_with_previous(fcinfo, cache, model, portrait);
	for (int i = 0; i < n; i++)
		put_portrait(set, model, stage, i, values[i], &parts[i], &portrait[i]);
	return (Datum) 0;
}
