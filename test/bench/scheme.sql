--
-- The national scheme as plain SQL, DuckDB and R can write it in a few lines: percentiles for every indicator, no
-- logarithm, nothing that stands for a value that is absent, and no rounding to four decimals.
--
SET client_min_messages = warning;
SELECT innovation_score.derive_scheme('bench', 'national-2024', 'national-2024 with percentiles only');
UPDATE innovation_score.indicator SET extreme = NULL, transform = 'none', absent = 'missing' WHERE scheme = 'bench';
UPDATE innovation_score.scheme SET decimals = NULL WHERE scheme = 'bench';
