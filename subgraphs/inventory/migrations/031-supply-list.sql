-- Lists of what is to come, by when it is due: of everywhere, and of locations.
CREATE INDEX supplies_due ON inventory.terms ((data->>'kind'), (data->>'state'), (data->>'eta'), id) WHERE kind = 'supply' AND NOT withdrawn;
CREATE INDEX supplies_due_at ON inventory.terms ((data->>'locationId'), (data->>'state'), (data->>'eta'), id)
  WHERE kind = 'supply' AND NOT withdrawn;
