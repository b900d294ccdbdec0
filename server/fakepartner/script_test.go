package fakepartner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fakepartner"
)

// What is wrong with a script is said in words for people.
func TestParseScriptSpeaksPlainly(t *testing.T) {
	for text, want := range map[string]string{
		`{"fault": []}`:       `script: "fault" is not a known name`,
		`{"\u0000fault": []}`: `script: "�fault" is not a known name`,
		`{"seed": "x"}`:       `script: seed has a value of the wrong type`,
		`[]`:                  `script: must be one JSON object`,
		`{} {}`:               `script: must be one JSON object and nothing after it`,
		`{"faults": [{"on": "all"}]}`: `script: faults[0]: on must be place, inquire, cancel, list, account, sign_in, ` +
			`check, statement or any`,
	} {
		_, err := fakepartner.ParseScript([]byte(text))
		require.EqualError(t, err, want, text)
	}
}
