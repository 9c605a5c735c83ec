/*-------------------------------------------------------------------------
 *
 * decision_value.h
 *	  The type decision: the ranks and the tier of a row, and what each rule
 *	  decides about it, with reasons.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DECISION_VALUE_H
#define DECISION_VALUE_H

#include "decide/decision.h"
#include "decide/rule_condition.h"

/* Begin a decision about a row with these places.  Each of the rules follows. */
extern void begin_decision(StringInfo decision, const RowPlaces *places, int nrules);

/*
 * What a rule, NULL for none, makes of a row: "asked" are its facts as they were
 * asked, "row" those after conditions have been evaluated.
 */
extern void write_rule(StringInfo decision, const ListRule *rule, const Facts *facts,
					   const RuleFacts *asked, const RuleFacts *row,
					   const Outcome *outcome);

#endif							/* DECISION_VALUE_H */
