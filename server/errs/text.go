package errs

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckLine bounds a text in characters, and keeps out what would spoil a line or
// a terminal, and what cannot be seen: two texts that look the same are the same.
func (e *InvalidError) CheckLine(field, text string, least, most int) {
	if n := utf8.RuneCountInString(text); n >= least && n <= most && legible(text, "") {
		return
	}
	if least > 0 {
		e.Add(field, "must have %d to %d characters, none of them a control or invisible character", least, most)
		return
	}
	e.Add(field, "must have at most %d characters, none of them a control or invisible character", most)
}

// CheckText is CheckLine for a text that may have several lines, and tabs.
func (e *InvalidError) CheckText(field, text string, most int) {
	if utf8.RuneCountInString(text) > most || !legible(text, "\n\r\t") {
		e.Add(field, "must have at most %d characters of UTF-8, none of them a control or invisible character but "+
			"line breaks and tabs", most)
	}
}

const (
	zeroWidthNonJoiner = '\u200C'
	zeroWidthJoiner    = '\u200D'
	lineSeparator      = '\u2028'
	paragraphSeparator = '\u2029'
)

// Invisible reports a character that takes no place where it is shown, or says how
// others are shown.
func Invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// legible reports whether a text is UTF-8 of which people see every character. The
// control characters in allowed may occur, and between the letters of other scripts
// and in emoji what shapes them.
func legible(text, allowed string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	before := ' '
	for i, r := range text {
		switch {
		case r >= ' ' && r <= '~', strings.ContainsRune(allowed, r):
		case unicode.IsControl(r), r == lineSeparator, r == paragraphSeparator:
			return false
		case Invisible(r) && !shapes(r, before, text[i+utf8.RuneLen(r):]):
			return false
		}
		before = r
	}
	return true
}

// shapes reports an invisible character that changes how those beside it look: a
// joiner between characters that join, or a choice between forms of the one before.
func shapes(r, before rune, rest string) bool {
	switch {
	case unicode.Is(unicode.Variation_Selector, r):
		return before > unicode.MaxASCII && !Invisible(before) && !unicode.IsSpace(before) ||
			strings.ContainsRune("0123456789#*", before)
	case r == zeroWidthNonJoiner, r == zeroWidthJoiner:
		after, _ := utf8.DecodeRuneInString(rest)
		return joins(before) && joins(after) && !unicode.Is(unicode.Variation_Selector, after)
	}
	return false
}

func joins(r rune) bool {
	return r > unicode.MaxASCII && r != utf8.RuneError && !unicode.IsSpace(r) &&
		(!Invisible(r) || unicode.Is(unicode.Variation_Selector, r))
}

// Counted is a number with its noun: "1 unit", "2 units".
func Counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
