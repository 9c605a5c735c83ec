/*-------------------------------------------------------------------------
 *
 * list_rule.c
 *	  The type list_rule: a value is its own wire format.
 *
 * Bytes are written from a checked rule in one way only, so that equal rules
 * have equal bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "support/wire_format.h"
#include "decide/list_rule.h"

#define LIST_RULE_VERSION	1
#define LIST_RULE_TYPE		"list rule"

#define bad_rule(...) \
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), __VA_ARGS__))

static void
check_rule(const ListRule *rule)
{
	if (isinf(rule->min_score))
		bad_rule(errmsg("min_score of a list rule must be finite"));
	if (!isnan(rule->min_coverage) &&
		!(rule->min_coverage >= 0 && rule->min_coverage <= 1))
		bad_rule(errmsg("min_coverage of a list rule must lie between 0 and 1"));
	if (rule->top_n < 0 || rule->quota_n < 0 || rule->reserve_n < 0)
		bad_rule(errmsg("top_n, quota_n and reserve_n of a list rule must not be negative"));
	if ((rule->quota_n > 0) != (rule->quota_by != NULL))
		bad_rule(errmsg("quota_by and quota_n of a list rule must be given together"));
	for (int i = 0; i < rule->nminima; i++)
		if (!isfinite(rule->minima[i].minimum))
			bad_rule(errmsg("minimum of category \"%s\" must be finite",
							rule->minima[i].category));
}

/* ---------------- bytes ---------------- */

static void
write_text(StringInfo buffer, const char *text)
{
	if (text == NULL)
	{
		pq_sendint32(buffer, PG_UINT32_MAX);
		return;
	}
	pq_sendint32(buffer, strlen(text));
	pq_sendbytes(buffer, text, strlen(text));
}

static char *
read_text(StringInfo buffer)
{
	uint32		length = pq_getmsgint(buffer, 4);
	char	   *text;

	if (length == PG_UINT32_MAX)
		return NULL;
	if (length > (uint32) (buffer->len - buffer->cursor))
		wire_damaged(LIST_RULE_TYPE);
	text = pnstrdup(pq_getmsgbytes(buffer, length), length);

	pg_verifymbstr(text, length, false);
	return text;
}

static bytea *
write_rule(const ListRule *rule)
{
	StringInfoData buffer = {0};

	check_rule(rule);
	initStringInfo(&buffer);
	appendStringInfoSpaces(&buffer, VARHDRSZ);
	wire_begin(&buffer, LIST_RULE_VERSION);
	pq_sendfloat8(&buffer, rule->min_score);
	pq_sendfloat8(&buffer, rule->min_coverage);
	pq_sendint32(&buffer, rule->top_n);
	pq_sendint32(&buffer, rule->quota_n);
	pq_sendint32(&buffer, rule->reserve_n);
	write_text(&buffer, rule->quota_by);
	write_text(&buffer, rule->required);
	write_text(&buffer, rule->qualifies);
	pq_sendint32(&buffer, rule->nminima);
	for (int i = 0; i < rule->nminima; i++)
	{
		write_text(&buffer, rule->minima[i].category);
		pq_sendfloat8(&buffer, rule->minima[i].minimum);
	}
	wire_end(&buffer, VARHDRSZ);
	SET_VARSIZE(buffer.data, buffer.len);
	return (bytea *) buffer.data;
}

static ListRule *
read_rule(StringInfo buffer)
{
	ListRule   *rule = palloc0(sizeof(ListRule));

	(void) wire_open(buffer, LIST_RULE_TYPE, LIST_RULE_VERSION);
	rule->min_score = pq_getmsgfloat8(buffer);
	rule->min_coverage = pq_getmsgfloat8(buffer);
	rule->top_n = pq_getmsgint(buffer, 4);
	rule->quota_n = pq_getmsgint(buffer, 4);
	rule->reserve_n = pq_getmsgint(buffer, 4);
	rule->quota_by = read_text(buffer);
	rule->required = read_text(buffer);
	rule->qualifies = read_text(buffer);
	rule->nminima = pq_getmsgint(buffer, 4);
	/* Each takes 12 bytes and more. */
	if (rule->nminima < 0 || rule->nminima > (buffer->len - buffer->cursor) / 12)
		wire_damaged(LIST_RULE_TYPE);
	rule->minima = palloc0(Max(rule->nminima, 1) * sizeof(CategoryMinimum));
	for (int i = 0; i < rule->nminima; i++)
	{
		rule->minima[i].category = read_text(buffer);
		if (rule->minima[i].category == NULL)
			wire_damaged(LIST_RULE_TYPE);
		rule->minima[i].minimum = pq_getmsgfloat8(buffer);
	}
	pq_getmsgend(buffer);
	return rule;
}

