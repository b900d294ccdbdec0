package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// describing begins a description of the contract with the examples.
func describing(t *testing.T, shown string) *description {
	t.Helper()
	var asked pluginpb.CodeGeneratorRequest
	require.NoError(t, proto.Unmarshal(request(t), &asked))
	files, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: asked.GetProtoFile()})
	require.NoError(t, err)
	d, err := newDescription(files)
	require.NoError(t, err)
	d.document = object{"security": []any{object{"Key": []any{}}}, "components": object{"schemas": object{}}}
	d.shapes.made = at(d.document, "components", "schemas")
	d.examples = nil
	require.NoError(t, json.Unmarshal([]byte(shown), &d.examples))
	require.NoError(t, d.merge(generated))
	return d
}

const shown = `{"ThingService_Get": {"parameters": {"id": "7"}, "body": {"note": "a"}}}`

func finished(t *testing.T) object {
	t.Helper()
	document, err := describing(t, shown).finish()
	require.NoError(t, err)
	return parse(t, document)
}

// TestAnswers have every field but those that only callers set, and null for a message that is not there.
func TestAnswers(t *testing.T) {
	schemas := at(finished(t), "components", "schemas")
	requireJSON(t, `{"type": "object", "required": ["color", "id", "owner", "parent", "parts"], "properties": {
		"id": {"type": "string"},
		"parent": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}], "description": "Above it."},
		"parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
		"note": {"type": "string"},
		"color": {"$ref": "#/components/schemas/Color"},
		"owner": {"$ref": "#/components/schemas/Owner"}
	}}`, schemas["Thing"])
	requireJSON(t, `{"type": "string", "enum": ["COLOR_UNSPECIFIED"]}`, schemas["Color"])
}

// TestRequests have what callers may set; of a change nothing has to be given, but of what is within it.
func TestRequests(t *testing.T) {
	schemas := at(finished(t), "components", "schemas")
	properties := `{
		"parts": {"type": "array", "items": {"$ref": "#/components/schemas/ThingInput"}},
		"note": {"type": "string"}, "color": {"$ref": "#/components/schemas/Color"}, "secret": {"type": "string"},
		"owner": {"$ref": "#/components/schemas/OwnerInput"}
	}`
	requireJSON(t, `{"type": "object", "properties": `+properties+`}`, schemas["ThingChanges"])
	requireJSON(
		t, `{"type": "object", "required": ["owner", "secret"], "properties": `+properties+`}`, schemas["ThingInput"],
	)
	requireJSON(
		t, `{"type": "object", "required": ["fullName"], "properties": {"fullName": {"type": "string"}}}`,
		schemas["OwnerInput"],
	)
	require.NotContains(t, schemas, "OwnerChanges")
	require.Len(t, schemas, 6, "the schemas of both directions, and no others")
}

// TestOperations say how they are called, what they answer and how they fail.
func TestOperations(t *testing.T) {
	document := finished(t)
	requireJSON(t, `{
		"operationId": "ThingService_Get",
		"summary": "Changes a thing", "description": "Only what is given. And no more.\n\nMore.",
		"parameters": [{"name": "id", "required": true, "schema": {"type": "string"}, "example": "7"}],
		"requestBody": {"content": {"application/json": {
			"schema": {"$ref": "#/components/schemas/ThingChanges"}, "example": {"note": "a"}}}},
		"responses": {
			"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
			"4XX": {"$ref": "#/components/responses/Error"}, "5XX": {"$ref": "#/components/responses/Error"}
		}
	}`, at(document, "paths", "/things/{id}", "patch"))
	requireJSON(t, `[{"name": "ThingService"}]`, document["tags"])
}

// TestStreams answer line by line or as events, and open with a ticket too.
func TestStreams(t *testing.T) {
	document := finished(t)
	watch := at(document, "paths", "/things:watch", "get")
	requireJSON(t, `[{"Key": []}, {"Ticket": []}]`, watch["security"])
	requireJSON(t, `[{"Key": []}]`, document["security"])
	content := at(watch, "responses", "200", "content")
	requireJSON(t, `{"schema": {"type": "string"}}`, content["text/event-stream"])
	line := at(content, "application/json", "schema", "properties")
	requireJSON(t, `{"$ref": "#/components/schemas/Thing"}`, line["result"])
	require.Equal(t, "#/components/schemas/Error", at(line, "error")["$ref"])
}

