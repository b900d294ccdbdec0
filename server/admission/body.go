package admission

import (
	"context"
	"errors"
	"io"
)

// ErrTooLarge: there is more of a body than may be read.
var ErrTooLarge = errors.New("the body is too large")

const (
	// firstRoom is made for a body that does not say how long it is.
	firstRoom = 4 << 10
	// unusual is a body so large that room for it is made at once: it is more than
	// a share of what there is.
	unusual = 1 << 20
)

// ReadOf is [ReadBody] for a visit. Of a stranger's body it takes room only as it comes,
// whatever it says to have: who sends nothing holds next to nothing.
func (v *Visit) ReadOf(ctx context.Context, from io.Reader, length, limit int64) ([]byte, error) {
	if v.Stranger() && length > firstRoom && length <= limit {
		length = -1
	}
	return ReadBody(from, length, limit, func(n int64) error { return v.Reserve(ctx, n) })
}

// ReadBody reads a body of at most limit bytes; length is what it says to have,
// or less than 0. Room is reserved before it is filled: all at once when the
// length is known or may be very large, else as the body grows. Errors:
// ErrTooLarge, what reserve says, what reading says.
func ReadBody(from io.Reader, length, limit int64, reserve func(n int64) error) ([]byte, error) {
	room := length
	switch {
	case length > limit:
		return nil, ErrTooLarge
	case length < 0:
		room = firstRoom
	}
	reserved := room
	if length < 0 && limit > unusual {
		reserved = limit
	}
	if err := reserve(reserved); err != nil {
		return nil, err
	}
	body := make([]byte, 0, room+1) // one more, to see the end
	for {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, ErrTooLarge
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		case len(body) < cap(body):
			continue
		}
		room = min(2*int64(cap(body)), limit)
		if room > reserved {
			if err := reserve(room - reserved); err != nil {
				return nil, err
			}
			reserved = room
		}
		body = append(make([]byte, 0, room+1), body...)
	}
}
