-- receipts: the tree of hashes against its definition, what a receipt shows, and that nothing in it can be changed; signatures
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
-- batches of other tests are in the log, too
SET session_replication_role = replica;
TRUNCATE publication_log;
RESET session_replication_role;

SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city,c}');
SELECT set_whitelist_rule('live', min_score => 20, top_n => 50, reserve_n => 10);
SELECT publish('live', '2024', '第一批'), publish('live', '2023', NULL);

-- ---------------------------------------------------------------- the tree

-- RFC 6962 as it stands there: n leaves are split at the greatest power of two below n
CREATE FUNCTION tree(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    n integer := cardinality(leaves);
    k integer := 1;
BEGIN
    IF n = 0 THEN
        RETURN sha256('');
    ELSIF n = 1 THEN
        RETURN leaves[1];
    END IF;
    WHILE k * 2 < n LOOP
        k := k * 2;
    END LOOP;
    RETURN sha256('\x01' || board.tree(leaves[1:k]) || board.tree(leaves[k + 1:]));
END
$$;
-- HMAC-SHA-256 of a key that is shorter than a block
CREATE FUNCTION hmac(key bytea, message bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    FOR i IN 0 .. length(key) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(key, i));
        outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(key, i));
    END LOOP;
    RETURN sha256(outer_pad || sha256(inner_pad || message));
END
$$;
SELECT count(*) AS sizes, count(*) FILTER (WHERE t.root IS DISTINCT FROM t.expected) AS different, count(DISTINCT t.root) AS roots
FROM (SELECT n, _innovation_score.merkle_root(1, '企业' || i, i::float8, NULL::text) FILTER (WHERE i <= n) AS root,
             tree(COALESCE(array_agg(leaf ORDER BY leaf) FILTER (WHERE i <= n), '{}')) AS expected
      FROM generate_series(0, 70) n CROSS JOIN (
          SELECT i, sha256('\x00' || hmac((SELECT secret FROM _innovation_score.publication_secret WHERE publication = 1), convert_to('企业' || i, 'UTF8'))
                           || _innovation_score.canonical('企业' || i, i::float8, NULL::text)) AS leaf
          FROM generate_series(1, 70) i) l GROUP BY n) t;
-- ... over published firms
SELECT p.publication, p.firms, p.content_digest = (
    SELECT tree(array_agg(l.leaf ORDER BY l.leaf))
    FROM (SELECT sha256('\x00' || hmac(s.secret, convert_to(f.entity, 'UTF8'))
                        || _innovation_score.canonical(entity, stage, peers, attributes, vals, score, coverage, category_scores, rank, stage_rank, barred, qualifies, quota, eligible, admitted, decision, reasons)) AS leaf
          FROM published_firm f JOIN _innovation_score.publication_secret s USING (publication) WHERE f.publication = p.publication) l) AS same
FROM publication p ORDER BY 1;
SELECT count(DISTINCT secret), min(length(secret)) FROM _innovation_score.publication_secret;
SELECT attempt($$SELECT _innovation_score.merkle_root(99, 'F001', 1)$$), attempt($$SELECT _innovation_score.merkle_root(1, NULL, 1)$$), attempt('SELECT _innovation_score.keep_secret(3)');

-- ---------------------------------------------------------------- receipts

SELECT jsonb_object_keys(publication_receipt(1, 'F007')) ORDER BY 1;
SELECT publication_receipt(1, 'F007') -> 'firm' AS firm, jsonb_array_length(publication_receipt(1, 'F007') -> 'path') BETWEEN 1 AND 9 AS steps;
SELECT (publication_receipt(1, 'F007') ->> 'head') = format('innovation_score log %s %s', l.entry, encode(l.head, 'hex')) AS head
FROM publication_log l WHERE l.kind = 'publication' AND l.number = 1;
-- of everybody, each like the single one, and short
SELECT count(*), bool_and(verify_receipt(r.receipt)) AS sound, max(octet_length(r.receipt::text)) < 4096 AS short,
       bool_and(r.receipt -> 'firm' ->> 0 = r.entity) AS own,
       bool_and(NOT EXISTS (SELECT FROM published_firm o WHERE o.publication = 1 AND o.entity <> r.entity AND position(o.entity IN r.receipt::text) > 0)) AS alone