ListRule *
list_rule_from_datum(Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(value);
	StringInfoData buffer = {0};

	buffer.data = VARDATA_ANY(bytes);
	buffer.len = buffer.maxlen = VARSIZE_ANY_EXHDR(bytes);
	return read_rule(&buffer);
}

/* ---------------- JSON ---------------- */

static double
to_number(const char *key, const JsonbValue *value)
{
	if (value->type != jbvNumeric)
		bad_rule(errmsg("key \"%s\" of a list rule must be a number", key));
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  NumericGetDatum(value->val.numeric))) + 0.0;
}

static int32
to_count(const char *key, const JsonbValue *value)
{
	double		number = to_number(key, value);

	if (number != floor(number) || number < 1 || number > PG_INT32_MAX)
		bad_rule(errmsg("key \"%s\" of a list rule must be a whole number from 1",
						key));
	return (int32) number;
}

static char *
to_text(const char *key, const JsonbValue *value)
{
	if (value->type != jbvString)
		bad_rule(errmsg("key \"%s\" of a list rule must be a string", key));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* An object of minima by category, which jsonb keeps in one order. */
static void
set_minima(ListRule *rule, const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbValue	item;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		bad_rule(errmsg("key \"category_minimum\" of a list rule must be an object"));
	rule->minima = palloc0(Max(JsonContainerSize(value->val.binary.data), 1) * sizeof(CategoryMinimum));
	iterator = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &item, true);
	while (JsonbIteratorNext(&iterator, &item, true) == WJB_KEY)
	{
		CategoryMinimum *minimum = &rule->minima[rule->nminima++];

		minimum->category = to_text("category_minimum", &item);
		(void) JsonbIteratorNext(&iterator, &item, true);
		minimum->minimum = to_number(minimum->category, &item);
	}
}

static void
set_key(ListRule *rule, const char *key, const JsonbValue *value)
{
	if (strcmp(key, "min_score") == 0)
		rule->min_score = to_number(key, value);
	else if (strcmp(key, "min_coverage") == 0)
		rule->min_coverage = to_number(key, value);
	else if (strcmp(key, "top_n") == 0)
		rule->top_n = to_count(key, value);
	else if (strcmp(key, "quota_n") == 0)
		rule->quota_n = to_count(key, value);
	else if (strcmp(key, "reserve_n") == 0)
		rule->reserve_n = to_count(key, value);
	else if (strcmp(key, "quota_by") == 0)
		rule->quota_by = to_text(key, value);
	else if (strcmp(key, "required") == 0)
		rule->required = to_text(key, value);
	else if (strcmp(key, "qualifies") == 0)
		rule->qualifies = to_text(key, value);
	else if (strcmp(key, "category_minimum") == 0)
		set_minima(rule, value);
	else
		bad_rule(errmsg("unknown key \"%s\" of a list rule", key));
}

static bytea *
rule_from_jsonb(Jsonb *document)
{
	ListRule	rule = {.min_score = NAN,.min_coverage = NAN};
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;
	char	   *key = NULL;

	if (!JB_ROOT_IS_OBJECT(document))
		bad_rule(errmsg("a list rule must be a JSON object"));
	iterator = JsonbIteratorInit(&document->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pnstrdup(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE && value.type != jbvNull)
			set_key(&rule, key, &value);
	}
	return write_rule(&rule);
}

/* A separator and the key. */
static void
put_key(StringInfo json, const char *key)
{
	if (json->data[json->len - 1] != '{')
		appendStringInfoString(json, ", ");
	escape_json(json, key);
	appendStringInfoString(json, ": ");
}

