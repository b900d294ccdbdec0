package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// Argon2id with the least that OWASP recommends: 19 MiB, two passes.
const (
	argonTime      = 2
	argonMemory    = 19 << 10 // KiB
	argonThreads   = 1
	saltBytes      = 16
	hashBytes      = 32
	passwordFormat = "$argon2id$v=19$m=19456,t=2,p=1$"
)

// How many may wait for a password to be hashed, and how many of one address.
// Hashing takes about 30 ms: who would wait for seconds is told to come back.
const (
	mostHashing        = 64
	mostHashingOfOne   = 16
	comeBackForHashing = time.Second
)

// hashing is the queue for hashing passwords: each takes 19 MiB and a core.
type hashing struct {
	turns chan struct{}

	mu      sync.Mutex
	inside  int
	byPlace map[netip.Prefix]int
}

// newHashing leaves orders a core where there is more than one.
func newHashing() *hashing {
	atOnce := max(1, min(2, runtime.GOMAXPROCS(0)/2))
	return &hashing{turns: make(chan struct{}, atOnce), byPlace: map[netip.Prefix]int{}}
}

// enter waits for a stranger's turn; then leave must be called. Errors:
// *RateLimitedError when too many wait, and that of ctx.
func (h *hashing) enter(ctx context.Context, from netip.Addr) (leave func(), err error) {
	place := placeOf(from)
	if !h.join(place) {
		return nil, &RateLimitedError{RetryAfter: comeBackForHashing}
	}
	if err := h.turn(ctx); err != nil {
		h.quit(place)
		return nil, err
	}
	return func() { <-h.turns; h.quit(place) }, nil
}

// turn waits until one more may hash; the place in turns must be given back.
func (h *hashing) turn(ctx context.Context) error {
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hashing) join(place netip.Prefix) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inside >= mostHashing || h.byPlace[place] >= mostHashingOfOne {
		return false
	}
	h.inside++
	h.byPlace[place]++
	return true
}

func (h *hashing) quit(place netip.Prefix) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inside--
	if h.byPlace[place]--; h.byPlace[place] == 0 {
		delete(h.byPlace, place)
	}
}

// placeOf is whom an address counts for: who has an IPv6 address has a /64.
func placeOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	place, _ := addr.Prefix(bits) // none without an address: they count together
	return place
}

// newPasswordHash hashes for an operator, who waits without being counted.
func (h *hashing) newPasswordHash(ctx context.Context, password string) (string, error) {
	if err := h.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.turns }()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	return passwordFormat + base64.RawStdEncoding.EncodeToString(salt) + "$" +
		base64.RawStdEncoding.EncodeToString(hashPassword(password, salt)), nil
}

// matches reports whether encoded is the password's hash. Without a hash it
// takes as long and is false, so that nobody learns which addresses exist.
func matches(encoded, password string) bool {
	salt, want, err := decodePassword(encoded)
	if err != nil {
		salt, want = make([]byte, saltBytes), make([]byte, hashBytes)
	}
	got := hashPassword(password, salt)
	return subtle.ConstantTimeCompare(got, want) == 1 && err == nil
}

func hashPassword(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, hashBytes)
}

func decodePassword(encoded string) (salt, hash []byte, err error) {
	rest, found := strings.CutPrefix(encoded, passwordFormat)
	saltText, hashText, cut := strings.Cut(rest, "$")
	if !found || !cut {
		return nil, nil, errors.New("no password")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err != nil {
		return nil, nil, fmt.Errorf("salt: %w", err)
	}
	if hash, err = base64.RawStdEncoding.DecodeString(hashText); err != nil || len(hash) != hashBytes {
		return nil, nil, errors.New("no password hash")
	}
	return salt, hash, nil
}
