/*-------------------------------------------------------------------------
 *
 * value_score.h
 *	  What became of one value of a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALUE_SCORE_H
#define VALUE_SCORE_H

typedef struct ValueScore
{
	double		normalized;		/* NaN where missing and not imputed */
	double		max_points;		/* the most points that it can give */
	double		points;			/* NaN: missing under the policy "null" */
} ValueScore;

#endif							/* VALUE_SCORE_H */
