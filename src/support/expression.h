/*-------------------------------------------------------------------------
 *
 * expression.h
 *	  Is this text one SQL expression?
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include "nodes/nodes.h"

/*
 * The parser's tree of a text that can stand in parentheses in a SELECT list;
 * otherwise a syntax error that says what the text was meant for.
 */
extern Node *expression_tree(const char *what, const char *expression);

#endif							/* EXPRESSION_H */
