/*-------------------------------------------------------------------------
 *
 * row_sink.h
 *	  What takes the rows of a run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROW_SINK_H
#define ROW_SINK_H

#include "executor/tuptable.h"

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
	bool		by_score;		/* wants the rows of a period by ascending
								 * scores, those without one last, if memory
								 * allows */
	int			nread;
	void		(*read) (RowSink *sink, const Datum *values, const bool *nulls);
	TupleTableSlot *(*slot) (RowSink *sink);
	void		(*put) (RowSink *sink);
	void		(*flush) (RowSink *sink);
	int64		rows;
};

#endif							/* ROW_SINK_H */
