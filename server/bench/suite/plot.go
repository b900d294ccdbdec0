package main

import (
	"image/color"
	"path/filepath"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// line is one curve with its points.
type line struct {
	name   string
	points plotter.XYs
}

const (
	plotWidth  = 16 * vg.Centimeter
	plotHeight = 10 * vg.Centimeter
)

// palette is told apart by the colour-blind too (Okabe and Ito).
var palette = []color.Color{
	color.RGBA{0, 0, 0, 255},
	color.RGBA{0, 114, 178, 255},
	color.RGBA{213, 94, 0, 255},
	color.RGBA{0, 158, 115, 255},
	color.RGBA{204, 121, 167, 255},
	color.RGBA{86, 180, 233, 255},
	color.RGBA{230, 159, 0, 255},
	color.RGBA{120, 120, 120, 255},
}

// plot draws what was measured into SVG files in the folder.
func (s *suite) plot(folder string) error {
	var growing []line
	for _, r := range s.results {
		if len(r.Placing) > 0 {
			file := filepath.Join(folder, strings.ToLower(r.Database)+".svg")
			if err := save(
				file, "Orders placed on "+r.Database, "orders in flight", "orders per second", placingLines(r.Placing),
			); err != nil {
				return err
			}
		}
		if len(r.Growth) > 0 {
			growing = append(growing, growthLines(r)...)
		}
	}
	if len(growing) == 0 {
		return nil
	}
	return save(
		filepath.Join(folder, "rows.svg"), "One call at a time", "orders in the database", "milliseconds, p50", growing,
	)
}

func placingLines(all []placing) []line {
	lines := []line{
		{name: "gRPC"}, {name: "gRPC, one wallet"}, {name: "REST"}, {name: "REST, one wallet"}, {name: "raw limit"},
	}
	for _, p := range all {
		for i, m := range []measured{p.GRPC, p.HotGRPC, p.REST, p.HotREST, p.Raw} {
			lines[i].points = append(lines[i].points, plotter.XY{X: float64(p.InFlight), Y: m.PerSecond})
		}
	}
	return lines
}

func growthLines(r *results) []line {
	lines := make([]line, len(operations))
	for i, operation := range operations {
		lines[i].name = r.Database + ", " + operation
		for _, g := range r.Growth {
			ms := float64(g.Calls[i].P50) / float64(time.Millisecond)
			lines[i].points = append(lines[i].points, plotter.XY{X: float64(g.Rows), Y: ms})
		}
	}
	return lines
}

// save draws lines over a logarithmic x axis.
func save(file, title, x, y string, lines []line) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.X.Scale, p.Y.Min = plot.LogScale{}, 0
	p.X.Tick.Marker = ticksAt(lines)
	p.BackgroundColor = color.White
	p.Add(plotter.NewGrid())
	p.Legend.Top, p.Legend.Left = true, true
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}}
	highest := 0.0
	for i, l := range lines {
		curve, points, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return err
		}
		curve.Color, points.Color = palette[i%len(palette)], palette[i%len(palette)]
		curve.Width, points.Radius = vg.Points(1.5), vg.Points(2.5)
		points.Shape = shapes[i%len(shapes)]
		p.Add(curve, points)
		p.Legend.Add(l.name, curve, points)
		for _, point := range l.points {
			highest = max(highest, point.Y)
		}
	}
	p.Y.Max = highest * (1.15 + 0.06*float64(len(lines))) // room for the legend
	return p.Save(plotWidth, plotHeight, file)
}

// ticksAt marks the values of x that were measured.
func ticksAt(lines []line) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, point := range lines[0].points {
		ticks = append(ticks, plot.Tick{Value: point.X, Label: thousands(point.X)})
	}
	return ticks
}
