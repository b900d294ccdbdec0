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

	"orderhub/server/secret"
)

// The headers of a message.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // Unix seconds, of the attempt
	HeaderSignature = "Webhook-Signature" // one or several, with blanks between
)

// Tolerance is how far a message's timestamp may be from the receiver's clock.
const Tolerance = 5 * time.Minute

const version = "v1,"

// Why a message is refused.
var (
	ErrSignature = errors.New("no signature of the message is right")
	ErrTimestamp = errors.New("the message is too old or from the future")
)

// key is what a secret stands for. One that is no base64 though it says so is
// from before such were refused, and goes on to sign as it did.
func key(text string) []byte {
	key, err := secret.SigningKey(text)
	if err != nil {
		return []byte(text)
	}
	return key
}

// Sign is the signature of a body under an identifier at a time, with a secret in
// its text form.
func Sign(text, id string, at time.Time, body []byte) string {
	return version + sign(text, id, strconv.FormatInt(at.Unix(), 10), body)
}

func sign(text, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key(text))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify checks a message against a secret. Header returns a header's value.
// Errors: ErrTimestamp, ErrSignature.
func Verify(text string, header func(name string) string, body []byte, now time.Time) error {
	timestamp := header(HeaderTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no timestamp", ErrTimestamp)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Tolerance || age < -Tolerance {
		return ErrTimestamp
	}
	want := []byte(sign(text, header(HeaderID), timestamp, body))
	for signature := range strings.FieldsSeq(header(HeaderSignature)) {
		if given, found := strings.CutPrefix(signature, version); found && hmac.Equal([]byte(given), want) {
			return nil
		}
	}
	return ErrSignature
}
