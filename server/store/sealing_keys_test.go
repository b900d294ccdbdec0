package store_test

import (
	"errors"
	"slices"
	"testing"

	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestKeysAreChecked(t *testing.T) {
	storetest.RunURL(t, checkKeys)
}

func checkKeys(t *testing.T, url string) {
	own, fresh, other := storetest.SealingKey, secret.GenerateKey(), secret.GenerateKey()
	id := func(key string) string { return storetest.Keys(t, key).KeyIDs()[0] }
	s, _ := storetest.OpenWith(t, url, own)
	product := storetest.NewWorld(t, s, 1).Stocked("CODE", 10, 0)
	if report := storetest.TakeUnits(t, s, product.ID, "alpha"); report.Count != 1 {
		t.Fatalf("imported %d units", report.Count)
	}

	refuse := func(why, missing string, keys ...string) {
		t.Helper()
		if s, id := storetest.OpenWith(t, url, keys...); s != nil || id != missing {
			t.Errorf("%s: missing is %q, want %q", why, id, missing)
		}
	}
	refuse("another key", id(own), other)
	// From before there were check values: what is sealed decides.
	db := s.WriteDB
	if _, err := db.ExecContext(t.Context(), `DELETE FROM sealing_keys`); err != nil {
		t.Fatal(err)
	}
	refuse("another key, with nothing to check but a unit", id(own), other)
	if _, missing := storetest.OpenWith(t, url, own); missing != "" {
		t.Fatalf("its own key is refused: %s is missing", missing)
	}
	refuse("another key, after the first opening", id(own), other)

	rotated, missing := storetest.OpenWith(t, url, fresh, own)
	if missing != "" {
		t.Fatalf("a new key in front: %s is missing", missing)
	}
	if report := storetest.TakeUnits(t, rotated, product.ID, "alpha", "beta"); report.Count != 1 ||
		!slices.Equal(report.Duplicates, []int{1}) {
		t.Errorf("a unit from before: storetest.Imported %d, repeated %v", report.Count, report.Duplicates)
	}
	refuse("the old key alone", id(fresh), own)
	refuse("the new key alone", id(own), fresh)
	if behind, missing := storetest.OpenWith(t, url, own, fresh); missing != "" {
		t.Errorf("the keys the other way round: %s is missing", missing)
	} else if report := storetest.TakeUnits(t, behind, product.ID, "alpha"); report.Count != 0 {
		t.Error("a unit was storetest.Imported twice when the keys changed places")
	}
}

func TestKeylessLeavesNothing(t *testing.T) {
	storetest.RunURL(t, checkKeyless)
}

func checkKeyless(t *testing.T, url string) {
	s, _ := storetest.OpenWith(t, url, storetest.SealingKey)
	db := s.WriteDB
	if _, err := db.ExecContext(t.Context(), `DELETE FROM sealing_keys`); err != nil {
		t.Fatal(err)
	}
	keyless, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: secret.Keyless()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyless.Close() })
	var left int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM sealing_keys`).Scan(&left); err != nil || left != 0 {
		t.Errorf("a store without a key left %d check values, %v", left, err)
	}
	checkOpeningLeavesNothing(t, url)
}

// checkOpeningLeavesNothing opens with a new key in front that seals nothing, after which the old one alone is enough.
func checkOpeningLeavesNothing(t *testing.T, url string) {
	t.Helper()
	if _, missing := storetest.OpenWith(t, url, storetest.SealingKey); missing != "" {
		t.Fatal(missing)
	}
	reader, err := stores.Open(t.Context(), store.Options{
		URL: url, Sealer: storetest.Keys(t, secret.GenerateKey(), storetest.SealingKey), SealsNothing: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	if _, missing := storetest.OpenWith(t, url, storetest.SealingKey); missing != "" {
		t.Errorf("reading with %s in front made it the database's", missing)
	}
	fresh := storetest.Keys(t, secret.GenerateKey())
	_, err = stores.Open(t.Context(), store.Options{URL: url, Sealer: fresh, SealsNothing: true})
	var refused *store.KeyError
	if !errors.As(err, &refused) {
		t.Errorf("another key for reading: %v", err)
	}
}
