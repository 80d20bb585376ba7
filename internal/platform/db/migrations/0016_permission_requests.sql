-- Requests for roles. One decision settles a request; what was asked for stays as it was written.
CREATE TABLE permission_requests (
    id @text PRIMARY KEY,
    number @text NOT NULL UNIQUE, -- the Request Number, which people see
    licensing_id @text, -- none when nobody has the number asked for: the publisher's staff answer then
    program @text NOT NULL,
    entered @text NOT NULL, -- the number as the requester wrote it
    entered_folded @text NOT NULL,
    user_id @text NOT NULL,
    address @text NOT NULL, -- normalised; gets the roles
    roles @text NOT NULL, -- in the order of the list of roles, separated by spaces
    comments @text NOT NULL,
    state @text NOT NULL, -- pending, accepted, denied
    granted @text NOT NULL, -- those of the roles that were given
    note @text NOT NULL, -- of whoever decided
    decided_by @text,
    decided_at @int,
    created_at @int NOT NULL,
    due_at @int, -- when a request for Administrator on an Open License is overdue
    reminders @int NOT NULL -- sent so far
) @strict;
CREATE UNIQUE INDEX permission_requests_once ON permission_requests (user_id, program, entered_folded, roles) WHERE state = 'pending';
CREATE INDEX permission_requests_by_licensing_id ON permission_requests (licensing_id, id);
CREATE INDEX permission_requests_by_user ON permission_requests (user_id, id);
CREATE INDEX permission_requests_due ON permission_requests (due_at) WHERE state = 'pending' AND due_at IS NOT NULL;

-- How many requests somebody has made in the day that began with the first of them.
CREATE TABLE permission_request_days (
    user_id @text PRIMARY KEY,
    since @int NOT NULL,
    requests @int NOT NULL
) @strict;
