/*-------------------------------------------------------------------------
 *
 * row_blocks.c
 *	  The rows that a run has read: their values apart from their columns, in
 *	  memory, or in a temporary file once they are too many.
 *
 * A block is the same in both: its columns are found by offsets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/growing.h"
#include "support/large_memory.h"
#include "run/row_blocks.h"

/* Room for the columns of the first block; later ones have what the one before them took, and an eighth. */
#define FIRST_ROOM	(BLOCK_ROWS * 64)

/* Blocks are cut out of pieces of this size at least. */
#define PIECE_SIZE	((Size) 8 * 1024 * 1024)

/* How a column is kept. */
typedef struct KeptColumn
{
	bool		kept;
	bool		by_value;
	int16		length;
} KeptColumn;

struct RowBlocks
{
	MemoryContext context;
	int			ncolumns;
	KeptColumn *column;
	int			nvalues;
	int			nnumbers;
	Size		limit;
	Size		used;
	int64		rows;
	MemoryContext memory;		/* of blocks */
	char	   *free;			/* in the last of them */
	Size		nfree;
	Size		room_hint;
	RowBlock  **block;			/* those in memory */
	int64		nblocks;
	int64		room;
	RowBlock   *last;			/* which rows are added to, or which was read
								 * from the file */
	BufFile    *file;			/* NULL: all are in memory */
	int64		in_file;
	bool		complete;		/* no row is added any more */
	int64		next;			/* to be read */
};

RowBlocks *
row_blocks_create(TupleDesc tupdesc, const bool *kept, int nvalues, int nnumbers, Size limit)
{
	RowBlocks  *blocks = palloc0(sizeof(RowBlocks));

	blocks->context = CurrentMemoryContext;
	blocks->memory = AllocSetContextCreate(blocks->context, "rows in memory", ALLOCSET_SMALL_SIZES);
	blocks->nvalues = nvalues;
	blocks->nnumbers = nnumbers;
	blocks->limit = limit;
	blocks->room_hint = FIRST_ROOM;
	blocks->ncolumns = tupdesc->natts;
	blocks->column = palloc0(tupdesc->natts * sizeof(KeptColumn));
	for (int i = 0; i < tupdesc->natts; i++)
	{
		blocks->column[i].kept = kept[i];
		blocks->column[i].by_value = TupleDescAttr(tupdesc, i)->attbyval;
		blocks->column[i].length = TupleDescAttr(tupdesc, i)->attlen;
	}
	return blocks;
}

static Size
numbers_size(int n)
{
	return Max(n, 1) * BLOCK_ROWS * sizeof(double);
}

static void *
take(RowBlocks *blocks, Size size)
{
	void	   *taken;

	size = MAXALIGN(size);
	if (size > blocks->nfree)
	{
		blocks->nfree = Max(size, PIECE_SIZE);
		blocks->free = allocate_large(blocks->memory, blocks->nfree);
	}
	taken = blocks->free;
	blocks->free += size;
	blocks->nfree -= size;
	return taken;
}

static RowBlock *
new_block(RowBlocks *blocks)
{
	RowBlock   *block = take(blocks, sizeof(RowBlock));

	memset(block, 0, sizeof(RowBlock));
	block->values = take(blocks, numbers_size(blocks->nvalues));
	block->numbers = take(blocks, numbers_size(blocks->nnumbers));
	block->room = blocks->room_hint;
	block->columns = take(blocks, block->room);
	return block;
}

static Size
block_size(const RowBlocks *blocks, const RowBlock *block)
{
	return sizeof(RowBlock) + numbers_size(blocks->nvalues) +
		numbers_size(blocks->nnumbers) + block->room;
}

/* ---------------- the file ---------------- */

/* All blocks are in the file. */
static void
free_pieces(RowBlocks *blocks)
{
	for (int64 i = 0; i < blocks->nblocks; i++)
		if (blocks->block[i]->grown)
			pfree(blocks->block[i]->columns);
	MemoryContextReset(blocks->memory);
	blocks->nfree = 0;
	blocks->nblocks = 0;
}

/* Room for so many bytes of columns. */
static void
grow_columns(RowBlocks *blocks, RowBlock *block, Size size)
{
	char	   *columns;

	if (size <= block->room)
		return;
	block->room = Max(2 * block->room, size);
	if (block->grown)
	{
		block->columns = repalloc_huge(block->columns, block->room);
		return;
	}
	columns = MemoryContextAllocHuge(blocks->context, block->room);
	memcpy(columns, block->columns, block->length);
	block->columns = columns;
	block->grown = true;
}

static void
write_block(RowBlocks *blocks, RowBlock *block)
{
	BufFileWrite(blocks->file, block, sizeof(RowBlock));
	BufFileWrite(blocks->file, block->values, block->n * blocks->nvalues * sizeof(double));
	BufFileWrite(blocks->file, block->columns, block->length);
	blocks->in_file++;
}

static void
read_block(RowBlocks *blocks, RowBlock *block)
{
	RowBlock	buffers = *block;
	Size		length;

	buffile_read(blocks->file, block, sizeof(RowBlock));
	length = block->length;
	block->values = buffers.values;
	block->numbers = buffers.numbers;
	block->columns = buffers.columns;
	block->room = buffers.room;
	block->grown = buffers.grown;
	block->scored = false;
	block->length = 0;
	grow_columns(blocks, block, length);
	block->length = length;
	buffile_read(blocks->file, block->values, block->n * blocks->nvalues * sizeof(double));
	buffile_read(blocks->file, block->columns, block->length);
}

