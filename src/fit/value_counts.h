/*-------------------------------------------------------------------------
 *
 * value_counts.h
 *	  Values and how often each occurs, in memory for the different ones.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALUE_COUNTS_H
#define VALUE_COUNTS_H

typedef struct ValueCount
{
	double		value;
	int64		count;
} ValueCount;

typedef struct ValueCounts
{
	int64		n;				/* different values, ascending */
	ValueCount *counts;
	int64		npending;		/* added, not counted yet */
	int64		room;
	double	   *pending;
} ValueCounts;

/* All memory comes from the context that is current in each call. */
extern void value_counts_add(ValueCounts *counts, const double *values, int n);
extern void value_counts_merge(ValueCounts *counts, const ValueCounts *other);

/* Count what is pending. */
extern void value_counts_settle(ValueCounts *counts);

#endif							/* VALUE_COUNTS_H */
