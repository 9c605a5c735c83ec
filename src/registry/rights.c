/*-------------------------------------------------------------------------
 *
 * rights.c
 *	  Who may see and change what the registry has of a scoreboard.
 *
 * A scoreboard belongs to the owner of the view <name>_rights, whose columns
 * are rights: who was granted SELECT on one has the right (on all columns by
 * a grant on the view, as GRANT … ON ALL TABLES does, gives none).  So ownership and rights
 * are PostgreSQL's own, and follow its roles, dumps and restores.  The
 * registry keeps the identity of the view, since anybody who may create
 * objects in the schema could make another one of its name once it is gone.
 * What has no such view any more belongs to the owner of the database.  Rows
 * come from other databases, too, past the triggers (a subscription, pg_restore
 * --disable-triggers): an identity says where it holds, and elsewhere the view
 * is known by its name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "registry/rights.h"
#include "support/compat.h"

#define REGISTRY_SCHEMA "_innovation_score"
#define RIGHTS_SUFFIX "_rights"
/* What readers of any of them are shown goes into them. */
static const char *const score_views[] = {"score", "ranking", "detail", "whitelist"};

/* The answer about the scoreboard that was asked about last in a query. */
typedef struct Answer
{
	text	   *scoreboard;
	int32		value;
} Answer;

typedef int32 (*Question) (const Registered *found);

static Oid
database_owner(void)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
	owner = ((Form_pg_database) GETSTRUCT(tuple))->datdba;
	ReleaseSysCache(tuple);
	return owner;
}

/* The owner of a relation, InvalidOid if there is none or it is none of these kinds. */
static Oid
owner_of_kinds(Oid relation, const char *kinds)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner = InvalidOid;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	if (strchr(kinds, ((Form_pg_class) GETSTRUCT(tuple))->relkind) != NULL)
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* The owner of a view, InvalidOid if there is no such view. */
static Oid
view_owner(Oid view)
{
	return owner_of_kinds(view, (const char[]){RELKIND_VIEW, RELKIND_MATVIEW, '\0'});
}

/* The view of a scoreboard, whose name is always that of a schema and its own. */
static Oid
named_view(text *scoreboard, const char *suffix)
{
	List	   *names = textToQualifiedNameList(scoreboard);
	Oid			schema;

	if (list_length(names) != 2)
		return InvalidOid;
	schema = get_namespace_oid(strVal(linitial(names)), true);
	return OidIsValid(schema) ?
		get_relname_relid(psprintf("%s%s", strVal(lsecond(names)), suffix), schema) : InvalidOid;
}

/* A view of rights as the registry keeps it. */
static char *
identity_text(Oid view)
{
	return psprintf(UINT64_FORMAT "/%u/%u", GetSystemIdentifier(), MyDatabaseId, view);
}

/* The view that an identity means. */
static Oid
identified_view(text *scoreboard, text *identity)
{
	char	   *text = text_to_cstring(identity);
	char	   *number = strrchr(text, '/');
	Oid			view = number != NULL ? atooid(number + 1) : InvalidOid;

	return OidIsValid(view) && strcmp(text, identity_text(view)) == 0 ?
		view : named_view(scoreboard, RIGHTS_SUFFIX);
}

static Datum
registered_value(HeapTuple tuple, Relation registry, const char *column, bool *is_null)
{
	return heap_getattr(tuple, get_attnum(RelationGetRelid(registry), column),
						RelationGetDescr(registry), is_null);
}

