package console

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/catalog/importfile"
)

// mostUnits is how many units one call imports, as the contract has it.
const mostUnits = 10_000

// formRoom is what a form has around its file.
const formRoom = 64 << 10

// shownRefused is how many refused lines a page names.
const shownRefused = 200

// unitsPage imports a file in two posts. The first says what the file would do; the second does it, for that very file
// alone. Goods are on no page, so the second post has to bring the file again, and a browser asks for it again: it
// fills in no file by itself. What the first leaves behind is a mark of the file under the token of the session,
// which tells nobody who reads the page anything.
func unitsPage() page {
	needs := orderhubv1.CatalogService_ImportUnits_FullMethodName
	most := int64(api.MaxRequestBytes(needs) + formRoom)
	return page{
		pattern: "/catalogue/products/{product}/units", file: "units", needs: needs, show: showUnits,
		acts: map[string]act{
			"preview": {needs: needs, maxBytes: most, do: previewUnits},
			"import":  {needs: needs, maxBytes: most, do: importUnits},
		},
	}
}

// unitsView is the form, and what a file would do when one was looked at.
type unitsView struct {
	Product *orderhubv1.Product
	Most    int
	Preview *unitsPreview
}

// unitsPreview is what a file would do.
type unitsPreview struct {
	Mark, Name              string
	Imported, Repeated, Bad int
	Refused                 []refusedLine // the first, by line
	MoreRefused             int
	Stops                   string // why it is not imported unless that is wanted all the same; "" for nothing
}

// refusedLine is a line that is not imported. What it has is not shown.
type refusedLine struct {
	Line   int
	Why    string
	Repeat bool
}

func showUnits(r *request) (any, error) {
	found, err := r.catalog.GetProduct(r.Context(), &orderhubv1.GetProductRequest{Product: r.PathValue("product")})
	return unitsView{Product: found.GetProduct(), Most: mostUnits}, err
}

// sentUnits is a file that was sent.
type sentUnits struct {
	importfile.Stock

	name, mark string
}

// readUnits reads the file of the form.
func readUnits(r *request) (*sentUnits, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File["file"]) != 1 ||
		r.MultipartForm.File["file"][0].Filename == "" {
		return nil, &fieldError{"file", "Choose a file."}
	}
	head := r.MultipartForm.File["file"][0]
	file, err := head.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	stock, err := importfile.ReadStock(bytes.NewReader(content), mostUnits)
	if tooMany, ok := errors.AsType[*importfile.TooManyError](err); ok {
		return nil, &fieldError{"file", fmt.Sprintf(
			"These are more than %d units. Split the file, or import it with the command.", tooMany.Most,
		)}
	}
	switch {
	case err != nil: // the file's own fault: its bytes are all here
		return nil, &fieldError{"file", sentence(err.Error())}
	case len(stock.Units) == 0 && stock.RefusedCount == 0:
		return nil, &fieldError{"file", "There is nothing in this file."}
	}
	return &sentUnits{stock, head.Filename, markOf(r.token, r.PathValue("product"), content)}, nil
}

