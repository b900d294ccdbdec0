// Package ident owns the identifiers and codes that the hub makes up itself: order
// numbers, request ids, ticket codes and random codes. Which of them must be
// unique, and where, is for the store to hold; API keys belong to package secret.
package ident

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// OrderPrefix begins every order number, RequestPrefix every request id.
const (
	OrderPrefix   = "ord_"
	RequestPrefix = "req_"
)

// MessagePrefix begins every identifier of a webhook message.
const MessagePrefix = "whd_"

// CodeAlphabet is what random codes consist of.
const CodeAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// Generator makes identifiers from a clock and a source of random bytes. Safe for
// concurrent use. Every method panics if the random bytes fail, which crypto/rand
// never does.
type Generator struct {
	now func() time.Time

	mu sync.Mutex
	// Buffered, so that an id costs no system call. One buffer, not one per
	// processor: with given random bytes the ids are always the same ones.
	random *bufio.Reader
}

// entropyBuffer is the number of random bytes read at once: 409 ids' worth.
const entropyBuffer = 4096

// New returns a Generator. Nil for now is time.Now, nil for random is crypto/rand;
// tests give others. Random is read ahead and by one goroutine at a time.
func New(now func() time.Time, random io.Reader) *Generator {
	if now == nil {
		now = time.Now
	}
	if random == nil {
		random = rand.Reader
	}
	return &Generator{now: now, random: bufio.NewReaderSize(random, entropyBuffer)}
}

// OrderNumber returns "ord_" and a ULID in lower case, 30 characters in all. Order
// numbers of different milliseconds sort by time; of one millisecond, at random.
func (g *Generator) OrderNumber() string { return g.ulid(OrderPrefix) }

// RequestID returns "req_" and a ULID in lower case.
func (g *Generator) RequestID() string { return g.ulid(RequestPrefix) }

// MessageID returns "whd_" and 16 random characters of CodeAlphabet.
func (g *Generator) MessageID() string { return MessagePrefix + g.Code(16) }

const prefixLength = len(OrderPrefix)

func (g *Generator) ulid(prefix string) string {
	var id ulid.ULID
	// A clock outside 1970 to 10889 is held at that end rather than wrapped around.
	_ = id.SetTime(min(uint64(max(g.now().UnixMilli(), 0)), ulid.MaxTime()))
	g.read(id[6:])

	var text [prefixLength + ulid.EncodedSize]byte
	copy(text[:], prefix)
	_ = id.MarshalTextTo(text[prefixLength:]) // fails only for a wrong size
	for i, b := range text {
		if b >= 'A' && b <= 'Z' {
			text[i] = b + 'a' - 'A'
		}
	}
	return string(text[:])
}

// timeDigits are how many characters of a ULID are its time, in milliseconds.
const timeDigits = 10

// OrderTimes are the times, [from, to), at which OrderNumber makes a number that begins
// like this. ok is false when it makes none, or the beginning says nothing of the time.
func OrderTimes(beginning string) (from, to time.Time, ok bool) {
	digits, ours := strings.CutPrefix(beginning, OrderPrefix)
	if !ours || digits == "" {
		return time.Time{}, time.Time{}, false
	}
	digits = digits[:min(len(digits), timeDigits)]
	var first uint64
	for _, c := range []byte(digits) {
		value := strings.IndexByte(ulidDigits, c)
		if value < 0 {
			return time.Time{}, time.Time{}, false
		}
		first = first<<5 | uint64(value)
	}
	unknown := 5 * (timeDigits - len(digits))
	first <<= unknown
	if first > ulid.MaxTime() {
		return time.Time{}, time.Time{}, false
	}
	last := min(first+1<<unknown, ulid.MaxTime())
	return time.UnixMilli(int64(first)).UTC(), time.UnixMilli(int64(last)).UTC(), true
}

// ulidDigits are the digits of a ULID as OrderNumber writes them.
const ulidDigits = "0123456789abcdefghjkmnpqrstvwxyz"

// TicketCode returns a random UUID (version 4, RFC 9562) in lower case with dashes.
func (g *Generator) TicketCode() string {
	var id [16]byte
	g.read(id[:])
	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // variant of the RFC

	var text [36]byte
	hex.Encode(text[0:], id[0:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	for _, dash := range [...]int{8, 13, 18, 23} {
		text[dash] = '-'
	}
	return string(text[:])
}

// Code returns length random characters of CodeAlphabet, each equally likely; the
// empty text for a length below one.
func (g *Generator) Code(length int) string {
	// Bytes from here on are thrown away: they would favour the first characters.
	const unevenFrom = 256 - 256%len(CodeAlphabet)
	code := make([]byte, 0, max(length, 0))
	var raw [32]byte
	for len(code) < length {
		wanted := raw[:min(len(raw), length-len(code))]
		g.read(wanted)
		for _, b := range wanted {
			if int(b) < unevenFrom {
				code = append(code, CodeAlphabet[int(b)%len(CodeAlphabet)])
			}
		}
	}
	return string(code)
}

func (g *Generator) read(into []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	// Peek and copy rather than Read: behind an interface, into would go to the heap.
	fresh, err := g.random.Peek(len(into))
	if err != nil {
		panic("ident: no random bytes: " + err.Error())
	}
	copy(into, fresh)
	_, _ = g.random.Discard(len(into)) // they are there: Peek has shown them
}
