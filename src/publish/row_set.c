/*-------------------------------------------------------------------------
 *
 * row_set.c
 *	  Whether two queries give the same rows, whatever their order.
 *
 * Each row becomes two hashes of 64 bits under a seed that is random, so that
 * nobody can choose rows which collide; a set is the digest of the sorted hashes.
 * Rows that are equal and not of the same bytes count as different: who asks then
 * compares them one by one.  In arrays of doubles NaN is NULL, and -0 is 0.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "support/sha256.h"
#include "numbers/radix_sort.h"

typedef struct RowSet
{
	MemoryContext context;
	uint64		seed[2];
	StringInfoData row;
	SortItem   *item;			/* both hashes of a row */
	int64		rows;
	int64		room;
} RowSet;

static void
append_doubles(StringInfo row, ArrayType *array)
{
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const uint8 *bitmap = ARR_NULLBITMAP(array);
	const double *next = (const double *) ARR_DATA_PTR(array);
	double	   *image;

	appendBinaryStringInfo(row, (const char *) &n, sizeof(n));
	enlargeStringInfo(row, n * sizeof(double) + MAXIMUM_ALIGNOF);
	appendStringInfoSpaces(row, MAXALIGN(row->len) - row->len);
	image = (double *) (row->data + row->len);
	for (int i = 0; i < n; i++)
	{
		double		value = bitmap == NULL || (bitmap[i / 8] & (1 << (i % 8))) != 0 ? *next++ : NAN;

		image[i] = isnan(value) ? NAN : value + 0.0;
	}
	row->len += n * sizeof(double);
}

static void
append_argument(StringInfo row, Oid type, Datum value)
{
	struct varlena *packed;
	int32		length;

	switch (type)
	{
		case FLOAT8ARRAYOID:
			append_doubles(row, DatumGetArrayTypeP(value));
			return;
		case TEXTOID:
		case TEXTARRAYOID:
			packed = PG_DETOAST_DATUM_PACKED(value);
			length = VARSIZE_ANY_EXHDR(packed);
			appendBinaryStringInfo(row, (const char *) &length, sizeof(length));
			appendBinaryStringInfo(row, VARDATA_ANY(packed), length);
			return;
	}
	elog(ERROR, "a set of rows has no columns of type %u", type);
}

PG_FUNCTION_INFO_V1(row_set_add);
/* Transition: _innovation_score.row_set_add(internal, seed bigint[], VARIADIC "any") → internal */
Datum
row_set_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	RowSet	   *set = PG_ARGISNULL(0) ? NULL : (RowSet *) PG_GETARG_POINTER(0);

	if (set == NULL)
	{
		ArrayType  *seed = PG_GETARG_ARRAYTYPE_P(1);

		if (PG_ARGISNULL(1) || ARR_ELEMTYPE(seed) != INT8OID || ARR_HASNULL(seed) ||
			ArrayGetNItems(ARR_NDIM(seed), ARR_DIMS(seed)) != lengthof(set->seed))
			elog(ERROR, "a set of rows needs two numbers as its seed");
		set = MemoryContextAllocZero(context, sizeof(RowSet));
		set->context = context;
		memcpy(set->seed, ARR_DATA_PTR(seed), sizeof(set->seed));
		MemoryContextSwitchTo(context);
		initStringInfo(&set->row);
	}
	resetStringInfo(&set->row);
	for (int i = 2; i < PG_NARGS(); i++)
	{
		appendStringInfoChar(&set->row, PG_ARGISNULL(i) ? 'n' : 'v');
		if (!PG_ARGISNULL(i))
			append_argument(&set->row, get_fn_expr_argtype(fcinfo->flinfo, i), PG_GETARG_DATUM(i));
	}
	set->item = make_room(set->item, &set->room, set->rows + 1, sizeof(SortItem), set->context);
	set->item[set->rows].key = hash_bytes_extended((const unsigned char *) set->row.data, set->row.len, set->seed[0]);
	set->item[set->rows++].place = hash_bytes_extended((const unsigned char *) set->row.data, set->row.len, set->seed[1]);
	PG_RETURN_POINTER(set);
}

PG_FUNCTION_INFO_V1(row_set_result);
/* Final: _innovation_score.row_set_result(internal) → bytea, NULL for no rows */
Datum
row_set_result(PG_FUNCTION_ARGS)
{
	RowSet	   *set = (RowSet *) PG_GETARG_POINTER(0);
	SortItem   *item;
	SortItem   *buffer;
	bytea	   *result;
	Size		size;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	size = set->rows * sizeof(SortItem);
	item = palloc_extended(size, MCXT_ALLOC_HUGE);
	buffer = palloc_extended(size, MCXT_ALLOC_HUGE);
	/* by the one, and then, keeping that order, by the other */
	for (int64 i = 0; i < set->rows; i++)
		item[i] = (SortItem){set->item[i].place, set->item[i].key};
	sort_items(item, buffer, set->rows);
	for (int64 i = 0; i < set->rows; i++)
		item[i] = (SortItem){item[i].place, item[i].key};
	sort_items(item, buffer, set->rows);
	result = palloc(VARHDRSZ + HASH_LENGTH);
	SET_VARSIZE(result, VARHDRSZ + HASH_LENGTH);
	sha256(sha256_create(), &(HashPiece){item, size}, 1, (uint8 *) VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}
