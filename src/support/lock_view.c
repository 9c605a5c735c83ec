/*-------------------------------------------------------------------------
 *
 * lock_view.c
 *	  Locking a view alone.
 *
 * LOCK TABLE would lock the tables that a view reads, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(lock_view);
/*
 * _innovation_score.lock_view(view regclass) → void
 *
 * Nobody else reads or changes the view until the transaction ends.  Whoever
 * may not replace it may not lock it, and waits for nothing.
 */
Datum
lock_view(PG_FUNCTION_ARGS)
{
	Oid			view = PG_GETARG_OID(0);
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view));
	bool		ours;

	if (!HeapTupleIsValid(tuple))
		PG_RETURN_VOID();
	ours = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_VIEW &&
		has_privs_of_role(GetUserId(), ((Form_pg_class) GETSTRUCT(tuple))->relowner);
	ReleaseSysCache(tuple);
	if (ours)
		LockRelationOid(view, AccessExclusiveLock);
	PG_RETURN_VOID();
}
