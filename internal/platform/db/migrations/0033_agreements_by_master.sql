-- Contacts of a master agreement hold roles on what stands below its parents.
CREATE INDEX agreements_by_master ON agreements (master_id);
