/*-------------------------------------------------------------------------
 *
 * rank_external.h
 *	  Ranks of a partition whose scores do not fit in memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RANK_EXTERNAL_H
#define RANK_EXTERNAL_H

#include "rank/score_reader.h"

typedef struct ExternalRanks ExternalRanks;

/* The last score and rank given in a field, or overall. */
typedef struct FieldRank
{
	uint64		key;
	int64		seen;
	int64		rank;
} FieldRank;

/* The rank of the next score, from the highest on; ties share it. */
static inline int64
next_rank(FieldRank *field, uint64 key)
{
	if (field->seen++ == 0 || field->key != key)
		field->rank = field->seen;
	field->key = key;
	return field->rank;
}

/* A row's rank in the partition and in its field; 0 for none. */
typedef struct RowRanks
{
	int64		overall;
	int64		in_field;
} RowRanks;

/*
 * Rank the partition; "scored" is the number of its rows that have a rank.  The
 * sorts live in the context of the query and end with that of the partition.
 */
extern ExternalRanks *rank_externally(ScoreReader *reader,
									  MemoryContext partition,
									  MemoryContext query, int64 *scored);

/* The ranks of a row.  Rows are asked for in ascending order. */
extern RowRanks external_ranks(ExternalRanks *ranks, int64 row);

#endif							/* RANK_EXTERNAL_H */
