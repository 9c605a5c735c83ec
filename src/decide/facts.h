/*-------------------------------------------------------------------------
 *
 * facts.h
 *	  What is known of a row before rules decide about it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FACTS_H
#define FACTS_H

#include <math.h>

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
	int32		nvalues;
	int32		ncolumns;
	Bytes		quota;
	const char *categories;		/* float8, not aligned; see rule_category() */
	const char *values;			/* of indicators, likewise; see rule_value() */
	const char *columns;		/* see next_column() */
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

/*
 * The scores of categories that the rule asks for, counted from 0: those that
 * have a minimum, then those that its conditions name.
 */
static inline double
rule_category(const RuleFacts *row, int number)
{
	double		score;

	memcpy(&score, row->categories + number * sizeof(double), sizeof(score));
	return score;
}

/* The value of an indicator that conditions name, counted from 0; NaN for none. */
static inline double
rule_value(const RuleFacts *row, int number)
{
	double		value = NAN;

	if (number < row->nvalues)
		memcpy(&value, row->values + number * sizeof(double), sizeof(value));
	return value;
}

/* The first byte of a text is its length, or says that four bytes are, or that there is none. */
#define LENGTH_FOLLOWS	0xfe
#define LENGTH_OF_NONE	0xff

/* The column that begins here, and on to the next one; those that there are. */
static inline Bytes
next_column(const char **column)
{
	Bytes		taken = {.length = (uint8) *(*column)++};

	if (taken.length == LENGTH_FOLLOWS)
	{
		memcpy(&taken.length, *column, sizeof(taken.length));
		*column += sizeof(taken.length);
	}
	else if (taken.length == LENGTH_OF_NONE)
		taken.length = -1;
	if (taken.length >= 0)
	{
		taken.bytes = *column;
		*column += taken.length;
	}
	return taken;
}

#endif							/* FACTS_H */
