/*-------------------------------------------------------------------------
 *
 * row_score.h
 *	  The score of one row of values under a fitted model.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROW_SCORE_H
#define ROW_SCORE_H

#include "model/model.h"
#include "score/value_score.h"

typedef enum ValueStatus
{
	VALUE_OK,
	VALUE_BELOW,
	VALUE_ABOVE,
	VALUE_MISSING,
	VALUE_CONSTANT,
	VALUE_IMPUTED,
	VALUE_UNDEFINED,			/* for its transform: counts as at the lower
								 * bound */
	VALUE_VETO					/* present, and leaves the row without a score */
} ValueStatus;

/* Categories are those of the model, in its order; NaN is NULL throughout. */
typedef struct RowScore
{
	double		score;
	double		unrounded;		/* the score before it is rounded */
	double		limit;			/* what min_score or max_score adds to it */
	double		rescaled;		/* and then rescaling, so that the best has
								 * full marks */
	double		coverage;
	double		category[MODEL_MAX_CATEGORIES];

	/* what rounding categories adds to the score, where the model says so */
	double		rounding[MODEL_MAX_CATEGORIES];
} RowScore;

/*
 * What a present value is on its scale, 0 to 1.
 *
 * Always inline: a call would cost each value of the ordinary row a tenth more.
 */
static pg_always_inline double
normalized_value(const ModelIndicator *indicator, double value)
{
	/* Clamping first: the ends of the scale are exact for values at them. */
	value = clamp_value(value, indicator->floor, indicator->ceiling);
	/* The ends are known: no logarithm for what most firms lack. */
	if (indicator->curved)
		value = value <= indicator->floor ? indicator->scaled_lower :
			value >= indicator->ceiling ? indicator->scaled_upper :
			clamp_value(model_scale_value(indicator, value),
						indicator->scaled_lower, indicator->scaled_upper);
	return normalize_value(&indicator->scaled_direction, value,
						   indicator->scaled_lower, indicator->scaled_upper);
}

extern const char *const value_status_names[];

extern ValueStatus value_status(const ScoreModel *model,
								const ModelIndicator *indicator, double value);

/* Does this value leave its row without a score? */
static inline bool
value_vetoes(const ScoreModel *model, const ModelIndicator *indicator, double value)
{
	return model_categories(model)[indicator->category].role == ROLE_VETO &&
		isfinite(value) && value > 0;
}

/* The value that is shown: the imputed one where there is none. */
extern double shown_value(const ModelIndicator *indicator, double value);

/*
 * The thresholds around a value: the step that it has reached and the next one;
 * NaN where there is none, and under minmax.
 */
extern void value_steps(const ModelIndicator *indicator, double value,
						double *reached, double *next);

/*
 * Score a row: one value an indicator, NaN for NULL.  "parts" has room for one
 * entry an indicator; their points, added in order, and what rounding adds give the
 * score.
 */
extern void row_score(const ScoreModel *model, int stage, const double *values,
					  ValueScore *parts, RowScore *result);

/* The score alone, which costs less; the same to the last bit. */
extern double row_total(const ScoreModel *model, int stage,
						const double *values);

/*
 * The total, not rounded to decimals, under a model that wants the best of them:
 * such a model has one stage.
 */
extern double row_total_before_rescaling(const ScoreModel *model,
										 const double *values);

/*
 * The same of values that are normalized, under a model whose bounds are 0 and 1
 * and which takes them as they are.
 */
extern double row_total_normalized(const ScoreModel *model, int stage,
								   const double *normalized);

/*
 * The normalized values alone, 0 to 1; NaN where a value is missing and nothing
 * is imputed.  Stage -1: as the model has it without the rules of stages.
 */
extern void row_normalize(const ScoreModel *model, int stage,
						  const double *values, double *result);

/*
 * The squared differences of the normalized values from others, weighted and
 * added up in the order of the model, over the indicators that both have, not
 * imputed; and the weight of these.  False as soon as the squares are more than allowed.
 */
extern bool row_squares(const ScoreModel *model, const double *values,
						const double *others, const double *weights,
						double allowed, double *squares, double *shared);

/* The share of the weight of a stage whose values are present, not imputed. */
extern double row_coverage(const ScoreModel *model, int stage,
						   const double *values);

/* As score_row() returns it: score, coverage, stage, and the categories. */
#define ROW_NUMBERS_MAX	(3 + MODEL_MAX_CATEGORIES)

extern int	row_numbers(const ScoreModel *model, int stage,
						const double *values, double *numbers);

/* score.c: an error for a model whose bounds are not all exact. */
extern void check_fitted(const ScoreModel *model);

#endif							/* ROW_SCORE_H */
