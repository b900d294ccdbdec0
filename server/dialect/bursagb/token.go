package bursagb

import (
	"errors"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
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

// issue makes a merchant's token and says until when it is valid.
func (t *tokens) issue(merchantID int64) (token string, until time.Time, err error) {
	now := t.now().UTC().Truncate(time.Second)
	until = now.Add(t.lifetime)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: issuer, Subject: strconv.FormatInt(merchantID, 10), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(until),
	}).SignedString(t.keys[0])
	return token, until, err
}

// merchant is whose token it is. errBadToken when it is none of ours or expired.
func (t *tokens) merchant(token string) (int64, error) {
	keys := jwt.VerificationKeySet{}
	for _, key := range t.keys {
		keys.Keys = append(keys.Keys, key)
	}
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return keys, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(), jwt.WithTimeFunc(t.now))
	if err != nil {
		return 0, errBadToken
	}
	id, err := strconv.ParseInt(claims.Subject, 10, 64)
	if err != nil {
		return 0, errBadToken
	}
	return id, nil
}
