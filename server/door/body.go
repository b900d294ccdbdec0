package door

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"orderhub/server/admission"
)

const (
	// MaxBodyBytes bounds what a request at a partner's door may send.
	MaxBodyBytes = 1 << 20
	// MaxSignInBytes bounds what is sent to sign in: more than the longest address and
	// password have, however they are written.
	MaxSignInBytes = 32 << 10
	// bodyTime is how long a body may take to arrive.
	bodyTime = 10 * time.Second
)

// Why a body could not be read.
var (
	ErrBodyTooLarge = errors.New("the body is too large")
	ErrBodyBroken   = errors.New("the body could not be read to its end in time")
	ErrBodyEncoded  = errors.New("the body is compressed")
)

// ReadBody reads all of a request's body. The request does not count as at work
// meanwhile. Errors: ErrBodyEncoded, ErrBodyTooLarge, ErrBodyBroken,
// *order.RetryLaterError when there is no room for it, or no place after it.
func ReadBody(r *http.Request) ([]byte, error) { return ReadBodyWithin(r, MaxBodyBytes) }

// ReadBodyWithin is [ReadBody] for a body of at most so many bytes.
func ReadBodyWithin(r *http.Request, most int64) ([]byte, error) {
	if IsEncoded(r.Header) {
		return nil, ErrBodyEncoded
	}
	ctx := r.Context()
	s, counted := ctx.Value(stayKey{}).(*stay)
	if !counted {
		body, err := admission.ReadBody(r.Body, r.ContentLength, most, func(int64) error { return nil })
		return body, bodyError(err)
	}
	s.visit.Wait()
	_ = s.deadline(time.Now().Add(bodyTime)) // it fails only where there is no connection
	body, err := s.visit.ReadOf(ctx, r.Body, r.ContentLength, most)
	if err != nil {
		return nil, bodyError(err)
	}
	_ = s.deadline(time.Time{}) // reading on notices that the caller has gone
	if s.waits {
		return body, nil
	}
	return body, overloaded(s.visit.Work(ctx))
}

func bodyError(err error) error {
	_, full := errors.AsType[*admission.FullError](err)
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return nil
	case full:
		return overloaded(err)
	case tooLarge, errors.Is(err, admission.ErrTooLarge):
		return ErrBodyTooLarge
	default:
		return ErrBodyBroken
	}
}

// WriteJSON answers with body as compact JSON; text stays as it is, without
// escapes for HTML. It panics when body cannot be encoded.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	text := encode(body)
	writeHeader(w, status)
	_, _ = w.Write(text) // who has gone is not told
}

// RetryAfter says when to come back, in whole seconds of at least one.
func RetryAfter(w http.ResponseWriter, after time.Duration) {
	seconds := max(1, int64((after+time.Second-1)/time.Second))
	w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
}
