/*-------------------------------------------------------------------------
 *
 * weights_eigen.c
 *	  Eigenvalues and eigenvectors of small dense matrices.
 *
 * Symmetric ones by Jacobi's method, cyclic by rows (G. H. Golub, C. F. Van
 * Loan: Matrix Computations, 4th edition, section 8.5): of all methods the one
 * that is easiest to check, and as accurate as any.  Positive ones by repeated
 * squaring, which finds the eigenvector of Perron's theorem however close the
 * next eigenvalue is, and the power method, which takes away what rounding the
 * squares has left.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"

#include "weights/weights_eigen.h"

/* Convergence is quadratic in the end: about ten will do for any size. */
#define MAX_SWEEPS		100

/* More squarings than a ratio of two eigenvalues near 1 can ask for. */
#define MAX_SQUARINGS	64
#define MAX_POWERS		1000

/* Zero the element (p, q), and its mirror image, by a rotation. */
static void
rotate(double *matrix, double *vectors, int n, int p, int q)
{
	double		element = matrix[p * n + q];
	double		theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * element);
	double		tangent = copysign(1 / (fabs(theta) + sqrt(theta * theta + 1)), theta);
	double		cosine = 1 / sqrt(tangent * tangent + 1);
	double		sine = tangent * cosine;

	for (int k = 0; k < n; k++)
	{
		double		kp = matrix[k * n + p];
		double		kq = matrix[k * n + q];
		double		vp = vectors[p * n + k];
		double		vq = vectors[q * n + k];

		vectors[p * n + k] = cosine * vp - sine * vq;
		vectors[q * n + k] = sine * vp + cosine * vq;
		if (k == p || k == q)
			continue;
		matrix[k * n + p] = matrix[p * n + k] = cosine * kp - sine * kq;
		matrix[k * n + q] = matrix[q * n + k] = sine * kp + cosine * kq;
	}
	matrix[p * n + p] -= tangent * element;
	matrix[q * n + q] += tangent * element;
	matrix[p * n + q] = matrix[q * n + p] = 0;
}

static void
swap_rows(double *values, double *vectors, int n, int a, int b)
{
	double		value = values[a];

	values[a] = values[b];
	values[b] = value;
	for (int k = 0; k < n; k++)
	{
		double		element = vectors[a * n + k];

		vectors[a * n + k] = vectors[b * n + k];
		vectors[b * n + k] = element;
	}
}

bool
symmetric_eigen(double *matrix, int n, double *values, double *vectors)
{
	double		squares = 0;
	double		negligible;
	bool		rotated = true;

	memset(vectors, 0, sizeof(double) * n * n);
	for (int i = 0; i < n; i++)
		vectors[i * n + i] = 1;
	for (int i = 0; i < n * n; i++)
		squares += matrix[i] * matrix[i];

	/* All that is neglected together moves no eigenvalue by more than this. */
	negligible = DBL_EPSILON * sqrt(squares) / n;

	for (int sweep = 0; rotated; sweep++)
	{
		if (sweep == MAX_SWEEPS || !isfinite(negligible))
			return false;
		rotated = false;
		for (int p = 0; p < n; p++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int q = p + 1; q < n; q++)
			{
				if (fabs(matrix[p * n + q]) <= negligible)
					continue;
				rotate(matrix, vectors, n, p, q);
				rotated = true;
			}
		}
	}

	for (int i = 0; i < n; i++)
		values[i] = matrix[i * n + i];
	for (int i = 0; i < n; i++)
	{
		int			largest = i;

		for (int k = i + 1; k < n; k++)
			if (values[k] > values[largest])
				largest = k;
		if (largest != i)
			swap_rows(values, vectors, n, i, largest);
	}
	return true;
}

/* result = matrix * vector, made to sum to 1; the sum that it had is given. */
static double
multiply_vector(const double *matrix, int n, const double *vector,
				double *result)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
	{
		result[i] = 0;
		for (int k = 0; k < n; k++)
			result[i] += matrix[i * n + k] * vector[k];
		sum += result[i];
	}
	for (int i = 0; i < n; i++)
		result[i] /= sum;
	return sum;
}

/* The square of a matrix, scaled so that its largest element is 1. */
static void
square_matrix(const double *matrix, int n, double *result)
{
	double		largest = 0;

	for (int i = 0; i < n; i++)
		for (int k = 0; k < n; k++)
		{
			double		sum = 0;

			for (int m = 0; m < n; m++)
				sum += matrix[i * n + m] * matrix[m * n + k];
			result[i * n + k] = sum;
			largest = fmax(largest, sum);
		}
	for (int i = 0; i < n * n; i++)
		result[i] /= largest;
}

/* The largest relative difference between elements of positive vectors. */
static double
difference(const double *a, const double *b, int n)
{
	double		largest = 0;

	for (int i = 0; i < n; i++)
		largest = fmax(largest, fabs(a[i] - b[i]) / fmax(a[i], b[i]));
	return largest;
}

double
perron_vector(const double *matrix, int n, double *vector, double *work)
{
	double	   *power = work;
	double	   *square = work + n * n;
	double		next[PERRON_MAX_SIZE];
	double		last = INFINITY;

	Assert(n <= PERRON_MAX_SIZE);
	memcpy(power, matrix, sizeof(double) * n * n);
	for (int i = 0; i < n; i++)
		vector[i] = 1.0 / n;

	/* Every column of a high power is the eigenvector, up to its length. */
	for (int i = 0; i < MAX_SQUARINGS; i++)
	{
		double	   *swap = power;
		double		change;

		square_matrix(power, n, square);
		power = square;
		square = swap;
		multiply_vector(power, n, vector, next);
		change = difference(vector, next, n);
		memcpy(vector, next, sizeof(double) * n);
		CHECK_FOR_INTERRUPTS();
		if (change < 1e-10)
			break;
	}

	/* As long as it gets better. */
	for (int i = 0; i < MAX_POWERS; i++)
	{
		double		change;

		multiply_vector(matrix, n, vector, next);
		change = difference(vector, next, n);
		if (!(change < last))
			break;
		last = change;
		memcpy(vector, next, sizeof(double) * n);
	}
	return multiply_vector(matrix, n, vector, next);
}
