-- A contact of a parent or master agreement may decline to be Administrator of the Licensing IDs below; none is the default, to be one.
ALTER TABLE named_contacts ADD COLUMN declined_at @int;
