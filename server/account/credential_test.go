package account

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSentBehind(t *testing.T) {
	t.Parallel()
	values := []string{"Bearer a", "bearer\tb ", " BEARER  c", "Basic d", "Token e", "Bearer", "Bearerf", ""}
	require.Equal(t, []string{"a", "b", "c", ""}, SentBehind(values, "Bearer"))
	require.Equal(t, []string{"a", "b", "c", "e", ""}, SentBehind(values, "bearer", "TOKEN"))
	require.Empty(t, SentBehind(values, "Digest"))
}

func TestParseFingerprint(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("a certificate"))
	digits := hex.EncodeToString(sum[:])
	pairs := strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
	for _, tt := range []struct {
		name, text string
		good       bool
	}{
		{"digits", digits, true},
		{"upper case", strings.ToUpper(digits), true},
		{"as openssl prints it", pairs, true},
		{"nothing", "", false},
		{"a digit less", digits[1:], false},
		{"a byte less", digits[2:], false},
		{"a byte more", digits + "00", false},
		{"no digit", "g" + digits[1:], false},
		{"a colon missing", strings.Replace(pairs, ":", "", 1), false},
		{"a colon elsewhere", ":" + pairs[:1] + pairs[2:], false},
		{"with its name", "sha256 Fingerprint=" + pairs, false},
		{"a line's end", digits + "\n", false},
	} {
		f, ok := ParseFingerprint(tt.text)
		require.Equal(t, tt.good, ok, tt.name)
		if ok {
			require.Equal(t, digits, f.String(), tt.name)
		}
	}
	require.Empty(t, Fingerprint{}.String())
}

func TestCredentialsOfNobody(t *testing.T) {
	t.Parallel()
	require.Zero(t, KeyCredential(""))
	require.Zero(t, CertificateCredential(Fingerprint{}))
	require.NotEqual(t, Credential{Hash: [32]byte{1}}, CertificateCredential(Fingerprint{1}), "a key is no certificate")
}
