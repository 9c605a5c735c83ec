/*-------------------------------------------------------------------------
 *
 * percentile.h
 *	  The percentile of a rank.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PERCENTILE_H
#define PERCENTILE_H

/* The share of the ranked at or below a rank, in percent. */
static inline double
rank_percentile(uint32 rank, uint32 ranked)
{
	return 100.0 * (ranked - rank + 1) / ranked;
}

#endif							/* PERCENTILE_H */
