/*-------------------------------------------------------------------------
 *
 * expanded_state.c
 *	  What fit_state and rank_state have in common as SQL types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/expanded_state.h"
#include "support/function_glue.h"
#include "support/wire_format.h"

static void
write_state(ExpandedState *state, StringInfo buffer, bool canonical)
{
	int			start = buffer->len;

	wire_begin(buffer, state->type->version);
	state->type->write(state, buffer, canonical);
	wire_end(buffer, start);
}

/* All of the buffer; nothing is made of bytes that are not what was written. */
static ExpandedState *
read_state(StringInfo buffer, const ExpandedStateType *type, MemoryContext parent)
{
	int			version = wire_open(buffer, type->name, type->version);

	return type->read(buffer, version, parent);
}

/*
 * Flattening asks for the size first: the bytes are made then and kept until
 * they are fetched.
 */
static Size
get_flat_size(ExpandedObjectHeader *header)
{
	ExpandedState *state = (ExpandedState *) header;
	MemoryContext old = MemoryContextSwitchTo(header->eoh_context);

	if (state->flat == NULL)
		state->flat = makeStringInfo();
	resetStringInfo(state->flat);
	write_state(state, state->flat, false);
	MemoryContextSwitchTo(old);
	return VARHDRSZ + state->flat->len;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size allocated)
{
	ExpandedState *state = (ExpandedState *) header;

	Assert(state->flat != NULL && allocated == VARHDRSZ + (Size) state->flat->len);
	SET_VARSIZE(result, allocated);
	memcpy(VARDATA(result), state->flat->data, state->flat->len);
	pfree(state->flat->data);
	pfree(state->flat);
	state->flat = NULL;
}

static const ExpandedObjectMethods methods = {
	get_flat_size,
	flatten_into
};

void
expanded_state_init(ExpandedState *state, const ExpandedStateType *type,
					MemoryContext context)
{
	EOH_init_header(&state->header, &methods, context);
	state->type = type;
	state->flat = NULL;
}

ExpandedState *
expanded_state_get(Datum datum, const ExpandedStateType *type,
				   MemoryContext parent)
{
	StringInfoData buffer = {0};
	struct varlena *flat;
	ExpandedState *state;

	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
	{
		state = (ExpandedState *) DatumGetEOHP(datum);
		Assert(state->type == type);
		return state;
	}
	flat = PG_DETOAST_DATUM_PACKED(datum);
	buffer.data = VARDATA_ANY(flat);
	buffer.len = VARSIZE_ANY_EXHDR(flat);
	buffer.maxlen = buffer.len;
	state = read_state(&buffer, type, parent);
	if ((Pointer) flat != DatumGetPointer(datum))
		pfree(flat);
	return state;
}

/* A state of one's own in the given context. */
static ExpandedState *
copy_state(Datum datum, const ExpandedStateType *type, MemoryContext context)
{
	StringInfoData buffer;
	ExpandedState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
		return expanded_state_get(datum, type, context);
	initStringInfo(&buffer);
	write_state(expanded_state_get(datum, type, context), &buffer, false);
	state = read_state(&buffer, type, context);
	pfree(buffer.data);
	return state;
}

ExpandedState *
expanded_state_writable(Datum datum, const ExpandedStateType *type,
						MemoryContext context)
{
	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)))
		return expanded_state_get(datum, type, context);
	return copy_state(datum, type, context);
}

Datum
expanded_state_combine(FunctionCallInfo fcinfo, const ExpandedStateType *type)
{
	MemoryContext context = aggregate_context(fcinfo);
	ExpandedState *state;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);

	/* The second state may be the caller's or short-lived: never keep it. */
	if (PG_ARGISNULL(0))
		return expanded_state_result(copy_state(PG_GETARG_DATUM(1), type, context));
	state = expanded_state_writable(PG_GETARG_DATUM(0), type, context);
	type->merge(state, expanded_state_get(PG_GETARG_DATUM(1), type,
										  CurrentMemoryContext));
	return expanded_state_result(state);
}

static bytea *
canonical_bytes(FunctionCallInfo fcinfo, const ExpandedStateType *type)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	write_state(expanded_state_get(PG_GETARG_DATUM(0), type, CurrentMemoryContext),
				&buffer, true);
	return pq_endtypsend(&buffer);
}

Datum
expanded_state_send(FunctionCallInfo fcinfo, const ExpandedStateType *type)
{
	PG_RETURN_BYTEA_P(canonical_bytes(fcinfo, type));
}

Datum
expanded_state_recv(FunctionCallInfo fcinfo, const ExpandedStateType *type)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);

	return expanded_state_result(read_state(buffer, type, CurrentMemoryContext));
}

/* As bytea's hex text; not byteaout(), which depends on bytea_output. */
Datum
expanded_state_out(FunctionCallInfo fcinfo, const ExpandedStateType *type)
{
	const bytea *bytes = canonical_bytes(fcinfo, type);
	Size		length = VARSIZE_ANY_EXHDR(bytes);
	char	   *result;

	if (length > (MaxAllocSize - 3) / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("value is too large for its text form"),
				 errhint("Use the binary form, as COPY (FORMAT binary) does.")));
	result = palloc(2 * length + 3);
	strcpy(result, "\\x");
	hex_encode(VARDATA_ANY(bytes), length, result + 2);
	result[2 * length + 2] = '\0';
	PG_RETURN_CSTRING(result);
}

/*
 * The version, in the first byte: what is of another one, or something else, is
 * refused before hundreds of megabytes are decoded.
 */
static void
check_version(const char *text, const ExpandedStateType *type)
{
	bytea	   *first = DatumGetByteaPP(DirectFunctionCall1(byteain, CStringGetDatum(pnstrdup(text, strlen("\\x01")))));
	StringInfoData buffer = {0};

	buffer.data = VARDATA_ANY(first);
	buffer.len = VARSIZE_ANY_EXHDR(first);
	(void) wire_version_read(&buffer, type->name, type->version);
}

Datum
expanded_state_in(FunctionCallInfo fcinfo, const ExpandedStateType *type)
{
	bytea	   *bytes;
	StringInfoData buffer;
	ExpandedState *state;

	check_version(PG_GETARG_CSTRING(0), type);
	bytes = DatumGetByteaPP(DirectFunctionCall1(byteain, PG_GETARG_DATUM(0)));

	/* With the zero byte behind the end that messages have. */
	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	state = read_state(&buffer, type, CurrentMemoryContext);
	pq_getmsgend(&buffer);
	return expanded_state_result(state);
}
