/*-------------------------------------------------------------------------
 *
 * rank.c
 *	  Window functions score_rank and ranked_row.
 *
 * A rank needs no sorted rows: the scores alone are sorted, and every row looks
 * its rank up.  So the window needs no ORDER BY and the plan no Sort node, which
 * would carry whole rows.  All rows are looked up at once, when the partition
 * has been read: the looks into memory then overlap.  Partitions whose scores
 * do not fit the memory that a hash table may take go through PostgreSQL's
 * external sort (rank_external.c).
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

#include "support/compat.h"
#include "rank/rank_external.h"
#include "rank/score_reader.h"
#include "numbers/sorted_scores.h"

/* The key of a row that is not scored; no score has it (see float_key.h). */
#define NOT_SCORED		UINT64CONST(0)

/* What is known of a row: at first its score, then its ranks. */
typedef union RankedRow
{
	uint64		key;
	struct
	{
		uint32		overall;	/* 0 for none */
		uint32		in_field;
	}			rank;
} RankedRow;

/* Of one partition; kept until the window goes on to the next one. */
typedef struct PartitionRanks
{
	bool		ready;
	int64		scored;
	RankedRow  *row;			/* ranks in memory, or ... */
	ExternalRanks *external;	/* ... in temporary files */
} PartitionRanks;

/* Bytes a row that ranking in memory takes at the most. */
static Size
bytes_per_row(ScoreArguments arguments)
{
	Size		size = sizeof(RankedRow) + sizeof(uint64) + 1;

	if (arguments != SCORE_ONLY)
		size += sizeof(uint32); /* its field */
	if (arguments == SCORE_ROW)
		size += sizeof(uint32); /* scores above it */
	return size;
}

/* Read the scores of all rows into "row", their fields into "field". */
static void
read_scores(ScoreReader *reader, PartitionRanks *ranks, uint32 *field)
{
	for (int64 i = 0; i < reader->rows; i++)
	{
		ScoreKey	score;

		ranks->row[i].key = NOT_SCORED;
		if (!score_reader_row(reader, i, &score))
			continue;
		ranks->row[i].key = score.key;
		if (field != NULL)
			field[i] = score.field;
		ranks->scored++;
	}
}

/* The scores of each field, sorted. */
static SortedScores *
sort_scores(const ScoreReader *reader, const PartitionRanks *ranks,
			const uint32 *field)
{
	SortedScores *sorted = palloc0(reader->nfields * sizeof(SortedScores));
	uint64	   *keys = MemoryContextAllocHuge(CurrentMemoryContext,
											  Max(ranks->scored, 1) * sizeof(uint64));

	for (int64 i = 0; i < reader->rows; i++)
		if (ranks->row[i].key != NOT_SCORED)
			sorted[field == NULL ? 0 : field[i]].n++;
	for (uint32 i = 0; i < reader->nfields; i++)
	{
		sorted[i].key = keys;
		keys += sorted[i].n;
		sorted[i].n = 0;
	}
	for (int64 i = 0; i < reader->rows; i++)
		if (ranks->row[i].key != NOT_SCORED)
		{
			SortedScores *scores = &sorted[field == NULL ? 0 : field[i]];

			scores->key[scores->n++] = ranks->row[i].key;
		}
	CHECK_FOR_INTERRUPTS();
	for (uint32 i = 0; i < reader->nfields; i++)
		sorted_scores_prepare(&sorted[i]);
	if (reader->arguments == SCORE_ROW)
		sorted_scores_compare(sorted, reader->nfields);
	return sorted;
}

static void
rank_in_memory(ScoreReader *reader, PartitionRanks *ranks,
			   MemoryContext partition)
{
	uint32	   *field = NULL;
	SortedScores *sorted;

	ranks->row = MemoryContextAllocHuge(partition,
										Max(reader->rows, 1) * sizeof(RankedRow));
	if (reader->arguments != SCORE_ONLY)
		field = MemoryContextAllocHuge(CurrentMemoryContext,
									   Max(reader->rows, 1) * sizeof(uint32));
	read_scores(reader, ranks, field);
	sorted = sort_scores(reader, ranks, field);

	for (int64 i = 0; i < reader->rows; i++)
	{
		RankedRow  *row = &ranks->row[i];
		const SortedScores *scores = &sorted[0];
		int64		behind;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (row->key == NOT_SCORED)
		{
			row->rank.overall = 0;
			continue;
		}
		if (field != NULL)
			scores = &sorted[field[i]];
		behind = sorted_scores_behind(scores, row->key);
		row->rank.in_field = (uint32) (scores->n - behind + 1);
		row->rank.overall = scores->above == NULL ? row->rank.in_field :
			scores->above[behind - 1] + 1;
	}
}

