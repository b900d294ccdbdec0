package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"

	"orderhub/server/secret"
	"orderhub/server/secret/secrettest"
)

var (
	keyA = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb}, 32))
	keyB = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x02}, 32))
)

// at is a place in a table of units.
func at(row string) secret.Place {
	return secret.Place{Table: "units", Column: "content", Row: row, Purpose: "unit"}
}

func sealVersion1(t *testing.T, key string, plaintext []byte, purpose string) []byte {
	t.Helper()
	sealed, err := secrettest.SealVersion1(key, plaintext, purpose)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func mustParseKeys(t testing.TB, keys ...string) *secret.Sealer {
	t.Helper()
	sealer, err := secret.ParseKeys(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

func TestSealAndOpen(t *testing.T) {
	sealer := mustParseKeys(t, keyA)
	for _, content := range [][]byte{nil, {}, []byte("user|pass|2fa"), bytes.Repeat([]byte{0}, 8192)} {
		sealed := sealer.Seal(content, at("1"))
		if len(sealed) != len(content)+secret.Overhead || secret.Overhead != 45 {
			t.Errorf("%d bytes sealed as %d, overhead %d", len(content), len(sealed), secret.Overhead)
		}
		if len(content) > 0 && bytes.Contains(sealed, content) {
			t.Error("the content is readable")
		}
		opened, err := sealer.Open(sealed, at("1"))
		if err != nil || opened == nil || !bytes.Equal(opened, content) {
			t.Errorf("opened %q, %v", opened, err)
		}
		if again := sealer.Seal(content, at("1")); bytes.Equal(again, sealed) {
			t.Error("sealed twice to the same bytes")
		}
	}
}

// What is stored must stay readable: these bytes were sealed by versions 1 and 2.
func TestSealedFormat(t *testing.T) {
	place := secret.Place{Table: "units", Column: "content", Row: "17", Purpose: "unit content"}
	nonce := make([]byte, 24)
	for i := range nonce {
		nonce[i] = byte(i)
	}
	sealer := mustParseKeys(t, keyA)
	sealed := sealer.WithRandom(bytes.NewReader(nonce)).Seal([]byte("EPIN-ABCDE"), place)
	if got := hex.EncodeToString(sealed); got != sealed2 {
		t.Errorf("got  %s\nwant %s", got, sealed2)
	}
	for _, text := range []string{sealed1, sealed2} {
		stored, _ := hex.DecodeString(text)
		if opened, err := sealer.Open(stored, place); err != nil || string(opened) != "EPIN-ABCDE" {
			t.Errorf("opened %q, %v", opened, err)
		}
		if sealer.Current(stored) != (text == sealed2) || mustParseKeys(t, keyB, keyA).Current(stored) {
			t.Errorf("of version %d: current is %t", stored[0], sealer.Current(stored))
		}
	}
	if old := sealVersion1(t, keyA, []byte("EPIN-ABCDE"), place.Purpose); sealer.Current(old) {
		t.Error("a value of version 1 is current")
	} else if opened, err := sealer.Open(old, place); err != nil || string(opened) != "EPIN-ABCDE" {
		t.Errorf("opened %q, %v", opened, err)
	}
}

const (
	sealed1 = "012c778fad" + // version, key id
		"000102030405060708090a0b0c0d0e0f1011121314151617" + // nonce
		"3c2a5692bbfdbf0f4b07d7ae8ca802625bb210073ee98efd5bf7" // ciphertext and tag
	sealed2 = "022c778fad" +
		"000102030405060708090a0b0c0d0e0f1011121314151617" +
		"3c2a5692bbfdbf0f4b0799b0764f9d5e17dcb94450c91e4845c4"
)

func TestOpenRefuses(t *testing.T) {
	const content = "user|pass|2fa"
	sealer := mustParseKeys(t, keyA)
	sealed := sealer.Seal([]byte(content), at("1"))
	old := sealVersion1(t, keyA, []byte(content), "unit")
	change := func(at int, bits byte) []byte {
		changed := bytes.Clone(sealed)
		changed[at] ^= bits
		return changed
	}
	elsewhere := []secret.Place{
		{Table: "orders", Column: "content", Row: "1", Purpose: "unit"},
		{Table: "units", Column: "fingerprint", Row: "1", Purpose: "unit"},
		{Table: "units", Column: "content", Row: "2", Purpose: "unit"},
		{Table: "unit", Column: "scontent", Row: "1", Purpose: "unit"},
	}
	cases := []struct {
		name   string
		sealer *secret.Sealer
		sealed []byte
		place  secret.Place
		want   error
	}{
		{name: "another column", sealer: sealer, sealed: sealed, place: elsewhere[1], want: secret.ErrCorrupt},
		{name: "another row", sealer: sealer, sealed: sealed, place: elsewhere[2], want: secret.ErrCorrupt},
		{name: "the border between", sealer: sealer, sealed: sealed, place: elsewhere[3], want: secret.ErrCorrupt},
		{
			name: "another purpose, of version 1", sealer: sealer, sealed: old, place: secret.Place{Purpose: "webhook"},
			want: secret.ErrCorrupt,
		},
		{name: "version 2 called 1", sealer: sealer, sealed: change(0, 3), place: at("1"), want: secret.ErrCorrupt},
		{name: "another table", sealer: sealer, sealed: sealed, place: elsewhere[0], want: secret.ErrCorrupt},
		{name: "another key", sealer: mustParseKeys(t, keyB), sealed: sealed, place: at("1"), want: secret.ErrUnknownKey},
		{name: "nothing", sealer: sealer, sealed: nil, place: at("1"), want: secret.ErrCorrupt},
		{name: "too short", sealer: sealer, sealed: sealed[:secret.Overhead-1], place: at("1"), want: secret.ErrCorrupt},
		{name: "cut", sealer: sealer, sealed: sealed[:len(sealed)-1], place: at("1"), want: secret.ErrCorrupt},
		{name: "longer", sealer: sealer, sealed: append(bytes.Clone(sealed), 0), place: at("1"), want: secret.ErrCorrupt},
		{
			name: "not sealed", sealer: sealer, sealed: []byte(strings.Repeat(content, 10)), place: at("1"),
			want: secret.ErrCorrupt,
		},
		{name: "version", sealer: sealer, sealed: change(0, 1), place: at("1"), want: secret.ErrCorrupt},
		{name: "key id", sealer: sealer, sealed: change(1, 1), place: at("1"), want: secret.ErrUnknownKey},
		{name: "nonce", sealer: sealer, sealed: change(5, 1), place: at("1"), want: secret.ErrCorrupt},
		{name: "ciphertext", sealer: sealer, sealed: change(29, 1), place: at("1"), want: secret.ErrCorrupt},
		{name: "tag", sealer: sealer, sealed: change(len(sealed)-1, 1), place: at("1"), want: secret.ErrCorrupt},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			opened, err := tc.sealer.Open(tc.sealed, tc.place)
			if opened != nil || !errors.Is(err, tc.want) {
				t.Fatalf("opened %q, %v; want %v", opened, err, tc.want)
			}
			if text := err.Error(); strings.Contains(text, "user") || strings.Contains(text, "pass|") {
				t.Errorf("the error shows the content: %s", text)
			}
		})
	}
}

func TestRotation(t *testing.T) {
	before, after := mustParseKeys(t, keyA), mustParseKeys(t, keyB, keyA)
	old := before.Seal([]byte("old"), at("1"))
	if opened, err := after.Open(old, at("1")); err != nil || string(opened) != "old" {
		t.Errorf("after rotation: %q, %v", opened, err)
	}
	fresh := after.Seal([]byte("new"), at("1"))
	if _, err := before.Open(fresh, at("1")); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("the first key must seal: %v", err)
	}
	if opened, err := mustParseKeys(t, keyB).Open(fresh, at("1")); err != nil || string(opened) != "new" {
		t.Errorf("without the old key: %q, %v", opened, err)
	}
	if !bytes.Equal(before.Fingerprint([]byte("x"), "unit"), after.Fingerprint([]byte("x"), "unit")) {
		t.Error("a new key in front has changed the fingerprints")
	}
}

