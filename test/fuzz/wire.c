/*-------------------------------------------------------------------------
 *
 * wire.c
 *	  Fuzzing the binary forms of score_model, fit_state and rank_state.  What
 *	  is read can be written and read again, is the same then, and can be used.
 *
 *-------------------------------------------------------------------------
 */
#include "backend.h"

#include "fit/fit_state.h"
#include "model/model.h"
#include "rank/score_lists.h"

static void
check_model(StringInfo message)
{
	ScoreModel *model = model_read(message);
	ScoreModel *again;
	StringInfoData first;
	StringInfoData second;

	initStringInfo(&first);
	initStringInfo(&second);
	model_write(model, &first);
	again = model_read(&first);
	fuzz_expect(model_equal(model, again));
	model_write(again, &second);
	fuzz_expect_equal(&first, &second);
}

static void
add_rows(FitState *state, const uint8 *data, size_t size)
{
	int			n = state->model->nindicators;

	for (int row = 0; row < 20; row++)
	{
		double	   *values = fit_state_next_row(state);

		for (int i = 0; i < n; i++)
			values[i] = data[(row * n + i) % size] % 16 == 0 ? NAN : data[(row * n + i) % size] * 1.5;
	}
}

static void
check_state(StringInfo message, const uint8 *data, size_t size)
{
	FitState   *state = fit_state_read(message, CurrentMemoryContext);
	FitState   *again;
	StringInfoData first;
	StringInfoData second;
	StringInfoData third;

	initStringInfo(&first);
	initStringInfo(&second);
	initStringInfo(&third);
	fit_state_write(state, &first, true);
	again = fit_state_read(&first, CurrentMemoryContext);
	fit_state_write(again, &second, true);
	fuzz_expect_equal(&first, &second);

	/* An error from here on is one, a crash is not. */
	fit_state_model(state);
	add_rows(again, data, size);
	fit_state_model(again);
	fit_state_merge(state, again);
	fit_state_write(state, &third, false);
	fit_state_model(state);
}

static void
check_ranks(StringInfo message)
{
	ScoreLists *lists = score_lists_read(message, CurrentMemoryContext);
	ScoreLists *twice = score_lists_create(CurrentMemoryContext);
	StringInfoData bytes;
	int64		in_field;

	initStringInfo(&bytes);
	score_lists_write(lists, &bytes);
	fuzz_expect(bytes.len == message->cursor &&
				memcmp(bytes.data, message->data, bytes.len) == 0);
	score_lists_merge(twice, lists);
	score_lists_merge(twice, lists);
	fuzz_expect(twice->n == 2 * lists->n);
	for (double score = -2; score <= 2; score += 0.5)
	{
		int64		above = score_lists_above(lists, "a", 1, score, &in_field);

		fuzz_expect(above >= in_field && above <= lists->n);
		fuzz_expect(score_lists_above(twice, "a", 1, score, &in_field) == 2 * above);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	StringInfoData message;

	if (size < 2)
		return 0;
	if (setjmp(fuzz_error) == 0)
	{
		fuzz_message(&message, data + 1, size - 1);
		if (data[0] == 'm')
			check_model(&message);
		else if (data[0] == 'r')
			check_ranks(&message);
		else
			check_state(&message, data + 1, size - 1);
	}
	fuzz_free_all();
	return 0;
}
