/*-------------------------------------------------------------------------
 *
 * run_fit.c
 *	  The groups of a run are fitted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "support/growing.h"
#include "run/run_state.h"

/* As many passes as a fit may take; no method needs as many. */
#define MAX_PASSES	100

static RunGroup *
level_group(Run *run, int level, uint32 number)
{
	GroupLevel *groups = &run->level[level];

	if (number >= groups->count)
	{
		groups->group = make_room(groups->group, &groups->room, (int64) number + 1,
								  sizeof(RunGroup), run->context);
		memset(groups->group + groups->count, 0, (number + 1 - groups->count) * sizeof(RunGroup));
		groups->count = (int64) number + 1;
	}
	return &groups->group[number];
}

static void
fit_row(RunGroup *group, const ScoreModel *model, const double *values, MemoryContext context)
{
	if (group->state == NULL)
		group->state = fit_state_create(model, context);
	if (values != NULL)
		memcpy(fit_state_next_row(group->state), values, model->nindicators * sizeof(double));
}

/* The first pass: all groups that a row of the sample belongs to. */
void
fit_first(Run *run, uint32 image, const double *values)
{
	for (int level = 0; level < key_levels(run->groups); level++)
	{
		uint32		number = key_number(run->groups, image, level);
		RunGroup   *group;

		if (number == NO_KEY)
			continue;
		group = level_group(run, level, number);
		group->rows++;
		fit_row(group, run->plan->model, values, run->context);
	}
}

/* A pass is over; is there a model that needs another one? */
static bool
finish_pass(Run *run)
{
	bool		more = false;

	for (int level = 0; level < key_levels(run->groups); level++)
		for (int64 i = 0; i < run->level[level].count; i++)
		{
			RunGroup   *group = &run->level[level].group[i];

			if (group->state == NULL)
				continue;
			CHECK_FOR_INTERRUPTS();
			group->model = level > 0 && group->rows < run->plan->min_peers ? NULL :
				fit_state_model(group->state);
			MemoryContextDelete(group->state->expanded.header.eoh_context);
			group->state = NULL;
			more |= group->model != NULL && !group->model->fitted;
		}
	return more;
}

static void
fit_again(Run *run)
{
	RowBlock   *block;

	row_blocks_rewind(run->blocks);
	while ((block = row_blocks_read(run->blocks)) != NULL)
		for (int row = 0; row < block->n; row++)
		{
			if (block->flags[row] != (ROW_HAS_VALUES | ROW_IN_SAMPLE))
				continue;
			for (int level = 0; level < key_levels(run->groups); level++)
			{
				uint32		number = key_number(run->groups, block->group[row], level);
				RunGroup   *group = number == NO_KEY ? NULL : level_group(run, level, number);

				if (group != NULL && group->model != NULL && !group->model->fitted)
					fit_row(group, group->model,
							block->values + (Size) row * run->plan->model->nindicators, run->context);
			}
		}
}

/* The finest bounds that there are for a group; NULL for none. */
static const ScoreModel *
image_model(Run *run, uint32 image)
{
	int			finest = key_levels(run->groups) - 1;

	if (key_number(run->groups, image, finest) == NO_KEY)
		return NULL;
	for (int level = finest; level >= 0; level--)
	{
		RunGroup   *group = level_group(run, level, key_number(run->groups, image, level));

		if (group->model != NULL)
			return group->model;
	}
	return NULL;
}

void
fit_groups(Run *run)
{
	uint32		images = key_images_count(run->groups);

	if (run->plan->given > 0)
	{
		run->model = palloc0((run->plan->nmodels + 1) * sizeof(ScoreModel *));
		memcpy(run->model + 1, run->plan->models, run->plan->nmodels * sizeof(ScoreModel *));
		return;
	}
	for (int pass = 1; finish_pass(run); pass++)
	{
		if (pass >= MAX_PASSES)
			elog(ERROR, "fitting did not converge");
		fit_again(run);
	}
	run->model = palloc(Max(images, 1) * sizeof(ScoreModel *));
	for (uint32 image = 0; image < images; image++)
		run->model[image] = image_model(run, image);
}
