package session

import (
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	issuer     = "orderhub" // what an authenticator shows beside the operator's name
	stepTime   = 30 * time.Second
	secretSize = 20 // bytes, as RFC 4226 recommends
	// skew is how many steps a clock may be off.
	skew = 1
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// newFactor makes a secret of TOTP, in base32.
func newFactor(name string) (secret string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: name, SecretSize: secretSize})
	if err != nil {
		return "", fmt.Errorf("make a second factor: %w", err)
	}
	return key.Secret(), nil
}

// factorURI is what an authenticator reads a secret from, usually as a picture.
func factorURI(name, secret string) (string, error) {
	raw, err := base32Text.DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("a second factor that is no base32: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: name, Secret: raw})
	if err != nil {
		return "", fmt.Errorf("describe a second factor: %w", err)
	}
	return key.URL(), nil
}

// stepOf is the step whose code it is, of those that a clock may be at; only one after used
// is good, so that a code which somebody saw is worth nothing once it was used.
func stepOf(code, secret string, now time.Time, used int64) (step int64, ok bool) {
	code = strings.Join(strings.Fields(code), "") // authenticators show "123 456"
	at := now.Unix() / int64(stepTime/time.Second)
	for try := at - skew; try <= at+skew; try++ {
		right, err := hotp.ValidateCustom(code, uint64(try), secret, hotp.ValidateOpts{
			Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err == nil && right && try > used {
			step, ok = try, true
		}
	}
	return step, ok
}
