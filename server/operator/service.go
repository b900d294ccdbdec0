package operator

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/secret"
)

// Service checks input and issues keys; the rest it asks of the store.
type Service struct {
	Direct

	store  Store
	random io.Reader
}

// NewService serves operators from store, with the system's randomness.
func NewService(store Store) *Service {
	return &Service{Direct: store, store: store, random: rand.Reader}
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}$`)

// Create makes an operator. Errors: *errs.InvalidError, *AlreadyExistsError.
func (s *Service) Create(ctx context.Context, o New) (Operator, error) {
	o.Status = cmp.Or(o.Status, StatusActive)
	bad := &errs.InvalidError{}
	if !namePattern.MatchString(o.Name) {
		bad.Add("name", "must be a lower-case letter, then up to 62 lower-case letters, digits or . _ -")
	}
	checkRoles(bad, o.Roles)
	checkStatus(bad, o.Status)
	checkLogin(bad, o.Login)
	if err := bad.OrNil(); err != nil {
		return Operator{}, err
	}
	return s.store.CreateOperator(ctx, o)
}

// Update changes what is given. Errors: *errs.InvalidError, ErrNotFound, ErrLastAdmin,
// *AlreadyExistsError for a login.
func (s *Service) Update(ctx context.Context, id int64, change Change) (Operator, error) {
	bad := &errs.InvalidError{}
	if change.Roles != nil {
		checkRoles(bad, *change.Roles)
	}
	if change.Status != nil {
		checkStatus(bad, *change.Status)
	}
	if change.Login != nil {
		checkLogin(bad, *change.Login)
	}
	if err := bad.OrNil(); err != nil {
		return Operator{}, err
	}
	return s.store.UpdateOperator(ctx, id, change)
}

func checkRoles(bad *errs.InvalidError, roles Roles) {
	if roles == 0 {
		bad.Add("roles", "must have at least one role")
	}
}

func checkStatus(bad *errs.InvalidError, status Status) {
	if status != StatusActive && status != StatusSuspended {
		bad.Add("status", `must be "active" or "suspended"`)
	}
}

// mostLogin is in bytes: an e-mail address is no longer.
const mostLogin = 254

func checkLogin(bad *errs.InvalidError, login string) {
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	if len(login) > mostLogin || !utf8.ValidString(login) || strings.ContainsFunc(login, odd) {
		bad.Add("login", "must be UTF-8 text of at most %d bytes without blanks", mostLogin)
	}
}

// Find looks key up as an id (all digits), else as a name. ErrNotFound.
func (s *Service) Find(ctx context.Context, key string) (Operator, error) {
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		return s.store.Operator(ctx, id)
	}
	return s.store.OperatorByName(ctx, key)
}

// List returns operators by ascending id.
func (s *Service) List(ctx context.Context, afterID int64, limit int) ([]Operator, error) {
	return s.store.ListOperators(ctx, afterID, limit)
}

// IssueKey creates a key and returns it in plain, for the only time. Errors:
// ErrNotFound, *errs.InvalidError.
func (s *Service) IssueKey(ctx context.Context, k Key) (Key, string, error) {
	bad := &errs.InvalidError{}
	bad.CheckLine("label", k.Label, 0, 200)
	if err := bad.OrNil(); err != nil {
		return Key{}, "", err
	}
	plain := secret.NewAPIKey(s.random)
	key, err := s.store.CreateKey(ctx, k, secret.HashAPIKey(plain))
	return key, plain, err
}