// TestNull leaves the schema of what is there as it is.
func TestNull(t *testing.T) {
	moment, other := object{"type": "string", "format": "date-time"}, object{"$ref": reference + "A"}
	requireJSON(t, `{"type": ["string", "null"], "format": "date-time"}`, orNull(moment))
	requireJSON(t, `{"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}`, orNull(other))
}

func TestHeadline(t *testing.T) {
	for _, c := range []struct{ summary, description, wantSummary, wantDescription string }{
		{"Gets it.", "", "Gets it", ""},
		{"Gets\nit. Or not.", "", "Gets it", "Or not."},
		{"Gets it", "More.", "Gets it", "More."},
		{"Gets v1.2 of it. Then\nmore. ", "And more.", "Gets v1.2 of it", "Then more.\n\nAnd more."},
	} {
		operation := object{"summary": c.summary, "description": c.description}
		headline(operation)
		require.Equal(t, c.wantSummary, operation["summary"])
		require.Equal(t, c.wantDescription, operation["description"])
	}
}

// TestLinks say of an answer whose parameters it tells.
func TestLinks(t *testing.T) {
	d := describing(t, `{"ThingService_Get": {"body": {}, "parameters": {"other": 1}, "from": {
		"id": {"operation": "ThingService_Watch", "at": "/result/id"},
		"other": {"operation": "ThingService_Watch", "at": "/result/parent/id"}
	}}}`)
	_, err := d.finish()
	require.NoError(t, err)
	requireJSON(t, `{"Get": {"operationId": "ThingService_Get", "parameters": {
		"id": "$response.body#/result/id", "other": "$response.body#/result/parent/id"
	}}}`, at(d.paths, "/things:watch", "get", "responses", "200")["links"])
}

// TestMissingExamples are an error that names the operation: what the document shows has to work.
func TestMissingExamples(t *testing.T) {
	for name, c := range map[string]struct{ shown, want string }{
		"none":         {`{}`, "ThingService_Get: id: has a request or parameters and no example"},
		"no parameter": {`{"ThingService_Get": {"body": {}}}`, "ThingService_Get: id: has a request"},
		"no request":   {`{"ThingService_Get": {"parameters": {"id": "7"}}}`, "ThingService_Get: has a request"},
		"no operation": {`{"ThingService_Gone": {}, ` + shown[1:], "there is no operation ThingService_Gone"},
		"from nowhere": {`{"ThingService_Get": {"body": {}, "from": {"id": {"operation": "X"}}}}`, "no operation X"},
		"whole":        {shown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := describing(t, c.shown).finish()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestUnknownNames of the generator's are an error, and no schema of nothing.
func TestUnknownNames(t *testing.T) {
	d := describing(t, shown)
	_, err := d.shapes.shape(object{"type": "array", "items": object{"$ref": reference + "Gone"}}, answers)
	require.ErrorContains(t, err, "not found")
	at(d.paths, "/things:watch", "get")["operationId"] = "ThingService_Gone"
	_, err = d.finish()
	require.ErrorContains(t, err, "ThingService_Gone: ")
	require.Error(t, d.merge("{"))
}

// TestRequestsThatAreNone are told by the file that is wrong.
func TestRequestsThatAreNone(t *testing.T) {
	_, err := describe([]byte("\xff"), nil)
	require.Error(t, err)
	missing, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{ProtoFile: []*descriptorpb.FileDescriptorProto{
		{Name: proto.String("a.proto"), Dependency: []string{"b.proto"}},
	}})
	require.NoError(t, err)
	_, err = describe(missing, nil)
	require.ErrorContains(t, err, "b.proto")
	_, err = describe(request(t), []*pluginpb.CodeGeneratorResponse_File{
		{Name: proto.String("thing.json"), Content: proto.String("{")},
	})
	require.ErrorContains(t, err, "thing.json: ")
}
