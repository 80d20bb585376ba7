-- Programs that wait for somebody to let them in (RFC 8628). The codes are here as hashes only.
CREATE TABLE device_requests (
    id @text PRIMARY KEY,
    device_hash @bytes NOT NULL UNIQUE, -- SHA-256 of what the program proves itself with
    user_hash @bytes NOT NULL UNIQUE, -- keyed hash of what a person types
    name @text NOT NULL, -- of the computer, as the program says it
    address @text NOT NULL, -- IP address that the request came from
    scopes @text NOT NULL, -- actions, separated by spaces; * is everything
    created_at @int NOT NULL,
    expires_at @int NOT NULL,
    token_until @int NOT NULL, -- end of the API token that it leads to
    state @text NOT NULL, -- pending, allowed, denied, used
    user_id @text REFERENCES users (id), -- who decided
    asked_at @int, -- last time that the program asked whether it may come in
    pause @int NOT NULL -- the least time between two such questions
) @strict;
CREATE INDEX device_requests_by_age ON device_requests (expires_at);
