package main

import (
	_ "embed" // what is added
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

//go:embed document.json
var documentJSON []byte

// contractPackage is that of the contract's messages and services.
const contractPackage = "orderhub.v1."

// description is a document in the making.
type description struct {
	document object
	paths    object
	tags     []any
	examples examples
	shapes   *shapes
	types    *protoregistry.Files
}

func newDescription(types *protoregistry.Files) (*description, error) {
	d := &description{paths: object{}, types: types}
	if err := json.Unmarshal(documentJSON, &d.document); err != nil {
		return nil, fmt.Errorf("document.json: %w", err)
	}
	var err error
	if d.examples, err = readExamples(); err != nil {
		return nil, err
	}
	d.shapes = &shapes{generated: object{}, made: at(d.document, "components", "schemas"), types: types}
	return d, nil
}

// merge takes over the description of one service. Schemas are named as in the
// contract, without its package.
func (d *description) merge(service string) error {
	short := strings.NewReplacer(reference+contractPackage, reference, `"`+contractPackage, `"`).Replace(service)
	var part object
	if err := json.Unmarshal([]byte(short), &part); err != nil {
		return err
	}
	maps.Copy(d.shapes.generated, at(part, "components", "schemas"))
	maps.Copy(d.paths, at(part, "paths"))
	d.tags = append(d.tags, list(part["tags"])...)
	return nil
}

// finish describes every operation and writes the document.
func (d *description) finish() (string, error) {
	for _, path := range slices.Sorted(maps.Keys(d.paths)) {
		verbs := at(d.paths, path)
		for _, verb := range slices.Sorted(maps.Keys(verbs)) {
			operation := at(verbs, verb)
			if err := d.describe(verb, operation); err != nil {
				return "", fmt.Errorf("%s: %w", text(operation["operationId"]), err)
			}
		}
	}
	if err := d.examples.link(d.paths); err != nil {
		return "", err
	}
	d.document["paths"], d.document["tags"] = d.paths, d.tags
	document, err := json.MarshalIndent(d.document, "", "  ")
	return string(document) + "\n", err
}

func (d *description) describe(verb string, operation object) error {
	headline(operation)
	responses := at(operation, "responses")
	for _, failures := range []string{"4XX", "5XX"} {
		responses[failures] = object{"$ref": "#/components/responses/Error"}
	}
	answer := at(responses, "200", "content", "application/json")
	schema, err := d.shapes.shape(at(answer, "schema"), answers)
	if err != nil {
		return err
	}
	answer["schema"] = schema
	if err := d.describeStream(operation); err != nil {
		return err
	}
	if body := at(operation, "requestBody", "content", "application/json"); body != nil {
		direction := requests
		if verb == "patch" {
			direction = changes
		}
		if body["schema"], err = d.shapes.shape(at(body, "schema"), direction); err != nil {
			return err
		}
	}
	if err := d.describeParameters(operation); err != nil {
		return err
	}
	return d.examples.show(operation)
}

// describeParameters lets the schemas of parameters be found.
func (d *description) describeParameters(operation object) (err error) {
	for _, p := range list(operation["parameters"]) {
		parameter := p.(object)
		if parameter["schema"], err = d.shapes.shape(at(parameter, "schema"), requests); err != nil {
			return err
		}
	}
	return nil
}

// describeStream says what an answer of many messages looks like, and what opens with a ticket too.
func (d *description) describeStream(operation object) error {
	name := contractPackage + strings.Replace(text(operation["operationId"]), "_", ".", 1)
	found, err := d.types.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return err
	}
	if !found.(protoreflect.MethodDescriptor).IsStreamingServer() {
		return nil
	}
	content := at(operation, "responses", "200", "content")
	content["application/json"] = object{"schema": object{
		"type":        "object",
		"description": "One line of the answer; there is one for each message.",
		"properties": object{
			"result": at(content, "application/json")["schema"],
			"error":  object{"$ref": reference + "Error", "description": "Why the stream ended; in its last line."},
		},
	}}
	forms := []string{"text/event-stream"}
	switch operation["operationId"] {
	case "AccountService_GetStatement": // is a document
		delete(content, "application/json")
		forms = []string{"text/html", "text/plain"}
	case "ExportService_Export":
		forms = []string{"text/csv", "application/x-ndjson"}
	default:
		operation["security"] = append(slices.Clone(list(d.document["security"])), object{"Ticket": []any{}})
	}
	for _, form := range forms {
		content[form] = object{"schema": object{"type": "string"}}
	}
	return nil
}

// headline makes the first sentence the summary, and leaves the rest to the
// description.
func headline(operation object) {
	first, more, _ := strings.Cut(strings.ReplaceAll(text(operation["summary"]), "\n", " "), ". ")
	operation["summary"] = strings.TrimSuffix(first, ".")
	if rest := strings.TrimSpace(strings.TrimSpace(more) + "\n\n" + text(operation["description"])); rest != "" {
		operation["description"] = rest
	}
}