static void
put_number(StringInfo json, const char *key, double number)
{
	char		printed[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isnan(number))
		return;
	put_key(json, key);
	double_to_shortest_decimal_buf(number, printed);
	appendStringInfoString(json, printed);
}

static void
put_count(StringInfo json, const char *key, int32 count)
{
	if (count == 0)
		return;
	put_key(json, key);
	appendStringInfo(json, "%d", count);
}

static void
put_text(StringInfo json, const char *key, const char *text)
{
	if (text == NULL)
		return;
	put_key(json, key);
	escape_json(json, text);
}

static char *
rule_to_json(const ListRule *rule)
{
	StringInfoData json = {0};

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_number(&json, "min_score", rule->min_score);
	put_number(&json, "min_coverage", rule->min_coverage);
	put_text(&json, "required", rule->required);
	put_text(&json, "qualifies", rule->qualifies);
	put_text(&json, "quota_by", rule->quota_by);
	put_count(&json, "quota_n", rule->quota_n);
	put_count(&json, "top_n", rule->top_n);
	put_count(&json, "reserve_n", rule->reserve_n);
	if (rule->nminima > 0)
	{
		put_key(&json, "category_minimum");
		appendStringInfoChar(&json, '{');
		for (int i = 0; i < rule->nminima; i++)
			put_number(&json, rule->minima[i].category, rule->minima[i].minimum);
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static Jsonb *
rule_to_jsonb(const ListRule *rule)
{
	char	   *json = rule_to_json(rule);

	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

/* ---------------- SQL ---------------- */

PG_FUNCTION_INFO_V1(list_rule_in);
Datum
list_rule_in(PG_FUNCTION_ARGS)
{
	Datum		document = DirectFunctionCall1(jsonb_in, PG_GETARG_DATUM(0));

	PG_RETURN_BYTEA_P(rule_from_jsonb(DatumGetJsonbP(document)));
}

PG_FUNCTION_INFO_V1(list_rule_from_jsonb);
Datum
list_rule_from_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(rule_from_jsonb(PG_GETARG_JSONB_P(0)));
}

PG_FUNCTION_INFO_V1(list_rule_out);
Datum
list_rule_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(rule_to_json(list_rule_from_datum(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(list_rule_to_jsonb);
Datum
list_rule_to_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_JSONB_P(rule_to_jsonb(list_rule_from_datum(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(list_rule_recv);
/* What is received is written anew, so that equal rules have equal bytes. */
Datum
list_rule_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(rule_from_jsonb(rule_to_jsonb(read_rule((StringInfo) PG_GETARG_POINTER(0)))));
}

PG_FUNCTION_INFO_V1(list_rule_send);
Datum
list_rule_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

/* ---------------- order by bytes ---------------- */

static int
compare_rules(FunctionCallInfo fcinfo)
{
	bytea	   *a = PG_GETARG_BYTEA_PP(0);
	bytea	   *b = PG_GETARG_BYTEA_PP(1);
	Size		na = VARSIZE_ANY_EXHDR(a);
	Size		nb = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(na, nb));

	return order != 0 ? order : na < nb ? -1 : na > nb;
}

PG_FUNCTION_INFO_V1(list_rule_cmp);
Datum
list_rule_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_rules(fcinfo));
}

PG_FUNCTION_INFO_V1(list_rule_eq);
Datum
list_rule_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_rules(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(list_rule_ne);
Datum
list_rule_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_rules(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(list_rule_lt);
Datum
list_rule_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_rules(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(list_rule_le);
Datum
list_rule_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_rules(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(list_rule_gt);
Datum
list_rule_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_rules(fcinfo) > 0);
}

PG_FUNCTION_INFO_V1(list_rule_ge);
Datum
list_rule_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_rules(fcinfo) >= 0);
}

PG_FUNCTION_INFO_V1(list_rule_hash);
Datum
list_rule_hash(PG_FUNCTION_ARGS)
{
	bytea	   *rule = PG_GETARG_BYTEA_PP(0);

	PG_RETURN_INT32((int32) hash_bytes((unsigned char *) VARDATA_ANY(rule),
									   VARSIZE_ANY_EXHDR(rule)));
}