func TestFingerprint(t *testing.T) {
	sealer := mustParseKeys(t, keyA)
	base := sealer.Fingerprint([]byte("content"), "unit")
	if len(base) != 32 || !bytes.Equal(base, mustParseKeys(t, keyA).Fingerprint([]byte("content"), "unit")) {
		t.Errorf("%x is not the fingerprint of another Sealer with the same key", base)
	}
	others := map[string][]byte{
		"content": sealer.Fingerprint([]byte("content."), "unit"),
		"purpose": sealer.Fingerprint([]byte("content"), "webhook"),
		"border":  sealer.Fingerprint([]byte("tcontent"), "uni"),
		"key":     mustParseKeys(t, keyB).Fingerprint([]byte("content"), "unit"),
		"empty":   sealer.Fingerprint(nil, "unit"),
	}
	for name, other := range others {
		if bytes.Equal(base, other) {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	// Fingerprints are stored, so this one must never change.
	const stored = "8c30b3545b00a423b5b7a311daa98ae9c41237d2e6f941805c3532e195b9d4ca"
	if got := hex.EncodeToString(base); got != stored {
		t.Errorf("fingerprint %s, want %s", got, stored)
	}
}

func TestSealerConcurrently(t *testing.T) {
	sealer := mustParseKeys(t, keyA, keyB)
	want := sealer.Fingerprint([]byte("content"), "unit")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				opened, err := sealer.Open(sealer.Seal([]byte("content"), at("1")), at("1"))
				if err != nil || string(opened) != "content" || !bytes.Equal(sealer.Fingerprint(opened, "unit"), want) {
					t.Errorf("opened %q, %v", opened, err)
				}
			}
		})
	}
	group.Wait()
}

