/*-------------------------------------------------------------------------
 *
 * score_lists.h
 *	  The type rank_state: the scores of some rows by field, mergeable.
 *
 * The same scores are always written as the same bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SCORE_LISTS_H
#define SCORE_LISTS_H

#include "support/expanded_state.h"
#include "rank/field_numbers.h"
#include "numbers/sorted_scores.h"

typedef struct ScoreList
{
	uint64	   *key;
	int64		n;
	int64		room;
	int64		sorted;			/* so many of the first are in order */
} ScoreList;

typedef struct ScoreLists
{
	ExpandedState expanded;
	FieldNumbers *fields;
	int64		n;				/* scores in all fields */
	int64		room;
	ScoreList  *list;			/* by number of the field */
	SortedScores *index;		/* of each list, once scores are looked up */
} ScoreLists;

extern const ExpandedStateType rank_state_type;

extern ScoreLists *score_lists_create(MemoryContext parent);

extern void score_lists_add(ScoreLists *lists, const char *field, int length,
							double score);
extern void score_lists_merge(ScoreLists *lists, ScoreLists *other);

/* How many scores a field has. */
extern int64 score_lists_count(const ScoreLists *lists, const char *field,
							   int length);

/* How many scores are higher than this one: in its field, and in all. */
extern int64 score_lists_above(ScoreLists *lists, const char *field,
							   int length, double score, int64 *in_field);

/* The binary form behind its header. */
extern void score_lists_write(ScoreLists *lists, StringInfo buffer);
extern ScoreLists *score_lists_read(StringInfo buffer, MemoryContext parent);

/* What tells flat lists from others without reading them. */
extern uint64 score_lists_fingerprint(Datum datum);

#endif							/* SCORE_LISTS_H */
