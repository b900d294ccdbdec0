package gateway

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func TestBodyFaults(t *testing.T) {
	order := orderhubv1.File_orderhub_v1_order_service_proto.Messages().ByName("Order")
	provider := orderhubv1.File_orderhub_v1_admin_service_proto.Messages().ByName("Provider")
	require.NotNil(t, order)
	require.NotNil(t, provider)
	tests := []struct{ name, body, field, message string }{
		{"empty", ` `, "", ""},
		{
			"good", `{"referenceId": "a", "lines": [{"sku": "x", "quantity": 1}], "metadata": {"a": "b"}}`,
			"", "",
		},
		{"good time", `{"createTime": "2030-01-31T12:00:00Z"}`, "", ""},
		{"nulls", `{"referenceId": null, "lines": null, "metadata": null, "createTime": null}`, "", ""},
		{"enum by number", `{"status": 1}`, "", ""},
		{"number in text", `{"lines": [{"quantity": "2"}]}`, "", ""},
		{"array", `[]`, "", "the body must be one JSON object"},
		{"null", `null`, "", "the body must be one JSON object"},
		{"cut off", `{"referenceId": `, "", "the body is not valid JSON at line 1, column 16"},
		{"two documents", `{} {}`, "", "the body is not valid JSON at line 1, column 4"},
		{"place of bad syntax", "{\n \"é\": x}", "", "the body is not valid JSON at line 2, column 7"},
		{"unknown field", `{"lines": [{}, {"sku": "}\"]", "quantty": 1}]}`, "lines[1].quantty", "is not a known field"},
		{"strange key", `{"b c": true}`, `["b c"]`, "is not a known field"},
		{"NUL and controls in a key", `{"\u0000\u001b[31m\u200b": 1}`, `["��[31m�"]`, "is not a known field"},
		{
			"long strange key", `{"` + strings.Repeat("é", 300) + `": 1}`,
			`["` + strings.Repeat("é", 64) + `…"]`, "is not a known field",
		},
		{
			"long key", `{"` + strings.Repeat("k", 300) + `": 1}`,
			strings.Repeat("k", 200) + "…", "is not a known field",
		},
		{"field twice", `{"referenceId": "a", "reference_id": "b"}`, "reference_id", "is given twice"},
		{"map key twice", `{"metadata": {"a": "1", "a": "2"}}`, "metadata.a", "is given twice"},
		{"text for list", `{"lines": "x"}`, "lines", "has a value of the wrong type"},
		{"null in a list", `{"lines": [null]}`, "lines[0]", "has a value of the wrong type"},
		{"text for message", `{"lines": ["x"]}`, "lines[0]", "has a value of the wrong type"},
		{"number for text", `{"referenceId": 5}`, "referenceId", "must be a string"},
		{"number in a map of texts", `{"metadata": {"a": 1}}`, "metadata.a", "must be a string"},
		{
			"text for number", `{"lines": [{"quantity": "many"}]}`,
			"lines[0].quantity", "must be a whole number of at most 32 bits",
		},
		{
			"huge number", `{"lines": [{"quantity": 1e999999999}]}`,
			"lines[0].quantity", "must be a whole number of at most 32 bits",
		},
		{
			"object for number", `{"lines": [{"quantity": {"a": 1}}]}`,
			"lines[0].quantity", "must be a whole number of at most 32 bits",
		},
		{"unknown enum", `{"status": "GREAT"}`, "status", "must be ORDER_STATUS_PENDING, " +
			"ORDER_STATUS_PROCESSING, ORDER_STATUS_COMPLETED, ORDER_STATUS_FAILED or ORDER_STATUS_CANCELLED"},
		{"no time", `{"createTime": "yesterday"}`, "createTime", "must be a time such as 2030-01-31T12:00:00Z"},
		{
			"time too early", `{"createTime": "0000-01-31T12:00:00Z"}`,
			"createTime", "must be a time from the year 1 to 9999",
		},
		{"invalid UTF-8", "{\"referenceId\": \"\xff\"}", "referenceId", "must be valid UTF-8"},
		{"invalid UTF-8 in a name", "{\"a\xff\": 1}", `["a�"]`, "must be valid UTF-8"},
		{"half a character", `{"a\ud800": "x"}`, `["a�"]`, "is not a known field"},
		{
			"too many values", `{"lines": [` + strings.Repeat("{},", maxValues) + `{}]}`,
			"", "the body has more than 20000 values",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expectFault(t, bodyFault([]byte(tt.body), order), tt.field, tt.message)
		})
	}
	for _, tt := range []struct{ name, body, field, message string }{
		{"free", `{"settings": {"a": [1, {"b": null}], "c": "d"}}`, "", ""},
		{"no object", `{"settings": []}`, "settings", "has a value of the wrong type"},
		{"twice in free", `{"settings": {"a": [1, {"b": 1, "b": 2}]}}`, "settings.a[1].b", "is given twice"},
		{"invalid UTF-8 in free", "{\"settings\": {\"a\": [\"\xff\"]}}", "settings.a[0]", "must be valid UTF-8"},
		{
			"too deep", `{"settings": {"a": ` + strings.Repeat("[", 10_100) + strings.Repeat("]", 10_100) + `}}`,
			"", "the body is nested too deeply or not of the expected form",
		},
		{"no duration", `{"timeout": "soon"}`, "timeout", `must be a duration such as "10s"`},
		{"long duration", `{"timeout": "315576000001s"}`, "timeout", "must be a shorter duration"},
		{
			"inside a message", `{"rateLimit": {"burst": true}}`,
			"rateLimit.burst", "must be a whole number of at most 32 bits",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expectFault(t, bodyFault([]byte(tt.body), provider), tt.field, tt.message)
		})
	}
}

// No request has a fraction yet: a kind of field of which nothing else is said is no reason to panic.
func TestBodyFaultsOfFractions(t *testing.T) {
	stock := orderhubv1.File_orderhub_v1_catalog_service_proto.Messages().ByName("Stock")
	require.NotNil(t, stock)
	for body, want := range map[string]string{
		`{"soldPerDay": 1.5}`: "", `{"soldPerDay": {}}`: "has a value of the wrong type",
		`{"soldPerDay": "many"}`: "has a value of the wrong type",
	} {
		expectFault(t, bodyFault([]byte(body), stock), "soldPerDay", want)
	}
}

func expectFault(t *testing.T, found *fieldError, field, message string) {
	t.Helper()
	if message == "" {
		assert.Nil(t, found)
		return
	}
	require.NotNil(t, found)
	assert.Equal(t, fieldError{field, message}, *found)
}

func TestPaths(t *testing.T) {
	assert.Equal(t, "a", memberPath("", "a"))
	assert.Equal(t, "a.b[1].c", memberPath(elementPath(memberPath("a", "b"), 1), "c"))
	assert.Equal(t, `["é"]`, memberPath("", "é"))
	long := memberPath("", strings.Repeat("k", 300))
	assert.Equal(t, strings.Repeat("k", 200)+"…", long)
	assert.Equal(t, long, memberPath(long, "more"))
}
