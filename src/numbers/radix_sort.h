/*-------------------------------------------------------------------------
 *
 * radix_sort.h
 *	  Sorting by integers of 64 bits, such as the keys of float_key.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RADIX_SORT_H
#define RADIX_SORT_H

/* A key to sort by and what goes with it. */
typedef struct SortItem
{
	uint64		key;
	uint64		place;
} SortItem;

/*
 * Sort ascending; items of equal keys keep their order.  The buffer has room
 * for n as well.
 */
extern void sort_items(SortItem *items, SortItem *buffer, int64 n);

/* The same of keys alone; the buffer comes from the current memory context. */
extern void sort_keys(uint64 *keys, int64 n);

#endif							/* RADIX_SORT_H */
