/*-------------------------------------------------------------------------
 *
 * key_numbers.c
 *	  Numbers for the keys that rows are grouped by.
 *
 * Writing the text of a key costs more than all else that a run does with it.
 * So texts are written once for each image, the bytes of the values: equal
 * images are equal keys, and keys with several images are rare.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/growing.h"
#include "support/key_text.h"
#include "rank/field_numbers.h"
#include "run/key_numbers.h"

typedef struct KeyColumn
{
	int			column;			/* of the query, from 0 */
	bool		by_value;
	int16		length;
	KeyType    *type;
} KeyColumn;

struct KeyNumbers
{
	MemoryContext context;
	int			ncolumns;
	int			coarsest;
	KeyColumn  *column;
	StringInfoData image;
	FieldNumbers *images;
	FieldNumbers **texts;		/* per level */
	uint32	   *number;			/* [image][level] */
	int64		room;
	char	  **label;			/* by number at the finest level */
	int64		label_room;
};

int
key_levels(const KeyNumbers *keys)
{
	return keys->ncolumns - keys->coarsest + 1;
}

KeyNumbers *
key_numbers_create(TupleDesc tupdesc, const int *columns, int ncolumns,
				   int coarsest, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	KeyNumbers *keys = palloc0(sizeof(KeyNumbers));

	keys->context = context;
	keys->ncolumns = ncolumns;
	keys->coarsest = coarsest;
	keys->column = palloc0(Max(ncolumns, 1) * sizeof(KeyColumn));
	for (int i = 0; i < ncolumns; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, columns[i]);

		keys->column[i].column = columns[i];
		keys->column[i].by_value = attribute->attbyval;
		keys->column[i].length = attribute->attlen;
		keys->column[i].type = key_type_create(attribute->atttypid, attribute->attcollation, context);
	}
	initStringInfo(&keys->image);
	keys->images = field_numbers_create(context);
	keys->texts = palloc0(key_levels(keys) * sizeof(FieldNumbers *));
	for (int level = 0; level < key_levels(keys); level++)
		keys->texts[level] = field_numbers_create(context);
	MemoryContextSwitchTo(old);
	return keys;
}

static void
append_bytes(StringInfo buffer, const char *bytes, int32 length)
{
	appendBinaryStringInfo(buffer, (const char *) &length, sizeof(length));
	appendBinaryStringInfo(buffer, bytes, length);
}

static void
append_null(StringInfo buffer)
{
	int32		length = -1;

	appendBinaryStringInfo(buffer, (const char *) &length, sizeof(length));
}

static void
append_image(StringInfo image, const KeyColumn *column, Datum value)
{
	struct varlena *packed;

	if (column->by_value)
		append_bytes(image, (const char *) &value, sizeof(value));
	else if (column->length > 0)
		append_bytes(image, DatumGetPointer(value), column->length);
	else if (column->length == -2)
		append_bytes(image, DatumGetCString(value), strlen(DatumGetCString(value)));
	else
	{
		packed = PG_DETOAST_DATUM_PACKED(value);
		append_bytes(image, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
		if ((Pointer) packed != DatumGetPointer(value))
			pfree(packed);
	}
}

static void
keep_label(KeyNumbers *keys, uint32 number, const char *label)
{
	keys->label = make_room(keys->label, &keys->label_room, (int64) number + 1,
							sizeof(char *), keys->context);
	keys->label[number] = MemoryContextStrdup(keys->context, label);
}

/* The numbers of a new image in all levels. */
static void
number_image(KeyNumbers *keys, uint32 image, const Datum *values, const bool *nulls)
{
	StringInfoData key = {0};
	StringInfoData label = {0};
	uint32		known = field_numbers_count(keys->texts[key_levels(keys) - 1]);
	uint32		number = NO_KEY;
	bool		null = false;

	keys->number = make_room(keys->number, &keys->room, (int64) (image + 1) * key_levels(keys),
							 sizeof(uint32), keys->context);
	initStringInfo(&key);
	initStringInfo(&label);
	for (int n = 0; n <= keys->ncolumns; n++)
	{
		if (n > 0)
		{
			const KeyColumn *column = &keys->column[n - 1];

			if (nulls[column->column])
				null = true;
			else
			{
				text	   *written = key_of(column->type, values[column->column]);

				append_bytes(&key, VARDATA_ANY(written), VARSIZE_ANY_EXHDR(written));
				if (n > 1)
					appendStringInfoString(&label, ", ");
				appendBinaryStringInfo(&label, VARDATA_ANY(written), VARSIZE_ANY_EXHDR(written));
			}
		}
		if (n >= keys->coarsest)
			keys->number[image * key_levels(keys) + n - keys->coarsest] = number =
				null ? NO_KEY : field_number(keys->texts[n - keys->coarsest], key.data, key.len);
	}
	if (number == known)
		keep_label(keys, number, label.data);
	pfree(key.data);
	pfree(label.data);
}

uint32
key_image(KeyNumbers *keys, const Datum *values, const bool *nulls)
{
	uint32		known = field_numbers_count(keys->images);
	uint32		image;

	/* Without columns all keys are the same. */
	if (keys->ncolumns == 0 && known > 0)
		return 0;
	resetStringInfo(&keys->image);
	for (int i = 0; i < keys->ncolumns; i++)
	{
		const KeyColumn *column = &keys->column[i];

		if (nulls[column->column])
			append_null(&keys->image);
		else
			append_image(&keys->image, column, values[column->column]);
	}
	image = field_number(keys->images, keys->image.data, keys->image.len);
	if (image == known)
		number_image(keys, image, values, nulls);
	return image;
}

uint32
key_images_count(const KeyNumbers *keys)
{
	return field_numbers_count(keys->images);
}

uint32
key_number(const KeyNumbers *keys, uint32 image, int level)
{
	return keys->number[image * key_levels(keys) + level];
}

uint32
key_numbers_count(const KeyNumbers *keys, int level)
{
	return field_numbers_count(keys->texts[level]);
}

const char *
key_label(const KeyNumbers *keys, uint32 number)
{
	return keys->label[number];
}

Datum
key_texts(const KeyNumbers *keys, uint32 number)
{
	int32		length;
	const char *next = field_name(keys->texts[key_levels(keys) - 1], number, &length);
	Datum	   *texts = palloc0(Max(keys->ncolumns, 1) * sizeof(Datum));

	for (int i = 0; i < keys->ncolumns; i++)
	{
		memcpy(&length, next, sizeof(length));
		texts[i] = PointerGetDatum(cstring_to_text_with_len(next + sizeof(length), length));
		next += sizeof(length) + length;
	}
	return PointerGetDatum(construct_array(texts, keys->ncolumns, TEXTOID, -1, false, TYPALIGN_INT));
}

text *
key_text_of(KeyNumbers *keys, const Datum *values, const bool *nulls)
{
	const KeyColumn *column = &keys->column[keys->ncolumns - 1];

	return nulls[column->column] ? NULL : key_of(column->type, values[column->column]);
}
