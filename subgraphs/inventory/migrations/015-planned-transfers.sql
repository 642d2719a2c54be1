-- A transfer may be planned before it leaves. Until then nothing of a line is dispatched.
ALTER TABLE inventory.transfers
  ALTER COLUMN dispatched_at DROP NOT NULL,
  ADD COLUMN stage text NOT NULL DEFAULT 'DISPATCHED' CHECK (stage IN ('DRAFT', 'REQUESTED', 'APPROVED', 'CANCELLED', 'DISPATCHED')),
  -- Who took the last step, and why.
  ADD COLUMN changed_by text,
  ADD COLUMN change_reason text,
  ADD CHECK ((stage = 'DISPATCHED') = (dispatched_at IS NOT NULL));
ALTER TABLE inventory.transfers ALTER COLUMN stage DROP DEFAULT;
CREATE INDEX transfers_planned ON inventory.transfers (tenant, id) WHERE stage IN ('DRAFT', 'REQUESTED', 'APPROVED');

ALTER TABLE inventory.transfer_lines ADD COLUMN quantity integer;
UPDATE inventory.transfer_lines SET quantity = dispatched;
ALTER TABLE inventory.transfer_lines
  ALTER COLUMN quantity SET NOT NULL,
  DROP CONSTRAINT transfer_lines_dispatched_check,
  ADD CHECK (quantity > 0),
  ADD CHECK (dispatched IN (0, quantity));
