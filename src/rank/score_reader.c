/*-------------------------------------------------------------------------
 *
 * score_reader.c
 *	  The scores, and the fields they are ranked in, of a window's partition.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "support/compat.h"
#include "numbers/float_key.h"
#include "model/model.h"
#include "rank/score_reader.h"

/* The number of a field's value. */
static uint32
read_field(ScoreReader *reader, Datum value)
{
	text	   *field = DatumGetTextPP(value);
	uint32		number = field_number(reader->fields, VARDATA_ANY(field),
									  VARSIZE_ANY_EXHDR(field));

	reader->nfields = Max(reader->nfields, number + 1);
	return number;
}

void
score_reader_init(ScoreReader *reader, WindowObject window,
				  ScoreArguments arguments)
{
	reader->window = window;
	reader->arguments = arguments;
	reader->rows = WinGetPartitionRowCount(window);
	reader->nfields = 1;
	reader->fields = arguments == SCORE_AND_FIELD ?
		field_numbers_create(CurrentMemoryContext) : NULL;
	reader->doubled = NULL;
}

static void
not_a_score_row(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("row must be what score_row() returns")));
}

/*
 * The score and the stage's number in what score_row() returned.  Rows of a
 * window come with packed headers: read in place, they need not be copied.
 */
static bool
read_score_row(ScoreReader *reader, Datum datum, ScoreKey *score)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(datum);
	const char *array = VARDATA_ANY(packed) - VARHDRSZ;
	ArrayType	header;
	int			count = 0;
	int			nulls = 0;
	double		numbers[3];

	memcpy((char *) &header + VARHDRSZ, VARDATA_ANY(packed),
		   sizeof(ArrayType) - VARHDRSZ);
	if (header.ndim == 1)
	{
		memcpy(&count, array + sizeof(ArrayType), sizeof(count));
		if (header.dataoffset != 0)
			nulls = ~*(array + ARR_OVERHEAD_NONULLS(1));
	}
	if (nulls & 1)
		return false;

	/* Score, coverage and stage must be there, category scores need not. */
	if (count < (int) lengthof(numbers) || (nulls & 6) != 0)
		not_a_score_row();
	memcpy(numbers, array + (header.dataoffset != 0 ? (Size) header.dataoffset :
							 ARR_OVERHEAD_NONULLS(1)), sizeof(numbers));
	if (!(numbers[2] >= 0 && numbers[2] < MODEL_MAX_STAGES))
		not_a_score_row();
	score->key = score_key(numbers[0]);
	score->field = (uint32) numbers[2];
	reader->nfields = Max(reader->nfields, score->field + 1);
	return true;
}

static Datum
row_argument(ScoreReader *reader, int argument, int64 row, bool *null)
{
	bool		outside;

	return WinGetFuncArgInPartition(reader->window, argument, row,
									WINDOW_SEEK_HEAD, false, null, &outside);
}

bool
score_reader_row(ScoreReader *reader, int64 row, ScoreKey *score)
{
	bool		null;
	Datum		datum;

	CHECK_FOR_INTERRUPTS();
	if (is_doubled(reader->doubled, row))
		return false;
	datum = row_argument(reader, 0, row, &null);
	if (null)
		return false;
	if (reader->arguments == SCORE_ROW)
		return read_score_row(reader, datum, score);
	score->key = score_key(DatumGetFloat8(datum));
	score->field = 0;
	if (reader->arguments == SCORE_ONLY)
		return true;
	datum = row_argument(reader, 1, row, &null);
	if (!null)
		score->field = read_field(reader, datum);
	return !null;
}
