package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/store"
)

// What is stored is what the encoder writes, whatever a merchant keeps with an order.
func TestMarshalMap(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(
		rapid.String(), rapid.StringMatching(`[a-z_ 0-9"\\<>&/\x00-\x1f\x7f]*`),
		rapid.SampledFrom([]string{"", "\xff", "a\xc3", "\u2028", "é", "😀"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOfN(texts, texts, 0, 12).Draw(t, "m")
		want, err := json.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, string(want), store.MarshalMap(m))
	})
	require.Equal(t, "{}", store.MarshalMap(nil))
}
