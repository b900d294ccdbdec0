package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"orderhub/server/secret"
)

func TestNewAPIKey(t *testing.T) {
	form := regexp.MustCompile(`^ohk_[0-9A-Za-z]{32}$`)
	seen := map[string]bool{}
	for _, random := range []io.Reader{nil, nil, rand.Reader, iotest.OneByteReader(rand.Reader)} {
		key := secret.NewAPIKey(random)
		if !form.MatchString(key) || seen[key] {
			t.Errorf("key %q, repeated: %t", key, seen[key])
		}
		seen[key] = true
	}
}

func TestNewAPIKeyIsAFunctionOfItsRandom(t *testing.T) {
	// 248 and above would favour some characters and are passed over.
	random := append([]byte{255, 248, 0, 61, 62, 247}, bytes.Repeat([]byte{1}, 60)...)
	if got, want := secret.NewAPIKey(bytes.NewReader(random)), "ohk_0z0z"+strings.Repeat("1", 28); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNewAPIKeyIsUniform(t *testing.T) {
	random := mathrand.NewChaCha8([32]byte{1})
	counts := map[rune]int{}
	const keys = 20_000
	for range keys {
		for _, character := range strings.TrimPrefix(secret.NewAPIKey(random), "ohk_") {
			counts[character]++
		}
	}
	if len(counts) != 62 {
		t.Fatalf("%d different characters", len(counts))
	}
	for character, count := range counts {
		if mean := keys * 32 / 62; count < mean*95/100 || count > mean*105/100 {
			t.Errorf("%c appears %d times, about %d expected", character, count, mean)
		}
	}
}

func TestNewAPIKeyWithoutRandomPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a key without random bytes")
		}
	}()
	secret.NewAPIKey(iotest.ErrReader(errors.New("broken")))
}

func TestHashAPIKey(t *testing.T) {
	hash := secret.HashAPIKey("abc") // the example of FIPS 180-2
	if got := hex.EncodeToString(hash[:]); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("got %s", got)
	}
}
