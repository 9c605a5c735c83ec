/*-------------------------------------------------------------------------
 *
 * condition_type.c
 *	  The type condition as SQL sees it.
 *
 * A value is its text, behind a version and a check value; whoever evaluates
 * it compiles it first, once a query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "condition/condition.h"
#include "support/compat.h"
#include "support/function_glue.h"
#include "support/number_array.h"
#include "support/wire_format.h"

/* Of 2.0.0 */
#define WIRE_VERSION	1
#define WIRE_NAME		"condition"

/* Version and check value. */
#define HEADER_SIZE		5

/* ---------------- input and output ---------------- */

static bytea *
condition_make(const char *text)
{
	int			length = strlen(text);
	StringInfoData buffer = {0};

	(void) condition_compile(text, NULL, NULL);
	pq_begintypsend(&buffer);
	pq_sendbyte(&buffer, WIRE_VERSION);
	pq_sendint32(&buffer, wire_check_value(text, length));
	pq_sendbytes(&buffer, text, length);
	return pq_endtypsend(&buffer);
}

char *
condition_text(const struct varlena *value, int *length)
{
	*length = VARSIZE_ANY_EXHDR(value) - HEADER_SIZE;
	if (*length < 0)
		wire_damaged(WIRE_NAME);
	return VARDATA_ANY(value) + HEADER_SIZE;
}

static char *
condition_string(Datum value)
{
	int			length;
	char	   *text = condition_text(PG_DETOAST_DATUM_PACKED(value), &length);

	return pnstrdup(text, length);
}

Condition *
condition_of_datum(Datum value, ConditionResolver resolve, void *context)
{
	return condition_compile(condition_string(value), resolve, context);
}

PG_FUNCTION_INFO_V1(condition_in);
/* condition_in(cstring) → condition */
Datum
condition_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(condition_make(PG_GETARG_CSTRING(0)));
}

PG_FUNCTION_INFO_V1(condition_out);
/* condition_out(condition) → cstring */
Datum
condition_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(condition_string(PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(condition_recv);
/* condition_recv(internal) → condition */
Datum
condition_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);
	uint32		expected;
	int			length;
	const char *text;

	(void) wire_version_read(buffer, WIRE_NAME, WIRE_VERSION);
	expected = pq_getmsgint(buffer, 4);
	length = buffer->len - buffer->cursor;
	text = pq_getmsgbytes(buffer, length);

	if (wire_check_value(text, length) != expected ||
		!pg_verifymbstr(text, length, true))
		wire_damaged(WIRE_NAME);
	PG_RETURN_BYTEA_P(condition_make(pnstrdup(text, length)));
}

PG_FUNCTION_INFO_V1(condition_send);
/* condition_send(condition) → bytea */
Datum
condition_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

/* ---------------- comparison ---------------- */

static int
compare_texts(FunctionCallInfo fcinfo)
{
	int			lengths[2];
	const char *a = condition_text(PG_GETARG_BYTEA_PP(0), &lengths[0]);
	const char *b = condition_text(PG_GETARG_BYTEA_PP(1), &lengths[1]);
	int			order = memcmp(a, b, Min(lengths[0], lengths[1]));

	return order != 0 ? order : lengths[0] - lengths[1];
}

#define COMPARISON(name, operator) \
PG_FUNCTION_INFO_V1(name); \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(compare_texts(fcinfo) operator 0); \
}

COMPARISON(condition_eq, ==)
COMPARISON(condition_ne, !=)
COMPARISON(condition_lt, <)
COMPARISON(condition_le, <=)
COMPARISON(condition_gt, >)
COMPARISON(condition_ge, >=)

PG_FUNCTION_INFO_V1(condition_cmp);
/* condition_cmp(condition, condition) → integer: the order of their texts as bytes */
Datum
condition_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_texts(fcinfo));
}

PG_FUNCTION_INFO_V1(condition_hash);
/* condition_hash(condition) → integer */
Datum
condition_hash(PG_FUNCTION_ARGS)
{
	int			length;
	const char *text = condition_text(PG_GETARG_BYTEA_PP(0), &length);

	PG_RETURN_DATUM(hash_any((const unsigned char *) text, length));
}

