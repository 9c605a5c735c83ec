/*-------------------------------------------------------------------------
 *
 * peer_profile.c
 *	  The distributions of a group of firms that each of them is held against.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "analysis/columns.h"
#include "analysis/peer_profile.h"
#include "support/compat.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "support/number_array.h"

typedef struct ProfileState
{
	int64		grid;
	Columns    *columns;
} ProfileState;

PG_FUNCTION_INFO_V1(peer_profile_accumulate);
/*
 * _innovation_score.peer_profile_accumulate(internal, grid integer, VARIADIC vals float8[])
 *	→ internal
 *
 * Transition function of _peer_profile: keeps the values, 8 bytes each.
 */
Datum
peer_profile_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ProfileState *state = PG_ARGISNULL(0) ? NULL : (ProfileState *) PG_GETARG_POINTER(0);
	const double *row;
	int			count;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged_state(fcinfo);
	row = numbers_get(PG_GETARG_ARRAYTYPE_P(2), &count);
	if (state == NULL)
	{
		state = MemoryContextAlloc(context, sizeof(ProfileState));
		state->grid = PG_GETARG_INT32(1);
		state->columns = columns_create(count, context);
	}
	columns_add(state->columns, row, count);
	PG_RETURN_POINTER(state);
}

/* The values of a column in order; returns how many there are. */
static int64
sort_values(const Columns *columns, int column, uint64 *keys, double *sorted)
{
	const double *values = columns->column[column];
	int64		n = 0;

	for (int64 row = 0; row < columns->nrows; row++)
		if (!isnan(values[row]))
			keys[n++] = float_key(values[row]);
	sort_keys(keys, n);
	for (int64 i = 0; i < n; i++)
		sorted[i] = key_float(keys[i]);
	return n;
}

PG_FUNCTION_INFO_V1(peer_profile_final);
/*
 * _innovation_score.peer_profile_final(internal) → float8[]
 *
 * Final function of _peer_profile: the distributions of the columns, one after
 * the other, as kept_column_write() writes them.
 */
Datum
peer_profile_final(PG_FUNCTION_ARGS)
{
	const ProfileState *state;
	const Columns *columns;
	uint64	   *keys;
	double	   *sorted;
	double	   *numbers;
	int64		length = 0;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (const ProfileState *) PG_GETARG_POINTER(0);
	columns = state->columns;
	keys = MemoryContextAllocHuge(CurrentMemoryContext, Max(columns->nrows, 1) * sizeof(uint64));
	sorted = MemoryContextAllocHuge(CurrentMemoryContext, Max(columns->nrows, 1) * sizeof(double));
	numbers = MemoryContextAllocHuge(CurrentMemoryContext,
									 columns->ncolumns * sizeof(double) *
									 kept_column_room(columns->nrows, state->grid) + 1);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		int64		n = sort_values(columns, i, keys, sorted);

		length += kept_column_write(sorted, n, state->grid, numbers + length);
	}
	pfree(keys);
	pfree(sorted);
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, length));
}

void
read_profile(ArrayType *array, KeptColumn *columns, int ncolumns)
{
	int			length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *numbers = (const double *) ARR_DATA_PTR(array);

	if (!ARR_HASNULL(array))
		for (int i = 0; i < ncolumns; i++)
		{
			int64		taken = kept_column_read(numbers, length, &columns[i]);

			if (taken == 0)
				break;
			numbers += taken;
			length -= taken;
			if (i == ncolumns - 1 && length == 0)
				return;
		}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("profile of peers does not have the %d distributions of the model", ncolumns),
			 errhint("Freeze the scoreboard again.")));
}

PG_FUNCTION_INFO_V1(profile_rows);
/*
 * _innovation_score.profile_rows(profile float8[], indicators integer)
 *	→ SETOF (place, n, lower_quartile, median, upper_quartile)
 */
Datum
profile_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	int			ncolumns = PG_GETARG_INT32(1);
	KeptColumn *columns = palloc(Max(ncolumns, 1) * sizeof(KeptColumn));

	read_profile(PG_GETARG_ARRAYTYPE_P(0), columns, ncolumns);
	init_materialized_srf(fcinfo);
	for (int i = 0; i < ncolumns; i++)
	{
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = Int64GetDatum((int64) columns[i].n);
		for (int k = 0; k < 3; k++)
			set_number(&values[2 + k], &nulls[2 + k], columns[i].quartile[k]);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(hide_few);
/*
 * _innovation_score.hide_few(profile float8[], fewest integer) → float8[]
 *
 * The distributions of a profile, empty in place of those of fewer values.
 */
Datum
hide_few(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			fewest = PG_GETARG_INT32(1);
	int			length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *numbers = (const double *) ARR_DATA_PTR(array);
	double	   *shown;
	int64		shown_length = 0;

	if (fewest <= 1 || ARR_HASNULL(array))
		PG_RETURN_ARRAYTYPE_P(array);
	/* an empty distribution is no longer than another one */
	shown = MemoryContextAllocHuge(CurrentMemoryContext, Max(length, 1) * sizeof(double));
	while (length > 0)
	{
		KeptColumn	column;
		int64		taken = kept_column_read(numbers, length, &column);

		if (taken == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("profile of peers is damaged"),
					 errhint("Freeze the scoreboard again.")));
		if (column.n < fewest)
			shown_length += kept_column_write(NULL, 0, 0, shown + shown_length);
		else
		{
			memcpy(shown + shown_length, numbers, taken * sizeof(double));
			shown_length += taken;
		}
		numbers += taken;
		length -= taken;
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(shown, shown_length));
}
