/*-------------------------------------------------------------------------
 *
 * correlation.c
 *	  Correlations of columns, pair by pair, over the rows that have both.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "numbers/correlation.h"

/* How often to look for a cancel. */
#define INTERRUPT_STRIDE	(1 << 18)

/*
 * A sum of at most 2^30 numbers from -1 to 1, each cut off below 2^-62: two
 * integers, in units of 2^-30 and 2^-62, so that the order cannot matter.
 */
typedef struct SignedSum
{
	int64		upper;
	int64		lower;
} SignedSum;

#define UPPER_SCALE		0x1p30
#define LOWER_SCALE		0x1p62

static inline void
add_number(SignedSum *sum, double number)
{
	int64		upper = (int64) (number * UPPER_SCALE);

	sum->upper += upper;
	sum->lower += (int64) ((number - (double) upper / UPPER_SCALE) * LOWER_SCALE);
}

static double
sum_value(const SignedSum *sum)
{
	return (double) sum->upper / UPPER_SCALE + (double) sum->lower / LOWER_SCALE;
}

/* The distance from the center, as a share of the largest. */
static inline double
scaled(const CenteredColumn *column, double value)
{
	return (value / 2 - column->center / 2) / column->scale;
}

double
pearson_correlation(const CenteredColumn *x, const CenteredColumn *y,
					int64 nrows, int64 *n)
{
	SignedSum	sx = {0, 0};
	SignedSum	sy = {0, 0};
	SignedSum	sxx = {0, 0};
	SignedSum	syy = {0, 0};
	SignedSum	sxy = {0, 0};
	int64		count = 0;
	double		least[2] = {INFINITY, INFINITY};
	double		most[2] = {-INFINITY, -INFINITY};
	double		xx;
	double		yy;
	double		xy;

	for (int64 start = 0; start < nrows; start += INTERRUPT_STRIDE)
	{
		int64		end = Min(start + INTERRUPT_STRIDE, nrows);

		CHECK_FOR_INTERRUPTS();
		for (int64 row = start; row < end; row++)
		{
			double		a = x->value[row];
			double		b = y->value[row];

			if (isnan(a) || isnan(b))
				continue;
			count++;
			least[0] = Min(least[0], a);
			most[0] = Max(most[0], a);
			least[1] = Min(least[1], b);
			most[1] = Max(most[1], b);
			if (!(x->scale > 0 && y->scale > 0))
				continue;
			a = scaled(x, a);
			b = scaled(y, b);
			add_number(&sx, a);
			add_number(&sy, b);
			add_number(&sxx, a * a);
			add_number(&syy, b * b);
			add_number(&sxy, a * b);
		}
	}
	*n = count;
	if (count < 2 || least[0] == most[0] || least[1] == most[1])
		return NAN;
	xx = sum_value(&sxx) - sum_value(&sx) * sum_value(&sx) / (double) count;
	yy = sum_value(&syy) - sum_value(&sy) * sum_value(&sy) / (double) count;
	xy = sum_value(&sxy) - sum_value(&sx) * sum_value(&sy) / (double) count;
	if (!(xx > 0 && yy > 0))
		return NAN;				/* spread too small beside the largest */
	return Max(-1.0, Min(1.0, xy / (sqrt(xx) * sqrt(yy))));
}

void
rank_together(const double *value, const double *other, const uint32 *order,
			  int64 norder, int64 nrows, double *rank)
{
	int64		before = 0;		/* rows ranked so far */
	int64		start = 0;

	for (int64 row = 0; row < nrows; row++)
		rank[row] = NAN;
	while (start < norder)
	{
		int64		end = start;
		int64		ties = 0;
		double		mean;

		for (; end < norder && value[order[end]] == value[order[start]]; end++)
			ties += !isnan(other[order[end]]);
		mean = (double) before + ((double) ties + 1) / 2;
		for (int64 i = start; i < end; i++)
			if (!isnan(other[order[i]]))
				rank[order[i]] = mean;
		before += ties;
		start = end;
	}
}
