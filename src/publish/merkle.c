/*-------------------------------------------------------------------------
 *
 * merkle.c
 *	  Aggregates over the rows of a publication: the tree of their hashes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "support/canonical.h"
#include "support/compat.h"
#include "support/function_glue.h"
#include "publish/hash_tree.h"
#include "publish/secret.h"

typedef struct MerkleState
{
	HashTree   *tree;
	StringInfoData row;
} MerkleState;

PG_FUNCTION_INFO_V1(merkle_add);
/* Transition: _innovation_score.merkle_add(internal, publication bigint, entity text, VARIADIC "any") → internal */
Datum
merkle_add(PG_FUNCTION_ARGS)
{
	MemoryContext old = MemoryContextSwitchTo(aggregate_context(fcinfo));
	MerkleState *state;
	text	   *entity;
	char	   *utf8;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a published row needs a publication and an entity")));
	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = describe_canonical_row(fcinfo, 2);
	if (PG_ARGISNULL(0))
	{
		uint8		secret[SECRET_LENGTH];

		load_secret(PG_GETARG_INT64(1), secret);
		state = palloc0(sizeof(MerkleState));
		state->tree = hash_tree_create(secret, SECRET_LENGTH);
		initStringInfo(&state->row);
	}
	else
		state = (MerkleState *) PG_GETARG_POINTER(0);
	MemoryContextSwitchTo(old);

	entity = PG_GETARG_TEXT_PP(2);
	utf8 = pg_server_to_any(VARDATA_ANY(entity), VARSIZE_ANY_EXHDR(entity), PG_UTF8);
	resetStringInfo(&state->row);
	append_canonical_row(&state->row, fcinfo->flinfo->fn_extra, fcinfo);
	hash_tree_add(state->tree, utf8, utf8 == VARDATA_ANY(entity) ? VARSIZE_ANY_EXHDR(entity) : strlen(utf8),
				  state->row.data, state->row.len);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(merkle_root);
/* Final: _innovation_score.merkle_root(internal) → bytea; that of no rows is SHA-256 of nothing. */
Datum
merkle_root(PG_FUNCTION_ARGS)
{
	bytea	   *root = palloc(VARHDRSZ + HASH_LENGTH);

	SET_VARSIZE(root, VARHDRSZ + HASH_LENGTH);
	if (PG_ARGISNULL(0))
		sha256(sha256_create(), NULL, 0, (uint8 *) VARDATA(root));
	else
		hash_tree_root(((MerkleState *) PG_GETARG_POINTER(0))->tree, (uint8 *) VARDATA(root));
	PG_RETURN_BYTEA_P(root);
}

PG_FUNCTION_INFO_V1(merkle_tree);
/* Final: _innovation_score.merkle_tree(internal) → bytea, the number of leaves and all levels, for merkle_path() */
Datum
merkle_tree(PG_FUNCTION_ARGS)
{
	HashTree   *leaves;
	int64		nodes;
	TreeHash   *tree;
	bytea	   *result;
	Size		size;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	leaves = ((MerkleState *) PG_GETARG_POINTER(0))->tree;
	tree = hash_tree_grow(leaves, &nodes);
	size = VARHDRSZ + sizeof(int64) + nodes * sizeof(TreeHash);
	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the tree of " INT64_FORMAT " firms is too large for receipts", leaves->leaves)));
	result = palloc(size);
	SET_VARSIZE(result, size);
	memcpy(VARDATA(result), &leaves->leaves, sizeof(int64));
	memcpy(VARDATA(result) + sizeof(int64), tree, nodes * sizeof(TreeHash));
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
	TreeHash   *node = (TreeHash *) (VARDATA_ANY(tree) + sizeof(int64));
	TreeHash   *found;
	int64		level;
	int64		place;
	Datum		step[64];
	int			steps = 0;

	memcpy(&level, VARDATA_ANY(tree), sizeof(int64));
	if (VARSIZE_ANY_EXHDR(leaf) != sizeof(TreeHash))
		PG_RETURN_NULL();
	found = bsearch(VARDATA_ANY(leaf), node, level, sizeof(TreeHash), compare_hashes);
	if (found == NULL)
		PG_RETURN_NULL();
	place = found - node;
	for (; level > 1; level = (level + 1) / 2, place /= 2)
	{
		int64		sibling = place ^ 1;

		if (sibling < level)
		{
			char		text[2 * sizeof(TreeHash) + 2] = {sibling < place ? 'L' : 'R'};

			hex_encode((char *) node[sibling], sizeof(TreeHash), text + 1);
			step[steps++] = CStringGetTextDatum(text);
		}
		node += level;
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(step, steps, TEXTOID, -1, false, TYPALIGN_INT));
}
