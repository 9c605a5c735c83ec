/*-------------------------------------------------------------------------
 *
 * tier.h
 *	  Tiers: where they are cut, and in which a row is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TIER_H
#define TIER_H

#include "lib/stringinfo.h"

#include "decide/reason.h"

typedef enum TierMethod
{
	TIERS_BY_SCORE,
	TIERS_BY_SHARE,
	TIERS_BY_PLACES
} TierMethod;

/* What the rows of a tier and those above it reach. */
typedef struct TierCut
{
	double		score;			/* TIERS_BY_SCORE: the lowest */
	double		places;			/* TIERS_BY_PLACES: how many */
	int			ndecimals;		/* TIERS_BY_SHARE: decimals, nine in each */
	uint32	   *decimals;
	const char *percent;
} TierCut;

typedef struct TierGroup
{
	Bytes		name;
	TierCut    *cuts;			/* one less than there are tiers */
} TierGroup;

typedef struct TierRule
{
	TierMethod	method;
	int			ntiers;
	const char **tiers;			/* the best first */
	const char *within;			/* NULL for none; a text for reasons */
	TierCut    *cuts;			/* of all groups; NULL: each has its own */
	int			ngroups;
	TierGroup  *groups;			/* in jsonb's order of keys */
} TierRule;

/* What is known of a row. */
typedef struct TierRow
{
	double		score;			/* NaN for none */
	Bytes		group;
	int64		place;			/* 0 for none */
	int64		scored;			/* how many have a place there */
} TierRow;

/* The rule that a jsonb value states, in the current context. */
extern TierRule *tier_rule_from_datum(Datum jsonb);

/* Is there a place that the tier depends on? */
static inline bool
tiers_by_place(const TierRule *rule)
{
	return rule->method != TIERS_BY_SCORE;
}

/* The name of the tier, NULL for none. */
extern const char *row_tier(const TierRule *rule, const TierRow *row);

/* Append why the row is in its tier, or in none; a rule that is NULL has none. */
extern void tier_reasons(StringInfo reasons, const TierRule *rule,
						 const TierRow *row);

#endif							/* TIER_H */
