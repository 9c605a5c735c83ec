/*-------------------------------------------------------------------------
 *
 * rank.c
 *	  Window functions score_rank and score_percentile.
 *
 * A rank needs no sorted rows: the scores alone are sorted, as integers, and
 * every row is told its rank.  So the window needs no ORDER BY and the plan no
 * Sort node, which would carry whole rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "compat.h"
#include "float_key.h"

/* A scored row, to be sorted. */
typedef struct RankEntry
{
	uint64		key;			/* order-preserving image of the score */
	uint32		row;
	uint32		field;
} RankEntry;

/* Of one partition; kept until the window goes on to the next one. */
typedef struct PartitionRanks
{
	bool		ready;
	int64		scored;
	int64	   *rank;			/* by row; 0 for none */
} PartitionRanks;

#define DIGIT_BITS		16
#define DIGIT_VALUES	(1 << DIGIT_BITS)

/*
 * Sort by key, descending, digit by digit from the last to the first.  Returns
 * the sorted entries, which may be in either array.
 */
static RankEntry *
sort_entries(RankEntry *entries, RankEntry *other, int64 n)
{
	int64	   *start = palloc(DIGIT_VALUES * sizeof(int64));

	for (int shift = 0; shift < 64; shift += DIGIT_BITS)
	{
		int64		at = 0;
		RankEntry  *swap;

		CHECK_FOR_INTERRUPTS();
		memset(start, 0, DIGIT_VALUES * sizeof(int64));
		for (int64 i = 0; i < n; i++)
			start[(entries[i].key >> shift) % DIGIT_VALUES]++;

		/* A digit that all keys share sorts nothing. */
		if (start[(entries[0].key >> shift) % DIGIT_VALUES] == n)
			continue;
		for (int digit = DIGIT_VALUES - 1; digit >= 0; digit--)
		{
			int64		count = start[digit];

			start[digit] = at;
			at += count;
		}
		for (int64 i = 0; i < n; i++)
			other[start[(entries[i].key >> shift) % DIGIT_VALUES]++] = entries[i];
		swap = entries;
		entries = other;
		other = swap;
	}
	pfree(start);
	return entries;
}

/* Ranks are shared by ties and counted apart for each field. */
static void
assign_ranks(PartitionRanks *ranks, const RankEntry *sorted, int64 n,
			 uint32 nfields)
{
	struct
	{
		uint64		key;
		int64		seen;
		int64		rank;
	}		   *field = palloc0(nfields * sizeof(*field));

	for (int64 i = 0; i < n; i++)
	{
		const RankEntry *entry = &sorted[i];

		if (field[entry->field].seen++ == 0 ||
			field[entry->field].key != entry->key)
			field[entry->field].rank = field[entry->field].seen;
		field[entry->field].key = entry->key;
		ranks->rank[entry->row] = field[entry->field].rank;
	}
	pfree(field);
}

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
field_number(HTAB *fields, text *value)
{
	FieldKey	key;
	FieldEntry *entry;
	bool		found;

	key.data = VARDATA_ANY(value);
	key.length = VARSIZE_ANY_EXHDR(value);
	key.hash = hash_bytes((const unsigned char *) key.data, key.length);
	entry = hash_search(fields, &key, HASH_ENTER, &found);
	if (!found)
	{
		char	   *copy = palloc(key.length + 1);

		memcpy(copy, key.data, key.length);
		entry->key.data = copy;
		entry->number = hash_get_num_entries(fields) - 1;
	}
	return entry->number;
}

