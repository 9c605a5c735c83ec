-- whitelist, batches: recording who is listed, and files for those who act on it. A file
-- is what COPY writes in CSV format; its digest is computed here over the same bytes, so
-- that who receives it can check it with any tool.

-- A value as COPY writes it in CSV format.
CREATE FUNCTION _innovation_score.csv_field(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN ''
            WHEN value = '' OR value ~ E'[",\\r\\n]' THEN '"' || replace(value, '"', '""') || '"'
            ELSE value END;

COMMENT ON FUNCTION _innovation_score.csv_field(text) IS 'internal: a value as COPY writes it in CSV format';

-- The columns of the file of a batch, each with its name and the SQL text of its value.
CREATE FUNCTION _innovation_score.batch_columns(batch whitelist_batch) RETURNS TABLE (place bigint, name text, expression text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT row_number() OVER (ORDER BY c.part, c.place), c.name, c.expression
    FROM (SELECT 1 AS part, 1::bigint AS place, 'batch' AS name, 'f.batch' AS expression
          UNION ALL
          SELECT 2, u.place, u.name,
                 CASE WHEN u.place = 1 THEN 'f.entity'
                      WHEN u.place = 2 AND batch.period IS NOT NULL THEN format('%L::text', batch.period)
                      ELSE format('f.attributes ->> %L', u.name) END
          FROM unnest(batch.columns) WITH ORDINALITY AS u(name, place)
          UNION ALL
          SELECT 3, v.place, v.name, 'f.' || v.name
          FROM (VALUES (1::bigint, 'stage'), (2, 'score'), (3, 'rank')) AS v(place, name)) c
$$;

CREATE FUNCTION _innovation_score.batch_query(batch whitelist_batch, columns text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM _innovation_score.shown_whitelist_batch_firm f '
                  'WHERE f.scoreboard = %L AND f.rule = %L AND f.batch = %s ORDER BY f.rank, f.entity COLLATE "C"',
                  columns, batch.scoreboard, batch.rule, batch.batch)
$$;

-- The bytes of the file.
CREATE FUNCTION _innovation_score.batch_file(batch whitelist_batch) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    line text := (SELECT string_agg(format('_innovation_score.csv_field((%s)::text)', c.expression), ' || '','' || '
                                    ORDER BY c.place) FROM _innovation_score.batch_columns(batch) c);
    lines text;
BEGIN
    EXECUTE format('SELECT string_agg(t.line, '''') FROM (%s) t', _innovation_score.batch_query(batch, line || ' || E''\n'' AS line'))
        INTO lines;
    RETURN convert_to((SELECT string_agg(_innovation_score.csv_field(c.name), ',' ORDER BY c.place) FROM _innovation_score.batch_columns(batch) c)
                      || E'\n' || COALESCE(lines, ''), 'UTF8');
END
$$;

COMMENT ON FUNCTION _innovation_score.batch_columns(whitelist_batch) IS 'internal: the columns of the file of a batch';
COMMENT ON FUNCTION _innovation_score.batch_query(whitelist_batch, text) IS
    'internal: query of the firms of a batch, in the file''s order';
COMMENT ON FUNCTION _innovation_score.batch_file(whitelist_batch) IS 'internal: the file of a batch';

-- Without the name of the scoreboard, which can change.
CREATE FUNCTION _innovation_score.batch_digest(batch whitelist_batch, session_role text, role text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT sha256(_innovation_score.canonical('innovation_score batch', batch.rule, batch.batch, batch.period, batch.note, batch.columns,
                             batch.sha256, _innovation_score.instant(batch.recorded_at), role, session_role))
$$;

COMMENT ON FUNCTION _innovation_score.batch_digest(whitelist_batch, text, text) IS
    'internal: digest of a batch, recorded by a role whose user had logged in as another';

-- What the owner of the scoreboard does, run as that: the query of those who are listed, and what a frozen scoreboard keeps
-- of the rule, since others are next in line now. Views are not remade: who has read some, and records a batch, must not wait
-- for those who change them and wait for its end.
CREATE FUNCTION _innovation_score.prepare_batch(known text, period text, name text, OUT period_key text, OUT columns text[], OUT listed text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard;
    binding scoreboard_binding;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known;
    binding := _innovation_score.bind(board);
    PERFORM _innovation_score.require_views(board);
    IF NOT EXISTS (SELECT FROM whitelist_rule r WHERE r.scoreboard = known AND r.rule = prepare_batch.name) THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule "%"', known, name
            USING ERRCODE = 'undefined_object', HINT = 'See innovation_score.set_whitelist_rule().';
    END IF;
    period_key := _innovation_score.period_key(board, binding, period);
    PERFORM _innovation_score.refuse_duplicates(board, binding, _innovation_score.period_condition(board, binding, 's', period));
    columns := array_remove(ARRAY[binding.entity, binding.period] || binding.attributes, NULL);
    listed := format('SELECT innovation_score.key_text(w.%I), w.stage, w.score::numeric, w.rank, pg_catalog.jsonb_build_object(%s) FROM %s w '
                     'WHERE w.decision = ''listed''%s',
                     binding.entity, (SELECT string_agg(format('%L, w.%I::text', a, a), ', ') FROM unnest(binding.attributes) a),
                     _innovation_score.view_name(known, concat_ws('_', 'whitelist', NULLIF(name, ''))),
                     ' AND ' || _innovation_score.period_condition(board, binding, 'w', period));
END
$$;

CREATE FUNCTION _innovation_score.finish_batch(known text, period text, name text, empty boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known;
    IF empty THEN
        PERFORM _innovation_score.check_period(board, _innovation_score.bind(board), period);
    ELSE
        PERFORM _innovation_score.keep_rule_scores(board, _innovation_score.bind(board), name);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION _innovation_score.prepare_batch(text, text, text) IS 'internal: what a batch is made of';
COMMENT ON FUNCTION _innovation_score.finish_batch(text, text, text, boolean) IS
    'internal: keeps what places are looked up in when a batch is there, or tells of a period that nobody is in';

CREATE FUNCTION _innovation_score.do_record_whitelist_batch(caller oid, scoreboard text, period text, name text, note text, path name[])
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    -- the log before the views, as publish() has them
    moment timestamptz := _innovation_score.log_turn('batch');
    known text := _innovation_score.find_scoreboard(scoreboard, path);
    owner oid := _innovation_score.scoreboard_owner(known);
    recorded whitelist_batch;
    parts record;
    firms bigint;
BEGIN
    IF NOT pg_has_role(caller, owner, 'USAGE') THEN
        RAISE EXCEPTION 'scoreboard % is changed by its owner only', known
            USING ERRCODE = 'insufficient_privilege', DETAIL = format('The owner is %s.', pg_get_userbyid(owner)),
                  HINT = 'Ask the owner, or connect as a member of the role that owns it.';
    END IF;
    PERFORM FROM _innovation_score.scoreboard b WHERE b.scoreboard = known FOR KEY SHARE;
    PERFORM _innovation_score.check_still_there(known);
    recorded.scoreboard := known;
    recorded.rule := COALESCE(name, '');
    SELECT f.* INTO STRICT parts
    FROM _innovation_score.fetch_as_owner(known, format('SELECT * FROM _innovation_score.prepare_batch(%L, %L, %L)', known, period, recorded.rule))
         AS f(period_key text, columns text[], listed text);
    recorded.period := parts.period_key;
    SELECT COALESCE(max(b.batch), 0) + 1 INTO recorded.batch
    FROM _innovation_score.whitelist_batch b WHERE b.scoreboard = known AND b.rule = recorded.rule;
    recorded.recorded_at := moment;
    recorded.note := note;
    recorded.columns := parts.columns;
    recorded.sha256 := '';
    INSERT INTO _innovation_score.whitelist_batch SELECT recorded.*;
    INSERT INTO _innovation_score.whitelist_batch_firm
    SELECT known, recorded.rule, recorded.batch, f.*
    FROM _innovation_score.fetch_as_owner(known, parts.listed) AS f(entity text, stage text, score numeric, rank bigint, attributes jsonb);
    GET DIAGNOSTICS firms = ROW_COUNT;
    PERFORM FROM _innovation_score.fetch_as_owner(known, format('SELECT _innovation_score.finish_batch(%L, %L, %L, true)', known, period, recorded.rule))
                 AS f(done boolean) WHERE firms = 0;
    IF firms = 0 THEN
        RAISE EXCEPTION 'nobody is listed by whitelist rule "%" of scoreboard %', recorded.rule, known
            USING ERRCODE = 'no_data_found',
                  DETAIL = COALESCE(format('The period is %s.', period), 'The scoreboard has no periods.'),
                  HINT = 'Firms of earlier batches are not listed anew.';
    END IF;
    recorded.sha256 := encode(sha256(_innovation_score.batch_file(recorded)), 'hex');
    recorded.entry := _innovation_score.log_append('batch', recorded.batch, recorded.recorded_at,
                                                   _innovation_score.batch_digest(recorded, session_user, _innovation_score.caller_name()));
    UPDATE _innovation_score.whitelist_batch b SET sha256 = recorded.sha256, entry = recorded.entry
    WHERE (b.scoreboard, b.rule, b.batch) = (recorded.scoreboard, recorded.rule, recorded.batch);
    PERFORM FROM _innovation_score.fetch_as_owner(known, format('SELECT _innovation_score.finish_batch(%L, %L, %L, false)', known, period, recorded.rule))
                 AS f(done boolean);
    RETURN recorded.batch;
END
$$;

COMMENT ON FUNCTION _innovation_score.do_record_whitelist_batch(oid, text, text, text, text, name[]) IS
    'internal: record_whitelist_batch, by the keeper';

CREATE FUNCTION _innovation_score.record_whitelist_batch(scoreboard text, period text, name text, note text, path name[]) RETURNS integer
    AS 'MODULE_PATHNAME', 'keeper_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION record_whitelist_batch(scoreboard text, period text DEFAULT NULL, rule text DEFAULT NULL,
                                       note text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.record_whitelist_batch(scoreboard, period, rule, note, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.record_whitelist_batch(text, text, text, text, name[]) IS
    'internal: record_whitelist_batch with the caller''s schemas';
COMMENT ON FUNCTION record_whitelist_batch(text, text, text, text) IS
    'keeps the firms that are listed now as the next batch; they are not listed anew. Returns the number of the batch';

-- Handing over.

CREATE FUNCTION _innovation_score.find_batch(scoreboard text, number integer, name text, path name[]) RETURNS whitelist_batch
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _innovation_score.find_scoreboard(scoreboard, path);
    found_batch whitelist_batch;
BEGIN
    SELECT * INTO found_batch FROM shown_whitelist_batch b
    WHERE b.scoreboard = known AND b.rule = COALESCE(name, '') AND b.batch = number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard % has no batch %', known,
                COALESCE(number::text, 'NULL') || COALESCE(' of whitelist rule "' || NULLIF(name, '') || '"', '')
            USING ERRCODE = 'undefined_object', HINT = 'See the table innovation_score.whitelist_batch.';
    END IF;
    RETURN found_batch;
END
$$;

-- What stands before the first name of the header is the first thing in the file. (The character is none of other encodings than
-- UTF8, and must not be worked out where it is not asked for.)
CREATE FUNCTION _innovation_score.whitelist_copy(recorded whitelist_batch, bom boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
    SELECT format('COPY (%s) TO STDOUT (FORMAT csv, HEADER, ENCODING ''UTF8'')',
                  _innovation_score.batch_query(recorded, (SELECT string_agg(format('%s AS %I', c.expression,
                                                                                    CASE WHEN bom AND c.place = 1 THEN chr(65278 + c.place::integer) ELSE '' END || c.name), ', '
                                                            ORDER BY c.place)
                                          FROM _innovation_score.batch_columns(recorded) c)))
$$;

CREATE FUNCTION _innovation_score.whitelist_manifest(recorded whitelist_batch) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'scoreboard', recorded.scoreboard, 'rule', NULLIF(recorded.rule, ''), 'batch', recorded.batch,
        'period', recorded.period, 'note', recorded.note,
        'recorded_at', to_char(recorded.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'scheme', s.scheme, 'provisional_weights', s.provisional,
        'columns', (SELECT jsonb_agg(c.name ORDER BY c.place) FROM _innovation_score.batch_columns(recorded) c),
        'rows', (SELECT count(*) FROM shown_whitelist_batch_firm f
                 WHERE (f.scoreboard, f.rule, f.batch) = (recorded.scoreboard, recorded.rule, recorded.batch)),
        'bytes', octet_length(file.content), 'sha256', encode(sha256(file.content), 'hex'),
        'unchanged', encode(sha256(file.content), 'hex') = recorded.sha256,
        'form', 'CSV as COPY writes it: UTF-8, commas, a line feed after each line, a header line')
    FROM shown_scoreboard b JOIN scheme s USING (scheme) CROSS JOIN (SELECT _innovation_score.batch_file(recorded) OFFSET 0) AS file(content)
    WHERE b.scoreboard = recorded.scoreboard
$$;

-- From a FROM item: handed over directly, the record that _innovation_score.find_batch() made would be freed
-- by the first who reads it, before PostgreSQL 14.6.
CREATE FUNCTION whitelist_copy(scoreboard text, batch integer, rule text DEFAULT NULL, bom boolean DEFAULT false) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.whitelist_copy(b, bom)
    FROM _innovation_score.find_batch(scoreboard, batch, rule, pg_catalog.current_schemas(false)) AS b
$$;

CREATE FUNCTION whitelist_manifest(scoreboard text, batch integer, rule text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.whitelist_manifest(b)
    FROM _innovation_score.find_batch(scoreboard, batch, rule, pg_catalog.current_schemas(false)) AS b
$$;

COMMENT ON FUNCTION _innovation_score.find_batch(text, integer, text, name[]) IS 'internal: a batch, or an error';
COMMENT ON FUNCTION _innovation_score.whitelist_copy(whitelist_batch, boolean) IS 'internal: the COPY command of a batch';
COMMENT ON FUNCTION _innovation_score.whitelist_manifest(whitelist_batch) IS 'internal: the manifest of a batch';
COMMENT ON FUNCTION whitelist_copy(text, integer, text, boolean) IS
    'the COPY command that writes the file of a batch, with a byte order mark, by which Excel knows UTF-8, if that is asked for';
COMMENT ON FUNCTION whitelist_manifest(text, integer, text) IS
    'what accompanies the file of a batch: origin, columns, rows, SHA-256 digest';

-- Of the type that scores have now; with more decimals if earlier batches have, which only
-- those ask who may see batches.
CREATE FUNCTION _innovation_score.batch_score(board scoreboard) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    places integer := 0;
    whole integer := 0;
BEGIN
    IF EXISTS (SELECT FROM shown_whitelist_batch b WHERE b.scoreboard = board.scoreboard) THEN
        SELECT max(scale(f.score)), max(length(trunc(abs(f.score))::text)) INTO places, whole
        FROM shown_whitelist_batch_firm f WHERE f.scoreboard = board.scoreboard;
    END IF;
    RETURN (SELECT format('f.score::numeric(%s,%s)', greatest(p.decimals, places) + greatest(p.digits - p.decimals, whole),
                          greatest(p.decimals, places))
            FROM score_places(board.model) p WHERE p.place = 1);
END
$$;

COMMENT ON FUNCTION _innovation_score.batch_score(scoreboard) IS 'internal: SQL text of the score of a firm of a batch';

-- A kept text in the type of the column that it was taken from, so that the view joins back to the source. The key text
-- of an interval is its length, which is none.
CREATE FUNCTION _innovation_score.typed_text(board scoreboard, expression text, name text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('CAST(%s AS %s) AS %I', expression,
                  CASE WHEN a.atttypid = 'interval'::regtype THEN 'text' ELSE format_type(a.atttypid, a.atttypmod) END, name)
    FROM pg_attribute a
    WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'input')::regclass AND a.attname = name
$$;

COMMENT ON FUNCTION _innovation_score.typed_text(scoreboard, text, text) IS
    'internal: SQL text of a column of a batch in the type of the source''s column';

-- The batches as rows for BI tools, with attributes as columns.
CREATE FUNCTION _innovation_score.batch_view_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT b.rule, b.batch, b.recorded_at, %s%s%s, f.stage, %s AS score, f.rank '
                  'FROM _innovation_score.shown_whitelist_batch b '
                  'JOIN _innovation_score.shown_whitelist_batch_firm f USING (scoreboard, rule, batch) '
                  'WHERE b.scoreboard = %L',
                  _innovation_score.typed_text(board, 'f.entity', binding.entity),
                  ', ' || _innovation_score.typed_text(board, 'b.period', binding.period),
                  (SELECT string_agg(', ' || _innovation_score.typed_text(board, format('f.attributes ->> %L', a.name), a.name),
                                     '' ORDER BY a.place)
                   FROM unnest(binding.attributes) WITH ORDINALITY AS a(name, place)),
                  _innovation_score.batch_score(board), board.scoreboard)
$$;

COMMENT ON FUNCTION _innovation_score.batch_view_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _batch';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('batch', 55, 'batch_view_query', 'attributes', false, '{rule,batch,recorded_at,stage,score,rank}',
     '白名单批次 batches of whitelists');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('rule', 'batch', '规则名 whitelist rule; empty: the one without a name'),
    ('batch', 'batch', '批次 number of the batch'),
    ('recorded_at', 'batch', '登记时间 when the batch was recorded');
