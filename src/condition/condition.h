/*-------------------------------------------------------------------------
 *
 * condition.h
 *	  A condition over the values of one firm: compiled from text, evaluated
 *	  as often as there are firms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONDITION_H
#define CONDITION_H

/* Types of values; a set of them where it is not known yet. */
#define CONDITION_NUMBER	1
#define CONDITION_TEXT		2
#define CONDITION_BOOLEAN	4
#define CONDITION_ANY		(CONDITION_NUMBER | CONDITION_TEXT | CONDITION_BOOLEAN)

/* What stands before a name and a dot. */
typedef enum ConditionRelation
{
	RELATION_NONE,
	RELATION_INDICATOR,
	RELATION_SCORE,
	RELATION_PREVIOUS,
	RELATION_MEDIAN
} ConditionRelation;

typedef struct ConditionName
{
	ConditionRelation relation;
	const char *name;
	int			types;			/* those that the condition leaves it */
	int			slot;			/* where its value is */
} ConditionName;

typedef struct ConditionText
{
	int			length;
	const char *bytes;
} ConditionText;

typedef struct ConditionValue
{
	bool		is_null;
	union
	{
		double		number;
		bool		truth;
		const ConditionText *text;
	}			as;
} ConditionValue;

typedef enum ConditionOperator
{
	DO_CONSTANT,
	DO_NAME,
	DO_NEGATE,
	DO_ABS,
	DO_FLOOR,
	DO_NOT,
	DO_IS_NULL,
	DO_IS_NOT_NULL,
	DO_ADD,
	DO_SUBTRACT,
	DO_MULTIPLY,
	DO_DIVIDE,
	DO_RATIO,
	DO_GROWTH_RATE,
	DO_MARGIN,
	DO_SAME_UNIT,
	DO_EQUAL,
	DO_UNEQUAL,
	DO_LESS,
	DO_AT_MOST,
	DO_GREATER,
	DO_AT_LEAST,
	DO_BETWEEN,
	DO_NOT_BETWEEN,
	DO_IN,
	DO_NOT_IN,
	DO_AND,
	DO_OR,
	DO_LEAST,
	DO_GREATEST,
	DO_COALESCE,
	DO_NULLIF
} ConditionOperator;

/* Operations follow their operands, whose place the result takes. */
typedef struct ConditionOperation
{
	ConditionOperator operator;
	int			operands;
	int			type;			/* of operands that may have several */
	int			slot;			/* of DO_NAME: that of the name */
	ConditionValue constant;	/* of DO_CONSTANT */
} ConditionOperation;

typedef struct Condition
{
	int			nnames;
	ConditionName *names;		/* each once, as they first stand there */
	int			noperations;
	ConditionOperation *operations;
	int			depth;			/* values that wait at a time */
} Condition;

/*
 * Gives a name its slot, and returns the types that it may have; an error
 * for a name that is not known.
 */
typedef int (*ConditionResolver) (ConditionName *name, void *context);

/*
 * Compile a text, or raise the error that says what is wrong with it.  Without
 * resolver all names are taken, and the result only tells them.
 */
extern Condition *condition_compile(const char *text, ConditionResolver resolve,
									void *context);

/* The same of a value of type condition. */
extern Condition *condition_of_datum(Datum value, ConditionResolver resolve,
									 void *context);

/* The text of a value of the SQL type, which may have a short header. */
extern char *condition_text(const struct varlena *value, int *length);

/* "previous.x" */
extern char *condition_name_text(const ConditionName *name);

/*
 * The truth of a condition over the values in the slots of its names; the stack
 * has room for condition->depth of them.
 */
extern ConditionValue condition_evaluate(const Condition *condition,
										 const ConditionValue *values,
										 ConditionValue *stack);

#endif							/* CONDITION_H */
