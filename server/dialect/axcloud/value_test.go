package axcloud

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door"
	"orderhub/server/money"
)

func TestDecimal(t *testing.T) {
	for _, test := range []struct {
		text      string
		kind      door.Kind
		canonical string // "" when refused
		refusal   string
	}{
		{"2222", door.Number, "2222", ""},
		{"2222.00000", door.String, "2222", ""},
		{"17000.0", door.Number, "17000", ""},
		{"0", door.Number, "0", ""},
		{"-0", door.Number, "0", ""},
		{"000.10", door.String, "0.1", ""},
		{"0.1", door.Number, "0.1", ""},
		{"1e3", door.Number, "1000", ""},
		{"1.25E+1", door.Number, "12.5", ""},
		{"1e-5", door.Number, "0.00001", ""},
		{"999999999999999.99999", door.String, "999999999999999.99999", ""},
		{"0000000000000000000001", door.String, "1", ""},

		{"1.000000", door.String, "", textDecimals},
		{"0.123456", door.Number, "", textDecimals},
		{"1e-6", door.Number, "", textDecimals},
		{"1e15", door.Number, "", textWholeDigits},
		{"1000000000000000", door.String, "", textWholeDigits},
		{"-1", door.Number, "", atLeast(0)},
		{"-0.00001", door.String, "", atLeast(0)},
		{"1e3", door.String, "", textNotNumber},
		{"1e1000000", door.Number, "", textNotNumber},
		{"", door.String, "", textNotNumber},
		{" 1", door.String, "", textNotNumber},
		{"+1", door.String, "", textNotNumber},
		{".5", door.String, "", textNotNumber},
		{"5.", door.String, "", textNotNumber},
		{"1,000", door.String, "", textNotNumber},
		{"１", door.String, "", textNotNumber},
		{"NaN", door.String, "", textNotNumber},
		{"", door.Bool, "", textNotNumber},
		{"", door.Object, "", textNotNumber},
		{strings.Repeat("9", 100_000), door.Number, "", textWholeDigits},
	} {
		d, refusal := readDecimal(door.Value{Kind: test.kind, Text: test.text})
		require.Equal(t, test.refusal, refusal, test.text)
		if refusal == "" {
			require.Equal(t, test.canonical, d.canonical().text, test.text)
		}
	}
}

func TestMoment(t *testing.T) {
	for _, test := range []struct{ text, answer, day string }{
		{"2017-05-23 23:30:00", "2017-05-23 23:30:00", "2017-05-23"},
		{"2026-05-09T00:00:00Z", "2026-05-09T00:00:00Z", "2026-05-09"},
		{"2026-05-09t00:00:00z", "2026-05-09T00:00:00Z", "2026-05-09"},
		{"2026-05-09T00:00:00", "2026-05-09T00:00:00Z", "2026-05-09"},
		{"2026-05-09T00:00:00+09:00", "2026-05-08T15:00:00Z", "2026-05-09"},
		{"2026-05-09 00:00:00+09:00", "2026-05-08 15:00:00", "2026-05-09"},
		{"2026-05-09T12:00:00.250Z", "2026-05-09T12:00:00.25Z", "2026-05-09"},
		{"2026-05-09 12:00:00.000", "2026-05-09 12:00:00", "2026-05-09"},
		{"2026-05-09", "2026-05-09", "2026-05-09"},
		{"2024-02-29", "2024-02-29", "2024-02-29"},
	} {
		m, ok := parseMoment(test.text)
		require.True(t, ok, test.text)
		require.Equal(t, test.answer, m.answer())
		require.Equal(t, test.day, m.day)
	}
	for _, text := range []string{
		"", "2026", "2026-5-9", "2026-02-30", "2026-13-01", "0000-01-01", "2026-05-09 24:00:00", "2026-05-09 00:00",
		"2026-05-09 00:00:60",
		"2026-05-09T00:00:00,5Z", "2026-05-09T00:00:00.1234567890Z", "2026-05-09T00:00:00+9", "2026-05-09T", " 2026-05-09",
		"2026-05-09\n",
		"9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "２０２６-05-09", "1747440000",
	} {
		_, ok := parseMoment(text)
		require.False(t, ok, text)
	}
}

func TestPriceAndCodes(t *testing.T) {
	require.Equal(t, "18000.00000", price(18000*money.Unit))
	require.Equal(t, "0.50000", price(500_000))

	code := codeOf("product", int64(501))
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, code)
	require.Equal(t, code, codeOf("product", int64(501)))
	require.NotEqual(t, code, codeOf("option", int64(501)))
	require.NotEqual(t, codeOf("inventory", int64(1), "12"), codeOf("inventory", int64(11), "2"))
}

// What the hub cannot keep as a reference gets another one, the same every time.
func TestReference(t *testing.T) {
	require.Equal(t, "KT-20260418-000731", reference("KT-20260418-000731"))
	long := strings.Repeat("가", 100)
	require.Regexp(t, `^axcloud:[0-9a-f]{64}$`, reference(long))
	require.Equal(t, reference(long), reference(long))
	require.NotEqual(t, reference(long), reference(long[:297]))
	require.Regexp(t, `^axcloud:`, reference("a\tb"))
}
