/*-------------------------------------------------------------------------
 *
 * fit_state.c
 *	  The type fit_state: a pass of fit() over some rows, mergeable.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/wire_format.h"
#include "fit/fit_state.h"
#include "score/row_score.h"

/* Of 2.0.0 */
#define WIRE_VERSION	1

FitState *
fit_state_create(const ScoreModel *model, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "fit state",
												  ALLOCSET_START_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	FitState   *state = palloc0(sizeof(FitState));

	expanded_state_init(&state->expanded, &fit_state_type, context);
	state->model = model_copy(model, context);
	state->fresh = !model->searching && !model->wants_best;
	state->best = -INFINITY;
	state->samples = palloc(model_fits(model) * sizeof(Sample));
	for (int i = 0; i < model_fits(model); i++)
		sample_init(&state->samples[i], model_fit_indicator(state->model, i),
					model->searching ? &model_searches(state->model)[i] : NULL,
					state->fresh);
	MemoryContextSwitchTo(old);
	return state;
}

/*
 * Rows mostly come with the very same model.  A place in memory may be used
 * again for another one, hence the look at the fingerprint.
 */
bool
fit_state_has_model(FitState *state, const ScoreModel *model)
{
	if (model == state->last_model &&
		model->fingerprint == state->model->fingerprint)
		return true;
	if (!model_equal(model, state->model))
		return false;
	state->last_model = model;
	return true;
}

/* Add the waiting rows, one column after the other. */
static void
flush(FitState *state)
{
	int			nindicators = state->model->nindicators;
	MemoryContext old;

	if (state->nwaiting == 0)
		return;
	old = MemoryContextSwitchTo(state->expanded.header.eoh_context);
	for (int i = 0; i < model_fits(state->model); i++)
		sample_add(&state->samples[i],
				   state->waiting + model_fit_column(state->model, i),
				   nindicators, state->nwaiting);
	if (state->model->wants_best)
		for (int i = 0; i < state->nwaiting; i++)
		{
			double		total = row_total_before_rescaling(state->model,
														   state->waiting + (Size) i * nindicators);

			/* NaN is no score. */
			state->best = total > state->best ? total : state->best;
		}
	MemoryContextSwitchTo(old);
	state->rows += state->nwaiting;
	state->nwaiting = 0;
}

double *
fit_state_next_row(FitState *state)
{
	int			nindicators = state->model->nindicators;

	if (state->nwaiting == SAMPLE_BLOCK)
		flush(state);
	if (state->nwaiting == state->room)
	{
		/* Small at first: there may be many small groups. */
		state->room = Min(Max(state->room * 2, 8), SAMPLE_BLOCK);
		if (state->waiting == NULL)
			state->waiting = MemoryContextAlloc(state->expanded.header.eoh_context,
												state->room * nindicators * sizeof(double));
		else
			state->waiting = repalloc(state->waiting,
									  state->room * nindicators * sizeof(double));
	}
	return state->waiting + (Size) nindicators * state->nwaiting++;
}

void
fit_state_merge(FitState *state, FitState *other)
{
	MemoryContext old;

	if (!model_equal(state->model, other->model))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fit states of different score models cannot be merged")));
	flush(state);
	flush(other);
	old = MemoryContextSwitchTo(state->expanded.header.eoh_context);
	for (int i = 0; i < model_fits(state->model); i++)
		sample_merge(&state->samples[i], &other->samples[i]);
	MemoryContextSwitchTo(old);
	state->best = Max(state->best, other->best);
	state->rows += other->rows;
}

/* Count what a sample of percent_rank has yet to count. */
static void
settle(FitState *state, int fit)
{
	MemoryContext old = MemoryContextSwitchTo(state->expanded.header.eoh_context);

	value_counts_settle(&state->samples[fit].counts);
	MemoryContextSwitchTo(old);
}

ScoreModel *
fit_state_model(FitState *state)
{
	const ScoreModel *model = state->model;
	IndicatorBounds *bounds = palloc(model_fits(model) * sizeof(IndicatorBounds));
	BoundsSearch *searches = palloc(model_fits(model) * sizeof(BoundsSearch));
	RankedValues *ranked = palloc(model_fits(model) * sizeof(RankedValues));

	flush(state);
	for (int i = 0; i < model_fits(model); i++)
	{
		CHECK_FOR_INTERRUPTS();
		settle(state, i);
		sample_finish(&state->samples[i], model_fit_indicator(model, i),
					  model->searching ? &model_searches(model)[i] : NULL,
					  state->rows, &bounds[i], &searches[i]);
		ranked[i] = sample_ranked(&state->samples[i], model_fit_indicator(model, i));
	}
	return model_with_bounds(model, bounds, searches, ranked,
							 !model->wants_best ? NAN : Max(state->best, 0));
}

void
fit_state_write(FitState *state, StringInfo buffer, bool canonical)
{
	flush(state);
	model_write(state->model, buffer);
	pq_sendint64(buffer, state->rows);
	if (state->model->wants_best)
		pq_sendfloat8(buffer, state->best);
	for (int i = 0; i < model_fits(state->model); i++)
	{
		CHECK_FOR_INTERRUPTS();
		settle(state, i);
		if (canonical)
			sample_canonicalize(&state->samples[i]);
		else
			sample_prune(&state->samples[i]);
		sample_write(&state->samples[i], buffer);
	}
}

FitState *
fit_state_read(StringInfo buffer, MemoryContext parent)
{
	FitState   *state;
	ScoreModel *model;
	MemoryContext old;

	model = model_read(buffer);
	state = fit_state_create(model, parent);
	pfree(model);
	old = MemoryContextSwitchTo(state->expanded.header.eoh_context);
	state->rows = pq_getmsgint64(buffer);
	if (state->model->wants_best)
		state->best = pq_getmsgfloat8(buffer);
	if (isnan(state->best) || state->best == INFINITY)
		wire_damaged(fit_state_type.name);
	for (int i = 0; i < model_fits(state->model); i++)
	{
		CHECK_FOR_INTERRUPTS();
		sample_read(&state->samples[i], buffer);
		if (sample_present(&state->samples[i]) > state->rows)
			wire_damaged(fit_state_type.name);
	}
	MemoryContextSwitchTo(old);
	return state;
}

static void
write_state(ExpandedState *state, StringInfo buffer, bool canonical)
{
	fit_state_write((FitState *) state, buffer, canonical);
}

static ExpandedState *
read_state(StringInfo buffer, int version pg_attribute_unused(), MemoryContext parent)
{
	return &fit_state_read(buffer, parent)->expanded;
}

static void
merge_states(ExpandedState *state, ExpandedState *other)
{
	fit_state_merge((FitState *) state, (FitState *) other);
}

const ExpandedStateType fit_state_type = {
	"fit state",
	WIRE_VERSION,
	write_state,
	read_state,
	merge_states
};
