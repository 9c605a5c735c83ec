/*-------------------------------------------------------------------------
 *
 * number_array.c
 *	  Arrays of numbers as arguments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/number_array.h"

const double *
numbers_get(ArrayType *array, int *count)
{
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *present = (const double *) ARR_DATA_PTR(array);
	const uint8 *bitmap = ARR_NULLBITMAP(array);
	double	   *numbers;

	*count = n;
	if (bitmap == NULL)
		return present;
	numbers = palloc(n * sizeof(double));
	for (int i = 0; i < n; i++)
		numbers[i] = (bitmap[i / 8] & (1 << (i % 8))) ? *present++ : missing_number();
	return numbers;
}

ArrayType *
numbers_make(const double *numbers, int64 count)
{
	Size		bytes = ARR_OVERHEAD_NONULLS(1) + count * sizeof(double);
	ArrayType  *array;

	if (!AllocSizeIsValid(bytes))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("array of %lld numbers is too large", (long long) count)));
	array = palloc0(bytes);
	SET_VARSIZE(array, bytes);
	array->ndim = 1;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = (int) count;
	ARR_LBOUND(array)[0] = 1;
	memcpy(ARR_DATA_PTR(array), numbers, count * sizeof(double));
	return array;
}

ArrayType *
numbers_make_nullable(const double *numbers, int count)
{
	Size		bytes;
	ArrayType  *array;
	uint8	   *bitmap = NULL;
	double	   *data;
	bool		has_null = false;

	for (int i = 0; i < count; i++)
		has_null |= isnan(numbers[i]);
	bytes = has_null ? ARR_OVERHEAD_WITHNULLS(1, count) : ARR_OVERHEAD_NONULLS(1);
	array = palloc0(bytes + count * sizeof(double));
	SET_VARSIZE(array, bytes + count * sizeof(double));
	array->ndim = 1;
	array->dataoffset = has_null ? bytes : 0;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = count;
	ARR_LBOUND(array)[0] = 1;
	if (has_null)
		bitmap = ARR_NULLBITMAP(array);
	data = (double *) ARR_DATA_PTR(array);
	for (int i = 0; i < count; i++)
	{
		if (isnan(numbers[i]))
			continue;
		*data++ = numbers[i];
		if (bitmap != NULL)
			bitmap[i / 8] |= 1 << (i % 8);
	}
	if (has_null)
		SET_VARSIZE(array, (char *) data - (char *) array);
	return array;
}

/* What comes before the numbers of an array of one dimension, but for its length. */
typedef struct ArrayHead
{
	int32		ndim;
	int32		dataoffset;
	Oid			elemtype;
	int			length;
	int			lower;
} ArrayHead;

bool
number_at(Datum array, int place, double *number)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(array);
	const char *content = VARDATA_ANY(packed);
	const char *numbers = content + sizeof(ArrayHead);
	ArrayHead	head;
	int			index;

	if (VARSIZE_ANY_EXHDR(packed) < sizeof(head))
		return false;
	memcpy(&head, content, sizeof(head));
	index = place - head.lower;
	if (head.ndim != 1 || index < 0 || index >= head.length)
		return false;
	if (head.dataoffset != 0)
	{
		const uint8 *bitmap = (const uint8 *) numbers;
		int			before = 0;

		if (!(bitmap[index / 8] & (1 << (index % 8))))
			return false;
		for (int i = 0; i < index; i++)
			before += (bitmap[i / 8] >> (i % 8)) & 1;
		index = before;
		numbers = content + head.dataoffset - VARHDRSZ;
	}
	memcpy(number, numbers + index * sizeof(double), sizeof(double));
	return true;
}

PG_FUNCTION_INFO_V1(element);
/*
 * _innovation_score.element(numbers float8[], place integer) → float8
 *
 * What numbers[place] gives, at a third of its cost: a subscript copies an array
 * that comes out of a window each time.  Views show the rows of score_row() and
 * ranked_row() by it.
 */
Datum
element(PG_FUNCTION_ARGS)
{
	double		number;

	if (!number_at(PG_GETARG_DATUM(0), PG_GETARG_INT32(1), &number))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(number);
}

PG_FUNCTION_INFO_V1(elements);
/*
 * _innovation_score.elements(numbers float8[], places integer[]) → float8[]
 *
 * The numbers at these places; missing where there is none, or NULL, and all of
 * them where the array is NULL.
 */
Datum
elements(PG_FUNCTION_ARGS)
{
	ArrayType  *places;
	int			count;
	const int32 *place;
	double	   *chosen;

	if (PG_ARGISNULL(1) || ARR_HASNULL(PG_GETARG_ARRAYTYPE_P(1)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("places must not be null")));
	places = PG_GETARG_ARRAYTYPE_P(1);
	count = ArrayGetNItems(ARR_NDIM(places), ARR_DIMS(places));
	place = (const int32 *) ARR_DATA_PTR(places);
	chosen = palloc(count * sizeof(double));
	for (int i = 0; i < count; i++)
		if (PG_ARGISNULL(0) || !number_at(PG_GETARG_DATUM(0), place[i], &chosen[i]))
			chosen[i] = missing_number();
	PG_RETURN_ARRAYTYPE_P(numbers_make(chosen, count));
}

