/*-------------------------------------------------------------------------
 *
 * key_text.c
 *	  key_text(value): the text by which keys of users' tables are compared.
 *
 * Entities, periods, peers and quotas meet texts that are kept.  Two values of
 * a type have the same text here exactly if they are equal, whatever the
 * settings of the session; and the text can be cast back to the type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/formatting.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "support/compat.h"
#include "support/key_text.h"

typedef enum KeyKind
{
	KEY_NONE,
	KEY_OUTPUT,					/* as the type's output function has it */
	KEY_BOOLEAN,
	KEY_NUMERIC,
	KEY_FLOAT4,
	KEY_FLOAT8,
	KEY_TEXT,
	KEY_BLANK_PADDED,
	KEY_CITEXT,
	KEY_BYTEA,
	KEY_DATETIME,
	KEY_INTERVAL
} KeyKind;

/* How the argument of a call is written, looked up once a query. */
struct KeyType
{
	KeyKind		kind;
	Oid			type;			/* below domains */
	bool		by_value;		/* equal values are the same Datum */
	FmgrInfo	output;
};

static bool
is_citext(HeapTuple tuple)
{
	Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);

	return type->typcategory == TYPCATEGORY_STRING &&
		type->typtype == TYPTYPE_BASE && type->typcollation == DEFAULT_COLLATION_OID &&
		strcmp(NameStr(type->typname), "citext") == 0;
}

static KeyKind
kind_of_other(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	KeyKind		kind = KEY_NONE;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	if (((Form_pg_type) GETSTRUCT(tuple))->typtype == TYPTYPE_ENUM)
		kind = KEY_OUTPUT;
	else if (is_citext(tuple))
		kind = KEY_CITEXT;
	ReleaseSysCache(tuple);
	return kind;
}

static KeyKind
kind_of(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case UUIDOID:
		case INETOID:
		case CIDROID:
			return KEY_OUTPUT;
		case BOOLOID:
			return KEY_BOOLEAN;
		case NUMERICOID:
			return KEY_NUMERIC;
		case FLOAT4OID:
			return KEY_FLOAT4;
		case FLOAT8OID:
			return KEY_FLOAT8;
		case TEXTOID:
		case VARCHAROID:
			return KEY_TEXT;
		case NAMEOID:
			return KEY_OUTPUT;
		case BPCHAROID:
			return KEY_BLANK_PADDED;
		case BYTEAOID:
			return KEY_BYTEA;
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return KEY_DATETIME;
		case INTERVALOID:
			return KEY_INTERVAL;
		default:
			return kind_of_other(type);
	}
}

/* The kind of a type that is below all domains; an error if it has no key text. */
static KeyKind
require_kind(Oid type, Oid collation)
{
	KeyKind		kind = kind_of(type);

	if (kind == KEY_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s cannot be used as keys", format_type_be(type)),
				 errhint("Cast them to text, or bind a view that does.")));
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values with nondeterministic collation \"%s\" cannot be used as keys",
						get_collation_name(collation)),
				 errhint("Give them a deterministic collation, such as COLLATE \"C\".")));
	return kind;
}

KeyType *
key_type_create(Oid type, Oid collation, MemoryContext context)
{
	KeyType    *key = MemoryContextAllocZero(context, sizeof(KeyType));
	Oid			function;
	bool		varlena;

	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of a key");
	key->type = getBaseType(type);
	key->kind = require_kind(key->type, collation);
	if (key->kind == KEY_OUTPUT)
	{
		key->by_value = get_typbyval(key->type);
		getTypeOutputInfo(key->type, &function, &varlena);
		fmgr_info_cxt(function, &key->output, context);
	}
	return key;
}

static text *
text_without_blanks(Datum value)
{
	text	   *packed = DatumGetTextPP(value);
	int			length = VARSIZE_ANY_EXHDR(packed);

	while (length > 0 && VARDATA_ANY(packed)[length - 1] == ' ')
		length--;
	return cstring_to_text_with_len(VARDATA_ANY(packed), length);
}

static text *
lower_text(Datum value)
{
	text	   *packed = DatumGetTextPP(value);

	/* citext compares so, whatever collation its column has. */
	return cstring_to_text(str_tolower(VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed),
									   DEFAULT_COLLATION_OID));
}

static text *
bytea_text(Datum value)
{
	static const char digits[] = "0123456789abcdef";
	bytea	   *packed = DatumGetByteaPP(value);
	const unsigned char *bytes = (const unsigned char *) VARDATA_ANY(packed);
	Size		length = VARSIZE_ANY_EXHDR(packed);
	text	   *result = palloc(VARHDRSZ + 2 + 2 * length);
	char	   *end = VARDATA(result);

	SET_VARSIZE(result, VARHDRSZ + 2 + 2 * length);
	*end++ = '\\';
	*end++ = 'x';
	for (Size i = 0; i < length; i++)
	{
		*end++ = digits[bytes[i] >> 4];
		*end++ = digits[bytes[i] & 15];
	}
	return result;
}

