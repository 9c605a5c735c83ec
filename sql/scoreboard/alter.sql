-- alter: another scheme, source or mapping for a scoreboard that is there, and a source that is changed below it.

CREATE FUNCTION _innovation_score.suspend_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
BEGIN
    IF board.suspended IS NOT NULL THEN
        RAISE NOTICE 'scoreboard % is suspended already', board.scoreboard;
        RETURN;
    END IF;
    UPDATE scoreboard b
    SET suspended = jsonb_build_object('comments', _innovation_score.user_comments(board),
                                       'views', _innovation_score.view_privileges(board.scoreboard))
    WHERE b.scoreboard = board.scoreboard;
    PERFORM _innovation_score.drop_views(board.scoreboard);
END
$$;

CREATE FUNCTION suspend_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.suspend_scoreboard(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.suspend_scoreboard(text, name[]) IS 'internal: suspend_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION suspend_scoreboard(text) IS
    'drops the views of a scoreboard, so that its source can be changed, and keeps all else until rebuild_scoreboard() makes them again';

-- What the bounds of a frozen scoreboard were fitted to stays as it was.
CREATE FUNCTION _innovation_score.check_frozen_changes(old scoreboard, new scoreboard) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    changed text[] := ARRAY(SELECT u.name FROM unnest('{scheme,period,peers,mapping,long,sample,pooled,min_peers}'::text[])
                                               WITH ORDINALITY AS u(name, place)
                            WHERE to_jsonb(old) -> u.name IS DISTINCT FROM to_jsonb(new) -> u.name ORDER BY u.place);
BEGIN
    IF old.frozen_at IS NOT NULL AND changed <> '{}' THEN
        RAISE EXCEPTION 'scoreboard % is frozen, and its bounds were fitted with another %', old.scoreboard, array_to_string(changed, ', ')
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('SELECT innovation_score.thaw_scoreboard(%L); first, and freeze it again afterwards. Published lists stay '
                                'as they are. To keep the years that are frozen, make another scoreboard.', old.scoreboard);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_frozen_changes(scoreboard, scoreboard) IS
    'internal: refuses a change of a frozen scoreboard that would take other bounds';

CREATE FUNCTION _innovation_score.alter_scoreboard(changes scoreboard, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    old scoreboard := _innovation_score.lock_scoreboard(changes.scoreboard, path);
    board scoreboard := old;
BEGIN
    IF _innovation_score.is_of_other(board.scoreboard) THEN
        changes.scoreboard := board.scoreboard;
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'SELECT true FROM _innovation_score.alter_scoreboard(%L::innovation_score.scoreboard, %L)', changes, path));
        RETURN;
    END IF;
    IF changes.scheme IS NOT NULL THEN
        board.scheme := (_innovation_score.require_scheme(changes.scheme)).scheme;
    END IF;
    IF changes.source IS NOT NULL THEN
        board.source := _innovation_score.kept_source(changes.source);
    END IF;
    board.entity := COALESCE(changes.entity, old.entity);
    board.stage := NULLIF(COALESCE(changes.stage, old.stage), '');
    board.period := NULLIF(COALESCE(changes.period, old.period), '');
    board.peers := COALESCE(changes.peers, old.peers);
    board.attributes := COALESCE(changes.attributes, old.attributes);
    board.mapping := COALESCE(changes.mapping, old.mapping);
    board.long := NULLIF(COALESCE(changes.long, old.long), '{}');
    board.sample := NULLIF(COALESCE(changes.sample, old.sample), '');
    board.pooled := COALESCE(changes.pooled, old.pooled);
    board.min_peers := NULLIF(COALESCE(changes.min_peers, old.min_peers), 0);
    PERFORM _innovation_score.check_remains(board);
    board.mapping := _innovation_score.mapping_of_titles(board);
    PERFORM _innovation_score.check_frozen_changes(old, board);
    UPDATE scoreboard b
    SET scheme = board.scheme, source = board.source, entity = board.entity, stage = board.stage, period = board.period,
        peers = board.peers, attributes = board.attributes, mapping = board.mapping, long = board.long, sample = board.sample,
        pooled = board.pooled, min_peers = board.min_peers
    WHERE b.scoreboard = board.scoreboard;
    PERFORM _innovation_score.rebuild_scoreboard(board.scoreboard, path);
    PERFORM _innovation_score.tell_new_problems(_innovation_score.get_scoreboard(board.scoreboard, path));
END
$$;

CREATE FUNCTION alter_scoreboard(name text, scheme text DEFAULT NULL, source regclass DEFAULT NULL, entity text DEFAULT NULL,
                                 stage text DEFAULT NULL, period text DEFAULT NULL, peers text[] DEFAULT NULL,
                                 attributes text[] DEFAULT NULL, mapping jsonb DEFAULT NULL, long jsonb DEFAULT NULL,
                                 sample text DEFAULT NULL, pooled boolean DEFAULT NULL, min_peers integer DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.alter_scoreboard(
        ROW(name, scheme, source::pg_catalog.oid, entity, stage, period, peers, attributes, mapping, long, NULL, NULL, NULL, NULL,
            sample, pooled, min_peers, NULL, NULL, NULL, NULL, NULL)::innovation_score.scoreboard,
        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.alter_scoreboard(scoreboard, name[]) IS 'internal: alter_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION alter_scoreboard(text, text, regclass, text, text, text, text[], text[], jsonb, jsonb, text, boolean, integer) IS
    'changes what create_scoreboard() was given (NULL: stays as it is) and remakes the views; privileges, comments, rules and exclusions stay';
