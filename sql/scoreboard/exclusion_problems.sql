-- Exclusions that match no firm.

-- The form in which spellings are compared. Characters of full width exist in databases in UTF8 only.
CREATE FUNCTION _innovation_score.plain_spelling(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT lower(regexp_replace(CASE WHEN getdatabaseencoding() = 'UTF8' THEN normalize(value, NFKC) ELSE value END,
                                '[[:space:]]', '', 'g'))
$$;

COMMENT ON FUNCTION _innovation_score.plain_spelling(text) IS
    'internal: a text without blanks, in lower case, and in half width where the database has full width';

-- Exclusions that are over concern nobody.
CREATE FUNCTION _innovation_score.exclusion_problems(board scoreboard, binding scoreboard_binding, entities text[] DEFAULT NULL)
RETURNS SETOF _innovation_score.problem
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    unmatched text[] := ARRAY(SELECT DISTINCT e.entity FROM shown_exclusion e
                              WHERE e.scoreboard = board.scoreboard AND (entities IS NULL OR e.entity = ANY (entities))
                                AND COALESCE(e.valid_to >= timezone(board.time_zone, now())::date, true));
BEGIN
    IF unmatched <> '{}' THEN
        unmatched := ARRAY(SELECT u.entity FROM _innovation_score.fetch(format(
            'SELECT e.entity FROM unnest(%L::text[]) AS e(entity) '
            'WHERE NOT EXISTS (SELECT FROM %s WHERE innovation_score.key_text(s.%I) COLLATE "C" = e.entity)',
            unmatched, binding.rows, binding.entity)) AS u(entity text));
    END IF;
    IF unmatched <> '{}' THEN
        RETURN QUERY SELECT 'warning', format('exclusion "%s"', f.entity), 'matches no firm of the source',
                            COALESCE('Did you mean "' || f.nearest || '"?', 'Look the code up in the source.')
            FROM _innovation_score.fetch(format(
                'SELECT e.entity, min(n.entity) FROM unnest(%L::text[]) AS e(entity) '
                'LEFT JOIN (SELECT innovation_score.key_text(s.%I) COLLATE "C" AS entity FROM %s) n '
                'ON _innovation_score.plain_spelling(n.entity) = _innovation_score.plain_spelling(e.entity) GROUP BY e.entity',
                unmatched, binding.entity, binding.rows)) AS f(entity text, nearest text);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.exclusion_problems(scoreboard, scoreboard_binding, text[]) IS
    'internal: exclusions that match no firm of any period, of these entities or of all';

-- Told when they are entered, to who may read the source.
CREATE FUNCTION _innovation_score.check_exclusions() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    found _innovation_score.problem;
    language text;
BEGIN
    IF _innovation_score.restoring() OR _innovation_score.is_restored() THEN
        RETURN NULL;
    END IF;
    FOR board IN SELECT b.* FROM scoreboard b WHERE b.scoreboard IN (SELECT c.scoreboard FROM changed c) ORDER BY b.scoreboard LOOP
        language := _innovation_score.board_language(board.scoreboard);
        BEGIN
            FOR found IN
                SELECT * FROM _innovation_score.exclusion_problems(board, _innovation_score.bind(board), ARRAY(
                    SELECT c.entity FROM changed c WHERE c.scoreboard = board.scoreboard))
                ORDER BY 2 LIMIT 10
            LOOP
                RAISE NOTICE '%', concat_ws(CASE language WHEN 'zh' THEN '' ELSE ' ' END, _innovation_score.in_language(found.object, language),
                                            _innovation_score.in_language(found.problem, language))
                    USING HINT = _innovation_score.in_language(found.advice, language);
            END LOOP;
        EXCEPTION WHEN insufficient_privilege OR undefined_table THEN
            CONTINUE;   -- whoever may not read the source is told nothing about it
        END;
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_exclusions() IS 'internal: tells which of the exclusions that are entered match nobody';

CREATE TRIGGER exclusion_check_insert AFTER INSERT ON _innovation_score.exclusion
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_exclusions();
CREATE TRIGGER exclusion_check_update AFTER UPDATE ON _innovation_score.exclusion
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_exclusions();
