/*-------------------------------------------------------------------------
 *
 * backend.h
 *	  As much of a PostgreSQL backend as the fuzzed code calls: memory, errors,
 *	  messages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BACKEND_H
#define BACKEND_H

#include "postgres.h"

#include <setjmp.h>

#include "lib/stringinfo.h"

/* Where ereport(ERROR) jumps to. */
extern jmp_buf fuzz_error;

/* Give back all memory that was allocated since the last call. */
extern void fuzz_free_all(void);

/* A message as it arrives: with a zero byte behind its end. */
extern void fuzz_message(StringInfo message, const uint8 *data, size_t size);

/* The same bytes twice?  Otherwise the input is a finding. */
extern void fuzz_expect_equal(StringInfo a, StringInfo b);

#define fuzz_expect(condition) \
	do { if (!(condition)) __builtin_trap(); } while (0)

#endif							/* BACKEND_H */