FROM publication_receipts(1) r;
SELECT count(*), bool_and(r.receipt = publication_receipt(2, r.entity)) AS same FROM publication_receipts(2) r WHERE r.entity IN ('F001', 'F150', 'F300');
-- any change of any text in it is found: each letter or digit, one after the other
WITH sound AS (SELECT publication_receipt(1, 'F264') AS receipt),
text AS (SELECT key, place - 1 AS place, value FROM sound, jsonb_each(receipt) e(key, list), jsonb_array_elements_text(list) WITH ORDINALITY t(value, place) WHERE jsonb_typeof(list) = 'array'
         UNION ALL SELECT key, NULL, list #>> '{}' FROM sound, jsonb_each(receipt) e(key, list) WHERE jsonb_typeof(list) = 'string'),
changed AS (SELECT key, place, n, overlay(value PLACING CASE substr(value, n, 1) WHEN '1' THEN '2' ELSE '1' END FROM n FOR 1) AS value FROM text, generate_series(1, length(value)) n)
-- how long the path is depends on where the leaf stands among the others
SELECT key, CASE WHEN key <> 'path' THEN count(*) END AS changes, count(*) FILTER (WHERE verify_receipt(jsonb_set(receipt, CASE WHEN place IS NULL THEN ARRAY[key] ELSE ARRAY[key, place::text] END, to_jsonb(value)))) AS not_found
FROM sound, changed WHERE NOT (key = 'head' AND n <= length('innovation_score log 1')) GROUP BY key ORDER BY key;
-- the row of one firm does not go with the path of another, nor with another publication
SELECT verify_receipt(a || jsonb_build_object('firm', b -> 'firm')) AS firm, verify_receipt(a || jsonb_build_object('firm', b -> 'firm', 'salt', b -> 'salt')) AS firm_and_salt,
       verify_receipt(a || jsonb_build_object('publication', c -> 'publication')) AS publication, verify_receipt(a - 'path') AS path, verify_receipt(a - 'salt') AS salt
FROM publication_receipt(1, 'F001') a, publication_receipt(1, 'F002') b, publication_receipt(2, 'F001') c;
SELECT r AS receipt, verify_receipt(r) FROM unnest(ARRAY['{}', '[]', '1', '{"firm": 1, "path": {}, "salt": "x"}', '{"path": ["X00"], "firm": ["a"], "salt": "00"}']::jsonb[]) r;
-- texts only: a number or an object is not what was handed out, whatever its text
SELECT verify_receipt(receipt) AS sound, verify_receipt(jsonb_set(receipt, '{publication,1}', (receipt #>> '{publication,1}')::jsonb)) AS number,
       verify_receipt(jsonb_set(receipt, '{firm,2}', to_jsonb(receipt #>> '{firm,2}'))) AS text FROM publication_receipts(1) LIMIT 1;
SELECT attempt('SELECT innovation_score.publication_receipt(1, ''F999'')'), attempt('SELECT innovation_score.publication_receipt(1, NULL)'),
       attempt('SELECT innovation_score.publication_receipt(9, ''F001'')'), attempt('SELECT * FROM innovation_score.publication_receipts(9)');
-- who may not read the rows gets nothing salted: it would tell whether a guess is right
CREATE ROLE regress_guess;
GRANT USAGE ON SCHEMA board TO regress_guess;
SET ROLE regress_guess;
SELECT attempt($$SELECT _innovation_score.receipt_salt(1, 'F001')$$), attempt($$SELECT _innovation_score.merkle_root(1, 'F001', 1)$$),
       attempt('SELECT * FROM _innovation_score.publication_secret'), attempt($$SELECT innovation_score.publication_receipt(1, 'F001')$$);
RESET ROLE;
DROP OWNED BY regress_guess;
DROP ROLE regress_guess;
-- a changed secret is found
SET session_replication_role = replica;
BEGIN;
UPDATE _innovation_score.publication_secret SET secret = set_bit(secret, 9, 1 - get_bit(secret, 9)) WHERE publication = 1;
SELECT "check", ok, detail FROM verify_publication(1) WHERE NOT ok;
DELETE FROM _innovation_score.publication_secret WHERE publication = 1;
SELECT "check", ok, detail FROM verify_publication(1) WHERE NOT ok;
ROLLBACK;
RESET session_replication_role;
\set ECHO none
\i :forget
