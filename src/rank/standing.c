/*-------------------------------------------------------------------------
 *
 * standing.c
 *	  Places looked up in the scores that a frozen scoreboard keeps.
 *
 * A kept distribution holds 16 bytes a score, so that of a million firms is read
 * from its TOAST table in pieces: a look-up of one firm halves its way to the
 * score and reads about fifteen of them.  Who looks up many firms has it read
 * whole, once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/array.h"

#include "numbers/distribution.h"
#include "numbers/float_key.h"
#include "support/number_array.h"

/* Pieces are searched while this many numbers or more are left, then read. */
#define PIECE_NUMBERS	256

/* A kept distribution of scores, in memory or on disk. */
typedef struct KeptScores
{
	NumberArray array;
	int64		n;				/* scores */
	int64		npoints;		/* distinct ones */
} KeptScores;

static void
open_scores(FunctionCallInfo fcinfo, KeptScores *scores)
{
	double		header[KEPT_COLUMN_HEADER];

	scores->array = number_array_open(PG_GETARG_DATUM(0),
									  (KeptArrays **) &fcinfo->flinfo->fn_extra,
									  fcinfo->flinfo->fn_mcxt);
	if (scores->array.count >= KEPT_COLUMN_HEADER)
	{
		number_array_read(&scores->array, 0, KEPT_COLUMN_HEADER, header);
		scores->n = (int64) header[0];
		scores->npoints = (int64) header[KEPT_COLUMN_HEADER - 1];
		if (scores->npoints >= 0 &&
			scores->array.count == KEPT_COLUMN_HEADER + 2 * scores->npoints)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("profile is not the distribution of one score"),
			 errhint("Freeze the scoreboard again.")));
}

/*
 * How many of the ascending numbers from "first" on are below a limit, or at it
 * if "at" is true.
 */
static int64
numbers_below(const NumberArray *array, int64 first, int64 count, double limit,
			  bool at)
{
	double		buffer[PIECE_NUMBERS];
	const double *piece = buffer;
	int64		low = 0;
	int64		high = count;

	while (high - low > PIECE_NUMBERS)
	{
		int64		middle = low + (high - low) / 2;
		double		number;

		number_array_read(array, first + middle, 1, &number);
		if (at ? number <= limit : number < limit)
			low = middle + 1;
		else
			high = middle;
	}
	if (array->numbers != NULL)
		piece = array->numbers + first + low;
	else
		number_array_read(array, first + low, high - low, buffer);
	for (int64 base = low; low < high;)
	{
		int64		middle = low + (high - low) / 2;
		double		number = piece[middle - base];

		if (at ? number <= limit : number < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many scores are at or below the first so many distinct ones. */
static double
count_to(const KeptScores *scores, int64 points)
{
	double		count = 0;

	if (points > 0)
		number_array_read(&scores->array,
						  KEPT_COLUMN_HEADER + scores->npoints + points - 1, 1, &count);
	return count;
}

static Datum
find_place(FunctionCallInfo fcinfo)
{
	double		score = PG_GETARG_FLOAT8(1);
	KeptScores	scores;
	int64		points;
	double		at_or_below;
	double		place[4];

	open_scores(fcinfo, &scores);
	points = numbers_below(&scores.array, KEPT_COLUMN_HEADER, scores.npoints, score, true);
	at_or_below = count_to(&scores, points);
	place[0] = scores.n - at_or_below + 1;
	place[1] = scores.n > 0 ? 100 * at_or_below / scores.n : NAN;
	place[2] = 0;
	if (points > 0)
	{
		double		point;

		number_array_read(&scores.array, KEPT_COLUMN_HEADER + points - 1, 1, &point);
		if (point == score)
			place[2] = at_or_below - count_to(&scores, points - 1);
	}
	place[3] = scores.n;
	PG_RETURN_ARRAYTYPE_P(numbers_make(place, lengthof(place)));
}

PG_FUNCTION_INFO_V1(place_row);
/*
 * _innovation_score.place_row(profile float8[], score float8) → SETOF float8[]
 *
 * Rank and percentile of a score among those whose distribution this is, how
 * many of them have it, and how many there are.  A score that is not among them
 * comes after those above it.  One row always, NULL where an argument is NULL;
 * a set for the reasons of score_row(), and so that no plan caches places by
 * distribution, which it would read whole for every row.
 */
Datum
place_row(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	return find_place(fcinfo);
}

PG_FUNCTION_INFO_V1(score_cut);
/*
 * _innovation_score.score_cut(profile float8[], places bigint) → float8
 *
 * The lowest score of those whose distribution this is that has one of the first
 * so many places; NULL if there are fewer scores than places.
 */
Datum
score_cut(PG_FUNCTION_ARGS)
{
	int64		places = PG_GETARG_INT64(1);
	KeptScores	scores;
	int64		point;
	double		result;

	open_scores(fcinfo, &scores);
	if (places < 1 || scores.n < places)
		PG_RETURN_NULL();

	/* Its place is the number of scores above it, and one. */
	point = numbers_below(&scores.array, KEPT_COLUMN_HEADER + scores.npoints,
						  scores.npoints, (double) (scores.n - places + 1), false);
	number_array_read(&scores.array, KEPT_COLUMN_HEADER + point, 1, &result);
	PG_RETURN_FLOAT8(result);
}
