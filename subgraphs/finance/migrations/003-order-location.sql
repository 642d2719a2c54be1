-- Where an order was sold or is collected; parcels have places of their own.
ALTER TABLE finance.orders ADD COLUMN location_id text;
