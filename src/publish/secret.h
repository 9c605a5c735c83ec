/*-------------------------------------------------------------------------
 *
 * secret.h
 *	  The secrets that salt the hashes of published rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SECRET_H
#define SECRET_H

#define SECRET_LENGTH 32

/* The secret of a publication, for those who may read its rows. */
extern void load_secret(int64 publication, uint8 *secret);

#endif							/* SECRET_H */
