-- +goose Up
-- modify "merchants" table
ALTER TABLE "merchants" ADD COLUMN "credentials_version" bigint NOT NULL DEFAULT 0;

-- +goose Down
-- reverse: modify "merchants" table
ALTER TABLE "merchants" DROP COLUMN "credentials_version";
