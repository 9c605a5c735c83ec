/*-------------------------------------------------------------------------
 *
 * score_reader.h
 *	  The scores, and the fields they are ranked in, of a window's partition.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SCORE_READER_H
#define SCORE_READER_H

#include "utils/hsearch.h"
#include "windowapi.h"

typedef struct ScoreReader
{
	WindowObject window;
	int64		rows;			/* of the partition */
	HTAB	   *fields;			/* NULL where all rows are of one field */
	MemoryContext context;		/* of the partition */
} ScoreReader;

/*
 * Read the partition: argument 0 is the score, argument 1, if by_field, the
 * field.
 */
extern void score_reader_init(ScoreReader *reader, WindowObject window,
							  bool by_field, MemoryContext partition);

/*
 * The order-preserving integer of a row's score and the number of its field
 * (counted from 0 in order of appearance); false where one of them is NULL.
 */
extern bool score_reader_row(ScoreReader *reader, int64 row, uint64 *key,
							 uint32 *field);

/* The same of the current row. */
extern bool score_reader_current(ScoreReader *reader, uint64 *key,
								 uint32 *field);

/* Fields seen so far. */
extern uint32 score_reader_fields(const ScoreReader *reader);

#endif							/* SCORE_READER_H */
