/*
 * redzones.c
 *	  Makes AddressSanitizer see the chunks that PostgreSQL cuts from its
 *	  memory contexts.
 *
 * Only compiled in by "make check-sanitize".  AddressSanitizer knows what
 * malloc gives; palloc takes that in blocks of many kilobytes, so that an
 * access beyond a chunk, or to one that was freed, looks like any other.
 * Here, when the library is loaded, the functions of the two common kinds of
 * memory context are replaced by some that poison what is around each chunk,
 * and the whole chunk once it is freed.  That goes for the chunks of the
 * server, too: values that our functions are called with, most of all.  What
 * is cut before the library is loaded stays as it was.
 */
#include "postgres.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fmgr.h"
#include "nodes/memnodes.h"
#include "redzones.h"
#include "utils/memutils.h"

/*
 * The functions' parameters, and what stands before a chunk: its size and its
 * context up to PostgreSQL 15, then a word that leads to them.
 */
#if PG_VERSION_NUM >= 160000
#define HEADER			sizeof(uint64)
#define CONTEXT_PARAMETER
#define CONTEXT_ARGUMENT(context)
#define FIND_CONTEXT(chunk) MemoryContext context = GetMemoryChunkContext(chunk);
#else
#define HEADER			(2 * sizeof(void *))
#define CONTEXT_PARAMETER MemoryContext context,
#define CONTEXT_ARGUMENT(context) context,
#define FIND_CONTEXT(chunk)
#endif

#if PG_VERSION_NUM >= 170000
#define FLAGS_PARAMETER , int flags
#define FLAGS_ARGUMENT	, flags
#else
#define FLAGS_PARAMETER
#define FLAGS_ARGUMENT
#endif

#define REDZONE			16

extern void _PG_init(void);

/* gcc brings the function, but not the header. */
extern size_t __sanitizer_get_allocated_size(const volatile void *address);

typedef struct Kind
{
	const MemoryContextMethods *methods;
	MemoryContextMethods original;
} Kind;

static Kind kinds[2];

static const MemoryContextMethods *
original_methods(MemoryContext context)
{
	return context->methods == kinds[0].methods ? &kinds[0].original : &kinds[1].original;
}

/* Leave nothing accessible of a chunk but the part that was asked for. */
static void
guard(MemoryContext context, char *chunk, Size size)
{
	Size		space = original_methods(context)->get_chunk_space(CONTEXT_ARGUMENT(context) chunk) - HEADER;

	__asan_unpoison_memory_region(chunk, size);
	__asan_poison_memory_region(chunk + size, space - size);
	__asan_poison_memory_region(chunk - HEADER, HEADER);
}

static void
unguard(MemoryContext context, char *chunk)
{
	Size		space = original_methods(context)->get_chunk_space(CONTEXT_ARGUMENT(context) chunk);

	__asan_unpoison_memory_region(chunk - HEADER, space);
}

static void *
guarded_alloc(MemoryContext context, Size size FLAGS_PARAMETER)
{
	char	   *chunk = original_methods(context)->alloc(context, size + REDZONE FLAGS_ARGUMENT);

	if (chunk)
		guard(context, chunk, size);
	return chunk;
}

static void
guarded_free(CONTEXT_PARAMETER void *chunk)
{
	FIND_CONTEXT(chunk)
	Size		space = original_methods(context)->get_chunk_space(CONTEXT_ARGUMENT(context) chunk) - HEADER;

	unguard(context, chunk);
	original_methods(context)->free_p(CONTEXT_ARGUMENT(context) chunk);

	/* A chunk with a block of its own is known to AddressSanitizer. */
	if (!__asan_address_is_poisoned(chunk))
		__asan_poison_memory_region(chunk, space);
}

/* To another place always, so that who keeps the old one is found. */
static void *
guarded_realloc(CONTEXT_PARAMETER void *chunk, Size size FLAGS_PARAMETER)
{
	FIND_CONTEXT(chunk)
	Size		old_size = original_methods(context)->get_chunk_space(CONTEXT_ARGUMENT(context) chunk) - HEADER;
	void	   *moved = guarded_alloc(context, size FLAGS_ARGUMENT);

	if (moved)
	{
		unguard(context, chunk);
		memcpy(moved, chunk, Min(old_size, size));
		guarded_free(CONTEXT_ARGUMENT(context) chunk);
	}
	return moved;
}

/*
 * A context is the beginning of its first block, which it keeps.  Blocks that
 * are given back to malloc lose their poison there.
 */
static void
unguard_kept_block(MemoryContext context)
{
	__asan_unpoison_memory_region(context, __sanitizer_get_allocated_size(context));
}

static void
guarded_reset(MemoryContext context)
{
	unguard_kept_block(context);
	original_methods(context)->reset(context);
}

static void
guarded_delete(MemoryContext context)
{
	unguard_kept_block(context);
	original_methods(context)->delete_context(context);
}

static void
replace_methods(Kind *kind, const MemoryContextMethods *methods)
{
	MemoryContextMethods *writable = unconstify(MemoryContextMethods *, methods);
	uintptr_t	page = (uintptr_t) sysconf(_SC_PAGESIZE);
	uintptr_t	begin = (uintptr_t) methods & ~(page - 1);
	uintptr_t	end = ((uintptr_t) (methods + 1) + page - 1) & ~(page - 1);

	if (mprotect((void *) begin, end - begin, PROT_READ | PROT_WRITE) != 0)
		elog(ERROR, "could not make the functions of memory contexts writable: %m");
	kind->methods = methods;
	kind->original = *methods;
	writable->alloc = guarded_alloc;
	writable->free_p = guarded_free;
	writable->realloc = guarded_realloc;
	writable->reset = guarded_reset;
	writable->delete_context = guarded_delete;
}

void
_PG_init(void)
{
	MemoryContext generation = GenerationContextCreate(CurrentMemoryContext, "redzones",
#if PG_VERSION_NUM >= 150000
													   ALLOCSET_SMALL_SIZES
#else
													   ALLOCSET_SMALL_INITSIZE
#endif
		);

	replace_methods(&kinds[0], TopMemoryContext->methods);
	replace_methods(&kinds[1], generation->methods);
	MemoryContextDelete(generation);
}

#if PG_VERSION_NUM < 160000
MemoryContext
guarded_chunk_context(void *chunk)
{
	return *(MemoryContext *) ((char *) chunk - sizeof(MemoryContext));
}

#endif