static HTAB *
create_fields(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(FieldKey);
	control.entrysize = sizeof(FieldEntry);
	control.hash = field_hash;
	control.match = field_compare;
	control.hcxt = CurrentMemoryContext;
	return hash_create("score_rank fields", 64, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static void
rank_partition(WindowObject window, PartitionRanks *ranks, bool by_field)
{
	MemoryContext partition = GetMemoryChunkContext(ranks);
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext,
											   "score_rank",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);
	int64		rows = WinGetPartitionRowCount(window);
	RankEntry  *entries;
	RankEntry  *other;
	HTAB	   *fields = by_field ? create_fields() : NULL;
	int64		n = 0;

	if (rows > PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot rank more than %u rows of one partition",
						PG_UINT32_MAX)));
	entries = MemoryContextAllocHuge(work, rows * sizeof(RankEntry));
	for (int64 row = 0; row < rows; row++)
	{
		bool		null;
		bool		outside;
		Datum		score;
		double		value;

		CHECK_FOR_INTERRUPTS();
		score = WinGetFuncArgInPartition(window, 0, row, WINDOW_SEEK_HEAD,
										 false, &null, &outside);
		if (null)
			continue;
		entries[n].field = 0;
		if (by_field)
		{
			Datum		field = WinGetFuncArgInPartition(window, 1, row,
														 WINDOW_SEEK_HEAD,
														 false, &null, &outside);

			if (null)
				continue;
			entries[n].field = field_number(fields, DatumGetTextPP(field));
		}
		value = DatumGetFloat8(score);
		/* As PostgreSQL's ORDER BY has it: NaN is above all, -0 equals 0. */
		entries[n].key = float_key(isnan(value) ? NAN : sample_value(value));
		entries[n].row = (uint32) row;
		n++;
	}

	ranks->scored = n;
	ranks->rank = MemoryContextAllocHuge(partition, Max(rows, 1) * sizeof(int64));
	memset(ranks->rank, 0, rows * sizeof(int64));
	if (n > 0)
	{
		other = MemoryContextAllocHuge(work, n * sizeof(RankEntry));
		assign_ranks(ranks, sort_entries(entries, other, n), n,
					 by_field ? hash_get_num_entries(fields) : 1);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	ranks->ready = true;
}

static PartitionRanks *
partition_ranks(FunctionCallInfo fcinfo, bool by_field)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionRanks *ranks = WinGetPartitionLocalMemory(window, sizeof(PartitionRanks));

	if (!ranks->ready)
		rank_partition(window, ranks, by_field);
	return ranks;
}

static Datum
current_rank(FunctionCallInfo fcinfo, bool by_field)
{
	PartitionRanks *ranks = partition_ranks(fcinfo, by_field);
	int64		rank = ranks->rank[WinGetCurrentPosition(PG_WINDOW_OBJECT())];

	if (rank == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(rank);
}

PG_FUNCTION_INFO_V1(score_rank);
/*
 * score_rank(score float8) OVER ([PARTITION BY ...]) → bigint
 *
 * Competition rank within the partition: 1 for the highest score, ties share a
 * rank and leave a gap behind; NULL for NULL.  What rank() OVER (ORDER BY score
 * DESC) gives, without the sort of rows.
 */
Datum
score_rank(PG_FUNCTION_ARGS)
{
	return current_rank(fcinfo, false);
}

PG_FUNCTION_INFO_V1(score_rank_field);
/*
 * score_rank(score float8, field text) OVER ([PARTITION BY ...]) → bigint
 *
 * The same among the rows of the partition with the same field, so that ranks
 * within stages come from the window that ranks overall.
 */
Datum
score_rank_field(PG_FUNCTION_ARGS)
{
	return current_rank(fcinfo, true);
}

PG_FUNCTION_INFO_V1(score_percentile);
/*
 * score_percentile(score float8) OVER ([PARTITION BY ...]) → float8
 *
 * 100 * (rows scoring at or below this one) / (rows scored); NULL for NULL.
 */
Datum
score_percentile(PG_FUNCTION_ARGS)
{
	PartitionRanks *ranks = partition_ranks(fcinfo, false);
	int64		rank = ranks->rank[WinGetCurrentPosition(PG_WINDOW_OBJECT())];

	if (rank == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(100.0 * (ranks->scored - rank + 1) / ranks->scored);
}
