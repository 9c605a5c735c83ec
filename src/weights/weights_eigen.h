/*-------------------------------------------------------------------------
 *
 * weights_eigen.h
 *	  Eigenvalues and eigenvectors of small dense matrices.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WEIGHTS_EIGEN_H
#define WEIGHTS_EIGEN_H

/*
 * All eigenvalues of a symmetric matrix (n rows of n, overwritten), largest
 * first, and their eigenvectors: row i of "vectors" has length 1 and belongs to
 * values[i].  False if the iteration does not end, which takes a matrix with
 * elements that are not finite.
 */
extern bool symmetric_eigen(double *matrix, int n, double *values,
							double *vectors);

#define PERRON_MAX_SIZE	100

/*
 * The largest eigenvalue of a matrix of positive elements and its eigenvector,
 * which is positive; it is made to sum to 1.  At most PERRON_MAX_SIZE rows.
 * "work" has room for two matrices.
 */
extern double perron_vector(const double *matrix, int n, double *vector,
							double *work);

#endif							/* WEIGHTS_EIGEN_H */
