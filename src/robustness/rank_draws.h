/*-------------------------------------------------------------------------
 *
 * rank_draws.h
 *	  Ranks of the same rows under many models.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RANK_DRAWS_H
#define RANK_DRAWS_H

#include "storage/buffile.h"

#include "model/model.h"

/*
 * Rows, and the models that score them, which have the same indicators and
 * stages; NULL for one that cannot score.  Ranks are kept in memory or, where
 * they are too many for that, in a temporary file.
 */
typedef struct RankDraws
{
	int			nindicators;
	int			nmodels;
	const ScoreModel **models;
	int64		n;				/* rows */
	int64		room;
	double	   *values;			/* [row][indicator], NaN where missing */
	uint8	   *stage;			/* [row] */
	uint32	   *ranks;			/* [model][row], or ... */
	BufFile    *file;			/* ... the same there */
} RankDraws;

/* A rank of a row that a model gives no score. */
#define NO_RANK		0

/*
 * Make room for so many rows, first in the current context; later there may be
 * more of it.
 */
extern void rank_draws_reserve(RankDraws *draws, int64 rows);

/* There must be room for it. */
extern void rank_draws_add(RankDraws *draws, int stage,
						   const double *values);

/*
 * All rows are there: rank them under each model.  At most so many bytes of
 * ranks are kept in memory, which is the current context's.
 */
extern void rank_draws_rank(RankDraws *draws, Size memory);

/* The ranks of some rows, each under every model: [row][model]. */
extern void rank_draws_read(RankDraws *draws, int64 first, int64 count,
							uint32 *ranks);

/* How far the ranks under a model are from those under the first one. */
typedef struct RankMovement
{
	int64		ranked;			/* rows that the model ranks */
	int64		pairs;			/* of these, those that the first ranks, too */
	int64		moved;			/* of these, those whose rank is another */
	int64		most;			/* the greatest difference */
	double		mean;			/* of the differences, NaN without pairs */
	double		spearman;		/* NaN as that of spearman_rho() */
} RankMovement;

/*
 * All rows are there: the movements under the models after the first, one after
 * the other; ranks are kept of two models only.  Under one that is NULL nothing
 * is ranked.
 */
extern void rank_draws_compare(const RankDraws *draws, RankMovement *movements);

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
