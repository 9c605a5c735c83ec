/*-------------------------------------------------------------------------
 *
 * score_lists.c
 *	  The type rank_state: the scores of some rows by field, mergeable.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "support/growing.h"
#include "support/wire_format.h"
#include "rank/score_lists.h"

/* Of 2.0.0 */
#define WIRE_VERSION	1

/* Bytes before the fields: fingerprint, number of fields. */
#define WIRE_HEADER		(8 + 4)

/* How many keys are handled between two looks at a pending cancel. */
#define INTERRUPT_STRIDE	65536

ScoreLists *
score_lists_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "rank state",
												  ALLOCSET_START_SMALL_SIZES);
	ScoreLists *lists = MemoryContextAllocZero(context, sizeof(ScoreLists));

	expanded_state_init(&lists->expanded, &rank_state_type, context);
	lists->fields = field_numbers_create(context);
	return lists;
}

/* The list of a field that has appeared by now. */
static ScoreList *
list_of(ScoreLists *lists, uint32 field)
{
	int64		room = lists->room;

	lists->list = make_room(lists->list, &lists->room, (int64) field + 1,
							sizeof(ScoreList), lists->expanded.header.eoh_context);
	memset(lists->list + room, 0, (lists->room - room) * sizeof(ScoreList));
	return &lists->list[field];
}

static void
reserve_keys(ScoreLists *lists, ScoreList *list, int64 room)
{
	list->key = make_room(list->key, &list->room, room, sizeof(uint64),
						  lists->expanded.header.eoh_context);
}

/* The lists are about to change. */
static void
drop_index(ScoreLists *lists)
{
	if (lists->index == NULL)
		return;
	for (uint32 i = 0; i < field_numbers_count(lists->fields); i++)
		sorted_scores_free_index(&lists->index[i]);
	pfree(lists->index);
	lists->index = NULL;
}

void
score_lists_add(ScoreLists *lists, const char *field, int length, double score)
{
	ScoreList  *list;

	drop_index(lists);
	list = list_of(lists, field_number(lists->fields, field, length));
	reserve_keys(lists, list, list->n + 1);
	list->key[list->n++] = score_key(score);
	lists->n++;
}

/* Merge two runs of sorted keys into a third. */
static void
merge_keys(const uint64 *a, int64 na, const uint64 *b, int64 nb, uint64 *merged)
{
	int64		i = 0;
	int64		j = 0;

	while (i < na && j < nb)
	{
		if ((i + j) % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		*merged++ = a[i] <= b[j] ? a[i++] : b[j++];
	}
	while (i < na)
		*merged++ = a[i++];
	while (j < nb)
		*merged++ = b[j++];
}

/* Put all scores of a list in order. */
static void
sort_list(ScoreLists *lists, ScoreList *list)
{
	int64		rest = list->n - list->sorted;

	if (rest == 0)
		return;
	sort_keys(list->key + list->sorted, rest);
	if (list->sorted > 0)
	{
		uint64	   *merged = MemoryContextAllocHuge(lists->expanded.header.eoh_context,
													list->n * sizeof(uint64));

		merge_keys(list->key, list->sorted, list->key + list->sorted, rest, merged);
		pfree(list->key);
		list->key = merged;
		list->room = list->n;
	}
	list->sorted = list->n;
}

void
score_lists_merge(ScoreLists *lists, ScoreLists *other)
{
	drop_index(lists);
	for (uint32 i = 0; i < field_numbers_count(other->fields); i++)
	{
		int			length;
		const char *name = field_name(other->fields, i, &length);
		ScoreList  *from = list_of(other, i);
		ScoreList  *to = list_of(lists, field_number(lists->fields, name, length));
		uint64	   *merged;

		sort_list(other, from);
		sort_list(lists, to);
		merged = MemoryContextAllocHuge(lists->expanded.header.eoh_context,
										(to->n + from->n) * sizeof(uint64));
		merge_keys(to->key, to->n, from->key, from->n, merged);
		if (to->key != NULL)
			pfree(to->key);
		to->key = merged;
		to->n += from->n;
		to->room = to->sorted = to->n;
	}
	lists->n += other->n;
}

int64
score_lists_count(const ScoreLists *lists, const char *field, int length)
{
	int64		number = field_number_find(lists->fields, field, length);

	return number < 0 ? 0 : lists->list[number].n;
}

static void
too_large(const ScoreLists *lists)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("rank state of %lld scores is too large", (long long) lists->n),
			 errhint("Use the window function score_rank() instead.")));
}

