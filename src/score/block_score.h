/*-------------------------------------------------------------------------
 *
 * block_score.h
 *	  The scores of many rows under one fitted model, indicator by indicator.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BLOCK_SCORE_H
#define BLOCK_SCORE_H

#include "model/model.h"

/* The most rows that are scored together: their values stay in the cache. */
#define SCORE_ROWS	256

/* Can the rows of this model be scored so?  It gives a plain weighted sum. */
extern bool scores_by_indicator(const ScoreModel *model);

/*
 * As row_numbers() of each of some rows of a stage, to the last bit.  The rows are
 * numbered; values and numbers of all rows stand one row after the other.
 */
extern void block_numbers(const ScoreModel *model, int stage, const uint16 *rows, int count,
						  const double *values, double *numbers);

#endif							/* BLOCK_SCORE_H */
