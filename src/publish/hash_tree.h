/*-------------------------------------------------------------------------
 *
 * hash_tree.h
 *	  The tree of hashes over the rows of a publication (RFC 6962).
 *
 *-------------------------------------------------------------------------
 */
#ifndef HASH_TREE_H
#define HASH_TREE_H

#include "support/sha256.h"

typedef uint8 TreeHash[HASH_LENGTH];

/* Leaves, as they come. */
typedef struct HashTree
{
	MemoryContext context;
	Sha256	   *sha;
	KeyedSha256 *salts;
	TreeHash   *leaf;
	int64		leaves;
	int64		room;
} HashTree;

/* In the current context; the rows are salted by this secret. */
extern HashTree *hash_tree_create(const uint8 *secret, Size length);

/* Entity and canonical form of a row, both in UTF-8. */
extern void hash_tree_add(HashTree *tree, const void *entity, Size entity_length,
						  const void *row, Size row_length);

/* All levels, the sorted leaves first, the root last; and how many hashes these are. */
extern TreeHash *hash_tree_grow(HashTree *tree, int64 *hashes);

/* That of no rows is the hash of nothing. */
extern void hash_tree_root(HashTree *tree, uint8 *root);

extern int	compare_hashes(const void *a, const void *b);

#endif							/* HASH_TREE_H */
