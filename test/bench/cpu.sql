-- The CPU time of this session so far, in milliseconds, as variable cpu; 0 where there is no /proc.
SELECT COALESCE((SELECT sum(ticks::bigint) * 10
                 FROM unnest((string_to_array(pg_read_file('/proc/self/stat', 0, 4096, true), ' '))[14:15]) ticks), 0) AS cpu \gset
