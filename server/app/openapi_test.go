package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

// The API's description is true: it is OpenAPI 3.1, each example works when it is
// sent, and each answer is as described.
func TestDescription(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.AllowLocalTargets = true
	cfg.ApproveAbove = []string{"1000000"} // what no other example comes to
	h := startDemo(t, cfg)
	d := readDescription(t, h)
	require.Equal(t, "3.1.0", d.OpenAPI)
	openAPI, err := d.schemas.Compile("testdata/openapi-3.1-schema.json")
	require.NoError(t, err)
	require.NoError(t, openAPI.Validate(decode(t, d.text)))

	e := &examples{t: t, h: h, description: d, answers: make(map[string]any)}
	for _, o := range d.inOrder() {
		e.try(o)
	}
	assert.Greater(t, len(e.answers), 60)
	e.tryError()
}

// tryDocument asks for what is no JSON, which has a form that the description names.
func (e *examples) tryDocument(o *operation, key, path string) {
	request, err := http.NewRequestWithContext(e.t.Context(), o.verb, e.h.base+path, http.NoBody)
	require.NoError(e.t, err)
	request.Header.Set("X-Api-Key", key)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(e.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(e.t, err)
	assert.Equal(e.t, http.StatusOK, answer.StatusCode, "%s: %s", o.ID, text)
	form, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	assert.Contains(e.t, o.Responses["200"].Content, form, o.ID)
	assert.NotEmpty(e.t, text, o.ID)
}

// An error is answered as the description shows it, but for the request's id.
func (e *examples) tryError() {
	var answered, described map[string]any
	status := e.h.call(http.MethodPost, demo.MerchantKey, "/hub/v1/orders", newOrder("NO_SUCH_PRODUCT", 1), &answered)
	require.Equal(e.t, http.StatusNotFound, status)
	failure := e.description.Components.Responses.Error.Content[inJSON]
	require.NoError(e.t, json.Unmarshal(failure.Example, &described))
	answered["requestId"] = described["requestId"]
	require.Equal(e.t, described, answered)
	for _, path := range []string{"/hub/v1/orders/none", "/hub/v1/attempts/1", "/hub/v1/orders?pageSize=-1"} {
		status, text := e.send(http.MethodGet, demo.MerchantKey, path, nil)
		require.Contains(e.t, []int{400, 403, 404}, status)
		require.NoError(e.t, e.description.check(e.t, text, "components", "schemas", "Error"), path)
	}
}

// A request has nothing that only the hub sets, and an answer nothing that only
// callers do.
func TestDescribedDirections(t *testing.T) {
	d := readDescription(t, start(t, sqliteConfig(t)))
	for name, absent := range map[string][]string{
		"OrderInput":     {"orderNumber", "status", "totalAmount", "createTime"},
		"OrderLineInput": {"goods", "status", "unitPrice"},
		"Order":          {"expectedTotalAmount"}, "MerchantChanges": {"id", "status"}, "Provider": {"credentials"},
	} {
		schema, found := d.Components.Schemas[name]
		require.True(t, found, name)
		for _, field := range absent {
			require.NotContains(t, schema.Properties, field, name)
		}
	}
	require.ElementsMatch(t, []string{"referenceId", "lines"}, d.Components.Schemas["OrderInput"].Required)
	require.Empty(t, d.Components.Schemas["MerchantChanges"].Required)
	require.Contains(t, d.Components.Schemas["Order"].Required, "orderNumber")
	require.NotContains(t, string(d.text), "google.rpc")
	for _, o := range d.operations {
		for _, failures := range []string{"4XX", "5XX"} {
			require.Equal(t, "#/components/responses/Error", o.Responses[failures].Ref, o.ID)
		}
	}
}

type (
	// description is what the tests read of the document.
	description struct {
		text       []byte
		schemas    *jsonschema.Compiler
		operations []*operation

		OpenAPI    string                           `json:"openapi"`
		Paths      map[string]map[string]*operation `json:"paths"`
		Components struct {
			Schemas   map[string]describedSchema `json:"schemas"`
			Responses struct {
				Error describedBody `json:"Error"`
			} `json:"responses"`
		} `json:"components"`
	}
	describedSchema struct {
		Properties map[string]any `json:"properties"`
		Required   []string       `json:"required"`
	}
	describedBody struct {
		Ref     string                      `json:"$ref"`
		Content map[string]describedContent `json:"content"`
		Links   map[string]describedLink    `json:"links"`
	}
	describedLink struct {
		OperationID string            `json:"operationId"`
		Parameters  map[string]string `json:"parameters"`
	}
	describedContent struct {
		Example json.RawMessage `json:"example"`
	}
	operation struct {
		verb, path string
		links      map[string]link // by parameter

		ID         string `json:"operationId"`
		Parameters []struct {
			Name     string `json:"name"`
			In       string `json:"in"`
			Required bool   `json:"required"`
			Example  any    `json:"example"`
		} `json:"parameters"`
		RequestBody describedBody            `json:"requestBody"`
		Responses   map[string]describedBody `json:"responses"`
	}
	// link is where the value of a parameter is found in an answer.
	link struct {
		from    *operation
		pointer string
	}
)

func readDescription(t *testing.T, h *hub) *description {
	_, text := h.raw(t, http.MethodGet, "/openapi.json", "")
	d := &description{text: []byte(text)}
	require.NoError(t, json.Unmarshal(d.text, d))
	d.schemas = jsonschema.NewCompiler()
	d.schemas.AssertFormat()
	require.NoError(t, d.schemas.AddResource(documentURL, decode(t, d.text)))
	byID := make(map[string]*operation)
	for path, verbs := range d.Paths {
		for verb, o := range verbs {
			o.verb, o.path, o.links = strings.ToUpper(verb), path, make(map[string]link)
			byID[o.ID] = o
			d.operations = append(d.operations, o)
		}
	}
	for _, o := range d.operations {
		for _, l := range o.Responses["200"].Links {
			for parameter, expression := range l.Parameters {
				pointer, isPointer := strings.CutPrefix(expression, "$response.body#")
				require.True(t, isPointer, expression)
				byID[l.OperationID].links[parameter] = link{o, pointer}
			}
		}
	}
	return d
}

// documentURL is what the document's own references begin with.
const documentURL = "http://hub/openapi.json"

// check compares a value with the schema that is somewhere in the document.
func (d *description) check(t *testing.T, value []byte, schema ...string) error {
	t.Helper()
	location := documentURL + "#"
	for _, key := range schema {
		location += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
	}
	compiled, err := d.schemas.Compile(location)
	require.NoError(t, err)
	return compiled.Validate(decode(t, value))
}

// decode reads JSON as the validator wants it.
func decode(t *testing.T, text []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err, string(text))
	return value
}

// rank puts first what others are made of, and last what ends it.
func (o *operation) rank() int {
	_, verb, _ := strings.Cut(o.path, "}:")
	if o.verb == http.MethodDelete || slices.Contains([]string{"revoke", "archive", "void", "withdraw"}, verb) {
		return 3
	}
	for _, l := range o.links {
		if l.from.verb == http.MethodGet {
			return 2
		}
		return 1
	}
	return 0
}

func (d *description) inOrder() []*operation {
	return slices.SortedFunc(slices.Values(d.operations), func(a, b *operation) int {
		if a.rank() != b.rank() {
			return a.rank() - b.rank()
		}
		return strings.Compare(a.ID, b.ID)
	})
}
