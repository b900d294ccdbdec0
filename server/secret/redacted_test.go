package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"orderhub/server/secret"
)

func TestRedactedIsNeverShown(t *testing.T) {
	const password = secret.Redacted("hunter2")
	type login struct{ Password secret.Redacted }
	type config struct {
		Name     string
		Password secret.Redacted
		Keys     []secret.Redacted
		ByName   map[string]secret.Redacted
		Pointer  *secret.Redacted
	}
	pointer := password
	value := config{"name", password, []secret.Redacted{password}, map[string]secret.Redacted{"a": password}, &pointer}

	shown := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20s", "%T %v"} {
		for name, printed := range map[string]any{
			"value": password, "struct": value, "slice": value.Keys, "map": value.ByName, "any": any(password),
		} {
			shown[verb+" of "+name] = fmt.Sprintf(verb, printed)
		}
	}
	shown["Sprint"] = fmt.Sprint(password, value)
	shown["error"] = fmt.Errorf("login with %s: %w", password, errors.New("refused")).Error()
	shown["String"] = password.String()
	for name, encode := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal} {
		encoded, err := encode(login{Password: password})
		if err != nil || !bytes.Contains(encoded, []byte("[redacted]")) {
			t.Errorf("%s: %s, %v", name, encoded, err)
		}
		shown[name] = string(encoded)
	}
	shown["slog text"] = logged(func(w *bytes.Buffer) slog.Handler { return slog.NewTextHandler(w, nil) }, password, value)
	shown["slog json"] = logged(func(w *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(w, nil) }, password, value)

	hexed := fmt.Sprintf("%x", "hunter2")
	for name, text := range shown {
		if strings.Contains(text, "hunter2") || strings.Contains(strings.ToLower(text), hexed) {
			t.Errorf("%s shows it: %s", name, text)
		}
	}
	if password.Reveal() != "hunter2" {
		t.Error("Reveal does not give the text")
	}
}

func logged(handler func(*bytes.Buffer) slog.Handler, values ...any) string {
	var out bytes.Buffer
	logger := slog.New(handler(&out))
	for _, value := range values {
		logger.Info("configured", "value", value)
	}
	return out.String()
}

func TestRedactedReadsAsText(t *testing.T) {
	var config struct{ Password secret.Redacted }
	if err := json.Unmarshal([]byte(`{"Password":"hunter2"}`), &config); err != nil ||
		config.Password.Reveal() != "hunter2" {
		t.Errorf("read %q, %v", config.Password.Reveal(), err)
	}
}

func TestRedactedShowsThatItIsEmpty(t *testing.T) {
	encoded, err := json.Marshal(secret.Redacted(""))
	if err != nil || string(encoded) != `""` || fmt.Sprint(secret.Redacted("")) != "" {
		t.Errorf("got %s, %v", encoded, err)
	}
}
