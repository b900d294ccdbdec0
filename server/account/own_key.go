package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"orderhub/server/errs"
)

// Bounds of the keys that a merchant makes itself; operators' are not counted.
const (
	MostOwnKeys    = 100 // that are good
	MostOwnRevoked = 200 // that are kept to be shown; the oldest give way
)

// ErrOwnKey guards against a merchant that locks itself out by mistake.
var ErrOwnKey = errors.New("this is the key that the call is made with, and nothing says that it is meant")

// ScopeTooWideError says that a key would do, or does, more than the one that it is
// to be made or revoked with lets it.
type ScopeTooWideError struct{ Key, With Scope }

func (e *ScopeTooWideError) Error() string {
	return fmt.Sprintf("a key of scope %s has nothing to say about one of scope %s", e.With, e.Key)
}

// TooManyKeysError says that a merchant has made as many keys as it may have.
type TooManyKeysError struct{ Most int }

func (e *TooManyKeysError) Error() string {
	return fmt.Sprintf("at most %d keys that the merchant made itself may be good", e.Most)
}

// MayMake says whether a merchant that has so many good keys of its own making may make
// one more. *TooManyKeysError.
func MayMake(good int) error {
	if good >= MostOwnKeys {
		return &TooManyKeysError{Most: MostOwnKeys}
	}
	return nil
}

// IssueOwnKey makes a key for the merchant that calls, which can do less than the one
// that it calls with: whoever got hold of a key cannot make another that is as good.
// Errors: *errs.InvalidError, *ScopeTooWideError, *TooManyKeysError, ErrUnauthenticated
// for a key that was revoked a moment ago.
func (s *Service) IssueOwnKey(ctx context.Context, by *Principal, k Key) (Key, string, error) {
	if k.Certificate != (Fingerprint{}) {
		return Key{}, "", errs.Invalid("certificate_sha256", "must be empty: an operator binds certificates")
	}
	if !k.Scope.narrower(by.Scope) {
		return Key{}, "", &ScopeTooWideError{Key: k.Scope, With: by.Scope}
	}
	k.MerchantID, k.MadeBy = by.MerchantID, by.KeyID
	return s.IssueKey(ctx, k)
}

// Revocation is what a merchant takes back.
type Revocation struct {
	KeyID      int64
	ConfirmOwn bool // it may be the key that the merchant calls with
	WithMade   bool // and what was made with it
}

// RevokeOwnKey revokes a key of the merchant that calls, whoever made it, which can do
// no more than the one that it calls with. Revoking again changes nothing. Errors:
// ErrKeyNotFound, ErrOwnKey, *ScopeTooWideError.
func (s *Service) RevokeOwnKey(ctx context.Context, by *Principal, r Revocation) (Key, error) {
	keys, err := s.store.ListKeys(ctx, by.MerchantID)
	if err != nil {
		return Key{}, err
	}
	i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == r.KeyID })
	switch {
	case i < 0:
		return Key{}, ErrKeyNotFound
	case !keys[i].Scope.Within(by.Scope):
		return Key{}, &ScopeTooWideError{Key: keys[i].Scope, With: by.Scope}
	case r.KeyID == by.KeyID && !r.ConfirmOwn:
		return Key{}, ErrOwnKey
	}
	return s.RevokeKeys(ctx, by.MerchantID, r)
}

// RevokeKeys is [Service.RevokeKey], and for what was made with the key if that is
// asked for. What failed halfway is made whole by repeating it. ErrKeyNotFound.
func (s *Service) RevokeKeys(ctx context.Context, merchantID int64, r Revocation) (Key, error) {
	revoked, err := s.store.RevokeKey(ctx, merchantID, r.KeyID)
	if err != nil || !r.WithMade {
		return revoked, err
	}
	// From now on nothing more is made with it.
	keys, err := s.store.ListKeys(ctx, merchantID)
	if err != nil {
		return Key{}, err
	}
	for i := range keys {
		if keys[i].MadeBy != r.KeyID || keys[i].RevokedAt != nil {
			continue
		}
		if _, err := s.store.RevokeKey(ctx, merchantID, keys[i].ID); err != nil {
			return Key{}, err
		}
	}
	return revoked, nil
}
