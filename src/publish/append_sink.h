/*-------------------------------------------------------------------------
 *
 * append_sink.h
 *	  Rows that are added to a table, and to its indexes after them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef APPEND_SINK_H
#define APPEND_SINK_H

#include "run/run.h"

/* A sink for rows of a table, which others may write to as well. */
extern RowSink *append_sink_open(Relation table);
extern void append_sink_close(RowSink *sink);

#endif							/* APPEND_SINK_H */
