/*-------------------------------------------------------------------------
 *
 * run.h
 *	  A run: the input of a scoreboard read once, fitted, scored, ranked and
 *	  decided, row by row handed to a sink.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RUN_H
#define RUN_H

#include "executor/tuptable.h"
#include "nodes/parsenodes.h"

#include "run/run_plan.h"

/*
 * Takes rows: slot() is an empty one to fill in, put() takes it, flush() must
 * come before what a row points to may go.  read() is shown every row of the
 * query as it comes, if the sink asks for nread columns of it, which must be of
 * the types of its own first columns.
 */
typedef struct RowSink RowSink;

struct RowSink
{
	TupleDesc	tupdesc;
	bool		by_score;		/* wants the rows of a period by ascending scores,
								 * those without one last, if memory allows */
	int			nread;
	void		(*read) (RowSink *sink, const Datum *values, const bool *nulls);
	TupleTableSlot *(*slot) (RowSink *sink);
	void		(*put) (RowSink *sink);
	void		(*flush) (RowSink *sink);
	int64		rows;
};

/* The owner of a relation; an error if the caller has not the owner's privileges. */
extern Oid	require_owner(Oid relation, ObjectType type);

/* What a run tells beside its rows. */
typedef struct RunReport
{
	bool		complete;		/* there is a row, and every one has a stage */
	int			ngroups;		/* that were fitted */
	const char **labels;		/* their names, NULL where there are no groups */
	Datum	   *keys;			/* the texts that these are made of, as arrays */
	const ScoreModel **models;
} RunReport;

/* Reads the plan's query as the owner of its view and hands the rows over. */
extern void run(const RunPlan *plan, RowSink *sink, RunReport *report);

#endif							/* RUN_H */
