package bursagb

import (
	"errors"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"orderhub/server/account"
)

// issuer tells the door's tokens from others that the same keys might sign.
const issuer = "orderhub/" + Name

// tokens makes and reads what callers carry after signing in: JWTs with HS256.
type tokens struct {
	keys     [][]byte
	lifetime time.Duration
	now      func() time.Time
}

var errBadToken = errors.New("not a valid token")

// claims are those of a token. Without a version it is of the first: so are the
// tokens of before there were versions.
type claims struct {
	jwt.RegisteredClaims

	CredentialsVersion int `json:"ver,omitempty"`
}

// issue makes a token and says until when it is valid.
func (t *tokens) issue(who account.SignedIn) (token string, until time.Time, err error) {
	now := t.now().UTC().Truncate(time.Second)
	until = now.Add(t.lifetime)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: strconv.FormatInt(who.MerchantID, 10),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(until),
		},
		CredentialsVersion: who.CredentialsVersion,
	}).SignedString(t.keys[0])
	return token, until, err
}

// read says whose token it is. errBadToken when it is none of ours or expired.
func (t *tokens) read(token string) (account.SignedIn, error) {
	keys := jwt.VerificationKeySet{}
	for _, key := range t.keys {
		keys.Keys = append(keys.Keys, key)
	}
	var found claims
	_, err := jwt.ParseWithClaims(token, &found, func(*jwt.Token) (any, error) { return keys, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(t.now))
	if err != nil {
		return account.SignedIn{}, errBadToken
	}
	id, err := strconv.ParseInt(found.Subject, 10, 64)
	if err != nil {
		return account.SignedIn{}, errBadToken
	}
	return account.SignedIn{MerchantID: id, CredentialsVersion: found.CredentialsVersion}, nil
}