// markOf is the mark of a file for a product, under the token of a session.
func markOf(token, product string, content []byte) string {
	mac := hmac.New(sha256.New, []byte(token))
	fmt.Fprintf(mac, "units %q ", product)
	mac.Write(content)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// ask has the file imported, or looked at. Nothing is asked of the contract where no line is a unit.
func (u *sentUnits) ask(r *request, dryRun, force bool) (*orderhubv1.ImportUnitsResponse, error) {
	if len(u.Units) == 0 {
		return &orderhubv1.ImportUnitsResponse{}, nil
	}
	request := &orderhubv1.ImportUnitsRequest{
		Product: r.PathValue("product"), ImportName: u.name, DryRun: dryRun, Force: force,
		Contents: make([]string, len(u.Units)), SkippedCount: new(int32(u.RefusedCount)),
	}
	for i := range u.Units {
		request.Contents[i] = u.Units[i].Content
		if at := u.Units[i].Expires(); at != nil {
			request.Expiries = append(request.Expiries, &orderhubv1.UnitExpiry{
				Line: int32(i + 1), ExpireTime: timestamppb.New(*at),
			})
		}
	}
	if text := formLine(r, "expires"); text != "" {
		at, err := importfile.ParseExpiry(text)
		if err != nil {
			return nil, &fieldError{"expires", sentence("this " + err.Error())}
		}
		request.ExpireTime = timestamppb.New(at)
	}
	return r.catalog.ImportUnits(r.Context(), request)
}

// refused are the lines of the file that are not imported, whoever refused them, by line.
func (u *sentUnits) refused(answer *orderhubv1.ImportUnitsResponse) []refusedLine {
	all := make([]refusedLine, 0, len(u.Refused)+len(answer.GetRefused()))
	for i := range u.Refused {
		why := u.Refused[i].Reason
		if u.Refused[i].Column != "" {
			why = "the column " + u.Refused[i].Column + " " + why
		}
		all = append(all, refusedLine{Line: u.Refused[i].Line, Why: why})
	}
	for _, bad := range answer.GetRefused() {
		line := refusedLine{Line: u.Units[bad.GetLine()-1].Line, Why: word(bad.GetReason())}
		if bad.GetReason() == orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_DUPLICATE {
			line.Repeat, line.Why = true, "repeats an earlier line or import"
		}
		all = append(all, line)
	}
	slices.SortStableFunc(all, func(a, b refusedLine) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

func previewUnits(r *request) (done, error) {
	sent, err := readUnits(r)
	if err != nil {
		return done{}, err
	}
	answer, err := sent.ask(r, true, false)
	if err != nil {
		return done{}, err
	}
	shown, err := showUnits(r)
	if err != nil {
		return done{}, err
	}
	view, refused := shown.(unitsView), sent.refused(answer)
	view.Preview = &unitsPreview{
		Mark: sent.mark, Name: sent.name,
		Imported: int(answer.GetImportedCount()), Repeated: int(answer.GetRepeatedCount()),
		Bad:     sent.RefusedCount + int(answer.GetRefusedCount()-answer.GetRepeatedCount()),
		Refused: refused[:min(len(refused), shownRefused)],
	}
	view.Preview.MoreRefused = sent.RefusedCount + int(answer.GetRefusedCount()) - len(view.Preview.Refused)
	if stops := sent.Check(); stops != nil {
		view.Preview.Stops = sentence(stops.Error())
	}
	return done{file: "units", data: view}, nil
}

func importUnits(r *request) (done, error) {
	sent, err := readUnits(r)
	if err != nil {
		return done{}, err
	}
	if !hmac.Equal([]byte(sent.mark), []byte(r.PostForm.Get("mark"))) {
		return done{}, &problem{
			Status: http.StatusConflict,
			Text: "This is not the file that was looked at before, or you have signed in anew since. " +
				"Nothing was imported.",
		}
	}
	force := r.PostForm.Get("force") != ""
	if stops := sent.Check(); stops != nil && !force {
		return done{}, &fieldError{"file", sentence(stops.Error()) + " Nothing was imported."}
	}
	answer, err := sent.ask(r, false, force)
	if err != nil {
		return done{}, err
	}
	refused := sent.RefusedCount + int(answer.GetRefusedCount())
	said := fmt.Sprintf("Nothing was imported, and refused: %s.", howMany(refused, "line", "lines"))
	if answer.GetUnitImport() != 0 {
		said = fmt.Sprintf(
			"Import %d put %s on sale, and refused %s.", answer.GetUnitImport(),
			howMany(answer.GetImportedCount(), "unit", "units"), howMany(refused, "line", "lines"),
		)
	}
	return done{to: productPath(r.PathValue("product")), say: said}, nil
}

func importsPage() page {
	return page{
		pattern: "/catalogue/imports", file: "imports",
		needs: orderhubv1.CatalogService_ListUnitImports_FullMethodName, show: showImports,
		acts: map[string]act{
			"withdraw": {needs: orderhubv1.CatalogService_WithdrawUnitImport_FullMethodName, do: withdrawImport},
		},
	}
}

func showImports(r *request) (any, error) {
	query := r.URL.Query()
	answer, err := r.catalog.ListUnitImports(r.Context(), &orderhubv1.ListUnitImportsRequest{
		Product: query.Get("product"), PageSize: listSize, PageToken: query.Get("page"),
	})
	if err != nil {
		return &orderhubv1.ListUnitImportsResponse{}, r.wrongFilter(err)
	}
	return answer, nil
}

func withdrawImport(r *request) (done, error) {
	id, err := formID(r, "import")
	if err != nil {
		return done{}, err
	}
	answer, err := r.catalog.WithdrawUnitImport(r.Context(), &orderhubv1.WithdrawUnitImportRequest{UnitImport: id})
	return done{
		to: productPath(answer.GetUnitImport().GetSku()),
		say: fmt.Sprintf(
			"Import %d is withdrawn, and off sale: %s.", id, howMany(answer.GetVoidedCount(), "unit", "units"),
		),
	}, err
}