static void
make_index(ScoreLists *lists)
{
	uint32		count = field_numbers_count(lists->fields);
	MemoryContext old = MemoryContextSwitchTo(lists->expanded.header.eoh_context);

	if (lists->n >= PG_UINT32_MAX)
		too_large(lists);
	lists->index = palloc0(Max(count, 1) * sizeof(SortedScores));
	for (uint32 i = 0; i < count; i++)
	{
		ScoreList  *list = list_of(lists, i);

		sort_list(lists, list);
		lists->index[i].key = list->key;
		lists->index[i].n = list->n;
		sorted_scores_index(&lists->index[i]);
	}
	sorted_scores_compare(lists->index, count);
	MemoryContextSwitchTo(old);
}

int64
score_lists_above(ScoreLists *lists, const char *field, int length,
				  double score, int64 *in_field)
{
	uint64		key = score_key(score);
	int64		number = field_number_find(lists->fields, field, length);
	int64		above = 0;

	if (lists->index == NULL)
		make_index(lists);
	*in_field = 0;
	if (number >= 0)
	{
		const SortedScores *scores = &lists->index[number];
		int64		behind = sorted_scores_behind(scores, key);

		*in_field = scores->n - behind;
		if (behind > 0 && scores->key[behind - 1] == key)
			return scores->above[behind - 1];
	}

	/* A score that its field does not have. */
	for (uint32 i = 0; i < field_numbers_count(lists->fields); i++)
		above += lists->index[i].n - sorted_scores_behind(&lists->index[i], key);
	return above;
}

/* ---------------- the wire form ---------------- */

typedef struct NamedList
{
	const char *name;
	int			length;
	ScoreList  *list;
} NamedList;

static int
compare_names(const void *a, const void *b)
{
	const NamedList *left = a;
	const NamedList *right = b;
	int			order = memcmp(left->name, right->name,
							   Min(left->length, right->length));

	return order != 0 ? order : left->length - right->length;
}

/* Of numbers, not of bytes, so that all machines agree. */
static uint64
add_to_fingerprint(uint64 fingerprint, const NamedList *field)
{
	fingerprint = hash_combine64(fingerprint, field->length);
	for (int i = 0; i < field->length; i++)
		fingerprint = hash_combine64(fingerprint, (unsigned char) field->name[i]);
	fingerprint = hash_combine64(fingerprint, field->list->n);
	for (int64 i = 0; i < field->list->n; i++)
	{
		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		fingerprint = hash_combine64(fingerprint, field->list->key[i]);
	}
	return fingerprint;
}

void
score_lists_write(ScoreLists *lists, StringInfo buffer)
{
	uint32		count = field_numbers_count(lists->fields);
	NamedList  *fields = palloc(Max(count, 1) * sizeof(NamedList));
	uint64		fingerprint = 0;
	Size		size = WIRE_HEADER;

	for (uint32 i = 0; i < count; i++)
	{
		fields[i].name = field_name(lists->fields, i, &fields[i].length);
		fields[i].list = list_of(lists, i);
		sort_list(lists, fields[i].list);
		size += 4 + fields[i].length + 8 + fields[i].list->n * sizeof(uint64);
	}
	if (!AllocSizeIsValid(buffer->len + VARHDRSZ + size + 1))
		too_large(lists);
	qsort(fields, count, sizeof(NamedList), compare_names);
	for (uint32 i = 0; i < count; i++)
		fingerprint = add_to_fingerprint(fingerprint, &fields[i]);

	enlargeStringInfo(buffer, size);
	pq_sendint64(buffer, fingerprint);
	pq_sendint32(buffer, count);
	for (uint32 i = 0; i < count; i++)
	{
		pq_sendint32(buffer, fields[i].length);
		appendBinaryStringInfo(buffer, fields[i].name, fields[i].length);
		pq_sendint64(buffer, fields[i].list->n);
		for (int64 k = 0; k < fields[i].list->n; k++)
		{
			if (k % INTERRUPT_STRIDE == 0)
				CHECK_FOR_INTERRUPTS();
			pq_writeint64(buffer, fields[i].list->key[k]);
		}
	}
	pfree(fields);
}

