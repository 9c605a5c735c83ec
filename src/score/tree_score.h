/*-------------------------------------------------------------------------
 *
 * tree_score.h
 *	  The values of a row's categories, up the tree of a model.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TREE_SCORE_H
#define TREE_SCORE_H

#include "model/model.h"
#include "score/value_score.h"

/* Sums over the indicators of a category. */
typedef struct CategorySums
{
	double		counted;		/* weight of those that count: not of missing
								 * ones whose weight goes to the others; NaN
								 * where one makes the score unknown */
	double		present;		/* weight of those whose values are present */
	double		weighted;		/* sum of weight * normalized value */
} CategorySums;

/* What the tree makes of a row, beside the scores of its categories. */
typedef struct TreeScore
{
	double		weight;			/* sum of the weights that count */
	bool		covered;		/* no category lacks coverage */

	/*
	 * By category: what the points of its indicators are of those that they
	 * would have if all were added up.
	 */
	double		factor[MODEL_MAX_CATEGORIES + 1];

	/*
	 * the part of it that missing values make, whose weight goes to the
	 * others
	 */
	double		share[MODEL_MAX_CATEGORIES + 1];

	/* weight * what rounding adds to the value, of the same points */
	double		rounding[MODEL_MAX_CATEGORIES];

	/* Does all that is in a category count for nothing? */
	bool		left_out[MODEL_MAX_CATEGORIES + 1];

	/*
	 * The indicator that alone counts of those of a category, or one of the
	 * two below.
	 */
	int			chosen[MODEL_MAX_CATEGORIES + 1];
} TreeScore;

#define CHOSEN_ALL			(-1)
#define CHOSEN_NONE			(-2)

/* What a bonus or penalty category can give. */
extern double points_limit(const ModelCategory *category, const CategorySums *sums);

/*
 * Round the score of a bonus or penalty category to its decimals; what that adds
 * to its points, before a limit.
 */
extern double round_points(const ScoreModel *model, const ModelCategory *category,
						   CategorySums *sums);

/*
 * The sums of bonus and penalty categories, from the leaves up: one part may count
 * alone, and what goes up is rounded, which adds "added" to it.  For tree_score(),
 * which comes after it.
 */
extern void choose_points(const ScoreModel *model, int stage,
						  const ValueScore *parts, CategorySums *sums,
						  double *added, TreeScore *result);

/*
 * Score the base categories of a row: 0 to full marks into "scores", NaN where there
 * is none.  "parts" has the normalized values, "sums" are those of each
 * category with what is below it.
 */
extern void tree_score(const ScoreModel *model, int stage,
					   const ValueScore *parts, const CategorySums *sums,
					   TreeScore *result, double *scores);

#endif							/* TREE_SCORE_H */
