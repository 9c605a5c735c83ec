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
	int32		nminima;
	CategoryMinimum *minima;	/* in jsonb's order of keys */
} ListRule;

/* The rule that a value of the type list_rule holds, in the current context. */
extern ListRule *list_rule_from_datum(Datum value);

#endif							/* LIST_RULE_H */
