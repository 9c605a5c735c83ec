--
-- A clock for tests of public notices, which lie in the future: the day of a publication is that of the setting test.today
-- wherever it is set.
--
CREATE OR REPLACE FUNCTION _innovation_score.publication_today(number bigint) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(NULLIF(current_setting('test.today', true), '')::date, timezone(p.board_document ->> 'time_zone', now())::date)
    FROM publication p WHERE p.publication = number
$$;
