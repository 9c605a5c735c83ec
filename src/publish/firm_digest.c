/*-------------------------------------------------------------------------
 *
 * firm_digest.c
 *	  What is counted and hashed of the firms of a publication.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "support/canonical.h"
#include "support/compat.h"
#include "publish/firm_digest.h"
#include "publish/secret.h"

struct FirmDigest
{
	MemoryContext context;		/* of what a row takes */
	CanonicalRow *canonical;
	StringInfoData row;
	HashTree   *tree;
	int64		firms;
	int64		scored;
	int64		listed;
};

FirmDigest *
firm_digest_create(TupleDesc tupdesc, int64 publication)
{
	FirmDigest *digest = palloc0(sizeof(FirmDigest));
	uint8		secret[SECRET_LENGTH];
	Oid			type[FIRM_COLUMNS];

	if (tupdesc->natts < FIRM_COLUMNS)
		elog(ERROR, "these are no published firms");
	for (int i = FIRM_ENTITY; i < FIRM_COLUMNS; i++)
		type[i] = TupleDescAttr(tupdesc, i)->atttypid;
	load_secret(publication, secret);
	digest->context = AllocSetContextCreate(CurrentMemoryContext, "published firm",
											ALLOCSET_DEFAULT_SIZES);
	digest->canonical = describe_canonical_types(type + FIRM_ENTITY, FIRM_COLUMNS - FIRM_ENTITY);
	initStringInfo(&digest->row);
	digest->tree = hash_tree_create(secret, SECRET_LENGTH);
	return digest;
}

static bool
is_listed(Datum decision)
{
	struct varlena *code = PG_DETOAST_DATUM_PACKED(decision);

	return VARSIZE_ANY_EXHDR(code) == strlen("listed") &&
		memcmp(VARDATA_ANY(code), "listed", strlen("listed")) == 0;
}

void
firm_digest_add(FirmDigest *digest, const Datum *values, const bool *nulls)
{
	MemoryContext old = MemoryContextSwitchTo(digest->context);
	struct varlena *entity;
	char	   *utf8;

	if (nulls[FIRM_ENTITY])
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("a published firm needs an entity")));
	entity = PG_DETOAST_DATUM_PACKED(values[FIRM_ENTITY]);
	utf8 = pg_server_to_any(VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity), PG_UTF8);
	resetStringInfo(&digest->row);
	append_canonical_values(&digest->row, digest->canonical, values + FIRM_ENTITY, nulls + FIRM_ENTITY);
	hash_tree_add(digest->tree, utf8,
				  utf8 == VARDATA_ANY(entity) ? VARSIZE_ANY_EXHDR(entity) : strlen(utf8),
				  digest->row.data, digest->row.len);
	digest->firms++;
	digest->scored += !nulls[FIRM_SCORE];
	digest->listed += !nulls[FIRM_DECISION] && is_listed(values[FIRM_DECISION]);
	MemoryContextSwitchTo(old);
	MemoryContextReset(digest->context);
}

void
firm_digest_result(FirmDigest *digest, Datum *values)
{
	bytea	   *root = palloc(VARHDRSZ + HASH_LENGTH);

	SET_VARSIZE(root, VARHDRSZ + HASH_LENGTH);
	hash_tree_root(digest->tree, (uint8 *) VARDATA(root));
	values[0] = Int64GetDatum(digest->firms);
	values[1] = Int64GetDatum(digest->scored);
	values[2] = Int64GetDatum(digest->listed);
	values[3] = PointerGetDatum(root);
}
