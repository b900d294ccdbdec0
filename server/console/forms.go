package console

import (
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// form is one of several forms of a page: what was typed into it, and is wrong with it, is what its own act was posted
// with, and never that of another one or of the address.
type form struct {
	Act    string // where it is posted to
	Failed bool   // its act was refused just now

	name string
	view *view
}

// Form is that of an act of the page.
func (v *view) Form(act string) *form {
	f := &form{Act: v.OwnPath() + "/" + act, name: act}
	f.Failed = v.Problem != nil && v.request.Method == http.MethodPost && v.request.URL.EscapedPath() == f.Act
	f.view = v
	if !f.Failed {
		f.view = &view{request: &http.Request{Method: http.MethodPost, URL: &url.URL{}}}
	}
	return f
}

func (f *form) Field(name, label string, options ...string) (*field, error) {
	return f.view.Field(name, label, append(options, "id=f-"+f.name+"-"+name)...)
}

func (f *form) Choose(name, label, now string, choices []choice, options ...string) (*field, error) {
	return f.view.Choose(name, label, now, choices, append(options, "id=f-"+f.name+"-"+name)...)
}

// Ticked is as that of the view; a form that was not posted has nothing ticked.
func (f *form) Ticked(name, value string) bool { return f.view.Ticked(name, value, false) }

func (f *form) Typed(name string) string { return f.view.Typed(name) }

// formLine is a text of one line without the blanks around it, which are typed by mistake.
func formLine(r *request, name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }

// grouped is an amount as the console writes it, with commas between thousands and maybe a minus as wide as a digit.
var grouped = regexp.MustCompile(`^[-−]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?$`)

// formAmount is an amount as the contract has it. It may be typed as the console writes one; whatever else looks
// different is for the contract to refuse.
func formAmount(r *request, name string) string { return plainAmount(formLine(r, name)) }

func plainAmount(text string) string {
	if !grouped.MatchString(text) {
		return text
	}
	return strings.NewReplacer(",", "", "−", "-").Replace(text)
}

// formNumber is a whole number, 0 for none.
func formNumber(r *request, name string) (int32, error) {
	text := formLine(r, name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, &fieldError{name, "This is not a whole number."}
	}
	return int32(n), nil
}

// formID is the number of something that a button of the page is about.
func formID(r *request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.PostForm.Get(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, &fieldError{name, "This is no number of one."}
	}
	return n, nil
}

// stillNewest refuses to make a key when another one was made since the form was opened. The page that shows a key is
// the answer to a post: whoever loads it again must not get one key more.
func stillNewest(r *request, newest int64) error {
	if formLine(r, "seen") != strconv.FormatInt(newest, 10) {
		return &problem{
			Status: http.StatusConflict,
			Text: "A key was made meanwhile, and is in the list; this made none. Send the form once more for another " +
				"one, and revoke a key that nobody has kept.",
		}
	}
	return nil
}

// newestOf is the highest number of some keys, 0 for none.
func newestOf[K interface{ GetId() int64 }](keys iter.Seq2[K, error]) (newest int64, err error) {
	for k, err := range keys {
		if err != nil {
			return 0, err
		}
		newest = max(newest, k.GetId())
	}
	return newest, nil
}

// seenAt is when something last changed that a form was made from and that has no version, as the form has it.
func seenAt(t *timestamppb.Timestamp) string { return strconv.FormatInt(t.AsTime().UnixMicro(), 10) }