PG_FUNCTION_INFO_V1(condition_hash_extended);
/* condition_hash_extended(condition, seed bigint) → bigint */
Datum
condition_hash_extended(PG_FUNCTION_ARGS)
{
	int			length;
	const char *text = condition_text(PG_GETARG_BYTEA_PP(0), &length);

	PG_RETURN_DATUM(hash_any_extended((const unsigned char *) text, length, PG_GETARG_INT64(1)));
}

/* ---------------- names ---------------- */

/* What a name may mean: arrays of one length, the first that fits counts. */
typedef struct KnownNames
{
	int			count;
	Datum	   *names;
	Datum	   *kinds;			/* column, indicator or computed */
	Datum	   *types;			/* as type_texts, or NULL: any */
	bool	   *types_null;
} KnownNames;

static const char *const type_texts[] = {"number", "text", "boolean"};

static int
types_named(const char *text)
{
	for (int i = 0; i < (int) lengthof(type_texts); i++)
		if (strcmp(type_texts[i], text) == 0)
			return 1 << i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown type of a name in a condition: %s", text)));
}

/* NULL: several are possible. */
static const char *
types_text(int types)
{
	for (int i = 0; i < (int) lengthof(type_texts); i++)
		if (types == 1 << i)
			return type_texts[i];
	return NULL;
}

static bool
kind_fits(ConditionRelation relation, const char *kind)
{
	switch (relation)
	{
		case RELATION_NONE:
			return true;
		case RELATION_SCORE:
			return strcmp(kind, "computed") == 0;
		default:
			return strcmp(kind, "indicator") == 0;
	}
}

static void
unknown_name(const ConditionName *name, const KnownNames *known)
{
	StringInfoData list = {0};

	initStringInfo(&list);
	for (int i = 0; i < known->count; i++)
		if (kind_fits(name->relation, TextDatumGetCString(known->kinds[i])))
			appendStringInfo(&list, "%s%s", list.len > 0 ? ", " : "",
							 TextDatumGetCString(known->names[i]));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("unknown name in a condition: %s", condition_name_text(name)),
			 errhint("Known are %s.", list.len > 0 ? list.data : "none")));
}

static int
resolve_known(ConditionName *name, void *context)
{
	const KnownNames *known = context;

	for (name->slot = 0; name->slot < known->count; name->slot++)
		if (kind_fits(name->relation, TextDatumGetCString(known->kinds[name->slot])) &&
			strcmp(name->name, TextDatumGetCString(known->names[name->slot])) == 0)
			break;
	if (name->slot == known->count)
		unknown_name(name, known);
	if (known->types_null[name->slot])
		return CONDITION_ANY;
	return types_named(TextDatumGetCString(known->types[name->slot]));
}

static Datum *
text_elements(FunctionCallInfo fcinfo, int argument, bool **nulls, int *count)
{
	Datum	   *elements;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, nulls, count);
	return elements;
}

