// Package httpstatus knows what a handler has answered, and what answers of others say beside their status.
package httpstatus

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter is how long a header Retry-After asks to wait, in seconds, of which a day is the most, or until a date; 0
// for neither.
func RetryAfter(value string, now time.Time) time.Duration {
	const most = 24 * time.Hour
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(most/time.Second) {
			return most // so many digits are many seconds
		}
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// Recorder remembers the status of an answer.
type Recorder struct {
	http.ResponseWriter
	Status int // 0 before the answer begins
}

// WriteHeader begins the answer.
func (w *Recorder) WriteHeader(status int) {
	if w.Status == 0 {
		w.Status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write goes on with the answer.
func (w *Recorder) Write(b []byte) (int, error) {
	if w.Status == 0 {
		w.Status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *Recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
