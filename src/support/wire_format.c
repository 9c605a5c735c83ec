/*-------------------------------------------------------------------------
 *
 * wire_format.c
 *	  The version that every stored or sent form begins with, and the check
 *	  value that some have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "port/pg_bswap.h"
#include "port/pg_crc32c.h"

#include "support/compat.h"
#include "support/wire_format.h"

void
wire_version_newer(const char *type, int version, int newest)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s has format %d, but this version of innovation_score reads formats up to %d",
					type, version, newest),
			 errhint("Update the extension innovation_score.")));
}

void
wire_damaged(const char *type)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("binary form of a %s is damaged", type)));
}

void
refuse_long_text(const char *type, Size length)
{
	const Size	most = 256 * 1024;

	if (length > most)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s of %zu bytes is too long", type, length),
				 errdetail("At most %zu bytes are read.", most)));
}

int
wire_version_read(StringInfo buffer, const char *type, int newest)
{
	int			version = pq_getmsgbyte(buffer);

	if (version < 1)
		wire_damaged(type);
	if (version > newest)
		wire_version_newer(type, version, newest);
	return version;
}

/* CRC32C */
uint32
wire_check_value(const char *data, int length)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, data, length);
	FIN_CRC32C(crc);
	return crc;
}

void
wire_begin(StringInfo buffer, int version)
{
	pq_sendbyte(buffer, version);
	pq_sendint32(buffer, 0);
}

void
wire_end(StringInfo buffer, int start)
{
	int			content = start + 1 + sizeof(uint32);
	uint32		crc = pg_hton32(wire_check_value(buffer->data + content, buffer->len - content));

	memcpy(buffer->data + start + 1, &crc, sizeof(crc));
}

int
wire_open(StringInfo buffer, const char *type, int newest)
{
	int			version = wire_version_read(buffer, type, newest);
	uint32		expected = pq_getmsgint(buffer, 4);

	if (wire_check_value(buffer->data + buffer->cursor, buffer->len - buffer->cursor) != expected)
		wire_damaged(type);
	return version;
}
