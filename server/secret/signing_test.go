package secret_test

import (
	"errors"
	"strings"
	"testing"

	"orderhub/server/secret"
)

func TestSigningKey(t *testing.T) {
	for text, want := range map[string]string{
		"whsec_c2VjcmV0": "secret", "whsec_/+8=": "\xff\xef", "a secret of my own": "a secret of my own",
		"WHSEC_none": "WHSEC_none",
	} {
		if key, err := secret.SigningKey(text); err != nil || string(key) != want {
			t.Errorf("%s: %q, %v", text, key, err)
		}
	}
	for _, text := range []string{
		"whsec_", "whsec_====", "whsec_not base64!", "whsec_-_8-_w==-_8-_w==", "whsec_-_8=", "whsec_c2VjcmV0\n",
		"whsec_c2Vj\ncmV0", " whsec_"[1:] + " c2VjcmV0",
		"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
	} {
		if key, err := secret.SigningKey(text); !errors.Is(err, secret.ErrNotBase64) {
			t.Errorf("%q: %q, %v", text, key, err)
		}
	}
}

// What is new must be what every verifier of the standard takes.
func TestCheckSigning(t *testing.T) {
	for _, fine := range []string{
		"0123456789", "a secret of my own", strings.Repeat("ก", 255), "whsecret of mine",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + strings.Repeat("AAAA", 8), "my WHSEC_abc",
	} {
		if err := secret.CheckSigning(fine); err != nil {
			t.Errorf("%q %v", fine, err)
		}
	}
	for bad, want := range map[string]string{
		"short": "10 to 255", strings.Repeat("x", 256): "10 to 255", "": "10 to 255", "WHSEC_abc": "10 to 255",
		"0123456789 ": "blanks", "01234\u200b56789": "invisible", "0123456789\xff": "text", "0123456789\x00": "invisible",
		"whsec_" + strings.Repeat("AAAA", 7) + "AA==": "24 bytes", "whsec_c2VjcmV0": "24 bytes", "whsec_AAAAAAAA": "24 bytes",
		"whsec_not base64!": "base64", "whsec_====": "base64", "WHSEC_" + strings.Repeat("AAAA", 8): "small letters",
		"Whsec_abcdefgh": "small letters",
	} {
		if err := secret.CheckSigning(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q %v, want %q in it", bad, err, want)
		}
	}
}
