/*-------------------------------------------------------------------------
 *
 * score_reader.c
 *	  The scores, and the fields they are ranked in, of a window's partition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"

#include "compat.h"
#include "float_key.h"
#include "score_reader.h"

typedef struct FieldKey
{
	uint32		hash;
	int			length;
	const char *data;
} FieldKey;

typedef struct FieldEntry
{
	FieldKey	key;
	uint32		number;
} FieldEntry;

static uint32
field_hash(const void *key, Size size pg_attribute_unused())
{
	return ((const FieldKey *) key)->hash;
}

static int
field_compare(const void *a, const void *b, Size size pg_attribute_unused())
{
	const FieldKey *left = a;
	const FieldKey *right = b;

	if (left->hash != right->hash || left->length != right->length)
		return 1;
	return memcmp(left->data, right->data, left->length);
}

/* The number of a field's value, counted from 0 in order of appearance. */
static uint32
field_number(ScoreReader *reader, text *value)
{
	FieldKey	key;
	FieldEntry *entry;
	bool		found;

	key.data = VARDATA_ANY(value);
	key.length = VARSIZE_ANY_EXHDR(value);
	key.hash = hash_bytes((const unsigned char *) key.data, key.length);
	entry = hash_search(reader->fields, &key, HASH_ENTER, &found);
	if (!found)
	{
		char	   *copy = MemoryContextAlloc(reader->context, key.length + 1);

		memcpy(copy, key.data, key.length);
		entry->key.data = copy;
		entry->number = hash_get_num_entries(reader->fields) - 1;
	}
	return entry->number;
}

static HTAB *
create_fields(MemoryContext context)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(FieldKey);
	control.entrysize = sizeof(FieldEntry);
	control.hash = field_hash;
	control.match = field_compare;
	control.hcxt = context;
	return hash_create("score_rank fields", 64, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

void
score_reader_init(ScoreReader *reader, WindowObject window, bool by_field,
				  MemoryContext partition)
{
	reader->window = window;
	reader->rows = WinGetPartitionRowCount(window);
	reader->context = partition;
	reader->fields = by_field ? create_fields(partition) : NULL;
}

uint32
score_reader_fields(const ScoreReader *reader)
{
	return (uint32) hash_get_num_entries(reader->fields);
}

/* As PostgreSQL's ORDER BY has it: NaN is above all, -0 equals 0. */
static uint64
score_key(Datum datum)
{
	double		score = DatumGetFloat8(datum);

	return float_key(isnan(score) ? NAN : sample_value(score));
}

bool
score_reader_row(ScoreReader *reader, int64 row, uint64 *key, uint32 *field)
{
	bool		null;
	bool		outside;
	Datum		datum;

	CHECK_FOR_INTERRUPTS();
	datum = WinGetFuncArgInPartition(reader->window, 0, row, WINDOW_SEEK_HEAD,
									 false, &null, &outside);
	if (null)
		return false;
	*key = score_key(datum);
	*field = 0;
	if (reader->fields == NULL)
		return true;
	datum = WinGetFuncArgInPartition(reader->window, 1, row, WINDOW_SEEK_HEAD,
									 false, &null, &outside);
	if (null)
		return false;
	*field = field_number(reader, DatumGetTextPP(datum));
	return true;
}

bool
score_reader_current(ScoreReader *reader, uint64 *key, uint32 *field)
{
	bool		null;
	Datum		datum;

	datum = WinGetFuncArgCurrent(reader->window, 0, &null);
	if (null)
		return false;
	*key = score_key(datum);
	*field = 0;
	if (reader->fields == NULL)
		return true;
	datum = WinGetFuncArgCurrent(reader->window, 1, &null);
	if (null)
		return false;
	*field = field_number(reader, DatumGetTextPP(datum));
	return true;
}
