/*-------------------------------------------------------------------------
 *
 * run.c
 *	  A run: the input of a scoreboard read once, fitted, scored, ranked and
 *	  decided, row by row handed to a sink.
 *
 * It gives what the views give, by the same kernels.  The first pass of the fit
 * goes with the reading; further ones, scores and facts go over the rows that
 * were kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "run/progress.h"
#include "run/run.h"
#include "run/run_state.h"

/* Room for what rows of a block take, which stays when the context is reset. */
#define ROWS_CONTEXT_SIZES	256 * 1024, 256 * 1024, ALLOCSET_DEFAULT_MAXSIZE

static void
report_models(Run *run, RunReport *report, MemoryContext context)
{
	int			finest = key_levels(run->groups) - 1;
	uint32		count = key_numbers_count(run->groups, finest);
	bool	   *seen = palloc0(Max(count, 1) * sizeof(bool));

	report->labels = MemoryContextAllocZero(context, Max(count, 1) * sizeof(char *));
	report->keys = MemoryContextAllocZero(context, Max(count, 1) * sizeof(Datum));
	report->models = MemoryContextAllocZero(context, Max(count, 1) * sizeof(ScoreModel *));
	if (run->plan->given > 0)
		return;
	for (uint32 image = 0; image < key_images_count(run->groups); image++)
	{
		uint32		number = key_number(run->groups, image, finest);

		if (number == NO_KEY || seen[number] || run->model[image] == NULL)
			continue;
		seen[number] = true;
		if (run->plan->ngroups > 0)
			report->labels[report->ngroups] = MemoryContextStrdup(context, key_label(run->groups, number));
		MemoryContextSwitchTo(context);
		report->keys[report->ngroups] = key_texts(run->groups, number);
		MemoryContextSwitchTo(run->context);
		report->models[report->ngroups++] = model_copy(run->model[image], context);
	}
}

void
run(const RunPlan *plan, RowSink *sink, RunReport *report)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "run",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Run		   *run = palloc0(sizeof(Run));
	Progress	progress;

	progress_begin(&progress);
	run->plan = plan;
	run->sink = sink;
	run->context = context;
	run->row_context = AllocSetContextCreate(context, "rows of a run", ROWS_CONTEXT_SIZES);
	read_input(run);
	if (plan->model == NULL)
		hand_over_results(run);
	else
	{
		int64		rows = row_blocks_count(run->blocks);

		progress_tell(&progress, "read", rows, "rows");
		fit_groups(run);
		progress_tell(&progress, "fitted", key_images_count(run->groups), "groups");
		prepare_facts(run);
		begin_places(run);
		progress_tell(&progress, "scored", rows, "rows");
		run_places_take(plan, run->places);
		progress_tell(&progress, "ranked", run->places->scored, "rows");
		hand_over_rows(run);
		progress_tell(&progress, "handed over", sink->rows, "rows");
		report_models(run, report, old);
		report->complete = rows > 0 && !run->stageless;
		row_blocks_free(run->blocks);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
