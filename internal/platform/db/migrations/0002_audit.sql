-- What happened. body is what counts: the other columns repeat parts of it for look-ups, and verification compares them.
CREATE TABLE audit_records (
    id @text PRIMARY KEY,
    at @int NOT NULL,
    licensing_id @text,
    actor_id @text,
    action @text NOT NULL,
    object @text NOT NULL,
    refused @bool NOT NULL,
    body @bytes NOT NULL,
    seq @int UNIQUE -- place in the sealed log, counting from 0; none until sealed
) @strict;
CREATE INDEX audit_unsealed ON audit_records (id) WHERE seq IS NULL;
CREATE INDEX audit_by_licensing_id ON audit_records (licensing_id, id);
CREATE INDEX audit_by_object ON audit_records (object, id);
CREATE INDEX audit_by_actor ON audit_records (actor_id, id);
