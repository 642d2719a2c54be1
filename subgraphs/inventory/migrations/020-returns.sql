-- Which return a document of a till or a warehouse means: by its id or the number on the parcel.
CREATE TABLE inventory.return_names (
  tenant    text NOT NULL,
  name      text NOT NULL,
  return_id text NOT NULL,
  PRIMARY KEY (tenant, name)
);

-- What was told of the units of a return at one location, by the return and by the location's own system, and which movements were
-- made of it. The memory of the process that makes them: no read model, so no rebuild empties it.
CREATE TABLE inventory.return_stock (
  return_id   text NOT NULL,
  variant_id  text NOT NULL,
  location_id text NOT NULL,
  body        jsonb NOT NULL,
  PRIMARY KEY (return_id, variant_id, location_id)
);
