/*-------------------------------------------------------------------------
 *
 * doubled_rows.c
 *	  The rows of a window's partition whose key another row has, too.
 *
 * Mostly there are none, which is found out by hashes: a row whose hash sets a
 * bit that is set already is suspect.  Only the rows that have the hash of a
 * suspect are sorted, and only rows whose hashes are equal have their keys
 * compared as texts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/growing.h"
#include "rank/doubled_rows.h"

/* So few suspects are there by chance: one in 2 * BITS_PER_ROW rows. */
#define BITS_PER_ROW	16

/* Keys whose texts are written in memory that is given back after so many rows. */
#define ROWS_AT_ONCE	1024

typedef struct KeyReader
{
	WindowObject window;
	int			argument;
	KeyType    *key;
	int64		rows;
	uint64	   *hash;			/* of every row, or NULL: read again */
	MemoryContext scratch;
} KeyReader;

typedef struct HashedRow
{
	uint64		hash;
	int64		row;
} HashedRow;

/* A key that was read, and the first row that has it. */
typedef struct KnownText
{
	text	   *key;
	int64		row;
	struct KnownText *next;		/* another text with the same hash */
} KnownText;

/* A growing list of rows with their hashes. */
typedef struct HashedRows
{
	HashedRow  *row;
	int64		n;
	int64		room;
} HashedRows;

static void
add_row(HashedRows *list, uint64 hash, int64 row)
{
	list->row = make_room(list->row, &list->room, list->n + 1, sizeof(HashedRow),
						  CurrentMemoryContext);
	list->row[list->n].hash = hash;
	list->row[list->n++].row = row;
}

static int
compare_rows(const void *a, const void *b)
{
	const HashedRow *one = a;
	const HashedRow *other = b;

	if (one->hash != other->hash)
		return one->hash < other->hash ? -1 : 1;
	return one->row < other->row ? -1 : one->row > other->row;
}

static int
compare_positions(const void *a, const void *b)
{
	const HashedRow *one = a;
	const HashedRow *other = b;

	return one->row < other->row ? -1 : one->row > other->row;
}

static void
sort_rows(HashedRows *list)
{
	if (list->n > 1)
		qsort(list->row, list->n, sizeof(HashedRow), compare_rows);
}

