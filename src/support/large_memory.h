/*-------------------------------------------------------------------------
 *
 * large_memory.h
 *	  Memory for what is counted by rows, in pages of two megabytes where the
 *	  kernel has them: first touches of small pages cost as much as all that is
 *	  done with them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef LARGE_MEMORY_H
#define LARGE_MEMORY_H

#ifndef WIN32
#include <sys/mman.h>
#endif

#include "utils/memutils.h"

#define HUGE_PAGE	((Size) 2 * 1024 * 1024)

/* Not zeroed, and freed with its context only: it begins where a page does. */
static inline void *
allocate_large(MemoryContext context, Size size)
{
	char	   *memory;

	if (size < HUGE_PAGE)
		return MemoryContextAlloc(context, size);
	memory = (char *) TYPEALIGN(HUGE_PAGE, MemoryContextAllocHuge(context, size + HUGE_PAGE));
#ifdef MADV_HUGEPAGE
	(void) madvise(memory, TYPEALIGN_DOWN(HUGE_PAGE, size), MADV_HUGEPAGE);
#endif
	return memory;
}

#endif							/* LARGE_MEMORY_H */