func TestParseKeys(t *testing.T) {
	raw := strings.TrimRight(keyA, "=")
	url := strings.NewReplacer("+", "-", "/", "_").Replace(keyA)
	for name, text := range map[string]string{
		"one": keyA, "two": keyA + "," + keyB, "spaces": " " + keyA + " , " + keyB + "\n",
		"lines": keyA + "\r\n" + keyB + "\n", "without padding": raw, "URL alphabet": url, "generated": secret.GenerateKey(),
	} {
		t.Run(name, func(t *testing.T) {
			if sealer, err := secret.ParseKeys(text); err != nil || sealer == nil {
				t.Error(err)
			}
		})
	}

	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	for name, tc := range map[string]struct {
		text string
		want error
		says string
	}{
		"nothing":        {text: "", want: secret.ErrNoKey},
		"only commas":    {text: " ,\n, ", want: secret.ErrNoKey},
		"not base64":     {text: keyA + ",hunter2!", want: secret.ErrBadKey, says: "key 2"},
		"too short":      {text: short, want: secret.ErrBadKey, says: "key 1"},
		"too long":       {text: keyA + "AAAA", want: secret.ErrBadKey, says: "key 1"},
		"the same twice": {text: keyA + "," + keyB + "," + raw, want: secret.ErrBadKey, says: "key 3"},
	} {
		t.Run(name, func(t *testing.T) {
			sealer, err := secret.ParseKeys(tc.text)
			if sealer != nil || !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("got %v, want %v naming %q", err, tc.want, tc.says)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), raw) {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func TestGenerateKeyIsFresh(t *testing.T) {
	if a, b := secret.GenerateKey(), secret.GenerateKey(); a == b || len(a) != 44 {
		t.Errorf("%d characters, repeated: %t", len(a), a == b)
	}
}

// Whatever is sealed opens again, and whatever else is opened fails without a panic.
func FuzzSealer(f *testing.F) {
	f.Add([]byte("content"), "unit")
	f.Add([]byte{}, "")
	f.Add([]byte{1, 0x2c, 0x77, 0x8f, 0xad}, "x")
	f.Fuzz(func(t *testing.T, content []byte, row string) {
		sealer := mustParseKeys(t, keyA)
		sealed := sealer.Seal(content, at(row))
		if opened, err := sealer.Open(sealed, at(row)); err != nil || !bytes.Equal(opened, content) {
			t.Fatalf("opened %q, %v", opened, err)
		}
		if _, err := sealer.Open(sealed, at(row+".")); !errors.Is(err, secret.ErrCorrupt) {
			t.Fatalf("another row: %v", err)
		}
		if _, err := sealer.Open(content, at(row)); err == nil {
			t.Fatal("opened what was never sealed")
		}
	})
}

// Keys from outside are refused or good; nothing panics.
func FuzzParseKeys(f *testing.F) {
	f.Add(keyA + "," + keyB)
	f.Add("====,-_")
	f.Fuzz(func(t *testing.T, text string) {
		sealer, err := secret.ParseKeys(text)
		if (sealer == nil) == (err == nil) {
			t.Fatalf("%v together with %v", sealer, err)
		}
		if err != nil && !errors.Is(err, secret.ErrNoKey) && !errors.Is(err, secret.ErrBadKey) {
			t.Fatal(err)
		}
	})
}

var content40 = []byte("user00001@example.com|Passw0rd|ABCDEFGH1")

func BenchmarkSeal(b *testing.B) {
	sealer := mustParseKeys(b, keyA)
	b.ReportAllocs()
	for b.Loop() {
		sealer.Seal(content40, at("1234567"))
	}
}

func BenchmarkOpen(b *testing.B) {
	sealer := mustParseKeys(b, keyA)
	sealed := sealer.Seal(content40, at("1234567"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Open(sealed, at("1234567")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	sealer := mustParseKeys(b, keyA)
	b.ReportAllocs()
	for b.Loop() {
		sealer.Fingerprint(content40, "unit content")
	}
}
