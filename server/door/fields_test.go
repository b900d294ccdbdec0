package door_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
)

// A partner says which spellings of a whole number it takes; beyond 64 bits there
// is none, unless it clamps.
func TestIntegers(t *testing.T) {
	type want map[string]any // by what is taken: plain, Texts, ZeroPoint, Exponents, Clamps
	kinds := map[string]door.Integers{
		"plain": {}, "texts": {Texts: true}, "point": {ZeroPoint: true}, "exponents": {Exponents: true},
		"clamps": {Clamps: true},
	}
	all := func(n int64) want {
		return want{"plain": n, "texts": n, "point": n, "exponents": n, "clamps": n}
	}
	const most, least = int64(9223372036854775807), int64(-9223372036854775808)
	for text, want := range map[string]want{
		`7`: all(7), `-7`: all(-7), `0`: all(0), `-0`: all(0), `9223372036854775807`: all(most),
		`"7"`: {"texts": int64(7)}, `"007"`: {"texts": int64(7)}, `"-7"`: {"texts": int64(-7)},
		`"+7"`: {}, `""`: {}, `"-"`: {}, `" 7"`: {}, `"7.0"`: {}, `true`: {}, `null`: {}, `[]`: {}, `{}`: {},
		`7.0`: {"point": int64(7), "exponents": int64(7)}, `7.5`: {}, `0.7e1`: {"exponents": int64(7)},
		`7e1`: {"exponents": int64(70)}, `1e999`: {}, `1e99`: {},
		`9223372036854775808`: {"clamps": most}, `-9223372036854775809`: {"clamps": least},
	} {
		v, err := door.ParseJSON([]byte(text))
		require.NoError(t, err)
		for kind, integers := range kinds {
			n, ok := integers.Read(v)
			expected, taken := want[kind]
			require.Equal(t, taken, ok, "%s as %s", text, kind)
			if ok {
				require.Equal(t, expected, n, "%s as %s", text, kind)
			}
		}
	}
}

// Reading goes on after a mistake, and every complaint has the path of its field.
func TestFields(t *testing.T) {
	v, err := door.ParseJSON(
		[]byte(`{"Name":"","n":0,"flag":1,"nul":"a\u0000","long":"four","tab":"a\tb","none":null,"text":5,
		"items":[{"n":-1},7,{"n":"x"},{}],"few":[],"many":[1,2,3],"object":{}}`),
	)
	require.NoError(t, err)
	var got []string
	f := &door.Fields{Object: v, Style: &door.Style{FoldCase: true}, Complain: func(c door.Complaint) {
		got = append(got, c.Put(fmt.Sprint("{field} ", int(c.Wrong), " {bound} ", c.Wrong.BreaksRule())))
	}}
	array := func(name string) door.Value { v, _ := f.Required(name); return v }
	text, ok := f.RequiredText("NAME")
	require.Equal(t, "", text)
	require.False(t, ok)
	require.Zero(t, f.Positive("n"))
	f.BoolOf("flag", array("flag"))
	f.Storable("nul", f.Text("nul"))
	f.Short("long", f.Text("long"), 3)
	f.Plain("tab", f.Text("tab"))
	require.Empty(t, f.Text("none"))
	require.Empty(t, f.Text("text"))
	require.Empty(t, f.Text("absent"))
	f.Required("none")
	f.Required("absent")
	f.ObjectsOf("items", array("items"), 1, 4, func(_ int, item *door.Fields) { item.Positive("n") })
	f.ObjectsOf("few", array("few"), 1, 4, nil)
	f.ObjectsOf("many", array("many"), 1, 2, nil)
	f.ObjectsOf("object", array("object"), 1, 2, nil)
	complaint := func(field string, wrong door.Wrong, bound int, breaks bool) string {
		return fmt.Sprint(field, " ", int(wrong), " ", bound, " ", breaks)
	}
	require.Equal(t, []string{
		complaint("NAME", door.Empty, 0, false),
		complaint("n", door.TooLow, 1, true),
		complaint("flag", door.NotBool, 0, false),
		complaint("nul", door.HoldsNUL, 0, true),
		complaint("long", door.TooLong, 3, true),
		complaint("tab", door.HasControl, 0, true),
		complaint("text", door.NotText, 0, false),
		complaint("none", door.IsNull, 0, false),
		complaint("absent", door.Absent, 0, false),
		complaint("items[0].n", door.TooLow, 1, true),
		complaint("items[1]", door.NotObject, 0, false),
		complaint("items[2].n", door.NotInteger, 0, false),
		complaint("items[3].n", door.Absent, 0, false),
		complaint("few", door.TooFew, 1, true),
		complaint("many", door.TooMany, 2, true),
		complaint("object", door.NotArray, 0, false),
	}, got)
}
