package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// contract has a message of every kind of field, and a service with a call and a stream.
const contract = `
	name: "thing.proto" package: "orderhub.v1" syntax: "proto3"
	message_type {
		name: "Thing"
		field { name: "id" json_name: "id" number: 1 type: TYPE_INT64 }
		field { name: "parent" json_name: "parent" number: 2 type: TYPE_MESSAGE type_name: ".orderhub.v1.Thing" }
		field { name: "parts" json_name: "parts" number: 3 label: LABEL_REPEATED type: TYPE_MESSAGE
			type_name: ".orderhub.v1.Thing" }
		field { name: "note" json_name: "note" number: 4 type: TYPE_STRING proto3_optional: true oneof_index: 0 }
		field { name: "color" json_name: "color" number: 5 type: TYPE_ENUM type_name: ".orderhub.v1.Color" }
		field { name: "secret" json_name: "secret" number: 6 type: TYPE_STRING }
		field { name: "owner" json_name: "owner" number: 7 type: TYPE_MESSAGE type_name: ".orderhub.v1.Owner" }
		oneof_decl { name: "_note" }
	}
	message_type { name: "Owner" field { name: "full_name" json_name: "fullName" number: 1 type: TYPE_STRING } }
	enum_type { name: "Color" value { name: "COLOR_UNSPECIFIED" number: 0 } }
	service {
		name: "ThingService"
		method { name: "Get" input_type: ".orderhub.v1.Thing" output_type: ".orderhub.v1.Thing" }
		method { name: "Watch" input_type: ".orderhub.v1.Thing" output_type: ".orderhub.v1.Thing" server_streaming: true }
	}`

// generated is what the generator says of the service; ids and links to schemas have the contract's package.
const generated = `{
	"tags": [{"name": "ThingService"}],
	"paths": {
		"/things/{id}": {
			"patch": {
				"operationId": "ThingService_Get",
				"summary": "Changes a thing.\nOnly what is given. And no more.", "description": "More.",
				"parameters": [{"name": "id", "required": true, "schema": {"type": "string"}}],
				"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/orderhub.v1.Thing"}}}},
				"responses": {"200": {"content": {"application/json": {"schema": {
					"$ref": "#/components/schemas/orderhub.v1.Thing"}}}}}
			}
		},
		"/things:watch": {
			"get": {
				"operationId": "ThingService_Watch", "summary": "Watches",
				"responses": {"200": {"content": {"application/json": {"schema": {
					"$ref": "#/components/schemas/orderhub.v1.Thing"}}}}}
			}
		}
	},
	"components": {"schemas": {
		"orderhub.v1.Thing": {"type": "object", "required": ["id", "owner", "secret"], "properties": {
			"id": {"type": "string", "readOnly": true},
			"parent": {
				"allOf": [{"$ref": "#/components/schemas/orderhub.v1.Thing"}], "description": "Above it.", "readOnly": true
			},
			"parts": {"type": "array", "items": {"$ref": "#/components/schemas/orderhub.v1.Thing"}},
			"note": {"type": "string"},
			"color": {"allOf": [{"$ref": "#/components/schemas/orderhub.v1.Color"}]},
			"secret": {"type": "string", "writeOnly": true},
			"owner": {"$ref": "#/components/schemas/orderhub.v1.Owner"}
		}},
		"orderhub.v1.Owner": {"type": "object", "required": ["fullName"], "properties": {"fullName": {"type": "string"}}},
		"orderhub.v1.Color": {"type": "string", "enum": ["COLOR_UNSPECIFIED"]}
	}}
}`

// request is what buf asks the plugin.
func request(t *testing.T) []byte {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{}
	require.NoError(t, prototext.Unmarshal([]byte(contract), file))
	raw, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{ProtoFile: []*descriptorpb.FileDescriptorProto{file}})
	require.NoError(t, err)
	return raw
}

func parse(t *testing.T, text string) object {
	t.Helper()
	var o object
	require.NoError(t, json.Unmarshal([]byte(text), &o))
	return o
}

// requireJSON compares as JSON.
func requireJSON(t *testing.T, want string, got any) {
	t.Helper()
	text, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, want, string(text))
}
