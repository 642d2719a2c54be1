-- Whose units are missing is looked up when there are fewer than were promised. By no column that changes when an order is consumed:
-- such an update stays within its page.
CREATE INDEX reservations_by_position ON inventory.reservations (variant_id, location_id, created_at DESC, id DESC)
  WHERE order_id IS NOT NULL;
