/*-------------------------------------------------------------------------
 *
 * score_reader.h
 *	  The scores, and the fields they are ranked in, of a window's partition.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SCORE_READER_H
#define SCORE_READER_H

#include "windowapi.h"

#include "rank/doubled_rows.h"
#include "rank/field_numbers.h"

/* What the arguments of the window function are. */
typedef enum ScoreArguments
{
	SCORE_ONLY,					/* (score float8) */
	SCORE_AND_FIELD,			/* (score float8, field text) */
	SCORE_ROW					/* (row float8[], ...), as score_row() gives
								 * it */
} ScoreArguments;

/* A score as an order-preserving integer, and the number of its field. */
typedef struct ScoreKey
{
	uint64		key;
	uint32		field;			/* counted from 0 */
} ScoreKey;

typedef struct ScoreReader
{
	WindowObject window;
	ScoreArguments arguments;
	int64		rows;			/* of the partition */
	FieldNumbers *fields;		/* of SCORE_AND_FIELD */
	const uint8 *doubled;		/* rows that count as not scored, or NULL */
	uint32		nfields;		/* seen so far; at least 1 */
} ScoreReader;

/* The reader's memory comes from the current context. */
extern void score_reader_init(ScoreReader *reader, WindowObject window,
							  ScoreArguments arguments);

/* The score of a row, false if it has none (or no field). */
extern bool score_reader_row(ScoreReader *reader, int64 row, ScoreKey *score);

#endif							/* SCORE_READER_H */
