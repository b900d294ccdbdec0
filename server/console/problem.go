package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// problem is why something could not be shown or done, for people.
type problem struct {
	Status    int
	Text      string
	Reason    string            // stable, as the contract gives it; "" for none
	RequestID string            // under which the log has more; "" for none
	Fields    map[string]string // what is wrong with fields of the form, by their names
	SignIn    bool              // the session is over
	Retry     time.Duration     // when to try again; 0 for no such time
}

// fieldError says what is wrong with one field of a form.
type fieldError struct{ field, text string }

func (e *fieldError) Error() string { return e.field + ": " + e.text }

func notFound() *problem {
	return &problem{Status: http.StatusNotFound, Text: "There is no such page."}
}

func forbidden() *problem {
	return &problem{Status: http.StatusForbidden, Text: "Your roles do not allow this."}
}

func faulty() *problem {
	return &problem{
		Status: http.StatusInternalServerError, Text: "Something went wrong in the hub. Its log has the cause.",
	}
}

// explain reads what the contract says of an error.
func explain(err error) *problem {
	if bad, ok := errors.AsType[*fieldError](err); ok {
		return &problem{
			Status: http.StatusBadRequest, Text: "Something is wrong with what was typed in.",
			Fields: map[string]string{bad.field: bad.text},
		}
	}
	if ready, ok := errors.AsType[*problem](err); ok {
		return ready
	}
	s, ok := status.FromError(err)
	if !ok && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		s, ok = status.FromContextError(err), true
	}
	if !ok {
		return faulty()
	}
	p := &problem{
		Status: runtime.HTTPStatusFromCode(s.Code()), Text: sentence(s.Message()), Fields: map[string]string{},
		SignIn: s.Code() == codes.Unauthenticated,
	}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			p.Reason = d.GetReason()
		case *errdetails.RequestInfo:
			p.RequestID = d.GetRequestId()
		case *errdetails.RetryInfo:
			p.Retry = d.GetRetryDelay().AsDuration()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				if name := inputOf(v.GetField()); p.Fields[name] == "" {
					p.Fields[name] = sentence(strings.TrimPrefix(v.GetDescription(), v.GetField()+" "))
				}
			}
		}
	}
	if s.Code() == codes.DeadlineExceeded {
		p.Text = "This took too long. Look whether it was done before you try again."
	}
	return p
}

// Error makes a problem an error that an act may return.
func (p *problem) Error() string { return p.Text }

// inputOf is the form's field that holds a field of the contract: "goods" for goods[3], and what lies deeper than a
// message of the form has the name of its end, as "url" of endpoint.url.
func inputOf(field string) string {
	if strings.HasSuffix(field, "terms.currency") { // an import rule has one, too
		return saleCurrency
	}
	if last := strings.LastIndexByte(field, '.'); last >= 0 {
		field = field[last+1:]
	}
	name, _, _ := strings.Cut(field, "[")
	return name
}

// saleCurrency is the input of the currency that import terms have.
const saleCurrency = "saleCurrency"

// sentence is a message as a sentence of its own.
func sentence(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	if size == 0 {
		return ""
	}
	message = string(unicode.ToUpper(first)) + message[size:]
	if strings.HasSuffix(message, ".") {
		return message
	}
	return message + "."
}

// showProblem is a page that says only this.
func (c *Console) showProblem(r *request, p *problem) {
	if p.SignIn {
		c.askToSignIn(r.w, r.Request)
		return
	}
	if p.RequestID == "" {
		p.RequestID = requestID(r.Request)
	}
	setRetry(r.w, p.Retry)
	r.problem = p
	c.render(r, "problem", p.Status, nil)
}

func setRetry(w http.ResponseWriter, after time.Duration) {
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((after+time.Second-1)/time.Second)))
	}
}

// fault answers a request of nobody in particular that failed through nobody's doing.
func (c *Console) fault(w http.ResponseWriter, r *http.Request, err error) {
	c.logFault(r, err)
	c.renderOutside(w, r, "problem", http.StatusInternalServerError, faulty())
}

// refuseOtherSite answers what another site's page wanted posted.
func (c *Console) refuseOtherSite(w http.ResponseWriter, r *http.Request) {
	c.renderOutside(w, r, "problem", http.StatusForbidden, &problem{
		Status: http.StatusForbidden,
		Text:   "This came from a page of another site, so nothing was done. Open the console itself and try there.",
	})
}

// Title is the problem's in the head of its page.
func (p *problem) Title() string { return fmt.Sprintf("%d %s", p.Status, http.StatusText(p.Status)) }
