/*-------------------------------------------------------------------------
 *
 * wire_format.h
 *	  The version that every stored or sent form begins with, and the check
 *	  value that some have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WIRE_FORMAT_H
#define WIRE_FORMAT_H

#include "lib/stringinfo.h"
#include "support/compat.h"

/*
 * Read the version byte of a form of this type, such as "score model".
 * Versions count from 1; an error for those after "newest", which a later
 * release of the extension wrote, and for what is no version.
 */
extern int	wire_version_read(StringInfo buffer, const char *type, int newest);

/*
 * Forms that hold a check value have it behind the version: begin one, and
 * end it where it began.
 */
extern void wire_begin(StringInfo buffer, int version);
extern void wire_end(StringInfo buffer, int start);

/* Read both, as wire_version_read() does; the form must be all of the buffer. */
extern int	wire_open(StringInfo buffer, const char *type, int newest);

/* Form of a later release. */
pg_noreturn extern void wire_version_newer(const char *type, int version,
										   int newest);

/* Not what any release writes. */
pg_noreturn extern void wire_damaged(const char *type);

/* What people write is short: a text of this type that is not is refused before it is parsed. */
extern void refuse_long_text(const char *type, Size length);

/* A check value of the bytes that follow it: CRC32C. */
extern uint32 wire_check_value(const char *data, int length);

#endif							/* WIRE_FORMAT_H */
