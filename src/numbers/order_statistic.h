/*-------------------------------------------------------------------------
 *
 * order_statistic.h
 *	  Exact selection by rank.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ORDER_STATISTIC_H
#define ORDER_STATISTIC_H

/*
 * The values of rank "rank" and "rank + 1" (0-based, in ascending order) of n
 * finite values; "next" is the value itself at the end of the sample.  The
 * sample is left as it is; scratch has room for n values.
 */
extern void order_statistic_pair(const double *values, int64 n, int64 rank,
								 double *scratch, double *at, double *next);

/* The value of one rank; for the rest as above. */
extern double order_statistic(const double *values, int64 n, int64 rank,
							  double *scratch);

/*
 * The "count" lowest values in ascending, resp. the highest in descending order;
 * 0 < count <= n, and scratch as above.
 */
extern void lowest_values(const double *values, int64 n, int64 count,
						  double *scratch, double *lowest);
extern void highest_values(const double *values, int64 n, int64 count,
						   double *scratch, double *highest);

/* Sort ascending, in place. */
extern void sort_doubles(double *values, int64 n);

#endif							/* ORDER_STATISTIC_H */
