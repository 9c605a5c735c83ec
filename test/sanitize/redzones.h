/*
 * redzones.h
 *	  Put before each source by "make check-sanitize".
 */
#ifndef REDZONES_H
#define REDZONES_H

/* AddressSanitizer knows memcpy, but not __memcpy_chk. */
#undef _FORTIFY_SOURCE

#include "postgres.h"

#include "utils/memutils.h"

/*
 * Before PostgreSQL 16, a chunk's context stands before the chunk, where the
 * inline function of memutils.h may not read.
 */
#if PG_VERSION_NUM < 160000
extern MemoryContext guarded_chunk_context(void *chunk) __attribute__((no_sanitize("address")));

#define GetMemoryChunkContext(chunk) guarded_chunk_context(chunk)
#endif

#endif							/* REDZONES_H */
