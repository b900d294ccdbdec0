package door_test

import (
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
)

type listed struct {
	Data  []string `json:"data"`
	Total int      `json:"total"`
}

var errAway = errors.New("the database is away")

// texts are count texts of so many bytes, and an error after them if there is one.
func texts(count, size int, err error) iter.Seq2[*string, error] {
	return func(yield func(*string, error) bool) {
		for range count {
			text := strings.Repeat("<", size)
			if !yield(&text, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func value(text *string) string { return *text }

// A list in parts is what the whole would be.
func TestWriteListIsWhole(t *testing.T) {
	for _, count := range []int{0, 1, 2, 5000} {
		whole := listed{Data: []string{}, Total: count}
		for range count {
			whole.Data = append(whole.Data, strings.Repeat("<", 700))
		}
		want, got := httptest.NewRecorder(), httptest.NewRecorder()
		door.WriteJSON(want, http.StatusOK, whole)
		page := listed{Data: []string{}, Total: count}
		require.NoError(t, door.WriteList(got, page, door.Items(texts(count, 700, nil), value)))
		require.Equal(t, want.Body.String(), got.Body.String())
		require.Equal(t, want.Header(), got.Header())
	}
}

func TestWriteListThatFails(t *testing.T) {
	early := httptest.NewRecorder()
	require.ErrorIs(t, door.WriteList(early, listed{Data: []string{}}, door.Items(texts(5, 10, errAway), value)), errAway)
	require.Empty(t, early.Body.String())
	require.Empty(t, early.Header())

	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = door.WriteList(w, listed{Data: []string{}}, door.Items(texts(5000, 700, errAway), value))
	}))
	defer hub.Close()
	resp, err := http.Get(hub.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	require.Error(t, err, "half a list does not look whole")
}
