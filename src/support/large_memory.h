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

/* Not zeroed. */
static inline void *
allocate_large(MemoryContext context, Size size)
{
	char	   *memory = MemoryContextAllocHuge(context, size);

#ifdef MADV_HUGEPAGE
	char	   *start = (char *) TYPEALIGN(HUGE_PAGE, memory);
	char	   *end = (char *) TYPEALIGN_DOWN(HUGE_PAGE, memory + size);

	if (start < end)
		(void) madvise(start, end - start, MADV_HUGEPAGE);
#endif
	return memory;
}

#endif							/* LARGE_MEMORY_H */
