package account

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"orderhub/server/secret"
	"orderhub/server/session"
)

// Fingerprint is the SHA-256 of a client's certificate in DER form. The zero value
// is that of none.
type Fingerprint [sha256.Size]byte

// FingerprintOf is that of a certificate in DER form.
func FingerprintOf(der []byte) Fingerprint { return sha256.Sum256(der) }

// ParseFingerprint reads 64 hexadecimal digits of either case, in pairs with a
// colon between them or not, as "openssl x509 -fingerprint -sha256" prints them.
func ParseFingerprint(text string) (f Fingerprint, ok bool) {
	if pairs := strings.Split(text, ":"); len(pairs) == len(f) {
		for _, pair := range pairs {
			if len(pair) != 2 {
				return f, false
			}
		}
		text = strings.Join(pairs, "")
	}
	digits, err := hex.DecodeString(text)
	if err != nil || len(digits) != len(f) {
		return f, false
	}
	return Fingerprint(digits), true
}

// String is 64 lower-case hexadecimal digits, "" for none.
func (f Fingerprint) String() string {
	if f == (Fingerprint{}) {
		return ""
	}
	return hex.EncodeToString(f[:])
}

// SentBehind are what stands behind one of the schemes in each value of an
// Authorization header. What has another scheme is none, a scheme with nothing behind
// it is blank. Letter case of schemes does not count, and tabs are blanks.
func SentBehind(values []string, schemes ...string) (found []string) {
	for _, value := range values {
		sent, credential, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(value), "\t", " "), " ")
		if slices.ContainsFunc(schemes, func(scheme string) bool { return strings.EqualFold(sent, scheme) }) {
			found = append(found, strings.TrimSpace(credential))
		}
	}
	return found
}

// Credential is what a principal is found by: an API key, the certificate that stands
// for one, or the session of an operator who has signed in. The zero value is nobody's.
type Credential struct {
	Hash        [sha256.Size]byte // of the key, or of the session; the certificate's fingerprint
	Certificate bool
	Session     bool
}

// KeyCredential is that of an API key, "" for none.
func KeyCredential(key string) Credential {
	if key == "" {
		return Credential{}
	}
	return Credential{Hash: secret.HashAPIKey(key)}
}

// CertificateCredential is that of a client's certificate.
func CertificateCredential(f Fingerprint) Credential {
	if f == (Fingerprint{}) {
		return Credential{}
	}
	return Credential{Hash: f, Certificate: true}
}

// SessionCredential is that of a session's token that a browser shows.
func SessionCredential(token, userAgent string) Credential {
	hash, ok := session.HashToken(token, userAgent)
	if !ok {
		return Credential{}
	}
	return Credential{Hash: hash, Session: true}
}
