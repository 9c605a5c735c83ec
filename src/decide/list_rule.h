/*-------------------------------------------------------------------------
 *
 * list_rule.h
 *	  A rule of a list: who is listed, kept in reserve or rejected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LIST_RULE_H
#define LIST_RULE_H

#include "fmgr.h"

/* The lowest score of a category that a listed firm must have. */
typedef struct CategoryMinimum
{
	char	   *category;
	double		minimum;
} CategoryMinimum;

/* Where the value of a name in conditions comes from. */
typedef enum RuleValueKind
{
	VALUE_INDICATOR,
	VALUE_SCORE,				/* of a category */
	VALUE_NUMBER,				/* columns of these types */
	VALUE_TEXT,
	VALUE_BOOLEAN
} RuleValueKind;

typedef struct RuleValue
{
	char	   *name;			/* as the conditions write it */
	RuleValueKind kind;
	int32		place;			/* of an indicator or a category, from 1; for
								 * SQL, which hands over those asked for */
} RuleValue;

typedef struct ListRule
{
	double		min_score;		/* NaN for none */
	double		min_coverage;	/* NaN for none */
	int32		top_n;			/* 0 for none */
	int32		quota_n;		/* 0 for none */
	int32		reserve_n;
	char	   *quota_by;		/* NULL for none; texts are for reasons */
	char	   *required;		/* NULL for none */
	char	   *qualifies;		/* NULL for none */
	char	   *required_condition; /* the parts of the two that are values */
	char	   *qualifies_condition;
	char	   *tiers;			/* JSON: the tiers that conditions name */
	int32		nminima;
	CategoryMinimum *minima;	/* in jsonb's order of keys */
	int32		nvalues;
	RuleValue  *values;
	struct CompiledConditions *compiled;	/* NULL until they are compiled */
	bool		needs_places;	/* conditions name ranks or the tier */
} ListRule;

/* How many of the names in conditions are of these kinds. */
static inline int
rule_count_kind(const ListRule *rule, RuleValueKind first, RuleValueKind last)
{
	int			count = 0;

	for (int i = 0; i < rule->nvalues; i++)
		count += rule->values[i].kind >= first && rule->values[i].kind <= last;
	return count;
}

/* Scores of categories that have a minimum, and that conditions name. */
static inline int
rule_category_count(const ListRule *rule)
{
	return rule->nminima + rule_count_kind(rule, VALUE_SCORE, VALUE_SCORE);
}

/* Columns of the source that conditions name. */
static inline int
rule_column_count(const ListRule *rule)
{
	return rule_count_kind(rule, VALUE_NUMBER, VALUE_BOOLEAN);
}

/*
 * Compile the conditions of a rule, or raise the error that says what is wrong:
 * rule_condition.c.
 */
extern void rule_conditions_compile(ListRule *rule);

/* The rule that a value of the type list_rule holds, in the current context. */
extern ListRule *list_rule_from_datum(Datum value);

#endif							/* LIST_RULE_H */
