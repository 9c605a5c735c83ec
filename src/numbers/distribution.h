/*-------------------------------------------------------------------------
 *
 * distribution.h
 *	  What sorted values tell: quantiles, places, inequality, drift; and a
 *	  compact form of a distribution that is kept when a scoreboard is frozen.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTRIBUTION_H
#define DISTRIBUTION_H

/* The quantile of n > 0 sorted values: type 7, as percentile_cont. */
extern double sorted_quantile(const double *sorted, int64 n, double probability);

/*
 * The Gini coefficient of n sorted values, sum over i of (2i - n - 1) x_i /
 * (n sum of x_i); NaN with no values, a negative one, or nothing but zeros.
 */
extern double sorted_gini(const double *sorted, int64 n);

/*
 * The population stability index of two samples of sorted values over the
 * deciles of the first, sum of (q - p) ln(q / p), where p and q are the shares
 * of the samples in a cell.  Cells are (previous decile, decile], the first and
 * the last without end; equal deciles make one cell.  A cell that is empty in
 * one sample counts as half a value there, one that is empty in both not at
 * all.  NaN where a sample is empty.
 */
extern double stability_index(const double *base, int64 nbase,
							  const double *other, int64 nother);

/*
 * The distribution of one indicator as it is kept: count, quartiles, and some
 * of the distinct values, each with the number of values at or below it.
 */
typedef struct KeptColumn
{
	double		n;
	double		quartile[3];	/* NaN where n = 0 */
	int64		npoints;
	const double *point;		/* ascending */
	const double *count;
} KeptColumn;

/*
 * Numbers of a kept column before its points, which their counts follow: n, the
 * quartiles, the number of points.
 */
#define KEPT_COLUMN_HEADER	5

/* How many numbers kept_column_write() may write for n values. */
extern int64 kept_column_room(int64 n, int64 grid);

/*
 * Keep the distribution of n sorted values: the distinct ones among the order
 * statistics of rank floor(j (n - 1) / grid), j = 0 .. grid, so that fewer than
 * n / grid values lie between two; with grid = 0 all distinct values.  Returns
 * how many numbers were written.
 */
extern int64 kept_column_write(const double *sorted, int64 n, int64 grid,
							   double *numbers);

/*
 * Read one back; returns how many numbers it took, or 0 if they are none that
 * kept_column_write() writes.
 */
extern int64 kept_column_read(const double *numbers, int64 length,
							  KeptColumn *column);

/*
 * How many values are at or below this one.  Exact for values that were kept
 * as points, and for all where all were; else at most n / grid too few.
 */
extern double kept_column_at_or_below(const KeptColumn *column, double value);

#endif							/* DISTRIBUTION_H */
