/*-------------------------------------------------------------------------
 *
 * decision.h
 *	  What a rule decides about rows whose facts are known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DECISION_H
#define DECISION_H

#include "lib/stringinfo.h"

#include "decide/cut.h"
#include "decide/facts.h"
#include "decide/list_rule.h"

typedef enum DecisionCode
{
	DECISION_REJECTED,
	DECISION_EARLIER,
	DECISION_RESERVE,
	DECISION_LISTED
} DecisionCode;

extern const char *const decision_names[];

/* What a row is before anything is cut. */
typedef enum Standing
{
	STANDING_OUT,				/* or not eligible */
	STANDING_EARLIER,
	STANDING_ELIGIBLE,
	STANDING_DIRECT
} Standing;

/* What becomes of a row: the places come from cuts, or were looked up. */
typedef struct Outcome
{
	Standing	standing;
	bool		unplaced;		/* nobody was there to look its places up
								 * among */
	bool		qualifies;		/* what its facts say, conditions included */
	uint8		required;		/* a Fact, likewise */
	uint32		group;			/* number of the quota's key */
	Place		quota;
	Place		top;
	Place		reserve;
} Outcome;

/* A rule that is NULL lists nobody. */
extern Standing rule_standing(const ListRule *rule, const Facts *facts,
							  const RuleFacts *row);

/* Can no score list the row? */
extern bool rule_bars(const ListRule *rule, const Facts *facts,
					  const RuleFacts *row);

/* Does the quota let the row through, is it listed, which place counts? */
extern bool outcome_is_admitted(const ListRule *rule, const Outcome *outcome);
extern bool outcome_is_listed(const ListRule *rule, const Outcome *outcome);
extern DecisionCode outcome_code(const ListRule *rule, const Outcome *outcome);

/*
 * Cut n rows by a rule.  Items are sorted by descending score (ascending keys)
 * and say where the outcome of each row stands.
 */
extern void cut_rows(const ListRule *rule, const SortItem *item,
					 Outcome *outcome, int64 n, uint32 ngroups);

/* Append the reasons for an outcome. */
extern void outcome_reasons(StringInfo reasons, const ListRule *rule,
							const Facts *facts, const RuleFacts *row,
							const Outcome *outcome);

#endif							/* DECISION_H */