/* The server compares intervals by their length, a month being 30 days of 24 hours. */
static text *
interval_text(const Interval *interval)
{
	int128		length = interval->time +
		((int128) interval->month * DAYS_PER_MONTH + interval->day) * USECS_PER_DAY;
	int64		days = (int64) (length / USECS_PER_DAY);
	int64		time = (int64) (length % USECS_PER_DAY);

#ifdef INTERVAL_NOT_FINITE
	if (INTERVAL_NOT_FINITE(interval))
		return cstring_to_text(INTERVAL_IS_NOBEGIN(interval) ? "-infinity" : "infinity");
#endif
	/* PostgreSQL 14 cannot read as many microseconds as a day has. */
	return cstring_to_text(psprintf("%+lld mons %+lld days %c%lld.%06lld secs",
									(long long) (days / DAYS_PER_MONTH),
									(long long) (days % DAYS_PER_MONTH),
									time < 0 ? '-' : '+',
									(long long) (llabs(time) / USECS_PER_SEC),
									(long long) (llabs(time) % USECS_PER_SEC)));
}

text *
key_of(KeyType *key, Datum value)
{
	char		buffer[MAXDATELEN + 1];
	const int	utc = 0;

	switch (key->kind)
	{
		case KEY_BOOLEAN:
			return cstring_to_text(DatumGetBool(value) ? "true" : "false");
		case KEY_NUMERIC:
			value = DirectFunctionCall1(numeric_trim_scale, value);
			return cstring_to_text(DatumGetCString(DirectFunctionCall1(numeric_out, value)));
		case KEY_FLOAT4:
			/* The sum with 0 is 0 for -0. */
			float_to_shortest_decimal_buf(DatumGetFloat4(value) + 0.0f, buffer);
			return cstring_to_text(buffer);
		case KEY_FLOAT8:
			double_to_shortest_decimal_buf(DatumGetFloat8(value) + 0.0, buffer);
			return cstring_to_text(buffer);
		case KEY_TEXT:
			return DatumGetTextPP(value);
		case KEY_BLANK_PADDED:
			return text_without_blanks(value);
		case KEY_CITEXT:
			return lower_text(value);
		case KEY_BYTEA:
			return bytea_text(value);
		case KEY_DATETIME:
			return cstring_to_text(JsonEncodeDateTime(buffer, value, key->type, &utc));
		case KEY_INTERVAL:
			return interval_text(DatumGetIntervalP(value));
		default:
			return cstring_to_text(OutputFunctionCall(&key->output, value));
	}
}

uint64
key_hash(KeyType *key, Datum value)
{
	text	   *packed;

	if (key->by_value)
		return hash_bytes_uint32_extended((uint32) value, (uint64) value >> 32);
	packed = key_of(key, value);
	return hash_bytes_extended((const unsigned char *) VARDATA_ANY(packed),
							   VARSIZE_ANY_EXHDR(packed), 0);
}

PG_FUNCTION_INFO_V1(key_text);
/*
 * key_text("any") → text
 *
 * Equal values have equal texts, and the other way round.
 */
Datum
key_text(PG_FUNCTION_ARGS)
{
	KeyType    *key = fcinfo->flinfo->fn_extra;

	if (unlikely(key == NULL))
	{
		key = key_type_create(get_fn_expr_argtype(fcinfo->flinfo, 0),
							  PG_GET_COLLATION(), fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = key;
	}
	PG_RETURN_TEXT_P(key_of(key, PG_GETARG_DATUM(0)));
}

static Oid
base_type_argument(FunctionCallInfo fcinfo)
{
	Oid			type = PG_GETARG_OID(0);

	if (!SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(type)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("type with OID %u does not exist", type)));
	return getBaseType(type);
}

PG_FUNCTION_INFO_V1(check_key_type);
/*
 * _innovation_score.check_key_type(oid, oid) → void
 *
 * An error if values of a type and collation (0: none) have no key text.
 */
Datum
check_key_type(PG_FUNCTION_ARGS)
{
	require_kind(base_type_argument(fcinfo), PG_GETARG_OID(1));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(has_key_text);
/* _innovation_score.has_key_text(oid) → boolean: whether values of a type have a key text */
Datum
has_key_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(kind_of(base_type_argument(fcinfo)) != KEY_NONE);
}

PG_FUNCTION_INFO_V1(key_operator);
/*
 * _innovation_score.key_operator(type oid, less boolean) → text
 *
 * SQL text of the operator by which the server itself groups (or orders)
 * values of a type: with its schema, so that no other of that name is found.
 */
Datum
key_operator(PG_FUNCTION_ARGS)
{
	Oid			type = PG_GETARG_OID(0);
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
	Oid			found = PG_GETARG_BOOL(1) ? cache->lt_opr : cache->eq_opr;
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(found));
	Form_pg_operator operator;
	char	   *result;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s cannot be compared", format_type_be(type))));
	operator = (Form_pg_operator) GETSTRUCT(tuple);
	result = psprintf("OPERATOR(%s.%s)",
					  quote_identifier(get_namespace_name(operator->oprnamespace)),
					  NameStr(operator->oprname));
	ReleaseSysCache(tuple);
	PG_RETURN_TEXT_P(cstring_to_text(result));
}
