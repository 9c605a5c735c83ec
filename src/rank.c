/*-------------------------------------------------------------------------
 *
 * rank.c
 *	  Window functions score_rank and score_percentile.
 *
 * A rank needs no sorted rows: the scores alone are sorted, and every row looks
 * its rank up.  So the window needs no ORDER BY and the plan no Sort node, which
 * would carry whole rows.  Partitions whose scores do not fit the memory that a
 * hash table may take go through PostgreSQL's external sort (rank_external.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "compat.h"
#include "rank_external.h"
#include "score_reader.h"
#include "sorted_scores.h"

/* Of one partition; kept until the window goes on to the next one. */
typedef struct PartitionRanks
{
	bool		ready;
	int64		scored;
	ScoreReader reader;
	SortedScores *field;		/* sorted scores by field, or ... */
	ExternalRanks *external;	/* ... ranks in temporary files */
} PartitionRanks;

/* How many scores each field has; the reader learns the fields on the way. */
static int64 *
count_scores(ScoreReader *reader, int64 *total)
{
	int64		room = 16;
	int64	   *count = palloc0(room * sizeof(int64));
	uint64		key;
	uint32		field;

	*total = 0;
	for (int64 row = 0; row < reader->rows; row++)
	{
		if (!score_reader_row(reader, row, &key, &field))
			continue;
		if (field >= room)
		{
			count = repalloc_huge(count, room * 2 * sizeof(int64));
			memset(count + room, 0, room * sizeof(int64));
			room *= 2;
		}
		count[field]++;
		(*total)++;
	}
	return count;
}

static void
rank_in_memory(PartitionRanks *ranks)
{
	ScoreReader *reader = &ranks->reader;
	MemoryContext partition = GetMemoryChunkContext(ranks);
	bool		one_field = reader->fields == NULL;
	int64		total = reader->rows;
	int64	   *count = one_field ? NULL : count_scores(reader, &total);
	uint32		nfields = one_field ? 1 : Max(score_reader_fields(reader), 1);
	uint64	   *keys = MemoryContextAllocHuge(partition, Max(total, 1) * sizeof(uint64));
	uint64		key;
	uint32		field;

	ranks->field = MemoryContextAllocHuge(partition, nfields * sizeof(SortedScores));
	for (uint32 i = 0; i < nfields; i++)
	{
		ranks->field[i].key = keys;
		ranks->field[i].n = 0;
		keys += one_field ? total : count[i];
	}
	for (int64 row = 0; row < reader->rows; row++)
		if (score_reader_row(reader, row, &key, &field))
		{
			ranks->field[field].key[ranks->field[field].n++] = key;
			ranks->scored++;
		}
	for (uint32 i = 0; i < nfields; i++)
	{
		Size		entries = sorted_scores_index_size(ranks->field[i].n);

		ranks->field[i].slice_start = MemoryContextAllocHuge(partition,
															 entries * sizeof(int64));
		sorted_scores_prepare(&ranks->field[i]);
	}
}

static PartitionRanks *
partition_ranks(FunctionCallInfo fcinfo, bool by_field)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionRanks *ranks = WinGetPartitionLocalMemory(window, sizeof(PartitionRanks));
	MemoryContext work;
	MemoryContext old;
	Size		bytes;

	if (ranks->ready)
		return ranks;

	work = AllocSetContextCreate(CurrentMemoryContext, "score_rank",
								 ALLOCSET_DEFAULT_SIZES);
	score_reader_init(&ranks->reader, window, by_field,
					  GetMemoryChunkContext(ranks));
	old = MemoryContextSwitchTo(work);
	bytes = ranks->reader.rows * sizeof(uint64) +
		sorted_scores_index_size(ranks->reader.rows) * sizeof(int64);
	if (bytes <= get_hash_memory_limit())
		rank_in_memory(ranks);
	else
		ranks->external = rank_externally(&ranks->reader,
										  GetMemoryChunkContext(ranks),
										  fcinfo->flinfo->fn_mcxt,
										  &ranks->scored);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	ranks->ready = true;
	return ranks;
}

/* The rank of the current row, 0 for none. */
static int64
current_rank(FunctionCallInfo fcinfo, PartitionRanks *ranks)
{
	int64		row = WinGetCurrentPosition(PG_WINDOW_OBJECT());
	uint64		key;
	uint32		field;

	if (ranks->external != NULL)
		return external_rank(ranks->external, row);
	if (!score_reader_current(&ranks->reader, &key, &field))
		return 0;
	return sorted_scores_above(&ranks->field[field], key) + 1;
}

static Datum
rank_datum(FunctionCallInfo fcinfo, bool by_field)
{
	int64		rank = current_rank(fcinfo, partition_ranks(fcinfo, by_field));

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
	return rank_datum(fcinfo, false);
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
	return rank_datum(fcinfo, true);
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
	int64		rank = current_rank(fcinfo, ranks);

	if (rank == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(100.0 * (ranks->scored - rank + 1) / ranks->scored);
}