/* What the registry has of a scoreboard; all zero if it has nothing. */
static Registered
registered(text *scoreboard)
{
	Oid			schema = get_namespace_oid(REGISTRY_SCHEMA, false);
	Relation	registry = table_open(get_relname_relid("scoreboard", schema), AccessShareLock);
	Relation	index = index_open(get_relname_relid("scoreboard_pkey", schema), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Registered	found = {0};

	ScanKeyEntryInitialize(&key, 0, 1, BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[0],
						   F_TEXTEQ, PointerGetDatum(scoreboard));
	scan = systable_beginscan_ordered(registry, index, GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		bool		is_null;

		found.rights = identified_view(scoreboard,
									   DatumGetTextPP(registered_value(tuple, registry, "rights", &is_null)));
		found.time_zone = TextDatumGetCString(registered_value(tuple, registry, "time_zone", &is_null));
		found.small_group = DatumGetInt32(registered_value(tuple, registry, "small_group", &is_null));
		if (is_null)
			found.small_group = 0;
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(registry, AccessShareLock);
	return found;
}

static Oid
registered_rights(text *scoreboard)
{
	return registered(scoreboard).rights;
}

static bool
owns(Oid rights)
{
	Oid			owner = OidIsValid(rights) ? view_owner(rights) : InvalidOid;

	return has_privs_of_role(GetUserId(), OidIsValid(owner) ? owner : database_owner());
}

static bool
selects(Oid view)
{
	return pg_class_aclcheck(view, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck_all(view, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
}

static bool
any_right(Oid rights)
{
	return owns(rights) ||
		(OidIsValid(rights) && OidIsValid(view_owner(rights)) &&
		 pg_attribute_aclcheck_all(rights, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK);
}

/* Whether the caller has some right, or reads the scores. */
static bool
reads(Oid rights)
{
	Oid			owner = OidIsValid(rights) ? view_owner(rights) : InvalidOid;
	char	   *name;

	if (any_right(rights))
		return true;
	if (!OidIsValid(owner))
		return false;
	name = get_rel_name(rights);
	name[Max((int) strlen(name) - (int) strlen(RIGHTS_SUFFIX), 0)] = '\0';
	for (int i = 0; i < (int) lengthof(score_views); i++)
	{
		Oid			view = get_relname_relid(psprintf("%s_%s", name, score_views[i]),
											 get_rel_namespace(rights));

		if (OidIsValid(view) && view_owner(view) == owner && selects(view))
			return true;
	}
	return false;
}

/* Rows of one scoreboard mostly follow each other. */
static int32
ask(FunctionCallInfo fcinfo, Question question)
{
	Registered	found;
	text	   *scoreboard = PG_GETARG_TEXT_PP(0);
	Answer	   *last = fcinfo->flinfo->fn_extra;
	Size		size = VARSIZE_ANY(scoreboard);

	if (last == NULL)
		fcinfo->flinfo->fn_extra = last =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Answer));
	else if (VARSIZE_ANY(last->scoreboard) == size && memcmp(last->scoreboard, scoreboard, size) == 0)
		return last->value;
	else
		pfree(last->scoreboard);
	last->scoreboard = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, size);
	memcpy(last->scoreboard, scoreboard, size);
	found = registered(scoreboard);
	last->value = question(&found);
	return last->value;
}

static int32
is_owned(const Registered *found)
{
	return owns(found->rights);
}

static int32
is_read(const Registered *found)
{
	return reads(found->rights);
}

static int32
gives_rights(const Registered *found)
{
	return any_right(found->rights);
}

static int32
hides_below(const Registered *found)
{
	return found->small_group > 0 && !owns(found->rights) ? found->small_group : 0;
}

PG_FUNCTION_INFO_V1(owns_scoreboard);
/*
 * _innovation_score.owns(scoreboard text) → boolean
 */
Datum
owns_scoreboard(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ask(fcinfo, is_owned) != 0);
}

PG_FUNCTION_INFO_V1(reads_scoreboard);
/*
 * _innovation_score.reads(scoreboard text) → boolean
 */
Datum
reads_scoreboard(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ask(fcinfo, is_read) != 0);
}

PG_FUNCTION_INFO_V1(has_any_right);
/*
 * _innovation_score.has_any_right(scoreboard text) → boolean
 */
Datum
has_any_right(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ask(fcinfo, gives_rights) != 0);
}

