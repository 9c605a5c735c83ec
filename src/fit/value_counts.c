/*-------------------------------------------------------------------------
 *
 * value_counts.c
 *	  Values and how often each occurs, in memory for the different ones.
 *
 * Values wait until there are as many as different ones are counted already;
 * then they are sorted and merged.  So n values cost n log n comparisons, and
 * the memory stays in proportion to the different ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "fit/value_counts.h"
#include "numbers/order_statistic.h"
#include "support/growing.h"

/* Fewer are not worth a merge. */
#define LEAST_PENDING	4096

/* Append to the merged counts, which are in ascending order. */
static int64
append_count(ValueCount *merged, int64 n, double value, int64 count)
{
	if (n > 0 && merged[n - 1].value == value)
	{
		merged[n - 1].count += count;
		return n;
	}
	merged[n].value = value;
	merged[n].count = count;
	return n + 1;
}

/* Unite with other counts in ascending order. */
static void
unite(ValueCounts *counts, const ValueCount *others, int64 nothers)
{
	ValueCount *merged = MemoryContextAllocHuge(CurrentMemoryContext,
												(counts->n + nothers) * sizeof(ValueCount));
	int64		n = 0;
	int64		i = 0;
	int64		j = 0;

	CHECK_FOR_INTERRUPTS();
	while (i < counts->n || j < nothers)
	{
		bool		own = j == nothers ||
		(i < counts->n && counts->counts[i].value <= others[j].value);
		const ValueCount *next = own ? &counts->counts[i++] : &others[j++];

		n = append_count(merged, n, next->value, next->count);
	}
	if (counts->counts != NULL)
		pfree(counts->counts);
	counts->counts = merged;
	counts->n = n;
}

void
value_counts_settle(ValueCounts *counts)
{
	ValueCount *added;
	int64		n = 0;

	if (counts->npending == 0)
		return;
	sort_doubles(counts->pending, counts->npending);
	added = MemoryContextAllocHuge(CurrentMemoryContext,
								   counts->npending * sizeof(ValueCount));
	for (int64 i = 0; i < counts->npending; i++)
		n = append_count(added, n, counts->pending[i], 1);
	counts->npending = 0;
	unite(counts, added, n);
	pfree(added);
}

void
value_counts_add(ValueCounts *counts, const double *values, int n)
{
	if (counts->npending + n > Max(counts->n, LEAST_PENDING))
		value_counts_settle(counts);
	counts->pending = make_room(counts->pending, &counts->room,
								counts->npending + n, sizeof(double),
								CurrentMemoryContext);
	memcpy(counts->pending + counts->npending, values, n * sizeof(double));
	counts->npending += n;
}

void
value_counts_merge(ValueCounts *counts, const ValueCounts *other)
{
	unite(counts, other->counts, other->n);
	for (int64 i = 0; i < other->npending; i += LEAST_PENDING)
		value_counts_add(counts, other->pending + i,
						 (int) Min(other->npending - i, LEAST_PENDING));
}
