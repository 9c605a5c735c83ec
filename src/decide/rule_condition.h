/*-------------------------------------------------------------------------
 *
 * rule_condition.h
 *	  The conditions of a rule over indicators and what is computed of a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RULE_CONDITION_H
#define RULE_CONDITION_H

#include "decide/facts.h"
#include "decide/list_rule.h"

/* What is computed of a row among the others. */
typedef struct RowPlaces
{
	uint32		rank;			/* 0 for none, as below */
	uint32		stage_rank;
	uint32		scored;
	const char *tier;			/* NULL for none */
} RowPlaces;

static inline bool
rule_has_conditions(const ListRule *rule)
{
	return rule != NULL && (rule->required_condition != NULL || rule->qualifies_condition != NULL);
}

/*
 * Let the compiled conditions of a rule have their say, beside what the facts
 * say of the parts that name columns of the source only.
 */
extern void rule_conditions_apply(const ListRule *rule, const Facts *facts,
								  RuleFacts *row, const RowPlaces *places);

#endif							/* RULE_CONDITION_H */
