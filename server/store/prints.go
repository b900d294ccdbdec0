package store

import (
	"context"
	"encoding/hex"
)

const (
	withPrint = `SELECT fingerprint FROM units WHERE product_id = $1
		AND fingerprint = ANY(ARRAY(SELECT decode(value, 'hex') FROM unnest($2::text[]) AS list(value)))`
	// Of what was sold, that is a unit that somebody claimed; of what was not, one that an operator took out of stock.
	bad = ` AND status IN ('cancelled', 'replaced', 'void')`
)

var (
	selectContents = FromPostgres(`SELECT id, content FROM units WHERE id = ANY($1::bigint[])`)

	selectPrinted = FromPostgres(withPrint)
	selectBad     = FromPostgres(withPrint + bad)
)

// Printed returns which of these fingerprints units of a product have.
func Printed(ctx context.Context, run Runner, productID int64, fingerprints []string) (map[string]bool, error) {
	return printed(ctx, run, selectPrinted, productID, fingerprints)
}

// Bad returns which of these fingerprints units of a product have that do not work.
func Bad(ctx context.Context, run Runner, productID int64, fingerprints []string) (map[string]bool, error) {
	return printed(ctx, run, selectBad, productID, fingerprints)
}

func printed(
	ctx context.Context, run Runner, find Statement, productID int64, fingerprints []string,
) (map[string]bool, error) {
	found := make(map[string]bool)
	if len(fingerprints) == 0 {
		return found, nil
	}
	texts := make([]string, len(fingerprints))
	for i, fingerprint := range fingerprints {
		texts[i] = hex.EncodeToString([]byte(fingerprint))
	}
	return found, run(ctx, NewQuery(find, []any{productID, texts}, Each1(func(fingerprint []byte) {
		found[string(fingerprint)] = true
	})))
}

// UnitContents gives the contents of units to each, but for those that cannot be opened.
func (v *Vault) UnitContents(ctx context.Context, run Runner, ids []int64, each func(content string)) error {
	return run(ctx, NewQuery(selectContents, []any{ids}, func(row Scanner) error {
		var id int64
		var sealed []byte
		if err := row.Scan(&id, &sealed); err != nil {
			return err
		}
		content, err := v.OpenUnit(id, sealed)
		if err == nil {
			each(content)
		}
		return v.WithoutIt("unit", id, err)
	}))
}
