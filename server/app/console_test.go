package app_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

// consolePage gets a page of the console, or posts a form where there is one, as a browser does.
func consolePage(t *testing.T, client *http.Client, address string, form url.Values) (status int, body string) {
	t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

func TestConsole(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			cfg.Console, cfg.SecondFactorOptional = true, true
			h := startDemo(t, cfg)
			jar, err := cookiejar.New(nil)
			require.NoError(t, err)
			browser := &http.Client{Jar: jar}
			for _, o := range demo.Operators() {
				status, body := consolePage(
					t, browser, h.base+"/console/sign-in", url.Values{"name": {o.Name}, "password": {o.Password}},
				)
				require.Equal(t, http.StatusOK, status, body)
				require.Contains(t, body, ">"+o.Name+"</a>")
				require.Contains(t, body, "What needs a person")
			}
		})
	}
}

func TestNoConsole(t *testing.T) {
	h := start(t, sqliteConfig(t))
	for _, path := range []string{"/console", "/console/sign-in", "/console/assets/console.css"} {
		status, _ := consolePage(t, http.DefaultClient, h.base+path, nil)
		require.Equal(t, http.StatusNotFound, status, path)
	}
}
