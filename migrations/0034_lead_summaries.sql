-- What a model made of a lead's record, and how: shown on its note. Null where none was made, where it did
-- not hold, or where the lead was erased.
ALTER TABLE hand_offs ADD COLUMN summary jsonb;
