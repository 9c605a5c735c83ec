-- freeze: models fitted once and kept, so that scores stay what they were and a
-- look-up of one firm reads that firm's row only.

CREATE TABLE _innovation_score.fitted_model (
    scoreboard   text NOT NULL,
    period       text,
    peers        text[] NOT NULL DEFAULT '{}',
    model        score_model NOT NULL,
    fitted_level integer,
    fitted_rows  bigint,
    medians      float8[],
    row_id       uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT fitted_model_pkey PRIMARY KEY (row_id),
    CONSTRAINT fitted_model_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

-- a scoreboard without periods has NULL there, which a unique constraint takes for distinct
CREATE UNIQUE INDEX fitted_model_group_key ON _innovation_score.fitted_model (scoreboard, COALESCE(period, ''), peers);

COMMENT ON TABLE fitted_model IS '已冻结的模型 models of frozen scoreboards, one for each period and peer group';
COMMENT ON COLUMN fitted_model.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN fitted_model.period IS '期间 period as key text; NULL if the scoreboard has none';
COMMENT ON COLUMN fitted_model.peers IS '组别 values of the peer columns as key texts';
COMMENT ON COLUMN fitted_model.model IS '模型 model with the bounds of the group';
COMMENT ON COLUMN fitted_model.fitted_level IS
    '拟合层级 number of peers that make the group whose bounds these are; fewer than it has: the group was too small';
COMMENT ON COLUMN fitted_model.fitted_rows IS '拟合样本数 rows of the source that the bounds were fitted on';
COMMENT ON COLUMN fitted_model.medians IS
    '中位数 medians of the group that quality rules refer to, in the model''s order of indicators; NULL where none does';
COMMENT ON COLUMN fitted_model.row_id IS '行标识 identity of the row, for replication';

SELECT _innovation_score.dump_table('fitted_model', 7, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
-- of small groups bounds tell the firms' values
SELECT _innovation_score.show_table('fitted_model', masked => jsonb_object_agg(c.name, format(
    'CASE WHEN fitted_rows >= _innovation_score.hidden_below(scoreboard) THEN %s END', c.name)))
FROM unnest('{model,medians}'::text[]) AS c(name);

CREATE FUNCTION _innovation_score.group_texts(board scoreboard, binding scoreboard_binding, OUT period text, OUT peers text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.pooled OR binding.period IS NULL THEN 'NULL::text'
                ELSE format('innovation_score.key_text(s.%I)', binding.period) END,
           ARRAY(SELECT format('innovation_score.key_text(s.%I)', p)
                 FROM unnest(binding.peers) WITH ORDINALITY AS u(p, place) ORDER BY place)
$$;

COMMENT ON FUNCTION _innovation_score.group_texts(scoreboard, scoreboard_binding) IS
    'internal: SQL text of the period and the peers of a row s as fitted_model has them';

-- With a minimum size the coarser groups stand beside the others, with fewer peers, until
-- every group has its bounds.
CREATE FUNCTION _innovation_score.fit_groups(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    groups text[];
    period text := (_innovation_score.group_texts(board, binding)).period;
    peers text[] := (_innovation_score.group_texts(board, binding)).peers;
    peer_values text;
    finest integer := cardinality(binding.peers);
    coarsest integer := CASE WHEN board.min_peers IS NULL THEN finest ELSE 0 END;
    pass integer := 1;
    fitted bigint;
    due bigint;
BEGIN
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard AND f.period IS NOT DISTINCT FROM COALESCE(binding.only_period, f.period);
    FOR level IN REVERSE finest .. coarsest LOOP        -- an empty source has no model
        groups := _innovation_score.level_groups(binding, level);
        peer_values := format('ARRAY[%s]::text[]', array_to_string(peers[1:level], ', '));
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model, fitted_level, fitted_rows) '
            'SELECT %L, %s, %s, innovation_score.fit(%L::innovation_score.score_model, VARIADIC s._values), '
            '%s, pg_catalog.count(*) FROM %s WHERE %s%s HAVING pg_catalog.count(*) >= %s',
            board.scoreboard, period, peer_values, board.model::text, level, _innovation_score.sample_rows(binding),
            _innovation_score.known_groups(groups), ' GROUP BY ' || _innovation_score.columns_of('s', groups),
            CASE WHEN level > coarsest THEN board.min_peers ELSE 1 END));
    END LOOP;
    LOOP
        SELECT count(*) FILTER (WHERE is_fitted(f.model)), count(*) FILTER (WHERE NOT is_fitted(f.model))
        INTO fitted, due FROM fitted_model f WHERE f.scoreboard = board.scoreboard AND f.period IS NOT DISTINCT FROM COALESCE(binding.only_period, f.period);
        RAISE NOTICE 'scoreboard %: pass % over the source, % of % groups fitted',
            board.scoreboard, pass, fitted, fitted + due;
        EXIT WHEN due = 0;
        IF pass >= 100 THEN
            RAISE EXCEPTION 'fitting scoreboard % does not come to an end', board.scoreboard
                USING ERRCODE = 'internal_error';
        END IF;
        pass := pass + 1;
        FOR level IN REVERSE finest .. coarsest LOOP
            CONTINUE WHEN NOT EXISTS (SELECT FROM fitted_model f WHERE f.scoreboard = board.scoreboard
                                      AND f.fitted_level = level AND NOT is_fitted(f.model));
            peer_values := format('ARRAY[%s]::text[]', array_to_string(peers[1:level], ', '));
            PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
                'UPDATE innovation_score.fitted_model f SET model = g.model '
                'FROM (SELECT %1$s AS period, %2$s AS peers, '
                'innovation_score.fit(f.model, VARIADIC s._values) AS model '
                'FROM %3$s JOIN innovation_score.fitted_model f ON f.scoreboard = %4$L '
                'AND f.period IS NOT DISTINCT FROM %1$s AND f.peers = %2$s '
                'AND NOT innovation_score.is_fitted(f.model) '
                'WHERE %5$s GROUP BY 1, 2) g '
                'WHERE f.scoreboard = %4$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
                period, peer_values, _innovation_score.sample_rows(binding), board.scoreboard,
                _innovation_score.known_groups(_innovation_score.level_groups(binding, level))));
        END LOOP;
    END LOOP;
    IF board.sample IS NOT NULL AND fitted = 0 THEN
        RAISE EXCEPTION 'no row of the source meets the sample condition of scoreboard %', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It is %s.', board.sample),
                  HINT = 'There is nothing to fit the bounds on: drop the scoreboard and create it with '
                         'another sample.';
    END IF;
    IF board.min_peers IS NOT NULL THEN
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model, fitted_level, fitted_rows) '
            'SELECT %1$L, b.* FROM (SELECT DISTINCT ON (g.period, g.peers) '
            'g.period, g.peers, f.model, f.fitted_level, f.fitted_rows '
            'FROM (SELECT %2$s AS period, %3$s AS peers FROM %4$s WHERE %5$s GROUP BY %6$s) g '
            'CROSS JOIN pg_catalog.generate_series(0, %7$s) level JOIN innovation_score.fitted_model f '
            'ON f.scoreboard = %1$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers[1:level] '
            'ORDER BY g.period, g.peers, f.fitted_level DESC) b WHERE b.fitted_level < %7$s',
            board.scoreboard, period, format('ARRAY[%s]::text[]', array_to_string(peers, ', ')), _innovation_score.rows(binding),
            _innovation_score.known_groups(_innovation_score.groups(binding)), _innovation_score.columns_of('s', _innovation_score.groups(binding)), finest));
        DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard AND cardinality(f.peers) < finest;
    END IF;
    PERFORM _innovation_score.fit_medians(board, binding);
