package storetest

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"orderhub/server/secret"
	"orderhub/server/secret/secrettest"
	"orderhub/server/store"
	"orderhub/server/store/reseal"
	"orderhub/server/store/stores"
)

// Keys are sealing keys, the first of which seals.
func Keys(t *testing.T, keys ...string) *secret.Sealer {
	t.Helper()
	sealer, err := secret.ParseKeys(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// OpenWith opens a store with keys; nil when they are refused, with the id of the key that is missing.
func OpenWith(t *testing.T, url string, keys ...string) (s *stores.All, missing string) {
	t.Helper()
	s, err := stores.Open(
		t.Context(), store.Options{URL: url, Sealer: Keys(t, keys...), Log: slog.New(slog.DiscardHandler)},
	)
	var refused *store.KeyError
	if errors.As(err, &refused) {
		return nil, refused.Missing
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, ""
}

// SealVersion1 seals as the first versions of the hub did.
func SealVersion1(t *testing.T, plain, purpose string) []byte {
	t.Helper()
	sealed, err := secrettest.SealVersion1(SealingKey, []byte(plain), purpose)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// Total adds up what resealing tells of each column.
func Total(columns []reseal.Resealed, of func(reseal.Resealed) int64) (sum int64) {
	for _, c := range columns {
		sum += of(c)
	}
	return sum
}
