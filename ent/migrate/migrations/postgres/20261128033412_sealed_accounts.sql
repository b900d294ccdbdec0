-- +goose Up
-- modify "merchants" table
ALTER TABLE "merchants" ADD COLUMN "email_hash" bytea NULL, ADD COLUMN "sealed_email" bytea NULL;
-- create index "merchants_email_hash_key" to table: "merchants"
CREATE UNIQUE INDEX "merchants_email_hash_key" ON "merchants" ("email_hash");
-- a database that nobody has used seals accounts from its beginning; another does once it is resealed
INSERT INTO "counters" ("name", "value") SELECT 'account_sealing',
  CASE WHEN EXISTS (SELECT 1 FROM "merchants") OR EXISTS (SELECT 1 FROM "products")
    OR EXISTS (SELECT 1 FROM "providers") OR EXISTS (SELECT 1 FROM "sealing_keys") THEN 0 ELSE 1 END;

-- +goose Down
DELETE FROM "counters" WHERE "name" = 'account_sealing';
-- reverse: create index "merchants_email_hash_key" to table: "merchants"
DROP INDEX "merchants_email_hash_key";
-- reverse: modify "merchants" table
ALTER TABLE "merchants" DROP COLUMN "sealed_email", DROP COLUMN "email_hash";
