/*-------------------------------------------------------------------------
 *
 * secret.c
 *	  The secrets that salt the hashes of published rows.
 *
 * They are read and written here, whoever calls, and handed to nobody.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "support/compat.h"
#include "support/sha256.h"
#include "publish/secret.h"

static Oid
find_relation(const char *schema, const char *name)
{
	Oid			relation = get_relname_relid(name, get_namespace_oid(schema, false));

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s.%s\" does not exist", schema, name)));
	return relation;
}

/* False if the publication has none. */
static bool
read_secret(Relation table, int64 publication, Snapshot snapshot, uint8 *secret)
{
	Relation	index = index_open(find_relation("_innovation_score", "publication_secret_pkey"),
								   AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(publication));
	scan = systable_beginscan_ordered(table, index, snapshot, 1, &key);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		bool		null;
		bytea	   *found = DatumGetByteaPP(heap_getattr(tuple, 2, RelationGetDescr(table), &null));

		if (VARSIZE_ANY_EXHDR(found) != SECRET_LENGTH)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("the secret of publication " INT64_FORMAT " is damaged", publication)));
		memcpy(secret, VARDATA_ANY(found), SECRET_LENGTH);
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return HeapTupleIsValid(tuple);
}

/*
 * Salted hashes let who can have them made try out what other firms' rows
 * hold, so they are for those who may read the rows.
 */
void
load_secret(int64 publication, uint8 *secret)
{
	Relation	table;

	if (pg_class_aclcheck(find_relation("innovation_score", "published_firm"), GetUserId(),
						  ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, "published_firm");
	table = table_open(find_relation("_innovation_score", "publication_secret"), AccessShareLock);
	if (!read_secret(table, publication, GetActiveSnapshot(), secret))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("publication " INT64_FORMAT " has lost its secret", publication),
				 errhint("A backup of table _innovation_score.publication_secret has it.")));
	table_close(table, AccessShareLock);
}

PG_FUNCTION_INFO_V1(keep_secret);
/*
 * _innovation_score.keep_secret(publication bigint) → void
 *
 * Makes the secret of a publication, for whoever is publishing.
 */
Datum
keep_secret(PG_FUNCTION_ARGS)
{
	Relation	log = table_open(find_relation("innovation_score", "publication_log"), AccessShareLock);
	Relation	table = table_open(find_relation("_innovation_score", "publication_secret"),
								   RowExclusiveLock);
	Snapshot	snapshot;
	bool		there;
	uint8		secret[SECRET_LENGTH];

	if (!CheckRelationLockedByMe(log, ShareUpdateExclusiveLock, true))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the log of publications is not locked")));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	there = read_secret(table, PG_GETARG_INT64(0), snapshot, secret);
	UnregisterSnapshot(snapshot);
	if (!there)
	{
		bytea	   *made = palloc(VARHDRSZ + SECRET_LENGTH);
		Datum		value[2] = {PG_GETARG_DATUM(0), PointerGetDatum(made)};
		bool		null[2] = {false, false};

		SET_VARSIZE(made, VARHDRSZ + SECRET_LENGTH);
		if (!pg_strong_random(VARDATA(made), SECRET_LENGTH))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not make a random secret")));
		CatalogTupleInsert(table, heap_form_tuple(RelationGetDescr(table), value, null));
		CommandCounterIncrement();
	}
	table_close(table, NoLock);
	table_close(log, AccessShareLock);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(receipt_salt);
/* _innovation_score.receipt_salt(publication bigint, entity text) → bytea */
Datum
receipt_salt(PG_FUNCTION_ARGS)
{
	text	   *entity = PG_GETARG_TEXT_PP(1);
	char	   *utf8 = pg_server_to_any(VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity), PG_UTF8);
	uint8		secret[SECRET_LENGTH];
	bytea	   *salt = palloc(VARHDRSZ + HASH_LENGTH);

	load_secret(PG_GETARG_INT64(0), secret);
	keyed_sha256(keyed_sha256_create(secret, SECRET_LENGTH), utf8,
				 utf8 == VARDATA_ANY(entity) ? VARSIZE_ANY_EXHDR(entity) : strlen(utf8),
				 (uint8 *) VARDATA(salt));
	SET_VARSIZE(salt, VARHDRSZ + HASH_LENGTH);
	PG_RETURN_BYTEA_P(salt);
}
