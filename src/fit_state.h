/*-------------------------------------------------------------------------
 *
 * fit_state.h
 *	  The type fit_state: a pass of fit() over some rows, mergeable.
 *
 * In memory an expanded object, so that buffers can grow one by one and a
 * transition function can add to it in place; on disk, between processes and
 * on the wire one format, field by field in network byte order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FIT_STATE_H
#define FIT_STATE_H

#include "utils/expandeddatum.h"

#include "model.h"
#include "sample.h"

#define FIT_STATE_MAGIC		0x46495453

typedef struct FitState
{
	ExpandedObjectHeader header;
	uint32		magic;
	bool		fresh;			/* a first pass, not one that goes on
								 * searching */
	ScoreModel *model;
	const void *last_model;		/* where the last row's model stood */
	int64		rows;			/* rows in the samples */
	Sample	   *samples;		/* one an indicator */

	/* rows that wait to be added column by column; missing values are NaN */
	int			nwaiting;
	int			room;
	double	   *waiting;

	StringInfo	flat;			/* between the two calls that flatten */
} FitState;

extern FitState *fit_state_create(const ScoreModel *model, MemoryContext parent);

/* The state behind a datum; what is not expanded yet is expanded in "parent". */
extern FitState *fit_state_get(Datum datum, MemoryContext parent);

/* Is this the model that the state was made for? */
extern bool fit_state_has_model(FitState *state, const ScoreModel *model);

/* A row of values in the model's order, NaN for missing ones, to be filled in. */
extern double *fit_state_next_row(FitState *state);

extern void fit_state_merge(FitState *state, FitState *other);
extern ScoreModel *fit_state_model(FitState *state);

/* The binary form; canonical: the same bytes for the same rows in any order. */
extern void fit_state_write(FitState *state, StringInfo buffer, bool canonical);
extern FitState *fit_state_read(StringInfo buffer, MemoryContext parent);

#endif							/* FIT_STATE_H */
