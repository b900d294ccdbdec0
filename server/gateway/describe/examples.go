package main

import (
	_ "embed" // what is shown
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed examples.json
var examplesJSON []byte

// example is what an operation is shown with. It works when it is sent to a hub
// with the demo's data.
type example struct {
	Parameters object            `json:"parameters"` // values by name
	From       map[string]origin `json:"from"`       // parameters that only an answer tells
	Body       object            `json:"body"`       // the request
	shown      bool
}

// origin is where the value of a parameter is found.
type origin struct {
	Operation string `json:"operation"`
	At        string `json:"at"` // JSON pointer into its answer
}

// examples are those of all operations, by their id.
type examples map[string]*example

func readExamples() (e examples, err error) {
	if err = json.Unmarshal(examplesJSON, &e); err != nil {
		err = fmt.Errorf("examples.json: %w", err)
	}
	return e, err
}

var errNoExample = errors.New("has a request or parameters and no example in examples.json")

// show gives an operation its example.
func (e examples) show(operation object) error {
	sample := e[text(operation["operationId"])]
	if sample == nil {
		sample = &example{}
	}
	sample.shown = true
	for _, p := range list(operation["parameters"]) {
		parameter := p.(object)
		name := text(parameter["name"])
		if value, found := sample.Parameters[name]; found {
			parameter["example"] = value
		} else if _, found := sample.From[name]; !found && parameter["required"] == true {
			return fmt.Errorf("%s: %w", name, errNoExample)
		}
	}
	body := at(operation, "requestBody", "content", "application/json")
	if body == nil {
		return nil
	}
	if sample.Body == nil {
		return errNoExample
	}
	body["example"] = sample.Body
	return nil
}

// link says at the answers whose parameters they tell.
func (e examples) link(paths object) error {
	operations := make(map[string]object)
	for _, verbs := range paths {
		for _, operation := range verbs.(object) {
			operations[text(operation.(object)["operationId"])] = operation.(object)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e)) {
		if !e[id].shown {
			return fmt.Errorf("examples.json: there is no operation %s", id)
		}
		for name, from := range e[id].From {
			answer := at(operations[from.Operation], "responses", "200")
			if answer == nil {
				return fmt.Errorf("examples.json: %s: there is no operation %s", id, from.Operation)
			}
			addLink(answer, id, name, from.At)
		}
	}
	return nil
}

func addLink(answer object, id, parameter, pointer string) {
	if answer["links"] == nil {
		answer["links"] = object{}
	}
	_, short, _ := strings.Cut(id, "_")
	link := at(answer, "links", short)
	if link == nil {
		link = object{"operationId": id, "parameters": object{}}
		at(answer, "links")[short] = link
	}
	at(link, "parameters")[parameter] = "$response.body#" + pointer
}
