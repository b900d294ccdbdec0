package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"orderhub/server/catalog"
)

func TestParseContent(t *testing.T) {
	for given, want := range map[string]struct {
		text   string
		reason catalog.ContentReason
	}{
		"AAA": {text: "AAA"}, " AAA\t": {text: "AAA"}, "AAA\u00a0": {text: "AAA"}, "\u200bAAA\u2060\r\n": {text: "AAA"},
		"user one|pass word": {text: "user one|pass word"}, "ผู้ใช้|密码": {text: "ผู้ใช้|密码"},
		"می\u200cخواهم": {text: "می\u200cخواهم"},
		"❤️":            {text: "❤️"}, "codes-1": {text: "codes-1"}, "user|x": {text: "user|x"},

		"": {reason: catalog.ContentBlank}, " \u00a0\u200b": {reason: catalog.ContentBlank},
		"\ufe0f": {reason: catalog.ContentBlank}, " \ufe0e\u200d\ufe0f ": {reason: catalog.ContentBlank},
		strings.Repeat("a", catalog.MaxContentSize+1): {reason: catalog.ContentTooLong},
		"A\xff": {reason: catalog.ContentNotUTF8}, "A\uFFFDB": {reason: catalog.ContentNotUTF8},
		"A\x00": {reason: catalog.ContentControl}, "A\tB": {reason: catalog.ContentControl},
		"\x1b[31mY": {reason: catalog.ContentControl},
		"A\nB":      {reason: catalog.ContentLineBreak}, "A\rB": {reason: catalog.ContentLineBreak},
		"A\u2028B": {reason: catalog.ContentLineBreak}, "A\u2029B": {reason: catalog.ContentLineBreak},
		"A\u0085B": {reason: catalog.ContentLineBreak}, "A\vB": {reason: catalog.ContentLineBreak},
		"A\u200bB": {reason: catalog.ContentInvisible}, "A\u202eB": {reason: catalog.ContentInvisible},
		"A\u00adB": {reason: catalog.ContentInvisible},
		"\ufeffX":  {reason: catalog.ContentByteOrder}, "X\ufeff": {reason: catalog.ContentByteOrder},
		"pin": {text: "pin"}, "ID": {text: "ID"}, "status": {text: "status"}, "pin;status": {reason: catalog.ContentHeader},
		"code": {reason: catalog.ContentHeader}, "Content;use_date": {reason: catalog.ContentHeader},
		"sep=;":   {reason: catalog.ContentHeader},
		"content": {reason: catalog.ContentHeader}, `"code","price"`: {reason: catalog.ContentHeader},
		"user|pass|2FA": {reason: catalog.ContentHeader},
	} {
		content, err := catalog.ParseContent(given)
		var bad *catalog.ContentError
		if errors.As(err, &bad); (bad != nil) != (want.reason != "") || bad != nil && bad.Reason != want.reason {
			t.Errorf("%q: %v, want reason %q", given, err, want.reason)
		}
		if content.Text != want.text {
			t.Errorf("%q: %q, want %q", given, content.Text, want.text)
		}
	}
}

// Contents that a buyer cannot tell apart have one mark, and what is clean is its own.
func TestMarks(t *testing.T) {
	mark := func(given string) string {
		content, err := catalog.ParseContent(given)
		if err != nil {
			t.Fatalf("%q: %v", given, err)
		}
		return content.Mark
	}
	for _, same := range []string{"AAA ", "AAA\u00a0", "\u200bAAA", "A A\u00a0A", "A\u200dAA", "AAA\r"} {
		if mark(same) != "AAA" {
			t.Errorf("%q is marked %q", same, mark(same))
		}
	}
	// Marks are kept, as fingerprints: the composed form must remain theirs.
	if mark("cafe\u0301") != "caf\u00e9" || mark("caf\u00e9") != "caf\u00e9" {
		t.Error("accents count as they are composed")
	}
	for _, other := range []string{"aaa", "AAAA", "ＡＡＡ"} {
		if mark(other) != other {
			t.Errorf("%q is marked %q", other, mark(other))
		}
	}
	if content, _ := catalog.ParseContent("CODE-1|pass"); len(content.Former) > 0 {
		t.Errorf("a clean content has the former marks %q", content.Former)
	}
}

func FuzzParseContent(f *testing.F) {
	f.Add("AAA\u00a0")
	f.Add("\ufeffcode;x\u200d")
	f.Add("\ufe0f")
	f.Fuzz(func(t *testing.T, given string) {
		content, err := catalog.ParseContent(given)
		if err != nil {
			return
		}
		again, err := catalog.ParseContent(content.Text)
		if err != nil || again.Text != content.Text || again.Mark != content.Mark {
			t.Fatalf("%q is kept as %q, which is %q (%v)", given, content.Text, again.Text, err)
		}
		if content.Mark == "" || strings.ContainsAny(content.Text, "\n\r\x00\ufeff") {
			t.Fatalf("%q is kept as %q, marked %q", given, content.Text, content.Mark)
		}
	})
}
