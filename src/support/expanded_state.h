/*-------------------------------------------------------------------------
 *
 * expanded_state.h
 *	  What fit_state and rank_state have in common as SQL types: states of
 *	  aggregates that merge.
 *
 * In memory an expanded object, so that buffers can grow one by one and a
 * transition function can add to it in place; on disk, between processes and
 * on the wire one format, in network byte order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXPANDED_STATE_H
#define EXPANDED_STATE_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/expandeddatum.h"

typedef struct ExpandedState ExpandedState;

/* Bytes before the state's own: version and CRC32C of all that follows. */
#define EXPANDED_STATE_HEADER	(1 + 4)

typedef struct ExpandedStateType
{
	const char *name;			/* as messages have it */
	int			version;		/* of the format that is written */

	/* canonical: the same bytes for the same rows in any order */
	void		(*write) (ExpandedState *state, StringInfo buffer, bool canonical);
	ExpandedState *(*read) (StringInfo buffer, int version, MemoryContext parent);
	void		(*merge) (ExpandedState *state, ExpandedState *other);
} ExpandedStateType;

/* The first member of the states. */
struct ExpandedState
{
	ExpandedObjectHeader header;
	const ExpandedStateType *type;
	StringInfo	flat;			/* between the two calls that flatten */
};

/* Begin a state whose memory all comes from a context of its own. */
extern void expanded_state_init(ExpandedState *state,
								const ExpandedStateType *type,
								MemoryContext context);

/* The state behind a datum; what is not expanded yet is expanded in "parent". */
extern ExpandedState *expanded_state_get(Datum datum,
										 const ExpandedStateType *type,
										 MemoryContext parent);

/* One that may be added to: the given one where it is the aggregate's. */
extern ExpandedState *expanded_state_writable(Datum datum,
											  const ExpandedStateType *type,
											  MemoryContext context);

/* A state as the result of a transition function. */
static inline Datum
expanded_state_result(ExpandedState *state)
{
	return EOHPGetRWDatum(&state->header);
}

/* The bodies of SQL functions: combine, send, receive, output and input. */
extern Datum expanded_state_combine(FunctionCallInfo fcinfo,
									const ExpandedStateType *type);
extern Datum expanded_state_send(FunctionCallInfo fcinfo,
								 const ExpandedStateType *type);
extern Datum expanded_state_recv(FunctionCallInfo fcinfo,
								 const ExpandedStateType *type);
extern Datum expanded_state_out(FunctionCallInfo fcinfo,
								const ExpandedStateType *type);
extern Datum expanded_state_in(FunctionCallInfo fcinfo,
							   const ExpandedStateType *type);

#endif							/* EXPANDED_STATE_H */
