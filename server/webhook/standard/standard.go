// Package standard signs and verifies messages as Standard Webhooks say
// (standardwebhooks.com, specification 1.0.0, symmetric signatures).
package standard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of a message.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // Unix seconds, of the attempt
	HeaderSignature = "Webhook-Signature" // one or several, with blanks between
)

// Tolerance is how far a message's timestamp may be from the receiver's clock.
const Tolerance = 5 * time.Minute

const (
	secretPrefix = "whsec_"
	version      = "v1,"
)

// Why a message is refused.
var (
	ErrSignature = errors.New("no signature of the message is right")
	ErrTimestamp = errors.New("the message is too old or from the future")
)

// key is what a secret stands for: after "whsec_" the base64 of it, else its own
// bytes.
func key(secret string) []byte {
	if text, found := strings.CutPrefix(secret, secretPrefix); found {
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil && len(raw) > 0 {
			return raw
		}
	}
	return []byte(secret)
}

// Sign is the signature of a body under an identifier at a time.
func Sign(secret, id string, at time.Time, body []byte) string {
	return version + sign(secret, id, strconv.FormatInt(at.Unix(), 10), body)
}

func sign(secret, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key(secret))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify checks a message against a secret. Header returns a header's value.
// Errors: ErrTimestamp, ErrSignature.
func Verify(secret string, header func(name string) string, body []byte, now time.Time) error {
	timestamp := header(HeaderTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no timestamp", ErrTimestamp)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Tolerance || age < -Tolerance {
		return ErrTimestamp
	}
	want := []byte(sign(secret, header(HeaderID), timestamp, body))
	for signature := range strings.FieldsSeq(header(HeaderSignature)) {
		if text, found := strings.CutPrefix(signature, version); found && hmac.Equal([]byte(text), want) {
			return nil
		}
	}
	return ErrSignature
}
