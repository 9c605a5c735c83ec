/*-------------------------------------------------------------------------
 *
 * table_sink.h
 *	  Rows that become the new contents of a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TABLE_SINK_H
#define TABLE_SINK_H

#include "run/run.h"

/* A sink for the rows of a table, which the caller has locked against other writers. */
extern RowSink *table_sink_open(Oid table);

/* Rows of the table as it is that do not have this key in a column, counted from 1, stay. */
extern void table_sink_keep(RowSink *sink, int column, const text *key);

/* The rows are there: they take the place of those that the table had.  The sink is gone. */
extern void table_sink_close(RowSink *sink);

#endif							/* TABLE_SINK_H */