END
$$;

COMMENT ON FUNCTION _innovation_score.fit_groups(scoreboard, scoreboard_binding) IS
    'internal: fits every group of a scoreboard, in as many passes as it takes, into fitted_model';

-- What other views keep, beside the models, while a scoreboard is frozen.
CREATE FUNCTION _innovation_score.keep_for_views(board scoreboard, binding scoreboard_binding, anew boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    keeper text;
    views text[];
BEGIN
    FOR keeper IN SELECT v.keep FROM scoreboard_view v WHERE v.keep IS NOT NULL AND anew
                  GROUP BY 1 ORDER BY min(v.place) LOOP
        EXECUTE format('SELECT _innovation_score.%I($1, $2)', keeper) USING board, binding;
    END LOOP;
    views := ARRAY(SELECT v.suffix FROM _innovation_score.views_of(board.scoreboard) v JOIN scoreboard_view k USING (kind)
                   WHERE k.keep IS NOT NULL ORDER BY v.place);
    IF views <> '{}' THEN
        PERFORM _innovation_score.replace_views(board, views);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.keep_for_views(scoreboard, scoreboard_binding, boolean) IS
    'internal: has the views that differ for frozen scoreboards keep or drop what they need, if anew, and remakes them';

CREATE FUNCTION _innovation_score.freeze_scoreboard(name text, period text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
    binding scoreboard_binding := _innovation_score.bind(board);
    kept jsonb := _innovation_score.user_comments(board);
BEGIN
    PERFORM _innovation_score.require_views(board);
    PERFORM _innovation_score.check_period(board, binding, period);
    IF board.pooled AND period IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboard % is pooled, so no period of it can be frozen alone', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Its bounds are those of all periods: leave the period out.';
    END IF;
    binding := _innovation_score.bind_period(board, binding, period);
    PERFORM _innovation_score.check_rows_as_owner(board.scoreboard, period, 'true');
    BEGIN
        PERFORM _innovation_score.fit_groups(board, binding);
    EXCEPTION WHEN invalid_text_representation THEN
        PERFORM _innovation_score.refuse_unreadable(board.scoreboard, SQLSTATE, SQLERRM);
    END;
    IF NOT EXISTS (SELECT FROM fitted_model f WHERE f.scoreboard = board.scoreboard) THEN
        RAISE EXCEPTION 'scoreboard % has no rows to fit its bounds on', board.scoreboard
            USING ERRCODE = 'no_data_found', HINT = 'Load its source first; what has been kept stays as it is.';
    END IF;
    board.frozen_at := now();
    UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
    PERFORM _innovation_score.replace_views(board, _innovation_score.fitted_views(board));
    PERFORM _innovation_score.keep_for_views(board, binding, true);
    PERFORM _innovation_score.put_comments(board, binding, kept);
    PERFORM _innovation_score.tell_model_problems(board, _innovation_score.model_labels(board, binding, NULL));
END
$$;

CREATE FUNCTION freeze_scoreboard(name text, period text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

-- Bounds of few firms tell their values.
CREATE FUNCTION _innovation_score.set_small_group(name text, firms integer, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
    binding scoreboard_binding := _innovation_score.bind(board);
    kept jsonb := _innovation_score.user_comments(board);
BEGIN
    IF firms < 1 THEN
        RAISE EXCEPTION 'a size of groups is at least 1, not %', firms
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give NULL where groups of every size may be shown.';
    END IF;
    board.small_group := firms;
    UPDATE scoreboard b SET small_group = firms WHERE b.scoreboard = board.scoreboard;
    PERFORM _innovation_score.replace_views(board, _innovation_score.view_suffixes(board.scoreboard));
    PERFORM _innovation_score.put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION set_small_group(name text, firms integer) RETURNS void
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.set_small_group(text, integer, name[]) IS 'internal: set_small_group with the caller''s schemas';
COMMENT ON FUNCTION set_small_group(text, integer) IS
    'shows models and scores of groups of fewer firms to those with the owner''s privileges only; NULL: to every reader';

CREATE FUNCTION _innovation_score.thaw_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
    binding scoreboard_binding := _innovation_score.bind(board);
    kept jsonb := _innovation_score.user_comments(board);
BEGIN
    IF board.frozen_at IS NULL THEN
        RAISE NOTICE 'scoreboard % is not frozen', board.scoreboard;
        RETURN;
    END IF;
    board.frozen_at := NULL;
    UPDATE scoreboard b SET frozen_at = NULL WHERE b.scoreboard = board.scoreboard;
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    PERFORM _innovation_score.replace_views(board, _innovation_score.fitted_views(board));
    PERFORM _innovation_score.keep_for_views(board, binding, true);
    PERFORM _innovation_score.put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION thaw_scoreboard(name text) RETURNS void
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.freeze_scoreboard(text, text, name[]) IS 'internal: freeze_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.thaw_scoreboard(text, name[]) IS 'internal: thaw_scoreboard with the caller''s schemas';
COMMENT ON FUNCTION freeze_scoreboard(text, text) IS
    'fits a scoreboard now, or one period of it, keeps the models in fitted_model and scores with them from then on';
COMMENT ON FUNCTION thaw_scoreboard(text) IS
    'forgets the kept models of a frozen scoreboard: it is fitted again whenever it is read';
