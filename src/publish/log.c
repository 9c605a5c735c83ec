/*-------------------------------------------------------------------------
 *
 * log.c
 *	  The log of publications: one chain over all that changes them.
 *
 * An entry's head is SHA-256(0x02, head of the entry before, kind, digest);
 * the first continues 32 zero bytes.  Whoever keeps one head can tell whether
 * anything up to it has been changed since.  Entries are written here alone,
 * one transaction at a time, by those who may write what the entry is about.
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
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "registry/keeper.h"
#include "support/compat.h"

/* Columns of publication_log. */
enum
{
	LOG_ENTRY,
	LOG_KIND,
	LOG_NUMBER,
	LOG_AT,
	LOG_SESSION_ROLE,
	LOG_ROLE,
	LOG_DIGEST,
	LOG_HEAD,
	LOG_COLUMNS
};

#define MAX_WAIT_MS 30000

typedef struct LastEntry
{
	int64		number;			/* 0: there is none */
	TimestampTz at;
	uint8		head[PG_SHA256_DIGEST_LENGTH];
} LastEntry;

/* What an entry is about, the table that it stands in, and the right to add such a thing. */
static const struct
{
	const char *kind;
	const char *relation;
	AclMode		right;
}			kinds[] =
{
	{"publication", "publication", ACL_INSERT},
	{"state", "publication_event", ACL_INSERT},
	{"objection", "objection", ACL_INSERT},
	{"decision", "objection", ACL_UPDATE},
	{"batch", "whitelist_batch", ACL_INSERT},
};

static Oid
our_relation(const char *name)
{
	Oid			relation = get_relname_relid(name, get_namespace_oid("innovation_score", false));

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"innovation_score.%s\" does not exist", name)));
	return relation;
}

/* Some column will do: who files objections may fill in some only. */
static void
require_right(const char *kind)
{
	for (size_t i = 0; i < lengthof(kinds); i++)
	{
		Oid			relation;

		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		relation = our_relation(kinds[i].relation);
		if (pg_class_aclcheck(relation, GetUserId(), kinds[i].right) != ACLCHECK_OK &&
			pg_attribute_aclcheck_all(relation, GetUserId(), kinds[i].right,
									  ACLMASK_ANY) != ACLCHECK_OK)
			aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, kinds[i].relation);
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a kind of log entry", kind)));
}

/* Who has locked the log, for a message. */
static char *
holders(Oid log)
{
	StringInfoData text;
	LOCKTAG		tag;
	VirtualTransactionId *holder;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, log);
	initStringInfo(&text);
	holder = GetLockConflicts(&tag, ShareUpdateExclusiveLock, NULL);
	for (; VirtualTransactionIdIsValid(*holder); holder++)
	{
		PGPROC	   *process = virtual_transaction_process(*holder);
		char	   *role = process == NULL ? NULL : GetUserNameFromId(process->roleId, true);

		if (process == NULL)
			continue;
		appendStringInfo(&text, "%sprocess %d of role \"%s\"", text.len > 0 ? ", " : "",
						 process->pid, role == NULL ? "?" : role);
	}
	return text.len > 0 ? text.data : "a prepared transaction, or one that has just ended";
}

/*
 * Locks the log to the end of the transaction.  A deadlock is an error after
 * deadlock_timeout; the shorter of lock_timeout and half a minute holds for
 * one who does not end his transaction.
 */
static void
lock_log(Oid log)
{
	MemoryContext context = CurrentMemoryContext;
	int			nest_level = NewGUCNestLevel();
	int			wait = LockTimeout > 0 ? Min(LockTimeout, MAX_WAIT_MS) : MAX_WAIT_MS;

	(void) set_config_option("lock_timeout", psprintf("%d", wait), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	PG_TRY();
	{
		LockRelationOid(log, ShareUpdateExclusiveLock);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			PG_RE_THROW();
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("another transaction is publishing, or changing a publication"),
				 errdetail("The log was locked for %d ms by %s.", wait, holders(log)),
				 errhint("Try again when that transaction has ended.")));
	}
	PG_END_TRY();
	AtEOXact_GUC(true, nest_level);
}

/*
 * A transaction that began before the last entry was written sees neither it
 * nor what it is about, and cannot continue from there.
 */
static void
refuse_old_snapshot(HeapTuple tuple)
{
	TransactionId writer = HeapTupleHeaderGetXmin(tuple->t_data);

	if (IsolationUsesXactSnapshot() && !TransactionIdIsCurrentTransactionId(writer) &&
		XidInMVCCSnapshot(writer, GetTransactionSnapshot()))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("another publication, or change of one, has been made since this transaction began"),
				 errhint("Run the transaction again.")));
}

