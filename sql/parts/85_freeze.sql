-- freeze: models fitted once and kept, so that scores stay what they were and a
-- look-up of one firm reads that firm's row only.

CREATE TABLE fitted_model (
    scoreboard text NOT NULL,
    period     text,
    peers      text[] NOT NULL DEFAULT '{}',
    model      score_model NOT NULL,
    CONSTRAINT fitted_model_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

-- a scoreboard without periods has NULL there, which a unique constraint takes for distinct
CREATE UNIQUE INDEX fitted_model_group_key ON fitted_model (scoreboard, COALESCE(period, ''), peers);

COMMENT ON TABLE fitted_model IS '已冻结的模型 models of frozen scoreboards, one for each period and peer group';
COMMENT ON COLUMN fitted_model.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN fitted_model.period IS '期间 period as text; NULL if the scoreboard has none';
COMMENT ON COLUMN fitted_model.peers IS '组别 values of the peer columns as text';
COMMENT ON COLUMN fitted_model.model IS '模型 model with the bounds of the group';

SELECT _dump_table('fitted_model', 7, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

-- Text forms of periods and peers do not depend on the session: see the SET clauses.
CREATE FUNCTION _fit_groups(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    groups text[] := _groups(binding);
    period text := COALESCE('s.' || quote_ident(binding.period), 'NULL') || '::text';
    peers text := format('ARRAY[%s]::text[]',
                         (SELECT string_agg(format('s.%I::text', p), ', ' ORDER BY place)
                          FROM unnest(binding.peers) WITH ORDINALITY AS u(p, place)));
    known text := (SELECT COALESCE(string_agg(format('s.%I IS NOT NULL', g), ' AND '), 'true') FROM unnest(groups) g);
    pass integer := 1;
    fitted bigint;
    due bigint;
BEGIN
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    PERFORM _run(board.search_path, format(
        'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model) '
        'SELECT %L, %s, %s, innovation_score.fit(%L::innovation_score.score_model, VARIADIC s._values) '
        'FROM %s WHERE %s%s HAVING count(*) > 0',       -- an empty source has no model
        board.scoreboard, period, peers, board.model::text, _rows(binding), known,
        ' GROUP BY ' || _columns_of('s', groups)));
    LOOP
        SELECT count(*) FILTER (WHERE is_fitted(f.model)), count(*) FILTER (WHERE NOT is_fitted(f.model))
        INTO fitted, due FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
        RAISE NOTICE 'scoreboard %: pass % over the source, % of % groups fitted',
            board.scoreboard, pass, fitted, fitted + due;
        EXIT WHEN due = 0;
        IF pass >= 100 THEN
            RAISE EXCEPTION 'fitting scoreboard % does not come to an end', board.scoreboard
                USING ERRCODE = 'internal_error';
        END IF;
        pass := pass + 1;
        PERFORM _run(board.search_path, format(
            'UPDATE innovation_score.fitted_model f SET model = g.model '
            'FROM (SELECT %1$s AS period, %2$s AS peers, innovation_score.fit(f.model, VARIADIC s._values) AS model '
            'FROM %3$s JOIN innovation_score.fitted_model f ON f.scoreboard = %4$L '
            'AND f.period IS NOT DISTINCT FROM %1$s AND f.peers = %2$s AND NOT innovation_score.is_fitted(f.model) '
            'WHERE %5$s GROUP BY 1, 2) g '
            'WHERE f.scoreboard = %4$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
            period, peers, _rows(binding), board.scoreboard, known));
    END LOOP;
END
$$;

COMMENT ON FUNCTION _fit_groups(scoreboard, scoreboard_binding) IS
    'internal: fits every group of a scoreboard, in as many passes as it takes, into fitted_model';

CREATE FUNCTION _freeze_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    IF to_regclass(_view_name(board.scoreboard, 'model')) IS NULL THEN
        RAISE EXCEPTION 'view % does not exist', _view_name(board.scoreboard, 'model')
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    PERFORM _fit_groups(board, binding);
    board.frozen_at := now();
    UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, '{model}');
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION freeze_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._freeze_scoreboard(name, pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _thaw_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    IF board.frozen_at IS NULL THEN
        RAISE NOTICE 'scoreboard % is not frozen', board.scoreboard;
        RETURN;
    END IF;
    board.frozen_at := NULL;
    UPDATE scoreboard b SET frozen_at = NULL WHERE b.scoreboard = board.scoreboard;
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, '{model}');
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION thaw_scoreboard(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._thaw_scoreboard(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _freeze_scoreboard(text, name[]) IS 'internal: freeze_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _thaw_scoreboard(text, name[]) IS 'internal: thaw_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION freeze_scoreboard(text) IS
    'fits a scoreboard now, keeps the models in fitted_model and scores with them from then on';
COMMENT ON FUNCTION thaw_scoreboard(text) IS
    'forgets the kept models of a frozen scoreboard: it is fitted again whenever it is read';
