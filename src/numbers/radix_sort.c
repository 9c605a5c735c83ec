/*-------------------------------------------------------------------------
 *
 * radix_sort.c
 *	  Sorting by integers of 64 bits.
 *
 * By digits, the least significant first, each pass distributing all items in
 * order.  Keys of scores lie close together: digits above those in which the
 * least and the greatest key differ are left out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "numbers/radix_sort.h"

#define DIGIT_BITS		11
#define DIGIT_VALUES	(1 << DIGIT_BITS)

/* Below this many items, comparing costs less than counting. */
#define FEW_ITEMS		64

#define RADIX_SORT		sort_items
#define RADIX_ITEM		SortItem
#define RADIX_KEY(item)	((item).key)
#include "numbers/radix_sort_template.h"

#define RADIX_SORT		sort_bare_keys
#define RADIX_ITEM		uint64
#define RADIX_KEY(item)	(item)
#define RADIX_SCOPE		static
#include "numbers/radix_sort_template.h"

void
sort_keys(uint64 *keys, int64 n)
{
	uint64	   *buffer = NULL;

	if (n > FEW_ITEMS)
		buffer = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(uint64));
	sort_bare_keys(keys, buffer, n);
	if (buffer != NULL)
		pfree(buffer);
}
