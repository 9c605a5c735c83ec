/*-------------------------------------------------------------------------
 *
 * rights.h
 *	  Whose a scoreboard is, and how it is read.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RIGHTS_H
#define RIGHTS_H

typedef struct Registered
{
	Oid			rights;			/* the view of its rights, InvalidOid if there
								 * is none */
	Oid			owner;			/* that of the database if the scoreboard is
								 * gone */
	char	   *time_zone;		/* NULL if the registry does not know it */
	int32		small_group;	/* 0: all groups are shown */
} Registered;

extern Registered find_registered(text *scoreboard);
extern Registered find_relation(text *name);

#endif							/* RIGHTS_H */
