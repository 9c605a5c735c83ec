/*-------------------------------------------------------------------------
 *
 * byte_order.c
 *	  Comparison and hash of values of varying length by their bytes, for all
 *	  types of ours that need nothing better.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "support/compat.h"

static int
compare_bytes(FunctionCallInfo fcinfo)
{
	bytea	   *a = PG_GETARG_BYTEA_PP(0);
	bytea	   *b = PG_GETARG_BYTEA_PP(1);
	Size		na = VARSIZE_ANY_EXHDR(a);
	Size		nb = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(na, nb));

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order != 0 ? order : na < nb ? -1 : na > nb;
}

PG_FUNCTION_INFO_V1(bytes_cmp);
Datum
bytes_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_bytes(fcinfo));
}

#define COMPARISON(name, operator) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(compare_bytes(fcinfo) operator 0); \
}

COMPARISON(bytes_eq, ==)
COMPARISON(bytes_ne, !=)
COMPARISON(bytes_lt, <)
COMPARISON(bytes_le, <=)
COMPARISON(bytes_gt, >)
COMPARISON(bytes_ge, >=)

PG_FUNCTION_INFO_V1(bytes_hash);
Datum
bytes_hash(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_PP(0);
	uint32		hash = hash_bytes((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_INT32((int32) hash);
}

PG_FUNCTION_INFO_V1(bytes_hash_extended);
Datum
bytes_hash_extended(PG_FUNCTION_ARGS)
{
	bytea	   *value = PG_GETARG_BYTEA_PP(0);
	uint64		hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(value),
										   VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_INT64((int64) hash);
}
