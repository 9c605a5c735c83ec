/*-------------------------------------------------------------------------
 *
 * numbers.c
 *	  Fuzzing what is computed from a sample: exact sums, order statistics and
 *	  bounds of any doubles, in any order.
 *
 *-------------------------------------------------------------------------
 */
#include "backend.h"

#include "method/aggregation.h"
#include "numbers/exact_sum.h"
#include "method/extreme_method.h"
#include "numbers/order_statistic.h"

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static void
check_sums(const double *values, int n)
{
	ExactSum	forward;
	ExactSum	backward;
	ExactSum	half;

	exact_sum_init(&forward);
	exact_sum_init(&backward);
	exact_sum_init(&half);
	for (int i = 0; i < n; i++)
	{
		exact_sum_add(&forward, values[i]);
		exact_sum_add(i % 2 == 0 ? &half : &backward, values[n - 1 - i]);
	}
	exact_sum_merge(&backward, &half);
	exact_sum_canonicalize(&forward);
	exact_sum_canonicalize(&backward);
	fuzz_expect(memcmp(&forward, &backward, sizeof(ExactSum)) == 0);
	fuzz_expect(exact_sum_is_possible(&forward));
	fuzz_expect(isfinite(exact_sum_mean(&forward)));
	fuzz_expect(exact_sum_stddev(&forward) >= 0);
}

static void
check_order(const double *values, const double *sorted, int n)
{
	double	   *scratch = palloc(2 * n * sizeof(double));

	for (int rank = 0; rank < n; rank += 1 + n / 8)
	{
		double		at;
		double		next;

		fuzz_expect(order_statistic(values, n, rank, scratch) == sorted[rank]);
		if (rank + 1 == n)
			continue;
		order_statistic_pair(values, n, rank, scratch, &at, &next);
		fuzz_expect(at == sorted[rank] && next == sorted[rank + 1]);
	}
}

static void
check_bounds(const double *values, const double *sorted, int n)
{
	static const char *const methods[] = {
		"none", "percentile(0.01,0.99)", "percentile(0,1)", "iqr(1.5)", "iqr(0)", "sigma(3)",
		"sigma(1e308)", "mad(3)", "mad(0)", "mad(1e308)"
	};

	for (int i = 0; i < (int) lengthof(methods); i++)
	{
		ExtremeMethod method;
		ExtremeBounds bounds;
		double	   *scratch;

		fuzz_expect(extreme_method_parse(methods[i], (int) strlen(methods[i]), &method) == NULL);
		scratch = palloc(extreme_method_scratch(&method) * n * sizeof(double));
		bounds = extreme_bounds_of_sample(&method, values, n, sorted[0], sorted[n - 1],
										  -INFINITY, scratch);
		fuzz_expect(bounds.lower >= sorted[0] && bounds.upper <= sorted[n - 1]);
		fuzz_expect(bounds.lower <= bounds.upper);
		fuzz_expect(bounds.lower < bounds.upper || sorted[0] == sorted[n - 1]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int			n = 0;
	double	   *values;
	double	   *sorted;

	if (size < sizeof(double) || setjmp(fuzz_error) != 0)
		return 0;
	values = palloc(size);
	for (size_t at = 0; at + sizeof(double) <= size; at += sizeof(double))
	{
		double		value;

		memcpy(&value, data + at, sizeof(value));
		/* few distinct values at times: ties and constant samples */
		if (isfinite(value))
			values[n++] = (data[0] & 1 ? value : (double) data[at] / 4) + 0.0;
	}
	if (n > 0)
	{
		sorted = palloc(n * sizeof(double));
		memcpy(sorted, values, n * sizeof(double));
		qsort(sorted, n, sizeof(double), compare);
		check_sums(values, n);
		check_order(values, sorted, n);
		check_bounds(values, sorted, n);
	}
	fuzz_free_all();
	return 0;
}
