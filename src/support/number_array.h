/*-------------------------------------------------------------------------
 *
 * number_array.h
 *	  Arrays of numbers as arguments.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NUMBER_ARRAY_H
#define NUMBER_ARRAY_H

#include "fmgr.h"
#include "utils/array.h"

/*
 * NULL among numbers is a NaN that no computation gives, so that it can be told
 * from one that a column holds.  Most who read numbers take either for missing.
 */
static inline double
missing_number(void)
{
	uint64		bits = UINT64CONST(0x7FF80000494E4E4F);
	double		number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static inline bool
is_missing(double number)
{
	double		missing = missing_number();

	return memcmp(&number, &missing, sizeof(number)) == 0;
}

/* The numbers of a float8[], NULL as missing_number(), and how many there are. */
extern const double *numbers_get(ArrayType *array, int *count);

/* A float8[] without NULLs of so many numbers. */
extern ArrayType *numbers_make(const double *numbers, int64 count);

/* The same with NULL for NaN. */
extern ArrayType *numbers_make_nullable(const double *numbers, int count);

/* Arrays that were read from their TOAST table, for the rows to come. */
typedef struct KeptArrays KeptArrays;

/*
 * The number at a place of a float8[], counted as SQL counts it; false if there
 * is none, or NULL.  A packed array is read where it lies.
 */
extern bool number_at(Datum array, int place, double *number);

/*
 * The array that a datum is, read from its TOAST table once a query, not once a
 * row.  *kept is NULL at first; the array is good until the next call.
 */
extern ArrayType *array_kept(Datum datum, KeptArrays **kept,
							 MemoryContext context);

/*
 * An array without NULLs of which a few numbers are wanted: in memory, or left
 * in its TOAST table, unless it is small or has been opened often in this query.
 */
typedef struct NumberArray
{
	int64		count;			/* numbers */
	const double *numbers;		/* NULL: on disk */
	Datum		datum;
} NumberArray;

extern NumberArray number_array_open(Datum datum, KeptArrays **kept,
									 MemoryContext context);

/* Copy so many numbers from "first" on; they must be there. */
extern void number_array_read(const NumberArray *array, int64 first,
							  int64 count, double *numbers);

#endif							/* NUMBER_ARRAY_H */
