/*-------------------------------------------------------------------------
 *
 * quality_rules.h
 *	  The quality rules of a scheme, compiled, over the values of firms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef QUALITY_RULES_H
#define QUALITY_RULES_H

#include "fmgr.h"

#include "condition/condition.h"

/* Whose values a name means. */
typedef enum ValueSource
{
	OWN_VALUES,
	PREVIOUS_VALUES,
	MEDIAN_VALUES,
	VALUE_SOURCES
} ValueSource;

typedef struct QualityRule
{
	const char *rule;
	const char *severity;
	const char *message;		/* NULL: none */
	const Condition *condition;
} QualityRule;

typedef struct QualityRules
{
	int			count;
	QualityRule *rules;
	int			nindicators;
	char	  **indicators;
	bool		used[VALUE_SOURCES];	/* whether any rule names such values */
	ConditionValue *values;		/* of the firm at hand: of each source, each
								 * indicator */
	ConditionValue *stack;		/* room to evaluate any rule */
} QualityRules;

/*
 * The rules and indicators that two arguments are: a jsonb array of objects
 * with rule, severity, condition and message, and a text[].  They are compiled
 * once as long as they stay the same.
 */
extern QualityRules *quality_rules_argument(FunctionCallInfo fcinfo, int argument);

/* The numbers of an argument, one per indicator; NULL if it is NULL. */
extern const double *indicator_numbers(FunctionCallInfo fcinfo, int argument,
									   const QualityRules *rules);

/* Take the firm at hand from so many arguments, in the order of the sources. */
extern void quality_rules_set_firm(QualityRules *rules, FunctionCallInfo fcinfo,
								   int argument, int sources);

/* The indicator that a name of a rule means. */
extern int	rule_indicator(const QualityRules *rules, const ConditionName *name);

/* Of the firm at hand: NULL, true, or false: violated. */
extern ConditionValue quality_rule_holds(const QualityRules *rules, int rule);

#endif							/* QUALITY_RULES_H */
