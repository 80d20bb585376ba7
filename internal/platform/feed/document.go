package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"chiave/internal/platform/errs"
)

const (
	// MaxDocument is the size of the largest JSON document that is read, in bytes.
	MaxDocument = 64 << 20
	// MaxText is the length of the longest text in a field, in characters.
	MaxText = 1000
	// MaxValues is how many values a JSON document may have. A file of 64 MiB could have thirty million, each of which takes many
	// times its own length in memory.
	MaxValues = 2_000_000

	maxDepth   = 16
	fewMembers = 16 // so many names are compared one by one
)

// kind is the JSON type of a value.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

var kindNames = [...]string{"null", "boolean", "number", "text", "list", "object"}

// value is one JSON value and its place. It is small, since there are many.
type value struct {
	text         string  // of a text; the digits of a number; "true" or "false"
	inside       *inside // of a list or object that is not empty
	line, column int32
	kind         kind
}

// inside is what a list or an object holds.
type inside struct {
	items   []value
	members []member
}

type member struct {
	name         string
	line, column int32
	value        value
}

// in returns what a list or an object holds.
func (v value) in() inside {
	if v.inside == nil {
		return inside{}
	}
	return *v.inside
}

func (v value) at(field string) Place { return Place{int(v.line), int(v.column), field} }

func (m member) at(field string) Place { return Place{int(m.line), int(m.column), field} }

// ReadDocument reads a JSON object to its end and returns it with the SHA-256 of the file in hex. What is wrong with its
// form is in problems, as is that there is too much of it (MaxValues), and the object is then not to be used. Errors: Limited "feed.too_large"; those of r.
func ReadDocument(r io.Reader, problems *Problems) (*Object, string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, "", fmt.Errorf("reading the document: %w", err)
	}
	if len(raw) > MaxDocument {
		return nil, "", errs.New(errs.Limited, "feed.too_large", errs.Params{"bytes": MaxDocument})
	}
	sum := sha256.Sum256(raw)
	root := parse(trimMark(raw), MaxValues, problems)
	return root, hex.EncodeToString(sum[:]), nil
}

// parse reads a document of up to max values.
func parse(raw []byte, max int, problems *Problems) *Object {
	empty := &Object{problems: problems, taken: map[string]bool{}}
	if at := invalidUTF8(raw); at >= 0 {
		problems.Add(placeOf(raw, at), "feed.not_utf8")
		return empty
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		problems.Add(Place{Line: 1, Column: 1}, "feed.empty")
		return empty
	}
	p := parser{raw: raw, at: newCursor(raw), dec: json.NewDecoder(bytes.NewReader(raw)), problems: problems, max: max}
	p.dec.UseNumber()
	root, err := p.value(0)
	if err == nil {
		err = p.end()
	}
	if err != nil {
		p.report(err)
		return empty
	}
	if root.kind != object {
		problems.Add(root.at(""), "feed.not_"+kindNames[object])
		return empty
	}
	return newObject(root, "", problems)
}

// parser walks the document by token: only so is the place of every value known, and a member that is there twice seen.
type parser struct {
	raw      []byte
	at       cursor
	dec      *json.Decoder
	problems *Problems
	values   int // read so far
	max      int // values allowed
}

// formError is a fault after which nothing more can be read.
type formError struct {
	place  Place
	code   string
	params errs.Params
}

func (e *formError) Error() string { return e.code }

// next returns the next token with its place.
func (p *parser) next() (json.Token, Place, error) {
	place := p.ahead()
	token, err := p.dec.Token()
	return token, place, err
}

// ahead returns the place of what has not been read yet.
func (p *parser) ahead() Place {
	start := int(p.dec.InputOffset())
	for start < len(p.raw) && strings.IndexByte(" \t\r\n,:", p.raw[start]) >= 0 {
		start++
	}
	line, column := p.at.to(start)
	return Place{Line: line, Column: column}
}

func (p *parser) value(depth int) (value, error) {
	token, place, err := p.next()
	if err != nil {
		return value{}, err
	}
	if p.values++; p.values > p.max {
		return value{}, &formError{place, "feed.too_many_values", errs.Params{"max": p.max}}
	}
	v := value{line: int32(place.Line), column: int32(place.Column)}
	switch t := token.(type) {
	case nil:
		v.kind = null
	case bool:
		v.kind, v.text = boolean, strconv.FormatBool(t)
	case json.Number:
		v.kind, v.text = number, t.String()
	case string:
		v.kind, v.text = text, t
		if strings.ContainsRune(t, '\uFFFD') && p.loneSurrogate() {
			p.problems.Add(place, "feed.lone_surrogate")
		}
	case json.Delim:
		if depth >= maxDepth {
			return v, &formError{place: place, code: "feed.too_deep"}
		}
		if t == '[' {
			v.kind = array
			return v, p.items(&v, depth)
		}
		v.kind = object
		return v, p.members(&v, depth)
	}
	return v, nil
}

// loneSurrogate reports whether the text just read spells half a character, which the decoder replaces silently.
func (p *parser) loneSurrogate() bool {
	end := int(p.dec.InputOffset())
	raw := string(p.raw[p.at.offset:end])
	return !strings.ContainsRune(raw, '\uFFFD') && !strings.Contains(strings.ToLower(raw), `\ufffd`)
}

func (p *parser) items(v *value, depth int) error {
	var items []value
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	if items != nil {
		v.inside = &inside{items: items}
	}
	_, err := p.dec.Token()
	return err
}

func (p *parser) members(v *value, depth int) error {
	var members []member
	var names map[string]bool
	for p.dec.More() {
		token, place, err := p.next()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok { // the decoder takes nothing else for a name
			return &formError{place: place, code: "feed.syntax"}
		}
		held, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if names = namesOf(members, names); names[name] || names == nil && named(members, name) {
			p.problems.Add(Place{place.Line, place.Column, name}, "feed.member_twice", errs.Params{"name": name})
		}
		if names != nil {
			names[name] = true
		}
		members = append(members, member{name, int32(place.Line), int32(place.Column), held})
	}
	if members != nil {
		v.inside = &inside{members: members}
	}
	_, err := p.dec.Token()
	return err
}

func named(members []member, name string) bool {
	return slices.ContainsFunc(members, func(m member) bool { return m.name == name })
}

// namesOf returns the names of members as a set once there are more than few: most objects need none.
func namesOf(members []member, names map[string]bool) map[string]bool {
	if names != nil || len(members) < fewMembers {
		return names
	}
	names = make(map[string]bool, 2*fewMembers)
	for _, m := range members {
		names[m.name] = true
	}
	return names
}

// end refuses what follows the document.
func (p *parser) end() error {
	_, place, err := p.next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return &formError{place: place, code: "feed.trailing"}
}

// report names the fault that ended the reading.
func (p *parser) report(err error) {
	if form, ok := errors.AsType[*formError](err); ok {
		p.problems.Add(form.place, form.code, form.params)
		return
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		p.ahead()
		line, column := p.at.to(min(int(syntax.Offset)-1, len(p.raw)))
		p.problems.Add(Place{Line: line, Column: column}, "feed.syntax")
		return
	}
	line, column := p.at.to(len(p.raw))
	p.problems.Add(Place{Line: line, Column: column}, "feed.cut_off")
}
