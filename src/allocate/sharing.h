/*-------------------------------------------------------------------------
 *
 * sharing.h
 *	  Sharing a number of units by weight, within floors and caps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SHARING_H
#define SHARING_H

/*
 * Budgets go up to here, and so do floors and caps; there are at most
 * SHARING_MAX_RECIPIENTS of one budget.  Together with the 95 bits of a scaled
 * weight this keeps every product within 192 bits.
 */
#define SHARING_MAX_UNITS		(INT64CONST(1) << 62)
#define SHARING_MAX_RECIPIENTS	(INT64CONST(1) << 31)

typedef struct Wide
{
	uint64		high;
	uint64		low;
} Wide;

typedef struct Recipient
{
	double		weight;			/* finite; at most 0: no part in the sharing */
	int64		floor;			/* units; 0 <= floor <= cap */
	int64		cap;
	int64		share;			/* what comes out */
	Wide		scaled;			/* the weight as an integer */
} Recipient;

/* Where a recipient leaves its floor, or arrives at its cap. */
typedef struct Turn
{
	double		level;			/* units / weight, not exactly */
	int64		units;
	int64		row;
	bool		at_cap;
} Turn;

/* A part of a unit that a recipient has a claim to. */
typedef struct Claim
{
	Wide		part;			/* of one denominator for all */
	double		weight;
	int64		row;
} Claim;

/* How many elements of scratch memory sharing_pour() needs. */
extern int64 sharing_turns(const Recipient *recipient, int64 n, int64 budget);

/*
 * Give every recipient its exact share without the part of a unit; the floors
 * must not exceed the budget.  Returns how many units the parts add up to;
 * they go to as many of those who have a claim.
 */
extern int64 sharing_pour(Recipient *recipient, int64 n, int64 budget,
						  Turn *scratch, Claim *claim, int64 *nclaims);

/*
 * Sort claims: largest part first, then largest weight, then by row.  "first"
 * and "end" are set to the range of equal claims on both sides of the cut
 * behind so many units, or to the cut if there is none.
 */
extern void sharing_cut(Claim *claim, int64 nclaims, int64 units,
						int64 *first, int64 *end);

#endif							/* SHARING_H */
