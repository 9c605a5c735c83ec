/*-------------------------------------------------------------------------
 *
 * folded_text.h
 *	  What a cell of a register says, its characters in their plain forms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FOLDED_TEXT_H
#define FOLDED_TEXT_H

/*
 * The text in UTF-8 with full-width characters and blanks of any kind in their
 * ASCII forms, and without blanks at both ends; ends with a zero byte.
 */
extern char *folded_text(const text *cell);

/* Does a folded text stand for "nothing was said", like a dash or 未披露? */
extern bool says_nothing(const char *folded);

#endif							/* FOLDED_TEXT_H */
