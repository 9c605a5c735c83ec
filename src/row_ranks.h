/*-------------------------------------------------------------------------
 *
 * row_ranks.h
 *	  The ranks of a row, put behind what score_row() gives of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROW_RANKS_H
#define ROW_RANKS_H

#include "utils/array.h"

typedef struct RowRanks
{
	int64		overall;		/* 0 for none */
	int64		in_field;
} RowRanks;

/*
 * The row with three numbers more, rank, rank in its field and how many are
 * scored; NULL where it has no rank.  Doubles hold counts exactly up to 2^53.
 */
extern ArrayType *row_with_ranks(ArrayType *row, const RowRanks *ranks,
								 int64 scored);

#endif							/* ROW_RANKS_H */
