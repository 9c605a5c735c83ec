/*-------------------------------------------------------------------------
 *
 * progress.h
 *	  What a run has done so far, told to those who ask for it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "utils/pg_rusage.h"

/* Since when a phase has been going on. */
typedef PGRUsage Progress;

extern void progress_begin(Progress *progress);

/*
 * A phase is over, of so many things of a kind: told to sessions that have set
 * client_min_messages to "info" or lower, with the time it took.  The next one begins.
 */
extern void progress_tell(Progress *progress, const char *done, int64 count, const char *kind);

#endif							/* PROGRESS_H */
