/*-------------------------------------------------------------------------
 *
 * run_places.h
 *	  The ranks, tiers and outcomes of all rows of a run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_PLACES_H
#define RUN_PLACES_H

#include "decide/decision.h"
#include "rank/field_numbers.h"
#include "run/run_plan.h"

/* Arrays are by row in the order of reading, if they are not said to be by period. */
typedef struct RunPlaces
{
	int64		rows;
	uint32		nperiods;
	uint32	   *period;
	int16	   *stage;			/* -1 for none */
	SortItem   *item;			/* of those that have a score */
	double		unit;			/* of the last decimal of scores */
	int64		scored;
	uint32	   *scored_in;		/* by period */
	ScoreRanks *ranks;			/* in its period */
	uint32	   *field;			/* within which tiers are cut, NOT_IN_CUT for
								 * none; or NULL */
	FieldNumbers *fields;
	uint16	   *tier;			/* from 1, 0 for none; or NULL */
	FieldNumbers **quotas;		/* keys, by rule */
	Outcome   **outcome;		/* by rule: standing and group are filled in
								 * before places are taken */
} RunPlaces;

extern RunPlaces *run_places_create(const RunPlan *plan, int64 rows);

/* The next row; NaN is no score. */
extern void run_places_add(RunPlaces *places, int64 place, uint32 period, int16 stage, double score);

/* Takes all places; the items are there, and in order afterwards. */
extern void run_places_take(const RunPlan *plan, RunPlaces *places);

#endif							/* RUN_PLACES_H */
