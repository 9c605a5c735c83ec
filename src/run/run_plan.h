/*-------------------------------------------------------------------------
 *
 * run_plan.h
 *	  What a run has to do: the type run_plan in C.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "access/htup.h"
#include "fmgr.h"

#include "decide/list_rule.h"
#include "decide/tier.h"
#include "model/model.h"

/* What a column of the result shows; each with a number where it says so. */
typedef enum ItemKind
{
	ITEM_NONE,					/* the column has been dropped */
	ITEM_COLUMN,				/* of the query, from 1 */
	ITEM_VALUES,				/* the column of the values, NULL for NaN */
	ITEM_SCORE,					/* place in what score_row() gives, from 1 */
	ITEM_NUMBER,				/* the same as a double */
	ITEM_CATEGORIES,			/* array of the scores of categories */
	ITEM_COVERAGE,
	ITEM_RANK,
	ITEM_STAGE_RANK,
	ITEM_PERCENTILE,
	ITEM_TIER,
	ITEM_DECISION,				/* rule, from 1 */
	ITEM_REASONS,				/* rule, from 1 */
	ITEM_BARRED,				/* no score could list it; rule, from 1 */
	ITEM_DIRECT,				/* listed whatever its score; rule, from 1 */
	ITEM_ELIGIBLE,				/* rule, from 1 */
	ITEM_ADMITTED,				/* within its quota; rule, from 1 */
	ITEM_QUOTA,					/* its key, of who takes part in it, as text;
								 * rule, from 1 */
	ITEM_TOP,					/* the same for the first n, who have no key */
	ITEM_RESERVE				/* and for the reserve, as far as it goes */
} ItemKind;

typedef struct RunItem
{
	ItemKind	kind;
	int			number;
} RunItem;

/* Columns of the query are counted from 1, 0 is none. */
typedef struct RunPlan
{
	Oid			view;			/* the input; invalid: the caller reads what
								 * he may */
	char	   *time_zone;
	char	   *query;
	int			nitems;
	RunItem    *items;
	ScoreModel *model;			/* not fitted; NULL: the query's columns are
								 * the result */
	int			values;
	int			stage;
	int			sample;
	int			period;
	int			ngroups;
	int		   *groups;			/* from 0 */
	int			coarsest;		/* so many groups make the coarsest level */
	int			min_peers;		/* 0 for none */
	int			given;			/* column with the number, from 1, of a model
								 * that is fitted; 0: fit them */
	int			nmodels;
	const ScoreModel **models;
	text	   *only;			/* store this period only */
	int			facts;			/* the first of what rules ask */
	int			nrules;
	ListRule  **rules;			/* NULL for one that lists nobody */
	Datum	   *languages;
	TierRule   *tiers;			/* NULL for none */
	int			within;			/* column with the text of what they are cut
								 * within */
} RunPlan;

/* Reads a value of the type run_plan, in the current context. */
extern RunPlan *run_plan_read(HeapTupleHeader record);

#endif							/* RUN_PLAN_H */
