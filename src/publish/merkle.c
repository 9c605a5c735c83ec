/*-------------------------------------------------------------------------
 *
 * merkle.c
 *	  The tree of hashes over the rows of a publication (RFC 6962).
 *
 * A leaf is SHA-256(0, salt, canonical form of the row), a node SHA-256(1,
 * left, right).  The salt is HMAC-SHA-256(secret of the publication, entity),
 * so that a hash tells nothing to who guesses the row.  Leaves are sorted by
 * their hashes: where a firm stands in the tree says nothing about it.
 *
 * RFC 6962 splits n leaves at the greatest power of two below n.  Pairing
 * neighbours level by level, the last of an odd number going up as it is,
 * makes the same tree.
 *
 * The secret is read here, whoever calls, and handed to nobody.
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
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "support/canonical.h"
#include "support/compat.h"
#include "support/function_glue.h"

#define HASH_LENGTH PG_SHA256_DIGEST_LENGTH
#define SECRET_LENGTH 32

/* Rows are hashed many at a time: what SHA-256 needs cannot outlive a call. */
#define PENDING_LENGTH (256 * 1024)

typedef uint8 MerkleHash[HASH_LENGTH];

typedef struct MerkleState
{
	CanonicalRow *row;
	uint8		secret[SECRET_LENGTH];
	StringInfoData pending;		/* of each row the lengths of entity and row, and both */
	MerkleHash	   *leaf;
	int64		leaves;
	int64		room;
} MerkleState;

typedef struct PendingRow
{
	int			entity;
	int			row;
} PendingRow;

/* A hash that is made of several pieces. */
static void
check_hash(int result)
{
	if (result < 0)
		elog(ERROR, "could not compute SHA-256");
}

static pg_cryptohash_ctx *
create_hash(void)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL)
		elog(ERROR, "out of memory for SHA-256");
	return hash;
}

/* ----- the secrets */

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
static void
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

static void
make_salt(pg_hmac_ctx *hmac, const uint8 *secret, const char *entity, int length, uint8 *salt)
{
	check_hash(pg_hmac_init(hmac, secret, SECRET_LENGTH));
	check_hash(pg_hmac_update(hmac, (const uint8 *) entity, length));
	check_hash(pg_hmac_final(hmac, salt, HASH_LENGTH));
}

static pg_hmac_ctx *
create_hmac(void)
{
	pg_hmac_ctx *hmac = pg_hmac_create(PG_SHA256);

	if (hmac == NULL)
		elog(ERROR, "out of memory for SHA-256");
	return hmac;
}

PG_FUNCTION_INFO_V1(receipt_salt);
/* _innovation_score.receipt_salt(publication bigint, entity text) → bytea */
Datum
receipt_salt(PG_FUNCTION_ARGS)
{
	text	   *entity = PG_GETARG_TEXT_PP(1);
	char	   *utf8 = pg_server_to_any(VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity), PG_UTF8);
	uint8		secret[SECRET_LENGTH];
	pg_hmac_ctx *hmac;
	bytea	   *salt = palloc(VARHDRSZ + HASH_LENGTH);

	load_secret(PG_GETARG_INT64(0), secret);
	hmac = create_hmac();
	make_salt(hmac, secret, utf8,
			  utf8 == VARDATA_ANY(entity) ? VARSIZE_ANY_EXHDR(entity) : strlen(utf8),
			  (uint8 *) VARDATA(salt));
	pg_hmac_free(hmac);
	SET_VARSIZE(salt, VARHDRSZ + HASH_LENGTH);
	PG_RETURN_BYTEA_P(salt);
}

/* ----- the tree */

