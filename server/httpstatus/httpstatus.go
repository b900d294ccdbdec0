// Package httpstatus knows what a handler has answered.
package httpstatus

import "net/http"

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
