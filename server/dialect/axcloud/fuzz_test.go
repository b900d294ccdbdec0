package axcloud

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"orderhub/server/door"
	"orderhub/server/order"
)

// Whatever is sent, the decoder refuses it with an answer of moderate size or
// understands it in a way that the rest of the door can rely on.
func FuzzCreateRequest(f *testing.F) {
	files, err := filepath.Glob("testdata/*_request*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := door.ParseJSON(text)
		if err != nil {
			return
		}
		request, err := readCreate(v)
		if err != nil {
			checkRefusal(t, text, err)
			return
		}
		if n := len(request.lines()); n == 0 || n > order.MaxLines {
			t.Errorf("%d lines", n)
		}
		for i := range request.lines() {
			l := &request.lines()[i]
			if l.Quantity < 1 || l.option() == "" || l.day() == nil || len(l.people()) == 0 ||
				int64(len(l.people())) > l.Quantity {
				t.Errorf("line %d is not whole", i)
			}
		}
		again := request.content()
		text, err = json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = door.ParseJSON(text); err != nil {
			t.Fatal(err)
		}
		if request, err = readCreate(v); err != nil {
			t.Fatalf("refused when sent again: %v", err)
		}
		if request.content() != again {
			t.Error("another content when sent again")
		}
	})
}

func checkRefusal(t *testing.T, request []byte, err error) {
	var fields fieldErrors
	if errors.As(err, &fields) {
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if most := 3*len(request) + 1000*maxReported; len(text) > most {
			t.Errorf("%d bytes of refusal for %d of request", len(text), len(request))
		}
		return
	}
	if !errors.Is(err, door.ErrMalformed) {
		t.Errorf("unexpected %v", err)
	}
}
