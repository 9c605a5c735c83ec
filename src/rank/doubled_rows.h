/*-------------------------------------------------------------------------
 *
 * doubled_rows.h
 *	  The rows of a window's partition whose key another row has, too.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DOUBLED_ROWS_H
#define DOUBLED_ROWS_H

#include "windowapi.h"

#include "support/key_text.h"

/*
 * A bit for each row, set where another row has the same key, the given
 * argument of the window function; NULL if no bit is set.  Memory comes from
 * the current context; hashes are kept if they take at most "memory".
 */
extern uint8 *doubled_rows(WindowObject window, int argument, KeyType *key,
						   int64 rows, Size memory);

static inline bool
is_doubled(const uint8 *doubled, int64 row)
{
	return doubled != NULL && (doubled[row / 8] >> row % 8 & 1) != 0;
}

#endif							/* DOUBLED_ROWS_H */
