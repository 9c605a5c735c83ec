/*-------------------------------------------------------------------------
 *
 * run_state.h
 *	  What a run knows, and its phases in the order in which they come.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "tcop/dest.h"
#include "utils/tuplestore.h"

#include "numbers/decimal.h"
#include "fit/fit_state.h"
#include "decide/facts.h"
#include "run/key_numbers.h"
#include "run/row_blocks.h"
#include "run/row_sink.h"
#include "run/run_places.h"
#include "run/run_plan.h"

/* A group that is fitted. */
typedef struct RunGroup
{
	int64		rows;
	FitState   *state;			/* of the current pass */
	ScoreModel *model;			/* after it */
} RunGroup;

typedef struct GroupLevel
{
	RunGroup   *group;
	int64		count;
	int64		room;
} GroupLevel;

/* How a score becomes a decimal. */
typedef struct ShownScore
{
	Decimals	decimals;
	int			count;			/* of decimals */
	int32		typmod;
} ShownScore;

typedef struct Run
{
	DestReceiver receiver;
	const RunPlan *plan;
	RowSink    *sink;
	MemoryContext context;
	MemoryContext row_context;	/* reset with each block */

	RowBlocks  *blocks;
	KeyNumbers *groups;
	KeyNumbers *periods;
	bool	   *left_out;		/* by period: is not stored */
	int64		left_out_room;
	GroupLevel *level;			/* from coarse to fine */
	const ScoreModel **model;	/* by image of the group's key */
	RunPlaces  *places;
	ShownScore *shown;			/* by item */
	bool		stageless;		/* is there a row without a stage? */

	/* rows of a query that are the result as they are */
	Tuplestorestate *results;
	TupleDesc	result_desc;

	/* the columns of a row of the query */
	int			ncolumns;
	Datum	   *value;
	bool	   *null;

	/* what rules ask about it */
	Facts		facts;
	RuleFacts  *of_rule;
	RuleFacts  *asked;			/* before its conditions have had their say */
	double	  **categories;		/* those that it asks for, by rule */
	int		  **category;		/* their numbers */
	double	  **values;			/* of indicators that its conditions name */
} Run;

/* Columns that rules ask for: of the row, then of each rule. */
enum
{
	FACT_GAP,
	FACT_EXCLUDED,
	FACTS_OF_RULES
};

enum
{
	RULE_REQUIRED,
	RULE_QUALIFIES,
	RULE_BATCH,
	RULE_QUOTA,
	FACTS_OF_RULE
};

/* run_columns.c: what a plan asks of the columns of its query. */
extern void check_columns(const RunPlan *plan, TupleDesc tupdesc);
extern void check_items(const RunPlan *plan, TupleDesc tupdesc, TupleDesc result);
extern void check_read_columns(const RowSink *sink, TupleDesc tupdesc);

/* Which columns are looked at again once all rows have been read. */
extern bool *kept_columns(const RunPlan *plan, int ncolumns);

/* run_read.c: the query is read once; rows are kept, and fitted on for the first time. */
extern void read_input(Run *run);

/* run_fit.c: the first pass goes with the reading, further ones over the rows. */
extern void fit_first(Run *run, uint32 image, const double *values);
extern void fit_groups(Run *run);

/* run_score.c: the scores of a block, if it has not got them. */
extern void score_block(Run *run, RowBlock *block);

/* run_facts.c: what rules ask about a row whose columns have been read. */
extern Bytes varlena_bytes(Datum value, bool null);
extern void prepare_facts(Run *run);
extern void row_facts(Run *run, const RowBlock *block, int row);

/* run_decide.c: all rows are scored, and what takes places is told of each. */
extern void begin_places(Run *run);

/* run_hand_over.c: the rows go to the sink. */
extern void hand_over_rows(Run *run);
extern void hand_over_results(Run *run);

#endif							/* RUN_STATE_H */
