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
