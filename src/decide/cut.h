/*-------------------------------------------------------------------------
 *
 * cut.h
 *	  Competition places, the one thing that every cut is made of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CUT_H
#define CUT_H

#include "numbers/radix_sort.h"

/* A place of 0: the row does not take part. */
typedef struct Place
{
	uint32		place;
	uint32		ties;			/* rows that share it, this one included */
} Place;

/* The group of a row that does not take part. */
#define NOT_IN_CUT	PG_UINT32_MAX

typedef struct CutRow
{
	uint32		group;			/* in: counted from 0, or NOT_IN_CUT */
	Place		place;			/* out */
} CutRow;

/*
 * Places within groups: 1 + the number of rows of the group with a lower key.
 * The items are sorted by key in ascending order, as the rows are.
 */
extern void cut_places(const SortItem *item, CutRow *row, int64 n,
					   uint32 ngroups);

/* Ranks of a row, among all and among those of its stage; 0 for none. */
typedef struct ScoreRanks
{
	uint32		rank;
	uint32		stage_rank;
} ScoreRanks;

/*
 * The ranks of n items in such an order; "stage" and "ranks" are by their places,
 * a stage below 0 being none.
 */
extern void rank_items(const SortItem *item, int64 n, const int16 *stage,
					   int nstages, ScoreRanks *ranks);

/* What a score has to be, and a place, to be on the better side of a cut. */
static inline bool
score_reaches(double score, double cut)
{
	return score >= cut;
}

static inline bool
place_is_within(Place place, uint32 n)
{
	return place.place <= n;
}

/* Is this place among the first n, but not all that share it? */
static inline bool
place_is_tied(Place place, uint32 n)
{
	return place_is_within(place, n) && (uint64) place.place + place.ties - 1 > n;
}

#endif							/* CUT_H */
