-- log: one chain over all that changes publications, so that one line that somebody keeps
-- (publication_head) tells later whether anything before it has been changed.

CREATE TABLE publication_log (
    entry        bigint NOT NULL,
    kind         text NOT NULL,
    number       bigint NOT NULL,
    logged_at    timestamptz NOT NULL,
    session_role text NOT NULL,
    role         text NOT NULL,
    digest       bytea NOT NULL,
    head         bytea NOT NULL,
    CONSTRAINT publication_log_pkey PRIMARY KEY (entry)
);

CREATE INDEX publication_log_number_idx ON publication_log (kind, number);

COMMENT ON TABLE publication_log IS
    '公布日志 everything that made or changed publications, in one chain of digests; holds no values';
COMMENT ON COLUMN publication_log.entry IS '序号 number of the entry, 1, 2, 3 …';
COMMENT ON COLUMN publication_log.kind IS
    '类别 publication（公布）, state（状态变更）, objection（异议）, decision（异议处理）, batch（白名单批次）';
COMMENT ON COLUMN publication_log.number IS
    '编号 number of the publication, change of state, objection or batch that the entry is about';
COMMENT ON COLUMN publication_log.logged_at IS '时间 when; later than the entry before';
COMMENT ON COLUMN publication_log.session_role IS '登录角色 role that logged in';
COMMENT ON COLUMN publication_log.role IS '执行角色 role with whose rights it was done';
COMMENT ON COLUMN publication_log.digest IS '摘要 SHA-256 of what the entry is about';
COMMENT ON COLUMN publication_log.head IS
    '链首 SHA-256 over the byte 2, the head of the entry before, kind and digest';

SELECT pg_catalog.pg_extension_config_dump('publication_log', '');

-- No values, and whoever may not see publications can still keep their head: it is for everybody to read.

CREATE FUNCTION _innovation_score.log_turn(kind text) RETURNS timestamptz
    AS 'MODULE_PATHNAME', 'log_turn' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
CREATE FUNCTION _innovation_score.log_is_ours() RETURNS boolean
    AS 'MODULE_PATHNAME', 'log_is_ours' LANGUAGE C VOLATILE PARALLEL UNSAFE;
CREATE FUNCTION _innovation_score.log_append(kind text, number bigint, at timestamptz, digest bytea) RETURNS bigint
    AS 'MODULE_PATHNAME', 'log_append' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.log_turn(text) IS
    'internal: to the end of the transaction nobody else adds to the log; the moment of the next entry';
COMMENT ON FUNCTION _innovation_score.log_is_ours() IS 'internal: whether this transaction alone adds to the log';
COMMENT ON FUNCTION _innovation_score.log_append(text, bigint, timestamptz, bytea) IS
    'internal: adds an entry to the log and returns its number';

CREATE FUNCTION _innovation_score.instant(at timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

COMMENT ON FUNCTION _innovation_score.instant(timestamptz) IS 'internal: a moment as text, independent of settings';

CREATE FUNCTION _innovation_score.next_head(head bytea, kind text, digest bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(E'\\x02'::bytea || COALESCE(head, decode(repeat('00', 32), 'hex')) || convert_to(kind, 'UTF8') || digest);

COMMENT ON FUNCTION _innovation_score.next_head(bytea, text, bytea) IS
    'internal: the head of an entry from that of the one before, NULL for the first';

-- The entries that are not as the log wrote them.
CREATE FUNCTION _innovation_score.broken_entries() RETURNS TABLE (entry bigint, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT l.entry, format('entry %s of the log: %s', l.entry, concat_ws('; ',
               CASE WHEN NOT l.linked THEN 'its head does not continue the one before' END,
               CASE WHEN NOT l.numbered THEN 'the numbers before it have a gap' END,
               CASE WHEN NOT l.later THEN 'it is not later than the one before' END))
    FROM (SELECT e.entry, e.head = _innovation_score.next_head(lag(e.head) OVER w, e.kind, e.digest) AS linked,
                 e.entry = row_number() OVER w AS numbered, COALESCE(e.logged_at > lag(e.logged_at) OVER w, true) AS later
          FROM publication_log e WINDOW w AS (ORDER BY e.entry)) l
    WHERE NOT (l.linked AND l.numbered AND l.later)
$$;

COMMENT ON FUNCTION _innovation_score.broken_entries() IS 'internal: entries of the log that do not continue the one before';
