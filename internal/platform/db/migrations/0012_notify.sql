-- Log of mails. What a mail says is in body, sealed, until it is delivered or given up.
CREATE TABLE messages (
    id @text PRIMARY KEY,
    licensing_id @text,
    event @text NOT NULL,
    recipient @text NOT NULL,
    lang @text NOT NULL,
    state @text NOT NULL, -- queued, sent, failed
    body @bytes,
    created_at @int NOT NULL,
    attempts @int NOT NULL,
    tried_at @int, -- the last attempt
    result @text, -- error code of the last attempt; none when the server took the mail
    reply @int NOT NULL -- the server's reply code of the last attempt (RFC 5321, section 4.2); 0 when there was none
) @strict;
CREATE INDEX messages_by_licensing_id ON messages (licensing_id, id);
CREATE INDEX messages_not_sent ON messages (state, id) WHERE state <> 'sent';
