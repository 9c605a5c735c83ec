/*-------------------------------------------------------------------------
 *
 * sha256.c
 *	  SHA-256 and HMAC-SHA-256 of many short messages.
 *
 * Where the server has OpenSSL, what a hash begins with is made once: looking
 * the algorithm up, and hashing the key, would cost more than a short message.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/hmac.h"
#include "utils/memutils.h"

#include "support/sha256.h"

#if defined(USE_OPENSSL) && defined(__has_include)
#if __has_include(<openssl/evp.h>)
#define KEEPS_STATES
#endif
#endif

#ifdef KEEPS_STATES

#include <openssl/evp.h>

#define BLOCK_LENGTH PG_SHA256_BLOCK_LENGTH

/* Outside of the memory contexts, so it is freed by their callbacks. */
struct Sha256
{
	EVP_MD_CTX *start;			/* what every hash begins with */
	EVP_MD_CTX *state;
	MemoryContextCallback callback;
};

/* RFC 2104: the hash of the outer key and the hash of the inner key and the message. */
struct KeyedSha256
{
	Sha256	   *inner;
	Sha256	   *outer;
};

static void
check(int result)
{
	if (result <= 0)
		elog(ERROR, "could not compute SHA-256");
}

static void
free_states(void *argument)
{
	Sha256	   *sha = argument;

	EVP_MD_CTX_free(sha->start);
	EVP_MD_CTX_free(sha->state);
}

/* A hash whose messages begin with these bytes. */
static Sha256 *
create_after(const void *bytes, Size length)
{
	Sha256	   *sha = palloc0(sizeof(Sha256));

	sha->callback.func = free_states;
	sha->callback.arg = sha;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &sha->callback);
	sha->start = EVP_MD_CTX_new();
	sha->state = EVP_MD_CTX_new();
	if (sha->start == NULL || sha->state == NULL)
		elog(ERROR, "out of memory for SHA-256");
	check(EVP_DigestInit_ex(sha->start, EVP_sha256(), NULL));
	check(EVP_DigestUpdate(sha->start, bytes, length));
	return sha;
}

Sha256 *
sha256_create(void)
{
	return create_after("", 0);
}

void
sha256(Sha256 *sha, const HashPiece *piece, int n, uint8 *hash)
{
	check(EVP_MD_CTX_copy_ex(sha->state, sha->start));
	for (int i = 0; i < n; i++)
		check(EVP_DigestUpdate(sha->state, piece[i].bytes, piece[i].length));
	check(EVP_DigestFinal_ex(sha->state, hash, NULL));
}

KeyedSha256 *
keyed_sha256_create(const uint8 *key, Size length)
{
	KeyedSha256 *keyed = palloc0(sizeof(KeyedSha256));
	uint8		block[BLOCK_LENGTH] = {0};

	Assert(length <= BLOCK_LENGTH);
	memcpy(block, key, length);
	for (int i = 0; i < BLOCK_LENGTH; i++)
		block[i] ^= 0x36;
	keyed->inner = create_after(block, BLOCK_LENGTH);
	for (int i = 0; i < BLOCK_LENGTH; i++)
		block[i] ^= 0x36 ^ 0x5c;
	keyed->outer = create_after(block, BLOCK_LENGTH);
	return keyed;
}

void
keyed_sha256(KeyedSha256 *keyed, const void *bytes, Size length, uint8 *hash)
{
	sha256(keyed->inner, &(HashPiece){bytes, length}, 1, hash);
	sha256(keyed->outer, &(HashPiece){hash, HASH_LENGTH}, 1, hash);
}

#else							/* !KEEPS_STATES */

/* What the server needs for a hash may not outlive the statement, so it is made for each. */
struct Sha256
{
	char		unused;
};

struct KeyedSha256
{
	Size		length;
	uint8		key[FLEXIBLE_ARRAY_MEMBER];
};

static void
check(int result)
{
	if (result < 0)
		elog(ERROR, "could not compute SHA-256");
}

Sha256 *
sha256_create(void)
{
	return palloc0(sizeof(Sha256));
}

void
sha256(Sha256 *sha pg_attribute_unused(), const HashPiece *piece, int n, uint8 *hash)
{
	pg_cryptohash_ctx *state = pg_cryptohash_create(PG_SHA256);

	if (state == NULL)
		elog(ERROR, "out of memory for SHA-256");
	check(pg_cryptohash_init(state));
	for (int i = 0; i < n; i++)
		check(pg_cryptohash_update(state, piece[i].bytes, piece[i].length));
	check(pg_cryptohash_final(state, hash, HASH_LENGTH));
	pg_cryptohash_free(state);
}

KeyedSha256 *
keyed_sha256_create(const uint8 *key, Size length)
{
	KeyedSha256 *keyed = palloc0(offsetof(KeyedSha256, key) + length);

	keyed->length = length;
	memcpy(keyed->key, key, length);
	return keyed;
}

void
keyed_sha256(KeyedSha256 *keyed, const void *bytes, Size length, uint8 *hash)
{
	pg_hmac_ctx *state = pg_hmac_create(PG_SHA256);

	if (state == NULL)
		elog(ERROR, "out of memory for SHA-256");
	check(pg_hmac_init(state, keyed->key, keyed->length));
	check(pg_hmac_update(state, bytes, length));
	check(pg_hmac_final(state, hash, HASH_LENGTH));
	pg_hmac_free(state);
}

#endif							/* KEEPS_STATES */
