CREATE SCHEMA IF NOT EXISTS identity;

-- Keys of partners and services. A key is shown once, when it is made; only its SHA-256 is kept. It has 256 bits of
-- chance, so nothing is gained by hashing it slowly.
CREATE TABLE identity.api_keys (
  id         text PRIMARY KEY,
  hash       bytea NOT NULL,
  -- Whom it is for: a viewer without its tenant.
  viewer     jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  -- Set when a newer key replaces it; until then both are good.
  expires_at timestamptz,
  revoked_at timestamptz
);
