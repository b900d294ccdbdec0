package catalog_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
)

func text(identifier string) catalog.Field { return catalog.Field{Identifier: identifier} }

func options(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	return list
}

// TestFieldRules has what products ask of customers.
func TestFieldRules(t *testing.T) {
	for name, c := range map[string]struct {
		fields []catalog.Field
		bad    []string
	}{
		"none":          {nil, nil},
		"no identifier": {[]catalog.Field{text("")}, []string{"fields[0].identifier"}},
		"longest":       {[]catalog.Field{{Identifier: strings.Repeat("ü", 64), Title: strings.Repeat("ü", 200)}}, nil},
		"long": {
			[]catalog.Field{{Identifier: strings.Repeat("ü", 65), Title: strings.Repeat("ü", 201)}},
			[]string{"fields[0].identifier", "fields[0].title"},
		},
		"invisible": {[]catalog.Field{text("id\u200b")}, []string{"fields[0].identifier"}},
		"same identifier": {
			[]catalog.Field{text("UserId"), text("zone"), text("USERID")}, []string{"fields[2].identifier"},
		},
		"same but for the form of a letter": {
			[]catalog.Field{text("sınıf"), text("ſınıf"), text("λόγος"), text("ΛΌΓΟΣ")},
			[]string{"fields[1].identifier", "fields[3].identifier"},
		},
		"Turkish letters i are two": {[]catalog.Field{text("ı"), text("i"), text("İ")}, nil},
		"numbers": {
			[]catalog.Field{{ID: 3, Identifier: "a"}, {ID: math.MaxInt32, Identifier: "b"}, text("c")},
			[]string{"fields[2].id"}, // it would be the third
		},
		"numbers out of bounds": {
			[]catalog.Field{{ID: -1, Identifier: "a"}, {ID: math.MaxInt32 + 1, Identifier: "b"}},
			[]string{"fields[0].id", "fields[1].id"},
		},
		"longest value": {[]catalog.Field{{Identifier: "a", MinLength: 1000, MaxLength: 1000}}, nil},
		"long values": {
			[]catalog.Field{{Identifier: "a", MinLength: 1001}, {Identifier: "b", MaxLength: 1001}},
			[]string{"fields[0].min_length", "fields[1].max_length"},
		},
		"negative lengths": {
			[]catalog.Field{{Identifier: "a", MinLength: -1}, {Identifier: "b", MaxLength: -1}},
			[]string{"fields[0].min_length", "fields[1].max_length"},
		},
		"no bound above": {[]catalog.Field{{Identifier: "a", MinLength: 5}}, nil},
		"most below least": {
			[]catalog.Field{{Identifier: "a", MinLength: 5, MaxLength: 4}}, []string{"fields[0].max_length"},
		},
		"made-up type":        {[]catalog.Field{{Identifier: "a", Type: "date"}}, []string{"fields[0].type"}},
		"select from nothing": {[]catalog.Field{{Identifier: "a", Type: "select"}}, []string{"fields[0].options"}},
		"options of a text":   {[]catalog.Field{{Identifier: "a", Options: options(1)}}, []string{"fields[0].options"}},
		"most options":        {[]catalog.Field{{Identifier: "a", Type: "select", Options: options(500)}}, nil},
		"many options": {
			[]catalog.Field{{Identifier: "a", Type: "select", Options: options(501)}}, []string{"fields[0].options"},
		},
		"bad options": {
			[]catalog.Field{{Identifier: "a", Type: "select", Options: []string{"x", "X", "x", "", "x"}}},
			[]string{"fields[0].options[2]", "fields[0].options[3]", "fields[0].options[4]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := whole()
			p.Fields = c.fields
			requireFields(t, c.bad, p.Normalize())
		})
	}
}

// TestManyFields stops at the first that is one too many.
func TestManyFields(t *testing.T) {
	p := whole()
	for i := range 50 {
		p.Fields = append(p.Fields, text(fmt.Sprint("f", i)))
	}
	require.NoError(t, p.Normalize())
	p.Fields = append(p.Fields, text(""))
	requireFields(t, []string{"fields"}, p.Normalize())
}

// TestFieldsAreNumberedByPlace, in a list of the product's own: the one that is given may be the catalogue's.
func TestFieldsAreNumberedByPlace(t *testing.T) {
	given := []catalog.Field{text("a"), {ID: 9, Identifier: "b"}, text("c")}
	p := whole()
	p.Fields = given
	require.NoError(t, p.Normalize())
	require.Equal(t, []int64{1, 9, 3}, []int64{p.Fields[0].ID, p.Fields[1].ID, p.Fields[2].ID})
	require.Equal(t, catalog.FieldText, p.Fields[0].Type)
	require.Equal(t, text("a"), given[0])
}

// TestFieldValues are judged in characters, and never repeated.
func TestFieldValues(t *testing.T) {
	id := catalog.Field{Identifier: "id", Required: true, MinLength: 3, MaxLength: 5, Type: catalog.FieldText}
	free := catalog.Field{Identifier: "note", MinLength: 2}
	zone := catalog.Field{Identifier: "zone", Type: catalog.FieldSelect, Options: []string{"İstanbul", "Izmir"}}
	for _, c := range []struct {
		field catalog.Field
		value string
		want  string
	}{
		{id, "", "is required"},
		{id, "ığ", "must have at least 3 characters"},
		{id, "ığş", ""},
		{id, "ığşçö", ""},
		{id, "ığşçöü", "must have at most 5 characters"},
		{id, "ab\n", "must be text without control characters"},
		{id, "ab\xff", "must be text without control characters"},
		{free, "", ""},
		{free, "a", "must have at least 2 characters"},
		{free, strings.Repeat("a", 5000), ""},
		{zone, "", ""},
		{zone, "İstanbul", ""},
		{zone, "istanbul", "must be one of the options"},
		{zone, "Istanbul", "must be one of the options"},
		{zone, "Izmir ", "must be one of the options"},
	} {
		require.Equal(t, c.want, c.field.Check(c.value), "%s=%q", c.field.Identifier, c.value)
	}
}

// TestWhatAProductSells depends on where its goods come from and whether they are for a day.
func TestWhatAProductSells(t *testing.T) {
	for _, c := range []struct {
		source           catalog.Source
		dated            bool
		units, allotment bool
	}{
		{catalog.SourceStock, false, true, false},
		{catalog.SourceStock, true, false, true},
		{catalog.SourceProvider, false, false, false},
		{catalog.SourceProvider, true, false, false},
	} {
		p := catalog.Product{Source: c.source, Dated: c.dated}
		require.Equal(t, c.units, p.UsesUnits())
		require.Equal(t, c.allotment, p.NeedsAllotment())
	}
}
