/*-------------------------------------------------------------------------
 *
 * fit_state.h
 *	  The type fit_state: a pass of fit() over some rows, mergeable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FIT_STATE_H
#define FIT_STATE_H

#include "support/expanded_state.h"
#include "model/model.h"
#include "fit/sample.h"

typedef struct FitState
{
	ExpandedState expanded;
	bool		fresh;			/* a first pass, not one that goes on
								 * searching */
	ScoreModel *model;
	const void *last_model;		/* where the last row's model stood */
	int64		rows;			/* rows in the samples, without those that
								 * wait */
	double		best;			/* total so far, where the model wants it */
	Sample	   *samples;		/* one an indicator; NULL: all rows wait */

	/* rows that wait to be added column by column; missing values are NaN */
	int			nwaiting;
	int			room;
	double	   *waiting;
} FitState;

extern const ExpandedStateType fit_state_type;

extern FitState *fit_state_create(const ScoreModel *model, MemoryContext parent);

/* Is this the model that the state was made for? */
extern bool fit_state_has_model(FitState *state, const ScoreModel *model);

/* A row of values in the model's order, NaN for missing ones, to be filled in. */
extern double *fit_state_next_row(FitState *state);

extern void fit_state_merge(FitState *state, FitState *other);
extern ScoreModel *fit_state_model(FitState *state);

/* The binary form behind its header; canonical: the same bytes for the same rows in any order. */
extern void fit_state_write(FitState *state, StringInfo buffer, bool canonical);
extern FitState *fit_state_read(StringInfo buffer, MemoryContext parent);

#endif							/* FIT_STATE_H */
