/*-------------------------------------------------------------------------
 *
 * decide_arguments.h
 *	  What decide() and decide_kept() are given: rules, tiers, facts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DECIDE_ARGUMENTS_H
#define DECIDE_ARGUMENTS_H

#include "decide/decision.h"
#include "decide/tier.h"

/* The rules of a list_rule[], conditions compiled; NULL for one that is NULL. */
extern ListRule **read_rules(Datum array, bool null, int *count);

/* The tiers that are given, or those that a rule holds; NULL for none. */
extern const TierRule *read_tiers(Datum tiers, bool null, ListRule **rules, int nrules);

/* The facts of a row, which there must be. */
extern void read_facts(Datum value, bool null, Facts *facts);

/* Are the facts of so many rules, and do they hold what a rule asks about a row? */
extern void check_rule_count(const Facts *facts, int nrules);
extern void check_rule_facts(const ListRule *rule, const RuleFacts *row);

#endif							/* DECIDE_ARGUMENTS_H */
