/*-------------------------------------------------------------------------
 *
 * sorted_scores.h
 *	  Ranks by looking a score up among the sorted ones.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SORTED_SCORES_H
#define SORTED_SCORES_H

/*
 * Scores as order-preserving integers (see float_key.h), ascending, with an
 * index of where each slice of their range begins.
 */
typedef struct SortedScores
{
	uint64	   *key;
	int64		n;
	int			shift;			/* a slice's number is (key - key[0]) >> shift */
	int64		slices;
	int64	   *slice_start;	/* of each slice, and the end */
} SortedScores;

/* Entries that an index over n scores has. */
extern int64 sorted_scores_index_size(int64 n);

/* Sort the keys in place and fill the index in. */
extern void sorted_scores_prepare(SortedScores *scores);

/* How many of the scores are higher than this one of them. */
extern int64 sorted_scores_above(const SortedScores *scores, uint64 key);

#endif							/* SORTED_SCORES_H */
