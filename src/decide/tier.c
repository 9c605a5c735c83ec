/*-------------------------------------------------------------------------
 *
 * tier.c
 *	  In which tier a row is, and why: no fmgr, no SPI.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "decide/cut.h"
#include "decide/tier.h"

#define BILLION		1000000000

typedef enum TierStatus
{
	TIER_FOUND,
	TIER_NO_SCORE,
	TIER_GROUP_MISSING,
	TIER_UNPLACED,				/* nobody was there to look the place up among */
	TIER_NO_CUTS
} TierStatus;

typedef struct FoundTier
{
	TierStatus	status;
	int			tier;
	const TierCut *cuts;
} FoundTier;

/* The order of keys in jsonb: short ones first. */
static int
compare_names(Bytes a, Bytes b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return a.length == 0 ? 0 : memcmp(a.bytes, b.bytes, a.length);
}

static const TierCut *
find_cuts(const TierRule *rule, Bytes group)
{
	int			low = 0;
	int			high = rule->ngroups;

	if (rule->cuts != NULL)
		return rule->cuts;
	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		int			order = compare_names(group, rule->groups[middle].name);

		if (order == 0)
			return rule->groups[middle].cuts;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* How many places a cut gives: a share is that of an exact decimal, rounded up. */
static double
cut_size(const TierRule *rule, const TierCut *cut, int64 scored)
{
	uint64		carry = 0;
	bool		rest = false;

	if (rule->method == TIERS_BY_PLACES)
		return cut->places;
	for (int i = cut->ndecimals - 1; i >= 0; i--)
	{
		uint64		product = (uint64) cut->decimals[i] * scored + carry;

		rest |= product % BILLION != 0;
		carry = product / BILLION;
	}
	return carry + rest;
}

static bool
reaches(const TierRule *rule, const TierCut *cut, const TierRow *row)
{
	if (rule->method == TIERS_BY_SCORE)
		return score_reaches(row->score, cut->score);
	return row->place <= cut_size(rule, cut, row->scored);
}

static FoundTier
find_tier(const TierRule *rule, const TierRow *row)
{
	FoundTier	found = {.status = TIER_FOUND};

	if (isnan(row->score))
		found.status = TIER_NO_SCORE;
	else if (rule->within != NULL && row->group.bytes == NULL)
		found.status = TIER_GROUP_MISSING;
	else if (tiers_by_place(rule) && row->place == 0)
		found.status = TIER_UNPLACED;
	else if ((found.cuts = find_cuts(rule, row->group)) == NULL)
		found.status = TIER_NO_CUTS;
	else
		while (found.tier < rule->ntiers - 1 && !reaches(rule, &found.cuts[found.tier], row))
			found.tier++;
	return found;
}

const char *
row_tier(const TierRule *rule, const TierRow *row)
{
	FoundTier	found;

	if (rule == NULL)
		return NULL;
	found = find_tier(rule, row);
	return found.status == TIER_FOUND ? rule->tiers[found.tier] : NULL;
}

/* The score or place against the cut that it reaches, or misses. */
static void
add_cut(StringInfo reasons, const TierRule *rule, const TierRow *row,
		const FoundTier *found)
{
	bool		reached = found->tier < rule->ntiers - 1;
	int			number = reached ? found->tier : rule->ntiers - 2;
	const TierCut *cut = &found->cuts[number];
	bool		share = rule->method == TIERS_BY_SHARE;
	bool		grouped = rule->within != NULL;

	if (rule->method == TIERS_BY_SCORE)
	{
		reason_add(reasons, reached ? REASON_TIER_REACHED : REASON_TIER_BELOW);
		reason_number(reasons, row->score);
		reason_number(reasons, cut->score);
		reason_text(reasons, rule->tiers[number]);
		return;
	}
	if (share)
		reason_add(reasons, grouped ?
				   (reached ? REASON_TIER_GROUP_SHARE : REASON_TIER_GROUP_SHARE_BEYOND) :
				   (reached ? REASON_TIER_SHARE : REASON_TIER_SHARE_BEYOND));
	else
		reason_add(reasons, grouped ?
				   (reached ? REASON_TIER_GROUP_PLACES : REASON_TIER_GROUP_PLACES_BEYOND) :
				   (reached ? REASON_TIER_PLACES : REASON_TIER_PLACES_BEYOND));
	reason_count(reasons, row->place);
	reason_number(reasons, cut_size(rule, cut, row->scored));
	if (share)
	{
		reason_text(reasons, cut->percent);
		reason_count(reasons, row->scored);
	}
	if (grouped)
		reason_bytes(reasons, row->group);
}

void
tier_reasons(StringInfo reasons, const TierRule *rule, const TierRow *row)
{
	FoundTier	found;

	if (rule == NULL)
	{
		reason_add(reasons, REASON_NO_TIERS);
		return;
	}
	found = find_tier(rule, row);
	switch (found.status)
	{
		case TIER_FOUND:
			add_cut(reasons, rule, row, &found);
			break;
		case TIER_NO_SCORE:
			reason_add(reasons, REASON_NO_SCORE);
			break;
		case TIER_GROUP_MISSING:
			reason_add(reasons, REASON_TIER_GROUP_MISSING);
			reason_text(reasons, rule->within);
			break;
		case TIER_UNPLACED:
			reason_add(reasons, REASON_TIER_NO_PLACES);
			break;
		case TIER_NO_CUTS:
			reason_add(reasons, REASON_TIER_NO_CUTS);
			reason_bytes(reasons, row->group);
	}
}
