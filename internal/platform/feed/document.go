package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"chiave/internal/platform/errs"
)

const (
	// MaxDocument is the size of the largest JSON document that is read, in bytes.
	MaxDocument = 64 << 20
	// MaxText is the length of the longest text in a field, in characters.
	MaxText = 1000

	maxDepth = 16
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

// value is one JSON value and its place.
type value struct {
	kind         kind
	line, column int
	text         string // of a text; the digits of a number; "true" or "false"
	items        []value
	members      []member
}

type member struct {
	name         string
	line, column int
	value        value
}

// ReadDocument reads a JSON object to its end and returns it with the SHA-256 of the file in hex. What is wrong with its
// form is in problems, and the object is then not to be used. Errors: Limited "feed.too_large"; those of r.
func ReadDocument(r io.Reader, problems *Problems) (*Object, string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, "", fmt.Errorf("reading the document: %w", err)
	}
	if len(raw) > MaxDocument {
		return nil, "", errs.New(errs.Limited, "feed.too_large", errs.Params{"bytes": MaxDocument})
	}
	sum := sha256.Sum256(raw)
	root := parse(trimMark(raw), problems)
	return root, hex.EncodeToString(sum[:]), nil
}

func parse(raw []byte, problems *Problems) *Object {
	empty := &Object{problems: problems, taken: map[string]bool{}}
	if at := invalidUTF8(raw); at >= 0 {
		problems.Add(placeOf(raw, at), "feed.not_utf8")
		return empty
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		problems.Add(Place{Line: 1, Column: 1}, "feed.empty")
		return empty
	}
	p := parser{raw: raw, at: newCursor(raw), dec: json.NewDecoder(bytes.NewReader(raw)), problems: problems}
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
		problems.Add(Place{Line: root.line, Column: root.column}, "feed.not_"+kindNames[object])
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
}

// formError is a fault after which nothing more can be read.
type formError struct {
	place Place
	code  string
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
	v := value{line: place.Line, column: place.Column}
	switch t := token.(type) {
	case nil:
		v.kind = null
	case bool:
		v.kind, v.text = boolean, fmt.Sprint(t)
	case json.Number:
		v.kind, v.text = number, t.String()
	case string:
		v.kind, v.text = text, t
		if strings.ContainsRune(t, '\uFFFD') && p.loneSurrogate() {
			p.problems.Add(place, "feed.lone_surrogate")
		}
	case json.Delim:
		if depth >= maxDepth {
			return v, &formError{place, "feed.too_deep"}
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
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, err := p.dec.Token()
	return err
}

func (p *parser) members(v *value, depth int) error {
	seen := map[string]bool{}
	for p.dec.More() {
		token, place, err := p.next()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok { // the decoder takes nothing else for a name
			return &formError{place, "feed.syntax"}
		}
		held, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if seen[name] {
			p.problems.Add(Place{place.Line, place.Column, name}, "feed.member_twice", errs.Params{"name": name})
		}
		seen[name] = true
		v.members = append(v.members, member{name, place.Line, place.Column, held})
	}
	_, err := p.dec.Token()
	return err
}

// end refuses what follows the document.
func (p *parser) end() error {
	_, place, err := p.next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return &formError{place, "feed.trailing"}
}

// report names the fault that ended the reading.
func (p *parser) report(err error) {
	if form, ok := errors.AsType[*formError](err); ok {
		p.problems.Add(form.place, form.code)
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
