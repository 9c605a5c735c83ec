/*-------------------------------------------------------------------------
 *
 * rank.c
 *	  Window functions score_rank and ranked_row.
 *
 * A rank needs no sorted rows: the scores are sorted with the numbers of their
 * rows, and one walk over them gives each row its ranks.  So the window needs no
 * ORDER BY and the plan no Sort node, which would carry whole rows.  Partitions
 * whose scores do not fit the memory that a hash table may take go through
 * PostgreSQL's external sort (rank_external.c).
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
#include "support/number_array.h"
#include "rank/rank_external.h"
#include "rank/score_reader.h"
#include "numbers/radix_sort.h"
#include "rank/percentile.h"

/* The ranks of a row; overall is 0 for none. */
typedef struct RankedRow
{
	uint32		overall;
	uint32		in_field;
} RankedRow;

/* Of one partition; kept until the window goes on to the next one. */
typedef struct PartitionRanks
{
	bool		ready;
	int64		scored;
	RankedRow  *row;			/* ranks in memory, or ... */
	ExternalRanks *external;	/* ... in temporary files */
} PartitionRanks;

/* Bytes per row that ranking in memory takes: the scores, and room to sort them. */
#define BYTES_PER_ROW	(2 * sizeof(SortItem))

StaticAssertDecl(sizeof(RankedRow) <= sizeof(SortItem), "ranks fit where scores were sorted");

/* The place of a score that is sorted: its row, and the number of its field. */
static inline uint64
pack_place(int64 row, uint32 field)
{
	return (uint64) field << 32 | (uint64) row;
}

static void
rank_in_memory(ScoreReader *reader, PartitionRanks *ranks,
			   MemoryContext partition)
{
	Size		room = Max(reader->rows, 1);
	SortItem   *scores = MemoryContextAllocHuge(CurrentMemoryContext, room * sizeof(SortItem));
	SortItem   *buffer = MemoryContextAllocHuge(partition, room * sizeof(SortItem));
	FieldRank	overall = {0};
	FieldRank  *fields;

	for (int64 i = 0; i < reader->rows; i++)
	{
		ScoreKey	score;

		if (!score_reader_row(reader, i, &score))
			continue;
		scores[ranks->scored].key = score.key;
		scores[ranks->scored++].place = pack_place(i, score.field);
	}
	sort_items(scores, buffer, ranks->scored);

	/* The buffer has done its work, and the ranks take less. */
	ranks->row = memset(repalloc_huge(buffer, room * sizeof(RankedRow)), 0, room * sizeof(RankedRow));
	fields = MemoryContextAllocExtended(CurrentMemoryContext,
										reader->nfields * sizeof(FieldRank),
										MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int64 i = ranks->scored - 1; i >= 0; i--)
	{
		RankedRow  *row = &ranks->row[(uint32) scores[i].place];

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		row->overall = (uint32) next_rank(&overall, scores[i].key);
		row->in_field = (uint32) next_rank(&fields[scores[i].place >> 32], scores[i].key);
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
	if (reader.rows <= (int64) (get_hash_memory_limit() / BYTES_PER_ROW) &&
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
	result.overall = ranks->row[position].overall;
	result.in_field = ranks->row[position].in_field;
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

PG_FUNCTION_INFO_V1(row_percentile);
/*
 * _innovation_score.percentile(row float8[], place integer) → float8
 *
 * The percentile of a row by what ranked_row() added to it from this place on;
 * NULL where the row has no rank.
 */
Datum
row_percentile(PG_FUNCTION_ARGS)
{
	Datum		row = PG_GETARG_DATUM(0);
	int32		place = PG_GETARG_INT32(1);
	double		rank;
	double		scored;

	if (!number_at(row, place, &rank) || !number_at(row, place + 2, &scored))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(rank_percentile((uint32) rank, (uint32) scored));
}
