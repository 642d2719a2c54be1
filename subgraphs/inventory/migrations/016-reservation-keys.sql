-- The reservations a command made are the record of its idempotency key: one row less for each unit that is sold.
ALTER TABLE inventory.reservations
  ADD COLUMN command_id  uuid,
  ADD COLUMN fingerprint text,
  -- Where the units were first, of a reservation that was moved since; '' is for what was not placed.
  ADD COLUMN placed_first text;
CREATE INDEX reservations_by_command ON inventory.reservations (command_id) WHERE command_id IS NOT NULL;

-- The section takes its locks itself, in two steps with the keys between them.
DROP FUNCTION inventory.lock_section(text[], text[], text[], text[], text[]);
