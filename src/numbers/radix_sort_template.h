/*-------------------------------------------------------------------------
 *
 * radix_sort_template.h
 *	  The sort of radix_sort.c for one type of items; included by it only.
 *
 * RADIX_SORT is the name of the function, RADIX_ITEM the type of the items,
 * RADIX_KEY(item) the key of an item, RADIX_SCOPE static or nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RADIX_SCOPE
#define RADIX_SCOPE
#endif

RADIX_SCOPE void
RADIX_SORT(RADIX_ITEM * items, RADIX_ITEM * buffer, int64 n)
{
	RADIX_ITEM *from = items;
	RADIX_ITEM *to = buffer;
	uint64		least = PG_UINT64_MAX;
	uint64		greatest = 0;

	if (n <= FEW_ITEMS)
	{
		for (int64 i = 1; i < n; i++)
		{
			RADIX_ITEM	item = items[i];
			int64		j = i;

			for (; j > 0 && RADIX_KEY(items[j - 1]) > RADIX_KEY(item); j--)
				items[j] = items[j - 1];
			items[j] = item;
		}
		return;
	}
	for (int64 i = 0; i < n; i++)
	{
		least = Min(least, RADIX_KEY(items[i]));
		greatest = Max(greatest, RADIX_KEY(items[i]));
	}
	for (int shift = 0; shift < 64 && (greatest - least) >> shift != 0; shift += DIGIT_BITS)
	{
		int64		start[DIGIT_VALUES] = {0};
		int64		sum = 0;
		RADIX_ITEM *sorted = to;

		CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i < n; i++)
			start[((RADIX_KEY(from[i]) - least) >> shift) % DIGIT_VALUES]++;
		for (int digit = 0; digit < DIGIT_VALUES; digit++)
		{
			int64		count = start[digit];

			start[digit] = sum;
			sum += count;
		}
		for (int64 i = 0; i < n; i++)
			to[start[((RADIX_KEY(from[i]) - least) >> shift) % DIGIT_VALUES]++] = from[i];
		to = from;
		from = sorted;
	}
	if (from != items)
		memcpy(items, from, n * sizeof(RADIX_ITEM));
}

#undef RADIX_SORT
#undef RADIX_ITEM
#undef RADIX_KEY
#undef RADIX_SCOPE
