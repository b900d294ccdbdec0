package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// MaxBodyBytes bounds what a request at a partner's door may send.
const MaxBodyBytes = 1 << 20

// Why a body could not be read.
var (
	ErrBodyTooLarge = errors.New("the body is too large")
	ErrBodyBroken   = errors.New("the body could not be read to its end")
	ErrBodyEncoded  = errors.New("the body is compressed")
)

// ReadBody reads all of a request's body. Errors: ErrBodyEncoded, ErrBodyTooLarge,
// ErrBodyBroken.
func ReadBody(r *http.Request) ([]byte, error) {
	if IsEncoded(r.Header) {
		return nil, ErrBodyEncoded
	}
	if r.ContentLength > MaxBodyBytes {
		return nil, ErrBodyTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBodyBytes+1))
	var tooLarge *http.MaxBytesError
	switch {
	case len(body) > MaxBodyBytes, errors.As(err, &tooLarge):
		return nil, ErrBodyTooLarge
	case err != nil:
		return nil, ErrBodyBroken
	}
	return body, nil
}

// WriteJSON answers with body as compact JSON; text stays as it is, without
// escapes for HTML. It panics when body cannot be encoded.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		panic("door: answer that is no JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store") // goods and balances
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n"))) // who has gone is not told
}

// RetryAfter says when to come back, in whole seconds of at least one.
func RetryAfter(w http.ResponseWriter, after time.Duration) {
	seconds := max(1, int64((after+time.Second-1)/time.Second))
	w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
}