/* Rows with the same key, unless the source says that there are none. */
static uint8 *
find_doubled(FunctionCallInfo fcinfo, int64 rows)
{
	WindowObject window = PG_WINDOW_OBJECT();
	bool		null;
	bool		unique = DatumGetBool(WinGetFuncArgCurrent(window, 2, &null));

	if (unique && !null)
		return NULL;
	return doubled_rows(window, 1,
						key_type_create(get_fn_expr_argtype(fcinfo->flinfo, 1),
										PG_GET_COLLATION(), CurrentMemoryContext),
						rows, get_hash_memory_limit());
}

static PartitionRanks *
partition_ranks(FunctionCallInfo fcinfo, ScoreArguments arguments)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionRanks *ranks = WinGetPartitionLocalMemory(window, sizeof(PartitionRanks));
	MemoryContext partition = GetMemoryChunkContext(ranks);
	MemoryContext work;
	MemoryContext old;
	ScoreReader reader;

	if (ranks->ready)
		return ranks;

	refuse_null_treatment(window, fcinfo);
	work = AllocSetContextCreate(CurrentMemoryContext, "score_rank",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	score_reader_init(&reader, window, arguments);
	if (arguments == SCORE_ROW && PG_NARGS() > 1)
		reader.doubled = find_doubled(fcinfo, reader.rows);
	if (reader.rows <= (int64) (get_hash_memory_limit() / bytes_per_row(arguments)) &&
		reader.rows < PG_UINT32_MAX)
		rank_in_memory(&reader, ranks, partition);
	else
		ranks->external = rank_externally(&reader, partition,
										  fcinfo->flinfo->fn_mcxt,
										  &ranks->scored);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	ranks->ready = true;
	return ranks;
}

/* The ranks of the current row; overall 0 if it has none. */
static RowRanks
current_ranks(FunctionCallInfo fcinfo, const PartitionRanks *ranks)
{
	int64		position = WinGetCurrentPosition(PG_WINDOW_OBJECT());
	RowRanks	result;

	if (ranks->external != NULL)
		return external_ranks(ranks->external, position);
	result.overall = ranks->row[position].rank.overall;
	result.in_field = ranks->row[position].rank.in_field;
	return result;
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
	RowRanks	row = current_ranks(fcinfo, partition_ranks(fcinfo, SCORE_ONLY));

	if (row.overall == 0)
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
	RowRanks	row = current_ranks(fcinfo, partition_ranks(fcinfo, SCORE_AND_FIELD));

	if (row.overall == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(row.in_field);
}

#define RANKED_ROW_MORE		3

/* The row with three numbers more, which are NULL where it has no rank. */
static ArrayType *
append_ranks(ArrayType *row, const RowRanks *ranks, int64 scored)
{
	double		more[RANKED_ROW_MORE] = {(double) ranks->overall, (double) ranks->in_field, (double) scored};
	int			count = ArrayGetNItems(ARR_NDIM(row), ARR_DIMS(row));
	int			total = count + RANKED_ROW_MORE;
	Datum	   *elements;
	bool	   *nulls;
	int			lower = 1;

	if (!ARR_HASNULL(row) && ranks->overall > 0)
	{
		Size		size = ARR_OVERHEAD_NONULLS(1) + total * sizeof(double);
		ArrayType  *result = palloc(size);

		SET_VARSIZE(result, size);
		result->ndim = 1;
		result->dataoffset = 0;
		result->elemtype = FLOAT8OID;
		ARR_DIMS(result)[0] = total;
		ARR_LBOUND(result)[0] = lower;
		memcpy(ARR_DATA_PTR(result), ARR_DATA_PTR(row), count * sizeof(double));
		memcpy(ARR_DATA_PTR(result) + count * sizeof(double), more, sizeof(more));
		return result;
	}
	deconstruct_array(row, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &count);
	elements = repalloc(elements, total * sizeof(Datum));
	nulls = repalloc(nulls, total * sizeof(bool));
	for (int i = 0; i < RANKED_ROW_MORE; i++)
	{
		elements[count + i] = Float8GetDatum(more[i]);
		nulls[count + i] = ranks->overall == 0;
	}
	return construct_md_array(elements, nulls, 1, &total, &lower, FLOAT8OID,
							  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

PG_FUNCTION_INFO_V1(ranked_row);
/*
 * ranked_row(row float8[] [, key "any", unique boolean])
 *			OVER ([PARTITION BY ...]) → float8[]
 *
 * What score_row() gives, with three elements more: rank, rank within the
 * stage, and how many rows of the partition are scored; NULL where the score is
 * NULL.  Everything that a ranking shows, from one reading of the partition.
 * Doubles hold counts exactly up to 2^53.
 *
 * Rows with the same key have no rank, and others are ranked as if they were
 * not there.  Keys are not read where they are known to be unique.
 */
Datum
ranked_row(PG_FUNCTION_ARGS)
{
	PartitionRanks *ranks = partition_ranks(fcinfo, SCORE_ROW);
	RowRanks	row = current_ranks(fcinfo, ranks);
	bool		null;
	Datum		scores = WinGetFuncArgCurrent(PG_WINDOW_OBJECT(), 0, &null);

	if (null)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(append_ranks(DatumGetArrayTypeP(scores), &row, ranks->scored));
}
