/*-------------------------------------------------------------------------
 *
 * rank.c
 *	  Window functions score_rank and row_ranks.
 *
 * A rank needs no sorted rows: the scores alone are sorted, and every row looks
 * its rank up.  So the window needs no ORDER BY and the plan no Sort node, which
 * would carry whole rows.  Partitions whose scores do not fit the memory that a
 * hash table may take go through PostgreSQL's external sort (rank_external.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
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
	uint32		nfields;
	SortedScores *field;		/* sorted scores by field, or ... */
	ExternalRanks *external;	/* ... ranks in temporary files */
} PartitionRanks;

/* Bytes a row that ranking in memory takes at the most. */
static Size
bytes_per_row(ScoreArguments arguments)
{
	/* Arrays of unknown size grow by half; fields are read ahead. */
	switch (arguments)
	{
		case SCORE_ONLY:
			return sizeof(uint64);
		case SCORE_ROW:
			return sizeof(uint64) * 3 / 2 + sizeof(uint32);
		case SCORE_AND_FIELD:
			return sizeof(uint64) * 3 / 2 + sizeof(uint32);
	}
	return 0;
}

static void
rank_in_memory(PartitionRanks *ranks)
{
	ScoreReader *reader = &ranks->reader;
	MemoryContext partition = reader->context;
	uint32		room = 0;
	ScoreKey	score;

	score_reader_read_fields(reader);
	for (int64 row = 0; row < reader->rows; row++)
	{
		if (!score_reader_row(reader, row, &score))
			continue;
		while (score.field >= room)
		{
			uint32		wanted = Max(room * 2, 8);

			ranks->field = ranks->field == NULL ?
				MemoryContextAllocHuge(partition, wanted * sizeof(SortedScores)) :
				repalloc_huge(ranks->field, wanted * sizeof(SortedScores));
			memset(ranks->field + room, 0, (wanted - room) * sizeof(SortedScores));
			if (reader->arguments == SCORE_ONLY)
				sorted_scores_reserve(&ranks->field[0], reader->rows, partition);
			room = wanted;
		}
		sorted_scores_add(&ranks->field[score.field], score.key, partition);
		ranks->scored++;
	}
	score_reader_forget(reader);
	ranks->nfields = ranks->scored > 0 ? reader->nfields : 0;
	for (uint32 i = 0; i < ranks->nfields; i++)
		sorted_scores_prepare(&ranks->field[i], partition);
	if (reader->arguments == SCORE_ROW)
		sorted_scores_compare(ranks->field, ranks->nfields, partition);
}

static PartitionRanks *
partition_ranks(FunctionCallInfo fcinfo, ScoreArguments arguments)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionRanks *ranks = WinGetPartitionLocalMemory(window, sizeof(PartitionRanks));
	MemoryContext partition = GetMemoryChunkContext(ranks);
	MemoryContext work;
	MemoryContext old;

	if (ranks->ready)
		return ranks;

	work = AllocSetContextCreate(CurrentMemoryContext, "score_rank",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	score_reader_init(&ranks->reader, window, arguments, partition);
	if (ranks->reader.rows <= (int64) (get_hash_memory_limit() / bytes_per_row(arguments)) &&
		ranks->reader.rows <= PG_UINT32_MAX)
		rank_in_memory(ranks);
	else
		ranks->external = rank_externally(&ranks->reader, partition,
										  fcinfo->flinfo->fn_mcxt,
										  &ranks->scored);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	ranks->ready = true;
	return ranks;
}

/* The ranks of the current row; false if it has none. */
static bool
current_ranks(FunctionCallInfo fcinfo, PartitionRanks *ranks, RowRanks *result)
{
	ScoreReader *reader = &ranks->reader;
	const SortedScores *field;
	ScoreKey	score;
	int64		behind = 0;

	if (ranks->external != NULL)
	{
		*result = external_ranks(ranks->external,
								 WinGetCurrentPosition(PG_WINDOW_OBJECT()));
		return result->overall > 0;
	}
	if (!score_reader_current(reader, &score))
		return false;

	field = &ranks->field[score.field];
	if (score.field < ranks->nfields && field->n > 0)
		behind = sorted_scores_behind(field, score.key);
	if (behind == 0 || field->key[behind - 1] != score.key)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score is another one when it is evaluated again"),
				 errhint("Scores that are ranked must not be volatile; compute them in a subquery with OFFSET 0.")));
	result->in_field = field->n - behind + 1;
	if (reader->arguments == SCORE_ROW)
		result->overall = (int64) field->above[behind - 1] + 1;
	else
		result->overall = result->in_field;
	return true;
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
	PartitionRanks *ranks = partition_ranks(fcinfo, SCORE_ONLY);
	RowRanks	row;

	if (!current_ranks(fcinfo, ranks, &row))
		PG_RETURN_NULL();
	PG_RETURN_INT64(row.overall);
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
	PartitionRanks *ranks = partition_ranks(fcinfo, SCORE_AND_FIELD);
	RowRanks	row;

	if (!current_ranks(fcinfo, ranks, &row))
		PG_RETURN_NULL();
	PG_RETURN_INT64(row.in_field);
}

PG_FUNCTION_INFO_V1(row_ranks);
/*
 * row_ranks(row float8[]) OVER ([PARTITION BY ...]) → bigint[]
 *
 * For what score_row() gives: rank, rank within the stage, and how many rows of
 * the partition are scored.  Everything that a ranking shows, from one reading
 * of the partition.  NULL where the score is NULL.
 */
Datum
row_ranks(PG_FUNCTION_ARGS)
{
	PartitionRanks *ranks = partition_ranks(fcinfo, SCORE_ROW);
	RowRanks	row;
	Datum		numbers[3];

	if (!current_ranks(fcinfo, ranks, &row))
		PG_RETURN_NULL();
	numbers[0] = Int64GetDatum(row.overall);
	numbers[1] = Int64GetDatum(row.in_field);
	numbers[2] = Int64GetDatum(ranks->scored);
	PG_RETURN_ARRAYTYPE_P(construct_array(numbers, lengthof(numbers), INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}
