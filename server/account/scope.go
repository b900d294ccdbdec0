package account

import (
	"fmt"
	"strings"
)

// Scope is what an API key allows.
type Scope string

// The scopes. Admin may do everything, for every merchant; the others act for the
// merchant that holds the key.
const (
	ScopeMerchant Scope = "merchant" // everything that a merchant may
	ScopeRead     Scope = "read"     // reads, and changes nothing
	ScopeOrders   Scope = "orders"   // what belongs to orders: their holds, claims and tickets, too
	ScopeAdmin    Scope = "admin"
)

// Right is what a call needs of a merchant's key: every call of a merchant's, by whatever
// way it comes, names one. The zero value is no right of any key.
type Right uint8

// The rights.
const (
	ReadOrders  Right = 1 << iota // orders and what they cost, goods included
	ReadAccount                   // everything else: the wallet, the catalogue, endpoints, the log, keys
	PlaceOrders                   // place and cancel orders, and hold, claim and redeem what is in them
	Manage                        // whatever else changes something: endpoints, erasure, keys
)

// rights are those of each scope of a merchant. An operator's is none of them: it has roles.
var rights = map[Scope]Right{
	ScopeMerchant: ReadOrders | ReadAccount | PlaceOrders | Manage,
	ScopeRead:     ReadOrders | ReadAccount,
	ScopeOrders:   ReadOrders | PlaceOrders,
}

// merchantScopes has the scopes of merchants, in the order in which they are told.
var merchantScopes = []Scope{ScopeMerchant, ScopeRead, ScopeOrders}

// Allows reports whether a merchant's key of the scope has the right.
func (s Scope) Allows(right Right) bool { return right != 0 && rights[s]&right == right }

// OfMerchants reports whether keys of merchants have the scope.
func (s Scope) OfMerchants() bool { return rights[s] != 0 }

// Within reports whether a key of the scope may do no more than one of the other.
func (s Scope) Within(other Scope) bool { return s.OfMerchants() && rights[s]&^rights[other] == 0 }

// narrower reports whether a key of the scope may do less than one of the other.
func (s Scope) narrower(other Scope) bool { return s != other && s.Within(other) }

// ScopesWith are the scopes of merchants that have the right.
func ScopesWith(right Right) (scopes []Scope) {
	for _, s := range merchantScopes {
		if s.Allows(right) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// ScopeMissingError says that a key is good, but may not do what was asked.
type ScopeMissingError struct {
	Has    Scope
	Scopes []Scope // those that may, at least one
}

func (e *ScopeMissingError) Error() string {
	return fmt.Sprintf("a key of scope %s may not do this; it takes one of scope %s", e.Has, ListScopes(e.Scopes, " or "))
}

// ListScopes writes scopes one after the other.
func ListScopes(scopes []Scope, between string) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, between)
}

// May says whether the merchant's key has the right. *ScopeMissingError.
func (p *Principal) May(right Right) error {
	if p.Scope.Allows(right) {
		return nil
	}
	return &ScopeMissingError{Has: p.Scope, Scopes: ScopesWith(right)}
}
