package errs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
)

func lineFits(text string) bool {
	bad := &errs.InvalidError{}
	bad.CheckLine("x", text, 0, 100)
	return bad.OrNil() == nil
}

func textFits(text string) bool {
	bad := &errs.InvalidError{}
	bad.CheckText("x", text, 100)
	return bad.OrNil() == nil
}

func TestTextsPeopleRead(t *testing.T) {
	for _, fine := range []string{
		"", "Gold 100", "Ünïcödé", "ทอง", "می\u200cخواهم", "क्\u200dष", "👩\u200d💻", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3",
		"a\u00a0b", "\u0601\u0661", "價格",
	} {
		if !lineFits(fine) || !textFits(fine) {
			t.Errorf("%+q is refused", fine)
		}
	}
	for _, bad := range []string{
		"a\u200bb", "\ufeffa", "a\u2060", "a\u200e", "a\u202eb", "\u2066a\u2069", "a\u00adb", "a\u200db", "a\u200c",
		"\u200da",
		"ทอง\u200d", "a\ufe0fb", "\ufe0f", "\u3164", "a\u115fb", "a\U000e0041", "a\u061cb", "a\x00b", "a\x1bb", "a\u0085b",
		"a\u2028b", "a\u2029b", "a\x7f", "a\xff", "❤\ufe0f\ufe0f", strings.Repeat("a", 101),
	} {
		if lineFits(bad) || textFits(bad) {
			t.Errorf("%+q is taken", bad)
		}
	}
	for _, several := range []string{"a\nb", "a\r\nb\tc"} {
		if lineFits(several) || !textFits(several) {
			t.Errorf("%q: a line %t, a text %t", several, lineFits(several), textFits(several))
		}
	}
}

func TestCounted(t *testing.T) {
	require.Equal(t, "0 units, 1 unit, 2 units", errs.Counted(0, "unit", "units")+", "+
		errs.Counted(1, "unit", "units")+", "+errs.Counted(2, "unit", "units"))
}
