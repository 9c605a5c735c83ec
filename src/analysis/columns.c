/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  All rows of a group in memory, column by column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "analysis/columns.h"
#include "support/compat.h"
#include "support/growing.h"
#include "numbers/float_key.h"
#include "model/model.h"

Columns *
columns_create(int ncolumns, MemoryContext context)
{
	Columns    *columns;

	if (ncolumns > MODEL_MAX_INDICATORS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot keep more than %d values a row",
						MODEL_MAX_INDICATORS),
				 errdetail("There are %d.", ncolumns)));
	columns = MemoryContextAllocZero(context, sizeof(Columns));
	columns->context = context;
	columns->ncolumns = ncolumns;
	columns->column = MemoryContextAllocZero(context, Max(ncolumns, 1) * sizeof(double *));
	return columns;
}

void
columns_add(Columns *columns, const double *row, int count)
{
	if (count != columns->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("all rows of a group must have the same number of values"),
				 errdetail("A row has %d values, the first has %d.",
						   count, columns->ncolumns)));
	if (columns->nrows == columns->room)
	{
		int64		room = 0;

		for (int i = 0; i < count; i++)
		{
			room = columns->room;
			columns->column[i] = make_room(columns->column[i], &room, columns->nrows + 1,
										   sizeof(double), columns->context);
		}
		columns->room = room;
	}
	for (int i = 0; i < count; i++)
		columns->column[i][columns->nrows] =
			value_is_present(row[i]) ? sample_value(row[i]) : NAN;
	columns->nrows++;
}

ColumnScratch
columns_scratch(const Columns *columns)
{
	int64		n = Max(columns->nrows, 1);
	ColumnScratch scratch;

	scratch.items = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(SortItem));
	scratch.buffer = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(SortItem));
	scratch.sorted = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(double));
	return scratch;
}

void
columns_scratch_free(ColumnScratch *scratch)
{
	pfree(scratch->items);
	pfree(scratch->buffer);
	pfree(scratch->sorted);
}

int64
columns_sort(const Columns *columns, int column, ColumnScratch *scratch)
{
	const double *values = columns->column[column];
	int64		n = 0;

	for (int64 row = 0; row < columns->nrows; row++)
	{
		if (isnan(values[row]))
			continue;
		scratch->items[n].key = float_key(values[row]);
		scratch->items[n].place = row;
		n++;
	}
	sort_items(scratch->items, scratch->buffer, n);
	for (int64 i = 0; i < n; i++)
		scratch->sorted[i] = key_float(scratch->items[i].key);
	return n;
}
