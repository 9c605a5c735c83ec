/*-------------------------------------------------------------------------
 *
 * run_score.c
 *	  The rows of a run are scored, block by block.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "score/block_score.h"
#include "score/row_score.h"
#include "run/run_state.h"

/* Rows of a model and a stage that are scored together. */
typedef struct SameScale
{
	const ScoreModel *model;
	int			stage;
	int			count;
	uint16		rows[SCORE_ROWS];
} SameScale;

/* So many are kept apart; groups are often many, and rows of each of them few. */
#define SCALES_MAX		8

/* Fewer rows cost less one by one. */
#define ROWS_WORTH_A_BLOCK	8

static void
score_scale(const SameScale *scale, RowBlock *block)
{
	const ScoreModel *model = scale->model;

	if (scale->count >= ROWS_WORTH_A_BLOCK && scores_by_indicator(model))
	{
		block_numbers(model, scale->stage, scale->rows, scale->count, block->values, block->numbers);
		return;
	}
	for (int i = 0; i < scale->count; i++)
		(void) row_numbers(model, scale->stage,
						   block->values + (Size) scale->rows[i] * model->nindicators,
						   block->numbers + (Size) scale->rows[i] * (3 + model->ncategories));
}

/* Where the rows of a model and a stage are gathered. */
static SameScale *
find_scale(SameScale *scales, int *nscales, const ScoreModel *model, int stage, RowBlock *block)
{
	SameScale  *scale;

	for (int i = 0; i < *nscales; i++)
		if (scales[i].model == model && scales[i].stage == stage)
			return &scales[i];
	if (*nscales < SCALES_MAX)
		scale = &scales[(*nscales)++];
	else
	{
		scale = &scales[SCALES_MAX - 1];
		score_scale(scale, block);
	}
	check_fitted(model);
	scale->model = model;
	scale->stage = stage;
	scale->count = 0;
	return scale;
}

static void
score_rows(Run *run, RowBlock *block, int start, int end)
{
	int			width = 3 + run->plan->model->ncategories;
	SameScale	scales[SCALES_MAX];
	int			nscales = 0;

	for (int row = start; row < end; row++)
	{
		const ScoreModel *model = run->model[block->group[row]];

		if (model != NULL && block->stage[row] >= 0 && (block->flags[row] & ROW_HAS_VALUES) != 0)
		{
			SameScale  *scale = find_scale(scales, &nscales, model, block->stage[row], block);

			scale->rows[scale->count++] = row;
			continue;
		}
		for (int i = 0; i < width; i++)
			block->numbers[(Size) row * width + i] = NAN;
	}
	for (int i = 0; i < nscales; i++)
		score_scale(&scales[i], block);
}

void
score_block(Run *run, RowBlock *block)
{
	if (block->scored)
		return;
	for (int start = 0; start < block->n; start += SCORE_ROWS)
		score_rows(run, block, start, Min(start + SCORE_ROWS, block->n));
	block->scored = true;
}
