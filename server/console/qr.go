package console

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrCode is a code as an SVG drawing of squares: no picture that would have to be fetched, and no style of its own.
type qrCode struct {
	Size int    // of a side, in squares, with the margin
	Path string // of the dark ones
}

// qrMargin is what readers need around a code.
const qrMargin = 4

func drawQR(text string) (*qrCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err) // it does not repeat the text
	}
	side := code.Bounds().Dx()
	var path strings.Builder
	for y := range side {
		for x := range side {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+qrMargin, y+qrMargin)
			}
		}
	}
	return &qrCode{Size: side + 2*qrMargin, Path: path.String()}, nil
}
