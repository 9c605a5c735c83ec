/*-------------------------------------------------------------------------
 *
 * hash_tree.c
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
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bswap.h"

#include "support/growing.h"
#include "numbers/radix_sort.h"
#include "publish/hash_tree.h"

HashTree *
hash_tree_create(const uint8 *secret, Size length)
{
	HashTree   *tree = palloc0(sizeof(HashTree));

	tree->context = CurrentMemoryContext;
	tree->sha = sha256_create();
	tree->salts = keyed_sha256_create(secret, length);
	return tree;
}

void
hash_tree_add(HashTree *tree, const void *entity, Size entity_length,
			  const void *row, Size row_length)
{
	static const uint8 prefix = 0x00;
	TreeHash	salt;

	tree->leaf = make_room(tree->leaf, &tree->room, tree->leaves + 1, sizeof(TreeHash), tree->context);
	keyed_sha256(tree->salts, entity, entity_length, salt);
	sha256(tree->sha, (const HashPiece[]){{&prefix, 1}, {salt, sizeof(salt)}, {row, row_length}}, 3,
		   tree->leaf[tree->leaves++]);
}

int
compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(TreeHash));
}

/* Hashes are as good as random: their first bytes nearly always decide. */
static void
sort_leaves(const TreeHash *leaf, TreeHash *sorted, int64 n)
{
	SortItem   *item = palloc_extended(Max(n, 1) * sizeof(SortItem), MCXT_ALLOC_HUGE);
	SortItem   *buffer = palloc_extended(Max(n, 1) * sizeof(SortItem), MCXT_ALLOC_HUGE);
	int64		equal = 0;

	for (int64 i = 0; i < n; i++)
	{
		uint64		key;

		memcpy(&key, leaf[i], sizeof(key));
		item[i].key = pg_ntoh64(key);
		item[i].place = i;
	}
	sort_items(item, buffer, n);
	for (int64 i = 0; i < n; i++)
		memcpy(sorted[i], leaf[item[i].place], sizeof(TreeHash));
	for (int64 i = 1; i <= n; i++)
	{
		if (i < n && item[i].key == item[equal].key)
			continue;
		if (i - equal > 1)
			qsort(sorted + equal, i - equal, sizeof(TreeHash), compare_hashes);
		equal = i;
	}
	pfree(item);
	pfree(buffer);
}

TreeHash *
hash_tree_grow(HashTree *tree, int64 *hashes)
{
	static const uint8 prefix = 0x01;
	TreeHash   *all;
	int64		total = 1;

	for (int64 level = tree->leaves; level > 1; level = (level + 1) / 2)
		total += level;
	all = palloc_extended(total * sizeof(TreeHash), MCXT_ALLOC_HUGE);
	sort_leaves(tree->leaf, all, tree->leaves);
	for (int64 level = tree->leaves, start = 0; level > 1; level = (level + 1) / 2)
	{
		TreeHash   *node = all + start;
		TreeHash   *above = node + level;

		for (int64 i = 0; i + 1 < level; i += 2)
		{
			if (i % 4096 == 0)
				CHECK_FOR_INTERRUPTS();
			sha256(tree->sha, (const HashPiece[]){{&prefix, 1}, {node[i], 2 * sizeof(TreeHash)}}, 2,
				   above[i / 2]);
		}
		if (level % 2 == 1)
			memcpy(above[level / 2], node[level - 1], sizeof(TreeHash));
		start += level;
	}
	*hashes = total;
	return all;
}

void
hash_tree_root(HashTree *tree, uint8 *root)
{
	int64		hashes;
	TreeHash   *all;

	if (tree->leaves == 0)
	{
		sha256(tree->sha, NULL, 0, root);
		return;
	}
	all = hash_tree_grow(tree, &hashes);
	memcpy(root, all[hashes - 1], sizeof(TreeHash));
	pfree(all);
}
