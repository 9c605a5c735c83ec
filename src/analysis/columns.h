/*-------------------------------------------------------------------------
 *
 * columns.h
 *	  All rows of a group in memory, column by column: the state of aggregates
 *	  that need whole distributions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "fmgr.h"

#include "numbers/radix_sort.h"

typedef struct Columns
{
	MemoryContext context;
	int			ncolumns;
	int64		nrows;
	int64		room;
	double	  **column;			/* NaN where missing, no -0 */
} Columns;

/* As many columns as a model may have indicators. */
extern Columns *columns_create(int ncolumns, MemoryContext context);

/* Add a row; an error where it has more or fewer values than those before. */
extern void columns_add(Columns *columns, const double *row, int count);

/* Room to sort the rows by a column; columns_scratch_free() gives it back. */
typedef struct ColumnScratch
{
	SortItem   *items;
	SortItem   *buffer;
	double	   *sorted;
} ColumnScratch;

extern ColumnScratch columns_scratch(const Columns *columns);
extern void columns_scratch_free(ColumnScratch *scratch);

/*
 * Sort the rows that have a value in this column: scratch->items[i].place is
 * the row of scratch->sorted[i].  Returns how many there are.
 */
extern int64 columns_sort(const Columns *columns, int column,
						  ColumnScratch *scratch);

#endif							/* COLUMNS_H */
