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

/*
 * So many rows wait as they are before samples are made of them.  Groups are often
 * many and small: rows take less memory than samples, whose room doubles.
 */
#define WAITING_ROWS	4096

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
	MemoryContextSwitchTo(old);
	return state;
}

/* Samples for a pass, without values. */
static Sample *
make_samples(const FitState *state)
{
	const ScoreModel *model = state->model;
	Sample	   *samples = palloc(model_fits(model) * sizeof(Sample));

	for (int i = 0; i < model_fits(model); i++)
		sample_init(&samples[i], model_fit_indicator(model, i),
					model->searching ? &model_searches(model)[i] : NULL,
					state->fresh);
	return samples;
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

/* Add the waiting rows, some of them at a time, one column after the other. */
static void
add_waiting(const FitState *state, Sample *samples)
{
	int			nindicators = state->model->nindicators;

	for (int row = 0; row < state->nwaiting; row += SAMPLE_BLOCK)
		for (int i = 0; i < model_fits(state->model); i++)
			sample_add(&samples[i],
					   state->waiting + (Size) row * nindicators + model_fit_column(state->model, i),
					   nindicators, Min(state->nwaiting - row, SAMPLE_BLOCK));
}

/* The best total of all rows so far, where the model wants it. */
static double
best_total(const FitState *state)
{
	double		best = state->best;

	if (!state->model->wants_best)
		return best;
	for (int i = 0; i < state->nwaiting; i++)
	{
		double		total = row_total_before_rescaling(state->model,
													   state->waiting + (Size) i * state->model->nindicators);

		/* NaN is no score. */
		best = total > best ? total : best;
	}
	return best;
}

/* From now on, samples stand for the rows. */
static void
flush(FitState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->expanded.header.eoh_context);

	if (state->samples == NULL)
		state->samples = make_samples(state);
	add_waiting(state, state->samples);
	state->best = best_total(state);
	MemoryContextSwitchTo(old);
	state->rows += state->nwaiting;
	state->nwaiting = 0;
}

double *
fit_state_next_row(FitState *state)
{
	int			nindicators = state->model->nindicators;

	if (state->nwaiting == (state->samples == NULL ? WAITING_ROWS : SAMPLE_BLOCK))
		flush(state);
	if (state->nwaiting == state->room)
	{
		/* Small at first, and little more than is needed. */
		state->room = Min(Max(state->room + state->room / 4, 8), WAITING_ROWS);
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
settle(Sample *sample, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);

	value_counts_settle(&sample->counts);
	MemoryContextSwitchTo(old);
}

/* Samples of the rows, in this context or of the state's own. */
static Sample *
samples_of_rows(FitState *state, MemoryContext context)
{
	Sample	   *samples = state->samples;

	if (samples == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		samples = make_samples(state);
		add_waiting(state, samples);
		MemoryContextSwitchTo(old);
	}
	else
		flush(state);
	return samples;
}

ScoreModel *
fit_state_model(FitState *state)
{
	const ScoreModel *model = state->model;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "samples of waiting rows",
												  ALLOCSET_DEFAULT_SIZES);
	Sample	   *samples = samples_of_rows(state, context);
	ScoreModel *result;
	IndicatorBounds *bounds = palloc(model_fits(model) * sizeof(IndicatorBounds));
	BoundsSearch *searches = palloc(model_fits(model) * sizeof(BoundsSearch));
	RankedValues *ranked = palloc(model_fits(model) * sizeof(RankedValues));

	for (int i = 0; i < model_fits(model); i++)
	{
		CHECK_FOR_INTERRUPTS();
		settle(&samples[i], samples == state->samples ? state->expanded.header.eoh_context : context);
		sample_finish(&samples[i], model_fit_indicator(model, i),
					  model->searching ? &model_searches(model)[i] : NULL,
					  state->rows + state->nwaiting, &bounds[i], &searches[i]);
		ranked[i] = sample_ranked(&samples[i], model_fit_indicator(model, i));
	}
	result = model_with_bounds(model, bounds, searches, ranked,
							   !model->wants_best ? NAN : Max(best_total(state), 0));
	MemoryContextDelete(context);
	return result;
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
		settle(&state->samples[i], state->expanded.header.eoh_context);
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
	state->samples = make_samples(state);
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
