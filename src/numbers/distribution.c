/*-------------------------------------------------------------------------
 *
 * distribution.c
 *	  What sorted values tell: quantiles, places, inequality, drift; and a
 *	  compact form of a distribution.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "numbers/distribution.h"
#include "numbers/quantile.h"

/* ---------------- numbers of a sample ---------------- */

double
sorted_quantile(const double *sorted, int64 n, double probability)
{
	QuantilePosition position = quantile_position(probability, n);

	if (position.rank >= n - 1)
		return sorted[n - 1];
	return quantile_interpolate(sorted[position.rank], sorted[position.rank + 1],
								position.fraction);
}

/* Neumaier's summation: the rounding errors are summed apart. */
typedef struct CompensatedSum
{
	double		sum;
	double		error;
} CompensatedSum;

static inline void
add_compensated(CompensatedSum *total, double value)
{
	double		sum = total->sum + value;

	if (fabs(total->sum) >= fabs(value))
		total->error += (total->sum - sum) + value;
	else
		total->error += (value - sum) + total->sum;
	total->sum = sum;
}

double
sorted_gini(const double *sorted, int64 n)
{
	CompensatedSum weighted = {0, 0};
	CompensatedSum total = {0, 0};
	int			exponent;

	if (n == 0 || sorted[0] < 0 || !(sorted[n - 1] > 0))
		return NAN;
	frexp(sorted[n - 1], &exponent);
	for (int64 i = 0; i < n; i++)
	{
		/* By a power of two, lest the sums leave the range of a double. */
		double		value = ldexp(sorted[i], -exponent);

		add_compensated(&weighted, (double) (2 * (i + 1) - n - 1) * value);
		add_compensated(&total, value);
	}
	return (weighted.sum + weighted.error) / ((double) n * (total.sum + total.error));
}

/* How many of the sorted values are at or below a value. */
static int64
sorted_at_or_below(const double *sorted, int64 n, double value)
{
	int64		low = 0;
	int64		high = n;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (sorted[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static double
cell_share(int64 count, int64 n)
{
	return (count > 0 ? (double) count : 0.5) / (double) n;
}

double
stability_index(const double *base, int64 nbase, const double *other,
				int64 nother)
{
	int64		base_below = 0;
	int64		other_below = 0;
	double		edge = -INFINITY;
	double		result = 0;

	if (nbase == 0 || nother == 0)
		return NAN;
	for (int decile = 1; decile <= 10; decile++)
	{
		double		next = decile < 10 ? sorted_quantile(base, nbase, decile / 10.0) : INFINITY;
		int64		base_now;
		int64		other_now;
		double		p;
		double		q;

		if (next == edge)
			continue;
		edge = next;
		base_now = sorted_at_or_below(base, nbase, edge);
		other_now = sorted_at_or_below(other, nother, edge);

		/* A cell between deciles that are no values may be empty in both. */
		if (base_now == base_below && other_now == other_below)
			continue;
		p = cell_share(base_now - base_below, nbase);
		q = cell_share(other_now - other_below, nother);
		result += (q - p) * log(q / p);
		base_below = base_now;
		other_below = other_now;
	}
	return result;
}

/* ---------------- distributions that are kept ---------------- */

int64
kept_column_room(int64 n, int64 grid)
{
	return KEPT_COLUMN_HEADER + 2 * (grid > 0 ? Min(n, grid + 1) : n);
}

int64
kept_column_write(const double *sorted, int64 n, int64 grid, double *numbers)
{
	int64		steps = grid > 0 ? Min(grid, n - 1) : n - 1;
	int64		npoints = 0;
	double	   *point = numbers + KEPT_COLUMN_HEADER;

	numbers[0] = (double) n;
	for (int i = 0; i < 3; i++)
		numbers[1 + i] = n > 0 ? sorted_quantile(sorted, n, (i + 1) / 4.0) : NAN;
	for (int64 j = 0; j <= steps; j++)
	{
		int64		rank = steps == n - 1 ? j : j * (n - 1) / steps;

		if (npoints == 0 || sorted[rank] > point[npoints - 1])
			point[npoints++] = sorted[rank];
	}
	numbers[4] = (double) npoints;
	for (int64 i = 0; i < npoints; i++)
		point[npoints + i] = (double) sorted_at_or_below(sorted, n, point[i]);
	return KEPT_COLUMN_HEADER + 2 * npoints;
}

int64
kept_column_read(const double *numbers, int64 length, KeptColumn *column)
{
	if (length < KEPT_COLUMN_HEADER || !(numbers[4] >= 0) ||
		!(2 * numbers[4] <= (double) (length - KEPT_COLUMN_HEADER)))
		return 0;
	column->n = numbers[0];
	memcpy(column->quartile, numbers + 1, sizeof(column->quartile));
	column->npoints = (int64) numbers[4];
	column->point = numbers + KEPT_COLUMN_HEADER;
	column->count = column->point + column->npoints;
	return KEPT_COLUMN_HEADER + 2 * column->npoints;
}

double
kept_column_at_or_below(const KeptColumn *column, double value)
{
	int64		points = sorted_at_or_below(column->point, column->npoints, value);

	return points == 0 ? 0 : column->count[points - 1];
}
