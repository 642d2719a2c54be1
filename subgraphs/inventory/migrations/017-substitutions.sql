-- The variant that was asked for, of a reservation of another one in its place.
ALTER TABLE inventory.reservations ADD COLUMN substituted_for text;
