/*-------------------------------------------------------------------------
 *
 * put_bytes.h
 *	  Writes values of variable length, a few bytes many times a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PUT_BYTES_H
#define PUT_BYTES_H

#include "lib/stringinfo.h"
#include "support/compat.h"

/* Begin a value; its length comes first, and is known when it is whole. */
static inline void
value_begin(StringInfo buffer)
{
	initStringInfo(buffer);
	buffer->len = VARHDRSZ;
}

static inline Datum
value_end(StringInfo buffer)
{
	SET_VARSIZE(buffer->data, buffer->len);
	return PointerGetDatum(buffer->data);
}

/*
 * What appendBinaryStringInfoNT() does (no zero follows), but expanded where it is called: a
 * length that is known there costs a move or two in place of two calls.
 */
static inline void
put_bytes(StringInfo buffer, const void *bytes, int length)
{
	if (unlikely(length >= buffer->maxlen - buffer->len))
		enlargeStringInfo(buffer, length);
	memcpy(buffer->data + buffer->len, bytes, length);
	buffer->len += length;
}

#endif							/* PUT_BYTES_H */
