/*-------------------------------------------------------------------------
 *
 * backend.c
 *	  As much of a PostgreSQL backend as the fuzzed code calls.
 *
 * Every allocation is one of malloc(), so that AddressSanitizer sees its end;
 * contexts do not matter, since all memory goes after each input.  Errors jump
 * back to the harness, their messages are formatted all the same: a wrong
 * argument to errmsg() is a finding.  What is not here is left unresolved by
 * the linker, and calling it crashes.
 *
 *-------------------------------------------------------------------------
 */
#include "backend.h"

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

jmp_buf		fuzz_error;
static bool is_error;
static char message_text[8192];

volatile sig_atomic_t InterruptPending = false;

/* ---------------- memory ---------------- */

typedef struct Chunk
{
	struct Chunk *next;
	struct Chunk *previous;
	size_t		size;
	uint64		padding;		/* keeps what follows aligned */
} Chunk;

static Chunk chunks = {&chunks, &chunks, 0, 0};

/* Any address does; nobody looks at it. */
static char context_place;
MemoryContext CurrentMemoryContext = (MemoryContext) &context_place;

static void *
allocate(Size size)
{
	Chunk	   *chunk;

	if (size > MaxAllocHugeSize / 64)
		ereport(ERROR, (errmsg_internal("invalid memory alloc request size %zu", size)));
	chunk = malloc(sizeof(Chunk) + size);
	if (chunk == NULL)
		ereport(ERROR, (errmsg_internal("out of memory")));
	chunk->size = size;
	chunk->next = chunks.next;
	chunk->previous = &chunks;
	chunks.next->previous = chunk;
	chunks.next = chunk;
	return chunk + 1;
}

void
pfree(void *pointer)
{
	Chunk	   *chunk = (Chunk *) pointer - 1;

	chunk->next->previous = chunk->previous;
	chunk->previous->next = chunk->next;
	free(chunk);
}

void
fuzz_free_all(void)
{
	while (chunks.next != &chunks)
		pfree(chunks.next + 1);
}

/* palloc() is for less than a gigabyte. */
void *
palloc(Size size)
{
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errmsg_internal("invalid memory alloc request size %zu", size)));
	return allocate(size);
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void *
repalloc_huge(void *pointer, Size size)
{
	Size		old = ((Chunk *) pointer - 1)->size;
	void	   *result = allocate(size);

	memcpy(result, pointer, Min(old, size));
	pfree(pointer);
	return result;
}

void *
repalloc(void *pointer, Size size)
{
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errmsg_internal("invalid memory alloc request size %zu", size)));
	return repalloc_huge(pointer, size);
}

void *
MemoryContextAlloc(MemoryContext context, Size size)
{
	return palloc(size);
}

void *
MemoryContextAllocZero(MemoryContext context, Size size)
{
	return palloc0(size);
}

void *
MemoryContextAllocZeroAligned(MemoryContext context, Size size)
{
	return palloc0(size);
}

void *
MemoryContextAllocHuge(MemoryContext context, Size size)
{
	return allocate(size);
}

void *
MemoryContextAllocExtended(MemoryContext context, Size size, int flags)
{
	void	   *result = (flags & MCXT_ALLOC_HUGE) ? allocate(size) : palloc(size);

	return (flags & MCXT_ALLOC_ZERO) ? memset(result, 0, size) : result;
}

void *
palloc_extended(Size size, int flags)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size, flags);
}

MemoryContext
AllocSetContextCreateInternal(MemoryContext parent, const char *name,
							  Size minContextSize, Size initBlockSize,
							  Size maxBlockSize)
{
	return CurrentMemoryContext;
}

void
MemoryContextDelete(MemoryContext context)
{
}

char *
pnstrdup(const char *text, Size length)
{
	char	   *copy;

	length = strnlen(text, length);
	copy = palloc(length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *text)
{
	return pnstrdup(text, strlen(text));
}

void
EOH_init_header(ExpandedObjectHeader *header, const ExpandedObjectMethods *methods,
				MemoryContext context)
{
	header->eoh_context = context;
}

struct varlena *
pg_detoast_datum(struct varlena *datum)
{
	return datum;
}

struct varlena *
pg_detoast_datum_packed(struct varlena *datum)
{
	return datum;
}

/* ---------------- errors ---------------- */

bool
errstart(int elevel, const char *domain)
{
	is_error = elevel >= ERROR;
	return true;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	if (is_error)
		longjmp(fuzz_error, 1);
}

int
errcode(int sqlerrcode)
{
	return 0;
}

static int
format_message(const char *format, va_list arguments)
{
	vsnprintf(message_text, sizeof(message_text), format, arguments);
	return 0;
}

#define FORMATTING_FUNCTION(name) \
int \
name(const char *format,...) \
{ \
	va_list		arguments; \
\
	va_start(arguments, format); \
	format_message(format, arguments); \
	va_end(arguments); \
	return 0; \
}

FORMATTING_FUNCTION(errmsg)
FORMATTING_FUNCTION(errmsg_internal)
FORMATTING_FUNCTION(errdetail)
FORMATTING_FUNCTION(errdetail_internal)
FORMATTING_FUNCTION(errhint)

void
ExceptionalCondition(const char *conditionName,
#if PG_VERSION_NUM < 160000
					 const char *errorType,
#endif
					 const char *fileName, int lineNumber)
{
	fprintf(stderr, "assertion failed: %s, %s:%d\n", conditionName, fileName, lineNumber);
	abort();
}

void
ProcessInterrupts(void)
{
}

/* ---------------- messages ---------------- */

static void
protocol_violation(void)
{
	ereport(ERROR, (errmsg("insufficient data left in message")));
}

const char *
pq_getmsgbytes(StringInfo message, int length)
{
	const char *result;

	if (length < 0 || length > message->len - message->cursor)
		protocol_violation();
	result = message->data + message->cursor;
	message->cursor += length;
	return result;
}

int
pq_getmsgbyte(StringInfo message)
{
	return (unsigned char) *pq_getmsgbytes(message, 1);
}

unsigned int
pq_getmsgint(StringInfo message, int length)
{
	unsigned int result = 0;

	while (length-- > 0)
		result = result << 8 | (unsigned int) pq_getmsgbyte(message);
	return result;
}

int64
pq_getmsgint64(StringInfo message)
{
	uint64		bits;

	memcpy(&bits, pq_getmsgbytes(message, sizeof(bits)), sizeof(bits));
	return (int64) pg_ntoh64(bits);
}

float8
pq_getmsgfloat8(StringInfo message)
{
	int64		bits = pq_getmsgint64(message);
	float8		result;

	memcpy(&result, &bits, sizeof(result));
	return result;
}

const char *
pq_getmsgstring(StringInfo message)
{
	const char *result = message->data + message->cursor;

	pq_getmsgbytes(message, (int) strlen(result) + 1);
	return result;
}

void
pq_sendfloat8(StringInfo buffer, float8 value)
{
	int64		bits;

	memcpy(&bits, &value, sizeof(bits));
	pq_sendint64(buffer, bits);
}

void
pq_sendstring(StringInfo buffer, const char *text)
{
	appendBinaryStringInfo(buffer, text, strlen(text) + 1);
}

void
fuzz_message(StringInfo message, const uint8 *data, size_t size)
{
	message->data = palloc(size + 1);
	memcpy(message->data, data, size);
	message->data[size] = '\0';
	message->len = (int) size;
	message->maxlen = (int) size + 1;
	message->cursor = 0;
}

void
fuzz_expect_equal(StringInfo a, StringInfo b)
{
	fuzz_expect(a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}
