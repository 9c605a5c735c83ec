/*-------------------------------------------------------------------------
 *
 * sha256.h
 *	  SHA-256 and HMAC-SHA-256 of many short messages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SHA256_H
#define SHA256_H

#include "common/sha2.h"

#define HASH_LENGTH PG_SHA256_DIGEST_LENGTH

typedef struct Sha256 Sha256;
typedef struct KeyedSha256 KeyedSha256;

/* A piece of what is hashed. */
typedef struct HashPiece
{
	const void *bytes;
	Size		length;
} HashPiece;

/* Both are gone with the current memory context. */
extern Sha256 *sha256_create(void);
extern KeyedSha256 *keyed_sha256_create(const uint8 *key, Size length);

/* The hash of the pieces, put together. */
extern void sha256(Sha256 *sha, const HashPiece *piece, int n, uint8 *hash);
extern void keyed_sha256(KeyedSha256 *keyed, const void *bytes, Size length, uint8 *hash);

#endif							/* SHA256_H */
