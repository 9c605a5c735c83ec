/*-------------------------------------------------------------------------
 *
 * correlation.h
 *	  Correlations of columns, pair by pair, over the rows that have both.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORRELATION_H
#define CORRELATION_H

/* More rows than this could overflow the sums. */
#define CORRELATION_ROWS_MAX	INT64CONST(0x40000000)

/* A column, NaN where a row has no value; center and scale for the sums. */
typedef struct CenteredColumn
{
	const double *value;
	double		center;			/* any number amid the values */
	double		scale;			/* the largest |value / 2 - center / 2| */
} CenteredColumn;

/*
 * Pearson's correlation of two columns; *n is the number of rows that have
 * both.  The sums are of integers: the result does not depend on the order of
 * the rows.  NaN where fewer than two rows have both, or one is constant.
 */
extern double pearson_correlation(const CenteredColumn *x, const CenteredColumn *y,
								  int64 nrows, int64 *n);

/*
 * Ranks 1 .. n of the rows among those that have a value in both columns, ties
 * having the mean of theirs, NaN for the others.  "order" holds the rows that
 * have a value, sorted by it.
 */
extern void rank_together(const double *value, const double *other,
						  const uint32 *order, int64 norder, int64 nrows,
						  double *rank);

#endif							/* CORRELATION_H */
