/*-------------------------------------------------------------------------
 *
 * field_numbers.c
 *	  Numbers for the fields that scores are ranked in, such as stages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "support/growing.h"
#include "rank/field_numbers.h"

typedef struct FieldKey
{
	int			length;
	const char *name;
} FieldKey;

typedef struct FieldEntry
{
	FieldKey	key;
	uint32		number;
	char		status;			/* of simplehash */
} FieldEntry;

#define SH_PREFIX		field_table
#define SH_ELEMENT_TYPE	FieldEntry
#define SH_KEY_TYPE		FieldKey
#define SH_KEY			key
#define SH_HASH_KEY(table, key) \
	hash_bytes((const unsigned char *) (key).name, (key).length)
#define SH_EQUAL(table, a, b) \
	((a).length == (b).length && memcmp((a).name, (b).name, (a).length) == 0)
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct FieldNumbers
{
	MemoryContext context;
	field_table_hash *table;
	uint32		count;
	int64		room;
	FieldKey   *field;			/* by number */
};

FieldNumbers *
field_numbers_create(MemoryContext context)
{
	FieldNumbers *fields = MemoryContextAllocZero(context, sizeof(FieldNumbers));

	fields->context = context;
	fields->table = field_table_create(context, 16, NULL);
	return fields;
}

/* With so many fields at the most, looking at each costs less than hashing. */
#define FEW_FIELDS	8

/* The number of a field among the first few; -1 if it is not there. */
static int64
find_among_few(const FieldNumbers *fields, const char *name, int length)
{
	for (uint32 i = 0; i < Min(fields->count, FEW_FIELDS); i++)
		if (fields->field[i].length == length &&
			memcmp(fields->field[i].name, name, length) == 0)
			return i;
	return -1;
}

/* Note a new field by its number. */
static void
append_field(FieldNumbers *fields, FieldKey key)
{
	fields->field = make_room(fields->field, &fields->room, (int64) fields->count + 1,
							  sizeof(FieldKey), fields->context);
	fields->field[fields->count++] = key;
}

uint32
field_number(FieldNumbers *fields, const char *name, int length)
{
	FieldKey	key = {length, name};
	FieldEntry *entry;
	bool		found;
	int64		number = find_among_few(fields, name, length);

	if (number >= 0)
		return (uint32) number;
	entry = field_table_insert(fields->table, key, &found);
	if (!found)
	{
		char	   *copy = MemoryContextAlloc(fields->context, length + 1);

		memcpy(copy, name, length);
		copy[length] = '\0';
		entry->key.name = copy;
		entry->number = fields->count;
		append_field(fields, entry->key);
	}
	return entry->number;
}

int64
field_number_find(const FieldNumbers *fields, const char *name, int length)
{
	FieldKey	key = {length, name};
	FieldEntry *entry;
	int64		number = find_among_few(fields, name, length);

	if (number >= 0)
		return number;
	entry = field_table_lookup(fields->table, key);
	return entry == NULL ? -1 : (int64) entry->number;
}

uint32
field_numbers_count(const FieldNumbers *fields)
{
	return fields->count;
}

const char *
field_name(const FieldNumbers *fields, uint32 number, int *length)
{
	*length = fields->field[number].length;
	return fields->field[number].name;
}
