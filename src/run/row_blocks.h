/*-------------------------------------------------------------------------
 *
 * row_blocks.h
 *	  The rows that a run has read: their values apart from their columns, in
 *	  memory, or in a temporary file once they are too many.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROW_BLOCKS_H
#define ROW_BLOCKS_H

#include "access/tupdesc.h"

#define BLOCK_ROWS	512

/* Where a row has no array of values, or does not belong to the sample. */
#define ROW_HAS_VALUES	1
#define ROW_IN_SAMPLE	2

typedef struct RowBlock
{
	int32		n;
	Size		length;			/* of the columns of all rows */
	Size		room;
	bool		grown;			/* are the columns a piece of memory of their
								 * own? */
	int16		stage[BLOCK_ROWS];	/* -1 for none */
	uint8		flags[BLOCK_ROWS];
	uint32		group[BLOCK_ROWS];	/* number of the group's key */
	uint32		period[BLOCK_ROWS]; /* number of the period */
	Size		start[BLOCK_ROWS];	/* where the columns of a row begin */
	bool		scored;			/* are the numbers there? */
	double	   *values;			/* of each row, in the model's order; NaN for
								 * NULL */
	double	   *numbers;		/* of each row, what it scores */
	char	   *columns;
} RowBlock;

typedef struct RowBlocks RowBlocks;

/*
 * For rows of so many values and numbers and of those of a query's columns that
 * are kept.  What takes more memory than the limit goes to a file, without the
 * numbers.
 */
extern RowBlocks *row_blocks_create(TupleDesc tupdesc, const bool *kept, int nvalues,
									int nnumbers, Size limit);

/* The block to which the next row is added, at its n; row_blocks_add() counts it. */
extern RowBlock *row_blocks_next(RowBlocks *blocks);
extern void row_blocks_add(RowBlocks *blocks, const Datum *values, const bool *nulls);

extern int64 row_blocks_count(const RowBlocks *blocks);

/* All rows are there; read them from the first on. */
extern void row_blocks_rewind(RowBlocks *blocks);

/* The next block, NULL behind the last one.  It may be gone with the next call. */
extern RowBlock *row_blocks_read(RowBlocks *blocks);

/* The block at this place, from 0, if all are in memory; NULL if they are in a file. */
extern RowBlock *row_blocks_at(RowBlocks *blocks, int64 number);

/* The columns of a row of a block; what is not passed by value points into it. */
extern void row_blocks_columns(const RowBlocks *blocks, const RowBlock *block, int row,
							   Datum *values, bool *nulls);

extern void row_blocks_free(RowBlocks *blocks);

#endif							/* ROW_BLOCKS_H */
