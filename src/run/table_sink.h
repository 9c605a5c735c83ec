/*-------------------------------------------------------------------------
 *
 * table_sink.h
 *	  Rows that become the new contents of a table, or of its partitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TABLE_SINK_H
#define TABLE_SINK_H

#include "run/run.h"

/*
 * A sink for the rows of a table, which the caller has locked against other
 * writers.  A partitioned one gets a partition for each period that a row has.
 */
extern RowSink *table_sink_open(Oid table);

/*
 * The rows are there: they take the place of those that the table had, or only
 * those of this period, which are all.  The sink is gone.
 */
extern void table_sink_close(RowSink *sink, const text *only);

#endif							/* TABLE_SINK_H */