/* One field; its name must come after the one before it. */
static void
read_field(ScoreLists *lists, StringInfo buffer, NamedList *field)
{
	NamedList	before = *field;
	ScoreList  *list;
	int64		n;
	const char *data;
	uint32		count = field_numbers_count(lists->fields);

	field->length = pq_getmsgint(buffer, 4);
	if (field->length < 0 || field->length > buffer->len - buffer->cursor)
		wire_damaged(rank_state_type.name);
	field->name = pq_getmsgbytes(buffer, field->length);
	if (count > 0 && compare_names(&before, field) >= 0)
		wire_damaged(rank_state_type.name);
	n = pq_getmsgint64(buffer);
	if (n <= 0 || n > (buffer->len - buffer->cursor) / (int64) sizeof(uint64))
		wire_damaged(rank_state_type.name);
	field->list = list = list_of(lists, field_number(lists->fields, field->name,
													 field->length));
	reserve_keys(lists, list, n);
	data = pq_getmsgbytes(buffer, n * sizeof(uint64));
	for (int64 i = 0; i < n; i++)
	{
		uint64		key;

		if (i % INTERRUPT_STRIDE == 0)
			CHECK_FOR_INTERRUPTS();
		memcpy(&key, data + i * sizeof(key), sizeof(key));
		key = pg_ntoh64(key);
		if (key != score_key(key_float(key)) || (i > 0 && key < list->key[i - 1]))
			wire_damaged(rank_state_type.name);
		list->key[i] = key;
	}
	list->n = list->sorted = n;
	lists->n += n;
}

ScoreLists *
score_lists_read(StringInfo buffer, MemoryContext parent)
{
	ScoreLists *lists = score_lists_create(parent);
	NamedList	field = {0};
	uint64		expected;
	uint64		fingerprint = 0;
	int			count;

	expected = pq_getmsgint64(buffer);
	count = pq_getmsgint(buffer, 4);
	for (int i = 0; i < count; i++)
	{
		read_field(lists, buffer, &field);
		fingerprint = add_to_fingerprint(fingerprint, &field);
	}
	if (fingerprint != expected || count < 0)
		wire_damaged(rank_state_type.name);
	return lists;
}

uint64
score_lists_fingerprint(Datum datum)
{
	struct varlena *flat = (struct varlena *) DatumGetPointer(datum);
	uint64		fingerprint;

	memcpy(&fingerprint, VARDATA_ANY(flat) + EXPANDED_STATE_HEADER, sizeof(fingerprint));
	return fingerprint;
}

/* Written in order always: there is one form only. */
static void
write_state(ExpandedState *state, StringInfo buffer,
			bool canonical pg_attribute_unused())
{
	score_lists_write((ScoreLists *) state, buffer);
}

static ExpandedState *
read_state(StringInfo buffer, int version pg_attribute_unused(), MemoryContext parent)
{
	return &score_lists_read(buffer, parent)->expanded;
}

static void
merge_states(ExpandedState *state, ExpandedState *other)
{
	score_lists_merge((ScoreLists *) state, (ScoreLists *) other);
}

const ExpandedStateType rank_state_type = {
	"rank state",
	WIRE_VERSION,
	write_state,
	read_state,
	merge_states
};