static bool
has_hash(const HashedRows *sorted, uint64 hash)
{
	int64		low = 0;
	int64		high = sorted->n;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (sorted->row[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sorted->n && sorted->row[low].hash == hash;
}

static Datum
read_key(const KeyReader *reader, int64 row, bool *null)
{
	bool		outside;

	return WinGetFuncArgInPartition(reader->window, reader->argument, row,
									WINDOW_SEEK_HEAD, false, null, &outside);
}

/* 0 for a row without a key. */
static uint64
read_hash(const KeyReader *reader, int64 row)
{
	MemoryContext old;
	uint64		hash = 0;
	bool		null;
	Datum		value;

	CHECK_FOR_INTERRUPTS();
	if (row % ROWS_AT_ONCE == 0)
		MemoryContextReset(reader->scratch);
	value = read_key(reader, row, &null);
	if (!null)
	{
		old = MemoryContextSwitchTo(reader->scratch);
		hash = Max(key_hash(reader->key, value), 1);
		MemoryContextSwitchTo(old);
	}
	return hash;
}

static uint64
row_hash(const KeyReader *reader, int64 row)
{
	return reader->hash != NULL ? reader->hash[row] : read_hash(reader, row);
}

/* The rows whose hash has a bit that another row has set before. */
static HashedRows
find_suspects(KeyReader *reader, uint64 *bits, uint64 mask)
{
	HashedRows	suspects = {NULL, 0, 0};

	for (int64 row = 0; row < reader->rows; row++)
	{
		uint64		hash = read_hash(reader, row);
		uint64		bit = hash & mask;

		if (reader->hash != NULL)
			reader->hash[row] = hash;
		if (hash == 0)
			continue;
		if (bits[bit / 64] >> bit % 64 & 1)
			add_row(&suspects, hash, row);
		bits[bit / 64] |= UINT64CONST(1) << bit % 64;
	}
	sort_rows(&suspects);
	return suspects;
}

/* All rows that have the hash of a suspect, by hash. */
static HashedRows
find_candidates(const KeyReader *reader, const HashedRows *suspects,
				uint64 *bits, uint64 mask)
{
	HashedRows	candidates = {NULL, 0, 0};

	memset(bits, 0, (mask + 1) / 8);
	for (int64 i = 0; i < suspects->n; i++)
	{
		uint64		bit = suspects->row[i].hash & mask;

		bits[bit / 64] |= UINT64CONST(1) << bit % 64;
	}
	for (int64 row = 0; row < reader->rows; row++)
	{
		uint64		hash = row_hash(reader, row);
		uint64		bit = hash & mask;

		if (hash != 0 && (bits[bit / 64] >> bit % 64 & 1) != 0 && has_hash(suspects, hash))
			add_row(&candidates, hash, row);
	}
	sort_rows(&candidates);
	return candidates;
}

/*
 * Numbers the groups of rows with one hash, which takes the place of the hash,
 * and leaves out rows whose hash no other has.  Then in the order of rows: a
 * partition in temporary files is quickly read forwards only.
 */
static int64
number_groups(HashedRows *candidates)
{
	int64		groups = 0;
	int64		kept = 0;

	for (int64 first = 0, next; first < candidates->n; first = next)
	{
		for (next = first + 1; next < candidates->n; next++)
			if (candidates->row[next].hash != candidates->row[first].hash)
				break;
		if (next == first + 1)
			continue;
		for (int64 i = first; i < next; i++)
		{
			candidates->row[kept].hash = groups;
			candidates->row[kept++].row = candidates->row[i].row;
		}
		groups++;
	}
	candidates->n = kept;
	if (kept > 1)
		qsort(candidates->row, kept, sizeof(HashedRow), compare_positions);
	return groups;
}

static bool
same_text(const text *one, const text *other)
{
	return VARSIZE_ANY_EXHDR(one) == VARSIZE_ANY_EXHDR(other) &&
		memcmp(VARDATA_ANY(one), VARDATA_ANY(other), VARSIZE_ANY_EXHDR(one)) == 0;
}

static void
mark(uint8 *doubled, int64 row)
{
	doubled[row / 8] |= 1 << row % 8;
}

/* Marks the rows of a group that have the same text. */
static void
mark_equal(const KeyReader *reader, const HashedRows *candidates, int64 groups,
		   uint8 *doubled)
{
	KnownText **known = MemoryContextAllocExtended(CurrentMemoryContext,
												   groups * sizeof(KnownText *),
												   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 i = 0; i < candidates->n; i++)
	{
		const HashedRow *candidate = &candidates->row[i];
		KnownText  *text_of_group = known[candidate->hash];
		MemoryContext old;
		text	   *key;
		bool		null;

		CHECK_FOR_INTERRUPTS();
		if (i % ROWS_AT_ONCE == 0)
			MemoryContextReset(reader->scratch);
		old = MemoryContextSwitchTo(reader->scratch);
		key = key_of(reader->key, read_key(reader, candidate->row, &null));
		MemoryContextSwitchTo(old);
		while (text_of_group != NULL && !same_text(text_of_group->key, key))
			text_of_group = text_of_group->next;
		if (text_of_group == NULL)
		{
			text_of_group = palloc(sizeof(KnownText));
			text_of_group->key = palloc(VARSIZE_ANY(key));
			memcpy(text_of_group->key, key, VARSIZE_ANY(key));
			text_of_group->row = candidate->row;
			text_of_group->next = known[candidate->hash];
			known[candidate->hash] = text_of_group;
			continue;
		}
		mark(doubled, text_of_group->row);
		mark(doubled, candidate->row);
	}
}

uint8 *
doubled_rows(WindowObject window, int argument, KeyType *key, int64 rows,
			 Size memory)
{
	KeyReader	reader = {window, argument, key, rows, NULL, NULL};
	uint64		mask = pg_nextpower2_64(Max(rows, 64) * BITS_PER_ROW) - 1;
	uint64	   *bits;
	HashedRows	suspects;
	HashedRows	candidates;
	uint8	   *doubled = NULL;
	int64		groups;
	MemoryContext work;
	MemoryContext old;

	if (rows < 2)
		return NULL;
	work = AllocSetContextCreate(CurrentMemoryContext, "doubled rows",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	reader.scratch = AllocSetContextCreate(CurrentMemoryContext, "keys of rows",
										   ALLOCSET_DEFAULT_SIZES);
	if (rows <= (int64) (memory / sizeof(uint64)))
		reader.hash = MemoryContextAllocHuge(CurrentMemoryContext, rows * sizeof(uint64));
	bits = MemoryContextAllocExtended(CurrentMemoryContext, (mask + 1) / 8,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	suspects = find_suspects(&reader, bits, mask);
	candidates = suspects.n == 0 ? suspects : find_candidates(&reader, &suspects, bits, mask);
	groups = number_groups(&candidates);
	if (groups > 0)
	{
		doubled = MemoryContextAllocExtended(old, (rows + 7) / 8,
											 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		mark_equal(&reader, &candidates, groups, doubled);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	return doubled;
}
