package door_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
)

func TestParseJSON(t *testing.T) {
	v, err := door.ParseJSON([]byte(` {"a": 1.50, "A": "x", "a": [true, null, {"b": -1e400}]} `))
	require.NoError(t, err)
	require.Equal(t, door.Object, v.Kind)
	last, ok := v.Get("a")
	require.True(t, ok)
	require.Equal(t, door.Array, last.Kind, "of repeated names the last counts")
	require.True(t, last.Elements[0].Bool)
	require.Equal(t, door.Null, last.Elements[1].Kind)
	number, ok := last.Elements[2].GetFold("B")
	require.True(t, ok)
	require.Equal(t, "-1e400", number.Text, "numbers keep their digits")
	_, ok = v.Get("b")
	require.False(t, ok)
	folded, _ := v.GetFold("A")
	require.Equal(t, door.Array, folded.Kind, "in any letter case the last counts too")

	v, err = door.ParseJSON([]byte(`"\\ud800 \ud83d\ude00 \\\" \u00fc"`))
	require.NoError(t, err)
	require.Equal(t, "\\ud800 \U0001F600 \\\" ü", v.Text)

	for text, want := range map[string]string{
		`"a\u0000"`: "a\x00", `"\ud800"`: "\x00", `"\udc00\ud800"`: "\x00\x00", `"\ud83d\u0041"`: "\x00A",
		`"\ud83d\ud83d\ude00"`: "\x00\U0001F600", `"\\ud800"`: `\ud800`,
	} {
		v, err = door.ParseJSON([]byte(text))
		require.NoError(t, err, "a field refuses it, not the parser: %s", text)
		require.Equal(t, want, v.Text, text)
		require.Equal(t, strings.Contains(want, "\x00"), door.HasNUL(v.Text))
	}
	for _, name := range []string{`\u0000`, `\uDFFF`} {
		v, err = door.ParseJSON([]byte(`{"a` + name + `":1}`))
		require.NoError(t, err)
		_, ok = v.Get("a")
		require.False(t, ok, "a name that nothing has")
	}

	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	_, err = door.ParseJSON([]byte(deep(32)))
	require.NoError(t, err)
	for name, body := range map[string]string{
		"nothing": "", "broken off": `{"a":`, "two values": `{} {}`, "trailing comma": `[1,]`, "comment": `{} // x`,
		"single quotes": `{'a':1}`,
		"leading zero":  `01`, "NaN": `NaN`, "too deep": deep(33), "deep as a bomb": deep(500_000),
		"half a pair and no end": `"\ud83d`, "NUL": "\x00", "not UTF-8": "\"\xff\"", "byte order mark": "\ufeff{}",
		"name without quotes": `{a:1}`,
	} {
		_, err := door.ParseJSON([]byte(body))
		require.ErrorIs(t, err, door.ErrMalformed, name)
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x",null,true]}`, `[]`, `"\ud800"`, `{"a":{"a":{"a":1}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := door.ParseJSON(body)
		if err != nil {
			require.ErrorIs(t, err, door.ErrMalformed)
			require.Equal(t, door.Value{}, v)
		}
	})
}

func TestReadBody(t *testing.T) {
	read := func(body string) error {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.ContentLength = -1
		_, err := door.ReadBody(r)
		return err
	}
	require.NoError(t, read(strings.Repeat("x", door.MaxBodyBytes)))
	require.ErrorIs(t, read(strings.Repeat("x", door.MaxBodyBytes+1)), door.ErrBodyTooLarge)
}

func TestHeaders(t *testing.T) {
	header := func(name string, values ...string) http.Header { return http.Header{name: values} }
	for _, sent := range []string{
		"application/json", "Application/JSON", "application/json;charset=UTF-8", "application/json; what ever",
	} {
		require.True(t, door.IsJSON(header("Content-Type", sent)), sent)
	}
	for _, sent := range []string{"text/json", "application/jsonp", "application", "x;application/json", ";"} {
		require.False(t, door.IsJSON(header("Content-Type", sent)), sent)
	}
	for want, sent := range map[bool][][]string{
		true:  {{"gzip"}, {"br"}, {"identity, gzip"}, {"identity", "GZIP"}, {"x"}},
		false: {{}, {""}, {"identity"}, {" Identity , identity"}},
	} {
		for _, values := range sent {
			require.Equal(t, want, door.IsEncoded(header("Content-Encoding", values...)), values)
		}
	}
	require.Equal(
		t, []string{"a", "", "b"}, door.BearerKeys(header("Authorization", "bearer  a", "Basic x", "BEARER", "Bearer b ")),
	)
}

func TestRetryAfter(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2",
	} {
		w := httptest.NewRecorder()
		door.RetryAfter(w, after)
		require.Equal(t, want, w.Header().Get("Retry-After"))
	}
}

func TestRouter(t *testing.T) {
	served := func(name string) func(http.ResponseWriter, *http.Request, door.Params) {
		return func(w http.ResponseWriter, _ *http.Request, p door.Params) {
			_, _ = w.Write([]byte(name + " " + p.Get("code")))
		}
	}
	router := &door.Router{
		Routes: []door.Route{
			{Method: "GET", Path: "/a/orders/{code}", Serve: served("read")},
			{Method: "POST", Path: "/a/orders", Serve: served("create")},
			{Method: "GET", Path: "/a/orders", Serve: served("list")},
		},
		FoldCase: true, TrailingSlash: true,
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			if e, ok := errors.AsType[*door.MethodError](err); ok {
				_, _ = w.Write([]byte("not " + e.Allow))
			} else if errors.Is(err, door.ErrNoRoute) {
				_, _ = w.Write([]byte("none"))
			}
		},
	}
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/a/orders/x", "read x"},
		{"GET", "/A/Orders/X", "read X"},
		{"GET", "/a/orders/x%2Fy%25", "read x/y%"},
		{"GET", "/a/orders/", "list "},
		{"HEAD", "/a/orders", "list "},
		{"POST", "/a/orders", "create "},
		{"PUT", "/a/orders", "not GET, POST"},
		{"DELETE", "/a/orders/x", "not GET"},
		{"GET", "/a/orders/x%00", "read x\uffff"},
		{"GET", "/a/orders/%ff", "read \uffff"},
		{"GET", "/a/ord%00ers/x", "none"},
		{"GET", "/a/orders//", "none"},
		{"GET", "//a/orders", "none"},
		{"GET", "/a/../a/orders", "none"},
		{"GET", "/", "none"},
	} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		require.Equal(t, test.want, w.Body.String(), "%s %s", test.method, test.path)
	}
}
