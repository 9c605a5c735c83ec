/*-------------------------------------------------------------------------
 *
 * veto.h
 *	  Which indicators deny a row its score.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VETO_H
#define VETO_H

#include "lib/stringinfo.h"

#include "model/model.h"

/* Append the reason with their names; false where none does. */
extern bool add_veto(StringInfo reasons, const ScoreModel *model,
					 const double *values);

#endif							/* VETO_H */
