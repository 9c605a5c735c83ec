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

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "support/put_bytes.h"
#include "support/wire_format.h"
#include "decide/list_rule.h"
#include "decide/tier.h"

#define LIST_RULE_VERSION	1
#define LIST_RULE_TYPE		"list rule"

#define bad_rule(...) \
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), __VA_ARGS__))

static const char *const value_kinds[] = {
	[VALUE_INDICATOR] = "indicator",
	[VALUE_SCORE] = "score",
	[VALUE_NUMBER] = "number",
	[VALUE_TEXT] = "text",
	[VALUE_BOOLEAN] = "boolean"
};

static void
check_rule(ListRule *rule)
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
	if ((rule->required_condition != NULL && rule->required == NULL) ||
		(rule->qualifies_condition != NULL && rule->qualifies == NULL))
		bad_rule(errmsg("a condition of a list rule must be part of required or qualifies"));
	for (int i = 0; i < rule->nvalues; i++)
		if (rule->values[i].kind == VALUE_INDICATOR && rule->values[i].place < 1)
			bad_rule(errmsg("value \"%s\" of a list rule must have a place from 1",
							rule->values[i].name));
	if (rule->tiers != NULL)
		(void) tier_rule_from_datum(DirectFunctionCall1(jsonb_in, CStringGetDatum(rule->tiers)));
	rule_conditions_compile(rule);
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
write_rule(ListRule *rule)
{
	StringInfoData buffer = {0};

	check_rule(rule);
	value_begin(&buffer);
	wire_begin(&buffer, LIST_RULE_VERSION);
	pq_sendfloat8(&buffer, rule->min_score);
	pq_sendfloat8(&buffer, rule->min_coverage);
	pq_sendint32(&buffer, rule->top_n);
	pq_sendint32(&buffer, rule->quota_n);
	pq_sendint32(&buffer, rule->reserve_n);
	write_text(&buffer, rule->quota_by);
	write_text(&buffer, rule->required);
	write_text(&buffer, rule->qualifies);
	write_text(&buffer, rule->required_condition);
	write_text(&buffer, rule->qualifies_condition);
	write_text(&buffer, rule->tiers);
	pq_sendint32(&buffer, rule->nminima);
	for (int i = 0; i < rule->nminima; i++)
	{
		write_text(&buffer, rule->minima[i].category);
		pq_sendfloat8(&buffer, rule->minima[i].minimum);
	}
	pq_sendint32(&buffer, rule->nvalues);
	for (int i = 0; i < rule->nvalues; i++)
	{
		write_text(&buffer, rule->values[i].name);
		pq_sendbyte(&buffer, rule->values[i].kind);
		pq_sendint32(&buffer, rule->values[i].place);
	}
	wire_end(&buffer, VARHDRSZ);
	return (bytea *) DatumGetPointer(value_end(&buffer));
}

/* How many there are, each of which takes so many bytes and more. */
static int32
read_count(StringInfo buffer, int size)
{
	int32		count = pq_getmsgint(buffer, 4);

	if (count < 0 || count > (buffer->len - buffer->cursor) / size)
		wire_damaged(LIST_RULE_TYPE);
	return count;
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
	rule->required_condition = read_text(buffer);
	rule->qualifies_condition = read_text(buffer);
	rule->tiers = read_text(buffer);
	rule->nminima = read_count(buffer, 12);
	rule->minima = palloc0(Max(rule->nminima, 1) * sizeof(CategoryMinimum));
	for (int i = 0; i < rule->nminima; i++)
	{
		rule->minima[i].category = read_text(buffer);
		if (rule->minima[i].category == NULL)
			wire_damaged(LIST_RULE_TYPE);
		rule->minima[i].minimum = pq_getmsgfloat8(buffer);
	}
	rule->nvalues = read_count(buffer, 9);
	rule->values = palloc0(Max(rule->nvalues, 1) * sizeof(RuleValue));
	for (int i = 0; i < rule->nvalues; i++)
	{
		rule->values[i].name = read_text(buffer);
		rule->values[i].kind = pq_getmsgbyte(buffer);
		rule->values[i].place = pq_getmsgint(buffer, 4);
		if (rule->values[i].name == NULL || rule->values[i].kind >= (int) lengthof(value_kinds))
			wire_damaged(LIST_RULE_TYPE);
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

static RuleValueKind
value_kind(const char *name)
{
	for (int i = 0; i < (int) lengthof(value_kinds); i++)
		if (strcmp(value_kinds[i], name) == 0)
			return i;
	bad_rule(errmsg("unknown kind \"%s\" of a value of a list rule", name));
}

/* An array of what conditions name. */
static void
set_values(ListRule *rule, const JsonbValue *list)
{
	static const char *const keys[] = {"name", "kind", "place"};
	int			count;

	if (list->type != jbvBinary || !JsonContainerIsArray(list->val.binary.data))
		bad_rule(errmsg("key \"values\" of a list rule must be an array"));
	count = JsonContainerSize(list->val.binary.data);
	rule->values = palloc0(Max(count, 1) * sizeof(RuleValue));
	for (int i = 0; i < count; i++)
	{
		JsonbValue *object = getIthJsonbValueFromContainer(list->val.binary.data, i);
		JsonbValue *item[lengthof(keys)];
		RuleValue  *value = &rule->values[rule->nvalues++];

		if (object->type != jbvBinary || !JsonContainerIsObject(object->val.binary.data))
			bad_rule(errmsg("each value of a list rule must be an object"));
		for (int k = 0; k < (int) lengthof(keys); k++)
			item[k] = getKeyJsonValueFromContainer(object->val.binary.data, keys[k], strlen(keys[k]), NULL);
		if (item[0] == NULL || item[1] == NULL)
			bad_rule(errmsg("each value of a list rule must have name and kind"));
		value->name = to_text("name", item[0]);
		value->kind = value_kind(to_text("kind", item[1]));
		if (item[2] != NULL)
			value->place = to_count("place", item[2]);
	}
}

/* The JSON of a key that is an object, in jsonb's one form. */
static char *
to_object(const char *key, const JsonbValue *value)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		bad_rule(errmsg("key \"%s\" of a list rule must be an object", key));
	return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
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
	else if (strcmp(key, "required_condition") == 0)
		rule->required_condition = to_text(key, value);
	else if (strcmp(key, "qualifies_condition") == 0)
		rule->qualifies_condition = to_text(key, value);
	else if (strcmp(key, "tiers") == 0)
		rule->tiers = to_object(key, value);
	else if (strcmp(key, "values") == 0)
		set_values(rule, value);
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

	refuse_long_text(LIST_RULE_TYPE, VARSIZE(document));
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

static void
put_values(StringInfo json, const ListRule *rule)
{
	put_key(json, "values");
	for (int i = 0; i < rule->nvalues; i++)
	{
		const RuleValue *value = &rule->values[i];

		appendStringInfoString(json, i == 0 ? "[{" : ", {");
		put_text(json, "name", value->name);
		put_text(json, "kind", value_kinds[value->kind]);
		put_count(json, "place", value->place);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
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
	put_text(&json, "required_condition", rule->required_condition);
	put_text(&json, "qualifies_condition", rule->qualifies_condition);
	if (rule->nvalues > 0)
		put_values(&json, rule);
	if (rule->tiers != NULL)
	{
		put_key(&json, "tiers");
		appendStringInfoString(&json, rule->tiers);
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
	Datum		document;

	refuse_long_text(LIST_RULE_TYPE, strlen(PG_GETARG_CSTRING(0)));
	document = DirectFunctionCall1(jsonb_in, PG_GETARG_DATUM(0));
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
