/*-------------------------------------------------------------------------
 *
 * signature.c
 *	  Checking signatures that were made elsewhere, by OpenSSL.
 *
 * A server that was built without it, or with a version that lacks
 * EVP_DigestVerify(), says that it does not know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "support/compat.h"

#if defined(USE_OPENSSL) && defined(__has_include)
#if __has_include(<openssl/evp.h>)
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER >= 0x10101000L && !defined(LIBRESSL_VERSION_NUMBER)
#define CHECKS_SIGNATURES
#endif
#endif
#endif

#ifdef CHECKS_SIGNATURES

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#define MIN_RSA_BITS 2048

/* The name of the signer that GM/T 0009 gives where none is agreed on. */
static const char sm2_signer[] = "1234567812345678";

typedef enum KeyKind
{
	KEY_UNKNOWN,
	KEY_ED25519,
	KEY_SHA256,
	KEY_SM2
} KeyKind;

static KeyKind
kind_of(EVP_PKEY *key)
{
#if !defined(OPENSSL_NO_SM2) && OPENSSL_VERSION_NUMBER >= 0x30000000L
	if (EVP_PKEY_is_a(key, "SM2"))
		return KEY_SM2;
#endif
	switch (EVP_PKEY_base_id(key))
	{
		case EVP_PKEY_ED25519:
			return KEY_ED25519;
		case EVP_PKEY_RSA:
			return EVP_PKEY_bits(key) >= MIN_RSA_BITS ? KEY_SHA256 : KEY_UNKNOWN;
		case EVP_PKEY_EC:
#if !defined(OPENSSL_NO_SM2) && OPENSSL_VERSION_NUMBER < 0x30000000L
			/* There the curve alone tells. */
			if (EC_GROUP_get_curve_name(EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key))) == NID_sm2)
				return EVP_PKEY_set_alias_type(key, EVP_PKEY_SM2) == 1 ? KEY_SM2 : KEY_UNKNOWN;
#endif
			return KEY_SHA256;
		default:
			return KEY_UNKNOWN;
	}
}

/* NULL, or an error, for what is no key that can be used. */
static EVP_PKEY *
read_key(const text *pem, bool missing_ok)
{
	BIO		   *bio = BIO_new_mem_buf(VARDATA_ANY(pem), VARSIZE_ANY_EXHDR(pem));
	EVP_PKEY   *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ERR_clear_error();
	if (key == NULL && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not a public key in PEM form"),
				 errhint("It begins with -----BEGIN PUBLIC KEY-----; \"openssl pkey -pubout\" writes it.")));
	if (key != NULL && kind_of(key) == KEY_UNKNOWN)
	{
		EVP_PKEY_free(key);
		if (missing_ok)
			return NULL;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("public keys of this kind cannot be used"),
				 errdetail("They are Ed25519, ECDSA, RSA of at least %d bits, and SM2.", MIN_RSA_BITS)));
	}
	return key;
}

static bool
verifies(EVP_PKEY *key, const bytea *message, const bytea *signature)
{
	KeyKind		kind = kind_of(key);
	const EVP_MD *digest = kind == KEY_ED25519 ? NULL : EVP_sha256();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *parameters = NULL;
	bool		sound = context != NULL;

#ifndef OPENSSL_NO_SM2
	if (sound && kind == KEY_SM2)
	{
		digest = EVP_sm3();
		parameters = EVP_PKEY_CTX_new(key, NULL);
		sound = parameters != NULL &&
			EVP_PKEY_CTX_set1_id(parameters, sm2_signer, strlen(sm2_signer)) > 0;
		if (sound)
			EVP_MD_CTX_set_pkey_ctx(context, parameters);
	}
#endif
	sound = sound && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
		EVP_DigestVerify(context, (const unsigned char *) VARDATA_ANY(signature),
						 VARSIZE_ANY_EXHDR(signature),
						 (const unsigned char *) VARDATA_ANY(message),
						 VARSIZE_ANY_EXHDR(message)) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_CTX_free(parameters);
	ERR_clear_error();
	return sound;
}

#endif							/* CHECKS_SIGNATURES */

PG_FUNCTION_INFO_V1(signature_verifies);
/*
 * _innovation_score.signature_verifies(message bytea, signature bytea, public_key text) → boolean
 *
 * NULL where there is nothing to check it with; with NULL as signature, an error
 * if the key cannot be used.
 */
Datum
signature_verifies(PG_FUNCTION_ARGS)
{
#ifdef CHECKS_SIGNATURES
	EVP_PKEY   *key;
	bytea	   *message;
	bytea	   *signature;
	bool		sound;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	message = PG_GETARG_BYTEA_PP(0);
	signature = PG_ARGISNULL(1) ? NULL : PG_GETARG_BYTEA_PP(1);
	key = read_key(PG_GETARG_TEXT_PP(2), signature != NULL);
	sound = key != NULL && (signature == NULL || verifies(key, message, signature));
	EVP_PKEY_free(key);
	PG_RETURN_BOOL(sound);
#else
	PG_RETURN_NULL();
#endif
}
