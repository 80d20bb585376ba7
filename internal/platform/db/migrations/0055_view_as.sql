
-- The person through whose eyes a member of staff sees the portal in this session, and until when.
ALTER TABLE sessions ADD COLUMN viewing_id @text REFERENCES users (id);
ALTER TABLE sessions ADD COLUMN viewing_until @int;
