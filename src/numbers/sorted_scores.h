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
 * Scores as order-preserving integers (see float_key.h), ascending once they
 * are prepared, with an index of where each slice of their range begins.
 */
typedef struct SortedScores
{
	uint64	   *key;
	int64		n;
	int64		slices;			/* equal parts of the range of scores */
	double		minimum;
	double		slices_per_point;
	uint32	   *slice_start;	/* of each slice, and the end */
	uint32	   *above;			/* of each key, see sorted_scores_compare() */
} SortedScores;

/*
 * The keys are sorted, and fewer than 2^32: make the index, in the current
 * memory context.
 */
extern void sorted_scores_index(SortedScores *scores);

/* Both. */
extern void sorted_scores_prepare(SortedScores *scores);

/* Give back what the index and the comparison take. */
extern void sorted_scores_free_index(SortedScores *scores);

/*
 * Of several sorted lists: note for each score how many in all of them are
 * higher.  They are fewer than 2^32 in all.
 */
extern void sorted_scores_compare(SortedScores *lists, int nlists);

/* Where the scores higher than this one begin. */
extern int64 sorted_scores_behind(const SortedScores *scores, uint64 key);

#endif							/* SORTED_SCORES_H */
