/*-------------------------------------------------------------------------
 *
 * json_object.h
 *	  Reading the members of the JSON objects that a score model is written as;
 * an error names the key, and where in the document the object stands.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_OBJECT_H
#define JSON_OBJECT_H

#include "utils/jsonb.h"

/* An object and where it stands in the document, for messages. */
typedef struct JsonObject
{
	JsonbContainer *container;
	const char *where;
} JsonObject;

/* Counts in JSON are exact up to here. */
#define MAX_COUNT	9007199254740992.0

/* The value of a key: NULL, or an error, where the key is absent. */
extern JsonbValue *find_key(const JsonObject *object, const char *key);
extern JsonbValue *require_key(const JsonObject *object, const char *key);

/* An error if there is a key that is not in a NULL-terminated list. */
extern void refuse_unknown_keys(const JsonObject *object, const char *const *known);

/* Values of a kind, or an error. */
extern JsonObject to_object(const JsonbValue *value, const char *where);
extern JsonbContainer *to_array(const JsonObject *object, const char *key,
								JsonbValue *value);
extern char *to_string(const char *where, const char *key, const JsonbValue *value);
extern double to_number(const char *where, const char *key, const JsonbValue *value);

/*
 * The value of a key that may be absent; of a word, its place in a list whose
 * first one is the default.
 */
extern char *get_string(const JsonObject *object, const char *key, const char *otherwise);
extern double get_number(const JsonObject *object, const char *key, double otherwise);
extern bool get_boolean(const JsonObject *object, const char *key);
extern int	get_word(const JsonObject *object, const char *key, const char *const *words);

/* The value of a key that must be there; NaN where it is null, or a count. */
extern double get_number_or_null(const JsonObject *object, const char *key);
extern int64 get_count(const JsonObject *object, const char *key);

#endif							/* JSON_OBJECT_H */