static void
hash_pending(MerkleState *state)
{
	static const uint8 prefix = 0x00;
	pg_cryptohash_ctx *hash;
	pg_hmac_ctx *hmac;
	const char *at = state->pending.data;
	const char *end = at + state->pending.len;

	if (at == end)
		return;
	hash = create_hash();
	hmac = create_hmac();
	while (at < end)
	{
		PendingRow	row;
		MerkleHash		salt;

		if (state->leaves == state->room)
		{
			state->room *= 2;
			state->leaf = repalloc_huge(state->leaf, state->room * sizeof(MerkleHash));
		}
		memcpy(&row, at, sizeof(row));
		at += sizeof(row);
		make_salt(hmac, state->secret, at, row.entity, salt);
		at += row.entity;
		check_hash(pg_cryptohash_init(hash));
		check_hash(pg_cryptohash_update(hash, &prefix, 1));
		check_hash(pg_cryptohash_update(hash, salt, sizeof(salt)));
		check_hash(pg_cryptohash_update(hash, (const uint8 *) at, row.row));
		check_hash(pg_cryptohash_final(hash, state->leaf[state->leaves++], sizeof(MerkleHash)));
		at += row.row;
	}
	pg_hmac_free(hmac);
	pg_cryptohash_free(hash);
	resetStringInfo(&state->pending);
}

PG_FUNCTION_INFO_V1(merkle_add);
/* Transition: _innovation_score.merkle_add(internal, publication bigint, entity text, VARIADIC "any") → internal */
Datum
merkle_add(PG_FUNCTION_ARGS)
{
	MemoryContext old = MemoryContextSwitchTo(aggregate_context(fcinfo));
	MerkleState *state;
	PendingRow	row = {0};
	text	   *entity;
	char	   *utf8;
	int			start;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a published row needs a publication and an entity")));
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = describe_canonical_row(fcinfo, 2);
	if (PG_ARGISNULL(0))
	{
		state = palloc0(sizeof(MerkleState));
		load_secret(PG_GETARG_INT64(1), state->secret);
		initStringInfo(&state->pending);
		state->room = 64;
		state->leaf = palloc(state->room * sizeof(MerkleHash));
	}
	else
		state = (MerkleState *) PG_GETARG_POINTER(0);
	MemoryContextSwitchTo(old);

	entity = PG_GETARG_TEXT_PP(2);
	utf8 = pg_server_to_any(VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity), PG_UTF8);
	row.entity = utf8 == VARDATA_ANY(entity) ? VARSIZE_ANY_EXHDR(entity) : strlen(utf8);
	start = state->pending.len;
	appendBinaryStringInfo(&state->pending, (char *) &row, sizeof(row));
	appendBinaryStringInfo(&state->pending, utf8, row.entity);
	append_canonical_row(&state->pending, fcinfo->flinfo->fn_extra, fcinfo);
	row.row = state->pending.len - start - sizeof(row) - row.entity;
	memcpy(state->pending.data + start, &row, sizeof(row));
	if (state->pending.len > PENDING_LENGTH)
		hash_pending(state);
	PG_RETURN_POINTER(state);
}

static int
compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(MerkleHash));
}

/* All levels, the leaves first, and how many leaves there are. */
static MerkleHash *
grow_tree(MerkleState *state, int64 *nodes)
{
	static const uint8 prefix = 0x01;
	pg_cryptohash_ctx *hash;
	MerkleHash	   *tree;
	int64		total = 1;

	hash_pending(state);
	for (int64 level = state->leaves; level > 1; level = (level + 1) / 2)
		total += level;
	tree = palloc_extended(total * sizeof(MerkleHash), MCXT_ALLOC_HUGE);
	memcpy(tree, state->leaf, state->leaves * sizeof(MerkleHash));
	qsort(tree, state->leaves, sizeof(MerkleHash), compare_hashes);
	hash = create_hash();
	for (int64 level = state->leaves, start = 0; level > 1; level = (level + 1) / 2)
	{
		MerkleHash	   *node = tree + start;
		MerkleHash	   *above = node + level;

		CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i + 1 < level; i += 2)
		{
			check_hash(pg_cryptohash_init(hash));
			check_hash(pg_cryptohash_update(hash, &prefix, 1));
			check_hash(pg_cryptohash_update(hash, node[i], 2 * sizeof(MerkleHash)));
			check_hash(pg_cryptohash_final(hash, above[i / 2], sizeof(MerkleHash)));
		}
		if (level % 2 == 1)
			memcpy(above[level / 2], node[level - 1], sizeof(MerkleHash));
		start += level;
	}
	pg_cryptohash_free(hash);
	*nodes = total;
	return tree;
}

