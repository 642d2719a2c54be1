-- Shortfalls that are over. One that is open is in inventory.shortfalls.
ALTER TABLE inventory.measures ADD COLUMN incidents integer NOT NULL DEFAULT 0;
