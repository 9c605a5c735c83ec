/*-------------------------------------------------------------------------
 *
 * firm_digest.h
 *	  What is counted and hashed of the firms of a publication.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FIRM_DIGEST_H
#define FIRM_DIGEST_H

#include "access/tupdesc.h"

#include "publish/hash_tree.h"

/* Columns of published_firm; those that are part of the digest come after the first. */
enum
{
	FIRM_PUBLICATION,
	FIRM_ENTITY,
	FIRM_STAGE,
	FIRM_PEERS,
	FIRM_ATTRIBUTES,
	FIRM_VALS,
	FIRM_SCORE,
	FIRM_COVERAGE,
	FIRM_CATEGORY_SCORES,
	FIRM_RANK,
	FIRM_STAGE_RANK,
	FIRM_BARRED,
	FIRM_QUALIFIES,
	FIRM_QUOTA,
	FIRM_ELIGIBLE,
	FIRM_ADMITTED,
	FIRM_DECISION,
	FIRM_REASONS,
	FIRM_COLUMNS
};

typedef struct FirmDigest FirmDigest;

/* In the current context; rows have the columns of published_firm first. */
extern FirmDigest *firm_digest_create(TupleDesc tupdesc, int64 publication);
extern void firm_digest_add(FirmDigest *digest, const Datum *values, const bool *nulls);

/* Four columns: firms, scored, listed, and the root of the tree. */
#define FIRM_DIGEST_RESULTS	4
extern void firm_digest_result(FirmDigest *digest, Datum *values);

#endif							/* FIRM_DIGEST_H */
