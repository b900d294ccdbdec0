package outbound_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/outbound"
)

// What is wrong with settings is said with the operator's own names, not with Go's.
func TestWordsAboutSettings(t *testing.T) {
	type Limits struct {
		Most int `json:"most"`
	}
	type settings struct {
		Limits

		BaseURL string `json:"baseUrl"`
		Buyer   struct {
			Phone string `json:"phone"`
		} `json:"buyer"`
	}
	var fine settings
	require.NoError(t, outbound.DecodeSettings([]byte(` {"baseUrl":"https://a","most":3,"buyer":{"phone":"1"}} `), &fine))
	require.Equal(t, "https://a", fine.BaseURL)
	for text, want := range map[string]string{
		`{"baseUrl":5}`:         "baseUrl has a value of the wrong type",
		`{"buyer":{"phone":1}}`: "buyer.phone has a value of the wrong type",
		`{"most":"many"}`:       "most has a value of the wrong type",
		`{"baseURI":"x"}`:       `"baseURI" is not a known name`,
		`{"a\u001bb":"x"}`:      "\"a\uFFFDb\" is not a known name",
		`[]`:                    "must be one JSON object",
		`"x"`:                   "must be one JSON object",
		`{"baseUrl":"x"`:        "must be one JSON object",
		``:                      "must be one JSON object",
		`{} {}`:                 "must be one JSON object and nothing after it",
	} {
		require.EqualError(t, outbound.DecodeSettings([]byte(text), &settings{}), want, text)
	}
}
