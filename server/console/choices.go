package console

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/contract"
)

// Choose is a field with choices that the page found out, and which of them it is now.
func (v *view) Choose(name, label, now string, choices []choice, options ...string) (*field, error) {
	f, err := v.Field(name, label, append(options, "value="+now)...)
	if err != nil {
		return nil, err
	}
	f.Choices = make([]choice, len(choices))
	for i, c := range choices {
		c.Chosen = c.Value == f.Value
		f.Choices[i] = c
	}
	return f, nil
}

// Ticked reports whether a box is ticked: as it was sent in a form that is shown again, else as it is now.
func (v *view) Ticked(name, value string, now bool) bool {
	if v.request.Method != http.MethodPost {
		return now
	}
	return slices.Contains(v.request.PostForm[name], value)
}

// formText is a text of several lines, with the line ends that the contract has and browsers do not send.
func formText(r *request, name string) string {
	return strings.TrimRight(strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n"), "\n")
}

// asMany is a list of as many entries as were wanted, for where it does not matter that there are more.
func asMany[T any](all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for one, err := range all {
			if errors.Is(err, contract.ErrMore) || !yield(one, err) {
				return
			}
		}
	}
}

// differing are those of the fields in which two messages of a kind differ.
func differing(one, other protoreflect.ProtoMessage, fields []string) (paths []string) {
	a, b := one.ProtoReflect(), other.ProtoReflect()
	for _, name := range fields {
		fd := a.Descriptor().Fields().ByName(protoreflect.Name(name))
		if a.Has(fd) != b.Has(fd) || !a.Get(fd).Equal(b.Get(fd)) {
			paths = append(paths, name)
		}
	}
	return paths
}

// dict is what a template gives to another one, by names.
func dict(namesAndValues ...any) (map[string]any, error) {
	all := make(map[string]any, len(namesAndValues)/2)
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		name, ok := namesAndValues[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", namesAndValues[i])
		}
		all[name] = namesAndValues[i+1]
	}
	return all, nil
}

// choicesOf are choices, each with its value and its label.
func choicesOf(valuesAndLabels ...string) (all []choice) {
	for i := 0; i+1 < len(valuesAndLabels); i += 2 {
		all = append(all, choice{Value: valuesAndLabels[i], Label: valuesAndLabels[i+1]})
	}
	return all
}

// numberOf is a number in an input, "" for none.
func numberOf(n int32) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// howMany is a number with what it counts.
func howMany(n any, one, many string) string {
	if text := fmt.Sprint(n); text != "1" {
		return text + " " + many
	}
	return "1 " + one
}
