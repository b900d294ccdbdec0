package secret_test

import (
	"errors"
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
