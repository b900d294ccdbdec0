package door

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/http"
)

// heldBytes is how much of a list waits for its end: until then a failure is
// answered as any other.
const heldBytes = 1 << 20

// Items makes entries of a partner's list of the hub's values.
func Items[From any, To any](values iter.Seq2[*From, error], convert func(*From) To) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for value, err := range values {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(convert(value), nil) {
				return
			}
		}
	}
}

// WriteList answers 200 with the page, whose first list is empty, with the items
// in it. It holds little of a long list: what is ready goes to the client. When
// an item cannot be had then, the connection is cut, so that nobody takes half a
// list for a whole one; before, the error is returned and nothing was written.
func WriteList(w http.ResponseWriter, page any, items iter.Seq2[any, error]) error {
	before, after, _ := bytes.Cut(encode(page), []byte("[]"))
	list := listWriter{w: w}
	list.held.Write(append(before, '['))
	separator := ""
	for item, err := range items {
		if err != nil {
			return list.fail(err)
		}
		list.held.WriteString(separator)
		list.held.Write(encode(item))
		separator = ","
		if list.held.Len() >= heldBytes && !list.send() {
			return nil // who has gone is not told
		}
	}
	list.held.Write(append([]byte{']'}, after...))
	list.send()
	return nil
}

// listWriter holds what is not sent of a list.
type listWriter struct {
	w    http.ResponseWriter
	held bytes.Buffer
	sent bool
}

// send reports whether somebody still listens.
func (l *listWriter) send() bool {
	if !l.sent {
		writeHeader(l.w, http.StatusOK)
	}
	l.sent = true
	_, err := l.held.WriteTo(l.w)
	return err == nil
}

func (l *listWriter) fail(err error) error {
	if l.sent {
		panic(http.ErrAbortHandler)
	}
	return err
}

func encode(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("door: answer that is no JSON: " + err.Error())
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

func writeHeader(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store") // goods and balances
	w.WriteHeader(status)
}
