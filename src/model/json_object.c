/*-------------------------------------------------------------------------
 *
 * json_object.c
 *	  Reading the members of JSON objects; see json_object.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"

#include "model/json_object.h"
#include "model/model.h"

static const char *
kind_name(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "a string";
		case jbvNumeric:
			return "a number";
		case jbvBool:
			return "a boolean";
		case jbvBinary:
			return JsonContainerIsArray(value->val.binary.data) ? "an array" : "an object";
		default:
			return "something else";
	}
}

static void
wrong_kind(const char *where, const char *key, const char *wanted,
		   const JsonbValue *value)
{
	bad_model(errmsg("key \"%s\" in %s of a score model must be %s, not %s",
					 key, where, wanted, kind_name(value)));
}

JsonbValue *
find_key(const JsonObject *object, const char *key)
{
	return getKeyJsonValueFromContainer(object->container, key, strlen(key), NULL);
}

JsonbValue *
require_key(const JsonObject *object, const char *key)
{
	JsonbValue *value = find_key(object, key);

	if (value == NULL)
		bad_model(errmsg("key \"%s\" is missing in %s of a score model",
						 key, object->where));
	return value;
}

void
refuse_unknown_keys(const JsonObject *object, const char *const *known)
{
	JsonbIterator *iterator = JsonbIteratorInit(object->container);
	JsonbValue	value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		if (find_word(known, key) < 0)
			bad_model(errmsg("unknown key \"%s\" in %s of a score model",
							 key, object->where));
	}
}

JsonObject
to_object(const JsonbValue *value, const char *where)
{
	JsonObject	object;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		bad_model(errmsg("%s of a score model must be an object, not %s",
						 where, kind_name(value)));
	object.container = value->val.binary.data;
	object.where = where;
	return object;
}

JsonbContainer *
to_array(const JsonObject *object, const char *key, JsonbValue *value)
{
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		wrong_kind(object->where, key, "an array", value);
	return value->val.binary.data;
}

char *
to_string(const char *where, const char *key, const JsonbValue *value)
{
	if (value->type != jbvString)
		wrong_kind(where, key, "a string", value);
	return pnstrdup(value->val.string.val, value->val.string.len);
}

double
to_number(const char *where, const char *key, const JsonbValue *value)
{
	if (value->type != jbvNumeric)
		wrong_kind(where, key, "a number", value);
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  NumericGetDatum(value->val.numeric))) + 0.0;
}

char *
get_string(const JsonObject *object, const char *key, const char *otherwise)
{
	JsonbValue *value = find_key(object, key);

	return value == NULL ? pstrdup(otherwise) :
		to_string(object->where, key, value);
}

double
get_number(const JsonObject *object, const char *key, double otherwise)
{
	JsonbValue *value = find_key(object, key);

	return value == NULL ? otherwise : to_number(object->where, key, value);
}

bool
get_boolean(const JsonObject *object, const char *key)
{
	JsonbValue *value = find_key(object, key);

	if (value != NULL && value->type != jbvBool)
		wrong_kind(object->where, key, "a boolean", value);
	return value != NULL && value->val.boolean;
}

double
get_number_or_null(const JsonObject *object, const char *key)
{
	JsonbValue *value = require_key(object, key);

	return value->type == jbvNull ? NAN : to_number(object->where, key, value);
}

int64
get_count(const JsonObject *object, const char *key)
{
	double		number = to_number(object->where, key, require_key(object, key));

	if (number != floor(number) || number < 0 || number > MAX_COUNT)
		bad_model(errmsg("key \"%s\" in %s of a score model must be a count",
						 key, object->where));
	return (int64) number;
}

int
get_word(const JsonObject *object, const char *key, const char *const *words)
{
	char	   *word = get_string(object, key, words[0]);
	int			index = find_word(words, word);

	if (index < 0)
	{
		StringInfoData known;

		initStringInfo(&known);
		for (int i = 0; words[i] != NULL; i++)
			appendStringInfo(&known, "%s\"%s\"", i == 0 ? "" :
							 words[i + 1] == NULL ? " and " : ", ", words[i]);
		bad_model(errmsg("key \"%s\" in %s of a score model is \"%s\"",
						 key, object->where, word),
				  errhint("Known are %s.", known.data));
	}
	return index;
}
