/*-------------------------------------------------------------------------
 *
 * value_array.c
 *	  row_values(VARIADIC "any"): the values of a row as a float8[].
 *
 * Generated views use it in place of ARRAY[...::float8, ...]: it takes the
 * columns as they are, turns numeric into double without a detour over text,
 * and writes a NaN for NULL, which spares the array a bitmap and its readers a
 * copy.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "support/compat.h"
#include "support/number_array.h"
#include "support/numeric_value.h"

/* The types of a call's arguments, looked up once a query. */
typedef struct ValueTypes
{
	int			count;
	Oid			type[FLEXIBLE_ARRAY_MEMBER];
} ValueTypes;

static ValueTypes *
look_up_types(FunctionCallInfo fcinfo)
{
	int			count = PG_NARGS();
	ValueTypes *types;

	/* Nothing would be gained over passing the array itself. */
	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row_values takes single values, not a VARIADIC array")));
	types = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt,
							   offsetof(ValueTypes, type) + count * sizeof(Oid));
	types->count = count;
	for (int i = 0; i < count; i++)
	{
		types->type[i] = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, i));
		switch (types->type[i])
		{
			case FLOAT8OID:
			case FLOAT4OID:
			case INT2OID:
			case INT4OID:
			case INT8OID:
			case NUMERICOID:
				break;
			default:
				ereport(ERROR,
						(errcode(ERRCODE_DATATYPE_MISMATCH),
						 errmsg("value %d is of type %s, which is not numeric",
								i + 1, format_type_be(types->type[i])),
						 errhint("Cast it to double precision or numeric.")));
		}
	}
	fcinfo->flinfo->fn_extra = types;
	return types;
}

static double
to_double(Oid type, Datum value)
{
	switch (type)
	{
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		default:
			return numeric_value(value);
	}
}

PG_FUNCTION_INFO_V1(row_values);
/*
 * row_values(VARIADIC "any") → float8[]
 *
 * Numbers of any type as double precision, with the bits of PostgreSQL's own
 * cast; NULL becomes missing_number(), a NaN, which counts as missing everywhere.
 */
Datum
row_values(PG_FUNCTION_ARGS)
{
	ValueTypes *types = fcinfo->flinfo->fn_extra;
	Size		bytes;
	ArrayType  *array;
	double	   *values;

	if (unlikely(types == NULL))
		types = look_up_types(fcinfo);
	bytes = ARR_OVERHEAD_NONULLS(1) + types->count * sizeof(double);
	array = palloc(bytes);
	SET_VARSIZE(array, bytes);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = types->count;
	ARR_LBOUND(array)[0] = 1;
	values = (double *) ARR_DATA_PTR(array);
	for (int i = 0; i < types->count; i++)
		values[i] = PG_ARGISNULL(i) ? missing_number() : to_double(types->type[i], PG_GETARG_DATUM(i));
	PG_RETURN_ARRAYTYPE_P(array);
}

/* The values at constant places of a call of row_values(), which is in the schema of "sibling"; or NIL. */
static List *
chosen_arguments(Node *node, Node *places, Oid sibling)
{
	FuncExpr   *row = (FuncExpr *) node;
	List	   *chosen = NIL;
	ArrayType  *array;

	if (!IsA(row, FuncExpr) || !IsA(places, Const) || ((Const *) places)->constisnull ||
		get_func_namespace(row->funcid) != get_func_namespace(sibling) ||
		strcmp(get_func_name(row->funcid), "row_values") != 0)
		return NIL;
	array = DatumGetArrayTypeP(((Const *) places)->constvalue);
	if (ARR_HASNULL(array))
		return NIL;
	for (int i = 0; i < ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)); i++)
	{
		int32		place = ((const int32 *) ARR_DATA_PTR(array))[i];

		if (place < 1 || place > list_length(row->args))
			return NIL;
		chosen = lappend(chosen, list_nth(row->args, place - 1));
	}
	return chosen;
}

PG_FUNCTION_INFO_V1(elements_support);
/*
 * elements_support(internal) → internal
 *
 * Planner support of elements(): of a row that is made here, only the values that
 * are asked for are made.
 */
Datum
elements_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	FuncExpr   *call;
	List	   *chosen;

	if (!IsA(request, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	call = ((SupportRequestSimplify *) request)->fcall;
	chosen = chosen_arguments(linitial(call->args), lsecond(call->args), call->funcid);
	if (chosen == NIL)
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(makeFuncExpr(((FuncExpr *) linitial(call->args))->funcid, call->funcresulttype, chosen,
								   InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
}

PG_FUNCTION_INFO_V1(known_values);
/*
 * known_values(vals float8[]) → float8[]
 *
 * Such an array with NULL for what is missing.
 */
Datum
known_values(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			dims[1];
	int			lower_bounds[1] = {1};

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &count);
	if (count == 0)
		PG_RETURN_ARRAYTYPE_P(array);
	for (int i = 0; i < count; i++)
		nulls[i] |= is_missing(nulls[i] ? 0 : DatumGetFloat8(elements[i]));
	dims[0] = count;
	PG_RETURN_ARRAYTYPE_P(construct_md_array(elements, nulls, 1, dims, lower_bounds, FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
