package catalog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"orderhub/server/errs"
)

// MaxContentSize is the size of the longest content of a unit, in bytes.
const MaxContentSize = 8 << 10

// ContentReason says why something is not the content of a unit.
type ContentReason string

// The reasons.
const (
	ContentBlank     ContentReason = "blank"
	ContentTooLong   ContentReason = "too_long"
	ContentNotUTF8   ContentReason = "not_utf8"
	ContentControl   ContentReason = "control_character"
	ContentLineBreak ContentReason = "line_break"
	ContentInvisible ContentReason = "invisible_character"
	ContentByteOrder ContentReason = "byte_order_mark"
	ContentHeader    ContentReason = "header"
	ContentFirst     ContentReason = "first_header" // by CheckFirst alone
	ContentExpired   ContentReason = "expired"      // of the unit, by its import alone
)

var contentMessages = map[ContentReason]string{
	ContentBlank:     "is empty",
	ContentTooLong:   fmt.Sprintf("is longer than %d bytes", MaxContentSize),
	ContentNotUTF8:   "is not valid UTF-8",
	ContentControl:   "contains a control character",
	ContentLineBreak: "contains a line break",
	ContentInvisible: "contains an invisible character",
	ContentByteOrder: "contains a byte order mark",
	ContentHeader:    "is the header of a table",
	ContentExpired:   "has expired, or is within the product's margin before that",
	ContentFirst:     "is taken for the name of the column, as the first line; a code that is this word goes on another",
}

// ContentError says why something is not the content of a unit. It never repeats it.
type ContentError struct{ Reason ContentReason }

func (e *ContentError) Error() string { return contentMessages[e.Reason] }

// Content is what a unit hands to its buyer: one line of text.
type Content struct {
	Text string // as it is sold: what was given without what surrounds it
	// Mark is the same for two contents that a buyer cannot tell apart: blanks,
	// invisible characters and how accents are composed do not count.
	Mark string
	// Former are the marks that this content may have in databases written before
	// there was Mark, other than Mark itself. Nearly always empty.
	Former []string
}

// ParseContent is the rule for every way in which units come: what is given must
// be one visible line of UTF-8. White space and invisible characters around it are
// taken off, what is between them is left as it is. The error is a *ContentError.
func ParseContent(given string) (Content, error) {
	if !utf8.ValidString(given) {
		return Content{}, &ContentError{ContentNotUTF8}
	}
	text := strings.TrimFunc(given, surrounds)
	if reason := unfit(text); reason != "" {
		return Content{}, &ContentError{reason}
	}
	content := Content{Text: text, Mark: MarkOf(text)}
	for _, former := range []string{text, given, strings.Map(plainBlank, text)} {
		if former != content.Mark && !slices.Contains(content.Former, former) {
			content.Former = append(content.Former, former)
		}
	}
	return content, nil
}

func unfit(text string) ContentReason {
	switch {
	case IsBlank(text): // of nothing but variation selectors, for instance
		return ContentBlank
	case len(text) > MaxContentSize:
		return ContentTooLong
	}
	for _, r := range text {
		if reason := unfitRune(r); reason != "" {
			return reason
		}
	}
	if IsHeader(text) {
		return ContentHeader
	}
	return ""
}

const (
	byteOrderMark  = '\uFEFF'
	zeroWidthNon   = '\u200C' // joins or parts letters of some scripts
	zeroWidthJoin  = '\u200D'
	lineSeparator  = '\u2028'
	paragraphEnd   = '\u2029'
	nextLine       = '\u0085'
	lineBreaks     = "\n\r\v\f"
	replacementFor = utf8.RuneError // of text that was read in the wrong encoding
)

func unfitRune(r rune) ContentReason {
	if r >= ' ' && r < utf8.RuneSelf-1 {
		return ""
	}
	switch {
	case strings.ContainsRune(lineBreaks, r), r == nextLine, r == lineSeparator, r == paragraphEnd:
		return ContentLineBreak
	case unicode.IsControl(r):
		return ContentControl
	case r == byteOrderMark:
		return ContentByteOrder
	case r == replacementFor:
		return ContentNotUTF8
	case errs.Invisible(r) && r != zeroWidthNon && r != zeroWidthJoin && !unicode.Is(unicode.Variation_Selector, r):
		return ContentInvisible
	}
	return ""
}

// surrounds is what is taken off a content. A byte order mark is not: it belongs to
// a file, and one that arrives here says that the file was not read as what it is.
func surrounds(r rune) bool {
	return unicode.IsSpace(r) || errs.Invisible(r) && r != byteOrderMark && !unicode.Is(unicode.Variation_Selector, r)
}

// IsBlank reports whether nothing of a line can be seen.
func IsBlank(line string) bool {
	return !strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsSpace(r) && !errs.Invisible(r) })
}

// MarkOf is the [Content.Mark] of a text, also of one that is no content of a unit of stock; "" where nothing of it
// can be seen.
func MarkOf(text string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || errs.Invisible(r) {
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(bare)
}

// plainBlank leaves a blank of every kind as the one of the keyboard, and drops
// what cannot be seen.
func plainBlank(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case errs.Invisible(r):
		return -1
	}
	return r
}
