package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is a text that must not be printed: a key, a password, a URL with
// credentials. However it is printed, logged or encoded as text or JSON, it comes
// out as "[redacted]", or as nothing when it is empty. Reveal returns the text.
//
// Two places are beyond its reach: fmt prints an unexported field without asking
// its type, and encoding/json does the same with the keys of a map. Keep it in
// exported fields, as a value.
type Redacted string

const redacted = "[redacted]"

// Reveal returns the text itself, for the one place that needs it.
func (r Redacted) Reveal() string { return string(r) }

// String returns what may be shown.
func (r Redacted) String() string {
	if r == "" {
		return ""
	}
	return redacted
}

// Format prints what may be shown, for every verb.
func (r Redacted) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, r.String()) }

func (r Redacted) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON encodes what may be shown, as a JSON string.
func (r Redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + r.String() + `"`), nil }

func (r Redacted) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
