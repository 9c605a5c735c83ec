/*-------------------------------------------------------------------------
 *
 * block_score.c
 *	  The scores of many rows under one fitted model, indicator by indicator.
 *
 * What row_score.c works out for a row with a branch for each value, these loops
 * do for a column of values without any, so that compilers use the processor's
 * vectors.  Every sum adds the same numbers in the same order as there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "support/compat.h"
#include "numbers/decimal.h"
#include "numbers/float_key.h"
#include "score/block_score.h"
#include "score/row_score.h"

/* More categories would take more of the stack than their rows are worth. */
#define CATEGORIES_MAX	16

typedef struct BlockSums
{
	double		score[SCORE_ROWS];
	double		present[SCORE_ROWS];	/* weight of the values that are there */
	double		weighted[CATEGORIES_MAX][SCORE_ROWS];
} BlockSums;

/* What an indicator does to each row. */
typedef struct Column
{
	double		floor;
	double		ceiling;
	double		imputed;
	double		anchor;			/* where the scale is 0 */
	double		width;
	double		weight;
	double		points;
	double		coverage;
	double		absent;			/* what a missing value adds: 0 or NaN */
} Column;

bool
scores_by_indicator(const ScoreModel *model)
{
	const ModelCategory *categories = model_categories(model);

	if (model->tree || model->nested || model->rounds || model->bounded || model->vetoes ||
		model->reweights || model->ncategories > CATEGORIES_MAX)
		return false;
	for (int i = 0; i < model->ncategories; i++)
		if (categories[i].role != ROLE_BASE)
			return false;
	return true;
}

/* The functions below are inlined into the one that has versions by processor. */
static pg_always_inline void
read_column(const double *values, const uint16 *rows, int count, int stride, double *column)
{
	for (int i = 0; i < count; i++)
		column[i] = values[(Size) rows[i] * stride];
}

static pg_always_inline void
add_present(const Column *of, const double *column, int count, double *present)
{
	for (int i = 0; i < count; i++)
		present[i] += value_is_present(column[i]) ? of->coverage : 0.0;
}

/* As normalized_value() has it, for a straight line from the anchor on. */
static pg_always_inline void
normalize_straight(const Column *of, int count, double *column)
{
	for (int i = 0; i < count; i++)
	{
		double		value = value_is_present(column[i]) ? column[i] : of->imputed;

		column[i] = fabs(clamp_value(value, of->floor, of->ceiling) - of->anchor) / of->width;
	}
}

static void
normalize_by_rule(const ModelIndicator *indicator, int count, double *column)
{
	for (int i = 0; i < count; i++)
	{
		double		value = value_is_present(column[i]) ? column[i] : indicator->imputed;

		column[i] = isnan(value) ? NAN : normalized_value(indicator, value);
	}
}

static pg_always_inline void
add_points(const Column *of, const double *normalized, int count, double *score, double *weighted)
{
	for (int i = 0; i < count; i++)
	{
		bool		missing = isnan(normalized[i]);
		double		points = of->points * normalized[i] + 0.0;
		double		share = of->weight * normalized[i];

		score[i] += missing ? of->absent : points;
		weighted[i] += missing ? of->absent : share;
	}
}

/* The scale, if values lie on a straight line between bounds that are apart. */
static bool
straight_scale(const ModelIndicator *indicator, Column *column)
{
	double		lower = indicator->scaled_lower;
	double		upper = indicator->scaled_upper;
	DirectionKind kind = indicator->scaled_direction.kind;

	column->floor = indicator->floor;
	column->ceiling = indicator->ceiling;
	column->imputed = indicator->imputed;
	column->anchor = kind == DIRECTION_BENEFIT ? lower : upper;
	column->width = upper - lower;
	return !indicator->curved && lower < upper && isfinite(column->width) &&
		(kind == DIRECTION_BENEFIT || kind == DIRECTION_COST);
}

static pg_always_inline void
add_indicator(const ScoreModel *model, int stage, int number, double *column, int count, BlockSums *sums)
{
	const ModelIndicator *indicator = &model_stage_indicators(model, stage)[number];
	Column		of;
	bool		straight = straight_scale(indicator, &of);

	of.weight = model_effective_weights(model, stage)[number];
	of.points = model_points(model, stage)[number];
	of.coverage = model_coverage_weights(model, stage)[number];
	of.absent = indicator->missing == MISSING_NULL && of.weight > 0 ? NAN : 0;
	add_present(&of, column, count, sums->present);
	if (straight)
		normalize_straight(&of, count, column);
	else
		normalize_by_rule(indicator, count, column);
	add_points(&of, column, count, sums->score, sums->weighted[indicator->category]);
}

/* The weight of each category in a stage, added up as row_score.c does. */
static void
weigh_categories(const ScoreModel *model, int stage, double *weight)
{
	memset(weight, 0, model->ncategories * sizeof(double));
	for (int i = 0; i < model->nindicators; i++)
		weight[model_stage_indicators(model, stage)[i].category] += model_effective_weights(model, stage)[i];
}

/* The numbers of the rows, once all indicators have been added. */
static pg_always_inline void
finish_rows(const ScoreModel *model, int stage, const BlockSums *sums, const uint16 *rows, int count,
			double *numbers)
{
	double		coverage_weight = model_stages(model)[stage].coverage_weight;
	double		least = decimal_round(&share_decimals, model->min_coverage);
	double		weight[CATEGORIES_MAX];
	int			width = 3 + model->ncategories;

	weigh_categories(model, stage, weight);
	for (int i = 0; i < count; i++)
	{
		double	   *of_row = numbers + (Size) rows[i] * width;
		double		score = sums->score[i];
		double		coverage = sums->present[i] / coverage_weight;

		if (unlikely(coverage != 1))
		{
			coverage = decimal_round(&share_decimals, coverage);
			if (coverage < least)
				score = NAN;
		}
		of_row[0] = decimal_round(&model->rounding, score);
		of_row[1] = coverage;
		of_row[2] = stage;
	}
	for (int category = 0; category < model->ncategories; category++)
	{
		const Decimals *shown = &model_categories(model)[category].shown;

		for (int i = 0; i < count; i++)
			numbers[(Size) rows[i] * width + 3 + category] = !(weight[category] > 0) ? NAN :
				decimal_round(shown, model->full_marks * sums->weighted[category][i] / weight[category]);
	}
}

by_processor void
block_numbers(const ScoreModel *model, int stage, const uint16 *rows, int count,
			  const double *values, double *numbers)
{
	BlockSums	sums;
	double		column[SCORE_ROWS];

	Assert(count <= SCORE_ROWS);
	memset(sums.score, 0, count * sizeof(double));
	memset(sums.present, 0, count * sizeof(double));
	for (int category = 0; category < model->ncategories; category++)
		memset(sums.weighted[category], 0, count * sizeof(double));
	for (int i = 0; i < model->nindicators; i++)
	{
		read_column(values + i, rows, count, model->nindicators, column);
		add_indicator(model, stage, i, column, count, &sums);
	}
	finish_rows(model, stage, &sums, rows, count, numbers);
}
