/*-------------------------------------------------------------------------
 *
 * rank_correlation.h
 *	  Spearman's and Kendall's rank correlation of pairs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RANK_CORRELATION_H
#define RANK_CORRELATION_H

/* Two numbers as order-preserving integers (see float_key.h). */
typedef struct RankPair
{
	uint64		x;
	uint64		y;
} RankPair;

/* Up to here every count and sum is exact. */
#define RANK_PAIRS_MAX	PG_UINT32_MAX

/* Sums over pairs of centered ranks. */
typedef struct RankProducts
{
	int128		xx;
	int128		xy;
	int128		yy;
} RankProducts;

/*
 * A rank less the mean rank, twice, of tied places "first" to "last" counted
 * from 0, n in all: an integer.
 */
static inline int64
centered_rank(int64 first, int64 last, int64 n)
{
	return first + last + 1 - n;
}

static inline void
rank_products_add(RankProducts *products, int64 x, int64 y)
{
	products->xx += (int128) x * x;
	products->xy += (int128) x * y;
	products->yy += (int128) y * y;
}

/* Spearman's rho of pairs whose centered ranks were added. */
extern double rank_products_correlation(const RankProducts *products);

/*
 * Spearman's rho: Pearson's correlation of the ranks, ties having the mean of
 * theirs.  NaN with fewer than two pairs or where a side is constant.  The
 * pairs are overwritten; the buffer has room for as many.
 */
extern double spearman_rho(RankPair *pairs, RankPair *buffer, int64 n);

/*
 * Kendall's tau-b: (concordant - discordant pairs) / sqrt((pairs not tied in x)
 * (pairs not tied in y)).  NaN and arguments as above.
 */
extern double kendall_tau_b(RankPair *pairs, RankPair *buffer, int64 n);

#endif							/* RANK_CORRELATION_H */
