--
-- How the tests of publications end: nobody can delete what has been published, but a superuser whose triggers do not
-- fire. Drops the schema "board" with its scoreboards and their scheme.
--
SET client_min_messages = error;
SET session_replication_role = replica;
TRUNCATE publication, published_model, published_firm, published_correction, publication_event, objection, publication_log,
    publication_key, publication_signature, _innovation_score.publication_secret;
RESET session_replication_role;
SELECT drop_scoreboard(scoreboard) FROM scoreboard \g /dev/null
DELETE FROM scheme WHERE origin = 'user';
DROP SCHEMA board CASCADE;