PG_FUNCTION_INFO_V1(merkle_root);
/* Final: _innovation_score.merkle_root(internal) → bytea; that of no rows is SHA-256 of nothing. */
Datum
merkle_root(PG_FUNCTION_ARGS)
{
	bytea	   *root = palloc(VARHDRSZ + sizeof(MerkleHash));

	SET_VARSIZE(root, VARHDRSZ + sizeof(MerkleHash));
	if (PG_ARGISNULL(0))
	{
		pg_cryptohash_ctx *hash = create_hash();

		check_hash(pg_cryptohash_init(hash));
		check_hash(pg_cryptohash_final(hash, (uint8 *) VARDATA(root), sizeof(MerkleHash)));
		pg_cryptohash_free(hash);
	}
	else
	{
		int64		nodes;
		MerkleHash	   *tree = grow_tree((MerkleState *) PG_GETARG_POINTER(0), &nodes);

		memcpy(VARDATA(root), tree[nodes - 1], sizeof(MerkleHash));
	}
	PG_RETURN_BYTEA_P(root);
}

PG_FUNCTION_INFO_V1(merkle_tree);
/* Final: _innovation_score.merkle_tree(internal) → bytea, the number of leaves and all levels, for merkle_path() */
Datum
merkle_tree(PG_FUNCTION_ARGS)
{
	MerkleState *state = (MerkleState *) PG_GETARG_POINTER(0);
	int64		nodes;
	MerkleHash	   *tree;
	bytea	   *result;
	Size		size;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	tree = grow_tree(state, &nodes);
	size = VARHDRSZ + sizeof(int64) + nodes * sizeof(MerkleHash);
	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the tree of " INT64_FORMAT " firms is too large for receipts", state->leaves)));
	result = palloc(size);
	SET_VARSIZE(result, size);
	memcpy(VARDATA(result), &state->leaves, sizeof(int64));
	memcpy(VARDATA(result) + sizeof(int64), tree, nodes * sizeof(MerkleHash));
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(merkle_path);
/*
 * _innovation_score.merkle_path(tree bytea, leaf bytea) → text[]
 *
 * The siblings from the leaf up to the root, each in hexadecimal after L or R,
 * the side on which it stands; NULL if the tree has no such leaf.
 */
Datum
merkle_path(PG_FUNCTION_ARGS)
{
	bytea	   *tree = PG_GETARG_BYTEA_PP(0);
	bytea	   *leaf = PG_GETARG_BYTEA_PP(1);
	MerkleHash	   *node = (MerkleHash *) (VARDATA_ANY(tree) + sizeof(int64));
	MerkleHash	   *found;
	int64		level;
	int64		place;
	Datum		step[64];
	int			steps = 0;

	memcpy(&level, VARDATA_ANY(tree), sizeof(int64));
	if (VARSIZE_ANY_EXHDR(leaf) != sizeof(MerkleHash))
		PG_RETURN_NULL();
	found = bsearch(VARDATA_ANY(leaf), node, level, sizeof(MerkleHash), compare_hashes);
	if (found == NULL)
		PG_RETURN_NULL();
	place = found - node;
	for (; level > 1; level = (level + 1) / 2, place /= 2)
	{
		int64		sibling = place ^ 1;

		if (sibling < level)
		{
			char		text[2 * sizeof(MerkleHash) + 2] = {sibling < place ? 'L' : 'R'};

			hex_encode((char *) node[sibling], sizeof(MerkleHash), text + 1);
			step[steps++] = CStringGetTextDatum(text);
		}
		node += level;
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(step, steps, TEXTOID, -1, false, TYPALIGN_INT));
}
