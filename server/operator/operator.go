// Package operator owns who runs the hub: people, each with a name, with roles that
// say what they may do, and with keys of their own. How they sign in is package
// session's. Which role a call needs is the contract's; here is what the roles are, and
// that nobody locks everybody out.
package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Role is one thing that operators do.
type Role uint8

// The roles.
const (
	Viewer    Role = 1 << iota // reads all but goods and secrets, as every role does
	Support                    // attempts, cancellations, webhooks again, goods shown
	Catalogue                  // products, prices, stock, coupons, listings, allotments, providers
	Finance                    // deposits, corrections, credit limits
	Admin                      // everything, operators included
)

var roleNames = []struct {
	role Role
	name string
}{{Viewer, "viewer"}, {Support, "support"}, {Catalogue, "catalogue"}, {Finance, "finance"}, {Admin, "admin"}}

// String is the role's name.
func (r Role) String() string {
	for _, n := range roleNames {
		if n.role == r {
			return n.name
		}
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// Roles are those of one operator.
type Roles uint8

// RolesOf are these roles.
func RolesOf(roles ...Role) (all Roles) {
	for _, r := range roles {
		all |= Roles(r)
	}
	return all
}

// ParseRoles reads what String wrote. A word that it does not know, which a later
// version may have written, gives no right.
func ParseRoles(text string) (all Roles) {
	for word := range strings.FieldsSeq(text) {
		for _, n := range roleNames {
			if n.name == word {
				all |= Roles(n.role)
			}
		}
	}
	return all
}

// String has the roles' names with a blank between them.
func (r Roles) String() string {
	var names []string
	for _, role := range r.Each() {
		names = append(names, role.String())
	}
	return strings.Join(names, " ")
}

// Each are the single roles.
func (r Roles) Each() (roles []Role) {
	for _, n := range roleNames {
		if r&Roles(n.role) != 0 {
			roles = append(roles, n.role)
		}
	}
	return roles
}

// Allow reports whether who has the roles may do what takes this one. Who has any may
// read, and an admin may do everything.
func (r Roles) Allow(role Role) bool {
	switch {
	case role == 0 || r == 0:
		return false
	case role == Viewer:
		return true
	default:
		return r&Roles(role|Admin) != 0
	}
}

// Status says whether an operator may act.
type Status string

// The states of an operator.
const (
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
)

// Operator is a person who runs the hub.
type Operator struct {
	ID        int64
	Name      string // unique, for ever
	Roles     Roles
	Status    Status
	CreatedAt time.Time
	UpdatedAt time.Time

	Login           string // what an OpenID provider calls the operator, as given; "" for none
	HasPassword     bool   // to sign in with
	HasSecondFactor bool
	InvitedUntil    *time.Time // until when an invitation is good, or was; nil for none
}

// New is what it takes to create one.
type New struct {
	Name   string
	Roles  Roles
	Status Status // "" is active
	Login  string
}

// Change changes what is not nil.
type Change struct {
	Roles  *Roles
	Status *Status
	Login  *string // to "" for none
}

// Key is an operator's key as it is kept: without the key itself.
type Key struct {
	ID         int64
	OperatorID int64
	Label      string
	CreatedAt  time.Time
	RevokedAt  *time.Time
}

// What a caller can act on.
var (
	ErrNotFound    = errors.New("operator not found")
	ErrKeyNotFound = errors.New("key not found")
	ErrSuspended   = errors.New("operator is suspended")
	ErrLastAdmin   = errors.New("nobody with the role admin and a key or password that works would be left")
)

// MissingRoleError says which role a call takes that its caller does not have.
type MissingRoleError struct{ Role Role }

func (e *MissingRoleError) Error() string { return "this takes the role " + e.Role.String() }

// AlreadyExistsError says that a name or a key is taken.
type AlreadyExistsError struct{ Field string }

func (e *AlreadyExistsError) Error() string { return fmt.Sprintf("%s is already in use", e.Field) }

// Standing is what decides whether an operator can get in as an admin.
type Standing struct {
	Roles  Roles
	Status Status
	Keys   int // that work

	Password bool // there is one to sign in with
}

func (s Standing) admin() bool {
	return s.Status == StatusActive && s.Roles.Allow(Admin) && (s.Keys > 0 || s.Password)
}

// CheckLastAdmin refuses a change of one operator, with ErrLastAdmin, by which the last
// of the admins would go who can get in. others are all other operators.
func CheckLastAdmin(before, after Standing, others []Standing) error {
	if before.admin() && !after.admin() && !slices.ContainsFunc(others, Standing.admin) {
		return ErrLastAdmin
	}
	return nil
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	// ListKeys returns an operator's keys by ascending id, revoked ones included.
	ListKeys(ctx context.Context, operatorID int64) ([]Key, error)
	// RevokeKey is final; revoking again changes nothing. ErrKeyNotFound, and what
	// CheckLastAdmin says.
	RevokeKey(ctx context.Context, operatorID, keyID int64) (Key, error)
}

// Store keeps operators.
type Store interface {
	Direct

	// CreateOperator fails with *AlreadyExistsError, for a login also by [SameLogin].
	CreateOperator(ctx context.Context, o New) (Operator, error)
	// Operator finds by id. ErrNotFound.
	Operator(ctx context.Context, id int64) (Operator, error)
	// OperatorByName finds by exact name. ErrNotFound.
	OperatorByName(ctx context.Context, name string) (Operator, error)
	// ListOperators returns operators by ascending id.
	ListOperators(ctx context.Context, afterID int64, limit int) ([]Operator, error)
	// UpdateOperator fails with ErrNotFound, *AlreadyExistsError as CreateOperator, and with
	// what CheckLastAdmin says.
	UpdateOperator(ctx context.Context, id int64, change Change) (Operator, error)
	// CreateKey stores a key by its hash. ErrNotFound, *AlreadyExistsError for a hash
	// that any key has, a merchant's too.
	CreateKey(ctx context.Context, k Key, hash [32]byte) (Key, error)
}
