package api

import (
	"strconv"
	"strings"
)

const mostPercentDigits = 6 // before the point

// percentOf reads a share such as "12.5" as hundredths of a per cent; "" is 0. It is
// false for what is no number of at least 0 with at most 2 decimals.
func percentOf(text string) (points int64, ok bool) {
	if text == "" {
		return 0, true
	}
	whole, fraction, pointed := strings.Cut(text, ".")
	if !isDigits(whole) || len(whole) > mostPercentDigits || pointed && (!isDigits(fraction) || len(fraction) > 2) {
		return 0, false
	}
	points, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 2-len(fraction)), 10, 64)
	return points, err == nil
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
