/*-------------------------------------------------------------------------
 *
 * veto.c
 *	  Which indicators deny a row its score.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "decide/reason.h"
#include "decide/veto.h"
#include "model/value_row.h"
#include "score/row_score.h"

bool
add_veto(StringInfo reasons, const ScoreModel *model, const double *values)
{
	StringInfoData names = {0};

	initStringInfo(&names);
	for (int i = 0; model->vetoes && i < model->nindicators; i++)
	{
		const ModelIndicator *indicator = &model_indicators(model)[i];

		if (value_vetoes(model, indicator, values[i]))
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 model_string(model, indicator->name));
	}
	if (names.len == 0)
		return false;
	reason_add(reasons, REASON_VETO);
	reason_text(reasons, names.data);
	return true;
}

PG_FUNCTION_INFO_V1(veto_reason);
/*
 * _innovation_score.veto_reason(model score_model, vals float8[]) → decision_reasons
 *
 * That indicators veto the row, with their names; NULL where none does.
 */
Datum
veto_reason(PG_FUNCTION_ARGS)
{
	const ScoreModel *model = model_argument(fcinfo, 0);
	double		buffer[MODEL_MAX_INDICATORS];
	const double *values = value_row_get(PG_GETARG_ARRAYTYPE_P(1), model, buffer);
	StringInfoData reasons = {0};
	Bytes		bytes;

	initStringInfo(&reasons);
	if (!add_veto(&reasons, model, values))
		PG_RETURN_NULL();
	bytes.bytes = reasons.data;
	bytes.length = reasons.len;
	PG_RETURN_DATUM(reasons_make(bytes));
}
