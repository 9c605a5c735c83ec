/*-------------------------------------------------------------------------
 *
 * growing.h
 *	  Arrays that grow.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GROWING_H
#define GROWING_H

#include "utils/memutils.h"

/* Room that an array has at first: there may be many small ones. */
#define GROWING_FIRST	8

/*
 * Make room for so many items of a size in bytes, or for more: an array that
 * grows one by one at least doubles.  "items" is NULL at first and allocated in
 * the given context.  Returns where the items are now.
 */
static inline void *
make_room(void *items, int64 *room, int64 wanted, Size size, MemoryContext context)
{
	if (likely(wanted <= *room))
		return items;
	*room = Max(wanted, Max(2 * *room, GROWING_FIRST));
	if (items == NULL)
		return MemoryContextAllocHuge(context, *room * size);
	return repalloc_huge(items, *room * size);
}

#endif							/* GROWING_H */
