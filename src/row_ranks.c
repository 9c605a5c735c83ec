/*-------------------------------------------------------------------------
 *
 * row_ranks.c
 *	  The ranks of a row, put behind what score_row() gives of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "compat.h"
#include "row_ranks.h"

#define RANKED_ROW_MORE		3

ArrayType *
row_with_ranks(ArrayType *row, const RowRanks *ranks, int64 scored)
{
	double		more[RANKED_ROW_MORE] = {(double) ranks->overall, (double) ranks->in_field, (double) scored};
	int			count = ArrayGetNItems(ARR_NDIM(row), ARR_DIMS(row));
	int			total = count + RANKED_ROW_MORE;
	Datum	   *elements;
	bool	   *nulls;
	int			lower = 1;

	if (!ARR_HASNULL(row) && ranks->overall > 0)
	{
		Size		size = ARR_OVERHEAD_NONULLS(1) + total * sizeof(double);
		ArrayType  *result = palloc(size);

		SET_VARSIZE(result, size);
		result->ndim = 1;
		result->dataoffset = 0;
		result->elemtype = FLOAT8OID;
		ARR_DIMS(result)[0] = total;
		ARR_LBOUND(result)[0] = lower;
		memcpy(ARR_DATA_PTR(result), ARR_DATA_PTR(row), count * sizeof(double));
		memcpy(ARR_DATA_PTR(result) + count * sizeof(double), more, sizeof(more));
		return result;
	}
	deconstruct_array(row, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &count);
	elements = repalloc(elements, total * sizeof(Datum));
	nulls = repalloc(nulls, total * sizeof(bool));
	for (int i = 0; i < RANKED_ROW_MORE; i++)
	{
		elements[count + i] = Float8GetDatum(more[i]);
		nulls[count + i] = ranks->overall == 0;
	}
	return construct_md_array(elements, nulls, 1, &total, &lower, FLOAT8OID,
							  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}
