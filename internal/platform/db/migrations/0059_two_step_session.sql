-- The session that has given the password for a new secret: no other one sees it before it is confirmed.
ALTER TABLE totp_secrets ADD COLUMN session_id @text;
