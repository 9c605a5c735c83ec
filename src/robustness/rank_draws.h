/*-------------------------------------------------------------------------
 *
 * rank_draws.h
 *	  Ranks of the same rows under many sets of weights.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RANK_DRAWS_H
#define RANK_DRAWS_H

#include "storage/buffile.h"

#include "model/model.h"

/* What multiplies the weight of each indicator in a draw, from 1 on. */
typedef void (*DrawFactors) (const void *plan, int draw, double *factors);

/*
 * Rows, and the model that scores them: in draw 0 with its own weights, in the
 * others with these multiplied.  Ranks are kept in memory or, where they are
 * too many for that, in a temporary file.
 */
typedef struct RankDraws
{
	const ScoreModel *model;
	ScoreModel *drawn;			/* the same with the weights of a draw */
	int			ndraws;			/* draw 0 among them */
	DrawFactors factors;
	const void *plan;			/* theirs */
	int64		n;				/* rows */
	int64		room;
	double	   *values;			/* [row][indicator], NaN where missing */
	uint8	   *stage;			/* [row] */
	uint32	   *ranks;			/* [draw][row], or ... */
	BufFile    *file;			/* ... the same there */
} RankDraws;

/* A rank of a row that has no score. */
#define NO_RANK		0

/* No rows yet, and no draws but the first; all in the current context. */
extern RankDraws *rank_draws_create(const ScoreModel *model);

/* Make room for so many rows; later there may be more of it. */
extern void rank_draws_reserve(RankDraws *draws, int64 rows);

/* There must be room for it. */
extern void rank_draws_add(RankDraws *draws, int stage,
						   const double *values);

/*
 * All rows are there: rank them in each draw.  At most so many bytes of
 * ranks are kept in memory, which is the current context's.
 */
extern void rank_draws_rank(RankDraws *draws, Size memory);

/* The ranks of some rows, each in every draw: [row][draw]. */
extern void rank_draws_read(RankDraws *draws, int64 first, int64 count,
							uint32 *ranks);

/* How far the ranks of a draw are from those of draw 0. */
typedef struct RankMovement
{
	int64		ranked;			/* rows that the draw ranks */
	int64		pairs;			/* of these, those that draw 0 ranks, too */
	int64		moved;			/* of these, those whose rank is another */
	int64		most;			/* the greatest difference */
	double		mean;			/* of the differences, NaN without pairs */
	double		spearman;		/* NaN as that of spearman_rho() */
} RankMovement;

/*
 * All rows are there: the movements of the draws after the first, one after the
 * other; ranks are kept of two only.
 */
extern void rank_draws_compare(RankDraws *draws, RankMovement *movements);

/*
 * All rows are there: the mean difference between the ranks in each draw after
 * the first and those in draw 0, over the rows that both rank; NaN without any.
 */
extern void rank_draws_shifts(RankDraws *draws, double *shifts);

/* What the ranks of a row come to. */
typedef struct RankSpread
{
	double		mean;
	double		median;
	double		low;			/* 5 % quantile */
	double		high;			/* 95 % quantile */
} RankSpread;

/*
 * Of n ranks, which are sorted in place, those that are none left out; NaN if
 * no one is left.  Quantiles with linear interpolation, as percentile_cont has
 * them.
 */
extern void rank_spread(uint32 *ranks, int n, RankSpread *spread);

#endif							/* RANK_DRAWS_H */