static void
read_known(FunctionCallInfo fcinfo, KnownNames *known)
{
	int			kinds;
	int			types;
	bool	   *names_null;
	bool	   *kinds_null;

	known->names = text_elements(fcinfo, 1, &names_null, &known->count);
	known->kinds = text_elements(fcinfo, 2, &kinds_null, &kinds);
	known->types = text_elements(fcinfo, 3, &known->types_null, &types);
	if (kinds != known->count || types != known->count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("names, kinds and types of them must be as many")));
	for (int i = 0; i < known->count; i++)
		if (names_null[i] || kinds_null[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a name that conditions may hold, or its kind, is NULL")));
}

/* The names of a condition, each once, as they first stand there. */
static void
put_names(FunctionCallInfo fcinfo, const Condition *condition, const KnownNames *known)
{
	ReturnSetInfo *result;

	init_materialized_srf(fcinfo);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	for (int i = 0; i < condition->nnames; i++)
	{
		const ConditionName *name = &condition->names[i];
		char	   *text = condition_name_text(name);
		Datum		values[4] = {0};
		bool		nulls[4] = {false};
		int			n = 0;

		/* What stands before the dot, if there is one. */
		if (name->relation != RELATION_NONE)
			text[		strlen(text) - strlen(name->name) - 1] = '\0';

		values[n++] = CStringGetTextDatum(name->relation == RELATION_NONE ? "" : text);
		values[n++] = CStringGetTextDatum(name->name);
		if (known != NULL)
			values[n++] = known->kinds[name->slot];
		set_text(&values[n], &nulls[n], types_text(name->types));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(condition_names);
/*
 * _innovation_score.condition_names(condition) → TABLE (relation text, name text, type text)
 *
 * The names that a condition holds; the type is NULL where the condition
 * leaves several.
 */
Datum
condition_names(PG_FUNCTION_ARGS)
{
	put_names(fcinfo, condition_of_datum(PG_GETARG_DATUM(0), NULL, NULL), NULL);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(bind_condition_names);
/*
 * _innovation_score.bind_condition_names(condition, names text[], kinds text[],
 *		types text[]) → TABLE (relation text, name text, kind text, type text)
 *
 * The same with what each name means; an error for a name that is not among
 * those given, or whose type does not suit.
 */
Datum
bind_condition_names(PG_FUNCTION_ARGS)
{
	KnownNames	known = {0};

	read_known(fcinfo, &known);
	put_names(fcinfo, condition_of_datum(PG_GETARG_DATUM(0), resolve_known, &known),
			  &known);
	return (Datum) 0;
}

/* ---------------- evaluation ---------------- */

/* Names of which a firm's own, previous and median values are given. */
typedef struct GivenValues
{
	Datum	   *names;
	int			count;
} GivenValues;

#define GIVEN_ARRAYS	3

static int
resolve_given(ConditionName *name, void *context)
{
	const GivenValues *given = context;
	int			array = name->relation == RELATION_PREVIOUS ? 1 :
	name->relation == RELATION_MEDIAN ? 2 : 0;

	for (int i = 0; i < given->count; i++)
	{
		if (strcmp(name->name, TextDatumGetCString(given->names[i])) != 0)
			continue;
		name->slot = array * given->count + i;
		return CONDITION_NUMBER;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("unknown name in a condition: %s", condition_name_text(name))));
}

PG_FUNCTION_INFO_V1(condition_evaluate_values);
/*
 * _innovation_score.evaluate(condition, names text[], vals float8[],
 *		previous float8[], medians float8[]) → boolean
 *
 * A condition over numbers under these names.  The arrays of values are NULL,
 * or as long as that of the names.
 */
Datum
condition_evaluate_values(PG_FUNCTION_ARGS)
{
	GivenValues given;
	bool	   *names_null;
	Condition  *condition;
	ConditionValue *values;
	ConditionValue result;

	for (int i = 0; i < 2; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	given.names = text_elements(fcinfo, 1, &names_null, &given.count);
	values = palloc0(GIVEN_ARRAYS * given.count * sizeof(ConditionValue));
	for (int array = 0; array < GIVEN_ARRAYS; array++)
	{
		ConditionValue *slots = &values[array * given.count];
		const double *numbers = NULL;
		int			count = given.count;

		if (!PG_ARGISNULL(2 + array))
			numbers = numbers_get(PG_GETARG_ARRAYTYPE_P(2 + array), &count);
		if (count != given.count)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("a condition over %d names is given %d values", given.count, count)));
		for (int i = 0; i < count; i++)
		{
			slots[i].is_null = numbers == NULL || is_missing(numbers[i]);
			slots[i].as.number = numbers == NULL ? 0 : numbers[i];
		}
	}
	condition = condition_of_datum(PG_GETARG_DATUM(0), resolve_given, &given);
	result = condition_evaluate(condition, values, palloc(condition->depth * sizeof(ConditionValue)));
	if (result.is_null)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(result.as.truth);
}