typedef struct KeptKey
{
	Oid			toast;
	Oid			value;
} KeptKey;

typedef struct KeptEntry
{
	KeptKey		key;
	ArrayType  *array;			/* NULL: not read yet, see number_array_open() */
	int			opened;
} KeptEntry;

struct KeptArrays
{
	MemoryContext context;		/* of the table and the arrays */
	HTAB	   *table;
	Size		bytes;
};

/* With more than this the arrays are dropped and read anew. */
#define KEPT_BYTES_MAX	((Size) 256 * 1024 * 1024)

static void
make_table(KeptArrays *kept)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(KeptKey);
	control.entrysize = sizeof(KeptEntry);
	control.hcxt = kept->context;
	kept->table = hash_create("arrays read from TOAST", 64, &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	kept->bytes = 0;
}

/* The entry of an array that is on disk; made if there is none. */
static KeptEntry *
kept_entry(Datum datum, KeptArrays **kept, MemoryContext context)
{
	struct varatt_external pointer;
	KeptKey		key;
	KeptEntry  *entry;
	bool		found;

	if (*kept == NULL)
	{
		*kept = MemoryContextAllocZero(context, sizeof(KeptArrays));
		(*kept)->context = AllocSetContextCreate(context, "arrays read from TOAST",
												 ALLOCSET_DEFAULT_SIZES);
		make_table(*kept);
	}
	VARATT_EXTERNAL_GET_POINTER(pointer, DatumGetPointer(datum));
	key.toast = pointer.va_toastrelid;
	key.value = pointer.va_valueid;
	entry = (KeptEntry *) hash_search((*kept)->table, &key, HASH_ENTER, &found);
	if (!found)
	{
		entry->array = NULL;
		entry->opened = 0;
	}
	return entry;
}

ArrayType *
array_kept(Datum datum, KeptArrays **kept, MemoryContext context)
{
	KeptEntry  *entry;
	MemoryContext old;

	if (!VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum)))
		return DatumGetArrayTypeP(datum);
	entry = kept_entry(datum, kept, context);
	if (entry->array != NULL)
		return entry->array;

	if ((*kept)->bytes + toast_raw_datum_size(datum) > KEPT_BYTES_MAX)
	{
		MemoryContextReset((*kept)->context);
		make_table(*kept);
		entry = kept_entry(datum, kept, context);
	}
	old = MemoryContextSwitchTo((*kept)->context);
	entry->array = (ArrayType *) PG_DETOAST_DATUM_COPY(datum);
	MemoryContextSwitchTo(old);
	(*kept)->bytes += VARSIZE(entry->array);
	return entry->array;
}

/* ---------------- a few numbers of a large array ---------------- */

/* What is smaller is read whole, what is opened more often, too. */
#define PIECEWISE_BYTES_MIN		32768
#define PIECEWISE_OPENED_MAX	16

/* Bytes of an array before its numbers, but for those that tell its length. */
#define NUMBERS_OFFSET	((int32) (ARR_OVERHEAD_NONULLS(1) - VARHDRSZ))

static bool
is_piecewise(Datum datum)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);
	struct varatt_external pointer;

	if (!VARATT_IS_EXTERNAL_ONDISK(value))
		return false;
	VARATT_EXTERNAL_GET_POINTER(pointer, value);

	/* PostgreSQL's own test for compression compares signed with unsigned. */
	return (int64) VARATT_EXTERNAL_GET_EXTSIZE(pointer) >= (int64) pointer.va_rawsize - VARHDRSZ &&
		pointer.va_rawsize >= PIECEWISE_BYTES_MIN;
}

NumberArray
number_array_open(Datum datum, KeptArrays **kept, MemoryContext context)
{
	NumberArray array = {0};
	ArrayType  *whole;

	if (is_piecewise(datum))
	{
		KeptEntry  *entry = kept_entry(datum, kept, context);

		if (entry->array == NULL && entry->opened++ < PIECEWISE_OPENED_MAX)
		{
			array.datum = datum;
			array.count = (toast_raw_datum_size(datum) - ARR_OVERHEAD_NONULLS(1)) / sizeof(double);
			return array;
		}
	}
	whole = array_kept(datum, kept, context);
	if (!ARR_HASNULL(whole))
	{
		array.numbers = (const double *) ARR_DATA_PTR(whole);
		array.count = ArrayGetNItems(ARR_NDIM(whole), ARR_DIMS(whole));
	}
	return array;
}

void
number_array_read(const NumberArray *array, int64 first, int64 count,
				  double *numbers)
{
	struct varlena *piece;

	Assert(first >= 0 && count >= 0 && first + count <= array->count);
	if (array->numbers != NULL)
	{
		memcpy(numbers, array->numbers + first, count * sizeof(double));
		return;
	}
	piece = PG_DETOAST_DATUM_SLICE(array->datum,
								   NUMBERS_OFFSET + (int32) (first * sizeof(double)),
								   (int32) (count * sizeof(double)));
	memcpy(numbers, VARDATA(piece), count * sizeof(double));
	pfree(piece);
}