PG_FUNCTION_INFO_V1(hidden_below);
/*
 * _innovation_score.hidden_below(scoreboard text) → integer
 *
 * Groups of fewer firms are not shown to the caller.
 */
Datum
hidden_below(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(ask(fcinfo, hides_below));
}

/* The same about a row of the registry itself, which has the view. */
static Oid
row_rights(FunctionCallInfo fcinfo)
{
	return identified_view(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1));
}

PG_FUNCTION_INFO_V1(rights_identity);
/*
 * _innovation_score.rights_identity(view oid) → text
 */
Datum
rights_identity(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(identity_text(PG_GETARG_OID(0))));
}

PG_FUNCTION_INFO_V1(owns_row);
/*
 * _innovation_score.owns(scoreboard text, rights text) → boolean
 */
Datum
owns_row(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(owns(row_rights(fcinfo)));
}

PG_FUNCTION_INFO_V1(reads_row);
/*
 * _innovation_score.reads(scoreboard text, rights text) → boolean
 */
Datum
reads_row(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(reads(row_rights(fcinfo)));
}

PG_FUNCTION_INFO_V1(has_right);
/*
 * _innovation_score.has_right(scoreboard text, right text, role oid) → boolean
 */
Datum
has_right(PG_FUNCTION_ARGS)
{
	Oid			rights = registered_rights(PG_GETARG_TEXT_PP(0));
	Oid			owner = OidIsValid(rights) ? view_owner(rights) : InvalidOid;
	Oid			role = PG_GETARG_OID(2);
	AttrNumber	column;

	if (has_privs_of_role(role, OidIsValid(owner) ? owner : database_owner()))
		PG_RETURN_BOOL(true);
	if (!OidIsValid(owner))
		PG_RETURN_BOOL(false);
	column = get_attnum(rights, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_BOOL(column != InvalidAttrNumber &&
				   pg_attribute_aclcheck(rights, column, role, ACL_SELECT) == ACLCHECK_OK);
}

PG_FUNCTION_INFO_V1(owns_view);
/*
 * _innovation_score.owns_view(name text) → boolean
 *
 * Of what is known by the name of its view alone.
 */
Datum
owns_view(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(owns(named_view(PG_GETARG_TEXT_PP(0), "")));
}

Registered
find_registered(text *scoreboard)
{
	Registered	found = registered(scoreboard);

	found.owner = OidIsValid(found.rights) ? view_owner(found.rights) : InvalidOid;
	if (!OidIsValid(found.owner))
		found.owner = database_owner();
	return found;
}

/* The same of what is known by the name of its view or table alone. */
Registered
find_relation(text *name)
{
	Registered	found = {0};

	found.rights = named_view(name, "");
	found.owner = owner_of_kinds(found.rights, (const char[]){RELKIND_VIEW, RELKIND_MATVIEW, RELKIND_RELATION,
															  RELKIND_PARTITIONED_TABLE, '\0'});
	if (!OidIsValid(found.owner))
		found.owner = database_owner();
	return found;
}

PG_FUNCTION_INFO_V1(scoreboard_owner);
/*
 * _innovation_score.scoreboard_owner(scoreboard text) → oid
 */
Datum
scoreboard_owner(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(find_registered(PG_GETARG_TEXT_PP(0)).owner);
}

PG_FUNCTION_INFO_V1(model_not_known);
/*
 * _innovation_score.model_not_known(scoreboard text) → score_model
 *
 * The error of views of a scoreboard whose row is not there: they were
 * restored without the extension's tables, or have another name since.
 */
Datum
model_not_known(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("the model of scoreboard %s is not known",
					text_to_cstring(PG_GETARG_TEXT_PP(0))),
			 errdetail("Its row in innovation_score.scoreboard is not there, or not for you to read."),
			 errhint("Owners: restore the rows of the extension with the views, or rebuild what was renamed. "
					 "Readers: see innovation_score.grant_scoreboard().")));
}
