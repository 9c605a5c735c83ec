/*-------------------------------------------------------------------------
 *
 * facts.h
 *	  What is known of a row before rules decide about it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FACTS_H
#define FACTS_H

#include "fmgr.h"

#include "decide/reason.h"

typedef enum Fact
{
	FACT_FALSE,
	FACT_TRUE,
	FACT_UNKNOWN
} Fact;

/* Of one rule. */
typedef struct RuleFacts
{
	Fact		required;
	bool		qualifies;
	int32		batch;			/* in which it was listed, 0 for none */
	int32		ncategories;
	Bytes		quota;
	const char *categories;		/* float8, not aligned; see rule_category() */
} RuleFacts;

/* Pointers are into the value that was read. */
typedef struct Facts
{
	double		score;			/* NaN for none */
	double		coverage;		/* NaN for none */
	int32		stage;			/* its number, -1 for none */
	Bytes		entity;
	Bytes		tier_group;
	Bytes		gap;			/* reasons for which there is no score */
	Bytes		excluded;		/* reasons for which it is excluded */
	int			nrules;
	const char *next;			/* the facts of the next rule */
	const char *end;
} Facts;

/* Why a row has no score, as far as its coverage (NaN for none) tells. */
extern void coverage_gap(StringInfo reasons, double coverage, double minimum);

/* The facts in a value of the type list_facts, which must be in memory. */
extern void facts_read(Datum value, Facts *facts);

/* Those of the next rule. */
extern void rule_facts_read(Facts *facts, RuleFacts *row);

/* The category score that the rule's minimum of this number, from 0, looks at. */
static inline double
rule_category(const RuleFacts *row, int number)
{
	double		score;

	memcpy(&score, row->categories + number * sizeof(double), sizeof(score));
	return score;
}

#endif							/* FACTS_H */