/* The last block is full: into memory or into the file. */
static void
keep_last(RowBlocks *blocks)
{
	RowBlock   *last = blocks->last;
	MemoryContext old;

	blocks->room_hint = last->length + last->length / 8;
	if (blocks->file == NULL)
	{
		blocks->used += block_size(blocks, last);
		blocks->block = make_room(blocks->block, &blocks->room, blocks->nblocks + 1,
								  sizeof(RowBlock *), blocks->context);
		blocks->block[blocks->nblocks++] = last;
		blocks->last = NULL;
		if (blocks->used <= blocks->limit)
			return;
		old = MemoryContextSwitchTo(blocks->context);
		blocks->file = BufFileCreateTemp(false);
		MemoryContextSwitchTo(old);
		for (int64 i = 0; i < blocks->nblocks; i++)
		{
			CHECK_FOR_INTERRUPTS();
			write_block(blocks, blocks->block[i]);
		}
		free_pieces(blocks);
		return;
	}
	write_block(blocks, last);
	last->n = 0;
	last->length = 0;
}

/* ---------------- adding rows ---------------- */

RowBlock *
row_blocks_next(RowBlocks *blocks)
{
	if (blocks->last != NULL && blocks->last->n == BLOCK_ROWS)
		keep_last(blocks);
	if (blocks->last == NULL)
		blocks->last = new_block(blocks);
	return blocks->last;
}

static Size
datum_size(const KeptColumn *column, Datum value)
{
	if (column->length > 0)
		return column->length;
	if (column->length == -2)
		return strlen(DatumGetCString(value)) + 1;
	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return EOH_get_flat_size(DatumGetEOHP(value));
	return VARSIZE_ANY(DatumGetPointer(value));
}

static char *
room_for(RowBlocks *blocks, RowBlock *block, Size size)
{
	char	   *place;

	grow_columns(blocks, block, block->length + size);
	place = block->columns + block->length;
	block->length += size;
	return place;
}

void
row_blocks_add(RowBlocks *blocks, const Datum *values, const bool *nulls)
{
	RowBlock   *block = blocks->last;

	block->start[block->n++] = block->length;
	blocks->rows++;
	memcpy(room_for(blocks, block, MAXALIGN(blocks->ncolumns)), nulls, blocks->ncolumns);
	for (int i = 0; i < blocks->ncolumns; i++)
	{
		const KeptColumn *column = &blocks->column[i];
		Size		size;

		if (!column->kept || nulls[i])
			continue;
		if (column->by_value)
		{
			memcpy(room_for(blocks, block, sizeof(Datum)), &values[i], sizeof(Datum));
			continue;
		}
		size = datum_size(column, values[i]);
		if (column->length == -1 && VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(values[i])))
			EOH_flatten_into(DatumGetEOHP(values[i]), room_for(blocks, block, MAXALIGN(size)), size);
		else
			memcpy(room_for(blocks, block, MAXALIGN(size)), DatumGetPointer(values[i]), size);
	}
}

int64
row_blocks_count(const RowBlocks *blocks)
{
	return blocks->rows;
}

/* ---------------- reading rows ---------------- */

void
row_blocks_rewind(RowBlocks *blocks)
{
	if (!blocks->complete && blocks->last != NULL)
		keep_last(blocks);
	blocks->complete = true;
	blocks->next = 0;
	if (blocks->file != NULL && BufFileSeek(blocks->file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not rewind temporary file: %m")));
}

RowBlock *
row_blocks_read(RowBlocks *blocks)
{
	CHECK_FOR_INTERRUPTS();
	if (blocks->file == NULL)
		return blocks->next < blocks->nblocks ? blocks->block[blocks->next++] : NULL;
	if (blocks->next == blocks->in_file)
		return NULL;
	blocks->next++;
	if (blocks->last == NULL)
		blocks->last = new_block(blocks);
	read_block(blocks, blocks->last);
	return blocks->last;
}

RowBlock *
row_blocks_at(RowBlocks *blocks, int64 number)
{
	return blocks->file == NULL && number < blocks->nblocks ? blocks->block[number] : NULL;
}

void
row_blocks_columns(const RowBlocks *blocks, const RowBlock *block, int row,
				   Datum *values, bool *nulls)
{
	const char *next = block->columns + block->start[row];

	memcpy(nulls, next, blocks->ncolumns);
	next += MAXALIGN(blocks->ncolumns);
	for (int i = 0; i < blocks->ncolumns; i++)
	{
		const KeptColumn *column = &blocks->column[i];

		if (!column->kept || nulls[i])
			continue;
		if (column->by_value)
		{
			memcpy(&values[i], next, sizeof(Datum));
			next += sizeof(Datum);
			continue;
		}
		values[i] = PointerGetDatum(next);
		next += MAXALIGN(datum_size(column, values[i]));
	}
}

void
row_blocks_free(RowBlocks *blocks)
{
	if (blocks->file != NULL)
		BufFileClose(blocks->file);
}