static LastEntry
last_entry(Relation log)
{
	LastEntry	last = {0};
	Relation	index = index_open(our_relation("publication_log_pkey"), AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = systable_beginscan_ordered(log, index, snapshot, 0, NULL);
	HeapTuple	tuple = systable_getnext_ordered(scan, BackwardScanDirection);

	if (HeapTupleIsValid(tuple))
	{
		Datum		value[LOG_COLUMNS];
		bool		null[LOG_COLUMNS];
		bytea	   *head;

		refuse_old_snapshot(tuple);
		heap_deform_tuple(tuple, RelationGetDescr(log), value, null);
		last.number = DatumGetInt64(value[LOG_ENTRY]);
		last.at = DatumGetTimestampTz(value[LOG_AT]);
		head = DatumGetByteaPP(value[LOG_HEAD]);
		if (VARSIZE_ANY_EXHDR(head) != PG_SHA256_DIGEST_LENGTH)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("the last entry of the log of publications is damaged")));
		memcpy(last.head, VARDATA_ANY(head), PG_SHA256_DIGEST_LENGTH);
	}
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	index_close(index, AccessShareLock);
	return last;
}

/* head becomes that of the entry which follows it. */
static void
next_head(uint8 *head, const text *kind, const bytea *digest)
{
	static const uint8 prefix = 0x02;
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, &prefix, 1) < 0 ||
		pg_cryptohash_update(hash, head, PG_SHA256_DIGEST_LENGTH) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) VARDATA_ANY(kind), VARSIZE_ANY_EXHDR(kind)) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) VARDATA_ANY(digest), VARSIZE_ANY_EXHDR(digest)) < 0 ||
		pg_cryptohash_final(hash, head, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256");
	pg_cryptohash_free(hash);
}

PG_FUNCTION_INFO_V1(log_turn);
/*
 * _innovation_score.log_turn(kind text) → timestamptz
 *
 * Until the transaction ends nobody else adds to the log.  The result is the
 * moment of the next entry, which is later than that of the last one whatever
 * the clock says.
 */
Datum
log_turn(PG_FUNCTION_ARGS)
{
	Oid			relation = our_relation("publication_log");
	Relation	log;
	TimestampTz now;
	LastEntry	last;

	require_right(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PreventCommandIfReadOnly("adding to the log of publications");
	lock_log(relation);
	log = table_open(relation, NoLock);
	last = last_entry(log);
	table_close(log, NoLock);
	now = GetCurrentTimestamp();
	PG_RETURN_TIMESTAMPTZ(last.number > 0 && now <= last.at ? last.at + 1 : now);
}

PG_FUNCTION_INFO_V1(log_is_ours);
/* _innovation_score.log_is_ours() → boolean: whether this transaction has its turn. */
Datum
log_is_ours(PG_FUNCTION_ARGS pg_attribute_unused())
{
	Relation	log = table_open(our_relation("publication_log"), AccessShareLock);
	bool		ours = CheckRelationLockedByMe(log, ShareUpdateExclusiveLock, true);

	table_close(log, AccessShareLock);
	PG_RETURN_BOOL(ours);
}

PG_FUNCTION_INFO_V1(log_append);
/*
 * _innovation_score.log_append(kind text, number bigint, at timestamptz, digest bytea) → bigint
 *
 * Adds an entry and returns its number.
 */
Datum
log_append(PG_FUNCTION_ARGS)
{
	text	   *kind = PG_GETARG_TEXT_PP(0);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
	bytea	   *digest = PG_GETARG_BYTEA_PP(3);
	Relation	log = table_open(our_relation("publication_log"), RowExclusiveLock);
	Datum		value[LOG_COLUMNS];
	bool		null[LOG_COLUMNS] = {0};
	LastEntry	last;
	bytea	   *head;
	HeapTuple	tuple;

	require_right(text_to_cstring(kind));
	if (!CheckRelationLockedByMe(log, ShareUpdateExclusiveLock, true))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the log of publications is not locked")));
	last = last_entry(log);
	if ((last.number > 0 && at <= last.at) ||
		VARSIZE_ANY_EXHDR(digest) != PG_SHA256_DIGEST_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a log entry needs a SHA-256 digest, and a moment that follows that of the last entry")));
	next_head(last.head, kind, digest);
	head = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	SET_VARSIZE(head, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(head), last.head, PG_SHA256_DIGEST_LENGTH);
	value[LOG_ENTRY] = Int64GetDatum(last.number + 1);
	value[LOG_KIND] = PointerGetDatum(kind);
	value[LOG_NUMBER] = PG_GETARG_DATUM(1);
	value[LOG_AT] = TimestampTzGetDatum(at);
	value[LOG_SESSION_ROLE] = CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false));
	value[LOG_ROLE] = CStringGetTextDatum(GetUserNameFromId(calling_role(), false));
	value[LOG_DIGEST] = PointerGetDatum(digest);
	value[LOG_HEAD] = PointerGetDatum(head);
	tuple = heap_form_tuple(RelationGetDescr(log), value, null);
	CatalogTupleInsert(log, tuple);
	table_close(log, NoLock);
	CommandCounterIncrement();
	PG_RETURN_INT64(last.number + 1);
}

PG_FUNCTION_INFO_V1(last_ledger_entry);
/*
 * _innovation_score.last_ledger_entry() → bigint
 *
 * As those see it who begin now.
 */
Datum
last_ledger_entry(PG_FUNCTION_ARGS)
{
	int64		last = 0;
	bool		is_null;

	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute("SELECT pg_catalog.max(e.entry) FROM innovation_score.ledger_entry e", true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "entries of ledgers cannot be read");
	last = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	PopActiveSnapshot();
	SPI_finish();
	if (is_null)
		PG_RETURN_NULL();
	PG_RETURN_INT64(last);
}
