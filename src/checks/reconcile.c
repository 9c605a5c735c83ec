/*-------------------------------------------------------------------------
 *
 * reconcile.c
 *	  How far numbers that should be the same are apart, and how many of
 *	  several sources agree.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "support/compat.h"

/*
 * |one - other| / max(|one|, |other|): 0 for equal values, 2 at most; Infinity
 * where they differ and one is not finite.  Computed from the quotient of the
 * magnitudes, which no finite values overflow.
 */
static double
difference(double one, double other)
{
	double		quotient;

	if (one == other || (isnan(one) && isnan(other)))
		return 0;
	if (!isfinite(one) || !isfinite(other))
		return get_float8_infinity();
	quotient = Min(fabs(one), fabs(other)) / Max(fabs(one), fabs(other));
	return (one < 0) == (other < 0) || quotient == 0
		? fabs(one - other) / Max(fabs(one), fabs(other))
		: 1 + quotient;
}

PG_FUNCTION_INFO_V1(relative_difference);
/*
 * relative_difference(one float8, other float8) → float8
 */
Datum
relative_difference(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(difference(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)));
}

/* Binary fractions agree up to this where decimals would be equal. */
#define BINARY_TOLERANCE	1e-12

typedef struct Comparison
{
	bool		agree;
	double		difference;		/* relative; NaN of what is no number */
} Comparison;

static Datum
magnitude(Datum value)
{
	return DirectFunctionCall1(numeric_abs, value);
}

/* Decimals are compared as decimals: 1 and 0.99 agree at a tolerance of 0.01. */
static Comparison
compare_decimals(Datum one, Datum other, Datum tolerance)
{
	Comparison	result = {true, 0};
	Datum		apart;
	Datum		scale;

	if (DatumGetBool(DirectFunctionCall2(numeric_eq, one, other)))
		return result;
	apart = magnitude(DirectFunctionCall2(numeric_sub, one, other));
	if (numeric_is_nan(DatumGetNumeric(apart)) || numeric_is_inf(DatumGetNumeric(apart)))
	{
		result.agree = false;
		result.difference = get_float8_infinity();
		return result;
	}
	scale = DirectFunctionCall2(numeric_larger, magnitude(one), magnitude(other));
	result.agree = DatumGetBool(DirectFunctionCall2(numeric_le, apart,
													DirectFunctionCall2(numeric_mul, tolerance, scale)));
	result.difference = DatumGetFloat8(DirectFunctionCall1(numeric_float8,
														   DirectFunctionCall2(numeric_div, apart, scale)));
	return result;
}

static Comparison
compare_values(Oid type, Datum one, Datum other, Datum tolerance, double binary_tolerance)
{
	Comparison	result = {false, NAN};

	if (type == NUMERICOID)
		return compare_decimals(one, other, tolerance);
	if (type == FLOAT8OID)
	{
		result.difference = difference(DatumGetFloat8(one), DatumGetFloat8(other));
		result.agree = result.difference <= binary_tolerance;
		return result;
	}
	result.agree = VARSIZE_ANY_EXHDR(DatumGetPointer(one)) == VARSIZE_ANY_EXHDR(DatumGetPointer(other)) &&
		memcmp(VARDATA_ANY(DatumGetPointer(one)), VARDATA_ANY(DatumGetPointer(other)),
			   VARSIZE_ANY_EXHDR(DatumGetPointer(one))) == 0;
	return result;
}

PG_FUNCTION_INFO_V1(agreement);
/*
 * agreement(vals anyarray, tolerance numeric, chosen int)
 *	→ (place int, votes int, present int, agree boolean, difference float8)
 *
 * "vals" are what the sources say, in the order of their priority, NULL where
 * one says nothing; decimals, doubles or texts.  The place of the one that
 * most agree with, the first of several such, or, if it is given, "chosen";
 * how many agree with that one, itself included; how many say something;
 * whether all of these agree, each with each; and the greatest difference.
 */
Datum
agreement(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum		tolerance = PG_GETARG_DATUM(1);
	double		binary_tolerance = DatumGetFloat8(DirectFunctionCall1(numeric_float8, tolerance)) + BINARY_TOLERANCE;
	Oid			type = ARR_ELEMTYPE(array);
	TupleDesc	tupdesc = fcinfo->flinfo->fn_extra;
	Datum	   *values;
	bool	   *nulls;
	int		   *votes;
	int			count;
	int			present = 0;
	int			place = 0;
	bool		agree = true;
	double		greatest = NAN;
	int16		length;
	bool		by_value;
	char		align;
	Datum		fields[5];
	bool		none[5] = {false, false, false, false, false};

	if (type != NUMERICOID && type != FLOAT8OID && type != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of sources are compared as numeric, double precision or text")));
	if (tupdesc == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "agreement() must return a row");
		fcinfo->flinfo->fn_extra = tupdesc = BlessTupleDesc(tupdesc);
		MemoryContextSwitchTo(caller);
	}
	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(array, type, length, by_value, align, &values, &nulls, &count);
	votes = palloc0(Max(count, 1) * sizeof(int));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			continue;
		present++;
		votes[i]++;
		for (int j = 0; j < i; j++)
		{
			Comparison	pair;

			if (nulls[j])
				continue;
			pair = compare_values(type, values[j], values[i], tolerance, binary_tolerance);
			if (pair.agree)
			{
				votes[i]++;
				votes[j]++;
			}
			else
				agree = false;
			if (isnan(greatest) || pair.difference > greatest)
				greatest = pair.difference;
		}
	}
	if (!PG_ARGISNULL(2))
		place = PG_GETARG_INT32(2);
	else
		for (int i = 0; i < count; i++)
			if (!nulls[i] && (place == 0 || votes[i] > votes[place - 1]))
				place = i + 1;
	none[0] = none[1] = place < 1 || place > count || nulls[place - 1];
	none[4] = isnan(greatest);
	fields[0] = Int32GetDatum(place);
	fields[1] = Int32GetDatum(none[1] ? 0 : votes[place - 1]);
	fields[2] = Int32GetDatum(present);
	fields[3] = BoolGetDatum(agree);
	fields[4] = Float8GetDatum(greatest);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, fields, none)));
}
