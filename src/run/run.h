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

#include "nodes/parsenodes.h"

#include "run/row_sink.h"
#include "run/run_plan.h"

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
